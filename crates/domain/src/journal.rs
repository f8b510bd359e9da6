//! The journal's entries: what happened, as exact JSON bytes that are hashed and never written again.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compact_str::CompactString;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sha2::Sha256;
use uuid::Uuid;

use crate::access::{Actor, Approval, EnrolmentGrant, Proposal, Rejection, RoleGrant};
use crate::authority::Founding;
use crate::id::Id;
use crate::trade::passage;
use crate::{
    channel, demand, holder, inspection, ledger, licence, order, partner, plan, policy, product, province, substance,
    trade, training,
};

/// The largest entry, in bytes: what tlog-tiles allows in a bundle.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// A refused instruction: nothing else moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstructionRefused {
    /// The command's word.
    pub command: Id,
    /// The stable code.
    pub code: Id,
    /// The sentence with the numbers in it.
    pub says: String,
    /// The article of law, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// The facts behind the sentence by name.
    pub figures: std::collections::BTreeMap<String, String>,
}

/// Declares the kinds of entries. A released kind and version is never edited: a change is a new one.
macro_rules! events {
    ($($variant:ident($payload:ty) = $kind:literal;)*) => {
        /// What an entry tells. Payloads are boxed: entries are moved often and looked into seldom.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Event { $($variant(Box<$payload>)),* }

        /// Every kind of entry.
        pub const KINDS: &[&str] = &[$($kind),*];

        impl Event {
            /// The kind of the entry.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind),* }
            }
        }

        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$variant(data) => data.serialize(serializer)),* }
            }
        }

        /// Reads the data of a kind that is known already.
        struct DataOf<'a>(&'a str);

        impl<'de> DeserializeSeed<'de> for DataOf<'_> {
            type Value = Event;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Event, D::Error> {
                match self.0 {
                    $($kind => <$payload>::deserialize(deserializer).map(|data| Event::$variant(Box::new(data))),)*
                    other => Err(D::Error::custom(format_args!("unknown kind of entry {other:?}"))),
                }
            }
        }
    };
}

