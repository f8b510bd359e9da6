//! Lies about the figures of a year.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use verifier::{Checked, KeyFile, Reason, Report, check_statement};

use crate::world::{Message, b64, bundle, checkpoint, entry, key_file, keys, leaf, root};
use crate::{lie, truth};

const STATEMENT: &str = include_str!("../real/statement.json");
/// CN's proposal to KR, KR's signature, CN's proposal to MX, MX's signature.
const EVIDENCE: [&str; 4] = [
    include_str!("../real/19234.tlog-proof"),
    include_str!("../real/19247.tlog-proof"),
    include_str!("../real/19236.tlog-proof"),
    include_str!("../real/19253.tlog-proof"),
];

fn real_keys() -> Vec<KeyFile> {
    let files = [
        include_str!("../real/CN.json"),
        include_str!("../real/KR.json"),
        include_str!("../real/MX.json"),
    ];
    files.into_iter().map(|text| KeyFile::read(text).unwrap()).collect()
}

/// The real statement with a change, and all real evidence.
fn told(change: impl FnOnce(&mut Value)) -> Checked<Report> {
    let mut statement: Value = serde_json::from_str(STATEMENT).unwrap();
    change(&mut statement);
    check_statement(&statement.to_string(), &real_keys(), &EVIDENCE)
}

#[test]
fn a_real_statement_is_signed_by_both() {
    let facts = truth(told(|_| {})).facts;
    let both = json!([{ "by": "KR", "country": "KR" }, { "by": "MX", "country": "MX" }]);
    assert_eq!(facts["signed_by_both"], both);
}

#[test]
fn sums() {
    truth(told(|_| {}));
    let cell = |field: &'static str, value: Value| told(move |file| file["exported"]["cells"][0][field] = value);
    lie("another quantity", cell("total_g", json!("459.76")), Reason::SumDiffers);
    lie(
        "another total",
        told(|file| file["exported"]["total_g"] = json!("12301")),
        Reason::SumDiffers,
    );
    lie(
        "another production",
        told(|file| file["produced"]["total_g"] = json!("99999")),
        Reason::SumDiffers,
    );
    lie(
        "another answer",
        told(|file| file["asked"]["exported_g"] = json!("1")),
        Reason::SumDiffers,
    );
    lie(
        "more under way than left",
        cell("under_way_g", json!("460")),
        Reason::SumDiffers,
    );
    lie(
        "a negative mass",
        cell("total_g", json!("-459.75")),
        Reason::MassNegative,
    );
    lie(
        "a mass that overflows",
        cell("total_g", json!("9".repeat(40))),
        Reason::MassTooLarge,
    );
    for (name, text) in [
        ("a plus", "+1"),
        ("a zero before", "0459.75"),
        ("an exponent", "1e3"),
        ("a zero after", "459.750"),
        ("nothing", ""),
        ("a point", "459."),
    ] {
        lie(name, cell("total_g", json!(text)), Reason::MassBad);
    }
    lie(
        "a negative number of consignments",
        cell("count", json!(-1)),
        Reason::CountBad,
    );
    lie("a mass in no consignment", cell("count", json!(0)), Reason::CountBad);
    lie("a number beyond 64 bits", cell("count", json!(1e30)), Reason::JsonBad);
    lie(
        "a balance that does not hold",
        told(|file| file["identity"][0]["closing_g"] = json!("9029")),
        Reason::IdentityDiffers,
    );
    lie(
        "stock hidden in the balance",
        told(|file| file["identity"][0]["lost_g"] = json!("1")),
        Reason::IdentityDiffers,
    );
}

#[test]
fn forms() {
    truth(told(|_| {}));
    lie(
        "without cells",
        told(|file| drop(file["exported"].as_object_mut().unwrap().remove("cells"))),
        Reason::JsonBad,
    );
    let twice = STATEMENT.replacen('{', "{\"year\": 2023,", 1);
    lie(
        "a field twice",
        check_statement(&twice, &real_keys(), &EVIDENCE),
        Reason::JsonBad,
    );
    lie(
        "cut short",
        check_statement(&STATEMENT[..4000], &real_keys(), &EVIDENCE),
        Reason::JsonBad,
    );
    lie(
        "a cell twice",
        told(|file| {
            let cell = file["exported"]["cells"][0].clone();
            file["exported"]["cells"].as_array_mut().unwrap().push(cell);
        }),
        Reason::CellTwice,
    );
}

