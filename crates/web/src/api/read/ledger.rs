//! What a site holds, and its register.

use domain::State;
use domain::id::Id;
use domain::ledger::{Account, Compartment, MovementKind, Transit};
use domain::province::{Domestic, End};
use domain::quantity::Mass;
use domain::table::No;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use store::{MovementRow, NO_DISPATCH, NO_PEER, Span};

use super::super::{malformed, ok};
use super::{Chapter, CivilDay, day, limit, page, site};
use crate::answer::{Answered, Fault};
use crate::ask::Ask;

/// What a site holds.
#[derive(Serialize, JsonSchema)]
pub struct Stock {
    /// The site.
    site: Id,
    /// An account a batch, in the order of their beginning; empty ones too.
    items: Vec<Held>,
    /// What to send as `after` to go on; null at the end.
    next: Option<usize>,
    /// Goods that are on their way to the site or from it, and shortages; on the first page alone, and at most 1,000.
    on_the_way: Vec<OnTheWay>,
    /// Lots in process; on the first page alone, and at most 1,000.
    lots: Vec<Lot>,
}

/// What a site holds of a batch, in counting units.
#[derive(Serialize, JsonSchema)]
pub struct Held {
    /// The item.
    item: Id,
    /// The batch.
    batch: Id,
    /// The last day of use.
    #[schemars(with = "Option<CivilDay>")]
    expires_on: Option<String>,
    /// For use and sale.
    stock: i64,
    /// Set aside until a decision.
    quarantine: i64,
    /// Waiting for witnessed destruction.
    awaiting_destruction: i64,
    /// Special stocks of the Government.
    special: i64,
    /// The latest day of a line that moved something in it.
    #[schemars(with = "Option<CivilDay>")]
    moved_on: Option<String>,
    /// The day of its last accepted count.
    #[schemars(with = "Option<CivilDay>")]
    counted_on: Option<String>,
}

/// Goods on the way.
#[derive(Serialize, JsonSchema)]
pub struct OnTheWay {
    /// The entry number of the dispatch, or of the message in which another province has told it.
    dispatch: u64,
    /// The authority of another province in whose register the other site is; none where both are in this one.
    partner: Option<Id>,
    /// The consignor's site.
    from: Id,
    /// The consignee's site; none when the goods go abroad.
    to: Option<Id>,
    /// The item; none where this register has no item of such goods, which come from another province.
    item: Option<Id>,
    /// The batch.
    batch: Id,
    /// What was sent.
    sent: i64,
    /// What is still on the way, or missing.
    outstanding: i64,
    /// Whether the rest is a shortage.
    short: bool,
    /// When it left.
    #[schemars(with = "Option<CivilDay>")]
    dispatched_on: Option<String>,
}

/// A lot in process.
#[derive(Serialize, JsonSchema)]
pub struct Lot {
    /// Its id.
    id: Id,
    /// The substance.
    substance: Id,
    /// Grams of base that went in.
    fed_g: Mass,
    /// Grams of base it holds now.
    held_g: Mass,
    /// Whether it is open.
    open: bool,
}

/// The most goods on the way, and lots, of one answer.
const WITH_IT_MAX: usize = 1_000;

pub fn stock(ask: &Ask) -> Answered {
    let state = ask.state();
    let (no, of) = site(ask, &state)?;
    let listed = page(ask, state.ledger.accounts_of(no), |account| Some(held(&state, account)))?;
    let first = super::after(ask)? == 0;
    let concerns = |transit: &&(&u64, &Transit)| transit.1.from == no || transit.1.to == Some(no);
    let all = state.ledger.transit().iter();
    let comes = |domestic: &Domestic| domestic.end == End::Receiving && domestic.told.to == of.id;
    let near = state.provinces.open();
    let near = near.filter(|(_, domestic)| first && comes(domestic) && domestic.outstanding() > 0);
    let whole = Stock {
        site: of.id.clone(),
        items: listed.items,
        next: listed.next,
        on_the_way: all
            .filter(|transit| first && concerns(&transit))
            .map(|(dispatch, transit)| on_the_way(&state, *dispatch, transit))
            .chain(near.map(|(dispatch, domestic)| from_province(&state, dispatch, domestic)))
            .take(WITH_IT_MAX)
            .collect(),
        lots: if first { lots(&state, no) } else { Vec::new() },
    };
    drop(state);
    ask.looked_at(&whole.site);
    ok(&whole)
}

fn held(state: &State, account: &Account) -> Held {
    let batch = state.ledger.batch_at(account.batch);
    Held {
        item: state.items.at(batch.item).id.clone(),
        batch: batch.code.clone(),
        expires_on: batch.expires_on.map(day),
        stock: account.holds(Compartment::Stock),
        quarantine: account.holds(Compartment::Quarantine),
        awaiting_destruction: account.holds(Compartment::AwaitingDestruction),
        special: account.holds(Compartment::Special),
        moved_on: account.moved_on.map(day),
        counted_on: account.counted_on.map(day),
    }
}

