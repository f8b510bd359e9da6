//! Trade across the border: cases, import authorizations, permits as sheets, the border itself, and the public check.

mod authorizations;
mod bundle;
mod case;
mod check;
mod checks;
mod code;
mod customs;
mod decision;
mod directory;
mod emergencies;
mod evidence;
mod facts;
mod invited;
mod list;
mod overdue;
mod passages;
mod pdf;
mod sheet;
mod timeline;
mod verify;

use std::collections::BTreeMap;

use domain::access::{Actor, Role};
use domain::id::Id;
use domain::trade::{Case, Fact, Facts, Goods, Grade, Line, Party, Purpose, Side, Stage, item_of};
use domain::{Command, State};

use crate::answer::encoded;
use crate::ask::Visitor;
use crate::names;
use crate::routes::{Route, asset, form, page, upload};
use crate::who::Who;
use crate::words::Words;

pub use customs::Worth;
pub use passages::path as passage_path;
pub use sheet::{case_of_permit, permit_codes};

/// Officers who see all trade.
pub const TRADE: &[Role] = &[
    Role::PermitOfficer,
    Role::Approver,
    Role::PlanningOfficer,
    Role::LicensingOfficer,
    Role::Statistician,
    Role::Auditor,
];

/// Officers who see a permit as a sheet: those, and who stands at the border.
pub const SHEETS: &[Role] = &[
    Role::PermitOfficer,
    Role::Approver,
    Role::PlanningOfficer,
    Role::LicensingOfficer,
    Role::Statistician,
    Role::Auditor,
    Role::CustomsOfficer,
];

/// Officers who get a case's entries themselves, with the messages and lines of the ledger in them: who decides about it,
/// and who looks over their shoulders.
const BUNDLES: &[Role] = &[Role::PermitOfficer, Role::Approver, Role::Auditor];

/// Officers who keep files of other authorities.
const KEEPERS: Who = Who::Officers(&[Role::PermitOfficer]);

/// Officers who see the directory of authorities: as with partners.
const READERS: Who = crate::pages::partners::READERS;

/// Officers at the border, and who answers their questions.
const BORDER: &[Role] = &[Role::CustomsOfficer, Role::PermitOfficer, Role::Approver, Role::Auditor];

pub const ROUTES: &[Route] = &[
    page("/cases", Who::OfficersAndHolders(TRADE), list::list),
    page(
        "/cases/{authority}/{export}",
        Who::OfficersAndHolders(TRADE),
        case::case,
    ),
    page(
        "/cases/{authority}/{export}/bundle.json",
        Who::Officers(BUNDLES),
        bundle::get,
    ),
    page("/overdue", Who::Officers(TRADE), overdue::list),
    page("/passages", Who::Officers(BORDER), passages::list),
    page("/passages/{id}", Who::Officers(BORDER), passages::one),
    page("/emergencies", Who::OfficersAndHolders(TRADE), emergencies::list),
    page("/authorizations", Who::OfficersAndHolders(TRADE), authorizations::list),
    page(
        "/authorizations/{number}",
        Who::OfficersAndHolders(TRADE),
        authorizations::own,
    ),
    page(
        "/authorizations/{number}/print",
        Who::OfficersAndHolders(SHEETS),
        sheet::authorization,
    ),
    page(
        "/authorizations/from/{partner}/{number}",
        Who::OfficersAndHolders(TRADE),
        authorizations::foreign,
    ),
    page(
        "/authorizations/{number}/document.pdf",
        Who::OfficersAndHolders(SHEETS),
        pdf::authorization,
    ),
    page("/permits/{number}", Who::OfficersAndHolders(SHEETS), sheet::permit),
    page(
        "/permits/{number}/document.pdf",
        Who::OfficersAndHolders(SHEETS),
        pdf::permit,
    ),
    page(
        "/permits/{number}/endorsement.pdf",
        Who::OfficersAndHolders(SHEETS),
        pdf::endorsement,
    ),
    page("/permits/{number}/code", Who::OfficersAndHolders(SHEETS), sheet::code),
    page("/directory", READERS, directory::list),
    page("/directory/{id}", READERS, directory::one),
    page("/evidence", KEEPERS, evidence::ask_file),
    upload("/evidence", KEEPERS, evidence::keep),
    page("/evidence/file", Who::Officers(TRADE), evidence::get),
    page("/confirm/{token}", Who::Public, invited::ask_code),
    form("/confirm/{token}", Who::Public, invited::show),
    form("/confirm/{token}/answer", Who::Public, invited::answer),
    page("/customs", Who::Officers(BORDER), customs::ask_number),
    form("/customs", Who::Officers(BORDER), customs::asked),
    page("/customs/{number}", Who::Officers(BORDER), customs::permit),
    page("/verify", Who::Public, verify::ask_number),
    form("/verify", Who::Public, verify::asked),
    page("/verify/{number}", Who::Public, verify::permit),
    asset("/exchange/v1/permits", sheet::list),
];

