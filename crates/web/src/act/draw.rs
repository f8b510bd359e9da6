//! A command's fields as they are asked, and as they are told.

use std::collections::BTreeSet;

use domain::country::Country;
use serde_json::Value;

use super::options;
use super::schema::{Field, Kind};
use super::value::ROWS_MAX;
use crate::ask::Ask;
use crate::fields::Fields;
use crate::names;
use crate::words::Words;

/// Rows of a table that are shown empty.
const ROWS_EMPTY: usize = 2;
/// Tables that may stay without a row: a country may make nothing of a substance.
const MAY_BE_EMPTY: [&str; 2] = ["manufacture", "preparations"];

/// A part of a form.
pub enum Drawn {
    /// One line, or with `area` several.
    Line {
        name: String,
        label: String,
        hint: String,
        value: String,
        error: Option<String>,
        area: bool,
        narrow: bool,
        digits: bool,
    },
    /// One of a few.
    Choice {
        name: String,
        label: String,
        hint: String,
        choices: Vec<Chosen>,
        error: Option<String>,
    },
    /// Some of a few.
    Checks {
        name: String,
        label: String,
        hint: String,
        choices: Vec<Chosen>,
        error: Option<String>,
    },
    /// Yes or no.
    Yes {
        name: String,
        label: String,
        hint: String,
        checked: bool,
    },
    /// Fields that belong together begin.
    Begin { legend: String, hint: String },
    /// They end.
    End,
    /// Another row can be asked for.
    More { label: String },
}

