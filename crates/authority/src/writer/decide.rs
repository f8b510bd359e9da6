//! The first stage: decide, apply to the working state, encode, hash.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use domain::journal::Stamp;
use domain::partner::KeyFile;
use domain::seen::Known;
use domain::{Command, Context, Entry, Envelope, Event, State};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use store::{JournalReader, RegisterReader, Tile};
use tlog::Tree;

use super::{Answer, Buffers, GROUP_COMMANDS_MAX, Group, Request, Work};
use crate::error::AuthorityError;
use crate::receipt::{Outcome, Receipt, reused};
use crate::recover::as_written;
use crate::ring::Ring;

/// An id made within this time before now is looked up in the state alone, which keeps every id for longer.
const ID_AGE_MAX: SignedDuration = SignedDuration::from_hours(48);
/// An id from further ahead than this is looked up in the register too.
const ID_AHEAD_MAX: SignedDuration = SignedDuration::from_hours(1);

/// So long the second stage is waited for before it is asked whether it is still there.
const BARRIER_PATIENCE: Duration = Duration::from_secs(1);

/// The first stage's desk.
pub(super) struct First {
    pub state: State,
    pub tree: Tree,
    pub zone: TimeZone,
    /// Reads entries that a command cites.
    pub cited: Box<dyn JournalReader>,
    /// Finds commands of long ago.
    pub register: Box<dyn RegisterReader>,
    pub work: Sender<Work>,
    /// Buffers that come back from groups that are durable.
    pub recycled: Receiver<Buffers>,
    /// The secrets of this authority's message keys.
    pub exchange: Ring,
}

impl First {
    /// Takes requests until nobody can send any more, or the second stage has ended; gives the working state back.
    pub fn run(mut self, requests: &Receiver<Request>) -> State {
        let mut failed = false;
        while let Ok(request) = requests.recv() {
            let mut group = self.new_group();
            self.take(&mut group, request, &mut failed);
            while !failed && group.commands() < GROUP_COMMANDS_MAX {
                match requests.try_recv() {
                    Ok(request) => self.take(&mut group, request, &mut failed),
                    Err(_) => break,
                }
            }
            if self.send(group).is_err() || failed {
                break;
            }
        }
        self.state
    }

    /// A new group, in buffers that an older one has left.
    fn new_group(&self) -> Group {
        let buffers = self.recycled.try_recv().unwrap_or_default();
        Group {
            buffers,
            ..Group::default()
        }
    }

    fn send(&mut self, mut group: Group) -> Result<(), AuthorityError> {
        let tile = |tile: tlog::FullTile| Tile {
            level: tile.level,
            index: tile.index,
            bytes: tile.bytes,
        };
        group.tiles = self.tree.take_tiles().into_iter().map(tile).collect();
        group.root = self.tree.root();
        self.work.send(Work::Group(group)).map_err(|_| gone())
    }

    /// Answers a request. A failure answers it too, and ends the stage.
    fn take(&mut self, group: &mut Group, request: Request, failed: &mut bool) {
        match request {
            Request::Commands {
                at,
                commands,
                own,
                reply,
            } => match self.decide_all(group, at, &commands, own) {
                Ok(answers) => group.replies.push((reply, answers)),
                Err(error) => {
                    drop(reply.send(Err(error)));
                    *failed = true;
                }
            },
            Request::Drain(done) => {
                let drained = self.barrier(group, true);
                *failed = drained.is_err();
                drop(done.send(drained));
            }
            Request::Checkpoint(done) => {
                let next = self.new_group();
                let sent = self.send(std::mem::replace(group, next));
                let asked = sent.and_then(|()| self.work.send(Work::Checkpoint(done)).map_err(|_| gone()));
                *failed = asked.is_err();
            }
        }
    }

    fn decide_all(
        &mut self,
        group: &mut Group,
        at: Timestamp,
        commands: &[Envelope],
        own: bool,
    ) -> Result<Vec<Answer>, AuthorityError> {
        let now = at.max(self.state.recorded_at);
        let stamp = Stamp::new(now, self.zone.to_datetime(now).date());
        commands
            .iter()
            .map(|envelope| match self.unproven(&envelope.command).filter(|_| !own) {
                Some(outcome) => Ok(Answer::Ready(Receipt {
                    id: envelope.id,
                    repeat: false,
                    outcome,
                })),
                None => self.answer(group, envelope, &stamp, own),
            })
            .collect()
    }

