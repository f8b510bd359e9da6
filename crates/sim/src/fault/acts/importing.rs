//! The importing side: the answer to a request, and goods that arrive.

use domain::trade::{Case, Stage};
use serde_json::json;

use super::{Act, Effect, act, officer, resolution};
use crate::fault::Sim;
use crate::fault::sabotage::Sabotage;

impl Sim<'_> {
    pub(super) fn importing(&mut self, place: usize, case: &Case) -> Vec<Act> {
        match case.stage {
            Stage::Requested | Stage::Queried => vec![self.reply(place, case)],
            Stage::Issued | Stage::Departed | Stage::Returning | Stage::Suspended => self.arrival(place, case),
            Stage::Discrepant => resolution(case).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Yes, no, or a question first; while a question is open a yes is refused.
    fn reply(&mut self, place: usize, case: &Case) -> Act {
        let chance = self.dice.below(12);
        let node = &self.nodes[place];
        let today = node.core.today(node.time(self.now));
        let checks = domain::trade::confirmation_checks(&node.core.state, case, today);
        // A question is open, or the trade is another one than was authorized.
        let disagrees = checks.iter().skip(1).any(|check| check.refusal.is_some());
        match (case.stage, chance) {
            (_, 6..) if disagrees => {
                let with = json!({ "case": case.id, "reason": "it is not what was authorized" });
                officer("refuse_confirmation", with)
            }
            (_, 0) => {
                let with = json!({ "case": case.id, "reason": "the importer does not know of it" });
                officer("refuse_confirmation", with)
            }
            (Stage::Requested, 1..3) => {
                let with = json!({ "case": case.id, "question": "for which ward?" });
                officer("ask_question", with)
            }
            _ => officer("confirm", json!({ "case": case.id })),
        }
    }

    /// Goods that have left arrive, mostly all of them, and customs endorses it.
    fn arrival(&mut self, place: usize, case: &Case) -> Vec<Act> {
        let goods = self.goods.get(&case.id).cloned().unwrap_or_default();
        let mut possible = Vec::new();
        let mut all_ended = true;
        for line in &case.consignment.lines {
            let kind = usize::from(line.goods.bulk);
            let left = goods.left[kind];
            if goods.ended[kind] || left == 0 {
                continue;
            }
            all_ended = false;
            possible.push(self.entry(place, case, kind, left));
        }
        if all_ended
            && case.moved.iter().any(|moved| *moved > 0)
            && matches!(case.stage, Stage::Departed | Stage::Returning)
        {
            let lines = self.counted(place, case, &case.moved, 40);
            let with = json!({ "case": case.id, "post": "Port", "lines": lines });
            possible.push(act("customs_officer:cem", "endorse_arrival", with));
        }
        possible
    }

    fn entry(&mut self, place: usize, case: &Case, kind: usize, left: i64) -> Act {
        let hidden = self.options.sabotage == Some(Sabotage::HiddenDifference);
        let amount = match self.dice.below(12) {
            _ if hidden => left + 1,
            0 => self.dice.up_to(left),
            1 => left + 1,
            _ => left,
        };
        let with = json!({ "site": "S", "item": self.nodes[place].item(kind), "batch": case.id, "amount": amount,
            "origin": case.consignment.exporter.country, "authorization": case.consignment.authorization,
            "case": case.id, "occurred_on": self.day(place, 0) });
        Act {
            effect: Effect::Entered(case.id.clone(), kind),
            ..act("H:hana", "import", with)
        }
    }
}
