//! What everybody may see, without signing in: the year in words, figures, charts and a map, the answer about a country
//! or region, and the same for machines. All of it is of the statement of the year; names of companies are in none of it.

mod charts;
mod figures;
mod flows;
mod question;
mod say;
mod sentences;
mod tables;

use std::fmt::Write;

use askama::Template;
use authority::Overview;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::answer::{Answered, Fault, encoded, file, html, typed};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::routes::{Route, asset, page};
use crate::who::Who;
use crate::words::{Lang, Words};

use charts::{Drawn, Headline};
use figures::Year;
use question::Choice;
use sentences::Topic;
use tables::Table;

pub use figures::Figures;

pub const ROUTES: &[Route] = &[
    page("/public/statistics/{year}", Who::Public, statistics),
    page("/public/tables/{year}/{table}", Who::Public, one_table),
    page("/public/exports/{year}", Who::Public, exports),
    asset("/public/statistics/{year}/{table}", csv),
    asset("/public/statement/{year}", statement),
    asset("/public/map/{year}", map),
];

/// Rows of a table on the page of the year; all of them are on a page of their own.
const ROWS: usize = 40;
/// Rows on a page of its own.
const ROWS_A_PAGE: usize = 50;

/// The first page that everybody sees: the latest year that is closed.
pub fn start(ask: &Ask) -> Answered {
    let year = figures::year(ask, figures::latest(ask))?;
    if year.is_empty() {
        let page = NothingPage {
            f: Frame::of(ask, ask.words().t("public-nothing-title")),
        };
        return looked(ask, &page);
    }
    overview(ask, &year)
}

#[derive(Template)]
#[template(path = "public/nothing.html")]
struct NothingPage {
    f: Frame,
}

/// `2024`, `2024.json` or `2024.csv`; without an ending, what the header asks for.
fn statistics(ask: &Ask) -> Answered {
    let (year, ending) = ask.param("year").split_once('.').unwrap_or((ask.param("year"), ""));
    let year = figures::year(ask, parse_year(year)?)?;
    let accepts = ask.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let mut response = match (ending, accepts.and_then(wanted)) {
        ("json", _) | ("", Some("json")) => kept("private, max-age=60", document(ask, &year)?),
        ("csv", _) | ("", Some("csv")) => kept("private, max-age=60", all_figures(ask, &year)?),
        ("", _) => overview(ask, &year)?,
        _ => return Err(Fault::NotFound),
    };
    let vary = HeaderValue::from_static("accept, accept-language, cookie");
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}

/// The first form in an `Accept` header that there is.
fn wanted(accept: &str) -> Option<&'static str> {
    let kinds = accept.split(',').filter_map(|part| part.split(';').next());
    let known = kinds.filter_map(|kind| match kind.trim() {
        "text/html" | "application/xhtml+xml" | "*/*" | "text/*" => Some("html"),
        "application/json" => Some("json"),
        "text/csv" => Some("csv"),
        _ => None,
    });
    known.into_iter().next()
}

fn parse_year(text: &str) -> Result<i16, Fault> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(Fault::NotFound);
    }
    text.parse().map_err(|_| Fault::NotFound)
}

#[derive(Template)]
#[template(path = "public/year.html")]
struct YearPage {
    f: Frame,
    year: i16,
    closed: bool,
    years: Vec<i16>,
    topics: Vec<Topic>,
    headlines: Vec<Headline>,
    measures: Vec<Drawn>,
    substances: Table,
    destinations: Table,
    destinations_chart: String,
    exports: Table,
    imports: Table,
    flows_chart: String,
    regions: Vec<Choice>,
    countries: Vec<Choice>,
    signatures: Table,
    facts: Facts,
    rows: usize,
    language: &'static str,
}

/// What is proven, when it was told, and what was changed since.
struct Facts {
    size: String,
    root: String,
    log_key: String,
    ended: Vec<String>,
    cosigned: String,
    since: String,
    updated: String,
    entries: String,
    revised: Vec<String>,
}

fn overview(ask: &Ask, year: &Year) -> Answered {
    let words = ask.words();
    let since = ask.app.authority().day_of(year.statement.journal_since);
    let log = figures::log(ask)?;
    let country = say::country(words, year.country);
    let title = words.t2("public-title", "country", country, "year", year.statement.year);
    let (regions, countries) = question::choices(words, None);
    let page = YearPage {
        f: Frame::of(ask, title),
        year: year.statement.year,
        closed: year.closed,
        years: figures::years(ask),
        topics: sentences::topics(words, year, since),
        headlines: charts::headlines(words, year),
        measures: charts::measures(words, year),
        substances: tables::substances(words, year),
        destinations: tables::destinations(words, year),
        destinations_chart: charts::destinations(words, year),
        exports: tables::exports(words, year),
        imports: tables::imports(words, year),
        flows_chart: charts::sankey(words, year),
        regions,
        countries,
        signatures: tables::signatures(words, year, &log),
        facts: facts(ask, year, &log),
        rows: ROWS,
        language: ask.lang.code(),
    };
    looked(ask, &page)
}

