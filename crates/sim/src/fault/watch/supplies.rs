//! What one journal says of goods between two provinces: what was sent, told and posted. Whether it differs is added up
//! here anew.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::Id;
use domain::ledger::{Movement, MovementKind};
use domain::partner::{Message, MessageReceived};
use domain::province::{Domestic, DomesticDispatch, End, agreed};
use domain::quantity::Mass;
use domain::trade::Notice;
use domain::{Entry, Event, reporting};

use super::{ARRIVED, CONVERGES, GOES_ON, MASS, SENT, TOLD};
use crate::fault::world::{Amounts, Node};
use crate::fault::{Broken, Checked};

/// A dispatch: the authority at the other end, whether it left here, and its number.
type Key = (Id, bool, u64);

/// What came of a dispatch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Facts {
    received: i64,
    excess: i64,
    returned: i64,
    lost: i64,
    complete: bool,
}

/// A dispatch as one journal has it.
#[derive(Debug, Default)]
struct Supply {
    kind: usize,
    sent: i64,
    /// By the messages, in both directions.
    told: Facts,
    /// By the lines of the ledger.
    posted: Facts,
}

impl Supply {
    fn of(told: &DomesticDispatch) -> Self {
        Self {
            kind: usize::from(told.goods.bulk),
            sent: told.amount,
            ..Self::default()
        }
    }

    /// Whether what was told cannot all be so, or some of it is missing for good.
    fn differs(&self) -> bool {
        let Facts {
            received,
            excess,
            returned,
            lost,
            complete,
        } = self.told;
        let found = [excess, returned].into_iter().fold(received, i64::saturating_add);
        found.saturating_add(lost) > self.sent || (complete && found != self.sent)
    }
}

/// What one journal says of provinces.
#[derive(Debug, Default)]
pub(super) struct Supplies {
    dispatches: BTreeMap<Key, Supply>,
    /// By the entry that holds it: the line, or the message that told it.
    of_entry: BTreeMap<u64, Key>,
    /// Those of which something was told or posted since they were last weighed.
    moved: BTreeSet<Key>,
    /// What the country has got and lost through this journal, whatever lies between the provinces.
    gained: Amounts,
    gone: Amounts,
    /// What the books did not know of: received beyond what was sent, or received when they had taken it back.
    pub unexplained: Amounts,
}

impl Supplies {
    pub fn entry(&mut self, node: &Node, entry: &Entry) -> Checked {
        match &entry.event {
            Event::Movement(movement) => self.moves(node, entry.seq, movement),
            // What this side tells.
            Event::MessageQueued(queued) => self.told(node, None, &queued.to, &queued.notice),
            Event::MessageReceived(received) if received.refused.is_none() => self.received(node, entry.seq, received),
            _ => Ok(()),
        }
    }

    fn received(&mut self, node: &Node, seq: u64, received: &MessageReceived) -> Checked {
        let unread = |why: String| Broken::new(GOES_ON, format!("{}: {why}", node.id));
        let message: Message = received.message.payload.read().map_err(unread)?;
        match Notice::read(&message.kind, &message.body).map_err(unread)? {
            Some(notice) => self.told(node, Some(seq), &received.from, &notice),
            None => Ok(()),
        }
    }

    /// What one side tells the other: this one if the message has no entry here yet.
    fn told(&mut self, node: &Node, taken: Option<u64>, other: &Id, notice: &Notice) -> Checked {
        let here = taken.is_none();
        match (notice, taken) {
            (Notice::DomesticDispatched(told), Some(seq)) => {
                let key = (other.clone(), false, told.number);
                self.begin(node, seq, key, Supply::of(told))
            }
            (Notice::DomesticReceived(told), _) => self.of_key(node, (other, !here, told.number), |facts| {
                facts.received = facts.received.saturating_add(told.amount);
                facts.excess = facts.excess.saturating_add(told.excess);
                facts.complete |= told.complete;
            }),
            (Notice::DomesticReturned(told), _) => self.of_key(node, (other, here, told.number), |facts| {
                facts.returned = facts.returned.saturating_add(told.amount);
            }),
            (Notice::DomesticLost(told), _) => self.of_key(node, (other, here, told.number), |facts| {
                facts.lost = facts.lost.saturating_add(told.amount);
            }),
            _ => Ok(()),
        }
    }

    fn of_key(&mut self, node: &Node, key: (&Id, bool, u64), adds: impl FnOnce(&mut Facts)) -> Checked {
        let key = (key.0.clone(), key.1, key.2);
        let Some(supply) = self.dispatches.get_mut(&key) else {
            let says = format!("{} tells or is told of dispatch {key:?}, which never left", node.id);
            return Err(Broken::new(TOLD, says));
        };
        adds(&mut supply.told);
        self.moved.insert(key);
        Ok(())
    }

