//! Evidence for whoever has no access to the journal: bundles of entries, how one checkpoint continues another, and what
//! two authorities signed of a year. Nothing is written that `countersign-verify` would not take.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::digest::Digest;
use domain::id::Id;
use domain::journal::EntryReader;
use domain::partner::{Message, Signed};
use domain::trade::{Case, Notice};
use domain::{Entry, Event};
use serde::Serialize;
use store::JournalReader;

use crate::error::AuthorityError;
use crate::recover::{JournalHashes, unchanged, unreadable};
use crate::{Authority, Look, case_entries};

/// The most entries of a bundle.
pub const BUNDLE_ENTRIES_MAX: usize = 10_000;
/// The largest bundle, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 64 << 20;

#[derive(Serialize)]
struct Row {
    index: u64,
    entry: String,
    proof: Vec<String>,
}

#[derive(Serialize)]
struct Proof {
    from_size: u64,
    hashes: Vec<String>,
}

/// How one checkpoint of the log continues an older one.
pub struct Continuation {
    /// How many entries the older one has.
    pub from_size: u64,
    /// How many the newer one has.
    pub size: u64,
    /// The newer one, a signed note.
    pub checkpoint: String,
    /// The proof as JSON: `from_size` and `hashes` in base64 (RFC 6962 §2.1.2).
    pub proof: String,
}

