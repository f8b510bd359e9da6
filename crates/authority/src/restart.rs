//! A log that starts anew after entries were lost for good: its key file, and what partners hold of what was lost, put
//! back in the order in which it was said.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use domain::digest::{Bytes, Digest};
use domain::id::Id;
use domain::partner::{KeyFile, Message, MessageRecovered, RecoverMessage, Restarted, Signed};
use domain::{Command, Event};
use exchange::Answer;
use jiff::Timestamp;

use crate::error::AuthorityError;
use crate::keys::named_log_key;
use crate::place::Place;
use crate::recover::JournalHashes;
use crate::rotation::own_file;
use crate::{AtRest, Authority, Outcome, look};

/// What came of putting back what one partner holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutBack {
    /// Messages of this authority that are in the journal again.
    pub own: usize,
    /// Those of them that hold in the register again; what the others say people enter.
    pub holds: usize,
    /// Messages of the partner that were taken again.
    pub theirs: usize,
}

/// A message, and what was known to its sender when it was made.
struct Said {
    text: String,
    signed: Signed,
    message: Message,
}

fn refused(what: impl Into<String>) -> AuthorityError {
    AuthorityError::Refused(what.into())
}

/// Makes the secret of a new log in `keys/`, and gives the key file that tells of it and waits for the root key's
/// signature. `checkpoint` is the last one of the log that anybody has seen; refused if the journal continues it.
pub fn request_restart(
    folder: &Path,
    at: Timestamp,
    checkpoint: &str,
    seed: [u8; 32],
) -> Result<KeyFile, AuthorityError> {
    let look = look(folder)?;
    let state = &look.state;
    let last = tlog::verify(checkpoint, state.log_key())
        .map_err(|why| refused(format!("the checkpoint is not of this authority's log: {why}")))?;
    if last.size <= state.size && tlog::root_at(&JournalHashes(&*look.journal), last.size)? == last.root {
        return Err(refused(format!(
            "log_continues: the journal continues the checkpoint of {} entries: nothing is lost, and the log goes on",
            last.size
        )));
    }
    let keys = look.place.keys()?.ok_or_else(|| refused("it has no keys"))?;
    let log = named_log_key(&state.founding.id, seed)?;
    let text = |text: &str| text.parse().map_err(AuthorityError::Refused);
    let mut file = own_file(&look.place, &keys, state)?;
    file.restarted = Some(Restarted {
        log_key: text(state.log_key())?,
        size: last.size,
        root: Bytes(last.root),
    });
    file.log_key = text(&log.verifier())?;
    file.cosignature_key = text(&log.cosignature_verifier())?;
    // To the second: it is read by people.
    let issued = Timestamp::from_second(at.as_second()).map_err(|error| refused(error.to_string()))?;
    file.issued = Some(issued);
    look.place.keep_log_key(&log)?;
    Ok(file)
}

impl Authority {
    /// Opens the authority of a folder between two logs: no checkpoint is signed before its new log is in force.
    pub fn open_between_logs(folder: &Path) -> Result<Self, AuthorityError> {
        let place = Place::open(folder)?;
        let keys = place
            .keys()?
            .ok_or_else(|| refused("storage in memory cannot be opened again"))?;
        let stores = store::open(folder, place.engine())?;
        let place = Arc::new(place);
        AtRest { place, stores, keys }.open_between_logs()
    }

    /// Puts back what a partner holds of what was lost: messages of this authority, which are recorded as said, and the
    /// partner's own, which are taken as ever. Each comes after what its sender had known when it was made.
    pub fn put_back(
        &self,
        at: Timestamp,
        partner: &Id,
        own: &[String],
        theirs: &[String],
    ) -> Result<PutBack, AuthorityError> {
        let mut done = PutBack::default();
        let sent = {
            let state = self.state();
            let partner = state.partners.get(partner);
            partner.and_then(|partner| partner.sent).map_or(0, |last| last.seq)
        };
        let mut own = read(own)?;
        // Put back before, by a process that did not come to its end.
        own.retain(|said| said.message.seq > sent);
        for (said, ours) in in_order(own, read(theirs)?) {
            if ours {
                done.own += 1;
                done.holds += usize::from(self.recover(at, partner, &said)?);
                continue;
            }
            match self.accept(at, said.text.as_bytes())? {
                Answer::Receipt(_) => done.theirs += 1,
                answer => {
                    let seq = said.message.seq;
                    return Err(refused(format!("message {seq} of {partner} is not taken: {answer:?}")));
                }
            }
        }
        Ok(done)
    }

