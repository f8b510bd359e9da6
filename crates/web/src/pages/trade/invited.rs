//! The page on which the officer of an authority that does not run this software answers: first the code, then all that
//! is to be confirmed, then the answer. It needs no account and no script.

use askama::Template;
use authority::Outcome;
use domain::access::Actor;
use domain::digest::Bytes;
use domain::trade::{AnswerInvitation, Case, Consignments, PageAnswer, foreign_of};
use domain::{Command, Envelope, State};

use super::{GoodsRow, goods_row, party, purpose_key};
use crate::act::Said;
use crate::answer::{Answered, Fault, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::invitation::{self, Found};
use crate::limit::Purpose;
use crate::session;
use crate::words::Words;

#[derive(Template)]
#[template(path = "trade/invited-code.html")]
struct CodePage {
    f: Frame,
    token: String,
    authority: String,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "trade/invited.html")]
struct InvitedPage {
    f: Frame,
    token: String,
    code: String,
    authority: String,
    until: String,
    trade: Vec<Said>,
    rows: Vec<GoodsRow>,
    paper: Vec<Said>,
    paper_rows: Vec<GoodsRow>,
    asked: Vec<Said>,
    text: String,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "trade/invited-done.html")]
struct DonePage {
    f: Frame,
    says: String,
    next: String,
}

/// Says why a link cannot be used; the same whatever the reason.
fn closed(ask: &Ask) -> Answered {
    let words = ask.words();
    html(&DonePage {
        f: Frame::of(ask, words.t("invited-closed-title")),
        says: words.t("invited-closed"),
        next: words.t("invited-closed-next"),
    })
}

pub fn ask_code(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Prove, ask.peer).map_err(Fault::TooMany)?;
    if ask.app.is_invited(ask.param("token"))? {
        code_page(ask, Vec::new())
    } else {
        closed(ask)
    }
}

fn code_page(ask: &Ask, errors: Vec<(String, String)>) -> Answered {
    html(&CodePage {
        f: Frame::of(ask, ask.words().t("invited-title")),
        token: ask.param("token").to_owned(),
        authority: ask.state().founding.name.to_string(),
        errors,
    })
}

/// The hash of the link's secret.
fn link(ask: &Ask) -> Bytes<32> {
    Bytes(session::hash(ask.param("token")))
}

/// The case of a right link and code; else the page that says what is wrong.
fn opened(ask: &Ask) -> Result<domain::id::Id, Box<Answered>> {
    let taken = ask.app.limits.take(Purpose::Prove, ask.peer).map_err(Fault::TooMany);
    let found = taken.and_then(|()| ask.app.open_invitation(ask.param("token"), ask.form.get("code")));
    match found {
        Ok(Found::Good(case)) => Ok(case),
        Ok(Found::CodeWrong(left)) => {
            let says = ask.words().t1("invited-code-wrong", "left", left);
            Err(Box::new(code_page(ask, vec![("code".to_owned(), says)])))
        }
        Ok(Found::Unknown) => Err(Box::new(closed(ask))),
        Err(fault) => Err(Box::new(Err(fault))),
    }
}

pub fn show(ask: &Ask) -> Answered {
    match opened(ask) {
        Ok(case) => form(ask, &case, Vec::new()),
        Err(answered) => *answered,
    }
}

fn form(ask: &Ask, case: &str, errors: Vec<(String, String)>) -> Answered {
    let (words, state) = (ask.words(), ask.state());
    let Some(case) = state.trade.case(case) else {
        drop(state);
        return closed(ask);
    };
    let open = invitation::of_case(case, link(ask)).filter(|open| open.until >= ask.today());
    let Some(open) = open else {
        drop(state);
        return closed(ask);
    };
    let authorization = foreign_of(&state, case).map(|foreign| &foreign.authorization);
    let lines = authorization.map(|known| known.lines.as_slice()).unwrap_or_default();
    let page = InvitedPage {
        f: Frame::of(ask, words.t("invited-title")),
        token: ask.param("token").to_owned(),
        code: ask.form.get("code").to_owned(),
        authority: state.founding.name.to_string(),
        until: words.day(open.until),
        trade: trade(words, case),
        rows: case
            .consignment
            .lines
            .iter()
            .map(|line| goods_row(words, &state, line))
            .collect(),
        paper: paper(words, &state, case),
        paper_rows: lines.iter().map(|line| goods_row(words, &state, line)).collect(),
        asked: questions(case),
        text: ask.form.get("text").to_owned(),
        errors,
    };
    drop(state);
    html(&page)
}

fn said(words: Words, key: &str, line: String) -> Said {
    Said {
        label: words.t(key),
        lines: vec![line],
    }
}

