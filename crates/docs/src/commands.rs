//! Every command: its word, who may give it, who approves it, its fields.

use domain::access::{Actor, Role};
use domain::command::{By, COMMANDS};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::shape::{self, Definitions};
use crate::{code, table};

/// One command.
struct Described {
    word: &'static str,
    by: By,
    second: Option<&'static [Role]>,
    /// The schema of its fields, as the list of commands refers to it.
    with: Value,
}

/// All of them, with the definitions that they share.
pub struct Commands {
    commands: Vec<Described>,
    definitions: Definitions,
}

impl Commands {
    /// Asks the domain for the schema of every command.
    pub fn new() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let commands = COMMANDS
            .iter()
            .map(|(word, by, second)| Described {
                word,
                by: *by,
                second: *second,
                with: domain::Command::schema(word, &mut generator).map_or(Value::Null, Value::from),
            })
            .collect();
        generator.subschema_for::<Actor>();
        let definitions = generator.take_definitions(true);
        Self { commands, definitions }
    }

    /// A line a command.
    pub fn list(&self) -> String {
        let row = |command: &Described| {
            let link = format!("[{0}](#{0})", command.word);
            [link, given_by(command.by), self.approved_by(command)]
        };
        table(["Command", "Given by", "Second person"], self.commands.iter().map(row))
    }

    /// A chapter a command.
    pub fn each(&self) -> String {
        let chapters = self.commands.iter().map(|command| {
            let schema = self.schema_of(command);
            let says = sentences(shape::description(schema));
            let by = format!(
                "Given by: {}.  \nSecond person: {}.",
                given_by(command.by),
                self.approved_by(command)
            );
            let fields = fields(schema);
            format!("### {}\n\n{says}\n\n{by}\n\n{fields}", command.word)
        });
        chapters.collect::<Vec<_>>().join("\n")
    }

    /// The types of fields: words, and what is made of several fields.
    pub fn values(&self) -> String {
        let with: Vec<&Value> = self.commands.iter().map(|command| self.schema_of(command)).collect();
        let shared = self.definitions.iter().filter(|(_, schema)| !with.contains(schema));
        let chapters = shared.map(|(name, schema)| value(name, schema));
        chapters.collect::<Vec<_>>().join("\n")
    }

    /// The JSON Schema of one submitted command.
    pub fn schema(&self) -> String {
        let one = |command: &Described| {
            json!({
                "type": "object",
                "description": shape::description(self.schema_of(command)),
                "properties": {
                    "id": { "type": "string", "format": "uuid" },
                    "as": { "$ref": "#/$defs/Actor" },
                    "do": { "const": command.word },
                    "with": command.with,
                },
                "required": ["id", "as", "do", "with"],
                "additionalProperties": false,
            })
        };
        let document = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A command of Countersign, as it is submitted",
            "description": "`id` is a UUIDv7 made by the client; the same id again returns the first receipt.",
            "oneOf": self.commands.iter().map(one).collect::<Vec<_>>(),
            "$defs": self.definitions,
        });
        format!("{document:#}\n")
    }

    fn schema_of<'a>(&'a self, command: &'a Described) -> &'a Value {
        shape::resolve(&command.with, &self.definitions)
    }

    fn approved_by(&self, command: &Described) -> String {
        let properties = self.schema_of(command).get("properties").and_then(Value::as_object);
        let is_act = properties.is_some_and(|properties: &Map<String, Value>| properties.contains_key("mode"));
        match command.second {
            Some(roles) => any_of(roles),
            None if matches!(command.word, "confirm" | "refuse_confirmation") => {
                format!(
                    "{} if the [policy](policies.md) `two_person_confirmation` says so",
                    any_of(&[Role::Approver])
                )
            }
            None if is_act => "if the [ledger](ledger.md#check-12-two-persons) asks".to_owned(),
            None => "none".to_owned(),
        }
    }
}

/// A type of fields: words, or what is made of several fields.
pub fn value(name: &str, schema: &Value) -> String {
    let says = sentences(shape::description(schema));
    let words = shape::words(schema);
    let body = if words.is_empty() {
        fields(schema)
    } else {
        let row = |(word, meaning): (&str, &str)| [code(word), meaning.to_owned()];
        table(["Word", "Meaning"], words.into_iter().map(row))
    };
    format!("### {name}\n\n{says}\n\n{body}").trim_end().to_owned() + "\n"
}

/// What an object is made of.
pub fn fields(schema: &Value) -> String {
    let head = ["Field", "Type", "Required", "Meaning"];
    let several: Vec<&Value> = shape::variants(schema).collect();
    if !several.is_empty() {
        let tables = several.iter().map(|one| {
            let says = shape::description(one);
            format!("{says}\n\n{}", table(head, rows(one)))
        });
        return tables.collect::<Vec<_>>().join("\n");
    }
    if shape::fields(schema).is_empty() {
        return String::new();
    }
    table(head, rows(schema))
}

fn rows(schema: &Value) -> impl Iterator<Item = [String; 4]> {
    shape::fields(schema).into_iter().map(|field| {
        let required = if field.required { "yes" } else { "no" };
        [
            code(field.name),
            field.kind,
            required.to_owned(),
            field.meaning.replace('\n', " "),
        ]
    })
}

fn given_by(by: By) -> String {
    match by {
        By::Officer(roles) => any_of(roles),
        By::Holder => "responsible person or clerk of the holder".to_owned(),
        By::Responsible => "responsible person of the holder".to_owned(),
        By::HolderOrInspector => "responsible person or clerk of the holder, or `inspector`".to_owned(),
        By::SecondPerson => "whoever may be the second person of the decision it names".to_owned(),
        By::Node => "the node itself".to_owned(),
    }
}

fn any_of(roles: &[Role]) -> String {
    let words: Vec<String> = roles.iter().map(|role| code(role.word())).collect();
    words.join(" or ")
}

/// One sentence per line: a full stop ends one where a capital letter follows.
pub fn sentences(text: &str) -> String {
    let mut lines = String::new();
    let text = text.replace('\n', " ");
    let mut pieces = text.split(". ").peekable();
    while let Some(piece) = pieces.next() {
        lines.push_str(piece);
        match pieces.peek() {
            Some(next) if next.starts_with(char::is_uppercase) => lines.push_str(".\n"),
            Some(_) => lines.push_str(". "),
            None => {}
        }
    }
    lines
}
