//! The chain of messages in each direction: what is queued, signed, answered; what is taken, and what is not.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BODY_BYTES_MAX, ChainEnd, KeyFile, Message, Partner, PartnerRefusal, Queued, Receipt, RefusedMessage, Signed,
    Spoken, Taken, TakenMessage, Unanswered, restart, trust, unjournaled,
};
use crate::State;
use crate::digest::Digest;
use crate::id::Id;
use crate::journal::Event;
use crate::refusal::Refused;
use crate::trade::{self, Notice};
use crate::{Broken, broken};

/// A signed tree head of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// How many entries it covers.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// A message to a partner is to be signed and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageQueued {
    /// The partner.
    pub to: Id,
    /// The case it belongs to; none if it belongs to none.
    pub case: Option<Id>,
    /// What it says.
    pub notice: Notice,
}

impl MessageQueued {
    /// Refuses what no message has room for, before it can block the queue.
    pub(crate) fn fits(&self) -> Refused<()> {
        let bytes = self.notice.body().map_or(usize::MAX, |body| body.as_str().len());
        if bytes <= BODY_BYTES_MAX {
            return Ok(());
        }
        let (kind, max) = (self.notice.kind(), BODY_BYTES_MAX);
        Err(PartnerRefusal::MessageTooLarge { kind, bytes, max }.into())
    }
}

/// The exact bytes of a message, recorded before they are sent for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignMessage {
    /// The partner.
    pub to: Id,
    /// The entry that queued it.
    pub queued: u64,
    /// The tree head of the checkpoint in it.
    pub head: TreeHead,
    /// The message.
    pub message: Signed,
}

/// A message was signed.
pub type MessageSigned = SignMessage;

/// A message that a partner sent. Its signature, its checkpoint and the proof that the checkpoint continues the one
/// before have been verified with the keys in the state; `fsck` verifies them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveMessage {
    /// The partner.
    pub from: Id,
    /// The tree head of the checkpoint in it.
    pub head: TreeHead,
    /// The message.
    pub message: Signed,
    /// Why a key file in it is not to be believed, if it holds one and its root key did not sign it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<Id>,
}

/// A message was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageReceived {
    /// The partner.
    pub from: Id,
    /// The tree head of the checkpoint in it.
    pub head: TreeHead,
    /// The message.
    pub message: Signed,
    /// Why what it says does not hold, if it does not: the code that the receipt tells the sender.
    pub refused: Option<Id>,
}

/// A second message with the number or the id of one that was taken, but with other bytes: evidence of equivocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivocation {
    /// The partner.
    pub from: Id,
    /// The entry of the message that was taken.
    pub taken: u64,
    /// The other one.
    pub message: Signed,
}

/// A partner's receipt for a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordReceipt {
    /// The partner.
    pub by: Id,
    /// The receipt.
    pub receipt: Signed,
}

/// A receipt was recorded.
pub type MessageReceipted = RecordReceipt;

/// Messages that a partner has not taken are signed again: the key that signed them signs no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequeueMessages {
    /// The partner.
    pub to: Id,
    /// The number of the first.
    pub seq: u64,
}

/// They wait to be signed again, each under its number.
pub type MessagesRequeued = RequeueMessages;

/// The kind of a message that tells a new key.
const KEY_UPDATE: &str = "key_update";

/// So many pieces of evidence against a partner are kept: more would prove nothing more.
pub(super) const EVIDENCE_MAX: usize = 4;

pub(super) fn read(signed: &Signed) -> Refused<Message> {
    signed
        .payload
        .read()
        .map_err(|why| unjournaled(PartnerRefusal::Unreadable { why }))
}

/// Decides what becomes of a message: it is the next of its chain, or it is not taken.
pub(crate) fn decide_receive(state: &State, data: &ReceiveMessage, now: Timestamp, today: Date) -> Refused<Vec<Event>> {
    let message = read(&data.message)?;
    let from = || message.from.to_string();
    if message.to != state.founding.id {
        let (to, we) = (message.to.to_string(), state.founding.id.to_string());
        return Err(unjournaled(PartnerRefusal::NotForUs { to, we }));
    }
    let Some(partner) = state.partners.get(&message.from).filter(|_| message.from == data.from) else {
        return Err(unjournaled(PartnerRefusal::SenderUnknown { from: from() }));
    };
    key_is_good(partner, &data.message, now)?;
    let hash = data.message.hash();
    if let Some(taken) = taken_before(partner, &message) {
        // Evidence is kept once, however often it is sent again.
        let same = (taken.hash == hash).then_some(taken.entry);
        if let Some(entry) = same.or(partner.equivocations.get(&hash).copied()) {
            let seq = message.seq;
            return Err(unjournaled(PartnerRefusal::AlreadyTaken {
                from: from(),
                seq,
                entry,
            }));
        }
        if partner.equivocations.len() >= EVIDENCE_MAX {
            return Err(unjournaled(PartnerRefusal::EvidenceEnough { from: from() }));
        }
        let (from, taken, message) = (data.from.clone(), taken.entry, data.message.clone());
        return Ok(vec![Event::MessageEquivocated(Box::new(Equivocation {
            from,
            taken,
            message,
        }))]);
    }
    let expected = partner.received.map_or(1, |last| last.seq + 1);
    if message.seq != expected {
        let seq = message.seq;
        return Err(unjournaled(PartnerRefusal::OutOfOrder {
            from: from(),
            seq,
            expected,
        }));
    }
    if message.prev != partner.received.map(|last| last.hash) {
        let seq = message.seq;
        return Err(unjournaled(PartnerRefusal::ChainBroken { from: from(), seq }));
    }
    let judged = trade::judge(state, partner, &message, hash, now, today);
    let (refused, follow) = match (&data.unproven, judged) {
        (Some(unproven), _) => (Some(unproven.clone()), Vec::new()),
        (None, Ok(events)) => (None, events),
        (None, Err(code)) => (code.word().parse().ok(), Vec::new()),
    };
    let received = MessageReceived {
        from: data.from.clone(),
        head: data.head,
        message: data.message.clone(),
        refused,
    };
    let mut events = vec![Event::MessageReceived(Box::new(received))];
    events.extend(follow);
    Ok(events)
}

