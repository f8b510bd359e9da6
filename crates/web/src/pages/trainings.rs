//! Training of companies: sessions, who attended, and which makers and wholesalers nobody of has attended this year.
//! A company sees the sessions and its own persons.

use std::collections::BTreeSet;

use askama::Template;
use domain::State;
use domain::access::Role;
use domain::holder::{Holder, SiteKind};
use domain::training::Session;

use super::lists::{self, Choice, Pager};
use crate::act;
use crate::answer::{Answered, Fault, encoded, file, html};
use crate::ask::Ask;
use crate::csv;
use crate::frame::Frame;
use crate::routes::{Route, page};
use crate::who::Who;
use crate::words::Words;

pub const READERS: &[Role] = &[
    Role::Trainer,
    Role::Auditor,
    Role::LicensingOfficer,
    Role::Approver,
    Role::Inspector,
    Role::ChiefInspector,
];

pub const ROUTES: &[Route] = &[
    page("/trainings", Who::OfficersAndHolders(READERS), list),
    page("/trainings/coverage", Who::Officers(READERS), coverage),
    page("/trainings/coverage.csv", Who::Officers(READERS), coverage_table),
    page("/trainings/{id}", Who::OfficersAndHolders(READERS), one),
];

/// The companies that training is for.
const TRAINED: [SiteKind; 4] = [
    SiteKind::SubstanceMaker,
    SiteKind::FinishedMaker,
    SiteKind::NationalWholesaler,
    SiteKind::RegionalWholesaler,
];

/// The year asked for, or this one.
fn year_of(ask: &Ask) -> i16 {
    ask.query.get("year").parse().unwrap_or(ask.today().year())
}

fn years(ask: &Ask, first: &[i16]) -> Vec<(String, String)> {
    let this = ask.today().year();
    let all: BTreeSet<i16> = (this - 4..=this + 1).chain(first.iter().copied()).collect();
    all.into_iter()
        .rev()
        .map(|year| (year.to_string(), year.to_string()))
        .collect()
}

/// The holders of whom somebody attended a session of a year.
fn attended(state: &State, year: i16) -> BTreeSet<&str> {
    let of_year = state
        .trainings
        .iter()
        .filter(|session| session.entry.held_on.year() == year);
    of_year
        .flat_map(|session| session.attended.iter().map(|(holder, _)| holder.as_str()))
        .collect()
}

/// Companies that are to be trained: those with an open site of a maker or wholesaler.
fn companies(state: &State) -> impl Iterator<Item = &Holder> {
    let of_kind = |no: &domain::table::No| {
        let site = state.holders.site_at(*no);
        site.open && TRAINED.iter().any(|kind| site.is(*kind))
    };
    let suppliers = state.holders.suppliers();
    suppliers.filter(move |holder| holder.sites.iter().any(of_kind))
}

/// The kinds of a company's open sites.
fn kinds(words: Words, state: &State, holder: &Holder) -> String {
    let sites = holder
        .sites
        .iter()
        .map(|no| state.holders.site_at(*no))
        .filter(|site| site.open);
    let words: BTreeSet<String> = sites
        .flat_map(|site| site.kinds.iter())
        .map(|kind| words.value(kind.word()))
        .collect();
    words.into_iter().collect::<Vec<_>>().join(", ")
}

struct Row {
    id: String,
    href: String,
    title: String,
    held: String,
    coming: bool,
    companies: usize,
    persons: usize,
}

fn row(ask: &Ask, session: &Session, holder: Option<&str>) -> Row {
    let ours = session
        .attended
        .iter()
        .filter(|(of, _)| holder.is_none_or(|holder| of.as_str() == holder));
    let (mut companies, mut persons) = (BTreeSet::new(), 0);
    for (of, _) in ours {
        companies.insert(of.as_str());
        persons += 1;
    }
    Row {
        id: session.entry.id.to_string(),
        href: format!("/trainings/{}", encoded(&session.entry.id)),
        title: session.entry.title.to_string(),
        held: ask.words().day(session.entry.held_on),
        coming: session.entry.held_on > ask.today(),
        companies: companies.len(),
        persons,
    }
}

#[derive(Template)]
#[template(path = "trainings/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    years: Vec<Choice>,
    year: i16,
    covered: usize,
    uncovered: usize,
    holder: bool,
    hold: bool,
    pager: Pager,
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let holder = visitor.holder();
    let page = lists::page_of(ask);
    let asked: Option<i16> = ask.query.get("year").parse().ok();
    let of_year = |session: &&Session| asked.is_none_or(|year| session.entry.held_on.year() == year);
    let year = year_of(ask);
    let (rows, count, covered, companies) = {
        let state = ask.state();
        let all = || state.trainings.newest().filter(of_year);
        let rows = lists::rows_of(page, all())
            .into_iter()
            .map(|session| row(ask, session, holder));
        let (mut covered, mut known) = (0, 0);
        if holder.is_none() {
            let attended = attended(&state, year);
            for company in companies(&state) {
                known += 1;
                covered += usize::from(attended.contains(company.entry.id.as_str()));
            }
        }
        (rows.collect(), all().count(), covered, known)
    };
    html(&ListPage {
        f: Frame::of(ask, words.t("trainings-title")),
        rows,
        years: lists::choices(
            words.t("lists-all"),
            years(ask, asked.as_slice()),
            ask.query.get("year"),
        ),
        year,
        covered,
        uncovered: companies - covered,
        holder: holder.is_some(),
        hold: act::may(visitor, "hold_session"),
        pager: Pager::of(ask, page, count),
    })
}

