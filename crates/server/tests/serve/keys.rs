//! Keys that change while two nodes run, a key that is given up, and a log that another authority witnesses.

use std::fs;
use std::path::Path;

use crate::Tested;
use crate::node::{Node, Step, Two, done, eventually, free_port, get, json, partner, raw, refused};

fn text(path: &Path) -> Step<&str> {
    path.to_str().ok_or_else(|| "no text".into())
}

/// Two administrators take a file that a root key has signed.
fn install(dir: &Path, file: &Path) -> Tested {
    let proposed = json(dir, &["key", "install", text(file)?, "--as", "administrator:a"])?;
    let of = proposed["seq"].to_string();
    json(dir, &["key", "install", "--approve", &of, "--as", "administrator:b"])?;
    Ok(())
}

#[test]
fn a_key_changes_and_is_given_up_while_two_nodes_run() -> Tested {
    let two = Two::new()?;
    let (cn, kr) = (Node::start(&two.cn, two.cn_port)?, Node::start(&two.kr, two.kr_port)?);
    // The root key lies elsewhere.
    let elsewhere = tempfile::tempdir()?;
    let root = elsewhere.path().join("root.key");
    fs::rename(two.cn.join("keys/root.key"), &root)?;
    let (request, signed) = (
        elsewhere.path().join("request.json"),
        elsewhere.path().join("signed.json"),
    );
    let made = json(&two.cn, &["key", "request", "--out", text(&request)?, "--days", "365"])?;
    let why = refused(&two.cn, &["key", "install", text(&request)?, "--as", "administrator:a"])?;
    assert!(why.contains("key_file_bad"), "{why}");
    let args = [
        "key",
        "sign",
        text(&request)?,
        "--root-key",
        text(&root)?,
        "--out",
        text(&signed)?,
    ];
    let by_root = json(elsewhere.path(), &args)?;
    assert_eq!(by_root["kid"], made["kid"]);
    assert!(
        refused(elsewhere.path(), &args)?.contains("exists"),
        "nothing is written over"
    );
    install(&two.cn, &signed)?;
    let keys = |dir: &Path| -> Step<usize> {
        let peers = json(dir, &["exchange", "peers"])?;
        Ok(peers["partners"][0]["keys"].as_array().map_or(0, Vec::len))
    };
    eventually(|| Ok(keys(&two.kr)? == 2 && partner(&two.cn)?["unanswered"] == 0))?;
    two.ask(1)?;
    eventually(|| Ok(partner(&two.cn)?["unanswered"] == 0 && partner(&two.cn)?["queued"] == 0))?;
    let again = json(&two.kr, &["key", "install", text(&signed)?, "--as", "administrator:a"])?;
    assert!(
        again["known"]
            .as_str()
            .is_some_and(|known| known.starts_with("trust_file_known")),
        "{again}"
    );

    // The old key is given up; the new one speaks on.
    let peers = json(&two.kr, &["exchange", "peers"])?;
    let old = peers["partners"][0]["keys"][0]["kid"]
        .as_str()
        .ok_or("no key")?
        .to_owned();
    let statement = elsewhere.path().join("untrusted.json");
    let since = "2024-01-01T00:00:00Z";
    let args = [
        "key",
        "untrust",
        "--id",
        "CN",
        "--kid",
        &old,
        "--since",
        since,
        "--root-key",
        text(&root)?,
        "--out",
        text(&statement)?,
    ];
    done(elsewhere.path(), &args)?;
    install(&two.kr, &statement)?;
    install(&two.cn, &statement)?;
    let peers = json(&two.kr, &["exchange", "peers"])?;
    assert_eq!(peers["partners"][0]["keys"][0]["untrusted_since"], since);
    two.ask(2)?;
    eventually(|| Ok(partner(&two.cn)?["unanswered"] == 0 && partner(&two.cn)?["queued"] == 0))?;
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    for dir in [&two.cn, &two.kr] {
        done(dir, &["fsck"])?;
    }
    Ok(())
}

/// The fields of an authority's key file.
fn key_file(dir: &Path) -> Step<serde_json::Value> {
    let out = dir.with_extension("key");
    done(dir, &["key", "file", "--out", text(&out)?])?;
    Ok(serde_json::from_str(&fs::read_to_string(out)?)?)
}

#[test]
fn a_node_is_witnessed_by_another_and_shows_it() -> Tested {
    let folder = tempfile::tempdir()?;
    let (log, witness) = (folder.path().join("log"), folder.path().join("witness"));
    for dir in [&log, &witness] {
        json(dir, &["bench", "--events", "300", "--batch", "100"])?;
    }
    let (of_log, of_witness) = (key_file(&log)?, key_file(&witness)?);
    let (log_key, cosigner) = (
        of_log["log_key"].as_str().ok_or("no key")?,
        of_witness["cosignature_key"].as_str().ok_or("no key")?,
    );
    let port = free_port()?;
    fs::write(witness.join("witness.toml"), format!("[[log]]\nkey = \"{log_key}\"\n"))?;
    let own = format!("need = 1\n[[witness]]\nkey = \"{cosigner}\"\nurl = \"http://127.0.0.1:{port}/exchange/v1\"\n");
    fs::write(log.join("witness.toml"), own)?;
    let (witness, node) = (Node::start(&witness, port)?, Node::start(&log, free_port()?)?);
    eventually(|| Ok(json(&log, &["exchange", "status"])?["witnessed"]["size"].is_u64()))?;
    let status = json(&log, &["exchange", "status"])?;
    assert_eq!(status["witnessed"]["size"], status["size"]);
    eventually(|| {
        let note = String::from_utf8(get(node.port, "/log/checkpoint")?.body)?;
        Ok(tlog::verify_all(&note, &[log_key, cosigner]).is_ok_and(|verified| verified.cosignatures.len() == 1))
    })?;
    // Whoever comes with another old size is told the one that is known.
    let note = String::from_utf8(get(node.port, "/log/checkpoint")?.body)?;
    let body = format!("old 0\n\n{note}");
    let request = format!(
        "POST /exchange/v1/add-checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(witness.port, request.as_bytes())?;
    assert_eq!(answer.status, 409);
    assert!(
        answer.head.contains("content-type: text/x.tlog.size"),
        "{}",
        answer.head
    );
    assert_eq!(answer.body, format!("{}\n", status["size"]).into_bytes());
    assert_eq!((node.stop()?, witness.stop()?), (Some(0), Some(0)));
    Ok(())
}