    fn answer(
        &mut self,
        group: &mut Group,
        envelope: &Envelope,
        stamp: &Stamp,
        own: bool,
    ) -> Result<Answer, AuthorityError> {
        if let Some(answer) = self.seen(group, envelope, stamp.recorded_at(), own)? {
            return Ok(answer);
        }
        let cited = match domain::cites(&self.state, &envelope.command) {
            Some(seq) => self.read_back(group, seq)?,
            None => None,
        };
        let context = Context {
            now: stamp.recorded_at(),
            today: stamp.recorded_on(),
            cited: cited.as_ref(),
        };
        let id = envelope.id;
        let outcome = match domain::decide(Some(&self.state), &envelope.actor, &envelope.command, context) {
            Ok(events) if !envelope.signed && waits(&events) => unsigned(),
            Ok(events) => {
                let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
                match self.record(group, envelope, events, stamp)? {
                    Ok((seq, leaf)) => Outcome::Done { seq, count, leaf },
                    Err(outcome) => outcome,
                }
            }
            Err(refusal) => {
                let event = domain::refused(&envelope.command, &refusal).filter(|_| refusal.journaled);
                let seq = match event {
                    Some(event) => self
                        .record(group, envelope, vec![event], stamp)?
                        .ok()
                        .map(|(seq, _)| seq),
                    None => None,
                };
                let (code, article) = (refusal.code.to_owned(), refusal.article.map(str::to_owned));
                let says = refusal.says;
                Outcome::Refused {
                    code,
                    says,
                    article,
                    seq,
                }
            }
        };
        Ok(Answer::Ready(Receipt {
            id,
            repeat: false,
            outcome,
        }))
    }

    /// Whether the command was answered before. The state keeps ids for 72 hours; an id whose own time is further off
    /// is looked up in the register. The node's own commands need not be: the chain of messages knows them for ever.
    fn seen(
        &mut self,
        group: &mut Group,
        envelope: &Envelope,
        now: Timestamp,
        own: bool,
    ) -> Result<Option<Answer>, AuthorityError> {
        let id = envelope.id;
        match self.state.seen.get(&id, &envelope.hash) {
            Some(Known::Answered { seq, count }) => return Ok(Some(Answer::Repeat { id, seq, count })),
            Some(Known::Reused { seq }) => return Ok(Some(Answer::Ready(reused(id, seq)))),
            None => {}
        }
        if own || made_lately(&id, now) {
            return Ok(None);
        }
        self.barrier(group, true)?;
        let Some(row) = self.register.command(id.as_bytes())? else {
            return Ok(None);
        };
        if row.hash == envelope.hash {
            return Ok(Some(Answer::Repeat {
                id,
                seq: row.seq,
                count: row.count,
            }));
        }
        Ok(Some(Answer::Ready(reused(id, row.seq))))
    }

    /// Reads an entry back from the journal, once everything before is durable.
    fn read_back(&mut self, group: &mut Group, seq: u64) -> Result<Option<Event>, AuthorityError> {
        if seq >= self.state.size {
            return Ok(None);
        }
        self.barrier(group, false)?;
        match self.cited.entry(seq)? {
            Some((bytes, leaf)) => Ok(Some(as_written(seq, &bytes, &leaf)?.event)),
            None => Ok(None),
        }
    }

    /// Sends what is decided so far, and waits until it is durable.
    fn barrier(&mut self, group: &mut Group, register: bool) -> Result<(), AuthorityError> {
        let next = self.new_group();
        self.send(std::mem::replace(group, next))?;
        let (done, wait) = bounded(1);
        self.work.send(Work::Barrier { register, done }).map_err(|_| gone())?;
        loop {
            match wait.recv_timeout(BARRIER_PATIENCE) {
                Ok(outcome) => return outcome,
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                Err(RecvTimeoutError::Timeout) => self.still_there()?,
            }
        }
    }

