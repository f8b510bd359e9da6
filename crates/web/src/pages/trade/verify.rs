//! The public check of a permit: whether this authority has issued one of this number, and how it stands. Nothing more,
//! and the same shape of answer whatever is asked.

use askama::Template;

use super::check;
use super::code::{self, Asked, Door};
use super::customs::Worth;
use super::names;
use crate::answer::{Answered, Fault, encoded, html, see, with_camera};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::limit::Purpose;

#[derive(Template)]
#[template(path = "trade/verify.html")]
struct VerifyPage {
    f: Frame,
    facts: String,
}

#[derive(Template)]
#[template(path = "trade/verified.html")]
struct VerifiedPage {
    f: Frame,
    number: String,
    class: &'static str,
    mark: &'static str,
    word: String,
    issuer: String,
    from: String,
    to: String,
    until: String,
    at: String,
}

pub fn ask_number(ask: &Ask) -> Answered {
    answer(ask, ask.query.raw("number"))
}

/// The same as a form that is sent: a code is too long for an address, and names people.
pub fn asked(ask: &Ask) -> Answered {
    answer(ask, ask.form.raw("number"))
}

fn answer(ask: &Ask, text: &str) -> Answered {
    match code::asked(text) {
        Asked::Number(number) => Ok(see(&format!("/verify/{}", encoded(&number)))),
        Asked::Codes(codes) => {
            ask.app.limits.take(Purpose::Ask, ask.peer).map_err(Fault::TooMany)?;
            code::page(ask, Door::Verify, &codes)
        }
        Asked::Nothing => {
            let page = VerifyPage {
                f: Frame::of(ask, ask.words().t("verify-title")),
                facts: check::facts(ask, false)?,
            };
            html(&page).map(with_camera)
        }
    }
}

pub fn permit(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Ask, ask.peer).map_err(Fault::TooMany)?;
    let words = ask.words();
    let number = ask.param("number").trim().to_owned();
    let none = || words.t("verify-none");
    let (worth, issuer, from, to, until) = {
        let state = ask.state();
        let case = state
            .trade
            .permitted(&number)
            .or_else(|| state.trade.permitted(&number.to_uppercase()));
        let found = case.map(|case| {
            let until = case.permit.as_ref().map(|permit| words.day(permit.valid_until));
            let from = names::country(words, case.consignment.exporter.country);
            let to = names::country(words, case.consignment.importer.country);
            (
                Worth::of(case, ask.today()),
                state.founding.name.to_string(),
                from,
                to,
                until.unwrap_or_default(),
            )
        });
        found.unwrap_or_else(|| (Worth::Unknown, none(), none(), none(), none()))
    };
    html(&VerifiedPage {
        f: Frame::of(ask, words.t1("verify-permit-title", "number", &number)),
        number,
        class: worth.word(),
        mark: worth.mark(),
        word: words.t(&format!("permit-{}", worth.word())),
        issuer,
        from,
        to,
        until,
        at: ask.time(ask.now),
    })
}
