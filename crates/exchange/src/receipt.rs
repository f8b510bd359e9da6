//! Receipts: the signed answer to a message, with the receiver's cosignature of the sender's checkpoint.

use domain::State;
use domain::digest::Digest;
use domain::id::Id;
use domain::partner::{EntryRef, Json, MessageReceived, Partner, Receipt, RecordReceipt, Signed, Taken};
use jiff::Timestamp;
use tlog::LogKey;

use crate::compact::parse;
use crate::key::{ExchangeKey, sign};
use crate::key_file::name_of;
use crate::open::{VERSION, read, signed_by, trusted};
use crate::reject::{CHECKPOINT_BAD, COSIGNATURE_BAD, NOT_AWAITED, Reject, SENDER_UNKNOWN, UNREADABLE};

/// A message as the receiver's journal holds it.
#[derive(Clone, Copy, Debug)]
pub struct Journaled<'a> {
    /// The entry.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Digest,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The message, and whether it was refused.
    pub received: &'a MessageReceived,
}

/// The receipt for a message in our journal. It follows from the entry and the keys: the same entry gives the same
/// bytes, always.
pub fn receipt(state: &State, key: &ExchangeKey, log: &LogKey, taken: Journaled<'_>) -> Result<Signed, Reject> {
    let received = taken.received;
    let message = read(&received.message)?;
    let partner = partner(state, &received.from)?;
    let cosignature = cosignature(partner, &message.checkpoint, log, taken.recorded_at)?;
    let refused = received.refused.clone();
    let receipt = Receipt {
        v: VERSION,
        from: state.founding.id.clone(),
        to: received.from.clone(),
        of: received.message.hash(),
        seq: message.seq,
        taken: refused.map_or(Taken::Accepted, |code| Taken::Refused { code }),
        entry: EntryRef {
            seq: taken.seq,
            leaf: taken.leaf,
        },
        seen_size: received.head.size,
        cosignature,
    };
    let payload = Json::of(&receipt).map_err(Reject::because(UNREADABLE))?;
    Ok(sign(key, payload))
}

/// Our cosignature of a partner's checkpoint. That it continues what was seen before was proven when the message was
/// taken, and the journal keeps it.
fn cosignature(partner: &Partner, note: &str, log: &LogKey, at: Timestamp) -> Result<String, Reject> {
    let seconds = u64::try_from(at.as_second()).map_err(Reject::because(CHECKPOINT_BAD))?;
    let log_key = partner.log_key_of(note).unwrap_or_default();
    tlog::cosign(note, log_key, None, &[], log, seconds).map_err(Reject::because(CHECKPOINT_BAD))
}

/// Opens a partner's receipt for a message of ours that waits for one. `checkpoint` is the note in that message.
pub fn open_receipt(
    state: &State,
    by: &Id,
    bytes: &[u8],
    log_key: &str,
    checkpoint: &str,
) -> Result<RecordReceipt, Reject> {
    let signed = parse(bytes)?;
    let partner = partner(state, by)?;
    signed_by(partner, &signed)?;
    trusted(partner, &signed)?;
    let receipt: Receipt = signed.payload.read().map_err(Reject::because(UNREADABLE))?;
    if receipt.v != VERSION {
        let says = format!("version {} of a receipt's form is not known", receipt.v);
        return Err(Reject::new(UNREADABLE, says));
    }
    let awaited = |sent: &domain::partner::Unanswered| sent.hash == receipt.of && sent.seq == receipt.seq;
    let fits = receipt.from == *by && receipt.to == state.founding.id && partner.unanswered.iter().any(awaited);
    if !fits {
        let says = format!("no receipt of {by} for {} is awaited", receipt.of);
        return Err(Reject::new(NOT_AWAITED, says));
    }
    let cosigner = partner.file.cosignature_key.as_str();
    let size = check_cosignature(checkpoint, log_key, cosigner, &receipt.cosignature)?;
    if size != receipt.seen_size {
        let seen = receipt.seen_size;
        let says = format!("it speaks of {seen} entries, and the checkpoint has {size}");
        return Err(Reject::new(COSIGNATURE_BAD, says));
    }
    Ok(RecordReceipt {
        by: by.clone(),
        receipt: signed,
    })
}

/// Checks that a line is the cosigner's signature of a checkpoint of ours; gives the checkpoint's size.
pub fn check_cosignature(note: &str, log_key: &str, cosigner: &str, line: &str) -> Result<u64, Reject> {
    let bad = Reject::because(COSIGNATURE_BAD);
    let with_line = tlog::add_signature(note, line).map_err(&bad)?;
    let verified = tlog::verify_all(&with_line, &[log_key, cosigner]).map_err(&bad)?;
    match verified.cosignatures.as_slice() {
        [only] if only.name == name_of(cosigner) => Ok(verified.checkpoint.size),
        _ => Err(Reject::new(COSIGNATURE_BAD, "the line is no cosignature by that key")),
    }
}

fn partner<'a>(state: &'a State, id: &Id) -> Result<&'a Partner, Reject> {
    let no_partner = || Reject::new(SENDER_UNKNOWN, format!("{id} is no partner of this authority"));
    state.partners.get(id).ok_or_else(no_partner)
}
