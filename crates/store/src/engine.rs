//! Which engine keeps the data, chosen at run time by a URL, and the opening of all its parts.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::memory::{MemoryJournal, MemoryRegister};
use crate::sqlite::{self, SqliteJournal, SqliteRegister};
use crate::{Journal, JournalReader, Local, Register, StoreError};

/// An engine, as a URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// `memory:`: everything ends with the process.
    Memory,
    /// `sqlite:PATH`: three files in a folder.
    Sqlite {
        /// The folder, relative to the data folder; empty (`sqlite:`) is the data folder itself.
        path: PathBuf,
    },
}

/// All parts of a store, each for its one writer.
pub struct Stores {
    /// The truth.
    pub journal: Box<dyn Journal>,
    /// What is derived from it; look at its state before use.
    pub register: Box<dyn Register>,
    /// What belongs to this machine.
    pub local: Local,
}

impl FromStr for Engine {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        // Only the scheme is ever repeated: what follows may hold a password.
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.starts_with("//") => Ok(Self::Sqlite { path: path.into() }),
            Some(("memory" | "sqlite", _)) => Err(StoreError::refused(
                "this storage URL: write `memory:` with nothing after it, or `sqlite:PATH` without `//`",
            )),
            Some((scheme, _)) => Err(StoreError::refused(format!(
                "storage of the kind `{scheme}:`: this program knows `sqlite:PATH` and `memory:`"
            ))),
            None => Err(StoreError::refused(
                "a storage URL without `:`: write `sqlite:PATH` or `memory:`",
            )),
        }
    }
}

impl Engine {
    /// Whether a journal is there to be opened.
    pub fn holds_journal(&self, folder: &Path) -> bool {
        match self {
            Self::Memory => false,
            Self::Sqlite { path } => sqlite::JOURNAL.path(&folder.join(path)).exists(),
        }
    }
}

/// Makes the stores of a new authority in an existing folder; a journal that is there already is refused.
pub fn create(folder: &Path, engine: &Engine) -> Result<Stores, StoreError> {
    match engine {
        Engine::Memory => in_memory(),
        Engine::Sqlite { path } => {
            let folder = folder.join(path);
            let journal = Box::new(SqliteJournal::create(&folder)?);
            beside(journal, &folder)
        }
    }
}

/// Opens the stores of a folder; in memory, where nothing was kept, they are new.
///
/// A journal must be there. A register that is missing or unclean is made anew ([`Register::state`] tells), and so is
/// missing local data ([`Local::is_new`] tells).
pub fn open(folder: &Path, engine: &Engine) -> Result<Stores, StoreError> {
    match engine {
        Engine::Memory => in_memory(),
        Engine::Sqlite { path } => {
            let folder = folder.join(path);
            let journal = Box::new(SqliteJournal::open(&folder)?);
            beside(journal, &folder)
        }
    }
}

/// Opens only the journal, and only for reading: the folder's files stay as they are, whoever else has them open.
pub fn open_journal_reader(folder: &Path, engine: &Engine) -> Result<Box<dyn JournalReader>, StoreError> {
    match engine {
        Engine::Memory => Err(StoreError::refused(
            "reading a journal in memory from outside of its process",
        )),
        Engine::Sqlite { path } => sqlite::open_reader(&folder.join(path)),
    }
}

/// Copies the journal and the local data of a folder into another, each whole and as of one moment, also while they are
/// written. The register is left out: it is derived.
pub fn copy(folder: &Path, engine: &Engine, to: &Path) -> Result<(), StoreError> {
    match engine {
        Engine::Memory => Err(StoreError::refused(
            "copying a journal in memory from outside of its process",
        )),
        Engine::Sqlite { path } => sqlite::copy(&folder.join(path), to),
    }
}

/// Opens what lies beside a journal of `SQLite`.
fn beside(journal: Box<dyn Journal>, folder: &Path) -> Result<Stores, StoreError> {
    Ok(Stores {
        journal,
        register: Box::new(SqliteRegister::open(folder)?),
        local: Local::open(folder)?,
    })
}

fn in_memory() -> Result<Stores, StoreError> {
    Ok(Stores {
        journal: Box::new(MemoryJournal::default()),
        register: Box::new(MemoryRegister::default()),
        local: Local::in_memory()?,
    })
}
