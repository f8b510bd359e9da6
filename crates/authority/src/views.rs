//! What pages ask of a running authority: entries, the register, and what would come of a command.

use std::sync::PoisonError;

use domain::access::Actor;
use domain::{Command, Context, Entry, Event, Refused};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::recover::as_written;
use crate::{Authority, AuthorityError};

impl Authority {
    /// The civil day of a moment in the authority's zone.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The civil date and time of a moment in the authority's zone.
    pub fn civil(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.zone.to_datetime(at)
    }

    /// An entry of the journal.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, AuthorityError> {
        match self.read(|journal| journal.entry(seq))? {
            Some((bytes, leaf)) => as_written(seq, &bytes, &leaf).map(Some),
            None => Ok(None),
        }
    }

    /// Looks into the register. What was recorded a moment ago may not be in it yet: see [`Authority::catch_up`].
    pub fn register<T>(&self, look: impl FnOnce(&dyn store::RegisterReader) -> T) -> T {
        let register = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        look(&**register)
    }

    /// What would come of a command now: nothing is recorded. The outer error is of storage.
    pub fn try_out(
        &self,
        now: Timestamp,
        by: &Actor,
        command: &Command,
    ) -> Result<Refused<Vec<Event>>, AuthorityError> {
        let of = domain::cites(&self.state(), command);
        let cited = match of {
            Some(seq) => self.entry(seq)?.map(|entry| entry.event),
            None => None,
        };
        let state = self.state();
        let now = now.max(state.recorded_at);
        let context = Context {
            now,
            today: self.day_of(now),
            cited: cited.as_ref(),
        };
        Ok(domain::decide(Some(&state), by, command, context))
    }
}
