//! Backups of running nodes, and what may be done with them.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::Tested;
use crate::node::{Node, Step, Two, done, eventually, get, json, partner, refused};

fn text(path: &Path) -> Step<&str> {
    Ok(path.to_str().ok_or("no text")?)
}

fn backup(dir: &Path, out: &Path) -> Step<Value> {
    json(dir, &["backup", "--out", text(out)?])
}

/// The parts of a backup, each with where its bytes begin and how many there are.
fn parts(backup: &Path) -> Step<Vec<(String, u64, u64)>> {
    let mut archive = tar::Archive::new(fs::File::open(backup)?);
    let mut parts = Vec::new();
    for entry in archive.entries()? {
        let entry = entry?;
        let path = entry.path()?.to_str().ok_or("no text")?.to_owned();
        parts.push((path, entry.raw_file_position(), entry.size()));
    }
    Ok(parts)
}

/// A copy of a file with one bit turned over.
fn turned(file: &Path, at: u64) -> Step<PathBuf> {
    let copy = file.with_extension("damaged");
    fs::copy(file, &copy)?;
    let mut open = fs::OpenOptions::new().read(true).write(true).open(&copy)?;
    let mut byte = [0; 1];
    open.seek(SeekFrom::Start(at))?;
    open.read_exact(&mut byte)?;
    open.seek(SeekFrom::Start(at))?;
    open.write_all(&[byte[0] ^ 1])?;
    Ok(copy)
}

#[test]
fn a_backup_of_a_node_under_load_holds_together_elsewhere() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    let ended = AtomicBool::new(false);
    let (mut backups, mut asked) = (Vec::new(), Ok(0));
    let made: Tested = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut number = 0;
            while !ended.load(Ordering::SeqCst) {
                number += 1;
                two.ask(number).map_err(|error| error.to_string())?;
            }
            Ok::<u32, String>(number)
        });
        let back_up = |number: u32| -> Step<(PathBuf, u64)> {
            let out = two.cn.with_extension(format!("{number}.tar"));
            let made = backup(&two.cn, &out)?;
            Ok((out, made["entries"].as_u64().ok_or("no entries")?))
        };
        let made = (0..4).try_for_each(|number| {
            std::thread::sleep(std::time::Duration::from_millis(700));
            backups.push(back_up(number)?);
            Ok(())
        });
        ended.store(true, Ordering::SeqCst);
        asked = load
            .join()
            .map_err(|_| "the load failed".to_owned())
            .and_then(|asked| asked);
        made
    });
    made?;
    assert!(asked? > 2, "there was no load");
    assert!(backups.windows(2).all(|two| two[0].1 < two[1].1), "{backups:?}");
    assert_eq!(node.stop()?, Some(0));
    for (file, entries) in &backups {
        assert_eq!(fs::metadata(file)?.permissions().mode() & 0o777, 0o600);
        let dir = file.with_extension("restored");
        let restored = json(&dir, &["restore", text(file)?])?;
        assert_eq!(restored["entries"].as_u64(), Some(*entries));
        let checked = json(&dir, &["fsck"])?;
        assert_eq!(
            (&checked["ok"], &checked["root"]),
            (&Value::Bool(true), &restored["root"])
        );
        assert_eq!(fs::metadata(&dir)?.permissions().mode() & 0o777, 0o700);
        assert_eq!(
            fs::metadata(dir.join("keys/log.key"))?.permissions().mode() & 0o777,
            0o600
        );
    }
    // A node at rest is backed up in the same way, and nothing is left beside the file.
    let out = two.cn.with_extension("last.tar");
    backup(&two.cn, &out)?;
    assert!(!out.with_extension("tar.unfinished").exists());
    assert!(refused(&two.cn, &["backup", "--out", text(&out)?])?.contains("is there already"));
    let inside = two.cn.join("files/backup.tar");
    assert!(refused(&two.cn, &["backup", "--out", text(&inside)?])?.contains("lies in the folder"));
    Ok(())
}

/// A key of a company's system.
fn key() -> store::ApiKey {
    store::ApiKey {
        id: "1".to_owned(),
        key_hash: [7; 32],
        actor: "H-1:li".to_owned(),
        label: "Storeroom".to_owned(),
        made_by: "li".to_owned(),
        made_at_us: 1,
        used_at_us: None,
        ended_at_us: None,
    }
}

