//! The verbs that need no story: init, submit, fsck, proof, bundle, consistency, bench.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use authority::{Authority, MadeBy, NewAuthority, Place, Settings};
use domain::authority::Province;
use serde::Serialize;
use serde_json::json;
use sim::bench;

use crate::clock;
use crate::output::{Done, Failure, Global, base64, random, say};
use crate::partners::Node;

/// `init --country CC --name N [--id ID] [--zone Z] [--origin O] [--storage URL]`
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    /// The country, as ISO 3166 alpha-2
    #[arg(long, value_name = "CC")]
    country: String,
    /// The authority's name
    #[arg(long)]
    name: String,
    /// The province whose holders it controls, as ISO 3166-2, such as CN-HB; the whole country unless given
    #[arg(long, value_name = "CC-PP")]
    province: Option<String>,
    /// Of the country's provinces, this one speaks with other countries
    #[arg(long, requires = "province")]
    speaks_abroad: bool,
    /// Its id in the exchange; the province's code unless given, or the country's code unless given
    #[arg(long)]
    id: Option<String>,
    /// The IANA time zone by which its days are cut; the country's first one unless given
    #[arg(long)]
    zone: Option<String>,
    /// The origin of its log; made from the id and the log's key unless given
    #[arg(long)]
    origin: Option<String>,
    /// Where partner authorities send their messages; stands in the key file. `serve` can set it later
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

impl InitArgs {
    fn province(&self) -> Result<Option<Province>, String> {
        let Some(id) = &self.province else { return Ok(None) };
        Ok(Some(Province {
            id: id.parse().map_err(|why| format!("--province: {why}"))?,
            speaks_abroad: self.speaks_abroad,
        }))
    }
}

/// Makes a new authority, and one-time enrolment links of its first two administrators.
pub fn init(global: &Global, args: &InitArgs) -> Done {
    let folder = global.folder();
    let now = clock::real();
    let new = NewAuthority {
        id: args
            .id
            .clone()
            .or_else(|| args.province.clone())
            .unwrap_or_else(|| args.country.clone()),
        name: args.name.clone(),
        country: args.country.clone(),
        province: args.province().map_err(Failure::Usage)?,
        zone: args.zone.clone(),
        origin: args.origin.clone(),
        books_from: None,
        administrators: ["a".to_owned(), "b".to_owned()],
        url: args.public_url.clone(),
        key_seed: random()?,
        command_id: bench::id_at(now, &random()?),
        random: random()?,
    };
    let storage = global.storage_url("sqlite:");
    if storage == "memory:" {
        return Err(Failure::Usage(
            "an authority in memory would be gone at once: leave --storage out".to_owned(),
        ));
    }
    new.check()?;
    if let Some(url) = &new.url {
        crate::serve::check_url(url, MadeBy::Init)?;
    }
    let place = Place::create(&folder, &new.id, &storage, MadeBy::Init)?;
    let authority = Authority::create(place, &new, now)?;
    let mut links = BTreeMap::new();
    for person in &new.administrators {
        let base = new.url.as_deref().unwrap_or("http://localhost:8080");
        links.insert(person.clone(), crate::users::link(&authority, person, base)?);
    }
    let key = authority.log_key();
    authority.close()?;
    let document = json!({ "authority": new.id, "dir": folder, "log_key": key, "enrolment": links });
    global.print(&document, || {
        let mut says = vec![
            format!("Authority {} lives in {}.", new.id, folder.display()),
            format!("Its log's key: {key}"),
            "One-time enrolment links of its first two administrators, good for seven days:".to_owned(),
        ];
        says.extend(links.iter().map(|(person, link)| format!("  {person}  {link}")));
        says.join("\n")
    })
}

/// `submit FILE.ndjson`
#[derive(Clone, Debug, clap::Args)]
pub struct SubmitArgs {
    /// Commands, one JSON object a line: {"id", "as", "do", "with"}; `-` reads standard input
    file: PathBuf,
}

/// Submits commands of a file, and prints a receipt a line as each becomes durable: through the running node, if one
/// has the folder open.
pub fn submit(global: &Global, args: &SubmitArgs) -> Done {
    let input: Box<dyn Read + Send> = if args.file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        let open = std::fs::File::open(&args.file);
        Box::new(open.map_err(|error| Failure::Unavailable(format!("{}: {error}", args.file.display())))?)
    };
    let folder = global.folder();
    if Settings::read(&folder)?.made_by == MadeBy::Init {
        let what = "a real authority takes commands from persons who have signed in, not from a file";
        return Err(Failure::Refused(format!("not_entitled: {what}")));
    }
    let refused = Node::reach(&folder)?.lines(input, &mut |line| say(line))?;
    if refused > 0 {
        Err(Failure::Refused(format!("{refused} commands were refused")))
    } else {
        Ok(())
    }
}

