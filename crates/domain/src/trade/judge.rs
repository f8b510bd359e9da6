//! What a partner's message does: whether what it says fits the case, and what follows from it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::code::Code;
use super::diversion::divert;
use super::ending::end;
use super::import::{agrees, answer, confirmed, suspend};
use super::notice::{Line, Notice, PermitNamed};
use super::question::{QUESTIONS_MAX, ask, say};
use super::returned::order_back;
use super::shipment::{arrived, departs, settle, unused, weigh};
use super::{Answer, Case, ForeignAuthorization, Side, Stage, queue, statement};
use crate::State;
use crate::digest::Digest;
use crate::id::Id;
use crate::journal::Event;
use crate::ledger::AMOUNT_MAX;
use crate::partner::{Message, Partner};
use crate::policy::ConfirmationPolicy;
use crate::{Broken, broken, province};

/// The kind of the message that asks for confirmation.
const REQUEST: &str = "confirmation_requested";

/// Judges a message. `Ok` has what follows from it at once; `Err` the code that its sender is told.
pub(crate) fn judge(
    state: &State,
    partner: &Partner,
    message: &Message,
    hash: Digest,
    now: Timestamp,
    today: Date,
) -> Result<Vec<Event>, Code> {
    if message.v != 1 {
        return Err(Code::UnknownVersion);
    }
    if message.not_after < now {
        return Err(Code::MessageExpired);
    }
    let notice = Notice::read(&message.kind, &message.body).map_err(|_| Code::BodyUnreadable)?;
    let notice = notice.ok_or(Code::UnknownKind)?;
    let from = &partner.file.id;
    if !matches!(notice, Notice::KeyUpdate(_)) {
        let near = province::is_neighbour(state, partner);
        let domestic = province::is_domestic(&notice);
        refuse_if(near && !domestic, Code::WithinCountry)?;
        refuse_if(domestic && !near, Code::NotConcerned)?;
    }
    if let Some(judged) = province::judge(state, from, &notice, today) {
        return judged;
    }
    match &notice {
        Notice::AuthorizationIssued(authorization) => {
            let ours = authorization.exporter.country == state.founding.country;
            let theirs = authorization.issuer == *from && authorization.importer.country == partner.file.country;
            let known = state.trade.foreign(from, &authorization.number).is_some();
            refuse_if(!ours || !theirs, Code::NotConcerned)?;
            refuse_if(!countable(&authorization.lines), Code::BodyUnreadable)?;
            refuse_if(known, Code::AuthorizationKnown)?;
            Ok(Vec::new())
        }
        Notice::AuthorizationAmended(amendment) => {
            let authorization = &amendment.authorization;
            let foreign = state.trade.foreign(from, &authorization.number);
            let foreign = foreign.ok_or(Code::AuthorizationUnknown)?;
            let known = &foreign.authorization;
            refuse_if(foreign.cancelled, Code::AuthorizationOver)?;
            refuse_if(amendment.version <= foreign.version, Code::VersionOld)?;
            let same = known.issuer == authorization.issuer
                && known.importer.country == authorization.importer.country
                && known.exporter.country == authorization.exporter.country;
            refuse_if(!same, Code::NotConcerned)?;
            refuse_if(!countable(&authorization.lines), Code::BodyUnreadable)?;
            Ok(Vec::new())
        }
        Notice::AuthorizationCancelled(cancellation) => {
            let known = state.trade.foreign(from, &cancellation.number).is_some();
            refuse_if(!known, Code::AuthorizationUnknown)?;
            Ok(too_late(state, from, &cancellation.number))
        }
        Notice::ReExportEnded(ended) => {
            let known = state.trade.foreign(from, &ended.number).is_some();
            refuse_if(!known, Code::AuthorizationUnknown)?;
            Ok(Vec::new())
        }
        Notice::EmergencyExport(told) => {
            let case = message.case.as_ref().ok_or(Code::CaseMissing)?;
            refuse_if(!case.starts_with(&format!("{from}/")), Code::CaseOfAnother)?;
            let known = state.trade.emergencies.contains_key(&(from.clone(), case.clone()));
            refuse_if(known || state.trade.case(case).is_some(), Code::CaseKnown)?;
            let consignment = &told.permit.consignment;
            let ours = consignment.importer.country == state.founding.country;
            let theirs = consignment.exporter.country == partner.file.country;
            refuse_if(!ours || !theirs, Code::NotConcerned)?;
            refuse_if(!countable(&consignment.lines), Code::BodyUnreadable)?;
            Ok(Vec::new())
        }
        Notice::Requested(consignment) => {
            let case = message.case.as_ref().ok_or(Code::CaseMissing)?;
            let prefix = format!("{from}/");
            refuse_if(!case.starts_with(&prefix), Code::CaseOfAnother)?;
            refuse_if(state.trade.case(case).is_some(), Code::CaseKnown)?;
            let ours = consignment.importer.country == state.founding.country;
            let theirs = consignment.exporter.country == partner.file.country;
            refuse_if(!ours || !theirs, Code::NotConcerned)?;
            refuse_if(!countable(&consignment.lines), Code::BodyUnreadable)?;
            Ok(by_itself(state, from, case, consignment, hash, today))
        }
        Notice::PassageDiverted(told) => super::passage::judge(state, partner, told).map(|()| Vec::new()),
        Notice::StatementProposed(stated) => statement::judge_proposal(state, from, stated, today),
        Notice::StatementSigned(signature) => {
            statement::judge_answer(state, from, signature.year, &signature.digest, false)
        }
        Notice::StatementDisputed(dispute) => statement::judge_answer(state, from, dispute.year, &dispute.digest, true),
        Notice::KeyUpdate(file) => crate::partner::judge_update(state, from, file, now),
        notice => in_case(state, from, message, notice),
    }
}

