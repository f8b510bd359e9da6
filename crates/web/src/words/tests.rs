//! Whatever a page may have to say has its words in every language.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::access::Role;
use domain::command::COMMANDS;
use domain::holder::SiteKind;
use domain::journal::KINDS;
use domain::ledger::{Compartment, MovementKind};
use domain::order::OrderStatus;
use domain::trade::Stage;
use fluent_bundle::FluentResource;

use super::{Lang, Words, files, plain};
use crate::act::schema::{Field, Kind, fields};
use crate::act::{OF_THE_MACHINE, act_key, kind_key};

/// Keys that stand in Chinese alone, by what they begin with.
const CHINESE_ALONE: [&str; 5] = [
    // In English a refusal is the domain's own sentence, and what it puts in is told by the domain.
    "refusal-",
    "figure-",
    // In English these have the name of the table or of the register.
    "country-",
    "region-",
    "substance-",
];

/// Keys that stand in English alone, by what they begin with: countries that take an article in a sentence.
const ENGLISH_ALONE: [&str; 1] = ["public-country-"];

/// A key, the file it stands in, and its words as written.
type Line = (String, String, String);

/// Every message of a language, with the file that it stands in.
fn lines(lang: Lang) -> Vec<Line> {
    let folder = super::LOCALES.get_dir(lang.code()).unwrap();
    let mut out = Vec::new();
    for file in folder.files() {
        let name = file.path().display().to_string();
        for line in file.contents_utf8().unwrap().lines() {
            let named = line.starts_with(|first: char| first.is_ascii_alphabetic());
            if let (true, Some((key, words))) = (named, line.split_once('=')) {
                out.push((key.trim().to_owned(), name.clone(), words.trim().to_owned()));
            }
        }
    }
    out
}

fn by_key(lang: Lang) -> BTreeMap<String, String> {
    lines(lang).into_iter().map(|(key, _, words)| (key, words)).collect()
}

/// The names of what words put in.
fn put_in(words: &str) -> BTreeSet<String> {
    let parts = words.split("{ $").skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0.trim().to_owned()))
        .collect()
}

/// Words without what they put in.
fn own(words: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for letter in words.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            letter if depth == 0 => out.push(letter),
            _ => {}
        }
    }
    out
}

fn none(missing: &BTreeSet<String>, what: &str) {
    assert!(missing.is_empty(), "{what}: {missing:#?}");
}

#[test]
fn files_are_well_formed_and_no_key_is_defined_twice() {
    for lang in Lang::ALL {
        for text in files(lang) {
            if let Err((_, errors)) = FluentResource::try_new(text.to_owned()) {
                let start = text.lines().next().unwrap_or_default();
                panic!("{} {start}: {errors:?}", lang.code());
            }
        }
        let mut known = BTreeMap::new();
        let mut twice = BTreeSet::new();
        for (key, file, _) in lines(lang) {
            if let Some(before) = known.insert(key.clone(), file.clone()) {
                twice.insert(format!("{key} in {before} and {file}"));
            }
        }
        none(&twice, "defined twice");
    }
}

#[test]
fn both_languages_have_the_same_keys() {
    let begins = |key: &String, starts: &[&str]| starts.iter().any(|start| key.starts_with(start));
    let (en, zh) = (by_key(Lang::En), by_key(Lang::Zh));
    let missing = en
        .keys()
        .filter(|key| !zh.contains_key(*key) && !begins(key, &ENGLISH_ALONE));
    none(&missing.cloned().collect(), "in English alone");
    let missing = zh
        .keys()
        .filter(|key| !en.contains_key(*key) && !begins(key, &CHINESE_ALONE));
    none(&missing.cloned().collect(), "in Chinese alone");
}

#[test]
fn chinese_words_are_chinese() {
    let han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    // Signs and what is put in stand in any language.
    let foreign = |(_, words): &(&String, &String)| {
        let own = own(words);
        own.chars().any(char::is_alphabetic) && !own.chars().any(han)
    };
    let zh = by_key(Lang::Zh);
    let found = zh.iter().filter(foreign);
    none(
        &found.map(|(key, words)| format!("{key} = {words}")).collect(),
        "not in Chinese",
    );
    let en = by_key(Lang::En);
    let found = en.iter().filter(|(_, words)| words.chars().any(han));
    none(
        &found.map(|(key, words)| format!("{key} = {words}")).collect(),
        "Chinese in English",
    );
}

#[test]
fn both_languages_put_the_same_things_in() {
    let (en, zh) = (by_key(Lang::En), by_key(Lang::Zh));
    // The form for one is asked for in English alone, and may leave the number out.
    let asked = en.iter().filter(|(key, _)| !key.ends_with("-one"));
    let differs = |(key, words): &(&String, &String)| zh.get(*key).is_some_and(|other| put_in(words) != put_in(other));
    let found = asked.filter(differs);
    none(&found.map(|(key, _)| key.clone()).collect(), "put in other things");
}

