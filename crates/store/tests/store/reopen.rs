//! What a file-based engine finds again, and what it refuses to open.

use std::fs;

use rusqlite::Connection;
use store::{RegisterState, StoreError};

use crate::material::{append, chunk, created, read, sqlite, tile, written};

#[test]
fn everything_durable_is_there_after_a_drop() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    append(&mut *stores.journal, 1_500, &[tile(1, 0)]).unwrap();
    stores.journal.put_checkpoint(1_500, "note").unwrap();
    stores.register.flush(&chunk(0, 1_400)).unwrap();
    stores.register.mark_clean().unwrap();
    let content = stores.register.reader().unwrap().content_hash().unwrap();
    drop(stores);

    assert!(sqlite().holds_journal(folder.path()));
    let mut stores = store::open(folder.path(), &sqlite()).unwrap();
    assert_eq!(stores.journal.size(), 1_500);
    assert_eq!(
        (stores.register.state(), stores.register.cursor()),
        (RegisterState::Clean, 1_400)
    );
    assert_eq!(stores.register.reader().unwrap().content_hash(), Ok(content));
    append(&mut *stores.journal, 10, &[]).unwrap();
    let reader = store::open_journal_reader(folder.path(), &sqlite()).unwrap();
    assert_eq!(read(&*reader, 0, 2_000), written(0, 1_510));
    assert_eq!(reader.latest_checkpoint(), Ok(Some((1_500, "note".into()))));
    assert_eq!(reader.integrity(), Ok(Vec::new()));
}

#[test]
fn a_register_dropped_unclean_is_emptied_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    append(&mut *stores.journal, 300, &[]).unwrap();
    stores.register.flush(&chunk(0, 100)).unwrap();
    stores.register.flush(&chunk(100, 300)).unwrap();
    let content = stores.register.reader().unwrap().content_hash().unwrap();
    // The process ends here, after the flush and before the register is marked clean.
    drop(stores);

    let mut stores = store::open(folder.path(), &sqlite()).unwrap();
    assert_eq!(
        (stores.register.state(), stores.register.cursor()),
        (RegisterState::Unclean, 0)
    );
    stores.register.flush(&chunk(0, 300)).unwrap();
    assert_eq!(stores.register.reader().unwrap().content_hash(), Ok(content));
    stores.register.mark_clean().unwrap();
    drop(stores);
    assert_eq!(
        store::open(folder.path(), &sqlite()).unwrap().register.state(),
        RegisterState::Clean
    );
}

#[test]
fn a_journal_ahead_of_its_register_is_caught_up_from_the_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    append(&mut *stores.journal, 100, &[]).unwrap();
    stores.register.flush(&chunk(0, 100)).unwrap();
    stores.register.mark_clean().unwrap();
    // The process ends here, after the append and before the flush.
    append(&mut *stores.journal, 50, &[]).unwrap();
    drop(stores);

    let stores = store::open(folder.path(), &sqlite()).unwrap();
    assert_eq!(stores.register.state(), RegisterState::Clean);
    assert_eq!((stores.register.cursor(), stores.journal.size()), (100, 150));
}

#[test]
fn a_missing_or_unreadable_register_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    stores.register.flush(&chunk(0, 100)).unwrap();
    stores.register.mark_clean().unwrap();
    drop(stores);
    let path = folder.path().join("register.db");
    fs::remove_file(&path).unwrap();
    assert_eq!(
        store::open(folder.path(), &sqlite()).unwrap().register.state(),
        RegisterState::New
    );
    for content in [
        "",
        "this is no database, but it is long enough to be mistaken for one by its size",
    ] {
        fs::write(&path, content).unwrap();
        let stores = store::open(folder.path(), &sqlite()).unwrap();
        assert_eq!(
            (stores.register.state(), stores.register.cursor()),
            (RegisterState::Unclean, 0)
        );
    }
    // A register of another version is derived as well: there is nothing in it to lose.
    Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    assert_eq!(
        store::open(folder.path(), &sqlite()).unwrap().register.state(),
        RegisterState::Unclean
    );
}

