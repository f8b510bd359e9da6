//! What the commands write as evidence, judged by the verifier, which shares nothing with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::{Entry, Event};
use serde_json::Value;
use verifier::{KeyFile, Reason, check_bundle, check_checkpoint, check_statement};

use crate::Tested;
use crate::node::{Step, Two, done, json, refused};

const CASE: &str = "CN/EXP-1";

/// The name of a file beside an authority's folder.
fn beside(dir: &Path, name: &str) -> Step<(PathBuf, String)> {
    let path = dir.with_extension(name);
    let text = path.to_str().ok_or("no text")?.to_owned();
    Ok((path, text))
}

fn key_file(dir: &Path) -> Step<KeyFile> {
    let (path, out) = beside(dir, "key.json")?;
    if !path.exists() {
        done(dir, &["key", "file", "--out", &out])?;
    }
    KeyFile::read(&std::fs::read_to_string(path)?).map_err(|why| format!("{why:?}").into())
}

/// The bundle of the case, accepted; and the numbers in it.
fn bundled(dir: &Path) -> Step<(Value, BTreeSet<u64>)> {
    let (path, out) = beside(dir, "bundle")?;
    let said = json(dir, &["bundle", "--case", CASE, "-o", &out])?;
    let text = std::fs::read_to_string(path)?;
    let report = check_bundle(&text, key_file(dir)?.log_key(), &[]).map_err(|why| format!("{why:?}"))?;
    assert_eq!(report.facts["entries"], said["entries"]);
    let numbers = said["entries"].as_array().ok_or("no entries")?.iter();
    let numbers = numbers.map(|number| number.as_u64().ok_or("no number"));
    Ok((serde_json::from_str(&text)?, numbers.collect::<Result<_, _>>()?))
}

/// What of a journal must be in the bundle, told in another way than the command does: whatever names the case, the
/// permit or the authorization in its bytes, and the receipts, which name hashes.
fn expected(dir: &Path) -> Step<BTreeSet<u64>> {
    let look = authority::look(dir)?;
    let (mut numbers, mut hashes) = (BTreeSet::new(), Vec::new());
    for seq in 0..look.state.size {
        let (bytes, _) = look.journal.entry(seq)?.ok_or("a gap")?;
        let (text, entry) = (String::from_utf8(bytes.clone())?, Entry::parse(&bytes)?);
        let receipt = matches!(entry.event, Event::MessageReceipted(_));
        let names = ["CN/EXP-1", "\"EXP-1", "EXP-1\\\"", "\"P-1\"", "P-1\\\"", "\"IC-1\""];
        let other = text.contains("CN/E-1") || text.contains("\"E-1\"") || text.contains("\\\"E-1\\\"");
        let is = if receipt {
            hashes.iter().any(|hash| text.contains(hash))
        } else {
            !other && names.iter().any(|name| text.contains(name))
        };
        if !is {
            continue;
        }
        numbers.insert(seq);
        if let Event::MessageSigned(signed) = &entry.event {
            hashes.push(signed.message.hash().to_string());
        }
    }
    Ok(numbers)
}

#[test]
fn the_bundle_of_a_case_has_all_its_entries() -> Tested {
    let two = Two::new()?;
    // Another case begins: it must not be told with this one.
    two.ask(1)?;
    for (dir, kinds) in [
        (
            &two.cn,
            &[
                "ConfirmationRequested",
                "ExportPermitIssued",
                "ConsignmentDeparted",
                "MessageReceipted",
            ][..],
        ),
        (
            &two.kr,
            &[
                "ImportAuthorizationIssued",
                "RequestConfirmed",
                "ConsignmentArrived",
                "MessageReceipted",
            ],
        ),
    ] {
        let (_, numbers) = bundled(dir)?;
        let missing: Vec<u64> = expected(dir)?.difference(&numbers).copied().collect();
        let look = authority::look(dir)?;
        let mut found = BTreeSet::new();
        for seq in numbers.iter().chain(&missing) {
            let (bytes, _) = look.journal.entry(*seq)?.ok_or("a gap")?;
            let text = String::from_utf8(bytes.clone())?;
            assert!(!missing.contains(seq), "not in the bundle: {text}");
            assert!(!text.contains("CN/E-1") && !text.contains("\\\"E-1\\\""), "{text}");
            found.insert(Entry::parse(&bytes)?.event.kind());
        }
        for kind in kinds.iter().chain(&[
            "MessageSigned",
            "MessageReceived",
            "DecisionProposed",
            "DecisionApproved",
        ]) {
            assert!(found.contains(kind), "{kind} is not among {found:?}");
        }
    }
    Ok(())
}

