//! A small authority in memory. Commands take the path of production: `Envelope::parse`, `decide`, bytes, `apply`.

use std::collections::BTreeMap;

use domain::command::COMMANDS;
use domain::journal::salt;
use domain::refusal::Refusal;
use domain::{Context, Entry, Envelope, Event, State, cites, decide, refused};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::text::{Fields, Line, lines};

/// The day on which the fixed world stands.
pub const TODAY: Date = date(2026, 6, 15);

/// Commands that tell what happened on a day; where none is given, it is five days before the fixed world's day.
pub const ACTS: [&str; 19] = [
    "opening",
    "manufacture",
    "feed_lot",
    "yield_lot",
    "close_lot",
    "transform",
    "use_in_manufacture",
    "dispatch",
    "receive",
    "cancel_dispatch",
    "reclassify",
    "import",
    "export",
    "dispense",
    "destroy",
    "lose",
    "lose_in_transit",
    "find",
    "count",
];

/// An authority with its journal and its clock.
#[derive(Clone)]
pub struct World {
    state: Option<State>,
    pub journal: Vec<Entry>,
    pub today: Date,
    /// Entries that a table has named, such as `@D1`.
    pub names: BTreeMap<String, u64>,
    commands: u64,
}

/// What came of a command.
#[derive(Debug)]
pub enum Outcome {
    Done { first: u64, events: Vec<Event> },
    Refused(Box<Refusal>),
    Unreadable(String),
}

/// Somebody who acts.
pub struct User<'w> {
    world: &'w mut World,
    actor: &'w str,
}

/// Declares a method of [`User`] per command, so that tests read as sentences.
macro_rules! verbs {
    ($($verb:ident)*) => {
        #[allow(dead_code)] // the list is whole, whichever of them the tests use
        impl User<'_> {
            $(pub fn $verb(&mut self, fields: &str) -> Outcome { self.give(stringify!($verb), fields) })*
        }

        #[test]
        fn the_handles_offer_every_command() {
            let offered: Vec<&str> = vec![$(stringify!($verb)),*];
            let listed: Vec<&str> = COMMANDS.iter().map(|(verb, ..)| *verb).collect();
            assert_eq!(offered, listed);
        }
    };
}

verbs! {
    found set_policy grant_role revoke_role allow_enrolment approve reject register_substance change_schedule
    register_bulk register_preparation register_holder register_site close_site set_stock_ceiling grant_licence suspend_licence
    resume_licence revoke_licence issue_purchase_card file_demand set_estimate set_plan grant_quota close_year
    open_channel close_channel approve_channel give_notice place_order withdraw_order decline_order opening manufacture feed_lot yield_lot close_lot transform
    use_in_manufacture dispatch receive cancel_dispatch reclassify import export dispense destroy lose lose_in_transit
    find count accept_count reverse place_hold lift_hold plan_inspection record_visit record_finding hold_session
    record_attendance pair_partner install_key_file distrust_key record_totals record_stop_notice lift_stop_notice recognise_agency apply_emergency_export end_re_export apply_import issue_import_authorization
    amend_import_authorization cancel_import_authorization apply_export request_confirmation confirm refuse_confirmation ask_question answer_question withdraw_export issue_export_permit
    duplicate_export_permit amend_export_permit review_after_change revoke_export_permit
    endorse_departure release_consignment order_back endorse_return record_diversion
    record_overflight open_passage detain_passage release_passage permit_repacking record_repacking divert_passage end_passage close_passage
    endorse_arrival list_authority register_paper_authorization invite_confirmation answer_invitation record_document transcribe_confirmation
    record_call_back admit_confirmation record_arrival resolve_discrepancy propose_trade_statement
    sign_trade_statement dispute_trade_statement share_site withdraw_site resolve_difference pass_day sign_message receive_message record_receipt requeue_messages recover_message raise_alarm
}

impl User<'_> {
    /// Gives any command; its fields are written as `site=NAT-1 amount=5`.
    pub fn give(&mut self, verb: &str, fields: &str) -> Outcome {
        let fields = Fields::parse(fields, &self.world.names);
        self.world.submit(self.actor, verb, fields)
    }
}

