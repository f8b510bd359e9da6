//! `restore`: an authority from its backup, into a folder where nothing is, and checked before it counts.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use authority::Settings;
use serde_json::json;
use store::Engine;

use super::{FOLDERS, FORMAT, MANIFEST, MANIFEST_HASH, Manifest, Part, WHOLE, at, hashed, is_part, manifest_hash};
use crate::clock;
use crate::output::{Done, Failure, Global, base64};
use crate::restored;

/// Where it is put together, in the folder itself: that may be a disk of its own.
const UNFINISHED: &str = "restoring";
/// The longest manifest.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// `restore F`
#[derive(Clone, Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup
    file: PathBuf,
}

/// Restores an authority into an empty folder.
pub fn restore(global: &Global, args: &RestoreArgs) -> Done {
    let folder = global.folder();
    let file = File::open(&args.file).map_err(at(&args.file))?;
    let mut archive = tar::Archive::new(file);
    // Raw: nothing in the archive may change the meaning of what comes after it.
    let entries = archive.entries().map_err(|error| damaged(MANIFEST, error))?;
    let mut parts = Parts(entries.raw(true));
    let manifest = parts.manifest()?;
    check_target(&folder, &manifest)?;
    let unfinished = Unfinished::make(&folder)?;
    for part in &manifest.parts {
        parts.unpack(part, &unfinished.path)?;
    }
    parts.end()?;
    let (report, keys_ended) = check_restored(&unfinished.path, &manifest)?;
    let look = authority::look(&unfinished.path)?;
    let witnesses = restored::witnesses(&look.state);
    drop(look);
    unfinished.finish(&folder)?;
    let document = json!({
        "dir": folder, "authority": manifest.authority, "entries": report.entries, "root": base64(&report.root),
        "made_at": manifest.made_at, "witnesses": witnesses, "keys_ended": keys_ended
    });
    global.print(&document, || {
        format!(
            "{} is restored in {}: {} entries hold together; root {}\n\
             What was recorded after {} is not in it. Before it goes on, look for a later journal, and ask every partner \
             up to which entry it has cosigned:\n{witnesses}\n\
             Then start it once with `serve --accept-restored-journal`.\n\
             Nobody is signed in any more, and the keys of companies' systems are ended ({keys_ended}): those that are \
             still wanted are made anew. Passwords are those of the backup.",
            manifest.authority,
            folder.display(),
            report.entries,
            base64(&report.root),
            manifest.made_at
        )
    })
}

fn damaged(what: &str, why: impl std::fmt::Display) -> Failure {
    Failure::Refused(format!("backup_damaged: {what}: {why}"))
}

/// The entries of the archive, one after the other.
struct Parts<'a>(tar::Entries<'a, File>);

impl<'a> Parts<'a> {
    /// The next entry, which must be the one that is expected.
    fn next(&mut self, name: &str) -> Result<tar::Entry<'a, File>, Failure> {
        let missing = || damaged(name, "it is missing");
        let entry = self.0.next().ok_or_else(missing)?;
        let entry = entry.map_err(|error| damaged(name, error))?;
        if entry.path_bytes() != name.as_bytes() || entry.header().entry_type() != tar::EntryType::Regular {
            return Err(damaged(name, "another entry stands in its place"));
        }
        Ok(entry)
    }

    fn text(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        let (mut text, entry) = (Vec::new(), self.next(name)?);
        let bytes = entry.size();
        let read = entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut text);
        if read.map_err(|error| damaged(name, error))? as u64 != bytes {
            return Err(damaged(name, "its end is missing"));
        }
        Ok(text)
    }

    fn manifest(&mut self) -> Result<Manifest, Failure> {
        let text = self.text(MANIFEST)?;
        if self.text(MANIFEST_HASH)? != manifest_hash(&text).as_bytes() {
            return Err(damaged(MANIFEST, format!("its hash is not the one in {MANIFEST_HASH}")));
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(MANIFEST, error))?;
        if manifest.format != FORMAT {
            return Err(damaged(MANIFEST, format!("its format is not `{FORMAT}`")));
        }
        let mut paths: Vec<&str> = manifest.parts.iter().map(|part| part.path.as_str()).collect();
        if let Some(strange) = paths.iter().find(|path| !is_part(path)) {
            return Err(damaged(MANIFEST, format!("{strange:?} is no part of an authority")));
        }
        if let Some(missing) = WHOLE.iter().find(|part| !paths.contains(part)) {
            return Err(damaged(missing, "the manifest does not list it"));
        }
        paths.sort_unstable();
        match paths.windows(2).find(|two| two.first() == two.last()) {
            Some(twice) => Err(damaged(MANIFEST, format!("{twice:?} is listed twice"))),
            None => Ok(manifest),
        }
    }

    /// Writes a part to the folder, and compares it with the manifest.
    fn unpack(&mut self, part: &Part, folder: &Path) -> Done {
        let mut entry = self.next(&part.path)?;
        if entry.size() != part.bytes {
            return Err(damaged(&part.path, "its length is not the manifest's"));
        }
        let path = folder.join(&part.path);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(at(&path))?;
        // An error of reading and one of writing look alike here: both name the part.
        let (bytes, sha256) = hashed(&mut entry, &mut file).map_err(|error| damaged(&part.path, error))?;
        if bytes != part.bytes || sha256 != part.sha256 {
            return Err(damaged(&part.path, "its hash is not the manifest's"));
        }
        file.sync_all().map_err(at(&path))
    }

    /// Nothing may come after the last part.
    fn end(&mut self) -> Done {
        match self.0.next() {
            None => Ok(()),
            Some(_) => Err(damaged("the archive", "it has more than the manifest lists")),
        }
    }
}

