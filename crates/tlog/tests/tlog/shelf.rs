//! A store in memory, and the log that fills it.

use crate::oracle::Oracle;
use std::cell::Cell;
use std::collections::BTreeMap;
use tlog::{Error, FullTile, Hash, Hashes, Tree};

/// Leaves and full tiles as a store keeps them; it counts the leaves that are read.
#[derive(Default)]
pub struct Shelf {
    pub leaves: Vec<Hash>,
    pub tiles: BTreeMap<(u8, u64), Vec<u8>>,
    pub leaves_read: Cell<u64>,
}

impl Shelf {
    /// The shelf after a log grew over all leaves of the oracle, and its tree.
    pub fn filled(oracle: &Oracle) -> (Self, Tree) {
        let (mut shelf, mut tree) = (Self::default(), Tree::new());
        for leaf in &oracle.leaves {
            tree.append(leaf);
            shelf.leaves.push(*leaf);
            shelf.keep(tree.take_tiles());
        }
        (shelf, tree)
    }

    pub fn keep(&mut self, tiles: Vec<FullTile>) {
        for tile in tiles {
            assert!(tile.level >= 1 && tile.bytes.len() == 8192);
            let earlier = self.tiles.insert((tile.level, tile.index), tile.bytes);
            assert_eq!(earlier, None, "a tile is handed out once");
        }
    }
}

impl Hashes for Shelf {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
        assert!(
            from < to && to - from <= 256,
            "leaves are asked for at most a tile at a time"
        );
        self.leaves_read.set(self.leaves_read.get() + to - from);
        let end = self.leaves.len().min(to as usize);
        Ok(self.leaves[end.min(from as usize)..end].to_vec())
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        assert!(level >= 1, "level 0 is not stored");
        Ok(self.tiles.get(&(level, index)).cloned())
    }
}
