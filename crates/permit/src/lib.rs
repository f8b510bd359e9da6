//! The code on a permit: the permit itself, signed, in a picture that a telephone reads without a network.
//!
//! A code is `CS1:` and base45 (RFC 9285) of zlib (RFC 1950) of a tagged `COSE_Sign1` (RFC 9052) by Ed25519 over CBOR
//! (RFC 8949) in its deterministic form (§4.2.1): the conventions of the European health certificate.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | `document` | what a permit says |
//! | `claims` | the permit as CBOR, and back |
//! | `strict` | the limits on CBOR before anything is made of it |
//! | `envelope` | signature, key, issuer and time |
//! | `code` | text, compression, parts |
//! | `list` | the signed list of what was revoked or used |
//! | `reading` | what somebody who holds a code wants to know |
//! | `picture` | the code as SVG |
//!
//! Nothing here reads a clock, a file, a network or a random number, and nothing panics on what it is given.
//!
//! # Sizes
//!
//! Measured by `sizes_of_codes` in the tests, with both names of 60 bytes, cities, customs posts, and numbers as
//! authorities give them. The version is that of the QR code at level Q: version 20 holds 702 characters, version 25
//! holds 1041, and what is longer takes several codes.
//!
//! | Permit | Codes | Characters of the longest | Version |
//! | --- | --- | --- | --- |
//! | one line, Latin | 1 | 619 | 19 |
//! | two lines, Latin | 1 | 682 | 20 |
//! | one line, Chinese | 1 | 633 | 19 |
//! | two lines, Chinese | 1 | 700 | 20 |
//! | twenty lines, all different | 4 | 873 | 23 |
//!
//! # Times
//!
//! Built for release on one core, a code is checked in 0.07 ms; a list of a hundred thousand permits has 1.2 MB, its
//! signature and order are checked in 4 ms, and a permit is found in it in less than a microsecond.

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

mod broken;
mod claims;
mod code;
mod document;
mod envelope;
mod list;
mod picture;
mod reading;
mod strict;

pub use broken::{BROKEN, Broken};
pub use code::{CODE_CHARS_MAX, Codes, INFLATED_BYTES_MAX, PARTS_MAX, PREFIX, open, sign};
pub use document::{
    Authorization, Field, ID_BYTES_MAX, Kind, LINES_MAX, Line, POSTS_MAX, Party, Permit, Purpose, TEXT_BYTES_MAX, Unit,
    addresses_hash,
};
pub use envelope::{Key, Keys, Kid, kid};
pub use list::{LIST_BYTES_MAX, List, Listed, Listing, copy_name, open_list, sign_list};
pub use picture::{Picture, draw};
pub use reading::{Read, Reading, read};