fn on_the_way(state: &State, dispatch: u64, transit: &Transit) -> OnTheWay {
    let batch = state.ledger.batch_at(transit.batch);
    let site = |no: No| state.holders.site_at(no).id.clone();
    OnTheWay {
        dispatch,
        partner: transit.away.as_ref().map(|away| away.partner.clone()),
        from: site(transit.from),
        to: transit
            .to
            .map(site)
            .or_else(|| transit.away.as_ref().map(|away| away.site.clone())),
        item: Some(state.items.at(batch.item).id.clone()),
        batch: batch.code.clone(),
        sent: transit.sent,
        outstanding: transit.outstanding,
        short: transit.short,
        dispatched_on: transit.dispatched_on.map(day),
    }
}

/// Goods that come from another province, as its authority has told them.
fn from_province(state: &State, entry: u64, domestic: &Domestic) -> OnTheWay {
    let told = &domestic.told;
    OnTheWay {
        dispatch: entry,
        partner: Some(domestic.partner.clone()),
        from: told.from.clone(),
        to: Some(told.to.clone()),
        item: domain::trade::item_of(state, &told.goods).map(|item| item.id.clone()),
        batch: told.batch.clone(),
        sent: told.amount,
        outstanding: domestic.outstanding(),
        short: false,
        dispatched_on: Some(day(told.on)),
    }
}

fn lots(state: &State, site: No) -> Vec<Lot> {
    let of_site = state.ledger.lots().filter(|lot| lot.site == site);
    let lot = |lot: &domain::ledger::Lot| Lot {
        id: lot.id.clone(),
        substance: state.substances.at(lot.substance).entry.id.clone(),
        fed_g: lot.fed,
        held_g: lot.held,
        open: lot.open,
    };
    of_site.take(WITH_IT_MAX).map(lot).collect()
}

/// A line of the register; the entry has the rest.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegisterLine")]
pub struct Row {
    /// The number of its entry in the journal.
    seq: u64,
    /// The day it happened.
    #[schemars(with = "CivilDay")]
    occurred_on: String,
    /// What happened.
    movement: &'static str,
    /// `instruct` where the holder asked, `report` where it told what had happened.
    mode: &'static str,
    /// The item.
    item: Id,
    /// The batch.
    batch: Id,
    /// In counting units.
    amount: i64,
    /// The other site.
    peer: Option<Id>,
    /// The entry number of the dispatch it belongs to.
    dispatch: Option<u64>,
    /// How many rules it broke, where it was told.
    breaches: u16,
}

/// Days since 1970-01-01 are counted from here.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

pub fn movements(ask: &Ask) -> Answered {
    let limit = limit(ask)?;
    let (no, id) = {
        let state = ask.state();
        let (no, of) = site(ask, &state)?;
        (no, of.id.clone())
    };
    let span = Span {
        from_day: i32::MIN,
        to_day: i32::MAX,
        after: before(ask)?,
        limit: limit + 1,
    };
    let authority = ask.app.authority();
    // Whoever has just recorded something finds it here.
    authority.catch_up()?;
    let rows = authority.register(|register| register.movements_of_site_back(no, &span))?;
    let more = rows.len() > limit;
    let next = rows
        .get(limit - 1)
        .filter(|_| more)
        .map(|row| format!("{}.{}", row.day, row.seq));
    let state = ask.state();
    let items = rows.iter().take(limit).map(|row| line(&state, row)).collect();
    drop(state);
    ask.looked_at(&id);
    ok(&Chapter { items, next })
}

/// The row before which the page begins.
fn before(ask: &Ask) -> Result<Option<(i32, u64)>, Fault> {
    if !ask.query.has("before") {
        return Ok(None);
    }
    let read = |text: &str| {
        let (day, seq) = text.split_once('.')?;
        Some((day.parse().ok()?, seq.parse().ok()?))
    };
    let read = read(ask.query.get("before"));
    read.map(Some)
        .ok_or_else(|| malformed("before is the `next` of the page before"))
}

fn line(state: &State, row: &MovementRow) -> Row {
    let batch = state.ledger.batch_at(row.batch);
    let known = MovementKind::ALL.get(usize::from(row.kind));
    let on = EPOCH.checked_add(jiff::Span::new().try_days(row.day).unwrap_or_default());
    Row {
        seq: row.seq,
        occurred_on: day(on.unwrap_or(EPOCH)),
        movement: known.map_or("", |(_, word)| word),
        mode: if row.mode == 0 { "instruct" } else { "report" },
        item: state.items.at(row.item).id.clone(),
        batch: batch.code.clone(),
        amount: row.amount,
        peer: (row.peer != NO_PEER).then(|| state.holders.site_at(row.peer).id.clone()),
        dispatch: (row.dispatch != NO_DISPATCH).then_some(row.dispatch),
        breaches: row.breaches,
    }
}
