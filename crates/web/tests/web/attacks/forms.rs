//! Forms of other sites, sessions that somebody else chose, redirects, headers and paths.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use web::routes::{self, Kind};

use super::{csrf, send_with};
use crate::doors::{VISITORS, filled};
use crate::world::{Reply, World};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[test]
fn no_other_site_sends_any_form_of_ours() {
    let world = World::cn();
    let (other, nobody) = (world.visitor("H-M2:xiao"), world.nobody());
    let (of_another, of_nobody) = (csrf(&other), csrf(&nobody));
    let visitors = VISITORS.map(|(_, actor)| world.visitor(actor));
    let size = world.size();
    let mut forms = 0;
    for route in routes::all().filter(|route| route.method == Method::POST && route.kind == Kind::Page) {
        let path = filled(route.path);
        // Whoever may use it, and a browser that has not signed in where anybody may.
        let lets = |visitor: &&crate::world::Visitor<'_>| visitor.post(&path, &[]).status != StatusCode::FORBIDDEN;
        let public = route.who == web::Who::Public;
        let visitor = if public {
            &nobody
        } else {
            visitors.iter().find(lets).unwrap()
        };
        let own = csrf(visitor);
        let foreign = if public {
            of_another.as_str()
        } else {
            of_nobody.as_str()
        };
        let sent = |csrf: &str| format!("csrf={csrf}&language=zh&sure=yes&actor=administrator%3Aa");
        for wrong in ["", "x", &of_another, foreign, &own[..own.len() - 1]] {
            let reply = send_with(visitor, &path, &[FORM], &sent(wrong));
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{} {wrong:?}", route.path);
            assert!(
                reply.headers.get_all(header::SET_COOKIE).iter().next().is_none(),
                "{}",
                route.path
            );
        }
        for site in ["cross-site", "same-site"] {
            let reply = send_with(visitor, &path, &[FORM, ("sec-fetch-site", site)], &sent(&own));
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{} {site}", route.path);
        }
        for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
            let reply = send_with(visitor, &path, &[("content-type", kind)], &sent(&own));
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{} {kind}", route.path);
        }
        let in_query = send_with(visitor, &format!("{path}?{}", sent(&own)), &[FORM], "");
        assert_eq!(in_query.status, StatusCode::FORBIDDEN, "{}", route.path);
        forms += 1;
    }
    assert!(forms > 12, "{forms}");
    assert_eq!(world.size(), size, "nothing was recorded");
    assert_eq!(other.get("/account").status, StatusCode::OK, "nobody was signed out");
}

#[test]
fn nobody_signs_somebody_else_in() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "lu").unwrap();
    world.enrol("lu", &hashed);
    let (victim, attacker) = (world.nobody(), world.nobody());
    victim.get("/sign-in");
    let fields = [
        ("csrf", csrf(&attacker)),
        ("person", "lu".to_owned()),
        ("password", "four quiet words here".to_owned()),
        ("code", world.code("lu")),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let forced = victim.post_bare("/sign-in", &fields);
    assert_eq!(forced.status, StatusCode::FORBIDDEN);
    assert!(victim.get("/account").to().starts_with("/sign-in"));
}

#[test]
fn no_cookie_that_an_attacker_has_chosen_becomes_a_session() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "lu").unwrap();
    world.enrol("lu", &hashed);
    let chosen = "A".repeat(43);
    let (session, visit) = (world.app.session_cookie(), world.app.visit_cookie());
    assert!(
        session.starts_with("__Host-") && visit.starts_with("__Host-"),
        "no other host plants one"
    );
    let victim = world.nobody();
    victim.cookies.borrow_mut().push((session.clone(), chosen.clone()));
    let sign_in = || {
        let code = world.code("lu");
        let fields = [("person", "lu"), ("password", "four quiet words here"), ("code", &code)];
        victim.post("/sign-in", &fields)
    };
    let signed = sign_in();
    assert_eq!(signed.to(), "/queue", "{}", signed.body);
    let set: Vec<&str> = signed
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|set| set.to_str().unwrap())
        .collect();
    let guards = "; Path=/; Secure; HttpOnly; SameSite=Lax;";
    assert!(set.iter().all(|set| set.contains(guards)), "{set:?}");
    let token = |name: &str| {
        let cookies = victim.cookies.borrow();
        cookies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let first = token(&session).unwrap();
    assert_ne!(first, chosen);
    assert!(token(&visit).is_none(), "the visit has ended");
    // Whoever signs in anew at the same browser leaves no session behind.
    assert_eq!(sign_in().to(), "/queue");
    assert_ne!(token(&session).unwrap(), first);
    let attacker = world.nobody();
    for known in [chosen, first] {
        *attacker.cookies.borrow_mut() = vec![(session.clone(), known)];
        assert!(attacker.get("/account").to().starts_with("/sign-in"));
    }
}

