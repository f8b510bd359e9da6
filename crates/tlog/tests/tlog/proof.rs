use crate::oracle::Oracle;
use crate::shelf::Shelf;
use proptest::prelude::*;
use tlog::{
    EMPTY_ROOT, Error, Hash, Live, PROOF_HASHES_MAX, SIZE_MAX, consistency_proof, inclusion_proof, root_at,
    verify_consistency, verify_inclusion,
};

/// Both proofs for a pair of numbers are those of the oracle, and verify.
fn check(oracle: &Oracle, shelf: &Shelf, small: u64, size: u64) {
    let root = oracle.root(size);
    if small < size {
        let proof = inclusion_proof(shelf, small, size).unwrap();
        assert_eq!(proof, oracle.path(small, size), "entry {small} of {size}");
        verify_inclusion(&oracle.leaves[small as usize], small, size, &proof, &root).unwrap();
    }
    let proof = consistency_proof(shelf, small, size).unwrap();
    assert_eq!(proof, oracle.proof(small, size), "from {small} to {size}");
    verify_consistency(small, &oracle.root(small), size, &root, &proof).unwrap();
}

#[test]
fn proofs_of_every_size_to_600_are_those_of_the_oracle() {
    let oracle = Oracle::of_size(600);
    let (shelf, _) = Shelf::filled(&oracle);
    let edges = [0, 1, 127, 128, 129, 255, 256, 257, 511, 512, 513];
    for size in 0..=600 {
        // Small trees are checked with every past and entry, larger ones at the edges of subtrees and at both ends.
        let smalls: Vec<u64> = if size <= 70 {
            (0..=size).collect()
        } else {
            edges
                .into_iter()
                .chain([size / 2, size - 1, size])
                .filter(|small| *small <= size)
                .collect()
        };
        for small in smalls {
            check(&oracle, &shelf, small, size);
        }
    }
}

#[test]
fn proofs_around_the_first_full_tile_are_those_of_the_oracle() {
    let oracle = Oracle::of_size(66_000);
    let (shelf, tree) = Shelf::filled(&oracle);
    let edges = [
        1, 255, 256, 257, 65_279, 65_280, 65_534, 65_535, 65_536, 65_537, 65_792, 66_000,
    ];
    for size in [65_535, 65_536, 65_537, 65_792, 66_000] {
        for small in edges.into_iter().filter(|small| *small <= size) {
            check(&oracle, &shelf, small, size);
        }
    }
    // A reader that knows the growing tiles gives the same proof without reading the leaves under them.
    let whole = inclusion_proof(&shelf, 65_600, 66_000).unwrap();
    shelf.leaves_read.set(0);
    assert_eq!(
        inclusion_proof(&Live::new(&tree, &shelf), 65_600, 66_000).unwrap(),
        whole
    );
    assert!(shelf.leaves_read.get() <= 512, "{} leaves", shelf.leaves_read.get());
}

#[test]
fn every_flipped_bit_of_a_proof_is_refused() {
    let oracle = Oracle::of_size(600);
    for (small, size) in [(0, 2), (1, 3), (5, 7), (6, 8), (255, 257), (256, 511), (300, 600)] {
        let (root, old_root, leaf) = (oracle.root(size), oracle.root(small), oracle.leaves[small as usize]);
        let not_included = Err(Error::NotIncluded { index: small, size });
        for flipped in flips(&oracle.path(small, size)) {
            assert_eq!(verify_inclusion(&leaf, small, size, &flipped, &root), not_included);
        }
        for flipped in flips(&[leaf, root]) {
            let path = oracle.path(small, size);
            assert_eq!(
                verify_inclusion(&flipped[0], small, size, &path, &flipped[1]),
                not_included
            );
        }
        let not_consistent = Err(Error::NotConsistent {
            old_size: small,
            new_size: size,
        });
        for flipped in flips(&oracle.proof(small, size)) {
            assert_eq!(
                verify_consistency(small, &old_root, size, &root, &flipped),
                not_consistent
            );
        }
        for flipped in flips(&[old_root, root]).into_iter().filter(|_| small > 0) {
            let proof = oracle.proof(small, size);
            assert_eq!(
                verify_consistency(small, &flipped[0], size, &flipped[1], &proof),
                not_consistent
            );
        }
    }
}

#[test]
fn a_proof_with_a_hash_too_few_or_too_many_is_refused() {
    let oracle = Oracle::of_size(600);
    for (small, size) in [(0, 1), (1, 3), (255, 257), (300, 600)] {
        let (root, leaf) = (oracle.root(size), oracle.leaves[small as usize]);
        for proof in misfits(&oracle.path(small, size)) {
            assert!(verify_inclusion(&leaf, small, size, &proof, &root).is_err());
        }
        for proof in misfits(&oracle.proof(small, size)) {
            assert!(verify_consistency(small, &oracle.root(small), size, &root, &proof).is_err());
        }
    }
}

