//! The checks of a message once more, on what lies in a journal: with the state as it was before the entry, and so with
//! the keys that were trusted then.

use domain::State;
use domain::digest::Bytes;
use domain::id::Id;
use domain::partner::{
    AlarmKind, Equivocation, LogAlarmRaised, Message, MessageQueued, MessageReceipted, MessageReceived, MessageSigned,
    Signed, TreeHead,
};
use jiff::Timestamp;

use crate::compose::head_of;
use crate::key::verify;
use crate::open::{continued, follows, read, sender, taken_before, unproven, valid_at};
use crate::receipt::open_receipt;
use crate::reject::{
    ALARM_UNFOUNDED, CHAIN_BROKEN, CHECKPOINT_BAD, FOR_ANOTHER, KEY_UNKNOWN, QUEUED_DIFFERS, Reject, SENDER_UNKNOWN,
    SIGNATURE_BAD, UNREADABLE,
};

/// Checks a message of ours: our key signed it, the tree head beside it is that of its checkpoint, and it says what was
/// queued.
pub fn check_signed(state: &State, signed: &MessageSigned, queued: Option<&MessageQueued>) -> Result<(), Reject> {
    let message = signed_by_us(state, &signed.message)?;
    if head_of(state, &message.checkpoint)? != signed.head {
        return Err(head_differs());
    }
    let queued = queued.ok_or_else(|| {
        let says = format!("entry {} queued no message that waits to be signed", signed.queued);
        Reject::new(QUEUED_DIFFERS, says)
    })?;
    let body = queued.notice.body().map_err(Reject::because(UNREADABLE))?;
    let same = queued.to == message.to
        && queued.case == message.case
        && queued.notice.kind() == message.kind.as_str()
        && body == message.body;
    if same {
        return Ok(());
    }
    let says = format!("it says something else than entry {} queued", signed.queued);
    Err(Reject::new(QUEUED_DIFFERS, says))
}

/// A message that this authority signed with a key that was good then.
fn signed_by_us(state: &State, signed: &Signed) -> Result<Message, Reject> {
    let message = read(signed)?;
    let held = state.own.keys.get(&signed.kid);
    let held = held.filter(|held| held.is_good_at(message.created)).ok_or_else(|| {
        let says = format!("this authority had no key {} then", signed.kid);
        Reject::new(KEY_UNKNOWN, says)
    })?;
    if verify(signed, &held.key.public) {
        return Ok(message);
    }
    let says = format!("the key {} of this authority did not sign this", held.key.kid);
    Err(Reject::new(SIGNATURE_BAD, says))
}

/// Checks a message of ours that a partner held and the journal had lost: our key signed it, for that partner.
pub fn check_recovered(state: &State, to: &Id, signed: &Signed) -> Result<(), Reject> {
    let message = signed_by_us(state, signed)?;
    if message.from == state.founding.id && message.to == *to {
        return Ok(());
    }
    let says = format!("the message is from {} to {}, not to {to}", message.from, message.to);
    Err(Reject::new(FOR_ANOTHER, says))
}

/// Checks a message that was taken: its signature, its place in the chain, and that its checkpoint continues the one
/// before and has the tree head beside it.
pub fn check_received(state: &State, received: &MessageReceived, at: Timestamp) -> Result<(), Reject> {
    let message = read(&received.message)?;
    let partner = sender(state, &received.message, &message)?;
    valid_at(partner, &received.message, at)?;
    if let Some(reject) = unproven(&message).filter(|_| received.refused.is_none()) {
        return Err(reject);
    }
    if partner.file.id != received.from {
        let says = format!("the message is from {}, not from {}", message.from, received.from);
        return Err(Reject::new(SENDER_UNKNOWN, says));
    }
    follows(partner, &message)?;
    if continued(partner, &message)? == received.head {
        Ok(())
    } else {
        Err(head_differs())
    }
}

/// Checks evidence of equivocation: the partner signed it, and it contradicts what was taken.
pub fn check_equivocated(state: &State, evidence: &Equivocation, at: Timestamp) -> Result<(), Reject> {
    let message = read(&evidence.message)?;
    let partner = sender(state, &evidence.message, &message)?;
    valid_at(partner, &evidence.message, at)?;
    let hash = evidence.message.hash();
    let contradicts = taken_before(partner, &message)
        .is_some_and(|taken| taken.entry == evidence.taken && taken.hash != hash && partner.file.id == evidence.from);
    if contradicts {
        return Ok(());
    }
    let says = format!("it does not contradict entry {}", evidence.taken);
    Err(Reject::new(CHAIN_BROKEN, says))
}

/// Checks an alarm. A partner's log: the known checkpoint is the one that was seen last, and the one in its message does
/// not continue it. Our own: our log signed both, and they contradict each other by their size or their root.
pub fn check_alarm(state: &State, raised: &LogAlarmRaised, at: Timestamp) -> Result<(), Reject> {
    let unfounded = |says: &str| Err(Reject::new(ALARM_UNFOUNDED, says));
    if raised.about == state.founding.id {
        return check_own_alarm(state, raised);
    }
    let Some(signed) = &raised.message else {
        return unfounded("the partner has sent no message with it");
    };
    let message = read(signed)?;
    let partner = sender(state, signed, &message)?;
    valid_at(partner, signed, at)?;
    let known = tlog::verify(&raised.known, partner.file.log_key.as_str()).map_err(Reject::because(CHECKPOINT_BAD))?;
    let head = TreeHead {
        size: known.size,
        root: Bytes(known.root),
    };
    let seen_last = partner.received.is_some_and(|last| last.head == head);
    if !seen_last || partner.file.id != raised.about || message.checkpoint != raised.shown {
        return unfounded("its checkpoints are not the one seen last and the one in the message");
    }
    match continued(partner, &message) {
        Err(reject) if reject.code == raised.kind.code() => Ok(()),
        _ => unfounded("the second checkpoint is not wrong in that way"),
    }
}

fn check_own_alarm(state: &State, raised: &LogAlarmRaised) -> Result<(), Reject> {
    let log_key = state.log_key();
    let read = |note: &str| tlog::verify(note, log_key).map_err(Reject::because(CHECKPOINT_BAD));
    let (known, shown) = (read(&raised.known)?, read(&raised.shown)?);
    let founded = match raised.kind {
        AlarmKind::RolledBack => known.size > shown.size,
        AlarmKind::Forked => known.size <= shown.size && known != shown,
    };
    if founded {
        return Ok(());
    }
    Err(Reject::new(
        ALARM_UNFOUNDED,
        "the two checkpoints do not contradict each other",
    ))
}

/// Checks a receipt that was recorded. `checkpoint` is the note in the message it is for.
pub fn check_receipted(state: &State, receipted: &MessageReceipted, checkpoint: &str) -> Result<(), Reject> {
    let bytes = receipted.receipt.compact();
    let log_key = state.log_key_of(checkpoint).unwrap_or_default();
    open_receipt(state, &receipted.by, bytes.as_bytes(), log_key, checkpoint).map(drop)
}

fn head_differs() -> Reject {
    Reject::new(
        CHECKPOINT_BAD,
        "the tree head beside the message is not that of its checkpoint",
    )
}
