//! What pages of several nouns show in the same way: acts that can be done, choices of a filter, the history of a thing.

use domain::access::{Actor, Capacity};

use crate::act;
use crate::answer::Fault;
use crate::ask::Ask;
use crate::links;
use crate::words::Words;

/// Entries about one thing that its page shows, the oldest.
const HISTORY: usize = 200;

/// An act that can be done, with what is known of it.
pub struct Act {
    /// Its words.
    pub name: String,
    /// Its form.
    pub path: String,
}

impl Act {
    /// An act with its fields; see [`links::act`].
    pub fn new(words: Words, verb: &str, fields: &[(&str, &str)], then: &str) -> Self {
        let fields: Vec<(&str, &str)> = fields.iter().filter(|(_, value)| !value.is_empty()).copied().collect();
        Self {
            name: words.t(&act::act_key(verb)),
            path: links::act(verb, &fields, then),
        }
    }

    /// The same with what it is about, so that the link makes sense alone.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.name = format!("{}: {what}", self.name);
        self
    }
}

/// A choice of a filter.
pub struct Choice {
    /// What the address says.
    pub value: String,
    /// In words.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// These words as choices.
    pub fn all<T: AsRef<str>>(values: &[T], chosen: &str, name: impl Fn(&str) -> String) -> Vec<Self> {
        let choice = |value: &T| Self {
            value: value.as_ref().to_owned(),
            name: name(value.as_ref()),
            chosen: value.as_ref() == chosen,
        };
        values.iter().map(choice).collect()
    }
}

/// An entry about a thing.
pub struct History {
    /// Its number.
    pub seq: u64,
    /// What happened.
    pub what: String,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: String,
    /// The entry itself, for whoever may read the journal.
    pub path: Option<String>,
}

impl History {
    /// The entries about a thing, oldest first.
    pub fn of(ask: &Ask, subject: &str) -> Result<Vec<Self>, Fault> {
        let authority = ask.app.authority();
        authority.catch_up()?;
        let rows = authority.register(|register| register.entries_of_subject(subject, 0, HISTORY))?;
        let words = ask.words();
        let auditor = ask.visitor()?.is(domain::access::Role::Auditor);
        let line = |row: &store::EntryRow| Self {
            seq: row.seq,
            what: words.t(&act::kind_key(&row.kind)),
            by: row
                .actor
                .parse()
                .map_or_else(|_| row.actor.clone(), |actor| by(ask, &actor)),
            at: jiff::Timestamp::from_microsecond(row.recorded_at_us).map_or_else(|_| String::new(), |at| ask.time(at)),
            path: auditor.then(|| format!("/journal/{}", row.seq)),
        };
        Ok(rows.iter().map(line).collect())
    }
}

/// Who did something, in words: officers for companies by their role alone.
pub fn by(ask: &Ask, actor: &Actor) -> String {
    let outside = ask.visitor.as_ref().is_some_and(|visitor| visitor.holder().is_some());
    match actor.capacity() {
        Capacity::Officer(role) if outside => ask.words().value(role.word()),
        _ => ask.actor_in_words(actor),
    }
}
