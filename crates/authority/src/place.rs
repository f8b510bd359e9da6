//! Where an authority lives: a data folder with its settings, keys and lock; or memory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::RwLock;

use domain::id::Id;
use exchange::{ExchangeKey, FileKey, Reject};
use serde::{Deserialize, Serialize};
use store::Engine;
use tlog::LogKey;

use crate::error::{AuthorityError, at};
use crate::keys::{Keys, Logs};
use crate::ring::Ring;

/// What made a folder. Commands may be submitted from files only where nothing real is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeBy {
    /// A real authority.
    Init,
    /// The demonstration.
    Demo,
    /// A scenario.
    Run,
    /// A measurement.
    Bench,
}

/// The file `authority.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The authority's id.
    pub id: String,
    /// The storage URL.
    pub storage: String,
    /// What made the folder.
    pub made_by: MadeBy,
    /// Where partner authorities send their messages; none if it is reached by files only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Hosts of partners that may have addresses of a private network.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_hosts: Vec<String>,
    /// A file of certificates (PEM) to trust instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How notices reach persons; they get none if it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
}

/// How notices reach persons: over a server, or into a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The server, such as `smtps://user@mail.example.org:465`, or `smtp://…:587` that turns to TLS at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<String>,
    /// A file that holds the user's password on its one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The address that notices come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// A folder for letters instead of a server; in the authority's folder, unless it begins with a slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

const SETTINGS_HEAD: &str = "\
# Settings of one Countersign authority.
# id: the authority's id in the exchange.
# storage: `sqlite:` keeps journal.db, register.db and local.db in this folder.
# made_by: init for a real authority; demo, run and bench folders may be thrown away.
# url: where partner authorities send their messages; it stands in the key file, so it is set before the first pairing.
# allow_hosts: hosts of partners that may have private addresses, such as [\"authority.intranet\"]; all others must be public.
# ca_file: a PEM file of the certificates to trust when messages are sent, instead of the system's.
# mail: how notices reach persons: smtp, password_file and from, or file, a folder for letters.
";

/// A place that this process owns until it is dropped.
#[derive(Debug)]
pub struct Place {
    folder: Option<PathBuf>,
    engine: Engine,
    made_by: MadeBy,
    url: RwLock<Option<String>>,
    _lock: Option<File>,
}

impl Place {
    /// A place in memory: everything ends with the process.
    pub fn memory(made_by: MadeBy) -> Self {
        Self {
            folder: None,
            engine: Engine::Memory,
            made_by,
            url: RwLock::default(),
            _lock: None,
        }
    }

    /// Makes a new folder, or takes an empty one.
    pub fn create(folder: &Path, id: &str, storage: &str, made_by: MadeBy) -> Result<Self, AuthorityError> {
        let engine: Engine = storage.parse()?;
        if engine == Engine::Memory {
            return Ok(Self::memory(made_by));
        }
        fs::create_dir_all(folder).map_err(at(folder))?;
        let lock = lock(folder)?;
        if folder.join("authority.toml").exists() || engine.holds_journal(folder) {
            let what = "an authority lives here already; name another folder with --dir";
            return Err(AuthorityError::Folder(folder.to_owned(), what.to_owned()));
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(at(folder))?;
        for part in ["keys", "snapshots", "files"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).map_err(at(&part))?;
            fs::set_permissions(&part, fs::Permissions::from_mode(0o700)).map_err(at(&part))?;
        }
        let settings = Settings {
            id: id.to_owned(),
            storage: storage.to_owned(),
            made_by,
            url: None,
            allow_hosts: Vec::new(),
            ca_file: None,
            mail: None,
        };
        settings.write(folder)?;
        Ok(Self {
            folder: Some(folder.to_owned()),
            engine,
            made_by,
            url: RwLock::default(),
            _lock: Some(lock),
        })
    }

