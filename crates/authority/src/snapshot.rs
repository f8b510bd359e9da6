//! Snapshots of the state: a cache that makes restarts fast, with a hash and a version; never the truth.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use domain::State;
use sha2::{Digest, Sha256};

use crate::error::{AuthorityError, at};

/// Changes with every change of the state's compact form.
const HEADER: &[u8; 16] = b"countersign st08";
/// The newest ones are kept.
const KEPT: usize = 2;

/// A snapshot read back: the state, and the log's root at its size.
pub(crate) struct Snapshot {
    pub state: State,
    pub root: tlog::Hash,
}

/// Writes a snapshot: header, root, hash of the rest, the rest.
pub(crate) fn write(folder: &Path, size: u64, root: &tlog::Hash, state: &[u8]) -> Result<(), AuthorityError> {
    let path = folder.join(format!("{size:020}.state"));
    let unfinished = path.with_extension("new");
    let mut file = fs::File::create(&unfinished).map_err(at(&unfinished))?;
    let hash: [u8; 32] = Sha256::digest(state).into();
    let parts: [&[u8]; 4] = [HEADER, root, &hash, state];
    parts
        .iter()
        .try_for_each(|part| file.write_all(part))
        .map_err(at(&unfinished))?;
    file.sync_all().map_err(at(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(at(&path))?;
    for old in all(folder).iter().rev().skip(KEPT) {
        drop(fs::remove_file(old));
    }
    Ok(())
}

/// All snapshots, oldest first.
pub(crate) fn all(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "state"))
        .collect();
    paths.sort();
    paths
}

/// Reads one; `None` if it is of another version or damaged.
pub(crate) fn read(path: &Path) -> Option<Snapshot> {
    let bytes = fs::read(path).ok()?;
    let rest = bytes.strip_prefix(HEADER)?;
    let (root, rest) = rest.split_first_chunk::<32>()?;
    let (hash, state) = rest.split_first_chunk::<32>()?;
    if Sha256::digest(state).as_slice() != hash {
        return None;
    }
    Some(Snapshot {
        state: State::from_bytes(state).ok()?,
        root: *root,
    })
}
