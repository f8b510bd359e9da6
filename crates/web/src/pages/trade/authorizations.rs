//! Import authorizations: applications that wait, this authority's own, and those that partners have sent.

use std::collections::BTreeMap;

use askama::Template;
use domain::State;
use domain::trade::{Consignments, ImportAuthorization, OwnAuthorization, OwnHeadroom, Purpose, Side, own_headroom};

use super::facts::yes_key;
use super::{
    GoodsRow, act_link, as_id, authority, base_of, case_path, fact, goods_row, party, proposals, purpose_key, quantity,
    stage_class, stage_key, substances,
};
use crate::act::{Said, may};
use crate::answer::{Answered, Fault, encoded, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::names;
use crate::words::Words;

/// Rows of a page.
const ROWS: usize = 50;
/// Cases that are shown under one authorization.
const CASES_MAX: usize = 100;

/// A row of any of the lists.
struct Row {
    id: String,
    path: String,
    company: String,
    country: String,
    substances: String,
    base: String,
    /// What is left of this country's estimate, for an application.
    room: String,
    until: String,
    state: String,
    class: &'static str,
    /// The act that answers it.
    answer: Option<String>,
    /// The decision about it that waits.
    waits: Option<String>,
}

#[derive(Template)]
#[template(path = "trade/authorizations.html")]
struct ListPage {
    f: Frame,
    view: &'static str,
    rows: Vec<Row>,
    text: String,
    may_apply: bool,
    officer: bool,
    next: Option<String>,
}

/// What of trade is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Waiting,
    Own,
    Foreign,
}

impl View {
    fn of(ask: &Ask, officer: bool) -> Self {
        match ask.query.get("view") {
            "own" => Self::Own,
            "foreign" if officer => Self::Foreign,
            _ => Self::Waiting,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Own => "own",
            Self::Foreign => "foreign",
        }
    }
}

pub fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let officer = visitor.holder().is_none();
    let view = View::of(ask, officer);
    let mut rows = {
        let state = ask.state();
        match view {
            View::Waiting => waiting(ask, &state, visitor),
            View::Own => owns(ask, &state, visitor),
            View::Foreign => foreigns(ask, &state),
        }
    };
    let next = (rows.len() > ROWS).then(|| {
        let last = rows.get(ROWS - 1).map(|row| row.id.as_str()).unwrap_or_default();
        format!(
            "/authorizations?view={}&q={}&after={}",
            view.word(),
            encoded(ask.query.get("q")),
            encoded(last)
        )
    });
    rows.truncate(ROWS);
    html(&ListPage {
        f: Frame::of(ask, words.t("authorizations-title")),
        view: view.word(),
        rows,
        text: ask.query.get("q").to_owned(),
        may_apply: may(visitor, "apply_import"),
        officer,
        next,
    })
}

/// Whether a site is the visitor's holder's; an officer's is every site.
fn is_of(state: &State, visitor: &Visitor, site: &str) -> bool {
    let Some(holder) = visitor.holder() else { return true };
    state
        .holders
        .site(site)
        .is_ok_and(|(_, site)| site.holder_id.as_str() == holder)
}

/// Whether a text that is looked for stands in one of these.
fn holds(ask: &Ask, texts: &[&str]) -> bool {
    let wanted = ask.query.get("q").to_lowercase();
    wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
}

/// Applications that no authorization answers yet.
fn waiting(ask: &Ask, state: &State, visitor: &Visitor) -> Vec<Row> {
    let words = ask.words();
    let decisions = proposals(state);
    let after = ask.query.get("after");
    let mut rooms: BTreeMap<String, Option<OwnHeadroom>> = BTreeMap::new();
    let open = state.trade.open_applications().filter(|applied| {
        applied.id.as_str() > after
            && is_of(state, visitor, &applied.site)
            && holds(
                ask,
                &[
                    &applied.id,
                    applied.importer.name.as_str(),
                    applied.exporter.name.as_str(),
                ],
            )
    });
    let row = |applied: &domain::trade::ImportApplied| {
        let decision = decisions.get(&format!("application {}", applied.id));
        let answer = may(visitor, "issue_import_authorization") && decision.is_none();
        let answer = answer.then(|| {
            let fields = [("application", applied.id.as_str())];
            act_link(
                "issue_import_authorization",
                &fields,
                &["application"],
                "/authorizations",
            )
        });
        let room = applied.lines.first().and_then(|line| {
            let substance = &line.goods.substance;
            *rooms
                .entry(substance.to_string())
                .or_insert_with(|| own_headroom(state, substance, ask.today()))
        });
        Row {
            id: applied.id.to_string(),
            path: String::new(),
            company: applied.importer.name.to_string(),
            country: names::country(words, applied.exporter.country),
            substances: substances(words, state, &applied.lines),
            base: names::mass(words, base_of(&applied.lines)),
            room: room.map_or_else(
                || words.t("authorizations-no-estimate"),
                |room| names::mass(words, room.available()),
            ),
            until: String::new(),
            state: words.t(if decision.is_some() {
                "authorizations-proposed"
            } else {
                "authorizations-applied"
            }),
            class: "govuk-tag--grey",
            answer,
            waits: decision
                .filter(|_| visitor.holder().is_none())
                .map(|decision| format!("/decisions/{}", decision.seq)),
        }
    };
    open.take(ROWS + 1).map(row).collect()
}

