//! Two real authorities pair from the shell, by two administrators each.

use std::path::Path;

use crate::Tested;
use crate::node::{Node, Step, done, free_port, json, refused};

fn init(dir: &Path, country: &str) -> Step<(String, String)> {
    let url = format!("https://{}.example", country.to_lowercase());
    done(
        dir,
        &[
            "init",
            "--country",
            country,
            "--name",
            &format!("Authority of {country}"),
            "--public-url",
            &url,
        ],
    )?;
    let path = dir.with_extension("key.json");
    let path = path.to_str().ok_or("no text")?.to_owned();
    let shown = json(dir, &["key", "file", "--out", &path])?;
    Ok((path, shown["fingerprint"].as_str().ok_or("no fingerprint")?.to_owned()))
}

fn commands_are_refused(dir: &Path) -> Tested {
    let file = dir.with_extension("ndjson");
    std::fs::write(&file, "{}\n")?;
    let why = refused(dir, &["submit", file.to_str().ok_or("no text")?])?;
    assert!(why.contains("not_entitled"), "{why}");
    Ok(())
}

#[test]
fn two_administrators_pair_and_nothing_else_goes_through_the_shell() -> Tested {
    let folder = tempfile::tempdir()?;
    let (cn, kr) = (folder.path().join("CN"), folder.path().join("KR"));
    init(&cn, "CN")?;
    let (file, fingerprint) = init(&kr, "KR")?;
    let a = ["--as", "administrator:a"];
    let b = ["--as", "administrator:b"];
    let propose = |fingerprint: &str| -> Vec<String> {
        let args = [
            "exchange",
            "pair",
            &file,
            "--fingerprint",
            fingerprint,
            "--as",
            "administrator:a",
        ];
        args.map(str::to_owned).to_vec()
    };
    let wrong = propose("0000-0000-0000-0000-0000-0000-0000-0000");
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    assert!(refused(&cn, &wrong)?.contains("fingerprint_differs"));
    // From here on a node runs: the same verbs go through its socket.
    let node = Node::start(&cn, free_port()?)?;
    commands_are_refused(&cn)?;
    let heard = propose(&fingerprint.to_uppercase().replace('-', " "));
    let heard: Vec<&str> = heard.iter().map(String::as_str).collect();
    let proposed = json(&cn, &heard)?;
    let seq = proposed["seq"].as_u64().ok_or("no entry")?.to_string();
    let approve = ["exchange", "pair", "--approve", &seq, "--read-back"];
    let same = [&approve[..], &[&fingerprint], &a].concat();
    assert!(refused(&cn, &same)?.contains("same_person"));
    let unheard = [&approve[..], &["0000"], &b].concat();
    assert!(refused(&cn, &unheard)?.contains("fingerprint_differs"));
    assert_eq!(
        json(&cn, &["exchange", "peers"])?["partners"].as_array().map(Vec::len),
        Some(0)
    );
    done(&cn, &[&approve[..], &[&fingerprint], &b].concat())?;
    let peers = json(&cn, &["exchange", "peers"])?;
    assert_eq!(peers["partners"][0]["fingerprint"], fingerprint.as_str());
    assert_eq!(peers["partners"][0]["url"], "https://kr.example");
    commands_are_refused(&cn)?;
    assert_eq!(node.stop()?, Some(0));
    done(&cn, &["fsck"])?;
    Ok(())
}

#[test]
fn the_socket_of_a_real_authority_takes_no_other_command() -> Tested {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir()?;
    // Longer than the system takes for the address of a socket.
    let dir = folder.path().join("a".repeat(120));
    init(&dir, "CN")?;
    let node = Node::start(&dir, free_port()?)?;
    let here = std::fs::File::open(&dir)?;
    let path = format!("/proc/self/fd/{}/socket", std::os::fd::AsRawFd::as_raw_fd(&here));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(dir.join("socket"))?.permissions());
    assert_eq!(mode & 0o777, 0o600);
    let mut stream = std::os::unix::net::UnixStream::connect(&path)?;
    let grant = r#"{"id":"018d7a00-0000-7000-8000-000000000001","as":"administrator:a","do":"grant_role","with":{"actor":"permit_officer:x"}}"#;
    let approve =
        r#"{"id":"018d7a00-0000-7000-8000-000000000002","as":"administrator:a","do":"approve","with":{"of":1}}"#;
    stream.write_all(format!("{grant}\n{approve}\n\n{{\"ask\":\"everything\"}}\n").as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut told = String::new();
    stream.read_to_string(&mut told)?;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(
        lines[0].contains("not_entitled") && lines[1].contains("not_entitled"),
        "{told}"
    );
    assert!(lines[2].contains("malformed"), "{told}");
    assert_eq!(lines[3], "{\"end\":4}");
    let mut stream = std::os::unix::net::UnixStream::connect(&path)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20)))?;
    let _ = stream.write_all(&vec![b'a'; (1 << 20) + 1]);
    let mut told = String::new();
    stream.read_to_string(&mut told)?;
    assert!(told.contains("\"failed\":\"malformed: line 1"), "{told}");
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}
