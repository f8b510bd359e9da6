//! How persons prove who they are: invitations to enrol, passwords, second factors.

use rusqlite::{Row, params};

use super::Local;
use crate::{Hash, StoreError};

/// A person's open invitation to set up credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The id of the person.
    pub person: String,
    /// The hash of the token in the link; the token itself is stored nowhere.
    pub token_hash: Hash,
    /// The hash of the code that the second administrator hands over apart from the link, if there is one.
    pub code_hash: Option<Hash>,
    /// Whether the second factor is made anew too.
    pub renews_all: bool,
    /// The entry in which it was proposed; none at the founding and in a demonstration.
    pub proposal: Option<u64>,
    /// Whether it may be used: a second administrator has agreed.
    pub open: bool,
    /// How often a wrong code was given.
    pub failures: u32,
    /// When it ends, in microseconds since 1970-01-01T00:00Z.
    pub expires_at_us: i64,
}

/// What a person signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The id of the person.
    pub person: String,
    /// The password's hash, with its algorithm and salt.
    pub password: String,
    /// The secret that the second factor's codes are made of.
    pub secret: Vec<u8>,
    /// The time step of the last code taken: no code is taken twice.
    pub last_step: u64,
    /// Failed attempts since the last success.
    pub failures: u32,
    /// No attempt is looked at before, in microseconds since 1970-01-01T00:00Z.
    pub locked_until_us: i64,
}

const ENROLMENT: &str = "person, token_hash, code_hash, renews_all, proposal, open, failures, expires_at";

impl Local {
    /// Keeps an enrolment; a person has one, the last.
    pub fn put_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO enrolment
            (person, token_hash, code_hash, renews_all, proposal, open, failures, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.execute(
            sql,
            params![
                enrolment.person,
                enrolment.token_hash.as_slice(),
                enrolment.code_hash.as_ref().map(Hash::as_slice),
                enrolment.renews_all,
                enrolment.proposal.map(u64::cast_signed),
                enrolment.open,
                enrolment.failures,
                enrolment.expires_at_us
            ],
        )
    }

    /// The enrolment whose token has this hash, expired or not.
    pub fn enrolment(&self, token_hash: &Hash) -> Result<Option<Enrolment>, StoreError> {
        let sql = format!("SELECT {ENROLMENT} FROM enrolment WHERE token_hash = ?1");
        self.one(&sql, [token_hash.as_slice()], enrolment)
    }

    /// The enrolment of a person, expired or not.
    pub fn enrolment_of(&self, person: &str) -> Result<Option<Enrolment>, StoreError> {
        let sql = format!("SELECT {ENROLMENT} FROM enrolment WHERE person = ?1");
        self.one(&sql, [person], enrolment)
    }

    /// Every enrolment that is kept, expired or not, by person.
    pub fn enrolments(&self) -> Result<Vec<Enrolment>, StoreError> {
        let sql = format!("SELECT {ENROLMENT} FROM enrolment ORDER BY person");
        self.all(&sql, [], enrolment)
    }

    /// Removes a person's enrolment, once used or taken back; tells whether there was one.
    pub fn remove_enrolment(&mut self, person: &str) -> Result<bool, StoreError> {
        let removed = self.changed("DELETE FROM enrolment WHERE person = ?1", [person])?;
        Ok(removed > 0)
    }

    /// Keeps or changes what a person signs in with.
    pub fn put_credential(&mut self, credential: &Credential) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO credential (person, password, secret, last_step, failures, locked_until)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(
            sql,
            params![
                credential.person,
                credential.password,
                credential.secret,
                credential.last_step.cast_signed(),
                credential.failures,
                credential.locked_until_us
            ],
        )
    }

    /// What a person signs in with.
    pub fn credential(&self, person: &str) -> Result<Option<Credential>, StoreError> {
        let sql = "SELECT person, password, secret, last_step, failures, locked_until FROM credential
            WHERE person = ?1";
        self.one(sql, [person], |row| {
            Ok(Credential {
                person: row.get(0)?,
                password: row.get(1)?,
                secret: row.get(2)?,
                last_step: row.get::<_, i64>(3)?.cast_unsigned(),
                failures: row.get(4)?,
                locked_until_us: row.get(5)?,
            })
        })
    }

    /// Takes a code's time step; `false` if this one or a later one was taken before.
    pub fn take_step(&mut self, person: &str, step: u64) -> Result<bool, StoreError> {
        let sql = "UPDATE credential SET last_step = ?2, failures = 0, locked_until = 0
            WHERE person = ?1 AND last_step < ?2";
        Ok(self.changed(sql, params![person, step.cast_signed()])? > 0)
    }

    /// Whether anybody can sign in yet.
    pub fn has_credentials(&self) -> Result<bool, StoreError> {
        let any = self.one("SELECT 1 FROM credential LIMIT 1", [], |_| Ok(()))?;
        Ok(any.is_some())
    }
}

fn enrolment(row: &Row<'_>) -> rusqlite::Result<Enrolment> {
    Ok(Enrolment {
        person: row.get(0)?,
        token_hash: row.get(1)?,
        code_hash: row.get(2)?,
        renews_all: row.get(3)?,
        proposal: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
        open: row.get(5)?,
        failures: row.get(6)?,
        expires_at_us: row.get(7)?,
    })
}
