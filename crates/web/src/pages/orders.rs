//! Orders: what a site asks of its supplier, what was sent for it, and what is left.

use askama::Template;
use domain::access::Actor;
use domain::ledger::Compartment;
use domain::order::{Order, OrderStatus};
use domain::table::No;
use domain::{Entry, Event, State};

use super::company::act_path;
use super::register::{READERS, batch_path, own_sites};
use crate::act::may;
use crate::answer::{Answered, Fault, encoded, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[
    page("/orders", Who::OfficersAndHolders(READERS), list),
    page("/orders/{id}", Who::OfficersAndHolders(READERS), one),
];

/// Orders of a page.
const PAGE: usize = 50;
/// Batches that are offered for a line.
const BATCHES_MAX: usize = 20;

/// The address of an order.
pub fn order_path(id: &str) -> String {
    format!("/orders/{}", encoded(id))
}

struct OrderRow {
    id: String,
    path: String,
    placed: String,
    buyer: String,
    supplier: String,
    lines: Vec<String>,
    wanted: String,
    status: &'static str,
    status_name: String,
    ours: bool,
}

#[derive(Template)]
#[template(path = "orders/list.html")]
struct ListPage {
    f: Frame,
    holder: bool,
    side: &'static str,
    status: String,
    statuses: Vec<(&'static str, String)>,
    orders: Vec<OrderRow>,
    page: usize,
    previous: Option<String>,
    next: Option<String>,
    place: Option<String>,
}

/// Which side of orders is asked for.
fn side(ask: &Ask) -> &'static str {
    match ask.query.get("side") {
        "buyer" => "buyer",
        "supplier" => "supplier",
        _ => "",
    }
}

fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let holder = visitor.holder().is_some();
    let (side, asked) = (side(ask), ask.query.get("status").to_owned());
    let page: usize = ask.query.get("page").parse().unwrap_or(1).clamp(1, 100_000);
    let status = OrderStatus::ALL
        .iter()
        .find(|(_, word)| *word == asked)
        .map(|(status, _)| *status);
    let f = Frame::of(ask, words.t("orders-title"));
    let state = ask.state();
    let own = own_sites(ask, &state);
    let wanted = |order: &&Order| status.is_none_or(|status| order.status() == status);
    let skip = (page - 1) * PAGE;
    let found: Vec<&Order> = if holder {
        of_own(&state, &own, side)
            .into_iter()
            .filter(wanted)
            .skip(skip)
            .take(PAGE + 1)
            .collect()
    } else {
        state
            .orders
            .iter()
            .rev()
            .filter(wanted)
            .skip(skip)
            .take(PAGE + 1)
            .collect()
    };
    let more = found.len() > PAGE;
    let at = |page: usize| format!("/orders?side={side}&status={}&page={page}", encoded(&asked));
    let orders = found
        .iter()
        .take(PAGE)
        .map(|order| row(ask, &state, order, &own))
        .collect();
    let list = ListPage {
        f,
        holder,
        side,
        statuses: OrderStatus::ALL
            .iter()
            .map(|(_, word)| (*word, words.value(word)))
            .collect(),
        orders,
        page,
        previous: (page > 1).then(|| at(page - 1)),
        next: more.then(|| at(page + 1)),
        place: (holder && may(visitor, "place_order")).then(|| act_path("place_order", &[], "", "/orders?side=buyer")),
        status: asked,
    };
    drop(state);
    html(&list)
}

/// The orders of a holder's sites on one side or both, the youngest first.
fn of_own<'a>(state: &'a State, own: &[No], side: &str) -> Vec<&'a Order> {
    let mut all: Vec<&Order> = Vec::new();
    for site in own {
        if side != "supplier" {
            all.extend(state.orders.of_site(*site));
        }
        if side != "buyer" {
            // An order between two own sites is one order.
            all.extend(
                state
                    .orders
                    .to_supplier(*site)
                    .filter(|order| side == "supplier" || !own.contains(&order.site)),
            );
        }
    }
    all.sort_by(|one, other| other.placed_on.cmp(&one.placed_on).then_with(|| other.id.cmp(&one.id)));
    all
}

/// The words for where an order stands.
fn status_name(ask: &Ask, order: &Order) -> String {
    ask.words().value(order.status().word())
}

