//! The network: what listens, what asks, and the work between the two.

mod client;
mod halted;
mod listener;
mod log;
mod routes;
mod socket;
mod wire;
mod worker;

pub use client::{Client, Rules};
pub use halted::Halted;
pub use listener::{Listener, runtime};
pub use routes::{Clock, Served, Slot, put, router};
pub use socket::{Socket, connect};
pub use wire::Loopback;
pub use worker::{Bell, Worker};

/// Writes a line of the running log, on standard error.
pub fn note(line: impl std::fmt::Display) {
    use std::io::Write;
    // A full disk under the log must not stop the node.
    drop(writeln!(std::io::stderr(), "countersign: {line}"));
}
