//! What belongs to this machine and may be erased: persons' names, enrolments and settings, in `local.db`.
//!
//! Nothing here enters the journal, so that erasing a person leaves the journal whole.

use std::path::Path;

use rusqlite::{OptionalExtension, params};

use crate::sqlite::{Database, LOCAL};
use crate::{Hash, StoreError};

/// The local data, on its one connection.
pub struct Local {
    database: Database,
    is_new: bool,
}

/// A person's open invitation to set up credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The id of the person.
    pub person: String,
    /// The hash of the token that was handed over; the token itself is stored nowhere.
    pub token_hash: Hash,
    /// When it ends, in microseconds since 1970-01-01T00:00Z.
    pub expires_at_us: i64,
}

impl Local {
    /// Opens `local.db` in a folder, or makes it, readable and writable by its owner only.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let is_new = LOCAL.make_private(folder)?;
        let database = if is_new {
            Database::create(&LOCAL, folder)?
        } else {
            Database::open(&LOCAL, folder)?
        };
        Ok(Self { database, is_new })
    }

    /// Local data that ends with the process.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        Ok(Self {
            database: Database::in_memory(&LOCAL)?,
            is_new: true,
        })
    }

    /// Whether there was none before: beside an old journal this means that names and credentials are lost.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Keeps or changes the name of a person.
    pub fn put_person(&mut self, id: &str, name: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO person (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = excluded.name";
        self.execute(sql, params![id, name])
    }

    /// The name of a person.
    pub fn person_name(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.text("SELECT name FROM person WHERE id = ?1", id)
    }

    /// Erases a person's name and enrolments, in the file too.
    pub fn erase_person(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM enrolment WHERE person = ?1", [id])?;
        self.execute("DELETE FROM person WHERE id = ?1", [id])
    }

    /// Keeps an enrolment; a person has one, the last.
    pub fn put_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        let sql = "INSERT INTO enrolment (person, token_hash, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (person)
            DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at";
        self.execute(
            sql,
            params![
                enrolment.person,
                enrolment.token_hash.as_slice(),
                enrolment.expires_at_us
            ],
        )
    }

    /// The enrolment whose token has this hash, expired or not.
    pub fn enrolment(&self, token_hash: &Hash) -> Result<Option<Enrolment>, StoreError> {
        let sql = "SELECT person, token_hash, expires_at FROM enrolment WHERE token_hash = ?1";
        let found = self.database.connection.prepare_cached(sql).and_then(|mut statement| {
            let enrolment = |row: &rusqlite::Row<'_>| {
                Ok(Enrolment {
                    person: row.get(0)?,
                    token_hash: row.get(1)?,
                    expires_at_us: row.get(2)?,
                })
            };
            statement.query_row([token_hash.as_slice()], enrolment).optional()
        });
        found.map_err(|error| self.database.fail(&error))
    }

    /// Removes a person's enrolment, once used or taken back.
    pub fn remove_enrolment(&mut self, person: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM enrolment WHERE person = ?1", [person])
    }

    /// A setting.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.text("SELECT value FROM meta WHERE key = ?1", key)
    }

    /// Keeps or changes a setting.
    pub fn put_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.execute(sql, params![key, value])
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        let done = self
            .database
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values));
        done.map(drop).map_err(|error| self.database.fail(&error))
    }

    fn text(&self, sql: &str, key: &str) -> Result<Option<String>, StoreError> {
        let found = self.database.connection.prepare_cached(sql);
        let found = found.and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional());
        found.map_err(|error| self.database.fail(&error))
    }
}
