//! Estimates (1961 art. 19), the production plan, and quotas that can never sum to more than the plan.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::id::{Id, Text};
use crate::licence::Activity;
use crate::quantity::{Amount, Mass};
use crate::refusal::{NameRefusal, Refused, refusals, unknown};
use crate::reporting::Identity;
use crate::table::No;

/// What one establishment is to manufacture of a synthetic drug (1961 art. 19(1)(h)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedManufacture {
    /// The site.
    pub site: Id,
    /// In base.
    pub amount: Mass,
}

/// The estimate of one substance for one year (1961 art. 19(1)); all masses in anhydrous base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateEntry {
    /// The year.
    pub year: i16,
    /// The substance.
    pub substance: Id,
    /// (a) to be consumed for medical and scientific purposes.
    pub consumption: Mass,
    /// (b) to be utilized for other drugs, Schedule III preparations and substances not covered.
    pub utilization: Mass,
    /// (d) to be added to special stocks.
    pub special_additions: Mass,
    /// (c) stock to be held on 31 December of the year.
    pub stock_target: Mass,
    /// Stock actually held on 31 December of the year before.
    pub stock_previous: Mass,
    /// (h) manufacture per establishment.
    pub manufacture: Vec<PlannedManufacture>,
    /// Deduction the Board made (art. 21(3)).
    pub deduction: Mass,
    /// How the figures were found (art. 19(4)).
    pub method: Text,
    /// Why the estimate is supplemented (art. 19(3)); demanded from the second version on.
    pub supplement_reason: Option<Text>,
}

/// An estimate with its total, as computed at its decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateSet {
    /// As proposed.
    pub estimate: EstimateEntry,
    /// 1, 2, … per year and substance.
    pub version: u32,
    /// The paragraph whose formula gave the total.
    pub formula: Text,
    /// The total of estimates (art. 19(2)).
    pub total: Mass,
}

/// Planned output of one preparation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreparationLine {
    /// The preparation.
    pub item: Id,
    /// In dispensing units.
    pub amount: i64,
}

/// The production plan of one substance for one year: its total is the sum of its four parts, in base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanEntry {
    /// The year.
    pub year: i16,
    /// The substance.
    pub substance: Id,
    /// What the country will consume.
    pub domestic_need: Mass,
    /// What it expects to export.
    pub expected_exports: Mass,
    /// Change of stock; may be negative.
    pub stock_change: Mass,
    /// What will be lost in processing.
    pub process_allowance: Mass,
    /// Planned output per preparation.
    pub preparations: Vec<PreparationLine>,
    /// Why the domestic need differs from the demand that was filed, if it does.
    pub reason: Option<Text>,
}

/// A quota of one maker: bulk in base (`of` names a substance), or a preparation in dispensing units (`of` names an item).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaEntry {
    /// The year.
    pub year: i16,
    /// The maker.
    pub holder: Id,
    /// Substance or preparation.
    pub of: Id,
    /// Added to what the maker has: a mass such as `"42 kg"` of base, or dispensing units.
    pub amount: Amount,
}

/// Closing of a year: the comparison of 1961 art. 21(1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YearClosing {
    /// The year.
    pub year: i16,
}

/// One substance in the comparison of art. 21(1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingLine {
    /// The substance.
    pub substance: Id,
    /// Manufactured and imported.
    pub acquired: Mass,
    /// Consumed and utilized within the estimate, exported, added to stock up to the estimate's level, to special stocks.
    pub allowed: Mass,
    /// What was acquired beyond; nothing if within.
    pub excess: Mass,
}

/// A closed year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearClosed {
    /// The year.
    pub year: i16,
    /// A line per substance with an estimate or any movement.
    pub lines: Vec<ClosingLine>,
}

