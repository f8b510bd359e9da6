//! What people do: at each step somebody at one authority does one thing that may be due, mostly right, now and then
//! wrong. Goods are where they are, whatever the books say.

mod beginning;
mod exporting;
mod importing;
mod supplying;

use std::collections::BTreeMap;

use domain::id::Id;
use domain::trade::{Case, Side};
use serde_json::{Value, json};

use super::sabotage;
use super::world::Amounts;
use super::{Checked, Sim};
use crate::node::Outcome;

pub(super) use supplying::Roads;

/// At so many open cases somebody looks before doing one thing.
const LOOKED_AT_MAX: usize = 6;

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
    Begun,
    Dispatched(Id, usize, i64),
    /// Left by this dispatch.
    Left(Id, u64, usize, i64),
    /// Came back from customs.
    Back(Id, u64, usize, i64),
    Entered(Id, usize),
    /// Left for the other province: how much is on the road.
    Supplied(i64),
    /// Is on the road no more: of this dispatch, how much.
    OffTheRoad((Id, u64), i64),
}

fn act(actor: &'static str, verb: &'static str, with: Value) -> Act {
    let effect = Effect::None;
    Act {
        actor,
        verb,
        with,
        effect,
    }
}

/// What an officer for permits does.
fn officer(verb: &'static str, with: Value) -> Act {
    act("permit_officer:pia", verb, with)
}

impl Sim<'_> {
    /// Somebody at a node does something.
    pub fn act(&mut self, place: usize) -> Checked {
        if sabotage::act(self, place)? {
            return Ok(());
        }
        let mut possible = self.decisions(place);
        if possible.is_empty() || self.dice.one_in(2) {
            possible.extend(self.others(place));
        }
        let count = possible.len().try_into().unwrap_or(1);
        let chosen = usize::try_from(self.dice.below(count)).unwrap_or_default();
        if chosen >= possible.len() {
            return Ok(());
        }
        self.perform(place, possible.swap_remove(chosen))
    }

    /// All but what waits for a second person.
    fn others(&mut self, place: usize) -> Vec<Act> {
        let mut possible = self.beginnings(place);
        possible.extend(self.returns(place));
        possible.extend(self.supplies(place));
        for case in self.looked_at(place) {
            possible.extend(match case.side {
                Side::Exporting => self.exporting(place, &case),
                Side::Importing => self.importing(place, &case),
            });
        }
        possible
    }

    /// Some open cases of a node, side by side.
    fn looked_at(&mut self, place: usize) -> Vec<Case> {
        let trade = &self.nodes[place].core.state.trade;
        let count = trade.open_cases().count();
        let last = count.saturating_sub(LOOKED_AT_MAX);
        let first = self.dice.below(u64::try_from(last + 1).unwrap_or(1));
        let first = usize::try_from(first).unwrap_or_default();
        trade.open_cases().skip(first).take(LOOKED_AT_MAX).cloned().collect()
    }

    fn perform(&mut self, place: usize, act: Act) -> Checked {
        let Act {
            actor,
            verb,
            with,
            effect,
        } = act;
        let now = self.now;
        let outcome = self.at_node(place, |node, dice| node.submit(dice, now, actor, verb, &with))?;
        if let Some(Outcome::Done { seq, .. }) = outcome {
            self.take_effect(place, effect, seq);
        }
        Ok(())
    }

    fn take_effect(&mut self, place: usize, effect: Effect, seq: u64) {
        match effect {
            Effect::None => {}
            Effect::Begun => self.nodes[place].begun += 1,
            Effect::Dispatched(case, kind, amount) => {
                self.nodes[place].under_way.insert(case.clone());
                let goods = self.goods.entry(case).or_default();
                goods.dispatched[kind] += amount;
                goods.waiting.push((seq, kind, amount));
            }
            Effect::Left(case, dispatch, kind, amount) => {
                self.goods.entry(case.clone()).or_default().left[kind] += amount;
                self.leave_customs(place, &case, dispatch);
            }
            Effect::Back(case, dispatch, kind, amount) => {
                self.goods.entry(case.clone()).or_default().dispatched[kind] -= amount;
                self.leave_customs(place, &case, dispatch);
            }
            Effect::Supplied(amount) => self.on_the_road(place, seq, amount),
            Effect::OffTheRoad(dispatch, amount) => *self.roads.entry(dispatch).or_default() -= amount,
            Effect::Entered(case, kind) => self.goods.entry(case).or_default().ended[kind] = true,
        }
    }

    /// Goods wait at customs no longer.
    fn leave_customs(&mut self, place: usize, case: &Id, dispatch: u64) {
        let Some(goods) = self.goods.get_mut(case) else { return };
        goods.waiting.retain(|(seq, ..)| *seq != dispatch);
        if goods.waiting.is_empty() {
            self.nodes[place].under_way.remove(case);
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

    /// What customs counts: what the ledger has moved, and something else once in so many times.
    fn counted(&mut self, place: usize, case: &Case, moved: &[i64], wrong_in: u64) -> Vec<Value> {
        let mut lines = Vec::new();
        for (line, moved) in case.consignment.lines.iter().zip(moved) {
            let more = if self.dice.one_in(wrong_in) {
                self.dice.up_to(line.amount)
            } else {
                0
            };
            let item = self.nodes[place].item(usize::from(line.goods.bulk));
            lines.push(json!({ "item": item, "amount": moved.saturating_add(more) }));
        }
        lines
    }
}

fn resolution(case: &Case) -> Option<Act> {
    if case.our_word.is_some() {
        return None;
    }
    let with = json!({ "case": case.id, "cause": "loss", "explanation": "a box was missing", "incident": "I-1" });
    Some(officer("resolve_discrepancy", with))
}
