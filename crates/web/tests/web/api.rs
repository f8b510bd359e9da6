//! The API as a system meets it: whoever may not see something gets no other answer than if it were not there.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::command::COMMANDS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use web::routes::{self, Kind};

use crate::doors::{VISITORS, filled, golden};
use crate::world::{Reply, SECRET, WALL_S, World};

/// A system that sends a token or a key.
pub struct System<'a> {
    world: &'a World,
    token: String,
    person: String,
}

impl World {
    /// A person's own program, with a session of theirs.
    pub fn bearer(&self, actor: &str) -> System<'_> {
        let actor: domain::access::Actor = actor.parse().unwrap();
        let person = actor.person().to_owned();
        self.enrol(&person, "a password nobody hashes");
        let token = self.app.begin_session(&person, &actor, true).unwrap();
        System {
            world: self,
            token,
            person,
        }
    }

    /// A company's system, with a key.
    pub fn key(&self, actor: &str) -> System<'_> {
        let token = format!("csk_{actor}");
        let key = store::ApiKey {
            id: format!("K-{actor}"),
            key_hash: Sha256::digest(&token).into(),
            actor: actor.to_owned(),
            label: "Storeroom".to_owned(),
            made_by: "hu".to_owned(),
            made_at_us: 0,
            used_at_us: None,
            ended_at_us: None,
        };
        self.app.authority().local().put_api_key(&key).unwrap();
        self.holding(token)
    }

    fn holding(&self, token: String) -> System<'_> {
        System {
            world: self,
            token,
            person: String::new(),
        }
    }

    pub fn anybody(&self) -> System<'_> {
        self.holding(String::new())
    }
}

