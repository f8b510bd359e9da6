//! A running authority as its callers see it: receipts, repeats, restarts, recovery and fsck.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

mod partners;
mod peer;
mod recall;
mod restart;
mod rotation;
mod witness;

use std::path::Path;

use authority::{Authority, AuthorityError, MadeBy, NewAuthority, Outcome, Place, Receipt, fsck, look};
use domain::{Command, Envelope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

const START: &str = "2024-01-01T08:00:00Z";

fn start() -> Timestamp {
    START.parse().unwrap()
}

fn id(at: Timestamp, number: u8) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(at.as_millisecond()).unwrap(), &[number; 10]).into_uuid()
}

fn new() -> NewAuthority {
    NewAuthority {
        id: "CN".to_owned(),
        name: "A competent authority".to_owned(),
        country: "CN".to_owned(),
        province: None,
        zone: None,
        origin: None,
        books_from: None,
        administrators: ["a".to_owned(), "b".to_owned()],
        url: None,
        key_seed: [7; 32],
        command_id: id(start(), 0),
        random: [9; 32],
    }
}

fn in_folder(folder: &Path) -> Authority {
    Authority::create(
        Place::create(folder, "CN", "sqlite:", MadeBy::Run).unwrap(),
        &new(),
        start(),
    )
    .unwrap()
}

fn envelope(at: Timestamp, number: u8, actor: &str, verb: &str, with: &Value) -> Envelope {
    let command = Command::parse(verb, &with.to_string()).unwrap();
    Envelope::new(id(at, number), actor.parse().unwrap(), command, [number; 32])
}

fn one(authority: &Authority, at: Timestamp, envelope: Envelope) -> Receipt {
    authority.submit(at, vec![envelope]).unwrap().remove(0)
}

fn grant(number: u8, actor: &str) -> Envelope {
    envelope(
        start(),
        number,
        "administrator:a",
        "grant_role",
        &json!({ "actor": actor }),
    )
}

fn after(days: i64) -> Timestamp {
    start().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

fn seq(receipt: &Receipt) -> u64 {
    match receipt.outcome {
        Outcome::Done { seq, .. } => seq,
        Outcome::Refused { ref code, .. } => panic!("refused {code}"),
    }
}

/// An authority with one officer, and what it was given.
fn with_an_officer(authority: &Authority) -> u64 {
    let of = seq(&one(authority, start(), grant(1, "licensing_officer:li")));
    one(
        authority,
        start(),
        envelope(start(), 2, "administrator:b", "approve", &json!({ "of": of })),
    );
    of
}

#[test]
fn a_receipt_names_the_entry_that_the_journal_holds() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    let receipt = one(&authority, start(), grant(1, "licensing_officer:li"));
    let Outcome::Done { seq, count: 1, leaf } = receipt.outcome else {
        panic!("{receipt:?}")
    };
    let (bytes, stored) = authority.read(|journal| journal.entry(seq)).unwrap().unwrap();
    assert_eq!(stored, leaf);
    assert_eq!(tlog::leaf_hash(&bytes), leaf);
    let entry: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(entry["command_id"], receipt.id.to_string());
    assert_eq!(entry["kind"], "DecisionProposed");
}

#[test]
fn the_same_command_twice_gets_the_first_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    let first = one(&authority, start(), grant(1, "licensing_officer:li"));
    let size = authority.state().size;
    let again = one(&authority, start(), grant(1, "licensing_officer:li"));
    assert!(again.repeat);
    assert_eq!(again.outcome, first.outcome);
    let other = one(&authority, start(), grant(1, "permit_officer:li"));
    assert_eq!(other.outcome.code(), Some("command_id_reused"));
    assert_eq!(authority.state().size, size, "neither is journaled");
}

#[test]
fn a_refusal_is_repeated_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    let refused = |authority: &Authority| {
        let with = json!({ "actor": "administrator:a" });
        one(
            authority,
            start(),
            envelope(start(), 3, "administrator:a", "grant_role", &with),
        )
    };
    let first = refused(&authority);
    assert_eq!(first.outcome.code(), Some("grant_exists"));
    let again = refused(&authority);
    assert!(again.repeat);
    assert_eq!(again.outcome, first.outcome);
}

#[test]
fn a_command_of_long_ago_is_found_in_the_register() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    let first = one(&authority, start(), grant(1, "licensing_officer:li"));
    // The state forgets after 72 hours; entries push the old ones out.
    for day in 1..=9_u8 {
        let at = after(i64::from(day));
        let with = json!({ "actor": format!("inspector:p{day}") });
        one(
            &authority,
            at,
            envelope(at, day, "administrator:a", "grant_role", &with),
        );
    }
    let again = one(&authority, after(10), grant(1, "licensing_officer:li"));
    assert!(again.repeat);
    assert_eq!(again.outcome, first.outcome);
    let other = one(&authority, after(10), grant(1, "permit_officer:li"));
    assert_eq!(other.outcome.code(), Some("command_id_reused"));
}

