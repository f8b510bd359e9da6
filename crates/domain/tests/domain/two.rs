//! Two authorities in memory, an exporting and an importing one, and the post between them.
//!
//! Messages take the path of production but for their cryptography: `sign_message`, `receive_message`, `record_receipt`,
//! with signatures of zeros, which the domain does not look at. A direction can be held, so that messages cross.

use std::collections::{BTreeMap, VecDeque};
use std::sync::LazyLock;

use domain::digest::{Digest, Signature};
use domain::partner::{
    Consistency, EntryRef, Json, KeyFile, Message, MessageQueued, Pairing, Receipt, ReceiveMessage, RecordReceipt,
    RecoverMessage, Restarted, SignMessage, Signed, Taken, TreeHead, UntrustedKey,
};
use domain::{Event, State};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::text::{Fields, Line, lines};
use crate::world::{ACTS, Outcome, World};

/// The exporting authority.
pub const CN: usize = 0;
/// The importing authority.
pub const LK: usize = 1;
/// Their ids.
const IDS: [&str; 2] = ["CN", "LK"];

/// A message on its way, or one that was sent once.
#[derive(Clone, Debug)]
pub struct Letter {
    pub message: Signed,
    pub head: TreeHead,
    /// Why the key file in it is not to be believed.
    pub unproven: Option<domain::id::Id>,
}

/// Two authorities and the post between them.
#[derive(Clone)]
pub struct Two {
    pub worlds: [World; 2],
    /// What is on its way, by sender.
    pub wires: [VecDeque<Letter>; 2],
    /// Everything sent, by sender.
    pub sent: [Vec<Letter>; 2],
    /// Whether messages of this sender wait.
    pub held: [bool; 2],
    /// Whether this sender signs nothing.
    pub idle: [bool; 2],
    /// Backups.
    saved: [Option<Box<World>>; 2],
    forged: u128,
}

/// Named beginnings of histories, from `stages.txt`.
static STAGES: LazyLock<BTreeMap<String, Two>> = LazyLock::new(|| {
    let mut two = Two::unpaired();
    let mut stages = BTreeMap::from([("unpaired".to_owned(), two.clone())]);
    two.pair();
    stages.insert("paired".to_owned(), two.clone());
    let mut near = Two::apart(Some(["CN-HB", "CN-HN"]));
    near.pair();
    for line in lines(include_str!("../trade/neighbours.txt")) {
        near.follow("neighbours.txt", &line);
    }
    stages.insert("neighbours".to_owned(), near);
    for line in lines(include_str!("../trade/stages.txt")) {
        match &line.text.split("  ").collect::<Vec<_>>()[..] {
            ["*", "stage", name] => drop(stages.insert((*name).to_owned(), two.clone())),
            ["*", "begin", name] => two = stages[*name].clone(),
            _ => two.follow("stages.txt", &line),
        }
    }
    stages
});

impl Two {
    /// The fixed world of `tests/ledger`, and the one of `importer.txt`, which do not know each other.
    fn unpaired() -> Self {
        Self::apart(None)
    }

