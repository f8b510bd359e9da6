//! What a partner holds of an authority: given on request, and compared after a restore.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::id::Id;
use domain::partner::{MESSAGE_BYTES_MAX, Message, Partner};
use exchange::{ExchangeKey, Heard, PULL_WITHIN, Pull, Pulled, Reject};
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::AuthorityError;
use crate::recover::JournalHashes;
use crate::{Authority, Look};

/// Messages in one answer; the largest fit into a mebibyte.
const MESSAGES_MAX: usize = 28;
/// Entries about a partner that are read at a time.
const ENTRIES: usize = 1_000;
/// Questions of one partner that are remembered; more within five minutes are not answered.
const NONCES_MAX: usize = 64;

/// Nonces that were used, with the moment of each.
#[derive(Debug, Default)]
pub(crate) struct Nonces(BTreeMap<Id, BTreeMap<Uuid, Timestamp>>);

impl Nonces {
    /// Notes a nonce; tells whether it is new, and there is room for it.
    fn note(&mut self, pull: &Pull, now: Timestamp) -> bool {
        let used = self.0.entry(pull.from.clone()).or_default();
        used.retain(|_, at| now.duration_since(*at) <= PULL_WITHIN + PULL_WITHIN);
        used.len() < NONCES_MAX && used.insert(pull.nonce, now).is_none()
    }
}

/// What came of comparing a journal with what a partner holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// The size of the last checkpoint of this log that the partner has seen.
    pub seen: Option<u64>,
    /// Whether this journal continues that checkpoint.
    pub continues: bool,
    /// Messages of this authority that the partner has taken and this journal does not have, in order.
    pub lost: Vec<String>,
    /// Messages of the partner that this journal does not have, in order: they are taken as they come.
    pub messages: Vec<String>,
    /// Whether the partner holds more.
    pub more: bool,
    /// The last checkpoint of this log that the partner has seen, a signed note.
    pub checkpoint: Option<String>,
    /// The number of the last message of this authority in the answer.
    heard_own: Option<u64>,
}

impl Recalled {
    /// Whether going on from this journal gives the log no second past that this partner could prove.
    pub fn is_whole(&self) -> bool {
        self.continues && self.lost.is_empty()
    }

    /// Adds what a later answer has brought.
    pub fn add(&mut self, next: Self) {
        if next.seen >= self.seen {
            (self.seen, self.checkpoint) = (next.seen, next.checkpoint);
        }
        self.continues &= next.continues;
        self.lost.extend(next.lost);
        self.messages.extend(next.messages);
        (self.heard_own, self.more) = (self.heard_own.max(next.heard_own), next.more);
    }

    fn heard(&self) -> Heard {
        let number = |text: &String| {
            let signed = exchange::parse(text.as_bytes()).ok()?;
            signed.payload.read::<Message>().ok().map(|message| message.seq)
        };
        Heard {
            own: self.heard_own,
            messages: self.messages.last().and_then(number),
        }
    }
}

impl Authority {
    /// Answers a partner's question what is held of it. The inner error says why it is not answered.
    pub fn answer_pull(&self, at: Timestamp, bytes: &[u8]) -> Result<Result<Pulled, Reject>, AuthorityError> {
        let now = at.max(self.state().recorded_at);
        let opened = exchange::open_pull(&self.state(), bytes, now);
        let pull = match opened {
            Ok(pull) => pull,
            Err(reject) => return Ok(Err(reject)),
        };
        let new = {
            let mut nonces = self.nonces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            nonces.note(&pull, now)
        };
        if !new {
            return Ok(Err(exchange::pull_repeated(&pull)));
        }
        let taken: Vec<u64> = {
            let state = self.state();
            let taken = state.partners.get(&pull.from).map(|partner| &partner.taken);
            let taken = taken.into_iter().flat_map(|taken| taken.range(pull.own_from..));
            taken.take(MESSAGES_MAX + 1).map(|(_, taken)| taken.entry).collect()
        };
        let mut own = Vec::new();
        for entry in &taken {
            if let Event::MessageReceived(received) = self.written(*entry)?.0.event {
                own.push(received.message.compact());
            }
        }
        let mut messages = self.signed_from(&pull.from, pull.from_number)?;
        let more = own.len() > MESSAGES_MAX || messages.len() > MESSAGES_MAX;
        own.truncate(MESSAGES_MAX);
        // Both together fit into one answer.
        messages.truncate((MESSAGES_MAX + 3).saturating_sub(own.len()).min(MESSAGES_MAX));
        Ok(Ok(Pulled {
            checkpoint: self.last_seen(&pull.from)?,
            own,
            more: more || messages.len() + taken.len() > MESSAGES_MAX,
            messages,
        }))
    }

