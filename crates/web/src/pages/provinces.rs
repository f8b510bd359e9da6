//! Provinces: sites that may be supplied from one to another, goods that are late between them, and differences.

use askama::Template;
use domain::State;
use domain::access::Role;
use domain::id::{Id, Text};
use domain::province::{self, Domestic, End, Offered};
use domain::trade::{Cause, Resolution};

use super::trade::{goods, quantity};
use crate::act::{Said, may};
use crate::answer::{Answered, Fault, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::links;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;
use crate::words::Words;

/// Officers who see what goes between provinces: who shares sites and gives the word on differences, and who looks on.
pub const READERS: &[Role] = &[
    Role::LicensingOfficer,
    Role::Approver,
    Role::Statistician,
    Role::Auditor,
];

pub const ROUTES: &[Route] = &[
    page("/provinces", Who::Officers(READERS), list),
    page("/provinces/{seq}", Who::OfficersAndHolders(READERS), one),
];

/// Rows of one table.
const ROWS: usize = 200;
/// The page.
pub const HERE: &str = "/provinces";

/// Whether the page has anything to show: the authority is a province's, or has another province's for a partner.
pub fn are_there(state: &State) -> bool {
    let mut partners = state.partners.iter();
    state.founding.province.is_some() || partners.any(|partner| province::is_neighbour(state, partner))
}

/// The page of a dispatch.
pub fn path(entry: u64) -> String {
    format!("{HERE}/{entry}")
}

/// The site at the other end, with its holder's name as that authority has told it.
pub fn other_site(state: &State, domestic: &Domestic) -> String {
    let (told, partner) = (&domestic.told, &domestic.partner);
    match domestic.end {
        End::Receiving => named(&told.holder, partner, &told.from),
        End::Sending => match state.provinces.offer(partner, &told.to) {
            Some(offered) => named(&offered.site.holder, partner, &told.to),
            None => names::near(partner, &told.to),
        },
    }
}

/// A site of another province with its holder's name.
pub fn named(holder: &Text, partner: &Id, site: &Id) -> String {
    format!("{holder}, {}", names::near(partner, site))
}

/// The site at this end, if it is in the register.
fn own_site(domestic: &Domestic) -> &Id {
    match domestic.end {
        End::Sending => &domestic.told.from,
        End::Receiving => &domestic.told.to,
    }
}

/// The goods of a dispatch, so many of them.
pub fn sent(words: Words, state: &State, domestic: &Domestic, amount: i64) -> String {
    let told = &domestic.told;
    let quantity = quantity(words, state, &told.goods, amount);
    format!("{} · {quantity} · {}", goods(words, state, &told.goods), told.batch)
}

/// A site of another province that may be supplied from here.
struct TheirSite {
    site: String,
    holder: String,
    partner: String,
    kinds: String,
    substances: String,
    licence: String,
    until: String,
    /// Since when it may not, and why.
    withdrawn: Option<String>,
}

/// A site of ours that may be supplied from elsewhere.
struct OurSite {
    site: String,
    partner: String,
    licence: String,
    licence_path: String,
    until: String,
    withdraw: Option<String>,
}

/// A dispatch in a table.
struct Row {
    seq: u64,
    path: String,
    direction: String,
    other: String,
    goods: String,
    sent: String,
    /// Received, also beyond what was sent, and what came back.
    found: String,
    lost: String,
    outstanding: String,
    due: String,
    /// What a difference waits for.
    waits: String,
    act: Option<String>,
}

#[derive(Template)]
#[template(path = "provinces/list.html")]
struct ListPage {
    f: Frame,
    theirs: Vec<TheirSite>,
    ours: Vec<OurSite>,
    differences: Vec<Row>,
    late: Vec<Row>,
    within: String,
    share: Option<String>,
    more: bool,
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let f = Frame::of(ask, words.t("provinces-title"));
    let state = ask.state();
    let provinces = &state.provinces;
    let differing = provinces.open().filter(|(_, domestic)| domestic.differs());
    let late = province::overdue(&state, ask.today());
    let row = |(entry, domestic): (u64, &Domestic)| row(ask, &state, entry, domestic);
    let page = ListPage {
        f,
        theirs: provinces
            .offered()
            .take(ROWS + 1)
            .map(|one| theirs(words, &state, one))
            .collect(),
        ours: provinces
            .shared()
            .take(ROWS + 1)
            .map(|one| ours(words, &state, visitor, one))
            .collect(),
        differences: differing.take(ROWS + 1).map(row).collect(),
        late: late
            .take(ROWS + 1)
            .map(|late| row((late.entry, late.domestic)))
            .collect(),
        within: words.t1(
            "provinces-within",
            "days",
            words.number(state.policies.endorsement_days),
        ),
        share: may(visitor, "share_site").then(|| links::act("share_site", &[], HERE)),
        more: false,
    };
    drop(state);
    html(&cut(page))
}

/// No more rows than a page shows.
fn cut(mut page: ListPage) -> ListPage {
    let lengths = [
        page.theirs.len(),
        page.ours.len(),
        page.differences.len(),
        page.late.len(),
    ];
    page.more = lengths.into_iter().any(|length| length > ROWS);
    page.theirs.truncate(ROWS);
    page.ours.truncate(ROWS);
    page.differences.truncate(ROWS);
    page.late.truncate(ROWS);
    page
}

fn theirs(words: Words, state: &State, (partner, offered): (&Id, &Offered)) -> TheirSite {
    let site = &offered.site;
    let substances = site.substances.iter();
    let substances: Vec<String> = substances.map(|id| names::substance_of_id(words, state, id)).collect();
    let kinds: Vec<String> = site.kinds.iter().map(|kind| words.value(kind.word())).collect();
    TheirSite {
        site: site.site.to_string(),
        holder: site.holder.to_string(),
        partner: partner_name(state, partner),
        kinds: kinds.join(", "),
        substances: substances.join(", "),
        licence: site.licence.to_string(),
        until: words.day(site.valid_until),
        withdrawn: offered
            .withdrawn
            .as_ref()
            .map(|(since, why)| words.t2("provinces-withdrawn", "day", words.day(*since), "why", why)),
    }
}

fn ours(words: Words, state: &State, visitor: &Visitor, (site, partner, licence): (&Id, &Id, &Id)) -> OurSite {
    let held = state.licences.get(licence);
    let named = state.holders.site(site).map(|(_, site)| names::site(state, site));
    OurSite {
        site: named.unwrap_or_else(|_| site.to_string()),
        partner: partner_name(state, partner),
        licence: licence.to_string(),
        licence_path: links::at("/licences", licence),
        until: held.map_or_else(String::new, |licence| words.day(licence.grant.valid_until)),
        withdraw: may(visitor, "withdraw_site")
            .then(|| links::act("withdraw_site", &[("!site", site), ("!partner", partner)], HERE)),
    }
}

fn partner_name(state: &State, id: &Id) -> String {
    let partner = state.partners.get(id);
    partner.map_or_else(|| id.to_string(), |partner| format!("{} ({id})", partner.file.name))
}

fn direction(words: Words, domestic: &Domestic) -> String {
    words.t(match domestic.end {
        End::Sending => "provinces-sent-there",
        End::Receiving => "provinces-comes-here",
    })
}

/// The key of what a difference waits for.
pub fn waits_for(domestic: &Domestic) -> &'static str {
    match (&domestic.our_word, &domestic.their_word) {
        (None, _) => "provinces-our-word-missing",
        (Some(_), None) => "provinces-their-word-missing",
        (Some(_), Some(_)) => "provinces-both-words",
    }
}

