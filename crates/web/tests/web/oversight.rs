//! Inspections, training, people, partners and the journal, as those see them whom they are for.

use axum::http::StatusCode;

use crate::world::World;

const SURPRISE: [(&str, &str); 4] = [
    ("id", "S-TEST-1"),
    ("site", "M1-FIN"),
    ("kind", "surprise"),
    ("planned_on", "2025-01-20"),
];

#[test]
fn an_unannounced_inspection_is_secret_until_it_has_happened() {
    let world = World::cn();
    let chief = world.visitor("chief_inspector:yao");
    chief.act("plan_inspection", &SURPRISE).unwrap();
    let (page, list) = ("/inspections/S-TEST-1", "/inspections?site=M1-FIN");
    for actor in ["chief_inspector:yao", "auditor:wen"] {
        let visitor = world.visitor(actor);
        assert_eq!(visitor.get(page).status, StatusCode::OK, "{actor}");
        assert!(visitor.get(list).body.contains("S-TEST-1"), "{actor}");
    }
    let others = ["inspector:tian", "licensing_officer:chen", "approver:fang", "H-M1:hu"];
    for actor in others {
        let visitor = world.visitor(actor);
        assert_eq!(visitor.get(page).status, StatusCode::NOT_FOUND, "{actor}");
        assert!(!visitor.get(list).body.contains("S-TEST-1"), "{actor}");
        let table = visitor.get("/inspections.csv?site=M1-FIN");
        assert_eq!(table.status, StatusCode::OK);
        assert!(!table.body.contains("S-TEST-1"), "{actor}");
    }
    let inspector = world.visitor("inspector:tian");
    let visit = [
        ("inspection", "S-TEST-1"),
        ("visited_on", "2025-01-05"),
        ("inspectors", "tian"),
    ];
    inspector.act("record_visit", &visit).unwrap();
    for actor in others {
        assert_eq!(world.visitor(actor).get(page).status, StatusCode::OK, "{actor}");
    }
    let other = world.visitor("H-BJ-01:xia");
    assert_eq!(
        other.get(page).status,
        StatusCode::NOT_FOUND,
        "another company's visit is not theirs to know"
    );
}

#[test]
fn an_inspector_counts_blind() {
    let world = World::cn();
    let inspector = world.visitor("inspector:tian");
    world
        .visitor("chief_inspector:yao")
        .act("plan_inspection", &SURPRISE)
        .unwrap();
    let visit = [
        ("inspection", "S-TEST-1"),
        ("visited_on", "2025-01-05"),
        ("inspectors", "tian"),
    ];
    inspector.act("record_visit", &visit).unwrap();
    let page = inspector.get("/inspections/S-TEST-1");
    assert!(page.body.contains("/act/count?site=M1-FIN"), "{}", page.body);
    let state = world.app.authority().state();
    let (site, _) = state.holders.site("M1-FIN").unwrap();
    let counts = state.ledger.accounts().filter(|account| account.site == site);
    for account in counts {
        for held in account.held.iter().filter(|held| **held > 999) {
            let shown = format!(">{held}<");
            assert!(!page.body.contains(&shown), "{held} is what the books say");
        }
    }
}

#[test]
fn a_company_sees_its_own_attendance_alone() {
    let world = World::cn();
    let state = world.app.authority().state();
    let with_others = state.trainings.iter().find(|session| {
        let is = |holder: &str| session.attended.iter().any(|(of, _)| of.as_str() == holder);
        is("H-M1") && is("H-M2")
    });
    let id = with_others.unwrap().entry.id.to_string();
    drop(state);
    let own = world.visitor("H-M1:hu").get(&format!("/trainings/{id}"));
    assert!(own.body.contains("H-M1") && !own.body.contains("H-M2"), "{}", own.body);
    let trainer = world.visitor("trainer:qiu").get(&format!("/trainings/{id}"));
    assert!(trainer.body.contains("H-M2"));
    let coverage = world.visitor("H-M1:hu").get("/trainings/coverage");
    assert_eq!(coverage.status, StatusCode::FORBIDDEN);
}

