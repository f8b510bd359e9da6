//! What people do: at each step somebody at one authority does one thing that may be due, mostly right, now and then
//! wrong. Goods are where they are, whatever the books say.

use std::collections::BTreeMap;

use domain::id::Id;
use domain::trade::{Case, ImportAuthorization, Side, Stage};
use jiff::Span;
use serde_json::{Value, json};

use super::sabotage;
use super::world::Amounts;
use super::{Checked, Sim};
use crate::node::Outcome;

/// So many own authorizations a country has at most, and so many cases.
const AUTHORIZATIONS_MAX: usize = 12;
const CASES_MAX: usize = 30;

/// The goods of a case, as they are in fact.
#[derive(Clone, Debug, Default)]
pub(super) struct Shipment {
    /// Dispatches by entry number, kind of goods, and how much is still at customs.
    waiting: Vec<(u64, usize, i64)>,
    dispatched: Amounts,
    left: Amounts,
    /// What has come to its end: entered, or been given up.
    ended: [bool; 2],
}

/// The goods of all cases.
pub(super) type Shipments = BTreeMap<Id, Shipment>;

/// Something that somebody may do.
#[derive(Debug)]
struct Act {
    actor: &'static str,
    verb: &'static str,
    with: Value,
    /// What it does with goods of a case, once it is done.
    effect: Effect,
}

#[derive(Debug)]
enum Effect {
    None,
    /// An application that an officer will look at.
    Applied(String),
    Dispatched(Id, usize, i64),
    /// Left by this dispatch.
    Left(Id, u64, usize, i64),
    Entered(Id, usize),
}

fn act(actor: &'static str, verb: &'static str, with: Value) -> Act {
    Act {
        actor,
        verb,
        with,
        effect: Effect::None,
    }
}

