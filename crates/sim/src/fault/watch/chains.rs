//! The chains of messages: what was signed, taken and receipted, and what is proven by it.

use std::collections::{BTreeMap, BTreeSet};

use domain::digest::Digest;
use domain::id::Id;
use domain::partner::{EntryRef, Message, MessageReceipted, MessageReceived, MessageSigned, Receipt, Taken};
use domain::{Entry, Event};
use exchange::Answer;

use super::{BYTES, CHECKPOINT, EVIDENCE, GOES_ON, KNOWN, ORDER, RECEIPT, ROLLED_BACK, Watch};
use crate::fault::astray::Nature;
use crate::fault::world::Node;
use crate::fault::{Broken, Checked};
use crate::node::Outgoing;

/// So many pieces of evidence against a partner are kept.
const EVIDENCE_MAX: usize = 4;
/// What a node is told whose log was rolled back.
const ROLLED_BACK_CODES: [&str; 4] = ["equivocation", "chain_broken", "log_rolled_back", "log_forked"];

/// A receipt that somebody holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Redeemable {
    holder: usize,
    giver: usize,
    entry: EntryRef,
}

/// A message that contradicts one that a node has taken.
#[derive(Clone, Debug)]
pub(in crate::fault) struct Contradiction {
    from: Id,
    hash: Digest,
    /// How much evidence there was before.
    had: usize,
}

impl Watch {
    fn place(&self, id: &str) -> Checked<usize> {
        let place = self.places.get(id).copied();
        place.ok_or_else(|| Broken::new(GOES_ON, format!("nobody is {id}")))
    }

    /// Reads an entry about messages.
    pub(super) fn chain(&mut self, nodes: &[Node], place: usize, entry: &Entry) -> Checked {
        match &entry.event {
            Event::MessageReceived(received) => self.received(nodes, place, received),
            Event::MessageReceipted(receipted) => self.receipted(nodes, place, receipted),
            Event::MessageEquivocated(evidence) if nodes[self.place(&evidence.from)?].is_honest() => {
                let says = format!("{} says that {} contradicts itself", nodes[place].id, evidence.from);
                Err(Broken::new(BYTES, says))
            }
            _ => Ok(()),
        }
    }

    /// What is posted is what was signed, every time.
    pub fn posted(&self, from: &str, message: &Outgoing, bytes: &[u8]) -> Checked {
        // A message that was signed in this very step is not read yet.
        let key = (self.place(from)?, self.place(&message.to)?, message.seq);
        let known = self.signed.get(&key).copied().unwrap_or(message.hash);
        if known == Digest::of(bytes) {
            return Ok(());
        }
        let (seq, to) = (message.seq, &message.to);
        let says = format!("message {seq} of {from} to {to} was posted with other bytes");
        Err(Broken::new(BYTES, says))
    }

    pub(super) fn signed(&mut self, node: &Node, signed: &MessageSigned) -> Checked {
        let message: Message = read(node, signed.message.payload.read())?;
        let key = (self.place(&node.id)?, self.place(&message.to)?, message.seq);
        let hash = signed.message.hash();
        match self.signed.insert(key, hash) {
            Some(known) if known != hash => {
                let (seq, to) = (message.seq, &message.to);
                let says = format!("message {seq} of {} to {to} was signed twice", node.id);
                Err(Broken::new(BYTES, says))
            }
            _ => Ok(()),
        }
    }

    /// What a node signs after it came back from an old backup. Where nothing else has happened in between, and its clock
    /// stands, it signs the very bytes that it had signed before: then nothing of that message is lost.
    pub(super) fn signed_afresh(&mut self, node: &Node, place: usize, entries: &[Entry]) -> Checked {
        for entry in entries {
            let Event::MessageSigned(signed) = &entry.event else {
                continue;
            };
            let message: Message = read(node, signed.message.payload.read())?;
            let (to, hash) = (self.place(&message.to)?, signed.message.hash());
            if self.signed.get(&(place, to, message.seq)) == Some(&hash) {
                self.regained.insert((place, to), message.seq);
            } else {
                self.afresh.insert(hash);
            }
        }
        Ok(())
    }

    /// The last message to a partner that a node still has, or has again, after it came back from an old backup.
    fn kept(&self, kept: &BTreeMap<Id, u64>, (from, to): (usize, usize), id: &Id) -> u64 {
        let kept = kept.get(id).copied().unwrap_or_default();
        kept.max(self.regained.get(&(from, to)).copied().unwrap_or_default())
    }

    /// A node came back from an old backup.
    pub fn restored(&mut self, place: usize, size: u64) {
        self.next[place] = size;
        let taken = self.taken.iter().filter(|((from, _), _)| *from == place);
        let taken: Vec<_> = taken.map(|(pair, seq)| (*pair, *seq)).collect();
        self.taken_before.extend(taken);
    }

    /// What a node that came back is told.
    pub fn told(&mut self, restored: usize, by: usize, answer: &Answer) {
        if let Answer::Refused { code, .. } = answer
            && ROLLED_BACK_CODES.contains(&code.as_str())
        {
            self.told.insert((restored, by));
        }
    }