impl System<'_> {
    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        if self.token.is_empty() {
            return request;
        }
        request.header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    fn ask(&self, method: &str, path: &str) -> Reply {
        self.world.send(self.request(method, path).body(Body::empty()).unwrap())
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path)
    }

    pub fn send(&self, path: &str, headers: &[(&str, &str)], kind: &str, body: impl Into<Body>) -> Reply {
        let mut request = self.request("POST", path).header(header::CONTENT_TYPE, kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.world.send(request.body(body.into()).unwrap())
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.send(path, headers, "application/json", body.to_string())
    }

    /// Gives a command with a code of the second factor.
    pub fn sign(&self, verb: &str, body: &Value) -> Reply {
        let code = self.world.code(&self.person);
        self.post(
            &format!("/api/v1/commands/{verb}"),
            &[("countersign-code", &code)],
            body,
        )
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a problem; it must be one in every respect.
    pub fn problem(&self) -> String {
        let kind = self.headers.get(header::CONTENT_TYPE);
        assert!(kind.is_some_and(|kind| kind == "application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{self:?}");
        let says = problem["detail"].as_str().unwrap();
        assert!(
            !says.is_empty() && !says.contains('⟦') && problem["title"].is_string(),
            "{self:?}"
        );
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// A command's id; another one for each number.
pub fn id(number: u8) -> String {
    let ms = u64::try_from(WALL_S).unwrap() * 1000;
    let id = uuid::Builder::from_unix_timestamp_millis(ms, &[number; 10]);
    id.into_uuid().to_string()
}

/// What a site has of anything, to give away.
fn in_stock(system: &System<'_>, site: &str) -> (String, String, i64) {
    let stock = system.get(&format!("/api/v1/sites/{site}/stock?limit=200")).json();
    let rows = stock["items"].as_array().unwrap();
    let row = rows.iter().find(|row| row["stock"].as_i64() > Some(10)).unwrap();
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (text("item"), text("batch"), row["stock"].as_i64().unwrap())
}

fn word(reply: &Reply) -> &'static str {
    match reply.status {
        StatusCode::FORBIDDEN => "-",
        StatusCode::UNAUTHORIZED => "sign in",
        status if status.is_server_error() => "BROKEN",
        _ => "open",
    }
}

/// What a route says to a system.
fn door(route: &routes::Route, system: &System<'_>) -> &'static str {
    let path = filled(route.path);
    let reply = if route.method == Method::GET {
        system.get(&path)
    } else {
        system.post(&path, &[], &json!({}))
    };
    if !reply.status.is_success() {
        reply.problem();
    }
    word(&reply)
}

#[test]
fn every_route_is_open_to_those_it_is_for_and_to_nobody_else() {
    let world = World::cn();
    let actors = VISITORS.iter().map(|(_, actor)| *actor);
    let mut visitors: Vec<System<'_>> = actors.clone().map(|actor| world.bearer(actor)).collect();
    visitors.push(world.key("H-M1/clerk:deng"));
    let mut table = format!("{:<6}{:<44}{:<9}", "", "route", "nobody");
    let names = VISITORS.iter().map(|(name, _)| *name).chain(["key"]);
    names.for_each(|name| write!(table, "{name:<6}").unwrap());
    let mut rows = Vec::new();
    for route in routes::all().filter(|route| route.kind == Kind::Api) {
        let nobody = door(route, &world.anybody());
        let mut row = format!("{:<6}{:<44}{nobody:<9}", route.method.as_str(), route.path);
        for (visitor, actor) in visitors.iter().zip(actors.clone().map(Some).chain([None])) {
            // Signing out ends the session that the next rows need.
            let told = match actor.filter(|_| route.path.ends_with("/end")) {
                Some(actor) => door(route, &world.bearer(actor)),
                None => door(route, visitor),
            };
            write!(row, "{told:<6}").unwrap();
        }
        rows.push(row.trim_end().to_owned());
    }
    rows.sort_by(|one, other| one[6..].cmp(&other[6..]));
    let found = format!("{}\n{}\n", table.trim_end(), rows.join("\n"));
    assert!(!found.contains("BROKEN"), "{found}");
    golden("api-routes.txt", &found);
}

#[test]
fn every_act_of_a_page_is_a_command_of_the_api_for_the_same_roles() {
    let world = World::cn();
    let acts = include_str!("acts.txt");
    let visitors: Vec<System<'_>> = VISITORS.iter().map(|(_, actor)| world.bearer(actor)).collect();
    let document = world.anybody().get("/api/openapi.json").json();
    for line in acts.lines().skip(1) {
        let (verb, told) = line.split_once(' ').unwrap();
        let told: Vec<&str> = told.split_whitespace().collect();
        let path = format!("/api/v1/commands/{verb}");
        for (visitor, on_page) in visitors.iter().zip(&told) {
            let reply = visitor.post(&format!("{path}?dry_run=true"), &[], &json!([]));
            let here = match reply.status {
                StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => "-",
                StatusCode::UNPROCESSABLE_ENTITY => "open",
                _ => panic!("{verb}: {reply:?}"),
            };
            assert_eq!(here, *on_page, "{verb} for {}", visitor.person);
        }
        let offered = told.contains(&"open");
        assert_eq!(
            document["paths"].get(&path).is_some(),
            offered,
            "{verb} in the document"
        );
    }
    assert_eq!(acts.lines().count(), COMMANDS.len() + 1);
}

#[test]
fn the_document_names_every_route_and_every_reference_leads_somewhere() {
    let world = World::cn();
    let document = world.anybody().get("/api/openapi.json").json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.keys().all(|path| path.starts_with("/api/")));
    for route in routes::all().filter(|route| route.kind == Kind::Api && !route.path.contains("{verb}")) {
        let method = route.method.as_str().to_lowercase();
        assert!(
            paths[route.path].get(&method).is_some(),
            "{} {}",
            route.method,
            route.path
        );
    }
    let mut names = BTreeSet::new();
    let mut waiting = vec![&document];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(path)) = object.get("$ref") {
                    let there = document.pointer(path.trim_start_matches('#'));
                    assert!(there.is_some(), "{path} leads nowhere");
                }
                if let Some(Value::String(name)) = object.get("operationId") {
                    assert!(names.insert(name), "{name} is the name of two operations");
                }
                waiting.extend(object.values());
            }
            Value::Array(array) => waiting.extend(array),
            _ => {}
        }
    }
}