    /// The same, or as two provinces of one country, of which the first speaks abroad.
    fn apart(provinces: Option<[&str; 2]>) -> Self {
        let placed = |table: &str, place: usize, country: &str| {
            let Some(province) = provinces.map(|provinces| provinces[place]) else {
                return table.to_owned();
            };
            let speaks = place == CN;
            let is = format!(r#" country=CN province={{"id":"{province}","speaks_abroad":{speaks}}} "#);
            table.replacen(&format!(" country={country} "), &is, 1)
        };
        let mut importer = World::empty();
        for line in lines(&placed(include_str!("../trade/importer.txt"), LK, "LK")) {
            importer.follow("importer.txt", &line);
        }
        let mut exporter = World::empty();
        if provinces.is_none() {
            exporter = World::fixed();
        } else {
            for line in lines(&placed(include_str!("../ledger/world.txt"), CN, "CN")) {
                exporter.follow("world.txt", &line);
            }
        }
        for line in lines(include_str!("../trade/exporter.txt")) {
            exporter.follow("exporter.txt", &line);
        }
        Self {
            worlds: [exporter, importer],
            wires: Default::default(),
            sent: Default::default(),
            held: [false; 2],
            idle: [false; 2],
            saved: [None, None],
            forged: 0,
        }
    }

    /// A history's beginning by name.
    pub fn at(stage: &str) -> Self {
        let known = STAGES.get(stage);
        known.unwrap_or_else(|| panic!("no stage {stage}")).clone()
    }

    fn pair(&mut self) {
        for (we, they) in [(CN, LK), (LK, CN)] {
            let file = file_of(self.state(they));
            let fingerprint = file.fingerprint();
            let pairing = Pairing {
                fingerprint: fingerprint.parse().expect("an id"),
                file,
            };
            let fields = serde_json::to_value(pairing).expect("JSON");
            let world = &mut self.worlds[we];
            let proposed = world
                .submit("administrator:ada", "pair_partner", Fields::of(fields))
                .first();
            let approval = format!("of={proposed} read_back={fingerprint}");
            assert_eq!(world.as_("administrator:ben").approve(&approval).word(), "ok");
        }
    }

    pub fn state(&self, side: usize) -> &State {
        self.worlds[side].state()
    }

    /// What `$NAME` stands for in a table.
    fn expand(&self, text: &str) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        if let Some(made) = self.made_file(text) {
            return self.expand(&made);
        }
        let [ours, theirs] = [CN, LK].map(|side| file_of(self.state(side)));
        // A third authority's file: as LK's, but for what is named.
        let third = |change: &dyn Fn(&mut KeyFile)| {
            let mut file = theirs.clone();
            (file.id, file.country) = ("PH".parse().expect("an id"), "PH".parse().expect("a country"));
            file.province = None;
            change(&mut file);
            json_of(&file)
        };
        let mut misnamed = theirs.clone();
        misnamed.key.kid = "0000000000000000".parse().expect("an id");
        let request = self.last_of(CN, "confirmation_requested");
        let last = self.sent[LK].last().map(|letter| letter.message.payload.read());
        let last: Option<Message> = last.map(|message| message.expect("a message"));
        let near = |id: &str, speaks_abroad| {
            let id: domain::id::Id = id.parse().expect("an id");
            third(&|file| {
                let id = id.clone();
                file.country = ours.country;
                file.province = Some(domain::authority::Province { id, speaks_abroad });
            })
        };
        let mut text = text.to_owned();
        for (entry, one) in self.state(LK).provinces.dispatches() {
            text = text.replace(&format!("$IN-{}", one.told.number), &entry.to_string());
        }
        text.replace("$OTHER-CN", &third(&|file| file.country = ours.country))
            .replace("$OTHER-LK", &third(&|file| file.country = theirs.country))
            .replace("$ROOT-PH", &third(&|file| file.root = ours.root))
            .replace("$ROOT-AS-KEY-PH", &third(&|file| file.root = ours.key.public))
            .replace("$KEY-PH", &third(&|file| file.key.public = ours.key.public))
            .replace(
                "$LOG-PH",
                &third(&|file| file.log_key = "cn+1+other".parse().expect("a text")),
            )
            .replace("$WHOLE-PH", &third(&|file| file.country = ours.country))
            .replace("$HUBEI-PH", &near("CN-HB", false))
            .replace("$SPEAKER-PH", &near("CN-GD", true))
            .replace("$NOWHERE-PH", &near("LK-1", false))
            .replace("$FILE-PH", &third(&|_| ()))
            .replace(
                "$READ-PH",
                &serde_json::from_str::<KeyFile>(&third(&|_| ()))
                    .expect("a file")
                    .fingerprint(),
            )
            .replace("$MISNAMED-LK", &json_of(&misnamed))
            .replace(
                "$REQUEST",
                &request.map_or_else(String::new, |letter| letter.message.hash().to_string()),
            )
            .replace(
                "$ID-LK",
                &last.map_or_else(String::new, |message| message.id.to_string()),
            )
            .replace("$LINES-21", &lines_of(21))
            .replace("$LINES-20", &lines_of(20))
            .replace("$LINE", LINE)
            .replace("$LONG", &"x".repeat(999))
            .replace("$FILE-CN", &json_of(&ours))
            .replace("$FILE-LK", &json_of(&theirs))
            .replace("$READ-CN", &ours.fingerprint())
            .replace("$READ-LK", &theirs.fingerprint())
            .replace("$SHOWN-9", &self.shown("CN/E-9"))
            .replace("$SHOWN", &self.shown("CN/E-1"))
            .replace("$EXPORTER", EXPORTER)
            .replace("$IMPORTER", IMPORTER)
            .replace("$FAR", FAR)
            .replace("$BEYOND", BEYOND)
    }

