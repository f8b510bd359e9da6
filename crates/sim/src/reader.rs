//! Reads scenario files: joins them, fixes every time, and finds every mistake that can be found before playing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use domain::access::Actor;
use domain::command::By;
use domain::country::Country;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use toml::Spanned;

use crate::check;
use crate::error::{ScenarioError, Spot};
use crate::figures;
use crate::form::{AuthorityEntry, Expect, File, Person, Step};
use crate::rows::{self, Row};
use crate::story::{Act, Founded, Way, What};
use crate::verb;

/// How deep files may include files.
const INCLUDE_DEPTH_MAX: usize = 8;
/// The most authorities of one story.
const AUTHORITIES_MAX: usize = 64;
/// The most steps and lines of rows in one story.
const ACTS_MAX: usize = 5_000_000;

pub(crate) struct Reader<'a> {
    files: &'a dyn Fn(&str) -> Option<Cow<'static, [u8]>>,
    clock: Option<Timestamp>,
    pub persons: Vec<Person>,
    pub authorities: Vec<Founded>,
    pub acts: Vec<Act>,
    ids: BTreeSet<String>,
    /// Authorities that are stopped where the story stands.
    stopped: BTreeSet<usize>,
    steps: u32,
    /// The note of the step that is read; its first line tells it.
    note: Option<Rc<str>>,
}

/// A file while it is read.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn spot<T>(&self, of: &Spanned<T>) -> Spot {
        Spot::at(self.name, self.text, of.span().start)
    }
}

impl<'a> Reader<'a> {
    pub fn new(files: &'a dyn Fn(&str) -> Option<Cow<'static, [u8]>>) -> Self {
        Self {
            files,
            clock: None,
            persons: Vec::new(),
            authorities: Vec::new(),
            acts: Vec::new(),
            ids: BTreeSet::new(),
            stopped: BTreeSet::new(),
            steps: 0,
            note: None,
        }
    }

    fn text(&self, asked_at: &Spot, name: &str) -> Result<String, ScenarioError> {
        let bytes = (self.files)(name).ok_or_else(|| asked_at.error(format!("{name} cannot be read: is it there?")))?;
        String::from_utf8(bytes.into_owned()).map_err(|_| Spot::file(name).error("the file is not UTF-8: save it so"))
    }

