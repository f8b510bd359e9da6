//! CN and KR with fixed keys, as the vectors have them. KR takes what CN says.

use domain::access::Actor;
use domain::authority::Founding;
use domain::digest::{Bytes, Digest};
use domain::id::Id;
use domain::partner::{Consistency, Json, KeyFile, Message, OperationalKey, PartnerPaired, Restarted, Signed};
use domain::{Command, Context, Entry, Event, State};
use exchange::{About, ExchangeKey, FileKey, Journaled, Opened};
use jiff::{SignedDuration, Timestamp};
use tlog::{Checkpoint, Hash, LogKey, Tree};
use uuid::Uuid;

pub fn minutes(count: i64) -> Timestamp {
    let start: Timestamp = "2024-03-01T08:00:00Z".parse().unwrap();
    start.checked_add(SignedDuration::from_mins(count)).unwrap()
}

/// The keys of one authority: the seed of each is one byte, 32 times.
pub struct Keys {
    pub id: &'static str,
    pub seed: u8,
    pub root: ExchangeKey,
    pub message: ExchangeKey,
    pub next: ExchangeKey,
    pub log: LogKey,
    pub files: FileKey,
}

impl Keys {
    fn new(id: &'static str, seed: u8) -> Self {
        let key = |add: u8| ExchangeKey::from_seed([seed + add; 32]).unwrap();
        Self {
            id,
            seed,
            root: key(0),
            message: key(1),
            next: key(2),
            log: LogKey::generate(&format!("{}.example/log", id.to_lowercase()), [seed + 3; 32]).unwrap(),
            files: FileKey::from_seed(&[seed + 4; 32]).unwrap(),
        }
    }

    fn operational(key: &ExchangeKey) -> OperationalKey {
        OperationalKey {
            kid: key.kid().clone(),
            public: key.public(),
            valid_from: minutes(-60 * 24 * 50),
            valid_until: minutes(60 * 24 * 300),
        }
    }

    pub fn about(&self, age: bool) -> About {
        About {
            province: None,
            id: self.id.parse().unwrap(),
            name: format!("Authority of {}", self.id).parse().unwrap(),
            country: domain::country::Country::parse(self.id).unwrap(),
            url: Some(format!("https://{}.example", self.id.to_lowercase()).parse().unwrap()),
            log_key: self.log.verifier().parse().unwrap(),
            cosignature_key: self.log.cosignature_verifier().parse().unwrap(),
            key: Self::operational(&self.message),
            age: age.then(|| self.files.recipient().clone()),
        }
    }

    pub fn key_file(&self) -> KeyFile {
        exchange::key_file(&self.root, self.about(true))
    }

    fn founded(&self) -> Entry {
        let founding = Founding {
            province: None,
            id: self.id.parse().unwrap(),
            name: format!("Authority of {}", self.id).parse().unwrap(),
            country: domain::country::Country::parse(self.id).unwrap(),
            zone: "UTC".parse().unwrap(),
            books_from: "2024-01-01".parse().unwrap(),
            origin: self.log.origin().parse().unwrap(),
            log_key: self.log.verifier().parse().unwrap(),
            root: self.root.public(),
            key: Self::operational(&self.message),
            administrators: ["a".parse().unwrap(), "b".parse().unwrap()],
        };
        entry(0, minutes(-1), Event::AuthorityFounded(Box::new(founding)))
    }
}

fn entry(seq: u64, at: Timestamp, event: Event) -> Entry {
    Entry {
        seq,
        recorded_at: at,
        recorded_on: jiff::tz::Offset::UTC.to_datetime(at).date(),
        actor: Actor::node(),
        command_id: Uuid::from_u128(u128::from(seq) + 1),
        command_hash: [0; 32],
        salt: [0; 16],
        event,
    }
}

/// A log whose entries are their numbers as eight bytes, or those with another salt.
pub struct Numbers(pub u8);

impl Numbers {
    fn leaf(&self, number: u64) -> Hash {
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.extend((self.0 > 0).then_some(self.0));
        tlog::leaf_hash(&bytes)
    }

    /// A checkpoint of so many entries.
    pub fn note(&self, key: &LogKey, size: u64) -> String {
        let mut tree = Tree::new();
        (0..size).for_each(|number| tree.append(&self.leaf(number)));
        let (origin, root) = (key.origin().to_owned(), tree.root());
        tlog::sign(&Checkpoint { origin, size, root }, key).unwrap()
    }

    pub fn consistency(&self, from_size: u64, size: u64) -> Consistency {
        let hashes = tlog::consistency_proof(self, from_size, size).unwrap();
        let hashes = hashes.into_iter().map(Bytes).collect();
        Consistency { from_size, hashes }
    }
}

impl tlog::Hashes for Numbers {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, tlog::Error> {
        Ok((from..to).map(|number| self.leaf(number)).collect())
    }

    fn tile(&self, _: u8, _: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        Ok(None)
    }
}

/// What came of a message that KR was shown.
pub enum Came {
    Receipt(Signed),
    Code(String),
}