    /// The hash of what the page of an invitation for a case of the exporter shows.
    fn shown(&self, case: &str) -> String {
        let state = self.state(CN);
        let case = state.trade.case(case);
        case.map_or_else(String::new, |case| domain::trade::shown(state, case).to_string())
    }

    /// `$NEWER-LK(issued=… key=8)` stands for a side's key file with changes, of today if nothing is said, and
    /// `$UNTRUSTED-LK(since=…)` for its statement that its key is not to be trusted. A key and a root are named by the
    /// byte that they are made of. `$RESTART-LK(…)` is a newer file that tells of another log, and `$HEARD-LK(…)` its
    /// fingerprint.
    fn made_file(&self, text: &str) -> Option<String> {
        let first = |mark: &str| text.find(mark).map(|place| (place, mark.len()));
        let marks = ["$NEWER-", "$RESTART-", "$HEARD-", "$UNTRUSTED-"];
        let (place, length) = marks.into_iter().filter_map(first).min()?;
        let (before, mark, rest) = (&text[..place], &text[place..place + length], &text[place + length..]);
        let (id, rest) = rest.split_once('(').expect("a bracket");
        let (changes, after) = rest.split_once(')').expect("a bracket");
        let (side, mut fields) = (side_of(id), read(if changes.is_empty() { "-" } else { changes }));
        let (state, now) = (self.state(side), self.worlds[side].now());
        if let Some(root) = fields.remove("root") {
            fields.insert("root".to_owned(), json!(of_byte(&root)));
        }
        let document = if mark == "$UNTRUSTED-" {
            let statement = UntrustedKey {
                id: state.founding.id.clone(),
                kid: state.founding.key.kid.clone(),
                since: now,
                root: state.founding.root,
                signature: Signature::from_zeros(),
            };
            changed(&statement, fields)
        } else {
            let mut file = file_of(state);
            file.issued = Some(now);
            if let Some(key) = fields.remove("key") {
                file.key.public = of_byte(&key);
                file.key.kid = domain::partner::kid(&file.key.public).parse().expect("an id");
                file.key.valid_from = now;
                file.key.valid_until = now + SignedDuration::from_hours(24 * 730);
            }
            if mark != "$NEWER-" {
                file.restarted = Some(Restarted {
                    log_key: file.log_key.clone(),
                    size: 9_000,
                    root: Digest::of(b"what is lost"),
                });
                let name = format!("{id}/again+1+key").to_lowercase();
                file.log_key = name.parse().expect("a text");
                file.cosignature_key = file.log_key.clone();
            }
            let file = changed(&file, fields);
            if mark == "$HEARD-" {
                let file: KeyFile = serde_json::from_value(file).expect("a key file");
                return Some(format!("{before}{}{after}", file.fingerprint()));
            }
            file
        };
        Some(format!("{before}{document}{after}"))
    }

    /// Runs one line of a table: a side and its act, `<CN` for a message that is made up, or `*` for the post and the
    /// calendar.
    pub fn follow(&mut self, file: &str, line: &Line<'_>) {
        let at = format!("{file}:{}", line.number);
        let text = self.expand(line.text);
        let columns: Vec<&str> = text
            .split("  ")
            .map(str::trim)
            .filter(|column| !column.is_empty())
            .collect();
        match columns[..] {
            ["*", verb, of] => self.arrange(&at, verb, of),
            ["*", "deliver", from, expected] => {
                let said = self.deliver(side_of(from));
                assert_eq!(said, expected, "{at}");
                self.post();
            }
            ["*", "both", case, expected] => {
                let stages = [CN, LK].map(|side| self.stage(side, case));
                assert_eq!(stages, [expected, expected], "{at}");
            }
            [to, from, kind, changes, expected] if from.starts_with('<') => {
                assert_eq!(
                    self.made_up(side_of(to), kind, changes),
                    expected,
                    "{at}: {kind}  {changes}"
                );
            }
            [side, "sign", to, changes, expected] => {
                assert_eq!(
                    self.signs(side_of(side), to, changes),
                    expected,
                    "{at}: sign  {changes}"
                );
            }
            [side, "recover", number, changes, expected] => {
                let said = self.recovers(side_of(side), number, changes);
                assert_eq!(said, expected, "{at}: recover {number}  {changes}");
            }
            [side, "retake", number, expected] => {
                let (from, number) = (1 - side_of(side), number.parse::<usize>().expect("a number"));
                let letter = self.sent[from][number - 1].clone();
                assert_eq!(taken(&self.receive(1 - from, &letter, IDS[from])), expected, "{at}");
                self.post();
            }
            [side, "receipt", by, changes, expected] => {
                assert_eq!(
                    self.takes_receipt(side_of(side), by, changes),
                    expected,
                    "{at}: receipt  {changes}"
                );
            }
            [side, actor, verb, fields, expected] => {
                self.act(&at, side_of(side), [actor, verb, fields, expected]);
            }
            _ => panic!("{at}: {} columns: {text}", columns.len()),
        }
    }

