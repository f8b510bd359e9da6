//! Between two provinces of one country: sites are shared, goods go from one wholesaler to the other, and what is said of
//! them is mostly right. Goods are on the road or they are not, whatever the books say.

use std::collections::BTreeMap;

use domain::id::Id;
use domain::province::{Domestic, End};
use serde_json::json;

use super::{Act, Effect, act};
use crate::fault::Sim;

/// So many dispatches that are not over a province has at most.
const OPEN_MAX: usize = 6;

/// How much of each dispatch is on the road in fact: by the authority of the consignor and the dispatch's number.
pub(in crate::fault) type Roads = BTreeMap<(Id, u64), i64>;

/// The two kinds of goods as a message names them.
fn kind_of(domestic: &Domestic) -> usize {
    usize::from(domestic.told.goods.bulk)
}

impl Sim<'_> {
    /// What may be done with the other province, where there is one.
    pub(super) fn supplies(&mut self, place: usize) -> Vec<Act> {
        let Some(neighbour) = self.nodes[place].neighbour else {
            return Vec::new();
        };
        let mut possible = Vec::from_iter(self.sharing(place, neighbour));
        let dispatches = self.nodes[place].core.state.provinces.dispatches().iter();
        let open = dispatches.filter(|(_, domestic)| !domestic.is_over());
        let open: Vec<(u64, Domestic)> = open.map(|(entry, domestic)| (*entry, domestic.clone())).collect();
        for (entry, domestic) in &open {
            possible.extend(match domestic.end {
                End::Sending => self.second_thoughts(place, *entry, domestic),
                End::Receiving => self.reception(place, *entry, domestic),
            });
            possible.extend(self.word(*entry, domestic));
        }
        let sending = open.iter().filter(|(_, domestic)| domestic.end == End::Sending);
        if sending.count() < OPEN_MAX && self.dice.one_in(2) {
            possible.push(self.supply(place, neighbour));
        }
        possible
    }

    /// The wholesaler's site is shared; now and then it is withdrawn.
    fn sharing(&mut self, place: usize, neighbour: usize) -> Option<Act> {
        let partner = self.nodes[neighbour].id.clone();
        let shared = self.nodes[place].core.state.provinces.shared().next().is_some();
        if !shared {
            let with = json!({ "site": "W", "partner": partner, "licence": "LIC-wholesale_regional" });
            return self
                .dice
                .one_in(2)
                .then(|| act("licensing_officer:lea", "share_site", with));
        }
        let with = json!({ "site": "W", "partner": partner, "reason": "it is rebuilt" });
        self.dice
            .one_in(25)
            .then(|| act("licensing_officer:lea", "withdraw_site", with))
    }

    fn supply(&mut self, place: usize, neighbour: usize) -> Act {
        let kind = usize::from(self.dice.one_in(3));
        let amount = self.dice.up_to([500, 2_000_000][kind]);
        let batch = ["A", "B"][kind];
        let with = json!({ "site": "W", "to": "W", "partner": self.nodes[neighbour].id, "item": self.nodes[place].item(kind),
            "batch": batch, "amount": amount, "occurred_on": self.day(place, 0) });
        Act {
            effect: Effect::Supplied(amount),
            ..act("H:hana", "dispatch", with)
        }
    }

    /// A dispatch that was recorded is on the road.
    pub(super) fn on_the_road(&mut self, place: usize, entry: u64, amount: i64) {
        let node = &self.nodes[place];
        if let Some(domestic) = node.core.state.provinces.dispatches().get(&entry) {
            self.roads.insert((node.id.clone(), domestic.told.number), amount);
        }
    }

    /// The consignee counts what has come: mostly all, now and then a part, less than there is, or more.
    fn reception(&mut self, place: usize, entry: u64, domestic: &Domestic) -> Option<Act> {
        let key = (domestic.partner.clone(), domestic.told.number);
        let there = self.roads.get(&key).copied().unwrap_or_default();
        if there <= 0 || domestic.outstanding() == 0 {
            return None;
        }
        let (came, more_to_come) = match self.dice.below(12) {
            0 | 1 => (self.dice.up_to(there), true),
            2 => (self.dice.up_to(there), false),
            _ => (there, false),
        };
        let counted = if self.dice.one_in(20) {
            came + self.dice.up_to(3)
        } else {
            came
        };
        let with = json!({ "site": "W", "dispatch": entry, "amount": counted, "more_to_come": more_to_come,
            "occurred_on": self.day(place, 0) });
        Some(Act {
            effect: Effect::OffTheRoad(key, came),
            ..act("H:hana", "receive", with)
        })
    }

    /// The consignor takes goods back or loses them, and now and then says so of goods that have arrived.
    fn second_thoughts(&mut self, place: usize, entry: u64, domestic: &Domestic) -> Option<Act> {
        let node = &self.nodes[place];
        let key = (node.id.clone(), domestic.told.number);
        let there = self.roads.get(&key).copied().unwrap_or_default();
        let transit = node.core.state.ledger.transit().get(&entry);
        let outstanding = transit.map_or(0, |transit| transit.outstanding);
        let mistaken = there < outstanding;
        // What was short is looked for.
        let chances = if domestic.complete && there > 0 { 3 } else { 30 };
        if outstanding == 0 || !self.dice.one_in(if mistaken { 12 } else { chances }) {
            return None;
        }
        let amount = if mistaken {
            outstanding
        } else {
            self.dice.up_to(outstanding)
        };
        let mut with = json!({ "site": "W", "dispatch": entry, "amount": amount, "reason": "it says so",
            "occurred_on": self.day(place, 0) });
        let verb = if self.dice.one_in(3) {
            with["case"] = json!("I-1");
            "lose_in_transit"
        } else {
            "cancel_dispatch"
        };
        Some(Act {
            effect: Effect::OffTheRoad(key, amount.min(there).max(0)),
            ..act("H:hana", verb, with)
        })
    }

    /// A word on a difference, as both kinds of goods allow it.
    fn word(&mut self, entry: u64, domestic: &Domestic) -> Option<Act> {
        if !domestic.differs() || domestic.our_word.is_some() {
            return None;
        }
        let cause = ["loss", "theft"][kind_of(domestic)];
        let with = json!({ "dispatch": entry, "cause": cause, "explanation": "a box was missing", "incident": "I-1" });
        self.dice
            .one_in(3)
            .then(|| act("licensing_officer:lea", "resolve_difference", with))
    }
}
