//! Stores to try things on, and rows to put into them.

use std::ops::ControlFlow;
use std::path::Path;

use store::{
    CommandRow, Engine, EntryRow, Group, Hash, Journal, JournalReader, MovementRow, RefusalRow, Rows, Stores, Tile,
};

/// Runs a check on new stores of an engine.
pub fn on(url: &str, check: fn(Stores)) {
    let folder = tempfile::tempdir().unwrap();
    check(store::create(folder.path(), &url.parse().unwrap()).unwrap());
}

/// The engine that most special tests are about.
pub fn sqlite() -> Engine {
    "sqlite:".parse().unwrap()
}

/// New stores in a folder.
pub fn created(folder: &Path) -> Stores {
    store::create(folder, &sqlite()).unwrap()
}

/// The bytes of the entry with this seq: of various lengths, one of them longer than a page.
pub fn entry(seq: u64) -> Vec<u8> {
    let length = if seq == 3 {
        40_000
    } else {
        usize::try_from(seq * 37 % 900).unwrap()
    };
    format!("{{\"seq\":{seq}}}")
        .into_bytes()
        .into_iter()
        .cycle()
        .take(length)
        .collect()
}

/// The leaf hash that goes with it; the store does not compute any.
pub fn leaf(seq: u64) -> Hash {
    let mut leaf = [0xA5; 32];
    leaf[..8].copy_from_slice(&seq.to_le_bytes());
    leaf
}

/// A tile whose every byte tells where it belongs.
pub fn tile(level: u8, index: u64) -> Tile {
    Tile {
        level,
        index,
        bytes: vec![level ^ index.to_le_bytes()[0]; store::TILE_BYTES],
    }
}

/// Appends `count` entries and some tiles as one group.
pub fn append(journal: &mut dyn Journal, count: u64, tiles: &[Tile]) -> Result<(), store::StoreError> {
    let first_seq = journal.size();
    let (mut bytes, mut ends, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    for seq in first_seq..first_seq + count {
        bytes.extend(entry(seq));
        ends.push(bytes.len());
        leaves.push(leaf(seq));
    }
    journal.append(&Group {
        first_seq,
        bytes: &bytes,
        ends: &ends,
        leaves: &leaves,
        tiles,
    })
}

/// Everything a reader finds from `from` on.
pub fn read(reader: &dyn JournalReader, from: u64, limit: u64) -> Vec<(u64, Vec<u8>, Hash)> {
    let mut found = Vec::new();
    let end = reader.read(from, limit, &mut |row| {
        found.push((row.seq, row.bytes.to_vec(), *row.leaf));
        ControlFlow::Continue(())
    });
    assert_eq!(end.unwrap(), from + found.len() as u64);
    found
}

/// What must be found.
pub fn written(from: u64, to: u64) -> Vec<(u64, Vec<u8>, Hash)> {
    (from..to).map(|seq| (seq, entry(seq), leaf(seq))).collect()
}

/// A movement on a day; site, batch and the rest follow from its seq.
pub fn movement(seq: u64, day: i32) -> MovementRow {
    let small = u32::try_from(seq).unwrap();
    MovementRow {
        seq,
        day,
        kind: 1,
        mode: 2,
        site: small % 3,
        item: 7,
        batch: small % 5,
        amount: -i64::from(small) * 1_000_000_007,
        peer: if seq.is_multiple_of(2) {
            store::NO_PEER
        } else {
            4_000_000_000
        },
        dispatch: if seq.is_multiple_of(3) {
            store::NO_DISPATCH
        } else {
            seq - 1
        },
        breaches: 0xFFFF,
    }
}

/// The id of the command that made an entry.
pub fn command_id(seq: u64) -> [u8; 16] {
    let mut id = [seq.to_le_bytes()[0].wrapping_mul(151); 16];
    id[8..].copy_from_slice(&seq.to_be_bytes());
    id
}

/// A chunk of every kind of row from `from` to `to_seq`: of ten entries one is a refusal and two are other entries.
pub fn chunk(from: u64, to_seq: u64) -> Rows {
    let mut rows = Rows {
        to_seq,
        ..Rows::default()
    };
    for seq in from..to_seq {
        let day = 19_700 + i32::try_from(seq).unwrap();
        rows.commands.push(CommandRow {
            id: command_id(seq),
            seq,
            count: 1,
            hash: leaf(seq),
        });
        match seq % 10 {
            9 => rows.refusals.push(RefusalRow {
                seq,
                recorded_on_days: day,
                code: if seq % 20 == 9 {
                    "estimate_exceeded"
                } else {
                    "licence_expired"
                }
                .into(),
                command: "issue_export_permit".into(),
                actor: format!("officer-{seq}"),
            }),
            7 | 8 => rows.entries.push(EntryRow {
                seq,
                recorded_at_us: i64::from(day) * 86_400_000_000 + 5,
                kind: "LicenceIssued".into(),
                actor: "clerk:王".into(),
                subject: format!("LIC-{}", seq % 4),
            }),
            _ => rows.movements.push(movement(seq, day)),
        }
    }
    rows.names
        .extend((0..3).map(|site| (store::NAME_SITE, site, format!("Site {site}"))));
    rows.names.push((store::NAME_ITEM, 7, "fentanyl 0.1 mg ampoule".into()));
    rows
}
