//! What this authority had said, put back into the register from the message that its partner holds: what was decided is
//! not decided again. A message tells less than the command it came of, so not everything can be put back; people enter
//! the rest.

use jiff::civil::Date;

use super::judge::advance;
use super::notice::{Consignment, ImportAuthorization, Notice, StatementDispute, StatementSignature};
use super::shipment::settle;
use super::{
    CancelImportAuthorization, Case, ImportApplied, OwnAuthorization, Side, Stage, TradeStatementDisputed,
    TradeStatementSigned, item_of, statement,
};
use crate::State;
use crate::holder::Site;
use crate::id::{Id, Text};
use crate::partner::Message;
use crate::{Broken, broken, province};

/// Whether what a message of ours says can be put back: what it speaks of is in the register.
pub(crate) fn can_be_put_back(state: &State, to: &Id, message: &Message) -> bool {
    let Ok(Some(notice)) = Notice::read(&message.kind, &message.body) else {
        return false;
    };
    let trade = &state.trade;
    match &notice {
        Notice::AuthorizationIssued(authorization) => {
            trade.own(&authorization.number).is_none() && importer(state, authorization).is_some()
        }
        Notice::AuthorizationAmended(amendment) => {
            let own = trade.own(&amendment.authorization.number);
            own.is_some_and(|own| own.version < amendment.version)
        }
        Notice::AuthorizationCancelled(cancelled) => trade.own(&cancelled.number).is_some(),
        Notice::ReExportEnded(ended) => trade.own(&ended.number).is_some(),
        Notice::Requested(consignment) => {
            let known = message.case.as_ref().and_then(|case| trade.case(case));
            match known {
                Some(case) => case.stage == Stage::Draft && case.consignment == **consignment,
                None => message.case.is_some() && exporter(state, consignment).is_some(),
            }
        }
        Notice::StatementProposed(stated) => trade
            .statement(&stated.exporter, &stated.importer, stated.year)
            .is_none(),
        Notice::StatementSigned(signature) => trade.statement(to, &state.founding.id, signature.year).is_some(),
        Notice::StatementDisputed(dispute) => trade.statement(to, &state.founding.id, dispute.year).is_some(),
        // Goods are in the ledger, and their lines come from those who hold them; keys come with a key file; sites are
        // shared again.
        Notice::KeyUpdate(_) | Notice::EmergencyExport(_) | Notice::PassageDiverted(_) => false,
        notice if province::is_domestic(notice) => false,
        _ => {
            let case = message.case.as_ref().and_then(|case| trade.case(case));
            case.is_some_and(|case| case.partner.as_ref() == Some(to))
        }
    }
}

/// The sites of the holder with this name.
fn sites_of<'a>(state: &'a State, name: &'a Text) -> impl Iterator<Item = &'a Site> {
    let named = move |site: &&Site| state.holders.holder_at(site.holder).entry.name == *name;
    state.holders.sites().filter(named)
}

/// The site of the holder with this name, if it has one alone.
fn site_of(state: &State, name: &Text) -> Option<Id> {
    let mut sites = sites_of(state, name);
    match (sites.next(), sites.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    }
}

/// The application that an import authorization answers, and the importer's site; without an application that waits, its
/// number stands in for one.
fn importer(state: &State, authorization: &ImportAuthorization) -> Option<(Id, Id)> {
    let answers = |applied: &&ImportApplied| {
        applied.importer == authorization.importer
            && applied.exporter == authorization.exporter
            && applied.lines == authorization.lines
            && applied.purpose == authorization.purpose
    };
    match state.trade.open_applications().find(answers) {
        Some(applied) => Some((applied.id.clone(), applied.site.clone())),
        None => Some((
            authorization.number.clone(),
            site_of(state, &authorization.importer.name)?,
        )),
    }
}

/// The exporter's site, if it has one alone, and this register's items of the lines. With several sites the case has none
/// until goods leave from one.
fn exporter(state: &State, consignment: &Consignment) -> Option<(Option<Id>, Vec<Id>)> {
    let name = &consignment.exporter.name;
    let item = |line: &super::Line| item_of(state, &line.goods).map(|item| item.id.clone());
    let items: Option<Vec<Id>> = consignment.lines.iter().map(item).collect();
    sites_of(state, name).next()?;
    Some((site_of(state, name), items?))
}

