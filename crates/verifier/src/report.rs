//! What was proven, and what was not.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::KeyFile;

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
    /// Says on which keys all of it rests.
    pub fn rests_on(&mut self, keys: &[KeyFile]) {
        let named = keys.iter().map(|file| format!("{} ({})", file.id, file.fingerprint()));
        let named = named.collect::<Vec<_>>().join(", ");
        if !named.is_empty() {
            self.leaves(format!(
                "That these are their key files: compare the fingerprints with theirs: {named}."
            ));
        }
    }

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
