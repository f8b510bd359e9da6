//! What a node tells of its partners, and how that reads.

use std::fmt::Write as _;
use std::path::Path;

use authority::{Answer, Authority, Settled};
use domain::digest::Digest;
use domain::partner::{HeldKey, KeyFile, Message, Partner, Receipt};
use domain::{Entry, State};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ask, Node};
use crate::output::{Done, Failure, Global};

/// How it stands with one partner.
#[derive(Serialize, Deserialize)]
struct Standing {
    id: String,
    name: String,
    paired_on: Date,
    /// Messages that wait to be signed.
    queued: usize,
    /// Messages signed that have no receipt yet.
    unanswered: usize,
    /// The first of them.
    oldest: Option<Waiting>,
    /// The number of the last message signed.
    sent: Option<u64>,
    received: Option<Received>,
    /// The size of our largest checkpoint that it cosigned.
    cosigned: Option<u64>,
    /// Messages of ours that it refused.
    refused: Vec<Refused>,
    /// Entries that keep evidence of equivocation.
    equivocations: Vec<u64>,
    /// Logs that do not continue, its or ours.
    alarms: Vec<Alarmed>,
}

/// A log that does not continue what was seen of it.
#[derive(Serialize, Deserialize)]
struct Alarmed {
    /// Whether it is our log.
    ours: bool,
    /// What is wrong.
    code: String,
    /// The entry that keeps both checkpoints.
    entry: u64,
}

#[derive(Serialize, Deserialize)]
struct Waiting {
    seq: u64,
    entry: u64,
    since: Option<Timestamp>,
    seconds: i64,
    not_after: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Received {
    seq: u64,
    entry: Option<u64>,
    at: Option<Timestamp>,
    /// The size of the sender's checkpoint in it, which this authority has cosigned: whoever restores that log asks.
    log_size: u64,
}

#[derive(Serialize, Deserialize)]
struct Refused {
    seq: u64,
    code: String,
    entry: u64,
}

/// What `exchange status --json` prints.
#[derive(Serialize, Deserialize)]
struct Status {
    authority: String,
    size: u64,
    /// The largest checkpoint with as many cosignatures as the operator wants, if any are wanted.
    witnessed: Option<Witnessing>,
    partners: Vec<Standing>,
}

/// How far the own log is witnessed.
#[derive(Serialize, Deserialize)]
struct Witnessing {
    size: Option<u64>,
    by: Vec<String>,
    need: usize,
}

/// A partner and its keys.
#[derive(Serialize, Deserialize)]
pub(super) struct Peer {
    pub(super) id: String,
    name: String,
    country: String,
    url: Option<String>,
    /// What files for it are encrypted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) age: Option<String>,
    kid: String,
    valid_from: Timestamp,
    valid_until: Timestamp,
    fingerprint: String,
    /// All of its message keys, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Key>,
}

/// A message key, and for how long it is believed.
#[derive(Serialize, Deserialize)]
struct Key {
    kid: String,
    valid_from: Timestamp,
    until: Timestamp,
    untrusted_since: Option<Timestamp>,
}

/// What `exchange peers --json` prints.
#[derive(Serialize, Deserialize)]
pub(super) struct Peers {
    authority: String,
    pub(super) partners: Vec<Peer>,
}

/// A message that waits for its receipt, as it goes into a file.
#[derive(Serialize, Deserialize)]
pub struct Letter {
    /// The partner it is for.
    pub to: String,
    /// The JWS compact string.
    pub message: String,
}

/// What became of a line of a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It was a message; this is the answer to it.
    Message {
        /// The answer as it goes into a file.
        answer: String,
        /// Who sent it, if that can be read in it.
        from: Option<String>,
        /// Whether it is a receipt.
        receipt: bool,
    },
    /// It was a receipt, and is recorded as this entry.
    Receipt {
        /// The entry.
        entry: u64,
        /// Why the partner does not accept what the message says, if it does not.
        refused: Option<String>,
    },
}

