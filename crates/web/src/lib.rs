//! Pages, forms and the API of an authority: parse, authenticate, hand one command over or read the state, render.

use std::net::IpAddr;
use std::sync::Arc;

use authority::{Authority, AuthorityError};
use crossbeam_channel::Sender;
use jiff::Timestamp;

/// Tells the business time of an authority.
pub type Clock = Arc<dyn Fn(&Authority) -> Result<Timestamp, String> + Send + Sync>;

/// Told of a failure of the authority, so that the node can stop; gives the words for the running log.
pub type Heard = Arc<dyn Fn(&AuthorityError) -> String + Send + Sync>;

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
    /// The address under which people reach the pages, such as `https://control.example` or `http://localhost:8080`.
    pub public_url: String,
}

/// An authority as people see it.
pub struct App {
    start: Start,
}

impl App {
    /// The pages of an authority.
    pub fn new(start: Start) -> Arc<Self> {
        Arc::new(Self { start })
    }

    /// The authority.
    pub fn authority(&self) -> &Authority {
        &self.start.authority
    }
}

/// Every route of pages and API.
pub fn router(app: Arc<App>) -> axum::Router {
    axum::Router::new().with_state(app)
}
