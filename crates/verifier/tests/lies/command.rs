//! The command itself: its words and exit codes.

use std::process::{Command, Output};

use jiff::civil::date;
use permit::{Listed, Listing, sign_list};

use crate::permits::{codes, of};
use crate::world::{key, key_file_text};

fn run(arguments: &[&str]) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real");
    let command = Command::new(env!("CARGO_BIN_EXE_countersign-verify"))
        .args(arguments)
        .current_dir(folder)
        .output();
    command.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn what_is_proven_ends_with_0() {
    let proof = run(&["proof", "19247.tlog-proof", "--keys", "CN.json"]);
    assert_eq!(proof.status.code(), Some(0));
    assert!(said(&proof).contains("proven      Entry 19247 is in that log"));
    let statement = run(&[
        "--json",
        "statement",
        "statement.json",
        "--keys",
        "CN.json",
        "KR.json",
        "--evidence",
        "19234.tlog-proof",
        "19247.tlog-proof",
    ]);
    assert_eq!(statement.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&statement.stdout).unwrap();
    assert_eq!(document["report"]["facts"]["signed_by_both"][0]["by"], "KR");
}

#[test]
fn what_is_refused_ends_with_1_and_its_reason() {
    let refused = run(&[
        "checkpoint",
        "checkpoint-19233",
        "--keys",
        "CN.json",
        "--after",
        "checkpoint-19254",
    ]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).starts_with("refused     log_rolled_back: "));
    let refused = run(&["--json", "permit", "CS1:", "--keys", "CN.json"]);
    assert_eq!(refused.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(
        (document["ok"].as_bool(), document["reason"].as_str()),
        (Some(false), Some("zlib_bad"))
    );
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["proof", "19247.tlog-proof"][..],
        &["proof", "no such file", "--keys", "CN.json"],
        &["permit", "CS1:", "--keys", "CN.json", "--on", "yesterday"],
        &["something"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_permit_is_read_from_a_file_or_as_it_is() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let code = codes(&of("XP-1", 1), 1).remove(0);
    let listing = Listing {
        issuer: "CN",
        sequence: 5,
        issued_on: date(2024, 6, 30),
        valid_until: date(2024, 7, 7),
        permits: &[("XP-2", Listed::Revoked)],
    };
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, bytes).unwrap();
        file.into_os_string().into_string().unwrap()
    };
    let keys = write("cn.json", key_file_text("CN", "CN", 1).as_bytes());
    let list = write("list", &sign_list(&listing, &key(1)).unwrap());
    let file = write("code", format!("{code}\n").as_bytes());
    for given in [&code, &file] {
        let good = run(&["permit", given, "--keys", &keys, "--list", &list, "--on", "2024-07-01"]);
        assert_eq!(good.status.code(), Some(0));
        assert!(
            said(&good).contains("proven      CN has signed the permit XP-1"),
            "{}",
            said(&good)
        );
        assert!(
            said(&good).contains("says        fentanyl citrate: 1000000000 micrograms of salt, 636500000 micrograms")
        );
    }
    let late = run(&["permit", &file, "--keys", &keys, "--list", &list, "--on", "2024-07-08"]);
    assert!(said(&late).starts_with("refused     list_too_old"));
    let back = run(&[
        "permit",
        &file,
        "--keys",
        &keys,
        "--list",
        &list,
        "--last",
        "6",
        "--on",
        "2024-07-01",
    ]);
    assert!(said(&back).starts_with("refused     list_rolled_back"));
}
