//! How much is asked, and how long it takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;

use crate::routes::Kind;

/// Counts of requests by kind and class of status, and the time they took.
#[derive(Debug, Default)]
pub struct Metrics {
    counts: [[AtomicU64; 5]; 3],
    micros: [AtomicU64; 3],
}

impl Metrics {
    /// Counts an answer.
    pub fn count(&self, kind: Kind, status: StatusCode, took: Duration) {
        let (kind, class) = (kind as usize, usize::from(status.as_u16() / 100).saturating_sub(1));
        if let Some(count) = self.counts.get(kind).and_then(|classes| classes.get(class)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(micros) = self.micros.get(kind) {
            micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Every figure: kind of route, class of status such as `2xx`, count; and microseconds by kind of route.
    #[allow(clippy::type_complexity)] // two lists of named figures
    pub fn read(&self) -> (Vec<(&'static str, &'static str, u64)>, Vec<(&'static str, u64)>) {
        const KINDS: [&str; 3] = ["page", "api", "asset"];
        const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let counts = KINDS.into_iter().zip(&self.counts).flat_map(|(kind, classes)| {
            let named = CLASSES.into_iter().zip(classes);
            named.map(move |(class, count)| (kind, class, count.load(Ordering::Relaxed)))
        });
        let micros = KINDS
            .into_iter()
            .zip(&self.micros)
            .map(|(kind, sum)| (kind, sum.load(Ordering::Relaxed)));
        (counts.collect(), micros.collect())
    }
}
