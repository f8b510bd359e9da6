//! New copies of an export permit: a duplicate of one that was lost, or one that is bound to other customs posts. The
//! number stays; the copy before is good no more.

use jiff::civil::Date;

use super::notice::{Notice, Replaced, Replacement};
use super::{AmendExportPermit, Case, DuplicateExportPermit, PermitReplaced, Stage, TradeRefusal, posts, queue};
use crate::State;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::refusal::{NameRefusal, Refused};

/// The most copies of one permit after its original: who needs more should ask for a new permit.
const COPIES_MAX: u8 = 20;

/// The case of a permit that is good, and of which nothing has left.
fn good<'a>(state: &'a State, permit: &Id) -> Refused<&'a Case> {
    let case = state.trade.of_permit(permit)?;
    if !matches!(case.stage, Stage::Issued | Stage::Held) {
        return Err(case.not_in("issued").into());
    }
    if case.has_moved() {
        let permit = permit.to_string();
        return Err(TradeRefusal::GoodsHaveLeft { permit }.into());
    }
    if case.copy() >= COPIES_MAX {
        let (field, max) = ("copies", usize::from(COPIES_MAX));
        let count = max + 1;
        return Err(NameRefusal::TooMany { field, count, max }.into());
    }
    Ok(case)
}

/// The exporter has sworn that the permit is lost.
pub(crate) fn decide_duplicate(state: &State, duplicate: &DuplicateExportPermit, today: Date) -> Refused<Vec<Event>> {
    let case = good(state, &duplicate.permit)?;
    let lost = Replaced::Lost(duplicate.affidavit.clone());
    Ok(replaced(case, &duplicate.permit, &case.posts, lost, today))
}

/// The goods leave elsewhere.
pub(crate) fn decide_permit_amendment(state: &State, amend: &AmendExportPermit, today: Date) -> Refused<Vec<Event>> {
    let case = good(state, &amend.permit)?;
    if amend.posts.is_empty() {
        return Err(NameRefusal::Empty { field: "posts" }.into());
    }
    posts::named(&amend.posts)?;
    if amend.posts == case.posts {
        let number = amend.permit.to_string();
        return Err(TradeRefusal::NothingAmended { number }.into());
    }
    let amended = Replaced::Amended(amend.reason.clone());
    Ok(replaced(case, &amend.permit, &amend.posts, amended, today))
}

/// The entries of a new copy.
fn replaced(case: &Case, permit: &Id, posts: &[Text], replaced: Replaced, on: Date) -> Vec<Event> {
    let replacement = Replacement {
        permit: permit.clone(),
        copy: case.copy().saturating_add(1),
        on,
        replaced,
    };
    let mut events = vec![Event::ExportPermitReplaced(Box::new(PermitReplaced {
        case: case.id.clone(),
        replacement: replacement.clone(),
        posts: posts.to_vec(),
    }))];
    if let Some(partner) = &case.partner {
        let notice = Notice::PermitReplaced(Box::new(replacement));
        events.push(queue(partner, Some(&case.id), notice));
    }
    events
}

pub(crate) fn apply_replacement(state: &mut State, replaced: &PermitReplaced) {
    if let Some(case) = state.trade.cases.get_mut(&replaced.case) {
        let Replacement { replaced: why, on, .. } = &replaced.replacement;
        case.copies.push((why.clone(), *on));
        case.posts.clone_from(&replaced.posts);
    }
}