/// The act with which this side gives its word, if it is due and the visitor's.
pub fn give_word(visitor: &Visitor, entry: u64, domestic: &Domestic, then: &str) -> Option<String> {
    let due = domestic.differs() && domestic.our_word.is_none() && may(visitor, "resolve_difference");
    due.then(|| links::act("resolve_difference", &[("!dispatch", &entry.to_string())], then))
}

fn row(ask: &Ask, state: &State, entry: u64, domestic: &Domestic) -> Row {
    let words = ask.words();
    let amount = |amount| quantity(words, state, &domestic.told.goods, amount);
    Row {
        seq: entry,
        path: path(entry),
        direction: direction(words, domestic),
        other: other_site(state, domestic),
        goods: format!(
            "{} · {}",
            goods(words, state, &domestic.told.goods),
            domestic.told.batch
        ),
        sent: amount(domestic.told.amount),
        found: amount(domestic.difference().saturating_add(domestic.told.amount)),
        lost: amount(domestic.lost),
        outstanding: amount(domestic.outstanding()),
        due: words.day(province::due_on(state, domestic)),
        waits: words.t(waits_for(domestic)),
        act: ask
            .visitor
            .as_ref()
            .and_then(|visitor| give_word(visitor, entry, domestic, HERE)),
    }
}

#[derive(Template)]
#[template(path = "provinces/one.html")]
struct OnePage {
    f: Frame,
    officer: bool,
    status: String,
    status_class: &'static str,
    facts: Vec<Said>,
    figures: Vec<(String, String)>,
    /// Whether the figures differ: then both words are shown.
    differs: bool,
    words_given: Vec<Said>,
    act: Option<String>,
}

