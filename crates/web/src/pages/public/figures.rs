//! The figures of a year as the public sees them: gathered from the state once, and kept for as long as it is the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use authority::Log;
use domain::State;
use domain::country::{Country, Region};
use domain::id::Id;
use domain::plan::{self, ClosingLine};
use domain::quantity::Mass;
use domain::reporting::{self, Asked, Destination, Statement};
use domain::substance::Schedule;
use domain::trade::Signing;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::answer::Fault;
use crate::ask::Ask;

/// The continents, by which it is told where nothing ever went. North America holds Central America and the Caribbean.
const CONTINENTS: [&str; 6] = ["002", "003", "005", "142", "150", "009"];
/// Answers about countries and regions that are kept.
const ANSWERS_MAX: usize = 4_096;
/// While the journal goes on, figures are gathered again when so many times as long has passed as gathering takes: at
/// most a twentieth of the time goes into it, however many people look.
const RESTS: u32 = 20;
/// So old figures may become in any case.
const OLD: Duration = Duration::from_mins(1);

/// Everything that the pages say of a year.
pub struct Year {
    /// The statement.
    pub statement: Statement,
    /// The authority's country.
    pub country: Country,
    /// Whether the year is over.
    pub over: bool,
    /// Whether it is closed.
    pub closed: bool,
    /// Substances whose balance is not what it was when the year was closed: as it was then, and as it is now.
    pub revised: Vec<(ClosingLine, ClosingLine)>,
    /// The medicines by schedule.
    pub schedules: BTreeMap<Schedule, Vec<Id>>,
    /// In which forms they are registered.
    pub forms: BTreeSet<String>,
    /// What partner authorities said of this authority's exports of the year.
    pub answers: Vec<Answer>,
    /// Names of partner authorities, by id.
    pub partners: BTreeMap<Id, (String, Country)>,
    /// Continents that nothing ever went to.
    pub never: Vec<Region>,
    /// Names of substances as registered.
    pub names: BTreeMap<Id, String>,
    /// When the last entry was recorded.
    pub recorded_at: Timestamp,
    /// How many entries there were.
    pub size: u64,
}

/// What a partner authority said of a year's exports to its country.
pub struct Answer {
    /// Its country.
    pub country: Country,
    /// What it said.
    pub said: Said,
    /// When it signed, and how many entries its journal had; if it did.
    pub signed: Option<(Date, u64)>,
}

/// What a partner authority said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The same figures.
    Same,
    /// Nothing came.
    Zero,
    /// It signed figures that this journal does not give any more.
    Stale,
    /// Other figures.
    Other,
    /// Nothing yet.
    Nothing,
}

impl Said {
    /// The last part of the key of its words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Zero => "zero",
            Self::Stale => "stale",
            Self::Other => "other",
            Self::Nothing => "nothing",
        }
    }
}

impl Year {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        !self.closed && self.statement.identity.is_empty() && self.statement.exported.cells.is_empty()
    }

    /// The sum of a figure over all substances.
    pub fn sum(&self, figure: impl Fn(&reporting::Identity) -> Mass) -> Mass {
        self.statement.identity.iter().map(figure).sum()
    }

    /// Exports by country of destination, the largest first.
    pub fn destinations(&self) -> Vec<To> {
        let mut all: BTreeMap<Country, To> = BTreeMap::new();
        for cell in &self.statement.exported.cells {
            let to = all.entry(cell.destination).or_insert_with(|| To::new(cell.destination));
            to.mass += cell.total_g;
            to.arrived += cell.arrived_g;
            to.graded &= cell.grade.is_some();
            to.signed &= !cell.signed_by.is_empty();
        }
        let mut all: Vec<To> = all.into_values().collect();
        all.sort_by(|a, b| b.mass.cmp(&a.mass).then(a.country.cmp(&b.country)));
        all
    }
}

