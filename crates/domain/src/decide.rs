//! From a command to entries or a refusal. Roles and the two-person rule are checked here, whoever calls.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::access::{self, AccessRefusal, Actor, Capacity, Proposal, Role, not_entitled};
use crate::authority::{Founding, administrators};
use crate::command::{By, Command};
use crate::holder::{self, StockCeiling};
use crate::id::{Id, Text};
use crate::journal::{Event, InstructionRefused};
use crate::ledger::{self, Act, Second};
use crate::reference;
use crate::refusal::{NameRefusal, Refusal, Refused};
use crate::state::State;
use crate::substance::{Salt, SubstanceEntry};
use crate::trade::passage;
use crate::{channel, demand, inspection, licence, order, partner, plan, policy, product, province, trade, training};

/// What a decision needs beside the state and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The time of recording.
    pub now: Timestamp,
    /// Its civil day in the authority's zone.
    pub today: Date,
    /// The entry that the command cites (see [`cites`]), read back from the journal.
    pub cited: Option<&'a Event>,
}

/// The entry that a command rests on, if any: the writer reads it back from the journal before `decide`.
pub fn cites(state: &State, command: &Command) -> Option<u64> {
    match command {
        Command::Reverse(data) => Some(data.line),
        Command::AcceptCount(data) => Some(data.count),
        Command::Approve(data) => match state.access.waiting().get(&data.of)?.proposal.command().ok()? {
            Command::Approve(_) => None,
            inner => cites(state, &inner),
        },
        _ => None,
    }
}

/// The entry that a refusal becomes.
pub fn refused(command: &Command, refusal: &Refusal) -> Option<Event> {
    Some(Event::InstructionRefused(Box::new(InstructionRefused {
        command: command.verb().parse().ok()?,
        code: refusal.code.parse().ok()?,
        says: refusal.says.clone(),
        article: refusal.article.map(str::to_owned),
        figures: refusal
            .figures
            .iter()
            .map(|(name, figure)| ((*name).to_owned(), figure.clone()))
            .collect(),
    })))
}

/// Decides a command. The state is `None` only before the founding.
pub fn decide(state: Option<&State>, by: &Actor, command: &Command, context: Context<'_>) -> Refused<Vec<Event>> {
    let Some(state) = state else {
        return match command {
            Command::Found(founding) if *by == Actor::operator() => found(founding),
            _ => not_entitled(by, command.verb()),
        };
    };
    entitled(state, by, command)?;
    match command {
        Command::Approve(approval) => approve(state, by, approval, context),
        Command::Reject(rejection) => {
            let waiting = state.access.approvable(rejection.of, by)?;
            let proposed = waiting.proposal.command().map_err(|why| stale(&why))?;
            may_approve(
                by,
                &waiting.by,
                &proposed,
                decide_kind(state, &waiting.by, &proposed, context).ok().flatten(),
            )?;
            Ok(vec![Event::DecisionRejected(rejection.clone())])
        }
        command => {
            let (events, second) = effects(state, by, command, context)?;
            if second.is_some() || command.second().is_some() {
                return Ok(vec![Event::DecisionProposed(Box::new(Proposal::of(command)))]);
            }
            Ok(events)
        }
    }
}

/// Whether somebody may give this command at all.
fn entitled(state: &State, by: &Actor, command: &Command) -> Refused<()> {
    let capacity = by.capacity();
    let fits = match command.by() {
        By::Officer(roles) => matches!(capacity, Capacity::Officer(role) if roles.contains(&role)),
        By::Holder => matches!(capacity, Capacity::Responsible(_) | Capacity::Clerk(_)),
        By::Responsible => matches!(capacity, Capacity::Responsible(_)),
        By::HolderOrInspector => {
            matches!(
                capacity,
                Capacity::Responsible(_) | Capacity::Clerk(_) | Capacity::Officer(Role::Inspector)
            )
        }
        By::SecondPerson => true,
        By::Node => {
            return if *by == Actor::node() {
                Ok(())
            } else {
                not_entitled(by, command.verb())
            };
        }
    };
    if fits && state.access.holds(by) {
        Ok(())
    } else {
        not_entitled(by, command.verb())
    }
}

fn stale(why: &str) -> Box<Refusal> {
    NameRefusal::BadQuantity {
        field: "proposal",
        why: why.to_owned(),
    }
    .into()
}

