//! Lots in process: base in = base out + process loss. Making a preparation of the same drug is neither manufacture nor
//! utilization; repacking, splitting, merging and change of salt are lots too.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::check::{LotView, Second, YEAR_CLOSED};
use super::command as act;
use super::decide::{Decided, Desk};
use super::movement::{LotClosed, Mode, Movement, MovementKind};
use super::{LedgerRefusal, Lot};
use crate::id::Id;
use crate::journal::Event;
use crate::quantity::Mass;
use crate::refusal::{NameRefusal, Refused, taken};
use crate::table::No;

/// The most lines of one side of a lot in one act.
const LINES_MAX: usize = 100;

impl Desk<'_> {
    pub(super) fn feed_lot(&self, act: &act::FeedLot) -> Refused<Decided> {
        let mut movement = self.goods(MovementKind::LotFeed, &act.site, &act.item, &act.batch, &act.amount)?;
        movement.lot = Some(act.lot.clone());
        let mut case = self.open(movement, act.occurred_on, act.mode)?;
        if let Some(lot) = self.state.ledger.lot(case.site_no, &act.lot) {
            self.same_lot(lot, case.item.substance, &act.item)?;
        }
        case.run()?;
        let second = case.second.map(|(second, _)| second);
        Ok(Decided {
            events: vec![Event::Movement(case.movement)],
            second,
        })
    }

    pub(super) fn yield_lot(&self, act: &act::YieldLot) -> Refused<Decided> {
        let mut movement = self.goods(MovementKind::LotYield, &act.site, &act.item, &act.batch, &act.amount)?;
        (movement.lot, movement.expires_on) = (Some(act.lot.clone()), act.expires_on);
        let mut case = self.open(movement, act.occurred_on, act.mode)?;
        let lot = self.lot(case.site_no, &act.site, &act.lot)?;
        self.same_lot(lot, case.item.substance, &act.item)?;
        case.lot = Some(LotView {
            substance: lot.substance,
            held: lot.held,
            from_bulk: lot.from_bulk,
            fed_on: lot.fed_on,
        });
        case.run()?;
        let second = case.second.map(|(second, _)| second);
        Ok(Decided {
            events: vec![Event::Movement(case.movement)],
            second,
        })
    }

    pub(super) fn close_lot(&self, act: &act::CloseLot) -> Refused<Decided> {
        let (site_no, site) = self.state.holders.site(&act.site)?;
        super::owns(self.by, site)?;
        let open = self.state.holders.open_site(&act.site).map(|_| ());
        let lot = self.lot(site_no, &act.site, &act.lot)?;
        if !lot.open {
            return Err(LedgerRefusal::LotClosed {
                site: act.site.to_string(),
                lot: act.lot.to_string(),
            }
            .into());
        }
        let mut closed = LotClosed {
            site: act.site.clone(),
            lot: act.lot.clone(),
            fed: lot.fed,
            loss: lot.held,
            occurred_on: act.occurred_on,
            mode: act.mode,
            loss_reason: act.loss_reason.clone(),
            breaches: Vec::new(),
        };
        keep(&mut closed, open)?;
        let explained = self.loss_explained(&closed);
        keep(&mut closed, explained)?;
        let in_order = self.closing_day(lot, act.occurred_on)?;
        keep(&mut closed, in_order)?;
        let second = self.of_closed_year(&mut closed)?;
        Ok(Decided {
            events: vec![Event::LotClosed(Box::new(closed))],
            second,
        })
    }

    /// A lot is closed within the books, and after the last that went in or came out. A day in the future is refused in
    /// either mode.
    fn closing_day(&self, lot: &Lot, on: Date) -> Refused<Refused<()>> {
        if on > self.today {
            return Err(LedgerRefusal::InFuture { on, today: self.today }.into());
        }
        let opening = self.state.founding.books_from;
        if on < opening {
            let site = self.state.holders.site_at(lot.site).id.to_string();
            return Ok(Err(LedgerRefusal::BeforeOpening { site, on, opening }.into()));
        }
        let since = lot.last_on;
        if on < since {
            let lot = lot.id.to_string();
            return Ok(Err(LedgerRefusal::LotDayBeforeFeed { lot, since, on }.into()));
        }
        Ok(Ok(()))
    }

    /// Process loss of a year that is closed needs a second person, as its lines do.
    fn of_closed_year(&self, closed: &mut LotClosed) -> Refused<Option<Second>> {
        let on = closed.occurred_on;
        if self.state.planning.closed(on.year()).is_none() {
            return Ok(None);
        }
        if closed.mode == Mode::Instruct {
            return Ok(Some(Second::Approver));
        }
        let (site, why) = (closed.site.to_string(), YEAR_CLOSED);
        keep(closed, Err(LedgerRefusal::ApprovalMissing { site, on, why }.into()))?;
        Ok(None)
    }

    pub(super) fn transform(&self, act: &act::Transform) -> Refused<Decided> {
        let (site_no, _) = self.state.holders.site(&act.site)?;
        if self.state.ledger.lot(site_no, &act.lot).is_some() {
            return Err(taken("lot", &act.lot));
        }
        not_twice("inputs", act.inputs.iter().map(|line| (&line.item, &line.batch)))?;
        not_twice("outputs", act.outputs.iter().map(|line| (&line.item, &line.batch)))?;
        let mut events = Vec::with_capacity(act.inputs.len() + act.outputs.len() + 1);
        let mut lot: Option<LotView> = None;
        let mut second = None;
        for line in &act.inputs {
            let mut movement = self.goods(MovementKind::LotFeed, &act.site, &line.item, &line.batch, &line.amount)?;
            movement.lot = Some(act.lot.clone());
            let mut case = self.open(movement, act.occurred_on, act.mode)?;
            let before = lot.unwrap_or(LotView {
                substance: case.item.substance,
                held: Mass::ZERO,
                from_bulk: false,
                fed_on: act.occurred_on,
            });
            self.of_lot(before.substance, case.item.substance, &act.lot, &line.item)?;
            case.run()?;
            let held = before.held + case.item.mass(case.movement.amount);
            lot = Some(LotView {
                held,
                from_bulk: before.from_bulk || case.item.bulk,
                ..before
            });
            second = second.or(case.second);
            events.push(Event::Movement(case.movement));
        }
        let Some(mut lot) = lot else {
            return Err(NameRefusal::Empty { field: "inputs" }.into());
        };
        let fed = lot.held;
        let mut spent: BTreeMap<No, i128> = BTreeMap::new();
        for line in &act.outputs {
            let mut movement = self.goods(MovementKind::LotYield, &act.site, &line.item, &line.batch, &line.amount)?;
            (movement.lot, movement.expires_on) = (Some(act.lot.clone()), line.expires_on);
            let mut case = self.open(movement, act.occurred_on, act.mode)?;
            self.of_lot(lot.substance, case.item.substance, &act.lot, &line.item)?;
            case.lot = Some(lot);
            let used = spent.entry(case.item_no).or_default();
            case.spent = *used;
            case.run()?;
            *used += i128::from(case.movement.amount);
            lot.held -= case.item.mass(case.movement.amount);
            second = second.or(case.second);
            events.push(Event::Movement(case.movement));
        }
        let mut closed = LotClosed {
            site: act.site.clone(),
            lot: act.lot.clone(),
            fed,
            loss: lot.held,
            occurred_on: act.occurred_on,
            mode: act.mode,
            loss_reason: act.loss_reason.clone(),
            breaches: Vec::new(),
        };
        let explained = self.loss_explained(&closed);
        keep(&mut closed, explained)?;
        self.of_closed_year(&mut closed)?;
        events.push(Event::LotClosed(Box::new(closed)));
        Ok(Decided {
            events,
            second: second.map(|(second, _)| second),
        })
    }

    fn lot(&self, site_no: No, site: &Id, lot: &Id) -> Refused<&Lot> {
        let unknown = || LedgerRefusal::LotUnknown {
            site: site.to_string(),
            lot: lot.to_string(),
        };
        Ok(self.state.ledger.lot(site_no, lot).ok_or_else(unknown)?)
    }

    fn same_lot(&self, lot: &Lot, substance: No, item: &Id) -> Refused<()> {
        if !lot.open {
            let site = self.state.holders.site_at(lot.site).id.to_string();
            return Err(LedgerRefusal::LotClosed {
                site,
                lot: lot.id.to_string(),
            }
            .into());
        }
        self.of_lot(lot.substance, substance, &lot.id, item)
    }

    fn of_lot(&self, of_lot: No, substance: No, lot: &Id, item: &Id) -> Refused<()> {
        if of_lot == substance {
            return Ok(());
        }
        let substance = self.state.substances.at(of_lot).entry.id.to_string();
        Err(LedgerRefusal::LotSubstance {
            lot: lot.to_string(),
            substance,
            item: item.to_string(),
        }
        .into())
    }

    /// A loss beyond tolerance needs its reason.
    fn loss_explained(&self, closed: &LotClosed) -> Refused<()> {
        let tolerance_ppm = self.state.policies.process_loss_tolerance_ppm;
        let beyond = closed.loss.pg().abs() * 1_000_000 > closed.fed.pg() * i128::from(tolerance_ppm);
        if !beyond || closed.loss_reason.is_some() {
            return Ok(());
        }
        let (lot, loss_g, fed_g) = (closed.lot.to_string(), closed.loss, closed.fed);
        Err(LedgerRefusal::LossBeyondTolerance {
            lot,
            loss_g,
            fed_g,
            tolerance_ppm,
        }
        .into())
    }
}

