//! An offline proof that an entry is in the log.

use store::JournalReader;
use tlog::ProofFile;

use crate::error::AuthorityError;
use crate::recover::JournalHashes;

/// The entry's exact bytes and its proof against the newest checkpoint that covers it.
pub fn proof(journal: &dyn JournalReader, seq: u64) -> Result<(Vec<u8>, ProofFile), AuthorityError> {
    let (bytes, _) = journal
        .entry(seq)?
        .ok_or_else(|| AuthorityError::Refused(format!("there is no entry {seq}")))?;
    let (size, note) = journal
        .latest_checkpoint()?
        .filter(|(size, _)| *size > seq)
        .ok_or_else(|| {
            AuthorityError::Refused(format!("no checkpoint covers entry {seq} yet; try again in a moment"))
        })?;
    let proof = tlog::inclusion_proof(&JournalHashes(journal), seq, size)?;
    Ok((
        bytes,
        ProofFile {
            index: seq,
            proof,
            note,
            extra: None,
        },
    ))
}
