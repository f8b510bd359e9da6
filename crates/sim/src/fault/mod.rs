//! Fault simulation: authorities in memory trade with each other while messages are lost, doubled, delayed, reordered
//! and damaged, receipts are lost, clocks jump, nodes crash between any two steps, what they have stored changes, one
//! comes back from an old backup, and one lies. Everything comes of a seed.
//!
//! The watch reads every entry of every honest journal as it is written, and knows nothing of the rules by which
//! they were decided: it keeps books of its own. A [`Failure`] prints the command that replays it.

mod acts;
mod astray;
mod end;
mod hostile;
mod net;
mod options;
mod report;
mod sabotage;
mod strike;
mod watch;
mod world;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};

pub use options::{Fault, Faults, Options};
pub use report::{Failure, Report, Sum};
pub use sabotage::Sabotage;
pub use world::AUTHORITIES_MAX;

use crate::dice::Dice;
use crate::memory::CHANGED_AT_REST;
use astray::Nature;
use net::Net;
use watch::Watch;
use world::Node;

/// The most days of virtual time: within one year, and well within the life of a message's key.
const DAYS_MAX: i64 = 300;
/// How long a step takes at most.
const STEP_MAX_SECONDS: i64 = 45 * 60;

/// Why a run ends early: the invariant that is broken, and how.
#[derive(Debug)]
pub(crate) struct Broken {
    invariant: &'static str,
    says: String,
}

impl Broken {
    fn new(invariant: &'static str, says: impl Into<String>) -> Self {
        let says = says.into();
        Self { invariant, says }
    }
}

impl From<crate::NodeError> for Broken {
    fn from(why: crate::NodeError) -> Self {
        Self::new(watch::GOES_ON, why.0)
    }
}

type Checked<T = ()> = Result<T, Broken>;

/// Runs the simulation.
pub fn run(options: &Options) -> Result<Report, Box<Failure>> {
    let failure = |step, history, Broken { invariant, says }| {
        Box::new(Failure {
            options: options.clone(),
            step,
            invariant,
            says,
            history,
        })
    };
    let mut sim = Sim::new(options).map_err(|broken| failure(0, Vec::new(), broken))?;
    // A panic of a node is told with its seed like everything else.
    let played = catch_unwind(AssertUnwindSafe(|| sim.play()));
    let played = played.unwrap_or_else(|panic| Err(Broken::new(watch::GOES_ON, panic_says(&*panic))));
    match played {
        Ok(()) => Ok(sim.report()),
        Err(broken) => Err(failure(sim.step, sim.history(&broken.says), broken)),
    }
}

fn panic_says(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    format!("a panic: {}", text.unwrap_or_default())
}

/// Everything there is.
struct Sim<'a> {
    options: &'a Options,
    dice: Dice,
    step: u64,
    now: Timestamp,
    step_seconds: i64,
    nodes: Vec<Node>,
    net: Net,
    goods: acts::Shipments,
    roads: acts::Roads,
    watch: Watch,
    /// When a node comes back from an old backup, if one does.
    restore_at: Option<u64>,
    /// How often each fault has struck, beside those on the way.
    struck: BTreeMap<&'static str, u64>,
}

impl<'a> Sim<'a> {
    fn new(options: &'a Options) -> Checked<Self> {
        let mut dice = Dice(options.seed);
        let (nodes, now) = world::found(options.authorities, options.provinces, &mut dice)?;
        let steps = i64::try_from(options.steps).unwrap_or(i64::MAX).max(1);
        let mut sim = Self {
            options,
            dice,
            step: 0,
            now,
            step_seconds: (DAYS_MAX * 86_400 * 2 / steps).clamp(2, STEP_MAX_SECONDS),
            watch: Watch::new(&nodes),
            nodes,
            net: Net::default(),
            goods: acts::Shipments::default(),
            roads: acts::Roads::default(),
            restore_at: None,
            struck: BTreeMap::new(),
        };
        sim.watch.look(&sim.nodes)?;
        sim.go_astray();
        Ok(sim)
    }

    /// All steps, and the end.
    fn play(&mut self) -> Checked {
        while self.step < self.options.steps {
            self.step += 1;
            self.step()?;
        }
        self.end()
    }

    fn has(&self, fault: Fault) -> bool {
        self.options.faults.has(fault)
    }

    /// One of the nodes that run.
    fn any_node(&mut self) -> Option<usize> {
        let up = |place: &usize| self.nodes[*place].is_up();
        let count = u64::try_from(self.nodes.len()).unwrap_or_default();
        let first = usize::try_from(self.dice.below(count)).unwrap_or_default();
        (first..self.nodes.len()).chain(0..first).find(up)
    }

    fn step(&mut self) -> Checked {
        self.now += SignedDuration::from_secs(self.dice.up_to(self.step_seconds));
        self.wake()?;
        if let Some(place) = self.any_node() {
            if self.nodes[place].nature == Nature::Hostile && self.dice.one_in(3) {
                self.lie(place)?;
            } else {
                self.act(place)?;
            }
        }
        if let Some(place) = self.any_node().filter(|_| self.dice.one_in(2)) {
            self.sign_and_send(place)?;
        }
        self.arrivals()?;
        if let Some(place) = self.any_node().filter(|_| self.dice.one_in(25)) {
            let now = self.now;
            self.at_node(place, |node, _| Ok(node.core.pass_day(node.time(now))?))?;
        }
        self.watch.look(&self.nodes)?;
        self.strike()
    }

    /// Has a node do something; none if it finds that what it has stored was changed, and stops.
    fn at_node<T>(&mut self, place: usize, act: impl FnOnce(&mut Node, &mut Dice) -> Checked<T>) -> Checked<Option<T>> {
        match act(&mut self.nodes[place], &mut self.dice) {
            Ok(done) => Ok(Some(done)),
            Err(broken) if self.nodes[place].changed.is_some() && broken.says.contains(CHANGED_AT_REST) => {
                self.count("corrupt, seen while running");
                self.nodes[place].down_until = Some(self.step + self.dice.below(12));
                Ok(None)
            }
            // Who lies may trip over the own lies.
            Err(_) if self.nodes[place].nature == Nature::Hostile => Ok(None),
            Err(broken) => Err(broken),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.struck.entry(what).or_default() += 1;
    }
}
