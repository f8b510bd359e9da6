//! What the code on a permit says, signed, and how that compares with the register.

use askama::Template;
use domain::State;
use domain::quantity::{Mass, PG_PER_UG};
use domain::trade::Case;
use permit::{CODE_CHARS_MAX, Kind, Line, PREFIX, Party, Permit, Purpose, Reading, Unit};

use super::customs::{self, Worth};
use super::{authority, names};
use crate::act::Said;
use crate::answer::{Answered, encoded, html};
use crate::ask::Ask;
use crate::chart::{Mark, mark};
use crate::frame::Frame;
use crate::words::Words;

/// The longest text that is taken for a number.
const NUMBER_CHARS_MAX: usize = 80;

/// What somebody typed, pasted or scanned.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// The number of a permit, or a case.
    Number(String),
    /// The code of a permit, or several that belong together.
    Codes(Vec<String>),
}

/// Sorts out what was asked. A text that begins as a code, or is longer than any number, is a code.
pub fn asked(text: &str) -> Asked {
    let text = text.trim();
    let number: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    if text.starts_with(PREFIX) || number.chars().count() > NUMBER_CHARS_MAX {
        Asked::Codes(codes(text))
    } else if number.is_empty() {
        Asked::Nothing
    } else {
        Asked::Number(number)
    }
}

/// The codes in a text: each begins a line, and a letter may have broken it into several. A space belongs to a code,
/// but never ends one. A box that drops the ends of lines leaves codes one after another.
fn codes(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match codes.last_mut() {
            Some(code) if !line.trim_start().starts_with(PREFIX) => code.push_str(line),
            _ => codes.push(line.trim_start().to_owned()),
        }
    }
    codes.iter().flat_map(|code| divided(code.trim_end())).collect()
}

/// What is too long to be one code, divided where another begins.
fn divided(code: &str) -> Vec<String> {
    let starts = code.match_indices(PREFIX).map(|(at, _)| at).filter(|at| *at > 0);
    let mut ends: Vec<usize> = starts.filter(|_| code.len() > CODE_CHARS_MAX).collect();
    ends.push(code.len());
    let mut from = 0;
    let parts = ends.into_iter().map(|end| {
        let part = code.get(from..end).unwrap_or_default().trim_end().to_owned();
        from = end;
        part
    });
    parts.collect()
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Anybody.
    Verify,
    /// Somebody at the border, who sees what the register has.
    Customs,
}

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::Verify => "/verify",
            Self::Customs => "/customs",
        }
    }
}

/// A field in which code and register differ.
struct Differs {
    label: String,
    code: String,
    /// What the register has; nothing for the public.
    register: Option<String>,
}

/// How a permit stands, as a word, a shape and a colour.
struct Stands {
    class: &'static str,
    mark: &'static str,
    word: String,
}

#[derive(Template)]
#[template(path = "trade/code.html")]
struct CodePage {
    f: Frame,
    back: &'static str,
    stands: Stands,
    detail: String,
    /// Whose word this is, and what is not known.
    source: String,
    said: Vec<Said>,
    lines: Vec<LineRow>,
    differs: Vec<Differs>,
    /// Whether the register has it to compare with.
    compared: bool,
    /// The permit in the register.
    register: Option<String>,
    /// What is left of it and may be endorsed, where whoever stands at the border has a code that the register agrees with.
    border: Option<customs::Found>,
}

struct LineRow {
    inn: String,
    form: String,
    amount: String,
    base: String,
}

/// The page on a code or codes.
pub fn page(ask: &Ask, door: Door, codes: &[String]) -> Answered {
    let keys = ask.app.authority().permit_keys();
    let read = permit::read(codes, &keys, None, ask.today());
    let page = match &read.permit {
        Some(permit) => {
            if door == Door::Customs {
                ask.looked_at(&permit.number);
            }
            signed(ask, door, permit, read.reading)
        }
        None => unread(ask, door, read.reading),
    };
    html(&page)
}

