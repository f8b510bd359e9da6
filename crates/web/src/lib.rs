//! Pages, forms and the API of an authority: parse, authenticate, hand one command over or read the state, render.
//!
//! - `routes` is the one table of all routes; `guard` is the door that every request passes.
//! - `ask` and `answer` are what a handler gets and gives.
//! - `act` makes the form of any command from the command's own schema.
//! - `pages` are for people, `api` is for systems; both end in the same commands.

// Every handler has one shape, whether it can fail or not.
#![allow(clippy::unnecessary_wraps)]
// What a page shows and an answer says is named as its readers know it, and is often yes or no.
#![allow(clippy::struct_field_names, clippy::struct_excessive_bools)]
// What answers stands together; a template gives references.
#![allow(clippy::trivially_copy_pass_by_ref)]
// Addresses and drawings are put together piece by piece; there are few of them a page.
#![allow(clippy::format_push_string)]

mod act;
mod answer;
mod api;
mod ask;
mod claims;
pub mod credentials;
mod csv;
mod enrolment;
mod fields;
mod frame;
mod guard;
mod handed;
mod invitation;
mod limit;
mod links;
mod lookup;
mod metrics;
mod multipart;
mod names;
mod notices;
mod pages;
mod refused;
pub mod routes;
mod session;
mod shown;
mod views;
mod who;
pub mod words;

pub mod chart;

use std::net::IpAddr;
use std::sync::Arc;

use authority::{Authority, AuthorityError};
use crossbeam_channel::Sender;
use domain::access::Actor;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use answer::Fault;
use refused::refusal_in_words;

pub use enrolment::invite;
pub use session::wall;
pub use who::{OFFICERS, Who};

/// Tells the business time of an authority.
pub type Clock = Arc<dyn Fn(&Authority) -> Result<Timestamp, String> + Send + Sync>;

/// Told of a failure of the authority, so that the node can stop; gives the words for the running log.
pub type Heard = Arc<dyn Fn(&AuthorityError) -> String + Send + Sync>;

/// The real time, in microseconds since 1970-01-01T00:00Z.
pub type Wall = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Takes a line of the running log.
pub type Note = Arc<dyn Fn(&str) + Send + Sync>;

/// Who is at the other end of a connection; whatever listens puts it into the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What an authority's pages are made of.
pub struct Start {
    /// The authority.
    pub authority: Arc<Authority>,
    /// Its business time.
    pub clock: Clock,
    /// Told whenever something was submitted, so that what follows from it does not wait.
    pub submitted: Option<Sender<()>>,
    /// Told of failures.
    pub heard: Heard,
    /// Takes a line of the running log.
    pub note: Note,
    /// The real time, which sessions and codes follow.
    pub wall: Wall,
    /// The address under which people reach the pages, such as `https://control.example` or `http://localhost:8080`.
    pub public_url: String,
}

/// An authority as people see it.
pub struct App {
    start: Start,
    id: String,
    places: Arc<Semaphore>,
    limits: limit::Limits,
    bodies: Arc<limit::Bodies>,
    views: views::Views,
    handed: handed::Handed,
    figures: pages::Figures,
    claims: claims::Claims,
    names: lookup::Names,
    counts: pages::Counts,
    /// Held while a bundle is made.
    bundling: std::sync::Mutex<()>,
    notices: notices::Notices,
    /// Counts of what was asked.
    pub metrics: metrics::Metrics,
}

impl App {
    /// The pages of an authority.
    pub fn new(start: Start) -> Arc<Self> {
        let id = start.authority.state().founding.id.to_string();
        let views = views::Views::start(&start.authority);
        Arc::new(Self {
            start,
            id,
            places: guard::places(),
            limits: limit::Limits::default(),
            bodies: Arc::default(),
            views,
            handed: handed::Handed::default(),
            figures: pages::Figures::default(),
            claims: claims::Claims::default(),
            names: lookup::Names::default(),
            counts: pages::Counts::default(),
            bundling: std::sync::Mutex::default(),
            notices: notices::Notices::default(),
            metrics: metrics::Metrics::default(),
        })
    }

    /// The authority.
    pub fn authority(&self) -> &Authority {
        &self.start.authority
    }

    /// The real time, in microseconds: sessions and codes do not follow the business clock.
    pub fn wall_us(&self) -> i64 {
        (self.start.wall)()
    }

    /// The authority's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// An address of ours as people type it, for links in letters.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.start.public_url.trim_end_matches('/'))
    }

    /// The name of the cookie that holds the language.
    pub fn language_cookie(&self) -> String {
        format!("__Host-csl-{}", self.id)
    }

    /// Tells that something was submitted.
    fn ring(&self) {
        if let Some(submitted) = &self.start.submitted {
            // Whoever was told already needs no second word.
            let _ = submitted.try_send(());
        }
    }

    /// A failure of the authority as a fault; the node hears of it.
    fn fault(&self, error: &AuthorityError) -> Fault {
        let why = (self.start.heard)(error);
        match error {
            AuthorityError::Full => Fault::Busy,
            _ => Fault::Failed(why),
        }
    }

    /// A line of the running log.
    fn note(&self, line: &str) {
        (self.start.note)(line);
    }

    /// Notes that somebody looked at something.
    fn looked_at(&self, actor: &Actor, subject: &str) {
        self.views.note(actor, subject);
    }
}

/// Every route of pages and API.
pub fn router(app: Arc<App>) -> axum::Router {
    routes::router(app)
}

/// Random bytes of the operating system.
fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| format!("random bytes: {error}"))?;
    Ok(bytes)
}