events! {
    Movement(ledger::Movement) = "MovementRecorded";
    LotClosed(ledger::LotClosed) = "LotClosed";
    InstructionRefused(InstructionRefused) = "InstructionRefused";
    AuthorityFounded(Founding) = "AuthorityFounded";
    PolicySet(policy::PolicyChange) = "PolicySet";
    RoleGranted(RoleGrant) = "RoleGranted";
    RoleRevoked(RoleGrant) = "RoleRevoked";
    EnrolmentAllowed(EnrolmentGrant) = "EnrolmentAllowed";
    DecisionProposed(Proposal) = "DecisionProposed";
    DecisionApproved(Approval) = "DecisionApproved";
    DecisionRejected(Rejection) = "DecisionRejected";
    SubstanceRegistered(substance::SubstanceEntry) = "SubstanceRegistered";
    ScheduleChanged(substance::ScheduleChange) = "ScheduleChanged";
    BulkRegistered(product::BulkRegistered) = "BulkRegistered";
    PreparationRegistered(product::PreparationRegistered) = "PreparationRegistered";
    HolderRegistered(holder::HolderEntry) = "HolderRegistered";
    SiteRegistered(holder::SiteEntry) = "SiteRegistered";
    SiteClosed(holder::SiteClosing) = "SiteClosed";
    StockCeilingSet(holder::StockCeiling) = "StockCeilingSet";
    LicenceGranted(licence::LicenceGrant) = "LicenceGranted";
    LicenceSuspended(licence::StandingChange) = "LicenceSuspended";
    LicenceResumed(licence::StandingChange) = "LicenceResumed";
    LicenceRevoked(licence::StandingChange) = "LicenceRevoked";
    PurchaseCardIssued(licence::PurchaseCard) = "PurchaseCardIssued";
    DemandFiled(demand::DemandReturn) = "DemandFiled";
    EstimateSet(plan::EstimateSet) = "EstimateSet";
    PlanSet(plan::PlanEntry) = "PlanSet";
    QuotaGranted(plan::QuotaEntry) = "QuotaGranted";
    YearClosed(plan::YearClosed) = "YearClosed";
    ChannelOpened(channel::EdgeEntry) = "ChannelOpened";
    ChannelClosed(channel::EdgeClosing) = "ChannelClosed";
    ChannelApproved(channel::EdgeApproval) = "ChannelApproved";
    EmergencyNoticed(channel::EmergencyNoticed) = "EmergencyNoticed";
    OrderPlaced(order::OrderPlaced) = "OrderPlaced";
    OrderWithdrawn(order::OrderEnd) = "OrderWithdrawn";
    OrderDeclined(order::OrderEnd) = "OrderDeclined";
    CountAccepted(ledger::CountAccepted) = "CountAccepted";
    LineReversed(ledger::LineReversed) = "LineReversed";
    HoldPlaced(ledger::PlaceHold) = "HoldPlaced";
    HoldLifted(ledger::LiftHold) = "HoldLifted";
    InspectionPlanned(inspection::InspectionPlan) = "InspectionPlanned";
    VisitRecorded(inspection::Visit) = "VisitRecorded";
    FindingRecorded(inspection::Finding) = "FindingRecorded";
    SessionHeld(training::SessionEntry) = "SessionHeld";
    AttendanceRecorded(training::Attendance) = "AttendanceRecorded";
    PartnerPaired(partner::PartnerPaired) = "PartnerPaired";
    KeyFileInstalled(partner::KeyFileInstalled) = "KeyFileInstalled";
    KeyDistrusted(partner::KeyDistrusted) = "KeyDistrusted";
    MessageQueued(partner::MessageQueued) = "MessageQueued";
    MessageSigned(partner::MessageSigned) = "MessageSigned";
    MessageReceived(partner::MessageReceived) = "MessageReceived";
    MessageReceipted(partner::MessageReceipted) = "MessageReceipted";
    MessageEquivocated(partner::Equivocation) = "MessageEquivocated";
    MessagesRequeued(partner::MessagesRequeued) = "MessagesRequeued";
    MessageRecovered(partner::MessageRecovered) = "MessageRecovered";
    LogAlarmRaised(partner::LogAlarmRaised) = "LogAlarmRaised";
    EstimateTotalsRecorded(trade::EstimateTotals) = "EstimateTotalsRecorded";
    StopNoticeRecorded(trade::StopNotice) = "StopNoticeRecorded";
    StopNoticeLifted(trade::LiftStopNotice) = "StopNoticeLifted";
    ReExportEnded(trade::EndReExport) = "ReExportEnded";
    AgencyRecognised(trade::Agency) = "AgencyRecognised";
    EmergencyApplied(trade::EmergencyApplied) = "EmergencyApplied";
    ImportApplied(trade::ImportApplied) = "ImportApplied";
    ImportAuthorizationIssued(trade::AuthorizationIssued) = "ImportAuthorizationIssued";
    ImportAuthorizationAmended(trade::AuthorizationAmended) = "ImportAuthorizationAmended";
    ImportAuthorizationCancelled(trade::CancelImportAuthorization) = "ImportAuthorizationCancelled";
    ExportApplied(trade::ExportApplied) = "ExportApplied";
    ConfirmationRequested(trade::ConfirmationRequested) = "ConfirmationRequested";
    RequestConfirmed(trade::RequestAnswered) = "RequestConfirmed";
    RequestRefused(trade::RequestAnswered) = "RequestRefused";
    QuestionAsked(trade::QuestionAsked) = "QuestionAsked";
    QuestionAnswered(trade::QuestionAnswered) = "QuestionAnswered";
    ExportWithdrawn(trade::ExportWithdrawn) = "ExportWithdrawn";
    ExportPermitIssued(trade::PermitIssued) = "ExportPermitIssued";
    ExportPermitReplaced(trade::PermitReplaced) = "ExportPermitReplaced";
    AuthorizationReviewed(trade::AuthorizationReviewed) = "AuthorizationReviewed";
    ExportPermitRevoked(trade::ExportPermitRevoked) = "ExportPermitRevoked";
    EndorsementReminded(trade::EndorsementReminded) = "EndorsementReminded";
    ConsignmentDeparted(trade::ConsignmentEndorsed) = "ConsignmentDeparted";
    ConsignmentHeld(trade::ConsignmentHeld) = "ConsignmentHeld";
    ConsignmentReleased(trade::ReleaseConsignment) = "ConsignmentReleased";
    ConsignmentOrderedBack(trade::ConsignmentOrderedBack) = "ConsignmentOrderedBack";
    ConsignmentReturned(trade::ConsignmentEndorsed) = "ConsignmentReturned";
    ConsignmentDiverted(trade::ConsignmentDiverted) = "ConsignmentDiverted";
    OverflightRecorded(passage::Overflight) = "OverflightRecorded";
    PassageOpened(passage::PassageOpened) = "PassageOpened";
    PassageDetained(passage::PassageDetained) = "PassageDetained";
    PassageReleased(passage::ReleasePassage) = "PassageReleased";
    RepackingPermitted(passage::PermitRepacking) = "RepackingPermitted";
    PassageRepacked(passage::RecordRepacking) = "PassageRepacked";
    DiversionApplied(passage::DiversionApplied) = "DiversionApplied";
    PassageEnded(passage::PassageEnded) = "PassageEnded";
    PassageClosed(passage::ClosePassage) = "PassageClosed";
    ConsignmentArrived(trade::ConsignmentEndorsed) = "ConsignmentArrived";
    AuthorityListed(trade::AuthorityListed) = "AuthorityListed";
    PaperAuthorizationRegistered(trade::PaperAuthorizationRegistered) = "PaperAuthorizationRegistered";
    ConfirmationInvited(trade::ConfirmationInvited) = "ConfirmationInvited";
    InvitationAnswered(trade::InvitationAnswered) = "InvitationAnswered";
    DocumentRecorded(trade::DocumentRecorded) = "DocumentRecorded";
    ConfirmationTranscribed(trade::ConfirmationTranscribed) = "ConfirmationTranscribed";
    CallBackRecorded(trade::CallBackRecorded) = "CallBackRecorded";
    ConfirmationAdmitted(trade::ConfirmationAdmitted) = "ConfirmationAdmitted";
    ArrivalRecorded(trade::ArrivalRecorded) = "ArrivalRecorded";
    DiscrepancyResolved(trade::DiscrepancyResolved) = "DiscrepancyResolved";
    PermitEndorsedUnused(trade::PermitEndorsedUnused) = "PermitEndorsedUnused";
    TradeStatementProposed(trade::TradeStatementProposed) = "TradeStatementProposed";
    TradeStatementSigned(trade::TradeStatementSigned) = "TradeStatementSigned";
    TradeStatementDisputed(trade::TradeStatementDisputed) = "TradeStatementDisputed";
    SiteShared(province::ShareSite) = "SiteShared";
    SiteWithdrawn(province::WithdrawSite) = "SiteWithdrawn";
    DifferenceResolved(province::ResolveDifference) = "DifferenceResolved";
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, which is its leaf index in the log.
    pub seq: u64,
    /// When the authority recorded it; never runs backwards.
    pub recorded_at: Timestamp,
    /// The civil day of that, in the authority's time zone.
    pub recorded_on: Date,
    /// Who acted.
    pub actor: Actor,
    /// The command it came of.
    pub command_id: Uuid,
    /// SHA-256 of the command's bytes.
    pub command_hash: [u8; 32],
    /// Makes the leaf hash tell nothing of the entry: HMAC-SHA-256(random bytes, place in the command), 16 bytes.
    pub salt: [u8; 16],
    /// What happened.
    pub event: Event,
}

