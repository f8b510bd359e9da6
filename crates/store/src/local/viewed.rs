//! Who looked at what.

use rusqlite::params;

use super::Local;
use crate::StoreError;

/// A look at something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    /// When, in microseconds since 1970-01-01T00:00Z.
    pub at_us: i64,
    /// Who looked.
    pub actor: String,
    /// The id of what was looked at.
    pub subject: String,
}

impl Local {
    /// Keeps looks, in one transaction.
    pub fn put_viewed(&mut self, viewed: &[Viewed]) -> Result<(), StoreError> {
        let done = self
            .database
            .connection
            .unchecked_transaction()
            .and_then(|transaction| {
                for look in viewed {
                    transaction
                        .prepare_cached("INSERT INTO viewed (at, actor, subject) VALUES (?1, ?2, ?3)")?
                        .execute(params![look.at_us, look.actor, look.subject])?;
                }
                transaction.commit()
            });
        done.map_err(|error| self.database.fail(&error))
    }

    /// Who looked at something, the last first.
    pub fn viewed(&self, subject: &str, limit: usize) -> Result<Vec<Viewed>, StoreError> {
        let sql = "SELECT at, actor, subject FROM viewed WHERE subject = ?1 ORDER BY no DESC LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(sql, params![subject, limit], |row| {
            Ok(Viewed {
                at_us: row.get(0)?,
                actor: row.get(1)?,
                subject: row.get(2)?,
            })
        })
    }
}
