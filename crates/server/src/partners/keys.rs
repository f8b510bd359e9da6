//! `key request`, `sign`, `untrust` and `install`: a new message key, and one that is given up. The root key signs on
//! whatever machine it is kept on: `sign` and `untrust` need no authority there.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use ::exchange::{ExchangeKey, Reject};
use clap::Args;
use domain::partner::{KeyFile, UntrustedKey};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::pair::spelled;
use super::{Ask, Node};
use crate::output::{Done, Failure, Global};

/// Refusals that say: it is in force already.
const KNOWN: [&str; 2] = ["trust_file_known: ", "distrust_known: "];

/// `key request --out F [--days N]`
#[derive(Clone, Debug, Args)]
pub struct RequestArgs {
    /// The file to write: the key file without its signature
    #[arg(long, value_name = "F")]
    out: PathBuf,
    /// For how many days the new key signs
    #[arg(long, value_name = "N", default_value_t = 730)]
    days: i64,
}

/// `key sign FILE --root-key F --out F`
#[derive(Clone, Debug, Args)]
pub struct SignArgs {
    /// The key file that waits for its signature
    file: PathBuf,
    /// The secret root key
    #[arg(long, value_name = "F")]
    root_key: PathBuf,
    /// The file to write
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

/// `key untrust --id ID --kid K --since T --root-key F --out F`
#[derive(Clone, Debug, Args)]
pub struct UntrustArgs {
    /// The authority whose key it is
    #[arg(long, value_name = "ID")]
    id: String,
    /// The key's name, as `key show` and `exchange peers` tell it
    #[arg(long, value_name = "K")]
    kid: String,
    /// Since when it is not to be trusted, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "T")]
    since: Timestamp,
    /// The secret root key
    #[arg(long, value_name = "F")]
    root_key: PathBuf,
    /// The file to write
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

/// `key install FILE --as administrator:a`, then `key install --approve SEQ --as administrator:b`
#[derive(Clone, Debug, Args)]
pub struct InstallArgs {
    /// A signed key file, of this authority or of a partner, or a statement that a key is not to be trusted
    #[arg(required_unless_present = "approve", conflicts_with = "approve")]
    file: Option<PathBuf>,
    /// The file's fingerprint, as the partner's officer read it out; where it tells that the partner's log starts anew
    #[arg(long, value_name = "F", requires = "file")]
    fingerprint: Option<String>,
    /// The entry with which another administrator proposed it
    #[arg(long, value_name = "SEQ")]
    approve: Option<u64>,
    /// The fingerprint, as the partner's officer read it out to the second administrator
    #[arg(long, value_name = "F", requires = "approve")]
    read_back: Option<String>,
    /// Who acts: administrator:PERSON
    #[arg(long = "as", value_name = "ACTOR")]
    actor: String,
}

/// What a root key has signed.
enum Trust {
    File(Box<KeyFile>),
    Untrusted(UntrustedKey),
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| unavailable(path, &error))
}

fn unavailable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{}: {why}", path.display()))
}

#[allow(clippy::needless_pass_by_value)] // the shape that map_err calls
fn refused(reject: Reject) -> Failure {
    Failure::Refused(reject.to_string())
}

/// Writes a new file, and never over one.
pub(super) fn write(path: &Path, text: &str) -> Done {
    if path.exists() {
        return Err(Failure::Refused(format!("{} exists already", path.display())));
    }
    let file: std::io::Result<File> = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unavailable(path, &error))
}

fn root_key(path: &Path) -> Result<ExchangeKey, Failure> {
    ExchangeKey::parse(read(path)?.trim()).map_err(refused)
}

/// Makes a new key, and the key file that its root key is to sign.
pub fn request(global: &Global, args: &RequestArgs) -> Done {
    if args.out.exists() {
        return Err(Failure::Refused(format!("{} exists already", args.out.display())));
    }
    let file: KeyFile = Node::reach(&global.folder())?.ask(&Ask::RequestKey(args.days))?;
    write(&args.out, &::exchange::key_file_text(&file))?;
    let document = json!({ "authority": file.id, "kid": file.key.kid, "out": args.out });
    global.print(&document, || {
        format!(
            "The new key {kid} of {id} signs nothing yet. Where the root key is kept, sign its file:\n  \
             countersign key sign {out} --root-key ROOT.KEY --out SIGNED.JSON",
            kid = file.key.kid,
            id = file.id,
            out = args.out.display()
        )
    })
}

