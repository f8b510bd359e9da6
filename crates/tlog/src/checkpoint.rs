//! Checkpoints: signed tree heads (<https://c2sp.org/tlog-checkpoint> in a <https://c2sp.org/signed-note>).

use crate::hash::EMPTY_ROOT;
use crate::key::{PublicKey, check_name, split_time};
use crate::tree::SIZE_MAX;
use crate::{Error, Hash, LogKey};
use signed_note::{Note, NoteError, Signature, VerificationError, VerifierList};

/// The longest signed note that is parsed: room for more than a hundred cosignatures.
pub const NOTE_BYTES_MAX: usize = 16 * 1024;

/// The head of a log: which log, how many entries, which root.
///
/// Its text is three lines: origin, decimal size, base64 of the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root over them (RFC 6962 §2.1).
    pub root: Hash,
}

/// A witness's statement that it saw this tree head as the largest of the log, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The name of the witness.
    pub name: String,
    /// When it cosigned, in seconds since 1970 in UTC.
    pub at_unix_seconds: u64,
}

/// A checkpoint of which every signature line was accounted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Who cosigned it, in the order of the lines.
    pub cosignatures: Vec<Cosignature>,
}

/// The checkpoint as a signed note with one signature line, by the log it is of.
///
/// It is for the caller to see that the checkpoint is consistent with all that this key signed before.
pub fn sign(checkpoint: &Checkpoint, key: &LogKey) -> Result<String, Error> {
    if checkpoint.origin != key.origin() {
        let (expected, found) = (key.origin().to_owned(), checkpoint.origin.clone());
        return Err(Error::OriginOther { expected, found });
    }
    check_head(checkpoint)?;
    let root = tlog_tiles::Hash(checkpoint.root);
    let text = tlog_tiles::Checkpoint::new(&checkpoint.origin, checkpoint.size, root, "")
        .map_err(|_| Error::CheckpointForm)?
        .to_bytes();
    let mut note = Note::new(&text, &[]).map_err(|_| Error::NoteForm)?;
    note.add_sigs(&[key]).map_err(|_| Error::NoteForm)?;
    String::from_utf8(note.to_bytes()).map_err(|_| Error::NoteForm)
}

/// The checkpoint in a note that the log of this key signed.
///
/// Lines by other keys are ignored, as C2SP demands; use [`verify_all`] where each must be accounted for.
/// It is refused if the key's line does not verify or occurs twice, and if the key is not of the log in the origin line.
pub fn verify(note: &str, vkey: &str) -> Result<Checkpoint, Error> {
    let key = PublicKey::parse(vkey)?;
    let opened = Opened::parse(note)?;
    opened.verify(std::slice::from_ref(&key))?;
    opened.checkpoint_of(std::slice::from_ref(&key))
}

/// The checkpoint in a note of which **every** signature line verifies with one of the given keys.
///
/// One of the lines must be by the log in the origin line.
/// A line by an unknown key is refused, as is a second line by the same key.
pub fn verify_all<K: AsRef<str>>(note: &str, vkeys: &[K]) -> Result<Verified, Error> {
    let keys = parse_keys(vkeys)?;
    let opened = Opened::parse(note)?;
    let unknown = opened.verify(&keys)?;
    if let Some(line) = unknown.first() {
        return Err(Error::SignatureUnknown {
            name: line.name().to_owned(),
            id: line.id(),
        });
    }
    let checkpoint = opened.checkpoint_of(&keys)?;
    let cosigned = |line: &Signature| {
        let is_cosigner = keys
            .iter()
            .any(|key| !key.is_log() && key.name() == line.name() && key.id() == line.id());
        let (at_unix_seconds, _) = split_time(line.signature()).filter(|_| is_cosigner)?;
        Some(Cosignature {
            name: line.name().to_owned(),
            at_unix_seconds,
        })
    };
    Ok(Verified {
        checkpoint,
        cosignatures: opened.lines.iter().filter_map(cosigned).collect(),
    })
}