    /// Reads a file, and what it includes before it. Gives its title and its articles of law.
    pub fn file(&mut self, asked_at: &Spot, name: &str, depth: usize) -> Result<(String, Vec<String>), ScenarioError> {
        if depth > INCLUDE_DEPTH_MAX {
            return Err(asked_at.error("files include each other in a circle, or too deep: flatten them"));
        }
        let text = self.text(asked_at, name)?;
        let parsed: Result<File, _> = toml::from_str(&text);
        let file = parsed.map_err(|why| {
            let at = why.span().map_or(0, |span| span.start);
            Spot::at(name, &text, at).error(why.message())
        })?;
        let source = Source { name, text: &text };
        if let Some(include) = &file.include {
            self.file(&source.spot(include), &join(name, include.get_ref()), depth + 1)?;
        }
        match &file.start {
            Some(start) => self.set_clock(start.get_ref(), &source.spot(start))?,
            None if self.clock.is_none() => {
                return Err(Spot::file(name).error("the story has no start: add start = \"2024-01-01T08:00:00Z\""));
            }
            None => {}
        }
        for entry in &file.authority {
            let spot = source.spot(entry);
            let founded = self
                .authority(entry.get_ref(), &spot)
                .map_err(|says| spot.error(says))?;
            self.authorities.push(founded);
        }
        self.persons.extend(file.person);
        for step in file.step {
            let spot = source.spot(&step);
            self.step(&source, &spot, step.into_inner())?;
        }
        Ok((file.title, file.law))
    }

    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_default()
    }

    fn set_clock(&mut self, at: &toml::Value, spot: &Spot) -> Result<(), ScenarioError> {
        let at = moment(at).map_err(|says| spot.error(says))?;
        self.advance(at, spot)
    }

    fn advance(&mut self, at: Timestamp, spot: &Spot) -> Result<(), ScenarioError> {
        if at < Timestamp::UNIX_EPOCH {
            return Err(spot.error(format!("{at} lies before 1970: a story begins later")));
        }
        if let Some(clock) = self.clock.filter(|clock| at < *clock) {
            return Err(spot.error(format!(
                "time runs backwards: {at} lies before {clock}, where the story stands; give a later time or move the step up"
            )));
        }
        self.clock = Some(at);
        Ok(())
    }

    /// Everybody named as a partner is an authority of the story.
    pub fn partners_known(&self) -> Result<(), ScenarioError> {
        for founded in &self.authorities {
            let known = |id: &&String| {
                self.authorities
                    .iter()
                    .any(|other| other.id == **id && **id != founded.id)
            };
            if let Some(unknown) = founded.partners.iter().flatten().find(|id| !known(id)) {
                let says = format!("partners names {unknown:?}, which is no other authority of the story");
                return Err(founded.spot.error(says));
            }
        }
        Ok(())
    }

    fn authority(&self, entry: &AuthorityEntry, spot: &Spot) -> Result<Founded, String> {
        if self.authorities.len() >= AUTHORITIES_MAX {
            return Err(format!("a story has at most {AUTHORITIES_MAX} authorities"));
        }
        if self.authorities.iter().any(|known| known.id == entry.id) {
            return Err(format!("authority {} is there already: give each its own id", entry.id));
        }
        let country = Country::parse(entry.country.as_deref().unwrap_or(&entry.id)).map_err(|why| why.to_string())?;
        let zone_name = entry.zone.as_deref().unwrap_or_else(|| country.zone());
        let zone = TimeZone::get(zone_name).map_err(|why| format!("zone {zone_name:?} is not known: {why}"))?;
        let books_from = match &entry.books_from {
            Some(day) => day_of(day)?,
            None => zone.to_datetime(self.now()).date(),
        };
        Ok(Founded {
            id: entry.id.clone(),
            name: entry.name.clone(),
            country,
            province: entry.province.clone(),
            zone,
            zone_name: zone_name.to_owned(),
            books_from,
            at: self.now(),
            policies: policies(entry),
            partners: entry.partners.clone(),
            spot: spot.clone(),
        })
    }

    fn step(&mut self, source: &Source<'_>, spot: &Spot, mut step: Step) -> Result<(), ScenarioError> {
        self.steps += 1;
        self.note = step.note.as_deref().map(Rc::from);
        match &step.at {
            Some(at) => self.set_clock(at.get_ref(), &source.spot(at))?,
            None => self.advance(self.now() + SignedDuration::from_secs(1), spot)?,
        }
        let looks = check::looks(&mut step).map_err(|says| spot.error(says))?;
        let verb = step.verb.as_ref().map(|verb| verb.get_ref().as_str());
        if !looks.is_empty() && verb != Some("check") {
            return Err(spot.error("figures are looked at by do = \"check\": put them in a step of their own"));
        }
        let authority = self.in_authority(source, spot, &step)?;
        match (verb, &step.again) {
            (None, Some(again)) => self.again(&source.spot(again), authority, &step, again.get_ref()),
            (Some(_), Some(again)) => Err(source
                .spot(again)
                .error("a step with again sends a command a second time: leave do out")),
            (None, None) => Err(spot.error("the step does nothing: add do = \"…\" or again = \"ID\"")),
            (Some("check"), None) if looks.is_empty() => {
                Err(spot.error("the check looks at nothing: add balance, statement, fsck or another figure"))
            }
            (Some("check"), None) => self.own(spot, authority, What::Check(looks), &step),
            (Some("restart"), None) => self.own(spot, authority, What::Restart, &step),
            (Some("drop"), None) => self.own(spot, authority, What::Drop, &step),
            (Some("stop"), None) => {
                self.own(spot, authority, What::Stop, &step)?;
                self.stopped.extend(authority);
                Ok(())
            }
            (Some("start"), None) => self.start(spot, authority, &step),
            (Some("deliver"), None) => self.deliver(spot, &step),
            (Some("wait"), None) => self.wait(spot, &step),
            (Some(verb), None) => {
                let verb = verb.to_owned();
                self.commands(source, spot, authority, &verb, &step)
            }
        }
    }

    /// The authority a step is in: named, or the only one.
    fn in_authority(&self, source: &Source<'_>, spot: &Spot, step: &Step) -> Result<Option<usize>, ScenarioError> {
        match &step.authority {
            Some(named) => {
                let place = self.authorities.iter().position(|known| known.id == *named.get_ref());
                let unknown = || {
                    let says = format!(
                        "no authority {:?} is there: add [[authority]] with that id",
                        named.get_ref()
                    );
                    source.spot(named).error(says)
                };
                place.map(Some).ok_or_else(unknown)
            }
            None if self.authorities.len() == 1 => Ok(Some(0)),
            None if matches!(
                step.verb.as_ref().map(|verb| verb.get_ref().as_str()),
                Some("wait" | "deliver")
            ) =>
            {
                Ok(None)
            }
            None => Err(spot.error("the story has several authorities, or none yet: say which with in = \"ID\"")),
        }
    }

    /// A verb of the runner's own: it has neither an actor nor fields.
    fn own(&mut self, spot: &Spot, authority: Option<usize>, what: What, step: &Step) -> Result<(), ScenarioError> {
        let has_fields = !matches!(what, What::Wait | What::Deliver(_)) && !step.with.is_empty();
        if step.actor.is_some() || step.expect.is_some() || step.id.is_some() || step.rows.is_some() || has_fields {
            return Err(spot.error("nobody acts in this step: leave as, id, with, expect and rows out"));
        }
        self.push(spot, (self.steps, 0), authority, None, what)
    }

    /// Starts an authority that is stopped.
    fn start(&mut self, spot: &Spot, authority: Option<usize>, step: &Step) -> Result<(), ScenarioError> {
        if !authority.is_some_and(|authority| self.stopped.remove(&authority)) {
            return Err(spot.error("it is not stopped: leave the step out, or stop it before"));
        }
        self.own(spot, authority, What::Start, step)
    }

    fn deliver(&mut self, spot: &Spot, step: &Step) -> Result<(), ScenarioError> {
        let mut way = Way::default();
        for (name, value) in &step.with {
            match (name.as_str(), value) {
                ("twice", toml::Value::Boolean(twice)) => way.twice = *twice,
                ("by", toml::Value::String(by)) if by == "file" => way.by_file = true,
                _ => {
                    let says = "deliver takes nothing, or with = { twice = true }, { by = \"file\" } or both";
                    return Err(spot.error(says));
                }
            }
        }
        if step.authority.is_some() {
            return Err(spot.error("messages flow between all authorities: leave in out"));
        }
        self.own(spot, None, What::Deliver(way), step)
    }

    fn wait(&mut self, spot: &Spot, step: &Step) -> Result<(), ScenarioError> {
        let both = "wait takes with = { until = \"2024-03-01T08:00:00Z\" } or with = { days = 3 }";
        let until = match (step.with.get("until"), step.with.get("days"), step.with.len()) {
            (Some(until), None, 1) => moment(until).map_err(|says| spot.error(says))?,
            (None, Some(toml::Value::Integer(days)), 1) if (0..=36_600).contains(days) => {
                self.now() + SignedDuration::from_hours(days * 24)
            }
            _ => return Err(spot.error(both)),
        };
        self.advance(until, spot)?;
        self.own(spot, None, What::Wait, step)
    }

    fn again(&mut self, spot: &Spot, authority: Option<usize>, step: &Step, of: &str) -> Result<(), ScenarioError> {
        if !self.ids.contains(of) {
            return Err(unknown_id(spot, "again", of));
        }
        if step.actor.is_some() || step.id.is_some() || !step.with.is_empty() || step.expect.is_some() {
            return Err(spot.error("the command goes as it went the first time: leave as, id, with and expect out"));
        }
        self.push(
            spot,
            (self.steps, 0),
            authority,
            None,
            What::Again { of: of.to_owned() },
        )
    }

    /// The command of a step, or one for each line of its rows.
    fn commands(
        &mut self,
        source: &Source<'_>,
        spot: &Spot,
        authority: Option<usize>,
        verb: &str,
        step: &Step,
    ) -> Result<(), ScenarioError> {
        let at = || {
            step.verb
                .as_ref()
                .map_or_else(|| spot.clone(), |verb| source.spot(verb))
        };
        match domain::command::COMMANDS.iter().find(|(known, ..)| *known == verb) {
            None => return Err(at().error(format!("{verb:?} is no command: docs/commands.md lists them all"))),
            // What somebody abroad answers on a page no message brings.
            Some(("answer_invitation", By::Node, _)) => {}
            Some((_, By::Node, _)) => return Err(at().error(format!("{verb} is done by do = \"deliver\" alone"))),
            Some(_) => {}
        }
        let defaults = figures::object(&step.with).map_err(|says| spot.error(says))?;
        let own_row = Row {
            spot: spot.clone(),
            at: None,
            actor: step.actor.as_ref().map(|actor| actor.get_ref().clone()),
            id: step.id.as_ref().map(|id| id.get_ref().clone()),
            expect: step.expect.clone(),
            with: Map::new(),
        };
        let Some(file) = &step.rows else {
            return self.command((self.steps, 0), authority, verb, &defaults, own_row);
        };
        let name = join(source.name, file.get_ref());
        let text = self.text(&source.spot(file), &name)?;
        let rows = rows::read(&name, &text)?;
        if own_row.actor.is_none() && !rows.columns.contains("as") {
            let says = "the file has no column as, and its step names no actor: add one or the other";
            return Err(ScenarioError {
                line: 1,
                ..Spot::file(&name).error(says)
            });
        }
        for (place, mut row) in (1..).zip(rows.rows) {
            if let Some(at) = &row.at {
                let at: Timestamp = at.parse().map_err(|_| row.spot.error(not_a_moment(at)))?;
                self.advance(at, &row.spot)?;
            }
            row.actor = row.actor.or_else(|| own_row.actor.clone());
            row.id = row.id.or_else(|| own_row.id.clone());
            row.expect = row.expect.or_else(|| own_row.expect.clone());
            self.command((self.steps, place), authority, verb, &defaults, row)?;
        }
        Ok(())
    }

    fn command(
        &mut self,
        place: (u32, u32),
        authority: Option<usize>,
        verb: &str,
        defaults: &Map<String, Value>,
        row: Row,
    ) -> Result<(), ScenarioError> {
        let spot = row.spot;
        let actor = row
            .actor
            .ok_or_else(|| spot.error("nobody acts: add as = \"role:person\""))?;
        let (granted, word) = match actor.strip_prefix('!') {
            Some(word) => (false, word),
            None => (true, actor.as_str()),
        };
        let actor: Actor = word.parse().map_err(|why: String| spot.error(why))?;
        let mut with = defaults.clone();
        with.extend(row.with);
        if let Some(id) = &row.id {
            if !self.ids.insert(id.clone()) {
                return Err(spot.error(format!(
                    "{id:?} names an earlier step already: give this one its own id"
                )));
            }
            if verb::WITH_ID.contains(&verb) && !with.contains_key("id") {
                with.insert("id".to_owned(), id.as_str().into());
            }
        }
        if let Some(field) = verb::reference_of(verb)
            && let Some(Value::String(of)) = with.get(field)
            && !self.ids.contains(of)
        {
            return Err(unknown_id(&spot, field, of));
        }
        let founded = authority.and_then(|place| self.authorities.get(place));
        if verb::WITH_DAY.contains(&verb)
            && !with.contains_key("occurred_on")
            && let Some(founded) = founded
        {
            let today = founded.zone.to_datetime(self.now()).date();
            with.insert("occurred_on".to_owned(), today.to_string().into());
        }
        let what = What::Command {
            actor,
            granted,
            verb: verb.to_owned(),
            with,
            expect: row.expect.unwrap_or(Expect::Ok),
        };
        self.push(&spot, place, authority, row.id, what)
    }

    fn push(
        &mut self,
        spot: &Spot,
        (n, row): (u32, u32),
        authority: Option<usize>,
        id: Option<String>,
        what: What,
    ) -> Result<(), ScenarioError> {
        if let Some(stopped) = authority.filter(|authority| self.stopped.contains(authority)) {
            let id = self.authorities.get(stopped).map_or("", |founded| &founded.id);
            return Err(spot.error(format!("{id} is stopped: start it before, with do = \"start\"")));
        }
        if self.acts.len() >= ACTS_MAX {
            return Err(spot.error(format!("a story has at most {ACTS_MAX} steps and lines of rows")));
        }
        self.acts.push(Act {
            n,
            row,
            spot: spot.clone(),
            at: self.now(),
            authority,
            id,
            note: self.note.take(),
            what,
        });
        Ok(())
    }
}

