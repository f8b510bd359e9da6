//! Evidence for a statement: proof files and bundles of one log, with the messages in their entries.

use crate::key_file::KeyFile;
use crate::note::Checkpoint;
use crate::proof::Proven;
use crate::{Checked, bundle, proof};

/// What evidence holds, all of it proven to be in the log.
#[derive(Default)]
pub(crate) struct Evidence {
    pub(crate) entries: Vec<Proven>,
    pub(crate) checkpoints: Vec<Checkpoint>,
}

/// Reads files: each a proof file or a bundle, of the log of one authority.
pub(crate) fn read(files: &[&str], authority: &KeyFile, keys: &[KeyFile]) -> Checked<Evidence> {
    let mut evidence = Evidence::default();
    for text in files {
        let (entries, checkpoint) = if text.starts_with('{') {
            bundle::read(text, &authority.log, keys)?
        } else {
            let (proven, checkpoint) = proof::read(text, &authority.log, keys)?;
            (vec![proven], checkpoint)
        };
        evidence.entries.extend(entries);
        evidence.checkpoints.push(checkpoint);
    }
    Ok(evidence)
}