    /// Our messages to a partner from a number on, one more than an answer holds at most. Of one that was signed again the
    /// last form counts.
    fn signed_from(&self, to: &Id, number: u64) -> Result<Vec<String>, AuthorityError> {
        self.catch_up()?;
        let mut found: BTreeMap<u64, String> = BTreeMap::new();
        let mut from = 0;
        loop {
            let rows = self.register(|register| register.entries_of_subject(to, from, ENTRIES))?;
            let is_ours = |kind: &str| matches!(kind, "MessageSigned" | "MessageRecovered");
            for row in rows.iter().filter(|row| is_ours(&row.kind)) {
                let signed = self.said(row.seq)?;
                let message: Message = signed.payload.read().map_err(AuthorityError::Broken)?;
                if message.seq >= number {
                    found.insert(message.seq, signed.compact());
                }
            }
            match rows.last() {
                Some(last) if rows.len() == ENTRIES => from = last.seq + 1,
                _ => break,
            }
        }
        let on_the_way: BTreeSet<u64> = {
            let state = self.state();
            let partner = state.partners.get(to);
            let queued = partner.map_or(0, |partner| partner.sent.map_or(0, |last| last.seq));
            found.keys().copied().filter(|seq| *seq > queued).collect()
        };
        // What waits to be signed again is not said any more in its old form.
        found.retain(|seq, _| !on_the_way.contains(seq));
        Ok(found.into_values().take(MESSAGES_MAX + 1).collect())
    }
}

impl Look {
    /// Asks a partner what it holds of this authority, after what earlier answers have brought; nobody runs it.
    pub fn pull(
        &self,
        to: &Id,
        at: Timestamp,
        nonce: Uuid,
        heard: Option<&Recalled>,
    ) -> Result<String, AuthorityError> {
        let refused = |what: String| AuthorityError::Refused(what);
        let partner = self.partner(to)?;
        let now = at.max(self.state.recorded_at);
        let held = partner.our_key_now(&self.state.own.keys, now);
        let held = held.ok_or_else(|| refused("no key of this authority signs now".to_owned()))?;
        let keys = self.place.keys()?.ok_or_else(|| refused("it has no keys".to_owned()))?;
        let key: ExchangeKey = keys.exchange.find(&held.key.kid)?;
        let signed = exchange::pull(
            &self.state,
            &key,
            partner,
            heard.map(Recalled::heard).unwrap_or_default(),
            now,
            nonce,
        );
        signed
            .map(|signed| signed.compact())
            .map_err(|reject| refused(reject.to_string()))
    }

    /// Compares this journal with what a partner holds of it. What the partner says is believed only where this authority
    /// has signed it.
    pub fn recalled(&self, from: &Id, body: &[u8]) -> Result<Recalled, AuthorityError> {
        let refused = |what: String| AuthorityError::Refused(what);
        let partner = self.partner(from)?;
        let pulled: Pulled =
            serde_json::from_slice(body).map_err(|error| refused(format!("the answer of {from}: {error}")))?;
        let (seen, continues) = self.continues(pulled.checkpoint.as_deref())?;
        let last = partner.sent.map_or(0, |last| last.seq);
        let (mut lost, mut heard_own) = (Vec::new(), None);
        for text in pulled.own {
            let message = self
                .own_message(&text)
                .map_err(|why| refused(format!("{from}: {why}")))?;
            heard_own = heard_own.max(Some(message.seq));
            let known = message.seq < last
                || partner
                    .sent
                    .is_some_and(|sent| sent.seq == message.seq && sent.hash == domain::digest::Digest::of(&text));
            if !known {
                lost.push(text);
            }
        }
        Ok(Recalled {
            seen,
            continues,
            lost,
            messages: pulled.messages,
            more: pulled.more,
            checkpoint: pulled.checkpoint,
            heard_own,
        })
    }

    fn partner(&self, id: &Id) -> Result<&Partner, AuthorityError> {
        let unknown = || AuthorityError::Refused(format!("{id} is no partner"));
        self.state.partners.get(id).ok_or_else(unknown)
    }

    /// The size of a checkpoint of this log, and whether the journal continues it.
    fn continues(&self, checkpoint: Option<&str>) -> Result<(Option<u64>, bool), AuthorityError> {
        let Some(note) = checkpoint else {
            return Ok((None, true));
        };
        let theirs = tlog::verify(note, self.state.log_key_of(note).unwrap_or_default())?;
        let there = theirs.size <= self.state.size
            && tlog::root_at(&JournalHashes(&*self.journal), theirs.size)? == theirs.root;
        Ok((Some(theirs.size), there))
    }

    /// A message that this authority has signed, with whichever of its keys.
    fn own_message(&self, text: &str) -> Result<Message, String> {
        if text.len() > MESSAGE_BYTES_MAX {
            return Err("a message is too long".to_owned());
        }
        let signed = exchange::parse(text.as_bytes()).map_err(|reject| reject.to_string())?;
        // A key that was made after the backup is not known here; then nobody can tell whether the message is ours.
        let held = self.state.own.keys.get(&signed.kid);
        let held = held.ok_or_else(|| {
            format!(
                "a message is signed with {}, which this journal does not know",
                signed.kid
            )
        })?;
        if !exchange::verify(&signed, &held.key.public) {
            return Err("a message is not signed by this authority".to_owned());
        }
        signed.payload.read()
    }
}
