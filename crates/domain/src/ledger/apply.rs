//! What an entry of the ledger does to the state. Nothing is decided here.

use super::flow::{Cell, Control};
use super::movement::{Compartment, CountAccepted, LineReversed, LotClosed, Movement, MovementKind};
use super::{Account, Away, Batch, Ledger, Lot, NamedUnderRef, Transit};
use crate::State;
use crate::plan::Planned;
use crate::policy::HospitalReturn;
use crate::quantity::Mass;
use crate::table::No;
use crate::{Broken, broken};

/// Where an amount lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    Held(Compartment),
    Transit,
    Control(Control),
}

/// The numbers behind a movement's names.
struct Numbers {
    site: No,
    retail: bool,
    item: No,
    batch: No,
}

/// Applies a movement.
pub(crate) fn apply_movement(state: &mut State, seq: u64, movement: &Movement) -> Result<(), Broken> {
    let numbers = numbers(state, movement)?;
    if movement.unexplained != 0 {
        post_unexplained(state, movement, &numbers, 1);
    }
    post(state, movement, &numbers, 1);
    follow(state, seq, movement, &numbers)
}

/// Applies the mirror of a line.
pub(crate) fn apply_reversed(state: &mut State, reversed: &LineReversed) -> Result<(), Broken> {
    let original = &reversed.original;
    let numbers = numbers(state, original)?;
    post(state, original, &numbers, -1);
    if original.unexplained != 0 {
        post_unexplained(state, original, &numbers, -1);
    }
    state.ledger.reversed.insert(reversed.line);
    unfollow(state, reversed, &numbers);
    Ok(())
}

fn numbers(state: &mut State, movement: &Movement) -> Result<Numbers, Broken> {
    if let Some((site, item, batch)) = movement.resolved.0 {
        let retail = state.holders.site_at(site).retail;
        return Ok(Numbers {
            site,
            retail,
            item,
            batch,
        });
    }
    let (site, of_site) = state
        .holders
        .sites
        .find(&*movement.site)
        .ok_or_else(|| broken("site", &movement.site))?;
    let retail = of_site.retail;
    let item = state
        .items
        .0
        .no(&*movement.item)
        .ok_or_else(|| broken("item", &movement.item))?;
    let batch = if let Some(batch) = state.ledger.batches.no(&NamedUnderRef(item, &movement.batch)) {
        batch
    } else {
        let (code, expires_on) = (movement.batch.clone(), movement.expires_on);
        state.ledger.batches.add(Batch {
            item,
            code,
            origin: site,
            expires_on,
            open: true,
        })
    };
    Ok(Numbers {
        site,
        retail,
        item,
        batch,
    })
}

/// The legs of a kind: from, to. A count has none.
fn legs(movement: &Movement) -> Option<(Place, Place)> {
    let stock = Place::Held(Compartment::Stock);
    let from = Place::Held(movement.from);
    Some(match movement.movement {
        MovementKind::Opening => (Place::Control(Control::Opening), stock),
        MovementKind::Manufacture => (Place::Control(Control::Produced), stock),
        MovementKind::LotFeed => (stock, Place::Control(Control::FedToLots)),
        MovementKind::LotYield => (Place::Control(Control::MadeByLots), stock),
        MovementKind::UseInManufacture => (stock, Place::Control(Control::Used)),
        MovementKind::Dispatch => (stock, Place::Transit),
        MovementKind::Receive | MovementKind::CancelDispatch => (Place::Transit, stock),
        MovementKind::Reclassify => (from, Place::Held(movement.into)),
        MovementKind::Import => (Place::Control(Control::Imported), stock),
        MovementKind::Export => (Place::Transit, Place::Control(Control::Exported)),
        MovementKind::Dispense => (stock, Place::Control(Control::Dispensed)),
        MovementKind::Destroy => (
            Place::Held(Compartment::AwaitingDestruction),
            Place::Control(Control::Destroyed),
        ),
        MovementKind::Lose => (from, Place::Control(Control::Lost)),
        MovementKind::LoseInTransit => (Place::Transit, Place::Control(Control::Lost)),
        MovementKind::Find => (Place::Control(Control::Found), stock),
        MovementKind::ProvinceOut => (Place::Transit, Place::Control(Control::ProvinceOut)),
        MovementKind::ProvinceIn => (Place::Control(Control::ProvinceIn), stock),
        MovementKind::Count => return None,
    })
}