/// A choice, and whether it is chosen.
pub struct Chosen {
    pub id: String,
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// A line of a summary: what, and what was said.
pub struct Said {
    /// What it is.
    pub label: String,
    /// What was said, a line each.
    pub lines: Vec<String>,
}

/// The names of fields that are shown but not asked.
pub fn kept(given: &Fields) -> BTreeSet<String> {
    given
        .get("keep")
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a form carries along: the values of these fields, which are kept, and where to go afterwards.
pub fn hidden(fields: &[&Field], given: &Fields) -> Vec<(String, String)> {
    let belongs = |name: &str| {
        fields
            .iter()
            .any(|field| name == field.name || name.starts_with(&format!("{}.", field.name)))
    };
    let carried = |name: &str| belongs(name) || matches!(name, "keep" | "then");
    let pairs = given.iter().filter(|(name, value)| carried(name) && !value.is_empty());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The label of a field.
pub fn label(words: Words, verb: &str, name: &str) -> String {
    let plain = name.replace('_', "-");
    let of_verb = words.find(&format!("field-{}-{plain}", verb.replace('_', "-")), &[]);
    of_verb.unwrap_or_else(|| words.t(&format!("field-{plain}")))
}

fn hint(words: Words, verb: &str, field: &Field) -> String {
    let plain = field.name.replace('_', "-");
    let of_verb = words.find(&format!("hint-{}-{plain}", verb.replace('_', "-")), &[]);
    let of_name = || words.find(&format!("hint-{plain}"), &[]);
    let of_kind = || match &field.kind {
        Kind::Day => Some(words.t("hint-kind-day")),
        Kind::Amount => Some(words.t("hint-kind-amount")),
        Kind::List(kind) if !matches!(**kind, Kind::Choice(_)) => Some(words.t("hint-kind-list")),
        Kind::Document => Some(words.t("hint-kind-document")),
        _ => None,
    };
    of_verb.or_else(of_name).or_else(of_kind).unwrap_or_default()
}

/// Draws fields with what was given, and what is wrong with it.
pub fn draw(ask: &Ask, verb: &str, fields: &[&Field], given: &Fields, errors: &[(String, String)]) -> Vec<Drawn> {
    let mut out = Vec::new();
    let pen = Pen {
        ask,
        verb,
        given,
        errors,
    };
    fields.iter().for_each(|field| pen.field(field, &field.name, &mut out));
    out
}

struct Pen<'a> {
    ask: &'a Ask,
    verb: &'a str,
    given: &'a Fields,
    errors: &'a [(String, String)],
}

impl Pen<'_> {
    fn error(&self, name: &str) -> Option<String> {
        self.errors
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, says)| says.clone())
    }

    fn label(&self, field: &Field) -> String {
        let words = self.ask.words();
        let label = label(words, self.verb, &field.name);
        let needed = field.required || matches!(field.kind, Kind::Yes | Kind::Rows(_) | Kind::Group(_));
        if needed {
            label
        } else {
            words.t1("field-optional", "field", label)
        }
    }

    fn field(&self, field: &Field, name: &str, out: &mut Vec<Drawn>) {
        let words = self.ask.words();
        let (label, hint) = (self.label(field), hint(words, self.verb, field));
        match &field.kind {
            Kind::Group(fields) => {
                out.push(Drawn::Begin { legend: label, hint });
                fields
                    .iter()
                    .for_each(|inner| self.field(inner, &format!("{name}.{}", inner.name), out));
                out.push(Drawn::End);
            }
            Kind::Rows(fields) => self.rows(fields, name, (label, hint), out),
            Kind::Yes => out.push(Drawn::Yes {
                name: name.to_owned(),
                label,
                hint,
                checked: !self.given.get(name).is_empty(),
            }),
            kind => out.push(self.one(field, kind, name, label, hint)),
        }
    }

    fn one(&self, field: &Field, kind: &Kind, name: &str, label: String, hint: String) -> Drawn {
        let (name, error) = (name.to_owned(), self.error(name));
        if let Some(choices) = options::of(self.ask, self.verb, field, &name, self.given) {
            let chosen = self.given.all(&name);
            let choice = |(place, (value, label)): (usize, (String, String))| Chosen {
                id: format!("{name}-{place}"),
                chosen: chosen.contains(&value.as_str()),
                value,
                label,
            };
            let choices = choices.into_iter().enumerate().map(choice).collect();
            return if matches!(kind, Kind::List(_)) {
                Drawn::Checks {
                    name,
                    label,
                    hint,
                    choices,
                    error,
                }
            } else {
                Drawn::Choice {
                    name,
                    label,
                    hint,
                    choices,
                    error,
                }
            };
        }
        let value = match kind {
            Kind::List(_) => self.given.all(&name).join("\n"),
            _ => self.given.get(&name).to_owned(),
        };
        Drawn::Line {
            area: matches!(kind, Kind::Long | Kind::List(_) | Kind::Document),
            narrow: matches!(kind, Kind::Day | Kind::Whole | Kind::Amount),
            digits: matches!(kind, Kind::Whole),
            name,
            label,
            hint,
            value,
            error,
        }
    }

    fn rows(&self, fields: &[Field], name: &str, (legend, hint): (String, String), out: &mut Vec<Drawn>) {
        let words = self.ask.words();
        let filled = |row: usize| {
            let before = format!("{name}.{row}.");
            self.given
                .iter()
                .any(|(field, value)| field.starts_with(&before) && !value.trim().is_empty())
        };
        let last = (0..ROWS_MAX).rev().find(|row| filled(*row)).map_or(0, |row| row + 1);
        let more = if self.given.get("step") == "more" { 3 } else { 0 };
        let shown = (last.max(1) + if last == 0 { 0 } else { more.max(ROWS_EMPTY - 1) }).min(ROWS_MAX);
        out.push(Drawn::Begin { legend, hint });
        for row in 0..shown {
            out.push(Drawn::Begin {
                legend: words.t1("field-row", "number", row + 1),
                hint: String::new(),
            });
            fields
                .iter()
                .for_each(|inner| self.field(inner, &format!("{name}.{row}.{}", inner.name), out));
            out.push(Drawn::End);
        }
        out.push(Drawn::More {
            label: words.t("field-more"),
        });
        out.push(Drawn::End);
    }
}

/// What the fields say, in words, a line of the summary each.
pub fn said<'a>(ask: &Ask, verb: &str, fields: impl Iterator<Item = &'a Field>, with: &Value) -> Vec<Said> {
    let mut out = Vec::new();
    for field in fields {
        if let Some(value) = with.get(&field.name).filter(|value| !value.is_null()) {
            let label = label(ask.words(), verb, &field.name);
            out.push(Said {
                label,
                lines: lines(ask, verb, field, value),
            });
        }
    }
    out
}

/// What a whole command says, in words.
pub fn in_words(ask: &Ask, verb: &str, with: &Value) -> Vec<Said> {
    said(ask, verb, super::fields(verb).unwrap_or_default().iter(), with)
}

fn lines(ask: &Ask, verb: &str, field: &Field, value: &Value) -> Vec<String> {
    match (&field.kind, value) {
        (Kind::Group(fields), value) => {
            let told = said(ask, verb, fields.iter(), value);
            told.iter()
                .map(|line| format!("{}: {}", line.label, line.lines.join(", ")))
                .collect()
        }
        (Kind::Rows(fields), Value::Array(rows)) => {
            let row = |row: &Value| {
                let told = said(ask, verb, fields.iter(), row);
                told.iter()
                    .map(|line| line.lines.join(", "))
                    .collect::<Vec<_>>()
                    .join(" · ")
            };
            rows.iter().map(row).collect()
        }
        (Kind::List(kind), Value::Array(values)) => values
            .iter()
            .map(|value| scalar(ask, &field.name, kind, value))
            .collect(),
        (Kind::Document, value) => vec![value.to_string().chars().take(400).collect()],
        (kind, value) => vec![scalar(ask, &field.name, kind, value)],
    }
}

