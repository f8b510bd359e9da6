//! Command ids and random bytes of a story. Both come of the seed and the place in the story, so that the same file
//! gives the same entries wherever it is played.

use domain::Envelope;
use domain::access::Actor;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use uuid::Uuid;

/// Which command of a story: a step, a line of its rows, and a part of what the runner sends for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The step, from 1; 0 is the founding of the authorities.
    pub step: u32,
    /// The line of its rows, from 1; 0 is the step itself.
    pub row: u32,
    /// 0 is the command of the step; the others are the runner's own.
    pub part: u8,
}

/// The authority's founding.
pub(crate) const FOUNDING: u8 = 0;
/// The grant of a role at its first mention.
pub(crate) const GRANT: u8 = 1;
/// The second administrator's yes to that.
pub(crate) const GRANT_APPROVAL: u8 = 2;
/// The first of the commands that set the policies of an authority.
pub(crate) const POLICIES: u8 = 16;
/// The first of the commands that pair an authority with the others.
pub(crate) const PAIRINGS: u8 = 64;

fn bytes(seed: u64, purpose: &str, place: Place) -> [u8; 32] {
    let mut out = [0; 32];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&seed.to_be_bytes()) {
        mac.update(purpose.as_bytes());
        mac.update(&place.step.to_be_bytes());
        mac.update(&place.row.to_be_bytes());
        mac.update(&[place.part]);
        out = mac.finalize().into_bytes().into();
    }
    out
}

/// The id of a command: a `UUIDv7` of virtual time.
pub(crate) fn command_id(seed: u64, at: Timestamp, place: Place) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let mut tail = [0; 10];
    tail.iter_mut()
        .zip(bytes(seed, "id", place))
        .for_each(|(to, from)| *to = from);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

/// The random bytes of a command.
pub(crate) fn random(seed: u64, place: Place) -> [u8; 32] {
    bytes(seed, "random", place)
}

/// A command of the story, sealed.
pub(crate) fn envelope(seed: u64, at: Timestamp, place: Place, actor: Actor, command: domain::Command) -> Envelope {
    Envelope::new(command_id(seed, at, place), actor, command, random(seed, place))
}
