//! What has happened in a case: its entries in the journal, and the messages about it.

use std::collections::BTreeSet;

use domain::partner::Message;
use domain::trade::{Case, Side};
use domain::{Entry, Event, State};
use jiff::Timestamp;
use store::EntryRow;

use crate::answer::Fault;
use crate::ask::Ask;

/// The most entries of one case that are shown.
const ENTRIES_MAX: usize = 200;
/// So many of a partner's messages are looked through for those of one case.
const MESSAGES_MAX: usize = 400;

/// Something that happened.
pub struct Step {
    /// The entry's number.
    pub seq: u64,
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// Who, or how a message stands.
    pub who: String,
    /// Whether it is a message.
    pub message: bool,
}

/// What of a case the state says about its messages.
pub struct Messages {
    partner: Option<String>,
    /// Entries of our messages that wait to be signed.
    queued: BTreeSet<u64>,
    /// Entries of our messages that are signed and have no receipt yet.
    unanswered: Vec<u64>,
    /// How many messages of ours the partner has refused.
    refused: Vec<u64>,
    /// How many messages of the partner this case shows to have taken.
    expected: usize,
}

/// What to look for, gathered under the lock of the state.
pub fn messages(state: &State, case: &Case) -> Messages {
    let partner = case.partner.as_ref().and_then(|id| state.partners.get(id));
    let taken = match case.side {
        Side::Exporting => [
            case.confirmation.is_some() || case.refusal.is_some(),
            case.arrival.is_some(),
            case.their_word.is_some(),
            case.unused_there,
        ],
        Side::Importing => [
            true,
            case.permit.is_some(),
            case.departure.is_some(),
            case.their_word.is_some(),
        ],
    };
    Messages {
        partner: partner.map(|partner| partner.file.id.to_string()),
        queued: partner.map_or_else(BTreeSet::new, |partner| {
            partner.queue.iter().map(|queued| queued.entry).collect()
        }),
        unanswered: partner.map_or_else(Vec::new, |partner| {
            partner.unanswered.iter().map(|sent| sent.entry).collect()
        }),
        refused: partner.map_or_else(Vec::new, |partner| {
            partner.refused.iter().map(|refused| refused.entry).collect()
        }),
        expected: taken.into_iter().filter(|taken| *taken).count() + asked(case),
    }
}

/// How many of the partner's messages are questions, answers, or the end of the case.
fn asked(case: &Case) -> usize {
    let answered = case.questions.iter().filter(|asked| asked.answer.is_some()).count();
    match case.side {
        Side::Exporting => case.questions.len(),
        Side::Importing => answered + usize::from(case.ended.is_some()),
    }
}

/// The message that carried the importing authority's yes: its entry, and the key that signed it.
pub struct Signed {
    /// The entry.
    pub seq: u64,
    /// The key's name.
    pub kid: String,
}

/// All that happened, oldest first; and the message with which the partner confirmed.
pub fn timeline(
    ask: &Ask,
    case: &Case,
    messages: &Messages,
    persons: bool,
) -> Result<(Vec<Step>, Option<Signed>), Fault> {
    // Whoever has just acted sees it.
    ask.app.authority().catch_up()?;
    let rows = rows(ask, case)?;
    let unanswered = of_case(ask, case, &messages.unanswered)?;
    let mut steps = Vec::with_capacity(rows.len() + messages.expected);
    for row in &rows {
        steps.push(step(ask, row, messages, &unanswered, persons)?);
    }
    let first = rows.first().map_or(0, |row| row.seq);
    let mut signed = None;
    if let (Some(partner), true) = (&messages.partner, persons) {
        signed = received(ask, case, partner, messages.expected, first, &mut steps)?;
    }
    steps.sort_by_key(|step| step.seq);
    Ok((steps, signed))
}

