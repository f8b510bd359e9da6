//! Alarms: a log that does not continue what was seen of it, with both signed checkpoints as evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chain::EVIDENCE_MAX;
use super::{Partner, PartnerRefusal, Signed, unjournaled};
use crate::State;
use crate::digest::Digest;
use crate::id::Id;
use crate::journal::Event;
use crate::refusal::{NameRefusal, Refused};

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// It has fewer entries than it had.
    RolledBack,
    /// It has other entries than it had.
    Forked,
}

impl AlarmKind {
    /// The code with which it is told to whoever sent the checkpoint.
    pub fn code(self) -> &'static str {
        match self {
            Self::RolledBack => "log_rolled_back",
            Self::Forked => "log_forked",
        }
    }
}

/// A log does not continue what was seen of it. The log has signed both checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseAlarm {
    /// The authority whose log it is: the partner, or this authority.
    pub about: Id,
    /// The partner that sent the checkpoint, or that holds the one that we do not continue.
    pub partner: Id,
    /// What is wrong.
    pub kind: AlarmKind,
    /// The checkpoint that was known before, a signed note.
    pub known: String,
    /// The one that does not continue it, a signed note.
    pub shown: String,
    /// The message in which the partner sent it; none if the log is ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Signed>,
}

/// An alarm was raised.
pub type LogAlarmRaised = RaiseAlarm;

/// An alarm, as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The entry that keeps the evidence.
    pub entry: u64,
    /// Whether it is our log that does not continue.
    pub ours: bool,
    /// What is wrong.
    pub kind: AlarmKind,
    /// The hash of both checkpoints.
    pub evidence: Digest,
    /// Whether the log has been restarted since: nothing is held back because of it any more.
    pub settled: bool,
}

impl RaiseAlarm {
    /// The hash of both checkpoints: the same alarm is raised once.
    pub fn evidence(&self) -> Digest {
        Digest::of(format!("{}\n{}", self.known, self.shown))
    }
}

impl Partner {
    /// The alarm with this evidence, if it was raised.
    pub fn alarm_with(&self, evidence: &Digest) -> Option<&Alarm> {
        self.alarms.iter().find(|alarm| alarm.evidence == *evidence)
    }

    /// The first alarm about our own log: this partner holds a checkpoint that our journal does not continue.
    pub fn own_alarm(&self) -> Option<&Alarm> {
        self.alarms.iter().find(|alarm| alarm.ours && !alarm.settled)
    }

    /// Our log, or the partner's, starts anew: what was wrong with the old one is known, and stays on record.
    pub(super) fn settle_alarms(&mut self, ours: bool) {
        for alarm in self.alarms.iter_mut().filter(|alarm| alarm.ours == ours) {
            alarm.settled = true;
        }
    }
}

/// Decides the raising of an alarm: once for the same evidence, and a few times at most.
pub(crate) fn decide_alarm(state: &State, data: &RaiseAlarm) -> Refused<Event> {
    let partner = state.partners.find(&data.partner)?;
    let ours = data.about == state.founding.id;
    if !ours && data.about != data.partner {
        let why = format!("{} is neither this authority nor the partner", data.about);
        return Err(NameRefusal::BadQuantity { field: "about", why }.into());
    }
    if let Some(known) = partner.alarm_with(&data.evidence()) {
        let (partner, entry) = (data.partner.to_string(), known.entry);
        return Err(unjournaled(PartnerRefusal::AlarmKnown { partner, entry }));
    }
    if partner
        .alarms
        .iter()
        .filter(|alarm| alarm.ours == ours && !alarm.settled)
        .count()
        >= EVIDENCE_MAX
    {
        let from = data.partner.to_string();
        return Err(unjournaled(PartnerRefusal::EvidenceEnough { from }));
    }
    Ok(Event::LogAlarmRaised(Box::new(data.clone())))
}

pub(crate) fn apply_alarm(state: &mut State, entry: u64, raised: &LogAlarmRaised) {
    let ours = raised.about == state.founding.id;
    if let Some(partner) = state.partners.get_mut(&raised.partner) {
        partner.alarms.push(Alarm {
            entry,
            ours,
            kind: raised.kind,
            evidence: raised.evidence(),
            settled: false,
        });
    }
}
