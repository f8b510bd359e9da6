//! From storage to a working state: the newest snapshot that fits the journal, then the entries after it.

use std::ops::ControlFlow;

use domain::journal::EntryReader;
use domain::{Entry, State};
use store::JournalReader;
use tlog::{Hashes, Tree};

use crate::error::AuthorityError;
use crate::place::Place;
use crate::snapshot;

/// Reads hashes for the log from a journal.
pub(crate) struct JournalHashes<'a>(pub &'a dyn JournalReader);

impl Hashes for JournalHashes<'_> {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<tlog::Hash>, tlog::Error> {
        self.0
            .leaves(from, to)
            .map_err(|error| tlog::Error::Storage(error.to_string()))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        self.0
            .tile(level, index)
            .map_err(|error| tlog::Error::Storage(error.to_string()))
    }
}

/// The state and the tree of everything that is durable.
pub(crate) fn recover(place: &Place, journal: &dyn JournalReader) -> Result<(State, Tree), AuthorityError> {
    let size = journal.size()?;
    if size == 0 {
        return Err(AuthorityError::Broken(
            "the journal is empty: its authority was never founded".to_owned(),
        ));
    }
    let hashes = JournalHashes(journal);
    let mut tree = Tree::restore(size, &hashes)?;
    drop(tree.take_tiles());
    let mut state = newest_snapshot(place, &hashes, size);
    replay(journal, &mut state, size)?;
    let state = state.ok_or_else(|| AuthorityError::Broken("the journal is empty".to_owned()))?;
    agrees_with_checkpoint(journal, &hashes, &state)?;
    Ok((state, tree))
}

/// A snapshot fits if the log's root at its size is the root it was taken at.
fn newest_snapshot(place: &Place, hashes: &JournalHashes<'_>, size: u64) -> Option<State> {
    let folder = place.snapshots()?;
    let fits = |found: &snapshot::Snapshot| {
        found.state.size <= size && tlog::root_at(hashes, found.state.size).is_ok_and(|root| root == found.root)
    };
    snapshot::all(&folder)
        .iter()
        .rev()
        .filter_map(|path| snapshot::read(path))
        .find(fits)
        .map(|found| found.state)
}

/// A stored entry has the bytes that were hashed when it was written. Without this a row that was changed at rest would
/// be answered from, and signed on, before anybody runs `fsck`.
pub(crate) fn unchanged(seq: u64, bytes: &[u8], leaf: &tlog::Hash) -> Result<(), AuthorityError> {
    if tlog::leaf_hash(bytes) == *leaf {
        return Ok(());
    }
    Err(AuthorityError::Broken(format!("entry {seq} was changed at rest")))
}

pub(crate) fn unreadable(seq: u64, error: &dyn std::fmt::Display) -> AuthorityError {
    AuthorityError::Broken(format!("entry {seq}: {error}"))
}

/// Reads a stored entry, which must be what was written.
pub(crate) fn as_written(seq: u64, bytes: &[u8], leaf: &tlog::Hash) -> Result<Entry, AuthorityError> {
    unchanged(seq, bytes, leaf)?;
    Entry::parse(bytes).map_err(|error| unreadable(seq, &error))
}

/// Applies the entries from the state's size on.
pub(crate) fn replay(journal: &dyn JournalReader, state: &mut Option<State>, size: u64) -> Result<(), AuthorityError> {
    let mut failed = None;
    let mut reader = EntryReader::default();
    let from = state.as_ref().map_or(0, |state| state.size);
    journal.read(from, size - from, &mut |row| {
        let applied = unchanged(row.seq, row.bytes, row.leaf)
            .and_then(|()| reader.read(row.bytes).map_err(|error| unreadable(row.seq, &error)))
            .and_then(|entry| step(state, &entry));
        match applied {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Applies one entry; the first founds the state.
pub(crate) fn step(state: &mut Option<State>, entry: &Entry) -> Result<(), AuthorityError> {
    match state {
        Some(state) => state.apply(entry)?,
        None => *state = Some(State::found(entry)?),
    }
    Ok(())
}

/// The journal must still be the one whose checkpoint was signed last.
fn agrees_with_checkpoint(
    journal: &dyn JournalReader,
    hashes: &JournalHashes<'_>,
    state: &State,
) -> Result<(), AuthorityError> {
    let Some((size, note)) = journal.latest_checkpoint()? else {
        return Ok(());
    };
    let checkpoint = tlog::verify(&note, state.log_key_at(size))?;
    if checkpoint.size != size || size > state.size || tlog::root_at(hashes, size)? != checkpoint.root {
        let what = format!("it is not the journal whose checkpoint of {size} entries was signed");
        return Err(AuthorityError::Broken(what));
    }
    Ok(())
}
