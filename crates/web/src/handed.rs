//! What is shown to one person once: links, codes and keys. It lies in memory alone, for a few minutes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::App;

/// So long it lies there for the page that shows it.
const KEPT: Duration = Duration::from_mins(5);

/// By person and entry.
#[derive(Default)]
pub struct Handed(Mutex<HashMap<(String, u64), (Instant, String)>>);

impl App {
    /// Keeps something for the next page of a person.
    pub fn hand_over(&self, person: &str, about: u64, what: String) {
        let mut kept = self.handed.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at, _)| at.elapsed() < KEPT);
        kept.insert((person.to_owned(), about), (Instant::now(), what));
    }

    /// Takes what was kept: the second look finds nothing.
    pub fn handed_over(&self, person: &str, about: u64) -> Option<String> {
        let mut kept = self.handed.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, what) = kept.remove(&(person.to_owned(), about))?;
        (at.elapsed() < KEPT).then_some(what)
    }
}