#[test]
fn the_proof_of_an_entry_verifies_offline() {
    let world = World::cn();
    let auditor = world.visitor("auditor:wen");
    let file = auditor.get("/journal/4000/proof");
    let proof = tlog::ProofFile::parse(&file.body).unwrap();
    let entry = proof.extra.clone().unwrap();
    assert_eq!(proof.index, 4_000);
    let log_key = world.app.authority().log_key();
    assert!(proof.verify(&entry, &log_key).unwrap().size > 4_000);
    assert_eq!(auditor.get("/journal/4000/bytes").body.as_bytes(), entry);
    assert!(proof.verify(b"{}", &log_key).is_err());
    assert_eq!(auditor.get("/journal/999999999/proof").status, StatusCode::NOT_FOUND);
}

#[test]
fn the_auditor_finds_entries_and_sees_who_looked() {
    let world = World::cn();
    let auditor = world.visitor("auditor:wen");
    world.visitor("chief_inspector:yao").get("/inspections/P-12-M1-FIN");
    let about = auditor.get("/journal/subject/P-12-M1-FIN");
    assert_eq!(about.status, StatusCode::OK);
    assert!(about.body.contains("chief"), "who looked is told: {}", about.body);
    let refused = auditor.get("/journal?kind=InstructionRefused");
    assert!(refused.body.contains("/journal/") && !refused.body.contains("⟦journal"));
    assert_eq!(auditor.get("/journal?entry=17").to(), "/journal/17");
    for nonsense in [
        "/journal?entry=x",
        "/journal?before=x",
        "/journal?before=99999999999999999999",
        "/journal?day=yesterday",
        "/journal?day=1800-01-01",
        "/journal?day=9999-12-31",
        "/journal?kind=Nothing&actor=%27",
        "/journal/exceptions?year=-9999",
        "/journal/exceptions?year=99999&what=x",
        "/journal/exceptions?what=late&days=-3&before=7",
        "/journal/subject/M1-FIN?from=x&after=x.y",
    ] {
        assert_eq!(auditor.get(nonsense).status, StatusCode::OK, "{nonsense}");
    }
    assert_eq!(auditor.get("/journal/x").status, StatusCode::NOT_FOUND);
    assert_eq!(auditor.get("/journal/subject/nobody").status, StatusCode::NOT_FOUND);
}

#[test]
fn exceptions_are_told_by_year_and_as_a_file() {
    let world = World::cn();
    let auditor = world.visitor("auditor:wen");
    let refused = auditor.get("/journal/exceptions?year=2024&code=held");
    assert!(refused.body.contains("held"), "{}", refused.body);
    for what in ["refused", "breaches", "late"] {
        let table = auditor.get(&format!("/journal/exceptions.csv?year=2024&what={what}&days=1"));
        assert_eq!(table.status, StatusCode::OK);
        assert!(table.body.lines().count() > 1, "{what}: {}", table.body);
    }
    let reports = auditor.get("/journal/exceptions.csv?year=2024&what=breaches");
    assert!(
        reports
            .body
            .lines()
            .skip(1)
            .all(|line| !line.split(',').nth(5).unwrap().is_empty())
    );
}

