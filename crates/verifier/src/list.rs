//! The list of permits that were revoked or used.

use crate::cbor::Item;
use crate::crypto::sha256;
use crate::day::Day;
use crate::envelope::{LIST, open};
use crate::key_file::KeyFile;
use crate::{Checked, Reason};

/// The longest list.
const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The bytes of an id: the first of the SHA-256 hash of a copy's name.
const ID_BYTES: usize = 12;

/// A list whose signature held.
pub struct ListFile {
    pub(crate) issuer: String,
    pub(crate) sequence: i64,
    pub(crate) issued_on: Day,
    pub(crate) valid_until: Day,
    revoked: Vec<u8>,
    used: Vec<u8>,
}

impl ListFile {
    /// Reads a list. `last` is the greatest sequence of this authority that was seen before, or 0.
    pub fn read(bytes: &[u8], keys: &[KeyFile], last: i64) -> Checked<Self> {
        if bytes.len() > LIST_BYTES_MAX {
            return Err(Reason::TooLong);
        }
        let claims = open(bytes, keys)?;
        let (LIST, Item::Array(fields)) = claims.own else {
            return Err(Reason::ClaimsBad);
        };
        let Ok([Item::Integer(sequence), Item::Bytes(revoked), Item::Bytes(used)]) = <[Item; 3]>::try_from(fields)
        else {
            return Err(Reason::ClaimsBad);
        };
        if !is_sorted(&revoked) || !is_sorted(&used) {
            return Err(Reason::ListUnsorted);
        }
        if sequence < last {
            return Err(Reason::ListRolledBack);
        }
        let (issuer, issued_on, valid_until) = (claims.issuer, claims.issued_on, claims.valid_until);
        Ok(Self {
            issuer,
            sequence,
            issued_on,
            valid_until,
            revoked,
            used,
        })
    }

    /// Refuses a copy of a permit, by its name, of which the list says that it was revoked or used.
    pub(crate) fn check(&self, copy: &str) -> Checked<()> {
        let hash = sha256(copy.as_bytes());
        let has = |ids: &[u8]| {
            let ids = ids.as_chunks::<ID_BYTES>().0;
            ids.binary_search_by(|id| id.as_slice().cmp(hash.get(..ID_BYTES).unwrap_or_default()))
                .is_ok()
        };
        if has(&self.revoked) {
            Err(Reason::Revoked)
        } else if has(&self.used) {
            Err(Reason::Used)
        } else {
            Ok(())
        }
    }
}

fn is_sorted(ids: &[u8]) -> bool {
    let (ids, rest) = ids.as_chunks::<ID_BYTES>();
    rest.is_empty() && ids.windows(2).all(|pair| matches!(pair, [one, next] if one < next))
}
