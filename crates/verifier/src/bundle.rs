//! Bundles: entries of one log with their proofs and one checkpoint, in one JSON file.

use serde::Deserialize;
use serde_json::json;

use crate::crypto::{check_inclusion, leaf};
use crate::key_file::KeyFile;
use crate::letters::from_base64;
use crate::note::{self, Checkpoint, LogKey, hashes, open};
use crate::proof::{ENTRY_BYTES_MAX, Proven, check_head};
use crate::{Checked, FILE_BYTES_MAX, Reason, Report};

/// The most entries.
const ENTRIES_MAX: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    format: String,
    checkpoint: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    index: u64,
    #[serde(rename = "entry")]
    bytes: String,
    proof: Vec<String>,
}

/// Checks that the log of a key has every entry of a bundle.
pub fn check_bundle(text: &str, key: &LogKey, partners: &[KeyFile]) -> Checked<Report> {
    let (entries, checkpoint) = read(text, key, partners)?;
    let indexes: Vec<u64> = entries.iter().map(|entry| entry.index).collect();
    let facts = json!({ "checkpoint": note::facts(&checkpoint), "entries": indexes });
    let mut report = Report {
        facts,
        ..Report::default()
    };
    note::say(&mut report, &checkpoint);
    report.proves(format!(
        "All {} entries of the bundle are in that log, letter by letter.",
        entries.len()
    ));
    report.leaves("That what the entries say is true.");
    report.leaves("That these are all entries of their kind: others may have been left out.");
    Ok(report)
}

/// The entries of a bundle and the checkpoint that they are proven against.
pub(crate) fn read(text: &str, key: &LogKey, partners: &[KeyFile]) -> Checked<(Vec<Proven>, Checkpoint)> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Reason::TooLong);
    }
    let bundle: Bundle = serde_json::from_str(text).map_err(|_| Reason::BundleBad)?;
    if bundle.format != "countersign-bundle/v1" || bundle.entries.is_empty() {
        return Err(Reason::BundleBad);
    }
    if bundle.entries.len() > ENTRIES_MAX {
        return Err(Reason::TooLong);
    }
    if !bundle.entries.is_sorted_by(|one, next| one.index < next.index) {
        return Err(Reason::EntriesUnordered);
    }
    let checkpoint = open(&bundle.checkpoint, key, partners)?;
    let entries = bundle.entries.iter().map(|entry| check(entry, &checkpoint));
    Ok((entries.collect::<Checked<_>>()?, checkpoint))
}

fn check(entry: &Entry, checkpoint: &Checkpoint) -> Checked<Proven> {
    let bytes = from_base64(&entry.bytes).filter(|bytes| bytes.len() <= ENTRY_BYTES_MAX);
    let bytes = bytes.ok_or(Reason::BundleBad)?;
    let path = hashes(&entry.proof)?;
    check_inclusion(leaf(&bytes), entry.index, checkpoint.size, &path, &checkpoint.root)?;
    let proven = Proven {
        index: entry.index,
        entry: bytes,
    };
    check_head(&proven)?;
    Ok(proven)
}
