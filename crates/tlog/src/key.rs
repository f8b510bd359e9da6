//! Keys of logs and cosigners, and their texts (<https://c2sp.org/signed-note>, <https://c2sp.org/tlog-cosignature>).

use crate::Error;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, SignatureError, Signer as _, SigningKey, VerifyingKey};
use std::fmt;

/// The longest name of a log or cosigner, in bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// The longest key text: a name and less than 100 bytes around it.
const KEY_TEXT_BYTES_MAX: usize = NAME_BYTES_MAX + 100;

/// The signature type of plain Ed25519 in a signed note.
const TYPE_ED25519: u8 = 0x01;

/// The signature type of an Ed25519 cosignature with its time.
const TYPE_COSIGNATURE: u8 = 0x04;

/// What a private key text begins with, so that it is not mistaken for a public one.
const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

/// The signing key of a log, under the name that is also its origin.
///
/// The same key cosigns the checkpoints of other logs: what it signs then has a second line `time …`, where a
/// checkpoint has its size, so neither signature can pass for the other.
/// The secret is wiped from memory when the key is dropped, and never shown by [`Debug`](fmt::Debug).
#[derive(Clone)]
pub struct LogKey {
    name: String,
    secret: SigningKey,
}

impl LogKey {
    /// The key of the log `origin` with 32 secret random bytes as its Ed25519 seed (RFC 8032 §5.1.5).
    ///
    /// The origin should be a URL without scheme, such as `example.org/log`.
    pub fn generate(origin: &str, seed: [u8; 32]) -> Result<Self, Error> {
        check_name(origin)?;
        Ok(Self {
            name: origin.to_owned(),
            secret: SigningKey::from_bytes(&seed),
        })
    }

    /// Reads a private key text: `PRIVATE+KEY+<name>+<key id>+<base64 of type 0x01 and seed>`.
    pub fn parse(skey: &str) -> Result<Self, Error> {
        check_length(skey)?;
        let rest = skey
            .strip_prefix(PRIVATE_PREFIX)
            .ok_or(Error::KeyForm("it does not begin with PRIVATE+KEY+"))?;
        let (name, id, kind, seed) = parse_parts(rest)?;
        if kind != TYPE_ED25519 {
            return Err(Error::KeyType(kind));
        }
        let key = Self::generate(name, seed)?;
        if id != key.id() {
            return Err(Error::KeyId);
        }
        Ok(key)
    }

    /// The private key text, which [`parse`](Self::parse) reads. Whoever has it can sign as this log.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut key = vec![TYPE_ED25519];
        key.extend_from_slice(self.secret.as_bytes());
        format!(
            "{PRIVATE_PREFIX}{}+{:08x}+{}",
            self.name,
            self.id(),
            BASE64_STANDARD.encode(key)
        )
    }

    /// The name of the key, which is the origin of the log.
    pub fn origin(&self) -> &str {
        &self.name
    }

    /// The public key text for checkpoints of this log: `<name>+<key id>+<base64 of type 0x01 and key>`.
    #[must_use]
    pub fn verifier(&self) -> String {
        self.public(TYPE_ED25519).to_text()
    }

    /// The public key text for cosignatures by this key, of type 0x04.
    #[must_use]
    pub fn cosignature_verifier(&self) -> String {
        self.public(TYPE_COSIGNATURE).to_text()
    }

    /// The public key for checkpoints of this log.
    pub(crate) fn log_public(&self) -> PublicKey {
        self.public(TYPE_ED25519)
    }

    /// The public key for cosignatures.
    pub(crate) fn cosignature_public(&self) -> PublicKey {
        self.public(TYPE_COSIGNATURE)
    }

    /// The Ed25519 signature over `message`.
    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    fn public(&self, kind: u8) -> PublicKey {
        PublicKey {
            name: self.name.clone(),
            kind,
            key: self.secret.verifying_key(),
        }
    }

    fn id(&self) -> u32 {
        self.log_public().id()
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LogKey")
            .field("verifier", &self.verifier())
            .finish_non_exhaustive()
    }
}

