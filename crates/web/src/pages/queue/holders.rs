//! What waits for the persons of a company or institution.

use domain::holder::Holder;
use domain::ledger::{Compartment, Transit};
use domain::order::Order;
use domain::table::No;
use domain::trade::{Side, Stage};

use super::desk::{Desk, EACH, LOOKED_AT, Lane, Task};
use super::{officers, provinces};
use crate::links;
use crate::names;
use crate::pages::decisions::subject;

/// Fills the desk of a holder's person.
pub fn fill(desk: &mut Desk<'_>, holder: &str) {
    officers::proposals(desk);
    let Some((_, holder)) = desk.state.holders.holder(holder) else {
        return;
    };
    goods(desk, holder);
    provinces::of_holder(desk, holder);
    orders(desk, holder);
    notices(desk, holder);
    counts(desk, holder);
    licences(desk, holder);
    applications(desk, holder);
}

/// Goods on their way: to the holder's sites, and from them.
fn goods(desk: &mut Desk<'_>, holder: &Holder) {
    let (state, words) = (desk.state, desk.words);
    let ours = |site: No| holder.sites.contains(&site);
    let task = |(seq, transit): (&u64, &Transit)| {
        let to = transit.to.filter(|to| ours(*to));
        let (what, why, other, lane) = match to {
            Some(_) => (
                "queue-what-receive",
                "queue-why-receive",
                Some(transit.from),
                Lane::Ours,
            ),
            None if transit.to.is_some() => ("queue-what-sent", "queue-why-sent", transit.to, Lane::Waiting),
            None => return None,
        };
        let number = seq.to_string();
        let site = to
            .map(|to| state.holders.site_at(to).id.to_string())
            .unwrap_or_default();
        let why = if transit.short { "queue-why-short" } else { why };
        Some(Task {
            key: format!("dispatch:{seq}"),
            reference: number.clone(),
            what: words.t(what),
            company: other
                .map(|other| names::site(state, state.holders.site_at(other)))
                .unwrap_or_default(),
            goods: officers::sent(desk, *seq),
            why: words.t(why),
            due: None,
            path: match to {
                Some(_) if !transit.short => {
                    links::act("receive", &[("!dispatch", &number), ("!site", &site)], "/queue")
                }
                _ => "/register".to_owned(),
            },
            lane,
        })
    };
    let moving = state.ledger.transit().iter();
    let of_holder = moving.filter(|(_, transit)| transit.to.is_some_and(ours) || ours(transit.from));
    let tasks: Vec<Task> = of_holder.filter_map(task).take(super::desk::EACH + 1).collect();
    desk.put(tasks.into_iter());
}

/// Orders: to answer as the supplier, and own ones that the supplier has not answered in full.
fn orders(desk: &mut Desk<'_>, holder: &Holder) {
    let state = desk.state;
    let mut tasks = Vec::new();
    for site in &holder.sites {
        let asked = state.orders.open_to_supplier(*site).rev().take(EACH + 1);
        tasks.extend(asked.map(|order| order_task(desk, order, true)));
        let own = state.orders.open_of_site(*site).rev().take(EACH + 1);
        tasks.extend(own.map(|order| order_task(desk, order, false)));
    }
    desk.put(tasks.into_iter());
}

fn order_task(desk: &Desk<'_>, order: &Order, supplier: bool) -> Task {
    let (state, words) = (desk.state, desk.words);
    let (what, why, other, lane) = if supplier {
        ("queue-what-order", "queue-why-order", order.site, Lane::Ours)
    } else {
        ("queue-what-ordered", "queue-why-ordered", order.supplier, Lane::Waiting)
    };
    let left = order.lines.iter().filter(|line| line.supplied < line.ordered);
    let said = left.take(4).map(|line| {
        let item = state.items.at(line.item);
        let amount = names::amount(words, item, line.ordered - line.supplied);
        format!("{} {amount}", names::item(words, state, item))
    });
    Task {
        key: format!("order:{}", order.id),
        reference: order.id.to_string(),
        what: words.t(what),
        company: names::site(state, state.holders.site_at(other)),
        goods: said.collect::<Vec<_>>().join(" · "),
        why: words.t(why),
        due: order.wanted_on,
        path: links::at("/orders", &order.id),
        lane,
    }
}

