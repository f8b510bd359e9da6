//! Acts: the form of any command, a page to check what was answered and what would come of it, and the signature.
//!
//! A page leads here with what it knows already: `/act/confirm?case=CN/EX-1&keep=case&then=/cases/CN/EX-1`. Fields named
//! in `keep` are shown but not asked. Nothing is recorded before the last page is sent.

mod draw;
mod effects;
mod options;
pub mod schema;
pub mod value;

use askama::Template;
use authority::{Outcome, Receipt};
use domain::access::{Capacity, Role};
use domain::command::{By, COMMANDS};
use domain::{Command, Event};
use serde_json::Value;
use uuid::Uuid;

use crate::answer::{Answered, Fault, encoded, html, local, see};
use crate::ask::{Ask, Via, Visitor};
use crate::credentials::{Given, Proof};
use crate::enrolment;
use crate::fields::Fields;
use crate::frame::Frame;
use crate::invitation;
use crate::pages::prove;
use crate::routes::{Route, form, page};
use crate::who::{OFFICERS, Who};

pub use draw::{Said, in_words};
pub use effects::{Effect, of as effects};
pub use options::fits;
pub use schema::{Field, fields};

pub const ROUTES: &[Route] = &[
    page("/act/{verb}", Who::OfficersAndHolders(OFFICERS), ask_form),
    form("/act/{verb}", Who::OfficersAndHolders(OFFICERS), check),
    form("/act/{verb}/sign", Who::OfficersAndHolders(OFFICERS), sign),
    page("/done/{seq}", Who::OfficersAndHolders(OFFICERS), done),
];

/// Acts of people that ask for the second factor again although they need no second person: they decide for the
/// authority, or answer for the company.
const SIGNED: &[&str] = &[
    "approve",
    "reject",
    "request_confirmation",
    "confirm",
    "refuse_confirmation",
    "ask_question",
    "answer_question",
    "withdraw_export",
    "endorse_departure",
    "endorse_arrival",
    "resolve_discrepancy",
    "invite_confirmation",
    "transcribe_confirmation",
    "record_call_back",
    "admit_confirmation",
    "share_site",
    "withdraw_site",
    "resolve_difference",
    "accept_count",
    "place_hold",
    "issue_purchase_card",
    "apply_import",
    "apply_export",
    "file_demand",
    "opening",
    "import",
    "export",
    "destroy",
    "lose",
    "lose_in_transit",
    "find",
    "record_totals",
    "record_stop_notice",
    "change_schedule",
];

/// Acts that nobody gives through a page or the API.
pub const OF_THE_MACHINE: &[&str] = &[
    "found",
    "pass_day",
    "answer_invitation",
    "sign_message",
    "receive_message",
    "record_receipt",
    "requeue_messages",
    "recover_message",
    "raise_alarm",
];

/// Whether a command asks for the second factor again.
pub fn signs(verb: &str) -> bool {
    let second = COMMANDS
        .iter()
        .find(|(known, _, _)| *known == verb)
        .and_then(|(_, _, second)| *second);
    second.is_some() || SIGNED.contains(&verb)
}

/// Whether somebody may give a command, as far as their role tells; the rest is for the domain to say.
pub fn may(visitor: &Visitor, verb: &str) -> bool {
    let Some((_, by, _)) = COMMANDS.iter().find(|(known, _, _)| *known == verb) else {
        return false;
    };
    if OF_THE_MACHINE.contains(&verb) {
        return false;
    }
    match (by, visitor.actor.capacity()) {
        (By::Officer(roles), Capacity::Officer(role)) => roles.contains(&role),
        (By::Holder | By::HolderOrInspector | By::SecondPerson, Capacity::Responsible(_) | Capacity::Clerk(_))
        | (By::Responsible, Capacity::Responsible(_))
        | (By::HolderOrInspector, Capacity::Officer(Role::Inspector)) => true,
        (By::SecondPerson, Capacity::Officer(role)) => role != Role::Auditor,
        _ => false,
    }
}

/// The fields of a command that this visitor may give.
fn allowed(ask: &Ask) -> Result<(&str, &'static [Field]), Fault> {
    let verb = ask.param("verb");
    let fields = schema::fields(verb).ok_or(Fault::NotFound)?;
    if may(ask.visitor()?, verb) {
        Ok((verb, fields))
    } else {
        Err(Fault::NotEntitled)
    }
}

