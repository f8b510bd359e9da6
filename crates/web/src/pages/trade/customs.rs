//! The border: one number in, one answer out, and the endorsement.

use askama::Template;
use domain::State;
use domain::trade::{Case, Line, Side, Stage, item_of};
use jiff::civil::Date;

use super::check;
use super::code::{self, Asked, Door};
use super::sheet::case_of_permit;
use super::{act_link, fact, goods, names, party, quantity};
use crate::act::{Said, may};
use crate::answer::{Answered, encoded, html, see, with_camera};
use crate::ask::{Ask, Visitor};
use crate::chart::{Mark, mark};
use crate::frame::Frame;
use crate::words::Words;

/// What a permit is worth at the border now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Goods may pass under it.
    Valid,
    /// Its goods have passed.
    Used,
    /// Its time is over, and nothing has passed.
    Expired,
    /// The exporting authority has revoked it.
    Revoked,
    /// A later copy of it is good, and this one no more.
    Replaced,
    /// Nothing may pass for now.
    Suspended,
    /// No permit has this number.
    Unknown,
}

impl Worth {
    /// What the permit of a case is worth on a day.
    pub fn of(case: &Case, today: Date) -> Self {
        let Some(permit) = &case.permit else {
            return Self::Unknown;
        };
        match case.stage {
            Stage::Suspended | Stage::Held => Self::Suspended,
            Stage::Expired => Self::Expired,
            Stage::Revoked => Self::Revoked,
            Stage::Issued if permit.valid_until < today && case.side == Side::Exporting => Self::Expired,
            Stage::Issued => Self::Valid,
            // What is on its way may still enter.
            Stage::Departed if case.side == Side::Importing => Self::Valid,
            Stage::Departed
            | Stage::Returning
            | Stage::Returned
            | Stage::Diverted
            | Stage::Discrepant
            | Stage::Closed => Self::Used,
            Stage::Draft | Stage::Requested | Stage::Queried | Stage::Confirmed | Stage::Refused | Stage::Withdrawn => {
                Self::Unknown
            }
        }
    }

    /// Its word, for classes and keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
        }
    }

    /// Its shape.
    pub fn mark(self) -> &'static str {
        mark(match self {
            Self::Valid => Mark::Pass,
            Self::Used => Mark::Used,
            Self::Expired => Mark::Expired,
            Self::Revoked | Self::Replaced => Mark::Fail,
            Self::Suspended => Mark::Suspended,
            Self::Unknown => Mark::Unknown,
        })
    }
}

#[derive(Template)]
#[template(path = "trade/customs.html")]
struct CustomsPage {
    f: Frame,
    facts: String,
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
        Asked::Number(number) => Ok(see(&format!("/customs/{}", encoded(&number)))),
        Asked::Codes(codes) => code::page(ask, Door::Customs, &codes),
        Asked::Nothing => {
            let page = CustomsPage {
                f: Frame::of(ask, ask.words().t("customs-title")),
                facts: check::facts(ask, true)?,
            };
            html(&page).map(with_camera)
        }
    }
}

/// A line as it stands at the border.
pub struct Row {
    pub name: String,
    pub inn: String,
    pub permitted: String,
    pub base: String,
    pub moved: String,
    pub left: String,
}

#[derive(Template)]
#[template(path = "trade/customs-permit.html")]
struct PermitPage {
    f: Frame,
    class: &'static str,
    mark: &'static str,
    word: String,
    detail: String,
    found: Option<Found>,
}

/// What is known of a permit that was found.
pub struct Found {
    pub said: Vec<Said>,
    pub rows: Vec<Row>,
    pub moved_label: String,
    pub act: Option<(String, String)>,
    pub help: Vec<String>,
    pub sheet: Option<String>,
    pub case: Option<String>,
}