    /// Whether the second stage still takes work: it may have ended with a question unread.
    fn still_there(&self) -> Result<(), AuthorityError> {
        let (done, _) = bounded(1);
        match self.work.try_send(Work::Barrier { register: false, done }) {
            Err(TrySendError::Disconnected(_)) => Err(gone()),
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
        }
    }

    /// Turns events into entries of the group, and applies them to the working state. The inner error: an entry would be
    /// larger than the log allows, or could not be read back; then nothing is recorded.
    fn record(
        &mut self,
        group: &mut Group,
        envelope: &Envelope,
        events: Vec<Event>,
        stamp: &Stamp,
    ) -> Result<Result<(u64, tlog::Hash), Outcome>, AuthorityError> {
        let first = self.state.size;
        let (entries_before, bytes_before) = (group.entries.len(), group.buffers.bytes.len());
        for ((event, place), seq) in events.into_iter().zip(0..).zip(first..) {
            let entry = Entry {
                seq,
                recorded_at: stamp.recorded_at(),
                recorded_on: stamp.recorded_on(),
                actor: envelope.actor.clone(),
                command_id: envelope.id,
                command_hash: envelope.hash,
                salt: domain::journal::salt(&envelope.random, place),
                event,
            };
            let start = group.buffers.bytes.len();
            entry
                .write_stamped(stamp, &mut group.buffers.bytes)
                .map_err(|error| AuthorityError::Broken(error.to_string()))?;
            let written = group.buffers.bytes.get(start..).unwrap_or_default();
            if let Some(outcome) = unfit(&entry, written) {
                group.entries.truncate(entries_before);
                group.buffers.ends.truncate(entries_before);
                group.buffers.bytes.truncate(bytes_before);
                return Ok(Err(outcome));
            }
            group.buffers.ends.push(group.buffers.bytes.len());
            group.entries.push(entry);
        }
        let mut start = bytes_before;
        let mut first_leaf = None;
        let recorded = group.entries.iter().zip(&group.buffers.ends).skip(entries_before);
        for (entry, end) in recorded {
            let leaf = tlog::leaf_hash(group.buffers.bytes.get(start..*end).unwrap_or_default());
            start = *end;
            self.tree.append(&leaf);
            self.state.apply(entry)?;
            group.buffers.leaves.push(leaf);
            first_leaf.get_or_insert(leaf);
        }
        Ok(Ok((first, first_leaf.unwrap_or(tlog::EMPTY_ROOT))))
    }

    /// The refusal of what carries a signature that nobody has verified: messages and receipts, which the node alone may
    /// hand over, and what its root key did not sign. It is not journaled.
    fn unproven(&self, command: &Command) -> Option<Outcome> {
        let of = |reject: exchange::Reject| (reject.code, reject.says);
        let (code, says) = match command {
            Command::SignMessage(_)
            | Command::ReceiveMessage(_)
            | Command::RecordReceipt(_)
            | Command::RequeueMessages(_)
            | Command::RecoverMessage(_)
            | Command::PassDay(_) => {
                let says = format!(
                    "{} is for the node itself: hand messages and receipts to its exchange",
                    command.verb()
                );
                ("not_entitled", says)
            }
            Command::PairPartner(pairing) => exchange::check_key_file(&pairing.file).err().map(of)?,
            Command::InstallKeyFile(install) => {
                let reject = exchange::check_key_file(&install.file).err().map(of);
                reject.or_else(|| self.without_secret(&install.file))?
            }
            Command::DistrustKey(distrust) => exchange::check_untrusted(&distrust.statement).err().map(of)?,
            _ => return None,
        };
        Some(Outcome::Refused {
            code: code.to_owned(),
            says,
            article: None,
            seq: None,
        })
    }

