//! The tables of a year: estimates, plan, quotas, demand, and the comparison of its closing; as a page and as CSV.

use std::collections::{BTreeMap, BTreeSet};

use domain::State;
use domain::plan::{EstimateEntry, EstimateSet, PlanEntry, Planned};
use domain::quantity::Mass;
use domain::table::No;

use super::{figure, thing, year_of};
use crate::act;
use crate::answer::{Answered, Fault, file};
use crate::ask::{Ask, Visitor};
use crate::chart::{self, Figure, Head};
use crate::links;
use crate::names;
use crate::shown::Act;
use crate::words::Words;

/// Quotas of one year that are shown.
const QUOTAS: usize = 2_000;

/// An estimate, with what is left of its total.
pub struct EstimateRow {
    pub substance: String,
    pub version: u32,
    pub consumption: String,
    pub utilization: String,
    pub special: String,
    pub target: String,
    pub total: String,
    pub formula: String,
    pub acquired: String,
    pub left: String,
    pub act: Option<Act>,
}

/// A plan.
pub struct PlanRow {
    pub substance: String,
    pub need: String,
    pub demand: String,
    pub exports: String,
    pub stock: String,
    pub allowance: String,
    pub total: String,
    pub act: Option<Act>,
}

/// A plan line with the quotas that divide it.
pub struct LineRow {
    pub name: String,
    pub planned: String,
    pub granted: String,
    pub undivided: String,
    pub quotas: Vec<QuotaRow>,
    /// The quotas as bars.
    pub chart: String,
    pub act: Option<Act>,
}

/// A quota.
pub struct QuotaRow {
    pub holder: String,
    pub path: String,
    pub granted: String,
    pub used: String,
    pub left: String,
    pub act: Option<Act>,
}

/// Demand of a preparation.
pub struct DemandRow {
    pub item: String,
    pub sites: u64,
    pub amount: String,
    pub base: String,
}

/// A line of the comparison of article 21(1).
pub struct ClosingRow {
    pub substance: String,
    pub acquired: String,
    pub allowed: String,
    pub excess: String,
    pub exceeds: bool,
}

/// All tables of a year.
pub struct Year {
    pub estimates: Vec<EstimateRow>,
    /// Substances in use that have no estimate, with the act that sets one.
    pub missing: Vec<(String, Option<Act>)>,
    pub plans: Vec<PlanRow>,
    pub lines: Vec<LineRow>,
    pub demand: Vec<DemandRow>,
    pub closing: Vec<ClosingRow>,
}

impl Year {
    /// The tables of a year.
    pub fn of(ask: &Ask, state: &State, visitor: &Visitor, year: i16) -> Self {
        let words = ask.words();
        let open = state.planning.closed(year).is_none();
        let maker = Maker {
            words,
            state,
            visitor,
            year,
            open,
        };
        let demand = state.demand.of_year(year).map(|(item, sites, amount)| {
            let item = state.items.at(item);
            DemandRow {
                item: names::item(words, state, item),
                sites,
                amount: words.number(amount),
                base: names::mass(words, Mass::from_pg(i128::from(item.content_pg) * amount)),
            }
        });
        let closed = state.planning.closed(year).into_iter().flat_map(|closed| &closed.lines);
        let closing = closed.map(|line| ClosingRow {
            substance: names::substance_of_id(words, state, &line.substance),
            acquired: names::mass(words, line.acquired),
            allowed: names::mass(words, line.allowed),
            excess: names::mass(words, line.excess),
            exceeds: line.excess.is_positive(),
        });
        Self {
            estimates: maker.estimates(),
            missing: maker.missing(),
            plans: maker.plans(),
            lines: maker.lines(),
            demand: demand.collect(),
            closing: closing.collect(),
        }
    }
}

struct Maker<'a> {
    words: Words,
    state: &'a State,
    visitor: &'a Visitor,
    year: i16,
    open: bool,
}

/// What was manufactured and imported of each substance in a year.
fn acquired(state: &State, year: i16) -> BTreeMap<String, Mass> {
    let rows = domain::reporting::identity(state, year);
    rows.iter()
        .map(|row| (row.substance.to_string(), row.manufactured + row.imported))
        .collect()
}