/// The page of a case.
fn case_path(id: &str) -> String {
    let (authority, export) = id.split_once('/').unwrap_or((id, ""));
    format!("/cases/{}/{}", encoded(authority), encoded(export))
}

/// The name of an application at the authority where its case began.
fn export_of(case: &Case) -> &str {
    case.id.split_once('/').map_or(case.id.as_str(), |(_, export)| export)
}

/// Whether a visitor may see a case: officers of trade see all, a holder its own.
pub fn sees(state: &State, visitor: &Visitor, case: &Case) -> bool {
    match visitor.holder() {
        None => true,
        Some(holder) => holder_of(state, case) == Some(holder),
    }
}

/// The holder here that a case is of: the exporter, or the importer by its import authorization.
fn holder_of<'a>(state: &'a State, case: &'a Case) -> Option<&'a str> {
    let site = match case.side {
        Side::Exporting => case.site.as_ref()?,
        Side::Importing => &state.trade.own(case.consignment.authorization.as_ref()?)?.site,
    };
    let (_, site) = state.holders.site(site).ok()?;
    Some(site.holder_id.as_str())
}

/// The word of a side.
fn side_key(side: Side) -> &'static str {
    match side {
        Side::Exporting => "case-side-export",
        Side::Importing => "case-side-import",
    }
}

/// The key of a grade's words.
fn grade_key(grade: Grade) -> &'static str {
    match grade {
        Grade::A => "grade-a",
        Grade::B => "grade-b",
        Grade::BPrime => "grade-b-prime",
        Grade::C => "grade-c",
    }
}

/// The key of a stage's word.
fn stage_key(stage: Stage) -> String {
    format!("case-stage-{}", stage.word())
}

/// The look of a stage: it repeats what the word says.
fn stage_class(stage: Stage) -> &'static str {
    match stage {
        Stage::Requested | Stage::Queried | Stage::Confirmed | Stage::Departed => "",
        Stage::Issued | Stage::Closed => "govuk-tag--green",
        Stage::Draft
        | Stage::Refused
        | Stage::Expired
        | Stage::Withdrawn
        | Stage::Revoked
        | Stage::Returned
        | Stage::Diverted => "govuk-tag--grey",
        Stage::Suspended | Stage::Held | Stage::Returning => "govuk-tag--orange",
        Stage::Discrepant => "govuk-tag--red",
    }
}

/// Goods in words: the item of this register if there is one, else the substance and its form.
pub fn goods(words: Words, state: &State, goods: &Goods) -> String {
    if let Some(item) = item_of(state, goods) {
        names::item(words, state, item)
    } else {
        let form = form_in_words(words, goods);
        let substance = names::substance_of_id(words, state, &goods.substance);
        let key = if goods.bulk { "item-bulk" } else { "trade-preparation" };
        words.t2(key, "substance", substance, "form", form)
    }
}

