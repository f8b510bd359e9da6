//! What crossed the border in a year: cells of exports and imports, permits, and the answer about a region.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::BySubstance;
use crate::State;
use crate::country::{Country, Region};
use crate::id::Id;
use crate::quantity::Mass;
use crate::trade::{self, Case, Line, Side, Stage};

/// Export permits of a year: what the importing authorities were asked, what they said, what was issued.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PermitCounts {
    /// Importing authorities asked to confirm.
    pub requested: usize,
    /// They said yes.
    pub confirmed: usize,
    /// They said no.
    pub refused: usize,
    /// Permits issued.
    pub issued: usize,
    /// Permits issued by the grade of the confirmation they rest on; emergency exports rest on none.
    pub by_grade: BTreeMap<&'static str, u64>,
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
    /// What of it the importing authority has endorsed as arrived.
    pub arrived_g: Mass,
    /// What of it is under way: endorsed as departed, and not yet as arrived.
    pub under_way_g: Mass,
    /// How many consignments.
    pub count: i64,
    /// Assurance grade: `A` if the importing authority has confirmed every consignment in its own node; none if goods
    /// left without its word.
    pub grade: Option<char>,
    /// Countries whose authorities signed these very figures; empty while the importing authority has not.
    pub signed_by: Vec<Country>,
}

/// One cell of the import statistics: the mirror of the exporting country's cell of the same year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportCell {
    /// The substance.
    pub substance: Id,
    /// The country of origin.
    pub origin: Country,
    /// What left there in the year, as its authority has told.
    pub departed_g: Mass,
    /// What of it has arrived, as customs here has endorsed.
    pub arrived_g: Mass,
    /// How many consignments.
    pub count: i64,
}

/// Imports of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// What entered, by substance.
    #[serde(flatten)]
    pub entered: BySubstance,
    /// What left for this country in the year, by substance and origin.
    pub cells: Vec<ImportCell>,
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
    /// Exports to them in the year, recorded here, what left for emergencies there, and preparations of Schedule III, which
    /// no statistics count.
    pub exported_g: Mass,
    /// The same since the journal runs.
    pub exported_ever_g: Mass,
    /// Export permits for them since the journal runs.
    pub permits_ever: usize,
    /// Authorities of those countries that signed a zero for the year.
    pub zeros_signed_by: Vec<Country>,
    /// Countries of it whose authorities have signed nothing.
    pub unsigned: Vec<Country>,
}

/// What somebody asks a statement about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One country.
    Country(Country),
    /// A region by its M49 code.
    Region(Region),
}