#[test]
fn a_restart_finds_everything_and_the_state_has_one_hash() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    let committed = authority.state().hash().unwrap();
    authority.close().unwrap();
    let report = fsck(folder.path()).unwrap();
    assert_eq!(report.differences, []);
    assert_eq!(report.state, Some(committed));
    let authority = Authority::open(folder.path()).unwrap();
    assert_eq!(authority.state().hash().unwrap(), committed);
    assert!(
        one(&authority, after(1), grant(1, "licensing_officer:li")).repeat,
        "ids survive a restart"
    );
}

#[test]
fn a_restart_without_snapshots_gives_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    let committed = authority.state().hash().unwrap();
    authority.close().unwrap();
    for wrong in [&b""[..], b"countersign st01 and then nonsense"] {
        let snapshots: Vec<_> = std::fs::read_dir(folder.path().join("snapshots")).unwrap().collect();
        for snapshot in snapshots {
            std::fs::write(snapshot.unwrap().path(), wrong).unwrap();
        }
        let authority = Authority::open(folder.path()).unwrap();
        assert_eq!(authority.state().hash().unwrap(), committed);
        authority.close().unwrap();
    }
}

#[test]
fn a_register_that_is_gone_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    authority.close().unwrap();
    std::fs::remove_file(folder.path().join("register.db")).unwrap();
    assert_eq!(fsck(folder.path()).unwrap().differences, []);
    let authority = Authority::open(folder.path()).unwrap();
    authority.drain().unwrap();
    authority.close().unwrap();
    assert_eq!(fsck(folder.path()).unwrap().differences, []);
}

#[test]
fn one_process_owns_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    assert!(matches!(Authority::open(folder.path()), Err(AuthorityError::Locked(_))));
    assert!(matches!(look(folder.path()).map(drop), Err(AuthorityError::Locked(_))));
    authority.close().unwrap();
    drop(look(folder.path()).unwrap());
}

#[test]
fn a_folder_is_founded_once() {
    let folder = tempfile::tempdir().unwrap();
    in_folder(folder.path()).close().unwrap();
    let again = Place::create(folder.path(), "CN", "sqlite:", MadeBy::Run);
    assert!(matches!(again, Err(AuthorityError::Folder(..))));
}

#[test]
fn a_journal_that_lost_its_end_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    authority.close().unwrap();
    let journal = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    journal
        .execute("DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)", [])
        .unwrap();
    drop(journal);
    assert!(matches!(
        Authority::open(folder.path()),
        Err(AuthorityError::Broken(_) | AuthorityError::Log(_))
    ));
    assert!(!fsck(folder.path()).unwrap().differences.is_empty());
}

#[test]
fn another_key_does_not_sign_for_this_journal() {
    let folder = tempfile::tempdir().unwrap();
    in_folder(folder.path()).close().unwrap();
    let stranger = tlog::LogKey::generate("countersign/CN/00000000", [1; 32]).unwrap();
    std::fs::write(folder.path().join("keys").join("log.key"), stranger.to_text()).unwrap();
    assert!(matches!(Authority::open(folder.path()), Err(AuthorityError::Broken(_))));
}

#[test]
fn every_entry_has_a_proof_that_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    let key = authority.log_key();
    authority.close().unwrap();
    let look = look(folder.path()).unwrap();
    for seq in 0..look.state.size {
        let (bytes, proof) = authority::proof(&*look.journal, seq).unwrap();
        let text = proof.to_text().unwrap();
        let checkpoint = tlog::ProofFile::parse(&text).unwrap().verify(&bytes, &key).unwrap();
        assert_eq!(checkpoint.size, look.state.size);
    }
    assert!(authority::proof(&*look.journal, look.state.size).is_err());
}

#[test]
fn many_submitters_are_all_answered_and_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    let before = authority.state().size;
    std::thread::scope(|scope| {
        for number in 1..=8_u8 {
            let authority = &authority;
            scope.spawn(move || {
                for round in 0..20_i64 {
                    let at = start().checked_add(SignedDuration::from_secs(round)).unwrap();
                    let with = json!({ "actor": format!("inspector:p{number}-{round}") });
                    let receipt = one(
                        authority,
                        at,
                        envelope(at, number, "administrator:a", "grant_role", &with),
                    );
                    assert!(!receipt.repeat);
                    seq(&receipt);
                }
            });
        }
    });
    assert_eq!(authority.state().size, before + 160);
    authority.close().unwrap();
    assert_eq!(fsck(folder.path()).unwrap().differences, []);
}

