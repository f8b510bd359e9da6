//! The exchange of an authority in memory: the same steps as those of a running one, without its threads.

use domain::access::Actor;
use domain::digest::{Bytes, Digest};
use domain::id::Id;
use domain::partner::{KeyFile, Message, MessageSigned, Receipt as MessageReceipt, ReceiveMessage, TreeHead};
use domain::trade::PassDay;
use domain::{Command, Envelope, Event};
use exchange::{About, Answer, Draft, Journaled, Opened, Reject};
use jiff::Timestamp;
use uuid::Uuid;

use super::core::{CHANGED_AT_REST, Core};
use super::wrong;
use crate::node::{NodeError, Outcome, Outgoing, Receipt, Round};

/// So many messages of one partner wait for those before them.
const PARKED_MAX: usize = 64;

impl Core {
    /// What it tells a partner of itself, signed with its root key.
    pub fn key_file(&self) -> Result<KeyFile, NodeError> {
        let founding = &self.state.founding;
        let about = About {
            id: founding.id.clone(),
            name: founding.name.clone(),
            country: founding.country,
            province: founding.province.clone(),
            url: Some(self.url.parse().map_err(wrong)?),
            log_key: founding.log_key.clone(),
            cosignature_key: self.keys.log.cosignature_verifier().parse().map_err(wrong)?,
            key: founding.key.clone(),
            age: Some(self.keys.files.recipient().clone()),
        };
        Ok(exchange::key_file(&self.keys.root, about))
    }

    /// Submits a command of the node itself; what it is about gives its id and, with a secret, its random bytes.
    fn submit_own(
        &mut self,
        at: Timestamp,
        made: Timestamp,
        command: Command,
        about: &[u8],
    ) -> Result<Receipt, NodeError> {
        let id = id_at(made, &Digest::of(about).0);
        let random = self.keys.exchange.derive("salts", id.as_bytes());
        self.submit(at, &Envelope::new(id, Actor::node(), command, random))
    }

    /// Lets what is due today happen; gives how many entries that made.
    pub fn pass_day(&mut self, at: Timestamp) -> Result<u32, NodeError> {
        let command = Command::PassDay(Box::new(PassDay {}));
        match self.submit_own(at, at, command, b"pass_day")?.outcome {
            Outcome::Done { count, .. } => Ok(count),
            Outcome::Refused { code, .. } if code == "nothing_due" => Ok(0),
            Outcome::Refused { code, says, .. } => Err(wrong(format!("{code}: {says}"))),
        }
    }

    /// A signed checkpoint of everything in the journal.
    pub fn checkpoint(&self) -> Result<(TreeHead, String), NodeError> {
        let checkpoint = tlog::Checkpoint {
            origin: self.keys.log.origin().to_owned(),
            size: self.log.size(),
            root: self.log.root(),
        };
        let head = TreeHead {
            size: checkpoint.size,
            root: Bytes(checkpoint.root),
        };
        Ok((head, tlog::sign(&checkpoint, &self.keys.log).map_err(wrong)?))
    }

    /// Signs every message that waits, in order; gives how many.
    pub fn sign_queued(&mut self, at: Timestamp) -> Result<usize, NodeError> {
        let waiting = self.state.partners.iter().filter(|partner| !partner.queue.is_empty());
        let waiting: Vec<Id> = waiting.map(|partner| partner.file.id.clone()).collect();
        if waiting.is_empty() {
            return Ok(0);
        }
        let checkpoint = self.checkpoint()?;
        let mut signed = 0;
        for to in &waiting {
            while self.sign_next(at, to, &checkpoint)? {
                signed += 1;
            }
        }
        Ok(signed)
    }

    fn sign_next(&mut self, at: Timestamp, to: &Id, (head, note): &(TreeHead, String)) -> Result<bool, NodeError> {
        let partner = self.state.partners.find(to).map_err(wrong)?;
        let Some(queued) = partner.queue.front() else {
            return Ok(false);
        };
        let Event::MessageQueued(says) = self.parsed(queued.entry)?.event else {
            return Err(wrong(format!("entry {} is no message", queued.entry)));
        };
        let proof = self.continues(partner.sent.map(|last| last.head), *head)?;
        let now = at.max(self.state.recorded_at);
        let draft = Draft {
            to: partner,
            queued,
            notice: &says.notice,
            checkpoint: note,
            proof,
            id: id_at(now, &self.keys.exchange.derive("message", &queued.entry.to_be_bytes())),
            now,
        };
        let message = exchange::compose(&self.state, &self.keys.exchange, draft).map_err(wrong)?;
        let bytes = message.message.compact();
        match self
            .submit_own(at, at, Command::SignMessage(Box::new(message)), bytes.as_bytes())?
            .outcome
        {
            Outcome::Done { .. } => Ok(true),
            Outcome::Refused { code, says, .. } => Err(wrong(format!("{code}: {says}"))),
        }
    }

