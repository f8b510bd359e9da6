//! Commands: what somebody asks the authority to do. One list says each command's word, its fields, who may give it,
//! and whether a second person must approve it.

use schemars::{Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::{self, Actor, Role};
use crate::trade::passage;
use crate::{
    authority, channel, demand, holder, inspection, ledger, licence, order, partner, plan, policy, product, province,
    substance, trade, training,
};

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An officer in one of these roles.
    Officer(&'static [Role]),
    /// A responsible person or clerk of the holder concerned.
    Holder,
    /// A responsible person of the holder concerned.
    Responsible,
    /// A responsible person or clerk of the holder concerned, or an inspector.
    HolderOrInspector,
    /// Whoever may approve the decision it is about.
    SecondPerson,
    /// The node itself; nobody else.
    Node,
}

/// Declares all commands.
macro_rules! commands {
    ($($variant:ident($payload:ty) = $verb:literal, $by:expr, $second:expr;)*) => {
        /// A command with its fields. They are boxed: commands are handed on often and looked into seldom.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Command { $($variant(Box<$payload>)),* }

        /// Every command: word, who may give it, who must approve it.
        pub const COMMANDS: &[(&str, By, Option<&[Role]>)] = &[$(($verb, $by, $second)),*];

        impl Command {
            /// The command's word.
            pub fn verb(&self) -> &'static str {
                match self { $(Self::$variant(_) => $verb),* }
            }

            /// Who may give it.
            pub fn by(&self) -> By {
                match self { $(Self::$variant(_) => $by),* }
            }

            /// The roles that may approve it, if it needs a second person.
            pub fn second(&self) -> Option<&'static [Role]> {
                match self { $(Self::$variant(_) => $second),* }
            }

            /// Its fields as JSON.
            pub fn with_json(&self) -> String {
                let written = match self { $(Self::$variant(with) => serde_json::to_string(with)),* };
                written.unwrap_or_default()
            }

            fn write_with(&self, out: &mut Vec<u8>) {
                let written = match self { $(Self::$variant(with) => serde_json::to_writer(&mut *out, with)),* };
                debug_assert!(written.is_ok(), "a command always has a JSON form");
            }

            /// The JSON Schema of the fields of a command.
            pub fn schema(verb: &str, generator: &mut SchemaGenerator) -> Option<Schema> {
                match verb {
                    $($verb => Some(generator.subschema_for::<$payload>()),)*
                    _ => None,
                }
            }

            /// Reads a command's fields. The error says which field and why.
            pub fn parse(verb: &str, with: &str) -> Result<Self, String> {
                match verb {
                    $($verb => serde_json::from_str(with).map(|with| Self::$variant(Box::new(with))).map_err(|why| format!("{verb}: {why}")),)*
                    _ => Err(format!("{verb:?} is no command: docs/commands.md lists them all")),
                }
            }
        }
    };
}

use By::{Holder, HolderOrInspector, Node, Officer, Responsible, SecondPerson};
const ADMINISTRATOR: &[Role] = &[Role::Administrator];
const APPROVER: &[Role] = &[Role::Approver];
const LICENSING: &[Role] = &[Role::LicensingOfficer];
const PLANNING: &[Role] = &[Role::PlanningOfficer];
const PERMITS: &[Role] = &[Role::PermitOfficer];
const CUSTOMS: &[Role] = &[Role::CustomsOfficer];
const STATISTICS: &[Role] = &[Role::Statistician];
const INSPECTION: &[Role] = &[Role::Inspector, Role::ChiefInspector];