/// Logs before this one, whose last entries were lost for good.
fn ended(ask: &Ask, log: &authority::Log) -> Vec<String> {
    let words = ask.words();
    let says = |log: &authority::Ended| {
        let (size, entry, at) = (words.number(log.size), words.number(log.entry), ask.time(log.at));
        words.with("public-proof-ended", &[("size", &size), ("entry", &entry), ("at", &at)])
    };
    log.ended.iter().map(says).collect()
}

fn facts(ask: &Ask, year: &Year, log: &authority::Log) -> Facts {
    let words = ask.words();
    let changed = |(then, now): &(domain::plan::ClosingLine, domain::plan::ClosingLine)| {
        words.with(
            "public-revised-line",
            &[
                ("substance", &say::substance(words, year, &now.substance)),
                ("then", &words.decimal(then.acquired)),
                ("now", &words.decimal(now.acquired)),
            ],
        )
    };
    let since = ask.app.authority().day_of(year.statement.journal_since);
    Facts {
        size: words.number(log.size),
        root: log.root.clone(),
        log_key: ask.app.authority().log_key(),
        ended: ended(ask, log),
        cosigned: match log.cosigned.len() {
            0 => words.t("public-proof-nobody"),
            some => words.count("public-proof-cosigned", u64::try_from(some).unwrap_or_default()),
        },
        since: words.day(since),
        updated: ask.time(year.recorded_at),
        entries: words.number(year.size),
        revised: year.revised.iter().map(changed).collect(),
    }
}

#[derive(Template)]
#[template(path = "public/table.html")]
struct TablePage {
    f: Frame,
    year: i16,
    table: Table,
    first: usize,
    until: usize,
    before: Option<usize>,
    after: Option<usize>,
    language: &'static str,
}

/// One table whole, page by page.
fn one_table(ask: &Ask) -> Answered {
    let year = figures::year(ask, parse_year(ask.param("year"))?)?;
    let log = figures::log(ask)?;
    let table = tables::table(ask.words(), &year, &log, ask.param("table")).ok_or(Fault::NotFound)?;
    let pages = table.rows.len().div_ceil(ROWS_A_PAGE).max(1);
    let page: usize = ask.query.get("page").parse().unwrap_or(1);
    let page = page.clamp(1, pages);
    let first = (page - 1) * ROWS_A_PAGE;
    let page = TablePage {
        f: Frame::of(ask, table.caption.clone()),
        year: year.statement.year,
        first,
        until: (first + ROWS_A_PAGE).min(table.rows.len()),
        before: (page > 1).then(|| page - 1),
        after: (page < pages).then_some(page + 1),
        table,
        language: ask.lang.code(),
    };
    looked(ask, &page)
}

