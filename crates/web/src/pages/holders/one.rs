//! One company or institution: its sites, licences, persons, stock, goods on the way, visits, training, cases and holds.

use std::collections::BTreeMap;

use askama::Template;
use domain::State;
use domain::access::{Capacity, Role};
use domain::holder::{Holder, Site};
use domain::inspection::InspectionKind;
use domain::ledger::{Compartment, Hold};
use domain::quantity::Mass;
use domain::table::No;

use crate::act;
use crate::answer::{Answered, Fault, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::links;
use crate::names;
use crate::pages::decisions::subject;
use crate::pages::licences;
use crate::shown::{Act, History};

/// Accounts whose stock is added up.
const ACCOUNTS: usize = 50_000;
/// Inspections that are looked at, the newest.
const INSPECTIONS: usize = 20_000;
/// Sessions that are looked at, the newest.
const SESSIONS: usize = 200;
/// Rows of each part.
const SHOWN: usize = 50;

struct SiteRow {
    id: String,
    /// Its register, for whoever may see it.
    path: Option<String>,
    kinds: String,
    province: String,
    since: String,
    open: bool,
    held: bool,
    acts: Vec<Act>,
}

struct StockRow {
    substance: String,
    stock: String,
    apart: String,
    coming: String,
}

/// A thing with a number, in a line.
struct Thing {
    path: Option<String>,
    number: String,
    what: String,
    more: String,
}

#[derive(Template)]
#[template(path = "holders/one.html")]
struct OnePage {
    f: Frame,
    id: String,
    officer: bool,
    trade: bool,
    sites: Vec<SiteRow>,
    licences: Vec<licences::Row>,
    persons: Vec<(String, String)>,
    stock: Vec<StockRow>,
    orders: Vec<Thing>,
    moving: Vec<Thing>,
    inspections: Vec<Thing>,
    trainings: Vec<Thing>,
    cases: Vec<Thing>,
    holds: Vec<(Thing, Option<Act>)>,
    acts: Vec<Act>,
    history: Vec<History>,
}

pub fn one(ask: &Ask) -> Answered {
    let (words, visitor, id) = (ask.words(), ask.visitor()?, ask.param("id"));
    if visitor.holder().is_some_and(|own| own != id) {
        return Err(Fault::NotFound);
    }
    let mut page = {
        let state = ask.state();
        let (_, holder) = state.holders.holder(id).ok_or(Fault::NotFound)?;
        let part = Part {
            ask,
            state: &state,
            visitor,
            holder,
        };
        OnePage {
            f: Frame::of(ask, holder.entry.name.to_string()),
            id: id.to_owned(),
            officer: visitor.holder().is_none(),
            trade: trades(visitor),
            sites: holder.sites.iter().take(200).map(|site| part.site(*site)).collect(),
            licences: licences::of_holder(&state, id)
                .into_iter()
                .rev()
                .take(SHOWN)
                .map(|licence| licences::row(ask, &state, licence))
                .collect(),
            persons: part.persons(),
            stock: part.stock(),
            orders: part.orders(),
            moving: part.moving(),
            inspections: part.inspections(),
            trainings: part.trainings(),
            cases: part.cases(),
            holds: part.holds(),
            acts: part.acts(),
            history: Vec::new(),
        }
    };
    let _ = words;
    ask.looked_at(format_args!("holder:{id}"));
    page.history = History::of(ask, id)?;
    html(&page)
}

/// Whether somebody may know of cases.
fn trades(visitor: &Visitor) -> bool {
    match visitor.actor.capacity() {
        Capacity::Officer(role) => matches!(
            role,
            Role::PermitOfficer
                | Role::Approver
                | Role::LicensingOfficer
                | Role::PlanningOfficer
                | Role::Statistician
                | Role::Auditor
        ),
        _ => true,
    }
}

/// Whether somebody may see the register of a site, and orders.
fn reads(visitor: &Visitor) -> bool {
    match visitor.actor.capacity() {
        Capacity::Officer(role) => matches!(
            role,
            Role::LicensingOfficer | Role::Inspector | Role::ChiefInspector | Role::Statistician | Role::Auditor
        ),
        _ => true,
    }
}

/// What a part of the page is made of.
struct Part<'a> {
    ask: &'a Ask,
    state: &'a State,
    visitor: &'a Visitor,
    holder: &'a Holder,
}

