//! Who looked at what: noted behind the pages' backs, so that no page waits for the disk.

use std::sync::{Arc, Weak};

use authority::Authority;
use crossbeam_channel::{Receiver, Sender, bounded};
use domain::access::Actor;
use store::Viewed;

/// Looks that may wait to be written. Beyond, whoever looks writes for all.
const WAITING_MAX: usize = 1_024;

/// Where looks are noted.
pub struct Views {
    send: Sender<Viewed>,
    waiting: Receiver<Viewed>,
    authority: Weak<Authority>,
}

impl Views {
    /// Keeps looks in the authority's local data.
    pub fn start(authority: &Arc<Authority>) -> Self {
        let (send, waiting) = bounded(WAITING_MAX);
        let (of_thread, held) = (waiting.clone(), Arc::downgrade(authority));
        let run = move || {
            while let Ok(first) = of_thread.recv() {
                let Some(authority) = Weak::upgrade(&held) else { return };
                keep(
                    &authority,
                    &std::iter::once(first).chain(of_thread.try_iter()).collect::<Vec<_>>(),
                );
            }
        };
        // Without the thread, looks are written where they are noted.
        drop(std::thread::Builder::new().name("views".to_owned()).spawn(run));
        Self {
            send,
            waiting,
            authority: Arc::downgrade(authority),
        }
    }

    /// Notes a look.
    pub fn note(&self, actor: &Actor, subject: &str) {
        let look = Viewed {
            at_us: jiff::Timestamp::now().as_microsecond(),
            actor: actor.to_string(),
            subject: subject.to_owned(),
        };
        if let Err(crossbeam_channel::TrySendError::Full(look)) = self.send.try_send(look) {
            self.write(Some(look));
        }
    }

    /// Writes what waits, for whoever wants to read it now.
    pub fn write(&self, last: Option<Viewed>) {
        if let Some(authority) = Weak::upgrade(&self.authority) {
            keep(&authority, &self.waiting.try_iter().chain(last).collect::<Vec<_>>());
        }
    }
}

fn keep(authority: &Authority, looks: &[Viewed]) {
    if !looks.is_empty() {
        let kept = authority.local().put_viewed(looks);
        if let Err(error) = kept {
            use std::io::Write;
            drop(writeln!(
                std::io::stderr(),
                "countersign: who looked at what could not be kept: {error}"
            ));
        }
    }
}
