//! Commands, one at a time: every act of the pages, by the same rules.

use authority::{Outcome, Receipt};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Command, Event};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{body, fault, json, malformed, ok, problem_of, session};
use crate::act::{self, OF_THE_MACHINE};
use crate::answer::{Answered, Fault};
use crate::ask::{Ask, Via};
use crate::credentials::Given;
use crate::pages::prove;

/// The header with the command's id: the same id again gets the first receipt.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header with the second factor's code, where something is signed.
pub const CODE: &str = "countersign-code";

/// The receipt of a command.
#[derive(Serialize, JsonSchema)]
pub struct Recorded {
    /// The command's id: the `Idempotency-Key`, or one that was made.
    #[schemars(with = "super::read::CommandId")]
    id: Uuid,
    /// Its first entry in the journal.
    seq: u64,
    /// How many entries it has.
    count: u32,
    /// The leaf hash of the first entry, in base64.
    leaf: String,
    /// The kind of the first entry; `DecisionProposed` where it waits for a second person now.
    kind: &'static str,
    /// Whether the command was answered before: this is the first answer again.
    repeat: bool,
    /// A link or a code to be handed over to the person who is to enrol. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    hand_over: Option<String>,
}

/// What would be recorded.
#[derive(Serialize, JsonSchema)]
pub struct Tried {
    /// Always true.
    dry_run: bool,
    /// Whether it would wait for a second person.
    waits: bool,
    /// Whether it takes the code of the second factor.
    signed: bool,
    /// The entries.
    entries: Vec<TriedEntry>,
}

/// An entry that would be recorded.
#[derive(Serialize, JsonSchema)]
pub struct TriedEntry {
    /// Its kind.
    kind: &'static str,
    /// What it would tell.
    #[schemars(with = "serde_json::Map<String, Value>")]
    data: Event,
}

/// A receipt, or what would be recorded.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // it is only described
pub enum Answer {
    /// The first receipt again.
    Recorded(Recorded),
    /// What would be recorded.
    Tried(Tried),
}

/// Whether a command may be given through the API at all, by whomever.
pub fn is_offered(verb: &str) -> bool {
    act::fields(verb).is_some() && !OF_THE_MACHINE.contains(&verb)
}

pub fn give(ask: &Ask) -> Answered {
    let verb = ask.param("verb");
    if !is_offered(verb) {
        return Err(Fault::NotFound);
    }
    if !act::may(ask.visitor()?, verb) {
        return Err(Fault::NotEntitled);
    }
    let dry = switch(ask, "dry_run")?;
    let (id, code) = (command_id(ask)?, code(ask)?);
    let text = body::text(ask, None)?;
    let command = Command::parse(verb, text).map_err(|why| body::unfit(text, &why))?;
    if dry {
        return try_out(ask, &command);
    }
    let signed = act::is_signed(ask, &command)?;
    if signed {
        sign(ask, code)?;
    }
    let (receipt, handed) = act::record(ask, id, command, signed)?;
    answer(ask, receipt, handed)
}

/// Yes or no in a query.
fn switch(ask: &Ask, name: &str) -> Result<bool, Fault> {
    match ask.query.get(name) {
        "true" => Ok(true),
        "false" => Ok(false),
        "" if !ask.query.has(name) => Ok(false),
        _ => Err(malformed(format!("{name} is true or false"))),
    }
}

/// The command's id as its sender has made it, or a new one.
fn command_id(ask: &Ask) -> Result<Uuid, Fault> {
    let Some(given) = ask.headers.get(IDEMPOTENCY_KEY) else {
        return ask.new_id();
    };
    let id = given.to_str().ok().and_then(|text| text.trim().parse::<Uuid>().ok());
    id.filter(|id| id.get_version_num() == 7)
        .ok_or_else(|| malformed("Idempotency-Key is no UUID of version 7: make a new one for each command"))
}

/// The code of the second factor, if one was sent.
fn code(ask: &Ask) -> Result<Option<&str>, Fault> {
    let Some(given) = ask.headers.get(CODE) else {
        return Ok(None);
    };
    let code = given.to_str().ok().map(str::trim);
    let code = code.filter(|code| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let says = "Countersign-Code is the code that the authenticator app shows: six digits";
    code.map(Some).ok_or_else(|| malformed(says))
}

/// What the second factor is missing from.
pub fn second_factor_needed(says: &str) -> Fault {
    fault(StatusCode::FORBIDDEN, "second_factor_needed", says)
}

/// Demands the code of the second factor. A system with a key has none.
fn sign(ask: &Ask, code: Option<&str>) -> Result<(), Fault> {
    let visitor = ask.visitor()?;
    if visitor.via == Via::Key {
        let says = "this is signed with a second factor, which a key does not have: a person must do it";
        return Err(second_factor_needed(says));
    }
    let Some(code) = code else {
        let says = "this is signed: send the code of the second factor in the header Countersign-Code";
        return Err(second_factor_needed(says));
    };
    let proof = prove(ask, visitor.person(), &Given::Code(code))?;
    let wrong = session::unproved(proof, "the code is wrong", StatusCode::FORBIDDEN);
    wrong.map_or(Ok(()), Err)
}

fn try_out(ask: &Ask, command: &Command) -> Answered {
    let events = ask.app.authority().try_out(ask.now, ask.actor()?, command)?;
    let events = events.map_err(|refusal| Fault::Refused {
        code: refusal.code.to_owned(),
        says: refusal.says.clone(),
        figures: Vec::new(),
        article: refusal.article.map(str::to_owned),
    })?;
    let waits = matches!(events.first(), Some(Event::DecisionProposed(_)));
    let entry = |event: Event| TriedEntry {
        kind: event.kind(),
        data: event,
    };
    ok(&Tried {
        dry_run: true,
        waits,
        signed: waits || act::signs(command.verb()),
        entries: events.into_iter().map(entry).collect(),
    })
}

fn answer(ask: &Ask, receipt: Receipt, hand_over: Option<String>) -> Answered {
    let (id, repeat) = (receipt.id, receipt.repeat);
    let (seq, count, leaf) = match receipt.outcome {
        Outcome::Done { seq, count, leaf } => (seq, count, leaf),
        refused @ Outcome::Refused { .. } => return Ok(refused_as(refused)),
    };
    let entry = ask.app.authority().entry(seq)?;
    let status = if repeat { StatusCode::OK } else { StatusCode::CREATED };
    let recorded = Recorded {
        id,
        seq,
        count,
        leaf: STANDARD.encode(leaf),
        kind: entry.map_or("", |entry| entry.event.kind()),
        repeat,
        hand_over,
    };
    json(status, &recorded)
}

/// A refusal as problem details, with the entry that tells of it.
fn refused_as(outcome: Outcome) -> Response {
    let Outcome::Refused {
        code,
        says,
        article,
        seq,
    } = outcome
    else {
        return problem_of(&Fault::NotFound, None);
    };
    let figures = Vec::new();
    problem_of(
        &Fault::Refused {
            code,
            says,
            figures,
            article,
        },
        seq,
    )
}
