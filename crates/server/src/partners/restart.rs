//! `key restart-log` and `exchange restart`: after a restore, when entries are lost for good, the log starts anew, and what
//! partners hold of what was lost is put back.

use std::path::PathBuf;

use authority::{Authority, Outcome, PutBack};
use clap::Args;
use domain::Envelope;
use domain::id::Id;
use domain::partner::KeyFile;
use serde::Serialize;
use serde_json::{Value, json};

use super::keys;
use super::recall::{self, CHECKPOINT, Report};
use crate::clock;
use crate::output::{Done, Failure, Global, random};
use crate::restored;

/// `key restart-log --recalled FOLDER --out F`
#[derive(Clone, Debug, Args)]
pub struct RequestArgs {
    /// The folder that `exchange recall` has written
    #[arg(long, value_name = "FOLDER")]
    recalled: PathBuf,
    /// The file to write: the key file without its signature
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

/// `exchange restart FILE --recalled FOLDER --as administrator:a --approved-by administrator:b`
#[derive(Clone, Debug, Args)]
pub struct RestartArgs {
    /// The key file of the new log, as the root key has signed it
    file: PathBuf,
    /// The folder that `exchange recall` has written
    #[arg(long, value_name = "FOLDER")]
    recalled: PathBuf,
    /// The administrator who acts: administrator:PERSON
    #[arg(long = "as", value_name = "ACTOR")]
    actor: String,
    /// The administrator who agrees: administrator:PERSON
    #[arg(long, value_name = "ACTOR")]
    approved_by: String,
    /// Go on without what this partner holds: it could not be asked, and its next message may contradict what it has
    #[arg(long, value_name = "ID")]
    without: Vec<String>,
}

/// What was put back of one partner.
#[derive(Serialize)]
struct Back {
    partner: Id,
    /// Messages of ours that are in the journal again.
    own: usize,
    /// Those of them that hold in the register again.
    holds: usize,
    /// Messages of its own that were taken again.
    theirs: usize,
}

/// Makes the key of a new log, and the key file that the root key is to sign.
pub fn request(global: &Global, args: &RequestArgs) -> Done {
    if args.out.exists() {
        return Err(Failure::Refused(format!("{} exists already", args.out.display())));
    }
    let path = args.recalled.join(CHECKPOINT);
    let checkpoint = std::fs::read_to_string(&path).map_err(|error| {
        let path = path.display();
        Failure::Refused(format!(
            "{path}: {error}: ask the partners first, with `countersign exchange recall --out FOLDER`; a log that nobody has \
             seen need not start anew"
        ))
    })?;
    let file = authority::request_restart(&global.folder(), clock::real(), &checkpoint, random()?)?;
    keys::write(&args.out, &::exchange::key_file_text(&file))?;
    let lost = file.restarted.as_ref().map_or(0, |ended| ended.size);
    let document = json!({ "authority": file.id, "log_key": file.log_key, "lost_up_to": lost, "out": args.out });
    global.print(&document, || {
        format!(
            "The new log of {id} signs nothing yet. Its key file says that the old one ended with {lost} entries. Where the root \
             key is kept, sign it:\n  countersign key sign {out} --root-key ROOT.KEY --out SIGNED.JSON",
            id = file.id,
            out = args.out.display()
        )
    })
}

/// Starts the log anew, and puts back what partners hold.
pub fn restart(global: &Global, args: &RestartArgs) -> Done {
    let file =
        ::exchange::read_key_file(&keys::read(&args.file)?).map_err(|reject| Failure::Refused(reject.to_string()))?;
    if file.restarted.is_none() {
        return Err(Failure::Refused(format!(
            "{}: it tells of no log that starts anew: make one with `countersign key restart-log`",
            args.file.display()
        )));
    }
    let report = recall::report(&args.recalled)?;
    every_partner_was_asked(&report, &args.without)?;
    let authority = Authority::open_between_logs(&global.folder())?;
    let done = go_on(&authority, args, &file, &report);
    authority.close()?;
    let back = done?;
    let document =
        json!({ "authority": file.id, "log_key": file.log_key, "fingerprint": file.fingerprint(), "partners": back });
    global.print(&document, || in_words(&file, &back))
}

fn every_partner_was_asked(report: &Report, without: &[String]) -> Done {
    let unasked = |held: &&recall::Held| held.failed.is_some() && !without.contains(&held.partner);
    match report.partners.iter().find(unasked) {
        None => Ok(()),
        Some(held) => Err(Failure::Refused(format!(
            "{}: {}: ask again with `exchange recall`, or go on --without {}, whose next message may contradict what it has",
            held.partner,
            held.failed.as_deref().unwrap_or_default(),
            held.partner
        ))),
    }
}

fn go_on(authority: &Authority, args: &RestartArgs, file: &KeyFile, report: &Report) -> Result<Vec<Back>, Failure> {
    let known = authority.state().log_key() == file.log_key.as_str();
    if !known {
        let seq = command(authority, &args.actor, "install_key_file", &json!({ "file": file }))?;
        command(authority, &args.approved_by, "approve", &json!({ "of": seq }))?;
    }
    authority.witness_anew()?;
    let mut back = Vec::new();
    for held in &report.partners {
        let partner: Id = held
            .partner
            .parse()
            .map_err(|why| Failure::Refused(format!("{}: {why}", held.partner)))?;
        let own = recall::messages(&args.recalled, &partner, "lost")?;
        let theirs = recall::messages(&args.recalled, &partner, "messages")?;
        let PutBack { own, holds, theirs } = authority.put_back(clock::now(authority)?, &partner, &own, &theirs)?;
        back.push(Back {
            partner,
            own,
            holds,
            theirs,
        });
    }
    restored::accept(authority)?;
    Ok(back)
}

/// Hands one command over; gives the entry.
fn command(authority: &Authority, actor: &str, verb: &str, with: &Value) -> Result<u64, Failure> {
    let id = sim::bench::id_at(clock::real(), &random()?);
    let line = json!({ "id": id, "as": actor, "do": verb, "with": with }).to_string();
    let envelope = Envelope::parse(&line, random()?).map_err(Failure::Usage)?;
    let receipts = authority.submit(clock::now(authority)?, vec![envelope])?;
    match receipts.into_iter().next().map(|receipt| receipt.outcome) {
        Some(Outcome::Done { seq, .. }) => Ok(seq),
        Some(Outcome::Refused { code, says, .. }) => Err(Failure::Refused(format!("{code}: {says}"))),
        None => Err(Failure::Unavailable("a command was not answered".to_owned())),
    }
}

fn in_words(file: &KeyFile, back: &[Back]) -> String {
    let mut lines = vec![format!("The log of {} starts anew as {}.", file.id, name(file))];
    lines.extend(back.iter().map(|back| {
        format!(
            "  {:<14} {} messages of ours are back, of which {} hold in the register, and {} of theirs",
            back.partner, back.own, back.holds, back.theirs
        )
    }));
    lines.push(format!(
        "Bring the key file to every partner, and read its fingerprint to two of its officers:\n  {}\nThen serve. What does not \
         hold in the register is listed on the partner's page: enter it again.",
        file.fingerprint()
    ));
    lines.join("\n")
}

fn name(file: &KeyFile) -> &str {
    ::exchange::key_name(file.log_key.as_str())
}