    /// Counts what an honest node did not take of one that went astray.
    pub fn answered(&mut self, from: &Node, answer: &Answer) {
        if let (Answer::Refused { code, .. }, false) = (answer, from.is_honest()) {
            *self.rejected.entry(code.clone()).or_default() += 1;
        }
    }

    /// Whether a message, signed by a partner, contradicts one that was taken.
    pub fn contradicted(node: &Node, bytes: &[u8]) -> Option<Contradiction> {
        let signed = exchange::parse(bytes).ok()?;
        let message: Message = signed.payload.read().ok()?;
        let partner = node.core.state.partners.get(&message.from)?;
        let key = &partner.file.key;
        let authentic = message.to == node.id && key.kid == signed.kid && exchange::verify(&signed, &key.public);
        let by_id = partner.ids.get(&message.id).and_then(|seq| partner.taken.get(seq));
        let taken = partner.taken.get(&message.seq).or(by_id)?;
        let hash = signed.hash();
        let had = partner.equivocations.len();
        let from = message.from;
        (authentic && taken.hash != hash).then_some(Contradiction { from, hash, had })
    }

    /// Who was contradicted has kept it.
    pub fn evidenced(node: &Node, contradiction: Option<&Contradiction>) -> Checked {
        let Some(Contradiction { from, hash, had }) = contradiction else {
            return Ok(());
        };
        let partner = node.core.state.partners.get(from);
        if *had >= EVIDENCE_MAX || partner.is_some_and(|partner| partner.equivocations.contains_key(hash)) {
            return Ok(());
        }
        let says = format!("{from} contradicts itself, and {} has kept nothing of it", node.id);
        Err(Broken::new(EVIDENCE, says))
    }

    fn received(&mut self, nodes: &[Node], place: usize, received: &MessageReceived) -> Checked {
        let node = &nodes[place];
        let message: Message = read(node, received.message.payload.read())?;
        let from = self.place(&received.from)?;
        let sender = &nodes[from];
        self.rolled_back(sender, (from, place), node, &message, received)?;
        let last = self.taken.insert((from, place), message.seq).unwrap_or_default();
        if message.seq != last + 1 {
            let (to, from) = (&node.id, &sender.id);
            let says = format!("{to} took message {} of {from} after message {last}", message.seq);
            return Err(Broken::new(ORDER, says));
        }
        if sender.is_honest() {
            self.as_signed(sender, (from, place), &message, received)?;
        }
        *self.messages.entry(message.kind.to_string()).or_default() += 1;
        if let Some(code) = &received.refused {
            *self.refused.entry(code.to_string()).or_default() += 1;
        }
        Ok(())
    }

    /// Of a log that was rolled back nothing is taken by who has seen more of it.
    fn rolled_back(
        &mut self,
        sender: &Node,
        pair: (usize, usize),
        node: &Node,
        message: &Message,
        received: &MessageReceived,
    ) -> Checked {
        let Nature::Restored { kept } = &sender.nature else {
            return Ok(());
        };
        let kept = self.kept(kept, pair, &node.id);
        if !self.afresh.contains(&received.message.hash()) {
            self.taken_before.insert(pair, message.seq);
            return Ok(());
        }
        let before = self.taken_before.get(&pair).copied().unwrap_or_default();
        if before <= kept {
            return Ok(());
        }
        let says = format!(
            "{} had message {before} of {}, whose log was cut back to message {kept}, and took message {} after it",
            node.id, sender.id, message.seq
        );
        Err(Broken::new(ROLLED_BACK, says))
    }

    /// What was taken is what was signed, and its checkpoint is one of the sender's log.
    fn as_signed(&self, sender: &Node, pair: (usize, usize), message: &Message, received: &MessageReceived) -> Checked {
        let (from, to) = (&sender.id, &message.to);
        if self.signed.get(&(pair.0, pair.1, message.seq)) != Some(&received.message.hash()) {
            let says = format!(
                "{to} took other bytes as message {} of {from} than were signed",
                message.seq
            );
            return Err(Broken::new(BYTES, says));
        }
        let head = received.head;
        // While a stored hash is wrong its log cannot be looked at.
        let seen = sender.changed.is_some() || tlog::root_at(&sender.core.log, head.size).ok() == Some(head.root.0);
        if seen {
            return Ok(());
        }
        let says = format!(
            "{to} saw a checkpoint of {} entries that is not in the log of {from}",
            head.size
        );
        Err(Broken::new(CHECKPOINT, says))
    }

