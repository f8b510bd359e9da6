//! Partner authorities: their keys, the two chains of messages with each, and what waits, is unanswered or was refused.

use askama::Template;
use domain::Event;
use domain::access::Role;
use domain::partner::{AlarmKind, ChainEnd, EndedLog, HeldKey, Keychain, Message, Partner, Signed, TreeHead};

use crate::act;
use crate::answer::{Answered, Fault, encoded, file, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;

pub const READERS: Who = Who::Officers(&[
    Role::Administrator,
    Role::PermitOfficer,
    Role::Statistician,
    Role::Approver,
    Role::Auditor,
]);

pub const ROUTES: &[Route] = &[
    page("/partners", READERS, list),
    page("/partners/own/key-file", READERS, key_file),
    page("/partners/{id}", READERS, one),
];

/// Messages of each list that are shown.
const MESSAGES_MAX: usize = 50;
/// The last messages that were taken.
const TAKEN_MAX: usize = 20;
/// Entries about a partner that are looked through for a message's number.
const ENTRIES_MAX: usize = 20_000;

/// The own key file, as a partner's officers need it.
struct Own {
    fingerprint: String,
    kid: String,
    from: String,
    until: String,
    url: String,
}

fn own(ask: &Ask) -> Option<Own> {
    // Without the root key here there is no key file: it is made where the key is.
    let file = ask.app.authority().key_file().ok()?;
    Some(Own {
        fingerprint: file.fingerprint(),
        kid: file.key.kid.to_string(),
        from: ask.time(file.key.valid_from),
        until: ask.time(file.key.valid_until),
        url: file.url.as_ref().map(ToString::to_string).unwrap_or_default(),
    })
}

/// A message key, and for how long it is believed.
struct KeyRow {
    kid: String,
    public: String,
    from: String,
    until: String,
    good: bool,
    /// Since when it is not to be trusted.
    untrusted: Option<String>,
    /// Whether it is the one that speaks to the partner now.
    speaks: bool,
}

/// The keys of an authority, the newest first.
fn key_rows(ask: &Ask, keys: &Keychain, speaks: Option<&str>) -> Vec<KeyRow> {
    let row = |held: &HeldKey| KeyRow {
        kid: held.key.kid.to_string(),
        public: held.key.public.to_string(),
        from: ask.time(held.key.valid_from),
        until: ask.time(held.until),
        good: held.signs_at(ask.now),
        untrusted: held.untrusted_since.map(|since| ask.time(since)),
        speaks: speaks == Some(held.key.kid.as_str()),
    };
    keys.iter().rev().map(row).collect()
}

/// A row of the list.
struct Row {
    id: String,
    name: String,
    href: String,
    country: String,
    paired: String,
    sent: u64,
    received: u64,
    waiting: usize,
    unanswered: usize,
    refused: usize,
    contradicted: bool,
    alarm: bool,
}

fn row(ask: &Ask, partner: &Partner) -> Row {
    let words = ask.words();
    let number = |end: &Option<ChainEnd>| end.map_or(0, |end| end.seq);
    Row {
        id: partner.file.id.to_string(),
        name: partner.file.name.to_string(),
        href: format!("/partners/{}", encoded(&partner.file.id)),
        country: names::country(words, partner.file.country),
        paired: words.day(partner.paired_on),
        sent: number(&partner.sent),
        received: number(&partner.received),
        waiting: partner.queue.len(),
        unanswered: partner.unanswered.len(),
        refused: partner.refused.len(),
        contradicted: !partner.equivocations.is_empty(),
        alarm: partner.alarms.iter().any(|alarm| !alarm.settled),
    }
}

#[derive(Template)]
#[template(path = "partners/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    own: Option<Own>,
    keys: Vec<KeyRow>,
    pair: bool,
}