/// Some lines, each of something, and each of other goods: two lines of the same goods would each have the whole room.
fn countable(lines: &[Line]) -> bool {
    let is_something = |line: &Line| (1..=AMOUNT_MAX).contains(&line.amount) && line.goods.content_pg > 0;
    let is_alone = |line: &Line| lines.iter().filter(|other| other.goods == line.goods).count() == 1;
    (1..=super::LINES_MAX).contains(&lines.len()) && lines.iter().all(|line| is_something(line) && is_alone(line))
}

fn refuse_if(refused: bool, code: Code) -> Result<(), Code> {
    if refused { Err(code) } else { Ok(()) }
}

/// Consignments that had left before the cancellation came: the sender is told.
fn too_late(state: &State, from: &Id, number: &Id) -> Vec<Event> {
    let left = |case: &&Case| {
        case.side == Side::Exporting
            && case.partner.as_ref() == Some(from)
            && (case.is_under_way() || (case.stage == Stage::Issued && case.has_moved()))
    };
    let tell = |case: &Case| {
        let permit = case.permit.as_ref()?.number.clone();
        let notice = Notice::AlreadyDispatched(Box::new(PermitNamed { permit }));
        Some(queue(from, Some(&case.id), notice))
    };
    state.trade.cases_under(number).filter(left).filter_map(tell).collect()
}

/// Where policy says so, an exact match with the own register is confirmed without an officer.
fn by_itself(
    state: &State,
    from: &Id,
    id: &Id,
    consignment: &super::notice::Consignment,
    request: Digest,
    today: Date,
) -> Vec<Event> {
    let automatic = state.policies.confirmation == ConfirmationPolicy::Automatic;
    if !automatic || agrees(state, id, consignment, today).is_err() {
        return Vec::new();
    }
    let case = Case {
        partner: Some(from.clone()),
        request: Some(request),
        ..Case::new(id.clone(), Side::Importing, consignment.clone())
    };
    let events = confirmed(&case, None, today);
    let fits = |event: &Event| !matches!(event, Event::MessageQueued(queued) if queued.fits().is_err());
    if events.iter().all(fits) { events } else { Vec::new() }
}

