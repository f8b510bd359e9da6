//! What listens: connections, how many there may be, how long each may take, and how all of them end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

use super::note;
use super::peer::Proxies;
use super::tls::Tls;
use crate::output::Failure;

/// Connections at once; more wait to be taken.
const CONNECTIONS_MAX: usize = 1024;
/// So long the head of a request may take, a handshake before it, and a connection may stand idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// So long a connection takes new requests, whatever goes on in it.
const CONNECTION_WITHIN: Duration = Duration::from_mins(1);
/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// So long the request under way may take once its connection is to end: one that never reads its answer ends too.
const LAST_WITHIN: Duration = Duration::from_secs(15);
/// The pause after a connection could not be taken: there are too many open files, for example.
const PAUSE: Duration = Duration::from_millis(100);

/// How a port is listened on.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// The certificate, where connections are encrypted here.
    pub tls: Option<Tls>,
    /// Who may say for whom it asks.
    pub proxies: Proxies,
}

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
        // As many again as the exchange may take, so that pages and messages do not wait for each other.
        .max_blocking_threads(2 * super::routes::REQUESTS_MAX)
        .thread_name("http")
        .enable_all()
        .build()
        .map_err(|error| Failure::Unavailable(format!("the network: {error}")))
}

/// A port that is taken, and not served yet.
#[derive(Debug)]
pub struct Port {
    socket: TcpListener,
    address: SocketAddr,
}

impl Port {
    /// Takes an address such as `localhost:8080`; port 0 is any free one.
    pub fn take(runtime: &Runtime, address: &str) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::Unavailable(format!("{address} cannot be listened on: {error}"));
        let socket = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Listener {
    /// Serves a port.
    pub fn start(runtime: &Runtime, port: Port, door: Door, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(serve(port.socket, door, router, stopped));
        Self {
            address: port.address,
            stop: Some(stop),
            task: Some(task),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no connection any more, and lets the requests under way end.
    pub fn end(&mut self) {
        drop(self.stop.take());
    }

    /// Ends, and waits for the requests under way.
    pub fn stop(mut self, runtime: &Runtime) {
        self.end();
        if let Some(task) = self.task.take() {
            drop(runtime.block_on(task));
        }
    }
}

/// Takes connections until the other end of `stopped` is gone.
async fn serve(socket: TcpListener, door: Door, router: Router, mut stopped: oneshot::Receiver<()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (end, ending) = watch::channel(());
    let service = TowerToHyperService::new(router);
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
            (Ok((stream, from)), Ok(place)) => {
                let served = connection(stream, from, door.clone(), service.clone(), ending.clone());
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            (Err(error), _) => {
                note("listener", format_args!("a connection could not be taken: {error}"));
                tokio::time::sleep(PAUSE).await;
            }
            (_, Err(_)) => break,
        }
    }
    drop((socket, ending));
    end.send_replace(());
    // Each connection holds a receiver until it has ended.
    if tokio::time::timeout(LAST_WITHIN, end.closed()).await.is_err() {
        note("listener", "requests under way took too long and were left");
    }
}

/// Serves a connection to its end.
async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    door: Door,
    router: TowerToHyperService<Router>,
    mut ending: watch::Receiver<()>,
) {
    // Answers are short: nothing is gained by waiting for more to send.
    drop(stream.set_nodelay(true));
    let Some(tls) = &door.tls else {
        return requests(stream, from, door.proxies, router, ending).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HEAD_WITHIN, tls.accept(stream)) => shaken,
        _ = ending.changed() => return,
    };
    // Whoever cannot shake hands is let go: a scanner on the port is no news.
    if let Ok(Ok(stream)) = shaken {
        requests(stream, from, door.proxies, router, ending).await;
    }
}