#[test]
fn a_restored_journal_goes_on_only_once_somebody_has_accepted_that() -> Tested {
    let two = Two::new()?;
    let file = two.cn.with_extension("tar");
    let engine: store::Engine = "sqlite:".parse()?;
    store::open(&two.cn, &engine)?.local.put_api_key(&key())?;
    backup(&two.cn, &file)?;
    let dir = two.cn.with_extension("restored");
    let said = done(&dir, &["restore", text(&file)?])?;
    // It may have been ended since.
    let kept = store::open(&dir, &engine)?.local.api_keys()?;
    assert!(
        kept.iter().all(|key| key.ended_at_us.is_some()) && kept.len() == 1,
        "{kept:?}"
    );
    assert!(said.contains("systems are ended (1)"), "{said}");
    assert!(
        said.contains("KR has cosigned ") && said.contains("--accept-restored-journal"),
        "{said}"
    );
    for verb in [
        &["serve"][..],
        &["exchange", "status"],
        &["backup", "--out", "/dev/null"],
    ] {
        let verb = [verb, &["--quiet"]].concat();
        let why = refused(&dir, &verb)?;
        assert!(why.contains("journal_restored") || verb[0] == "backup", "{why}");
    }
    let port = two.cn_port;
    let node = Node::with(&dir, port, &["--accept-restored-journal"], std::process::Stdio::null())?;
    eventually(|| Ok(get(port, "/health/ready").is_ok_and(|answer| answer.status == 200)))?;
    // A running node is not restored over, whatever the backup has.
    assert!(refused(&dir, &["restore", text(&file)?])?.contains("log_would_fork"));
    assert_eq!(node.stop()?, Some(0));
    let node = Node::start(&dir, port)?;
    assert_eq!(node.stop()?, Some(0));
    done(&dir, &["exchange", "status"])?;
    Ok(())
}

#[test]
fn nothing_is_restored_over_anything() -> Tested {
    let two = Two::new()?;
    let (early, late) = (two.cn.with_extension("early.tar"), two.cn.with_extension("late.tar"));
    backup(&two.cn, &early)?;
    two.ask(1)?;
    backup(&two.cn, &late)?;
    for file in [&early, &late] {
        let why = refused(&two.cn, &["restore", text(file)?])?;
        assert!(why.contains("log_would_fork"), "{why}");
    }
    let before = two.cn.with_extension("before");
    done(&before, &["restore", text(&early)?])?;
    let why = refused(&before, &["restore", text(&late)?])?;
    assert!(why.contains("folder_not_empty") && why.contains("fewer"), "{why}");
    let why = refused(&two.kr, &["restore", text(&late)?])?;
    assert!(why.contains("folder_not_empty"), "{why}");
    done(&two.cn, &["fsck"])?;
    done(&two.kr, &["fsck"])?;
    Ok(())
}

#[test]
fn damage_is_named_by_its_part_and_leaves_nothing_behind() -> Tested {
    let two = Two::new()?;
    let file = two.cn.with_extension("tar");
    backup(&two.cn, &file)?;
    let dir = two.cn.with_extension("restored");
    let whole = parts(&file)?;
    assert_eq!(whole.len(), 9, "{whole:?}");
    for (part, from, bytes) in &whole {
        for at in [*from, from + bytes / 2, from + bytes - 1] {
            let why = refused(&dir, &["restore", text(&turned(&file, at)?)?])?;
            let named = part == "manifest.sha256" || why.contains(&format!("backup_damaged: {part}: "));
            assert!(named, "{part} at {at}: {why}");
            assert!(!dir.exists(), "{part}");
        }
        // The entry's head: its name, its length, its sum.
        for at in [0, 124, 148] {
            let why = refused(&dir, &["restore", text(&turned(&file, from - 512 + at)?)?])?;
            assert!(why.contains(&format!("backup_damaged: {part}: ")), "{part} head: {why}");
        }
        let short = file.with_extension("short");
        fs::copy(&file, &short)?;
        fs::OpenOptions::new()
            .write(true)
            .open(&short)?
            .set_len(from + bytes / 2)?;
        let why = refused(&dir, &["restore", text(&short)?])?;
        assert!(why.contains(&format!("backup_damaged: {part}: ")), "{part} cut: {why}");
    }
    // An empty folder that somebody made stays, whatever comes of it.
    fs::create_dir(&dir)?;
    refused(&dir, &["restore", text(&turned(&file, whole[4].1)?)?])?;
    assert_eq!(fs::read_dir(&dir)?.count(), 0);
    done(&dir, &["restore", text(&file)?])?;
    Ok(())
}

/// A backup whose manifest is changed, and fits its hash again.
fn forged(file: &Path, change: impl FnOnce(&mut Value), add: Option<&str>) -> Step<PathBuf> {
    let out = file.with_extension("forged");
    let mut archive = tar::Archive::new(fs::File::open(file)?);
    let mut parts = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        parts.push((entry.path()?.to_str().ok_or("no text")?.to_owned(), bytes));
    }
    let mut manifest: Value = serde_json::from_slice(&parts[0].1)?;
    change(&mut manifest);
    parts[0].1 = serde_json::to_vec(&manifest)?;
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&parts[0].1);
    let hex = digest
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    parts[1].1 = format!("{hex}  manifest.json\n").into_bytes();
    let add = add.map(|name| (name.to_owned(), b"more".to_vec()));
    let mut archive = tar::Builder::new(fs::File::create(&out)?);
    for (name, bytes) in parts.into_iter().chain(add) {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        archive.append(&header, bytes.as_slice())?;
    }
    archive.finish()?;
    Ok(out)
}

