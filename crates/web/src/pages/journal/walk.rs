//! Going through the journal from the newest entry back, a bounded way at a time.

use std::ops::ControlFlow;

use domain::Entry;
use domain::journal::EntryReader;
use jiff::civil::{Date, date};

use crate::answer::Fault;
use crate::ask::Ask;

/// Entries read at once.
const CHUNK: u64 = 1_024;
/// Entries looked at for one page.
const LOOKED_MAX: u64 = 30_000;

/// What was found on the way back.
pub struct Walk {
    /// The newest first.
    pub found: Vec<Entry>,
    /// The number before which nothing was looked at yet, if anything is left.
    pub rest: Option<u64>,
}

/// Looks through the entries before a number, the newest first, until so many are found or far enough was looked.
pub fn backwards(
    ask: &Ask,
    from: u64,
    before: u64,
    limit: usize,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Walk, Fault> {
    further(ask, from, before, limit, LOOKED_MAX, wanted)
}

/// As `backwards`, but as far as one says.
pub fn further(
    ask: &Ask,
    from: u64,
    before: u64,
    limit: usize,
    looked_max: u64,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Walk, Fault> {
    let (mut at, mut found) = (before, Vec::new());
    let until = from.max(before.saturating_sub(looked_max));
    while at > until {
        // Where everything is wanted, no more is read than is shown.
        let enough = u64::try_from(limit - found.len()).unwrap_or(CHUNK);
        let start = until.max(at.saturating_sub(CHUNK.min(enough.max(256))));
        for entry in read(ask, start, at)?.into_iter().rev().filter(&wanted) {
            let seq = entry.seq;
            found.push(entry);
            if found.len() == limit {
                let rest = (seq > from).then_some(seq);
                return Ok(Walk { found, rest });
            }
        }
        at = start;
    }
    let rest = (at > from).then_some(at);
    Ok(Walk { found, rest })
}

/// The entries of `from..to`, oldest first.
fn read(ask: &Ask, from: u64, to: u64) -> Result<Vec<Entry>, Fault> {
    let mut reader = EntryReader::default();
    let mut entries = Vec::with_capacity(usize::try_from(to - from).unwrap_or_default());
    let mut broken = None;
    ask.app.authority().read(|journal| {
        journal.read(from, to - from, &mut |row| match reader.read(row.bytes) {
            Ok(entry) => {
                entries.push(entry);
                ControlFlow::Continue(())
            }
            Err(error) => {
                broken = Some(format!("entry {}: {error}", row.seq));
                ControlFlow::Break(())
            }
        })
    })?;
    match broken {
        Some(why) => Err(Fault::Failed(why)),
        None => Ok(entries),
    }
}

/// The numbers of the entries that were recorded from one day to another: the first, and the one after the last.
pub fn of_days(ask: &Ask, first: Date, last: Date) -> Result<(u64, u64), Fault> {
    let until = match last.tomorrow() {
        Ok(next) => first_since(ask, next)?,
        Err(_) => ask.state().size,
    };
    Ok((first_since(ask, first)?, until))
}

/// The number of the first entry that was recorded on a day or later: days never run backwards in the journal.
fn first_since(ask: &Ask, day: Date) -> Result<u64, Fault> {
    let (mut low, mut high) = (0, ask.state().size);
    while low < high {
        let middle = low + (high - low) / 2;
        let entry = ask.app.authority().entry(middle)?;
        if entry.is_some_and(|entry| entry.recorded_on < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// A day as the register counts it.
pub fn days(day: Date) -> i32 {
    let since = day.since(date(1970, 1, 1)).map(|span| span.get_days());
    since.unwrap_or_default()
}

/// A day of the register.
pub fn day_of(days: i32) -> Date {
    let span = jiff::Span::new().try_days(days);
    let day = span.and_then(|span| date(1970, 1, 1).checked_add(span));
    day.unwrap_or(date(1970, 1, 1))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{day_of, days};

    #[test]
    fn days_are_counted_there_and_back() {
        for day in [
            date(1969, 12, 31),
            date(1970, 1, 1),
            date(2024, 2, 29),
            date(2024, 12, 31),
        ] {
            assert_eq!(day_of(days(day)), day);
        }
        assert_eq!(days(date(2024, 2, 29)), 19_782);
        assert_eq!(day_of(i32::MAX), date(1970, 1, 1), "nonsense is no panic");
    }
}
