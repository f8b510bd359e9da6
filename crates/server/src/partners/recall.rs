//! `exchange recall`: after a restore, what partners hold of this authority, and whether going on would give its log two
//! pasts.

use std::path::{Path, PathBuf};

use authority::{Look, Recalled, Settings};
use clap::Args;
use domain::id::Id;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::net::Client;
use crate::output::{Done, Failure, Global, random};
use crate::running::rules;

/// Questions to one partner: each brings a few dozen messages.
const QUESTIONS_MAX: usize = 2_000;

/// `exchange recall --out FOLDER`
#[derive(Clone, Debug, Args)]
pub struct RecallArgs {
    /// The folder to write into: for each partner the messages that this journal does not have
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// The last checkpoint of the log that anybody has seen, in the folder.
pub(super) const CHECKPOINT: &str = "log.checkpoint";
/// What was found, in the folder.
const REPORT: &str = "recalled.json";

/// What one partner holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Held {
    pub partner: String,
    /// The size of the last checkpoint of our log that it has seen.
    seen: Option<u64>,
    /// Whether this journal continues it.
    continues: bool,
    /// Messages of ours that it has taken and this journal does not have.
    lost: usize,
    /// Messages of its own that this journal does not have.
    messages: usize,
    /// Why it did not answer, if it did not.
    pub failed: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Report {
    authority: String,
    entries: u64,
    /// Whether nothing was lost, as far as those know who answered.
    whole: bool,
    pub partners: Vec<Held>,
}

/// Asks every partner. The folder's authority must not run; nothing is written into it.
pub fn recall(global: &Global, args: &RecallArgs) -> Done {
    let folder = global.folder();
    let settings = Settings::read(&folder)?;
    let client = Client::new(rules(&settings))?;
    let look = authority::look(&folder)?;
    let now = clock::ahead(&store::open(&folder, &settings.storage.parse()?)?.local)?;
    std::fs::create_dir_all(&args.out).map_err(|error| failed(&args.out, &error))?;
    let partners: Vec<(Id, Option<String>)> = look
        .state
        .partners
        .iter()
        .map(|partner| {
            (
                partner.file.id.clone(),
                partner.file.url.as_ref().map(ToString::to_string),
            )
        })
        .collect();
    let (mut held, mut newest): (Vec<Held>, Option<(u64, String)>) = (Vec::new(), None);
    for (id, url) in partners {
        let asked = ask(&look, &client, &id, url.as_deref(), now);
        held.push(match asked {
            Ok(recalled) => {
                write(&args.out, &id, "lost", &recalled.lost)?;
                write(&args.out, &id, "messages", &recalled.messages)?;
                newest = newest.max(recalled.seen.zip(recalled.checkpoint));
                Held {
                    partner: id.to_string(),
                    seen: recalled.seen,
                    continues: recalled.continues,
                    lost: recalled.lost.len(),
                    messages: recalled.messages.len(),
                    failed: None,
                }
            }
            Err(why) => Held {
                partner: id.to_string(),
                seen: None,
                continues: false,
                lost: 0,
                messages: 0,
                failed: Some(why),
            },
        });
    }
    let report = Report {
        authority: look.state.founding.id.to_string(),
        entries: look.state.size,
        whole: held
            .iter()
            .all(|held| held.failed.is_none() && held.continues && held.lost == 0),
        partners: held,
    };
    if let Some((_, checkpoint)) = newest {
        keep(&args.out.join(CHECKPOINT), &checkpoint)?;
    }
    let text = serde_json::to_string_pretty(&report).map_err(|error| failed(&args.out, &error))?;
    keep(&args.out.join(REPORT), &text)?;
    global.print(&report, || report.in_words(&args.out))
}

fn failed(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{}: {why}", path.display()))
}

/// Asks one partner until it has no more.
fn ask(look: &Look, client: &Client, id: &Id, url: Option<&str>, now: Timestamp) -> Result<Recalled, String> {
    let url = url.ok_or("it can be reached by files only: ask its officers")?;
    let mut all: Option<Recalled> = None;
    for _ in 0..QUESTIONS_MAX {
        let nonce = sim::bench::id_at(clock::real(), &random().map_err(|failure| failure.to_string())?);
        let question = look
            .pull(id, now, nonce, all.as_ref())
            .map_err(|error| error.to_string())?;
        let answer = client.pull(url, &question)?;
        let next = look.recalled(id, &answer).map_err(|error| error.to_string())?;
        let more = next.more;
        match &mut all {
            None => all = Some(next),
            Some(all) => all.add(next),
        }
        if !more {
            break;
        }
    }
    all.ok_or_else(|| "it did not answer".to_owned())
}

fn keep(path: &Path, text: &str) -> Done {
    std::fs::write(path, text).map_err(|error| failed(path, &error))
}

/// What was found when partners were asked.
pub(super) fn report(folder: &Path) -> Result<Report, Failure> {
    let path = folder.join(REPORT);
    let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    serde_json::from_str(&text).map_err(|error| failed(&path, &error))
}

/// Messages that were written, one a line; none if there is no such file.
pub(super) fn messages(folder: &Path, id: &Id, what: &str) -> Result<Vec<String>, Failure> {
    let path = file_of(folder, id, what);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(&path, &error)),
    }
}

fn file_of(folder: &Path, id: &Id, what: &str) -> PathBuf {
    folder.join(format!("{}-{what}.jose", id.replace('/', "_")))
}

/// Writes messages, one a line, as `exchange import` reads them; no file if there are none.
fn write(folder: &Path, id: &Id, what: &str, messages: &[String]) -> Done {
    if messages.is_empty() {
        return Ok(());
    }
    let path = file_of(folder, id, what);
    let text: String = messages.iter().flat_map(|message| [message.as_str(), "\n"]).collect();
    keep(&path, &text)
}

impl Report {
    fn in_words(&self, out: &Path) -> String {
        let mut lines = vec![format!("{} has {} entries here", self.authority, self.entries)];
        lines.extend(self.partners.iter().map(Held::in_words));
        let out = out.display();
        lines.push(if self.whole {
            format!(
                "Nothing is lost, as far as partners know: start once with `serve --accept-restored-journal`. Their messages \
                 in {out} are taken with `exchange import`, or come again by themselves."
            )
        } else {
            format!(
                "A later journal existed: look for it before anything else. What partners hold of it is in {out}. If it is \
                 lost for good, the log starts anew: `countersign key restart-log --recalled {out} --out REQUEST.JSON`."
            )
        });
        lines.join("\n")
    }
}

impl Held {
    fn in_words(&self) -> String {
        if let Some(why) = &self.failed {
            return format!("  {:<14} NOT ASKED: {why}", self.partner);
        }
        let seen = self.seen.map_or("nothing".to_owned(), |seen| format!("{seen} entries"));
        let continues = if self.continues {
            "which this journal continues"
        } else {
            "WHICH THIS JOURNAL DOES NOT CONTINUE"
        };
        format!(
            "  {:<14} has seen {seen}, {continues}; {} messages of ours and {} of theirs are not here",
            self.partner, self.lost, self.messages
        )
    }
}