/// Answers a question of the node itself.
pub fn answer(authority: &Authority, now: Timestamp, ask: Ask) -> Result<Value, Failure> {
    let value = match ask {
        Ask::Status => serde_json::to_value(standing(authority, now)?),
        Ask::Peers => serde_json::to_value(all_peers(&authority.state())),
        Ask::Key => serde_json::to_value(authority.key_file()?),
        Ask::Outgoing => {
            authority.sign_queued(now)?;
            let letters = authority.outgoing()?.into_iter().map(|message| Letter {
                to: message.to.to_string(),
                message: message.bytes,
            });
            serde_json::to_value(letters.collect::<Vec<_>>())
        }
        Ask::Take(text) => serde_json::to_value(take(authority, now, &text)?),
        Ask::RequestKey(days) => serde_json::to_value(request_key(authority, now, days)?),
    };
    value.map_err(|error| Failure::Refused(error.to_string()))
}

fn request_key(authority: &Authority, now: Timestamp, days: i64) -> Result<KeyFile, Failure> {
    let seeds = [crate::output::random()?, crate::output::random()?];
    Ok(authority.request_key(now, seeds, days)?)
}

fn all_peers(state: &State) -> Peers {
    let peer = |partner: &Partner| Peer {
        keys: partner.keys.iter().map(Key::of).collect(),
        ..peer(&partner.file)
    };
    Peers {
        authority: state.founding.id.to_string(),
        partners: state.partners.iter().map(peer).collect(),
    }
}

fn peer(file: &KeyFile) -> Peer {
    Peer {
        id: file.id.to_string(),
        name: file.name.to_string(),
        country: file.country.code().to_owned(),
        url: file.url.as_ref().map(ToString::to_string),
        age: file.age.as_ref().map(ToString::to_string),
        kid: file.key.kid.to_string(),
        valid_from: file.key.valid_from,
        valid_until: file.key.valid_until,
        fingerprint: file.fingerprint(),
        keys: Vec::new(),
    }
}

impl Key {
    fn of(held: &HeldKey) -> Self {
        Self {
            kid: held.key.kid.to_string(),
            valid_from: held.key.valid_from,
            until: held.until,
            untrusted_since: held.untrusted_since,
        }
    }

    fn in_words(&self) -> String {
        let Self {
            kid, valid_from, until, ..
        } = self;
        match self.untrusted_since {
            Some(since) => format!("  {:<14} {kid}, not trusted since {since}", "KEY"),
            None => format!("  {:<14} {kid}, good from {valid_from} until {until}", "key"),
        }
    }
}

fn standing(authority: &Authority, now: Timestamp) -> Result<Status, Failure> {
    let witnessed = authority.witnessed()?;
    let witnessed = (witnessed.need > 0).then_some(Witnessing {
        size: witnessed.size,
        by: witnessed.by,
        need: witnessed.need,
    });
    let recorded_at = |seq: u64| {
        let entry = authority.read(|journal| journal.entry(seq));
        let (bytes, _) = entry.ok().flatten()?;
        Entry::parse(&bytes).ok().map(|entry| entry.recorded_at)
    };
    let state = authority.state();
    Ok(Status {
        authority: state.founding.id.to_string(),
        size: state.size,
        witnessed,
        partners: state
            .partners
            .iter()
            .map(|partner| with_partner(partner, now, &recorded_at))
            .collect(),
    })
}

fn with_partner(partner: &Partner, now: Timestamp, recorded_at: &dyn Fn(u64) -> Option<Timestamp>) -> Standing {
    let oldest = partner.unanswered.front().map(|sent| {
        let since = recorded_at(sent.entry);
        Waiting {
            seq: sent.seq,
            entry: sent.entry,
            since,
            seconds: since.map_or(0, |since| now.duration_since(since).as_secs().max(0)),
            not_after: sent.not_after,
        }
    });
    let received = partner.received.map(|last| {
        let entry = partner.taken.get(&last.seq).map(|taken| taken.entry);
        Received {
            seq: last.seq,
            entry,
            at: entry.and_then(recorded_at),
            log_size: last.head.size,
        }
    });
    let refused = partner.refused.iter().map(|refused| Refused {
        seq: refused.seq,
        code: refused.code.to_string(),
        entry: refused.entry,
    });
    Standing {
        id: partner.file.id.to_string(),
        name: partner.file.name.to_string(),
        paired_on: partner.paired_on,
        queued: partner.queue.len(),
        unanswered: partner.unanswered.len(),
        oldest,
        sent: partner.sent.map(|last| last.seq),
        received,
        cosigned: partner.cosigned,
        refused: refused.collect(),
        equivocations: partner.equivocations.values().copied().collect(),
        alarms: partner
            .alarms
            .iter()
            .map(|alarm| Alarmed {
                ours: alarm.ours,
                code: alarm.kind.code().to_owned(),
                entry: alarm.entry,
            })
            .collect(),
    }
}