    /// A receipt says what its giver's journal says, and is redeemed by a proof against its signed checkpoint.
    fn receipted(&mut self, nodes: &[Node], holder: usize, receipted: &MessageReceipted) -> Checked {
        let giver = self.place(&receipted.by)?;
        // Who lies gives receipts for what it likes; who was rolled back has lost what it gave them for.
        if !nodes[giver].is_honest() {
            return Ok(());
        }
        let receipt: Receipt = read(&nodes[holder], receipted.receipt.payload.read())?;
        let entry = receipt.entry;
        let redeemable = Redeemable { holder, giver, entry };
        self.receipts.push(redeemable);
        if nodes[giver].changed.is_some() {
            return Ok(());
        }
        let note = nodes[giver].core.checkpoint()?.1;
        redeem(nodes, &redeemable, &note)?;
        let said = match &nodes[giver].core.parsed(entry.seq)?.event {
            Event::MessageReceived(received) if received.message.hash() == receipt.of => received.refused.clone(),
            event => {
                let says = format!(
                    "the receipt of {} for entry {} is for {}",
                    receipted.by,
                    entry.seq,
                    event.kind()
                );
                return Err(Broken::new(RECEIPT, says));
            }
        };
        let same = match (&receipt.taken, said) {
            (Taken::Accepted, None) => true,
            (Taken::Refused { code }, Some(said)) => *code == said,
            _ => false,
        };
        if same {
            return Ok(());
        }
        let says = format!(
            "entry {} of {} says otherwise than its receipt",
            entry.seq, receipted.by
        );
        Err(Broken::new(RECEIPT, says))
    }

    /// At the end every receipt is still redeemed, against the last checkpoint.
    pub fn redeem_all(&self, nodes: &[Node]) -> Checked {
        let notes: Vec<String> = nodes
            .iter()
            .map(|node| node.core.checkpoint().map(|(_, note)| note))
            .collect::<Result<_, _>>()?;
        let honest = self.receipts.iter().filter(|receipt| nodes[receipt.giver].is_honest());
        for receipt in honest {
            redeem(nodes, receipt, &notes[receipt.giver])?;
        }
        Ok(())
    }

    /// Who had more of a log that was rolled back has the evidence, and the one that came back was told.
    pub fn known(&self, nodes: &[Node]) -> Checked {
        for ((from, to), before) in &self.taken_before {
            let (sender, node) = (&nodes[*from], &nodes[*to]);
            let Nature::Restored { kept } = &sender.nature else {
                continue;
            };
            let kept = self.kept(kept, (*from, *to), &node.id);
            if *before <= kept || !node.is_honest() {
                continue;
            }
            let partner = node.core.state.partners.get(&sender.id);
            let has = partner.is_some_and(|partner| !partner.equivocations.is_empty());
            if !has || !self.told.contains(&(*from, *to)) {
                let says = format!(
                    "the log of {} was cut back below message {before} to {}: evidence there {has}, told {}",
                    sender.id,
                    node.id,
                    self.told.contains(&(*from, *to))
                );
                return Err(Broken::new(KNOWN, says));
            }
        }
        Ok(())
    }

    /// How many pairs of honest journals prove that a hostile node has shown two logs: two checkpoints of one size, both
    /// signed by it.
    pub fn split_views(nodes: &[Node]) -> Checked<u64> {
        let mut proven = 0;
        for hostile in nodes.iter().filter(|node| node.nature == Nature::Hostile) {
            let mut roots: BTreeMap<u64, BTreeSet<Digest>> = BTreeMap::new();
            for node in nodes.iter().filter(|node| node.is_honest()) {
                for head in heads_of(node, hostile)? {
                    roots
                        .entry(head.size)
                        .or_default()
                        .insert(domain::digest::Bytes(head.root));
                }
            }
            proven += u64::try_from(roots.values().filter(|roots| roots.len() > 1).count()).unwrap_or_default();
        }
        Ok(proven)
    }
}

/// The checkpoints of one node that lie in the journal of another, each with its signature.
fn heads_of(node: &Node, of: &Node) -> Checked<Vec<tlog::Checkpoint>> {
    let mut heads = Vec::new();
    let partner = node.core.state.partners.get(&of.id);
    for taken in partner.into_iter().flat_map(|partner| partner.taken.values()) {
        if let Event::MessageReceived(received) = node.core.parsed(taken.entry)?.event {
            let message: Message = read(node, received.message.payload.read())?;
            let head = tlog::verify(&message.checkpoint, of.core.state.founding.log_key.as_str());
            heads.push(head.map_err(|why| Broken::new(EVIDENCE, why.to_string()))?);
        }
    }
    Ok(heads)
}

fn redeem(nodes: &[Node], receipt: &Redeemable, note: &str) -> Checked {
    let giver = &nodes[receipt.giver];
    let (log, entry) = (&giver.core.log, receipt.entry);
    let holds = tlog::verify(note, giver.core.state.founding.log_key.as_str()).and_then(|head| {
        let proof = tlog::inclusion_proof(log, entry.seq, head.size)?;
        tlog::verify_inclusion(&entry.leaf.0, entry.seq, head.size, &proof, &head.root)
    });
    holds.map_err(|why| {
        let (holder, giver) = (&nodes[receipt.holder].id, &giver.id);
        let says = format!("{holder} has a receipt of {giver} for entry {}: {why}", entry.seq);
        Broken::new(RECEIPT, says)
    })
}

fn read<T>(node: &Node, read: Result<T, String>) -> Checked<T> {
    read.map_err(|why| Broken::new(GOES_ON, format!("{}: {why}", node.id)))
}
