//! A running authority: what is opened for it, in which order, and how all of it ends. `serve` runs one, `demo` several.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::{Authority, MadeBy, Settings};
use tokio::runtime::Runtime;

use crate::clock;
use crate::desk::Desk;
use crate::mail::{Mailer, Post};
use crate::net::{
    self, Bell, Client, Clock, Door, Halted, Listener, Metrics, Port, Rules, Served, Slot, Socket, Worker, note,
};
use crate::output::{Done, Failure};
use crate::restored;

/// So long whoever still reads may take at the end.
const LAST_WITHIN: Duration = Duration::from_secs(30);

/// How an authority is run.
pub struct Start<'a> {
    /// Its data folder.
    pub folder: &'a Path,
    /// Where it listens.
    pub port: Port,
    /// How it listens.
    pub door: Door,
    /// The address under which people reach its pages, if one is chosen.
    pub public_url: Option<String>,
    /// Whether a journal that was restored from a backup may be continued.
    pub restored: restored::Journal,
    /// Where it is served.
    pub slot: Slot,
    /// Told when it stops by itself.
    pub halted: Halted,
}

/// An authority that runs.
pub struct Running {
    id: String,
    authority: Arc<Authority>,
    app: Arc<web::App>,
    clock: Clock,
    halted: Halted,
    slot: Slot,
    listener: Listener,
    socket: Socket,
    bell: Option<Bell>,
    worker: Option<Worker>,
    post: Option<Post>,
    mailer: Option<Mailer>,
    public_url: String,
}

/// An authority that has ended its work, and is not closed yet.
pub struct Ended(Arc<Authority>);

impl Running {
    /// Opens an authority and serves it. Nothing is sent yet.
    pub fn start(runtime: &Runtime, start: Start<'_>) -> Result<Self, Failure> {
        let settings = Settings::read(start.folder)?;
        let post = Post::of(start.folder, &settings)?;
        let authority = Arc::new(restored::open(start.folder, start.restored)?);
        let (bell, halted) = (Bell::new(), start.halted);
        let clock: Clock = Arc::new(|authority| clock::now(authority).map_err(|failure| failure.to_string()));
        let encrypted = start.door.tls.is_some();
        let public_url = public_url(start.public_url, &settings, start.port.address(), encrypted);
        let app = web::App::new(web::Start {
            authority: Arc::clone(&authority),
            clock: Arc::clone(&clock),
            submitted: Some(bell.cord()),
            heard: heard(&halted),
            wall: web::wall(),
            note: Arc::new({
                let id = settings.id.clone();
                move |line: &str| note(&id, line)
            }),
            public_url: public_url.clone(),
        });
        let metrics = Arc::new(Metrics::default());
        let served = Served::new(
            Arc::clone(&authority),
            Arc::clone(&clock),
            Some(bell.cord()),
            halted.clone(),
            Arc::clone(&metrics),
        );
        net::put(&start.slot, Some(Arc::new(served)));
        let desk = Desk::new(Arc::clone(&authority), Some(bell.cord()), halted.clone());
        let socket = Socket::open(start.folder, desk)?;
        let routes = net::router(Arc::clone(&start.slot), metrics, Some(web::router(Arc::clone(&app))));
        let listener = Listener::start(runtime, start.port, start.door, routes);
        Ok(Self {
            id: settings.id,
            authority,
            app,
            clock,
            halted,
            slot: start.slot,
            listener,
            socket,
            bell: Some(bell),
            worker: None,
            post,
            mailer: None,
            public_url,
        })
    }

    /// Begins its work: days pass, messages are signed and sent, persons are told what waits.
    pub fn work(&mut self, client: Client) -> Done {
        let Some(bell) = self.bell.take() else { return Ok(()) };
        let (authority, clock) = (Arc::clone(&self.authority), Arc::clone(&self.clock));
        let worker = Worker::start(authority, clock, client, bell, self.halted.clone());
        self.worker = Some(worker.map_err(Failure::Unavailable)?);
        if let Some(post) = self.post.take() {
            let mailer = Mailer::start(self.id.clone(), &self.app, post);
            self.mailer = Some(mailer.map_err(Failure::Unavailable)?);
        }
        Ok(())
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its pages.
    pub fn app(&self) -> &Arc<web::App> {
        &self.app
    }

    /// The authority itself.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The address under which people reach its pages.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Where this machine reaches it.
    pub fn here(&self) -> String {
        format!("http://{}", reachable(self.listener.address()))
    }

    /// Takes no connection any more.
    pub fn end(&mut self) {
        self.listener.end();
    }

    /// Ends its work, and waits for what is under way.
    pub fn stop(self, runtime: &Runtime) -> Ended {
        self.listener.stop(runtime);
        self.socket.stop();
        if let Some(mailer) = self.mailer {
            mailer.stop();
        }
        if let Some(worker) = self.worker {
            worker.stop();
        }
        net::put(&self.slot, None);
        Ended(self.authority)
    }
}

impl Ended {
    /// Closes the authority once nobody holds it any more.
    fn close(self) -> Done {
        let mut authority = self.0;
        let until = Instant::now() + LAST_WITHIN;
        loop {
            match Arc::try_unwrap(authority) {
                Ok(authority) => return Ok(authority.close().map(drop)?),
                Err(held) if Instant::now() < until => authority = held,
                Err(_) => {
                    return Err(Failure::Unavailable(
                        "a request did not end: the register is rebuilt at the next start".to_owned(),
                    ));
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Ends all authorities of a process in good order, and the network under them.
pub fn stop_all(runtime: Runtime, mut all: Vec<Running>) -> Done {
    // All at once: each may have requests under way that take a while.
    all.iter_mut().for_each(Running::end);
    let ended: Vec<Ended> = all.into_iter().map(|running| running.stop(&runtime)).collect();
    runtime.shutdown_timeout(LAST_WITHIN);
    let mut closed = Ok(());
    for authority in ended {
        closed = closed.and(authority.close());
    }
    closed
}

/// What the client of an authority may reach.
pub fn rules(settings: &Settings) -> Rules {
    Rules {
        allow_hosts: settings.allow_hosts.clone(),
        loopback: settings.made_by != MadeBy::Init,
        roots: settings.ca_file.clone(),
        ..Rules::default()
    }
}

/// Tells the node of failures of its authority.
fn heard(halted: &Halted) -> web::Heard {
    let halted = halted.clone();
    Arc::new(move |error| halted.hear(error))
}

/// The address under which people reach the pages: as chosen, else as in the settings, else this machine's.
fn public_url(chosen: Option<String>, settings: &Settings, address: SocketAddr, encrypted: bool) -> String {
    let port = address.port();
    // The address of a demonstration's node is that of the run which made it: it is this one only on the same port.
    let is_here = |url: &String| settings.made_by == MadeBy::Init || url.ends_with(&format!(":{port}"));
    let kept = || settings.url.clone().filter(is_here);
    let scheme = if encrypted { "https" } else { "http" };
    let local = || format!("{scheme}://localhost:{port}");
    let url = chosen.or_else(kept).unwrap_or_else(local);
    url.trim_end_matches('/').to_owned()
}

/// An address that can be connected to: whoever listens everywhere listens on this machine too.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Says where it is served.
pub fn say_served(running: &Running) {
    note(running.id(), format_args!("serves {}", running.public_url()));
}