/// Whose second word a proposed command still needs.
fn decide_kind(state: &State, by: &Actor, command: &Command, context: Context<'_>) -> Refused<Option<Second>> {
    effects(state, by, command, context).map(|(_, second)| second)
}

fn may_approve(by: &Actor, proposer: &Actor, command: &Command, second: Option<Second>) -> Refused<()> {
    let capacity = by.capacity();
    let officer = |roles: &[Role]| matches!(capacity, Capacity::Officer(role) if roles.contains(&role));
    let fits = match (command.second(), second) {
        (Some(roles), _) => officer(roles),
        (None, Some(Second::SameHolder)) => by.holder().is_some() && by.holder() == proposer.holder(),
        (None, Some(Second::Approver)) => officer(&[Role::Approver]),
        // The proposal no longer needs a second person, or no longer stands: an approver or the same holder may settle it.
        (None, None) => officer(&[Role::Approver]) || (by.holder().is_some() && by.holder() == proposer.holder()),
    };
    if fits {
        Ok(())
    } else {
        not_entitled(by, "approve this decision")
    }
}

/// The second person's yes: every rule is checked again, on the state as it is now.
fn approve(state: &State, by: &Actor, approval: &access::Approval, context: Context<'_>) -> Refused<Vec<Event>> {
    let of = approval.of;
    let waiting = state.access.approvable(of, by)?;
    let command = waiting.proposal.command().map_err(|why| stale(&why))?;
    let effects = effects(state, &waiting.by, &command, context);
    let second = effects.as_ref().ok().and_then(|(_, second)| *second);
    may_approve(by, &waiting.by, &command, second)?;
    if !state.access.holds(&waiting.by) {
        let proposer = waiting.by.to_string();
        return Err(AccessRefusal::ProposerWithoutRole { proposer, of }.into());
    }
    let (effects, _) = effects?;
    trade::apart(state, by, &command)?;
    if let Some(file) = partner::read_out(state, &command) {
        partner::decide_read_back(file, of, approval.read_back.as_ref())?;
    }
    if let Command::AllowEnrolment(grant) = &command {
        access::not_own_enrolment(by, &grant.person)?;
    }
    let mut events = Vec::with_capacity(effects.len() + 1);
    events.push(Event::DecisionApproved(Box::new(approval.clone())));
    events.extend(effects);
    Ok(events)
}

/// The founding: the authority, its two administrators, and the reference list of substances.
fn found(founding: &Founding) -> Refused<Vec<Event>> {
    crate::authority::check_id(&founding.id)?;
    crate::authority::check_province(founding.country, founding.province.as_ref())?;
    let [first, other] = &founding.administrators;
    if first == other {
        return Err(AccessRefusal::SamePerson {
            person: first.to_string(),
            of: 0,
        }
        .into());
    }
    debug_assert_eq!(administrators(founding).len(), 2, "ids make actors");
    let mut events = vec![Event::AuthorityFounded(Box::new(founding.clone()))];
    let substances = reference::substances().map_err(|why| stale(&why.to_string()))?;
    for substance in substances {
        let entry = reference_entry(&substance).ok_or_else(|| stale(&format!("reference entry {}", substance.id)))?;
        events.push(Event::SubstanceRegistered(Box::new(entry)));
    }
    Ok(events)
}

fn reference_entry(substance: &reference::ReferenceSubstance) -> Option<SubstanceEntry> {
    let id = |text: &str| text.parse::<Id>().ok();
    let text = |text: &str| text.parse::<Text>().ok();
    let salts = substance.salts.iter().map(|salt| {
        let cas = salt.cas.as_ref().and_then(|cas| id(cas));
        Some(Salt {
            form: id(&salt.form)?,
            cas,
            content_ppm: salt.factor_ppm,
            source: text(&salt.source)?,
        })
    });
    Some(SubstanceEntry {
        id: id(&substance.id)?,
        name: text(&substance.name)?,
        cas: id(&substance.cas),
        schedule: substance.schedule,
        effective_on: substance.effective_on,
        synthetic: substance.synthetic,
        source: text(&substance.source)?,
        version: text(&substance.version)?,
        salts: salts.collect::<Option<Vec<_>>>()?,
    })
}

type Effects = Refused<(Vec<Event>, Option<Second>)>;

