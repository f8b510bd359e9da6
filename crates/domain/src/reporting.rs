//! Figures of a year, from the state alone: the identity of each substance, and the statement that others read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::State;
use crate::country::{Country, Region};
use crate::id::Id;
use crate::inspection::{Grade, InspectionKind};
use crate::ledger::{Cell, Control};
use crate::licence::Activity;
use crate::quantity::Mass;
use crate::table::No;
use crate::trade::{self, Case, Side};

/// The balance of one substance for one year, in base (`ledger.md`, balance evaluation).
/// opening + manufactured + imported + found − consumed − utilized − exported − process loss − destroyed − lost
/// − to special stocks − closing = residual, which must be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    for (item, cell) in state.ledger.flows.between(i32::MIN, from) {
        let (substance, content) = content(item);
        if let Some(sum) = sums.get_mut(substance as usize) {
            sum.before += content * cell.supply_held;
            sum.add_held(cell, content);
        }
    }
    for (item, cell) in state.ledger.flows.between(from, until) {
        let (substance, content) = content(item);
        if let Some(sum) = sums.get_mut(substance as usize) {
            sum.add_held(cell, content);
            sum.add_year(cell, content);
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
    let gained = opening + sum.manufactured + sum.imported + sum.found;
    let gone = sum.consumed
        + sum.utilized
        + sum.exported
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
        found: sum.found,
        consumed: sum.consumed,
        utilized: sum.utilized,
        process_loss: sum.process_loss,
        exported: sum.exported,
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

/// Export permits of a year: what the importing authorities were asked, what they said, what was issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PermitCounts {
    /// Importing authorities asked to confirm.
    pub requested: usize,
    /// They said yes.
    pub confirmed: usize,
    /// They said no.
    pub refused: usize,
    /// Permits issued.
    pub issued: usize,
}

/// One cell of the export statistics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportCell {
    /// The substance.
    pub substance: Id,
    /// The country of destination.
    pub destination: Country,
    /// What left at customs.
    pub total_g: Mass,
    /// How many consignments.
    pub count: i64,
    /// Assurance grade: `A` if the importing authority has confirmed every consignment in its own node; none if goods
    /// left without its word.
    pub grade: Option<char>,
    /// Countries whose authorities signed these very figures; empty while the importing authority has not.
    pub signed_by: Vec<Country>,
}

/// Exports of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// In all.
    pub total_g: Mass,
    /// By substance and destination.
    pub cells: Vec<ExportCell>,
}

/// What was exported to a region or country that somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// UN M49 code, if a region was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The countries it holds.
    pub countries: Vec<Country>,
    /// Exports to them in the year, recorded here.
    pub exported_g: Mass,
    /// Exports to them since the journal runs.
    pub exported_ever_g: Mass,
    /// Export permits for them since the journal runs.
    pub permits_ever: usize,
    /// Authorities of those countries that signed a zero for the year.
    pub zeros_signed_by: Vec<Country>,
    /// Countries of it whose authorities have signed nothing.
    pub unsigned: Vec<Country>,
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
    pub imported: BySubstance,
    /// Export permits.
    pub permits: PermitCounts,
    /// Exports.
    pub exported: Exported,
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

/// What somebody asks a statement about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One country.
    Country(Country),
    /// A region by its M49 code.
    Region(Region),
}

