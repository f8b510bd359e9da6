//! Other countries' totals of estimates: how much more a country may be sent in a year (1961 art. 21(4), 31(1)(b)).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Case, EstimateTotals, Goods, LiftStopNotice, Side, Stage, StopNotice, TradeRefusal};
use crate::State;
use crate::country::Country;
use crate::id::Id;
use crate::ledger::month_of;
use crate::quantity::Mass;
use crate::refusal::{NameRefusal, Refused, unknown};

/// The most rows of one table's part.
const ROWS_MAX: usize = 400;

/// A total as imported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Total {
    version: Id,
    dated_on: Date,
    mass: Mass,
    by_board: bool,
}

/// What is known of a country's room for a substance in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// The total of estimates.
    pub total: Mass,
    /// What of it is left: an upper bound, for the open permits of other exporting countries are not seen.
    pub available: Mass,
    /// The date of the table.
    pub dated_on: Date,
    /// Its version.
    pub version: Id,
    /// What goes there to be exported again comes on top of the total.
    pub re_export: Mass,
    /// Whether the Board has established the total, for the country has furnished none.
    pub by_board: bool,
}

/// What is left of a country's total of estimates, by what this authority knows; `None` without a figure.
pub fn headroom(state: &State, country: Country, substance: &Id, year: i16, without: Option<&Id>) -> Option<Headroom> {
    let total = state.trade.totals.get(&(country, year, substance.clone()))?;
    let (no, _) = state.substances.find(substance).ok()?;
    let first = i32::from(year) * 12;
    let flows = state.ledger.flows.countries_between(first, first + 12);
    let effected: Mass = flows
        .filter(|(item, to, _)| *to == country && state.items.at(*item).substance == no)
        .map(|(item, _, flow)| Mass::from_pg(i128::from(state.items.at(item).content_pg) * flow.exported))
        .sum();
    let others = state.trade.open_cases().filter(|case| Some(&case.id) != without);
    let open: Mass = others.map(|case| open_base(case, country, substance, year)).sum();
    let re_export = super::re_export::sent(state, country, substance, year, without);
    Some(Headroom {
        total: total.mass,
        available: (total.mass + re_export - effected - open).or_zero(),
        dated_on: total.dated_on,
        version: total.version.clone(),
        re_export,
        by_board: total.by_board,
    })
}

/// What an open permit still reserves: what it allows, without what has left already. It counts in every year in which
/// the goods may leave.
pub(super) fn open_base(case: &Case, country: Country, substance: &Id, year: i16) -> Mass {
    // An emergency takes nothing of the estimates there.
    let open =
        case.side == Side::Exporting && case.emergency.is_none() && matches!(case.stage, Stage::Issued | Stage::Held);
    let of_year = case
        .permit
        .as_ref()
        .is_some_and(|permit| (permit.issued_on.year()..=permit.valid_until.year()).contains(&year));
    if !open || !of_year || case.consignment.importer.country != country {
        return Mass::ZERO;
    }
    let lines = case.consignment.lines.iter().enumerate();
    lines
        .filter(|(_, line)| line.goods.substance == *substance)
        .map(|(place, line)| line.with_amount((line.amount - case.moved_of(place)).max(0)).base())
        .sum()
}

/// No notice of the Board stands against more of it (1961 art. 21(4)).
pub(super) fn not_stopped(state: &State, case: &Case, goods: &Goods, year: i16) -> Refused<()> {
    let country = case.consignment.importer.country;
    let substance = &goods.substance;
    match state.trade.stops.get(&(country, year, substance.clone())) {
        None => Ok(()),
        Some((notice, _)) => Err(TradeRefusal::StopNotice {
            country: country.to_string(),
            substance: substance.to_string(),
            year,
            notice: notice.to_string(),
        }
        .into()),
    }
}

