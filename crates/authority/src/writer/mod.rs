//! The single writer, in two stages. The first decides, applies to the working state, encodes and hashes a group of
//! commands while the second makes the group before it durable and applies it to the committed state that readers see.
//! Nobody is answered before the group is durable. A failed append is never retried: the writer stops.

mod commit;
mod decide;

pub(crate) use commit::cosigner;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use domain::{Entry, Envelope, State};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::{Journal, Register, Tile};
use tlog::Tree;

use crate::error::AuthorityError;
use crate::keys::Logs;
use crate::place::Place;
use crate::projector::Projector;
use crate::receipt::Receipt;
use crate::ring::Ring;

/// Requests that may wait for the writer; then submitters are told to come back.
const REQUESTS_WAITING_MAX: usize = 4096;
/// Groups between the stages.
const GROUPS_WAITING_MAX: usize = 2;
/// A group takes whatever waits, up to so many commands.
pub(crate) const GROUP_COMMANDS_MAX: usize = 4096;

/// What is asked of the writer.
pub(crate) enum Request {
    /// Commands to decide, at one moment; the node's `own` have been verified by it.
    Commands {
        at: Timestamp,
        commands: Vec<Envelope>,
        own: bool,
        reply: Reply,
    },
    /// Sign a checkpoint of everything before; its note is the answer.
    Checkpoint(Sender<Result<String, AuthorityError>>),
    /// Wait until everything before is durable and in the register.
    Drain(Sender<Result<(), AuthorityError>>),
}

pub(crate) type Reply = Sender<Result<Vec<Receipt>, AuthorityError>>;

/// What the first stage asks of the second.
enum Work {
    Group(Group),
    /// Everything before is durable; with `register`, it is in the register too.
    Barrier {
        register: bool,
        done: Sender<Result<(), AuthorityError>>,
    },
    /// Sign a checkpoint of everything before.
    Checkpoint(Sender<Result<String, AuthorityError>>),
}

/// What a group is written into; used again by a later group.
#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    leaves: Vec<tlog::Hash>,
}

impl Buffers {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.leaves.clear();
    }
}

/// A group of entries with the answers that wait for them.
struct Group {
    buffers: Buffers,
    tiles: Vec<Tile>,
    entries: Vec<Entry>,
    /// The log's root after the group.
    root: tlog::Hash,
    replies: Vec<(Reply, Vec<Answer>)>,
}

/// A receipt, or the order to read one back from the journal.
enum Answer {
    Ready(Receipt),
    Repeat { id: uuid::Uuid, seq: u64, count: u32 },
}

/// What the stages hand back when the writer closes.
pub(crate) struct Closed {
    pub journal: Box<dyn Journal>,
    pub register: Box<dyn Register>,
}

/// The running writer.
pub(crate) struct Writer {
    requests: Sender<Request>,
    committed: Arc<parking_lot::RwLock<State>>,
    /// How many entries are in the register.
    flushed: Arc<AtomicU64>,
    stopped: Arc<RwLock<Option<String>>>,
    first: Option<JoinHandle<State>>,
    second: Option<JoinHandle<Result<Closed, AuthorityError>>>,
}

/// What the writer starts from.
pub(crate) struct Start {
    pub place: Arc<Place>,
    pub journal: Box<dyn Journal>,
    pub register: Box<dyn Register>,
    pub state: State,
    pub tree: Tree,
    pub logs: Logs,
    pub exchange: Ring,
}

