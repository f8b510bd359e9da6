//! What every engine's register does.

use store::{Backwards, CommandRow, Hash, MovementRow, RegisterState, Rows, Span, StoreError, Stores, month_of_day};

use crate::material::{chunk, command_id, leaf, movement};

const ALL: Span = Span {
    from_day: i32::MIN,
    to_day: i32::MAX,
    after: None,
    limit: usize::MAX,
};

fn content(stores: &Stores) -> Hash {
    stores.register.reader().unwrap().content_hash().unwrap()
}

pub fn a_new_register_wants_seq_0(mut stores: Stores) {
    stores.register.flush(&Rows::default()).unwrap();
    assert_eq!(
        (stores.register.state(), stores.register.cursor()),
        (RegisterState::New, 0)
    );
    let reader = stores.register.reader().unwrap();
    assert_eq!(reader.cursor(), Ok(0));
    assert_eq!(reader.movements_of_site(0, &ALL), Ok(Vec::new()));
    assert_eq!(reader.command(&command_id(0)), Ok(None));
}

pub fn a_flush_moves_the_cursor_and_answers_queries(mut stores: Stores) {
    let reader = stores.register.reader().unwrap();
    stores.register.flush(&chunk(0, 100)).unwrap();
    stores.register.flush(&chunk(100, 200)).unwrap();
    assert_eq!((stores.register.cursor(), reader.cursor()), (200, Ok(200)));
    let command = CommandRow {
        id: command_id(150),
        seq: 150,
        count: 1,
        hash: leaf(150),
    };
    assert_eq!(reader.command(&command_id(150)), Ok(Some(command)));
    assert_eq!(reader.command(&command_id(200)), Ok(None));
    let wanted = [("estimate_exceeded".to_owned(), 10), ("licence_expired".to_owned(), 10)];
    assert_eq!(reader.refusals_by_code(i32::MIN, i32::MAX), Ok(wanted.to_vec()));
    assert_eq!(
        reader.refusals_by_code(19_709, 19_719),
        Ok(wanted.map(|(code, _)| (code, 1)).to_vec())
    );
    let refusals = chunk(0, 200).refusals;
    assert_eq!(reader.refusals(i32::MIN, i32::MAX, 0, 99), Ok(refusals.clone()));
    assert_eq!(reader.refusals(19_709, 19_739, 10, 2), Ok(refusals[1..3].to_vec()));
    let mut entries = chunk(0, 200).entries;
    entries.retain(|entry| entry.subject == "LIC-3");
    assert_eq!(reader.entries_of_subject("LIC-3", 0, 99), Ok(entries.clone()));
    assert_eq!(
        reader.entries_of_subject("LIC-3", entries[1].seq, 1),
        Ok(entries[1..2].to_vec())
    );
}

pub fn entries_are_found_backwards_by_kind_and_actor(mut stores: Stores) {
    let mut rows = chunk(0, 200);
    for (place, row) in rows.entries.iter_mut().enumerate() {
        if place % 3 == 0 {
            row.kind = "LicenceRevoked".into();
        }
        row.actor = ["approver:li", "H-1/clerk:li", "approver:bali", "li"][place % 4].into();
    }
    stores.register.flush(&rows).unwrap();
    let reader = stores.register.reader().unwrap();
    let all = Backwards {
        from_seq: 0,
        before_seq: u64::MAX,
        kind: None,
        actor: None,
        limit: usize::MAX,
    };
    let looked = |is_wanted: &dyn Fn(&store::EntryRow) -> bool| {
        let found = rows.entries.iter().rev().filter(|row| is_wanted(row));
        Ok(found.cloned().collect::<Vec<_>>())
    };
    assert_eq!(reader.entries_backwards(&all), looked(&|_| true));
    let (kind, actor) = (Some("LicenceRevoked"), Some("approver:li"));
    assert_eq!(
        reader.entries_backwards(&Backwards { kind, ..all }),
        looked(&|row| row.kind == "LicenceRevoked")
    );
    assert_eq!(
        reader.entries_backwards(&Backwards { kind, actor, ..all }),
        looked(&|row| row.kind == "LicenceRevoked" && row.actor == "approver:li")
    );
    let person = Backwards {
        actor: Some("li"),
        ..all
    };
    assert_eq!(
        reader.entries_backwards(&person),
        looked(&|row| row.actor == "li" || row.actor.ends_with(":li")),
        "a person is found in every capacity, and no other whose id ends alike"
    );
    let page = Backwards {
        from_seq: 30,
        before_seq: 90,
        limit: 5,
        ..all
    };
    let mut pages = looked(&|row| (30..90).contains(&row.seq)).unwrap();
    pages.truncate(5);
    assert_eq!(reader.entries_backwards(&page), Ok(pages));
    assert_eq!(
        reader.entries_backwards(&Backwards { from_seq: 90, ..page }),
        Ok(Vec::new())
    );
}

