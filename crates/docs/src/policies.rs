//! The policy switches, their values and defaults.

use domain::policy::{Policies, PolicyChange};
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::{code, shape, table as markdown};

/// A line a policy.
pub fn table() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let schema = Value::from(generator.root_schema_for::<PolicyChange>());
    let defaults = serde_json::to_value(Policies::default()).unwrap_or_default();
    let definitions = schema
        .get("$defs")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let rows = shape::variants(&schema).map(|variant| {
        let property = |name: &str| variant.get("properties").and_then(|properties| properties.get(name));
        let word = property("policy")
            .and_then(|policy| policy.get("const"))
            .and_then(Value::as_str);
        let word = word.unwrap_or_default();
        let values = property("value")
            .map(|value| values(value, &definitions))
            .unwrap_or_default();
        let default = defaults.get(word).map(ToString::to_string).unwrap_or_default();
        let says = shape::description(variant).replace('\n', " ");
        let meaning = says.split(" Default:").next().unwrap_or_default();
        [code(word), values, code(default.trim_matches('"')), meaning.to_owned()]
    });
    markdown(["Policy", "Values", "Default", "Meaning"], rows)
}

/// What a policy can be set to: words, yes or no, or what its field says.
fn values(value: &Value, definitions: &shape::Definitions) -> String {
    let words = shape::words(shape::resolve(value, definitions));
    if !words.is_empty() {
        let words: Vec<String> = words.into_iter().map(|(word, _)| code(word)).collect();
        return words.join(" or ");
    }
    match value.get("type").and_then(Value::as_str) {
        Some("boolean") => shape::kind(value),
        _ => shape::description(value).trim_end_matches('.').to_owned(),
    }
}
