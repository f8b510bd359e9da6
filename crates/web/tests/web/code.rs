//! The code on a permit: who gets it, what a reader is told of it, and the list of permits that are over.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exchange::ExchangeKey;
use jiff::ToSpan as _;
use permit::{Key, Keys, Listed, Permit, open, open_list, read};
use tower::ServiceExt;
use web::words::{Lang, Words};

use crate::world::{Reply, World};

const NUMBER: &str = "XP-24-13";

/// The keys as somebody has them who got the authority's key file, and nothing else.
fn keys(world: &World) -> Keys {
    let file = world.app.authority().key_file().unwrap();
    let mut keys = Keys::default();
    keys.add(Key {
        issuer: file.id.to_string(),
        public: file.key.public.0,
        valid_from: "2020-01-01".parse().unwrap(),
        valid_until: "2030-01-01".parse().unwrap(),
    });
    keys
}

/// The code of a permit as the sheet's file gives it.
fn codes(world: &World, number: &str) -> Vec<String> {
    let file = world
        .visitor("permit_officer:lu")
        .get(&format!("/permits/{number}/code"));
    assert_eq!(file.status, StatusCode::OK);
    file.body.lines().map(str::to_owned).collect()
}

/// What the authority would sign.
fn document(world: &World) -> Permit {
    let state = world.app.authority().state();
    authority::document(&state, state.trade.permitted(NUMBER).unwrap(), 1).unwrap()
}

/// The page on a code, for somebody without a session.
fn verified(world: &World, code: &str) -> Reply {
    let reply = world.nobody().post("/verify", &[("number", code)]);
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply
}

fn en(key: &str) -> String {
    Words(Lang::En).t(key).replace('\'', "&#39;")
}

#[test]
fn a_code_opens_with_the_key_file_and_says_what_the_register_has() {
    let world = World::cn();
    let codes = codes(&world, NUMBER);
    let signed = open(&codes, &keys(&world)).unwrap();
    let entry = world
        .app
        .authority()
        .entry(u64::try_from(signed.entry).unwrap())
        .unwrap();
    assert_eq!(entry.unwrap().event.kind(), "ExportPermitIssued");
    let expected = Permit {
        entry: signed.entry,
        ..document(&world)
    };
    assert_eq!(signed, expected);
    assert_eq!((signed.exporter.city.as_str(), signed.lines.len()), ("Zhejiang", 3));
    assert_eq!(codes, world.app.authority().permit_codes(NUMBER).unwrap().texts());
    let sheet = world
        .visitor("permit_officer:lu")
        .get(&format!("/permits/{NUMBER}"))
        .body;
    assert_eq!(sheet.matches("data:image/svg+xml").count(), codes.len());
    assert!(sheet.contains("/permits/XP-24-13/code"), "{sheet}");
}

#[test]
fn a_code_is_for_those_who_see_the_sheet() {
    let world = World::cn();
    let path = format!("/permits/{NUMBER}/code");
    for actor in ["H-M1:hu", "customs_officer:qin", "auditor:wen"] {
        assert_eq!(world.visitor(actor).get(&path).status, StatusCode::OK, "{actor}");
    }
    assert_eq!(world.visitor("H-M2:xiao").get(&path).status, StatusCode::NOT_FOUND);
    assert_eq!(world.visitor("inspector:tian").get(&path).status, StatusCode::FORBIDDEN);
    assert_eq!(world.nobody().get(&path).status, StatusCode::SEE_OTHER);
    let path = "/permits/XP-99-01/code";
    assert_eq!(world.visitor("auditor:wen").get(path).status, StatusCode::NOT_FOUND);
    // A partner's permit is not ours to sign.
    let ph = World::of("PH");
    let path = format!("/permits/{NUMBER}");
    let officer = ph.visitor("permit_officer:reyes");
    let sheet = officer.get(&path);
    assert_eq!(sheet.status, StatusCode::OK);
    assert!(!sheet.body.contains("data:image"), "{}", sheet.body);
    assert_eq!(officer.get(&format!("{path}/code")).status, StatusCode::NOT_FOUND);
}

#[test]
fn the_api_gives_the_code_to_those_who_see_the_case() {
    let world = World::cn();
    let path = format!("/api/v1/permits/{NUMBER}");
    let told = world.bearer("permit_officer:lu").get(&path).json();
    assert_eq!(told["code"], serde_json::json!(codes(&world, NUMBER)));
    assert_eq!(told["permit"]["number"], NUMBER);
    assert_eq!(
        world.bearer("H-M2:xiao").get(&path).status,
        StatusCode::NOT_FOUND,
        "another company's permit"
    );
}

