use crate::oracle::Oracle;
use crate::shelf::Shelf;
use proptest::prelude::*;
use tlog::{EMPTY_ROOT, Error, SIZE_MAX, Tree, leaf_hash, root_at};

/// The leaves and roots of the Certificate Transparency reference implementation of RFC 6962.
const REFERENCE: [(&[u8], &str); 8] = [
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (
        b"\x00",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    ),
    (
        b"\x10",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    ),
    (
        b"\x20\x21",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (
        b"\x30\x31",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    ),
    (
        b"\x40\x41\x42\x43",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    ),
    (
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    ),
    (
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

fn hex(bytes: &[u8; 32]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).concat()
}

#[test]
fn the_roots_are_those_of_the_reference_implementation() {
    let mut tree = Tree::new();
    assert_eq!(
        hex(&tree.root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(tree.root(), EMPTY_ROOT);
    for (entry, root) in REFERENCE {
        tree.append(&leaf_hash(entry));
        assert_eq!(hex(&tree.root()), root, "at size {}", tree.size());
    }
}

#[test]
fn every_size_to_600_has_the_root_of_the_oracle_and_restores() {
    let oracle = Oracle::of_size(600);
    let (mut shelf, mut tree) = (Shelf::default(), Tree::new());
    for size in 0..=600 {
        assert_eq!(tree.size(), size);
        assert_eq!(tree.root(), oracle.root(size));
        assert_eq!(root_at(&shelf, size).unwrap(), oracle.root(size));
        assert_eq!(Tree::restore(size, &shelf).unwrap(), tree);
        if let Some(leaf) = oracle.leaves.get(size as usize) {
            tree.append(leaf);
            shelf.leaves.push(*leaf);
            shelf.keep(tree.take_tiles());
        }
    }
}

#[test]
fn a_tree_restored_around_the_first_full_tile_goes_on_as_if_it_never_stopped() {
    let oracle = Oracle::of_size(66_000);
    let (shelf, whole) = Shelf::filled(&oracle);
    assert_eq!(shelf.tiles.keys().copied().collect::<Vec<_>>(), [(1, 0)]);
    for size in [65_279, 65_280, 65_281, 65_535, 65_536, 65_537, 65_791, 65_792, 65_793] {
        let mut tree = Tree::restore(size, &shelf).unwrap();
        assert_eq!(tree.root(), oracle.root(size), "at size {size}");
        assert_eq!(root_at(&shelf, size).unwrap(), oracle.root(size));
        for leaf in &oracle.leaves[size as usize..] {
            tree.append(leaf);
        }
        let finished = tree.take_tiles();
        assert_eq!(finished.len(), usize::from(size < 65_536));
        assert!(
            finished
                .iter()
                .all(|tile| shelf.tiles[&(tile.level, tile.index)] == tile.bytes)
        );
        assert_eq!(tree, whole);
    }
}

#[test]
fn a_tile_that_a_crash_kept_from_storage_is_handed_out_again() {
    let oracle = Oracle::of_size(70_000);
    let (mut shelf, whole) = Shelf::filled(&oracle);
    let lost = shelf.tiles.remove(&(1, 0)).unwrap();
    let mut tree = Tree::restore(70_000, &shelf).unwrap();
    let tiles = tree.take_tiles();
    assert_eq!(tiles.len(), 1);
    assert_eq!((tiles[0].level, tiles[0].index, &tiles[0].bytes), (1, 0, &lost));
    assert_eq!(tree, whole);
}

#[test]
fn a_restore_from_a_damaged_store_is_refused() {
    let oracle = Oracle::of_size(66_000);
    let (mut shelf, _) = Shelf::filled(&oracle);
    assert_eq!(
        Tree::restore(66_001, &shelf).unwrap_err(),
        Error::LeavesMissing {
            from: 65_792,
            to: 66_001,
            found: 208
        }
    );
    assert_eq!(
        Tree::restore(SIZE_MAX + 1, &shelf).unwrap_err(),
        Error::SizeTooLarge { size: SIZE_MAX + 1 }
    );
    shelf.tiles.get_mut(&(1, 0)).unwrap().pop();
    assert_eq!(
        Tree::restore(66_000, &shelf).unwrap_err(),
        Error::TileLength {
            level: 1,
            index: 0,
            bytes: 8191
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_tree_restores_to_itself(size in 0_u64..3_000) {
        let oracle = Oracle::of_size(size);
        let (shelf, tree) = Shelf::filled(&oracle);
        prop_assert_eq!(tree.root(), oracle.root(size));
        prop_assert_eq!(Tree::restore(size, &shelf).unwrap(), tree);
    }
}
