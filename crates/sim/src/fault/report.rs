//! What came of a run, and of many.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::options::Options;

/// Counts by word.
type Counts = BTreeMap<String, u64>;

/// A run in which every invariant held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// How many authorities.
    pub authorities: usize,
    /// How many steps.
    pub steps: u64,
    /// What might strike.
    pub faults: String,
    /// The last moment, in virtual time.
    pub ended_at: Timestamp,
    /// Entries in all journals.
    pub entries: u64,
    /// Cases of exporting authorities, by stage at the end.
    pub cases: Counts,
    /// Export permits issued by honest authorities.
    pub permits: u64,
    /// Entries of honest journals, by kind: what was done.
    pub acts: Counts,
    /// Messages taken by honest authorities, by kind.
    pub messages: Counts,
    /// Messages taken and refused, by code.
    pub refused: Counts,
    /// What honest authorities did not take of one that went astray, by code.
    pub rejected: Counts,
    /// Instructions refused, by code.
    pub instructions_refused: Counts,
    /// Messages and answers posted.
    pub posted: u64,
    /// How often each fault struck.
    pub struck: Counts,
    /// Sizes at which honest journals together prove that a node has shown two logs.
    pub split_views: u64,
}

fn sum(counts: &Counts) -> u64 {
    counts.values().sum()
}

fn listed(counts: &Counts) -> String {
    let words = counts.iter().map(|(word, count)| format!("{count} {word}"));
    words.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {}: {} authorities, {} steps, faults {}: {} entries, {} cases, {} permits, {} messages taken, {} of \
             them refused; {} posted, {}; every invariant holds",
            self.seed,
            self.authorities,
            self.steps,
            self.faults,
            self.entries,
            sum(&self.cases),
            self.permits,
            sum(&self.messages),
            sum(&self.refused),
            self.posted,
            listed(&self.struck),
        )
    }
}

/// What came of many runs together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// How many runs.
    pub runs: u64,
    /// Steps of all.
    pub steps: u64,
    /// Entries in all journals.
    pub entries: u64,
    /// Export permits issued.
    pub permits: u64,
    /// Messages and answers posted.
    pub posted: u64,
    /// Proofs that a node has shown two logs.
    pub split_views: u64,
    /// Cases, by stage at the end.
    pub cases: Counts,
    /// What was done, by kind of entry.
    pub acts: Counts,
    /// Messages taken, by kind.
    pub messages: Counts,
    /// Messages taken and refused, by code.
    pub refused: Counts,
    /// What was not taken of who went astray, by code.
    pub rejected: Counts,
    /// How often each fault struck.
    pub struck: Counts,
}

impl Sum {
    /// Adds a run.
    pub fn add(&mut self, report: &Report) {
        self.runs += 1;
        self.steps += report.steps;
        self.entries += report.entries;
        self.permits += report.permits;
        self.posted += report.posted;
        self.split_views += report.split_views;
        for (all, one) in [
            (&mut self.cases, &report.cases),
            (&mut self.acts, &report.acts),
            (&mut self.messages, &report.messages),
            (&mut self.refused, &report.refused),
            (&mut self.rejected, &report.rejected),
            (&mut self.struck, &report.struck),
        ] {
            for (word, count) in one {
                *all.entry(word.clone()).or_default() += count;
            }
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} runs, {} steps: {} entries, {} permits, {} posted, {} split views proven",
            self.runs, self.steps, self.entries, self.permits, self.posted, self.split_views
        )?;
        writeln!(f, "cases: {}", listed(&self.cases))?;
        writeln!(f, "acts: {}", listed(&self.acts))?;
        writeln!(f, "messages taken: {}", listed(&self.messages))?;
        writeln!(f, "of them refused: {}", listed(&self.refused))?;
        writeln!(f, "not taken of who went astray: {}", listed(&self.rejected))?;
        write!(f, "struck: {}", listed(&self.struck))
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
            cases,
            provinces,
            steps,
            faults,
            sabotage,
        } = &self.options;
        let provinces = if *provinces { " --provinces" } else { "" };
        let sabotage = sabotage
            .map(|sabotage| format!(" --sabotage {sabotage}"))
            .unwrap_or_default();
        let cases = if *cases == Options::default().cases {
            String::new()
        } else {
            format!(" --cases {cases}")
        };
        format!(
            "countersign sim --seed {seed} --authorities {authorities}{provinces}{cases} --steps {steps} --faults {faults}{sabotage}"
        )
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