    /// A key of our own with which nothing could be signed here would leave this authority without a voice; one to which
    /// files are encrypted that nobody here can read, without an ear.
    fn without_secret(&self, file: &KeyFile) -> Option<(&'static str, String)> {
        let deaf = file.age.as_ref().filter(|age| !self.exchange.reads(age));
        let kid = deaf.unwrap_or(&file.key.kid);
        let ours = file.id == self.state.founding.id && (deaf.is_some() || self.exchange.get(kid).is_none());
        let says = format!(
            "the secret of the key {kid} is not in keys/: make the key here with `countersign key request`, and have that \
             file signed"
        );
        ours.then_some(("key_secret_missing", says))
    }
}

/// Why an entry must not be written, if it must not: it is beyond the log's limit, or a figure in it is larger than what
/// is read. A line of the ledger is bounded before; every other entry is read back. The refusal is not journaled.
fn unfit(entry: &Entry, written: &[u8]) -> Option<Outcome> {
    let max = domain::journal::ENTRY_BYTES_MAX;
    let line = matches!(entry.event, Event::Movement(_));
    let (code, says) = if written.len() > max {
        let says = format!("an entry may have {max} bytes: divide what the command lists among several commands");
        ("command_too_large", says)
    } else if line || Entry::parse(written).is_ok_and(|read| read == *entry) {
        return None;
    } else {
        let says = format!("a figure of {} is beyond what the journal keeps", entry.event.kind());
        ("figure_too_large", says)
    };
    Some(Outcome::Refused {
        code: code.to_owned(),
        says,
        article: None,
        seq: None,
    })
}

/// Whether a decision waits for its second person now.
fn waits(events: &[Event]) -> bool {
    matches!(events.first(), Some(Event::DecisionProposed(_)))
}

/// The refusal of a proposal that its giver has not signed. Whoever handed it over could not know: what it rests on was
/// decided just before. It is not journaled.
fn unsigned() -> Outcome {
    Outcome::Refused {
        code: "second_factor_needed".to_owned(),
        says: "this waits for a second person, and is signed: give it by itself, with the code".to_owned(),
        article: None,
        seq: None,
    }
}

fn gone() -> AuthorityError {
    AuthorityError::Stopped("its second stage has ended".to_owned())
}

/// Whether the id's own time lies near enough to now that the state must still know it.
fn made_lately(id: &uuid::Uuid, now: Timestamp) -> bool {
    let Some((seconds, nanos)) = id.get_timestamp().map(|time| time.to_unix()) else {
        return false;
    };
    let nanos = i32::try_from(nanos).unwrap_or_default();
    let made = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::new(seconds, nanos).ok());
    made.is_some_and(|made| {
        let age = now.duration_since(made);
        -ID_AHEAD_MAX <= age && age <= ID_AGE_MAX
    })
}

impl Default for Group {
    fn default() -> Self {
        Self {
            buffers: Buffers::default(),
            tiles: Vec::new(),
            entries: Vec::new(),
            root: tlog::EMPTY_ROOT,
            replies: Vec::new(),
        }
    }
}

impl Group {
    fn commands(&self) -> usize {
        self.replies.iter().map(|(_, answers)| answers.len()).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::plan::{ClosingLine, YearClosed};
    use domain::quantity::Mass;

    use super::*;

    fn year_closed(acquired: Mass) -> Entry {
        let line = ClosingLine {
            substance: "fentanyl".parse().unwrap(),
            acquired,
            allowed: Mass::ZERO,
            excess: acquired,
        };
        Entry {
            seq: 1,
            recorded_at: Timestamp::UNIX_EPOCH,
            recorded_on: "1970-01-01".parse().unwrap(),
            actor: domain::access::Actor::operator(),
            command_id: uuid::Uuid::nil(),
            command_hash: [0; 32],
            salt: [0; 16],
            event: Event::YearClosed(Box::new(YearClosed {
                year: 1969,
                lines: vec![line],
            })),
        }
    }

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        let code = |entry: &Entry| {
            let mut written = Vec::new();
            entry.write(&mut written).unwrap();
            unfit(entry, &written).and_then(|outcome| outcome.code().map(str::to_owned))
        };
        assert_eq!(code(&year_closed(Mass::from_g(100_000))), None);
        let beyond = Mass::from_g(20_000_000_000);
        assert_eq!(code(&year_closed(beyond)).as_deref(), Some("figure_too_large"));
    }
}