impl Movement {
    /// What the line changes in its site's account, by compartment. Goods on the way, lots in process and control accounts
    /// are no part of it.
    pub fn changes(&self) -> [i64; 4] {
        let mut changes = [0; 4];
        let mut add = |place: Place, amount: i64| {
            if let Place::Held(compartment) = place
                && let Some(held) = changes.get_mut(compartment.place())
            {
                *held += amount;
            }
        };
        if let Some((from, to)) = legs(self) {
            let moved = match self.movement {
                MovementKind::Receive | MovementKind::ProvinceIn => self.amount - self.excess,
                _ => self.amount,
            };
            add(from, self.unexplained - moved);
            add(to, moved);
        }
        add(Place::Held(Compartment::Quarantine), self.excess);
        changes
    }
}

fn post(state: &mut State, movement: &Movement, numbers: &Numbers, sign: i64) {
    let within_transit = movement.amount - movement.excess;
    let moved = if matches!(movement.movement, MovementKind::Receive | MovementKind::ProvinceIn) {
        within_transit
    } else {
        movement.amount
    };
    if let Some((from, to)) = legs(movement) {
        transfer(state, movement, numbers, from, to, sign * moved);
    }
    if movement.excess != 0 {
        let quarantine = Place::Held(Compartment::Quarantine);
        let unexplained = Place::Control(Control::Unexplained);
        transfer(
            state,
            movement,
            numbers,
            unexplained,
            quarantine,
            sign * movement.excess,
        );
    }
}

/// Missing stock of a reported movement comes from unexplained, so that the book shows what it cannot explain.
fn post_unexplained(state: &mut State, movement: &Movement, numbers: &Numbers, sign: i64) {
    let held = match legs(movement) {
        Some((held @ Place::Held(..), _)) => held,
        Some((Place::Transit, _)) => Place::Transit,
        _ => return,
    };
    let unexplained = Place::Control(Control::Unexplained);
    transfer(state, movement, numbers, unexplained, held, sign * movement.unexplained);
    if matches!(held, Place::Transit)
        && let Some(transit) = movement
            .dispatch
            .and_then(|dispatch| state.ledger.transit.get_mut(&dispatch))
    {
        transit.outstanding += sign * movement.unexplained;
        let to = transit.to;
        expect(state, to, numbers.item, sign * movement.unexplained);
    }
}

/// Moves an amount from one place to another, and keeps the month's figures: both legs or none.
fn transfer(state: &mut State, movement: &Movement, numbers: &Numbers, from: Place, to: Place, amount: i64) {
    let (moved, amount) = (amount, i128::from(amount));
    let retail = numbers.retail;
    let legs = [(from, -amount), (to, amount)];
    for (place, signed) in [(from, -moved), (to, moved)] {
        if let Place::Held(compartment) = place {
            hold(state, movement, numbers, compartment, signed);
        }
    }
    let as_found = state.policies.hospital_return == HospitalReturn::Found;
    let cell = state.ledger.flows.cell(movement.occurred_on, numbers.item);
    for (place, signed) in legs {
        match place {
            // What an institution holds lies beyond the boundary, whatever it is set aside for.
            Place::Held(..) if retail => cell.retail_held += signed,
            Place::Held(Compartment::Special) => cell.special += signed,
            Place::Held(..) | Place::Transit => cell.supply_held += signed,
            Place::Control(control) => cell.control(retail && !in_transit(from, to), control, signed),
        }
    }
    if retail {
        cross_boundary(cell, movement, as_found, from, to, amount);
    }
}

