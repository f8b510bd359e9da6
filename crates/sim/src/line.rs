//! What a story tells while it is played: one line a step, and sums at the end.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::node::{Outcome, Receipt};

/// One step played, or one line of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    /// The step, from 1, counted over all files of the story.
    pub n: u32,
    /// The line of its rows, from 1; 0 is the step itself.
    pub row: u32,
    /// The file it stands in.
    pub file: String,
    /// The line of that file.
    pub line: usize,
    /// Virtual time.
    pub at: Timestamp,
    /// The authority; empty for a step that concerns none.
    pub authority: String,
    /// Who acted; empty for the runner's own verbs.
    pub actor: String,
    /// The command or the runner's own verb.
    pub verb: String,
    /// The id of the step, if it has one.
    pub id: Option<String>,
    /// The id of the earlier step that it is about, if it names one.
    pub about: Option<String>,
    /// What the file tells the reader before the step.
    pub note: Option<String>,
    /// What came of it.
    pub outcome: LineOutcome,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// Done, as expected.
    Ok(Receipt),
    /// Refused, as expected.
    Refused(Receipt),
    /// It cannot be read as a command, as expected.
    Malformed(String),
    /// The figures of a check are as expected: how many.
    Checked(usize),
    /// A verb of the runner's own.
    Passed,
    /// Messages flowed until all was quiet.
    Delivered {
        /// Messages that have their receipt.
        settled: usize,
        /// Messages lost on the way, or for an authority that is down.
        lost: usize,
    },
    /// Not as expected.
    Mismatch {
        /// What the file says.
        expected: String,
        /// What happened.
        found: String,
    },
}

impl StepLine {
    /// Whether it is not as expected.
    pub fn is_mismatch(&self) -> bool {
        matches!(self.outcome, LineOutcome::Mismatch { .. })
    }

    /// The line as a JSON object, for one document a line.
    pub fn to_json(&self) -> Value {
        let mut line = json!({ "step": self.n, "at": self.at.to_string(), "in": self.authority, "do": self.verb });
        let mut set = |key: &str, value: Value| {
            line.as_object_mut().map(|line| line.insert(key.to_owned(), value));
        };
        if self.row > 0 {
            set("row", self.row.into());
        }
        if !self.actor.is_empty() {
            set("as", self.actor.as_str().into());
        }
        for (key, text) in [("id", &self.id), ("about", &self.about), ("note", &self.note)] {
            if let Some(text) = text {
                set(key, text.as_str().into());
            }
        }
        match &self.outcome {
            LineOutcome::Ok(receipt) | LineOutcome::Refused(receipt) => set("receipt", receipt_json(receipt)),
            LineOutcome::Malformed(says) => set("malformed", says.as_str().into()),
            LineOutcome::Checked(count) => set("checked", (*count).into()),
            LineOutcome::Passed => set("passed", true.into()),
            LineOutcome::Delivered { settled, lost } => set("delivered", json!({ "settled": settled, "lost": lost })),
            LineOutcome::Mismatch { expected, found } => {
                set("file", self.file.as_str().into());
                set("line", self.line.into());
                set("mismatch", json!({ "expected": expected, "found": found }));
            }
        }
        line
    }
}

fn receipt_json(receipt: &Receipt) -> Value {
    let id = receipt.id.to_string();
    match &receipt.outcome {
        Outcome::Done { seq, count, .. } => json!({ "id": id, "repeat": receipt.repeat, "seq": seq, "count": count }),
        Outcome::Refused {
            code,
            says,
            article,
            seq,
        } => {
            json!({ "id": id, "repeat": receipt.repeat, "refused": code, "says": says, "article": article, "seq": seq })
        }
    }
}

impl fmt::Display for StepLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.n)?;
        if self.row > 0 {
            write!(f, ".{}", self.row)?;
        }
        write!(f, " {}", self.at)?;
        for word in [&self.authority, &self.actor, &self.verb] {
            if !word.is_empty() {
                write!(f, " {word}")?;
            }
        }
        if let Some(id) = &self.id {
            write!(f, " {id}")?;
        }
        if let Some(about) = &self.about {
            write!(f, " ({about})")?;
        }
        match &self.outcome {
            LineOutcome::Ok(receipt) => {
                let again = if receipt.repeat { " again" } else { "" };
                match &receipt.outcome {
                    Outcome::Done { seq, .. } => write!(f, ": ok{again}, entry {seq}"),
                    Outcome::Refused { code, .. } => write!(f, ": refused {code}{again}"),
                }
            }
            LineOutcome::Refused(receipt) => match &receipt.outcome {
                Outcome::Refused { code, says, .. } => write!(f, ": refused {code}: {says}"),
                Outcome::Done { .. } => write!(f, ": ok"),
            },
            LineOutcome::Malformed(says) => write!(f, ": refused malformed: {says}"),
            LineOutcome::Checked(count) => write!(f, ": ok, {count} figures"),
            LineOutcome::Passed => write!(f, ": ok"),
            LineOutcome::Delivered { settled, lost: 0 } => write!(f, ": ok, {settled} messages"),
            LineOutcome::Delivered { settled, lost } => write!(f, ": ok, {settled} messages, {lost} lost"),
            LineOutcome::Mismatch { expected, found } => {
                write!(
                    f,
                    ": MISMATCH at {}:{}: expected {expected}; found {found}",
                    self.file, self.line
                )
            }
        }
    }
}

/// A story played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Lines told.
    pub lines: u64,
    /// Commands done.
    pub done: u64,
    /// Commands refused as expected, by code.
    pub refused: BTreeMap<String, u64>,
    /// Figures checked and found as expected.
    pub checked: u64,
    /// Lines not as expected.
    pub mismatches: u64,
    /// The last moment of the story.
    pub ended_at: Timestamp,
}

impl Summary {
    pub(crate) fn count(&mut self, line: &StepLine) {
        self.lines += 1;
        self.ended_at = line.at;
        match &line.outcome {
            LineOutcome::Ok(_) => self.done += 1,
            LineOutcome::Refused(receipt) => {
                if let Outcome::Refused { code, .. } = &receipt.outcome {
                    *self.refused.entry(code.clone()).or_default() += 1;
                }
            }
            LineOutcome::Malformed(_) => *self.refused.entry("malformed".to_owned()).or_default() += 1,
            LineOutcome::Checked(count) => self.checked += u64::try_from(*count).unwrap_or(u64::MAX),
            LineOutcome::Mismatch { .. } => self.mismatches += 1,
            LineOutcome::Passed | LineOutcome::Delivered { .. } => {}
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused.values().sum();
        write!(
            f,
            "{} done, {refused} refused as the law demands, {} figures checked, {} mismatches",
            self.done, self.checked, self.mismatches
        )
    }
}
