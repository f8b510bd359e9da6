//! The door: every request passes it, once. Who asks, whether the route is for them, whether a form is ours; and what
//! every answer carries.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Bytes, HttpBody, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::answer::{Fault, NO_DEVICE, PERMISSIONS, again_after, encoded, fault_page, see};
use crate::ask::{Ask, Visitor};
use crate::fields::Fields;
use crate::routes::{Kind, Route};
use crate::session;
use crate::words::Lang;
use crate::{App, Peer, api, multipart};

/// The longest form.
const FORM_BYTES_MAX: usize = 256 * 1024;
/// The largest file that a form sends, with what stands around it.
const UPLOAD_BYTES_MAX: usize = crate::multipart::FILE_BYTES_MAX + 16 * 1024;
/// So long a body may take.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Requests that may be worked on at once; the next is asked to come again.
pub const REQUESTS_MAX: usize = 128;

/// What the pages may load: their own style, script and pictures, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Answers a request on a route.
pub async fn answer(
    State(app): State<Arc<App>>,
    route: &'static Route,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let Ok(params) = params else {
        // What is no text names nothing.
        return guarded(bare(route.kind, &Fault::NotFound), route.kind);
    };
    let params = params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    // A body that dribbles takes no place of those that are worked on.
    let response = match received(&app, route.kind, request).await {
        Ok((parts, body)) => match Arc::clone(&app.places).try_acquire_owned() {
            Ok(place) => {
                let response = taken(&app, route, params, parts, body).await;
                drop(place);
                response
            }
            Err(_) => bare(route.kind, &Fault::Busy),
        },
        Err(response) => response,
    };
    app.metrics.count(route.kind, response.status(), began.elapsed());
    guarded(response, route.kind)
}

/// What is answered to a method that a route does not have: pages are not there for it, the API says so.
pub async fn not_so(app: State<Arc<App>>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return guarded(api::problem(&api::not_so()), Kind::Api);
    }
    nothing(app, request).await
}

/// What is answered where no route is.
pub async fn nothing(State(app): State<Arc<App>>, request: Request) -> Response {
    static NOTHING: Route = Route {
        method: Method::GET,
        path: "",
        who: crate::who::Who::Public,
        kind: Kind::Page,
        answer: |_| Err(Fault::NotFound),
    };
    static NOTHING_THERE: Route = Route {
        method: Method::GET,
        path: "",
        who: crate::who::Who::Public,
        kind: Kind::Api,
        answer: |_| Err(Fault::NotFound),
    };
    let route = if request.uri().path().starts_with("/api/") {
        &NOTHING_THERE
    } else {
        &NOTHING
    };
    // Whatever method it was: there is nothing to do it to.
    let (mut parts, _) = request.into_parts();
    parts.method = Method::GET;
    let response = taken(&app, route, Vec::new(), parts, Bytes::new()).await;
    guarded(response, route.kind)
}

/// Who is at the other end.
fn peer(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<Peer>();
    peer.map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0)
}

/// Waits for the body. The error is the answer to one that is too large, too slow, or one of too many.
async fn received(app: &App, kind: Kind, request: Request) -> Result<(Parts, Bytes), Response> {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok((parts, Bytes::new()));
    }
    let limit = match kind {
        Kind::Api => api::BODY_BYTES_MAX,
        Kind::Upload => UPLOAD_BYTES_MAX,
        Kind::Page | Kind::Asset => FORM_BYTES_MAX,
    };
    let told = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > limit) {
        return Err(last(bare(kind, &Fault::TooLarge)));
    }
    let Some(coming) = app.bodies.begin(peer(&parts)) else {
        return Err(last(bare(kind, &Fault::Busy)));
    };
    let read = tokio::time::timeout(BODY_WITHIN, to_bytes(body, limit)).await;
    drop(coming);
    match read {
        Ok(Ok(body)) => Ok((parts, body)),
        Ok(Err(_)) => Err(last(bare(kind, &Fault::TooLarge))),
        Err(_) if kind == Kind::Api => Err(last(api::problem(&api::too_slow()))),
        Err(_) => Err(last(
            (StatusCode::REQUEST_TIMEOUT, "the body took too long\n").into_response(),
        )),
    }
}

/// Works the request on a thread that may wait.
async fn taken(
    app: &Arc<App>,
    route: &'static Route,
    params: Vec<(String, String)>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || work(app, route, params, &parts, body)).await;
    done.unwrap_or_else(|_| bare(route.kind, &Fault::Failed("a request was not answered".to_owned())))
}

