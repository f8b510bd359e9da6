//! The verbs that play a story: demo and run.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use authority::{Authority, MadeBy, Overview};
use include_dir::{Dir, include_dir};
use jiff::Timestamp;
use sim::{Clock, InProcess, LineOutcome, Live, Options, Scenario, ScenarioError, StepLine, Summary, Wire};

use crate::clock;
use crate::fair;
use crate::net::Loopback;
use crate::output::{Done, Failure, Global, random, say};
use crate::overview;

/// The stories that the binary carries.
static SCENARIOS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");
/// The story of the demonstration.
const DEMO: &str = "china-2024.toml";
/// Marks a folder that demo made, and whether its story came to its end.
const MARKER: &str = "demo.toml";
const STARTED: &str = "# A demonstration of Countersign; the folder may be deleted.\nstory = \"started\"\n";
const FINISHED: &str = "# A demonstration of Countersign; the folder may be deleted.\nstory = \"finished\"\n";

/// `demo [--listen A] [--once] [--seed S]`
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Where the first authority of the story is served; the others are on the ports after it
    #[arg(long, default_value = "localhost:8080", value_name = "ADDRESS")]
    listen: String,
    /// End after the overview
    #[arg(long)]
    once: bool,
    /// The seed of command ids
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// `run FILE [--seed S]`
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// The scenario file
    file: PathBuf,
    /// The seed of command ids
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where an authority of the story is reached, so that its folder can be served there later; may be repeated
    #[arg(long, value_name = "ID=http://127.0.0.1:PORT", value_parser = named_url)]
    url: Vec<(String, String)>,
}