refusals! {
    /// Why planning refuses.
    pub enum PlanRefusal {
        Negative { field: &'static str, amount: Mass } = "amount_negative", None, "{field} cannot be {amount} g";
        SupplementReason { year: i16, substance: String } = "supplement_reason_missing", Some("1961 art. 19(3)"),
            "the estimate of {substance} for {year} stands already: a supplement must say why";
        EstimateMissing { year: i16, substance: String } = "estimate_missing", Some("1961 art. 19(1)"),
            "there is no estimate of {substance} for {year} to plan within";
        PlanExceedsEstimate { year: i16, substance: String, estimate_g: Mass, plan_g: Mass } = "plan_exceeds_estimate", Some("1961 art. 19(2), 19(5)"),
            "the total of estimates of {substance} for {year} is {estimate_g} g; the plan makes {plan_g} g";
        NeedExceedsEstimate { year: i16, substance: String, estimate_g: Mass, need_g: Mass } = "need_exceeds_estimate", Some("1961 art. 19(1)(a), 19(5)"),
            "{estimate_g} g of {substance} are estimated for consumption in {year}; the plan needs {need_g} g";
        NeedUnlikeDemand { year: i16, substance: String, demand_g: Mass, need_g: Mass } = "need_unlike_demand", None,
            "demand filed for {substance} in {year} is {demand_g} g, the plan says {need_g} g: give the reason";
        EstimateBelowPlan { year: i16, substance: String, estimate_g: Mass, plan_g: Mass } = "estimate_below_plan", Some("1961 art. 19(2), 19(5)"),
            "the plan of {substance} for {year} makes {plan_g} g; its estimate cannot fall to {estimate_g} g";
        PlanBelowQuotas { year: i16, of: String, quotas: String, plan: String } = "plan_below_quotas", None,
            "quotas of {of} for {year} already sum to {quotas}; the plan cannot fall to {plan}";
        PlanMissing { year: i16, of: String } = "plan_missing", Some("1961 art. 29(2)(c)"),
            "there is no plan line of {of} for {year} to divide into quotas";
        QuotasExceedPlan { year: i16, of: String, plan: String, granted: String, requested: String, left: String } = "quotas_exceed_plan", Some("1961 art. 29(2)(c)"),
            "the plan of {of} for {year} is {plan}, {granted} are granted; {requested} more asked, {left} are left";
        NotDesignated { holder: String, of: String, year: i16 } = "maker_not_designated", Some("1961 art. 29(1)"),
            "{holder} has no licence to make {of} in {year}";
        QuotaMissing { year: i16, holder: String, of: String, requested: String } = "quota_missing", Some("1961 art. 29(2)(c)"),
            "{holder} has no quota of {of} for {year}; {requested} asked";
        QuotaExceeded { year: i16, holder: String, of: String, granted: String, used: String, requested: String, left: String } = "quota_exceeded", Some("1961 art. 29(2)(c)"),
            "the quota of {holder} for {of} in {year} is {granted}, {used} are used; {requested} asked, {left} are left";
        YearNotOver { year: i16, today: String } = "year_not_over", Some("1961 art. 21(1)"),
            "{year} is not over on {today}";
        YearClosed { year: i16 } = "year_closed", Some("1961 art. 21(1)"), "{year} is closed already";
    }
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Planned {
    /// Bulk, in picograms of base.
    Substance(No),
    /// A preparation, in dispensing units.
    Preparation(No),
}

/// A plan line and what became of it: ceiling, granted to makers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Line {
    /// The plan.
    pub planned: i128,
    /// The sum of quotas.
    pub granted: i128,
}

/// A quota is an account: what was granted, what is used.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Quota {
    /// The ceiling.
    pub granted: i128,
    /// Used by real movements.
    pub used: i128,
}

/// Estimates, plans, quotas, closed years.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Planning {
    estimates: BTreeMap<(i16, No), EstimateSet>,
    plans: BTreeMap<(i16, No), PlanEntry>,
    lines: BTreeMap<(i16, Planned), Line>,
    quotas: BTreeMap<(i16, Planned, No), Quota>,
    closed: BTreeMap<i16, YearClosed>,
}

impl PlanEntry {
    /// What the plan makes in all.
    pub fn total(&self) -> Mass {
        self.domestic_need + self.expected_exports + self.stock_change + self.process_allowance
    }
}

impl Planning {
    /// The estimates of a year in force, by substance.
    pub fn estimates(&self, year: i16) -> impl Iterator<Item = (No, &EstimateSet)> {
        let of_year = self.estimates.range((year, 0)..=(year, No::MAX));
        of_year.map(|((_, substance), set)| (*substance, set))
    }

