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
