//! What crosses the border: authorizations, cases, permits, partners and statements.

use domain::State;
use domain::country::Country;
use domain::id::{Id, Text};
use domain::reporting::Identity;
use domain::trade::{
    ConfirmationRefusal, Consignment, Endorsement, ImportAuthorization, Line, OwnAuthorization, Resolution, Side,
    Signing, StatementCase, StatementLine,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ok;
use super::register::year;
use super::{All, CivilDay, after_id, chapter, day, own_sites};
use crate::answer::{Answered, Fault};
use crate::ask::{Ask, Visitor};
use crate::limit::Purpose;
use crate::pages::{Worth, case_of_permit, may_see_case, permit_codes};

/// A case in a list.
#[derive(Serialize, JsonSchema)]
pub struct CaseLine {
    /// Its id, the same on both sides.
    id: Id,
    /// `exporting` or `importing`: which side this authority is.
    side: &'static str,
    /// How far it has come.
    stage: &'static str,
    /// The authority of the other side.
    partner: Option<Id>,
    /// The exporter's site; on the exporting side.
    site: Option<Id>,
    /// The number of the export permit, once there is one.
    permit: Option<Id>,
    /// The name of who exports.
    exporter: Text,
    /// The name of who imports.
    importer: Text,
}

/// A case: one export, on either side.
#[derive(Serialize, JsonSchema)]
pub struct Case {
    /// Its id, the same on both sides.
    id: Id,
    /// `exporting` or `importing`: which side this authority is.
    side: &'static str,
    /// How far it has come.
    stage: &'static str,
    /// The authority of the other side.
    partner: Option<Id>,
    /// The exporter's site; on the exporting side.
    site: Option<Id>,
    /// This register's items of the lines; on the exporting side.
    items: Vec<Id>,
    /// The export, field by field.
    consignment: Consignment,
    /// When the importing authority was asked.
    #[schemars(with = "Option<CivilDay>")]
    requested_on: Option<String>,
    /// When it said yes.
    #[schemars(with = "Option<CivilDay>")]
    confirmed_on: Option<String>,
    /// Its no.
    refusal: Option<ConfirmationRefusal>,
    /// The export permit.
    permit: Option<Permit>,
    /// What the ledger says has left or entered, by line, in counting units.
    moved: Vec<i64>,
    /// The departure as customs endorsed it.
    departure: Option<Endorsement>,
    /// The arrival as customs endorsed it.
    arrival: Option<Endorsement>,
    /// This side's word on a discrepancy.
    our_word: Option<Resolution>,
    /// The other side's.
    their_word: Option<Resolution>,
    /// More has left than the permit allows.
    beyond_permit: bool,
    /// The other side has endorsed the permit as not used.
    unused_there: bool,
}

/// An export permit; the consignment of its case is what it permits.
#[derive(Serialize, JsonSchema)]
pub struct Permit {
    /// Its number.
    number: Id,
    /// When it was issued.
    #[schemars(with = "CivilDay")]
    issued_on: String,
    /// The last day on which the goods may leave.
    #[schemars(with = "CivilDay")]
    valid_until: String,
    /// The authority that issued the import authorization.
    authorization_issuer: Id,
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Exporting => "exporting",
        Side::Importing => "importing",
    }
}

pub fn cases(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let rows = state.trade.cases_after(after_id(ask)?);
    let listed = chapter(
        ask,
        rows,
        |case| case.id.to_string(),
        |case| may_see_case(&state, visitor, case).then(|| case_line(case)),
    )?;
    drop(state);
    ok(&listed)
}

fn case_line(case: &domain::trade::Case) -> CaseLine {
    CaseLine {
        id: case.id.clone(),
        side: side(case.side),
        stage: case.stage.word(),
        partner: case.partner.clone(),
        site: case.site.clone(),
        permit: case.permit.as_ref().map(|permit| permit.number.clone()),
        exporter: case.consignment.exporter.name.clone(),
        importer: case.consignment.importer.name.clone(),
    }
}