    /// The plan of a substance.
    pub fn plan(&self, year: i16, substance: No) -> Option<&PlanEntry> {
        self.plans.get(&(year, substance))
    }

    /// The quotas of a year: what, holder, account.
    pub fn quotas_of(&self, year: i16) -> impl Iterator<Item = (Planned, No, Quota)> {
        let of_year = self.quotas.range((year, Planned::Substance(0), 0)..);
        of_year
            .take_while(move |((of, _, _), _)| *of == year)
            .map(|((_, planned, holder), quota)| (*planned, *holder, *quota))
    }

    /// A plan line of a year.
    pub fn line(&self, year: i16, planned: Planned) -> Option<Line> {
        self.lines.get(&(year, planned)).copied()
    }

    /// Years with an estimate, a plan, or a closing, the last first.
    pub fn years(&self) -> Vec<i16> {
        let estimated = self.estimates.keys().map(|(year, _)| *year);
        let planned = self.plans.keys().map(|(year, _)| *year);
        let all: BTreeSet<i16> = estimated.chain(planned).chain(self.closed.keys().copied()).collect();
        all.into_iter().rev().collect()
    }

    /// The estimate in force.
    pub fn estimate(&self, year: i16, substance: No) -> Option<&EstimateSet> {
        self.estimates.get(&(year, substance))
    }

    /// Plan lines of a year.
    pub fn lines(&self, year: i16) -> impl Iterator<Item = (Planned, Line)> {
        self.lines
            .iter()
            .filter(move |((of, _), _)| *of == year)
            .map(|((_, planned), line)| (*planned, *line))
    }

    /// A quota.
    pub fn quota(&self, year: i16, planned: Planned, holder: No) -> Option<Quota> {
        self.quotas.get(&(year, planned, holder)).copied()
    }

    /// All quotas: year, what, holder, account.
    pub fn quotas(&self) -> impl Iterator<Item = (i16, Planned, No, Quota)> {
        self.quotas
            .iter()
            .map(|((year, planned, holder), quota)| (*year, *planned, *holder, *quota))
    }

    /// The last year that is closed.
    pub fn last_closed(&self) -> Option<i16> {
        self.closed.keys().next_back().copied()
    }

    /// A closed year.
    pub fn closed(&self, year: i16) -> Option<&YearClosed> {
        self.closed.get(&year)
    }

    /// Nothing is planned any more for a year that is closed.
    fn open_year(&self, year: i16) -> Refused<()> {
        match self.closed(year) {
            Some(_) => Err(PlanRefusal::YearClosed { year }.into()),
            None => Ok(()),
        }
    }

    /// Whether a quota has room.
    pub(crate) fn check_room(
        &self,
        state: &State,
        year: i16,
        planned: Planned,
        holder: No,
        wanted: i128,
    ) -> Refused<()> {
        let name = || {
            (
                state.holders.holder_at(holder).entry.id.to_string(),
                planned.name(state),
            )
        };
        let Some(quota) = self.quota(year, planned, holder) else {
            let (holder, of) = name();
            return Err(PlanRefusal::QuotaMissing {
                year,
                holder,
                of,
                requested: planned.print(wanted),
            }
            .into());
        };
        let left = quota.granted - quota.used;
        if wanted <= left {
            return Ok(());
        }
        let (holder, of) = name();
        let print = |amount| planned.print(amount);
        let (granted, used, requested, left) = (print(quota.granted), print(quota.used), print(wanted), print(left));
        Err(PlanRefusal::QuotaExceeded {
            year,
            holder,
            of,
            granted,
            used,
            requested,
            left,
        }
        .into())
    }

    /// Uses a quota, or gives back with a negative amount.
    pub(crate) fn spend(&mut self, year: i16, planned: Planned, holder: No, amount: i128) {
        self.quotas.entry((year, planned, holder)).or_default().used += amount;
    }
}

impl Planned {
    /// The substance or item it counts.
    pub fn name(self, state: &State) -> String {
        match self {
            Self::Substance(no) => state.substances.at(no).entry.id.to_string(),
            Self::Preparation(no) => state.items.at(no).id.to_string(),
        }
    }

