//! Where stories are played: in memory, and on `SQLite` as in earnest.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use sim::{Clock, Host, InProcess, Live, Memory, Options, Scenario, ScenarioError, StepLine, Summary};

/// The entries of each authority of a story.
pub type Journals = BTreeMap<String, Vec<Vec<u8>>>;

/// What came of a story: the sums, and every line.
pub struct Played {
    pub summary: Result<Summary, ScenarioError>,
    pub lines: Vec<StepLine>,
    pub journals: Journals,
}

impl Played {
    /// What was not as expected, or why the story ended early.
    pub fn wrong(&self) -> String {
        let wrong = self.lines.iter().filter(|line| line.is_mismatch());
        let wrong = wrong.map(ToString::to_string);
        let error = self.summary.as_ref().err().map(ToString::to_string);
        wrong.chain(error).collect::<Vec<_>>().join("\n")
    }
}

fn play(scenario: &Scenario, seed: u64, host: &mut dyn Host) -> (Result<Summary, ScenarioError>, Vec<StepLine>) {
    let mut lines = Vec::new();
    let summary = sim::run(scenario, Options { seed, host }, &mut |line| lines.push(line.clone()));
    (summary, lines)
}

pub fn in_memory(scenario: &Scenario, seed: u64) -> Played {
    let mut memory = Memory::default();
    let (summary, lines) = play(scenario, seed, &mut memory);
    let journals = memory.journals();
    let journals = journals.map(|(id, entries)| (id.to_owned(), entries.borrow().clone()));
    Played {
        summary,
        lines,
        journals: journals.collect(),
    }
}

thread_local! {
    /// How many authorities the story of this thread has founded.
    static FOUNDED: Cell<usize> = const { Cell::new(0) };
}

/// The same keys as in memory, so that the same entries come of them.
fn next_seed() -> [u8; 32] {
    let place = FOUNDED.get();
    FOUNDED.set(place + 1);
    Memory::key_seed(place)
}

pub fn on_sqlite(scenario: &Scenario, seed: u64) -> Played {
    on_sqlite_and(scenario, seed, |_| {})
}

/// The same, with a look at each authority before it is closed.
pub fn on_sqlite_and(scenario: &Scenario, seed: u64, look: impl Fn(&authority::Authority) + 'static) -> Played {
    let dir = tempfile::tempdir().unwrap();
    let journals = Rc::new(RefCell::new(Journals::new()));
    let kept = Rc::clone(&journals);
    FOUNDED.set(0);
    let mut live = Live {
        dir: dir.path().to_owned(),
        storage: "sqlite:".to_owned(),
        made_by: authority::MadeBy::Run,
        key_seed: || Ok(next_seed()),
        wire: Rc::new(RefCell::new(InProcess::default())),
        clock: Clock::default(),
        last: Rc::new(move |authority, _| {
            let size = authority.state().size;
            let entry = |seq| authority.read(|journal| journal.entry(seq)).unwrap().unwrap().0;
            let id = authority.state().founding.id.to_string();
            kept.borrow_mut().insert(id, (0..size).map(entry).collect());
            look(authority);
            Ok(())
        }),
    };
    let (summary, lines) = play(scenario, seed, &mut live);
    drop(live);
    Played {
        summary,
        lines,
        journals: journals.take(),
    }
}