fn owns(ask: &Ask, state: &State, visitor: &Visitor) -> Vec<Row> {
    let found = state.trade.owns_after(ask.query.get("after")).filter(|own| {
        let authorization = &own.authorization;
        is_of(state, visitor, &own.site)
            && holds(
                ask,
                &[
                    &authorization.number,
                    authorization.importer.name.as_str(),
                    authorization.exporter.name.as_str(),
                ],
            )
    });
    let row = |own: &OwnAuthorization| {
        let path = format!("/authorizations/{}", encoded(&own.authorization.number));
        let company = own.authorization.importer.name.to_string();
        let country = own.authorization.exporter.country;
        issued(ask, state, &own.authorization, own.cancelled, (path, company, country))
    };
    found.take(ROWS + 1).map(row).collect()
}

fn foreigns(ask: &Ask, state: &State) -> Vec<Row> {
    let after = ask.query.get("after").split_once('/');
    let after = after.and_then(|(issuer, number)| as_id(issuer).zip(as_id(number)));
    let all: Box<dyn Iterator<Item = _>> = match &after {
        Some((issuer, number)) => Box::new(state.trade.foreigns_after(issuer, number)),
        None => Box::new(state.trade.foreigns()),
    };
    let found = all.filter(|(issuer, foreign)| {
        let authorization = &foreign.authorization;
        holds(
            ask,
            &[
                authorization.number.as_str(),
                issuer.as_str(),
                authorization.importer.name.as_str(),
                authorization.exporter.name.as_str(),
            ],
        )
    });
    let row = |(issuer, foreign): (&domain::id::Id, &domain::trade::ForeignAuthorization)| {
        let authorization = &foreign.authorization;
        let number = encoded(&authorization.number);
        let path = format!("/authorizations/from/{}/{number}", encoded(issuer));
        let company = authorization.exporter.name.to_string();
        let country = authorization.importer.country;
        let mut row = issued(ask, state, authorization, foreign.cancelled, (path, company, country));
        row.id = format!("{issuer}/{}", authorization.number);
        row
    };
    found.take(ROWS + 1).map(row).collect()
}

fn issued(
    ask: &Ask,
    state: &State,
    authorization: &ImportAuthorization,
    cancelled: bool,
    (path, company, country): (String, String, domain::country::Country),
) -> Row {
    let words = ask.words();
    let (key, class) = standing(ask, authorization, cancelled);
    Row {
        id: authorization.number.to_string(),
        path,
        company,
        country: names::country(words, country),
        substances: substances(words, state, &authorization.lines),
        base: names::mass(words, base_of(&authorization.lines)),
        room: String::new(),
        until: words.day(authorization.valid_until),
        state: words.t(key),
        class,
        answer: None,
        waits: None,
    }
}

/// How an authorization stands today.
fn standing(ask: &Ask, authorization: &ImportAuthorization, cancelled: bool) -> (&'static str, &'static str) {
    if cancelled {
        ("authorization-cancelled", "govuk-tag--red")
    } else if authorization.valid_until < ask.today() {
        ("authorization-ended", "govuk-tag--grey")
    } else {
        ("authorization-in-force", "govuk-tag--green")
    }
}

/// A line with what has come of it.
struct Used {
    row: GoodsRow,
    moved: String,
}

/// A case under an authorization.
struct Under {
    path: String,
    id: String,
    stage: String,
    class: &'static str,
    base: String,
}

