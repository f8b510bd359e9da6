//! The part of `fsck` that is about partners: every signature, chain, tree head and cosignature is verified again, with
//! the keys that were trusted when the entry was recorded.

use std::collections::BTreeMap;

use domain::digest::{Digest, PublicKey};
use domain::id::Id;
use domain::partner::{Message, MessageQueued, MessageReceipted, MessageSigned, Partner, Receipt as MessageReceipt};
use domain::{Entry, Event, State};

/// What is remembered of entries before, to verify those that speak of them.
#[derive(Default)]
pub(crate) struct Letters {
    /// Cosignature lines as stored, by size and name.
    pub cosignatures: BTreeMap<(u64, String), String>,
    /// Messages that wait to be signed, by entry.
    queued: BTreeMap<u64, MessageQueued>,
    /// Messages of ours that have no receipt yet.
    sent: BTreeMap<(Id, Digest), Sent>,
}

/// A message that was signed.
struct Sent {
    /// The checkpoint in it.
    checkpoint: String,
    /// The entry that queued it, and what that says: it may be signed again.
    queued: (u64, Option<MessageQueued>),
}

impl Letters {
    /// Checks an entry against the state before it.
    pub fn check(&mut self, state: &State, entry: &Entry) -> Result<(), String> {
        let at = entry.recorded_at;
        let checked = match &entry.event {
            Event::PartnerPaired(paired) => exchange::check_key_file(&paired.file),
            Event::KeyFileInstalled(installed) => {
                same_root(state, &installed.file.id, installed.file.root)?;
                exchange::check_key_file(&installed.file)
            }
            Event::KeyDistrusted(distrusted) => {
                same_root(state, &distrusted.statement.id, distrusted.statement.root)?;
                exchange::check_untrusted(&distrusted.statement)
            }
            Event::MessagesRequeued(requeued) => {
                self.requeue(&requeued.to);
                return Ok(());
            }
            Event::MessageQueued(queued) => {
                self.queued.insert(entry.seq, (**queued).clone());
                return Ok(());
            }
            Event::MessageSigned(signed) => return self.check_signed(state, signed),
            Event::MessageReceipted(receipted) => return self.check_receipted(state, receipted),
            Event::LogAlarmRaised(raised) => exchange::check_alarm(state, raised, at),
            Event::MessageReceived(received) => exchange::check_received(state, received, at),
            Event::MessageRecovered(recovered) => exchange::check_recovered(state, &recovered.to, &recovered.message),
            Event::MessageEquivocated(evidence) => exchange::check_equivocated(state, evidence, at),
            _ => return Ok(()),
        };
        checked.map_err(|reject| reject.to_string())
    }

    fn check_signed(&mut self, state: &State, signed: &MessageSigned) -> Result<(), String> {
        let queued = self.queued.remove(&signed.queued);
        let checked = exchange::check_signed(state, signed, queued.as_ref()).map_err(|reject| reject.to_string());
        if let Ok(message) = signed.message.payload.read::<Message>() {
            let name = (signed.to.clone(), signed.message.hash());
            let (checkpoint, queued) = (message.checkpoint, (signed.queued, queued));
            self.sent.insert(name, Sent { checkpoint, queued });
        }
        checked
    }

    /// What a partner has not taken waits to be signed again.
    fn requeue(&mut self, to: &Id) {
        let (again, sent) = std::mem::take(&mut self.sent)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|((partner, _), _)| partner == to);
        self.sent = sent;
        let queued = again.into_values().map(|sent| sent.queued);
        self.queued
            .extend(queued.filter_map(|(entry, queued)| Some((entry, queued?))));
    }

    fn check_receipted(&mut self, state: &State, receipted: &MessageReceipted) -> Result<(), String> {
        let receipt: MessageReceipt = receipted.receipt.payload.read()?;
        let name = (receipted.by.clone(), receipt.of);
        let checkpoint = self.sent.remove(&name).map(|sent| sent.checkpoint);
        let checkpoint = checkpoint.ok_or("it is for no message that waits for a receipt")?;
        exchange::check_receipted(state, receipted, &checkpoint).map_err(|reject| reject.to_string())?;
        let cosigner = cosigner_of(state.partners.get(&receipted.by).ok_or("it is by no partner")?);
        if self
            .cosignatures
            .contains_key(&(receipt.seen_size, cosigner.to_owned()))
        {
            return Ok(());
        }
        let size = receipt.seen_size;
        Err(format!(
            "the cosignature of {cosigner} for {size} entries came with it and is missing"
        ))
    }

    /// Cosignatures that are no partner's, or not of the checkpoint that is stored.
    pub fn strange_cosignatures(&self, state: &State, checkpoints: &BTreeMap<u64, String>) -> Vec<String> {
        let check = |size: &u64, name: &str, line: &str| {
            let keys = state.partners.iter().flat_map(Partner::cosignature_keys);
            let key = keys.into_iter().find(|key| exchange::key_name(key) == name);
            let key = key.ok_or("verifies with no key the journal knows")?;
            let note = checkpoints.get(size).ok_or("is of no checkpoint")?;
            exchange::check_cosignature(note, state.log_key_at(*size), key, line)
                .map(drop)
                .map_err(|reject| format!("does not verify: {reject}"))
        };
        let told = |((size, name), line): (&(u64, String), &String)| {
            let why: String = check(size, name, line).err()?;
            Some(format!("the cosignature of {name} for {size} entries {why}"))
        };
        self.cosignatures.iter().filter_map(told).collect()
    }
}

/// What is signed with a root key is signed with the one that was known of the authority.
fn same_root(state: &State, id: &Id, root: PublicKey) -> Result<(), String> {
    let known = if *id == state.founding.id {
        Some(state.founding.root)
    } else {
        state.partners.get(id).map(|partner| partner.file.root)
    };
    if known == Some(root) {
        return Ok(());
    }
    Err(format!(
        "it is signed with another root key than the one that is known of {id}"
    ))
}

/// The name under which a partner cosigns.
fn cosigner_of(partner: &Partner) -> &str {
    partner
        .file
        .cosignature_key
        .as_str()
        .split('+')
        .next()
        .unwrap_or_default()
}