/// Who a message says it is from.
fn sender(text: &str) -> Option<String> {
    let message: Message = ::exchange::parse(text.as_bytes()).ok()?.payload.read().ok()?;
    Some(message.from.to_string())
}

/// An answer as a line of a file. A receipt tells itself what it is for; to anything else the message's hash is added.
fn in_file(answer: &Answer, message: &str) -> String {
    let line = answer.encode();
    let Ok(Value::Object(mut said)) = serde_json::from_str(&line) else {
        return line;
    };
    said.insert("of".to_owned(), json!(Digest::of(message)));
    Value::Object(said).to_string()
}

/// Hears an answer that is no receipt: why the partner does not take a message of ours.
fn hear(authority: &Authority, now: Timestamp, line: &str) -> Result<Taken, Failure> {
    let bad = |why: &dyn std::fmt::Display| Failure::Refused(format!("answer_unreadable: {why}"));
    let mut said: Value = serde_json::from_str(line).map_err(|why| bad(&why))?;
    let of = said.as_object_mut().and_then(|said| said.remove("of"));
    let of: Digest = serde_json::from_value(of.unwrap_or_default()).map_err(|why| bad(&why))?;
    let waits = authority.outgoing()?.into_iter().find(|message| message.hash == of);
    let waits =
        waits.ok_or_else(|| Failure::Refused("receipt_not_awaited: no message of ours waits for it".to_owned()))?;
    match authority.hear(now, &waits, said.to_string().as_bytes())? {
        Ok(_) => Err(bad(&"it is neither a receipt nor a refusal")),
        Err(why) => Err(Failure::Refused(format!(
            "message {} to {}: {why}",
            waits.seq, waits.to
        ))),
    }
}

/// Takes a line of a file: a receipt for a message of ours, another answer to one, or a message.
fn take(authority: &Authority, now: Timestamp, text: &str) -> Result<Taken, Failure> {
    let receipt = ::exchange::parse(text.as_bytes())
        .ok()
        .and_then(|signed| signed.payload.read::<Receipt>().ok());
    if text.starts_with('{') {
        return hear(authority, now, text);
    }
    let Some(receipt) = receipt else {
        let answer = authority.accept(now, text.as_bytes())?;
        return Ok(Taken::Message {
            receipt: matches!(answer, Answer::Receipt(_)),
            from: sender(text),
            answer: in_file(&answer, text),
        });
    };
    match authority.settle(now, &receipt.from, text.as_bytes())? {
        Settled::Recorded { seq, refused } => Ok(Taken::Receipt {
            entry: seq,
            refused: refused.map(|code| code.to_string()),
        }),
        Settled::Refused { code, says } => Err(Failure::Refused(format!("{code}: {says}"))),
    }
}

/// Runs `exchange status`.
pub fn status(global: &Global) -> Done {
    let status: Status = Node::reach(&global.folder())?.ask(&Ask::Status)?;
    global.print(&status, || status.in_words())
}

impl Status {
    fn in_words(&self) -> String {
        let mut says = format!(
            "{} has {} entries and {} partners",
            self.authority,
            self.size,
            self.partners.len()
        );
        if let Some(Witnessing { size, by, need }) = &self.witnessed {
            let how = match size {
                Some(size) => format!("witnessed up to {size} entries, by {}", by.join(", ")),
                None => format!("not witnessed: no checkpoint has {need} cosignatures"),
            };
            let _ = write!(says, "; {how}");
        }
        for partner in &self.partners {
            partner.in_words(&mut says);
        }
        says
    }
}