pub fn permit(ask: &Ask) -> Answered {
    let words = ask.words();
    let number = ask.param("number").trim().to_owned();
    let visitor = ask.visitor()?;
    let (worth, detail, found) = {
        let state = ask.state();
        let case = find(&state, &number);
        let worth = case.map_or(Worth::Unknown, |case| Worth::of(case, ask.today()));
        let case = case.filter(|_| worth != Worth::Unknown);
        let detail = case.map_or_else(|| words.t("customs-unknown"), |case| detail(words, case, worth));
        let found = case.map(|case| found(ask, &state, visitor, case, worth));
        (worth, detail, found)
    };
    if found.is_some() {
        ask.looked_at(&number);
    }
    html(&PermitPage {
        f: Frame::of(ask, words.t1("customs-permit-title", "number", &number)),
        class: worth.word(),
        mark: worth.mark(),
        word: words.t(&format!("permit-{}", worth.word())),
        detail,
        found,
    })
}

/// A case by the number of its permit, ours or a partner's, or by its own.
fn find<'a>(state: &'a State, number: &str) -> Option<&'a Case> {
    let upper = number.to_uppercase();
    let by = |number: &str| case_of_permit(state, number).or_else(|| state.trade.case(number));
    by(number).or_else(|| by(&upper))
}

fn detail(words: Words, case: &Case, worth: Worth) -> String {
    let until = case.permit.as_ref().map(|permit| words.day(permit.valid_until));
    let until = until.unwrap_or_default();
    match (worth, case.stage) {
        (Worth::Used, _) => {
            let endorsed = case.arrival.as_ref().filter(|_| case.side == Side::Importing);
            match endorsed.or(case.departure.as_ref()) {
                Some(endorsed) => {
                    let (on, post) = (words.day(endorsed.on), endorsed.post.to_string());
                    words.t2("case-endorsed-at", "day", on, "post", post)
                }
                None => String::new(),
            }
        }
        (Worth::Suspended, Stage::Held) => words.t("customs-held"),
        (Worth::Suspended, _) => words.t("customs-suspended"),
        (Worth::Revoked, _) => words.t("customs-revoked"),
        (Worth::Expired, _) => words.t1("customs-expired", "day", until),
        _ => words.t1("customs-valid", "day", until),
    }
}

/// What the border sees of a case, and what it may do.
pub fn found(ask: &Ask, state: &State, visitor: &Visitor, case: &Case, worth: Worth) -> Found {
    let words = ask.words();
    let exporting = case.side == Side::Exporting;
    let consignment = &case.consignment;
    let said = |key: &str, says: String| Said {
        label: words.t(key),
        lines: vec![says],
    };
    let permit = case.permit.as_ref();
    let mut facts = vec![
        said("case-exporter", party(words, &consignment.exporter)),
        said("case-importer", party(words, &consignment.importer)),
        said(
            "customs-permit",
            permit.map(|permit| permit.number.to_string()).unwrap_or_default(),
        ),
        said("customs-case", case.id.to_string()),
    ];
    if let Some(permit) = permit {
        facts.push(said("customs-until", words.day(permit.valid_until)));
    }
    if case.copy() > 0 {
        facts.push(said("customs-copy", case.copy().to_string()));
    }
    if let Some(number) = &consignment.authorization {
        facts.push(said("case-authorization", number.to_string()));
    }
    let posts = bound_to(state, case);
    if !posts.is_empty() {
        facts.push(Said {
            label: words.t("customs-posts"),
            lines: posts,
        });
    }
    if let Some(on) = case.moved_on {
        facts.push(said("customs-moved-on", words.day(on)));
    }
    let allowed = case.departure.as_ref().filter(|_| !exporting);
    let lines = allowed.map_or(&consignment.lines, |departure| &departure.lines);
    let rows = lines
        .iter()
        .enumerate()
        .map(|(place, line)| row(words, state, case, place, line));
    let (act, help) = acts(ask, state, visitor, case, worth);
    Found {
        said: facts,
        rows: rows.collect(),
        moved_label: words.t(if exporting { "customs-left" } else { "customs-entered" }),
        act,
        help,
        sheet: permit.map(|permit| format!("/permits/{}", encoded(&permit.number))),
        case: (!visitor.is(domain::access::Role::CustomsOfficer)).then(|| super::case_path(&case.id)),
    }
}