    /// A dispatch begins once.
    fn begin(&mut self, node: &Node, entry: u64, key: Key, supply: Supply) -> Checked {
        if self.dispatches.contains_key(&key) {
            return Err(Broken::new(
                SENT,
                format!("dispatch {key:?} begins twice at {}", node.id),
            ));
        }
        self.of_entry.insert(entry, key.clone());
        self.dispatches.insert(key, supply);
        Ok(())
    }

    fn moves(&mut self, node: &Node, seq: u64, movement: &Movement) -> Checked {
        let kind = usize::from(movement.item.starts_with("bulk"));
        self.unexplained[kind] += movement.excess + movement.unexplained;
        match movement.movement {
            MovementKind::Opening | MovementKind::Import => self.gained[kind] += movement.amount,
            MovementKind::Export | MovementKind::LoseInTransit => self.gone[kind] += movement.amount,
            MovementKind::Dispatch => return self.sent(node, seq, movement, kind),
            _ => {}
        }
        let Some(key) = movement.dispatch.and_then(|entry| self.of_entry.get(&entry)).cloned() else {
            return between(movement).map_or(Ok(()), |what| {
                let says = format!("entry {seq} of {} {what} goods that nobody has sent", node.id);
                Err(Broken::new(SENT, says))
            });
        };
        self.posts(node, &key, movement)
    }

    /// Goods leave for the other province.
    fn sent(&mut self, node: &Node, seq: u64, movement: &Movement, kind: usize) -> Checked {
        let details = movement.details.as_ref();
        let to = details.and_then(|details| Some((details.partner.clone()?, details.number?)));
        let Some((partner, number)) = to else { return Ok(()) };
        let supply = Supply {
            kind,
            sent: movement.amount,
            ..Supply::default()
        };
        self.begin(node, seq, (partner, true, number), supply)
    }

    fn posts(&mut self, node: &Node, key: &Key, movement: &Movement) -> Checked {
        let Some(supply) = self.dispatches.get_mut(key) else {
            return Ok(());
        };
        let posted = &mut supply.posted;
        match movement.movement {
            MovementKind::ProvinceOut => posted.received += movement.amount,
            MovementKind::ProvinceIn => {
                posted.received += movement.amount - movement.excess;
                posted.excess += movement.excess;
            }
            MovementKind::CancelDispatch => posted.returned += movement.amount,
            MovementKind::LoseInTransit => posted.lost += movement.amount,
            _ => {}
        }
        if posted.received > supply.sent {
            let says = format!("{} has {supply:?} of dispatch {key:?}", node.id);
            return Err(Broken::new(SENT, says));
        }
        self.moved.insert(key.clone());
        Ok(())
    }

    /// Weighs what has moved, once everything new is read: a line and what is told of it are written together.
    pub fn weigh(&mut self, node: &Node) -> Checked {
        let moved = std::mem::take(&mut self.moved);
        moved.iter().try_for_each(|key| self.accounted(node, key))
    }

    /// What was told is what the ledger has, and where it differs this side knows.
    fn accounted(&self, node: &Node, key: &Key) -> Checked {
        let Some(supply) = self.dispatches.get(key) else {
            return Ok(());
        };
        let (told, posted) = (&supply.told, &supply.posted);
        let own = if key.1 {
            (told.returned, told.lost) == (posted.returned, posted.lost)
        } else {
            told.excess == posted.excess
        };
        if told.received != posted.received || !own {
            let says = format!("{} has {supply:?} of dispatch {key:?}", node.id);
            return Err(Broken::new(TOLD, says));
        }
        let known = domestic(node, key).map(Domestic::differs);
        if known == Some(supply.differs()) {
            return Ok(());
        }
        let says = format!("{} has {supply:?} of dispatch {key:?}; it differs: {known:?}", node.id);
        Err(Broken::new(ARRIVED, says))
    }

    /// All that has left for the other province and was received there, or has come from there.
    fn crossed(&self, left: bool) -> Amounts {
        let mut sums = [0; 2];
        for supply in self
            .dispatches
            .iter()
            .filter(|((_, sent, _), _)| *sent == left)
            .map(|(_, supply)| supply)
        {
            sums[supply.kind] += supply.posted.received;
        }
        sums
    }