    /// The proof that the log continues what a partner was shown; it is looked at before it is signed.
    fn continues(&self, shown: Option<TreeHead>, now: TreeHead) -> Result<Vec<tlog::Hash>, NodeError> {
        let Some(shown) = shown else { return Ok(Vec::new()) };
        let proof = tlog::consistency_proof(&self.log, shown.size, now.size).map_err(wrong)?;
        let holds = tlog::verify_consistency(shown.size, &shown.root.0, now.size, &now.root.0, &proof);
        match holds {
            Err(why) if !self.careless => Err(wrong(format!("the log {CHANGED_AT_REST}: {why}"))),
            _ => Ok(proof),
        }
    }

    /// Every message that waits for its receipt: by partner, in the order of the chain.
    pub fn outgoing(&self) -> Result<Vec<Outgoing>, NodeError> {
        let mut outgoing = Vec::new();
        for partner in self.state.partners.iter() {
            for sent in &partner.unanswered {
                outgoing.push(Outgoing {
                    to: partner.file.id.clone(),
                    url: partner.file.url.as_ref().map(ToString::to_string),
                    seq: sent.seq,
                    hash: sent.hash,
                    not_after: sent.not_after,
                    bytes: self.signed(sent.entry)?.message.compact(),
                });
            }
        }
        Ok(outgoing)
    }

    fn signed(&self, seq: u64) -> Result<MessageSigned, NodeError> {
        match self.parsed(seq)?.event {
            Event::MessageSigned(signed) => Ok(*signed),
            event => Err(wrong(format!("entry {seq} is {}, no message", event.kind()))),
        }
    }

    /// Takes a message; the same again gets the same answer, bit by bit.
    pub fn accept(&mut self, at: Timestamp, bytes: &[u8]) -> Result<Answer, NodeError> {
        let (answer, mut next) = self.look_at(at, bytes)?;
        while let Some(from) = next {
            // What was parked is answered when its sender sends it again.
            next = match self.unpark(&from) {
                Some(bytes) => self.look_at(at, &bytes)?.1.or(Some(from)),
                None => None,
            };
        }
        Ok(answer)
    }

    /// The answer to a message, and its sender if its chain has grown.
    fn look_at(&mut self, at: Timestamp, bytes: &[u8]) -> Result<(Answer, Option<Id>), NodeError> {
        let message = match exchange::open(&self.state, bytes, at.max(self.state.recorded_at)) {
            Err(reject) => return Ok((Answer::from(reject), None)),
            Ok(Opened::Repeat { entry }) => return Ok((self.receipt_for(entry)?, None)),
            Ok(Opened::Alarm(shown)) => return Ok((Answer::from(shown.says), None)),
            Ok(Opened::Early { from, seq, expected }) => {
                self.park(from, seq, bytes);
                return Ok((Answer::Parked { expected }, None));
            }
            Ok(Opened::Next(message)) => message,
        };
        self.take(at, message)
    }

    fn take(&mut self, at: Timestamp, message: ReceiveMessage) -> Result<(Answer, Option<Id>), NodeError> {
        let from = message.from.clone();
        let bytes = message.message.compact();
        let made = message
            .message
            .payload
            .read::<Message>()
            .map_or(at, |message| message.created);
        let command = Command::ReceiveMessage(Box::new(message));
        match self.submit_own(at, made, command, bytes.as_bytes())?.outcome {
            Outcome::Done { seq, .. } => Ok((self.receipt_for(seq)?, Some(from))),
            Outcome::Refused { code, says, .. } => Ok((Answer::Refused { code, says }, None)),
        }
    }

    fn receipt_for(&self, seq: u64) -> Result<Answer, NodeError> {
        let entry = self.parsed(seq)?;
        let received = match &entry.event {
            Event::MessageReceived(received) => received,
            Event::MessageEquivocated(evidence) => {
                let says = format!("it contradicts entry {}: both are kept as evidence", evidence.taken);
                let code = "equivocation".to_owned();
                return Ok(Answer::Refused { code, says });
            }
            event => return Err(wrong(format!("entry {seq} is {}, no message", event.kind()))),
        };
        let journaled = Journaled {
            seq,
            leaf: Bytes(self.log.leaf(seq).unwrap_or_default()),
            recorded_at: entry.recorded_at,
            received,
        };
        let receipt = exchange::receipt(&self.state, &self.keys.exchange, &self.keys.log, journaled);
        Ok(Answer::Receipt(receipt.map_err(wrong)?.compact()))
    }