/// What `fsck --json` prints.
#[derive(Serialize)]
struct FsckDocument {
    ok: bool,
    entries: u64,
    root: String,
    state: Option<String>,
    seconds: f64,
    journal_seconds: f64,
    differences: Vec<FsckDifference>,
}

#[derive(Serialize)]
struct FsckDifference {
    r#where: String,
    seq: Option<u64>,
    what: String,
}

/// Recomputes everything from the journal and names what differs.
pub fn fsck(global: &Global) -> Done {
    let report = authority::fsck(&global.folder())?;
    let differences = report.differences.iter().map(|difference| FsckDifference {
        r#where: difference.place.clone(),
        seq: difference.seq,
        what: difference.what.clone(),
    });
    let document = FsckDocument {
        ok: report.differences.is_empty(),
        entries: report.entries,
        root: base64(&report.root),
        state: report.state.map(|hash| base64(&hash)),
        seconds: report.seconds,
        journal_seconds: report.journal_seconds,
        differences: differences.collect(),
    };
    global.print(&document, || {
        if document.ok {
            return format!("{} entries hold together; root {}", document.entries, document.root);
        }
        let line = |difference: &FsckDifference| match difference.seq {
            Some(seq) => format!("{} {seq}: {}", difference.r#where, difference.what),
            None => format!("{}: {}", difference.r#where, difference.what),
        };
        document.differences.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    match document.differences.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Refused(format!(
            "fsck_failed: {}: {}",
            first.r#where, first.what
        ))),
    }
}

/// `proof --entry SEQ --out F`
#[derive(Clone, Debug, clap::Args)]
pub struct ProofArgs {
    /// The entry's number
    #[arg(long, value_name = "SEQ")]
    entry: u64,
    /// The file to write
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

/// Writes an offline proof of one entry, with the entry itself.
pub fn proof(global: &Global, args: &ProofArgs) -> Done {
    let look = authority::look(&global.folder())?;
    let (bytes, mut proof) = authority::proof(&*look.journal, args.entry)?;
    proof.extra = Some(bytes);
    let text = proof.to_text().map_err(|error| Failure::Refused(error.to_string()))?;
    std::fs::write(&args.out, text)
        .map_err(|error| Failure::Unavailable(format!("{}: {error}", args.out.display())))?;
    let document = json!({ "entry": args.entry, "out": args.out, "log_key": look.state.log_key() });
    global.print(&document, || {
        format!("Entry {} is proven in {}", args.entry, args.out.display())
    })
}

/// `bundle --case CASE | --entries A,B,C --out F`
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct BundleArgs {
    /// All entries of this case: what was proposed, decided, sent, taken and moved, and its import authorization
    #[arg(long, value_name = "CASE", group = "which")]
    case: Option<String>,
    /// These entries, by number
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', group = "which")]
    entries: Vec<u64>,
    /// The file to write
    #[arg(short, long, value_name = "F")]
    out: PathBuf,
}

/// Writes a bundle of entries, which anybody can check offline.
pub fn bundle(global: &Global, args: &BundleArgs) -> Done {
    let look = authority::look(&global.folder())?;
    let entries = match &args.case {
        Some(case) => authority::of_case(&look, case)?,
        None => args.entries.iter().copied().collect(),
    };
    write_evidence(&args.out, &authority::bundle(&*look.journal, &entries)?)?;
    let document = json!({ "entries": entries, "out": args.out, "log_key": look.state.log_key() });
    global.print(&document, || {
        format!("{} entries are bundled in {}", entries.len(), args.out.display())
    })
}

/// `consistency --after OLDER [--until NEWER | --checkpoint F] --out F`
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("newer").required(true))]
pub struct ConsistencyArgs {
    /// The older checkpoint, a file
    #[arg(long, value_name = "OLDER")]
    after: PathBuf,
    /// The newer checkpoint, a file
    #[arg(long, value_name = "NEWER", group = "newer")]
    until: Option<PathBuf>,
    /// Take the newest checkpoint, and write it to this file
    #[arg(long, value_name = "F", group = "newer")]
    checkpoint: Option<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "F")]
    out: PathBuf,
}

