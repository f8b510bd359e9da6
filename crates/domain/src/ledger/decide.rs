//! From an act to its line: names resolved, the twelve checks run.

use jiff::civil::Date;

use super::check::{Case, Second, case};
use super::command as act;
use super::movement::{Compartment, Details, Mode, Movement, MovementKind, Resolved};
use super::{LedgerRefusal, Transit};
use crate::State;
use crate::access::Actor;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::province::{self, Incoming, ProvinceRefusal};
use crate::quantity::{Amount, BadQuantity};
use crate::refusal::{NameRefusal, Refused};
use crate::table::No;

/// An act of the ledger.
#[derive(Clone, Debug)]
pub(crate) enum Act<'a> {
    Opening(&'a act::Opening),
    Manufacture(&'a act::Manufacture),
    FeedLot(&'a act::FeedLot),
    YieldLot(&'a act::YieldLot),
    CloseLot(&'a act::CloseLot),
    Transform(&'a act::Transform),
    UseInManufacture(&'a act::UseInManufacture),
    Dispatch(&'a act::Dispatch),
    Receive(&'a act::Receive),
    CancelDispatch(&'a act::CancelDispatch),
    Reclassify(&'a act::Reclassify),
    Import(&'a act::Import),
    Export(&'a act::Export),
    Dispense(&'a act::Dispense),
    Destroy(&'a act::Destroy),
    Lose(&'a act::Lose),
    LoseInTransit(&'a act::LoseInTransit),
    Find(&'a act::Find),
    Count(&'a act::Count),
}

/// What came of an act: entries, and whose second word they still need.
pub(crate) struct Decided {
    pub events: Vec<Event>,
    pub second: Option<Second>,
}

impl Decided {
    fn of(case: Case<'_>) -> Self {
        let second = case.second.map(|(second, _)| second);
        Self {
            events: vec![Event::Movement(case.movement)],
            second,
        }
    }

    /// With an entry that follows in the same step.
    fn and(mut self, event: Option<Event>) -> Self {
        self.events.extend(event);
        self
    }
}

/// Decides an act of the ledger.
pub(crate) fn decide(state: &State, by: &Actor, today: Date, act: &Act<'_>) -> Refused<Decided> {
    let desk = Desk { state, by, today };
    match act {
        Act::Opening(act) => {
            let mut movement = desk.goods(MovementKind::Opening, &act.site, &act.item, &act.batch, &act.amount)?;
            movement.expires_on = act.expires_on;
            desk.line(movement, act.occurred_on, act.mode)
        }
        Act::Manufacture(act) => {
            let mut movement = desk.goods(MovementKind::Manufacture, &act.site, &act.item, &act.batch, &act.amount)?;
            movement.expires_on = act.expires_on;
            if !state.items.find(&act.item)?.1.bulk {
                return Err(LedgerRefusal::NotBulk {
                    item: act.item.to_string(),
                }
                .into());
            }
            desk.line(movement, act.occurred_on, act.mode)
        }
        Act::FeedLot(act) => desk.feed_lot(act),
        Act::YieldLot(act) => desk.yield_lot(act),
        Act::CloseLot(act) => desk.close_lot(act),
        Act::Transform(act) => desk.transform(act),
        Act::UseInManufacture(act) => {
            let kind = MovementKind::UseInManufacture;
            let mut movement = desk.goods(kind, &act.site, &act.item, &act.batch, &act.amount)?;
            detail(&mut movement).reason = Some(act.reason.clone());
            desk.line(movement, act.occurred_on, act.mode)
        }
        Act::Dispatch(act) => desk.dispatch(act),
        Act::Receive(act) => desk.receive(act),
        Act::CancelDispatch(act) => {
            let kind = MovementKind::CancelDispatch;
            let (mut movement, transit) = desk.on_the_way(kind, &act.site, act.dispatch, act.amount)?;
            detail(&mut movement).reason = Some(act.reason.clone());
            desk.consignor_line(movement, transit, act.occurred_on, act.mode)
        }
        Act::Export(act) => {
            let (mut movement, transit) = desk.on_the_way(MovementKind::Export, &act.site, act.dispatch, act.amount)?;
            if transit.to.is_some() || transit.away.is_some() {
                return Err(foreign_dispatch(act.dispatch, &act.site));
            }
            let details = detail(&mut movement);
            (details.country, details.authorization) = (transit.destination, transit.permit.clone());
            desk.consignor_line(movement, transit, act.occurred_on, act.mode)
        }
        Act::LoseInTransit(act) => {
            let kind = MovementKind::LoseInTransit;
            let (mut movement, transit) = desk.on_the_way(kind, &act.site, act.dispatch, act.amount)?;
            let details = detail(&mut movement);
            (details.reason, details.case) = (Some(act.reason.clone()), Some(act.case.clone()));
            desk.consignor_line(movement, transit, act.occurred_on, act.mode)
        }
        Act::Reclassify(_)
        | Act::Import(_)
        | Act::Dispense(_)
        | Act::Destroy(_)
        | Act::Lose(_)
        | Act::Find(_)
        | Act::Count(_) => desk.at_one_site(act),
    }
}

/// Where an act is decided: the state, who acts, and the day.
pub(super) struct Desk<'a> {
    pub state: &'a State,
    pub by: &'a Actor,
    pub today: Date,
}

impl<'a> Desk<'a> {
    fn at_one_site(&self, act: &Act<'_>) -> Refused<Decided> {
        match act {
            Act::Reclassify(act) => {
                let kind = MovementKind::Reclassify;
                let mut movement = self.goods(kind, &act.site, &act.item, &act.batch, &act.amount)?;
                if act.from == act.into {
                    return Err(LedgerRefusal::SameCompartment {
                        compartment: act.from.word(),
                    }
                    .into());
                }
                (movement.from, movement.into) = (act.from, act.into);
                detail(&mut movement).reason = Some(act.reason.clone());
                self.line(movement, act.occurred_on, act.mode)
            }
            Act::Import(act) => {
                if let Some(case) = &act.case {
                    self.state.trade.incoming(case)?;
                }
                let mut movement = self.goods(MovementKind::Import, &act.site, &act.item, &act.batch, &act.amount)?;
                movement.expires_on = act.expires_on;
                let details = detail(&mut movement);
                (details.country, details.authorization) = (Some(act.origin), act.authorization.clone());
                details.case.clone_from(&act.case);
                self.line(movement, act.occurred_on, act.mode)
            }
            Act::Dispense(act) => {
                let movement = self.goods(MovementKind::Dispense, &act.site, &act.item, &act.batch, &act.amount)?;
                self.line(movement, act.occurred_on, act.mode)
            }
            Act::Destroy(act) => {
                let mut movement = self.goods(MovementKind::Destroy, &act.site, &act.item, &act.batch, &act.amount)?;
                let details = detail(&mut movement);
                details.method = Some(act.method.clone());
                (details.witness, details.officer) = (Some(act.witness.clone()), Some(act.officer.clone()));
                self.line(movement, act.occurred_on, act.mode)
            }
            Act::Lose(act) => {
                let mut movement = self.goods(MovementKind::Lose, &act.site, &act.item, &act.batch, &act.amount)?;
                movement.from = act.from;
                self.with_case(movement, &act.reason, &act.case, act.occurred_on, act.mode)
            }
            Act::Find(act) => {
                let movement = self.goods(MovementKind::Find, &act.site, &act.item, &act.batch, &act.amount)?;
                self.with_case(movement, &act.reason, &act.case, act.occurred_on, act.mode)
            }
            Act::Count(act) => {
                let mut movement = self.goods(MovementKind::Count, &act.site, &act.item, &act.batch, &act.amount)?;
                movement.from = act.from;
                self.count(movement, act.occurred_on, act.mode)
            }
            _ => Ok(Decided {
                events: Vec::new(),
                second: None,
            }),
        }
    }

    fn with_case(
        &self,
        mut movement: Box<Movement>,
        reason: &Text,
        case: &Id,
        on: Date,
        mode: Mode,
    ) -> Refused<Decided> {
        let details = detail(&mut movement);
        (details.reason, details.case) = (Some(reason.clone()), Some(case.clone()));
        self.line(movement, on, mode)
    }

    /// A line of goods at a site; the amount is read in the item's counting unit.
    pub fn goods(
        &self,
        kind: MovementKind,
        site: &Id,
        item: &Id,
        batch: &Id,
        amount: &Amount,
    ) -> Refused<Box<Movement>> {
        let units = match amount {
            Amount::Units(units) => *units,
            Amount::Entered(_) => {
                let (_, of) = self.state.items.find(item)?;
                amount
                    .units(of.bulk)
                    .map_err(|why: BadQuantity| NameRefusal::BadQuantity {
                        field: "amount",
                        why: why.to_string(),
                    })?
            }
        };
        let mut movement = line_of(kind, site.clone(), item.clone(), batch.clone(), units, self.today);
        if let Some(entered) = amount.entered() {
            detail(&mut movement).entered = entered.parse().ok();
        }
        Ok(movement)
    }

    fn line(&self, movement: Box<Movement>, on: Date, mode: Mode) -> Refused<Decided> {
        let mut case = self.open(movement, on, mode)?;
        case.run()?;
        Ok(Decided::of(case))
    }

    pub fn open(&self, mut movement: Box<Movement>, on: Date, mode: Mode) -> Refused<Case<'a>> {
        (movement.occurred_on, movement.mode) = (on, mode);
        case(self.state, self.by, self.today, movement)
    }

    /// What the books held goes into the entry of a count, so that its difference can be told for ever.
    fn count(&self, movement: Box<Movement>, on: Date, mode: Mode) -> Refused<Decided> {
        let mut case = self.open(movement, on, mode)?;
        let account = case
            .batch
            .and_then(|batch| self.state.ledger.account(case.site_no, batch));
        let book = account.map_or(0, |account| account.holds(case.movement.from));
        detail(&mut case.movement).book = Some(book);
        case.run()?;
        Ok(Decided::of(case))
    }

    fn dispatch(&self, act: &act::Dispatch) -> Refused<Decided> {
        let mut movement = self.goods(MovementKind::Dispatch, &act.site, &act.item, &act.batch, &act.amount)?;
        let abroad = act.destination.is_some();
        if let Some(partner) = &act.partner {
            return self.dispatch_away(act, partner, movement);
        }
        if act.to.is_some() == abroad || act.to.as_ref() == Some(&act.site) || (abroad && act.emergency) {
            return Err(LedgerRefusal::NoDestination {
                site: act.site.to_string(),
            }
            .into());
        }
        let has_details = act.transport_certificate.is_some()
            || act.carrier.is_some()
            || abroad
            || act.permit.is_some()
            || act.emergency
            || act.order.is_some();
        if has_details {
            let due = act.emergency.then_some(act.occurred_on);
            let details = detail(&mut movement);
            details.transport_certificate.clone_from(&act.transport_certificate);
            details.carrier.clone_from(&act.carrier);
            details.authorization.clone_from(&act.permit);
            details.order.clone_from(&act.order);
            (details.country, details.notice_due_on) = (act.destination, due);
        }
        movement.peer.clone_from(&act.to);
        let mut case = self.open(movement, act.occurred_on, act.mode)?;
        case.peer = match &act.to {
            Some(to) => Some(self.state.holders.site(to)?.0),
            None => None,
        };
        case.run()?;
        Ok(Decided::of(case))
    }

    /// A dispatch to a site of another province, which is told in the same step.
    fn dispatch_away(&self, act: &act::Dispatch, partner: &Id, mut movement: Box<Movement>) -> Refused<Decided> {
        let site = || act.site.to_string();
        let to = act.to.as_ref().filter(|_| act.destination.is_none());
        let to = to.ok_or_else(|| LedgerRefusal::NoDestination { site: site() })?;
        if act.emergency || act.order.is_some() || act.permit.is_some() {
            return Err(ProvinceRefusal::Plain { site: site() }.into());
        }
        let shared = province::shared_site(self.state, partner, to)?;
        let details = detail(&mut movement);
        details.transport_certificate.clone_from(&act.transport_certificate);
        details.carrier.clone_from(&act.carrier);
        details.partner = Some(partner.clone());
        details.number = Some(province::next_number(self.state, partner));
        movement.peer = Some(to.clone());
        let mut case = self.open(movement, act.occurred_on, act.mode)?;
        case.away = Some((&self.state.partners.find(partner)?.file.id, &shared.site));
        case.run()?;
        let told = province::dispatched(self.state, &case.movement);
        Ok(Decided::of(case).and(told))
    }

    /// Goods from another province: the batch may be new here, and its books end the transit.
    fn receive_away(&self, act: &act::Receive, coming: &Incoming<'a>) -> Refused<Decided> {
        let told = &coming.domestic.told;
        let (kind, site, item) = (MovementKind::ProvinceIn, act.site.clone(), coming.item.clone());
        let mut movement = line_of(kind, site, item, told.batch.clone(), act.amount, self.today);
        movement.dispatch = Some(act.dispatch);
        movement.expires_on = told.expires_on;
        movement.excess = act.amount.saturating_sub(coming.outstanding).max(0);
        movement.short = !act.more_to_come && act.amount < coming.outstanding;
        movement.peer = Some(told.from.clone());
        detail(&mut movement).partner = Some(coming.domestic.partner.clone());
        let mut case = self.open(movement, act.occurred_on, act.mode)?;
        case.left_on = Some(told.on);
        case.run()?;
        let receipt = province::received(self.state, &case.movement);
        Ok(Decided::of(case).and(receipt))
    }

    fn receive(&self, act: &act::Receive) -> Refused<Decided> {
        if let Some(coming) = province::incoming(self.state, act.dispatch, &act.site)? {
            return self.receive_away(act, &coming);
        }
        let (mut movement, transit) = self.on_the_way(MovementKind::Receive, &act.site, act.dispatch, act.amount)?;
        let (site_no, _) = self.state.holders.site(&act.site)?;
        if transit.to != Some(site_no) {
            return Err(foreign_dispatch(act.dispatch, &act.site));
        }
        movement.excess = act.amount.saturating_sub(transit.outstanding).max(0);
        movement.short = !act.more_to_come && act.amount < transit.outstanding;
        movement.peer = Some(self.site_id(transit.from));
        let mut case = self.open(movement, act.occurred_on, act.mode)?;
        (case.peer, case.transit) = (Some(transit.from), Some(transit));
        case.run()?;
        Ok(Decided::of(case))
    }

    /// A line about goods on the way; item and batch are the dispatch's.
    fn on_the_way(
        &self,
        kind: MovementKind,
        site: &Id,
        dispatch: u64,
        amount: i64,
    ) -> Refused<(Box<Movement>, &'a Transit)> {
        let transit = self
            .state
            .ledger
            .transit
            .get(&dispatch)
            .ok_or(LedgerRefusal::DispatchUnknown { dispatch })?;
        let batch = self.state.ledger.batch_at(transit.batch);
        let item = self.state.items.at(batch.item).id.clone();
        let mut movement = line_of(kind, site.clone(), item, batch.code.clone(), amount, self.today);
        movement.dispatch = Some(dispatch);
        Ok((movement, transit))
    }

    fn consignor_line(
        &self,
        mut movement: Box<Movement>,
        transit: &'a Transit,
        on: Date,
        mode: Mode,
    ) -> Refused<Decided> {
        let dispatch = movement.dispatch.unwrap_or_default();
        movement.peer = transit.to.map(|to| self.site_id(to));
        if let Some(away) = &transit.away {
            movement.peer = Some(away.site.clone());
            detail(&mut movement).partner = Some(away.partner.clone());
        }
        let site = movement.site.clone();
        let mut case = self.open(movement, on, mode)?;
        if transit.from != case.site_no {
            return Err(foreign_dispatch(dispatch, &site));
        }
        case.transit = Some(transit);
        case.run()?;
        let told = province::back(transit, &case.movement);
        Ok(Decided::of(case).and(told))
    }

    fn site_id(&self, no: No) -> Id {
        self.state.holders.site_at(no).id.clone()
    }
}

fn foreign_dispatch(dispatch: u64, site: &Id) -> Box<crate::Refusal> {
    LedgerRefusal::DispatchOfAnother {
        dispatch,
        site: site.to_string(),
    }
    .into()
}

/// A line with nothing but its goods.
pub(crate) fn line_of(
    movement: MovementKind,
    site: Id,
    item: Id,
    batch: Id,
    amount: i64,
    occurred_on: Date,
) -> Box<Movement> {
    Box::new(Movement {
        movement,
        mode: Mode::Instruct,
        site,
        item,
        batch,
        amount,
        occurred_on,
        from: Compartment::Stock,
        into: Compartment::Stock,
        peer: None,
        dispatch: None,
        lot: None,
        expires_on: None,
        unexplained: 0,
        excess: 0,
        short: false,
        late: false,
        details: None,
        breaches: Vec::new(),
        resolved: Resolved::default(),
    })
}

/// The details of a line, begun if it has none.
pub(super) fn detail(movement: &mut Movement) -> &mut Details {
    movement.details.get_or_insert_with(Box::default)
}
