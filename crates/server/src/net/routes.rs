//! What is served: messages of partner authorities, the log, and health.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use authority::{Answer, Authority, AuthorityError};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use crossbeam_channel::Sender;
use domain::partner::{MESSAGE_BYTES_MAX, Receipt, Taken};
use jiff::Timestamp;
use tlog::WitnessRefusal;
use tokio::sync::Semaphore;

use super::client::{ADD_CHECKPOINT, JOSE, MESSAGES, PULL, TLOG_SIZE};
use super::halted::Halted;
use super::log::{self, Newest, Rows};
use super::metrics::{Metrics, counted};
use super::note;

/// Requests at once; the next is asked to come again.
pub const REQUESTS_MAX: usize = 256;
/// So long the body of a request may take.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// The media type of a refusal.
const PROBLEM: &str = "application/problem+json";

/// Tells the business time.
pub type Clock = Arc<dyn Fn(&Authority) -> Result<Timestamp, String> + Send + Sync>;

/// An authority as it is served.
pub struct Served {
    authority: Arc<Authority>,
    clock: Clock,
    /// Told whenever something was taken, so that what follows from it does not wait; none in a story, which has a log of
    /// its own.
    taken: Option<Sender<()>>,
    halted: Halted,
    metrics: Arc<Metrics>,
    rows: Rows,
    newest: Newest,
}

/// Where an authority is served: nothing is there before it starts and while it is opened again.
pub type Slot = Arc<RwLock<Option<Arc<Served>>>>;

impl Served {
    /// Serves an authority whose business time a clock tells.
    pub fn new(
        authority: Arc<Authority>,
        clock: Clock,
        taken: Option<Sender<()>>,
        halted: Halted,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            authority,
            clock,
            taken,
            halted,
            metrics,
            rows: Rows::default(),
            newest: Newest::default(),
        }
    }

    /// The authority.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whether it has stopped.
    pub fn halted(&self) -> &Halted {
        &self.halted
    }

    /// What it counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The tiles that are not full yet, as far as they were asked for.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The newest checkpoint as it was last read.
    pub fn newest(&self) -> &Newest {
        &self.newest
    }

    /// Takes a message from a partner.
    pub fn accept(&self, message: &[u8]) -> Result<Answer, String> {
        let now = (self.clock)(&self.authority)?;
        let answer = self.authority.accept(now, message);
        let answer = answer.map_err(|error| self.halted.hear(&error))?;
        match &answer {
            Answer::Receipt(receipt) => self.took(receipt),
            Answer::Refused { code, says } | Answer::Alarm { code, says, .. } => self.rejected(code, says),
            Answer::Parked { .. } => drop(self.metrics.message("parked", "")),
        }
        Ok(answer)
    }

    /// Answers a partner's question what is held of it.
    pub fn pulled(&self, question: &[u8]) -> Result<Result<String, exchange::Reject>, String> {
        let now = (self.clock)(&self.authority)?;
        let pulled = self.authority.answer_pull(now, question);
        let pulled = pulled.map_err(|error| self.halted.hear(&error))?;
        Ok(match pulled {
            Ok(pulled) => {
                self.note("gave a partner what is held of it");
                Ok(serde_json::to_string(&pulled).map_err(|error| error.to_string())?)
            }
            Err(reject) => {
                self.rejected(reject.code, &reject.says);
                Err(reject)
            }
        })
    }

    /// Cosigns a checkpoint of another log, if it may.
    pub fn cosigned(&self, request: &str) -> Result<Result<String, WitnessRefusal>, String> {
        let now = (self.clock)(&self.authority)?;
        let cosigned = self.authority.add_checkpoint(now, request);
        cosigned.map_err(|error| self.halted.hear(&error))
    }

    /// Says that a message was taken, and rings for what follows from it.
    fn took(&self, receipt: &str) {
        let signed = exchange::parse(receipt.as_bytes()).ok();
        if let Some(Ok(receipt)) = signed.map(|signed| signed.payload.read::<Receipt>()) {
            let (from, seq, entry) = (&receipt.to, receipt.seq, receipt.entry.seq);
            match &receipt.taken {
                Taken::Accepted => {
                    self.metrics.message("taken", "");
                    self.note(format_args!("took message {seq} of {from}: entry {entry}"));
                }
                Taken::Refused { code } => {
                    self.metrics.message("refused", code.as_str());
                    self.note(format_args!("refused message {seq} of {from}: entry {entry}: {code}"));
                }
            }
        }
        if let Some(taken) = &self.taken {
            // A worker that was told already needs no second word.
            let _ = taken.try_send(());
        }
    }

    /// Counts a rejected message, and says so at the first, the second, the fourth, the eighth …: whoever sends many
    /// does not fill the disk.
    fn rejected(&self, code: &str, says: &str) {
        let count = self.metrics.message("rejected", code);
        if count.is_power_of_two() {
            self.note(format_args!("rejected {code}: {says} ({count} so far)"));
        }
    }

    /// Says something in the running log, unless a story has a log of its own.
    fn note(&self, says: impl std::fmt::Display) {
        if self.taken.is_some() {
            note(&self.authority.state().founding.id, says);
        }
    }
}

