//! Script in every field, and formulas in every table.

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::{Method, StatusCode, header};
use domain::command::COMMANDS;
use web::routes::{self, Kind};

use super::{csrf, decided};
use crate::api::id;
use crate::doors::{VISITORS, filled};
use crate::world::{Reply, Visitor, World};

/// What would run, wherever it stood unescaped: as an element, in an attribute of either kind, in a comment, in a script.
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>--></title>";

/// Nothing of it stands as it was sent.
fn harmless(reply: &Reply, what: &str) {
    let kind = reply
        .headers
        .get(header::CONTENT_TYPE)
        .map_or("", |kind| kind.to_str().unwrap());
    assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{what}");
    assert!(
        reply.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'"),
        "{what}"
    );
    if kind.starts_with("text/html") || kind.contains("svg") {
        for part in ["<script>alert", "<img src=x", "\"'>", "--></title>"] {
            assert!(!reply.body.contains(part), "{what}: {part} in {}", reply.body);
        }
    }
    assert!(!reply.status.is_server_error(), "{what}: {}", reply.status);
}

/// Every name under which the pages look into a query, from the source itself.
fn asked_for() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for call in ["query.get(\"", "query.has(\"", "query.raw(\"", "query.all(\""] {
                let found = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                names.extend(found.map(str::to_owned));
            }
        }
    }
    assert!(names.len() > 20 && names.contains("then"), "{names:?}");
    names
}

