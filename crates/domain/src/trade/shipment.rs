//! From the permit to the shelf: departure and arrival as customs endorses them, differences, and permits not used.

use jiff::civil::Date;

use super::notice::{Cause, Endorsement, Goods, Line, Notice, PermitNamed, Resolution};
use super::overdue::due_reminders;
use super::passage::PassageRefusal;
use super::{
    Case, ConsignmentEndorsed, ConsignmentHeld, CountedLine, DiscrepancyResolved, EndorseArrival, EndorseDeparture,
    OwnAuthorization, PermitEndorsedUnused, ReleaseConsignment, ResolveDiscrepancy, Side, Stage, TradeRefusal,
    amount_of, counted_lines, goods, item_of, posts, queue,
};
use crate::State;
use crate::id::Id;
use crate::journal::Event;
use crate::ledger::{Movement, MovementKind};
use crate::product::Item;
use crate::refusal::{NameRefusal, Refused};

/// What customs counted of every line of a case, in the case's order; a line left out was not there.
pub(super) fn counted(state: &State, case: &Case, lines: &[CountedLine]) -> Refused<Vec<Line>> {
    let counted = lines.iter().map(|line| (&line.item, &line.amount));
    let (items, counted) = counted_lines(state, counted, 0)?;
    for (item, line) in items.iter().zip(&counted) {
        if case.line_of(&line.goods).is_none() {
            return Err(TradeRefusal::GoodsUnknown { item: item.to_string() }.into());
        }
    }
    let of_case = case.consignment.lines.iter();
    Ok(of_case
        .map(|line| line.with_amount(amount_of(&counted, &line.goods)))
        .collect())
}

fn name_of(state: &State, line: &Line) -> Id {
    item_of(state, &line.goods).map_or_else(|| line.goods.substance.clone(), |item| item.id.clone())
}

/// What customs counted must be what the ledger has moved: out, in, or back, by line.
pub(super) fn compare(state: &State, case: &Case, counted: &[Line], moved: &[i64]) -> Refused<()> {
    for (place, line) in counted.iter().enumerate() {
        let recorded = moved.get(place).copied().unwrap_or_default();
        if line.amount != recorded {
            return Err(TradeRefusal::CountDiffers {
                case: case.id.to_string(),
                item: name_of(state, line).to_string(),
                counted: line.goods.said(line.amount),
                recorded: line.goods.said(recorded),
            }
            .into());
        }
    }
    Ok(())
}

/// Customs endorses the departure. More than permitted is a fact, and holds the consignment; there is no top-up.
pub(crate) fn decide_departure(state: &State, endorse: &EndorseDeparture, today: Date) -> Refused<Vec<Event>> {
    let case = state.trade.of_permit(&endorse.permit)?;
    // What left before the authorization was cancelled, or before the permit ended, has left all the same.
    let left_before = matches!(case.stage, Stage::Suspended | Stage::Expired) && case.has_moved();
    if case.stage != Stage::Issued && !left_before {
        return Err(case.not_in("issued").into());
    }
    if let Some((passage, _)) = &case.passage {
        let (case, passage) = (case.id.to_string(), passage.to_string());
        return Err(PassageRefusal::Leaves { case, passage }.into());
    }
    posts::admitted(&endorse.permit, &case.posts, &endorse.post)?;
    let counted = counted(state, case, &endorse.lines)?;
    for (place, (line, permitted)) in counted.iter().zip(&case.consignment.lines).enumerate() {
        // Two persons have looked, and what the ledger has is gone: there is nothing left to hold.
        let gone = case.released.as_ref() == Some(&case.moved) && line.amount == case.moved_of(place);
        if line.amount > permitted.amount && !gone {
            let held = ConsignmentHeld {
                case: case.id.clone(),
                permit: endorse.permit.clone(),
                post: endorse.post.clone(),
                item: name_of(state, line),
                counted: line.amount,
                permitted: permitted.amount,
            };
            return Ok(vec![Event::ConsignmentHeld(Box::new(held))]);
        }
    }
    compare(state, case, &counted, &case.moved)?;
    if !case.has_moved() {
        let (field, amount) = ("lines", "0".to_owned());
        return Err(NameRefusal::NotPositive { field, amount }.into());
    }
    let endorsement = Endorsement {
        permit: endorse.permit.clone(),
        on: case.moved_on.unwrap_or(today),
        post: endorse.post.clone(),
        lines: counted,
    };
    let mut events = vec![Event::ConsignmentDeparted(Box::new(ConsignmentEndorsed {
        case: case.id.clone(),
        endorsement: endorsement.clone(),
        declaration: endorse.declaration.clone(),
    }))];
    if let Some(partner) = &case.partner {
        let notice = Notice::Dispatched(Box::new(endorsement));
        events.push(queue(partner, Some(&case.id), notice));
    }
    Ok(events)
}