    /// Opens a folder that holds an authority.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let settings = Settings::read(folder)?;
        let engine = settings.storage.parse()?;
        let lock = lock(folder)?;
        Ok(Self {
            folder: Some(folder.to_owned()),
            engine,
            made_by: settings.made_by,
            url: RwLock::new(settings.url),
            _lock: Some(lock),
        })
    }

    /// The folder, unless it is memory.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The storage engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What made it.
    pub fn made_by(&self) -> MadeBy {
        self.made_by
    }

    /// Where partner authorities send their messages.
    pub fn url(&self) -> Option<String> {
        match self.url.read() {
            Ok(url) => url.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Sets where partner authorities send their messages. It stands in the key file, which partners have once they
    /// are paired: set it before.
    pub fn set_url(&self, url: Option<&str>) -> Result<(), AuthorityError> {
        if let Some(url) = url {
            exchange::check_url(url).map_err(|reject| AuthorityError::Refused(reject.says))?;
        }
        let url = url.map(str::to_owned);
        if let Some(folder) = &self.folder {
            let settings = Settings {
                url: url.clone(),
                ..Settings::read(folder)?
            };
            settings.write(folder)?;
        }
        match self.url.write() {
            Ok(mut kept) => *kept = url,
            Err(poisoned) => *poisoned.into_inner() = url,
        }
        Ok(())
    }

    /// Keeps the keys of a new authority, for their owner's eyes only; `exchange` is its first key for messages, `files`
    /// that for files.
    pub(crate) fn keep_keys(&self, keys: &Keys, exchange: &ExchangeKey, files: &FileKey) -> Result<(), AuthorityError> {
        for log in &keys.logs.0 {
            self.keep_key("log.key", &log.to_text())?;
        }
        if let Some(root) = &keys.root {
            self.keep_key("root.key", &root.to_text())?;
        }
        self.keep_key("files.key", &files.to_text())?;
        self.keep_key("exchange.key", &exchange.to_text())
    }

    /// Keeps the secret of a log that is to start anew.
    pub(crate) fn keep_log_key(&self, key: &LogKey) -> Result<(), AuthorityError> {
        let name = key.origin().rsplit('/').next().unwrap_or_default();
        self.keep_key(&format!("log-{name}.key"), &key.to_text())
    }

    /// Keeps the secret of a key for files that waits for the root key's signature.
    pub(crate) fn keep_file_key(&self, key: &FileKey) -> Result<(), AuthorityError> {
        self.keep_key(&format!("files-{}.key", key.recipient()), &key.to_text())
    }

    /// Keeps the secret of a key for messages that waits for the root key's signature.
    pub(crate) fn keep_exchange_key(&self, key: &ExchangeKey) -> Result<(), AuthorityError> {
        self.keep_key(&format!("exchange-{}.key", key.kid()), &key.to_text())
    }

    fn keep_key(&self, name: &str, text: &str) -> Result<(), AuthorityError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join("keys").join(name);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))?;
        writeln!(file, "{text}")
            .and_then(|()| file.sync_all())
            .map_err(at(&path))
    }

    /// The keys. The root key may be elsewhere: it is needed for the key file only.
    pub(crate) fn keys(&self) -> Result<Option<Keys>, AuthorityError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = |name: &str| folder.join("keys").join(name);
        let read = |name: &str| fs::read_to_string(path(name)).map_err(at(&path(name)));
        let key = |name: &str| {
            ExchangeKey::parse(read(name)?.trim()).map_err(|reject| AuthorityError::Folder(path(name), reject.says))
        };
        let exchange = Ring::default();
        for name in named(&folder.join("keys"), "exchange")? {
            exchange.add(key(&name)?);
        }
        let mut first_recipient: Option<Id> = None;
        for (name, key) in held_file_keys(folder)? {
            if name == FIRST_FILE_KEY {
                first_recipient = Some(key.recipient().clone());
            }
            exchange.add_file_key(key);
        }
        let mut logs = Logs::default();
        for name in named(&folder.join("keys"), "log")? {
            logs.0.push(LogKey::parse(read(&name)?.trim())?);
        }
        Ok(Some(Keys {
            logs,
            root: if path("root.key").exists() {
                Some(key("root.key")?)
            } else {
                None
            },
            exchange,
            first_recipient,
        }))
    }

    /// Where snapshots lie.
    pub(crate) fn snapshots(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join("snapshots"))
    }
}

impl Settings {
    /// Writes `authority.toml` of a folder, all of it or nothing.
    pub fn write(&self, folder: &Path) -> Result<(), AuthorityError> {
        let path = folder.join("authority.toml");
        let unfinished = path.with_extension("new");
        let text = toml::to_string(self).map_err(|error| AuthorityError::Folder(path.clone(), error.to_string()))?;
        fs::write(&unfinished, format!("{SETTINGS_HEAD}{text}")).map_err(at(&unfinished))?;
        fs::rename(&unfinished, &path).map_err(at(&path))
    }

    /// Reads `authority.toml` of a folder.
    pub fn read(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join("authority.toml");
        let text = fs::read_to_string(&path).map_err(|error| {
            let what = match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                    "no authority lives here (there is no authority.toml); make one with `countersign init` or `demo`"
                        .to_owned()
                }
                _ => error.to_string(),
            };
            AuthorityError::Folder(folder.to_owned(), what)
        })?;
        toml::from_str(&text).map_err(|error| AuthorityError::Folder(path, error.to_string()))
    }
}

/// The key for files of the founding.
const FIRST_FILE_KEY: &str = "files.key";

/// The secrets with which files for the authority of a folder are read.
pub fn file_keys(folder: &Path) -> Result<Vec<FileKey>, AuthorityError> {
    Ok(held_file_keys(folder)?.into_iter().map(|(_, key)| key).collect())
}

/// The same, with the names of their files.
fn held_file_keys(folder: &Path) -> Result<Vec<(String, FileKey)>, AuthorityError> {
    let keys = folder.join("keys");
    let read = |name: String| {
        let path = keys.join(&name);
        let text = fs::read_to_string(&path).map_err(at(&path))?;
        let key = FileKey::parse(text.trim()).map_err(|Reject { says, .. }| AuthorityError::Folder(path, says))?;
        Ok((name, key))
    };
    named(&keys, "files")?.into_iter().map(read).collect()
}

/// The files of one kind of keys: `<kind>.key` of the founding, and `<kind>-<name>.key` of those after it.
fn named(folder: &Path, kind: &str) -> Result<Vec<String>, AuthorityError> {
    let after = format!("{kind}-");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name();
        let Some(name) = name.to_str() else { continue };
        let stem = name.strip_suffix(".key").unwrap_or_default();
        if stem == kind || stem.starts_with(&after) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// One process owns a folder.
fn lock(folder: &Path) -> Result<File, AuthorityError> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(AuthorityError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}
