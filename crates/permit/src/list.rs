//! The signed list of permits that were revoked or used up, for those who check codes without a network.
//!
//! It is the same envelope as a code's, as bytes: its own claim has the sequence, the ids of what was revoked and the
//! ids of what was used, each in ascending order without anything between them.

use std::borrow::Cow;

use ciborium::Value;
use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::broken::Broken;
use crate::claims::{self, Claims, LIST};
use crate::envelope::{Keys, seal, unseal};

/// The longest list that is read: room for more than a million permits.
pub const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An id in the list: so many bytes of the SHA-256 hash of a copy's name. The issuer gives the numbers, so
/// nobody can look for two with one id; by chance that happens once in 10^18 lists of a hundred thousand.
const ID_BYTES: usize = 12;

type ListId = [u8; ID_BYTES];

/// What a list says of a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Revoked.
    Revoked,
    /// Used: its one consignment has left.
    Used,
}

/// What goes into a list.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// The authority.
    pub issuer: &'a str,
    /// One more than that of the list before.
    pub sequence: i64,
    /// The day on which it was made.
    pub issued_on: Date,
    /// The last day on which it may be relied on.
    pub valid_until: Date,
    /// Copies of permits by [`copy_name`], and what became of them; revoked wins over used.
    pub permits: &'a [(&'a str, Listed)],
}

/// A list whose signature holds.
#[derive(Clone, Debug)]
pub struct List {
    issuer: String,
    sequence: i64,
    valid_until: Date,
    revoked: Vec<u8>,
    used: Vec<u8>,
}

/// Signs a list; none if its days or its sequence cannot be written.
#[must_use]
pub fn sign_list(listing: &Listing<'_>, key: &SigningKey) -> Option<Vec<u8>> {
    let ids = |state: Listed| -> Vec<ListId> {
        let of_state = listing.permits.iter().filter(|(_, is)| *is == state);
        let mut ids: Vec<ListId> = of_state.map(|(number, _)| id(number)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let revoked = ids(Listed::Revoked);
    let mut used = ids(Listed::Used);
    used.retain(|id| revoked.binary_search(id).is_err());
    let own = vec![
        Value::from(u64::try_from(listing.sequence).ok()?),
        Value::from(revoked.concat()),
        Value::from(used.concat()),
    ];
    let claims = Claims {
        issuer: listing.issuer.to_owned(),
        issued_on: listing.issued_on,
        valid_from: listing.issued_on,
        valid_until: listing.valid_until,
        own: (LIST, Value::Array(own)),
    };
    seal(&claims, key).filter(|bytes| bytes.len() <= LIST_BYTES_MAX)
}

/// Reads a list that a known key signed. `last` is the greatest sequence of this issuer that was seen before, 0 if
/// none was: a list never goes back.
pub fn open_list(bytes: &[u8], keys: &Keys, last: i64) -> Result<List, Broken> {
    if bytes.len() > LIST_BYTES_MAX {
        return Err(Broken::TooLong);
    }
    let claims = unseal(bytes, keys)?;
    let (issuer, valid_until) = (claims.issuer.clone(), claims.valid_until);
    let [sequence, revoked, used] = claims::exactly(claims.own(LIST)?)?;
    let list = List {
        issuer,
        sequence: claims::integer(sequence)?,
        valid_until,
        revoked: claims::bytes(revoked)?,
        used: claims::bytes(used)?,
    };
    if list.sequence < 0 {
        return Err(Broken::ClaimsBad);
    }
    if !is_sorted(&list.revoked) || !is_sorted(&list.used) {
        return Err(Broken::ListUnsorted);
    }
    if list.sequence < last {
        return Err(Broken::ListRolledBack);
    }
    Ok(list)
}

impl List {
    /// The authority.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its number: greater than that of every list before.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// The last day on which it may be relied on.
    pub fn valid_until(&self) -> Date {
        self.valid_until
    }

    /// What it says of a copy of a permit, by its [`copy_name`]; nothing if it is not in it.
    pub fn of(&self, copy: &str) -> Option<Listed> {
        let id = id(copy);
        let has = |ids: &[u8]| ids.as_chunks::<ID_BYTES>().0.binary_search(&id).is_ok();
        if has(&self.revoked) {
            Some(Listed::Revoked)
        } else {
            has(&self.used).then_some(Listed::Used)
        }
    }
}

/// What a list calls a copy of a permit: the number of the original, or the number, a newline and which duplicate it is.
/// So an original that was lost is revoked while its duplicate is good.
#[must_use]
pub fn copy_name(number: &str, duplicate: u8) -> Cow<'_, str> {
    match duplicate {
        0 => Cow::Borrowed(number),
        _ => Cow::Owned(format!("{number}\n{duplicate}")),
    }
}

fn id(copy: &str) -> ListId {
    let mut id = ListId::default();
    id.iter_mut()
        .zip(Sha256::digest(copy))
        .for_each(|(to, from)| *to = from);
    id
}

/// Whether these are whole ids, each greater than the one before.
fn is_sorted(bytes: &[u8]) -> bool {
    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
    rest.is_empty() && ids.is_sorted_by(|one, next| one < next)
}
