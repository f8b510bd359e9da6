//! The state of an authority, and how an entry changes it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::access::Access;
use crate::authority::{Founded, administrators};
use crate::channel::{self, Channels};
use crate::demand::{self, Demand};
use crate::holder::{self, Holders, StockCeiling};
use crate::id::Id;
use crate::inspection::{self, Inspections};
use crate::journal::{Entry, Event};
use crate::ledger::{self, Ledger};
use crate::licence::{self, Licences};
use crate::order::{self, Orders};
use crate::partner::{self, Keychain, OwnKeys, Partners};
use crate::plan::{self, Planning};
use crate::policy::{self, Policies};
use crate::product::{self, Items};
use crate::province::{self, Provinces};
use crate::seen::Seen;
use crate::substance::Substances;
use crate::trade::{self, Trade, passage};
use crate::training::{self, Trainings};

/// An entry that cannot be applied: the journal and the rules disagree, and the process must stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

pub(crate) fn broken(what: &str, name: impl fmt::Display) -> Broken {
    Broken(format!(
        "the entry speaks of {what} {name}, which the state does not know"
    ))
}

/// Everything an authority knows, derived from its journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// The number of entries applied, which is the number of the next.
    pub size: u64,
    /// When the last entry was recorded.
    pub recorded_at: Timestamp,
    /// The authority.
    pub founding: Founded,
    /// Its message keys.
    pub own: OwnKeys,
    /// Switches.
    pub policies: Policies,
    /// Roles and decisions that wait.
    pub access: Access,
    /// Substances.
    pub substances: Substances,
    /// Items.
    pub items: Items,
    /// Holders and sites.
    pub holders: Holders,
    /// Licences and cards.
    pub licences: Licences,
    /// Demand returns.
    pub demand: Demand,
    /// Estimates, plans, quotas.
    pub planning: Planning,
    /// Channels.
    pub channels: Channels,
    /// Orders.
    pub orders: Orders,
    /// The ledger.
    pub ledger: Ledger,
    /// Inspections.
    pub inspections: Inspections,
    /// Training.
    pub trainings: Trainings,
    /// Partner authorities and the chains of messages with them.
    pub partners: Partners,
    /// Trade across the border.
    pub trade: Trade,
    /// What goes to other provinces of the country, and comes from them.
    pub provinces: Provinces,
    /// Instructions refused, by year of recording and code.
    pub tally: BTreeMap<(i16, Id), u64>,
    /// Commands of the last 72 hours.
    pub seen: Seen,
}

impl State {
    /// The state of an authority before its founding entry.
    fn before(founding: Founded) -> Self {
        Self {
            size: 0,
            recorded_at: founding.founded_at,
            own: OwnKeys {
                keys: Keychain::new(founding.key.clone(), 0),
                file: None,
                log_key: founding.log_key.clone(),
                ended: Vec::new(),
            },
            founding,
            policies: Policies::default(),
            access: Access::default(),
            substances: Substances::default(),
            items: Items::default(),
            holders: Holders::default(),
            licences: Licences::default(),
            demand: Demand::default(),
            planning: Planning::default(),
            channels: Channels::default(),
            orders: Orders::default(),
            ledger: Ledger::default(),
            inspections: Inspections::default(),
            trainings: Trainings::default(),
            partners: Partners::default(),
            trade: Trade::default(),
            provinces: Provinces::default(),
            tally: BTreeMap::new(),
            seen: Seen::default(),
        }
    }

    /// The state after the founding entry, the first of every journal.
    pub fn found(entry: &Entry) -> Result<Self, Broken> {
        let Event::AuthorityFounded(founding) = &entry.event else {
            return Err(Broken(format!(
                "a journal begins with AuthorityFounded, not with {}",
                entry.event.kind()
            )));
        };
        let mut state = Self::before(Founded {
            id: founding.id.clone(),
            name: founding.name.clone(),
            country: founding.country,
            province: founding.province.clone(),
            zone: founding.zone.clone(),
            books_from: founding.books_from,
            origin: founding.origin.clone(),
            log_key: founding.log_key.clone(),
            root: founding.root,
            key: founding.key.clone(),
            founded_at: entry.recorded_at,
        });
        for actor in administrators(founding) {
            state.access.grant(&actor);
        }
        state.follow(entry);
        Ok(state)
    }

