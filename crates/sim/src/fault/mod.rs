//! Fault simulation: authorities in memory trade with each other while messages are lost, doubled, delayed, reordered
//! and damaged, receipts are lost, clocks jump, and nodes crash between any two steps. Everything comes of a seed.
//!
//! The watch reads every entry of every journal as it is written, and knows nothing of the rules by which
//! they were decided: it keeps books of its own. A [`Failure`] prints the command that replays it.

mod acts;
mod end;
mod net;
mod options;
mod report;
mod sabotage;
mod watch;
mod world;

use jiff::{SignedDuration, Timestamp};

pub use net::Traffic;
pub use options::{Fault, Faults, Options};
pub use report::{Failure, Report};
pub use sabotage::Sabotage;

use crate::dice::Dice;
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
        Self::new("a node goes on", why.0)
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
    match sim.play() {
        Ok(()) => Ok(sim.report()),
        Err(broken) => Err(failure(sim.step, sim.history(&broken.says), broken)),
    }
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
    watch: Watch,
    crashes: u64,
}

impl<'a> Sim<'a> {
    fn new(options: &'a Options) -> Checked<Self> {
        let mut dice = Dice(options.seed);
        let (nodes, now) = world::found(options.authorities, &mut dice)?;
        let steps = i64::try_from(options.steps).unwrap_or(i64::MAX).max(1);
        let mut sim = Self {
            options,
            dice,
            step: 0,
            now,
            step_seconds: (DAYS_MAX * 86_400 * 2 / steps).clamp(2, STEP_MAX_SECONDS),
            watch: Watch::new(nodes.len()),
            nodes,
            net: Net::default(),
            goods: acts::Shipments::default(),
            crashes: 0,
        };
        sim.watch.look(&sim.nodes)?;
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
        let up: Vec<usize> = (0..self.nodes.len())
            .filter(|place| self.nodes[*place].is_up())
            .collect();
        self.dice.pick(&up).copied()
    }

    fn step(&mut self) -> Checked {
        self.now += SignedDuration::from_secs(self.dice.up_to(self.step_seconds));
        let step = self.step;
        self.nodes.iter_mut().for_each(|node| node.wake(step));
        if let Some(place) = self.any_node() {
            self.act(place)?;
        }
        if let Some(place) = self.any_node().filter(|_| self.dice.one_in(2)) {
            self.sign_and_send(place)?;
        }
        self.arrivals()?;
        if let Some(place) = self.any_node().filter(|_| self.dice.one_in(25)) {
            let at = self.nodes[place].time(self.now);
            self.nodes[place].core.pass_day(at)?;
        }
        self.strike()?;
        self.watch.look(&self.nodes)
    }

    /// Crashes and clocks that jump.
    fn strike(&mut self) -> Checked {
        if self.has(Fault::Crash)
            && self.dice.one_in(30)
            && let Some(place) = self.any_node()
        {
            let until = self.step + self.dice.below(12);
            self.crash(place, until)?;
        }
        if self.has(Fault::Clock)
            && self.dice.one_in(40)
            && let Some(place) = self.any_node()
        {
            let minutes = self.dice.up_to(6 * 60);
            self.nodes[place].ahead = SignedDuration::from_mins(minutes - 3 * 60);
        }
        Ok(())
    }

    /// A node loses all that is not in its journal, and what it had just handed to the network.
    fn crash(&mut self, place: usize, until: u64) -> Checked {
        self.crashes += 1;
        self.net.forget(place, self.step);
        let node = &mut self.nodes[place];
        let before = node.core.state.hash();
        sabotage::on_crash(self.options.sabotage, &mut node.core);
        node.core.recover()?;
        node.down_until = Some(until);
        // Who comes back from an old backup is for the others to find out.
        if node.core.state.hash() == before || self.options.sabotage == Some(Sabotage::OldBackup) {
            return Ok(());
        }
        let says = format!("{} came back with another state than it had", node.id);
        Err(Broken::new(watch::REPLAY, says))
    }
}
