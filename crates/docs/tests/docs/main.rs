//! The documents say what the code does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop where it stands"
)]

mod vectors;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use docs::{parts, with_part};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_documents_are_up_to_date() {
    let mut wanted: BTreeMap<PathBuf, String> = BTreeMap::new();
    for part in parts() {
        let path = root().join("docs").join(part.document);
        let text = wanted
            .entry(path.clone())
            .or_insert_with(|| fs::read_to_string(&path).unwrap_or_default());
        let updated = with_part(text, &part);
        *text = updated.unwrap_or_else(|| panic!("{} has no marks for {:?}", part.document, part.name));
    }
    for (path, text) in wanted {
        if std::env::var_os("UPDATE_DOCS").is_some() {
            write(&path, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{} is stale: run UPDATE_DOCS=1 cargo test -p docs",
            path.display()
        );
    }
}

/// Writes a document at once, so that no other test reads half of it.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}

/// The lists of the documentation name every list of the domain.
#[test]
fn no_refusal_is_left_out() {
    let mut declared = 0;
    let mut folders = vec![root().join("crates/domain/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                declared += text.matches("\nrefusals! {").count();
            }
        }
    }
    assert_eq!(
        declared,
        docs::nouns(),
        "a noun's refusals are missing in crates/docs/src/refusals.rs"
    );
}

/// Every local link of every document leads somewhere.
#[test]
fn links_lead_somewhere() {
    let mut folders = vec![root().join("docs")];
    let mut documents: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .map(|name| root().join(name))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if entry.path().extension().is_some_and(|extension| extension == "md") {
                documents.push(entry.path());
            }
        }
    }
    for document in documents {
        let text = fs::read_to_string(&document).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let beside = document.parent().unwrap_or(Path::new(""));
            let target = if file.is_empty() {
                document.clone()
            } else {
                beside.join(file)
            };
            assert!(target.exists(), "{}: {link} leads nowhere", document.display());
            if !anchor.is_empty() {
                let headings = fs::read_to_string(&target).unwrap_or_default();
                let found = headings
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| anchor_of(line) == anchor);
                assert!(found, "{}: {link} names no heading", document.display());
            }
        }
    }
}

/// A heading's anchor: lower case, no punctuation, hyphens for spaces.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
