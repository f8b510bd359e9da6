//! What every engine's journal does.

use std::ops::ControlFlow;

use store::{Group, StoreError, Stores};

use crate::material::{append, entry, leaf, read, tile, written};

pub fn appended_groups_are_read_back_byte_for_byte(mut stores: Stores) {
    let journal = &mut *stores.journal;
    for count in [1, 2, 300, 1_000] {
        append(journal, count, &[]).unwrap();
    }
    assert_eq!(journal.size(), 1_303);
    let reader = journal.reader().unwrap();
    assert_eq!(reader.size(), Ok(1_303));
    assert_eq!(read(&*reader, 0, u64::MAX), written(0, 1_303));
    assert_eq!(reader.entry(3), Ok(Some((entry(3), leaf(3)))));
    assert_eq!(
        reader.entry(0),
        Ok(Some((Vec::new(), leaf(0)))),
        "an entry without bytes is an entry"
    );
    assert_eq!(reader.entry(1_303), Ok(None));
    assert_eq!(reader.entry(u64::MAX), Ok(None));
}

pub fn another_first_seq_is_a_conflict_and_changes_nothing(mut stores: Stores) {
    append(&mut *stores.journal, 5, &[]).unwrap();
    for first_seq in [0, 4, 6, u64::MAX] {
        let group = Group {
            first_seq,
            bytes: b"x",
            ends: &[1],
            leaves: &[[0; 32]],
            tiles: &[],
        };
        assert_eq!(
            stores.journal.append(&group),
            Err(StoreError::Conflict {
                expected: first_seq,
                found: 5
            })
        );
    }
    assert_eq!(read(&*stores.journal.reader().unwrap(), 0, 100), written(0, 5));
}

pub fn a_group_that_contradicts_itself_is_refused(mut stores: Stores) {
    let leaves = [[0; 32]; 2];
    let short_tile = store::Tile {
        bytes: vec![0; 32],
        ..tile(1, 0)
    };
    let wrong = [
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[3],
            leaves: &leaves,
            tiles: &[],
        },
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[1, 2],
            leaves: &leaves,
            tiles: &[],
        },
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[2, 1],
            leaves: &leaves,
            tiles: &[],
        },
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[4, 3],
            leaves: &leaves,
            tiles: &[],
        },
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[],
            leaves: &[],
            tiles: &[],
        },
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[1, 3],
            leaves: &leaves,
            tiles: &[tile(0, 0)],
        },
        Group {
            first_seq: 0,
            bytes: b"abc",
            ends: &[1, 3],
            leaves: &leaves,
            tiles: &[short_tile],
        },
        Group {
            first_seq: 0,
            bytes: b"",
            ends: &[],
            leaves: &[],
            tiles: &[tile(1, 0)],
        },
    ];
    for group in &wrong {
        assert!(
            matches!(stores.journal.append(group), Err(StoreError::Refused { .. })),
            "{group:?}"
        );
    }
    assert_eq!(stores.journal.reader().unwrap().size(), Ok(0));
}

pub fn an_empty_group_is_nothing(mut stores: Stores) {
    append(&mut *stores.journal, 0, &[]).unwrap();
    assert_eq!(stores.journal.size(), 0);
    assert_eq!(read(&*stores.journal.reader().unwrap(), 0, 10), written(0, 0));
}

