//! What one journal says of trade: what was confirmed, permitted, moved and ended.

use std::collections::{BTreeMap, BTreeSet};

use domain::digest::Digest;
use domain::id::Id;
use domain::ledger::{Movement, MovementKind};
use domain::partner::{Message, MessageReceived};
use domain::trade::{Consignment, Consignments, Endorsement, ImportAuthorization, Notice, Permit, Stage};
use domain::{Entry, Event};

use super::{ANSWERED, ARRIVED, CONFIRMED, DEPARTED, ENDED, MASS, WITHIN};
use crate::fault::world::{Amounts, Node, amounts};
use crate::fault::{Broken, Checked};

/// An authorization as its issuer sent it.
#[derive(Debug, Default)]
struct Authorized {
    lines: Amounts,
    single: bool,
    cancelled: bool,
    /// The permits under it.
    permits: Vec<Id>,
}

/// A permit, and what came of it.
#[derive(Debug)]
struct Permitted {
    case: Id,
    /// Its import authorization: issuer and number.
    under: (Id, Id),
    lines: Amounts,
    departed: Option<Amounts>,
    /// What customs has seen coming back.
    back: Amounts,
    /// Endorsed as not used, revoked, or the goods have gone elsewhere.
    over: bool,
}

impl Permitted {
    /// What it takes of its import authorization.
    fn takes(&self) -> Amounts {
        match self.departed {
            _ if self.over => [0; 2],
            Some(departed) => less(departed, self.back),
            None => self.lines,
        }
    }
}

/// What a journal says of one case.
#[derive(Debug, Default)]
struct Told {
    /// The hash of the consignment that the importing authority has confirmed.
    confirmed: Option<Digest>,
    /// A question that nobody has answered.
    asked: bool,
    /// How the case has ended, before goods have left.
    ended: Option<&'static str>,
    departed: Option<Amounts>,
    /// As endorsed by customs, here or there.
    arrived: Amounts,
    returned: Amounts,
    exported: Amounts,
    imported: Amounts,
    /// What has come back.
    back: Amounts,
}

/// What one journal says.
#[derive(Debug, Default)]
pub(super) struct Books {
    authorized: BTreeMap<(Id, Id), Authorized>,
    permits: BTreeMap<Id, Permitted>,
    cases: BTreeMap<Id, Told>,
    pub permits_issued: u64,
    /// Cases of which something arrived or came back since they were last weighed.
    moved: BTreeSet<Id>,
}

fn kind_of(movement: &Movement) -> usize {
    usize::from(movement.item.starts_with("bulk"))
}

fn more(one: Amounts, other: Amounts) -> bool {
    one.iter().zip(&other).any(|(one, other)| one > other)
}

fn sum(one: Amounts, other: Amounts) -> Amounts {
    [one[0].saturating_add(other[0]), one[1].saturating_add(other[1])]
}

fn less(one: Amounts, other: Amounts) -> Amounts {
    [one[0].saturating_sub(other[0]), one[1].saturating_sub(other[1])]
}

fn hash_of(consignment: &Consignment) -> Digest {
    Digest::of(format!("{consignment:?}"))
}

impl Books {
    fn case(&mut self, case: &Id) -> &mut Told {
        self.cases.entry(case.clone()).or_default()
    }

    /// What has left and entered under a case.
    pub fn moved(&self, case: &Id) -> Option<(Amounts, Amounts)> {
        self.cases.get(case).map(|told| (told.exported, told.imported))
    }

    /// Everything that has left and entered.
    pub fn totals(&self) -> (Amounts, Amounts) {
        let all = self.cases.values();
        all.fold(([0; 2], [0; 2]), |(left, entered), told| {
            (sum(left, told.exported), sum(entered, sum(told.imported, told.back)))
        })
    }

