//! The growing tree, kept as its frontier: the roots of the complete subtrees that its size is made of.

use crate::hash::{EMPTY_ROOT, HASH_BYTES, complete_root};
use crate::source::{all_leaves, checked_tile};
use crate::tile::{FullTile, TILE_BITS, TILE_WIDTH};
use crate::{Error, Hash, Hashes, node_hash};

/// The largest tree size: 2^56, seven levels of full tiles.
///
/// A million entries a second fill it in two thousand years; the cap keeps every index computation far from overflow.
pub const SIZE_MAX: u64 = 1 << 56;

/// An append-only Merkle tree (RFC 6962 §2.1) in O(log n) memory.
///
/// It keeps the frontier and, for each tile level from 1, the hashes of the tile that is not full yet.
/// Leaves are not kept: they live beside the entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of complete subtrees, largest first: one for each bit set in `size`.
    frontier: Vec<Hash>,
    /// The hashes of the unfinished tile of each level, from level 1 on; each shorter than a full tile.
    rows: Vec<Vec<u8>>,
    /// Full tiles that nobody took yet, in order of completion.
    finished: Vec<FullTile>,
}

impl Tree {
    /// The tree without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the leaf with index [`size`](Self::size).
    ///
    /// On average this hashes one node.
    /// The caller keeps the size within [`SIZE_MAX`], which no machine reaches one leaf at a time.
    pub fn append(&mut self, leaf: &Hash) {
        // Appending is binary addition: each trailing one of the size joins a complete subtree to the new one.
        let mut hash = *leaf;
        let mut index = self.size;
        let mut height = 0_u8;
        while index & 1 == 1
            && let Some(left) = self.frontier.pop()
        {
            hash = node_hash(&left, &hash);
            index >>= 1;
            height += 1;
            if height.is_multiple_of(TILE_BITS) {
                self.extend_row(height / TILE_BITS, index, &hash);
            }
        }
        self.frontier.push(hash);
        self.size += 1;
    }

    /// The root (RFC 6962 §2.1); of the empty tree, [`EMPTY_ROOT`].
    pub fn root(&self) -> Hash {
        let mut subtrees = self.frontier.iter().rev();
        let Some(smallest) = subtrees.next() else {
            return EMPTY_ROOT;
        };
        subtrees.fold(*smallest, |right, left| node_hash(left, &right))
    }

    /// The full tiles of level 1 and above completed since the last call, in order of completion: store these before,
    /// or together with, whatever is stored next.
    pub fn take_tiles(&mut self) -> Vec<FullTile> {
        std::mem::take(&mut self.finished)
    }

    /// Rebuilds the tree of `size` entries from stored leaves and tiles, for example after a restart.
    ///
    /// It reads fewer than 65,536 leaves and fewer than 256 tiles of each level.
    /// A tile that a crash kept from being stored is computed again and handed out by
    /// [`take_tiles`](Self::take_tiles); in case of a read failure or a stored tile of the wrong length it fails.
    /// Compare the root with the last signed checkpoint: stored hashes are taken as they are.
    pub fn restore(size: u64, reader: &impl Hashes) -> Result<Self, Error> {
        if size > SIZE_MAX {
            return Err(Error::SizeTooLarge { size });
        }
        let mut tree = Self {
            size,
            ..Self::default()
        };
        let mut frontier_by_level = Vec::new();
        let mut level = 0_u8;
        let mut hashes_on_level = size;
        while hashes_on_level > 0 {
            let width = hashes_on_level % u64::from(TILE_WIDTH);
            let first = hashes_on_level - width;
            let row = match level.checked_sub(1) {
                None => all_leaves(reader, first, hashes_on_level)?,
                Some(below) => (first..hashes_on_level)
                    .map(|index| tree.tile_root(reader, below, index))
                    .collect::<Result<_, _>>()?,
            };
            frontier_by_level.push(subtree_roots(&row));
            if level > 0 {
                tree.rows.push(row.concat());
            }
            hashes_on_level >>= TILE_BITS;
            level += 1;
        }
        tree.frontier = frontier_by_level.into_iter().rev().flatten().collect();
        Ok(tree)
    }

    /// What is known of a tile: all of it while nobody took it, its first hashes while it grows.
    pub(crate) fn known_tile(&self, level: u8, index: u64) -> Option<&[u8]> {
        if let Some(tile) = self
            .finished
            .iter()
            .find(|tile| tile.level == level && tile.index == index)
        {
            return Some(&tile.bytes);
        }
        let shift = u32::from(level).checked_add(1)?.checked_mul(u32::from(TILE_BITS))?;
        if self.size.checked_shr(shift)? != index {
            return None;
        }
        self.rows.get(usize::from(level.checked_sub(1)?)).map(Vec::as_slice)
    }

    /// Adds the root of tile `index` of the level below to the unfinished tile of `level`.
    fn extend_row(&mut self, level: u8, index: u64, hash: &Hash) {
        let place = usize::from(level) - 1;
        if self.rows.len() <= place {
            self.rows.resize_with(place + 1, Vec::new);
        }
        let Some(row) = self.rows.get_mut(place) else { return };
        row.extend_from_slice(hash);
        if row.len() == usize::from(TILE_WIDTH) * HASH_BYTES {
            self.finished.push(FullTile {
                level,
                index: index >> TILE_BITS,
                bytes: std::mem::take(row),
            });
        }
    }

    /// The root of a full tile, which is computed again and handed out if storage lacks it.
    fn tile_root(&mut self, reader: &impl Hashes, level: u8, index: u64) -> Result<Hash, Error> {
        let first = index << TILE_BITS;
        let after_last = first + u64::from(TILE_WIDTH);
        let Some(below) = level.checked_sub(1) else {
            return Ok(complete_root(&all_leaves(reader, first, after_last)?));
        };
        if let Some(hashes) = checked_tile(reader, level, index)? {
            return Ok(complete_root(&hashes));
        }
        let hashes = (first..after_last)
            .map(|child| self.tile_root(reader, below, child))
            .collect::<Result<Vec<Hash>, Error>>()?;
        self.finished.push(FullTile {
            level,
            index,
            bytes: hashes.concat(),
        });
        Ok(complete_root(&hashes))
    }
}

/// The roots of the complete subtrees of a row, largest first: one for each bit set in its width.
fn subtree_roots(row: &[Hash]) -> Vec<Hash> {
    let mut roots = Vec::new();
    let mut rest = row;
    while let Some(bits) = rest.len().checked_ilog2() {
        let Some((subtree, smaller)) = rest.split_at_checked(1 << bits) else {
            break;
        };
        roots.push(complete_root(subtree));
        rest = smaller;
    }
    roots
}
