//! Checks what authorities sign, with nothing but their key files: no network, no database, and no code of those who
//! wrote it.
//!
//! | Module | What it checks |
//! | --- | --- |
//! | `permit` | the code on a permit; with `code`, `envelope` and `fields`, of which it is made |
//! | `list` | the list of what was revoked or used |
//! | `note` | a signed checkpoint of a log, and that it continues an older one |
//! | `proof` | that an entry is in a log |
//! | `bundle` | the same of many entries at once |
//! | `statement` | the figures of a year: sums, and who signed them |
//! | `key_file` | the keys themselves |
//!
//! Every function takes what was in a file and gives a [`Report`], or the [`Reason`] for which it was refused. What a
//! report does not say is not proven.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic
)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bundle;
mod cbor;
mod code;
mod crypto;
mod day;
mod envelope;
mod evidence;
mod fields;
mod key_file;
mod letters;
mod list;
mod mass;
mod message;
mod note;
mod permit;
mod proof;
mod reason;
mod report;
mod statement;

pub use bundle::check_bundle;
pub use day::{Day, today};
pub use key_file::KeyFile;
pub use list::ListFile;
pub use note::{LogKey, check_checkpoint};
pub use permit::check_permit;
pub use proof::check_proof;
pub use reason::{REASONS, Reason};
pub use report::Report;
pub use statement::check_statement;

/// A report, or why it was refused.
pub type Checked<T> = Result<T, Reason>;

/// The longest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
