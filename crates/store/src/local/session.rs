//! Who is signed in.

use rusqlite::{Row, params};

use super::Local;
use crate::{Hash, StoreError};

/// A session of a person who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of its token; the token itself is stored nowhere.
    pub token_hash: Hash,
    /// The id of the person.
    pub person: String,
    /// As whom they act.
    pub actor: String,
    /// Whether its token is sent in a header instead of a cookie.
    pub bearer: bool,
    /// When it began, in microseconds since 1970-01-01T00:00Z.
    pub made_at_us: i64,
    /// When it was last used.
    pub seen_at_us: i64,
}

impl Local {
    /// Keeps or changes a session.
    pub fn put_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO session (token_hash, person, actor, bearer, made_at, seen_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(
            sql,
            params![
                session.token_hash.as_slice(),
                session.person,
                session.actor,
                session.bearer,
                session.made_at_us,
                session.seen_at_us
            ],
        )
    }

    /// The session whose token has this hash, ended by time or not.
    pub fn session(&self, token_hash: &Hash) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT token_hash, person, actor, bearer, made_at, seen_at FROM session WHERE token_hash = ?1";
        self.one(sql, [token_hash.as_slice()], session)
    }

    /// The sessions of a person that are kept, ended by time or not; the last begun first.
    pub fn sessions_of(&self, person: &str) -> Result<Vec<Session>, StoreError> {
        let sql = "SELECT token_hash, person, actor, bearer, made_at, seen_at FROM session WHERE person = ?1
            ORDER BY made_at DESC, token_hash";
        self.all(sql, [person], session)
    }

    /// Ends a session.
    pub fn end_session(&mut self, token_hash: &Hash) -> Result<(), StoreError> {
        self.execute("DELETE FROM session WHERE token_hash = ?1", [token_hash.as_slice()])
    }

    /// Ends all sessions of a person.
    pub fn end_sessions(&mut self, person: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM session WHERE person = ?1", [person])
    }

    /// Forgets sessions that were last used before a moment or made before another.
    pub fn forget_sessions(&mut self, seen_before_us: i64, made_before_us: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM session WHERE seen_at < ?1 OR made_at < ?2";
        self.execute(sql, [seen_before_us, made_before_us])
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        token_hash: row.get(0)?,
        person: row.get(1)?,
        actor: row.get(2)?,
        bearer: row.get(3)?,
        made_at_us: row.get(4)?,
        seen_at_us: row.get(5)?,
    })
}
