//! Names that people give to things: sites, batches, licences, persons.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize};

/// The longest id, in bytes.
pub const ID_BYTES_MAX: usize = 64;
/// The longest free text in an entry (a reason, a condition), in bytes.
pub const TEXT_BYTES_MAX: usize = 1000;

/// A name given by people: 1 to 64 printable ASCII characters without space, quote, backslash or colon.
/// The colon is kept for actors (`role:person`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(CompactString);

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id: use 1 to 64 printable ASCII characters without space, quote, backslash or colon")]
pub struct BadId {
    text: String,
}

impl Id {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let good = is_id(text);
        if good {
            Ok(Self(CompactString::from(text)))
        } else {
            Err(BadId {
                text: text.chars().take(80).collect(),
            })
        }
    }
}

/// Whether a text may be an id.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.bytes().all(is_id_byte)
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b':')
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(deserializer)?;
        let good = is_id(&text);
        if good {
            Ok(Self(text))
        } else {
            Err(serde::de::Error::custom(BadId {
                text: text.chars().take(80).collect(),
            }))
        }
    }
}

impl Deref for Id {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Free text in an entry, 1 to 1000 bytes, no control characters. It must not speak of persons: an entry is for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text(CompactString);

impl Text {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Id> for Text {
    fn from(id: &Id) -> Self {
        Self(id.0.clone())
    }
}

impl FromStr for Text {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let good = !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
        if good {
            Ok(Self(CompactString::from(text)))
        } else {
            Err("a text has 1 to 1000 bytes, not all blank, and no control characters".to_owned())
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CompactString::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
