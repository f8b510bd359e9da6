//! The business clock: in a folder whose story was played in virtual time, time goes on from the story's last moment at
//! real speed; elsewhere it is the real clock.

use authority::Authority;
use jiff::{SignedDuration, Timestamp};

use crate::output::Failure;

const KEY: &str = "business_clock_ahead_ms";

/// Notes how far the story's last moment lies from now.
pub fn keep(authority: &Authority, last: Timestamp) -> Result<(), Failure> {
    let ahead = last.duration_since(Timestamp::now()).as_millis();
    Ok(authority.local().put_meta(KEY, &ahead.to_string())?)
}

/// The real time, in whole milliseconds: entries need no more.
pub fn real() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The business time now; it never runs behind the journal.
pub fn now(authority: &Authority) -> Result<Timestamp, Failure> {
    let now = ahead(&authority.local())?;
    Ok(now.max(authority.state().recorded_at))
}

/// The business time of an authority that nobody runs, by what its machine has kept.
pub fn ahead(local: &store::Local) -> Result<Timestamp, Failure> {
    let kept = local.meta(KEY)?;
    let ahead = kept.and_then(|ahead| ahead.parse().ok()).unwrap_or(0);
    let real = real();
    Ok(real.checked_add(SignedDuration::from_millis(ahead)).unwrap_or(real))
}