/// Draws up the statement of a year.
pub fn statement(state: &State, year: i16, asked: Option<Destination>) -> Statement {
    let identity = identity(state, year);
    let exported = exported(state, year);
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
        imported: BySubstance::of(&identity, |row| row.imported),
        permits: permits(state, year),
        asked: asked.map(|asked| answer(state, year, asked)),
        exported,
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
            .iter()
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

fn exported(state: &State, year: i16) -> Exported {
    let (from, until) = (i32::from(year) * 12, i32::from(year) * 12 + 12);
    let mut cells = Cells::new();
    for (item, country, flow) in state.ledger.flows.countries_between(from, until) {
        if flow.exports == 0 && flow.exported == 0 {
            continue;
        }
        let item = state.items.at(item);
        let substance = state.substances.at(item.substance).entry.id.clone();
        let (total, count) = cells.entry((substance, country)).or_default();
        *total += Mass::from_pg(i128::from(item.content_pg)) * flow.exported;
        *count += flow.exports;
    }
    let mut signed: BTreeMap<Country, bool> = BTreeMap::new();
    let mut cell = |((substance, destination), (total_g, count)): ((Id, Country), (Mass, i64))| {
        let is_signed = *signed
            .entry(destination)
            .or_insert_with(|| trade::signed_by(state, destination, year).is_some());
        let signers = [state.founding.country, destination];
        ExportCell {
            grade: grade(state, &substance, destination, year, count),
            substance,
            destination,
            total_g,
            count,
            signed_by: if is_signed { signers.to_vec() } else { Vec::new() },
        }
    };
    let cells: Vec<ExportCell> = cells.into_iter().map(&mut cell).collect();
    Exported {
        total_g: cells.iter().map(|cell| cell.total_g).sum(),
        cells,
    }
}

/// Mass and consignments by substance and destination.
type Cells = BTreeMap<(Id, Country), (Mass, i64)>;

/// The grade of a cell: that of its weakest consignment.
fn grade(state: &State, substance: &Id, destination: Country, year: i16, count: i64) -> Option<char> {
    let of_cell = |case: &&Case| {
        let left = case
            .departure
            .as_ref()
            .is_some_and(|departure| departure.on.year() == year);
        let lines = &case.consignment.lines;
        left && case.side == Side::Exporting
            && case.consignment.importer.country == destination
            && case.confirmation.is_some()
            && lines.iter().any(|line| line.goods.substance == *substance)
    };
    let confirmed = state.trade.cases().filter(of_cell).count();
    (usize::try_from(count) == Ok(confirmed)).then_some('A')
}

fn permits(state: &State, year: i16) -> PermitCounts {
    let mut counts = PermitCounts::default();
    for case in state.trade.cases().filter(|case| case.side == Side::Exporting) {
        let in_year = |day: Option<jiff::civil::Date>| usize::from(day.is_some_and(|day| day.year() == year));
        counts.requested += in_year(case.requested_on);
        counts.confirmed += in_year(case.confirmation.as_ref().map(|said| said.confirmed_on));
        counts.refused += in_year(case.refusal.as_ref().map(|(on, _)| *on));
        counts.issued += in_year(case.permit.as_ref().map(|permit| permit.issued_on));
    }
    counts
}

fn answer(state: &State, year: i16, asked: Destination) -> Asked {
    let (region, countries) = match asked {
        Destination::Country(country) => (None, vec![country]),
        Destination::Region(region) => (Some(region), region.countries().to_vec()),
    };
    let exported = |from, until| -> Mass {
        let flows = state.ledger.flows.countries_between(from, until);
        flows
            .filter(|(_, country, _)| countries.contains(country))
            .map(|(item, _, flow)| Mass::from_pg(i128::from(state.items.at(item).content_pg) * flow.exported))
            .sum()
    };
    let (from, until) = (i32::from(year) * 12, i32::from(year) * 12 + 12);
    let for_them = |case: &&Case| {
        let to = &case.consignment.importer.country;
        case.side == Side::Exporting && case.permit.is_some() && countries.contains(to)
    };
    let signed = |country: &Country| trade::signed_by(state, *country, year);
    let is_zero = |country: &&Country| signed(country).is_some_and(|known| known.statement.is_zero());
    let unsigned = |country: &&Country| **country != state.founding.country && signed(country).is_none();
    Asked {
        exported_g: exported(from, until),
        exported_ever_g: exported(i32::MIN, i32::MAX),
        permits_ever: state.trade.cases().filter(for_them).count(),
        zeros_signed_by: countries.iter().filter(is_zero).copied().collect(),
        unsigned: countries.iter().filter(unsigned).copied().collect(),
        region,
        countries,
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
