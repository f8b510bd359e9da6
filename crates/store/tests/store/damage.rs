//! Damage to a journal file that the engine itself can name.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::Connection;
use store::{JournalReader, StoreError};

use crate::material::{append, created, sqlite, tile};

const PAGE: usize = 16_384;

/// A closed journal with enough entries for many pages.
fn journal(folder: &Path) {
    let mut stores = created(folder);
    append(&mut *stores.journal, 3_000, &[tile(1, 0), tile(1, 1)]).unwrap();
    stores.journal.put_checkpoint(3_000, "note").unwrap();
    stores.journal.put_cosignature(3_000, "witness", "line").unwrap();
}

fn reader(folder: &Path) -> Result<Box<dyn JournalReader>, StoreError> {
    store::open_journal_reader(folder, &sqlite())
}

/// What reading everything ends with.
fn read_all(reader: &dyn JournalReader) -> Result<u64, StoreError> {
    reader.read(0, u64::MAX, &mut |_| ControlFlow::Continue(()))
}

#[test]
fn what_sql_can_do_to_a_journal_is_found() {
    let cases = [
        (
            "DELETE FROM entry WHERE seq = 1234",
            "2999 entries are numbered from 0 to 2999",
        ),
        (
            "DELETE FROM entry WHERE seq = 0",
            "2999 entries are numbered from 1 to 2999",
        ),
        (
            "UPDATE entry SET seq = 5000 WHERE seq = 2999",
            "3000 entries are numbered from 0 to 5000",
        ),
        (
            "UPDATE entry SET seq = -1 WHERE seq = 2999",
            "3000 entries are numbered from -1 to 2998",
        ),
        (
            "DELETE FROM entry WHERE seq > 100",
            "the checkpoint of size 3000 is of more entries than there are",
        ),
        (
            "DELETE FROM checkpoint",
            "the cosignature of size 3000 is of no checkpoint",
        ),
        (
            "UPDATE tile SET level = 0 WHERE idx = 1",
            "tile 0/1 has a key that no tile has",
        ),
        ("CREATE TABLE extra (x)", "unknown: table extra of extra"),
        (
            "ALTER TABLE entry ADD COLUMN extra TEXT",
            "missing or changed: table entry of entry",
        ),
        (
            "DROP TABLE cosignature",
            "missing or changed: table cosignature of cosignature",
        ),
        ("CREATE INDEX extra ON entry (leaf)", "unknown: index extra of entry"),
        (
            "CREATE TRIGGER extra AFTER INSERT ON entry BEGIN SELECT 1; END",
            "unknown: trigger extra of entry",
        ),
    ];
    for (sql, finding) in cases {
        let folder = tempfile::tempdir().unwrap();
        journal(folder.path());
        let connection = Connection::open(folder.path().join("journal.db")).unwrap();
        connection.execute_batch(sql).unwrap();
        let findings = reader(folder.path()).unwrap().integrity().unwrap();
        assert!(
            findings.iter().any(|found| found.contains(finding)),
            "{sql}: {findings:?}"
        );
    }
}

#[test]
fn a_gap_is_named_by_reading_too() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let connection = Connection::open(folder.path().join("journal.db")).unwrap();
    connection.execute_batch("DELETE FROM entry WHERE seq = 1234").unwrap();
    let reader = reader(folder.path()).unwrap();
    let gap = |found: &StoreError| matches!(found, StoreError::Corrupt { what, .. } if what == "entry 1234 is missing");
    assert!(read_all(&*reader).is_err_and(|error| gap(&error)));
    assert!(reader.leaves(1_200, 1_300).is_err_and(|error| gap(&error)));
    assert!(reader.entry(1_234).is_err_and(|error| gap(&error)));
    assert!(reader.entry(1_235).is_ok_and(|found| found.is_some()));
}

#[test]
fn a_leaf_of_another_length_is_named() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let connection = Connection::open(folder.path().join("journal.db")).unwrap();
    connection
        .execute_batch("UPDATE entry SET leaf = x'00' WHERE seq = 77")
        .unwrap();
    let error = read_all(&*reader(folder.path()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("the leaf of entry 77 is no hash"), "{error}");
}