/// Signs a key file with the root key.
pub fn sign(global: &Global, args: &SignArgs) -> Done {
    let file = ::exchange::read_key_request(&read(&args.file)?).map_err(refused)?;
    let file = ::exchange::sign_key_file(&root_key(&args.root_key)?, file).map_err(refused)?;
    write(&args.out, &::exchange::key_file_text(&file))?;
    let fingerprint = file.fingerprint();
    let document = json!({ "authority": file.id, "kid": file.key.kid, "out": args.out, "fingerprint": fingerprint });
    global.print(&document, || {
        format!(
            "The key file of {} with the key {} is signed, in {}.\nIts fingerprint: {fingerprint}",
            file.id,
            file.key.kid,
            args.out.display()
        )
    })
}

/// Says with the root key that a key is not to be trusted.
pub fn untrust(global: &Global, args: &UntrustArgs) -> Done {
    let id = |what: &str, text: &str| {
        text.parse()
            .map_err(|why| Failure::Usage(format!("--{what} {text}: {why}")))
    };
    let (authority, kid) = (id("id", &args.id)?, id("kid", &args.kid)?);
    let statement = ::exchange::sign_untrusted(&root_key(&args.root_key)?, authority, kid, args.since);
    write(&args.out, &::exchange::untrusted_text(&statement))?;
    let document = json!({ "authority": args.id, "kid": args.kid, "since": args.since, "out": args.out });
    global.print(&document, || {
        format!(
            "{} says that the key {} of {} is not to be trusted since {}. Bring it to every partner, with a key file of the \
             new key, and install both here.",
            args.out.display(),
            args.kid,
            args.id,
            args.since
        )
    })
}

/// Proposes or approves what a root key has signed.
pub fn install(global: &Global, args: &InstallArgs) -> Done {
    if !args.actor.starts_with("administrator:") {
        return Err(Failure::Usage(
            "only administrators install keys: --as administrator:PERSON".to_owned(),
        ));
    }
    let (verb, with, says) = match (args.approve, &args.file) {
        (Some(of), _) => {
            let heard = heard(json!({ "of": of }), "read_back", args.read_back.as_deref());
            ("approve", heard, "in force".to_owned())
        }
        (None, Some(path)) => {
            let (verb, with, says) = proposal(&trust(&read(path)?)?);
            (verb, heard(with, "fingerprint", args.fingerprint.as_deref()), says)
        }
        (None, None) => return Err(Failure::Usage("name a file, or --approve".to_owned())),
    };
    let proposes = args.approve.is_none();
    match Node::reach(&global.folder())?.command(&args.actor, verb, &with) {
        Ok(done) => global.print(&done, || {
            let seq = &done["seq"];
            if proposes {
                format!(
                    "Entry {seq} proposes {says}. Another administrator completes it:\n  countersign key install --approve \
                     {seq} --as administrator:PERSON"
                )
            } else {
                format!("Entry {seq}: {says}.")
            }
        }),
        // The same file again is no mistake.
        Err(Failure::Refused(why)) if KNOWN.iter().any(|known| why.starts_with(known)) => {
            global.print(&json!({ "known": why }), || why.clone())
        }
        Err(failure) => Err(failure),
    }
}

/// What was heard of a fingerprint, if anything was, beside the other fields.
fn heard(mut with: Value, field: &str, fingerprint: Option<&str>) -> Value {
    if let Some(fingerprint) = fingerprint {
        with[field] = json!(spelled(fingerprint));
    }
    with
}

fn trust(text: &str) -> Result<Trust, Failure> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    if document.get("since").is_some() {
        return ::exchange::read_untrusted(text).map(Trust::Untrusted).map_err(refused);
    }
    let file = ::exchange::read_key_file(text).map_err(refused)?;
    Ok(Trust::File(Box::new(file)))
}

/// The command, its fields, and what it proposes in words.
fn proposal(trust: &Trust) -> (&'static str, Value, String) {
    match trust {
        Trust::File(file) => {
            let says = format!("the key {} of {}", file.key.kid, file.id);
            ("install_key_file", json!({ "file": file }), says)
        }
        Trust::Untrusted(statement) => {
            let UntrustedKey { id, kid, since, .. } = statement;
            let says = format!("to trust the key {kid} of {id} no more since {since}");
            ("distrust_key", json!({ "statement": statement }), says)
        }
    }
}
