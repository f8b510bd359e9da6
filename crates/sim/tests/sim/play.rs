//! Plays every scenario file there is: as its file says, and the same entries each time, in memory and on `SQLite`.

use std::path::{Path, PathBuf};

use sim::Scenario;

use crate::book;
use crate::host::{Played, in_memory, on_sqlite, on_sqlite_and};

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

fn read(path: &Path) -> Scenario {
    Scenario::read(path).unwrap_or_else(|why| panic!("{why}"))
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

#[track_caller]
fn as_expected(played: &Played) {
    assert_eq!(played.wrong(), "");
}

#[test]
fn every_scenario_plays_as_its_file_says_with_the_same_entries_each_time() {
    each(|path| {
        let (first, again) = (in_memory(&read(path), 1), in_memory(&read(path), 1));
        as_expected(&first);
        let checked = first.summary.as_ref().map_or(0, |summary| summary.checked);
        assert!(checked > 0, "{} checks no figure", path.display());
        assert!(first.journals == again.journals, "{}", path.display());
    });
}

/// Two ways of running an authority, one without threads or files: with the same keys every byte is the same.
#[test]
fn every_scenario_gives_the_same_entries_on_sqlite() {
    each(|path| {
        let (memory, sqlite) = (in_memory(&read(path), 1), on_sqlite(&read(path), 1));
        as_expected(&sqlite);
        assert!(memory.journals == sqlite.journals, "{}", path.display());
    });
}

/// The register's book, page by page, is what the journal's lines add up to: in the stories that move goods.
#[test]
fn every_balance_of_the_register_is_what_the_journal_adds_up_to() {
    let compared = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let moves_goods = |path: &Path| {
        ["ledger", "channel", "china-2024", "common"]
            .iter()
            .any(|noun| path.to_string_lossy().contains(noun))
    };
    each(|path| {
        if !moves_goods(path) {
            return;
        }
        let count = std::sync::Arc::clone(&compared);
        let look = move |authority: &authority::Authority| {
            count.fetch_add(book::compare(authority), std::sync::atomic::Ordering::Relaxed);
        };
        as_expected(&on_sqlite_and(&read(path), 1, look));
    });
    let compared = compared.load(std::sync::atomic::Ordering::Relaxed);
    assert!(compared > 30_000, "only {compared} lines were compared");
}

#[test]
fn another_seed_gives_other_ids_and_the_same_facts() {
    let scenario = read(&folder().join("common/stocked-country.toml"));
    let (one, other) = (in_memory(&scenario, 1), in_memory(&scenario, 2));
    assert_ne!(one.journals, other.journals);
    assert_eq!(one.summary, other.summary);
    assert_eq!(one.journals["IS"].len(), other.journals["IS"].len());
}