fn form_in_words(words: Words, goods: &Goods) -> String {
    let key = format!("form-{}", goods.form.as_str().replace(' ', "-"));
    words.find(&key, &[]).unwrap_or_else(|| goods.form.to_string())
}

/// So many counting units of goods in words.
pub fn quantity(words: Words, state: &State, goods: &Goods, amount: i64) -> String {
    if let Some(item) = item_of(state, goods) {
        return names::amount(words, item, amount);
    }
    if goods.bulk {
        let salt = i128::from(amount) * domain::quantity::PG_PER_UG;
        return names::mass(words, domain::quantity::Mass::from_pg(salt));
    }
    words.t1("trade-units", "amount", words.number(amount))
}

/// An amount of goods as a form takes it.
fn amount_field(goods: &Goods, amount: i64) -> String {
    if goods.bulk {
        let salt = i128::from(amount) * domain::quantity::PG_PER_UG;
        format!("{} g", domain::quantity::Mass::from_pg(salt))
    } else {
        amount.to_string()
    }
}

/// A party on one line.
fn party(words: Words, party: &Party) -> String {
    let country = names::country(words, party.country);
    words.with(
        "trade-party",
        &[
            ("name", &party.name),
            ("address", &party.address),
            ("country", &country),
        ],
    )
}

fn purpose_key(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Medical => "trade-purpose-medical",
        Purpose::Scientific => "trade-purpose-scientific",
        Purpose::Manufacture => "trade-purpose-manufacture",
        Purpose::ReExport => "trade-purpose-re-export",
    }
}

/// The name of an authority, ours or a partner's.
fn authority(state: &State, id: &str) -> String {
    if state.founding.id.as_str() == id {
        return format!("{} ({id})", state.founding.name);
    }
    if let Some(partner) = state.partners.get(id) {
        return format!("{} ({id})", partner.file.name);
    }
    match state.trade.directory.get(id) {
        Some(listed) => format!("{} ({id})", listed.listing.name),
        None => id.to_owned(),
    }
}

/// The substances of a consignment, each once, in words.
fn substances(words: Words, state: &State, lines: &[Line]) -> String {
    let mut named: Vec<String> = Vec::new();
    for line in lines {
        let name = names::substance_of_id(words, state, &line.goods.substance);
        if !named.contains(&name) {
            named.push(name);
        }
    }
    named.join(", ")
}

/// The base of a consignment in all.
fn base_of(lines: &[Line]) -> domain::quantity::Mass {
    lines.iter().map(Line::base).sum()
}

/// A line of goods as a table shows it.
pub struct GoodsRow {
    /// The goods.
    pub name: String,
    /// The substance by its INN.
    pub substance: String,
    /// Salt form or dosage form.
    pub form: String,
    /// In packs or by weight.
    pub amount: String,
    /// In anhydrous base.
    pub base: String,
}

fn goods_row(words: Words, state: &State, line: &Line) -> GoodsRow {
    GoodsRow {
        name: goods(words, state, &line.goods),
        substance: names::substance_of_id(words, state, &line.goods.substance),
        form: form_in_words(words, &line.goods),
        amount: quantity(words, state, &line.goods, line.amount),
        base: names::mass(words, line.base()),
    }
}

/// A figure in words.
pub fn fact(words: Words, state: &State, fact: &Fact) -> String {
    match fact {
        Fact::Text(text) => text.clone(),
        Fact::Day(day) => words.day(*day),
        Fact::Number(number) => number.to_string(),
        Fact::Mass(mass) => names::mass(words, *mass),
        Fact::Country(country) => names::country(words, *country),
        Fact::Substance(id) => names::substance_of_id(words, state, id),
        Fact::Goods(of) => goods(words, state, of),
        Fact::Amount(of, amount) => quantity(words, state, of, *amount),
        Fact::Party(of) => party(words, of),
        Fact::Purpose(purpose) => words.t(purpose_key(*purpose)),
        Fact::Grade(grade) => words.t(grade_key(*grade)),
        Fact::Stage(of) => words.t(&stage_key(*of)),
    }
}