/// Who is at a place now, if anyone.
pub fn held(slot: &Slot) -> Option<Arc<Served>> {
    match slot.read() {
        Ok(served) => served.clone(),
        Err(poisoned) => poisoned.into_inner().clone(),
    }
}

/// Puts an authority in its place, or takes it away; gives the one before.
pub fn put(slot: &Slot, served: Option<Arc<Served>>) -> Option<Arc<Served>> {
    match slot.write() {
        Ok(mut slot) => std::mem::replace(&mut *slot, served),
        Err(poisoned) => std::mem::replace(&mut *poisoned.into_inner(), served),
    }
}

/// All routes: those of the exchange, the log and health, and whatever answers everything else.
///
/// What limits the former does not concern the latter.
pub fn router(slot: Slot, metrics: Arc<Metrics>, pages: Option<Router>) -> Router {
    let places = Arc::new(Semaphore::new(REQUESTS_MAX));
    let own = Router::new()
        .route(MESSAGES, post(messages))
        .route(PULL, post(pull))
        .route(ADD_CHECKPOINT, post(add_checkpoint))
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/{*path}", get(tile))
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .layer(middleware::from_fn_with_state(places, in_turn))
        // How it is with the node is told whatever else goes on.
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .with_state(slot);
    let all = match pages {
        Some(pages) => own.fallback_service(pages),
        None => own.fallback(nothing),
    };
    all.layer(middleware::from_fn_with_state(metrics, counted))
}

/// Lets so many requests in at once. Each is served to its end, so that whoever hangs up does not make room for more.
async fn in_turn(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(place) = places.try_acquire_owned() else {
        return busy("too many requests at once");
    };
    let served = tokio::spawn(async move {
        let response = next.run(request).await;
        drop(place);
        response
    });
    served.await.unwrap_or_else(|_| failed(&"a request was not answered"))
}

/// A refusal as JSON.
pub fn problem(status: StatusCode, code: &str, says: &str) -> Response {
    let (code, says) = (code.to_owned(), says.to_owned());
    with_type(status, PROBLEM, Answer::Refused { code, says }.encode())
}

/// A body with its media type.
pub fn with_type(status: StatusCode, kind: &'static str, body: impl IntoResponse) -> Response {
    let mut response = (status, body).into_response();
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn busy(says: &str) -> Response {
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, "busy", says);
    let again = HeaderValue::from_static("5");
    response.headers_mut().insert(header::RETRY_AFTER, again);
    response
}

async fn nothing() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "nothing is served here")
}

async fn other_method() -> Response {
    let says = "what is here takes another method";
    problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", says)
}

async fn ready(State(slot): State<Slot>) -> Response {
    match held(&slot) {
        Some(served) if served.halted.why().is_some() => busy("the authority has stopped"),
        Some(_) => "ready\n".into_response(),
        None => busy("the authority is not open"),
    }
}

/// Runs what reads or writes storage on a thread where it may wait.
async fn work(slot: &Slot, what: impl FnOnce(&Served) -> Response + Send + 'static) -> Response {
    let Some(served) = held(slot) else {
        return busy("the authority is not open");
    };
    let done = tokio::task::spawn_blocking(move || what(&served)).await;
    done.unwrap_or_else(|_| failed(&"a request was not answered"))
}

/// The answer where storage or the clock failed: why is for the running log, not for whoever asks.
fn failed(why: &dyn std::fmt::Display) -> Response {
    note("request", format_args!("failed: {why}"));
    busy("the authority cannot answer now")
}

async fn messages(State(slot): State<Slot>, request: Request) -> Response {
    let message = match signed_body(request).await {
        Ok(message) => message,
        Err(problem) => return problem,
    };
    work(&slot, move |served| match served.accept(&message) {
        Ok(answer) => answered(&answer),
        Err(why) => failed(&why),
    })
    .await
}

/// What a partner holds of whoever asks, and signs the question.
async fn pull(State(slot): State<Slot>, request: Request) -> Response {
    let question = match signed_body(request).await {
        Ok(question) => question,
        Err(problem) => return problem,
    };
    work(&slot, move |served| match served.pulled(&question) {
        Ok(Ok(pulled)) => with_type(StatusCode::OK, "application/json", pulled),
        Ok(Err(reject)) => problem(status(reject.code), reject.code, &reject.says),
        Err(why) => failed(&why),
    })
    .await
}

