//! Arrivals that partners have not endorsed though they should have: by country, the worst first, and each consignment
//! (1961 art. 31(7)).

use std::collections::BTreeMap;

use askama::Template;
use domain::State;
use domain::country::Country;
use domain::quantity::Mass;
use domain::trade::{Overdue, overdue};
use jiff::civil::Date;

use super::{base_of, case_path, substances};
use crate::answer::{Answered, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;

/// Consignments that are listed one by one.
const ROWS: usize = 200;

/// A country whose authority owes endorsements.
struct CountryRow {
    country: String,
    count: String,
    base: String,
    oldest: String,
    days: String,
}

/// A consignment.
struct Row {
    id: String,
    path: String,
    importer: String,
    country: String,
    substances: String,
    due: String,
    days: String,
    reminders: String,
}

#[derive(Template)]
#[template(path = "trade/overdue.html")]
struct OverduePage {
    f: Frame,
    within: String,
    bar: String,
    countries: Vec<CountryRow>,
    rows: Vec<Row>,
    more: bool,
}

pub fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let state = ask.state();
    let mut late: Vec<Overdue<'_>> = overdue(&state, ask.today()).collect();
    late.sort_by(|one, other| (one.due_on, &one.case.id).cmp(&(other.due_on, &other.case.id)));
    let countries = by_country(ask, &late);
    let more = late.len() > ROWS;
    let rows = late.iter().take(ROWS).map(|late| row(ask, &state, late)).collect();
    let bar = state.policies.overdue_endorsements_bar;
    let page = OverduePage {
        f: Frame::of(ask, words.t("overdue-title")),
        within: words.t1("overdue-within", "days", words.number(state.policies.endorsement_days)),
        bar: match bar {
            0 => words.t("overdue-no-bar"),
            _ => words.t1("overdue-bar", "count", words.number(bar)),
        },
        countries,
        rows,
        more,
    };
    html(&page)
}

/// Days since an arrival should have been endorsed.
fn days(ask: &Ask, due_on: Date) -> String {
    let late = (ask.today() - due_on).get_days();
    ask.words()
        .count("queue-clock-late", u64::try_from(late).unwrap_or_default())
}

fn by_country(ask: &Ask, late: &[Overdue<'_>]) -> Vec<CountryRow> {
    let words = ask.words();
    let mut sums: BTreeMap<Country, (usize, Mass, Date)> = BTreeMap::new();
    for Overdue { case, due_on } in late {
        let country = case.consignment.importer.country;
        let (count, base, oldest) = sums.entry(country).or_insert((0, Mass::ZERO, *due_on));
        *count += 1;
        *base += case.departure.as_ref().map_or(Mass::ZERO, |left| base_of(&left.lines));
        *oldest = (*oldest).min(*due_on);
    }
    let mut ranked: Vec<_> = sums.into_iter().collect();
    ranked.sort_by_key(|(country, (count, _, oldest))| (std::cmp::Reverse(*count), *oldest, *country));
    let row = |(country, (count, base, oldest)): (Country, (usize, Mass, Date))| CountryRow {
        country: names::country(words, country),
        count: words.number(count),
        base: names::mass(words, base),
        oldest: words.day(oldest),
        days: days(ask, oldest),
    };
    ranked.into_iter().map(row).collect()
}

fn row(ask: &Ask, state: &State, late: &Overdue<'_>) -> Row {
    let words = ask.words();
    let (case, due_on) = (late.case, late.due_on);
    let importer = &case.consignment.importer;
    Row {
        id: case.id.to_string(),
        path: case_path(&case.id),
        importer: importer.name.to_string(),
        country: names::country(words, importer.country),
        substances: substances(words, state, &case.consignment.lines),
        due: words.day(due_on),
        days: days(ask, due_on),
        reminders: words.number(case.reminders),
    }
}