#[test]
fn a_person_signs_in_with_both_factors_and_nobody_learns_who_is_known() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "chen").unwrap();
    world.enrol("chen", &hashed);
    let anybody = world.anybody();
    let sign_in = |person: &str, password: &str, code: &str, actor: Option<&str>| {
        let mut asked = json!({ "person": person, "password": password, "code": code });
        if let Some(actor) = actor {
            asked["actor"] = json!(actor);
        }
        anybody.post("/api/v1/sessions", &[], &asked)
    };
    let code = world.code("chen");
    let wrong = sign_in("chen", "four other words here", &code, None);
    assert_eq!(
        (wrong.status, wrong.problem().as_str()),
        (StatusCode::UNAUTHORIZED, "proof_wrong")
    );
    assert_eq!(wrong.headers.get(header::WWW_AUTHENTICATE).unwrap(), "Bearer");
    assert_eq!(
        sign_in("nobody-of-that-name", "four other words here", "123456", None).body,
        wrong.body
    );
    for _ in 0..8 {
        assert_eq!(sign_in("chen", "four other words here", &code, None).body, wrong.body);
    }
    world.enrol("chen", &hashed);
    let other = sign_in("chen", "four quiet words here", &code, Some("auditor:wen"));
    assert_eq!(
        (other.status, other.problem().as_str()),
        (StatusCode::FORBIDDEN, "not_entitled")
    );
    let again = sign_in("chen", "four quiet words here", &code, None);
    assert_eq!(
        (again.status, again.problem().as_str()),
        (StatusCode::UNAUTHORIZED, "code_used")
    );
    let later = web::credentials::code(SECRET, u64::try_from(WALL_S).unwrap() + 30);
    let begun = sign_in("chen", "four quiet words here", &later, Some("licensing_officer:chen"));
    assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
    let officer = world.holding(begun.json()["token"].as_str().unwrap().to_owned());
    assert_eq!(officer.get("/api/v1/me").json()["actor"], "licensing_officer:chen");
    assert_eq!(officer.get("/api/v1/holders").status, StatusCode::OK);
}

#[test]
fn a_session_of_the_api_is_of_one_role_and_no_cookie() {
    let world = World::cn();
    let officer = world.bearer("licensing_officer:chen");
    let me = officer.get("/api/v1/me").json();
    assert_eq!(
        (&me["actor"], &me["via"]),
        (&json!("licensing_officer:chen"), &json!("session"))
    );
    let given = me["commands"].as_array().unwrap();
    let signed = |verb: &str| {
        given
            .iter()
            .find(|one| one["do"] == verb)
            .map(|one| one["signed"].clone())
    };
    assert_eq!(signed("grant_licence"), Some(json!(true)));
    assert_eq!(signed("register_holder"), Some(json!(false)));
    assert_eq!(signed("set_plan"), None);
    // The same token as a cookie is nobody's, and a browser's session is none here.
    let cookie = format!("{}={}", world.app.session_cookie(), officer.token);
    let as_cookie = Request::builder().uri("/api/v1/me").header(header::COOKIE, cookie);
    assert_eq!(
        world.send(as_cookie.body(Body::empty()).unwrap()).problem(),
        "not_signed_in"
    );
    let browser = world.visitor("licensing_officer:chen");
    assert_eq!(browser.get("/api/v1/me").problem(), "not_signed_in");
    let token = browser.cookies.borrow()[0].1.clone();
    assert_eq!(world.holding(token).get("/api/v1/me").problem(), "not_signed_in");
    assert_eq!(
        officer.ask("POST", "/api/v1/sessions/end").status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(officer.get("/api/v1/me").problem(), "not_signed_in");
}

#[test]
fn a_role_that_is_taken_away_is_gone_at_once_and_so_is_a_key() {
    let world = World::cn();
    let officer = world.bearer("statistician:shi");
    assert_eq!(officer.get("/api/v1/holders").status, StatusCode::OK);
    let (one, other) = (world.bearer("administrator:a"), world.bearer("administrator:b"));
    let proposed = one.sign("revoke_role", &json!({ "actor": "statistician:shi" }));
    assert_eq!(proposed.status, StatusCode::CREATED, "{proposed:?}");
    assert_eq!(proposed.json()["kind"], "DecisionProposed");
    let of = proposed.json()["seq"].clone();
    let waiting = other.get(&format!("/api/v1/decisions/{of}")).json();
    assert_eq!(
        (&waiting["do"], &waiting["may_decide"]),
        (&json!("revoke_role"), &json!(true))
    );
    assert_eq!(officer.get(&format!("/api/v1/decisions/{of}")).problem(), "not_found");
    assert_eq!(one.sign("approve", &json!({ "of": of })).problem(), "same_person");
    assert_eq!(
        officer.get("/api/v1/holders").status,
        StatusCode::OK,
        "it is only proposed"
    );
    let approved = other.sign("approve", &json!({ "of": of }));
    assert_eq!(approved.status, StatusCode::CREATED, "{approved:?}");
    assert_eq!(approved.json()["count"], 2);
    let refused = officer.get("/api/v1/holders");
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (StatusCode::FORBIDDEN, "not_entitled")
    );
    let key = world.key("H-M1/clerk:deng");
    assert_eq!(key.get("/api/v1/me").json()["via"], "key");
    assert_eq!(key.ask("POST", "/api/v1/sessions/end").problem(), "not_entitled");
    world
        .app
        .authority()
        .local()
        .end_api_key("K-H-M1/clerk:deng", 1)
        .unwrap();
    assert_eq!(key.get("/api/v1/me").status, StatusCode::UNAUTHORIZED);
}

