//! What people ask of trade across the border.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notice::{
    Amendment, Cause, Confirmation, ConfirmationRefusal, Consignments, ImportAuthorization, Line, Party, Permit,
    Purpose, Reminder, Replacement, StatementLine, TradeStatement,
};
use crate::country::Country;
use crate::digest::Digest;
use crate::id::{Id, Text};
use crate::quantity::{Amount, Mass};
use crate::schema::Day;

/// A line of an application: an item of the register, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemLine {
    /// The item.
    pub item: Id,
    /// How much.
    pub amount: Amount,
}

/// Application for an import authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportApplication {
    /// Its id.
    pub id: Id,
    /// The importer's site.
    pub site: Id,
    /// The importer's full postal address.
    pub address: Text,
    /// From whom.
    pub exporter: Party,
    /// What, and how much.
    pub lines: Vec<ItemLine>,
    /// What for.
    pub purpose: Purpose,
    /// In how many consignments.
    pub consignments: Consignments,
    /// Whether it goes to a bonded warehouse.
    #[serde(default)]
    pub bonded: bool,
}

/// An application for an import authorization was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportApplied {
    /// Its id.
    pub id: Id,
    /// The importer's site.
    pub site: Id,
    /// The items of the lines.
    pub items: Vec<Id>,
    /// Who imports.
    pub importer: Party,
    /// From whom.
    pub exporter: Party,
    /// What, and how much.
    pub lines: Vec<Line>,
    /// What for.
    pub purpose: Purpose,
    /// In how many consignments.
    pub consignments: Consignments,
    /// Whether it goes to a bonded warehouse.
    pub bonded: bool,
}

/// Issue of an import authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueImportAuthorization {
    /// Its number.
    pub id: Id,
    /// The application.
    pub application: Id,
    /// The last day on which goods may enter.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// The customs posts at which goods may enter; any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Text>,
}

/// An import authorization was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationIssued {
    /// The application.
    pub application: Id,
    /// The authorization.
    pub authorization: ImportAuthorization,
    /// The customs posts at which goods may enter; any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Text>,
}

/// Amendment of an import authorization: what is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendImportAuthorization {
    /// Its number.
    pub authorization: Id,
    /// The last day on which goods may enter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub valid_until: Option<Date>,
    /// The importer's full postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// What, and how much: all lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ItemLine>,
    /// In how many consignments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consignments: Option<Consignments>,
    /// Whether it goes to a bonded warehouse (1961 art. 31(9)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonded: Option<bool>,
    /// The customs posts at which goods may enter: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Text>,
    /// Why.
    pub reason: Text,
}

/// An import authorization was amended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationAmended {
    /// The amendment.
    pub amendment: Amendment,
    /// The customs posts at which goods may enter; any if none is named.
    pub posts: Vec<Text>,
}

/// Cancellation of an import authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelImportAuthorization {
    /// Its number.
    pub authorization: Id,
    /// Why.
    pub reason: Text,
}

/// Application for an export permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportApplication {
    /// Its id; the case's is this authority's id, a slash, and this.
    pub id: Id,
    /// The exporter's site.
    pub site: Id,
    /// The exporter's full postal address.
    pub address: Text,
    /// Who imports, as the import authorization has it.
    pub importer: Party,
    /// The number of the import authorization, as the importer has produced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Id>,
    /// What, and how much.
    pub lines: Vec<ItemLine>,
    /// What for.
    pub purpose: Purpose,
    /// Whether it goes to a bonded warehouse.
    #[serde(default)]
    pub bonded: bool,
}

/// An application for an export permit was filed: a case begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportApplied {
    /// Its id.
    pub id: Id,
    /// The case.
    pub case: Id,
    /// The exporter's site.
    pub site: Id,
    /// The items of the lines.
    pub items: Vec<Id>,
    /// The export, as both authorities will look at it.
    pub consignment: super::notice::Consignment,
}

/// Asks the importing authority whether the trade is legitimate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestConfirmation {
    /// The application.
    pub export: Id,
}

/// The importing authority was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationRequested {
    /// The case.
    pub case: Id,
    /// The importing authority.
    pub of: Id,
}

/// The importing authority's yes: everything agrees with its own register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The case.
    pub case: Id,
}

/// The importing authority's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseConfirmation {
    /// The case.
    pub case: Id,
    /// Why.
    pub reason: Text,
}

/// A question to the exporting authority before the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskQuestion {
    /// The case.
    pub case: Id,
    /// What has to be known.
    pub question: Text,
}

/// A question was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionAsked {
    /// The case.
    pub case: Id,
    /// The question.
    pub question: super::notice::Question,
}

/// The exporting authority's answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerQuestion {
    /// The case.
    pub case: Id,
    /// What is said to it.
    pub answer: Text,
}

/// A question was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionAnswered {
    /// The case.
    pub case: Id,
    /// The answer.
    pub answer: super::notice::QuestionAnswer,
}

