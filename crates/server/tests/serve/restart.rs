//! An authority whose last entries are lost for good: its log starts anew, and what its partner holds is put back.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Tested;
use crate::node::{Node, Step, Two, act, done, eventually, get, json, partner, refused};

/// The administrators of both authorities in the story.
const ADA: &str = "administrator:a";
const BEN: &str = "administrator:b";

fn text(path: &Path) -> Step<&str> {
    Ok(path.to_str().ok_or("no text")?)
}

/// CN has asked and been answered since its backup, and both nodes stopped; then its folder is lost, and restored.
fn lost(two: &Two) -> Step<PathBuf> {
    let backup = two.cn.with_extension("tar");
    done(&two.cn, &["backup", "--out", text(&backup)?])?;
    let (cn, kr) = (Node::start(&two.cn, two.cn_port)?, Node::start(&two.kr, two.kr_port)?);
    two.ask(1)?;
    eventually(|| Ok(partner(&two.cn)?["sent"] == 4 && partner(&two.cn)?["unanswered"] == 0))?;
    act(
        &two.kr,
        1,
        "permit_officer:jiho",
        "confirm",
        &json!({ "case": "CN/E-1" }),
    )?;
    eventually(|| Ok(partner(&two.kr)?["unanswered"] == 0 && partner(&two.cn)?["received"]["seq"] == 4))?;
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    fs::rename(&two.cn, two.cn.with_extension("lost"))?;
    done(&two.cn, &["restore", text(&backup)?])?;
    Ok(two.cn.with_extension("recalled"))
}

/// A partner that was not asked stops the restart, and so does a key file that tells of no other log.
fn what_stops_it(two: &Two, out: &Path, restart: &[&str]) -> Tested {
    let report = out.join("recalled.json");
    let whole = fs::read_to_string(&report)?;
    let mut unasked: Value = serde_json::from_str(&whole)?;
    unasked["partners"][0]["failed"] = json!("it did not answer");
    fs::write(&report, unasked.to_string())?;
    let stopped = refused(&two.cn, &[restart, &[BEN]].concat())?;
    assert!(stopped.contains("--without KR"), "{stopped}");
    fs::write(&report, whole)?;
    let plain = out.with_extension("plain.json");
    done(&two.kr, &["key", "file", "--out", text(&plain)?])?;
    let mut of_plain = [restart, &[BEN]].concat();
    of_plain[2] = text(&plain)?;
    let none = refused(&two.cn, &of_plain)?;
    assert!(none.contains("tells of no log that starts anew"), "{none}");
    Ok(())
}

/// Serves CN without a flag. What it says is not taken until two persons of KR have heard of its new log; then all goes on.
fn heard_and_taken(two: &Two, signed: &Path, back: &Value) -> Step<Node> {
    let path = two.cn.with_extension("log");
    let log = std::process::Stdio::from(fs::File::create(&path)?);
    let cn = Node::with(&two.cn, two.cn_port, &[], log)?;
    eventually(|| Ok(get(cn.port, "/health/ready").is_ok_and(|answer| answer.status == 200)))?;
    two.ask(2)?;
    eventually(|| Ok(fs::read_to_string(&path)?.contains("log_unknown: ")))?;
    assert_eq!(partner(&two.kr)?["received"]["seq"], 4);
    let heard = back["fingerprint"].as_str().ok_or("no fingerprint")?;
    let unheard = refused(&two.kr, &["key", "install", text(signed)?, "--as", ADA])?;
    assert!(unheard.contains("restart_unheard"), "{unheard}");
    let taken = json(
        &two.kr,
        &["key", "install", text(signed)?, "--fingerprint", heard, "--as", ADA],
    )?;
    let seq = taken["seq"].to_string();
    let unread = refused(&two.kr, &["key", "install", "--approve", &seq, "--as", BEN])?;
    assert!(unread.contains("fingerprint_missing"), "{unread}");
    done(
        &two.kr,
        &["key", "install", "--approve", &seq, "--read-back", heard, "--as", BEN],
    )?;
    eventually(|| Ok(partner(&two.kr)?["received"]["seq"] == 5 && partner(&two.cn)?["unanswered"] == 0))?;
    act(
        &two.kr,
        2,
        "permit_officer:jiho",
        "confirm",
        &json!({ "case": "CN/E-2" }),
    )?;
    eventually(|| Ok(partner(&two.cn)?["received"]["seq"] == 5))?;

    Ok(cn)
}

