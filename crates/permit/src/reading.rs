//! What somebody who holds a code wants to know.

use jiff::civil::Date;

use crate::broken::Broken;
use crate::code::open;
use crate::document::Permit;
use crate::envelope::Keys;
use crate::list::{List, Listed, copy_name};

/// What a code is, today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Signed, within its days, and neither revoked nor used as far as the list knows.
    Valid,
    /// Its first day is still to come.
    NotYetValid,
    /// Its last day has passed.
    Expired,
    /// The list says that it was revoked.
    Revoked,
    /// The list says that its consignment has left.
    Used,
    /// Signed with a key that is not known here.
    UnknownKey,
    /// The list may no longer be relied on.
    ListTooOld,
    /// Not a permit.
    Broken(Broken),
}

impl Reading {
    /// The word of the reading.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Used => "used",
            Self::UnknownKey => "unknown_key",
            Self::ListTooOld => "list_too_old",
            Self::Broken(broken) => broken.word(),
        }
    }
}

/// A reading with what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it is.
    pub reading: Reading,
    /// What it says, if it is signed.
    pub permit: Option<Permit>,
    /// The list's sequence; without a list nothing is known of revocation and use.
    pub sequence: Option<i64>,
}

/// Reads the code or codes of a permit on a day. What a list says of a permit holds for ever; that it says nothing
/// holds as long as the list does.
pub fn read<T: AsRef<str>>(codes: &[T], keys: &Keys, list: Option<&List>, today: Date) -> Read {
    let sequence = list.map(List::sequence);
    match open(codes, keys) {
        Ok(permit) => Read {
            reading: judge(&permit, list, today),
            permit: Some(permit),
            sequence,
        },
        Err(Broken::KeyUnknown) => Read {
            reading: Reading::UnknownKey,
            permit: None,
            sequence,
        },
        Err(broken) => Read {
            reading: Reading::Broken(broken),
            permit: None,
            sequence,
        },
    }
}

fn judge(permit: &Permit, list: Option<&List>, today: Date) -> Reading {
    if list.is_some_and(|list| list.issuer() != permit.issuer()) {
        return Reading::Broken(Broken::ListOfAnother);
    }
    match list.and_then(|list| list.of(&copy_name(&permit.number, permit.duplicate))) {
        Some(Listed::Revoked) => Reading::Revoked,
        Some(Listed::Used) => Reading::Used,
        None if today < permit.valid_from => Reading::NotYetValid,
        None if today > permit.valid_until => Reading::Expired,
        None if list.is_some_and(|list| list.valid_until() < today) => Reading::ListTooOld,
        None => Reading::Valid,
    }
}
