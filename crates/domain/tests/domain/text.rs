//! Aligned text: the notation of the tables. Columns stand two blanks or more apart; `#` begins a comment.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Line<'t> {
    /// Its number from 1.
    pub number: usize,
    /// The line itself.
    pub text: &'t str,
    /// Whether a blank line stands before it: a new history begins.
    pub begins: bool,
}

/// The lines of a table that say something.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut begins = true;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let text = line.trim_end();
        if text.is_empty() {
            begins = true;
        } else if !text.starts_with('#') {
            lines.push(Line { number, text, begins });
            begins = false;
        }
    }
    lines
}

impl<'t> Line<'t> {
    /// Its columns, exactly so many.
    pub fn columns<const N: usize>(&self, at: &str) -> [&'t str; N] {
        let columns: Vec<&str> = self
            .text
            .split("  ")
            .map(str::trim)
            .filter(|column| !column.is_empty())
            .collect();
        let found = columns.len();
        columns
            .try_into()
            .unwrap_or_else(|_| panic!("{at}: {found} columns, {N} expected: {}", self.text))
    }
}

/// Fields of a command, written as `site=NAT-1 amount=5 reason="two words" sites=[A,B]`. A value that reads as JSON is
/// that value, `@name` is the number of a named entry, everything else is a text.
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn parse(text: &str, names: &BTreeMap<String, u64>) -> Self {
        let mut fields = Self::default();
        if text != "-" {
            fields.add(text, names);
        }
        fields
    }

    /// Fields that were made elsewhere.
    pub fn of(fields: Value) -> Self {
        match fields {
            Value::Object(fields) => Self(fields),
            _ => panic!("fields are an object"),
        }
    }

    /// Adds fields, or replaces them; `field=!` takes one away.
    pub fn add(&mut self, text: &str, names: &BTreeMap<String, u64>) {
        for field in split(text, ' ') {
            let (name, value) = field
                .split_once('=')
                .unwrap_or_else(|| panic!("{field:?} is no field: {text}"));
            if value == "!" {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), read(value, names));
            }
        }
    }

    pub fn otherwise(&mut self, name: &str, value: &str) {
        self.0.entry(name).or_insert_with(|| value.into());
    }

    pub fn json(self) -> Value {
        Value::Object(self.0)
    }
}

fn read(value: &str, names: &BTreeMap<String, u64>) -> Value {
    if let Some(name) = value.strip_prefix('@') {
        return names
            .get(name)
            .copied()
            .unwrap_or_else(|| panic!("@{name} names no entry"))
            .into();
    }
    if let Ok(value) = serde_json::from_str(value) {
        return value;
    }
    match value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        Some(list) => split(list, ',')
            .into_iter()
            .flat_map(|word| repeated(word, names))
            .collect(),
        None => value.into(),
    }
}

/// `word*3` stands for three times the word.
fn repeated(word: &str, names: &BTreeMap<String, u64>) -> Vec<Value> {
    let times = word
        .split_once('*')
        .and_then(|(word, times)| Some((word, times.parse().ok()?)));
    let (word, times) = times.unwrap_or((word, 1));
    vec![read(word, names); times]
}

/// Splits at a mark that stands outside quotes and brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0, false, 0);
    let mut parts = Vec::new();
    for (place, mark) in text.char_indices() {
        match mark {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            mark if mark == at && depth == 0 && !quoted => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

#[test]
fn fields_are_read_as_they_are_written() {
    let names = BTreeMap::from([("D1".to_owned(), 7)]);
    let fields = Fields::parse(
        r#"site=NAT-1 amount=5 dispatch=@D1 reason="two words" of=[a,b] mass="12" lot={"x":[1]}"#,
        &names,
    );
    let expected =
        r#"{"amount":5,"dispatch":7,"lot":{"x":[1]},"mass":"12","of":["a","b"],"reason":"two words","site":"NAT-1"}"#;
    assert_eq!(fields.json().to_string(), expected);
}
