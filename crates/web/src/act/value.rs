//! From what a form says to a command's fields.

use serde_json::{Map, Value};

use super::schema::{Field, Kind};
use crate::fields::Fields;

/// The most rows of a table in a form.
pub const ROWS_MAX: usize = 60;

/// The command's fields as JSON, from what the form says. What was left empty is left out.
pub fn to_json(fields: &[Field], form: &Fields) -> Value {
    Value::Object(group(fields, form, ""))
}

fn group(fields: &[Field], form: &Fields, before: &str) -> Map<String, Value> {
    let value = |field: &Field| {
        Some((
            field.name.clone(),
            one(field, form, &format!("{before}{}", field.name))?,
        ))
    };
    fields.iter().filter_map(value).collect()
}

fn one(field: &Field, form: &Fields, name: &str) -> Option<Value> {
    match &field.kind {
        Kind::Group(fields) => {
            let inner = group(fields, form, &format!("{name}."));
            // A list that must be there is there when it is empty: that alone says nothing.
            let says = |value: &Value| {
                !matches!(value, Value::Bool(false)) && value.as_array().is_none_or(|list| !list.is_empty())
            };
            (field.required || inner.values().any(says)).then_some(Value::Object(inner))
        }
        Kind::Rows(fields) => {
            let rows = (0..ROWS_MAX).map(|row| group(fields, form, &format!("{name}.{row}.")));
            let filled = rows.filter(|row| row.values().any(|value| *value != Value::Bool(true)));
            let rows: Vec<Value> = filled.map(Value::Object).collect();
            (field.required || !rows.is_empty()).then_some(Value::Array(rows))
        }
        Kind::List(kind) => {
            let lines = form
                .all(name)
                .into_iter()
                .flat_map(str::lines)
                .map(str::trim)
                .filter(|line| !line.is_empty());
            let values: Vec<Value> = lines.map(|line| scalar(kind, line)).collect();
            (field.required || !values.is_empty()).then_some(Value::Array(values))
        }
        // A box that is not ticked is a no; only where the command must hear it, it is said.
        Kind::Yes => {
            let yes = !form.get(name).is_empty();
            (yes || field.required).then_some(Value::Bool(yes))
        }
        kind => {
            let text = form.get(name);
            (!text.is_empty()).then(|| scalar(kind, text))
        }
    }
}

fn scalar(kind: &Kind, text: &str) -> Value {
    let plain: String = text.chars().map(ascii).collect();
    match kind {
        // A text that is no number is left for the command to say so.
        Kind::Whole | Kind::Amount => whole(&plain).unwrap_or(Value::String(plain)),
        Kind::Loose => match plain.as_str() {
            "true" | "false" => Value::Bool(plain == "true"),
            _ => whole(&plain).unwrap_or(Value::String(plain)),
        },
        Kind::Document => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        // A browser sends line ends; a text of the journal has no control characters.
        Kind::Long => Value::String(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Kind::Day => Value::String(plain),
        _ => Value::String(text.to_owned()),
    }
}

/// A whole number, with or without its thousands apart.
fn whole(text: &str) -> Option<Value> {
    let digits: String = text
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '_'))
        .collect();
    let number = digits.parse::<i64>().ok();
    number
        .map(Value::from)
        .or_else(|| digits.parse::<u64>().ok().map(Value::from))
}

/// Digits and signs of any width as ASCII.
fn ascii(letter: char) -> char {
    match letter {
        '０'..='９' => char::from_digit(u32::from(letter) - u32::from('０'), 10).unwrap_or(letter),
        '٠'..='٩' => char::from_digit(u32::from(letter) - u32::from('٠'), 10).unwrap_or(letter),
        '．' => '.',
        '－' => '-',
        '　' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::fields;
    use super::*;

    #[test]
    fn a_form_becomes_the_command() {
        let form = Fields::of([
            ("id", "EX-1"),
            ("site", "S-1"),
            ("address", "1 Long\r\nRoad"),
            ("importer.name", "I"),
            ("importer.address", "x"),
            ("importer.country", "KR"),
            ("lines.0.item", "a"),
            ("lines.0.amount", "１ 000"),
            ("lines.1.item", ""),
            ("lines.2.item", "b"),
            ("lines.2.amount", "42 kg"),
            ("purpose", "medical"),
        ]);
        let fields = fields("apply_export").unwrap();
        let with = to_json(fields, &form);
        assert_eq!(
            with,
            serde_json::json!({
                "id": "EX-1", "site": "S-1", "address": "1 Long Road", "purpose": "medical",
                "importer": { "name": "I", "address": "x", "country": "KR" },
                "lines": [{ "item": "a", "amount": 1000 }, { "item": "b", "amount": "42 kg" }],
            })
        );
    }

    #[test]
    fn a_box_that_is_not_ticked_is_a_no() {
        let with = |form: &Fields| to_json(fields("register_substance").unwrap(), form)["synthetic"].clone();
        assert_eq!(with(&Fields::default()), Value::Bool(false));
        assert_eq!(with(&Fields::of([("synthetic", "true")])), Value::Bool(true));
    }

    #[test]
    fn a_policy_is_set_by_word_and_value() {
        let set = |value: &str| {
            let form = Fields::of([("policy", "confirmation"), ("value", value)]);
            to_json(fields("set_policy").unwrap(), &form)["value"].clone()
        };
        assert_eq!(set("true"), Value::Bool(true));
        assert_eq!(set("90"), Value::from(90));
        assert_eq!(set("officer"), Value::from("officer"));
    }
}