/// Cosigns a checkpoint of another log.
async fn add_checkpoint(State(slot): State<Slot>, request: Request) -> Response {
    let body = match whole_body(request).await {
        Ok(body) => body,
        Err(problem) => return problem,
    };
    let Ok(body) = String::from_utf8(body.to_vec()) else {
        return problem(StatusCode::BAD_REQUEST, "request_unreadable", "it is not text");
    };
    work(&slot, move |served| match served.cosigned(&body) {
        Ok(Ok(line)) => with_type(StatusCode::OK, "text/plain; charset=utf-8", line),
        Ok(Err(refusal)) => not_cosigned(&refusal),
        Err(why) => failed(&why),
    })
    .await
}

/// Why a checkpoint is not cosigned, with the status of the specification.
fn not_cosigned(refusal: &WitnessRefusal) -> Response {
    let (code, says) = match refusal {
        WitnessRefusal::OldSize(size) => return with_type(StatusCode::CONFLICT, TLOG_SIZE, format!("{size}\n")),
        WitnessRefusal::Malformed(why) => ("request_unreadable", *why),
        WitnessRefusal::LogUnknown => ("log_unknown", "this log is not cosigned here"),
        WitnessRefusal::NotSigned => ("signature_bad", "the key of the log did not sign the checkpoint"),
        WitnessRefusal::OtherRoot => ("log_forked", "another checkpoint of this size was cosigned"),
        WitnessRefusal::NotConsistent => ("consistency_missing", "the proof does not lead to the checkpoint"),
    };
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    problem(status, code, says)
}

/// The body of a request that is a signed document.
async fn signed_body(request: Request) -> Result<Bytes, Response> {
    if !is_jose(request.headers()) {
        let says = "a message has the media type application/jose";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unknown", says));
    }
    whole_body(request).await
}

/// The body of a request, within its limits of length and time.
async fn whole_body(request: Request) -> Result<Bytes, Response> {
    let body = tokio::time::timeout(BODY_WITHIN, Bytes::from_request(request, &())).await;
    match body {
        Ok(Ok(message)) => Ok(message),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let says = format!("a message has at most {MESSAGE_BYTES_MAX} bytes");
            Err(last(problem(StatusCode::PAYLOAD_TOO_LARGE, "message_too_large", &says)))
        }
        Ok(Err(_)) => Err(last(problem(
            StatusCode::BAD_REQUEST,
            "message_unreadable",
            "the body broke off",
        ))),
        Err(_) => Err(last(problem(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the body took too long",
        ))),
    }
}

/// The last answer on its connection: what is left of the request is not read.
fn last(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

fn is_jose(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JOSE))
}

fn answered(answer: &Answer) -> Response {
    let (status, kind) = match answer {
        Answer::Receipt(_) => (StatusCode::OK, JOSE),
        Answer::Parked { .. } => (StatusCode::ACCEPTED, PROBLEM),
        Answer::Refused { code, .. } | Answer::Alarm { code, .. } => (status(code), PROBLEM),
    };
    with_type(status, kind, answer.encode())
}

/// The status that fits a refusal.
fn status(code: &str) -> StatusCode {
    match code {
        "message_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "sender_unknown" | "key_unknown" | "key_untrusted" | "signature_bad" => StatusCode::FORBIDDEN,
        "message_out_of_order"
        | "message_repeated"
        | "chain_broken"
        | "equivocation"
        | "message_expired"
        | "checkpoint_bad"
        | "consistency_missing"
        | "log_rolled_back"
        | "log_forked"
        | "pull_repeated"
        | "pull_out_of_date" => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    }
}

async fn checkpoint(State(slot): State<Slot>) -> Response {
    work(&slot, |served| found(log::checkpoint(served))).await
}

async fn tile(State(slot): State<Slot>, request: Request) -> Response {
    // The path as it was sent: each tile has one address, and nothing in it is decoded.
    let path = request
        .uri()
        .path()
        .strip_prefix("/log/")
        .unwrap_or_default()
        .to_owned();
    work(&slot, move |served| found(log::tile(served, &path))).await
}

/// What the log has, or that it does not have it.
fn found(looked: Result<Option<Response>, AuthorityError>) -> Response {
    match looked {
        Ok(Some(response)) => response,
        Ok(None) => problem(StatusCode::NOT_FOUND, "not_found", "the log has nothing here"),
        Err(error) => failed(&error),
    }
}