/// What is received beyond the boundary is consumed; what comes back, or does not go back after all, counts as policy
/// says.
fn cross_boundary(cell: &mut Cell, movement: &Movement, as_found: bool, from: Place, to: Place, amount: i128) {
    let outward = match (from, to) {
        (Place::Transit | Place::Control(Control::ProvinceIn), Place::Held(..)) => amount,
        (Place::Held(..), Place::Transit) => -amount,
        _ => return,
    };
    if as_found && !matches!(movement.movement, MovementKind::Receive | MovementKind::ProvinceIn) {
        cell.returned -= outward;
    } else {
        cell.consumed += outward;
    }
}

/// Goods on the way belong to the supply side, whoever sent them, and from whichever province.
fn in_transit(from: Place, to: Place) -> bool {
    let on_the_way = |place| matches!(place, Place::Transit | Place::Control(Control::ProvinceIn));
    on_the_way(from) || on_the_way(to)
}

/// The account of a site and batch, begun if there is none.
fn account(ledger: &mut Ledger, site: No, batch: No) -> No {
    if let Some(no) = ledger.accounts.no(&(site, batch)) {
        return no;
    }
    ledger.begin(Account {
        site,
        batch,
        held: [0; 4],
        opened_on: None,
        moved_on: None,
        counted_on: None,
        closed_by_count: None,
    })
}

/// Changes what a compartment of the movement's account holds.
fn hold(state: &mut State, movement: &Movement, numbers: &Numbers, compartment: Compartment, amount: i64) {
    let ledger = &mut state.ledger;
    let no = account(ledger, numbers.site, numbers.batch);
    let account = &mut ledger.accounts[no];
    if let Some(held) = account.held.get_mut(compartment.place()) {
        *held += amount;
    }
    account.moved_on = account.moved_on.max(Some(movement.occurred_on));
    let counted = account.closed_by_count;
    if !ledger.ceilings.is_empty()
        && let Some((_, held)) = ledger.ceilings.get_mut(&(numbers.site, numbers.item))
    {
        *held += i128::from(amount);
    }
    if let Some(year) = counted {
        keep_count(state, movement, numbers, year, compartment, amount);
    }
}

/// A year-end count that was accepted stays the closing figure, whatever is posted into that year afterwards.
fn keep_count(
    state: &mut State,
    movement: &Movement,
    numbers: &Numbers,
    year: i16,
    compartment: Compartment,
    amount: i64,
) {
    if numbers.retail || compartment == Compartment::Special || movement.occurred_on.year() > year {
        return;
    }
    let item = state.items.at(numbers.item);
    if item.schedule_iii().is_some() {
        return;
    }
    let (substance, base) = (item.substance, item.mass(amount));
    *state.ledger.counted.entry((year, substance)).or_default() -= base;
}

/// What a movement brings besides its two legs.
fn follow(state: &mut State, seq: u64, movement: &Movement, numbers: &Numbers) -> Result<(), Broken> {
    match movement.movement {
        MovementKind::Opening => {
            if let Some(account) = state.ledger.accounts.find_mut(&(numbers.site, numbers.batch)) {
                account.opened_on = Some(movement.occurred_on);
            }
        }
        MovementKind::Manufacture => spend_substance(state, movement, numbers, 1),
        MovementKind::LotFeed => feed(state, movement, numbers)?,
        MovementKind::LotYield => take(state, movement, numbers, 1)?,
        MovementKind::Dispatch => dispatch(state, seq, movement, numbers)?,
        MovementKind::Receive | MovementKind::CancelDispatch | MovementKind::Export | MovementKind::LoseInTransit => {
            arrive(state, movement, numbers)?;
        }
        MovementKind::Import => trade(state, movement, numbers, 1),
        MovementKind::ProvinceOut => leave(state, movement),
        MovementKind::ProvinceIn => crate::province::apply_arrived(state, movement),
        _ => {}
    }
    Ok(())
}

