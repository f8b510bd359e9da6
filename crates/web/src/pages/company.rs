//! The home of those who act for a company or institution: what there is, what it may do, what waits, what was refused.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use domain::access::Actor;
use domain::holder::SiteKind;
use domain::id::Id;
use domain::ledger::Transit;
use domain::licence::{Licence, Standing};
use domain::plan::Planned;
use domain::product::Item;
use domain::province::{Domestic, End, Offered};
use domain::quantity::Mass;
use domain::table::No;
use domain::{Event, State};
use jiff::civil::Date;

use super::provinces;
use super::register::{held_items, other_compartments, own_sites, register_path};
use crate::act::{act_key, fits, may};
use crate::answer::{Answered, Fault, encoded, file, html};
use crate::ask::Ask;
use crate::chart::{Figure, Head, Mark, bars, mark};
use crate::frame::Frame;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[
    page("/company", Who::Holders, company),
    page("/company/products.csv", Who::Holders, products_csv),
];

/// Rows of one table of the page; what is beyond is a page of its own.
const ROWS_MAX: usize = 50;
/// A licence that ends within so many days is a task.
const ENDING_DAYS: i64 = 90;
/// An account without an accepted count for so many days is due for one.
const COUNT_DAYS: i64 = 365;
/// Refusals that are shown.
const REFUSALS: usize = 5;
/// Persons of a holder whose refusals are looked up.
const ACTORS_MAX: usize = 20;

/// A thing to do: words, and where it is done.
pub struct Task {
    /// What it is.
    pub what: String,
    /// What else there is to say.
    pub detail: String,
    /// Where it is done; empty if nowhere on these pages.
    pub path: String,
    /// Whether it is late or urgent.
    pub late: bool,
}

/// Goods on their way to the holder or from it.
pub struct Way {
    /// The entry of the dispatch.
    pub seq: u64,
    /// The day on which it left, if it is known.
    pub day: String,
    /// The other side.
    pub peer: String,
    /// The item.
    pub item: String,
    /// The batch.
    pub batch: String,
    /// What was sent.
    pub sent: String,
    /// What is still on the way.
    pub outstanding: String,
    /// Whether the rest is a shortage.
    pub short: bool,
    /// What can be done with it: words and path.
    pub acts: Vec<(String, String)>,
}

/// What a site holds of an item.
pub struct Stock {
    /// The site.
    pub site: String,
    /// The item.
    pub item: String,
    /// Its page of the register.
    pub path: String,
    /// In stock.
    pub units: String,
    /// Elsewhere.
    pub other: Vec<String>,
    /// All of it in base.
    pub base: String,
}

/// A licence of the holder.
pub struct Permit {
    /// Its number.
    pub id: String,
    /// Its page.
    pub path: String,
    /// What it allows.
    pub activity: String,
    /// Of what.
    pub substances: String,
    /// Where.
    pub sites: String,
    /// Its last day.
    pub until: String,
    /// Where it stands: shape and words.
    pub mark: &'static str,
    /// In words.
    pub standing: String,
}

struct Used {
    of: String,
    granted: String,
    used: String,
    left: String,
}

struct Refusal {
    day: String,
    act: String,
    says: String,
    seq: u64,
    by: String,
}

#[derive(Template)]
#[template(path = "company/company.html")]
struct CompanyPage {
    f: Frame,
    holder: String,
    id: String,
    pharmacy: bool,
    tasks: Vec<Task>,
    coming: Vec<Way>,
    going: Vec<Way>,
    stock: Vec<Stock>,
    stock_more: bool,
    totals: Vec<(String, String)>,
    permits: Vec<Permit>,
    quota_chart: String,
    quotas: Vec<Used>,
    year: i16,
    refusals: Vec<Refusal>,
    acts: Vec<(String, Vec<(String, String)>)>,
    systems: bool,
    dispensed: Option<Dispensed>,
}

/// What was dispensed today.
pub struct Dispensed {
    /// The day.
    pub day: String,
    /// Lines: site, item, batch, amount, entry.
    pub lines: Vec<(String, String, String, String, u64)>,
    /// Whether there were more.
    pub more: bool,
}

