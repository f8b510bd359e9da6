//! The register in `SQLite`: filled in bulk, never waiting for the disk, rebuilt when that went wrong.
//!
//! Without waiting, a power cut can leave any mixture of old and new pages.
//! So the file says that it is unclean, durably, before the first such write, and that it is clean only when all of it
//! is on the disk.

use std::path::Path;

use rusqlite::{Connection, Statement, Transaction, TransactionBehavior};

use super::register_reader::SqliteRegisterReader;
use super::{Database, REGISTER, bulk, sync, unavailable};
use crate::content::index_keys;
use crate::register::{NO_DISPATCH, NO_PEER};
use crate::{MovementRow, Register, RegisterReader, RegisterState, Rows, StoreError};

/// The writer.
pub(crate) struct SqliteRegister {
    database: Database,
    state: RegisterState,
    cursor: u64,
    is_clean: bool,
}

impl SqliteRegister {
    /// Opens the register of a folder; one that is missing, unclean or unreadable is made anew, for it is derived.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        if !REGISTER.path(folder).exists() {
            return Self::renew(folder, RegisterState::New);
        }
        match Self::existing(folder) {
            Ok(Some(register)) => Ok(register),
            Ok(None) | Err(StoreError::Corrupt { .. }) => Self::renew(folder, RegisterState::Unclean),
            Err(error) => Err(error),
        }
    }

    /// The register as it lies there, if it is clean.
    fn existing(folder: &Path) -> Result<Option<Self>, StoreError> {
        let database = Database::open(&REGISTER, folder)?;
        let (cursor, is_clean) = database.run(|connection| {
            connection.execute_batch("PRAGMA synchronous = FULL")?;
            let sql = "SELECT cursor, clean FROM progress WHERE id = 1";
            connection.query_row(sql, [], |row| {
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, bool>(1)?))
            })
        })?;
        Ok(is_clean.then_some(Self {
            database,
            state: RegisterState::Clean,
            cursor,
            is_clean,
        }))
    }

    fn renew(folder: &Path, state: RegisterState) -> Result<Self, StoreError> {
        for suffix in ["", "-wal", "-shm"] {
            let path = folder.join(format!("{}{suffix}", REGISTER.file));
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(unavailable(&path, &format!("it cannot be replaced: {error}")));
                }
                _ => (),
            }
        }
        let database = Database::create(&REGISTER, folder)?;
        Ok(Self {
            database,
            state,
            cursor: 0,
            is_clean: true,
        })
    }

    /// Notes durably, in the file itself and not only in its log, that from here on the register cannot be trusted.
    fn mark_unclean(&mut self) -> Result<(), StoreError> {
        if !self.is_clean {
            return Ok(());
        }
        self.database.run(|connection| {
            connection.execute_batch("PRAGMA synchronous = FULL; UPDATE progress SET clean = 0 WHERE id = 1;")
        })?;
        self.write_through()?;
        self.is_clean = false;
        self.database
            .run(|connection| connection.execute_batch("PRAGMA synchronous = OFF"))
    }

    /// Moves everything from the log into the file and makes it durable there.
    fn write_through(&self) -> Result<(), StoreError> {
        let blocked: bool = self
            .database
            .run(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)))?;
        if blocked {
            return Err(StoreError::Busy);
        }
        sync(&self.database.path)
    }

    /// Runs a write transaction that ends with the cursor at `to_seq`.
    fn transact(
        &mut self,
        to_seq: u64,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        self.mark_unclean()?;
        self.database.run(|connection| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            work(&transaction)?;
            let sql = "UPDATE progress SET cursor = ?1 WHERE id = 1";
            transaction.prepare_cached(sql)?.execute([to_seq.cast_signed()])?;
            transaction.commit()
        })?;
        self.cursor = to_seq;
        Ok(())
    }
}

impl Register for SqliteRegister {
    fn state(&self) -> RegisterState {
        self.state
    }

    fn cursor(&self) -> u64 {
        self.cursor
    }

    fn flush(&mut self, rows: &Rows) -> Result<(), StoreError> {
        rows.check(self.cursor)?;
        self.transact(rows.to_seq, |connection| {
            insert_movements(connection, &rows.movements)?;
            insert_index(connection, "movement_by_site", &rows.movements, |row| row.site)?;
            insert_index(connection, "movement_by_batch", &rows.movements, |row| row.batch)?;
            insert_names_and_commands(connection, rows)?;
            insert_entries_and_refusals(connection, rows)
        })
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.transact(0, |connection| {
            connection.execute_batch(
                "DELETE FROM name; DELETE FROM movement; DELETE FROM movement_by_site; DELETE FROM movement_by_batch;
                DELETE FROM command; DELETE FROM entry; DELETE FROM refusal;",
            )
        })
    }

