//! The importing side: applications, import authorizations, and the answer to an exporting authority's question.

use jiff::civil::Date;

use super::checks::{Check, Condition, Fact, Facts, pass};
use super::guard::room_facts;
use super::notice::{
    Cancellation, Confirmation, ConfirmationRefusal, Consignment, Consignments, Goods, ImportAuthorization, Line,
    Notice, Party, Purpose,
};
use super::question::unanswered;
use super::{
    AuthorizationIssued, CancelImportAuthorization, Case, Confirm, ImportApplication, ImportApplied,
    IssueImportAuthorization, OwnAuthorization, RefuseConfirmation, Side, Stage, TradeRefusal, address, amount_of,
    lines, posts, queue, substance_no,
};
use crate::State;
use crate::access::Actor;
use crate::id::Id;
use crate::journal::Event;
use crate::ledger::owns;
use crate::licence::{Activities, Activity};
use crate::partner::KeyFile;
use crate::quantity::Mass;
use crate::refusal::{Refused, taken, unknown};

pub(crate) fn decide_import_application(
    state: &State,
    by: &Actor,
    application: &ImportApplication,
) -> Refused<ImportApplied> {
    let (_, site) = state.holders.open_site(&application.site)?;
    owns(by, site)?;
    if state.trade.applications.contains_key(&application.id) {
        return Err(taken("import application", &application.id));
    }
    let name = state.holders.holder_at(site.holder).entry.name.clone();
    let importer = Party {
        name,
        address: application.address.clone(),
        country: state.founding.country,
    };
    two_countries(&importer, &application.exporter)?;
    address::check(&importer)?;
    let (items, lines) = lines(state, &application.lines)?;
    Ok(ImportApplied {
        id: application.id.clone(),
        site: application.site.clone(),
        items,
        importer,
        exporter: application.exporter.clone(),
        lines,
        purpose: application.purpose,
        consignments: application.consignments,
        bonded: application.bonded,
    })
}

pub(super) fn two_countries(one: &Party, other: &Party) -> Refused<()> {
    if one.country == other.country {
        let country = one.country.to_string();
        return Err(TradeRefusal::SameCountry { country }.into());
    }
    Ok(())
}

/// An import authorization is issued within the importer's licence and the country's own estimate (1961 art. 19(5)).
pub(crate) fn decide_issue(state: &State, issue: &IssueImportAuthorization, today: Date) -> Refused<Vec<Event>> {
    if state.trade.own.contains_key(&issue.id) {
        return Err(taken("import authorization", &issue.id));
    }
    let application = state
        .trade
        .applications
        .get(&issue.application)
        .ok_or_else(|| unknown("import application", &issue.application))?;
    let answered = |own: &&OwnAuthorization| own.application == issue.application;
    if let Some(answer) = state.trade.own.values().find(answered) {
        let (application, number) = (issue.application.to_string(), answer.authorization.number.to_string());
        return Err(TradeRefusal::ApplicationAnswered { application, number }.into());
    }
    if issue.valid_until < today {
        let until = issue.valid_until;
        return Err(TradeRefusal::PermitEnded { until, today }.into());
    }
    let (site, _) = state.holders.open_site(&application.site)?;
    for line in &application.lines {
        let no = substance_no(state, &line.goods)?;
        let importing = Activities::of(&[Activity::Import]);
        state.licences.check(state, "importer", site, no, importing, today)?;
        own_estimate(
            state,
            &line.goods,
            (
                requested_base(&application.lines, &line.goods.substance),
                application.purpose,
            ),
            today,
        )?;
    }
    let authorization = ImportAuthorization {
        number: issue.id.clone(),
        issuer: state.founding.id.clone(),
        issued_on: today,
        valid_until: issue.valid_until,
        importer: application.importer.clone(),
        exporter: application.exporter.clone(),
        lines: application.lines.clone(),
        purpose: application.purpose,
        consignments: application.consignments,
        bonded: application.bonded,
    };
    posts::named(&issue.posts)?;
    let mut events = vec![Event::ImportAuthorizationIssued(Box::new(AuthorizationIssued {
        application: application.id.clone(),
        authorization: authorization.clone(),
        posts: issue.posts.clone(),
    }))];
    if let Some(partner) = state.partners.of_country(application.exporter.country) {
        let notice = Notice::AuthorizationIssued(Box::new(authorization));
        events.push(queue(&partner.file.id, None, notice));
    }
    Ok(events)
}

