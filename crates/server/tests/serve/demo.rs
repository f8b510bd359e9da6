//! The demonstration as it is served: all its authorities, their links, and messages between them.

use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Tested;
use crate::node::{Step, countersign, done, eventually, get, json};

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts it, and reads the document that it prints before it waits.
fn start(dir: &Path) -> Step<(Demo, Value)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_remove("COUNTERSIGN_DIR").arg("--dir").arg(dir);
    command.args(["demo", "--json", "--listen", "127.0.0.1:0"]);
    let mut demo = Demo(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?,
    );
    let output = BufReader::new(demo.0.stdout.take().ok_or("no output")?);
    let document = Value::deserialize(&mut serde_json::Deserializer::from_reader(output))?;
    Ok((demo, document))
}

fn stop(mut demo: Demo) -> Step<Option<i32>> {
    Command::new("kill").arg("-INT").arg(demo.0.id().to_string()).status()?;
    Ok(demo.0.wait()?.code())
}

/// Hands a command over; gives its entry.
fn submit(dir: &Path, number: u8, actor: &str, verb: &str, with: &Value) -> Step<u64> {
    let file = dir.with_extension("ndjson");
    let id = format!("018d7a00-0000-7000-8000-0000000000{number:02}");
    std::fs::write(
        &file,
        json!({ "id": id, "as": actor, "do": verb, "with": with }).to_string(),
    )?;
    let receipt: Value = serde_json::from_str(&done(dir, &["submit", file.to_str().ok_or("no text")?])?)?;
    receipt["seq"].as_u64().ok_or_else(|| receipt.to_string().into())
}

#[test]
fn every_authority_is_served_and_they_speak_to_each_other() -> Tested {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("demo");
    let (demo, document) = start(&dir)?;
    assert_eq!(
        (&document["authority"], &document["year"]),
        (&json!("CN"), &json!(2024))
    );
    let serving = document["serving"].as_object().ok_or("nothing is served")?;
    assert_eq!(serving.len(), 8);
    for (id, url) in serving {
        let port = url
            .as_str()
            .and_then(|url| url.strip_prefix("http://localhost:"))
            .ok_or("no port")?;
        assert_eq!(get(port.parse()?, "/health/ready")?.status, 200, "{id}");
    }
    let links = document["links"].as_array().ok_or("no links")?;
    for actor in [
        "permit_officer:lu",
        "approver:fang",
        "administrator:a",
        "administrator:b",
        "H-M1:hu",
    ] {
        let link = links
            .iter()
            .find(|link| link["authority"] == "CN" && link["actor"] == actor);
        let url = link.and_then(|link| link["url"].as_str()).ok_or(actor)?;
        assert!(
            serving["CN"].as_str().is_some_and(|served| url.starts_with(served)),
            "{url}"
        );
    }
    for link in links {
        let url = link["url"]
            .as_str()
            .and_then(|url| url.strip_prefix("http://localhost:"))
            .ok_or("no link")?;
        let (port, path) = url.split_once('/').ok_or("no path")?;
        let answer = get(port.parse()?, &format!("/{path}"))?;
        assert_eq!(answer.status, 200, "{link}");
    }
    // The Philippines take an authorization back; China hears of it where the nodes are now.
    let (cn, ph) = (dir.join("CN"), dir.join("PH"));
    let received = |dir: &Path| -> Step<Option<u64>> {
        let status = json(dir, &["exchange", "status"])?;
        let partners = status["partners"].as_array().ok_or("no partners")?.clone();
        let ph = partners.iter().find(|partner| partner["id"] == "PH");
        Ok(ph.and_then(|ph| ph["received"]["seq"].as_u64()))
    };
    let before = received(&cn)?.ok_or("nothing was received")?;
    let with = json!({ "authorization": "PH-IA-24-13", "reason": "The importer has moved" });
    let proposed = submit(&ph, 1, "permit_officer:reyes", "cancel_import_authorization", &with)?;
    submit(&ph, 2, "approver:santos", "approve", &json!({ "of": proposed }))?;
    eventually(|| Ok(received(&cn)? == Some(before + 1)))?;
    eventually(|| Ok(json(&ph, &["exchange", "status"])?["partners"][0]["unanswered"] == 0))?;
    assert_eq!(stop(demo)?, Some(0));
    for id in serving.keys() {
        done(&dir.join(id), &["fsck"])?;
    }
    // Where a port is taken, the authority that wanted it is named, and none is opened.
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let output = countersign(&dir, &["demo", "--listen", &address])?;
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr)?;
    assert!(
        said.contains("CN cannot be served") && said.contains(&address),
        "{said}"
    );
    Ok(())
}
