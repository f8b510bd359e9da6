//! Registers of sites (the special books of the law): lines with the balance after each, and the way of a batch.

use std::collections::BTreeMap;

use askama::Template;
use authority::{BookLine, Wanted};
use domain::access::{Capacity, Role};
use domain::ledger::{Compartment, Movement, MovementKind};
use domain::table::No;
use domain::{Entry, Event, State};
use jiff::civil::Date;

use super::company::act_path;
use crate::act::{act_key, fits, may};
use crate::answer::{Answered, Fault, encoded, file, html, see};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;

/// Officers who may read every register.
pub const READERS: &[Role] = &[
    Role::LicensingOfficer,
    Role::Inspector,
    Role::ChiefInspector,
    Role::Statistician,
    Role::Auditor,
];

pub const ROUTES: &[Route] = &[
    page("/register", Who::OfficersAndHolders(READERS), index),
    page("/register/{site}", Who::OfficersAndHolders(READERS), book),
    page("/register/{site}/lines.csv", Who::OfficersAndHolders(READERS), book_csv),
    page("/batches/{item}/{batch}", Who::OfficersAndHolders(READERS), trace),
];

/// Lines of a page.
const PAGE: usize = 50;
/// Lines of a file.
const FILE_LINES_MAX: usize = 20_000;

/// The sites of the visitor's own holder.
pub fn own_sites(ask: &Ask, state: &State) -> Vec<No> {
    let holder = ask.visitor.as_ref().and_then(|visitor| visitor.holder());
    let found = holder.and_then(|holder| state.holders.holder(holder));
    found.map(|(_, holder)| holder.sites.clone()).unwrap_or_default()
}

/// Whether the visitor may see what is recorded of a site: officers who read registers, and its own holder.
pub fn may_see(ask: &Ask, state: &State, site: No) -> bool {
    let Some(visitor) = &ask.visitor else { return false };
    match visitor.actor.capacity() {
        Capacity::Officer(role) => READERS.contains(&role),
        Capacity::Responsible(holder) | Capacity::Clerk(holder) => {
            state.holders.site_at(site).holder_id.as_str() == holder
        }
    }
}

/// The site of the path, if the visitor may see its register.
fn site_of(ask: &Ask, state: &State) -> Result<No, Fault> {
    let (no, _) = state.holders.site(ask.param("site")).map_err(|_| Fault::NotFound)?;
    if may_see(ask, state, no) {
        Ok(no)
    } else {
        Err(Fault::NotFound)
    }
}

/// The address of a site's register.
pub fn register_path(site: &str) -> String {
    format!("/register/{}", encoded(site))
}

/// The address of a batch's way.
pub fn batch_path(item: &str, batch: &str) -> String {
    format!("/batches/{}/{}", encoded(item), encoded(batch))
}

struct SiteRow {
    id: String,
    path: String,
    kinds: String,
    province: String,
    open: bool,
    items: String,
}

#[derive(Template)]
#[template(path = "register/index.html")]
struct IndexPage {
    f: Frame,
    officer: bool,
    sites: Vec<SiteRow>,
    asked: String,
    errors: Vec<(String, String)>,
}

fn index(ask: &Ask) -> Answered {
    let words = ask.words();
    let officer = ask.visitor()?.holder().is_none();
    let asked = ask.query.get("site").to_owned();
    let mut errors = Vec::new();
    let sites = {
        let state = ask.state();
        if officer && !asked.is_empty() {
            match state.holders.site(&asked) {
                Ok((_, site)) => return Ok(see(&register_path(&site.id))),
                Err(_) => errors.push(("site".to_owned(), words.t1("register-no-site", "site", &asked))),
            }
        }
        let row = |no: &No| {
            let site = state.holders.site_at(*no);
            let held = held_items(&state, *no).len();
            SiteRow {
                id: site.id.to_string(),
                path: register_path(&site.id),
                kinds: names::kinds(words, site),
                province: site.province.to_string(),
                open: site.open,
                items: words.count("register-items", u64::try_from(held).unwrap_or_default()),
            }
        };
        own_sites(ask, &state).iter().map(row).collect()
    };
    html(&IndexPage {
        f: Frame::of(ask, words.t("register-title")),
        officer,
        sites,
        asked,
        errors,
    })
}