pub(super) fn exported(state: &State, year: i16) -> Exported {
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
    let told = told(state, Side::Exporting, year);
    let mut signed: BTreeMap<Country, bool> = BTreeMap::new();
    let mut cell = |(key, (total_g, count)): ((Id, Country), (Mass, i64))| {
        let told = told.get(&key).copied().unwrap_or_default();
        let (substance, destination) = key;
        let is_signed = *signed
            .entry(destination)
            .or_insert_with(|| trade::signed_by(state, destination, year).is_some());
        let signers = [state.founding.country, destination];
        ExportCell {
            arrived_g: told.arrived,
            under_way_g: told.under_way,
            grade: told.grade((total_g, count)),
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

/// What left for an emergency, of one substance to one country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmergencyCell {
    /// The substance.
    pub substance: Id,
    /// Where it went.
    pub destination: Country,
    /// In base.
    pub total_g: Mass,
    /// In how many consignments.
    pub count: i64,
}

pub(super) fn emergencies(state: &State, year: i16) -> Vec<EmergencyCell> {
    let (from, until) = (i32::from(year) * 12, i32::from(year) * 12 + 12);
    let mut cells = Cells::new();
    let flows = state.ledger.flows.countries_between(from, until);
    for (item, country, flow) in flows.filter(|(.., flow)| flow.emergency != 0) {
        let item = state.items.at(item);
        let substance = state.substances.at(item.substance).entry.id.clone();
        let (total, count) = cells.entry((substance, country)).or_default();
        *total += Mass::from_pg(i128::from(item.content_pg)) * flow.emergency;
        *count += flow.emergencies;
    }
    let cell = |((substance, destination), (total_g, count))| EmergencyCell {
        substance,
        destination,
        total_g,
        count,
    };
    cells.into_iter().map(cell).collect()
}

/// The country on the other side of a case.
fn other_country(case: &Case) -> Country {
    match case.side {
        Side::Exporting => case.consignment.importer.country,
        Side::Importing => case.consignment.exporter.country,
    }
}

/// What the cases of a year say of one substance and the country on the other side, in base.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    departed: Mass,
    arrived: Mass,
    under_way: Mass,
    /// Consignments that left.
    count: i64,
    /// What left in confirmed consignments, none of them beyond its permit, and how many these are.
    confirmed: (Mass, i64),
}

impl Told {
    /// The grade of a cell: `A` if confirmed consignments explain all of it.
    fn grade(&self, all: (Mass, i64)) -> Option<char> {
        (self.confirmed == all).then_some('A')
    }
}

/// What the cases of one side say of a year. Each case is looked at once: a busy authority has many.
fn told(state: &State, side: Side, year: i16) -> BTreeMap<(Id, Country), Told> {
    let mut all: BTreeMap<(Id, Country), Told> = BTreeMap::new();
    for case in state.trade.cases().filter(|case| case.side == side) {
        let departure = case.departure.as_ref().filter(|departure| departure.on.year() == year);
        let Some(departure) = departure.filter(|_| case.emergency.is_none()) else {
            continue;
        };
        let country = other_country(case);
        let key = |line: &Line| (line.goods.substance.clone(), country);
        let mut left: BTreeMap<&Id, (Mass, bool)> = BTreeMap::new();
        for line in &departure.lines {
            let (mass, any) = left.entry(&line.goods.substance).or_default();
            *mass += line.base();
            *any |= line.amount > 0;
        }
        let fits = case.confirmation.is_some() && !case.beyond_permit;
        for (substance, (mass, any)) in left {
            let told = all.entry((substance.clone(), country)).or_default();
            told.departed += mass;
            told.count += i64::from(any);
            if matches!(case.stage, Stage::Departed | Stage::Returning) {
                told.under_way += mass;
            }
            if fits && mass != Mass::ZERO {
                told.confirmed = (told.confirmed.0 + mass, told.confirmed.1 + 1);
            }
        }
        for line in case.arrival.iter().flat_map(|arrival| &arrival.lines) {
            all.entry(key(line)).or_default().arrived += line.base();
        }
    }
    all
}

/// Imports of a year: what entered, and beside it what left for here.
pub(super) fn imported(state: &State, year: i16, entered: BySubstance) -> Imported {
    let left = told(state, Side::Importing, year).into_iter();
    let cell = |((substance, origin), told): ((Id, Country), Told)| ImportCell {
        departed_g: told.departed,
        arrived_g: told.arrived,
        substance,
        origin,
        count: told.count,
    };
    Imported {
        entered,
        cells: left.filter(|(_, told)| told.count > 0).map(cell).collect(),
    }
}

/// Mass and consignments by substance and destination.
type Cells = BTreeMap<(Id, Country), (Mass, i64)>;

pub(super) fn permits(state: &State, year: i16) -> PermitCounts {
    let by_grade = trade::grades(state, year).map(|(grade, count)| (grade.word(), count));
    let mut counts = PermitCounts {
        by_grade: by_grade.into(),
        ..PermitCounts::default()
    };
    for case in state.trade.cases().filter(|case| case.side == Side::Exporting) {
        let in_year = |day: Option<jiff::civil::Date>| usize::from(day.is_some_and(|day| day.year() == year));
        counts.requested += in_year(case.requested_on);
        counts.confirmed += in_year(case.confirmation.as_ref().map(|said| said.confirmed_on));
        counts.refused += in_year(case.refusal.as_ref().map(|(on, _)| *on));
        counts.issued += in_year(case.permit.as_ref().map(|permit| permit.issued_on));
    }
    counts
}

/// Countries that anything was exported to, or an export permit was issued for, since the journal runs.
pub fn reached(state: &State) -> BTreeSet<Country> {
    let flows = state.ledger.flows.countries_between(i32::MIN, i32::MAX);
    let exported = flows
        .filter(|(_, _, flow)| flow.exports != 0 || flow.exported != 0 || flow.emergencies != 0 || flow.exempt != 0);
    let permitted = state
        .trade
        .cases()
        .filter(|case| case.side == Side::Exporting && case.permit.is_some());
    exported
        .map(|(_, country, _)| country)
        .chain(permitted.map(other_country))
        .collect()
}

/// What was exported to a country or region, in a year and ever, and whose authorities have signed it.
pub fn answer(state: &State, year: i16, asked: Destination) -> Asked {
    let (region, countries) = match asked {
        Destination::Country(country) => (None, vec![country]),
        Destination::Region(region) => (Some(region), region.countries().to_vec()),
    };
    let exported = |from, until| -> Mass {
        let flows = state.ledger.flows.countries_between(from, until);
        flows
            .filter(|(_, country, _)| countries.contains(country))
            .map(|(item, _, flow)| (item, flow.exported + flow.emergency + flow.exempt))
            .map(|(item, left)| Mass::from_pg(i128::from(state.items.at(item).content_pg) * left))
            .sum()
    };
    let (from, until) = (i32::from(year) * 12, i32::from(year) * 12 + 12);
    let for_them = |case: &&Case| {
        let to = &case.consignment.importer.country;
        case.side == Side::Exporting && case.permit.is_some() && countries.contains(to)
    };
    let signed = |country: &Country| Some((*country, trade::signed_by(state, *country, year)?));
    let signed: BTreeMap<Country, &trade::StatementCase> = countries.iter().filter_map(signed).collect();
    let is_zero = |country: &&Country| signed.get(country).is_some_and(|known| known.statement.is_zero());
    let unsigned = |country: &&Country| **country != state.founding.country && !signed.contains_key(country);
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
