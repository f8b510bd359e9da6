//! The watch: it reads every entry of every honest journal as it is written, keeps books of its own, and says when an
//! invariant is broken.

mod books;
mod chains;
mod supplies;

use std::collections::{BTreeMap, BTreeSet};

use domain::digest::Digest;
use domain::id::Id;
use domain::{Entry, Event};

use super::astray::Nature;
use super::world::{Amounts, Node};
use super::{Broken, Checked};
use books::Books;
use chains::Redeemable;
use supplies::Supplies;

pub(super) const CONFIRMED: &str = "no permit without a matching confirmation journaled before it";
pub(super) const WITHIN: &str = "never more permitted than the import authorization allows";
pub(super) const ANSWERED: &str = "a question is answered before it is confirmed";
pub(super) const ENDED: &str = "no goods cross a border in a case that its authority knows to have ended";
pub(super) const DEPARTED: &str = "never more departed than permitted, nor than the ledger has moved";
pub(super) const ARRIVED: &str = "never more received than departed without a discrepancy";
pub(super) const SENT: &str = "what enters from another province was sent there, and enters once";
pub(super) const TOLD: &str = "what provinces tell each other of goods is what their ledgers have";
pub(super) const MASS: &str = "mass is conserved across both books";
pub(super) const BYTES: &str = "the same number of a chain always has the same bytes";
pub(super) const ORDER: &str = "messages are taken in the order of their chain";
pub(super) const HONEST: &str = "an honest message is taken, or waits for those before it";
pub(super) const DAMAGED: &str = "what was damaged on the way is not taken";
pub(super) const RECEIPT: &str = "every receipt is redeemable: its entry is in the receiver's log";
pub(super) const CHECKPOINT: &str = "every checkpoint seen is consistent with the log as it is";
pub(super) const REPLAY: &str = "the journal alone gives the state";
pub(super) const AT_REST: &str = "what was changed at rest is noticed before anything is signed on it";
pub(super) const ROLLED_BACK: &str = "who has seen more of a log takes nothing from one that was rolled back";
pub(super) const KNOWN: &str = "both sides know that a log was rolled back";
pub(super) const EVIDENCE: &str = "who contradicts itself is evidenced in the journals of others";
pub(super) const CONVERGES: &str = "both sides have the same stage and figures once messages flow";
pub(super) const GOES_ON: &str = "a node goes on";

/// The watch's own books.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The next entry to read of each journal.
    next: Vec<u64>,
    /// The size of each journal when trade began.
    founded: Vec<u64>,
    /// What each journal says of trade.
    books: Vec<Books>,
    /// What each says of goods between provinces.
    supplies: Vec<Supplies>,
    places: BTreeMap<Id, usize>,
    /// Bytes by sender, receiver and number.
    signed: BTreeMap<(usize, usize, u64), Digest>,
    /// The number of the last message taken, by sender and receiver.
    taken: BTreeMap<(usize, usize), u64>,
    /// The same of messages that a node signed before it came back from an old backup.
    taken_before: BTreeMap<(usize, usize), u64>,
    /// Messages signed by a node after that.
    afresh: BTreeSet<Digest>,
    /// The number of the last message that it has signed again as it was.
    regained: BTreeMap<(usize, usize), u64>,
    /// What a node that came back was told, by it and by who told it.
    told: BTreeSet<(usize, usize)>,
    /// Receipts that are redeemed again at the end.
    receipts: Vec<Redeemable>,
    /// Entries of honest journals, by kind.
    pub entries: BTreeMap<&'static str, u64>,
    pub messages: BTreeMap<String, u64>,
    pub refused: BTreeMap<String, u64>,
    /// What was not taken, by code.
    pub rejected: BTreeMap<String, u64>,
}

impl Watch {
    pub fn new(nodes: &[Node]) -> Self {
        let ids = nodes.iter().enumerate();
        Self {
            next: vec![0; nodes.len()],
            founded: nodes.iter().map(|node| node.core.state.size).collect(),
            books: nodes.iter().map(|_| Books::default()).collect(),
            supplies: nodes.iter().map(|_| Supplies::default()).collect(),
            places: ids.map(|(place, node)| (node.id.clone(), place)).collect(),
            ..Self::default()
        }
    }

