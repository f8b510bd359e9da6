//! Lies about what the commands `bundle`, `consistency` and `statement --evidence` have written.

use serde_json::{Value, json};
use verifier::{Checked, KeyFile, Reason, Report, check_bundle, check_checkpoint, check_statement};

use crate::{lie, truth};

const BUNDLE: &str = include_str!("../real/written/bundle.json");
const OLD: &str = include_str!("../real/written/checkpoint-old");
const NEW: &str = include_str!("../real/written/checkpoint-new");
const CONSISTENCY: &str = include_str!("../real/written/consistency.json");
const STATEMENT: &str = include_str!("../real/written/statement.json");
const EVIDENCE: &str = include_str!("../real/written/evidence.json");

fn keys() -> Vec<KeyFile> {
    let files = [
        include_str!("../real/written/CN.json"),
        include_str!("../real/written/KR.json"),
    ];
    files.into_iter().map(|text| KeyFile::read(text).unwrap()).collect()
}

fn changed(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut document = serde_json::from_str(text).unwrap();
    change(&mut document);
    document.to_string()
}

fn swap(document: &mut Value, list: &str, one: usize, other: usize) {
    document[list].as_array_mut().unwrap().swap(one, other);
}

#[test]
fn the_bundle_of_a_case() {
    let key = KeyFile::read(include_str!("../real/written/CN-case.json")).unwrap();
    let told = |text: &str| check_bundle(text, key.log_key(), &[]);
    truth(told(BUNDLE));
    lie(
        "a written bundle with entries in another order",
        told(&changed(BUNDLE, |bundle| swap(bundle, "entries", 0, 1))),
        Reason::EntriesUnordered,
    );
    lie(
        "a written bundle with an entry of another number",
        told(&changed(BUNDLE, |bundle| {
            bundle["entries"][0]["entry"] = bundle["entries"][1]["entry"].clone();
        })),
        Reason::NotIncluded,
    );
    lie(
        "a written bundle with a shorter proof",
        told(&changed(BUNDLE, |bundle| {
            drop(bundle["entries"][0]["proof"].as_array_mut().unwrap().pop());
        })),
        Reason::NotIncluded,
    );
    lie(
        "a written bundle cut short",
        told(&BUNDLE[..BUNDLE.len() / 2]),
        Reason::BundleBad,
    );
    lie(
        "a written bundle of another log",
        check_bundle(BUNDLE, keys()[0].log_key(), &[]),
        Reason::NoteUnsigned,
    );
}

#[test]
fn a_written_consistency() {
    let keys = keys();
    let told = |new: &str, old: &str, proof: Option<&str>| -> Checked<Report> {
        check_checkpoint(new, keys[0].log_key(), &[], Some(old), proof)
    };
    truth(told(NEW, OLD, Some(CONSISTENCY)));
    lie(
        "a written consistency left out",
        told(NEW, OLD, None),
        Reason::ConsistencyMissing,
    );
    lie(
        "a written consistency the wrong way round",
        told(OLD, NEW, Some(CONSISTENCY)),
        Reason::LogRolledBack,
    );
    lie(
        "a written consistency with hashes in another order",
        told(
            NEW,
            OLD,
            Some(&changed(CONSISTENCY, |proof| swap(proof, "hashes", 0, 1))),
        ),
        Reason::ConsistencyBad,
    );
    lie(
        "a written consistency from another size",
        told(
            NEW,
            OLD,
            Some(&changed(CONSISTENCY, |proof| proof["from_size"] = json!(1))),
        ),
        Reason::ConsistencyBad,
    );
}

#[test]
fn the_evidence_of_a_year() {
    let told = |statement: &str, evidence: &str| check_statement(statement, &keys(), &[evidence]);
    let facts = truth(told(STATEMENT, EVIDENCE)).facts;
    assert_eq!(facts["signed_by_both"], json!([{ "by": "KR", "country": "KR" }]));
    lie(
        "written evidence without the proposal",
        told(
            STATEMENT,
            &changed(EVIDENCE, |bundle| {
                drop(bundle["entries"].as_array_mut().unwrap().remove(0));
            }),
        ),
        Reason::ProposalMissing,
    );
    lie(
        "a statement of another year than its written evidence",
        told(
            &changed(STATEMENT, |statement| statement["year"] = json!(2023)),
            EVIDENCE,
        ),
        Reason::StatementOther,
    );
    lie(
        "a statement of another root than its written evidence",
        told(
            &changed(STATEMENT, |statement| {
                statement["log"]["root"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
            }),
            EVIDENCE,
        ),
        Reason::RootDiffers,
    );
}
