//! The default engine: three `SQLite` files in a folder, each with its own layout, mark and version.

mod bulk;
mod copy;
mod integrity;
mod journal;
mod register;
mod register_reader;

pub(crate) use copy::copy;
pub(crate) use journal::{SqliteJournal, open_reader};
pub(crate) use register::SqliteRegister;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::StoreError;

/// How long a statement waits for another connection's lock; within one process nothing holds one that long.
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// Statements kept prepared per connection: more than any of ours has.
const STATEMENTS: usize = 64;

/// What a file of ours looks like.
pub(crate) struct Layout {
    /// The file's name in the folder.
    pub file: &'static str,
    /// The mark in its header by which a stranger's file is told apart.
    pub application_id: i32,
    /// The version of its tables.
    pub version: i32,
    /// Whether another version is made anew instead of refused, since nothing in it can be lost.
    pub is_derived: bool,
    /// Settings that stay in the file: they work only while it is empty.
    pub lasting: &'static str,
    /// Settings of each connection that writes.
    pub writing: &'static str,
    /// Its tables, indexes and views, one statement after the other.
    pub schema: &'static str,
}

/// The journal: only what can be proven.
///
/// The leaf stands before the bytes so that reading leaves never follows an overflow chain.
/// The page size alone is worth a third of the append rate.
pub(crate) static JOURNAL: Layout = Layout {
    file: "journal.db",
    application_id: i32::from_be_bytes(*b"CsJo"),
    version: 1,
    is_derived: false,
    lasting: "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;",
    writing: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;",
    schema: include_str!("journal.sql"),
};

/// The register: derived, so nothing in it waits for the disk.
pub(crate) static REGISTER: Layout = Layout {
    file: "register.db",
    application_id: i32::from_be_bytes(*b"CsRe"),
    version: 3,
    is_derived: true,
    lasting: "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;",
    writing: "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -131072;",
    schema: include_str!("register.sql"),
};

/// The local data. A rollback journal and secure deletion, so that what is erased is in no file any more.
pub(crate) static LOCAL: Layout = Layout {
    file: "local.db",
    application_id: i32::from_be_bytes(*b"CsLo"),
    version: 3,
    is_derived: false,
    lasting: "PRAGMA journal_mode = TRUNCATE;",
    writing: "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
    schema: include_str!("local.sql"),
};

impl Layout {
    /// Where the file lies.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.file)
    }

    /// Makes the file, empty and its owner's only, and tells whether it was not there before.
    pub fn make_private(&self, folder: &Path) -> Result<bool, StoreError> {
        let path = self.path(folder);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(_) => Ok(true),
            // A file without content is one whose making was interrupted.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Ok(path.metadata().is_ok_and(|found| found.len() == 0))
            }
            Err(error) => Err(unavailable(&path, &error.to_string())),
        }
    }
}

/// A connection that knows its file, for the errors' sake.
pub(crate) struct Database {
    pub connection: Connection,
    pub path: PathBuf,
}

impl Database {
    /// Makes the file; one that holds anything already is refused and left as it is.
    pub fn create(layout: &Layout, folder: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Self::connect(layout.path(folder), flags)?;
        let holds = database.run(|connection| {
            let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            Ok(tables > 0 || pragma(connection, "application_id")? != 0)
        })?;
        if holds {
            let path = database.path.display();
            return Err(StoreError::refused(format!(
                "{path} is there already: open it, or choose another folder"
            )));
        }
        database.lay_out(layout)?;
        Ok(database)
    }

    /// Opens the file for reading and writing.
    pub fn open(layout: &Layout, folder: &Path) -> Result<Self, StoreError> {
        let database = Self::existing(layout, folder, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        database.run(|connection| connection.execute_batch(layout.writing))?;
        Ok(database)
    }

    /// Opens the file for reading only.
    pub fn open_read_only(layout: &Layout, folder: &Path) -> Result<Self, StoreError> {
        Self::existing(layout, folder, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Lays the tables out in memory.
    pub fn in_memory(layout: &Layout) -> Result<Self, StoreError> {
        let database = Self::connect(PathBuf::from(":memory:"), OpenFlags::default())?;
        database.lay_out(layout)?;
        Ok(database)
    }

    /// The folder the file lies in, for another connection to it.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Runs something on the connection and puts its error into our words.
    pub fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        work(&self.connection).map_err(|error| self.fail(&error))
    }

    /// An error of this file in our words.
    pub fn fail(&self, error: &rusqlite::Error) -> StoreError {
        translate(&self.path, error)
    }

    fn existing(layout: &Layout, folder: &Path, mode: OpenFlags) -> Result<Self, StoreError> {
        let path = layout.path(folder);
        if !path.exists() {
            return Err(unavailable(
                &path,
                "it does not exist: choose the right folder, or restore it from a backup",
            ));
        }
        let database = Self::connect(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        database.check_identity(layout)?;
        Ok(database)
    }

    fn connect(path: PathBuf, flags: OpenFlags) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(&path, flags).map_err(|error| translate(&path, &error))?;
        let database = Self { connection, path };
        database.run(|connection| {
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            connection.busy_timeout(BUSY_WAIT)?;
            // A file may come from anywhere: what its schema says is never run beyond reading and writing tables.
            connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
        })?;
        Ok(database)
    }

    /// Writes the settings, marks and tables of an empty file.
    fn lay_out(&self, layout: &Layout) -> Result<(), StoreError> {
        let Layout {
            application_id,
            version,
            schema,
            ..
        } = layout;
        self.run(|connection| {
            connection.execute_batch(layout.lasting)?;
            connection.execute_batch(layout.writing)?;
            connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {schema}
                PRAGMA application_id = {application_id}; PRAGMA user_version = {version}; COMMIT;"
            ))
        })
    }

