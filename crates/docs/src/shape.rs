//! How a JSON Schema reads in a table.

use serde_json::{Map, Value};

use crate::code;

/// The definitions that schemas refer to.
pub type Definitions = Map<String, Value>;

/// One field of an object.
pub struct Field<'a> {
    pub name: &'a str,
    pub kind: String,
    pub required: bool,
    pub meaning: &'a str,
}

/// The description of a schema.
pub fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// The definition behind a reference, or the schema itself.
pub fn resolve<'a>(schema: &'a Value, definitions: &'a Definitions) -> &'a Value {
    referred(schema)
        .and_then(|name| definitions.get(name))
        .unwrap_or(schema)
}

/// The fields of an object, in the order of its definition where that is kept, else by name.
pub fn fields(schema: &Value) -> Vec<Field<'_>> {
    let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fields: Vec<Field<'_>> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Field {
            name,
            kind: kind(property),
            required: required.contains(&name.as_str()),
            meaning: description(property),
        })
        .collect();
    // What must be given comes first, in the order in which it is declared.
    let place = |field: &Field<'_>| {
        required
            .iter()
            .position(|name| *name == field.name)
            .unwrap_or(usize::MAX)
    };
    fields.sort_by_key(place);
    fields
}

/// The words of an enumeration with their meaning; empty if it is none.
pub fn words(schema: &Value) -> Vec<(&str, &str)> {
    let plain = list(schema, "enum").filter_map(|word| Some((word.as_str()?, "")));
    let told = list(schema, "oneOf").flat_map(|one| {
        let constant = one.get("const").and_then(Value::as_str);
        let several = list(one, "enum").filter_map(Value::as_str);
        constant.into_iter().chain(several).map(|word| (word, description(one)))
    });
    plain.chain(told).collect()
}

/// The alternatives of an object that is told by one field.
pub fn variants(schema: &Value) -> impl Iterator<Item = &Value> {
    list(schema, "oneOf").filter(|one| one.get("properties").is_some())
}

/// The type of a field in words.
pub fn kind(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return code(word);
    }
    // An optional field may also be null; that it may be left out is said beside.
    if let Some(one) = list(schema, "anyOf").find(|one| one.get("type").and_then(Value::as_str) != Some("null")) {
        return kind(one);
    }
    let named = schema.get("type");
    let first = named.and_then(Value::as_str).or_else(|| {
        let several = named.and_then(Value::as_array)?;
        several.iter().filter_map(Value::as_str).find(|kind| *kind != "null")
    });
    match first {
        Some("array") => {
            let of = schema.get("items").map(kind).unwrap_or_default();
            match schema
                .get("minItems")
                .filter(|least| Some(*least) == schema.get("maxItems"))
            {
                Some(count) => format!("list of {count} {of}"),
                None => format!("list of {of}"),
            }
        }
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("string") => "text".to_owned(),
        other => other.unwrap_or("anything").to_owned(),
    }
}

fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}
