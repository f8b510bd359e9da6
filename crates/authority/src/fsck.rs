//! `fsck`: recomputes every leaf, tile, checkpoint, balance and register row from the journal in one pass, and names
//! what differs.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

use domain::journal::EntryReader;
use domain::{Entry, State};
use store::{Engine, JournalReader, RegisterReader, StoreError};
use tlog::Tree;

use crate::error::AuthorityError;
use crate::letters::Letters;
use crate::place::Place;
use crate::projector::Projector;
use crate::recover::step;
use crate::rows::RowMaker;
use crate::snapshot;

/// Entries handed from the reading thread to the applying one at a time: few enough to stay in the cache.
const CHUNK: usize = 512;
/// No more differences than this are told: the first is what matters.
const DIFFERENCES_MAX: usize = 100;
/// Rows that the compared register takes at a time.
const REGISTER_ROWS: usize = 131_072;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: a table, a file, a figure.
    pub place: String,
    /// The entry, where there is one.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What `fsck` found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many entries the journal has.
    pub entries: u64,
    /// The log's root over them.
    pub root: tlog::Hash,
    /// How long it took.
    pub seconds: f64,
    /// How long the journal alone took, without the register.
    pub journal_seconds: f64,
    /// What differs; empty if all is well.
    pub differences: Vec<Difference>,
    /// SHA-256 of the replayed state.
    pub state: Option<[u8; 32]>,
}

/// Checks the authority of a folder that no process has open. Only the register may be written: rebuilt if it is
/// missing or was not closed properly.
pub fn fsck(folder: &Path) -> Result<Report, AuthorityError> {
    let place = Place::open(folder)?;
    let mut journal = match store::open_journal_reader(folder, place.engine()) {
        Ok(journal) => journal,
        Err(error @ (StoreError::Corrupt { .. } | StoreError::Foreign { .. })) => return Ok(unreadable(&error)),
        Err(error) => return Err(error.into()),
    };
    let mut report = check(&place, &mut *journal, None)?;
    if report.differences.is_empty() {
        let stores = store::open(folder, place.engine())?;
        let state = crate::recover::recover(&place, &*journal)?.0;
        let register = Projector::start(stores.register, stores.journal.reader()?, &state)?.close()?;
        let started = Instant::now();
        compare_register(&*journal, &*register.reader()?, &mut report)?;
        report.seconds += started.elapsed().as_secs_f64();
    }
    Ok(report)
}

fn unreadable(error: &StoreError) -> Report {
    let difference = Difference {
        place: "journal.db".to_owned(),
        seq: None,
        what: error.to_string(),
    };
    Report {
        entries: 0,
        root: tlog::EMPTY_ROOT,
        seconds: 0.0,
        journal_seconds: 0.0,
        differences: vec![difference],
        state: None,
    }
}