/// The destination's total must have room for the quantity. A figure that is missing or old needs a person, who says
/// where it was looked up; that never becomes a pass by itself.
pub(super) fn has_room(
    state: &State,
    case: &Case,
    goods: &Goods,
    requested: Mass,
    (year, today): (i16, Date),
    looked_up: bool,
) -> Refused<()> {
    // It is added to the total, so the total always has room for it.
    if super::re_export::is_intended(state, case) {
        return Ok(());
    }
    let country = case.consignment.importer.country;
    let substance = &goods.substance;
    let unknown = |why: String| {
        let (country, substance) = (country.to_string(), substance.to_string());
        Err(TradeRefusal::EstimateUnknown {
            country,
            substance,
            year,
            why,
        }
        .into())
    };
    let Some(room) = headroom(state, country, substance, year, Some(&case.id)) else {
        return if looked_up {
            Ok(())
        } else {
            unknown("is not in the imported table".to_owned())
        };
    };
    if requested > room.available {
        return Err(TradeRefusal::EstimateExceeded {
            country: country.to_string(),
            substance: substance.to_string(),
            year,
            total_g: room.total,
            available_g: room.available,
            requested_g: requested,
        }
        .into());
    }
    let days = state.policies.totals_stale_days;
    let old = jiff::Span::new()
        .try_days(days)
        .and_then(|days| room.dated_on.checked_add(days));
    if !looked_up && old.is_ok_and(|last| last < today) {
        return unknown(format!("is of {}, older than {days} days", room.dated_on));
    }
    Ok(())
}

pub(crate) fn decide_totals(state: &State, totals: &EstimateTotals, today: Date) -> Refused<()> {
    if totals.dated_on > today {
        let (on, today) = (totals.dated_on, today);
        return Err(crate::ledger::LedgerRefusal::InFuture { on, today }.into());
    }
    match totals.rows.len() {
        0 => return Err(NameRefusal::Empty { field: "rows" }.into()),
        count if count > ROWS_MAX => {
            let (field, max) = ("rows", ROWS_MAX);
            return Err(NameRefusal::TooMany { field, count, max }.into());
        }
        _ => {}
    }
    for row in &totals.rows {
        state.substances.find(&row.substance)?;
        if row.total.is_negative() {
            let amount = row.total.to_string();
            return Err(NameRefusal::NotPositive { field: "total", amount }.into());
        }
    }
    Ok(())
}

pub(crate) fn apply_totals(state: &mut State, totals: &EstimateTotals) {
    for row in &totals.rows {
        let key = (row.country, row.year, row.substance.clone());
        let newer = state
            .trade
            .totals
            .get(&key)
            .is_none_or(|known| known.dated_on <= totals.dated_on);
        if newer {
            let total = Total {
                version: totals.version.clone(),
                dated_on: totals.dated_on,
                mass: row.total,
                by_board: row.established_by_board,
            };
            state.trade.totals.insert(key, total);
        }
    }
}

pub(crate) fn decide_stop(state: &State, notice: &StopNotice) -> Refused<()> {
    state.substances.find(&notice.substance).map(drop)
}

pub(crate) fn apply_stop(state: &mut State, notice: &StopNotice, on: Date) {
    let key = (notice.country, notice.year, notice.substance.clone());
    state.trade.stops.insert(key, (notice.id.clone(), on));
}

/// A stop is lifted by a supplementary estimate alone: a total that was published since (1961 art. 21(4)(b)(i)).
pub(crate) fn decide_stop_lifted(state: &State, lift: &LiftStopNotice) -> Refused<()> {
    let stopped = state.trade.stops.iter().find(|(_, (notice, _))| *notice == lift.notice);
    let (key, (_, since)) = stopped.ok_or_else(|| unknown("stop notice", &lift.notice))?;
    let supplement = state.trade.totals.get(key);
    let newer = |total: &&Total| total.version == lift.version && total.dated_on >= *since;
    if supplement.as_ref().is_some_and(newer) {
        return Ok(());
    }
    let (country, year, substance) = key;
    Err(TradeRefusal::SupplementMissing {
        country: country.to_string(),
        substance: substance.to_string(),
        year: *year,
        since: *since,
        version: lift.version.to_string(),
    }
    .into())
}

pub(crate) fn apply_stop_lifted(state: &mut State, lift: &LiftStopNotice) {
    state.trade.stops.retain(|_, (notice, _)| *notice != lift.notice);
}

/// The months of a year, as flows count them.
pub(super) fn months(year: i16) -> (i32, i32) {
    let first = Date::new(year, 1, 1).map_or(0, month_of);
    (first, first + 12)
}
