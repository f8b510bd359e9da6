//! The work between what listens and what asks: days pass, messages are signed and sent, receipts kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use authority::{Authority, AuthorityError, Outgoing, Receipt, Settled, WitnessAnswer, WitnessAsk};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use domain::id::Id;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::client::Client;
use super::halted::Halted;
use super::note;
use super::routes::Clock;
use crate::clock;

/// So often it is looked whether there is anything to do.
const EVERY: Duration = Duration::from_millis(200);
/// So often the authority is asked whether it goes on, where nothing else is to be done.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// So often witnesses are asked to cosign the newest checkpoint.
const WITNESS_EVERY: Duration = Duration::from_secs(10);
/// The pause after a first failure with a partner; each further failure doubles it.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Does the work in a thread of its own until it is dropped or stopped.
pub struct Worker {
    wake: Sender<()>,
    ending: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What wakes a worker, and what it hears.
pub struct Bell {
    ring: Sender<()>,
    heard: Receiver<()>,
}

/// What came of sending to one partner.
struct Sent {
    to: Id,
    receipts: usize,
    failed: Option<String>,
}

/// How it goes with one partner.
#[derive(Default)]
struct Trouble {
    failures: u32,
    /// When it is tried again.
    again: Option<Instant>,
}

struct Work {
    /// Whose work it is, in the log.
    id: Id,
    authority: Arc<Authority>,
    clock: Clock,
    client: Client,
    halted: Halted,
    /// Set once the work is to end: nothing more is sent then.
    ending: Arc<AtomicBool>,
    zone: TimeZone,
    /// When the authority was last asked whether it goes on, and its answer, if it has not come.
    asked: Option<Instant>,
    answer: Option<Receiver<Result<Vec<Receipt>, AuthorityError>>>,
    /// The last day that passed.
    day: Option<Date>,
    /// Partners that are being sent to.
    under_way: BTreeSet<Id>,
    trouble: BTreeMap<Id, Trouble>,
    /// Partners that can be reached by files only, and were named in the log.
    by_file: BTreeSet<Id>,
    /// Partners whose next message cannot be signed, and why: as the log has it.
    unsigned: BTreeMap<Id, String>,
    reports: (Sender<Sent>, Receiver<Sent>),
    /// When witnesses were last asked to cosign, and the thread that asks them.
    witnessed: Option<Instant>,
    witnesses: Option<JoinHandle<()>>,
}

impl Bell {
    /// A bell that nobody has rung.
    pub fn new() -> Self {
        let (ring, heard) = bounded(1);
        Self { ring, heard }
    }

    /// What rings it. A bell that rings already is not rung again.
    pub fn cord(&self) -> Sender<()> {
        self.ring.clone()
    }
}

impl Worker {
    /// Starts the work of an authority.
    pub fn start(
        authority: Arc<Authority>,
        clock: Clock,
        client: Client,
        bell: Bell,
        halted: Halted,
    ) -> Result<Self, String> {
        let (id, zone) = {
            let state = authority.state();
            (state.founding.id.clone(), state.founding.zone.to_string())
        };
        let zone = TimeZone::get(&zone).map_err(|error| format!("time zone {zone}: {error}"))?;
        let ending = Arc::new(AtomicBool::new(false));
        let work = Work {
            id,
            authority,
            clock,
            client,
            halted,
            ending: Arc::clone(&ending),
            zone,
            asked: None,
            answer: None,
            day: None,
            under_way: BTreeSet::new(),
            trouble: BTreeMap::new(),
            by_file: BTreeSet::new(),
            unsigned: BTreeMap::new(),
            reports: unbounded(),
            witnessed: None,
            witnesses: None,
        };
        let Bell { ring, heard } = bell;
        let (wake, ended) = bounded(0);
        let thread = std::thread::Builder::new()
            .name("work".to_owned())
            .spawn(move || {
                // Its own cord keeps the bell from seeming gone.
                let _cord = ring;
                work.run(&heard, &ended);
            })
            .map_err(|error| error.to_string())?;
        Ok(Self { wake, ending, thread })
    }