/// A path with the script in all its parameters.
fn scripted(path: &str, said: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { said } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn no_script_comes_back_from_any_query_or_path() {
    let world = World::cn();
    let visitors = VISITORS.map(|(_, actor)| world.visitor(actor));
    let said: String = form_urlencoded::byte_serialize(SCRIPT.as_bytes()).collect();
    let in_path = said.replace('+', "%20");
    let names = asked_for();
    let all: String = names.iter().map(|name| format!("{name}={said}&")).collect();
    for route in routes::all().filter(|route| route.method == Method::GET && route.kind == Kind::Page) {
        let path = filled(route.path);
        let may = |visitor: &&Visitor<'_>| visitor.get(&path).status != StatusCode::FORBIDDEN;
        let allowed: Vec<&Visitor<'_>> = visitors.iter().filter(may).collect();
        // Each kind of page for its first reader and its last; for each name alone, and for all of them.
        for visitor in allowed.iter().take(1).chain(allowed.iter().next_back()) {
            harmless(&visitor.get(&format!("{path}?{all}{said}={said}")), &path);
            harmless(
                &visitor.get(&format!("{}?{all}", scripted(route.path, &in_path))),
                route.path,
            );
        }
        if let Some(visitor) = allowed.first() {
            for name in &names {
                harmless(
                    &visitor.get(&format!("{path}?{name}={said}")),
                    &format!("{path} {name}"),
                );
            }
        }
        harmless(&world.nobody().get(&format!("{path}?{all}")), &path);
    }
}

/// The names of all fields on a page.
fn fields_of(page: &str) -> BTreeSet<String> {
    let found = page.split("name=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.filter(|name| *name != "csrf").map(str::to_owned).collect()
}

#[test]
fn no_script_comes_back_from_any_field_of_any_act() {
    let world = World::cn();
    let visitors = VISITORS.map(|(_, actor)| world.visitor(actor));
    let said: String = form_urlencoded::byte_serialize(SCRIPT.as_bytes()).collect();
    let (size, mut asked) = (world.size(), 0);
    for (verb, _, _) in COMMANDS {
        let path = format!("/act/{verb}");
        let Some(visitor) = visitors
            .iter()
            .find(|visitor| visitor.get(&path).status == StatusCode::OK)
        else {
            continue;
        };
        let names = fields_of(&visitor.get(&path).body);
        asked += names.len();
        let query: String = names.iter().map(|name| format!("{name}={said}&")).collect();
        let keep = names.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        for more in [
            String::new(),
            format!("keep={keep}&then={said}"),
            format!("keep={said}"),
        ] {
            harmless(&visitor.get(&format!("{path}?{query}{more}")), verb);
        }
        let token = csrf(visitor);
        for step in ["", "more", "change", SCRIPT] {
            let own = [
                ("csrf", token.as_str()),
                ("step", step),
                ("then", SCRIPT),
                ("id-of-command", SCRIPT),
                ("code", SCRIPT),
            ];
            let given = names
                .iter()
                .filter(|name| !matches!(name.as_str(), "step" | "then"))
                .map(|name| (name.as_str(), SCRIPT));
            let all: Vec<(&str, &str)> = own.into_iter().chain(given).collect();
            harmless(&visitor.post_bare(&path, &all), verb);
            harmless(&visitor.post_bare(&format!("{path}/sign"), &all), verb);
        }
    }
    assert!(asked > 200, "{asked}");
    assert_eq!(world.size(), size);
}

#[test]
fn no_script_comes_back_from_any_other_form() {
    let world = World::cn();
    let visitors = VISITORS.map(|(_, actor)| world.visitor(actor));
    let link = web::invite(&world.app, "lu").unwrap();
    let link = link.strip_prefix("http://localhost").unwrap();
    let nobody = world.nobody();
    let fields = [
        "person", "password", "again", "current", "code", "then", "name", "email", "label", "actor", "key", "do",
        "handed", "language", "q", "number", "reason", "item",
    ];
    let all: Vec<(&str, &str)> = fields.iter().map(|name| (*name, SCRIPT)).collect();
    for route in routes::all().filter(|route| route.method == Method::POST && route.kind == Kind::Page) {
        if route.path.starts_with("/act/") || route.path == "/sign-out" {
            continue;
        }
        for path in [filled(route.path), route.path.replace("{id}", "chen")] {
            for visitor in &visitors {
                harmless(&visitor.post(&path, &all), &path);
            }
            harmless(&nobody.post(&path, &all), &path);
        }
    }
    let sealed = nobody.get(link).hidden("sealed").to_owned();
    let sealed = [&[("sealed", sealed.as_str())][..], &all].concat();
    harmless(&nobody.post(link, &sealed), link);
}

/// Records what is said for real, wherever free text is taken; gives the pages that show it.
fn recorded(world: &World, said: &str) -> Vec<(&'static str, String)> {
    let act = |actor: &str, verb: &str, fields: &[(&str, &str)]| {
        let seq = world.visitor(actor).act(verb, fields);
        seq.unwrap_or_else(|reply| panic!("{verb}: {}", reply.body))
    };
    let (chen, chief) = ("licensing_officer:chen", "chief_inspector:yao");
    let holder = act(chen, "register_holder", &[("id", "H-TEXT"), ("name", said)]);
    let province = world
        .app
        .authority()
        .state()
        .holders
        .sites()
        .next()
        .unwrap()
        .province
        .to_string();
    act(
        chen,
        "register_site",
        &[
            ("id", "TEXT-1"),
            ("holder", "H-TEXT"),
            ("kinds", "regional_wholesaler"),
            ("province", &province),
        ],
    );
    let hold = act(
        chen,
        "place_hold",
        &[("id", "HOLD-TEXT"), ("reason", said), ("site", "TEXT-1")],
    );
    let visit = [
        ("inspection", "I-TEXT"),
        ("visited_on", "2025-01-05"),
        ("inspectors", "tian"),
    ];
    act(
        chief,
        "plan_inspection",
        &[
            ("id", "I-TEXT"),
            ("site", "TEXT-1"),
            ("kind", "special"),
            ("planned_on", "2025-01-04"),
        ],
    );
    act("inspector:tian", "record_visit", &visit);
    act(
        "inspector:tian",
        "record_finding",
        &[
            ("id", "F-TEXT"),
            ("inspection", "I-TEXT"),
            ("grade", "minor"),
            ("says", said),
        ],
    );
    act(
        "trainer:qiu",
        "hold_session",
        &[("id", "T-TEXT"), ("title", said), ("held_on", "2025-01-03")],
    );
    act(
        "trainer:qiu",
        "record_attendance",
        &[("session", "T-TEXT"), ("holder", "H-TEXT"), ("persons", "li")],
    );
    let licence = [
        ("id", "L-TEXT"),
        ("holder", "H-TEXT"),
        ("activity", "wholesale_regional"),
        ("substances", "fentanyl"),
        ("sites", "TEXT-1"),
        ("valid_from", "2025-02-01"),
        ("valid_until", "2026-02-01"),
    ];
    decided(world, "grant_licence", &licence, chen, "approver:fang");
    let waits = act(
        chen,
        "suspend_licence",
        &[("licence", "L-TEXT"), ("from", "2025-03-01"), ("reason", said)],
    );
    decided(
        world,
        "grant_role",
        &[("actor", "H-TEXT:li")],
        "administrator:a",
        "administrator:b",
    );
    let key = [("label", said), ("actor", "H-TEXT:li"), ("code", &*super::shown_code())];
    let made = world.visitor("H-TEXT:li").post("/systems", &key);
    assert!(made.body.contains("id=\"key\""), "{}", made.body);
    harmless(&made, "the key");
    shows(holder, hold, waits)
}

/// Every page that shows what was recorded, and to whom.
fn shows(holder: u64, hold: u64, waits: u64) -> Vec<(&'static str, String)> {
    let (chen, chief) = ("licensing_officer:chen", "chief_inspector:yao");
    vec![
        (chen, "/holders?q=alert".to_owned()),
        (chen, "/holders/H-TEXT".to_owned()),
        (chen, "/licences?holder=H-TEXT".to_owned()),
        (chen, "/licences/L-TEXT".to_owned()),
        (chen, "/search?q=alert".to_owned()),
        (chen, format!("/decisions/{waits}")),
        (chen, "/queue?tab=waiting".to_owned()),
        (chen, format!("/done/{holder}")),
        (
            chen,
            "/act/grant_licence?holder=H-TEXT&sites=TEXT-1&keep=holder,sites".to_owned(),
        ),
        (chen, "/inspections/I-TEXT".to_owned()),
        ("approver:fang", format!("/act/approve?of={waits}&keep=of")),
        ("approver:fang", "/queue".to_owned()),
        ("inspector:tian", "/register/TEXT-1".to_owned()),
        (chief, "/inspections?site=TEXT-1".to_owned()),
        (chief, "/inspections/I-TEXT".to_owned()),
        ("trainer:qiu", "/trainings".to_owned()),
        ("trainer:qiu", "/trainings/T-TEXT".to_owned()),
        ("trainer:qiu", "/trainings/coverage".to_owned()),
        ("administrator:a", "/systems".to_owned()),
        ("auditor:wen", "/journal".to_owned()),
        ("auditor:wen", format!("/journal/{holder}")),
        ("auditor:wen", format!("/journal/{hold}")),
        ("auditor:wen", "/journal/subject/H-TEXT".to_owned()),
        ("auditor:wen", "/journal/subject/L-TEXT".to_owned()),
        ("H-TEXT:li", "/company".to_owned()),
        ("H-TEXT:li", "/systems".to_owned()),
        ("H-TEXT:li", "/trainings".to_owned()),
    ]
}

#[test]
fn no_script_that_was_recorded_runs_on_any_page() {
    let world = World::cn();
    let mut seen = 0;
    for (actor, path) in recorded(&world, SCRIPT) {
        let reply = world.visitor(actor).get(&path);
        assert_eq!(reply.status, StatusCode::OK, "{actor} {path}: {}", reply.body);
        harmless(&reply, &path);
        seen += usize::from(reply.body.contains("alert(1)"));
    }
    assert!(seen > 15, "it is shown on {seen} pages");
    let named = world
        .visitor("administrator:a")
        .post("/people/li/name", &[("name", SCRIPT), ("email", "")]);
    harmless(&named, "a person's name");
    assert!(named.body.contains("name-error"));
    // To systems it is a text of a document, and no page.
    let system = world.bearer("licensing_officer:chen");
    let read = system.get("/api/v1/holders/H-TEXT");
    assert_eq!(
        (
            read.headers[header::CONTENT_TYPE].to_str().unwrap(),
            &read.json()["name"]
        ),
        ("application/json", &serde_json::json!(SCRIPT))
    );
    let problem = system.post(
        "/api/v1/commands/register_holder",
        &[],
        &serde_json::json!({ "id": SCRIPT, "name": SCRIPT }),
    );
    problem.problem();
    harmless(&problem, "a problem");
    assert_eq!(id(1).len(), 36);
}

/// The cells of a table.
fn cells(table: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = table.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells
}

#[test]
fn no_cell_of_any_table_is_a_formula() {
    let world = World::cn();
    let said = "=HYPERLINK(\"http://evil.example\");=1+1";
    recorded(&world, said);
    let visitors: Vec<Visitor<'_>> = VISITORS.iter().map(|(_, actor)| world.visitor(actor)).collect();
    let tables: BTreeSet<String> = [
        "/register/TEXT-1/lines.csv",
        "/register/M1-FIN/lines.csv",
        "/planning/2024/quotas.csv",
        "/public/tables/2024/exports.csv",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(
        routes::all()
            .filter(|route| route.path.contains(".csv") && !route.path.contains('{'))
            .map(|route| route.path.to_owned()),
    )
    .collect();
    let (mut disarmed, mut numbers) = (0, 0);
    for path in &tables {
        for visitor in &visitors {
            let reply = visitor.get(path);
            if reply
                .headers
                .get(header::CONTENT_TYPE)
                .is_none_or(|kind| kind != "text/csv; charset=utf-8")
            {
                continue;
            }
            for cell in cells(&reply.body) {
                let cell = cell.trim_end_matches('\r');
                let number = cell.parse::<f64>().is_ok();
                numbers += usize::from(number);
                disarmed += usize::from(cell.starts_with("'=HYPERLINK"));
                assert!(
                    number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{path}: {cell:?}"
                );
                assert!(!cell.contains(";="), "{path}: {cell:?}");
            }
        }
    }
    assert!(
        tables.len() > 6 && numbers > 100 && disarmed > 0,
        "{tables:?} {numbers} {disarmed}"
    );
}
