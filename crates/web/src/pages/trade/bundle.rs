//! All entries of a case as one file, which anybody can check offline: what `countersign bundle --case` writes.

use authority::AuthorityError;

use crate::answer::{Answered, Fault, encoded, file};
use crate::ask::Ask;

/// Where a case's bundle is.
pub fn path(id: &str) -> String {
    let (authority, export) = id.split_once('/').unwrap_or((id, ""));
    format!("/cases/{}/{}/bundle.json", encoded(authority), encoded(export))
}

/// The bundle. The whole journal is read for it, so one is made at a time.
pub fn get(ask: &Ask) -> Answered {
    let id = format!("{}/{}", ask.param("authority"), ask.param("export"));
    let turn = ask.app.bundling.try_lock().map_err(|_| Fault::Busy)?;
    let bundle = ask.app.authority().bundle_of_case(&id).map_err(fault)?;
    drop(turn);
    ask.looked_at(format!("bundle of {id}"));
    file("application/json", &format!("{id}.bundle.json"), bundle)
}

/// What was recorded a moment ago has no signed checkpoint yet, and waits for it.
fn fault(error: AuthorityError) -> Fault {
    match &error {
        AuthorityError::Refused(says) if says.starts_with("bundle_too_large") => Fault::Bad("case-bundle-too-large"),
        AuthorityError::Refused(says) if says.starts_with("case_unknown") => Fault::NotFound,
        AuthorityError::Refused(_) => Fault::Busy,
        _ => error.into(),
    }
}
