//! Who works on what: a note among colleagues, so that two do not begin the same. It holds no lock and no right, lies in
//! memory alone, and is forgotten after a working day.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::App;

/// A working day.
const KEPT: Duration = Duration::from_hours(8);
/// More than anybody works on at once; beyond, nothing is noted.
const CLAIMS_MAX: usize = 20_000;

/// By what is worked on: the person, and since when.
#[derive(Default)]
pub struct Claims(Mutex<HashMap<String, (String, Instant)>>);

impl Claims {
    fn kept(&self) -> MutexGuard<'_, HashMap<String, (String, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Notes that a person works on something. Whoever took it first keeps it.
    pub fn claim(&self, what: &str, person: &str) {
        let mut kept = self.claims.kept();
        if kept.len() >= CLAIMS_MAX {
            kept.retain(|_, (_, since)| since.elapsed() < KEPT);
        }
        let free = kept.get(what).is_none_or(|(_, since)| since.elapsed() >= KEPT);
        if free && kept.len() < CLAIMS_MAX {
            kept.insert(what.to_owned(), (person.to_owned(), Instant::now()));
        }
    }

    /// Forgets it. A colleague may free it too: people fall ill.
    pub fn unclaim(&self, what: &str) {
        self.claims.kept().remove(what);
    }

    /// Who works on each of these things.
    pub fn claimed<'a>(&self, what: impl Iterator<Item = &'a str>) -> HashMap<String, String> {
        let kept = self.claims.kept();
        let by = |what: &str| {
            let (person, since) = kept.get(what)?;
            (since.elapsed() < KEPT).then(|| (what.to_owned(), person.clone()))
        };
        what.filter_map(by).collect()
    }
}
