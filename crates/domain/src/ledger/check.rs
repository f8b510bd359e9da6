//! The twelve checks of an instruction, in their order. The order is part of the contract: a line that breaks two rules
//! is refused for the first. A report is recorded all the same, with the code of every rule it broke.

use jiff::civil::Date;

use super::bounds::{adds, not_too_large, room_for};
use super::movement::{Compartment, Mode, Movement, MovementKind, Resolved};
use super::refusal::short_of_stock;
use super::{Account, LedgerRefusal, NamedUnderRef, Transit};
use crate::State;
use crate::access::{Actor, Role};
use crate::holder::{Site, SiteKinds};
use crate::id::Id;
use crate::licence::{Activities, Activity};
use crate::plan::Planned;
use crate::product::Item;
use crate::quantity::Mass;
use crate::refusal::{NameRefusal, Refused};
use crate::table::No;
use crate::{order, province, trade};

/// Why a line of a closed year needs a second person.
pub(super) const YEAR_CLOSED: &str = "its year is closed";

/// The twelve checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// 1: identities known and open.
    Identities = 1,
    /// 2: amount positive and within bounds.
    Amount,
    /// 3: date not in the future, not before opening, not before what it rests on.
    Date,
    /// 4: the consignor's licence.
    ConsignorLicence,
    /// 5: the consignee's licence.
    ConsigneeLicence,
    /// 6: the channel.
    Channel,
    /// 7: no hold.
    Hold,
    /// 8: batch not expired.
    Expiry,
    /// 9: stock suffices.
    Stock,
    /// 10: quota, plan, permit, authorization or order has room.
    Room,
    /// 11: the consignee's ceiling.
    Ceiling,
    /// 12: two persons.
    TwoPersons,
}

/// The checks in their order, with their words.
pub const STEPS: [(Step, &str); 12] = [
    (Step::Identities, "identities known and open"),
    (Step::Amount, "amount positive and within bounds"),
    (
        Step::Date,
        "date not in the future, not before opening, not before what it rests on",
    ),
    (Step::ConsignorLicence, "consignor's licence"),
    (Step::ConsigneeLicence, "consignee's licence"),
    (Step::Channel, "channel"),
    (Step::Hold, "no hold"),
    (Step::Expiry, "batch not expired"),
    (Step::Stock, "stock suffices"),
    (Step::Room, "quota, plan, permit, authorization or order has room"),
    (Step::Ceiling, "consignee's stock ceiling"),
    (Step::TwoPersons, "two persons"),
];

/// Which checks a kind of movement passes. `docs/ledger.md` prints this table.
pub fn applies(kind: MovementKind, step: Step) -> bool {
    use MovementKind as K;
    match step {
        Step::Identities | Step::Amount | Step::Date => true,
        Step::ConsignorLicence => matches!(
            kind,
            K::Manufacture | K::LotFeed | K::LotYield | K::UseInManufacture | K::Dispatch | K::Import | K::Export
        ),
        Step::ConsigneeLicence | Step::Channel => kind == K::Dispatch,
        Step::Hold => matches!(
            kind,
            K::Manufacture
                | K::LotFeed
                | K::LotYield
                | K::UseInManufacture
                | K::Dispatch
                | K::Import
                | K::Export
                | K::Dispense
        ),
        Step::Expiry => {
            matches!(
                kind,
                K::LotFeed | K::UseInManufacture | K::Dispatch | K::Export | K::Dispense
            )
        }
        Step::Stock => !matches!(
            kind,
            K::Opening | K::Manufacture | K::Import | K::Find | K::Receive | K::ProvinceIn | K::Count
        ),
        Step::Room => matches!(kind, K::Manufacture | K::LotYield | K::Dispatch | K::Import | K::Export),
        Step::Ceiling => matches!(kind, K::Dispatch | K::Import),
        Step::TwoPersons => kind != K::Count,
    }
}

/// Whose second word a line needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// An approver of the authority.
    Approver,
    /// Another person of the same holder.
    SameHolder,
}

