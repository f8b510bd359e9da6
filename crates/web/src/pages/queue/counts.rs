//! Counts of 31 December of the supply side, looked up in the register at most once a minute: the state keeps only those
//! that were accepted.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ledger::MovementKind;
use domain::table::No;
use jiff::civil::{Date, date};
use store::Span;

use crate::answer::Fault;
use crate::ask::Ask;

/// So long what was looked up is good.
const GOOD: Duration = Duration::from_mins(1);
/// Lines of a site on that day that are looked at.
const LINES: usize = 2_000;
/// Sites that are looked at.
const SITES: usize = 1_000;

/// A count of 31 December.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its entry.
    pub seq: u64,
    /// The site.
    pub site: No,
    /// The item.
    pub item: No,
    /// What was counted, in counting units.
    pub amount: i64,
    /// The year that it closes.
    pub year: i16,
}

/// What was looked up last.
#[derive(Default)]
pub struct Counts(Mutex<Option<(Instant, i16, Vec<Counted>)>>);

fn days(day: Date) -> i32 {
    let since = day.since(date(1970, 1, 1)).map(|span| span.get_days());
    since.unwrap_or_default()
}

/// Counts of the last 31 December, while its year is open.
pub fn of_year_end(ask: &Ask) -> Result<Vec<Counted>, Fault> {
    let year = ask.today().year() - 1;
    let sites: Vec<No> = {
        let state = ask.state();
        if state.planning.closed(year).is_some() || state.founding.books_from.year() > year {
            return Ok(Vec::new());
        }
        let sites = state
            .holders
            .suppliers()
            .flat_map(|holder| holder.sites.iter().copied());
        sites
            .filter(|site| !state.holders.site_at(*site).retail)
            .take(SITES)
            .collect()
    };
    let mut kept = ask.app.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, counts)) = kept.as_ref().filter(|(at, of, _)| at.elapsed() < GOOD && *of == year) {
        return Ok(counts.clone());
    }
    let day = days(date(year, 12, 31));
    let span = Span {
        from_day: day,
        to_day: day,
        after: None,
        limit: LINES,
    };
    let mut counts = Vec::new();
    for site in sites {
        let rows = ask
            .app
            .authority()
            .register(|register| register.movements_of_site(site, &span))?;
        let counted = rows.iter().filter(|row| row.kind == MovementKind::Count.number());
        counts.extend(counted.map(|row| Counted {
            seq: row.seq,
            site: row.site,
            item: row.item,
            amount: row.amount,
            year,
        }));
    }
    *kept = Some((Instant::now(), year, counts.clone()));
    Ok(counts)
}