    fn act(&mut self, at: &str, side: usize, [actor, verb, fields, expected]: [&str; 4]) {
        let world = &mut self.worlds[side];
        let today = format!("{fields} occurred_on={}", world.today);
        let dated = ACTS.contains(&verb) && !fields.contains("occurred_on=");
        let fields = if dated { &today } else { fields };
        world.follow_columns(at, [actor, verb, fields, expected]);
        self.post();
        self.check(at);
    }

    /// What holds after every line: books balance, and a state is what its compact form says.
    pub fn check(&self, at: &str) {
        for side in [CN, LK] {
            let state = self.state(side);
            let items = state.items.iter().count();
            assert_eq!(state.ledger.out_of_balance(items), None, "{at}");
            let bytes = state.to_bytes().expect("a state has a compact form");
            let read = State::from_bytes(&bytes).unwrap_or_else(|why| panic!("{at}: {why}"));
            // The hash of a state is that of its bytes.
            assert_eq!(read.to_bytes().expect("bytes"), bytes, "{at}");
            self.worlds[side].gates(at);
            crate::found::agrees(state, &read);
        }
    }

    fn arrange(&mut self, at: &str, verb: &str, of: &str) {
        match verb {
            "begin" => *self = Self::at(of),
            "day" => self.day(of.parse().expect("a day")),
            "idle" => self.idle[side_of(of)] = true,
            "wake" => {
                self.idle[side_of(of)] = false;
                self.post();
            }
            "hold" => self.held[side_of(of)] = true,
            "drop" => self.wires[side_of(of)].clear(),
            "save" => self.saved[side_of(of)] = Some(Box::new(self.worlds[side_of(of)].clone())),
            // What came after the backup is lost, but for what others hold; its calendar goes on.
            "restore" => {
                let side = side_of(of);
                let today = self.worlds[side].today;
                self.worlds[side] = *self.saved[side].take().expect("a backup");
                self.worlds[side].today = today;
                self.wires[side].clear();
            }
            "release" => {
                self.held[side_of(of)] = false;
                self.post();
            }
            _ => panic!("{at}: no directive {verb}"),
        }
    }

    pub fn day(&mut self, day: jiff::civil::Date) {
        self.worlds.iter_mut().for_each(|world| world.today = day);
    }

