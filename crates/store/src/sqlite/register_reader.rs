//! Queries on the register, on a read-only connection of their own.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Database;
use crate::content::Content;
use crate::register::{NO_DISPATCH, NO_PEER, month_of_day};
use crate::{Backwards, CommandRow, EntryRow, Hash, MovementRow, RefusalRow, RegisterReader, Span, StoreError};

/// The columns of a movement, in the order that [`movement`] reads.
macro_rules! movement_columns {
    () => {
        "m.seq, m.day, m.kind, m.mode, m.site, m.item, m.batch, m.amount, m.peer, m.dispatch, m.breaches"
    };
}

/// The statements that find movements through one index table: the next month with rows, and a month's rows.
struct IndexSql {
    next_month: &'static str,
    rows: &'static str,
    /// The same in reverse: the last month with rows, and a month's rows.
    last_month: &'static str,
    rows_back: &'static str,
}

/// `CROSS JOIN` keeps the index table outside: the other way round would read every movement.
macro_rules! index_sql {
    ($table:literal, $column:literal) => {
        IndexSql {
            next_month: concat!("SELECT min(month) FROM ", $table, " WHERE month BETWEEN ?1 AND ?2"),
            rows: concat!(
                "SELECT ",
                movement_columns!(),
                " FROM ",
                $table,
                " i CROSS JOIN movement m ON m.seq = i.seq WHERE i.month = ?1 AND i.",
                $column,
                " = ?2 AND i.seq >= ?3 AND m.day BETWEEN ?4 AND ?5 ORDER BY i.seq LIMIT ?6"
            ),
            last_month: concat!("SELECT max(month) FROM ", $table, " WHERE month BETWEEN ?1 AND ?2"),
            rows_back: concat!(
                "SELECT ",
                movement_columns!(),
                " FROM ",
                $table,
                " i CROSS JOIN movement m ON m.seq = i.seq WHERE i.month = ?1 AND i.",
                $column,
                " = ?2 AND i.seq < ?3 AND m.day BETWEEN ?4 AND ?5 ORDER BY i.seq DESC LIMIT ?6"
            ),
        }
    };
}

const BY_SITE: IndexSql = index_sql!("movement_by_site", "site");
const BY_BATCH: IndexSql = index_sql!("movement_by_batch", "batch");

/// Entries backwards, through the index that leaves the fewest to look at: a person has recorded few of all.
macro_rules! back_sql {
    ($index:literal, $wanted:literal) => {
        concat!(
            "SELECT seq, recorded_at, kind, actor, subject FROM entry ",
            $index,
            " WHERE seq >= ?1 AND seq < ?2 AND ",
            $wanted,
            " AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR ?4 = ?4) AND (?5 IS NULL OR actor = ?5)",
            " ORDER BY seq DESC LIMIT ?6"
        )
    };
}

const BACK: &str = back_sql!("", "TRUE");
const BACK_BY_KIND: &str = back_sql!("INDEXED BY entry_by_kind", "kind = ?3");
const BACK_BY_PERSON: &str = back_sql!(
    "INDEXED BY entry_by_person",
    "substr(actor, instr(actor, ':') + 1) = ?4"
);

/// A reader; each query sees one state of the register.
pub(super) struct SqliteRegisterReader(pub Database);

impl SqliteRegisterReader {
    /// Runs queries that must see one state.
    fn at_once<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.0.run(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }

    fn rows<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.0
            .run(|connection| connection.prepare_cached(sql)?.query_map(values, row)?.collect())
    }
}

impl RegisterReader for SqliteRegisterReader {
    fn cursor(&self) -> Result<u64, StoreError> {
        self.0.run(cursor)
    }

