//! The secrets of the keys for messages and for files: those that are in force or were, and those that wait for the root
//! key's signature.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::partner::Keychain;
use exchange::{ExchangeKey, FileKey};

use crate::error::AuthorityError;

/// Secrets by the names of their keys. All clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ring(Arc<RwLock<Held>>);

#[derive(Debug, Default)]
struct Held {
    /// By the name of the key.
    messages: BTreeMap<String, ExchangeKey>,
    /// By the recipient in the key file.
    files: BTreeMap<String, FileKey>,
}

impl Ring {
    /// Adds a secret.
    pub fn add(&self, key: ExchangeKey) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.messages.insert(key.kid().to_string(), key);
    }

    /// Adds the secret of a key for files.
    pub fn add_file_key(&self, key: FileKey) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.files.insert(key.recipient().to_string(), key);
    }

    /// The secrets of all keys for files: a file may have been long on its way.
    pub fn file_keys(&self) -> Vec<FileKey> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.files.values().cloned().collect()
    }

    /// Whether files that are encrypted to a recipient can be read here.
    pub fn reads(&self, recipient: &str) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.files.contains_key(recipient)
    }

    /// The secret of a key.
    pub fn get(&self, kid: &str) -> Option<ExchangeKey> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.messages.get(kid).cloned()
    }

    /// The secret of a key that is needed; refused if it is not here.
    pub fn find(&self, kid: &str) -> Result<ExchangeKey, AuthorityError> {
        let missing = || AuthorityError::Refused(format!("the secret of the key {kid} is not in keys/: bring it back"));
        self.get(kid).ok_or_else(missing)
    }

    /// Secret bytes for another purpose than signing, of the newest key that is here.
    pub fn derive(&self, keys: &Keychain, purpose: &str, of: &[u8]) -> [u8; 32] {
        let newest = keys.iter().rev().find_map(|held| self.get(&held.key.kid));
        newest.map_or([0; 32], |key| key.derive(purpose, of))
    }
}
