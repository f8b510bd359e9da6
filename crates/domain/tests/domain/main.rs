//! The law and the ledger as their users meet them: tables in `tests/ledger`, properties, a naive second opinion.

// Tests stop at the first thing that is not as it must be, and say it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod border;
mod coverage;
mod found;
mod gate;
mod golden;
mod movements;
mod naive;
mod nation;
mod partner;
mod properties;
mod query;
mod random;
mod refusals;
mod scripts;
mod seen;
mod text;
mod trade;
mod two;
mod world;