fn company(ask: &Ask) -> Answered {
    let pharmacy = {
        let state = ask.state();
        let own = own_sites(ask, &state);
        !own.is_empty() && own.iter().all(|site| state.holders.site_at(*site).retail)
    };
    show(ask, pharmacy, None)
}

/// The page: for a pharmacy what it dispenses comes first.
pub fn show(ask: &Ask, pharmacy: bool, dispensed: Option<Dispensed>) -> Answered {
    let holder = ask.visitor()?.holder().ok_or(Fault::NotEntitled)?.to_owned();
    let refusals = refusals(ask, &holder)?;
    let key = if dispensed.is_some() {
        "hospital-title"
    } else {
        "company-title"
    };
    let f = Frame::of(ask, ask.words().t(key));
    let then = ask.path.clone();
    let state = ask.state();
    let (no, of_holder) = state.holders.holder(&holder).ok_or(Fault::NotFound)?;
    let own = Own {
        ask,
        state: &state,
        holder: no,
        id: holder.clone(),
        sites: of_holder.sites.clone(),
        then,
    };
    let (stock, stock_more) = own.stock();
    let mut year = ask.today().year();
    let (mut quota_chart, mut quotas) = own.quotas(year);
    // Until quotas of the new year are granted, those of the old one are what there is to see.
    if quotas.is_empty() {
        year -= 1;
        (quota_chart, quotas) = own.quotas(year);
    }
    let page = CompanyPage {
        f,
        holder: of_holder.entry.name.to_string(),
        tasks: own.tasks(),
        coming: own.coming(),
        going: own.going(),
        stock,
        stock_more,
        totals: own.totals(),
        permits: own.permits(),
        quota_chart,
        quotas,
        year,
        acts: own.acts(pharmacy),
        systems: may(ask.visitor()?, "file_demand"),
        id: holder,
        pharmacy,
        refusals,
        dispensed,
    };
    drop(state);
    html(&page)
}

/// The last instructions of the holder that were refused.
fn refusals(ask: &Ask, holder: &str) -> Result<Vec<Refusal>, Fault> {
    let actors: Vec<Actor> = ask
        .state()
        .access
        .actors_for(holder)
        .take(ACTORS_MAX)
        .cloned()
        .collect();
    let mut rows = Vec::new();
    for actor in &actors {
        let found = ask
            .app
            .authority()
            .register(|register| register.refusals_of_actor(actor.as_str(), u64::MAX, REFUSALS))?;
        rows.extend(found);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.seq));
    rows.truncate(REFUSALS);
    let mut refusals = Vec::new();
    for row in rows {
        if let Some(entry) = ask.app.authority().entry(row.seq)?
            && let Event::InstructionRefused(refused) = &entry.event
        {
            let figures: Vec<(&str, &dyn std::fmt::Display)> = refused
                .figures
                .iter()
                .map(|(name, figure)| (name.as_str(), figure as &dyn std::fmt::Display))
                .collect();
            refusals.push(Refusal {
                day: ask.time(entry.recorded_at),
                act: ask.words().t(&act_key(&refused.command)),
                says: crate::refusal_in_words(ask.words(), &refused.code, &refused.says, &figures),
                seq: row.seq,
                by: ask.actor_in_words(&entry.actor),
            });
        }
    }
    Ok(refusals)
}

/// A holder as the page sees it.
pub struct Own<'a> {
    /// What is asked.
    pub ask: &'a Ask,
    /// The state.
    pub state: &'a State,
    /// The holder's number.
    pub holder: No,
    /// Its id.
    pub id: String,
    /// Its sites.
    pub sites: Vec<No>,
    /// Where acts lead back to.
    pub then: String,
}

