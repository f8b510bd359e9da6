//! An authority in memory: the rules, the entries' bytes and nothing else. Stories are tried on it first.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use domain::access::Actor;
use domain::authority::Founding;
use domain::{Command, Context, Entry, Envelope, Event, State};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::node::{Host, NewAuthority, Node, NodeError, Outcome, Receipt};

/// The entries of one authority, as bytes.
pub type Entries = Rc<RefCell<Vec<Vec<u8>>>>;

/// Authorities in memory. Their entries stay readable after the story.
#[derive(Debug, Default)]
pub struct Memory {
    journals: BTreeMap<String, Entries>,
}

impl Memory {
    /// The journal of an authority, if it was founded here.
    pub fn journal(&self, id: &str) -> Option<Entries> {
        self.journals.get(id).cloned()
    }

    /// All journals by authority.
    pub fn journals(&self) -> impl Iterator<Item = (&str, &Entries)> {
        self.journals.iter().map(|(id, entries)| (id.as_str(), entries))
    }
}

impl Host for Memory {
    fn create(&mut self, authority: &NewAuthority, at: Timestamp) -> Result<Box<dyn Node>, NodeError> {
        let zone = TimeZone::get(&authority.zone).map_err(wrong)?;
        let command = Command::Found(Box::new(founding(authority)?));
        let envelope = Envelope::new(authority.command_id, Actor::operator(), command, authority.random);
        let context = Context {
            now: at,
            today: day(&zone, at),
            cited: None,
        };
        let events = domain::decide(None, &envelope.actor, &envelope.command, context).map_err(wrong)?;
        let mut events = events.into_iter();
        let first = events.next().ok_or_else(|| wrong("the founding gives no entry"))?;
        let first = entry(0, at, context.today, &envelope, 0, first);
        let entries = Entries::default();
        let mut node = MemoryNode {
            state: State::found(&first).map_err(wrong)?,
            answered: BTreeMap::new(),
            entries: Rc::clone(&entries),
            zone,
        };
        node.keep(&first)?;
        for (place, event) in (1..).zip(events) {
            let next = entry(node.state.size, at, context.today, &envelope, place, event);
            node.state.apply(&next).map_err(wrong)?;
            node.keep(&next)?;
        }
        self.journals.insert(authority.id.clone(), entries);
        Ok(Box::new(node))
    }
}

fn founding(authority: &NewAuthority) -> Result<Founding, NodeError> {
    let [first, other] = &authority.administrators;
    Ok(Founding {
        id: authority.id.parse().map_err(wrong)?,
        name: authority.name.parse().map_err(wrong)?,
        country: authority.country.parse().map_err(wrong)?,
        zone: authority.zone.parse().map_err(wrong)?,
        books_from: authority.books_from,
        origin: format!("countersign/{}/memory", authority.id).parse().map_err(wrong)?,
        log_key: "memory".parse().map_err(wrong)?,
        administrators: [first.parse().map_err(wrong)?, other.parse().map_err(wrong)?],
    })
}

fn wrong(why: impl std::fmt::Display) -> NodeError {
    NodeError(why.to_string())
}

fn day(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at).date()
}

fn entry(seq: u64, at: Timestamp, today: Date, of: &Envelope, place: u32, event: Event) -> Entry {
    Entry {
        seq,
        recorded_at: at,
        recorded_on: today,
        actor: of.actor.clone(),
        command_id: of.id,
        command_hash: of.hash,
        salt: domain::journal::salt(&of.random, place),
        event,
    }
}

struct MemoryNode {
    state: State,
    /// Every command ever answered: its hash, first entry, and how many.
    answered: BTreeMap<Uuid, ([u8; 32], u64, u32)>,
    entries: Entries,
    zone: TimeZone,
}

impl MemoryNode {
    fn keep(&mut self, entry: &Entry) -> Result<(), NodeError> {
        let mut bytes = Vec::new();
        entry.write(&mut bytes).map_err(wrong)?;
        self.entries.borrow_mut().push(bytes);
        let first = (entry.command_hash, entry.seq, 0);
        self.answered.entry(entry.command_id).or_insert(first).2 += 1;
        Ok(())
    }

    fn parsed(&self, seq: u64) -> Result<Option<Entry>, NodeError> {
        match self.entry(seq)? {
            Some(bytes) => Entry::parse(&bytes).map(Some).map_err(wrong),
            None => Ok(None),
        }
    }