struct Company {
    name: String,
    href: String,
    persons: Vec<String>,
    more: usize,
}

/// So many persons of a company are named.
const PERSONS_MAX: usize = 20;

#[derive(Template)]
#[template(path = "trainings/one.html")]
struct OnePage {
    f: Frame,
    id: String,
    held: String,
    coming: bool,
    persons: usize,
    companies: Vec<Company>,
    holder: bool,
    record: Option<String>,
    pager: Pager,
}

fn one(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let state = ask.state();
    let session = state.trainings.get(ask.param("id")).ok_or(Fault::NotFound)?;
    let holder = visitor.holder();
    let ours = |of: &str| holder.is_none_or(|holder| of == holder);
    let page = lists::page_of(ask);
    let mut grouped: Vec<(&str, Vec<&str>)> = Vec::new();
    for (of, person) in session.attended.iter().filter(|(of, _)| ours(of)) {
        match grouped.last_mut().filter(|(last, _)| *last == of.as_str()) {
            Some((_, persons)) => persons.push(person),
            None => grouped.push((of, vec![person])),
        }
    }
    let persons = grouped.iter().map(|(_, persons)| persons.len()).sum();
    let count = grouped.len();
    let company = |(of, persons): (&str, Vec<&str>)| Company {
        name: state
            .holders
            .holder(of)
            .map_or_else(|| of.to_owned(), |(_, holder)| format!("{} ({of})", holder.entry.name)),
        href: format!("/holders/{}", encoded(of)),
        more: persons.len().saturating_sub(PERSONS_MAX),
        persons: persons.into_iter().take(PERSONS_MAX).map(|id| ask.person(id)).collect(),
    };
    let companies = lists::rows_of(page, grouped.into_iter())
        .into_iter()
        .map(company)
        .collect();
    let (id, held_on, title) = (
        session.entry.id.to_string(),
        session.entry.held_on,
        session.entry.title.to_string(),
    );
    drop(state);
    let coming = held_on > ask.today();
    let record = (act::may(visitor, "record_attendance") && !coming).then(|| {
        let (id, then) = (encoded(&id), encoded(&format!("/trainings/{}", encoded(&id))));
        format!("/act/record_attendance?session={id}&keep=session&then={then}")
    });
    html(&OnePage {
        f: Frame::of(ask, title),
        held: words.day(held_on),
        coming,
        persons,
        companies,
        holder: holder.is_some(),
        record,
        pager: Pager::of(ask, page, count),
        id,
    })
}

struct Covered {
    id: String,
    name: String,
    href: String,
    kinds: String,
    attended: bool,
}

/// The companies asked for, and whether somebody of each attended.
fn covered(ask: &Ask, state: &State, page: Option<usize>) -> (Vec<Covered>, usize) {
    let (words, year, wanted) = (ask.words(), year_of(ask), ask.query.get("attended"));
    let attended = attended(state, year);
    let (mut rows, mut count) = (Vec::new(), 0);
    for company in companies(state) {
        let id = company.entry.id.as_str();
        let has = attended.contains(id);
        let is_wanted = match wanted {
            "yes" => has,
            "no" => !has,
            _ => true,
        };
        if !is_wanted {
            continue;
        }
        if page.is_none_or(|page| count / lists::ROWS == page - 1) {
            rows.push(Covered {
                id: id.to_owned(),
                name: company.entry.name.to_string(),
                href: format!("/holders/{}", encoded(id)),
                kinds: kinds(words, state, company),
                attended: has,
            });
        }
        count += 1;
    }
    (rows, count)
}

#[derive(Template)]
#[template(path = "trainings/coverage.html")]
struct CoveragePage {
    f: Frame,
    year: i16,
    rows: Vec<Covered>,
    years: Vec<Choice>,
    attended: Vec<Choice>,
    csv: String,
    pager: Pager,
}

fn coverage(ask: &Ask) -> Answered {
    let (words, page, year) = (ask.words(), lists::page_of(ask), year_of(ask));
    let (rows, count) = covered(ask, &ask.state(), Some(page));
    let chosen = ["yes", "no"].map(|word| (word.to_owned(), words.t(&format!("trainings-attended-{word}"))));
    let mut choices = lists::choices(words.t("lists-all"), years(ask, &[year]), &year.to_string());
    // A year is always asked for.
    choices.remove(0);
    html(&CoveragePage {
        f: Frame::of(ask, words.t1("trainings-coverage-title", "year", year)),
        year,
        rows,
        years: choices,
        attended: lists::choices(words.t("lists-all"), chosen, ask.query.get("attended")),
        csv: lists::elsewhere(ask, "/trainings/coverage.csv", &[]),
        pager: Pager::of(ask, page, count),
    })
}

fn coverage_table(ask: &Ask) -> Answered {
    let year = year_of(ask).to_string();
    let (rows, _) = covered(ask, &ask.state(), None);
    let mut lines = vec![["year", "holder", "name", "kinds", "attended"].map(str::to_owned)];
    lines.extend(rows.into_iter().map(|row| {
        let attended = if row.attended { "yes" } else { "no" };
        [year.clone(), row.id, row.name, row.kinds, attended.to_owned()]
    }));
    file(
        "text/csv; charset=utf-8",
        &format!("training-{year}.csv"),
        csv::table(lines),
    )
}