impl Standing {
    fn in_words(&self, says: &mut String) {
        // Writing into a string does not fail.
        let mut line = |what: &str, text: String| {
            let _ = write!(says, "\n  {what:<14} {text}");
        };
        line(&self.id, format!("{}, paired on {}", self.name, self.paired_on));
        let waiting = match &self.oldest {
            Some(oldest) => format!(
                "{} unanswered, the oldest is message {} since {} ({}), good until {}",
                self.unanswered,
                oldest.seq,
                oldest.since.map_or_else(|| "?".to_owned(), |since| since.to_string()),
                age(oldest.seconds),
                oldest.not_after
            ),
            None => "none unanswered".to_owned(),
        };
        let sent = self
            .sent
            .map_or_else(|| "nothing".to_owned(), |seq| format!("{seq} messages"));
        line("sent", format!("{sent}; {} queued; {waiting}", self.queued));
        line(
            "received",
            match &self.received {
                Some(last) => format!(
                    "{} messages, the last at {}, under a log of {} entries",
                    last.seq,
                    last.at.map_or_else(|| "?".to_owned(), |at| at.to_string()),
                    last.log_size
                ),
                None => "nothing".to_owned(),
            },
        );
        let cosigned = self
            .cosigned
            .map_or_else(|| "nothing".to_owned(), |size| format!("{size} entries"));
        line("cosigned", cosigned);
        for refused in &self.refused {
            line(
                "refused",
                format!("message {}: {} (entry {})", refused.seq, refused.code, refused.entry),
            );
        }
        for alarm in &self.alarms {
            let whose = if alarm.ours {
                "OUR log, as it holds a checkpoint of it"
            } else {
                "its log"
            };
            line("ALARM", format!("{}: {whose} (entry {})", alarm.code, alarm.entry));
        }
        for entry in &self.equivocations {
            line(
                "EQUIVOCATION",
                format!("two messages in one place: entry {entry} keeps the evidence"),
            );
        }
    }
}

/// A time in words, in its largest unit.
fn age(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86400),
    }
}

/// Runs `exchange peers`.
pub fn peers(global: &Global) -> Done {
    let peers: Peers = Node::reach(&global.folder())?.ask(&Ask::Peers)?;
    global.print(&peers, || {
        let mut says = vec![format!("{} has {} partners", peers.authority, peers.partners.len())];
        says.extend(peers.partners.iter().map(Peer::in_words));
        says.join("\n")
    })
}

impl Peer {
    fn in_words(&self) -> String {
        let Self {
            id,
            name,
            country,
            kid,
            valid_from,
            valid_until,
            fingerprint,
            ..
        } = self;
        let url = self.url.as_deref().unwrap_or("by files only");
        let age = match &self.age {
            Some(age) => format!("\n  {:<14} {age}", "files to"),
            None => String::new(),
        };
        // With one key, and nothing said against it, its own line says all.
        let alone = matches!(
            &self.keys[..],
            [] | [Key {
                untrusted_since: None,
                ..
            }]
        );
        let others = self
            .keys
            .iter()
            .filter(|_| !alone)
            .map(|key| format!("\n{}", key.in_words()));
        let others: String = others.collect();
        format!(
            "  {id:<14} {name}, {country}; {url}\n  {:<14} {kid}, good from {valid_from} until {valid_until}\n  {:<14} {fingerprint}{age}{others}",
            "key", "fingerprint"
        )
    }
}

/// Runs `key show`.
pub fn key_show(global: &Global) -> Done {
    let file: KeyFile = Node::reach(&global.folder())?.ask(&Ask::Key)?;
    let peer = peer(&file);
    global.print(&peer, || peer.in_words().trim_start().to_owned())
}

/// Runs `key file`.
pub fn key_file(global: &Global, out: &Path) -> Done {
    let file: KeyFile = Node::reach(&global.folder())?.ask(&Ask::Key)?;
    std::fs::write(out, ::exchange::key_file_text(&file))
        .map_err(|error| Failure::Unavailable(format!("{}: {error}", out.display())))?;
    let fingerprint = file.fingerprint();
    let document = json!({ "authority": file.id, "out": out, "fingerprint": fingerprint });
    global.print(&document, || {
        format!(
            "The key file of {} is in {}.\nIts fingerprint, to be read out over another channel: {fingerprint}",
            file.id,
            out.display()
        )
    })
}
