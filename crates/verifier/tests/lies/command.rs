//! The command itself: its words and exit codes.

use std::process::{Command, Output};

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