#[test]
fn a_log_that_starts_anew_gets_back_what_its_partner_holds_and_goes_on() -> Tested {
    let two = Two::new()?;
    let out = lost(&two)?;
    let recalled = text(&out)?;
    let request = out.with_extension("request.json");
    let none = refused(
        &two.cn,
        &["key", "restart-log", "--recalled", recalled, "--out", text(&request)?],
    )?;
    assert!(none.contains("ask the partners first"), "{none}");
    let held = json(&two.cn, &["exchange", "recall", "--out", recalled])?;
    assert!(held["partners"][0]["failed"].is_string(), "{held}");
    let kr = Node::start(&two.kr, two.kr_port)?;
    let held = json(&two.cn, &["exchange", "recall", "--out", recalled])?;
    assert_eq!(held["partners"][0]["lost"], 1, "{held}");
    assert_eq!(held["partners"][0]["messages"], 1, "{held}");

    let asked = json(
        &two.cn,
        &["key", "restart-log", "--recalled", recalled, "--out", text(&request)?],
    )?;
    assert_eq!(asked["lost_up_to"], held["partners"][0]["seen"], "{asked}");
    let signed = out.with_extension("signed.json");
    let root = two.cn.join("keys/root.key");
    done(
        &two.cn,
        &[
            "key",
            "sign",
            text(&request)?,
            "--root-key",
            text(&root)?,
            "--out",
            text(&signed)?,
        ],
    )?;
    let file: Value = serde_json::from_str(&fs::read_to_string(&signed)?)?;
    let restart = [
        "exchange",
        "restart",
        text(&signed)?,
        "--recalled",
        recalled,
        "--as",
        ADA,
        "--approved-by",
    ];
    let alone = refused(&two.cn, &[&restart[..], &[ADA]].concat())?;
    assert!(alone.contains("same_person"), "{alone}");
    what_stops_it(&two, &out, &restart)?;
    let back = json(&two.cn, &[&restart[..], &[BEN]].concat())?;
    assert_eq!(
        back["partners"][0],
        json!({ "partner": "KR", "own": 1, "holds": 1, "theirs": 1 }),
        "{back}"
    );
    // Again, as after a process that did not come to its end: nothing is put back twice.
    let again = json(&two.cn, &[&restart[..], &[BEN]].concat())?;
    assert_eq!(again["partners"][0]["own"], 0, "{again}");
    done(&two.cn, &["fsck"])?;

    let cn = heard_and_taken(&two, &signed, &back)?;

    // Both show for ever what has happened.
    let overview = get(cn.port, "/public/statement/2024.json")?;
    let ended = &serde_json::from_slice::<Value>(&overview.body)?["log"]["ended"][0];
    assert_eq!(ended["size"], asked["lost_up_to"], "{ended}");
    assert_eq!(file["restarted"]["log_key"], ended["log_key"]);
    let checkpoint = get(cn.port, "/log/checkpoint")?;
    let name = file["log_key"]
        .as_str()
        .and_then(|key| key.split('+').next())
        .ok_or("no name")?;
    assert!(String::from_utf8(checkpoint.body)?.starts_with(name));
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    for dir in [&two.cn, &two.kr] {
        done(dir, &["fsck"])?;
    }
    Ok(())
}

#[test]
fn a_log_that_lost_nothing_does_not_start_anew() -> Tested {
    let two = Two::new()?;
    let kr = Node::start(&two.kr, two.kr_port)?;
    let out = two.cn.with_extension("recalled");
    let held = json(&two.cn, &["exchange", "recall", "--out", text(&out)?])?;
    assert_eq!(held["whole"], true, "{held}");
    let request = out.with_extension("request.json");
    let why = refused(
        &two.cn,
        &[
            "key",
            "restart-log",
            "--recalled",
            text(&out)?,
            "--out",
            text(&request)?,
        ],
    )?;
    assert!(why.contains("log_continues"), "{why}");
    assert_eq!(kr.stop()?, Some(0));
    Ok(())
}
