//! What goes between provinces, as those see it whom it concerns.

use axum::http::StatusCode;
use domain::province::End;

use crate::world::World;

fn hubei() -> World {
    World::after("provinces.toml", "CN-HB")
}

fn hunan() -> World {
    World::after("provinces.toml", "CN-HN")
}

/// The entry of a dispatch by its number between the two, at the end where the world is.
fn entry(world: &World, number: u64) -> u64 {
    let state = world.app.authority().state();
    let mut all = state.provinces.dispatches().iter();
    let found = all.find(|(_, domestic)| domestic.told.number == number);
    *found.unwrap().0
}

/// Sends goods from Hubei, short of nothing; gives the entry.
fn dispatched(world: &World, amount: &str) -> u64 {
    let fields = [
        ("site", "S-NAT"),
        ("to", "S-HOSP"),
        ("partner", "CN-HN"),
        ("item", "amp"),
        ("batch", "F3"),
        ("amount", amount),
        ("occurred_on", "2024-03-02"),
        ("mode", "report"),
    ];
    world.visitor("H-NAT:ning").act("dispatch", &fields).unwrap()
}

#[test]
fn the_page_of_provinces_is_for_officers_who_share_or_look_on() {
    let world = hubei();
    let page = world.visitor("licensing_officer:li").get("/provinces");
    assert_eq!(page.status, StatusCode::OK);
    for shown in [
        "Xiang Wholesale (S-REG)",
        "Changsha Hospital (S-HOSP)",
        "withdrawn",
        "an inspection",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(
        page.body.contains("href=\"/provinces\""),
        "no place in the navigation: {}",
        page.body
    );
    // An approver reads, and shares nothing.
    let page = world.visitor("approver:wang").get("/provinces");
    assert!(!page.body.contains("/act/share_site"), "{}", page.body);
    let administrator = world.visitor("administrator:a");
    assert_eq!(administrator.get("/provinces").status, StatusCode::FORBIDDEN);
    assert_eq!(
        world.visitor("H-NAT:ning").get("/provinces").status,
        StatusCode::FORBIDDEN
    );
    // Hunan's own sites, with what an officer may do about them.
    let page = hunan().visitor("licensing_officer:luo").get("/provinces");
    for shown in [
        "Changsha Hospital (S-HOSP)",
        "/act/withdraw_site?site=S-HOSP",
        "/act/share_site",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(
        !page.body.contains("/act/withdraw_site?site=S-REG"),
        "withdrawn by the suspension: {}",
        page.body
    );
    // A country that is one has no provinces to go to.
    let page = World::cn().visitor("licensing_officer:chen").get("/queue");
    assert!(!page.body.contains("href=\"/provinces\""), "{}", page.body);
}

#[test]
fn a_dispatch_is_seen_at_both_ends_and_by_nobody_else() {
    let world = hunan();
    let path = format!("/provinces/{}", entry(&world, 2));
    let page = world.visitor("licensing_officer:luo").get(&path);
    for shown in [
        "National Medical Supply, S-NAT (CN-HB)",
        "200 ampoules",
        "197 ampoules",
        "a broken box",
        "the box was open",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(page.body.contains("both sides have given their word"), "{}", page.body);
    assert_eq!(world.visitor("H-REG:ren").get(&path).status, StatusCode::OK);
    let world = hubei();
    let path = format!("/provinces/{}", entry(&world, 2));
    let own = world.visitor("H-NAT:ning").get(&path);
    assert_eq!(own.status, StatusCode::OK, "{}", own.body);
    assert!(own.body.contains("Xiang Wholesale, S-REG (CN-HN)"), "{}", own.body);
    let none = world.visitor("licensing_officer:li").get("/provinces/0");
    assert_eq!(none.status, StatusCode::NOT_FOUND, "an entry that is no dispatch");
    assert_eq!(
        world.visitor("administrator:a").get(&path).status,
        StatusCode::FORBIDDEN
    );
}

#[test]
fn another_holders_dispatch_is_not_found() {
    let world = hunan();
    let [a, b] = ["administrator:a", "administrator:b"].map(|actor| world.visitor(actor));
    let seq = a.act("grant_role", &[("actor", "H-HOSP:zhou")]).unwrap().to_string();
    b.act("approve", &[("of", &seq)]).unwrap();
    let path = format!("/provinces/{}", entry(&world, 2));
    assert_eq!(world.visitor("H-REG:ren").get(&path).status, StatusCode::OK);
    assert_eq!(world.visitor("H-HOSP:zhou").get(&path).status, StatusCode::NOT_FOUND);
}

/// Before the first dispatch is received.
fn midway(id: &str) -> World {
    World::before("provinces.toml", "at = \"2024-02-03T01:00:00Z\"", id)
}

#[test]
fn goods_that_come_are_offered_to_who_receives_them() {
    let world = midway("CN-HN");
    let (ren, seq) = (world.visitor("H-REG:ren"), entry(&world, 1));
    let goods = format!(
        "<option value=\"{seq}\">{seq}: Fentanyl 0.1 mg/2 ml · 100 ampoules · F3, National Medical Supply, S-NAT (CN-HB)"
    );
    let form = ren.get("/act/receive");
    assert!(form.body.contains(&goods), "{}", form.body);
    // Whoever comes from the queue finds site and amount filled in.
    let queue = ren.get("/queue");
    assert!(
        queue
            .body
            .contains(&format!("/act/receive?dispatch={seq}&#38;site=S-REG")),
        "{}",
        queue.body
    );
    let form = ren.get(&format!("/act/receive?dispatch={seq}&keep=dispatch"));
    assert!(form.body.contains("value=\"100\""), "{}", form.body);
    let cancelled = ren.get("/act/cancel_dispatch");
    assert!(
        !cancelled.body.contains(&goods),
        "what comes here is not theirs to take back"
    );
}

#[test]
fn the_api_names_the_other_province_of_goods_on_the_way() {
    let on_the_way = |world: &World, actor: &str, site: &str| {
        let stock = world.key(actor).get(&format!("/api/v1/sites/{site}/stock")).json();
        stock["on_the_way"][0].clone()
    };
    let here = on_the_way(&midway("CN-HB"), "H-NAT:ning", "S-NAT");
    let world = midway("CN-HN");
    let there = on_the_way(&world, "H-REG:ren", "S-REG");
    let told = |row: &serde_json::Value| [&row["partner"], &row["item"], &row["from"], &row["to"]].map(Clone::clone);
    assert_eq!(told(&here), ["CN-HN", "amp", "S-NAT", "S-REG"], "{here}");
    assert_eq!(told(&there), ["CN-HB", "ampoule", "S-NAT", "S-REG"], "{there}");
    assert_eq!(there["dispatch"], entry(&world, 1));
    assert_eq!(there["outstanding"], 100);
}

#[test]
fn a_shared_site_is_offered_while_it_is_shared() {
    let form = midway("CN-HB")
        .visitor("H-NAT:ning")
        .get("/act/dispatch?partner=CN-HN&keep=partner");
    assert!(
        form.body
            .contains("<option value=\"S-REG\">Xiang Wholesale (S-REG)</option>"),
        "{}",
        form.body
    );
    assert!(
        !form.body.contains("<option value=\"S-HOSP\""),
        "no channel leads there: {}",
        form.body
    );
}

#[test]
fn a_site_that_is_shared_is_chosen_and_not_typed() {
    let world = hunan();
    let luo = world.visitor("licensing_officer:luo");
    let form = luo.get("/act/share_site");
    assert!(form.body.contains("<option value=\"CN-HB\""), "{}", form.body);
    let world = hubei();
    let ning = world.visitor("H-NAT:ning");
    // What is withdrawn, has ended, or has no channel there is not offered.
    let form = ning.get("/act/dispatch?partner=CN-HN&keep=partner");
    for absent in ["S-REG", "S-OLD", "S-HOSP"] {
        assert!(
            !form.body.contains(&format!("<option value=\"{absent}\"")),
            "{absent}: {}",
            form.body
        );
    }
    let form = ning.get("/act/dispatch");
    assert!(form.body.contains("<option value=\"CN-HN\""), "{}", form.body);
    let other_country = "Ministry of Food and Drug Safety (KR)";
    assert!(
        !form.body.contains(other_country),
        "goods go there under a permit: {}",
        form.body
    );
    let edge = [
        ("id", "CH-FAR"),
        ("from", "national_wholesaler"),
        ("to", "institution"),
        ("effective_from", "2024-01-01"),
    ];
    let seq = world
        .visitor("licensing_officer:li")
        .act("open_channel", &edge)
        .unwrap();
    let (seq, wang) = (seq.to_string(), world.visitor("approver:wang"));
    wang.act("approve", &[("of", &seq)]).unwrap();
    let form = ning.get("/act/dispatch?partner=CN-HN&keep=partner");
    let hospital = "<option value=\"S-HOSP\">Changsha Hospital (S-HOSP)</option>";
    assert!(form.body.contains(hospital), "{}", form.body);
    let page = ning.get("/company");
    assert!(
        page.body.contains("/act/dispatch?partner=CN-HN&#38;keep=partner"),
        "{}",
        page.body
    );
}

#[test]
fn late_arrivals_lie_in_the_queues() {
    let world = hubei();
    let seq = dispatched(&world, "5");
    let path = format!("/provinces/{seq}");
    let ning = world.visitor("H-NAT:ning");
    assert!(
        ning.get("/queue?tab=waiting").body.contains(&path),
        "the consignor sees it wait"
    );
    let li = world.visitor("licensing_officer:li");
    assert!(
        !li.get("/queue?tab=waiting").body.contains(&path),
        "nothing is late yet"
    );
    let state = world.app.authority().state();
    let domestic = &state.provinces.dispatches()[&seq];
    assert_eq!(domestic.end, End::Sending);
    let (due, late) = (domain::province::due_on(&state, domestic), |day| {
        domain::province::overdue(&state, day).any(|late| late.entry == seq)
    });
    assert!(!late(due) && late(due.tomorrow().unwrap()));
}
