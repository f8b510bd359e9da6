//! How large codes are, and how long they take.

use std::time::Instant;

use permit::{CODE_CHARS_MAX, Permit, draw, open, sign};

use crate::made::{chinese, key, keys, latin, long};

/// Lines, names, codes, characters, bytes of the document's texts in names, version.
fn row(what: &str, permit: &Permit) -> (String, usize, i16) {
    let codes = sign(permit, &key(1)).unwrap();
    let longest = codes.texts().iter().map(String::len).max().unwrap();
    let version = codes
        .texts()
        .iter()
        .map(|code| draw(code).unwrap().version)
        .max()
        .unwrap();
    let row = format!("{what} | {} | {longest} | {version}", codes.texts().len());
    (row, longest, version)
}

fn lines(mut permit: Permit, count: usize) -> Permit {
    permit.lines = permit.lines.iter().cycle().take(count).cloned().collect();
    permit
}

#[test]
fn sizes_of_codes() {
    let cases = [
        ("one line, Latin", lines(latin(), 1)),
        ("two lines, Latin", latin()),
        ("one line, Chinese", lines(chinese(), 1)),
        ("two lines, Chinese", chinese()),
        ("twenty lines, all different", long()),
    ];
    let rows: Vec<_> = cases.iter().map(|(what, permit)| row(what, permit)).collect();
    let said: Vec<String> = rows.iter().map(|(row, _, _)| format!("//! | {row} |")).collect();
    println!("{}", said.join("\n"));
    for (row, longest, version) in rows.get(..4).unwrap() {
        assert!(*longest <= 702 && *version <= 20, "{row}");
    }
    let documented = include_str!("../../src/lib.rs");
    for row in &said {
        assert!(
            documented.contains(row.as_str()),
            "the table of sizes in lib.rs lacks {row}"
        );
    }
}

#[test]
fn a_name_of_sixty_bytes_is_sixty_bytes() {
    for permit in [latin(), chinese()] {
        assert_eq!((permit.exporter.name.len(), permit.importer.name.len()), (60, 60));
    }
}

#[test]
fn the_longest_code_is_what_version_25_holds() {
    assert_eq!(draw(&"A".repeat(CODE_CHARS_MAX)).unwrap().version, 25);
    assert_eq!(draw(&"A".repeat(CODE_CHARS_MAX + 1)).unwrap().version, 26);
    assert_eq!(draw(&"A".repeat(702)).unwrap().version, 20);
}

/// Told, not asserted.
#[test]
fn the_time_that_a_check_takes() {
    let codes = sign(&latin(), &key(1)).unwrap();
    let keys = keys();
    let began = Instant::now();
    for _ in 0..50 {
        open(codes.texts(), &keys).unwrap();
    }
    println!("a check takes {:?}", began.elapsed() / 50);
}