/// What a list asks of a substance, in base.
pub(super) fn requested_base(lines: &[Line], substance: &Id) -> Mass {
    let of_it = lines.iter().filter(|line| line.goods.substance == *substance);
    of_it.map(Line::base).sum()
}

/// What is known of this country's own room for a substance in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnHeadroom {
    /// The total of estimates in force.
    pub total: Mass,
    /// What is to be exported again comes on top of it.
    pub re_export: Mass,
    /// Made and imported.
    pub acquired: Mass,
    /// What open import authorizations still allow.
    pub open: Mass,
}

impl OwnHeadroom {
    /// What is left.
    pub fn available(self) -> Mass {
        (self.total + self.re_export - self.acquired - self.open).or_zero()
    }
}

/// What is left of this country's own total of estimates in the year of a day; `None` without an estimate.
pub fn own_headroom(state: &State, substance: &Id, today: Date) -> Option<OwnHeadroom> {
    let (no, _) = state.substances.find(substance).ok()?;
    let estimate = state.planning.estimate(today.year(), no)?;
    let rows = crate::reporting::identity(state, today.year());
    let row = rows.iter().find(|row| row.substance == *substance);
    let owns = state.trade.own.values();
    Some(OwnHeadroom {
        total: estimate.total,
        re_export: super::re_export::intended(state, substance, today),
        acquired: row.map_or(Mass::ZERO, |row| row.manufactured + row.imported),
        open: owns.map(|own| open_base(state, own, substance, today)).sum(),
    })
}

/// The country's own total of estimates bounds what it acquires: made, imported, and authorized to be imported.
/// What is to be exported again is added to it, so it always has room for that.
pub(super) fn own_estimate(
    state: &State,
    goods: &Goods,
    (requested, purpose): (Mass, Purpose),
    today: Date,
) -> Refused<()> {
    let (substance, year) = (&goods.substance, today.year());
    if purpose == Purpose::ReExport {
        return substance_no(state, goods).map(drop);
    }
    substance_no(state, goods)?;
    let Some(room) = own_headroom(state, substance, today) else {
        let substance = substance.to_string();
        return Err(TradeRefusal::OwnEstimateMissing { substance, year }.into());
    };
    let available = room.available();
    if requested <= available {
        return Ok(());
    }
    Err(TradeRefusal::EstimateExceeded {
        country: state.founding.country.to_string(),
        substance: substance.to_string(),
        year,
        total_g: room.total,
        available_g: available,
        requested_g: requested,
    }
    .into())
}

/// What may still enter under an authorization, in base.
pub(super) fn open_base(state: &State, own: &OwnAuthorization, substance: &Id, today: Date) -> Mass {
    let authorization = &own.authorization;
    let over = own.cancelled || authorization.valid_until < today || is_used_up(state, own);
    if over {
        return Mass::ZERO;
    }
    let lines = authorization.lines.iter().zip(&own.imported);
    lines
        .filter(|(line, _)| line.goods.substance == *substance)
        .map(|(line, imported)| line.with_amount((line.amount - imported).max(0)).base())
        .sum()
}

/// A single-consignment authorization is over once its consignment has arrived.
fn is_used_up(state: &State, own: &OwnAuthorization) -> bool {
    let arrived = |case: &&Case| case.side == Side::Importing && case.arrival.is_some();
    let mut cases = state.trade.cases_under(&own.authorization.number);
    own.authorization.consignments == Consignments::Single && cases.any(|case| arrived(&case))
}

pub(crate) fn decide_cancellation(state: &State, cancel: &CancelImportAuthorization) -> Refused<Vec<Event>> {
    let own = state
        .trade
        .own(&cancel.authorization)
        .ok_or_else(|| unknown("import authorization", &cancel.authorization))?;
    if own.cancelled {
        let number = cancel.authorization.to_string();
        return Err(TradeRefusal::AuthorizationCancelled { number }.into());
    }
    let mut events = vec![Event::ImportAuthorizationCancelled(Box::new(cancel.clone()))];
    if let Some(partner) = &own.partner {
        let (number, reason) = (cancel.authorization.clone(), cancel.reason.clone());
        let notice = Notice::AuthorizationCancelled(Box::new(Cancellation { number, reason }));
        events.push(queue(partner, None, notice));
    }
    Ok(events)
}

