//! What `demo` serves after its story: every authority on a port of its own, with links to sign in.

use std::collections::BTreeMap;
use std::path::Path;

use authority::{Overview, Settings};
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::links::{self, Link};
use crate::net::{self, Client, Door, Halted, Port, Rules, Slot, note};
use crate::output::{Done, Failure, Global, say};
use crate::overview;
use crate::restored::Journal;
use crate::running::{Running, Start, rules, stop_all};
use crate::signals::Signals;

/// What is printed before it waits.
#[derive(Serialize)]
struct Served<'a> {
    #[serde(flatten)]
    overview: &'a Overview,
    serving: BTreeMap<&'a str, &'a str>,
    links: &'a [Link],
}

/// Serves the authorities of a story that was played in a folder, until it is told to stop.
pub fn hold(global: &Global, folder: &Path, ids: &[&str], listen: &str, overview: &Overview) -> Done {
    let runtime = net::runtime()?;
    let mut signals = Signals::listen(&runtime)?;
    let ports = ports(&runtime, ids, listen)?;
    let halted = Halted::default();
    let mut all = Vec::new();
    let held = open_all(&runtime, folder, ids, ports, &halted, &mut all)
        .and_then(|()| work_all(folder, &mut all))
        .and_then(|()| tell(global, &all, overview));
    if held.is_ok() {
        signals.wait(&runtime, &halted, None);
    }
    if let Some(why) = halted.why() {
        runtime.shutdown_background();
        return Err(Failure::Unavailable(why));
    }
    note("demo", "stopping");
    held.and(stop_all(runtime, all))
}

/// A port for each authority, before anything is opened: the first where it was asked for, the others after it.
fn ports(runtime: &Runtime, ids: &[&str], listen: &str) -> Result<Vec<Port>, Failure> {
    let wrong = || {
        Failure::Usage(format!(
            "--listen {listen}: write an address and a port, such as localhost:8080"
        ))
    };
    let (host, first) = listen.rsplit_once(':').ok_or_else(wrong)?;
    let first: u16 = first.parse().map_err(|_| wrong())?;
    let mut ports = Vec::new();
    for (id, after) in ids.iter().zip(0_u16..) {
        let port = if first == 0 { Some(0) } else { first.checked_add(after) };
        let port = port.ok_or_else(wrong)?;
        let taken = Port::take(runtime, &format!("{host}:{port}"));
        ports.push(taken.map_err(|failure| {
            let what = format!(
                "{id} cannot be served: {failure}; choose {} free ports with --listen",
                ids.len()
            );
            Failure::Unavailable(what)
        })?);
    }
    Ok(ports)
}

/// Opens each authority on its port. What was opened is in `all`, also if the next one fails.
fn open_all(
    runtime: &Runtime,
    folder: &Path,
    ids: &[&str],
    ports: Vec<Port>,
    halted: &Halted,
    all: &mut Vec<Running>,
) -> Done {
    for (id, port) in ids.iter().zip(ports) {
        let public_url = Some(format!("http://localhost:{}", port.address().port()));
        all.push(Running::start(
            runtime,
            Start {
                folder: &folder.join(id),
                port,
                door: Door::default(),
                public_url,
                restored: Journal::Own,
                slot: Slot::default(),
                // One that stops ends all: what is shown would not be whole any more.
                halted: halted.clone(),
            },
        )?);
    }
    Ok(())
}

/// Lets them send to each other: each has moved since its partners got its key file.
fn work_all(folder: &Path, all: &mut [Running]) -> Done {
    let moved: BTreeMap<String, String> = all
        .iter()
        .map(|running| (running.id().to_owned(), running.here()))
        .collect();
    for running in all {
        let settings = Settings::read(&folder.join(running.id()))?;
        running.work(Client::new(Rules {
            moved: moved.clone(),
            ..rules(&settings)
        })?)?;
    }
    Ok(())
}

/// Prints the overview, where each authority is served, and links to sign in.
fn tell(global: &Global, all: &[Running], overview: &Overview) -> Done {
    let mut links = Vec::new();
    for (running, is_first) in all.iter().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
        links.extend(links::of(running, is_first)?);
    }
    let served = Served {
        overview,
        serving: all.iter().map(|running| (running.id(), running.public_url())).collect(),
        links: &links,
    };
    global.print(&served, || {
        format!("{}\n{}", overview::in_words(overview), in_words(all, &links))
    })?;
    if global.json || global.quiet {
        Ok(())
    } else {
        say("\nCtrl-C ends it. The next start goes on from here, and makes new links.")
    }
}

fn in_words(all: &[Running], links: &[Link]) -> String {
    let mut says = vec![String::new(), "Served, with links to sign in once:".to_owned()];
    for running in all {
        says.push(format!("  {}  {}", running.id(), running.public_url()));
        let own = links.iter().filter(|link| link.authority == running.id());
        says.extend(own.map(|link| format!("    {:<28} {}", link.actor, link.url)));
    }
    says.join("\n")
}