/// What an attacker would have a browser go to.
const ELSEWHERE: [&str; 16] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "HTTPS:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/x\r\nset-cookie: a=b",
    "/\0",
    "evil.example",
    "@evil.example",
];

/// Whether a link, or what a form would send along, is what the attacker wants.
fn leads_to(page: &Reply, then: &str) -> bool {
    let wanted = ["//", "/\\", "http:", "https:", "javascript:", "data:text", then.trim()];
    let values = ["href=\"", "value=\"", "action=\""];
    let found = values.iter().flat_map(|before| page.body.split(before).skip(1));
    let unescaped = |text: &str| text.replace("&#47;", "/").replace("&#92;", "\\");
    let mut found = found.filter_map(|rest| rest.split('"').next()).map(unescaped);
    found.any(|value| wanted.iter().any(|wanted| value.trim().starts_with(wanted)))
}

#[test]
fn nobody_is_sent_elsewhere() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "lu").unwrap();
    world.enrol("lu", &hashed);
    let officer = world.visitor("approver:fang");
    let proposer = world.visitor("licensing_officer:chen");
    let holder = proposer
        .act("register_holder", &[("id", "H-NEW"), ("name", "New")])
        .unwrap_or_else(|reply| panic!("{}", reply.body));
    for then in ELSEWHERE {
        let said: String = form_urlencoded::byte_serialize(then.as_bytes()).collect();
        let form = world.nobody().get(&format!("/sign-in?then={said}&to={said}"));
        assert!(form.status == StatusCode::OK && !leads_to(&form, then), "{then:?}");
        let code = world.code("lu");
        let fields = [
            ("person", "lu"),
            ("password", "four quiet words here"),
            ("code", &code),
            ("then", then),
        ];
        assert_eq!(world.nobody().post("/sign-in", &fields).to(), "/queue", "{then:?}");
        assert_eq!(
            world
                .nobody()
                .post("/language", &[("language", "zh"), ("then", then)])
                .to(),
            "/",
            "{then:?}"
        );
        let claim = officer.post("/queue/claim", &[("key", "decision:1"), ("do", "take"), ("then", then)]);
        let (to, status) = (claim.to(), claim.status);
        assert!(
            status != StatusCode::SEE_OTHER || to.starts_with("/queue") || to == "/",
            "{then:?} {to}"
        );
        assert!(!to.contains("evil"), "{then:?} {to}");
        let done = proposer.get(&format!("/done/{holder}?then={said}"));
        assert!(done.status == StatusCode::OK && !leads_to(&done, then), "{then:?}");
    }
    let strange = world.nobody().get("//evil.example/account");
    assert!(!strange.to().starts_with("//"), "{}", strange.to());
}

#[test]
fn no_header_is_injected() {
    let world = World::cn();
    for language in ["zh\r\nset-cookie: a=b", "\"><script>", "zh; Domain=evil", "\0"] {
        let reply = world.nobody().post("/language", &[("language", language)]);
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{language:?}");
    }
    let chief = world.visitor("H-M1:hu");
    for name in [
        "M1-FIN%0D%0Aset-cookie:%20a=b",
        "M1-FIN%22;%20x=%22",
        "M1-FIN%00",
        "..%2F..%2Fetc%2Fpasswd",
    ] {
        for path in [format!("/register/{name}/lines.csv"), format!("/permits/{name}")] {
            let reply = chief.get(&path);
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            assert!(reply.headers.get(header::CONTENT_DISPOSITION).is_none(), "{path}");
        }
    }
    let file = chief.get("/register/M1-FIN/lines.csv");
    assert_eq!(
        file.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"register-M1-FIN.csv\""
    );
}

