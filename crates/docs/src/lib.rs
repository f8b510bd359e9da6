//! The parts of the documentation that are made of the code: tables of commands, refusals, movements and policies.
//!
//! Each part stands in a document between two marks, with prose around it that people write. A test compares the
//! documents with what the code gives now; `UPDATE_DOCS=1 cargo test -p docs` writes them anew.

mod commands;
mod ledger;
mod messages;
mod policies;
mod refusals;
mod shape;

/// A part of a document that the code makes.
#[derive(Clone, Debug)]
pub struct Part {
    /// The document's name in `docs/`.
    pub document: &'static str,
    /// The part's name in its marks; a document without marks is made as a whole and has none.
    pub name: Option<&'static str>,
    /// What the code gives.
    pub text: String,
}

/// Every part of every document.
pub fn parts() -> Vec<Part> {
    let part = |document, name, text| Part {
        document,
        name: Some(name),
        text,
    };
    let commands = commands::Commands::new();
    vec![
        part("commands.md", "list", commands.list()),
        part("commands.md", "commands", commands.each()),
        part("commands.md", "values", commands.values()),
        Part {
            document: "commands.schema.json",
            name: None,
            text: commands.schema(),
        },
        part("refusals.md", "refusals", refusals::tables()),
        part("refusals.md", "codes", refusals::codes()),
        part("ledger.md", "checks", ledger::checks()),
        part("protocol.md", "bodies", messages::bodies()),
        part("policies.md", "policies", policies::table()),
    ]
}

/// How many lists of refusals the documentation tells.
pub fn nouns() -> usize {
    refusals::NOUNS.len()
}

/// A document with one of its parts as the code gives it now; `None` if the part's marks are not there.
pub fn with_part(document: &str, part: &Part) -> Option<String> {
    let Some(name) = part.name else {
        return Some(part.text.clone());
    };
    let (begin, end) = (
        format!("<!-- made of the code: {name} -->\n"),
        format!("<!-- end: {name} -->"),
    );
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n{end}{after}", part.text))
}

/// A table in Markdown.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    let mut lines = line(head.map(str::to_owned));
    lines.push_str(&line(head.map(|_| "---".to_owned())));
    lines.extend(rows.into_iter().map(line));
    lines
}

/// A word of the interface.
fn code(word: &str) -> String {
    format!("`{word}`")
}