#[test]
fn the_empty_tree_has_one_root_and_no_proof() {
    let one = Oracle::of_size(1).root(1);
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 1, &one, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 0, &EMPTY_ROOT, &[]), Ok(()));
    let refused = |new_size| Err(Error::NotConsistent { old_size: 0, new_size });
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 0, &one, &[]), refused(0));
    assert_eq!(verify_consistency(0, &one, 0, &one, &[]), refused(0));
    assert_eq!(verify_consistency(0, &one, 1, &one, &[]), refused(1));
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 1, &one, &[one]), refused(1));
}

#[test]
fn numbers_out_of_range_are_refused_by_name() {
    let (shelf, _) = Shelf::filled(&Oracle::of_size(3));
    let hash = [7; 32];
    let too_large = Error::SizeTooLarge { size: u64::MAX };
    assert_eq!(
        inclusion_proof(&shelf, 3, 3),
        Err(Error::EntryOutside { index: 3, size: 3 })
    );
    assert_eq!(inclusion_proof(&shelf, 0, u64::MAX), Err(too_large.clone()));
    assert_eq!(
        consistency_proof(&shelf, 3, 2),
        Err(Error::SizeShrinks {
            old_size: 3,
            new_size: 2
        })
    );
    assert_eq!(consistency_proof(&shelf, 0, u64::MAX), Err(too_large.clone()));
    assert_eq!(root_at(&shelf, u64::MAX), Err(too_large.clone()));
    assert_eq!(
        root_at(&shelf, 4),
        Err(Error::LeavesMissing {
            from: 0,
            to: 4,
            found: 3
        })
    );
    assert_eq!(
        verify_inclusion(&hash, 3, 3, &[], &hash),
        Err(Error::EntryOutside { index: 3, size: 3 })
    );
    assert_eq!(verify_inclusion(&hash, 0, u64::MAX, &[], &hash), Err(too_large.clone()));
    assert_eq!(verify_consistency(1, &hash, u64::MAX, &hash, &[]), Err(too_large));
    assert_eq!(
        verify_consistency(3, &hash, 2, &hash, &[]),
        Err(Error::SizeShrinks {
            old_size: 3,
            new_size: 2
        })
    );
    assert_eq!(
        verify_inclusion(&hash, 0, SIZE_MAX, &[hash; 65], &hash),
        Err(Error::ProofTooLong {
            hashes: 65,
            hashes_max: PROOF_HASHES_MAX
        })
    );
}

#[test]
fn a_missing_full_tile_is_named() {
    let (mut shelf, tree) = Shelf::filled(&Oracle::of_size(65_537));
    shelf.tiles.clear();
    let (missing, live) = (Err(Error::TileMissing { level: 1, index: 0 }), Live::new(&tree, &shelf));
    assert_eq!(inclusion_proof(&shelf, 65_536, 65_537), missing);
    assert_eq!(inclusion_proof(&live, 0, 65_537), missing);
    // The tree in memory knows the root of the full tile, but no longer what is in it.
    assert_eq!(
        inclusion_proof(&live, 65_536, 65_537),
        Ok(vec![Oracle::of_size(65_536).root(65_536)])
    );
}

/// The hashes with each single bit flipped in turn.
fn flips(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let flip = |bit: usize| {
        let mut flipped = hashes.to_vec();
        flipped[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
        flipped
    };
    (0..hashes.len() * 256).map(flip).collect()
}

/// The proof without its first or last hash, and with one more at either end.
fn misfits(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let extra = [[9; 32]];
    let mut misfits = vec![[proof, &extra].concat(), [&extra, proof].concat()];
    if !proof.is_empty() {
        misfits.extend([proof[1..].to_vec(), proof[..proof.len() - 1].to_vec()]);
    }
    misfits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn proofs_between_any_two_sizes_are_those_of_the_oracle(size in 0_u64..2_000, part in 0_u64..2_000) {
        let oracle = Oracle::of_size(size);
        let (shelf, _) = Shelf::filled(&oracle);
        check(&oracle, &shelf, part % (size + 1), size);
    }

    #[test]
    fn hashes_at_random_prove_nothing(
        leaf: Hash, index: u64, size: u64, proof in prop::collection::vec(any::<Hash>(), 0..70), root: Hash
    ) {
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root).is_err());
        prop_assert!(verify_consistency(index, &leaf, size, &root, &proof).is_err());
    }

    #[test]
    fn a_proof_holds_for_no_other_entry_or_size(index in 0_u64..600, size in 1_u64..600, other in 0_u64..600) {
        let oracle = Oracle::of_size(600);
        prop_assume!(index < size && index != other);
        let (proof, leaf, root) = (oracle.path(index, size), oracle.leaves[index as usize], oracle.root(size));
        prop_assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&oracle.leaves[other as usize], index, size, &proof, &root).is_err());
    }
}