/// Figures in words, by name.
fn facts_in_words(words: Words, state: &State, facts: &Facts) -> Vec<(&'static str, String)> {
    facts.iter().map(|(name, of)| (*name, fact(words, state, of))).collect()
}

/// A decision about a case that waits for its second person.
#[derive(Clone)]
struct Proposed {
    seq: u64,
    verb: &'static str,
    by: Actor,
    command: Command,
}

/// Decisions about trade that wait, by case, or by the application or number they are about.
fn proposals(state: &State) -> BTreeMap<String, Proposed> {
    let mut found = BTreeMap::new();
    let of_trade = [
        "issue_export_permit",
        "review_after_change",
        "revoke_export_permit",
        "amend_export_permit",
        "duplicate_export_permit",
        "order_back",
        "record_diversion",
        "release_consignment",
        "release_passage",
        "permit_repacking",
        "close_passage",
        "confirm",
        "refuse_confirmation",
        "issue_import_authorization",
        "record_document",
        "record_arrival",
        "cancel_import_authorization",
        "amend_import_authorization",
    ];
    for (seq, waiting) in state.access.waiting() {
        if !of_trade.contains(&waiting.proposal.verb.as_str()) {
            continue;
        }
        let Ok(command) = waiting.proposal.command() else {
            continue;
        };
        let Some(about) = about(state, &command) else { continue };
        let proposed = Proposed {
            seq: *seq,
            verb: command.verb(),
            by: waiting.by.clone(),
            command,
        };
        found.insert(about, proposed);
    }
    found
}

/// What a decision of trade is about.
fn about(state: &State, command: &Command) -> Option<String> {
    Some(match command {
        Command::IssueExportPermit(issue) => format!("{}/{}", state.founding.id, issue.export),
        Command::RevokeExportPermit(revoke) => state.trade.permitted(&revoke.permit)?.id.to_string(),
        Command::AmendExportPermit(amend) => state.trade.permitted(&amend.permit)?.id.to_string(),
        Command::DuplicateExportPermit(duplicate) => state.trade.permitted(&duplicate.permit)?.id.to_string(),
        Command::OrderBack(order) => state.trade.permitted(&order.permit)?.id.to_string(),
        Command::RecordDiversion(record) => state.trade.permitted(&record.permit)?.id.to_string(),
        Command::ReleaseConsignment(release) => state.trade.permitted(&release.permit)?.id.to_string(),
        Command::ReleasePassage(release) => format!("passage {}", release.passage),
        Command::PermitRepacking(permit) => format!("passage {}", permit.passage),
        Command::ClosePassage(close) => format!("passage {}", close.passage),
        Command::RecordDocument(record) => format!("{}/{}", state.founding.id, record.export),
        Command::RecordArrival(record) => state.trade.permitted(&record.permit)?.id.to_string(),
        Command::Confirm(confirm) => confirm.case.to_string(),
        Command::RefuseConfirmation(refuse) => refuse.case.to_string(),
        Command::IssueImportAuthorization(issue) => format!("application {}", issue.application),
        Command::AmendImportAuthorization(amend) => format!("authorization {}", amend.authorization),
        Command::CancelImportAuthorization(cancel) => format!("authorization {}", cancel.authorization),
        _ => return None,
    })
}

