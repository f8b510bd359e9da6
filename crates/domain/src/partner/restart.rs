//! A log that starts anew: its last entries are lost for good, and the authority's root key says so. What the authority
//! had said to a partner is still known there, signed with its own key, and is put back.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChainEnd, KeyFile, Message, Partner, PartnerRefusal, Restarted, Signed, TreeHead, chain, unjournaled};
use crate::State;
use crate::digest::Digest;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::refusal::Refused;
use crate::trade;
use crate::{Broken, broken};

/// The root of a log with no entries (RFC 6962 §2.1.1): the SHA-256 hash of nothing.
const EMPTY_ROOT: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl TreeHead {
    /// The head of a log of which nothing was seen.
    pub const EMPTY: Self = Self {
        size: 0,
        root: crate::digest::Bytes(EMPTY_ROOT),
    };
}

/// A log that is continued no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedLog {
    /// Its verifier key.
    pub log_key: Text,
    /// The key of its cosignatures; none while it is that of the founding.
    pub cosignature_key: Option<Text>,
    /// The entry with which its end became known.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// Its last checkpoint that anybody is known to have seen, as the root key says.
    pub head: TreeHead,
    /// Its last checkpoint in a message that this authority has taken; none of its own log.
    pub seen: Option<TreeHead>,
}

/// The name of a log in its verifier key, which is the first line of its checkpoints.
fn origin(verifier: &str) -> &str {
    verifier.split('+').next().unwrap_or_default()
}

/// Of a log and those before it, the verifier key of the one that a checkpoint is of, if it is one of them.
fn key_of<'a>(now: &'a Text, ended: &'a [EndedLog], checkpoint: &str) -> Option<&'a str> {
    let first = checkpoint.lines().next().unwrap_or_default();
    let all = ended.iter().map(|log| &log.log_key).chain([now]);
    all.map(Text::as_str).find(|key| origin(key) == first)
}

impl State {
    /// The verifier key of the log: its checkpoints are signed with that now.
    pub fn log_key(&self) -> &str {
        self.own.log_key.as_str()
    }

    /// The verifier key that signed a checkpoint of so many entries.
    pub fn log_key_at(&self, size: u64) -> &str {
        let ended = self.own.ended.iter().find(|log| size <= log.entry);
        ended.map_or(self.log_key(), |log| log.log_key.as_str())
    }

    /// The verifier key of the log, or of one before it, that a checkpoint of this authority is of.
    pub fn log_key_of(&self, checkpoint: &str) -> Option<&str> {
        key_of(&self.own.log_key, &self.own.ended, checkpoint)
    }
}

impl Partner {
    /// The verifier key of its log, or of one before it, that a checkpoint is of.
    pub fn log_key_of(&self, checkpoint: &str) -> Option<&str> {
        key_of(&self.file.log_key, &self.ended, checkpoint)
    }

    /// Whether a checkpoint is of a log of this partner that is continued no more.
    pub fn has_ended(&self, checkpoint: &str) -> bool {
        let first = checkpoint.lines().next().unwrap_or_default();
        self.ended.iter().any(|log| origin(log.log_key.as_str()) == first)
    }

    /// The keys with which it cosigns, and has cosigned.
    pub fn cosignature_keys(&self) -> impl Iterator<Item = &str> {
        let ended = self.ended.iter().filter_map(|log| log.cosignature_key.as_ref());
        ended.chain([&self.file.cosignature_key]).map(Text::as_str)
    }
}

/// Whether a key file tells that the log in force starts anew: it names that one as ended, and another, which is nobody's.
pub(super) fn restarts(state: &State, file: &KeyFile, log_key: &Text) -> Refused<bool> {
    let Some(restarted) = file.restarted.as_ref().filter(|_| file.log_key != *log_key) else {
        return Ok(false);
    };
    if restarted.log_key != *log_key {
        return Ok(false);
    }
    let name = origin(file.log_key.as_str());
    let own = state
        .own
        .ended
        .iter()
        .map(|log| &log.log_key)
        .chain([&state.own.log_key]);
    let of_partner = |partner: &Partner| {
        let ended = partner.ended.iter().any(|log| origin(log.log_key.as_str()) == name);
        ended || origin(partner.file.log_key.as_str()) == name
    };
    let by = if own.into_iter().any(|key| origin(key.as_str()) == name) {
        Some(&state.founding.id)
    } else {
        state
            .partners
            .iter()
            .find(|partner| of_partner(partner))
            .map(|partner| &partner.file.id)
    };
    let Some(by) = by else { return Ok(true) };
    let (partner, key, by) = (file.id.to_string(), "log", by.to_string());
    Err(PartnerRefusal::KeyTaken { partner, key, by }.into())
}

/// Whether a key file tells of a partner that its log starts anew: then two persons hear its fingerprint.
pub(super) fn restarts_partner(state: &State, file: &KeyFile) -> bool {
    let partner = state.partners.get(&file.id);
    partner.is_some_and(|partner| file.restarted.is_some() && partner.file.log_key != file.log_key)
}

