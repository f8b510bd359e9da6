//! What asks: messages to partner authorities over HTTPS.
//!
//! Where a message goes comes from a key file, and whoever wrote that may name any host. So the address of the host is
//! looked at before anything is sent to it, and the connection goes to that address and no other.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::output::Failure;

/// The path under which an authority takes messages.
pub const MESSAGES: &str = "/exchange/v1/messages";
/// The path under which it is asked what it holds.
pub const PULL: &str = "/exchange/v1/pull";
/// The path under which a checkpoint of another log is brought to be cosigned (<https://c2sp.org/tlog-witness>).
pub const ADD_CHECKPOINT: &str = "/exchange/v1/add-checkpoint";
/// The media type in which a witness tells the size that it has.
pub const TLOG_SIZE: &str = "text/x.tlog.size";
/// The media type of a message and of a receipt.
pub const JOSE: &str = "application/jose";

/// How long one message may take, from the look-up of the host to the last byte of the answer.
const IN_ALL: Duration = Duration::from_secs(10);
/// The longest answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// The longest answer of a witness.
const LINES_BYTES_MAX: u64 = 16 << 10;
/// Connections kept open for the next message, in all and for how long.
const IDLE_MAX: usize = 32;
const IDLE_FOR: Duration = Duration::from_secs(15);
/// Where systems keep the authorities of certificates.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// What may be reached.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Hosts that may have addresses of a private network.
    pub allow_hosts: Vec<String>,
    /// Whether plain HTTP to this machine itself is allowed.
    pub loopback: bool,
    /// A file of certificates to trust instead of the system's.
    pub roots: Option<PathBuf>,
    /// Where partners are, by id, whatever their key files say: only in a demonstration, whose nodes have moved since
    /// they were paired.
    pub moved: BTreeMap<String, String>,
}

/// Sends messages.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    moved: Arc<BTreeMap<String, String>>,
}

impl Client {
    /// A client that keeps these rules.
    pub fn new(mut rules: Rules) -> Result<Self, Failure> {
        let moved = Arc::new(std::mem::take(&mut rules.moved));
        let roots = roots(rules.roots.as_deref())?;
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(!rules.loopback)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(IN_ALL))
            .max_idle_connections(IDLE_MAX)
            .max_idle_connections_per_host(2)
            .max_idle_age(IDLE_FOR)
            .user_agent("countersign")
            .build();
        let checked = Checked {
            rules,
            names: DefaultResolver::default(),
        };
        let agent = Agent::with_parts(config, DefaultConnector::default(), checked);
        Ok(Self { agent, moved })
    }

    /// Where a partner is reached whose key file names an address, or none.
    pub fn url(&self, partner: &str, named: Option<&str>) -> Option<String> {
        let moved = self.moved.get(partner).map(String::as_str);
        moved.or(named).map(str::to_owned)
    }

    /// Sends a message to the authority at an address and gives the body of its answer, whatever that says.
    pub fn send(&self, url: &str, message: &str) -> Result<Vec<u8>, String> {
        self.post(url, MESSAGES, message)
    }

    /// Asks the authority at an address what it holds, and gives the body of its answer, whatever that says.
    pub fn pull(&self, url: &str, question: &str) -> Result<Vec<u8>, String> {
        self.post(url, PULL, question)
    }

    /// Asks a witness to cosign; gives the status, whether the answer is a size, and its body.
    pub fn add_checkpoint(&self, url: &str, request: &str) -> Result<(u16, bool, String), String> {
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let sent = self
            .agent
            .post(&url)
            .content_type("text/plain; charset=utf-8")
            .send(request);
        let mut answer = sent.map_err(|error| in_words(&error))?;
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let (status, is_size) = (answer.status().as_u16(), kind == Some(TLOG_SIZE));
        let body = answer.body_mut().with_config().limit(LINES_BYTES_MAX).read_to_string();
        Ok((status, is_size, body.map_err(|error| in_words(&error))?))
    }

    fn post(&self, url: &str, path: &str, message: &str) -> Result<Vec<u8>, String> {
        let url = format!("{}{path}", url.trim_end_matches('/'));
        let sent = self.agent.post(&url).content_type(JOSE).send(message);
        let mut answer = sent.map_err(|error| in_words(&error))?;
        let status = answer.status();
        if !(status.is_success() || status.is_client_error()) {
            return Err(format!("the answer has status {}", status.as_u16()));
        }
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        body.map_err(|error| in_words(&error))
    }
}