/// A message about a case that both sides know.
fn in_case(state: &State, from: &Id, message: &Message, notice: &Notice) -> Result<Vec<Event>, Code> {
    let case = message.case.as_ref().ok_or(Code::CaseMissing)?;
    let case = state.trade.case(case).ok_or(Code::CaseUnknown)?;
    refuse_if(case.partner.as_ref() != Some(from), Code::CaseOfAnother)?;
    let at = |side, stages: &[Stage]| at(case, side, stages);
    match notice {
        Notice::Confirmed(confirmation) => {
            // It may have crossed the withdrawal, which it does not undo.
            at(Side::Exporting, &[Stage::Requested, Stage::Withdrawn])?;
            refuse_if(Some(confirmation.request) != case.request, Code::RequestDiffers)?;
            refuse_if(confirmation.consignment != case.consignment, Code::ConsignmentDiffers)?;
        }
        // A refusal needs no answer to the question before it.
        Notice::Refused(_) => at(Side::Exporting, &[Stage::Requested, Stage::Queried, Stage::Withdrawn])?,
        Notice::Query(_) => {
            at(Side::Exporting, &[Stage::Requested, Stage::Withdrawn])?;
            refuse_if(case.questions.len() >= QUESTIONS_MAX, Code::OutOfPlace)?;
        }
        // The importing authority may have refused meanwhile.
        Notice::Answer(_) => at(Side::Importing, &[Stage::Queried, Stage::Refused])?,
        Notice::Withdrawn(_) => {
            let open = [
                Stage::Requested,
                Stage::Queried,
                Stage::Confirmed,
                Stage::Refused,
                Stage::Suspended,
            ];
            at(Side::Importing, &open)?;
            refuse_if(case.permit.is_some(), Code::OutOfPlace)?;
        }
        Notice::PermitReplaced(replacement) => {
            refuse_if(case.side != Side::Importing, Code::OutOfPlace)?;
            same_permit(case, &replacement.permit)?;
            refuse_if(replacement.copy != case.copy().saturating_add(1), Code::VersionOld)?;
        }
        Notice::PermitRevoked(revocation) => {
            // This side may have given up waiting in the same hour.
            at(Side::Importing, &[Stage::Issued, Stage::Suspended, Stage::Expired])?;
            same_permit(case, &revocation.permit)?;
            refuse_if(case.has_moved(), Code::GoodsHaveMoved)?;
        }
        Notice::PermitIssued(permit) => {
            at(Side::Importing, &[Stage::Confirmed, Stage::Suspended])?;
            refuse_if(case.permit.is_some(), Code::OutOfPlace)?;
            refuse_if(permit.consignment != case.consignment, Code::ConsignmentDiffers)?;
        }
        notice => return of_shipment(case, notice),
    }
    Ok(Vec::new())
}

