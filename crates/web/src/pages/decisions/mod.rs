//! Decisions that wait for a second person, and the page on which that person decides.

pub mod changes;
pub mod subject;

use askama::Template;
use domain::access::{Actor, Approval, Capacity, Rejection, Role};
use domain::command::COMMANDS;
use domain::{Command, Entry, Event, State};
use serde_json::Value;

use crate::act::{self, Effect, Said};
use crate::answer::{Answered, Fault, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::links::{self, Pages};
use crate::routes::{Route, page};
use crate::shown;
use crate::who::{OFFICERS, Who};
use changes::Line;

pub const ROUTES: &[Route] = &[
    page("/decisions", Who::OfficersAndHolders(OFFICERS), list),
    page("/decisions/{seq}", Who::OfficersAndHolders(OFFICERS), one),
];

/// Entries after a proposal among which its settlement is looked for.
const LOOK_FOR_SETTLEMENT: usize = 4_000;

/// Whose second word a proposal needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// An officer in one of these roles.
    Officers(&'static [Role]),
    /// Another person of the same holder.
    SameHolder,
}

/// Whose second word a proposed command needs, as far as its verb and the policies tell.
pub fn second(state: &State, verb: &str, by: &Actor) -> Second {
    let known = COMMANDS.iter().find(|(known, _, _)| *known == verb);
    match known.and_then(|(_, _, second)| *second) {
        Some(roles) => Second::Officers(roles),
        None if verb == "receive" && by.holder().is_some() && state.policies.two_person_receipt => Second::SameHolder,
        None => Second::Officers(&[Role::Approver]),
    }
}

/// Whether a decision is one of somebody's role; whether they proposed it themselves is another question.
pub fn decides(state: &State, visitor: &Visitor, verb: &str, by: &Actor) -> bool {
    match (second(state, verb, by), visitor.actor.capacity()) {
        (Second::Officers(roles), Capacity::Officer(role)) => roles.contains(&role),
        (Second::SameHolder, Capacity::Responsible(holder) | Capacity::Clerk(holder)) => by.holder() == Some(holder),
        _ => false,
    }
}

/// Whether somebody may know of a decision.
pub fn may_see(state: &State, visitor: &Visitor, verb: &str, by: &Actor) -> bool {
    match visitor.actor.capacity() {
        Capacity::Officer(Role::Auditor) => true,
        Capacity::Officer(_) => decides(state, visitor, verb, by) || by.person() == visitor.person(),
        Capacity::Responsible(holder) | Capacity::Clerk(holder) => by.holder() == Some(holder),
    }
}

/// The roles of a second person in words.
pub fn second_in_words(ask: &Ask, second: Second) -> String {
    let words = ask.words();
    match second {
        Second::SameHolder => words.t("decision-second-holder"),
        Second::Officers(roles) => {
            let named: Vec<String> = roles.iter().map(|role| words.value(role.word())).collect();
            named.join(", ")
        }
    }
}

struct Row {
    seq: u64,
    path: String,
    act: String,
    reference: String,
    company: String,
    goods: String,
    by: String,
    at: String,
    own: bool,
}

#[derive(Template)]
#[template(path = "decisions/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    pages: Pages,
}

fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let (rows, pages) = {
        let state = ask.state();
        let seen = state
            .access
            .waiting()
            .iter()
            .filter(|(_, waiting)| may_see(&state, visitor, &waiting.proposal.verb, &waiting.by));
        let (rows, pages) = links::cut(ask, seen);
        let row = |(seq, waiting): (&u64, &domain::access::Waiting)| {
            let with: Value = serde_json::from_str(&waiting.proposal.with).unwrap_or_default();
            let about = subject::of(words, &state, &waiting.proposal.verb, &with);
            Row {
                seq: *seq,
                path: format!("/decisions/{seq}"),
                act: words.t(&act::act_key(&waiting.proposal.verb)),
                reference: about.reference,
                company: about.company,
                goods: about.goods,
                by: shown::by(ask, &waiting.by),
                at: String::new(),
                own: waiting.by.person() == visitor.person(),
            }
        };
        (rows.into_iter().map(row).collect::<Vec<_>>(), pages)
    };
    let mut rows = rows;
    for row in &mut rows {
        row.at = proposed_at(ask, row.seq)?;
    }
    html(&ListPage {
        f: Frame::of(ask, words.t("decisions-title")),
        rows,
        pages,
    })
}

/// When a decision was proposed, in words.
pub fn proposed_at(ask: &Ask, seq: u64) -> Result<String, Fault> {
    let entry = ask.app.authority().entry(seq)?;
    Ok(entry.map_or_else(String::new, |entry| ask.time(entry.recorded_at)))
}

/// How a decision was settled.
struct Settled {
    seq: u64,
    approved: bool,
    by: String,
    at: String,
    reason: String,
}

/// What the second person would bring about, and whether they may.
#[derive(Default)]
struct Outlook {
    records: Vec<String>,
    /// Why it cannot be approved now, in words.
    refusal: Option<String>,
    /// Why this visitor cannot settle it, in words.
    barred: Option<String>,
    approve: Option<String>,
    reject: Option<String>,
}

#[derive(Template)]
#[template(path = "decisions/one.html")]
struct OnePage {
    f: Frame,
    seq: u64,
    said: Vec<Said>,
    by: String,
    at: String,
    second: String,
    waiting: bool,
    lines: Vec<Line>,
    effects: Vec<Effect>,
    outlook: Outlook,
    settled: Option<Settled>,
    pairing: bool,
    auditor: bool,
}