/// A bundle of these entries against the newest checkpoint, as JSON (docs/protocol.md, "Bundle").
///
/// Refused if there are none, more than [`BUNDLE_ENTRIES_MAX`], one that the checkpoint does not cover, or more bytes
/// than [`BUNDLE_BYTES_MAX`]; broken if one was changed at rest.
pub fn bundle(journal: &dyn JournalReader, entries: &BTreeSet<u64>) -> Result<String, AuthorityError> {
    let last = *entries
        .last()
        .ok_or_else(|| refused("a bundle needs at least one entry"))?;
    if entries.len() > BUNDLE_ENTRIES_MAX {
        let count = entries.len();
        let says = format!("bundle_too_large: {count} entries, and a bundle holds at most {BUNDLE_ENTRIES_MAX}");
        return Err(refused(&says));
    }
    let (size, checkpoint) = journal
        .latest_checkpoint()?
        .ok_or_else(|| refused("the log has no checkpoint yet; try again in a moment"))?;
    if last >= size {
        let says = format!("entry_outside: the newest checkpoint covers the entries below {size}, and not {last}");
        return Err(refused(&says));
    }
    // Written row by row, so that no more than the bundle itself is held.
    let checkpoint = json(&checkpoint)?;
    let mut text = format!(r#"{{"format":"countersign-bundle/v1","checkpoint":{checkpoint},"entries":["#);
    for (place, seq) in entries.iter().enumerate() {
        let row = json(&row(journal, *seq, size)?)?;
        if text.len().saturating_add(row.len()).saturating_add(3) > BUNDLE_BYTES_MAX {
            return Err(too_many_bytes());
        }
        if place > 0 {
            text.push(',');
        }
        text.push_str(&row);
    }
    text.push_str("]}");
    Ok(text)
}

fn row(journal: &dyn JournalReader, seq: u64, size: u64) -> Result<Row, AuthorityError> {
    let found = journal.entry(seq)?;
    let (bytes, leaf) = found.ok_or_else(|| refused(&format!("there is no entry {seq}")))?;
    unchanged(seq, &bytes, &leaf)?;
    let proof = tlog::inclusion_proof(&JournalHashes(journal), seq, size)?;
    Ok(Row {
        index: seq,
        entry: STANDARD.encode(bytes),
        proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
    })
}

/// The proof that a newer checkpoint of the log continues an older one; the newest one if no newer is given.
///
/// Both must be signed by the log's key and be of this journal: `log_rolled_back` and `log_forked` tell that they are not.
pub fn continuation(look: &Look, older: &str, newer: Option<&str>) -> Result<Continuation, AuthorityError> {
    let (journal, key) = (&*look.journal, look.state.log_key());
    let newer = match newer {
        Some(note) => note.to_owned(),
        None => look
            .checkpoint
            .clone()
            .ok_or_else(|| refused("the log has no checkpoint yet; try again in a moment"))?,
    };
    let signed = |which: &str, note: &str| {
        tlog::verify(note, key).map_err(|error| refused(&format!("the {which} checkpoint: {error}")))
    };
    let (old, new) = (signed("older", older)?, signed("newer", &newer)?);
    if old.size > new.size {
        let says = format!(
            "log_rolled_back: the older checkpoint has {} entries, and the newer one {}",
            old.size, new.size
        );
        return Err(refused(&says));
    }
    for (which, checkpoint) in [("older", &old), ("newer", &new)] {
        is_of(journal, which, checkpoint)?;
    }
    let hashes = tlog::consistency_proof(&JournalHashes(journal), old.size, new.size)?;
    let proof = Proof {
        from_size: old.size,
        hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
    };
    Ok(Continuation {
        from_size: old.size,
        size: new.size,
        checkpoint: newer,
        proof: json(&proof)?,
    })
}

/// Whether the journal is the one that a checkpoint was made of.
fn is_of(journal: &dyn JournalReader, which: &str, checkpoint: &tlog::Checkpoint) -> Result<(), AuthorityError> {
    let (size, has) = (checkpoint.size, journal.size()?);
    if size > has {
        let says = format!("log_rolled_back: the {which} checkpoint has {size} entries, and this journal {has}");
        return Err(refused(&says));
    }
    if tlog::root_at(&JournalHashes(journal), size)? != checkpoint.root {
        let says = format!("log_forked: the {which} checkpoint has another past of {size} entries than this journal");
        return Err(refused(&says));
    }
    Ok(())
}

/// The entries of a case: what was proposed, decided, sent, taken, answered and moved, and its import authorization.
///
/// Refused `case_unknown` if there is no such case.
pub fn of_case(look: &Look, case: &str) -> Result<BTreeSet<u64>, AuthorityError> {
    let known = look.state.trade.case(case).ok_or_else(|| case_unknown(case))?;
    entries_of(&*look.journal, known, &look.state.founding.id)
}

fn case_unknown(case: &str) -> AuthorityError {
    refused(&format!("case_unknown: there is no case {case} here"))
}

/// Reads the whole journal for the entries of a case.
fn entries_of(journal: &dyn JournalReader, case: &Case, us: &str) -> Result<BTreeSet<u64>, AuthorityError> {
    let mut found = case_entries::Found::new(case, us);
    scan(journal, &mut |entry| found.take(entry))?;
    Ok(found.entries)
}

impl Authority {
    /// The bundle of a case, as `bundle --case` writes it, while the node runs.
    ///
    /// Refused as by [`of_case`] and [`bundle()`]. What was recorded since the newest checkpoint is refused
    /// `entry_outside`: a second later it is covered.
    pub fn bundle_of_case(&self, case: &str) -> Result<String, AuthorityError> {
        let (known, us) = {
            let state = self.state();
            let known = state.trade.case(case).ok_or_else(|| case_unknown(case))?;
            (known.clone(), state.founding.id.clone())
        };
        let made = |journal: &dyn JournalReader| bundle(journal, &entries_of(journal, &known, &us)?);
        // A reader of its own, so that nobody else waits; what lies in memory has only one.
        match self.place.folder() {
            Some(folder) => made(&*store::open_journal_reader(folder, self.place.engine())?),
            None => self.read(made),
        }
    }
}

/// The entries with what was last proposed to each partner of a year's exports, and with the partner's signature of
/// exactly that. What was proposed before it is left out: it states other figures.
///
/// Refused `nothing_signed` if nothing was proposed.
pub fn of_statement(look: &Look, year: i16) -> Result<BTreeSet<u64>, AuthorityError> {
    let mut proposed: BTreeMap<Id, (u64, Digest)> = BTreeMap::new();
    let mut signed: BTreeMap<Id, u64> = BTreeMap::new();
    scan(&*look.journal, &mut |entry| match &entry.event {
        event @ (Event::MessageSigned(_) | Event::MessageRecovered(_)) => {
            let ours = case_entries::ours(event).and_then(said);
            let Some((message, Notice::StatementProposed(statement))) = ours else {
                return;
            };
            if statement.year == year {
                signed.remove(&message.to);
                proposed.insert(message.to, (entry.seq, Digest::of(message.body.as_str())));
            }
        }
        Event::MessageReceived(theirs) if theirs.refused.is_none() => {
            let Some((message, Notice::StatementSigned(signature))) = said(&theirs.message) else {
                return;
            };
            let of = proposed.get(&message.from).map(|(_, digest)| *digest);
            if signature.year == year && of == Some(signature.digest) {
                signed.insert(message.from, entry.seq);
            }
        }
        _ => {}
    })?;
    if proposed.is_empty() {
        let says = format!("nothing_signed: no trade statement of {year} was proposed to a partner");
        return Err(refused(&says));
    }
    let proposals = proposed.into_values().map(|(seq, _)| seq);
    Ok(proposals.chain(signed.into_values()).collect())
}

/// What a signed message says, if its kind is known.
pub(crate) fn said(signed: &Signed) -> Option<(Message, Notice)> {
    let message = signed.payload.read::<Message>().ok()?;
    let notice = Notice::read(&message.kind, &message.body).ok()??;
    Some((message, notice))
}

/// Reads every entry, oldest first; broken if one was changed at rest.
fn scan(journal: &dyn JournalReader, visit: &mut dyn FnMut(&Entry)) -> Result<(), AuthorityError> {
    let (mut failed, mut reader) = (None, EntryReader::default());
    journal.read(0, journal.size()?, &mut |row| {
        let read = unchanged(row.seq, row.bytes, row.leaf)
            .and_then(|()| reader.read(row.bytes).map_err(|error| unreadable(row.seq, &error)));
        match read {
            Ok(entry) => {
                visit(&entry);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

fn json(document: &impl Serialize) -> Result<String, AuthorityError> {
    serde_json::to_string(document).map_err(|error| refused(&error.to_string()))
}

fn refused(says: &str) -> AuthorityError {
    AuthorityError::Refused(says.to_owned())
}

fn too_many_bytes() -> AuthorityError {
    refused("bundle_too_large: the entries have more bytes than a bundle holds; name fewer with --entries")
}