/// What a site holds of each item, by compartment.
pub fn held_items(state: &State, site: No) -> BTreeMap<No, [i64; 4]> {
    let mut held: BTreeMap<No, [i64; 4]> = BTreeMap::new();
    for account in state.ledger.accounts_of(site) {
        if account.held.iter().all(|amount| *amount == 0) {
            continue;
        }
        let of_item = held.entry(state.ledger.batch_at(account.batch).item).or_default();
        for (sum, amount) in of_item.iter_mut().zip(account.held) {
            *sum = sum.saturating_add(amount);
        }
    }
    held
}

/// Something to choose in a filter.
struct Pick {
    value: String,
    label: String,
    chosen: bool,
}

struct StockRow {
    item: String,
    path: String,
    stock: String,
    other: Vec<String>,
    base: String,
}

/// A batch of the item that is looked at, and what can be done with it.
struct BatchRow {
    code: String,
    path: String,
    expires: String,
    expired: bool,
    held: Vec<String>,
    acts: Vec<(String, String)>,
}

/// A line as the page shows it.
struct LineRow {
    seq: u64,
    date: Date,
    day: String,
    recorded: String,
    late: bool,
    what: String,
    item: String,
    batch: String,
    batch_path: String,
    notes: Vec<String>,
    order: Option<(String, String)>,
    peer: Option<String>,
    peer_licence: Option<(bool, String)>,
    into: String,
    out: String,
    balance: String,
    base: String,
    by: String,
    report: bool,
    breaches: Vec<String>,
    reversed_by: Option<u64>,
    correct: Option<String>,
    accept: Option<String>,
}

#[derive(Template)]
#[template(path = "register/book.html")]
struct BookPage {
    f: Frame,
    holder: String,
    kinds: String,
    province: String,
    path: String,
    items: Vec<Pick>,
    batches: Vec<Pick>,
    month: String,
    filtered: bool,
    stock: Vec<StockRow>,
    held: Vec<BatchRow>,
    lines: Vec<LineRow>,
    newest: bool,
    older: Option<String>,
    begins: bool,
    before: Vec<(String, String, String)>,
    csv: String,
    size: u64,
}

/// What the query asks of a register.
struct Filter {
    wanted: Wanted,
    item: String,
    batch: String,
    month: String,
}

impl Filter {
    fn read(ask: &Ask, state: &State, limit: usize) -> Result<Self, Fault> {
        let site = site_of(ask, state)?;
        let bad = || Fault::Bad("register-bad-filter");
        let (item, batch, month) = (ask.query.get("item"), ask.query.get("batch"), ask.query.get("month"));
        let find = |item: &str| state.items.find(item).map(|(no, _)| no).map_err(|_| bad());
        let item_no = (!item.is_empty()).then(|| find(item)).transpose()?;
        let batch_no = match item_no {
            Some(item) if !batch.is_empty() => Some(state.ledger.batch(item, batch).ok_or_else(bad)?.0),
            _ => None,
        };
        let first = (!month.is_empty()).then(|| format!("{month}-01").parse::<Date>().map_err(|_| bad()));
        let after = match ask.query.get("after") {
            "" => None,
            text => Some(cursor(text).ok_or_else(bad)?),
        };
        Ok(Self {
            wanted: Wanted {
                site,
                item: item_no,
                batch: batch_no,
                month: first.transpose()?,
                after,
                limit,
            },
            item: item.to_owned(),
            batch: if batch_no.is_some() {
                batch.to_owned()
            } else {
                String::new()
            },
            month: month.to_owned(),
        })
    }

    /// The same filter as an address, with what is added to it.
    fn query(&self, path: &str, more: &str) -> String {
        let pairs = [("item", &self.item), ("batch", &self.batch), ("month", &self.month)];
        let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
        let mut query: Vec<String> = filled
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        if !more.is_empty() {
            query.push(more.to_owned());
        }
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }
}