/// Both authorities, and what KR has taken.
pub struct World {
    pub cn: Keys,
    pub kr: Keys,
    pub state: State,
    /// KR's journal, as bytes.
    pub entries: Vec<Vec<u8>>,
    pub last: Option<(u64, Digest, u64)>,
}

impl World {
    pub fn new() -> Self {
        let (cn, kr) = (Keys::new("CN", 1), Keys::new("KR", 21));
        let first = kr.founded();
        let mut world = Self {
            state: State::found(&first).unwrap(),
            entries: Vec::new(),
            last: None,
            cn,
            kr,
        };
        world.write(&first);
        let file = world.cn.key_file();
        world.record(minutes(0), Event::PartnerPaired(Box::new(PartnerPaired { file })));
        world
    }

    fn write(&mut self, entry: &Entry) {
        let mut bytes = Vec::new();
        entry.write(&mut bytes).unwrap();
        self.entries.push(bytes);
    }

    fn record(&mut self, at: Timestamp, event: Event) -> u64 {
        let entry = entry(self.state.size, at, event);
        self.state.apply(&entry).unwrap();
        self.write(&entry);
        entry.seq
    }

    /// CN's key file with its next key.
    pub fn next_key_file(&self) -> KeyFile {
        let mut file = self.cn.key_file();
        file.key = Keys::operational(&self.cn.next);
        file.issued = Some(minutes(1));
        exchange::sign_key_file(&self.cn.root, file).unwrap()
    }

    /// CN's key file with another log, in the place of one whose last entries are lost.
    pub fn restarted_key_file(&self) -> KeyFile {
        let mut file = self.cn.key_file();
        let log = LogKey::generate("cn.example/log/again", [9; 32]).unwrap();
        file.restarted = Some(Restarted {
            log_key: file.log_key,
            size: 187,
            root: Digest::of(b"the tree that was lost"),
        });
        file.log_key = log.verifier().parse().unwrap();
        file.cosignature_key = log.cosignature_verifier().parse().unwrap();
        file.issued = Some(minutes(2));
        exchange::sign_key_file(&self.cn.root, file).unwrap()
    }

    /// The next message of CN, as it should be.
    pub fn message(&self, kind: &str, case: Option<&str>, body: &Json) -> Message {
        let (last, prev, from) = self
            .last
            .map_or((0, None, 0), |(seq, hash, size)| (seq, Some(hash), size));
        let (seq, log) = (last + 1, Numbers(0));
        let created = minutes(i64::try_from(seq).unwrap());
        let id = |text: &str| -> Id { text.parse().unwrap() };
        Message {
            v: 1,
            kind: id(kind),
            id: Uuid::from_u128(0x018d_f9a0_0000_7000_8000_0000_0000_0000 + u128::from(seq)),
            case: case.map(id),
            from: id("CN"),
            to: id("KR"),
            seq,
            prev,
            seen: None,
            created,
            not_after: created.checked_add(SignedDuration::from_hours(24 * 366)).unwrap(),
            body: body.clone(),
            checkpoint: log.note(&self.cn.log, from + 3),
            consistency: log.consistency(from, from + 3),
        }
    }

    pub fn signed(&self, message: &Message) -> Signed {
        exchange::sign(&self.cn.message, Json::of(message).unwrap())
    }

    /// When KR looks at what it is shown next.
    pub fn now(&self) -> Timestamp {
        minutes(1 + i64::try_from(self.last.map_or(0, |(seq, ..)| seq)).unwrap())
    }

    /// Shows KR some bytes; what it takes becomes an entry.
    pub fn show(&mut self, bytes: &[u8]) -> Came {
        let at = self.now();
        let code = |code: &str| Came::Code(code.to_owned());
        let message = match exchange::open(&self.state, bytes, at) {
            Err(reject) => return code(reject.code),
            Ok(Opened::Alarm(shown)) => return code(shown.says.code),
            Ok(Opened::Early { .. }) => return code("parked"),
            Ok(Opened::Repeat { .. }) => return code("repeated"),
            Ok(Opened::Next(message)) => message,
        };
        let command = Command::ReceiveMessage(Box::new(message));
        let today = jiff::tz::Offset::UTC.to_datetime(at).date();
        let context = Context {
            now: at,
            today,
            cited: None,
        };
        let events = domain::decide(Some(&self.state), &Actor::node(), &command, context).unwrap();
        let mut taken = None;
        for event in events {
            let received = match &event {
                Event::MessageReceived(received) => Some(received.clone()),
                Event::MessageEquivocated(_) => return code("equivocation"),
                _ => None,
            };
            let seq = self.record(at, event);
            taken = taken.or(received.map(|received| (seq, received)));
        }
        let (seq, received) = taken.unwrap();
        let message: Message = received.message.payload.read().unwrap();
        self.last = Some((message.seq, received.message.hash(), received.head.size));
        let leaf = Bytes(tlog::leaf_hash(&self.entries[usize::try_from(seq).unwrap()]));
        let journaled = Journaled {
            seq,
            leaf,
            recorded_at: at,
            received: &received,
        };
        Came::Receipt(exchange::receipt(&self.state, &self.kr.message, &self.kr.log, journaled).unwrap())
    }
}
