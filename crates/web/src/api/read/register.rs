//! Holders, licences, the plan, inspections, training, items and substances.

use domain::id::{Id, Text};
use domain::inspection::{Grade, InspectionKind};
use domain::licence::Activity;
use domain::plan::{ClosingLine, EstimateSet, PlanEntry};
use domain::quantity::Mass;
use domain::substance::{Salt, Schedule};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ok;
use super::{CivilDay, day, may_see, page};
use crate::answer::{Answered, Fault};
use crate::ask::Ask;
use crate::pages::may_see_inspection;

/// A holder.
#[derive(Serialize, JsonSchema)]
pub struct Holder {
    /// Its id.
    id: Id,
    /// The name of the company or institution.
    name: Text,
    /// How many sites it has.
    sites: usize,
}

/// A holder with its sites.
#[derive(Serialize, JsonSchema)]
pub struct HolderWhole {
    /// Its id.
    id: Id,
    /// The name of the company or institution.
    name: Text,
    /// Its sites.
    sites: Vec<Site>,
}

/// A place where narcotic drugs are held.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HolderSite")]
pub struct Site {
    /// Its id.
    id: Id,
    /// What it is in the channel.
    kinds: Vec<&'static str>,
    /// The province.
    province: Id,
    /// Whether it is open.
    open: bool,
    /// Since when it is registered.
    #[schemars(with = "CivilDay")]
    since: String,
}

pub fn holders(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let listed = page(ask, state.holders.iter(), |holder| {
        let sites = holder.sites.len();
        may_see(visitor, &holder.entry.id).then(|| Holder {
            id: holder.entry.id.clone(),
            name: holder.entry.name.clone(),
            sites,
        })
    })?;
    drop(state);
    ok(&listed)
}

pub fn holder(ask: &Ask) -> Answered {
    let state = ask.state();
    let (_, holder) = state.holders.holder(ask.param("id")).ok_or(Fault::NotFound)?;
    if !may_see(ask.visitor()?, &holder.entry.id) {
        return Err(Fault::NotFound);
    }
    let site = |no: &domain::table::No| {
        let site = state.holders.site_at(*no);
        Site {
            id: site.id.clone(),
            kinds: site.kinds.iter().map(domain::holder::SiteKind::word).collect(),
            province: site.province.clone(),
            open: site.open,
            since: day(site.since),
        }
    };
    let whole = HolderWhole {
        id: holder.entry.id.clone(),
        name: holder.entry.name.clone(),
        sites: holder.sites.iter().map(site).collect(),
    };
    drop(state);
    ask.looked_at(&whole.id);
    ok(&whole)
}

/// A licence, or the purchase card of an institution's site.
#[derive(Serialize, JsonSchema)]
pub struct Licence {
    /// Its number.
    id: Id,
    /// The holder.
    holder: Id,
    /// What it allows; a card allows `purchase`.
    activity: Activity,
    /// The substances it covers.
    substances: Vec<Id>,
    /// The sites it covers.
    sites: Vec<Id>,
    /// First day.
    #[schemars(with = "CivilDay")]
    valid_from: String,
    /// Last day.
    #[schemars(with = "CivilDay")]
    valid_until: String,
    /// Conditions.
    conditions: Vec<Text>,
    /// Suspensions.
    suspended: Vec<Suspension>,
    /// Revoked from this day on.
    #[schemars(with = "Option<CivilDay>")]
    revoked_from: Option<String>,
    /// Where it stands today.
    standing: &'static str,
}

/// A suspension.
#[derive(Serialize, JsonSchema)]
pub struct Suspension {
    /// Its first day.
    #[schemars(with = "CivilDay")]
    from: String,
    /// The first day on which the licence was in force again.
    #[schemars(with = "Option<CivilDay>")]
    until: Option<String>,
}

impl Licence {
    fn of(licence: &domain::licence::Licence, today: jiff::civil::Date) -> Self {
        let grant = &licence.grant;
        let suspension = |(from, until): &(jiff::civil::Date, Option<jiff::civil::Date>)| Suspension {
            from: day(*from),
            until: until.map(day),
        };
        Self {
            id: grant.id.clone(),
            holder: grant.holder.clone(),
            activity: grant.activity,
            substances: grant.substances.clone(),
            sites: grant.sites.clone(),
            valid_from: day(grant.valid_from),
            valid_until: day(grant.valid_until),
            conditions: grant.conditions.clone(),
            suspended: licence.suspended.iter().map(suspension).collect(),
            revoked_from: licence.revoked.map(day),
            standing: licence.standing_on(today).word(),
        }
    }
}

