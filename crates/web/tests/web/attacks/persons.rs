//! Roles that end, one person who would be two, codes that are used again, names that are guessed.

use axum::http::StatusCode;
use domain::Event;
use serde_json::json;

use super::{decided, shown_code};
use crate::api::id;
use crate::world::{SECRET, Visitor, WALL_S, World};

const GRANT: [(&str, &str); 7] = [
    ("id", "L-ATTACK"),
    ("holder", "H-M1"),
    ("activity", "export"),
    ("substances", "fentanyl"),
    ("sites", "M1-API"),
    ("valid_from", "2025-02-01"),
    ("valid_until", "2026-02-01"),
];

fn given(reply: Result<u64, crate::world::Reply>) -> u64 {
    reply.unwrap_or_else(|reply| panic!("{}", reply.body))
}

/// Signs an act that was checked before, with the code that the telephone shows.
fn sign(visitor: &Visitor<'_>, verb: &str, command: &str, fields: &[(&str, &str)]) -> crate::world::Reply {
    let code = shown_code();
    let mut all = fields.to_vec();
    all.extend([("id-of-command", command), ("code", code.as_str())]);
    visitor.post(&format!("/act/{verb}/sign"), &all)
}

#[test]
fn a_role_that_ends_between_form_and_signature_signs_nothing() {
    let world = World::cn();
    let chen = world.visitor("licensing_officer:chen");
    let check = chen.post("/act/grant_licence", &GRANT);
    let command = check.hidden("id-of-command").to_owned();
    assert!(!command.is_empty());
    let two = ("administrator:a", "administrator:b");
    // A second role, so that the session goes on when the first one ends.
    decided(&world, "grant_role", &[("actor", "trainer:chen")], two.0, two.1);
    decided(
        &world,
        "revoke_role",
        &[("actor", "licensing_officer:chen")],
        two.0,
        two.1,
    );
    world.code("chen");
    let size = world.size();
    let signed = sign(&chen, "grant_licence", &command, &GRANT);
    assert_eq!((signed.status, world.size()), (StatusCode::FORBIDDEN, size));
    assert!(
        chen.get("/trainings").status == StatusCode::OK,
        "in the other role they go on"
    );
    decided(&world, "revoke_role", &[("actor", "trainer:chen")], two.0, two.1);
    assert!(
        sign(&chen, "grant_licence", &command, &GRANT)
            .to()
            .starts_with("/sign-in")
    );
    let one = world.visitor(two.0);
    assert_eq!(
        one.post("/people/chen/erase", &[("sure", "yes")]).to(),
        "/people?erased=yes"
    );
    assert!(chen.get("/trainings").to().starts_with("/sign-in"));
}

#[test]
fn no_session_outlives_its_hours() {
    let world = World::cn();
    let minute = 60 * 1_000_000;
    let aged = |made: i64, seen: i64| {
        let visitor = world.visitor("licensing_officer:chen");
        let mut local = world.app.authority().local();
        let mut session = local.sessions_of("chen").unwrap().remove(0);
        local.end_sessions("chen").unwrap();
        session.made_at_us = WALL_S * 1_000_000 - made * minute;
        session.seen_at_us = WALL_S * 1_000_000 - seen * minute;
        local.put_session(&session).unwrap();
        drop(local);
        visitor.get("/account").status
    };
    assert_eq!(aged(11 * 60, 29), StatusCode::OK);
    assert_eq!(
        aged(11 * 60, 30),
        StatusCode::SEE_OTHER,
        "nothing was done for half an hour"
    );
    assert_eq!(aged(12 * 60, 1), StatusCode::SEE_OTHER, "twelve hours are a day's work");
}