impl Sim<'_> {
    /// Somebody at a node does something.
    pub fn act(&mut self, place: usize) -> Checked {
        if sabotage::act(self, place)? {
            return Ok(());
        }
        let mut possible = self.decisions(place);
        possible.extend(self.beginnings(place));
        let cases: Vec<Case> = self.nodes[place].core.state.trade.cases().cloned().collect();
        for case in &cases {
            possible.extend(match case.side {
                Side::Exporting => self.exporting(place, case),
                Side::Importing => self.importing(place, case),
            });
        }
        let chosen = usize::try_from(self.dice.below(possible.len().try_into().unwrap_or(1))).unwrap_or_default();
        if chosen >= possible.len() {
            return Ok(());
        }
        let Act {
            actor,
            verb,
            with,
            effect,
        } = possible.swap_remove(chosen);
        let outcome = self.nodes[place].submit(&mut self.dice, self.now, actor, verb, &with)?;
        if let Outcome::Done { seq, .. } = outcome {
            self.take_effect(place, effect, seq);
        }
        Ok(())
    }

    fn take_effect(&mut self, place: usize, effect: Effect, seq: u64) {
        match effect {
            Effect::None => {}
            Effect::Applied(id) => self.nodes[place].applications.push(id),
            Effect::Dispatched(case, kind, amount) => {
                let goods = self.goods.entry(case).or_default();
                goods.dispatched[kind] += amount;
                goods.waiting.push((seq, kind, amount));
            }
            Effect::Left(case, dispatch, kind, amount) => {
                let goods = self.goods.entry(case).or_default();
                goods.left[kind] += amount;
                goods.waiting.retain(|(seq, ..)| *seq != dispatch);
            }
            Effect::Entered(case, kind) => self.goods.entry(case).or_default().ended[kind] = true,
        }
    }

    /// What waits for a second person.
    fn decisions(&mut self, place: usize) -> Vec<Act> {
        let waiting: Vec<u64> = self.nodes[place].core.state.access.waiting().keys().copied().collect();
        let mut decide = |of: &u64| {
            if self.dice.one_in(15) {
                act("approver:anna", "reject", json!({ "of": of, "reason": "not now" }))
            } else {
                act("approver:anna", "approve", json!({ "of": of }))
            }
        };
        waiting.iter().map(&mut decide).collect()
    }

    /// Applications, authorizations and their end.
    fn beginnings(&mut self, place: usize) -> Vec<Act> {
        let mut possible = Vec::new();
        let owns = self.nodes[place].core.state.trade.owns().count();
        if owns < AUTHORIZATIONS_MAX && self.nodes[place].applications.len() < 3 {
            possible.push(self.import_application(place));
        }
        if !self.nodes[place].applications.is_empty() {
            let application = self.nodes[place].applications.remove(0);
            let days = 10 + self.dice.up_to(60);
            let until = self.day(place, days);
            let id = self.nodes[place].name("IC");
            let with = json!({ "id": id, "application": application, "valid_until": until });
            possible.push(act("permit_officer:pia", "issue_import_authorization", with));
            // It stays on the desk until it is issued.
            self.nodes[place].applications.push(application);
        }
        if self.dice.one_in(25) {
            let owns: Vec<Id> = self.nodes[place]
                .core
                .state
                .trade
                .owns()
                .map(|own| own.authorization.number.clone())
                .collect();
            if let Some(number) = self.dice.pick(&owns) {
                let with = json!({ "authorization": number, "reason": "the importer gave up" });
                possible.push(act("permit_officer:pia", "cancel_import_authorization", with));
            }
        }
        let exports = self.nodes[place]
            .core
            .state
            .trade
            .cases()
            .filter(|case| case.side == Side::Exporting)
            .count();
        if exports < CASES_MAX {
            possible.extend(self.export_application(place));
        }
        possible
    }

    /// A civil day at a node, so many days from today.
    fn day(&self, place: usize, days: i64) -> String {
        let node = &self.nodes[place];
        let today = node.core.today(node.time(self.now));
        today.checked_add(Span::new().days(days)).unwrap_or(today).to_string()
    }

    fn import_application(&mut self, place: usize) -> Act {
        let step = 1 + self.dice.below(u64::try_from(self.nodes.len() - 1).unwrap_or(1));
        let other = (place + usize::try_from(step).unwrap_or(1)) % self.nodes.len();
        let exporter = self.nodes[other].party();
        let id = self.nodes[place].name("APP");
        let mut lines = vec![json!({ "item": self.nodes[place].item(0), "amount": self.dice.up_to(500) })];
        if self.dice.one_in(2) {
            lines.push(json!({ "item": self.nodes[place].item(1), "amount": self.dice.up_to(2_000_000) }));
        }
        let consignments = if self.dice.one_in(3) { "single" } else { "several" };
        let with = json!({ "id": id, "site": "S", "address": "1 Harbour Road", "exporter": exporter, "lines": lines,
            "purpose": "medical", "consignments": consignments });
        Act {
            effect: Effect::Applied(id),
            ..act("H:hana", "apply_import", with)
        }
    }

    /// The authorizations for exports of a country, as the importers have them on paper.
    fn papers(&self, place: usize) -> Vec<(usize, ImportAuthorization)> {
        let country = self.nodes[place].country;
        let of = |(other, node): (usize, &super::world::Node)| {
            let issued = node.core.state.trade.owns().map(|own| own.authorization.clone());
            let for_us = issued.filter(|paper| paper.exporter.country == country);
            for_us.map(|paper| (other, paper)).collect::<Vec<_>>()
        };
        self.nodes.iter().enumerate().flat_map(of).collect()
    }

    fn export_application(&mut self, place: usize) -> Option<Act> {
        let papers = self.papers(place);
        let (other, paper) = self.dice.pick(&papers)?.clone();
        let id = self.nodes[place].name("EXP");
        let mut lines = Vec::new();
        for line in &paper.lines {
            // Mostly within what is authorized.
            let bound = if self.dice.one_in(10) {
                line.amount * 2
            } else {
                line.amount
            };
            if lines.is_empty() || self.dice.one_in(2) {
                let item = self.nodes[place].item(usize::from(line.goods.bulk));
                lines.push(json!({ "item": item, "amount": self.dice.up_to(bound) }));
            }
        }
        let purpose = if self.dice.one_in(20) { "scientific" } else { "medical" };
        let with = json!({ "id": id, "site": "S", "address": "1 Harbour Road", "importer": self.nodes[other].party(),
            "authorization": paper.number, "lines": lines, "purpose": purpose });
        Some(act("H:hana", "apply_export", with))
    }

    fn exporting(&mut self, place: usize, case: &Case) -> Vec<Act> {
        let application = case.id.split_once('/').map_or("", |(_, application)| application);
        let mut possible = Vec::new();
        match case.stage {
            Stage::Draft => {
                let with = json!({ "export": application });
                possible.push(act("permit_officer:pia", "request_confirmation", with));
            }
            // Too early is refused; a few try.
            Stage::Requested if !self.dice.one_in(20) => {}
            Stage::Requested | Stage::Confirmed => {
                let days = self.dice.up_to(8);
                let until = self.day(place, days);
                let id = self.nodes[place].name("P");
                let with = json!({ "id": id, "export": application, "valid_until": until });
                possible.push(act("permit_officer:piet", "issue_export_permit", with));
            }
            Stage::Issued | Stage::Suspended => possible.extend(self.departure(place, case)),
            Stage::Held => {
                if let Some(permit) = &case.permit {
                    let with = json!({ "permit": permit.number, "reason": "counted again" });
                    possible.push(act("permit_officer:pia", "release_consignment", with));
                }
            }
            Stage::Discrepant => possible.extend(resolution(case)),
            _ => {}
        }
        possible
    }

    /// Goods go to customs, leave, and customs endorses it.
    fn departure(&mut self, place: usize, case: &Case) -> Vec<Act> {
        let Some(permit) = &case.permit else {
            return Vec::new();
        };
        let mut possible = Vec::new();
        let goods = self.goods.get(&case.id).cloned().unwrap_or_default();
        let today = self.day(place, 0);
        for line in &case.consignment.lines {
            let kind = usize::from(line.goods.bulk);
            if goods.dispatched[kind] == 0 {
                // Less than permitted now and then.
                let amount = if self.dice.one_in(8) {
                    self.dice.up_to(line.amount)
                } else {
                    line.amount
                };
                let (item, batch) = (self.nodes[place].item(kind), ["A", "B"][kind]);
                let with = json!({ "site": "S", "destination": case.consignment.importer.country, "permit": permit.number,
                    "item": item, "batch": batch, "amount": amount, "occurred_on": today });
                possible.push(Act {
                    effect: Effect::Dispatched(case.id.clone(), kind, amount),
                    ..act("H:hana", "dispatch", with)
                });
            }
        }
        for (dispatch, kind, amount) in goods.waiting {
            let with = json!({ "site": "S", "dispatch": dispatch, "amount": amount, "occurred_on": today });
            possible.push(Act {
                effect: Effect::Left(case.id.clone(), dispatch, kind, amount),
                ..act("H:hana", "export", with)
            });
        }
        if case.moved.iter().any(|moved| *moved > 0) {
            let lines = self.counted(place, case, 15);
            let with = json!({ "permit": permit.number, "post": "Airport", "lines": lines });
            possible.push(act("customs_officer:cem", "endorse_departure", with));
        }
        possible
    }

    /// What customs counts: what the ledger has moved, and something else once in so many times.
    fn counted(&mut self, place: usize, case: &Case, wrong_in: u64) -> Vec<Value> {
        let mut lines = Vec::new();
        for (line, moved) in case.consignment.lines.iter().zip(&case.moved) {
            let more = if self.dice.one_in(wrong_in) {
                self.dice.up_to(line.amount)
            } else {
                0
            };
            let item = self.nodes[place].item(usize::from(line.goods.bulk));
            lines.push(json!({ "item": item, "amount": moved + more }));
        }
        lines
    }

    fn importing(&mut self, place: usize, case: &Case) -> Vec<Act> {
        match case.stage {
            Stage::Requested if self.dice.one_in(6) => {
                let with = json!({ "case": case.id, "reason": "the importer does not know of it" });
                vec![act("permit_officer:pia", "refuse_confirmation", with)]
            }
            Stage::Requested => vec![act("permit_officer:pia", "confirm", json!({ "case": case.id }))],
            Stage::Issued | Stage::Departed | Stage::Suspended => self.arrival(place, case),
            Stage::Discrepant => resolution(case).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Goods that have left arrive, mostly all of them, and customs endorses it.
    fn arrival(&mut self, place: usize, case: &Case) -> Vec<Act> {
        let goods = self.goods.get(&case.id).cloned().unwrap_or_default();
        let mut possible = Vec::new();
        let today = self.day(place, 0);
        let mut all_ended = true;
        for line in &case.consignment.lines {
            let kind = usize::from(line.goods.bulk);
            let left = goods.left[kind];
            if goods.ended[kind] || left == 0 {
                continue;
            }
            all_ended = false;
            let amount = match self.dice.below(12) {
                0 => self.dice.up_to(left),
                1 => left + 1,
                _ => left,
            };
            let with = json!({ "site": "S", "item": self.nodes[place].item(kind), "batch": case.id, "amount": amount,
                "origin": case.consignment.exporter.country, "authorization": case.consignment.authorization,
                "case": case.id, "occurred_on": today });
            possible.push(Act {
                effect: Effect::Entered(case.id.clone(), kind),
                ..act("H:hana", "import", with)
            });
        }
        if all_ended && case.moved.iter().any(|moved| *moved > 0) && case.stage == Stage::Departed {
            let lines = self.counted(place, case, 40);
            let with = json!({ "case": case.id, "post": "Port", "lines": lines });
            possible.push(act("customs_officer:cem", "endorse_arrival", with));
        }
        possible
    }
}

fn resolution(case: &Case) -> Option<Act> {
    if case.our_word.is_some() {
        return None;
    }
    let with = json!({ "case": case.id, "cause": "loss", "explanation": "a box was missing", "incident": "I-1" });
    Some(act("permit_officer:pia", "resolve_discrepancy", with))
}
