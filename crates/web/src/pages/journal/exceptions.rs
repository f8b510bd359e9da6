//! What is out of the ordinary: instructions that the rules refused, reports that broke a rule, lines recorded late.

use askama::Template;
use domain::{Entry, Event};
use jiff::civil::{Date, date};
use store::RefusalRow;

use super::super::lists::{self, Choice, Pager};
use super::{one, walk};
use crate::answer::{Answered, Fault, file, html};
use crate::ask::Ask;
use crate::csv;
use crate::frame::Frame;

/// Refusals read at once.
const CHUNK: usize = 1_000;
/// Lines of a file.
const LINES_MAX: usize = 200_000;
/// Entries looked at for a file.
const LOOKED_MAX: u64 = 1_000_000;
/// Lines that were recorded so many days late are listed, unless more or fewer are asked for.
const LATE_DAYS: i32 = 7;

/// What is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Refused,
    Breaches,
    Late,
}

impl What {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Refused, "refused"),
        (Self::Breaches, "breaches"),
        (Self::Late, "late"),
    ];

    fn of(ask: &Ask) -> Self {
        let asked = ask.query.get("what");
        let known = Self::ALL.iter().find(|(_, word)| *word == asked);
        known.map_or(Self::Refused, |(what, _)| *what)
    }

    fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(what, _)| *what == self)
            .map_or("", |(_, word)| word)
    }
}

/// What is asked.
struct Asked<'a> {
    what: What,
    year: i16,
    first: Date,
    last: Date,
    code: &'a str,
    days: i32,
}

impl<'a> Asked<'a> {
    fn of(ask: &'a Ask) -> Result<Self, Fault> {
        let year: i16 = ask.query.get("year").parse().unwrap_or(ask.today().year());
        let day = |month, day| Date::new(year, month, day).map_err(|_| Fault::Bad("journal-no-year"));
        Ok(Self {
            what: What::of(ask),
            year,
            first: day(1, 1)?,
            last: day(12, 31)?,
            code: ask.query.get("code"),
            days: ask.query.get("days").parse().unwrap_or(LATE_DAYS).clamp(1, 3_660),
        })
    }

    /// How many days after it happened a line was recorded, if it is late as asked.
    fn lateness(&self, entry: &Entry) -> Option<i32> {
        let on = match &entry.event {
            Event::Movement(movement) => movement.occurred_on,
            Event::LotClosed(closed) => closed.occurred_on,
            _ => return None,
        };
        let days = walk::days(entry.recorded_on) - walk::days(on);
        (days >= self.days).then_some(days)
    }

    fn holds(&self, entry: &Entry) -> bool {
        let codes = match &entry.event {
            Event::Movement(movement) => &movement.breaches,
            Event::LotClosed(closed) => &closed.breaches,
            _ => return false,
        };
        match self.what {
            What::Refused => false,
            What::Late => self.lateness(entry).is_some(),
            What::Breaches if self.code.is_empty() => !codes.is_empty(),
            What::Breaches => codes.iter().any(|code| code.as_str() == self.code),
        }
    }
}

struct Row {
    seq: u64,
    day: String,
    what: String,
    about: String,
    why: Vec<String>,
    who: String,
}

#[derive(Template)]
#[template(path = "journal/exceptions.html")]
struct ListPage {
    f: Frame,
    what: &'static str,
    heading: String,
    says: String,
    is_refused: bool,
    is_late: bool,
    tabs: Vec<Choice>,
    years: Vec<Choice>,
    codes: Vec<Choice>,
    counts: Vec<(String, String, String)>,
    days: i32,
    rows: Vec<Row>,
    csv: String,
    pager: Pager,
    /// There is more that was not looked at, though nothing was found so far.
    unfinished: bool,
}

