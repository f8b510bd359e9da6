//! What can be made wrong on purpose, to see that the watch notices: an authority that breaks the law, a node that
//! breaks the protocol. None of it goes through the rules.

use std::fmt;
use std::str::FromStr;

use domain::Event;
use domain::partner::{Message, MessageReceived};
use domain::trade::{Case, ConsignmentEndorsed, Endorsement, Permit, PermitIssued, Side, Stage};
use jiff::Timestamp;

use super::{Checked, Sim};
use crate::memory::{Core, wrong};
use crate::node::NodeError;

/// One thing that is made wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A permit is issued on a request that nobody has answered.
    Unconfirmed,
    /// A permit is for more than was confirmed.
    TooMuch,
    /// A message is taken before its turn.
    BeforeItsTurn,
    /// A node comes back from an old backup.
    OldBackup,
    /// Customs endorses another amount than the ledger has.
    OtherCount,
}

impl Sabotage {
    /// All of it with its words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Unconfirmed, "unconfirmed"),
        (Self::TooMuch, "too-much"),
        (Self::BeforeItsTurn, "before-its-turn"),
        (Self::OldBackup, "old-backup"),
        (Self::OtherCount, "other-count"),
    ];

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
    let stage = match sim.options.sabotage {
        Some(Sabotage::Unconfirmed) => Stage::Requested,
        Some(Sabotage::TooMuch) => Stage::Confirmed,
        Some(Sabotage::OtherCount) => Stage::Issued,
        _ => return Ok(false),
    };
    let core = &mut sim.nodes[place].core;
    let mut cases = core
        .state
        .trade
        .cases()
        .filter(|case| case.side == Side::Exporting && case.stage == stage);
    let Some(case) = cases.next().cloned() else {
        return Ok(false);
    };
    drop(cases);
    let event = match sim.options.sabotage {
        Some(Sabotage::OtherCount) => departure(&case),
        Some(Sabotage::TooMuch) => permit(core, &case, 1_000),
        _ => permit(core, &case, 1),
    };
    let Some(event) = event else { return Ok(false) };
    core.force(at, vec![event])?;
    Ok(true)
}

fn permit(core: &Core, case: &Case, times: i64) -> Option<Event> {
    let mut consignment = case.consignment.clone();
    consignment.lines.iter_mut().for_each(|line| line.amount *= times);
    let today = core.today(core.state.recorded_at);
    let permit = Permit {
        number: "FORGED".parse().ok()?,
        issued_on: today,
        valid_until: today,
        consignment,
        authorization_issued_on: today,
        authorization_issuer: case.partner.clone()?,
    };
    Some(Event::ExportPermitIssued(Box::new(PermitIssued {
        case: case.id.clone(),
        permit,
        estimate_checked: None,
        posts: Vec::new(),
        essential: None,
    })))
}

fn departure(case: &Case) -> Option<Event> {
    let endorsement = Endorsement {
        permit: case.permit.as_ref()?.number.clone(),
        on: case.permit.as_ref()?.issued_on,
        post: "Nowhere".parse().ok()?,
        lines: case
            .consignment
            .lines
            .iter()
            .map(|line| line.with_amount(line.amount - 1))
            .collect(),
    };
    let case = case.id.clone();
    Some(Event::ConsignmentDeparted(Box::new(ConsignmentEndorsed {
        case,
        endorsement,
        declaration: None,
    })))
}

/// What a node does that has just crashed.
pub(super) fn on_crash(sabotage: Option<Sabotage>, core: &mut Core) {
    if sabotage == Some(Sabotage::OldBackup) {
        let entries = core.journal();
        let kept = entries.borrow().len().saturating_sub(12);
        entries.borrow_mut().truncate(kept);
    }
}

/// What a node does with a message that came before its turn.
pub(super) fn on_parked(
    sabotage: Option<Sabotage>,
    core: &mut Core,
    at: Timestamp,
    bytes: &[u8],
) -> Result<(), NodeError> {
    if sabotage != Some(Sabotage::BeforeItsTurn) {
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
