//! Orders: what a site asks of its supplier. The supplier's dispatch answers the order, and the receipt follows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::access::Actor;
use crate::id::{Id, Text};
use crate::ledger::{self, LineReversed, Movement, MovementKind};
use crate::quantity::Amount;
use crate::refusal::{NameRefusal, Refused, refusals, taken};
use crate::schema::Day;
use crate::table::{Keyed, No, Table};

/// The most lines of one order.
const LINES_MAX: usize = 20;

/// What a site orders from its supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderEntry {
    /// Its id.
    pub id: Id,
    /// The site that orders.
    pub site: Id,
    /// The site that is to supply it.
    pub supplier: Id,
    /// What is ordered; each item once.
    pub lines: Vec<OrderLine>,
    /// The day on which it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub wanted_on: Option<Date>,
    /// What the supplier should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// One item of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The item.
    pub item: Id,
    /// How much.
    pub amount: Amount,
}

/// The end of an order: what has not been supplied will not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderEnd {
    /// The order.
    pub order: Id,
    /// Why.
    pub reason: Text,
}

/// An order as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPlaced {
    /// Its id.
    pub id: Id,
    /// The site that ordered.
    pub site: Id,
    /// The site that is to supply it.
    pub supplier: Id,
    /// What was ordered.
    pub lines: Vec<LinePlaced>,
    /// The day on which it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_on: Option<Date>,
    /// What the supplier should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// One item of an order as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinePlaced {
    /// The item.
    pub item: Id,
    /// In counting units.
    pub amount: i64,
    /// The figure as entered, with its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<Text>,
}

refusals! {
    /// Why an order is refused, and a dispatch that answers one.
    pub enum OrderRefusal {
        Unknown { order: String } = "order_unknown", None, "no order {order} was placed";
        NotOpen { order: String, status: &'static str } = "order_not_open", None, "order {order} is {status}: nothing is outstanding on it";
        OfAnother { order: String, site: String, supplier: String } = "order_of_another", None,
            "order {order} was placed by {site} with {supplier}: only that supplier answers it, to that site";
        ItemUnknown { order: String, item: String } = "order_item_unknown", None, "order {order} does not ask for {item}";
        Exceeded { order: String, item: String, ordered: i64, supplied: i64, requested: i64 } = "order_exceeded", None,
            "order {order} asks for {ordered} of {item}, {supplied} are supplied; {requested} more asked";
        ItemTwice { order: String, item: String } = "order_item_repeated", None, "order {order} names {item} twice: add the amounts";
        FromItself { order: String, site: String } = "order_from_itself", None, "order {order}: {site} cannot be its own supplier";
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderStatus {
    /// Something of it is not supplied yet.
    Open,
    /// All of it is supplied.
    Supplied,
    /// The site that ordered has taken the rest back.
    Withdrawn,
    /// The supplier will not supply the rest.
    Declined,
}

impl OrderStatus {
    /// All with their words.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Open, "open"),
        (Self::Supplied, "supplied"),
        (Self::Withdrawn, "withdrawn"),
        (Self::Declined, "declined"),
    ];

    /// The word of the status.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(status, _)| *status == self)
            .map_or("", |(_, word)| word)
    }
}

/// One item of an order, and how much of it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// The item.
    pub item: No,
    /// Its id.
    pub item_id: Id,
    /// In counting units.
    pub ordered: i64,
    /// What dispatches have sent of it, less what came back to the supplier.
    pub supplied: i64,
}

/// How an order ended before all of it was supplied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Whether the supplier declined it; else the site that ordered withdrew it.
    pub declined: bool,
    /// Who said so.
    pub by: Actor,
    /// When.
    pub on: Date,
    /// Why.
    pub reason: Text,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: Id,
    /// The number of the site that ordered.
    pub site: No,
    /// Its id.
    pub site_id: Id,
    /// The number of the supplier's site.
    pub supplier: No,
    /// Its id.
    pub supplier_id: Id,
    /// What is ordered, in the order in which it was asked.
    pub lines: Vec<Ordered>,
    /// The day on which it is wanted.
    pub wanted_on: Option<Date>,
    /// What the supplier should know.
    pub note: Option<Text>,
    /// Who placed it.
    pub placed_by: Actor,
    /// When.
    pub placed_on: Date,
    /// Entry numbers of the dispatches that answer it, those that were cancelled later included.
    pub dispatches: Vec<u64>,
    /// How it ended before all was supplied, if it did.
    pub ended: Option<Ended>,
}

