//! Links to things by their ids, to acts with what is known already, and from one page of a list to the next.

use crate::answer::encoded;
use crate::ask::Ask;

/// Rows on one page of a list.
pub const ROWS: usize = 50;
/// The last page of a list that is looked up.
const PAGE_MAX: usize = 100_000;

/// The page of a thing under the path of its noun.
pub fn at(noun: &str, id: &str) -> String {
    format!("{noun}/{}", encoded(id))
}

/// The page of a case: its id has the exporting authority's before a slash.
pub fn case(id: &str) -> String {
    match id.split_once('/') {
        Some((authority, export)) => format!("/cases/{}/{}", encoded(authority), encoded(export)),
        None => at("/cases", id),
    }
}

/// An act with what is known: fields named with `!` before them are shown but not asked.
pub fn act(verb: &str, fields: &[(&str, &str)], then: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut kept: Vec<&str> = Vec::new();
    for (name, value) in fields {
        let plain = name.trim_start_matches('!');
        said.push(format!("{}={}", encoded(plain), encoded(value)));
        let top = plain.split('.').next().unwrap_or(plain);
        if plain != *name && !kept.contains(&top) {
            kept.push(top);
        }
    }
    if !kept.is_empty() {
        said.push(format!("keep={}", encoded(&kept.join(","))));
    }
    said.push(format!("then={}", encoded(then)));
    format!("/act/{verb}?{}", said.join("&"))
}

/// Where a page of a list stands among the others.
pub struct Pages {
    /// Its number, from 1.
    pub number: usize,
    /// The page before, if there is one.
    pub before: Option<String>,
    /// The page after.
    pub after: Option<String>,
}

/// The number of the page that is asked for.
pub fn page(ask: &Ask) -> usize {
    ask.query.get("page").parse().unwrap_or(1).clamp(1, PAGE_MAX)
}

/// The rows of the page that is asked for, and its neighbours.
pub fn cut<T>(ask: &Ask, rows: impl Iterator<Item = T>) -> (Vec<T>, Pages) {
    let number = page(ask);
    let mut rows: Vec<T> = rows.skip((number - 1) * ROWS).take(ROWS + 1).collect();
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    (rows, pages(ask, more))
}

/// The neighbours of the page that is asked for.
pub fn pages(ask: &Ask, more: bool) -> Pages {
    let number = page(ask);
    Pages {
        number,
        before: (number > 1).then(|| with(ask, "page", &(number - 1).to_string())),
        after: more.then(|| with(ask, "page", &(number + 1).to_string())),
    }
}

/// The page itself with one field of its query changed.
pub fn with(ask: &Ask, name: &str, value: &str) -> String {
    let others = ask
        .query
        .iter()
        .filter(|(known, kept)| *known != name && !kept.is_empty());
    let all = others.chain([(name, value)]);
    let said: Vec<String> = all
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    format!("{}?{}", ask.path, said.join("&"))
}

#[cfg(test)]
mod tests {
    use super::{act, case};

    #[test]
    fn links_say_what_is_known_and_what_is_kept() {
        let link = act(
            "grant_licence",
            &[
                ("!holder", "H 1"),
                ("!sites", "A"),
                ("!sites", "B"),
                ("valid_from", "2025-01-01"),
            ],
            "/licences",
        );
        assert_eq!(
            link,
            "/act/grant_licence?holder=H%201&sites=A&sites=B&valid_from=2025-01-01&keep=holder%2Csites&then=%2Flicences"
        );
        assert_eq!(case("CN/EX/1"), "/cases/CN/EX%2F1");
    }
}