#[test]
fn a_used_permit_says_used_and_the_code_shows_what_it_holds() {
    let world = World::cn();
    let text = codes(&world, NUMBER).join("\r\n");
    let page = verified(&world, &text).body;
    for words in ["permit-used", "code-same", "code-proves"] {
        assert!(page.contains(&en(words)), "{words}: {page}");
    }
    assert!(
        page.contains("cs-state--used") && page.contains("Jade Spring"),
        "{page}"
    );
    assert!(!page.contains("Pudong"), "the public is not told what customs wrote");
    assert!(!page.contains("/customs/"), "{page}");
    let border = world
        .visitor("customs_officer:qin")
        .post("/customs", &[("number", &text)]);
    assert!(border.body.contains("/customs/XP-24-13"), "{}", border.body);
    // What is left is for the border.
    assert!(border.body.contains(&en("customs-rest")), "{}", border.body);
    assert!(!page.contains(&en("customs-rest")), "{page}");
    // An address does as well.
    let address = format!("/verify?number={}", encoded(&text));
    assert!(world.nobody().get(&address).body.contains("cs-state--used"));
}

#[test]
fn a_number_tells_no_names() {
    let world = World::cn();
    let to = world.nobody().post("/verify", &[("number", " XP-24-13 ")]);
    assert_eq!(to.to(), "/verify/XP-24-13");
    let page = world.nobody().get(to.to()).body;
    assert!(page.contains("cs-state--used"), "{page}");
    for name in ["Jade Spring", "fentanyl", "Zhejiang"] {
        assert!(!page.contains(name), "{name}: {page}");
    }
    let to = world
        .visitor("customs_officer:qin")
        .post("/customs", &[("number", NUMBER)]);
    assert_eq!(to.to(), "/customs/XP-24-13");
}

#[test]
fn a_changed_letter_is_refused_with_its_sentence() {
    let world = World::cn();
    let code = codes(&world, NUMBER).remove(0);
    for at in [0, 4, 5, 60, code.len() / 2, code.len() - 1] {
        let mut letters: Vec<u8> = code.clone().into_bytes();
        letters[at] = if letters[at] == b'7' { b'8' } else { b'7' };
        let changed = String::from_utf8(letters).unwrap();
        let reading = read(&[&changed], &keys(&world), None, "2024-12-20".parse().unwrap()).reading;
        let page = verified(&world, &changed).body;
        let sentence = en(&format!("code-reason-{}", reading.word().replace('_', "-")));
        assert!(page.contains(&sentence), "{at} {reading:?}: {page}");
        assert!(
            page.contains(&en("code-broken")) && !page.contains("Jade Spring"),
            "{page}"
        );
    }
    let long = "CS1:".to_owned() + &"A ".repeat(50_000);
    for text in ["CS1:", "CS1:é", "CS1:CS1:\0", &long, &"x".repeat(200)] {
        assert!(verified(&world, text).body.contains(&en("code-broken")), "{text}");
    }
}

#[test]
fn a_key_that_nobody_knows_proves_nothing() {
    let world = World::cn();
    let key = ExchangeKey::from_seed([9; 32]).unwrap();
    let code = permit::sign(&document(&world), key.secret()).unwrap();
    let page = verified(&world, &code.texts().join("\n")).body;
    assert!(
        page.contains(&en("code-unknown-key")) && page.contains(&en("code-reason-key-unknown")),
        "{page}"
    );
    assert!(
        !page.contains("Jade Spring"),
        "what nobody has signed is not shown: {page}"
    );
}

/// The message key of an authority, as whoever steals it has it.
fn stolen(world: &World) -> ExchangeKey {
    let folder = world.app.authority().place().folder().unwrap().join("keys");
    let files = std::fs::read_dir(folder).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let public = world.app.authority().state().founding.key.public;
    let keys = texts.filter_map(|text| ExchangeKey::parse(text.trim()).ok());
    keys.into_iter().find(|key| key.public() == public).unwrap()
}

#[test]
fn what_differs_from_the_register_is_told() {
    let world = World::cn();
    let mut other = document(&world);
    other.importer.name = "Somebody Else".to_owned();
    other.valid_until = "2025-06-30".parse().unwrap();
    let sign = |permit: &Permit| {
        permit::sign(permit, stolen(&world).secret())
            .unwrap()
            .texts()
            .join("\n")
    };
    let public = verified(&world, &sign(&other)).body;
    assert!(
        public.contains(&en("code-differences")) && public.contains("Somebody Else"),
        "{public}"
    );
    assert!(
        !public.contains("31 December 2024") && !public.contains(&en("code-same")),
        "{public}"
    );
    let border = world
        .visitor("customs_officer:qin")
        .post("/customs", &[("number", &sign(&other))]);
    assert!(border.body.contains("31 December 2024"), "{}", border.body);
    // Nothing is endorsed on a code that the register does not agree with.
    assert!(!border.body.contains(&en("customs-rest")), "{}", border.body);
    other.number = "XP-99-01".to_owned();
    let unknown = verified(&world, &sign(&other)).body;
    assert!(
        unknown.contains("cs-state--unknown") && unknown.contains("Nothing may pass"),
        "{unknown}"
    );
}