/// Reads `ID=URL`.
fn named_url(text: &str) -> Result<(String, String), String> {
    let (id, url) = text.split_once('=').ok_or("write ID=http://127.0.0.1:PORT")?;
    Ok((id.to_owned(), url.to_owned()))
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Plays the story of the demonstration once, prints the overview of its last closed year, and serves its authorities.
pub fn demo(global: &Global, args: &DemoArgs) -> Done {
    let folder = global.dir.clone().unwrap_or_else(|| PathBuf::from("countersign-demo"));
    let files = |name: &str| SCENARIOS.get_file(name).map(|file| Cow::Borrowed(file.contents()));
    let scenario = Scenario::from_files(DEMO, &files)?;
    if prepare(&folder, &scenario)? {
        let mut played = 0_u64;
        let tell = &mut |line: &StepLine| {
            played += 1;
            if line.is_mismatch() {
                eprintln!("{line}");
            } else if played.is_multiple_of(250) {
                global.progress(format_args!("{} {played} steps", line.at));
            }
        };
        let storage = global.storage_url("sqlite:");
        let story = Story {
            dir: &folder,
            storage: &storage,
            made_by: MadeBy::Demo,
            seed: args.seed,
            urls: &[],
        };
        let summary = play(&scenario, &story, tell)?;
        global.progress_done();
        if summary.mismatches > 0 {
            return Err(Failure::Refused(format!("mismatch: {summary}")));
        }
        if storage == "memory:" {
            return say(&summary.to_string());
        }
        write(&folder.join(MARKER), FINISHED)?;
    }
    let ids: Vec<&str> = scenario.authority_ids().collect();
    let overview = last_year(&folder.join(ids.first().copied().unwrap_or_default()))?;
    if args.once {
        global.print(&overview, || overview::in_words(&overview))
    } else {
        fair::hold(global, &folder, &ids, &args.listen, &overview)
    }
}

/// The overview of the year that was closed last; of the last one there is, if none was.
fn last_year(folder: &Path) -> Result<Overview, Failure> {
    let look = authority::look(folder)?;
    let year = look.state.planning.last_closed().unwrap_or_else(|| {
        let days = jiff::tz::TimeZone::UTC.to_datetime(look.state.recorded_at).date();
        days.year()
    });
    Ok(Overview::of(&look, year, None)?)
}

/// Makes the folder ready. `false`: its story was played to the end already.
fn prepare(folder: &Path, scenario: &Scenario) -> Result<bool, Failure> {
    let marker = folder.join(MARKER);
    match fs::read_to_string(&marker) {
        Ok(text) if text == FINISHED => return Ok(false),
        Ok(_) => {
            for id in scenario.authority_ids() {
                let part = folder.join(id);
                if part.exists() {
                    fs::remove_dir_all(&part).map_err(|error| unavailable(&part, &error))?;
                }
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(|error| unavailable(folder, &error))?;
            let mut entries = fs::read_dir(folder).map_err(|error| unavailable(folder, &error))?;
            if entries.next().is_some() {
                let what = format!(
                    "{}: demo did not make this folder; name an empty one with --dir",
                    folder.display()
                );
                return Err(Failure::Refused(what));
            }
        }
        Err(error) => return Err(unavailable(&marker, &error)),
    }
    write(&marker, STARTED)?;
    Ok(true)
}

fn unavailable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Unavailable(format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Done {
    fs::write(path, text).map_err(|error| unavailable(path, &error))
}

/// Plays any scenario file and prints a line a step.
pub fn run(global: &Global, args: &RunArgs) -> Done {
    let scenario = Scenario::read(&args.file)?;
    let mut failed = None;
    let tell = &mut |line: &StepLine| {
        let told = if global.json {
            say(&line.to_json().to_string())
        } else if global.quiet && !matches!(line.outcome, LineOutcome::Mismatch { .. }) {
            Ok(())
        } else {
            say(&line.to_string())
        };
        failed = failed.take().or(told.err());
    };
    let storage = global.storage_url("memory:");
    let story = Story {
        dir: &global.folder(),
        storage: &storage,
        made_by: MadeBy::Run,
        seed: args.seed,
        urls: &args.url,
    };
    let summary = play(&scenario, &story, tell)?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    if !global.json && !global.quiet {
        say(&summary.to_string())?;
    }
    if summary.mismatches > 0 {
        Err(Failure::Refused(format!("mismatch: {summary}")))
    } else {
        Ok(())
    }
}

/// Where and how a story is played.
struct Story<'a> {
    dir: &'a Path,
    storage: &'a str,
    made_by: MadeBy,
    seed: u64,
    /// Addresses chosen for authorities, by id.
    urls: &'a [(String, String)],
}

/// Plays a story on authorities that run in earnest. Where there are several, their messages go over loopback HTTP.
fn play(scenario: &Scenario, story: &Story<'_>, tell: &mut dyn FnMut(&StepLine)) -> Result<Summary, Failure> {
    let persons = scenario.persons.clone();
    let last = move |authority: &Authority, at: Timestamp| {
        let mut local = authority.local();
        for person in &persons {
            local
                .put_person(&person.id, &person.name)
                .map_err(|error| error.to_string())?;
        }
        drop(local);
        clock::keep(authority, at).map_err(|error| error.to_string())
    };
    let mut host = Live {
        dir: story.dir.to_owned(),
        storage: story.storage.to_owned(),
        made_by: story.made_by,
        key_seed: || random().map_err(|failure: Failure| failure.to_string()),
        wire: wire(scenario, story.urls)?,
        clock: Clock::default(),
        last: Rc::new(last),
    };
    let seed = story.seed;
    Ok(sim::run(scenario, Options { seed, host: &mut host }, tell)?)
}

/// The wire between the authorities of a story. One that is alone, and is given no address, needs no network.
fn wire(scenario: &Scenario, urls: &[(String, String)]) -> Result<Rc<RefCell<dyn Wire>>, Failure> {
    for (id, _) in urls {
        if !scenario.authority_ids().any(|known| known == id) {
            return Err(Failure::Usage(format!("--url {id}=…: the story has no authority {id}")));
        }
    }
    if urls.is_empty() && scenario.authority_ids().nth(1).is_none() {
        return Ok(Rc::new(RefCell::new(InProcess::default())));
    }
    Ok(Rc::new(RefCell::new(Loopback::new(urls.iter().cloned().collect())?)))
}