/// The place of a line as an address names it: the day and the entry, such as `2024-01-31.1234`.
fn cursor(text: &str) -> Option<(Date, u64)> {
    let (day, seq) = text.split_once('.')?;
    Some((day.parse().ok()?, seq.parse().ok()?))
}

fn book(ask: &Ask) -> Answered {
    let filter = Filter::read(ask, &ask.state(), PAGE)?;
    ask.looked_at(format!("register {}", ask.param("site")));
    let found = ask.app.authority().book(&filter.wanted)?;
    let path = register_path(ask.param("site"));
    let here = filter.query(&path, "");
    let by = names_of(ask, found.lines.iter().map(|line| &line.entry));
    let older = found
        .lines
        .last()
        .filter(|_| found.more)
        .map(|last| filter.query(&path, &format!("after={}.{}", last.day, last.entry.seq)));
    let title = ask.words().t1("register-of", "site", ask.param("site"));
    let f = Frame::of(ask, title);
    let state = ask.state();
    let show = Show {
        ask,
        state: &state,
        by: &by,
        here: &here,
    };
    let words = ask.words();
    let site = state.holders.site_at(filter.wanted.site);
    let before = found
        .before
        .iter()
        .filter(|_| !found.lines.is_empty())
        .map(|(item, held)| {
            let item = state.items.at(*item);
            let held = narrow(*held);
            (
                names::item(words, &state, item),
                names::amount(words, item, held),
                names::mass(words, item.mass(held)),
            )
        });
    let page = BookPage {
        f,
        holder: state.holders.holder_at(site.holder).entry.name.to_string(),
        kinds: names::kinds(words, site),
        province: site.province.to_string(),
        items: items_of(&show, &filter),
        batches: batches_of(&state, &filter),
        month: filter.month.clone(),
        filtered: !(filter.item.is_empty() && filter.month.is_empty()),
        stock: if filter.wanted.after.is_none() {
            stock_of(&show, &filter, &path)
        } else {
            Vec::new()
        },
        held: if filter.wanted.after.is_none() {
            show.batches(&filter)
        } else {
            Vec::new()
        },
        lines: found.lines.iter().map(|line| show.line(line)).collect(),
        newest: filter.wanted.after.is_none(),
        begins: older.is_none() && filter.month.is_empty(),
        older,
        before: before.collect(),
        csv: filter.query(&format!("{path}/lines.csv"), ""),
        path,
        size: found.size,
    };
    drop(state);
    html(&page)
}

/// A balance as the ledger counts: one beyond could not be in the ledger.
fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

/// The names of those who entered some lines; asked before the state is held.
pub fn names_of<'a>(ask: &Ask, entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for entry in entries {
        names
            .entry(entry.actor.to_string())
            .or_insert_with(|| ask.actor_in_words(&entry.actor));
    }
    names
}

fn items_of(show: &Show<'_>, filter: &Filter) -> Vec<Pick> {
    let state = show.state;
    let accounts = state.ledger.accounts_of(filter.wanted.site);
    let items: std::collections::BTreeSet<No> = accounts
        .map(|account| state.ledger.batch_at(account.batch).item)
        .collect();
    let pick = |no: No| {
        let item = state.items.at(no);
        Pick {
            value: item.id.to_string(),
            label: names::item(show.ask.words(), state, item),
            chosen: filter.wanted.item == Some(no),
        }
    };
    items.into_iter().map(pick).collect()
}

fn batches_of(state: &State, filter: &Filter) -> Vec<Pick> {
    let accounts = state.ledger.accounts_of(filter.wanted.site);
    let of_item = accounts.filter(|account| Some(state.ledger.batch_at(account.batch).item) == filter.wanted.item);
    let pick = |account: &domain::ledger::Account| {
        let code = state.ledger.batch_at(account.batch).code.to_string();
        Pick {
            label: code.clone(),
            value: code,
            chosen: filter.wanted.batch == Some(account.batch),
        }
    };
    of_item.take(1_000).map(pick).collect()
}

