//! `exchange` and `key`: partners and their messages as the shell sees them.

mod answers;
mod files;
mod keys;
mod pair;
mod recall;
mod restart;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use authority::Authority;
use clap::{Args, Subcommand};
use crossbeam_channel::bounded;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;
use crate::desk::{Desk, LINE_BYTES_MAX, Question};
use crate::net;
use crate::net::Halted;
use crate::output::{Done, Failure, Global};
use crate::restored::{self, Journal};

pub use answers::answer;

/// `exchange status|peers|pair|export|import|recall|restart`
#[derive(Clone, Debug, Args)]
pub struct ExchangeArgs {
    #[command(subcommand)]
    verb: ExchangeVerb,
}

#[derive(Clone, Debug, Subcommand)]
enum ExchangeVerb {
    /// How it stands with each partner authority
    Status,
    /// Who the partner authorities are, and their keys
    Peers,
    /// Pair with an authority whose key file and fingerprint came over two channels; takes two administrators
    Pair(pair::PairArgs),
    /// Write the messages that wait for a receipt into a file that is encrypted to the partner
    Export(files::ExportArgs),
    /// Take a file of messages or of answers that another authority wrote for this one; the answers to messages are
    /// written beside it, encrypted to their sender, for the way back
    Import(files::ImportArgs),
    /// After a restore, while nobody serves it: ask every partner what it holds of this authority, and whether going on
    /// from this journal would give its log two pasts
    Recall(recall::RecallArgs),
    /// After a restore, while nobody serves it, and when entries are lost for good: start the log anew with the key file that
    /// the root key has signed, and put back what partners hold
    Restart(restart::RestartArgs),
}

/// `key show|file|request|restart-log|sign|untrust|install`
#[derive(Clone, Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    verb: KeyVerb,
}

#[derive(Clone, Debug, Subcommand)]
enum KeyVerb {
    /// The fingerprint of this authority's own key file, to be read out to a partner's officer
    Show,
    /// Write the key file to hand over to a partner authority
    File {
        /// The file to write
        #[arg(long, value_name = "F")]
        out: PathBuf,
    },
    /// Make a new message key, and the key file that the root key is to sign
    Request(keys::RequestArgs),
    /// Make the key of a new log in the place of one whose last entries are lost, and the key file that the root key is to
    /// sign
    RestartLog(restart::RequestArgs),
    /// Sign a key file with the root key, on whatever machine that is kept
    Sign(keys::SignArgs),
    /// Say with the root key that a message key is not to be trusted
    Untrust(keys::UntrustArgs),
    /// Take what a root key has signed, of this authority or of a partner; takes two administrators
    Install(keys::InstallArgs),
}

/// What is asked of a node, whether it runs or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// How it stands with each partner.
    Status,
    /// Who the partners are.
    Peers,
    /// Its own key file.
    Key,
    /// The messages that wait for a receipt.
    Outgoing,
    /// Take a message or a receipt that came in a file.
    Take(String),
    /// Make a new message key that signs for so many days.
    RequestKey(i64),
}

/// Runs `exchange`.
pub fn exchange(global: &Global, args: &ExchangeArgs) -> Done {
    match &args.verb {
        ExchangeVerb::Status => answers::status(global),
        ExchangeVerb::Peers => answers::peers(global),
        ExchangeVerb::Pair(args) => pair::pair(global, args),
        ExchangeVerb::Export(args) => files::export(global, args),
        ExchangeVerb::Import(args) => files::import(global, args),
        ExchangeVerb::Recall(args) => recall::recall(global, args),
        ExchangeVerb::Restart(args) => restart::restart(global, args),
    }
}

/// Runs `key`.
pub fn key(global: &Global, args: &KeyArgs) -> Done {
    match &args.verb {
        KeyVerb::Show => answers::key_show(global),
        KeyVerb::File { out } => answers::key_file(global, out),
        KeyVerb::Request(args) => keys::request(global, args),
        KeyVerb::RestartLog(args) => restart::request(global, args),
        KeyVerb::Sign(args) => keys::sign(global, args),
        KeyVerb::Untrust(args) => keys::untrust(global, args),
        KeyVerb::Install(args) => keys::install(global, args),
    }
}

/// A node: opened here, or running elsewhere and reached over its socket.
pub enum Node {
    /// It is opened here.
    Own(Arc<Authority>),
    /// It runs.
    Runs(UnixStream),
}

impl Node {
    /// Opens the authority of a folder, or connects to the node that has it open.
    pub fn reach(folder: &Path) -> Result<Self, Failure> {
        // A socket that nobody answers is left over.
        match net::connect(folder) {
            Ok(stream) => Ok(Self::Runs(stream)),
            Err(_) => Ok(Self::Own(Arc::new(restored::open(folder, Journal::Own)?))),
        }
    }