fn whole(case: &domain::trade::Case) -> Case {
    Case {
        id: case.id.clone(),
        side: side(case.side),
        stage: case.stage.word(),
        partner: case.partner.clone(),
        site: case.site.clone(),
        items: case.items.clone(),
        consignment: case.consignment.clone(),
        requested_on: case.requested_on.map(day),
        confirmed_on: case
            .confirmation
            .as_ref()
            .map(|confirmation| day(confirmation.confirmed_on)),
        refusal: case.refusal.as_ref().map(|(_, refusal)| refusal.clone()),
        permit: case.permit.as_ref().map(|permit| Permit {
            number: permit.number.clone(),
            issued_on: day(permit.issued_on),
            valid_until: day(permit.valid_until),
            authorization_issuer: permit.authorization_issuer.clone(),
        }),
        moved: case.moved.clone(),
        departure: case.departure.clone(),
        arrival: case.arrival.clone(),
        our_word: case.our_word.clone(),
        their_word: case.their_word.clone(),
        beyond_permit: case.beyond_permit,
        unused_there: case.unused_there,
    }
}

/// A case for whoever it concerns.
fn shown(ask: &Ask, state: &State, visitor: &Visitor, found: Option<&domain::trade::Case>) -> Result<Case, Fault> {
    let found = found.filter(|case| may_see_case(state, visitor, case));
    let case = found.map(whole).ok_or(Fault::NotFound)?;
    ask.looked_at(&case.id);
    Ok(case)
}

pub fn case(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let id = format!("{}/{}", ask.param("authority"), ask.param("export"));
    let state = ask.state();
    let case = shown(ask, &state, visitor, state.trade.case(&id))?;
    drop(state);
    ok(&case)
}

/// The case of an export permit, with the permit's own code.
#[derive(Serialize, JsonSchema)]
pub struct Permitted {
    /// The case.
    #[serde(flatten)]
    case: Case,
    /// The signed code of the permit, as its sheet shows it: one text, or several that belong together; none of a
    /// permit of a partner, which signs its own.
    code: Vec<String>,
}

pub fn permit(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let case = shown(ask, &state, visitor, case_of_permit(&state, ask.param("number")))?;
    let ours = case.permit.as_ref().filter(|_| case.side == side(Side::Exporting));
    let number = ours.map(|permit| permit.number.clone());
    drop(state);
    let code = number.map(|number| permit_codes(ask, &number)).transpose()?;
    ok(&Permitted {
        case,
        code: code.unwrap_or_default(),
    })
}

/// An import authorization of this authority.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OwnAuthorization")]
pub struct Authorization {
    /// The application it answers.
    application: Id,
    /// The importer's site.
    site: Id,
    /// As issued.
    authorization: ImportAuthorization,
    /// The partner it was shared with.
    partner: Option<Id>,
    /// Whether it was cancelled.
    cancelled: bool,
    /// What has entered under it, by line.
    imported: Vec<Line>,
}

fn authorization(own: &OwnAuthorization) -> Authorization {
    let lines = own.authorization.lines.iter().zip(&own.imported);
    Authorization {
        application: own.application.clone(),
        site: own.site.clone(),
        authorization: own.authorization.clone(),
        partner: own.partner.clone(),
        cancelled: own.cancelled,
        imported: lines.map(|(line, imported)| line.with_amount(*imported)).collect(),
    }
}

pub fn authorizations(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let state = ask.state();
    let sites = own_sites(&state, visitor);
    let is_own = |site: &Id| {
        let site = state.holders.site(site).map(|(no, _)| no);
        sites
            .as_ref()
            .is_none_or(|own| site.is_ok_and(|site| own.contains(&site)))
    };
    let rows = state.trade.owns_after(after_id(ask)?);
    let listed = chapter(
        ask,
        rows,
        |own| own.authorization.number.to_string(),
        |own| is_own(&own.site).then(|| authorization(own)),
    )?;
    drop(state);
    ok(&listed)
}

/// A partner authority.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PartnerAuthority")]
pub struct Partner {
    /// Its id in the exchange.
    id: Id,
    /// Its name.
    name: Text,
    /// The country it is the competent authority of.
    country: Country,
    /// Where it takes messages; none if it can only be reached by files.
    url: Option<Text>,
    /// Since when it is paired.
    #[schemars(with = "CivilDay")]
    paired_on: String,
    /// Messages that wait to be signed.
    queued: usize,
    /// Messages that are signed and have no receipt yet.
    unanswered: usize,
    /// Messages of ours that it refused: each is a task for a person.
    refused: usize,
    /// Whether it has contradicted itself: the evidence is kept.
    equivocated: bool,
    /// The size of our largest checkpoint that it cosigned.
    cosigned: Option<u64>,
}