/// What a command would do, and whose second word the ledger asks for.
fn effects(state: &State, by: &Actor, command: &Command, context: Context<'_>) -> Effects {
    if let Some(act) = act(command) {
        let decided = ledger::decide(state, by, context.today, &act)?;
        return Ok((decided.events, decided.second));
    }
    let event = match command {
        Command::Reverse(data) => {
            Event::LineReversed(Box::new(ledger::decide_reverse(state, by, data, context.cited)?))
        }
        Command::AcceptCount(data) => {
            Event::CountAccepted(Box::new(ledger::decide_accept_count(state, data, context.cited)?))
        }
        command => match trade::apart(state, by, command)
            .err()
            .map(Err)
            .or_else(|| exchange(state, command, context))
            .or_else(|| border(state, by, command, context.today))
            .or_else(|| passing(state, command, context.today))
        {
            Some(events) => {
                let answers = matches!(command, Command::Confirm(_) | Command::RefuseConfirmation(_));
                let waits = answers && state.policies.two_person_confirmation;
                return events
                    .and_then(fitting)
                    .map(|events| (events, waits.then_some(Second::Approver)));
            }
            None => record(state, by, command, context.today)?,
        },
    };
    let mut events = province::no_longer_shared(state, &event);
    events.insert(0, event);
    Ok((events, None))
}

/// Entries whose messages have room for what they say.
fn fitting(events: Vec<Event>) -> Refused<Vec<Event>> {
    for event in &events {
        if let Event::MessageQueued(queued) = event {
            queued.fits()?;
        }
    }
    Ok(events)
}

/// A command about partners and the messages with them.
fn exchange(state: &State, command: &Command, context: Context<'_>) -> Option<Refused<Vec<Event>>> {
    let one = |event: Refused<Event>| event.map(|event| vec![event]);
    Some(match command {
        Command::PairPartner(data) => partner::decide_pairing(state, data).map(|paired| {
            let mut events = trade::shared_with(state, &paired.file, context.today);
            events.insert(0, Event::PartnerPaired(Box::new(paired)));
            events
        }),
        Command::InstallKeyFile(data) => partner::decide_install(state, data, context.now),
        Command::DistrustKey(data) => partner::decide_distrust(state, data, context.now),
        Command::RecoverMessage(data) => one(partner::decide_recover(state, data)),
        Command::RequeueMessages(data) => one(partner::decide_requeue(state, data, context.now)),
        Command::RaiseAlarm(data) => one(partner::decide_alarm(state, data)),
        Command::SignMessage(data) => one(partner::decide_sign(state, data)),
        Command::ReceiveMessage(data) => partner::decide_receive(state, data, context.now, context.today),
        Command::RecordReceipt(data) => one(partner::decide_receipt(state, data)),
        Command::ShareSite(data) => province::decide_share(state, data, context.today),
        Command::WithdrawSite(data) => province::decide_withdrawal(state, data),
        Command::ResolveDifference(data) => province::decide_resolution(state, data),
        Command::PassDay(_) => trade::decide_pass_day(state, context.today),
        _ => return None,
    })
}

/// A command about goods that pass through.
fn passing(state: &State, command: &Command, today: Date) -> Option<Refused<Vec<Event>>> {
    let event = match command {
        Command::RecordOverflight(data) => {
            passage::decide_overflight(state, data).map(|()| Event::OverflightRecorded(data.clone()))
        }
        Command::OpenPassage(data) => {
            passage::decide_opening(state, data, today).map(|opened| Event::PassageOpened(Box::new(opened)))
        }
        Command::DetainPassage(data) => {
            passage::decide_detention(state, data).map(|detained| Event::PassageDetained(Box::new(detained)))
        }
        Command::ReleasePassage(data) => {
            passage::decide_release(state, data).map(|()| Event::PassageReleased(data.clone()))
        }
        Command::PermitRepacking(data) => {
            passage::decide_permission(state, data).map(|()| Event::RepackingPermitted(data.clone()))
        }
        Command::RecordRepacking(data) => {
            passage::decide_repacking(state, data).map(|()| Event::PassageRepacked(data.clone()))
        }
        Command::DivertPassage(data) => {
            passage::decide_application(state, data).map(|applied| Event::DiversionApplied(Box::new(applied)))
        }
        Command::ClosePassage(data) => passage::decide_close(state, data).map(|()| Event::PassageClosed(data.clone())),
        Command::EndPassage(data) => return Some(passage::decide_end(state, data, today)),
        _ => return None,
    };
    Some(event.map(|event| vec![event]))
}

