//! The law and the ledger, pure: `decide` turns a command into entries or a refusal, `apply` turns entries into state.
//!
//! Nothing here reads a clock, a file, a network or a random number: time and random bytes arrive with the command.
//! The same entries give the same state, bit by bit, on every machine.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::too_many_lines
)]
// A refusal travels in a box: it is rare, and the common path stays small.
#![allow(clippy::unnecessary_box_returns)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod access;
pub mod authority;
pub mod channel;
pub mod command;
pub mod country;
pub mod demand;
pub mod digest;
pub mod holder;
pub mod id;
pub mod inspection;
pub mod journal;
pub mod ledger;
pub mod licence;
pub mod order;
pub mod partner;
pub mod plan;
pub mod policy;
pub mod product;
pub mod province;
pub mod quantity;
pub mod reference;
pub mod refusal;
pub mod reporting;
pub mod schedule_iii;
mod schema;
pub mod seen;
mod state;
pub mod substance;
pub mod table;
pub mod trade;
pub mod training;

mod decide;

pub use command::{Command, Envelope};
pub use decide::{Context, cites, decide, refused};
pub use journal::{Entry, Event};
pub use refusal::{Refusal, Refused};
pub use state::{Broken, State};

pub(crate) use state::broken;
