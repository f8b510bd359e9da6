//! The exchange with partner authorities: messages are taken and answered, signed and sent, and their receipts kept.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use domain::access::Actor;
use domain::digest::Digest;
use domain::id::Id;
use domain::partner::{
    KeyFile, Message, MessageQueued, MessageSigned, Receipt as MessageReceipt, ReceiveMessage, RequeueMessages, Signed,
    Taken, TreeHead, Unanswered,
};
use domain::trade::PassDay;
use domain::{Command, Entry, Envelope, Event};
use exchange::{About, Answer, Draft, Journaled, Opened, Reject};
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::AuthorityError;
use crate::receipt::{Outcome, Receipt};
use crate::recover::{JournalHashes, as_written};
use crate::{Authority, case_entries};

/// What the answer says to a message that contradicts one that was taken.
const EQUIVOCATION: &str = "equivocation";

/// Refusals that tell of another message which was taken meanwhile: the message is looked at again.
const RACES: [&str; 2] = ["message_repeated", "message_out_of_order"];

/// Refusals of the key that signed a message.
const KEY_REFUSED: [&str; 3] = ["key_unknown", "key_untrusted", "log_ended"];

/// So often a message is looked at while others come in between.
const ATTEMPTS: usize = 3;

/// A message that waits for its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The partner it is for.
    pub to: Id,
    /// Where that takes messages; none if it can only be reached by files.
    pub url: Option<String>,
    /// Its number in the chain to that partner.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// After this moment it is taken, but what it says is refused.
    pub not_after: Timestamp,
    /// What is sent: a JWS compact string, the same for ever.
    pub bytes: String,
}

/// What became of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is in the journal.
    Recorded {
        /// The entry.
        seq: u64,
        /// Why the partner does not accept what the message says, if it does not: a task for a person.
        refused: Option<Id>,
    },
    /// It is not taken.
    Refused {
        /// Stable code.
        code: String,
        /// The sentence.
        says: String,
    },
}

/// What a round of sending came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Messages signed.
    pub signed: usize,
    /// Messages that were answered, whatever the answer.
    pub sent: usize,
    /// Receipts recorded.
    pub settled: usize,
    /// Partners with whom the round stopped, and why.
    pub failed: Vec<(Id, String)>,
}

/// What came of a message that was looked at.
struct Looked {
    answer: Answer,
    /// The sender, if its chain has grown.
    grown: Option<Id>,
}

impl From<Answer> for Looked {
    fn from(answer: Answer) -> Self {
        Self { answer, grown: None }
    }
}

impl Authority {
    /// What it tells a partner of itself, signed with its root key: the file that was installed last, or else one of the
    /// founding's key.
    pub fn key_file(&self) -> Result<KeyFile, AuthorityError> {
        if let Some(file) = self.state().own.file.clone() {
            return Ok(file);
        }
        let missing =
            || AuthorityError::Refused("the root key is not in keys/: bring it to make a key file".to_owned());
        let root = self.keys.root.as_ref().ok_or_else(missing)?;
        let text = |text: &str| text.parse().map_err(AuthorityError::Refused);
        let url = self.place.url();
        let state = self.state();
        let founding = &state.founding;
        Ok(exchange::key_file(
            root,
            About {
                id: founding.id.clone(),
                name: founding.name.clone(),
                country: founding.country,
                province: founding.province.clone(),
                url: url.as_deref().map(text).transpose()?,
                log_key: founding.log_key.clone(),
                cosignature_key: text(&self.keys.logs.find(state.log_key())?.cosignature_verifier())?,
                key: founding.key.clone(),
                age: self.keys.first_recipient.clone(),
            },
        ))
    }

    /// The lines of a file that a partner has encrypted to this authority; each is then taken as if it had come alone.
    pub fn read_file(&self, bytes: &[u8]) -> Result<String, Reject> {
        exchange::unseal(&self.keys.exchange.file_keys(), bytes)
    }

    /// Takes a message from a partner, however it came: what it says becomes entries, and the answer is its receipt.
    /// The same message again gets the same receipt, bit by bit.
    pub fn accept(&self, at: Timestamp, bytes: &[u8]) -> Result<Answer, AuthorityError> {
        let Looked { answer, grown } = self.look_at(at, bytes)?;
        let mut next = grown;
        while let Some(from) = next {
            // What was parked is answered when its sender sends it again.
            next = match self.unpark(&from) {
                Some(bytes) => self.look_at(at, &bytes)?.grown.or(Some(from)),
                None => None,
            };
        }
        Ok(answer)
    }

