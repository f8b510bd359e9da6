//! The keys that sign, and the proof of their signatures (RFC 8032).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::digest::{PublicKey, Signature};
use domain::id::Id;
use domain::partner::{Json, Signed, kid};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::reject::{KEY_TEXT_BAD, Reject};

/// What a secret key's text begins with, so that it is not mistaken for anything else.
const PREFIX: &str = "PRIVATE+EXCHANGE+KEY+";

/// The longest text of a secret key.
const TEXT_BYTES_MAX: usize = 200;

/// A signing key of an authority: its operational key, or its root.
///
/// The secret is wiped from memory when the key is dropped, and never shown by [`Debug`](fmt::Debug).
#[derive(Clone)]
pub struct ExchangeKey {
    kid: Id,
    secret: SigningKey,
}

impl ExchangeKey {
    /// The key with 32 secret random bytes as its seed.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, Reject> {
        let secret = SigningKey::from_bytes(&seed);
        let name = kid(&public_of(&secret));
        let kid = name.parse().map_err(Reject::because(KEY_TEXT_BAD))?;
        Ok(Self { kid, secret })
    }

    /// Reads the text of a secret key: `PRIVATE+EXCHANGE+KEY+<name>+<base64 of the seed>`.
    pub fn parse(text: &str) -> Result<Self, Reject> {
        let bad = |why: &str| Reject::new(KEY_TEXT_BAD, why);
        if text.len() > TEXT_BYTES_MAX {
            return Err(bad("it is too long for the text of a secret key"));
        }
        let rest = text
            .strip_prefix(PREFIX)
            .ok_or_else(|| bad("it does not begin with PRIVATE+EXCHANGE+KEY+"))?;
        let (name, seed) = rest
            .split_once('+')
            .ok_or_else(|| bad("it has no name and seed with a plus sign between them"))?;
        let mut bytes = [0; 33];
        let read = STANDARD.decode_slice(seed, &mut bytes).ok().filter(|read| *read == 32);
        let seed = read.and_then(|_| bytes.first_chunk::<32>());
        let key = Self::from_seed(*seed.ok_or_else(|| bad("its seed is not 32 bytes in base64"))?)?;
        if key.kid.as_str() == name {
            Ok(key)
        } else {
            Err(bad("its name is not that of its key"))
        }
    }

    /// The text of the secret key, which [`parse`](Self::parse) reads. Whoever has it can sign as this authority.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}+{}", self.kid, STANDARD.encode(self.secret.as_bytes()))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        public_of(&self.secret)
    }

    /// Its name in a message's header.
    pub fn kid(&self) -> &Id {
        &self.kid
    }

    /// The secret itself, for documents that have an envelope of their own: the code on a permit. It stays with whoever
    /// runs the authority.
    pub fn secret(&self) -> &SigningKey {
        &self.secret
    }

    /// Its signature of some bytes.
    #[must_use]
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        domain::digest::Bytes(self.secret.sign(bytes).to_bytes())
    }

    /// Secret bytes for another purpose than signing: HMAC-SHA-256 of the purpose and of what they are for, under the
    /// key's seed. The same again for the same.
    #[must_use]
    pub fn derive(&self, purpose: &str, of: &[u8]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            // HMAC takes keys of any length.
            return [0; 32];
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(of);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for ExchangeKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ExchangeKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

fn public_of(secret: &SigningKey) -> PublicKey {
    domain::digest::Bytes(secret.verifying_key().to_bytes())
}

/// Signs a document.
#[must_use]
pub fn sign(key: &ExchangeKey, payload: Json) -> Signed {
    let kid = key.kid.clone();
    let signature = key.sign_bytes(Signed::signing_input(&kid, &payload).as_bytes());
    Signed {
        kid,
        payload,
        signature,
    }
}

/// Whether a key signed a document. A weak key signs nothing: one signature by it would fit many texts.
pub fn verify(signed: &Signed, key: &PublicKey) -> bool {
    let input = Signed::signing_input(&signed.kid, &signed.payload);
    verify_bytes(input.as_bytes(), &signed.signature, key)
}

/// Whether a key signed some bytes.
pub(crate) fn verify_bytes(bytes: &[u8], signature: &Signature, key: &PublicKey) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    strong(key).is_some_and(|key| key.verify_strict(bytes, &signature).is_ok())
}

/// The key as a point of the curve; none if it is not one, or a weak one, or written in another form than its own
/// (RFC 8032 §5.1.3).
pub(crate) fn strong(key: &PublicKey) -> Option<VerifyingKey> {
    let has_its_form = |point: &VerifyingKey| point.to_edwards().compress().to_bytes() == key.0;
    let point = VerifyingKey::from_bytes(&key.0).ok()?;
    Some(point).filter(|point| !point.is_weak() && has_its_form(point))
}
