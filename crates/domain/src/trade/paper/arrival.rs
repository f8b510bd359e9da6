//! The arrival, endorsed on the copy of the permit that the importing authority sends back (1961 art. 31(7)).

use jiff::civil::Date;

use super::document::verified;
use super::{ArrivalRecorded, PaperRefusal, RecordArrival, person};
use crate::State;
use crate::access::Actor;
use crate::id::Text;
use crate::refusal::{NameRefusal, Refused};
use crate::trade::shipment::{arrived, counted};
use crate::trade::{Endorsement, Stage, TradeRefusal};

pub(crate) fn decide_recorded_arrival(
    state: &State,
    by: &Actor,
    record: &RecordArrival,
    today: Date,
) -> Refused<ArrivalRecorded> {
    let case = state.trade.of_permit(&record.permit)?;
    let (Some(_), Some(departure), None) = (&case.paper, &case.departure, &case.arrival) else {
        return Err(case.not_in("departed").into());
    };
    if !matches!(case.stage, Stage::Departed | Stage::Returning) {
        return Err(case.not_in("departed").into());
    }
    if !verified(state, case, by, record.from.as_ref(), today)? {
        let from = record.from.as_ref().map_or("post", Text::as_str).to_owned();
        let export = case.id.to_string();
        return Err(PaperRefusal::Unverified { export, from }.into());
    }
    // Across the date line goods may arrive on the civil day before the one on which they left.
    let left_on = departure.on;
    if record.on < left_on.yesterday().unwrap_or(left_on) {
        let (case, on) = (case.id.to_string(), record.on);
        return Err(TradeRefusal::ArrivedBeforeDeparture { case, left_on, on }.into());
    }
    if record.on > today {
        let (from, until) = (record.on.to_string(), today.to_string());
        return Err(NameRefusal::BadPeriod { from, until }.into());
    }
    Ok(ArrivalRecorded {
        case: case.id.clone(),
        endorsement: Endorsement {
            permit: record.permit.clone(),
            on: record.on,
            post: record.post.clone(),
            lines: counted(state, case, &record.lines)?,
        },
        file: record.file,
        officer: person(by)?,
    })
}

pub(crate) fn apply_recorded_arrival(state: &mut State, recorded: &ArrivalRecorded) {
    if let Some(case) = state.trade.cases.get_mut(&recorded.case) {
        case.paper.get_or_insert_default().arrival_file = Some(recorded.file);
        arrived(case, recorded.endorsement.clone());
    }
}