#[test]
fn nobody_approves_their_own_proposal_in_another_role() {
    let world = World::cn();
    decided(
        &world,
        "grant_role",
        &[("actor", "approver:chen")],
        "administrator:a",
        "administrator:b",
    );
    let chen = world.visitor("licensing_officer:chen");
    let of = given(chen.act("grant_licence", &GRANT)).to_string();
    assert_eq!(
        chen.post("/acting", &[("actor", "administrator:a")]).status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(chen.post("/acting", &[("actor", "approver:chen")]).to(), "/queue");
    assert!(
        !chen.get("/queue").body.contains(&format!("/decisions/{of}")),
        "it is not theirs to decide"
    );
    world.code("chen");
    for verb in ["approve", "reject"] {
        let fields = [("of", of.as_str()), ("reason", "x")];
        let signed = sign(&chen, verb, &id(if verb == "approve" { 3 } else { 4 }), &fields);
        assert!(
            signed.body.contains("two different people") && !signed.to().starts_with("/done"),
            "{}",
            signed.body
        );
        world.code("chen");
    }
    let approver = world.bearer("approver:chen");
    assert_eq!(
        approver
            .sign("approve", &json!({ "of": of.parse::<u64>().unwrap() }))
            .problem(),
        "same_person"
    );
    assert_ne!(world.last_entry().event.kind(), "LicenceGranted");
}

#[test]
fn no_code_is_taken_twice_for_another_act_or_in_another_session() {
    let world = World::cn();
    let chen = world.visitor("licensing_officer:chen");
    let other = world.visitor("licensing_officer:chen");
    let suspend = [("licence", "CARD-BJ-05"), ("from", "2025-02-01"), ("reason", "x")];
    given(chen.act("grant_licence", &GRANT));
    let size = world.size();
    for (number, visitor) in [(1, &chen), (2, &other)] {
        let signed = sign(visitor, "suspend_licence", &id(number), &suspend);
        assert!(signed.body.contains("used already"), "{}", signed.body);
    }
    let mut system = world.bearer("licensing_officer:chen");
    // Of the same telephone as before: enrolling anew would forget the code.
    system = {
        world.code("chen");
        given(chen.act("grant_licence", &[&[("id", "L-ATTACK-2")][..], &GRANT[1..]].concat()));
        system
    };
    let with = json!({ "licence": "CARD-BJ-05", "from": "2025-02-01", "reason": "x" });
    let code = shown_code();
    let reply = system.post(
        "/api/v1/commands/suspend_licence",
        &[("countersign-code", &code)],
        &with,
    );
    assert_eq!(reply.problem(), "code_used");
    let password = chen.post(
        "/account/password",
        &[
            ("password", "five quiet words are here"),
            ("current", "x"),
            ("code", &code),
        ],
    );
    assert!(!password.to().contains("saved"), "{}", password.body);
    assert_eq!(world.size(), size + 1, "the second licence alone");
}

#[test]
fn nobody_learns_from_the_page_who_is_known() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "chen").unwrap();
    world.enrol("chen", &hashed);
    let sign_in = |person: &str, password: &str, code: &str| {
        let browser = world.nobody();
        let reply = browser.post(
            "/sign-in",
            &[("person", person), ("password", password), ("code", code)],
        );
        let shown = reply
            .body
            .replace(person, "PERSON")
            .replace(reply.hidden("csrf"), "CSRF");
        (reply.status, shown)
    };
    let unknown = sign_in("nobody-known", "four other words here", "123456");
    assert_eq!(unknown.0, StatusCode::OK);
    let code = world.code("chen");
    assert_eq!(
        sign_in("chen", "four other words here", &code),
        unknown,
        "a wrong password"
    );
    assert_eq!(
        sign_in("chen", "four quiet words here", "000000"),
        unknown,
        "a wrong code"
    );
    assert_eq!(
        sign_in("hou", "four quiet words here", &code),
        unknown,
        "a person who never enrolled"
    );
    for _ in 0..6 {
        assert_eq!(sign_in("chen", "four quiet words here", "000000"), unknown);
    }
    assert_eq!(
        sign_in("chen", "four quiet words here", &code),
        unknown,
        "a pause is told to nobody"
    );
    let (link, other) = (
        world.nobody().get("/enrol/nothing"),
        world.nobody().get(&format!("/enrol/{}", "x".repeat(43))),
    );
    assert_eq!(link.status, other.status);
}

