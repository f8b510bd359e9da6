//! What every verb shares: the options, the exit codes, and one way to speak.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use authority::AuthorityError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Why a verb failed. The exit code is part of the contract.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Exit 1: refused, or a check failed. The sentence begins with its code where there is one.
    #[error("{0}")]
    Refused(String),
    /// Exit 2: wrong usage.
    #[error("{0}")]
    Usage(String),
    /// Exit 3: storage or network unavailable.
    #[error("{0}")]
    Unavailable(String),
}

impl Failure {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Unavailable(_) => 3,
        }
    }
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        if error.is_unavailable() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Refused(error.to_string())
        }
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        AuthorityError::from(error).into()
    }
}

/// A verb's outcome.
pub type Done = Result<(), Failure>;

/// Options that stand before or after any verb.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// Folder of the authority's data
    #[arg(long, global = true, env = "COUNTERSIGN_DIR", value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Print one JSON document on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Print nothing but what was asked for
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Where data are kept: memory, sqlite, or a storage URL
    #[arg(long, global = true, value_name = "memory|sqlite|URL")]
    pub storage: Option<String>,
}

impl Global {
    /// The data folder, `./countersign-data` unless named.
    pub fn folder(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| PathBuf::from("countersign-data"))
    }

    /// The storage URL: `memory` and `sqlite` are short for `memory:` and `sqlite:`.
    pub fn storage_url(&self, default: &str) -> String {
        match self.storage.as_deref().unwrap_or(default) {
            "memory" => "memory:".to_owned(),
            "sqlite" => "sqlite:".to_owned(),
            url => url.to_owned(),
        }
    }

    /// Prints the answer: as JSON if that was asked for, else as text.
    pub fn print(&self, document: &impl Serialize, text: impl FnOnce() -> String) -> Done {
        let said = if self.json {
            serde_json::to_string_pretty(document).map_err(|error| Failure::Refused(error.to_string()))?
        } else {
            text()
        };
        say(&said)
    }

    /// Says how far a long verb is, on standard error, to a person only.
    pub fn progress(&self, says: impl Display) {
        if !self.quiet && std::io::stderr().is_terminal() {
            eprint!("\r\u{1b}[K{says}");
        }
    }

    /// Ends the line of progress.
    pub fn progress_done(&self) {
        if !self.quiet && std::io::stderr().is_terminal() {
            eprint!("\r\u{1b}[K");
        }
    }
}

/// A line on standard output. A reader that has gone away ends the verb quietly.
pub fn say(line: &str) -> Done {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}") {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::Unavailable(format!("standard output: {error}"))),
    }
}

/// A hash or root as text.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Unavailable(format!("random bytes: {error}")))?;
    Ok(bytes)
}
