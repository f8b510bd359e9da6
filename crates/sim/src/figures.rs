//! Figures by their path in a JSON document, and the comparison with what a file expects.

use domain::quantity::Mass;
use serde_json::Value;

/// One figure of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    /// Its name.
    pub name: String,
    /// What the file says.
    pub expected: Value,
    /// What there is.
    pub found: Value,
}

impl Figure {
    pub fn new(name: impl Into<String>, expected: impl Into<Value>, found: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// Whether it is as expected. Masses may be written with a unit: `"2 kg"` is `"2000"`.
    pub fn agrees(&self) -> bool {
        if self.expected == self.found {
            return true;
        }
        match (&self.expected, &self.found) {
            (Value::String(expected), Value::String(found)) => {
                matches!((expected.parse::<Mass>(), found.parse::<Mass>()), (Ok(one), Ok(other)) if one == other)
            }
            _ => false,
        }
    }
}

/// Flattens nested tables to paths: `{ a = { b = 1 } }` is `a.b`.
pub(crate) fn paths(table: &toml::Table) -> Result<Vec<(String, Value)>, String> {
    let mut out = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                let inner = paths(inner)?;
                out.extend(inner.into_iter().map(|(path, value)| (format!("{key}.{path}"), value)));
            }
            value => out.push((key.clone(), json(value)?)),
        }
    }
    Ok(out)
}

/// A TOML value as JSON. There are no fractions in a ledger: a mass is a text with its unit.
pub(crate) fn json(value: &toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Datetime(day) => Value::from(day.to_string()),
        toml::Value::Float(number) => {
            return Err(format!(
                "{number} is a fraction: write whole counting units, or a text with its unit such as \"{number} g\""
            ));
        }
        toml::Value::Array(values) => Value::Array(values.iter().map(json).collect::<Result<_, _>>()?),
        toml::Value::Table(table) => Value::Object(object(table)?),
    })
}

/// A TOML table as a JSON object.
pub(crate) fn object(table: &toml::Table) -> Result<serde_json::Map<String, Value>, String> {
    let fields = table
        .iter()
        .map(|(key, value)| json(value).map(|value| (key.clone(), value)));
    fields.collect()
}

/// The names by which a row of a list may be addressed.
const ROW_NAMES: [&str; 3] = ["substance", "destination", "id"];
/// Objects that hold only what is not nothing: what is absent there is 0.
const SPARSE: [&str; 2] = ["refused", "by_substance"];

/// The figure at a path such as `identity.fentanyl.residual_g`. A row of a list is addressed by its place, or by what
/// it is of; two names are joined by a slash: `exported.cells.fentanyl/KR.total_g`.
pub(crate) fn at_path(document: &Value, path: &str, expected: &Value) -> Result<Value, String> {
    let mut value = document;
    let mut sparse = false;
    for step in path.split('.') {
        let next = match value {
            Value::Object(fields) => fields.get(step),
            Value::Array(rows) => rows
                .iter()
                .enumerate()
                .find(|(place, row)| place.to_string() == step || is_of(row, step))
                .map(|(_, row)| row),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None if sparse => return Ok(nothing_like(expected)),
            None => return Err(format!("no figure {path:?}: {step:?} is not there")),
        }
        sparse = SPARSE.contains(&step);
    }
    Ok(value.clone())
}

fn is_of(row: &Value, step: &str) -> bool {
    let named = |part: &str| {
        ROW_NAMES
            .iter()
            .any(|name| row.get(name).and_then(Value::as_str) == Some(part))
    };
    step.split('/').all(named)
}

fn nothing_like(expected: &Value) -> Value {
    match expected {
        Value::String(_) => Value::from("0"),
        _ => Value::from(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_found_by_path() {
        let document = json!({
            "identity": [{ "substance": "fentanyl", "closing_g": "2000" }],
            "refused": { "held": 2 },
            "cells": [{ "substance": "fentanyl", "destination": "KR", "count": 1 },
                { "substance": "fentanyl", "destination": "DE", "count": 7 }],
        });
        let figure = |path: &str, expected: Value| at_path(&document, path, &expected);
        assert_eq!(figure("identity.fentanyl.closing_g", json!("2 kg")), Ok(json!("2000")));
        assert_eq!(figure("cells.fentanyl/DE.count", json!(7)), Ok(json!(7)));
        assert_eq!(figure("refused.quota_exceeded", json!(0)), Ok(json!(0)));
        assert!(figure("identity.fentanyl.closed_g", json!("0")).is_err());
        assert!(Figure::new("closing", "2 kg", "2000").agrees());
        assert!(!Figure::new("closing", "2 kg", "2001").agrees());
    }
}
