//! Demand returns: what institutions say they will need in a year. The plan starts from their sum.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::access::Actor;
use crate::id::Id;
use crate::quantity::Mass;
use crate::refusal::{NameRefusal, Refused, refusals};
use crate::table::No;

/// A demand return: one site, one preparation, one year. A later one for the same three replaces the earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandReturn {
    /// The year of the need.
    pub year: i16,
    /// The site that needs it.
    pub site: Id,
    /// The preparation.
    pub item: Id,
    /// In dispensing units.
    pub amount: i64,
}

refusals! {
    /// Why a demand return is refused.
    pub enum DemandRefusal {
        Bulk { item: String } = "demand_not_for_preparation", None, "{item} is bulk substance: demand is filed for preparations";
        NotRetail { site: String } = "demand_not_of_institution", None, "site {site} is no institution, pharmacy or research body: only their need is demand";
    }
}

/// Demand by year, item and site.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Demand {
    filed: BTreeMap<(i16, No, No), i64>,
    /// How many sites filed for an item in a year, and how much in all; made anew when a snapshot is read.
    #[serde(skip)]
    sums: BTreeMap<(i16, No), (u64, i128)>,
}

impl Demand {
    /// The demand for a year and substance, in base.
    pub fn of_substance(&self, state: &State, year: i16, substance: No) -> Mass {
        self.of_year(year)
            .map(|(item, _, amount)| (state.items.at(item), amount))
            .filter(|(item, _)| item.substance == substance)
            .map(|(item, amount)| Mass::from_pg(i128::from(item.content_pg) * amount))
            .sum()
    }

    /// What was filed for a year: each item, by how many sites, dispensing units in all.
    pub fn of_year(&self, year: i16) -> impl Iterator<Item = (No, u64, i128)> {
        let of_year = self.sums.range((year, 0)..=(year, No::MAX));
        of_year.map(|((_, item), (sites, amount))| (*item, *sites, *amount))
    }

    fn put(&mut self, (year, item, site): (i16, No, No), amount: i64) {
        let before = self.filed.insert((year, item, site), amount);
        let (sites, sum) = self.sums.entry((year, item)).or_default();
        *sites += u64::from(before.is_none());
        *sum += i128::from(amount) - i128::from(before.unwrap_or_default());
    }

    pub(crate) fn reindex(&mut self) {
        self.sums.clear();
        for ((year, item, _), amount) in &self.filed {
            let (sites, sum) = self.sums.entry((*year, *item)).or_default();
            *sites += 1;
            *sum += i128::from(*amount);
        }
    }

    /// How many sites filed for a year.
    pub fn sites(&self, year: i16) -> usize {
        let mut sites: Vec<No> = self
            .filed
            .range((year, 0, 0)..=(year, No::MAX, No::MAX))
            .map(|((_, _, site), _)| *site)
            .collect();
        sites.sort_unstable();
        sites.dedup();
        sites.len()
    }
}

pub(crate) fn decide(state: &State, by: &Actor, filed: &DemandReturn) -> Refused<()> {
    let (_, site) = state.holders.open_site(&filed.site)?;
    crate::ledger::owns(by, site)?;
    let (_, item) = state.items.find(&filed.item)?;
    if item.bulk {
        return Err(DemandRefusal::Bulk {
            item: filed.item.to_string(),
        }
        .into());
    }
    if !site.retail {
        return Err(DemandRefusal::NotRetail {
            site: filed.site.to_string(),
        }
        .into());
    }
    if filed.amount < 0 {
        return Err(NameRefusal::NotPositive {
            field: "amount",
            amount: filed.amount.to_string(),
        }
        .into());
    }
    crate::ledger::not_too_large(item, filed.amount)
}

pub(crate) fn apply(state: &mut State, filed: &DemandReturn) {
    if let (Some(item), Some(site)) = (state.items.0.no(&filed.item), state.holders.sites.no(&filed.site)) {
        state.demand.put((filed.year, item, site), filed.amount);
    }
}
