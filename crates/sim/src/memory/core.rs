//! The authority itself, without a thread or a file: state, entries, log.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use domain::access::Actor;
use domain::authority::Founding;
use domain::digest::Digest;
use domain::id::Id;
use domain::{Command, Context, Entry, Envelope, Event, State};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tlog::{FullTile, Hash, Hashes, Tree};
use uuid::Uuid;

use super::keys::Keys;
use super::wrong;
use crate::node::{NewAuthority, NodeError, Outcome, Receipt};

/// The entries of one authority, as bytes.
pub type Entries = Rc<RefCell<Vec<Vec<u8>>>>;

/// An authority in memory. What is not in its journal is lost when it is [recovered](Self::recover).
#[derive(Debug)]
pub(crate) struct Core {
    pub state: State,
    pub keys: Keys,
    /// Where partners send their messages.
    pub url: String,
    pub log: Log,
    /// Messages that came before their turn: bytes by sender, number and hash.
    pub parked: BTreeMap<(Id, u64, Digest), Vec<u8>>,
    /// It does not look at what it signs: a node of the fault simulation may be made to lie.
    pub careless: bool,
    entries: Entries,
    /// Every command ever answered: its hash, first entry, and how many.
    answered: BTreeMap<Uuid, ([u8; 32], u64, u32)>,
    zone: TimeZone,
}

/// The Merkle tree over the entries.
#[derive(Debug, Default)]
pub(crate) struct Log {
    leaves: Vec<Hash>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    tree: Tree,
}

impl Log {
    fn append(&mut self, entry: &[u8]) {
        self.put(&tlog::leaf_hash(entry));
    }

    fn put(&mut self, leaf: &Hash) {
        self.tree.append(leaf);
        self.leaves.push(*leaf);
        for FullTile { level, index, bytes } in self.tree.take_tiles() {
            self.tiles.insert((level, index), bytes);
        }
    }

    /// How many entries it has.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Its root.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Another log of the same size: its last entry is another one.
    pub fn forked(&self) -> Self {
        let mut other = Self::default();
        let last = self.leaves.len().saturating_sub(1);
        for (place, leaf) in self.leaves.iter().enumerate() {
            let changed = tlog::leaf_hash(leaf);
            other.put(if place == last { &changed } else { leaf });
        }
        other
    }

    /// The leaf hash of an entry.
    pub fn leaf(&self, seq: u64) -> Option<Hash> {
        self.leaves.get(usize::try_from(seq).ok()?).copied()
    }
}

impl Hashes for Log {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, tlog::Error> {
        let place = |seq: u64| usize::try_from(seq).unwrap_or(usize::MAX);
        Ok(self.leaves.get(place(from)..place(to)).unwrap_or_default().to_vec())
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        Ok(self.tiles.get(&(level, index)).cloned())
    }
}

/// A bit of a stored row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flip {
    /// The entry.
    pub seq: u64,
    /// Whether it is in its leaf, not in its bytes.
    pub leaf: bool,
    /// Which byte, counted around.
    pub byte: usize,
    /// Which bit of it.
    pub bit: u8,
}

/// What an authority says of a row that is not what it wrote.
pub(crate) const CHANGED_AT_REST: &str = "was changed at rest";

fn changed_at_rest(seq: impl std::fmt::Display) -> NodeError {
    wrong(format!("entry {seq} {CHANGED_AT_REST}"))
}

impl Core {
    /// Founds an authority; its keys come of a seed.
    pub fn found(new: &NewAuthority, key_seed: &[u8; 32], url: String, at: Timestamp) -> Result<Self, NodeError> {
        let zone = TimeZone::get(&new.zone).map_err(wrong)?;
        let keys = Keys::make(&new.id, key_seed)?;
        let command = Command::Found(Box::new(founding(new, &keys, at)?));
        let envelope = Envelope::new(new.command_id, Actor::operator(), command, new.random);
        let context = Context {
            now: at,
            today: day(&zone, at),
            cited: None,
        };
        let events = domain::decide(None, &envelope.actor, &envelope.command, context).map_err(wrong)?;
        let mut events = events.into_iter();
        let first = events.next().ok_or_else(|| wrong("the founding gives no entry"))?;
        let first = entry(0, at, context.today, &envelope, 0, first);
        let mut core = Self {
            state: State::found(&first).map_err(wrong)?,
            keys,
            url,
            log: Log::default(),
            parked: BTreeMap::new(),
            careless: false,
            entries: Entries::default(),
            answered: BTreeMap::new(),
            zone,
        };
        core.keep(&first)?;
        for (place, event) in (1..).zip(events) {
            core.append(&entry(core.state.size, at, context.today, &envelope, place, event))?;
        }
        Ok(core)
    }