/// The posts of this country at which the goods may pass; any if there are none.
fn bound_to(state: &State, case: &Case) -> Vec<String> {
    let number = case.consignment.authorization.as_ref();
    let posts = match case.side {
        Side::Exporting => Some(&case.posts),
        Side::Importing => number.and_then(|number| state.trade.own(number)).map(|own| &own.posts),
    };
    posts.into_iter().flatten().map(ToString::to_string).collect()
}

fn row(words: Words, state: &State, case: &Case, place: usize, line: &Line) -> Row {
    let moved = case.moved.get(place).copied().unwrap_or_default();
    let inn = domain::trade::Fact::Substance(line.goods.substance.clone());
    Row {
        name: goods(words, state, &line.goods),
        inn: fact(words, state, &inn),
        permitted: quantity(words, state, &line.goods, line.amount),
        base: names::mass(words, line.base()),
        moved: quantity(words, state, &line.goods, moved),
        left: quantity(words, state, &line.goods, line.amount - moved),
    }
}

/// The endorsement that is open now, and what to know before it.
fn acts(
    ask: &Ask,
    state: &State,
    visitor: &Visitor,
    case: &Case,
    worth: Worth,
) -> (Option<(String, String)>, Vec<String>) {
    let words = ask.words();
    let returning = case.side == Side::Exporting && case.stage == Stage::Returning;
    let goods = if returning { &case.came_back } else { &case.moved };
    let moved = goods.iter().any(|moved| *moved != 0);
    // Where a permit is known by none, the case is.
    let number = case
        .permit
        .as_ref()
        .map_or(case.id.as_str(), |permit| permit.number.as_str());
    let mut help = Vec::new();
    let permit = || {
        case.permit
            .as_ref()
            .map(|permit| permit.number.to_string())
            .unwrap_or_default()
    };
    let (verb, subject) = match case.side {
        Side::Exporting if returning => ("endorse_return", ("permit", permit())),
        Side::Exporting => ("endorse_departure", ("permit", permit())),
        Side::Importing => ("endorse_arrival", ("case", case.id.to_string())),
    };
    let open = match case.side {
        // What left in time has left, whatever came afterwards.
        Side::Exporting => {
            returning
                || case.stage == Stage::Issued
                || (moved && matches!(case.stage, Stage::Suspended | Stage::Expired))
        }
        Side::Importing => case.stage == Stage::Departed || (moved && case.stage == Stage::Returning),
    };
    if !open {
        if worth == Worth::Suspended {
            help.push(words.t("customs-help-suspended"));
        }
        if case.side == Side::Importing && case.stage == Stage::Issued {
            help.push(words.t("customs-help-not-left"));
        }
        return (None, help);
    }
    let exporting = case.side == Side::Exporting;
    if !moved {
        help.push(words.t(if returning {
            "customs-help-not-back"
        } else if exporting {
            "customs-help-not-reported"
        } else {
            "customs-help-not-entered"
        }));
    }
    help.push(words.t("customs-help-count"));
    if exporting && !returning {
        help.push(words.t("customs-help-more"));
    } else {
        help.push(words.t("customs-help-less"));
    }
    let mut fields = vec![(subject.0.to_owned(), subject.1)];
    for (place, line) in case.consignment.lines.iter().enumerate() {
        if let Some(item) = item_of(state, &line.goods) {
            fields.push((format!("lines.{place}.item"), item.id.to_string()));
        }
    }
    let pairs: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let link = act_link(verb, &pairs, &[subject.0], &format!("/customs/{}", encoded(number)));
    let label = words.t(if returning {
        "customs-do-return"
    } else if exporting {
        "customs-do-departure"
    } else {
        "customs-do-arrival"
    });
    (may(visitor, verb).then_some((link, label)), help)
}