/// A parsed note with its signature lines, none of them verified.
pub(crate) struct Opened {
    note: Note,
    lines: Vec<Signature>,
}

impl Opened {
    pub(crate) fn parse(note: &str) -> Result<Self, Error> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(Error::TooLong {
                what: "signed note",
                bytes: note.len(),
                bytes_max: NOTE_BYTES_MAX,
            });
        }
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| Error::NoteForm)?;
        // The parsed note hides lines that repeat a key, so they are read once more.
        let (_, block) = note.rsplit_once("\n\n").ok_or(Error::NoteForm)?;
        let read_line = |line: &str| Signature::from_bytes(line.as_bytes()).map_err(|_| Error::NoteForm);
        let lines = block.lines().map(read_line).collect::<Result<Vec<_>, Error>>()?;
        Ok(Self { note: parsed, lines })
    }

    /// The text that is signed.
    pub(crate) fn text(&self) -> &[u8] {
        self.note.text()
    }

    /// Checks every line by one of the keys and returns the lines by none of them; at least one must be by a key.
    fn verify(&self, keys: &[PublicKey]) -> Result<Vec<Signature>, Error> {
        for key in keys {
            if self.lines_by(key) > 1 {
                return Err(Error::SignatureRepeated {
                    name: key.name().to_owned(),
                    id: key.id(),
                });
            }
        }
        let known = VerifierList::new(keys.iter().cloned().map(|key| Box::new(key) as _).collect());
        match self.note.verify(&known) {
            Ok((_, unknown)) => Ok(unknown),
            Err(NoteError::InvalidSignature { name, id }) => Err(Error::SignatureForged { name, id }),
            Err(NoteError::VerificationError(VerificationError::AmbiguousKey { name, id })) => {
                Err(Error::KeyAmbiguous { name, id })
            }
            Err(NoteError::UnverifiedNote) => Err(Error::NoteUnsigned),
            Err(_) => Err(Error::NoteForm),
        }
    }

    /// The checkpoint in the text, which a key of its own log must be among the signers of.
    fn checkpoint_of(&self, keys: &[PublicKey]) -> Result<Checkpoint, Error> {
        let checkpoint = parse_text(self.text())?;
        let is_own = |key: &PublicKey| key.is_log() && key.name() == checkpoint.origin && self.lines_by(key) > 0;
        if keys.iter().any(is_own) {
            Ok(checkpoint)
        } else {
            Err(Error::OriginUnsigned {
                origin: checkpoint.origin,
            })
        }
    }

    fn lines_by(&self, key: &PublicKey) -> usize {
        self.lines
            .iter()
            .filter(|line| line.name() == key.name() && line.id() == key.id())
            .count()
    }
}

fn parse_keys<K: AsRef<str>>(vkeys: &[K]) -> Result<Vec<PublicKey>, Error> {
    let mut keys: Vec<PublicKey> = Vec::new();
    for vkey in vkeys {
        let key = PublicKey::parse(vkey.as_ref())?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn parse_text(text: &[u8]) -> Result<Checkpoint, Error> {
    let parsed = tlog_tiles::Checkpoint::from_bytes(text).map_err(|_| Error::CheckpointForm)?;
    if !parsed.extension().is_empty() {
        return Err(Error::CheckpointExtended);
    }
    let checkpoint = Checkpoint {
        origin: parsed.origin().to_owned(),
        size: parsed.size(),
        root: parsed.hash().0,
    };
    check_head(&checkpoint)?;
    Ok(checkpoint)
}

/// The rules of a tree head that hold whoever signs it.
fn check_head(checkpoint: &Checkpoint) -> Result<(), Error> {
    check_name(&checkpoint.origin)?;
    if checkpoint.size > SIZE_MAX {
        return Err(Error::SizeTooLarge { size: checkpoint.size });
    }
    if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
        return Err(Error::CheckpointEmptyRoot);
    }
    Ok(())
}
