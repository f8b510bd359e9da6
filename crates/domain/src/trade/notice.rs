//! What authorities say to each other: the bodies of messages.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::digest::Digest;
use crate::id::{Id, Text};
use crate::partner::Json;
use crate::quantity::{Mass, PG_PER_UG};
use crate::schema::Day;

/// Importer or exporter as an authorization names it (1961 art. 31(4)(b)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name.
    pub name: Text,
    /// Its full postal address.
    pub address: Text,
    /// Its country.
    pub country: Country,
}

/// Goods in words that both authorities know: their registers name items each in its own way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goods {
    /// The substance, by its id in the reference list.
    pub substance: Id,
    /// The salt form of bulk substance, or the dosage form of a preparation.
    pub form: Text,
    /// Whether it is bulk substance, counted in micrograms of that salt; else dispensing units.
    pub bulk: bool,
    /// Picograms of anhydrous base per counting unit.
    pub content_pg: i64,
}

impl Goods {
    /// An amount in words: grams of the salt for bulk, dispensing units for a preparation.
    pub(super) fn said(&self, amount: i64) -> String {
        if self.bulk {
            format!("{} g", Mass::from_pg(i128::from(amount) * PG_PER_UG))
        } else {
            format!("{amount} units")
        }
    }
}

/// A line of an authorization: goods, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The goods.
    pub goods: Goods,
    /// In counting units.
    pub amount: i64,
}

impl Line {
    /// In anhydrous base.
    pub fn base(&self) -> Mass {
        Mass::from_pg(i128::from(self.goods.content_pg) * i128::from(self.amount))
    }

    /// The same goods, another amount.
    #[must_use]
    pub fn with_amount(&self, amount: i64) -> Self {
        let goods = self.goods.clone();
        Self { goods, amount }
    }
}

/// What the goods are for (1961 art. 4(c)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Treatment of the sick.
    Medical,
    /// Research.
    Scientific,
    /// To be made into preparations or other drugs.
    Manufacture,
    /// To be exported again (1961 art. 31(1)(b)).
    ReExport,
}

/// How many consignments an import authorization allows (1961 art. 31(4)(d)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consignments {
    /// One: its one permit uses it up.
    Single,
    /// As many as the quantity allows.
    Several,
}

/// An import authorization (1961 art. 31(4)(b), (d)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportAuthorization {
    /// Its number.
    pub number: Id,
    /// The authority that issued it.
    pub issuer: Id,
    /// When it was issued.
    #[schemars(with = "Day")]
    pub issued_on: Date,
    /// The last day on which goods may enter.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// Who may import.
    pub importer: Party,
    /// From whom.
    pub exporter: Party,
    /// What, and how much.
    pub lines: Vec<Line>,
    /// What for.
    pub purpose: Purpose,
    /// In how many consignments.
    pub consignments: Consignments,
    /// Whether import to a bonded warehouse is approved (1961 art. 31(9)).
    pub bonded: bool,
}

/// An import authorization in its new text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// Which text it is: as issued it was the first.
    pub version: u32,
    /// As amended.
    pub authorization: ImportAuthorization,
    /// Why.
    pub reason: Text,
}

/// One export as both authorities look at it, field by field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consignment {
    /// The import authorization it rests on; none while the exporter has produced none.
    pub authorization: Option<Id>,
    /// Who exports.
    pub exporter: Party,
    /// Who imports.
    pub importer: Party,
    /// What, and how much.
    pub lines: Vec<Line>,
    /// What for.
    pub purpose: Purpose,
    /// Whether it goes to a bonded warehouse.
    pub bonded: bool,
}

/// The importing authority's word that the trade is legitimate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The hash of the request it answers.
    pub request: Digest,
    /// What is confirmed, repeated in full.
    pub consignment: Consignment,
    /// The officer who confirmed, by id; none where the authority's policy confirms an exact match by itself.
    pub officer: Option<Id>,
    /// The day.
    #[schemars(with = "Day")]
    pub confirmed_on: Date,
}

/// The importing authority's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationRefusal {
    /// The officer, by id.
    pub officer: Id,
    /// Why.
    pub reason: Text,
}

/// What the importing authority wants to know before it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The officer, by id.
    pub officer: Id,
    /// The question.
    pub text: Text,
}

/// What the exporting authority says to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionAnswer {
    /// The officer, by id.
    pub officer: Id,
    /// The answer.
    pub text: Text,
}

/// The exporting authority takes its request back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Why.
    pub reason: Text,
}

/// The exporting authority revokes its permit before goods have left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The number of the export permit.
    pub permit: Id,
    /// Why.
    pub reason: Text,
}

