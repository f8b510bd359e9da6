//! Plays every scenario file there is: as its file says, and the same entries each time, in memory and on `SQLite`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use domain::Entry;
use sim::{Host, Live, Memory, Options, Scenario, Summary};

/// The entries of each authority of a story.
type Journals = BTreeMap<String, Vec<Vec<u8>>>;

/// The folder of all scenarios.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// All scenario files, in order of their names.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

/// What came of a story: the sums, and what was not as expected.
struct Played {
    summary: Summary,
    wrong: Vec<String>,
}

fn play(path: &Path, seed: u64, host: &mut dyn Host) -> Played {
    let scenario = Scenario::read(path).unwrap_or_else(|why| panic!("{why}"));
    let mut wrong = Vec::new();
    let summary = sim::run(&scenario, Options { seed, host }, &mut |line| {
        if line.is_mismatch() {
            wrong.push(line.to_string());
        }
    });
    let summary = summary.unwrap_or_else(|why| panic!("{why}"));
    Played { summary, wrong }
}

fn in_memory(path: &Path, seed: u64) -> (Played, Journals) {
    let mut memory = Memory::default();
    let played = play(path, seed, &mut memory);
    let journals = memory.journals();
    let journals = journals
        .map(|(id, entries)| (id.to_owned(), entries.borrow().clone()))
        .collect();
    (played, journals)
}

fn on_sqlite(path: &Path, seed: u64) -> (Played, Journals) {
    let dir = tempfile::tempdir().unwrap();
    let journals = Rc::new(RefCell::new(Journals::new()));
    let kept = Rc::clone(&journals);
    let mut live = Live {
        dir: dir.path().to_owned(),
        storage: "sqlite:".to_owned(),
        made_by: authority::MadeBy::Run,
        key_seed: || Ok([7; 32]),
        last: Rc::new(move |authority, _| {
            let size = authority.state().size;
            let entry = |seq| authority.read(|journal| journal.entry(seq)).unwrap().unwrap().0;
            let id = authority.state().founding.id.to_string();
            kept.borrow_mut().insert(id, (0..size).map(entry).collect());
            Ok(())
        }),
    };
    let played = play(path, seed, &mut live);
    drop(live);
    (played, Rc::try_unwrap(journals).unwrap().into_inner())
}

/// The entries but for those of the founding, which hold the keys.
fn without_founding(journals: Journals) -> Journals {
    let mut journals = journals;
    for entries in journals.values_mut() {
        let id = |bytes: &[u8]| Entry::parse(bytes).unwrap().command_id;
        let founding = id(&entries[0]);
        entries.retain(|bytes| id(bytes) != founding);
    }
    journals
}

/// Does something with every scenario, on as many threads as there are.
fn each(work: impl Fn(&Path) + Sync) {
    let mut all = Vec::new();
    files(&folder(), &mut all);
    assert!(all.len() > 20, "the scenarios are there");
    let next = std::sync::Mutex::new(all.into_iter());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = { next.lock().unwrap().next() } {
                    work(&path);
                }
            });
        }
    });
}

#[test]
fn every_scenario_plays_as_its_file_says_with_the_same_entries_each_time() {
    each(|path| {
        let ((first, entries), (_, again)) = (in_memory(path, 1), in_memory(path, 1));
        assert!(first.wrong.is_empty(), "{}", first.wrong.join("\n"));
        assert!(first.summary.checked > 0, "{} checks no figure", path.display());
        assert!(entries == again, "{}", path.display());
    });
}

#[test]
fn every_scenario_gives_the_same_entries_on_sqlite() {
    each(|path| {
        let ((_, memory), (live, sqlite)) = (in_memory(path, 1), on_sqlite(path, 1));
        assert!(live.wrong.is_empty(), "{}", live.wrong.join("\n"));
        assert!(
            without_founding(memory) == without_founding(sqlite),
            "{}",
            path.display()
        );
    });
}

#[test]
fn another_seed_gives_other_ids_and_the_same_facts() {
    let path = folder().join("common/stocked-country.toml");
    let ((one, first), (other, second)) = (in_memory(&path, 1), in_memory(&path, 2));
    assert_ne!(first, second);
    assert_eq!(one.summary, other.summary);
    assert_eq!(first["IS"].len(), second["IS"].len());
}