/// The entries about a case and its permit.
fn rows(ask: &Ask, case: &Case) -> Result<Vec<EntryRow>, Fault> {
    let authority = ask.app.authority();
    let mut rows = authority.register(|register| register.entries_of_subject(&case.id, 0, ENTRIES_MAX))?;
    if let (Side::Exporting, Some(permit)) = (case.side, &case.permit) {
        let number = &permit.number;
        let of_permit = authority.register(|register| register.entries_of_subject(number, 0, ENTRIES_MAX))?;
        // Another thing may have the same name: a release is all that names the permit alone.
        rows.extend(of_permit.into_iter().filter(|row| row.kind == "ConsignmentReleased"));
    }
    rows.sort_by_key(|row| row.seq);
    Ok(rows)
}

fn step(ask: &Ask, row: &EntryRow, messages: &Messages, unanswered: &[String], persons: bool) -> Result<Step, Fault> {
    let words = ask.words();
    let at = Timestamp::from_microsecond(row.recorded_at_us).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut what = words
        .find(&crate::act::kind_key(&row.kind), &[])
        .unwrap_or_else(|| words.t(&format!("timeline-{}", row.kind)));
    let mut who = String::new();
    let message = row.kind == "MessageQueued";
    if message {
        let entry = ask.app.authority().entry(row.seq)?;
        if let Some(Event::MessageQueued(queued)) = entry.as_ref().map(|entry| &entry.event) {
            let kind = queued.notice.kind();
            what = words.t2("timeline-sent", "to", &queued.to, "what", notice(ask, kind));
            who = words.t(if messages.queued.contains(&row.seq) {
                "timeline-state-queued"
            } else if unanswered.iter().any(|waiting| waiting == kind) {
                "timeline-state-sent"
            } else if refused(ask, messages, &queued.notice)? {
                "timeline-state-refused"
            } else {
                "timeline-state-taken"
            });
        }
    } else if persons {
        who = acted(ask, row)?;
    }
    Ok(Step {
        seq: row.seq,
        at: ask.time(at),
        what,
        who,
        message,
    })
}

/// What a message says, in words.
fn notice(ask: &Ask, kind: &str) -> String {
    ask.words().t(&format!("notice-{}", kind.replace('_', "-")))
}

/// Who acted, and who proposed it where two did.
fn acted(ask: &Ask, row: &EntryRow) -> Result<String, Fault> {
    let words = ask.words();
    let Ok(actor) = row.actor.parse::<domain::access::Actor>() else {
        return Ok(row.actor.clone());
    };
    let name = if actor == domain::access::Actor::node() {
        words.t("timeline-node")
    } else {
        ask.actor_in_words(&actor)
    };
    let before = match row.seq.checked_sub(1) {
        Some(seq) => ask.app.authority().entry(seq)?,
        None => None,
    };
    let Some(Event::DecisionApproved(approval)) = before.as_ref().map(|entry| &entry.event) else {
        return Ok(name);
    };
    let proposal: Option<Entry> = ask.app.authority().entry(approval.of)?;
    Ok(match proposal {
        Some(proposal) => {
            let proposer = ask.actor_in_words(&proposal.actor);
            words.t2("timeline-two", "proposer", proposer, "approver", name)
        }
        None => name,
    })
}

/// The kinds of our signed messages of a case that have no receipt yet.
fn of_case(ask: &Ask, case: &Case, signed: &[u64]) -> Result<Vec<String>, Fault> {
    let mut kinds = Vec::new();
    for seq in signed.iter().take(MESSAGES_MAX) {
        let entry = ask.app.authority().entry(*seq)?;
        if let Some(Event::MessageSigned(signed)) = entry.as_ref().map(|entry| &entry.event)
            && let Ok(message) = signed.message.payload.read::<Message>()
            && message.case.as_ref() == Some(&case.id)
        {
            kinds.push(message.kind.to_string());
        }
    }
    Ok(kinds)
}

