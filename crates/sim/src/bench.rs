//! The load generator: a country's movements over a year of virtual time, submitted to the same writer as everything
//! else. The same seed gives the same commands.
//!
//! Mix: 42 % dispatch, 40 % receive, 18 % dispense; among them 1 % each of oversize dispatch, repeated id, closed
//! channel, expired licence, quota overrun and short receipt.

use std::collections::{BTreeMap, VecDeque};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use authority::{Authority, AuthorityError, Outcome, Receipt};
use crossbeam_channel::Receiver;
use domain::{Command, Context, Entry, Envelope};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::dice::Dice;

/// How the load is shaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A large country: 60 wholesalers, 4,000 institutions.
    National,
    /// A small one: 4 wholesalers, 60 institutions.
    Small,
    /// The large country in its busiest hours: receipts and returns of a whole month arrive at once.
    MonthEnd,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many commands.
    pub events: u64,
    /// How many commands are submitted at once.
    pub batch: usize,
    /// How the load is shaped.
    pub profile: Profile,
    /// The seed.
    pub seed: u64,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Commands submitted.
    pub events: u64,
    /// Commands at once.
    pub batch: usize,
    /// The storage engine.
    pub storage: String,
    /// From the first submission to the last receipt.
    pub seconds: f64,
    /// Events a second.
    pub rate: f64,
    /// Until the register has everything, too.
    pub drained_seconds: f64,
    /// Events a second until then.
    pub drained_rate: f64,
    /// 4 KiB appends with fdatasync a second, in the same folder, before.
    pub fsync_rate: f64,
    /// Commands done.
    pub accepted: u64,
    /// Commands refused or repeated, by code.
    pub refused: BTreeMap<String, u64>,
    /// The largest resident memory of the process.
    pub rss_peak_mb: u64,
    /// Entries in the journal at the end.
    pub entries: u64,
}

const SUBSTANCES: [(&str, &str); 4] = [
    ("fentanyl", "citrate"),
    ("sufentanil", "citrate"),
    ("remifentanil", "hydrochloride"),
    ("alfentanil", "hydrochloride"),
];
const BATCHES_PER_ITEM: u64 = 12;
const STOCK: i64 = 100_000_000_000;
const START: &str = "2024-01-01T00:00:00Z";

/// A dispatch that waits to be received.
struct OnTheWay {
    seq: u64,
    to: u64,
    item: u64,
    batch: u64,
    amount: i64,
}

/// The load generator's own book: it predicts every entry number, so that receipts need not be waited for.
pub struct Load {
    dice: Dice,
    wholesalers: u64,
    institutions: u64,
    now: Timestamp,
    step: SignedDuration,
    next_seq: u64,
    on_the_way: VecDeque<OnTheWay>,
    held: VecDeque<OnTheWay>,
    last: Option<Envelope>,
}

fn command(verb: &str, with: &serde_json::Value) -> Result<Command, AuthorityError> {
    Command::parse(verb, &with.to_string()).map_err(AuthorityError::Refused)
}