    fn look_at(&self, at: Timestamp, bytes: &[u8]) -> Result<Looked, AuthorityError> {
        let mut refused = None;
        for _ in 0..ATTEMPTS {
            let opened = {
                let state = self.state();
                exchange::open(&state, bytes, at.max(state.recorded_at))
            };
            let message = match opened {
                Err(reject) => return Ok(Answer::from(reject).into()),
                Ok(Opened::Repeat { entry }) => return Ok(self.receipt_for(entry)?.into()),
                Ok(Opened::Alarm(shown)) => return Ok(self.raise(at, *shown)?.into()),
                Ok(Opened::Early { from, seq, expected }) => {
                    lock(&self.parked).put(from, seq, bytes);
                    return Ok(Answer::Parked { expected }.into());
                }
                Ok(Opened::Next(message)) => message,
            };
            match self.take(at, message)? {
                Taking::Taken(looked) => return Ok(looked),
                Taking::Refused { code, says } if RACES.contains(&code.as_str()) => refused = Some((code, says)),
                Taking::Refused { code, says } => return Ok(Answer::Refused { code, says }.into()),
            }
        }
        let (code, says) = refused.unwrap_or_default();
        Ok(Answer::Refused { code, says }.into())
    }

    /// Hands a message over to the writer.
    fn take(&self, at: Timestamp, message: ReceiveMessage) -> Result<Taking, AuthorityError> {
        let from = message.from.clone();
        let bytes = message.message.compact();
        // The id comes of the message alone: whenever it comes again, its entries are found.
        let made = message
            .message
            .payload
            .read::<Message>()
            .map_or(at, |message| message.created);
        let command = Command::ReceiveMessage(Box::new(message));
        let seq = match self.submit_own(at, made, command, bytes.as_bytes())?.outcome {
            Outcome::Done { seq, .. } => seq,
            Outcome::Refused { code, says, .. } => return Ok(Taking::Refused { code, says }),
        };
        Ok(Taking::Taken(Looked {
            answer: self.receipt_for(seq)?,
            grown: Some(from),
        }))
    }

    /// The answer to a message that is in the journal.
    fn receipt_for(&self, seq: u64) -> Result<Answer, AuthorityError> {
        let (entry, leaf) = self.written(seq)?;
        let received = match &entry.event {
            Event::MessageReceived(received) => received,
            Event::MessageEquivocated(evidence) => {
                let says = format!("it contradicts entry {}: both are kept as evidence", evidence.taken);
                let code = EQUIVOCATION.to_owned();
                return Ok(match self.last_seen(&evidence.from)? {
                    Some(checkpoint) => Answer::Alarm { code, says, checkpoint },
                    None => Answer::Refused { code, says },
                });
            }
            event => {
                return Err(AuthorityError::Broken(format!(
                    "entry {seq} is {}, no message",
                    event.kind()
                )));
            }
        };
        let journaled = Journaled {
            seq,
            leaf,
            recorded_at: entry.recorded_at,
            received,
        };
        let key = self.key_for(&received.from, seq)?;
        let log = self.keys.logs.find(&self.log_key())?;
        let receipt = exchange::receipt(&self.state(), &key, log, journaled);
        receipt
            .map(|signed| Answer::Receipt(signed.compact()))
            .map_err(|reject| AuthorityError::Broken(reject.to_string()))
    }

    /// A parked message of a partner whose turn has come.
    fn unpark(&self, from: &Id) -> Option<Vec<u8>> {
        let next = {
            let state = self.state();
            let received = state.partners.get(from)?.received;
            received.map_or(1, |last| last.seq.saturating_add(1))
        };
        lock(&self.parked).take(from, next)
    }

    /// Signs every message that waits, in order; gives how many. A message that cannot be signed stops its partner's
    /// queue and no other.
    pub fn sign_queued(&self, at: Timestamp) -> Result<usize, AuthorityError> {
        let mut failed = Vec::new();
        self.sign_queued_telling(at, &mut failed)
    }

    /// As `sign_queued`; also tells which partners' messages could not be signed, and why.
    pub fn sign_queued_telling(&self, at: Timestamp, failed: &mut Vec<(Id, String)>) -> Result<usize, AuthorityError> {
        let _signing = lock(&self.signing);
        let waiting: Vec<Id> = {
            let state = self.state();
            let waiting = state.partners.iter().filter(|partner| !partner.queue.is_empty());
            waiting.map(|partner| partner.file.id.clone()).collect()
        };
        if waiting.is_empty() {
            return Ok(0);
        }
        let checkpoint = self.writer.checkpoint()?;
        let mut signed = 0;
        for to in waiting {
            if let Some(why) = self.must_not_speak_to(&to) {
                failed.push((to, why));
                continue;
            }
            loop {
                match self.sign_next(at, &to, &checkpoint)? {
                    Signing::Signed => signed += 1,
                    Signing::Nothing => break,
                    Signing::Failed(why) => {
                        failed.push((to, why));
                        break;
                    }
                }
            }
        }
        Ok(signed)
    }