impl Order {
    /// Where it stands.
    pub fn status(&self) -> OrderStatus {
        match &self.ended {
            Some(ended) if ended.declined => OrderStatus::Declined,
            Some(_) => OrderStatus::Withdrawn,
            None if self.lines.iter().all(|line| line.supplied >= line.ordered) => OrderStatus::Supplied,
            None => OrderStatus::Open,
        }
    }

    /// Its line of an item.
    pub fn line(&self, item: No) -> Option<&Ordered> {
        self.lines.iter().find(|line| line.item == item)
    }
}

impl Keyed for Order {
    type Key = Id;
    fn key(&self) -> Id {
        self.id.clone()
    }
}

/// All orders. What is found by site or by dispatch is made anew when a snapshot is read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Orders {
    placed: Table<Order>,
    #[serde(skip)]
    by_site: BTreeMap<No, Vec<No>>,
    #[serde(skip)]
    by_supplier: BTreeMap<No, Vec<No>>,
    #[serde(skip)]
    by_dispatch: BTreeMap<u64, No>,
    /// Open orders of each site: few among all that it ever placed.
    #[serde(skip)]
    open_of: BTreeMap<No, BTreeSet<No>>,
    /// Open orders to each supplier.
    #[serde(skip)]
    open_to: BTreeMap<No, BTreeSet<No>>,
}

impl Orders {
    /// An order by its id.
    pub fn get(&self, id: &str) -> Option<&Order> {
        self.placed.find(id).map(|(_, order)| order)
    }

    /// All orders, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.placed.iter()
    }

    /// What a site has ordered, oldest first.
    pub fn of_site(&self, site: No) -> impl DoubleEndedIterator<Item = &Order> {
        self.numbered(self.by_site.get(&site))
    }

    /// What was ordered from a site, oldest first.
    pub fn to_supplier(&self, site: No) -> impl DoubleEndedIterator<Item = &Order> {
        self.numbered(self.by_supplier.get(&site))
    }

    /// What a site has ordered and waits for, oldest first.
    pub fn open_of_site(&self, site: No) -> impl DoubleEndedIterator<Item = &Order> {
        self.numbered(self.open_of.get(&site))
    }

    /// What was ordered from a site and is still to be answered, oldest first.
    pub fn open_to_supplier(&self, site: No) -> impl DoubleEndedIterator<Item = &Order> {
        self.numbered(self.open_to.get(&site))
    }

    /// The order that a dispatch answers, if it does.
    pub fn answered_by(&self, dispatch: u64) -> Option<&Order> {
        self.by_dispatch.get(&dispatch).map(|no| &self.placed[*no])
    }

    fn numbered<'a, N>(&'a self, numbers: Option<&'a N>) -> impl DoubleEndedIterator<Item = &'a Order>
    where
        &'a N: IntoIterator<Item = &'a No, IntoIter: DoubleEndedIterator>,
    {
        numbers.into_iter().flatten().map(|no| &self.placed[*no])
    }

    /// Notes whether an order is open, after something has happened to it.
    fn note(&mut self, no: No) {
        let order = &self.placed[no];
        let (of, to) = (
            self.open_of.entry(order.site).or_default(),
            self.open_to.entry(order.supplier).or_default(),
        );
        if order.status() == OrderStatus::Open {
            of.insert(no);
            to.insert(no);
        } else {
            of.remove(&no);
            to.remove(&no);
        }
    }

    fn find(&self, id: &Id) -> Refused<&Order> {
        self.get(id)
            .ok_or_else(|| OrderRefusal::Unknown { order: id.to_string() }.into())
    }

    fn add(&mut self, order: Order) {
        let (site, supplier) = (order.site, order.supplier);
        let no = self.placed.add(order);
        self.by_site.entry(site).or_default().push(no);
        self.by_supplier.entry(supplier).or_default().push(no);
        self.note(no);
    }

    pub(crate) fn reindex(&mut self) {
        self.placed.reindex();
        self.by_site.clear();
        self.by_supplier.clear();
        self.by_dispatch.clear();
        for (no, order) in (0..).zip(&self.placed) {
            self.by_site.entry(order.site).or_default().push(no);
            self.by_supplier.entry(order.supplier).or_default().push(no);
            for dispatch in &order.dispatches {
                self.by_dispatch.insert(*dispatch, no);
            }
        }
        self.open_of.clear();
        self.open_to.clear();
        (0..).zip(0..self.placed.len()).for_each(|(no, _)| self.note(no));
    }
}