#[test]
fn nobody_is_shut_out_by_somebody_who_only_knows_their_name() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "chen").unwrap();
    let officer = world.visitor("licensing_officer:chen");
    world.enrol("chen", &hashed);
    let guess = |number: u32| {
        let password = format!("some password {number}");
        world.nobody().post(
            "/sign-in",
            &[("person", "chen"), ("password", &password), ("code", "000000")],
        )
    };
    for number in 0..20 {
        assert!(guess(number).body.contains("is wrong"));
    }
    // Who sits at their desk signs, and who comes signs in.
    given(officer.act("grant_licence", &GRANT));
    let code = world.code("chen");
    let browser = world.nobody();
    let signed = browser.post(
        "/sign-in",
        &[
            ("person", "chen"),
            ("password", "four quiet words here"),
            ("code", &code),
        ],
    );
    assert_eq!(signed.to(), "/queue", "{}", signed.body);
    // With the password, codes are guessed five times and no more.
    for _ in 0..5 {
        world.nobody().post(
            "/sign-in",
            &[
                ("person", "chen"),
                ("password", "four quiet words here"),
                ("code", "000000"),
            ],
        );
    }
    let code = world.code("chen");
    let late = world.nobody().post(
        "/sign-in",
        &[
            ("person", "chen"),
            ("password", "four quiet words here"),
            ("code", &code),
        ],
    );
    assert!(late.body.contains("is wrong"));
}

