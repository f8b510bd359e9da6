//! The year in words: every sentence with its figure, and none without.

use domain::country::Country;
use domain::quantity::Mass;
use domain::substance::Schedule;
use jiff::civil::Date;

use super::figures::{Said, To, Year};
use super::say;
use crate::words::Words;

/// Destinations that are named; the table has all.
const NAMED: usize = 3;

/// A topic and what is said of it.
pub struct Topic {
    /// What it is about.
    pub name: String,
    /// The sentences.
    pub says: Vec<String>,
}

/// The year in words. `since` is the civil day on which the journal begins.
pub fn topics(words: Words, year: &Year, since: Date) -> Vec<Topic> {
    let all = [
        ("medicines", medicines(words, year)),
        ("makers", makers(words, year)),
        ("made", made(words, year)),
        ("exported", exported(words, year, since)),
        ("permits", permits(words, year)),
        ("imported", imported(words, year)),
        ("overseen", overseen(words, year)),
        ("signed", signed(words, year)),
    ];
    let told = all.into_iter().filter(|(_, says)| !says.is_empty());
    let topic = |(key, says)| Topic {
        name: words.t(&format!("public-topic-{key}")),
        says,
    };
    told.map(topic).collect()
}

fn medicines(words: Words, year: &Year) -> Vec<String> {
    let count = year.statement.medicines.len();
    if count == 0 {
        return vec![words.t("public-medicines-none")];
    }
    let all = say::substances(words, year, &year.statement.medicines);
    let country = say::country(words, year.country);
    let key = if count == 1 && words.0 == crate::words::Lang::En {
        "one"
    } else {
        "other"
    };
    let mut says = vec![words.with(
        &format!("public-medicines-{key}"),
        &[("count", &count), ("country", &country), ("medicines", &all)],
    )];
    for (schedule, medicines) in &year.schedules {
        let key = match schedule {
            Schedule::I => "public-schedule-1",
            Schedule::II => "public-schedule-2",
            Schedule::IAndIV => "public-schedule-4",
        };
        says.push(if medicines.len() == count && count > 1 {
            words.t(&format!("{key}-all"))
        } else {
            words.t1(key, "medicines", say::substances(words, year, medicines))
        });
    }
    if !year.forms.is_empty() {
        let form = |form: &String| {
            let key = format!("public-form-{}", form.to_lowercase().replace(' ', "-"));
            words.find(&key, &[]).unwrap_or_else(|| form.clone())
        };
        let forms: Vec<String> = year.forms.iter().map(form).collect();
        says.push(words.t1("public-forms", "forms", say::list(words, &forms)));
    }
    says
}

fn makers(words: Words, year: &Year) -> Vec<String> {
    let makers = year.statement.makers;
    if makers.substance == 0 && makers.finished == 0 {
        return vec![words.t("public-makers-none")];
    }
    vec![
        words.with(
            "public-makers",
            &[
                ("substance", &count(words, "public-companies", makers.substance)),
                ("finished", &count(words, "public-companies", makers.finished)),
            ],
        ),
        words.t("public-makers-rule"),
    ]
}

fn count(words: Words, key: &str, count: usize) -> String {
    words.count(key, u64::try_from(count).unwrap_or_default())
}

fn made(words: Words, year: &Year) -> Vec<String> {
    let produced = year.statement.produced.total_g;
    let used = year.sum(|row| row.consumed);
    let closing = year.sum(|row| row.closing);
    let mut says = Vec::new();
    if produced == Mass::ZERO {
        says.push(words.t("public-made-none"));
    } else {
        says.push(words.t1("public-made", "mass", say::weight(words, produced)));
    }
    if used != Mass::ZERO {
        says.push(words.t1("public-used", "mass", say::weight(words, used)));
    }
    if closing != Mass::ZERO {
        let key = if year.over { "public-stock" } else { "public-stock-now" };
        says.push(words.t1(key, "mass", say::weight(words, closing)));
    }
    says
}

fn exported(words: Words, year: &Year, since: Date) -> Vec<String> {
    let total = year.statement.exported.total_g;
    let to = year.destinations();
    let mut says = vec![match to.as_slice() {
        [] => words.t("public-exported-none"),
        [only] => words.t2(
            "public-exported-one",
            "mass",
            say::weight(words, total),
            "country",
            say::country(words, only.country),
        ),
        several => most(words, total, several),
    }];
    if !year.never.is_empty() {
        says.push(words.t2(
            "public-never",
            "regions",
            say::regions(words, &year.never),
            "day",
            words.day(since),
        ));
    }
    says
}

