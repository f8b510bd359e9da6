//! A partner that is nothing but its keys and a tree: it sends whatever a test wants, with or without right.

use authority::Authority;
use domain::digest::{Bytes, Digest};
use domain::partner::{Consistency, Json, KeyFile, Message, OperationalKey};
use exchange::{About, ExchangeKey};
use jiff::Timestamp;
use tlog::{Checkpoint, LogKey, Tree};

use crate::{after, start};

pub struct Peer {
    pub key: ExchangeKey,
    pub log: LogKey,
    pub root: ExchangeKey,
    leaves: Vec<tlog::Hash>,
}

/// What a peer is about to send; a test changes what it likes.
pub struct Letter {
    pub message: Message,
    pub key: ExchangeKey,
}

impl Letter {
    pub fn bytes(&self) -> Vec<u8> {
        let payload = Json::of(&self.message).unwrap();
        exchange::sign(&self.key, payload).compact().into_bytes()
    }

    pub fn hash(&self) -> Digest {
        Digest::of(self.bytes())
    }
}

/// The hashes of a log that is all in memory.
struct Leaves<'a>(&'a [tlog::Hash]);

impl tlog::Hashes for Leaves<'_> {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
        Ok(self.0[from..to.min(self.0.len())].to_vec())
    }

    fn tile(&self, _: u8, _: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        Ok(None)
    }
}

impl Peer {
    pub fn new(seed: u8) -> Self {
        Self {
            key: ExchangeKey::from_seed([seed; 32]).unwrap(),
            log: LogKey::generate("peer.example/log", [seed; 32]).unwrap(),
            root: ExchangeKey::from_seed([seed + 1; 32]).unwrap(),
            leaves: Vec::new(),
        }
    }

    pub fn key_file(&self) -> KeyFile {
        let about = About {
            id: "KR".parse().unwrap(),
            name: "A partner".parse().unwrap(),
            country: domain::country::Country::parse("KR").unwrap(),
            province: None,
            url: None,
            log_key: self.log.verifier().parse().unwrap(),
            cosignature_key: self.log.cosignature_verifier().parse().unwrap(),
            key: OperationalKey {
                kid: self.key.kid().clone(),
                public: self.key.public(),
                valid_from: start(),
                valid_until: after(400),
            },
            age: None,
        };
        exchange::key_file(&self.root, about)
    }

    /// Its log has so many entries from now on.
    pub fn grow(&mut self, size: u8) {
        let number = u8::try_from(self.leaves.len()).unwrap();
        self.leaves
            .extend((number..size).map(|entry| tlog::leaf_hash(&[entry])));
    }

    /// Its log has other entries from now on.
    pub fn fork(&mut self, size: u8) {
        self.leaves = (0..size).map(|entry| tlog::leaf_hash(&[entry, 1])).collect();
    }

    pub fn note(&self) -> String {
        let mut tree = Tree::new();
        self.leaves.iter().for_each(|leaf| tree.append(leaf));
        let (size, root) = (tree.size(), tree.root());
        let origin = self.log.origin().to_owned();
        tlog::sign(&Checkpoint { origin, size, root }, &self.log).unwrap()
    }

    pub fn proof(&self, from: u64) -> Consistency {
        let size = u64::try_from(self.leaves.len()).unwrap();
        let proof = tlog::consistency_proof(&Leaves(&self.leaves), from, size).unwrap_or_default();
        Consistency {
            from_size: from,
            hashes: proof.into_iter().map(Bytes).collect(),
        }
    }

    /// The message with this number, as it should be: after `prev`, whose checkpoint had `from` entries.
    pub fn letter(&self, seq: u64, prev: Option<&Letter>, from: u64, at: Timestamp) -> Letter {
        let id = u128::from(seq) << 64 | 0x7000_8000_0000_0000_0000;
        Letter {
            message: Message {
                v: 1,
                kind: "greeting".parse().unwrap(),
                id: uuid::Uuid::from_u128(id),
                case: None,
                from: "KR".parse().unwrap(),
                to: "CN".parse().unwrap(),
                seq,
                prev: prev.map(Letter::hash),
                seen: None,
                created: at,
                not_after: after(90),
                body: Json::parse("{}").unwrap(),
                checkpoint: self.note(),
                consistency: self.proof(from),
            },
            key: self.key.clone(),
        }
    }
}

/// How many entries an authority has.
pub fn size(authority: &Authority) -> u64 {
    authority.state().size
}
