//! Commands seen in the last 72 hours, so that the same command twice gets the first receipt.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::journal::Entry;
use crate::table::Lookup;

/// How long ids are kept after their entry was recorded.
pub const KEPT: SignedDuration = SignedDuration::from_hours(72);

/// A command that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Its id.
    pub id: Uuid,
    /// The first half of its hash.
    pub hash: [u8; 16],
    /// Its first entry.
    pub seq: u64,
    /// How many entries it has.
    pub count: u32,
    /// When it was recorded.
    pub at: Timestamp,
}

/// What is known of a command id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It was answered with these entries.
    Answered {
        /// The first entry.
        seq: u64,
        /// How many.
        count: u32,
    },
    /// The id was used for another command.
    Reused {
        /// The first entry of that one.
        seq: u64,
    },
}

/// The commands of the last 72 hours.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Seen {
    answered: VecDeque<Answered>,
    /// How many have been dropped from the front: numbers in the index count from the beginning.
    dropped: u32,
    #[serde(skip)]
    lookup: Lookup<Uuid>,
}

/// The half of a hash that is kept.
pub fn half(hash: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
    half
}

impl Seen {
    /// What is known of an id.
    pub fn get(&self, id: &Uuid, hash: &[u8; 32]) -> Option<Known> {
        let place = self.lookup.get(id)?.wrapping_sub(self.dropped);
        let answered = self.answered.get(place as usize)?;
        let (seq, count) = (answered.seq, answered.count);
        Some(if answered.hash == half(hash) {
            Known::Answered { seq, count }
        } else {
            Known::Reused { seq }
        })
    }

    pub(crate) fn record(&mut self, entry: &Entry) {
        if let Some(last) = self.answered.back_mut()
            && last.id == entry.command_id
        {
            last.count += 1;
            return;
        }
        while self
            .answered
            .front()
            .is_some_and(|first| entry.recorded_at.duration_since(first.at) > KEPT)
        {
            if let Some(first) = self.answered.pop_front() {
                self.lookup.remove(&first.id);
                self.dropped = self.dropped.wrapping_add(1);
            }
        }
        let place = u32::try_from(self.answered.len()).unwrap_or(u32::MAX);
        self.lookup.put(entry.command_id, self.dropped.wrapping_add(place));
        self.answered.push_back(Answered {
            id: entry.command_id,
            hash: half(&entry.command_hash),
            seq: entry.seq,
            count: 1,
            at: entry.recorded_at,
        });
    }

    pub(crate) fn reindex(&mut self) {
        self.lookup = Lookup::default();
        for (place, answered) in (0_u32..).zip(&self.answered) {
            self.lookup.put(answered.id, self.dropped.wrapping_add(place));
        }
    }
}