#[derive(Template)]
#[template(path = "act/form.html")]
struct FormPage {
    f: Frame,
    verb: String,
    said: Vec<Said>,
    asked: Vec<draw::Drawn>,
    hidden: Vec<(String, String)>,
    errors: Vec<(String, String)>,
    /// Words of help on the whole act, if there are any.
    help: Option<String>,
}

#[derive(Template)]
#[template(path = "act/check.html")]
struct CheckPage {
    f: Frame,
    verb: String,
    said: Vec<Said>,
    hidden: Vec<(String, String)>,
    effects: Vec<Effect>,
    records: Vec<String>,
    second: Option<String>,
    signs: bool,
    id: String,
    errors: Vec<(String, String)>,
    changeable: bool,
}

fn ask_form(ask: &Ask) -> Answered {
    let (verb, fields) = allowed(ask)?;
    let mut given = ask.query.clone();
    options::prefill(ask, verb, fields, &mut given);
    let kept = draw::kept(&given);
    // Nothing is left to ask: show what would come of it at once.
    if fields.iter().all(|field| kept.contains(&field.name)) {
        return check_page(ask, verb, fields, &given, Vec::new());
    }
    form_page(ask, verb, fields, &given, Vec::new())
}

fn form_page(ask: &Ask, verb: &str, fields: &[Field], given: &Fields, errors: Vec<(String, String)>) -> Answered {
    let words = ask.words();
    let title = words.t(&act_key(verb));
    let title = if errors.is_empty() {
        title
    } else {
        format!("{} {title}", words.t("errors-error"))
    };
    let kept = draw::kept(given);
    let (shown, asked): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| kept.contains(&field.name));
    let with = value::to_json(fields, given);
    html(&FormPage {
        f: Frame::of(ask, title),
        verb: verb.to_owned(),
        said: draw::said(ask, verb, shown.iter().copied(), &with),
        asked: draw::draw(ask, verb, &asked, given, &errors),
        hidden: draw::hidden(&shown, given),
        errors,
        help: words.find(&format!("{}-help", act_key(verb)), &[]),
    })
}

/// The key of an act's name.
pub fn act_key(verb: &str) -> String {
    format!("act-{}", verb.replace('_', "-"))
}

fn check(ask: &Ask) -> Answered {
    let (verb, fields) = allowed(ask)?;
    match ask.form.get("step") {
        // Another row, or back to change something.
        "more" | "change" => form_page(ask, verb, fields, &ask.form, Vec::new()),
        _ => check_page(ask, verb, fields, &ask.form, Vec::new()),
    }
}

/// A command of what was answered; else what is wrong, and in which field.
fn command(ask: &Ask, verb: &str, fields: &[Field], given: &Fields) -> Result<(Command, Value), Vec<(String, String)>> {
    let with = value::to_json(fields, given);
    let missing = draw::missing(ask, fields, &with);
    if !missing.is_empty() {
        return Err(missing);
    }
    match Command::parse(verb, &with.to_string()) {
        Ok(command) => Ok((linked(command).0, with)),
        Err(why) => Err(vec![draw::misfit(ask, verb, fields, &why)]),
    }
}

/// What would come of it: the entries, or the refusal in words.
fn outcome(ask: &Ask, command: &Command) -> Result<Result<Vec<Event>, (String, String)>, Fault> {
    let tried = ask.app.authority().try_out(ask.now, ask.actor()?, command)?;
    Ok(tried.map_err(|refusal| {
        let figures: Vec<(&str, &dyn std::fmt::Display)> = refusal
            .figures
            .iter()
            .map(|(name, figure)| (*name, figure as &dyn std::fmt::Display))
            .collect();
        let mut says = crate::refusal_in_words(ask.words(), refusal.code, &refusal.says, &figures);
        if let Some(article) = refusal.article {
            says = format!("{says} ({article})");
        }
        (refusal.code.to_owned(), says)
    }))
}