impl Own<'_> {
    fn is_own(&self, site: No) -> bool {
        self.sites.contains(&site)
    }

    fn may(&self, verb: &str) -> bool {
        self.ask.visitor.as_ref().is_some_and(|visitor| may(visitor, verb))
    }

    fn site_id(&self, site: No) -> &str {
        &self.state.holders.site_at(site).id
    }

    /// The address of an act with what is known.
    fn act(&self, verb: &str, with: &[(&str, &str)], keep: &str) -> String {
        act_path(verb, with, keep, &self.then)
    }

    fn stock(&self) -> (Vec<Stock>, bool) {
        let words = self.ask.words();
        let mut rows = Vec::new();
        for site in &self.sites {
            for (no, held) in held_items(self.state, *site) {
                if rows.len() == ROWS_MAX * 2 {
                    return (rows, true);
                }
                let item = self.state.items.at(no);
                let total = held.iter().fold(0_i64, |sum, amount| sum.saturating_add(*amount));
                rows.push(Stock {
                    site: self.site_id(*site).to_owned(),
                    item: names::item(words, self.state, item),
                    path: format!("{}?item={}", register_path(self.site_id(*site)), encoded(&item.id)),
                    units: names::amount(words, item, held[0]),
                    other: other_compartments(self.ask, item, &held),
                    base: names::mass(words, item.mass(total)),
                });
            }
        }
        (rows, false)
    }

    /// What the holder has of each substance at all its sites, in base.
    fn totals(&self) -> Vec<(String, String)> {
        let words = self.ask.words();
        let mut totals: BTreeMap<No, Mass> = BTreeMap::new();
        for site in &self.sites {
            for (no, held) in held_items(self.state, *site) {
                let item = self.state.items.at(no);
                let mass: Mass = held.iter().map(|amount| item.mass(*amount)).sum();
                *totals.entry(item.substance).or_default() += mass;
            }
        }
        let named = totals
            .into_iter()
            .map(|(substance, mass)| (names::substance(words, self.state, substance), names::mass(words, mass)));
        named.collect()
    }

    fn licences(&self) -> Vec<&Licence> {
        let mut seen = BTreeSet::new();
        let all = self.sites.iter().flat_map(|site| self.state.licences.of_site(*site));
        all.filter(|licence| seen.insert(licence.grant.id.clone())).collect()
    }

    fn permits(&self) -> Vec<Permit> {
        let today = self.ask.today();
        let recent = |licence: &&Licence| {
            licence.standing_on(today) != Standing::Ended || days_between(licence.grant.valid_until, today) < COUNT_DAYS
        };
        let mut all: Vec<&Licence> = self.licences().into_iter().filter(recent).collect();
        all.sort_by_key(|licence| (licence.standing_on(today), licence.grant.valid_until));
        all.into_iter()
            .take(ROWS_MAX)
            .map(|licence| self.permit(licence, today))
            .collect()
    }

    fn permit(&self, licence: &Licence, today: Date) -> Permit {
        let (words, grant) = (self.ask.words(), &licence.grant);
        let standing = licence.standing_on(today);
        let left = days_between(today, grant.valid_until);
        let (shape, says) = match standing {
            Standing::InForce if left <= ENDING_DAYS => (Mark::Expired, words.t1("company-licence-ends", "days", left)),
            Standing::InForce => (Mark::Pass, words.t("company-licence-in-force")),
            Standing::NotYet => (
                Mark::Person,
                words.t1("company-licence-not-yet", "day", words.day(grant.valid_from)),
            ),
            Standing::Ended => (Mark::Used, words.t("company-licence-ended")),
            Standing::Suspended => (Mark::Suspended, words.t("company-licence-suspended")),
            Standing::Revoked => (Mark::Fail, words.t("company-licence-revoked")),
        };
        let substances = grant
            .substances
            .iter()
            .map(|id| names::substance_of_id(words, self.state, id));
        Permit {
            id: grant.id.to_string(),
            path: format!("/licences/{}", encoded(&grant.id)),
            activity: words.value(grant.activity.word()),
            substances: substances.collect::<Vec<_>>().join(", "),
            sites: grant
                .sites
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            until: words.day(grant.valid_until),
            mark: mark(shape),
            standing: says,
        }
    }

    fn quotas(&self, year: i16) -> (String, Vec<Used>) {
        let words = self.ask.words();
        let (mut masses, mut units, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (of, holder, quota) in self.state.planning.quotas_of(year) {
            if holder != self.holder || (quota.granted == 0 && quota.used == 0) {
                continue;
            }
            let name = match of {
                Planned::Substance(no) => names::substance(words, self.state, no),
                Planned::Preparation(no) => names::item(words, self.state, self.state.items.at(no)),
            };
            let print = |amount: i128| match of {
                Planned::Substance(_) => names::mass(words, Mass::from_pg(amount)),
                Planned::Preparation(_) => words.number(amount),
            };
            let printed = words.t2(
                "company-quota-of",
                "used",
                print(quota.used),
                "granted",
                print(quota.granted),
            );
            let figure = Figure::new(name.clone(), quota.used, printed).of(quota.granted);
            match of {
                Planned::Substance(_) => masses.push(figure),
                Planned::Preparation(_) => units.push(figure),
            }
            rows.push(Used {
                of: name,
                granted: print(quota.granted),
                used: print(quota.used),
                left: print(quota.granted - quota.used),
            });
        }
        let (title, desc) = (words.t1("company-quotas", "year", year), words.t("company-quotas-desc"));
        let chart = |id: &str, figures: &[Figure]| {
            let head = Head {
                id,
                title: &title,
                desc: &desc,
            };
            if figures.is_empty() {
                String::new()
            } else {
                bars(&head, figures)
            }
        };
        (chart("quota-mass", &masses) + &chart("quota-units", &units), rows)
    }

    /// Goods on their way to the holder.
    pub fn coming(&self) -> Vec<Way> {
        let ours = self.state.ledger.transit().iter();
        let ours = ours.filter(|(_, transit)| transit.to.is_some_and(|to| self.is_own(to)));
        let near = self.state.provinces.open();
        let near = near.filter_map(|(seq, domestic)| self.way_from_near(seq, domestic));
        ours.map(|(seq, transit)| self.incoming(*seq, transit))
            .chain(near)
            .take(ROWS_MAX)
            .collect()
    }

    /// Goods that come from another province, until no more will.
    fn way_from_near(&self, seq: u64, domestic: &Domestic) -> Option<Way> {
        let told = &domestic.told;
        let outstanding = domestic.outstanding();
        let (no, _) = self.state.holders.site(&told.to).ok()?;
        if domestic.end != End::Receiving || outstanding == 0 || !self.is_own(no) {
            return None;
        }
        let words = self.ask.words();
        let item = domain::trade::item_of(self.state, &told.goods);
        let amount = |amount| match item {
            Some(item) => names::amount(words, item, amount),
            None => words.number(amount),
        };
        let mut way = Way {
            seq,
            day: words.day(told.on),
            peer: provinces::named(&told.holder, &domestic.partner, &told.from),
            item: item.map_or_else(
                || told.goods.form.to_string(),
                |item| names::item(words, self.state, item),
            ),
            batch: told.batch.to_string(),
            sent: amount(told.amount),
            outstanding: amount(outstanding),
            short: false,
            acts: Vec::new(),
        };
        if self.may("receive") {
            let (number, amount) = (seq.to_string(), outstanding.to_string());
            let with = [
                ("site", told.to.as_str()),
                ("dispatch", number.as_str()),
                ("amount", amount.as_str()),
            ];
            way.acts
                .push((words.t("company-receive"), self.act("receive", &with, "site,dispatch")));
        }
        Some(way)
    }

    fn incoming(&self, seq: u64, transit: &Transit) -> Way {
        let words = self.ask.words();
        let mut way = self.way(seq, transit);
        way.peer = names::site(self.state, self.state.holders.site_at(transit.from));
        if self.may("receive") {
            let (number, amount) = (seq.to_string(), transit.outstanding.to_string());
            let to = transit.to.map(|to| self.site_id(to).to_owned()).unwrap_or_default();
            let with = [
                ("site", to.as_str()),
                ("dispatch", number.as_str()),
                ("amount", amount.as_str()),
            ];
            way.acts
                .push((words.t("company-receive"), self.act("receive", &with, "site,dispatch")));
        }
        way
    }

    fn way(&self, seq: u64, transit: &Transit) -> Way {
        let words = self.ask.words();
        let batch = self.state.ledger.batch_at(transit.batch);
        let item = self.state.items.at(batch.item);
        Way {
            seq,
            day: transit.dispatched_on.map(|day| words.day(day)).unwrap_or_default(),
            peer: String::new(),
            item: names::item(words, self.state, item),
            batch: batch.code.to_string(),
            sent: names::amount(words, item, transit.sent),
            outstanding: names::amount(words, item, transit.outstanding),
            short: transit.short,
            acts: Vec::new(),
        }
    }

    /// Goods on their way from the holder.
    pub fn going(&self) -> Vec<Way> {
        let ours = self.state.ledger.transit().iter();
        let ours = ours.filter(|(_, transit)| self.is_own(transit.from));
        ours.take(ROWS_MAX)
            .map(|(seq, transit)| self.outgoing(*seq, transit))
            .collect()
    }

    fn outgoing(&self, seq: u64, transit: &Transit) -> Way {
        let words = self.ask.words();
        let mut way = self.way(seq, transit);
        way.peer = match (transit.to, transit.destination) {
            (Some(to), _) => names::site(self.state, self.state.holders.site_at(to)),
            (None, Some(country)) => names::country(words, country),
            (None, None) => transit.away.as_ref().map(names::away).unwrap_or_default(),
        };
        let (number, amount) = (seq.to_string(), transit.outstanding.to_string());
        let with = [
            ("site", self.site_id(transit.from)),
            ("dispatch", number.as_str()),
            ("amount", amount.as_str()),
        ];
        let abroad = transit.to.is_none() && transit.away.is_none();
        for (verb, key) in [
            ("export", "company-export"),
            ("cancel_dispatch", "company-cancel"),
            ("lose_in_transit", "company-lost"),
        ] {
            if self.may(verb) && (verb != "export" || abroad) {
                way.acts.push((words.t(key), self.act(verb, &with, "site,dispatch")));
            }
        }
        way
    }

    /// What waits for somebody of the holder, the most urgent first.
    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks = self.shortages();
        tasks.extend(self.notices());
        tasks.extend(self.receipts());
        tasks.extend(self.decisions());
        tasks.extend(self.orders());
        tasks.extend(self.ending());
        tasks.extend(self.counts());
        tasks
    }

    fn shortages(&self) -> Vec<Task> {
        let words = self.ask.words();
        let short = self
            .state
            .ledger
            .transit()
            .iter()
            .filter(|(_, transit)| transit.short && self.is_own(transit.from));
        let task = |(seq, transit): (&u64, &Transit)| {
            let way = self.way(*seq, transit);
            Task {
                what: words.t1("company-task-short", "dispatch", seq),
                detail: format!("{} {}: {}", way.item, way.batch, way.outstanding),
                path: format!("{}#going", self.then),
                late: true,
            }
        };
        short.take(ROWS_MAX).map(task).collect()
    }

    fn receipts(&self) -> Option<Task> {
        let words = self.ask.words();
        let all = self.state.ledger.transit().values();
        let coming = all.filter(|transit| transit.to.is_some_and(|to| self.is_own(to)));
        let near = self.state.provinces.open();
        let near = near.filter(|(seq, domestic)| self.way_from_near(*seq, domestic).is_some());
        let coming = coming.count() + near.count();
        (coming > 0).then(|| Task {
            what: words.t("company-task-receive"),
            detail: words.count("company-dispatches", u64::try_from(coming).unwrap_or_default()),
            path: format!("{}#coming", self.then),
            late: false,
        })
    }

    fn notices(&self) -> Vec<Task> {
        let (words, today) = (self.ask.words(), self.ask.today());
        let owed = self.state.channels.notices().filter(|(_, site, _)| self.is_own(*site));
        let task = |(dispatch, _, due): (u64, No, Date)| Task {
            what: words.t1("company-task-notice", "dispatch", dispatch),
            detail: words.t1("company-due", "day", words.day(due)),
            path: self.act("give_notice", &[("dispatch", &dispatch.to_string())], "dispatch"),
            late: due < today,
        };
        owed.take(ROWS_MAX).map(task).collect()
    }

    fn decisions(&self) -> Vec<Task> {
        let words = self.ask.words();
        let person = self
            .ask
            .visitor
            .as_ref()
            .map(|visitor| visitor.person().to_owned())
            .unwrap_or_default();
        let waiting = self
            .state
            .access
            .waiting()
            .iter()
            .filter(|(_, waiting)| waiting.by.holder() == Some(self.id.as_str()));
        let task = |(seq, waiting): (&u64, &domain::access::Waiting)| {
            let act = words.t(&act_key(&waiting.proposal.verb));
            let own = waiting.by.person() == person;
            Task {
                what: words.t1(
                    if own {
                        "company-task-own-decision"
                    } else {
                        "company-task-decision"
                    },
                    "act",
                    act,
                ),
                detail: words.t1("register-entry", "entry", seq),
                path: format!("/decisions/{seq}"),
                late: false,
            }
        };
        waiting.take(ROWS_MAX).map(task).collect()
    }

    fn orders(&self) -> Vec<Task> {
        let words = self.ask.words();
        let asked = self
            .sites
            .iter()
            .flat_map(|site| self.state.orders.open_to_supplier(*site));
        let task = |order: &domain::order::Order| Task {
            what: words.t1("company-task-order", "order", &order.id),
            detail: names::site(self.state, self.state.holders.site_at(order.site)),
            path: format!("/orders/{}", encoded(&order.id)),
            late: order.wanted_on.is_some_and(|day| day < self.ask.today()),
        };
        asked.take(ROWS_MAX).map(task).collect()
    }

    fn ending(&self) -> Vec<Task> {
        let (words, today) = (self.ask.words(), self.ask.today());
        let licences = self.licences().into_iter().filter(|licence| {
            let left = days_between(today, licence.grant.valid_until);
            licence.standing_on(today) == Standing::InForce && (0..=ENDING_DAYS).contains(&left)
        });
        let task = |licence: &Licence| Task {
            what: words.t1("company-task-licence", "licence", &licence.grant.id),
            detail: words.t1("company-until", "day", words.day(licence.grant.valid_until)),
            path: format!("/licences/{}", encoded(&licence.grant.id)),
            late: days_between(today, licence.grant.valid_until) <= ENDING_DAYS / 3,
        };
        licences.map(task).collect()
    }

    /// Sites with stock that was not counted, with acceptance, for a year.
    fn counts(&self) -> Vec<Task> {
        let (words, today) = (self.ask.words(), self.ask.today());
        let books_from = self.state.founding.books_from;
        let mut tasks = Vec::new();
        for site in &self.sites {
            let due = self.state.ledger.accounts_of(*site).filter(|account| {
                let since = account.counted_on.or(account.opened_on).unwrap_or(books_from);
                account.held.iter().any(|held| *held != 0) && days_between(since, today) >= COUNT_DAYS
            });
            let due = due.count();
            if due > 0 {
                tasks.push(Task {
                    what: words.t1("company-task-count", "site", self.site_id(*site)),
                    detail: words.count("company-accounts", u64::try_from(due).unwrap_or_default()),
                    path: self.act("count", &[("site", self.site_id(*site))], "site"),
                    late: false,
                });
            }
        }
        tasks
    }

    /// What can be done, in groups.
    /// Dispatches to other provinces that a channel leads to.
    fn to_provinces(&self) -> Vec<(String, String)> {
        let (words, today) = (self.ask.words(), self.ask.today());
        let channels = &self.state.channels;
        let leads = |partner: &Id, offered: &Offered| {
            let mut sites = self.sites.iter();
            sites.any(|site| channels.lets_away(self.state, *site, partner, &offered.site, today))
        };
        let offered = self.state.provinces.offered();
        let open = offered.filter(|(partner, offered)| offered.is_open(today) && leads(partner, offered));
        let partners: BTreeSet<&Id> = open.map(|(partner, _)| partner).collect();
        let link = |partner: &Id| {
            let known = self.state.partners.get(partner);
            let name = known.map_or_else(|| partner.to_string(), |known| known.file.name.to_string());
            let path = self.act("dispatch", &[("partner", partner)], "partner");
            (words.t1("company-to-province", "authority", name), path)
        };
        let partners = partners.into_iter().filter(|_| self.may("dispatch"));
        partners.map(link).collect()
    }

    fn acts(&self, pharmacy: bool) -> Vec<(String, Vec<(String, String)>)> {
        let words = self.ask.words();
        let sites: Vec<&domain::holder::Site> = self
            .sites
            .iter()
            .map(|site| self.state.holders.site_at(*site))
            .collect();
        let mut groups: Vec<(&str, &[&str])> = vec![
            (
                "company-acts-goods",
                &["dispense", "dispatch", "place_order", "count", "reclassify"],
            ),
            (
                "company-acts-making",
                &[
                    "manufacture",
                    "feed_lot",
                    "yield_lot",
                    "close_lot",
                    "transform",
                    "use_in_manufacture",
                ],
            ),
            ("company-acts-border", &["apply_import", "import", "apply_export"]),
            ("company-acts-incidents", &["destroy", "lose", "find", "opening"]),
            ("company-acts-returns", &["file_demand"]),
        ];
        if pharmacy {
            groups.swap(1, 4);
        }
        let possible = |verb: &&&str| self.may(verb) && sites.iter().any(|site| site.open && fits(verb, site));
        let link = |verb: &&str| (words.t(&act_key(verb)), self.act(verb, &[], ""));
        let group = |(key, verbs): (&str, &[&str])| {
            let mut links: Vec<(String, String)> = verbs.iter().filter(possible).map(link).collect();
            if key == "company-acts-goods" {
                links.extend(self.to_provinces());
            }
            (words.t(key), links)
        };
        groups
            .into_iter()
            .map(group)
            .filter(|(_, links)| !links.is_empty())
            .collect()
    }
}

