//! Hashes, signatures, and the proofs of RFC 9162.

use ed25519_compact::{PublicKey, Signature};
use hmac_sha256::Hash as Sha256;

use crate::{Checked, Reason};

pub(crate) type Hash = [u8; 32];

/// The most hashes of a proof: no tree is 64 levels high.
pub(crate) const HASHES_MAX: usize = 64;

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::hash(bytes)
}

/// Whether the key signed the bytes (RFC 8032). A weak key signs nothing.
pub(crate) fn is_signed(key: &[u8; 32], bytes: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::from_slice(signature) else {
        return false;
    };
    let key = PublicKey::new(*key);
    key.validate().is_ok() && key.verify(bytes, &signature).is_ok()
}

/// The hash of a leaf (RFC 9162 §2.1.1).
pub(crate) fn leaf(entry: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(entry);
    hasher.finalize()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize()
}

/// Checks that a leaf is in a tree (RFC 9162 §2.1.3.2).
pub(crate) fn check_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Checked<()> {
    if index >= size {
        return Err(Reason::EntryOutside);
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        if last == 0 {
            return Err(Reason::NotIncluded);
        }
        if place & 1 == 1 || place == last {
            hash = node(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(Reason::NotIncluded)
    }
}

/// Checks that a tree of `new` leaves begins with one of `old`, for 0 < `old` < `new` (RFC 9162 §2.1.4.2).
pub(crate) fn check_consistency(old: (u64, &Hash), new: (u64, &Hash), path: &[Hash]) -> Checked<()> {
    let refused = Reason::ConsistencyBad;
    let (mut place, mut last) = (old.0 - 1, new.0 - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    // The tree of a power of two is a node of the later one, and is left out of the path.
    let (seed, path) = if old.0.is_power_of_two() {
        (old.1, path)
    } else {
        path.split_first().ok_or(refused)?
    };
    let (mut before, mut after) = (*seed, *seed);
    for step in path {
        if last == 0 {
            return Err(refused);
        }
        if place & 1 == 1 || place == last {
            before = node(step, &before);
            after = node(step, &after);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            after = node(&after, step);
        }
        place >>= 1;
        last >>= 1;
    }
    let holds = last == 0 && before == *old.1 && after == *new.1;
    if holds { Ok(()) } else { Err(refused) }
}