/// Writes the proof that the log only grew between two of its checkpoints.
pub fn consistency(global: &Global, args: &ConsistencyArgs) -> Done {
    let older = read_checkpoint(&args.after)?;
    let newer = args.until.as_deref().map(read_checkpoint).transpose()?;
    let look = authority::look(&global.folder())?;
    let proven = authority::continuation(&look, &older, newer.as_deref())?;
    if let Some(file) = &args.checkpoint {
        write_evidence(file, &proven.checkpoint)?;
    }
    write_evidence(&args.out, &proven.proof)?;
    let document = json!({ "from_size": proven.from_size, "size": proven.size, "out": args.out });
    global.print(&document, || {
        let (from, size) = (proven.from_size, proven.size);
        format!(
            "{} proves that the log only grew from {from} to {size} entries",
            args.out.display()
        )
    })
}

/// A checkpoint with the most cosignatures has less than this, in bytes.
const CHECKPOINT_BYTES_MAX: u64 = 64 << 10;

fn read_checkpoint(file: &Path) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::Unavailable(format!("{}: {error}", file.display()));
    let mut text = String::new();
    let open = std::fs::File::open(file).map_err(failed)?;
    open.take(CHECKPOINT_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > CHECKPOINT_BYTES_MAX {
        let says = format!("{}: it is longer than any checkpoint", file.display());
        return Err(Failure::Refused(says));
    }
    Ok(text)
}

/// Writes a file of evidence whole: an existing one is never left half replaced.
pub fn write_evidence(file: &Path, text: &str) -> Done {
    let failed = |error: std::io::Error| Failure::Unavailable(format!("{}: {error}", file.display()));
    let mut half = file.as_os_str().to_owned();
    half.push(".part");
    std::fs::write(&half, text).map_err(failed)?;
    std::fs::rename(&half, file).map_err(failed)
}

/// `bench [--events N] [--batch B] [--profile P] [--seed S]`
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// How many commands
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How many commands are submitted at once
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: u32,
    /// How the load is shaped
    #[arg(long, default_value = "national")]
    profile: ProfileArg,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Measure the rules alone: decide and apply on one thread, without storage
    #[arg(long)]
    state_machine: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ProfileArg {
    National,
    Small,
    MonthEnd,
}

/// Makes one authority in the data folder and measures its writer under load.
pub fn bench(global: &Global, args: &BenchArgs) -> Done {
    let storage = global.storage_url(if args.state_machine { "memory:" } else { "sqlite:" });
    let folder = global.folder();
    let place = Place::create(&folder, "CN", &storage, MadeBy::Bench)?;
    let start = bench::start();
    let new = NewAuthority {
        id: "CN".to_owned(),
        name: "An authority under load".to_owned(),
        country: "CN".to_owned(),
        province: None,
        zone: Some("UTC".to_owned()),
        origin: None,
        books_from: None,
        administrators: ["a".to_owned(), "b".to_owned()],
        url: None,
        key_seed: random()?,
        command_id: bench::id_at(start, &[0; 10]),
        random: [0; 32],
    };
    let authority = Authority::create(place, &new, start)?;
    let profile = match args.profile {
        ProfileArg::National => bench::Profile::National,
        ProfileArg::Small => bench::Profile::Small,
        ProfileArg::MonthEnd => bench::Profile::MonthEnd,
    };
    let batch = usize::try_from(args.batch).unwrap_or(usize::MAX);
    let options = bench::Options {
        events: args.events,
        batch,
        profile,
        seed: args.seed,
    };
    if args.state_machine {
        let rate = bench::state_machine(&authority, &options)?;
        authority.close()?;
        let document = json!({ "events": args.events, "batch": args.batch, "rate": rate });
        return global.print(&document, || {
            format!("{rate} events a second, decided and applied on one thread")
        });
    }
    let probe = (storage != "memory:").then_some(folder.as_path());
    let measured = bench::run(&authority, &options, probe)?;
    let last = authority.state().recorded_at;
    clock::keep(&authority, last)?;
    authority.close()?;
    global.print(&measured, || {
        format!(
            "{} events in {:.2} s: {} a second; with the register {:.2} s: {} a second; {} fsyncs a second",
            measured.events,
            measured.seconds,
            measured.rate,
            measured.drained_seconds,
            measured.drained_rate,
            measured.fsync_rate
        )
    })
}