/// The last answer on its connection: what is left of the request is not read.
fn last(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn work(app: Arc<App>, route: &'static Route, params: Vec<(String, String)>, parts: &Parts, body: Bytes) -> Response {
    let headers = &parts.headers;
    let now = match (app.start.clock)(app.authority()) {
        Ok(now) => now,
        Err(why) => {
            app.note(&why);
            return bare(route.kind, &Fault::Failed(why));
        }
    };
    let mut ask = Ask {
        lang: language(&app, headers),
        app,
        visitor: None,
        csrf: String::new(),
        path: parts.uri.path().to_owned(),
        url: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        params,
        query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        form: Fields::default(),
        body: Bytes::new(),
        headers: headers.clone(),
        peer: peer(parts),
        now,
    };
    let visit = match recognise(&mut ask, route, headers) {
        Ok(visit) => visit,
        Err(fault) => return refuse(&ask, route.kind, &fault),
    };
    let answered = admit(&mut ask, route, headers, body).and_then(|()| (route.answer)(&ask));
    let mut response = match answered {
        Ok(response) => response,
        Err(fault) => refuse(&ask, route.kind, &fault),
    };
    if let Some(visit) = visit {
        let set = session::set_cookie(&ask.app.visit_cookie(), &visit, 3600);
        if let Ok(set) = set {
            response.headers_mut().append(header::SET_COOKIE, set);
        }
    }
    response
}

/// The language of the answer: as chosen on a page before, else as the browser asks.
fn language(app: &App, headers: &HeaderMap) -> Lang {
    let chosen = session::cookie(headers, &app.language_cookie()).and_then(|code| Lang::parse(&code));
    let asked = || {
        headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map(Lang::accepted)
    };
    chosen.or_else(asked).unwrap_or(Lang::En)
}

/// Finds out who asks. Gives the token of a visit that begins now, to be set as a cookie.
fn recognise(ask: &mut Ask, route: &Route, headers: &HeaderMap) -> Result<Option<String>, Fault> {
    if route.kind == Kind::Api && route.who == crate::who::Who::Public {
        // Whoever signs in again may still send the token of before.
        return Ok(None);
    }
    if route.kind == Kind::Api {
        // Never a cookie: no other site can make a browser send this header.
        ask.visitor = bearer(headers)
            .map(|token| by_token(&ask.app, token))
            .transpose()?
            .flatten();
        return Ok(None);
    }
    if route.kind == Kind::Asset {
        return Ok(None);
    }
    let token = session::cookie(headers, &ask.app.session_cookie());
    if let Some(token) = token {
        ask.visitor = ask.app.visitor(&token, false)?;
        if ask.visitor.is_some() {
            ask.csrf = session::csrf(&token);
            return Ok(None);
        }
    }
    if let Some(visit) = session::cookie(headers, &ask.app.visit_cookie()).filter(|visit| visit.len() == 43) {
        ask.csrf = session::csrf(&visit);
        return Ok(None);
    }
    let visit = session::new_token()?;
    ask.csrf = session::csrf(&visit);
    Ok(Some(visit))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn by_token(app: &App, token: &str) -> Result<Option<Visitor>, Fault> {
    if token.starts_with(api::KEY_PREFIX) {
        app.system(token)
    } else {
        app.visitor(token, true)
    }
}

/// Lets the request in, if the route is for the visitor and a form is one of ours.
fn admit(ask: &mut Ask, route: &Route, headers: &HeaderMap, body: Bytes) -> Result<(), Fault> {
    if route.who != crate::who::Who::Public {
        let visitor = ask.visitor()?;
        if !route.who.includes(&visitor.actor) {
            return Err(Fault::NotEntitled);
        }
    }
    if route.kind == Kind::Api {
        ask.body = body;
        return Ok(());
    }
    if route.method == Method::POST {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        if route.kind == Kind::Upload {
            let (form, file) = multipart::parse(kind, &body).ok_or(Fault::Bad("fault-no-form"))?;
            (ask.form, ask.body) = (form, file);
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            ask.form = Fields::parse(&body);
        } else {
            return Err(Fault::Bad("fault-no-form"));
        }
        let elsewhere = headers
            .get("sec-fetch-site")
            .is_some_and(|site| site != "same-origin" && site != "none");
        if elsewhere || !session::is_ours(ask.form.raw("csrf"), &ask.csrf) {
            return Err(Fault::Forged);
        }
    }
    Ok(())
}

/// The answer to a request that is not let in, or could not be done.
fn refuse(ask: &Ask, kind: Kind, fault: &Fault) -> Response {
    if let Fault::Failed(why) = fault {
        ask.app.note(why);
    }
    match (kind, fault) {
        (Kind::Api, fault) => api::problem(fault),
        (Kind::Asset, fault) => bare(kind, fault),
        (Kind::Page | Kind::Upload, Fault::SignIn) => {
            let then = if ask.form.iter().next().is_none() {
                ask.url.as_str()
            } else {
                "/queue"
            };
            see(&format!("/sign-in?then={}", encoded(then)))
        }
        (Kind::Page | Kind::Upload, fault) => fault_page(ask, fault),
    }
}

/// An answer in a line of text, where there is no page to give; to a system, as everywhere else.
fn bare(kind: Kind, fault: &Fault) -> Response {
    if kind == Kind::Api {
        return api::problem(fault);
    }
    let (status, code) = fault.status();
    let mut response = (status, format!("{code}\n")).into_response();
    again_after(&mut response, fault);
    response
}

/// What every answer carries.
fn guarded(mut response: Response, kind: Kind) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    // A page that needs a device has said so.
    if !headers.contains_key(PERMISSIONS) {
        headers.insert(PERMISSIONS, HeaderValue::from_static(NO_DEVICE));
    }
    if !headers.contains_key(header::CACHE_CONTROL) && kind != Kind::Asset {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Places for requests.
pub fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(REQUESTS_MAX))
}
