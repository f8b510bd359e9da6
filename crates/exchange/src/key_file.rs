//! Key files: what two authorities hand over out of band before the first message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::authority::Province;
use domain::country::Country;
use domain::digest::Bytes;
use domain::id::{Id, Text};
use domain::partner::{KeyFile, OperationalKey, UntrustedKey};
use jiff::Timestamp;

use crate::key::{ExchangeKey, strong, verify_bytes};
use crate::reject::{KEY_FILE_BAD, Reject};
use crate::sealed::is_recipient;

/// The longest key file that is read.
pub const KEY_FILE_BYTES_MAX: usize = 16 * 1024;

/// The type of a log's key and of a cosigner's key in a signed note.
const TYPE_LOG: u8 = 0x01;
const TYPE_COSIGNER: u8 = 0x04;

/// What an authority says of itself in its key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its id in the exchange.
    pub id: Id,
    /// Its name.
    pub name: Text,
    /// The country it is the competent authority of.
    pub country: Country,
    /// The province whose competent authority it is; none if it is that of the whole country.
    pub province: Option<Province>,
    /// Where it takes messages; none if it can only be reached by files.
    pub url: Option<Text>,
    /// The verifier key of its log, as in a signed note.
    pub log_key: Text,
    /// The verifier key of its cosignatures.
    pub cosignature_key: Text,
    /// The key that signs its messages.
    pub key: OperationalKey,
    /// The recipient of files for it; none if it takes none.
    pub age: Option<Id>,
}

/// The key file, signed with the root key.
#[must_use]
pub fn key_file(root: &ExchangeKey, about: About) -> KeyFile {
    let mut file = KeyFile {
        id: about.id,
        name: about.name,
        country: about.country,
        province: about.province,
        url: about.url,
        log_key: about.log_key,
        cosignature_key: about.cosignature_key,
        root: root.public(),
        key: about.key,
        issued: None,
        age: about.age,
        restarted: None,
        signature: Bytes([0; 64]),
    };
    file.signature = root.sign_bytes(file.signed_text().as_bytes());
    file
}

/// A key file that was made without its root key, signed where that is kept. Refused if it names another root.
pub fn sign_key_file(root: &ExchangeKey, mut file: KeyFile) -> Result<KeyFile, Reject> {
    if file.root != root.public() {
        return Err(Reject::new(
            KEY_FILE_BAD,
            format!("the root key of {} is another one: nothing is signed", file.id),
        ));
    }
    file.signature = root.sign_bytes(file.signed_text().as_bytes());
    check_key_file(&file)?;
    Ok(file)
}

/// Reads a key file that waits for its root key's signature: everything in it but that is checked when it is signed.
pub fn read_key_request(text: &str) -> Result<KeyFile, Reject> {
    short_enough(text)?;
    serde_json::from_str(text).map_err(Reject::because(KEY_FILE_BAD))
}

/// The statement that a message key is not to be trusted since a moment, signed with the root key.
#[must_use]
pub fn sign_untrusted(root: &ExchangeKey, id: Id, kid: Id, since: Timestamp) -> UntrustedKey {
    let mut statement = UntrustedKey {
        id,
        kid,
        since,
        root: root.public(),
        signature: Bytes([0; 64]),
    };
    statement.signature = root.sign_bytes(statement.signed_text().as_bytes());
    statement
}

/// The statement as people hand it over.
#[must_use]
pub fn untrusted_text(statement: &UntrustedKey) -> String {
    let text = serde_json::to_string_pretty(statement).unwrap_or_default();
    format!("{text}\n")
}

/// Reads a statement that a key is not to be trusted, and checks its signature.
pub fn read_untrusted(text: &str) -> Result<UntrustedKey, Reject> {
    short_enough(text)?;
    let statement = serde_json::from_str(text).map_err(Reject::because(KEY_FILE_BAD))?;
    check_untrusted(&statement)?;
    Ok(statement)
}

/// Checks that the root key in a statement signed it. Whether that is the authority's root key is for the state to say.
pub fn check_untrusted(statement: &UntrustedKey) -> Result<(), Reject> {
    let UntrustedKey { root, signature, .. } = statement;
    if verify_bytes(statement.signed_text().as_bytes(), signature, root) {
        return Ok(());
    }
    let says = "its root key did not sign the statement: it was changed, or cut short";
    Err(Reject::new(KEY_FILE_BAD, says))
}

