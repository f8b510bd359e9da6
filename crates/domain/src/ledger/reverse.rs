//! Reversal of a line, and acceptance of a count: both rest on an entry that the writer reads back from the journal.

use super::check::LedgerRefusal;
use super::movement::{Compartment, CountAccepted, LineReversed, Movement, MovementKind};
use super::{AcceptCount, Reverse};
use crate::State;
use crate::access::Actor;
use crate::journal::Event;
use crate::refusal::Refused;

/// Decides the reversal of a line of the actor's own site. The mirror must not take what is no longer there.
pub(crate) fn decide_reverse(
    state: &State,
    by: &Actor,
    asked: &Reverse,
    cited: Option<&Event>,
) -> Refused<LineReversed> {
    let line = asked.line;
    let Some(Event::Movement(original)) = cited else {
        return Err(LedgerRefusal::LineUnknown { line }.into());
    };
    let (_, site) = state.holders.site(&original.site)?;
    super::owns(by, site)?;
    if state.ledger.reversed.contains(&line) {
        return Err(LedgerRefusal::LineReversed { line }.into());
    }
    reversible(state, line, original)?;
    Ok(LineReversed {
        line,
        original: Movement::clone(original),
        reason: asked.reason.clone(),
    })
}

fn reversible(state: &State, line: u64, original: &Movement) -> Refused<()> {
    let fixed = |why| -> Refused<()> { Err(LedgerRefusal::LineFixed { line, why }.into()) };
    if super::lot::is_of_lot(original) {
        return fixed("it belongs to a lot; correct the lot");
    }
    match original.movement {
        MovementKind::Count => return fixed("a count posts nothing; count again"),
        MovementKind::CancelDispatch | MovementKind::Export | MovementKind::LoseInTransit => {
            return fixed("goods on the way were settled by it; record what happened since");
        }
        MovementKind::Dispatch => {
            let untouched = |sent| {
                state
                    .ledger
                    .transit
                    .get(&line)
                    .is_some_and(|transit| transit.outstanding == sent)
            };
            if !untouched(original.amount) {
                return fixed("goods of it were received or settled already");
            }
        }
        _ => {}
    }
    // What the line put into a compartment must still lie there.
    let gave = match original.movement {
        MovementKind::Opening | MovementKind::Manufacture | MovementKind::Import | MovementKind::Find => {
            original.amount - original.unexplained
        }
        MovementKind::Receive => original.amount - original.excess,
        MovementKind::Reclassify => original.amount,
        _ => return Ok(()),
    };
    let into = original.into;
    lies_there(state, original, into, gave)?;
    if original.excess > 0 {
        lies_there(state, original, Compartment::Quarantine, original.excess)?;
    }
    Ok(())
}

fn lies_there(state: &State, original: &Movement, compartment: Compartment, requested: i64) -> Refused<()> {
    let (site_no, _) = state.holders.site(&original.site)?;
    let (item_no, _) = state.items.find(&original.item)?;
    let batch = state.ledger.batch(item_no, &original.batch).map(|(no, _)| no);
    let account = batch.and_then(|batch| state.ledger.account(site_no, batch));
    let available = account.map_or(0, |account| account.holds(compartment));
    if requested <= available {
        return Ok(());
    }
    let (site, item, batch) = (
        original.site.to_string(),
        original.item.to_string(),
        original.batch.to_string(),
    );
    let compartment = compartment.word();
    Err(LedgerRefusal::StockInsufficient {
        site,
        item,
        batch,
        compartment,
        available,
        requested,
    }
    .into())
}

/// Decides the acceptance of a count.
pub(crate) fn decide_accept_count(
    state: &State,
    accept: &AcceptCount,
    cited: Option<&Event>,
) -> Refused<CountAccepted> {
    let count = accept.count;
    if state.ledger.accepted.contains(&count) {
        return Err(LedgerRefusal::CountAccepted { count }.into());
    }
    match cited {
        Some(Event::Movement(counted)) if counted.movement == MovementKind::Count => Ok(CountAccepted {
            count,
            site: counted.site.clone(),
            item: counted.item.clone(),
            batch: counted.batch.clone(),
            from: counted.from,
            counted_on: counted.occurred_on,
            book: counted
                .details
                .as_ref()
                .and_then(|details| details.book)
                .unwrap_or_default(),
            counted: counted.amount,
        }),
        _ => Err(LedgerRefusal::NotACount { count }.into()),
    }
}
