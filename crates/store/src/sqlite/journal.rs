//! The journal in `SQLite`: one connection that writes, and read-only ones beside it that never block it.

use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Transaction, TransactionBehavior, params};

use super::{Database, JOURNAL, bulk, integrity};
use crate::journal::{no_checkpoint, other_checkpoint};
use crate::{Group, Hash, Journal, JournalReader, Row, StoreError, Tile};

/// The writer.
pub(crate) struct SqliteJournal {
    database: Database,
    size: u64,
}

/// A reader on a read-only connection of its own.
struct SqliteJournalReader(Database);

/// Opens the journal of a folder for reading only: nothing in it changes, whoever else has it open.
pub(crate) fn open_reader(folder: &Path) -> Result<Box<dyn JournalReader>, StoreError> {
    Ok(Box::new(SqliteJournalReader(Database::open_read_only(
        &JOURNAL, folder,
    )?)))
}

impl SqliteJournal {
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            database: Database::create(&JOURNAL, folder)?,
            size: 0,
        })
    }

    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let database = Database::open(&JOURNAL, folder)?;
        let size = size(&database)?;
        Ok(Self { database, size })
    }

    /// Runs a write transaction; whatever fails in it is rolled back.
    fn transact<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.database.run(|connection| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }
}

impl Journal for SqliteJournal {
    fn size(&self) -> u64 {
        self.size
    }