    /// The receipt of a command whose entries stand in the journal.
    fn receipt(&self, id: Uuid, repeat: bool, seq: u64, count: u32) -> Result<Receipt, NodeError> {
        let bytes = self.entry(seq)?.unwrap_or_default();
        let entry = Entry::parse(&bytes).map_err(wrong)?;
        let outcome = match entry.event {
            Event::InstructionRefused(refused) => Outcome::Refused {
                code: refused.code.to_string(),
                says: refused.says,
                article: refused.article,
                seq: Some(seq),
            },
            _ => Outcome::Done {
                seq,
                count,
                leaf: Sha256::new().chain_update([0]).chain_update(&bytes).finalize().into(),
            },
        };
        Ok(Receipt { id, repeat, outcome })
    }

    fn one(&mut self, at: Timestamp, envelope: &Envelope) -> Result<Receipt, NodeError> {
        if let Some((hash, seq, count)) = self.answered.get(&envelope.id).copied() {
            if hash == envelope.hash {
                return self.receipt(envelope.id, true, seq, count);
            }
            let says = format!("command id {} was used for another command, entry {seq}", envelope.id);
            return Ok(unjournaled(envelope.id, "command_id_reused", says, None));
        }
        let today = day(&self.zone, at);
        let cited = match domain::cites(&self.state, &envelope.command) {
            Some(seq) => self.parsed(seq)?.map(|entry| entry.event),
            None => None,
        };
        let context = Context {
            now: at,
            today,
            cited: cited.as_ref(),
        };
        let events = match domain::decide(Some(&self.state), &envelope.actor, &envelope.command, context) {
            Ok(events) => events,
            Err(refusal) if refusal.journaled => {
                let event = domain::refused(&envelope.command, &refusal);
                vec![event.ok_or_else(|| wrong("the refusal has no entry"))?]
            }
            Err(refusal) => {
                let article = refusal.article.map(str::to_owned);
                return Ok(unjournaled(envelope.id, refusal.code, refusal.says, article));
            }
        };
        let (seq, count) = (self.state.size, u32::try_from(events.len()).map_err(wrong)?);
        for (place, event) in (0..).zip(events) {
            let next = entry(self.state.size, at, today, envelope, place, event);
            self.state.apply(&next).map_err(wrong)?;
            self.keep(&next)?;
        }
        self.receipt(envelope.id, false, seq, count)
    }

    /// The state as the journal alone gives it.
    fn replayed(&self) -> Result<State, NodeError> {
        let mut state: Option<State> = None;
        for bytes in self.entries.borrow().iter() {
            let entry = Entry::parse(bytes).map_err(wrong)?;
            match state.as_mut() {
                Some(state) => state.apply(&entry).map_err(wrong)?,
                None => state = Some(State::found(&entry).map_err(wrong)?),
            }
        }
        state.ok_or_else(|| wrong("the journal is empty"))
    }
}

fn unjournaled(id: Uuid, code: &str, says: String, article: Option<String>) -> Receipt {
    let outcome = Outcome::Refused {
        code: code.to_owned(),
        says,
        article,
        seq: None,
    };
    Receipt {
        id,
        repeat: false,
        outcome,
    }
}

impl Node for MemoryNode {
    fn submit(&mut self, at: Timestamp, commands: Vec<Envelope>) -> Result<Vec<Receipt>, NodeError> {
        commands.iter().map(|envelope| self.one(at, envelope)).collect()
    }

    fn with_state(&self, look: &mut dyn FnMut(&State)) {
        look(&self.state);
    }

    fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, NodeError> {
        let place = usize::try_from(seq).map_err(wrong)?;
        Ok(self.entries.borrow().get(place).cloned())
    }

    fn restart(&mut self, _at: Timestamp) -> Result<(), NodeError> {
        self.state = self.replayed()?;
        Ok(())
    }

    fn fsck(&mut self) -> Result<Vec<String>, NodeError> {
        let mut differences = Vec::new();
        let replayed = self.replayed()?;
        if replayed.hash() != self.state.hash() {
            differences.push("the state differs from what the journal gives".to_owned());
        }
        if let Some((item, sum)) = replayed.ledger.out_of_balance(replayed.items.iter().count()) {
            differences.push(format!(
                "the accounts of item number {item} sum to {sum}, not to nothing"
            ));
        }
        for (seq, bytes) in self.entries.borrow().iter().enumerate() {
            let mut again = Vec::new();
            Entry::parse(bytes)
                .and_then(|entry| entry.write(&mut again))
                .map_err(wrong)?;
            if again != *bytes {
                differences.push(format!("entry {seq} reads back otherwise than it was written"));
            }
        }
        Ok(differences)
    }

    fn close(self: Box<Self>, _at: Timestamp) -> Result<(), NodeError> {
        Ok(())
    }
}
