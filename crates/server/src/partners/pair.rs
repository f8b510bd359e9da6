//! `exchange pair`: two administrators, one key file, one fingerprint read out twice.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Node;
use crate::output::{Done, Failure, Global};

/// `exchange pair FILE --fingerprint F --as administrator:a`, then
/// `exchange pair --approve SEQ --read-back F --as administrator:b`
#[derive(Clone, Debug, Args)]
pub struct PairArgs {
    /// The partner's key file, as it came over one channel
    #[arg(
        required_unless_present = "approve",
        conflicts_with = "approve",
        requires = "fingerprint"
    )]
    file: Option<PathBuf>,
    /// Its fingerprint, as the partner's officer read it out over another channel
    #[arg(long, value_name = "F")]
    fingerprint: Option<String>,
    /// The entry of the pairing that another administrator proposed
    #[arg(long, value_name = "SEQ", requires = "read_back")]
    approve: Option<u64>,
    /// The fingerprint, as the partner's officer read it out to the second administrator
    #[arg(long, value_name = "F")]
    read_back: Option<String>,
    /// Who acts: administrator:PERSON
    #[arg(long = "as", value_name = "ACTOR")]
    actor: String,
}

/// Proposes or approves a pairing.
pub fn pair(global: &Global, args: &PairArgs) -> Done {
    if !args.actor.starts_with("administrator:") {
        return Err(Failure::Usage(
            "only administrators pair: --as administrator:PERSON".to_owned(),
        ));
    }
    match (args.approve, &args.file) {
        (Some(of), _) => {
            let read_back = spelled(args.read_back.as_deref().unwrap_or_default());
            let with = json!({ "of": of, "read_back": read_back });
            let done = Node::reach(&global.folder())?.command(&args.actor, "approve", &with)?;
            global.print(&done, || format!("Entry {}: paired.", done["seq"]))
        }
        (None, Some(path)) => propose(global, args, path),
        (None, None) => Err(Failure::Usage("name the partner's key file, or --approve".to_owned())),
    }
}

fn propose(global: &Global, args: &PairArgs, path: &std::path::Path) -> Done {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::Unavailable(format!("{}: {error}", path.display())))?;
    let file = ::exchange::read_key_file(&text).map_err(|reject| Failure::Refused(reject.to_string()))?;
    let fingerprint = spelled(args.fingerprint.as_deref().unwrap_or_default());
    let with = json!({ "file": file, "fingerprint": fingerprint });
    let done = Node::reach(&global.folder())?.command(&args.actor, "pair_partner", &with)?;
    global.print(&done, || {
        format!(
            "Entry {seq} proposes to pair with {id}, {name}. Another administrator, to whom the partner's officer has read \
             the fingerprint too, completes it:\n  countersign exchange pair --approve {seq} --read-back FINGERPRINT --as administrator:PERSON",
            seq = done["seq"],
            id = file.id,
            name = file.name
        )
    })
}

/// A fingerprint as it is written: what people hear has no capitals, and spaces are as good as dashes.
pub(super) fn spelled(fingerprint: &str) -> String {
    let groups: Vec<_> = fingerprint
        .split([' ', '-'])
        .filter(|group| !group.is_empty())
        .collect();
    groups.join("-").to_lowercase()
}
