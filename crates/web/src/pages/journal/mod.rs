//! The auditor's browser of the journal: every entry, down to its bytes and the proof that it stands there.

mod exceptions;
mod one;
mod said;
mod walk;

use std::collections::BTreeMap;

use askama::Template;
use domain::access::{Actor, Role};
use domain::journal::KINDS;
use domain::ledger::MovementKind;
use domain::{Entry, Event, State};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Backwards, MovementRow, Span, Viewed};

use super::lists::{self, Choice, Pager};
use crate::act;
use crate::answer::{Answered, Fault, encoded, html, see};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;
use crate::words::Words;

pub use said::person;

const AUDITOR: Who = Who::Officers(&[Role::Auditor]);

pub const ROUTES: &[Route] = &[
    page("/journal", AUDITOR, list),
    page("/journal/exceptions", AUDITOR, exceptions::list),
    page("/journal/exceptions.csv", AUDITOR, exceptions::table),
    page("/journal/subject/{*id}", AUDITOR, subject),
    page("/journal/{seq}", AUDITOR, one::one),
    page("/journal/{seq}/bytes", AUDITOR, one::bytes),
    page("/journal/{seq}/proof", AUDITOR, one::proof),
];

/// The kind of the entries that the register keeps apart.
const MOVEMENT: &str = "MovementRecorded";
/// So many numbers are looked through at once for entries of a kind or of an actor.
const SLICE: u64 = 1_000_000;
/// So many slices are looked through for one page.
const SLICES_MAX: u64 = 4;
/// Looks that are shown.
const LOOKS_MAX: usize = 50;

/// The entries about something, oldest first, as far as the register has them.
pub fn about(ask: &Ask, subject: &str, limit: usize) -> Result<Vec<Entry>, Fault> {
    about_from(ask, subject, 0, limit)
}

fn about_from(ask: &Ask, subject: &str, from: u64, limit: usize) -> Result<Vec<Entry>, Fault> {
    let authority = ask.app.authority();
    let rows = authority.register(|register| register.entries_of_subject(subject, from, limit))?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.extend(authority.entry(row.seq)?);
    }
    Ok(entries)
}

/// A kind of entry in words; its own name taken apart where there are none.
pub fn kind_in_words(words: Words, kind: &str) -> String {
    words.find(&act::kind_key(kind), &[]).unwrap_or_else(|| apart(kind))
}

/// A name such as `RoleGranted` as words.
fn apart(kind: &str) -> String {
    let mut out = String::with_capacity(kind.len() + 4);
    for (place, letter) in kind.chars().enumerate() {
        if place > 0 && letter.is_uppercase() {
            out.push(' ');
            out.extend(letter.to_lowercase());
        } else {
            out.push(letter);
        }
    }
    out
}

/// The page of everything about an id.
pub fn subject_href(id: &str) -> String {
    format!("/journal/subject/{}", encoded(id))
}

/// A line of a list of entries.
pub struct Row {
    /// The entry's number.
    pub seq: u64,
    at: String,
    kind: String,
    who: String,
    about: String,
    about_href: String,
}

fn row(ask: &Ask, seq: u64, at: Timestamp, kind: &str, actor: &Actor, about: &str) -> Row {
    let words = ask.words();
    // What was refused or proposed is an act: its words tell more than its name.
    let is_act = matches!(kind, "InstructionRefused" | "DecisionProposed");
    let act = || {
        words
            .find(&act::act_key(about), &[])
            .unwrap_or_else(|| lists::capital(&about.replace('_', " ")))
    };
    Row {
        seq,
        at: ask.time(at),
        kind: kind_in_words(words, kind),
        who: ask.actor_in_words(actor),
        about: if is_act { act() } else { about.to_owned() },
        about_href: subject_href(about),
    }
}

fn row_of(ask: &Ask, entry: &Entry) -> Row {
    let (kind, about) = (entry.event.kind(), entry.event.subject());
    row(ask, entry.seq, entry.recorded_at, kind, &entry.actor, about)
}

/// What is asked of the list.
struct Asked<'a> {
    kind: &'a str,
    actor: &'a str,
    day: Option<Date>,
    from: u64,
    before: u64,
}

impl<'a> Asked<'a> {
    fn of(ask: &'a Ask, size: u64) -> Result<Self, Fault> {
        let day: Option<Date> = ask.query.get("day").parse().ok();
        let (from, until) = match day {
            Some(day) => walk::of_days(ask, day, day)?,
            None => (0, size),
        };
        let before = ask.query.get("before").parse().unwrap_or(until);
        Ok(Self {
            kind: ask.query.get("kind"),
            actor: ask.query.get("actor"),
            day,
            from,
            before: before.clamp(from, until.max(from)),
        })
    }