commands! {
    Found(authority::Founding) = "found", Officer(&[Role::Operator]), None;
    SetPolicy(policy::PolicyChange) = "set_policy", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    GrantRole(access::RoleGrant) = "grant_role", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    RevokeRole(access::RoleGrant) = "revoke_role", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    AllowEnrolment(access::EnrolmentGrant) = "allow_enrolment", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    Approve(access::Approval) = "approve", SecondPerson, None;
    Reject(access::Rejection) = "reject", SecondPerson, None;
    RegisterSubstance(substance::SubstanceEntry) = "register_substance", Officer(LICENSING), None;
    ChangeSchedule(substance::ScheduleChange) = "change_schedule", Officer(LICENSING), None;
    RegisterBulk(product::BulkEntry) = "register_bulk", Officer(LICENSING), None;
    RegisterPreparation(product::PreparationEntry) = "register_preparation", Officer(LICENSING), None;
    RegisterHolder(holder::HolderEntry) = "register_holder", Officer(LICENSING), None;
    RegisterSite(holder::SiteEntry) = "register_site", Officer(LICENSING), None;
    CloseSite(holder::SiteClosing) = "close_site", Officer(LICENSING), None;
    SetStockCeiling(holder::StockCeiling) = "set_stock_ceiling", Officer(LICENSING), None;
    GrantLicence(licence::LicenceGrant) = "grant_licence", Officer(LICENSING), Some(APPROVER);
    SuspendLicence(licence::StandingChange) = "suspend_licence", Officer(LICENSING), Some(APPROVER);
    ResumeLicence(licence::StandingChange) = "resume_licence", Officer(LICENSING), Some(APPROVER);
    RevokeLicence(licence::StandingChange) = "revoke_licence", Officer(LICENSING), Some(APPROVER);
    IssuePurchaseCard(licence::PurchaseCard) = "issue_purchase_card", Officer(LICENSING), None;
    FileDemand(demand::DemandReturn) = "file_demand", Responsible, None;
    SetEstimate(plan::EstimateEntry) = "set_estimate", Officer(PLANNING), Some(APPROVER);
    SetPlan(plan::PlanEntry) = "set_plan", Officer(PLANNING), Some(APPROVER);
    GrantQuota(plan::QuotaEntry) = "grant_quota", Officer(PLANNING), Some(APPROVER);
    CloseYear(plan::YearClosing) = "close_year", Officer(PLANNING), Some(APPROVER);
    OpenChannel(channel::EdgeEntry) = "open_channel", Officer(LICENSING), Some(APPROVER);
    CloseChannel(channel::EdgeClosing) = "close_channel", Officer(LICENSING), Some(APPROVER);
    ApproveChannel(channel::EdgeApproval) = "approve_channel", Officer(LICENSING), Some(APPROVER);
    GiveNotice(channel::EmergencyNotice) = "give_notice", Holder, None;
    PlaceOrder(order::OrderEntry) = "place_order", Holder, None;
    WithdrawOrder(order::OrderEnd) = "withdraw_order", Holder, None;
    DeclineOrder(order::OrderEnd) = "decline_order", Holder, None;
    Opening(ledger::Opening) = "opening", Responsible, None;
    Manufacture(ledger::Manufacture) = "manufacture", Holder, None;
    FeedLot(ledger::FeedLot) = "feed_lot", Holder, None;
    YieldLot(ledger::YieldLot) = "yield_lot", Holder, None;
    CloseLot(ledger::CloseLot) = "close_lot", Holder, None;
    Transform(ledger::Transform) = "transform", Holder, None;
    UseInManufacture(ledger::UseInManufacture) = "use_in_manufacture", Holder, None;
    Dispatch(ledger::Dispatch) = "dispatch", Holder, None;
    Receive(ledger::Receive) = "receive", Holder, None;
    CancelDispatch(ledger::CancelDispatch) = "cancel_dispatch", Holder, None;
    Reclassify(ledger::Reclassify) = "reclassify", Holder, None;
    Import(ledger::Import) = "import", Responsible, None;
    Export(ledger::Export) = "export", Responsible, None;
    Dispense(ledger::Dispense) = "dispense", Holder, None;
    Destroy(ledger::Destroy) = "destroy", Responsible, None;
    Lose(ledger::Lose) = "lose", Responsible, None;
    LoseInTransit(ledger::LoseInTransit) = "lose_in_transit", Responsible, None;
    Find(ledger::Find) = "find", Responsible, None;
    Count(ledger::Count) = "count", HolderOrInspector, None;
    AcceptCount(ledger::AcceptCount) = "accept_count", Officer(&[Role::Statistician, Role::ChiefInspector]), None;
    Reverse(ledger::Reverse) = "reverse", Responsible, Some(APPROVER);
    PlaceHold(ledger::PlaceHold) = "place_hold", Officer(&[Role::Inspector, Role::ChiefInspector, Role::LicensingOfficer]), None;
    LiftHold(ledger::LiftHold) = "lift_hold", Officer(&[Role::ChiefInspector, Role::LicensingOfficer]), Some(APPROVER);
    PlanInspection(inspection::InspectionPlan) = "plan_inspection", Officer(&[Role::ChiefInspector]), None;
    RecordVisit(inspection::Visit) = "record_visit", Officer(INSPECTION), None;
    RecordFinding(inspection::Finding) = "record_finding", Officer(INSPECTION), None;
    HoldSession(training::SessionEntry) = "hold_session", Officer(&[Role::Trainer]), None;
    RecordAttendance(training::Attendance) = "record_attendance", Officer(&[Role::Trainer]), None;
    PairPartner(partner::Pairing) = "pair_partner", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    InstallKeyFile(partner::InstallKeyFile) = "install_key_file", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    DistrustKey(partner::DistrustKey) = "distrust_key", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    RecordTotals(trade::EstimateTotals) = "record_totals", Officer(PLANNING), None;
    RecordStopNotice(trade::StopNotice) = "record_stop_notice", Officer(PLANNING), None;
    LiftStopNotice(trade::LiftStopNotice) = "lift_stop_notice", Officer(PLANNING), Some(APPROVER);
    RecogniseAgency(trade::Agency) = "recognise_agency", Officer(LICENSING), Some(APPROVER);
    ApplyEmergencyExport(trade::EmergencyApplication) = "apply_emergency_export", Responsible, None;
    EndReExport(trade::EndReExport) = "end_re_export", Officer(PERMITS), None;
    ApplyImport(trade::ImportApplication) = "apply_import", Responsible, None;
    IssueImportAuthorization(trade::IssueImportAuthorization) = "issue_import_authorization", Officer(PERMITS), Some(APPROVER);
    AmendImportAuthorization(trade::AmendImportAuthorization) = "amend_import_authorization", Officer(PERMITS), Some(APPROVER);
    CancelImportAuthorization(trade::CancelImportAuthorization) = "cancel_import_authorization", Officer(PERMITS), Some(APPROVER);
    ApplyExport(trade::ExportApplication) = "apply_export", Responsible, None;
    RequestConfirmation(trade::RequestConfirmation) = "request_confirmation", Officer(PERMITS), None;
    Confirm(trade::Confirm) = "confirm", Officer(PERMITS), None;
    RefuseConfirmation(trade::RefuseConfirmation) = "refuse_confirmation", Officer(PERMITS), None;
    AskQuestion(trade::AskQuestion) = "ask_question", Officer(PERMITS), None;
    AnswerQuestion(trade::AnswerQuestion) = "answer_question", Officer(PERMITS), None;
    WithdrawExport(trade::WithdrawExport) = "withdraw_export", Officer(PERMITS), None;
    IssueExportPermit(trade::IssueExportPermit) = "issue_export_permit", Officer(PERMITS), Some(APPROVER);
    DuplicateExportPermit(trade::DuplicateExportPermit) = "duplicate_export_permit", Officer(PERMITS), Some(APPROVER);
    AmendExportPermit(trade::AmendExportPermit) = "amend_export_permit", Officer(PERMITS), Some(APPROVER);
    ReviewAfterChange(trade::ReviewAfterChange) = "review_after_change", Officer(PERMITS), Some(APPROVER);
    RevokeExportPermit(trade::RevokeExportPermit) = "revoke_export_permit", Officer(PERMITS), Some(APPROVER);
    EndorseDeparture(trade::EndorseDeparture) = "endorse_departure", Officer(CUSTOMS), None;
    ReleaseConsignment(trade::ReleaseConsignment) = "release_consignment", Officer(PERMITS), Some(APPROVER);
    OrderBack(trade::OrderBack) = "order_back", Officer(PERMITS), Some(APPROVER);
    EndorseReturn(trade::EndorseReturn) = "endorse_return", Officer(CUSTOMS), None;
    RecordDiversion(trade::RecordDiversion) = "record_diversion", Officer(PERMITS), Some(APPROVER);
    RecordOverflight(passage::Overflight) = "record_overflight", Officer(CUSTOMS), None;
    OpenPassage(passage::OpenPassage) = "open_passage", Officer(CUSTOMS), None;
    DetainPassage(passage::DetainPassage) = "detain_passage", Officer(CUSTOMS), None;
    ReleasePassage(passage::ReleasePassage) = "release_passage", Officer(PERMITS), Some(APPROVER);
    PermitRepacking(passage::PermitRepacking) = "permit_repacking", Officer(PERMITS), Some(APPROVER);
    RecordRepacking(passage::RecordRepacking) = "record_repacking", Officer(CUSTOMS), None;
    DivertPassage(passage::DivertPassage) = "divert_passage", Officer(PERMITS), None;
    EndPassage(passage::EndPassage) = "end_passage", Officer(CUSTOMS), None;
    ClosePassage(passage::ClosePassage) = "close_passage", Officer(PERMITS), Some(APPROVER);
    EndorseArrival(trade::EndorseArrival) = "endorse_arrival", Officer(CUSTOMS), None;
    ListAuthority(trade::ListAuthority) = "list_authority", Officer(ADMINISTRATOR), Some(ADMINISTRATOR);
    RegisterPaperAuthorization(trade::RegisterPaperAuthorization) = "register_paper_authorization", Officer(PERMITS), Some(APPROVER);
    InviteConfirmation(trade::InviteConfirmation) = "invite_confirmation", Officer(PERMITS), None;
    AnswerInvitation(trade::AnswerInvitation) = "answer_invitation", Node, None;
    RecordDocument(trade::RecordDocument) = "record_document", Officer(PERMITS), Some(APPROVER);
    TranscribeConfirmation(trade::TranscribeConfirmation) = "transcribe_confirmation", Officer(PERMITS), None;
    RecordCallBack(trade::RecordCallBack) = "record_call_back", Officer(PERMITS), None;
    AdmitConfirmation(trade::AdmitConfirmation) = "admit_confirmation", Officer(APPROVER), None;
    RecordArrival(trade::RecordArrival) = "record_arrival", Officer(PERMITS), Some(APPROVER);
    ResolveDiscrepancy(trade::ResolveDiscrepancy) = "resolve_discrepancy", Officer(PERMITS), None;
    ProposeTradeStatement(trade::ProposeTradeStatement) = "propose_trade_statement", Officer(STATISTICS), Some(APPROVER);
    SignTradeStatement(trade::AnswerTradeStatement) = "sign_trade_statement", Officer(STATISTICS), Some(APPROVER);
    DisputeTradeStatement(trade::AnswerTradeStatement) = "dispute_trade_statement", Officer(STATISTICS), Some(APPROVER);
    ShareSite(province::ShareSite) = "share_site", Officer(LICENSING), None;
    WithdrawSite(province::WithdrawSite) = "withdraw_site", Officer(LICENSING), None;
    ResolveDifference(province::ResolveDifference) = "resolve_difference", Officer(LICENSING), None;
    PassDay(trade::PassDay) = "pass_day", Node, None;
    SignMessage(partner::SignMessage) = "sign_message", Node, None;
    ReceiveMessage(partner::ReceiveMessage) = "receive_message", Node, None;
    RecordReceipt(partner::RecordReceipt) = "record_receipt", Node, None;
    RequeueMessages(partner::RequeueMessages) = "requeue_messages", Node, None;
    RecoverMessage(partner::RecoverMessage) = "recover_message", Node, None;
    RaiseAlarm(partner::RaiseAlarm) = "raise_alarm", Node, None;
}