#[test]
fn nothing_is_signed_without_the_code_and_a_key_signs_nothing() {
    let world = World::cn();
    let officer = world.bearer("licensing_officer:chen");
    let grant = json!({
        "id": "L-NEW", "holder": "H-M1", "activity": "export", "substances": ["fentanyl"], "sites": ["M1-API"],
        "valid_from": "2025-02-01", "valid_until": "2026-02-01",
    });
    let (path, size) = ("/api/v1/commands/grant_licence", world.size());
    let tried = officer.post(&format!("{path}?dry_run=true"), &[], &grant).json();
    assert_eq!((&tried["waits"], &tried["signed"]), (&json!(true), &json!(true)));
    assert_eq!(tried["entries"][0]["kind"], "DecisionProposed");
    assert_eq!(officer.post(path, &[], &grant).problem(), "second_factor_needed");
    let wrong = officer.post(path, &[("countersign-code", "000000")], &grant);
    assert_eq!(
        (wrong.status, wrong.problem().as_str()),
        (StatusCode::FORBIDDEN, "proof_wrong")
    );
    assert_eq!(world.size(), size, "nothing is recorded");
    let code = world.code("chen");
    let signed = officer.post(path, &[("countersign-code", &code)], &grant);
    assert_eq!(signed.status, StatusCode::CREATED, "{signed:?}");
    let again = officer.post(path, &[("countersign-code", &code)], &grant);
    assert_eq!(again.problem(), "code_used");
    let key = world.key("H-M1:hu");
    let report = json!({
        "site": "M1-API", "item": "fentanyl-citrate", "batch": "X", "amount": 1, "reason": "x", "case": "C-1",
        "occurred_on": "2025-01-01",
    });
    let reply = key.post("/api/v1/commands/find", &[("countersign-code", &code)], &report);
    assert_eq!(reply.problem(), "second_factor_needed", "{reply:?}");
}

#[test]
fn the_halves_of_an_enrolment_are_told_once() {
    let world = World::cn();
    let (one, other) = (world.bearer("administrator:a"), world.bearer("administrator:b"));
    let grant = json!({ "person": "hu", "renews": "all" });
    let (id, code) = (id(1), world.code("a"));
    let headers = [("idempotency-key", id.as_str()), ("countersign-code", code.as_str())];
    let proposed = one.post("/api/v1/commands/allow_enrolment", &headers, &grant);
    let link = proposed.json()["hand_over"].as_str().unwrap().to_owned();
    assert!(link.starts_with("http://localhost/enrol/"), "{link}");
    world.code("a");
    let again = one.post("/api/v1/commands/allow_enrolment", &headers, &grant);
    assert_eq!(
        (again.status, &again.json()["repeat"]),
        (StatusCode::OK, &json!(true)),
        "{again:?}"
    );
    assert!(again.json().get("hand_over").is_none(), "it was told once");
    let approved = other.sign("approve", &json!({ "of": proposed.json()["seq"] })).json();
    assert_eq!(
        approved["hand_over"].as_str().unwrap().len(),
        23,
        "twenty digits in groups"
    );
    let page = world.nobody().get(link.trim_start_matches("http://localhost"));
    assert!(page.body.contains("name=\"handed\""), "the first link is still good");
}

