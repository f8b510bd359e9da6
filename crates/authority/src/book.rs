//! The register of one site as its book: lines with the balance after each, newest first.
//!
//! No balance is stored. What the committed state holds is the balance after the last line; each line before it is taken
//! off on the way back. So every figure is exact, however far back the page lies, and whatever was posted late.

use std::collections::BTreeMap;

use domain::ledger::{LineReversed, MovementKind};
use domain::table::No;
use domain::{Entry, Event, State};
use jiff::civil::Date;
use store::{MovementRow, Span};

use crate::rows::days;
use crate::{Authority, AuthorityError};

/// Rows that are read at once: other readers wait for no more than these.
const CHUNK: usize = 4_096;

/// What is wanted of a site's book.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The site.
    pub site: No,
    /// Lines of this item alone.
    pub item: Option<No>,
    /// Lines of this batch alone.
    pub batch: Option<No>,
    /// Lines of the month of this day alone.
    pub month: Option<Date>,
    /// Lines before this one, by day and entry number.
    pub after: Option<(Date, u64)>,
    /// The most lines.
    pub limit: usize,
}

/// A line of a book.
#[derive(Clone, Debug)]
pub struct BookLine {
    /// The entry: a movement, or the reversal of one.
    pub entry: Entry,
    /// The day on which it happened; of a reversal the day of the line that it takes back.
    pub day: Date,
    /// The item.
    pub item: No,
    /// What it changes of what the site holds of the item, all compartments together.
    pub change: i128,
    /// What the site holds of the item after it; of the one batch where one is wanted.
    pub balance: i128,
    /// The entry by which it was taken back, if it was.
    pub reversed_by: Option<u64>,
}

/// A page of a book.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Lines, the newest first.
    pub lines: Vec<BookLine>,
    /// Whether older ones follow.
    pub more: bool,
    /// What the site held of each item before the last line.
    pub before: BTreeMap<No, i128>,
    /// How many entries of the journal the figures rest on.
    pub size: u64,
}

impl Wanted {
    fn first_day(&self) -> i32 {
        self.month.map_or(i32::MIN, |day| days(day.first_of_month()))
    }

    fn last_day(&self) -> i32 {
        self.month.map_or(i32::MAX, |day| days(day.last_of_month()))
    }
}

/// The place of a line in the register: lines of a month follow each other as they were recorded.
type Place = (i32, u64);

/// A line on the way back.
struct Step {
    place: Place,
    day: i32,
    item: No,
    change: i128,
}

/// What a reversal takes back.
struct Mirror {
    seq: u64,
    place: Place,
    reversed: Box<LineReversed>,
}

impl Authority {
    /// A page of a site's book.
    pub fn book(&self, wanted: &Wanted) -> Result<Book, AuthorityError> {
        let (size, site, balances) = {
            let state = self.state();
            let site = state.holders.site_at(wanted.site).id.to_string();
            (state.size, site, held(&state, wanted))
        };
        if self.register(|register| register.cursor())? < size {
            self.catch_up()?;
        }
        let mirrors = self.mirrors(&site, size, wanted)?;
        let reversed_by = mirrors
            .iter()
            .map(|mirror| (mirror.reversed.line, mirror.seq))
            .collect();
        let walk = Walk {
            authority: self,
            wanted,
            size,
            reversed_by,
            balances,
            book: Book {
                size,
                ..Book::default()
            },
        };
        walk.run(mirrors)
    }

    /// Reversals of lines of a site, the newest line first. There are few: each needs a second person.
    fn mirrors(&self, site: &str, size: u64, wanted: &Wanted) -> Result<Vec<Mirror>, AuthorityError> {
        let (mut found, mut from) = (Vec::new(), 0);
        loop {
            let rows = self.register(|register| register.entries_of_subject(site, from, CHUNK))?;
            for row in rows.iter().filter(|row| row.kind == "LineReversed" && row.seq < size) {
                if let Some(Event::LineReversed(reversed)) = self.entry(row.seq)?.map(|entry| entry.event) {
                    let place = (month(reversed.original.occurred_on), row.seq);
                    found.push(Mirror {
                        seq: row.seq,
                        place,
                        reversed,
                    });
                }
            }
            match rows.last() {
                Some(last) if rows.len() == CHUNK => from = last.seq + 1,
                _ => break,
            }
        }
        let state = self.state();
        found.retain(|mirror| {
            let original = &mirror.reversed.original;
            let (item, batch) = item_and_batch(&state, &original.item, &original.batch);
            let fits = |wanted: Option<No>, found: Option<No>| wanted.is_none() || wanted == found;
            fits(wanted.item, item) && fits(wanted.batch, batch)
        });
        drop(state);
        found.sort_by_key(|mirror| std::cmp::Reverse(mirror.place));
        Ok(found)
    }