/// Answers the requests of a connection. At the end, its own or everybody's, the request under way is answered.
async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    from: SocketAddr,
    proxies: Proxies,
    router: TowerToHyperService<Router>,
    mut ending: watch::Receiver<()>,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let peer = proxies.peer(from.ip(), request.headers());
        request.extensions_mut().insert(web::Peer(peer));
        router.call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = std::pin::pin!(served);
    tokio::select! {
        // Whoever is at the other end may leave when it likes.
        _ = served.as_mut() => return,
        _ = ending.changed() => {}
        () = tokio::time::sleep(CONNECTION_WITHIN) => {}
    }
    served.as_mut().graceful_shutdown();
    drop(tokio::time::timeout(LAST_WITHIN, served).await);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Instant;

    use axum::Extension;
    use axum::routing::{get, post};

    use super::*;
    use crate::net::routes;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    /// Pages as a test needs them, beside the routes of an authority that is not open.
    fn pages() -> Router {
        let slow = async || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            "slow"
        };
        Router::new()
            .route(
                "/who",
                get(async |Extension(peer): Extension<web::Peer>| peer.0.to_string()),
            )
            .route("/slow", get(slow))
            .route("/length", post(async |body: axum::body::Bytes| body.len().to_string()))
    }

    fn listen(runtime: &Runtime, proxies: Proxies) -> Result<Listener, Failure> {
        let router = routes::router(routes::Slot::default(), Arc::default(), Some(pages()));
        let port = Port::take(runtime, "127.0.0.1:0")?;
        Ok(Listener::start(runtime, port, Door { tls: None, proxies }, router))
    }

    fn ask(listener: &Listener, request: &str) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(listener.address())?;
        stream.write_all(request.as_bytes())?;
        Ok(stream)
    }

    fn answer(mut stream: TcpStream) -> std::io::Result<String> {
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn get_as(path: &str, forwarded: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: {forwarded}\r\n\r\n")
    }

    #[test]
    fn every_request_says_who_is_at_the_other_end() -> Tested {
        let runtime = runtime()?;
        for (proxies, who) in [(Proxies::default(), "127.0.0.1"), (Proxies::at(&[]), "2.2.2.2")] {
            let listener = listen(&runtime, proxies)?;
            let said = answer(ask(&listener, &get_as("/who", "1.1.1.1, 2.2.2.2"))?)?;
            assert!(said.ends_with(who), "{said}");
            listener.stop(&runtime);
        }
        Ok(())
    }

    #[test]
    fn pages_have_none_of_the_limits_of_the_exchange() -> Tested {
        let runtime = runtime()?;
        let listener = listen(&runtime, Proxies::default())?;
        let post = |path: &str| {
            let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n");
            head + "Content-Type: application/jose\r\n\r\n" + &"a".repeat(100_000)
        };
        let said = answer(ask(&listener, &post("/length"))?)?;
        assert!(said.ends_with("100000"), "{said}");
        let said = answer(ask(&listener, &post("/exchange/v1/messages"))?).unwrap_or_default();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 413"), "{said}");
        let said = answer(ask(&listener, &get_as("/elsewhere", "x"))?)?;
        assert!(
            said.starts_with("HTTP/1.1 404") && !said.contains("problem+json"),
            "{said}"
        );
        let said = answer(ask(&listener, &get_as("/log/x/y", "x"))?)?;
        assert!(
            said.starts_with("HTTP/1.1 503") && said.contains("problem+json"),
            "{said}"
        );
        listener.stop(&runtime);
        Ok(())
    }

    #[test]
    fn a_page_under_way_is_answered_at_the_end() -> Tested {
        let runtime = runtime()?;
        let listener = listen(&runtime, Proxies::default())?;
        let idle = ask(&listener, "")?;
        let slow: Vec<_> = (0..20)
            .map(|_| ask(&listener, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))
            .collect::<Result<_, _>>()?;
        std::thread::sleep(Duration::from_millis(300));
        let started = Instant::now();
        listener.stop(&runtime);
        assert!(started.elapsed() < Duration::from_secs(8));
        for stream in slow {
            let said = answer(stream)?;
            assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("slow"), "{said}");
        }
        assert_eq!(answer(idle)?, "");
        Ok(())
    }
}