/// The address of an act with what is known.
pub fn act_path(verb: &str, with: &[(&str, &str)], keep: &str, then: &str) -> String {
    let mut query: Vec<String> = with
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if !keep.is_empty() {
        query.push(format!("keep={}", encoded(keep)));
    }
    query.push(format!("then={}", encoded(then)));
    format!("/act/{verb}?{}", query.join("&"))
}

/// Days from one day to another.
fn days_between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}

/// The items that the holder's sites have had, or may make, as a table to keep.
fn products_csv(ask: &Ask) -> Answered {
    let words = ask.words();
    let state = ask.state();
    let sites = own_sites(ask, &state);
    let columns = [
        "item",
        "name",
        "substance",
        "strength",
        "unit",
        "site",
        "batch",
        "amount",
        "day",
    ];
    let mut rows = vec![
        columns
            .iter()
            .map(|name| words.t(&format!("company-column-{name}")))
            .collect::<Vec<String>>(),
    ];
    for site in &sites {
        let items: BTreeSet<No> = state
            .ledger
            .accounts_of(*site)
            .map(|account| state.ledger.batch_at(account.batch).item)
            .collect();
        for no in items {
            rows.push(product_row(
                ask,
                &state,
                state.items.at(no),
                &state.holders.site_at(*site).id,
            ));
        }
    }
    drop(state);
    file("text/csv; charset=utf-8", "products.csv", crate::csv::table(rows))
}

