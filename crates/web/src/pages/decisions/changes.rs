//! What a proposed command would change of something that exists already: as it is now, and as it would be. Figures that
//! the rules look at, such as quotas and stock, are told by `act::effects`.

use domain::access::{Actor, RoleGrant};
use domain::id::Text;
use domain::ledger::Reverse;
use domain::licence::{LicenceGrant, StandingChange};
use domain::plan::{EstimateEntry, PlanEntry};
use domain::policy::{Policies, PolicyChange};
use domain::quantity::Mass;
use domain::trade::{AmendImportAuthorization, Consignments};
use domain::{Command, Event, State};
use serde_json::Value;

use crate::answer::Fault;
use crate::ask::Ask;
use crate::names;
use crate::words::Words;

/// A figure or a standing before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is, in words.
    pub name: String,
    /// As it is now.
    pub before: String,
    /// As it would be.
    pub after: String,
}

impl Line {
    fn new(name: impl Into<String>, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            before: before.into(),
            after: after.into(),
        }
    }

    /// Whether it would be another.
    pub fn differs(&self) -> bool {
        self.before != self.after
    }
}

/// One figure of a table.
type Figure<T> = fn(&T) -> Mass;

/// What a command would change of what there is.
pub fn of(ask: &Ask, command: &Command) -> Result<Vec<Line>, Fault> {
    let words = ask.words();
    // The journal is read before the state is held.
    if let Command::Reverse(reverse) = command {
        return reversed(ask, reverse);
    }
    let state = ask.state();
    Ok(match command {
        Command::SetPolicy(change) => policy(words, &state.policies, change),
        Command::GrantRole(grant) => role(words, &state, grant, true),
        Command::RevokeRole(grant) => role(words, &state, grant, false),
        Command::GrantLicence(grant) => licence(words, &state, grant),
        Command::SuspendLicence(change) => standing(ask, &state, change, "suspended"),
        Command::ResumeLicence(change) => standing(ask, &state, change, "in_force"),
        Command::RevokeLicence(change) => standing(ask, &state, change, "revoked"),
        Command::AmendImportAuthorization(amend) => amendment(words, &state, amend),
        Command::SetEstimate(estimate) => estimates(words, &state, estimate),
        Command::SetPlan(plan) => plans(words, &state, plan),
        Command::CloseYear(closing) => {
            let closed = state.planning.closed(closing.year).is_some();
            let year = |closed: bool| words.t(if closed { "change-closed" } else { "change-open" });
            vec![Line::new(closing.year.to_string(), year(closed), year(true))]
        }
        _ => Vec::new(),
    })
}

fn policy(words: Words, policies: &Policies, change: &PolicyChange) -> Vec<Line> {
    let change = serde_json::to_value(change).unwrap_or_default();
    let word = change.get("policy").and_then(Value::as_str).unwrap_or_default();
    let before = serde_json::to_value(policies).unwrap_or_default();
    let said = |value: Option<&Value>| match value {
        Some(Value::Bool(yes)) => words.t(if *yes { "value-yes" } else { "value-no" }),
        Some(Value::Number(number)) => words.number(number),
        Some(Value::String(text)) => words.value(text),
        _ => String::new(),
    };
    vec![Line::new(
        words.value(word),
        said(before.get(word)),
        said(change.get("value")),
    )]
}

fn role(words: Words, state: &State, grant: &RoleGrant, after: bool) -> Vec<Line> {
    let holds = |actor: &Actor| state.access.holds(actor);
    let said = |yes: bool| words.t(if yes { "change-held" } else { "change-not-held" });
    vec![Line::new(grant.actor.as_str(), said(holds(&grant.actor)), said(after))]
}

/// Licences of the same holder for the same activity: until when they run, and until when the new one would.
fn licence(words: Words, state: &State, grant: &LicenceGrant) -> Vec<Line> {
    let mut last = None;
    for site in &grant.sites {
        let Ok((no, _)) = state.holders.site(site) else {
            continue;
        };
        let alike = state
            .licences
            .of_site(no)
            .filter(|known| known.grant.activity == grant.activity);
        last = alike
            .map(|known| (known.grant.valid_until, &known.grant.id))
            .chain(last)
            .max();
    }
    let Some((until, id)) = last else { return Vec::new() };
    vec![
        Line::new(words.t("change-licence"), id.as_str(), grant.id.as_str()),
        Line::new(words.t("change-until"), words.day(until), words.day(grant.valid_until)),
    ]
}