    /// A figure in its unit.
    pub fn print(self, amount: i128) -> String {
        match self {
            Self::Substance(_) => format!("{} g", Mass::from_pg(amount)),
            Self::Preparation(_) => amount.to_string(),
        }
    }
}

fn planned(state: &State, of: &str) -> Refused<Planned> {
    if let Ok((no, _)) = state.substances.find(of) {
        return Ok(Planned::Substance(no));
    }
    match state.items.find(of) {
        Ok((no, item)) if !item.bulk => Ok(Planned::Preparation(no)),
        _ => Err(unknown("substance or preparation", of)),
    }
}

fn not_negative(figures: &[(&'static str, Mass)]) -> Refused<()> {
    for (field, amount) in figures {
        if amount.is_negative() {
            return Err(PlanRefusal::Negative { field, amount: *amount }.into());
        }
    }
    Ok(())
}

/// The total of estimates and the paragraph it follows (1961 art. 19(2)(a) and (c), 21(3)).
pub fn total_of_estimates(estimate: &EstimateEntry, synthetic: bool) -> (Mass, &'static str) {
    let to_stock = (estimate.stock_target - estimate.stock_previous).or_zero();
    let by_need = estimate.consumption + estimate.utilization + estimate.special_additions + to_stock;
    let by_makers: Mass = estimate.manufacture.iter().map(|line| line.amount).sum();
    if synthetic {
        (
            (by_need.max(by_makers) - estimate.deduction).or_zero(),
            "1961 art. 19(2)(c)",
        )
    } else {
        ((by_need - estimate.deduction).or_zero(), "1961 art. 19(2)(a)")
    }
}

pub(crate) fn decide_estimate(state: &State, estimate: &EstimateEntry) -> Refused<EstimateSet> {
    let (no, substance) = state.substances.find(&estimate.substance)?;
    state.planning.open_year(estimate.year)?;
    not_negative(&[
        ("consumption", estimate.consumption),
        ("utilization", estimate.utilization),
        ("special_additions", estimate.special_additions),
        ("stock_target", estimate.stock_target),
        ("stock_previous", estimate.stock_previous),
        ("deduction", estimate.deduction),
    ])?;
    for line in &estimate.manufacture {
        state.holders.site(&line.site)?;
        not_negative(&[("manufacture", line.amount)])?;
    }
    let version = state
        .planning
        .estimate(estimate.year, no)
        .map_or(1, |set| set.version + 1);
    if version > 1 && estimate.supplement_reason.is_none() {
        let (year, substance) = (estimate.year, estimate.substance.to_string());
        return Err(PlanRefusal::SupplementReason { year, substance }.into());
    }
    let (total, formula) = total_of_estimates(estimate, substance.entry.synthetic);
    let plan = state.planning.plans.get(&(estimate.year, no)).map(PlanEntry::total);
    if let Some(plan_g) = plan.filter(|plan| total < *plan) {
        let (year, substance, estimate_g) = (estimate.year, estimate.substance.to_string(), total);
        return Err(PlanRefusal::EstimateBelowPlan {
            year,
            substance,
            estimate_g,
            plan_g,
        }
        .into());
    }
    let formula = formula.parse().map_err(|_| unknown("formula", formula))?;
    Ok(EstimateSet {
        estimate: estimate.clone(),
        version,
        formula,
        total,
    })
}

pub(crate) fn apply_estimate(state: &mut State, set: &EstimateSet) {
    if let Some(no) = state.substances.0.no(&set.estimate.substance) {
        state.planning.estimates.insert((set.estimate.year, no), set.clone());
    }
}

pub(crate) fn decide_plan(state: &State, plan: &PlanEntry) -> Refused<()> {
    let (no, _) = state.substances.find(&plan.substance)?;
    state.planning.open_year(plan.year)?;
    let total = plan.total();
    not_negative(&[
        ("domestic_need", plan.domestic_need),
        ("expected_exports", plan.expected_exports),
        ("process_allowance", plan.process_allowance),
        ("the plan's total", total),
    ])?;
    let (year, substance) = (plan.year, plan.substance.to_string());
    let Some(estimate) = state.planning.estimate(year, no) else {
        return Err(PlanRefusal::EstimateMissing { year, substance }.into());
    };
    if plan.domestic_need > estimate.estimate.consumption {
        let (estimate_g, need_g) = (estimate.estimate.consumption, plan.domestic_need);
        return Err(PlanRefusal::NeedExceedsEstimate {
            year,
            substance,
            estimate_g,
            need_g,
        }
        .into());
    }
    if total > estimate.total {
        let (estimate_g, plan_g) = (estimate.total, total);
        return Err(PlanRefusal::PlanExceedsEstimate {
            year,
            substance,
            estimate_g,
            plan_g,
        }
        .into());
    }
    let demand = state.demand.of_substance(state, year, no);
    if demand != plan.domestic_need && plan.reason.is_none() {
        let (demand_g, need_g) = (demand, plan.domestic_need);
        return Err(PlanRefusal::NeedUnlikeDemand {
            year,
            substance,
            demand_g,
            need_g,
        }
        .into());
    }
    for (thing, ceiling) in plan_lines(state, no, plan)? {
        let granted = state.planning.lines.get(&(year, thing)).map_or(0, |line| line.granted);
        if granted > ceiling {
            let (of, quotas, plan) = (thing.name(state), thing.print(granted), thing.print(ceiling));
            return Err(PlanRefusal::PlanBelowQuotas { year, of, quotas, plan }.into());
        }
    }
    Ok(())
}

/// The lines of a plan. A preparation of an earlier plan that this one leaves out is planned no more.
fn plan_lines(state: &State, substance: No, plan: &PlanEntry) -> Refused<Vec<(Planned, i128)>> {
    let mut lines = vec![(Planned::Substance(substance), plan.total().pg())];
    for line in &plan.preparations {
        let (no, item) = state.items.find(&line.item)?;
        if item.bulk || item.substance != substance {
            return Err(unknown("preparation of that substance", &line.item));
        }
        if line.amount < 0 {
            return Err(NameRefusal::NotPositive {
                field: "preparations",
                amount: line.amount.to_string(),
            }
            .into());
        }
        lines.push((Planned::Preparation(no), i128::from(line.amount)));
    }
    for (thing, _) in state.planning.lines(plan.year) {
        let of_substance = matches!(thing, Planned::Preparation(no) if state.items.at(no).substance == substance);
        if of_substance && lines.iter().all(|(planned, _)| *planned != thing) {
            lines.push((thing, 0));
        }
    }
    Ok(lines)
}

pub(crate) fn apply_plan(state: &mut State, plan: &PlanEntry) {
    let Some(no) = state.substances.0.no(&plan.substance) else {
        return;
    };
    for (thing, ceiling) in plan_lines(state, no, plan).unwrap_or_default() {
        state.planning.lines.entry((plan.year, thing)).or_default().planned = ceiling;
    }
    state.planning.plans.insert((plan.year, no), plan.clone());
}

fn quota_amount(thing: Planned, amount: &Amount) -> Refused<i128> {
    let bad = |why: String| -> Box<crate::Refusal> { NameRefusal::BadQuantity { field: "amount", why }.into() };
    let amount = match (thing, amount) {
        (Planned::Substance(_), Amount::Entered(text)) => {
            text.parse::<Mass>().map_err(|why| bad(why.to_string()))?.pg()
        }
        (Planned::Substance(_), Amount::Units(_)) => {
            return Err(bad(
                "a quota of a substance is a mass of base with its unit, such as \"42 kg\"".to_owned(),
            ));
        }
        (Planned::Preparation(_), amount) => i128::from(amount.units(false).map_err(|why| bad(why.to_string()))?),
    };
    if amount <= 0 {
        return Err(NameRefusal::NotPositive {
            field: "amount",
            amount: amount.to_string(),
        }
        .into());
    }
    Ok(amount)
}

pub(crate) fn decide_quota(state: &State, quota: &QuotaEntry) -> Refused<()> {
    let (year, of) = (quota.year, quota.of.to_string());
    state.planning.open_year(year)?;
    let (_, holder) = state
        .holders
        .holder(&quota.holder)
        .ok_or_else(|| unknown("holder", &quota.holder))?;
    let thing = planned(state, &quota.of)?;
    let wanted = quota_amount(thing, &quota.amount)?;
    let (activity, substance) = match thing {
        Planned::Substance(no) => (Activity::ManufactureSubstance, no),
        Planned::Preparation(no) => (Activity::ManufacturePreparation, state.items.at(no).substance),
    };
    let substance = &state.substances.at(substance).entry.id;
    let designated = state.licences.no_cards().any(|licence| {
        let grant = &licence.grant;
        grant.holder == holder.entry.id
            && grant.activity == activity
            && grant.substances.contains(substance)
            && licence.in_force_in(year)
    });
    if !designated {
        return Err(PlanRefusal::NotDesignated {
            holder: quota.holder.to_string(),
            of,
            year,
        }
        .into());
    }
    let Some(line) = state.planning.lines.get(&(year, thing)) else {
        return Err(PlanRefusal::PlanMissing { year, of }.into());
    };
    if line.granted + wanted > line.planned {
        let print = |amount| thing.print(amount);
        let (plan, granted, requested) = (print(line.planned), print(line.granted), print(wanted));
        let left = print(line.planned - line.granted);
        return Err(PlanRefusal::QuotasExceedPlan {
            year,
            of,
            plan,
            granted,
            requested,
            left,
        }
        .into());
    }
    Ok(())
}

pub(crate) fn apply_quota(state: &mut State, quota: &QuotaEntry) {
    let (Ok(thing), Some(holder)) = (planned(state, &quota.of), state.holders.holders.no(&quota.holder)) else {
        return;
    };
    let amount = quota_amount(thing, &quota.amount).unwrap_or_default();
    state.planning.lines.entry((quota.year, thing)).or_default().granted += amount;
    state
        .planning
        .quotas
        .entry((quota.year, thing, holder))
        .or_default()
        .granted += amount;
}

pub(crate) fn decide_closing(state: &State, closing: &YearClosing, today: jiff::civil::Date) -> Refused<YearClosed> {
    let year = closing.year;
    if today.year() <= year {
        return Err(PlanRefusal::YearNotOver {
            year,
            today: today.to_string(),
        }
        .into());
    }
    state.planning.open_year(year)?;
    let lines = closing_lines(state, year, &crate::reporting::identity(state, year));
    Ok(YearClosed { year, lines })
}

/// What the closing of a year says of each substance, by the balance that the journal gives now.
pub fn closing_lines(state: &State, year: i16, rows: &[Identity]) -> Vec<ClosingLine> {
    let lines = state.substances.iter().zip(0..).filter_map(|(substance, no)| {
        let id = &substance.entry.id;
        let estimate = state.planning.estimate(year, no).map(|set| &set.estimate);
        match rows.iter().find(|row| row.substance == *id) {
            Some(row) => Some(compare(row, estimate)),
            None => estimate.map(|_| ClosingLine {
                substance: id.clone(),
                acquired: Mass::ZERO,
                allowed: Mass::ZERO,
                excess: Mass::ZERO,
            }),
        }
    });
    lines.collect()
}

/// What was acquired of a substance, and what its estimate allows for (1961 art. 21(1)).
fn compare(row: &Identity, limits: Option<&EstimateEntry>) -> ClosingLine {
    let acquired = row.manufactured + row.imported;
    let within = |actual: Mass, limit: Option<Mass>| limit.map_or(Mass::ZERO, |limit| actual.min(limit));
    let to_stock = (row.closing - row.opening).or_zero();
    let room = limits.map(|limits| (limits.stock_target - row.opening).or_zero());
    let allowed = within(row.consumed, limits.map(|limits| limits.consumption))
        + within(row.utilized, limits.map(|limits| limits.utilization))
        + row.exported
        + within(to_stock, room)
        + row.to_special.or_zero();
    ClosingLine {
        substance: row.substance.clone(),
        acquired,
        allowed,
        excess: (acquired - allowed).or_zero(),
    }
}

pub(crate) fn apply_closing(state: &mut State, closed: &YearClosed) {
    state.planning.closed.insert(closed.year, closed.clone());
}
