//! How trade begins: applications, import authorizations and their end.

use domain::id::Id;
use domain::trade::{ImportAuthorization, Line, Side};
use jiff::Span;
use serde_json::{Value, json};

use super::{Act, Effect, act, officer};
use crate::fault::Sim;
use crate::fault::world::Node;

/// So many own authorizations in force a country has at most, and so many exports that are not over.
const AUTHORIZATIONS_MAX: usize = 8;
const OPEN_MAX: usize = 6;

impl Sim<'_> {
    /// Applications, authorizations and their end, where there is anybody to trade with.
    pub(super) fn beginnings(&mut self, place: usize) -> Vec<Act> {
        if self.nodes[place].abroad().is_empty() {
            return Vec::new();
        }
        let mut possible = Vec::new();
        let trade = &self.nodes[place].core.state.trade;
        let waiting: Vec<Id> = trade.open_applications().map(|one| one.id.clone()).take(3).collect();
        let in_force = self.in_force(place);
        if in_force.len() < AUTHORIZATIONS_MAX && waiting.len() < 2 && self.dice.one_in(2) {
            possible.push(self.import_application(place));
        }
        if let Some(application) = self.dice.pick(&waiting).cloned() {
            let days = 10 + self.dice.up_to(60);
            let until = self.day(place, days);
            let id = self.nodes[place].name("IC");
            let with = json!({ "id": id, "application": application, "valid_until": until });
            possible.push(officer("issue_import_authorization", with));
        }
        if self.dice.one_in(20)
            && let Some(number) = self.dice.pick(&in_force).cloned()
        {
            possible.push(self.amendment(place, &number));
        }
        if self.dice.one_in(25)
            && let Some(number) = self.dice.pick(&in_force)
        {
            let with = json!({ "authorization": number, "reason": "the importer gave up" });
            possible.push(officer("cancel_import_authorization", with));
        }
        if self.may_begin(place) && self.dice.one_in(2) {
            possible.extend(self.export_application(place));
        }
        possible
    }

    /// The own authorizations that are neither cancelled nor ended.
    fn in_force(&self, place: usize) -> Vec<Id> {
        let node = &self.nodes[place];
        let today = node.core.today(node.time(self.now));
        let owns = node.core.state.trade.owns();
        let in_force = owns.filter(|own| !own.cancelled && own.authorization.valid_until >= today);
        in_force.map(|own| own.authorization.number.clone()).collect()
    }

    /// More, or now and then less, than was authorized.
    fn amendment(&mut self, place: usize, number: &Id) -> Act {
        let trade = &self.nodes[place].core.state.trade;
        let lines = trade.own(number).map(|own| own.authorization.lines.clone());
        let less = self.dice.one_in(3);
        let amended = |line: &Line| {
            let amount = if less { line.amount / 2 + 1 } else { line.amount * 2 };
            json!({ "item": self.nodes[place].item(usize::from(line.goods.bulk)), "amount": amount })
        };
        let lines: Vec<Value> = lines.iter().flatten().map(amended).collect();
        let with = json!({ "authorization": number, "lines": lines, "reason": "the hospital asks for it" });
        officer("amend_import_authorization", with)
    }

    fn may_begin(&self, place: usize) -> bool {
        let node = &self.nodes[place];
        let exporting = node.core.state.trade.open_cases();
        let open = exporting.filter(|case| case.side == Side::Exporting).count();
        node.begun < self.options.cases && open < OPEN_MAX
    }

    /// A civil day at a node, so many days from today.
    pub(super) fn day(&self, place: usize, days: i64) -> String {
        let node = &self.nodes[place];
        let today = node.core.today(node.time(self.now));
        today.checked_add(Span::new().days(days)).unwrap_or(today).to_string()
    }

    fn import_application(&mut self, place: usize) -> Act {
        let partners = self.nodes[place].abroad();
        let other = self.dice.pick(&partners).copied().unwrap_or_default();
        let exporter = self.nodes[other].party();
        let id = self.nodes[place].name("APP");
        let mut lines = vec![json!({ "item": self.nodes[place].item(0), "amount": self.dice.up_to(500) })];
        if self.dice.one_in(2) {
            lines.push(json!({ "item": self.nodes[place].item(1), "amount": self.dice.up_to(2_000_000) }));
        }
        let consignments = if self.dice.one_in(3) { "single" } else { "several" };
        let with = json!({ "id": id, "site": "S", "address": "1 Harbour Road", "exporter": exporter, "lines": lines,
            "purpose": "medical", "consignments": consignments });
        act("H:hana", "apply_import", with)
    }

    /// The authorizations of one partner for exports of a country, as the importers have them on paper: the latest few.
    fn papers(&mut self, place: usize) -> Vec<(usize, ImportAuthorization)> {
        let partners = self.nodes[place].abroad();
        let Some(other) = self.dice.pick(&partners).copied() else {
            return Vec::new();
        };
        let country = self.nodes[place].country;
        let partner: &Node = &self.nodes[other];
        let issued = partner.core.state.trade.owns().map(|own| &own.authorization);
        let today = partner.core.today(partner.time(self.now));
        // Some are old.
        let good = |paper: &&ImportAuthorization| {
            paper.exporter.country == country && paper.valid_until.saturating_add(Span::new().days(5)) >= today
        };
        issued.filter(good).map(|paper| (other, paper.clone())).collect()
    }

    fn export_application(&mut self, place: usize) -> Option<Act> {
        let papers = self.papers(place);
        let (other, paper) = self.dice.pick(&papers)?.clone();
        let id = self.nodes[place].name("EXP");
        let mut lines = Vec::new();
        for line in &paper.lines {
            // Mostly within what is authorized.
            let bound = if self.dice.one_in(10) {
                line.amount.saturating_mul(2)
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
        Some(Act {
            effect: Effect::Begun,
            ..act("H:hana", "apply_export", with)
        })
    }
}
