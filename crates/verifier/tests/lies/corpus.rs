//! The lies about permits and lists as a file, for verifiers in other languages: `permits.json`, made of the tests.

use std::cell::RefCell;
use std::fs;

use serde_json::{Value, json};
use verifier::Reason;

use crate::world::{b64, key};
use crate::{lists, permits};

/// A list is written as it is up to this; a longer one is of zeros, and only their number is written.
const LIST_BYTES_MAX: usize = 100_000;

#[derive(Default)]
struct Recorder {
    cases: Vec<Value>,
    /// What was asked last.
    codes: Option<(Vec<String>, String)>,
    list: Option<(Vec<u8>, i64)>,
}

thread_local! {
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

fn with(change: impl FnOnce(&mut Recorder)) {
    RECORDER.with_borrow_mut(|recorder| recorder.as_mut().map(change));
}

/// Notes that codes are checked on a day.
pub fn asked(codes: &[&str], day: &str) {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    with(|recorder| recorder.codes = Some((codes, day.to_owned())));
}

/// Notes that a list is read, by somebody who has seen this sequence before.
pub fn listed(bytes: &[u8], last: i64) {
    with(|recorder| recorder.list = Some((bytes.to_vec(), last)));
}

/// Notes what comes of what was asked before.
pub fn outcome(what: &str, reason: Option<Reason>) {
    with(|recorder| {
        let (codes, list) = (recorder.codes.take(), recorder.list.take());
        if codes.is_none() && list.is_none() {
            return;
        }
        let mut case = json!({ "what": what, "reason": reason.map(Reason::word) });
        if let Some((codes, day)) = codes {
            (case["codes"], case["on"]) = (json!(codes), json!(day));
        }
        match list {
            None => {}
            Some((bytes, last)) if bytes.len() <= LIST_BYTES_MAX => case["list"] = json!([b64(bytes), last]),
            Some((bytes, last)) => case["zeros"] = json!([bytes.len(), last]),
        }
        recorder.cases.push(case);
    });
}

fn corpus() -> Value {
    RECORDER.set(Some(Recorder::default()));
    permits::all();
    lists::lists();
    let cases = RECORDER.take().unwrap_or_default().cases;
    let known = |issuer: &str, seed: u8| {
        json!({
            "issuer": issuer,
            "public": b64(key(seed).verifying_key().as_bytes()),
            "from": "2024-01-01",
            "until": "2025-12-31",
        })
    };
    json!({ "keys": [known("CN", 1), known("KR", 10)], "cases": cases })
}

/// One case a line, so that a change shows the case that changed.
fn written(corpus: &Value) -> String {
    let lines = |name: &str| {
        let rows = corpus[name].as_array().into_iter().flatten().map(Value::to_string);
        rows.collect::<Vec<_>>().join(",\n")
    };
    format!(
        "{{\"keys\":[\n{}\n],\"cases\":[\n{}\n]}}\n",
        lines("keys"),
        lines("cases")
    )
}

#[test]
fn the_corpus_is_written_as_it_is_told() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lies/permits.json");
    let written = written(&corpus());
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(file, &written).unwrap();
    }
    let kept = fs::read_to_string(file).unwrap_or_default();
    assert!(
        kept == written,
        "UPDATE_CORPUS=1 cargo test -p verifier writes tests/lies/permits.json anew"
    );
    let truths = written.matches("\"reason\":null").count();
    assert!(truths > 5 && written.lines().count() > 80, "{truths} truths: {written}");
}
