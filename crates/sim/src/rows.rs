//! Rows: a CSV file whose lines repeat a step. Its columns are at, as, id, expect, and fields of the command.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::{ScenarioError, Spot};
use crate::form::Expect;
use crate::verb;

/// One line, or the step itself.
pub(crate) struct Row {
    pub spot: Spot,
    pub at: Option<String>,
    pub actor: Option<String>,
    pub id: Option<String>,
    pub expect: Option<Expect>,
    pub with: Map<String, Value>,
}

/// All lines of a file.
pub(crate) struct Rows {
    pub columns: BTreeSet<String>,
    pub rows: Vec<Row>,
}

/// Reads a file of rows. A byte-order mark before the first column is skipped.
pub(crate) fn read(name: &str, text: &str) -> Result<Rows, ScenarioError> {
    let file: std::rc::Rc<str> = name.into();
    let spot = |line: usize| Spot {
        file: std::rc::Rc::clone(&file),
        line,
        column: 0,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|why| spot(1).error(why.to_string()))?.clone();
    let mut columns = BTreeSet::new();
    for header in &headers {
        if header.trim().is_empty() {
            return Err(spot(1).error("a column has no name: name it after a field, or remove it"));
        }
        if !columns.insert(header.trim().to_owned()) {
            return Err(spot(1).error(format!("column {header:?} stands twice: remove one")));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|why| spot(line_of(why.position())).error(why.to_string()))?;
        let mut row = Row {
            spot: spot(line_of(record.position())),
            at: None,
            actor: None,
            id: None,
            expect: None,
            with: Map::new(),
        };
        for (column, text) in headers.iter().zip(&record) {
            let cell = || Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            match column.trim() {
                "at" => row.at = cell(),
                "as" => row.actor = cell(),
                "id" => row.id = cell(),
                "expect" => row.expect = cell().map(expected),
                field => {
                    if let Some(value) = verb::cell(field, text) {
                        row.with.insert(field.to_owned(), value);
                    }
                }
            }
        }
        rows.push(row);
    }
    Ok(Rows { columns, rows })
}

fn expected(word: String) -> Expect {
    if word == "ok" {
        Expect::Ok
    } else {
        Expect::Refused(word)
    }
}

fn line_of(position: Option<&csv::Position>) -> usize {
    position.map_or(0, |position| usize::try_from(position.line()).unwrap_or_default())
}
