//! Proof files (C2SP tlog-proof): that an entry is in a log.

use serde::Deserialize;
use serde_json::json;

use crate::crypto::{Hash, check_inclusion, leaf};
use crate::key_file::KeyFile;
use crate::letters::from_base64;
use crate::note::{self, Checkpoint, LogKey, NOTE_BYTES_MAX, hashes, open};
use crate::{Checked, Reason, Report};

/// The longest proof file, in bytes.
const BYTES_MAX: usize = 128 * 1024;

/// The longest entry, in bytes.
pub(crate) const ENTRY_BYTES_MAX: usize = 65_535;

/// An entry of which it was shown that it is in the log.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    pub(crate) index: u64,
    pub(crate) entry: Vec<u8>,
}

/// The parts of a proof file.
struct File<'a> {
    entry: Vec<u8>,
    index: u64,
    hashes: Vec<Hash>,
    note: &'a str,
}

/// What every entry says of itself.
#[derive(Deserialize)]
struct Head {
    seq: u64,
    kind: String,
    recorded_at: String,
    actor: String,
}

/// Checks that the log of a key has the entry in a proof file.
pub fn check_proof(text: &str, key: &LogKey, partners: &[KeyFile]) -> Checked<Report> {
    let (proven, checkpoint) = read(text, key, partners)?;
    let head = head(&proven)?;
    let mut report = Report {
        facts: json!({
            "checkpoint": note::facts(&checkpoint),
            "entry": { "seq": head.seq, "kind": head.kind, "recorded_at": head.recorded_at, "actor": head.actor },
        }),
        ..Report::default()
    };
    note::say(&mut report, &checkpoint);
    let Head {
        seq,
        kind,
        recorded_at,
        actor,
    } = head;
    report.proves(format!(
        "Entry {seq} is in that log, letter by letter: {kind}, recorded by {actor} at {recorded_at}."
    ));
    report.leaves("That what the entry says is true.");
    report.leaves("That nothing later in the log corrects it.");
    Ok(report)
}

/// The entry of a proof file and the checkpoint that it is proven against.
pub(crate) fn read(text: &str, key: &LogKey, partners: &[KeyFile]) -> Checked<(Proven, Checkpoint)> {
    let file = parse(text)?;
    let checkpoint = open(file.note, key, partners)?;
    check_inclusion(
        leaf(&file.entry),
        file.index,
        checkpoint.size,
        &file.hashes,
        &checkpoint.root,
    )?;
    let proven = Proven {
        index: file.index,
        entry: file.entry,
    };
    head(&proven)?;
    Ok((proven, checkpoint))
}

/// Reads what an entry says of itself; its number must be its place in the log.
fn head(proven: &Proven) -> Checked<Head> {
    let head: Head = serde_json::from_slice(&proven.entry).map_err(|_| Reason::EntryBad)?;
    if head.seq == proven.index {
        Ok(head)
    } else {
        Err(Reason::EntryMisplaced)
    }
}

/// As [`head`], for one who needs no more than that it fits.
pub(crate) fn check_head(proven: &Proven) -> Checked<()> {
    head(proven).map(drop)
}

fn parse(text: &str) -> Checked<File<'_>> {
    let bad = Reason::ProofBad;
    if text.len() > BYTES_MAX {
        return Err(Reason::TooLong);
    }
    let (head, note) = text.split_once("\n\n").ok_or(bad)?;
    let mut lines = head.split('\n');
    if lines.next() != Some("c2sp.org/tlog-proof@v1") || note.len() > NOTE_BYTES_MAX {
        return Err(bad);
    }
    let extra = lines
        .next()
        .and_then(|line| line.strip_prefix("extra "))
        .ok_or(Reason::EntryMissing)?;
    let entry = from_base64(extra)
        .filter(|entry| entry.len() <= ENTRY_BYTES_MAX)
        .ok_or(bad)?;
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).ok_or(bad)?;
    let number = index
        .parse()
        .ok()
        .filter(|number: &u64| number.to_string() == index)
        .ok_or(bad)?;
    let hashes = hashes(&lines.collect::<Vec<_>>())?;
    Ok(File {
        entry,
        index: number,
        hashes,
        note,
    })
}