/// Every field of the consignment.
fn trade(words: Words, case: &Case) -> Vec<Said> {
    let consignment = &case.consignment;
    let yes = super::facts::yes_key(consignment.bonded);
    vec![
        said(words, "invited-case", case.id.to_string()),
        said(words, "case-exporter", party(words, &consignment.exporter)),
        said(words, "case-importer", party(words, &consignment.importer)),
        said(words, "case-purpose", words.t(purpose_key(consignment.purpose))),
        said(words, "case-bonded", words.t(yes)),
    ]
}

/// Every field of the import authorization.
fn paper(words: Words, state: &State, case: &Case) -> Vec<Said> {
    let Some(foreign) = foreign_of(state, case) else {
        return Vec::new();
    };
    let known = &foreign.authorization;
    let several = match known.consignments {
        Consignments::Single => "invited-single",
        Consignments::Several => "invited-several",
    };
    let ports: Vec<String> = state
        .trade
        .ports_of(&known.issuer, &known.number)
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut all = vec![
        said(words, "case-authorization", known.number.to_string()),
        said(
            words,
            "case-authorization-issuer",
            super::authority(state, &known.issuer),
        ),
        said(words, "invited-issued", words.day(known.issued_on)),
        said(words, "invited-until", words.day(known.valid_until)),
        said(words, "case-exporter", party(words, &known.exporter)),
        said(words, "case-importer", party(words, &known.importer)),
        said(words, "case-purpose", words.t(purpose_key(known.purpose))),
        said(words, "case-bonded", words.t(super::facts::yes_key(known.bonded))),
        said(words, "invited-consignments", words.t(several)),
    ];
    if !ports.is_empty() {
        all.push(said(words, "invited-ports", ports.join(", ")));
    }
    all
}

/// What was asked before, and what was answered.
fn questions(case: &Case) -> Vec<Said> {
    let of = |asked: &domain::trade::Asked| Said {
        label: asked.question.text.to_string(),
        lines: asked.answer.iter().map(|(answer, _)| answer.text.to_string()).collect(),
    };
    case.questions.iter().map(of).collect()
}

/// What was chosen, with its words; else what is missing.
fn chosen(ask: &Ask) -> Result<PageAnswer, (String, String)> {
    let words = ask.words();
    let text = || {
        let text = ask.form.get("text").trim().replace(['\r', '\n'], " ");
        let missing = || ("text".to_owned(), words.t("invited-text-missing"));
        text.parse::<domain::id::Text>().map_err(|_| missing())
    };
    match ask.form.get("answer") {
        "confirm" => Ok(PageAnswer::Confirm {}),
        "refuse" => text().map(|reason| PageAnswer::Refuse { reason }),
        "ask" => text().map(|question| PageAnswer::Ask { question }),
        _ => Err(("answer-confirm".to_owned(), words.t("invited-answer-missing"))),
    }
}

pub fn answer(ask: &Ask) -> Answered {
    let id = match opened(ask) {
        Ok(id) => id,
        Err(answered) => return *answered,
    };
    let said = match chosen(ask) {
        Ok(said) => said,
        Err(error) => return form(ask, &id, vec![error]),
    };
    let open = ask
        .state()
        .trade
        .case(&id)
        .and_then(|case| invitation::of_case(case, link(ask)));
    let Some(open) = open else { return closed(ask) };
    let command = AnswerInvitation {
        link: open.link,
        case: id,
        shows: open.shows,
        said: said.clone(),
    };
    let random = crate::random().map_err(Fault::Failed)?;
    let command = Command::AnswerInvitation(Box::new(command));
    let envelope = Envelope::new(ask.new_id()?, Actor::node(), command, random);
    let receipts = ask.app.authority().submit(ask.now, vec![envelope]);
    let receipts = receipts.map_err(|error| ask.app.fault(&error))?;
    ask.app.ring();
    match receipts.first().map(|receipt| &receipt.outcome) {
        Some(Outcome::Done { .. }) => {}
        // Ended or answered meanwhile, or what was shown has changed.
        _ => return closed(ask),
    }
    ask.app.forget_invitation(ask.param("token"))?;
    ask.app.copy_to_authority(&open, &said)?;
    let words = ask.words();
    html(&DonePage {
        f: Frame::of(ask, words.t("invited-done-title")),
        says: words.t(match said {
            PageAnswer::Confirm {} => "invited-said-confirm",
            PageAnswer::Refuse { .. } => "invited-said-refuse",
            PageAnswer::Ask { .. } => "invited-said-ask",
        }),
        next: words.t1("invited-done-next", "email", &open.email),
    })
}
