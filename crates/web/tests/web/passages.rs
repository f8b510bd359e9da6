//! Goods that pass through, on the pages: who sees them, what they can do, and what waits for them.

use axum::http::StatusCode;
use web::words::{Lang, Words};

use crate::world::World;

fn en(key: &str) -> String {
    Words(Lang::En).t(key).replace('\'', "&#39;")
}

#[test]
fn goods_that_pass_through_are_for_the_border() {
    let world = World::after("trade/21-flown-over-and-landed.toml", "CN");
    for actor in ["customs_officer:zhao", "permit_officer:li", "approver:wang"] {
        let visitor = world.visitor(actor);
        let list = visitor.get("/passages");
        assert_eq!(list.status, StatusCode::OK, "{actor}");
        for (id, state) in [
            ("OVER-1", "passage-is-overflight"),
            ("OVER-2", "passage-is-ended"),
            ("THROUGH-1", "passage-is-ended"),
        ] {
            assert!(list.body.contains(&format!("/passages/{id}")), "{}", list.body);
            let page = visitor.get(&format!("/passages/{id}"));
            assert_eq!(page.status, StatusCode::OK, "{actor} {id}");
            assert!(page.body.contains(&en(state)), "{}", page.body);
        }
        assert_eq!(visitor.get("/passages/T-9").status, StatusCode::NOT_FOUND);
    }
    assert_eq!(
        world.visitor("H-LAKE:chen").get("/passages").status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(world.nobody().get("/passages").status, StatusCode::SEE_OTHER);
}

#[test]
fn a_passage_leads_to_what_is_open_for_whoever_looks() {
    let world = World::after("trade/21-flown-over-and-landed.toml", "CN");
    let customs = world.visitor("customs_officer:zhao");
    let through = [
        ("id", "T-2"),
        ("exporter.name", "Nippon Anesthetics"),
        ("exporter.address", "3 Port Road, Osaka"),
        ("exporter.country", "JP"),
        ("importer.name", "Red River Medical"),
        ("importer.address", "5 Lake Street, Ha Noi"),
        ("importer.country", "VN"),
        ("lines.0.item", "remifentanil-1mg-vial"),
        ("lines.0.amount", "40"),
        ("conveyance", "NH 897"),
        ("packages", "1"),
        ("gross_g", "1200"),
        ("post", "Wuhan"),
    ];
    customs.act("open_passage", &through).unwrap();
    let officer = world.visitor("permit_officer:li");
    let offers = |visitor: &crate::world::Visitor<'_>, verb: &str| {
        let page = visitor.get("/passages/T-2").body;
        page.contains(&format!("/act/{verb}?"))
    };
    // No copy was produced: customs waits, and two officers decide.
    assert!(!offers(&customs, "end_passage") && !offers(&customs, "release_passage"));
    assert!(offers(&officer, "release_passage") && offers(&officer, "close_passage"));
    assert!(officer.get("/queue").body.contains("/passages/T-2"));
    let copy = [
        ("passage", "T-2"),
        ("copy.number", "JP-4"),
        ("copy.valid_until", "2024-03-31"),
        ("reason", "Japan has sent it"),
    ];
    let of = officer.act("release_passage", &copy).unwrap();
    assert!(!offers(&officer, "release_passage"), "it waits for the second person");
    let approver = world.visitor("approver:wang");
    approver.act("approve", &[("of", &of.to_string())]).unwrap();
    assert!(offers(&customs, "end_passage") && !offers(&customs, "record_repacking"));
    assert!(!officer.get("/queue").body.contains("/passages/T-2"));
    let page = customs.get("/passages/T-2").body;
    assert!(page.contains("lines.0.amount=40") && page.contains("JP-4"), "{page}");
}

#[test]
fn a_case_says_what_a_country_of_transit_has_told() {
    let scenario = "trade/diverted-by-the-country-of-transit.toml";
    let cn = World::after(scenario, "CN");
    let page = cn.visitor("permit_officer:li").get("/cases/CN/EXP-1").body;
    assert!(
        page.contains(&en("case-told-diverted")) && page.contains("JP-88"),
        "{page}"
    );
    let jp = World::after(scenario, "JP");
    let officer = jp.visitor("permit_officer:abe");
    assert!(officer.get("/cases/JP/EXP-J1").body.contains("THROUGH-1"));
    assert!(officer.get("/passages/THROUGH-1").body.contains("/cases/JP/EXP-J1"));
    let customs = jp.visitor("customs_officer:ito");
    assert!(!customs.get("/passages/THROUGH-1").body.contains("/cases/JP/EXP-J1"));
}