impl signed_note::Signer for LogKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.sign_bytes(text).to_vec())
    }
}

/// A public key of a log or of a cosigner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    name: String,
    kind: u8,
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads a public key text of type 0x01 or 0x04.
    pub(crate) fn parse(vkey: &str) -> Result<Self, Error> {
        check_length(vkey)?;
        let (name, id, kind, bytes) = parse_parts(vkey)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Error::KeyForm("it is not a point of the curve"))?;
        if key.is_weak() {
            // Under a key of small order one signature fits many texts.
            return Err(Error::KeyForm("it is a weak key"));
        }
        let key = Self {
            name: name.to_owned(),
            kind,
            key,
        };
        if id == key.id() { Ok(key) } else { Err(Error::KeyId) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether this key signs checkpoints as a log, rather than cosigning them.
    pub(crate) fn is_log(&self) -> bool {
        self.kind == TYPE_ED25519
    }

    /// The key id: the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key).
    pub(crate) fn id(&self) -> u32 {
        signed_note::key_id(&self.name, &self.typed_bytes())
    }

    fn to_text(&self) -> String {
        format!(
            "{}+{:08x}+{}",
            self.name,
            self.id(),
            BASE64_STANDARD.encode(self.typed_bytes())
        )
    }

    fn typed_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.kind];
        bytes.extend_from_slice(self.key.as_bytes());
        bytes
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        self.key.verify_strict(message, &signature).is_ok()
    }
}

impl signed_note::Verifier for PublicKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        if self.is_log() {
            return self.verifies(text, signature);
        }
        let Some((at, signature)) = split_time(signature) else {
            return false;
        };
        self.verifies(&cosigned_message(at, text), signature)
    }
}

/// What a cosigner signs: the header and time lines, then the text of the checkpoint (C2SP tlog-cosignature).
pub(crate) fn cosigned_message(at_unix_seconds: u64, text: &[u8]) -> Vec<u8> {
    let mut message = format!("cosignature/v1\ntime {at_unix_seconds}\n").into_bytes();
    message.extend_from_slice(text);
    message
}

/// The time of a cosignature and the Ed25519 signature after it; none if the time is out of its range.
pub(crate) fn split_time(signature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = signature.split_first_chunk::<8>()?;
    let at = u64::from_be_bytes(*time);
    i64::try_from(at).ok().map(|_| (at, signature))
}

/// Whether a name can stand in a signature line: 1 to 255 bytes, no Unicode space, no plus, no control character.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let fits = name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control);
    if fits && signed_note::is_key_name_valid(name) {
        Ok(())
    } else {
        Err(Error::NameForm)
    }
}

fn check_length(text: &str) -> Result<(), Error> {
    if text.len() > KEY_TEXT_BYTES_MAX {
        return Err(Error::TooLong {
            what: "key text",
            bytes: text.len(),
            bytes_max: KEY_TEXT_BYTES_MAX,
        });
    }
    Ok(())
}

/// The name, key id, type (0x01 or 0x04) and 32 key bytes of `<name>+<key id>+<base64>`.
fn parse_parts(text: &str) -> Result<(&str, u32, u8, [u8; 32]), Error> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::KeyForm("it does not have a name, a key id and a key"));
    };
    check_name(name)?;
    let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let parsed_id = u32::from_str_radix(id, 16)
        .ok()
        .filter(|_| id.len() == 8 && id.bytes().all(is_lower_hex));
    let id = parsed_id.ok_or(Error::KeyForm("the key id is not eight hexadecimal digits"))?;
    let bytes = BASE64_STANDARD
        .decode(key)
        .map_err(|_| Error::KeyForm("the key is not base64"))?;
    let (kind, bytes) = bytes.split_first().ok_or(Error::KeyForm("the key is empty"))?;
    if *kind != TYPE_ED25519 && *kind != TYPE_COSIGNATURE {
        // The length of the key depends on a type that is not known here.
        return Err(Error::KeyType(*kind));
    }
    let bytes = bytes
        .try_into()
        .map_err(|_| Error::KeyForm("the key does not have 32 bytes"))?;
    Ok((name, id, *kind, bytes))
}
