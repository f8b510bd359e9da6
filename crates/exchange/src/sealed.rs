//! Files for a partner without a connection: lines of messages or answers, encrypted to it with C2SP age.
//!
//! A file has one recipient, of the X25519 kind. Its text is filled up with newlines to whole chunks of age, so its size
//! tells next to nothing of what is in it, and tells whether its end is missing. Who wrote it, it does not say: every line
//! in it is signed.

use std::fmt;
use std::io::Read;
use std::iter;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor};
use bech32::{Bech32, Hrp};
use domain::id::Id;

use crate::reject::{
    FILE_CHANGED, FILE_CUT_SHORT, FILE_FOR_ANOTHER, FILE_TOO_LARGE, FILE_UNREADABLE, KEY_FILE_BAD, KEY_TEXT_BAD, Reject,
};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 << 20;

/// The most that the lines of a file may have together, in bytes: what is added to encrypt them has room beside it.
pub const LINES_BYTES_MAX: usize = FILE_BYTES_MAX - (1 << 20);

/// What an encrypted file begins with.
const HEAD: &[u8] = b"age-encryption.org/v1\n";
/// The line that ends its header begins so; the authentication code of the header follows.
const MAC: &[u8] = b"\n--- ";
/// The code in base64, and the end of its line.
const MAC_BYTES: usize = 43 + 1;
/// The nonce before the chunks.
const NONCE_BYTES: usize = 16;
/// A chunk of text, and what authenticates it.
const CHUNK_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;

/// The longest text of a secret key.
const TEXT_BYTES_MAX: usize = 200;
/// What the text of a secret key begins with.
const SECRET: &str = "age-secret-key-";

/// The secret with which files for an authority are read. It is never shown by [`Debug`](fmt::Debug).
#[derive(Clone)]
pub struct FileKey {
    secret: Identity,
    recipient: Id,
}

impl FileKey {
    /// The key with 32 secret random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, Reject> {
        let hrp = Hrp::parse(SECRET).map_err(Reject::because(KEY_TEXT_BAD))?;
        let text = bech32::encode_upper::<Bech32>(hrp, seed).map_err(Reject::because(KEY_TEXT_BAD))?;
        Self::parse(&text)
    }

    /// Reads the text of a secret key, as age writes it.
    pub fn parse(text: &str) -> Result<Self, Reject> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Reject::new(KEY_TEXT_BAD, "it is too long for the text of a secret key"));
        }
        let secret = Identity::from_str(text).map_err(Reject::because(KEY_TEXT_BAD))?;
        let recipient = secret.to_public().to_string();
        let recipient = recipient.parse().map_err(Reject::because(KEY_TEXT_BAD))?;
        Ok(Self { secret, recipient })
    }

    /// The text of the secret key, which [`parse`](Self::parse) reads. Whoever has it can read files for this authority.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.secret.to_string().expose_secret().to_owned()
    }

    /// To what files for it are encrypted: the recipient in its key file.
    #[must_use]
    pub fn recipient(&self) -> &Id {
        &self.recipient
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FileKey")
            .field("recipient", &self.recipient)
            .finish_non_exhaustive()
    }
}

/// Whether a text is an age recipient of the X25519 kind, written in its one form.
#[must_use]
pub fn is_recipient(text: &str) -> bool {
    Recipient::from_str(text).is_ok_and(|recipient| recipient.to_string() == text)
}

/// Whether bytes are meant to be an encrypted file.
#[must_use]
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(HEAD)
}

/// Encrypts lines to the recipient of an authority's key file.
pub fn seal(recipient: &str, lines: &[String]) -> Result<Vec<u8>, Reject> {
    let recipient = Recipient::from_str(recipient).map_err(Reject::because(KEY_FILE_BAD))?;
    let mut text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    if text.len() > LINES_BYTES_MAX {
        let says = format!("the lines of a file have at most {LINES_BYTES_MAX} bytes: divide them among several files");
        return Err(Reject::new(FILE_TOO_LARGE, says));
    }
    let full = text.len().max(1).next_multiple_of(CHUNK_BYTES);
    text.extend(iter::repeat_n('\n', full - text.len()));
    age::encrypt(&recipient, text.as_bytes()).map_err(Reject::because(FILE_UNREADABLE))
}

/// Reads the text of a file that one of the keys opens. All of it is read before any of it is given.
pub fn unseal(keys: &[FileKey], bytes: &[u8]) -> Result<String, Reject> {
    if bytes.len() > FILE_BYTES_MAX {
        let says = format!("a file has at most {FILE_BYTES_MAX} bytes");
        return Err(Reject::new(FILE_TOO_LARGE, says));
    }
    if !is_sealed(bytes) {
        return Err(Reject::new(
            FILE_UNREADABLE,
            "it does not begin as a file that is encrypted with age",
        ));
    }
    whole(bytes)?;
    let identities = keys.iter().map(|key| &key.secret as &dyn age::Identity);
    let opened = Decryptor::new_buffered(bytes).and_then(|file| file.decrypt(identities));
    let mut text = String::new();
    // No more comes of it than it has itself.
    match opened.and_then(|mut reader| Ok(reader.read_to_string(&mut text)?)) {
        Ok(_) => Ok(text),
        Err(why) => Err(wrong(&why)),
    }
}

/// Whether a file has its end: a header, and then whole chunks.
fn whole(bytes: &[u8]) -> Result<(), Reject> {
    let header = bytes.windows(MAC.len()).position(|part| part == MAC);
    let chunks = header.and_then(|end| bytes.get(end + MAC.len() + MAC_BYTES + NONCE_BYTES..));
    let is_whole = |chunks: &&[u8]| !chunks.is_empty() && chunks.len().is_multiple_of(CHUNK_BYTES + TAG_BYTES);
    match chunks.filter(is_whole) {
        Some(_) => Ok(()),
        None => Err(cut_short()),
    }
}

fn cut_short() -> Reject {
    let says = "its end is missing: nothing of it is taken; copy it again from where it was written";
    Reject::new(FILE_CUT_SHORT, says)
}

fn wrong(why: &DecryptError) -> Reject {
    match why {
        DecryptError::NoMatchingKeys => {
            let says = "it is encrypted to a key that is not in keys/: it is for somebody else, or for a key that was \
                        not brought along; nothing of it is taken";
            Reject::new(FILE_FOR_ANOTHER, says)
        }
        DecryptError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => cut_short(),
        _ => {
            let says = "it is not what was encrypted: something changed it on its way, and nothing of it is taken; copy it \
                        again from where it was written";
            Reject::new(FILE_CHANGED, says)
        }
    }
}