    /// Whether the marks in the header are ours and of a version we know.
    fn check_identity(&self, layout: &Layout) -> Result<(), StoreError> {
        let (id, version) = self.run(|connection| {
            let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            let id = pragma(connection, "application_id")?;
            Ok((
                if tables == 0 && id == 0 { None } else { Some(id) },
                pragma(connection, "user_version")?,
            ))
        })?;
        let place = self.path.display().to_string();
        let what = match id {
            None => return Err(StoreError::corrupt(place, "it is empty")),
            Some(id) if id != layout.application_id => "is some other program's database: choose another folder".into(),
            Some(_) if version != layout.version && layout.is_derived => {
                return Err(StoreError::corrupt(place, format!("it is of version {version}")));
            }
            Some(_) if version > layout.version => format!(
                "is of version {version}, made by a newer program (this one knows up to {}): install that",
                layout.version
            ),
            Some(_) if version < layout.version => format!("is of version {version}, which nothing ever wrote"),
            Some(_) => return Ok(()),
        };
        Err(StoreError::Foreign { place, what })
    }
}

/// Reads a setting that is a number.
fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// Makes what was written to a file durable, whichever connection wrote it.
fn sync(path: &Path) -> Result<(), StoreError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| unavailable(path, &error.to_string()))
}

/// Says that a file cannot be used, and why.
fn unavailable(path: &Path, why: &str) -> StoreError {
    StoreError::Unavailable {
        what: format!("{} cannot be used: {why}", path.display()),
    }
}

/// Puts an error of `SQLite` into our words: what is wrong with the data is Corrupt, around it Unavailable.
fn translate(path: &Path, error: &rusqlite::Error) -> StoreError {
    use rusqlite::Error as E;
    let damaged = |what: &dyn ToString| StoreError::corrupt(path.display().to_string(), what.to_string());
    match error {
        E::SqliteFailure(failure, text) => translate_failure(path, *failure, text.as_deref()),
        // Our statements are fixed: one that does not fit the tables means that the tables are not ours.
        E::SqlInputError { msg, .. } => damaged(msg),
        E::InvalidColumnType(..)
        | E::IntegralValueOutOfRange(..)
        | E::FromSqlConversionFailure(..)
        | E::Utf8Error(..)
        | E::QueryReturnedNoRows => damaged(error),
        _ => unavailable(path, &error.to_string()),
    }
}

fn translate_failure(path: &Path, failure: ffi::Error, text: Option<&str>) -> StoreError {
    let text = text.map_or_else(|| failure.to_string(), str::to_owned);
    let why = match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::SchemaChanged => return StoreError::Busy,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            return StoreError::corrupt(path.display().to_string(), text);
        }
        // A file shorter than its header says is damage, not a failing disk.
        ErrorCode::SystemIoFailure
            if matches!(
                failure.extended_code,
                ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS
            ) =>
        {
            return StoreError::corrupt(path.display().to_string(), text);
        }
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => {
            return StoreError::refused(format!("{}: {text}", path.display()));
        }
        ErrorCode::DiskFull => "the disk is full: free some space, then start again".into(),
        ErrorCode::ReadOnly => {
            "it or its folder is read-only: give this program's user the right to write there".into()
        }
        ErrorCode::CannotOpen => {
            format!("it cannot be opened ({text}): the folder must exist and let this program's user write")
        }
        ErrorCode::PermissionDenied => "access is denied: give this program's user the right to write there".into(),
        ErrorCode::SystemIoFailure => format!(
            "the disk failed to read or write (code {}): check it and its connection, then start again",
            failure.extended_code
        ),
        ErrorCode::OutOfMemory => "memory ran out: free some, then start again".into(),
        _ => text,
    };
    unavailable(path, &why)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::{Error, ffi};

    use super::translate;
    use crate::StoreError;

    #[test]
    fn what_is_wrong_with_the_data_is_told_from_what_is_wrong_around_it() {
        let cases = [
            (ffi::SQLITE_BUSY, "busy"),
            (ffi::SQLITE_LOCKED, "busy"),
            (ffi::SQLITE_CORRUPT, "is damaged"),
            (ffi::SQLITE_NOTADB, "is damaged"),
            (ffi::SQLITE_IOERR_SHORT_READ, "is damaged"),
            (ffi::SQLITE_IOERR_FSYNC, "cannot be used: the disk failed"),
            (ffi::SQLITE_FULL, "cannot be used: the disk is full"),
            (ffi::SQLITE_READONLY, "cannot be used: it or its folder is read-only"),
            (
                ffi::SQLITE_READONLY_DIRECTORY,
                "cannot be used: it or its folder is read-only",
            ),
            (ffi::SQLITE_CANTOPEN, "cannot be used: it cannot be opened"),
            (ffi::SQLITE_PERM, "cannot be used: access is denied"),
            (ffi::SQLITE_NOMEM, "cannot be used: memory ran out"),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, "refuses"),
        ];
        for (code, sentence) in cases {
            let error = translate(
                Path::new("x/journal.db"),
                &Error::SqliteFailure(ffi::Error::new(code), None),
            );
            assert!(error.to_string().contains(sentence), "{code}: {error}");
            assert_eq!(
                matches!(error, StoreError::Unavailable { .. }),
                sentence.starts_with("cannot be used")
            );
        }
    }
}
