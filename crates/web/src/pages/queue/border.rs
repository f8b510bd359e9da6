//! What waits for officers of goods that pass through.

use domain::id::{Id, Text};
use domain::trade::passage::{Passage, Passing};
use domain::trade::{Case, OwnAuthorization, own_to_review, to_review};
use jiff::civil::Date;

use super::desk::{Desk, EACH, Lane, Task};
use crate::pages::decisions::subject;
use crate::pages::passage_path;
use crate::{links, names};

/// Passages that are detained, or differ: somebody has to say what becomes of them.
pub fn passages(desk: &mut Desk<'_>) {
    let (state, words) = (desk.state, desk.words);
    let task = |passage: &Passage| {
        let (what, why) = match passage.passing {
            Passing::Detained => ("queue-what-passage-detained", "queue-why-passage-detained"),
            Passing::Different => ("queue-what-passage-different", "queue-why-passage-different"),
            _ => return None,
        };
        let entry = passage.entry.as_ref()?;
        let to = names::country(words, entry.importer.country);
        Some(Task {
            key: format!("passage:{}", passage.id),
            reference: passage.id.to_string(),
            what: words.t(what),
            company: entry.exporter.name.to_string(),
            goods: subject::goods(words, state, &to, &passage.lines),
            why: words.t(why),
            due: None,
            path: passage_path(&passage.id),
            lane: Lane::Ours,
        })
    };
    let tasks: Vec<Task> = state.trade.passages().filter_map(task).take(EACH + 1).collect();
    desk.put(tasks.into_iter());
}

/// Authorizations that were issued before the schedule of their drug changed: nothing moves under them until they are looked
/// at again.
pub fn reviews(desk: &mut Desk<'_>) {
    let (state, words, today) = (desk.state, desk.words, desk.today);
    let task = |number: &Id, company: &Text, (substance, since): (Id, Date)| Task {
        key: format!("review:{number}"),
        reference: number.to_string(),
        what: words.t("queue-what-review"),
        company: company.to_string(),
        goods: String::new(),
        why: words.t2("queue-why-review", "substance", substance, "day", words.day(since)),
        due: None,
        path: links::act("review_after_change", &[("number", number.as_str())], "/queue"),
        lane: Lane::Ours,
    };
    let of_case = |case: &Case| {
        let found = to_review(state, case, today)?;
        let permit = case.permit.as_ref()?;
        Some(task(&permit.number, &case.consignment.exporter.name, found))
    };
    let of_own = |own: &OwnAuthorization| {
        let found = own_to_review(state, own, today)?;
        let authorization = &own.authorization;
        let over = own.cancelled || authorization.valid_until < today;
        (!over).then(|| task(&authorization.number, &authorization.importer.name, found))
    };
    let cases = state.trade.open_cases().filter_map(of_case);
    let tasks: Vec<Task> = cases
        .chain(state.trade.owns().filter_map(of_own))
        .take(EACH + 1)
        .collect();
    desk.put(tasks.into_iter());
}
