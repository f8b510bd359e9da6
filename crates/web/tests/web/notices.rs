//! Who is told that something waits, and what a letter says.

use std::collections::BTreeMap;

use store::Notice;

use crate::world::{WALL_S, World};

/// Lets a person be reached.
fn reachable(world: &World, person: &str, language: &str) {
    let mut local = world.app.authority().local();
    let mut known = local.person(person).unwrap().unwrap_or_default();
    known.id = person.to_owned();
    known.email = Some(format!("{person}@example.org"));
    known.language = Some(language.to_owned());
    local.put_whole_person(&known).unwrap();
}

/// All letters so far, those that wait included.
fn letters(world: &World) -> Vec<Notice> {
    while world.app.follow_for_notices().unwrap() {}
    let later = (WALL_S + 24 * 3600) * 1_000_000;
    world.app.authority().local().notices_due(later, 100).unwrap()
}

fn persons(letters: &[Notice]) -> BTreeMap<&str, usize> {
    let mut all = BTreeMap::new();
    for letter in letters {
        *all.entry(letter.person.as_str()).or_default() += 1;
    }
    all
}

#[test]
fn whoever_is_to_decide_is_told_in_their_language_and_nothing_of_the_matter() {
    let world = World::cn();
    world.app.send_notices();
    for (person, language) in [("fang", "zh"), ("chen", "en"), ("hu", "en"), ("xu", "en")] {
        reachable(&world, person, language);
    }
    assert!(letters(&world).is_empty(), "the past is told to nobody");
    let officer = world.visitor("licensing_officer:chen");
    let grant = |number: &str| {
        let fields = [
            ("id", number),
            ("holder", "H-M1"),
            ("activity", "export"),
            ("substances", "fentanyl"),
            ("sites", "M1-API"),
            ("valid_from", "2025-02-01"),
            ("valid_until", "2026-02-01"),
        ];
        officer
            .act("grant_licence", &fields)
            .unwrap_or_else(|reply| panic!("{}", reply.body))
    };
    let _first = grant("L-NEW-1");
    let told = letters(&world);
    assert_eq!(persons(&told), BTreeMap::from([("fang", 1)]), "{told:?}");
    let letter = &told[0];
    assert_eq!(letter.at_us, WALL_S * 1_000_000, "it goes at once");
    assert!(
        letter.subject.contains("决定") && letter.text.contains("http://localhost/queue"),
        "{letter:?}"
    );
    for secret in ["L-NEW", "H-M1", "fentanyl", "chen"] {
        assert!(
            !letter.text.contains(secret) && !letter.subject.contains(secret),
            "{letter:?}"
        );
    }
    grant("L-NEW-2");
    grant("L-NEW-3");
    let told = letters(&world);
    assert_eq!(told.len(), 2, "two more are one letter, after ten minutes: {told:?}");
    assert_eq!(told[1].at_us, (WALL_S + 600) * 1_000_000);
    // What is settled before anybody looks is told to nobody.
    let world = World::cn();
    world.app.send_notices();
    assert!(letters(&world).is_empty());
    reachable(&world, "fang", "en");
    let officer = world.visitor("licensing_officer:chen");
    let fields = [("licence", "L-M1-API"), ("from", "2025-02-01"), ("reason", "test")];
    let seq = officer
        .act("suspend_licence", &fields)
        .unwrap_or_else(|reply| panic!("{}", reply.body));
    world
        .visitor("approver:fang")
        .act("approve", &[("of", &seq.to_string())])
        .unwrap();
    assert!(letters(&world).is_empty());
}

#[test]
fn a_supplier_hears_of_an_order_and_a_person_of_changed_credentials() {
    let world = World::cn();
    world.app.credentials_changed("hou").unwrap();
    world.app.send_notices();
    assert!(letters(&world).is_empty());
    reachable(&world, "hou", "en");
    reachable(&world, "kang", "en");
    let buyer = world.visitor("H-RW-BJ-1:kang");
    let fields = [
        ("id", "O-1"),
        ("site", "RW-BJ-1"),
        ("supplier", "NW-1"),
        ("lines.0.item", "fentanyl-0.1mg-amp"),
        ("lines.0.amount", "10"),
    ];
    buyer
        .act("place_order", &fields)
        .unwrap_or_else(|reply| panic!("{}", reply.body));
    let told = letters(&world);
    assert_eq!(persons(&told), BTreeMap::from([("hou", 1)]), "{told:?}");
    world.app.credentials_changed("hou").unwrap();
    world.app.credentials_changed("hou").unwrap();
    let told = letters(&world);
    assert_eq!(told.len(), 3, "one at once, one later: {told:?}");
    assert!(
        told[1].text.contains("password") && told[1].text.contains("/account"),
        "{told:?}"
    );
    assert!(told.iter().all(|letter| !letter.text.contains('⟦')));
}

/// Goods that come from another province call who receives them; figures that differ call who gives the word.
#[test]
fn another_provinces_messages_call_whom_they_concern() {
    let told = |says: &str, id: &str, people: [&str; 2]| {
        let world = World::before("provinces.toml", says, id);
        world.app.send_notices();
        people.iter().for_each(|person| reachable(&world, person, "en"));
        // As if nothing had been told yet.
        world.app.authority().local().put_meta("notices_next_seq", "0").unwrap();
        let letters = letters(&world);
        let subject = |letter: &Notice| letter.subject.rsplit(": ").next().unwrap().to_owned();
        letters
            .iter()
            .map(|letter| (letter.person.clone(), subject(letter)))
            .collect::<Vec<_>>()
    };
    let first_receipt = "at = \"2024-02-03T01:00:00Z\"";
    let goods = ("ren".to_owned(), "Goods are on their way to you".to_owned());
    assert_eq!(told(first_receipt, "CN-HN", ["ren", "luo"]), [goods]);
    let differs = "note = \"Ampoules are no matter of scales.\"";
    let word = (
        "li".to_owned(),
        "A message of a partner authority waits for you".to_owned(),
    );
    assert_eq!(told(differs, "CN-HB", ["li", "ning"]), [word]);
}
