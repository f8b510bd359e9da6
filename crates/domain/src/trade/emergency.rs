//! Emergency exports: a recognised agency asks, a supplier with a standing agreement sends, and the exporting authority
//! alone controls it, for nobody in the country in need can (WHO model guidelines for the international provision of
//! controlled medicines for emergency medical care, 1996). What leaves counts as consumed here; the authority there is
//! told as soon as possible.

use jiff::civil::Date;

use super::export::case_id;
use super::import::two_countries;
use super::notice::{Consignment, Emergency, EmergencyExport, Notice, Party, Permit, Purpose};
use super::{
    Agency, Case, EmergencyApplication, EmergencyApplied, ExportApplied, IssueExportPermit, PermitIssued, Side,
    TradeRefusal, address, lines, queue,
};
use crate::State;
use crate::access::Actor;
use crate::journal::Event;
use crate::ledger::owns;
use crate::refusal::{Refused, taken};

pub(crate) fn decide_agency(state: &State, agency: &Agency) -> Refused<()> {
    state.holders.open_site(&agency.supplier)?;
    if state.trade.agencies.contains_key(&agency.id) {
        return Err(taken("agency", &agency.id));
    }
    Ok(())
}

pub(crate) fn apply_agency(state: &mut State, agency: &Agency) {
    state.trade.agencies.insert(agency.id.clone(), agency.clone());
}

pub(crate) fn decide_emergency(
    state: &State,
    by: &Actor,
    application: &EmergencyApplication,
) -> Refused<EmergencyApplied> {
    let (_, site) = state.holders.open_site(&application.site)?;
    owns(by, site)?;
    let case = case_id(state, &application.id)?;
    if state.trade.cases.contains_key(&case) {
        return Err(taken("export application", &application.id));
    }
    let agency = agency_of(state, application.agency.as_str(), application.site.as_str())?;
    let exporter = Party {
        name: state.holders.holder_at(site.holder).entry.name.clone(),
        address: application.address.clone(),
        country: state.founding.country,
    };
    two_countries(&exporter, &application.recipient)?;
    address::check(&application.recipient)?;
    let (items, lines) = lines(state, &application.lines)?;
    let applied = ExportApplied {
        id: application.id.clone(),
        case,
        site: application.site.clone(),
        items,
        consignment: Consignment {
            authorization: None,
            exporter,
            importer: application.recipient.clone(),
            lines,
            purpose: Purpose::Medical,
            bonded: false,
        },
    };
    let emergency = Emergency {
        agency: agency.id.clone(),
        name: agency.name.clone(),
        request: application.request.clone(),
        situation: application.situation.clone(),
    };
    Ok(EmergencyApplied { applied, emergency })
}

/// The agency, if it has a standing agreement with the supplier.
fn agency_of<'a>(state: &'a State, agency: &str, supplier: &str) -> Refused<&'a Agency> {
    let known = state.trade.agencies.get(agency);
    known
        .filter(|known| known.supplier.as_str() == supplier)
        .ok_or_else(|| {
            let (agency, supplier) = (agency.to_owned(), supplier.to_owned());
            TradeRefusal::AgencyUnknown { agency, supplier }.into()
        })
}

/// Whether the agency of an emergency export has a standing agreement with its supplier.
pub(super) fn recognised(state: &State, case: &Case) -> Refused<()> {
    let agency = case
        .emergency
        .as_ref()
        .map_or("", |emergency| emergency.agency.as_str());
    let supplier = case.site.as_ref().map_or("", |site| site.as_str());
    agency_of(state, agency, supplier).map(drop)
}

/// The entries of its permit. The authority there is told with it, if it is a partner.
pub(super) fn permitted(
    state: &State,
    case: &Case,
    emergency: &Emergency,
    issue: &IssueExportPermit,
    today: Date,
) -> Vec<Event> {
    // Nobody has authorized the import: what the permit rests on is this authority's own decision.
    let permit = Permit {
        number: issue.id.clone(),
        issued_on: today,
        valid_until: issue.valid_until,
        consignment: case.consignment.clone(),
        authorization_issued_on: today,
        authorization_issuer: state.founding.id.clone(),
    };
    let mut events = vec![Event::ExportPermitIssued(Box::new(PermitIssued {
        case: case.id.clone(),
        permit: permit.clone(),
        estimate_checked: None,
        posts: issue.posts.clone(),
        grade: None,
        essential: None,
    }))];
    if let Some(partner) = state.partners.of_country(case.consignment.importer.country) {
        let emergency = emergency.clone();
        let notice = Notice::EmergencyExport(Box::new(EmergencyExport { emergency, permit }));
        events.push(queue(&partner.file.id, Some(&case.id), notice));
    }
    events
}

pub(crate) fn apply_emergency(state: &mut State, data: &EmergencyApplied) {
    let applied = &data.applied;
    let case = Case {
        site: Some(applied.site.clone()),
        items: applied.items.clone(),
        emergency: Some(data.emergency.clone()),
        ..Case::new(applied.case.clone(), Side::Exporting, applied.consignment.clone())
    };
    state.trade.cases.insert(case.id.clone(), case);
}
