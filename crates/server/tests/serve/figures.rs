//! What a node tells whoever watches it, and what it writes to its running log.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::Stdio;

use crate::Tested;
use crate::node::{Node, Step, Two, eventually, free_port, get, post};

/// Every sample by its name and labels; each must belong to a family with a help and a type.
fn samples(text: &str) -> Step<BTreeMap<String, u64>> {
    let mut samples = BTreeMap::new();
    let (mut help, mut family) = ("", "");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split(' ').next().ok_or("no name")?;
            assert!(rest.len() > help.len() + 5, "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or("no type")?;
            assert_eq!(name, help);
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            family = name;
        } else {
            let (name, value) = line.rsplit_once(' ').ok_or("no value")?;
            assert_eq!(name.split('{').next(), Some(family), "{line}");
            let twice = samples.insert(name.to_owned(), value.parse()?);
            assert_eq!(twice, None, "{line}");
        }
    }
    Ok(samples)
}

#[test]
fn figures_are_told_on_an_address_of_their_own() -> Tested {
    let two = Two::new()?;
    let admin = free_port()?;
    let address = format!("127.0.0.1:{admin}");
    let node = Node::with(&two.cn, two.cn_port, &["--admin-listen", &address], Stdio::null())?;
    eventually(|| Ok(get(node.port, "/health/ready").is_ok_and(|answer| answer.status == 200)))?;
    let figures = || -> Step<BTreeMap<String, u64>> {
        let answer = get(admin, "/metrics")?;
        assert_eq!(answer.status, 200);
        assert!(
            answer.head.contains("content-type: text/plain; version=0.0.4"),
            "{}",
            answer.head
        );
        samples(str::from_utf8(&answer.body)?)
    };
    let before = figures()?;
    assert_eq!(before.get("countersign_halted"), Some(&0));
    assert!(
        before
            .get("countersign_resident_bytes")
            .is_some_and(|bytes| *bytes > 1 << 20)
    );
    assert!(
        before
            .get("countersign_journal_bytes")
            .is_some_and(|bytes| *bytes > 1 << 14)
    );
    assert_eq!(before.get("countersign_partner_unanswered{partner=\"KR\"}"), Some(&0));
    two.ask(1)?;
    post(node.port, b"nonsense")?;
    post(node.port, b"nonsense")?;
    get(node.port, "/x/y?token=z")?;
    let entries = "countersign_journal_entries";
    eventually(|| {
        let after = figures()?;
        Ok(after.get("countersign_partner_unanswered{partner=\"KR\"}") == Some(&1)
            && after.get(entries) > before.get(entries)
            && after.get("countersign_checkpoint_entries") == after.get(entries))
    })?;
    let after = figures()?;
    let is = |name: &str, value| assert_eq!(after.get(name), Some(&value), "{name} of {after:?}");
    is(
        "countersign_messages_total{outcome=\"rejected\",code=\"message_unreadable\"}",
        2,
    );
    is("countersign_requests_total{class=\"exchange\",status=\"4xx\"}", 2);
    is("countersign_requests_total{class=\"pages\",status=\"4xx\"}", 1);
    // Neither address serves what belongs to the other.
    assert_ne!(get(node.port, "/metrics")?.status, 200);
    assert_eq!(get(admin, "/health/live")?.status, 404);
    assert_eq!(get(admin, "/log/checkpoint")?.status, 404);
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn an_event_is_a_line_with_its_moment_and_nothing_that_is_secret() -> Tested {
    let two = Two::new()?;
    for format in ["text", "json"] {
        let path = two.cn.with_extension(format);
        let node = Node::with(
            &two.cn,
            two.cn_port,
            &["--log", format],
            Stdio::from(File::create(&path)?),
        )?;
        eventually(|| Ok(get(node.port, "/health/ready").is_ok_and(|answer| answer.status == 200)))?;
        get(node.port, "/enrol/hush-hush?token=hush-hush")?;
        post(node.port, b"hush-hush")?;
        assert_eq!(node.stop()?, Some(0));
        let log = std::fs::read_to_string(&path)?;
        assert!(!log.contains("hush-hush"), "{log}");
        assert!(log.contains("rejected message_unreadable"), "{log}");
        for line in log.lines() {
            let (at, says) = if format == "json" {
                let line: serde_json::Value = serde_json::from_str(line)?;
                let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
                (text("at"), format!("{}: {}", text("who"), text("says")))
            } else {
                let (at, says) = line.split_once(' ').ok_or("no moment")?;
                (at.to_owned(), says.to_owned())
            };
            assert!(at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok(), "{line}");
            assert!(says.starts_with("CN: "), "{line}");
        }
    }
    Ok(())
}