/// What could not be read, and why.
fn unread(ask: &Ask, door: Door, reading: Reading) -> CodePage {
    let words = ask.words();
    let (class, shape, key) = match reading {
        Reading::UnknownKey => ("unknown", Mark::Unknown, "code-unknown-key"),
        _ => ("suspended", Mark::Fail, "code-broken"),
    };
    CodePage {
        f: Frame::of(ask, words.t("code-title-unread")),
        back: door.path(),
        stands: Stands {
            class,
            mark: mark(shape),
            word: words.t(key),
        },
        detail: words.t(&reason_key(reading)),
        source: words.t("code-unread-help"),
        said: Vec::new(),
        lines: Vec::new(),
        differs: Vec::new(),
        compared: false,
        register: None,
        border: None,
    }
}

/// The key of the sentence that tells why a code is not read.
fn reason_key(reading: Reading) -> String {
    let word = match reading {
        Reading::UnknownKey => "key_unknown",
        reading => reading.word(),
    };
    format!("code-reason-{}", word.replace('_', "-"))
}

fn signed(ask: &Ask, door: Door, permit: &Permit, reading: Reading) -> CodePage {
    let words = ask.words();
    let state = ask.state();
    let case = known(&state, permit);
    let differs = case.map_or_else(Vec::new, |case| differences(words, &state, door, permit, case));
    let officer = ask
        .visitor
        .as_ref()
        .filter(|_| door == Door::Customs && differs.is_empty());
    let border = officer.zip(case).map(|(officer, case)| {
        let worth = Worth::of(case, ask.today());
        customs::found(ask, &state, officer, case, worth)
    });
    CodePage {
        f: Frame::of(ask, words.t1("code-title", "number", &permit.number)),
        back: door.path(),
        stands: stands(ask, permit, reading, case),
        detail: words.t1("verify-as-of", "time", ask.time(ask.now)),
        source: source(words, &state, permit, case),
        said: said(words, &state, permit),
        lines: permit.lines.iter().map(|line| line_row(words, &state, line)).collect(),
        differs,
        compared: case.is_some(),
        register: (door == Door::Customs && case.is_some()).then(|| format!("/customs/{}", encoded(&permit.number))),
        border,
    }
}

/// The case of a permit that the code is of: one of ours, or one whose copy its issuer has sent.
fn known<'a>(state: &'a State, permit: &Permit) -> Option<&'a Case> {
    if permit.kind == Kind::ImportAuthorization {
        return None;
    }
    if is_ours(state, permit) {
        return state.trade.permitted(&permit.number);
    }
    let from_issuer = |case: &&Case| case.partner.as_ref().is_some_and(|id| id.as_str() == permit.issuer());
    state.trade.cases_of_copy(&permit.number).find(from_issuer)
}

fn is_ours(state: &State, permit: &Permit) -> bool {
    state.founding.id.as_str() == permit.issuer()
}

/// How it stands: as the register has it; where that has nothing, by its own days alone. Our own permit that the
/// register does not have is none.
fn stands(ask: &Ask, permit: &Permit, reading: Reading, case: Option<&Case>) -> Stands {
    let words = ask.words();
    if reading == Reading::NotYetValid {
        return Stands {
            class: "expired",
            mark: mark(Mark::Expired),
            word: words.t("code-not-yet-valid"),
        };
    }
    let worth = match case {
        Some(case) if permit.duplicate < case.copy() => Worth::Replaced,
        Some(case) => Worth::of(case, ask.today()),
        None if is_ours(&ask.state(), permit) => Worth::Unknown,
        None if reading == Reading::Expired => Worth::Expired,
        None => Worth::Valid,
    };
    Stands {
        class: worth.word(),
        mark: worth.mark(),
        word: words.t(&format!("permit-{}", worth.word())),
    }
}