    /// Once messages have flowed both books say the same of every dispatch from here.
    pub fn agree(&self, node: &Node, theirs: &Self, other: &Node) -> Checked {
        let ours = self.dispatches.iter().filter(|((_, sent, _), _)| *sent);
        for (key, supply) in ours {
            let at_other = (node.id.clone(), false, key.2);
            let there = theirs.dispatches.get(&at_other);
            let same = there.is_some_and(|there| {
                there.sent == supply.sent
                    && there.told == supply.told
                    && there.posted.received == supply.posted.received
            });
            let states = (domestic(node, key), domestic(other, &at_other));
            let agreed = matches!(states, (Some(here), Some(there)) if agreed(here) == agreed(there)
                && here.our_word == there.their_word && here.their_word == there.our_word);
            if !same || !agreed {
                let says = format!(
                    "dispatch {}: {} has {supply:?}, {} has {there:?}; {states:?}",
                    key.2, node.id, other.id
                );
                return Err(Broken::new(CONVERGES, says));
            }
        }
        let sent = |all: &Self, sent: bool| all.dispatches.keys().filter(|key| key.1 == sent).count();
        if sent(self, true) != sent(theirs, false) {
            let says = format!("{} has dispatches of {} that never left", other.id, node.id);
            return Err(Broken::new(CONVERGES, says));
        }
        Ok(())
    }

    /// What a province holds or has on the way is what it got less what has gone, and its balance of the year says what
    /// has crossed to the other one.
    pub fn conserved(&self, node: &Node, year: i16) -> Checked {
        let (out, within) = (self.crossed(true), self.crossed(false));
        let held = held(node);
        let mut content = [Mass::ZERO; 2];
        for item in node.core.state.items.iter() {
            content[usize::from(item.bulk)] = Mass::from_pg(i128::from(item.content_pg));
        }
        let mass = |amounts: Amounts| content[0] * i128::from(amounts[0]) + content[1] * i128::from(amounts[1]);
        let identity = reporting::identity(&node.core.state, year);
        let stated = (
            identity.iter().map(|row| row.to_provinces).sum::<Mass>(),
            identity.iter().map(|row| row.from_provinces).sum::<Mass>(),
        );
        let due = |kind: usize| self.gained[kind] + self.unexplained[kind] - self.gone[kind] + within[kind] - out[kind];
        if held == [due(0), due(1)] && stated == (mass(out), mass(within)) {
            return Ok(());
        }
        let says = format!(
            "{} holds {held:?}; it got {:?}, found {:?}, {:?} has gone, {out:?} left and {within:?} came; the balance has {stated:?}",
            node.id, self.gained, self.unexplained, self.gone
        );
        Err(Broken::new(MASS, says))
    }

    /// In the sum of both ledgers goods are neither made nor lost: what is between the provinces cancels.
    pub fn nation(pair: [(&Self, &Node); 2]) -> Checked {
        let mut left = [0; 2];
        for (supplies, node) in pair {
            let held = held(node);
            for kind in 0..2 {
                left[kind] += supplies.gained[kind] + supplies.unexplained[kind] - supplies.gone[kind] - held[kind];
            }
        }
        if left == [0; 2] {
            return Ok(());
        }
        let ids = (&pair[0].1.id, &pair[1].1.id);
        Err(Broken::new(
            MASS,
            format!("{left:?} is missing in the sum of the books of {ids:?}"),
        ))
    }
}

/// A dispatch in the state of its node.
fn domestic<'a>(node: &'a Node, key: &Key) -> Option<&'a Domestic> {
    let mut all = node.core.state.provinces.dispatches().values();
    all.find(|domestic| {
        domestic.partner == key.0 && (domestic.end == End::Sending) == key.1 && domestic.told.number == key.2
    })
}

/// What a line does that is only between provinces.
fn between(movement: &Movement) -> Option<&'static str> {
    match movement.movement {
        MovementKind::ProvinceOut => Some("ends the transit of"),
        MovementKind::ProvinceIn => Some("takes in"),
        _ => None,
    }
}

/// What lies in the accounts of a node, and what is on the way in its books: each counted once.
fn held(node: &Node) -> Amounts {
    let state = &node.core.state;
    let mut sums = [0; 2];
    let mut add = |batch, amount: i64| {
        let item = state.items.at(state.ledger.batch_at(batch).item);
        sums[usize::from(item.bulk)] += amount;
    };
    for (site, _) in (0..).zip(state.holders.sites()) {
        for account in state.ledger.accounts_of(site) {
            add(account.batch, account.held.iter().sum());
        }
    }
    for transit in state.ledger.transit().values() {
        add(transit.batch, transit.outstanding);
    }
    sums
}
