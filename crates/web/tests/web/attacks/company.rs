//! What is another company's: pages, acts and what they foretell, files, the API, a search.

use axum::http::StatusCode;
use domain::command::COMMANDS;
use serde_json::json;

use super::{csrf, send_with};
use crate::api::id;
use crate::world::{Visitor, World};

/// Whoever looks where they should not: a hospital's person, and a company's.
const ATTACKERS: [&str; 2] = ["H-BJ-01:xia", "H-M2:xiao"];
/// The name of the company whose things they want.
const NAME: &str = "Jade Spring";

/// Ids of the company's own things, by route.
fn things(world: &World) -> Vec<String> {
    let state = world.app.authority().state();
    let (site, _) = state.holders.site("M1-FIN").unwrap();
    let account = state.ledger.accounts_of(site).next().unwrap();
    let batch = state.ledger.batch_at(account.batch);
    let item = state.items.at(batch.item);
    let of_it = |case: &&domain::trade::Case| case.side == domain::trade::Side::Exporting;
    let case = state.trade.cases().find(of_it).unwrap();
    let number = case.permit.as_ref().unwrap().number.to_string();
    vec![
        "/holders/H-M1".to_owned(),
        "/licences/L-M1-API".to_owned(),
        "/register/M1-FIN".to_owned(),
        "/register/M1-FIN/lines.csv".to_owned(),
        format!("/batches/{}/{}", item.id, batch.code),
        "/inspections/P-12-M1-FIN".to_owned(),
        format!("/cases/{}", case.id),
        format!("/permits/{number}"),
        "/api/v1/holders/H-M1".to_owned(),
        "/api/v1/licences/L-M1-API".to_owned(),
        "/api/v1/sites/M1-FIN/stock".to_owned(),
        "/api/v1/sites/M1-FIN/movements".to_owned(),
        format!("/api/v1/cases/{}", case.id),
        format!("/api/v1/permits/{number}"),
    ]
}

#[test]
fn no_path_leads_a_company_to_what_is_another_s() {
    let world = World::cn();
    let attacker = ATTACKERS[0];
    let (browser, system) = (world.visitor(attacker), world.bearer(attacker));
    for path in things(&world) {
        let reply = if path.starts_with("/api/") {
            system.get(&path)
        } else {
            browser.get(&path)
        };
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        // The same as if it were not there.
        let (before, _) = path.rsplit_once('/').unwrap();
        let nothing = match path.rsplit('/').next().unwrap() {
            "lines.csv" | "stock" | "movements" => path.replace("M1-FIN", "NOWHERE"),
            _ => format!("{before}/NOWHERE"),
        };
        let nothing = if nothing.starts_with("/api/") {
            system.get(&nothing)
        } else {
            browser.get(&nothing)
        };
        assert_eq!(nothing.status, reply.status, "{path}");
        if path.starts_with("/api/") {
            assert_eq!(nothing.body, reply.body, "{path}");
        }
        assert!(!reply.body.contains(NAME), "{path}");
    }
}

#[test]
fn no_list_file_or_search_tells_a_company_of_another() {
    let world = World::cn();
    for attacker in ATTACKERS {
        let (browser, system) = (world.visitor(attacker), world.bearer(attacker));
        for path in [
            "/holders?q=jade",
            "/licences?holder=H-M1",
            "/licences.csv?holder=H-M1",
            "/inspections?site=M1-FIN",
            "/inspections.csv?site=M1-FIN",
            "/orders?site=M1-FIN",
            "/register?site=M1-FIN",
            "/company?holder=H-M1&site=M1-FIN",
            "/company/products.csv?site=M1-FIN",
            "/cases?holder=H-M1",
            "/trainings?holder=H-M1",
            "/planning/2024",
            "/planning/2024/quotas.csv",
            "/search?q=jade",
            "/search?q=H-M1",
            "/search?q=L-M1-API",
            "/search?q=M1-FIN",
            "/queue?tab=team",
            "/decisions",
            "/systems",
        ] {
            let body = browser.get(path).body;
            for theirs in [NAME, "L-M1-API<", ",M1-FIN", ">M1-FIN<", "/holders/H-M1\"", ",H-M1,"] {
                assert!(!body.contains(theirs), "{attacker} {path} {theirs}");
            }
        }
        for path in [
            "holders",
            "licences",
            "inspections",
            "orders",
            "cases",
            "trainings",
            "decisions",
            "queue",
            "plan/2024",
        ] {
            let body = system.get(&format!("/api/v1/{path}?limit=200")).body;
            for theirs in [NAME, "\"H-M1\"", "\"M1-FIN\"", "\"M1-API\""] {
                assert!(!body.contains(theirs), "{attacker} {path} {theirs}");
            }
        }
    }
}

