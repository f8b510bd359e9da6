//! Figures of a year, from the state alone: the identity of each substance, and the statement that others read.

mod border;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::State;
use crate::id::Id;
use crate::inspection::{Grade, InspectionKind};
use crate::ledger::{Cell, Control};
use crate::licence::Activity;
use crate::quantity::Mass;
use crate::table::No;

pub use border::{
    Asked, Destination, EmergencyCell, ExportCell, Exported, ImportCell, Imported, PermitCounts, answer, reached,
};

/// The balance of one substance for one year, in base (`ledger.md`, balance evaluation).
/// opening + manufactured + imported + from other provinces + found − consumed − utilized − exported − to other provinces − process loss − destroyed − lost
/// − to special stocks − closing = residual, which must be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Identity {
    /// The substance.
    pub substance: Id,
    /// Closing stock of the year before, and stock that entered the books in the year.
    #[serde(rename = "opening_g")]
    pub opening: Mass,
    /// Bulk synthesis.
    #[serde(rename = "manufactured_g")]
    pub manufactured: Mass,
    /// From abroad.
    #[serde(rename = "imported_g")]
    pub imported: Mass,
    /// Received from other provinces of the country.
    #[serde(rename = "from_provinces_g", skip_serializing_if = "is_zero")]
    #[schemars(default)]
    pub from_provinces: Mass,
    /// Found or recovered by the supply side.
    #[serde(rename = "found_g")]
    pub found: Mass,
    /// Net deliveries to institutions, retail and research (1961 art. 1(2)).
    #[serde(rename = "consumed_g")]
    pub consumed: Mass,
    /// For other drugs, Schedule III preparations, substances not covered.
    #[serde(rename = "utilized_g")]
    pub utilized: Mass,
    /// Lost in closed lots.
    #[serde(rename = "process_loss_g")]
    pub process_loss: Mass,
    /// Left at customs.
    #[serde(rename = "exported_g")]
    pub exported: Mass,
    /// Received in other provinces of the country; what is still on its way there is in the closing stock.
    #[serde(rename = "to_provinces_g", skip_serializing_if = "is_zero")]
    #[schemars(default)]
    pub to_provinces: Mass,
    /// Destroyed by the supply side.
    #[serde(rename = "destroyed_g")]
    pub destroyed: Mass,
    /// Lost or stolen on the supply side.
    #[serde(rename = "lost_g")]
    pub lost: Mass,
    /// Net change of special stocks.
    #[serde(rename = "to_special_g")]
    pub to_special: Mass,
    /// The accepted year-end count, else the book: stock, quarantine, open lots, goods on the way, open shortages.
    #[serde(rename = "closing_g")]
    pub closing: Mass,
    /// What the figures do not explain.
    #[serde(rename = "residual_g")]
    pub residual: Mass,
    /// Apart from the identity: supplied to patients and wards.
    #[serde(rename = "dispensed_g")]
    pub dispensed: Mass,
    /// Apart from the identity: what institutions hold at the year's end.
    #[serde(rename = "retail_stock_g")]
    pub retail_stock: Mass,
    /// Apart from the identity: special stocks at the year's end.
    #[serde(rename = "special_g")]
    pub special: Mass,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde calls
fn is_zero(mass: &Mass) -> bool {
    *mass == Mass::ZERO
}

/// Sums of one substance.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    before: Mass,
    held: Mass,
    retail_held: Mass,
    special: Mass,
    to_special: Mass,
    opening: Mass,
    manufactured: Mass,
    imported: Mass,
    from_provinces: Mass,
    to_provinces: Mass,
    found: Mass,
    consumed: Mass,
    utilized: Mass,
    exported: Mass,
    destroyed: Mass,
    lost: Mass,
    dispensed: Mass,
    process_loss: Mass,
    moved: bool,
}

impl Sums {
    fn add_year(&mut self, cell: &Cell, content: Mass) {
        let base = |amount: i128| content * amount;
        self.opening += base(-cell.supply(Control::Opening));
        self.manufactured += base(-cell.supply(Control::Produced) - cell.retail(Control::Produced));
        self.imported += base(-cell.supply(Control::Imported));
        self.from_provinces += base(-cell.supply(Control::ProvinceIn));
        self.to_provinces += base(cell.supply(Control::ProvinceOut));
        self.found += base(-cell.supply(Control::Found) + cell.returned);
        // Supply to a patient is consumption, whoever supplies (1961 art. 1(2)).
        self.consumed += base(cell.consumed + cell.supply(Control::Dispensed));
        self.utilized += base(cell.supply(Control::Used));
        self.exported += base(cell.supply(Control::Exported));
        self.destroyed += base(cell.supply(Control::Destroyed));
        self.lost += base(cell.supply(Control::Lost));
        self.dispensed += base(cell.retail(Control::Dispensed) + cell.supply(Control::Dispensed));
        self.to_special += base(cell.special);
        self.moved |= *cell != Cell::default();
    }