/// A command about trade across the border.
fn border(state: &State, by: &Actor, command: &Command, today: Date) -> Option<Refused<Vec<Event>>> {
    let one = |event: Refused<Event>| event.map(|event| vec![event]);
    Some(match command {
        Command::RecordTotals(data) => {
            one(trade::decide_totals(state, data, today).map(|()| Event::EstimateTotalsRecorded(data.clone())))
        }
        Command::RecordStopNotice(data) => {
            one(trade::decide_stop(state, data).map(|()| Event::StopNoticeRecorded(data.clone())))
        }
        Command::ApplyImport(data) => {
            one(trade::decide_import_application(state, by, data)
                .map(|applied| Event::ImportApplied(Box::new(applied))))
        }
        Command::LiftStopNotice(data) => {
            one(trade::decide_stop_lifted(state, data).map(|()| Event::StopNoticeLifted(data.clone())))
        }
        Command::RecogniseAgency(data) => {
            one(trade::decide_agency(state, data).map(|()| Event::AgencyRecognised(data.clone())))
        }
        Command::ApplyEmergencyExport(data) => {
            one(trade::decide_emergency(state, by, data).map(|applied| Event::EmergencyApplied(Box::new(applied))))
        }
        Command::EndReExport(data) => trade::decide_re_export_ended(state, data),
        Command::IssueImportAuthorization(data) => trade::decide_issue(state, data, today),
        Command::AmendImportAuthorization(data) => trade::decide_amendment(state, data, today),
        Command::CancelImportAuthorization(data) => trade::decide_cancellation(state, data),
        Command::ApplyExport(data) => {
            one(trade::decide_application(state, by, data).map(|applied| Event::ExportApplied(Box::new(applied))))
        }
        Command::RequestConfirmation(data) => trade::decide_request(state, &data.export),
        Command::Confirm(data) => trade::decide_confirm(state, by, data, today),
        Command::RefuseConfirmation(data) => trade::decide_refuse(state, by, data, today),
        Command::AskQuestion(data) => trade::decide_question(state, by, data),
        Command::AnswerQuestion(data) => trade::decide_question_answer(state, by, data),
        Command::WithdrawExport(data) => trade::decide_withdrawal(state, data),
        Command::IssueExportPermit(data) => trade::decide_permit(state, data, today),
        Command::DuplicateExportPermit(data) => trade::decide_duplicate(state, data, today),
        Command::AmendExportPermit(data) => trade::decide_permit_amendment(state, data, today),
        Command::ReviewAfterChange(data) => one(trade::decide_review(state, data, today)),
        Command::RevokeExportPermit(data) => trade::decide_revocation(state, data),
        Command::EndorseDeparture(data) => trade::decide_departure(state, data, today),
        Command::ReleaseConsignment(data) => {
            one(trade::decide_release(state, data).map(|()| Event::ConsignmentReleased(data.clone())))
        }
        Command::OrderBack(data) => trade::decide_order_back(state, data),
        Command::EndorseReturn(data) => trade::decide_return(state, data, today),
        Command::RecordDiversion(data) => trade::decide_diversion(state, data),
        Command::EndorseArrival(data) => trade::decide_arrival(state, data, today),
        Command::ListAuthority(data) => {
            one(trade::decide_listing(state, by, data).map(|listed| Event::AuthorityListed(Box::new(listed))))
        }
        Command::RegisterPaperAuthorization(data) => one(trade::decide_registered(state, data, today)
            .map(|registered| Event::PaperAuthorizationRegistered(Box::new(registered)))),
        Command::InviteConfirmation(data) => one(trade::decide_invitation(state, by, data, today)
            .map(|invited| Event::ConfirmationInvited(Box::new(invited)))),
        Command::AnswerInvitation(data) => one(trade::decide_invitation_answer(state, data, today)
            .map(|answered| Event::InvitationAnswered(Box::new(answered)))),
        Command::RecordDocument(data) => {
            one(trade::decide_document(state, by, data, today)
                .map(|recorded| Event::DocumentRecorded(Box::new(recorded))))
        }
        Command::TranscribeConfirmation(data) => one(trade::decide_transcript(state, by, data, today)
            .map(|transcribed| Event::ConfirmationTranscribed(Box::new(transcribed)))),
        Command::RecordCallBack(data) => {
            one(trade::decide_call_back(state, by, data, today).map(|called| Event::CallBackRecorded(Box::new(called))))
        }
        Command::AdmitConfirmation(data) => {
            one(trade::decide_admission(state, by, data)
                .map(|admitted| Event::ConfirmationAdmitted(Box::new(admitted))))
        }
        Command::RecordArrival(data) => one(trade::decide_recorded_arrival(state, by, data, today)
            .map(|arrival| Event::ArrivalRecorded(Box::new(arrival)))),
        Command::ResolveDiscrepancy(data) => trade::decide_resolution(state, data),
        Command::ProposeTradeStatement(data) => trade::decide_proposal(state, data, today),
        Command::SignTradeStatement(data) => trade::decide_signature(state, data),
        Command::DisputeTradeStatement(data) => trade::decide_dispute(state, data),
        _ => return None,
    })
}