/// Customs lets a held consignment go on: within the permit, after two persons have looked.
pub(crate) fn decide_release(state: &State, release: &ReleaseConsignment) -> Refused<()> {
    let case = state.trade.of_permit(&release.permit)?;
    if case.stage == Stage::Held {
        Ok(())
    } else {
        Err(case.not_in("held").into())
    }
}

/// Customs endorses the arrival. That nothing has arrived is endorsed too: a total loss is a discrepancy like any other.
pub(crate) fn decide_arrival(state: &State, endorse: &EndorseArrival, today: Date) -> Refused<Vec<Event>> {
    let case = state.trade.on_side(&endorse.case, Side::Importing)?;
    // What was ordered back may have arrived all the same.
    let comes = case.stage == Stage::Departed || (case.stage == Stage::Returning && case.has_moved());
    let Some(permit) = case.permit.as_ref().filter(|_| comes) else {
        return Err(case.not_in("departed").into());
    };
    if let Some(own) = own_of(state, case) {
        posts::admitted(&own.authorization.number, &own.posts, &endorse.post)?;
    }
    let counted = counted(state, case, &endorse.lines)?;
    compare(state, case, &counted, &case.moved)?;
    let endorsement = Endorsement {
        permit: permit.number.clone(),
        on: case.moved_on.unwrap_or(today),
        post: endorse.post.clone(),
        lines: counted,
    };
    let mut events = vec![Event::ConsignmentArrived(Box::new(ConsignmentEndorsed {
        case: case.id.clone(),
        endorsement: endorsement.clone(),
        declaration: endorse.declaration.clone(),
    }))];
    if let Some(partner) = &case.partner {
        let notice = Notice::Received(Box::new(endorsement));
        events.push(queue(partner, Some(&case.id), notice));
    }
    Ok(events)
}

/// Whether every difference between what left and what arrived or came back is within the tolerance.
fn within_tolerance(case: &Case, tolerance_ppm: i64) -> bool {
    let Some(departure) = &case.departure else {
        return false;
    };
    departure.lines.iter().all(|left| {
        let difference = i128::from(left.amount - case.accounted(&left.goods)).abs();
        difference * 1_000_000 <= i128::from(tolerance_ppm) * i128::from(left.amount)
    })
}

/// One side says why arrival and departure differ.
pub(crate) fn decide_resolution(state: &State, resolve: &ResolveDiscrepancy) -> Refused<Vec<Event>> {
    let case = state.trade.find(&resolve.case)?;
    let id = || case.id.to_string();
    if case.stage != Stage::Discrepant {
        return Err(case.not_in("discrepant").into());
    }
    if case.our_word.is_some() {
        return Err(TradeRefusal::AlreadyResolved { case: id() }.into());
    }
    let tolerance_ppm = state.policies.shipment_tolerance_ppm;
    let explained = resolve.incident.is_some() && resolve.cause != Cause::Measurement;
    if !explained && !within_tolerance(case, tolerance_ppm) {
        return Err(TradeRefusal::CauseMissing {
            case: id(),
            tolerance_ppm,
        }
        .into());
    }
    let resolution = Resolution {
        cause: resolve.cause,
        explanation: resolve.explanation.clone(),
        incident: resolve.incident.clone(),
    };
    let mut events = vec![Event::DiscrepancyResolved(Box::new(DiscrepancyResolved {
        case: case.id.clone(),
        resolution: resolution.clone(),
    }))];
    if let Some(partner) = &case.partner {
        events.push(queue(partner, Some(&case.id), Notice::Resolved(Box::new(resolution))));
    }
    Ok(events)
}

