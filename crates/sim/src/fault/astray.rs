//! Nodes that cannot be trusted any more: one that came back from an old backup and does not know it, one that lies.

use std::collections::BTreeMap;

use domain::id::Id;

use super::options::Fault;
use super::{Checked, Sim};

/// Once in so many runs a node comes back from an old backup, and once in so many one lies.
const ONCE_IN: u64 = 4;
/// So many entries an old backup lacks at most.
const LACKS_MAX: u64 = 80;

/// Whether a node can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// It keeps to law and protocol, and has its whole journal.
    Honest,
    /// It came back from an old backup.
    Restored {
        /// The number of its last message to each partner that the backup still has.
        kept: BTreeMap<Id, u64>,
    },
    /// It has valid keys, and lies.
    Hostile,
}

impl Sim<'_> {
    /// Who goes astray in this run, if anybody, and when.
    pub(super) fn go_astray(&mut self) {
        let steps = self.options.steps;
        if self.has(Fault::Restore) && self.dice.one_in(ONCE_IN) {
            self.restore_at = Some(steps / 3 + self.dice.below(steps / 3));
        }
        if self.has(Fault::Hostile)
            && self.dice.one_in(ONCE_IN)
            && let Some(place) = self.any_node()
        {
            self.count("hostile");
            self.nodes[place].nature = Nature::Hostile;
            self.nodes[place].core.careless = true;
        }
    }

    /// A node comes back from an old backup: all that happened since is as if it had never been.
    pub(super) fn restore(&mut self) -> Checked {
        let Some(place) = self.any_node().filter(|place| self.nodes[*place].is_honest()) else {
            return Ok(());
        };
        let most = LACKS_MAX.min(self.nodes[place].core.state.size - self.watch.founded(place));
        if most == 0 {
            return Ok(());
        }
        self.count("restore");
        let lacks = 1 + self.dice.below(most);
        let node = &mut self.nodes[place];
        if let Some(flip) = node.changed.take() {
            node.core.flip(flip);
        }
        node.core.restore(node.core.state.size.saturating_sub(lacks))?;
        let partners = node.core.state.partners.iter();
        let last = |partner: &domain::partner::Partner| partner.sent.map_or(0, |sent| sent.seq);
        let kept = partners.map(|partner| (partner.file.id.clone(), last(partner)));
        node.nature = Nature::Restored { kept: kept.collect() };
        self.watch.restored(place, node.core.state.size);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::Event;
    use domain::partner::MessageQueued;
    use domain::trade::{Cancellation, Notice};
    use jiff::SignedDuration;

    use super::super::{Checked, world};
    use crate::dice::Dice;
    use crate::memory::wrong;

    /// The simulation found it: seed 8063 of 10,000, whose watch took it for a log that was rolled back.
    #[test]
    fn a_message_of_which_nothing_else_was_lost_is_signed_again_as_it_was() -> Checked {
        let (mut nodes, now) = world::found(2, false, &mut Dice(1))?;
        let to = nodes[1].id.clone();
        let core = &mut nodes[0].core;
        let cancellation = Cancellation {
            number: "NONE".parse().map_err(wrong)?,
            reason: "it was never issued".parse().map_err(wrong)?,
        };
        let notice = Notice::AuthorizationCancelled(Box::new(cancellation));
        let case = None;
        core.force(
            now,
            vec![Event::MessageQueued(Box::new(MessageQueued { to, case, notice }))],
        )?;
        // The clock is behind what the journal has.
        core.sign_queued(now - SignedDuration::from_hours(1))?;
        let before = core.outgoing()?;
        core.restore(core.state.size - 1)?;
        assert!(core.outgoing()?.is_empty(), "the message is lost");
        core.sign_queued(now - SignedDuration::from_mins(30))?;
        assert_eq!(core.outgoing()?, before);
        Ok(())
    }
}