    pub fn entry(&mut self, node: &Node, entry: &Entry) -> Checked {
        match &entry.event {
            Event::MessageReceived(received) if received.refused.is_none() => self.received(node, received),
            Event::QuestionAsked(asked) => {
                self.case(&asked.case).asked = true;
                Ok(())
            }
            Event::QuestionAnswered(answered) => {
                self.case(&answered.case).asked = false;
                Ok(())
            }
            Event::RequestConfirmed(answered) => self.confirms(node, &answered.case),
            Event::ExportPermitIssued(issued) => self.permitted(node, &issued.case, &issued.permit),
            Event::ConsignmentDeparted(endorsed) => self.departed(node, &endorsed.case, &endorsed.endorsement),
            Event::ConsignmentArrived(endorsed) => {
                let imported = self.case(&endorsed.case).imported;
                as_recorded(node, &endorsed.case, &endorsed.endorsement, imported)?;
                self.arrived(&endorsed.case, &endorsed.endorsement);
                Ok(())
            }
            Event::ConsignmentReturned(endorsed) => {
                let back = self.case(&endorsed.case).back;
                as_recorded(node, &endorsed.case, &endorsed.endorsement, back)?;
                if let Some(permitted) = self.permits.get_mut(&endorsed.endorsement.permit) {
                    permitted.back = back;
                }
                self.returned(&endorsed.case, &endorsed.endorsement);
                Ok(())
            }
            Event::Movement(movement) => self.moves(node, movement),
            event => {
                self.ended(event);
                Ok(())
            }
        }
    }

    /// What brings a case to its end before goods have left, or takes them elsewhere.
    fn ended(&mut self, event: &Event) {
        match event {
            Event::RequestRefused(answered) => self.ends(&answered.case, "refused"),
            Event::ExportWithdrawn(withdrawn) => self.ends(&withdrawn.case, "withdrawn"),
            Event::ExportPermitRevoked(revoked) => {
                self.give_back(&revoked.permit);
                self.ends(&revoked.case, "revoked");
            }
            Event::PermitEndorsedUnused(unused) => {
                self.give_back(&unused.permit);
                self.ends(&unused.case, "expired");
            }
            Event::ConsignmentDiverted(diverted) => {
                let permits = self.permits.values_mut();
                let of_case = permits.filter(|permitted| permitted.case == diverted.case);
                of_case.for_each(|permitted| permitted.over = true);
            }
            _ => {}
        }
    }

    fn ends(&mut self, case: &Id, how: &'static str) {
        self.case(case).ended = Some(how);
    }

    /// A permit takes nothing of its authorization any more.
    fn give_back(&mut self, permit: &Id) {
        if let Some(permitted) = self.permits.get_mut(permit) {
            permitted.over = true;
        }
    }

    /// What a partner has said, and this side has accepted.
    fn received(&mut self, node: &Node, received: &MessageReceived) -> Checked {
        let unread = |why: String| Broken::new(super::GOES_ON, format!("{}: {why}", node.id));
        let message: Message = received.message.payload.read().map_err(unread)?;
        let notice = Notice::read(&message.kind, &message.body).map_err(unread)?;
        match (notice, &message.case) {
            (Some(Notice::AuthorizationIssued(authorization)), _) => self.authorize(&received.from, &authorization),
            (Some(Notice::AuthorizationAmended(amended)), _) => self.authorize(&received.from, &amended.authorization),
            (Some(Notice::AuthorizationCancelled(cancelled)), _) => {
                let key = (received.from.clone(), cancelled.number);
                if let Some(authorized) = self.authorized.get_mut(&key) {
                    authorized.cancelled = true;
                }
            }
            (Some(notice), Some(case)) => return self.said(node, case, notice),
            _ => {}
        }
        Ok(())
    }

    fn authorize(&mut self, issuer: &Id, authorization: &ImportAuthorization) {
        let key = (issuer.clone(), authorization.number.clone());
        let authorized = Authorized {
            lines: amounts(&authorization.lines),
            single: authorization.consignments == Consignments::Single,
            cancelled: false,
            permits: Vec::new(),
        };
        let before = self.authorized.remove(&key).unwrap_or_default();
        let (cancelled, permits) = (before.cancelled, before.permits);
        let authorized = Authorized {
            cancelled,
            permits,
            ..authorized
        };
        self.authorized.insert(key, authorized);
    }

