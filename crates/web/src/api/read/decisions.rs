//! Decisions that wait, and entries of the journal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::{Actor, Capacity, Role, Waiting};
use domain::command::COMMANDS;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::super::ok;
use super::{is_auditor, page};
use crate::answer::{Answered, Fault};
use crate::ask::{Ask, Visitor};

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

/// Whether somebody's role is one that decides this.
fn may_decide(visitor: &Visitor, waiting: &Waiting) -> bool {
    if waiting.by.person() == visitor.person() {
        return false;
    }
    let known = COMMANDS
        .iter()
        .find(|(verb, _, _)| *verb == waiting.proposal.verb.as_str());
    match (known.and_then(|(_, _, second)| *second), visitor.actor.capacity()) {
        (Some(roles), Capacity::Officer(role)) => roles.contains(&role),
        (Some(_), _) => false,
        (None, Capacity::Officer(role)) => role == Role::Approver,
        (None, _) => visitor.holder() == waiting.by.holder(),
    }
}

/// A decision, if it concerns somebody: who proposed it, whoever may decide it, and the auditor.
fn seen(visitor: &Visitor, seq: u64, waiting: &Waiting) -> Option<Decision> {
    let may_decide = may_decide(visitor, waiting);
    let own = waiting.by.person() == visitor.person() || is_auditor(visitor);
    (may_decide || own).then(|| Decision {
        seq,
        verb: waiting.proposal.verb.to_string(),
        with: RawValue::from_string(waiting.proposal.with.to_string()).unwrap_or_default(),
        by: waiting.by.clone(),
        may_decide,
    })
}

pub fn decisions(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let listed = page(ask, state.access.waiting().iter(), |(seq, waiting)| {
        seen(visitor, *seq, waiting)
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
        .and_then(|waiting| seen(visitor, seq, waiting))
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
