//! What came of a run.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::net::Traffic;
use super::options::Options;

/// A run in which every invariant held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// How many authorities.
    pub authorities: usize,
    /// How many steps.
    pub steps: u64,
    /// What struck.
    pub faults: String,
    /// The last moment, in virtual time.
    pub ended_at: Timestamp,
    /// Entries in all journals.
    pub entries: u64,
    /// Cases of exporting authorities, by stage at the end.
    pub cases: BTreeMap<String, u64>,
    /// Export permits issued.
    pub permits: u64,
    /// Messages taken, by kind.
    pub messages: BTreeMap<String, u64>,
    /// Messages taken and refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Instructions refused, by code.
    pub instructions_refused: BTreeMap<String, u64>,
    /// What happened on the way.
    pub traffic: Traffic,
    /// Crashes.
    pub crashes: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
        let Traffic {
            posted,
            lost,
            doubled,
            delayed,
            damaged,
        } = self.traffic;
        write!(
            f,
            "seed {}: {} authorities, {} steps, faults {}: {} entries, {} cases, {} permits, {} messages taken, {} of \
             them refused; {posted} posted, {lost} lost, {doubled} doubled, {delayed} delayed, {damaged} damaged, {} \
             crashes; every invariant holds",
            self.seed,
            self.authorities,
            self.steps,
            self.faults,
            self.entries,
            sum(&self.cases),
            self.permits,
            sum(&self.messages),
            sum(&self.refused),
            self.crashes
        )
    }
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was simulated.
    pub options: Options,
    /// The step, from 1, after which it was seen; the last one also stands for the end.
    pub step: u64,
    /// What must always hold.
    pub invariant: &'static str,
    /// How it was broken.
    pub says: String,
    /// The entries about the case that it speaks of, journal by journal.
    pub history: Vec<String>,
}

impl Failure {
    /// The command that replays it.
    pub fn replay(&self) -> String {
        let Options {
            seed,
            authorities,
            steps,
            faults,
            sabotage,
        } = &self.options;
        let sabotage = sabotage
            .map(|sabotage| format!(" --sabotage {sabotage}"))
            .unwrap_or_default();
        format!("countersign sim --seed {seed} --authorities {authorities} --steps {steps} --faults {faults}{sabotage}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "broken at step {}: {}: {}\nreplay it: {}",
            self.step,
            self.invariant,
            self.says,
            self.replay()
        )?;
        self.history.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for Failure {}