    /// Signs the first message that waits for a partner.
    fn sign_next(&self, at: Timestamp, to: &Id, checkpoint: &str) -> Result<Signing, AuthorityError> {
        let first = {
            let state = self.state();
            let partner = state.partners.get(to);
            partner.and_then(|partner| Some((partner.queue.front()?.clone(), partner.sent)))
        };
        let Some((queued, sent)) = first else {
            return Ok(Signing::Nothing);
        };
        let says = self.queued(queued.entry)?;
        let proof = self.continues(sent.map(|last| last.head), checkpoint)?;
        let now = at.max(self.state().recorded_at);
        let key = match self.key_now(to, now) {
            Ok(key) => key,
            Err(why) => return Ok(Signing::Failed(why)),
        };
        let composed = {
            let state = self.state();
            let Some(partner) = state.partners.get(to) else {
                return Ok(Signing::Nothing);
            };
            let draft = Draft {
                to: partner,
                queued: &queued,
                notice: &says.notice,
                checkpoint,
                proof,
                id: id_at(now, &key.derive("message", &queued.entry.to_be_bytes())),
                now,
            };
            exchange::compose(&state, &key, draft)
        };
        let message = match composed {
            Ok(message) => message,
            Err(reject) => return Ok(Signing::Failed(reject.to_string())),
        };
        let bytes = message.message.compact();
        let command = Command::SignMessage(Box::new(message));
        Ok(match self.submit_own(at, at, command, bytes.as_bytes())?.outcome {
            Outcome::Done { .. } => Signing::Signed,
            Outcome::Refused { code, says, .. } => Signing::Failed(format!("{code}: {says}")),
        })
    }

    /// The proof that a checkpoint continues what a partner was shown. It is verified before it is signed: a wrong one,
    /// made of hashes that were changed at rest, would stop the conversation for good.
    fn continues(&self, shown: Option<TreeHead>, checkpoint: &str) -> Result<Vec<tlog::Hash>, AuthorityError> {
        let Some(shown) = shown.filter(|head| *head != TreeHead::EMPTY) else {
            return Ok(Vec::new());
        };
        let now = tlog::verify(checkpoint, &self.log_key())?;
        let proof = self.read(|journal| tlog::consistency_proof(&JournalHashes(journal), shown.size, now.size))?;
        tlog::verify_consistency(shown.size, &shown.root.0, now.size, &now.root, &proof)
            .map_err(|why| AuthorityError::Broken(format!("the log does not continue what a partner has: {why}")))?;
        Ok(proof)
    }

    /// Every message that waits for its receipt: by partner, in the order of the chain.
    pub fn outgoing(&self) -> Result<Vec<Outgoing>, AuthorityError> {
        let unanswered: Vec<(Id, Option<String>, Unanswered)> = {
            let state = self.state();
            let of_partner = |partner: &domain::partner::Partner| {
                let (to, url) = (
                    partner.file.id.clone(),
                    partner.file.url.as_ref().map(ToString::to_string),
                );
                let with = move |sent: &Unanswered| (to.clone(), url.clone(), sent.clone());
                partner.unanswered.iter().map(with).collect::<Vec<_>>()
            };
            state.partners.iter().flat_map(of_partner).collect()
        };
        let read = |(to, url, sent): (Id, Option<String>, Unanswered)| {
            let bytes = self.signed(sent.entry)?.message.compact();
            Ok(Outgoing {
                to,
                url,
                seq: sent.seq,
                hash: sent.hash,
                not_after: sent.not_after,
                bytes,
            })
        };
        unanswered.into_iter().map(read).collect()
    }