/// Takes an export back before its permit is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawExport {
    /// The application.
    pub export: Id,
    /// Why.
    pub reason: Text,
}

/// An export was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportWithdrawn {
    /// The case.
    pub case: Id,
    /// Why.
    pub reason: Text,
}

/// Lets an export permit or an import authorization stand as it is after the schedule of a drug in it has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewAfterChange {
    /// Its number.
    pub number: Id,
    /// Why it stands under the new schedule.
    pub reason: Text,
}

/// An authorization was looked at again, and stands.
pub type AuthorizationReviewed = ReviewAfterChange;

/// Revokes an export permit before the goods have left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeExportPermit {
    /// The permit.
    pub permit: Id,
    /// Why.
    pub reason: Text,
}

/// An export permit was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportPermitRevoked {
    /// The case.
    pub case: Id,
    /// The permit.
    pub permit: Id,
    /// Why.
    pub reason: Text,
}

/// Issue of an export permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueExportPermit {
    /// Its number.
    pub id: Id,
    /// The application.
    pub export: Id,
    /// The last day on which the goods may leave.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// Where the officer has looked up the destination's total of estimates, when the imported table lacks it or is old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_checked: Option<Text>,
    /// The customs posts at which the goods may leave; any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Text>,
    /// Why the export is essential for the treatment of the sick, though the destination's total of estimates is used up:
    /// an exceptional case (1961 art. 21(4)(b)(ii)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub essential: Option<Text>,
}

/// An export permit was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitIssued {
    /// The case.
    pub case: Id,
    /// The permit.
    pub permit: Permit,
    /// Where the officer has looked up the destination's total of estimates, if the table was of no help.
    pub estimate_checked: Option<Text>,
    /// The customs posts at which the goods may leave; any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Text>,
    /// Why it is essential for the treatment of the sick, if that is what it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub essential: Option<Text>,
    /// How sure the importing authority's confirmation is, where it has not signed a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<super::Grade>,
}

/// Replaces a lost export permit by a duplicate with the same number; the lost copy is good no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateExportPermit {
    /// The permit.
    pub permit: Id,
    /// The exporter's affidavit of the loss: where it is kept, or its number.
    pub affidavit: Text,
}

/// Binds an export permit to other customs posts: a new copy replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendExportPermit {
    /// The permit.
    pub permit: Id,
    /// The customs posts at which the goods may leave: all of them.
    pub posts: Vec<Text>,
    /// Why.
    pub reason: Text,
}

/// A new copy of an export permit replaced the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitReplaced {
    /// The case.
    pub case: Id,
    /// The new copy.
    pub replacement: Replacement,
    /// The customs posts at which the goods may leave; any if none is named.
    pub posts: Vec<Text>,
}

/// A line of what customs counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedLine {
    /// The item.
    pub item: Id,
    /// In counting units.
    pub amount: Amount,
}

/// A partner was reminded of the endorsement of an arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndorsementReminded {
    /// The case.
    pub case: Id,
    /// What was said.
    pub reminder: Reminder,
}

/// Customs endorses that the goods have left, with the actual quantities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndorseDeparture {
    /// The export permit.
    pub permit: Id,
    /// The customs post.
    pub post: Text,
    /// What customs counted of each line.
    pub lines: Vec<CountedLine>,
    /// The number of the customs declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Text>,
}

/// The goods of a case have left, or have arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentEndorsed {
    /// The case.
    pub case: Id,
    /// What was endorsed.
    pub endorsement: super::notice::Endorsement,
    /// The number of the customs declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Text>,
}

/// Customs counted more than the permit allows: the whole consignment is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentHeld {
    /// The case.
    pub case: Id,
    /// The export permit.
    pub permit: Id,
    /// The customs post.
    pub post: Text,
    /// The item.
    pub item: Id,
    /// What customs counted.
    pub counted: i64,
    /// What the permit allows.
    pub permitted: i64,
}

/// End of customs' hold on a consignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseConsignment {
    /// The export permit.
    pub permit: Id,
    /// Why.
    pub reason: Text,
}

/// Customs endorses that the goods have arrived, with the actual quantities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndorseArrival {
    /// The case.
    pub case: Id,
    /// The customs post.
    pub post: Text,
    /// What customs counted of each line.
    pub lines: Vec<CountedLine>,
    /// The number of the customs declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Text>,
}

/// Orders back what has left and has not arrived.
pub type OrderBack = super::notice::OrderedBack;

/// What has left was ordered back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentOrderedBack {
    /// The case.
    pub case: Id,
    /// The order.
    pub order: super::notice::OrderedBack,
}

/// Customs endorses that goods have come back, with the actual quantities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndorseReturn {
    /// The export permit.
    pub permit: Id,
    /// The customs post.
    pub post: Text,
    /// What customs counted of each line.
    pub lines: Vec<CountedLine>,
    /// The number of the customs declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Text>,
}

