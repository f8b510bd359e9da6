//! Key files: who a partner authority is, and the keys with which it signs. They are handed over out of band.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::digest::{Digest, PublicKey, Signature};
use crate::id::{Id, Text};
use crate::schema::Moment;

/// A key with which an authority signs its messages for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationalKey {
    /// Its name in a message's header: the first 16 hexadecimal digits of the SHA-256 hash of its 32 bytes.
    pub kid: Id,
    /// The key.
    pub public: PublicKey,
    /// From when on it signs.
    #[schemars(with = "Moment")]
    pub valid_from: Timestamp,
    /// Until when.
    #[schemars(with = "Moment")]
    pub valid_until: Timestamp,
}

impl OperationalKey {
    /// Whether a message may be signed with it at a moment.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.valid_from <= at && at <= self.valid_until
    }

    /// Whether its name is that of its bytes.
    pub fn is_named_right(&self) -> bool {
        self.kid.as_str() == kid(&self.public)
    }
}

/// The name of a key in a message's header.
pub fn kid(public: &PublicKey) -> String {
    hex(&Digest::of(public.0).0, 8)
}

/// The first bytes of a hash in hexadecimal digits.
fn hex(bytes: &[u8], count: usize) -> String {
    let mut digits = String::with_capacity(2 * count);
    for byte in bytes.iter().take(count) {
        let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
        digits.push(digit(byte >> 4));
        digits.push(digit(byte & 15));
    }
    digits
}

/// What an authority tells a partner of itself, signed with its root key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// Its id in the exchange.
    pub id: Id,
    /// Its name.
    pub name: Text,
    /// The country it is the competent authority of.
    pub country: Country,
    /// Where it takes messages; none if it can only be reached by files.
    pub url: Option<Text>,
    /// The verifier key of its log, as in a signed note.
    pub log_key: Text,
    /// The verifier key of its cosignatures.
    pub cosignature_key: Text,
    /// Its root key, which signs this file and is kept offline.
    pub root: PublicKey,
    /// The key that signs its messages.
    pub key: OperationalKey,
    /// The root key's signature of a heading and the other fields.
    pub signature: Signature,
}

impl KeyFile {
    /// What the root key signs: a heading, then the file without its signature, as JSON on one line.
    pub fn signed_text(&self) -> String {
        let Self {
            id,
            name,
            country,
            url,
            log_key,
            cosignature_key,
            root,
            key,
            signature: _,
        } = self;
        let unsigned = Unsigned {
            id,
            name,
            country: *country,
            url,
            log_key,
            cosignature_key,
            root,
            key,
        };
        let fields = serde_json::to_string(&unsigned).unwrap_or_default();
        format!("countersign-key-file/v1\n{fields}\n")
    }

    /// What two officers read to each other over another channel: 128 bits of the hash of the signed text, in eight
    /// groups of four hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let digits = hex(&Digest::of(self.signed_text()).0, 16);
        let mut groups = String::with_capacity(39);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                groups.push('-');
            }
            groups.push(digit);
        }
        groups
    }
}

/// A key file without its signature, in the order of its fields.
#[derive(Serialize)]
struct Unsigned<'a> {
    id: &'a Id,
    name: &'a Text,
    country: Country,
    url: &'a Option<Text>,
    log_key: &'a Text,
    cosignature_key: &'a Text,
    root: &'a PublicKey,
    key: &'a OperationalKey,
}
