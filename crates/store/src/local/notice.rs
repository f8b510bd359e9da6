//! Notices that wait to be sent to persons.

use rusqlite::{Row, params};

use super::Local;
use crate::StoreError;

/// A notice to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number; ignored where one is kept.
    pub no: i64,
    /// When it was written, in microseconds since 1970-01-01T00:00Z.
    pub at_us: i64,
    /// The id of the person.
    pub person: String,
    /// Its subject line.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// How often sending has failed.
    pub tries: u32,
}

impl Local {
    /// Keeps a notice until it is sent.
    pub fn put_notice(&mut self, notice: &Notice) -> Result<(), StoreError> {
        let sql = "INSERT INTO notice (at, person, subject, text, tries, again_at) VALUES (?1, ?2, ?3, ?4, 0, ?1)";
        self.execute(sql, params![notice.at_us, notice.person, notice.subject, notice.text])
    }

    /// Notices to be sent now, the oldest first.
    pub fn notices_due(&self, now_us: i64, limit: usize) -> Result<Vec<Notice>, StoreError> {
        let sql = "SELECT no, at, person, subject, text, tries FROM notice WHERE sent_at IS NULL AND again_at <= ?1
            ORDER BY no LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(sql, params![now_us, limit], notice)
    }

    /// Notes that a notice was sent: its words are forgotten.
    pub fn sent_notice(&mut self, no: i64, at_us: i64) -> Result<(), StoreError> {
        self.execute("UPDATE notice SET sent_at = ?2, text = '' WHERE no = ?1", [no, at_us])
    }

    /// Notes that a notice could not be sent, and when it is tried again.
    pub fn unsent_notice(&mut self, no: i64, again_at_us: i64) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET tries = tries + 1, again_at = ?2 WHERE no = ?1";
        self.execute(sql, [no, again_at_us])
    }
}

fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice {
        no: row.get(0)?,
        at_us: row.get(1)?,
        person: row.get(2)?,
        subject: row.get(3)?,
        text: row.get(4)?,
        tries: row.get(5)?,
    })
}