    /// Of a preparation of Schedule III the drug in it is utilized when it is made, and in no statistics after (1961 art. 2(4)).
    fn add_exempt(&mut self, cell: &Cell, content: Mass) {
        let made = -cell.supply(Control::MadeByLots) - cell.retail(Control::MadeByLots);
        let fed = cell.supply(Control::FedToLots) + cell.retail(Control::FedToLots);
        self.utilized += content * (made - fed);
        self.moved |= made != fed;
    }

    fn add_held(&mut self, cell: &Cell, content: Mass) {
        self.held += content * cell.supply_held;
        self.retail_held += content * cell.retail_held;
        self.special += content * cell.special;
    }
}

/// The identity of every substance with any movement or stock in the year, in order of registration.
pub fn identity(state: &State, year: i16) -> Vec<Identity> {
    let (from, until) = (i32::from(year) * 12, i32::from(year) * 12 + 12);
    let mut sums = vec![Sums::default(); state.substances.iter().count()];
    let content = |item: No| {
        (
            state.items.at(item).substance,
            Mass::from_pg(i128::from(state.items.at(item).content_pg)),
        )
    };
    let exempt = |item: No| state.items.at(item).schedule_iii().is_some();
    for (item, cell) in state
        .ledger
        .flows
        .between(i32::MIN, from)
        .filter(|(item, _)| !exempt(*item))
    {
        let (substance, content) = content(item);
        if let Some(sum) = sums.get_mut(substance as usize) {
            sum.before += content * cell.supply_held;
            sum.add_held(cell, content);
        }
    }
    for (item, cell) in state.ledger.flows.between(from, until) {
        let (substance, content) = content(item);
        let Some(sum) = sums.get_mut(substance as usize) else {
            continue;
        };
        if exempt(item) {
            sum.add_exempt(cell, content);
        } else {
            sum.add_held(cell, content);
            sum.add_year(cell, content);
        }
    }
    // What left for an emergency is consumed here (WHO model guidelines, 1996).
    for (item, _, flow) in state.ledger.flows.countries_between(from, until) {
        let (substance, content) = content(item);
        if let Some(sum) = sums.get_mut(substance as usize) {
            sum.exported -= content * flow.emergency;
            sum.consumed += content * flow.emergency;
        }
    }
    for (substance, lot) in state.ledger.flows.lots_between(i32::MIN, from) {
        if let Some(sum) = sums.get_mut(substance as usize) {
            sum.before += lot.held;
            sum.held += lot.held;
        }
    }
    for (substance, lot) in state.ledger.flows.lots_between(from, until) {
        if let Some(sum) = sums.get_mut(substance as usize) {
            sum.held += lot.held;
            sum.process_loss += lot.loss;
            sum.moved = true;
        }
    }
    let rows = sums
        .into_iter()
        .zip(0..)
        .filter_map(|(sum, no)| row(state, year, no, &sum));
    rows.collect()
}

fn row(state: &State, year: i16, no: No, sum: &Sums) -> Option<Identity> {
    let counted = |year| state.ledger.counted.get(&(year, no)).copied().unwrap_or_default();
    let opening = sum.before + counted(year.saturating_sub(1)) + sum.opening;
    let closing = sum.held + counted(year);
    let nothing = [opening, closing, sum.special, sum.retail_held]
        .iter()
        .all(|mass| *mass == Mass::ZERO);
    if nothing && !sum.moved {
        return None;
    }
    let gained = opening + sum.manufactured + sum.imported + sum.from_provinces + sum.found;
    let gone = sum.consumed
        + sum.utilized
        + sum.exported
        + sum.to_provinces
        + sum.process_loss
        + sum.destroyed
        + sum.lost
        + sum.to_special
        + closing;
    Some(Identity {
        substance: state.substances.at(no).entry.id.clone(),
        opening,
        manufactured: sum.manufactured,
        imported: sum.imported,
        from_provinces: sum.from_provinces,
        found: sum.found,
        consumed: sum.consumed,
        utilized: sum.utilized,
        process_loss: sum.process_loss,
        exported: sum.exported,
        to_provinces: sum.to_provinces,
        destroyed: sum.destroyed,
        lost: sum.lost,
        to_special: sum.to_special,
        closing,
        residual: gained - gone,
        dispensed: sum.dispensed,
        retail_stock: sum.retail_held,
        special: sum.special,
    })
}

/// A total with its parts by substance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BySubstance {
    /// In all.
    pub total_g: Mass,
    /// By substance; those with nothing are left out.
    pub by_substance: BTreeMap<Id, Mass>,
}