/// The salt of a command's entry: the first 16 bytes of HMAC-SHA-256(the command's random bytes, its place).
pub fn salt(random: &[u8; 32], place: u32) -> [u8; 16] {
    let mut salt = [0; 16];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(random) {
        mac.update(&place.to_be_bytes());
        for (to, from) in salt.iter_mut().zip(mac.finalize().into_bytes()) {
            *to = from;
        }
    }
    salt
}

/// The part of an entry that all entries recorded at one moment share, written once.
#[derive(Clone, Debug)]
pub struct Stamp {
    recorded_at: Timestamp,
    recorded_on: Date,
    written: String,
}

impl Stamp {
    /// The stamp of a moment and its civil day.
    pub fn new(recorded_at: Timestamp, recorded_on: Date) -> Self {
        let written = format!(",\"recorded_at\":\"{recorded_at}\",\"recorded_on\":\"{recorded_on}\",\"actor\":\"");
        Self {
            recorded_at,
            recorded_on,
            written,
        }
    }

    /// The moment.
    pub fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// Its civil day.
    pub fn recorded_on(&self) -> Date {
        self.recorded_on
    }
}

fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut buffer = [0; 64];
    let written = STANDARD.encode_slice(bytes, &mut buffer).unwrap_or_default();
    out.extend_from_slice(buffer.get(..written).unwrap_or_default());
}

