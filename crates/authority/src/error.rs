//! What can go wrong with a running authority, in sentences.

use std::path::PathBuf;

/// Why an authority could not be made, opened, asked or closed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthorityError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The log failed.
    #[error("the log: {0}")]
    Log(#[from] tlog::Error),
    /// The journal and the rules disagree.
    #[error("the journal does not hold together: {0}; run `countersign fsck`")]
    Broken(String),
    /// Another process owns the folder.
    #[error("{folder} is in use by another process: stop it, or name another folder with --dir", folder = .0.display())]
    Locked(PathBuf),
    /// The folder is not what it should be.
    #[error("{folder}: {1}", folder = .0.display())]
    Folder(PathBuf, String),
    /// A file or folder cannot be used: permissions, a missing disk, a full one.
    #[error("{path} cannot be used: {1}", path = .0.display())]
    Unavailable(PathBuf, String),
    /// The queue is full.
    #[error("more commands wait than can be taken; try again in a moment")]
    Full,
    /// The writer has stopped after a failure; nothing is acknowledged any more.
    #[error("the writer has stopped: {0}")]
    Stopped(String),
    /// A founding was refused.
    #[error("{0}")]
    Refused(String),
}

impl AuthorityError {
    /// Whether storage or another process is the reason, rather than what was asked.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Store(store) => !matches!(
                store,
                store::StoreError::Refused { .. } | store::StoreError::Corrupt { .. }
            ),
            Self::Locked(_) | Self::Unavailable(..) | Self::Full | Self::Stopped(_) => true,
            Self::Log(_) | Self::Broken(_) | Self::Folder(..) | Self::Refused(_) => false,
        }
    }
}

impl From<domain::Broken> for AuthorityError {
    fn from(broken: domain::Broken) -> Self {
        Self::Broken(broken.to_string())
    }
}

/// A file operation that failed, with its path.
pub(crate) fn at(path: &std::path::Path) -> impl Fn(std::io::Error) -> AuthorityError + '_ {
    move |error| AuthorityError::Unavailable(path.to_owned(), error.to_string())
}
