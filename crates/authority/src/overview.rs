//! The statement of a year as others read it: what the state says of it, and how far the log is signed and cosigned.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::State;
use domain::id::Id;
use domain::partner::{EndedLog, Partner};
use domain::reporting::{self, Destination, Statement};
use jiff::Timestamp;
use serde::Serialize;

use crate::{Authority, AuthorityError, Look};

/// The last signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Log {
    /// How many entries it commits to.
    pub size: u64,
    /// The root of their tree, in standard base64.
    pub root: String,
    /// Partner authorities that have cosigned a checkpoint of this log.
    pub cosigned_by: Vec<Id>,
    /// The size of the largest checkpoint that each has cosigned.
    pub cosigned: BTreeMap<Id, u64>,
    /// Logs of this authority that are continued no more, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
}

/// A log that is continued no more: its last entries were lost for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Its verifier key.
    pub log_key: String,
    /// The size of its last checkpoint that anybody is known to have seen.
    pub size: u64,
    /// The root of that checkpoint, in standard base64.
    pub root: String,
    /// The entry with which the log after it begins; entries from there up to `size` are lost.
    pub entry: u64,
    /// When that was recorded.
    pub at: Timestamp,
}

/// The whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// What the state says.
    #[serde(flatten)]
    pub statement: Statement,
    /// How far it is signed.
    pub log: Log,
}

impl Overview {
    /// The document of an authority that nobody runs.
    pub fn of(look: &Look, year: i16, asked: Option<Destination>) -> Result<Self, AuthorityError> {
        Ok(Self {
            log: Log::of(&look.state, look.checkpoint.as_deref())?,
            statement: reporting::statement(&look.state, year, asked),
        })
    }

    /// The document as it is printed and served.
    pub fn to_json(&self) -> Result<String, AuthorityError> {
        serde_json::to_string_pretty(self).map_err(|error| AuthorityError::Broken(error.to_string()))
    }
}

impl Log {
    /// The newest checkpoint, as a note, and what the state knows of its cosigners.
    pub fn of(state: &State, checkpoint: Option<&str>) -> Result<Self, AuthorityError> {
        let (size, root) = match checkpoint {
            Some(note) => {
                let checkpoint = tlog::verify(note, state.log_key_of(note).unwrap_or_default())
                    .map_err(|error| AuthorityError::Refused(format!("the last checkpoint: {error}")))?;
                (checkpoint.size, checkpoint.root)
            }
            None => (0, tlog::EMPTY_ROOT),
        };
        let seen = |partner: &Partner| Some((partner.file.id.clone(), partner.cosigned?));
        let cosigned: BTreeMap<Id, u64> = state.partners.iter().filter_map(seen).collect();
        Ok(Self {
            size,
            root: STANDARD.encode(root),
            cosigned_by: cosigned.keys().cloned().collect(),
            cosigned,
            ended: state.own.ended.iter().map(ended).collect(),
        })
    }
}

fn ended(log: &EndedLog) -> Ended {
    Ended {
        log_key: log.log_key.to_string(),
        size: log.head.size,
        root: log.head.root.to_string(),
        entry: log.entry,
        at: log.at,
    }
}

impl Authority {
    /// The newest signed checkpoint, as a note.
    pub fn checkpoint(&self) -> Result<Option<String>, AuthorityError> {
        let newest = self.read(|journal| journal.latest_checkpoint())?;
        Ok(newest.map(|(_, note)| note))
    }
}