    pub fn stage(&self, side: usize, case: &str) -> &'static str {
        let case = self.state(side).trade.case(case);
        case.map_or("none", |case| case.stage.word())
    }

    /// Signs what is queued and delivers what is not held, until all is quiet. Every message is accepted.
    pub fn post(&mut self) {
        loop {
            let mut quiet = true;
            for from in [CN, LK] {
                while !self.idle[from] && self.sign(from) {
                    quiet = false;
                }
                while !self.held[from] && !self.wires[from].is_empty() {
                    quiet = false;
                    assert_eq!(self.deliver(from), "ok");
                }
            }
            if quiet {
                return;
            }
        }
    }

    /// The name of the key with which a side speaks to the other one now.
    fn kid(&self, side: usize) -> String {
        let (state, now) = (self.state(side), self.worlds[side].now());
        let partner = state.partners.get(IDS[1 - side]).expect("a partner");
        let held = partner.our_key_now(&state.own.keys, now);
        held.map_or(&state.founding.key.kid, |held| &held.key.kid).to_string()
    }

    /// Signs the next message that is queued, as the node does.
    pub fn sign(&mut self, from: usize) -> bool {
        let Some((queued, message, head)) = self.unsigned(from) else {
            return false;
        };
        let signed = sealed(&self.kid(from), &message);
        let to = IDS[1 - from].parse().expect("an id");
        let command = SignMessage {
            to,
            queued,
            head,
            message: signed.clone(),
        };
        assert_eq!(self.worlds[from].node("sign_message", &command).word(), "ok");
        let letter = Letter {
            message: signed,
            head,
            unproven: None,
        };
        self.sent[from].push(letter.clone());
        self.wires[from].push_back(letter);
        true
    }

    /// The next message of the queue: the entry that queued it, what it says, the checkpoint in it.
    pub fn unsigned(&self, from: usize) -> Option<(u64, Message, TreeHead)> {
        let (world, state) = (&self.worlds[from], self.state(from));
        let partner = state.partners.get(IDS[1 - from])?;
        let queued = partner.queue.front()?.entry;
        let Event::MessageQueued(entry) = &world.journal[usize::try_from(queued).expect("a short journal")].event
        else {
            panic!("entry {queued} queues no message");
        };
        let MessageQueued { case, notice, .. } = &**entry;
        let size = state.size;
        let seen = case.as_ref().and_then(|case| state.trade.case(case)?.seen);
        let message = Message {
            v: 1,
            kind: notice.kind().parse().expect("an id"),
            // After a restore entries have numbers that others had before.
            id: Uuid::from_u128((state.own.ended.len() as u128) << 100 | (u128::from(queued) + 1)),
            case: case.clone(),
            from: state.founding.id.clone(),
            to: partner.file.id.clone(),
            seq: partner.sent.map_or(1, |last| last.seq + 1),
            prev: partner.sent.map(|last| last.hash),
            seen,
            created: world.now(),
            not_after: world.now() + SignedDuration::from_hours(24 * 400),
            body: notice.body().expect("JSON"),
            checkpoint: format!("checkpoint of {size}"),
            consistency: Consistency {
                from_size: partner.sent.map_or(0, |last| last.head.size),
                hashes: Vec::new(),
            },
        };
        Some((queued, message, head(size)))
    }

    /// Delivers the next message of a sender, and its receipt back; says how it was taken.
    pub fn deliver(&mut self, from: usize) -> String {
        let letter = self.wires[from].pop_front().expect("a message on its way");
        let outcome = self.receive(1 - from, &letter, IDS[from]);
        let said = taken(&outcome);
        let Outcome::Done { first, events } = &outcome else {
            return said;
        };
        if let Some(Event::MessageReceived(received)) = events.first() {
            let refused = received.refused.clone();
            self.answer(from, &letter, *first, refused);
        }
        said
    }

    fn receive(&mut self, side: usize, letter: &Letter, from: &str) -> Outcome {
        let command = ReceiveMessage {
            from: from.parse().expect("an id"),
            head: letter.head,
            message: letter.message.clone(),
            unproven: letter.unproven.clone(),
        };
        self.worlds[side].node("receive_message", &command)
    }

    fn answer(&mut self, sender: usize, letter: &Letter, entry: u64, refused: Option<domain::id::Id>) {
        let receipt = self.receipt(sender, letter, entry, refused);
        let said = self.worlds[sender].node("record_receipt", &receipt).word();
        assert_eq!(said, "ok");
    }

    /// The receipt for a letter of a sender.
    pub fn receipt(
        &self,
        sender: usize,
        letter: &Letter,
        entry: u64,
        refused: Option<domain::id::Id>,
    ) -> RecordReceipt {
        let by = 1 - sender;
        let message: Message = letter.message.payload.read().expect("a message");
        let receipt = Receipt {
            v: 1,
            from: IDS[by].parse().expect("an id"),
            to: IDS[sender].parse().expect("an id"),
            of: letter.message.hash(),
            seq: message.seq,
            taken: refused.map_or(Taken::Accepted, |code| Taken::Refused { code }),
            entry: EntryRef {
                seq: entry,
                leaf: Digest::of(b"leaf"),
            },
            seen_size: letter.head.size,
            cosignature: "— cosignature".to_owned(),
        };
        RecordReceipt {
            by: receipt.from.clone(),
            receipt: sealed(&self.kid(by), &receipt),
        }
    }

    /// Puts a side back to where it was, and starts its log anew; what its partner holds of it comes back as the node does
    /// it, in the order in which it was said. All its messages had been taken.
    pub fn come_back(&mut self, side: usize, saved: &World) {
        let today = self.worlds[side].today;
        self.worlds[side] = saved.clone();
        self.worlds[side].today = today;
        let file = self.expand(&format!("file=$RESTART-{}()", IDS[side]));
        self.worlds[side].decree("administrator:ada", "install_key_file", &file);
        self.hear_again(side);
        let sent = |side: usize, state: &State| state.partners.get(IDS[1 - side]).expect("a partner").sent;
        let from = sent(side, self.state(side)).map_or(0, |last| last.seq);
        let heard = self
            .state(side)
            .partners
            .get(IDS[1 - side])
            .expect("a partner")
            .received;
        let mut own: VecDeque<Letter> = self.sent[side].iter().skip(place(from)).cloned().collect();
        let mut theirs: VecDeque<Letter> = self.sent[1 - side]
            .iter()
            .skip(place(heard.map_or(0, |last| last.seq)))
            .cloned()
            .collect();
        loop {
            let ours = !own.is_empty() && (theirs.is_empty() || !waits(&own[0], &theirs) || waits(&theirs[0], &own));
            if ours {
                let letter = own.pop_front().expect("a letter");
                let said = self.puts_back(side, &letter);
                assert_eq!(said, "holds", "{:?}", letter.message.payload);
            } else if let Some(letter) = theirs.pop_front() {
                assert_eq!(taken(&self.receive(side, &letter, IDS[1 - side])), "ok");
            } else {
                return;
            }
        }
    }

    /// Receipts that were lost come again for the same bytes.
    fn hear_again(&mut self, side: usize) {
        let unanswered = self
            .state(side)
            .partners
            .get(IDS[1 - side])
            .expect("a partner")
            .unanswered
            .clone();
        for sent in unanswered {
            let letter = self.sent[side][place(sent.seq) - 1].clone();
            let there = self.state(1 - side).partners.get(IDS[side]).expect("a partner");
            let entry = there.taken[&sent.seq].entry;
            self.answer(side, &letter, entry, None);
        }
    }

    /// Puts one message back, with what waits to be signed and says the same, or was to.
    fn puts_back(&mut self, side: usize, letter: &Letter) -> String {
        let message: Message = letter.message.payload.read().expect("a message");
        let queue = &self.state(side).partners.get(IDS[1 - side]).expect("a partner").queue;
        let waiting = queue.iter().map(|queued| queued.entry).filter_map(|entry| {
            let Event::MessageQueued(queued) = &self.worlds[side].journal[place(entry)].event else {
                panic!("entry {entry} queues no message");
            };
            let alike = queued.notice.kind() == message.kind.as_str() && queued.case == message.case;
            alike.then(|| (entry, queued.notice.body().expect("JSON") == message.body))
        });
        let waiting: Vec<(u64, bool)> = waiting.collect();
        let of = |same: bool| waiting.iter().find(|(_, is)| *is == same).map(|(entry, _)| *entry);
        let queued = of(true);
        let command = RecoverMessage {
            to: IDS[1 - side].parse().expect("an id"),
            message: letter.message.clone(),
            queued,
            instead: of(false).filter(|_| queued.is_none() && message.case.is_some()),
        };
        put_back(&self.worlds[side].node("recover_message", &command))
    }

    /// Puts back the message of a side that has this number, or its last one, changed so; tells whether what it says holds again.
    fn recovers(&mut self, side: usize, number: &str, changes: &str) -> String {
        let count = self.sent[side].len();
        let place = number.parse::<usize>().unwrap_or(count) - 1;
        let letter = &self.sent[side][place];
        let mut fields = read(changes);
        let (queued, to) = (fields.remove("queued"), fields.remove("to"));
        let to = to.as_ref().and_then(Value::as_str).unwrap_or(IDS[1 - side]);
        let payload: Value = letter.message.payload.read().expect("JSON");
        let message = if fields.is_empty() {
            letter.message.clone()
        } else {
            sealed(&self.kid(side), &changed(&payload, fields))
        };
        let first = self
            .state(side)
            .partners
            .get(to)
            .and_then(|partner| partner.queue.front());
        let queued = match queued.as_ref().and_then(Value::as_str) {
            Some("next") => first.map(|queued| queued.entry),
            _ => queued.as_ref().and_then(Value::as_u64),
        };
        let to = to.parse().expect("an id");
        let instead = None;
        let command = RecoverMessage {
            to,
            message,
            queued,
            instead,
        };
        let outcome = self.worlds[side].node("recover_message", &command);
        put_back(&outcome)
    }

    /// Whether a copy of a side takes the next message of its queue, changed so, as signed.
    fn signs(&self, side: usize, to: &str, changes: &str) -> String {
        let (mut queued, message, head) = self.unsigned(side).expect("a message that waits");
        let mut fields = read(changes);
        if let Some(other) = fields.remove("queued") {
            queued = other.as_u64().expect("a number");
        }
        let message = sealed(&self.kid(side), &changed(&message, fields));
        let to = to.parse().expect("an id");
        let command = SignMessage {
            to,
            queued,
            head,
            message,
        };
        self.worlds[side].clone().node("sign_message", &command).word()
    }

    /// Whether a copy of a side takes a receipt, changed so, for the last message that it has sent.
    fn takes_receipt(&self, side: usize, by: &str, changes: &str) -> String {
        let letter = self.sent[side].last().expect("a message");
        let receipt = self.receipt(side, letter, 0, None).receipt;
        let receipt: Value = receipt.payload.read().expect("JSON");
        let command = RecordReceipt {
            by: by.parse().expect("an id"),
            receipt: sealed(&self.kid(1 - side), &changed(&receipt, read(changes))),
        };
        self.worlds[side].clone().node("record_receipt", &command).word()
    }

    /// Hands a made-up message to a side: the last of its kind that the other side has sent, as the next of the chain,
    /// with these changes. It is judged by a copy of that side, unless `keep=true` stands among them.
    pub fn made_up(&mut self, to: usize, kind: &str, changes: &str) -> String {
        let mut fields = read(changes);
        let (keep, again) = (fields.remove("keep"), fields.remove("again"));
        let sender = fields.remove("sender");
        let sender = sender
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or(IDS[1 - to])
            .to_owned();
        let other_key = fields.remove("kid");
        let unproven = fields.remove("unproven");
        let unproven = unproven.as_ref().and_then(Value::as_str);
        let unproven = unproven.map(|code| code.parse().expect("an id"));
        let like = self.last_of(1 - to, kind);
        let letter = match like {
            Some(letter) if again.is_some() => letter,
            like => {
                let payload = changed(&self.next_in_chain(to, kind, like.as_ref()), fields);
                let mut message = sealed(&self.kid(1 - to), &payload);
                if let Some(name) = other_key.as_ref().and_then(Value::as_str) {
                    message.kid = name.parse().expect("an id");
                }
                Letter {
                    message,
                    head: head(self.state(1 - to).size),
                    unproven,
                }
            }
        };
        if keep.is_some() {
            return taken(&self.receive(to, &letter, &sender));
        }
        let mut copy = self.clone();
        taken(&copy.receive(to, &letter, &sender))
    }

    fn last_of(&self, from: usize, kind: &str) -> Option<Letter> {
        let of_kind = |letter: &&Letter| {
            let message: Message = letter.message.payload.read().expect("a message");
            message.kind.as_str() == kind
        };
        self.sent[from].iter().rev().find(of_kind).cloned()
    }

    fn next_in_chain(&mut self, to: usize, kind: &str, like: Option<&Letter>) -> Value {
        self.forged += 1;
        let partner = self.state(to).partners.get(IDS[1 - to]);
        let received = partner.and_then(|partner| partner.received);
        let (now, later) = (
            self.worlds[to].now(),
            self.worlds[to].now() + SignedDuration::from_hours(24),
        );
        let mut payload = like.map_or_else(
            || json!({"case": null, "body": {}, "seen": null}),
            |letter| letter.message.payload.read().expect("JSON"),
        );
        let chained = json!({
            "v": 1, "type": kind, "id": Uuid::from_u128(self.forged << 64), "from": IDS[1 - to], "to": IDS[to],
            "seq": received.map_or(1, |last| last.seq + 1), "prev": received.map(|last| last.hash),
            "created": now, "not_after": later, "checkpoint": "made up",
            "consistency": {"from_size": 0, "hashes": []},
        });
        let (Value::Object(payload_fields), Value::Object(chained)) = (&mut payload, chained) else {
            panic!("messages are objects");
        };
        payload_fields.extend(chained);
        payload
    }
}