#[test]
fn a_command_too_large_for_the_log_is_refused_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    let trainer = seq(&one(&authority, start(), grant(1, "trainer:tan")));
    one(
        &authority,
        start(),
        envelope(start(), 2, "administrator:b", "approve", &json!({ "of": trainer })),
    );
    with_holder(&authority);
    let session = json!({ "id": "T-1", "title": "Storage", "held_on": "2024-01-01" });
    seq(&one(
        &authority,
        start(),
        envelope(start(), 20, "trainer:tan", "hold_session", &session),
    ));
    let persons: Vec<String> = (0..5000).map(|number| format!("person-{number:09}")).collect();
    let attendance = json!({ "session": "T-1", "holder": "H-1", "persons": persons });
    let size = authority.state().size;
    let receipt = one(
        &authority,
        start(),
        envelope(start(), 21, "trainer:tan", "record_attendance", &attendance),
    );
    assert_eq!(receipt.outcome.code(), Some("command_too_large"));
    assert_eq!(authority.state().size, size, "nothing is recorded");
    let few = json!({ "session": "T-1", "holder": "H-1", "persons": ["zhang"] });
    seq(&one(
        &authority,
        start(),
        envelope(start(), 22, "trainer:tan", "record_attendance", &few),
    ));
    authority.close().unwrap();
    assert_eq!(fsck(folder.path()).unwrap().differences, []);
}

fn with_holder(authority: &Authority) {
    let of = seq(&one(authority, start(), grant(10, "licensing_officer:li")));
    one(
        authority,
        start(),
        envelope(start(), 11, "administrator:b", "approve", &json!({ "of": of })),
    );
    let holder = json!({ "id": "H-1", "name": "A holder" });
    seq(&one(
        authority,
        start(),
        envelope(start(), 12, "licensing_officer:li", "register_holder", &holder),
    ));
}

#[test]
fn a_checkpoint_signed_for_another_root_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    authority.close().unwrap();
    let text = std::fs::read_to_string(folder.path().join("keys").join("log.key")).unwrap();
    let key = tlog::LogKey::parse(text.trim()).unwrap();
    let journal = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    let size: i64 = journal
        .query_row("SELECT max(size) FROM checkpoint", [], |row| row.get(0))
        .unwrap();
    let checkpoint = tlog::Checkpoint {
        origin: key.origin().to_owned(),
        size: u64::try_from(size).unwrap(),
        root: [5; 32],
    };
    let note = tlog::sign(&checkpoint, &key).unwrap();
    journal
        .execute("UPDATE checkpoint SET note = ?1 WHERE size = ?2", (note, size))
        .unwrap();
    drop(journal);
    let differences = fsck(folder.path()).unwrap().differences;
    assert_eq!(differences.first().unwrap().place, "checkpoint");
    assert!(
        matches!(Authority::open(folder.path()), Err(AuthorityError::Broken(_))),
        "nor is it gone on from"
    );
}

#[test]
fn a_register_that_says_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let authority = in_folder(folder.path());
    with_an_officer(&authority);
    authority.close().unwrap();
    let register = rusqlite::Connection::open(folder.path().join("register.db")).unwrap();
    register.execute("UPDATE entry SET actor = 'auditor:eve'", []).unwrap();
    drop(register);
    let differences = fsck(folder.path()).unwrap().differences;
    assert_eq!(differences.first().unwrap().place, "register.db");
}

#[test]
fn a_snapshot_of_another_journal_is_not_taken() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let authority = in_folder(ours.path());
    one(&authority, start(), grant(1, "licensing_officer:li"));
    let committed = authority.state().hash().unwrap();
    authority.close().unwrap();
    let other = in_folder(theirs.path());
    one(&other, start(), grant(1, "inspector:eve"));
    assert_ne!(other.state().hash().unwrap(), committed);
    other.close().unwrap();
    for snapshot in std::fs::read_dir(theirs.path().join("snapshots")).unwrap() {
        let snapshot = snapshot.unwrap();
        let ours = ours.path().join("snapshots").join(snapshot.file_name());
        assert!(ours.exists(), "both journals have the same size");
        std::fs::copy(snapshot.path(), ours).unwrap();
    }
    let authority = Authority::open(ours.path()).unwrap();
    assert_eq!(authority.state().hash().unwrap(), committed);
    authority.close().unwrap();
}
