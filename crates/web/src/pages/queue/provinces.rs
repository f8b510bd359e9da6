//! What waits between provinces: differences, goods that are late, goods that come to a holder or have left from it.

use domain::holder::Holder;
use domain::province::{self, Domestic, End};

use super::desk::{Desk, EACH, Lane, Task};
use crate::links;
use crate::pages::provinces;

fn task(desk: &Desk<'_>, entry: u64, domestic: &Domestic, (what, why): (&str, &str), lane: Lane) -> Task {
    let (state, words) = (desk.state, desk.words);
    Task {
        key: format!("domestic:{entry}"),
        reference: entry.to_string(),
        what: words.t(what),
        company: provinces::other_site(state, domestic),
        goods: provinces::sent(words, state, domestic, domestic.told.amount),
        why: words.t(why),
        due: None,
        path: provinces::path(entry),
        lane,
    }
}

/// Differences on which a word is missing, and arrivals that are late.
pub fn of_officers(desk: &mut Desk<'_>) {
    let state = desk.state;
    let mut tasks: Vec<Task> = Vec::new();
    for (entry, domestic) in state.provinces.open().filter(|(_, one)| one.differs()).take(EACH + 1) {
        let (why, lane) = match domestic.our_word {
            None => ("queue-why-discrepant", Lane::Ours),
            Some(_) => ("queue-why-their-word", Lane::Waiting),
        };
        tasks.push(task(desk, entry, domestic, ("queue-what-difference", why), lane));
    }
    for late in province::overdue(state, desk.today).take(EACH + 1) {
        let said = ("queue-what-late", "queue-why-late");
        let mut task = task(desk, late.entry, late.domestic, said, Lane::Waiting);
        task.key = format!("late:{}", late.entry);
        task.due = Some(late.due_on);
        tasks.push(task);
    }
    desk.put(tasks.into_iter());
}

/// Goods of a holder that come from another province, and those on their way there.
pub fn of_holder(desk: &mut Desk<'_>, holder: &Holder) {
    let state = desk.state;
    let own = |id: &str| {
        state
            .holders
            .site(id)
            .is_ok_and(|(site, _)| holder.sites.contains(&site))
    };
    let ours = |domestic: &Domestic| match domestic.end {
        End::Receiving => own(&domestic.told.to),
        End::Sending => own(&domestic.told.from),
    };
    let open = state.provinces.open();
    let moving = open.filter(|(_, domestic)| domestic.outstanding() > 0 && ours(domestic));
    let tasks: Vec<Task> = moving
        .take(EACH + 1)
        .map(|(entry, domestic)| {
            let mut task = match domestic.end {
                End::Receiving => receive(desk, entry, domestic),
                End::Sending => {
                    let said = ("queue-what-sent", "queue-why-sent");
                    task(desk, entry, domestic, said, Lane::Waiting)
                }
            };
            task.goods = provinces::sent(desk.words, state, domestic, domestic.outstanding());
            task.due = Some(province::due_on(state, domestic));
            task
        })
        .collect();
    desk.put(tasks.into_iter());
}

/// Goods that have come are counted and received.
fn receive(desk: &Desk<'_>, entry: u64, domestic: &Domestic) -> Task {
    let said = ("queue-what-receive", "queue-why-receive");
    let mut task = task(desk, entry, domestic, said, Lane::Ours);
    let (number, site) = (entry.to_string(), domestic.told.to.as_str());
    task.path = links::act("receive", &[("!dispatch", &number), ("!site", site)], "/queue");
    task
}
