//! The message keys of one authority: the one that signs now, and those before it, for what they signed stays signed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{OperationalKey, Partner};

/// So long an old key may still sign after a new one was taken.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A message key, and for how long it is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldKey {
    /// The key.
    pub key: OperationalKey,
    /// The entry with which it became known.
    pub entry: u64,
    /// The last moment at which it signs: its own end, or that of the overlap with the key after it.
    pub until: Timestamp,
    /// Since when it is not to be trusted, as its root key said.
    pub untrusted_since: Option<Timestamp>,
}

impl HeldKey {
    /// Whether a message may be signed with it, or taken, at a moment.
    pub fn is_good_at(&self, at: Timestamp) -> bool {
        self.untrusted_since.is_none() && self.signs_at(at)
    }

    /// Whether a moment lies in its time, whatever was said of it since.
    pub fn signs_at(&self, at: Timestamp) -> bool {
        self.key.valid_from <= at && at <= self.until
    }

    /// Whether what it signed, and what was recorded at a moment, is still believed.
    pub fn is_believed_of(&self, recorded_at: Timestamp) -> bool {
        self.untrusted_since.is_none_or(|since| recorded_at < since)
    }
}

/// All message keys of one authority, oldest first. None is ever forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keychain(Vec<HeldKey>);

impl Keychain {
    /// The first key.
    pub(crate) fn new(key: OperationalKey, entry: u64) -> Self {
        let mut keys = Self(Vec::with_capacity(1));
        keys.push(key, entry);
        keys
    }

    fn push(&mut self, key: OperationalKey, entry: u64) {
        let until = key.valid_until;
        self.0.push(HeldKey {
            key,
            entry,
            until,
            untrusted_since: None,
        });
    }

    /// A key by its name.
    pub fn get(&self, kid: &str) -> Option<&HeldKey> {
        self.0.iter().find(|held| held.key.kid.as_str() == kid)
    }

    /// All keys, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &HeldKey> {
        self.0.iter()
    }

    /// The key that was taken last.
    pub fn last(&self) -> Option<&HeldKey> {
        self.0.last()
    }

    /// The newest key that signs at a moment.
    pub fn good_at(&self, at: Timestamp) -> Option<&HeldKey> {
        self.iter().rev().find(|held| held.is_good_at(at))
    }

    /// The newest key that nothing was said against, whether its time has come, or has gone, or not.
    fn newest_trusted(&self) -> Option<&HeldKey> {
        self.iter().rev().find(|held| held.untrusted_since.is_none())
    }

    /// The key that signed what was recorded as an entry at a moment: of those known then, the newest in its time.
    pub fn then(&self, entry: u64, at: Timestamp) -> Option<&HeldKey> {
        self.iter().rev().find(|held| held.entry <= entry && held.signs_at(at))
    }

    /// Takes a new key; those before it end with the overlap at the latest.
    pub(crate) fn install(&mut self, key: OperationalKey, entry: u64, at: Timestamp) {
        let end = at.checked_add(OVERLAP).unwrap_or(Timestamp::MAX);
        for held in &mut self.0 {
            held.until = held.until.min(end);
        }
        self.push(key, entry);
    }

    /// Believes a key no more since a moment.
    pub(crate) fn distrust(&mut self, kid: &str, since: Timestamp) {
        let named = |held: &&mut HeldKey| held.key.kid.as_str() == kid;
        if let Some(held) = self.0.iter_mut().find(named) {
            held.untrusted_since = Some(since);
        }
    }
}

impl Partner {
    /// The key of ours that signs the next message to this partner: the one it has been told, or the newest where that
    /// one signs no more.
    pub fn our_key_now<'a>(&self, ours: &'a Keychain, at: Timestamp) -> Option<&'a HeldKey> {
        let told = self.told.last().and_then(|(_, kid)| ours.get(kid));
        told.filter(|held| held.is_good_at(at)).or_else(|| ours.good_at(at))
    }

    /// The key of ours that signs the receipt for a message of this partner that is recorded as an entry: the one it had
    /// been told by then, unless that one is not trusted any more. The same whenever the receipt is asked for.
    pub fn our_key_for<'a>(&self, ours: &'a Keychain, entry: u64) -> Option<&'a HeldKey> {
        let then = self.told.iter().rev().find(|(told, _)| *told <= entry);
        let told = then.or(self.told.first()).and_then(|(_, kid)| ours.get(kid));
        told.filter(|held| held.untrusted_since.is_none())
            .or_else(|| ours.newest_trusted())
    }
}
