//! Reversal of a line, and acceptance of a count: both rest on an entry that the writer reads back from the journal.

use super::bounds::room_for;
use super::movement::{Compartment, CountAccepted, LineReversed, Movement, MovementKind};
use super::refusal::short_of_stock;
use super::{AcceptCount, Account, LedgerRefusal, Reverse};
use crate::State;
use crate::access::Actor;
use crate::journal::Event;
use crate::plan::PlanRefusal;
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
        MovementKind::ProvinceIn | MovementKind::ProvinceOut => {
            return fixed("the other province has it in its books; record what happened since");
        }
        MovementKind::Dispatch
            if original
                .details
                .as_ref()
                .is_some_and(|details| details.partner.is_some()) =>
        {
            return fixed("the other province was told; cancel the dispatch");
        }
        MovementKind::Import if state.trade.is_endorsed(original) => {
            return fixed("the arrival of its consignment is endorsed; record what happened since");
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
    let account = account_of(state, original)?;
    // What the line took goes back where it came from, and must fit there.
    let took = match original.movement {
        MovementKind::UseInManufacture
        | MovementKind::Dispatch
        | MovementKind::Reclassify
        | MovementKind::Dispense
        | MovementKind::Lose => (original.from, original.amount),
        MovementKind::Destroy => (Compartment::AwaitingDestruction, original.amount),
        _ => (original.from, 0),
    };
    room_for(account, original, took.0, took.1)?;
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
    lies_there(account, original, into, gave)?;
    if original.excess > 0 {
        lies_there(account, original, Compartment::Quarantine, original.excess)?;
    }
    Ok(())
}

fn account_of<'a>(state: &'a State, line: &Movement) -> Refused<Option<&'a Account>> {
    let (site_no, _) = state.holders.site(&line.site)?;
    let (item_no, _) = state.items.find(&line.item)?;
    let batch = state.ledger.batch(item_no, &line.batch);
    Ok(batch.and_then(|(batch, _)| state.ledger.account(site_no, batch)))
}

fn lies_there(account: Option<&Account>, original: &Movement, compartment: Compartment, requested: i64) -> Refused<()> {
    let available = account.map_or(0, |account| account.holds(compartment));
    if requested <= available {
        return Ok(());
    }
    Err(short_of_stock(original, compartment, available, requested))
}

/// The breach of a count after whose day its account has moved.
const MOVED_SINCE: &str = "account_moved_since";

/// Decides the acceptance of a count. One that cannot be compared with the books is not accepted, nor one of a year that
/// is closed.
pub(crate) fn decide_accept_count(
    state: &State,
    accept: &AcceptCount,
    cited: Option<&Event>,
) -> Refused<CountAccepted> {
    let count = accept.count;
    if state.ledger.accepted.contains(&count) {
        return Err(LedgerRefusal::CountAccepted { count }.into());
    }
    let Some(Event::Movement(counted)) = cited else {
        return Err(LedgerRefusal::NotACount { count }.into());
    };
    if counted.movement != MovementKind::Count {
        return Err(LedgerRefusal::NotACount { count }.into());
    }
    if counted.breaches.iter().any(|breach| breach.as_str() == MOVED_SINCE) {
        let breach = MOVED_SINCE;
        return Err(LedgerRefusal::CountNotAcceptable { count, breach }.into());
    }
    let year = counted.occurred_on.year();
    if state.planning.closed(year).is_some() {
        return Err(PlanRefusal::YearClosed { year }.into());
    }
    Ok(CountAccepted {
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
    })
}
