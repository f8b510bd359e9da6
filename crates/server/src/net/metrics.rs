//! What a node counts, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use authority::Authority;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use domain::partner::Partner;

use super::halted::Halted;
use super::routes::{Slot, held, with_type};

/// The media type of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Counters of one node, from its start.
#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    /// By what was asked for, and the status of the answer.
    requests: Mutex<Counts<u16>>,
    /// By what became of a message, and the code of a refusal.
    messages: Mutex<Counts<String>>,
}

type Counts<T> = BTreeMap<(&'static str, T), u64>;

impl Default for Metrics {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            requests: Mutex::default(),
            messages: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Counts a message of a partner; gives how many of its kind there were.
    pub fn message(&self, outcome: &'static str, code: &str) -> u64 {
        count(&self.messages, (outcome, code.to_owned()))
    }

    fn request(&self, path: &str, status: StatusCode) {
        // Each hundred by itself: which page it was, is nobody's business here.
        count(&self.requests, (class(path), status.as_u16() / 100));
    }

    /// Everything that can be told of an authority.
    fn text(&self, authority: &Authority, halted: &Halted, app: &web::App) -> String {
        let mut text = Text::default();
        self.of_process(&mut text, halted);
        self.of_requests(&mut text);
        of_pages(&mut text, app);
        of_journal(&mut text, authority);
        of_partners(&mut text, authority);
        text.0
    }

    fn of_process(&self, text: &mut Text, halted: &Halted) {
        let uptime = self.started.elapsed().as_secs();
        text.gauge("uptime_seconds", "Seconds since the node started.", uptime);
        let help = "1 once the authority has stopped taking commands.";
        text.gauge("halted", help, u64::from(halted.why().is_some()));
        if let Some(bytes) = resident() {
            text.gauge("resident_bytes", "Memory of the process that lies in RAM.", bytes);
        }
    }

    fn of_requests(&self, text: &mut Text) {
        let help = "Requests answered, by what was asked for and the first digit of the status.";
        text.family("requests_total", "counter", help);
        for ((class, status), count) in &*locked(&self.requests) {
            let status = format!("{status}xx");
            text.sample("requests_total", &[("class", class), ("status", &status)], *count);
        }
        let help = "Messages of partners, by what became of them and the code of a refusal.";
        text.family("messages_total", "counter", help);
        for ((outcome, code), count) in &*locked(&self.messages) {
            text.sample("messages_total", &[("outcome", outcome), ("code", code)], *count);
        }
    }
}

fn of_pages(text: &mut Text, app: &web::App) {
    let (counts, micros) = app.metrics.read();
    let help = "Requests answered by pages and the interface, by kind of route and status.";
    text.family("page_requests_total", "counter", help);
    for (kind, status, count) in counts {
        text.sample("page_requests_total", &[("kind", kind), ("status", status)], count);
    }
    let help = "Microseconds that their answers took, by kind of route.";
    text.family("page_microseconds_total", "counter", help);
    for (kind, sum) in micros {
        text.sample("page_microseconds_total", &[("kind", kind)], sum);
    }
}

fn of_journal(text: &mut Text, authority: &Authority) {
    let (entries, waiting) = {
        let state = authority.state();
        (state.size, state.access.waiting().len() as u64)
    };
    text.gauge("journal_entries", "Durable entries of the journal.", entries);
    let help = "Decisions that wait for a second person.";
    text.gauge("decisions_waiting", help, waiting);
    let checkpoint = authority.read(|journal| journal.latest_checkpoint());
    if let Ok(checkpoint) = checkpoint {
        let size = checkpoint.map_or(0, |(size, _)| size);
        text.gauge("checkpoint_entries", "Entries under the last signed checkpoint.", size);
    }
    if let Some(folder) = authority.place().folder() {
        let bytes = ["journal.db", "journal.db-wal"].map(|name| length(&folder.join(name)));
        let help = "Bytes of the journal's files.";
        text.gauge("journal_bytes", help, bytes.iter().sum());
        let help = "Bytes of the newest snapshot of the state.";
        text.gauge("snapshot_bytes", help, newest(&folder.join("snapshots")));
    }
}

fn of_partners(text: &mut Text, authority: &Authority) {
    type Figure = fn(&Partner) -> u64;
    let figures: [(&str, &str, Figure); 3] = [
        (
            "partner_unsigned",
            "Messages for a partner that wait to be signed.",
            |partner| partner.queue.len() as u64,
        ),
        (
            "partner_unanswered",
            "Messages signed for a partner that have no receipt yet.",
            |partner| partner.unanswered.len() as u64,
        ),
        (
            "partner_cosigned_entries",
            "Entries under the largest checkpoint that a partner has cosigned.",
            |partner| partner.cosigned.unwrap_or_default(),
        ),
    ];
    let state = authority.state();
    for (name, help, figure) in figures {
        text.family(name, "gauge", help);
        for partner in state.partners.iter() {
            text.sample(name, &[("partner", partner.file.id.as_str())], figure(partner));
        }
    }
}

/// The text as it grows.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP countersign_{name} {help}"));
        self.line(format_args!("# TYPE countersign_{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
        let labels: Vec<String> = labels.collect();
        self.line(format_args!("countersign_{name}{{{}}} {value}", labels.join(",")));
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "gauge", help);
        self.line(format_args!("countersign_{name} {value}"));
    }

    fn line(&mut self, line: impl Display) {
        // A string takes whatever is written to it.
        let _ = writeln!(self.0, "{line}");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn count<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, what: K) -> u64 {
    let mut counts = locked(counts);
    let count = counts.entry(what).or_default();
    *count += 1;
    *count
}

fn locked<T>(counts: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    match counts.lock() {
        Ok(counts) => counts,
        Err(poisoned) => poisoned.into_inner(),
    }
}

/// What a path belongs to.
fn class(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("exchange") => "exchange",
        Some("log") => "log",
        Some("health") => "health",
        Some("api") => "api",
        _ => "pages",
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// The length of the file that was written last in a folder.
fn newest(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = files.filter_map(|file| file.metadata().ok());
    let newest = files.max_by_key(|file| file.modified().ok());
    newest.map_or(0, |file| file.len())
}

/// The process's memory in RAM, as the system tells it.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Counts a request and its answer.
pub async fn counted(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    metrics.request(&path, response.status());
    response
}

/// The route of whoever watches the node. It is served on an address of its own.
pub fn router(slot: Slot, app: Arc<web::App>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state((slot, app))
}

async fn metrics(State((slot, app)): State<(Slot, Arc<web::App>)>) -> Response {
    let Some(served) = held(&slot) else {
        return with_type(StatusCode::SERVICE_UNAVAILABLE, TEXT, "");
    };
    let told = tokio::task::spawn_blocking(move || {
        let (metrics, halted) = (served.metrics(), served.halted());
        metrics.text(served.authority(), halted, &app)
    });
    match told.await {
        Ok(text) => with_type(StatusCode::OK, TEXT, text),
        Err(_) => with_type(StatusCode::SERVICE_UNAVAILABLE, TEXT, ""),
    }
}
