//! Orders, for the two who have to do with them, and for officers.

use domain::State;
use domain::access::Actor;
use domain::id::{Id, Text};
use domain::table::No;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ok;
use super::{CivilDay, day, own_sites, page};
use crate::answer::{Answered, Fault};
use crate::ask::Ask;

/// An order.
#[derive(Serialize, JsonSchema)]
pub struct Order {
    /// Its id.
    id: Id,
    /// The site that ordered.
    site: Id,
    /// The site that is to supply it.
    supplier: Id,
    /// What is ordered.
    lines: Vec<OrderedLine>,
    /// The day on which it is wanted.
    #[schemars(with = "Option<CivilDay>")]
    wanted_on: Option<String>,
    /// What the supplier should know.
    note: Option<Text>,
    /// Where it stands: `open`, `supplied`, `withdrawn` or `declined`.
    status: &'static str,
    /// Who placed it.
    placed_by: Actor,
    /// When.
    #[schemars(with = "CivilDay")]
    placed_on: String,
    /// Entry numbers of the dispatches that answer it.
    dispatches: Vec<u64>,
    /// How it ended before all was supplied, if it did.
    ended: Option<Ended>,
}

/// One item of an order.
#[derive(Serialize, JsonSchema)]
pub struct OrderedLine {
    /// The item.
    item: Id,
    /// In counting units.
    ordered: i64,
    /// What was sent of it, less what came back.
    supplied: i64,
}

/// How an order ended.
#[derive(Serialize, JsonSchema)]
pub struct Ended {
    /// Who said so.
    by: Actor,
    /// When.
    #[schemars(with = "CivilDay")]
    on: String,
    /// Why.
    reason: Text,
}

impl Order {
    fn of(order: &domain::order::Order) -> Self {
        let line = |line: &domain::order::Ordered| OrderedLine {
            item: line.item_id.clone(),
            ordered: line.ordered,
            supplied: line.supplied,
        };
        let ended = |ended: &domain::order::Ended| Ended {
            by: ended.by.clone(),
            on: day(ended.on),
            reason: ended.reason.clone(),
        };
        Self {
            id: order.id.clone(),
            site: order.site_id.clone(),
            supplier: order.supplier_id.clone(),
            lines: order.lines.iter().map(line).collect(),
            wanted_on: order.wanted_on.map(day),
            note: order.note.clone(),
            status: order.status().word(),
            placed_by: order.placed_by.clone(),
            placed_on: day(order.placed_on),
            dispatches: order.dispatches.clone(),
            ended: order.ended.as_ref().map(ended),
        }
    }
}

/// Whether an order is from or to one of these sites; officers see all.
fn concerns(own: Option<&[No]>, order: &domain::order::Order) -> bool {
    own.is_none_or(|own| own.contains(&order.site) || own.contains(&order.supplier))
}

pub fn orders(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let own = own_sites(&state, visitor);
    let listed = page(ask, state.orders.iter(), |order| {
        concerns(own.as_deref(), order).then(|| Order::of(order))
    })?;
    drop(state);
    ok(&listed)
}

pub fn order(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let own = own_sites(&state, visitor);
    let found = one(&state, ask.param("id"), own.as_deref()).ok_or(Fault::NotFound)?;
    drop(state);
    ok(&found)
}

fn one(state: &State, id: &str, own: Option<&[No]>) -> Option<Order> {
    state.orders.get(id).filter(|order| concerns(own, order)).map(Order::of)
}
