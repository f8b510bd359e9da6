//! What the ledger asks of trade before goods cross the border.

use jiff::civil::Date;

use super::review::{is_reviewed, own_to_review, to_review};
use super::{Case, Goods, Side, Stage, TradeRefusal, amount_of, goods};
use crate::State;
use crate::country::Country;
use crate::id::{Id, Text};
use crate::ledger::{LedgerRefusal, Movement, MovementKind};
use crate::product::Item;
use crate::refusal::Refused;

/// Whether a preparation crosses the border without authorizations: it follows a formula of Schedule III, and national law
/// asks for no more than the treaty (1961 art. 31(16)).
fn is_free(state: &State, item: &Item) -> bool {
    item.schedule_iii().is_some() && !state.policies.schedule_iii_permits
}

/// A permit in force covers goods that leave for customs or for abroad.
pub(crate) fn export_permitted(
    state: &State,
    movement: &Movement,
    item: &Item,
    destination: Option<Country>,
) -> Refused<()> {
    let number = movement
        .details
        .as_ref()
        .and_then(|details| details.authorization.as_ref());
    if number.is_none() && is_free(state, item) {
        return Ok(());
    }
    let case = number.and_then(|number| state.trade.permitted(number));
    let Some((number, case)) = number.zip(case) else {
        let site = movement.site.to_string();
        return Err(LedgerRefusal::ExportPermitMissing { site }.into());
    };
    let permit = number.to_string();
    let goods = goods(state, item);
    in_force(case, &permit, &goods, movement.occurred_on)?;
    is_reviewed(number, to_review(state, case, movement.occurred_on))?;
    same_way(state, case, movement, destination)?;
    leaves_at_once(case, &permit, movement)?;
    let Some((place, line)) = case.line_of(&goods) else {
        return Err(TradeRefusal::GoodsUnknown {
            item: movement.item.to_string(),
        }
        .into());
    };
    // A dispatch counts what is on its way already; at the border only what has left counts.
    let under_way = match movement.movement {
        MovementKind::Dispatch => on_the_way(state, number, item),
        _ => 0,
    };
    let available = line.amount - case.moved_of(place) - under_way;
    if movement.amount > available {
        return Err(TradeRefusal::PermitExceeded {
            permit,
            item: movement.item.to_string(),
            available: goods.said(available),
            requested: goods.said(movement.amount),
        }
        .into());
    }
    Ok(())
}

fn in_force(case: &Case, permit: &str, goods: &Goods, on: Date) -> Refused<()> {
    let permit = permit.to_owned();
    if case.stage != Stage::Issued && !case.lacks(case.departure.as_ref(), goods) {
        let stage = case.stage.word();
        return Err(TradeRefusal::PermitNotInForce { permit, stage }.into());
    }
    match &case.permit {
        Some(issued) if issued.valid_until < on => {
            let until = issued.valid_until;
            Err(TradeRefusal::PermitExpired { permit, until, on }.into())
        }
        Some(issued) if on < issued.issued_on => {
            let from = issued.issued_on;
            Err(TradeRefusal::PermitNotBegun { permit, from, on }.into())
        }
        _ => Ok(()),
    }
}

/// One permit is one consignment: all of it leaves on one day (1961 art. 31(4)(a)).
fn leaves_at_once(case: &Case, permit: &str, movement: &Movement) -> Refused<()> {
    let on = movement.occurred_on;
    match case.moved_on {
        Some(left_on) if movement.movement == MovementKind::Export && left_on != on => {
            let permit = permit.to_owned();
            Err(TradeRefusal::ConsignmentDivided { permit, left_on, on }.into())
        }
        _ => Ok(()),
    }
}

/// Whether a site is one of the holder with this name.
fn is_of(state: &State, site: &Id, name: &Text) -> bool {
    let found = state.holders.site(site);
    found.is_ok_and(|(_, site)| state.holders.holder_at(site.holder).entry.name == *name)
}

fn same_way(state: &State, case: &Case, movement: &Movement, destination: Option<Country>) -> Refused<()> {
    let site = match &case.site {
        Some(site) => site.to_string(),
        // Of a case that came back from a partner's message the exporter is known, and not from which site.
        None if is_of(state, &movement.site, &case.consignment.exporter.name) => movement.site.to_string(),
        None => case.consignment.exporter.name.to_string(),
    };
    let permit = case.permit.as_ref().map(|permit| permit.number.to_string());
    let to = destination.map(|country| country.to_string()).unwrap_or_default();
    let fields = [
        ("site", site, movement.site.to_string()),
        ("destination", case.consignment.importer.country.to_string(), to),
    ];
    match fields.into_iter().find(|(_, permitted, found)| permitted != found) {
        None => Ok(()),
        Some((field, permitted, found)) => Err(TradeRefusal::PermitDiffers {
            permit: permit.unwrap_or_default(),
            field,
            permitted,
            found,
        }
        .into()),
    }
}