pub fn partners(ask: &Ask) -> Answered {
    let state = ask.state();
    let partner = |partner: &domain::partner::Partner| Partner {
        id: partner.file.id.clone(),
        name: partner.file.name.clone(),
        country: partner.file.country,
        url: partner.file.url.clone(),
        paired_on: day(partner.paired_on),
        queued: partner.queue.len(),
        unanswered: partner.unanswered.len(),
        refused: partner.refused.len(),
        equivocated: !partner.equivocations.is_empty(),
        cosigned: partner.cosigned,
    };
    let items: Vec<Partner> = state.partners.iter().map(partner).collect();
    drop(state);
    ok(&All { items })
}

/// What a year's books say.
#[derive(Serialize, JsonSchema)]
pub struct Statements {
    /// The year.
    year: i16,
    /// The balance of every substance, in grams of base.
    identity: Vec<Identity>,
    /// What was exported from one country to the other, as both authorities have it.
    trade: Vec<Statement>,
}

/// A statement between two authorities.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TradeStatementOfYear")]
pub struct Statement {
    /// The exporting authority.
    exporter: Id,
    /// The importing authority.
    importer: Id,
    /// The hash by which it is signed.
    digest: String,
    /// `open`, `signed` or `disputed`.
    signing: &'static str,
    /// A line per registered substance, zeros too.
    lines: Vec<StatementLine>,
    /// The lines that differ, as the importing authority has them.
    disputed: Vec<StatementLine>,
}

fn statement(case: &StatementCase) -> Statement {
    let (signing, disputed) = match &case.signing {
        Signing::Open => ("open", Vec::new()),
        Signing::Signed { .. } => ("signed", Vec::new()),
        Signing::Disputed { lines } => ("disputed", lines.clone()),
    };
    Statement {
        exporter: case.statement.exporter.clone(),
        importer: case.statement.importer.clone(),
        digest: case.digest.to_string(),
        signing,
        lines: case.statement.lines.clone(),
        disputed,
    }
}

pub fn statements(ask: &Ask) -> Answered {
    let year = year(ask)?;
    let state = ask.state();
    let of_year = state.trade.statements().filter(|case| case.statement.year == year);
    let whole = Statements {
        year,
        identity: domain::reporting::identity(&state, year),
        trade: of_year.map(statement).collect(),
    };
    drop(state);
    ok(&whole)
}

/// What anybody may know of a permit: the same fields whatever is asked.
#[derive(Serialize, JsonSchema)]
pub struct Verified {
    /// The number as it was asked.
    number: String,
    /// `valid`, `used`, `expired`, `revoked`, `suspended` or `unknown`.
    standing: &'static str,
    /// The authority that issued it.
    issuer: Option<Text>,
    /// The country it leads from.
    from: Option<Country>,
    /// The country it leads to.
    to: Option<Country>,
    /// The last day on which goods may leave under it.
    #[schemars(with = "Option<CivilDay>")]
    valid_until: Option<String>,
}

pub fn verify(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Ask, ask.peer).map_err(Fault::TooMany)?;
    let number = ask.param("number").trim().to_owned();
    if number.len() > domain::id::ID_BYTES_MAX {
        return Err(Fault::NotFound);
    }
    let today = ask.today();
    let state = ask.state();
    let found = state.trade.permitted(&number);
    let case = found.or_else(|| state.trade.permitted(&number.to_uppercase()));
    let verified = Verified {
        standing: case.map_or(Worth::Unknown, |case| Worth::of(case, today)).word(),
        issuer: case.map(|_| state.founding.name.clone()),
        from: case.map(|case| case.consignment.exporter.country),
        to: case.map(|case| case.consignment.importer.country),
        valid_until: case
            .and_then(|case| case.permit.as_ref())
            .map(|permit| day(permit.valid_until)),
        number,
    };
    drop(state);
    ok(&verified)
}
