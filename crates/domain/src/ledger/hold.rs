//! Holds on sites and recalls of batches.

use super::{Hold, LedgerRefusal, LiftHold, NamedUnderRef, PlaceHold};
use crate::State;
use crate::refusal::{Refused, taken, unknown};
use crate::table::No;

fn subject(state: &State, hold: &PlaceHold) -> Refused<(Option<No>, Option<No>)> {
    match (&hold.site, &hold.item, &hold.batch) {
        (Some(site), None, None) => Ok((Some(state.holders.site(site)?.0), None)),
        (None, Some(item), Some(batch)) => {
            let (item_no, _) = state.items.find(item)?;
            let no = state.ledger.batches.no(&NamedUnderRef(item_no, batch));
            Ok((None, Some(no.ok_or_else(|| unknown("batch", batch))?)))
        }
        _ => Err(LedgerRefusal::HoldSubject {
            hold: hold.id.to_string(),
        }
        .into()),
    }
}

pub(crate) fn decide_hold(state: &State, hold: &PlaceHold) -> Refused<()> {
    if state.ledger.hold_ids.contains(&hold.id) {
        return Err(taken("hold", &hold.id));
    }
    subject(state, hold).map(|_| ())
}

pub(crate) fn decide_lift(state: &State, lift: &LiftHold) -> Refused<()> {
    if state.ledger.holds.contains_key(&lift.hold) {
        Ok(())
    } else {
        Err(unknown("hold in force", &lift.hold))
    }
}

pub(crate) fn apply_hold(state: &mut State, hold: &PlaceHold) {
    let Ok((site, batch)) = subject(state, hold) else {
        return;
    };
    let ledger = &mut state.ledger;
    ledger.hold_ids.insert(hold.id.clone());
    ledger.holds.insert(
        hold.id.clone(),
        Hold {
            id: hold.id.clone(),
            site,
            batch,
        },
    );
    ledger.held_sites.extend(site);
    ledger.held_batches.extend(batch);
}

pub(crate) fn apply_lift(state: &mut State, lift: &LiftHold) {
    let ledger = &mut state.ledger;
    ledger.holds.remove(&lift.hold);
    ledger.held_sites = ledger.holds.values().filter_map(|hold| hold.site).collect();
    ledger.held_batches = ledger.holds.values().filter_map(|hold| hold.batch).collect();
}
