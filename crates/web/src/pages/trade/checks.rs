//! What the rules say of a case, as sentences: each condition of the gate, and what a person may want to know beside it.

use domain::State;
use domain::command::Command;
use domain::licence::Activity;
use domain::trade::{
    Case, Check, Fact, IssueExportPermit, Side, Standing, alike, compared, confirmation_checks, item_of,
    longest_validity,
};
use jiff::civil::Date;

use super::{Proposed, case_path, export_of, fact, facts_in_words, goods, names};
use crate::ask::Ask;
use crate::chart::{Mark, mark};
use crate::words::Words;

/// A condition as a page shows it.
pub struct Shown {
    /// `pass`, `fail` or `person`.
    pub class: &'static str,
    /// The shape that says the same as the word.
    pub mark: &'static str,
    /// Holds, does not hold, or a person must look.
    pub word: String,
    /// What is asked.
    pub name: String,
    /// What was found.
    pub why: String,
    /// The article of law.
    pub article: Option<&'static str>,
    /// Where to look further: address and words.
    pub links: Vec<(String, String)>,
}

/// A field of a request beside that of the authorization.
pub struct Pair {
    /// The field.
    pub field: String,
    /// As authorized.
    pub authorized: String,
    /// As asked.
    pub asked: String,
    /// Whether they agree.
    pub same: bool,
    /// In a word.
    pub word: String,
}

/// A permit as it would be asked for, to be tried against the gate: the one that is proposed, or one until a day.
pub fn tried(ask: &Ask, state: &State, case: &Case, proposed: Option<&Proposed>) -> Option<IssueExportPermit> {
    if let Some(Command::IssueExportPermit(issue)) = proposed.map(|proposed| &proposed.command) {
        return Some((**issue).clone());
    }
    let longest = longest_validity(state, case, ask.today());
    let until: Date = ask.query.get("until").parse().unwrap_or(longest);
    // An end far away would have the gate look at every year until then; it ends at the national maximum anyway.
    let furthest = ask.today().checked_add(jiff::Span::new().years(11)).unwrap_or(longest);
    Some(IssueExportPermit {
        // A number of no permit: which one it gets is for whoever issues it.
        id: "-".parse().ok()?,
        export: export_of(case).parse().ok()?,
        valid_until: until.min(furthest),
        estimate_checked: None,
        posts: Vec::new(),
        essential: None,
    })
}

/// The conditions of the decision that a case leads to.
pub fn gate(ask: &Ask, state: &State, case: &Case, issue: Option<&IssueExportPermit>) -> Vec<Shown> {
    let words = ask.words();
    let today = ask.today();
    let (checks, skipped) = match (case.side, issue) {
        (Side::Exporting, Some(issue)) => {
            let proposed = issue.id.as_str() != "-";
            let skipped = if proposed { "" } else { "permit_number" };
            (domain::trade::checks(state, case, issue, today), skipped)
        }
        (Side::Exporting, None) => (Vec::new(), ""),
        (Side::Importing, _) => (confirmation_checks(state, case, today), ""),
    };
    let kept = checks.iter().filter(|check| check.name != skipped);
    kept.map(|check| shown(words, state, check)).collect()
}

fn shown(words: Words, state: &State, check: &Check) -> Shown {
    let (class, shape) = look(check.standing());
    let facts = facts_in_words(words, state, &check.facts);
    let args: Vec<(&str, &dyn std::fmt::Display)> = facts
        .iter()
        .map(|(name, says)| (*name, says as &dyn std::fmt::Display))
        .collect();
    let name = check.name.replace('_', "-");
    let why = match &check.refusal {
        None => words.with(&format!("check-{}", variant(check, &name)), &args),
        Some(refusal) => {
            let figures: Vec<(&str, &dyn std::fmt::Display)> = refusal
                .figures
                .iter()
                .map(|(name, figure)| (*name, figure as &dyn std::fmt::Display))
                .collect();
            sentence(&crate::refusal_in_words(words, refusal.code, &refusal.says, &figures))
        }
    };
    Shown {
        class,
        mark: mark(shape),
        word: words.t(&format!("check-word-{class}")),
        name: words.with(&format!("check-name-{name}"), &args),
        why,
        article: check.article,
        links: Vec::new(),
    }
}

/// A refusal as a sentence of its own.
fn sentence(says: &str) -> String {
    let mut letters = says.chars();
    let first = letters
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    let rest = letters.as_str();
    let end = if rest.ends_with(['.', '。', '?', ')']) {
        ""
    } else {
        "."
    };
    format!("{first}{rest}{end}")
}

/// Which sentence says that a condition holds.
fn variant(check: &Check, name: &str) -> String {
    let has = |fact| check.fact(fact).is_some();
    match check.name {
        "confirmation" if !has("officer") => format!("{name}-automatic"),
        "stop_notice" | "estimate" if has("essential") => format!("{name}-essential"),
        "estimate" if has("to_re_export") => format!("{name}-re-export"),
        "estimate" if has("by_board") => format!("{name}-by-board"),
        "estimate" if !has("total") => format!("{name}-looked-up"),
        _ => name.to_owned(),
    }
}