    fn mark_clean(&mut self) -> Result<(), StoreError> {
        if self.is_clean {
            return Ok(());
        }
        self.database
            .run(|connection| connection.execute_batch("PRAGMA synchronous = FULL"))?;
        self.write_through()?;
        self.database
            .run(|connection| connection.execute_batch("UPDATE progress SET clean = 1 WHERE id = 1"))?;
        self.is_clean = true;
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn RegisterReader>, StoreError> {
        Ok(Box::new(SqliteRegisterReader(Database::open_read_only(
            &REGISTER,
            self.database.folder(),
        )?)))
    }
}

fn insert_movements(connection: &Connection, movements: &[MovementRow]) -> rusqlite::Result<()> {
    let rows = sorted(movements, |row| row.seq);
    bulk::insert(
        connection,
        "INSERT OR FAIL INTO movement",
        11,
        rows,
        |statement, at, row| {
            statement.raw_bind_parameter(at, row.seq.cast_signed())?;
            statement.raw_bind_parameter(at + 1, row.day)?;
            statement.raw_bind_parameter(at + 2, row.kind)?;
            statement.raw_bind_parameter(at + 3, row.mode)?;
            statement.raw_bind_parameter(at + 4, row.site)?;
            statement.raw_bind_parameter(at + 5, row.item)?;
            statement.raw_bind_parameter(at + 6, row.batch)?;
            statement.raw_bind_parameter(at + 7, row.amount)?;
            statement.raw_bind_parameter(at + 8, (row.peer != NO_PEER).then_some(row.peer))?;
            statement.raw_bind_parameter(
                at + 9,
                (row.dispatch != NO_DISPATCH).then_some(row.dispatch.cast_signed()),
            )?;
            statement.raw_bind_parameter(at + 10, row.breaches)
        },
    )
}

fn insert_index(
    connection: &Connection,
    table: &str,
    movements: &[MovementRow],
    number: fn(&MovementRow) -> u32,
) -> rusqlite::Result<()> {
    let keys = index_keys(movements, number);
    bulk::insert(
        connection,
        &format!("INSERT OR FAIL INTO {table}"),
        3,
        keys,
        |statement, at, (month, number, seq)| {
            statement.raw_bind_parameter(at, month)?;
            statement.raw_bind_parameter(at + 1, number)?;
            statement.raw_bind_parameter(at + 2, seq.cast_signed())
        },
    )
}

fn insert_names_and_commands(connection: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    let names = sorted(&rows.names, |row| (row.0, row.1));
    bulk::insert(
        connection,
        "INSERT OR REPLACE INTO name",
        3,
        names,
        |statement, at, (kind, number, text)| {
            statement.raw_bind_parameter(at, kind)?;
            statement.raw_bind_parameter(at + 1, number)?;
            statement.raw_bind_parameter(at + 2, text)
        },
    )?;
    let commands = sorted(&rows.commands, |row| (row.id, row.seq));
    bulk::insert(
        connection,
        "INSERT OR IGNORE INTO command",
        4,
        commands,
        |statement, at, row| {
            statement.raw_bind_parameter(at, row.id.as_slice())?;
            statement.raw_bind_parameter(at + 1, row.seq.cast_signed())?;
            statement.raw_bind_parameter(at + 2, row.count)?;
            statement.raw_bind_parameter(at + 3, row.hash.as_slice())
        },
    )
}

fn insert_entries_and_refusals(connection: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    let entries = sorted(&rows.entries, |row| row.seq);
    bulk::insert(
        connection,
        "INSERT OR FAIL INTO entry",
        5,
        entries,
        |statement, at, row| {
            statement.raw_bind_parameter(at, row.seq.cast_signed())?;
            statement.raw_bind_parameter(at + 1, row.recorded_at_us)?;
            bind_texts(statement, at + 2, [&row.kind, &row.actor, &row.subject])
        },
    )?;
    let refusals = sorted(&rows.refusals, |row| row.seq);
    bulk::insert(
        connection,
        "INSERT OR FAIL INTO refusal",
        5,
        refusals,
        |statement, at, row| {
            statement.raw_bind_parameter(at, row.seq.cast_signed())?;
            statement.raw_bind_parameter(at + 1, row.recorded_on_days)?;
            bind_texts(statement, at + 2, [&row.code, &row.command, &row.actor])
        },
    )
}

fn bind_texts(statement: &mut Statement<'_>, at: usize, texts: [&str; 3]) -> rusqlite::Result<()> {
    texts
        .into_iter()
        .enumerate()
        .try_for_each(|(place, text)| statement.raw_bind_parameter(at + place, text))
}

/// The rows in key order, so that an index grows at its end and each of its pages is written once.
fn sorted<T, K: Ord>(rows: &[T], key: impl Fn(&T) -> K) -> Vec<&T> {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_by_key(|row| key(row));
    rows
}
