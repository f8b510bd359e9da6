//! Goods that pass through and go to another country than their export authorization names: a new export from here, with
//! the new country's import authorization, its confirmation and a permit of this authority (1961 art. 31(12)). The
//! country that first exported them is told what left, as of any arrival (art. 31(7)(a)–(b)).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DiversionApplied, DivertPassage, EndPassage, Passage, PassageEnded, PassageRefusal, Passing};
use crate::State;
use crate::country::Country;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::ledger::AMOUNT_MAX;
use crate::partner::Partner;
use crate::refusal::{Refused, taken};
use crate::schema::Day;
use crate::trade::code::Code;
use crate::trade::export::case_id;
use crate::trade::import::two_countries;
use crate::trade::{
    Case, Consignment, ConsignmentEndorsed, Endorsement, Line, Notice, Party, Side, Stage, TradeRefusal, address, queue,
};

/// Tells the authority that first exported some goods that they went elsewhere from a country of transit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassageDiverted {
    /// The number of its export permit.
    pub permit: Id,
    /// The number of the transit country's export permit.
    pub under: Id,
    /// Where they go now.
    pub destination: Country,
    /// The day on which they left the country of transit.
    #[schemars(with = "Day")]
    pub on: Date,
    /// The customs post there.
    pub post: Text,
    /// What left.
    pub lines: Vec<Line>,
    /// Why.
    pub reason: Text,
}

/// An application like that of an exporter; what goes are the passage's goods, all of them.
pub(crate) fn decide_application(state: &State, divert: &DivertPassage) -> Refused<DiversionApplied> {
    let passage = state.trade.find_passage(&divert.passage)?;
    passage.is(Passing::Open)?;
    if let Some(case) = passage.diversion.as_ref().and_then(|case| state.trade.cases.get(case))
        && !case.stage.is_over()
    {
        let (passage, case) = (passage.id.to_string(), case.id.to_string());
        return Err(PassageRefusal::DiversionOpen { passage, case }.into());
    }
    let case = case_id(state, &divert.id)?;
    if state.trade.cases.contains_key(&case) {
        return Err(taken("export application", &divert.id));
    }
    let exporter = Party {
        name: divert.exporter.clone(),
        address: divert.address.clone(),
        country: state.founding.country,
    };
    two_countries(&exporter, &divert.importer)?;
    address::check(&divert.importer)?;
    let to = divert.importer.country;
    let entry = passage.entry.as_ref();
    if entry.is_some_and(|entry| [entry.exporter.country, entry.importer.country].contains(&to)) {
        let country = to.to_string();
        return Err(TradeRefusal::DiversionNowhere { country }.into());
    }
    Ok(DiversionApplied {
        id: divert.id.clone(),
        case,
        passage: passage.id.clone(),
        consignment: Consignment {
            authorization: Some(divert.authorization.clone()),
            exporter,
            importer: divert.importer.clone(),
            lines: passage.lines.clone(),
            purpose: divert.purpose,
            bonded: divert.bonded,
        },
        reason: divert.reason.clone(),
    })
}

pub(crate) fn apply_applied(state: &mut State, applied: &DiversionApplied) {
    let case = Case {
        passage: Some((applied.passage.clone(), applied.reason.clone())),
        ..Case::new(applied.case.clone(), Side::Exporting, applied.consignment.clone())
    };
    if let Some(passage) = state.trade.passages.get_mut(&applied.passage) {
        passage.diversion = Some(applied.case.clone());
    }
    state.trade.cases.insert(case.id.clone(), case);
}

/// The passage whose goods an export is of.
pub(crate) fn under<'a>(state: &'a State, case: &Case) -> Option<&'a Passage> {
    let (passage, _) = case.passage.as_ref()?;
    state.trade.passages.get(passage)
}

/// The gate asks this where it asks others for licence and stock: the goods are here, and not detained.
pub(crate) fn may_go_on(passage: &Passage) -> Refused<()> {
    passage.is(Passing::Open)
}

