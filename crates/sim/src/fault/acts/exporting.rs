//! The exporting side: asking, answering, taking back, the permit, and goods on their way to the border.

use domain::id::Id;
use domain::trade::{Case, Permit, Side, Stage};
use serde_json::json;

use super::{Act, Effect, act, officer, resolution};
use crate::fault::{Checked, Sim};

impl Sim<'_> {
    pub(super) fn exporting(&mut self, place: usize, case: &Case) -> Vec<Act> {
        let mut possible = match (case.stage, &case.permit) {
            (Stage::Draft, _) => vec![officer("request_confirmation", json!({ "export": application(case) }))],
            (Stage::Queried, _) => {
                let with = json!({ "case": case.id, "answer": "the third ward" });
                vec![officer("answer_question", with)]
            }
            // Too early is refused; a few try.
            (Stage::Requested, _) if !self.dice.one_in(20) => Vec::new(),
            (Stage::Requested | Stage::Confirmed, _) => vec![self.permit(place, case)],
            (Stage::Issued | Stage::Suspended, Some(permit)) => self.departure(place, case, permit),
            (Stage::Held, Some(permit)) => {
                let with = json!({ "permit": permit.number, "reason": "counted again" });
                vec![officer("release_consignment", with)]
            }
            (Stage::Departed, Some(permit)) => self.calling_back(permit).into_iter().collect(),
            (Stage::Returning, Some(permit)) => self.home_again(place, case, permit),
            (Stage::Discrepant, _) => resolution(case).into_iter().collect(),
            _ => Vec::new(),
        };
        possible.extend(self.taking_back(case));
        possible
    }

    fn permit(&mut self, place: usize, case: &Case) -> Act {
        let days = self.dice.up_to(8);
        let until = self.day(place, days);
        let id = self.nodes[place].name("P");
        let with = json!({ "id": id, "export": application(case), "valid_until": until });
        act("permit_officer:piet", "issue_export_permit", with)
    }

    /// Now and then the buyer goes away: an export is withdrawn, or its permit revoked, even where it is too late.
    fn taking_back(&mut self, case: &Case) -> Option<Act> {
        let reason = "the buyer has gone";
        match (&case.permit, case.stage) {
            (_, Stage::Discrepant | Stage::Departed | Stage::Returning) => None,
            (None, _) if self.dice.one_in(40) => {
                let with = json!({ "export": application(case), "reason": reason });
                Some(officer("withdraw_export", with))
            }
            (Some(permit), _) if self.dice.one_in(10) => {
                let with = json!({ "permit": permit.number, "reason": reason });
                Some(officer("revoke_export_permit", with))
            }
            _ => None,
        }
    }

    /// Now and then goods that are on their way are called back, or go to another country.
    fn calling_back(&mut self, permit: &Permit) -> Option<Act> {
        match self.dice.below(24) {
            0..4 => {
                let with = json!({ "permit": permit.number, "reason": "nobody takes it in" });
                Some(officer("order_back", with))
            }
            4 => {
                let with = json!({ "permit": permit.number, "transit": "AE", "under": "AE-5", "destination": "JO",
                    "reason": "the port is closed" });
                Some(officer("record_diversion", with))
            }
            _ => None,
        }
    }

    /// Goods that have not arrived come back, mostly all of them, and customs endorses it.
    fn home_again(&mut self, place: usize, case: &Case, permit: &Permit) -> Vec<Act> {
        let goods = self.goods.get(&case.id).cloned().unwrap_or_default();
        let mut possible = Vec::new();
        let kinds = case.consignment.lines.iter().map(|line| usize::from(line.goods.bulk));
        let outside = |kind: &usize| !goods.ended[*kind] && goods.left[*kind] > 0;
        for kind in kinds.filter(outside) {
            let left = goods.left[kind];
            let amount = if self.dice.one_in(10) {
                self.dice.up_to(left)
            } else {
                left
            };
            let (item, batch) = (self.nodes[place].item(kind), ["A", "B"][kind]);
            let with = json!({ "site": "S", "item": item, "batch": batch,
                "amount": amount, "origin": case.consignment.importer.country, "case": case.id,
                "occurred_on": self.day(place, 0) });
            possible.push(Act {
                effect: Effect::Entered(case.id.clone(), kind),
                ..act("H:hana", "import", with)
            });
        }
        if possible.is_empty() && case.came_back.iter().any(|back| *back > 0) {
            let lines = self.counted(place, case, &case.came_back, 40);
            let with = json!({ "permit": permit.number, "post": "Airport", "lines": lines });
            possible.push(act("customs_officer:cem", "endorse_return", with));
        }
        possible
    }

    /// Goods go to customs, leave, and customs endorses it.
    fn departure(&mut self, place: usize, case: &Case, permit: &Permit) -> Vec<Act> {
        let goods = self.goods.get(&case.id).cloned().unwrap_or_default();
        let today = self.day(place, 0);
        let mut possible = self.dispatches(place, case, permit);
        for (dispatch, kind, amount) in goods.waiting {
            let with = json!({ "site": "S", "dispatch": dispatch, "amount": amount, "occurred_on": today });
            possible.push(Act {
                effect: Effect::Left(case.id.clone(), dispatch, kind, amount),
                ..act("H:hana", "export", with)
            });
        }
        if case.moved.iter().any(|moved| *moved > 0) {
            let lines = self.counted(place, case, &case.moved, 15);
            let with = json!({ "permit": permit.number, "post": "Airport", "lines": lines });
            possible.push(act("customs_officer:cem", "endorse_departure", with));
        }
        possible
    }

    fn dispatches(&mut self, place: usize, case: &Case, permit: &Permit) -> Vec<Act> {
        let goods = self.goods.get(&case.id).cloned().unwrap_or_default();
        let today = self.day(place, 0);
        let mut possible = Vec::new();
        for line in &case.consignment.lines {
            let kind = usize::from(line.goods.bulk);
            if goods.dispatched[kind] != 0 {
                continue;
            }
            // Less than permitted now and then.
            let amount = if self.dice.one_in(8) {
                self.dice.up_to(line.amount)
            } else {
                line.amount
            };
            let (item, batch) = (self.nodes[place].item(kind), ["A", "B"][kind]);
            let with = json!({ "site": "S", "destination": case.consignment.importer.country,
                "permit": permit.number, "item": item, "batch": batch, "amount": amount, "occurred_on": today });
            possible.push(Act {
                effect: Effect::Dispatched(case.id.clone(), kind, amount),
                ..act("H:hana", "dispatch", with)
            });
        }
        possible
    }

    /// Nothing stays at customs: what waits comes back, what is held is let go, what has left is endorsed.
    pub(in crate::fault) fn clear_customs(&mut self, place: usize) -> Checked {
        if !self.nodes[place].is_honest() {
            return Ok(());
        }
        let under_way: Vec<Id> = self.nodes[place].under_way.iter().cloned().collect();
        for case in &under_way {
            for act in self.coming_back(place, case) {
                self.perform(place, act)?;
            }
        }
        let exports = |case: &&Case| case.side == Side::Exporting && case.permit.is_some();
        let open = self.nodes[place].core.state.trade.open_cases().filter(exports);
        let open: Vec<Case> = open.cloned().collect();
        for case in &open {
            self.let_go(place, case)?;
        }
        Ok(())
    }

    fn let_go(&mut self, place: usize, case: &Case) -> Checked {
        let Some(permit) = &case.permit else { return Ok(()) };
        if case.stage == Stage::Held {
            let with = json!({ "permit": permit.number, "reason": "counted again" });
            let before = self.nodes[place].core.state.size;
            self.perform(place, officer("release_consignment", with))?;
            self.perform(place, act("approver:anna", "approve", json!({ "of": before })))?;
        }
        let moved = case.moved.iter().any(|moved| *moved > 0);
        if moved && matches!(case.stage, Stage::Issued | Stage::Suspended | Stage::Held) {
            let lines = self.counted(place, case, &case.moved, u64::MAX);
            let with = json!({ "permit": permit.number, "post": "Airport", "lines": lines });
            self.perform(place, act("customs_officer:cem", "endorse_departure", with))?;
        }
        Ok(())
    }

    /// Goods that wait at customs come back where they may not leave any more, and now and then where they may.
    pub(super) fn returns(&mut self, place: usize) -> Vec<Act> {
        let under_way: Vec<Id> = self.nodes[place].under_way.iter().cloned().collect();
        let mut possible = Vec::new();
        for case in under_way {
            let stage = self.nodes[place].core.state.trade.case(&case).map(|case| case.stage);
            if stage != Some(Stage::Issued) || self.dice.one_in(12) {
                possible.extend(self.coming_back(place, &case));
            }
        }
        possible
    }

    fn coming_back(&self, place: usize, case: &Id) -> Vec<Act> {
        let today = self.day(place, 0);
        let waiting = self.goods.get(case).map(|goods| goods.waiting.clone());
        let back = |(dispatch, kind, amount)| {
            let with = json!({ "site": "S", "dispatch": dispatch, "amount": amount,
                "reason": "it may not leave", "occurred_on": today });
            Act {
                effect: Effect::Back(case.clone(), dispatch, kind, amount),
                ..act("H:hana", "cancel_dispatch", with)
            }
        };
        waiting.unwrap_or_default().into_iter().map(back).collect()
    }
}

/// The application of a case of ours.
fn application(case: &Case) -> &str {
    case.id.split_once('/').map_or("", |(_, application)| application)
}
