//! The store: a durable journal, a register derived from it, and local data, for several engines behind traits.
//!
//! - The [`Journal`] is the truth: entries, tiles, checkpoints and cosignatures, append-only.
//! - The [`Register`] is derived: relational rows for queries, filled in bulk, droppable and rebuildable.
//! - [`Local`] is what belongs to one machine and may be erased.
//!
//! The store knows no rule and no business meaning, and never writes a balance.
//! All engines pass one conformance suite; engine-specific SQL lives in the engine's module and nowhere else.

mod content;
mod engine;
mod error;
mod journal;
mod local;
mod memory;
mod register;
mod sqlite;

pub use engine::{Engine, Stores, copy, create, open, open_journal_reader};
pub use error::StoreError;
pub use journal::{Group, Hash, Journal, JournalReader, Row, TILE_BYTES, TILE_HASHES, Tile};
pub use local::{ApiKey, Credential, Enrolment, Local, Notice, Person, Session, Viewed};
pub use register::{
    Backwards, CommandRow, EntryRow, MovementRow, NAME_BATCH, NAME_ITEM, NAME_KIND, NAME_MODE, NAME_SITE, NO_DISPATCH,
    NO_PEER, RefusalRow, Register, RegisterReader, RegisterState, Rows, Span, month_of_day,
};
