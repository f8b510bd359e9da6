//! A drug comes under control, or under another schedule, in the middle of a year (1961 art. 3(7)): authorizations that were
//! issued before are looked at again before anything more moves under them.

use jiff::civil::Date;

use super::{AuthorizationReviewed, Case, Line, OwnAuthorization, ReviewAfterChange, Side, Stage, TradeRefusal};
use crate::State;
use crate::id::Id;
use crate::journal::Event;
use crate::refusal::{Refused, unknown};

/// The substance whose schedule has changed since a day, and from when on, if nobody has looked at it since.
fn changed(state: &State, lines: &[Line], since: Date, on: Date) -> Option<(Id, Date)> {
    let of_line = |line: &Line| {
        let (_, substance) = state.substances.find(&line.goods.substance).ok()?;
        let change = substance.schedules.iter().rev().find(|(from, _)| *from <= on)?;
        (change.0 > since).then(|| (substance.entry.id.clone(), change.0))
    };
    lines.iter().find_map(of_line)
}

/// Why an export permit of ours is to be looked at again, if it is: the substance, and since when its schedule is another.
pub fn to_review(state: &State, case: &Case, on: Date) -> Option<(Id, Date)> {
    let permit = case.permit.as_ref().filter(|_| case.side == Side::Exporting)?;
    let since = case.reviewed_on.max(Some(permit.issued_on))?;
    changed(state, &case.consignment.lines, since, on)
}

/// The same of an import authorization of ours.
pub fn own_to_review(state: &State, own: &OwnAuthorization, on: Date) -> Option<(Id, Date)> {
    let since = own.reviewed_on.max(Some(own.authorization.issued_on))?;
    changed(state, &own.authorization.lines, since, on)
}

/// Nothing moves under what is to be looked at again.
pub(super) fn is_reviewed(number: &Id, found: Option<(Id, Date)>) -> Refused<()> {
    let Some((substance, since)) = found else {
        return Ok(());
    };
    Err(TradeRefusal::ScheduleChanged {
        number: number.to_string(),
        substance: substance.to_string(),
        since,
    }
    .into())
}

/// Decides that an authorization stays as it is under the new schedule.
pub(crate) fn decide_review(state: &State, review: &ReviewAfterChange, today: Date) -> Refused<Event> {
    let of_permit = state.trade.permitted(&review.number);
    let waits = match (of_permit, state.trade.own(&review.number)) {
        (Some(case), _) => {
            matches!(case.stage, Stage::Issued | Stage::Suspended | Stage::Held).then(|| to_review(state, case, today))
        }
        (None, Some(own)) => (!own.cancelled).then(|| own_to_review(state, own, today)),
        (None, None) => return Err(unknown("export permit or import authorization", &review.number)),
    };
    if waits.flatten().is_none() {
        let number = review.number.to_string();
        return Err(TradeRefusal::NothingChanged { number }.into());
    }
    Ok(Event::AuthorizationReviewed(Box::new(AuthorizationReviewed {
        number: review.number.clone(),
        reason: review.reason.clone(),
    })))
}

pub(crate) fn apply_review(state: &mut State, reviewed: &AuthorizationReviewed, on: Date) {
    if let Some(id) = state.trade.permits.get(&reviewed.number) {
        if let Some(case) = state.trade.cases.get_mut(id) {
            case.reviewed_on = Some(on);
        }
    } else if let Some(own) = state.trade.own.get_mut(&reviewed.number) {
        own.reviewed_on = Some(on);
    }
}