#[test]
fn a_bundle_that_was_changed_is_refused() -> Tested {
    let two = Two::new()?;
    let (bundle, _) = bundled(&two.cn)?;
    let key = key_file(&two.cn)?;
    let told = |bundle: &Value| check_bundle(&bundle.to_string(), key.log_key(), &[]).err();
    let mut swapped = bundle.clone();
    swapped["entries"][0]["entry"] = bundle["entries"][1]["entry"].clone();
    assert_eq!(told(&swapped), Some(Reason::NotIncluded));
    let mut turned = bundle.clone();
    turned["entries"].as_array_mut().ok_or("no entries")?.swap(0, 1);
    assert_eq!(told(&turned), Some(Reason::EntriesUnordered));
    let of_korea = key_file(&two.kr)?;
    assert_eq!(
        check_bundle(&bundle.to_string(), of_korea.log_key(), &[]).err(),
        Some(Reason::NoteUnsigned)
    );
    // What cannot be bundled says why, and nothing is written.
    let (path, out) = beside(&two.cn, "none")?;
    for (args, code) in [
        (&["bundle", "--case", "CN/EXP-9", "-o", &out][..], "case_unknown"),
        (&["bundle", "--entries", "0,99999", "-o", &out], "entry_outside"),
    ] {
        assert!(refused(&two.cn, args)?.contains(code), "{code}");
        assert!(!path.exists());
    }
    // Named entries are put in order, and none is there twice.
    done(&two.cn, &["bundle", "--entries", "7,3,7", "-o", &out])?;
    let report = check_bundle(&std::fs::read_to_string(path)?, key.log_key(), &[]);
    assert_eq!(
        report.map(|report| report.facts["entries"].clone()).ok(),
        Some(serde_json::json!([3, 7]))
    );
    Ok(())
}

#[test]
fn a_checkpoint_is_proven_to_continue_an_older_one() -> Tested {
    let two = Two::new()?;
    let key = key_file(&two.cn)?;
    let (old, old_name) = beside(&two.cn, "old")?;
    let (new, new_name) = beside(&two.cn, "new")?;
    let (proof, proof_name) = beside(&two.cn, "consistency")?;
    std::fs::write(&old, authority::look(&two.cn)?.checkpoint.ok_or("no checkpoint")?)?;
    two.ask(1)?;
    let newest = [
        "consistency",
        "--after",
        &old_name,
        "--checkpoint",
        &new_name,
        "-o",
        &proof_name,
    ];
    done(&two.cn, &newest)?;
    let (older, newer) = (std::fs::read_to_string(&old)?, std::fs::read_to_string(&new)?);
    let hashes = std::fs::read_to_string(&proof)?;
    let told = |older: &str, newer: &str, proof: Option<&str>| {
        check_checkpoint(newer, key.log_key(), &[], Some(older), proof).err()
    };
    assert_eq!(told(&older, &newer, Some(&hashes)), None);
    assert_eq!(told(&older, &newer, None), Some(Reason::ConsistencyMissing));
    assert_eq!(told(&newer, &older, Some(&hashes)), Some(Reason::LogRolledBack));
    let mut lie: Value = serde_json::from_str(&hashes)?;
    lie["hashes"].as_array_mut().ok_or("no hashes")?.reverse();
    assert_eq!(
        told(&older, &newer, Some(&lie.to_string())),
        Some(Reason::ConsistencyBad)
    );
    // Two checkpoints that are there give the same; the wrong way round, and of another log, they give nothing.
    let between = |a: &str, b: &str| ["consistency", "--after", a, "--until", b, "-o", &proof_name].map(str::to_owned);
    let run = |args: [String; 7]| args;
    let good = run(between(&old_name, &new_name));
    done(&two.cn, &good.each_ref().map(String::as_str))?;
    assert_eq!(std::fs::read_to_string(&proof)?, hashes);
    let back = run(between(&new_name, &old_name));
    assert!(refused(&two.cn, &back.each_ref().map(String::as_str))?.contains("log_rolled_back"));
    assert!(refused(&two.kr, &good.each_ref().map(String::as_str))?.contains("the older checkpoint"));
    Ok(())
}