pub fn list(ask: &Ask) -> Answered {
    let (words, asked) = (ask.words(), Asked::of(ask)?);
    ask.app.authority().catch_up().map_err(|error| ask.app.fault(&error))?;
    let counted = if asked.what == What::Refused {
        let (from, to) = (walk::days(asked.first), walk::days(asked.last));
        ask.app
            .authority()
            .register(|register| register.refusals_by_code(from, to))?
    } else {
        Vec::new()
    };
    let (rows, after) = match asked.what {
        What::Refused => refused(ask, &asked)?,
        What::Breaches | What::Late => lines(ask, &asked)?,
    };
    let tab = |(what, word): &(What, &'static str)| Choice {
        value: lists::again(ask, &[("what", word), ("code", ""), ("before", ""), ("after", "")]),
        label: words.t(&format!("journal-{word}")),
        chosen: *what == asked.what,
    };
    let this = ask.today().year();
    let years = (this - 5..=this + 1)
        .rev()
        .map(|year| (year.to_string(), year.to_string()));
    let mut years = lists::choices(words.t("lists-all"), years, &asked.year.to_string());
    // A year is always asked for.
    years.remove(0);
    let counts = counted.iter().map(|(code, count)| {
        let href = lists::again(ask, &[("code", code), ("before", ""), ("after", "")]);
        (code.clone(), href, words.number(count))
    });
    let codes = counted.iter().map(|(code, _)| (code.clone(), code.clone()));
    html(&ListPage {
        f: Frame::of(ask, words.t("journal-exceptions")),
        what: asked.what.word(),
        heading: words.t(&format!("journal-{}", asked.what.word())),
        says: words.t(&format!("journal-{}-says", asked.what.word())),
        is_refused: asked.what == What::Refused,
        is_late: asked.what == What::Late,
        tabs: What::ALL.iter().map(tab).collect(),
        years,
        codes: lists::choices(words.t("lists-all"), codes, asked.code),
        counts: counts.collect(),
        days: asked.days,
        csv: lists::elsewhere(ask, "/journal/exceptions.csv", &[("before", ""), ("after", "")]),
        unfinished: rows.is_empty() && after.is_some(),
        rows,
        pager: Pager::onwards(after),
    })
}

/// Refusals from a number on, as many as are wanted; and the number to go on with.
fn refusals(ask: &Ask, asked: &Asked<'_>, limit: usize) -> Result<(Vec<RefusalRow>, Option<u64>), Fault> {
    let (first, last) = (walk::days(asked.first), walk::days(asked.last));
    let mut from = ask.query.get("after").parse().unwrap_or(0);
    let mut found = Vec::new();
    loop {
        let rows = ask
            .app
            .authority()
            .register(|register| register.refusals(first, last, from, CHUNK))?;
        let whole = rows.len() == CHUNK;
        for row in rows {
            if found.len() == limit {
                return Ok((found, Some(row.seq)));
            }
            from = row.seq + 1;
            if asked.code.is_empty() || row.code == asked.code {
                found.push(row);
            }
        }
        if !whole {
            return Ok((found, None));
        }
    }
}

fn refused(ask: &Ask, asked: &Asked<'_>) -> Result<(Vec<Row>, Option<String>), Fault> {
    let (found, after) = refusals(ask, asked, lists::ROWS)?;
    let mut rows = Vec::new();
    for row in found {
        let Some(entry) = ask.app.authority().entry(row.seq)? else {
            continue;
        };
        let says = one::refusal(ask, &entry.event).unwrap_or_default();
        rows.push(line(ask, &entry, vec![says, row.code.into_owned()]));
    }
    let after = after.map(|seq| lists::again(ask, &[("after", &seq.to_string())]));
    Ok((rows, after))
}

fn lines(ask: &Ask, asked: &Asked<'_>) -> Result<(Vec<Row>, Option<String>), Fault> {
    let (from, until) = walk::of_days(ask, asked.first, asked.last)?;
    let before = ask.query.get("before").parse().unwrap_or(until).clamp(from, until);
    let walk = walk::backwards(ask, from, before, lists::ROWS, |entry| asked.holds(entry))?;
    let row = |entry: &Entry| line(ask, entry, whys(ask, asked, entry));
    let after = walk
        .rest
        .map(|before| lists::again(ask, &[("before", &before.to_string())]));
    Ok((walk.found.iter().map(row).collect(), after))
}

