//! One error type for all engines; every sentence says what happened and how to mend it.

/// Why the store could not do what was asked.
///
/// After any error of an append the process stops and recovers from the journal: nothing is retried in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another connection holds the lock; the same call may succeed later.
    #[error("the store is busy: another process is writing to it; stop that process or try again")]
    Busy,
    /// The caller's idea of the length is not the store's.
    #[error(
        "the rows start at {expected}, but the next one wanted is {found}: another writer was here, or rows are lost"
    )]
    Conflict {
        /// Where the caller believed the end to be.
        expected: u64,
        /// Where it is.
        found: u64,
    },
    /// What is stored cannot be what was written.
    #[error("{place} is damaged: {what}; restore it from a backup")]
    Corrupt {
        /// The file, and the row in it where known.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// The disk, the folder or the machine does not let us; the data may well be whole.
    #[error("{what}")]
    Unavailable {
        /// What happened, and how to mend it.
        what: String,
    },
    /// The file is not ours, or of a version that this program does not know.
    #[error("{place} {what}")]
    Foreign {
        /// The file.
        place: String,
        /// What it is instead, and how to mend it.
        what: String,
    },
    /// The call itself is wrong: it contradicts what is stored, or itself.
    #[error("the store refuses this: {what}")]
    Refused {
        /// What contradicts what.
        what: String,
    },
}

impl StoreError {
    /// Damage at a place.
    pub(crate) fn corrupt(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Corrupt {
            place: place.into(),
            what: what.into(),
        }
    }

    /// A call that contradicts itself or what is stored.
    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::Refused { what: what.into() }
    }
}