#[test]
fn every_page_overwritten_is_named_or_was_not_in_use() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let path = folder.path().join("journal.db");
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 20 * PAGE);
    for page in 0..whole.len() / PAGE {
        let mut bytes = whole.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xFF);
        fs::write(&path, &bytes).unwrap();
        let findings = match reader(folder.path()) {
            Err(error) => vec![error.to_string()],
            Ok(reader) => {
                // Reading may succeed where only an overflow or another table's page is hit, but it never panics.
                let _ = read_all(&*reader);
                reader.integrity().unwrap()
            }
        };
        // The content of overflow pages says nothing to the engine: the leaf hash proves it.
        assert!(!findings.is_empty(), "page {}", page + 1);
    }
}

/// Flips one byte at many places: the engine names it, or a row's content is what changed, or nothing that is read.
#[test]
fn a_flipped_byte_is_named_or_seen_in_the_content() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let path = folder.path().join("journal.db");
    let whole = fs::read(&path).unwrap();
    let content = |reader: &dyn JournalReader| -> Result<Vec<u8>, StoreError> {
        let mut all = Vec::new();
        reader.read(0, u64::MAX, &mut |row| {
            all.extend(row.bytes);
            all.extend(row.leaf);
            ControlFlow::Continue(())
        })?;
        reader.tiles(&mut |tile| {
            all.extend([tile.level, tile.index.to_le_bytes()[0]]);
            all.extend(tile.bytes);
            ControlFlow::Continue(())
        })?;
        let text = &mut |size: u64, text: &str| {
            all.extend(size.to_le_bytes());
            all.extend(text.bytes());
            ControlFlow::Continue(())
        };
        reader.checkpoints(text)?;
        reader.cosignatures(&mut |size, name, line| text(size, &format!("{name} {line}")))?;
        Ok(all)
    };
    let wanted = content(&*reader(folder.path()).unwrap()).unwrap();
    let mut unseen = Vec::new();
    for at in (0..whole.len()).step_by(whole.len() / 400) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        fs::write(&path, &bytes).unwrap();
        let is_seen = match reader(folder.path()) {
            Err(_) => true,
            Ok(reader) => content(&*reader).ok().as_ref() != Some(&wanted) || !reader.integrity().unwrap().is_empty(),
        };
        if !is_seen {
            unseen.push(at);
        }
    }
    // What no check sees is in no row: a page's gap, or zeros after the last bytes of a long row.
    unseen.retain(|&at| whole[at] != 0 && !is_in_gap(&whole, at));
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// Whether a place lies between the cell pointers and the cells of its page, where nothing is stored.
fn is_in_gap(file: &[u8], at: usize) -> bool {
    let page = &file[at / PAGE * PAGE..][..PAGE];
    let start = if at < PAGE { 100 } else { 0 };
    let number = |from: usize| usize::from(u16::from_be_bytes([page[start + from], page[start + from + 1]]));
    let header = if page[start] < 8 { 12 } else { 8 };
    (start + header + 2 * number(3)..number(5)).contains(&(at % PAGE))
}

#[test]
fn a_truncated_journal_is_named() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let path = folder.path().join("journal.db");
    let whole = fs::read(&path).unwrap();
    for length in [
        0,
        50,
        100,
        PAGE - 1,
        PAGE,
        5 * PAGE,
        whole.len() - PAGE,
        whole.len() - 1,
    ] {
        fs::write(&path, &whole[..length]).unwrap();
        let opened = store::open(folder.path(), &sqlite()).map(drop);
        let read = reader(folder.path()).and_then(|reader| {
            read_all(&*reader)?;
            match reader.integrity()?.pop() {
                Some(what) => Err(StoreError::Corrupt {
                    place: "journal.db".into(),
                    what,
                }),
                None => Ok(()),
            }
        });
        assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{length}: {read:?}");
        if length == 0 {
            assert!(matches!(opened, Err(StoreError::Corrupt { .. })), "{opened:?}");
        }
    }
}