/// Who exports, as an import authorization names it: the holder of `world.txt`.
pub const EXPORTER: &str =
    r#"{"name":"Maker of finished forms, importer, exporter","address":"1 Maker Road, Beijing","country":"CN"}"#;
/// Who imports: the holder of `importer.txt`.
pub const IMPORTER: &str = r#"{"name":"Lanka Imports","address":"12 Galle Road, Colombo","country":"LK"}"#;

/// Who exports from a third country, and who imports in a fourth: their goods pass through.
const FAR: &str = r#"{"name":"Nippon Anesthetics","address":"3 Port Road, Osaka","country":"JP"}"#;
const BEYOND: &str = r#"{"name":"Luzon Care","address":"9 Bay Road, Manila","country":"PH"}"#;

fn json_of(file: &KeyFile) -> String {
    serde_json::to_string(file).expect("JSON")
}

/// So many lines of different goods.
fn lines_of(count: usize) -> String {
    let line = |place: usize| LINE.replace("100000000", &(100_000_000 + place).to_string());
    format!("[{}]", (0..count).map(line).collect::<Vec<_>>().join(","))
}

/// A line of the goods that both registers know as ampoules.
const LINE: &str =
    r#"{"goods":{"substance":"fentanyl","form":"injection","bulk":false,"content_pg":100000000},"amount":300}"#;