/// A lot as a line sees it: within one act several lines share it before any is posted.
#[derive(Clone, Copy, Debug)]
pub(super) struct LotView {
    pub substance: No,
    pub held: Mass,
    pub from_bulk: bool,
    pub fed_on: Date,
}

/// How goods go from consignor to consignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forward,
    /// Back to a supplier: holds and expiry do not stop it.
    Back,
}

/// One line on its way through the checks.
pub(super) struct Case<'a> {
    pub state: &'a State,
    pub today: Date,
    pub movement: Box<Movement>,
    pub site_no: No,
    pub site: &'a Site,
    pub item_no: No,
    pub item: &'a Item,
    pub batch: Option<No>,
    pub peer: Option<No>,
    /// The consignee in another province: its authority and its site.
    pub away: Option<(&'a Id, &'a Id)>,
    /// The day before which a line cannot lie, and the dispatch that left on it.
    pub left_on: Option<Date>,
    pub transit: Option<&'a Transit>,
    pub lot: Option<LotView>,
    /// What earlier lines of the same act use of the same quota.
    pub spent: i128,
    pub second: Option<(Second, &'static str)>,
    way: Way,
}

impl Case<'_> {
    /// Runs every check that applies. `Err` refuses; broken rules of a report are kept as breaches.
    pub fn run(&mut self) -> Refused<()> {
        for (step, _) in STEPS {
            if !applies(self.movement.movement, step) {
                continue;
            }
            let outcome = match step {
                Step::Identities => self.identities(),
                Step::Amount => self.amount()?,
                Step::Date => self.date()?,
                Step::ConsignorLicence => self.consignor_licence(),
                Step::ConsigneeLicence => self.consignee_licence(),
                Step::Channel => self.channel(),
                Step::Hold => self.hold(),
                Step::Expiry => self.expiry(),
                Step::Stock => self.stock(),
                Step::Room => self.room(),
                Step::Ceiling => self.ceiling(),
                Step::TwoPersons => self.two_persons(),
            };
            self.keep(outcome)?;
        }
        self.movement.late = self.movement.occurred_on < self.today;
        self.movement.resolved = Resolved(self.batch.map(|batch| (self.site_no, self.item_no, batch)));
        Ok(())
    }

    /// A broken rule refuses an instruction and marks a report.
    pub fn keep(&mut self, outcome: Refused<()>) -> Refused<()> {
        match outcome {
            Err(refusal) if self.movement.mode == Mode::Report => {
                if let Ok(code) = refusal.code.parse::<Id>() {
                    self.movement.breaches.push(code);
                }
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn names(&self) -> (String, String, String) {
        (
            self.movement.site.to_string(),
            self.movement.item.to_string(),
            self.movement.batch.to_string(),
        )
    }

    fn identities(&self) -> Refused<()> {
        if !self.site.open {
            let site = self.movement.site.to_string();
            return Err(crate::holder::HolderRefusal::SiteClosed { site }.into());
        }
        if let Some(peer) = self.peer.map(|peer| self.state.holders.site_at(peer))
            && !peer.open
        {
            return Err(crate::holder::HolderRefusal::SiteClosed {
                site: peer.id.to_string(),
            }
            .into());
        }
        let begins = begins_batch(self.movement.movement);
        match self.batch {
            None if begins => Ok(()),
            None => {
                let (_, item, batch) = self.names();
                Err(LedgerRefusal::BatchUnknown { item, batch }.into())
            }
            Some(no) if begins => self.known_batch(no),
            Some(_) => Ok(()),
        }
    }

    /// A batch that exists may be added to only by the site where it began, while it is open, and keeps its expiry.
    fn known_batch(&self, no: No) -> Refused<()> {
        let known = self.state.ledger.batch_at(no);
        let makes = matches!(
            self.movement.movement,
            MovementKind::Manufacture | MovementKind::LotYield
        );
        if makes && known.origin != self.site_no {
            let origin = self.state.holders.site_at(known.origin).id.to_string();
            let (_, item, batch) = self.names();
            return Err(LedgerRefusal::BatchElsewhere { item, batch, origin }.into());
        }
        if makes && !known.open {
            let (_, item, batch) = self.names();
            return Err(LedgerRefusal::BatchClosed { item, batch }.into());
        }
        if let Some(given) = self.movement.expires_on
            && known.expires_on != Some(given)
        {
            let known = known
                .expires_on
                .map_or_else(|| "no day on record".to_owned(), |day| day.to_string());
            let (_, item, batch) = self.names();
            return Err(LedgerRefusal::ExpiryDiffers {
                item,
                batch,
                known,
                given: given.to_string(),
            }
            .into());
        }
        Ok(())
    }

    /// An amount that cannot be understood, or that no account can hold, is refused in either mode.
    fn amount(&self) -> Refused<Refused<()>> {
        let amount = self.movement.amount;
        not_too_large(self.item, amount)?;
        let least = i64::from(self.movement.movement != MovementKind::Count);
        if amount < least {
            return Err(NameRefusal::NotPositive {
                field: "amount",
                amount: amount.to_string(),
            }
            .into());
        }
        self.fits()?;
        Ok(Ok(()))
    }

    /// What a line adds must fit into its compartment.
    fn fits(&self) -> Refused<()> {
        let (movement, account) = (&self.movement, self.account());
        room_for(account, movement, movement.into, adds(movement))?;
        room_for(account, movement, Compartment::Quarantine, movement.excess)
    }

    /// What has not happened yet is no fact: a day in the future is refused in either mode, and so is a second opening.
    fn date(&self) -> Refused<Refused<()>> {
        let on = self.movement.occurred_on;
        if on > self.today {
            return Err(LedgerRefusal::InFuture { on, today: self.today }.into());
        }
        let substance = &self.state.substances.at(self.item.substance).entry;
        if on < substance.effective_on {
            let (substance, since) = (substance.id.to_string(), substance.effective_on);
            return Ok(Err(LedgerRefusal::NotControlledThen { substance, since, on }.into()));
        }
        let account = self.account();
        if self.movement.movement == MovementKind::Opening {
            if account.is_some() {
                let (site, item, batch) = self.names();
                return Err(LedgerRefusal::OpeningRepeated { site, item, batch }.into());
            }
            return Ok(Ok(()));
        }
        let opening = account
            .and_then(|account| account.opened_on)
            .unwrap_or(self.state.founding.books_from);
        if on < opening {
            let site = self.movement.site.to_string();
            return Ok(Err(LedgerRefusal::BeforeOpening { site, on, opening }.into()));
        }
        Ok(self.in_order())
    }

    /// What a line rests on must have happened before it; what a count is compared with must not have moved since.
    fn in_order(&self) -> Refused<()> {
        let on = self.movement.occurred_on;
        let left_on = self.transit.and_then(|transit| transit.dispatched_on).or(self.left_on);
        if let Some((left_on, dispatch)) = left_on.filter(|day| on < *day).zip(self.movement.dispatch) {
            return Err(LedgerRefusal::BeforeDispatch { dispatch, left_on, on }.into());
        }
        if let Some(since) = self.lot.map(|lot| lot.fed_on).filter(|day| on < *day) {
            let lot = self.movement.lot.as_ref().map(ToString::to_string).unwrap_or_default();
            return Err(LedgerRefusal::LotDayBeforeFeed { lot, since, on }.into());
        }
        let moved_on = self.account().and_then(|account| account.moved_on);
        let counts = self.movement.movement == MovementKind::Count;
        if let Some(moved_on) = moved_on.filter(|day| counts && on < *day) {
            let (site, item, batch) = self.names();
            return Err(LedgerRefusal::AccountMovedSince {
                site,
                item,
                batch,
                moved_on,
                on,
            }
            .into());
        }
        Ok(())
    }

    fn account(&self) -> Option<&Account> {
        self.state.ledger.account(self.site_no, self.batch?)
    }

    fn consignor_licence(&self) -> Refused<()> {
        let wanted = match self.movement.movement {
            MovementKind::Manufacture => Activities::of(&[Activity::ManufactureSubstance]),
            MovementKind::LotYield if !self.item.bulk => Activities::of(&[Activity::ManufacturePreparation]),
            MovementKind::LotFeed | MovementKind::LotYield | MovementKind::UseInManufacture => {
                Activities::of(&[Activity::ManufactureSubstance, Activity::ManufacturePreparation])
            }
            // What has left comes back to its exporter.
            MovementKind::Import if trade::comes_back(self.state, &self.movement) => {
                Activities::of(&[Activity::Import, Activity::Export])
            }
            MovementKind::Import => Activities::of(&[Activity::Import]),
            MovementKind::Export => Activities::of(&[Activity::Export]),
            MovementKind::Dispatch if self.peer.is_none() && self.away.is_none() => Activities::of(&[Activity::Export]),
            _ => return may_send(self.state, self.site_no, self.item.substance, self.movement.occurred_on),
        };
        let (substance, on) = (self.item.substance, self.movement.occurred_on);
        self.state
            .licences
            .check(self.state, "consignor", self.site_no, substance, wanted, on)
    }

    fn consignee_licence(&self) -> Refused<()> {
        if let Some((partner, site)) = self.away {
            return province::away_licence(self.state, partner, site, self.item, self.movement.occurred_on);
        }
        let Some(peer) = self.peer else { return Ok(()) };
        may_take(self.state, peer, self.item.substance, self.movement.occurred_on)
    }

    fn channel(&mut self) -> Refused<()> {
        if let Some((partner, site)) = self.away {
            let shared = province::shared_site(self.state, partner, site)?;
            let kinds = SiteKinds::of(&shared.kinds);
            let (channels, on) = (&self.state.channels, self.movement.occurred_on);
            return channels.leads_away(self.state, self.site_no, (partner, site, kinds), on);
        }
        let Some(peer) = self.peer else { return Ok(()) };
        let emergency = self
            .movement
            .details
            .as_ref()
            .is_some_and(|details| details.notice_due_on.is_some());
        let on = self.movement.occurred_on;
        let passage = self
            .state
            .channels
            .check(self.state, self.site_no, peer, emergency, on)?;
        if passage.back {
            self.way = Way::Back;
        }
        if let Some(details) = self.movement.details.as_mut() {
            let due = |days: u8| on.checked_add(jiff::Span::new().days(i64::from(days))).ok();
            details.notice_due_on = passage.notice_days_max.and_then(due);
        }
        Ok(())
    }

    fn hold(&self) -> Refused<()> {
        if self.way == Way::Back {
            return Ok(());
        }
        let ledger = &self.state.ledger;
        let held_site = [Some(self.site_no), self.peer]
            .into_iter()
            .flatten()
            .find(|no| ledger.held_sites.contains(no));
        if let Some(no) = held_site {
            let hold = ledger
                .holds()
                .find(|hold| hold.site == Some(no))
                .map(|hold| hold.id.to_string());
            let name = self.state.holders.site_at(no).id.to_string();
            return Err(LedgerRefusal::Held {
                what: "site",
                name,
                hold: hold.unwrap_or_default(),
            }
            .into());
        }
        if let Some(no) = self.batch.filter(|no| ledger.held_batches.contains(no)) {
            let hold = ledger
                .holds()
                .find(|hold| hold.batch == Some(no))
                .map(|hold| hold.id.to_string());
            let name = self.movement.batch.to_string();
            return Err(LedgerRefusal::Held {
                what: "batch",
                name,
                hold: hold.unwrap_or_default(),
            }
            .into());
        }
        Ok(())
    }

    fn expiry(&self) -> Refused<()> {
        if self.way == Way::Back {
            return Ok(());
        }
        let on = self.movement.occurred_on;
        let expires = self.batch.and_then(|no| self.state.ledger.batch_at(no).expires_on);
        match expires.filter(|day| *day < on) {
            None => Ok(()),
            Some(expired_on) => {
                let (_, item, batch) = self.names();
                Err(LedgerRefusal::Expired {
                    item,
                    batch,
                    expired_on,
                    on,
                }
                .into())
            }
        }
    }

    fn stock(&mut self) -> Refused<()> {
        let requested = self.movement.amount;
        if let Some((transit, dispatch)) = self.transit.zip(self.movement.dispatch) {
            let outstanding = transit.outstanding;
            if requested > outstanding {
                self.movement.unexplained = requested - outstanding;
                return Err(LedgerRefusal::TransitInsufficient {
                    dispatch,
                    outstanding,
                    requested,
                }
                .into());
            }
            return Ok(());
        }
        if self.movement.movement == MovementKind::LotYield {
            return self.lot_suffices();
        }
        let compartment = match self.movement.movement {
            MovementKind::Destroy => Compartment::AwaitingDestruction,
            _ => self.movement.from,
        };
        let available = self.account().map_or(0, |account| account.holds(compartment));
        if requested <= available {
            return Ok(());
        }
        self.movement.unexplained = requested - available.max(0);
        Err(short_of_stock(&self.movement, compartment, available, requested))
    }

    fn lot_suffices(&self) -> Refused<()> {
        let held_g = self.lot.map_or(Mass::ZERO, |lot| lot.held);
        let requested_g = self.item.mass(self.movement.amount);
        if requested_g <= held_g {
            return Ok(());
        }
        let lot = self.movement.lot.as_ref().map(ToString::to_string).unwrap_or_default();
        Err(LedgerRefusal::LotOverdrawn {
            lot,
            held_g,
            requested_g,
        }
        .into())
    }

    fn room(&self) -> Refused<()> {
        if let Some(order) = self
            .movement
            .details
            .as_ref()
            .and_then(|details| details.order.as_ref())
        {
            let requested = self.movement.amount;
            order::may_answer(self.state, order, self.site_no, self.peer, self.item_no, requested)?;
        }
        let (year, holder) = (self.movement.occurred_on.year(), self.site.holder);
        let (planned, wanted) = match self.movement.movement {
            MovementKind::Manufacture => (
                Planned::Substance(self.item.substance),
                self.item.mass(self.movement.amount).pg(),
            ),
            MovementKind::LotYield => {
                if self.item.bulk || !self.lot.is_some_and(|lot| lot.from_bulk) {
                    return Ok(());
                }
                (Planned::Preparation(self.item_no), i128::from(self.movement.amount))
            }
            MovementKind::Import => return trade::import_authorized(self.state, &self.movement, self.item),
            _ if self.peer.is_some() || self.away.is_some() => return Ok(()),
            _ => {
                let to = self.movement.details.as_ref().and_then(|details| details.country);
                return trade::export_permitted(self.state, &self.movement, self.item, to);
            }
        };
        self.state
            .planning
            .check_room(self.state, year, planned, holder, wanted + self.spent)
    }

    fn ceiling(&self) -> Refused<()> {
        let taker = if self.movement.movement == MovementKind::Import {
            Some(self.site_no)
        } else {
            self.peer
        };
        let Some(taker) = taker else { return Ok(()) };
        let Some((ceiling, held)) = self.state.ledger.ceilings.get(&(taker, self.item_no)).copied() else {
            return Ok(());
        };
        let requested = self.movement.amount;
        if held + i128::from(requested) <= i128::from(ceiling) {
            return Ok(());
        }
        let (site, item) = (
            self.state.holders.site_at(taker).id.to_string(),
            self.movement.item.to_string(),
        );
        Err(LedgerRefusal::CeilingExceeded {
            site,
            item,
            ceiling,
            held,
            requested,
        }
        .into())
    }

    fn two_persons(&mut self) -> Refused<()> {
        if self.movement.movement == MovementKind::Destroy {
            self.witnesses()?;
        }
        let leaves = matches!(self.movement.from, Compartment::Quarantine | Compartment::Special);
        let counted = self.account().and_then(|account| account.counted_on);
        let on = self.movement.occurred_on;
        let second = if self.state.planning.closed(on.year()).is_some() {
            (Second::Approver, YEAR_CLOSED)
        } else if counted.is_some_and(|day| on < day) {
            (Second::Approver, "its account has an accepted count of a later day")
        } else if self.movement.movement == MovementKind::Reclassify && leaves {
            (Second::Approver, "goods leave quarantine or special stocks")
        } else if matches!(self.movement.movement, MovementKind::Receive | MovementKind::ProvinceIn)
            && self.state.policies.two_person_receipt
        {
            (Second::SameHolder, "two persons receive")
        } else {
            return Ok(());
        };
        if self.movement.mode == Mode::Report {
            let (site, why) = (self.movement.site.to_string(), second.1);
            return Err(LedgerRefusal::ApprovalMissing { site, on, why }.into());
        }
        self.second = Some(second);
        Ok(())
    }

    fn witnesses(&self) -> Refused<()> {
        let Some(details) = self.movement.details.as_ref() else {
            return Ok(());
        };
        let (Some(witness), Some(officer)) = (&details.witness, &details.officer) else {
            return Ok(());
        };
        if witness == officer {
            return Err(LedgerRefusal::WitnessTwice {
                witness: witness.to_string(),
            }
            .into());
        }
        if !self.state.access.is_officer(officer) {
            return Err(LedgerRefusal::WitnessMissing {
                officer: officer.to_string(),
            }
            .into());
        }
        Ok(())
    }
}

/// Whether a site is licensed to send goods of a substance to another on a day.
fn may_send(state: &State, no: No, substance: No, on: Date) -> Refused<()> {
    let site = state.holders.site_at(no);
    // An institution that sends goods back acts under no licence of trade.
    if site.retail {
        return Ok(());
    }
    state
        .licences
        .check(state, "consignor", no, substance, site.activities, on)
}

/// Whether a site is licensed to take goods of a substance on a day.
fn may_take(state: &State, no: No, substance: No, on: Date) -> Refused<()> {
    let wanted = state.holders.site_at(no).activities;
    state.licences.check(state, "consignee", no, substance, wanted, on)
}

/// Checks 4 to 6, as far as they can be told before goods go: both licences, and a channel that leads there, not back.
pub(crate) fn may_supply(state: &State, from: No, to: No, substance: No, on: Date) -> Refused<()> {
    may_send(state, from, substance, on)?;
    may_take(state, to, substance, on)?;
    state.channels.leads(state, from, to, false, on)?;
    Ok(())
}

/// Whether a batch may begin with this kind of movement.
fn begins_batch(kind: MovementKind) -> bool {
    use MovementKind as K;
    matches!(
        kind,
        K::Opening | K::Manufacture | K::LotYield | K::Import | K::ProvinceIn | K::Find
    )
}

/// A case with its site and item resolved.
pub(super) fn case<'a>(state: &'a State, by: &'a Actor, today: Date, movement: Box<Movement>) -> Refused<Case<'a>> {
    let (site_no, site) = state.holders.site(&movement.site)?;
    // An inspector may count on his own; nobody else acts for a site but its holder.
    let inspector = by.capacity() == crate::access::Capacity::Officer(Role::Inspector);
    if !(inspector && movement.movement == MovementKind::Count) {
        super::owns(by, site)?;
    }
    let (item_no, item) = state.items.find(&movement.item)?;
    let batch = state.ledger.batches.no(&NamedUnderRef(item_no, &movement.batch));
    Ok(Case {
        state,
        today,
        movement,
        site_no,
        site,
        item_no,
        item,
        batch,
        peer: None,
        away: None,
        left_on: None,
        transit: None,
        lot: None,
        spent: 0,
        second: None,
        way: Way::Forward,
    })
}