impl Entry {
    /// Appends the entry's exact bytes.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        self.write_stamped(&Stamp::new(self.recorded_at, self.recorded_on), out)
    }

    /// Appends the entry's exact bytes, with the stamp of its moment. What stands in quotes here needs no escape:
    /// actors, ids and hashes hold neither quotes nor backslashes nor control characters.
    pub fn write_stamped(&self, stamp: &Stamp, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        out.extend_from_slice(b"{\"seq\":");
        out.extend_from_slice(itoa::Buffer::new().format(self.seq).as_bytes());
        out.extend_from_slice(stamp.written.as_bytes());
        out.extend_from_slice(self.actor.as_str().as_bytes());
        out.extend_from_slice(b"\",\"command_id\":\"");
        let mut id = Uuid::encode_buffer();
        out.extend_from_slice(self.command_id.hyphenated().encode_lower(&mut id).as_bytes());
        out.extend_from_slice(b"\",\"command_hash\":\"");
        push_base64(out, &self.command_hash);
        out.extend_from_slice(b"\",\"salt\":\"");
        push_base64(out, &self.salt);
        out.extend_from_slice(b"\",\"kind\":\"");
        out.extend_from_slice(self.event.kind().as_bytes());
        out.extend_from_slice(b"\",\"v\":1,\"data\":");
        match &self.event {
            Event::Movement(movement) => movement.write(out)?,
            event => serde_json::to_writer(&mut *out, event)?,
        }
        out.push(b'}');
        Ok(())
    }

    /// Reads an entry back.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        EntryReader::default().read(bytes)
    }
}

fn decode<const N: usize, E: serde::de::Error>(text: &str) -> Result<[u8; N], E> {
    let mut bytes = [0; N];
    match STANDARD.decode_slice(text, &mut bytes) {
        Ok(read) if read == N => Ok(bytes),
        _ => Err(E::custom(format_args!("{text:?} is not {N} bytes in base64"))),
    }
}

/// Reads many entries, one after the other: entries recorded at one moment stand together, so a time that is written as
/// the one before is not read again.
#[derive(Debug, Default)]
pub struct EntryReader {
    at: Option<(CompactString, Timestamp)>,
    on: Option<(CompactString, Date)>,
}

impl EntryReader {
    /// Reads one entry.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Entry, serde_json::Error> {
        // Read as text, the parser need not look for UTF-8 in every string again.
        let text = std::str::from_utf8(bytes).map_err(serde_json::Error::custom)?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let entry = EntryVisitor(self).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(entry)
    }
}

/// Reads a text, unless it is the one before.
fn cached<T, E>(text: &str, before: &mut Option<(CompactString, T)>) -> Result<T, E>
where
    T: Copy + std::str::FromStr<Err: fmt::Display>,
    E: serde::de::Error,
{
    match before {
        Some((same, value)) if same == text => Ok(*value),
        before => {
            let value = text.parse().map_err(E::custom)?;
            *before = Some((text.into(), value));
            Ok(value)
        }
    }
}

