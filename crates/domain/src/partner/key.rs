//! Key files: who a partner authority is, and the keys with which it signs. They are handed over out of band.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::authority::Province;
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

/// A log that is continued no more: its last entries are lost, and another log begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restarted {
    /// The verifier key of the log that ended.
    pub log_key: Text,
    /// The size of its last checkpoint that anybody is known to have seen.
    pub size: u64,
    /// The root of that checkpoint.
    pub root: Digest,
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
    /// The province whose competent authority it is; left out by that of a whole country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<Province>,
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
    /// When it was made; left out of an authority's first file, which is as old as its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub issued: Option<Timestamp>,
    /// The age recipient (X25519) to which files for it are encrypted; left out if it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Id>,
    /// The log that this one's replaces, because entries of it are lost for good; left out by all other files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted: Option<Restarted>,
    /// The root key's signature of a heading and the other fields.
    pub signature: Signature,
}

impl KeyFile {
    /// Whether this authority speaks for its country with those of others.
    pub fn speaks_abroad(&self) -> bool {
        self.province.as_ref().is_none_or(|province| province.speaks_abroad)
    }

    /// How old it is: when it was made, or when its key begins.
    pub fn issued_at(&self) -> Timestamp {
        self.issued.unwrap_or(self.key.valid_from)
    }

    /// What the root key signs: a heading, then the file without its signature, as JSON on one line.
    pub fn signed_text(&self) -> String {
        let Self {
            id,
            name,
            country,
            province,
            url,
            log_key,
            cosignature_key,
            root,
            key,
            issued,
            age,
            restarted,
            signature: _,
        } = self;
        let unsigned = Unsigned {
            id,
            name,
            country: *country,
            province,
            url,
            log_key,
            cosignature_key,
            root,
            key,
            issued: *issued,
            age,
            restarted,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    province: &'a Option<Province>,
    url: &'a Option<Text>,
    log_key: &'a Text,
    cosignature_key: &'a Text,
    root: &'a PublicKey,
    key: &'a OperationalKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: &'a Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restarted: &'a Option<Restarted>,
}

/// Says of a message key that it is not to be trusted since a moment, signed with the root key.
///
/// It comes as a file that two persons take, and never over the key that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UntrustedKey {
    /// The authority whose key it is.
    pub id: Id,
    /// The key's name.
    pub kid: Id,
    /// Since when it is not to be trusted: what others had recorded of it before stays valid.
    #[schemars(with = "Moment")]
    pub since: Timestamp,
    /// The authority's root key.
    pub root: PublicKey,
    /// The root key's signature of a heading and the other fields.
    pub signature: Signature,
}

impl UntrustedKey {
    /// What the root key signs: a heading, then the statement without its signature, as JSON on one line.
    pub fn signed_text(&self) -> String {
        #[derive(Serialize)]
        struct Unsigned<'a> {
            id: &'a Id,
            kid: &'a Id,
            since: Timestamp,
            root: &'a PublicKey,
        }
        let Self {
            id, kid, since, root, ..
        } = self;
        let since = *since;
        let fields = serde_json::to_string(&Unsigned { id, kid, since, root }).unwrap_or_default();
        format!("countersign-untrusted-key/v1\n{fields}\n")
    }
}

/// Keeps a key file in the state as its JSON text: a field that is left out of the text is left out there too.
pub(crate) mod as_text {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(file: &T, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(file).map_err(S::Error::custom)?;
        serializer.serialize_str(&text)
    }

    pub fn deserialize<'de, T: serde::de::DeserializeOwned, D: Deserializer<'de>>(reader: D) -> Result<T, D::Error> {
        let text = String::deserialize(reader)?;
        serde_json::from_str(&text).map_err(D::Error::custom)
    }
}
