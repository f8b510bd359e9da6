//! Files that prove something: signed documents, scans of letters and of returned copies, by their hash.

use rusqlite::params;

use super::Local;
use crate::{Hash, StoreError};

impl Local {
    /// Keeps a file under its SHA-256 hash; the same again changes nothing.
    pub fn put_evidence(&mut self, hash: &Hash, bytes: &[u8], person: &str, at_us: i64) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO evidence (hash, bytes, person, kept_at) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, params![hash.as_slice(), bytes, person, at_us])
    }

    /// The file with this hash.
    pub fn evidence(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM evidence WHERE hash = ?1";
        self.one(sql, [hash.as_slice()], |row| row.get(0))
    }

    /// Whether the file with this hash is kept.
    pub fn has_evidence(&self, hash: &Hash) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM evidence WHERE hash = ?1";
        let found: Option<i64> = self.one(sql, [hash.as_slice()], |row| row.get(0))?;
        Ok(found.is_some())
    }
}
