//! Goods from one province to another in the ledger: how they leave, arrive, come back and are settled.

use jiff::civil::Date;

use super::message::{DomesticDispatch, DomesticEnd, DomesticReceipt, SharedSite};
use super::{Domestic, End, ProvinceRefusal, neighbour, queue};
use crate::State;
use crate::id::Id;
use crate::journal::Event;
use crate::ledger::{Details, LedgerRefusal, Movement, MovementKind, Transit, line_of};
use crate::product::Item;
use crate::refusal::Refused;
use crate::trade::{self, Notice};

/// A site of a neighbour that was shared once.
pub(crate) fn shared_site<'a>(state: &'a State, partner: &Id, site: &Id) -> Refused<&'a SharedSite> {
    neighbour(state, partner)?;
    let offered = state
        .provinces
        .offer(partner, site)
        .ok_or_else(|| ProvinceRefusal::SiteUnknown {
            partner: partner.to_string(),
            site: site.to_string(),
        })?;
    Ok(&offered.site)
}

/// Whether a shared site may take goods of a substance on a day, as its own authority has told.
pub(crate) fn away_licence(state: &State, partner: &Id, site: &Id, item: &Item, on: Date) -> Refused<()> {
    let shared = shared_site(state, partner, site)?;
    let substance = &state.substances.at(item.substance).entry.id;
    let names = || (partner.to_string(), site.to_string(), shared.licence.to_string());
    let withdrawn = state
        .provinces
        .offer(partner, site)
        .and_then(|offered| offered.withdrawn.as_ref());
    // What left before it was withdrawn, and is reported late, was allowed then.
    if withdrawn.is_some_and(|(since, _)| *since <= on) {
        let (partner, site, _) = names();
        return Err(ProvinceRefusal::SiteWithdrawn { partner, site }.into());
    }
    let (partner, site, licence) = names();
    if on < shared.valid_from {
        let from = shared.valid_from;
        return Err(ProvinceRefusal::NotYetValid {
            partner,
            site,
            licence,
            from,
            on,
        }
        .into());
    }
    if on > shared.valid_until {
        let until = shared.valid_until;
        return Err(ProvinceRefusal::Expired {
            partner,
            site,
            licence,
            until,
            on,
        }
        .into());
    }
    if !shared.substances.contains(substance) {
        let substance = substance.to_string();
        return Err(ProvinceRefusal::NotCovered {
            partner,
            site,
            licence,
            substance,
        }
        .into());
    }
    Ok(())
}

/// The number of the next dispatch to a neighbour.
pub(crate) fn next_number(state: &State, partner: &Id) -> u64 {
    state
        .provinces
        .sent
        .get(partner)
        .copied()
        .unwrap_or_default()
        .saturating_add(1)
}

/// What is told of a dispatch; none if its line does not go to a neighbour.
fn told_of(state: &State, movement: &Movement) -> Option<(Id, DomesticDispatch)> {
    let details = movement.details.as_ref()?;
    let (partner, number) = (details.partner.clone()?, details.number?);
    let (_, site) = state.holders.site(&movement.site).ok()?;
    let (item_no, item) = state.items.find(&movement.item).ok()?;
    // A report may be of a batch that nobody knew.
    let batch = state.ledger.batch(item_no, &movement.batch);
    let told = DomesticDispatch {
        number,
        on: movement.occurred_on,
        from: movement.site.clone(),
        holder: state.holders.holder_at(site.holder).entry.name.clone(),
        to: movement.peer.clone()?,
        goods: trade::goods(state, item),
        batch: movement.batch.clone(),
        expires_on: batch.and_then(|(_, batch)| batch.expires_on),
        amount: movement.amount,
        transport_certificate: details.transport_certificate.clone(),
    };
    Some((partner, told))
}

/// The message of a dispatch that was decided, if it goes to a neighbour.
pub(crate) fn dispatched(state: &State, movement: &Movement) -> Option<Event> {
    let (partner, told) = told_of(state, movement)?;
    Some(queue(&partner, Notice::DomesticDispatched(Box::new(told))))
}

/// Keeps a dispatch to a neighbour.
pub(crate) fn apply_dispatch(state: &mut State, seq: u64, movement: &Movement) {
    let Some((partner, told)) = told_of(state, movement) else {
        return;
    };
    state.provinces.sent.insert(partner.clone(), told.number);
    let item = Some(movement.item.clone());
    state
        .provinces
        .begin(seq, Domestic::new(End::Sending, partner, item, told));
}

