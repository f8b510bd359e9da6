//! The watch: it reads every entry as it is written, keeps books of its own, and says when an invariant is broken.

use std::collections::BTreeMap;

use domain::digest::Digest;
use domain::id::Id;
use domain::ledger::{Movement, MovementKind};
use domain::partner::{Message, MessageReceipted, MessageReceived, MessageSigned, Receipt, Taken};
use domain::trade::{Confirmation, Consignment, Consignments, Endorsement, ImportAuthorization, Notice, Permit, Stage};
use domain::{Entry, Event};

use super::world::{Amounts, Node, amounts};
use super::{Broken, Checked};
use crate::node::Outgoing;

pub(super) const CONFIRMED: &str = "no permit without a matching confirmation journaled before it";
pub(super) const WITHIN: &str = "never more permitted than the import authorization allows";
pub(super) const DEPARTED: &str = "never more departed than permitted, nor than the ledger has moved";
pub(super) const ARRIVED: &str = "never more received than departed without a discrepancy";
pub(super) const MASS: &str = "mass is conserved across both books";
pub(super) const BYTES: &str = "the same number of a chain always has the same bytes";
pub(super) const ORDER: &str = "messages are taken in the order of their chain";
pub(super) const HONEST: &str = "an honest message is taken, or waits for those before it";
pub(super) const DAMAGED: &str = "what was damaged on the way is not taken";
pub(super) const RECEIPT: &str = "every receipt is redeemable: its entry is in the receiver's log";
pub(super) const CHECKPOINT: &str = "every checkpoint seen is consistent with the log as it is";
pub(super) const REPLAY: &str = "the journal alone gives the state";
pub(super) const CONVERGES: &str = "both sides have the same stage and figures once messages flow";

/// A permit, and what came of it.
#[derive(Debug)]
struct Permitted {
    case: Id,
    issuer: Id,
    number: Id,
    lines: Amounts,
    departed: Option<Amounts>,
    unused: bool,
}

impl Permitted {
    /// What it takes of its import authorization.
    fn takes(&self) -> Amounts {
        match self.departed {
            _ if self.unused => [0; 2],
            Some(departed) => departed,
            None => self.lines,
        }
    }
}

/// The watch's own books.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The next entry to read of each journal.
    next: Vec<u64>,
    authorizations: BTreeMap<(Id, Id), ImportAuthorization>,
    /// Confirmations as the exporting authority's journal has them.
    confirmations: BTreeMap<Id, Confirmation>,
    /// Permits by the authority that issued them, and number.
    permits: BTreeMap<(Id, Id), Permitted>,
    /// Bytes by sender, receiver and number.
    signed: BTreeMap<(Id, Id, u64), Digest>,
    /// The number of the last message taken, by sender and receiver.
    taken: BTreeMap<(Id, Id), u64>,
    /// What the ledgers say has left and entered, by case.
    exported: BTreeMap<Id, Amounts>,
    imported: BTreeMap<Id, Amounts>,
    departures: BTreeMap<Id, Amounts>,
    pub permits_issued: u64,
    pub messages: BTreeMap<String, u64>,
    pub refused: BTreeMap<String, u64>,
}

fn kind_of(movement: &Movement) -> usize {
    usize::from(movement.item.starts_with("bulk"))
}

fn more(one: Amounts, other: Amounts) -> bool {
    one.iter().zip(&other).any(|(one, other)| one > other)
}

impl Watch {
    pub fn new(nodes: usize) -> Self {
        Self {
            next: vec![0; nodes],
            ..Self::default()
        }
    }