fn scalar(ask: &Ask, name: &str, kind: &Kind, value: &Value) -> String {
    let words = ask.words();
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => return words.t(if *yes { "value-yes" } else { "value-no" }),
        other => other.to_string(),
    };
    match kind {
        Kind::Day => text.parse().map_or(text, |day| words.day(day)),
        Kind::Choice(_) => words.value_in(name, &text),
        Kind::Country => Country::parse(&text).map_or(text, |country| names::country(words, country)),
        Kind::Amount if value.is_number() => words.number(text),
        _ => named(ask, name, text),
    }
}

/// The name of a thing of the register beside its id.
fn named(ask: &Ask, name: &str, id: String) -> String {
    let state = ask.state();
    match name {
        "substance" | "substances" => names::substance_of_id(ask.words(), &state, &id),
        "item" | "items" => state.items.find(&id).map_or_else(
            |_| id.clone(),
            |(_, item)| format!("{} ({id})", names::item(ask.words(), &state, item)),
        ),
        "holder" => state
            .holders
            .holder(&id)
            .map_or_else(|| id.clone(), |(_, holder)| format!("{} ({id})", holder.entry.name)),
        // Whoever types the id of a site learns no name that they could not choose from.
        "site" | "sites" | "to" | "supplier" | "from" => match state.holders.site(&id) {
            Ok((no, site)) if options::is_of_concern(ask, &state, no) => {
                format!("{id} ({})", state.holders.holder_at(site.holder).entry.name)
            }
            _ => id,
        },
        "form" | "strength_as" => names::term(ask.words(), "form", &id),
        "dosage_form" => names::term(ask.words(), "dosage", &id),
        "unit" => names::term(ask.words(), "unit", &id),
        _ => id,
    }
}

/// Fields that the command cannot do without and that were left empty.
pub fn missing(ask: &Ask, fields: &[Field], with: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    missing_in(ask, fields, with, "", &mut out);
    out
}

fn missing_in(ask: &Ask, fields: &[Field], with: &Value, before: &str, out: &mut Vec<(String, String)>) {
    for field in fields.iter().filter(|field| field.required && field.kind != Kind::Yes) {
        let name = format!("{before}{}", field.name);
        match (with.get(&field.name), &field.kind) {
            (Some(value), Kind::Group(inner)) => missing_in(ask, inner, value, &format!("{name}."), out),
            (Some(Value::Array(rows)), Kind::Rows(inner)) if !rows.is_empty() => {
                for (row, value) in rows.iter().enumerate() {
                    missing_in(ask, inner, value, &format!("{name}.{row}."), out);
                }
            }
            (Some(Value::Array(_)), Kind::Rows(_)) if MAY_BE_EMPTY.contains(&field.name.as_str()) => {}
            (Some(Value::Array(rows)), Kind::Rows(inner)) if rows.is_empty() => {
                let first = inner
                    .first()
                    .map(|field| format!("{name}.0.{}", field.name))
                    .unwrap_or(name);
                out.push((first, enter(ask, field)));
            }
            (Some(_), _) => {}
            (None, _) => out.push((name, enter(ask, field))),
        }
    }
}

fn enter(ask: &Ask, field: &Field) -> String {
    let words = ask.words();
    words.t1("errors-missing", "field", label(words, ask.param("verb"), &field.name))
}

/// A sentence of the command's reader as an error at the field where it stopped.
pub fn misfit(ask: &Ask, verb: &str, fields: &[Field], why: &str) -> (String, String) {
    let words = ask.words();
    let (says, place) = why.rsplit_once(" at line 1 column ").unwrap_or((why, ""));
    let says = says.strip_prefix(&format!("{verb}: ")).unwrap_or(says);
    let with = super::value::to_json(fields, if ask.form.has("csrf") { &ask.form } else { &ask.query }).to_string();
    let read = with
        .get(..place.parse().unwrap_or(0).min(with.len()))
        .unwrap_or_default();
    let stopped = fields
        .iter()
        .filter_map(|field| Some((read.rfind(&format!("\"{}\":", field.name))?, field)));
    match stopped.max_by_key(|(place, _)| *place) {
        Some((_, field)) => {
            let label = label(words, verb, &field.name);
            (
                field.name.clone(),
                words.t2("errors-misfit", "field", label, "why", says),
            )
        }
        None => (String::new(), says.to_owned()),
    }
}
