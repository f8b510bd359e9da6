//! Signed checkpoints of logs: C2SP signed-note, tlog-checkpoint and tlog-cosignature.

use serde::Deserialize;
use serde_json::json;

use crate::crypto::{HASHES_MAX, Hash, check_consistency, is_signed, sha256};
use crate::day::{DAY_SECONDS, Day};
use crate::key_file::KeyFile;
use crate::letters::{exactly, from_base64};
use crate::{Checked, Reason, Report};

/// The longest note, in bytes.
pub(crate) const NOTE_BYTES_MAX: usize = 16 * 1024;

/// The types of keys: a log's, and a cosigner's.
const TYPE_LOG: u8 = 0x01;
const TYPE_COSIGNER: u8 = 0x04;

/// The largest log.
const SIZE_MAX: u64 = 1 << 56;

/// The key of a log or cosigner: `<name>+<key id>+<base64 of type and key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKey {
    pub(crate) name: String,
    id: [u8; 4],
    kind: u8,
    public: [u8; 32],
}

impl LogKey {
    /// Reads the text of a key.
    pub fn parse(text: &str) -> Checked<Self> {
        let bad = Reason::LogKeyBad;
        let mut parts = text.splitn(3, '+');
        let (name, id) = (parts.next().ok_or(bad)?, parts.next().ok_or(bad)?);
        let key: [u8; 33] = parts.next().and_then(exactly).ok_or(bad)?;
        let (kind, public) = (key[0], *key.last_chunk::<32>().ok_or(bad)?);
        let hash = sha256(&[name.as_bytes(), b"\n", &key].concat());
        let own_id = *hash.first_chunk::<4>().ok_or(bad)?;
        let is_good =
            matches!(kind, TYPE_LOG | TYPE_COSIGNER) && crate::letters::hex(&own_id) == id && !name.is_empty();
        if is_good {
            Ok(Self {
                name: name.to_owned(),
                id: own_id,
                kind,
                public,
            })
        } else {
            Err(bad)
        }
    }

    pub(crate) fn is_cosigner(&self) -> bool {
        self.kind == TYPE_COSIGNER
    }

    /// What the key has said of the text; nothing if it did not sign it.
    fn signed(&self, text: &str, signature: &[u8]) -> Option<Said> {
        if !self.is_cosigner() {
            return is_signed(&self.public, text.as_bytes(), signature).then_some(Said::Signed);
        }
        let (time, signature) = signature.split_first_chunk::<8>()?;
        let at = i64::from_be_bytes(*time);
        let message = format!("cosignature/v1\ntime {at}\n{text}");
        (at >= 0 && is_signed(&self.public, message.as_bytes(), signature))
            .then_some(Said::CosignedOn(Day(at / DAY_SECONDS)))
    }
}

/// What a line says.
#[derive(Clone, Copy)]
enum Said {
    /// The log signed it.
    Signed,
    /// A witness cosigned it.
    CosignedOn(Day),
}

/// A checkpoint that its log has signed.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Who has cosigned it: the authority's id, and the day.
    pub(crate) cosigned: Vec<(String, Day)>,
}

/// A line under a note.
struct Line<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// The checkpoint in a note that the log of the key has signed. Lines by other keys prove nothing, and are passed over;
/// a line by one of the partners' keys must hold.
pub(crate) fn open(note: &str, key: &LogKey, partners: &[KeyFile]) -> Checked<Checkpoint> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(Reason::TooLong);
    }
    let (body, block) = note.rsplit_once("\n\n").ok_or(Reason::NoteBad)?;
    let text = format!("{body}\n");
    let block = block.strip_suffix('\n').ok_or(Reason::NoteBad)?;
    let lines: Vec<Line<'_>> = block
        .split('\n')
        .map(line)
        .collect::<Option<_>>()
        .ok_or(Reason::NoteBad)?;
    if find(&lines, key, &text)?.is_none() {
        return Err(Reason::NoteUnsigned);
    }
    let mut checkpoint = parse(&text).ok_or(Reason::CheckpointBad)?;
    if checkpoint.origin != key.name {
        return Err(Reason::LogOther);
    }
    for partner in partners {
        if let Some(Said::CosignedOn(day)) = find(&lines, &partner.cosigner, &text)? {
            checkpoint.cosigned.push((partner.id.clone(), day));
        }
    }
    Ok(checkpoint)
}

