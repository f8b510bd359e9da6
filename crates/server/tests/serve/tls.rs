//! Connections that are encrypted by the node itself. The keys beside this file are for these tests and open nothing.

use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use crate::Tested;
use crate::node::{Node, Step, Two, eventually, raw};

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve/tls").join(name)
}

/// Puts a certificate and its key where the node looks for them.
fn put(name: &str, folder: &Path) -> Step<[String; 2]> {
    let mut paths = [String::new(), String::new()];
    for (kind, path) in ["crt", "key"].iter().zip(&mut paths) {
        let to = folder.join(format!("node.{kind}"));
        std::fs::copy(kept(&format!("{name}.{kind}")), &to)?;
        to.to_str().ok_or("no text")?.clone_into(path);
    }
    Ok(paths)
}

/// Gets a path from a node whose certificate must be this one.
fn get(port: u16, trusted: &str, versions: &[&'static SupportedProtocolVersion]) -> Step<u16> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(kept(&format!("{trusted}.crt")))?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut stream = StreamOwned::new(client, stream);
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut head)?;
    Ok(str::from_utf8(&head)?.split(' ').nth(1).ok_or("no status")?.parse()?)
}

const BOTH: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];

#[test]
fn a_node_encrypts_and_takes_a_renewed_certificate_without_a_restart() -> Tested {
    let two = Two::new()?;
    let folder = tempfile::tempdir()?;
    let [certificate, key] = put("first", folder.path())?;
    let options = ["--tls-cert", &certificate, "--tls-key", &key];
    let node = Node::with(&two.cn, two.cn_port, &options, Stdio::null())?;
    let port = node.port;
    eventually(|| Ok(get(port, "first", &BOTH).is_ok_and(|status| status == 200)))?;
    for version in BOTH {
        assert_eq!(get(port, "first", &[version])?, 200);
    }
    assert!(get(port, "renewed", &BOTH).is_err());
    let plain = raw(port, b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(plain.is_err(), "it speaks in clear");
    // A certificate that cannot be used does not replace one that can.
    std::fs::write(&certificate, "nothing")?;
    node.signal("-HUP")?;
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(get(port, "first", &BOTH)?, 200);
    put("renewed", folder.path())?;
    node.signal("-HUP")?;
    eventually(|| Ok(get(port, "renewed", &BOTH).is_ok_and(|status| status == 200)))?;
    assert!(get(port, "first", &BOTH).is_err());
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn whoever_does_not_shake_hands_is_let_go() -> Tested {
    let two = Two::new()?;
    let folder = tempfile::tempdir()?;
    let [certificate, key] = put("first", folder.path())?;
    let options = ["--tls-cert", &certificate, "--tls-key", &key];
    let node = Node::with(&two.cn, two.cn_port, &options, Stdio::null())?;
    eventually(|| Ok(get(node.port, "first", &BOTH).is_ok_and(|status| status == 200)))?;
    let started = Instant::now();
    let mut silent = TcpStream::connect(("127.0.0.1", node.port))?;
    silent.set_read_timeout(Some(Duration::from_secs(30)))?;
    drop(crate::node::answer(&mut silent));
    let took = started.elapsed().as_secs();
    assert!((9..20).contains(&took), "{took} s");
    // A handshake that is under way does not keep the node from ending.
    let _silent = TcpStream::connect(("127.0.0.1", node.port))?;
    let started = Instant::now();
    assert_eq!(node.stop()?, Some(0));
    assert!(started.elapsed() < Duration::from_secs(8));
    Ok(())
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_at_once() -> Tested {
    let two = Two::new()?;
    let (certificate, other) = (kept("first.crt"), kept("renewed.key"));
    let pairs = [
        (&certificate, &other, "used together"),
        (&other, &other, "no certificate"),
        (&certificate, &certificate, "no private key"),
    ];
    for (certificate, key, why) in pairs {
        let options = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tls-cert",
            certificate.to_str().ok_or("no text")?,
            "--tls-key",
            key.to_str().ok_or("no text")?,
        ];
        let output = crate::node::countersign(&two.cn, &options)?;
        assert_eq!(output.status.code(), Some(3));
        let said = String::from_utf8(output.stderr)?;
        assert!(said.contains(why), "{said}");
    }
    Ok(())
}
