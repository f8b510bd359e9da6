//! What crossed the border in a year: cells of exports and imports, permits, and the answer about a region.

use std::collections::BTreeMap;

use serde::Serialize;

use super::BySubstance;
use crate::State;
use crate::country::{Country, Region};
use crate::id::Id;
use crate::quantity::Mass;
use crate::trade::{self, Case, Line, Side};

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
    let mut signed: BTreeMap<Country, bool> = BTreeMap::new();
    let mut cell = |((substance, destination), (total_g, count)): ((Id, Country), (Mass, i64))| {
        let is_signed = *signed
            .entry(destination)
            .or_insert_with(|| trade::signed_by(state, destination, year).is_some());
        let signers = [state.founding.country, destination];
        ExportCell {
            arrived_g: of_cases(state, &cell_of(&substance, destination), year, arrived),
            under_way_g: of_cases(state, &cell_of(&substance, destination), year, under_way),
            grade: grade(state, &cell_of(&substance, destination), year, (total_g, count)),
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

/// Which cases a figure is of: the side, the substance, and the country on the other side.
struct Of<'a> {
    side: Side,
    substance: &'a Id,
    country: Country,
}

fn cell_of(substance: &Id, country: Country) -> Of<'_> {
    let side = Side::Exporting;
    Of {
        side,
        substance,
        country,
    }
}

/// The country on the other side of a case.
fn other_country(case: &Case) -> Country {
    match case.side {
        Side::Exporting => case.consignment.importer.country,
        Side::Importing => case.consignment.exporter.country,
    }
}

/// Whether the goods of a case left in a year.
fn left_in(case: &Case, year: i16) -> bool {
    case.departure
        .as_ref()
        .is_some_and(|departure| departure.on.year() == year)
}

/// A figure of all cases of a cell, in base.
fn of_cases(state: &State, of: &Of<'_>, year: i16, figure: fn(&Case) -> &[Line]) -> Mass {
    let cases = state
        .trade
        .cases()
        .filter(|case| case.side == of.side && left_in(case, year));
    let lines = cases.filter(|case| other_country(case) == of.country).flat_map(figure);
    lines
        .filter(|line| line.goods.substance == *of.substance)
        .map(Line::base)
        .sum()
}

fn departed(case: &Case) -> &[Line] {
    case.departure.as_ref().map_or(&[], |departure| &departure.lines)
}

fn arrived(case: &Case) -> &[Line] {
    case.arrival.as_ref().map_or(&[], |arrival| &arrival.lines)
}

fn under_way(case: &Case) -> &[Line] {
    if case.arrival.is_some() { &[] } else { departed(case) }
}

/// Imports of a year: what entered, and beside it what left for here.
pub(super) fn imported(state: &State, year: i16, entered: BySubstance) -> Imported {
    let mut counts: BTreeMap<(Id, Country), i64> = BTreeMap::new();
    let importing = |case: &&Case| case.side == Side::Importing && left_in(case, year);
    for case in state.trade.cases().filter(importing) {
        let left = departed(case).iter().filter(|line| line.amount > 0);
        let substances: std::collections::BTreeSet<&Id> = left.map(|line| &line.goods.substance).collect();
        for substance in substances {
            *counts.entry((substance.clone(), other_country(case))).or_default() += 1;
        }
    }
    let cell = |((substance, origin), count): ((Id, Country), i64)| {
        let of = Of {
            side: Side::Importing,
            substance: &substance,
            country: origin,
        };
        ImportCell {
            departed_g: of_cases(state, &of, year, departed),
            arrived_g: of_cases(state, &of, year, arrived),
            substance,
            origin,
            count,
        }
    };
    Imported {
        entered,
        cells: counts.into_iter().map(cell).collect(),
    }
}

/// Mass and consignments by substance and destination.
type Cells = BTreeMap<(Id, Country), (Mass, i64)>;

/// The grade of a cell: `A` if confirmed consignments, none of them beyond its permit, explain all of it.
fn grade(state: &State, of: &Of<'_>, year: i16, (total, count): (Mass, i64)) -> Option<char> {
    let confirmed = |case: &&Case| {
        let fits = case.confirmation.is_some() && !case.beyond_permit;
        case.side == of.side && other_country(case) == of.country && fits && left_in(case, year)
    };
    let of_case = |case: &Case| -> Mass {
        let lines = departed(case)
            .iter()
            .filter(|line| line.goods.substance == *of.substance);
        lines.map(Line::base).sum()
    };
    let masses = state.trade.cases().filter(confirmed).map(of_case);
    let explained = masses
        .filter(|mass| *mass != Mass::ZERO)
        .fold((Mass::ZERO, 0), |(sum, cases), mass| (sum + mass, cases + 1));
    (explained == (total, count)).then_some('A')
}

pub(super) fn permits(state: &State, year: i16) -> PermitCounts {
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

pub(super) fn answer(state: &State, year: i16, asked: Destination) -> Asked {
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