/// Whether something may be restored there: never over anything, and least of all over the same log.
fn check_target(folder: &Path, manifest: &Manifest) -> Done {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(at(folder)(error)),
    };
    if is_empty {
        return Ok(());
    }
    let there = folder.display();
    let (authority, has) = (&manifest.authority, manifest.entries);
    Err(Failure::Refused(match entries_of(folder, authority) {
        Some(entries) if entries >= has => format!(
            "log_would_fork: {there} holds {authority} with {entries} entries, and the backup has {has}: \
             going on from the backup would give the log two pasts. Keep the folder"
        ),
        Some(entries) => format!(
            "folder_not_empty: {there} holds {authority} with {entries} entries, fewer than the backup's {has}: \
             move it elsewhere, and keep it"
        ),
        None if folder.join(UNFINISHED).exists() => {
            format!("folder_not_empty: a restore was broken off in {there}; if none is under way, remove the folder")
        }
        None => format!("folder_not_empty: something is in {there}; name an empty folder with --dir"),
    }))
}

/// How many entries an authority's journal in a folder has, if it is there.
fn entries_of(folder: &Path, authority: &str) -> Option<u64> {
    let settings = Settings::read(folder)
        .ok()
        .filter(|settings| settings.id == authority)?;
    let engine: Engine = settings.storage.parse().ok()?;
    let journal = store::open_journal_reader(folder, &engine).ok()?;
    journal.size().ok()
}

/// Checks what was unpacked as if it were any authority's folder, and notes where it came from.
/// Gives the report, and how many keys of systems were ended.
fn check_restored(folder: &Path, manifest: &Manifest) -> Result<(authority::Report, usize), Failure> {
    let settings = Settings::read(folder)?;
    if settings.id != manifest.authority {
        return Err(damaged("authority.toml", "it is of another authority"));
    }
    let here: Engine = "sqlite:".parse()?;
    if settings.storage.parse::<Engine>()? != here {
        // The files lie in the folder itself now.
        let storage = "sqlite:".to_owned();
        Settings { storage, ..settings }.write(folder)?;
    }
    let journal = store::open_journal_reader(folder, &here).and_then(|journal| {
        let checkpoint = journal.latest_checkpoint()?;
        Ok((journal.size()?, checkpoint.map(|(_, note)| note)))
    });
    let (entries, checkpoint) = journal.map_err(|error| damaged("journal.db", error))?;
    if entries != manifest.entries || checkpoint != manifest.checkpoint {
        return Err(damaged("journal.db", "it does not hold what the manifest says"));
    }
    let mut stores = store::open(folder, &here).map_err(|error| damaged("local.db", error))?;
    stores.local.put_meta(restored::AT, &entries.to_string())?;
    // A witness that has forgotten what it cosigned could cosign another past.
    stores.local.put_meta(authority::MEMORY_LOST, "restored")?;
    // A session or a key that was ended since would go on.
    stores.local.forget_sessions(i64::MAX, i64::MAX)?;
    let keys = stores.local.end_api_keys(clock::real().as_microsecond())?;
    drop(stores);
    let report = authority::fsck(folder)?;
    match report.differences.first() {
        None => Ok((report, keys)),
        Some(first) => {
            let seq = first.seq.map(|seq| format!(" {seq}")).unwrap_or_default();
            Err(damaged(
                "journal.db",
                format!("fsck: {}{seq}: {}", first.place, first.what),
            ))
        }
    }
}

/// What is restored so far. It goes away unless it is finished.
struct Unfinished {
    path: PathBuf,
    /// The folder around it, if it was made for it: that goes away too.
    made: Option<PathBuf>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
        if let Some(folder) = &self.made {
            // One that holds anything stays.
            drop(fs::remove_dir(folder));
        }
    }
}

impl Unfinished {
    fn make(folder: &Path) -> Result<Self, Failure> {
        let new_folder = |path: &Path| {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(at(path))
        };
        let made = (!folder.exists()).then(|| folder.to_owned());
        new_folder(folder)?;
        let path = folder.join(UNFINISHED);
        let unfinished = Self { path, made };
        for part in FOLDERS.iter().chain(&["snapshots"]) {
            new_folder(&unfinished.path.join(part))?;
        }
        Ok(unfinished)
    }

    /// Moves everything to its place, the settings last: they make a folder an authority's.
    fn finish(self, folder: &Path) -> Done {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(at(&self.path))? {
            names.push(entry.map_err(at(&self.path))?.file_name());
        }
        names.sort_by_key(|name| name == WHOLE[0]);
        for name in names.iter().filter(|name| *name != "lock") {
            fs::rename(self.path.join(name), folder.join(name)).map_err(at(folder))?;
        }
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(at(folder))
    }
}