    /// How many entries a node had when trade began.
    pub fn founded(&self, place: usize) -> u64 {
        self.founded[place]
    }

    /// Reads whatever is new.
    pub fn look(&mut self, nodes: &[Node]) -> Checked {
        let mut fresh = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            let (from, size) = (self.next[place], node.core.state.size);
            if size < from {
                let says = format!("{} had {from} entries and has {size} now", node.id);
                return Err(Broken::new(CHECKPOINT, says));
            }
            if size > from {
                fresh.push((place, self.fresh(node, place)?));
            }
        }
        for (place, entries) in &fresh {
            self.read(nodes, *place, entries)?;
        }
        Ok(())
    }

    /// What is new in a journal. A message is signed before it is taken, whichever journal is read first.
    fn fresh(&mut self, node: &Node, place: usize) -> Checked<Vec<Entry>> {
        let from = std::mem::replace(&mut self.next[place], node.core.state.size);
        let entries: Vec<Entry> = (from..node.core.state.size)
            .map(|seq| node.core.parsed(seq))
            .collect::<Result<_, _>>()?;
        match node.nature {
            Nature::Restored { .. } => self.signed_afresh(node, place, &entries)?,
            Nature::Hostile => {}
            Nature::Honest => {
                for entry in &entries {
                    if let Event::MessageSigned(signed) = &entry.event {
                        self.signed(node, signed)?;
                    }
                }
            }
        }
        Ok(entries)
    }

    /// Reads what is new in one journal, if it can be trusted.
    fn read(&mut self, nodes: &[Node], place: usize, entries: &[Entry]) -> Checked {
        let node = &nodes[place];
        if !node.is_honest() {
            return Ok(());
        }
        for entry in entries {
            *self.entries.entry(entry.event.kind()).or_default() += 1;
            self.chain(nodes, place, entry)?;
            self.books[place].entry(node, entry)?;
            if node.neighbour.is_some() {
                self.supplies[place].entry(node, entry)?;
            }
        }
        self.books[place].weigh(node)?;
        self.supplies[place].weigh(node)?;
        if entries.iter().any(|entry| matches!(entry.event, Event::Movement(_))) {
            books::balance(node)?;
        }
        Ok(())
    }

    /// What has left under a case by the ledger of one node, and what has entered by that of another.
    pub fn moved_in(&self, case: &Id, exporter: &Id, importer: &Id) -> (Amounts, Amounts) {
        let of = |id: &Id| self.places.get(id).and_then(|place| self.books[*place].moved(case));
        let (exported, imported) = (of(exporter).unwrap_or_default(), of(importer).unwrap_or_default());
        (exported.0, imported.1)
    }

    /// What two provinces have between them: each book is whole, both agree, and so does their sum.
    pub fn provinces(&self, nodes: &[Node], year: i16) -> Checked {
        let provinces = nodes.iter().enumerate().filter(|(_, node)| node.is_honest());
        for (place, node) in provinces {
            let Some(neighbour) = node.neighbour else { continue };
            let (ours, theirs, other) = (&self.supplies[place], &self.supplies[neighbour], &nodes[neighbour]);
            ours.conserved(node, year)?;
            if other.is_honest() {
                ours.agree(node, theirs, other)?;
                Supplies::nation([(ours, node), (theirs, other)])?;
            }
        }
        Ok(())
    }

    /// What has left and entered by the ledger of one node.
    pub fn totals(&self, place: usize) -> (Amounts, Amounts) {
        self.books[place].totals()
    }

    /// What has come to light at one node without having been sent to it.
    pub fn unexplained(&self, place: usize) -> Amounts {
        self.supplies[place].unexplained
    }

    pub fn permits(&self) -> u64 {
        self.books.iter().map(|books| books.permits_issued).sum()
    }
}
