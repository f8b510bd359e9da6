//! What an entry says, field by field, in words.

use domain::access::Actor;
use domain::product::Item;
use domain::{Event, State};
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::super::lists;
use crate::act;
use crate::ask::Ask;
use crate::names;
use crate::words::Words;

/// A longer value is cut: its bytes stand below.
const VALUE_CHARS_MAX: usize = 300;

/// A line of what is said.
pub struct Said {
    /// Which field.
    pub label: String,
    /// Its values.
    pub parts: Vec<Part>,
}

/// One value.
pub struct Part {
    /// In words.
    pub text: String,
    /// Where it leads, if anywhere.
    pub href: Option<String>,
}

impl Part {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: None,
        }
    }
}

/// JSON with its fields in the order in which they were written.
enum Node {
    Scalar(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
    Nothing,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(row) = rows.next_element()? {
            all.push(row);
        }
        Ok(Node::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(field) = fields.next_entry()? {
            all.push(field);
        }
        Ok(Node::Object(all))
    }
}

/// What an entry says: `bytes` are the entry's own.
pub fn of(ask: &Ask, event: &Event, bytes: &[u8]) -> Vec<Said> {
    if let Event::DecisionProposed(proposal) = event {
        return proposed(ask, &proposal.verb, &proposal.with);
    }
    if let Event::InstructionRefused(refused) = event {
        return turned_away(ask, refused);
    }
    let Ok(Node::Object(whole)) = serde_json::from_slice::<Node>(bytes) else {
        return Vec::new();
    };
    let data = whole.into_iter().find(|(name, _)| name == "data");
    let Some((_, Node::Object(fields))) = data else {
        return Vec::new();
    };
    let item = item_of(&fields);
    let state = ask.state();
    let item = item.and_then(|id| state.items.find(&id).ok().map(|(_, item)| item.clone()));
    drop(state);
    let pen = Pen { ask, item };
    let mut out = Vec::new();
    for (name, node) in &fields {
        pen.field("", name, node, &mut out);
    }
    out
}

/// The item whose counting units a movement's figures are in.
fn item_of(fields: &[(String, Node)]) -> Option<String> {
    let item = fields.iter().find(|(name, _)| name == "item" || name == "original")?;
    match &item.1 {
        Node::Scalar(id) => Some(id.clone()),
        Node::Object(inner) => item_of(inner),
        _ => None,
    }
}

/// An instruction that was refused: which act, and why. The sentence stands above, with the figures in it.
fn turned_away(ask: &Ask, refused: &domain::journal::InstructionRefused) -> Vec<Said> {
    let words = ask.words();
    let act = words.find(&act::act_key(&refused.command), &[]);
    let act = act.unwrap_or_else(|| lists::capital(&refused.command.replace('_', " ")));
    let line = |name: &str, part: Part| Said {
        label: label(words, name),
        parts: vec![part],
    };
    let mut out = vec![
        line("command", Part::plain(act)),
        line("code", Part::plain(refused.code.to_string())),
    ];
    // The decision that was not approved, where it was one.
    if let Some(of) = refused.figures.get("of").filter(|of| of.parse::<u64>().is_ok()) {
        let href = Some(format!("/journal/{of}"));
        out.push(line("entry", Part { text: of.clone(), href }));
    }
    out
}

/// A decision that is proposed: the act, and what it says.
fn proposed(ask: &Ask, verb: &str, with: &str) -> Vec<Said> {
    let words = ask.words();
    let act = words
        .find(&act::act_key(verb), &[])
        .unwrap_or_else(|| verb.replace('_', " "));
    let mut out = vec![Said {
        label: words.t("journal-proposed"),
        parts: vec![Part::plain(act)],
    }];
    let with = serde_json::from_str(with).unwrap_or(serde_json::Value::Null);
    let lines = act::in_words(ask, verb, &with).into_iter().map(|said| Said {
        label: said.label,
        parts: said.lines.into_iter().map(Part::plain).collect(),
    });
    out.extend(lines);
    out
}

struct Pen<'a> {
    ask: &'a Ask,
    item: Option<Item>,
}

