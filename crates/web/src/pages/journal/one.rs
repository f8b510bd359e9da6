//! One entry: in words, as bytes, with its proof, and who has looked at it.

use askama::Template;
use domain::digest::Bytes;
use domain::{Entry, Event};
use jiff::Timestamp;

use super::said::{self, Said};
use super::{Look, Row};
use crate::answer::{Answered, Fault, file, html};
use crate::ask::Ask;
use crate::frame::Frame;

/// Entries of one command that are listed.
const OF_COMMAND_MAX: u64 = 20;

/// The proof that the entry stands in the log.
struct Proof {
    /// How many entries the newest checkpoint covers.
    size: String,
    root: String,
    hashes: usize,
    /// The checkpoint as signed.
    note: String,
    /// Who has cosigned a checkpoint that covers the entry.
    cosigned: Vec<String>,
}

#[derive(Template)]
#[template(path = "journal/one.html")]
struct OnePage {
    f: Frame,
    seq: u64,
    at: String,
    moment: Timestamp,
    kind: String,
    kind_name: &'static str,
    who: String,
    actor: String,
    about: String,
    about_href: String,
    said: Vec<Said>,
    refusal: Option<String>,
    breaches: Vec<String>,
    command_id: String,
    command_hash: String,
    leaf: String,
    leaf_is_right: bool,
    bytes: String,
    proof: Option<Proof>,
    of_command: Vec<Row>,
    of_command_more: u64,
    looks: Vec<Look>,
    looks_about: Vec<Look>,
    before: Option<u64>,
    after: Option<u64>,
}

/// What looks at an entry are noted under.
fn look_at(seq: u64) -> String {
    format!("entry/{seq}")
}

fn seq_of(ask: &Ask) -> Result<u64, Fault> {
    ask.param("seq").parse().map_err(|_| Fault::NotFound)
}

/// The exact bytes and the leaf hash of an entry.
fn stored(ask: &Ask, seq: u64) -> Result<(Vec<u8>, tlog::Hash), Fault> {
    let found = ask.app.authority().read(|journal| journal.entry(seq))?;
    found.ok_or(Fault::NotFound)
}

pub fn one(ask: &Ask) -> Answered {
    let (words, seq) = (ask.words(), seq_of(ask)?);
    let (bytes, leaf) = stored(ask, seq)?;
    let entry = Entry::parse(&bytes).map_err(|error| Fault::Failed(format!("entry {seq}: {error}")))?;
    ask.app.authority().catch_up().map_err(|error| ask.app.fault(&error))?;
    let looks = super::looks(ask, &look_at(seq))?;
    // What was proposed or refused is an act: nobody looks at acts.
    let is_act = matches!(entry.event, Event::DecisionProposed(_) | Event::InstructionRefused(_));
    let about = if is_act { "" } else { entry.event.subject() };
    let looks_about = if about.is_empty() {
        Vec::new()
    } else {
        super::looks(ask, about)?
    };
    ask.looked_at(look_at(seq));
    let (kind, size) = (entry.event.kind(), ask.state().size);
    let (of_command, of_command_more) = of_command(ask, &entry)?;
    html(&OnePage {
        f: Frame::of(ask, words.t1("journal-entry-title", "seq", words.number(seq))),
        at: ask.time(entry.recorded_at),
        moment: entry.recorded_at,
        kind: super::kind_in_words(words, kind),
        kind_name: kind,
        who: ask.actor_in_words(&entry.actor),
        actor: entry.actor.to_string(),
        about: about.to_owned(),
        about_href: super::subject_href(about),
        said: said::of(ask, &entry.event, &bytes),
        refusal: refusal(ask, &entry.event),
        breaches: breaches(ask, &entry.event),
        command_id: entry.command_id.to_string(),
        command_hash: Bytes(entry.command_hash).to_string(),
        leaf: Bytes(leaf).to_string(),
        leaf_is_right: tlog::leaf_hash(&bytes) == leaf,
        proof: proven(ask, seq, &leaf)?,
        of_command,
        of_command_more,
        looks,
        looks_about,
        before: seq.checked_sub(1),
        after: Some(seq + 1).filter(|next| *next < size),
        bytes: String::from_utf8_lossy(&bytes).into_owned(),
        seq,
    })
}

