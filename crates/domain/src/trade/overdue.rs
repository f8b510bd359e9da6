//! Arrivals that the importing authority has not endorsed though it should have (1961 art. 31(7)).

use jiff::Span;
use jiff::civil::Date;

use super::notice::{Notice, Party, Reminder};
use super::{Case, EndorsementReminded, Side, Stage, queue};
use crate::State;
use crate::journal::Event;

/// So often a partner is reminded; after that it is a matter for people.
const REMINDERS_MAX: u8 = 3;

/// A consignment whose arrival is overdue.
#[derive(Clone, Copy, Debug)]
pub struct Overdue<'a> {
    /// The case.
    pub case: &'a Case,
    /// The day by which it should have been endorsed.
    pub due_on: Date,
}

/// Consignments that have left, and whose arrival should be endorsed by now; by case.
pub fn overdue(state: &State, today: Date) -> impl Iterator<Item = Overdue<'_>> {
    let late = move |case| {
        Some(Overdue {
            case,
            due_on: due(state, case, 1)?,
        })
        .filter(|late| late.due_on < today)
    };
    state.trade.open_cases().filter_map(late)
}

/// The last day before the n-th reminder; none if no arrival is awaited.
fn due(state: &State, case: &Case, times: u8) -> Option<Date> {
    let departed = case.departure.as_ref()?;
    if case.side != Side::Exporting || case.stage != Stage::Departed {
        return None;
    }
    let days = state.policies.endorsement_days.saturating_mul(i64::from(times));
    departed.on.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// How many consignments to an importer are overdue.
pub(super) fn of_importer(state: &State, importer: &Party, today: Date) -> i64 {
    let to_it = |late: &Overdue<'_>| {
        let party = &late.case.consignment.importer;
        party.name == importer.name && party.country == importer.country
    };
    overdue(state, today).filter(to_it).fold(0, |count, _| count + 1)
}

/// The reminders that are due: of several that were missed, the last.
pub(super) fn due_reminders(state: &State, today: Date) -> Vec<Event> {
    let mut events = Vec::new();
    for Overdue { case, .. } in overdue(state, today) {
        let passed = |times: &u8| due(state, case, *times).is_some_and(|due| due < today);
        let last = (case.reminders.saturating_add(1)..=REMINDERS_MAX)
            .take_while(passed)
            .last();
        let (Some(reminder), Some(permit)) = (last, &case.permit) else {
            continue;
        };
        let permit = permit.number.clone();
        let reminder = Reminder { permit, reminder };
        events.push(Event::EndorsementReminded(Box::new(EndorsementReminded {
            case: case.id.clone(),
            reminder: reminder.clone(),
        })));
        // Who does not run this software is reminded by a person, who is told of it.
        if let Some(partner) = &case.partner {
            let notice = Notice::EndorsementOverdue(Box::new(reminder));
            events.push(queue(partner, Some(&case.id), notice));
        }
    }
    events
}

pub(crate) fn apply_reminder(state: &mut State, reminded: &EndorsementReminded) {
    if let Some(case) = state.trade.cases.get_mut(&reminded.case) {
        case.reminders = reminded.reminder.reminder;
    }
}