    fn append(&mut self, group: &Group<'_>) -> Result<(), StoreError> {
        group.check()?;
        if group.first_seq != self.size {
            return Err(StoreError::Conflict {
                expected: group.first_seq,
                found: self.size,
            });
        }
        let next = group.first_seq + group.ends.len() as u64;
        if i64::try_from(next).is_err() {
            return Err(StoreError::refused("a seq beyond 2^63"));
        }
        if group.ends.is_empty() {
            return Ok(());
        }
        // The primary keys are the guard against a second writer: its rows would be where ours go.
        let appended = self.transact(|connection| {
            insert_entries(connection, group)?;
            insert_tiles(connection, group.tiles)
        });
        match appended {
            Ok(()) => self.size = next,
            Err(StoreError::Refused { .. }) if size(&self.database)? != self.size => {
                return Err(StoreError::Conflict {
                    expected: self.size,
                    found: size(&self.database)?,
                });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn put_checkpoint(&mut self, size: u64, note: &str) -> Result<(), StoreError> {
        if size > self.size {
            return Err(StoreError::Conflict {
                expected: size,
                found: self.size,
            });
        }
        let same = self.transact(|connection| {
            let sql = "INSERT INTO checkpoint (size, note) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            let key = size.cast_signed();
            connection.prepare_cached(sql)?.execute(params![key, note])?;
            let sql = "SELECT note = ?2 FROM checkpoint WHERE size = ?1";
            connection
                .prepare_cached(sql)?
                .query_row(params![key, note], |row| row.get::<_, bool>(0))
        })?;
        if same { Ok(()) } else { Err(other_checkpoint(size)) }
    }

    fn put_cosignature(&mut self, size: u64, name: &str, line: &str) -> Result<(), StoreError> {
        let rows = self.transact(|connection| {
            let sql = "INSERT INTO cosignature (size, name, line) SELECT size, ?2, ?3 FROM checkpoint WHERE size = ?1
                ON CONFLICT DO UPDATE SET line = excluded.line";
            connection
                .prepare_cached(sql)?
                .execute(params![size.cast_signed(), name, line])
        })?;
        if rows == 0 { Err(no_checkpoint(size)) } else { Ok(()) }
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, StoreError> {
        open_reader(self.database.folder())
    }
}

fn insert_entries(connection: &Connection, group: &Group<'_>) -> rusqlite::Result<()> {
    bulk::insert(
        connection,
        "INSERT OR FAIL INTO entry (seq, leaf, bytes)",
        3,
        group.rows(),
        |statement, at, row| {
            statement.raw_bind_parameter(at, row.seq.cast_signed())?;
            statement.raw_bind_parameter(at + 1, row.leaf.as_slice())?;
            statement.raw_bind_parameter(at + 2, row.bytes)
        },
    )
}

fn insert_tiles(connection: &Connection, tiles: &[Tile]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO tile (level, idx, bytes) VALUES (?1, ?2, ?3)")?;
    tiles.iter().try_for_each(|tile| {
        statement
            .execute(params![tile.level, tile.index.cast_signed(), tile.bytes])
            .map(drop)
    })
}

/// The number of entries by the last one's seq; [`integrity`] proves that none before it is missing.
fn size(database: &Database) -> Result<u64, StoreError> {
    let last: Option<i64> = database.run(|connection| {
        connection
            .prepare_cached("SELECT max(seq) FROM entry")?
            .query_row([], |row| row.get(0))
    })?;
    match last.map(u64::try_from) {
        None => Ok(0),
        Some(Ok(last)) => Ok(last + 1),
        Some(Err(_)) => Err(StoreError::corrupt(
            database.path.display().to_string(),
            "an entry has a negative seq",
        )),
    }
}

impl SqliteJournalReader {
    /// Visits the rows of a query until the visitor has enough.
    fn visit(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        visit: &mut dyn FnMut(&SqlRow<'_>) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let fail = |error| self.0.fail(&error);
        let mut statement = self.0.connection.prepare_cached(sql).map_err(fail)?;
        let mut rows = statement.query(values).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            if visit(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn damaged<T>(&self, what: String) -> Result<T, StoreError> {
        Err(StoreError::corrupt(self.0.path.display().to_string(), what))
    }

    /// An error of the engine in the middle of a read: where it is, is told by how far the read came.
    fn unreadable(&self, error: &rusqlite::Error, seq: u64) -> StoreError {
        match self.0.fail(error) {
            StoreError::Corrupt { place, what } => StoreError::Corrupt {
                place,
                what: format!("{what}, at entry {seq} or soon after"),
            },
            other => other,
        }
    }

    /// The leaf hash in a column, and an error that names the entry where it is none.
    fn leaf<'r>(&self, row: &'r SqlRow<'_>, seq: u64) -> Result<&'r Hash, StoreError> {
        match row.get_ref(1).map(|value| value.as_blob().map(<&Hash>::try_from)) {
            Ok(Ok(Ok(leaf))) => Ok(leaf),
            _ => self.damaged(format!("the leaf of entry {seq} is no hash")),
        }
    }

    /// Checks that a row is the one next in sequence.
    fn in_sequence(&self, row: &SqlRow<'_>, wanted: u64) -> Result<(), StoreError> {
        let found: i64 = row.get(0).map_err(|error| self.0.fail(&error))?;
        if found == wanted.cast_signed() {
            Ok(())
        } else {
            self.damaged(format!("entry {wanted} is missing"))
        }
    }
}

impl JournalReader for SqliteJournalReader {
    fn size(&self) -> Result<u64, StoreError> {
        size(&self.0)
    }

    fn read(
        &self,
        from: u64,
        limit: u64,
        visit: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let mut seq = from;
        let sql = "SELECT seq, leaf, bytes FROM entry WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self
            .0
            .connection
            .prepare_cached(sql)
            .map_err(|error| self.0.fail(&error))?;
        let mut rows = statement
            .query(params![key(from), key(limit)])
            .map_err(|error| self.0.fail(&error))?;
        while let Some(row) = rows.next().map_err(|error| self.unreadable(&error, seq))? {
            self.in_sequence(row, seq)?;
            let leaf = self.leaf(row, seq)?;
            let Ok(Ok(bytes)) = row.get_ref(2).map(|value| value.as_blob()) else {
                return self.damaged(format!("entry {seq} has no bytes"));
            };
            let row = Row { seq, bytes, leaf };
            seq += 1;
            if visit(row).is_break() {
                break;
            }
        }
        Ok(seq)
    }

    fn entry(&self, seq: u64) -> Result<Option<(Vec<u8>, Hash)>, StoreError> {
        let mut found = None;
        self.read(seq, 1, &mut |row| {
            found = Some((row.bytes.to_vec(), *row.leaf));
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
        let mut leaves = Vec::new();
        let mut seq = from;
        let sql = "SELECT seq, leaf FROM entry WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
        self.visit(sql, params![key(from), key(to)], &mut |row| {
            self.in_sequence(row, seq)?;
            leaves.push(*self.leaf(row, seq)?);
            seq += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(leaves)
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM tile WHERE level = ?1 AND idx = ?2";
        self.0.run(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row(params![level, key(index)], |row| row.get(0))
                .optional()
        })
    }

    fn tiles(&self, visit: &mut dyn FnMut(Tile) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.visit(
            "SELECT level, idx, bytes FROM tile ORDER BY level, idx",
            [],
            &mut |row| {
                let tile = || {
                    Ok(Tile {
                        level: row.get(0)?,
                        index: row.get::<_, i64>(1)?.cast_unsigned(),
                        bytes: row.get(2)?,
                    })
                };
                Ok(visit(tile().map_err(|error| self.0.fail(&error))?))
            },
        )
    }

    fn latest_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        let sql = "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1";
        self.0.run(|connection| {
            let row = |row: &SqlRow<'_>| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?));
            connection.prepare_cached(sql)?.query_row([], row).optional()
        })
    }

    fn checkpoints(&self, visit: &mut dyn FnMut(u64, &str) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.visit("SELECT size, note FROM checkpoint ORDER BY size", [], &mut |row| {
            let size = row
                .get::<_, i64>(0)
                .map_err(|error| self.0.fail(&error))?
                .cast_unsigned();
            Ok(visit(size, &self.text(row, 1)?))
        })
    }

    fn cosignatures(&self, visit: &mut dyn FnMut(u64, &str, &str) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.visit(
            "SELECT size, name, line FROM cosignature ORDER BY size, name",
            [],
            &mut |row| {
                let size = row
                    .get::<_, i64>(0)
                    .map_err(|error| self.0.fail(&error))?
                    .cast_unsigned();
                Ok(visit(size, &self.text(row, 1)?, &self.text(row, 2)?))
            },
        )
    }

    fn integrity(&self) -> Result<Vec<String>, StoreError> {
        Ok(integrity::findings(&self.0))
    }
}

impl SqliteJournalReader {
    fn text(&self, row: &SqlRow<'_>, column: usize) -> Result<String, StoreError> {
        row.get(column).map_err(|error| self.0.fail(&error))
    }
}

/// A number as a key of `SQLite`; one beyond its range is beyond every row too.
fn key(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::SqliteJournal;
    use crate::{Group, Journal, StoreError};

    #[test]
    fn a_full_disk_is_unavailable_and_nothing_is_half_done() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut journal = SqliteJournal::create(folder.path()).expect("a new journal");
        let limit = |journal: &SqliteJournal, pages: u32| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            journal
                .database
                .connection
                .query_row(&sql, [], |_| Ok(()))
                .expect("a limit");
        };
        let bytes = vec![b'x'; 900_000];
        let group = Group {
            first_seq: 0,
            bytes: &bytes,
            ends: &[5, 900_000],
            leaves: &[[1; 32]; 2],
            tiles: &[],
        };
        limit(&journal, 20);
        let full = journal.append(&group);
        assert!(
            matches!(&full, Err(StoreError::Unavailable { what }) if what.contains("disk is full")),
            "{full:?}"
        );
        let reader = journal.reader().expect("a reader");
        assert_eq!((journal.size(), reader.size()), (0, Ok(0)));
        limit(&journal, 1_000);
        assert_eq!(journal.append(&group), Ok(()));
        assert_eq!((journal.size(), reader.size()), (2, Ok(2)));
    }
}