#[test]
fn a_journal_is_not_created_twice_nor_opened_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!sqlite().holds_journal(folder.path()));
    let missing = store::open(folder.path(), &sqlite()).err().unwrap();
    assert!(
        matches!(&missing, StoreError::Unavailable { what } if what.contains("does not exist")),
        "{missing}"
    );
    assert!(
        !folder.path().join("journal.db").exists(),
        "a failed opening leaves nothing behind"
    );
    append(&mut *created(folder.path()).journal, 3, &[]).unwrap();
    let twice = store::create(folder.path(), &sqlite()).err().unwrap();
    assert!(
        matches!(&twice, StoreError::Refused { what } if what.contains("is there already")),
        "{twice}"
    );
    assert_eq!(store::open(folder.path(), &sqlite()).unwrap().journal.size(), 3);
}

#[test]
fn a_strangers_file_and_a_newer_one_are_left_alone() {
    for file in ["journal.db", "register.db", "local.db"] {
        let folder = tempfile::tempdir().unwrap();
        drop(created(folder.path()));
        let path = folder.path().join(file);
        let check = |sql: &str, sentence: &str| {
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            let before = fs::read(&path).unwrap();
            let error = store::open(folder.path(), &sqlite()).err().unwrap();
            assert!(
                matches!(error, StoreError::Foreign { .. }) && error.to_string().contains(sentence),
                "{error}"
            );
            assert_eq!(fs::read(&path).unwrap(), before);
        };
        if file != "register.db" {
            check("PRAGMA user_version = 1000", "made by a newer program");
        }
        check("PRAGMA application_id = 7", "some other program's database");
    }
}

#[test]
fn a_second_writer_meets_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = created(folder.path()).journal;
    let mut second = store::open(folder.path(), &sqlite()).unwrap().journal;
    append(&mut *first, 3, &[]).unwrap();
    assert_eq!(
        append(&mut *second, 2, &[]),
        Err(StoreError::Conflict { expected: 0, found: 3 })
    );
    assert_eq!(read(&*first.reader().unwrap(), 0, 10), written(0, 3));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &str| {
        let engine = format!("sqlite:{path}").parse().unwrap();
        let error = store::create(folder.path(), &engine).err().unwrap();
        let is_named = matches!(&error, StoreError::Unavailable { what } if what.contains(path));
        assert!(is_named, "{path}: {error:?}");
    };
    fs::write(folder.path().join("a-file"), "").unwrap();
    check("a-file");
    check("no-such-folder");
    fs::create_dir_all(folder.path().join("taken/journal.db")).unwrap();
    check("taken");
}

#[test]
fn a_lock_that_is_not_ours_is_busy_and_nothing_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    append(&mut *stores.journal, 10, &[]).unwrap();
    let other = Connection::open(folder.path().join("journal.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(append(&mut *stores.journal, 10, &[]), Err(StoreError::Busy));
    other.execute_batch("ROLLBACK").unwrap();
    append(&mut *stores.journal, 10, &[]).unwrap();
    assert_eq!(read(&*stores.journal.reader().unwrap(), 0, 100), written(0, 20));
}

#[test]
fn views_name_what_the_numbers_mean() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    stores.register.flush(&chunk(0, 40)).unwrap();
    let connection = Connection::open(folder.path().join("register.db")).unwrap();
    let sql = "SELECT occurred_on || '|' || site || '|' || item || '|' || coalesce(peer, '-') || '|' || amount
        FROM movement_named WHERE seq = 4";
    let row: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(row, "2023-12-13|Site 1|fentanyl 0.1 mg ampoule|-|-4000000028");
    let sql = "SELECT recorded_at FROM entry_dated WHERE seq = 7";
    let at: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(at, "2023-12-16T00:00:00.000Z");
    let sql = "SELECT recorded_on || code FROM refusal_dated WHERE seq = 9";
    let on: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(on, "2023-12-18estimate_exceeded");
}
