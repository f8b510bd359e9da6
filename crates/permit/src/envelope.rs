//! The signed envelope: a tagged `COSE_Sign1` by Ed25519 with algorithm and key in the protected header and nothing in
//! the other (RFC 9052 §4.2, RFC 9053 §2.2).

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::broken::Broken;
use crate::claims::Claims;
use crate::strict;

/// The name of a key: the first eight bytes of the SHA-256 hash of its 32 bytes; those that a key file writes as
/// sixteen hexadecimal digits.
pub type Kid = [u8; 8];

/// The name of a key.
#[must_use]
pub fn kid(public: &[u8; 32]) -> Kid {
    let mut name = Kid::default();
    name.iter_mut()
        .zip(Sha256::digest(public))
        .for_each(|(to, from)| *to = from);
    name
}

/// A key of an authority, as its key file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The authority.
    pub issuer: String,
    /// The key (RFC 8032).
    pub public: [u8; 32],
    /// The first day on which it signs.
    pub valid_from: Date,
    /// The last.
    pub valid_until: Date,
}

/// The keys that somebody trusts.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<(Kid, Key)>);

impl Keys {
    /// Adds a key.
    pub fn add(&mut self, key: Key) {
        self.0.push((kid(&key.public), key));
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter().map(|(_, key)| key)
    }

    fn find(&self, kid: &[u8]) -> Option<&Key> {
        let found = self.0.iter().find(|(name, _)| name == kid);
        found.map(|(_, key)| key)
    }
}

/// Signs claims.
pub(crate) fn seal(claims: &Claims, key: &SigningKey) -> Option<Vec<u8>> {
    let name = kid(&key.verifying_key().to_bytes());
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(name.to_vec());
    let envelope = CoseSign1Builder::new()
        .protected(header.build())
        .payload(claims.to_bytes()?)
        .create_signature(b"", |bytes| key.sign(bytes).to_bytes().to_vec());
    envelope.build().to_tagged_vec().ok()
}

/// The claims in an envelope that a known key signed while it was valid.
pub(crate) fn unseal(bytes: &[u8], keys: &Keys) -> Result<Claims, Broken> {
    strict::check(bytes)?;
    let envelope = CoseSign1::from_tagged_slice(bytes).map_err(|_| Broken::NotSigned)?;
    let key = keys.find(key_name(&envelope)?).ok_or(Broken::KeyUnknown)?;
    if !is_signed(&envelope, key) {
        return Err(Broken::SignatureBad);
    }
    let payload = envelope.payload.as_deref().ok_or(Broken::NotSigned)?;
    let claims = Claims::read(payload)?;
    if claims.issuer != key.issuer {
        return Err(Broken::IssuerOther);
    }
    if claims.issued_on < key.valid_from || claims.issued_on > key.valid_until {
        return Err(Broken::KeyOutOfDate);
    }
    Ok(claims)
}

/// The name of the key, of a header that has algorithm and key and nothing else.
fn key_name(envelope: &CoseSign1) -> Result<&[u8], Broken> {
    let raw = envelope.protected.original_data.as_deref().unwrap_or_default();
    strict::check(raw)?;
    let header = &envelope.protected.header;
    if header.alg != Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA)) {
        return Err(Broken::AlgorithmOther);
    }
    let plain = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(header.key_id.clone());
    let same = plain.build().to_vec().is_ok_and(|plain| plain == raw);
    if same && envelope.unprotected.is_empty() && header.key_id.len() == Kid::default().len() {
        Ok(&header.key_id)
    } else {
        Err(Broken::HeaderBad)
    }
}

/// Whether the key signed the envelope; a weak key signs nothing.
fn is_signed(envelope: &CoseSign1, key: &Key) -> bool {
    let Ok(public) = VerifyingKey::from_bytes(&key.public) else {
        return false;
    };
    let verify = |signature: &[u8], bytes: &[u8]| {
        let signature = Signature::from_slice(signature)?;
        public.verify_strict(bytes, &signature)
    };
    envelope.verify_signature(b"", verify).is_ok()
}