fn stock_of(show: &Show<'_>, filter: &Filter, path: &str) -> Vec<StockRow> {
    let (state, words) = (show.state, show.ask.words());
    let held = held_items(state, filter.wanted.site);
    let wanted = held
        .into_iter()
        .filter(|(item, _)| filter.wanted.item.is_none_or(|wanted| wanted == *item));
    let row = |(no, held): (No, [i64; 4])| {
        let item = state.items.at(no);
        let total = held.iter().fold(0_i64, |sum, amount| sum.saturating_add(*amount));
        StockRow {
            item: names::item(words, state, item),
            path: format!("{path}?item={}", encoded(&item.id)),
            stock: names::amount(words, item, held[0]),
            other: other_compartments(show.ask, item, &held),
            base: names::mass(words, item.mass(total)),
        }
    };
    wanted.map(row).collect()
}

/// What lies elsewhere than in stock, in words.
pub fn other_compartments(ask: &Ask, item: &domain::product::Item, held: &[i64; 4]) -> Vec<String> {
    let words = ask.words();
    let others = Compartment::ALL
        .iter()
        .filter(|(compartment, _)| !compartment.is_stock());
    let filled = others.filter_map(|(compartment, word)| {
        let amount = held.get(compartment.place()).copied().filter(|amount| *amount != 0)?;
        let name = words.value(word);
        Some(format!("{name}: {}", names::amount(words, item, amount)))
    });
    filled.collect()
}

/// The word of a kind of movement.
pub fn kind_in_words(ask: &Ask, kind: MovementKind) -> String {
    ask.words().value(kind.word())
}

/// A broken rule in a few words.
pub fn breach_in_words(ask: &Ask, code: &str) -> String {
    ask.words().breach(code)
}

/// What lines are shown with.
struct Show<'a> {
    ask: &'a Ask,
    state: &'a State,
    by: &'a BTreeMap<String, String>,
    here: &'a str,
}

/// Acts that are about one batch at one site.
const OF_BATCH: &[&str] = &["dispense", "dispatch", "count", "reclassify", "destroy", "lose"];
/// Batches that are listed.
const BATCHES_MAX: usize = 200;

