//! Estimates, the production plan and quotas of a year, and what is left of each.

mod tables;

use askama::Template;
use domain::State;
use domain::access::Role;
use domain::plan::Planned;
use domain::quantity::Mass;

use crate::act;
use crate::answer::{Answered, Fault, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::links;
use crate::names;
use crate::routes::{Route, page};
use crate::shown::Act;
use crate::who::Who;
use crate::words::Words;
use tables::Year;

/// Officers whose work needs the plan.
pub const READERS: &[Role] = &[
    Role::PlanningOfficer,
    Role::LicensingOfficer,
    Role::PermitOfficer,
    Role::Approver,
    Role::Statistician,
    Role::Auditor,
];

pub const ROUTES: &[Route] = &[
    page("/planning", Who::Officers(READERS), list),
    page("/planning/{year}", Who::Officers(READERS), one),
    page("/planning/{year}/{table}", Who::Officers(READERS), tables::csv),
];

/// A figure of a plan line or quota in its unit, in words.
pub fn figure(words: Words, state: &State, planned: Planned, amount: i128) -> String {
    match planned {
        Planned::Substance(_) => words.t1("planning-base", "mass", names::mass(words, Mass::from_pg(amount))),
        Planned::Preparation(no) => {
            let item = state.items.at(no);
            match i64::try_from(amount) {
                Ok(amount) => names::amount(words, item, amount),
                Err(_) => words.number(amount),
            }
        }
    }
}

/// What a plan line or quota is of, in words.
pub fn thing(words: Words, state: &State, planned: Planned) -> String {
    match planned {
        Planned::Substance(no) => names::substance(words, state, no),
        Planned::Preparation(no) => names::item(words, state, state.items.at(no)),
    }
}

struct YearRow {
    year: i16,
    path: String,
    closed: bool,
    estimates: usize,
    plans: usize,
    quotas: usize,
}

struct Stop {
    number: String,
    country: String,
    substance: String,
    year: i16,
}

#[derive(Template)]
#[template(path = "planning/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<YearRow>,
    stops: Vec<Stop>,
    acts: Vec<Act>,
}

/// Stop notices that are shown.
const STOPS: usize = 200;

fn list(ask: &Ask) -> Answered {
    let (words, visitor, now) = (ask.words(), ask.visitor()?, ask.today().year());
    let state = ask.state();
    let mut years = state.planning.years();
    years.extend([now, now + 1]);
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    let row = |year: i16| YearRow {
        year,
        path: links::at("/planning", &year.to_string()),
        closed: state.planning.closed(year).is_some(),
        estimates: state.planning.estimates(year).count(),
        plans: state
            .planning
            .estimates(year)
            .filter(|(no, _)| state.planning.plan(year, *no).is_some())
            .count(),
        quotas: state.planning.quotas_of(year).count(),
    };
    let stop =
        |(country, year, substance, notice): (domain::country::Country, i16, &domain::id::Id, &domain::id::Id)| Stop {
            number: notice.to_string(),
            country: names::country(words, country),
            substance: names::substance_of_id(words, &state, substance),
            year,
        };
    let rows = years.into_iter().map(row).collect();
    let stops = state.trade.stops().take(STOPS).map(stop).collect();
    drop(state);
    let mut acts = Vec::new();
    for verb in [
        "set_estimate",
        "set_plan",
        "grant_quota",
        "record_totals",
        "record_stop_notice",
    ] {
        if act::may(visitor, verb) {
            acts.push(Act::new(words, verb, &[], "/planning"));
        }
    }
    html(&ListPage {
        f: Frame::of(ask, words.t("planning-title")),
        rows,
        stops,
        acts,
    })
}

#[derive(Template)]
#[template(path = "planning/year.html")]
struct YearPage {
    f: Frame,
    year: i16,
    path: String,
    closed: bool,
    over: bool,
    t: Year,
    acts: Vec<Act>,
}

/// A year that a path names, within reason.
fn year_of(ask: &Ask) -> Result<i16, Fault> {
    let year: i16 = ask.param("year").parse().map_err(|_| Fault::NotFound)?;
    if (1900..=2200).contains(&year) {
        Ok(year)
    } else {
        Err(Fault::NotFound)
    }
}

fn one(ask: &Ask) -> Answered {
    let (words, visitor, year) = (ask.words(), ask.visitor()?, year_of(ask)?);
    let state = ask.state();
    let closed = state.planning.closed(year).is_some();
    let over = ask.today().year() > year;
    let t = Year::of(ask, &state, visitor, year);
    drop(state);
    html(&YearPage {
        f: Frame::of(ask, words.t1("planning-year-title", "year", year)),
        year,
        path: links::at("/planning", &year.to_string()),
        closed,
        over,
        t,
        acts: acts(words, visitor, year, closed, over),
    })
}

fn acts(words: Words, visitor: &Visitor, year: i16, closed: bool, over: bool) -> Vec<Act> {
    let said = year.to_string();
    let then = links::at("/planning", &said);
    let mut acts = Vec::new();
    let verbs: &[&str] = match (closed, over) {
        (true, _) => &[],
        (false, true) => &["close_year", "set_estimate", "set_plan", "grant_quota"],
        (false, false) => &["set_estimate", "set_plan", "grant_quota"],
    };
    for verb in verbs.iter().filter(|verb| act::may(visitor, verb)) {
        acts.push(Act::new(words, verb, &[("!year", &said)], &then));
    }
    acts
}