    /// Records a message of ours that the partner holds; tells whether what it says holds in the register again.
    fn recover(&self, at: Timestamp, to: &Id, said: &Said) -> Result<bool, AuthorityError> {
        exchange::check_recovered(&self.state(), to, &said.signed).map_err(|reject| refused(reject.to_string()))?;
        let waits = self.waits_as(to, &said.message)?;
        let entry = |same: bool| waits.filter(|(_, is_same)| *is_same == same).map(|(entry, _)| entry);
        let recover = RecoverMessage {
            to: to.clone(),
            message: said.signed.clone(),
            queued: entry(true),
            instead: entry(false),
        };
        let receipt = self.submit_own(at, at, Command::RecoverMessage(Box::new(recover)), said.text.as_bytes())?;
        let seq = match receipt.outcome {
            Outcome::Done { seq, .. } => seq,
            Outcome::Refused { code, says, .. } => {
                return Err(refused(format!("message {} to {to}: {code}: {says}", said.message.seq)));
            }
        };
        match self.written(seq)?.0.event {
            Event::MessageRecovered(recovered) => Ok(MessageRecovered::clone(&recovered).holds),
            event => Err(AuthorityError::Broken(format!("entry {seq} is {}", event.kind()))),
        }
    }

    /// The entry that queued what a message says, or something else of its kind about its case, if that waits to be signed;
    /// and whether it is the same.
    fn waits_as(&self, to: &Id, message: &Message) -> Result<Option<(u64, bool)>, AuthorityError> {
        let queue: Vec<u64> = {
            let state = self.state();
            let queue = state.partners.get(to).into_iter().flat_map(|partner| &partner.queue);
            queue.map(|queued| queued.entry).collect()
        };
        let mut other = None;
        for entry in queue {
            let queued = self.queued(entry)?;
            if queued.notice.kind() != message.kind.as_str() || queued.case != message.case {
                continue;
            }
            if queued.notice.body().map_err(AuthorityError::Broken)? == message.body {
                return Ok(Some((entry, true)));
            }
            other = other.or(message.case.as_ref().map(|_| (entry, false)));
        }
        Ok(other)
    }
}

fn read(texts: &[String]) -> Result<VecDeque<Said>, AuthorityError> {
    let read = |text: &String| {
        let signed = exchange::parse(text.as_bytes()).map_err(|reject| refused(reject.to_string()))?;
        let message = signed.payload.read().map_err(AuthorityError::Refused)?;
        let text = text.clone();
        Ok(Said { text, signed, message })
    };
    texts.iter().map(read).collect()
}

/// Both sides' messages in one order: each side's in that of its chain, and none before what its sender knew when it was
/// made. `true` marks ours.
fn in_order(mut own: VecDeque<Said>, mut theirs: VecDeque<Said>) -> Vec<(Said, bool)> {
    let mut order = Vec::with_capacity(own.len() + theirs.len());
    let (mut of_own, mut of_theirs) = (Waited::of(&own), Waited::of(&theirs));
    loop {
        let is_next = |said: Option<&Said>, before: &Waited| said.is_some_and(|said| !before.has(&said.message));
        // Two that wait for each other cannot be; whoever claims it comes in the order of our chain.
        let ours = is_next(own.front(), &of_theirs) || (!own.is_empty() && !is_next(theirs.front(), &of_own));
        let (from, waited) = if ours {
            (&mut own, &mut of_own)
        } else {
            (&mut theirs, &mut of_theirs)
        };
        let Some(said) = from.pop_front() else { return order };
        waited.came(&said);
        order.push((said, ours));
    }
}

/// The messages of one side that have not come yet, as far as those of the other one may wait for them.
struct Waited {
    hashes: BTreeSet<Digest>,
    /// Cancellations, which are of no case: `already_dispatched` answers one.
    cancellations: usize,
}

impl Waited {
    fn of(said: &VecDeque<Said>) -> Self {
        Self {
            hashes: said.iter().map(|said| said.signed.hash()).collect(),
            cancellations: said.iter().filter(|said| cancels(&said.message)).count(),
        }
    }

    /// Whether a message of the other side was made after one of these.
    fn has(&self, message: &Message) -> bool {
        let late = message.kind.as_str() == "already_dispatched" && self.cancellations > 0;
        late || message.seen.is_some_and(|seen| self.hashes.contains(&seen))
    }

    fn came(&mut self, said: &Said) {
        self.hashes.remove(&said.signed.hash());
        self.cancellations -= usize::from(cancels(&said.message));
    }
}

fn cancels(message: &Message) -> bool {
    message.kind.as_str() == "import_authorization_cancelled"
}
