//! What waits for officers, by role.

use std::collections::BTreeSet;

use domain::access::{Capacity, Role};
use domain::inspection::{Inspection, InspectionKind};
use domain::licence::{Activity, Licence};
use domain::table::No;
use domain::trade::{Case, Side, Signing, Stage};
use jiff::civil::{Date, date};

use super::border;
use super::counts::Counted;
use super::desk::{Desk, LOOKED_AT, Lane, Task};
use super::provinces;
use crate::links;
use crate::names;
use crate::pages::decisions::{self, subject};

/// A licence that ends so soon waits for a renewal.
const ENDS_WITHIN: i64 = 60;
/// A licence that has ended so long ago does not wait for one any more.
const ENDED_SINCE: i64 = 60;
/// Grants among which persons without credentials are looked for, the newest.
const GRANTS_LOOKED_AT: usize = 200;

/// Fills the desk of an officer.
pub fn fill(desk: &mut Desk<'_>, role: Role, counts: &[Counted]) {
    proposals(desk);
    match role {
        Role::PermitOfficer => {
            alarms(desk);
            cases(desk);
            applications(desk);
            endorsements(desk, 0);
            border::passages(desk);
            border::reviews(desk);
        }
        Role::CustomsOfficer => border::passages(desk),
        // Who was reminded twice is a matter for those above.
        Role::Approver => endorsements(desk, 2),
        Role::PlanningOfficer => planning(desk),
        Role::LicensingOfficer => {
            ending(desk);
            notices(desk);
            provinces::of_officers(desk);
        }
        Role::Inspector | Role::ChiefInspector => {
            inspections(desk);
            if role == Role::ChiefInspector {
                year_ends(desk, counts);
            }
        }
        Role::Trainer => trainings(desk),
        Role::Statistician => {
            year_ends(desk, counts);
            statements(desk);
        }
        Role::Administrator => {
            alarms(desk);
            people(desk);
            messages(desk);
        }
        _ => {}
    }
}

/// Decisions: those of one's role, and one's own that wait for somebody else. Holders' persons have them too.
pub fn proposals(desk: &mut Desk<'_>) {
    let (state, words, visitor) = (desk.state, desk.words, desk.visitor);
    let auditor = visitor.is(Role::Auditor);
    let mut tasks = Vec::new();
    for (seq, waiting) in state.access.waiting().iter().take(LOOKED_AT) {
        let verb = waiting.proposal.verb.as_str();
        let own = waiting.by.person() == visitor.person();
        let ours = decisions::decides(state, visitor, verb, &waiting.by);
        let of_holder = visitor.holder().is_some() && waiting.by.holder() == visitor.holder();
        let lane = match (own, ours) {
            (false, true) => Lane::Ours,
            (true, true) => Lane::NotYou,
            (true, false) => Lane::Waiting,
            (false, false) if auditor || of_holder => Lane::Waiting,
            (false, false) => continue,
        };
        let with = serde_json::from_str(&waiting.proposal.with).unwrap_or_default();
        let about = subject::of(words, state, verb, &with);
        let why = match lane {
            Lane::Ours => words.t1("queue-why-second", "by", desk.ask.person(waiting.by.person())),
            Lane::NotYou => words.t("queue-why-own"),
            Lane::Waiting => {
                let second = decisions::second(state, verb, &waiting.by);
                words.t1("queue-why-waits", "who", decisions::second_in_words(desk.ask, second))
            }
        };
        tasks.push(Task {
            key: format!("decision:{seq}"),
            reference: about.reference,
            what: words.t1("queue-what-decision", "act", words.t(&crate::act::act_key(verb))),
            company: about.company,
            goods: about.goods,
            why,
            due: None,
            path: format!("/decisions/{seq}"),
            lane,
        });
    }
    // What one proposed and may not settle waits on others as well.
    let mirrored: Vec<Task> = tasks
        .iter()
        .filter(|task| task.lane == Lane::NotYou)
        .map(|task| Task {
            lane: Lane::Waiting,
            ..task.clone()
        })
        .collect();
    desk.put(tasks.into_iter());
    desk.put(mirrored.into_iter());
}

