//! `countersign-verify`: what an authority signed, checked by anybody, without a network.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::json;
use verifier::{
    Checked, Day, FILE_BYTES_MAX, KeyFile, ListFile, LogKey, Reason, Report, check_bundle, check_checkpoint,
    check_permit, check_proof, check_statement,
};

/// Checks what authorities sign, without a network; exit code 0 if it is proven, 1 if it is refused, 2 for wrong usage
#[derive(Parser)]
#[command(name = "countersign-verify", version)]
struct Cli {
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The code on a permit
    Permit {
        /// The code, or a file with a code a line; several for a permit of several codes
        #[arg(required = true)]
        codes: Vec<String>,
        #[command(flatten)]
        keys: KeyFiles,
        /// The list of permits that were revoked or used
        #[arg(long, value_name = "FILE")]
        list: Option<PathBuf>,
        /// The greatest sequence of a list of this authority that was seen before
        #[arg(long, value_name = "N", default_value_t = 0)]
        last: i64,
        /// The day; today in UTC unless given
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
    },
    /// A proof that an entry is in a log
    Proof {
        /// The proof file
        file: PathBuf,
        #[command(flatten)]
        log: LogOf,
    },
    /// A checkpoint of a log
    Checkpoint {
        /// The checkpoint
        file: PathBuf,
        #[command(flatten)]
        log: LogOf,
        /// An older checkpoint of the same log
        #[arg(long, value_name = "FILE")]
        after: Option<PathBuf>,
        /// The proof that the log only grew in between
        #[arg(long, value_name = "FILE", requires = "after")]
        consistency: Option<PathBuf>,
    },
    /// The statement of a year
    Statement {
        /// The statement
        file: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
        /// Proof files or bundles with the messages that were signed
        #[arg(long, value_name = "FILE", num_args = 1..)]
        evidence: Vec<PathBuf>,
    },
    /// Entries of a log with their proofs
    Bundle {
        /// The bundle
        file: PathBuf,
        #[command(flatten)]
        log: LogOf,
    },
}

/// Key files of authorities.
#[derive(clap::Args)]
struct KeyFiles {
    /// Key files of the authorities that are trusted
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    keys: Vec<PathBuf>,
}

/// The key of a log, itself or in a key file.
#[derive(clap::Args)]
struct LogOf {
    /// The key of the log, as `countersign init` prints it
    #[arg(long, required_unless_present = "keys")]
    key: Option<String>,
    /// Key files: the first is of the authority whose log it is, the others of partners that have cosigned it
    #[arg(long, value_name = "FILE", num_args = 1..)]
    keys: Vec<PathBuf>,
}

/// Why there is no report.
enum Failure {
    Refused(Reason),
    Usage(String),
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.what) {
        Ok(report) => {
            if cli.json {
                println!("{}", json!({ "ok": true, "report": report }));
            } else {
                print!("{report}");
            }
            ExitCode::SUCCESS
        }
        Err(Failure::Refused(reason)) => {
            if cli.json {
                println!(
                    "{}",
                    json!({ "ok": false, "reason": reason.word(), "says": reason.to_string() })
                );
            } else {
                println!("refused     {}: {reason}", reason.word());
            }
            ExitCode::from(1)
        }
        Err(Failure::Usage(says)) => {
            eprintln!("{says}");
            ExitCode::from(2)
        }
    }
}

fn run(what: What) -> Result<Report, Failure> {
    match what {
        What::Permit {
            codes,
            keys,
            list,
            last,
            on,
        } => {
            let keys = key_files(&keys.keys)?;
            resting(permit(&codes, &keys, list.as_deref(), last, on.as_deref())?, &keys)
        }
        What::Proof { file, log } => {
            let (key, keys) = log_of(&log)?;
            resting(check_proof(&text(&file)?, &key, &keys)?, &keys)
        }
        What::Checkpoint {
            file,
            log,
            after,
            consistency,
        } => {
            let (key, keys) = log_of(&log)?;
            let older = after.map(|file| text(&file)).transpose()?;
            let proof = consistency.map(|file| text(&file)).transpose()?;
            let checked = check_checkpoint(&text(&file)?, &key, &keys, older.as_deref(), proof.as_deref());
            resting(checked?, &keys)
        }
        What::Statement { file, keys, evidence } => {
            let keys = key_files(&keys.keys)?;
            let files: Vec<String> = evidence.iter().map(|file| text(file)).collect::<Result<_, _>>()?;
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            resting(check_statement(&text(&file)?, &keys, &files)?, &keys)
        }
        What::Bundle { file, log } => {
            let (key, keys) = log_of(&log)?;
            resting(check_bundle(&text(&file)?, &key, &keys)?, &keys)
        }
    }
}

/// A report that says on which keys it rests.
#[allow(clippy::unnecessary_wraps)] // The end of every arm.
fn resting(mut report: Report, keys: &[KeyFile]) -> Result<Report, Failure> {
    report.rests_on(keys);
    Ok(report)
}

fn permit(
    codes: &[String],
    keys: &[KeyFile],
    list: Option<&Path>,
    last: i64,
    on: Option<&str>,
) -> Result<Report, Failure> {
    let day =
        on.map(|day| Day::parse(day).ok_or_else(|| Failure::Usage(format!("{day} is not a day such as 2024-06-30"))));
    let day = day.transpose()?.unwrap_or_else(verifier::today);
    let list = list.map(bytes).transpose()?;
    let list = list.map(|bytes| ListFile::read(&bytes, keys, last)).transpose()?;
    let mut texts = Vec::new();
    for code in codes {
        let is_file = !code.starts_with("CS1:") && Path::new(code).exists();
        texts.push(if is_file { text(Path::new(code))? } else { code.clone() });
    }
    let codes: Vec<&str> = texts.iter().flat_map(|text| text.lines()).collect();
    Ok(check_permit(&codes, keys, list.as_ref(), day)?)
}

/// The key of the log, and the key files of those who may have cosigned it.
fn log_of(log: &LogOf) -> Result<(LogKey, Vec<KeyFile>), Failure> {
    let files = key_files(&log.keys)?;
    match (&log.key, files.split_first()) {
        (Some(key), _) => Ok((LogKey::parse(key)?, files)),
        (None, Some((own, _))) => Ok((own.log_key().clone(), files)),
        (None, None) => Err(Failure::Usage("give --key or --keys".to_owned())),
    }
}

fn key_files(files: &[PathBuf]) -> Result<Vec<KeyFile>, Failure> {
    let read = |file: &PathBuf| -> Result<KeyFile, Failure> { Ok(KeyFile::read(&text(file)?)?) };
    files.iter().map(read).collect()
}

fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|_| Failure::Usage(format!("{} is not text", file.display())))
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let unread = |error: std::io::Error| Failure::Usage(format!("{}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(unread)?.len();
    let fits: Checked<()> = if length > FILE_BYTES_MAX as u64 {
        Err(Reason::TooLong)
    } else {
        Ok(())
    };
    fits?;
    std::fs::read(file).map_err(unread)
}