/// Whose word it is.
fn source(words: Words, state: &State, permit: &Permit, case: Option<&Case>) -> String {
    let key = match (is_ours(state, permit), case) {
        (true, Some(_)) => "code-source-ours",
        (true, None) => "code-source-missing",
        (false, Some(_)) => "code-source-told",
        (false, None) => "code-source-not-told",
    };
    words.t1(key, "authority", authority(state, permit.issuer()))
}

fn said(words: Words, state: &State, permit: &Permit) -> Vec<Said> {
    let kind = match permit.kind {
        Kind::ExportPermit => "code-export-permit",
        Kind::EmergencyExport => "code-emergency-export-permit",
        Kind::ImportAuthorization => "code-import-authorization",
    };
    let mut said = vec![
        one(words, "code-kind", words.t(kind)),
        one(words, "code-number", permit.number.clone()),
        one(words, "code-exporting", authority(state, &permit.exporting_authority)),
        one(words, "code-importing", authority(state, &permit.importing_authority)),
        one(words, "case-exporter", party(words, &permit.exporter)),
        one(words, "case-importer", party(words, &permit.importer)),
        one(words, "code-issued", words.day(permit.issued_on)),
    ];
    if permit.valid_from != permit.issued_on {
        said.push(one(words, "code-from", words.day(permit.valid_from)));
    }
    said.push(one(words, "verify-until", words.day(permit.valid_until)));
    if let Some(known) = &permit.authorization {
        let (on, issuer) = (words.day(known.issued_on), authority(state, &known.issuer));
        let lines = vec![known.number.clone(), on, issuer];
        let label = words.t("case-authorization");
        said.push(Said { label, lines });
    }
    said.push(one(words, "case-purpose", words.t(purpose_key(permit.purpose))));
    if permit.bonded {
        said.push(one(words, "code-bonded", words.t("code-yes")));
    }
    if permit.several {
        said.push(one(words, "code-several", words.t("code-yes")));
    }
    if permit.duplicate > 0 {
        said.push(one(words, "code-duplicate", permit.duplicate.to_string()));
    }
    if !permit.posts.is_empty() {
        let (label, lines) = (words.t("code-posts"), permit.posts.clone());
        said.push(Said { label, lines });
    }
    if let Some(case) = &permit.case {
        said.push(one(words, "customs-case", case.clone()));
    }
    said.push(one(words, "code-entry", permit.entry.to_string()));
    said
}

fn one(words: Words, key: &str, says: String) -> Said {
    Said {
        label: words.t(key),
        lines: vec![says],
    }
}

fn party(words: Words, party: &Party) -> String {
    let country = domain::country::Country::parse(&party.country)
        .map_or_else(|_| party.country.clone(), |country| names::country(words, country));
    let said: [(&str, &dyn std::fmt::Display); 3] =
        [("name", &party.name), ("address", &party.city), ("country", &country)];
    words.with("trade-party", &said)
}

fn purpose_key(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Medical => "trade-purpose-medical",
        Purpose::Scientific => "trade-purpose-scientific",
        Purpose::Manufacture => "trade-purpose-manufacture",
        Purpose::ReExport => "trade-purpose-re-export",
    }
}

fn line_row(words: Words, state: &State, line: &Line) -> LineRow {
    let form = format!("form-{}", line.form.replace(' ', "-"));
    LineRow {
        inn: names::substance_of_id(words, state, &line.inn),
        form: words.find(&form, &[]).unwrap_or_else(|| line.form.clone()),
        amount: match line.unit {
            Unit::SaltMicrograms => mass(words, line.amount),
            Unit::Dispensing => words.t1("trade-units", "amount", words.number(line.amount)),
        },
        base: mass(words, line.base_ug),
    }
}

fn mass(words: Words, micrograms: i64) -> String {
    names::mass(words, Mass::from_pg(i128::from(micrograms) * PG_PER_UG))
}

