//! Witnessing (<https://c2sp.org/tlog-witness>): logs of others that this authority cosigns, and witnesses that cosign its
//! own, as the operator's file `witness.toml` says.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use tlog::{AddCheckpoint, Checkpoint, Hash, WitnessRefusal};

use crate::Authority;
use crate::error::{AuthorityError, at};
use crate::recover::JournalHashes;
use crate::writer::cosigner;

/// The name of the file.
const FILE: &str = "witness.toml";
/// Before the origin of a log, in the name under which its last cosigned checkpoint is kept.
const COSIGNED: &str = "witness_cosigned:";
/// Set where local data was restored: what was cosigned since the backup is forgotten.
pub const MEMORY_LOST: &str = "witness_memory_lost";
/// Before the name of a witness: the size of the last checkpoint of ours that it has, and its cosignature of it.
const HAS: &str = "witness_has:";
const LINE: &str = "witness_line:";

/// What the operator's file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnessing {
    /// So many cosignatures a checkpoint needs to be shown as witnessed.
    #[serde(default)]
    pub need: usize,
    /// Logs of others that this authority cosigns.
    #[serde(default)]
    pub log: Vec<WitnessedLog>,
    /// Witnesses that are asked to cosign its own.
    #[serde(default)]
    pub witness: Vec<OwnWitness>,
}

/// A log of others.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessedLog {
    /// Its verifier key, as in a signed note.
    pub key: String,
}

/// A witness of the own log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnWitness {
    /// The verifier key of its cosignatures.
    pub key: String,
    /// Where it is asked: `/add-checkpoint` follows.
    pub url: String,
}

/// What a witness is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessAsk {
    /// Its name.
    pub name: String,
    /// Where.
    pub url: String,
    /// The request.
    pub body: String,
    /// The checkpoint in it.
    pub note: String,
}

/// What a witness answered.
#[derive(Clone, Copy, Debug)]
pub enum WitnessAnswer<'a> {
    /// 200: its lines.
    Cosigned(&'a str),
    /// 409: the size that it has.
    Has(&'a str),
    /// Anything else.
    Refused(u16),
}

/// How far the own log is witnessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// The largest checkpoint with as many cosignatures as are needed; none if there is none, or none are needed.
    pub size: Option<u64>,
    /// Who has cosigned it.
    pub by: Vec<String>,
    /// How many are needed.
    pub need: usize,
}

impl Witnessing {
    /// Reads the file of a folder; without one, nothing is witnessed.
    pub(crate) fn read(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let wrong = |what: String| AuthorityError::Folder(path.clone(), what);
        let text = std::fs::read_to_string(&path).map_err(at(&path))?;
        let read: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut names = BTreeSet::new();
        for log in &read.log {
            if !exchange::is_log_key(&log.key) {
                return Err(wrong(format!("{} is no verifier key of a log", log.key)));
            }
            if !names.insert(exchange::key_name(&log.key)) {
                return Err(wrong(format!("{} is named twice", exchange::key_name(&log.key))));
            }
        }
        for witness in &read.witness {
            if !exchange::is_cosigner_key(&witness.key) {
                return Err(wrong(format!("{} is no verifier key of a cosigner", witness.key)));
            }
            exchange::check_url(&witness.url).map_err(|reject| wrong(reject.says))?;
        }
        Ok(read)
    }
}

impl Authority {
    /// Cosigns a checkpoint of another log that continues the last one that was cosigned. What is cosigned is durable
    /// before the line leaves. The inner error is the witness's refusal.
    pub fn add_checkpoint(&self, at: Timestamp, body: &str) -> Result<Result<String, WitnessRefusal>, AuthorityError> {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let origin = request.origin();
        // A partner's log is cosigned with its messages, and with nothing else: two memories of one log could disagree.
        let of_partner = {
            let state = self.state();
            let is_its = |partner: &domain::partner::Partner| partner.log_key_of(origin).is_some();
            state.partners.iter().any(is_its) || self.keys.logs.0.iter().any(|key| key.origin() == origin)
        };
        let log = self
            .witnessing
            .log
            .iter()
            .find(|log| exchange::key_name(&log.key) == origin);
        let Some(log) = log.filter(|_| !of_partner) else {
            return Ok(Err(WitnessRefusal::LogUnknown));
        };
        let (name, log_key) = (format!("{COSIGNED}{origin}"), self.log_key());
        // Held to the end: one request after the other.
        let mut local = self.local();
        if local.meta(MEMORY_LOST)?.is_some() {
            return Ok(Err(WitnessRefusal::LogUnknown));
        }
        let last = local
            .meta(&name)?
            .map(|kept| kept_checkpoint(origin, &kept))
            .transpose()?;
        let new = match request.check(&log.key, last.as_ref()) {
            Ok(new) => new,
            Err(refusal) => return Ok(Err(refusal)),
        };
        local.put_meta(&name, &format!("{} {}", new.size, STANDARD.encode(new.root)))?;
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        let line = tlog::cosign(
            &request.note,
            &log.key,
            last.as_ref(),
            &request.proof,
            self.keys.logs.find(&log_key)?,
            seconds,
        )?;
        Ok(Ok(line))
    }

    /// Forgets what belonged to the log before: its witnesses know nothing of the new one, and what was cosigned with the
    /// old key since a backup is nothing that the new key has signed.
    pub fn witness_anew(&self) -> Result<(), AuthorityError> {
        let mut local = self.local();
        local.forget_meta(MEMORY_LOST)?;
        for witness in &self.witnessing.witness {
            let name = exchange::key_name(&witness.key);
            local.forget_meta(&format!("{HAS}{name}"))?;
            local.forget_meta(&format!("{LINE}{name}"))?;
        }
        Ok(())
    }

