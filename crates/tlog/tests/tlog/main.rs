//! Tests of the transparency log against a naive oracle, foreign vectors and forgeries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod checkpoint;
mod cosignature;
mod key;
mod oracle;
mod proof;
mod proof_file;
mod shelf;
mod tile;
mod tree;
mod witness;