pub fn licences(ask: &Ask) -> Answered {
    let (visitor, today) = (ask.visitor()?, ask.today());
    let state = ask.state();
    let listed = page(ask, state.licences.iter(), |licence| {
        may_see(visitor, &licence.grant.holder).then(|| Licence::of(licence, today))
    })?;
    drop(state);
    ok(&listed)
}

pub fn licence(ask: &Ask) -> Answered {
    let (visitor, today) = (ask.visitor()?, ask.today());
    let state = ask.state();
    let found = state.licences.get(ask.param("id"));
    let found = found.filter(|licence| may_see(visitor, &licence.grant.holder));
    let found = found
        .map(|licence| Licence::of(licence, today))
        .ok_or(Fault::NotFound)?;
    drop(state);
    ok(&found)
}

/// Estimates, plan and quotas of a year.
#[derive(Serialize, JsonSchema)]
pub struct Plan {
    /// The year.
    year: i16,
    /// The estimates in force (1961 art. 19); for officers.
    estimates: Vec<EstimateSet>,
    /// The production plan; for officers.
    plans: Vec<PlanEntry>,
    /// Quotas.
    quotas: Vec<Quota>,
    /// The comparison of 1961 art. 21(1), once the year is closed; for officers.
    closed: Option<Vec<ClosingLine>>,
}

/// A quota of a maker: what was granted, and what of it is used.
#[derive(Serialize, JsonSchema)]
pub struct Quota {
    /// The maker.
    holder: Id,
    /// Substance or preparation.
    of: String,
    /// Grams of base for a substance, dispensing units for a preparation.
    granted: String,
    /// The same.
    used: String,
}

/// A year of a path.
pub fn year(ask: &Ask) -> Result<i16, Fault> {
    ask.param("year").parse().map_err(|_| Fault::NotFound)
}

pub fn plan(ask: &Ask) -> Answered {
    let (visitor, year) = (ask.visitor()?, year(ask)?);
    let state = ask.state();
    let planning = &state.planning;
    let own = visitor.holder();
    let officer = own.is_none();
    let quotas = planning.quotas_of(year).filter_map(|(of, holder, quota)| {
        let id = &state.holders.holder_at(holder).entry.id;
        may_see(visitor, id).then(|| Quota {
            holder: id.clone(),
            of: of.name(&state),
            granted: in_words(of, quota.granted),
            used: in_words(of, quota.used),
        })
    });
    let substances = || (0..).take(state.substances.iter().count()).filter(|_| officer);
    let whole = Plan {
        year,
        estimates: planning
            .estimates(year)
            .filter(|_| officer)
            .map(|(_, set)| set.clone())
            .collect(),
        plans: substances().filter_map(|no| planning.plan(year, no).cloned()).collect(),
        quotas: quotas.collect(),
        closed: planning
            .closed(year)
            .filter(|_| officer)
            .map(|closed| closed.lines.clone()),
    };
    drop(state);
    ok(&whole)
}

/// A figure without its unit.
fn in_words(of: domain::plan::Planned, amount: i128) -> String {
    match of {
        domain::plan::Planned::Substance(_) => Mass::from_pg(amount).to_string(),
        domain::plan::Planned::Preparation(_) => amount.to_string(),
    }
}

