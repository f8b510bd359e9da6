//! What waits for officers of goods that pass through.

use domain::trade::passage::{Passage, Passing};

use super::desk::{Desk, EACH, Lane, Task};
use crate::names;
use crate::pages::decisions::subject;
use crate::pages::passage_path;

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