impl Part<'_> {
    fn ours(&self, site: No) -> bool {
        self.holder.sites.contains(&site)
    }

    fn then(&self) -> String {
        links::at("/holders", &self.holder.entry.id)
    }

    fn site(&self, no: No) -> SiteRow {
        let site = self.state.holders.site_at(no);
        let words = self.ask.words();
        SiteRow {
            id: site.id.to_string(),
            path: reads(self.visitor).then(|| links::at("/register", &site.id)),
            kinds: names::kinds(words, site),
            province: site.province.to_string(),
            since: words.day(site.since),
            open: site.open,
            held: self.state.ledger.holds().any(|hold| hold.site == Some(no)),
            acts: self.acts_of(site),
        }
    }

    fn acts_of(&self, site: &Site) -> Vec<Act> {
        if !site.open {
            return Vec::new();
        }
        let (words, then) = (self.ask.words(), self.then());
        let id = site.id.as_str();
        let mut acts = Vec::new();
        let mut put = |verb: &str, fields: &[(&str, &str)]| {
            if act::may(self.visitor, verb) {
                acts.push(Act::new(words, verb, fields, &then).about(id));
            }
        };
        put("set_stock_ceiling", &[("!site", id)]);
        if site.retail {
            put("issue_purchase_card", &[("!site", id)]);
        } else {
            put("approve_channel", &[("!from", id)]);
        }
        put("place_hold", &[("!site", id)]);
        put("plan_inspection", &[("!site", id)]);
        put("close_site", &[("!site", id)]);
        acts
    }

    fn acts(&self) -> Vec<Act> {
        let (words, then) = (self.ask.words(), self.then());
        let id = self.holder.entry.id.as_str();
        let year = self.ask.today().year().to_string();
        let mut acts = Vec::new();
        let mut put = |verb: &str, fields: &[(&str, &str)]| {
            if act::may(self.visitor, verb) {
                acts.push(Act::new(words, verb, fields, &then));
            }
        };
        put("register_site", &[("!holder", id)]);
        put("grant_licence", &[("!holder", id)]);
        put("grant_quota", &[("!holder", id), ("year", &year)]);
        put("record_attendance", &[("!holder", id)]);
        acts
    }

    /// Names with their duties.
    fn persons(&self) -> Vec<(String, String)> {
        let words = self.ask.words();
        let actors = self.state.access.actors_for(&self.holder.entry.id).take(SHOWN);
        let duty = |actor: &domain::access::Actor| match actor.capacity() {
            Capacity::Clerk(_) => words.t("holder-clerk"),
            _ => words.t("holder-responsible"),
        };
        actors
            .map(|actor| (self.ask.person(actor.person()), duty(actor)))
            .collect()
    }

    /// What its sites hold of each substance in base: for use, apart, and on the way to it.
    fn stock(&self) -> Vec<StockRow> {
        let (state, words) = (self.state, self.ask.words());
        let mut sums: BTreeMap<No, [Mass; 3]> = BTreeMap::new();
        let mut add = |batch: No, place: usize, amount: i64| {
            let item = state.items.at(state.ledger.batch_at(batch).item);
            if let Some(sum) = sums.entry(item.substance).or_default().get_mut(place) {
                *sum += item.mass(amount);
            }
        };
        let accounts = self
            .holder
            .sites
            .iter()
            .flat_map(|site| state.ledger.accounts_of(*site));
        for account in accounts.take(ACCOUNTS) {
            for (compartment, _) in Compartment::ALL {
                add(
                    account.batch,
                    usize::from(!compartment.is_stock()),
                    account.holds(compartment),
                );
            }
        }
        for transit in state
            .ledger
            .transit()
            .values()
            .filter(|transit| transit.to.is_some_and(|to| self.ours(to)))
        {
            add(transit.batch, 2, transit.outstanding);
        }
        let row = |(no, [stock, apart, coming]): (No, [Mass; 3])| StockRow {
            substance: names::substance(words, state, no),
            stock: names::mass(words, stock),
            apart: names::mass(words, apart),
            coming: names::mass(words, coming),
        };
        let some = |(_, sums): &(No, [Mass; 3])| sums.iter().any(|sum| *sum != Mass::ZERO);
        sums.into_iter().filter(some).map(row).collect()
    }

    fn orders(&self) -> Vec<Thing> {
        let (state, words) = (self.state, self.ask.words());
        let of = |site: &No| {
            let own = state.orders.open_of_site(*site).rev();
            own.chain(state.orders.open_to_supplier(*site).rev())
        };
        let thing = |order: &domain::order::Order| {
            let own = self.ours(order.site);
            let other = if own { order.supplier } else { order.site };
            let other = names::site(state, state.holders.site_at(other));
            let key = if own {
                "holder-ordered-from"
            } else {
                "holder-ordered-by"
            };
            Thing {
                path: reads(self.visitor).then(|| links::at("/orders", &order.id)),
                number: order.id.to_string(),
                what: words.t1(key, "other", other),
                more: words.day(order.placed_on),
            }
        };
        self.holder.sites.iter().flat_map(of).take(SHOWN).map(thing).collect()
    }

    fn moving(&self) -> Vec<Thing> {
        let (state, words) = (self.state, self.ask.words());
        let of_holder =
            |transit: &domain::ledger::Transit| transit.to.is_some_and(|to| self.ours(to)) || self.ours(transit.from);
        let moving = state
            .ledger
            .transit()
            .iter()
            .rev()
            .filter(|(_, transit)| of_holder(transit));
        let thing = |(seq, transit): (&u64, &domain::ledger::Transit)| {
            let batch = state.ledger.batch_at(transit.batch);
            let item = state.items.at(batch.item);
            let name = |site: No| state.holders.site_at(site).id.to_string();
            let to = match (transit.to, transit.destination) {
                (Some(to), _) => name(to),
                (None, Some(country)) => names::country(words, country),
                (None, None) => transit.away.as_ref().map(names::away).unwrap_or_default(),
            };
            let short = if transit.short {
                words.t("holder-short")
            } else {
                String::new()
            };
            Thing {
                path: None,
                number: words.number(seq),
                what: format!(
                    "{} → {to}: {} · {} · {} {short}",
                    name(transit.from),
                    names::item(words, state, item),
                    batch.code,
                    names::amount(words, item, transit.outstanding)
                ),
                more: transit.dispatched_on.map(|day| words.day(day)).unwrap_or_default(),
            }
        };
        moving.take(SHOWN).map(thing).collect()
    }

    /// A visit that is to surprise is not shown before it has happened, but to those who make it.
    fn inspections(&self) -> Vec<Thing> {
        let words = self.ask.words();
        let makes = self
            .visitor
            .is_any(&[Role::Inspector, Role::ChiefInspector, Role::Auditor]);
        let newest = self.state.inspections.newest().take(INSPECTIONS);
        let of_holder = newest.filter(|inspection| self.ours(inspection.site));
        let seen = of_holder.filter(|inspection| {
            let secret = inspection.plan.kind == InspectionKind::Surprise && inspection.visited.is_none();
            makes || !secret
        });
        let thing = |inspection: &domain::inspection::Inspection| {
            let plan = serde_json::to_value(&inspection.plan).unwrap_or_default();
            let kind = plan
                .get("kind")
                .and_then(|kind| kind.as_str())
                .unwrap_or_default()
                .to_owned();
            let state = match inspection.visited {
                Some(day) => words.t1("holder-visited", "day", words.day(day)),
                None => words.t1("holder-planned", "day", words.day(inspection.plan.planned_on)),
            };
            let findings = u64::try_from(inspection.findings.len()).unwrap_or_default();
            Thing {
                path: makes.then(|| links::at("/inspections", &inspection.plan.id)),
                number: inspection.plan.id.to_string(),
                what: format!("{} · {}", words.value(&kind), inspection.plan.site),
                more: format!("{state} · {}", words.count("holder-findings", findings)),
            }
        };
        seen.take(20).map(thing).collect()
    }

    fn trainings(&self) -> Vec<Thing> {
        let words = self.ask.words();
        let id = &self.holder.entry.id;
        let newest = self.state.trainings.newest().take(SESSIONS);
        let thing = |session: &domain::training::Session| {
            let count = session.attended.iter().filter(|(holder, _)| holder == id).count();
            (count > 0).then(|| Thing {
                path: None,
                number: session.entry.id.to_string(),
                what: session.entry.title.to_string(),
                more: format!(
                    "{} · {}",
                    words.day(session.entry.held_on),
                    words.count("holder-attended", u64::try_from(count).unwrap_or_default())
                ),
            })
        };
        newest.filter_map(thing).take(20).collect()
    }

    /// Cases that are still open, as exporter or importer.
    fn cases(&self) -> Vec<Thing> {
        if !trades(self.visitor) {
            return Vec::new();
        }
        let (state, words) = (self.state, self.ask.words());
        let cases = state
            .trade
            .open_cases()
            .filter(|case| case_is_of(state, case, self.holder));
        let thing = |case: &domain::trade::Case| Thing {
            path: Some(links::case(&case.id)),
            number: case.id.to_string(),
            what: subject::of_case(words, state, case).goods,
            more: words.value(case.stage.word()),
        };
        cases.take(SHOWN).map(thing).collect()
    }

    fn holds(&self) -> Vec<(Thing, Option<Act>)> {
        let (state, words) = (self.state, self.ask.words());
        let is_of = |hold: &&Hold| {
            let batch = hold
                .batch
                .is_some_and(|batch| self.ours(state.ledger.batch_at(batch).origin));
            hold.site.is_some_and(|site| self.ours(site)) || batch
        };
        let then = self.then();
        let thing = |hold: &Hold| {
            let what = match (hold.site, hold.batch) {
                (Some(site), _) => words.t1("holder-hold-site", "site", &state.holders.site_at(site).id),
                (None, Some(batch)) => {
                    let batch = state.ledger.batch_at(batch);
                    let item = names::item(words, state, state.items.at(batch.item));
                    words.t2("holder-hold-batch", "batch", &batch.code, "item", item)
                }
                (None, None) => String::new(),
            };
            let lift = act::may(self.visitor, "lift_hold")
                .then(|| Act::new(words, "lift_hold", &[("!hold", &hold.id)], &then).about(&hold.id));
            let number = hold.id.to_string();
            let more = String::new();
            (
                Thing {
                    path: None,
                    number,
                    what,
                    more,
                },
                lift,
            )
        };
        state.ledger.holds().filter(is_of).take(SHOWN).map(thing).collect()
    }
}

/// Whether a case is one of a holder: it exports, or imports under an authorization of ours.
pub fn case_is_of(state: &State, case: &domain::trade::Case, holder: &Holder) -> bool {
    let is_ours = |site: &domain::id::Id| {
        let found = state.holders.site(site);
        found.is_ok_and(|(no, _)| holder.sites.contains(&no))
    };
    match case.side {
        domain::trade::Side::Exporting => case.site.as_ref().is_some_and(is_ours),
        domain::trade::Side::Importing => {
            let number = case.consignment.authorization.as_ref();
            let own = number.and_then(|number| state.trade.own(number));
            own.is_some_and(|own| is_ours(&own.site))
        }
    }
}