/// An export authorization: the copy that goes to the importing authority (1961 art. 31(4)(b)–(c), 31(6)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    /// Its number.
    pub number: Id,
    /// When it was issued.
    #[schemars(with = "Day")]
    pub issued_on: Date,
    /// The last day on which the goods may leave.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// The export, with the number of the import authorization.
    pub consignment: Consignment,
    /// The date of the import authorization.
    #[schemars(with = "Day")]
    pub authorization_issued_on: Date,
    /// The authority that issued the import authorization.
    pub authorization_issuer: Id,
}

/// Why a permit has a new copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replaced {
    /// The one before was lost: where the affidavit is kept.
    Lost(Text),
    /// It is bound to other customs posts now: why.
    Amended(Text),
}

/// A new copy of an export permit; those before are good no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Its number, the same as before.
    pub permit: Id,
    /// Which copy: 1 is the first after the original.
    pub copy: u8,
    /// The day from which it is good.
    #[schemars(with = "Day")]
    pub on: Date,
    /// Why.
    pub replaced: Replaced,
}

/// The arrival of a consignment is not endorsed though it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// The number of the export permit.
    pub permit: Id,
    /// The first, second or third.
    pub reminder: u8,
}

/// The goods have left, or have arrived: the actual quantities (1961 art. 31(7)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endorsement {
    /// The number of the export permit.
    pub permit: Id,
    /// The day.
    #[schemars(with = "Day")]
    pub on: Date,
    /// The customs post.
    pub post: Text,
    /// What left or arrived.
    pub lines: Vec<Line>,
}

/// The exporting authority orders back what has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderedBack {
    /// The number of the export permit.
    pub permit: Id,
    /// Why.
    pub reason: Text,
}

/// Goods on their way have gone to another country: a new export from a country of transit (1961 art. 31(12)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diversion {
    /// The number of the export permit under which they had left.
    pub permit: Id,
    /// The country of transit.
    pub transit: Country,
    /// The number of its export permit.
    pub under: Text,
    /// The country to which they have gone.
    pub destination: Country,
    /// Why.
    pub reason: Text,
}

/// What an emergency export rests on instead of an import authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// The agency that asks.
    pub agency: Id,
    /// Its name.
    pub name: Text,
    /// Its request: number and date.
    pub request: Text,
    /// The emergency, and why nobody there can authorize the import.
    pub situation: Text,
}

/// Tells the authority of the country in need of an emergency export, as soon as possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyExport {
    /// What it rests on.
    pub emergency: Emergency,
    /// The permit.
    pub permit: Permit,
}

/// What was imported to be exported again will not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReExportEnded {
    /// The number of the import authorization.
    pub number: Id,
    /// Why.
    pub reason: Text,
}

/// Why arrival and departure differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Scales and rounding, within the tolerance of policy.
    Measurement,
    /// Lost on the way.
    Loss,
    /// Stolen on the way.
    Theft,
    /// A figure was written down wrong.
    Documents,
}

/// One side's word on a discrepancy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// The cause.
    pub cause: Cause,
    /// What was found.
    pub explanation: Text,
    /// The number of the incident's case; demanded beyond tolerance.
    pub incident: Option<Id>,
}

/// Names a permit and nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermitNamed {
    /// Its number.
    pub permit: Id,
}

/// An import authorization is cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Its number.
    pub number: Id,
    /// Why.
    pub reason: Text,
}

/// A line of a trade statement: one substance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementLine {
    /// The substance.
    pub substance: Id,
    /// What departed in the year; an explicit zero if nothing did.
    pub total_g: Mass,
    /// In how many consignments.
    pub count: i64,
    /// Merkle root over the sorted ids of their cases (RFC 6962).
    pub cases_root: Digest,
}

/// What one country exported to another in a year, in the exporting authority's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeStatement {
    /// The exporting authority.
    pub exporter: Id,
    /// The importing authority.
    pub importer: Id,
    /// The year of departure.
    pub year: i16,
    /// A line per registered substance.
    pub lines: Vec<StatementLine>,
    /// How many entries the exporting authority's journal had.
    pub log_size: u64,
}

impl TradeStatement {
    /// The hash by which the other side signs it.
    pub fn digest(&self) -> Digest {
        Digest::of(serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether every line is zero.
    pub fn is_zero(&self) -> bool {
        self.lines
            .iter()
            .all(|line| line.count == 0 && line.total_g == Mass::ZERO)
    }
}

/// The importing authority's signature of a trade statement: its own journal gives the same figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementSignature {
    /// The year.
    pub year: i16,
    /// The hash of the statement.
    pub digest: Digest,
    /// How many entries the importing authority's journal had.
    pub log_size: u64,
}

/// The importing authority's journal gives other figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementDispute {
    /// The year.
    pub year: i16,
    /// The hash of the statement.
    pub digest: Digest,
    /// The lines that differ, as the importing authority's journal gives them.
    pub lines: Vec<StatementLine>,
}