/// Takes back what a movement brought besides its two legs.
fn unfollow(state: &mut State, reversed: &LineReversed, numbers: &Numbers) {
    let original = &reversed.original;
    match original.movement {
        MovementKind::Opening => {
            if let Some(account) = state.ledger.accounts.find_mut(&(numbers.site, numbers.batch)) {
                account.opened_on = None;
            }
        }
        MovementKind::Manufacture => spend_substance(state, original, numbers, -1),
        MovementKind::Import => trade(state, original, numbers, -1),
        MovementKind::Dispatch => {
            if let Some(transit) = state.ledger.transit.remove(&reversed.line) {
                expect(state, transit.to, numbers.item, -transit.outstanding);
            }
            state.channels.forget_notice(reversed.line);
            crate::order::apply_dispatch_reversed(state, reversed, numbers.item);
        }
        MovementKind::Receive => reopen(state, original, numbers),
        _ => {}
    }
}

fn spend_substance(state: &mut State, movement: &Movement, numbers: &Numbers, sign: i64) {
    let item = state.items.at(numbers.item);
    let (substance, base) = (item.substance, item.mass(sign * movement.amount));
    let holder = state.holders.site_at(numbers.site).holder;
    state.planning.spend(
        movement.occurred_on.year(),
        Planned::Substance(substance),
        holder,
        base.pg(),
    );
}

/// Goods have crossed the border.
fn trade(state: &mut State, movement: &Movement, numbers: &Numbers, sign: i64) {
    let item = state.items.at(numbers.item).clone();
    let leaves = movement.movement == MovementKind::Export;
    let left = leaves.then(|| crate::trade::left(state, movement, &item));
    if !leaves {
        crate::trade::entered(state, movement, &item, sign);
    }
    let Some(country) = movement.details.as_ref().and_then(|details| details.country) else {
        return;
    };
    let exempt = item.schedule_iii().is_some();
    let flow = state.ledger.flows.country(movement.occurred_on, numbers.item, country);
    let amount = i128::from(sign * movement.amount);
    match left {
        Some(_) if exempt => flow.exempt += amount,
        None => flow.imported += amount,
        Some(left) if left.emergency => {
            flow.emergency += amount;
            flow.emergencies += i64::from(left.first);
        }
        Some(left) => {
            flow.exported += amount;
            flow.exports += i64::from(left.first);
        }
    }
}

fn feed(state: &mut State, movement: &Movement, numbers: &Numbers) -> Result<(), Broken> {
    let item = state.items.at(numbers.item);
    let (substance, bulk, base) = (item.substance, item.bulk, item.mass(movement.amount));
    let id = movement
        .lot
        .clone()
        .ok_or_else(|| broken("lot of movement", movement.movement.word()))?;
    if state.ledger.lot(numbers.site, &id).is_none() {
        let (fed, held) = (Mass::ZERO, Mass::ZERO);
        let lot = Lot {
            site: numbers.site,
            id: id.clone(),
            substance,
            fed,
            held,
            from_bulk: false,
            fed_on: movement.occurred_on,
            last_on: movement.occurred_on,
            open: true,
        };
        state.ledger.begin_lot(lot);
    }
    if let Some(lot) = state.ledger.lots.find_mut(&NamedUnderRef(numbers.site, &id)) {
        lot.fed += base;
        lot.held += base;
        lot.from_bulk |= bulk;
        lot.fed_on = lot.fed_on.min(movement.occurred_on);
        lot.last_on = lot.last_on.max(movement.occurred_on);
    }
    state.ledger.flows.lot(movement.occurred_on, substance).held += base;
    Ok(())
}

