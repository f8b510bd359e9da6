//! A new text of an import authorization. It never takes anything from a consignment that was confirmed under the text
//! before: so nothing that crosses it on the way can contradict it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::import::{in_force, own_estimate, requested_base, same_trade, taken_by};
use super::notice::{Amendment, Consignments, ImportAuthorization, Line, Notice};
use super::{
    AmendImportAuthorization, AuthorizationAmended, Case, OwnAuthorization, Side, TradeRefusal, address, amount_of,
    lines, posts, queue, substance_no,
};
use crate::State;
use crate::id::Id;
use crate::journal::Event;
use crate::licence::{Activities, Activity};
use crate::quantity::Mass;
use crate::refusal::{Refused, unknown};

pub(crate) fn decide_amendment(state: &State, amend: &AmendImportAuthorization, today: Date) -> Refused<Vec<Event>> {
    let own = state.trade.own(&amend.authorization);
    let own = own.ok_or_else(|| unknown("import authorization", &amend.authorization))?;
    in_force(&own.authorization, own.cancelled, today)?;
    let authorization = text(state, own, amend)?;
    posts::named(&amend.posts)?;
    let posts = if amend.posts.is_empty() {
        &own.posts
    } else {
        &amend.posts
    };
    if authorization == own.authorization && *posts == own.posts {
        let number = amend.authorization.to_string();
        return Err(TradeRefusal::NothingAmended { number }.into());
    }
    if authorization.valid_until < today {
        let until = authorization.valid_until;
        return Err(TradeRefusal::PermitEnded { until, today }.into());
    }
    address::check(&authorization.importer)?;
    takes_nothing_back(state, own, &authorization)?;
    within_licence_and_estimate(state, own, &authorization, today)?;
    let amendment = Amendment {
        version: own.version.saturating_add(1),
        authorization,
        reason: amend.reason.clone(),
    };
    let mut events = vec![Event::ImportAuthorizationAmended(Box::new(AuthorizationAmended {
        amendment: amendment.clone(),
        posts: posts.clone(),
    }))];
    if let Some(partner) = &own.partner {
        events.push(queue(partner, None, Notice::AuthorizationAmended(Box::new(amendment))));
    }
    Ok(events)
}

/// The new text: what the amendment leaves out stays.
fn text(state: &State, own: &OwnAuthorization, amend: &AmendImportAuthorization) -> Refused<ImportAuthorization> {
    let mut text = own.authorization.clone();
    if !amend.lines.is_empty() {
        text.lines = lines(state, &amend.lines)?.1;
    }
    if let Some(address) = &amend.address {
        text.importer.address = address.clone();
    }
    text.valid_until = amend.valid_until.unwrap_or(text.valid_until);
    text.consignments = amend.consignments.unwrap_or(text.consignments);
    text.bonded = amend.bonded.unwrap_or(text.bonded);
    Ok(text)
}

/// What was confirmed stays possible, and what was used stays covered.
fn takes_nothing_back(state: &State, own: &OwnAuthorization, text: &ImportAuthorization) -> Refused<()> {
    let under = state.trade.cases_under(&text.number);
    let cases: Vec<&Case> = under.filter(|case| case.side == Side::Importing).collect();
    let using: Vec<&Case> = cases.iter().copied().filter(|case| case.uses_up()).collect();
    let back = |case: &Case, what| {
        let (number, case) = (text.number.to_string(), case.id.to_string());
        Err(TradeRefusal::AmendmentTakesBack { number, case, what }.into())
    };
    for case in &using {
        let open = case.arrival.is_none() && !case.stage.is_over();
        if open && same_trade(text, &case.consignment).is_err() {
            return back(case, "its importer or warehouse");
        }
        if open && text.valid_until < own.authorization.valid_until {
            return back(case, "time");
        }
        let has_room = |line: &Line| taken_by(&cases, &line.goods) <= amount_of(&text.lines, &line.goods);
        if !case.consignment.lines.iter().all(has_room) {
            return back(case, "goods");
        }
    }
    match using.as_slice() {
        [_, second, ..] if text.consignments == Consignments::Single => back(second, "its place"),
        _ => entered_stays(own, text),
    }
}

/// What has entered outside the cases stays covered too.
fn entered_stays(own: &OwnAuthorization, text: &ImportAuthorization) -> Refused<()> {
    let entered = own.authorization.lines.iter().zip(&own.imported);
    for (line, imported) in entered {
        let left = amount_of(&text.lines, &line.goods);
        if *imported > left {
            let goods = format!("{} {}", line.goods.substance, line.goods.form);
            return Err(TradeRefusal::AuthorizationExceeded {
                number: text.number.to_string(),
                goods,
                available: line.goods.said(left),
                requested: line.goods.said(*imported),
            }
            .into());
        }
    }
    Ok(())
}

/// What is added is licensed, and the country's own estimate has room for it.
fn within_licence_and_estimate(
    state: &State,
    own: &OwnAuthorization,
    text: &ImportAuthorization,
    today: Date,
) -> Refused<()> {
    let (site, _) = state.holders.open_site(&own.site)?;
    let mut looked_at: BTreeSet<&Id> = BTreeSet::new();
    for line in &text.lines {
        let substance = &line.goods.substance;
        if !looked_at.insert(substance) {
            continue;
        }
        let no = substance_no(state, &line.goods)?;
        let importing = Activities::of(&[Activity::Import]);
        state.licences.check(state, "importer", site, no, importing, today)?;
        let more = requested_base(&text.lines, substance) - requested_base(&own.authorization.lines, substance);
        if more > Mass::ZERO {
            own_estimate(state, &line.goods, (more, text.purpose), today)?;
        }
    }
    Ok(())
}

pub(crate) fn apply_amendment(state: &mut State, amended: &AuthorizationAmended) {
    let amendment = &amended.amendment;
    let Some(own) = state.trade.own.get_mut(&amendment.authorization.number) else {
        return;
    };
    let entered = |line: &Line| {
        let known = own.authorization.lines.iter().zip(&own.imported);
        let same = known.filter(|(known, _)| known.goods == line.goods);
        same.map(|(_, imported)| *imported).sum()
    };
    own.imported = amendment.authorization.lines.iter().map(entered).collect();
    own.authorization = amendment.authorization.clone();
    own.version = amendment.version;
    own.posts.clone_from(&amended.posts);
}