/// Reads the keys in the order in which entries are written, so that `kind` is known when `data` comes.
struct EntryVisitor<'r>(&'r mut EntryReader);

impl<'de> DeserializeSeed<'de> for EntryVisitor<'_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EntryVisitor<'_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of the journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        fn next<'de, A: MapAccess<'de>, T: Deserialize<'de>>(map: &mut A, key: &'static str) -> Result<T, A::Error> {
            match map.next_key::<&str>()? {
                Some(found) if found == key => map.next_value(),
                _ => Err(A::Error::missing_field(key)),
            }
        }
        let seq = next(&mut map, "seq")?;
        let recorded_at = cached(next::<A, &str>(&mut map, "recorded_at")?, &mut self.0.at)?;
        let recorded_on = cached(next::<A, &str>(&mut map, "recorded_on")?, &mut self.0.on)?;
        let actor = next(&mut map, "actor")?;
        let command_id = next(&mut map, "command_id")?;
        let command_hash = decode(next::<A, &str>(&mut map, "command_hash")?)?;
        let salt = decode(next::<A, &str>(&mut map, "salt")?)?;
        let kind: &str = next(&mut map, "kind")?;
        let version: u8 = next(&mut map, "v")?;
        if version != 1 {
            return Err(A::Error::custom(format_args!(
                "version {version} of {kind} is not known"
            )));
        }
        let event = match map.next_key::<&str>()? {
            Some("data") => map.next_value_seed(DataOf(kind))?,
            _ => return Err(A::Error::missing_field("data")),
        };
        if map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("an entry ends with its data"));
        }
        Ok(Entry {
            seq,
            recorded_at,
            recorded_on,
            actor,
            command_id,
            command_hash,
            salt,
            event,
        })
    }
}

