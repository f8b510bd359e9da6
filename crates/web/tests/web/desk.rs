//! The work queue, decisions by two persons, lists, and the one search box: what each sees, and what nobody may.

use axum::http::{StatusCode, header};

use crate::world::{Visitor, World};

const CARD: &str = "CARD-BJ-05";

/// A licensing officer proposes to suspend a card; gives the number of the proposal.
fn propose(chen: &Visitor<'_>) -> u64 {
    let day = chen.world.app.authority().state().recorded_at.to_string();
    let day = day.split('T').next().unwrap();
    let fields = [("licence", CARD), ("from", day), ("reason", "Cabinet left open")];
    chen.act("suspend_licence", &fields)
        .unwrap_or_else(|page| panic!("{}", page.body))
}

#[test]
fn a_decision_is_shown_to_its_two_persons_and_made_by_the_other() {
    let world = World::cn();
    let chen = world.visitor("licensing_officer:chen");
    let seq = propose(&chen);
    let path = format!("/decisions/{seq}");
    let approve = format!("/act/approve?of={seq}");

    let own = chen.get(&path);
    assert!(own.body.contains("You proposed this"), "{}", own.body);
    assert!(!own.body.contains("/act/approve") && !own.body.contains("/act/reject"));
    assert!(chen.get("/queue?tab=waiting").body.contains(&path));
    assert!(!chen.get("/queue").body.contains(&path));

    let auditor = world.visitor("auditor:wen").get(&path);
    assert_eq!(auditor.status, StatusCode::OK);
    assert!(!auditor.body.contains("/act/approve"));
    for other in ["H-M1:hu", "statistician:shi", "planning_officer:luo"] {
        assert_eq!(world.visitor(other).get(&path).status, StatusCode::NOT_FOUND, "{other}");
    }

    let fang = world.visitor("approver:fang");
    assert!(fang.get("/queue").body.contains(&path));
    let page = fang.get(&path);
    for words in ["in force", "suspended from", "Cabinet left open", approve.as_str()] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let of = seq.to_string();
    assert!(fang.act("approve", &[("of", &of)]).is_ok());
    let settled = fang.get(&path);
    assert!(settled.body.contains("Approved") && !settled.body.contains("/act/approve"));
    assert!(!fang.get("/queue").body.contains(&path));
    let licence = fang.get(&format!("/licences/{CARD}"));
    assert!(licence.body.contains("suspended"), "{}", licence.body);
}

#[test]
fn a_rejection_is_told_with_its_reason() {
    let world = World::cn();
    let seq = propose(&world.visitor("licensing_officer:chen"));
    let fang = world.visitor("approver:fang");
    let of = seq.to_string();
    let fields = [("of", of.as_str()), ("reason", "Talk to the hospital first")];
    assert!(fang.act("reject", &fields).is_ok());
    let page = world
        .visitor("licensing_officer:chen")
        .get(&format!("/decisions/{seq}"));
    assert!(page.body.contains("Rejected") && page.body.contains("Talk to the hospital first"));
}

#[test]
fn whoever_takes_a_task_is_shown_to_colleagues_and_to_nobody_else() {
    let world = World::cn();
    let seq = propose(&world.visitor("licensing_officer:chen"));
    let (path, key) = (format!("/decisions/{seq}"), format!("decision:{seq}"));
    let (fang, jiang) = (world.visitor("approver:fang"), world.visitor("approver:jiang"));
    let claim = |who: &Visitor<'_>, act: &str| {
        let fields = [("key", key.as_str()), ("do", act), ("then", "/queue?tab=team")];
        let sent = who.post("/queue/claim", &fields);
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        assert_eq!(sent.to(), "/queue?tab=team");
    };
    let before = world.size();
    claim(&fang, "take");
    assert!(fang.get("/queue").body.contains(&path), "it is still theirs to do");
    assert!(!jiang.get("/queue").body.contains(&path));
    assert!(jiang.get("/queue?tab=team").body.contains(&path));
    // It is no lock: the colleague may decide all the same, and may free it.
    assert!(jiang.get(&path).body.contains("/act/approve"));
    claim(&world.visitor("H-M1:hu"), "leave");
    assert!(!jiang.get("/queue").body.contains(&path), "a stranger frees nothing");
    claim(&jiang, "leave");
    assert!(jiang.get("/queue").body.contains(&path));
    assert_eq!(world.size(), before, "claims are not recorded");
}