/// Whether the partner's receipt for a message of ours refuses it. Such receipts are few.
fn refused(ask: &Ask, messages: &Messages, notice: &domain::trade::Notice) -> Result<bool, Fault> {
    let body = notice.body().ok();
    for seq in messages.refused.iter().rev().take(MESSAGES_MAX) {
        let entry = ask.app.authority().entry(*seq)?;
        let Some(Event::MessageReceipted(receipted)) = entry.as_ref().map(|entry| &entry.event) else {
            continue;
        };
        let Ok(receipt) = receipted.receipt.payload.read::<domain::partner::Receipt>() else {
            continue;
        };
        let sent = signed_before(ask, &receipted.by, *seq, receipt.of)?;
        if sent.is_some_and(|message| Some(&message.body) == body.as_ref()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The message of ours with this hash, among those to a partner shortly before an entry.
fn signed_before(ask: &Ask, partner: &str, seq: u64, hash: domain::digest::Digest) -> Result<Option<Message>, Fault> {
    let from = seq.saturating_sub(2_000);
    let authority = ask.app.authority();
    let rows = authority.register(|register| register.entries_of_subject(partner, from, MESSAGES_MAX))?;
    for row in rows.iter().filter(|row| row.kind == "MessageSigned" && row.seq < seq) {
        let entry = authority.entry(row.seq)?;
        if let Some(Event::MessageSigned(signed)) = entry.as_ref().map(|entry| &entry.event)
            && signed.message.hash() == hash
        {
            return Ok(signed.message.payload.read::<Message>().ok());
        }
    }
    Ok(None)
}

/// Finds the partner's messages of a case; gives the one that confirmed it.
fn received(
    ask: &Ask,
    case: &Case,
    partner: &str,
    expected: usize,
    first: u64,
    steps: &mut Vec<Step>,
) -> Result<Option<Signed>, Fault> {
    let words = ask.words();
    let authority = ask.app.authority();
    // The importing side knows the case by a message alone: it stands before the first entry of its own.
    let from = match case.side {
        Side::Exporting => first,
        Side::Importing => request_entry(ask, case, partner).unwrap_or(first),
    };
    let rows = authority.register(|register| register.entries_of_subject(partner, from, 4 * MESSAGES_MAX))?;
    let (mut found, mut confirmed) = (0, None);
    let messages = rows.iter().filter(|row| row.kind == "MessageReceived");
    for row in messages.take(MESSAGES_MAX) {
        if found == expected {
            break;
        }
        let entry = authority.entry(row.seq)?;
        let Some(Event::MessageReceived(received)) = entry.as_ref().map(|entry| &entry.event) else {
            continue;
        };
        let Ok(message) = received.message.payload.read::<Message>() else {
            continue;
        };
        if message.case.as_ref() != Some(&case.id) {
            continue;
        }
        found += usize::from(received.refused.is_none());
        if message.kind.as_str() == "confirmed" {
            let kid = received.message.kid.to_string();
            confirmed = Some(Signed { seq: row.seq, kid });
        }
        let at = Timestamp::from_microsecond(row.recorded_at_us).unwrap_or(Timestamp::UNIX_EPOCH);
        let who = match &received.refused {
            None => words.t1("timeline-signed", "kid", &received.message.kid),
            Some(code) => words.t1("timeline-not-taken", "code", code),
        };
        steps.push(Step {
            seq: row.seq,
            at: ask.time(at),
            what: words.t2("timeline-received", "from", partner, "what", notice(ask, &message.kind)),
            who,
            message: true,
        });
    }
    Ok(confirmed)
}

/// The entry of the request with which a case came here.
fn request_entry(ask: &Ask, case: &Case, partner: &str) -> Option<u64> {
    let request = case.request?;
    let state = ask.state();
    let taken = &state.partners.get(partner)?.taken;
    taken
        .values()
        .find(|message| message.hash == request)
        .map(|message| message.entry)
}