    fn said(&mut self, node: &Node, case: &Id, notice: Notice) -> Checked {
        match notice {
            // One that crossed a withdrawal changes nothing.
            Notice::Confirmed(said) if self.case(case).ended.is_none() => {
                self.confirms(node, case)?;
                self.case(case).confirmed = Some(hash_of(&said.consignment));
            }
            Notice::Query(_) => self.case(case).asked = true,
            Notice::Answer(_) => self.case(case).asked = false,
            Notice::Refused(_) => self.ends(case, "refused"),
            Notice::Withdrawn(_) => self.ends(case, "withdrawn"),
            Notice::PermitRevoked(_) => self.ends(case, "revoked"),
            Notice::Dispatched(departure) => {
                let told = self.case(case);
                // This side may have given up waiting.
                told.ended = told.ended.filter(|how| *how != "expired");
                told.departed = Some(amounts(&departure.lines));
            }
            Notice::Received(arrival) => self.arrived(case, &arrival),
            Notice::Returned(returned) => self.returned(case, &returned),
            _ => {}
        }
        Ok(())
    }

    /// Nothing is confirmed while a question is open.
    fn confirms(&mut self, node: &Node, case: &Id) -> Checked {
        if self.case(case).asked {
            let says = format!(
                "{case} is confirmed in the journal of {}, and its question is open",
                node.id
            );
            return Err(Broken::new(ANSWERED, says));
        }
        Ok(())
    }

    /// Nothing moves in a case that has ended.
    fn goes_on(&mut self, node: &Node, case: &Id, what: &str) -> Checked {
        match self.case(case).ended {
            None => Ok(()),
            Some(how) => {
                let says = format!("{what} in {case} at {}, which knows that it was {how}", node.id);
                Err(Broken::new(ENDED, says))
            }
        }
    }

    fn permitted(&mut self, node: &Node, case: &Id, permit: &Permit) -> Checked {
        self.permits_issued += 1;
        let says = |what: &str| format!("{} issued {} for {case}: {what}", node.id, permit.number);
        let confirmed = self.case(case).confirmed;
        let confirmed = confirmed.ok_or_else(|| Broken::new(CONFIRMED, says("nobody confirmed it")))?;
        if confirmed != hash_of(&permit.consignment) {
            return Err(Broken::new(CONFIRMED, says("something else was confirmed")));
        }
        let unknown = || Broken::new(WITHIN, says("its import authorization was never sent"));
        let number = permit.consignment.authorization.clone().ok_or_else(unknown)?;
        let under = (permit.authorization_issuer.clone(), number);
        let authorized = self.authorized.get_mut(&under).ok_or_else(unknown)?;
        if authorized.cancelled {
            return Err(Broken::new(ENDED, says("its import authorization was cancelled")));
        }
        authorized.permits.push(permit.number.clone());
        let permitted = Permitted {
            case: case.clone(),
            under: under.clone(),
            lines: amounts(&permit.consignment.lines),
            departed: None,
            back: [0; 2],
            over: false,
        };
        self.permits.insert(permit.number.clone(), permitted);
        self.within(&under, &says("more than is authorized"))
    }

    /// All permits under an authorization together are within it.
    fn within(&self, under: &(Id, Id), says: &str) -> Checked {
        let Some(authorized) = self.authorized.get(under) else {
            return Err(Broken::new(WITHIN, says));
        };
        let permits = authorized.permits.iter().filter_map(|number| self.permits.get(number));
        let taking: Vec<Amounts> = permits.map(Permitted::takes).filter(|takes| *takes != [0; 2]).collect();
        let taken = taking.iter().fold([0; 2], |all, takes| sum(all, *takes));
        if (authorized.single && taking.len() > 1) || more(taken, authorized.lines) {
            let says = format!("{says}: {taking:?} of {authorized:?}");
            return Err(Broken::new(WITHIN, says));
        }
        Ok(())
    }

    fn departed(&mut self, node: &Node, case: &Id, departure: &Endorsement) -> Checked {
        self.goes_on(node, case, "goods departed")?;
        let exported = self.case(case).exported;
        let departed = amounts(&departure.lines);
        let says = format!(
            "{} let {departed:?} depart in {case}; the ledger has {exported:?}",
            node.id
        );
        let permitted = self.permits.get_mut(&departure.permit);
        let Some(permitted) = permitted.filter(|permitted| permitted.case == *case && !permitted.over) else {
            return Err(Broken::new(DEPARTED, format!("{says}, and there is no permit")));
        };
        if more(departed, permitted.lines) || departed != exported {
            let says = format!("{says}, and the permit {:?}", permitted.lines);
            return Err(Broken::new(DEPARTED, says));
        }
        permitted.departed = Some(departed);
        self.case(case).departed = Some(departed);
        Ok(())
    }