#[derive(Template)]
#[template(path = "trade/authorization.html")]
struct OnePage {
    f: Frame,
    state: String,
    class: &'static str,
    said: Vec<Said>,
    lines: Vec<Used>,
    /// Whether the last column is what has entered here, or nothing.
    counts: bool,
    cases: Vec<Under>,
    rooms: Vec<Said>,
    print: Option<String>,
    acts: Vec<(String, String)>,
    waits: Option<String>,
}

pub fn own(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let page = {
        let state = ask.state();
        let own = state.trade.own(ask.param("number")).ok_or(Fault::NotFound)?;
        if !is_of(&state, visitor, &own.site) {
            return Err(Fault::NotFound);
        }
        own_page(ask, &state, visitor, own)
    };
    ask.looked_at(ask.param("number"));
    html(&OnePage {
        f: Frame::of(
            ask,
            ask.words().t1("authorization-title", "number", ask.param("number")),
        ),
        ..page
    })
}

fn own_page(ask: &Ask, state: &State, visitor: &Visitor, own: &OwnAuthorization) -> OnePage {
    let words = ask.words();
    let authorization = &own.authorization;
    let number = &authorization.number;
    let path = format!("/authorizations/{}", encoded(number));
    let decision = proposals(state).remove(&format!("authorization {number}"));
    let (key, class) = standing(ask, authorization, own.cancelled);
    let mut acts = Vec::new();
    if may(visitor, "cancel_import_authorization") && !own.cancelled && decision.is_none() {
        let fields = [("authorization", number.as_str())];
        let link = act_link("cancel_import_authorization", &fields, &["authorization"], &path);
        acts.push((link, words.t("authorization-do-cancel")));
    }
    let in_force = !own.cancelled && authorization.valid_until >= ask.today();
    if may(visitor, "amend_import_authorization") && in_force && decision.is_none() {
        let fields = [("authorization", number.as_str())];
        let link = act_link("amend_import_authorization", &fields, &["authorization"], &path);
        acts.push((link, words.t("authorization-do-amend")));
    }
    let re_export = authorization.purpose == Purpose::ReExport && !own.re_export_ended;
    if may(visitor, "end_re_export") && re_export {
        let fields = [("authorization", number.as_str())];
        let link = act_link("end_re_export", &fields, &["authorization"], &path);
        acts.push((link, words.t("authorization-do-end-re-export")));
    }
    let mut said = fields(words, state, authorization);
    if own.version > 1 {
        let (label, lines) = (words.t("authorization-version"), vec![own.version.to_string()]);
        said.push(Said { label, lines });
    }
    if !own.posts.is_empty() {
        let lines = own.posts.iter().map(ToString::to_string).collect();
        let label = words.t("authorization-posts");
        said.push(Said { label, lines });
    }
    if own.re_export_ended {
        let (label, lines) = (
            words.t("authorization-re-export"),
            vec![words.t("authorization-re-export-ended")],
        );
        said.push(Said { label, lines });
    }
    let label = words.t("authorization-application");
    said.push(Said {
        label,
        lines: vec![own.application.to_string()],
    });
    let label = words.t("authorization-shared");
    let shared = own.partner.as_ref().map(|partner| authority(state, partner));
    said.push(Said {
        label,
        lines: vec![shared.unwrap_or_else(|| words.t("authorization-not-shared"))],
    });
    let lines = authorization.lines.iter().zip(&own.imported);
    let lines = lines.map(|(line, entered)| Used {
        row: goods_row(words, state, line),
        moved: quantity(words, state, &line.goods, *entered),
    });
    OnePage {
        f: Frame::of(ask, String::new()),
        state: words.t(key),
        class,
        said,
        lines: lines.collect(),
        counts: true,
        cases: under(words, state, number, None),
        rooms: if visitor.holder().is_none() {
            rooms(ask, state, authorization)
        } else {
            Vec::new()
        },
        print: Some(format!("{path}/print")),
        acts,
        waits: decision
            .filter(|_| visitor.holder().is_none())
            .map(|decision| format!("/decisions/{}", decision.seq)),
    }
}

