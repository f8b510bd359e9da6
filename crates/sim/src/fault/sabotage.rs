//! What can be made wrong on purpose, to see that the watch notices: an authority that breaks the law, a node that
//! breaks the protocol. None of it goes through the rules.

use std::fmt;
use std::str::FromStr;

use domain::Event;
use domain::partner::{Json, Message, MessageReceived, Receipt};
use domain::province::{Domestic, End};
use domain::trade::{
    Answer as Said, Case, Confirmation, ConsignmentEndorsed, Endorsement, ExportPermitRevoked, ExportWithdrawn, Line,
    Permit, PermitEndorsedUnused, PermitIssued, RequestAnswered, Side, Stage,
};
use exchange::Answer;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Checked, Sim};
use crate::memory::{Core, wrong};
use crate::node::NodeError;

/// Declares the closed list.
macro_rules! sabotages {
    ($($(#[$meta:meta])* $variant:ident = $word:literal;)*) => {
        /// One thing that is made wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Sabotage { $($(#[$meta])* $variant),* }

        impl Sabotage {
            /// All of it with its words.
            pub const ALL: &[(Self, &'static str)] = &[$((Self::$variant, $word)),*];
        }
    };
}

sabotages! {
    /// A permit is issued on a request that nobody has answered.
    Unconfirmed = "unconfirmed";
    /// A permit is for more than was confirmed.
    TooMuch = "too-much";
    /// A second permit is issued for a case that has one.
    Twice = "twice";
    /// A request is confirmed while its question is open.
    Unanswered = "unanswered";
    /// Goods depart under a permit that was revoked.
    AfterTheEnd = "after-the-end";
    /// Customs endorses another amount than the ledger has.
    OtherCount = "other-count";
    /// Customs endorses the arrival of another amount than the ledger has.
    OtherArrival = "other-arrival";
    /// More arrives than has left, and the case is closed over it.
    HiddenDifference = "hidden-difference";
    /// What came from another province is entered a second time.
    EnteredTwice = "entered-twice";
    /// What came from another province is entered, and its authority is not told.
    UntoldReceipt = "untold-receipt";
    /// An export is withdrawn and the importing authority is not told.
    Untold = "untold";
    /// A message is posted with other bytes than were signed.
    OtherBytes = "other-bytes";
    /// A message is taken before its turn.
    BeforeItsTurn = "before-its-turn";
    /// A node takes no messages.
    Deaf = "deaf";
    /// A node takes messages that were damaged.
    DamageTaken = "damage-taken";
    /// A receipt names another entry.
    FalseReceipt = "false-receipt";
    /// A node comes back from an old backup, and nobody has said that it may.
    OldBackup = "old-backup";
    /// A state is changed beside its journal.
    BesideTheJournal = "beside-the-journal";
    /// A node begins anew without looking at what it has stored.
    Blind = "blind";
    /// A node takes messages of a log that was rolled back.
    Forgetful = "forgetful";
    /// A node that came back from an old backup hears nothing of what it is told.
    Unhearing = "unhearing";
    /// A node keeps no evidence against who contradicts itself.
    NoEvidence = "no-evidence";
    /// A node fails.
    Fails = "fails";
}

impl Sabotage {
    /// Its word.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(known, _)| *known == self);
        found.map_or("", |(_, word)| word)
    }
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(sabotage, _)| *sabotage).ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|(_, word)| *word).collect();
            format!("{text:?} is no sabotage: write one of {}", all.join(", "))
        })
    }
}

/// Does something wrong at a node instead of what is due, if it can; tells whether it did.
pub(super) fn act(sim: &mut Sim<'_>, place: usize) -> Checked<bool> {
    let at = sim.nodes[place].time(sim.now);
    let core = &mut sim.nodes[place].core;
    let Some(events) = sim.options.sabotage.and_then(|sabotage| events(core, sabotage)) else {
        return Ok(false);
    };
    core.force(at, events)?;
    Ok(true)
}

