//! Keys with which systems of companies reach the API.

use rusqlite::{Row, params};

use super::Local;
use crate::{Hash, StoreError};

/// A key of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which may be shown.
    pub id: String,
    /// The hash of the key; the key itself is stored nowhere.
    pub key_hash: Hash,
    /// As whom the system acts.
    pub actor: String,
    /// What people call it.
    pub label: String,
    /// Who made it.
    pub made_by: String,
    /// When it was made, in microseconds since 1970-01-01T00:00Z.
    pub made_at_us: i64,
    /// When it was last used, to the hour.
    pub used_at_us: Option<i64>,
    /// Since when it is taken no more.
    pub ended_at_us: Option<i64>,
}

const COLUMNS: &str = "id, key_hash, actor, label, made_by, made_at, used_at, ended_at";

impl Local {
    /// Keeps a new key.
    pub fn put_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_key (id, key_hash, actor, label, made_by, made_at, used_at, ended_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.execute(
            sql,
            params![
                key.id,
                key.key_hash.as_slice(),
                key.actor,
                key.label,
                key.made_by,
                key.made_at_us,
                key.used_at_us,
                key.ended_at_us
            ],
        )
    }

    /// The key with this hash, ended or not.
    pub fn api_key(&self, key_hash: &Hash) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM api_key WHERE key_hash = ?1");
        self.one(&sql, [key_hash.as_slice()], api_key)
    }

    /// All keys, the newest first.
    pub fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM api_key ORDER BY made_at DESC, id");
        self.all(&sql, [], api_key)
    }

    /// Notes that a key was used.
    pub fn use_api_key(&mut self, id: &str, at_us: i64) -> Result<(), StoreError> {
        self.execute("UPDATE api_key SET used_at = ?2 WHERE id = ?1", params![id, at_us])
    }

    /// Ends a key; tells whether it was in use.
    pub fn end_api_key(&mut self, id: &str, at_us: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE api_key SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
        Ok(self.changed(sql, params![id, at_us])? > 0)
    }

    /// Ends all keys; tells how many were in use.
    pub fn end_api_keys(&mut self, at_us: i64) -> Result<usize, StoreError> {
        self.changed("UPDATE api_key SET ended_at = ?1 WHERE ended_at IS NULL", [at_us])
    }
}

fn api_key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: row.get(0)?,
        key_hash: row.get(1)?,
        actor: row.get(2)?,
        label: row.get(3)?,
        made_by: row.get(4)?,
        made_at_us: row.get(5)?,
        used_at_us: row.get(6)?,
        ended_at_us: row.get(7)?,
    })
}
