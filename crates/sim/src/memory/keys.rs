//! The keys of an authority in memory: made as those of a running one are, so that both give the same bytes.

use domain::partner::OperationalKey;
use exchange::{ExchangeKey, FileKey};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tlog::LogKey;

use super::wrong;
use crate::node::NodeError;

/// How long the operational key signs.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(24 * 730);

/// The secret keys.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Signs checkpoints, and cosigns those of partners.
    pub log: LogKey,
    /// Signs the key file.
    pub root: ExchangeKey,
    /// Signs messages and receipts.
    pub exchange: ExchangeKey,
    /// Reads files.
    pub files: FileKey,
}

impl Keys {
    /// The keys of an authority, each with a seed of its own.
    pub fn make(id: &str, of: &[u8; 32]) -> Result<Self, NodeError> {
        Ok(Self {
            log: log_key(id, seed(of, "log"))?,
            root: ExchangeKey::from_seed(seed(of, "root")).map_err(wrong)?,
            exchange: ExchangeKey::from_seed(seed(of, "exchange")).map_err(wrong)?,
            files: FileKey::from_seed(&seed(of, "files")).map_err(wrong)?,
        })
    }

    /// The key for messages, as the founding names it.
    pub fn operational(&self, at: Timestamp) -> Result<OperationalKey, NodeError> {
        Ok(OperationalKey {
            kid: self.exchange.kid().clone(),
            public: self.exchange.public(),
            valid_from: at,
            valid_until: at.checked_add(VALID_FOR).map_err(wrong)?,
        })
    }
}

fn seed(of: &[u8; 32], purpose: &str) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(of) else {
        // HMAC takes keys of any length.
        return *of;
    };
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The log's key; its origin holds eight hex digits of the key's own hash.
fn log_key(id: &str, seed: [u8; 32]) -> Result<LogKey, NodeError> {
    let key = LogKey::generate("countersign", seed).map_err(wrong)?;
    let verifier = key.verifier();
    let public = verifier.rsplit('+').next().unwrap_or_default();
    let hash: [u8; 32] = Sha256::digest(public).into();
    let short = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    LogKey::generate(&format!("countersign/{id}/{short:08x}"), seed).map_err(wrong)
}
