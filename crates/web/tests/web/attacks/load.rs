//! Too much, too long, too slow.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use tower::ServiceExt;
use web::Peer;
use web::routes::{self, Kind};

use super::{csrf, send_with};
use crate::doors::filled;
use crate::world::World;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[test]
fn no_body_is_read_that_is_larger_than_any_form() {
    let world = World::cn();
    let nobody = world.nobody();
    for route in routes::all().filter(|route| route.method == Method::POST) {
        let (most, kind) = match route.kind {
            Kind::Api => (1 << 20, "application/json"),
            Kind::Upload => (1 << 20, "multipart/form-data; boundary=a"),
            _ => (256 << 10, FORM.1),
        };
        let path = filled(route.path);
        // Both where the length is told, and where it comes out.
        let told = send_with(&nobody, &path, &[("content-type", kind)], &"a".repeat(most + 1));
        assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let pieces = (0..=most / 1024).map(|_| Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 1024])));
        let body = Body::from_stream(Pieces(pieces.collect::<Vec<_>>().into_iter()));
        let request = Request::builder()
            .method("POST")
            .uri(&path)
            .header("content-type", kind);
        let untold = world.send(request.body(body).unwrap());
        assert_eq!(untold.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

/// Pieces of a body, one after the other.
struct Pieces(std::vec::IntoIter<Result<Bytes, Infallible>>);

impl futures_core::Stream for Pieces {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

#[test]
fn no_number_of_fields_or_depth_of_json_breaks_an_answer() {
    let world = World::cn();
    let officer = world.visitor("licensing_officer:chen");
    let csrf = csrf(&officer);
    let many: String = (0..20_000).map(|number| format!("&f{number}=x")).collect();
    for path in ["/act/register_substance", "/act/apply_export", "/queue/claim"] {
        let reply = send_with(&officer, path, &[FORM], &format!("csrf={csrf}{many}"));
        assert!(!reply.status.is_server_error(), "{path} {}", reply.status);
    }
    let rows: String = (0..3_000).map(|row| format!("&salts.{row}.form=x")).collect();
    let reply = send_with(
        &officer,
        "/act/register_substance",
        &[FORM],
        &format!("csrf={csrf}{rows}"),
    );
    assert!(
        reply.status == StatusCode::OK && reply.body.len() < 4 << 20,
        "{}",
        reply.body.len()
    );
    let query: String = (0..5_000).map(|number| format!("q{number}=x&")).collect();
    for path in ["/licences", "/search", "/act/grant_licence", "/holders"] {
        assert_eq!(officer.get(&format!("{path}?{query}")).status, StatusCode::OK, "{path}");
        let long = format!("{path}?q={}", "x".repeat(40_000));
        assert_eq!(officer.get(&long).status, StatusCode::OK, "{path}");
    }
    let system = world.bearer("licensing_officer:chen");
    for deep in [
        "[".repeat(400_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"id\":{}", "[".repeat(300_000)),
    ] {
        for path in ["/api/v1/commands/register_holder", "/api/v1/sessions"] {
            let reply = system.send(path, &[], "application/json", deep.clone());
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path} {}", reply.body);
        }
    }
    let administrator = world.visitor("administrator:a");
    let reply = administrator.post("/act/pair_partner", &[("file", &"[".repeat(50_000))]);
    assert!(!reply.status.is_server_error(), "{}", reply.status);
}

/// A body whose end never comes.
struct Dribble;

impl futures_core::Stream for Dribble {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Pending
    }
}

#[test]
fn bodies_that_dribble_keep_nobody_else_waiting() {
    let world = World::cn();
    let send = |body: Body, address: [u8; 4]| {
        let mut request = Request::builder()
            .method("POST")
            .uri("/language")
            .header("content-type", FORM.1);
        request.extensions_mut().unwrap().insert(Peer(IpAddr::from(address)));
        web::router(std::sync::Arc::clone(&world.app)).oneshot(request.body(body).unwrap())
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let attacker = [192, 0, 2, 1];
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..300 {
            waiting.spawn(send(Body::from_stream(Dribble), attacker));
        }
        // Those beyond what one address may have on its way are answered at once; as many as may, stay.
        let mut refused = 0;
        while refused < 300 - 32 {
            let answered = waiting.join_next().await.unwrap().unwrap().unwrap();
            assert_eq!(answered.status(), StatusCode::SERVICE_UNAVAILABLE);
            refused += 1;
        }
        let theirs = send(Body::from("language=zh"), attacker).await.unwrap();
        assert_eq!(theirs.status(), StatusCode::SERVICE_UNAVAILABLE);
        // Forged, for it carries nothing of ours: but it was looked at.
        let other = send(Body::from("language=zh"), [198, 51, 100, 1]).await.unwrap();
        assert_eq!(other.status(), StatusCode::FORBIDDEN);
        waiting.shutdown().await;
        let again = send(Body::from("language=zh"), attacker).await.unwrap();
        assert_eq!(
            again.status(),
            StatusCode::FORBIDDEN,
            "what was broken off counts no more"
        );
    });
}
