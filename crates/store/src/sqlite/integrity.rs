//! What can be said about a journal file without knowing what its rows mean.

use rusqlite::Connection;

use super::{Database, JOURNAL, pragma};

/// One look at the file, and what it found.
type Check = fn(&Connection) -> rusqlite::Result<Vec<String>>;

/// Each kind of damage in a sentence; a check that cannot even run is a finding itself.
pub(super) fn findings(database: &Database) -> Vec<String> {
    let checks: [Check; 5] = [length, schema, structure, sequence, references];
    let file = JOURNAL.file;
    let mut findings = Vec::new();
    for check in checks {
        match database.run(check) {
            Ok(found) => findings.extend(found.into_iter().map(|finding| format!("{file}: {finding}"))),
            Err(error) => findings.push(error.to_string()),
        }
    }
    findings
}

/// The file ends where a page ends: the engine itself takes what a cut tail lacks for zeros.
fn length(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let page: u64 = pragma(connection, "page_size")?.unsigned_abs().into();
    let length = connection
        .path()
        .and_then(|path| std::fs::metadata(path).ok())
        .map_or(0, |file| file.len());
    let is_whole = length.is_multiple_of(page.max(1));
    Ok(if is_whole {
        Vec::new()
    } else {
        vec![format!("its {length} bytes end within a page: the tail is missing")]
    })
}

/// Tables, columns, indexes, views and triggers must be exactly those of a new file.
fn schema(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let list = |connection: &Connection| -> rusqlite::Result<Vec<(String, String)>> {
        let sql = "SELECT type || ' ' || name || ' of ' || tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY 1";
        let mut statement = connection.prepare(sql)?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let model = Connection::open_in_memory()?;
    model.execute_batch(JOURNAL.schema)?;
    let (found, wanted) = (list(connection)?, list(&model)?);
    let missing = wanted
        .iter()
        .filter(|item| !found.contains(item))
        .map(|(name, _)| format!("missing or changed: {name}"));
    let unknown = found
        .iter()
        .filter(|item| !wanted.contains(item))
        .map(|(name, _)| format!("unknown: {name}"));
    Ok(missing.chain(unknown).collect())
}

/// The engine's own check of every page, cell and column type, and of the indexes: only small tables have any, so the
/// large one is gone through once.
fn structure(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut findings = Vec::new();
    for check in ["quick_check", "integrity_check(tile)", "integrity_check(cosignature)"] {
        let mut statement = connection.prepare(&format!("PRAGMA {check}"))?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        for line in lines {
            let line = line?;
            if line != "ok" && !findings.contains(&line) {
                findings.push(line);
            }
        }
    }
    Ok(findings)
}

/// Entries are numbered from 0 without a gap.
fn sequence(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT count(*), coalesce(min(seq), 0), coalesce(max(seq), -1) FROM entry";
    let (count, first, last): (i64, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if first == 0 && last.checked_add(1) == Some(count) {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{count} entries are numbered from {first} to {last}: rows are missing or out of sequence"
    )])
}

/// Checkpoints are of trees that were there, and cosignatures of checkpoints.
fn references(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT 'the checkpoint of size ' || size || ' is of more entries than there are' FROM checkpoint
        WHERE size NOT BETWEEN 0 AND (SELECT coalesce(max(seq), -1) + 1 FROM entry)
        UNION ALL SELECT 'the cosignature of size ' || size || ' is of no checkpoint' FROM cosignature
        WHERE size NOT IN (SELECT size FROM checkpoint)
        UNION ALL SELECT 'tile ' || level || '/' || idx || ' has a key that no tile has' FROM tile
        WHERE level NOT BETWEEN 1 AND 255 OR idx < 0";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}
