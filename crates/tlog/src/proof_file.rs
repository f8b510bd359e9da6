//! A proof that can be checked offline, as a text file (<https://c2sp.org/tlog-proof>).

use crate::checkpoint::NOTE_BYTES_MAX;
use crate::proof::PROOF_HASHES_MAX;
use crate::{Checkpoint, Error, Hash, leaf_hash, verify, verify_inclusion};
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// The longest extra data of a proof file: the longest entry.
pub const EXTRA_BYTES_MAX: usize = 65_535;

/// The longest proof file that is parsed: the extra data in base64, 64 hashes and the note.
pub const PROOF_FILE_BYTES_MAX: usize = 128 * 1024;

const HEADER: &str = "c2sp.org/tlog-proof@v1\n";

/// A proof that an entry is in the log of a checkpoint; store it with the extension `.tlog-proof`.
///
/// Its text is the line `c2sp.org/tlog-proof@v1`, the line `extra <base64>` if there is any, the line `index <decimal>`,
/// the hashes in base64 a line each from the leaf's sibling to the root's child, an empty line, and the signed
/// checkpoint as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    /// The index of the entry, from 0.
    pub index: u64,
    /// The inclusion proof (RFC 6962 §2.1.1).
    pub proof: Vec<Hash>,
    /// The signed checkpoint, with any cosignatures.
    pub note: String,
    /// Data beside the proof, such as the entry itself: **not authenticated** by it. Empty data is written as none.
    pub extra: Option<Vec<u8>>,
}

impl ProofFile {
    /// Writes the file.
    pub fn to_text(&self) -> Result<String, Error> {
        let extra = self.extra.as_deref().unwrap_or_default();
        check_length("extra data", extra.len(), EXTRA_BYTES_MAX)?;
        check_length("signed note", self.note.len(), NOTE_BYTES_MAX)?;
        check_hashes(self.proof.len())?;
        let mut text = HEADER.to_owned();
        if !extra.is_empty() {
            text.extend(["extra ", &BASE64_STANDARD.encode(extra), "\n"]);
        }
        text.extend(["index ", &self.index.to_string(), "\n"]);
        for hash in &self.proof {
            text.push_str(&BASE64_STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        Ok(text)
    }

    /// Reads a file; nothing in it is verified yet.
    pub fn parse(text: &str) -> Result<Self, Error> {
        check_length("proof file", text.len(), PROOF_FILE_BYTES_MAX)?;
        let rest = text
            .strip_prefix(HEADER)
            .ok_or(Error::ProofFileForm("the first line is not of this version"))?;
        let (extra, rest) = match rest.strip_prefix("extra ") {
            None => (None, rest),
            Some(rest) => {
                let (line, rest) = rest
                    .split_once('\n')
                    .ok_or(Error::ProofFileForm("the extra line does not end"))?;
                (Some(parse_extra(line)?), rest)
            }
        };
        let rest = rest
            .strip_prefix("index ")
            .ok_or(Error::ProofFileForm("the index line is missing"))?;
        let (line, mut rest) = rest
            .split_once('\n')
            .ok_or(Error::ProofFileForm("the index line does not end"))?;
        let index = parse_index(line)?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest
                .split_once('\n')
                .ok_or(Error::ProofFileForm("no empty line ends the hashes"))?;
            rest = after;
            if line.is_empty() {
                break;
            }
            proof.push(parse_hash(line)?);
            check_hashes(proof.len())?;
        }
        check_length("signed note", rest.len(), NOTE_BYTES_MAX)?;
        if rest.is_empty() {
            return Err(Error::ProofFileForm("the checkpoint is missing"));
        }
        Ok(Self {
            index,
            proof,
            note: rest.to_owned(),
            extra,
        })
    }

    /// Checks that the log of this key signed the checkpoint and that the entry is in it; returns the checkpoint.
    ///
    /// Cosignatures are not looked at: for them, give [`note`](Self::note) to [`verify_all`](crate::verify_all) too.
    pub fn verify(&self, entry: &[u8], vkey: &str) -> Result<Checkpoint, Error> {
        self.verify_leaf(&leaf_hash(entry), vkey)
    }

    /// As [`verify`](Self::verify), for one who has only the leaf hash of the entry.
    pub fn verify_leaf(&self, leaf: &Hash, vkey: &str) -> Result<Checkpoint, Error> {
        let checkpoint = verify(&self.note, vkey)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

fn check_length(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), Error> {
    if bytes > bytes_max {
        Err(Error::TooLong { what, bytes, bytes_max })
    } else {
        Ok(())
    }
}

fn check_hashes(hashes: usize) -> Result<(), Error> {
    let hashes_max = PROOF_HASHES_MAX;
    if hashes > hashes_max {
        Err(Error::ProofTooLong { hashes, hashes_max })
    } else {
        Ok(())
    }
}

fn parse_extra(line: &str) -> Result<Vec<u8>, Error> {
    let extra = BASE64_STANDARD
        .decode(line)
        .map_err(|_| Error::ProofFileForm("the extra data is not base64"))?;
    if extra.is_empty() {
        return Err(Error::ProofFileForm("the extra line is empty"));
    }
    check_length("extra data", extra.len(), EXTRA_BYTES_MAX)?;
    Ok(extra)
}

fn parse_index(line: &str) -> Result<u64, Error> {
    let index = line.parse::<u64>().ok().filter(|index| index.to_string() == line);
    index.ok_or(Error::ProofFileForm("the index is not a plain decimal number"))
}

fn parse_hash(line: &str) -> Result<Hash, Error> {
    let bytes = BASE64_STANDARD.decode(line).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(Error::ProofFileForm("a hash is not 32 bytes in base64"))
}