/// Whether goods are on their way to customs under a case's permit.
pub(super) fn is_on_the_way(state: &State, case: &Case) -> bool {
    let permit = case.permit.as_ref().map(|permit| &permit.number);
    permit.is_some_and(|permit| {
        let mut under = state.ledger.transit_under(permit);
        under.any(|(_, transit)| transit.outstanding > 0)
    })
}

/// What is on its way to customs under a permit, in counting units.
pub(super) fn on_the_way(state: &State, permit: &Id, item: &Item) -> i64 {
    let same = |batch| state.items.at(state.ledger.batch_at(batch).item).id == item.id;
    let under = state.ledger.transit_under(permit);
    under
        .filter(|(_, transit)| same(transit.batch))
        .fold(0, |sum: i64, (_, transit)| sum.saturating_add(transit.outstanding))
}

/// An import authorization in force covers goods that enter, and the consignment they are of is known.
pub(crate) fn import_authorized(state: &State, movement: &Movement, item: &Item) -> Refused<()> {
    let details = movement.details.as_ref();
    if let Some(case) = super::returned::coming_back(state, movement) {
        return super::returned::may_come_back(state, case, movement, item);
    }
    let number = details.and_then(|details| details.authorization.as_ref());
    if number.is_none() && is_free(state, item) {
        return Ok(());
    }
    let Some(own) = number.and_then(|number| state.trade.own(number)) else {
        let site = movement.site.to_string();
        return Err(LedgerRefusal::ImportAuthorizationMissing { site }.into());
    };
    let authorization = &own.authorization;
    let (number, on) = (authorization.number.to_string(), movement.occurred_on);
    super::import::in_force(authorization, own.cancelled, on)?;
    is_reviewed(&authorization.number, own_to_review(state, own, on))?;
    if on < authorization.issued_on {
        let from = authorization.issued_on;
        return Err(TradeRefusal::AuthorizationNotBegun { number, from, on }.into());
    }
    let differs = |field, authorized: String, asked: String| {
        let number = number.clone();
        Err(TradeRefusal::AuthorizationDiffers {
            number,
            field,
            authorized,
            asked,
        }
        .into())
    };
    let origin = details.and_then(|details| details.country);
    if own.site != movement.site {
        return differs("site", own.site.to_string(), movement.site.to_string());
    }
    if origin != Some(authorization.exporter.country) {
        let found = origin.map(|country| country.to_string()).unwrap_or_default();
        return differs("country of origin", authorization.exporter.country.to_string(), found);
    }
    let goods = goods(state, item);
    let imported = authorization.lines.iter().zip(&own.imported);
    let imported = imported
        .filter(|(line, _)| line.goods == goods)
        .map(|(_, imported)| imported);
    let available = amount_of(&authorization.lines, &goods) - imported.sum::<i64>();
    if movement.amount > available {
        return Err(TradeRefusal::AuthorizationExceeded {
            number,
            available: goods.said(available),
            requested: goods.said(movement.amount),
            goods: movement.item.to_string(),
        }
        .into());
    }
    consignment_known(state, movement, &goods, own.partner.is_some())
}

/// Goods from a partner's country are of a consignment whose permit the partner has sent.
fn consignment_known(state: &State, movement: &Movement, goods: &Goods, partner: bool) -> Refused<()> {
    let details = movement.details.as_ref();
    let id = details.and_then(|details| details.case.as_ref());
    let known = id.and_then(|id| state.trade.case(id)).filter(|case| {
        case.side == Side::Importing
            && (matches!(
                case.stage,
                Stage::Issued | Stage::Departed | Stage::Suspended | Stage::Returning
            ) || case.lacks(case.arrival.as_ref(), goods))
            && case.consignment.authorization.as_ref() == details.and_then(|details| details.authorization.as_ref())
    });
    let on = movement.occurred_on;
    if let Some(case) = known {
        if case.line_of(goods).is_none() {
            let item = movement.item.to_string();
            return Err(TradeRefusal::GoodsUnknown { item }.into());
        }
        let left_on = case.departure.as_ref().map(|departure| departure.on);
        // Across the date line goods may arrive on the civil day before the one on which they left.
        let too_early = |left_on: &Date| on < left_on.yesterday().unwrap_or(*left_on);
        return match left_on.filter(too_early) {
            Some(left_on) => {
                let case = case.id.to_string();
                Err(TradeRefusal::ArrivedBeforeDeparture { case, left_on, on }.into())
            }
            None => Ok(()),
        };
    }
    if id.is_none() && !partner {
        return Ok(());
    }
    let case = id.map(ToString::to_string).unwrap_or_default();
    Err(TradeRefusal::ConsignmentUnknown { case }.into())
}
