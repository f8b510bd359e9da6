//! `exchange export` and `exchange import`: messages that travel as files, encrypted to the partner they are for.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ::exchange::{FILE_BYTES_MAX, LINES_BYTES_MAX, Reject};
use clap::Args;
use serde_json::json;

use super::answers::{Letter, Peers, Taken};
use super::{Ask, Node};
use crate::output::{Done, Failure, Global, say};

/// Beside a file of messages lie the answers to them, under its name with this ending.
const ANSWERS: &str = "answers";

/// `exchange export OUT [--to ID]`
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// The file to write
    out: PathBuf,
    /// The partner; needed if messages wait for more than one
    #[arg(long, value_name = "ID")]
    to: Option<String>,
}

/// `exchange import FILE`
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// The file that another authority wrote
    file: PathBuf,
}

fn unavailable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{}: {why}", path.display()))
}

fn not_taken(path: &Path, Reject { code, says }: &Reject) -> Failure {
    Failure::Refused(format!("{code}: {}: {says}", path.display()))
}

/// What files for a partner are encrypted to, as its key file says.
fn recipient_of(folder: &Path, partner: &str) -> Result<String, Failure> {
    let peers: Peers = Node::reach(folder)?.ask(&Ask::Peers)?;
    let peer = peers.partners.into_iter().find(|peer| peer.id == partner);
    peer.and_then(|peer| peer.age).ok_or_else(|| {
        Failure::Refused(format!(
            "recipient_missing: the key file of {partner} that is in force here does not tell to which key files for it are \
             encrypted: let it make a new one with `countersign key request`, and take it with `countersign key install`"
        ))
    })
}

/// Writes the messages that wait for a receipt.
pub fn export(global: &Global, args: &ExportArgs) -> Done {
    let (folder, out) = (global.folder(), &args.out);
    let mut letters: Vec<Letter> = Node::reach(&folder)?.ask(&Ask::Outgoing)?;
    if let Some(to) = &args.to {
        letters.retain(|letter| letter.to == *to);
    }
    let partners: BTreeSet<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    if partners.len() > 1 {
        let partners = partners.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Failure::Usage(format!(
            "messages wait for {partners}: name one with --to, for each is given what is its own"
        )));
    }
    let Some(to) = partners.into_iter().next() else {
        let document = json!({ "to": null, "messages": 0, "left": 0, "out": null });
        return global.print(&document, || "No message waits: no file is written.".to_owned());
    };
    let lines = fitting(&letters);
    let (count, left) = (lines.len(), letters.len() - lines.len());
    let file = ::exchange::seal(&recipient_of(&folder, to)?, &lines).map_err(|why| not_taken(out, &why))?;
    write(out, &file)?;
    let document = json!({ "to": to, "messages": count, "left": left, "out": out });
    global.print(&document, || {
        let rest = match left {
            0 => String::new(),
            left => format!("; {left} more do not fit, and wait until these are answered"),
        };
        format!(
            "{count} messages are in {}, which only {to} can read{rest}",
            out.display()
        )
    })
}

/// As many messages as a file holds, in their order.
fn fitting(letters: &[Letter]) -> Vec<String> {
    let mut room = LINES_BYTES_MAX;
    let fits = letters.iter().map_while(|letter| {
        room = room.checked_sub(letter.message.len() + 1)?;
        Some(letter.message.clone())
    });
    fits.collect()
}

/// Writes a new file, and never over one.
fn write(path: &Path, bytes: &[u8]) -> Done {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::Refused(format!("{} exists already", path.display())),
        _ => unavailable(path, &error),
    })?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| unavailable(path, &error))
}

/// Writes a file in the place of another, all of it or nothing.
fn replace(path: &Path, bytes: &[u8]) -> Done {
    let unfinished = with_ending(path, "new");
    let written = File::create(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|error| unavailable(path, &error))
}