impl Show<'_> {
    /// Batches that the site holds of the item that is looked at.
    fn batches(&self, filter: &Filter) -> Vec<BatchRow> {
        let wanted = filter.wanted;
        let accounts = self.state.ledger.accounts_of(wanted.site).filter(|account| {
            let of_item = Some(self.state.ledger.batch_at(account.batch).item) == wanted.item;
            of_item && wanted.batch.is_none_or(|batch| batch == account.batch) && account.held != [0; 4]
        });
        accounts
            .take(BATCHES_MAX)
            .map(|account| self.batch(account, wanted.site))
            .collect()
    }

    fn batch(&self, account: &domain::ledger::Account, site: No) -> BatchRow {
        let words = self.ask.words();
        let batch = self.state.ledger.batch_at(account.batch);
        let item = self.state.items.at(batch.item);
        let of_site = self.state.holders.site_at(site);
        let with = [
            ("site", of_site.id.as_str()),
            ("item", item.id.as_str()),
            ("batch", batch.code.as_str()),
        ];
        let may_act = |verb: &str| self.ask.visitor.as_ref().is_some_and(|visitor| may(visitor, verb));
        let fit = OF_BATCH
            .iter()
            .filter(|verb| of_site.open && may_act(verb) && fits(verb, of_site));
        let act = |verb: &&str| {
            let path = act_path(verb, &with, "site,item,batch", self.here);
            (words.t(&act_key(verb)), path)
        };
        let mut held = vec![names::amount(words, item, account.held[0])];
        held.extend(other_compartments(self.ask, item, &account.held));
        BatchRow {
            code: batch.code.to_string(),
            path: batch_path(&item.id, &batch.code),
            expires: batch.expires_on.map(|day| words.day(day)).unwrap_or_default(),
            expired: batch.expires_on.is_some_and(|day| day < self.ask.today()),
            held,
            acts: fit.map(act).collect(),
        }
    }

    fn line(&self, line: &BookLine) -> LineRow {
        let words = self.ask.words();
        let item = self.state.items.at(line.item);
        let (movement, reversal) = match &line.entry.event {
            Event::LineReversed(reversed) => (Some(&reversed.original), Some(reversed)),
            Event::Movement(movement) => (Some(&**movement), None),
            _ => (None, None),
        };
        let seq = line.entry.seq;
        let (change, balance) = (narrow(line.change), narrow(line.balance));
        let amount = |amount: i64| names::amount(words, item, amount);
        let mut row = LineRow {
            seq,
            date: line.day,
            day: words.day(line.day),
            recorded: self.ask.time(line.entry.recorded_at),
            late: line.entry.recorded_on != line.day,
            what: String::new(),
            item: names::item(words, self.state, item),
            batch: String::new(),
            batch_path: String::new(),
            notes: Vec::new(),
            order: None,
            peer: None,
            peer_licence: None,
            into: if change > 0 { amount(change) } else { String::new() },
            out: if change < 0 {
                amount(change.saturating_neg())
            } else {
                String::new()
            },
            balance: amount(balance),
            base: names::mass(words, item.mass(balance)),
            by: self.by.get(line.entry.actor.as_str()).cloned().unwrap_or_default(),
            report: false,
            breaches: Vec::new(),
            reversed_by: line.reversed_by,
            correct: None,
            accept: None,
        };
        let Some(movement) = movement else { return row };
        row.batch = movement.batch.to_string();
        row.batch_path = batch_path(&movement.item, &movement.batch);
        match reversal {
            Some(reversed) => {
                row.what = words.t1("register-reversal", "line", reversed.line);
                row.notes = vec![
                    kind_in_words(self.ask, movement.movement),
                    words.t1("register-reason", "reason", &reversed.reason),
                ];
            }
            None => self.movement(&mut row, movement, line),
        }
        row
    }

    fn movement(&self, row: &mut LineRow, movement: &Movement, line: &BookLine) {
        row.what = kind_in_words(self.ask, movement.movement);
        row.notes = notes(self.ask, self.state, movement);
        row.report = !movement.mode.is_instruct();
        row.breaches = movement
            .breaches
            .iter()
            .map(|code| breach_in_words(self.ask, code))
            .collect();
        let order = movement.details.as_ref().and_then(|details| details.order.as_ref());
        row.order = order.map(|order| (order.to_string(), format!("/orders/{}", encoded(order))));
        self.peer(row, movement, line.item);
        let then = encoded(self.here);
        let visitor = self.ask.visitor.as_ref();
        let may_act = |verb: &str| visitor.is_some_and(|visitor| may(visitor, verb));
        if row.reversed_by.is_none() && may_act("reverse") && can_be_reversed(movement.movement) {
            row.correct = Some(format!("/act/reverse?line={}&keep=line&then={then}", row.seq));
        }
        let counted = movement.movement == MovementKind::Count && !self.state.ledger.is_accepted(row.seq);
        if counted && may_act("accept_count") {
            row.accept = Some(format!("/act/accept_count?count={}&keep=count&then={then}", row.seq));
        }
    }

    fn peer(&self, row: &mut LineRow, movement: &Movement, item: No) {
        let words = self.ask.words();
        let partner = movement.details.as_ref().and_then(|details| details.partner.as_ref());
        if let Some((partner, site)) = partner.zip(movement.peer.as_ref()) {
            row.peer = Some(names::near(partner, site));
        } else if let Some(peer) = &movement.peer
            && let Ok((no, site)) = self.state.holders.site(peer)
        {
            row.peer = Some(names::site(self.state, site));
            let substance = self.state.items.at(item).substance;
            let covered = self
                .state
                .licences
                .covers(self.state, no, substance, movement.occurred_on);
            row.peer_licence = Some(match covered {
                Ok(()) => (true, words.t("register-licensed")),
                Err(why) => (false, breach_in_words(self.ask, why.code)),
            });
        } else if let Some(country) = movement.details.as_ref().and_then(|details| details.country) {
            row.peer = Some(names::country(words, country));
        }
    }
}

