//! Inspections as recorded facts: what was planned, when the site was visited, what was found.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::id::{Id, Text};
use crate::refusal::{Refused, refusals, taken, unknown};
use crate::schema::Day;
use crate::table::{Keyed, No, Table};

/// Why a site is visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InspectionKind {
    /// A regular patrol.
    Regular,
    /// Unannounced.
    Surprise,
    /// For a special purpose, such as an incident.
    Special,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Control is lost or about to be.
    Critical,
    /// A rule is broken.
    Major,
    /// To be mended.
    Minor,
}

/// An inspection that is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectionPlan {
    /// Its id.
    pub id: Id,
    /// The site.
    pub site: Id,
    /// Why.
    pub kind: InspectionKind,
    /// The day it is planned for.
    #[schemars(with = "Day")]
    pub planned_on: Date,
}

/// The visit itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The inspection.
    pub inspection: Id,
    /// The day.
    #[schemars(with = "Day")]
    pub visited_on: Date,
    /// Ids of the inspectors; at least one.
    pub inspectors: Vec<Id>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its id.
    pub id: Id,
    /// The inspection.
    pub inspection: Id,
    /// How grave.
    pub grade: Grade,
    /// What was found, without naming persons.
    pub says: Text,
}

refusals! {
    /// Why an inspection record is refused.
    pub enum InspectionRefusal {
        NotVisited { inspection: String } = "inspection_not_visited", Some("1961 art. 34(b)"), "inspection {inspection} has no visit yet: record the visit first";
        VisitedAlready { inspection: String, on: Date } = "inspection_visited", None, "inspection {inspection} was visited on {on}";
        VisitInFuture { on: Date, today: Date } = "date_in_future", None, "{on} lies after today, {today}";
    }
}

/// An inspection and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inspection {
    /// As planned.
    pub plan: InspectionPlan,
    /// The site.
    pub site: No,
    /// When it was visited.
    pub visited: Option<Date>,
    /// Findings.
    pub findings: Vec<(Id, Grade)>,
}

impl Inspection {
    /// Whether somebody who prepares for it would be warned by its plan: it is unannounced and has not happened yet.
    pub fn is_secret(&self) -> bool {
        self.plan.kind == InspectionKind::Surprise && self.visited.is_none()
    }
}

impl Keyed for Inspection {
    type Key = Id;
    fn key(&self) -> Id {
        self.plan.id.clone()
    }
}

/// All inspections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Inspections(pub(crate) Table<Inspection>);

impl Inspections {
    /// All, in order of planning.
    pub fn iter(&self) -> impl Iterator<Item = &Inspection> {
        self.0.iter()
    }

    /// All, the last planned first.
    pub fn newest(&self) -> impl Iterator<Item = &Inspection> {
        self.0.iter().rev()
    }

    /// An inspection by id.
    pub fn get(&self, id: &str) -> Option<&Inspection> {
        self.0.find(id).map(|(_, inspection)| inspection)
    }

    fn find(&self, id: &str) -> Refused<&Inspection> {
        self.get(id).ok_or_else(|| unknown("inspection", id))
    }
}

pub(crate) fn decide_plan(state: &State, plan: &InspectionPlan) -> Refused<()> {
    state.holders.site(&plan.site)?;
    if state.inspections.0.no(&plan.id).is_some() {
        Err(taken("inspection", &plan.id))
    } else {
        Ok(())
    }
}

pub(crate) fn decide_visit(state: &State, visit: &Visit, today: Date) -> Refused<()> {
    let inspection = state.inspections.find(&visit.inspection)?;
    if let Some(on) = inspection.visited {
        return Err(InspectionRefusal::VisitedAlready {
            inspection: visit.inspection.to_string(),
            on,
        }
        .into());
    }
    if visit.inspectors.is_empty() {
        return Err(crate::refusal::NameRefusal::Empty { field: "inspectors" }.into());
    }
    if visit.visited_on > today {
        return Err(InspectionRefusal::VisitInFuture {
            on: visit.visited_on,
            today,
        }
        .into());
    }
    Ok(())
}

pub(crate) fn decide_finding(state: &State, finding: &Finding) -> Refused<()> {
    let inspection = state.inspections.find(&finding.inspection)?;
    if inspection.visited.is_none() {
        return Err(InspectionRefusal::NotVisited {
            inspection: finding.inspection.to_string(),
        }
        .into());
    }
    if inspection.findings.iter().any(|(id, _)| *id == finding.id) {
        return Err(taken("finding", &finding.id));
    }
    Ok(())
}

pub(crate) fn apply_plan(state: &mut State, plan: &InspectionPlan) {
    let site = state.holders.sites.no(&plan.site).unwrap_or_default();
    state.inspections.0.add(Inspection {
        plan: plan.clone(),
        site,
        visited: None,
        findings: Vec::new(),
    });
}

pub(crate) fn apply_visit(state: &mut State, visit: &Visit) {
    if let Some(inspection) = state.inspections.0.find_mut(&visit.inspection) {
        inspection.visited = Some(visit.visited_on);
    }
}

pub(crate) fn apply_finding(state: &mut State, finding: &Finding) {
    if let Some(inspection) = state.inspections.0.find_mut(&finding.inspection) {
        inspection.findings.push((finding.id.clone(), finding.grade));
    }
}
