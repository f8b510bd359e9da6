//! What is downloaded as evidence, judged by the verifier, which shares nothing with those who wrote it.

use axum::http::{StatusCode, header};

use crate::world::{World, story};

const BUNDLE: &str = "/cases/CN/EX-24-07/bundle.json";

#[test]
fn the_bundle_of_a_case_is_what_the_verifier_takes() {
    let world = World::cn();
    let officer = world.visitor("permit_officer:lu");
    let page = officer.get("/cases/CN/EX-24-07");
    assert!(page.body.contains(&format!("href=\"{BUNDLE}\"")), "{}", page.body);
    let reply = officer.get(BUNDLE);
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let told = reply
        .headers
        .get(header::CONTENT_DISPOSITION)
        .unwrap()
        .to_str()
        .unwrap();
    assert_eq!(told, "attachment; filename=\"CN-EX-24-07.bundle.json\"");
    let (log_key, case) = (world.app.authority().log_key(), "CN/EX-24-07");
    let log_key = verifier::LogKey::parse(&log_key).unwrap();
    let report = verifier::check_bundle(&reply.body, &log_key, &[]).unwrap();
    let entries = report.facts["entries"].as_array().unwrap();
    assert!(entries.len() > 10, "{entries:?}");
    let damaged = reply.body.replacen("\"index\":", "\"index\":1", 1);
    assert!(verifier::check_bundle(&damaged, &log_key, &[]).is_err());
    // The command line writes the same bytes.
    let look = authority::look(&story().join("CN")).unwrap();
    let entries = authority::of_case(&look, case).unwrap();
    assert!(authority::bundle(&*look.journal, &entries).unwrap() == reply.body);
}

#[test]
fn a_bundle_is_for_who_decides_and_who_looks_on() {
    let world = World::cn();
    for actor in ["permit_officer:lu", "approver:fang", "auditor:wen"] {
        let visitor = world.visitor(actor);
        assert_eq!(visitor.get(BUNDLE).status, StatusCode::OK, "{actor}");
        assert!(visitor.get("/cases/CN/EX-24-07").body.contains(BUNDLE), "{actor}");
    }
    let exporter = world.visitor("H-M2:xiao");
    assert_eq!(exporter.get("/cases/CN/EX-24-07").status, StatusCode::OK);
    for actor in [
        "licensing_officer:chen",
        "planning_officer:luo",
        "statistician:shi",
        "H-M2:xiao",
    ] {
        let visitor = world.visitor(actor);
        assert_eq!(visitor.get(BUNDLE).status, StatusCode::FORBIDDEN, "{actor}");
        assert!(!visitor.get("/cases/CN/EX-24-07").body.contains(BUNDLE), "{actor}");
    }
    let auditor = world.visitor("auditor:wen");
    assert_eq!(auditor.get("/cases/CN/EX-99/bundle.json").status, StatusCode::NOT_FOUND);
}
