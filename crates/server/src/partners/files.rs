//! `exchange export` and `exchange import`: messages that travel as files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::answers::{Letter, Taken};
use super::{Ask, Node};
use crate::output::{Done, Failure, Global, say};

/// The largest file that is taken.
const FILE_BYTES_MAX: u64 = 64 << 20;
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

/// Writes the messages that wait for a receipt.
pub fn export(global: &Global, args: &ExportArgs) -> Done {
    let mut letters: Vec<Letter> = Node::reach(&global.folder())?.ask(&Ask::Outgoing)?;
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
    let text: String = letters
        .iter()
        .flat_map(|letter| [letter.message.as_str(), "\n"])
        .collect();
    std::fs::write(&args.out, text).map_err(|error| unavailable(&args.out, &error))?;
    let to = partners.into_iter().next();
    let document = json!({ "to": to, "messages": letters.len(), "out": args.out });
    global.print(&document, || match to {
        Some(to) => format!("{} messages to {to} are in {}", letters.len(), args.out.display()),
        None => "No message waits.".to_owned(),
    })
}

/// Takes a file of messages or receipts.
pub fn import(global: &Global, args: &ImportArgs) -> Done {
    let path = &args.file;
    let size = std::fs::metadata(path)
        .map_err(|error| unavailable(path, &error))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(Failure::Refused(format!(
            "too_large: {}: more than {FILE_BYTES_MAX} bytes",
            path.display()
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unavailable(path, &error))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let asks = lines.iter().filter(|line| !line.starts_with('{'));
    let asks: Vec<Ask> = asks.map(|line| Ask::Take((*line).to_owned())).collect();
    let mut count = Count::default();
    for line in lines.iter().filter(|line| line.starts_with('{')) {
        // An answer that is no receipt: the message stays unanswered.
        count.refuse(line);
    }
    let mut answers = String::new();
    let said = Node::reach(&global.folder())?.ask_each(&asks, &mut |taken| {
        match taken {
            Ok(Taken::Message { answer, receipt }) => {
                if receipt {
                    count.messages += 1;
                } else {
                    count.refuse(&answer);
                }
                answers.push_str(&answer);
                answers.push('\n');
            }
            Ok(Taken::Receipt { entry, refused }) => {
                count.receipts += 1;
                if let Some(code) = refused {
                    say(&format!(
                        "entry {entry}: the partner does not accept what the message says: {code}"
                    ))?;
                }
            }
            Err(why) => count.refuse(&why),
        }
        Ok(())
    });
    let out = beside(path);
    if !answers.is_empty() {
        std::fs::write(&out, &answers).map_err(|error| unavailable(&out, &error))?;
    }
    said?;
    count.print(global, (!answers.is_empty()).then_some(out.as_path()))
}

#[derive(Default)]
struct Count {
    messages: u64,
    receipts: u64,
    refused: u64,
}

impl Count {
    fn refuse(&mut self, why: &str) {
        self.refused += 1;
        eprintln!("countersign: not taken: {why}");
    }

    fn print(&self, global: &Global, answers: Option<&Path>) -> Done {
        let Self {
            messages,
            receipts,
            refused,
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

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ANSWERS);
    PathBuf::from(name)
}
