//! What was proven, and what was not.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What was proven, in plain words.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// What it says, a line each.
    pub says: Vec<String>,
    /// What was proven, a sentence each.
    pub proven: Vec<String>,
    /// What one might think was proven, and was not.
    pub not_proven: Vec<String>,
    /// What it says, by fields.
    pub facts: Value,
}

impl Report {
    pub(crate) fn proves(&mut self, sentence: impl Into<String>) {
        self.proven.push(sentence.into());
    }

    pub(crate) fn leaves(&mut self, sentence: impl Into<String>) {
        self.not_proven.push(sentence.into());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.says {
            writeln!(out, "says        {line}")?;
        }
        for sentence in &self.proven {
            writeln!(out, "proven      {sentence}")?;
        }
        for sentence in &self.not_proven {
            writeln!(out, "not proven  {sentence}")?;
        }
        Ok(())
    }
}