#[test]
fn nobody_with_a_role_is_erased_and_no_administrator_erases_alone() {
    let world = World::cn();
    let (one, other) = (world.visitor("administrator:a"), world.visitor("administrator:b"));
    world.enrol("xu", "a password nobody hashes");
    let named = one.post("/people/xu/name", &[("name", "Xu Wei"), ("email", "xu@nmpa.example")]);
    assert_eq!(named.to(), "/people/xu?saved=yes", "{}", named.body);
    assert!(one.get("/people/xu").body.contains("Xu Wei (xu)"));
    let bad = one.post("/people/xu/name", &[("name", "Xu (chen)"), ("email", "")]);
    assert!(bad.body.contains("name-error"), "a name cannot pass for an id");
    let sure = [("sure", "yes")];
    assert_eq!(one.post("/people/xu/erase", &sure).status, StatusCode::FORBIDDEN);
    let seq = one.act("revoke_role", &[("actor", "licensing_officer:xu")]).unwrap();
    assert_eq!(
        one.post("/people/xu/erase", &sure).status,
        StatusCode::FORBIDDEN,
        "a proposal takes nothing away"
    );
    let seq = seq.to_string();
    one.act("approve", &[("of", &seq)]).unwrap_err();
    other.act("approve", &[("of", &seq)]).unwrap();
    assert!(
        one.post("/people/xu/erase", &[]).body.contains("sure-error"),
        "it asks first"
    );
    assert_eq!(one.post("/people/xu/erase", &sure).to(), "/people?erased=yes");
    let local = world.app.authority().local();
    assert_eq!(local.person_name("xu").unwrap(), None);
    assert!(local.credential("xu").unwrap().is_none());
    drop(local);
    let auditor = world.visitor("auditor:wen");
    assert!(
        auditor.get("/people/xu").body.contains("licensing_officer:xu"),
        "the journal keeps the id"
    );
    assert_eq!(auditor.post("/people/chen/erase", &sure).status, StatusCode::FORBIDDEN);
    assert_eq!(one.post("/people/nobody/erase", &sure).status, StatusCode::NOT_FOUND);
}

#[test]
fn an_administrator_ends_the_sessions_of_another_and_gains_none() {
    let world = World::cn();
    let (one, officer) = (
        world.visitor("administrator:a"),
        world.visitor("licensing_officer:chen"),
    );
    assert_eq!(officer.get("/account").status, StatusCode::OK);
    one.post("/people/chen/sessions", &[]);
    assert!(officer.get("/account").to().starts_with("/sign-in"));
    assert!(one.get("/account").body.contains("administrator"));
    for business in ["/inspections", "/trainings", "/journal"] {
        assert_eq!(one.get(business).status, StatusCode::FORBIDDEN, "{business}");
    }
    let partner = one.get("/partners/KR");
    assert!(
        partner.status == StatusCode::OK && !partner.body.contains("CN/EX-"),
        "no cases"
    );
    let officer = world.visitor("permit_officer:lu").get("/partners/KR");
    assert!(officer.body.contains("CN/EX-"));
}

#[test]
fn the_key_file_is_the_one_that_partners_check() {
    let world = World::cn();
    let file = world.visitor("administrator:a").get("/partners/own/key-file");
    let read: domain::partner::KeyFile = serde_json::from_str(&file.body).unwrap();
    assert_eq!(read, world.app.authority().key_file().unwrap());
    let page = world.visitor("statistician:shi").get("/partners");
    assert!(page.body.contains(&read.fingerprint()));
}

#[test]
fn the_first_days_are_a_list_of_tasks() {
    let world = World::cn();
    let page = world.visitor("administrator:a").get("/first-run");
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("govuk-task-list"));
    let task = |actor: &str| format!("id=\"{actor}-status\">");
    let after = |actor: &str| {
        page.body
            .split(&task(actor))
            .nth(1)
            .unwrap()
            .split("</div>")
            .next()
            .unwrap()
    };
    assert!(
        after("licensing_officer").contains("In progress"),
        "nobody of them can sign in"
    );
    world.enrol("chen", "a password nobody hashes");
    let page = world.visitor("administrator:a").get("/first-run");
    let chen = page.body.split(&task("licensing_officer")).nth(1).unwrap();
    assert!(chen.starts_with("Done"), "{chen}");
}

#[test]
fn help_and_accessibility_are_for_everybody() {
    let world = World::cn();
    for path in ["/help", "/accessibility"] {
        let page = world.nobody().get(path);
        assert!(page.status == StatusCode::OK && !page.body.contains('⟦'), "{path}");
    }
}