    fn command(&self, id: &[u8; 16]) -> Result<Option<CommandRow>, StoreError> {
        let sql = "SELECT id, seq, count, hash FROM command WHERE id = ?1";
        self.0.run(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row([id.as_slice()], command)
                .optional()
        })
    }

    fn movements_of_site(&self, site: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        self.at_once(|connection| movements_of(connection, &BY_SITE, site, span))
    }

    fn movements_of_batch(&self, batch: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        self.at_once(|connection| movements_of(connection, &BY_BATCH, batch, span))
    }

    fn movements_of_site_back(&self, site: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        self.at_once(|connection| movements_back(connection, &BY_SITE, site, span))
    }

    fn movements_of_batch_back(&self, batch: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        self.at_once(|connection| movements_back(connection, &BY_BATCH, batch, span))
    }

    fn entries_of_subject(&self, subject: &str, from_seq: u64, limit: usize) -> Result<Vec<EntryRow>, StoreError> {
        let sql = "SELECT seq, recorded_at, kind, actor, subject FROM entry WHERE subject = ?1 AND seq >= ?2
            ORDER BY seq LIMIT ?3";
        self.rows(sql, params![subject, key(from_seq), rows_wanted(limit)], entry)
    }

    fn entries_backwards(&self, wanted: &Backwards<'_>) -> Result<Vec<EntryRow>, StoreError> {
        let (from, before) = (key(wanted.from_seq), key(wanted.before_seq));
        let limit = rows_wanted(wanted.limit);
        // An actor is asked for as a whole, or by the person behind the colon.
        let person = wanted
            .actor
            .map(|actor| actor.split_once(':').map_or(actor, |(_, person)| person));
        let actor = wanted.actor.filter(|actor| actor.contains(':'));
        let sql = match (person, wanted.kind) {
            (Some(_), _) => BACK_BY_PERSON,
            (None, Some(_)) => BACK_BY_KIND,
            (None, None) => BACK,
        };
        self.rows(sql, params![from, before, wanted.kind, person, actor, limit], entry)
    }

    fn refusals_by_code(&self, from_day: i32, to_day: i32) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT code, count(*) FROM refusal WHERE recorded_on BETWEEN ?1 AND ?2 GROUP BY code ORDER BY code";
        self.rows(sql, [from_day, to_day], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })
    }

    fn refusals(&self, from_day: i32, to_day: i32, from_seq: u64, limit: usize) -> Result<Vec<RefusalRow>, StoreError> {
        let sql = "SELECT seq, recorded_on, code, command, actor FROM refusal
            WHERE seq >= ?3 AND recorded_on BETWEEN ?1 AND ?2 ORDER BY seq LIMIT ?4";
        self.rows(
            sql,
            params![from_day, to_day, key(from_seq), rows_wanted(limit)],
            refusal,
        )
    }

    fn refusals_of_actor(&self, actor: &str, before_seq: u64, limit: usize) -> Result<Vec<RefusalRow>, StoreError> {
        let sql = "SELECT seq, recorded_on, code, command, actor FROM refusal
            WHERE actor = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
        self.rows(sql, params![actor, key(before_seq), rows_wanted(limit)], refusal)
    }

    fn content_hash(&self) -> Result<Hash, StoreError> {
        self.at_once(|connection| {
            let mut content = Content::new(cursor(connection)?);
            each(connection, "SELECT kind, no, text FROM name ORDER BY kind, no", |row| {
                content.name(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_str()?);
                Ok(())
            })?;
            let sql = concat!("SELECT ", movement_columns!(), " FROM movement m ORDER BY seq");
            each(connection, sql, |row| movement(row).map(|row| content.movement(&row)))?;
            for (table, sql) in [
                (
                    b's',
                    "SELECT month, site, seq FROM movement_by_site ORDER BY month, site, seq",
                ),
                (
                    b'b',
                    "SELECT month, batch, seq FROM movement_by_batch ORDER BY month, batch, seq",
                ),
            ] {
                each(connection, sql, |row| {
                    content.index(table, row.get(0)?, row.get(1)?, unsigned(row, 2)?);
                    Ok(())
                })?;
            }
            let sql = "SELECT id, seq, count, hash FROM command ORDER BY id";
            each(connection, sql, |row| command(row).map(|row| content.command(&row)))?;
            let sql = "SELECT seq, recorded_at, kind, actor, subject FROM entry ORDER BY seq";
            each(connection, sql, |row| entry(row).map(|row| content.entry(&row)))?;
            let sql = "SELECT seq, recorded_on, code, command, actor FROM refusal ORDER BY seq";
            each(connection, sql, |row| refusal(row).map(|row| content.refusal(&row)))?;
            Ok(content.finish())
        })
    }
}

