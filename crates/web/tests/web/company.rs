//! The pages of companies and institutions: an order from placing to the patient, what others may not see, keys.

use axum::http::StatusCode;
use domain::Event;
use domain::order::OrderStatus;

use crate::world::{Visitor, World};

fn found(visitor: &Visitor<'_>, path: &str) -> String {
    let reply = visitor.get(path);
    assert_eq!(reply.status, StatusCode::OK, "{path}");
    assert!(
        !reply.body.contains('⟦') || path.starts_with("/act/"),
        "{path} lacks words"
    );
    reply.body
}

fn missing(visitor: &Visitor<'_>, path: &str) {
    assert_eq!(visitor.get(path).status, StatusCode::NOT_FOUND, "{path}");
}

/// The address of the first link to an act with these words in it.
fn link(body: &str, part: &str) -> String {
    let hrefs = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = hrefs.into_iter().find(|href| href.contains(part));
    let unescaped = found.map(|href| href.replace("&#38;", "&").replace("&amp;", "&"));
    unescaped.unwrap_or_else(|| panic!("no link to {part} in {body}"))
}

/// The fields that a link to an act carries.
fn carried(path: &str) -> Vec<(String, String)> {
    let (_, query) = path.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn act(visitor: &Visitor<'_>, verb: &str, mut fields: Vec<(String, String)>, more: &[(&str, &str)]) -> u64 {
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    visitor
        .act(verb, &fields)
        .unwrap_or_else(|reply| panic!("{verb}: {}", reply.body))
}

#[test]
fn an_order_leads_to_a_dispatch_a_receipt_and_a_patient() {
    let world = World::cn();
    let (hospital, supplier) = (world.visitor("H-SC-06:hu"), world.visitor("H-RW-SC-3:xia"));
    let today = world
        .app
        .authority()
        .day_of(world.app.authority().state().recorded_at)
        .to_string();
    let form = found(&hospital, "/act/place_order");
    assert!(
        form.contains("value=\"RW-SC-3\""),
        "the channel's suppliers can be chosen"
    );
    assert!(!form.contains("value=\"RW-BJ-1\""), "those of another province cannot");
    let fields = [
        ("id", "O-1"),
        ("site", "SC-06"),
        ("supplier", "RW-SC-3"),
        ("lines.0.item", "fentanyl-0.1mg-amp"),
        ("lines.0.amount", "1200"),
    ];
    hospital.act("place_order", &fields).unwrap();
    assert!(
        found(&supplier, "/company").contains("/orders/O-1"),
        "the supplier is told"
    );
    let order = found(&supplier, "/orders/O-1");
    let send = link(&order, "/act/dispatch?");
    let dispatch = act(
        &supplier,
        "dispatch",
        carried(&send),
        &[("amount", "1000"), ("occurred_on", &today)],
    );
    assert!(found(&supplier, "/orders/O-1").contains("1,000 ampoule"));
    let receive = link(&found(&hospital, "/company"), &format!("dispatch={dispatch}"));
    act(&hospital, "receive", carried(&receive), &[("occurred_on", &today)]);
    let batch = match world.last_entry().event {
        Event::Movement(line) => line.batch.to_string(),
        other => panic!("{other:?}"),
    };
    let given = [
        ("site", "SC-06"),
        ("item", "fentanyl-0.1mg-amp"),
        ("batch", &batch),
        ("amount", "3"),
        ("occurred_on", &today),
    ];
    hospital.act("dispense", &given).unwrap();
    assert!(found(&hospital, "/hospital").contains("3 ampoule"), "dispensed today");
    let register = found(&hospital, "/register/SC-06?item=fentanyl-0.1mg-amp");
    assert!(
        register.contains("997 ampoule") && register.contains("0.0997 g"),
        "the balance in units and in base"
    );
    let csv = found(&hospital, "/register/SC-06/lines.csv?item=fentanyl-0.1mg-amp");
    assert!(csv.lines().nth(1).unwrap().contains(",3,997,0.0997,"), "{csv}");
    let state = world.app.authority().state();
    let order = state.orders.get("O-1").unwrap();
    assert_eq!((order.status(), order.lines[0].supplied), (OrderStatus::Open, 1_000));
}

#[test]
fn a_holder_sees_its_own_registers_orders_and_batches_alone() {
    let world = World::cn();
    let (maker, hospital, inspector) = (
        world.visitor("H-M1:hu"),
        world.visitor("H-SC-06:hu"),
        world.visitor("inspector:tian"),
    );
    found(&maker, "/register/M1-FIN");
    for path in [
        "/register/SC-06",
        "/register/SC-06/lines.csv",
        "/register/M2-FIN",
        "/register/nowhere",
    ] {
        missing(&maker, path);
    }
    found(&inspector, "/register/SC-06");
    let batch = "/batches/remifentanil-1mg-vial/R10-2-2406";
    let (own, all) = (found(&hospital, batch), found(&inspector, batch));
    assert!(own.contains("(SC-06)") && !own.contains("NW-"), "its own part alone");
    assert!(all.contains("(SC-06)") && all.contains("NW-"));
    missing(&hospital, "/batches/fentanyl-citrate/nothing");
    missing(&hospital, "/orders/nothing");
    for bad in [
        "item=no",
        "month=2024-13",
        "after=1",
        "item=fentanyl-0.1mg-amp&batch=no",
    ] {
        let reply = maker.get(&format!("/register/M1-FIN?{bad}"));
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[test]
fn pages_of_a_register_follow_each_other_without_a_gap() {
    let world = World::cn();
    let maker = world.visitor("H-M1:hu");
    let (mut path, mut seen) = ("/register/M1-FIN".to_owned(), Vec::new());
    loop {
        let body = found(&maker, &path);
        assert!(seen.len() < 5_000, "the pages do not end: {path}");
        let lines = body.split("id=\"line-").skip(1);
        seen.extend(lines.map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap()));
        let Some((before, _)) = body.split_once("\" rel=\"next\"") else {
            assert!(body.contains("at the beginning"));
            break;
        };
        path = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
    }
    let csv = found(&maker, "/register/M1-FIN/lines.csv");
    let rows = csv
        .lines()
        .skip(1)
        .map(|row| row.split(',').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(seen, rows.collect::<Vec<_>>());
    assert!(seen.len() > 100, "{}", seen.len());
}

#[test]
fn a_line_is_corrected_with_a_second_person() {
    let world = World::cn();
    let (hospital, approver) = (world.visitor("H-SC-06:hu"), world.visitor("approver:fang"));
    let today = world
        .app
        .authority()
        .day_of(world.app.authority().state().recorded_at)
        .to_string();
    let given = [
        ("site", "SC-06"),
        ("item", "remifentanil-1mg-vial"),
        ("batch", "R10-2-2406"),
        ("amount", "7"),
        ("occurred_on", &today),
    ];
    let line = hospital.act("dispense", &given).unwrap();
    let correct = link(&found(&hospital, "/register/SC-06"), &format!("line={line}"));
    let proposal = act(&hospital, "reverse", carried(&correct), &[("reason", "entered twice")]);
    assert!(
        found(&hospital, "/company").contains(&format!("/decisions/{proposal}")),
        "it waits"
    );
    approver.act("approve", &[("of", &proposal.to_string())]).unwrap();
    let register = found(&hospital, "/register/SC-06");
    assert!(register.contains(&format!("Correction of entry {line}")) && register.contains("entered twice"));
    assert!(!register.contains(&format!("line={line}&")), "it is corrected once");
}

#[test]
fn a_key_is_shown_once_and_ends_at_once() {
    let world = World::cn();
    let (maker, clerk, administrator) = (
        world.visitor("H-M1:hu"),
        world.visitor("H-M1/clerk:deng"),
        world.visitor("administrator:a"),
    );
    assert_eq!(clerk.get("/systems").status, StatusCode::FORBIDDEN);
    let ask = |actor: &str, code: &str| maker.post("/systems", &[("label", "north"), ("actor", actor), ("code", code)]);
    assert!(
        ask("H-M2:xiao", &world.code("hu")).body.contains("Choose as whom"),
        "nobody of another holder"
    );
    assert!(ask("H-M1/clerk:deng", "000000").body.contains("code is wrong"));
    let made = ask("H-M1/clerk:deng", &world.code("hu")).body;
    let (_, rest) = made.split_once("id=\"key\">").unwrap();
    let key = rest.split('<').next().unwrap();
    assert!(key.starts_with("csk_") && key.len() == 47, "{key}");
    let acts = world.app.system(key).unwrap().unwrap();
    assert_eq!(acts.actor.as_str(), "H-M1/clerk:deng");
    for visitor in [&maker, &administrator] {
        let body = found(visitor, "/systems");
        assert!(body.contains("north") && !body.contains(key));
    }
    let path = link(&found(&administrator, "/systems"), "/systems/");
    assert_eq!(world.visitor("H-M2:xiao").get(&path).status, StatusCode::NOT_FOUND);
    administrator.post(&path, &[("code", &world.code("a"))]);
    assert!(world.app.system(key).unwrap().is_none(), "it ended");
}