/// Until when a case's import authorization runs.
fn authorized_until(desk: &Desk<'_>, case: &Case) -> Option<Date> {
    let number = case.consignment.authorization.as_ref()?;
    match case.side {
        Side::Importing => Some(desk.state.trade.own(number)?.authorization.valid_until),
        Side::Exporting => {
            let (trade, issuer) = (&desk.state.trade, case.asked()?);
            let foreign = trade
                .foreign(issuer, number)
                .or_else(|| trade.on_paper(issuer, number))?;
            Some(foreign.authorization.valid_until)
        }
    }
}

fn cases(desk: &mut Desk<'_>) {
    let proposed: BTreeSet<String> = proposed_exports(desk);
    let task = |case: &Case| {
        let until = authorized_until(desk, case);
        let permit = case.permit.as_ref().map(|permit| permit.valid_until);
        let (what, why, due, lane) = match (case.side, case.stage) {
            (Side::Exporting, Stage::Draft) if case.emergency.is_some() => {
                ("queue-what-emergency", "queue-why-emergency", None, Lane::Ours)
            }
            (Side::Exporting, Stage::Draft) => ("queue-what-draft", "queue-why-draft", None, Lane::Ours),
            (Side::Exporting, Stage::Requested) => ("queue-what-asked", "queue-why-asked", until, Lane::Waiting),
            (Side::Exporting, Stage::Queried) => ("queue-what-queried", "queue-why-queried", until, Lane::Ours),
            (Side::Importing, Stage::Queried) => ("queue-what-request", "queue-why-our-question", until, Lane::Waiting),
            (Side::Exporting, Stage::Confirmed) if proposed.contains(case.id.as_str()) => return None,
            (Side::Exporting, Stage::Confirmed) => ("queue-what-confirmed", "queue-why-confirmed", until, Lane::Ours),
            (Side::Exporting, Stage::Departed) if case.cancelled_too_late => {
                ("queue-what-cancelled", "queue-why-cancelled", None, Lane::Ours)
            }
            (Side::Exporting, Stage::Departed | Stage::Returning) if case.told_diverted.is_some() => {
                ("queue-what-diverted", "queue-why-diverted", None, Lane::Ours)
            }
            (Side::Exporting, Stage::Returning) => ("queue-what-returning", "queue-why-returning", None, Lane::Waiting),
            (Side::Exporting, Stage::Held) => ("queue-what-held", "queue-why-held", permit, Lane::Ours),
            (Side::Importing, Stage::Requested) => ("queue-what-request", "queue-why-request", until, Lane::Ours),
            (_, Stage::Discrepant) if case.our_word.is_none() => {
                ("queue-what-discrepant", "queue-why-discrepant", None, Lane::Ours)
            }
            (_, Stage::Discrepant) => ("queue-what-discrepant", "queue-why-their-word", None, Lane::Waiting),
            _ => return None,
        };
        Some(desk.of_case(case, what, why, due, lane))
    };
    let tasks: Vec<Task> = desk
        .state
        .trade
        .open_cases()
        .filter_map(task)
        .take(super::desk::EACH + 1)
        .collect();
    desk.put(tasks.into_iter());
}

/// Arrivals that partners owe an endorsement of, those that have been reminded so often.
fn endorsements(desk: &mut Desk<'_>, reminders: u8) {
    let late = domain::trade::overdue(desk.state, desk.today);
    let late = late.filter(|late| late.case.reminders >= reminders);
    let task = |late: domain::trade::Overdue<'_>| {
        let (what, why) = ("queue-what-overdue", "queue-why-overdue");
        desk.of_case(late.case, what, why, Some(late.due_on), Lane::Ours)
    };
    let tasks: Vec<Task> = late.map(task).take(super::desk::EACH + 1).collect();
    desk.put(tasks.into_iter());
}

/// Cases for which a permit is proposed already: the approver has them.
fn proposed_exports(desk: &Desk<'_>) -> BTreeSet<String> {
    let ours = &desk.state.founding.id;
    let waiting = desk.state.access.waiting().values().take(LOOKED_AT);
    let permits = waiting.filter(|waiting| waiting.proposal.verb == "issue_export_permit");
    let export = |with: &str| {
        let with: serde_json::Value = serde_json::from_str(with).ok()?;
        Some(format!("{ours}/{}", with.get("export")?.as_str()?))
    };
    permits.filter_map(|waiting| export(&waiting.proposal.with)).collect()
}