#[test]
fn a_partner_reads_a_code_with_the_key_file_and_says_whose_word_the_state_is() {
    let (cn, ph) = (World::cn(), World::of("PH"));
    let page = verified(&ph, &codes(&cn, NUMBER).join("\n")).body;
    assert!(page.contains("only as far as that authority has told"), "{page}");
    assert!(page.contains(&en("code-same")), "{page}");
    assert!(page.contains("Jade Spring"), "{page}");
    // Mexico is paired, and was told nothing of it.
    let mx = verified(&World::of("MX"), &codes(&cn, NUMBER).join("\n")).body;
    assert!(mx.contains("has told nothing of this permit"), "{mx}");
}

#[test]
fn the_list_names_what_was_used() {
    let world = World::cn();
    let list = list(&world);
    let size = i64::try_from(world.size()).unwrap();
    let opened = open_list(&list, &keys(&world), 0).unwrap();
    assert_eq!((opened.issuer(), opened.sequence()), ("CN", size));
    let at = world.app.authority().state().recorded_at;
    let today = world.app.authority().day_of(at);
    assert_eq!((opened.valid_until() - today).get_days(), 7);
    assert_eq!(opened.of(NUMBER), Some(Listed::Used));
    assert_eq!(opened.of("XP-99-01"), None);
    assert_eq!(list, self::list(&world), "the same until the journal grows");
    let read = read(&codes(&world, NUMBER), &keys(&world), Some(&opened), today);
    assert_eq!(read.reading.word(), "used");
}

/// The list as bytes.
fn list(world: &World) -> Vec<u8> {
    let router = web::router(std::sync::Arc::clone(&world.app));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let request = Request::get("/exchange/v1/permits").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()
    })
}