#[test]
fn no_path_leads_out_of_what_is_served() {
    let world = World::cn();
    let auditor = world.visitor("auditor:wen");
    for path in [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/..%2f..%2flocal.db",
        "/assets/..%5c..%5clocal.db",
        "/assets/%252e%252e/local.db",
        "/assets//etc/passwd",
        "/local.db",
        "/journal.db",
        "/keys/log.key",
        "/journal/subject/..%2f..%2fkeys%2flog.key",
        "/journal/subject/../../keys/log.key",
        "/journal/..%2flocal.db/bytes",
        "/journal/%00/proof",
        "/journal/-1/bytes",
        "/enrol/..%2faccount/x",
        "/help%00",
        "/%ff",
        "/holders/%ff%fe",
    ] {
        let reply = auditor.get(path);
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            !reply.body.contains("PRIVATE") && !reply.body.contains("root:"),
            "{path}"
        );
    }
}

#[test]
fn no_header_says_what_a_method_does_not() {
    let world = World::cn();
    let officer = world.visitor("licensing_officer:chen");
    let token = officer.cookies.borrow()[0].1.clone();
    let cookie = format!("{}={token}", world.app.session_cookie());
    let csrf = csrf(&officer);
    let ask = |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &cookie)
            .header("x-http-method-override", "POST")
            .header("x-method-override", "POST")
            .header("x-original-url", "/sign-out")
            .header("x-rewrite-url", "/sign-out");
        world.send(request.body(Body::empty()).unwrap())
    };
    for method in [
        "GET", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "_METHOD",
    ] {
        let reply = ask(method, &format!("/sign-out?_method=POST&csrf={csrf}"));
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method}");
    }
    let read = officer.post("/help", &[]);
    assert_eq!(read.status, StatusCode::NOT_FOUND, "nor is a page posted to");
    assert_eq!(officer.get("/account").status, StatusCode::OK, "the session goes on");
}

#[test]
fn no_host_that_a_browser_names_is_believed() {
    let world = World::cn();
    let hashed = web::credentials::hash("four quiet words here", "lu").unwrap();
    world.enrol("lu", &hashed);
    let link = web::invite(&world.app, "xu").unwrap();
    assert!(link.starts_with("http://localhost/enrol/"), "{link}");
    let path = link.strip_prefix("http://localhost").unwrap();
    for path in [
        "/",
        "/sign-in",
        "/account",
        "/public/exports/2024",
        "/api/openapi.json",
        "/x",
        path,
    ] {
        let mut request = Request::builder().uri(path);
        for name in [
            "host",
            "x-forwarded-host",
            "x-forwarded-server",
            "x-host",
            "x-original-host",
        ] {
            request = request.header(name, "evil.example");
        }
        let request = request.header("forwarded", "host=evil.example;proto=http");
        let reply = world.send(request.body(Body::empty()).unwrap());
        assert!(!reply.body.contains("evil.example"), "{path}");
        let all = format!("{:?}", reply.headers);
        assert!(!all.contains("evil.example"), "{path} {all}");
    }
}

#[test]
fn nobody_tries_more_often_by_naming_other_addresses() {
    let world = World::cn();
    let ask = |address: String| {
        let request = Request::builder()
            .uri("/enrol/nothing")
            .header("x-forwarded-for", &address)
            .header("x-real-ip", &address)
            .header("forwarded", format!("for={address}"));
        world.send(request.body(Body::empty()).unwrap()).status
    };
    let mut all = (0..=250).map(|last| ask(format!("192.0.2.{last}")));
    assert!(
        all.any(|status| status == StatusCode::TOO_MANY_REQUESTS),
        "the connection's address counts"
    );
}