fn side_of(id: &str) -> usize {
    let place = IDS.iter().position(|known| *known == id);
    place.unwrap_or_else(|| panic!("no side {id}"))
}

/// A checkpoint's head that stands for this size.
fn head(size: u64) -> TreeHead {
    let root = Digest::of(size.to_be_bytes());
    TreeHead { size, root }
}

/// 32 bytes that are all this one.
fn of_byte(byte: &Value) -> domain::digest::PublicKey {
    let byte = byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
    domain::digest::Bytes([byte.expect("a byte"); 32])
}

/// A document under a signature of zeros.
pub fn sealed(kid: &str, document: &impl serde::Serialize) -> Signed {
    Signed {
        kid: kid.parse().expect("an id"),
        payload: Json::of(document).expect("JSON"),
        signature: Signature::from_zeros(),
    }
}

trait Zeros {
    fn from_zeros() -> Self;
}

impl Zeros for Signature {
    fn from_zeros() -> Self {
        domain::digest::Bytes([0; 64])
    }
}

/// The key file of an authority, with a signature of zeros.
pub fn file_of(state: &State) -> KeyFile {
    let founding = &state.founding;
    if let Some(file) = &state.own.file {
        return file.clone();
    }
    KeyFile {
        id: founding.id.clone(),
        name: founding.name.clone(),
        country: founding.country,
        province: founding.province.clone(),
        url: None,
        log_key: founding.log_key.clone(),
        cosignature_key: founding.log_key.clone(),
        root: founding.root,
        key: founding.key.clone(),
        issued: None,
        age: None,
        restarted: None,
        signature: Signature::from_zeros(),
    }
}

