//! A difference between what was sent and what was received: each side gives its word.

use super::message::DifferenceWord;
use super::{Domestic, End, ProvinceRefusal, ResolveDifference, queue};
use crate::State;
use crate::journal::Event;
use crate::refusal::{Refused, unknown};
use crate::trade::{Cause, Notice, Resolution};

/// Whether a difference lies within the tolerance of policy.
fn within(domestic: &Domestic, tolerance_ppm: i64) -> bool {
    let off = i128::from(domestic.difference())
        .abs()
        .max(i128::from(domestic.difference().saturating_add(domestic.lost)));
    off * 1_000_000 <= i128::from(domestic.told.amount) * i128::from(tolerance_ppm)
}

/// This side's word, with the same causes as at the border.
pub(crate) fn decide_resolution(state: &State, resolve: &ResolveDifference) -> Refused<Vec<Event>> {
    let dispatch = resolve.dispatch;
    let domestic = state.provinces.dispatches.get(&dispatch);
    let domestic = domestic.ok_or_else(|| unknown("dispatch", dispatch.to_string()))?;
    if !domestic.differs() {
        return Err(ProvinceRefusal::NoDifference { dispatch }.into());
    }
    if domestic.our_word.is_some() {
        return Err(ProvinceRefusal::AlreadyResolved { dispatch }.into());
    }
    let tolerance_ppm = state.policies.shipment_tolerance_ppm;
    let explained = resolve.incident.is_some() && resolve.cause != Cause::Measurement;
    if !explained && !within(domestic, tolerance_ppm) {
        return Err(ProvinceRefusal::IncidentMissing {
            dispatch,
            tolerance_ppm,
        }
        .into());
    }
    let resolution = Resolution {
        cause: resolve.cause,
        explanation: resolve.explanation.clone(),
        incident: resolve.incident.clone(),
    };
    let word = DifferenceWord {
        number: domestic.told.number,
        sender: domestic.end == End::Sending,
        resolution,
    };
    Ok(vec![
        Event::DifferenceResolved(Box::new(resolve.clone())),
        queue(&domestic.partner, Notice::DifferenceResolved(Box::new(word))),
    ])
}

pub(crate) fn apply_resolved(state: &mut State, resolved: &ResolveDifference) {
    state.provinces.change(Some(resolved.dispatch), |domestic| {
        domestic.our_word = Some(Resolution {
            cause: resolved.cause,
            explanation: resolved.explanation.clone(),
            incident: resolved.incident.clone(),
        });
    });
}