/// A line of goods in one line of words.
fn goods(words: Words, state: &State, lines: &[Line]) -> String {
    let said = lines.iter().map(|line| {
        let row = line_row(words, state, line);
        [row.inn, row.form, row.amount, row.base].join(", ")
    });
    said.collect::<Vec<_>>().join("; ")
}

/// Fields in which the code and the register differ. Of a partner's permit the entry is not known here.
fn differences(words: Words, state: &State, door: Door, permit: &Permit, case: &Case) -> Vec<Differs> {
    let entry = u64::try_from(permit.entry).unwrap_or_default();
    let Some(ours) = ::authority::document(state, case, entry) else {
        return Vec::new();
    };
    let fields = |of: &Permit| fields(words, state, of);
    let pairs = fields(permit).into_iter().zip(fields(&ours));
    let differ = pairs.filter(|((_, code, _), (_, register, _))| code != register);
    let told = |says: String, key: &str| {
        if says.is_empty() { words.t(key) } else { says }
    };
    let differs = differ.map(|((key, _, code), (_, _, register))| Differs {
        label: words.t(key),
        code: told(code, "code-differs"),
        register: (door == Door::Customs).then(|| told(register, "code-differs")),
    });
    differs.collect()
}

/// The fields of a permit that are compared: the key of the label, what is compared, and what is shown of it.
fn fields(words: Words, state: &State, permit: &Permit) -> Vec<(&'static str, String, String)> {
    let same = |says: String| (says.clone(), says);
    let authorization = permit.authorization.as_ref();
    let rests = authorization.map(|known| format!("{} {} {}", known.number, known.issued_on, known.issuer));
    let shown = [
        ("code-exporting", same(authority(state, &permit.exporting_authority))),
        ("code-importing", same(authority(state, &permit.importing_authority))),
        ("case-exporter", same(party(words, &permit.exporter))),
        ("case-importer", same(party(words, &permit.importer))),
        ("code-addresses", (format!("{:?}", permit.addresses), String::new())),
        (
            "case-goods",
            (format!("{:?}", permit.lines), goods(words, state, &permit.lines)),
        ),
        ("case-authorization", same(rests.unwrap_or_default())),
        ("code-issued", same(words.day(permit.issued_on))),
        ("code-from", same(words.day(permit.valid_from))),
        ("verify-until", same(words.day(permit.valid_until))),
        ("case-purpose", same(words.t(purpose_key(permit.purpose)))),
        ("code-bonded", same(permit.bonded.to_string())),
        ("customs-case", same(permit.case.clone().unwrap_or_default())),
    ];
    shown.into_iter().map(|(key, (is, says))| (key, is, says)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[&str]) -> Asked {
        Asked::Codes(of.iter().map(|code| (*code).to_owned()).collect())
    }

    #[test]
    fn a_number_is_no_code() {
        assert_eq!(asked(" \n "), Asked::Nothing);
        assert_eq!(asked(" XP-24 -01\n"), Asked::Number("XP-24-01".to_owned()));
        assert_eq!(asked(&"9".repeat(81)), texts(&[&"9".repeat(81)]));
    }

    #[test]
    fn codes_begin_lines_and_keep_their_spaces() {
        assert_eq!(asked("CS1:A B\r\n\r\n CS1:C D \n"), texts(&["CS1:A B", "CS1:C D"]));
        assert_eq!(asked("CS1:A \nB"), texts(&["CS1:A B"]));
        // What looks like the beginning of a code may stand inside one.
        assert_eq!(asked("CS1:ACS1:B"), texts(&["CS1:ACS1:B"]));
    }

    #[test]
    fn codes_without_an_end_of_line_are_divided() {
        let (one, two) = (
            "CS1:".to_owned() + &"A".repeat(700),
            "CS1:".to_owned() + &"B".repeat(700),
        );
        assert_eq!(asked(&format!("{one} {two}")), texts(&[&one, &two]));
    }
}
