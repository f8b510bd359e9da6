//! Signed messages as an authority and its partner make, read and answer them, and as everybody else would like to.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop where it stands"
)]

mod answer;
mod compact;
mod key;
mod key_file;
mod open;
mod receipt;
mod sealed;
mod world;