fn list(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let rows = ask.state().partners.iter().map(|partner| row(ask, partner)).collect();
    html(&ListPage {
        f: Frame::of(ask, ask.words().t("partners-title")),
        rows,
        own: own(ask),
        keys: key_rows(ask, &ask.state().own.keys, None),
        pair: act::may(visitor, "pair_partner"),
    })
}

fn key_file(ask: &Ask) -> Answered {
    let Ok(key_file) = ask.app.authority().key_file() else {
        return Err(Fault::Bad("partners-no-root"));
    };
    let text = authority::key_file_text(&key_file);
    file("application/json", &format!("{}.key.json", ask.app.id()), text)
}

/// A message of one of the chains.
struct Letter {
    number: Option<u64>,
    kind: String,
    case: Option<String>,
    at: String,
    entry: u64,
    /// A reason, or a warning.
    note: Option<String>,
}

/// A checkpoint that one side has of the other.
struct Head {
    size: String,
    root: String,
}

fn head(ask: &Ask, head: TreeHead) -> Head {
    Head {
        size: ask.words().number(head.size),
        root: head.root.to_string(),
    }
}

#[derive(Template)]
#[template(path = "partners/one.html")]
struct OnePage {
    f: Frame,
    id: String,
    country: String,
    url: String,
    fingerprint: String,
    root: String,
    keys: Vec<KeyRow>,
    our_keys: Vec<KeyRow>,
    log_key: String,
    cosignature_key: String,
    paired: String,
    sent: Option<(u64, String)>,
    received: Option<(u64, String)>,
    ours: Option<Head>,
    theirs: Option<Head>,
    cosigned: Option<String>,
    queue: Vec<Letter>,
    unanswered: Vec<Letter>,
    refused: Vec<Letter>,
    taken: Vec<Letter>,
    evidence: Vec<Letter>,
    alarms: Vec<Letter>,
    recovered: Vec<Letter>,
    ended: Vec<String>,
    alarm_theirs: bool,
    alarm_ours: bool,
    lists_cut: bool,
    auditor: bool,
}

fn one(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let partner = {
        let state = ask.state();
        state.partners.get(ask.param("id")).cloned().ok_or(Fault::NotFound)?
    };
    ask.looked_at(&partner.file.id);
    let post = Post {
        ask,
        // Which cases there are is business of the authority; administrators keep the keys.
        cases: !visitor.is(Role::Administrator),
    };
    let (words, file) = (ask.words(), &partner.file);
    let end = |end: &Option<ChainEnd>| end.map(|end| (end.seq, end.hash.to_string()));
    let longest = partner
        .queue
        .len()
        .max(partner.unanswered.len())
        .max(partner.refused.len());
    html(&OnePage {
        f: Frame::of(ask, format!("{} ({})", file.name, file.id)),
        id: file.id.to_string(),
        country: names::country(words, file.country),
        url: file.url.as_ref().map(ToString::to_string).unwrap_or_default(),
        fingerprint: file.fingerprint(),
        root: file.root.to_string(),
        keys: key_rows(ask, &partner.keys, None),
        our_keys: our_keys(ask, &partner),
        log_key: file.log_key.to_string(),
        cosignature_key: file.cosignature_key.to_string(),
        paired: words.day(partner.paired_on),
        sent: end(&partner.sent),
        received: end(&partner.received),
        ours: partner.sent.map(|sent| head(ask, sent.head)),
        theirs: partner.received.map(|received| head(ask, received.head)),
        cosigned: partner.cosigned.map(|size| words.number(size)),
        queue: post.queue(&partner)?,
        unanswered: post.unanswered(&partner)?,
        refused: post.refused(&partner)?,
        taken: post.taken(&partner)?,
        evidence: post.evidence(&partner)?,
        alarms: post.alarms(&partner)?,
        recovered: post.recovered(&partner)?,
        ended: ended(ask, &partner),
        alarm_theirs: partner.alarms.iter().any(|alarm| !alarm.ours && !alarm.settled),
        alarm_ours: partner.own_alarm().is_some(),
        lists_cut: longest > MESSAGES_MAX,
        auditor: visitor.is(Role::Auditor),
    })
}

