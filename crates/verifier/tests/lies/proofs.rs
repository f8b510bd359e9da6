//! Lies about proofs and bundles.

use serde_json::{Value, json};
use verifier::{Checked, KeyFile, Reason, Report, check_bundle, check_proof};

use crate::world::{b64, bundle, checkpoint, keys, leaf, path, root};
use crate::{lie, truth};

const PROOF: &str = include_str!("../real/19247.tlog-proof");
const OTHER: &str = include_str!("../real/19253.tlog-proof");

fn told(text: &str) -> Checked<Report> {
    let key = KeyFile::read(include_str!("../real/CN.json")).unwrap();
    check_proof(text, key.log_key(), &[])
}

/// The line of a proof file, changed.
fn line(number: usize, text: &str) -> String {
    let mut lines: Vec<&str> = PROOF.split('\n').collect();
    lines[number] = text;
    lines.join("\n")
}

#[test]
fn proofs() {
    let report = truth(told(PROOF));
    assert_eq!(report.facts["entry"]["seq"], 19_247);
    truth(told(OTHER));
    let others: Vec<&str> = OTHER.split('\n').collect();
    lie("another entry", told(&line(1, others[1])), Reason::NotIncluded);
    lie("another place", told(&line(2, "index 19253")), Reason::NotIncluded);
    lie(
        "a place beyond the log",
        told(&line(2, "index 19254")),
        Reason::EntryOutside,
    );
    lie(
        "a hash of another proof",
        told(&line(3, others[3])),
        Reason::NotIncluded,
    );
    lie(
        "two hashes in another order",
        told(&PROOF.replacen(PROOF.split('\n').nth(3).unwrap(), PROOF.split('\n').nth(4).unwrap(), 1)),
        Reason::NotIncluded,
    );
    lie(
        "a hash less",
        told(&PROOF.replacen(&format!("{}\n", PROOF.split('\n').nth(3).unwrap()), "", 1)),
        Reason::NotIncluded,
    );
    lie("a hash cut short", told(&line(3, "AAAA")), Reason::ProofBad);
    lie(
        "without the entry",
        told(&PROOF.replacen(&format!("{}\n", PROOF.split('\n').nth(1).unwrap()), "", 1)),
        Reason::EntryMissing,
    );
    lie(
        "of another form",
        told(&line(0, "c2sp.org/tlog-proof@v2")),
        Reason::ProofBad,
    );
    lie("a number with a plus", told(&line(2, "index +19247")), Reason::ProofBad);
    lie("cut in the middle", told(&PROOF[..1000]), Reason::ProofBad);
    lie(
        "another root",
        told(&PROOF.replace("3P9uvd", "3P9uve")),
        Reason::NoteForged,
    );
    lie(
        "without a signature",
        told(&format!("{}\n\n", PROOF.rsplit_once("\n\n").unwrap().0)),
        Reason::NoteBad,
    );
    lie("too long", told(&"x".repeat(200_000)), Reason::TooLong);
    let hashes = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(65);
    lie(
        "more hashes than a tree is high",
        told(&PROOF.replacen("index 19247\n", &format!("index 19247\n{hashes}"), 1)),
        Reason::TooLong,
    );
    let key = keys().remove(1);
    lie(
        "in another log",
        check_proof(PROOF, key.log_key(), &[]),
        Reason::NoteUnsigned,
    );
}

fn entry(number: usize) -> Vec<u8> {
    let text = r#""recorded_at":"2024-01-01T00:00:00Z","actor":"clock","kind":"DayPassed","data":{}"#;
    format!("{{\"seq\":{number},{text}}}").into_bytes()
}

fn entries() -> Vec<Vec<u8>> {
    (0..5).map(entry).collect()
}

fn of(bundle: &Value) -> Checked<Report> {
    check_bundle(&bundle.to_string(), keys()[0].log_key(), &keys())
}

#[test]
fn entries_that_say_another_number() {
    let good = entries();
    truth(of(&bundle(&good)));
    let mut moved = entries();
    moved[2] = entry(3);
    lie(
        "the number of another entry",
        of(&bundle(&moved)),
        Reason::EntryMisplaced,
    );
    moved[2] = b"not JSON".to_vec();
    lie("an entry that is none", of(&bundle(&moved)), Reason::EntryBad);
    let leaves: Vec<_> = good.iter().map(|entry| leaf(entry)).collect();
    let hashes: Vec<String> = path(&leaves, 4).iter().map(b64).collect();
    let note = checkpoint(5, &root(&leaves));
    let (extra, hashes) = (b64(&good[4]), hashes.join("\n"));
    let text = format!("c2sp.org/tlog-proof@v1\nextra {extra}\nindex 4\n{hashes}\n\n{note}");
    truth(check_proof(&text, keys()[0].log_key(), &[]));
}

#[test]
fn bundles() {
    let good = bundle(&entries());
    assert_eq!(truth(of(&good)).facts["entries"], json!([0, 1, 2, 3, 4]));
    let changed = |change: fn(&mut Value)| {
        let mut bundle = good.clone();
        change(&mut bundle);
        of(&bundle)
    };
    let rows = |bundle: &mut Value| -> Vec<Value> { bundle["entries"].as_array().unwrap().clone() };
    truth(changed(|bundle| {
        drop(bundle["entries"].as_array_mut().unwrap().remove(1));
    }));
    lie(
        "in another order",
        changed(|bundle| bundle["entries"].as_array_mut().unwrap().swap(1, 2)),
        Reason::EntriesUnordered,
    );
    let mut twice = good.clone();
    let first = rows(&mut twice)[0].clone();
    twice["entries"].as_array_mut().unwrap().insert(0, first);
    lie("an entry twice", of(&twice), Reason::EntriesUnordered);
    let swap = |bundle: &mut Value| {
        let other = bundle["entries"][3]["entry"].clone();
        bundle["entries"][1]["entry"] = other;
    };
    lie("an entry in another's place", changed(swap), Reason::NotIncluded);
    lie(
        "a proof of another",
        changed(|bundle| bundle["entries"][1]["proof"] = bundle["entries"][3]["proof"].clone()),
        Reason::NotIncluded,
    );
    lie(
        "of another form",
        changed(|bundle| bundle["format"] = json!("v2")),
        Reason::BundleBad,
    );
    lie(
        "without entries",
        changed(|bundle| bundle["entries"] = json!([])),
        Reason::BundleBad,
    );
    lie(
        "an entry that is not base64",
        changed(|bundle| bundle["entries"][1]["entry"] = json!("?")),
        Reason::BundleBad,
    );
    lie(
        "a negative number",
        changed(|bundle| bundle["entries"][0]["index"] = json!(-1)),
        Reason::BundleBad,
    );
    lie(
        "a field more",
        changed(|bundle| bundle["more"] = json!(1)),
        Reason::BundleBad,
    );
    lie(
        "beyond the log",
        changed(|bundle| bundle["entries"][4]["index"] = json!(5)),
        Reason::EntryOutside,
    );
    lie(
        "a checkpoint of another size",
        changed(|bundle| {
            let note = bundle["checkpoint"].as_str().unwrap().replace("\n5\n", "\n6\n");
            bundle["checkpoint"] = json!(note);
        }),
        Reason::NoteForged,
    );
    lie(
        "a bundle with too many entries",
        {
            let mut many = good.clone();
            let row = rows(&mut many)[0].clone();
            many["entries"] = Value::Array(vec![row; 10_001]);
            of(&many)
        },
        Reason::TooLong,
    );
}
