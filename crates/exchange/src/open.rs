//! What a receiver checks before it takes a message.

use domain::State;
use domain::digest::{Bytes, Digest};
use domain::id::Id;
use domain::partner::{AlarmKind, HeldKey, Message, Partner, ReceiveMessage, Signed, TakenMessage, TreeHead};
use domain::trade::Notice;
use jiff::Timestamp;

use crate::compact::parse;
use crate::key::verify;
use crate::key_file::check_key_file;
use crate::reject::{
    CHAIN_BROKEN, CHECKPOINT_BAD, CONSISTENCY_MISSING, FOR_ANOTHER, FORKED, KEY_UNKNOWN, KEY_UNTRUSTED, LOG_ENDED,
    LOG_UNKNOWN, OUT_OF_ORDER, ROLLED_BACK, Reject, SENDER_UNKNOWN, SIGNATURE_BAD, UNREADABLE,
};

/// The version of the form of messages and receipts.
pub(crate) const VERSION: u8 = 1;

/// What a message turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is to be handed to the writer: the next of its chain, or one that contradicts what was taken.
    Next(ReceiveMessage),
    /// It was taken before, or kept as evidence, as this entry.
    Repeat {
        /// The entry.
        entry: u64,
    },
    /// Its log does not continue what was seen of it: it is not taken, and the alarm is kept as evidence.
    Alarm(Box<Shown>),
    /// Messages before it have not come yet.
    Early {
        /// Its sender.
        from: Id,
        /// Its number.
        seq: u64,
        /// The number that comes next.
        expected: u64,
    },
}

/// A message whose checkpoint does not continue the one seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its sender.
    pub from: Id,
    /// What is wrong with the sender's log.
    pub kind: AlarmKind,
    /// The message, with the checkpoint in it.
    pub message: Signed,
    /// That checkpoint, a signed note.
    pub checkpoint: String,
    /// What the sender is told.
    pub says: Reject,
}

/// Opens a message: its form, its sender, whom it is for, its key, its signature, its place in the chain, and that the
/// checkpoint in it continues the one before.
///
/// What does not get past the signature can come from anybody.
/// Of a message that contradicts one that was taken nothing after the signature is checked: it is kept as evidence.
pub fn open(state: &State, bytes: &[u8], now: Timestamp) -> Result<Opened, Reject> {
    let signed = parse(bytes)?;
    let message = read(&signed)?;
    let partner = sender(state, &signed, &message)?;
    let from = message.from.clone();
    let (taken, hash) = (taken_before(partner, &message), signed.hash());
    let same = taken.filter(|taken| taken.hash == hash).map(|taken| taken.entry);
    if let Some(entry) = same.or(partner.equivocations.get(&hash).copied()) {
        // The answer may have been lost: it is given again even where the key has ended since.
        return Ok(Opened::Repeat { entry });
    }
    valid_at(partner, &signed, now)?;
    if taken.is_some() {
        return Ok(Opened::Next(ReceiveMessage {
            from,
            head: head_if_any(partner, &message),
            message: signed,
            unproven: None,
        }));
    }
    let (seq, expected) = (message.seq, expected(partner));
    if seq > expected {
        return Ok(Opened::Early { from, seq, expected });
    }
    follows(partner, &message)?;
    let head = match continued(partner, &message) {
        Ok(head) => head,
        Err(says) => return alarm(says, signed, message),
    };
    let unproven = unproven(&message).and_then(|reject| reject.code.parse().ok());
    Ok(Opened::Next(ReceiveMessage {
        from,
        head,
        message: signed,
        unproven,
    }))
}

/// A log that does not continue is an alarm; what else is wrong with a checkpoint is refused.
fn alarm(says: Reject, signed: Signed, message: Message) -> Result<Opened, Reject> {
    let kind = match says.code {
        ROLLED_BACK => AlarmKind::RolledBack,
        FORKED => AlarmKind::Forked,
        _ => return Err(says),
    };
    Ok(Opened::Alarm(Box::new(Shown {
        from: message.from,
        kind,
        message: signed,
        checkpoint: message.checkpoint,
        says,
    })))
}

/// Why the key file in a message is not to be believed, if there is one that its root key did not sign. What cannot be
/// read as a key file is judged with the rest of what the message says.
pub(crate) fn unproven(message: &Message) -> Option<Reject> {
    let Ok(Some(Notice::KeyUpdate(file))) = Notice::read(&message.kind, &message.body) else {
        return None;
    };
    check_key_file(&file).err()
}

/// What a signed document says as a message. Whether its version is known, and whether it is still good, is judged when
/// it is taken: refused or not, it keeps its place in the chain.
pub(crate) fn read(signed: &Signed) -> Result<Message, Reject> {
    signed.payload.read().map_err(Reject::because(UNREADABLE))
}

/// The partner that sent and signed a message for us.
pub(crate) fn sender<'a>(state: &'a State, signed: &Signed, message: &Message) -> Result<&'a Partner, Reject> {
    let (from, we) = (&message.from, &state.founding.id);
    let no_partner = || Reject::new(SENDER_UNKNOWN, format!("{from} is no partner of this authority"));
    let partner = state.partners.get(from).ok_or_else(no_partner)?;
    if message.to != *we {
        let says = format!("the message is for {}; this is {we}", message.to);
        return Err(Reject::new(FOR_ANOTHER, says));
    }
    signed_by(partner, signed)?;
    Ok(partner)
}

/// The partner's key of that name.
fn key_of<'a>(partner: &'a Partner, signed: &Signed) -> Result<&'a HeldKey, Reject> {
    let unknown = || Reject::new(KEY_UNKNOWN, format!("{} has no key {}", partner.file.id, signed.kid));
    partner.keys.get(&signed.kid).ok_or_else(unknown)
}