impl BySubstance {
    fn of(rows: &[Identity], figure: impl Fn(&Identity) -> Mass) -> Self {
        let parts = rows.iter().map(|row| (row.substance.clone(), figure(row)));
        let by_substance: BTreeMap<Id, Mass> = parts.filter(|(_, mass)| *mass != Mass::ZERO).collect();
        Self {
            total_g: by_substance.values().copied().sum(),
            by_substance,
        }
    }
}

/// Makers by what they are licensed to make on any day of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Makers {
    /// Of bulk substance.
    pub substance: usize,
    /// Of finished forms.
    pub finished: usize,
}

/// Inspections of a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InspectionCounts {
    /// Planned for a day of the year.
    pub planned: usize,
    /// Regular patrols made.
    pub regular: usize,
    /// Surprise visits made.
    pub surprise: usize,
    /// Special visits made.
    pub special: usize,
    /// Critical findings.
    pub critical: usize,
    /// Major findings.
    pub major: usize,
    /// Minor findings.
    pub minor: usize,
}

/// Training of a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrainingCounts {
    /// Sessions held.
    pub sessions: usize,
    /// Holders that took part.
    pub holders: usize,
    /// Attendances.
    pub attendances: usize,
}

/// The statement of a year, without the log: all of it follows from the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The authority.
    pub authority: Id,
    /// The year.
    pub year: i16,
    /// Since when the journal runs.
    pub journal_since: jiff::Timestamp,
    /// Substances of which a product is registered.
    pub medicines: Vec<Id>,
    /// Makers by kind.
    pub makers: Makers,
    /// Bulk synthesis.
    pub produced: BySubstance,
    /// Imports.
    pub imported: Imported,
    /// Export permits.
    pub permits: PermitCounts,
    /// Exports.
    pub exported: Exported,
    /// What left for emergencies: consumed here, and no export.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emergencies: Vec<EmergencyCell>,
    /// What was asked for, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The balance of each substance.
    pub identity: Vec<Identity>,
    /// Instructions refused, by code.
    pub refused: BTreeMap<Id, u64>,
    /// Inspections.
    pub inspections: InspectionCounts,
    /// Training.
    pub training: TrainingCounts,
}

/// Draws up the statement of a year.
pub fn statement(state: &State, year: i16, asked: Option<Destination>) -> Statement {
    let identity = identity(state, year);
    let exported = border::exported(state, year);
    let preparations = state.items.iter().filter(|item| !item.bulk);
    let medicines: BTreeSet<Id> = preparations
        .map(|item| state.substances.at(item.substance).entry.id.clone())
        .collect();
    let refused = state.tally.iter().filter(|((of, _), _)| *of == year);
    Statement {
        authority: state.founding.id.clone(),
        year,
        journal_since: state.founding.founded_at,
        medicines: medicines.into_iter().collect(),
        makers: makers(state, year),
        produced: BySubstance::of(&identity, |row| row.manufactured),
        imported: border::imported(state, year, BySubstance::of(&identity, |row| row.imported)),
        permits: border::permits(state, year),
        asked: asked.map(|asked| border::answer(state, year, asked)),
        exported,
        emergencies: border::emergencies(state, year),
        identity,
        refused: refused.map(|((_, code), count)| (code.clone(), *count)).collect(),
        inspections: inspections(state, year),
        training: training(state, year),
    }
}

fn makers(state: &State, year: i16) -> Makers {
    let holders_with = |activity: Activity| {
        let makes = state
            .licences
            .no_cards()
            .filter(|licence| licence.grant.activity == activity && licence.in_force_in(year));
        makes
            .map(|licence| &licence.grant.holder)
            .collect::<BTreeSet<_>>()
            .len()
    };
    Makers {
        substance: holders_with(Activity::ManufactureSubstance),
        finished: holders_with(Activity::ManufacturePreparation),
    }
}

fn inspections(state: &State, year: i16) -> InspectionCounts {
    let mut counts = InspectionCounts::default();
    for inspection in state.inspections.iter() {
        counts.planned += usize::from(inspection.plan.planned_on.year() == year);
        if inspection.visited.is_none_or(|day| day.year() != year) {
            continue;
        }
        match inspection.plan.kind {
            InspectionKind::Regular => counts.regular += 1,
            InspectionKind::Surprise => counts.surprise += 1,
            InspectionKind::Special => counts.special += 1,
        }
        for (_, grade) in &inspection.findings {
            match grade {
                Grade::Critical => counts.critical += 1,
                Grade::Major => counts.major += 1,
                Grade::Minor => counts.minor += 1,
            }
        }
    }
    counts
}

fn training(state: &State, year: i16) -> TrainingCounts {
    let mut counts = TrainingCounts::default();
    let mut holders = BTreeSet::new();
    for session in state
        .trainings
        .iter()
        .filter(|session| session.entry.held_on.year() == year)
    {
        counts.sessions += 1;
        counts.attendances += session.attended.len();
        holders.extend(session.attended.iter().map(|(holder, _)| holder));
    }
    counts.holders = holders.len();
    counts
}
