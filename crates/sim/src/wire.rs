//! How messages travel between the authorities of a story.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use authority::{Authority, Outgoing};
use jiff::Timestamp;

/// What tells an authority the time when a message comes.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Carries messages from one authority to another.
pub trait Wire {
    /// Takes messages for an authority from now on, and hands them to [`Authority::accept`]. Gives the address for its
    /// key file, which stays the same when it is attached again.
    fn attach(&mut self, id: &str, authority: Arc<Authority>, now: Now) -> Result<String, String>;
    /// Takes no more messages for it. When this returns, nothing here holds the authority any more.
    fn detach(&mut self, id: &str);
    /// Sends a message and waits for the answer: the body as the receiver wrote it.
    fn post(&mut self, from: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String>;
}

/// The wire without a network: a message is handed to its receiver at once.
#[derive(Default)]
pub struct InProcess {
    attached: BTreeMap<String, (Arc<Authority>, Now)>,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.attached.keys()).finish()
    }
}

impl Wire for InProcess {
    fn attach(&mut self, id: &str, authority: Arc<Authority>, now: Now) -> Result<String, String> {
        self.attached.insert(id.to_owned(), (authority, now));
        Ok(url_of(id))
    }

    fn detach(&mut self, id: &str) {
        self.attached.remove(id);
    }

    fn post(&mut self, _from: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String> {
        let target = self.attached.get(outgoing.to.as_str());
        let (authority, now) = target.ok_or_else(|| does_not_answer(&outgoing.to))?;
        let answer = authority.accept(now(), outgoing.bytes.as_bytes());
        answer
            .map(|answer| answer.encode().into_bytes())
            .map_err(|why| why.to_string())
    }
}

/// An address that leads nowhere (RFC 2606): without a network nobody looks at it.
pub(crate) fn url_of(id: &str) -> String {
    let letters = id.chars().filter(char::is_ascii_alphanumeric);
    format!("https://{}.invalid", letters.collect::<String>().to_lowercase())
}

/// Why a message to an authority that is down is not sent.
pub(crate) fn does_not_answer(id: &str) -> String {
    format!("{id} does not answer")
}

/// The time of a story, in microseconds, for whoever takes messages in another thread.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Reads it.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}