/// The partner's key is good at a moment: trusted, and in its time.
pub(crate) fn valid_at(partner: &Partner, signed: &Signed, at: Timestamp) -> Result<(), Reject> {
    let (from, held) = (&partner.file.id, key_of(partner, signed)?);
    trusted(partner, signed)?;
    if held.signs_at(at) {
        return Ok(());
    }
    let says = format!(
        "the key {} of {from} is good from {} until {}, not at {at}",
        held.key.kid, held.key.valid_from, held.until
    );
    Err(Reject::new(KEY_UNKNOWN, says))
}

/// The partner's root key has not said that its key is not to be trusted.
pub(crate) fn trusted(partner: &Partner, signed: &Signed) -> Result<(), Reject> {
    let Some(since) = key_of(partner, signed)?.untrusted_since else {
        return Ok(());
    };
    let says = format!(
        "the key {} of {} is not trusted since {since}: sign with another one",
        signed.kid, partner.file.id
    );
    Err(Reject::new(KEY_UNTRUSTED, says))
}

/// The partner's key of that name signed it.
pub(crate) fn signed_by(partner: &Partner, signed: &Signed) -> Result<(), Reject> {
    if verify(signed, &key_of(partner, signed)?.key.public) {
        return Ok(());
    }
    let says = format!("the key {} of {} did not sign this", signed.kid, partner.file.id);
    Err(Reject::new(SIGNATURE_BAD, says))
}

/// The message that was taken under the same number, or the same id.
pub(crate) fn taken_before<'a>(partner: &'a Partner, message: &Message) -> Option<&'a TakenMessage> {
    let by_id = partner.ids.get(&message.id).and_then(|seq| partner.taken.get(seq));
    partner.taken.get(&message.seq).or(by_id)
}

/// The number of the message that comes next.
fn expected(partner: &Partner) -> u64 {
    partner.received.map_or(1, |last| last.seq.saturating_add(1))
}

/// It is the next message, and names the one before it.
pub(crate) fn follows(partner: &Partner, message: &Message) -> Result<(), Reject> {
    let (from, seq, expected) = (&partner.file.id, message.seq, expected(partner));
    if seq != expected {
        let says = format!("message {seq} of {from} came where message {expected} is next");
        return Err(Reject::new(OUT_OF_ORDER, says));
    }
    if message.prev != partner.received.map(|last| last.hash) {
        let says = format!("message {seq} of {from} does not follow the one that was taken before it");
        return Err(Reject::new(CHAIN_BROKEN, says));
    }
    Ok(())
}

/// The tree head in a message, which its sender's log signed, and which continues the one seen before.
pub(crate) fn continued(partner: &Partner, message: &Message) -> Result<TreeHead, Reject> {
    let from = &partner.file.id;
    if partner.has_ended(&message.checkpoint) {
        let says = format!(
            "the log of {from} was restarted: what was said under the old one is signed again under the new one"
        );
        return Err(Reject::new(LOG_ENDED, says));
    }
    let checkpoint = tlog::verify(&message.checkpoint, partner.file.log_key.as_str()).map_err(|why| {
        let is_note = !matches!(why, tlog::Error::NoteForm | tlog::Error::TooLong { .. });
        if is_note && partner.log_key_of(&message.checkpoint).is_none() {
            let says = format!("the checkpoint is of no log of {from} that is known here: bring its newest key file");
            return Reject::new(LOG_UNKNOWN, says);
        }
        Reject::new(CHECKPOINT_BAD, format!("the checkpoint of {from}: {why}"))
    })?;
    let new = TreeHead {
        size: checkpoint.size,
        root: Bytes(checkpoint.root),
    };
    let consistency = &message.consistency;
    let seen = partner
        .received
        .map(|last| last.head)
        .filter(|head| *head != TreeHead::EMPTY);
    let Some(last) = seen else {
        if consistency.from_size == 0 && consistency.hashes.is_empty() {
            return Ok(new);
        }
        let says = format!(
            "the first message of {from} under its log proves nothing of an older one: its proof must be empty"
        );
        return Err(Reject::new(CONSISTENCY_MISSING, says));
    };
    if new.size < last.size {
        let (was, is) = (last.size, new.size);
        let says = format!("the log of {from} had {was} entries and has {is} now: it was rolled back");
        return Err(Reject::new(ROLLED_BACK, says));
    }
    if consistency.from_size != last.size || (new.size > last.size && last.size > 0 && consistency.hashes.is_empty()) {
        let says = format!(
            "there is no proof that the log of {from} continues the {} entries seen before",
            last.size
        );
        return Err(Reject::new(CONSISTENCY_MISSING, says));
    }
    let hashes: Vec<tlog::Hash> = consistency.hashes.iter().map(|hash: &Digest| hash.0).collect();
    tlog::verify_consistency(last.size, &last.root.0, new.size, &new.root.0, &hashes).map_err(|why| {
        Reject::new(
            FORKED,
            format!("the log of {from} does not continue what was seen: {why}"),
        )
    })?;
    Ok(new)
}

/// The tree head in a message that is kept as evidence: nothing if its checkpoint cannot be read.
fn head_if_any(partner: &Partner, message: &Message) -> TreeHead {
    let log_key = partner.log_key_of(&message.checkpoint).unwrap_or_default();
    let read = tlog::verify(&message.checkpoint, log_key);
    let (size, root) = read.map_or((0, tlog::EMPTY_ROOT), |checkpoint| (checkpoint.size, checkpoint.root));
    let root = Bytes(root);
    TreeHead { size, root }
}