impl Maker<'_> {
    fn mass(&self, mass: Mass) -> String {
        names::mass(self.words, mass)
    }

    /// An act of this year, if the visitor may do it and the year is open.
    fn act(&self, verb: &str, fields: &[(&str, &str)]) -> Option<Act> {
        if !self.open || !act::may(self.visitor, verb) {
            return None;
        }
        let year = self.year.to_string();
        let mut all = vec![("!year", year.as_str())];
        all.extend(fields);
        Some(Act::new(self.words, verb, &all, &links::at("/planning", &year)))
    }

    fn estimates(&self) -> Vec<EstimateRow> {
        let acquired = acquired(self.state, self.year);
        let row = |(no, set): (No, &EstimateSet)| {
            let estimate = &set.estimate;
            let had = acquired.get(estimate.substance.as_str()).copied().unwrap_or_default();
            EstimateRow {
                substance: names::substance(self.words, self.state, no),
                version: set.version,
                consumption: self.mass(estimate.consumption),
                utilization: self.mass(estimate.utilization),
                special: self.mass(estimate.special_additions),
                target: self.mass(estimate.stock_target),
                total: self.mass(set.total),
                formula: set.formula.to_string(),
                acquired: self.mass(had),
                left: self.mass(set.total - had),
                act: self.supplement(estimate),
            }
        };
        self.state.planning.estimates(self.year).map(row).collect()
    }

    /// The act that supplements an estimate, with what it says now.
    fn supplement(&self, estimate: &EstimateEntry) -> Option<Act> {
        let grams = |mass: Mass| mass.to_string();
        let fields: Vec<(String, String)> = [
            ("!substance", estimate.substance.to_string()),
            ("consumption", grams(estimate.consumption)),
            ("utilization", grams(estimate.utilization)),
            ("special_additions", grams(estimate.special_additions)),
            ("stock_target", grams(estimate.stock_target)),
            ("stock_previous", grams(estimate.stock_previous)),
            ("deduction", grams(estimate.deduction)),
            ("method", estimate.method.to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(estimate.manufacture.iter().enumerate().flat_map(|(at, line)| {
            [
                (format!("manufacture.{at}.site"), line.site.to_string()),
                (format!("manufacture.{at}.amount"), grams(line.amount)),
            ]
        }))
        .collect();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut act = self.act("set_estimate", &fields)?;
        act.name = self.words.t("planning-supplement");
        Some(act)
    }

    /// Substances with items and no estimate.
    fn missing(&self) -> Vec<(String, Option<Act>)> {
        let used: BTreeSet<No> = self.state.items.iter().map(|item| item.substance).collect();
        let missing = used
            .into_iter()
            .filter(|no| self.state.planning.estimate(self.year, *no).is_none());
        let row = |no: No| {
            let id = self.state.substances.at(no).entry.id.to_string();
            let name = names::substance(self.words, self.state, no);
            (name, self.act("set_estimate", &[("!substance", &id)]))
        };
        missing.map(row).collect()
    }

    fn plans(&self) -> Vec<PlanRow> {
        let plans = self
            .state
            .planning
            .estimates(self.year)
            .map(|(no, _)| (no, self.state.planning.plan(self.year, no)));
        let row = |(no, plan): (No, Option<&PlanEntry>)| {
            let figure =
                |figure: fn(&PlanEntry) -> Mass| plan.map_or_else(|| "–".to_owned(), |plan| self.mass(figure(plan)));
            PlanRow {
                substance: names::substance(self.words, self.state, no),
                need: figure(|plan| plan.domestic_need),
                demand: self.mass(self.state.demand.of_substance(self.state, self.year, no)),
                exports: figure(|plan| plan.expected_exports),
                stock: figure(|plan| plan.stock_change),
                allowance: figure(|plan| plan.process_allowance),
                total: figure(PlanEntry::total),
                act: self.plan_act(no, plan),
            }
        };
        plans.map(row).collect()
    }

    fn plan_act(&self, no: No, plan: Option<&PlanEntry>) -> Option<Act> {
        let substance = self.state.substances.at(no).entry.id.to_string();
        let mut fields: Vec<(String, String)> = vec![("!substance".to_owned(), substance)];
        if let Some(plan) = plan {
            let figures = [
                ("domestic_need", plan.domestic_need),
                ("expected_exports", plan.expected_exports),
                ("stock_change", plan.stock_change),
                ("process_allowance", plan.process_allowance),
            ];
            fields.extend(figures.map(|(name, mass)| (name.to_owned(), mass.to_string())));
            for (at, line) in plan.preparations.iter().enumerate() {
                fields.push((format!("preparations.{at}.item"), line.item.to_string()));
                fields.push((format!("preparations.{at}.amount"), line.amount.to_string()));
            }
            fields.extend(
                plan.reason
                    .iter()
                    .map(|reason| ("reason".to_owned(), reason.to_string())),
            );
        }
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut act = self.act("set_plan", &fields)?;
        act.name = self.words.t(if plan.is_some() {
            "planning-replan"
        } else {
            "planning-plan"
        });
        Some(act)
    }

    /// Plan lines with their quotas.
    fn lines(&self) -> Vec<LineRow> {
        let (words, state) = (self.words, self.state);
        let mut quotas: BTreeMap<Planned, Vec<(No, domain::plan::Quota)>> = BTreeMap::new();
        for (planned, holder, quota) in state.planning.quotas_of(self.year).take(QUOTAS) {
            quotas.entry(planned).or_default().push((holder, quota));
        }
        let row = |(at, (planned, line)): (usize, (Planned, domain::plan::Line))| {
            let of = planned.name(state);
            let print = |amount: i128| figure(words, state, planned, amount);
            let of_line = quotas.remove(&planned).unwrap_or_default();
            LineRow {
                name: thing(words, state, planned),
                planned: print(line.planned),
                granted: print(line.granted),
                undivided: print(line.planned - line.granted),
                chart: self.chart(at, planned, &of_line),
                quotas: of_line
                    .iter()
                    .map(|(holder, quota)| self.quota(planned, *holder, *quota, &of))
                    .collect(),
                act: self.act("grant_quota", &[("!of", &of)]).map(|mut act| {
                    act.name = words.t("planning-divide");
                    act
                }),
            }
        };
        state.planning.lines(self.year).enumerate().map(row).collect()
    }

    fn quota(&self, planned: Planned, holder: No, quota: domain::plan::Quota, of: &str) -> QuotaRow {
        let holder = &self.state.holders.holder_at(holder).entry;
        let print = |amount: i128| figure(self.words, self.state, planned, amount);
        QuotaRow {
            holder: holder.name.to_string(),
            path: links::at("/holders", &holder.id),
            granted: print(quota.granted),
            used: print(quota.used),
            left: print(quota.granted - quota.used),
            act: self
                .act("grant_quota", &[("!holder", &holder.id), ("!of", of)])
                .map(|mut act| {
                    act.name = self.words.t("planning-raise");
                    act
                }),
        }
    }

    /// Quotas of one line as bars: what is used, within what is granted.
    fn chart(&self, at: usize, planned: Planned, quotas: &[(No, domain::plan::Quota)]) -> String {
        if quotas.is_empty() {
            return String::new();
        }
        let words = self.words;
        let id = format!("quotas-{at}");
        let title = words.t1("planning-chart", "of", thing(words, self.state, planned));
        let desc = words.t("planning-chart-desc");
        let bar = |(holder, quota): &(No, domain::plan::Quota)| {
            let name = self.state.holders.holder_at(*holder).entry.name.to_string();
            let percent = quota
                .used
                .saturating_mul(100)
                .checked_div(quota.granted)
                .unwrap_or_default();
            let printed = words.t1("planning-percent", "percent", percent);
            Figure::new(name, quota.used, printed).of(quota.granted)
        };
        let figures: Vec<Figure> = quotas.iter().map(bar).collect();
        let head = Head {
            id: &id,
            title: &title,
            desc: &desc,
        };
        chart::bars(&head, &figures)
    }
}

/// One of the tables as CSV: machine-readable figures, masses in grams of base.
pub fn csv(ask: &Ask) -> Answered {
    let year = year_of(ask)?;
    let state = ask.state();
    let rows = match ask.param("table") {
        "estimates.csv" => estimates_csv(&state, year),
        "plan.csv" => plan_csv(&state, year),
        "quotas.csv" => quotas_csv(&state, year),
        "demand.csv" => demand_csv(&state, year),
        "closing.csv" => closing_csv(&state, year),
        _ => return Err(Fault::NotFound),
    };
    drop(state);
    let name = format!("{year}-{}", ask.param("table"));
    file("text/csv; charset=utf-8", &name, crate::csv::table(rows))
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn estimates_csv(state: &State, year: i16) -> Vec<Vec<String>> {
    let acquired = acquired(state, year);
    let mut rows = vec![head(&[
        "year",
        "substance",
        "version",
        "consumption_g",
        "utilization_g",
        "special_additions_g",
        "stock_target_g",
        "stock_previous_g",
        "deduction_g",
        "total_g",
        "formula",
        "manufactured_and_imported_g",
        "left_g",
    ])];
    rows.extend(state.planning.estimates(year).map(|(_, set)| {
        let estimate = &set.estimate;
        let had = acquired.get(estimate.substance.as_str()).copied().unwrap_or_default();
        let mut row = vec![
            year.to_string(),
            estimate.substance.to_string(),
            set.version.to_string(),
        ];
        let masses = [
            estimate.consumption,
            estimate.utilization,
            estimate.special_additions,
            estimate.stock_target,
            estimate.stock_previous,
            estimate.deduction,
            set.total,
        ];
        row.extend(masses.map(|mass| mass.to_string()));
        row.extend([set.formula.to_string(), had.to_string(), (set.total - had).to_string()]);
        row
    }));
    rows
}

fn plan_csv(state: &State, year: i16) -> Vec<Vec<String>> {
    let mut rows = vec![head(&[
        "year",
        "substance",
        "domestic_need_g",
        "demand_filed_g",
        "expected_exports_g",
        "stock_change_g",
        "process_allowance_g",
        "total_g",
    ])];
    let plans = state
        .planning
        .estimates(year)
        .filter_map(|(no, _)| Some((no, state.planning.plan(year, no)?)));
    rows.extend(plans.map(|(no, plan)| {
        let masses = [
            plan.domestic_need,
            state.demand.of_substance(state, year, no),
            plan.expected_exports,
            plan.stock_change,
            plan.process_allowance,
            plan.total(),
        ];
        let mut row = vec![year.to_string(), plan.substance.to_string()];
        row.extend(masses.map(|mass| mass.to_string()));
        row
    }));
    rows
}

/// A figure and its unit, for machines.
fn plain(planned: Planned, amount: i128) -> String {
    match planned {
        Planned::Substance(_) => Mass::from_pg(amount).to_string(),
        Planned::Preparation(_) => amount.to_string(),
    }
}

fn quotas_csv(state: &State, year: i16) -> Vec<Vec<String>> {
    let mut rows = vec![head(&["year", "of", "unit", "holder", "granted", "used", "left"])];
    rows.extend(state.planning.quotas_of(year).map(|(planned, holder, quota)| {
        let unit = match planned {
            Planned::Substance(_) => "g of base",
            Planned::Preparation(_) => "dispensing units",
        };
        let holder = state.holders.holder_at(holder).entry.id.to_string();
        let figures = [quota.granted, quota.used, quota.granted - quota.used];
        let mut row = vec![year.to_string(), planned.name(state), unit.to_owned(), holder];
        row.extend(figures.map(|amount| plain(planned, amount)));
        row
    }));
    rows
}

fn demand_csv(state: &State, year: i16) -> Vec<Vec<String>> {
    let mut rows = vec![head(&["year", "item", "sites", "dispensing_units", "base_g"])];
    rows.extend(state.demand.of_year(year).map(|(item, sites, amount)| {
        let item = state.items.at(item);
        let base = Mass::from_pg(i128::from(item.content_pg) * amount);
        vec![
            year.to_string(),
            item.id.to_string(),
            sites.to_string(),
            amount.to_string(),
            base.to_string(),
        ]
    }));
    rows
}

fn closing_csv(state: &State, year: i16) -> Vec<Vec<String>> {
    let mut rows = vec![head(&["year", "substance", "acquired_g", "allowed_g", "excess_g"])];
    let closed = state.planning.closed(year).into_iter().flat_map(|closed| &closed.lines);
    rows.extend(closed.map(|line| {
        let masses = [line.acquired, line.allowed, line.excess];
        let mut row = vec![year.to_string(), line.substance.to_string()];
        row.extend(masses.map(|mass| mass.to_string()));
        row
    }));
    rows
}
