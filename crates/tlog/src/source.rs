//! Where the hashes of past trees are read from.

use crate::hash::{HASH_BYTES, complete_root};
use crate::tile::{TILE_BITS, TILE_WIDTH};
use crate::tree::SIZE_MAX;
use crate::{Error, Hash, Tree};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Stored hashes of a log: leaves beside their entries, full tiles of level 1 and above by themselves.
pub trait Hashes {
    /// The leaf hashes with index `from` up to, not including, `to`; never more than 256 at a time.
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, Error>;

    /// The full tile of level 1 or above, 8192 bytes; `None` if it is not stored.
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error>;

    /// The first hashes of a tile of level 1 or above that is not stored yet, as far as they are known in memory.
    ///
    /// This is a shortcut: without it they are computed from up to 65,280 leaves. [`Live`] gives it.
    fn growing_tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        let _ = (level, index);
        Ok(None)
    }
}

impl<R: Hashes + ?Sized> Hashes for &R {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
        (**self).leaves(from, to)
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        (**self).tile(level, index)
    }

    fn growing_tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        (**self).growing_tile(level, index)
    }
}

/// Stored hashes together with the tree in memory, which knows the tiles that are still growing.
///
/// The tree must be of the same log and at least as large as the trees asked about.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a, R> {
    tree: &'a Tree,
    stored: &'a R,
}

impl<'a, R: Hashes> Live<'a, R> {
    /// Reads from `stored`, and what is not there yet from `tree`.
    pub fn new(tree: &'a Tree, stored: &'a R) -> Self {
        Self { tree, stored }
    }
}

impl<R: Hashes> Hashes for Live<'_, R> {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
        self.stored.leaves(from, to)
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.stored.tile(level, index)
    }

    fn growing_tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.tree.known_tile(level, index).map(<[u8]>::to_vec))
    }
}

/// The tree of one size over stored hashes: gives the hash of any node, and reads each tile once.
pub(crate) struct PastTree<'a, R> {
    reader: &'a R,
    size: u64,
    rows: RefCell<BTreeMap<(u8, u64), Vec<Hash>>>,
    failure: RefCell<Option<Error>>,
}

impl<'a, R: Hashes> PastTree<'a, R> {
    pub(crate) fn new(reader: &'a R, size: u64) -> Result<Self, Error> {
        if size > SIZE_MAX {
            return Err(Error::SizeTooLarge { size });
        }
        Ok(Self {
            reader,
            size,
            rows: RefCell::default(),
            failure: RefCell::default(),
        })
    }

    /// Gives `look` the hashes of a tile, as many as the tree has; none where it has no such tile.
    pub(crate) fn with_row<T>(&self, level: u8, index: u64, look: impl FnOnce(&[Hash]) -> T) -> Result<T, Error> {
        let mut rows = self.rows.borrow_mut();
        let row = match rows.entry((level, index)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.read_row(level, index)?),
        };
        Ok(look(row))
    }

    /// The number of hashes that the tree has on a tile level.
    pub(crate) fn hashes_on(&self, level: u8) -> u64 {
        self.size
            .checked_shr(u32::from(level) * u32::from(TILE_BITS))
            .unwrap_or(0)
    }

    /// The reason why a read failed, in place of what `tlog_tiles` can say of it.
    pub(crate) fn explain(&self, error: &tlog_tiles::Error) -> Error {
        self.failure
            .take()
            .unwrap_or_else(|| Error::ProofNotBuilt(error.to_string()))
    }

    fn read_row(&self, level: u8, index: u64) -> Result<Vec<Hash>, Error> {
        let full = u64::from(TILE_WIDTH);
        let Some(first) = index.checked_mul(full) else {
            return Ok(Vec::new());
        };
        let width = self.hashes_on(level).saturating_sub(first).min(full);
        if width == 0 {
            return Ok(Vec::new());
        }
        let Some(below) = level.checked_sub(1) else {
            return all_leaves(self.reader, first, first + width);
        };
        let width = usize::try_from(width).unwrap_or(0);
        if let Some(mut hashes) = checked_tile(self.reader, level, index)? {
            hashes.truncate(width);
            return Ok(hashes);
        }
        let mut hashes = match self.reader.growing_tile(level, index)? {
            Some(bytes) => bytes.as_chunks::<HASH_BYTES>().0.to_vec(),
            None => Vec::new(),
        };
        hashes.truncate(width);
        if width == usize::from(TILE_WIDTH) && hashes.len() < width {
            return Err(Error::TileMissing { level, index });
        }
        for child in (first..).take(width).skip(hashes.len()) {
            // Children of a growing tile are full; they are read past the cache, which would otherwise hold them all.
            hashes.push(complete_root(&self.read_row(below, child)?));
        }
        Ok(hashes)
    }

    /// The hash of the complete subtree of 2^`height` leaves with this index among its like.
    fn node(&self, height: u8, index: u64) -> Result<Hash, Error> {
        let within = height % TILE_BITS;
        let first = index << within;
        let start = usize::try_from(first % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
        let subtree = |row: &[Hash]| Some(complete_root(row.get(start..)?.get(..1 << within)?));
        self.with_row(height / TILE_BITS, first >> TILE_BITS, subtree)?
            .ok_or_else(|| Error::ProofNotBuilt(format!("node {index} of height {height} is outside the tree")))
    }
}

impl<R: Hashes> tlog_tiles::HashReader for PastTree<'_, R> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let read = |index: &u64| {
            let (height, place) = tlog_tiles::split_stored_hash_index(*index);
            self.node(height, place).map(tlog_tiles::Hash)
        };
        indexes
            .iter()
            .map(read)
            .collect::<Result<Vec<_>, Error>>()
            .map_err(|error| {
                self.failure.replace(Some(error));
                tlog_tiles::Error::IndexesNotInTree
            })
    }
}

/// The leaves of `from..to`, all of them or an error.
pub(crate) fn all_leaves(reader: &impl Hashes, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
    if from == to {
        return Ok(Vec::new());
    }
    let leaves = reader.leaves(from, to)?;
    let found = leaves.len();
    if u64::try_from(found).ok() == to.checked_sub(from) {
        Ok(leaves)
    } else {
        Err(Error::LeavesMissing { from, to, found })
    }
}

/// The hashes of a stored tile, if it is stored; a tile of the wrong length is an error.
pub(crate) fn checked_tile(reader: &impl Hashes, level: u8, index: u64) -> Result<Option<Vec<Hash>>, Error> {
    let Some(bytes) = reader.tile(level, index)? else {
        return Ok(None);
    };
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if hashes.len() == usize::from(TILE_WIDTH) && rest.is_empty() {
        Ok(Some(hashes.to_vec()))
    } else {
        Err(Error::TileLength {
            level,
            index,
            bytes: bytes.len(),
        })
    }
}