/// The key that signed it is one of the sender's, in its time, and trusted.
fn key_is_good(partner: &Partner, message: &Signed, now: Timestamp) -> Refused<()> {
    let (from, kid) = (partner.file.id.to_string(), message.kid.to_string());
    let held = partner.keys.get(&message.kid);
    if let Some(since) = held.and_then(|held| held.untrusted_since) {
        return Err(unjournaled(PartnerRefusal::KeyUntrusted { from, kid, since }));
    }
    match held.filter(|held| held.signs_at(now)) {
        Some(_) => Ok(()),
        None => Err(unjournaled(PartnerRefusal::KeyUnknown { from, kid })),
    }
}

/// The message that was taken under the same number or the same id.
fn taken_before<'a>(partner: &'a Partner, message: &Message) -> Option<&'a TakenMessage> {
    let by_id = partner.ids.get(&message.id).and_then(|seq| partner.taken.get(seq));
    partner.taken.get(&message.seq).or(by_id)
}

/// Decides the recording of a message's bytes: it is the next of the queue, and continues the chain.
pub(crate) fn decide_sign(state: &State, data: &SignMessage) -> Refused<Event> {
    let partner = state.partners.find(&data.to)?;
    let message = read(&data.message)?;
    let next = partner.sent.map_or(1, |last| last.seq + 1);
    let queued = partner.queue.front();
    let fits = queued.is_some_and(|queued| queued.entry == data.queued && queued.case == message.case)
        && message.from == state.founding.id
        && message.to == data.to
        && message.seq == next
        && message.prev == partner.sent.map(|last| last.hash)
        && message.consistency.from_size == partner.sent.map_or(0, |last| last.head.size);
    if fits {
        Ok(Event::MessageSigned(Box::new(data.clone())))
    } else {
        Err(unjournaled(PartnerRefusal::NotNext {
            to: data.to.to_string(),
        }))
    }
}

/// Decides the recording of a receipt: the message it is about waits for one.
pub(crate) fn decide_receipt(state: &State, data: &RecordReceipt) -> Refused<Event> {
    let partner = state.partners.find(&data.by)?;
    let receipt: Receipt = data
        .receipt
        .payload
        .read()
        .map_err(|why| unjournaled(PartnerRefusal::Unreadable { why }))?;
    let awaited = partner
        .unanswered
        .iter()
        .any(|sent| sent.hash == receipt.of && sent.seq == receipt.seq);
    if awaited && receipt.from == data.by && receipt.to == state.founding.id {
        Ok(Event::MessageReceipted(Box::new(data.clone())))
    } else {
        let (by, of) = (data.by.to_string(), receipt.of.to_string());
        Err(unjournaled(PartnerRefusal::NotAwaited { by, of }))
    }
}

/// Decides that what a partner has not taken is signed again: its first message is signed with a key that signs no more,
/// and there is another one; or it shows a log that is continued no more.
pub(crate) fn decide_requeue(state: &State, data: &RequeueMessages, now: Timestamp) -> Refused<Event> {
    let partner = state.partners.find(&data.to)?;
    let first = partner.unanswered.front().filter(|first| first.seq == data.seq);
    let ours = &state.own.keys;
    let restarted = state.own.ended.last().map_or(0, |log| log.entry);
    let ended = first.is_some_and(|first| {
        let key_ended = ours.get(&first.kid).is_none_or(|held| !held.is_good_at(now));
        key_ended || first.entry < restarted
    });
    if ended && partner.our_key_now(ours, now).is_some() {
        return Ok(Event::MessagesRequeued(Box::new(data.clone())));
    }
    let to = data.to.to_string();
    Err(unjournaled(PartnerRefusal::KeyStillGood { to }))
}