/// An error as a sentence; nothing that the other side wrote stands in it.
fn in_words(error: &Error) -> String {
    match error {
        Error::Other(why) => why.to_string(),
        error => error.to_string(),
    }
}

/// The certificates to trust. A machine without any can still reach itself.
fn roots(named: Option<&Path>) -> Result<Vec<Certificate<'static>>, Failure> {
    let system = || SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.is_file());
    let Some(path) = named.or_else(system) else {
        return Ok(Vec::new());
    };
    let failed = |why: &dyn std::fmt::Display| Failure::Unavailable(format!("{}: {why}", path.display()));
    let text = std::fs::read(path).map_err(|error| failed(&error))?;
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let roots: Vec<_> = ureq::tls::parse_pem(&text).filter_map(certificate).collect();
    if named.is_some() && roots.is_empty() {
        return Err(failed(&"there is no certificate in it"));
    }
    Ok(roots)
}

/// The same for others who speak TLS: those that can be read, in DER.
pub fn trusted(named: Option<&Path>) -> Result<Vec<Vec<u8>>, Failure> {
    let readable = |der: &Vec<u8>| {
        let der = rustls::pki_types::CertificateDer::from(der.clone());
        rustls::RootCertStore::empty().add(der).is_ok()
    };
    let all = roots(named)?.into_iter().map(|root| root.der().to_vec());
    Ok(all.filter(readable).collect())
}

/// Looks up hosts, and gives only addresses that may be reached. What it gives is what is connected to.
#[derive(Debug)]
struct Checked {
    rules: Rules,
    names: DefaultResolver,
}

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        let plain = uri.scheme_str() != Some("https");
        for address in &found {
            self.rules
                .check(host, plain, *address)
                .map_err(|why| Error::Other(why.into()))?;
        }
        Ok(found)
    }
}

impl Rules {
    /// Whether an address of a host may be reached. One that may not spoils them all: no honest host has both kinds.
    fn check(&self, host: &str, plain: bool, address: SocketAddr) -> Result<(), String> {
        let ip = unmapped(address.ip());
        if plain {
            return if self.loopback && ip.is_loopback() {
                Ok(())
            } else {
                Err("messages go over https; plain http is for this machine itself, in a demonstration".to_owned())
            };
        }
        let host = host.trim_matches(['[', ']']).trim_end_matches('.');
        let listed = |allowed: &String| allowed.trim_end_matches('.').eq_ignore_ascii_case(host);
        if is_public(ip) || self.allow_hosts.iter().any(listed) {
            return Ok(());
        }
        Err(format!(
            "{host} has the address {ip}, which is not one of the public internet; \
             list it under allow_hosts in authority.toml if that is right"
        ))
    }
}

/// The address that is meant: an IPv4 address may come as one of IPv6.
fn unmapped(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = ip else { return ip };
    six.to_ipv4_mapped().map_or(ip, IpAddr::V4)
}

