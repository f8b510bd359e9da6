//! Authorities in memory: the rules, the entries' bytes, the log and the exchange, and nothing else. Stories are tried
//! on them first, and the fault simulation is made of them.

mod core;
mod keys;
mod partners;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use domain::partner::KeyFile;
use domain::{Envelope, State};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::node::{Host, NewAuthority, Node, NodeError, Outgoing, Receipt, Round};
use crate::wire;

pub use self::core::Entries;
pub(crate) use self::core::{CHANGED_AT_REST, Core, Flip, Log};

type Shared = Rc<RefCell<Core>>;

/// Authorities in memory. Their entries stay readable after the story.
#[derive(Debug, Default)]
pub struct Memory {
    journals: BTreeMap<String, Entries>,
    /// Those that run.
    running: Rc<RefCell<BTreeMap<String, Shared>>>,
}

impl Memory {
    /// The journal of an authority, if it was founded here.
    pub fn journal(&self, id: &str) -> Option<Entries> {
        self.journals.get(id).cloned()
    }

    /// All journals by authority.
    pub fn journals(&self) -> impl Iterator<Item = (&str, &Entries)> {
        self.journals.iter().map(|(id, entries)| (id.as_str(), entries))
    }

    /// The seed of the keys of the authority that is founded here in this place, from 0. They are no secret.
    pub fn key_seed(place: usize) -> [u8; 32] {
        Sha256::digest(format!("countersign in memory {place}")).into()
    }
}

impl Host for Memory {
    fn create(&mut self, new: &NewAuthority, at: Timestamp) -> Result<Box<dyn Node>, NodeError> {
        let seed = Self::key_seed(self.journals.len());
        let core = Core::found(new, &seed, wire::url_of(&new.id), at)?;
        self.journals.insert(new.id.clone(), core.journal());
        let core = Rc::new(RefCell::new(core));
        let node = MemoryNode {
            id: new.id.clone(),
            core: Rc::clone(&core),
            running: Rc::clone(&self.running),
        };
        self.running.borrow_mut().insert(new.id.clone(), core);
        Ok(Box::new(node))
    }

    fn post(&mut self, at: Timestamp, _from: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String> {
        let target = self.running.borrow().get(outgoing.to.as_str()).cloned();
        let target = target.ok_or_else(|| wire::does_not_answer(&outgoing.to))?;
        let answer = target.borrow_mut().accept(at, outgoing.bytes.as_bytes());
        answer
            .map(|answer| answer.encode().into_bytes())
            .map_err(|why| why.to_string())
    }
}

pub(crate) fn wrong(why: impl std::fmt::Display) -> NodeError {
    NodeError(why.to_string())
}

struct MemoryNode {
    id: String,
    core: Shared,
    running: Rc<RefCell<BTreeMap<String, Shared>>>,
}

impl Node for MemoryNode {
    fn submit(&mut self, at: Timestamp, commands: Vec<Envelope>) -> Result<Vec<Receipt>, NodeError> {
        let mut core = self.core.borrow_mut();
        commands.iter().map(|envelope| core.submit(at, envelope)).collect()
    }

    fn with_state(&self, look: &mut dyn FnMut(&State)) {
        look(&self.core.borrow().state);
    }

    fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, NodeError> {
        Ok(self.core.borrow().entry(seq))
    }

    fn key_file(&self) -> Result<KeyFile, NodeError> {
        self.core.borrow().key_file()
    }

    fn outgoing(&mut self, at: Timestamp) -> Result<Vec<Outgoing>, NodeError> {
        let mut core = self.core.borrow_mut();
        core.sign_queued(at)?;
        core.outgoing()
    }

    fn read_file(&self, bytes: &[u8]) -> Result<String, NodeError> {
        exchange::unseal(std::slice::from_ref(&self.core.borrow().keys.files), bytes).map_err(wrong)
    }

    fn pass_day(&mut self, at: Timestamp) -> Result<(), NodeError> {
        self.core.borrow_mut().pass_day(at).map(drop)
    }

    fn send_round(
        &mut self,
        at: Timestamp,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
    ) -> Result<Round, NodeError> {
        self.core.borrow_mut().send_round(at, post)
    }

    fn stop(&mut self) -> Result<(), NodeError> {
        self.running.borrow_mut().remove(&self.id);
        Ok(())
    }

    fn start(&mut self) -> Result<(), NodeError> {
        self.core.borrow_mut().recover()?;
        self.running.borrow_mut().insert(self.id.clone(), Rc::clone(&self.core));
        Ok(())
    }

    fn fsck(&mut self) -> Result<Vec<String>, NodeError> {
        self.core.borrow().fsck()
    }

    fn close(self: Box<Self>, _at: Timestamp) -> Result<(), NodeError> {
        Ok(())
    }
}