/// The lines of a file: one that is encrypted to this authority, or one that it has written for itself, as `recall` does.
fn lines_of(folder: &Path, path: &Path) -> Result<Vec<String>, Failure> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let opened = File::open(path).map_err(|error| unavailable(path, &error))?;
    opened
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| unavailable(path, &error))?;
    let text = if ::exchange::is_sealed(&bytes) || bytes.len() > FILE_BYTES_MAX {
        let keys = authority::file_keys(folder)?;
        ::exchange::unseal(&keys, &bytes).map_err(|why| not_taken(path, &why))?
    } else {
        let text = String::from_utf8(bytes).unwrap_or_default();
        if !text.lines().all(is_line) || text.trim().is_empty() {
            return Err(Failure::Refused(format!(
                "file_unreadable: {}: it is neither a file encrypted with age, in its binary form, nor lines of signed \
                 messages: ask for the file as `countersign exchange export` wrote it",
                path.display()
            )));
        }
        text
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// Whether a line can be a signed message or an answer.
fn is_line(line: &str) -> bool {
    let line = line.trim();
    let signed = |line: &str| {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        line.bytes().all(letter) && line.bytes().filter(|byte| *byte == b'.').count() == 2
    };
    line.is_empty() || line.starts_with('{') || signed(line)
}

/// Takes a file of messages or of answers.
pub fn import(global: &Global, args: &ImportArgs) -> Done {
    let (folder, path) = (global.folder(), &args.file);
    let asks: Vec<Ask> = lines_of(&folder, path)?.into_iter().map(Ask::Take).collect();
    let mut count = Count::default();
    let said = Node::reach(&folder)?.ask_each(&asks, &mut |taken| count.hear(taken));
    let back = count.answers.is_empty() || said.is_err();
    let out = if back {
        None
    } else {
        count.write_answers(&folder, path)?
    };
    said?;
    count.print(global, out.as_deref())
}

#[derive(Default)]
struct Count {
    messages: u64,
    receipts: u64,
    refused: u64,
    /// The answers to messages, and who sent those.
    answers: Vec<String>,
    senders: BTreeSet<String>,
}

impl Count {
    fn hear(&mut self, taken: Result<Taken, String>) -> Done {
        match taken {
            Ok(Taken::Message { answer, receipt, from }) => {
                if receipt {
                    self.messages += 1;
                } else {
                    self.refuse(&answer);
                }
                if let Some(from) = from {
                    self.senders.insert(from);
                    self.answers.push(answer);
                }
            }
            Ok(Taken::Receipt { entry, refused }) => {
                self.receipts += 1;
                if let Some(code) = refused {
                    say(&format!(
                        "entry {entry}: the partner does not accept what the message says: {code}"
                    ))?;
                }
            }
            Err(why) => self.refuse(&why),
        }
        Ok(())
    }

    fn refuse(&mut self, why: &str) {
        self.refused += 1;
        eprintln!("countersign: not taken: {why}");
    }

    /// Encrypts the answers to the one who sent the messages. Where that cannot be, nothing is lost: the same messages get
    /// the same answers whenever they come again.
    fn write_answers(&self, folder: &Path, path: &Path) -> Result<Option<PathBuf>, Failure> {
        let senders: Vec<&str> = self.senders.iter().map(String::as_str).collect();
        let recipient = if let [sender] = senders[..] {
            recipient_of(folder, sender)
        } else {
            let senders = senders.join(", ");
            Err(Failure::Refused(format!("file_mixed: it holds messages of {senders}")))
        };
        let recipient = match recipient {
            Ok(recipient) => recipient,
            Err(Failure::Refused(why)) => {
                eprintln!("countersign: no answers are written: {why}");
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let out = with_ending(path, ANSWERS);
        let file = ::exchange::seal(&recipient, &self.answers).map_err(|why| not_taken(&out, &why))?;
        replace(&out, &file)?;
        Ok(Some(out))
    }

    fn print(&self, global: &Global, answers: Option<&Path>) -> Done {
        let Self {
            messages,
            receipts,
            refused,
            ..
        } = self;
        let document = json!({ "messages": messages, "receipts": receipts, "refused": refused, "answers": answers });
        global.print(&document, || {
            let taken = format!("{messages} messages and {receipts} receipts were taken, {refused} lines were not");
            match answers {
                Some(answers) => format!("{taken}; the answers are in {}: send them back", answers.display()),
                None => taken,
            }
        })?;
        if *refused > 0 {
            return Err(Failure::Refused(format!("{refused} lines were not taken")));
        }
        Ok(())
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
