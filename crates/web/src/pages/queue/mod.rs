//! The work queue: the first page of everybody's day. It is derived from the state for each role, and kept nowhere.

mod border;
mod counts;
mod desk;
mod holders;
mod officers;
mod provinces;

use askama::Template;
use domain::access::{Capacity, Role};
use jiff::civil::Date;

use crate::answer::{Answered, Fault, html, local, see};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::links::{self, Pages};
use crate::pages::first_run;
use crate::routes::{Route, form, page};
use crate::who::Who;

pub use counts::Counts;
use desk::Desk;
pub use desk::{Lane, Task};

pub const ROUTES: &[Route] = &[
    page("/queue", Who::SignedIn, queue),
    form("/queue/claim", Who::SignedIn, claim),
];

/// The parts of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    You,
    Team,
    Waiting,
    Overdue,
}

const TABS: [(Tab, &str); 4] = [
    (Tab::You, "you"),
    (Tab::Team, "team"),
    (Tab::Waiting, "waiting"),
    (Tab::Overdue, "overdue"),
];

/// A link to a part of the queue, with how much is in it.
struct TabLink {
    path: String,
    name: String,
    count: String,
    here: bool,
}

/// A row of the page.
struct Row {
    task: Task,
    /// Who works on it, in words.
    taken: Option<String>,
    /// Whether the visitor does.
    yours: bool,
    /// Whether it can be taken at all.
    takeable: bool,
    clock: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "queue/queue.html")]
struct QueuePage {
    f: Frame,
    tabs: Vec<TabLink>,
    rows: Vec<Row>,
    pages: Pages,
    more: bool,
    box_only: bool,
    auditor: bool,
    /// Whether the authority's first days are not over, and the visitor is one who ends them.
    first_days: bool,
    empty: String,
    here: String,
}

/// What lies on the visitor's desk, and whether there is more of some kind.
pub fn gather(ask: &Ask) -> Result<(Vec<Task>, bool), Fault> {
    let visitor = ask.visitor()?;
    let counting = visitor.is_any(&[Role::Statistician, Role::ChiefInspector]);
    // The register is looked into before the state is held.
    let counts = if counting {
        counts::of_year_end(ask)?
    } else {
        Vec::new()
    };
    let state = ask.state();
    let mut desk = Desk::new(ask, &state, visitor);
    match visitor.actor.capacity() {
        Capacity::Officer(role) => officers::fill(&mut desk, role, &counts),
        Capacity::Responsible(holder) | Capacity::Clerk(holder) => holders::fill(&mut desk, holder),
    }
    let (mut tasks, more) = (desk.tasks, desk.more);
    tasks.sort_by_key(|task| task.due.unwrap_or(Date::MAX));
    // What a company and the authority both have to do is not the work of one team.
    if let Some(holder) = visitor.holder() {
        for task in &mut tasks {
            task.key = format!("{holder} {}", task.key);
        }
    }
    Ok((tasks, more))
}

fn queue(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let box_only = visitor.is(Role::CustomsOfficer);
    let (tasks, more) = if box_only { (Vec::new(), false) } else { gather(ask)? };
    let claims = ask.app.claimed(tasks.iter().map(|task| task.key.as_str()));
    let person = visitor.person();
    let today = ask.today();
    let is_in = |tab: Tab, task: &Task| {
        let others = claims.get(&task.key).is_some_and(|by| by != person);
        match tab {
            Tab::You => task.lane == Lane::Ours && !others,
            Tab::Team => task.lane != Lane::Waiting,
            Tab::Waiting => task.lane == Lane::Waiting,
            Tab::Overdue => task.late(today) > 0,
        }
    };
    let wanted = ask.query.get("tab");
    let here = TABS
        .iter()
        .find(|(_, word)| *word == wanted)
        .map_or(Tab::You, |(tab, _)| *tab);
    let link = |(tab, word): &(Tab, &str)| {
        let count = tasks.iter().filter(|task| is_in(*tab, task)).count();
        let plus = if more { "+" } else { "" };
        TabLink {
            path: format!("/queue?tab={word}"),
            name: words.t(&format!("queue-tab-{word}")),
            count: format!("{}{plus}", words.number(count)),
            here: *tab == here,
        }
    };
    let tabs = TABS.iter().map(link).collect();
    let shown = tasks.iter().filter(|task| is_in(here, task)).cloned();
    let (shown, pages) = links::cut(ask, shown);
    let row = |task: Task| {
        let by = claims.get(&task.key);
        let (clock, late) = clock(ask, task.due);
        Row {
            yours: by.is_some_and(|by| by == person),
            taken: by.map(|by| ask.person(by)),
            takeable: task.lane == Lane::Ours,
            clock,
            late,
            task,
        }
    };
    let here_word = TABS
        .iter()
        .find(|(tab, _)| *tab == here)
        .map_or("you", |(_, word)| word);
    html(&QueuePage {
        f: Frame::of(ask, words.t("queue-title")),
        tabs,
        rows: shown.into_iter().map(row).collect(),
        pages,
        more,
        box_only,
        auditor: visitor.is(Role::Auditor),
        first_days: visitor.is(Role::Administrator) && first_run::is_open(ask)?,
        empty: words.t(&format!("queue-empty-{here_word}")),
        here: format!("/queue?tab={here_word}"),
    })
}

/// How much time is left until a day, in words, and whether it is past.
fn clock(ask: &Ask, due: Option<Date>) -> (String, bool) {
    let words = ask.words();
    let Some(due) = due else {
        return (String::new(), false);
    };
    let left = desk::days(ask.today(), due);
    let said = u64::from(left.unsigned_abs());
    match left {
        0 => (words.t("queue-clock-today"), false),
        1.. => (words.count("queue-clock-left", said), false),
        _ => (words.count("queue-clock-late", said), true),
    }
}

/// Takes a task, or leaves it. It is no lock: whoever does it, does it.
fn claim(ask: &Ask) -> Answered {
    let key = ask.form.get("key");
    let (tasks, _) = gather(ask)?;
    let known = tasks.iter().any(|task| task.key == key && task.lane == Lane::Ours);
    if !known {
        // It was done meanwhile, or was never this visitor's.
        return Ok(see(local(ask.form.get("then"))));
    }
    match ask.form.get("do") {
        "take" => ask.app.claim(key, ask.visitor()?.person()),
        "leave" => ask.app.unclaim(key),
        _ => return Err(Fault::Bad("fault-no-form")),
    }
    let then = local(ask.form.get("then"));
    Ok(see(if then == "/" { "/queue" } else { then }))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::desk::days;

    #[test]
    fn days_are_counted_over_months_and_years() {
        assert_eq!(days(date(2024, 2, 28), date(2024, 3, 1)), 2);
        assert_eq!(days(date(2025, 1, 6), date(2024, 6, 30)), -190);
        assert_eq!(days(date(2025, 1, 6), date(2025, 1, 6)), 0);
    }
}