fn look(standing: Standing) -> (&'static str, Mark) {
    match standing {
        Standing::Pass => ("pass", Mark::Pass),
        Standing::Fail => ("fail", Mark::Fail),
        Standing::Person => ("person", Mark::Person),
    }
}

/// What no rule decides, and a person should know before deciding.
pub fn cautions(ask: &Ask, state: &State, case: &Case) -> Vec<Shown> {
    let words = ask.words();
    let mut all = vec![doubles(words, state, case)];
    for line in &case.consignment.lines {
        let known = item_of(state, &line.goods);
        let name = goods(words, state, &line.goods);
        let (standing, why) = match known {
            Some(item) => (
                Standing::Pass,
                words.t2("caution-registered", "goods", name, "item", &item.id),
            ),
            None => (Standing::Person, words.t1("caution-unregistered", "goods", name)),
        };
        all.push(caution(words, standing, "caution-name-registered", why));
    }
    if case.side == Side::Importing {
        all.extend(importer_licence(ask, state, case));
    }
    all
}

fn caution(words: Words, standing: Standing, name: &str, why: String) -> Shown {
    let (class, shape) = look(standing);
    Shown {
        class,
        mark: mark(shape),
        word: words.t(&format!("check-word-{class}")),
        name: words.t(name),
        why,
        article: None,
        links: Vec::new(),
    }
}

/// Other cases that look like this one.
fn doubles(words: Words, state: &State, case: &Case) -> Shown {
    let links: Vec<(String, String)> = alike(state, case)
        .take(5)
        .map(|other| (case_path(&other.id), other.id.to_string()))
        .collect();
    let (standing, key) = if links.is_empty() {
        (Standing::Pass, "caution-doubles-none")
    } else {
        (Standing::Person, "caution-doubles")
    };
    let mut shown = caution(words, standing, "caution-name-doubles", words.t(key));
    shown.links = links;
    shown
}

/// Whether the importer is licensed for each substance today: it was when the authorization was issued.
fn importer_licence(ask: &Ask, state: &State, case: &Case) -> Vec<Shown> {
    let words = ask.words();
    let number = case.consignment.authorization.as_ref();
    let site = number
        .and_then(|number| state.trade.own(number))
        .and_then(|own| state.holders.site(&own.site).ok());
    let Some((site_no, site)) = site else {
        return Vec::new();
    };
    let shown = |line: &domain::trade::Line| {
        let (no, _) = state.substances.find(&line.goods.substance).ok()?;
        let substance = names::substance(words, state, no);
        let licence = state.licences.in_force(site_no, no, Activity::Import, ask.today());
        let (standing, why) = match licence {
            Some(licence) => (
                Standing::Pass,
                words.with(
                    "caution-importer-licence",
                    &[
                        ("site", &site.id),
                        ("licence", &licence.grant.id),
                        ("substance", &substance),
                        ("until", &words.day(licence.grant.valid_until)),
                    ],
                ),
            ),
            None => (
                Standing::Person,
                words.t2("caution-importer-unlicensed", "site", &site.id, "substance", substance),
            ),
        };
        Some(caution(words, standing, "caution-name-importer-licence", why))
    };
    case.consignment.lines.iter().filter_map(shown).collect()
}

/// The request beside the import authorization, field by field.
pub fn pairs(ask: &Ask, state: &State, case: &Case) -> Vec<Pair> {
    let words = ask.words();
    let says = |of: &Option<Fact>| match of {
        Some(Fact::Text(text)) if text == "yes" || text == "no" => words.t(&format!("value-{text}")),
        Some(of) => fact(words, state, of),
        None => words.t("pair-none"),
    };
    let pair = |of: domain::trade::Compared| {
        let field = match &of.asked {
            Some(Fact::Amount(line, _)) => words.t1("pair-line", "goods", goods(words, state, line)),
            _ => words.t(&format!("pair-{}", of.field.replace('_', "-"))),
        };
        Pair {
            field,
            authorized: says(&of.authorized),
            asked: says(&of.asked),
            same: of.same,
            word: words.t(if of.same { "pair-same" } else { "pair-differs" }),
        }
    };
    let all = compared(state, case);
    // Beside nothing there is nothing to compare.
    if all.iter().all(|of| of.authorized.is_none()) {
        return Vec::new();
    }
    all.into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_refusal_becomes_a_sentence() {
        assert_eq!(sentence("the case is draft"), "The case is draft.");
        assert_eq!(sentence("say so (estimate_checked)"), "Say so (estimate_checked)");
        assert_eq!(sentence("未提供。"), "未提供。");
    }
}
