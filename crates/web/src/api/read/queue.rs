//! What is to be done: the page of the queue, for systems.

use domain::access::Role;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ok;
use super::{CivilDay, day};
use crate::answer::Answered;
use crate::ask::Ask;
use crate::pages::{Lane, Task, tasks};

/// What lies on a desk.
#[derive(Serialize, JsonSchema)]
pub struct Queue {
    /// The most urgent first.
    items: Vec<ToDo>,
    /// Whether there is more of some kind than is listed.
    more: bool,
}

/// One thing to do.
#[derive(Serialize, JsonSchema)]
pub struct ToDo {
    /// The number of what it is about.
    reference: String,
    /// What is to be done.
    what: String,
    /// The company or institution.
    company: String,
    /// Destination, substance, quantity.
    goods: String,
    /// What it waits for.
    why: String,
    /// The day by which law or policy wants it done.
    #[schemars(with = "Option<CivilDay>")]
    due: Option<String>,
    /// The page where it is done.
    path: String,
    /// `ours` where who asks can do it now, `not_you` where another person of the role must, `waiting` where somebody else
    /// has to act.
    lane: &'static str,
}

pub fn queue(ask: &Ask) -> Answered {
    // Customs has no queue: whoever stands at the border brings the number.
    let (tasks, more) = if ask.visitor()?.is(Role::CustomsOfficer) {
        (Vec::new(), false)
    } else {
        tasks(ask)?
    };
    let items = tasks.into_iter().map(to_do).collect();
    ok(&Queue { items, more })
}

fn to_do(task: Task) -> ToDo {
    ToDo {
        reference: task.reference,
        what: task.what,
        company: task.company,
        goods: task.goods,
        why: task.why,
        due: task.due.map(day),
        path: task.path,
        lane: match task.lane {
            Lane::Ours => "ours",
            Lane::NotYou => "not_you",
            Lane::Waiting => "waiting",
        },
    }
}
