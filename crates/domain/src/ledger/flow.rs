//! What flowed, nationally, by month and item: the figures that cut at the treaty's boundary (1961 art. 1(2)).
//!
//! A cell keeps the month's turnover of each control account, apart for the supply side and for what lies beyond the
//! boundary (institutions, pharmacies, research). Goods on the way belong to the supply side.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::quantity::Mass;
use crate::table::No;

/// The control accounts of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Stock at the beginning of the books.
    Opening,
    /// Bulk synthesis.
    Produced,
    /// Consumed by lots in process.
    FedToLots,
    /// Made by lots in process.
    MadeByLots,
    /// Utilized for other drugs and preparations.
    Used,
    /// From abroad.
    Imported,
    /// To abroad.
    Exported,
    /// To patients and wards.
    Dispensed,
    /// Destroyed.
    Destroyed,
    /// Lost or stolen.
    Lost,
    /// Found or recovered.
    Found,
    /// Not explained.
    Unexplained,
    /// From other provinces.
    ProvinceIn,
    /// To other provinces.
    ProvinceOut,
}

/// How many control accounts an item has.
const CONTROLS: usize = 14;

impl Control {
    fn place(self) -> usize {
        self as usize
    }
}

/// One month of one item, in counting units. Controls carry their balance: what came out of a source is negative.
/// Figures are wider than the amounts of lines, so that no number of lines can make one wrap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    supply: [i128; CONTROLS],
    retail: [i128; CONTROLS],
    /// Net deliveries over the boundary.
    pub consumed: i128,
    /// Returns over the boundary that policy counts as found instead of negative consumption.
    pub returned: i128,
    /// Change of what the supply side holds, special stocks left out.
    pub supply_held: i128,
    /// Change of what lies beyond the boundary.
    pub retail_held: i128,
    /// Change of special stocks.
    pub special: i128,
}

impl Cell {
    /// A control account of the supply side.
    pub fn supply(&self, control: Control) -> i128 {
        self.supply.get(control.place()).copied().unwrap_or_default()
    }

    /// The same beyond the boundary.
    pub fn retail(&self, control: Control) -> i128 {
        self.retail.get(control.place()).copied().unwrap_or_default()
    }

    /// All control balances.
    pub fn controls(&self) -> impl Iterator<Item = i128> {
        self.supply.iter().chain(&self.retail).copied()
    }

    pub(super) fn control(&mut self, retail: bool, control: Control, amount: i128) {
        let side = if retail { &mut self.retail } else { &mut self.supply };
        if let Some(balance) = side.get_mut(control.place()) {
            *balance += amount;
        }
    }
}

/// One month of one substance in lots in process, in base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotFlow {
    /// Change of what open lots hold.
    pub held: Mass,
    /// Process loss of lots closed.
    pub loss: Mass,
}

/// One month of one item with one country, in counting units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryFlow {
    /// Left at customs.
    pub exported: i128,
    /// How many consignments left.
    pub exports: i64,
    /// Left for an emergency: consumed here, not exported.
    pub emergency: i128,
    /// How many such consignments left.
    pub emergencies: i64,
    /// Arrived.
    pub imported: i128,
    /// Left at customs as a preparation of Schedule III: in no export statistics (1961 art. 2(4)).
    pub exempt: i128,
}

/// A month: years × 12 + months from 0.
pub type Month = i32;

/// The month of a day.
pub fn month_of(day: Date) -> Month {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}

/// All flows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flows {
    cells: BTreeMap<(Month, No), Cell>,
    lots: BTreeMap<(Month, No), LotFlow>,
    countries: BTreeMap<(Month, No, Country), CountryFlow>,
}

impl Flows {
    /// All cells by month and item.
    pub fn cells(&self) -> impl Iterator<Item = ((Month, No), &Cell)> {
        self.cells.iter().map(|(key, cell)| (*key, cell))
    }

    /// Cells of the months from `from` up to and without `until`.
    pub fn between(&self, from: Month, until: Month) -> impl Iterator<Item = (No, &Cell)> {
        self.cells
            .range((from, 0)..(until, 0))
            .map(|((_, item), cell)| (*item, cell))
    }

    /// Lot flows of the months from `from` up to and without `until`, by substance.
    pub fn lots_between(&self, from: Month, until: Month) -> impl Iterator<Item = (No, LotFlow)> {
        self.lots
            .range((from, 0)..(until, 0))
            .map(|((_, substance), flow)| (*substance, *flow))
    }

    /// Trade of the months from `from` up to and without `until`, by item and country.
    pub fn countries_between(&self, from: Month, until: Month) -> impl Iterator<Item = (No, Country, CountryFlow)> {
        let within = move |((month, ..), _): &(&(Month, No, Country), &CountryFlow)| (from..until).contains(month);
        self.countries
            .iter()
            .filter(within)
            .map(|((_, item, country), flow)| (*item, *country, *flow))
    }

    /// What all open lots hold.
    pub fn in_lots(&self) -> Mass {
        self.lots.values().map(|flow| flow.held).sum()
    }

    pub(super) fn cell(&mut self, day: Date, item: No) -> &mut Cell {
        self.cells.entry((month_of(day), item)).or_default()
    }

    pub(super) fn lot(&mut self, day: Date, substance: No) -> &mut LotFlow {
        self.lots.entry((month_of(day), substance)).or_default()
    }

    pub(super) fn country(&mut self, day: Date, item: No, country: Country) -> &mut CountryFlow {
        self.countries.entry((month_of(day), item, country)).or_default()
    }
}