/// A message about goods that are under way, and how they come to their end.
fn of_shipment(case: &Case, notice: &Notice) -> Result<Vec<Event>, Code> {
    let at = |side, stages: &[Stage]| at(case, side, stages);
    match notice {
        Notice::EndorsementOverdue(reminder) => {
            // What has arrived meanwhile is on its way in the other direction.
            refuse_if(
                case.side != Side::Importing || case.departure.is_none(),
                Code::OutOfPlace,
            )?;
            same_permit(case, &reminder.permit)?;
        }
        Notice::Dispatched(departure) => {
            // What left on the last day may be told after this side has given up waiting.
            at(Side::Importing, &[Stage::Issued, Stage::Suspended, Stage::Expired])?;
            same_permit(case, &departure.permit)?;
            refuse_if(!of_case(case, &departure.lines), Code::ConsignmentDiffers)?;
        }
        Notice::Received(arrival) => {
            // What was ordered back, or came back in part, may have arrived all the same.
            at(
                Side::Exporting,
                &[
                    Stage::Departed,
                    Stage::Returning,
                    Stage::Returned,
                    Stage::Diverted,
                    Stage::Discrepant,
                ],
            )?;
            refuse_if(case.arrival.is_some(), Code::OutOfPlace)?;
            same_permit(case, &arrival.permit)?;
            refuse_if(!of_case(case, &arrival.lines), Code::ConsignmentDiffers)?;
        }
        Notice::OrderedBack(order) => {
            // What has arrived meanwhile has arrived.
            at(Side::Importing, &[Stage::Departed, Stage::Closed, Stage::Discrepant])?;
            same_permit(case, &order.permit)?;
        }
        Notice::Returned(returned) => {
            at(Side::Importing, &[Stage::Returning, Stage::Closed, Stage::Discrepant])?;
            refuse_if(case.returned.is_some(), Code::OutOfPlace)?;
            same_permit(case, &returned.permit)?;
            refuse_if(!of_case(case, &returned.lines), Code::ConsignmentDiffers)?;
        }
        Notice::Diverted(diversion) => {
            at(
                Side::Importing,
                &[Stage::Departed, Stage::Returning, Stage::Closed, Stage::Discrepant],
            )?;
            same_permit(case, &diversion.permit)?;
        }
        Notice::Resolved(_) => {
            at(case.side, &[Stage::Discrepant])?;
            refuse_if(case.their_word.is_some(), Code::OutOfPlace)?;
        }
        Notice::Unused(named) => {
            same_permit(case, &named.permit)?;
            at(
                case.side,
                &[Stage::Expired, Stage::Issued, Stage::Suspended, Stage::Revoked],
            )?;
            refuse_if(case.has_moved(), Code::GoodsHaveMoved)?;
            if case.side == Side::Exporting || case.stage.is_over() {
                return Ok(Vec::new());
            }
            let mut events = Vec::new();
            unused(case, &mut events);
            return Ok(events);
        }
        Notice::AlreadyDispatched(named) => {
            refuse_if(case.side != Side::Importing, Code::OutOfPlace)?;
            same_permit(case, &named.permit)?;
        }
        _ => return Err(Code::OutOfPlace),
    }
    Ok(Vec::new())
}

fn at(case: &Case, side: Side, stages: &[Stage]) -> Result<(), Code> {
    refuse_if(case.side != side || !stages.contains(&case.stage), Code::OutOfPlace)
}

fn same_permit(case: &Case, permit: &Id) -> Result<(), Code> {
    let same = case.permit.as_ref().is_some_and(|known| known.number == *permit);
    refuse_if(!same, Code::PermitUnknown)
}

/// Every line is one of the case's, in the same order, and none is negative.
fn of_case(case: &Case, lines: &[Line]) -> bool {
    let same = |(known, line): (&Line, &Line)| known.goods == line.goods && (0..=AMOUNT_MAX).contains(&line.amount);
    lines.len() == case.consignment.lines.len() && case.consignment.lines.iter().zip(lines).all(same)
}

/// Keeps the hash of a request of ours: the answer names it.
pub(crate) fn apply_sent(state: &mut State, message: &Message, hash: Digest) {
    let case = message.case.as_ref().and_then(|case| state.trade.cases.get_mut(case));
    if let Some(case) = case.filter(|_| message.kind.as_str() == REQUEST) {
        case.request = Some(hash);
    }
}

