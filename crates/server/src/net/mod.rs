//! The network: what listens, what asks, and the work between the two.

mod client;
mod halted;
mod listener;
mod log;
mod metrics;
mod peer;
mod routes;
mod running_log;
mod socket;
mod tls;
mod wire;
mod worker;

pub use client::{Client, Rules, trusted};
pub use halted::Halted;
pub use listener::{Door, Listener, Port, runtime};
pub use metrics::{Metrics, router as metrics_router};
pub use peer::Proxies;
pub use routes::{Clock, Served, Slot, put, router};
pub use running_log::{LogFormat, note, set_format};
pub use socket::{Socket, connect};
pub use tls::Tls;
pub use wire::Loopback;
pub use worker::{Bell, Worker};
