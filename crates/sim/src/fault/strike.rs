//! What strikes a node itself: crashes, clocks that jump, stored rows that change.

use jiff::SignedDuration;

use super::options::Fault;
use super::sabotage::{self, Sabotage};
use super::watch;
use super::{Broken, Checked, Sim};
use crate::memory::Flip;

/// The farthest that a clock jumps, ahead or back.
const JUMP_DAYS_MAX: i64 = 40;

impl Sim<'_> {
    pub(super) fn strike(&mut self) -> Checked {
        if self.has(Fault::Crash)
            && self.dice.one_in(30)
            && let Some(place) = self.any_node()
        {
            let until = self.step + self.dice.below(12);
            self.crash(place, until)?;
        }
        if self.has(Fault::Clock)
            && self.dice.one_in(40)
            && let Some(place) = self.any_node()
        {
            self.jump(place);
        }
        if self.has(Fault::Corrupt)
            && self.dice.one_in(60)
            && let Some(place) = self.any_node()
        {
            self.corrupt(place);
        }
        if self.restore_at == Some(self.step) {
            self.restore()?;
        }
        Ok(())
    }

    /// A clock runs ahead or behind from now on: by some hours, or by days.
    fn jump(&mut self, place: usize) {
        self.count("clock");
        let farthest = if self.dice.one_in(3) { JUMP_DAYS_MAX * 24 } else { 3 };
        let minutes = self.dice.up_to(farthest * 120);
        self.nodes[place].ahead = SignedDuration::from_mins(minutes - farthest * 60);
    }

    /// A node loses all that is not in its journal, and what it had just handed to the network.
    fn crash(&mut self, place: usize, until: u64) -> Checked {
        self.count("crash");
        self.net.forget(place, self.step);
        self.nodes[place].down_until = Some(until);
        if self.nodes[place].changed.is_some() {
            return self.repair(place);
        }
        let node = &mut self.nodes[place];
        let before = sabotage::before_crash(self.options.sabotage, &mut node.core)?;
        sabotage::on_crash(self.options.sabotage, &mut node.core);
        node.core.recover()?;
        // Who comes back from an old backup is for the others to find out.
        if node.core.state.hash() == Ok(before) || self.options.sabotage == Some(Sabotage::OldBackup) {
            return Ok(());
        }
        let says = format!("{} came back with another state than it had", node.id);
        Err(Broken::new(watch::REPLAY, says))
    }

    /// Nodes whose time has come run again.
    pub(super) fn wake(&mut self) -> Checked {
        let step = self.step;
        for place in 0..self.nodes.len() {
            let node = &mut self.nodes[place];
            if node.down_until.is_some_and(|until| until <= step) {
                node.down_until = None;
                if node.changed.is_some() {
                    self.repair(place)?;
                }
            }
        }
        Ok(())
    }

    /// A bit of what a node has stored changes, and it does not know.
    fn corrupt(&mut self, place: usize) {
        if !self.nodes[place].is_honest() || self.nodes[place].changed.is_some() {
            return;
        }
        self.count("corrupt");
        let flip = Flip {
            seq: self.dice.below(self.nodes[place].core.state.size),
            leaf: self.dice.one_in(3),
            byte: usize::try_from(self.dice.below(1 << 16)).unwrap_or_default(),
            bit: u8::try_from(self.dice.below(8)).unwrap_or_default(),
        };
        self.nodes[place].core.flip(flip);
        self.nodes[place].changed = Some(flip);
    }

    /// A node begins anew, and must see that its journal is not what it wrote. Then it gets a good copy.
    pub(super) fn repair(&mut self, place: usize) -> Checked {
        let blind = self.options.sabotage == Some(Sabotage::Blind);
        let node = &mut self.nodes[place];
        let Some(flip) = node.changed.take() else {
            return Ok(());
        };
        let begun = if blind {
            node.core.begin_anew()
        } else {
            node.core.recover()
        };
        if begun.is_ok() || (!blind && node.core.fsck()?.is_empty()) {
            let says = format!(
                "entry {} of {} was changed, and it began anew with it",
                flip.seq, node.id
            );
            return Err(Broken::new(watch::AT_REST, says));
        }
        node.core.flip(flip);
        node.core.recover()?;
        self.count("corrupt, seen at the start");
        Ok(())
    }
}