/// Exports to one country.
#[derive(Clone, Debug)]
pub struct To {
    /// The country.
    pub country: Country,
    /// What left.
    pub mass: Mass,
    /// What of it arrived.
    pub arrived: Mass,
    /// Whether every cell has its grade.
    pub graded: bool,
    /// Whether every cell is signed.
    pub signed: bool,
}

impl To {
    fn new(country: Country) -> Self {
        Self {
            country,
            mass: Mass::ZERO,
            arrived: Mass::ZERO,
            graded: true,
            signed: true,
        }
    }
}

/// Something that was gathered.
struct Kept<T> {
    what: Arc<T>,
    size: u64,
    at: Instant,
    took: Duration,
}

impl<T> Kept<T> {
    fn serves(&self, size: u64) -> bool {
        self.size == size || self.at.elapsed() < (self.took * RESTS).min(OLD)
    }
}

/// What was gathered, kept.
#[derive(Default)]
pub struct Figures {
    years: Store<(i16, Date), Year>,
    answers: Store<(i16, String), Asked>,
}

struct Store<K, T> {
    kept: Mutex<HashMap<K, Kept<T>>>,
    /// Held by whoever gathers: the others wait for what comes of it.
    gathering: Mutex<()>,
}

impl<K, T> Default for Store<K, T> {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            gathering: Mutex::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Clone + Eq + Hash, T> Store<K, T> {
    fn get(&self, ask: &Ask, key: &K, gather: impl FnOnce(&State) -> T) -> Arc<T> {
        let size = ask.state().size;
        let found = || {
            let kept = lock(&self.kept);
            let kept = kept.get(key).filter(|kept| kept.serves(size))?;
            Some(Arc::clone(&kept.what))
        };
        if let Some(what) = found() {
            return what;
        }
        let _one = lock(&self.gathering);
        if let Some(what) = found() {
            return what;
        }
        let began = Instant::now();
        let state = ask.state();
        let (what, size) = (Arc::new(gather(&state)), state.size);
        drop(state);
        let kept = Kept {
            what: Arc::clone(&what),
            size,
            at: Instant::now(),
            took: began.elapsed(),
        };
        let mut all = lock(&self.kept);
        if all.len() >= ANSWERS_MAX {
            all.clear();
        }
        all.insert(key.clone(), kept);
        what
    }
}

/// The years that there are books of, the latest first.
pub fn years(ask: &Ask) -> Vec<i16> {
    let first = ask.state().founding.books_from.year();
    (first..=ask.today().year()).rev().take(30).collect()
}

/// The year that the public is shown first: the last that is closed, else the running one.
pub fn latest(ask: &Ask) -> i16 {
    let closed = ask.state().planning.last_closed();
    closed.unwrap_or_else(|| ask.today().year())
}

/// The figures of a year; there are none of a year without books.
pub fn year(ask: &Ask, year: i16) -> Result<Arc<Year>, Fault> {
    if !years(ask).contains(&year) {
        return Err(Fault::NotFound);
    }
    let figures = &ask.app.figures;
    let today = ask.today();
    // A new day begins without an entry.
    Ok(figures
        .years
        .get(ask, &(year, today), |state| gather(state, year, today)))
}

/// The answer about a country or region.
pub fn asked(ask: &Ask, year: i16, to: Destination) -> Arc<Asked> {
    let code = match to {
        Destination::Country(country) => country.code(),
        Destination::Region(region) => region.code(),
    };
    let figures = &ask.app.figures;
    let gather = |state: &State| reporting::answer(state, year, to);
    figures.answers.get(ask, &(year, code.to_owned()), gather)
}

/// How far the log is signed now.
pub fn log(ask: &Ask) -> Result<Log, Fault> {
    let note = ask.app.authority().checkpoint()?;
    Ok(Log::of(&ask.state(), note.as_deref())?)
}

fn gather(state: &State, year: i16, today: Date) -> Year {
    let statement = reporting::statement(state, year, None);
    let partners = state.partners.iter().map(|partner| {
        let file = &partner.file;
        (file.id.clone(), (file.name.to_string(), file.country))
    });
    let names = state.substances.iter();
    let preparations = state.items.iter().filter_map(|item| item.preparation.as_ref());
    Year {
        country: state.founding.country,
        over: today.year() > year,
        closed: state.planning.closed(year).is_some(),
        revised: revised(state, &statement),
        schedules: schedules(state, &statement),
        forms: preparations.map(|entry| entry.dosage_form.to_string()).collect(),
        answers: answers(state, year),
        partners: partners.collect(),
        never: never(state),
        names: names
            .map(|row| (row.entry.id.clone(), row.entry.name.to_string()))
            .collect(),
        recorded_at: state.recorded_at,
        size: state.size,
        statement,
    }
}

/// Where the balance now differs from that at the closing.
fn revised(state: &State, statement: &Statement) -> Vec<(ClosingLine, ClosingLine)> {
    let Some(closed) = state.planning.closed(statement.year) else {
        return Vec::new();
    };
    let now = plan::closing_lines(state, statement.year, &statement.identity);
    let then = |line: &ClosingLine| closed.lines.iter().find(|then| then.substance == line.substance);
    let pairs = now.into_iter().map(|now| {
        let nothing = || ClosingLine {
            substance: now.substance.clone(),
            acquired: Mass::ZERO,
            allowed: Mass::ZERO,
            excess: Mass::ZERO,
        };
        (then(&now).cloned().unwrap_or_else(nothing), now)
    });
    pairs.filter(|(then, now)| then != now).collect()
}

fn schedules(state: &State, statement: &Statement) -> BTreeMap<Schedule, Vec<Id>> {
    let mut all: BTreeMap<Schedule, Vec<Id>> = BTreeMap::new();
    let day = Date::new(statement.year, 12, 31).unwrap_or(Date::MAX);
    for id in &statement.medicines {
        let known = state.substances.find(id).ok();
        if let Some(schedule) = known.and_then(|(_, substance)| substance.schedule_on(day)) {
            all.entry(schedule).or_default().push(id.clone());
        }
    }
    all
}

fn never(state: &State) -> Vec<Region> {
    let reached = reporting::reached(state);
    let regions = CONTINENTS.iter().filter_map(|code| Region::parse(code).ok());
    let untouched = |region: &Region| !reached.iter().any(|country| country.is_in(*region));
    regions.filter(untouched).collect()
}

fn answers(state: &State, year: i16) -> Vec<Answer> {
    let ours = state.partners.iter().map(|partner| {
        let (id, country) = (&partner.file.id, partner.file.country);
        let case = state.trade.statement(&state.founding.id, id, year);
        let signed = case.and_then(|case| match &case.signing {
            Signing::Signed { on, log_size } => Some((*on, *log_size)),
            Signing::Open | Signing::Disputed { .. } => None,
        });
        let said = match case.map(|case| &case.signing) {
            None | Some(Signing::Open) => Said::Nothing,
            Some(Signing::Disputed { .. }) => Said::Other,
            Some(Signing::Signed { .. }) => match domain::trade::signed_by(state, country, year) {
                Some(known) if known.statement.is_zero() => Said::Zero,
                Some(_) => Said::Same,
                None => Said::Stale,
            },
        };
        Answer { country, said, signed }
    });
    ours.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(size: u64, took: Duration) -> Kept<()> {
        Kept {
            what: Arc::new(()),
            size,
            at: Instant::now(),
            took,
        }
    }

    #[test]
    fn figures_serve_while_the_journal_is_the_same() {
        assert!(kept(7, Duration::ZERO).serves(7));
        assert!(!kept(7, Duration::ZERO).serves(8));
    }

    #[test]
    fn figures_that_take_long_serve_a_while_longer() {
        assert!(kept(7, Duration::from_secs(1)).serves(8));
    }

    #[test]
    fn every_continent_is_a_region() {
        for code in CONTINENTS {
            assert!(Region::parse(code).is_ok(), "{code}");
        }
    }
}
