//! An export that the exporting authority itself brings to an end: withdrawn before its permit, or its permit revoked
//! before the goods have left.

use jiff::civil::Date;

use super::export::application;
use super::notice::{Notice, Revocation, Withdrawal};
use super::{
    Case, ExportPermitRevoked, ExportWithdrawn, RevokeExportPermit, Stage, TradeRefusal, WithdrawExport, queue,
};
use crate::State;
use crate::id::Text;
use crate::journal::Event;
use crate::refusal::Refused;

/// The request, and the room that a confirmation keeps, are given back.
pub(crate) fn decide_withdrawal(state: &State, withdraw: &WithdrawExport) -> Refused<Vec<Event>> {
    let case = application(state, &withdraw.export)?;
    if case.permit.is_some() || !may_be_withdrawn(case) {
        return Err(case.not_in("confirmed").into());
    }
    let mut events = vec![Event::ExportWithdrawn(Box::new(ExportWithdrawn {
        case: case.id.clone(),
        reason: withdraw.reason.clone(),
    }))];
    if let Some(partner) = &case.partner {
        let reason = withdraw.reason.clone();
        let notice = Notice::Withdrawn(Box::new(Withdrawal { reason }));
        events.push(queue(partner, Some(&case.id), notice));
    }
    Ok(events)
}

/// An authorization that was cancelled suspends a case whether it has a permit or not.
pub(super) fn may_be_withdrawn(case: &Case) -> bool {
    let open = [
        Stage::Draft,
        Stage::Requested,
        Stage::Queried,
        Stage::Confirmed,
        Stage::Suspended,
    ];
    open.contains(&case.stage)
}

/// A permit is revoked while its goods are still here. Goods that have left cannot be called back by paper.
pub(crate) fn decide_revocation(state: &State, revoke: &RevokeExportPermit) -> Refused<Vec<Event>> {
    let case = state.trade.of_permit(&revoke.permit)?;
    if !matches!(case.stage, Stage::Issued | Stage::Suspended | Stage::Held) {
        return Err(case.not_in("issued").into());
    }
    if case.has_moved() {
        let permit = revoke.permit.to_string();
        return Err(TradeRefusal::GoodsHaveLeft { permit }.into());
    }
    let mut events = vec![Event::ExportPermitRevoked(Box::new(ExportPermitRevoked {
        case: case.id.clone(),
        permit: revoke.permit.clone(),
        reason: revoke.reason.clone(),
    }))];
    if let Some(partner) = &case.partner {
        let notice = Notice::PermitRevoked(Box::new(Revocation {
            permit: revoke.permit.clone(),
            reason: revoke.reason.clone(),
        }));
        events.push(queue(partner, Some(&case.id), notice));
    }
    Ok(events)
}

pub(crate) fn apply_withdrawal(state: &mut State, withdrawn: &ExportWithdrawn, on: Date) {
    if let Some(case) = state.trade.cases.get_mut(&withdrawn.case) {
        end(case, Stage::Withdrawn, on, withdrawn.reason.clone());
    }
}

pub(crate) fn apply_revocation(state: &mut State, revoked: &ExportPermitRevoked, on: Date) {
    if let Some(case) = state.trade.cases.get_mut(&revoked.case) {
        end(case, Stage::Revoked, on, revoked.reason.clone());
    }
}

/// The case is over: the same on either side.
pub(super) fn end(case: &mut Case, stage: Stage, on: Date, reason: Text) {
    case.stage = stage;
    case.ended = Some((on, reason));
}
