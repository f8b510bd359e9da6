//! Messages between two authorities: the signed envelope as it is journaled, and what it says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::digest::{Digest, Signature};
use crate::id::Id;

/// The largest message, as a JWS compact string, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;

/// The largest body, in bytes: base64 makes four of three, and what stands around the body has its room.
pub const BODY_BYTES_MAX: usize = 18 * 1024;

/// A JSON document kept letter by letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// Keeps a text that is one JSON object.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.get().len() == text.len() && text.starts_with('{') {
            Ok(Self(text.into()))
        } else {
            Err("it is not one JSON object and nothing else".to_owned())
        }
    }

    /// Writes a value down.
    pub fn of(value: &impl Serialize) -> Result<Self, String> {
        serde_json::to_string(value)
            .map(|text| Self(text.into_boxed_str()))
            .map_err(|error| error.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads it as a value.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, String> {
        serde_json::from_str(&self.0).map_err(|error| error.to_string())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// A signed document as it is journaled: the three parts of a JWS compact string (RFC 7515) whose header is
/// `{"alg":"EdDSA","kid":"…"}` and nothing else, so that the exact bytes can be made of them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The name of the key.
    pub kid: Id,
    /// What is signed.
    pub payload: Json,
    /// The signature of the signing input.
    pub signature: Signature,
}

impl Signed {
    /// The bytes that are signed: header and payload in base64url, with a dot between them.
    pub fn signing_input(kid: &Id, payload: &Json) -> String {
        let header = format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}");
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload.as_str())
        )
    }

    /// The JWS compact string: the bytes that travel.
    pub fn compact(&self) -> String {
        let input = Self::signing_input(&self.kid, &self.payload);
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.signature.0))
    }

    /// The hash of the bytes that travel, by which a message is known.
    pub fn hash(&self) -> Digest {
        Digest::of(self.compact())
    }
}

/// The older tree that a checkpoint continues, and the proof of it (RFC 6962 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// The size of the older tree: that of the sender's last message to this receiver; 0 with the first.
    pub from_size: u64,
    /// The proof's hashes.
    pub hashes: Vec<Digest>,
}

/// What a message says: the payload of the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The form's version, 1.
    pub v: u8,
    /// The kind of the body.
    #[serde(rename = "type")]
    pub kind: Id,
    /// Its own id.
    pub id: Uuid,
    /// The case it belongs to; none if it belongs to none.
    pub case: Option<Id>,
    /// The authority that sends it.
    pub from: Id,
    /// The authority it is for.
    pub to: Id,
    /// 1, 2, … per sender and receiver.
    pub seq: u64,
    /// The hash of this sender's message before to this receiver.
    pub prev: Option<Digest>,
    /// The hash of the last message of the case that the sender has seen.
    pub seen: Option<Digest>,
    /// When it was signed.
    pub created: Timestamp,
    /// After this moment it is not accepted any more.
    pub not_after: Timestamp,
    /// What it is about, as its kind says.
    pub body: Json,
    /// The sender's latest checkpoint: a signed note.
    pub checkpoint: String,
    /// How the checkpoint continues the one before.
    pub consistency: Consistency,
}

/// How a message was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Taken {
    /// It is journaled, and what it says holds.
    Accepted,
    /// It is journaled, and refused for this reason.
    Refused {
        /// Stable code.
        code: Id,
    },
}

/// The signed answer to a message. It follows from the receiver's journal alone, bit by bit, so a message that comes
/// twice gets the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The form's version, 1.
    pub v: u8,
    /// The authority that gives it.
    pub from: Id,
    /// The authority whose message it is about.
    pub to: Id,
    /// The message's hash.
    pub of: Digest,
    /// The message's number.
    pub seq: u64,
    /// How it was taken.
    #[serde(flatten)]
    pub taken: Taken,
    /// The entry of the receiver's journal that holds it.
    pub entry: EntryRef,
    /// The size of the sender's checkpoint in the message.
    pub seen_size: u64,
    /// The receiver's cosignature of that checkpoint: a line of a signed note (C2SP tlog-cosignature).
    pub cosignature: String,
}

/// An entry of a log, by number and leaf hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRef {
    /// Its number.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Digest,
}
