//! `backup` and `restore`: a whole authority in one file, and back.
//!
//! The file is a plain tar archive: first the manifest and its hash, then the parts that the manifest lists, in its order.

mod make;
mod restore;

use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::output::Failure;

pub use make::{BackupArgs, backup};
pub use restore::{RestoreArgs, restore};

/// The kind of file, and its version.
const FORMAT: &str = "countersign backup 1";
/// The first entry of the archive.
const MANIFEST: &str = "manifest.json";
/// The second: the manifest's hash, as `sha256sum --check` reads it.
const MANIFEST_HASH: &str = "manifest.sha256";
/// Parts that every backup has.
const WHOLE: [&str; 3] = ["authority.toml", "journal.db", "local.db"];
/// Folders whose files are parts.
const FOLDERS: [&str; 2] = ["keys", "files"];

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    /// The authority's id.
    authority: String,
    made_at: Timestamp,
    /// How many entries the journal has.
    entries: u64,
    /// Its newest signed checkpoint.
    checkpoint: Option<String>,
    /// Every other part, in the archive's order.
    parts: Vec<Part>,
}

/// A file of the authority.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    path: String,
    bytes: u64,
    sha256: String,
}

/// Whether a part may lie there: nothing leads out of the folder, or to what a backup has no business with.
fn is_part(path: &str) -> bool {
    let is_name = |name: &str| {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        !name.is_empty() && !name.starts_with('.') && name.len() <= 80 && name.chars().all(fits)
    };
    match path.split_once('/') {
        None => WHOLE.contains(&path),
        Some((folder, name)) => FOLDERS.contains(&folder) && is_name(name),
    }
}

/// Passes bytes on, up to the end; gives how many, and their hash.
fn hashed(from: &mut dyn Read, to: &mut dyn Write) -> std::io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let (mut bytes, mut part) = (0_u64, vec![0; 1 << 16]);
    loop {
        let read = from.read(&mut part)?;
        let Some(read) = part.get(..read).filter(|read| !read.is_empty()) else {
            return Ok((bytes, hex(&hash.finalize())));
        };
        hash.update(read);
        to.write_all(read)?;
        bytes += read.len() as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

/// The line that stands for the manifest.
fn manifest_hash(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", hex(&Sha256::digest(manifest)))
}

/// A file operation that failed, with its path.
fn at(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| Failure::Unavailable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::is_part;

    #[test]
    fn parts_lie_where_an_authority_keeps_them_and_nowhere_else() {
        for part in ["authority.toml", "journal.db", "keys/log.key", "files/0a1b"] {
            assert!(is_part(part), "{part}");
        }
        for other in [
            "",
            "register.db",
            "/etc/passwd",
            "../journal.db",
            "keys/../journal.db",
            "keys/",
            "keys/.ssh",
            "keys/a/b",
            "snapshots/1",
            "keys/..",
            "journal.db/",
            "./journal.db",
            "keys\\log.key",
            "socket",
        ] {
            assert!(!is_part(other), "{other}");
        }
    }
}