impl World {
    /// Before the founding.
    pub fn empty() -> Self {
        let (journal, names) = (Vec::new(), BTreeMap::new());
        Self {
            state: None,
            journal,
            today: TODAY,
            names,
            commands: 0,
        }
    }

    /// The fixed world of `tests/ledger/world.txt`.
    pub fn fixed() -> Self {
        use std::sync::LazyLock;
        static FIXED: LazyLock<World> = LazyLock::new(|| {
            let mut world = World::empty();
            for line in lines(include_str!("../ledger/world.txt")) {
                world.follow("world.txt", &line);
            }
            world
        });
        FIXED.clone()
    }

    pub fn state(&self) -> &State {
        self.state.as_ref().expect("the authority is founded")
    }

    /// The same world after a restart from a snapshot.
    pub fn restarted(&self, state: State) -> Self {
        Self {
            state: Some(state),
            ..self.clone()
        }
    }

    pub fn as_<'w>(&'w mut self, actor: &'w str) -> User<'w> {
        User { world: self, actor }
    }

    /// A time of recording that never runs backwards within a day.
    pub fn now(&self) -> Timestamp {
        let day: Timestamp = format!("{}T00:00:00Z", self.today)
            .parse()
            .expect("a day has a midnight");
        let entries = i64::try_from(self.journal.len()).expect("a short journal");
        day + SignedDuration::from_millis(entries)
    }

    /// Submits a command as the writer does, and records what comes of it.
    pub fn submit(&mut self, actor: &str, verb: &str, mut with: Fields) -> Outcome {
        if ACTS.contains(&verb) {
            with.otherwise("occurred_on", "2026-06-10");
        }
        let id = self.next_id();
        let line = serde_json::json!({"id": id, "as": actor, "do": verb, "with": with.json()}).to_string();
        self.submit_line(&line)
    }

    /// Submits a command of the node itself, whose fields are kept letter by letter.
    pub fn node(&mut self, verb: &str, with: &impl serde::Serialize) -> Outcome {
        let id = self.next_id();
        let with = serde_json::to_string(with).expect("JSON");
        self.submit_line(&format!(
            r#"{{"id":"{id}","as":"exchange:node","do":"{verb}","with":{with}}}"#
        ))
    }

