//! The work between what listens and what asks: days pass, messages are signed and sent, receipts kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use authority::{Answer, Authority, Outgoing, Settled};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use domain::id::Id;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::client::Client;
use super::note;
use super::routes::Clock;

/// So often it is looked whether there is anything to do.
const EVERY: Duration = Duration::from_millis(200);
/// The pause after a first failure with a partner; each further failure doubles it.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Does the work in a thread of its own until it is dropped or stopped.
pub struct Worker {
    wake: Sender<()>,
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
    authority: Arc<Authority>,
    clock: Clock,
    client: Client,
    zone: TimeZone,
    /// The last day that passed.
    day: Option<Date>,
    /// Partners that are being sent to.
    under_way: BTreeSet<Id>,
    trouble: BTreeMap<Id, Trouble>,
    /// Partners that can be reached by files only, and were named in the log.
    by_file: BTreeSet<Id>,
    reports: (Sender<Sent>, Receiver<Sent>),
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
    pub fn start(authority: Arc<Authority>, clock: Clock, client: Client, bell: Bell) -> Result<Self, String> {
        let zone = authority.state().founding.zone.to_string();
        let zone = TimeZone::get(&zone).map_err(|error| format!("time zone {zone}: {error}"))?;
        let work = Work {
            authority,
            clock,
            client,
            zone,
            day: None,
            under_way: BTreeSet::new(),
            trouble: BTreeMap::new(),
            by_file: BTreeSet::new(),
            reports: unbounded(),
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
        Ok(Self { wake, thread })
    }

    /// Ends the work, and waits for what is being sent.
    pub fn stop(self) {
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
                    note(format_args!("the work of the node failed: {why}"));
                    last = why;
                }
            }
            crossbeam_channel::select! {
                recv(bell) -> _ => {}
                recv(ended) -> _ => break,
                default(EVERY) => {}
            }
        }
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
        let now = (self.clock)(&self.authority)?;
        let today = self.zone.to_datetime(now).date();
        if self.day != Some(today) {
            let due = self.authority.pass_day(now).map_err(|error| error.to_string())?;
            self.day = Some(today);
            note(format_args!("{today}: {due} entries were due"));
        }
        self.authority.sign_queued(now).map_err(|error| error.to_string())?;
        let mut due = self.due();
        if due.is_empty() {
            return Ok(());
        }
        for message in self.authority.outgoing().map_err(|error| error.to_string())? {
            if let Some(messages) = due.get_mut(&message.to) {
                messages.push(message);
            }
        }
        for (to, messages) in due {
            self.send(now, &to, messages)?;
        }
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
        let Some(url) = messages.first().and_then(|message| message.url.clone()) else {
            if self.by_file.insert(to.clone()) {
                note(format_args!(
                    "{to} can be reached by files only: see `countersign exchange export`"
                ));
            }
            return Ok(());
        };
        let (authority, client, report) = (Arc::clone(&self.authority), self.client.clone(), self.reports.0.clone());
        let partner = to.clone();
        self.under_way.insert(to.clone());
        let run = move || {
            let mut sent = Sent {
                to: partner,
                receipts: 0,
                failed: None,
            };
            for message in &messages {
                match deliver(&authority, &client, now, &url, message) {
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
            note(format_args!("{to} took {receipts} messages"));
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
        note(format_args!("{to}: {why}; tried again in {:.1} s", pause.as_secs_f32()));
    }
}

/// Sends one message and keeps its receipt.
fn deliver(
    authority: &Authority,
    client: &Client,
    now: Timestamp,
    url: &str,
    message: &Outgoing,
) -> Result<(), String> {
    let answer = client.send(url, &message.bytes)?;
    let receipt = match Answer::decode(&answer) {
        Ok(Answer::Receipt(receipt)) => receipt,
        Ok(Answer::Parked { expected }) => return Err(format!("it waits there for message {expected}")),
        Ok(Answer::Refused { code, says }) => return Err(format!("{code}: {says}")),
        Err(reject) => return Err(reject.to_string()),
    };
    let settled = authority.settle(now, &message.to, receipt.as_bytes());
    match settled.map_err(|error| error.to_string())? {
        Settled::Recorded { refused: None, .. } => Ok(()),
        Settled::Recorded {
            refused: Some(code), ..
        } => {
            let (to, seq) = (&message.to, message.seq);
            note(format_args!("{to} does not accept what message {seq} says: {code}"));
            Ok(())
        }
        Settled::Refused { code, says } => Err(format!("its receipt is not taken: {code}: {says}")),
    }
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
