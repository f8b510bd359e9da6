//! Which doors are open to whom: every route with every role.

use std::fmt::Write as _;

use axum::http::{Method, StatusCode};
use web::routes::{self, Kind};

use crate::world::World;

/// A visitor of every role, in the order of the table's columns.
pub const VISITORS: [(&str, &str); 13] = [
    ("lic", "licensing_officer:chen"),
    ("plan", "planning_officer:luo"),
    ("perm", "permit_officer:lu"),
    ("appr", "approver:fang"),
    ("insp", "inspector:tian"),
    ("chief", "chief_inspector:yao"),
    ("train", "trainer:qiu"),
    ("stat", "statistician:shi"),
    ("audit", "auditor:wen"),
    ("admin", "administrator:a"),
    ("cust", "customs_officer:qin"),
    ("resp", "H-M1:hu"),
    ("clerk", "H-M1/clerk:deng"),
];

/// A path with something in its parameters that is not there: what counts is whether the door is open.
pub fn filled(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        let value = match name.trim_start_matches('*') {
            "year" => "2024",
            "seq" => "999999999",
            _ => "nothing-there",
        };
        write!(out, "{before}{value}").unwrap();
        rest = after;
    }
    out + rest
}

/// What a door says: open, shut for this role, or to sign in first.
fn word(status: StatusCode, to: &str, kind: Kind) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "-",
        StatusCode::UNAUTHORIZED => "sign in",
        StatusCode::SEE_OTHER if kind != Kind::Api && to.starts_with("/sign-in?") => "sign in",
        status if status.is_server_error() => "BROKEN",
        _ => "open",
    }
}

#[test]
fn every_route_is_open_to_those_it_is_for_and_to_nobody_else() {
    let world = World::cn();
    let visitors = VISITORS.map(|(_, actor)| world.visitor(actor));
    let mut table = format!("{:<6}{:<44}{:<9}", "", "route", "nobody");
    VISITORS
        .iter()
        .for_each(|(name, _)| write!(table, "{name:<6}").unwrap());
    let mut rows = Vec::new();
    for route in routes::all() {
        let path = filled(route.path);
        let ask = |visitor: &crate::world::Visitor<'_>| {
            let reply = if route.method == Method::GET || route.kind == Kind::Api {
                visitor.get(&path)
            } else {
                visitor.post(&path, &[])
            };
            word(reply.status, reply.to(), route.kind)
        };
        let mut row = format!("{:<6}{:<44}", route.method.as_str(), route.path);
        if route.kind == Kind::Api {
            // Cookies count for nothing here: the table of the API has its own test.
            write!(row, "{:<9}{:?}", "header", route.who).unwrap();
        } else {
            write!(row, "{:<9}", ask(&world.nobody())).unwrap();
            for visitor in &visitors {
                // Signing out ends the session that the next rows need.
                let told = if route.path == "/sign-out" {
                    "open"
                } else {
                    ask(visitor)
                };
                write!(row, "{told:<6}").unwrap();
            }
        }
        rows.push(row.trim_end().to_owned());
    }
    rows.sort_by(|one, other| one[6..].cmp(&other[6..]));
    let found = format!("{}\n{}\n", table.trim_end(), rows.join("\n"));
    assert!(!found.contains("BROKEN"), "{found}");
    golden("routes.txt", &found);
}

#[test]
fn every_act_is_offered_to_those_who_may_give_it_and_to_nobody_else() {
    let world = World::cn();
    let visitors = VISITORS.map(|(_, actor)| world.visitor(actor));
    let mut found = format!("{:<30}", "act");
    VISITORS
        .iter()
        .for_each(|(name, _)| write!(found, "{name:<6}").unwrap());
    for (verb, _, _) in domain::command::COMMANDS {
        write!(found, "\n{verb:<30}").unwrap();
        for visitor in &visitors {
            let reply = visitor.get(&format!("/act/{verb}"));
            write!(found, "{:<6}", word(reply.status, reply.to(), Kind::Page)).unwrap();
        }
    }
    let found: String = found.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert!(!found.contains("BROKEN"), "{found}");
    golden("acts.txt", &found);
}

/// Compares with what is kept, or keeps it.
pub fn golden(name: &str, found: &str) {
    let file = format!("{}/tests/web/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, found).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == found,
        "{name}: who may do what has changed: look, and run with UPDATE_DOCS=1\n{found}"
    );
}