/// Kinds of lines that a reversal may take back; whether it may now is for the ledger to say.
fn can_be_reversed(kind: MovementKind) -> bool {
    !matches!(
        kind,
        MovementKind::LotFeed
            | MovementKind::LotYield
            | MovementKind::Count
            | MovementKind::CancelDispatch
            | MovementKind::Export
            | MovementKind::LoseInTransit
            | MovementKind::ProvinceIn
            | MovementKind::ProvinceOut
    )
}

/// The papers of a line and what else it says, in words.
pub fn notes(ask: &Ask, state: &State, movement: &Movement) -> Vec<String> {
    let words = ask.words();
    let mut notes = Vec::new();
    let mut note = |key: &str, name: &str, value: &dyn std::fmt::Display| notes.push(words.t1(key, name, value));
    if let Some(dispatch) = movement.dispatch {
        note("register-dispatch", "number", &dispatch);
    }
    if let Some(lot) = &movement.lot {
        note("register-lot", "lot", lot);
    }
    if let Some(details) = &movement.details {
        let papers: [(&str, &str, Option<&dyn std::fmt::Display>); 8] = [
            (
                "register-certificate",
                "number",
                details.transport_certificate.as_ref().map(|id| id as _),
            ),
            (
                "register-carrier",
                "carrier",
                details.carrier.as_ref().map(|id| id as _),
            ),
            (
                "register-authorization",
                "number",
                details.authorization.as_ref().map(|id| id as _),
            ),
            ("register-case", "case", details.case.as_ref().map(|id| id as _)),
            (
                "register-reason",
                "reason",
                details.reason.as_ref().map(|text| text as _),
            ),
            (
                "register-method",
                "method",
                details.method.as_ref().map(|text| text as _),
            ),
            ("register-witness", "person", details.witness.as_ref().map(|id| id as _)),
            ("register-officer", "person", details.officer.as_ref().map(|id| id as _)),
        ];
        for (key, name, value) in papers {
            if let Some(value) = value {
                note(key, name, value);
            }
        }
        if let Some(due) = details.notice_due_on {
            note("register-notice", "day", &words.day(due));
        }
    }
    figures(ask, state, movement, &mut notes);
    notes
}

/// Figures of a line that are not its change.
fn figures(ask: &Ask, state: &State, movement: &Movement, notes: &mut Vec<String>) {
    let words = ask.words();
    let Ok((_, item)) = state.items.find(&movement.item) else {
        return;
    };
    let amount = |amount: i64| names::amount(words, item, amount);
    let compartment = |compartment: Compartment| words.value(compartment.word());
    match movement.movement {
        MovementKind::Count => {
            let book = movement
                .details
                .as_ref()
                .and_then(|details| details.book)
                .unwrap_or_default();
            notes.push(words.t2(
                "register-counted",
                "counted",
                amount(movement.amount),
                "book",
                amount(book),
            ));
        }
        MovementKind::Reclassify => {
            let (from, into) = (compartment(movement.from), compartment(movement.into));
            let said = words.with(
                "register-reclassified",
                &[("amount", &amount(movement.amount)), ("from", &from), ("into", &into)],
            );
            notes.push(said);
        }
        MovementKind::Export | MovementKind::LoseInTransit | MovementKind::ProvinceOut => {
            notes.push(words.t1("register-settled", "amount", amount(movement.amount)));
        }
        _ => {}
    }
    for (key, figure) in [
        ("register-unexplained", movement.unexplained),
        ("register-excess", movement.excess),
    ] {
        if figure != 0 {
            notes.push(words.t1(key, "amount", amount(figure)));
        }
    }
    if movement.short {
        notes.push(words.t("register-short"));
    }
}