/// Declares the kinds of messages.
macro_rules! notices {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $kind:literal;)*) => {
        /// What a message says.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "body")]
        pub enum Notice { $($(#[$meta])* #[serde(rename = $kind)] $variant(Box<$body>)),* }

        /// Every kind of message.
        pub const NOTICES: &[&str] = &[$($kind),*];

        impl Notice {
            /// The kind, as in a message's `type`.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind),* }
            }

            /// The body as JSON.
            pub fn body(&self) -> Result<Json, String> {
                match self { $(Self::$variant(body) => Json::of(body)),* }
            }

            /// The schema of every kind's body, with the definitions that they share in the generator.
            pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($kind, generator.subschema_for::<$body>())),*]
            }

            /// Reads a message's body; `None` if the kind is not known.
            pub fn read(kind: &str, body: &Json) -> Result<Option<Self>, String> {
                Ok(Some(match kind {
                    $($kind => Self::$variant(Box::new(body.read()?)),)*
                    _ => return Ok(None),
                }))
            }
        }
    };
}

notices! {
    /// An import authorization was issued.
    AuthorizationIssued(ImportAuthorization) = "import_authorization_issued";
    /// An import authorization has a new text.
    AuthorizationAmended(Amendment) = "import_authorization_amended";
    /// An import authorization was cancelled.
    AuthorizationCancelled(Cancellation) = "import_authorization_cancelled";
    /// What was to be exported again will not be.
    ReExportEnded(ReExportEnded) = "re_export_ended";
    /// Is this trade legitimate?
    Requested(Consignment) = "confirmation_requested";
    /// Yes.
    Confirmed(Confirmation) = "confirmed";
    /// No.
    Refused(ConfirmationRefusal) = "confirmation_refused";
    /// A question before the answer.
    Query(Question) = "query";
    /// What is said to it.
    Answer(QuestionAnswer) = "answer";
    /// The request is taken back.
    Withdrawn(Withdrawal) = "withdrawn";
    /// The copy of the export permit.
    PermitIssued(Permit) = "permit_issued";
    /// A new copy of the export permit.
    PermitReplaced(Replacement) = "permit_replaced";
    /// Goods leave for an emergency, without an import authorization.
    EmergencyExport(EmergencyExport) = "emergency_export";
    /// The export permit is no longer good.
    PermitRevoked(Revocation) = "permit_revoked";
    /// The goods have left.
    Dispatched(Endorsement) = "dispatched";
    /// The arrival is not endorsed yet.
    EndorsementOverdue(Reminder) = "endorsement_overdue";
    /// The goods have arrived.
    Received(Endorsement) = "received";
    /// The goods are ordered back.
    OrderedBack(OrderedBack) = "ordered_back";
    /// The goods have come back.
    Returned(Endorsement) = "returned";
    /// The goods have gone elsewhere.
    Diverted(Diversion) = "diverted";
    /// Goods that passed through have gone elsewhere: to the authority that first exported them.
    PassageDiverted(super::passage::PassageDiverted) = "passage_diverted";
    /// One side's word on a discrepancy.
    Resolved(Resolution) = "resolved";
    /// The permit ended without goods having left or arrived (1961 art. 31(7)(a)).
    Unused(PermitNamed) = "endorsed_unused";
    /// The cancellation came too late.
    AlreadyDispatched(PermitNamed) = "already_dispatched";
    /// The figures of a year.
    StatementProposed(TradeStatement) = "trade_statement_proposed";
    /// The same figures.
    StatementSigned(StatementSignature) = "trade_statement_signed";
    /// Other figures.
    StatementDisputed(StatementDispute) = "trade_statement_disputed";
    /// A site may be supplied from another province.
    SiteShared(crate::province::SharedSite) = "site_shared";
    /// It may be no more.
    SiteWithdrawn(crate::province::SiteNamed) = "site_withdrawn";
    /// Goods have left for another province.
    DomesticDispatched(crate::province::DomesticDispatch) = "domestic_dispatched";
    /// They were received there.
    DomesticReceived(crate::province::DomesticReceipt) = "domestic_received";
    /// They are back with the consignor.
    DomesticReturned(crate::province::DomesticEnd) = "domestic_returned";
    /// They were lost on the way.
    DomesticLost(crate::province::DomesticEnd) = "domestic_lost";
    /// One province's word on a difference.
    DifferenceResolved(crate::province::DifferenceWord) = "difference_resolved";
    /// A new key for messages.
    KeyUpdate(crate::partner::KeyFile) = "key_update";
}