/// A command as it is handed to the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Made by the client; a `UUIDv7`. The same id again returns the first receipt.
    pub id: Uuid,
    /// Who acts.
    pub actor: Actor,
    /// What is asked.
    pub command: Command,
    /// SHA-256 of the command's bytes: its canonical JSON form.
    pub hash: [u8; 32],
    /// Random bytes from which the salts of its entries are made.
    pub random: [u8; 32],
    /// Whether its giver has signed it, or nobody was there to sign. What is not signed never comes to wait for a second
    /// person: else one person could propose as somebody else, and approve as themselves.
    pub signed: bool,
}

/// The form in which commands are submitted: `{"id":…,"as":…,"do":…,"with":{…}}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted<'a> {
    id: Uuid,
    #[serde(rename = "as")]
    actor: Actor,
    #[serde(rename = "do", borrow)]
    verb: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    with: &'a RawValue,
}

impl Envelope {
    /// Seals a command: computes its hash.
    pub fn new(id: Uuid, actor: Actor, command: Command, random: [u8; 32]) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(b"{\"id\":\"");
        let mut text = Uuid::encode_buffer();
        bytes.extend_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes());
        // Ids and actors hold neither quotes nor backslashes, so they stand in JSON as they are.
        bytes.extend_from_slice(b"\",\"as\":\"");
        bytes.extend_from_slice(actor.as_str().as_bytes());
        bytes.extend_from_slice(b"\",\"do\":\"");
        bytes.extend_from_slice(command.verb().as_bytes());
        bytes.extend_from_slice(b"\",\"with\":");
        command.write_with(&mut bytes);
        bytes.push(b'}');
        Self {
            id,
            actor,
            command,
            hash: Sha256::digest(&bytes).into(),
            random,
            signed: true,
        }
    }

    /// The same without its giver's signature.
    #[must_use]
    pub fn unsigned(self) -> Self {
        Self { signed: false, ..self }
    }

    /// Reads one submitted command. The error says what is wrong.
    pub fn parse(line: &str, random: [u8; 32]) -> Result<Self, String> {
        let submitted: Submitted<'_> = serde_json::from_str(line).map_err(|why| why.to_string())?;
        let command = Command::parse(&submitted.verb, submitted.with.get())?;
        Ok(Self::new(submitted.id, submitted.actor, command, random))
    }
}