pub fn foreign(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let page = {
        let state = ask.state();
        let ids = as_id(ask.param("partner")).zip(as_id(ask.param("number")));
        let (partner, number) = ids.ok_or(Fault::NotFound)?;
        let sent = state.trade.foreign(&partner, &number);
        let foreign = sent
            .or_else(|| state.trade.on_paper(&partner, &number))
            .ok_or(Fault::NotFound)?;
        let cases = under(words, &state, &number, Some((&partner, visitor)));
        if visitor.holder().is_some() && cases.is_empty() {
            return Err(Fault::NotFound);
        }
        let authorization = &foreign.authorization;
        let (key, class) = standing(ask, authorization, foreign.cancelled);
        let lines = authorization.lines.iter().map(|line| Used {
            row: goods_row(words, &state, line),
            moved: String::new(),
        });
        OnePage {
            f: Frame::of(ask, String::new()),
            state: words.t(key),
            class,
            said: fields(words, &state, authorization),
            lines: lines.collect(),
            counts: false,
            cases,
            rooms: Vec::new(),
            print: None,
            acts: Vec::new(),
            waits: None,
        }
    };
    ask.looked_at(format!("{}/{}", ask.param("partner"), ask.param("number")));
    html(&OnePage {
        f: Frame::of(ask, words.t1("authorization-title", "number", ask.param("number"))),
        ..page
    })
}

/// Every field of an import authorization (1961 art. 31(4)(b), (d)), beside its lines.
fn fields(words: Words, state: &State, authorization: &ImportAuthorization) -> Vec<Said> {
    let consignments = match authorization.consignments {
        Consignments::Single => "authorization-single",
        Consignments::Several => "authorization-several",
    };
    let validity = words.t2(
        "case-from-until",
        "from",
        words.day(authorization.issued_on),
        "until",
        words.day(authorization.valid_until),
    );
    let all = [
        ("case-authorization-issuer", authority(state, &authorization.issuer)),
        ("case-authorization-validity", validity),
        ("case-importer", party(words, &authorization.importer)),
        ("case-exporter", party(words, &authorization.exporter)),
        ("case-purpose", words.t(purpose_key(authorization.purpose))),
        ("authorization-consignments", words.t(consignments)),
        ("case-bonded", words.t(yes_key(authorization.bonded))),
    ];
    let said = |(key, says): (&str, String)| Said {
        label: words.t(key),
        lines: vec![says],
    };
    all.into_iter().map(said).collect()
}

/// The cases under an authorization: of ours, or of a partner's with the visitor's right to see them.
fn under(
    words: Words,
    state: &State,
    number: &domain::id::Id,
    from: Option<(&domain::id::Id, &Visitor)>,
) -> Vec<Under> {
    let side = if from.is_some() {
        Side::Exporting
    } else {
        Side::Importing
    };
    let of_it = state.trade.cases_under(number).filter(|case| {
        case.side == side
            && from.is_none_or(|(partner, visitor)| {
                let asked = case.partner.as_ref().or(case.asked());
                let of_partner = match asked {
                    Some(of) => of == partner,
                    None => state
                        .partners
                        .get(partner)
                        .is_some_and(|known| known.file.country == case.consignment.importer.country),
                };
                of_partner && super::sees(state, visitor, case)
            })
    });
    let shown = |case: &domain::trade::Case| Under {
        path: case_path(&case.id),
        id: case.id.to_string(),
        stage: words.t(&stage_key(case.stage)),
        class: stage_class(case.stage),
        base: names::mass(words, base_of(&case.consignment.lines)),
    };
    of_it.take(CASES_MAX).map(shown).collect()
}

/// What is left of this country's own estimates for the substances of an authorization.
fn rooms(ask: &Ask, state: &State, authorization: &ImportAuthorization) -> Vec<Said> {
    let words = ask.words();
    let mut said: Vec<Said> = Vec::new();
    for line in &authorization.lines {
        let substance = &line.goods.substance;
        let label = fact(words, state, &domain::trade::Fact::Substance(substance.clone()));
        if said.iter().any(|known| known.label == label) {
            continue;
        }
        let lines = match own_headroom(state, substance, ask.today()) {
            Some(room) => vec![words.with(
                "authorization-room",
                &[
                    ("year", &ask.today().year()),
                    ("total", &names::mass(words, room.total)),
                    ("acquired", &names::mass(words, room.acquired)),
                    ("open", &names::mass(words, room.open)),
                    ("available", &names::mass(words, room.available())),
                ],
            )],
            None => vec![words.t("authorizations-no-estimate")],
        };
        said.push(Said { label, lines });
    }
    said
}
