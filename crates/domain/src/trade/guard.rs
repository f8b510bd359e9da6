//! The gate of an export permit: every condition, in its order. The first that fails is the reason of the refusal.

use jiff::civil::Date;

use super::import::{has_room, in_force, requested_base, same_trade};
use super::notice::{Confirmation, ImportAuthorization};
use super::{Case, IssueExportPermit, Side, Stage, TradeRefusal, address, substance_no, totals};
use crate::State;
use crate::id::Id;
use crate::ledger::{Compartment, LedgerRefusal};
use crate::licence::{Activities, Activity};
use crate::refusal::{Refused, taken, unknown};
use crate::table::No;

/// What a permit rests on.
pub(super) struct Passed<'a> {
    pub authorization: &'a ImportAuthorization,
    pub partner: &'a Id,
}

/// The whole gate.
pub(super) fn check<'a>(
    state: &'a State,
    case: &'a Case,
    issue: &IssueExportPermit,
    today: Date,
) -> Refused<Passed<'a>> {
    if state.trade.permits.contains_key(&issue.id) {
        return Err(taken("export permit", &issue.id));
    }
    let (partner, authorization) = authorization(state, case, issue, today)?;
    confirmation(case, issue)?;
    if case.stage != Stage::Confirmed {
        return Err(case.not_in("confirmed").into());
    }
    same_trade(authorization, &case.consignment)?;
    quantities(state, case, authorization)?;
    validity(state, authorization, issue, today)?;
    address::check(&case.consignment.importer)?;
    estimates(state, case, issue, today)?;
    exporter(state, case, today)?;
    Ok(Passed { authorization, partner })
}

/// An import authorization that the importing country's authority itself has sent, and that is in force.
fn authorization<'a>(
    state: &'a State,
    case: &'a Case,
    issue: &IssueExportPermit,
    today: Date,
) -> Refused<(&'a Id, &'a ImportAuthorization)> {
    let missing = || TradeRefusal::AuthorizationMissing {
        export: issue.export.to_string(),
    };
    let number = case.consignment.authorization.as_ref().ok_or_else(missing)?;
    let country = case.consignment.importer.country;
    let issuer = match &case.partner {
        Some(partner) => state.partners.find(partner)?,
        None => state.partners.of_country(country).ok_or_else(missing)?,
    };
    // Silence is no consent, whatever paper the exporter holds: the wait for an answer is told first.
    if case.stage == Stage::Requested {
        confirmation(case, issue)?;
    }
    let foreign = state.trade.foreign(&issuer.file.id, number).ok_or_else(missing)?;
    in_force(&foreign.authorization, foreign.cancelled, today)?;
    Ok((&issuer.file.id, &foreign.authorization))
}

/// The importing authority's yes, for exactly this trade.
fn confirmation<'a>(case: &'a Case, issue: &IssueExportPermit) -> Refused<&'a Confirmation> {
    let export = issue.export.to_string();
    if let Some((_, refusal)) = &case.refusal {
        let reason = refusal.reason.to_string();
        return Err(TradeRefusal::ConfirmationRefused { export, reason }.into());
    }
    let exact = case
        .confirmation
        .as_ref()
        .filter(|said| said.consignment == case.consignment);
    exact.ok_or_else(|| TradeRefusal::ConfirmationMissing { export }.into())
}

/// All permits under one import authorization stay within it; open permits count in full.
fn quantities(state: &State, case: &Case, authorization: &ImportAuthorization) -> Refused<()> {
    let under_it = |other: &&Case| {
        other.side == Side::Exporting
            && other.id != case.id
            && other.partner == case.partner
            && other.consignment.authorization == case.consignment.authorization
    };
    let others: Vec<&Case> = state.trade.cases.values().filter(under_it).collect();
    has_room(authorization, &others, &case.consignment.lines)
}