fn ended(
    log_key: Text,
    cosignature_key: Option<Text>,
    restarted: &Restarted,
    (entry, at): (u64, Timestamp),
) -> EndedLog {
    EndedLog {
        log_key,
        cosignature_key,
        entry,
        at,
        head: TreeHead {
            size: restarted.size,
            root: restarted.root,
        },
        seen: None,
    }
}

/// A key file is in force that tells of another log. What was shown of the old one proves nothing of the new one.
pub(super) fn apply(state: &mut State, file: &KeyFile, entry: u64, at: Timestamp) {
    let Some(restarted) = &file.restarted else { return };
    if file.id == state.founding.id {
        if file.log_key == state.own.log_key {
            return;
        }
        let cosigned = state.own.file.as_ref().map(|file| file.cosignature_key.clone());
        let log_key = std::mem::replace(&mut state.own.log_key, file.log_key.clone());
        state.own.ended.push(ended(log_key, cosigned, restarted, (entry, at)));
        for partner in state.partners.iter_mut() {
            forget_head(&mut partner.sent);
            partner.settle_alarms(true);
        }
        return;
    }
    let Some(partner) = state.partners.get_mut(&file.id) else {
        return;
    };
    if file.log_key == partner.file.log_key {
        return;
    }
    let held = &partner.file;
    let mut ended = ended(
        held.log_key.clone(),
        Some(held.cosignature_key.clone()),
        restarted,
        (entry, at),
    );
    ended.seen = partner.received.map(|last| last.head);
    partner.ended.push(ended);
    forget_head(&mut partner.received);
    partner.settle_alarms(false);
}

/// The chain goes on where it was; the log in it does not.
pub(super) fn forget_head(end: &mut Option<ChainEnd>) {
    if let Some(end) = end {
        end.head = TreeHead::EMPTY;
    }
}

/// A message of ours that a partner has taken, and that the journal has lost. Its signature is verified before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverMessage {
    /// The partner that holds it.
    pub to: Id,
    /// The message.
    pub message: Signed,
    /// The entry that queued what it says, if that waits to be signed: it is in the register, and said already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<u64>,
    /// The entry that queued something else of this kind about the case, which waits to be signed: it follows from what the
    /// partner had said and is taken again, and is said no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<u64>,
}

/// A message of ours is back in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRecovered {
    /// The partner that held it.
    pub to: Id,
    /// The message.
    pub message: Signed,
    /// The entry that queued what it says, if that waited to be signed.
    pub queued: Option<u64>,
    /// The entry that queued something else of this kind about the case, if that waited.
    pub instead: Option<u64>,
    /// Whether what it says holds in the register again; else people enter it.
    pub holds: bool,
}

/// A message of ours that came back, as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveredMessage {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// The entry that holds it.
    pub entry: u64,
    /// Its kind.
    pub kind: Id,
    /// The case it belongs to.
    pub case: Option<Id>,
    /// Whether what it says holds in the register again; else people enter it.
    pub holds: bool,
}

/// Decides the recovery of a message: the log was restarted, and the message is the next of the chain that the partner holds.
pub(crate) fn decide_recover(state: &State, data: &RecoverMessage) -> Refused<Event> {
    let partner = state.partners.find(&data.to)?;
    let message = chain::read(&data.message)?;
    let waits = |entry: &u64| partner.queue.iter().any(|queued| queued.entry == *entry);
    let fits = !state.own.ended.is_empty()
        && message.from == state.founding.id
        && message.to == data.to
        && message.seq == partner.sent.map_or(1, |last| last.seq + 1)
        && message.prev == partner.sent.map(|last| last.hash)
        && data.queued.iter().chain(&data.instead).all(waits);
    if !fits {
        let to = data.to.to_string();
        return Err(unjournaled(PartnerRefusal::NotNext { to }));
    }
    Ok(Event::MessageRecovered(Box::new(MessageRecovered {
        to: data.to.clone(),
        message: data.message.clone(),
        queued: data.queued,
        instead: data.instead,
        // What still waited to be signed has its effect already.
        holds: data.queued.is_some() || trade::can_be_put_back(state, &data.to, &message),
    })))
}

pub(crate) fn apply_recovered(
    state: &mut State,
    entry: u64,
    recovered: &MessageRecovered,
    on: Date,
) -> Result<(), Broken> {
    let message: Message = recovered.message.payload.read().map_err(|why| broken("message", why))?;
    let hash = recovered.message.hash();
    let partner = state.partners.get_mut(&recovered.to);
    let partner = partner.ok_or_else(|| broken("partner", &recovered.to))?;
    partner.sent = Some(ChainEnd {
        seq: message.seq,
        hash,
        head: TreeHead::EMPTY,
    });
    let said = [recovered.queued, recovered.instead];
    partner.queue.retain(|queued| !said.contains(&Some(queued.entry)));
    partner.recovered.push(RecoveredMessage {
        seq: message.seq,
        hash,
        entry,
        kind: message.kind.clone(),
        case: message.case.clone(),
        holds: recovered.holds,
    });
    if recovered.holds && recovered.queued.is_none() {
        trade::put_back(state, &recovered.to, &message, on)?;
    }
    trade::apply_sent(state, &message, hash);
    Ok(())
}