/// Goes from month to month that has rows, so that a span of centuries costs no more than the months in it.
fn movements_of(
    connection: &Connection,
    sql: &IndexSql,
    number: u32,
    span: &Span,
) -> rusqlite::Result<Vec<MovementRow>> {
    let (mut month, mut from_seq) = span.start();
    let last = month_of_day(span.to_day);
    let mut next_month = connection.prepare_cached(sql.next_month)?;
    let mut rows = connection.prepare_cached(sql.rows)?;
    let mut found = Vec::new();
    while found.len() < span.limit {
        let next: Option<i32> = next_month.query_row([month, last], |row| row.get(0))?;
        let Some(next) = next else { break };
        let start = if next == month { from_seq } else { 0 };
        let wanted = rows_wanted(span.limit - found.len());
        let values = params![next, number, key(start), span.from_day, span.to_day, wanted];
        for row in rows.query_map(values, movement)? {
            found.push(row?);
        }
        (month, from_seq) = (next.saturating_add(1), 0);
    }
    Ok(found)
}

/// The same in reverse.
fn movements_back(
    connection: &Connection,
    sql: &IndexSql,
    number: u32,
    span: &Span,
) -> rusqlite::Result<Vec<MovementRow>> {
    let (mut month, mut before_seq) = span.end();
    let first = month_of_day(span.from_day);
    let mut last_month = connection.prepare_cached(sql.last_month)?;
    let mut rows = connection.prepare_cached(sql.rows_back)?;
    let mut found = Vec::new();
    while found.len() < span.limit {
        let last: Option<i32> = last_month.query_row([first, month], |row| row.get(0))?;
        let Some(last) = last else { break };
        let end = if last == month { before_seq } else { u64::MAX };
        let wanted = rows_wanted(span.limit - found.len());
        let values = params![last, number, key(end), span.from_day, span.to_day, wanted];
        for row in rows.query_map(values, movement)? {
            found.push(row?);
        }
        let Some(before) = last.checked_sub(1) else { break };
        (month, before_seq) = (before, u64::MAX);
    }
    Ok(found)
}

fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn cursor(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT cursor FROM progress WHERE id = 1")?
        .query_row([], |row| unsigned(row, 0))
}

fn movement(row: &Row<'_>) -> rusqlite::Result<MovementRow> {
    Ok(MovementRow {
        seq: unsigned(row, 0)?,
        day: row.get(1)?,
        kind: row.get(2)?,
        mode: row.get(3)?,
        site: row.get(4)?,
        item: row.get(5)?,
        batch: row.get(6)?,
        amount: row.get(7)?,
        peer: row.get::<_, Option<u32>>(8)?.unwrap_or(NO_PEER),
        dispatch: row.get::<_, Option<i64>>(9)?.map_or(NO_DISPATCH, i64::cast_unsigned),
        breaches: row.get(10)?,
    })
}

fn command(row: &Row<'_>) -> rusqlite::Result<CommandRow> {
    Ok(CommandRow {
        id: row.get(0)?,
        seq: unsigned(row, 1)?,
        count: row.get(2)?,
        hash: row.get(3)?,
    })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    Ok(EntryRow {
        seq: unsigned(row, 0)?,
        recorded_at_us: row.get(1)?,
        kind: Cow::Owned(row.get(2)?),
        actor: row.get(3)?,
        subject: row.get(4)?,
    })
}

fn refusal(row: &Row<'_>) -> rusqlite::Result<RefusalRow> {
    Ok(RefusalRow {
        seq: unsigned(row, 0)?,
        recorded_on_days: row.get(1)?,
        code: Cow::Owned(row.get(2)?),
        command: Cow::Owned(row.get(3)?),
        actor: row.get(4)?,
    })
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// A seq as a key of `SQLite`; one beyond its range is beyond every row too.
fn key(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn rows_wanted(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
