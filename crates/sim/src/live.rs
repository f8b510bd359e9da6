//! Authorities of a story as they run in earnest: the same writer, journal and register as everywhere else.

use std::path::PathBuf;
use std::rc::Rc;

use authority::{Authority, MadeBy, Place};
use domain::{Envelope, State};
use jiff::Timestamp;

use crate::node::{Host, NewAuthority, Node, NodeError, Receipt};

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
        let new = authority::NewAuthority {
            id: new.id.clone(),
            name: new.name.clone(),
            country: new.country.clone(),
            zone: Some(new.zone.clone()),
            origin: None,
            books_from: Some(new.books_from),
            administrators: new.administrators.clone(),
            key_seed: (self.key_seed)().map_err(NodeError)?,
            command_id: new.command_id,
            random: new.random,
        };
        let authority = Authority::create(place, &new, at).map_err(failed)?;
        Ok(Box::new(LiveNode {
            authority: Some(authority),
            last: Rc::clone(&self.last),
        }))
    }
}

struct LiveNode {
    /// None only while it is being closed and opened again.
    authority: Option<Authority>,
    last: Last,
}

impl LiveNode {
    fn running(&self) -> Result<&Authority, NodeError> {
        self.authority
            .as_ref()
            .ok_or_else(|| NodeError("the authority did not come back after a restart".to_owned()))
    }
}

impl Node for LiveNode {
    fn submit(&mut self, at: Timestamp, commands: Vec<Envelope>) -> Result<Vec<Receipt>, NodeError> {
        self.running()?.submit(at, commands).map_err(failed)
    }

    fn with_state(&self, look: &mut dyn FnMut(&State)) {
        if let Some(authority) = &self.authority {
            look(&authority.state());
        }
    }

    fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, NodeError> {
        let entry = self.running()?.read(|journal| journal.entry(seq)).map_err(failed)?;
        Ok(entry.map(|(bytes, _)| bytes))
    }

    fn restart(&mut self, _at: Timestamp) -> Result<(), NodeError> {
        let Some(authority) = self.authority.take() else {
            return self.running().map(drop);
        };
        self.authority = Some(authority.close().and_then(authority::AtRest::open).map_err(failed)?);
        Ok(())
    }

    fn fsck(&mut self) -> Result<Vec<String>, NodeError> {
        let Some(authority) = self.authority.take() else {
            return self.running().map(|_| Vec::new());
        };
        let rest = authority.close().map_err(failed)?;
        let report = rest.fsck().map_err(failed)?;
        self.authority = Some(rest.open().map_err(failed)?);
        let line = |difference: &authority::Difference| match difference.seq {
            Some(seq) => format!("{} {seq}: {}", difference.place, difference.what),
            None => format!("{}: {}", difference.place, difference.what),
        };
        Ok(report.differences.iter().map(line).collect())
    }

    fn close(mut self: Box<Self>, at: Timestamp) -> Result<(), NodeError> {
        let Some(authority) = self.authority.take() else {
            return Ok(());
        };
        (self.last)(&authority, at).map_err(NodeError)?;
        authority.close().map(drop).map_err(failed)
    }
}