impl Writer {
    /// Starts both stages and the projector.
    pub fn start(start: Start) -> Result<Self, AuthorityError> {
        let Start {
            place,
            journal,
            register,
            state,
            tree,
            logs,
            exchange,
        } = start;
        let zone = time_zone(state.founding.zone.as_str())?;
        let register_reader = register.reader()?;
        let projector = Projector::start(register, journal.reader()?, &state)?;
        let flushed = projector.flushed();
        let committed = Arc::new(parking_lot::RwLock::new(state.clone()));
        let stopped = Arc::new(RwLock::new(None));
        let (requests, incoming) = bounded(REQUESTS_WAITING_MAX);
        let (work, orders) = bounded(GROUPS_WAITING_MAX);
        let (used, recycled) = bounded(GROUPS_WAITING_MAX + 2);
        let cited = journal.reader()?;
        let second = commit::Second::new(
            place,
            journal,
            projector,
            Arc::clone(&committed),
            logs,
            Arc::clone(&stopped),
            used,
        )?;
        let first = decide::First {
            state,
            tree,
            zone,
            cited,
            register: register_reader,
            work,
            recycled,
            exchange,
        };
        let first = spawn("decide", move || first.run(&incoming))?;
        let second = spawn("commit", move || second.run(&orders))?;
        Ok(Self {
            requests,
            committed,
            flushed,
            stopped,
            first: Some(first),
            second: Some(second),
        })
    }

    /// Hands commands over and waits until they are durable.
    pub fn submit(&self, at: Timestamp, commands: Vec<Envelope>, own: bool) -> Result<Vec<Receipt>, AuthorityError> {
        self.send(at, commands, own)?.recv().map_err(|_| self.why_stopped())?
    }

    /// Hands commands over; the answer comes when they are durable. `own` are those of the node itself, which has
    /// verified the signatures in them: nobody else may give them.
    pub fn send(
        &self,
        at: Timestamp,
        commands: Vec<Envelope>,
        own: bool,
    ) -> Result<Receiver<Result<Vec<Receipt>, AuthorityError>>, AuthorityError> {
        let (reply, answer) = bounded(1);
        self.ask(Request::Commands {
            at,
            commands,
            own,
            reply,
        })?;
        Ok(answer)
    }

    /// Waits until everything that was answered before is in the register: most often it is.
    pub fn catch_up(&self) -> Result<(), AuthorityError> {
        let size = self.committed.read_recursive().size;
        if self.flushed.load(Ordering::Acquire) >= size {
            return Ok(());
        }
        self.drain()
    }

    /// Waits until everything before is durable and in the register.
    pub fn drain(&self) -> Result<(), AuthorityError> {
        let (done, wait) = bounded(1);
        self.ask(Request::Drain(done))?;
        wait.recv().map_err(|_| self.why_stopped())?
    }

    /// The note of a checkpoint of everything before.
    pub fn checkpoint(&self) -> Result<String, AuthorityError> {
        let (done, wait) = bounded(1);
        self.ask(Request::Checkpoint(done))?;
        wait.recv().map_err(|_| self.why_stopped())?
    }

    fn ask(&self, request: Request) -> Result<(), AuthorityError> {
        match self.requests.try_send(request) {
            Ok(()) => Ok(()),
            Err(crossbeam_channel::TrySendError::Full(_)) => Err(AuthorityError::Full),
            Err(crossbeam_channel::TrySendError::Disconnected(_)) => Err(self.why_stopped()),
        }
    }

    /// The committed state.
    pub fn committed(&self) -> &parking_lot::RwLock<State> {
        &self.committed
    }

    fn why_stopped(&self) -> AuthorityError {
        let reason = self.stopped.read().ok().and_then(|reason| reason.clone());
        AuthorityError::Stopped(reason.unwrap_or_else(|| "it was closed".to_owned()))
    }

    /// Answers everything that waits, signs a last checkpoint, closes the register.
    pub fn close(mut self) -> Result<Closed, AuthorityError> {
        let (nobody, _) = bounded(0);
        drop(std::mem::replace(&mut self.requests, nobody));
        if let Some(first) = self.first.take() {
            drop(first.join());
        }
        let stopped = self.why_stopped();
        self.second
            .take()
            .and_then(|second| second.join().ok())
            .unwrap_or(Err(stopped))
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, AuthorityError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|error| AuthorityError::Stopped(error.to_string()))
}

/// The zone by which civil days are cut.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, AuthorityError> {
    TimeZone::get(name).map_err(|error| AuthorityError::Refused(format!("time zone {name:?}: {error}")))
}
