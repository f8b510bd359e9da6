//! Measures an engine: `append [ENTRIES] [FOLDER]` appends to a journal and fills a register, and prints rows a second.
//!
//! Without a folder it measures in a new one of the system's temporary directory and removes it afterwards.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use store::{CommandRow, Engine, Group, Hash, MovementRow, Rows};

const ENTRY_BYTES: usize = 450;
const BATCH: u64 = 1_000;
const CHUNK: u64 = 131_072;
/// Movements of one simulated day.
const A_DAY: u64 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let entries: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let given = arguments.next().map(PathBuf::from);
    let folder = given
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("store-append-{}", std::process::id())));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&folder, entries);
    if given.is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    measured
}

fn measure(folder: &Path, entries: u64) -> Result<(), Box<dyn Error>> {
    let engine: Engine = "sqlite:".parse()?;
    let mut stores = store::create(folder, &engine)?;

    let bytes = vec![b'x'; ENTRY_BYTES * usize::try_from(BATCH)?];
    let ends: Vec<usize> = (1..=usize::try_from(BATCH)?).map(|count| count * ENTRY_BYTES).collect();
    let leaves: Vec<Hash> = (0..BATCH).map(scattered).map(hash).collect();
    let started = Instant::now();
    for first_seq in (0..entries).step_by(usize::try_from(BATCH)?) {
        stores.journal.append(&Group {
            first_seq,
            bytes: &bytes,
            ends: &ends,
            leaves: &leaves,
            tiles: &[],
        })?;
    }
    report("journal, appended", entries, started);

    let started = Instant::now();
    let mut seen = 0;
    stores.journal.reader()?.read(0, u64::MAX, &mut |row| {
        seen += u64::from(row.bytes.len() == ENTRY_BYTES);
        std::ops::ControlFlow::Continue(())
    })?;
    report("journal, read", seen, started);

    let started = Instant::now();
    let findings = stores.journal.reader()?.integrity()?;
    report(
        &format!("journal, integrity ({} findings)", findings.len()),
        entries,
        started,
    );

    let chunks: Vec<Rows> = (0..entries)
        .step_by(usize::try_from(CHUNK)?)
        .map(|from| chunk(from, entries))
        .collect();
    let started = Instant::now();
    for rows in &chunks {
        let one = Instant::now();
        stores.register.flush(rows)?;
        report("  chunk", rows.movements.len() as u64, one);
    }
    report("register, flushed", entries, started);
    let started = Instant::now();
    stores.register.mark_clean()?;
    println!("register, marked clean in {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn report(what: &str, rows: u64, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
    println!("{what}: {rows} rows in {seconds:.2} s, {:.0} a second", rows / seconds);
}

/// A chunk of movements, one command for each.
fn chunk(from: u64, entries: u64) -> Rows {
    let to_seq = entries.min(from + CHUNK);
    Rows {
        to_seq,
        movements: (from..to_seq).map(movement).collect(),
        commands: (from..to_seq).map(command).collect(),
        ..Rows::default()
    }
}

fn movement(seq: u64) -> MovementRow {
    let random = scattered(seq);
    MovementRow {
        seq,
        day: 20_000 + i32::try_from(seq / A_DAY).unwrap_or(i32::MAX),
        kind: u8::try_from(random % 3).unwrap_or_default(),
        mode: 0,
        site: u32::try_from(random % 100_000).unwrap_or_default(),
        item: u32::try_from(random % 50).unwrap_or_default(),
        batch: u32::try_from(random % 20_000).unwrap_or_default(),
        amount: i64::try_from(random % 1_000).unwrap_or_default(),
        peer: u32::try_from((random >> 20) % 100_000).unwrap_or_default(),
        dispatch: if random.is_multiple_of(2) {
            seq / 2
        } else {
            store::NO_DISPATCH
        },
        breaches: 0,
    }
}

/// A command with an id that begins with its time, as a `UUIDv7` does.
fn command(seq: u64) -> CommandRow {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(1_700_000_000_000 + seq / 250).rotate_left(16).to_be_bytes());
    id[8..].copy_from_slice(&scattered(seq).to_be_bytes());
    CommandRow {
        id,
        seq,
        count: 1,
        hash: hash(scattered(seq)),
    }
}

fn hash(number: u64) -> Hash {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

/// Spreads numbers over all of `u64`, alike in each run.
fn scattered(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ (mixed >> 32)
}
