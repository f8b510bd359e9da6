//! A journal that came from a backup: it is continued only once somebody has said that there is no later one.

use std::path::Path;

use authority::Authority;
use domain::State;

use crate::output::{Done, Failure};

/// How many entries the journal had when it was restored.
pub const AT: &str = "restored_at_size";
/// The restored size from which somebody chose to go on.
const ACCEPTED: &str = "restored_and_accepted_at_size";

/// What is known of a journal that is to be continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// It must never have been restored, or have been accepted since.
    Own,
    /// Whoever starts the node says that nothing later exists.
    Accepted,
}

/// Opens the authority of a folder, unless its journal was restored and nobody has accepted that.
pub fn open(folder: &Path, journal: Journal) -> Result<Authority, Failure> {
    let authority = Authority::open(folder)?;
    match check(&authority, journal) {
        Ok(()) => Ok(authority),
        Err(refused) => {
            authority.close()?;
            Err(refused)
        }
    }
}

/// Notes that somebody has chosen to go on from where the journal was restored.
pub fn accept(authority: &Authority) -> Done {
    let at = authority.local().meta(AT)?;
    if let Some(at) = at {
        authority.local().put_meta(ACCEPTED, &at)?;
    }
    Ok(())
}

/// Refuses to continue a restored journal that nobody has accepted.
fn check(authority: &Authority, journal: Journal) -> Done {
    let (at, accepted) = {
        let local = authority.local();
        (local.meta(AT)?, local.meta(ACCEPTED)?)
    };
    let Some(at) = at.filter(|at| accepted.as_ref() != Some(at)) else {
        return Ok(());
    };
    if journal == Journal::Accepted {
        return accept(authority);
    }
    let witnesses = witnesses(&authority.state());
    Err(Failure::Refused(format!(
        "journal_restored: this journal was restored from a backup with {at} entries. If anything was recorded after \
         that backup, going on gives the log two pasts, and partners will prove it. Look for the later journal first, \
         and ask every partner up to which entry it has cosigned:\n{witnesses}\nIf nobody holds a later one, start once \
         with `serve --accept-restored-journal`"
    )))
}

/// Which partner has cosigned up to which entry, as far as this journal knows, a line each.
pub fn witnesses(state: &State) -> String {
    let line = |partner: &domain::partner::Partner| match partner.cosigned {
        Some(size) => format!("  {} has cosigned {size} entries", partner.file.id),
        None => format!("  {} has cosigned nothing", partner.file.id),
    };
    let lines: Vec<String> = state.partners.iter().map(line).collect();
    if lines.is_empty() {
        "  there is no partner".to_owned()
    } else {
        lines.join("\n")
    }
}
