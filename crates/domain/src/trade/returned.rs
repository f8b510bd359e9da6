//! Goods that have left and come back: ordered back by the exporting authority, entered again in the exporter's books,
//! and endorsed by its customs.

use jiff::civil::Date;

use super::notice::{Endorsement, Goods, Notice, OrderedBack};
use super::shipment::{compare, counted, weigh};
use super::{
    Case, ConsignmentEndorsed, ConsignmentOrderedBack, EndorseReturn, OrderBack, Side, Stage, TradeRefusal, amount_of,
    goods, queue,
};
use crate::State;
use crate::journal::Event;
use crate::ledger::Movement;
use crate::product::Item;
use crate::refusal::Refused;

/// What has left and has not arrived is ordered back: its authorization was cancelled too late, or nobody takes it in.
pub(crate) fn decide_order_back(state: &State, order: &OrderBack) -> Refused<Vec<Event>> {
    let case = state.trade.of_permit(&order.permit)?;
    if case.stage != Stage::Departed {
        return Err(case.not_in("departed").into());
    }
    let ordered = order.clone();
    let mut events = vec![Event::ConsignmentOrderedBack(Box::new(ConsignmentOrderedBack {
        case: case.id.clone(),
        order: ordered.clone(),
    }))];
    if let Some(partner) = &case.partner {
        events.push(queue(partner, Some(&case.id), Notice::OrderedBack(Box::new(ordered))));
    }
    Ok(events)
}

pub(crate) fn apply_ordered_back(state: &mut State, ordered: &ConsignmentOrderedBack, on: Date) {
    if let Some(case) = state.trade.cases.get_mut(&ordered.case) {
        order_back(case, ordered.order.clone(), on);
    }
}

/// An order back changes nothing about what has arrived already: the same on either side.
pub(super) fn order_back(case: &mut Case, order: OrderedBack, on: Date) {
    case.ordered_back = Some((on, order.reason));
    if case.stage == Stage::Departed {
        case.stage = Stage::Returning;
    }
}

/// The export of ours that an import is the return of.
pub(super) fn coming_back<'a>(state: &'a State, import: &Movement) -> Option<&'a Case> {
    let case = import.details.as_ref()?.case.as_ref()?;
    state.trade.cases.get(case).filter(|case| case.side == Side::Exporting)
}

/// Whether an import names an export of ours as what comes back.
pub(crate) fn comes_back(state: &State, import: &Movement) -> bool {
    coming_back(state, import).is_some()
}

/// What comes back was ordered back, comes to the site that it left, and is no more than what left.
pub(super) fn may_come_back(state: &State, case: &Case, import: &Movement, item: &Item) -> Refused<()> {
    let id = || case.id.to_string();
    if case.stage != Stage::Returning {
        let stage = case.stage.word();
        return Err(TradeRefusal::ReturnNotOrdered { case: id(), stage }.into());
    }
    if case.site.as_ref() != Some(&import.site) {
        return Err(TradeRefusal::PermitDiffers {
            permit: case
                .permit
                .as_ref()
                .map(|permit| permit.number.to_string())
                .unwrap_or_default(),
            field: "site",
            permitted: case.site.as_ref().map(ToString::to_string).unwrap_or_default(),
            found: import.site.to_string(),
        }
        .into());
    }
    let goods = goods(state, item);
    let Some((place, _)) = case.line_of(&goods) else {
        let item = import.item.to_string();
        return Err(TradeRefusal::GoodsUnknown { item }.into());
    };
    if let Some(left_on) = case.departure.as_ref().map(|departure| departure.on)
        && import.occurred_on < left_on
    {
        let on = import.occurred_on;
        return Err(TradeRefusal::ArrivedBeforeDeparture {
            case: id(),
            left_on,
            on,
        }
        .into());
    }
    let left = case
        .departure
        .as_ref()
        .map_or(0, |departure| amount_of(&departure.lines, &goods));
    let back = case.came_back.get(place).copied().unwrap_or_default();
    if import.amount > left.saturating_sub(back) {
        return Err(TradeRefusal::ReturnExceeds {
            case: id(),
            item: import.item.to_string(),
            left: goods.said(left),
            back: goods.said(back),
            requested: goods.said(import.amount),
        }
        .into());
    }
    Ok(())
}

/// Goods have come back; `sign` is −1 when that is reversed.
pub(super) fn came_back(case: &mut Case, goods: &Goods, import: &Movement, sign: i64) {
    let place = case.line_of(goods).map(|(place, _)| place);
    if let Some(back) = place.and_then(|place| case.came_back.get_mut(place)) {
        *back = back.saturating_add(sign * import.amount);
        case.came_back_on = case.came_back_on.max(Some(import.occurred_on));
    }
}

/// Customs endorses what has come back. That nothing has is endorsed too: a loss is a discrepancy like any other.
pub(crate) fn decide_return(state: &State, endorse: &EndorseReturn, today: Date) -> Refused<Vec<Event>> {
    let case = state.trade.of_permit(&endorse.permit)?;
    if case.stage != Stage::Returning {
        return Err(case.not_in("returning").into());
    }
    let counted = counted(state, case, &endorse.lines)?;
    compare(state, case, &counted, &case.came_back)?;
    let endorsement = Endorsement {
        permit: endorse.permit.clone(),
        on: case.came_back_on.unwrap_or(today),
        post: endorse.post.clone(),
        lines: counted,
    };
    let mut events = vec![Event::ConsignmentReturned(Box::new(ConsignmentEndorsed {
        case: case.id.clone(),
        endorsement: endorsement.clone(),
        declaration: endorse.declaration.clone(),
    }))];
    if let Some(partner) = &case.partner {
        events.push(queue(partner, Some(&case.id), Notice::Returned(Box::new(endorsement))));
    }
    Ok(events)
}

pub(crate) fn apply_return(state: &mut State, returned: &ConsignmentEndorsed) {
    if let Some(case) = state.trade.cases.get_mut(&returned.case) {
        case.declaration.clone_from(&returned.declaration);
        case.returned = Some(returned.endorsement.clone());
        weigh(case);
    }
}
