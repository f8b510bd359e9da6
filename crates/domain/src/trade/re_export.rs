//! Goods that are imported to be exported again. They come on top of the importing country's total of estimates, until
//! it is clear that they stay (1961 art. 31(1)(b)).

use jiff::civil::Date;

use super::import::open_base;
use super::notice::{Line, Notice, Purpose, ReExportEnded};
use super::totals::open_base as open_of_case;
use super::{Case, EndReExport, OwnAuthorization, Side, TradeRefusal, foreign_of, queue};
use crate::State;
use crate::country::Country;
use crate::id::Id;
use crate::journal::Event;
use crate::quantity::Mass;
use crate::refusal::{Refused, unknown};

/// Whether an export of ours goes to be exported again, as far as the importing authority has not said otherwise.
pub(super) fn is_intended(state: &State, case: &Case) -> bool {
    let ended = foreign_of(state, case).is_some_and(|foreign| foreign.re_export_ended);
    case.consignment.purpose == Purpose::ReExport && !ended
}

/// What has gone to a country in a year, or may still go, to be exported again.
pub(super) fn sent(state: &State, country: Country, substance: &Id, year: i16, without: Option<&Id>) -> Mass {
    let there = state.trade.cases().filter(|case| {
        let to = case.consignment.importer.country == country && case.side == Side::Exporting;
        to && Some(&case.id) != without && is_intended(state, case)
    });
    let amount = |case: &Case| {
        let left = case.consignment.lines.iter().zip(&case.moved);
        let in_year = case.moved_on.is_some_and(|on| on.year() == year);
        let left = left.filter(|(line, _)| in_year && line.goods.substance == *substance);
        let left: Mass = left.map(|(line, moved)| line.with_amount(*moved).base()).sum();
        left + open_of_case(case, country, substance, year)
    };
    there.map(amount).sum()
}

/// What this country imports in a year to export it again: what has entered, and what may still enter.
pub(super) fn intended(state: &State, substance: &Id, today: Date) -> Mass {
    let amount = |own: &OwnAuthorization| {
        let entered = own.authorization.lines.iter().zip(&own.imported);
        let of_it = entered.filter(|(line, _)| line.goods.substance == *substance);
        let entered: Mass = of_it
            .map(|(line, entered): (&Line, &i64)| line.with_amount(*entered).base())
            .sum();
        entered + open_base(state, own, substance, today)
    };
    let owns = state.trade.own.values().filter(|own| {
        let of_year = own.authorization.issued_on.year() == today.year();
        of_year && own.authorization.purpose == Purpose::ReExport && !own.re_export_ended
    });
    owns.map(amount).sum()
}

/// It is clear that the goods stay here.
pub(crate) fn decide_re_export_ended(state: &State, end: &EndReExport) -> Refused<Vec<Event>> {
    let own = state.trade.own(&end.authorization);
    let own = own.ok_or_else(|| unknown("import authorization", &end.authorization))?;
    if own.authorization.purpose != Purpose::ReExport || own.re_export_ended {
        let number = end.authorization.to_string();
        return Err(TradeRefusal::NoReExport { number }.into());
    }
    let mut events = vec![Event::ReExportEnded(Box::new(end.clone()))];
    if let Some(partner) = &own.partner {
        let notice = Notice::ReExportEnded(Box::new(ReExportEnded {
            number: end.authorization.clone(),
            reason: end.reason.clone(),
        }));
        events.push(queue(partner, None, notice));
    }
    Ok(events)
}

pub(crate) fn apply_re_export_ended(state: &mut State, ended: &EndReExport) {
    if let Some(own) = state.trade.own.get_mut(&ended.authorization) {
        own.re_export_ended = true;
    }
}