/// Notices of emergency supplies that the holder owes.
fn notices(desk: &mut Desk<'_>, holder: &Holder) {
    let (state, words) = (desk.state, desk.words);
    let owed = state
        .channels
        .notices()
        .filter(|(_, site, _)| holder.sites.contains(site));
    let tasks: Vec<Task> = owed
        .map(|(dispatch, site, due)| {
            let number = dispatch.to_string();
            Task {
                key: format!("notice:{dispatch}"),
                reference: number.clone(),
                what: words.t("queue-what-give-notice"),
                company: names::site(state, state.holders.site_at(site)),
                goods: officers::sent(desk, dispatch),
                why: words.t("queue-why-give-notice"),
                due: Some(due),
                path: links::act("give_notice", &[("!dispatch", &number)], "/queue"),
                lane: Lane::Ours,
            }
        })
        .collect();
    desk.put(tasks.into_iter());
}

/// Sites of the supply side whose stock of 31 December is not counted and accepted, while that year is open.
fn counts(desk: &mut Desk<'_>, holder: &Holder) {
    let (state, words, last) = (desk.state, desk.words, desk.today.year() - 1);
    let begun = state.founding.books_from.year() <= last;
    if !begun || state.planning.closed(last).is_some() {
        return;
    }
    let mut tasks = Vec::new();
    for no in &holder.sites {
        let site = state.holders.site_at(*no);
        if site.retail {
            continue;
        }
        let accounts = state.ledger.accounts_of(*no).take(LOOKED_AT);
        let open = accounts.filter(|account| {
            account.holds(Compartment::Stock) != 0 && account.closed_by_count.is_none_or(|year| year < last)
        });
        let open = open.count();
        if open > 0 {
            tasks.push(Task {
                key: format!("count:{last}:{}", site.id),
                reference: site.id.to_string(),
                what: words.t1("queue-what-count-due", "year", last),
                company: names::kinds(words, site),
                goods: words.count("queue-batches", u64::try_from(open).unwrap_or_default()),
                why: words.t("queue-why-count-due"),
                due: None,
                path: "/register".to_owned(),
                lane: Lane::Ours,
            });
        }
    }
    desk.put(tasks.into_iter());
}

/// Licences and cards of the holder that end soon and are not renewed.
fn licences(desk: &mut Desk<'_>, holder: &Holder) {
    let (first, last) = (desk.day(-60), desk.day(60));
    let mut seen = std::collections::BTreeSet::new();
    let mut tasks = Vec::new();
    for site in &holder.sites {
        for licence in desk.state.licences.of_site(*site) {
            let until = licence.grant.valid_until;
            let soon = first <= until && until <= last && licence.revoked.is_none();
            if soon && !officers::renewed(desk, licence) && seen.insert(licence.grant.id.clone()) {
                let mut task = officers::ends(desk, licence);
                task.why = desk.words.t("queue-why-licence-holder");
                tasks.push(task);
            }
        }
    }
    desk.put(tasks.into_iter());
}

/// What the holder has asked of the authority and is not answered.
fn applications(desk: &mut Desk<'_>, holder: &Holder) {
    let (state, words) = (desk.state, desk.words);
    let sites: Vec<&str> = holder
        .sites
        .iter()
        .map(|site| state.holders.site_at(*site).id.as_str())
        .collect();
    let own = state
        .trade
        .open_applications()
        .filter(|applied| sites.contains(&applied.site.as_str()));
    let tasks: Vec<Task> = own
        .map(|applied| Task {
            key: format!("application:{}", applied.id),
            reference: applied.id.to_string(),
            what: words.t("queue-what-import-asked"),
            company: applied.exporter.name.to_string(),
            goods: subject::goods(
                words,
                state,
                &names::country(words, applied.exporter.country),
                &applied.lines,
            ),
            why: words.t("queue-why-authority"),
            due: None,
            path: "/cases".to_owned(),
            lane: Lane::Waiting,
        })
        .collect();
    desk.put(tasks.into_iter());
    let exports = state.trade.open_cases().filter(|case| case.side == Side::Exporting);
    let own = exports.filter(|case| case.site.as_ref().is_some_and(|site| sites.contains(&site.as_str())));
    let task = |case: &domain::trade::Case| {
        let permit = case.permit.as_ref().map(|permit| permit.valid_until);
        let (what, why, due, lane) = match case.stage {
            Stage::Draft | Stage::Confirmed => ("queue-what-export-asked", "queue-why-authority", None, Lane::Waiting),
            Stage::Requested | Stage::Queried => ("queue-what-export-asked", "queue-why-asked", None, Lane::Waiting),
            Stage::Issued => ("queue-what-export", "queue-why-export", permit, Lane::Ours),
            Stage::Held => ("queue-what-export", "queue-why-held", permit, Lane::Waiting),
            _ => return None,
        };
        Some(desk.of_case(case, what, why, due, lane))
    };
    let tasks: Vec<Task> = own.filter_map(task).take(super::desk::EACH + 1).collect();
    desk.put(tasks.into_iter());
}
