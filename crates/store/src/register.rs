//! What a register is, whichever engine keeps it: relational rows derived from the journal, droppable at any time.
//!
//! The store attaches no meaning to the numbers: it keeps them, finds them by site, batch and time, and names them.

use std::borrow::Cow;

use crate::{Hash, StoreError};

/// The name space of [`MovementRow::site`] and [`MovementRow::peer`].
pub const NAME_SITE: u8 = 0;
/// The name space of [`MovementRow::item`].
pub const NAME_ITEM: u8 = 1;
/// The name space of [`MovementRow::batch`].
pub const NAME_BATCH: u8 = 2;
/// The name space of [`MovementRow::kind`].
pub const NAME_KIND: u8 = 3;
/// The name space of [`MovementRow::mode`].
pub const NAME_MODE: u8 = 4;

/// The value of [`MovementRow::peer`] where there is none.
pub const NO_PEER: u32 = u32::MAX;
/// The value of [`MovementRow::dispatch`] where there is none.
pub const NO_DISPATCH: u64 = u64::MAX;

/// A chunk of rows that brings the register from its cursor to `to_seq`; best 131,072 to 262,144 movements.
///
/// The order of the rows does not matter: each table is fed in its own key order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// The cursor after this chunk: every entry before it is in the register.
    pub to_seq: u64,
    /// Names (space, number, text); a number named again takes the new text.
    pub names: Vec<(u8, u32, String)>,
    /// Movements.
    pub movements: Vec<MovementRow>,
    /// Commands; the first holder of an id keeps it.
    pub commands: Vec<CommandRow>,
    /// All entries that are no movements.
    pub entries: Vec<EntryRow>,
    /// Refusals.
    pub refusals: Vec<RefusalRow>,
}

/// One movement of goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovementRow {
    /// The seq of its entry.
    pub seq: u64,
    /// The day it happened, in days since 1970-01-01.
    pub day: i32,
    /// Its kind, named in [`NAME_KIND`].
    pub kind: u8,
    /// How it was recorded, named in [`NAME_MODE`].
    pub mode: u8,
    /// The site, named in [`NAME_SITE`].
    pub site: u32,
    /// The item, named in [`NAME_ITEM`].
    pub item: u32,
    /// The batch, named in [`NAME_BATCH`].
    pub batch: u32,
    /// The amount in the item's counting unit.
    pub amount: i64,
    /// The site on the other side, or [`NO_PEER`].
    pub peer: u32,
    /// The seq of the dispatch it answers, or [`NO_DISPATCH`].
    pub dispatch: u64,
    /// The limits it crossed, as bits.
    pub breaches: u16,
}

/// Which entries a command became: the receipt for a repeated command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandRow {
    /// The id that its sender made.
    pub id: [u8; 16],
    /// The seq of its first entry.
    pub seq: u64,
    /// The number of its entries.
    pub count: u32,
    /// The hash of its bytes.
    pub hash: Hash,
}

/// An entry that is no movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// The seq of the entry.
    pub seq: u64,
    /// When it was recorded, in microseconds since 1970-01-01T00:00Z.
    pub recorded_at_us: i64,
    /// Its kind.
    pub kind: Cow<'static, str>,
    /// The id of who did it.
    pub actor: String,
    /// The id of what it is about.
    pub subject: String,
}

/// A refused instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalRow {
    /// The seq of its entry.
    pub seq: u64,
    /// The day it was recorded, in days since 1970-01-01.
    pub recorded_on_days: i32,
    /// The stable code of the reason.
    pub code: Cow<'static, str>,
    /// The kind of the refused command.
    pub command: Cow<'static, str>,
    /// The id of who sent it.
    pub actor: String,
}

/// How a register was found when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterState {
    /// It was closed properly: its rows up to the cursor are whole.
    Clean,
    /// It was not, or it could not be read, or it has another version's layout, so it was emptied: feed it from seq 0.
    Unclean,
    /// There was none: feed it from seq 0.
    New,
}

/// Which movements a query wants, in the order of (month of the day, seq).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day wanted, in days since 1970-01-01.
    pub from_day: i32,
    /// The last day wanted.
    pub to_day: i32,
    /// The (day, seq) of the last row of the page before, to go on after it.
    pub after: Option<(i32, u64)>,
    /// The most rows wanted.
    pub limit: usize,
}

/// Which entries that are no movements a query wants, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backwards<'a> {
    /// The seq of the oldest entry that is looked at.
    pub from_seq: u64,
    /// The seq before which entries are looked at: of the last row of the page before, to go on after it.
    pub before_seq: u64,
    /// The kind of entry, if only one is wanted.
    pub kind: Option<&'a str>,
    /// Who did it, if only one is wanted: an actor, or the id of a person in every capacity.
    pub actor: Option<&'a str>,
    /// The most rows wanted.
    pub limit: usize,
}

/// The one writer of a register.
pub trait Register: Send {
    /// How the register was found when it was opened.
    fn state(&self) -> RegisterState;

    /// The seq of the next entry wanted.
    fn cursor(&self) -> u64;

    /// Adds a chunk and moves the cursor, all of it or nothing; rows outside of `cursor..to_seq` are a conflict.
    fn flush(&mut self, rows: &Rows) -> Result<(), StoreError>;

    /// Empties the register and sets its cursor to 0, for a rebuild.
    fn clear(&mut self) -> Result<(), StoreError>;

    /// Makes everything durable and notes that the register is whole; the next flush takes the note back first.
    fn mark_clean(&mut self) -> Result<(), StoreError>;

    /// A reader of its own, which never blocks the writer.
    fn reader(&self) -> Result<Box<dyn RegisterReader>, StoreError>;
}