    /// Takes a partner's receipt for a message that waits for one.
    pub fn settle(&self, at: Timestamp, to: &Id, bytes: &[u8]) -> Result<Settled, AuthorityError> {
        let refused = |reject: Reject| {
            let (code, says) = (reject.code.to_owned(), reject.says);
            Ok(Settled::Refused { code, says })
        };
        // Without a message that waits there is no checkpoint, and what is opened says why it is not taken.
        let checkpoint = self.checkpoint_for(to, bytes)?.unwrap_or_default();
        let opened = {
            let state = self.state();
            let log_key = state.log_key_of(&checkpoint).unwrap_or_default();
            exchange::open_receipt(&state, to, bytes, log_key, &checkpoint)
        };
        let recorded = match opened {
            Ok(recorded) => recorded,
            Err(reject) => return refused(reject),
        };
        let taken = recorded
            .receipt
            .payload
            .read::<MessageReceipt>()
            .map(|receipt| receipt.taken);
        let command = Command::RecordReceipt(Box::new(recorded));
        Ok(match self.submit_own(at, at, command, bytes)?.outcome {
            Outcome::Done { seq, .. } => Settled::Recorded {
                seq,
                refused: match taken {
                    Ok(Taken::Refused { code }) => Some(code),
                    _ => None,
                },
            },
            Outcome::Refused { code, says, .. } => Settled::Refused { code, says },
        })
    }

    /// The checkpoint in the message that a receipt is for, if that message waits for it.
    fn checkpoint_for(&self, to: &Id, receipt: &[u8]) -> Result<Option<String>, AuthorityError> {
        let read = exchange::parse(receipt)
            .ok()
            .and_then(|signed| signed.payload.read::<MessageReceipt>().ok());
        let Some(receipt) = read else { return Ok(None) };
        let entry = {
            let state = self.state();
            let sent = state
                .partners
                .get(to)
                .into_iter()
                .flat_map(|partner| &partner.unanswered);
            sent.into_iter()
                .find(|sent| sent.hash == receipt.of)
                .map(|sent| sent.entry)
        };
        let Some(entry) = entry else { return Ok(None) };
        let message: Message = self
            .signed(entry)?
            .message
            .payload
            .read()
            .map_err(AuthorityError::Broken)?;
        Ok(Some(message.checkpoint))
    }

    /// Lets what is due today happen; gives how many entries that made.
    pub fn pass_day(&self, at: Timestamp) -> Result<u32, AuthorityError> {
        let command = Command::PassDay(Box::new(PassDay {}));
        match self.submit_own(at, at, command, b"pass_day")?.outcome {
            Outcome::Done { count, .. } => Ok(count),
            Outcome::Refused { code, .. } if code == "nothing_due" => Ok(0),
            Outcome::Refused { code, says, .. } => Err(AuthorityError::Refused(format!("{code}: {says}"))),
        }
    }

    /// Signs what waits, sends every message that has no receipt, in order, and keeps the receipts. With each partner
    /// it stops at the first message that gets none.
    pub fn send_round(
        &self,
        at: Timestamp,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
    ) -> Result<Round, AuthorityError> {
        let mut round = Round::default();
        round.signed = self.sign_queued_telling(at, &mut round.failed)?;
        let mut stopped = BTreeSet::new();
        for message in self.outgoing()? {
            if stopped.contains(&message.to) {
                continue;
            }
            if let Err(why) = self.deliver(at, &message, post, &mut round)? {
                stopped.insert(message.to.clone());
                round.failed.push((message.to, why));
            }
        }
        Ok(round)
    }

    /// Sends one message and keeps its receipt; the inner error says why there is none.
    fn deliver(
        &self,
        at: Timestamp,
        message: &Outgoing,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
        round: &mut Round,
    ) -> Result<Result<(), String>, AuthorityError> {
        let seq = message.seq;
        let body = match post(message) {
            Ok(body) => body,
            Err(why) => return Ok(Err(format!("message {seq} could not be sent: {why}"))),
        };
        round.sent += 1;
        let heard = self.hear(at, message, &body)?;
        round.settled += usize::from(matches!(heard, Ok(Settled::Recorded { .. })));
        Ok(heard.map(drop).map_err(|why| format!("message {seq}: {why}")))
    }

    /// Hears the answer to a message that was sent. The inner error says why there is no receipt that is taken.
    pub fn hear(
        &self,
        at: Timestamp,
        message: &Outgoing,
        body: &[u8],
    ) -> Result<Result<Settled, String>, AuthorityError> {
        let receipt = match Answer::decode(body) {
            Ok(Answer::Receipt(receipt)) => receipt,
            Ok(Answer::Parked { expected }) => return Ok(Err(format!("it waits there for message {expected}"))),
            Ok(Answer::Alarm { code, says, checkpoint }) => {
                let ours = self.hear_alarm(at, message, &checkpoint)?;
                let ours = if ours { "; this log does not continue it" } else { "" };
                return Ok(Err(format!("{code}: {says}{ours}")));
            }
            Ok(Answer::Refused { code, says }) => {
                let again = KEY_REFUSED.contains(&code.as_str()) && self.requeue(at, message)?;
                let again = if again { "; it is signed again" } else { "" };
                return Ok(Err(format!("{code}: {says}{again}")));
            }
            Err(reject) => return Ok(Err(format!("the answer cannot be read: {reject}"))),
        };
        Ok(match self.settle(at, &message.to, receipt.as_bytes())? {
            // Somebody else has brought the same receipt meanwhile.
            settled @ Settled::Refused { .. } if !self.is_unanswered(message) => Ok(settled),
            Settled::Refused { code, says } => Err(format!("its receipt is not taken: {code}: {says}")),
            settled @ Settled::Recorded { .. } => Ok(settled),
        })
    }