/// A refusal in the words of the language.
pub fn refusal(ask: &Ask, event: &Event) -> Option<String> {
    let Event::InstructionRefused(refused) = event else {
        return None;
    };
    let figures: Vec<(&str, &dyn std::fmt::Display)> = refused
        .figures
        .iter()
        .map(|(name, figure)| (name.as_str(), figure as &dyn std::fmt::Display))
        .collect();
    let says = crate::refusal_in_words(ask.words(), &refused.code, &refused.says, &figures);
    Some(match &refused.article {
        Some(article) => format!("{says} ({article})"),
        None => says,
    })
}

/// The rules that a report broke.
pub fn breaches(ask: &Ask, event: &Event) -> Vec<String> {
    let codes = match event {
        Event::Movement(movement) => &movement.breaches,
        Event::LotClosed(closed) => &closed.breaches,
        _ => return Vec::new(),
    };
    codes
        .iter()
        .map(ToString::to_string)
        .map(|code| in_words(ask, &code))
        .collect()
}

/// The code of a rule that was broken, beside its words if there are any.
fn in_words(ask: &Ask, code: &str) -> String {
    let says = ask.words().breach(code);
    if says == code { says } else { format!("{says} ({code})") }
}

/// The proof, if a signed checkpoint covers the entry already.
fn proven(ask: &Ask, seq: u64, leaf: &tlog::Hash) -> Result<Option<Proof>, Fault> {
    let authority = ask.app.authority();
    let covered = authority.read(|journal| journal.latest_checkpoint())?;
    if covered.is_none_or(|(size, _)| size <= seq) {
        return Ok(None);
    }
    let (_, proof) = authority.read(|journal| authority::proof(journal, seq))?;
    let failed = |error: tlog::Error| Fault::Failed(format!("the proof of entry {seq}: {error}"));
    let checkpoint = proof.verify_leaf(leaf, &authority.log_key()).map_err(failed)?;
    let words = ask.words();
    let cosigned = ask
        .state()
        .partners
        .iter()
        .filter_map(|partner| {
            let size = partner.cosigned.filter(|size| *size > seq)?;
            Some(words.t2(
                "journal-cosigned-by",
                "name",
                &partner.file.name,
                "size",
                words.number(size),
            ))
        })
        .collect();
    Ok(Some(Proof {
        size: words.number(checkpoint.size),
        root: Bytes(checkpoint.root).to_string(),
        hashes: proof.proof.len(),
        note: proof.note,
        cosigned,
    }))
}

/// The other entries of the same command, and how many more there are.
fn of_command(ask: &Ask, entry: &Entry) -> Result<(Vec<Row>, u64), Fault> {
    let authority = ask.app.authority();
    let found = authority.register(|register| register.command(entry.command_id.as_bytes()))?;
    let Some(command) = found else {
        return Ok((Vec::new(), 0));
    };
    let mut rows = Vec::new();
    let shown = u64::from(command.count).min(OF_COMMAND_MAX);
    for seq in command.seq..command.seq + shown {
        if seq != entry.seq
            && let Some(other) = authority.entry(seq)?
        {
            rows.push(super::row_of(ask, &other));
        }
    }
    Ok((rows, u64::from(command.count) - shown))
}

/// The entry's exact bytes.
pub fn bytes(ask: &Ask) -> Answered {
    let seq = seq_of(ask)?;
    let (bytes, _) = stored(ask, seq)?;
    ask.looked_at(look_at(seq));
    file("application/json", &format!("{}-{seq}.json", ask.app.id()), bytes)
}

/// The offline proof, with the entry in it, as `countersign proof` writes it.
pub fn proof(ask: &Ask) -> Answered {
    let seq = seq_of(ask)?;
    stored(ask, seq)?;
    let authority = ask.app.authority();
    let covered = authority.read(|journal| journal.latest_checkpoint())?;
    if covered.is_none_or(|(size, _)| size <= seq) {
        return Err(Fault::Bad("journal-no-proof-yet"));
    }
    let (bytes, mut proof) = authority.read(|journal| authority::proof(journal, seq))?;
    proof.extra = Some(bytes);
    let text = proof.to_text().map_err(|error| Fault::Failed(error.to_string()))?;
    ask.looked_at(look_at(seq));
    file(
        "text/plain; charset=utf-8",
        &format!("{}-{seq}.tlog-proof", ask.app.id()),
        text,
    )
}