    /// Hands lines over, and says each answer as it comes; gives how many were refused.
    pub fn lines(self, input: impl Read + Send + 'static, say: &mut dyn FnMut(&str) -> Done) -> Result<u64, Failure> {
        match self {
            Self::Own(authority) => {
                let served = Desk::new(Arc::clone(&authority), None, Halted::default()).serve(input, say);
                let held = |_| Failure::Unavailable("the authority is still in use".to_owned());
                let closed = Arc::try_unwrap(authority).map_err(held)?.close();
                let answered = served?;
                closed?;
                Ok(answered.refused)
            }
            Self::Runs(stream) => talk(&stream, input, say),
        }
    }

    /// Asks the node itself.
    pub fn ask<T: DeserializeOwned>(self, ask: &Ask) -> Result<T, Failure> {
        let mut told = Err(Failure::Unavailable("the node did not answer".to_owned()));
        self.ask_each(std::slice::from_ref(ask), &mut |answer| {
            told = answer.map_err(Failure::Refused);
            Ok(())
        })?;
        told
    }

    /// Asks the node itself several things, and hears each answer: what it says, or why it refuses.
    fn ask_each<T: DeserializeOwned>(self, asks: &[Ask], hear: &mut dyn FnMut(Result<T, String>) -> Done) -> Done {
        let mut lines = String::new();
        for ask in asks {
            let question = Question { ask: ask.clone() };
            lines.push_str(&serde_json::to_string(&question).map_err(unreadable)?);
            lines.push('\n');
        }
        let say = &mut |line: &str| {
            let answer = serde_json::from_str(line).map_err(unreadable)?;
            match answered(answer) {
                Ok(mut answer) => hear(Ok(serde_json::from_value(answer["answer"].take()).map_err(unreadable)?)),
                Err(Failure::Refused(why)) => hear(Err(why)),
                Err(failure) => Err(failure),
            }
        };
        self.lines(std::io::Cursor::new(lines), say).map(drop)
    }

    /// Hands one command over.
    fn command(self, actor: &str, verb: &str, with: &Value) -> Result<Value, Failure> {
        let id = sim::bench::id_at(clock::real(), &crate::output::random()?);
        let line = json!({ "id": id, "as": actor, "do": verb, "with": with }).to_string() + "\n";
        let mut answer = Value::Null;
        let say = &mut |line: &str| {
            answer = serde_json::from_str(line).map_err(unreadable)?;
            Ok(())
        };
        self.lines(std::io::Cursor::new(line), say)?;
        answered(answer)
    }
}

#[allow(clippy::needless_pass_by_value)] // the shape that map_err calls
fn unreadable(why: serde_json::Error) -> Failure {
    Failure::Refused(format!("the node's answer cannot be read: {why}"))
}

/// What an answer says, unless it is a refusal.
fn answered(answer: Value) -> Result<Value, Failure> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(refused) = answer.get("refused") {
        let (code, says) = (text(&refused["code"]), text(&refused["says"]));
        // A refusal of the node itself says all in its sentence.
        return Err(Failure::Refused(if code == "refused" {
            says
        } else {
            format!("{code}: {says}")
        }));
    }
    match answer.get("failed") {
        Some(failed) => Err(Failure::Unavailable(text(failed))),
        None => Ok(answer),
    }
}

/// Hands lines over to a running node; gives how many were refused.
fn talk(
    stream: &UnixStream,
    input: impl Read + Send + 'static,
    say: &mut dyn FnMut(&str) -> Done,
) -> Result<u64, Failure> {
    let failed = |error: std::io::Error| Failure::Unavailable(format!("the running node: {error}"));
    let to = stream.try_clone().map_err(failed)?;
    let (written, all) = bounded(1);
    // It may wait for input for ever, so nobody waits for it.
    let writing = move || {
        if let Ok(lines) = write_lines(&to, input) {
            let _ = written.send(lines);
        }
        drop(to.shutdown(Shutdown::Write));
    };
    std::thread::Builder::new().spawn(writing).map_err(failed)?;
    let mut refused = 0;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(failed)?;
        let answer: Value = serde_json::from_str(&line).map_err(unreadable)?;
        if let Some(end) = answer.get("end") {
            if all.try_recv().ok() == end.as_u64() {
                return Ok(refused);
            }
        } else if answer.get("failed").is_some() {
            answered(answer)?;
        } else {
            refused += u64::from(answer.get("refused").is_some());
            say(&line)?;
        }
    }
    let what = "the node stopped before it had read everything; what has no answer may be submitted again";
    Err(Failure::Unavailable(what.to_owned()))
}

/// Writes every line; gives how many.
fn write_lines(mut to: &UnixStream, input: impl Read) -> std::io::Result<u64> {
    let mut input = BufReader::new(input);
    let (mut line, mut lines) = (Vec::new(), 0);
    loop {
        line.clear();
        // A line that is longer than the desk takes is passed on as it comes: it is for the desk to refuse it.
        if input.by_ref().take(2 * LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(lines);
        }
        to.write_all(&line)?;
        lines += 1;
    }
}
