use crate::oracle::Oracle;
use crate::shelf::Shelf;
use proptest::prelude::*;
use tlog::{Error, Live, TileKind, TilePath, entry_bundle, parse_entry_bundle, tile};

/// The tile that C2SP tlog-tiles defines: `MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])`.
fn defined(oracle: &Oracle, level: u8, index: u64, width: u16) -> Vec<u8> {
    let span = 256_usize.pow(u32::from(level));
    let first = index as usize * 256;
    (first..first + usize::from(width))
        .flat_map(|place| oracle.subtree(place * span, (place + 1) * span))
        .collect()
}

#[test]
fn tiles_of_every_level_and_width_are_as_defined() {
    let oracle = Oracle::of_size(70_000);
    let (shelf, tree) = Shelf::filled(&oracle);
    // These are the tiles of the example in C2SP tlog-tiles, and some that are only partly asked for.
    let tiles = [
        (0, 0, 256),
        (0, 272, 256),
        (0, 273, 112),
        (0, 273, 1),
        (1, 0, 256),
        (1, 0, 9),
        (1, 1, 17),
        (2, 0, 1),
    ];
    for (level, index, width) in tiles {
        let expected = defined(&oracle, level, index, width);
        assert_eq!(
            tile(&shelf, 70_000, level, index, width).unwrap(),
            expected,
            "{level}/{index}/{width}"
        );
        assert_eq!(
            tile(&Live::new(&tree, &shelf), 70_000, level, index, width).unwrap(),
            expected
        );
    }
    // Of a past tree, the tile was partial, though it is full by now.
    assert_eq!(tile(&shelf, 60_000, 1, 0, 234).unwrap(), defined(&oracle, 1, 0, 234));
}

#[test]
fn a_tile_that_the_tree_does_not_have_is_refused() {
    let (shelf, _) = Shelf::filled(&Oracle::of_size(600));
    let outside = [
        (0, 2, 89),
        (0, 3, 1),
        (1, 0, 3),
        (1, 0, 256),
        (2, 0, 1),
        (0, 0, 0),
        (0, 0, 257),
        (63, 0, 1),
        (255, 0, 1),
        (0, u64::MAX, 1),
    ];
    for (level, index, width) in outside {
        let refused = Err(Error::TileOutside {
            level,
            index,
            width,
            size: 600,
        });
        assert_eq!(tile(&shelf, 600, level, index, width), refused);
    }
    assert_eq!(
        tile(&shelf, u64::MAX, 0, 0, 1),
        Err(Error::SizeTooLarge { size: u64::MAX })
    );
}

#[test]
fn paths_are_written_as_c2sp_writes_them() {
    let check = |kind, index, width, text: &str| {
        let path = TilePath { kind, index, width };
        assert_eq!(path.to_string(), text);
        assert_eq!(TilePath::parse(text), Ok(path));
    };
    check(TileKind::Hashes(0), 0, 256, "tile/0/000");
    check(TileKind::Hashes(4), 1_234_067, 256, "tile/4/x001/x234/067");
    check(TileKind::Hashes(63), 1000, 1, "tile/63/x001/000.p/1");
    check(TileKind::Entries, 273, 112, "tile/entries/273.p/112");
    check(
        TileKind::Hashes(0),
        u64::MAX,
        255,
        "tile/0/x018/x446/x744/x073/x709/x551/615.p/255",
    );
}

#[test]
fn a_path_in_any_other_form_is_refused() {
    let malformed = [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/00/000",
        "tile/+1/000",
        "tile/64/000",
        "tile/256/000",
        "tile/data/000",
        "tile/8/0/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/+00",
        "tile/0/x000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/xx01/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1.p/1",
        "tile/0/000/",
        "tile/0/000 ",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ];
    for path in malformed {
        assert!(matches!(TilePath::parse(path), Err(Error::TilePathForm(_))), "{path}");
    }
    let long = format!("tile/0/{}000", "x000/".repeat(20));
    assert_eq!(
        TilePath::parse(&long),
        Err(Error::TooLong {
            what: "tile path",
            bytes: 110,
            bytes_max: 64
        })
    );
}

#[test]
fn a_bundle_that_is_cut_or_overfull_is_refused() {
    assert_eq!(
        entry_bundle(&[b"ab".as_slice(), b"", b"c"]).unwrap(),
        b"\0\x02ab\0\0\0\x01c"
    );
    let bundle_form = |parsed: Result<_, Error>| matches!(parsed, Err(Error::BundleForm(_)));
    for cut in [&b""[..], b"\0", b"\0\x02a", b"\0\x02ab\0", b"\0\x02ab\0\x01"] {
        assert!(bundle_form(parse_entry_bundle(cut)), "{cut:?}");
    }
    assert!(bundle_form(parse_entry_bundle(&[0; 2 * 257])));
    assert_eq!(parse_entry_bundle(&[0; 2 * 256]).unwrap().len(), 256);
    assert!(matches!(entry_bundle::<&[u8]>(&[]), Err(Error::BundleForm(_))));
    assert!(matches!(entry_bundle(&[b"a"; 257]), Err(Error::BundleForm(_))));
    assert!(matches!(
        entry_bundle(&[vec![0; 65_536]]),
        Err(Error::TooLong { what: "entry", .. })
    ));
    let longest = 256 * 65_537;
    assert!(matches!(
        parse_entry_bundle(&vec![0; longest + 1]),
        Err(Error::TooLong {
            what: "entry bundle",
            ..
        })
    ));
}

proptest! {
    #[test]
    fn paths_agree_with_the_tile_crate(level in 0_u8..64, index: u64, width in 1_u16..=256) {
        let path = TilePath { kind: TileKind::Hashes(level), index, width };
        // That crate writes the path of the Go checksum database, which names the height first.
        let theirs = tlog_tiles::Tile::new(8, level, index, u32::from(width), false).path();
        prop_assert_eq!(path.to_string(), theirs.replacen("tile/8/", "tile/", 1));
        prop_assert_eq!(TilePath::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn no_text_makes_the_path_parser_panic(text in "(tile/)?[0-9a-z./+]{0,60}") {
        if let Ok(path) = TilePath::parse(&text) {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn bundles_come_back_as_they_were(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..20)) {
        let bundle = entry_bundle(&entries).unwrap();
        prop_assert_eq!(parse_entry_bundle(&bundle).unwrap(), entries);
    }
}