#[test]
fn every_reason_has_its_sentence() {
    for (word, _) in permit::BROKEN {
        let key = format!("code-reason-{}", word.replace('_', "-"));
        for lang in Lang::ALL {
            assert!(Words(lang).find(&key, &[]).is_some(), "{key} in {}", lang.code());
        }
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The root key of an authority, as it lies in its folder.
fn root(world: &World) -> ExchangeKey {
    let folder = world.app.authority().place().folder().unwrap().to_owned();
    let text = std::fs::read_to_string(folder.join("keys").join("root.key")).unwrap();
    ExchangeKey::parse(text.trim()).unwrap()
}

/// Two administrators give a command on its page, and it is done.
fn by_two(world: &World, verb: &str, field: &str, document: &impl serde::Serialize) {
    let text = serde_json::to_string(document).unwrap();
    let of = world.visitor("administrator:a").act(verb, &[(field, &text)]).unwrap();
    world
        .visitor("administrator:b")
        .act("approve", &[("of", &of.to_string())])
        .unwrap();
}

#[test]
fn a_permit_keeps_its_code_when_the_key_changes_and_loses_it_with_a_key_that_is_given_up() {
    let world = World::cn();
    let authority = world.app.authority();
    let (before, old_list) = (codes(&world, NUMBER), list(&world));
    let (old, at) = (authority.state().founding.key.clone(), authority.state().recorded_at);
    let request = authority.request_key(at, [[5; 32]; 2], 365).unwrap();
    let file = exchange::sign_key_file(&root(&world), request).unwrap();
    by_two(&world, "install_key_file", "file", &file);
    assert_eq!(
        codes(&world, NUMBER),
        before,
        "signed with the key of the day on which it was issued"
    );
    assert!(verified(&world, &before.join("\n")).body.contains(&en("code-same")));
    let listed = list(&world);
    assert_ne!(listed, old_list);
    let mut new_alone = permit::Keys::default();
    new_alone.add(permit::Key {
        issuer: "CN".to_owned(),
        public: file.key.public.0,
        valid_from: "2024-01-01".parse().unwrap(),
        valid_until: "2027-01-01".parse().unwrap(),
    });
    assert!(
        open_list(&listed, &new_alone, 0).is_ok(),
        "the list is signed with the key of today"
    );
    let own = world.visitor("administrator:a").get("/partners").body;
    assert!(
        own.contains(file.key.kid.as_str()) && own.contains(old.kid.as_str()),
        "{own}"
    );

    // With a key that is not to be trusted any day of issue can be written: its codes prove nothing.
    let since = authority.state().recorded_at;
    let statement = exchange::sign_untrusted(&root(&world), "CN".parse().unwrap(), old.kid.clone(), since);
    by_two(&world, "distrust_key", "statement", &statement);
    let refused = authority.permit_codes(NUMBER).unwrap_err().to_string();
    assert!(refused.contains("is not trusted since"), "{refused}");
    let page = verified(&world, &before.join("\n")).body;
    assert!(page.contains(&en("code-reason-key-unknown")), "{page}");
    assert!(open_list(&list(&world), &keys(&world), 0).is_ok());
    let own = world.visitor("administrator:a").get("/partners").body;
    assert!(own.contains("Not trusted since"), "{own}");
}

#[test]
fn whoever_shows_the_copy_before_the_last_has_nothing() {
    let world = World::after("common/trade-permitted.toml", "CN");
    let officer = world.visitor("permit_officer:li");
    let code = || officer.get("/permits/P-1/code").body;
    let original = code();
    let affidavit = [("permit", "P-1"), ("affidavit", "Affidavit 12 of 2024")];
    let of = officer.act("duplicate_export_permit", &affidavit).unwrap();
    let approver = world.visitor("approver:wang");
    approver.act("approve", &[("of", &of.to_string())]).unwrap();
    let duplicate = code();
    assert_ne!(original, duplicate);

    for (code, stands) in [(original, "replaced"), (duplicate, "valid")] {
        let page = verified(&world, &code).body;
        assert!(page.contains(&format!("cs-state--{stands}")), "{page}");
    }
    let list = open_list(&list(&world), &keys(&world), 0).unwrap();
    let listed = |copy| list.of(&permit::copy_name("P-1", copy));
    assert_eq!((listed(0), listed(1)), (Some(Listed::Revoked), None));
}

#[test]
fn the_permit_of_an_emergency_says_so_in_its_code() {
    let world = World::after("trade/64-emergency.toml", "CN");
    let code = world.visitor("permit_officer:li").get("/permits/P-1/code").body;
    let signed = open(&code.lines().map(str::to_owned).collect::<Vec<_>>(), &keys(&world)).unwrap();
    assert_eq!(
        (signed.kind, signed.authorization),
        (permit::Kind::EmergencyExport, None)
    );
    let page = verified(&world, &code).body;
    for words in ["code-emergency-export-permit", "code-same"] {
        assert!(page.contains(&en(words)), "{words}: {page}");
    }
}

/// What the page gives to the check on the visitor's own device.
fn facts(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("id=\"check-facts\">").unwrap();
    let (json, after) = rest.split_once("</script>").unwrap();
    assert!(after.contains("/assets/verify.js"), "the element ended early: {json}");
    assert!(!json.contains('<'), "a name could end the element: {json}");
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_page_gives_the_keys_that_codes_are_checked_with() {
    let world = World::cn();
    for (page, register) in [
        (world.nobody().get("/verify"), false),
        (world.visitor("customs_officer:qin").get("/customs"), true),
    ] {
        let facts = facts(&page.body);
        let trusted = world.app.authority().permit_keys();
        let told = facts["keys"].as_array().unwrap();
        assert_eq!(told.len(), trusted.iter().count());
        for (told, trusted) in told.iter().zip(trusted.iter()) {
            assert_eq!(told["issuer"], trusted.issuer);
            assert_eq!(
                STANDARD.decode(told["public"].as_str().unwrap()).unwrap(),
                trusted.public
            );
            let day = |days: &serde_json::Value| jiff::civil::date(1970, 1, 1) + days.as_i64().unwrap().days();
            assert_eq!(
                (day(&told["from"]), day(&told["until"])),
                (trusted.valid_from, trusted.valid_until)
            );
        }
        assert_eq!((&facts["own"], &facts["register"]), (&"CN".into(), &register.into()));
        assert_eq!(facts["words"]["check-used"], en("check-used"));
    }
}

#[test]
fn the_camera_is_for_the_pages_that_read_codes() {
    let world = World::cn();
    let policy = |reply: &Reply| reply.headers["permissions-policy"].to_str().unwrap().to_owned();
    let officer = world.visitor("customs_officer:qin");
    for page in [world.nobody().get("/verify"), officer.get("/customs")] {
        assert!(policy(&page).contains("camera=(self)"), "{}", policy(&page));
    }
    for path in [
        "/",
        "/queue",
        "/customs/XP-24-13",
        "/verify/XP-24-13",
        "/nothing",
        "/assets/verify.js",
    ] {
        let page = officer.get(path);
        assert!(policy(&page).contains("camera=()"), "{path}: {}", policy(&page));
    }
}
