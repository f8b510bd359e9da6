//! What lists share: choices of a filter, pages, and links to the same list asked otherwise.

use crate::answer::encoded;
use crate::ask::Ask;

/// Rows of a page.
pub const ROWS: usize = 50;

/// A choice of a filter.
pub struct Choice {
    /// Its value; empty for no filter.
    pub value: String,
    /// In words.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The choices of a filter: everything first, then these.
pub fn choices(everything: String, all: impl IntoIterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): (String, String)| Choice {
        chosen: value == chosen,
        value,
        label,
    };
    std::iter::once((String::new(), everything))
        .chain(all)
        .map(choice)
        .collect()
}

/// Which page is asked for, from 1; the first if the query makes no sense.
pub fn page_of(ask: &Ask) -> usize {
    ask.query.get("page").parse().unwrap_or(1).clamp(1, 1_000_000)
}

/// Links to the page before and after.
pub struct Pager {
    /// Words for where we are, empty if everything is on one page.
    pub says: String,
    /// To the page before.
    pub before: Option<String>,
    /// To the page after.
    pub after: Option<String>,
}

impl Pager {
    /// The links of one page of a list of so many rows.
    pub fn of(ask: &Ask, page: usize, rows: usize) -> Self {
        let pages = rows.div_ceil(ROWS).max(1);
        let link = |page: usize| again(ask, &[("page", &page.to_string())]);
        Self {
            says: if pages > 1 {
                ask.words().t2("lists-page", "page", page.min(pages), "pages", pages)
            } else {
                String::new()
            },
            before: (page > 1).then(|| link(page.min(pages + 1) - 1)),
            after: (page < pages).then(|| link(page + 1)),
        }
    }

    /// The links of a list that only goes on.
    pub fn onwards(after: Option<String>) -> Self {
        Self {
            says: String::new(),
            before: None,
            after,
        }
    }
}

/// Words at the beginning of a line.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    first.into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The rows of one page.
pub fn rows_of<T>(page: usize, rows: impl Iterator<Item = T>) -> Vec<T> {
    rows.skip((page - 1) * ROWS).take(ROWS).collect()
}

/// This page with these fields of its query instead, and without a page number unless one is among them.
pub fn again(ask: &Ask, fields: &[(&str, &str)]) -> String {
    elsewhere(ask, &ask.path, fields)
}

/// Another page with this page's query, and these fields instead.
pub fn elsewhere(ask: &Ask, path: &str, fields: &[(&str, &str)]) -> String {
    let kept = |name: &str| name != "page" && fields.iter().all(|(other, _)| *other != name);
    let kept = ask.query.iter().filter(|(name, value)| kept(name) && !value.is_empty());
    let pairs: Vec<String> = kept
        .chain(fields.iter().copied())
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}