impl Pen<'_> {
    fn field(&self, before: &str, name: &str, node: &Node, out: &mut Vec<Said>) {
        let label = match before {
            // What only some movements carry is their own all the same.
            "" if name == "details" => String::new(),
            "" => label(self.ask.words(), name),
            before => format!("{before}: {}", label(self.ask.words(), name)),
        };
        match node {
            Node::Nothing => {}
            Node::Object(fields) => self.fields(&label, fields, out),
            Node::List(rows) if rows.iter().any(|row| matches!(row, Node::Object(_))) => {
                for (place, row) in (1..).zip(rows) {
                    if let Node::Object(fields) = row {
                        let label = format!("{label} {place}");
                        self.fields(&label, fields, out);
                    }
                }
            }
            Node::List(rows) => {
                let parts = rows.iter().filter_map(|row| match row {
                    Node::Scalar(text) => Some(self.part(name, text)),
                    _ => None,
                });
                let parts: Vec<Part> = parts.collect();
                if !parts.is_empty() {
                    out.push(Said { label, parts });
                }
            }
            Node::Scalar(text) => out.push(Said {
                label,
                parts: vec![self.part(name, text)],
            }),
        }
    }

    fn fields(&self, before: &str, fields: &[(String, Node)], out: &mut Vec<Said>) {
        for (name, node) in fields {
            self.field(before, name, node, out);
        }
    }

    fn part(&self, name: &str, text: &str) -> Part {
        let href = match name {
            // Numbers of other entries.
            "of" | "line" | "count" | "dispatch" | "taken" | "queued" if text.parse::<u64>().is_ok() => {
                Some(format!("/journal/{text}"))
            }
            "site" | "holder" | "case" | "licence" | "authorization" | "permit" | "peer" | "order" | "hold"
            | "inspection" | "session" | "partner" | "by" => Some(super::subject_href(text)),
            _ => None,
        };
        Part {
            text: self.value(name, text),
            href,
        }
    }

    fn value(&self, name: &str, text: &str) -> String {
        let words = self.ask.words();
        if let (Some(item), Ok(amount)) = (&self.item, text.parse::<i64>())
            && matches!(name, "amount" | "unexplained" | "excess" | "book")
        {
            return names::amount(words, item, amount);
        }
        match text {
            "true" => return words.t("value-yes"),
            "false" => return words.t("value-no"),
            _ => {}
        }
        match name {
            "witness" | "officer" | "person" | "persons" | "inspectors" | "administrators" => {
                return person(self.ask, text);
            }
            "actor" => {
                let actor: Option<Actor> = text.parse().ok();
                return actor.map_or_else(|| text.to_owned(), |actor| self.ask.actor_in_words(&actor));
            }
            "breaches" | "code" | "refused" => return words.breach(text),
            "country" | "destination" => {
                let country = domain::country::Country::parse(text);
                return country.map_or_else(|_| text.to_owned(), |country| names::country(words, country));
            }
            _ => {}
        }
        if let Ok(day) = text.parse::<Date>().map_err(drop)
            && text.len() == 10
        {
            return words.day(day);
        }
        named(words, &self.ask.state(), name, text)
    }
}

/// A person by name and id: two may have one name.
pub fn person(ask: &Ask, id: &str) -> String {
    let name = ask.person(id);
    if name == id { name } else { format!("{name} ({id})") }
}

/// The name of a thing of the register beside its id, the word of a value of the law, or the text itself.
fn named(words: Words, state: &State, name: &str, text: &str) -> String {
    let found = match name {
        "site" | "sites" | "peer" | "supplier" => state.holders.site(text).ok().map(|(_, site)| {
            let holder = &state.holders.holder_at(site.holder).entry.name;
            format!("{text} ({holder})")
        }),
        "holder" => state
            .holders
            .holder(text)
            .map(|(_, holder)| format!("{} ({text})", holder.entry.name)),
        "item" | "items" => state
            .items
            .find(text)
            .ok()
            .map(|(_, item)| format!("{} ({text})", names::item(words, state, item))),
        "substance" | "substances" => Some(names::substance_of_id(words, state, text)),
        _ => word(words, name, text),
    };
    let text = found.unwrap_or_else(|| text.to_owned());
    if text.chars().count() > VALUE_CHARS_MAX {
        let cut: String = text.chars().take(VALUE_CHARS_MAX).collect();
        return format!("{cut}…");
    }
    text
}

/// The word of a value of the law in a field, where it is one.
fn word(words: Words, name: &str, text: &str) -> Option<String> {
    let plain = |text: &str| text.replace(['_', '.'], "-");
    let of_field = words.find(&format!("value-{}-{}", plain(name), plain(text)), &[]);
    of_field.or_else(|| words.find(&format!("value-{}", plain(text)), &[]))
}

/// The label of a field: its words, or its own name.
fn label(words: Words, name: &str) -> String {
    let plain = name.replace('_', "-");
    let found = words.find(&format!("field-{plain}"), &[]);
    let found = found.or_else(|| words.find(&format!("journal-field-{plain}"), &[]));
    found.unwrap_or_else(|| lists::capital(&name.replace('_', " ")))
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn fields_keep_their_order() {
        let Ok(Node::Object(fields)) = serde_json::from_str(r#"{"z":1,"a":[true,null],"m":{"b":"x"}}"#) else {
            panic!("an object");
        };
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z", "a", "m"]);
    }
}
