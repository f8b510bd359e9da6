//! Training of companies as recorded facts: sessions and who attended.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::id::{Id, Text};
use crate::refusal::{NameRefusal, Refused, refusals, taken, unknown};
use crate::schema::Day;
use crate::table::{Keyed, Table};

/// A session that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionEntry {
    /// Its id.
    pub id: Id,
    /// What it is about.
    pub title: Text,
    /// The day.
    #[schemars(with = "Day")]
    pub held_on: Date,
}

/// Who attended a session for a holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    /// The session.
    pub session: Id,
    /// The holder.
    pub holder: Id,
    /// Ids of the persons.
    pub persons: Vec<Id>,
}

refusals! {
    /// Why a training record is refused.
    pub enum TrainingRefusal {
        SessionInFuture { session: String, held_on: Date, today: Date } = "session_in_future", Some("1961 art. 34(a)"),
            "session {session} is held on {held_on}, after today, {today}: nobody can have attended it yet";
    }
}

/// A session and its attendance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// As announced.
    pub entry: SessionEntry,
    /// Holder and person.
    pub attended: BTreeSet<(Id, Id)>,
}

impl Keyed for Session {
    type Key = Id;
    fn key(&self) -> Id {
        self.entry.id.clone()
    }
}

/// All sessions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trainings(pub(crate) Table<Session>);

impl Trainings {
    /// All, in order of announcement.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.0.iter()
    }

    /// All, the last announced first.
    pub fn newest(&self) -> impl Iterator<Item = &Session> {
        self.0.iter().rev()
    }

    /// A session by id.
    pub fn get(&self, id: &str) -> Option<&Session> {
        self.0.find(id).map(|(_, session)| session)
    }
}

pub(crate) fn decide_session(state: &State, entry: &SessionEntry) -> Refused<()> {
    if state.trainings.0.no(&entry.id).is_some() {
        Err(taken("session", &entry.id))
    } else {
        Ok(())
    }
}

pub(crate) fn decide_attendance(state: &State, attendance: &Attendance, today: Date) -> Refused<()> {
    let (_, session) = state
        .trainings
        .0
        .find(&attendance.session)
        .ok_or_else(|| unknown("session", &attendance.session))?;
    state
        .holders
        .holder(&attendance.holder)
        .ok_or_else(|| unknown("holder", &attendance.holder))?;
    if attendance.persons.is_empty() {
        return Err(NameRefusal::Empty { field: "persons" }.into());
    }
    let held_on = session.entry.held_on;
    if held_on > today {
        return Err(TrainingRefusal::SessionInFuture {
            session: attendance.session.to_string(),
            held_on,
            today,
        }
        .into());
    }
    Ok(())
}

pub(crate) fn apply_session(state: &mut State, entry: &SessionEntry) {
    state.trainings.0.add(Session {
        entry: entry.clone(),
        attended: BTreeSet::new(),
    });
}

pub(crate) fn apply_attendance(state: &mut State, attendance: &Attendance) {
    if let Some(session) = state.trainings.0.find_mut(&attendance.session) {
        for person in &attendance.persons {
            session.attended.insert((attendance.holder.clone(), person.clone()));
        }
    }
}