#[test]
fn one_administrator_does_not_become_two_persons() {
    let world = World::cn();
    let (one, other) = (world.visitor("administrator:a"), world.visitor("administrator:b"));
    // A second name for themselves, a role for themselves, a way in for that name.
    for actor in ["administrator:a2", "approver:a", "permit_officer:a2"] {
        let of = given(one.act("grant_role", &[("actor", actor)])).to_string();
        let own = one.act("approve", &[("of", &of)]).unwrap_err();
        assert!(
            own.status == StatusCode::FORBIDDEN || own.body.contains("two different people"),
            "{}",
            own.body
        );
    }
    assert!(
        one.act("allow_enrolment", &[("person", "a2"), ("renews", "all")])
            .is_err(),
        "who holds no role has no way in"
    );
    assert!(
        one.act("allow_enrolment", &[("person", "a"), ("renews", "all")])
            .is_err(),
        "nor is it one's own to ask for"
    );
    let of = given(one.act("allow_enrolment", &[("person", "b"), ("renews", "all")])).to_string();
    assert!(other.act("approve", &[("of", &of)]).is_err(), "nor to agree to");
    // An officer's second factor, made anew: the link alone opens nothing, and one agrees to nothing of their own.
    let of = given(one.act("allow_enrolment", &[("person", "xu"), ("renews", "all")]));
    let done = one.get(&format!("/done/{of}"));
    let (_, rest) = done.body.split_once("http://localhost/enrol/").unwrap();
    let link = format!("/enrol/{}", rest.split(['<', '"']).next().unwrap());
    assert!(
        !world.nobody().get(&link).body.contains("name=\"sealed\""),
        "the second administrator has not agreed"
    );
    assert!(
        !one.get(&format!("/done/{of}")).body.contains("/enrol/"),
        "it is shown once"
    );
    assert!(one.act("approve", &[("of", &of.to_string())]).is_err());
    for alone in ["/people/xu/sessions", "/people/xu/name", "/people/xu/erase"] {
        one.post(alone, &[("name", "Xu"), ("email", "xu@nmpa.example"), ("sure", "yes")]);
    }
    assert!(world.app.authority().local().credential("xu").unwrap().is_none());
    // The other has agreed: the first still lacks the code, and voids nothing by guessing.
    let agreed = given(other.act("approve", &[("of", &of.to_string())]));
    let code = other.get(&format!("/done/{agreed}")).body;
    let digits = |text: &str| {
        text.len() == 23
            && text
                .split('-')
                .all(|part| part.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let code = code
        .split(['<', '>'])
        .map(str::trim)
        .find(|text| digits(text))
        .unwrap()
        .to_owned();
    let enrol = |handed: &str| {
        let browser = world.nobody();
        let page = browser.get(&link);
        let secret = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD
                .decode(page.hidden("sealed"))
                .unwrap()
        };
        let shown = web::credentials::code(&secret, u64::try_from(WALL_S).unwrap());
        let fields = [
            ("sealed", page.hidden("sealed")),
            ("handed", handed),
            ("password", "four quiet words here"),
            ("again", "four quiet words here"),
            ("code", &shown),
        ];
        browser.post(&link, &fields)
    };
    for guess in ["", "00000-00000-00000-00000", "x", "1"].iter().cycle().take(12) {
        assert!(!enrol(guess).to().contains("enrolled"));
    }
    assert_eq!(
        enrol(&code).to(),
        "/sign-in?enrolled=yes",
        "the person enrols all the same"
    );
    assert_ne!(
        world.app.authority().local().credential("xu").unwrap().unwrap().secret,
        SECRET
    );
}

#[test]
fn no_administrator_alone_sends_a_person_s_letters_elsewhere_or_voids_an_invitation_unseen() {
    let world = World::cn();
    let one = world.visitor("administrator:a");
    world.enrol("xu", "a password nobody hashes");
    let rename = |email: &str| one.post("/people/xu/name", &[("name", "Xu Wei"), ("email", email)]);
    assert_eq!(
        rename("xu@nmpa.example").to(),
        "/people/xu?saved=yes",
        "a first address"
    );
    for address in ["a@evil.example", ""] {
        assert!(rename(address).body.contains("only they change it"), "{address}");
    }
    let kept = world.app.authority().local().person("xu").unwrap().unwrap();
    assert_eq!(kept.email.as_deref(), Some("xu@nmpa.example"));
    assert_eq!(
        rename("xu@nmpa.example").to(),
        "/people/xu?saved=yes",
        "a name is still given"
    );
    // A new invitation takes the place of the one that was open, and the journal says who proposed it.
    decided(
        &world,
        "allow_enrolment",
        &[("person", "xu"), ("renews", "all")],
        "administrator:a",
        "administrator:b",
    );
    given(one.act("allow_enrolment", &[("person", "xu"), ("renews", "all")]));
    let told = world.last_entry();
    assert!(matches!(told.event, Event::DecisionProposed(_)) && told.actor.as_str() == "administrator:a");
}

#[test]
fn no_line_of_a_batch_brings_about_a_proposal_that_nobody_signed() {
    let world = World::cn();
    let maker = world.bearer("H-M1:hu");
    let stock = maker.get("/api/v1/sites/M1-FIN/stock?limit=200").json();
    let row = stock["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["stock"].as_i64() > Some(10))
        .unwrap()
        .clone();
    let today = world
        .app
        .authority()
        .day_of(world.app.authority().state().recorded_at)
        .to_string();
    let line = |number: u8, from: &str, into: &str| {
        json!({ "id": id(number), "do": "reclassify", "with": { "site": "M1-FIN", "item": row["item"], "batch": row["batch"],
            "amount": 5, "reason": "x", "from": from, "into": into, "occurred_on": today } })
    };
    let waiting = || world.app.authority().state().access.waiting().len();
    let before = waiting();
    let lines = json!([line(1, "stock", "quarantine"), line(2, "quarantine", "stock")]);
    let told = world
        .key("H-M1/clerk:deng")
        .post("/api/v1/movements", &[], &lines)
        .json();
    assert!(told[0]["refused"].is_null(), "{told}");
    assert_eq!(told[1]["refused"]["code"], "second_factor_needed", "{told}");
    assert_eq!(waiting(), before);
    // By itself, with the code, it is proposed.
    let with = line(3, "quarantine", "stock")["with"].clone();
    assert_eq!(maker.sign("reclassify", &with).status, StatusCode::CREATED);
    assert_eq!(waiting(), before + 1);
}