/// Records that a country of transit has let goods of this country go to another (1961 art. 31(12)).
pub type RecordDiversion = super::notice::Diversion;

/// Goods on their way have gone elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentDiverted {
    /// The case.
    pub case: Id,
    /// Where to.
    pub diversion: super::notice::Diversion,
}

/// This side's word on a discrepancy between departure and arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDiscrepancy {
    /// The case.
    pub case: Id,
    /// The cause.
    pub cause: Cause,
    /// What was found.
    pub explanation: Text,
    /// The number of the incident's case; demanded beyond tolerance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Id>,
}

/// A permit ended without goods having left, or arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitEndorsedUnused {
    /// The case.
    pub case: Id,
    /// The export permit.
    pub permit: Id,
}

/// Lets what is due today happen: permits that ended are endorsed as not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassDay {}

/// A country's total of estimates of a substance for a year, as the Board published it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TotalRow {
    /// The country.
    pub country: Country,
    /// The substance.
    pub substance: Id,
    /// The year.
    pub year: i16,
    /// The total, in anhydrous base.
    pub total: Mass,
    /// Whether the Board has established it, for the country has furnished none (1961 art. 12(3)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub established_by_board: bool,
}

/// A dated, versioned table of other countries' totals of estimates; a row replaces the one of an older date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateTotals {
    /// Its version, as published.
    pub version: Id,
    /// Its date.
    #[schemars(with = "Day")]
    pub dated_on: Date,
    /// Where it comes from.
    pub source: Text,
    /// The rows.
    pub rows: Vec<TotalRow>,
}

/// The Board's notice that a country has been sent enough (1961 art. 21(4)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopNotice {
    /// Its number.
    pub id: Id,
    /// The country.
    pub country: Country,
    /// The substance.
    pub substance: Id,
    /// The year.
    pub year: i16,
}

/// Lifts a stop notice: a supplementary estimate covers what was sent too much, and what is needed yet (1961
/// art. 21(4)(b)(i)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftStopNotice {
    /// Its number.
    pub notice: Id,
    /// The version of the table that has the supplementary estimate.
    pub version: Id,
}

/// Records that goods imported to be exported again will not be: the room that was added for them is withdrawn (1961
/// art. 31(1)(b)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndReExport {
    /// The import authorization.
    pub authorization: Id,
    /// Why.
    pub reason: Text,
}

/// Recognises an agency that may ask for emergency supplies, and the supplier with which it has a standing agreement (WHO
/// model guidelines for the international provision of controlled medicines for emergency medical care, 1996).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: Text,
    /// The supplier's site.
    pub supplier: Id,
    /// The standing agreement: its number and date.
    pub agreement: Text,
}

/// Application for an emergency export, on an agency's request: there is no import authorization beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyApplication {
    /// Its id.
    pub id: Id,
    /// The supplier's site.
    pub site: Id,
    /// The supplier's full postal address.
    pub address: Text,
    /// The agency.
    pub agency: Id,
    /// The agency's request: its number and date.
    pub request: Text,
    /// The emergency, and why nobody there can authorize the import.
    pub situation: Text,
    /// Who receives the goods there.
    pub recipient: Party,
    /// What, and how much.
    pub lines: Vec<ItemLine>,
}

/// An emergency export was applied for: a case begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyApplied {
    /// The application.
    pub applied: ExportApplied,
    /// The emergency.
    pub emergency: super::notice::Emergency,
}

/// Draws up what was exported to a partner's country in a year, and proposes it to the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeTradeStatement {
    /// The partner.
    pub partner: Id,
    /// The year.
    pub year: i16,
}

/// A statement was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeStatementProposed {
    /// The statement.
    pub statement: TradeStatement,
}

/// Signs or disputes what a partner states it exported to this country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerTradeStatement {
    /// The exporting authority.
    pub exporter: Id,
    /// The year.
    pub year: i16,
}

/// This authority signed a partner's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeStatementSigned {
    /// The exporting authority.
    pub exporter: Id,
    /// The year.
    pub year: i16,
    /// The hash of the statement.
    pub digest: Digest,
    /// How many entries this journal had.
    pub log_size: u64,
}

/// This authority disputed a partner's statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeStatementDisputed {
    /// The exporting authority.
    pub exporter: Id,
    /// The year.
    pub year: i16,
    /// The hash of the statement.
    pub digest: Digest,
    /// The lines that differ, as this journal gives them.
    pub lines: Vec<StatementLine>,
}

/// This authority answered a partner's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestAnswered {
    /// The case.
    pub case: Id,
    /// The answer.
    pub answer: Answer,
}

/// The importing authority's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Confirmed(Confirmation),
    /// No, said on this day.
    Refused(Date, ConfirmationRefusal),
}

/// This authority has said its word on a discrepancy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscrepancyResolved {
    /// The case.
    pub case: Id,
    /// The word.
    pub resolution: super::notice::Resolution,
}