/// The entries of what is made wrong in some case.
fn events(core: &Core, sabotage: Sabotage) -> Option<Vec<Event>> {
    let moved = |case: &Case| case.moved.iter().any(|moved| *moved > 0);
    let find = |side, stage, with_goods: bool| {
        let cases = core.state.trade.open_cases();
        let mut fits = cases.filter(move |case| case.side == side && case.stage == stage);
        fits.find(|case| !with_goods || moved(case))
    };
    match sabotage {
        Sabotage::Unconfirmed => permit(core, find(Side::Exporting, Stage::Requested, false)?, 1),
        Sabotage::TooMuch => permit(core, find(Side::Exporting, Stage::Confirmed, false)?, 1_000),
        Sabotage::Twice => permit(core, find(Side::Exporting, Stage::Issued, false)?, 1),
        Sabotage::Unanswered => confirmation(core, find(Side::Importing, Stage::Queried, false)?),
        Sabotage::AfterTheEnd => {
            let case = find(Side::Exporting, Stage::Issued, true)?;
            Some(vec![revocation(case)?, departure(case, &case.moved)?])
        }
        Sabotage::OtherCount => {
            let case = find(Side::Exporting, Stage::Issued, false)?;
            let counted: Vec<i64> = case.consignment.lines.iter().map(|line| line.amount - 1).collect();
            Some(vec![departure(case, &counted)?])
        }
        Sabotage::OtherArrival => {
            let case = find(Side::Importing, Stage::Departed, true)?;
            let counted: Vec<i64> = case.moved.iter().map(|moved| moved + 1).collect();
            Some(vec![arrival(case, &counted)?])
        }
        Sabotage::HiddenDifference => {
            let case = find(Side::Importing, Stage::Departed, true)?;
            Some(vec![arrival(case, &case.moved)?, closing(case)?])
        }
        Sabotage::EnteredTwice => entered(core, |domestic| domestic.received > 0),
        Sabotage::UntoldReceipt => entered(core, |domestic| domestic.received == 0),
        Sabotage::Untold => Some(vec![withdrawal(find(Side::Exporting, Stage::Confirmed, false)?)?]),
        _ => None,
    }
}

fn permit(core: &Core, case: &Case, times: i64) -> Option<Vec<Event>> {
    let mut consignment = case.consignment.clone();
    consignment.lines.iter_mut().for_each(|line| line.amount *= times);
    let today = core.today(core.state.recorded_at);
    let permit = Permit {
        number: format!("FORGED-{}", core.state.size).parse().ok()?,
        issued_on: today,
        valid_until: today,
        consignment,
        authorization_issued_on: today,
        authorization_issuer: case.partner.clone()?,
    };
    let case = case.id.clone();
    let issued = PermitIssued {
        grade: None,
        case,
        permit,
        estimate_checked: None,
        posts: Vec::new(),
        essential: None,
    };
    Some(vec![Event::ExportPermitIssued(Box::new(issued))])
}

/// All of a dispatch of the other province enters.
fn entered(core: &Core, which: impl Fn(&Domestic) -> bool) -> Option<Vec<Event>> {
    let state = &core.state;
    let mut coming = state.provinces.dispatches().iter();
    let (entry, domestic) = coming.find(|(_, domestic)| domestic.end == End::Receiving && which(domestic))?;
    let told = &domestic.told;
    let item = domain::trade::item_of(state, &told.goods)?;
    let line = json!({ "movement": "province_in", "site": told.to, "item": item.id, "batch": told.batch,
        "amount": told.amount, "occurred_on": told.on, "peer": told.from, "dispatch": entry });
    Some(vec![Event::Movement(serde_json::from_value(line).ok()?)])
}

fn confirmation(core: &Core, case: &Case) -> Option<Vec<Event>> {
    let confirmation = Confirmation {
        request: case.request?,
        consignment: case.consignment.clone(),
        officer: None,
        confirmed_on: core.today(core.state.recorded_at),
    };
    let answered = RequestAnswered {
        case: case.id.clone(),
        answer: Said::Confirmed(confirmation),
    };
    Some(vec![Event::RequestConfirmed(Box::new(answered))])
}

fn revocation(case: &Case) -> Option<Event> {
    Some(Event::ExportPermitRevoked(Box::new(ExportPermitRevoked {
        case: case.id.clone(),
        permit: case.permit.as_ref()?.number.clone(),
        reason: "because".parse().ok()?,
    })))
}

fn withdrawal(case: &Case) -> Option<Event> {
    let (case, reason) = (case.id.clone(), "because".parse().ok()?);
    Some(Event::ExportWithdrawn(Box::new(ExportWithdrawn { case, reason })))
}

fn closing(case: &Case) -> Option<Event> {
    let permit = case.permit.as_ref()?.number.clone();
    let case = case.id.clone();
    Some(Event::PermitEndorsedUnused(Box::new(PermitEndorsedUnused {
        case,
        permit,
    })))
}

fn departure(case: &Case, counted: &[i64]) -> Option<Event> {
    Some(Event::ConsignmentDeparted(Box::new(endorsed(case, counted)?)))
}

fn arrival(case: &Case, counted: &[i64]) -> Option<Event> {
    Some(Event::ConsignmentArrived(Box::new(endorsed(case, counted)?)))
}