    /// Reads whatever is new.
    pub fn look(&mut self, nodes: &[Node]) -> Checked {
        let mut read = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            let (from, size) = (self.next[place], node.core.state.size);
            if size < from {
                let says = format!("{} had {from} entries and has {size} now", node.id);
                return Err(Broken::new(CHECKPOINT, says));
            }
            let entries: Vec<Entry> = (from..size)
                .map(|seq| node.core.parsed(seq))
                .collect::<Result<_, _>>()?;
            // A message is signed before it is taken, whichever journal is read first.
            for entry in &entries {
                if let Event::MessageSigned(signed) = &entry.event {
                    self.signed(node, signed)?;
                }
            }
            self.next[place] = size;
            read.push((node, entries));
        }
        for (node, entries) in read.into_iter().filter(|(_, entries)| !entries.is_empty()) {
            for entry in &entries {
                self.entry(nodes, node, entry)?;
            }
            books_balance(node)?;
        }
        Ok(())
    }

    fn entry(&mut self, nodes: &[Node], node: &Node, entry: &Entry) -> Checked {
        match &entry.event {
            Event::MessageReceived(received) => self.received(nodes, node, received),
            Event::MessageReceipted(receipted) => redeemed(nodes, node, receipted),
            Event::MessageEquivocated(evidence) => {
                let says = format!("{} says that {} contradicts itself", node.id, evidence.from);
                Err(Broken::new(BYTES, says))
            }
            Event::ImportAuthorizationIssued(issued) => {
                let authorization = issued.authorization.clone();
                let key = (node.id.clone(), authorization.number.clone());
                self.authorizations.insert(key, authorization);
                Ok(())
            }
            Event::ExportPermitIssued(issued) => self.permitted(node, &issued.case, &issued.permit),
            Event::ConsignmentDeparted(endorsed) => self.departed(node, &endorsed.case, &endorsed.endorsement),
            Event::ConsignmentArrived(endorsed) => self.arrived(node, &endorsed.case, &endorsed.endorsement),
            Event::PermitEndorsedUnused(unused) => {
                if let Some(permitted) = self.permits.get_mut(&(node.id.clone(), unused.permit.clone())) {
                    permitted.unused = true;
                }
                Ok(())
            }
            Event::Movement(movement) => {
                self.moved(node, movement);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What is posted is what was signed, every time.
    pub fn posted(&self, from: &Id, message: &Outgoing) -> Checked {
        // A message that was signed in this very step is not read yet.
        let known = self.signed.get(&(from.clone(), message.to.clone(), message.seq));
        if known.is_none_or(|known| *known == Digest::of(&message.bytes)) {
            return Ok(());
        }
        let says = format!(
            "message {} of {from} to {} was posted with other bytes",
            message.seq, message.to
        );
        Err(Broken::new(BYTES, says))
    }

    fn signed(&mut self, node: &Node, signed: &MessageSigned) -> Checked {
        let message: Message = read(node, signed.message.payload.read())?;
        let key = (node.id.clone(), message.to.clone(), message.seq);
        let hash = signed.message.hash();
        match self.signed.insert(key, hash) {
            Some(known) if known != hash => {
                let says = format!(
                    "message {} of {} to {} was signed twice",
                    message.seq, node.id, message.to
                );
                Err(Broken::new(BYTES, says))
            }
            _ => Ok(()),
        }
    }

    fn received(&mut self, nodes: &[Node], node: &Node, received: &MessageReceived) -> Checked {
        let message: Message = read(node, received.message.payload.read())?;
        let (from, to) = (&received.from, &node.id);
        let sender = find(nodes, from)?;
        let last = self
            .taken
            .insert((from.clone(), to.clone()), message.seq)
            .unwrap_or_default();
        if message.seq != last + 1 {
            let says = format!("{to} took message {} of {from} after message {last}", message.seq);
            return Err(Broken::new(ORDER, says));
        }
        let key = (from.clone(), to.clone(), message.seq);
        if self.signed.get(&key) != Some(&received.message.hash()) {
            let says = format!(
                "{to} took other bytes as message {} of {from} than were signed",
                message.seq
            );
            return Err(Broken::new(BYTES, says));
        }
        let head = received.head;
        if tlog::root_at(&sender.core.log, head.size).ok() != Some(head.root.0) {
            let says = format!(
                "{to} saw a checkpoint of {} entries that is not in the log of {from}",
                head.size
            );
            return Err(Broken::new(CHECKPOINT, says));
        }
        *self.messages.entry(message.kind.to_string()).or_default() += 1;
        if let Some(code) = &received.refused {
            *self.refused.entry(code.to_string()).or_default() += 1;
            return Ok(());
        }
        if let (Ok(Some(Notice::Confirmed(said))), Some(case)) =
            (Notice::read(&message.kind, &message.body), message.case)
        {
            self.confirmations.insert(case, *said);
        }
        Ok(())
    }

    fn permitted(&mut self, node: &Node, case: &Id, permit: &Permit) -> Checked {
        self.permits_issued += 1;
        let says = |what: &str| format!("{} issued {} for {case}: {what}", node.id, permit.number);
        let confirmation = self.confirmations.get(case);
        let confirmation = confirmation.ok_or_else(|| Broken::new(CONFIRMED, says("nobody confirmed it")))?;
        if confirmation.consignment != permit.consignment {
            return Err(Broken::new(CONFIRMED, says("something else was confirmed")));
        }
        let Consignment {
            authorization: Some(number),
            lines,
            ..
        } = &permit.consignment
        else {
            return Err(Broken::new(WITHIN, says("it names no import authorization")));
        };
        let permitted = Permitted {
            case: case.clone(),
            issuer: permit.authorization_issuer.clone(),
            number: number.clone(),
            lines: amounts(lines),
            departed: None,
            unused: false,
        };
        let key = (permitted.issuer.clone(), permitted.number.clone());
        self.permits.insert((node.id.clone(), permit.number.clone()), permitted);
        self.within(&key, &says("more than is authorized"))
    }

    /// All permits under an authorization together are within it.
    fn within(&self, (issuer, number): &(Id, Id), says: &str) -> Checked {
        let unknown = || Broken::new(WITHIN, says);
        let authorization = self
            .authorizations
            .get(&(issuer.clone(), number.clone()))
            .ok_or_else(unknown)?;
        let under_it = self
            .permits
            .values()
            .filter(|permit| permit.issuer == *issuer && permit.number == *number);
        let taking: Vec<Amounts> = under_it
            .map(Permitted::takes)
            .filter(|takes| *takes != [0; 2])
            .collect();
        let sum = taking
            .iter()
            .fold([0; 2], |sum: Amounts, takes| [sum[0] + takes[0], sum[1] + takes[1]]);
        let single = authorization.consignments == Consignments::Single && taking.len() > 1;
        if single || more(sum, amounts(&authorization.lines)) {
            let lines = amounts(&authorization.lines);
            let says = format!(
                "{says}: {taking:?} of {lines:?} in {:?} consignments",
                authorization.consignments
            );
            return Err(Broken::new(WITHIN, says));
        }
        Ok(())
    }

    fn departed(&mut self, node: &Node, case: &Id, departure: &Endorsement) -> Checked {
        let departed = amounts(&departure.lines);
        let exported = self.exported.get(case).copied().unwrap_or_default();
        let permitted = self.permits.get_mut(&(node.id.clone(), departure.permit.clone()));
        let says = format!(
            "{} let {departed:?} depart in {case}; the ledger has {exported:?}",
            node.id
        );
        let Some(permitted) = permitted.filter(|permitted| permitted.case == *case && !permitted.unused) else {
            return Err(Broken::new(DEPARTED, format!("{says}, and there is no permit")));
        };
        if more(departed, permitted.lines) || departed != exported {
            return Err(Broken::new(
                DEPARTED,
                format!("{says}, and the permit {:?}", permitted.lines),
            ));
        }
        permitted.departed = Some(departed);
        self.departures.insert(case.clone(), departed);
        Ok(())
    }

    fn arrived(&mut self, node: &Node, case: &Id, arrival: &Endorsement) -> Checked {
        let arrived = amounts(&arrival.lines);
        let imported = self.imported.get(case).copied().unwrap_or_default();
        if arrived != imported {
            let says = format!(
                "{} endorsed {arrived:?} in {case}; its ledger has {imported:?}",
                node.id
            );
            return Err(Broken::new(MASS, says));
        }
        let departed = self.departures.get(case).copied();
        let known = node.core.state.trade.case(case);
        let stage = known.map(|case| case.stage);
        let word = known.is_some_and(|case| case.our_word.is_some() && case.their_word.is_some());
        let settled = stage == Some(Stage::Discrepant) || (stage == Some(Stage::Closed) && word);
        if departed == Some(arrived) || settled {
            return Ok(());
        }
        let says = format!(
            "{departed:?} left and {arrived:?} arrived in {case}, and {} has it as {stage:?}",
            node.id
        );
        Err(Broken::new(ARRIVED, says))
    }

    fn moved(&mut self, node: &Node, movement: &Movement) {
        let details = movement.details.as_ref();
        let case = match movement.movement {
            MovementKind::Export => {
                let permit = details.and_then(|details| details.authorization.clone());
                let permitted = permit.and_then(|permit| self.permits.get(&(node.id.clone(), permit)));
                permitted.map(|permitted| (permitted.case.clone(), &mut self.exported))
            }
            MovementKind::Import => {
                let case = details.and_then(|details| details.case.clone());
                case.map(|case| (case, &mut self.imported))
            }
            _ => None,
        };
        if let Some((case, sums)) = case {
            sums.entry(case).or_default()[kind_of(movement)] += movement.amount;
        }
    }

    /// What has left under a case by the exporter's ledger, and what has entered by the importer's.
    pub fn moved_in(&self, case: &Id) -> (Amounts, Amounts) {
        let of = |sums: &BTreeMap<Id, Amounts>| sums.get(case).copied().unwrap_or_default();
        (of(&self.exported), of(&self.imported))
    }

    /// Everything that has left and entered, over all cases.
    pub fn totals(&self) -> (Amounts, Amounts) {
        let sum = |sums: &BTreeMap<Id, Amounts>| {
            sums.values()
                .fold([0; 2], |sum: Amounts, one| [sum[0] + one[0], sum[1] + one[1]])
        };
        (sum(&self.exported), sum(&self.imported))
    }
}

fn read<T>(node: &Node, read: Result<T, String>) -> Checked<T> {
    read.map_err(|why| Broken::new("a node goes on", format!("{}: {why}", node.id)))
}

fn find<'a>(nodes: &'a [Node], id: &Id) -> Checked<&'a Node> {
    let found = nodes.iter().find(|node| node.id == *id);
    found.ok_or_else(|| Broken::new("a node goes on", format!("nobody is {id}")))
}