/// A named officer confirms what agrees, field by field, with this authority's own register.
pub(crate) fn decide_confirm(state: &State, by: &Actor, confirm: &Confirm, today: Date) -> Refused<Vec<Event>> {
    let case = state.trade.on_side(&confirm.case, Side::Importing)?;
    unanswered(case)?;
    if case.stage != Stage::Requested {
        return Err(case.not_in("requested").into());
    }
    agrees(state, &case.id, &case.consignment, today)?;
    let officer = by.person().parse().ok();
    Ok(confirmed(case, officer, today))
}

/// The entries of a yes.
pub(super) fn confirmed(case: &Case, officer: Option<Id>, today: Date) -> Vec<Event> {
    let (Some(partner), Some(request)) = (&case.partner, case.request) else {
        return Vec::new();
    };
    let confirmation = Confirmation {
        request,
        consignment: case.consignment.clone(),
        officer,
        confirmed_on: today,
    };
    vec![
        Event::RequestConfirmed(Box::new(super::RequestAnswered {
            case: case.id.clone(),
            answer: super::Answer::Confirmed(confirmation.clone()),
        })),
        queue(partner, Some(&case.id), Notice::Confirmed(Box::new(confirmation))),
    ]
}

/// Whether a consignment agrees with an import authorization of ours that is in force and has room for it.
pub(super) fn agrees(state: &State, case: &Id, asked: &Consignment, today: Date) -> Refused<()> {
    pass(&agreement(state, case, asked, today))
}

/// Every condition of a yes to a request, tested: those that hold too. All pass where `confirm` is not refused, and the
/// first that does not is the reason for which it is.
pub fn confirmation_checks(state: &State, case: &Case, today: Date) -> Vec<Check> {
    let stands = || vec![("stage", Fact::Stage(case.stage))];
    let requested = || {
        unanswered(case)?;
        match case.stage {
            Stage::Requested => Ok(()),
            _ => Err(case.not_in("requested").into()),
        }
    };
    let first = Condition::new("stage_requested", None, requested, stands).check();
    let others = agreement(state, &case.id, &case.consignment, today);
    std::iter::once(first)
        .chain(others.iter().map(Condition::check))
        .collect()
}

/// The conditions in their order.
fn agreement<'a>(state: &'a State, case: &'a Id, asked: &'a Consignment, today: Date) -> Vec<Condition<'a>> {
    let number = asked.authorization.as_ref();
    let own = number.and_then(|number| state.trade.own(number));
    let facts = move || own_facts(asked, own);
    let known = move || {
        let number = number.map(ToString::to_string).unwrap_or_default();
        own.map(drop).ok_or_else(|| unknown("import authorization", number))
    };
    let named = Condition::new("own_authorization", Some("1961 art. 31(5)"), known, facts);
    let Some(own) = own else {
        return vec![named];
    };
    let authorization = &own.authorization;
    let force = move || in_force(authorization, own.cancelled, today);
    let same = move || same_trade(authorization, asked);
    let others = move || -> Vec<&'a Case> {
        let under_it = |other: &&Case| other.side == Side::Importing && other.id != *case;
        let cases = number.into_iter().flat_map(|number| state.trade.cases_under(number));
        cases.filter(under_it).collect()
    };
    let once = move || used_up(authorization, &others());
    let mut all = vec![
        named,
        Condition::new(
            "authorization_in_force",
            Some("1961 art. 31(4)(b), 31(5)"),
            force,
            facts,
        ),
        Condition::new("same_trade", Some("1961 art. 31(4), 31(5)"), same, facts),
        Condition::new("consignments", Some("1961 art. 31(4)(d)"), once, facts),
    ];
    for line in &asked.lines {
        let test = move || room(authorization, &others(), line);
        let facts = move || room_facts(authorization, &others(), line);
        all.push(Condition::new(
            "authorization_room",
            Some("1961 art. 31(4)(b)"),
            test,
            facts,
        ));
    }
    all
}

