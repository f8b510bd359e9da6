//! Key files, as authorities hand them to each other.

use serde::{Deserialize, Serialize};

use crate::crypto::{is_signed, sha256};
use crate::day::{DAY_SECONDS, Day, moment};
use crate::letters::{exactly, hex};
use crate::note::LogKey;
use crate::{Checked, Reason};

/// The longest key file, in bytes.
const BYTES_MAX: usize = 16 * 1024;

/// The fields that the root key signs, in their order.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: String,
    name: String,
    country: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    province: Option<Province>,
    url: Option<String>,
    log_key: String,
    cosignature_key: String,
    root: String,
    key: MessageKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restarted: Option<Restarted>,
    #[serde(skip_serializing)]
    signature: String,
}

/// A log that was continued no more before this one.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Restarted {
    log_key: String,
    size: u64,
    root: String,
}

/// Of an authority that is not for a whole country.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Province {
    id: String,
    speaks_abroad: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct MessageKey {
    kid: String,
    public: String,
    valid_from: String,
    valid_until: String,
}

/// A key file that its root key signed. Whether the root key is the authority's is for the fingerprint to show.
#[derive(Clone, Debug)]
pub struct KeyFile {
    pub(crate) id: String,
    pub(crate) country: String,
    pub(crate) log: LogKey,
    pub(crate) cosigner: LogKey,
    pub(crate) kid: String,
    pub(crate) public: [u8; 32],
    /// In seconds since 1970.
    valid_from: i64,
    valid_until: i64,
    /// What officers read to each other.
    pub(crate) fingerprint: String,
}

impl KeyFile {
    /// Reads a key file.
    pub fn read(text: &str) -> Checked<Self> {
        let bad = Reason::KeyFileBad;
        if text.len() > BYTES_MAX {
            return Err(Reason::TooLong);
        }
        let fields: Fields = serde_json::from_str(text).map_err(|_| bad)?;
        let signed = serde_json::to_string(&fields).map_err(|_| bad)?;
        let signed = format!("countersign-key-file/v1\n{signed}\n");
        let root = exactly(&fields.root).ok_or(bad)?;
        let signature = exactly::<64>(&fields.signature).ok_or(bad)?;
        if !is_signed(&root, signed.as_bytes(), &signature) {
            return Err(Reason::KeyFileForged);
        }
        let public: [u8; 32] = exactly(&fields.key.public).ok_or(bad)?;
        let kid = hex(sha256(&public).first_chunk::<8>().ok_or(bad)?);
        let (log, cosigner) = (LogKey::parse(&fields.log_key)?, LogKey::parse(&fields.cosignature_key)?);
        if kid != fields.key.kid || log.is_cosigner() || !cosigner.is_cosigner() {
            return Err(bad);
        }
        Ok(Self {
            id: fields.id,
            country: fields.country,
            log,
            cosigner,
            kid,
            public,
            valid_from: moment(&fields.key.valid_from).ok_or(bad)?,
            valid_until: moment(&fields.key.valid_until).ok_or(bad)?,
            fingerprint: fingerprint(&signed),
        })
    }

    /// The key of its log.
    pub fn log_key(&self) -> &LogKey {
        &self.log
    }

    /// What officers read to each other.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether the message key signs on a day.
    pub(crate) fn signs_on(&self, day: Day) -> bool {
        let days = self.valid_from.div_euclid(DAY_SECONDS)..=self.valid_until.div_euclid(DAY_SECONDS);
        days.contains(&day.0)
    }

    /// Whether the message key signs at a moment, in seconds since 1970.
    pub(crate) fn signs_at(&self, seconds: i64) -> bool {
        (self.valid_from..=self.valid_until).contains(&seconds)
    }
}

/// 128 bits of the hash of what the root key signs, in eight groups of four hexadecimal digits.
fn fingerprint(signed: &str) -> String {
    let hash = sha256(signed.as_bytes());
    let groups = hash.chunks(2).take(8).map(hex);
    groups.collect::<Vec<_>>().join("-")
}

/// The file of an authority; two of one authority with different keys are refused.
pub(crate) fn of<'a>(keys: &'a [KeyFile], id: &str) -> Checked<Option<&'a KeyFile>> {
    let mut known = keys.iter().filter(|file| file.id == id);
    let Some(first) = known.next() else {
        return Ok(None);
    };
    if known.any(|other| other.fingerprint != first.fingerprint) {
        return Err(Reason::KeyFilesClash);
    }
    Ok(Some(first))
}
