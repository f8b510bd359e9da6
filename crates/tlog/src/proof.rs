//! Inclusion and consistency proofs (RFC 6962 §2.1.1 and §2.1.2).

use crate::hash::EMPTY_ROOT;
use crate::source::PastTree;
use crate::tree::SIZE_MAX;
use crate::{Error, Hash, Hashes};

/// The most hashes that a proof may have: the largest tree is 56 nodes high, and a consistency proof has one more.
pub const PROOF_HASHES_MAX: usize = 64;

/// The root of the tree of the first `size` entries; of size 0, [`EMPTY_ROOT`].
pub fn root_at(reader: &impl Hashes, size: u64) -> Result<Hash, Error> {
    let tree = PastTree::new(reader, size)?;
    tlog_tiles::tree_hash(size, &tree)
        .map(|hash| hash.0)
        .map_err(|error| tree.explain(&error))
}

/// The audit path of entry `index` in the tree of `size` entries, from its sibling to the child of the root
/// (RFC 6962 §2.1.1).
pub fn inclusion_proof(reader: &impl Hashes, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
    if index >= size {
        return Err(Error::EntryOutside { index, size });
    }
    let tree = PastTree::new(reader, size)?;
    tlog_tiles::prove_record(size, index, &tree)
        .map(bare)
        .map_err(|error| tree.explain(&error))
}

/// The proof that the tree of `new_size` entries begins with the tree of `old_size` (RFC 6962 §2.1.2).
///
/// It is empty when the sizes are equal, and from size 0, of which every tree is a continuation.
pub fn consistency_proof(reader: &impl Hashes, old_size: u64, new_size: u64) -> Result<Vec<Hash>, Error> {
    if old_size > new_size {
        return Err(Error::SizeShrinks { old_size, new_size });
    }
    let tree = PastTree::new(reader, new_size)?;
    if old_size == 0 {
        return Ok(Vec::new());
    }
    tlog_tiles::prove_tree(new_size, old_size, &tree)
        .map(bare)
        .map_err(|error| tree.explain(&error))
}

/// Checks that `leaf` is entry `index` of the tree with this size and root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), Error> {
    check_bounds(size, proof)?;
    if index >= size {
        return Err(Error::EntryOutside { index, size });
    }
    tlog_tiles::check_record(
        &wrapped(proof),
        size,
        tlog_tiles::Hash(*root),
        index,
        tlog_tiles::Hash(*leaf),
    )
    .map_err(|_| Error::NotIncluded { index, size })
}

/// Checks that the tree of `new_size` entries begins with the tree of `old_size`.
///
/// From size 0 the old root must be [`EMPTY_ROOT`] and the proof empty.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    check_bounds(new_size, proof)?;
    if old_size > new_size {
        return Err(Error::SizeShrinks { old_size, new_size });
    }
    let refused = Error::NotConsistent { old_size, new_size };
    if old_size == 0 {
        let new_is_possible = new_size > 0 || *new_root == EMPTY_ROOT;
        let holds = *old_root == EMPTY_ROOT && proof.is_empty() && new_is_possible;
        return if holds { Ok(()) } else { Err(refused) };
    }
    let (old, new) = (tlog_tiles::Hash(*old_root), tlog_tiles::Hash(*new_root));
    tlog_tiles::check_tree(&wrapped(proof), new_size, new, old_size, old).map_err(|_| refused)
}

fn check_bounds(size: u64, proof: &[Hash]) -> Result<(), Error> {
    if size > SIZE_MAX {
        return Err(Error::SizeTooLarge { size });
    }
    if proof.len() > PROOF_HASHES_MAX {
        return Err(Error::ProofTooLong {
            hashes: proof.len(),
            hashes_max: PROOF_HASHES_MAX,
        });
    }
    Ok(())
}

fn bare(hashes: Vec<tlog_tiles::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| hash.0).collect()
}

fn wrapped(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().copied().map(tlog_tiles::Hash).collect()
}