#[test]
fn a_movement_sent_twice_is_recorded_once() {
    let world = World::cn();
    let clerk = world.key("H-JS-07/clerk:zhong");
    let (item, batch, stock) = in_stock(&clerk, "JS-07");
    let day = world.app.authority().day_of(world.app.authority().state().recorded_at);
    let dispense = |amount: i64| json!({ "site": "JS-07", "item": item, "batch": batch, "amount": amount, "occurred_on": day, "mode": "report" });
    let (path, id) = ("/api/v1/commands/dispense", id(2));
    let headers = [("idempotency-key", id.as_str())];
    let size = world.size();
    let first = clerk.post(path, &headers, &dispense(1));
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let second = clerk.post(path, &headers, &dispense(1));
    assert_eq!((second.status, world.size()), (StatusCode::OK, size + 1), "{second:?}");
    assert_eq!(
        (&second.json()["seq"], &second.json()["repeat"]),
        (&first.json()["seq"], &json!(true))
    );
    assert_eq!(clerk.post(path, &headers, &dispense(2)).problem(), "command_id_reused");
    for bad in ["nonsense", "3fa85f64-5717-4562-b3fc-2c963f66afa6", ""] {
        let reply = clerk.post(path, &[("idempotency-key", bad)], &dispense(1));
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (StatusCode::BAD_REQUEST, "malformed"),
            "{bad:?}"
        );
    }
    let register = clerk.get("/api/v1/sites/JS-07/movements?limit=1").json();
    let line = &register["items"][0];
    assert_eq!(
        (&line["seq"], &line["movement"]),
        (&first.json()["seq"], &json!("dispense"))
    );
    let held = clerk.get("/api/v1/sites/JS-07/stock?limit=200").json();
    let row = |row: &&Value| row["item"] == item.as_str() && row["batch"] == batch.as_str();
    assert_eq!(
        held["items"].as_array().unwrap().iter().find(row).unwrap()["stock"],
        stock - 1
    );
}