    fn arrived(&mut self, case: &Id, arrival: &Endorsement) {
        self.case(case).arrived = amounts(&arrival.lines);
        self.moved.insert(case.clone());
    }

    fn returned(&mut self, case: &Id, returned: &Endorsement) {
        self.case(case).returned = amounts(&returned.lines);
        self.moved.insert(case.clone());
    }

    /// Weighs what has moved, once everything new is read: several messages may have come at once.
    pub fn weigh(&mut self, node: &Node) -> Checked {
        let moved = std::mem::take(&mut self.moved);
        moved.iter().try_for_each(|case| self.accounted(node, case))
    }

    /// What arrived and what came back is what left, or this side has a discrepancy.
    fn accounted(&mut self, node: &Node, case: &Id) -> Checked {
        let told = self.case(case);
        let (arrived, departed) = (sum(told.arrived, told.returned), told.departed);
        let known = node.core.state.trade.case(case);
        let stage = known.map(|case| case.stage);
        let word = known.is_some_and(|case| case.our_word.is_some() && case.their_word.is_some());
        let settled = stage == Some(Stage::Discrepant) || (stage == Some(Stage::Closed) && word);
        if departed == Some(arrived) || settled {
            return Ok(());
        }
        let says = format!(
            "{departed:?} left and {arrived:?} arrived or came back in {case}, and {} has it as {stage:?}",
            node.id
        );
        Err(Broken::new(ARRIVED, says))
    }

    fn moves(&mut self, node: &Node, movement: &Movement) -> Checked {
        let details = movement.details.as_ref();
        let mut moved = [0; 2];
        moved[kind_of(movement)] = movement.amount;
        match movement.movement {
            MovementKind::Export => {
                let permit = details.and_then(|details| details.authorization.as_ref());
                let permitted = permit.and_then(|permit| self.permits.get(permit));
                let Some(permitted) = permitted else {
                    let says = format!("{} let goods leave without a permit", node.id);
                    return Err(Broken::new(DEPARTED, says));
                };
                let case = permitted.case.clone();
                let authorized = self.authorized.get(&permitted.under);
                if authorized.is_some_and(|authorized| authorized.cancelled) {
                    let says = format!(
                        "goods left in {case} at {} after its authorization was cancelled",
                        node.id
                    );
                    return Err(Broken::new(ENDED, says));
                }
                self.goes_on(node, &case, "goods left")?;
                let told = self.case(&case);
                told.exported = sum(told.exported, moved);
            }
            MovementKind::Import => {
                let Some(case) = details.and_then(|details| details.case.clone()) else {
                    return Ok(());
                };
                self.goes_on(node, &case, "goods entered")?;
                let of_ours = case.starts_with(&format!("{}/", node.id));
                let told = self.case(&case);
                let counted = if of_ours { &mut told.back } else { &mut told.imported };
                *counted = sum(*counted, moved);
            }
            _ => {}
        }
        Ok(())
    }
}

/// What customs has endorsed is what the ledger has.
fn as_recorded(node: &Node, case: &Id, arrival: &Endorsement, imported: Amounts) -> Checked {
    let arrived = amounts(&arrival.lines);
    if arrived == imported {
        return Ok(());
    }
    let says = format!(
        "{} endorsed {arrived:?} in {case}; its ledger has {imported:?}",
        node.id
    );
    Err(Broken::new(MASS, says))
}

/// Every account of every item sums to nothing.
pub(super) fn balance(node: &Node) -> Checked {
    let state = &node.core.state;
    match state.ledger.out_of_balance(state.items.iter().count()) {
        None => Ok(()),
        Some((item, sum)) => {
            let says = format!("the accounts of item number {item} of {} sum to {sum}", node.id);
            Err(Broken::new(MASS, says))
        }
    }
}
