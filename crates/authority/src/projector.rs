//! The projector: fills the register from the journal in bulk, in a thread of its own and with its own cursor.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use domain::journal::EntryReader;
use domain::{Entry, State};
use store::{JournalReader, Register};

use crate::error::AuthorityError;
use crate::rows::RowMaker;

/// A chunk is flushed when so many rows wait: each table is then fed in its own key order.
const CHUNK_ROWS: usize = 131_072;
/// Groups that may wait for the projector. Then the writer waits too, so the tail in memory is bounded.
const GROUPS_WAITING_MAX: usize = 64;
/// Entries read from the journal at a time while catching up, so that no read is long.
const SLICE: u64 = 50_000;

enum Work {
    Entries(Arc<Vec<Entry>>),
    Flush(Sender<Result<(), AuthorityError>>),
    Close(Sender<Result<Box<dyn Register>, AuthorityError>>),
}

/// The handle of the projector.
pub(crate) struct Projector {
    work: Sender<Work>,
    catching_up: Arc<AtomicBool>,
    flushed: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Projector {
    /// Starts it. What the register lacks up to `state.size` is read from the journal first, behind everybody's back:
    /// a register that was not closed properly is built anew while the authority works.
    pub fn start(
        register: Box<dyn Register>,
        journal: Box<dyn JournalReader>,
        state: &State,
    ) -> Result<Self, AuthorityError> {
        let (work, orders) = bounded(GROUPS_WAITING_MAX);
        let catching_up = Arc::new(AtomicBool::new(true));
        let whole = register.cursor() == state.size;
        let maker = if whole {
            RowMaker::following(state)
        } else {
            RowMaker::default()
        };
        let flushed = Arc::new(AtomicU64::new(if whole { state.size } else { 0 }));
        let mut desk = Desk {
            next: register.cursor(),
            flushed: Arc::clone(&flushed),
            register,
            maker,
            journal,
        };
        let (size, flag) = (state.size, Arc::clone(&catching_up));
        let run = move || {
            let failed = if whole { Ok(()) } else { desk.begin_anew(size) };
            flag.store(false, Ordering::Release);
            serve(desk, &orders, failed.err());
        };
        let thread = std::thread::Builder::new().name("projector".to_owned()).spawn(run);
        let thread = thread.map_err(|error| AuthorityError::Stopped(error.to_string()))?;
        Ok(Self {
            work,
            catching_up,
            flushed,
            thread: Some(thread),
        })
    }

    /// Hands over a durable group. While the projector catches up, what does not fit is left for it to read.
    pub fn take(&self, entries: Arc<Vec<Entry>>) -> Result<(), AuthorityError> {
        if self.catching_up.load(Ordering::Acquire) {
            return match self.work.try_send(Work::Entries(entries)) {
                Err(crossbeam_channel::TrySendError::Disconnected(_)) => Err(gone()),
                _ => Ok(()),
            };
        }
        self.work.send(Work::Entries(entries)).map_err(|_| gone())
    }

    /// Tells how many entries are in the register, for whoever need not wait then.
    pub fn flushed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.flushed)
    }

    /// Waits until everything durable is in the register.
    pub fn flush(&self) -> Result<(), AuthorityError> {
        let (done, wait) = bounded(1);
        self.work.send(Work::Flush(done)).map_err(|_| gone())?;
        wait.recv().map_err(|_| gone())?
    }

    /// Flushes, marks the register clean and gives it back.
    pub fn close(mut self) -> Result<Box<dyn Register>, AuthorityError> {
        let (done, wait) = bounded(1);
        self.work.send(Work::Close(done)).map_err(|_| gone())?;
        let register = wait.recv().map_err(|_| gone())?;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        register
    }
}

fn gone() -> AuthorityError {
    AuthorityError::Stopped("the projector has ended".to_owned())
}

struct Desk {
    /// The next entry that has no row yet, flushed or not.
    next: u64,
    /// The next entry that has no row in the register.
    flushed: Arc<AtomicU64>,
    register: Box<dyn Register>,
    maker: RowMaker,
    journal: Box<dyn JournalReader>,
}

impl Desk {
    fn flush(&mut self) -> Result<(), AuthorityError> {
        if self.maker.waiting() > 0 {
            self.register.flush(self.maker.rows())?;
            self.maker.clear();
        }
        self.flushed.store(self.next, Ordering::Release);
        Ok(())
    }

    fn add(&mut self, entry: &Entry) -> Result<(), AuthorityError> {
        self.maker.add(entry);
        self.next = entry.seq + 1;
        if self.maker.waiting() >= CHUNK_ROWS {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn take(&mut self, entries: &[Entry]) -> Result<(), AuthorityError> {
        if let Some(first) = entries.first().filter(|first| first.seq > self.next) {
            self.read_to(first.seq)?;
        }
        let (next, mut entries) = (self.next, entries.iter());
        entries
            .by_ref()
            .filter(|entry| entry.seq >= next)
            .try_for_each(|entry| self.add(entry))
    }

    /// Numbers are given in order of appearance, so a register that lags is emptied and fed from the first entry.
    fn begin_anew(&mut self, size: u64) -> Result<(), AuthorityError> {
        self.register.clear()?;
        self.next = 0;
        self.read_to(size)
    }

    fn read_to(&mut self, size: u64) -> Result<(), AuthorityError> {
        let mut reader = EntryReader::default();
        while self.next < size {
            let mut slice = Vec::new();
            let limit = SLICE.min(size - self.next);
            let mut broken = None;
            self.journal
                .read(self.next, limit, &mut |row| match reader.read(row.bytes) {
                    Ok(entry) => {
                        slice.push(entry);
                        ControlFlow::Continue(())
                    }
                    Err(error) => {
                        broken = Some(AuthorityError::Broken(format!("entry {}: {error}", row.seq)));
                        ControlFlow::Break(())
                    }
                })?;
            if let Some(error) = broken {
                return Err(error);
            }
            if slice.is_empty() {
                return Err(AuthorityError::Broken(format!("entry {} is missing", self.next)));
            }
            slice.iter().try_for_each(|entry| self.add(entry))?;
        }
        Ok(())
    }
}

/// A failure of the register ends the projector, and with it the writer: it is derived, so a restart rebuilds it.
fn serve(mut desk: Desk, orders: &Receiver<Work>, mut failed: Option<AuthorityError>) {
    while let Ok(order) = orders.recv() {
        match order {
            Work::Entries(entries) => {
                if failed.is_none() {
                    failed = desk.take(&entries).err();
                }
                if failed.is_some() {
                    return;
                }
            }
            Work::Flush(done) => {
                let outcome = failed.clone().map_or_else(|| desk.whole(), Err);
                drop(done.send(outcome));
            }
            Work::Close(done) => {
                let outcome = match failed {
                    Some(error) => Err(error),
                    None => desk.whole().and_then(|()| Ok(desk.register.mark_clean()?)),
                };
                drop(done.send(outcome.map(|()| desk.register)));
                return;
            }
        }
    }
}

impl Desk {
    /// Everything durable is in the register.
    fn whole(&mut self) -> Result<(), AuthorityError> {
        let size = self.journal.size()?;
        self.read_to(size)?;
        self.flush()
    }
}
