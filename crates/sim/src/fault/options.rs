//! What is simulated, and which faults strike.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::sabotage::Sabotage;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A message is lost on the way.
    Lose,
    /// A receipt is lost on the way.
    Receipt,
    /// A message or receipt comes twice.
    Double,
    /// A message or receipt comes late.
    Delay,
    /// Messages overtake each other.
    Reorder,
    /// A byte of a message or receipt changes on the way.
    Damage,
    /// A node stops between two steps, and comes back from its journal.
    Crash,
    /// A node's clock jumps by hours or days, ahead or back.
    Clock,
    /// A bit of a row that a node has stored changes.
    Corrupt,
    /// A node comes back from an old backup and does not know it.
    Restore,
    /// A node with valid keys lies.
    Hostile,
}

impl Fault {
    /// All kinds with their words.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Lose, "lose"),
        (Self::Receipt, "receipt"),
        (Self::Double, "double"),
        (Self::Delay, "delay"),
        (Self::Reorder, "reorder"),
        (Self::Damage, "damage"),
        (Self::Crash, "crash"),
        (Self::Clock, "clock"),
        (Self::Corrupt, "corrupt"),
        (Self::Restore, "restore"),
        (Self::Hostile, "hostile"),
    ];
}

/// Which kinds of faults strike: `all`, `none`, or a list such as `lose,crash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// All kinds.
    pub fn all() -> Self {
        Self(Fault::ALL.iter().map(|(fault, _)| *fault).collect())
    }

    /// None.
    pub fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether a kind strikes.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = |word: &str| {
            let known = Fault::ALL.iter().find(|(_, known)| *known == word);
            known.map(|(fault, _)| *fault).ok_or_else(|| {
                let all: Vec<&str> = Fault::ALL.iter().map(|(_, word)| *word).collect();
                format!(
                    "{word:?} is no kind of fault: write all, none, or a list of {}",
                    all.join(", ")
                )
            })
        };
        match text {
            "all" => Ok(Self::all()),
            "none" => Ok(Self::none()),
            list => list
                .split(',')
                .map(|word| read(word.trim()))
                .collect::<Result<_, _>>()
                .map(Self),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::all() {
            return f.write_str("all");
        }
        let words = Fault::ALL.iter().filter(|(fault, _)| self.has(*fault));
        let words: Vec<&str> = words.map(|(_, word)| *word).collect();
        f.write_str(
            if words.is_empty() {
                "none".to_owned()
            } else {
                words.join(",")
            }
            .as_str(),
        )
    }
}

/// What to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Everything comes of it.
    pub seed: u64,
    /// How many authorities, 2 to 200. Of many each trades with eight.
    pub authorities: usize,
    /// How many exports each of them begins at most.
    pub cases: usize,
    /// Whether the first two are provinces of one country: goods go from one to the other, and one of them speaks abroad.
    pub provinces: bool,
    /// How many steps; each is an act of somebody, and what happens on the way meanwhile.
    pub steps: u64,
    /// What strikes.
    pub faults: Faults,
    /// What is made wrong on purpose, if anything: then the run must fail.
    pub sabotage: Option<Sabotage>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            authorities: 3,
            cases: 30,
            provinces: false,
            steps: 400,
            faults: Faults::all(),
            sabotage: None,
        }
    }
}