#[test]
fn a_batch_is_answered_line_by_line() {
    let world = World::cn();
    let clerk = world.bearer("H-JS-07/clerk:zhong");
    let (item, batch, stock) = in_stock(&clerk, "JS-07");
    let day = world.app.authority().day_of(world.app.authority().state().recorded_at);
    let dispense = |number: u8, amount: i64| {
        json!({ "id": id(number), "do": "dispense",
            "with": { "site": "JS-07", "item": item, "batch": batch, "amount": amount, "occurred_on": day } })
    };
    let lines = json!([
        dispense(1, 1),
        dispense(2, stock + 1_000_000),
        { "id": id(3), "do": "grant_licence", "with": {} },
        { "id": id(4), "do": "dispense", "with": { "site": "JS-07" } },
        { "id": "none", "do": "dispense", "with": {} },
        "nonsense",
        dispense(1, 1),
    ]);
    let reply = clerk.post("/api/v1/movements", &[], &lines);
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let told = reply.json();
    let told = told.as_array().unwrap();
    let codes: Vec<&str> = told
        .iter()
        .map(|one| one["refused"]["code"].as_str().unwrap_or("recorded"))
        .collect();
    assert_ne!(codes[0], "malformed", "{told:?}");
    assert_ne!(codes[1], "recorded", "{told:?}");
    assert_eq!(
        codes[2..6],
        ["not_a_movement", "malformed", "malformed", "malformed"],
        "{told:?}"
    );
    assert_eq!(
        (&told[6]["seq"], &told[6]["repeat"]),
        (&told[0]["seq"], &json!(true)),
        "the same id again"
    );
    let lines: Vec<u64> = told.iter().map(|one| one["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7]);
    let by_line: String = [dispense(1, 1), dispense(6, 1)]
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    let reply = clerk.send("/api/v1/movements", &[], "application/x-ndjson", by_line);
    let told: Vec<Value> = reply
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (told.len(), &told[0]["repeat"], &told[1]["line"]),
        (2, &json!(true), &json!(2)),
        "{reply:?}"
    );
    let many = Value::Array(vec![dispense(1, 1); 1_001]).to_string();
    for (body, kind, status) in [
        ("[]", "application/json", StatusCode::BAD_REQUEST),
        ("{}", "application/json", StatusCode::UNPROCESSABLE_ENTITY),
        ("[", "application/json", StatusCode::BAD_REQUEST),
        ("[]", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("", "application/x-ndjson", StatusCode::BAD_REQUEST),
        (many.as_str(), "application/json", StatusCode::BAD_REQUEST),
    ] {
        let reply = clerk.send("/api/v1/movements", &[], kind, body.to_owned());
        assert_eq!(reply.status, status, "{kind}: {reply:?}");
        reply.problem();
    }
}

#[test]
fn one_company_knows_nothing_of_another() {
    let world = World::cn();
    let (own, other) = (world.bearer("H-M1:hu"), world.bearer("H-M2:xiao"));
    let officer = world.bearer("licensing_officer:chen");
    let shown = [
        ("sites/M1-API/stock", "sites/M9-API/stock"),
        ("sites/M1-API/movements", "sites/M9-API/movements"),
        ("holders/H-M1", "holders/H-M9"),
        ("licences/L-M1-API", "licences/L-M9-API"),
        ("cases/CN/EX-24-01", "cases/CN/EX-99-01"),
        ("permits/XP-24-01", "permits/XP-99-01"),
    ];
    for (there, nowhere) in shown {
        let path = format!("/api/v1/{there}");
        assert_eq!(own.get(&path).status, StatusCode::OK, "{path}");
        assert_eq!(officer.get(&path).status, StatusCode::OK, "{path}");
        let hidden = other.get(&path);
        assert_eq!(hidden.problem(), "not_found", "{path}");
        let absent = other.get(&format!("/api/v1/{nowhere}"));
        assert_eq!(
            hidden.body, absent.body,
            "{path}: what is hidden is told like what is not there"
        );
    }
    for list in ["holders", "licences", "cases", "plan/2024"] {
        let reply = other.get(&format!("/api/v1/{list}"));
        assert!(reply.body.contains("M2"), "{list}: {reply:?}");
        let names_it = reply.body.contains("\"H-M1\"") || reply.body.contains("M1-API");
        assert!(!names_it, "{list}: {reply:?}");
    }
}

#[test]
fn one_company_does_nothing_in_the_name_of_another() {
    let world = World::cn();
    let (maker, buyer) = (world.bearer("H-NW-1:hou"), world.bearer("H-RW-BJ-1:kang"));
    let stranger = world.bearer("H-M2:xiao");
    let order = json!({
        "id": "O-API-1", "site": "RW-BJ-1", "supplier": "NW-1", "lines": [{ "item": "fentanyl-0.1mg-amp", "amount": 10 }],
    });
    assert_eq!(
        stranger.post("/api/v1/commands/place_order", &[], &order).problem(),
        "not_entitled"
    );
    let placed = buyer.post("/api/v1/commands/place_order", &[], &order);
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    for system in [&maker, &buyer] {
        assert_eq!(system.get("/api/v1/orders/O-API-1").json()["status"], "open");
    }
    assert_eq!(stranger.get("/api/v1/orders/O-API-1").problem(), "not_found");
    assert!(!stranger.get("/api/v1/orders?limit=200").body.contains("O-API-1"));
    let end = json!({ "order": "O-API-1", "reason": "x" });
    for verb in ["withdraw_order", "decline_order"] {
        assert_eq!(
            stranger.post(&format!("/api/v1/commands/{verb}"), &[], &end).problem(),
            "not_entitled"
        );
    }
    let own = "M2-API".to_owned();
    let (item, batch, _) = in_stock(&maker, "NW-1");
    let with = json!({ "site": "NW-1", "item": item, "batch": batch, "amount": 1, "occurred_on": "2025-01-02", "mode": "report" });
    let line = json!([{ "id": id(9), "do": "dispense", "with": with }]);
    let told = stranger.post("/api/v1/movements", &[], &line).json();
    assert_eq!(told[0]["refused"]["code"], "not_entitled", "{told}");
    let under_way = |state: &domain::State| {
        let (dispatch, transit) = state
            .ledger
            .transit()
            .iter()
            .find(|(_, transit)| transit.to.is_some())?;
        let site = |no| state.holders.site_at(no).id.to_string();
        Some((*dispatch, site(transit.from), site(transit.to?)))
    };
    let (dispatch, from, to) = under_way(&world.app.authority().state()).unwrap();
    let on = "2025-01-02";
    for (verb, site) in [
        ("cancel_dispatch", &from),
        ("receive", &to),
        ("cancel_dispatch", &own),
        ("receive", &own),
    ] {
        let with = json!({ "site": site, "dispatch": dispatch, "amount": 1, "occurred_on": on, "reason": "x" });
        let mut with = with.as_object().unwrap().clone();
        if verb == "receive" {
            with.remove("reason");
        }
        let size = world.size();
        let reply = stranger.post(&format!("/api/v1/commands/{verb}"), &[], &Value::Object(with));
        let refused = [StatusCode::FORBIDDEN, StatusCode::CONFLICT].contains(&reply.status);
        assert!(refused, "{verb} at {site}: {reply:?}");
        let tail = world.size() - size;
        let moved = tail > 0 && world.last_entry().event.kind() != "InstructionRefused";
        assert!(!moved, "{verb} at {site}");
    }
}

#[test]
fn only_the_auditor_reads_entries_and_every_byte_of_them() {
    let world = World::cn();
    let auditor = world.bearer("auditor:wen");
    let entry = auditor.get("/api/v1/entries/5").json();
    let bytes = STANDARD.decode(entry["bytes"].as_str().unwrap()).unwrap();
    let (kept, leaf) = world.app.authority().read(|journal| journal.entry(5)).unwrap().unwrap();
    assert_eq!(bytes, kept);
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), entry["entry"]);
    assert_eq!(
        (tlog::leaf_hash(&bytes), entry["leaf"].as_str().unwrap()),
        (leaf, STANDARD.encode(leaf).as_str())
    );
    assert_eq!(auditor.get("/api/v1/entries/999999999").problem(), "not_found");
    assert_eq!(
        world.bearer("H-M1:hu").get("/api/v1/entries/5").problem(),
        "not_entitled"
    );
}

