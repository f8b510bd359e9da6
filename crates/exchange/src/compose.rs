//! The next message of a chain.

use domain::State;
use domain::digest::Bytes;
use domain::partner::{Consistency, Json, MESSAGE_BYTES_MAX, Message, Partner, Queued, SignMessage, TreeHead};
use domain::trade::Notice;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::key::{ExchangeKey, sign};
use crate::open::VERSION;
use crate::reject::{CHECKPOINT_BAD, KEY_UNKNOWN, Reject, TOO_LARGE, UNREADABLE};

/// For so many days a message is good: what it tells stays true, and a question ends with its import authorization.
pub const MESSAGE_DAYS: i64 = 366;

/// What a message is made of.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// The partner it is for.
    pub to: &'a Partner,
    /// The first message that waits to be signed for it.
    pub queued: &'a Queued,
    /// What that says.
    pub notice: &'a Notice,
    /// Our latest checkpoint, a signed note.
    pub checkpoint: &'a str,
    /// The proof that it continues the checkpoint of the message before.
    pub proof: Vec<tlog::Hash>,
    /// The message's own id.
    pub id: Uuid,
    /// When it is signed.
    pub now: Timestamp,
}

/// Makes and signs the next message to a partner. The same draft gives the same bytes.
pub fn compose(state: &State, key: &ExchangeKey, draft: Draft<'_>) -> Result<SignMessage, Reject> {
    let Draft { to, queued, notice, .. } = draft;
    let ours = state.own.keys.get(key.kid());
    if !ours.is_some_and(|held| held.is_good_at(draft.now)) {
        let says = format!("the key {} may not sign for this authority now", key.kid());
        return Err(Reject::new(KEY_UNKNOWN, says));
    }
    let head = head_of(state, draft.checkpoint)?;
    let not_after = draft
        .now
        .checked_add(SignedDuration::from_hours(24 * MESSAGE_DAYS))
        .map_err(Reject::because(UNREADABLE))?;
    let case = queued.case.clone();
    let seen = case.as_ref().and_then(|case| state.trade.case(case)?.seen);
    let message = Message {
        v: VERSION,
        kind: notice.kind().parse().map_err(Reject::because(UNREADABLE))?,
        id: draft.id,
        case,
        from: state.founding.id.clone(),
        to: to.file.id.clone(),
        seq: to.sent.map_or(1, |last| last.seq.saturating_add(1)),
        prev: to.sent.map(|last| last.hash),
        seen,
        created: draft.now,
        not_after,
        body: notice.body().map_err(Reject::because(UNREADABLE))?,
        checkpoint: draft.checkpoint.to_owned(),
        consistency: Consistency {
            from_size: to.sent.map_or(0, |last| last.head.size),
            hashes: draft.proof.into_iter().map(Bytes).collect(),
        },
    };
    let payload = Json::of(&message).map_err(Reject::because(UNREADABLE))?;
    let signed = sign(key, payload);
    let bytes = signed.compact().len();
    if bytes > MESSAGE_BYTES_MAX {
        let says = format!("the message has {bytes} bytes, and at most {MESSAGE_BYTES_MAX} may be sent");
        return Err(Reject::new(TOO_LARGE, says));
    }
    Ok(SignMessage {
        to: message.to,
        queued: queued.entry,
        head,
        message: signed,
    })
}

/// The tree head in a checkpoint of our own.
pub(crate) fn head_of(state: &State, checkpoint: &str) -> Result<TreeHead, Reject> {
    let ours = tlog::verify(checkpoint, state.log_key()).map_err(Reject::because(CHECKPOINT_BAD))?;
    let (size, root) = (ours.size, Bytes(ours.root));
    Ok(TreeHead { size, root })
}
