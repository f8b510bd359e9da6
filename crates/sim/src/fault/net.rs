//! The network between the nodes: what is on its way, and what strikes it there.

use std::collections::BTreeMap;

use exchange::Answer;
use jiff::Timestamp;

use super::astray::Nature;
use super::options::Fault;
use super::sabotage;
use super::watch;
use super::{Broken, Checked, Sim};

/// The longest a delayed thing is late, in steps.
const LATE_MAX: u64 = 40;

/// What happened to messages and receipts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    /// Messages and answers posted.
    pub posted: u64,
    /// Of them, lost.
    pub lost: u64,
    /// Posted, and came twice.
    pub doubled: u64,
    /// Came late.
    pub delayed: u64,
    /// Came with another byte in them.
    pub damaged: u64,
}

impl Traffic {
    /// What struck, by word.
    pub(super) fn struck(&self) -> [(String, u64); 4] {
        let counts = [self.lost, self.doubled, self.delayed, self.damaged];
        let words = ["lost", "doubled", "delayed", "damaged"];
        std::array::from_fn(|place| (words[place].to_owned(), counts[place]))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message,
    Answer,
}

/// Something on its way.
#[derive(Clone, Debug)]
struct Packet {
    due: u64,
    posted: u64,
    from: usize,
    to: usize,
    kind: Kind,
    bytes: Vec<u8>,
    damaged: bool,
}

#[derive(Debug, Default)]
pub(super) struct Net {
    /// By when they are due, and in which order they were posted.
    packets: BTreeMap<(u64, u64), Packet>,
    /// How many were ever on their way.
    number: u64,
    pub traffic: Traffic,
}

impl Net {
    /// What a node posted in this step never left it.
    pub fn forget(&mut self, from: usize, posted: u64) {
        let before = self.packets.len();
        self.packets
            .retain(|_, packet| packet.from != from || packet.posted != posted);
        self.traffic.lost += u64::try_from(before - self.packets.len()).unwrap_or_default();
    }

    fn put(&mut self, packet: Packet) {
        self.number += 1;
        self.packets.insert((packet.due, self.number), packet);
    }

    /// What is due by a step.
    fn due(&mut self, step: u64) -> Vec<Packet> {
        let later = self.packets.split_off(&(step + 1, 0));
        std::mem::replace(&mut self.packets, later).into_values().collect()
    }
}

impl Sim<'_> {
    /// A node signs what waits, and posts all that has no receipt.
    pub fn sign_and_send(&mut self, place: usize) -> Checked {
        let now = self.now;
        let outgoing = self.at_node(place, |node, _| {
            node.core.sign_queued(node.time(now))?;
            Ok(node.core.outgoing()?)
        })?;
        for message in outgoing.unwrap_or_default() {
            let to = self.place_of(&message.to)?;
            let mut bytes = message.bytes.clone().into_bytes();
            sabotage::on_post(self.options.sabotage, &self.nodes[place].core, &mut bytes)?;
            if self.nodes[place].is_honest() {
                self.watch.posted(&self.nodes[place].id, &message, &bytes)?;
            }
            self.post_message(place, to, bytes);
        }
        Ok(())
    }

    pub(super) fn place_of(&self, id: &str) -> Checked<usize> {
        let place = self.nodes.iter().position(|node| node.id.as_str() == id);
        place.ok_or_else(|| Broken::new(watch::GOES_ON, format!("nobody is {id}")))
    }

    pub(super) fn post_message(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        self.post(from, to, Kind::Message, bytes);
    }

    fn post(&mut self, from: usize, to: usize, kind: Kind, bytes: Vec<u8>) {
        self.net.traffic.posted += 1;
        let losing = match kind {
            Kind::Message => Fault::Lose,
            Kind::Answer => Fault::Receipt,
        };
        if self.has(losing) && self.dice.one_in(4) {
            self.net.traffic.lost += 1;
            return;
        }
        let mut packet = Packet {
            due: self.step,
            posted: self.step,
            from,
            to,
            kind,
            bytes,
            damaged: false,
        };
        if self.has(Fault::Reorder) {
            packet.due += self.dice.below(6);
        }
        if self.has(Fault::Double) && self.dice.one_in(5) {
            self.net.traffic.doubled += 1;
            let mut again = packet.clone();
            again.due += 1 + self.dice.below(LATE_MAX);
            self.net.put(again);
        }
        if self.has(Fault::Delay) && self.dice.one_in(5) {
            self.net.traffic.delayed += 1;
            packet.due += 1 + self.dice.below(LATE_MAX);
        }
        if self.has(Fault::Damage) && self.dice.one_in(20) {
            self.net.traffic.damaged += 1;
            self.damage(&mut packet);
        }
        self.net.put(packet);
    }

