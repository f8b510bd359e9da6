//! The call `add-checkpoint` of a witness (<https://c2sp.org/tlog-witness>): what is asked, and what is answered.
//!
//! A witness keeps for each log the last checkpoint that it has cosigned, and cosigns only what continues it.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::checkpoint::NOTE_BYTES_MAX;
use crate::{Checkpoint, Error, Hash, verify, verify_consistency};

/// The most lines of a proof that the call may have.
pub const WITNESS_PROOF_LINES_MAX: usize = 63;
/// The longest request: the note, the lines of the proof, and the size.
pub const ADD_CHECKPOINT_BYTES_MAX: usize = NOTE_BYTES_MAX + WITNESS_PROOF_LINES_MAX * 45 + 64;

/// What is asked: to cosign a checkpoint that continues one of an older size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the last checkpoint that the witness has cosigned of this log, as far as the asker knows; 0 for none.
    pub old_size: u64,
    /// The proof that the new one continues it.
    pub proof: Vec<Hash>,
    /// The checkpoint, a signed note.
    pub note: String,
}

/// Why a witness does not cosign, by the status that the call answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessRefusal {
    /// 400: the request has not its form, or the old size is larger than the checkpoint's.
    Malformed(&'static str),
    /// 404: the log is not one that is witnessed here.
    LogUnknown,
    /// 403: the log's key did not sign the checkpoint.
    NotSigned,
    /// 409: the last cosigned checkpoint has this size, and not the one in the request.
    OldSize(u64),
    /// 409: another checkpoint of the same size was cosigned.
    OtherRoot,
    /// 422: the proof does not lead from the old checkpoint to the new one.
    NotConsistent,
}

impl WitnessRefusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NotSigned => 403,
            Self::LogUnknown => 404,
            Self::OldSize(_) | Self::OtherRoot => 409,
            Self::NotConsistent => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads a request: `old <size>`, the proof's hashes in base64 a line each, an empty line, the note. Numbers and hashes
    /// have one form.
    pub fn parse(body: &str) -> Result<Self, WitnessRefusal> {
        let malformed = WitnessRefusal::Malformed;
        if body.len() > ADD_CHECKPOINT_BYTES_MAX {
            return Err(malformed("the request is too long"));
        }
        let (head, note) = body.split_once("\n\n").ok_or(malformed("there is no empty line"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old_size = old
            .and_then(decimal)
            .ok_or(malformed("it does not begin with `old` and a size"))?;
        let hashes = lines.map(|line| hash(line).ok_or(malformed("a line of the proof is no hash")));
        let proof: Vec<Hash> = hashes.collect::<Result<_, _>>()?;
        if proof.len() > WITNESS_PROOF_LINES_MAX {
            return Err(malformed("the proof has more than 63 lines"));
        }
        let note = note.to_owned();
        Ok(Self { old_size, proof, note })
    }

    /// Writes the request.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            text.push_str(&BASE64_STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// The origin line of the checkpoint: which log it says it is of.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.note.split('\n').next().unwrap_or_default()
    }

    /// Whether the checkpoint may be cosigned by a witness that has cosigned `last` of this log; gives the checkpoint. Store
    /// it durably as the next `last`, and cosign only then.
    pub fn check(&self, log_vkey: &str, last: Option<&Checkpoint>) -> Result<Checkpoint, WitnessRefusal> {
        let new = verify(&self.note, log_vkey).map_err(|error| match error {
            Error::NoteUnsigned | Error::OriginUnsigned { .. } | Error::SignatureForged { .. } => {
                WitnessRefusal::NotSigned
            }
            _ => WitnessRefusal::Malformed("the checkpoint is not one of this log"),
        })?;
        if self.old_size > new.size {
            return Err(WitnessRefusal::Malformed(
                "the old size is larger than the checkpoint's",
            ));
        }
        let (last_size, last_root) = last.map_or((0, crate::EMPTY_ROOT), |last| (last.size, last.root));
        if self.old_size != last_size {
            return Err(WitnessRefusal::OldSize(last_size));
        }
        if last.is_some() && new.size == last_size && new.root != last_root {
            return Err(WitnessRefusal::OtherRoot);
        }
        verify_consistency(last_size, &last_root, new.size, &new.root, &self.proof)
            .map_err(|_| WitnessRefusal::NotConsistent)?;
        Ok(new)
    }
}

/// A number in its one form: digits, and no zero before them.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash in canonical base64.
fn hash(line: &str) -> Option<Hash> {
    let bytes: Hash = BASE64_STANDARD.decode(line).ok()?.try_into().ok()?;
    (BASE64_STANDARD.encode(bytes) == line).then_some(bytes)
}