/// An inspection.
#[derive(Serialize, JsonSchema)]
pub struct Inspection {
    /// Its id.
    id: Id,
    /// The site.
    site: Id,
    /// Why.
    kind: InspectionKind,
    /// The day it was planned for.
    #[schemars(with = "CivilDay")]
    planned_on: String,
    /// The day of the visit, once there was one.
    #[schemars(with = "Option<CivilDay>")]
    visited_on: Option<String>,
    /// Findings.
    findings: Vec<Finding>,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InspectionFinding")]
pub struct Finding {
    /// Its id.
    id: Id,
    /// How grave.
    grade: Grade,
}

pub fn inspections(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let listed = page(ask, state.inspections.iter(), |inspection| {
        may_see_inspection(visitor, state.holders.site_at(inspection.site), inspection).then(|| Inspection {
            id: inspection.plan.id.clone(),
            site: inspection.plan.site.clone(),
            kind: inspection.plan.kind,
            planned_on: day(inspection.plan.planned_on),
            visited_on: inspection.visited.map(day),
            findings: inspection
                .findings
                .iter()
                .map(|(id, grade)| Finding {
                    id: id.clone(),
                    grade: *grade,
                })
                .collect(),
        })
    })?;
    drop(state);
    ok(&listed)
}

/// A training session.
#[derive(Serialize, JsonSchema)]
pub struct Training {
    /// Its id.
    id: Id,
    /// What it is about.
    title: Text,
    /// The day.
    #[schemars(with = "CivilDay")]
    held_on: String,
    /// Who attended.
    attended: Vec<Attended>,
}

/// A person who attended for a holder.
#[derive(Serialize, JsonSchema)]
pub struct Attended {
    /// The holder.
    holder: Id,
    /// The person.
    person: Id,
}

pub fn trainings(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let listed = page(ask, state.trainings.iter(), |session| {
        let attended = session.attended.iter().filter(|(holder, _)| may_see(visitor, holder));
        Some(Training {
            id: session.entry.id.clone(),
            title: session.entry.title.clone(),
            held_on: day(session.entry.held_on),
            attended: attended
                .map(|(holder, person)| Attended {
                    holder: holder.clone(),
                    person: person.clone(),
                })
                .collect(),
        })
    })?;
    drop(state);
    ok(&listed)
}

/// What the ledger counts.
#[derive(Serialize, JsonSchema)]
pub struct Item {
    /// Its name in the ledger.
    id: Id,
    /// The name as printed; a preparation's.
    name: Option<Text>,
    /// The substance.
    substance: Id,
    /// Whether it is bulk substance, counted in micrograms of its salt; else a preparation, in dispensing units.
    bulk: bool,
    /// The salt form of bulk, or the dosage form of a preparation.
    form: Text,
    /// Picograms of anhydrous base per counting unit.
    content_pg: i64,
    /// Content of one dispensing unit as labelled; a preparation's.
    strength: Option<Text>,
    /// The dispensing unit; a preparation's.
    unit: Option<Text>,
    /// Dispensing units in a pack; a preparation's.
    units_per_pack: Option<u32>,
}

pub fn items(ask: &Ask) -> Answered {
    let state = ask.state();
    let listed = page(ask, state.items.iter(), |item| {
        let preparation = item.preparation.as_ref();
        Some(Item {
            id: item.id.clone(),
            name: preparation.map(|preparation| preparation.name.clone()),
            substance: state.substances.at(item.substance).entry.id.clone(),
            bulk: item.bulk,
            form: item.form.clone(),
            content_pg: item.content_pg,
            strength: preparation.map(|preparation| preparation.strength.clone()),
            unit: preparation.map(|preparation| preparation.unit.clone()),
            units_per_pack: preparation.map(|preparation| preparation.units_per_pack),
        })
    })?;
    drop(state);
    ok(&listed)
}

/// A substance.
#[derive(Serialize, JsonSchema)]
pub struct Substance {
    /// The international non-proprietary name.
    id: Id,
    /// The name as printed.
    name: Text,
    /// CAS number of the base.
    cas: Option<Id>,
    /// Its schedule today, if it is controlled.
    schedule: Option<Schedule>,
    /// Whether it is a synthetic drug.
    synthetic: bool,
    /// Its forms.
    salts: Vec<Salt>,
}

pub fn substances(ask: &Ask) -> Answered {
    let today = ask.today();
    let state = ask.state();
    let listed = page(ask, state.substances.iter(), |substance| {
        let entry = &substance.entry;
        Some(Substance {
            id: entry.id.clone(),
            name: entry.name.clone(),
            cas: entry.cas.clone(),
            schedule: substance.schedule_on(today),
            synthetic: entry.synthetic,
            salts: entry.salts.clone(),
        })
    })?;
    drop(state);
    ok(&listed)
}
