//! What a journal is, whichever engine keeps it: entries, tiles, checkpoints and cosignatures, append-only.

use std::ops::ControlFlow;

use crate::StoreError;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The hashes of a full tile.
pub const TILE_HASHES: usize = 256;

/// The bytes of a full tile.
pub const TILE_BYTES: usize = TILE_HASHES * size_of::<Hash>();

/// One durable transaction: entries of contiguous seq, and the tiles they complete.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// The seq (= leaf index, from 0) of the first entry.
    pub first_seq: u64,
    /// The bytes of all entries, one after the other.
    pub bytes: &'a [u8],
    /// The end of each entry in `bytes`.
    pub ends: &'a [usize],
    /// The leaf hash of each entry.
    pub leaves: &'a [Hash],
    /// The full tiles of level 1 and above that these entries complete.
    pub tiles: &'a [Tile],
}

/// A full tile of the transparency log; level 0 is the leaves themselves and is never stored twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The level, from 1.
    pub level: u8,
    /// The index within the level.
    pub index: u64,
    /// The 256 hashes.
    pub bytes: Vec<u8>,
}

/// One entry as read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The seq of the entry.
    pub seq: u64,
    /// The exact bytes that were appended.
    pub bytes: &'a [u8],
    /// The leaf hash that was appended with them.
    pub leaf: &'a Hash,
}

/// The one writer of a journal.
pub trait Journal: Send {
    /// The number of entries, which is the seq of the next.
    fn size(&self) -> u64;

    /// Makes a group durable, all of it or nothing; a group without entries is nothing.
    fn append(&mut self, group: &Group<'_>) -> Result<(), StoreError>;

    /// Keeps the signed note of a tree of `size` entries; the same note again is fine, another one is refused.
    fn put_checkpoint(&mut self, size: u64, note: &str) -> Result<(), StoreError>;

    /// Keeps a witness's signature line for the checkpoint of `size`; a witness has one line for each size.
    fn put_cosignature(&mut self, size: u64, name: &str, line: &str) -> Result<(), StoreError>;

    /// A reader of its own, which never blocks the writer.
    fn reader(&self) -> Result<Box<dyn JournalReader>, StoreError>;
}

/// A reader of a journal; each call sees what was durable when it began, or later.
pub trait JournalReader: Send {
    /// The number of entries, which is the seq of the next.
    fn size(&self) -> Result<u64, StoreError>;

    /// Visits up to `limit` entries in order from `from` on, and returns the seq after the last one visited.
    ///
    /// A gap in the sequence is [`StoreError::Corrupt`]. A long read keeps the engine from reclaiming space, so
    /// callers read in slices.
    fn read(&self, from: u64, limit: u64, visit: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>)
    -> Result<u64, StoreError>;

    /// The bytes and the leaf hash of one entry.
    fn entry(&self, seq: u64) -> Result<Option<(Vec<u8>, Hash)>, StoreError>;

    /// The leaf hashes of `from..to`, fewer where the journal ends earlier.
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, StoreError>;

    /// The bytes of a full tile of level 1 or above.
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits every stored tile, by level and index.
    fn tiles(&self, visit: &mut dyn FnMut(Tile) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// The checkpoint of the largest size.
    fn latest_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError>;

    /// Visits every checkpoint, smallest first.
    fn checkpoints(&self, visit: &mut dyn FnMut(u64, &str) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// Visits every cosignature (size, name, line), by size and name.
    fn cosignatures(&self, visit: &mut dyn FnMut(u64, &str, &str) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// What is wrong with the engine's own structures: unreadable pages, unknown tables, rows out of sequence.
    ///
    /// An empty list means that every row can be read as it lies there. Whether the rows say the truth (hashes, tiles,
    /// signatures) is for the reader's user to check.
    fn integrity(&self) -> Result<Vec<String>, StoreError>;
}

impl Group<'_> {
    /// Refuses a group that contradicts itself, so that no engine has to.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.ends.len() != self.leaves.len() {
            let (ends, leaves) = (self.ends.len(), self.leaves.len());
            return Err(StoreError::refused(format!(
                "a group of {ends} entries with {leaves} leaf hashes"
            )));
        }
        if !self.ends.is_sorted() || self.ends.last().copied().unwrap_or(0) != self.bytes.len() {
            return Err(StoreError::refused(
                "a group whose entries do not end where its bytes end",
            ));
        }
        if self.ends.is_empty() && !self.tiles.is_empty() {
            return Err(StoreError::refused("tiles without the entries that complete them"));
        }
        match self
            .tiles
            .iter()
            .find(|tile| tile.level == 0 || tile.bytes.len() != TILE_BYTES)
        {
            Some(tile) => Err(StoreError::refused(format!(
                "tile {}/{} of {} bytes: stored tiles are full and of level 1 or above",
                tile.level,
                tile.index,
                tile.bytes.len()
            ))),
            None => Ok(()),
        }
    }

    /// The entries one by one: seq, bytes and leaf hash.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let slices = starts
            .zip(self.ends)
            .map(|(start, &end)| self.bytes.get(start..end).unwrap_or_default());
        (self.first_seq..)
            .zip(slices)
            .zip(self.leaves)
            .map(|((seq, bytes), leaf)| Row { seq, bytes, leaf })
    }
}

/// Two notes for one size are a fork or a mistake: the first one is evidence and stays.
pub(crate) fn other_checkpoint(size: u64) -> StoreError {
    StoreError::refused(format!(
        "a checkpoint of size {size} is already stored, with another text"
    ))
}

/// A cosignature is of a checkpoint, so that one must be there first.
pub(crate) fn no_checkpoint(size: u64) -> StoreError {
    StoreError::refused(format!(
        "a cosignature of size {size}, of which no checkpoint is stored"
    ))
}