/// Decides an order: whatever can be known now of a dispatch that would answer it is checked now.
pub(crate) fn decide_place(state: &State, by: &Actor, entry: &OrderEntry, today: Date) -> Refused<OrderPlaced> {
    let (site_no, site) = state.holders.open_site(&entry.site)?;
    ledger::owns(by, site)?;
    if state.orders.get(&entry.id).is_some() {
        return Err(taken("order", &entry.id));
    }
    let (supplier_no, _) = state.holders.open_site(&entry.supplier)?;
    if site_no == supplier_no {
        let (order, site) = (entry.id.to_string(), entry.site.to_string());
        return Err(OrderRefusal::FromItself { order, site }.into());
    }
    if let Some(until) = entry.wanted_on.filter(|day| *day < today) {
        let (from, until) = (today.to_string(), until.to_string());
        return Err(NameRefusal::BadPeriod { from, until }.into());
    }
    let lines = decide_lines(state, entry)?;
    for line in &lines {
        let (_, item) = state.items.find(&line.item)?;
        ledger::may_supply(state, supplier_no, site_no, item.substance, today)?;
    }
    Ok(OrderPlaced {
        id: entry.id.clone(),
        site: entry.site.clone(),
        supplier: entry.supplier.clone(),
        lines,
        wanted_on: entry.wanted_on,
        note: entry.note.clone(),
    })
}

/// The lines of an order in counting units: some, not too many, each item once.
fn decide_lines(state: &State, entry: &OrderEntry) -> Refused<Vec<LinePlaced>> {
    match entry.lines.len() {
        0 => return Err(NameRefusal::Empty { field: "lines" }.into()),
        count if count > LINES_MAX => {
            let (field, max) = ("lines", LINES_MAX);
            return Err(NameRefusal::TooMany { field, count, max }.into());
        }
        _ => {}
    }
    let mut lines: Vec<LinePlaced> = Vec::with_capacity(entry.lines.len());
    for line in &entry.lines {
        if lines.iter().any(|before| before.item == line.item) {
            let (order, item) = (entry.id.to_string(), line.item.to_string());
            return Err(OrderRefusal::ItemTwice { order, item }.into());
        }
        lines.push(decide_line(state, line)?);
    }
    Ok(lines)
}

fn decide_line(state: &State, line: &OrderLine) -> Refused<LinePlaced> {
    let (_, item) = state.items.find(&line.item)?;
    let amount = line.amount.units(item.bulk).map_err(|why| NameRefusal::BadQuantity {
        field: "amount",
        why: why.to_string(),
    })?;
    if amount < 1 {
        return Err(NameRefusal::NotPositive {
            field: "amount",
            amount: amount.to_string(),
        }
        .into());
    }
    ledger::not_too_large(item, amount)?;
    Ok(LinePlaced {
        item: line.item.clone(),
        amount,
        entered: line.amount.entered().and_then(|entered| entered.parse().ok()),
    })
}

/// Decides a withdrawal, by the holder of the site that ordered.
pub(crate) fn decide_withdrawal(state: &State, by: &Actor, end: &OrderEnd) -> Refused<()> {
    let order = state.orders.find(&end.order)?;
    ledger::owns(by, state.holders.site_at(order.site))?;
    open(order)
}

/// Decides that an order is declined, by the holder of the supplier.
pub(crate) fn decide_decline(state: &State, by: &Actor, end: &OrderEnd) -> Refused<()> {
    let order = state.orders.find(&end.order)?;
    ledger::owns(by, state.holders.site_at(order.supplier))?;
    open(order)
}

fn open(order: &Order) -> Refused<()> {
    match order.status() {
        OrderStatus::Open => Ok(()),
        status => Err(OrderRefusal::NotOpen {
            order: order.id.to_string(),
            status: status.word(),
        }
        .into()),
    }
}