#[derive(Template)]
#[template(path = "public/exports.html")]
struct ExportsPage {
    f: Frame,
    year: i16,
    closed: bool,
    regions: Vec<Choice>,
    countries: Vec<Choice>,
    asked: Option<AskedOf>,
    errors: Vec<(&'static str, String)>,
}

/// What was asked, and the answer.
struct AskedOf {
    says: Vec<String>,
    zeros: Vec<String>,
    unsigned: Vec<String>,
    link: String,
    json: String,
}

/// The question: what went to a country or region?
fn exports(ask: &Ask) -> Answered {
    let (year, ending) = ask.param("year").split_once('.').unwrap_or((ask.param("year"), ""));
    let year = figures::year(ask, parse_year(year)?)?;
    let asked = question::parse(ask.query.get("where"));
    match ending {
        "" => {}
        "json" if asked.is_some() => return Ok(kept("private, max-age=60", document(ask, &year)?)),
        _ => return Err(Fault::NotFound),
    }
    let words = ask.words();
    let (regions, countries) = question::choices(words, asked);
    let errors = match asked {
        None if ask.query.has("where") => vec![("where", words.t("public-where-bad"))],
        _ => Vec::new(),
    };
    let bad = !errors.is_empty();
    let country = say::country(words, year.country);
    let page = ExportsPage {
        f: Frame::of(
            ask,
            words.t2("public-question-title", "country", country, "year", year.statement.year),
        ),
        year: year.statement.year,
        closed: year.closed,
        regions,
        countries,
        asked: asked.map(|to| answered(ask, &year, to)),
        errors,
    };
    if bad {
        let mut response = html(&page)?;
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    }
    looked(ask, &page)
}

fn answered(ask: &Ask, year: &Year, to: domain::reporting::Destination) -> AskedOf {
    let words = ask.words();
    let number = year.statement.year;
    let answer = figures::asked(ask, number, to);
    let since = ask.app.authority().day_of(year.statement.journal_since);
    let named = |all: &[domain::country::Country]| -> Vec<String> {
        all.iter()
            .map(|country| crate::names::country(words, *country))
            .collect()
    };
    let code = question::code(to);
    let kind = match to {
        domain::reporting::Destination::Country(_) => "destination",
        domain::reporting::Destination::Region(_) => "region",
    };
    AskedOf {
        says: question::answer(words, to, &answer, year, since),
        zeros: named(&answer.zeros_signed_by),
        unsigned: named(&answer.unsigned),
        link: ask
            .app
            .url(&format!("/public/exports/{number}?where={}", encoded(code))),
        json: format!("/public/statement/{number}?{kind}={}", encoded(code)),
    }
}

/// The statement as `countersign --json statement` prints it, with the answer to a question where there is one.
fn document(ask: &Ask, year: &Year) -> Answered {
    let mut statement = year.statement.clone();
    let fields = ["where", "destination", "region"];
    if let Some(field) = fields.into_iter().find(|field| ask.query.has(field)) {
        let to = question::parse(ask.query.get(field)).ok_or(Fault::Bad("public-where-bad"))?;
        let answer = figures::asked(ask, year.statement.year, to);
        statement.asked = Some(domain::reporting::Asked::clone(&answer));
    }
    let log = figures::log(ask)?;
    let text = Overview { statement, log }.to_json()?;
    Ok(typed("application/json", text + "\n"))
}

fn statement(ask: &Ask) -> Answered {
    let year = ask.param("year");
    let year = figures::year(ask, parse_year(year.strip_suffix(".json").unwrap_or(year))?)?;
    Ok(kept("public, max-age=60", document(ask, &year)?))
}

/// Every figure of the year in one table.
fn all_figures(ask: &Ask, year: &Year) -> Answered {
    let text = tables::everything(of_address(ask), year, &figures::log(ask)?);
    file(
        "text/csv; charset=utf-8",
        &format!("{}-{}.csv", ask.app.id(), year.statement.year),
        text,
    )
}

/// A table as a file.
fn csv(ask: &Ask) -> Answered {
    let year = figures::year(ask, parse_year(ask.param("year"))?)?;
    let name = ask.param("table").strip_suffix(".csv").ok_or(Fault::NotFound)?;
    let log = figures::log(ask)?;
    let table = tables::table(of_address(ask), &year, &log, name).ok_or(Fault::NotFound)?;
    let name = format!("{}-{}-{name}.csv", ask.app.id(), year.statement.year);
    Ok(kept(
        "public, max-age=60",
        file("text/csv; charset=utf-8", &name, table.csv())?,
    ))
}

/// The map of destinations.
fn map(ask: &Ask) -> Answered {
    let year = ask.param("year").strip_suffix(".svg").ok_or(Fault::NotFound)?;
    let year = figures::year(ask, parse_year(year)?)?;
    let svg = charts::map(of_address(ask), &year);
    Ok(kept("public, max-age=60", typed("image/svg+xml", svg)))
}

/// The language of a file is part of its address, so that anyone may keep it for everyone.
fn of_address(ask: &Ask) -> Words {
    Words(Lang::parse(ask.query.get("language")).unwrap_or(Lang::En))
}

fn kept(how: &'static str, mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(how));
    response
}

/// A page for whoever looks. It has the visitor's language and forms, so that only their own browser may keep it, and
/// asks each time whether it is still the same.
fn looked(ask: &Ask, page: &impl Template) -> Answered {
    if ask.visitor.is_some() {
        return html(page);
    }
    let text = page
        .render()
        .map_err(|error| Fault::Failed(format!("a page: {error}")))?;
    let tag = tag(&text);
    let known = ask
        .headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok());
    let same = known.is_some_and(|known| {
        let mut tags = known.split(',').map(|known| known.trim().trim_start_matches("W/"));
        tags.any(|known| known == tag)
    });
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        typed("text/html; charset=utf-8", text)
    };
    let tag = HeaderValue::from_str(&tag).map_err(|error| Fault::Failed(error.to_string()))?;
    response.headers_mut().insert(header::ETAG, tag);
    Ok(kept("private, no-cache", response))
}

/// An entity tag: the same for the same bytes alone.
fn tag(text: &str) -> String {
    let mut tag = String::from("\"");
    for byte in Sha256::digest(text).iter().take(16) {
        // Writing into a text cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

#[cfg(test)]
mod tests {
    use super::{parse_year, tag, wanted};

    #[test]
    fn a_year_has_four_digits() {
        assert_eq!(parse_year("2024").ok(), Some(2024));
        for text in ["", "24", "02024", "-999", "+202", "２０２４", "2024x"] {
            assert!(parse_year(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_form_that_there_is_counts() {
        for (accept, form) in [
            ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", Some("html")),
            ("application/json", Some("json")),
            ("image/png, text/csv;q=0.5", Some("csv")),
            ("image/png", None),
            ("", None),
        ] {
            assert_eq!(wanted(accept), form, "{accept}");
        }
    }

    #[test]
    fn tags_tell_pages_apart() {
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
        assert_eq!(tag("a").len(), 34);
    }
}
