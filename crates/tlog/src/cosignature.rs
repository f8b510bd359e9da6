//! What a witness checks before it cosigns a checkpoint, and how (<https://c2sp.org/tlog-cosignature>,
//! <https://c2sp.org/tlog-witness>).

use crate::checkpoint::{NOTE_BYTES_MAX, Opened};
use crate::{Checkpoint, Error, Hash, LogKey, verify, verify_consistency};
use signed_note::Signature;

/// The signature line with which a witness cosigns a checkpoint of another log, ending in a newline.
///
/// `last` is the last checkpoint of that log that this witness cosigned; without one, it is the first it sees, and
/// `proof` must be empty.
/// Otherwise `proof` must show that the log only grew since then; a log that stayed the same is cosigned again.
/// The caller stores the new checkpoint durably, as its next `last`, before the line leaves its hands.
pub fn cosign(
    note: &str,
    log_vkey: &str,
    last: Option<&Checkpoint>,
    proof: &[Hash],
    key: &LogKey,
    at_unix_seconds: u64,
) -> Result<String, Error> {
    let new = verify(note, log_vkey)?;
    match last {
        Some(last) if last.origin != new.origin => {
            return Err(Error::OriginOther {
                expected: last.origin.clone(),
                found: new.origin,
            });
        }
        Some(last) => verify_consistency(last.size, &last.root, new.size, &new.root, proof)?,
        None if !proof.is_empty() => {
            return Err(Error::NotConsistent {
                old_size: 0,
                new_size: new.size,
            });
        }
        None => {}
    }
    if i64::try_from(at_unix_seconds).is_err() {
        return Err(Error::TimeTooLarge(at_unix_seconds));
    }
    let message = crate::key::cosigned_message(at_unix_seconds, Opened::parse(note)?.text());
    let mut timed = at_unix_seconds.to_be_bytes().to_vec();
    timed.extend_from_slice(&key.sign_bytes(&message));
    let public = key.cosignature_public();
    let line = Signature::new(public.name().to_owned(), public.id(), timed).map_err(|_| Error::NameForm)?;
    String::from_utf8(line.to_bytes()).map_err(|_| Error::NoteForm)
}

/// The note with one more signature line, as [`cosign`] returns it; verify the result.
pub fn add_signature(note: &str, line: &str) -> Result<String, Error> {
    let bytes = note.len().saturating_add(line.len());
    if bytes > NOTE_BYTES_MAX {
        return Err(Error::TooLong {
            what: "signed note",
            bytes,
            bytes_max: NOTE_BYTES_MAX,
        });
    }
    Opened::parse(note)?;
    let single = line
        .strip_suffix('\n')
        .filter(|text| !text.contains('\n'))
        .ok_or(Error::NoteForm)?;
    Signature::from_bytes(single.as_bytes()).map_err(|_| Error::NoteForm)?;
    let longer = format!("{note}{line}");
    Opened::parse(&longer)?;
    Ok(longer)
}