impl Load {
    /// Makes the world of the load in a new authority: holders, licences, items, channel, stock.
    pub fn new(authority: &Authority, options: &Options) -> Result<Self, AuthorityError> {
        let (wholesalers, institutions) = match options.profile {
            Profile::National | Profile::MonthEnd => (60, 4_000),
            Profile::Small => (4, 60),
        };
        let span = match options.profile {
            Profile::MonthEnd => SignedDuration::from_hours(48),
            _ => SignedDuration::from_hours(365 * 24),
        };
        let batches = i64::try_from(options.events / options.batch.max(1) as u64 + 1).unwrap_or(1);
        let step = SignedDuration::from_nanos(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX) / batches);
        let now = authority.state().recorded_at;
        let mut load = Self {
            dice: Dice(options.seed),
            wholesalers,
            institutions,
            now,
            step,
            next_seq: 0,
            on_the_way: VecDeque::new(),
            held: VecDeque::new(),
            last: None,
        };
        load.found(authority)?;
        load.next_seq = authority.state().size;
        Ok(load)
    }

    fn envelope(&mut self, actor: &str, command: Command) -> Result<Envelope, AuthorityError> {
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &self.dice.bytes()).into_uuid();
        let actor = actor.parse().map_err(AuthorityError::Refused)?;
        Ok(Envelope::new(id, actor, command, self.dice.bytes()))
    }

    fn found(&mut self, authority: &Authority) -> Result<(), AuthorityError> {
        let mut orders: Vec<(String, &str, serde_json::Value)> = Vec::new();
        let mut decisions: Vec<(&str, &str, serde_json::Value)> = Vec::new();
        for role in ["licensing_officer:l", "planning_officer:p", "approver:q"] {
            decisions.push(("administrator:a", "grant_role", json!({ "actor": role })));
        }
        self.decide_by_two(authority, &decisions, "administrator:b")?;
        let substances: Vec<&str> = SUBSTANCES.iter().map(|(name, _)| *name).collect();
        let licensing = || "licensing_officer:l".to_owned();
        for (name, form) in SUBSTANCES {
            let bulk = json!({ "id": format!("{name}-bulk"), "substance": name, "form": form });
            orders.push((licensing(), "register_bulk", bulk));
            let preparation = json!({ "id": format!("{name}-amp"), "name": name, "substance": name,
                "strength": "0.1 mg", "strength_as": "base", "dosage_form": "injection", "unit": "ampoule",
                "units_per_pack": 10 });
            orders.push((licensing(), "register_preparation", preparation));
        }
        let sites = (0..self.wholesalers).map(|no| (format!("W{no}"), "regional_wholesaler"));
        let sites = sites.chain((0..self.institutions).map(|no| (format!("I{no}"), "institution")));
        let sites: Vec<(String, &str)> = sites
            .chain([
                ("M".to_owned(), "substance_maker"),
                ("X".to_owned(), "regional_wholesaler"),
            ])
            .collect();
        for (id, kind) in &sites {
            orders.push((licensing(), "register_holder", json!({ "id": id, "name": id })));
            let site = json!({ "id": format!("{id}-S"), "holder": id, "kinds": [kind], "province": "P" });
            orders.push((licensing(), "register_site", site));
            if *kind == "institution" {
                let card = json!({ "id": format!("{id}-C"), "site": format!("{id}-S"), "substances": substances,
                    "valid_from": "2023-01-01", "valid_until": "2030-12-31" });
                orders.push((licensing(), "issue_purchase_card", card));
            }
        }
        self.all(authority, &orders)?;
        let mut decisions: Vec<(&str, &str, serde_json::Value)> = Vec::new();
        for (id, _) in &sites {
            decisions.push(("administrator:a", "grant_role", json!({ "actor": format!("{id}:r") })));
        }
        self.decide_by_two(authority, &decisions, "administrator:b")?;
        let mut decisions: Vec<(&str, &str, serde_json::Value)> = Vec::new();
        let edge =
            json!({ "id": "R-I", "from": "regional_wholesaler", "to": "institution", "effective_from": "2020-01-01" });
        decisions.push(("licensing_officer:l", "open_channel", edge));
        for (id, kind) in sites.iter().filter(|(_, kind)| *kind != "institution") {
            let activity = if *kind == "substance_maker" {
                "manufacture_substance"
            } else {
                "wholesale_regional"
            };
            let until = if id == "X" { "2023-12-31" } else { "2030-12-31" };
            let licence = json!({ "id": format!("{id}-L"), "holder": id, "activity": activity,
                "substances": substances, "sites": [format!("{id}-S")], "valid_from": "2023-01-01", "valid_until": until });
            decisions.push(("licensing_officer:l", "grant_licence", licence));
        }
        self.decide_by_two(authority, &decisions, "approver:q")?;
        let mut orders = Vec::new();
        for (id, _) in sites.iter().filter(|(_, kind)| *kind == "regional_wholesaler") {
            for ((name, _), batch) in SUBSTANCES
                .iter()
                .flat_map(|item| (0..BATCHES_PER_ITEM).map(move |no| (item, no)))
            {
                let opening = json!({ "site": format!("{id}-S"), "item": format!("{name}-amp"),
                    "batch": format!("B{batch}"), "amount": STOCK, "occurred_on": "2024-01-01", "mode": "report" });
                orders.push((format!("{id}:r"), "opening", opening));
            }
        }
        self.all(authority, &orders)
    }

    fn all(
        &mut self,
        authority: &Authority,
        orders: &[(String, &str, serde_json::Value)],
    ) -> Result<(), AuthorityError> {
        for chunk in orders.chunks(1000) {
            let mut commands = Vec::with_capacity(chunk.len());
            for (actor, verb, with) in chunk {
                let command = command(verb, with)?;
                commands.push(self.envelope(actor, command)?);
            }
            done(&authority.submit(self.now, commands)?)?;
        }
        Ok(())
    }

    fn decide_by_two(
        &mut self,
        authority: &Authority,
        decisions: &[(&str, &str, serde_json::Value)],
        second: &str,
    ) -> Result<(), AuthorityError> {
        let orders: Vec<(String, &str, serde_json::Value)> = decisions
            .iter()
            .map(|(actor, verb, with)| ((*actor).to_owned(), *verb, with.clone()))
            .collect();
        let from = authority.state().size;
        self.all(authority, &orders)?;
        let orders: Vec<(String, &str, serde_json::Value)> = (from..authority.state().size)
            .map(|of| (second.to_owned(), "approve", json!({ "of": of })))
            .collect();
        self.all(authority, &orders)
    }

    /// Goods of the month's batch, or in one of five cases of the month's before: old batches run out.
    fn batch_in_trade(&mut self) -> u64 {
        let month = u64::try_from(jiff::tz::TimeZone::UTC.to_datetime(self.now).month()).unwrap_or(1);
        let older = u64::from(self.dice.below(5) == 0);
        (month + BATCHES_PER_ITEM - 1 - older) % BATCHES_PER_ITEM
    }

    /// Makes the next batch of commands.
    fn batch(&mut self, size: usize) -> Result<Vec<Envelope>, AuthorityError> {
        self.now = self.now.checked_add(self.step).unwrap_or(self.now);
        let today = jiff::tz::TimeZone::UTC.to_datetime(self.now).date();
        let mut commands = Vec::with_capacity(size);
        for _ in 0..size {
            let envelope = match self.dice.below(100) {
                0 => self.dispatch(today, Some(Wrong::Oversize))?,
                1 => self.repeat(today)?,
                2 => self.dispatch(today, Some(Wrong::ClosedChannel))?,
                3 => self.dispatch(today, Some(Wrong::ExpiredLicence))?,
                4 => self.overrun(today)?,
                5..=42 => self.dispatch(today, None)?,
                43..=82 => self.receive(today)?,
                _ => self.dispense(today)?,
            };
            commands.push(envelope);
        }
        Ok(commands)
    }

    /// Sends the very same command again: it gets the first receipt and no entry.
    fn repeat(&mut self, today: jiff::civil::Date) -> Result<Envelope, AuthorityError> {
        match self.last.clone() {
            Some(envelope) => Ok(envelope),
            None => self.dispatch(today, None),
        }
    }

    fn site(no: u64, kind: char) -> domain::id::Id {
        let text = format!("{kind}{no}-S");
        text.parse().unwrap_or_else(|_| unreachable!("{text} is an id"))
    }

    fn dispatch(&mut self, today: jiff::civil::Date, wrong: Option<Wrong>) -> Result<Envelope, AuthorityError> {
        let from = self.dice.below(self.wholesalers);
        let to = self.dice.below(self.institutions);
        let (item, batch) = (self.dice.below(4), self.batch_in_trade());
        let amount = i64::try_from(1 + self.dice.below(50)).unwrap_or(1) * 10;
        let (from_id, actor) = match wrong {
            Some(Wrong::ExpiredLicence) => (parse("X-S"), "X:r".to_owned()),
            _ => (Self::site(from, 'W'), format!("W{from}:r")),
        };
        let to_id = match wrong {
            Some(Wrong::ClosedChannel) => Self::site((from + 1) % self.wholesalers, 'W'),
            _ => Self::site(to, 'I'),
        };
        let asked = if wrong == Some(Wrong::Oversize) {
            STOCK * 10
        } else {
            amount
        };
        let act = domain::ledger::Dispatch {
            site: from_id,
            to: Some(to_id),
            partner: None,
            destination: None,
            permit: None,
            item: item_id(item),
            batch: batch_id(batch),
            amount: asked.into(),
            transport_certificate: None,
            carrier: None,
            emergency: false,
            order: None,
            occurred_on: today,
            mode: domain::ledger::Mode::Instruct,
        };
        let envelope = self.envelope(&actor, Command::Dispatch(Box::new(act)))?;
        if wrong.is_none() {
            self.on_the_way.push_back(OnTheWay {
                seq: self.next_seq,
                to,
                item,
                batch,
                amount,
            });
            self.last = Some(envelope.clone());
        }
        self.next_seq += 1;
        Ok(envelope)
    }

    fn receive(&mut self, today: jiff::civil::Date) -> Result<Envelope, AuthorityError> {
        let Some(mut goods) = self.on_the_way.pop_front() else {
            return self.dispatch(today, None);
        };
        let amount = if self.dice.below(40) == 0 {
            goods.amount - 1
        } else {
            goods.amount
        };
        let act = domain::ledger::Receive {
            site: Self::site(goods.to, 'I'),
            dispatch: goods.seq,
            amount,
            more_to_come: false,
            occurred_on: today,
            mode: domain::ledger::Mode::Instruct,
        };
        let envelope = self.envelope(&format!("I{}:r", goods.to), Command::Receive(Box::new(act)))?;
        self.next_seq += 1;
        goods.amount = amount;
        self.held.push_back(goods);
        Ok(envelope)
    }

    fn dispense(&mut self, today: jiff::civil::Date) -> Result<Envelope, AuthorityError> {
        let Some(goods) = self.held.pop_front() else {
            return self.receive(today);
        };
        let act = domain::ledger::Dispense {
            site: Self::site(goods.to, 'I'),
            item: item_id(goods.item),
            batch: batch_id(goods.batch),
            amount: goods.amount.into(),
            occurred_on: today,
            mode: domain::ledger::Mode::Instruct,
        };
        self.next_seq += 1;
        self.envelope(&format!("I{}:r", goods.to), Command::Dispense(Box::new(act)))
    }

    /// A maker without quota tries to make more.
    fn overrun(&mut self, today: jiff::civil::Date) -> Result<Envelope, AuthorityError> {
        let act = domain::ledger::Manufacture {
            site: parse("M-S"),
            item: parse("fentanyl-bulk"),
            batch: parse("N1"),
            amount: 1_000_000.into(),
            expires_on: None,
            occurred_on: today,
            mode: domain::ledger::Mode::Instruct,
        };
        self.next_seq += 1;
        self.envelope("M:r", Command::Manufacture(Box::new(act)))
    }
}

