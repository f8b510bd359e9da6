//! What the runner needs of a running authority: very little.

pub use authority::{Outcome, Outgoing, Receipt, Round};
use domain::partner::KeyFile;
use domain::{Envelope, State};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// An authority that a story founds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuthority {
    /// Its id, such as `CN`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its country, in two letters.
    pub country: String,
    /// Its province, where it is not for the whole country.
    pub province: Option<domain::authority::Province>,
    /// Its IANA time zone.
    pub zone: String,
    /// The first day of its books.
    pub books_from: Date,
    /// Its first two administrators, by id.
    pub administrators: [String; 2],
    /// The id of its founding command.
    pub command_id: Uuid,
    /// The random bytes of its founding command.
    pub random: [u8; 32],
}

/// Why an authority could not answer at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NodeError(pub String);

/// A running authority.
pub trait Node {
    /// Submits a group of commands and waits until they are durable: one receipt a command, in order.
    fn submit(&mut self, at: Timestamp, commands: Vec<Envelope>) -> Result<Vec<Receipt>, NodeError>;
    /// Shows the committed state.
    fn with_state(&self, look: &mut dyn FnMut(&State));
    /// The exact bytes of an entry, if there is one of this number.
    fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, NodeError>;
    /// What it tells a partner authority of itself.
    fn key_file(&self) -> Result<KeyFile, NodeError>;
    /// Signs what waits for partners, and gives every message that has no receipt: by partner, in order.
    fn outgoing(&mut self, at: Timestamp) -> Result<Vec<Outgoing>, NodeError>;
    /// The lines of a file that was encrypted to it.
    fn read_file(&self, bytes: &[u8]) -> Result<String, NodeError>;
    /// Lets what is due today happen.
    fn pass_day(&mut self, at: Timestamp) -> Result<(), NodeError>;
    /// Signs what waits for partners, posts every message that has no receipt, in order, and keeps the receipts.
    fn send_round(
        &mut self,
        at: Timestamp,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
    ) -> Result<Round, NodeError>;
    /// Stops it: it keeps what it made durable, and does not answer.
    fn stop(&mut self) -> Result<(), NodeError>;
    /// Opens it again from what it made durable.
    fn start(&mut self) -> Result<(), NodeError>;
    /// Recomputes everything from the journal; tells every difference.
    fn fsck(&mut self) -> Result<Vec<String>, NodeError>;
    /// Stops it for good, whether it runs or not.
    fn close(self: Box<Self>, at: Timestamp) -> Result<(), NodeError>;
}

/// Where authorities come to live: in memory, in folders.
pub trait Host {
    /// Founds an authority and starts it.
    fn create(&mut self, authority: &NewAuthority, at: Timestamp) -> Result<Box<dyn Node>, NodeError>;
    /// Carries a message to the authority that it is for, and gives the answer.
    fn post(&mut self, at: Timestamp, from: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String>;
}