fn own_facts(asked: &Consignment, own: Option<&OwnAuthorization>) -> Facts {
    let number = asked.authorization.iter();
    let mut facts: Facts = number
        .map(|number| ("number", Fact::Text(number.to_string())))
        .collect();
    facts.push(("country", Fact::Country(asked.importer.country)));
    if let Some(own) = own {
        let authorization = &own.authorization;
        facts.push(("issuer", Fact::Text(authorization.issuer.to_string())));
        facts.push(("issued", Fact::Day(authorization.issued_on)));
        facts.push(("until", Fact::Day(authorization.valid_until)));
    }
    facts
}

/// Neither cancelled nor ended.
pub(super) fn in_force(authorization: &ImportAuthorization, cancelled: bool, today: Date) -> Refused<()> {
    let number = authorization.number.to_string();
    if cancelled {
        return Err(TradeRefusal::AuthorizationCancelled { number }.into());
    }
    let until = authorization.valid_until;
    if until < today {
        return Err(TradeRefusal::AuthorizationExpired { number, until, today }.into());
    }
    Ok(())
}

/// The same exporter, importer and purpose, letter by letter.
pub(super) fn same_trade(authorization: &ImportAuthorization, asked: &Consignment) -> Refused<()> {
    let said = |party: &Party| format!("{}, {}, {}", party.name, party.address, party.country);
    let word = |purpose| format!("{purpose:?}").to_lowercase();
    let fields = [
        ("exporter", said(&authorization.exporter), said(&asked.exporter)),
        ("importer", said(&authorization.importer), said(&asked.importer)),
        ("purpose", word(authorization.purpose), word(asked.purpose)),
        (
            "bonded warehouse",
            authorization.bonded.to_string(),
            asked.bonded.to_string(),
        ),
    ];
    match fields.into_iter().find(|(_, authorized, asked)| authorized != asked) {
        None => Ok(()),
        Some((field, authorized, asked)) => Err(TradeRefusal::AuthorizationDiffers {
            number: authorization.number.to_string(),
            field,
            authorized,
            asked,
        }
        .into()),
    }
}

/// Of a single-consignment authorization, whether another case is its consignment already.
pub(super) fn used_up(authorization: &ImportAuthorization, others: &[&Case]) -> Refused<()> {
    if authorization.consignments == Consignments::Single
        && let Some(used) = others.iter().find(|case| case.uses_up())
    {
        let (number, by) = (authorization.number.to_string(), used.id.to_string());
        return Err(TradeRefusal::AuthorizationUsed { number, by }.into());
    }
    Ok(())
}

/// What other consignments take of some goods.
pub(super) fn taken_by(others: &[&Case], goods: &Goods) -> i64 {
    let takes = others.iter().map(|case| case.takes(goods));
    takes.fold(0_i64, i64::saturating_add)
}

/// A line is one of the authorization's, within what other consignments have left of it.
pub(super) fn room(authorization: &ImportAuthorization, others: &[&Case], line: &Line) -> Refused<()> {
    let number = || authorization.number.to_string();
    let goods = &line.goods;
    let name = format!("{} {}", goods.substance, goods.form);
    let authorized = amount_of(&authorization.lines, goods);
    if authorized == 0 {
        let authorized = authorization.lines.iter();
        let authorized = authorized.map(|line| format!("{} {}", line.goods.substance, line.goods.form));
        return Err(TradeRefusal::AuthorizationDiffers {
            number: number(),
            field: "goods",
            authorized: authorized.collect::<Vec<_>>().join(", "),
            asked: name,
        }
        .into());
    }
    let (available, requested) = (authorized - taken_by(others, goods), line.amount);
    if requested > available {
        return Err(TradeRefusal::AuthorizationExceeded {
            number: number(),
            available: goods.said(available),
            requested: goods.said(requested),
            goods: name,
        }
        .into());
    }
    Ok(())
}