#[test]
fn a_forged_backup_writes_nowhere_else_and_changes_no_entry() -> Tested {
    let two = Two::new()?;
    let file = two.cn.with_extension("tar");
    backup(&two.cn, &file)?;
    let dir = two.cn.with_extension("restored");
    let restore = |file: PathBuf| -> Step<String> { refused(&dir, &["restore", text(&file)?]) };
    for path in ["../evil", "/tmp/evil", "keys/../../evil", "register.db", "keys/.hidden"] {
        let why = restore(forged(
            &file,
            |manifest| manifest["parts"][3]["path"] = path.into(),
            None,
        )?)?;
        assert!(why.contains("is no part of an authority"), "{path}: {why}");
    }
    for add in ["../evil", "keys/more.key", "register.db"] {
        let why = restore(forged(&file, |_| (), Some(add))?)?;
        assert!(why.contains("more than the manifest lists"), "{add}: {why}");
    }
    let twice = |manifest: &mut Value| manifest["parts"][4] = manifest["parts"][3].clone();
    assert!(restore(forged(&file, twice, None)?)?.contains("listed twice"));
    let fewer = |manifest: &mut Value| drop(manifest["parts"].as_array_mut().map(|parts| parts.remove(1)));
    assert!(restore(forged(&file, fewer, None)?)?.contains("backup_damaged: journal.db"));
    for key in ["entries", "checkpoint", "authority", "format"] {
        let why = restore(forged(
            &file,
            |manifest| manifest[key] = if key == "entries" { 7.into() } else { "x".into() },
            None,
        )?)?;
        assert!(why.contains("backup_damaged: "), "{key}: {why}");
    }
    assert!(!dir.exists() && !dir.with_file_name("evil").exists());
    done(&dir, &["restore", text(&forged(&file, |_| (), None)?)?])?;
    Ok(())
}

#[test]
fn a_partner_that_has_seen_more_refuses_what_goes_on_from_an_older_backup() -> Tested {
    let two = Two::new()?;
    let file = two.cn.with_extension("tar");
    backup(&two.cn, &file)?;
    let (cn, kr) = (Node::start(&two.cn, two.cn_port)?, Node::start(&two.kr, two.kr_port)?);
    two.ask(1)?;
    eventually(|| Ok(partner(&two.cn)?["sent"] == 4 && partner(&two.cn)?["unanswered"] == 0))?;
    let seen = partner(&two.kr)?["received"]["log_size"].as_u64();
    assert_eq!(cn.stop()?, Some(0));
    fs::rename(&two.cn, two.cn.with_extension("lost"))?;
    let restored = json(&two.cn, &["restore", text(&file)?])?;
    assert!(
        restored["entries"].as_u64() < seen,
        "the partner can tell that there was more"
    );
    // Before it goes on, the partner tells what it holds, and nothing is written here.
    let out = two.cn.with_extension("recalled");
    let held = json(&two.cn, &["exchange", "recall", "--out", text(&out)?])?;
    assert_eq!(held["whole"], false, "{held}");
    let of_kr = &held["partners"][0];
    assert_eq!(
        (of_kr["seen"].as_u64(), &of_kr["continues"]),
        (seen, &Value::Bool(false)),
        "{held}"
    );
    let lost = fs::read_to_string(out.join("KR-lost.jose"))?;
    assert_eq!(
        of_kr["lost"].as_u64(),
        Some(u64::try_from(lost.lines().count())?),
        "{held}"
    );
    assert!(lost.lines().count() > 0);
    let path = two.cn.with_extension("log");
    let log = std::process::Stdio::from(fs::File::create(&path)?);
    let cn = Node::with(&two.cn, two.cn_port, &["--accept-restored-journal"], log)?;
    eventually(|| Ok(get(cn.port, "/health/ready").is_ok_and(|answer| answer.status == 200)))?;
    two.ask(2)?;
    eventually(|| Ok(fs::read_to_string(&path)?.contains("KR: message 4: equivocation: ")))?;
    let kept = partner(&two.kr)?;
    assert_eq!(kept["received"]["seq"], 4);
    assert_eq!(
        kept["equivocations"].as_array().map(Vec::len),
        Some(1),
        "both are kept as evidence"
    );
    eventually(|| Ok(partner(&two.cn)?["alarms"][0]["ours"] == true))?;
    let heard = partner(&two.cn)?["alarms"][0]["code"].clone();
    assert!(
        heard == "log_rolled_back" || heard == "log_forked",
        "both sides know: {heard}"
    );
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    Ok(())
}
