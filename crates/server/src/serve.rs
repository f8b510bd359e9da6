//! `serve`: an authority that runs until it is told to stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::{Authority, MadeBy, Settings};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock;
use crate::desk::Desk;
use crate::net::{self, Bell, Client, Clock, Halted, Listener, Rules, Served, Slot, Socket, Worker, note};
use crate::output::{Done, Failure, Global};

/// `serve [--listen A] [--public-url U]`
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// Where to listen
    #[arg(long, default_value = "localhost:8080", value_name = "ADDRESS")]
    listen: String,
    /// Where partner authorities reach it; stands in the key file
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

/// So long whoever still reads may take at the end.
const LAST_WITHIN: Duration = Duration::from_secs(30);

/// Runs an authority until it is told to stop, or has stopped by itself.
pub fn serve(global: &Global, args: &ServeArgs) -> Done {
    let folder = global.folder();
    let settings = Settings::read(&folder)?;
    let runtime = net::runtime()?;
    let mut stop = Stop::listen(&runtime)?;
    let authority = Arc::new(Authority::open(&folder)?);
    if let Some(url) = &args.public_url {
        set_url(&authority, url)?;
    }
    let client = Client::new(rules(&settings))?;
    let bell = Bell::new();
    let cord = bell.cord();
    let clock: Clock = Arc::new(|authority| clock::now(authority).map_err(|failure| failure.to_string()));
    let halted = Halted::default();
    let served = Served::new(
        Arc::clone(&authority),
        Arc::clone(&clock),
        Some(cord.clone()),
        halted.clone(),
    );
    let slot = Slot::default();
    net::put(&slot, Some(Arc::new(served)));
    let listener = Listener::bind(&runtime, &args.listen, net::router(Arc::clone(&slot)))?;
    let desk = Desk::new(Arc::clone(&authority), Some(cord), halted.clone());
    let socket = Socket::open(&folder, desk)?;
    let worker = Worker::start(Arc::clone(&authority), clock, client, bell, halted.clone());
    let worker = worker.map_err(Failure::Unavailable)?;
    note(format_args!("{} serves http://{}", settings.id, listener.address()));
    stop.wait(&runtime, &halted);
    if let Some(why) = halted.why() {
        // Whoever waits for a stopped writer may wait for ever, and what is durable needs no end in good order.
        runtime.shutdown_background();
        return Err(Failure::Unavailable(why));
    }
    note("stopping");
    listener.stop(&runtime);
    socket.stop();
    worker.stop();
    net::put(&slot, None);
    runtime.shutdown_timeout(LAST_WITHIN);
    let closed = close(authority);
    if let Some(why) = halted.why() {
        return Err(Failure::Unavailable(why));
    }
    closed?;
    note("stopped");
    Ok(())
}

/// What the client of an authority may reach.
pub fn rules(settings: &Settings) -> Rules {
    Rules {
        allow_hosts: settings.allow_hosts.clone(),
        loopback: settings.made_by != MadeBy::Init,
        roots: settings.ca_file.clone(),
    }
}

/// The address of a real authority is one that partners may send to.
pub fn check_url(url: &str, made_by: MadeBy) -> Done {
    if made_by == MadeBy::Init && !url.starts_with("https://") {
        let what = format!("{url}: partners send over https only");
        return Err(Failure::Usage(what));
    }
    Ok(())
}

/// Sets where partners reach it. Those that are paired already have a key file with the address before.
fn set_url(authority: &Authority, url: &str) -> Done {
    let place = authority.place();
    check_url(url, place.made_by())?;
    if place.url().as_deref() == Some(url) {
        return Ok(());
    }
    let paired = authority.state().partners.iter().count();
    if paired > 0 {
        let was = place.url().unwrap_or_else(|| "none".to_owned());
        note(format_args!(
            "{paired} partners have a key file with another address ({was}): hand over the new one"
        ));
    }
    Ok(place.set_url(Some(url))?)
}

/// Closes the authority once nobody holds it any more.
fn close(mut authority: Arc<Authority>) -> Done {
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

/// The signals that end it.
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen(runtime: &Runtime) -> Result<Self, Failure> {
        let _inside = runtime.enter();
        let failed = |error: std::io::Error| Failure::Unavailable(format!("signals: {error}"));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        })
    }

    /// Waits for a signal, or until the authority has stopped.
    fn wait(&mut self, runtime: &Runtime, halted: &Halted) {
        runtime.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                () = halted.wait() => {}
            }
        });
    }
}
