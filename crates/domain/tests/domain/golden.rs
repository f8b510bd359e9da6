//! One example of every kind of entry, byte for byte. A released kind is never edited, so its file never changes, and
//! does not depend on what other tests do. The files of new kinds are written with `UPDATE_GOLDEN=1`, from `golden.txt` of
//! the ledger, and what it lacks from that of trade.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use domain::Entry;
use domain::journal::KINDS;

use crate::scripts::whole_life;
use crate::trade;
use crate::world::reread;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn bytes(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    entry.write(&mut bytes).expect("an entry has bytes");
    bytes.push(b'\n');
    bytes
}

/// The richest entry of each kind in a history that has all: of two, the longer shows more fields.
fn examples() -> BTreeMap<&'static str, Entry> {
    let mut examples: BTreeMap<&'static str, Entry> = BTreeMap::new();
    let at_home = whole_life().journal;
    let at_home_alone: BTreeSet<&str> = at_home.iter().map(|entry| entry.event.kind()).collect();
    let abroad = trade::whole_life().worlds.into_iter().flat_map(|world| world.journal);
    let near = trade::next_door().worlds.into_iter().flat_map(|world| world.journal);
    // The lives of two countries have told the other kinds.
    let own = ["SiteShared", "SiteWithdrawn", "DifferenceResolved"];
    let near = near.filter(|entry| own.contains(&entry.event.kind()));
    let abroad = abroad.filter(|entry| !at_home_alone.contains(entry.event.kind()));
    for entry in at_home.into_iter().chain(abroad).chain(near) {
        let kind = entry.event.kind();
        if examples
            .get(kind)
            .is_none_or(|known| bytes(known).len() < bytes(&entry).len())
        {
            examples.insert(kind, entry);
        }
    }
    examples
}

#[test]
fn every_kind_of_entry_has_its_exact_bytes() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(folder()).expect("a folder");
        for (kind, entry) in examples() {
            std::fs::write(folder().join(format!("{kind}.json")), bytes(&entry)).expect("a golden file");
        }
    }
    for kind in KINDS {
        let path = folder().join(format!("{kind}.json"));
        let golden = std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let entry = Entry::parse(&golden).unwrap_or_else(|why| panic!("{kind}: {why}"));
        assert_eq!(entry.event.kind(), *kind);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&bytes(&entry)), text(&golden), "the bytes of {kind} have changed");
        assert_eq!(reread(&entry), entry, "{kind} is read back as another entry");
    }
}

/// The same fields, though not the same values: an example that has lost or gained a field is no example any more.
#[test]
fn golden_files_have_the_fields_that_entries_have_now() {
    for (kind, entry) in examples() {
        let golden = std::fs::read(folder().join(format!("{kind}.json"))).expect("a golden file");
        let fields = |bytes: &[u8]| {
            let entry: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
            entry["data"]
                .as_object()
                .expect("an object")
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(&bytes(&entry)), fields(&golden), "{kind}");
    }
}

#[test]
fn one_history_has_every_kind_of_entry() {
    let examples = examples();
    for kind in KINDS {
        assert!(examples.contains_key(kind), "golden.txt makes no {kind}");
    }
}

#[test]
fn every_golden_file_is_of_a_kind() {
    for file in std::fs::read_dir(folder()).expect("the golden files") {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        assert!(
            KINDS.iter().any(|kind| name == format!("{kind}.json")),
            "{name} is of no kind"
        );
    }
}

/// Bytes that are no entry of ours are refused, and never half understood.
#[test]
fn what_is_no_entry_is_not_read() {
    let golden = std::fs::read_to_string(folder().join("MovementRecorded.json")).expect("a golden file");
    for (from, to, why) in [
        (r#""v":1"#, r#""v":2"#, "version 2 of MovementRecorded is not known"),
        (
            r#""kind":"MovementRecorded""#,
            r#""kind":"MovementX""#,
            "unknown kind of entry",
        ),
        (r#""seq":"#, r#""sequence":"#, "missing field `seq`"),
        (r#""movement":"#, r#""extra":1,"movement":"#, "unknown field `extra`"),
        (r#""salt":""#, r#""salt":"A"#, "is not 16 bytes in base64"),
        (
            r#""command_hash":""#,
            r#""command_hash":"A"#,
            "is not 32 bytes in base64",
        ),
        ("}}", r#"},"more":1}"#, "an entry ends with its data"),
    ] {
        let changed = if to.starts_with("},") {
            format!(
                "{},\"more\":1}}",
                golden.trim_end().strip_suffix('}').expect("an entry ends")
            )
        } else {
            golden.replacen(from, to, 1)
        };
        assert_ne!(changed, golden, "{from}");
        let error = Entry::parse(changed.as_bytes()).expect_err(to).to_string();
        assert!(error.contains(why), "{from}: {error}");
    }
}