    /// Applies one entry.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Broken> {
        if entry.seq != self.size {
            return Err(Broken(format!(
                "entry {} follows entry {}",
                entry.seq,
                self.size.wrapping_sub(1)
            )));
        }
        if entry.recorded_at < self.recorded_at {
            return Err(Broken(format!(
                "entry {} was recorded before the one before it",
                entry.seq
            )));
        }
        self.apply_event(entry)?;
        self.follow(entry);
        Ok(())
    }

    fn follow(&mut self, entry: &Entry) {
        self.size = entry.seq + 1;
        self.recorded_at = entry.recorded_at;
        self.seen.record(entry);
    }

    fn apply_event(&mut self, entry: &Entry) -> Result<(), Broken> {
        match &entry.event {
            Event::Movement(data) => return ledger::apply_movement(self, entry.seq, data),
            Event::LotClosed(data) => return ledger::apply_lot_closed(self, data),
            Event::LineReversed(data) => return ledger::apply_reversed(self, data),
            Event::CountAccepted(data) => return ledger::apply_count_accepted(self, data),
            Event::AuthorityFounded(data) => {
                return Err(Broken(format!("authority {} is founded twice", data.id)));
            }
            Event::InstructionRefused(data) => {
                *self
                    .tally
                    .entry((entry.recorded_on.year(), data.code.clone()))
                    .or_default() += 1;
            }
            Event::PolicySet(data) => policy::apply(&mut self.policies, data),
            Event::RoleGranted(data) => self.access.grant(&data.actor),
            Event::RoleRevoked(data) => self.access.revoke(&data.actor),
            // Leave to enrol changes nothing here: credentials are kept outside the journal.
            Event::EnrolmentAllowed(_) => {}
            Event::DecisionProposed(data) => self.access.wait(entry.seq, (**data).clone(), entry.actor.clone()),
            Event::DecisionApproved(data) => self.access.settle(data.of),
            Event::DecisionRejected(data) => self.access.settle(data.of),
            Event::MessageQueued(data) => return partner::apply_queued(self, entry.seq, data),
            Event::MessageSigned(data) => return partner::apply_signed(self, entry.seq, data),
            Event::MessageReceived(data) => {
                return partner::apply_received(self, entry.seq, data, entry.recorded_at, entry.recorded_on);
            }
            Event::MessageReceipted(data) => return partner::apply_receipted(self, entry.seq, data),
            Event::MessageRecovered(data) => {
                return partner::apply_recovered(self, entry.seq, data, entry.recorded_on);
            }
            _ => self.apply_record(entry),
        }
        Ok(())
    }

    fn apply_record(&mut self, entry: &Entry) {
        match &entry.event {
            Event::SubstanceRegistered(data) => self.substances.register(data),
            Event::ScheduleChanged(data) => self.substances.change_schedule(data),
            Event::BulkRegistered(data) => product::apply_bulk(self, data),
            Event::PreparationRegistered(data) => product::apply_preparation(self, data),
            Event::HolderRegistered(data) => holder::apply_holder(self, data),
            Event::SiteRegistered(data) => holder::apply_site(self, data, entry.recorded_on),
            Event::SiteClosed(data) => holder::apply_closing(self, data),
            Event::StockCeilingSet(data) => self.set_ceiling(data),
            Event::LicenceGranted(data) => licence::apply_grant(self, data),
            Event::LicenceSuspended(data) => licence::apply_suspension(self, data),
            Event::LicenceResumed(data) => licence::apply_resumption(self, data),
            Event::LicenceRevoked(data) => licence::apply_revocation(self, data),
            Event::PurchaseCardIssued(data) => {
                if let Ok(grant) = licence::card_as_grant(self, data) {
                    licence::apply_grant(self, &grant);
                }
            }
            Event::DemandFiled(data) => demand::apply(self, data),
            Event::EstimateSet(data) => plan::apply_estimate(self, data),
            Event::PlanSet(data) => plan::apply_plan(self, data),
            Event::QuotaGranted(data) => plan::apply_quota(self, data),
            Event::YearClosed(data) => plan::apply_closing(self, data),
            Event::ChannelOpened(data) => channel::apply_edge(self, data),
            Event::ChannelClosed(data) => channel::apply_edge_closing(self, data),
            Event::ChannelApproved(data) => channel::apply_approval(self, data),
            Event::EmergencyNoticed(data) => channel::apply_notice(self, data),
            Event::OrderPlaced(data) => order::apply_placed(self, data, &entry.actor, entry.recorded_on),
            Event::OrderWithdrawn(data) => order::apply_end(self, data, false, &entry.actor, entry.recorded_on),
            Event::OrderDeclined(data) => order::apply_end(self, data, true, &entry.actor, entry.recorded_on),
            Event::HoldPlaced(data) => ledger::apply_hold(self, data),
            Event::HoldLifted(data) => ledger::apply_lift(self, data),
            Event::InspectionPlanned(data) => inspection::apply_plan(self, data),
            Event::VisitRecorded(data) => inspection::apply_visit(self, data),
            Event::FindingRecorded(data) => inspection::apply_finding(self, data),
            Event::SiteShared(data) => province::apply_shared(self, data),
            Event::SiteWithdrawn(data) => province::apply_withdrawn(self, data),
            Event::DifferenceResolved(data) => province::apply_resolved(self, data),
            Event::SessionHeld(data) => training::apply_session(self, data),
            Event::AttendanceRecorded(data) => training::apply_attendance(self, data),
            _ => self.apply_trade(entry),
        }
    }

    fn apply_trade(&mut self, entry: &Entry) {
        let on = entry.recorded_on;
        match &entry.event {
            Event::PartnerPaired(data) => partner::apply_paired(self, data, entry.seq, on),
            Event::KeyFileInstalled(data) => partner::apply_file(self, &data.file, entry.seq, entry.recorded_at),
            Event::KeyDistrusted(data) => partner::apply_distrusted(self, data),
            Event::LogAlarmRaised(data) => partner::apply_alarm(self, entry.seq, data),
            Event::MessagesRequeued(data) => partner::apply_requeued(self, data),
            Event::MessageEquivocated(data) => partner::apply_equivocation(self, entry.seq, data),
            Event::EstimateTotalsRecorded(data) => trade::apply_totals(self, data),
            Event::StopNoticeRecorded(data) => trade::apply_stop(self, data, on),
            Event::StopNoticeLifted(data) => trade::apply_stop_lifted(self, data),
            Event::ReExportEnded(data) => trade::apply_re_export_ended(self, data),
            Event::AgencyRecognised(data) => trade::apply_agency(self, data),
            Event::EmergencyApplied(data) => trade::apply_emergency(self, data),
            Event::ImportApplied(data) => trade::apply_import_application(self, data),
            Event::ImportAuthorizationIssued(data) => trade::apply_issued(self, data),
            Event::ImportAuthorizationAmended(data) => trade::apply_amendment(self, data),
            Event::ImportAuthorizationCancelled(data) => trade::apply_cancellation(self, data),
            Event::ExportApplied(data) => trade::apply_application(self, data),
            Event::ConfirmationRequested(data) => trade::apply_requested(self, data, on),
            Event::RequestConfirmed(data) | Event::RequestRefused(data) => trade::apply_answer(self, data),
            Event::QuestionAsked(data) => trade::apply_question(self, data, on),
            Event::QuestionAnswered(data) => trade::apply_question_answer(self, data, on),
            Event::ExportWithdrawn(data) => trade::apply_withdrawal(self, data, on),
            Event::ExportPermitIssued(data) => trade::apply_permit(self, data),
            Event::ExportPermitReplaced(data) => trade::apply_replacement(self, data),
            Event::EndorsementReminded(data) => trade::apply_reminder(self, data),
            Event::AuthorizationReviewed(data) => trade::apply_review(self, data, on),
            Event::ExportPermitRevoked(data) => trade::apply_revocation(self, data, on),
            Event::ConsignmentDeparted(data) => trade::apply_departure(self, data),
            Event::ConsignmentHeld(data) => trade::apply_held(self, data),
            Event::ConsignmentReleased(data) => trade::apply_released(self, data),
            Event::ConsignmentOrderedBack(data) => trade::apply_ordered_back(self, data, on),
            Event::ConsignmentReturned(data) => trade::apply_return(self, data),
            Event::ConsignmentDiverted(data) => trade::apply_diversion(self, data),
            Event::ConsignmentArrived(data) => trade::apply_arrival(self, data),
            Event::AuthorityListed(data) => trade::apply_listing(self, data, &entry.actor, on),
            Event::PaperAuthorizationRegistered(data) => trade::apply_registered(self, data),
            Event::ConfirmationInvited(data) => trade::apply_invited(self, data, on),
            Event::InvitationAnswered(data) => trade::apply_invitation_answer(self, data, on),
            Event::DocumentRecorded(data) => trade::apply_document(self, data, &entry.actor, on),
            Event::ConfirmationTranscribed(data) => trade::apply_transcript(self, data, on),
            Event::CallBackRecorded(data) => trade::apply_call_back(self, data, on),
            Event::ConfirmationAdmitted(data) => trade::apply_admission(self, data),
            Event::ArrivalRecorded(data) => trade::apply_recorded_arrival(self, data),
            Event::DiscrepancyResolved(data) => trade::apply_resolution(self, data),
            Event::PermitEndorsedUnused(data) => trade::apply_unused(self, data),
            Event::TradeStatementProposed(data) => trade::apply_proposed(self, data),
            Event::TradeStatementSigned(data) => trade::apply_signed(self, data, on),
            Event::TradeStatementDisputed(data) => trade::apply_disputed(self, data),
            _ => self.apply_passage(&entry.event, on),
        }
        self.trade.note(entry.event.subject());
    }

    fn apply_passage(&mut self, event: &Event, on: Date) {
        match event {
            Event::OverflightRecorded(data) => passage::apply_overflight(self, data, on),
            Event::PassageOpened(data) => passage::apply_opened(self, data, on),
            Event::PassageDetained(data) => passage::apply_detained(self, data),
            Event::PassageReleased(data) => passage::apply_released(self, data),
            Event::RepackingPermitted(data) => passage::apply_permitted(self, data),
            Event::PassageRepacked(data) => passage::apply_repacked(self, data, on),
            Event::DiversionApplied(data) => passage::apply_applied(self, data),
            Event::PassageEnded(data) => passage::apply_ended(self, data, on),
            Event::PassageClosed(data) => passage::apply_closed(self, data, on),
            _ => {}
        }
    }

    /// Sets a ceiling, and begins to keep what the site holds and expects of the item.
    fn set_ceiling(&mut self, ceiling: &StockCeiling) {
        let (Ok((site, _)), Ok((item, _))) = (self.holders.site(&ceiling.site), self.items.find(&ceiling.item)) else {
            return;
        };
        let of_item = |batch| self.ledger.batch_at(batch).item == item;
        let accounts = self.ledger.accounts_of(site).filter(|account| of_item(account.batch));
        let held: i128 = accounts.flat_map(|account| account.held).map(i128::from).sum();
        let coming = self
            .ledger
            .transit()
            .values()
            .filter(|transit| transit.to == Some(site) && of_item(transit.batch));
        let expected: i128 = coming.map(|transit| i128::from(transit.outstanding)).sum();
        self.ledger
            .ceilings
            .insert((site, item), (ceiling.amount, held + expected));
    }

    /// Its compact form, the same for the same state.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        postcard::to_stdvec(self).map_err(|why| why.to_string())
    }

    /// Reads the compact form back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let mut state: Self = postcard::from_bytes(bytes).map_err(|why| why.to_string())?;
        state.access.reindex();
        state.substances.0.reindex();
        state.items.0.reindex();
        state.holders.reindex();
        state.licences.reindex();
        state.demand.reindex();
        state.channels.reindex();
        state.orders.reindex();
        state.ledger.reindex();
        state.inspections.0.reindex();
        state.trainings.0.reindex();
        state.trade.reindex();
        state.seen.reindex();
        Ok(state)
    }

    /// SHA-256 of the compact form.
    pub fn hash(&self) -> Result<[u8; 32], String> {
        Ok(Sha256::digest(self.to_bytes()?).into())
    }
}
