//! The second stage: make a group durable, apply it to the committed state, answer; sign checkpoints; take snapshots.

use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use domain::partner::Receipt as MessageReceipt;
use domain::{Entry, Event, State};
use store::{Journal, JournalReader};
use tlog::{Checkpoint, Tree};

use super::{Answer, Buffers, Closed, Group, Work};
use crate::error::AuthorityError;
use crate::keys::Logs;
use crate::place::Place;
use crate::projector::Projector;
use crate::receipt::{Receipt, outcome_of};
use crate::recover::{JournalHashes, as_written};
use crate::snapshot;

/// At most one checkpoint in this time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// A snapshot at the latest after so many entries.
const SNAPSHOT_EVERY: u64 = 250_000;

/// The second stage's desk.
pub(super) struct Second {
    place: Arc<Place>,
    journal: Box<dyn Journal>,
    reader: Box<dyn JournalReader>,
    projector: Projector,
    committed: Arc<parking_lot::RwLock<State>>,
    /// The secrets of the log, and of those before and after it.
    logs: Logs,
    stopped: Arc<RwLock<Option<String>>>,
    /// Takes buffers back to the first stage.
    used: Sender<Buffers>,
    /// The tree as last signed; it grows by the leaves as they are read back.
    signed: Tree,
    signed_at: Instant,
    /// Size and root of what is durable.
    durable: (u64, tlog::Hash),
    snapshot_at: u64,
}

impl Second {
    pub fn new(
        place: Arc<Place>,
        journal: Box<dyn Journal>,
        projector: Projector,
        committed: Arc<parking_lot::RwLock<State>>,
        logs: Logs,
        stopped: Arc<RwLock<Option<String>>>,
        used: Sender<Buffers>,
    ) -> Result<Self, AuthorityError> {
        let reader = journal.reader()?;
        let hashes = JournalHashes(&*reader);
        let size = journal.size();
        let signed_size = reader.latest_checkpoint()?.map_or(0, |(size, _)| size);
        let mut signed = Tree::restore(signed_size, &hashes)?;
        drop(signed.take_tiles());
        let root = tlog::root_at(&hashes, size)?;
        let newest = place.snapshots().and_then(|folder| snapshot::all(&folder).pop());
        let snapshot_at = newest
            .and_then(|path| path.file_stem()?.to_str()?.parse().ok())
            .unwrap_or(0);
        let (signed_at, durable) = (Instant::now(), (size, root));
        let snapshot_at = if snapshot_at > size { 0 } else { snapshot_at };
        Ok(Self {
            place,
            journal,
            reader,
            projector,
            committed,
            logs,
            stopped,
            used,
            signed,
            signed_at,
            durable,
            snapshot_at,
        })
    }

