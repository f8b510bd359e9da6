//! The keys of an authority: its log's, its root, and the one that signs its messages.

use domain::State;
use domain::digest::PublicKey;
use domain::id::Id;
use domain::partner::OperationalKey;
use exchange::{ExchangeKey, FileKey};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tlog::LogKey;

use crate::NewAuthority;
use crate::error::AuthorityError;
use crate::ring::Ring;

/// How long the first operational key signs.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(24 * 730);

/// The secret keys of its logs: a log has its own, and another one if it starts anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs(pub Vec<LogKey>);

impl Logs {
    /// The secret of a verifier key.
    pub fn get(&self, verifier: &str) -> Option<&LogKey> {
        self.0.iter().find(|key| key.verifier() == verifier)
    }

    /// The same; refused if it is not in `keys/`.
    pub fn find(&self, verifier: &str) -> Result<&LogKey, AuthorityError> {
        let missing = || AuthorityError::Broken(format!("the secret of the log key {verifier} is not in keys/"));
        self.get(verifier).ok_or_else(missing)
    }
}

/// The secret keys.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Sign checkpoints, and cosign those of partners: the log's key, and those of logs before and after it.
    pub logs: Logs,
    /// Signs the key file; none if it is kept elsewhere.
    pub root: Option<ExchangeKey>,
    /// Sign messages and receipts, and read files.
    pub exchange: Ring,
    /// What files for it are encrypted to, as its first key file says; none if it was founded before there were any.
    pub first_recipient: Option<Id>,
}

impl Keys {
    /// The keys of a new authority: each has a seed of its own, so that none leads to another.
    pub fn make(new: &NewAuthority) -> Result<Self, AuthorityError> {
        let key = |purpose| ExchangeKey::from_seed(seed(&new.key_seed, purpose)).map_err(refused);
        let exchange = Ring::default();
        exchange.add(Self::first_exchange(new)?);
        let files = Self::first_file_key(new)?;
        let first_recipient = Some(files.recipient().clone());
        exchange.add_file_key(files);
        Ok(Self {
            logs: Logs(vec![log_key(new)?]),
            root: Some(key("root")?),
            exchange,
            first_recipient,
        })
    }

    /// The first key for files of a new authority.
    pub fn first_file_key(new: &NewAuthority) -> Result<FileKey, AuthorityError> {
        FileKey::from_seed(&seed(&new.key_seed, "files")).map_err(refused)
    }

    /// The first key for messages of a new authority.
    pub fn first_exchange(new: &NewAuthority) -> Result<ExchangeKey, AuthorityError> {
        ExchangeKey::from_seed(seed(&new.key_seed, "exchange")).map_err(refused)
    }

    /// The root key of a new authority.
    pub fn new_root(&self) -> Result<PublicKey, AuthorityError> {
        let missing = || AuthorityError::Refused("a new authority needs its root key".to_owned());
        self.root.as_ref().map(ExchangeKey::public).ok_or_else(missing)
    }

    /// The key for messages of a new authority, as the founding names it.
    pub fn operational(new: &NewAuthority, at: Timestamp) -> Result<OperationalKey, AuthorityError> {
        let key = Self::first_exchange(new)?;
        Ok(OperationalKey {
            kid: key.kid().clone(),
            public: key.public(),
            valid_from: at,
            valid_until: at
                .checked_add(VALID_FOR)
                .map_err(|error| AuthorityError::Refused(error.to_string()))?,
        })
    }

    /// They must be the ones that the journal names. Of the keys for messages the newest must be here; those before it
    /// sign what belongs to their time.
    pub fn check(&self, state: &State) -> Result<(), AuthorityError> {
        let wrong = |which: &str| {
            let what = format!("the {which} key in keys/ is not the one the journal names");
            Err(AuthorityError::Broken(what))
        };
        if self.logs.get(state.log_key()).is_none() {
            return wrong("log");
        }
        let newest = state.own.keys.last().map(|held| &held.key);
        let held = newest.and_then(|key| self.exchange.get(&key.kid));
        if held.map(|held| held.public()) != newest.map(|key| key.public) {
            return wrong("exchange");
        }
        if self
            .root
            .as_ref()
            .is_some_and(|root| root.public() != state.founding.root)
        {
            return wrong("root");
        }
        Ok(())
    }
}

fn refused(reject: exchange::Reject) -> AuthorityError {
    AuthorityError::Refused(reject.says)
}

/// The seed of one key: HMAC-SHA-256 of its purpose under the authority's seed.
fn seed(of: &[u8; 32], purpose: &str) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(of) else {
        // HMAC takes keys of any length.
        return *of;
    };
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The log's key; its origin holds eight hex digits of the key's own hash, so that no two authorities share one.
fn log_key(new: &NewAuthority) -> Result<LogKey, AuthorityError> {
    let seed = seed(&new.key_seed, "log");
    match &new.origin {
        Some(origin) => Ok(LogKey::generate(origin, seed)?),
        None => named_log_key(&new.id, seed),
    }
}

/// A log's key whose origin names the authority and eight hex digits of the key's own hash.
pub(crate) fn named_log_key(id: &str, seed: [u8; 32]) -> Result<LogKey, AuthorityError> {
    let key = LogKey::generate("countersign", seed)?;
    let verifier = key.verifier();
    let public = verifier.rsplit('+').next().unwrap_or_default();
    let hash: [u8; 32] = Sha256::digest(public.as_bytes()).into();
    let short = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    Ok(LogKey::generate(&format!("countersign/{id}/{short:08x}"), seed)?)
}