/// Where a passage may go: to the country of its export authorization, or under the permit of its diversion to the new
/// one. Gives the case of the latter.
pub(super) fn way_of<'a>(
    state: &'a State,
    passage: &Passage,
    end: &EndPassage,
    today: Date,
) -> Refused<Option<&'a Case>> {
    let diverted = passage.diversion.as_ref().and_then(|case| state.trade.cases.get(case));
    let diverted = diverted.filter(|case| !case.stage.is_over());
    let named = match diverted {
        Some(case) => Some(case.consignment.importer.country),
        None => passage.entry.as_ref().map(|entry| entry.importer.country),
    };
    if named != Some(end.destination) {
        return Err(PassageRefusal::Elsewhere {
            passage: passage.id.to_string(),
            named: named.map(|country| country.to_string()).unwrap_or_default(),
            found: end.destination.to_string(),
        }
        .into());
    }
    let Some(case) = diverted else {
        return Ok(None);
    };
    let Some(permit) = case.permit.as_ref().filter(|_| case.stage == Stage::Issued) else {
        return Err(case.not_in("issued").into());
    };
    crate::trade::posts::admitted(&permit.number, &case.posts, &end.post)?;
    if permit.valid_until < today {
        let (permit, until) = (permit.number.to_string(), permit.valid_until);
        return Err(TradeRefusal::PermitExpired {
            permit,
            until,
            on: today,
        }
        .into());
    }
    Ok(Some(case))
}

/// The entries of the new export's departure: its importing authority is told, and the one that first exported the goods.
pub(super) fn departs(state: &State, passage: &Passage, case: &Case, ended: &PassageEnded, today: Date) -> Vec<Event> {
    let Some(permit) = case.permit.as_ref().map(|permit| permit.number.clone()) else {
        return Vec::new();
    };
    let endorsement = Endorsement {
        permit: permit.clone(),
        on: today,
        post: ended.entry.post.clone(),
        lines: ended.lines.clone(),
    };
    let mut events = vec![Event::ConsignmentDeparted(Box::new(ConsignmentEndorsed {
        case: case.id.clone(),
        endorsement: endorsement.clone(),
        declaration: None,
    }))];
    if let Some(partner) = &case.partner {
        let notice = Notice::Dispatched(Box::new(endorsement));
        events.push(queue(partner, Some(&case.id), notice));
    }
    let from = passage.entry.as_ref().map(|entry| entry.exporter.country);
    let first = from.and_then(|country| state.partners.of_country(country));
    if let Some((first, copy)) = first.zip(passage.copy.as_ref()) {
        let reason = case.passage.as_ref().map(|(_, reason)| reason.clone());
        let told = reason.map(|reason| PassageDiverted {
            permit: copy.number.clone(),
            under: permit,
            destination: ended.entry.destination,
            on: today,
            post: ended.entry.post.clone(),
            lines: ended.lines.clone(),
            reason,
        });
        let notice = told.map(|told| Notice::PassageDiverted(Box::new(told)));
        events.extend(notice.map(|notice| queue(&first.file.id, None, notice)));
    }
    events
}

/// A country of transit tells of goods that this authority let go: they are under way, and it is neither where they come
/// from nor where they go.
pub(crate) fn judge(state: &State, from: &Partner, told: &PassageDiverted) -> Result<(), Code> {
    let case = state.trade.permitted(&told.permit).ok_or(Code::PermitUnknown)?;
    if !matches!(case.stage, Stage::Departed | Stage::Returning | Stage::Diverted) || case.told_diverted.is_some() {
        return Err(Code::OutOfPlace);
    }
    let fits = |line: &Line| (0..=AMOUNT_MAX).contains(&line.amount) && line.goods.content_pg > 0;
    let lines = (1..=crate::trade::LINES_MAX).contains(&told.lines.len());
    if !lines || !told.lines.iter().all(fits) {
        return Err(Code::BodyUnreadable);
    }
    let ends = [state.founding.country, case.consignment.importer.country];
    if ends.contains(&from.file.country) || ends.contains(&told.destination) || told.destination == from.file.country {
        return Err(Code::NotConcerned);
    }
    Ok(())
}

/// It is kept with the case; the officers of this authority record the diversion.
pub(crate) fn apply_told(state: &mut State, from: &Id, told: PassageDiverted) {
    let case = state.trade.permits.get(&told.permit).cloned();
    if let Some(case) = case.and_then(|case| state.trade.cases.get_mut(&case)) {
        case.told_diverted = Some((from.clone(), told));
    }
}
