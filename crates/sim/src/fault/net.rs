//! The network between the nodes: what is on its way, and what strikes it there.

use exchange::Answer;
use jiff::Timestamp;
use serde::Serialize;

use super::options::Fault;
use super::sabotage;
use super::watch;
use super::{Broken, Checked, Sim};

/// The longest a delayed thing is late, in steps.
const LATE_MAX: u64 = 40;

/// What happened to messages and receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
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
    packets: Vec<Packet>,
    pub traffic: Traffic,
}

impl Net {
    /// What a node posted in this step never left it.
    pub fn forget(&mut self, from: usize, posted: u64) {
        let before = self.packets.len();
        self.packets
            .retain(|packet| packet.from != from || packet.posted != posted);
        self.traffic.lost += u64::try_from(before - self.packets.len()).unwrap_or_default();
    }
}

impl Sim<'_> {
    /// A node signs what waits, and posts all that has no receipt.
    pub fn sign_and_send(&mut self, place: usize) -> Checked {
        let at = self.nodes[place].time(self.now);
        self.nodes[place].core.sign_queued(at)?;
        for message in self.nodes[place].core.outgoing()? {
            let to = self.nodes.iter().position(|node| node.id == message.to);
            let to = to.ok_or_else(|| Broken::new("a node goes on", format!("nobody is {}", message.to)))?;
            self.watch.posted(&self.nodes[place].id, &message)?;
            self.post(place, to, Kind::Message, message.bytes.into_bytes());
        }
        Ok(())
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
            self.net.packets.push(again);
        }
        if self.has(Fault::Delay) && self.dice.one_in(5) {
            self.net.traffic.delayed += 1;
            packet.due += 1 + self.dice.below(LATE_MAX);
        }
        if self.has(Fault::Damage) && self.dice.one_in(20) {
            self.net.traffic.damaged += 1;
            self.damage(&mut packet);
        }
        self.net.packets.push(packet);
    }

    /// Another bit somewhere.
    fn damage(&mut self, packet: &mut Packet) {
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
        let step = self.step;
        let (due, later) = std::mem::take(&mut self.net.packets)
            .into_iter()
            .partition(|packet: &Packet| packet.due <= step);
        self.net.packets = later;
        let mut due: Vec<Packet> = due;
        due.sort_by_key(|packet| packet.due);
        for packet in due {
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
        let node = &mut self.nodes[packet.to];
        let before = node.core.state.size;
        let answer = node.core.accept(at, &packet.bytes)?;
        let says = |what: &str| format!("{} {what}: {}", node.id, answer.encode());
        match &answer {
            _ if packet.damaged && node.core.state.size != before => {
                return Err(Broken::new(watch::DAMAGED, says("took a damaged message")));
            }
            Answer::Refused { .. } if !packet.damaged => {
                return Err(Broken::new(watch::HONEST, says("did not take an honest message")));
            }
            Answer::Parked { .. } => sabotage::on_parked(self.options.sabotage, &mut node.core, at, &packet.bytes)?,
            _ => {}
        }
        let body = answer.encode().into_bytes();
        self.post(packet.to, packet.from, Kind::Answer, body);
        Ok(())
    }

    fn answer(&mut self, packet: &Packet) -> Checked {
        let Ok(Answer::Receipt(receipt)) = Answer::decode(&packet.bytes) else {
            return Ok(());
        };
        let by = self.nodes[packet.from].id.clone();
        let at = self.nodes[packet.to].time(self.now);
        let node = &mut self.nodes[packet.to];
        // A receipt that came before, or that was damaged, is not taken.
        if node.core.settle(at, &by, receipt.as_bytes())?.is_ok() && packet.damaged {
            let says = format!("{} took a damaged receipt", node.id);
            return Err(Broken::new(watch::DAMAGED, says));
        }
        Ok(())
    }
}