/// The switches that an entry sets, as fields of `set_policy`.
fn policies(entry: &AuthorityEntry) -> Vec<Value> {
    let switches = [
        ("two_person_receipt", entry.two_person_receipt.map(Value::from)),
        (
            "process_loss_tolerance_ppm",
            entry.process_loss_tolerance_ppm.map(Value::from),
        ),
        ("hospital_return", entry.hospital_return.as_deref().map(Value::from)),
        ("confirmation", entry.confirmation.as_deref().map(Value::from)),
        (
            "two_person_confirmation",
            entry.two_person_confirmation.map(Value::from),
        ),
        ("export_permit_days_max", entry.export_permit_days_max.map(Value::from)),
        ("totals_stale_days", entry.totals_stale_days.map(Value::from)),
        ("shipment_tolerance_ppm", entry.shipment_tolerance_ppm.map(Value::from)),
    ];
    let set = |(policy, value): (&str, Option<Value>)| {
        value.map(|value| serde_json::json!({ "policy": policy, "value": value }))
    };
    switches.into_iter().filter_map(set).collect()
}

fn unknown_id(spot: &Spot, field: &str, id: &str) -> ScenarioError {
    spot.error(format!(
        "{field} names {id:?}, but no earlier step has that id: give it with id = {id:?}"
    ))
}

fn not_a_moment(text: &str) -> String {
    format!("{text:?} is no moment: write it in UTC, such as \"2024-03-01T09:00:00Z\"")
}

/// A moment, as text or as TOML writes it.
fn moment(value: &toml::Value) -> Result<Timestamp, String> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse().map_err(|_| not_a_moment(&text))
}

/// A civil day, as text or as TOML writes it.
fn day_of(value: &toml::Value) -> Result<Date, String> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse()
        .map_err(|_| format!("{text:?} is no day: write it as 2024-03-01"))
}

/// The name of a file that another one names.
fn join(from: &str, name: &str) -> String {
    if name.starts_with('/') {
        return name.to_owned();
    }
    let absolute = from.starts_with('/');
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}