#[test]
fn what_is_not_there_or_too_large_is_a_problem_too() {
    let world = World::cn();
    let officer = world.bearer("licensing_officer:chen");
    for path in [
        "/api/v1/nothing",
        "/api/",
        "/api/v1/holders/%ff",
        "/api/v1/plan/soon",
        "/api/v1/commands/found",
    ] {
        let reply = if path.contains("commands") {
            officer.post(path, &[], &json!({}))
        } else {
            officer.get(path)
        };
        assert_eq!(reply.problem(), "not_found", "{path}");
    }
    let wrong = officer.ask("DELETE", "/api/v1/holders");
    assert_eq!(
        (wrong.status, wrong.problem().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
    );
    let allowed = wrong
        .headers
        .get(header::ALLOW)
        .map(|allow| allow.to_str().unwrap().to_owned());
    assert!(allowed.is_some_and(|allow| allow.contains("GET")), "{wrong:?}");
    let head = officer.ask("HEAD", "/api/v1/holders");
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    for query in ["limit=0", "limit=201", "limit=many", "limit=", "after=-1", "after=x"] {
        assert_eq!(
            officer.get(&format!("/api/v1/holders?{query}")).problem(),
            "malformed",
            "{query}"
        );
    }
    assert_eq!(officer.get("/api/v1/holders?whatever=1&limit=1").status, StatusCode::OK);
    let clerk = world.bearer("H-JS-07/clerk:zhong");
    let huge = vec![b' '; (1 << 20) + 1];
    let reply = clerk.send("/api/v1/movements", &[], "application/json", huge);
    assert_eq!(
        (reply.status, reply.problem().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
    );
    let deep = "[".repeat(100_000);
    assert_eq!(
        clerk.send("/api/v1/movements", &[], "application/json", deep).problem(),
        "malformed"
    );
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let world = World::cn();
    let officer = world.bearer("licensing_officer:chen");
    let lists = [
        "holders",
        "licences",
        "cases",
        "inspections",
        "orders",
        "sites/NW-1/movements",
        "sites/NW-1/stock",
    ];
    for list in lists {
        let cursor = if list.ends_with("movements") { "before" } else { "after" };
        let mut seen = Vec::new();
        let mut query = "limit=7".to_owned();
        for _ in 0..5 {
            let page = officer.get(&format!("/api/v1/{list}?{query}")).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(ToString::to_string));
            let next = match &page["next"] {
                Value::Null => break,
                Value::String(next) => next.replace('/', "%2F"),
                next => next.to_string(),
            };
            query = format!("limit=7&{cursor}={next}");
        }
        let whole = officer.get(&format!("/api/v1/{list}?limit=35")).json();
        let whole: Vec<String> = whole["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(
            !whole.is_empty() && seen == whole,
            "{list}: {} and {}",
            seen.len(),
            whole.len()
        );
    }
}

#[test]
fn a_surprise_is_known_to_the_chief_inspector_and_the_auditor_alone() {
    let world = World::cn();
    let chief = world.bearer("chief_inspector:yao");
    let plan = json!({ "id": "S-25", "site": "M1-API", "kind": "surprise", "planned_on": "2025-06-01" });
    let planned = chief.post("/api/v1/commands/plan_inspection", &[], &plan);
    assert_eq!(planned.status, StatusCode::CREATED, "{planned:?}");
    let sees = |actor: &str| {
        let system = world.bearer(actor);
        let mut after = 0;
        loop {
            let page = system
                .get(&format!("/api/v1/inspections?limit=200&after={after}"))
                .json();
            if page["items"].as_array().unwrap().iter().any(|one| one["id"] == "S-25") {
                return true;
            }
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return false,
            }
        }
    };
    assert!(sees("chief_inspector:yao") && sees("auditor:wen"));
    assert!(!sees("H-M1:hu") && !sees("licensing_officer:chen") && !sees("inspector:tian"));
    assert_eq!(
        world.bearer("trainer:qiu").get("/api/v1/inspections").problem(),
        "not_entitled"
    );
}

