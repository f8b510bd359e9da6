//! What the check of a code on the visitor's own device needs: the keys that this authority trusts, names, and words.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::{Date, date};
use serde::Serialize;

use super::{authority, names};
use crate::answer::Fault;
use crate::ask::Ask;
use crate::chart::{Mark, mark};
use crate::words::{Words, keys};

/// What a code may be: its state, class, shape, and the key of its word.
const STATES: [(&str, &str, Mark, &str); 9] = [
    ("valid", "valid", Mark::Pass, "permit-valid"),
    ("alone", "used", Mark::Pass, "check-valid-alone"),
    ("not_yet_valid", "expired", Mark::Expired, "code-not-yet-valid"),
    ("expired", "expired", Mark::Expired, "permit-expired"),
    ("revoked", "revoked", Mark::Fail, "permit-revoked"),
    ("used", "used", Mark::Used, "permit-used"),
    ("unknown_key", "unknown", Mark::Unknown, "code-unknown-key"),
    ("list_too_old", "suspended", Mark::Suspended, "check-list-too-old"),
    ("broken", "suspended", Mark::Fail, "code-broken"),
];

/// The words that the script puts together, beside those of the code's page.
const WORDS: [&str; 15] = [
    "case-authorization",
    "case-base",
    "case-exporter",
    "case-goods",
    "case-importer",
    "case-purpose",
    "customs-case",
    "customs-expired",
    "customs-permitted",
    "customs-revoked",
    "customs-valid",
    "trade-party",
    "trade-units",
    "verify-until",
    "amount-grams",
];

/// The beginnings of keys all of which the script may need.
const KINDS: [&str; 5] = ["check-", "code-", "form-", "scan-", "trade-purpose-"];

/// What the words put in: the script does, so the names stay in braces.
const PUT_IN: [&str; 10] = [
    "address",
    "age",
    "amount",
    "authority",
    "count",
    "country",
    "day",
    "name",
    "number",
    "reason",
];

#[derive(Serialize)]
struct Key {
    issuer: String,
    /// 32 bytes in base64.
    public: String,
    /// The first and last day on which it signs, from 1970.
    from: i32,
    until: i32,
}

#[derive(Serialize)]
struct State {
    class: &'static str,
    mark: &'static str,
    word: String,
}

/// What stands in the page as JSON.
#[derive(Serialize)]
struct Facts {
    own: String,
    lang: &'static str,
    /// Where the signed list of permits that are over is.
    list: &'static str,
    /// Whether whoever asks sees the register, so that the server answers where it can be reached.
    register: bool,
    zone: String,
    /// The business time less the real one: nothing, but in a demonstration.
    shift_ms: i64,
    keys: Vec<Key>,
    authorities: BTreeMap<String, String>,
    countries: BTreeMap<String, String>,
    substances: BTreeMap<String, String>,
    states: BTreeMap<&'static str, State>,
    words: BTreeMap<String, String>,
}

/// The facts as JSON that may stand in a page.
pub fn facts(ask: &Ask, register: bool) -> Result<String, Fault> {
    let words = ask.words();
    let keys = ask.app.authority().permit_keys();
    let state = ask.state();
    let countries = state.partners.iter().map(|partner| partner.file.country);
    let countries = countries.chain([state.founding.country]);
    let substances = state.substances.iter().map(|row| row.entry.id.to_string());
    let facts = Facts {
        own: state.founding.id.to_string(),
        lang: ask.lang.tag(),
        list: "/exchange/v1/permits",
        register,
        zone: state.founding.zone.to_string(),
        shift_ms: (ask.now.as_microsecond() - ask.app.wall_us()) / 1_000,
        keys: keys.iter().map(key).collect::<Option<_>>().unwrap_or_default(),
        authorities: keys
            .iter()
            .map(|key| (key.issuer.clone(), authority(&state, &key.issuer)))
            .collect(),
        countries: countries
            .map(|country| (country.to_string(), names::country(words, country)))
            .collect(),
        substances: substances
            .map(|id| {
                let name = names::substance_of_id(words, &state, &id);
                (id, name)
            })
            .collect(),
        states: STATES.iter().map(|state| shown(words, state)).collect(),
        words: sayings(words),
    };
    let json = serde_json::to_string(&facts).map_err(|error| Fault::Failed(error.to_string()))?;
    // Nothing in it may end the element that it stands in.
    Ok(json.replace('<', "\\u003c"))
}

fn key(key: &permit::Key) -> Option<Key> {
    let day = |day: Date| date(1970, 1, 1).until(day).ok().map(|span| span.get_days());
    Some(Key {
        issuer: key.issuer.clone(),
        public: STANDARD.encode(key.public),
        from: day(key.valid_from)?,
        until: day(key.valid_until)?,
    })
}

fn shown(words: Words, (name, class, shape, key): &(&'static str, &'static str, Mark, &str)) -> (&'static str, State) {
    let state = State {
        class,
        mark: mark(*shape),
        word: words.t(key),
    };
    (name, state)
}

fn sayings(words: Words) -> BTreeMap<String, String> {
    let names = PUT_IN.map(|name| (name, format!("{{{name}}}")));
    let given: Vec<(&str, &dyn std::fmt::Display)> = names
        .iter()
        .map(|(name, braced)| (*name, braced as &dyn std::fmt::Display))
        .collect();
    let wanted = keys(words.0)
        .into_iter()
        .filter(|key| KINDS.iter().any(|kind| key.starts_with(kind)) || WORDS.contains(&key.as_str()));
    wanted
        .map(|key| {
            let says = words.with(&key, &given);
            (key, says)
        })
        .collect()
}