pub fn rows_outside_of_the_chunk_are_a_conflict(mut stores: Stores) {
    stores.register.flush(&chunk(0, 100)).unwrap();
    let before = content(&stores);
    let conflict = |expected| Err(StoreError::Conflict { expected, found: 100 });
    assert_eq!(
        stores.register.flush(&chunk(90, 120)),
        conflict(90),
        "rows that are there already"
    );
    assert_eq!(
        stores.register.flush(&chunk(0, 50)),
        conflict(50),
        "a cursor that goes back"
    );
    assert_eq!(
        stores.register.flush(&Rows {
            to_seq: 110,
            ..chunk(100, 120)
        }),
        conflict(110),
        "rows beyond the end"
    );
    assert_eq!((stores.register.cursor(), content(&stores)), (100, before));
}

pub fn the_order_of_rows_does_not_matter(mut stores: Stores) {
    let mut rows = chunk(0, 300);
    stores.register.flush(&rows).unwrap();
    let before = content(&stores);
    rows.names.reverse();
    rows.movements.reverse();
    rows.commands.reverse();
    rows.entries.reverse();
    rows.refusals.reverse();
    stores.register.clear().unwrap();
    stores.register.flush(&rows).unwrap();
    assert_eq!(content(&stores), before);
}

pub fn the_first_holder_of_a_command_id_keeps_it(mut stores: Stores) {
    let row = |seq, id| CommandRow {
        id,
        seq,
        count: 2,
        hash: leaf(seq),
    };
    let id = command_id(1);
    let commands = vec![row(4, id), row(2, id), row(3, command_id(3))];
    stores
        .register
        .flush(&Rows {
            to_seq: 5,
            commands,
            ..Rows::default()
        })
        .unwrap();
    stores
        .register
        .flush(&Rows {
            to_seq: 7,
            commands: vec![row(6, id)],
            ..Rows::default()
        })
        .unwrap();
    assert_eq!(stores.register.reader().unwrap().command(&id), Ok(Some(row(2, id))));
}

/// Movements on days of many months, some of them before 1970, each later seq on an earlier day.
fn scattered() -> Vec<MovementRow> {
    (0..120)
        .map(|seq| movement(seq, 700 - 13 * i32::try_from(seq).unwrap()))
        .collect()
}

/// What a query must find, by looking at every row.
fn wanted(rows: &[MovementRow], span: &Span, is_wanted: impl Fn(&MovementRow) -> bool) -> Vec<MovementRow> {
    let days = span.from_day..=span.to_day;
    let mut found: Vec<_> = rows
        .iter()
        .filter(|row| days.contains(&row.day) && is_wanted(row))
        .copied()
        .collect();
    found.sort_by_key(|row| (month_of_day(row.day), row.seq));
    found.truncate(span.limit);
    found
}

pub fn movements_are_found_by_site_and_batch_across_months(mut stores: Stores) {
    let movements = scattered();
    stores
        .register
        .flush(&Rows {
            to_seq: 120,
            movements: movements.clone(),
            ..Rows::default()
        })
        .unwrap();
    let reader = stores.register.reader().unwrap();
    let spans = [
        (i32::MIN, i32::MAX),
        (0, 0),
        (-40, 45),
        (100, 300),
        (300, 100),
        (687, i32::MAX),
        (i32::MIN, -800),
    ];
    for (from_day, to_day) in spans {
        let span = Span {
            from_day,
            to_day,
            ..ALL
        };
        for number in 0..6 {
            let of_site = wanted(&movements, &span, |row| row.site == number);
            assert_eq!(
                reader.movements_of_site(number, &span),
                Ok(of_site),
                "site {number} in {span:?}"
            );
            let of_batch = wanted(&movements, &span, |row| row.batch == number);
            assert_eq!(
                reader.movements_of_batch(number, &span),
                Ok(of_batch),
                "batch {number} in {span:?}"
            );
        }
    }
}

pub fn movements_come_in_pages(mut stores: Stores) {
    let movements = scattered();
    stores
        .register
        .flush(&Rows {
            to_seq: 120,
            movements: movements.clone(),
            ..Rows::default()
        })
        .unwrap();
    let reader = stores.register.reader().unwrap();
    let span = Span {
        from_day: -600,
        to_day: 650,
        after: None,
        limit: 7,
    };
    let (mut found, mut page) = (Vec::new(), span);
    loop {
        let rows = reader.movements_of_site(1, &page).unwrap();
        let Some(last) = rows.last() else { break };
        assert!(rows.len() <= 7);
        page.after = Some((last.day, last.seq));
        found.extend(rows);
    }
    assert_eq!(
        found,
        wanted(
            &movements,
            &Span {
                limit: usize::MAX,
                ..span
            },
            |row| row.site == 1
        )
    );
    assert_eq!(reader.movements_of_site(1, &Span { limit: 0, ..span }), Ok(Vec::new()));
}