fn check_page(ask: &Ask, verb: &str, fields: &[Field], given: &Fields, errors: Vec<(String, String)>) -> Answered {
    let (command, with) = match command(ask, verb, fields, given) {
        Ok(command) => command,
        Err(errors) => return form_page(ask, verb, fields, given, errors),
    };
    let events = match outcome(ask, &command)? {
        Ok(events) => events,
        Err((code, _)) if code == "not_entitled" => return Err(Fault::NotEntitled),
        Err((_, says)) => return form_page(ask, verb, fields, given, vec![(String::new(), says)]),
    };
    let words = ask.words();
    let waits = events.iter().any(|event| matches!(event, Event::DecisionProposed(_)));
    let second = waits.then(|| match command.second() {
        Some(roles) => roles
            .iter()
            .map(|role| words.value(role.word()))
            .collect::<Vec<_>>()
            .join(", "),
        None => words.t("act-second-anyone"),
    });
    let kept = draw::kept(given);
    let all: Vec<&Field> = fields.iter().collect();
    let mut hidden = draw::hidden(&all, given);
    hidden.retain(|(name, _)| name != "id-of-command");
    html(&CheckPage {
        f: Frame::of(ask, words.t1("act-check-title", "act", words.t(&act_key(verb)))),
        verb: verb.to_owned(),
        said: draw::said(ask, verb, fields.iter(), &with),
        hidden,
        effects: effects::of(ask, &command),
        records: events.iter().map(|event| words.t(&kind_key(event.kind()))).collect(),
        second,
        signs: signs(verb) || waits,
        id: match ask.form.get("id-of-command").parse::<Uuid>() {
            Ok(id) => id.to_string(),
            Err(_) => ask.new_id()?.to_string(),
        },
        errors,
        changeable: fields.iter().any(|field| !kept.contains(&field.name)),
    })
}

/// The key of the words for a kind of entry.
pub fn kind_key(kind: &str) -> String {
    format!("kind-{kind}")
}

fn sign(ask: &Ask) -> Answered {
    let (verb, fields) = allowed(ask)?;
    let (command, _) = match command(ask, verb, fields, &ask.form) {
        Ok(command) => command,
        Err(errors) => return form_page(ask, verb, fields, &ask.form, errors),
    };
    let id: Uuid = ask
        .form
        .get("id-of-command")
        .parse()
        .map_err(|_| Fault::Bad("fault-no-form"))?;
    let signed = is_signed(ask, &command)?;
    if signed {
        let proof = signature(ask, ask.form.get("code"))?;
        if let Some(says) = crate::pages::proof_in_words(ask, proof) {
            let says = if proof == Proof::Bad {
                ask.words().t("proof-code-bad")
            } else {
                says
            };
            return check_page(ask, verb, fields, &ask.form, vec![("code".to_owned(), says)]);
        }
    }
    let (receipt, handed) = record(ask, id, command, signed)?;
    let seq = match receipt.outcome {
        Outcome::Done { seq, .. } => seq,
        Outcome::Refused {
            code,
            says,
            article,
            seq,
        } => {
            let figures = ask.figures(seq)?;
            return Err(Fault::Refused {
                code,
                says,
                figures,
                article,
            });
        }
    };
    if let Some(handed) = handed {
        ask.app.hand_over(ask.visitor()?.person(), seq, handed);
    }
    Ok(see(&format!(
        "/done/{seq}?then={}",
        encoded(local(ask.form.get("then")))
    )))
}

/// Whether a command asks for the code of whoever gives it: for what it is, or because it turns out to wait for a second
/// person. It is asked of what is durable; what comes to wait by what was decided meanwhile, the writer refuses unsigned.
pub fn is_signed(ask: &Ask, command: &Command) -> Result<bool, Fault> {
    if signs(command.verb()) {
        return Ok(true);
    }
    let tried = ask.app.authority().try_out(ask.now, ask.actor()?, command)?;
    Ok(tried.is_ok_and(|events| matches!(events.first(), Some(Event::DecisionProposed(_)))))
}

/// Records a command. Gives the receipt, and what its giver is to hand over: a link or a code, which is told once.
pub fn record(ask: &Ask, id: Uuid, command: Command, signed: bool) -> Result<(Receipt, Option<String>), Fault> {
    if matches!(command, Command::InviteConfirmation(_)) {
        return invite(ask, id, command, signed);
    }
    file_kept(ask, &command)?;
    let enrolment = enrolment_of(ask, &command);
    let receipt = ask.submit(id, command, signed)?;
    let (Some((person, renews_all, of)), Outcome::Done { seq, .. }, false) =
        (enrolment, &receipt.outcome, receipt.repeat)
    else {
        return Ok((receipt, None));
    };
    let handed = match of {
        None => Some(enrolment::proposed(&ask.app, &person, renews_all, *seq)?),
        Some(of) => enrolment::approved(&ask.app, &person, of)?,
    };
    Ok((receipt, handed))
}