/// Why a line is listed.
fn whys(ask: &Ask, asked: &Asked<'_>, entry: &Entry) -> Vec<String> {
    let words = ask.words();
    match asked.what {
        What::Late => {
            let days = asked.lateness(entry).unwrap_or_default();
            vec![words.count("journal-late-days", u64::try_from(days).unwrap_or_default())]
        }
        _ => one::breaches(ask, &entry.event),
    }
}

fn line(ask: &Ask, entry: &Entry, why: Vec<String>) -> Row {
    let words = ask.words();
    let (what, on) = match &entry.event {
        Event::Movement(movement) => (words.value(movement.movement.word()), movement.occurred_on),
        Event::InstructionRefused(refused) => {
            let key = crate::act::act_key(&refused.command);
            let act = words
                .find(&key, &[])
                .unwrap_or_else(|| refused.command.replace('_', " "));
            (act, entry.recorded_on)
        }
        event => (super::kind_in_words(words, event.kind()), entry.recorded_on),
    };
    Row {
        seq: entry.seq,
        day: words.day(on),
        what,
        about: match &entry.event {
            Event::Movement(movement) => format!("{}, {}", movement.site, movement.batch),
            Event::InstructionRefused(_) => String::new(),
            event => event.subject().to_owned(),
        },
        why,
        who: ask.actor_in_words(&entry.actor),
    }
}

pub fn table(ask: &Ask) -> Answered {
    let asked = Asked::of(ask)?;
    let mut lines = vec![
        [
            "entry",
            "recorded_on",
            "occurred_on",
            "what",
            "site",
            "codes",
            "days_late",
            "actor",
        ]
        .map(str::to_owned),
    ];
    let rest = match asked.what {
        What::Refused => {
            let (found, rest) = refusals(ask, &asked, LINES_MAX)?;
            lines.extend(found.into_iter().map(|row| {
                let on = walk::day_of(row.recorded_on_days).to_string();
                let (command, code) = (row.command.into_owned(), row.code.into_owned());
                let none = String::new;
                [
                    row.seq.to_string(),
                    on,
                    none(),
                    command,
                    none(),
                    code,
                    none(),
                    row.actor,
                ]
            }));
            rest
        }
        What::Breaches | What::Late => {
            let (from, until) = walk::of_days(ask, asked.first, asked.last)?;
            let walk = walk::further(ask, from, until, LINES_MAX, LOOKED_MAX, |entry| asked.holds(entry))?;
            lines.extend(walk.found.iter().map(cells));
            walk.rest
        }
    };
    if let Some(rest) = rest {
        // A file that is not whole says so.
        let mut last = [const { String::new() }; 8];
        last[3] = format!("not complete: goes on at entry {rest}");
        lines.push(last);
    }
    let name = format!("{}-{}.csv", asked.what.word(), asked.year);
    file("text/csv; charset=utf-8", &name, csv::table(lines))
}

fn cells(entry: &Entry) -> [String; 8] {
    let (what, site, codes, on) = match &entry.event {
        Event::Movement(movement) => (
            movement.movement.word(),
            movement.site.as_str(),
            movement.breaches.as_slice(),
            movement.occurred_on,
        ),
        Event::LotClosed(closed) => (
            "close_lot",
            closed.site.as_str(),
            closed.breaches.as_slice(),
            closed.occurred_on,
        ),
        event => (event.kind(), "", [].as_slice(), date(1970, 1, 1)),
    };
    let codes: Vec<&str> = codes.iter().map(domain::id::Id::as_str).collect();
    [
        entry.seq.to_string(),
        entry.recorded_on.to_string(),
        on.to_string(),
        what.to_owned(),
        site.to_owned(),
        codes.join(" "),
        (walk::days(entry.recorded_on) - walk::days(on)).to_string(),
        entry.actor.to_string(),
    ]
}