pub fn the_visitor_may_stop_and_limits_hold(mut stores: Stores) {
    append(&mut *stores.journal, 600, &[]).unwrap();
    let reader = stores.journal.reader().unwrap();
    assert_eq!(read(&*reader, 10, 300), written(10, 310));
    assert_eq!(read(&*reader, 590, 300), written(590, 600));
    assert_eq!(read(&*reader, 600, 300), written(0, 0));
    assert_eq!(read(&*reader, 10_000, 300), written(0, 0));
    let mut seen = 0;
    let end = reader.read(100, 300, &mut |_| {
        seen += 1;
        if seen == 7 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((end, seen), (Ok(107), 7));
}

pub fn leaves_end_where_the_journal_ends(mut stores: Stores) {
    append(&mut *stores.journal, 20, &[]).unwrap();
    let reader = stores.journal.reader().unwrap();
    for (from, to, last) in [
        (0, 20, 20),
        (5, 9, 9),
        (18, 1_000, 20),
        (20, 30, 20),
        (9, 5, 9),
        (0, u64::MAX, 20),
    ] {
        let wanted: Vec<_> = (from..last).map(leaf).collect();
        assert_eq!(reader.leaves(from, to), Ok(wanted), "{from}..{to}");
    }
}

pub fn tiles_are_found_by_level_and_index(mut stores: Stores) {
    append(&mut *stores.journal, 2, &[tile(1, 1), tile(2, 0)]).unwrap();
    append(&mut *stores.journal, 1, &[tile(1, 0)]).unwrap();
    let reader = stores.journal.reader().unwrap();
    assert_eq!(reader.tile(1, 1), Ok(Some(tile(1, 1).bytes)));
    assert_eq!(reader.tile(2, 1), Ok(None));
    let mut found = Vec::new();
    let visit = &mut |tile| {
        found.push(tile);
        ControlFlow::Continue(())
    };
    reader.tiles(visit).unwrap();
    assert_eq!(found, [tile(1, 0), tile(1, 1), tile(2, 0)]);
}

pub fn a_group_with_a_tile_stored_before_changes_nothing(mut stores: Stores) {
    append(&mut *stores.journal, 2, &[tile(1, 0)]).unwrap();
    assert!(matches!(
        append(&mut *stores.journal, 2, &[tile(1, 0)]),
        Err(StoreError::Refused { .. })
    ));
    assert_eq!(stores.journal.size(), 2);
    append(&mut *stores.journal, 2, &[tile(1, 1)]).unwrap();
    assert_eq!(read(&*stores.journal.reader().unwrap(), 0, 10), written(0, 4));
}

pub fn checkpoints_are_kept_once(mut stores: Stores) {
    let journal = &mut *stores.journal;
    assert_eq!(journal.reader().unwrap().latest_checkpoint(), Ok(None));
    append(journal, 20, &[]).unwrap();
    journal.put_checkpoint(20, "twenty\n").unwrap();
    journal.put_checkpoint(7, "seven\n— line\n").unwrap();
    journal.put_checkpoint(20, "twenty\n").unwrap();
    assert!(matches!(
        journal.put_checkpoint(20, "other"),
        Err(StoreError::Refused { .. })
    ));
    assert_eq!(
        journal.put_checkpoint(21, "?"),
        Err(StoreError::Conflict {
            expected: 21,
            found: 20
        })
    );
    let reader = journal.reader().unwrap();
    assert_eq!(reader.latest_checkpoint(), Ok(Some((20, "twenty\n".into()))));
    let mut found = Vec::new();
    let visit = &mut |size, note: &str| {
        found.push((size, note.to_owned()));
        ControlFlow::Continue(())
    };
    reader.checkpoints(visit).unwrap();
    assert_eq!(found, [(7, "seven\n— line\n".into()), (20, "twenty\n".into())]);
}

pub fn cosignatures_belong_to_checkpoints(mut stores: Stores) {
    let journal = &mut *stores.journal;
    append(journal, 2, &[]).unwrap();
    assert!(matches!(
        journal.put_cosignature(2, "w", "l"),
        Err(StoreError::Refused { .. })
    ));
    journal.put_checkpoint(2, "two").unwrap();
    journal.put_cosignature(2, "witness.example", "first").unwrap();
    journal.put_cosignature(2, "another.example", "line").unwrap();
    journal.put_cosignature(2, "witness.example", "last").unwrap();
    let mut found = Vec::new();
    let visit = &mut |size, name: &str, line: &str| {
        found.push((size, name.to_owned(), line.to_owned()));
        ControlFlow::Continue(())
    };
    journal.reader().unwrap().cosignatures(visit).unwrap();
    assert_eq!(
        found,
        [
            (2, "another.example".into(), "line".into()),
            (2, "witness.example".into(), "last".into())
        ],
        "a witness has one line for each size"
    );
}

pub fn a_reader_sees_what_is_appended_later(mut stores: Stores) {
    let reader = stores.journal.reader().unwrap();
    assert_eq!(reader.size(), Ok(0));
    append(&mut *stores.journal, 3, &[tile(1, 0)]).unwrap();
    assert_eq!(read(&*reader, 0, 10), written(0, 3));
    assert_eq!(reader.tile(1, 0), Ok(Some(tile(1, 0).bytes)));
}

pub fn a_reader_in_the_middle_of_a_read_does_not_block_the_writer(mut stores: Stores) {
    append(&mut *stores.journal, 700, &[]).unwrap();
    let reader = stores.journal.reader().unwrap();
    let mut seen = 0;
    reader
        .read(0, 700, &mut |row| {
            seen += 1;
            if row.seq % 100 == 0 {
                append(&mut *stores.journal, 50, &[]).unwrap();
                stores.journal.put_checkpoint(row.seq, "note").unwrap();
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!((seen, reader.size()), (700, Ok(1_050)));
}

pub fn a_whole_journal_has_no_findings(mut stores: Stores) {
    let findings = |stores: &Stores| stores.journal.reader().unwrap().integrity().unwrap();
    assert_eq!(findings(&stores), [""; 0]);
    append(&mut *stores.journal, 2_000, &[tile(1, 0), tile(1, 1)]).unwrap();
    stores.journal.put_checkpoint(2_000, "note").unwrap();
    stores.journal.put_cosignature(2_000, "witness", "line").unwrap();
    assert_eq!(findings(&stores), [""; 0]);
}
