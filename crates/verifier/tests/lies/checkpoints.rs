//! Lies about checkpoints.

use verifier::{Checked, LogKey, Reason, Report, check_checkpoint};

use crate::world::{Hash, b64, checkpoint, key_file, keys, leaf, note, root, vkey};
use crate::{lie, truth};

const OLD: &str = include_str!("../real/checkpoint-19233");
const NEW: &str = include_str!("../real/checkpoint-19254");
const CONSISTENCY: &str = include_str!("../real/consistency.json");

fn real_keys() -> Vec<verifier::KeyFile> {
    let files = [
        include_str!("../real/CN.json"),
        include_str!("../real/KR.json"),
        include_str!("../real/MX.json"),
    ];
    files
        .into_iter()
        .map(|text| verifier::KeyFile::read(text).unwrap())
        .collect()
}

fn told(new: &str, old: Option<&str>, proof: Option<&str>) -> Checked<Report> {
    let keys = real_keys();
    check_checkpoint(new, keys[0].log_key(), &keys[1..], old, proof)
}

fn leaves(count: u8) -> Vec<Hash> {
    (0..count).map(|n| leaf(&[n])).collect()
}

/// Checkpoints of a log of our own.
fn made(new: &str, old: Option<&str>) -> Checked<Report> {
    let key = LogKey::parse(&vkey("test/CN", 1, 2))?;
    check_checkpoint(new, &key, &keys(), old, None)
}

#[test]
fn a_real_log_only_grew() {
    let report = truth(told(NEW, Some(OLD), Some(CONSISTENCY)));
    assert_eq!(report.facts["size"], 19_254);
    let cosigned = truth(told(OLD, None, None)).facts["cosigned"].clone();
    assert_eq!(cosigned.as_array().unwrap().len(), 2);
}

#[test]
fn pasts() {
    truth(told(NEW, Some(OLD), Some(CONSISTENCY)));
    lie("rolled back", told(OLD, Some(NEW), None), Reason::LogRolledBack);
    lie(
        "longer, and no proof",
        told(NEW, Some(OLD), None),
        Reason::ConsistencyMissing,
    );
    let proof = |change: fn(&str) -> String| told(NEW, Some(OLD), Some(&change(CONSISTENCY)));
    lie(
        "a proof from elsewhere",
        proof(|text| text.replace("19233", "19232")),
        Reason::ConsistencyBad,
    );
    lie(
        "a proof with another hash",
        proof(|text| text.replacen("\": [\n  \"", "\": [\n  \"A", 1).replacen("=\"", "\"", 0)),
        Reason::ProofBad,
    );
    let other = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        value["hashes"].as_array_mut().unwrap().swap(0, 1);
        value.to_string()
    };
    lie("a proof in another order", proof(other), Reason::ConsistencyBad);
    let shorter = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        value["hashes"].as_array_mut().unwrap().pop();
        value.to_string()
    };
    lie("a proof without its last hash", proof(shorter), Reason::ConsistencyBad);
}

#[test]
fn a_split_view() {
    let (one, mut other) = (leaves(7), leaves(7));
    other[3] = leaf(b"changed");
    let one = checkpoint(7, &root(&one));
    truth(made(&one, Some(&one)));
    lie(
        "two pasts of one size",
        made(&checkpoint(7, &root(&other)), Some(&one)),
        Reason::LogForked,
    );
    lie(
        "a shorter log",
        made(&checkpoint(6, &root(&leaves(6))), Some(&one)),
        Reason::LogRolledBack,
    );
}

#[test]
fn notes() {
    truth(told(NEW, None, None));
    lie(
        "another size",
        told(&NEW.replace("19254", "19255"), None, None),
        Reason::NoteForged,
    );
    lie(
        "another root",
        told(&NEW.replace("3P9u", "3P8u"), None, None),
        Reason::NoteForged,
    );
    lie(
        "no signature",
        told(
            NEW.rsplit_once('\n').unwrap().0.rsplit_once('\n').unwrap().0,
            None,
            None,
        ),
        Reason::NoteBad,
    );
    lie("cut short", told(&NEW[..NEW.len() - 20], None, None), Reason::NoteBad);
    lie(
        "signed by somebody else",
        told(&note("a\n1\nb\n", "test/CN", 2), None, None),
        Reason::NoteUnsigned,
    );
    let line = NEW.trim_end().rsplit_once('\n').unwrap().1;
    lie(
        "signed twice",
        told(&format!("{NEW}{line}\n"), None, None),
        Reason::NoteSignedTwice,
    );
    lie(
        "too long",
        told(&format!("{}{NEW}", "x".repeat(17_000)), None, None),
        Reason::TooLong,
    );
    let cosigned = OLD.replace("AAAABnfIqh9", "AAAABnfIqi9");
    assert_ne!(cosigned, OLD);
    lie(
        "cosigned at another time",
        told(&cosigned, None, None),
        Reason::NoteForged,
    );
}

#[test]
fn what_a_log_signed_must_be_its_checkpoint() {
    let good = checkpoint(7, &root(&leaves(7)));
    truth(made(&good, None));
    let root = b64(root(&leaves(7)));
    let signed = |text: String| made(&note(&text, "test/CN", 2), None);
    lie(
        "of another log",
        signed(format!("test/KR\n7\n{root}\n")),
        Reason::LogOther,
    );
    lie(
        "with lines more",
        signed(format!("test/CN\n7\n{root}\nmore\n")),
        Reason::CheckpointBad,
    );
    lie(
        "a size with a zero before",
        signed(format!("test/CN\n07\n{root}\n")),
        Reason::CheckpointBad,
    );
    lie(
        "a negative size",
        signed(format!("test/CN\n-7\n{root}\n")),
        Reason::CheckpointBad,
    );
    lie(
        "a size beyond every log",
        signed(format!("test/CN\n{}\n{root}\n", u64::MAX)),
        Reason::CheckpointBad,
    );
    let key = vkey("test/CN", 1, 2);
    truth(LogKey::parse(&key));
    lie(
        "a key under another name",
        LogKey::parse(&key.replace("/CN", "/KR")),
        Reason::LogKeyBad,
    );
    lie(
        "a key of another kind",
        LogKey::parse(&vkey("test/CN", 2, 2)),
        Reason::LogKeyBad,
    );
    assert_eq!(key_file("CN", "CN", 1).fingerprint().len(), 39);
}