/// Values that name what is another company's, for whatever field a form has.
fn theirs(world: &World) -> Vec<(String, String)> {
    let state = world.app.authority().state();
    let (site, _) = state.holders.site("M1-FIN").unwrap();
    let account = state
        .ledger
        .accounts_of(site)
        .find(|account| account.held[0] > 0)
        .unwrap();
    let batch = state.ledger.batch_at(account.batch);
    let item = state.items.at(batch.item).id.to_string();
    let order = state
        .orders
        .iter()
        .next()
        .map_or_else(String::new, |order| order.id.to_string());
    let today = world.app.authority().day_of(state.recorded_at).to_string();
    let given = [
        ("site", "M1-FIN".to_owned()),
        ("supplier", "M1-FIN".to_owned()),
        ("to", "M1-FIN".to_owned()),
        ("from", "stock".to_owned()),
        ("into", "quarantine".to_owned()),
        ("holder", "H-M1".to_owned()),
        ("item", item.clone()),
        ("batch", batch.code.to_string()),
        ("lines.0.item", item.clone()),
        ("lines.0.amount", "1".to_owned()),
        ("amount", "1".to_owned()),
        ("dispatch", "500".to_owned()),
        ("line", "500".to_owned()),
        ("lot", "LOT-1".to_owned()),
        ("order", order),
        ("id", "X-ATTACK-1".to_owned()),
        ("reason", "x".to_owned()),
        ("occurred_on", today.clone()),
        ("counted_on", today),
    ];
    given
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[test]
fn no_act_or_what_it_foretells_reaches_another_s_site() {
    let world = World::cn();
    let given = theirs(&world);
    let fields: Vec<(&str, &str)> = given
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let keep: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let attacker = world.visitor(ATTACKERS[0]);
    let mut acts = 0;
    for (verb, _, _) in COMMANDS {
        let form = attacker.get(&format!("/act/{verb}"));
        if form.status != StatusCode::OK {
            continue;
        }
        acts += 1;
        // Filled in beforehand, shown but not asked, and all of it at once.
        for keep in [String::new(), keep.join(","), "site,supplier,to".to_owned()] {
            let page = attacker.get(&format!("/act/{verb}?{query}&keep={keep}&then=/queue"));
            assert!(!page.body.contains(NAME), "{verb} {keep}: {}", page.body);
        }
        let size = world.size();
        let check = attacker.post(&format!("/act/{verb}"), &fields);
        assert!(!check.body.contains(NAME), "{verb}: {}", check.body);
        assert_eq!(
            check.hidden("id-of-command"),
            "",
            "{verb}: nothing is foretold of another's goods"
        );
        let command = id(7);
        let code = world.code(&attacker.person);
        let mut all = fields.clone();
        all.retain(|(name, _)| *name != "id-of-command");
        all.extend([("id-of-command", command.as_str()), ("code", code.as_str())]);
        let signed = attacker.post(&format!("/act/{verb}/sign"), &all);
        assert!(
            !signed.to().starts_with("/done/") && !signed.body.contains(NAME),
            "{verb}: {}",
            signed.body
        );
        // What the rules refuse is told in the journal, and nothing else.
        assert!(
            world.size() == size || world.last_entry().event.kind() == "InstructionRefused",
            "{verb}"
        );
    }
    assert!(acts > 15, "{acts}");
}

#[test]
fn no_system_moves_what_another_company_holds() {
    let world = World::cn();
    let given = theirs(&world);
    let of = |name: &str| given.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let with = json!({ "site": "M1-FIN", "item": of("item"), "batch": of("batch"), "amount": 1, "reason": "x", "from": "stock", "into": "quarantine", "occurred_on": of("occurred_on") });
    let key = world.key(ATTACKERS[0]);
    let size = world.size();
    let line = json!([{ "id": id(1), "do": "reclassify", "with": with }]);
    let told = key.post("/api/v1/movements", &[], &line).json();
    assert_eq!(told[0]["refused"]["code"], "not_entitled", "{told}");
    let tried = key.post("/api/v1/commands/reclassify?dry_run=true", &[], &with);
    assert_eq!(tried.problem(), "not_entitled");
    assert_eq!(world.size(), size);
}

#[test]
fn nobody_sees_what_another_has_recorded() {
    let world = World::cn();
    let chen = world.visitor("licensing_officer:chen");
    let seq = chen
        .act("register_holder", &[("id", "H-NEW"), ("name", "New")])
        .unwrap_or_else(|reply| panic!("{}", reply.body));
    let path = format!("/done/{seq}");
    assert_eq!(chen.get(&path).status, StatusCode::OK);
    for other in ["licensing_officer:xu", "auditor:wen", "H-M1:hu", "administrator:a"] {
        assert_eq!(world.visitor(other).get(&path).status, StatusCode::NOT_FOUND, "{other}");
    }
    let (_, clerk): (_, Visitor<'_>) = (0, world.visitor("H-M1/clerk:deng"));
    let forged = send_with(
        &clerk,
        "/systems",
        &[("content-type", "application/x-www-form-urlencoded")],
        &format!("csrf={}&label=x&actor=H-M1:hu", csrf(&clerk)),
    );
    assert_eq!(
        forged.status,
        StatusCode::FORBIDDEN,
        "a clerk makes no key, least of all as another"
    );
}