impl Event {
    /// The name of what the entry is about, for a register of entries; empty if it has none.
    #[allow(clippy::too_many_lines)] // a line a kind
    pub fn subject(&self) -> &str {
        match self {
            Self::Movement(data) => &data.site,
            Self::LotClosed(data) => &data.lot,
            Self::InstructionRefused(data) => &data.command,
            Self::AuthorityFounded(data) => &data.id,
            Self::RoleGranted(data) | Self::RoleRevoked(data) => data.actor.as_str(),
            Self::EnrolmentAllowed(data) => &data.person,
            Self::DecisionProposed(data) => &data.verb,
            Self::SubstanceRegistered(data) => &data.id,
            Self::ScheduleChanged(data) => &data.substance,
            Self::BulkRegistered(data) => &data.item.id,
            Self::PreparationRegistered(data) => &data.item.id,
            Self::HolderRegistered(data) => &data.id,
            Self::SiteRegistered(data) => &data.id,
            Self::SiteClosed(data) => &data.site,
            Self::SiteShared(data) => &data.site,
            Self::SiteWithdrawn(data) => &data.site,
            Self::StockCeilingSet(data) => &data.site,
            Self::LicenceGranted(data) => &data.id,
            Self::LicenceSuspended(data) | Self::LicenceResumed(data) | Self::LicenceRevoked(data) => &data.licence,
            Self::PurchaseCardIssued(data) => &data.id,
            Self::DemandFiled(data) => &data.site,
            Self::EstimateSet(data) => &data.estimate.substance,
            Self::PlanSet(data) => &data.substance,
            Self::QuotaGranted(data) => &data.holder,
            Self::ChannelOpened(data) => &data.id,
            Self::ChannelClosed(data) => &data.edge,
            Self::ChannelApproved(data) => &data.id,
            Self::OrderPlaced(data) => &data.id,
            Self::OrderWithdrawn(data) | Self::OrderDeclined(data) => &data.order,
            Self::CountAccepted(data) => &data.site,
            Self::LineReversed(data) => &data.original.site,
            Self::HoldPlaced(data) => &data.id,
            Self::HoldLifted(data) => &data.hold,
            Self::InspectionPlanned(data) => &data.id,
            Self::VisitRecorded(data) => &data.inspection,
            Self::FindingRecorded(data) => &data.id,
            Self::SessionHeld(data) => &data.id,
            Self::AttendanceRecorded(data) => &data.session,
            Self::PartnerPaired(data) => &data.file.id,
            Self::KeyFileInstalled(data) => &data.file.id,
            Self::KeyDistrusted(data) => &data.statement.id,
            Self::MessageQueued(data) => data.case.as_ref().unwrap_or(&data.to),
            Self::MessageSigned(data) => &data.to,
            Self::MessageReceived(data) => &data.from,
            Self::MessageReceipted(data) => &data.by,
            Self::MessageEquivocated(data) => &data.from,
            Self::MessagesRequeued(data) => &data.to,
            Self::MessageRecovered(data) => &data.to,
            Self::LogAlarmRaised(data) => &data.partner,
            Self::EstimateTotalsRecorded(data) => &data.version,
            Self::StopNoticeRecorded(data) => &data.id,
            Self::StopNoticeLifted(data) => &data.notice,
            Self::ReExportEnded(data) => &data.authorization,
            Self::AgencyRecognised(data) => &data.id,
            Self::EmergencyApplied(data) => &data.applied.case,
            Self::ImportApplied(data) => &data.id,
            Self::ImportAuthorizationIssued(data) => &data.authorization.number,
            Self::ImportAuthorizationAmended(data) => &data.amendment.authorization.number,
            Self::ImportAuthorizationCancelled(data) => &data.authorization,
            Self::ExportApplied(data) => &data.case,
            Self::ConfirmationRequested(data) => &data.case,
            Self::RequestConfirmed(data) | Self::RequestRefused(data) => &data.case,
            Self::QuestionAsked(data) => &data.case,
            Self::QuestionAnswered(data) => &data.case,
            Self::ExportWithdrawn(data) => &data.case,
            Self::ExportPermitIssued(data) => &data.case,
            Self::ExportPermitReplaced(data) => &data.case,
            Self::EndorsementReminded(data) => &data.case,
            Self::AuthorizationReviewed(data) => &data.number,
            Self::ExportPermitRevoked(data) => &data.case,
            Self::ConsignmentDeparted(data) | Self::ConsignmentArrived(data) | Self::ConsignmentReturned(data) => {
                &data.case
            }
            Self::ConsignmentOrderedBack(data) => &data.case,
            Self::ConsignmentDiverted(data) => &data.case,
            Self::DiversionApplied(data) => &data.case,
            Self::ConsignmentHeld(data) => &data.case,
            Self::ConsignmentReleased(data) => &data.permit,
            Self::DiscrepancyResolved(data) => &data.case,
            Self::AuthorityListed(data) => &data.listing.id,
            Self::PaperAuthorizationRegistered(data) => &data.authorization.number,
            Self::ConfirmationInvited(data) => &data.case,
            Self::InvitationAnswered(data) => &data.case,
            Self::DocumentRecorded(data) => &data.case,
            Self::ConfirmationTranscribed(data) => &data.case,
            Self::CallBackRecorded(data) => &data.case,
            Self::ConfirmationAdmitted(data) => &data.case,
            Self::ArrivalRecorded(data) => &data.case,
            Self::PermitEndorsedUnused(data) => &data.case,
            Self::TradeStatementProposed(data) => &data.statement.importer,
            Self::TradeStatementSigned(data) => &data.exporter,
            Self::TradeStatementDisputed(data) => &data.exporter,
            Self::PolicySet(_)
            | Self::DecisionApproved(_)
            | Self::DecisionRejected(_)
            | Self::YearClosed(_)
            | Self::EmergencyNoticed(_)
            | Self::DifferenceResolved(_) => "",
            Self::OverflightRecorded(data) => &data.id,
            Self::PassageOpened(data) => &data.entry.id,
            Self::PassageDetained(data) => &data.passage,
            Self::PassageReleased(data) => &data.passage,
            Self::RepackingPermitted(data) => &data.passage,
            Self::PassageRepacked(data) => &data.passage,
            Self::PassageEnded(data) => &data.entry.passage,
            Self::PassageClosed(data) => &data.passage,
        }
    }
}