fn row(ask: &Ask, state: &State, order: &Order, own: &[No]) -> OrderRow {
    let words = ask.words();
    let lines = order.lines.iter().map(|line| {
        let item = state.items.at(line.item);
        format!(
            "{}: {}",
            names::item(words, state, item),
            names::amount(words, item, line.ordered)
        )
    });
    OrderRow {
        id: order.id.to_string(),
        path: order_path(&order.id),
        placed: words.day(order.placed_on),
        buyer: names::site(state, state.holders.site_at(order.site)),
        supplier: names::site(state, state.holders.site_at(order.supplier)),
        lines: lines.collect(),
        wanted: order.wanted_on.map(|day| words.day(day)).unwrap_or_default(),
        status: order.status().word(),
        status_name: status_name(ask, order),
        ours: own.contains(&order.site),
    }
}

struct OrderLineRow {
    item: String,
    ordered: String,
    supplied: String,
    left: String,
    /// Dispatches that could answer it: the batch with what is held, and the act.
    sends: Vec<(String, String)>,
    none_held: bool,
}

struct Sent {
    seq: u64,
    day: String,
    item: String,
    batch: String,
    batch_path: String,
    amount: String,
    state: String,
    receive: Option<String>,
}

#[derive(Template)]
#[template(path = "orders/order.html")]
struct OrderPage {
    f: Frame,
    status: &'static str,
    status_name: String,
    buyer: String,
    supplier: String,
    wanted: String,
    note: String,
    placed: String,
    placed_by: String,
    ended: Option<(String, String, String)>,
    lines: Vec<OrderLineRow>,
    sent: Vec<Sent>,
    supplies: bool,
    acts: Vec<(String, String)>,
}

fn one(ask: &Ask) -> Answered {
    let id = ask.param("id");
    let officer = ask.visitor()?.holder().is_none();
    let (order, buys, supplies) = {
        let state = ask.state();
        let order = state.orders.get(id).ok_or(Fault::NotFound)?.clone();
        let own = own_sites(ask, &state);
        let (buys, supplies) = (own.contains(&order.site), own.contains(&order.supplier));
        if !(officer || buys || supplies) {
            return Err(Fault::NotFound);
        }
        (order, buys, supplies)
    };
    ask.looked_at(format!("order {id}"));
    let mut dispatches = Vec::new();
    for seq in order.dispatches.iter().rev().take(PAGE) {
        dispatches.extend(ask.app.authority().entry(*seq)?);
    }
    let who = |actor: &Actor| ask.actor_in_words(actor);
    let words = ask.words();
    let ended = order
        .ended
        .as_ref()
        .map(|ended| (words.day(ended.on), who(&ended.by), ended.reason.to_string()));
    let placed_by = who(&order.placed_by);
    let f = Frame::of(ask, words.t1("order-title", "order", id));
    let state = ask.state();
    let show = Show {
        ask,
        state: &state,
        order: &order,
        buys,
        supplies,
    };
    let page = OrderPage {
        f,
        status: order.status().word(),
        status_name: status_name(ask, &order),
        buyer: names::site(&state, state.holders.site_at(order.site)),
        supplier: names::site(&state, state.holders.site_at(order.supplier)),
        wanted: order.wanted_on.map(|day| words.day(day)).unwrap_or_default(),
        note: order.note.as_ref().map(ToString::to_string).unwrap_or_default(),
        placed: words.day(order.placed_on),
        placed_by,
        ended,
        lines: order.lines.iter().map(|line| show.line(line)).collect(),
        sent: dispatches.iter().filter_map(|entry| show.sent(entry)).collect(),
        supplies,
        acts: show.acts(),
    };
    drop(state);
    html(&page)
}

struct Show<'a> {
    ask: &'a Ask,
    state: &'a State,
    order: &'a Order,
    buys: bool,
    supplies: bool,
}