/// What the line of a key says: nothing if there is none.
fn find(lines: &[Line<'_>], key: &LogKey, text: &str) -> Checked<Option<Said>> {
    let mut by_key = lines.iter().filter(|line| line.name == key.name && line.id == key.id);
    let Some(line) = by_key.next() else {
        return Ok(None);
    };
    if by_key.next().is_some() {
        return Err(Reason::NoteSignedTwice);
    }
    let signed = key.signed(text, &line.signature).ok_or(Reason::NoteForged)?;
    Ok(Some(signed))
}

fn line(text: &str) -> Option<Line<'_>> {
    let (name, signature) = text.strip_prefix("— ")?.split_once(' ')?;
    let bytes = from_base64(signature)?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    Some(Line {
        name,
        id: *id,
        signature: signature.to_vec(),
    })
}

/// Origin, size and root, a line each and nothing after.
fn parse(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let number = size
        .parse()
        .ok()
        .filter(|number: &u64| number.to_string() == size && *number <= SIZE_MAX)?;
    let is_good = !origin.is_empty() && lines.next().is_none();
    is_good.then_some(Checkpoint {
        origin: origin.to_owned(),
        size: number,
        root: exactly(root)?,
        cosigned: Vec::new(),
    })
}

/// The proof that one checkpoint continues another, as messages carry it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency {
    from_size: u64,
    hashes: Vec<String>,
}

/// Checks that a log has signed a checkpoint and, with an older one, that it did not roll back or fork since. That a
/// longer log only grew takes a proof: JSON with `from_size` and `hashes`, as in a message.
pub fn check_checkpoint(
    note: &str,
    key: &LogKey,
    partners: &[KeyFile],
    older: Option<&str>,
    consistency: Option<&str>,
) -> Checked<Report> {
    let new = open(note, key, partners)?;
    let mut report = Report {
        facts: facts(&new),
        ..Report::default()
    };
    say(&mut report, &new);
    if let Some(older) = older {
        let old = open(older, key, partners)?;
        continues(&old, &new, consistency)?;
        report.proves(format!(
            "The log only grew since it had {} entries: nothing of its past was changed.",
            old.size
        ));
    } else {
        report.leaves("That it continues what others have seen of the log: give an older checkpoint to compare with.");
    }
    report.leaves("What the entries say, and that what they say is true.");
    Ok(report)
}

pub(crate) fn facts(checkpoint: &Checkpoint) -> serde_json::Value {
    let cosigned = checkpoint
        .cosigned
        .iter()
        .map(|(who, on)| json!({ "by": who, "on": on.to_string() }));
    json!({
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": crate::letters::hex(&checkpoint.root),
        "cosigned": cosigned.collect::<Vec<_>>(),
    })
}

/// What a signed checkpoint proves.
pub(crate) fn say(report: &mut Report, checkpoint: &Checkpoint) {
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    report.proves(format!(
        "The log {origin} has signed that it has {size} entries with this root."
    ));
    for (who, on) in &checkpoint.cosigned {
        report.proves(format!(
            "{who} has cosigned it on {on}: it has seen no other past of this log."
        ));
    }
}

fn continues(old: &Checkpoint, new: &Checkpoint, consistency: Option<&str>) -> Checked<()> {
    if new.size < old.size {
        return Err(Reason::LogRolledBack);
    }
    if new.size == old.size {
        return if new.root == old.root {
            Ok(())
        } else {
            Err(Reason::LogForked)
        };
    }
    if old.size == 0 {
        return Ok(());
    }
    let text = consistency.ok_or(Reason::ConsistencyMissing)?;
    let proof: Consistency = serde_json::from_str(text).map_err(|_| Reason::ProofBad)?;
    let hashes = hashes(&proof.hashes)?;
    if proof.from_size != old.size {
        return Err(Reason::ConsistencyBad);
    }
    check_consistency((old.size, &old.root), (new.size, &new.root), &hashes)
}

/// The hashes of a proof.
pub(crate) fn hashes(texts: &[impl AsRef<str>]) -> Checked<Vec<Hash>> {
    if texts.len() > HASHES_MAX {
        return Err(Reason::TooLong);
    }
    let hashes = texts.iter().map(|text| exactly(text.as_ref()));
    hashes.collect::<Option<_>>().ok_or(Reason::ProofBad)
}