    /// Works until the first stage has ended, then closes everything.
    pub fn run(mut self, orders: &Receiver<Work>) -> Result<Closed, AuthorityError> {
        loop {
            let done = match orders.recv_timeout(CHECKPOINT_EVERY) {
                Ok(Work::Group(group)) => self.commit(group),
                Ok(Work::Barrier { register, done }) => {
                    let outcome = if register { self.projector.flush() } else { Ok(()) };
                    drop(done.send(outcome));
                    Ok(())
                }
                Ok(Work::Checkpoint(done)) => self.sign_now(&done),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let done = done.and_then(|()| self.sign_if_due());
            if let Err(error) = done {
                return Err(self.stop(error));
            }
        }
        self.sign()?;
        let snapshot = self.take_snapshot()?;
        let register = self.projector.close()?;
        // The process may end right after: the snapshot is waited for.
        snapshot.map(JoinHandle::join);
        Ok(Closed {
            journal: self.journal,
            register,
        })
    }

    /// From here on nothing is acknowledged: the reason is kept for everybody who asks.
    fn stop(&self, error: AuthorityError) -> AuthorityError {
        if let Ok(mut reason) = self.stopped.write() {
            reason.get_or_insert_with(|| error.to_string());
        }
        error
    }

    fn commit(&mut self, group: Group) -> Result<(), AuthorityError> {
        let Group {
            mut buffers,
            tiles,
            entries,
            root,
            replies,
        } = group;
        if let Some(first) = entries.first() {
            let group = store::Group {
                first_seq: first.seq,
                bytes: &buffers.bytes,
                ends: &buffers.ends,
                leaves: &buffers.leaves,
                tiles: &tiles,
            };
            let kept = keep_cosignatures(&mut *self.journal, &entries);
            if let Err(error) = kept.and_then(|()| self.journal.append(&group)) {
                let error = AuthorityError::from(error);
                for (reply, _) in replies {
                    drop(reply.send(Err(AuthorityError::Stopped(error.to_string()))));
                }
                return Err(error);
            }
            self.durable = (first.seq + entries.len() as u64, root);
            self.apply(&entries)?;
            self.projector.take(Arc::new(entries))?;
        }
        buffers.clear();
        // Where enough buffers wait already, these are let go.
        drop(self.used.try_send(buffers));
        for (reply, answers) in replies {
            let receipts = answers
                .into_iter()
                .map(|answer| self.receipt(answer))
                .collect::<Result<Vec<_>, _>>()?;
            // Nobody may be waiting any more; the commands are durable all the same.
            drop(reply.send(Ok(receipts)));
        }
        if self.durable.0 - self.snapshot_at >= SNAPSHOT_EVERY {
            self.take_snapshot()?;
        }
        Ok(())
    }

    fn apply(&self, entries: &[Entry]) -> Result<(), AuthorityError> {
        let mut state = self.committed.write();
        for entry in entries {
            state.apply(entry)?;
        }
        Ok(())
    }

    fn receipt(&self, answer: Answer) -> Result<Receipt, AuthorityError> {
        match answer {
            Answer::Ready(receipt) => Ok(receipt),
            Answer::Repeat { id, seq, count } => {
                let missing = || AuthorityError::Broken(format!("entry {seq} is missing"));
                let (bytes, leaf) = self.reader.entry(seq)?.ok_or_else(missing)?;
                let entry = as_written(seq, &bytes, &leaf)?;
                Ok(Receipt {
                    id,
                    repeat: true,
                    outcome: outcome_of(&entry, count, leaf),
                })
            }
        }
    }

    /// Signs a checkpoint of everything durable for somebody who asks for it.
    fn sign_now(&mut self, done: &Sender<Result<String, AuthorityError>>) -> Result<(), AuthorityError> {
        let missing = || AuthorityError::Broken("the checkpoint just signed is missing".to_owned());
        self.sign()?;
        let latest = self.reader.latest_checkpoint()?;
        drop(done.send(latest.map(|(_, note)| note).ok_or_else(missing)));
        Ok(())
    }

    fn sign_if_due(&mut self) -> Result<(), AuthorityError> {
        if self.signed_at.elapsed() < CHECKPOINT_EVERY {
            Ok(())
        } else {
            self.sign()
        }
    }

    /// Signs a checkpoint of everything durable, after reading the new leaves back from storage: what is signed is
    /// what lies there, and it continues what was signed before.
    fn sign(&mut self) -> Result<(), AuthorityError> {
        self.signed_at = Instant::now();
        let (size, root) = self.durable;
        while self.signed.size() < size {
            let leaves = self
                .reader
                .leaves(self.signed.size(), size.min(self.signed.size() + 65_536))?;
            if leaves.is_empty() {
                return Err(AuthorityError::Broken(format!(
                    "leaf {} is missing",
                    self.signed.size()
                )));
            }
            for leaf in &leaves {
                self.signed.append(leaf);
            }
            drop(self.signed.take_tiles());
        }
        if self.signed.root() != root {
            return Err(AuthorityError::Broken(
                "the leaves read back are not those that were written".to_owned(),
            ));
        }
        if self
            .reader
            .latest_checkpoint()?
            .is_some_and(|(signed, _)| signed == size)
        {
            return Ok(());
        }
        let verifier = self.committed.read().log_key_at(size).to_owned();
        // Between two logs nothing is signed.
        let Some(key) = self.logs.get(&verifier) else {
            return Ok(());
        };
        let checkpoint = Checkpoint {
            origin: key.origin().to_owned(),
            size,
            root,
        };
        let note = tlog::sign(&checkpoint, key)?;
        Ok(self.journal.put_checkpoint(size, &note)?)
    }

    /// Writes the committed state beside the journal, in a thread of its own. It is a cache: a failure costs time at the
    /// next start, no more.
    fn take_snapshot(&mut self) -> Result<Option<JoinHandle<()>>, AuthorityError> {
        let (size, root) = self.durable;
        let Some(folder) = self.place.snapshots().filter(|_| self.snapshot_at < size) else {
            return Ok(None);
        };
        self.snapshot_at = size;
        let state = self.committed.read().to_bytes();
        let state = state.map_err(AuthorityError::Broken)?;
        super::spawn("snapshot", move || drop(snapshot::write(&folder, size, &root, &state))).map(Some)
    }
}

/// Keeps the cosignatures that come with receipts. They are kept before the receipts are durable: a line stands for
/// itself, and so no receipt is ever without its line.
fn keep_cosignatures(journal: &mut dyn Journal, entries: &[Entry]) -> Result<(), store::StoreError> {
    let receipts = entries.iter().filter_map(|entry| match &entry.event {
        Event::MessageReceipted(receipted) => receipted.receipt.payload.read::<MessageReceipt>().ok(),
        _ => None,
    });
    for receipt in receipts {
        journal.put_cosignature(receipt.seen_size, cosigner(&receipt.cosignature), &receipt.cosignature)?;
    }
    Ok(())
}

/// The name in a signature line: `— <name> <base64>`.
pub(crate) fn cosigner(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}