#[test]
fn a_checkpoint_of_another_past_is_not_continued() -> Tested {
    let two = Two::new()?;
    // The folder is copied, and both copies go on: one key signs two pasts.
    let copy = two.cn.with_extension("copy");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(&two.cn)
        .arg(&copy)
        .status()?;
    assert!(copied.success());
    two.ask(1)?;
    let act = |dir: &Path, number| {
        let with = serde_json::json!({ "export": "EXP-1", "reason": "another past" });
        crate::node::act(dir, number, "permit_officer:li", "withdraw_export", &with)
    };
    let (forked, forked_name) = beside(&two.cn, "forked")?;
    let (_, out) = beside(&two.cn, "proof")?;
    let (_, newest) = beside(&two.cn, "newest")?;
    let (mut number, mut code) = (0, String::new());
    // The copy grows entry by entry: first it is forked, and once it is longer than this journal, that is said.
    while !code.contains("log_rolled_back") {
        number += 1;
        act(&copy, number)?;
        std::fs::write(&forked, authority::look(&copy)?.checkpoint.ok_or("no checkpoint")?)?;
        let why = refused(
            &two.cn,
            &[
                "consistency",
                "--after",
                &forked_name,
                "--checkpoint",
                &newest,
                "-o",
                &out,
            ],
        )?;
        assert!(
            why.contains("log_forked") || (number > 1 && why.contains("log_rolled_back")),
            "{why}"
        );
        assert!(!Path::new(&out).exists());
        code = why;
    }
    Ok(())
}

#[test]
fn a_signed_year_comes_with_its_evidence() -> Tested {
    let folder = tempfile::tempdir()?;
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/exchange/statement-signed-with-zero.toml");
    let story = story.to_str().ok_or("no text")?;
    done(folder.path(), &["run", story, "--storage", "sqlite", "--quiet"])?;
    let (cn, kr) = (folder.path().join("CN"), folder.path().join("KR"));
    let (statement, statement_name) = beside(&cn, "statement")?;
    let (evidence, evidence_name) = beside(&cn, "evidence")?;
    let write = [
        "statement",
        "--year",
        "2024",
        "--out",
        &statement_name,
        "--evidence",
        &evidence_name,
    ];
    done(&cn, &write)?;
    let keys = [key_file(&cn)?, key_file(&kr)?];
    let (statement, evidence) = (std::fs::read_to_string(statement)?, std::fs::read_to_string(evidence)?);
    let report = check_statement(&statement, &keys, &[&evidence]).map_err(|why| format!("{why:?}"))?;
    assert_eq!(
        report.facts["signed_by_both"],
        serde_json::json!([{ "by": "KR", "country": "KR" }])
    );
    // Without the signature only one has signed; without the proposal there is nothing that was signed.
    let mut part: Value = serde_json::from_str(&evidence)?;
    assert_eq!(part["entries"].as_array().map(Vec::len), Some(2));
    let proposal = part["entries"].as_array_mut().ok_or("no entries")?.remove(0);
    let told = |part: &Value| check_statement(&statement, &keys, &[&part.to_string()]);
    assert_eq!(told(&part).err(), Some(Reason::ProposalMissing));
    part["entries"] = serde_json::json!([proposal]);
    let facts = told(&part).map(|report| report.facts["signed_by_both"].clone());
    assert_eq!(facts.ok(), Some(serde_json::json!([])));
    let none = ["statement", "--year", "2023", "--evidence", &evidence_name];
    assert!(refused(&cn, &none)?.contains("nothing_signed"));
    Ok(())
}
