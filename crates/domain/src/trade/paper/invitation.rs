//! Grade B: the importing authority's officer answers on a page of ours. The journal knows the hash of the page's secret
//! and of what the page shows; link and code themselves are known to nobody but those who use them.

use jiff::Span;
use jiff::civil::Date;

use super::{
    AnswerInvitation, ConfirmationInvited, Grade, Invitation, InvitationAnswered, InviteConfirmation, PageAnswer,
    PaperRefusal, confirm, listed_of, papers_of, person, refuse, waiting,
};
use crate::State;
use crate::access::Actor;
use crate::digest::Digest;
use crate::refusal::{NameRefusal, Refused};
use crate::trade::question::{QUESTIONS_MAX, ask};
use crate::trade::{Case, Question, Stage, TradeRefusal, foreign_of};

/// The hash of what the page of a case shows: the consignment and its import authorization, field by field.
pub fn shown(state: &State, case: &Case) -> Digest {
    let authorization = foreign_of(state, case).map(|foreign| &foreign.authorization);
    let shown = (&case.id, &case.consignment, authorization, &case.questions);
    Digest::of(serde_json::to_string(&shown).unwrap_or_default())
}

pub(crate) fn decide_invitation(
    state: &State,
    by: &Actor,
    invite: &InviteConfirmation,
    today: Date,
) -> Refused<ConfirmationInvited> {
    if invite.link == crate::digest::Bytes([0; 32]) {
        let (field, why) = (
            "link",
            "the hash of the secret in the page's address is missing".to_owned(),
        );
        return Err(NameRefusal::BadQuantity { field, why }.into());
    }
    let case = waiting(state, &invite.export)?;
    let officer = person(by)?;
    let country = case.consignment.importer.country.to_string();
    let listed = listed_of(state, case).ok_or(PaperRefusal::NotListed { country })?;
    listed.usable(state, case, &officer, today)?;
    super::accepted(state, case, Grade::B)?;
    if foreign_of(state, case).is_none() {
        // The page shows the authorization beside the consignment.
        let export = invite.export.to_string();
        return Err(TradeRefusal::AuthorizationMissing { export }.into());
    }
    let days = Span::new().try_days(state.policies.invitation_days).ok();
    let until = days.and_then(|days| today.checked_add(days).ok()).unwrap_or(today);
    Ok(ConfirmationInvited {
        case: case.id.clone(),
        authority: listed.listing.id.clone(),
        email: listed.listing.email.clone(),
        link: invite.link,
        shows: shown(state, case),
        until,
        officer,
    })
}

/// The answer is taken once, in time, and for what the page has shown.
pub(crate) fn decide_invitation_answer(
    state: &State,
    answer: &AnswerInvitation,
    today: Date,
) -> Refused<InvitationAnswered> {
    let case = state.trade.find(&answer.case)?;
    let id = || case.id.to_string();
    let invitation = case.paper.as_ref().and_then(|paper| paper.invitation.as_ref());
    let open = invitation.filter(|open| !open.answered && open.link == answer.link && case.stage == Stage::Requested);
    let open = open.ok_or_else(|| PaperRefusal::InvitationOver { case: id() })?;
    if open.until < today {
        let (case, until) = (id(), open.until);
        return Err(PaperRefusal::InvitationEnded { case, until, today }.into());
    }
    if open.shows != answer.shows || shown(state, case) != answer.shows {
        return Err(PaperRefusal::ShownDiffers { case: id() }.into());
    }
    let (field, count, max) = ("questions", case.questions.len() + 1, QUESTIONS_MAX);
    if count > max && matches!(answer.said, PageAnswer::Ask { .. }) {
        return Err(NameRefusal::TooMany { field, count, max }.into());
    }
    Ok(answer.clone())
}

pub(crate) fn apply_invited(state: &mut State, invited: &ConfirmationInvited, on: Date) {
    let Some((case, listed)) = papers_of(state, &invited.case, on) else {
        return;
    };
    let paper = case.paper.get_or_insert_default();
    paper.uses(listed.as_ref(), &[&invited.officer]);
    paper.invitation = Some(Invitation {
        link: invited.link,
        shows: invited.shows,
        until: invited.until,
        email: invited.email.clone(),
        answered: false,
    });
}

pub(crate) fn apply_invitation_answer(state: &mut State, answered: &InvitationAnswered, on: Date) {
    let Some((case, Some(listed))) = papers_of(state, &answered.case, on) else {
        return;
    };
    if let Some(invitation) = case.paper.as_mut().and_then(|paper| paper.invitation.as_mut()) {
        invitation.answered = true;
    }
    let authority = listed.listing.id;
    match &answered.said {
        PageAnswer::Confirm {} => {
            let consignment = case.consignment.clone();
            confirm(case, Grade::B, answered.shows, consignment, on);
        }
        PageAnswer::Refuse { reason } => refuse(case, &authority, reason.clone(), on),
        PageAnswer::Ask { question } => {
            let (officer, text) = (authority, question.clone());
            ask(case, Question { officer, text }, on);
        }
    }
}