fn take(state: &mut State, movement: &Movement, numbers: &Numbers, sign: i64) -> Result<(), Broken> {
    let item = state.items.at(numbers.item);
    let (substance, bulk, base) = (item.substance, item.bulk, item.mass(sign * movement.amount));
    let id = movement
        .lot
        .as_ref()
        .ok_or_else(|| broken("lot of movement", movement.movement.word()))?;
    let lot = state
        .ledger
        .lots
        .find_mut(&NamedUnderRef(numbers.site, id))
        .ok_or_else(|| broken("lot", id))?;
    lot.held -= base;
    lot.last_on = lot.last_on.max(movement.occurred_on);
    let counts = lot.from_bulk && !bulk;
    state.ledger.flows.lot(movement.occurred_on, substance).held -= base;
    if counts {
        let holder = state.holders.site_at(numbers.site).holder;
        let year = movement.occurred_on.year();
        let amount = i128::from(sign) * i128::from(movement.amount);
        state
            .planning
            .spend(year, Planned::Preparation(numbers.item), holder, amount);
    }
    Ok(())
}

fn dispatch(state: &mut State, seq: u64, movement: &Movement, numbers: &Numbers) -> Result<(), Broken> {
    let away = away(movement);
    let to = match movement.peer.as_ref().filter(|_| away.is_none()) {
        None => None,
        Some(peer) => Some(state.holders.sites.no(&**peer).ok_or_else(|| broken("site", peer))?),
    };
    let (sent, dispatched_on) = (movement.amount, Some(movement.occurred_on));
    let details = movement.details.as_ref();
    let destination = details.and_then(|details| details.country);
    let permit = details.and_then(|details| details.authorization.clone());
    let transit = Transit {
        from: numbers.site,
        to,
        destination,
        permit,
        away,
        batch: numbers.batch,
        sent,
        outstanding: sent,
        short: false,
        dispatched_on,
    };
    state.ledger.send(seq, transit);
    state.ledger.batches[numbers.batch].open = false;
    if let Some(to) = to {
        if state.holders.site_at(to).holder != state.holders.site_at(numbers.site).holder {
            state.channels.supply(numbers.site, to);
        }
        expect(state, Some(to), numbers.item, sent);
    }
    crate::province::apply_dispatch(state, seq, movement);
    crate::order::apply_dispatch(state, seq, movement, numbers.site, to, numbers.item);
    if let Some(due) = movement.details.as_ref().and_then(|details| details.notice_due_on) {
        state.channels.await_notice(seq, numbers.site, due);
    }
    Ok(())
}

/// The site in another province that a dispatch goes to.
fn away(movement: &Movement) -> Option<Away> {
    let details = movement.details.as_ref()?;
    Some(Away {
        partner: details.partner.clone()?,
        site: movement.peer.clone()?,
        number: details.number?,
    })
}

/// Goods were received in another province. Its books may have taken back what arrived all the same: then nothing was on
/// the way any more.
fn leave(state: &mut State, movement: &Movement) {
    let Some(dispatch) = movement.dispatch else { return };
    if let Some(transit) = state.ledger.transit.get_mut(&dispatch) {
        transit.outstanding -= movement.amount;
        transit.short |= movement.short;
        if transit.outstanding == 0 {
            state.ledger.transit.remove(&dispatch);
        }
    }
}

/// Counts goods on their way against the consignee's ceiling, where one is set.
fn expect(state: &mut State, to: Option<No>, item: No, amount: i64) {
    if let Some(to) = to
        && let Some((_, held)) = state.ledger.ceilings.get_mut(&(to, item))
    {
        *held += i128::from(amount);
    }
}

fn arrive(state: &mut State, movement: &Movement, numbers: &Numbers) -> Result<(), Broken> {
    let dispatch = movement
        .dispatch
        .ok_or_else(|| broken("dispatch of movement", movement.movement.word()))?;
    let transit = state
        .ledger
        .transit
        .get_mut(&dispatch)
        .ok_or_else(|| broken("dispatch", dispatch))?;
    let amount = movement.amount - movement.excess;
    transit.outstanding -= amount;
    transit.short |= movement.short;
    let (to, over) = (transit.to, transit.outstanding == 0);
    expect(state, to, numbers.item, -amount);
    if over {
        state.ledger.transit.remove(&dispatch);
    }
    crate::province::apply_back(state, dispatch, movement);
    match movement.movement {
        MovementKind::Export => trade(state, movement, numbers, 1),
        MovementKind::CancelDispatch => crate::order::apply_cancelled(state, dispatch, movement, numbers.item),
        _ => {}
    }
    Ok(())
}