/// Whether an address belongs to the public internet and to a single machine (IANA's registries of special-purpose
/// addresses).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(four) => is_public_v4(four),
        IpAddr::V6(six) => is_public_v6(six),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = a == 192 && b == 0 && c == 0;
    let relay = a == 192 && b == 88 && c == 99;
    let measured = a == 198 && (18..20).contains(&b);
    // The first block means "this network"; from 224 on there are groups and addresses for later.
    let special = a == 0 || a >= 224 || shared || protocols || relay || measured;
    !(special || ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = ip.segments() {
        // An IPv4 address behind a translator.
        return is_public_v4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    }
    let [a, b, ..] = ip.segments();
    // Addresses of single machines are in 2000::/3; of these some are for protocols, relays and documents.
    let protocols = a == 0x2001 && b < 0x200;
    let documents = (a == 0x2001 && b == 0xdb8) || (a == 0x3fff && b < 0x1000);
    a & 0xe000 == 0x2000 && !protocols && !documents && a != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    #[test]
    fn public_addresses_are_told_from_all_others() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2a00:1450::1",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(unmapped(address(public))), "{public}");
        }
        for other in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(unmapped(address(other))), "{other}");
        }
    }

    fn check(rules: &Rules, host: &str, plain: bool, ip: &str) -> bool {
        rules.check(host, plain, SocketAddr::new(address(ip), 443)).is_ok()
    }

    #[test]
    fn private_addresses_are_for_listed_hosts_and_plain_http_for_this_machine() {
        let real = Rules::default();
        assert!(check(&real, "authority.example", false, "1.1.1.1"));
        assert!(!check(&real, "authority.example", false, "10.0.0.1"));
        assert!(!check(&real, "localhost", false, "127.0.0.1"));
        assert!(!check(&real, "localhost", true, "127.0.0.1"));
        assert!(!check(&real, "authority.example", true, "1.1.1.1"));
        let listed = Rules {
            allow_hosts: vec!["Authority.example".to_owned(), "10.0.0.2".to_owned()],
            ..Rules::default()
        };
        assert!(check(&listed, "authority.EXAMPLE.", false, "10.0.0.1"));
        assert!(check(&listed, "10.0.0.2", false, "10.0.0.2"));
        assert!(!check(&listed, "authority.example.org", false, "10.0.0.1"));
        assert!(!check(&listed, "authority.example", true, "10.0.0.1"));
        let demo = Rules {
            loopback: true,
            ..Rules::default()
        };
        assert!(check(&demo, "localhost", true, "127.0.0.1"));
        assert!(check(&demo, "[::1]", true, "::1"));
        assert!(check(&demo, "localhost", true, "::ffff:127.0.0.1"));
        assert!(!check(&demo, "authority.example", true, "10.0.0.1"));
        assert!(!check(&demo, "authority.example", true, "1.1.1.1"));
        assert!(!check(&demo, "localhost", false, "127.0.0.1"));
    }

    #[test]
    fn a_host_is_not_asked_if_its_address_may_not_be_reached() -> Result<(), String> {
        let real = Client::new(Rules::default()).map_err(|error| error.to_string())?;
        for url in [
            "http://127.0.0.1:9",
            "https://127.0.0.1:9",
            "https://localhost:9",
            "https://[::1]:9",
            "https://2130706433:9",
            "https://0x7f.1:9",
            "https://[::ffff:169.254.169.254]",
            "file:///etc/passwd",
            "https://169.254.169.254/",
        ] {
            let Err(why) = real.send(url, "message") else {
                return Err(format!("{url} was asked"));
            };
            assert!(!why.contains("refused ("), "{url}: {why}");
        }
        Ok(())
    }

    /// Answers one request with some bytes, on a port of its own; gives the address.
    fn answering(answer: Vec<u8>) -> std::io::Result<String> {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/", listener.local_addr()?);
        std::thread::spawn(move || {
            let Ok((mut stream, _)) = listener.accept() else { return };
            // The request is read to its end: a connection that is closed before may take the answer with it.
            let (mut request, mut part) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"message") {
                match stream.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(part.get(..read).unwrap_or_default()),
                }
            }
            drop(stream.write_all(&answer));
        });
        Ok(url)
    }

    #[test]
    fn answers_are_bounded_and_lead_nowhere_else() -> Result<(), Box<dyn std::error::Error>> {
        let demo = Client::new(Rules {
            loopback: true,
            ..Rules::default()
        })?;
        let with = |head: &str, body: &[u8]| {
            let length = body.len();
            let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            [head.as_bytes(), body].concat()
        };
        let send = |answer: Vec<u8>| -> Result<_, Box<dyn std::error::Error>> {
            Ok(demo.send(&answering(answer)?, "message"))
        };
        assert_eq!(send(with("200 OK", b"a receipt"))?, Ok(b"a receipt".to_vec()));
        assert_eq!(
            send(with("409 Conflict", b"{}"))?,
            Ok(b"{}".to_vec()),
            "a refusal is an answer"
        );
        for status in [
            "302 Found\r\nLocation: http://127.0.0.1:9/",
            "307 Temporary\r\nLocation: /x",
            "503 Busy",
            "500 No",
        ] {
            assert!(send(with(status, b""))?.is_err(), "{status}");
        }
        assert!(send(with("200 OK", &vec![b'a'; 1 << 20]))?.is_ok());
        assert!(send(with("200 OK", &vec![b'a'; (1 << 20) + 1]))?.is_err());
        assert!(send(b"nonsense".to_vec())?.is_err());
        Ok(())
    }
}