/// Whether a message was made after one of these: its sender had seen it, or it answers a cancellation, which is of no case.
fn waits(letter: &Letter, before: &VecDeque<Letter>) -> bool {
    let read = |letter: &Letter| letter.message.payload.read::<Message>().expect("a message");
    let message = read(letter);
    let late = message.kind.as_str() == "already_dispatched";
    before.iter().any(|other| {
        let cancels = read(other).kind.as_str() == "import_authorization_cancelled";
        message.seen == Some(other.message.hash()) || (late && cancels)
    })
}

/// Whether what a message says that was put back holds again, or why it was not put back.
fn put_back(outcome: &Outcome) -> String {
    let Outcome::Done { events, .. } = outcome else {
        return outcome.word();
    };
    match events.first() {
        Some(Event::MessageRecovered(recovered)) if recovered.holds => "holds".to_owned(),
        Some(Event::MessageRecovered(_)) => "kept".to_owned(),
        _ => panic!("no message was put back: {events:?}"),
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("a short history")
}

/// How a message was taken: `ok`, `refused` with the code of its receipt, `equivocated`, or why it was not taken.
fn taken(outcome: &Outcome) -> String {
    let Outcome::Done { events, .. } = outcome else {
        return outcome.word();
    };
    match events.first() {
        Some(Event::MessageReceived(received)) => match &received.refused {
            Some(code) => format!("refused {code}"),
            None => "ok".to_owned(),
        },
        Some(Event::MessageEquivocated(_)) => "equivocated".to_owned(),
        _ => panic!("no message was taken: {events:?}"),
    }
}

/// Changes as they stand in a table, by path.
fn read(changes: &str) -> Map<String, Value> {
    match Fields::parse(changes, &BTreeMap::new()).json() {
        Value::Object(fields) => fields,
        _ => panic!("fields are an object"),
    }
}

/// A document with changes.
fn changed(document: &impl serde::Serialize, fields: Map<String, Value>) -> Value {
    let mut document = serde_json::to_value(document).expect("JSON");
    for (path, value) in fields {
        set(&mut document, &path, value);
    }
    document
}

/// Sets a value at a path such as `body.lines.0.amount`.
fn set(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for step in path.split('.') {
        place = match place {
            Value::Array(list) => &mut list[step.parse::<usize>().expect("a place in a list")],
            place => &mut place[step],
        };
    }
    *place = value;
}