/// A named officer says no.
pub(crate) fn decide_refuse(
    state: &State,
    by: &Actor,
    refuse: &RefuseConfirmation,
    today: Date,
) -> Refused<Vec<Event>> {
    let case = state.trade.on_side(&refuse.case, Side::Importing)?;
    if !matches!(case.stage, Stage::Requested | Stage::Queried) {
        return Err(case.not_in("requested").into());
    }
    let (Some(partner), Ok(officer)) = (&case.partner, by.person().parse()) else {
        return Err(case.not_in("requested").into());
    };
    let refusal = ConfirmationRefusal {
        officer,
        reason: refuse.reason.clone(),
    };
    Ok(vec![
        Event::RequestRefused(Box::new(super::RequestAnswered {
            case: case.id.clone(),
            answer: super::Answer::Refused(today, refusal.clone()),
        })),
        queue(partner, Some(&case.id), Notice::Refused(Box::new(refusal))),
    ])
}

pub(crate) fn apply_import_application(state: &mut State, applied: &ImportApplied) {
    state.trade.applications.insert(applied.id.clone(), applied.clone());
    state.trade.unanswered.insert(applied.id.clone());
}

pub(crate) fn apply_issued(state: &mut State, issued: &AuthorizationIssued) {
    let Some(application) = state.trade.applications.get(&issued.application) else {
        return;
    };
    let partner = state.partners.of_country(application.exporter.country);
    let own = OwnAuthorization {
        application: issued.application.clone(),
        authorization: issued.authorization.clone(),
        version: 1,
        posts: issued.posts.clone(),
        site: application.site.clone(),
        partner: partner.map(|partner| partner.file.id.clone()),
        cancelled: false,
        re_export_ended: false,
        imported: vec![0; issued.authorization.lines.len()],
        reviewed_on: None,
    };
    state.trade.own.insert(issued.authorization.number.clone(), own);
    state.trade.unanswered.remove(&issued.application);
}

/// Authorizations in force that could not be sent before their exporting country's authority was a partner.
fn waits_for(own: &OwnAuthorization, file: &KeyFile, today: Date) -> bool {
    let authorization = &own.authorization;
    let in_force = !own.cancelled && authorization.valid_until >= today;
    own.partner.is_none() && in_force && authorization.exporter.country == file.country
}

/// What a new partner is sent: the import authorizations that wait for it.
pub(crate) fn shared_with(state: &State, file: &KeyFile, today: Date) -> Vec<Event> {
    let waiting = state.trade.own.values().filter(|own| waits_for(own, file, today));
    let notice = |own: &OwnAuthorization| Notice::AuthorizationIssued(Box::new(own.authorization.clone()));
    waiting.map(|own| queue(&file.id, None, notice(own))).collect()
}

/// A new partner has the authorizations that waited for it.
pub(crate) fn apply_shared(state: &mut State, file: &KeyFile, today: Date) {
    for own in state.trade.own.values_mut() {
        if waits_for(own, file, today) {
            own.partner = Some(file.id.clone());
        }
    }
}

pub(crate) fn apply_cancellation(state: &mut State, cancel: &CancelImportAuthorization) {
    if let Some(own) = state.trade.own.get_mut(&cancel.authorization) {
        own.cancelled = true;
    }
    let cases = state.trade.cases.values_mut();
    suspend(cases.filter(|case| case.side == Side::Importing), &cancel.authorization);
}

/// Cases whose goods have not left are suspended with their import authorization; later ones are marked.
pub(super) fn suspend<'a>(cases: impl Iterator<Item = &'a mut Case>, authorization: &Id) {
    for case in cases.filter(|case| case.consignment.authorization.as_ref() == Some(authorization)) {
        match case.stage {
            Stage::Confirmed | Stage::Issued | Stage::Held => case.stage = Stage::Suspended,
            _ => case.cancelled_too_late |= case.is_under_way(),
        }
    }
}

pub(crate) fn apply_answer(state: &mut State, answered: &super::RequestAnswered) {
    if let Some(case) = state.trade.cases.get_mut(&answered.case) {
        answer(case, answered.answer.clone());
    }
}

/// What an answer does to a case, on either side.
pub(super) fn answer(case: &mut Case, answer: super::Answer) {
    match answer {
        super::Answer::Confirmed(confirmation) => {
            case.confirmation = Some(confirmation);
            case.stage = Stage::Confirmed;
        }
        super::Answer::Refused(on, refusal) => {
            case.refusal = Some((on, refusal));
            case.stage = Stage::Refused;
        }
    }
}