fn book_csv(ask: &Ask) -> Answered {
    let filter = Filter::read(ask, &ask.state(), FILE_LINES_MAX)?;
    ask.looked_at(format!("register {}", ask.param("site")));
    let found = ask.app.authority().book(&filter.wanted)?;
    let words = ask.words();
    let columns = [
        "entry", "day", "recorded", "kind", "item", "batch", "in", "out", "balance", "base", "peer", "dispatch",
        "order", "papers", "by", "mode", "breaches", "reversed",
    ];
    let head: Vec<String> = columns
        .iter()
        .map(|name| words.t(&format!("register-column-{name}")))
        .collect();
    let by = names_of(ask, found.lines.iter().map(|line| &line.entry));
    let state = ask.state();
    let show = Show {
        ask,
        state: &state,
        by: &by,
        here: "",
    };
    let mut rows = vec![head];
    rows.extend(found.lines.iter().map(|line| csv_row(&show, line)));
    if found.more {
        rows.push(vec![words.t1(
            "register-file-cut",
            "count",
            words.number(FILE_LINES_MAX),
        )]);
    }
    drop(state);
    let name = format!("register-{}.csv", ask.param("site"));
    file("text/csv; charset=utf-8", &name, crate::csv::table(rows))
}

fn csv_row(show: &Show<'_>, line: &BookLine) -> Vec<String> {
    let row = show.line(line);
    let item = show.state.items.at(line.item);
    let movement = match &line.entry.event {
        Event::Movement(movement) => Some(movement),
        _ => None,
    };
    let (change, balance) = (narrow(line.change), narrow(line.balance));
    let into = if change > 0 { change.to_string() } else { String::new() };
    let out = if change < 0 {
        change.saturating_neg().to_string()
    } else {
        String::new()
    };
    vec![
        row.seq.to_string(),
        line.day.to_string(),
        row.recorded,
        row.what,
        item.id.to_string(),
        row.batch,
        into,
        out,
        balance.to_string(),
        item.mass(balance).to_string(),
        row.peer.unwrap_or_default(),
        movement
            .and_then(|movement| movement.dispatch)
            .map(|dispatch| dispatch.to_string())
            .unwrap_or_default(),
        row.order.map(|(order, _)| order).unwrap_or_default(),
        row.notes.join("; "),
        row.by,
        show.ask.words().t(if row.report {
            "register-report"
        } else {
            "register-instruct"
        }),
        row.breaches.join("; "),
        row.reversed_by.map(|seq| seq.to_string()).unwrap_or_default(),
    ]
}

struct WayRow {
    seq: u64,
    day: String,
    site: String,
    path: String,
    what: String,
    peer: String,
    amount: String,
    notes: Vec<String>,
    breaches: Vec<String>,
    reversed: bool,
}

#[derive(Template)]
#[template(path = "register/trace.html")]
struct TracePage {
    f: Frame,
    item: String,
    expires: Option<String>,
    expired: bool,
    held: Vec<String>,
    origin: Option<String>,
    lies: Vec<(String, String, String, String)>,
    coming: Vec<(u64, String, String, String)>,
    lines: Vec<WayRow>,
    newer: Option<String>,
    first: bool,
}

fn trace(ask: &Ask) -> Answered {
    let (item, batch) = (ask.param("item"), ask.param("batch"));
    let officer = ask.visitor()?.holder().is_none();
    let (no, own) = {
        let state = ask.state();
        let (item, _) = state.items.find(item).map_err(|_| Fault::NotFound)?;
        let (no, _) = state.ledger.batch(item, batch).ok_or(Fault::NotFound)?;
        let own = own_sites(ask, &state);
        if !officer && own.iter().all(|site| state.ledger.account(*site, no).is_none()) {
            return Err(Fault::NotFound);
        }
        (no, own)
    };
    let after = match ask.query.get("after") {
        "" => None,
        text => Some(cursor(text).ok_or(Fault::Bad("register-bad-filter"))?),
    };
    ask.looked_at(format!("batch {item}/{batch}"));
    let at = (!officer).then_some(own.as_slice());
    let found = ask.app.authority().trace(no, at, after, PAGE)?;
    let f = Frame::of(ask, ask.words().t1("batch-title", "batch", batch));
    let newer = found
        .lines
        .last()
        .filter(|_| found.more)
        .and_then(|last| match &last.event {
            Event::Movement(line) => Some(format!(
                "{}?after={}.{}",
                batch_path(item, batch),
                line.occurred_on,
                last.seq
            )),
            _ => None,
        });
    let state = ask.state();
    let page = TracePage {
        lines: found
            .lines
            .iter()
            .filter_map(|entry| way_row(ask, &state, entry))
            .collect(),
        newer,
        first: after.is_none(),
        ..batch_facts(ask, &state, f, no, &found.sites, at)
    };
    drop(state);
    html(&page)
}