/// A command of the ledger as an act.
fn act(command: &Command) -> Option<Act<'_>> {
    Some(match command {
        Command::Dispatch(data) => Act::Dispatch(data),
        Command::Receive(data) => Act::Receive(data),
        Command::Dispense(data) => Act::Dispense(data),
        Command::Opening(data) => Act::Opening(data),
        Command::Manufacture(data) => Act::Manufacture(data),
        Command::FeedLot(data) => Act::FeedLot(data),
        Command::YieldLot(data) => Act::YieldLot(data),
        Command::CloseLot(data) => Act::CloseLot(data),
        Command::Transform(data) => Act::Transform(data),
        Command::UseInManufacture(data) => Act::UseInManufacture(data),
        Command::CancelDispatch(data) => Act::CancelDispatch(data),
        Command::Reclassify(data) => Act::Reclassify(data),
        Command::Import(data) => Act::Import(data),
        Command::Export(data) => Act::Export(data),
        Command::Destroy(data) => Act::Destroy(data),
        Command::Lose(data) => Act::Lose(data),
        Command::LoseInTransit(data) => Act::LoseInTransit(data),
        Command::Find(data) => Act::Find(data),
        Command::Count(data) => Act::Count(data),
        _ => return None,
    })
}

/// A command that becomes one entry of its own kind.
fn record(state: &State, by: &Actor, command: &Command, today: Date) -> Refused<Event> {
    Ok(match command {
        Command::SetPolicy(data) => policy::decide(data).map(|()| Event::PolicySet(data.clone()))?,
        Command::GrantRole(data) => {
            access::known_holder(state, &data.actor)?;
            state
                .access
                .may_grant(&data.actor)
                .map(|()| Event::RoleGranted(data.clone()))?
        }
        Command::RevokeRole(data) => state
            .access
            .may_revoke(&data.actor)
            .map(|()| Event::RoleRevoked(data.clone()))?,
        Command::AllowEnrolment(data) => state
            .access
            .may_enrol(by, &data.person)
            .map(|()| Event::EnrolmentAllowed(data.clone()))?,
        Command::RegisterSubstance(data) => state
            .substances
            .may_register(data)
            .map(|()| Event::SubstanceRegistered(data.clone()))?,
        Command::ChangeSchedule(data) => state
            .substances
            .find(&data.substance)
            .map(|_| Event::ScheduleChanged(data.clone()))?,
        Command::RegisterBulk(data) => {
            product::decide_bulk(state, data).map(|data| Event::BulkRegistered(Box::new(data)))?
        }
        Command::RegisterPreparation(data) => {
            product::decide_preparation(state, data).map(|data| Event::PreparationRegistered(Box::new(data)))?
        }
        Command::RegisterHolder(data) => {
            holder::decide_holder(state, data).map(|()| Event::HolderRegistered(data.clone()))?
        }
        Command::RegisterSite(data) => {
            holder::decide_site(state, data).map(|()| Event::SiteRegistered(data.clone()))?
        }
        Command::CloseSite(data) => holder::decide_closing(state, data).map(|()| Event::SiteClosed(data.clone()))?,
        Command::SetStockCeiling(data) => decide_ceiling(state, data).map(|()| Event::StockCeilingSet(data.clone()))?,
        Command::FileDemand(data) => demand::decide(state, by, data).map(|()| Event::DemandFiled(data.clone()))?,
        Command::GiveNotice(data) => {
            channel::decide_notice(state, by, data, today).map(|data| Event::EmergencyNoticed(Box::new(data)))?
        }
        Command::PlaceOrder(data) => {
            order::decide_place(state, by, data, today).map(|data| Event::OrderPlaced(Box::new(data)))?
        }
        Command::WithdrawOrder(data) => {
            order::decide_withdrawal(state, by, data).map(|()| Event::OrderWithdrawn(data.clone()))?
        }
        Command::DeclineOrder(data) => {
            order::decide_decline(state, by, data).map(|()| Event::OrderDeclined(data.clone()))?
        }
        command => record_decision(state, command, today)?,
    })
}

