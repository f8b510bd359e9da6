//! What belongs to this machine and may be erased: persons' names, enrolments and settings, in `local.db`.
//!
//! Nothing here enters the journal, so that erasing a person leaves the journal whole.

mod credential;
mod evidence;
mod key;
mod notice;
mod session;
mod viewed;

use std::path::Path;

use rusqlite::{OptionalExtension, Row, params};

use crate::StoreError;
use crate::sqlite::{Database, LOCAL};

pub use credential::{Credential, Enrolment};
pub use key::ApiKey;
pub use notice::Notice;
pub use session::Session;
pub use viewed::Viewed;

/// The local data, on its one connection.
pub struct Local {
    database: Database,
    is_new: bool,
}

/// A person, as this machine alone knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The id, as the journal has it.
    pub id: String,
    /// The name; empty if it is not known.
    pub name: String,
    /// Where notices go.
    pub email: Option<String>,
    /// The language of pages and notices, such as `zh`.
    pub language: Option<String>,
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

    /// Erases a person's name, credentials, sessions, enrolments and notices, in the file too.
    pub fn erase_person(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM enrolment WHERE person = ?1", [id])?;
        self.execute("DELETE FROM credential WHERE person = ?1", [id])?;
        self.execute("DELETE FROM session WHERE person = ?1", [id])?;
        self.execute("DELETE FROM notice WHERE person = ?1", [id])?;
        self.execute("DELETE FROM person WHERE id = ?1", [id])
    }

    /// A person, with everything that is known of them here.
    pub fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        let sql = "SELECT id, name, email, language FROM person WHERE id = ?1";
        self.one(sql, [id], |row| {
            Ok(Person {
                id: row.get(0)?,
                name: row.get(1)?,
                email: row.get(2)?,
                language: row.get(3)?,
            })
        })
    }

    /// Keeps everything that is known of a person.
    pub fn put_whole_person(&mut self, person: &Person) -> Result<(), StoreError> {
        let sql = "INSERT INTO person (id, name, email, language) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id)
            DO UPDATE SET name = excluded.name, email = excluded.email, language = excluded.language";
        let values = params![person.id, person.name, person.email, person.language];
        self.execute(sql, values)
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

    /// Forgets a setting, if there is one.
    pub fn forget_meta(&mut self, key: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM meta WHERE key = ?1", params![key])
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        self.changed(sql, values).map(drop)
    }

    fn text(&self, sql: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.one(sql, [key], |row| row.get(0))
    }

    /// The one row that a statement finds, if any.
    fn one<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let found = self.database.connection.prepare_cached(sql);
        let found = found.and_then(|mut statement| statement.query_row(values, read).optional());
        found.map_err(|error| self.database.fail(&error))
    }

    /// All rows that a statement finds.
    fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let found = self.database.connection.prepare_cached(sql);
        let found = found.and_then(|mut statement| statement.query_map(values, read)?.collect());
        found.map_err(|error| self.database.fail(&error))
    }

    /// How many rows a statement changed.
    fn changed(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        let done = self.database.connection.prepare_cached(sql);
        let done = done.and_then(|mut statement| statement.execute(values));
        done.map_err(|error| self.database.fail(&error))
    }
}