/// Puts back what a message of ours says.
pub(crate) fn put_back(state: &mut State, to: &Id, message: &Message, on: Date) -> Result<(), Broken> {
    let notice = Notice::read(&message.kind, &message.body).map_err(|why| broken("message", why))?;
    let notice = notice.ok_or_else(|| broken("kind of message", &message.kind))?;
    match notice {
        Notice::AuthorizationIssued(authorization) => {
            let (application, site) =
                importer(state, &authorization).ok_or_else(|| broken("importer of", &authorization.number))?;
            state.trade.unanswered.remove(&application);
            let lines = authorization.lines.len();
            state.trade.own.insert(
                authorization.number.clone(),
                OwnAuthorization {
                    application,
                    authorization: *authorization,
                    version: 1,
                    posts: Vec::new(),
                    site,
                    partner: Some(to.clone()),
                    cancelled: false,
                    re_export_ended: false,
                    imported: vec![0; lines],
                    reviewed_on: None,
                },
            );
        }
        Notice::AuthorizationAmended(amendment) => {
            if let Some(own) = state.trade.own.get_mut(&amendment.authorization.number) {
                own.version = amendment.version;
                own.authorization = amendment.authorization;
            }
        }
        Notice::AuthorizationCancelled(cancelled) => {
            let (authorization, reason) = (cancelled.number, cancelled.reason);
            super::apply_cancellation(state, &CancelImportAuthorization { authorization, reason });
        }
        Notice::ReExportEnded(ended) => {
            if let Some(own) = state.trade.own.get_mut(&ended.number) {
                own.re_export_ended = true;
            }
        }
        Notice::Requested(consignment) => request(state, to, message, *consignment, on)?,
        Notice::StatementProposed(stated) => statement::take_proposal(state, *stated),
        Notice::StatementSigned(signature) => {
            let exporter = to.clone();
            let StatementSignature { year, digest, log_size } = *signature;
            super::apply_signed(
                state,
                &TradeStatementSigned {
                    exporter,
                    year,
                    digest,
                    log_size,
                },
                on,
            );
        }
        Notice::StatementDisputed(dispute) => {
            let exporter = to.clone();
            let StatementDispute { year, digest, lines } = *dispute;
            super::apply_disputed(
                state,
                &TradeStatementDisputed {
                    exporter,
                    year,
                    digest,
                    lines,
                },
            );
        }
        notice => {
            let id = message
                .case
                .as_ref()
                .ok_or_else(|| broken("case of message", message.seq))?;
            let permit = match &notice {
                Notice::PermitIssued(permit) => Some(permit.number.clone()),
                _ => None,
            };
            let case = state.trade.cases.get_mut(id).ok_or_else(|| broken("case", id))?;
            say(case, notice, on);
            if let Some(number) = permit.filter(|_| case.side == Side::Exporting) {
                state.trade.permits.insert(number, id.clone());
            }
        }
    }
    if let Some(case) = &message.case {
        state.trade.note(case);
    }
    Ok(())
}

fn request(state: &mut State, to: &Id, message: &Message, consignment: Consignment, on: Date) -> Result<(), Broken> {
    let id = message
        .case
        .clone()
        .ok_or_else(|| broken("case of message", message.seq))?;
    let case = if let Some(case) = state.trade.cases.remove(&id) {
        case
    } else {
        let (site, items) = exporter(state, &consignment).ok_or_else(|| broken("exporter of case", &id))?;
        Case {
            site,
            items,
            ..Case::new(id.clone(), Side::Exporting, consignment)
        }
    };
    let case = Case {
        stage: Stage::Requested,
        partner: Some(to.clone()),
        requested_on: Some(on),
        ..case
    };
    state.trade.cases.insert(id, case);
    Ok(())
}

/// What our own word does to its case: mostly the same as it does on the other side.
fn say(case: &mut Case, notice: Notice, on: Date) {
    match notice {
        Notice::Resolved(resolution) => {
            case.our_word = Some(*resolution);
            settle(case);
        }
        Notice::Unused(_) => case.stage = Stage::Expired,
        notice => advance(case, notice, on),
    }
}
