//! Copies of files that others may have open, each as of one moment.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use super::{Database, JOURNAL, LOCAL, Layout, sync};
use crate::StoreError;

/// How often it is tried again while somebody writes, and the pause before.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Copies what cannot be made anew from one folder to another: first the journal, then the local data, so that persons
/// whom the journal knows have their names.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    copy_one(&JOURNAL, &Database::open_read_only(&JOURNAL, from)?, to)?;
    // Where a process ended in the middle of a change, opening it for writing takes that back.
    copy_one(&LOCAL, &Database::open(&LOCAL, from)?, to)
}

/// Copies a file in one step: the writer of a journal goes on meanwhile, and what it writes is not in the copy.
fn copy_one(layout: &Layout, source: &Database, to: &Path) -> Result<(), StoreError> {
    if !layout.make_private(to)? {
        let path = layout.path(to);
        return Err(StoreError::refused(format!("{} is there already", path.display())));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Database::connect(layout.path(to), flags)?;
    for _ in 0..TRIES {
        let done = Backup::new(&source.connection, &mut copy.connection).and_then(|backup| backup.step(-1));
        if done.map_err(|error| source.fail(&error))? == StepResult::Done {
            return sync(&copy.path);
        }
        std::thread::sleep(PAUSE);
    }
    Err(StoreError::Busy)
}
