//! The transparency log as others read it (<https://c2sp.org/tlog-tiles>): the newest checkpoint with its cosignatures,
//! and tiles of hashes. What the entries say is not served here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use authority::AuthorityError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use store::JournalReader;
use tlog::{Hash, Hashes, TILE_WIDTH, TileKind, TilePath};

use super::routes::{Served, with_type};

/// For how long a checkpoint may be kept by whoever passes it on.
const CHECKPOINT_KEPT: &str = "max-age=5";
/// For how long the newest checkpoint is not read again.
const NEWEST_FOR: Duration = Duration::from_secs(1);
/// A tile never changes.
const TILE_KEPT: &str = "max-age=31536000, immutable";
/// Tiles in memory; there is one that grows on each level, and seven levels.
const ROWS_MAX: usize = 16;
/// A hash has so many bytes.
const HASH_BYTES: usize = 32;

/// The newest checkpoint as it was last read. Without it every request for one would read all cosignatures.
#[derive(Debug, Default)]
pub struct Newest(Mutex<Option<(Instant, String)>>);

/// Growing tiles of level 1 and above, each as long as it was when it was last computed. Without them every request for
/// one would read thousands of leaves.
#[derive(Debug, Default)]
pub struct Rows(Mutex<BTreeMap<(u8, u64), Vec<u8>>>);

struct JournalHashes<'a>(&'a dyn JournalReader);

impl Hashes for JournalHashes<'_> {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, tlog::Error> {
        let leaves = self.0.leaves(from, to);
        leaves.map_err(|error| tlog::Error::Storage(error.to_string()))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        let tile = self.0.tile(level, index);
        tile.map_err(|error| tlog::Error::Storage(error.to_string()))
    }
}

/// The newest signed checkpoint, with a line by each partner and witness that cosigned it; it may be a second old.
pub fn checkpoint(served: &Served) -> Result<Option<Response>, AuthorityError> {
    let mut newest = match served.newest().0.lock() {
        Ok(newest) => newest,
        Err(poisoned) => poisoned.into_inner(),
    };
    if newest.as_ref().is_none_or(|(at, _)| at.elapsed() > NEWEST_FOR) {
        *newest = read_newest(served)?.map(|note| (Instant::now(), note));
    }
    let note = newest.as_ref().map(|(_, note)| note.clone());
    let text = |note| with_type(StatusCode::OK, "text/plain; charset=utf-8", note);
    Ok(note.map(|note| kept(text(note), CHECKPOINT_KEPT)))
}

fn read_newest(served: &Served) -> Result<Option<String>, AuthorityError> {
    let note = served.authority().read(|journal| -> Result<_, store::StoreError> {
        let Some((newest, mut note)) = journal.latest_checkpoint()? else {
            return Ok(None);
        };
        journal.cosignatures(&mut |size, _, line| {
            if size == newest
                && let Ok(longer) = tlog::add_signature(&note, line)
            {
                note = longer;
            }
            ControlFlow::Continue(())
        })?;
        Ok(Some((newest, note)))
    })?;
    let Some((newest, mut note)) = note else {
        return Ok(None);
    };
    for (size, _, line) in served.authority().witness_lines()? {
        if size == newest
            && let Ok(longer) = tlog::add_signature(&note, &line)
        {
            note = longer;
        }
    }
    Ok(Some(note))
}

/// A tile of hashes of the tree whose checkpoint was signed last.
pub fn tile(served: &Served, path: &str) -> Result<Option<Response>, AuthorityError> {
    let Ok(path) = TilePath::parse(path) else {
        return Ok(None);
    };
    let TileKind::Hashes(level) = path.kind else {
        return Ok(None);
    };
    let read = |journal: &dyn JournalReader| {
        let size = journal.latest_checkpoint()?.map_or(0, |(size, _)| size);
        served.rows().tile(&JournalHashes(journal), size, level, &path)
    };
    let Some(bytes) = served.authority().read(read)? else {
        return Ok(None);
    };
    let response = with_type(StatusCode::OK, "application/octet-stream", bytes);
    Ok(Some(kept(response, TILE_KEPT)))
}

fn kept(mut response: Response, how: &'static str) -> Response {
    let how = HeaderValue::from_static(how);
    response.headers_mut().insert(header::CACHE_CONTROL, how);
    response
}

impl Rows {
    fn tile(
        &self,
        hashes: &impl Hashes,
        size: u64,
        level: u8,
        path: &TilePath,
    ) -> Result<Option<Vec<u8>>, AuthorityError> {
        let on_level = size.checked_shr(u32::from(level) * 8).unwrap_or(0);
        let first = path.index.checked_mul(u64::from(TILE_WIDTH));
        let there = first.map_or(0, |first| on_level.saturating_sub(first));
        let widest = u16::try_from(there).unwrap_or(u16::MAX).min(TILE_WIDTH);
        if path.width > widest {
            return Ok(None);
        }
        if level == 0 || widest == TILE_WIDTH {
            return Ok(Some(tlog::tile(hashes, size, level, path.index, path.width)?));
        }
        let mut rows = match self.0.lock() {
            Ok(rows) => rows,
            Err(poisoned) => poisoned.into_inner(),
        };
        let known = rows.get(&(level, path.index)).and_then(|row| begin(row, path.width));
        if known.is_some() {
            return Ok(known);
        }
        let row = tlog::tile(hashes, size, level, path.index, widest)?;
        let asked = begin(&row, path.width);
        rows.insert((level, path.index), row);
        while rows.len() > ROWS_MAX {
            // Of each level only the last tile grows: the others were asked for before they were full.
            rows.pop_first();
        }
        Ok(asked)
    }
}

/// The first hashes of a tile.
fn begin(row: &[u8], width: u16) -> Option<Vec<u8>> {
    row.get(..usize::from(width) * HASH_BYTES).map(<[u8]>::to_vec)
}
