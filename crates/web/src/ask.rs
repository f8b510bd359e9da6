//! What a handler is asked: the visitor, the language, the path, the fields.

use std::fmt::Display;
use std::sync::Arc;

use authority::{Receipt, StateGuard};
use axum::body::Bytes;
use axum::http::HeaderMap;
use domain::access::{Actor, Role};
use domain::{Command, Envelope};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::App;
use crate::answer::Fault;
use crate::fields::Fields;
use crate::words::{Lang, Words};

/// Somebody who is signed in, or a system with a key.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// As whom they act.
    pub actor: Actor,
    /// All as whom they may act.
    pub actors: Vec<Actor>,
    /// How they proved who they are.
    pub via: Via,
    /// When the session ends at the latest, or when nothing is done; seconds since 1970.
    pub ends_at: i64,
}

/// How a visitor proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Password and second factor; a cookie or a token holds the session with this hash.
    Session([u8; 32]),
    /// A key of a company's system: it has no second factor.
    Key,
}

impl Visitor {
    /// The person's id.
    pub fn person(&self) -> &str {
        self.actor.person()
    }

    /// Whether they act in this role.
    pub fn is(&self, role: Role) -> bool {
        self.actor.capacity() == domain::access::Capacity::Officer(role)
    }

    /// Whether they act in one of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        matches!(self.actor.capacity(), domain::access::Capacity::Officer(role) if roles.contains(&role))
    }

    /// The holder they act for, if any.
    pub fn holder(&self) -> Option<&str> {
        self.actor.holder()
    }
}

/// A request, as a handler sees it.
pub struct Ask {
    /// The authority's pages.
    pub app: Arc<App>,
    /// Who asks, if they are signed in.
    pub visitor: Option<Visitor>,
    /// The language of the answer.
    pub lang: Lang,
    /// What forms of this visitor carry, so that no other site can send them.
    pub csrf: String,
    /// The path, without the query.
    pub path: String,
    /// The path with its query, as it was asked.
    pub url: String,
    /// The path's parameters.
    pub params: Vec<(String, String)>,
    /// The query's fields.
    pub query: Fields,
    /// The form's fields, where the body is a form.
    pub form: Fields,
    /// The body, where it is none.
    pub body: Bytes,
    /// The headers.
    pub headers: HeaderMap,
    /// The address of whoever is at the other end, for limits.
    pub peer: std::net::IpAddr,
    /// The business time.
    pub now: Timestamp,
}

impl Ask {
    /// The words of the answer's language.
    pub fn words(&self) -> Words {
        Words(self.lang)
    }

    /// A parameter of the path.
    pub fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The visitor of a route that none but visitors may use.
    pub fn visitor(&self) -> Result<&Visitor, Fault> {
        self.visitor.as_ref().ok_or(Fault::SignIn)
    }

    /// As whom the visitor acts.
    pub fn actor(&self) -> Result<&Actor, Fault> {
        self.visitor().map(|visitor| &visitor.actor)
    }

    /// The civil day in the authority's zone.
    pub fn today(&self) -> Date {
        self.app.authority().day_of(self.now)
    }

    /// A moment in words, in the authority's zone.
    pub fn time(&self, at: Timestamp) -> String {
        self.words().time(self.app.authority().civil(at))
    }

    /// The committed state. It is held for as long as the guard lives, and may be held twice: render, and let it go before
    /// anything is submitted.
    pub fn state(&self) -> StateGuard<'_> {
        self.app.authority().state()
    }

    /// The name of a person for people who may see it: this machine's name for the id, or the id.
    pub fn person(&self, id: &str) -> String {
        let known = self.app.authority().local().person_name(id);
        let name = known.ok().flatten().filter(|name| !name.is_empty());
        name.unwrap_or_else(|| id.to_owned())
    }

    /// An actor in words: the person's name, and in which capacity.
    pub fn actor_in_words(&self, actor: &Actor) -> String {
        let words = self.words();
        let name = self.person(actor.person());
        match actor.capacity() {
            domain::access::Capacity::Officer(role) => format!("{name}, {}", words.value(role.word())),
            domain::access::Capacity::Responsible(holder) => {
                format!("{name}, {}", words.t1("actor-responsible", "holder", holder))
            }
            domain::access::Capacity::Clerk(holder) => format!("{name}, {}", words.t1("actor-clerk", "holder", holder)),
        }
    }

    /// Hands a command over as the visitor, who has signed it or not, and waits until it is durable.
    pub fn submit(&self, id: Uuid, command: Command, signed: bool) -> Result<Receipt, Fault> {
        let actor = self.actor()?.clone();
        let random = crate::random().map_err(Fault::Failed)?;
        let mut envelope = Envelope::new(id, actor, command, random);
        envelope.signed = signed;
        let receipts = self.app.authority().submit(self.now, vec![envelope]);
        let receipts = receipts.map_err(|error| self.app.fault(&error))?;
        self.app.ring();
        receipts
            .into_iter()
            .next()
            .ok_or_else(|| Fault::Failed("no receipt".to_owned()))
    }

    /// The facts behind a refusal, from the entry that tells of it.
    pub fn figures(&self, seq: Option<u64>) -> Result<Vec<(String, String)>, Fault> {
        let Some(seq) = seq else {
            return Ok(Vec::new());
        };
        let entry = self.app.authority().entry(seq)?;
        Ok(match entry.map(|entry| entry.event) {
            Some(domain::Event::InstructionRefused(refused)) => refused.figures.into_iter().collect(),
            _ => Vec::new(),
        })
    }

    /// Notes that the visitor looked at something.
    pub fn looked_at(&self, subject: impl Display) {
        if let Some(visitor) = &self.visitor {
            self.app.looked_at(&visitor.actor, &subject.to_string());
        }
    }

    /// A new command id, of the real time.
    #[allow(clippy::unused_self)] // as everything a handler asks for
    pub fn new_id(&self) -> Result<Uuid, Fault> {
        let now = Timestamp::now();
        let random: [u8; 10] = crate::random().map_err(Fault::Failed)?;
        let ms = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }
}
