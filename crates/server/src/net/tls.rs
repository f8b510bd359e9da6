//! The certificate of what listens. It is read again when it was renewed, without a restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::output::Failure;

/// A certificate and its key, as they were last read.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Arc<Files>,
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Reads a certificate with its chain, and its key, both PEM.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Failure> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let config = files.config().map_err(Failure::Unavailable)?;
        Ok(Self {
            files: Arc::new(files),
            config: Arc::new(RwLock::new(Arc::new(config))),
        })
    }

    /// Reads both again; new connections get what they say. Where they cannot be used, what was there stays.
    pub fn read_again(&self) -> Result<(), String> {
        let config = Arc::new(self.files.config()?);
        match self.config.write() {
            Ok(mut kept) => *kept = config,
            Err(poisoned) => *poisoned.into_inner() = config,
        }
        Ok(())
    }

    /// Shakes hands.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let config = match self.config.read() {
            Ok(config) => Arc::clone(&config),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        };
        TlsAcceptor::from(config).accept(stream).await
    }
}

impl Files {
    fn config(&self) -> Result<ServerConfig, String> {
        let chain = self.chain()?;
        let key = PrivateKeyDer::from_pem_file(&self.key);
        let key = key.map_err(|error| format!("{}: there is no private key in it: {error}", self.key.display()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, key);
        let mut config = config.map_err(|error| {
            let (certificate, key) = (self.certificate.display(), self.key.display());
            format!("{certificate} and {key} cannot be used together: {error}")
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", self.certificate.display());
        let chain = CertificateDer::pem_file_iter(&self.certificate).map_err(|error| failed(&error))?;
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| failed(&error))?;
        if chain.is_empty() {
            return Err(failed(&"there is no certificate in it"));
        }
        Ok(chain)
    }
}