/// Takes some grams out of one cell and puts them into another, so that all sums hold.
fn shift(file: &mut Value, from: usize, to: usize, left: &str, put: &str) {
    file["exported"]["cells"][from]["total_g"] = json!(left);
    file["exported"]["cells"][to]["total_g"] = json!(put);
    file["exported"]["cells"][from]["under_way_g"] = json!("0");
}

#[test]
fn figures_that_add_up() {
    truth(told(|_| {}));
    // Alfentanil to KR and to LK.
    lie(
        "grams moved to another country",
        told(|file| shift(file, 0, 1, "400.75", "155.5475")),
        Reason::FigureDiffers,
    );
    lie(
        "another destination",
        told(|file| file["exported"]["cells"][0]["destination"] = json!("JP")),
        Reason::FigureDiffers,
    );
    lie(
        "another number of consignments",
        told(|file| file["exported"]["cells"][0]["count"] = json!(2)),
        Reason::FigureDiffers,
    );
    let to_mexico = |file: &mut Value| {
        file["exported"]["cells"][1]["destination"] = json!("MX");
        file["asked"]["zeros_signed_by"] = json!([]);
        file["asked"]["exported_g"] = json!("96.5475");
        file["asked"]["exported_ever_g"] = json!("96.5475");
    };
    lie(
        "a figure where a zero was signed",
        told(to_mexico),
        Reason::FigureDiffers,
    );
    let denied = |file: &mut Value| {
        to_mexico(file);
        file["asked"]["zeros_signed_by"] = json!(["MX"]);
    };
    lie("a zero beside a figure", told(denied), Reason::ZeroDenied);
    lie(
        "another year",
        told(|file| file["year"] = json!(2023)),
        Reason::StatementOther,
    );
    lie(
        "another root of the log",
        told(|file| file["log"]["root"] = json!(b64([7; 32]))),
        Reason::RootDiffers,
    );
}

#[test]
fn evidence() {
    let with = |evidence: &[&str], keys: &[KeyFile]| check_statement(STATEMENT, keys, evidence);
    let keys = real_keys();
    truth(with(&EVIDENCE, &keys));
    truth(with(&EVIDENCE[..1], &keys));
    lie("no evidence", with(&[], &keys), Reason::NothingSigned);
    lie(
        "a signature of something else",
        with(&EVIDENCE[1..2], &keys),
        Reason::ProposalMissing,
    );
    lie(
        "a proposal to one, a signature of another",
        with(&[EVIDENCE[0], EVIDENCE[3]], &keys),
        Reason::ProposalMissing,
    );
    lie(
        "without the authority's keys",
        with(&EVIDENCE, &keys[1..]),
        Reason::KeyUnknown,
    );
    let changed = EVIDENCE[0].replacen("extra e", "extra f", 1);
    lie(
        "evidence that was changed",
        with(&[&changed], &keys),
        Reason::NotIncluded,
    );
}

/// A statement of our own, of one cell: one gram of fentanyl to KR in 2024.
fn own(entries: &[Vec<u8>]) -> String {
    let leaves: Vec<_> = entries.iter().map(|entry| leaf(entry)).collect();
    let none = json!({ "total_g": "0", "by_substance": {} });
    json!({
        "authority": "CN", "year": 2024, "produced": none, "imported": none,
        "exported": { "total_g": "1", "cells": [{
            "substance": "fentanyl", "destination": "KR", "total_g": "1", "arrived_g": "1", "under_way_g": "0",
            "count": 1, "signed_by": ["CN", "KR"],
        }] },
        "identity": [],
        "log": { "size": entries.len(), "root": b64(root(&leaves)) },
    })
    .to_string()
}

fn proposal(mass: &str, year: i32) -> String {
    let line = format!(r#"{{"substance":"fentanyl","total_g":"{mass}","count":1,"cases_root":"x"}}"#);
    format!(r#"{{"exporter":"CN","importer":"KR","year":{year},"lines":[{line}],"log_size":1}}"#)
}

fn proposed(body: String) -> Message<'static> {
    let created = "2025-01-07T00:00:00Z";
    Message {
        kind: "trade_statement_proposed",
        from: "CN",
        to: "KR",
        created,
        body,
        seed: 1,
    }
}

fn signed(of: &str, year: i32) -> Message<'static> {
    let body = format!(
        r#"{{"year":{year},"digest":"{}","log_size":1}}"#,
        b64(Sha256::digest(of))
    );
    let created = "2025-01-08T00:00:00Z";
    Message {
        kind: "trade_statement_signed",
        from: "KR",
        to: "CN",
        created,
        body,
        seed: 10,
    }
}