fn product_row(ask: &Ask, state: &State, item: &Item, site: &str) -> Vec<String> {
    let words = ask.words();
    let preparation = item.preparation.as_ref();
    vec![
        item.id.to_string(),
        names::item(words, state, item),
        state.substances.at(item.substance).entry.id.to_string(),
        preparation.map(|one| one.strength.to_string()).unwrap_or_default(),
        preparation.map_or_else(|| "µg".to_owned(), |one| one.unit.to_string()),
        site.to_owned(),
        String::new(),
        String::new(),
        String::new(),
    ]
}

/// Whether a site supplies patients.
pub fn dispenses(site: &domain::holder::Site) -> bool {
    [SiteKind::Institution, SiteKind::Pharmacy, SiteKind::Research]
        .into_iter()
        .any(|kind| site.is(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_addressed_with_what_is_known() {
        let path = act_path(
            "receive",
            &[("dispatch", "12"), ("site", "S/1"), ("note", "")],
            "site,dispatch",
            "/company",
        );
        assert_eq!(
            path,
            "/act/receive?dispatch=12&site=S%2F1&keep=site%2Cdispatch&then=%2Fcompany"
        );
        assert_eq!(act_path("count", &[], "", "/x"), "/act/count?then=%2Fx");
    }

    #[test]
    fn days_are_counted() {
        let day = jiff::civil::date;
        assert_eq!(days_between(day(2023, 12, 31), day(2024, 12, 31)), 366);
        assert_eq!(days_between(day(2024, 3, 1), day(2024, 2, 29)), -1);
    }
}