/// Every file below a folder that ends so.
fn below(folder: &Path, end: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, end, out);
        } else if path.to_string_lossy().ends_with(end) && !path.ends_with("tests.rs") {
            out.push(path);
        }
    }
}

/// The literal that stands next in quotes, if one does.
fn literal(after: &str) -> Option<&str> {
    let (text, _) = after.trim_start().strip_prefix('"')?.split_once('"')?;
    let of_a_key = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    (text.contains('-') && text.chars().all(of_a_key)).then_some(text)
}

/// The keys that a source or a template names: what it asks words for, and the keys that it hands on.
fn keys_named(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut after = |mark: &str, ends: &[&str]| {
        for part in text.split(mark).skip(1) {
            if let Some(key) = literal(part) {
                out.extend(ends.iter().map(|end| format!("{key}{end}")));
            }
        }
    };
    for mark in [".t(", ".t1(", ".t2(", ".with(", "Fault::Bad("] {
        after(mark, &[""]);
    }
    after(".count(", &["-one", "-other"]);
    for start in ["nav-", "fault-", "proof-"] {
        for part in text.split(&format!("\"{start}")).skip(1) {
            let whole = format!("\"{start}{}", part.split('"').next().unwrap_or_default());
            out.extend(literal(&format!("{whole}\"")).map(str::to_owned));
        }
    }
    out
}

#[test]
fn every_key_that_is_named_has_words() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut templates) = (Vec::new(), Vec::new());
    below(&home.join("src"), ".rs", &mut sources);
    below(&home.join("templates"), ".html", &mut templates);
    let mut missing = BTreeSet::new();
    let (en, zh) = (by_key(Lang::En), by_key(Lang::Zh));
    for path in sources.iter().chain(&templates) {
        let text = fs::read_to_string(path).unwrap();
        // What a file's own tests name need not exist.
        let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for key in keys_named(shipped) {
            if !en.contains_key(&key) || !zh.contains_key(&key) {
                missing.insert(format!("{key} in {}", path.display()));
            }
        }
    }
    none(&missing, "named without words");
}

/// Notes a key of which a language has no words.
fn wants(missing: &mut BTreeSet<String>, keys: &[String]) {
    for lang in Lang::ALL {
        if keys.iter().all(|key| Words(lang).find(key, &[]).is_none()) {
            missing.insert(format!("{}: {}", lang.code(), keys.join(" or ")));
        }
    }
}

fn wants_field(missing: &mut BTreeSet<String>, verb: &str, field: &Field) {
    let name = plain(&field.name);
    wants(
        missing,
        &[format!("field-{}-{name}", plain(verb)), format!("field-{name}")],
    );
    wants_kind(missing, verb, &name, &field.kind);
}

fn wants_kind(missing: &mut BTreeSet<String>, verb: &str, name: &str, kind: &Kind) {
    match kind {
        Kind::Group(inner) | Kind::Rows(inner) => inner.iter().for_each(|field| wants_field(missing, verb, field)),
        Kind::List(one) => wants_kind(missing, verb, name, one),
        Kind::Choice(all) => {
            for word in all.iter().map(|word| plain(word)) {
                wants(missing, &[format!("value-{name}-{word}"), format!("value-{word}")]);
            }
        }
        _ => {}
    }
}

#[test]
fn every_act_that_people_give_has_words() {
    let mut missing = BTreeSet::new();
    let given = COMMANDS.iter().map(|(verb, _, _)| *verb);
    for verb in given.filter(|verb| !OF_THE_MACHINE.contains(verb)) {
        wants(&mut missing, &[act_key(verb)]);
        for field in fields(verb).unwrap() {
            wants_field(&mut missing, verb, field);
        }
    }
    none(&missing, "acts without words");
}

#[test]
fn every_kind_of_entry_has_words() {
    let mut missing = BTreeSet::new();
    for kind in KINDS {
        wants(&mut missing, &[kind_key(kind)]);
    }
    none(&missing, "kinds without words");
}

/// Every stage, each once: a new one does not compile until it stands here.
fn stages() -> Vec<&'static str> {
    let next = |stage: Stage| match stage {
        Stage::Draft => Some(Stage::Requested),
        Stage::Requested => Some(Stage::Queried),
        Stage::Queried => Some(Stage::Confirmed),
        Stage::Confirmed => Some(Stage::Refused),
        Stage::Refused => Some(Stage::Issued),
        Stage::Issued => Some(Stage::Suspended),
        Stage::Suspended => Some(Stage::Held),
        Stage::Held => Some(Stage::Departed),
        Stage::Departed => Some(Stage::Returning),
        Stage::Returning => Some(Stage::Returned),
        Stage::Returned => Some(Stage::Diverted),
        Stage::Diverted => Some(Stage::Discrepant),
        Stage::Discrepant => Some(Stage::Closed),
        Stage::Closed => Some(Stage::Expired),
        Stage::Expired => Some(Stage::Withdrawn),
        Stage::Withdrawn => Some(Stage::Revoked),
        Stage::Revoked => None,
    };
    let all = std::iter::successors(Some(Stage::Draft), |stage| next(*stage));
    all.map(Stage::word).collect()
}