impl Show<'_> {
    fn may(&self, verb: &str) -> bool {
        self.ask.visitor.as_ref().is_some_and(|visitor| may(visitor, verb))
    }

    fn open(&self) -> bool {
        self.order.status() == OrderStatus::Open
    }

    fn act(&self, verb: &str, with: &[(&str, &str)], keep: &str) -> String {
        act_path(verb, with, keep, &order_path(&self.order.id))
    }

    fn line(&self, line: &domain::order::Ordered) -> OrderLineRow {
        let words = self.ask.words();
        let item = self.state.items.at(line.item);
        let amount = |amount: i64| names::amount(words, item, amount);
        let left = line.ordered.saturating_sub(line.supplied).max(0);
        let sends = if self.supplies && self.open() && left > 0 && self.may("dispatch") {
            self.sends(line, left)
        } else {
            Vec::new()
        };
        OrderLineRow {
            item: names::item(words, self.state, item),
            ordered: amount(line.ordered),
            supplied: amount(line.supplied),
            left: amount(left),
            none_held: self.supplies && self.open() && left > 0 && sends.is_empty(),
            sends,
        }
    }

    /// Batches in the supplier's stock that could answer a line, the first to expire first.
    fn sends(&self, line: &domain::order::Ordered, left: i64) -> Vec<(String, String)> {
        let (words, today) = (self.ask.words(), self.ask.today());
        let item = self.state.items.at(line.item);
        let accounts = self.state.ledger.accounts_of(self.order.supplier);
        let fit = accounts.filter(|account| {
            let batch = self.state.ledger.batch_at(account.batch);
            let good = batch.expires_on.is_none_or(|day| day >= today);
            batch.item == line.item && good && account.holds(Compartment::Stock) > 0
        });
        let mut found: Vec<(Option<jiff::civil::Date>, i64, &str)> = fit
            .map(|account| {
                let batch = self.state.ledger.batch_at(account.batch);
                (batch.expires_on, account.holds(Compartment::Stock), batch.code.as_str())
            })
            .collect();
        found.sort_by_key(|(expires, _, code)| (expires.is_none(), *expires, *code));
        let (site, to) = (self.order.supplier_id.as_str(), self.order.site_id.as_str());
        let link = |(_, held, code): (Option<jiff::civil::Date>, i64, &str)| {
            let amount = held.min(left).to_string();
            let with = [
                ("site", site),
                ("to", to),
                ("item", line.item_id.as_str()),
                ("batch", code),
                ("amount", amount.as_str()),
                ("order", self.order.id.as_str()),
            ];
            let says = words.t2("order-send", "batch", code, "held", names::amount(words, item, held));
            (
                says,
                self.act("dispatch", &with, "site,to,item,batch,order,destination,permit"),
            )
        };
        found.into_iter().take(BATCHES_MAX).map(link).collect()
    }

    fn sent(&self, entry: &Entry) -> Option<Sent> {
        let Event::Movement(line) = &entry.event else {
            return None;
        };
        let words = self.ask.words();
        let (_, item) = self.state.items.find(&line.item).ok()?;
        let transit = self.state.ledger.transit().get(&entry.seq);
        let outstanding = transit.map_or(0, |transit| transit.outstanding);
        let state = match transit {
            None => words.t("order-settled"),
            Some(transit) if transit.short => {
                words.t1("order-short", "amount", names::amount(words, item, outstanding))
            }
            Some(_) => words.t1("order-on-the-way", "amount", names::amount(words, item, outstanding)),
        };
        let (seq, amount) = (entry.seq.to_string(), outstanding.to_string());
        let with = [
            ("site", self.order.site_id.as_str()),
            ("dispatch", seq.as_str()),
            ("amount", amount.as_str()),
        ];
        let receive = self.buys && transit.is_some() && self.may("receive");
        Some(Sent {
            seq: entry.seq,
            day: words.day(line.occurred_on),
            item: names::item(words, self.state, item),
            batch: line.batch.to_string(),
            batch_path: batch_path(&line.item, &line.batch),
            amount: names::amount(words, item, line.amount),
            state,
            receive: receive.then(|| self.act("receive", &with, "site,dispatch")),
        })
    }

    fn acts(&self) -> Vec<(String, String)> {
        let words = self.ask.words();
        let with = [("order", self.order.id.as_str())];
        let mut acts = Vec::new();
        if self.open() && self.buys && self.may("withdraw_order") {
            acts.push((words.t("order-withdraw"), self.act("withdraw_order", &with, "order")));
        }
        if self.open() && self.supplies && self.may("decline_order") {
            acts.push((words.t("order-decline"), self.act("decline_order", &with, "order")));
        }
        acts
    }
}