pub fn movements_come_in_reverse_too(mut stores: Stores) {
    let movements = scattered();
    stores
        .register
        .flush(&Rows {
            to_seq: 120,
            movements: movements.clone(),
            ..Rows::default()
        })
        .unwrap();
    let reader = stores.register.reader().unwrap();
    for (from_day, to_day) in [
        (i32::MIN, i32::MAX),
        (0, 0),
        (-40, 45),
        (300, 100),
        (687, i32::MAX),
        (-600, 650),
    ] {
        let all = Span {
            from_day,
            to_day,
            ..ALL
        };
        for number in 0..6 {
            let mut of_site = wanted(&movements, &all, |row| row.site == number);
            of_site.reverse();
            assert_eq!(
                reader.movements_of_site_back(number, &all),
                Ok(of_site.clone()),
                "{all:?}"
            );
            let mut of_batch = wanted(&movements, &all, |row| row.batch == number);
            of_batch.reverse();
            assert_eq!(reader.movements_of_batch_back(number, &all), Ok(of_batch), "{all:?}");
            let (mut found, mut page) = (Vec::new(), Span { limit: 3, ..all });
            loop {
                let rows = reader.movements_of_site_back(number, &page).unwrap();
                let Some(last) = rows.last() else { break };
                assert!(rows.len() <= 3);
                page.after = Some((last.day, last.seq));
                found.extend(rows);
            }
            assert_eq!(found, of_site, "in pages, {all:?}");
        }
    }
    let none = Span { limit: 0, ..ALL };
    assert_eq!(reader.movements_of_site_back(1, &none), Ok(Vec::new()));
}

pub fn refusals_of_an_actor_come_newest_first(mut stores: Stores) {
    let mut rows = chunk(0, 200);
    for (place, row) in rows.refusals.iter_mut().enumerate() {
        row.actor = ["approver:li", "permit_officer:lu"][place % 2].into();
    }
    stores.register.flush(&rows).unwrap();
    let reader = stores.register.reader().unwrap();
    let actor = rows.refusals[0].actor.clone();
    let mut all = rows.refusals;
    all.retain(|row| row.actor == actor);
    all.reverse();
    assert!(all.len() > 2, "{}", all.len());
    assert_eq!(reader.refusals_of_actor(&actor, u64::MAX, 99), Ok(all.clone()));
    assert_eq!(reader.refusals_of_actor(&actor, all[0].seq, 1), Ok(all[1..2].to_vec()));
    assert_eq!(reader.refusals_of_actor("nobody:at-all", u64::MAX, 99), Ok(Vec::new()));
}

pub fn the_content_is_the_same_on_every_engine(mut stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let other = ["memory:", "sqlite:"].map(|url| {
        let mut stores = store::create(folder.path(), &url.parse().unwrap()).unwrap();
        stores.register.flush(&chunk(0, 400)).unwrap();
        content(&stores)
    });
    stores.register.flush(&chunk(0, 170)).unwrap();
    stores.register.flush(&chunk(170, 400)).unwrap();
    assert_eq!(
        [content(&stores); 2],
        other,
        "nor does it matter how the rows were cut into chunks"
    );
}

pub fn a_rebuilt_register_has_the_same_content(mut stores: Stores) {
    stores.register.flush(&chunk(0, 250)).unwrap();
    let before = content(&stores);
    stores.register.clear().unwrap();
    assert_eq!(stores.register.cursor(), 0);
    assert_ne!(content(&stores), before);
    assert_eq!(stores.register.reader().unwrap().command(&command_id(3)), Ok(None));
    stores.register.flush(&chunk(0, 250)).unwrap();
    assert_eq!(content(&stores), before);
    stores.register.mark_clean().unwrap();
    stores.register.flush(&chunk(250, 251)).unwrap();
    assert_eq!(stores.register.cursor(), 251);
}

pub fn any_difference_changes_the_content_hash(mut stores: Stores) {
    let same = chunk(0, 30);
    let mut different = vec![same.clone(); 8];
    different[1].to_seq += 1;
    different[2].movements[0].amount += 1;
    different[3].movements[0].peer = 1;
    different[4].commands[0].count += 1;
    different[5].entries[0].actor.push('x');
    different[6].refusals[0].code = "other".into();
    different[7].names[0].2.push('x');
    let mut hashes = Vec::new();
    for rows in &different {
        stores.register.clear().unwrap();
        stores.register.flush(rows).unwrap();
        hashes.push(content(&stores));
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), different.len());
}

pub fn names_take_the_last_text(mut stores: Stores) {
    let named = |texts: &[&str]| Rows {
        names: texts
            .iter()
            .map(|text| (store::NAME_SITE, 5, (*text).to_owned()))
            .collect(),
        ..Rows::default()
    };
    stores.register.flush(&named(&["last"])).unwrap();
    let wanted = content(&stores);
    stores.register.clear().unwrap();
    stores.register.flush(&named(&["first"])).unwrap();
    assert_ne!(content(&stores), wanted);
    stores.register.flush(&named(&["second", "last"])).unwrap();
    assert_eq!(content(&stores), wanted);
}