/// Whether a dispatch answers the order that it cites: from its supplier to its site, of an item it asks for, and no more.
pub(crate) fn may_answer(state: &State, id: &Id, from: No, to: Option<No>, item: No, requested: i64) -> Refused<()> {
    let order = state.orders.find(id)?;
    if order.supplier != from || to != Some(order.site) {
        return Err(OrderRefusal::OfAnother {
            order: id.to_string(),
            site: order.site_id.to_string(),
            supplier: order.supplier_id.to_string(),
        }
        .into());
    }
    let Some(line) = order.line(item) else {
        let (order, item) = (id.to_string(), state.items.at(item).id.to_string());
        return Err(OrderRefusal::ItemUnknown { order, item }.into());
    };
    open(order)?;
    if requested > line.ordered - line.supplied {
        return Err(OrderRefusal::Exceeded {
            order: id.to_string(),
            item: line.item_id.to_string(),
            ordered: line.ordered,
            supplied: line.supplied,
            requested,
        }
        .into());
    }
    Ok(())
}

pub(crate) fn apply_placed(state: &mut State, placed: &OrderPlaced, by: &Actor, on: Date) {
    let site_no = |id: &Id| state.holders.sites.no(id);
    let (Some(site), Some(supplier)) = (site_no(&placed.site), site_no(&placed.supplier)) else {
        return;
    };
    let line = |line: &LinePlaced| {
        let item = state.items.0.no(&line.item)?;
        Some(Ordered {
            item,
            item_id: line.item.clone(),
            ordered: line.amount,
            supplied: 0,
        })
    };
    state.orders.add(Order {
        id: placed.id.clone(),
        site,
        site_id: placed.site.clone(),
        supplier,
        supplier_id: placed.supplier.clone(),
        lines: placed.lines.iter().filter_map(line).collect(),
        wanted_on: placed.wanted_on,
        note: placed.note.clone(),
        placed_by: by.clone(),
        placed_on: on,
        dispatches: Vec::new(),
        ended: None,
    });
}

pub(crate) fn apply_end(state: &mut State, end: &OrderEnd, declined: bool, by: &Actor, on: Date) {
    if let Some(no) = state.orders.placed.no(&end.order) {
        state.orders.placed[no].ended = Some(Ended {
            declined,
            by: by.clone(),
            on,
            reason: end.reason.clone(),
        });
        state.orders.note(no);
    }
}

/// A dispatch was recorded. A reported one counts for the order it cites wherever it has a line of it, whatever rule it
/// broke: the goods are on their way.
pub(crate) fn apply_dispatch(state: &mut State, seq: u64, line: &Movement, from: No, to: Option<No>, item: No) {
    let cited = line.details.as_ref().and_then(|details| details.order.as_ref());
    let orders = &mut state.orders;
    let Some(no) = cited.and_then(|id| orders.placed.no(id)) else {
        return;
    };
    let order = &mut orders.placed[no];
    if order.supplier != from || to != Some(order.site) || order.line(item).is_none() {
        return;
    }
    order.dispatches.push(seq);
    orders.by_dispatch.insert(seq, no);
    supply(order, item, line.amount);
    orders.note(no);
}

/// Goods of a dispatch came back to the supplier.
pub(crate) fn apply_cancelled(state: &mut State, dispatch: u64, line: &Movement, item: No) {
    if let Some(no) = state.orders.by_dispatch.get(&dispatch).copied() {
        // What was missing on the way was never sent.
        supply(&mut state.orders.placed[no], item, line.unexplained - line.amount);
        state.orders.note(no);
    }
}

/// A dispatch was reversed: it never was.
pub(crate) fn apply_dispatch_reversed(state: &mut State, reversed: &LineReversed, item: No) {
    debug_assert_eq!(reversed.original.movement, MovementKind::Dispatch);
    if let Some(no) = state.orders.by_dispatch.remove(&reversed.line) {
        let order = &mut state.orders.placed[no];
        order.dispatches.retain(|dispatch| *dispatch != reversed.line);
        supply(order, item, -reversed.original.amount);
        state.orders.note(no);
    }
}

fn supply(order: &mut Order, item: No, amount: i64) {
    if let Some(line) = order.lines.iter_mut().find(|line| line.item == item) {
        line.supplied += amount;
    }
}