    /// Lets be signed again what a partner has not taken because of its key, if that key signs no more. A partner that has
    /// taken a message gives its receipt, whatever it thinks of the key since; so what it refuses it has not taken.
    fn requeue(&self, at: Timestamp, message: &Outgoing) -> Result<bool, AuthorityError> {
        let _signing = lock(&self.signing);
        let requeue = RequeueMessages {
            to: message.to.clone(),
            seq: message.seq,
        };
        let outcome = self
            .submit_own(
                at,
                at,
                Command::RequeueMessages(Box::new(requeue)),
                message.bytes.as_bytes(),
            )?
            .outcome;
        Ok(matches!(outcome, Outcome::Done { .. }))
    }

    fn is_unanswered(&self, message: &Outgoing) -> bool {
        let state = self.state();
        let partner = state.partners.get(&message.to);
        partner.is_some_and(|partner| partner.unanswered.iter().any(|sent| sent.hash == message.hash))
    }

    /// Submits a command of the node itself. Its id comes of a moment and of what it is about, and its random bytes of
    /// that id and a secret: the same again is the same command, and nobody else can know its salts.
    pub(crate) fn submit_own(
        &self,
        at: Timestamp,
        made: Timestamp,
        command: Command,
        about: &[u8],
    ) -> Result<Receipt, AuthorityError> {
        let id = id_at(made, &Digest::of(about).0);
        let random = self
            .keys
            .exchange
            .derive(&self.state().own.keys, "salts", id.as_bytes());
        let envelope = Envelope::new(id, Actor::node(), command, random);
        let receipts = self.writer.submit(at, vec![envelope], true)?;
        let missing = || AuthorityError::Stopped("a command was not answered".to_owned());
        receipts.into_iter().next().ok_or_else(missing)
    }

    pub(crate) fn written(&self, seq: u64) -> Result<(Entry, Digest), AuthorityError> {
        let missing = || AuthorityError::Broken(format!("entry {seq} is missing"));
        let (bytes, leaf) = self.read(|journal| journal.entry(seq))?.ok_or_else(missing)?;
        Ok((as_written(seq, &bytes, &leaf)?, domain::digest::Bytes(leaf)))
    }

    pub(crate) fn queued(&self, seq: u64) -> Result<MessageQueued, AuthorityError> {
        match self.written(seq)?.0.event {
            Event::MessageQueued(queued) => Ok(*queued),
            event => Err(AuthorityError::Broken(format!(
                "entry {seq} is {}, no message",
                event.kind()
            ))),
        }
    }

    /// A message of ours, signed here, or put back.
    pub(crate) fn said(&self, seq: u64) -> Result<Signed, AuthorityError> {
        let event = self.written(seq)?.0.event;
        let missing = || AuthorityError::Broken(format!("entry {seq} is {}, no message", event.kind()));
        case_entries::ours(&event).cloned().ok_or_else(missing)
    }

    pub(crate) fn signed(&self, seq: u64) -> Result<MessageSigned, AuthorityError> {
        match self.written(seq)?.0.event {
            Event::MessageSigned(signed) => Ok(*signed),
            event => Err(AuthorityError::Broken(format!(
                "entry {seq} is {}, no message",
                event.kind()
            ))),
        }
    }
}

/// What the writer did with a message.
enum Taking {
    Taken(Looked),
    Refused { code: String, says: String },
}

/// What came of signing the first message of a queue.
enum Signing {
    Signed,
    Nothing,
    Failed(String),
}

/// A `UUIDv7` of a moment and the first bytes of a hash.
fn id_at(at: Timestamp, hash: &[u8; 32]) -> Uuid {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let rest = hash.first_chunk::<10>().copied().unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(held) => held,
        // Whoever failed while holding it has left nothing half done.
        Err(poisoned) => poisoned.into_inner(),
    }
}