/// What is due by this day: permits that ended and of which nothing has left are endorsed as not used, by the importing
/// authority too once the time for the import has passed, whether the exporting one has spoken or not; and partners are
/// reminded of arrivals that they have not endorsed.
pub(crate) fn decide_pass_day(state: &State, today: Date) -> Refused<Vec<Event>> {
    let over = |case: &&Case| {
        let ended = case.permit.as_ref().is_some_and(|permit| permit.valid_until < today);
        let open = matches!(case.stage, Stage::Issued | Stage::Suspended);
        let waited = match case.side {
            Side::Exporting => !super::border::is_on_the_way(state, case),
            Side::Importing => import_is_over(state, case, today),
        };
        open && ended && waited && !case.has_moved()
    };
    let mut events = Vec::new();
    for case in state.trade.open_cases().filter(over) {
        unused(case, &mut events);
    }
    events.extend(due_reminders(state, today));
    if events.is_empty() {
        let mut nothing: Box<crate::Refusal> = TradeRefusal::NothingDue { today }.into();
        nothing.journaled = false;
        return Err(nothing);
    }
    Ok(events)
}

/// The import authorization has ended: what has not come will not come under it.
fn import_is_over(state: &State, case: &Case, today: Date) -> bool {
    own_of(state, case).is_none_or(|own| own.authorization.valid_until < today)
}

/// The import authorization of ours that a case of goods that come to this country rests on.
fn own_of<'a>(state: &'a State, case: &Case) -> Option<&'a OwnAuthorization> {
    state.trade.own(case.consignment.authorization.as_ref()?)
}

/// The entries of an endorsement as not used, both ways (1961 art. 31(7)(a)).
pub(super) fn unused(case: &Case, events: &mut Vec<Event>) {
    let Some(permit) = &case.permit else {
        return;
    };
    let permit = permit.number.clone();
    events.push(Event::PermitEndorsedUnused(Box::new(PermitEndorsedUnused {
        case: case.id.clone(),
        permit: permit.clone(),
    })));
    if let Some(partner) = &case.partner {
        let notice = Notice::Unused(Box::new(PermitNamed { permit }));
        events.push(queue(partner, Some(&case.id), notice));
    }
}

pub(crate) fn apply_departure(state: &mut State, endorsed: &ConsignmentEndorsed) {
    if let Some(case) = state.trade.cases.get_mut(&endorsed.case) {
        case.cancelled_too_late |= case.stage == Stage::Suspended;
        case.declaration.clone_from(&endorsed.declaration);
        departs(case, endorsed.endorsement.clone());
    }
}

/// The goods have left: the same on either side. More than was permitted is marked for good.
pub(super) fn departs(case: &mut Case, endorsement: Endorsement) {
    let more = |line: &Line| line.amount > amount_of(&case.consignment.lines, &line.goods);
    case.beyond_permit = endorsement.lines.iter().any(more);
    case.departure = Some(endorsement);
    // Of an emergency export nobody endorses the arrival.
    case.stage = if case.emergency.is_some() {
        Stage::Closed
    } else {
        Stage::Departed
    };
}

pub(crate) fn apply_arrival(state: &mut State, endorsed: &ConsignmentEndorsed) {
    if let Some(case) = state.trade.cases.get_mut(&endorsed.case) {
        case.declaration.clone_from(&endorsed.declaration);
        arrived(case, endorsed.endorsement.clone());
    }
}

/// What has arrived: the same on either side.
pub(super) fn arrived(case: &mut Case, endorsement: Endorsement) {
    case.arrival = Some(endorsement);
    weigh(case);
}

/// What arrived and what came back is what left, or there is a discrepancy. In whatever order the two sides hear of it,
/// both come to the same.
pub(super) fn weigh(case: &mut Case) {
    let departed = case.departure.iter().flat_map(|departure| &departure.lines);
    let all = departed.clone().count() > 0 && departed.clone().all(|left| left.amount == case.accounted(&left.goods));
    let some_arrived = case
        .arrival
        .iter()
        .flat_map(|arrival| &arrival.lines)
        .any(|line| line.amount > 0);
    case.stage = match (all, case.returned.is_some() && !some_arrived) {
        (true, true) => Stage::Returned,
        (true, false) => Stage::Closed,
        (false, _) => Stage::Discrepant,
    };
}

pub(crate) fn apply_held(state: &mut State, held: &ConsignmentHeld) {
    set_stage(state, &held.case, Stage::Held);
}

pub(crate) fn apply_released(state: &mut State, release: &ReleaseConsignment) {
    let Some(case) = state.trade.permitted(&release.permit) else {
        return;
    };
    let foreign = super::foreign_of(state, case);
    let cancelled = foreign.is_some_and(|foreign| foreign.cancelled);
    let id = case.id.clone();
    if let Some(case) = state.trade.cases.get_mut(&id) {
        case.stage = if cancelled { Stage::Suspended } else { Stage::Issued };
        case.released = Some(case.moved.clone());
    }
}

