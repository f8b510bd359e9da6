//! The socket of a running node: the desk for whoever owns the data folder.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use super::note;
use crate::desk::Desk;
use crate::output::Failure;

/// Its name in the data folder.
const NAME: &str = "socket";
/// Connections at once; the next is closed at once.
const CONNECTIONS_MAX: usize = 16;
/// So long whoever asked may take to read on: one that never reads does not keep the node from ending.
const READ_ON_WITHIN: Duration = Duration::from_secs(30);
/// The longest path that the system takes for a socket, and some room.
const PATH_BYTES_MAX: usize = 100;

/// The socket, until it is stopped.
pub struct Socket {
    folder: PathBuf,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    talks: Mutex<BTreeMap<u64, Talk>>,
}

/// A connection.
struct Talk {
    stream: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Shared {
    fn talks(&self) -> MutexGuard<'_, BTreeMap<u64, Talk>> {
        match self.talks.lock() {
            Ok(talks) => talks,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

/// The address of a folder's socket. One that is too long for the system is reached through the open folder.
struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    fn of(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(NAME);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path, _folder: None });
        }
        let open = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", open.as_raw_fd()));
        Ok(Self {
            path,
            _folder: Some(open),
        })
    }
}

/// Connects to the node that runs in a folder.
pub fn connect(folder: &Path) -> std::io::Result<UnixStream> {
    let address = Address::of(folder)?;
    UnixStream::connect(&address.path)
}

impl Socket {
    /// Opens the desk in a folder that this process owns: a socket that lies there is left over.
    pub fn open(folder: &Path, desk: Desk) -> Result<Self, Failure> {
        let path = folder.join(NAME);
        let failed = |error: std::io::Error| Failure::Unavailable(format!("{}: {error}", path.display()));
        if fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket()) {
            fs::remove_file(&path).map_err(failed)?;
        }
        let address = Address::of(folder).map_err(failed)?;
        let listener = UnixListener::bind(&address.path).map_err(failed)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("socket".to_owned())
            .spawn(move || take_all(&listener, &desk, &of_thread))
            .map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            shared,
            thread,
        })
    }

    /// Takes no connection any more, answers what was handed over, and removes the socket.
    pub fn stop(self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        let woken = connect(&self.folder);
        drop(fs::remove_file(self.folder.join(NAME)));
        if woken.is_ok() {
            drop(self.thread.join());
        }
        let talks = std::mem::take(&mut *self.shared.talks());
        for talk in talks.values() {
            drop(talk.stream.shutdown(Shutdown::Read));
        }
        for (_, mut talk) in talks {
            if let Some(thread) = talk.thread.take() {
                drop(thread.join());
            }
        }
    }
}

/// Takes connections until it is to stop.
fn take_all(listener: &UnixListener, desk: &Desk, shared: &Arc<Shared>) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if shared.stopping.load(Ordering::SeqCst) {
            break;
        }
        let taken = stream.and_then(|stream| take(number, stream, desk, shared));
        if let Err(error) = taken {
            note("socket", format_args!("a connection failed: {error}"));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Serves a connection in a thread of its own.
fn take(number: u64, stream: UnixStream, desk: &Desk, shared: &Arc<Shared>) -> std::io::Result<()> {
    let mut talks = shared.talks();
    if talks.len() >= CONNECTIONS_MAX {
        return Ok(());
    }
    stream.set_write_timeout(Some(READ_ON_WITHIN))?;
    let kept = stream.try_clone()?;
    let (desk, ended) = (desk.clone(), Arc::clone(shared));
    let thread = std::thread::Builder::new().name("desk".to_owned()).spawn(move || {
        talk(&desk, &stream);
        drop(desk);
        drop(ended.talks().remove(&number));
    })?;
    talks.insert(
        number,
        Talk {
            stream: kept,
            thread: Some(thread),
        },
    );
    Ok(())
}

fn talk(desk: &Desk, stream: &UnixStream) {
    let mut out = stream;
    let say = &mut |line: &str| {
        let written = out.write_all(format!("{line}\n").as_bytes());
        written.map_err(|error| Failure::Unavailable(error.to_string()))
    };
    // The last line tells how many were read: whoever wrote more knows that the rest was not taken.
    let last = match desk.serve(stream, say) {
        Ok(answered) => serde_json::json!({ "end": answered.lines }),
        Err(failure) => serde_json::json!({ "failed": failure.to_string() }),
    };
    drop(out.write_all(format!("{last}\n").as_bytes()));
    drop(stream.shutdown(Shutdown::Both));
}