#[test]
fn each_finds_what_they_may_see_and_no_more() {
    let world = World::cn();
    let finds = |who: &str, q: &str, path: &str| {
        let page = world.visitor(who).get(&format!("/search?q={q}"));
        assert_eq!(page.status, StatusCode::OK, "{who} {q}");
        page.body.contains(&format!("href=\"{path}\""))
    };
    let (licence, permit, case) = ("/licences/L-M1-API", "/permits/XP-24-07", "/cases/CN/EX-24-07");
    assert!(finds("licensing_officer:chen", "l-m1-api", licence));
    assert!(finds("H-M1:hu", "L-M1-API", licence));
    assert!(!finds("H-BJ-01:xia", "L-M1-API", licence), "another holder's");
    assert!(!finds("administrator:a", "L-M1-API", licence), "no business data");
    assert!(finds("permit_officer:lu", "xp-24-07", permit));
    assert!(finds("permit_officer:lu", "EX-24-07", case));
    assert!(!finds("H-M1:hu", "EX-24-07", case), "another exporter's");
    assert!(!finds("inspector:tian", "EX-24-07", case));
    assert!(finds("customs_officer:qin", "XP-24-07", "/customs/XP-24-07"));
    assert!(finds("customs_officer:qin", "CN/EX-24-07", "/customs/XP-24-07"));
    assert!(!finds("customs_officer:qin", "H-M1", "/holders/H-M1"));
    assert!(finds("inspector:tian", "jade%20spring", "/holders/H-M1"));
    assert!(!finds("H-BJ-01:xia", "jade%20spring", "/holders/H-M1"));
    assert!(finds("administrator:a", "chen", "/people/chen"));
    assert!(!finds("licensing_officer:chen", "chen", "/people/chen"));
    assert!(finds("auditor:wen", "90", "/journal/90"));
    assert!(!finds("licensing_officer:chen", "90", "/journal/90"));
}

#[test]
fn odd_questions_get_an_answer() {
    let world = World::cn();
    let chen = world.visitor("licensing_officer:chen");
    let long = "x".repeat(3000);
    for q in [
        "",
        "%20",
        "x",
        "%00%01",
        "%F0%9F%92%8A",
        "%27%22%3Cb%3E",
        "..%2F..",
        &long,
    ] {
        let page = chen.get(&format!("/search?q={q}"));
        assert_eq!(page.status, StatusCode::OK, "{q}");
        assert!(!page.body.contains("<b>"), "{q}");
    }
    assert!(chen.get("/search").body.contains("Enter a number"));
}

#[test]
fn lists_are_narrowed_and_paged_and_kept_as_files() {
    let world = World::cn();
    let chen = world.visitor("licensing_officer:chen");
    let cards = chen.get("/licences?activity=purchase&within=60");
    assert!(cards.body.contains(CARD) && !cards.body.contains("/licences/L-M1-API"));
    assert!(chen.get("/licences?page=2").body.contains("page=1"));
    for nonsense in [
        "/licences?page=-1&within=x&standing=%3C",
        "/holders?page=99999999&q=%25",
    ] {
        assert_eq!(chen.get(nonsense).status, StatusCode::OK, "{nonsense}");
    }
    let file = chen.get("/licences.csv?activity=purchase");
    assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(file.body.contains(CARD));
    let own = world.visitor("H-BJ-01:xia").get("/licences.csv?holder=H-M1");
    assert!(own.body.contains("CARD-BJ-01") && !own.body.contains("L-M1-API"));
    assert_eq!(
        world.visitor("H-M1:hu").get("/holders/H-M2").status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.visitor("H-M1:hu").get("/licences/L-M3-API").status,
        StatusCode::NOT_FOUND
    );
}

#[test]
fn quotas_of_a_year_are_shown_as_they_are_kept() {
    let world = World::cn();
    let luo = world.visitor("planning_officer:luo");
    let page = luo.get("/planning/2024");
    assert!(page.body.contains("closed") && page.body.contains("cs-chart"));
    assert!(
        !page.body.contains("/act/grant_quota"),
        "nothing is planned for a closed year"
    );
    let file = luo.get("/planning/2024/quotas.csv").body;
    let line = file
        .lines()
        .find(|line| line.contains("fentanyl,g of base,H-M1"))
        .unwrap();
    assert!(line.starts_with("2024,fentanyl,g of base,H-M1,16350,"), "{line}");
    for missing in ["/planning/12024", "/planning/x", "/planning/2024/everything.csv"] {
        assert_eq!(luo.get(missing).status, StatusCode::NOT_FOUND, "{missing}");
    }
    let next = luo.get("/planning/2026");
    assert!(next.body.contains("/act/set_estimate"), "{}", next.body);
}
