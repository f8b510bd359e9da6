//! RFC 6962 §2.1 word for word: recursive, over all leaves, and shared with nothing in the crate but SHA-256.

use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use tlog::Hash;

/// All leaves of a log; `D[n]` of the RFC is its first n leaves.
pub struct Oracle {
    pub leaves: Vec<Hash>,
    roots: RefCell<HashMap<(usize, usize), Hash>>,
}

impl Oracle {
    /// A log of `size` entries: the decimal texts of their indexes.
    pub fn of_size(size: u64) -> Self {
        let leaf = |index: u64| Sha256::digest([&[0], index.to_string().as_bytes()].concat()).into();
        Self {
            leaves: (0..size).map(leaf).collect(),
            roots: RefCell::default(),
        }
    }

    /// `MTH(D[n])`.
    pub fn root(&self, size: u64) -> Hash {
        self.subtree(0, size as usize)
    }

    /// `MTH(D[from:to])`.
    pub fn subtree(&self, from: usize, to: usize) -> Hash {
        match to - from {
            0 => return Sha256::digest([]).into(),
            1 => return self.leaves[from],
            _ => {}
        }
        if let Some(root) = self.roots.borrow().get(&(from, to)) {
            return *root;
        }
        let middle = from + split(to - from);
        let (left, right) = (self.subtree(from, middle), self.subtree(middle, to));
        let root: Hash = Sha256::digest([&[1], &left[..], &right[..]].concat()).into();
        self.roots.borrow_mut().insert((from, to), root);
        root
    }

    /// `PATH(m, D[n])`.
    pub fn path(&self, index: u64, size: u64) -> Vec<Hash> {
        self.path_within(index as usize, 0, size as usize)
    }

    /// `PROOF(m, D[n])`.
    pub fn proof(&self, old_size: u64, new_size: u64) -> Vec<Hash> {
        if old_size == 0 {
            Vec::new()
        } else {
            self.subproof(old_size as usize, 0, new_size as usize, true)
        }
    }

    fn path_within(&self, index: usize, from: usize, to: usize) -> Vec<Hash> {
        if to - from <= 1 {
            return Vec::new();
        }
        let half = split(to - from);
        let (mut path, other) = if index < half {
            (
                self.path_within(index, from, from + half),
                self.subtree(from + half, to),
            )
        } else {
            (
                self.path_within(index - half, from + half, to),
                self.subtree(from, from + half),
            )
        };
        path.push(other);
        path
    }

    fn subproof(&self, old: usize, from: usize, to: usize, is_known: bool) -> Vec<Hash> {
        if old == to - from {
            return if is_known {
                Vec::new()
            } else {
                vec![self.subtree(from, to)]
            };
        }
        let half = split(to - from);
        let (mut proof, other) = if old <= half {
            (
                self.subproof(old, from, from + half, is_known),
                self.subtree(from + half, to),
            )
        } else {
            (
                self.subproof(old - half, from + half, to, false),
                self.subtree(from, from + half),
            )
        };
        proof.push(other);
        proof
    }
}

/// The largest power of two smaller than `n`.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}