/// Checks a journal, and a register if one is given.
pub(crate) fn check(
    place: &Place,
    journal: &mut dyn JournalReader,
    register: Option<&dyn RegisterReader>,
) -> Result<Report, AuthorityError> {
    let started = Instant::now();
    let mut pass = Pass::new(place, journal);
    let entries = journal.size().unwrap_or_default();
    std::thread::scope(|scope| {
        let (chunks, read) = sync_channel(4);
        let reading = &mut *journal;
        scope.spawn(move || read_all(reading, &chunks));
        while let Ok(chunk) = read.recv() {
            match chunk {
                Ok(lines) => lines.iter().for_each(|line| pass.take(line)),
                Err(error) => pass.differ("entry", None, error),
            }
            if pass.broken {
                break;
            }
        }
    });
    pass.finish(entries);
    let state = pass.state.as_ref().and_then(|state| state.hash().ok());
    let mut report = Report {
        entries,
        root: pass.tree.root(),
        seconds: 0.0,
        journal_seconds: started.elapsed().as_secs_f64(),
        differences: std::mem::take(&mut pass.differences),
        state,
    };
    if let Some(register) = register.filter(|_| report.differences.is_empty()) {
        compare_register(journal, register, &mut report)?;
    }
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// One entry as read: its number, its hash as computed, and what it says.
struct Line {
    seq: u64,
    leaf: tlog::Hash,
    /// Whether the hash stored beside the entry is another one.
    differs: bool,
    entry: Result<Entry, String>,
}

/// Reads, hashes and parses everything, in chunks.
fn read_all(journal: &mut dyn JournalReader, chunks: &SyncSender<Result<Vec<Line>, String>>) {
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut reader = EntryReader::default();
    let outcome = journal.read(0, u64::MAX, &mut |row| {
        let entry = reader.read(row.bytes).map_err(|error| error.to_string());
        let leaf = tlog::leaf_hash(row.bytes);
        chunk.push(Line {
            seq: row.seq,
            leaf,
            differs: leaf != *row.leaf,
            entry,
        });
        if chunk.len() == CHUNK
            && chunks
                .send(Ok(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))))
                .is_err()
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    // Who receives has stopped at a difference if this cannot be sent.
    drop(chunks.send(Ok(chunk)));
    if let Err(error) = outcome {
        drop(chunks.send(Err(error.to_string())));
    }
}

/// The applying side of the pass.
struct Pass {
    state: Option<State>,
    tree: Tree,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    checkpoints: BTreeMap<u64, String>,
    snapshots: BTreeMap<u64, snapshot::Snapshot>,
    roots: BTreeMap<u64, tlog::Hash>,
    letters: Letters,
    differences: Vec<Difference>,
    broken: bool,
}

impl Pass {
    fn new(place: &Place, journal: &dyn JournalReader) -> Self {
        let mut pass = Self {
            state: None,
            tree: Tree::new(),
            tiles: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            roots: BTreeMap::new(),
            letters: Letters::default(),
            differences: Vec::new(),
            broken: false,
        };
        match journal.integrity() {
            Ok(lines) => lines.into_iter().for_each(|what| pass.differ("journal.db", None, what)),
            Err(error) => pass.differ("journal.db", None, error.to_string()),
        }
        let mut tiles = BTreeMap::new();
        let read = journal.tiles(&mut |tile| {
            tiles.insert((tile.level, tile.index), tile.bytes);
            ControlFlow::Continue(())
        });
        pass.note("tile", read);
        let mut checkpoints = BTreeMap::new();
        let read = journal.checkpoints(&mut |size, note| {
            checkpoints.insert(size, note.to_owned());
            ControlFlow::Continue(())
        });
        pass.note("checkpoint", read);
        let mut cosignatures = BTreeMap::new();
        let read = journal.cosignatures(&mut |size, name, line| {
            cosignatures.insert((size, name.to_owned()), line.to_owned());
            ControlFlow::Continue(())
        });
        pass.note("cosignature", read);
        pass.letters.cosignatures = cosignatures;
        (pass.tiles, pass.checkpoints) = (tiles, checkpoints);
        let snapshots = place
            .snapshots()
            .map(|folder| snapshot::all(&folder))
            .unwrap_or_default();
        let read = snapshots.iter().filter_map(|path| snapshot::read(path));
        pass.snapshots = read.map(|snapshot| (snapshot.state.size, snapshot)).collect();
        pass
    }

    fn note(&mut self, place: &str, read: Result<(), StoreError>) {
        if let Err(error) = read {
            self.differ(place, None, error.to_string());
        }
    }

    fn differ(&mut self, place: &str, seq: Option<u64>, what: String) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(Difference {
                place: place.to_owned(),
                seq,
                what,
            });
        }
    }

    fn take(&mut self, line: &Line) {
        if self.broken {
            return;
        }
        if line.differs {
            let what = "the leaf hash stored beside the entry is not the hash of its bytes".to_owned();
            self.differ("entry", Some(line.seq), what);
        }
        self.tree.append(&line.leaf);
        let applied = match &line.entry {
            Ok(entry) if entry.seq != line.seq => Err(format!("the entry says it is number {}", entry.seq)),
            Ok(entry) => {
                if let Some(what) = self
                    .state
                    .as_ref()
                    .and_then(|state| self.letters.check(state, entry).err())
                {
                    self.differ("signature", Some(line.seq), what);
                }
                self.apply(entry)
            }
            Err(error) => Err(format!("it cannot be read: {error}")),
        };
        if let Err(what) = applied {
            self.differ("entry", Some(line.seq), what);
            self.broken = true;
        }
        self.compare_at(self.tree.size());
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), String> {
        step(&mut self.state, entry).map_err(|error| error.to_string())
    }

    /// What was signed, tiled or snapshot at this size must be what the entries give.
    fn compare_at(&mut self, size: u64) {
        for tile in self.tree.take_tiles() {
            match self.tiles.remove(&(tile.level, tile.index)) {
                Some(bytes) if bytes == tile.bytes => {}
                Some(_) => {
                    let what = format!("tile {}/{} is not what the leaves give", tile.level, tile.index);
                    self.differ("tile", None, what);
                }
                None => self.differ("tile", None, format!("tile {}/{} is missing", tile.level, tile.index)),
            }
        }
        if self.checkpoints.contains_key(&size) {
            self.roots.insert(size, self.tree.root());
        }
        if let Some(snapshot) = self.snapshots.remove(&size) {
            let same = self.state.as_ref().and_then(|state| state.hash().ok()) == snapshot.state.hash().ok();
            if snapshot.root == self.tree.root() && !same {
                self.differ(
                    "snapshot",
                    None,
                    format!("the state at {size} entries is not what the entries give"),
                );
            }
        }
    }

    fn finish(&mut self, entries: u64) {
        if !self.broken && self.tree.size() != entries {
            self.differ(
                "entry",
                Some(self.tree.size()),
                format!("the journal ends here, but should have {entries}"),
            );
        }
        let strangers: Vec<(u8, u64)> = self.tiles.keys().copied().collect();
        if !self.broken {
            for (level, index) in strangers {
                self.differ("tile", None, format!("tile {level}/{index} belongs to no entries"));
            }
        }
        self.check_checkpoints();
        self.check_cosignatures();
        let Some(state) = &self.state else { return };
        if let Some((item, sum)) = state.ledger.out_of_balance(state.items.iter().count()) {
            let name = if item == u32::MAX {
                "lots in process".to_owned()
            } else {
                state.items.at(item).id.to_string()
            };
            self.differ(
                "balance",
                None,
                format!("the accounts of {name} sum to {sum}, not to zero"),
            );
        }
    }

    fn check_checkpoints(&mut self) {
        let Some(state) = &self.state else { return };
        let notes: Vec<(u64, String, String)> = self
            .checkpoints
            .iter()
            .map(|(size, note)| (*size, note.clone(), state.log_key_at(*size).to_owned()))
            .collect();
        for (size, note, key) in notes {
            let what = match tlog::verify_all(&note, std::slice::from_ref(&key)) {
                Err(error) => Some(error.to_string()),
                Ok(verified) if verified.checkpoint.size != size => {
                    Some(format!("it speaks of {} entries", verified.checkpoint.size))
                }
                Ok(verified) => match self.roots.get(&size) {
                    Some(root) if *root == verified.checkpoint.root => None,
                    Some(_) => Some("its root is not what the entries give".to_owned()),
                    None if self.broken => None,
                    None => Some("the journal is shorter than what was signed".to_owned()),
                },
            };
            if let Some(what) = what {
                self.differ("checkpoint", None, format!("of {size} entries: {what}"));
            }
        }
    }

    fn check_cosignatures(&mut self) {
        let Some(state) = &self.state else { return };
        let found = self.letters.strange_cosignatures(state, &self.checkpoints);
        for what in found {
            self.differ("cosignature", None, what);
        }
    }
}

/// Builds the register again in memory and compares its content.
fn compare_register(
    journal: &dyn JournalReader,
    register: &dyn RegisterReader,
    report: &mut Report,
) -> Result<(), AuthorityError> {
    let mut again = store::create(Path::new(""), &Engine::Memory)?.register;
    let mut maker = RowMaker::default();
    let mut reader = EntryReader::default();
    let mut failed = None;
    journal.read(0, u64::MAX, &mut |row| {
        if let Ok(entry) = reader.read(row.bytes) {
            maker.add(&entry);
        }
        if maker.waiting() >= REGISTER_ROWS {
            failed = again.flush(maker.rows()).err();
            maker.clear();
        }
        if failed.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    again.flush(maker.rows())?;
    if again.reader()?.content_hash()? != register.content_hash()? {
        let what = "its rows are not what the journal gives; delete it and it is built anew".to_owned();
        report.differences.push(Difference {
            place: "register.db".to_owned(),
            seq: None,
            what,
        });
    }
    Ok(())
}