fn one(ask: &Ask) -> Answered {
    let seq: u64 = ask.param("seq").parse().map_err(|_| Fault::NotFound)?;
    let visitor = ask.visitor()?;
    let entry = ask.app.authority().entry(seq)?.ok_or(Fault::NotFound)?;
    let Event::DecisionProposed(proposal) = &entry.event else {
        return Err(Fault::NotFound);
    };
    let (waiting, second) = {
        let state = ask.state();
        if !may_see(&state, visitor, &proposal.verb, &entry.actor) {
            return Err(Fault::NotFound);
        }
        let waiting = state.access.waiting().contains_key(&seq);
        (waiting, second(&state, &proposal.verb, &entry.actor))
    };
    ask.looked_at(format_args!("decision:{seq}"));
    let words = ask.words();
    let with: Value = serde_json::from_str(&proposal.with).unwrap_or_default();
    let command = proposal.command().ok();
    let pairing = matches!(command, Some(Command::PairPartner(_)));
    let (lines, effects) = match command.as_ref().filter(|_| waiting) {
        Some(command) => (changes::of(ask, command)?, act::effects(ask, command)),
        None => (Vec::new(), Vec::new()),
    };
    html(&OnePage {
        f: Frame::of(ask, words.t(&act::act_key(&proposal.verb))),
        seq,
        said: act::in_words(ask, &proposal.verb, &with),
        by: shown::by(ask, &entry.actor),
        at: ask.time(entry.recorded_at),
        second: second_in_words(ask, second),
        lines,
        effects,
        outlook: match &command {
            Some(command) if waiting => outlook(ask, seq, &entry, command)?,
            _ => Outlook::default(),
        },
        settled: if waiting { None } else { settled(ask, seq)? },
        waiting,
        pairing,
        auditor: visitor.is(Role::Auditor),
    })
}

/// What would come of the visitor's yes, and of their no.
fn outlook(ask: &Ask, seq: u64, entry: &Entry, command: &Command) -> Result<Outlook, Fault> {
    let words = ask.words();
    let visitor = ask.visitor()?;
    if entry.actor.person() == visitor.person() {
        return Ok(Outlook {
            barred: Some(words.t("decision-own")),
            ..Outlook::default()
        });
    }
    // The fingerprint is for the second person to hear and type; whether the rest holds can be told before.
    let heard = domain::partner::read_out(&ask.state(), command).map(domain::partner::KeyFile::fingerprint);
    let read_back = heard.as_ref().and_then(|fingerprint| fingerprint.parse().ok());
    let yes = Command::Approve(Box::new(Approval { of: seq, read_back }));
    let no = Command::Reject(Box::new(Rejection {
        of: seq,
        reason: "-".parse().map_err(Fault::Failed)?,
    }));
    let authority = ask.app.authority();
    let (yes, no) = (
        authority.try_out(ask.now, ask.actor()?, &yes)?,
        authority.try_out(ask.now, ask.actor()?, &no)?,
    );
    let of = seq.to_string();
    let then = "/queue";
    let reject = no.is_ok().then(|| links::act("reject", &[("!of", &of)], then));
    let mut outlook = Outlook {
        reject,
        ..Outlook::default()
    };
    match yes {
        Ok(events) => {
            let named = events.iter().map(|event| words.t(&act::kind_key(event.kind())));
            outlook.records = named.collect();
            let all: &[(&str, &str)] = match heard {
                Some(_) => &[("!of", &of)],
                None => &[("!of", &of), ("!read_back", "")],
            };
            outlook.approve = Some(links::act("approve", all, then));
        }
        Err(refusal) if refusal.code == "not_entitled" => outlook.barred = Some(words.t("decision-not-yours")),
        Err(refusal) => outlook.refusal = Some(refused(ask, &refusal)),
    }
    Ok(outlook)
}

/// A refusal in words, with its article.
pub fn refused(ask: &Ask, refusal: &domain::Refusal) -> String {
    let figures: Vec<(&str, &dyn std::fmt::Display)> = refusal
        .figures
        .iter()
        .map(|(name, figure)| (*name, figure as &dyn std::fmt::Display))
        .collect();
    let says = crate::refusal_in_words(ask.words(), refusal.code, &refusal.says, &figures);
    match refusal.article {
        Some(article) => format!("{says} ({article})"),
        None => says,
    }
}

/// Looks up how a decision was settled. The entries that settle one have no subject; they are few.
fn settled(ask: &Ask, of: u64) -> Result<Option<Settled>, Fault> {
    let authority = ask.app.authority();
    authority.catch_up()?;
    let rows = authority.register(|register| register.entries_of_subject("", of + 1, LOOK_FOR_SETTLEMENT))?;
    let settles = |row: &&store::EntryRow| matches!(row.kind.as_ref(), "DecisionApproved" | "DecisionRejected");
    for row in rows.iter().filter(settles) {
        let Some(entry) = authority.entry(row.seq)? else {
            continue;
        };
        let (approved, reason) = match &entry.event {
            Event::DecisionApproved(approval) if approval.of == of => (true, String::new()),
            Event::DecisionRejected(rejection) if rejection.of == of => (false, rejection.reason.to_string()),
            _ => continue,
        };
        return Ok(Some(Settled {
            seq: row.seq,
            approved,
            by: shown::by(ask, &entry.actor),
            at: ask.time(entry.recorded_at),
            reason,
        }));
    }
    Ok(None)
}
