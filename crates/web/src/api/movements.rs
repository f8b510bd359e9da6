//! Movements, many at once: what a holder's own system records all day.
//!
//! Lines are handed to the writer together and become durable together, but each is decided by itself, in order.

use authority::{Outcome, Receipt};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Command, Envelope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::body::{self, LINES};
use super::{malformed, ok};
use crate::act;
use crate::answer::{Answered, Fault};
use crate::ask::Ask;

/// The most lines at once.
pub const LINES_MAX: usize = 1_000;

/// The movements that take no signature.
pub const VERBS: &[&str] = &[
    "manufacture",
    "feed_lot",
    "yield_lot",
    "close_lot",
    "transform",
    "use_in_manufacture",
    "dispatch",
    "receive",
    "cancel_dispatch",
    "reclassify",
    "dispense",
    "count",
];

/// A line as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    id: Uuid,
    #[serde(rename = "do", borrow)]
    verb: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    with: &'a RawValue,
}

/// A movement to record.
#[derive(JsonSchema)]
#[schemars(rename = "MovementLine", deny_unknown_fields)]
#[allow(dead_code)] // it is only described
pub struct LineShape {
    /// Made by the sender, a new one for each movement: the same id again gets the first receipt.
    #[schemars(with = "super::read::CommandId")]
    id: Uuid,
    /// The command's word.
    #[schemars(rename = "do", extend("enum" = VERBS))]
    verb: String,
    /// Its fields, as under `/api/v1/commands/…`.
    with: serde_json::Map<String, serde_json::Value>,
}

/// The answer to a line: a receipt, or why it was refused.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// The number of the line, from 1.
    line: usize,
    /// The command's id, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::read::CommandId>")]
    id: Option<Uuid>,
    /// Whether the command was answered before: this is the first answer again.
    repeat: bool,
    /// Its first entry in the journal; of a refusal, the entry that tells of it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// How many entries it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    /// The leaf hash of its first entry, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
}

/// A refusal.
#[derive(Serialize, JsonSchema)]
pub struct Refused {
    /// The stable code.
    code: String,
    /// The sentence.
    says: String,
    /// The article of law, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<String>,
}

impl Told {
    fn refused(line: usize, id: Option<Uuid>, code: &str, says: impl Into<String>) -> Self {
        let refused = Refused {
            code: code.to_owned(),
            says: says.into(),
            article: None,
        };
        Self {
            line,
            id,
            repeat: false,
            seq: None,
            count: None,
            leaf: None,
            refused: Some(refused),
        }
    }

    fn of(line: usize, receipt: Receipt) -> Self {
        let (seq, count, leaf, refused) = match receipt.outcome {
            Outcome::Done { seq, count, leaf } => (Some(seq), Some(count), Some(STANDARD.encode(leaf)), None),
            Outcome::Refused {
                code,
                says,
                article,
                seq,
            } => (seq, None, None, Some(Refused { code, says, article })),
        };
        Self {
            line,
            id: Some(receipt.id),
            repeat: receipt.repeat,
            seq,
            count,
            leaf,
            refused,
        }
    }
}

pub fn record(ask: &Ask) -> Answered {
    let text = body::text(ask, Some(LINES))?;
    let by_line = body::media_type(ask).eq_ignore_ascii_case(LINES);
    let lines = if by_line { split(text)? } else { array(text)? };
    let mut told: Vec<Option<Told>> = Vec::with_capacity(lines.len());
    let (mut envelopes, mut places) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
    for (at, line) in lines.into_iter().enumerate() {
        match envelope(ask, at + 1, line)? {
            Ok(envelope) => {
                envelopes.push(envelope);
                places.push(at);
                told.push(None);
            }
            Err(refused) => told.push(Some(refused)),
        }
    }
    let receipts = submit(ask, envelopes)?;
    for (receipt, at) in receipts.into_iter().zip(places) {
        if let Some(place) = told.get_mut(at) {
            *place = Some(Told::of(at + 1, receipt));
        }
    }
    let told: Vec<Told> = told.into_iter().flatten().collect();
    if by_line { lines_of(&told) } else { ok(&told) }
}

/// Hands all of them over at once.
fn submit(ask: &Ask, envelopes: Vec<Envelope>) -> Result<Vec<Receipt>, Fault> {
    if envelopes.is_empty() {
        return Ok(Vec::new());
    }
    let receipts = ask.app.authority().submit(ask.now, envelopes);
    let receipts = receipts.map_err(|error| ask.app.fault(&error))?;
    ask.app.ring();
    Ok(receipts)
}

/// The lines of an array.
fn array(text: &str) -> Result<Vec<&str>, Fault> {
    let lines: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| body::unfit(text, &error.to_string()))?;
    bounded(lines.into_iter().map(RawValue::get).collect())
}

/// The lines of a text.
fn split(text: &str) -> Result<Vec<&str>, Fault> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    bounded(lines.take(LINES_MAX + 1).collect())
}

fn bounded(lines: Vec<&str>) -> Result<Vec<&str>, Fault> {
    match lines.len() {
        0 => Err(malformed("there is no movement in it")),
        count if count > LINES_MAX => Err(malformed(format!("at most {LINES_MAX} movements at once"))),
        _ => Ok(lines),
    }
}

/// A line as an envelope, or why it is none.
fn envelope(ask: &Ask, number: usize, text: &str) -> Result<Result<Envelope, Told>, Fault> {
    let visitor = ask.visitor()?;
    let line: Line<'_> = match serde_json::from_str(text) {
        Ok(line) => line,
        Err(why) => return Ok(Err(Told::refused(number, None, "malformed", why.to_string()))),
    };
    let refused = |code, says: &str| Ok(Err(Told::refused(number, Some(line.id), code, says)));
    if line.id.get_version_num() != 7 {
        return refused("malformed", "the id is no UUID of version 7");
    }
    if !VERBS.contains(&line.verb.as_ref()) {
        let says = "only movements that take no signature are recorded here: send it to /api/v1/commands/";
        return refused("not_a_movement", says);
    }
    if !act::may(visitor, &line.verb) {
        return refused("not_entitled", "your role does not give this command");
    }
    let command = match Command::parse(&line.verb, line.with.get()) {
        Ok(command) => command,
        Err(why) => return refused("malformed", &why),
    };
    if act::is_signed(ask, &command)? {
        let says = "this waits for a second person, and is signed: send it to /api/v1/commands/ with the code";
        return refused("second_factor_needed", says);
    }
    let random = crate::random().map_err(Fault::Failed)?;
    let envelope = Envelope::new(line.id, visitor.actor.clone(), command, random);
    // A line before it may bring about what it rests on: the writer looks once more.
    Ok(Ok(envelope.unsigned()))
}

/// One answer a line.
fn lines_of(told: &[Told]) -> Answered {
    let mut body = Vec::with_capacity(told.len() * 160);
    for one in told {
        serde_json::to_writer(&mut body, one).map_err(|error| Fault::Failed(error.to_string()))?;
        body.push(b'\n');
    }
    let mut response: Response = body.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(LINES));
    Ok(response)
}
