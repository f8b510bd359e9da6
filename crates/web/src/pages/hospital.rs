//! The pharmacy of an institution: the same page as a company's, with what was dispensed today before all else.

use authority::Wanted;
use domain::Event;
use domain::ledger::MovementKind;

use super::company::{self, Dispensed, dispenses};
use super::register::own_sites;
use crate::answer::{Answered, see};
use crate::ask::Ask;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[page("/hospital", Who::Holders, hospital)];

/// Lines of today that are looked at for each site.
const LINES_MAX: usize = 100;

fn hospital(ask: &Ask) -> Answered {
    let sites: Vec<_> = {
        let state = ask.state();
        let own = own_sites(ask, &state).into_iter();
        own.filter(|site| dispenses(state.holders.site_at(*site))).collect()
    };
    if sites.is_empty() {
        return Ok(see("/company"));
    }
    let today = ask.today();
    let words = ask.words();
    let mut dispensed = Dispensed {
        day: words.day(today),
        lines: Vec::new(),
        more: false,
    };
    for site in sites {
        let book = ask.app.authority().book(&Wanted {
            site,
            item: None,
            batch: None,
            month: Some(today),
            after: None,
            limit: LINES_MAX,
        })?;
        dispensed.more |= book.more && book.lines.last().is_some_and(|line| line.day == today);
        let state = ask.state();
        for line in book
            .lines
            .iter()
            .filter(|line| line.day == today && line.reversed_by.is_none())
        {
            let Event::Movement(movement) = &line.entry.event else {
                continue;
            };
            if movement.movement == MovementKind::Dispense {
                let item = state.items.at(line.item);
                dispensed.lines.push((
                    movement.site.to_string(),
                    names::item(words, &state, item),
                    movement.batch.to_string(),
                    names::amount(words, item, movement.amount),
                    line.entry.seq,
                ));
            }
        }
    }
    company::show(ask, true, Some(dispensed))
}
