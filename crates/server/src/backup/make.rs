//! `backup`: a consistent copy, whether the node runs or not.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use authority::Settings;
use jiff::Timestamp;
use serde_json::json;
use store::Engine;

use super::{FOLDERS, FORMAT, MANIFEST, MANIFEST_HASH, Manifest, Part, WHOLE, at, hashed, is_part, manifest_hash};
use crate::clock;
use crate::output::{Done, Failure, Global};

/// `backup --out F`
#[derive(Clone, Debug, clap::Args)]
pub struct BackupArgs {
    /// The file to write; it will contain the secret keys
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

/// Writes a backup of an authority. The node may run meanwhile.
pub fn backup(global: &Global, args: &BackupArgs) -> Done {
    let folder = global.folder();
    let settings = Settings::read(&folder)?;
    let engine: Engine = settings.storage.parse()?;
    if args.out.exists() {
        let what = format!("{} is there already: name another file", args.out.display());
        return Err(Failure::Refused(what));
    }
    let around = parent(&args.out).canonicalize().map_err(at(parent(&args.out)))?;
    if around.starts_with(folder.canonicalize().map_err(at(&folder))?) {
        let what = format!("{} lies in the folder that it is to save", args.out.display());
        return Err(Failure::Refused(what));
    }
    let copy = Copy::make(&args.out)?;
    store::copy(&folder, &engine, &copy.0)?;
    copy.take_files(&folder)?;
    let manifest = copy.manifest(&settings.id)?;
    let whole = copy.archive(&manifest)?;
    fs::rename(&whole, &args.out).map_err(at(&args.out))?;
    sync_folder(&args.out)?;
    let document = json!({
        "out": args.out, "authority": manifest.authority, "entries": manifest.entries,
        "checkpoint": manifest.checkpoint, "contains_secret_keys": true
    });
    global.print(&document, || {
        format!(
            "Backup of {} with {} entries: {}\nIT CONTAINS THE SECRET KEYS. Whoever has this file can sign in this \
             authority's name: keep it under lock, or encrypt it.",
            manifest.authority,
            manifest.entries,
            args.out.display()
        )
    })
}

/// A folder beside the backup in which it is put together, for its owner's eyes only. It goes away with this.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

impl Copy {
    fn make(out: &Path) -> Result<Self, Failure> {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let path = out.with_file_name(name);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                let what = "is left of a backup that was broken off, or of one under way: remove it in the first case";
                Failure::Refused(format!("{} {what}", path.display()))
            }
            _ => at(&path)(error),
        })?;
        Ok(Self(path))
    }

    /// Copies what is no database.
    fn take_files(&self, folder: &Path) -> Done {
        let take = |part: &str| -> Done {
            let (from, to) = (folder.join(part), self.0.join(part));
            fs::copy(&from, &to).map(drop).map_err(at(&from))
        };
        take("authority.toml")?;
        for name in FOLDERS {
            fs::create_dir(self.0.join(name)).map_err(at(&self.0))?;
            for file in names(&folder.join(name))? {
                take(&format!("{name}/{file}"))?;
            }
        }
        Ok(())
    }

    /// Lists what was copied, and says what the journal holds.
    fn manifest(&self, authority: &str) -> Result<Manifest, Failure> {
        let engine = Engine::Sqlite { path: PathBuf::new() };
        let journal = store::open_journal_reader(&self.0, &engine)?;
        let (entries, checkpoint) = (journal.size()?, journal.latest_checkpoint()?);
        drop(journal);
        let mut parts = Vec::new();
        for path in self.paths()? {
            let mut file = File::open(self.0.join(&path)).map_err(at(&self.0))?;
            let (bytes, sha256) = hashed(&mut file, &mut std::io::sink()).map_err(at(&self.0))?;
            parts.push(Part { path, bytes, sha256 });
        }
        Ok(Manifest {
            format: FORMAT.to_owned(),
            authority: authority.to_owned(),
            made_at: clock::real(),
            entries,
            checkpoint: checkpoint.map(|(_, note)| note),
            parts,
        })
    }

    fn paths(&self) -> Result<Vec<String>, Failure> {
        let mut paths = WHOLE.map(str::to_owned).to_vec();
        for folder in FOLDERS {
            let names = names(&self.0.join(folder))?;
            paths.extend(names.into_iter().map(|name| format!("{folder}/{name}")));
        }
        match paths.iter().find(|path| !is_part(path)) {
            None => Ok(paths),
            Some(strange) => Err(Failure::Refused(format!(
                "{strange}: no file of this name belongs there"
            ))),
        }
    }

    /// Writes the archive; gives where it lies.
    fn archive(&self, manifest: &Manifest) -> Result<PathBuf, Failure> {
        let path = self.0.join("backup.tar");
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut archive = tar::Builder::new(file.map_err(at(&path))?);
        let at_time = manifest.made_at;
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| Failure::Refused(error.to_string()))?;
        let hash = manifest_hash(&text);
        for (name, bytes) in [(MANIFEST, &text[..]), (MANIFEST_HASH, hash.as_bytes())] {
            let mut header = header(at_time, bytes.len() as u64);
            archive.append_data(&mut header, name, bytes).map_err(at(&path))?;
        }
        for part in &manifest.parts {
            let file = File::open(self.0.join(&part.path)).map_err(at(&self.0))?;
            let mut header = header(at_time, part.bytes);
            archive.append_data(&mut header, &part.path, file).map_err(at(&path))?;
        }
        let file = archive.into_inner().map_err(at(&path))?;
        file.sync_all().map_err(at(&path))?;
        Ok(path)
    }
}

fn header(made_at: Timestamp, bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(made_at.as_second()).unwrap_or(0));
    header
}

/// The files of a folder, by name; none if there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at(folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(at(folder))?;
        if entry.file_type().map_err(at(folder))?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The folder in which a file lies.
fn parent(file: &Path) -> &Path {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Makes the name of a file durable.
fn sync_folder(file: &Path) -> Done {
    let folder = parent(file);
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(at(folder))
}
