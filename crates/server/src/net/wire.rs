//! Authorities of a story on loopback: each listens on a port of its own, and what they send goes over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::{Authority, Outgoing};
use sim::{Now, Wire};
use tokio::runtime::Runtime;

use super::client::{Client, Rules};
use super::halted::Halted;
use super::listener::{self, Door, Listener, runtime};
use super::routes::{Clock, Served, Slot, put, router};
use crate::output::Failure;

/// So long a request may still hold an authority that is to be closed.
const LAST_WITHIN: Duration = Duration::from_secs(15);

/// The wire between the authorities of a story.
pub struct Loopback {
    runtime: Runtime,
    client: Client,
    /// Addresses chosen for authorities; any free port for the others.
    chosen: BTreeMap<String, String>,
    ports: BTreeMap<String, Port>,
}

struct Port {
    slot: Slot,
    listener: Listener,
}

impl Loopback {
    /// A wire; `chosen` names the addresses of some authorities, such as `http://127.0.0.1:8081`.
    pub fn new(chosen: BTreeMap<String, String>) -> Result<Self, Failure> {
        let client = Client::new(Rules {
            loopback: true,
            ..Rules::default()
        })?;
        Ok(Self {
            runtime: runtime()?,
            client,
            chosen,
            ports: BTreeMap::new(),
        })
    }

    /// Where an authority is reached. It keeps its address while it is opened again.
    fn url(&mut self, id: &str) -> Result<String, Failure> {
        if !self.ports.contains_key(id) {
            let address = match self.chosen.get(id) {
                Some(url) => loopback_address(url)?,
                None => "127.0.0.1:0".to_owned(),
            };
            let slot = Slot::default();
            let routes = router(Arc::clone(&slot), Arc::default(), None);
            let free = listener::Port::take(&self.runtime, &address)?;
            let listener = Listener::start(&self.runtime, free, Door::default(), routes);
            self.ports.insert(id.to_owned(), Port { slot, listener });
        }
        let address = self.ports.get(id).map(|port| port.listener.address());
        let address = address.ok_or_else(|| Failure::Unavailable(format!("{id} has no port")))?;
        Ok(format!("http://{address}"))
    }
}

impl Wire for Loopback {
    fn attach(&mut self, id: &str, authority: Arc<Authority>, now: Now) -> Result<String, String> {
        let url = self.url(id).map_err(|failure| failure.to_string())?;
        let clock: Clock = Arc::new(move |_| Ok(now()));
        if let Some(port) = self.ports.get(id) {
            let served = Served::new(authority, clock, None, Halted::default(), Arc::default());
            put(&port.slot, Some(Arc::new(served)));
        }
        Ok(url)
    }

    fn detach(&mut self, id: &str) {
        let Some(served) = self.ports.get(id).and_then(|port| put(&port.slot, None)) else {
            return;
        };
        // A request that is being answered still holds it.
        let until = Instant::now() + LAST_WITHIN;
        while Arc::strong_count(&served) > 1 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn post(&mut self, _from: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String> {
        let url = outgoing.url.as_ref().ok_or("it can be reached by files only")?;
        self.client.send(url, &outgoing.bytes)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        for (_, port) in std::mem::take(&mut self.ports) {
            port.listener.stop(&self.runtime);
        }
    }
}

/// The address to listen on for a URL of this machine.
fn loopback_address(url: &str) -> Result<String, Failure> {
    let wrong = || {
        let what = format!("{url}: an authority of a story listens on http://127.0.0.1:PORT");
        Failure::Usage(what)
    };
    let address = url.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
    let parsed: std::net::SocketAddr = address.parse().map_err(|_| wrong())?;
    if parsed.ip().is_loopback() {
        Ok(address.to_owned())
    } else {
        Err(wrong())
    }
}