    /// The item of a line by its name.
    fn item_no(&self, id: &str) -> Option<No> {
        self.state().items.find(id).ok().map(|(no, _)| no)
    }
}

fn item_and_batch(state: &State, item: &str, batch: &str) -> (Option<No>, Option<No>) {
    let item = state.items.find(item).ok().map(|(no, _)| no);
    let batch = item.and_then(|item| state.ledger.batch(item, batch)).map(|(no, _)| no);
    (item, batch)
}

/// What a site holds of each item that is wanted.
fn held(state: &State, wanted: &Wanted) -> BTreeMap<No, i128> {
    let mut balances = BTreeMap::new();
    for account in state.ledger.accounts_of(wanted.site) {
        let item = state.ledger.batch_at(account.batch).item;
        let fits = wanted.item.is_none_or(|wanted| wanted == item)
            && wanted.batch.is_none_or(|wanted| wanted == account.batch);
        if fits {
            *balances.entry(item).or_default() += account.held.iter().copied().map(i128::from).sum::<i128>();
        }
    }
    balances
}

fn month(day: Date) -> i32 {
    store::month_of_day(days(day))
}

/// The way back through the register.
struct Walk<'a> {
    authority: &'a Authority,
    wanted: &'a Wanted,
    size: u64,
    reversed_by: BTreeMap<u64, u64>,
    balances: BTreeMap<No, i128>,
    book: Book,
}