/// Whether a visitor may see a dispatch: these officers see all, a holder its own.
fn sees(state: &State, visitor: &Visitor, domestic: &Domestic) -> bool {
    let Some(holder) = visitor.holder() else { return true };
    let site = state.holders.site(own_site(domestic));
    site.is_ok_and(|(_, site)| site.holder_id.as_str() == holder)
}

fn one(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let entry: u64 = ask.param("seq").parse().map_err(|_| Fault::NotFound)?;
    let f = Frame::of(ask, words.t1("provinces-dispatch", "entry", words.number(entry)));
    let state = ask.state();
    let domestic = state.provinces.dispatches().get(&entry).ok_or(Fault::NotFound)?;
    if !sees(&state, visitor, domestic) {
        return Err(Fault::NotFound);
    }
    let (status, status_class) = status(domestic);
    let page = OnePage {
        f,
        officer: visitor.holder().is_none(),
        status: words.t(status),
        status_class,
        facts: facts(words, &state, domestic),
        figures: figures(words, &state, domestic),
        differs: domestic.differs(),
        words_given: given(words, domestic),
        act: give_word(visitor, entry, domestic, &path(entry)),
    };
    drop(state);
    ask.looked_at(format!("dispatch {entry}"));
    html(&page)
}

/// Where a dispatch stands: the key of the word, and its look.
fn status(domestic: &Domestic) -> (&'static str, &'static str) {
    match (domestic.differs(), domestic.is_over()) {
        (true, false) => ("provinces-differs", "govuk-tag--red"),
        (true, true) => ("provinces-resolved", "govuk-tag--grey"),
        (false, true) => ("provinces-over", "govuk-tag--green"),
        (false, false) => ("provinces-on-the-way", ""),
    }
}

fn line(words: Words, key: &str, value: String) -> Said {
    Said {
        label: words.t(key),
        lines: vec![value],
    }
}

fn facts(words: Words, state: &State, domestic: &Domestic) -> Vec<Said> {
    let told = &domestic.told;
    let own = own_site(domestic);
    let own = state.holders.site(own).map(|(_, site)| names::site(state, site));
    let own = own.unwrap_or_else(|_| own_site(domestic).to_string());
    let (from, to) = match domestic.end {
        End::Sending => (own, other_site(state, domestic)),
        End::Receiving => (other_site(state, domestic), own),
    };
    let mut facts = vec![
        line(words, "provinces-direction", direction(words, domestic)),
        line(words, "provinces-number", words.number(told.number)),
        line(words, "provinces-left", words.day(told.on)),
        line(words, "provinces-from", from),
        line(words, "provinces-to", to),
        line(words, "provinces-goods", goods(words, state, &told.goods)),
        line(words, "provinces-batch", told.batch.to_string()),
    ];
    if let Some(day) = told.expires_on {
        facts.push(line(words, "provinces-expires", words.day(day)));
    }
    if let Some(number) = &told.transport_certificate {
        facts.push(line(words, "provinces-certificate", number.to_string()));
    }
    facts
}

/// The figures, which are the same on both sides once their messages have flowed.
fn figures(words: Words, state: &State, domestic: &Domestic) -> Vec<(String, String)> {
    let figures = [
        ("provinces-sent", domestic.told.amount),
        ("provinces-received", domestic.received),
        ("provinces-excess", domestic.excess),
        ("provinces-returned", domestic.returned),
        ("provinces-lost", domestic.lost),
        ("provinces-outstanding", domestic.outstanding()),
    ];
    let shown = |(key, amount): (&str, i64)| (words.t(key), quantity(words, state, &domestic.told.goods, amount));
    figures.into_iter().map(shown).collect()
}

/// What each side has said of a difference.
fn given(words: Words, domestic: &Domestic) -> Vec<Said> {
    let said = |key: &str, word: &Option<Resolution>| Said {
        label: words.t(key),
        lines: match word {
            None => vec![words.t("provinces-no-word")],
            Some(word) => {
                let mut lines = vec![words.t(cause_key(word.cause)), word.explanation.to_string()];
                let incident = word.incident.as_ref();
                lines.extend(incident.map(|incident| words.t1("provinces-incident", "incident", incident)));
                lines
            }
        },
    };
    vec![
        said("provinces-our-word", &domestic.our_word),
        said("provinces-their-word", &domestic.their_word),
    ]
}

fn cause_key(cause: Cause) -> &'static str {
    match cause {
        Cause::Measurement => "case-cause-measurement",
        Cause::Loss => "case-cause-loss",
        Cause::Theft => "case-cause-theft",
        Cause::Documents => "case-cause-documents",
    }
}