/// What a case waits for: the key of the words, and the partner in them.
fn waits_for(state: &State, case: &Case, proposed: bool) -> Option<(&'static str, String)> {
    let partner = case.partner.as_ref().or(case.asked()).map_or_else(
        || case.consignment.importer.country.to_string(),
        std::string::ToString::to_string,
    );
    let moved = case.moved.iter().any(|moved| *moved != 0);
    let exporting = case.side == Side::Exporting;
    let key = match case.stage {
        Stage::Closed
        | Stage::Refused
        | Stage::Expired
        | Stage::Withdrawn
        | Stage::Revoked
        | Stage::Returned
        | Stage::Diverted => return None,
        _ if proposed => "case-waits-second",
        Stage::Draft if case.emergency.is_some() => "case-waits-permit",
        Stage::Draft if case.consignment.authorization.is_none() => "case-waits-number",
        Stage::Draft => "case-waits-request",
        Stage::Requested if exporting => "case-waits-partner-answer",
        Stage::Requested => "case-waits-answer",
        Stage::Queried if exporting => "case-waits-our-answer",
        Stage::Queried => "case-waits-their-answer",
        Stage::Confirmed if exporting => permit_waits_for(state, case),
        Stage::Confirmed => "case-waits-partner-permit",
        Stage::Suspended => "case-waits-suspended",
        Stage::Issued if exporting && moved => "case-waits-departure",
        Stage::Issued if exporting => "case-waits-dispatch",
        Stage::Issued => "case-waits-partner-departure",
        Stage::Held => "case-waits-release",
        Stage::Returning if exporting && case.came_back.iter().all(|back| *back == 0) => "case-waits-back",
        Stage::Returning if exporting => "case-waits-return",
        Stage::Returning => "case-waits-partner-return",
        Stage::Departed if exporting => "case-waits-partner-arrival",
        Stage::Departed if moved => "case-waits-arrival",
        Stage::Departed => "case-waits-import",
        Stage::Discrepant if case.our_word.is_none() => "case-waits-word",
        Stage::Discrepant => "case-waits-partner-word",
    };
    Some((key, partner))
}

/// What keeps a confirmed case from its permit, as far as one look tells.
fn permit_waits_for(state: &State, case: &Case) -> &'static str {
    match domain::trade::foreign_of(state, case) {
        None => "case-waits-authorization",
        Some(foreign) if foreign.cancelled => "case-waits-cancelled",
        Some(_) => "case-waits-permit",
    }
}

/// A link with fields in its query, those that are not to be changed kept.
fn act_link(verb: &str, fields: &[(&str, &str)], keep: &[&str], then: &str) -> String {
    let mut link = format!("/act/{verb}?");
    for (name, value) in fields {
        link.push_str(&format!("{}={}&", encoded(name), encoded(value)));
    }
    if !keep.is_empty() {
        link.push_str(&format!("keep={}&", encoded(&keep.join(","))));
    }
    link.push_str(&format!("then={}", encoded(then)));
    link
}

/// A number's own id, if it can be one.
fn as_id(text: &str) -> Option<Id> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goods(bulk: bool) -> Goods {
        Goods {
            substance: "fentanyl".parse().unwrap(),
            form: "citrate".parse().unwrap(),
            bulk,
            content_pg: 636_500,
        }
    }

    #[test]
    fn the_path_of_a_case_holds_its_whole_name() {
        assert_eq!(case_path("CN/EX-24-01"), "/cases/CN/EX-24-01");
        assert_eq!(case_path("CN/2024/7#a"), "/cases/CN/2024%2F7%23a");
    }

    #[test]
    fn a_link_to_an_act_keeps_what_is_known() {
        let link = act_link(
            "confirm",
            &[("case", "CN/EX 1&x")],
            &["case"],
            "/cases/CN/EX-1?until=2024-01-01",
        );
        let expected = "/act/confirm?case=CN%2FEX%201%26x&keep=case&then=%2Fcases%2FCN%2FEX-1%3Funtil%3D2024-01-01";
        assert_eq!(link, expected);
    }

    #[test]
    fn an_amount_is_prefilled_exactly() {
        assert_eq!(amount_field(&goods(true), 1_500_000_001), "1500.000001 g");
        assert_eq!(amount_field(&goods(false), 1_500), "1500");
        let entered = domain::quantity::Amount::Entered("1500.000001 g".into());
        assert_eq!(entered.units(true), Ok(1_500_000_001));
    }
}
