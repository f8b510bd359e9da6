//! What lies on somebody's desk, gathered from the state, a bounded number of each kind.

use domain::State;
use domain::trade::Case;
use jiff::civil::Date;

use crate::ask::{Ask, Visitor};
use crate::pages::decisions::subject;
use crate::words::Words;

/// The most tasks of one kind that are listed.
pub const EACH: usize = 200;
/// The most things of one kind that are looked at.
pub const LOOKED_AT: usize = 5_000;

/// Where a task belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody of the visitor's role can do it now.
    Ours,
    /// As above, but not this visitor.
    NotYou,
    /// Somebody else has to act.
    Waiting,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// What is claimed by whoever takes it.
    pub key: String,
    /// The number of what it is about.
    pub reference: String,
    /// What is to be done.
    pub what: String,
    /// The company or institution.
    pub company: String,
    /// Destination, substance, quantity.
    pub goods: String,
    /// What it waits for.
    pub why: String,
    /// The day by which law or policy wants it done.
    pub due: Option<Date>,
    /// Where it is done.
    pub path: String,
    /// Whose turn it is.
    pub lane: Lane,
}

/// A desk that is being filled.
pub struct Desk<'a> {
    /// The request.
    pub ask: &'a Ask,
    /// Its words.
    pub words: Words,
    /// The committed state.
    pub state: &'a State,
    /// Whose desk it is.
    pub visitor: &'a Visitor,
    /// The business day.
    pub today: Date,
    /// What lies on it.
    pub tasks: Vec<Task>,
    /// Whether there is more of some kind than is listed.
    pub more: bool,
}

impl<'a> Desk<'a> {
    /// An empty desk.
    pub fn new(ask: &'a Ask, state: &'a State, visitor: &'a Visitor) -> Self {
        Self {
            ask,
            words: ask.words(),
            state,
            visitor,
            today: ask.today(),
            tasks: Vec::new(),
            more: false,
        }
    }

    /// Puts tasks of one kind on the desk, so many at most.
    pub fn put(&mut self, tasks: impl Iterator<Item = Task>) {
        let before = self.tasks.len();
        self.tasks.extend(tasks.take(EACH + 1));
        if self.tasks.len() > before + EACH {
            self.tasks.truncate(before + EACH);
            self.more = true;
        }
    }

    /// A task about a case.
    pub fn of_case(&self, case: &Case, what: &str, why: &str, due: Option<Date>, lane: Lane) -> Task {
        let about = subject::of_case(self.words, self.state, case);
        Task {
            key: format!("case:{}", case.id),
            reference: about.reference,
            what: self.words.t(what),
            company: about.company,
            goods: about.goods,
            why: self.words.t(why),
            due,
            path: crate::links::case(&case.id),
            lane,
        }
    }

    /// So many days before or after today.
    pub fn day(&self, days: i64) -> Date {
        let span = jiff::Span::new().try_days(days);
        span.and_then(|span| self.today.checked_add(span)).unwrap_or(self.today)
    }
}

impl Task {
    /// By how many days it is late.
    pub fn late(&self, today: Date) -> i32 {
        self.due.map_or(0, |due| days(due, today).max(0))
    }
}

/// Days from one day to another.
pub fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}
