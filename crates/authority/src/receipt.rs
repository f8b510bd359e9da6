//! What a submitter gets back once its command is durable.

use domain::{Entry, Event};
use uuid::Uuid;

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The command's id.
    pub id: Uuid,
    /// Whether the command was answered before: this is the first answer again.
    pub repeat: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the journal.
    Done {
        /// Its first entry.
        seq: u64,
        /// How many entries it has.
        count: u32,
        /// The leaf hash of the first.
        leaf: tlog::Hash,
    },
    /// It was refused.
    Refused {
        /// Stable code.
        code: String,
        /// The sentence with the numbers in it.
        says: String,
        /// The article of law, where there is one.
        article: Option<String>,
        /// The entry that tells of the refusal; none where the request goes to the security log only.
        seq: Option<u64>,
    },
}

impl Outcome {
    /// The refusal's code, if it is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Done { .. } => None,
            Self::Refused { code, .. } => Some(code),
        }
    }
}

/// The outcome that an answered command's first entry tells.
pub(crate) fn outcome_of(entry: &Entry, count: u32, leaf: tlog::Hash) -> Outcome {
    match &entry.event {
        Event::InstructionRefused(refused) => Outcome::Refused {
            code: refused.code.to_string(),
            says: refused.says.clone(),
            article: refused.article.clone(),
            seq: Some(entry.seq),
        },
        _ => Outcome::Done {
            seq: entry.seq,
            count,
            leaf,
        },
    }
}

/// The refusal of an id that was used for another command. It is not journaled.
pub(crate) fn reused(id: Uuid, seq: u64) -> Receipt {
    let says = format!("command id {id} was used for another command, entry {seq}: make a new id for a new command");
    let outcome = Outcome::Refused {
        code: "command_id_reused".to_owned(),
        says,
        article: None,
        seq: None,
    };
    Receipt {
        id,
        repeat: false,
        outcome,
    }
}
