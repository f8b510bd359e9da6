//! What a command's fields are, read from the command's own schema.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::Command;
use domain::command::COMMANDS;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

/// What is asked in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of text: an id, a code, a mass.
    Line,
    /// Free text.
    Long,
    /// A civil day.
    Day,
    /// Counting units, or a text with a unit.
    Amount,
    /// A whole number.
    Whole,
    /// Yes or no.
    Yes,
    /// One of these words.
    Choice(Vec<String>),
    /// A country's code.
    Country,
    /// Several values: words of a list, or one a line.
    List(Box<Kind>),
    /// Several fields that belong together.
    Group(Vec<Field>),
    /// A table of such.
    Rows(Vec<Field>),
    /// A number, yes or no, or a word, as the value looks.
    Loose,
    /// A JSON document, as another system wrote it.
    Document,
}

/// A field of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the command.
    pub name: String,
    /// What is asked.
    pub kind: Kind,
    /// Whether the command cannot do without it.
    pub required: bool,
}

static FIELDS: LazyLock<BTreeMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let verbs = COMMANDS.iter().map(|(verb, _, _)| *verb);
    verbs.map(|verb| (verb, read(verb))).collect()
});

/// The fields of a command, in the order in which they are asked.
pub fn fields(verb: &str) -> Option<&'static [Field]> {
    FIELDS.get(verb).map(Vec::as_slice)
}

fn read(verb: &str) -> Vec<Field> {
    let mut generator = SchemaGenerator::default();
    let Some(schema) = Command::schema(verb, &mut generator) else {
        return Vec::new();
    };
    let named = generator.take_definitions(true);
    let known = Known(&named);
    match known.resolve(schema.as_value()) {
        (_, Value::Object(object)) if object.contains_key("oneOf") => switches(object),
        (_, whole) => {
            let mut fields = known.object(whole);
            // The link of an invitation is made here, and is for nobody to choose.
            fields.retain(|field| verb != "invite_confirmation" || field.name != "link");
            fields
        }
    }
}

/// A command that is one of several pairs of a word and a value, such as a policy: the word is chosen, the value typed.
fn switches(object: &Map<String, Value>) -> Vec<Field> {
    let all = object.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let words = all.filter_map(|one| one.pointer("/properties/policy/const")?.as_str());
    let policy = Kind::Choice(words.map(str::to_owned).collect());
    vec![
        Field {
            name: "policy".to_owned(),
            kind: policy,
            required: true,
        },
        Field {
            name: "value".to_owned(),
            kind: Kind::Loose,
            required: true,
        },
        // Of one country alone, where a policy may be.
        Field {
            name: "country".to_owned(),
            kind: Kind::Country,
            required: false,
        },
    ]
}

/// Schemas by name.
struct Known<'a>(&'a Map<String, Value>);

impl<'a> Known<'a> {
    /// Follows a reference; gives the name it went by.
    fn resolve(&self, schema: &'a Value) -> (&'a str, &'a Value) {
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next());
        match name.and_then(|name| Some((name, self.0.get(name)?))) {
            Some(found) => found,
            None => ("", schema),
        }
    }

    /// The fields of an object: those it cannot do without first.
    fn object(&self, schema: &'a Value) -> Vec<Field> {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Vec::new();
        };
        let field = |name: &str| {
            let schema = properties.get(name)?;
            let required = required.contains(&name);
            Some(Field {
                name: name.to_owned(),
                kind: self.kind(schema),
                required,
            })
        };
        let others = properties
            .keys()
            .map(String::as_str)
            .filter(|name| !required.contains(name));
        required.iter().copied().chain(others).filter_map(field).collect()
    }

    fn kind(&self, schema: &'a Value) -> Kind {
        if let Some(inner) = schema
            .get("anyOf")
            .and_then(Value::as_array)
            .and_then(|all| all.first())
        {
            return self.kind(inner);
        }
        let (name, schema) = self.resolve(schema);
        match name {
            "Text" => return Kind::Long,
            "Day" => return Kind::Day,
            "Amount" => return Kind::Amount,
            "Country" => return Kind::Country,
            "Signed" | "KeyFile" | "UntrustedKey" | "Json" => return Kind::Document,
            "Id" | "Actor" | "Mass" | "Digest" | "Signature" | "Moment" => return Kind::Line,
            _ => {}
        }
        if let Some(all) = schema.get("oneOf").and_then(Value::as_array) {
            let words = all
                .iter()
                .filter_map(|one| one.get("const")?.as_str().map(str::to_owned));
            return Kind::Choice(words.collect());
        }
        if let Some(all) = schema.get("enum").and_then(Value::as_array) {
            return Kind::Choice(all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect());
        }
        match schema.get("type").map(first_type) {
            Some("boolean") => Kind::Yes,
            Some("integer") => Kind::Whole,
            Some("array") => self.items(schema.get("items").unwrap_or(&Value::Null)),
            Some("object") => Kind::Group(self.object(schema)),
            _ => Kind::Line,
        }
    }

    fn items(&self, schema: &'a Value) -> Kind {
        match self.kind(schema) {
            Kind::Group(fields) => Kind::Rows(fields),
            one => Kind::List(Box::new(one)),
        }
    }
}

/// The type, or the first of several.
fn first_type(value: &Value) -> &str {
    let first = value.as_array().and_then(|all| all.first()).unwrap_or(value);
    first.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(verb: &str, name: &str) -> Kind {
        let field = fields(verb).unwrap().iter().find(|field| field.name == name);
        field.unwrap_or_else(|| panic!("{verb} has no {name}")).kind.clone()
    }

    #[test]
    fn fields_follow_the_commands() {
        assert_eq!(kind("grant_licence", "valid_from"), Kind::Day);
        assert_eq!(kind("grant_licence", "substances"), Kind::List(Box::new(Kind::Line)));
        assert_eq!(kind("dispatch", "amount"), Kind::Amount);
        assert!(matches!(kind("apply_export", "importer"), Kind::Group(fields) if fields.len() == 3));
        assert!(matches!(kind("apply_export", "lines"), Kind::Rows(fields) if fields.len() == 2));
        assert!(matches!(kind("set_policy", "policy"), Kind::Choice(words) if words.len() > 5));
        assert!(matches!(kind("register_site", "kinds"), Kind::List(one) if matches!(*one, Kind::Choice(_))));
    }

    #[test]
    fn every_command_that_has_fields_has_a_form() {
        for (verb, _, _) in COMMANDS {
            assert!(*verb == "pass_day" || !fields(verb).unwrap().is_empty(), "{verb}");
        }
    }
}
