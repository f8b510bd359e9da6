//! Emergency supplies: the agencies that may ask for them, what left here for emergencies, and what others have told this
//! authority of (WHO model guidelines, 1996).

use askama::Template;
use domain::trade::{Case, Side};

use super::{base_of, case_path, stage_class, stage_key, substances};
use crate::act::may;
use crate::answer::{Answered, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;

/// Rows of each table.
const ROWS: usize = 200;

/// An agency with its standing agreement.
struct AgencyRow {
    id: String,
    name: String,
    supplier: String,
    agreement: String,
}

/// An emergency export, of ours or to us.
struct Row {
    id: String,
    path: Option<String>,
    agency: String,
    country: String,
    recipient: String,
    substances: String,
    base: String,
    state: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "trade/emergencies.html")]
struct EmergenciesPage {
    f: Frame,
    agencies: Vec<AgencyRow>,
    sent: Vec<Row>,
    told: Vec<Row>,
    may_recognise: bool,
    may_apply: bool,
    officer: bool,
}

pub fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let officer = visitor.holder().is_none();
    let state = ask.state();
    let sees = |site: &str| match visitor.holder() {
        None => true,
        Some(holder) => state
            .holders
            .site(site)
            .is_ok_and(|(_, site)| site.holder_id.as_str() == holder),
    };
    let agencies = state.trade.agencies().filter(|agency| sees(&agency.supplier));
    let agency = |agency: &domain::trade::Agency| AgencyRow {
        id: agency.id.to_string(),
        name: agency.name.to_string(),
        supplier: agency.supplier.to_string(),
        agreement: agency.agreement.to_string(),
    };
    let row = |case: &Case| Row {
        id: case.id.to_string(),
        path: Some(case_path(&case.id)),
        agency: case
            .emergency
            .as_ref()
            .map(|emergency| emergency.name.to_string())
            .unwrap_or_default(),
        country: names::country(words, case.consignment.importer.country),
        recipient: case.consignment.importer.name.to_string(),
        substances: substances(words, &state, &case.consignment.lines),
        base: names::mass(words, base_of(&case.consignment.lines)),
        state: Some((words.t(&stage_key(case.stage)), stage_class(case.stage))),
    };
    let ours = |case: &&Case| {
        let site = case.site.as_deref().unwrap_or_default();
        case.side == Side::Exporting && case.emergency.is_some() && sees(site)
    };
    let told = state.trade.emergencies().filter(|_| officer).map(|(_, case, told)| {
        let consignment = &told.permit.consignment;
        Row {
            id: case.to_string(),
            path: None,
            agency: told.emergency.name.to_string(),
            country: names::country(words, consignment.exporter.country),
            recipient: consignment.importer.name.to_string(),
            substances: substances(words, &state, &consignment.lines),
            base: names::mass(words, base_of(&consignment.lines)),
            state: None,
        }
    });
    let page = EmergenciesPage {
        f: Frame::of(ask, words.t("emergencies-title")),
        agencies: agencies.take(ROWS).map(agency).collect(),
        sent: state.trade.cases().filter(ours).take(ROWS).map(row).collect(),
        told: told.take(ROWS).collect(),
        may_recognise: may(visitor, "recognise_agency"),
        may_apply: may(visitor, "apply_emergency_export"),
        officer,
    };
    html(&page)
}