    /// The rows of one page, and the number before which the next goes on.
    fn rows(&self, ask: &Ask) -> Result<(Vec<Row>, Option<u64>), Fault> {
        if self.kind.is_empty() && self.actor.is_empty() || self.kind == MOVEMENT {
            let by = |entry: &Entry| self.actor.is_empty() || is_by(&entry.actor, self.actor);
            let wanted =
                |entry: &Entry| by(entry) && (self.kind.is_empty() || matches!(entry.event, Event::Movement(_)));
            let walk = walk::backwards(ask, self.from, self.before, lists::ROWS, wanted)?;
            return Ok((walk.found.iter().map(|entry| row_of(ask, entry)).collect(), walk.rest));
        }
        self.of_register(ask)
    }

    fn of_register(&self, ask: &Ask) -> Result<(Vec<Row>, Option<u64>), Fault> {
        let mut rows = Vec::new();
        let mut before = self.before;
        for _ in 0..SLICES_MAX {
            let wanted = Backwards {
                from_seq: self.from.max(before.saturating_sub(SLICE)),
                before_seq: before,
                kind: Some(self.kind).filter(|kind| !kind.is_empty()),
                actor: Some(self.actor).filter(|actor| !actor.is_empty()),
                limit: lists::ROWS - rows.len(),
            };
            let found = ask
                .app
                .authority()
                .register(|register| register.entries_backwards(&wanted))?;
            before = wanted.from_seq;
            for entry in found {
                let at = Timestamp::from_microsecond(entry.recorded_at_us).unwrap_or_default();
                if let Ok(actor) = entry.actor.parse() {
                    rows.push(row(ask, entry.seq, at, &entry.kind, &actor, &entry.subject));
                }
                if rows.len() == lists::ROWS {
                    before = entry.seq;
                }
            }
            if rows.len() == lists::ROWS || before <= self.from {
                break;
            }
        }
        Ok((rows, (before > self.from).then_some(before)))
    }
}

/// Whether somebody is this actor, or this person in whatever capacity.
fn is_by(actor: &Actor, wanted: &str) -> bool {
    actor.as_str() == wanted || actor.person() == wanted
}

#[derive(Template)]
#[template(path = "journal/list.html")]
struct ListPage {
    f: Frame,
    size: String,
    last: u64,
    rows: Vec<Row>,
    kinds: Vec<Choice>,
    actor: String,
    day: String,
    /// What was typed and is no entry, if so.
    wrong: bool,
    day_wrong: bool,
    /// Movements are not found by who recorded them unless they are asked for.
    no_movements: bool,
    movements: String,
    pager: Pager,
}

fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let size = ask.state().size;
    let jump = ask.query.get("entry");
    let number = jump
        .replace([',', ' '], "")
        .parse::<u64>()
        .ok()
        .filter(|seq| *seq < size);
    if let Some(seq) = number {
        return Ok(see(&format!("/journal/{seq}")));
    }
    let about = ask.query.get("subject");
    if !about.is_empty() {
        return Ok(see(&subject_href(about)));
    }
    // An auditor who has just acted elsewhere finds it here.
    ask.app.authority().catch_up().map_err(|error| ask.app.fault(&error))?;
    let asked = Asked::of(ask, size)?;
    let (rows, rest) = asked.rows(ask)?;
    let kinds: BTreeMap<String, &str> = KINDS.iter().map(|kind| (kind_in_words(words, kind), *kind)).collect();
    let kinds = kinds.into_iter().map(|(label, kind)| (kind.to_owned(), label));
    html(&ListPage {
        f: Frame::of(ask, words.t("journal-title")),
        size: words.number(size),
        last: size.saturating_sub(1),
        rows,
        kinds: lists::choices(words.t("lists-all"), kinds, asked.kind),
        actor: asked.actor.to_owned(),
        day: ask.query.get("day").to_owned(),
        wrong: !jump.is_empty(),
        day_wrong: asked.day.is_none() && !ask.query.get("day").is_empty(),
        no_movements: !asked.actor.is_empty() && asked.kind.is_empty(),
        movements: lists::again(ask, &[("kind", MOVEMENT), ("before", "")]),
        pager: Pager::onwards(rest.map(|before| lists::again(ask, &[("before", &before.to_string())]))),
    })
}

/// A look that somebody took.
pub struct Look {
    at: String,
    who: String,
}

/// Who looked at something, the last first.
fn looks(ask: &Ask, subject: &str) -> Result<Vec<Look>, Fault> {
    ask.app.views.write(None);
    let viewed = ask.app.authority().local().viewed(subject, LOOKS_MAX)?;
    let look = |look: Viewed| Look {
        at: ask.time(Timestamp::from_microsecond(look.at_us).unwrap_or_default()),
        who: match look.actor.parse::<Actor>() {
            Ok(actor) => ask.actor_in_words(&actor),
            Err(_) => look.actor,
        },
    };
    Ok(viewed.into_iter().map(look).collect())
}

