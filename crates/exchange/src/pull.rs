//! The question of an authority what a partner holds of it: after a restore it takes back its own messages, the partner's,
//! and the last checkpoint of its log that the partner has seen.

use domain::State;
use domain::id::Id;
use domain::partner::{Json, Partner, Signed};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::compact::parse;
use crate::key::{ExchangeKey, sign};
use crate::open::{VERSION, signed_by, valid_at};
use crate::reject::{FOR_ANOTHER, PULL_OUT_OF_DATE, PULL_REPEATED, Reject, SENDER_UNKNOWN, UNREADABLE};

/// So old a question may be, and so far ahead of the clock of whoever is asked.
pub const PULL_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// The question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// The form's version, 1.
    pub v: u8,
    /// Who asks.
    pub from: Id,
    /// Who is asked.
    pub to: Id,
    /// Messages of whoever asks are wanted from this number on.
    pub own_from: u64,
    /// Messages of whoever is asked are wanted from this number on.
    pub from_number: u64,
    /// When it was signed.
    pub created: Timestamp,
    /// Used once.
    pub nonce: Uuid,
}

/// The numbers of the last messages that earlier answers have brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Of whoever asks.
    pub own: Option<u64>,
    /// Of whoever is asked.
    pub messages: Option<u64>,
}

/// The answer. It is not signed, for everything in it is: messages by who sent them, the checkpoint by its log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pulled {
    /// The last checkpoint that was seen of the log of whoever asks.
    pub checkpoint: Option<String>,
    /// The messages of whoever asks that were taken, in order, as JWS compact strings.
    pub own: Vec<String>,
    /// The messages of whoever is asked, in order.
    pub messages: Vec<String>,
    /// Whether there are more: the next question begins after the last of each.
    pub more: bool,
}

/// Asks a partner for what follows the last messages of each side: those in the journal, or those that were heard since.
pub fn pull(
    state: &State,
    key: &ExchangeKey,
    to: &Partner,
    heard: Heard,
    now: Timestamp,
    nonce: Uuid,
) -> Result<Signed, Reject> {
    // The last one that is known comes again, and shows that it is the same there.
    let own_from = heard
        .own
        .map_or(to.sent.map_or(1, |last| last.seq), |seq| seq.saturating_add(1));
    let received = heard.messages.or(to.received.map(|last| last.seq));
    let pull = Pull {
        v: VERSION,
        from: state.founding.id.clone(),
        to: to.file.id.clone(),
        own_from,
        from_number: received.map_or(1, |seq| seq.saturating_add(1)),
        created: now,
        nonce,
    };
    let payload = Json::of(&pull).map_err(Reject::because(UNREADABLE))?;
    Ok(sign(key, payload))
}

/// The refusal of a question whose nonce was used before.
#[must_use]
pub fn repeated(pull: &Pull) -> Reject {
    Reject::new(
        PULL_REPEATED,
        format!("{} has asked with {} before", pull.from, pull.nonce),
    )
}

/// Opens a partner's question: its form, its sender, whom it asks, its key and signature, and that it was signed just now.
/// That its nonce is new is for the caller to see.
pub fn open_pull(state: &State, bytes: &[u8], now: Timestamp) -> Result<Pull, Reject> {
    let signed = parse(bytes)?;
    let pull: Pull = signed.payload.read().map_err(Reject::because(UNREADABLE))?;
    let (from, we) = (&pull.from, &state.founding.id);
    let no_partner = || Reject::new(SENDER_UNKNOWN, format!("{from} is no partner of this authority"));
    let partner = state.partners.get(from).ok_or_else(no_partner)?;
    if pull.to != *we {
        let says = format!("the question is for {}; this is {we}", pull.to);
        return Err(Reject::new(FOR_ANOTHER, says));
    }
    signed_by(partner, &signed)?;
    valid_at(partner, &signed, now)?;
    if pull.v != VERSION {
        let says = format!("version {} of a question's form is not known", pull.v);
        return Err(Reject::new(UNREADABLE, says));
    }
    let age = now.duration_since(pull.created);
    if age > PULL_WITHIN || age < -PULL_WITHIN {
        let says = format!(
            "the question was signed on {}, and it is {now}: ask again",
            pull.created
        );
        return Err(Reject::new(PULL_OUT_OF_DATE, says));
    }
    Ok(pull)
}
