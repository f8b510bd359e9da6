//! `serve`: an authority that runs until it is told to stop.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use authority::{Authority, MadeBy, Place, Settings};

use crate::net::{self, Client, Door, Halted, Listener, LogFormat, Port, Proxies, Slot, Tls, note};
use crate::output::{Done, Failure, Global};
use crate::restored::Journal;
use crate::running::{Running, Start, rules, say_served, stop_all};
use crate::signals::Signals;

/// `serve [--listen A] [--public-url U] [--tls-cert F --tls-key F | --behind-proxy] [--admin-listen A]`
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// Where to listen
    #[arg(long, default_value = "localhost:8080", value_name = "ADDRESS")]
    listen: String,
    /// Where people and partner authorities reach it; stands in the key file
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The certificate with its chain (PEM): connections are encrypted here. SIGHUP reads it again
    #[arg(long, value_name = "F", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "F", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy on this machine stands before it: believe the last address of its X-Forwarded-For
    #[arg(long, conflicts_with = "tls_cert")]
    behind_proxy: bool,
    /// Believe a proxy at this address too; may be repeated
    #[arg(long, value_name = "IP", requires = "behind_proxy")]
    proxy_from: Vec<IpAddr>,
    /// Where figures are served for whoever watches the node, such as 127.0.0.1:9090; nowhere unless given
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<String>,
    /// How the running log is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log: LogFormat,
    /// Continue a journal that was restored from a backup: nobody holds a later one, and every partner was asked
    #[arg(long)]
    accept_restored_journal: bool,
}

impl ServeArgs {
    fn door(&self) -> Result<Door, Failure> {
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
            _ => None,
        };
        let proxies = if self.behind_proxy {
            Proxies::at(&self.proxy_from)
        } else {
            Proxies::default()
        };
        Ok(Door { tls, proxies })
    }

    fn journal(&self) -> Journal {
        if self.accept_restored_journal {
            Journal::Accepted
        } else {
            Journal::Own
        }
    }
}

/// Runs an authority until it is told to stop, or has stopped by itself.
pub fn serve(global: &Global, args: &ServeArgs) -> Done {
    net::set_format(args.log);
    let folder = global.folder();
    let settings = Settings::read(&folder)?;
    if let Some(url) = &args.public_url {
        check_url(url, settings.made_by)?;
    }
    let runtime = net::runtime()?;
    let mut signals = Signals::listen(&runtime)?;
    let (door, client) = (args.door()?, Client::new(rules(&settings))?);
    let (tls, halted, slot) = (door.tls.clone(), Halted::default(), Slot::default());
    let port = Port::take(&runtime, &args.listen)?;
    let watched = args.admin_listen.as_deref();
    let watched = watched.map(|address| Port::take(&runtime, address)).transpose()?;
    let start = Start {
        folder: &folder,
        port,
        door,
        public_url: args.public_url.clone(),
        restored: args.journal(),
        slot: slot.clone(),
        halted: halted.clone(),
    };
    let mut running = Running::start(&runtime, start)?;
    if let Some(url) = &args.public_url {
        set_url(running.authority(), url)?;
    }
    running.work(client)?;
    let figures = net::metrics_router(slot, Arc::clone(running.app()));
    let figures = |port| Listener::start(&runtime, port, Door::default(), figures);
    let watched = watched.map(figures);
    say_served(&running);
    signals.wait(&runtime, &halted, tls.as_ref());
    if let Some(why) = halted.why() {
        // Whoever waits for a stopped writer may wait for ever, and what is durable needs no end in good order.
        runtime.shutdown_background();
        return Err(Failure::Unavailable(why));
    }
    let id = running.id().to_owned();
    note(&id, "stopping");
    if let Some(watched) = watched {
        watched.stop(&runtime);
    }
    let stopped = stop_all(runtime, vec![running]);
    if let Some(why) = halted.why() {
        return Err(Failure::Unavailable(why));
    }
    stopped?;
    note(&id, "stopped");
    Ok(())
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
    let place: &Place = authority.place();
    if place.url().as_deref() == Some(url) {
        return Ok(());
    }
    let paired = authority.state().partners.iter().count();
    if paired > 0 {
        let was = place.url().unwrap_or_else(|| "none".to_owned());
        let says = format!("{paired} partners have a key file with another address ({was}): hand over the new one");
        note(&authority.state().founding.id, says);
    }
    Ok(place.set_url(Some(url))?)
}
