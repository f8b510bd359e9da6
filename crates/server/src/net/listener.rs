//! What listens: connections, how many there may be, how long each may take, and how all of them end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::note;
use crate::output::Failure;

/// Connections at once; more wait to be taken.
const CONNECTIONS_MAX: usize = 1024;
/// So long the head of a request may take, and a connection may stand idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// So long a connection may last, whatever goes on in it: one that never reads its answers ends too.
const CONNECTION_WITHIN: Duration = Duration::from_mins(1);
/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// So long the requests under way may take once it is to end.
const LAST_WITHIN: Duration = Duration::from_secs(15);
/// The pause after a connection could not be taken: there are too many open files, for example.
const PAUSE: Duration = Duration::from_millis(100);

/// A port that is served until it is stopped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

/// The runtime of what listens. Deciding and storing stay on their own threads.
pub fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(super::routes::REQUESTS_MAX)
        .thread_name("http")
        .enable_all()
        .build()
        .map_err(|error| Failure::Unavailable(format!("the network: {error}")))
}

impl Listener {
    /// Listens on an address such as `localhost:8080`; port 0 takes any free one.
    pub fn bind(runtime: &Runtime, address: &str, router: Router) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::Unavailable(format!("{address} cannot be listened on: {error}"));
        let socket = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(serve(socket, router, stopped));
        Ok(Self {
            address,
            stop: Some(stop),
            task: Some(task),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no connection any more and waits for the requests under way.
    pub fn stop(mut self, runtime: &Runtime) {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            drop(runtime.block_on(task));
        }
    }
}

/// Takes connections until the other end of `stopped` is gone.
async fn serve(socket: TcpListener, router: Router, mut stopped: oneshot::Receiver<()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (socket.accept().await, place)
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            _ = &mut stopped => break,
        };
        match accepted {
            (Ok((stream, _)), Ok(place)) => connection(stream, place, &router, &graceful),
            (Err(error), _) => {
                note(format_args!("a connection could not be taken: {error}"));
                tokio::time::sleep(PAUSE).await;
            }
            (_, Err(_)) => break,
        }
    }
    drop(socket);
    if tokio::time::timeout(LAST_WITHIN, graceful.shutdown()).await.is_err() {
        note("requests under way took too long and were left");
    }
}

/// Serves a connection in a task of its own.
fn connection(stream: TcpStream, place: OwnedSemaphorePermit, router: &Router, graceful: &GracefulShutdown) {
    // Answers are short: nothing is gained by waiting for more to send.
    drop(stream.set_nodelay(true));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
    let served = tokio::time::timeout(CONNECTION_WITHIN, graceful.watch(served));
    tokio::spawn(async move {
        // Whoever is at the other end may leave when it likes.
        drop(served.await);
        drop(place);
    });
}