    /// What the witnesses of the own log are to be asked now: those that do not have the newest checkpoint.
    pub fn witness_asks(&self) -> Result<Vec<WitnessAsk>, AuthorityError> {
        let newest = self.read(|journal| journal.latest_checkpoint())?;
        let Some((size, note)) = newest else {
            return Ok(Vec::new());
        };
        let mut asks = Vec::new();
        for witness in &self.witnessing.witness {
            let name = exchange::key_name(&witness.key).to_owned();
            let (has, line) = {
                let local = self.local();
                (
                    local.meta(&format!("{HAS}{name}"))?,
                    local.meta(&format!("{LINE}{name}"))?,
                )
            };
            let old_size: u64 = has.and_then(|has| has.parse().ok()).unwrap_or(0);
            let cosigned = line.is_some_and(|line| line.split('\n').next() == Some(&size.to_string()));
            if cosigned || old_size > size {
                continue;
            }
            let proof = self.read(|journal| tlog::consistency_proof(&JournalHashes(journal), old_size, size))?;
            let request = AddCheckpoint {
                old_size,
                proof,
                note: note.clone(),
            };
            asks.push(WitnessAsk {
                name,
                url: witness.url.clone(),
                body: request.to_text(),
                note: note.clone(),
            });
        }
        Ok(asks)
    }

    /// Hears what a witness answered. The inner error says why its cosignature is not there.
    pub fn hear_witness(
        &self,
        ask: &WitnessAsk,
        answer: WitnessAnswer<'_>,
    ) -> Result<Result<(), String>, AuthorityError> {
        let of_name = |witness: &&OwnWitness| exchange::key_name(&witness.key) == ask.name;
        let Some(witness) = self.witnessing.witness.iter().find(of_name) else {
            return Ok(Err(format!("{} is no witness", ask.name)));
        };
        let has = format!("{HAS}{}", ask.name);
        match answer {
            WitnessAnswer::Has(body) => {
                let size = body.strip_suffix('\n').and_then(|size| size.parse::<u64>().ok());
                let Some(size) = size else {
                    return Ok(Err(format!("{} answered with no size", ask.name)));
                };
                self.local().put_meta(&has, &size.to_string())?;
                Ok(Err(format!("{} has {size} entries, and is asked again", ask.name)))
            }
            WitnessAnswer::Refused(status) => Ok(Err(format!("{} answered {status}", ask.name))),
            WitnessAnswer::Cosigned(lines) => {
                let mark = format!("\u{2014} {} ", ask.name);
                let line = lines.lines().find(|line| line.starts_with(&mark));
                let line = format!("{}\n", line.unwrap_or_default());
                let checked = exchange::check_cosignature(&ask.note, &self.log_key(), &witness.key, &line);
                let size = match checked {
                    Ok(size) => size,
                    Err(reject) => return Ok(Err(format!("{}: {reject}", ask.name))),
                };
                let mut local = self.local();
                local.put_meta(&has, &size.to_string())?;
                local.put_meta(&format!("{LINE}{}", ask.name), &format!("{size}\n{line}"))?;
                Ok(Ok(()))
            }
        }
    }

    /// The cosignatures of witnesses of the own log: the size of each one's checkpoint, its name, its line.
    pub fn witness_lines(&self) -> Result<Vec<(u64, String, String)>, AuthorityError> {
        let local = self.local();
        let mut lines = Vec::new();
        for witness in &self.witnessing.witness {
            let name = exchange::key_name(&witness.key);
            let kept = local.meta(&format!("{LINE}{name}"))?;
            let kept = kept.as_deref().and_then(|kept| kept.split_once('\n'));
            if let Some((size, line)) = kept.and_then(|(size, line)| Some((size.parse().ok()?, line))) {
                lines.push((size, name.to_owned(), line.to_owned()));
            }
        }
        Ok(lines)
    }

    /// How far the own log is witnessed: cosignatures that came with partners' receipts count, and those of witnesses.
    pub fn witnessed(&self) -> Result<Witnessed, AuthorityError> {
        let need = self.witnessing.need;
        if need == 0 {
            return Ok(Witnessed::default());
        }
        let mut by_size: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for (size, name, _) in self.witness_lines()? {
            by_size.entry(size).or_default().insert(name);
        }
        self.read(|journal| {
            journal.cosignatures(&mut |size, _, line| {
                by_size.entry(size).or_default().insert(cosigner(line).to_owned());
                ControlFlow::Continue(())
            })
        })?;
        let enough = by_size.into_iter().rev().find(|(_, names)| names.len() >= need);
        let (size, by) = enough.map_or((None, Vec::new()), |(size, by)| (Some(size), by.into_iter().collect()));
        Ok(Witnessed { size, by, need })
    }
}

/// A checkpoint as it is kept: its size, and its root in base64.
fn kept_checkpoint(origin: &str, kept: &str) -> Result<Checkpoint, AuthorityError> {
    let read = kept.split_once(' ').and_then(|(size, root)| {
        let root: Hash = STANDARD.decode(root).ok()?.try_into().ok()?;
        Some((size.parse().ok()?, root))
    });
    let (size, root) =
        read.ok_or_else(|| AuthorityError::Broken(format!("the last checkpoint of {origin}: {kept}")))?;
    let origin = origin.to_owned();
    Ok(Checkpoint { origin, size, root })
}