    /// Another bit somewhere.
    fn damage(&mut self, packet: &mut Packet) {
        if self.options.sabotage == Some(sabotage::Sabotage::DamageTaken) {
            packet.damaged = true;
            return;
        }
        let length = u64::try_from(packet.bytes.len()).unwrap_or_default();
        let place = usize::try_from(self.dice.below(length)).unwrap_or_default();
        let bit = self.dice.below(8);
        if let Some(byte) = packet.bytes.get_mut(place) {
            *byte ^= 1 << bit;
            packet.damaged = true;
        }
    }

    /// What is due comes.
    pub fn arrivals(&mut self) -> Checked {
        for packet in self.net.due(self.step) {
            if !self.nodes[packet.to].is_up() {
                self.net.traffic.lost += 1;
                continue;
            }
            match packet.kind {
                Kind::Message => self.message(&packet)?,
                Kind::Answer => self.answer(&packet)?,
            }
        }
        Ok(())
    }

    fn message(&mut self, packet: &Packet) -> Checked {
        let at: Timestamp = self.nodes[packet.to].time(self.now);
        let before = self.nodes[packet.to].core.state.size;
        let contradicted = watch::Watch::contradicted(&self.nodes[packet.to], &packet.bytes);
        let sabotage = self.options.sabotage;
        let taken = self.at_node(packet.to, |node, _| {
            match sabotage::on_message(sabotage, contradicted.is_some())? {
                Some(answer) => Ok(answer),
                None => Ok(node.core.accept(at, &packet.bytes)?),
            }
        })?;
        let Some(answer) = taken else { return Ok(()) };
        let (from, to) = (&self.nodes[packet.from], &self.nodes[packet.to]);
        let says = |what: &str| format!("{} {what}: {}", to.id, answer.encode());
        let honest = from.is_honest() && to.is_honest();
        if packet.damaged && to.core.state.size != before {
            return Err(Broken::new(watch::DAMAGED, says("took a damaged message")));
        }
        if honest && !packet.damaged && matches!(answer, Answer::Refused { .. }) {
            return Err(Broken::new(watch::HONEST, says("did not take an honest message")));
        }
        if to.is_honest() && !packet.damaged {
            watch::Watch::evidenced(to, contradicted.as_ref())?;
            self.watch.answered(from, &answer);
        }
        if matches!(answer, Answer::Parked { .. }) || !from.is_honest() {
            sabotage::on_refused(sabotage, &mut self.nodes[packet.to].core, at, &packet.bytes, &answer)?;
        }
        let answer = sabotage::on_answer(sabotage, &self.nodes[packet.to].core, answer)?;
        let body = self.answer_of_a_liar(packet.to, answer)?.encode().into_bytes();
        self.post(packet.to, packet.from, Kind::Answer, body);
        Ok(())
    }

    fn answer(&mut self, packet: &Packet) -> Checked {
        let by = self.nodes[packet.from].id.clone();
        let Ok(answer) = Answer::decode(&packet.bytes) else {
            return Ok(());
        };
        let Answer::Receipt(receipt) = answer else {
            if !packet.damaged && self.nodes[packet.from].is_honest() {
                self.hear(packet.to, packet.from, &answer);
            }
            return Ok(());
        };
        let now = self.now;
        let settled = self.at_node(packet.to, |node, _| {
            Ok(node.core.settle(node.time(now), &by, receipt.as_bytes())?)
        })?;
        // A receipt that came before, or that was damaged, is not taken.
        if packet.damaged && settled.is_some_and(|settled| settled.is_ok()) {
            let says = format!("{} took a damaged receipt", self.nodes[packet.to].id);
            return Err(Broken::new(watch::DAMAGED, says));
        }
        Ok(())
    }

    /// A node that came back from an old backup is told that its word is not taken.
    pub(super) fn hear(&mut self, place: usize, from: usize, answer: &Answer) {
        let hears = self.options.sabotage != Some(sabotage::Sabotage::Unhearing);
        if hears && matches!(self.nodes[place].nature, Nature::Restored { .. }) {
            self.watch.told(place, from, answer);
        }
    }
}