/// A broken rule refuses an instruction and marks a report.
fn keep(closed: &mut LotClosed, outcome: Refused<()>) -> Refused<()> {
    match outcome {
        Err(refusal) if closed.mode == Mode::Report => {
            closed.breaches.extend(refusal.code.parse::<Id>());
            Ok(())
        }
        outcome => outcome,
    }
}

fn not_twice<'a>(field: &'static str, lines: impl Iterator<Item = (&'a Id, &'a Id)>) -> Refused<()> {
    let mut seen = Vec::new();
    for (item, batch) in lines {
        if seen.contains(&(item, batch)) {
            return Err(LedgerRefusal::LineTwice {
                item: item.to_string(),
                batch: batch.to_string(),
            }
            .into());
        }
        seen.push((item, batch));
        if seen.len() > LINES_MAX {
            return Err(NameRefusal::TooMany {
                field,
                count: seen.len(),
                max: LINES_MAX,
            }
            .into());
        }
    }
    if seen.is_empty() {
        Err(NameRefusal::Empty { field }.into())
    } else {
        Ok(())
    }
}

/// Whether a movement belongs to a lot, so that only the lot's own acts may correct it.
pub(super) fn is_of_lot(movement: &Movement) -> bool {
    matches!(movement.movement, MovementKind::LotFeed | MovementKind::LotYield)
}