fn applications(desk: &mut Desk<'_>) {
    let (state, words) = (desk.state, desk.words);
    let waiting = state.access.waiting().values().take(LOOKED_AT);
    let answered = |with: &str| {
        let with: serde_json::Value = serde_json::from_str(with).ok()?;
        Some(with.get("application")?.as_str()?.to_owned())
    };
    let proposed: BTreeSet<String> = waiting
        .filter(|waiting| waiting.proposal.verb == "issue_import_authorization")
        .filter_map(|waiting| answered(&waiting.proposal.with))
        .collect();
    let open = state.trade.open_applications();
    let task = |applied: &domain::trade::ImportApplied| Task {
        key: format!("application:{}", applied.id),
        reference: applied.id.to_string(),
        what: words.t("queue-what-application"),
        company: applied.importer.name.to_string(),
        goods: subject::goods(
            words,
            state,
            &names::country(words, applied.exporter.country),
            &applied.lines,
        ),
        why: words.t("queue-why-application"),
        due: None,
        path: links::act("issue_import_authorization", &[("!application", &applied.id)], "/queue"),
        lane: Lane::Ours,
    };
    desk.put(open.filter(|applied| !proposed.contains(applied.id.as_str())).map(task));
}

/// The Board wants estimates by 30 June of the year before (1961 art. 19), statistics by 30 June of the year after
/// (art. 20).
fn planning(desk: &mut Desk<'_>) {
    let (state, words, year) = (desk.state, desk.words, desk.today.year());
    let last = year - 1;
    let mut tasks = Vec::new();
    let known = state.planning.years().contains(&last);
    if known && state.planning.closed(last).is_none() {
        tasks.push(Task {
            key: format!("year:{last}"),
            reference: last.to_string(),
            what: words.t1("queue-what-year", "year", last),
            company: String::new(),
            goods: String::new(),
            why: words.t("queue-why-year"),
            due: Some(date(year, 6, 30)),
            path: links::at("/planning", &last.to_string()),
            lane: Lane::Ours,
        });
    }
    let used: BTreeSet<No> = state.items.iter().map(|item| item.substance).collect();
    for year in [year, year + 1] {
        let proposed = proposed_estimates(desk, year);
        let missing = used.iter().filter(|no| state.planning.estimate(year, **no).is_none());
        for no in missing {
            let id = &state.substances.at(*no).entry.id;
            if proposed.contains(id.as_str()) {
                continue;
            }
            let then = links::at("/planning", &year.to_string());
            let fields = [("!year", year.to_string()), ("!substance", id.to_string())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            tasks.push(Task {
                key: format!("estimate:{year}:{id}"),
                reference: format!("{year} {id}"),
                what: words.t1("queue-what-estimate", "year", year),
                company: String::new(),
                goods: names::substance(words, state, *no),
                why: words.t("queue-why-estimate"),
                due: Some(date(year - 1, 6, 30)),
                path: links::act("set_estimate", &fields, &then),
                lane: Lane::Ours,
            });
        }
    }
    desk.put(tasks.into_iter());
}

fn proposed_estimates(desk: &Desk<'_>, year: i16) -> BTreeSet<String> {
    let waiting = desk.state.access.waiting().values().take(LOOKED_AT);
    let estimates = waiting.filter(|waiting| waiting.proposal.verb == "set_estimate");
    let substance = |with: &str| {
        let with: serde_json::Value = serde_json::from_str(with).ok()?;
        let of_year = with.get("year")?.as_i64()? == i64::from(year);
        of_year.then_some(())?;
        Some(with.get("substance")?.as_str()?.to_owned())
    };
    estimates
        .filter_map(|waiting| substance(&waiting.proposal.with))
        .collect()
}

/// Whether another licence of the same sites goes on after this one.
pub fn renewed(desk: &Desk<'_>, licence: &Licence) -> bool {
    let grant = &licence.grant;
    let Some(Ok((site, _))) = grant.sites.first().map(|site| desk.state.holders.site(site)) else {
        return false;
    };
    desk.state.licences.of_site(site).any(|other| {
        let covers = grant
            .substances
            .iter()
            .all(|substance| other.grant.substances.contains(substance));
        other.grant.activity == grant.activity
            && other.grant.valid_until > grant.valid_until
            && other.revoked.is_none()
            && covers
    })
}

/// Licences and cards that end soon, or have just ended, and that none renews.
pub fn ending(desk: &mut Desk<'_>) {
    let until = desk.day(ENDS_WITHIN);
    let soon = desk
        .state
        .licences
        .ending(desk.day(-ENDED_SINCE), until)
        .take(LOOKED_AT);
    let open = soon.filter(|licence| licence.revoked.is_none() && !renewed(desk, licence));
    let tasks: Vec<Task> = open
        .take(super::desk::EACH + 1)
        .map(|licence| ends(desk, licence))
        .collect();
    desk.put(tasks.into_iter());
}

/// A licence that ends as a task.
pub fn ends(desk: &Desk<'_>, licence: &Licence) -> Task {
    let (words, state, grant) = (desk.words, desk.state, &licence.grant);
    let holder = state.holders.holder(&grant.holder);
    let substances = grant.substances.iter().take(4);
    let named: Vec<String> = substances
        .map(|substance| names::substance_of_id(words, state, substance))
        .collect();
    Task {
        key: format!("licence:{}", grant.id),
        reference: grant.id.to_string(),
        what: if grant.activity == Activity::Purchase {
            words.t("queue-what-card")
        } else {
            words.t1("queue-what-licence", "activity", words.value(grant.activity.word()))
        },
        company: holder.map_or_else(String::new, |(_, holder)| holder.entry.name.to_string()),
        goods: named.join(", "),
        why: words.t("queue-why-licence"),
        due: Some(grant.valid_until),
        path: links::at("/licences", &grant.id),
        lane: Lane::Ours,
    }
}

/// Notices of emergency supplies: the authority sees which are owed.
fn notices(desk: &mut Desk<'_>) {
    let (state, words) = (desk.state, desk.words);
    let task = |(dispatch, site, due): (u64, No, Date)| {
        let site = state.holders.site_at(site);
        Task {
            key: format!("notice:{dispatch}"),
            reference: dispatch.to_string(),
            what: words.t("queue-what-notice"),
            company: names::site(state, site),
            goods: sent(desk, dispatch),
            why: words.t("queue-why-notice"),
            due: Some(due),
            path: links::at("/holders", &site.holder_id),
            lane: Lane::Waiting,
        }
    };
    let tasks: Vec<Task> = state.channels.notices().take(super::desk::EACH + 1).map(task).collect();
    desk.put(tasks.into_iter());
}

/// What a dispatch has on the way, in words.
pub fn sent(desk: &Desk<'_>, dispatch: u64) -> String {
    let (state, words) = (desk.state, desk.words);
    let Some(transit) = state.ledger.transit().get(&dispatch) else {
        return String::new();
    };
    let batch = state.ledger.batch_at(transit.batch);
    let item = state.items.at(batch.item);
    let amount = names::amount(words, item, transit.outstanding);
    format!("{} · {amount} · {}", names::item(words, state, item), batch.code)
}

fn inspections(desk: &mut Desk<'_>) {
    let (state, words, soon) = (desk.state, desk.words, desk.day(30));
    let planned = state.inspections.newest().take(4 * LOOKED_AT);
    let open = planned.filter(|inspection| inspection.visited.is_none() && inspection.plan.planned_on <= soon);
    let task = |inspection: &Inspection| {
        let plan = &inspection.plan;
        let why = match plan.kind {
            InspectionKind::Surprise => "queue-why-surprise",
            _ => "queue-why-inspection",
        };
        Task {
            key: format!("inspection:{}", plan.id),
            reference: plan.id.to_string(),
            what: words.t("queue-what-inspection"),
            company: names::site(state, state.holders.site_at(inspection.site)),
            goods: String::new(),
            why: words.t(why),
            due: Some(plan.planned_on),
            path: links::at("/inspections", &plan.id),
            lane: Lane::Ours,
        }
    };
    desk.put(open.map(task));
}

/// Companies of the supply side that nobody has attended a session for this year.
fn trainings(desk: &mut Desk<'_>) {
    let (state, words, year) = (desk.state, desk.words, desk.today.year());
    let sessions = state
        .trainings
        .iter()
        .filter(|session| session.entry.held_on.year() == year);
    let trained: BTreeSet<&str> = sessions
        .flat_map(|session| &session.attended)
        .map(|(holder, _)| holder.as_str())
        .collect();
    let task = |holder: &domain::holder::Holder| Task {
        key: format!("training:{year}:{}", holder.entry.id),
        reference: holder.entry.id.to_string(),
        what: words.t1("queue-what-training", "year", year),
        company: holder.entry.name.to_string(),
        goods: String::new(),
        why: words.t("queue-why-training"),
        due: Some(date(year, 12, 31)),
        path: links::at("/holders", &holder.entry.id),
        lane: Lane::Ours,
    };
    let open = |holder: &&domain::holder::Holder| {
        let has_site = holder.sites.iter().any(|site| state.holders.site_at(*site).open);
        has_site && !trained.contains(holder.entry.id.as_str())
    };
    desk.put(state.holders.suppliers().filter(open).map(task));
}

/// Counts of 31 December that are to be accepted.
fn year_ends(desk: &mut Desk<'_>, counts: &[Counted]) {
    let (state, words) = (desk.state, desk.words);
    let open = counts.iter().filter(|count| !state.ledger.is_accepted(count.seq));
    let task = |count: &Counted| {
        let site = state.holders.site_at(count.site);
        let item = state.items.at(count.item);
        let seq = count.seq.to_string();
        Task {
            key: format!("count:{seq}"),
            reference: seq.clone(),
            what: words.t1("queue-what-count", "year", count.year),
            company: names::site(state, site),
            goods: format!(
                "{} · {}",
                names::item(words, state, item),
                names::amount(words, item, count.amount)
            ),
            why: words.t("queue-why-count"),
            due: None,
            path: links::act("accept_count", &[("!count", &seq)], "/queue"),
            lane: Lane::Ours,
        }
    };
    desk.put(open.map(task));
}

fn statements(desk: &mut Desk<'_>) {
    let (state, words, last) = (desk.state, desk.words, desk.today.year() - 1);
    let us = &state.founding.id;
    let mut tasks = Vec::new();
    for stated in state.trade.statements() {
        let (exporter, importer) = (&stated.statement.exporter, &stated.statement.importer);
        let year = stated.statement.year;
        if !matches!(stated.signing, Signing::Open) {
            continue;
        }
        let (what, why, other, lane) = if importer == us {
            ("queue-what-statement", "queue-why-statement", exporter, Lane::Ours)
        } else {
            ("queue-what-stated", "queue-why-stated", importer, Lane::Waiting)
        };
        tasks.push(statement(desk, what, why, (other, year), lane));
    }
    let had = state.planning.years().contains(&last);
    for partner in state.partners.iter().filter(|_| had) {
        let id = &partner.file.id;
        if state.trade.statement(us, id, last).is_none() && !is_proposed(desk, id, last) {
            tasks.push(statement(
                desk,
                "queue-what-state",
                "queue-why-state",
                (id, last),
                Lane::Ours,
            ));
        }
    }
    let _ = words;
    desk.put(tasks.into_iter());
}

fn is_proposed(desk: &Desk<'_>, partner: &str, year: i16) -> bool {
    let waiting = desk.state.access.waiting().values().take(LOOKED_AT);
    let mut statements = waiting.filter(|waiting| waiting.proposal.verb == "propose_trade_statement");
    statements.any(|waiting| {
        let with: serde_json::Value = serde_json::from_str(&waiting.proposal.with).unwrap_or_default();
        with.get("partner").and_then(|id| id.as_str()) == Some(partner)
            && with.get("year").and_then(serde_json::Value::as_i64) == Some(i64::from(year))
    })
}

fn statement(desk: &Desk<'_>, what: &str, why: &str, (other, year): (&domain::id::Id, i16), lane: Lane) -> Task {
    let (state, words) = (desk.state, desk.words);
    let name = state
        .partners
        .get(other)
        .map(|partner| names::country(words, partner.file.country));
    let said = year.to_string();
    let path = if what == "queue-what-state" {
        links::act(
            "propose_trade_statement",
            &[("!partner", other), ("!year", &said)],
            "/queue",
        )
    } else {
        links::at("/partners", other)
    };
    Task {
        key: format!("statement:{what}:{other}:{year}"),
        reference: format!("{other} {year}"),
        what: words.t1(what, "year", year),
        company: name.unwrap_or_else(|| other.to_string()),
        goods: String::new(),
        why: words.t(why),
        due: None,
        path,
        lane,
    }
}

/// Persons who were granted something and cannot sign in yet: the newest grants are looked at.
fn people(desk: &mut Desk<'_>) {
    let words = desk.words;
    let grants = desk.state.access.grants().rev().take(GRANTS_LOOKED_AT);
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    let local = desk.ask.app.authority().local();
    let lacks = |person: &str| {
        let has = local.credential(person).ok().flatten().is_some();
        (!has).then(|| local.enrolment_of(person).ok().flatten().is_some())
    };
    let mut tasks = Vec::new();
    for actor in grants.filter(|actor| !matches!(actor.capacity(), Capacity::Officer(Role::Operator | Role::Exchange)))
    {
        let person = actor.person();
        if !asked.insert(person) {
            continue;
        }
        let Some(invited) = lacks(person) else { continue };
        let why = if invited {
            "queue-why-invited"
        } else {
            "queue-why-credential"
        };
        tasks.push(Task {
            key: format!("person:{person}"),
            reference: person.to_owned(),
            what: words.t("queue-what-credential"),
            company: actor.as_str().to_owned(),
            goods: String::new(),
            why: words.t(why),
            due: None,
            path: links::at("/people", person),
            lane: if invited { Lane::Waiting } else { Lane::Ours },
        });
    }
    drop(local);
    desk.put(tasks.into_iter());
}

/// Logs that do not continue what was seen of them, a partner's or ours.
fn alarms(desk: &mut Desk<'_>) {
    let words = desk.words;
    let mut tasks = Vec::new();
    for partner in desk.state.partners.iter() {
        let id = &partner.file.id;
        for (key, ours, why) in [
            ("alarm", false, words.t("queue-why-alarm-theirs")),
            ("own-alarm", true, words.t("queue-why-alarm-ours")),
        ] {
            if partner.alarms.iter().any(|alarm| alarm.ours == ours && !alarm.settled) {
                tasks.push(Task {
                    key: format!("{key}:{id}"),
                    reference: id.to_string(),
                    what: words.t("queue-what-alarm"),
                    company: partner.file.name.to_string(),
                    goods: String::new(),
                    why,
                    due: None,
                    path: links::at("/partners", id),
                    lane: Lane::Ours,
                });
            }
        }
    }
    desk.put(tasks.into_iter());
}

/// Messages of ours that a partner has not answered, or has refused.
fn messages(desk: &mut Desk<'_>) {
    let words = desk.words;
    let mut tasks = Vec::new();
    for partner in desk.state.partners.iter() {
        let id = &partner.file.id;
        let task = |key: &str, reference: String, what: &str, why: String, due: Option<Date>, lane: Lane| Task {
            key: format!("{key}:{id}:{reference}"),
            reference,
            what: words.t(what),
            company: partner.file.name.to_string(),
            goods: String::new(),
            why,
            due,
            path: links::at("/partners", id),
            lane,
        };
        for sent in partner.unanswered.iter().take(super::desk::EACH) {
            let due = desk.ask.app.authority().day_of(sent.not_after);
            let why = words.t("queue-why-message");
            tasks.push(task(
                "message",
                sent.seq.to_string(),
                "queue-what-message",
                why,
                Some(due),
                Lane::Waiting,
            ));
        }
        for refused in partner.refused.iter().rev().take(super::desk::EACH) {
            let why = words.t1("queue-why-refused", "code", &refused.code);
            tasks.push(task(
                "refused",
                refused.seq.to_string(),
                "queue-what-refused",
                why,
                None,
                Lane::Ours,
            ));
        }
        if !partner.equivocations.is_empty() {
            let why = words.t("queue-why-equivocation");
            tasks.push(task(
                "equivocation",
                id.to_string(),
                "queue-what-equivocation",
                why,
                None,
                Lane::Ours,
            ));
        }
    }
    desk.put(tasks.into_iter());
}