/// All of it, how many countries it went to, and the first of them.
fn most(words: Words, total: Mass, to: &[To]) -> String {
    let named = |to: &To| {
        words.t2(
            "public-exported-to",
            "country",
            say::country(words, to.country),
            "mass",
            say::weight(words, to.mass),
        )
    };
    let named: Vec<String> = to.iter().take(NAMED).map(named).collect();
    let mass = say::weight(words, total);
    let countries = words.number(to.len());
    let key = if to.len() > NAMED {
        "public-exported-most"
    } else {
        "public-exported-all"
    };
    words.with(
        key,
        &[
            ("mass", &mass),
            ("countries", &countries),
            ("named", &say::list(words, &named)),
        ],
    )
}

fn permits(words: Words, year: &Year) -> Vec<String> {
    let permits = &year.statement.permits;
    let mut says = vec![words.t("public-permits-rule")];
    if permits.requested + permits.confirmed + permits.refused + permits.issued > 0 {
        says.push(words.with(
            "public-permits",
            &[
                ("requested", &count(words, "public-times", permits.requested)),
                ("confirmed", &count(words, "public-times", permits.confirmed)),
                ("refused", &count(words, "public-times", permits.refused)),
                ("issued", &count(words, "public-issued", permits.issued)),
            ],
        ));
    }
    // Where the importing authority does not run this software a permit rests on something weaker: it is told apart.
    let issued: u64 = permits.by_grade.values().sum();
    if issued > 0 {
        let of = |grade: &str| permits.by_grade.get(grade).copied().unwrap_or_default();
        let said: [(&str, &dyn std::fmt::Display); 4] = [
            ("a", &words.number(of("a"))),
            ("b", &words.number(of("b"))),
            ("b_prime", &words.number(of("b_prime"))),
            ("c", &words.number(of("c"))),
        ];
        says.push(words.with("public-permits-by-grade", &said));
    }
    says
}

fn imported(words: Words, year: &Year) -> Vec<String> {
    let imported = &year.statement.imported;
    if imported.entered.total_g == Mass::ZERO {
        return vec![words.t("public-imported-none")];
    }
    let mut from: Vec<Country> = imported.cells.iter().map(|cell| cell.origin).collect();
    from.sort_unstable();
    from.dedup();
    let mass = say::weight(words, imported.entered.total_g);
    if from.is_empty() {
        return vec![words.t1("public-imported", "mass", mass)];
    }
    vec![words.t2(
        "public-imported-from",
        "mass",
        mass,
        "countries",
        say::countries(words, &from),
    )]
}

fn overseen(words: Words, year: &Year) -> Vec<String> {
    let (visits, training) = (year.statement.inspections, year.statement.training);
    let mut says = Vec::new();
    if visits.regular + visits.surprise + visits.special > 0 {
        says.push(words.with(
            "public-visits",
            &[
                ("regular", &words.number(visits.regular)),
                ("surprise", &words.number(visits.surprise)),
                ("special", &words.number(visits.special)),
            ],
        ));
        says.push(words.with(
            "public-findings",
            &[
                ("critical", &words.number(visits.critical)),
                ("major", &words.number(visits.major)),
                ("minor", &words.number(visits.minor)),
            ],
        ));
    } else {
        says.push(words.t("public-visits-none"));
    }
    if training.sessions > 0 {
        says.push(words.t2(
            "public-training",
            "companies",
            count(words, "public-trained", training.holders),
            "sessions",
            count(words, "public-sessions", training.sessions),
        ));
    }
    let refused: u64 = year.statement.refused.values().sum();
    if refused > 0 {
        says.push(words.count("public-refusals", refused));
    }
    says
}

fn signed(words: Words, year: &Year) -> Vec<String> {
    let of = |said: Said| -> Vec<Country> {
        let all = year.answers.iter().filter(|answer| answer.said == said);
        all.map(|answer| answer.country).collect()
    };
    let sentence = |said: Said| {
        let countries = of(said);
        // Before a year is over there is nothing to sign.
        let told = !countries.is_empty() && (year.over || said != Said::Nothing);
        let who = say::authorities(words, &countries);
        told.then(|| words.t1(&format!("public-said-{}", said.word()), "who", who))
    };
    [Said::Same, Said::Zero, Said::Other, Said::Stale, Said::Nothing]
        .into_iter()
        .filter_map(sentence)
        .collect()
}