#[test]
fn anybody_may_ask_for_a_permit_and_learns_the_same_fields_whatever_is_asked() {
    let world = World::cn();
    let anybody = world.anybody();
    let (known, unknown) = (
        anybody.get("/api/v1/verify/XP-24-01"),
        anybody.get("/api/v1/verify/XP-99-01"),
    );
    let fields = |reply: &Reply| reply.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&known), fields(&unknown));
    assert_eq!(
        (&known.json()["standing"], &known.json()["to"]),
        (&json!("used"), &json!("KR"))
    );
    assert_eq!(
        (&unknown.json()["standing"], &unknown.json()["to"]),
        (&json!("unknown"), &Value::Null)
    );
    for secret in ["fentanyl", "M1-API", "Jade"] {
        assert!(!known.body.contains(secret), "{known:?}");
    }
}

#[test]
fn a_queue_is_that_of_the_role() {
    let world = World::cn();
    let officer = world.bearer("licensing_officer:chen");
    let suspension = json!({ "licence": "L-M1-API", "from": "2025-02-01", "reason": "test" });
    let proposed = officer.sign("suspend_licence", &suspension);
    assert_eq!(proposed.status, StatusCode::CREATED, "{proposed:?}");
    let holds = |actor: &str| world.bearer(actor).get("/api/v1/queue").body.contains("L-M1-API");
    assert!(holds("approver:fang"));
    assert!(!holds("H-M2:xiao") && !holds("customs_officer:qin"));
}

/// An example of the documentation: as whom, what is expected, and the request.
fn examples(text: &str) -> Vec<(Option<String>, u16, String)> {
    let mut found = Vec::new();
    for part in text.split("<!-- ").skip(1) {
        let (told, rest) = part.split_once(" -->\n```http\n").unwrap();
        let (request, _) = rest.split_once("```").unwrap();
        let (who, status) = told.rsplit_once("gives ").unwrap();
        let who = who
            .strip_prefix("as ")
            .map(|who| who.trim_end_matches([',', ' ']).to_owned());
        found.push((who, status.parse().unwrap(), request.to_owned()));
    }
    found
}

#[test]
fn the_examples_of_the_documentation_are_answered_as_it_says() {
    let world = World::cn();
    let examples = examples(include_str!("../../../../docs/api.md"));
    assert!(examples.len() > 5, "{examples:?}");
    for (who, status, text) in examples {
        let system = who
            .as_ref()
            .map_or_else(|| world.anybody(), |actor| world.bearer(actor));
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let mut lines = head.lines();
        let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
        let mut request = system.request(method, path);
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let reply = world.send(request.body(Body::from(body.to_owned())).unwrap());
        assert_eq!(reply.status.as_u16(), status, "{text}\n{reply:?}");
        if path == "/api/v1/movements" {
            let refused = reply.json()[0]["refused"]["code"].clone();
            assert!(refused.is_null() || refused != "malformed", "{reply:?}");
        }
    }
}
