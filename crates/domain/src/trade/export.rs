//! The exporting side up to the permit: application, request, and the permit behind its gate.

use jiff::civil::Date;

use super::guard;
use super::import::two_countries;
use super::notice::{Consignment, Notice, Party, Permit};
use super::{
    Case, ConfirmationRequested, ExportApplication, ExportApplied, IssueExportPermit, PermitIssued, Side, Stage,
    TradeRefusal, address, lines, posts, queue,
};
use crate::State;
use crate::access::Actor;
use crate::id::Id;
use crate::journal::Event;
use crate::ledger::owns;
use crate::partner::PartnerRefusal;
use crate::refusal::{NameRefusal, Refused, taken, unknown};

/// The case of an application: unique among all authorities, because authorities' ids are.
pub(super) fn case_id(state: &State, application: &Id) -> Refused<Id> {
    format!("{}/{application}", state.founding.id).parse().map_err(|_| {
        let why = "it is too long for a case's id".to_owned();
        NameRefusal::BadQuantity { field: "id", why }.into()
    })
}

pub(crate) fn decide_application(state: &State, by: &Actor, application: &ExportApplication) -> Refused<ExportApplied> {
    let (_, site) = state.holders.open_site(&application.site)?;
    owns(by, site)?;
    let case = case_id(state, &application.id)?;
    if state.trade.cases.contains_key(&case) {
        return Err(taken("export application", &application.id));
    }
    let exporter = Party {
        name: state.holders.holder_at(site.holder).entry.name.clone(),
        address: application.address.clone(),
        country: state.founding.country,
    };
    two_countries(&exporter, &application.importer)?;
    let (items, lines) = lines(state, &application.lines)?;
    Ok(ExportApplied {
        id: application.id.clone(),
        case,
        site: application.site.clone(),
        items,
        consignment: Consignment {
            authorization: application.authorization.clone(),
            exporter,
            importer: application.importer.clone(),
            lines,
            purpose: application.purpose,
            bonded: application.bonded,
        },
    })
}

/// The case of an application of ours.
pub(super) fn application<'a>(state: &'a State, export: &Id) -> Refused<&'a Case> {
    let case = state.trade.cases.get(&case_id(state, export)?);
    case.ok_or_else(|| unknown("export application", export))
}

/// The importing authority is asked on the strength of an import authorization, and never on none (1961 art. 31(5)).
pub(crate) fn decide_request(state: &State, export: &Id) -> Refused<Vec<Event>> {
    let case = application(state, export)?;
    if case.stage != Stage::Draft {
        return Err(case.not_in("draft").into());
    }
    if case.emergency.is_some() {
        let case = case.id.to_string();
        return Err(TradeRefusal::EmergencyOnly { case }.into());
    }
    if case.consignment.authorization.is_none() {
        let export = export.to_string();
        return Err(TradeRefusal::AuthorizationMissing { export }.into());
    }
    address::check(&case.consignment.importer)?;
    let country = case.consignment.importer.country;
    let partner = state
        .partners
        .of_country(country)
        .ok_or_else(|| PartnerRefusal::NoPartner {
            country: country.to_string(),
        })?;
    let of = partner.file.id.clone();
    let notice = Notice::Requested(Box::new(case.consignment.clone()));
    let message = queue(&of, Some(&case.id), notice);
    let case = case.id.clone();
    Ok(vec![
        Event::ConfirmationRequested(Box::new(ConfirmationRequested { case, of })),
        message,
    ])
}

/// A permit is issued behind its gate, or not at all.
pub(crate) fn decide_permit(state: &State, issue: &IssueExportPermit, today: Date) -> Refused<Vec<Event>> {
    let case = application(state, &issue.export)?;
    posts::named(&issue.posts)?;
    if let Some(emergency) = &case.emergency {
        guard::check_emergency(state, case, issue, today)?;
        return Ok(super::emergency::permitted(state, case, emergency, issue, today));
    }
    let passed = guard::check(state, case, issue, today)?;
    let permit = Permit {
        number: issue.id.clone(),
        issued_on: today,
        valid_until: issue.valid_until,
        consignment: case.consignment.clone(),
        authorization_issued_on: passed.authorization.issued_on,
        authorization_issuer: passed.authorization.issuer.clone(),
    };
    let issued = PermitIssued {
        case: case.id.clone(),
        permit: permit.clone(),
        estimate_checked: issue.estimate_checked.clone(),
        posts: issue.posts.clone(),
        essential: issue.essential.clone(),
        // What rests on a signed message says nothing more.
        grade: case.paper.as_ref().and_then(|paper| paper.grade),
    };
    let mut events = vec![Event::ExportPermitIssued(Box::new(issued))];
    if let Some(partner) = passed.partner {
        let notice = Notice::PermitIssued(Box::new(permit));
        events.push(queue(partner, Some(&case.id), notice));
    }
    Ok(events)
}

pub(crate) fn apply_application(state: &mut State, applied: &ExportApplied) {
    let case = Case {
        site: Some(applied.site.clone()),
        items: applied.items.clone(),
        ..Case::new(applied.case.clone(), Side::Exporting, applied.consignment.clone())
    };
    state.trade.cases.insert(case.id.clone(), case);
}

pub(crate) fn apply_requested(state: &mut State, requested: &ConfirmationRequested, on: Date) {
    if let Some(case) = state.trade.cases.get_mut(&requested.case) {
        case.stage = Stage::Requested;
        case.partner = Some(requested.of.clone());
        case.requested_on = Some(on);
    }
}

pub(crate) fn apply_permit(state: &mut State, issued: &PermitIssued) {
    if let Some(case) = state.trade.cases.get_mut(&issued.case) {
        case.stage = Stage::Issued;
        case.permit = Some(issued.permit.clone());
        case.posts.clone_from(&issued.posts);
        case.essential.clone_from(&issued.essential);
    }
    state
        .trade
        .permits
        .insert(issued.permit.number.clone(), issued.case.clone());
}