/// A permit ends with its import authorization at the latest, and within the national maximum.
fn validity(state: &State, authorization: &ImportAuthorization, issue: &IssueExportPermit, today: Date) -> Refused<()> {
    let until = issue.valid_until;
    if until < today {
        return Err(TradeRefusal::PermitEnded { until, today }.into());
    }
    if until > authorization.valid_until {
        let (last, why) = (authorization.valid_until, "the last day of the import authorization");
        return Err(TradeRefusal::PermitTooLong { until, last, why }.into());
    }
    let days = state.policies.export_permit_days_max;
    let last = jiff::Span::new()
        .try_days(days)
        .and_then(|days| today.checked_add(days));
    match last {
        Ok(last) if until > last => {
            let why = "the longest a permit may run from today";
            Err(TradeRefusal::PermitTooLong { until, last, why }.into())
        }
        _ => Ok(()),
    }
}

/// The destination's totals of estimates have room, in every year in which the goods may leave.
fn estimates(state: &State, case: &Case, issue: &IssueExportPermit, today: Date) -> Refused<()> {
    for year in today.year()..=issue.valid_until.year() {
        for line in &case.consignment.lines {
            let requested = requested_base(&case.consignment.lines, &line.goods.substance);
            let looked_up = issue.estimate_checked.is_some();
            totals::check(state, case, &line.goods, requested, (year, today), looked_up)?;
        }
    }
    Ok(())
}

/// What a site has of an item to send: batches that are neither held nor expired, without what its other open permits
/// still allow.
fn free_stock(state: &State, case: &Case, site: No, item: No, today: Date) -> i64 {
    let ledger = &state.ledger;
    let held: Vec<No> = ledger.holds().filter_map(|hold| hold.batch).collect();
    let good = |batch: No| {
        let expired = ledger.batch_at(batch).expires_on.is_some_and(|last| last < today);
        ledger.batch_at(batch).item == item && !expired && !held.contains(&batch)
    };
    let accounts = ledger
        .accounts()
        .filter(|account| account.site == site && good(account.batch));
    let stock = accounts.fold(0_i64, |sum, account| {
        sum.saturating_add(account.holds(Compartment::Stock))
    });
    let open = |other: &&Case| {
        let open = matches!(other.stage, Stage::Issued | Stage::Held);
        other.side == Side::Exporting && open && other.id != case.id && other.site == case.site
    };
    let item = state.items.at(item);
    let goods = super::goods(state, item);
    let allowed = |other: &Case| {
        let permit = other.permit.as_ref().map(|permit| &permit.number)?;
        let (place, line) = other.line_of(&goods)?;
        let sent = other
            .moved_of(place)
            .saturating_add(super::border::on_the_way(state, permit, item));
        Some(line.amount.saturating_sub(sent).max(0))
    };
    let reserved = state.trade.cases.values().filter(open).filter_map(allowed);
    reserved.fold(stock, i64::saturating_sub)
}

/// The exporter is licensed, not under hold, and has the goods. What is in stock was made within quota.
fn exporter(state: &State, case: &Case, today: Date) -> Refused<()> {
    let Some(id) = &case.site else {
        return Err(unknown("site of case", &case.id));
    };
    let (site_no, _) = state.holders.open_site(id)?;
    if let Some(hold) = state.ledger.holds().find(|hold| hold.site == Some(site_no)) {
        let (what, name, hold) = ("site", id.to_string(), hold.id.to_string());
        return Err(LedgerRefusal::Held { what, name, hold }.into());
    }
    for (item, line) in case.items.iter().zip(&case.consignment.lines) {
        let no = substance_no(state, &line.goods)?;
        state.licences.check(
            state,
            "exporter",
            site_no,
            no,
            Activities::of(&[Activity::Export]),
            today,
        )?;
        let (item_no, _) = state.items.find(item)?;
        let available = free_stock(state, case, site_no, item_no, today);
        if line.amount > available {
            return Err(LedgerRefusal::StockInsufficient {
                site: id.to_string(),
                item: item.to_string(),
                batch: "neither held, expired nor permitted away".to_owned(),
                compartment: Compartment::Stock.word(),
                available,
                requested: line.amount,
            }
            .into());
        }
    }
    Ok(())
}