/// Applies a message whose word holds.
pub(crate) fn apply_notice(
    state: &mut State,
    from: &Id,
    message: &Message,
    hash: Digest,
    (entry, on): (u64, Date),
) -> Result<(), Broken> {
    let notice = Notice::read(&message.kind, &message.body).map_err(|why| broken("message", why))?;
    let notice = notice.ok_or_else(|| broken("kind of message", &message.kind))?;
    if province::is_domestic(&notice) {
        province::apply_notice(state, from, &notice, entry, on);
        return Ok(());
    }
    match notice {
        Notice::AuthorizationIssued(authorization) => {
            let key = (from.clone(), authorization.number.clone());
            let foreign = ForeignAuthorization {
                authorization: *authorization,
                version: 1,
                cancelled: false,
                re_export_ended: false,
            };
            state.trade.foreign.insert(key, foreign);
        }
        Notice::AuthorizationAmended(amendment) => {
            let key = (from.clone(), amendment.authorization.number.clone());
            if let Some(foreign) = state.trade.foreign.get_mut(&key) {
                foreign.version = amendment.version;
                foreign.authorization = amendment.authorization;
            }
        }
        Notice::AuthorizationCancelled(cancellation) => {
            let key = (from.clone(), cancellation.number.clone());
            if let Some(foreign) = state.trade.foreign.get_mut(&key) {
                foreign.cancelled = true;
            }
            let of_partner = |case: &&mut Case| case.side == Side::Exporting && case.partner.as_ref() == Some(from);
            suspend(state.trade.cases.values_mut().filter(of_partner), &cancellation.number);
        }
        Notice::ReExportEnded(ended) => {
            if let Some(foreign) = state.trade.foreign.get_mut(&(from.clone(), ended.number.clone())) {
                foreign.re_export_ended = true;
            }
        }
        Notice::EmergencyExport(told) => {
            let case = message.case.clone();
            let case = case.ok_or_else(|| broken("case of message", message.seq))?;
            state.trade.emergencies.insert((from.clone(), case), *told);
        }
        Notice::Requested(consignment) => {
            let id = message
                .case
                .clone()
                .ok_or_else(|| broken("case of message", message.seq))?;
            let case = Case {
                partner: Some(from.clone()),
                stage: Stage::Requested,
                requested_on: Some(on),
                request: Some(hash),
                seen: Some(hash),
                ..Case::new(id.clone(), Side::Importing, *consignment)
            };
            state.trade.cases.insert(id, case);
        }
        Notice::PassageDiverted(told) => super::passage::apply_told(state, from, *told),
        Notice::StatementProposed(stated) => statement::take_proposal(state, *stated),
        Notice::StatementSigned(signature) => statement::take_signature(state, from, &signature, on),
        Notice::StatementDisputed(dispute) => statement::take_dispute(state, from, *dispute),
        notice => {
            let id = message
                .case
                .as_ref()
                .ok_or_else(|| broken("case of message", message.seq))?;
            let case = state.trade.cases.get_mut(id).ok_or_else(|| broken("case", id))?;
            case.seen = Some(hash);
            advance(case, notice, on);
        }
    }
    if let Some(case) = &message.case {
        state.trade.note(case);
    }
    Ok(())
}

/// What a message does to its case.
pub(super) fn advance(case: &mut Case, notice: Notice, on: Date) {
    match notice {
        // What crossed the withdrawal is kept in the journal, and changes nothing.
        Notice::Confirmed(_) | Notice::Refused(_) | Notice::Query(_) if case.stage == Stage::Withdrawn => {}
        Notice::Confirmed(confirmation) => answer(case, Answer::Confirmed(*confirmation)),
        Notice::Refused(refusal) => answer(case, Answer::Refused(on, *refusal)),
        Notice::Query(question) => ask(case, *question, on),
        Notice::Answer(said) => say(case, *said, on),
        Notice::Withdrawn(withdrawal) => end(case, Stage::Withdrawn, on, withdrawal.reason),
        Notice::PermitReplaced(replacement) => case.copies.push((replacement.replaced, replacement.on)),
        Notice::EndorsementOverdue(reminder) => case.reminders = case.reminders.max(reminder.reminder),
        Notice::PermitRevoked(revocation) => end(case, Stage::Revoked, on, revocation.reason),
        Notice::PermitIssued(permit) => {
            case.permit = Some(*permit);
            // A permit that crossed the cancellation of its authorization stays suspended.
            if case.stage == Stage::Confirmed {
                case.stage = Stage::Issued;
            }
        }
        Notice::Dispatched(departure) => {
            case.cancelled_too_late |= case.stage == Stage::Suspended;
            departs(case, *departure);
        }
        Notice::Received(arrival) => arrived(case, *arrival),
        Notice::OrderedBack(order) => order_back(case, *order, on),
        Notice::Returned(returned) => {
            case.returned = Some(*returned);
            weigh(case);
        }
        Notice::Diverted(diversion) => divert(case, *diversion),
        Notice::Resolved(resolution) => {
            case.their_word = Some(*resolution);
            settle(case);
        }
        Notice::Unused(_) => case.unused_there = true,
        Notice::AlreadyDispatched(_) => case.cancelled_too_late = true,
        _ => {}
    }
}