/// What an amendment would change of an import authorization, field by field.
fn amendment(words: Words, state: &State, amend: &AmendImportAuthorization) -> Vec<Line> {
    let Some(own) = state.trade.own(&amend.authorization) else {
        return Vec::new();
    };
    let text = &own.authorization;
    let mut lines = Vec::new();
    if let Some(until) = amend.valid_until {
        let name = words.t("field-valid-until");
        lines.push(Line::new(name, words.day(text.valid_until), words.day(until)));
    }
    if let Some(address) = &amend.address {
        let name = words.t("field-address");
        lines.push(Line::new(name, text.importer.address.as_str(), address.as_str()));
    }
    for line in &amend.lines {
        let Ok((_, item)) = state.items.find(&line.item) else {
            continue;
        };
        let goods = domain::trade::goods(state, item);
        let said = |amount: i64| crate::pages::trade::quantity(words, state, &goods, amount);
        let before = text.lines.iter().find(|known| known.goods == goods);
        let before = before.map_or_else(|| words.t("change-none"), |known| said(known.amount));
        let after = line.amount.units(item.bulk).map_or_else(|why| why.to_string(), said);
        lines.push(Line::new(names::item(words, state, item), before, after));
    }
    for known in text.lines.iter().filter(|_| !amend.lines.is_empty()) {
        let item = domain::trade::item_of(state, &known.goods);
        let stays = item.is_some_and(|item| amend.lines.iter().any(|line| line.item == item.id));
        if !stays {
            let name = crate::pages::trade::goods(words, state, &known.goods);
            let before = crate::pages::trade::quantity(words, state, &known.goods, known.amount);
            lines.push(Line::new(name, before, words.t("change-none")));
        }
    }
    if let Some(bonded) = amend.bonded {
        let yes = |yes: bool| words.t(if yes { "value-yes" } else { "value-no" });
        lines.push(Line::new(words.t("field-bonded"), yes(text.bonded), yes(bonded)));
    }
    if let Some(consignments) = amend.consignments {
        let said = |of: Consignments| {
            words.t(match of {
                Consignments::Single => "authorization-single",
                Consignments::Several => "authorization-several",
            })
        };
        let name = words.t("field-consignments");
        lines.push(Line::new(name, said(text.consignments), said(consignments)));
    }
    if !amend.posts.is_empty() {
        let said = |posts: &[Text]| posts.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        lines.push(Line::new(words.t("field-posts"), said(&own.posts), said(&amend.posts)));
    }
    lines
}

fn standing(ask: &Ask, state: &State, change: &StandingChange, after: &str) -> Vec<Line> {
    let words = ask.words();
    let Some(licence) = state.licences.get(&change.licence) else {
        return Vec::new();
    };
    let now = words.value(licence.standing_on(ask.today()).word());
    let then = words.t2("change-from", "what", words.value(after), "day", words.day(change.from));
    vec![Line::new(change.licence.as_str(), now, then)]
}

fn estimates(words: Words, state: &State, new: &EstimateEntry) -> Vec<Line> {
    let Ok((no, substance)) = state.substances.find(&new.substance) else {
        return Vec::new();
    };
    let set = state.planning.estimate(new.year, no);
    let mass = |mass: Mass| names::mass(words, mass);
    let before =
        |figure: Figure<EstimateEntry>| set.map_or_else(|| words.t("change-none"), |set| mass(figure(&set.estimate)));
    let figures: [(&str, Figure<EstimateEntry>); 6] = [
        ("field-consumption", |estimate| estimate.consumption),
        ("field-utilization", |estimate| estimate.utilization),
        ("field-special-additions", |estimate| estimate.special_additions),
        ("field-stock-target", |estimate| estimate.stock_target),
        ("field-stock-previous", |estimate| estimate.stock_previous),
        ("field-deduction", |estimate| estimate.deduction),
    ];
    let line =
        |(key, figure): (&str, Figure<EstimateEntry>)| Line::new(words.t(key), before(figure), mass(figure(new)));
    let mut lines: Vec<Line> = figures.into_iter().map(line).collect();
    let (total, _) = domain::plan::total_of_estimates(new, substance.entry.synthetic);
    let known = set.map_or_else(|| words.t("change-none"), |set| mass(set.total));
    lines.push(Line::new(words.t("planning-total"), known, mass(total)));
    lines
}

fn plans(words: Words, state: &State, new: &PlanEntry) -> Vec<Line> {
    let Ok((no, _)) = state.substances.find(&new.substance) else {
        return Vec::new();
    };
    let known = state.planning.plan(new.year, no);
    let mass = |mass: Mass| names::mass(words, mass);
    let before = |figure: Figure<PlanEntry>| known.map_or_else(|| words.t("change-none"), |plan| mass(figure(plan)));
    let figures: [(&str, Figure<PlanEntry>); 5] = [
        ("field-domestic-need", |plan| plan.domestic_need),
        ("field-expected-exports", |plan| plan.expected_exports),
        ("field-stock-change", |plan| plan.stock_change),
        ("field-process-allowance", |plan| plan.process_allowance),
        ("planning-total", PlanEntry::total),
    ];
    let line = |(key, figure): (&str, Figure<PlanEntry>)| Line::new(words.t(key), before(figure), mass(figure(new)));
    figures.into_iter().map(line).collect()
}

/// The line that would be taken back.
fn reversed(ask: &Ask, reverse: &Reverse) -> Result<Vec<Line>, Fault> {
    let words = ask.words();
    let Some(entry) = ask.app.authority().entry(reverse.line)? else {
        return Ok(Vec::new());
    };
    let Event::Movement(movement) = &entry.event else {
        return Ok(Vec::new());
    };
    let state = ask.state();
    let amount = state.items.find(&movement.item).map_or_else(
        |_| movement.amount.to_string(),
        |(_, item)| names::amount(words, item, movement.amount),
    );
    let (site, item, batch) = (&movement.site, &movement.item, &movement.batch);
    let what = format!(
        "{} · {site} · {item} · {batch} · {amount} · {}",
        words.value(movement.movement.word()),
        words.day(movement.occurred_on)
    );
    let line = words.t1("change-line", "line", reverse.line);
    Ok(vec![Line::new(line, what, words.t("change-reversed"))])
}