    fn next_id(&mut self) -> Uuid {
        self.commands += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(self.commands))
    }

    fn submit_line(&mut self, line: &str) -> Outcome {
        let random = [u8::try_from(self.commands % 251).expect("less than 251"); 32];
        match Envelope::parse(line, random) {
            Ok(envelope) => self.write(&envelope),
            Err(why) => Outcome::Unreadable(why),
        }
    }

    pub fn write(&mut self, envelope: &Envelope) -> Outcome {
        let cited = self.state.as_ref().and_then(|state| cites(state, &envelope.command));
        let cited = cited.and_then(|seq| self.journal.get(usize::try_from(seq).ok()?));
        let context = Context {
            now: self.now(),
            today: self.today,
            cited: cited.map(|entry| &entry.event),
        };
        match decide(self.state.as_ref(), &envelope.actor, &envelope.command, context) {
            Ok(events) => {
                let first = self.journal.len() as u64;
                self.append(envelope, events.clone());
                Outcome::Done { first, events }
            }
            Err(refusal) => {
                // Before the founding there is no journal to keep a refusal.
                if refusal.journaled && self.state.is_some() {
                    let event = refused(&envelope.command, &refusal).expect("a refusal has an entry");
                    self.append(envelope, vec![event]);
                }
                Outcome::Refused(refusal)
            }
        }
    }

    /// Appends entries: each is written, read back and applied, so that no test passes on what bytes cannot carry.
    fn append(&mut self, envelope: &Envelope, events: Vec<Event>) {
        let recorded_at = self.now();
        for (place, event) in (0..).zip(events) {
            let entry = Entry {
                seq: self.journal.len() as u64,
                recorded_at,
                recorded_on: self.today,
                actor: envelope.actor.clone(),
                command_id: envelope.id,
                command_hash: envelope.hash,
                salt: salt(&envelope.random, place),
                event,
            };
            let entry = reread(&entry);
            match &mut self.state {
                Some(state) => state.apply(&entry).expect("what was decided can be applied"),
                None => self.state = Some(State::found(&entry).expect("the first entry founds")),
            }
            self.journal.push(entry);
        }
    }

    /// Runs one line of a table and compares what came of it.
    pub fn follow(&mut self, file: &str, line: &Line<'_>) {
        let at = format!("{file}:{}", line.number);
        let columns = line.columns(&at);
        self.follow_columns(&at, columns);
    }

    /// Runs one act, given by its columns: who, command, fields, what comes of it.
    pub fn follow_columns(&mut self, at: &str, columns: [&str; 4]) {
        let [actor, verb, fields, expected] = columns;
        let (expected, name) = match expected.split_once(" @") {
            Some((expected, name)) => (expected, Some(name)),
            None => (expected, None),
        };
        let said = match actor {
            "!" => {
                self.today = fields.parse().expect("a day");
                "ok".to_owned()
            }
            "?" => crate::query::ask(self, verb, fields),
            actor => {
                let outcome = self.as_(actor).give(verb, fields);
                if let (Some(name), Outcome::Done { first, .. }) = (name, &outcome) {
                    self.names.insert(name.to_owned(), *first);
                }
                self.settled(&outcome, expected)
            }
        };
        assert_eq!(said, expected, "{at}: {actor}  {verb}  {fields}");
    }

    /// `approved` means proposed, and then approved by whoever may.
    fn settled(&mut self, outcome: &Outcome, expected: &str) -> String {
        let word = outcome.word();
        let Outcome::Done { first, .. } = outcome else {
            return word;
        };
        if word != "proposed" || expected != "approved" {
            return word;
        }
        let of = format!("of={first}");
        for second in ["approver:apo", "administrator:ben"] {
            match self.as_(second).approve(&of).word() {
                word if word == "ok" => return "approved".to_owned(),
                word if word != "not_entitled" => return word,
                _ => {}
            }
        }
        "not_entitled".to_owned()
    }

    /// Gives a command of an officer and has it approved, whatever it takes.
    pub fn decree(&mut self, actor: &str, verb: &str, fields: &str) -> u64 {
        let outcome = self.as_(actor).give(verb, fields);
        let word = self.settled(&outcome, "approved");
        assert!(matches!(&*word, "ok" | "approved"), "{actor} {verb} {fields}: {word}");
        outcome.first()
    }
}

/// An entry as it is after its bytes were written and read.
pub fn reread(entry: &Entry) -> Entry {
    let mut bytes = Vec::new();
    entry.write(&mut bytes).expect("an entry has bytes");
    let read = Entry::parse(&bytes).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&bytes)));
    assert_eq!(read, *entry, "bytes carry the whole entry");
    read
}

impl Outcome {
    /// The number of its first entry; panics if it was refused.
    pub fn first(&self) -> u64 {
        match self {
            Self::Done { first, .. } => *first,
            _ => panic!("refused: {}", self.word()),
        }
    }

    /// `ok`, `proposed`, a refusal's code, or `recorded` with the codes of the rules that a report broke.
    pub fn word(&self) -> String {
        let events = match self {
            Self::Done { events, .. } => events,
            Self::Refused(refusal) => return refusal.code.to_owned(),
            Self::Unreadable(why) => return format!("unreadable: {why}"),
        };
        let mut breaches: Vec<&str> = Vec::new();
        for event in events {
            let of_event = match event {
                Event::DecisionProposed(_) => return "proposed".to_owned(),
                Event::Movement(movement) => &movement.breaches[..],
                Event::LotClosed(closed) => &closed.breaches[..],
                _ => &[],
            };
            for code in of_event {
                if !breaches.contains(&code.as_str()) {
                    breaches.push(code.as_str());
                }
            }
        }
        if breaches.is_empty() {
            "ok".to_owned()
        } else {
            format!("recorded {}", breaches.join(" "))
        }
    }

    /// The refusal; panics if there was none.
    pub fn refusal(&self) -> &Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            _ => panic!("not refused: {}", self.word()),
        }
    }
}