impl Walk<'_> {
    fn run(mut self, mirrors: Vec<Mirror>) -> Result<Book, AuthorityError> {
        let mut mirrors = mirrors.into_iter().peekable();
        let mut after = None;
        loop {
            let rows = self.rows(after)?;
            for row in &rows {
                let place = (store::month_of_day(row.day), row.seq);
                while let Some(mirror) = mirrors.next_if(|mirror| mirror.place > place) {
                    if !self.take_mirror(&mirror)? {
                        return Ok(self.done());
                    }
                }
                if self.is_wanted(row) && !self.take_row(row, place)? {
                    return Ok(self.done());
                }
            }
            match rows.last() {
                Some(last) if rows.len() == CHUNK => after = Some((last.day, last.seq)),
                _ => break,
            }
        }
        for mirror in mirrors {
            if !self.take_mirror(&mirror)? {
                break;
            }
        }
        Ok(self.done())
    }

    fn done(mut self) -> Book {
        self.book.before = self.balances;
        self.book
    }

    /// The next rows back, as far as the first day wanted.
    fn rows(&self, after: Option<(i32, u64)>) -> Result<Vec<MovementRow>, AuthorityError> {
        let span = Span {
            from_day: self.wanted.first_day(),
            to_day: i32::MAX,
            after,
            limit: CHUNK,
        };
        let (site, batch) = (self.wanted.site, self.wanted.batch);
        let rows = self.authority.register(|register| match batch {
            Some(batch) => register.movements_of_batch_back(batch, &span),
            None => register.movements_of_site_back(site, &span),
        });
        Ok(rows?)
    }

    /// Rows that came after the state was looked at are no part of its balance.
    fn is_wanted(&self, row: &MovementRow) -> bool {
        let wanted = self.wanted;
        row.seq < self.size && row.site == wanted.site && wanted.item.is_none_or(|item| item == row.item)
    }

    fn take_row(&mut self, row: &MovementRow, place: Place) -> Result<bool, AuthorityError> {
        let sign = MovementKind::of_number(row.kind).map_or(0, MovementKind::sign);
        let mut change = i128::from(sign) * i128::from(row.amount);
        // Only a report that broke a rule can have posted missing stock first.
        if row.mode != 0
            && row.breaches != 0
            && let Some(Event::Movement(line)) = self.authority.entry(row.seq)?.map(|entry| entry.event)
        {
            change = line.changes().into_iter().map(i128::from).sum();
        }
        self.take(&Step {
            place,
            day: row.day,
            item: row.item,
            change,
        })
    }

    fn take_mirror(&mut self, mirror: &Mirror) -> Result<bool, AuthorityError> {
        let original = &mirror.reversed.original;
        let day = days(original.occurred_on);
        let wanted = self.authority.item_no(&original.item);
        let Some(item) = wanted.filter(|_| day >= self.wanted.first_day()) else {
            return Ok(true);
        };
        let change: i128 = original.changes().into_iter().map(i128::from).sum();
        self.take(&Step {
            place: mirror.place,
            day,
            item,
            change: -change,
        })
    }

    /// Takes one line off the balance, and shows it if it is wanted. Tells whether to go on.
    fn take(&mut self, step: &Step) -> Result<bool, AuthorityError> {
        let before_cursor = self
            .wanted
            .after
            .is_none_or(|(day, seq)| step.place < (month(day), seq));
        let in_time = step.day <= self.wanted.last_day();
        let balance = self.balances.get(&step.item).copied().unwrap_or_default();
        if before_cursor && in_time {
            if self.book.lines.len() == self.wanted.limit {
                self.book.more = true;
                return Ok(false);
            }
            self.show(step, balance)?;
        }
        self.balances.insert(step.item, balance - step.change);
        Ok(true)
    }

    fn show(&mut self, step: &Step, balance: i128) -> Result<(), AuthorityError> {
        let (_, seq) = step.place;
        let missing = || AuthorityError::Broken(format!("entry {seq} is in the register, but not in the journal"));
        let entry = self.authority.entry(seq)?.ok_or_else(missing)?;
        let day = match &entry.event {
            Event::Movement(line) => line.occurred_on,
            Event::LineReversed(reversed) => reversed.original.occurred_on,
            _ => return Err(missing()),
        };
        self.book.lines.push(BookLine {
            entry,
            day,
            item: step.item,
            change: step.change,
            balance,
            reversed_by: self.reversed_by.get(&seq).copied(),
        });
        Ok(())
    }
}

/// A batch, from its beginning to where it lies now.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Lines, the oldest first.
    pub lines: Vec<Entry>,
    /// Whether younger ones follow.
    pub more: bool,
    /// Sites that ever had a line of it, as far as lines were read.
    pub sites: Vec<No>,
}

impl Authority {
    /// The lines of a batch, at these sites alone if any are named, after one by its day and entry number.
    pub fn trace(
        &self,
        batch: No,
        at: Option<&[No]>,
        after: Option<(Date, u64)>,
        limit: usize,
    ) -> Result<Trace, AuthorityError> {
        let size = self.state().size;
        if self.register(|register| register.cursor())? < size {
            self.catch_up()?;
        }
        let mut trace = Trace::default();
        let mut sites = std::collections::BTreeSet::new();
        let (mut from, cursor) = (None, after.map(|(day, seq)| (month(day), seq)));
        loop {
            let span = Span {
                from_day: i32::MIN,
                to_day: i32::MAX,
                after: from,
                limit: CHUNK,
            };
            let rows = self.register(|register| register.movements_of_batch(batch, &span))?;
            for row in rows.iter().filter(|row| at.is_none_or(|at| at.contains(&row.site))) {
                sites.insert(row.site);
                if cursor.is_some_and(|cursor| (store::month_of_day(row.day), row.seq) <= cursor) {
                    continue;
                }
                if trace.lines.len() == limit {
                    trace.more = true;
                } else {
                    trace.lines.extend(self.entry(row.seq)?);
                }
            }
            match rows.last() {
                Some(last) if rows.len() == CHUNK => from = Some((last.day, last.seq)),
                _ => break,
            }
        }
        trace.sites = sites.into_iter().collect();
        Ok(trace)
    }
}
