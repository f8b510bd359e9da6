//! The signals that a running node hears.

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::net::{Halted, Tls, note};
use crate::output::Failure;

/// Signals to end, and one to read the certificate again.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Hears them from now on.
    pub fn listen(runtime: &Runtime) -> Result<Self, Failure> {
        let _inside = runtime.enter();
        let heard = |kind| signal(kind).map_err(|error| Failure::Unavailable(format!("signals: {error}")));
        Ok(Self {
            interrupt: heard(SignalKind::interrupt())?,
            terminate: heard(SignalKind::terminate())?,
            hang_up: heard(SignalKind::hangup())?,
        })
    }

    /// Waits until it is to end, or the authority has stopped by itself.
    pub fn wait(&mut self, runtime: &Runtime, halted: &Halted, tls: Option<&Tls>) {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = self.interrupt.recv() => return,
                    _ = self.terminate.recv() => return,
                    _ = self.hang_up.recv() => if let Some(tls) = tls { read_again(tls) },
                    () = halted.wait() => return,
                }
            }
        });
    }
}

fn read_again(tls: &Tls) {
    match tls.read_again() {
        Ok(()) => note("tls", "the certificate was read again"),
        Err(why) => note("tls", format_args!("the certificate in use stays: {why}")),
    }
}