fn record_decision(state: &State, command: &Command, today: Date) -> Refused<Event> {
    Ok(match command {
        Command::GrantLicence(data) => {
            licence::decide_grant(state, data).map(|()| Event::LicenceGranted(data.clone()))?
        }
        Command::SuspendLicence(data) => {
            licence::decide_suspension(state, data).map(|()| Event::LicenceSuspended(data.clone()))?
        }
        Command::ResumeLicence(data) => {
            licence::decide_resumption(state, data).map(|()| Event::LicenceResumed(data.clone()))?
        }
        Command::RevokeLicence(data) => {
            licence::decide_revocation(state, data).map(|()| Event::LicenceRevoked(data.clone()))?
        }
        Command::IssuePurchaseCard(data) => {
            licence::decide_grant(state, &licence::card_as_grant(state, data)?)?;
            Event::PurchaseCardIssued(data.clone())
        }
        Command::SetEstimate(data) => {
            plan::decide_estimate(state, data).map(|data| Event::EstimateSet(Box::new(data)))?
        }
        Command::SetPlan(data) => plan::decide_plan(state, data).map(|()| Event::PlanSet(data.clone()))?,
        Command::GrantQuota(data) => plan::decide_quota(state, data).map(|()| Event::QuotaGranted(data.clone()))?,
        Command::CloseYear(data) => {
            plan::decide_closing(state, data, today).map(|data| Event::YearClosed(Box::new(data)))?
        }
        Command::OpenChannel(data) => channel::decide_edge(state, data).map(|()| Event::ChannelOpened(data.clone()))?,
        Command::CloseChannel(data) => {
            channel::decide_edge_closing(state, data).map(|()| Event::ChannelClosed(data.clone()))?
        }
        Command::ApproveChannel(data) => {
            channel::decide_approval(state, data).map(|()| Event::ChannelApproved(data.clone()))?
        }
        Command::PlaceHold(data) => ledger::decide_hold(state, data).map(|()| Event::HoldPlaced(data.clone()))?,
        Command::LiftHold(data) => ledger::decide_lift(state, data).map(|()| Event::HoldLifted(data.clone()))?,
        Command::PlanInspection(data) => {
            inspection::decide_plan(state, data).map(|()| Event::InspectionPlanned(data.clone()))?
        }
        Command::RecordVisit(data) => {
            inspection::decide_visit(state, data, today).map(|()| Event::VisitRecorded(data.clone()))?
        }
        Command::RecordFinding(data) => {
            inspection::decide_finding(state, data).map(|()| Event::FindingRecorded(data.clone()))?
        }
        Command::HoldSession(data) => {
            training::decide_session(state, data).map(|()| Event::SessionHeld(data.clone()))?
        }
        Command::RecordAttendance(data) => {
            training::decide_attendance(state, data, today).map(|()| Event::AttendanceRecorded(data.clone()))?
        }
        // The founding stands already; everything else is decided elsewhere.
        command => {
            let what = "authority";
            return Err(NameRefusal::Taken {
                what,
                id: command.verb().to_owned(),
            }
            .into());
        }
    })
}

fn decide_ceiling(state: &State, ceiling: &StockCeiling) -> Refused<()> {
    state.holders.site(&ceiling.site)?;
    state.items.find(&ceiling.item)?;
    if ceiling.amount < 0 {
        return Err(NameRefusal::NotPositive {
            field: "amount",
            amount: ceiling.amount.to_string(),
        }
        .into());
    }
    Ok(())
}