    /// The civil day of a moment, by its zone; the journal's time never runs backwards.
    pub fn today(&self, at: Timestamp) -> Date {
        day(&self.zone, at.max(self.state.recorded_at))
    }

    /// Its journal, which stays readable after it.
    pub fn journal(&self) -> Entries {
        Rc::clone(&self.entries)
    }

    /// Applies an entry and keeps it.
    pub fn append(&mut self, entry: &Entry) -> Result<(), NodeError> {
        self.state.apply(entry).map_err(wrong)?;
        self.keep(entry)
    }

    fn keep(&mut self, entry: &Entry) -> Result<(), NodeError> {
        let mut bytes = Vec::new();
        entry.write(&mut bytes).map_err(wrong)?;
        self.log.append(&bytes);
        self.entries.borrow_mut().push(bytes);
        self.note_answer(entry);
        Ok(())
    }

    fn note_answer(&mut self, entry: &Entry) {
        let first = (entry.command_hash, entry.seq, 0);
        self.answered.entry(entry.command_id).or_insert(first).2 += 1;
    }

    /// The bytes of an entry.
    pub fn entry(&self, seq: u64) -> Option<Vec<u8>> {
        self.entries.borrow().get(usize::try_from(seq).ok()?).cloned()
    }

    /// An entry, read: its bytes are those that were hashed when it was written.
    pub fn parsed(&self, seq: u64) -> Result<Entry, NodeError> {
        let entries = self.entries.borrow();
        let bytes = usize::try_from(seq).ok().and_then(|seq| entries.get(seq));
        let bytes = bytes.ok_or_else(|| wrong(format!("entry {seq} is missing")))?;
        if self.log.leaf(seq) != Some(tlog::leaf_hash(bytes)) {
            return Err(changed_at_rest(seq));
        }
        Entry::parse(bytes).map_err(wrong)
    }

    /// The receipt of a command whose entries stand in the journal.
    fn receipt(&self, id: Uuid, repeat: bool, seq: u64, count: u32) -> Result<Receipt, NodeError> {
        let outcome = match self.parsed(seq)?.event {
            Event::InstructionRefused(refused) => Outcome::Refused {
                code: refused.code.to_string(),
                says: refused.says,
                article: refused.article,
                seq: Some(seq),
            },
            _ => Outcome::Done {
                seq,
                count,
                leaf: self.log.leaf(seq).unwrap_or_default(),
            },
        };
        Ok(Receipt { id, repeat, outcome })
    }

