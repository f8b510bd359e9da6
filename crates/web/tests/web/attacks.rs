//! What attackers do not get: each test is named for that.
//!
//! Elsewhere is tested: which role opens which route and act (`doors`, `api`), that an order, a decision, an inspection, a
//! training and a search show a company nothing of another (`company`, `desk`, `oversight`), that a used link and a used
//! code are nothing at a sign-in (`signing`), that the API takes no cookie and no key signs (`api`), that letters name
//! nothing (`notices`); in the crate `server`, that a slow head, a slow body and a slow form are let go (`serve/hostile`),
//! that only a known proxy says for whom it asks (`net/peer`), and that no key of a backup lives on (`serve/backup`).

mod company;
mod forms;
mod load;
mod persons;
mod text;

use axum::body::Body;
use axum::http::{Request, header};

use crate::world::{Reply, SECRET, Visitor, WALL_S, World};

/// The code that everybody's telephone shows here, whether it was used or not.
fn shown_code() -> String {
    web::credentials::code(SECRET, u64::try_from(WALL_S).unwrap())
}

/// Sends a form of a visitor with these headers, as it is.
fn send_with(visitor: &Visitor<'_>, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let cookies = visitor.cookies.borrow();
    let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header::COOKIE, cookies.join("; "));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    visitor.world.send(request.body(Body::from(body.to_owned())).unwrap())
}

/// What the forms of a visitor carry.
fn csrf(visitor: &Visitor<'_>) -> String {
    visitor.get("/help").hidden("csrf").to_owned()
}

/// A proposal that another person approves; gives the number of the first entry.
fn decided(world: &World, verb: &str, fields: &[(&str, &str)], by: &str, with: &str) {
    let proposed = world.visitor(by).act(verb, fields);
    let seq = proposed.unwrap_or_else(|reply| panic!("{verb}: {}", reply.body));
    let approved = world.visitor(with).act("approve", &[("of", &seq.to_string())]);
    approved.unwrap_or_else(|reply| panic!("{verb}: {}", reply.body));
}
