//! The bodies of messages between authorities, field by field.

use domain::trade::Notice;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::commands::{fields, sentences, value};
use crate::shape;

/// A chapter a kind, and one for each type that several of them have.
pub fn bodies() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let kinds = Notice::schemas(&mut generator);
    let kinds: Vec<(&str, Value)> = kinds.into_iter().map(|(kind, schema)| (kind, schema.into())).collect();
    let definitions = generator.take_definitions(true);
    let one = |(kind, schema): &(&str, Value)| {
        let schema = shape::resolve(schema, &definitions);
        let says = sentences(shape::description(schema));
        format!("### {kind}\n\n{says}\n\n{}", fields(schema))
    };
    let types = definitions.iter().map(|(name, schema)| value(name, schema));
    let chapters: Vec<String> = kinds.iter().map(one).chain(types).collect();
    chapters.join("\n")
}
