//! What is wrong with a scenario, and where.

use std::fmt;

/// A scenario that cannot be read or played: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The file, as it was asked for.
    pub file: String,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The column, from 1; 0 where the line as a whole is meant.
    pub column: usize,
    /// What is wrong and what to do.
    pub says: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {}", self.says)
    }
}

impl std::error::Error for ScenarioError {}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub file: std::rc::Rc<str>,
    pub line: usize,
    pub column: usize,
}

impl Spot {
    /// The file as a whole.
    pub fn file(name: &str) -> Self {
        Self {
            file: name.into(),
            line: 0,
            column: 0,
        }
    }

    /// The place of a byte in a text.
    pub fn at(name: &str, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self {
            file: name.into(),
            line,
            column,
        }
    }

    /// An error at this place.
    pub fn error(&self, says: impl Into<String>) -> ScenarioError {
        ScenarioError {
            file: self.file.to_string(),
            line: self.line,
            column: self.column,
            says: says.into(),
        }
    }
}
