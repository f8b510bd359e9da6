//! Goods on their way that have gone to another country. To divert them is a new export from the country of transit,
//! which asks the new importing country itself (1961 art. 31(12)); here the case of the first export ends.

use super::notice::{Diversion, Notice};
use super::{Case, ConsignmentDiverted, RecordDiversion, Side, Stage, TradeRefusal, queue};
use crate::State;
use crate::journal::Event;
use crate::refusal::Refused;

pub(crate) fn decide_diversion(state: &State, record: &RecordDiversion) -> Refused<Vec<Event>> {
    let case = state.trade.of_permit(&record.permit)?;
    if !matches!(case.stage, Stage::Departed | Stage::Returning) {
        return Err(case.not_in("departed").into());
    }
    let (from, to) = (state.founding.country, case.consignment.importer.country);
    let nowhere = |country| [from, to].contains(&country);
    if nowhere(record.destination) || record.transit == from || record.transit == record.destination {
        let country = record.destination.to_string();
        return Err(TradeRefusal::DiversionNowhere { country }.into());
    }
    if case.came_back.iter().any(|back| *back != 0) {
        return Err(case.not_in("departed").into());
    }
    let diversion = record.clone();
    let mut events = vec![Event::ConsignmentDiverted(Box::new(ConsignmentDiverted {
        case: case.id.clone(),
        diversion: diversion.clone(),
    }))];
    if let Some(partner) = &case.partner {
        events.push(queue(partner, Some(&case.id), Notice::Diverted(Box::new(diversion))));
    }
    Ok(events)
}

pub(crate) fn apply_diversion(state: &mut State, diverted: &ConsignmentDiverted) {
    if let Some(case) = state.trade.cases.get_mut(&diverted.case) {
        divert(case, diverted.diversion.clone());
    }
}

/// The case is over, but not for what has come in meanwhile: arrival is the stronger fact, on either side.
pub(super) fn divert(case: &mut Case, diversion: Diversion) {
    case.diversion = Some(diversion);
    let on_the_way = matches!(case.stage, Stage::Departed | Stage::Returning);
    let entered = case.side == Side::Importing && case.has_moved();
    if on_the_way && !entered {
        case.stage = Stage::Diverted;
    }
}