pub(crate) fn apply_resolution(state: &mut State, resolved: &DiscrepancyResolved) {
    if let Some(case) = state.trade.cases.get_mut(&resolved.case) {
        case.our_word = Some(resolved.resolution.clone());
        settle(case);
    }
}

/// Both sides have said their word.
pub(super) fn settle(case: &mut Case) {
    // Without a partner nobody there can say a word here.
    let said_there = case.their_word.is_some() || case.partner.is_none();
    if case.our_word.is_some() && said_there {
        case.stage = Stage::Closed;
    }
}

pub(crate) fn apply_unused(state: &mut State, unused: &PermitEndorsedUnused) {
    set_stage(state, &unused.case, Stage::Expired);
}

fn set_stage(state: &mut State, case: &Id, to: Stage) {
    if let Some(case) = state.trade.cases.get_mut(case) {
        case.stage = to;
    }
}

/// What has left under a permit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    /// Whether it is the first of this substance in its consignment.
    pub first: bool,
    /// Whether it left for an emergency: it counts as consumed here.
    pub emergency: bool,
}

/// Goods have left under a permit.
pub(crate) fn left(state: &mut State, movement: &Movement, item: &Item) -> Left {
    let permit = movement
        .details
        .as_ref()
        .and_then(|details| details.authorization.as_ref());
    let case = permit.and_then(|permit| state.trade.permits.get(permit)).cloned();
    let goods = goods(state, item);
    let case = case.and_then(|case| state.trade.cases.get_mut(&case));
    let emergency = case.as_ref().is_some_and(|case| case.emergency.is_some());
    let first = case.is_none_or(|case| {
        let lines = case.consignment.lines.iter().zip(&case.moved);
        let moved = |substance: &Id| {
            lines
                .clone()
                .any(|(line, moved)| line.goods.substance == *substance && *moved > 0)
        };
        let first = !moved(&goods.substance);
        if case.site.is_none() {
            case.site = Some(movement.site.clone());
        }
        moved_on(case, &goods, movement, 1);
        first
    });
    Left { first, emergency }
}

/// Goods have entered, under an authorization and of a case, if they name them; `sign` is −1 when that is reversed.
pub(crate) fn entered(state: &mut State, movement: &Movement, item: &Item, sign: i64) {
    debug_assert_eq!(movement.movement, MovementKind::Import, "only imports enter");
    let goods = goods(state, item);
    let details = movement.details.as_ref();
    if let Some(own) = details
        .and_then(|details| details.authorization.as_ref())
        .and_then(|number| state.trade.own.get_mut(number))
    {
        let lines = own.authorization.lines.iter().zip(&mut own.imported);
        for (_, imported) in lines.filter(|(line, _)| line.goods == goods) {
            *imported = imported.saturating_add(sign * movement.amount);
        }
    }
    if let Some(id) = super::returned::coming_back(state, movement).map(|case| case.id.clone()) {
        if let Some(case) = state.trade.cases.get_mut(&id) {
            super::returned::came_back(case, &goods, movement, sign);
        }
        return;
    }
    let case = details
        .and_then(|details| details.case.as_ref())
        .and_then(|case| state.trade.cases.get_mut(case))
        .filter(|case| case.side == Side::Importing && case.line_of(&goods).is_some())
        .filter(|case| details.and_then(|details| details.country) == Some(case.consignment.exporter.country));
    if let Some(case) = case {
        moved_on(case, &goods, movement, sign);
    } else if let Some(origin) = details
        .and_then(|details| details.country)
        .filter(|_| item.schedule_iii().is_none())
    {
        let key = (origin, movement.occurred_on.year(), goods.substance);
        let (mass, count) = state.trade.outside.entry(key).or_default();
        *mass += item.mass(sign * movement.amount);
        *count += sign;
    }
}

fn moved_on(case: &mut Case, goods: &Goods, movement: &Movement, sign: i64) {
    let place = case.line_of(goods).map(|(place, _)| place);
    if let Some(moved) = place.and_then(|place| case.moved.get_mut(place)) {
        *moved = moved.saturating_add(sign * movement.amount);
        case.moved_on = case.moved_on.max(Some(movement.occurred_on));
    }
}