/// What is wrong with a dispatch, on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Oversize,
    ClosedChannel,
    ExpiredLicence,
}

fn parse(text: &str) -> domain::id::Id {
    text.parse().unwrap_or_else(|_| unreachable!("{text} is an id"))
}

fn item_id(no: u64) -> domain::id::Id {
    let (name, _) = SUBSTANCES[usize::try_from(no).unwrap_or(0) % SUBSTANCES.len()];
    parse(&format!("{name}-amp"))
}

fn batch_id(no: u64) -> domain::id::Id {
    parse(&format!("B{no}"))
}

fn done(receipts: &[Receipt]) -> Result<(), AuthorityError> {
    match receipts.iter().find_map(|receipt| receipt.outcome.code()) {
        Some(code) => Err(AuthorityError::Refused(format!(
            "the load's own world was refused: {code}"
        ))),
        None => Ok(()),
    }
}

/// When the load's authority is founded.
pub fn start() -> Timestamp {
    START.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Batches under way at once: enough that both stages of the writer always have work.
const UNDER_WAY: usize = 4;

/// Runs the load. Every receipt is checked against the generator's own book.
pub fn run(authority: &Authority, options: &Options, probe: Option<&Path>) -> Result<Measured, AuthorityError> {
    let storage = if authority.place().folder().is_some() {
        "sqlite"
    } else {
        "memory"
    };
    let mut load = Load::new(authority, options)?;
    authority.drain()?;
    let fsync_rate = probe.map_or(Ok(0.0), fsync_probe)?;
    let (mut accepted, mut refused) = (0, BTreeMap::new());
    let mut waiting: VecDeque<Receiver<Result<Vec<Receipt>, AuthorityError>>> = VecDeque::new();
    let started = Instant::now();
    let mut left = options.events;
    while left > 0 || !waiting.is_empty() {
        if left > 0 && waiting.len() < UNDER_WAY {
            let size = options.batch.min(usize::try_from(left).unwrap_or(usize::MAX));
            left -= size as u64;
            let commands = load.batch(size)?;
            waiting.push_back(authority.send(load.now, commands)?);
            continue;
        }
        let Some(answer) = waiting.pop_front() else { break };
        let receipts = answer
            .recv()
            .map_err(|_| AuthorityError::Stopped("the writer has ended".to_owned()))??;
        for receipt in receipts {
            match (&receipt.outcome, receipt.repeat) {
                (_, true) => *refused.entry("duplicate".to_owned()).or_default() += 1,
                (Outcome::Done { .. }, false) => accepted += 1,
                (Outcome::Refused { code, .. }, false) => *refused.entry(code.clone()).or_default() += 1,
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    authority.drain()?;
    let drained_seconds = started.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)] // fewer than 2^52 events
    let rate = |seconds: f64| (options.events as f64 / seconds).round();
    Ok(Measured {
        events: options.events,
        batch: options.batch,
        storage: storage.to_owned(),
        seconds,
        rate: rate(seconds),
        drained_seconds,
        drained_rate: rate(drained_seconds),
        fsync_rate,
        accepted,
        refused,
        rss_peak_mb: rss_peak_mb(),
        entries: authority.state().size,
    })
}

/// Runs the load through `decide` and `apply` alone, on one thread: no storage, no hashing, no encoding. Commands are
/// made outside the measured time. Gives events a second.
pub fn state_machine(authority: &Authority, options: &Options) -> Result<f64, AuthorityError> {
    let mut load = Load::new(authority, options)?;
    let mut state = authority.state().clone();
    let broken = |error: domain::Broken| AuthorityError::Broken(error.to_string());
    let mut measured = std::time::Duration::ZERO;
    let mut left = options.events;
    while left > 0 {
        let size = options.batch.min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= size as u64;
        let commands = load.batch(size)?;
        let (now, today) = (load.now, jiff::tz::TimeZone::UTC.to_datetime(load.now).date());
        let started = Instant::now();
        for Envelope {
            id: command_id,
            actor,
            command,
            hash: command_hash,
            ..
        } in commands
        {
            if state.seen.get(&command_id, &command_hash).is_some() {
                continue;
            }
            let context = Context {
                now,
                today,
                cited: None,
            };
            let events = match domain::decide(Some(&state), &actor, &command, context) {
                Ok(events) => events,
                Err(refusal) => domain::refused(&command, &refusal).into_iter().collect(),
            };
            for event in events {
                let (seq, actor, salt) = (state.size, actor.clone(), [0; 16]);
                let entry = Entry {
                    seq,
                    recorded_at: now,
                    recorded_on: today,
                    actor,
                    command_id,
                    command_hash,
                    salt,
                    event,
                };
                state.apply(&entry).map_err(broken)?;
            }
        }
        measured += started.elapsed();
    }
    #[allow(clippy::cast_precision_loss)] // a rate is for reading
    Ok((options.events as f64 / measured.as_secs_f64()).round())
}

/// 500 appends of 4 KiB, each made durable: how fast this disk is just now.
pub fn fsync_probe(folder: &Path) -> Result<f64, AuthorityError> {
    let path = folder.join("probe.tmp");
    let failed = |error: std::io::Error| AuthorityError::Folder(path.clone(), error.to_string());
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    let block = [7; 4096];
    let started = Instant::now();
    for _ in 0..500 {
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(&block).map_err(failed)?;
        file.sync_data().map_err(failed)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    std::fs::remove_file(&path).map_err(failed)?;
    Ok((500.0 / seconds).round())
}

/// The largest resident memory of this process, as Linux tells it; 0 where it does not.
fn rss_peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak
        .and_then(|peak| peak.trim().strip_suffix("kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// A command id at a virtual time, for one who submits single commands.
pub fn id_at(at: Timestamp, random: &[u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(at.as_millisecond()).unwrap_or_default(), random)
        .into_uuid()
}