#[test]
fn every_word_of_the_law_has_words() {
    let mut words: Vec<&str> = stages();
    words.extend(Role::ALL.map(|(_, word)| word));
    words.extend(SiteKind::ALL.map(|(_, word)| word));
    words.extend(MovementKind::ALL.map(|(_, word)| word));
    words.extend(Compartment::ALL.map(|(_, word)| word));
    words.extend(OrderStatus::ALL.map(|(_, word)| word));
    // What policies can be, and what a licence, a case or an act can be, where the domain has no list of it.
    words.extend(["officer", "automatic", "negative_consumption", "found"]);
    words.extend(["in force", "suspended", "revoked", "ended", "not yet"]);
    words.extend(["exporting", "importing", "responsible", "clerk", "yes", "no"]);
    words.extend(["I", "II", "III", "IV", "I+IV"]);
    let mut missing = BTreeSet::new();
    for word in words {
        wants(&mut missing, &[format!("value-{}", plain(word))]);
    }
    none(&missing, "values without words");
}

/// Every refusal of the domain: its code, and the names in its sentence.
fn refusals() -> Vec<(&'static str, BTreeSet<String>)> {
    let all = [
        domain::refusal::NameRefusal::ALL,
        domain::access::AccessRefusal::ALL,
        domain::policy::PolicyRefusal::ALL,
        domain::substance::SubstanceRefusal::ALL,
        domain::product::ProductRefusal::ALL,
        domain::holder::HolderRefusal::ALL,
        domain::licence::LicenceRefusal::ALL,
        domain::demand::DemandRefusal::ALL,
        domain::plan::PlanRefusal::ALL,
        domain::channel::ChannelRefusal::ALL,
        domain::order::OrderRefusal::ALL,
        domain::ledger::LedgerRefusal::ALL,
        domain::partner::PartnerRefusal::ALL,
        domain::trade::TradeRefusal::ALL,
        domain::trade::passage::PassageRefusal::ALL,
        domain::trade::PaperRefusal::ALL,
        domain::province::ProvinceRefusal::ALL,
        domain::inspection::InspectionRefusal::ALL,
        domain::training::TrainingRefusal::ALL,
    ];
    let names = |says: &str| {
        let parts = says.split('{').skip(1);
        let name = |part: &str| part.split(['}', ':']).next().unwrap_or_default().to_owned();
        parts.map(name).collect()
    };
    let docs = all.into_iter().flatten();
    docs.map(|(code, _, says)| (*code, names(says))).collect()
}

#[test]
fn every_refusal_has_words_that_put_in_what_it_tells() {
    let zh = by_key(Lang::Zh);
    let mut wrong = BTreeSet::new();
    for (code, told) in refusals() {
        match zh.get(&format!("refusal-{}", plain(code))) {
            None => {
                wrong.insert(format!("{code} has no words"));
            }
            Some(words) => {
                let more = put_in(words).difference(&told).cloned().collect::<Vec<_>>();
                if !more.is_empty() {
                    wrong.insert(format!("{code} does not tell {more:?}"));
                }
            }
        }
    }
    none(&wrong, "refusals");
    let codes: BTreeSet<&str> = refusals().into_iter().map(|(code, _)| code).collect();
    let of_breach = zh.keys().filter_map(|key| key.strip_prefix("breach-"));
    let strange = of_breach.filter(|code| !codes.contains(code.replace('-', "_").as_str()));
    none(&strange.map(str::to_owned).collect(), "breaches of no rule");
}

#[test]
fn every_refusal_of_the_documentation_has_words() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/refusals.md");
    let text = fs::read_to_string(path).unwrap();
    let mut missing = BTreeSet::new();
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    for (code, _) in rows {
        let code = plain(code);
        let of_receipt = domain::trade::CODES.iter().any(|(word, _)| plain(word) == code);
        let known = Words(Lang::Zh).find(&format!("refusal-{code}"), &[]);
        if known.is_none() && !of_receipt {
            missing.insert(code);
        }
    }
    for (word, _) in domain::trade::CODES {
        wants(&mut missing, &[format!("receipt-{}", plain(word))]);
    }
    none(&missing, "codes without words");
}

#[test]
fn words_that_put_in_what_is_not_given_are_not_whole() {
    let words = Words(Lang::En);
    assert_eq!(words.whole("actor-clerk", &[]), None);
    assert_eq!(
        words.whole("actor-clerk", &[("holder", &"H-1")]).as_deref(),
        Some("clerk of H-1")
    );
}

#[test]
fn a_value_may_mean_something_else_in_a_field() {
    let words = Words(Lang::En);
    assert_eq!(words.value_in("kind", "special"), "for a special purpose");
    assert_eq!(words.value_in("from", "special"), "special stocks");
    assert_eq!(words.value("I+IV"), "Schedules I and IV");
    assert_eq!(words.value("stock_insufficient"), "not enough stock");
    assert_eq!(words.value("nobody_knows_it"), "nobody knows it");
}