fn short_enough(text: &str) -> Result<(), Reject> {
    if text.len() <= KEY_FILE_BYTES_MAX {
        return Ok(());
    }
    let says = format!("a key file has at most {KEY_FILE_BYTES_MAX} bytes");
    Err(Reject::new(KEY_FILE_BAD, says))
}

/// The key file as people hand it over: JSON with a line per field.
#[must_use]
pub fn key_file_text(file: &KeyFile) -> String {
    let text = serde_json::to_string_pretty(file).unwrap_or_default();
    format!("{text}\n")
}

/// Reads a key file and checks everything in it that can be checked without its fingerprint.
pub fn read_key_file(text: &str) -> Result<KeyFile, Reject> {
    short_enough(text)?;
    let file: KeyFile = serde_json::from_str(text).map_err(Reject::because(KEY_FILE_BAD))?;
    check_key_file(&file)?;
    Ok(file)
}

/// Checks a key file's signature, names and keys.
pub fn check_key_file(file: &KeyFile) -> Result<(), Reject> {
    let bad = |why: &str| Err(Reject::new(KEY_FILE_BAD, why));
    if !verify_bytes(file.signed_text().as_bytes(), &file.signature, &file.root) {
        return bad("its root key did not sign it: it was changed, or cut short");
    }
    if strong(&file.key.public).is_none() {
        return bad("the key for messages is not a key, or a weak one");
    }
    if !file.key.is_named_right() {
        return bad("the name of the key for messages is not that of the key");
    }
    if file.key.valid_from >= file.key.valid_until {
        return bad("the key for messages ends before it begins");
    }
    if !is_key_of_type(file.log_key.as_str(), TYPE_LOG) {
        return bad("the key of its log is not a verifier key of a signed note");
    }
    if !is_key_of_type(file.cosignature_key.as_str(), TYPE_COSIGNER) {
        return bad("the key of its cosignatures is not a verifier key of a signed note");
    }
    if let Some(ended) = &file.restarted {
        if !is_key_of_type(ended.log_key.as_str(), TYPE_LOG) {
            return bad("the key of the log that ended is not a verifier key of a signed note");
        }
        if name_of(ended.log_key.as_str()) == name_of(file.log_key.as_str()) {
            return bad("the log that starts anew has the name of the one that ended");
        }
    }
    if name_of(file.log_key.as_str()) != name_of(file.cosignature_key.as_str()) {
        return bad("it cosigns under another name than that of its log");
    }
    if file.age.as_ref().is_some_and(|age| !is_recipient(age)) {
        return bad("what files are encrypted to is no age recipient of the X25519 kind");
    }
    file.url.as_ref().map_or(Ok(()), |url| check_url(url.as_str()))
}

/// Whether an address is one that messages may be sent to: http or https, a host, and nothing that is not said openly.
pub fn check_url(url: &str) -> Result<(), Reject> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_open = |rest: &&str| {
        let host = rest.split('/').next().unwrap_or_default();
        let graphic = rest.bytes().all(|byte| byte.is_ascii_graphic());
        graphic && !host.is_empty() && !host.starts_with(':') && !rest.contains(['@', '?', '#', '\\', '"', '<', '>'])
    };
    match rest.filter(is_open) {
        Some(_) => Ok(()),
        None => Err(Reject::new(
            KEY_FILE_BAD,
            "the address does not begin with https:// or http:// and a host, or has a user, a query or a space in it",
        )),
    }
}

/// Whether a text is the verifier key of a log, as in a signed note.
#[must_use]
pub fn is_log_key(verifier: &str) -> bool {
    is_key_of_type(verifier, TYPE_LOG)
}

/// Whether a text is the verifier key of a cosigner, as in a signed note.
#[must_use]
pub fn is_cosigner_key(verifier: &str) -> bool {
    is_key_of_type(verifier, TYPE_COSIGNER)
}

/// The name in a verifier key.
#[must_use]
pub fn name_of(verifier: &str) -> &str {
    verifier.split('+').next().unwrap_or_default()
}

/// Whether a text is a verifier key of one type. The log's own parser is asked through a note that is none: whatever
/// else it finds wrong is in the key.
fn is_key_of_type(verifier: &str, kind: u8) -> bool {
    let bytes = verifier.splitn(3, '+').nth(2).and_then(|key| STANDARD.decode(key).ok());
    let typed = bytes.is_some_and(|bytes| bytes.first() == Some(&kind));
    typed && matches!(tlog::verify("", verifier), Err(tlog::Error::NoteForm))
}
