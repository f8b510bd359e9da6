//! Companies and institutions: the register of holders, and everything about one of them.

pub mod one;

use askama::Template;
use domain::State;
use domain::access::Role;
use domain::holder::Holder;

use crate::act;
use crate::answer::{Answered, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::links::{self, Pages};
use crate::routes::{Route, page};
use crate::shown::{Act, Choice};
use crate::who::Who;
use crate::words::Words;

/// Officers whose work needs the register of holders.
pub const READERS: &[Role] = &[
    Role::LicensingOfficer,
    Role::PlanningOfficer,
    Role::PermitOfficer,
    Role::Approver,
    Role::Inspector,
    Role::ChiefInspector,
    Role::Trainer,
    Role::Statistician,
    Role::Auditor,
];

pub const ROUTES: &[Route] = &[
    page("/holders", Who::Officers(READERS), list),
    page("/holders/{id}", Who::OfficersAndHolders(READERS), one::one),
];

/// The most holders that a search finds.
const FOUND_MAX: usize = 1_000;

struct Row {
    id: String,
    path: String,
    name: String,
    kinds: String,
    provinces: String,
    sites: usize,
}

#[derive(Template)]
#[template(path = "holders/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    pages: Pages,
    total: usize,
    q: String,
    sides: Vec<Choice>,
    stopped: bool,
    acts: Vec<Act>,
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let q: String = ask.query.get("q").chars().take(100).collect();
    let side = ask.query.get("side");
    let supply = |state: &State, holder: &Holder| holder.sites.iter().any(|site| !state.holders.site_at(*site).retail);
    let (rows, pages, total, stopped) = {
        let found = if q.is_empty() {
            Vec::new()
        } else {
            ask.app.holders_named(&q, FOUND_MAX)
        };
        let state = ask.state();
        let all: Box<dyn Iterator<Item = &Holder>> = match (q.is_empty(), side) {
            (false, "supply") => Box::new(
                found
                    .iter()
                    .map(|no| state.holders.holder_at(*no))
                    .filter(|holder| supply(&state, holder)),
            ),
            (false, _) => Box::new(found.iter().map(|no| state.holders.holder_at(*no))),
            (true, "supply") => Box::new(state.holders.suppliers()),
            (true, _) => Box::new(state.holders.iter()),
        };
        let (holders, pages) = links::cut(ask, all);
        let rows = holders.into_iter().map(|holder| row(words, &state, holder)).collect();
        (rows, pages, state.holders.iter().len(), found.len() >= FOUND_MAX)
    };
    let mut acts = Vec::new();
    if act::may(visitor, "register_holder") {
        acts.push(Act::new(words, "register_holder", &[], "/holders"));
    }
    for verb in ["open_channel", "close_channel", "approve_channel"] {
        if act::may(visitor, verb) {
            acts.push(Act::new(words, verb, &[], "/holders"));
        }
    }
    html(&ListPage {
        f: Frame::of(ask, words.t("holders-title")),
        rows,
        pages,
        total,
        q,
        sides: Choice::all(&["supply"], side, |_| words.t("holders-supply")),
        stopped,
        acts,
    })
}

fn row(words: Words, state: &State, holder: &Holder) -> Row {
    let sites = || holder.sites.iter().map(|site| state.holders.site_at(*site));
    let mut kinds: Vec<String> = Vec::new();
    let mut provinces: Vec<&str> = Vec::new();
    for site in sites().take(50) {
        for kind in site.kinds.iter() {
            let word = words.value(kind.word());
            if !kinds.contains(&word) {
                kinds.push(word);
            }
        }
        if !provinces.contains(&site.province.as_str()) {
            provinces.push(&site.province);
        }
    }
    Row {
        id: holder.entry.id.to_string(),
        path: links::at("/holders", &holder.entry.id),
        name: holder.entry.name.to_string(),
        kinds: kinds.join(", "),
        provinces: provinces.join(", "),
        sites: holder.sites.len(),
    }
}