/// The file of a paper is kept here before the paper is recorded.
fn file_kept(ask: &Ask, command: &Command) -> Result<(), Fault> {
    let file = match command {
        Command::RecordDocument(record) => record.file,
        Command::TranscribeConfirmation(transcribe) => transcribe.file,
        Command::RecordArrival(record) => record.file,
        _ => return Ok(()),
    };
    if ask.app.authority().local().has_evidence(&file.0)? {
        Ok(())
    } else {
        Err(Fault::Bad("fault-no-file"))
    }
}

/// An invitation with a link of its own: whatever it had before, nobody but this machine knows the one it has now. Without
/// random bytes it has none, and is refused.
fn linked(command: Command) -> (Command, Option<String>) {
    let Command::InviteConfirmation(mut invite) = command else {
        return (command, None);
    };
    let made = invitation::new_link().ok();
    let token = made.map(|(token, link)| {
        invite.link = link;
        token
    });
    (Command::InviteConfirmation(invite), token)
}

/// Records an invitation, sends its link, and gives the code for the officer to read out.
fn invite(ask: &Ask, id: Uuid, command: Command, signed: bool) -> Result<(Receipt, Option<String>), Fault> {
    if !ask.app.sends_letters() {
        return Err(Fault::Bad("fault-no-letters"));
    }
    let (command, token) = linked(command);
    let receipt = ask.submit(id, command, signed)?;
    let (Some(token), Outcome::Done { seq, .. }, false) = (token, &receipt.outcome, receipt.repeat) else {
        return Ok((receipt, None));
    };
    let entry = ask.app.authority().entry(*seq)?;
    let Some(Event::ConfirmationInvited(invited)) = entry.map(|entry| entry.event) else {
        return Ok((receipt, None));
    };
    let code = ask.app.invite_authority(&invited, &token)?;
    Ok((receipt, Some(code)))
}

/// Checks the code with which somebody signs. A system with a key has none.
pub fn signature(ask: &Ask, code: &str) -> Result<Proof, Fault> {
    let visitor = ask.visitor()?;
    if visitor.via == Via::Key {
        return Err(Fault::NotEntitled);
    }
    prove(ask, visitor.person(), &Given::Code(code))
}

/// Whom a command lets enrol: the person, whether everything is made anew, and the proposal it approves.
fn enrolment_of(ask: &Ask, command: &Command) -> Option<(String, bool, Option<u64>)> {
    let all = |grant: &domain::access::EnrolmentGrant| grant.renews == domain::access::Renewal::All;
    match command {
        Command::AllowEnrolment(grant) => Some((grant.person.to_string(), all(grant), None)),
        Command::Approve(approval) => {
            let state = ask.state();
            match state.access.waiting().get(&approval.of)?.proposal.command().ok()? {
                Command::AllowEnrolment(grant) => Some((grant.person.to_string(), all(&grant), Some(approval.of))),
                _ => None,
            }
        }
        _ => None,
    }
}

#[derive(Template)]
#[template(path = "act/done.html")]
struct DonePage {
    f: Frame,
    seq: u64,
    at: String,
    waits: bool,
    then: String,
    /// A link or code that is shown once.
    handed: Option<String>,
    auditor: bool,
}

fn done(ask: &Ask) -> Answered {
    let seq: u64 = ask.param("seq").parse().map_err(|_| Fault::NotFound)?;
    let visitor = ask.visitor()?;
    let entry = ask.app.authority().entry(seq)?.ok_or(Fault::NotFound)?;
    if entry.actor.person() != visitor.person() {
        return Err(Fault::NotFound);
    }
    let words = ask.words();
    let waits = matches!(entry.event, Event::DecisionProposed(_));
    let title = match &entry.event {
        Event::DecisionProposed(proposal) => words.t(&act_key(&proposal.verb)),
        event => words.t(&kind_key(event.kind())),
    };
    html(&DonePage {
        f: Frame::of(ask, title),
        seq,
        at: ask.time(entry.recorded_at),
        waits,
        then: local(ask.query.get("then")).to_owned(),
        handed: ask.app.handed_over(visitor.person(), seq),
        auditor: visitor.is(Role::Auditor),
    })
}