pub(crate) fn apply_requeued(state: &mut State, requeued: &MessagesRequeued) {
    let restarted = state.own.ended.last().map_or(0, |log| log.entry);
    if let Some(partner) = state.partners.get_mut(&requeued.to) {
        while let Some(last) = partner.unanswered.pop_back() {
            partner.sent = last.before;
            if last.entry < restarted {
                restart::forget_head(&mut partner.sent);
            }
            partner.queue.push_front(last.queued);
        }
    }
}

pub(crate) fn apply_queued(state: &mut State, seq: u64, queued: &MessageQueued) -> Result<(), Broken> {
    let partner = partner(state, &queued.to)?;
    let case = queued.case.clone();
    partner.queue.push_back(Queued { entry: seq, case });
    Ok(())
}

pub(crate) fn apply_signed(state: &mut State, seq: u64, signed: &MessageSigned) -> Result<(), Broken> {
    let partner = partner(state, &signed.to)?;
    let message: Message = signed.message.payload.read().map_err(|why| broken("message", why))?;
    let queued = partner.queue.pop_front();
    let queued = queued.ok_or_else(|| broken("queued message", signed.queued))?;
    let hash = signed.message.hash();
    let before = partner.sent;
    partner.sent = Some(ChainEnd {
        seq: message.seq,
        hash,
        head: signed.head,
    });
    partner.unanswered.push_back(Unanswered {
        seq: message.seq,
        hash,
        entry: seq,
        not_after: message.not_after,
        kid: signed.message.kid.clone(),
        queued,
        before,
        announces: file_in(&message).map(|file| file.key.kid),
    });
    trade::apply_sent(state, &message, hash);
    Ok(())
}

/// The key file in a message, if it tells one.
fn file_in(message: &Message) -> Option<KeyFile> {
    let told = message.kind.as_str() == KEY_UPDATE;
    told.then(|| message.body.read().ok()).flatten()
}

pub(crate) fn apply_received(
    state: &mut State,
    seq: u64,
    received: &MessageReceived,
    at: Timestamp,
    on: Date,
) -> Result<(), Broken> {
    let message: Message = received.message.payload.read().map_err(|why| broken("message", why))?;
    let hash = received.message.hash();
    let partner = partner(state, &received.from)?;
    partner.received = Some(ChainEnd {
        seq: message.seq,
        hash,
        head: received.head,
    });
    partner.taken.insert(message.seq, TakenMessage { hash, entry: seq });
    partner.ids.insert(message.id, message.seq);
    if received.refused.is_some() {
        return Ok(());
    }
    if let Some(file) = file_in(&message) {
        trust::apply_file(state, &file, seq, at);
        return Ok(());
    }
    note_spoken(partner, &message, &received.message.kid, at);
    trade::apply_notice(state, &received.from, &message, hash, (seq, on))
}

/// Notes with which key something was said that permits may rest on.
fn note_spoken(partner: &mut Partner, message: &Message, kid: &Id, at: Timestamp) {
    let spoken = || Spoken { kid: kid.clone(), at };
    match Notice::read(&message.kind, &message.body) {
        Ok(Some(Notice::Confirmed(_))) => {
            if let Some(case) = &message.case {
                partner.confirmations.insert(case.clone(), spoken());
            }
        }
        Ok(Some(Notice::AuthorizationIssued(authorization))) => {
            partner.authorizations.insert(authorization.number.clone(), spoken());
        }
        // The text that permits rest on is the last one.
        Ok(Some(Notice::AuthorizationAmended(amendment))) => {
            let number = amendment.authorization.number.clone();
            partner.authorizations.insert(number, spoken());
        }
        _ => {}
    }
}

pub(crate) fn apply_receipted(state: &mut State, seq: u64, receipted: &MessageReceipted) -> Result<(), Broken> {
    let receipt: Receipt = receipted.receipt.payload.read().map_err(|why| broken("receipt", why))?;
    let partner = partner(state, &receipted.by)?;
    let answered = partner.unanswered.iter().find(|sent| sent.hash == receipt.of);
    let announced = answered.and_then(|sent| sent.announces.clone());
    if let Some(kid) = announced.filter(|_| receipt.taken == Taken::Accepted) {
        partner.told.push((seq, kid));
    }
    partner.unanswered.retain(|sent| sent.hash != receipt.of);
    partner.cosigned = partner.cosigned.max(Some(receipt.seen_size));
    if let Taken::Refused { code } = receipt.taken {
        let seq_of = receipt.seq;
        partner.refused.push(RefusedMessage {
            seq: seq_of,
            code,
            entry: seq,
        });
    }
    Ok(())
}

pub(crate) fn apply_equivocation(state: &mut State, seq: u64, equivocation: &Equivocation) {
    if let Some(partner) = state.partners.get_mut(&equivocation.from) {
        partner.equivocations.insert(equivocation.message.hash(), seq);
    }
}

fn partner<'a>(state: &'a mut State, id: &Id) -> Result<&'a mut Partner, Broken> {
    state.partners.get_mut(id).ok_or_else(|| broken("partner", id))
}