/// A reader of a register; each call sees whole chunks only.
pub trait RegisterReader: Send {
    /// The seq of the next entry wanted: every entry before it is seen by this reader's queries.
    fn cursor(&self) -> Result<u64, StoreError>;

    /// The command with this id.
    fn command(&self, id: &[u8; 16]) -> Result<Option<CommandRow>, StoreError>;

    /// Movements at a site.
    fn movements_of_site(&self, site: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError>;

    /// Movements of a batch.
    fn movements_of_batch(&self, batch: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError>;

    /// Movements at a site, the newest first: in reverse order, so that older ones follow [`Span::after`].
    fn movements_of_site_back(&self, site: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError>;

    /// Movements of a batch, the newest first: in reverse order, so that older ones follow [`Span::after`].
    fn movements_of_batch_back(&self, batch: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError>;

    /// Entries about a subject from `from_seq` on, oldest first.
    fn entries_of_subject(&self, subject: &str, from_seq: u64, limit: usize) -> Result<Vec<EntryRow>, StoreError>;

    /// Entries that are no movements, newest first. It looks at every entry between the two numbers until it has found
    /// enough, so callers go back in slices.
    fn entries_backwards(&self, wanted: &Backwards<'_>) -> Result<Vec<EntryRow>, StoreError>;

    /// The number of refusals of each code that were recorded from `from_day` to `to_day`, by code.
    fn refusals_by_code(&self, from_day: i32, to_day: i32) -> Result<Vec<(String, u64)>, StoreError>;

    /// The refusals recorded from `from_day` to `to_day`, by seq, from `from_seq` on.
    fn refusals(&self, from_day: i32, to_day: i32, from_seq: u64, limit: usize) -> Result<Vec<RefusalRow>, StoreError>;

    /// The refusals of what an actor sent, before `before_seq`, the newest first.
    fn refusals_of_actor(&self, actor: &str, before_seq: u64, limit: usize) -> Result<Vec<RefusalRow>, StoreError>;

    /// SHA-256 over the cursor and all rows of all tables in key order: equal for equal registers on any engine.
    fn content_hash(&self) -> Result<Hash, StoreError>;
}

impl Rows {
    /// Refuses a chunk with rows outside of `cursor..to_seq`, so that no engine has to.
    pub(crate) fn check(&self, cursor: u64) -> Result<(), StoreError> {
        if self.to_seq < cursor {
            return Err(StoreError::Conflict {
                expected: self.to_seq,
                found: cursor,
            });
        }
        let movements = self.movements.iter().map(|row| row.seq);
        let others = self
            .entries
            .iter()
            .map(|row| row.seq)
            .chain(self.refusals.iter().map(|row| row.seq));
        let commands = self.commands.iter().map(|row| row.seq);
        let span = cursor..self.to_seq;
        match movements.chain(others).chain(commands).find(|seq| !span.contains(seq)) {
            Some(seq) => Err(StoreError::Conflict {
                expected: seq,
                found: cursor,
            }),
            None => Ok(()),
        }
    }
}

impl Backwards<'_> {
    /// Whether a row is one of those wanted, wherever it stands.
    pub(crate) fn holds(&self, row: &EntryRow) -> bool {
        let by = |actor: &str| {
            let person = row.actor.strip_suffix(actor);
            person.is_some_and(|before| before.is_empty() || before.ends_with(':'))
        };
        self.kind.is_none_or(|kind| row.kind == kind) && self.actor.is_none_or(by)
    }
}

impl Span {
    /// Whether a day lies in the span.
    pub(crate) fn holds(&self, day: i32) -> bool {
        (self.from_day..=self.to_day).contains(&day)
    }

    /// The (month, seq) before which nothing is wanted: the start of the first month, or the row after `after`.
    pub(crate) fn start(&self) -> (i32, u64) {
        let first = (month_of_day(self.from_day), 0);
        self.after.map_or(first, |(day, seq)| {
            first.max((month_of_day(day), seq.saturating_add(1)))
        })
    }

    /// The (month, seq) after which nothing is wanted when rows come in reverse: the end of the last month, or what lies
    /// before the row `after`.
    pub(crate) fn end(&self) -> (i32, u64) {
        let last = (month_of_day(self.to_day), u64::MAX);
        self.after.map_or(last, |(day, seq)| last.min((month_of_day(day), seq)))
    }
}

/// Months since 1970-01 of a day since 1970-01-01, in the proleptic Gregorian calendar.
///
/// Rows are clustered by month, so that new rows touch one region of each index however long the history is.
pub fn month_of_day(day: i32) -> i32 {
    // Count from 0000-03-01, so that the leap day is the last of its year and eras of 400 years are alike.
    let day = i64::from(day) + 719_468;
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months count from March here: adding two makes January the first of the next year.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let months = (era * 400 + year_of_era - 1970) * 12 + month_from_march + 2;
    i32::try_from(months).unwrap_or(if months < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::month_of_day;

    #[test]
    fn months_follow_the_calendar() {
        // Days of known dates: 1969-12-31, 1970-01-01, 1970-01-31, 1970-02-01, 2000-02-29, 2000-03-01, 2024-02-29,
        // 2024-03-01, 2024-12-31, 2025-01-01.
        let known = [
            (-1, -1),
            (0, 0),
            (30, 0),
            (31, 1),
            (11_016, 361),
            (11_017, 362),
            (19_782, 649),
            (19_783, 650),
            (20_088, 659),
            (20_089, 660),
        ];
        for (day, month) in known {
            assert_eq!(month_of_day(day), month, "day {day}");
        }
        assert!((-800_000..800_000).all(|day| (0..=1).contains(&(month_of_day(day + 1) - month_of_day(day)))));
    }
}