    /// Answers one command.
    pub fn submit(&mut self, at: Timestamp, envelope: &Envelope) -> Result<Receipt, NodeError> {
        if let Some((hash, seq, count)) = self.answered.get(&envelope.id).copied() {
            if hash == envelope.hash {
                return self.receipt(envelope.id, true, seq, count);
            }
            let says = format!("command id {} was used for another command, entry {seq}", envelope.id);
            return Ok(unjournaled(envelope.id, "command_id_reused", says, None));
        }
        // The journal's time never runs backwards.
        let at = at.max(self.state.recorded_at);
        let today = day(&self.zone, at);
        let cited = domain::cites(&self.state, &envelope.command).filter(|seq| *seq < self.state.size);
        let cited = cited.map(|seq| self.parsed(seq)).transpose()?.map(|entry| entry.event);
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
            self.append(&entry(self.state.size, at, today, envelope, place, event))?;
        }
        self.receipt(envelope.id, false, seq, count)
    }

    /// Writes entries past every rule: the node of the fault simulation may be made to lie.
    pub fn force(&mut self, at: Timestamp, events: Vec<Event>) -> Result<(), NodeError> {
        let at = at.max(self.state.recorded_at);
        let command = Command::PassDay(Box::new(domain::trade::PassDay {}));
        let id = Uuid::from_u128(u128::from(self.state.size));
        let envelope = Envelope::new(id, Actor::node(), command, [0; 32]);
        for (place, event) in (0..).zip(events) {
            let today = day(&self.zone, at);
            self.append(&entry(self.state.size, at, today, &envelope, place, event))?;
        }
        Ok(())
    }

    /// The state as the journal alone gives it.
    pub fn replayed(&self) -> Result<State, NodeError> {
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

    /// Begins anew from the journal: whatever was not in it is gone. A journal that is not what was written stays as it
    /// is, and so does the authority.
    pub fn recover(&mut self) -> Result<(), NodeError> {
        self.unchanged()?;
        self.begin_anew()
    }

    /// Every entry has the leaf that was stored with it.
    pub fn unchanged(&self) -> Result<(), NodeError> {
        let entries = self.entries.borrow();
        let same = |(bytes, leaf): (&Vec<u8>, &Hash)| tlog::leaf_hash(bytes) == *leaf;
        match entries.iter().zip(&self.log.leaves).position(|row| !same(row)) {
            None => Ok(()),
            Some(seq) => Err(changed_at_rest(seq)),
        }
    }

    /// Begins anew without looking whether the journal is what was written.
    pub fn begin_anew(&mut self) -> Result<(), NodeError> {
        self.state = self.replayed()?;
        self.parked.clear();
        self.answered.clear();
        self.log = Log::default();
        let entries = self.journal();
        for bytes in entries.borrow().iter() {
            self.log.append(bytes);
            self.note_answer(&Entry::parse(bytes).map_err(wrong)?);
        }
        Ok(())
    }

    /// Comes back from a copy of its journal that ends earlier.
    pub fn restore(&mut self, size: u64) -> Result<(), NodeError> {
        self.entries
            .borrow_mut()
            .truncate(usize::try_from(size).map_err(wrong)?);
        self.begin_anew()
    }

    /// Changes a bit of what is stored: of an entry's bytes, or of its leaf. The same again changes it back.
    pub fn flip(&mut self, Flip { seq, leaf, byte, bit }: Flip) {
        let Ok(seq) = usize::try_from(seq) else { return };
        let mut entries = self.entries.borrow_mut();
        let row: Option<&mut [u8]> = if leaf {
            self.log.leaves.get_mut(seq).map(<[u8; 32]>::as_mut_slice)
        } else {
            entries.get_mut(seq).map(Vec::as_mut_slice)
        };
        if let Some(row) = row.filter(|row| !row.is_empty()) {
            let length = row.len();
            row[byte % length] ^= 1 << (bit % 8);
        }
    }

    /// Recomputes everything from the journal; tells every difference.
    pub fn fsck(&self) -> Result<Vec<String>, NodeError> {
        let mut differences = Vec::new();
        if let Err(NodeError(changed)) = self.unchanged() {
            return Ok(vec![changed]);
        }
        let replayed = self.replayed()?;
        if replayed.hash() != self.state.hash() {
            differences.push("the state differs from what the journal gives".to_owned());
        }
        if let Some((item, sum)) = replayed.ledger.out_of_balance(replayed.items.iter().count()) {
            differences.push(format!(
                "the accounts of item number {item} sum to {sum}, not to nothing"
            ));
        }
        let mut tree = Tree::new();
        for (seq, bytes) in self.entries.borrow().iter().enumerate() {
            let mut again = Vec::new();
            let entry = Entry::parse(bytes).map_err(wrong)?;
            entry.write(&mut again).map_err(wrong)?;
            if again != *bytes {
                differences.push(format!("entry {seq} reads back otherwise than it was written"));
            }
            tree.append(&tlog::leaf_hash(bytes));
        }
        if tree.root() != self.log.root() {
            differences.push("the log's root differs from what the journal gives".to_owned());
        }
        Ok(differences)
    }
}

fn founding(new: &NewAuthority, keys: &Keys, at: Timestamp) -> Result<Founding, NodeError> {
    let [first, other] = &new.administrators;
    Ok(Founding {
        id: new.id.parse().map_err(wrong)?,
        name: new.name.parse().map_err(wrong)?,
        country: new.country.parse().map_err(wrong)?,
        province: new.province.clone(),
        zone: new.zone.parse().map_err(wrong)?,
        books_from: new.books_from,
        origin: keys.log.origin().parse().map_err(wrong)?,
        log_key: keys.log.verifier().parse().map_err(wrong)?,
        root: keys.root.public(),
        key: keys.operational(at)?,
        administrators: [first.parse().map_err(wrong)?, other.parse().map_err(wrong)?],
    })
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