    fn park(&mut self, from: Id, seq: u64, bytes: &[u8]) {
        let of_partner = |from: &Id| (from.clone(), 0, Bytes([0; 32]))..=(from.clone(), u64::MAX, Bytes([255; 32]));
        let range = of_partner(&from);
        self.parked.insert((from, seq, Digest::of(bytes)), bytes.to_owned());
        if self.parked.range(range.clone()).count() > PARKED_MAX {
            let last = self.parked.range(range).next_back().map(|(key, _)| key.clone());
            last.map(|key| self.parked.remove(&key));
        }
    }

    fn unpark(&mut self, from: &Id) -> Option<Vec<u8>> {
        let next = self.state.partners.get(from)?.received.map_or(1, |last| last.seq + 1);
        let due = |key: &(Id, u64, Digest)| key.0 == *from && key.1 <= next;
        let key = self.parked.keys().find(|key| due(key)).cloned()?;
        self.parked.remove(&key)
    }

    /// Takes a partner's receipt for a message that waits for one; the inner error says why it is not taken.
    pub fn settle(&mut self, at: Timestamp, to: &Id, bytes: &[u8]) -> Result<Result<u64, String>, NodeError> {
        let read = exchange::parse(bytes).ok();
        let read = read.and_then(|signed| signed.payload.read::<MessageReceipt>().ok());
        let checkpoint = match read {
            Some(receipt) => self.checkpoint_in(to, &receipt)?,
            None => String::new(),
        };
        let log_key = self.keys.log.verifier();
        let recorded = match exchange::open_receipt(&self.state, to, bytes, &log_key, &checkpoint) {
            Ok(recorded) => recorded,
            Err(Reject { code, says }) => return Ok(Err(format!("{code}: {says}"))),
        };
        let command = Command::RecordReceipt(Box::new(recorded));
        Ok(match self.submit_own(at, at, command, bytes)?.outcome {
            Outcome::Done { seq, .. } => Ok(seq),
            Outcome::Refused { code, says, .. } => Err(format!("{code}: {says}")),
        })
    }

    /// The checkpoint in the message that a receipt is for, if that message waits for it.
    fn checkpoint_in(&self, to: &Id, receipt: &MessageReceipt) -> Result<String, NodeError> {
        let unanswered = self
            .state
            .partners
            .get(to)
            .into_iter()
            .flat_map(|partner| &partner.unanswered);
        let sent = unanswered.into_iter().find(|sent| sent.hash == receipt.of);
        let Some(sent) = sent else { return Ok(String::new()) };
        let message: Message = self.signed(sent.entry)?.message.payload.read().map_err(wrong)?;
        Ok(message.checkpoint)
    }

    /// Signs what waits, sends every message that has no receipt, in order, and keeps the receipts. With each partner
    /// it stops at the first message that gets none.
    pub fn send_round(
        &mut self,
        at: Timestamp,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
    ) -> Result<Round, NodeError> {
        let mut round = Round {
            signed: self.sign_queued(at)?,
            ..Round::default()
        };
        let mut stopped: Option<Id> = None;
        for message in self.outgoing()? {
            if stopped.as_ref() == Some(&message.to) {
                continue;
            }
            if let Err(why) = self.send(at, &message, post, &mut round)? {
                stopped = Some(message.to.clone());
                round.failed.push((message.to, why));
            }
        }
        Ok(round)
    }

    fn send(
        &mut self,
        at: Timestamp,
        message: &Outgoing,
        post: &mut dyn FnMut(&Outgoing) -> Result<Vec<u8>, String>,
        round: &mut Round,
    ) -> Result<Result<(), String>, NodeError> {
        let body = match post(message) {
            Ok(body) => body,
            Err(why) => return Ok(Err(why)),
        };
        round.sent += 1;
        let receipt = match Answer::decode(&body) {
            Ok(Answer::Receipt(receipt)) => receipt,
            Ok(Answer::Parked { expected }) => return Ok(Err(format!("it waits there for message {expected}"))),
            Ok(Answer::Refused { code, says } | Answer::Alarm { code, says, .. }) => {
                return Ok(Err(format!("{code}: {says}")));
            }
            Err(reject) => return Ok(Err(reject.to_string())),
        };
        let settled = self.settle(at, &message.to, receipt.as_bytes())?;
        round.settled += usize::from(settled.is_ok());
        Ok(settled.map(|_| ()))
    }
}

/// A `UUIDv7` of a moment and the first bytes of a hash.
fn id_at(at: Timestamp, hash: &[u8; 32]) -> Uuid {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let rest = hash.first_chunk::<10>().copied().unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
}