fn batch_facts(ask: &Ask, state: &State, f: Frame, no: No, sites: &[No], at: Option<&[No]>) -> TracePage {
    let words = ask.words();
    let batch = state.ledger.batch_at(no);
    let item = state.items.at(batch.item);
    let seen = |site: No| at.is_none_or(|at| at.contains(&site));
    let site_name = |site: No| names::site(state, state.holders.site_at(site));
    let lies = sites.iter().filter_map(|site| {
        let account = state.ledger.account(*site, no)?;
        let total: i64 = account.held.iter().fold(0, |sum: i64, held| sum.saturating_add(*held));
        let path = format!(
            "{}?item={}&batch={}",
            register_path(&state.holders.site_at(*site).id),
            encoded(&item.id),
            encoded(&batch.code)
        );
        (total != 0).then(|| {
            let base = names::mass(words, item.mass(total));
            (site_name(*site), path, names::amount(words, item, total), base)
        })
    });
    let on_the_way = state
        .ledger
        .transit()
        .iter()
        .filter(|(_, transit)| transit.batch == no && (seen(transit.from) || transit.to.is_some_and(seen)));
    let coming = on_the_way.take(PAGE).map(|(seq, transit)| {
        let to = transit.to.map_or_else(
            || {
                let away = transit.away.as_ref().map(names::away);
                let abroad = || transit.destination.map(|country| names::country(words, country));
                away.or_else(abroad).unwrap_or_default()
            },
            site_name,
        );
        (
            *seq,
            site_name(transit.from),
            to,
            names::amount(words, item, transit.outstanding),
        )
    });
    let holds = state.ledger.holds().filter(|hold| hold.batch == Some(no));
    TracePage {
        f,
        item: names::item(words, state, item),
        expires: batch.expires_on.map(|day| words.day(day)),
        expired: batch.expires_on.is_some_and(|day| day < ask.today()),
        held: holds.map(|hold| hold.id.to_string()).collect(),
        origin: seen(batch.origin).then(|| site_name(batch.origin)),
        lies: lies.collect(),
        coming: coming.collect(),
        lines: Vec::new(),
        newer: None,
        first: true,
    }
}

fn way_row(ask: &Ask, state: &State, entry: &Entry) -> Option<WayRow> {
    let Event::Movement(line) = &entry.event else {
        return None;
    };
    let words = ask.words();
    let (_, item) = state.items.find(&line.item).ok()?;
    let (_, site) = state.holders.site(&line.site).ok()?;
    let peer = line.peer.as_ref().and_then(|peer| state.holders.site(peer).ok());
    let country = line.details.as_ref().and_then(|details| details.country);
    Some(WayRow {
        seq: entry.seq,
        day: words.day(line.occurred_on),
        site: names::site(state, site),
        path: register_path(&site.id),
        what: kind_in_words(ask, line.movement),
        peer: match (peer, country) {
            (Some((_, peer)), _) => names::site(state, peer),
            (None, Some(country)) => names::country(words, country),
            (None, None) => String::new(),
        },
        amount: names::amount(words, item, line.amount),
        notes: notes(ask, state, line),
        breaches: line.breaches.iter().map(|code| breach_in_words(ask, code)).collect(),
        reversed: state.ledger.is_reversed(entry.seq),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_day_and_an_entry() {
        let day = jiff::civil::date(2024, 1, 31);
        assert_eq!(cursor("2024-01-31.1234"), Some((day, 1234)));
        for nonsense in ["", ".", "2024-01-31", "2024-13-01.1", "2024-01-31.-1", "x.y"] {
            assert_eq!(cursor(nonsense), None, "{nonsense}");
        }
    }
}
