//! The transparency log: an append-only Merkle tree over opaque entries, its tiles, checkpoints, cosignatures and
//! proofs, in the formats of RFC 6962 and C2SP as they stand.
//!
//! | Module | What it holds | Source |
//! | --- | --- | --- |
//! | `hash` | leaf and node hashes | RFC 6962 §2.1 |
//! | `tree` | the growing tree, kept as its frontier | RFC 6962 §2.1 |
//! | `source` | where the hashes of past trees are read from | |
//! | `tile` | tiles, their paths, entry bundles | <https://c2sp.org/tlog-tiles> |
//! | `proof` | inclusion and consistency | RFC 6962 §2.1.1 and §2.1.2 |
//! | `proof_file` | a proof that can be checked offline | <https://c2sp.org/tlog-proof> |
//! | `checkpoint` | signed tree heads | <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note> |
//! | `key` | keys of logs and cosigners | <https://c2sp.org/signed-note> |
//! | `witness` | what is asked of a witness, and what it answers | <https://c2sp.org/tlog-witness> |
//! | `cosignature` | what a witness checks and signs | <https://c2sp.org/tlog-cosignature> |
//!
//! This crate does no input or output and knows nothing of what the entries mean.
//! Every parser has a size cap, and nothing here panics on what it is given.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic
)]

mod checkpoint;
mod cosignature;
mod error;
mod hash;
mod key;
mod proof;
mod proof_file;
mod source;
mod tile;
mod tree;
mod witness;

pub use checkpoint::{Checkpoint, Cosignature, NOTE_BYTES_MAX, Verified, sign, verify, verify_all};
pub use cosignature::{add_signature, cosign};
pub use error::Error;
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
pub use key::{LogKey, NAME_BYTES_MAX};
pub use proof::{PROOF_HASHES_MAX, consistency_proof, inclusion_proof, root_at, verify_consistency, verify_inclusion};
pub use proof_file::{EXTRA_BYTES_MAX, PROOF_FILE_BYTES_MAX, ProofFile};
pub use source::{Hashes, Live};
pub use tile::{ENTRY_BYTES_MAX, FullTile, TILE_WIDTH, TileKind, TilePath, entry_bundle, parse_entry_bundle, tile};
pub use tree::{SIZE_MAX, Tree};
pub use witness::{ADD_CHECKPOINT_BYTES_MAX, AddCheckpoint, WITNESS_PROOF_LINES_MAX, WitnessRefusal};
