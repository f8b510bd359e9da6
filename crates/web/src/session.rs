//! Sessions: a random token in a cookie or a header, its hash in local data, and limits of time.

use std::sync::MutexGuard;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::Actor;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use store::{Local, Session};
use subtle::ConstantTimeEq;

use crate::App;
use crate::answer::Fault;
use crate::ask::{Via, Visitor};

/// A session ends when nothing was done for so long, in microseconds.
pub const IDLE_US: i64 = 30 * 60 * 1_000_000;
/// A session ends after so long, whatever was done.
pub const WHOLE_US: i64 = 12 * 3600 * 1_000_000;
/// The last use of a session is kept to so long.
const SEEN_US: i64 = 60 * 1_000_000;

/// A new token: 256 random bits, as text.
pub fn new_token() -> Result<String, Fault> {
    let bytes: [u8; 32] = crate::random().map_err(Fault::Failed)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// What forms carry: it follows from the token in the cookie, which no other site can read.
pub fn csrf(token: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(b"csrf");
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Whether a form carries what this visitor's forms carry.
pub fn is_ours(sent: &str, csrf: &str) -> bool {
    !csrf.is_empty() && bool::from(sent.as_bytes().ct_eq(csrf.as_bytes()))
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = all
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
}

/// Sets a cookie of this host alone, that no script reads and no other site sends along with a form.
pub fn set_cookie(name: &str, value: &str, age_s: i64) -> Result<HeaderValue, Fault> {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age_s}");
    HeaderValue::from_str(&text).map_err(|error| Fault::Failed(error.to_string()))
}

/// The real time of this machine.
pub fn wall() -> crate::Wall {
    std::sync::Arc::new(|| jiff::Timestamp::now().as_microsecond())
}

impl App {
    /// The name of the cookie that holds a session. It names the authority: ports of one host share their cookies.
    pub fn session_cookie(&self) -> String {
        format!("__Host-cs-{}", self.id())
    }

    /// The name of the cookie of a visit that has not signed in.
    pub fn visit_cookie(&self) -> String {
        format!("__Host-csv-{}", self.id())
    }

    fn local(&self) -> MutexGuard<'_, Local> {
        self.authority().local()
    }

    /// Begins a session; gives its token.
    pub fn begin_session(&self, person: &str, actor: &Actor, bearer: bool) -> Result<String, Fault> {
        let (token, now) = (new_token()?, self.wall_us());
        let session = Session {
            token_hash: hash(&token),
            person: person.to_owned(),
            actor: actor.to_string(),
            bearer,
            made_at_us: now,
            seen_at_us: now,
        };
        let mut local = self.local();
        local.forget_sessions(now - IDLE_US, now - WHOLE_US)?;
        local.put_session(&session)?;
        Ok(token)
    }

    /// The visitor of a session's token, if it is good now. Roles are looked up each time: one that was taken away is
    /// gone at once.
    pub fn visitor(&self, token: &str, bearer: bool) -> Result<Option<Visitor>, Fault> {
        let (hash, now) = (hash(token), self.wall_us());
        let found = self.local().session(&hash)?;
        let good = |session: &Session| {
            session.bearer == bearer && now - session.seen_at_us < IDLE_US && now - session.made_at_us < WHOLE_US
        };
        let Some(mut session) = found.filter(good) else {
            return Ok(None);
        };
        let actors = self.actors_of(&session.person);
        let kept = session
            .actor
            .parse::<Actor>()
            .ok()
            .filter(|actor| actors.contains(actor));
        // In a browser somebody goes on in another role; a token stands for the one it was given for.
        if bearer && kept.is_none() {
            return Err(Fault::NotEntitled);
        }
        let Some(actor) = kept.or_else(|| actors.first().cloned()) else {
            return Ok(None);
        };
        if now - session.seen_at_us > SEEN_US || session.actor != actor.as_str() {
            session.seen_at_us = now;
            session.actor = actor.to_string();
            self.local().put_session(&session)?;
        }
        let ends_at = (now + IDLE_US).min(session.made_at_us + WHOLE_US) / 1_000_000;
        Ok(Some(Visitor {
            actor,
            actors,
            via: Via::Session(hash),
            ends_at,
        }))
    }

    /// The visitor of a system's key, if it is good.
    pub fn system(&self, key: &str) -> Result<Option<Visitor>, Fault> {
        let now = self.wall_us();
        let found = self.local().api_key(&hash(key))?;
        let Some(found) = found.filter(|key| key.ended_at_us.is_none()) else {
            return Ok(None);
        };
        let actor = found
            .actor
            .parse::<Actor>()
            .ok()
            .filter(|actor| self.authority().state().access.holds(actor));
        let actor = actor.ok_or(Fault::NotEntitled)?;
        if found.used_at_us.is_none_or(|used| now - used > 3600 * 1_000_000) {
            self.local().use_api_key(&found.id, now)?;
        }
        Ok(Some(Visitor {
            actors: vec![actor.clone()],
            actor,
            via: Via::Key,
            ends_at: i64::MAX,
        }))
    }

    /// All as whom a person may act now.
    pub fn actors_of(&self, person: &str) -> Vec<Actor> {
        self.authority().state().access.actors_of(person).cloned().collect()
    }
}
