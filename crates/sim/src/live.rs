//! Authorities of a story as they run in earnest: the same writer, journal and register as everywhere else.

use std::cell::RefCell;
use std::mem;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use authority::{AtRest, Authority, MadeBy, Place};
use domain::partner::KeyFile;
use domain::{Envelope, State};
use jiff::Timestamp;

use crate::node::{Host, NewAuthority, Node, NodeError, Outgoing, Receipt, Round};
use crate::wire::{Clock, Wire};

/// Makes authorities in folders below one folder, or in memory.
pub struct Live {
    /// The folder that holds a folder per authority.
    pub dir: PathBuf,
    /// The storage URL.
    pub storage: String,
    /// What makes them.
    pub made_by: MadeBy,
    /// Random bytes for an authority's keys.
    pub key_seed: fn() -> Result<[u8; 32], String>,
    /// How messages travel between them.
    pub wire: Rc<RefCell<dyn Wire>>,
    /// The story's time, for whoever takes messages.
    pub clock: Clock,
    /// Called with each authority before it is closed, with the story's last moment.
    pub last: Last,
}

/// What is done with an authority at the end of its story.
pub type Last = Rc<dyn Fn(&Authority, Timestamp) -> Result<(), String>>;

/// Names the storage's own failures as the runner's.
fn failed(error: impl std::fmt::Display) -> NodeError {
    NodeError(error.to_string())
}

impl Host for Live {
    fn create(&mut self, new: &NewAuthority, at: Timestamp) -> Result<Box<dyn Node>, NodeError> {
        let folder = self.dir.join(&new.id);
        let place = Place::create(&folder, &new.id, &self.storage, self.made_by).map_err(failed)?;
        let made = authority::NewAuthority {
            id: new.id.clone(),
            name: new.name.clone(),
            country: new.country.clone(),
            province: new.province.clone(),
            zone: Some(new.zone.clone()),
            origin: None,
            books_from: Some(new.books_from),
            administrators: new.administrators.clone(),
            url: None,
            key_seed: (self.key_seed)().map_err(NodeError)?,
            command_id: new.command_id,
            random: new.random,
        };
        let authority = Authority::create(place, &made, at).map_err(failed)?;
        let mut node = LiveNode {
            id: new.id.clone(),
            stage: Stage::Gone,
            wire: Rc::clone(&self.wire),
            clock: self.clock.clone(),
            last: Rc::clone(&self.last),
        };
        let url = node.attach(authority)?;
        // The address stands in the key file, and so it is known before the first pairing.
        node.running()?.place().set_url(Some(&url)).map_err(failed)?;
        Ok(Box::new(node))
    }

    fn post(&mut self, at: Timestamp, from: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String> {
        self.clock.set(at);
        self.wire.borrow_mut().post(from, outgoing)
    }
}

/// What there is of an authority.
enum Stage {
    Running(Arc<Authority>),
    AtRest(Box<AtRest>),
    /// Only while it is being closed or opened, or after that has failed.
    Gone,
}

struct LiveNode {
    id: String,
    stage: Stage,
    wire: Rc<RefCell<dyn Wire>>,
    clock: Clock,
    last: Last,
}

impl LiveNode {
    fn running(&self) -> Result<&Authority, NodeError> {
        match &self.stage {
            Stage::Running(authority) => Ok(authority),
            _ => Err(NodeError(format!("{} does not run", self.id))),
        }
    }

    /// Takes messages for it, and gives the address for them.
    fn attach(&mut self, authority: Authority) -> Result<String, NodeError> {
        let authority = Arc::new(authority);
        self.stage = Stage::Running(Arc::clone(&authority));
        let clock = self.clock.clone();
        let now = Arc::new(move || clock.now());
        self.wire
            .borrow_mut()
            .attach(&self.id, authority, now)
            .map_err(NodeError)
    }

    /// Takes no more messages for it, and leaves it to whoever asks.
    fn detach(&mut self) -> Result<Authority, NodeError> {
        let Stage::Running(authority) = mem::replace(&mut self.stage, Stage::Gone) else {
            return Err(NodeError(format!("{} does not run", self.id)));
        };
        self.wire.borrow_mut().detach(&self.id);
        let held = |_| {
            NodeError(format!(
                "{} cannot be stopped: a message is still on its way to it",
                self.id
            ))
        };
        Arc::try_unwrap(authority).map_err(held)
    }
}

impl Node for LiveNode {
    fn submit(&mut self, at: Timestamp, commands: Vec<Envelope>) -> Result<Vec<Receipt>, NodeError> {
        self.running()?.submit(at, commands).map_err(failed)
    }

    fn with_state(&self, look: &mut dyn FnMut(&State)) {
        if let Stage::Running(authority) = &self.stage {
            look(&authority.state());
        }
    }

    fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, NodeError> {
        let entry = self.running()?.read(|journal| journal.entry(seq)).map_err(failed)?;
        Ok(entry.map(|(bytes, _)| bytes))
    }

    fn key_file(&self) -> Result<KeyFile, NodeError> {
        self.running()?.key_file().map_err(failed)
    }

    fn outgoing(&mut self, at: Timestamp) -> Result<Vec<Outgoing>, NodeError> {
        let authority = self.running()?;
        authority.sign_queued(at).map_err(failed)?;
        authority.outgoing().map_err(failed)
    }

    fn read_file(&self, bytes: &[u8]) -> Result<String, NodeError> {
        self.running()?.read_file(bytes).map_err(failed)
    }

    fn pass_day(&mut self, at: Timestamp) -> Result<(), NodeError> {
        self.running()?.pass_day(at).map(drop).map_err(failed)
    }

    fn send_round(
        &mut self,
        at: Timestamp,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
    ) -> Result<Round, NodeError> {
        self.running()?.send_round(at, post).map_err(failed)
    }

    fn stop(&mut self) -> Result<(), NodeError> {
        let rest = self.detach()?.close().map_err(failed)?;
        self.stage = Stage::AtRest(Box::new(rest));
        Ok(())
    }

    fn start(&mut self) -> Result<(), NodeError> {
        match mem::replace(&mut self.stage, Stage::Gone) {
            Stage::AtRest(rest) => self.attach(rest.open().map_err(failed)?).map(drop),
            _ => Err(NodeError(format!("{} is not stopped", self.id))),
        }
    }

    fn fsck(&mut self) -> Result<Vec<String>, NodeError> {
        self.stop()?;
        let Stage::AtRest(rest) = &self.stage else {
            return self.running().map(|_| Vec::new());
        };
        let report = rest.fsck().map_err(failed)?;
        self.start()?;
        let line = |difference: &authority::Difference| match difference.seq {
            Some(seq) => format!("{} {seq}: {}", difference.place, difference.what),
            None => format!("{}: {}", difference.place, difference.what),
        };
        Ok(report.differences.iter().map(line).collect())
    }

    fn close(mut self: Box<Self>, at: Timestamp) -> Result<(), NodeError> {
        if matches!(self.stage, Stage::AtRest(_)) {
            self.start()?;
        }
        if matches!(self.stage, Stage::Gone) {
            return Ok(());
        }
        let authority = self.detach()?;
        (self.last)(&authority, at).map_err(NodeError)?;
        authority.close().map(drop).map_err(failed)
    }
}