/// What was taken back or lost of a dispatch to a neighbour is told there.
pub(crate) fn back(transit: &Transit, movement: &Movement) -> Option<Event> {
    let away = transit.away.as_ref()?;
    let reason = movement.details.as_ref()?.reason.clone()?;
    let end = Box::new(DomesticEnd {
        number: away.number,
        on: movement.occurred_on,
        amount: movement.amount,
        reason,
    });
    let notice = match movement.movement {
        MovementKind::CancelDispatch => Notice::DomesticReturned(end),
        MovementKind::LoseInTransit => Notice::DomesticLost(end),
        _ => return None,
    };
    Some(queue(&away.partner, notice))
}

/// Keeps what was taken back or lost.
pub(crate) fn apply_back(state: &mut State, dispatch: u64, movement: &Movement) {
    let amount = movement.amount;
    state
        .provinces
        .change(Some(dispatch), |domestic| match movement.movement {
            MovementKind::CancelDispatch => domestic.returned = domestic.returned.saturating_add(amount),
            MovementKind::LoseInTransit => domestic.lost = domestic.lost.saturating_add(amount),
            _ => {}
        });
}

/// The line with which the sender's ledger ends what was received: the same figure as in the receiver's, whatever else
/// was posted meanwhile. What the books had taken back already comes from unexplained.
pub(super) fn received_line(
    state: &State,
    entry: u64,
    domestic: &Domestic,
    receipt: &DomesticReceipt,
    today: Date,
) -> Option<Box<Movement>> {
    let (told, item) = (&domestic.told, domestic.item.clone()?);
    let transit = state.ledger.transit().get(&entry);
    let outstanding = transit.map_or(0, |transit| transit.outstanding).max(0);
    let arrived = receipt.on.max(told.on).min(today);
    let closed = state.planning.closed(arrived.year()).is_some();
    let on = if closed { today } else { arrived };
    let (kind, site, batch) = (MovementKind::ProvinceOut, told.from.clone(), told.batch.clone());
    let mut line = line_of(kind, site, item, batch, receipt.amount, on);
    line.peer = Some(told.to.clone());
    line.dispatch = Some(entry);
    line.late = on < today;
    line.unexplained = receipt.amount.saturating_sub(outstanding).max(0);
    line.short = receipt.complete && receipt.amount < outstanding;
    line.details = Some(Box::new(Details {
        partner: Some(domestic.partner.clone()),
        ..Details::default()
    }));
    Some(line)
}

/// Goods that come from a neighbour, as the consignee finds them.
pub(crate) struct Incoming<'a> {
    pub domestic: &'a Domestic,
    pub item: Id,
    pub outstanding: i64,
}

/// What is on its way here from a neighbour under the entry of its message; none if it is no such entry.
pub(crate) fn incoming<'a>(state: &'a State, dispatch: u64, site: &Id) -> Refused<Option<Incoming<'a>>> {
    let Some(domestic) = state.provinces.dispatches.get(&dispatch) else {
        return Ok(None);
    };
    if domestic.end == End::Sending {
        return Ok(None);
    }
    if domestic.told.to != *site {
        let site = site.to_string();
        return Err(LedgerRefusal::DispatchOfAnother { dispatch, site }.into());
    }
    let outstanding = domestic.outstanding();
    if outstanding == 0 {
        return Err(LedgerRefusal::DispatchUnknown { dispatch }.into());
    }
    let goods = &domestic.told.goods;
    let item = trade::item_of(state, goods).ok_or_else(|| ProvinceRefusal::GoodsUnknown {
        dispatch,
        substance: goods.substance.to_string(),
        form: goods.form.to_string(),
    })?;
    Ok(Some(Incoming {
        domestic,
        item: item.id.clone(),
        outstanding,
    }))
}

/// The message of a receipt that was decided, if the goods come from a neighbour.
pub(crate) fn received(state: &State, movement: &Movement) -> Option<Event> {
    let domestic = state.provinces.dispatches.get(&movement.dispatch?)?;
    let amount = movement.amount.saturating_sub(movement.excess);
    let receipt = DomesticReceipt {
        number: domestic.told.number,
        on: movement.occurred_on,
        amount,
        excess: movement.excess,
        complete: movement.short || amount == domestic.outstanding(),
    };
    Some(queue(&domestic.partner, Notice::DomesticReceived(Box::new(receipt))))
}

/// Keeps what was received.
pub(crate) fn apply_arrived(state: &mut State, movement: &Movement) {
    state.provinces.change(movement.dispatch, |domestic| {
        let amount = movement.amount.saturating_sub(movement.excess);
        domestic.complete |= movement.short || amount == domestic.outstanding();
        domestic.received = domestic.received.saturating_add(amount);
        domestic.excess = domestic.excess.saturating_add(movement.excess);
        domestic.item = Some(movement.item.clone());
    });
}