/// A movement of a site.
struct Moved {
    seq: u64,
    day: String,
    kind: String,
    item: String,
    batch: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "journal/subject.html")]
struct SubjectPage {
    f: Frame,
    is: Vec<String>,
    rows: Vec<Row>,
    looks: Vec<Look>,
    moved: Vec<Moved>,
    pager: Pager,
    movements: Pager,
}

fn subject(ask: &Ask) -> Answered {
    let (words, id) = (ask.words(), ask.param("id").to_owned());
    ask.app.authority().catch_up().map_err(|error| ask.app.fault(&error))?;
    let from = ask.query.get("from").parse().unwrap_or(0);
    let mut entries = about_from(ask, &id, from, lists::ROWS + 1)?;
    let more = (entries.len() > lists::ROWS).then(|| entries.pop()).flatten();
    let rows: Vec<Row> = entries.iter().map(|entry| row_of(ask, entry)).collect();
    let (is, site) = {
        let state = ask.state();
        (
            what_is(words, &state, &id),
            state.holders.site(&id).ok().map(|(no, _)| no),
        )
    };
    let (moved, after) = match site {
        Some(site) => moved(ask, site)?,
        None => (Vec::new(), None),
    };
    let looks = looks(ask, &id)?;
    // What was never recorded, seen or known is nothing.
    if rows.is_empty() && is.is_empty() && looks.is_empty() && from == 0 {
        return Err(Fault::NotFound);
    }
    ask.looked_at(&id);
    html(&SubjectPage {
        f: Frame::of(ask, words.t1("journal-subject-title", "id", &id)),
        is,
        rows,
        looks,
        moved,
        pager: Pager::onwards(more.map(|next| lists::again(ask, &[("from", &next.seq.to_string())]))),
        movements: Pager::onwards(after.map(|after| lists::again(ask, &[("after", &after)]))),
    })
}

/// The next fifty movements of a site, and where they go on.
fn moved(ask: &Ask, site: u32) -> Result<(Vec<Moved>, Option<String>), Fault> {
    let after = ask.query.get("after").split_once('.');
    let span = Span {
        from_day: i32::MIN / 2,
        to_day: i32::MAX / 2,
        after: after.and_then(|(day, seq)| Some((day.parse().ok()?, seq.parse().ok()?))),
        limit: lists::ROWS,
    };
    let found = ask
        .app
        .authority()
        .register(|register| register.movements_of_site(site, &span))?;
    let last = found.last().filter(|_| found.len() == lists::ROWS);
    let on = last.map(|row| format!("{}.{}", row.day, row.seq));
    let state = ask.state();
    Ok((found.iter().map(|row| line(ask, &state, row)).collect(), on))
}

fn line(ask: &Ask, state: &State, row: &MovementRow) -> Moved {
    let words = ask.words();
    let kind = MovementKind::ALL.iter().find(|(kind, _)| kind.number() == row.kind);
    let item = state.items.at(row.item);
    Moved {
        seq: row.seq,
        day: words.day(walk::day_of(row.day)),
        kind: words.value(kind.map_or("", |(_, word)| *word)),
        item: names::item(words, state, item),
        batch: state.ledger.batch_at(row.batch).code.to_string(),
        amount: names::amount(words, item, row.amount),
    }
}

/// What the authority knows under an id now, in words.
fn what_is(words: Words, state: &State, id: &str) -> Vec<String> {
    let mut is = Vec::new();
    let mut say = |key: &str, what: String| is.push(words.t1(&format!("journal-is-{key}"), "what", what));
    if let Some((_, holder)) = state.holders.holder(id) {
        say("holder", holder.entry.name.to_string());
    }
    if let Ok((_, site)) = state.holders.site(id) {
        say("site", names::site(state, site));
    }
    if let Ok((_, item)) = state.items.find(id) {
        say("item", names::item(words, state, item));
    }
    if let Ok((no, _)) = state.substances.find(id) {
        say("substance", names::substance(words, state, no));
    }
    if let Some(inspection) = state.inspections.get(id) {
        say("inspection", names::site(state, state.holders.site_at(inspection.site)));
    }
    if let Some(session) = state.trainings.get(id) {
        say("session", session.entry.title.to_string());
    }
    if let Some(partner) = state.partners.get(id) {
        say("partner", partner.file.name.to_string());
    }
    if state.trade.case(id).is_some() {
        say("case", id.to_owned());
    }
    if let Some(own) = state.trade.own(id) {
        say("authorization", own.authorization.number.to_string());
    }
    is
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn names_of_kinds_are_taken_apart() {
        assert_eq!(apart("RoleGranted"), "Role granted");
        assert_eq!(apart("ImportAuthorizationIssued"), "Import authorization issued");
    }
}
