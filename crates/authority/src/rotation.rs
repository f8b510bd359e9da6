//! A new key for messages: its secret is made here, and its key file signed where the root key is kept.

use domain::State;
use domain::digest::Bytes;
use domain::id::Id;
use domain::partner::{KeyFile, OperationalKey, Partner};
use exchange::{ExchangeKey, FileKey};
use jiff::{SignedDuration, Timestamp};

use crate::Authority;
use crate::error::AuthorityError;
use crate::keys::Keys;
use crate::place::Place;

/// For so many days a key for messages signs at most.
pub const KEY_DAYS_MAX: i64 = 1_826;

/// A key file with what is in force, to be changed and then signed where the root key is kept.
pub(crate) fn own_file(place: &Place, keys: &Keys, state: &State) -> Result<KeyFile, AuthorityError> {
    let text = |text: &str| text.parse().map_err(AuthorityError::Refused);
    let none = || AuthorityError::Refused("the journal names no key for messages".to_owned());
    let (founding, url) = (&state.founding, place.url());
    let in_force = state.own.file.as_ref();
    Ok(KeyFile {
        id: founding.id.clone(),
        name: founding.name.clone(),
        country: founding.country,
        province: founding.province.clone(),
        url: url.as_deref().map(text).transpose()?,
        log_key: text(state.log_key())?,
        cosignature_key: text(&keys.logs.find(state.log_key())?.cosignature_verifier())?,
        root: founding.root,
        key: state.own.keys.last().ok_or_else(none)?.key.clone(),
        issued: None,
        age: in_force.map_or_else(|| keys.first_recipient.clone(), |file| file.age.clone()),
        restarted: None,
        signature: Bytes([0; 64]),
    })
}

impl Authority {
    /// Makes the secrets of a new key for messages and of one for files, each from 32 random bytes, keeps them in `keys/`,
    /// and gives the key file that waits for the root key's signature. Nothing is signed with the one, and nobody encrypts
    /// to the other, before that file is installed.
    pub fn request_key(&self, at: Timestamp, seeds: [[u8; 32]; 2], days: i64) -> Result<KeyFile, AuthorityError> {
        let refused = |what: String| AuthorityError::Refused(what);
        if !(1..=KEY_DAYS_MAX).contains(&days) {
            return Err(refused(format!(
                "a key signs for 1 to {KEY_DAYS_MAX} days, not for {days}"
            )));
        }
        let [seed, for_files] = seeds;
        let key = ExchangeKey::from_seed(seed).map_err(|reject| refused(reject.says))?;
        let files = FileKey::from_seed(&for_files).map_err(|reject| refused(reject.says))?;
        // To the second: it is read by people.
        let from = Timestamp::from_second(at.as_second()).map_err(|error| refused(error.to_string()))?;
        let until = from
            .checked_add(SignedDuration::from_hours(24 * days))
            .map_err(|error| refused(error.to_string()))?;
        let mut file = own_file(&self.place, &self.keys, &self.state())?;
        file.key = OperationalKey {
            kid: key.kid().clone(),
            public: key.public(),
            valid_from: from,
            valid_until: until,
        };
        file.issued = Some(from);
        file.age = Some(files.recipient().clone());
        self.place.keep_exchange_key(&key)?;
        self.place.keep_file_key(&files)?;
        self.keys.exchange.add(key);
        self.keys.exchange.add_file_key(files);
        Ok(file)
    }

    /// The secret that signs the next message to a partner.
    pub(crate) fn key_now(&self, to: &Id, at: Timestamp) -> Result<ExchangeKey, String> {
        let kid = {
            let state = self.state();
            let partner = state.partners.get(to);
            let held = partner.and_then(|partner| partner.our_key_now(&state.own.keys, at));
            held.map(|held| held.key.kid.clone())
        };
        let none = || "key_unknown: no key of this authority signs now: make one with `countersign key request`";
        self.keys
            .exchange
            .find(&kid.ok_or_else(none)?)
            .map_err(|error| error.to_string())
    }

    /// The secret that signs the receipt for what is recorded as an entry.
    pub(crate) fn key_for(&self, from: &Id, entry: u64) -> Result<ExchangeKey, AuthorityError> {
        let kid = {
            let state = self.state();
            let told = |partner: &Partner| {
                partner
                    .our_key_for(&state.own.keys, entry)
                    .map(|held| held.key.kid.clone())
            };
            state.partners.get(from).and_then(told)
        };
        let none = || AuthorityError::Refused("no key of this authority is trusted: make a new one".to_owned());
        self.keys.exchange.find(&kid.ok_or_else(none)?)
    }
}
