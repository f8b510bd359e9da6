//! Which entries of a journal are of one case.

use std::collections::BTreeSet;

use domain::digest::Digest;
use domain::id::Id;
use domain::ledger::Movement;
use domain::partner::{Message, Receipt, Signed};
use domain::trade::{Case, Notice, Side};
use domain::{Entry, Event};
use serde_json::Value;
use uuid::Uuid;

use crate::evidence::said;

/// The entries of a case that were found so far, going through the journal from its beginning.
pub(crate) struct Found<'a> {
    /// Their numbers.
    pub entries: BTreeSet<u64>,
    case: &'a Case,
    /// The exporter's name for it; only on the exporting side.
    application: Option<&'a str>,
    /// Hashes of our messages of the case: receipts name them.
    ours: BTreeSet<Digest>,
    /// The last approval: its entry, the command and what it approves. The command's other entries follow it.
    approval: Option<(u64, Uuid, u64)>,
}

/// The message of ours in an entry, signed here or put back.
pub(crate) fn ours(event: &Event) -> Option<&Signed> {
    match event {
        Event::MessageSigned(signed) => Some(&signed.message),
        Event::MessageRecovered(recovered) => Some(&recovered.message),
        _ => None,
    }
}

impl<'a> Found<'a> {
    /// Nothing yet. A case's id is the exporting authority's, a slash, and the application's.
    pub fn new(case: &'a Case, us: &str) -> Self {
        let application = case.id.strip_prefix(us).and_then(|rest| rest.strip_prefix('/'));
        Self {
            entries: BTreeSet::new(),
            case,
            application: application.filter(|_| case.side == Side::Exporting),
            ours: BTreeSet::new(),
            approval: None,
        }
    }

    /// Takes the next entry of the journal if it is of the case, with the approval and the proposal that it came of.
    pub fn take(&mut self, entry: &Entry) {
        if let Event::DecisionApproved(approval) = &entry.event {
            self.approval = Some((entry.seq, entry.command_id, approval.of));
            return;
        }
        if !self.is_of_case(entry) {
            return;
        }
        self.entries.insert(entry.seq);
        if let Some((seq, command, of)) = self.approval
            && command == entry.command_id
        {
            self.entries.extend([seq, of]);
        }
    }

    fn is_of_case(&mut self, entry: &Entry) -> bool {
        match &entry.event {
            Event::MessageSigned(signed) => {
                let is = self.is_message(&signed.message);
                if is {
                    self.ours.insert(signed.message.hash());
                }
                is
            }
            Event::MessageRecovered(recovered) => self.is_message(&recovered.message),
            Event::MessageReceived(received) => self.is_message(&received.message),
            Event::MessageEquivocated(second) => self.is_message(&second.message),
            Event::MessageReceipted(receipted) => {
                let receipt = receipted.receipt.payload.read::<Receipt>();
                receipt.is_ok_and(|receipt| self.ours.contains(&receipt.of))
            }
            Event::MessageQueued(queued) => match &queued.case {
                Some(case) => *case == self.case.id,
                None => self.is_with_partner(&queued.to) && self.names_authorization(&queued.notice),
            },
            Event::DecisionProposed(proposal) => self.is_proposed(&proposal.with),
            Event::DecisionRejected(rejection) => self.entries.contains(&rejection.of),
            Event::ConsignmentReleased(release) => self.is_permit(&release.permit),
            Event::Movement(movement) => self.is_moved(movement),
            Event::LineReversed(reversed) => self.entries.contains(&reversed.line),
            Event::ImportAuthorizationIssued(_)
            | Event::ImportAuthorizationAmended(_)
            | Event::ImportAuthorizationCancelled(_)
            | Event::ReExportEnded(_) => {
                self.case.side == Side::Importing && self.is_authorization(entry.event.subject())
            }
            // So a kind that is new belongs to its case at once.
            event => event.subject() == self.case.id.as_str(),
        }
    }

    /// Whether a message is of the case, or carries its import authorization.
    fn is_message(&self, signed: &Signed) -> bool {
        if let Ok(message) = signed.payload.read::<Message>()
            && let Some(case) = &message.case
        {
            return *case == self.case.id;
        }
        said(signed).is_some_and(|(message, notice)| {
            (self.is_with_partner(&message.from) || self.is_with_partner(&message.to))
                && self.names_authorization(&notice)
        })
    }

    fn is_with_partner(&self, id: &Id) -> bool {
        self.case.partner.as_ref() == Some(id)
    }

    fn names_authorization(&self, notice: &Notice) -> bool {
        match notice {
            Notice::AuthorizationIssued(authorization) => self.is_authorization(&authorization.number),
            Notice::AuthorizationAmended(amendment) => self.is_authorization(&amendment.authorization.number),
            Notice::AuthorizationCancelled(cancellation) => self.is_authorization(&cancellation.number),
            Notice::ReExportEnded(ended) => self.is_authorization(&ended.number),
            _ => false,
        }
    }

    fn is_authorization(&self, number: &str) -> bool {
        let authorization = self.case.consignment.authorization.as_ref();
        authorization.is_some_and(|of_case| of_case.as_str() == number)
    }

    fn is_permit(&self, number: &str) -> bool {
        let permit = self.case.permit.as_ref().filter(|_| self.case.side == Side::Exporting);
        permit.is_some_and(|permit| permit.number.as_str() == number)
    }

    /// Whether a proposed command names the case: one that nobody approved belongs to it as well.
    fn is_proposed(&self, with: &str) -> bool {
        let Ok(with) = serde_json::from_str::<Value>(with) else {
            return false;
        };
        let named = |field: &str| with.get(field).and_then(Value::as_str);
        let by_application = self.application.is_some() && named("export") == self.application;
        by_application
            || named("case") == Some(self.case.id.as_str())
            || named("permit").is_some_and(|of| self.is_permit(of))
    }

    /// Whether a line of the ledger went under the case, or continues one that did.
    fn is_moved(&self, movement: &Movement) -> bool {
        let continues = movement.dispatch.is_some_and(|line| self.entries.contains(&line));
        let names = movement.details.as_ref().is_some_and(|details| {
            details.case.as_ref() == Some(&self.case.id)
                || details
                    .authorization
                    .as_ref()
                    .is_some_and(|number| self.is_permit(number))
        });
        continues || names
    }
}