    /// Ends the work, and waits for the messages that are being sent, one to each partner.
    pub fn stop(self) {
        self.ending.store(true, Ordering::SeqCst);
        drop(self.wake);
        drop(self.thread.join());
    }
}

impl Work {
    fn run(mut self, bell: &Receiver<()>, ended: &Receiver<()>) {
        let mut last = String::new();
        loop {
            match self.round() {
                Ok(()) => last.clear(),
                Err(why) if why == last => {}
                Err(why) => {
                    note(&self.id, format_args!("the work of the node failed: {why}"));
                    last = why;
                }
            }
            crossbeam_channel::select! {
                recv(bell) -> _ => {}
                recv(ended) -> _ => break,
                default(EVERY) => {}
            }
        }
        // Whoever hears that the work has ended may close the authority.
        self.witnesses.take().map(JoinHandle::join);
        while !self.under_way.is_empty() {
            match self.reports.1.recv_timeout(PAUSE_MAX) {
                Ok(sent) => self.heard(sent),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn round(&mut self) -> Result<(), String> {
        while let Ok(sent) = self.reports.1.try_recv() {
            self.heard(sent);
        }
        self.ask()?;
        let now = (self.clock)(&self.authority)?;
        let today = self.zone.to_datetime(now).date();
        if self.day != Some(today) {
            let due = self.authority.pass_day(now);
            let due = due.map_err(|error| self.halted.hear(&error))?;
            self.day = Some(today);
            note(&self.id, format_args!("{today}: {due} entries were due"));
        }
        self.sign(now)?;
        self.witness()?;
        let mut due = self.due();
        if due.is_empty() {
            return Ok(());
        }
        let outgoing = self.authority.outgoing();
        for message in outgoing.map_err(|error| self.halted.hear(&error))? {
            if let Some(messages) = due.get_mut(&message.to) {
                messages.push(message);
            }
        }
        for (to, messages) in due {
            self.send(now, &to, messages)?;
        }
        Ok(())
    }

    /// Asks the authority whether it goes on: a command that is none tells.
    fn ask(&mut self) -> Result<(), String> {
        if self.asked.is_some_and(|asked| asked.elapsed() < ASK_EVERY) {
            return Ok(());
        }
        self.asked = Some(Instant::now());
        // It is not waited for: a writer that has stopped may leave it open.
        if let Some(Ok(Err(error))) = self.answer.as_ref().map(Receiver::try_recv) {
            return Err(self.halted.hear(&error));
        }
        match self.authority.send(clock::real(), Vec::new()) {
            Ok(answer) => self.answer = Some(answer),
            Err(AuthorityError::Full) => {}
            Err(error) => return Err(self.halted.hear(&error)),
        }
        Ok(())
    }

    /// Signs what waits, and says what cannot be signed: once, until the reason is another.
    fn sign(&mut self, now: Timestamp) -> Result<(), String> {
        let mut failed = Vec::new();
        let signed = self.authority.sign_queued_telling(now, &mut failed);
        signed.map_err(|error| self.halted.hear(&error))?;
        for (to, why) in &failed {
            if self.unsigned.get(to) != Some(why) {
                note(
                    &self.id,
                    format_args!("the next message for {to} cannot be signed: {why}"),
                );
            }
        }
        self.unsigned = failed.into_iter().collect();
        Ok(())
    }

    /// Brings the newest checkpoint to the witnesses of the own log, in a thread of its own.
    fn witness(&mut self) -> Result<(), String> {
        let waits = self.witnessed.is_some_and(|asked| asked.elapsed() < WITNESS_EVERY);
        if waits || self.witnesses.as_ref().is_some_and(|asking| !asking.is_finished()) {
            return Ok(());
        }
        self.witnessed = Some(Instant::now());
        let asks = self.authority.witness_asks();
        let asks = asks.map_err(|error| self.halted.hear(&error))?;
        if asks.is_empty() {
            return Ok(());
        }
        let (authority, client, id) = (Arc::clone(&self.authority), self.client.clone(), self.id.clone());
        let ending = Arc::clone(&self.ending);
        let run = move || {
            for ask in asks.iter().take_while(|_| !ending.load(Ordering::SeqCst)) {
                if let Err(why) = cosigned(&authority, &client, ask) {
                    note(&id, format_args!("not witnessed: {why}"));
                }
            }
        };
        let started = std::thread::Builder::new().name("witnesses".to_owned()).spawn(run);
        self.witnesses = Some(started.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// The partners to whom something is to be sent now, as yet without what.
    fn due(&self) -> BTreeMap<Id, Vec<Outgoing>> {
        let now = Instant::now();
        let later = |trouble: &Trouble| trouble.again.is_some_and(|again| again > now);
        let waits = |to: &Id| self.under_way.contains(to) || self.trouble.get(to).is_some_and(later);
        let state = self.authority.state();
        let due = state.partners.iter().filter(|partner| !partner.unanswered.is_empty());
        let due = due.map(|partner| &partner.file.id).filter(|to| !waits(to));
        due.map(|to| (to.clone(), Vec::new())).collect()
    }

    /// Sends to one partner in a thread of its own: whoever is slow delays nobody else.
    fn send(&mut self, now: Timestamp, to: &Id, messages: Vec<Outgoing>) -> Result<(), String> {
        let named = messages.first().and_then(|message| message.url.as_deref());
        let Some(url) = self.client.url(to.as_str(), named) else {
            if self.by_file.insert(to.clone()) {
                note(
                    &self.id,
                    format_args!("{to} can be reached by files only: see `countersign exchange export`"),
                );
            }
            return Ok(());
        };
        let (authority, client, report) = (Arc::clone(&self.authority), self.client.clone(), self.reports.0.clone());
        let (partner, ending, halted) = (to.clone(), Arc::clone(&self.ending), self.halted.clone());
        self.under_way.insert(to.clone());
        let run = move || {
            let mut sent = Sent {
                to: partner,
                receipts: 0,
                failed: None,
            };
            for message in &messages {
                if ending.load(Ordering::SeqCst) {
                    break;
                }
                match deliver(&authority, &client, &halted, now, &url, message) {
                    Ok(()) => sent.receipts += 1,
                    Err(why) => {
                        sent.failed = Some(format!("message {}: {why}", message.seq));
                        break;
                    }
                }
            }
            // Whoever hears of it may close the authority.
            drop(authority);
            drop(report.send(sent));
        };
        let thread = std::thread::Builder::new().name(format!("to {to}")).spawn(run);
        if let Err(error) = thread {
            self.under_way.remove(to);
            return Err(error.to_string());
        }
        Ok(())
    }

    /// Hears what came of sending, and says so.
    fn heard(&mut self, sent: Sent) {
        let Sent { to, receipts, failed } = sent;
        self.under_way.remove(&to);
        if receipts > 0 {
            note(&self.id, format_args!("{to} took {receipts} messages"));
        }
        let Some(why) = failed else {
            self.trouble.remove(&to);
            return;
        };
        let trouble = self.trouble.entry(to.clone()).or_default();
        if receipts > 0 {
            trouble.failures = 0;
        }
        let pause = pause(trouble.failures, chance());
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.again = Instant::now().checked_add(pause);
        note(
            &self.id,
            format_args!("{to}: {why}; tried again in {:.1} s", pause.as_secs_f32()),
        );
    }
}

/// Asks a witness once, and keeps its cosignature.
fn cosigned(authority: &Authority, client: &Client, ask: &WitnessAsk) -> Result<(), String> {
    let (status, is_size, body) = client.add_checkpoint(&ask.url, &ask.body)?;
    let answer = match status {
        200 => WitnessAnswer::Cosigned(&body),
        409 if is_size => WitnessAnswer::Has(&body),
        status => WitnessAnswer::Refused(status),
    };
    authority.hear_witness(ask, answer).map_err(|error| error.to_string())?
}

/// Sends one message and keeps its receipt.
fn deliver(
    authority: &Authority,
    client: &Client,
    halted: &Halted,
    now: Timestamp,
    url: &str,
    message: &Outgoing,
) -> Result<(), String> {
    let answer = client.send(url, &message.bytes)?;
    let heard = authority.hear(now, message, &answer);
    if let Settled::Recorded {
        refused: Some(code), ..
    } = heard.map_err(|error| halted.hear(&error))??
    {
        let (to, seq) = (&message.to, message.seq);
        note(
            &authority.state().founding.id,
            format_args!("{to} does not accept what message {seq} says: {code}"),
        );
    }
    Ok(())
}

/// The pause after so many failures in a row: doubled each time, up to a limit, and by chance up to a quarter shorter,
/// so that a partner that comes back is not asked by everybody at once. `chance` is from 0 to 255.
fn pause(failures: u32, chance: u8) -> Duration {
    let whole = PAUSE_MIN
        .saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX))
        .min(PAUSE_MAX);
    whole.saturating_sub(whole / 4 * u32::from(chance) / 255)
}

fn chance() -> u8 {
    let mut byte = [0; 1];
    // Without chance the pause is the whole one.
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_second_to_five_minutes() {
        assert_eq!(pause(0, 0), Duration::from_secs(1));
        assert_eq!(pause(3, 0), Duration::from_secs(8));
        assert_eq!(pause(8, 0), Duration::from_secs(256));
        for failures in [9, 31, 32, 33, u32::MAX] {
            assert_eq!(pause(failures, 0), PAUSE_MAX);
        }
        for chance in 0..=255 {
            assert!(pause(0, chance) >= Duration::from_millis(750));
            assert!(pause(0, chance) <= Duration::from_secs(1));
        }
    }
}