/// The entry in a receipt is in the receiver's log: an inclusion proof from its checkpoint verifies.
fn redeemed(nodes: &[Node], node: &Node, receipted: &MessageReceipted) -> Checked {
    let receipt: Receipt = read(node, receipted.receipt.payload.read())?;
    let giver = find(nodes, &receipted.by)?;
    let log = &giver.core.log;
    let (entry, size, root) = (receipt.entry, log.size(), log.root());
    let proof = tlog::inclusion_proof(log, entry.seq, size);
    let holds = proof.and_then(|proof| tlog::verify_inclusion(&entry.leaf.0, entry.seq, size, &proof, &root));
    let says = |what: String| {
        format!(
            "{} has a receipt of {} for entry {}: {what}",
            node.id, giver.id, entry.seq
        )
    };
    holds.map_err(|why| Broken::new(RECEIPT, says(why.to_string())))?;
    match (&giver.core.parsed(entry.seq)?.event, &receipt.taken) {
        (Event::MessageReceived(received), Taken::Accepted)
            if received.message.hash() == receipt.of && received.refused.is_none() =>
        {
            Ok(())
        }
        (Event::MessageReceived(received), Taken::Refused { code })
            if received.message.hash() == receipt.of && received.refused.as_ref() == Some(code) =>
        {
            Ok(())
        }
        (event, _) => Err(Broken::new(
            RECEIPT,
            says(format!("it says otherwise: {}", event.kind())),
        )),
    }
}

/// Every account of every item sums to nothing.
fn books_balance(node: &Node) -> Checked {
    let state = &node.core.state;
    match state.ledger.out_of_balance(state.items.iter().count()) {
        None => Ok(()),
        Some((item, sum)) => {
            let says = format!("the accounts of item number {item} of {} sum to {sum}", node.id);
            Err(Broken::new(MASS, says))
        }
    }
}