/// Logs that are continued no more: the partner's, and our own.
fn ended(ask: &Ask, partner: &Partner) -> Vec<String> {
    let words = ask.words();
    let says = |key: &str, log: &EndedLog| {
        let (size, entry, at) = (words.number(log.head.size), words.number(log.entry), ask.time(log.at));
        words.with(key, &[("size", &size), ("entry", &entry), ("at", &at)])
    };
    let state = ask.state();
    let theirs = partner.ended.iter().map(|log| says("partners-ended-theirs", log));
    let ours = state.own.ended.iter().map(|log| says("partners-ended-ours", log));
    theirs.chain(ours).collect()
}

/// Our own keys, and which of them speaks to a partner.
fn our_keys(ask: &Ask, partner: &Partner) -> Vec<KeyRow> {
    let state = ask.state();
    let speaks = partner.our_key_now(&state.own.keys, ask.now);
    key_rows(ask, &state.own.keys, speaks.map(|held| held.key.kid.as_str()))
}

/// Reads the messages behind the numbers.
struct Post<'a> {
    ask: &'a Ask,
    cases: bool,
}

impl Post<'_> {
    fn event(&self, seq: u64) -> Result<Option<(Event, String)>, Fault> {
        let entry = self.ask.app.authority().entry(seq)?;
        Ok(entry.map(|entry| (entry.event, self.ask.time(entry.recorded_at))))
    }

    /// A message as its entry has it; what cannot be read is told by its number alone.
    fn letter(&self, number: Option<u64>, entry: u64, at: String, signed: &Signed) -> Letter {
        let message: Option<Message> = signed.payload.read().ok();
        let said = message.map(|message| (message.kind.to_string(), message.case.map(|case| case.to_string())));
        let (kind, case) = said.unwrap_or_default();
        Letter {
            number,
            kind: self.kind(&kind),
            case: case.filter(|_| self.cases),
            at,
            entry,
            note: None,
        }
    }

    fn kind(&self, kind: &str) -> String {
        let words = self.ask.words();
        let key = format!("partners-message-{}", kind.replace(['_', '.', '/'], "-"));
        words.find(&key, &[]).unwrap_or_else(|| kind.replace(['_', '-'], " "))
    }

    fn queue(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        let mut out = Vec::new();
        for queued in partner.queue.iter().take(MESSAGES_MAX) {
            if let Some((Event::MessageQueued(data), at)) = self.event(queued.entry)? {
                out.push(Letter {
                    number: None,
                    kind: self.kind(data.notice.kind()),
                    case: data.case.as_ref().map(ToString::to_string).filter(|_| self.cases),
                    at,
                    entry: queued.entry,
                    note: None,
                });
            }
        }
        Ok(out)
    }

    fn unanswered(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        let words = self.ask.words();
        let mut out = Vec::new();
        for sent in partner.unanswered.iter().take(MESSAGES_MAX) {
            if let Some((Event::MessageSigned(data), at)) = self.event(sent.entry)? {
                let mut letter = self.letter(Some(sent.seq), sent.entry, at, &data.message);
                let key = if sent.not_after < self.ask.now {
                    "partners-overdue"
                } else {
                    "partners-until"
                };
                letter.note = Some(words.t1(key, "at", self.ask.time(sent.not_after)));
                out.push(letter);
            }
        }
        Ok(out)
    }

    fn refused(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        if partner.refused.is_empty() {
            return Ok(Vec::new());
        }
        // The messages to a partner are numbered without a gap, and so are the entries that hold them in their order.
        let authority = self.ask.app.authority();
        let rows = authority.register(|register| register.entries_of_subject(&partner.file.id, 0, ENTRIES_MAX))?;
        let signed: Vec<u64> = rows
            .iter()
            .filter(|row| matches!(&*row.kind, "MessageSigned" | "MessageRecovered"))
            .map(|row| row.seq)
            .collect();
        let mut out = Vec::new();
        for refused in partner.refused.iter().rev().take(MESSAGES_MAX) {
            let place = usize::try_from(refused.seq.saturating_sub(1)).unwrap_or(usize::MAX);
            let of_message = signed.get(place).map(|seq| self.event(*seq)).transpose()?.flatten();
            let at = self.event(refused.entry)?.map(|(_, at)| at).unwrap_or_default();
            let mut letter = Letter {
                number: Some(refused.seq),
                kind: String::new(),
                case: None,
                at: at.clone(),
                entry: refused.entry,
                note: None,
            };
            if let Some((Event::MessageSigned(data), _)) = of_message {
                letter = self.letter(Some(refused.seq), refused.entry, at, &data.message);
            }
            letter.note = Some(self.code(&refused.code));
            out.push(letter);
        }
        Ok(out)
    }

    /// A partner's reason in words, with its code.
    fn code(&self, code: &str) -> String {
        let says = self.ask.words().breach(code);
        if says == code { says } else { format!("{says} ({code})") }
    }

    fn taken(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        let mut out = Vec::new();
        for (seq, taken) in partner.taken.iter().rev().take(TAKEN_MAX) {
            let Some(entry) = self.ask.app.authority().entry(taken.entry)? else {
                continue;
            };
            let recorded_at = entry.recorded_at;
            if let Event::MessageReceived(data) = entry.event {
                let at = self.ask.time(recorded_at);
                let mut letter = self.letter(Some(*seq), taken.entry, at, &data.message);
                letter.note = data.refused.as_ref().map(|code| self.code(code));
                let held = partner.keys.get(&data.message.kid);
                if held.is_some_and(|held| !held.is_believed_of(recorded_at)) {
                    letter.note = Some(self.ask.words().t("partners-taken-untrusted"));
                }
                out.push(letter);
            }
        }
        Ok(out)
    }

    fn alarms(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        let words = self.ask.words();
        let mut out = Vec::new();
        for alarm in &partner.alarms {
            let Some((_, at)) = self.event(alarm.entry)? else {
                continue;
            };
            let kind = match alarm.kind {
                AlarmKind::RolledBack => words.t("partners-alarm-rolled-back"),
                AlarmKind::Forked => words.t("partners-alarm-forked"),
            };
            out.push(Letter {
                number: None,
                kind,
                case: None,
                at,
                entry: alarm.entry,
                note: alarm.ours.then(|| words.t("partners-alarm-our-log")),
            });
        }
        Ok(out)
    }

    /// Messages of ours that were put back, the last first: those that hold, and those that people enter again.
    fn recovered(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        let words = self.ask.words();
        let mut out = Vec::new();
        for recovered in partner.recovered.iter().rev().take(MESSAGES_MAX) {
            let at = self.event(recovered.entry)?.map(|(_, at)| at).unwrap_or_default();
            let case = recovered.case.as_ref().map(ToString::to_string);
            let key = if recovered.holds {
                "partners-recovered-holds"
            } else {
                "partners-recovered-again"
            };
            out.push(Letter {
                number: Some(recovered.seq),
                kind: self.kind(&recovered.kind),
                case: case.filter(|_| self.cases),
                at,
                entry: recovered.entry,
                note: Some(words.t(key)),
            });
        }
        Ok(out)
    }

    fn evidence(&self, partner: &Partner) -> Result<Vec<Letter>, Fault> {
        let words = self.ask.words();
        let mut out = Vec::new();
        for entry in partner.equivocations.values() {
            if let Some((Event::MessageEquivocated(data), at)) = self.event(*entry)? {
                let number: Option<u64> = data.message.payload.read::<Message>().ok().map(|message| message.seq);
                let mut letter = self.letter(number, *entry, at, &data.message);
                letter.note = Some(words.t1("partners-contradicts", "entry", words.number(data.taken)));
                out.push(letter);
            }
        }
        Ok(out)
    }
}
