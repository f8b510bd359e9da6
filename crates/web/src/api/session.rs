//! Signing in and out, and who asks.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::access::Actor;
use domain::command::COMMANDS;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{body, fault, json, ok};
use crate::act;
use crate::answer::{Answered, Fault};
use crate::ask::{Ask, Via, Visitor};
use crate::credentials::{Given, Proof};
use crate::limit::Purpose;
use crate::pages::prove;
use crate::session::{IDLE_US, WHOLE_US};

/// What signing in takes: the same as on the page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The person's id.
    person: String,
    /// The password.
    password: String,
    /// The code that the authenticator app shows now; each is taken once.
    code: String,
    /// As whom to act, where the person has several roles; the first of them if none is named.
    #[serde(default)]
    actor: Option<String>,
}

/// A session that has begun.
#[derive(Serialize, JsonSchema)]
pub struct Begun {
    /// Send it as `Authorization: Bearer …`. Who has it is the person: keep it in memory alone.
    token: String,
    /// As whom it acts.
    actor: String,
    /// All as whom the person may act; a session is of one.
    actors: Vec<String>,
    /// When it ends at the latest.
    #[schemars(with = "super::read::Moment")]
    ends_at: Timestamp,
    /// After so many seconds without a request it ends earlier.
    idle_seconds: i64,
}

/// Who asks.
#[derive(Serialize, JsonSchema)]
pub struct Me {
    /// The person's id.
    person: String,
    /// As whom they act.
    actor: String,
    /// All as whom they may act.
    actors: Vec<String>,
    /// `session` of a person, or `key` of a system.
    via: &'static str,
    /// When the session ends if nothing more is asked; a key has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::read::Moment>")]
    ends_at: Option<Timestamp>,
    /// The commands they may give.
    commands: Vec<MayGive>,
}

/// A command that somebody may give.
#[derive(Serialize, JsonSchema)]
pub struct MayGive {
    /// Its word.
    #[serde(rename = "do")]
    verb: &'static str,
    /// Whether it always takes the code of the second factor; others do where they turn out to wait for a second person.
    signed: bool,
}

pub fn begin(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Prove, ask.peer).map_err(Fault::TooMany)?;
    let given: SignIn = body::parsed(ask)?;
    let proof = prove(ask, &given.person, &Given::Both(&given.password, &given.code))?;
    // Nobody is told whether the name is known, the password wrong, or somebody has failed too often.
    let proof = if matches!(proof, Proof::Wait(_)) {
        Proof::Bad
    } else {
        proof
    };
    let wrong = "person, password or code is wrong, or there were too many failures";
    if let Some(fault) = unproved(proof, wrong, StatusCode::UNAUTHORIZED) {
        return Err(fault);
    }
    let actors = ask.app.actors_of(&given.person);
    let wanted = |actor: &&Actor| given.actor.as_deref().is_none_or(|wanted| actor.as_str() == wanted);
    let Some(actor) = actors.iter().find(wanted) else {
        let says = "the person does not hold that role";
        return Err(fault(StatusCode::FORBIDDEN, "not_entitled", says));
    };
    let token = ask.app.begin_session(&given.person, actor, true)?;
    let begun = Begun {
        token,
        actor: actor.to_string(),
        actors: actors.iter().map(ToString::to_string).collect(),
        ends_at: moment((ask.app.wall_us() + WHOLE_US) / 1_000_000),
        idle_seconds: IDLE_US / 1_000_000,
    };
    json(StatusCode::CREATED, &begun)
}

/// The fault of a proof that is not good; nobody is told what of it was wrong.
pub fn unproved(proof: Proof, bad: &str, status: StatusCode) -> Option<Fault> {
    match proof {
        Proof::Good => None,
        Proof::Bad => Some(fault(status, "proof_wrong", bad)),
        Proof::Used => Some(fault(
            status,
            "code_used",
            "this code was used before: wait for the next one",
        )),
        Proof::Wait(seconds) => Some(Fault::Api {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "too_many_failures",
            says: format!("too many failures: nothing is looked at for {seconds} seconds"),
            again: Some(seconds),
        }),
    }
}

pub fn end(ask: &Ask) -> Answered {
    let Via::Session(hash) = ask.visitor()?.via else {
        let says = "a key has no session: who made it ends it";
        return Err(fault(StatusCode::FORBIDDEN, "not_entitled", says));
    };
    ask.app.authority().local().end_session(&hash)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub fn me(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    ok(&Me {
        person: visitor.person().to_owned(),
        actor: visitor.actor.to_string(),
        actors: visitor.actors.iter().map(ToString::to_string).collect(),
        via: if visitor.via == Via::Key { "key" } else { "session" },
        ends_at: (visitor.via != Via::Key).then(|| moment(visitor.ends_at)),
        commands: commands(visitor),
    })
}

fn commands(visitor: &Visitor) -> Vec<MayGive> {
    let verbs = COMMANDS.iter().map(|(verb, _, _)| *verb);
    let may = verbs.filter(|verb| act::may(visitor, verb));
    may.map(|verb| MayGive {
        verb,
        signed: act::signs(verb),
    })
    .collect()
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
