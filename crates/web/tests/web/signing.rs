//! Signing in, and signing what is recorded.

use axum::http::StatusCode;

use crate::world::{WALL_S, World};

#[test]
fn a_person_enrols_signs_in_and_out() {
    let world = World::cn();
    let browser = world.nobody();
    let link = web::invite(&world.app, "lu").unwrap();
    let path = link.strip_prefix("http://localhost").unwrap();
    let page = browser.get(path);
    assert_eq!(page.status, StatusCode::OK);
    let sealed = page.hidden("sealed").to_owned();
    let secret = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(&sealed).unwrap()
    };
    let now = u64::try_from(WALL_S).unwrap();
    let (before, code, after) = (now - 30, now, now + 30);
    let [before, code, after] = [before, code, after].map(|at| web::credentials::code(&secret, at));
    let fields = |code: &str, password: &str| {
        vec![
            ("sealed", sealed.clone()),
            ("password", password.to_owned()),
            ("again", password.to_owned()),
            ("code", code.to_owned()),
        ]
    };
    let send = |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(path, &fields)
    };
    assert!(
        send(fields(&before, "short")).body.contains("fewer than 12"),
        "a short password is refused"
    );
    let enrolled = send(fields(&before, "four quiet words here"));
    assert_eq!(enrolled.to(), "/sign-in?enrolled=yes", "{}", enrolled.body);
    assert!(
        send(fields(&before, "four quiet words here"))
            .body
            .contains("cannot be used"),
        "a link is good once"
    );
    let wrong = browser.post(
        "/sign-in",
        &[("person", "lu"), ("password", "four loud words here"), ("code", &code)],
    );
    assert!(wrong.body.contains("is wrong"));
    let used = browser.post(
        "/sign-in",
        &[
            ("person", "lu"),
            ("password", "four quiet words here"),
            ("code", &before),
        ],
    );
    assert!(used.body.contains("used already"));
    let visit = browser.cookies.borrow().clone();
    let signed = browser.post(
        "/sign-in",
        &[
            ("person", "lu"),
            ("password", "four quiet words here"),
            ("code", &code),
            ("then", "//evil.example/"),
        ],
    );
    assert_eq!(signed.to(), "/queue", "nobody is sent elsewhere");
    assert_ne!(*browser.cookies.borrow(), visit, "the session is a new one");
    assert_eq!(browser.get("/account").status, StatusCode::OK);
    let again = browser.post(
        "/sign-in",
        &[
            ("person", "lu"),
            ("password", "four quiet words here"),
            ("code", &after),
        ],
    );
    assert_eq!(again.to(), "/queue");
    let session = browser.cookies.borrow().clone();
    browser.post("/sign-out", &[]);
    *browser.cookies.borrow_mut() = session;
    assert_eq!(
        browser.get("/account").status,
        StatusCode::SEE_OTHER,
        "the token is good no more"
    );
}

#[test]
fn a_licence_is_granted_by_two_with_their_codes() {
    let world = World::cn();
    let officer = world.visitor("licensing_officer:chen");
    let grant = [
        ("id", "L-NEW"),
        ("holder", "H-M1"),
        ("activity", "export"),
        ("substances", "fentanyl"),
        ("sites", "M1-API"),
        ("valid_from", "2025-02-01"),
        ("valid_until", "2026-02-01"),
    ];
    let proposed = officer.act("grant_licence", &grant);
    let Ok(seq) = proposed else {
        panic!("{}", proposed.unwrap_err().body);
    };
    let of = seq.to_string();
    let same = officer.act("approve", &[("of", &of)]).unwrap_err();
    assert!(
        same.status == StatusCode::FORBIDDEN || same.body.contains("two different people"),
        "{}",
        same.body
    );
    let approver = world.visitor("approver:fang");
    let size = world.size();
    let unsigned = approver.post(
        "/act/approve/sign",
        &[
            ("of", &of),
            ("id-of-command", "018cc251-f400-7abc-8def-0123456789ab"),
            ("code", "000000"),
        ],
    );
    assert_eq!(
        (unsigned.status, world.size()),
        (StatusCode::OK, size),
        "nothing is recorded without the code"
    );
    approver.act("approve", &[("of", &of)]).unwrap();
    assert_eq!(world.last_entry().event.kind(), "LicenceGranted");
}
