//! Decisions that wait, and entries of the journal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::State;
use domain::access::{Actor, Waiting};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::super::ok;
use super::page;
use crate::answer::{Answered, Fault};
use crate::ask::{Ask, Visitor};
use crate::pages::{decides, may_see_decision};

/// A decision that waits for its second person.
#[derive(Serialize, JsonSchema)]
pub struct Decision {
    /// The number of its entry: what `approve` and `reject` name.
    seq: u64,
    /// The command's word.
    #[serde(rename = "do")]
    verb: String,
    /// The command's fields, as they were sent.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    with: Box<RawValue>,
    /// Who proposed it.
    by: Actor,
    /// Whether who asks may be the second person, as far as the role tells.
    may_decide: bool,
}

/// A decision, if somebody may know of it.
fn seen(state: &State, visitor: &Visitor, seq: u64, waiting: &Waiting) -> Option<Decision> {
    let verb = waiting.proposal.verb.as_str();
    let own = waiting.by.person() == visitor.person();
    may_see_decision(state, visitor, verb, &waiting.by).then(|| Decision {
        seq,
        verb: verb.to_owned(),
        with: RawValue::from_string(waiting.proposal.with.to_string()).unwrap_or_default(),
        by: waiting.by.clone(),
        may_decide: !own && decides(state, visitor, verb, &waiting.by),
    })
}

pub fn decisions(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let listed = page(ask, state.access.waiting().iter(), |(seq, waiting)| {
        seen(&state, visitor, *seq, waiting)
    })?;
    drop(state);
    ok(&listed)
}

/// An entry's number in a path.
fn seq(ask: &Ask) -> Result<u64, Fault> {
    ask.param("seq").parse().map_err(|_| Fault::NotFound)
}

pub fn decision(ask: &Ask) -> Answered {
    let (visitor, seq) = (ask.visitor()?, seq(ask)?);
    let state = ask.state();
    let found = state.access.waiting().get(&seq);
    let found = found
        .and_then(|waiting| seen(&state, visitor, seq, waiting))
        .ok_or(Fault::NotFound)?;
    drop(state);
    ok(&found)
}

/// An entry of the journal.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JournalEntry")]
pub struct Entry {
    /// Its number.
    seq: u64,
    /// Its exact bytes, in base64.
    bytes: String,
    /// The hash of its leaf, in base64.
    leaf: String,
    /// The same bytes as the JSON they are.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    entry: Box<RawValue>,
}

pub fn entry(ask: &Ask) -> Answered {
    let seq = seq(ask)?;
    let found = ask.app.authority().read(|journal| journal.entry(seq))?;
    let (bytes, leaf) = found.ok_or(Fault::NotFound)?;
    ask.looked_at(format_args!("entry {seq}"));
    let encoded = STANDARD.encode(&bytes);
    let text = String::from_utf8(bytes).map_err(|error| Fault::Failed(error.to_string()))?;
    ok(&Entry {
        seq,
        bytes: encoded,
        leaf: STANDARD.encode(leaf),
        entry: RawValue::from_string(text).map_err(|error| Fault::Failed(error.to_string()))?,
    })
}