fn endorsed(case: &Case, counted: &[i64]) -> Option<ConsignmentEndorsed> {
    let permit = case.permit.as_ref()?;
    let lines = case.consignment.lines.iter().zip(counted);
    let endorsement = Endorsement {
        permit: permit.number.clone(),
        on: permit.issued_on,
        post: "Nowhere".parse().ok()?,
        lines: lines
            .map(|(line, counted): (&Line, _)| line.with_amount(*counted))
            .collect(),
    };
    let case = case.id.clone();
    Some(ConsignmentEndorsed {
        case,
        endorsement,
        declaration: None,
    })
}

/// What a node does that is about to crash; gives the hash of its state as it is after that.
pub(super) fn before_crash(sabotage: Option<Sabotage>, core: &mut Core) -> Result<[u8; 32], NodeError> {
    if sabotage == Some(Sabotage::BesideTheJournal) {
        core.state.recorded_at += SignedDuration::from_secs(1);
    }
    core.state.hash().map_err(wrong)
}

/// What a node does that has just crashed.
pub(super) fn on_crash(sabotage: Option<Sabotage>, core: &mut Core) {
    if sabotage == Some(Sabotage::OldBackup) {
        let entries = core.journal();
        let kept = entries.borrow().len().saturating_sub(12);
        entries.borrow_mut().truncate(kept);
    }
}

/// What a node answers without looking at the message.
pub(super) fn on_message(sabotage: Option<Sabotage>, contradicted: bool) -> Result<Option<Answer>, NodeError> {
    let (code, says) = ("deaf".to_owned(), "nobody listens".to_owned());
    match sabotage {
        Some(Sabotage::Deaf) => Ok(Some(Answer::Refused { code, says })),
        Some(Sabotage::NoEvidence) if contradicted => Ok(Some(Answer::Refused { code, says })),
        Some(Sabotage::Fails) => Err(wrong("it fails")),
        _ => Ok(None),
    }
}

/// What a node posts instead of a message.
pub(super) fn on_post(sabotage: Option<Sabotage>, core: &Core, bytes: &mut Vec<u8>) -> Result<(), NodeError> {
    if sabotage != Some(Sabotage::OtherBytes) {
        return Ok(());
    }
    let signed = exchange::parse(bytes).map_err(wrong)?;
    let mut message: Message = signed.payload.read().map_err(wrong)?;
    message.created += SignedDuration::from_secs(1);
    let payload = Json::of(&message).map_err(wrong)?;
    *bytes = exchange::sign(&core.keys.exchange, payload).compact().into_bytes();
    Ok(())
}

/// What a node answers instead of a receipt.
pub(super) fn on_answer(sabotage: Option<Sabotage>, core: &Core, answer: Answer) -> Result<Answer, NodeError> {
    let (Some(Sabotage::FalseReceipt), Answer::Receipt(receipt)) = (sabotage, &answer) else {
        return Ok(answer);
    };
    let signed = exchange::parse(receipt.as_bytes()).map_err(wrong)?;
    let mut receipt: Receipt = signed.payload.read().map_err(wrong)?;
    receipt.entry.seq = receipt.entry.seq.saturating_sub(1);
    let payload = Json::of(&receipt).map_err(wrong)?;
    let signed = exchange::sign(&core.keys.exchange, payload);
    Ok(Answer::Receipt(signed.compact()))
}

/// What a node does with a message that it has not taken, by right.
pub(super) fn on_refused(
    sabotage: Option<Sabotage>,
    core: &mut Core,
    at: Timestamp,
    bytes: &[u8],
    answer: &Answer,
) -> Result<(), NodeError> {
    let takes = match answer {
        Answer::Parked { .. } => sabotage == Some(Sabotage::BeforeItsTurn),
        Answer::Refused { code, .. } => sabotage == Some(Sabotage::Forgetful) && code == "equivocation",
        Answer::Receipt(_) | Answer::Alarm { .. } => false,
    };
    if !takes {
        return Ok(());
    }
    let message = exchange::parse(bytes).map_err(wrong)?;
    let said: Message = message.payload.read().map_err(wrong)?;
    let checkpoint = tlog::verify(&said.checkpoint, sender_log(core, &said)).map_err(wrong)?;
    let received = MessageReceived {
        from: said.from.clone(),
        head: domain::partner::TreeHead {
            size: checkpoint.size,
            root: domain::digest::Bytes(checkpoint.root),
        },
        message,
        // Whatever it says, it is only noted.
        refused: "unknown_kind".parse().ok(),
    };
    core.force(at, vec![Event::MessageReceived(Box::new(received))])
}

fn sender_log<'a>(core: &'a Core, said: &Message) -> &'a str {
    core.state
        .partners
        .get(&said.from)
        .map_or("", |partner| partner.file.log_key.as_str())
}