fn of(messages: &[Message<'_>]) -> Checked<Report> {
    let entries: Vec<Vec<u8>> = messages
        .iter()
        .enumerate()
        .map(|(n, message)| entry(n, message))
        .collect();
    check_statement(&own(&entries), &keys(), &[&bundle(&entries).to_string()])
}

#[test]
fn messages() {
    let good = proposal("1", 2024);
    let (ask, answer) = (proposed(good.clone()), signed(&good, 2024));
    truth(of(&[ask.clone(), answer.clone()]));
    lie(
        "the signature of other figures",
        of(&[ask.clone(), signed(&proposal("2", 2024), 2024)]),
        Reason::DigestDiffers,
    );
    lie(
        "the signature of another year",
        of(&[ask.clone(), signed(&good, 2023)]),
        Reason::StatementOther,
    );
    lie(
        "a signature before its document",
        of(&[answer.clone(), ask.clone()]),
        Reason::ProposalMissing,
    );
    lie(
        "other figures proposed",
        of(&[proposed(proposal("2", 2024)), answer.clone()]),
        Reason::FigureDiffers,
    );
    lie(
        "negative figures proposed",
        of(&[proposed(proposal("-1", 2024)), answer.clone()]),
        Reason::MassNegative,
    );
    lie(
        "the figures of another year proposed",
        of(&[proposed(proposal("1", 2023)), answer.clone()]),
        Reason::StatementOther,
    );
    let forged = Message {
        seed: 9,
        ..answer.clone()
    };
    lie("a signature by nobody", of(&[ask.clone(), forged]), Reason::KeyUnknown);
    let late = Message {
        created: "2026-01-08T00:00:00Z",
        ..answer.clone()
    };
    lie("signed with an old key", of(&[ask.clone(), late]), Reason::KeyOutOfDate);
    let theirs = Message {
        from: "KR",
        to: "CN",
        seed: 10,
        ..ask.clone()
    };
    lie("proposed by the other side", of(&[theirs]), Reason::StatementOther);
    let unread = Message {
        body: "{}".to_owned(),
        ..answer.clone()
    };
    lie(
        "a signature of no document",
        of(&[ask.clone(), unread]),
        Reason::MessageBad,
    );
}

#[test]
fn messages_changed_in_the_journal() {
    let good = proposal("1", 2024);
    let first = entry(0, &proposed(good.clone()));
    let second = entry(1, &signed(&good, 2024));
    let check = |entries: &[Vec<u8>]| check_statement(&own(entries), &keys(), &[&bundle(entries).to_string()]);
    truth(check(&[first.clone(), second.clone()]));
    let text = String::from_utf8(second.clone()).unwrap();
    let changed = text.replace("2025-01-08T00:00:00Z\",\"body", "2025-01-09T00:00:00Z\",\"body");
    assert_ne!(changed, text);
    lie(
        "a message that was changed",
        check(&[first.clone(), changed.into_bytes()]),
        Reason::MessageForged,
    );
    let entries = [first, second];
    let leaves: Vec<_> = entries.iter().map(|entry| leaf(entry)).collect();
    let mut other = bundle(&entries);
    other["entries"] = json!([other["entries"][0]]);
    let statement = own(&entries);
    truth(check_statement(&statement, &keys(), &[&other.to_string()]));
    let fork = entry(0, &proposed(good));
    let fork = [
        fork,
        b"{\"seq\":1,\"recorded_at\":\"\",\"actor\":\"\",\"kind\":\"X\",\"data\":{}}".to_vec(),
    ];
    let files = [bundle(&entries).to_string(), bundle(&fork).to_string()];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    lie(
        "two pasts of the log",
        check_statement(&statement, &keys(), &files),
        Reason::LogForked,
    );
    assert_ne!(checkpoint(2, &root(&leaves)), fork[0].len().to_string());
    let clash = [keys(), vec![key_file("KR", "KR", 20)]].concat();
    let files = [bundle(&entries).to_string()];
    lie(
        "two key files of one authority",
        check_statement(&statement, &clash, &[&files[0]]),
        Reason::KeyFilesClash,
    );
}