fn reopen(state: &mut State, original: &Movement, numbers: &Numbers) {
    let Some(dispatch) = original.dispatch else { return };
    let amount = original.amount - original.excess;
    if let Some(transit) = state.ledger.transit.get_mut(&dispatch) {
        transit.outstanding += amount;
        transit.short = false;
    } else {
        let from = original
            .peer
            .as_ref()
            .and_then(|peer| state.holders.sites.no(&**peer))
            .unwrap_or_default();
        let (to, batch) = (Some(numbers.site), numbers.batch);
        let transit = Transit {
            from,
            to,
            destination: None,
            permit: None,
            away: None,
            batch,
            sent: amount,
            outstanding: amount,
            short: false,
            dispatched_on: None,
        };
        state.ledger.send(dispatch, transit);
    }
    expect(state, Some(numbers.site), numbers.item, amount);
}

/// Closes a lot: what it still held becomes process loss.
pub(crate) fn apply_lot_closed(state: &mut State, closed: &LotClosed) -> Result<(), Broken> {
    let site = state
        .holders
        .sites
        .no(&*closed.site)
        .ok_or_else(|| broken("site", &closed.site))?;
    let lots = &mut state.ledger.lots;
    let lot = lots
        .find_mut(&NamedUnderRef(site, &closed.lot))
        .ok_or_else(|| broken("lot", &closed.lot))?;
    lot.open = false;
    lot.held -= closed.loss;
    let flow = state.ledger.flows.lot(closed.occurred_on, lot.substance);
    flow.held -= closed.loss;
    flow.loss += closed.loss;
    Ok(())
}

/// Accepts a count: it closes the account's past, and at a year's end it is the closing figure. Of two year-end counts of
/// one compartment the later replaces the earlier.
pub(crate) fn apply_count_accepted(state: &mut State, accepted: &CountAccepted) -> Result<(), Broken> {
    let site = state
        .holders
        .sites
        .no(&*accepted.site)
        .ok_or_else(|| broken("site", &accepted.site))?;
    let (item_no, item) = state
        .items
        .0
        .find(&*accepted.item)
        .ok_or_else(|| broken("item", &accepted.item))?;
    let (substance, content_pg) = (item.substance, item.content_pg);
    let batch = state.ledger.batch(item_no, &accepted.batch).map(|(no, _)| no);
    let batch = batch.ok_or_else(|| broken("batch", &accepted.batch))?;
    let day = accepted.counted_on;
    // A preparation of Schedule III is in no closing stock.
    let stays = item.schedule_iii().is_none() && !state.holders.site_at(site).retail;
    let closes = stays && (day.month(), day.day()) == (12, 31) && accepted.from != Compartment::Special;
    let ledger = &mut state.ledger;
    // What was counted where the books have nothing begins an account too.
    let no = account(ledger, site, batch);
    let account = &mut ledger.accounts[no];
    ledger.accepted.insert(accepted.count);
    account.counted_on = account.counted_on.max(Some(day));
    if closes {
        account.closed_by_count = account.closed_by_count.max(Some(day.year()));
        // Lines posted since an earlier count have left the closing figure at what it said.
        let before = ledger
            .year_ends
            .insert((no, accepted.from, day.year()), accepted.counted);
        let difference = i128::from(accepted.counted - before.unwrap_or(accepted.book));
        let base = Mass::from_pg(i128::from(content_pg)) * difference;
        *ledger.counted.entry((day.year(), substance)).or_default() += base;
    }
    Ok(())
}
