//! Two authorities with their keys: we are CN, the partner is KR. Each knows the other.

use domain::access::Actor;
use domain::authority::Founding;
use domain::digest::Bytes;
use domain::partner::{
    InstallKeyFile, KeyFile, MessageQueued, MessageReceived, OperationalKey, PartnerPaired, ReceiveMessage, Restarted,
    SignMessage,
};
use domain::trade::{Cancellation, Notice};
use domain::{Entry, Event, State};
use exchange::{About, Draft, ExchangeKey, compose};
use jiff::{SignedDuration, Timestamp};
use tlog::{Checkpoint, LogKey, Tree};
use uuid::Uuid;

pub fn now() -> Timestamp {
    "2024-03-01T08:00:00Z".parse().unwrap()
}

pub fn days(days: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

/// The keys and the state of one authority.
pub struct Side {
    pub id: &'static str,
    pub root: ExchangeKey,
    pub key: ExchangeKey,
    pub log: LogKey,
    pub state: State,
}

impl Side {
    fn new(id: &'static str, seed: u8) -> Self {
        let root = ExchangeKey::from_seed([seed; 32]).unwrap();
        let key = ExchangeKey::from_seed([seed + 1; 32]).unwrap();
        let log = LogKey::generate(&format!("{}.example/log", id.to_lowercase()), [seed + 2; 32]).unwrap();
        let founding = Founding {
            id: id.parse().unwrap(),
            name: "A competent authority".parse().unwrap(),
            country: domain::country::Country::parse(id).unwrap(),
            province: None,
            zone: "UTC".parse().unwrap(),
            books_from: "2024-01-01".parse().unwrap(),
            origin: log.origin().parse().unwrap(),
            log_key: log.verifier().parse().unwrap(),
            root: root.public(),
            key: OperationalKey {
                kid: key.kid().clone(),
                public: key.public(),
                valid_from: days(-50),
                valid_until: days(300),
            },
            administrators: ["a".parse().unwrap(), "b".parse().unwrap()],
        };
        let state = State::found(&entry(0, Event::AuthorityFounded(Box::new(founding)))).unwrap();
        Self {
            id,
            root,
            key,
            log,
            state,
        }
    }

    pub fn about(&self) -> About {
        About {
            id: self.id.parse().unwrap(),
            name: "A competent authority".parse().unwrap(),
            country: self.state.founding.country,
            province: None,
            url: Some("https://authority.example:8443/countersign".parse().unwrap()),
            log_key: self.log.verifier().parse().unwrap(),
            cosignature_key: self.log.cosignature_verifier().parse().unwrap(),
            key: self.state.founding.key.clone(),
            age: None,
        }
    }

    pub fn key_file(&self) -> KeyFile {
        exchange::key_file(&self.root, self.about())
    }

    /// The key file of another log, which takes the place of this side's from now on.
    pub fn restart(&mut self) -> KeyFile {
        let mut file = self.key_file();
        file.restarted = Some(Restarted {
            log_key: file.log_key,
            size: 9,
            root: leaf(9),
        });
        let name = format!("{}.example/again", self.id.to_lowercase());
        self.log = LogKey::generate(&name, [99; 32]).unwrap();
        file.log_key = self.log.verifier().parse().unwrap();
        file.cosignature_key = self.log.cosignature_verifier().parse().unwrap();
        file.issued = Some(now());
        exchange::sign_key_file(&self.root, file).unwrap()
    }

    pub fn install(&mut self, file: &KeyFile) {
        let (file, fingerprint) = (file.clone(), None);
        self.record(Event::KeyFileInstalled(Box::new(InstallKeyFile { file, fingerprint })));
    }

    pub fn record(&mut self, event: Event) -> u64 {
        let seq = self.state.size;
        self.state.apply(&entry(seq, event)).unwrap();
        seq
    }

    pub fn note(&self, size: u8) -> String {
        note(&self.log, size)
    }

    /// Queues a message for the partner and signs it, without recording it.
    pub fn compose(&mut self, size: u8, at: Timestamp) -> SignMessage {
        let to = if self.id == "CN" { "KR" } else { "CN" };
        let notice = notice(u8::try_from(self.state.size % 200).unwrap());
        let queued = MessageQueued {
            to: to.parse().unwrap(),
            case: None,
            notice: notice.clone(),
        };
        self.record(Event::MessageQueued(Box::new(queued)));
        let partner = self.state.partners.get(to).unwrap();
        let queued = partner.queue.front().unwrap();
        let checkpoint = self.note(size);
        let from = partner.sent.map_or(0, |last| last.head.size);
        let draft = Draft {
            to: partner,
            queued,
            notice: &notice,
            checkpoint: &checkpoint,
            proof: tlog::consistency_proof(&Leaves, from, u64::from(size)).unwrap(),
            id: Uuid::from_u128(u128::from(queued.entry)),
            now: at,
        };
        compose(&self.state, &self.key, draft).unwrap()
    }

    /// Signs and records a message.
    pub fn send(&mut self, size: u8, at: Timestamp) -> SignMessage {
        let message = self.compose(size, at);
        self.record(Event::MessageSigned(Box::new(message.clone())));
        message
    }

    pub fn take(&mut self, message: ReceiveMessage) -> (u64, MessageReceived) {
        let received = MessageReceived {
            from: message.from,
            head: message.head,
            message: message.message,
            refused: Some("unknown_kind".parse().unwrap()),
        };
        let seq = self.record(Event::MessageReceived(Box::new(received.clone())));
        (seq, received)
    }
}

fn entry(seq: u64, event: Event) -> Entry {
    Entry {
        seq,
        recorded_at: now(),
        recorded_on: "2024-03-01".parse().unwrap(),
        actor: Actor::node(),
        command_id: Uuid::from_u128(u128::from(seq) + 1),
        command_hash: [0; 32],
        salt: [0; 16],
        event,
    }
}

pub fn notice(number: u8) -> Notice {
    Notice::AuthorizationCancelled(Box::new(Cancellation {
        number: format!("IC-{number}").parse().unwrap(),
        reason: "the importer has withdrawn".parse().unwrap(),
    }))
}

/// Both logs have the same leaves.
pub struct Leaves;

impl tlog::Hashes for Leaves {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok((from..to).map(|entry| tlog::leaf_hash(&entry.to_be_bytes())).collect())
    }

    fn tile(&self, _: u8, _: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        Ok(None)
    }
}

pub fn note(key: &LogKey, size: u8) -> String {
    let mut tree = Tree::new();
    (0..u64::from(size)).for_each(|entry| tree.append(&tlog::leaf_hash(&entry.to_be_bytes())));
    let (origin, size, root) = (key.origin().to_owned(), tree.size(), tree.root());
    tlog::sign(&Checkpoint { origin, size, root }, key).unwrap()
}

/// CN and KR, each with the other as its partner.
pub fn two() -> (Side, Side) {
    let (mut cn, mut kr) = (Side::new("CN", 10), Side::new("KR", 20));
    let (of_cn, of_kr) = (cn.key_file(), kr.key_file());
    cn.record(Event::PartnerPaired(Box::new(PartnerPaired { file: of_kr })));
    kr.record(Event::PartnerPaired(Box::new(PartnerPaired { file: of_cn })));
    (cn, kr)
}

pub fn leaf(seq: u64) -> domain::digest::Digest {
    Bytes(tlog::leaf_hash(&seq.to_be_bytes()))
}
