//! Inspections: what is planned and what came of it. An unannounced inspection that has not happened yet is known to
//! the chief inspector and the auditor alone; a company sees visits to its own sites, afterwards.

use askama::Template;
use domain::access::{Capacity, Role};
use domain::holder::Site;
use domain::inspection::{Finding, Grade, Inspection, InspectionKind};
use domain::ledger::Compartment;
use domain::{Event, State};

use super::lists::{self, Choice, Pager};
use crate::act;
use crate::answer::{Answered, Fault, encoded, file, html};
use crate::ask::{Ask, Visitor};
use crate::csv;
use crate::frame::Frame;
use crate::names;
use crate::routes::{Route, page};
use crate::who::Who;
use crate::words::Words;

pub const READERS: &[Role] = &[
    Role::Inspector,
    Role::ChiefInspector,
    Role::Auditor,
    Role::LicensingOfficer,
    Role::Approver,
];

pub const ROUTES: &[Route] = &[
    page("/inspections", Who::OfficersAndHolders(READERS), list),
    page("/inspections.csv", Who::OfficersAndHolders(READERS), table),
    page("/inspections/{id}", Who::OfficersAndHolders(READERS), one),
];

/// So many of a site's batches are listed for a count.
const BATCHES_MAX: usize = 500;
/// So many entries of one inspection are read at once.
const ENTRIES_MAX: usize = 100;

const KINDS: [(InspectionKind, &str); 3] = [
    (InspectionKind::Regular, "regular"),
    (InspectionKind::Surprise, "surprise"),
    (InspectionKind::Special, "special"),
];
const GRADES: [(Grade, &str); 3] = [
    (Grade::Critical, "critical"),
    (Grade::Major, "major"),
    (Grade::Minor, "minor"),
];

/// The word of a kind.
fn kind_word(kind: InspectionKind) -> &'static str {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("", |(_, word)| word)
}

/// The word of a grade.
fn grade_word(grade: Grade) -> &'static str {
    GRADES
        .iter()
        .find(|(known, _)| *known == grade)
        .map_or("", |(_, word)| word)
}

/// Words of this noun.
fn said(words: Words, before: &str, word: &str) -> String {
    words.t(&format!("inspections-{before}-{word}"))
}

/// Whether somebody may know of an inspection.
pub fn may_see(visitor: &Visitor, site: &Site, inspection: &Inspection) -> bool {
    match visitor.actor.capacity() {
        Capacity::Officer(Role::ChiefInspector | Role::Auditor) => true,
        Capacity::Officer(_) => !inspection.is_secret(),
        Capacity::Responsible(holder) | Capacity::Clerk(holder) => {
            inspection.visited.is_some() && site.holder_id.as_str() == holder
        }
    }
}

/// What is wanted of the list.
struct Filter<'a> {
    kind: &'a str,
    standing: &'a str,
    grade: &'a str,
    year: Option<i16>,
    site: String,
}

impl<'a> Filter<'a> {
    fn of(ask: &'a Ask) -> Self {
        Self {
            kind: ask.query.get("kind"),
            standing: ask.query.get("standing"),
            grade: ask.query.get("grade"),
            year: ask.query.get("year").parse().ok(),
            site: ask.query.get("site").to_lowercase(),
        }
    }

    fn holds(&self, state: &State, site: &Site, inspection: &Inspection) -> bool {
        let standing = match self.standing {
            "planned" => inspection.visited.is_none(),
            "visited" => inspection.visited.is_some(),
            _ => true,
        };
        let found = || {
            inspection
                .findings
                .iter()
                .any(|(_, grade)| grade_word(*grade) == self.grade)
        };
        let name = || state.holders.holder_at(site.holder).entry.name.as_str().to_lowercase();
        let at_site = || {
            let same = |id: &str| id.to_lowercase() == self.site;
            same(&site.id) || same(&site.holder_id) || name().contains(&self.site)
        };
        standing
            && (self.kind.is_empty() || kind_word(inspection.plan.kind) == self.kind)
            && (self.grade.is_empty() || found())
            && self.year.is_none_or(|year| day_of(inspection).year() == year)
            && (self.site.is_empty() || at_site())
    }
}

/// The day it was visited, or is planned for.
fn day_of(inspection: &Inspection) -> jiff::civil::Date {
    inspection.visited.unwrap_or(inspection.plan.planned_on)
}

/// A row of the list.
struct Row {
    id: String,
    href: String,
    site: String,
    kind: String,
    planned: String,
    visited: Option<String>,
    overdue: bool,
    findings: [usize; 3],
}

fn row(ask: &Ask, state: &State, inspection: &Inspection) -> Row {
    let words = ask.words();
    Row {
        id: inspection.plan.id.to_string(),
        href: format!("/inspections/{}", encoded(&inspection.plan.id)),
        site: names::site(state, state.holders.site_at(inspection.site)),
        kind: said(words, "kind", kind_word(inspection.plan.kind)),
        planned: words.day(inspection.plan.planned_on),
        visited: inspection.visited.map(|on| words.day(on)),
        overdue: inspection.visited.is_none() && inspection.plan.planned_on < ask.today(),
        findings: counts(inspection),
    }
}

/// How many findings of each grade.
fn counts(inspection: &Inspection) -> [usize; 3] {
    GRADES.map(|(grade, _)| inspection.findings.iter().filter(|(_, found)| *found == grade).count())
}

/// Inspections that the visitor may see and asks for, the last planned first.
fn wanted<'a>(
    state: &'a State,
    visitor: &'a Visitor,
    filter: &'a Filter<'a>,
) -> impl Iterator<Item = &'a Inspection> + 'a {
    state.inspections.newest().filter(move |inspection| {
        let site = state.holders.site_at(inspection.site);
        may_see(visitor, site, inspection) && filter.holds(state, site, inspection)
    })
}

/// A figure and its words.
struct Figure {
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "inspections/list.html")]
struct ListPage {
    f: Frame,
    figures: Vec<Figure>,
    rows: Vec<Row>,
    kinds: Vec<Choice>,
    standings: Vec<Choice>,
    grades: Vec<Choice>,
    years: Vec<Choice>,
    site: String,
    csv: String,
    pager: Pager,
    plan: bool,
    holder: bool,
}

/// Counts of what is listed.
#[derive(Default)]
struct Sums {
    all: usize,
    visited: [usize; 3],
    findings: [usize; 3],
}

impl Sums {
    fn add(&mut self, inspection: &Inspection) {
        self.all += 1;
        for (sum, (kind, _)) in self.visited.iter_mut().zip(KINDS) {
            *sum += usize::from(inspection.visited.is_some() && inspection.plan.kind == kind);
        }
        for (sum, found) in self.findings.iter_mut().zip(counts(inspection)) {
            *sum += found;
        }
    }

    fn figures(&self, words: Words) -> Vec<Figure> {
        let visited = KINDS.iter().zip(self.visited);
        let visited = visited.map(|((_, word), count)| (format!("inspections-visited-{word}"), count));
        let found = GRADES.iter().zip(self.findings);
        let found = found.map(|((_, word), count)| (format!("inspections-found-{word}"), count));
        let figure = |(key, count): (String, usize)| Figure {
            name: words.t(&key),
            value: words.number(count),
        };
        visited.chain(found).map(figure).collect()
    }
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor, filter) = (ask.words(), ask.visitor()?, Filter::of(ask));
    let page = lists::page_of(ask);
    let (mut rows, mut sums) = (Vec::new(), Sums::default());
    {
        let state = ask.state();
        for inspection in wanted(&state, visitor, &filter) {
            if sums.all / lists::ROWS == page - 1 {
                rows.push(row(ask, &state, inspection));
            }
            sums.add(inspection);
        }
    }
    let first = i32::from(ask.today().year());
    let years = (first - 5..=first + 1)
        .rev()
        .map(|year| (year.to_string(), year.to_string()));
    let of = |before: &'static str, all: &[&'static str]| -> Vec<(String, String)> {
        let pair = |word: &&'static str| ((*word).to_owned(), said(words, before, word));
        all.iter().map(pair).collect()
    };
    let everything = || words.t("lists-all");
    html(&ListPage {
        f: Frame::of(ask, words.t("inspections-title")),
        figures: sums.figures(words),
        rows,
        kinds: lists::choices(everything(), of("kind", &KINDS.map(|(_, word)| word)), filter.kind),
        standings: lists::choices(everything(), of("standing", &["planned", "visited"]), filter.standing),
        grades: lists::choices(everything(), of("grade", &GRADES.map(|(_, word)| word)), filter.grade),
        years: lists::choices(everything(), years, ask.query.get("year")),
        site: ask.query.get("site").to_owned(),
        csv: lists::elsewhere(ask, "/inspections.csv", &[]),
        pager: Pager::of(ask, page, sums.all),
        plan: act::may(visitor, "plan_inspection"),
        holder: visitor.holder().is_some(),
    })
}

fn table(ask: &Ask) -> Answered {
    let (visitor, filter) = (ask.visitor()?, Filter::of(ask));
    let head = "inspection,kind,site,holder,planned_on,visited_on,critical,major,minor";
    let mut rows = vec![head.split(',').map(str::to_owned).collect::<Vec<_>>()];
    {
        let state = ask.state();
        let line = |inspection: &Inspection| {
            let site = state.holders.site_at(inspection.site);
            let visited = inspection.visited.map(|on| on.to_string()).unwrap_or_default();
            let mut line = vec![
                inspection.plan.id.to_string(),
                kind_word(inspection.plan.kind).to_owned(),
                site.id.to_string(),
                site.holder_id.to_string(),
                inspection.plan.planned_on.to_string(),
                visited,
            ];
            line.extend(counts(inspection).map(|count| count.to_string()));
            line
        };
        rows.extend(wanted(&state, visitor, &filter).map(line));
    }
    file("text/csv; charset=utf-8", "inspections.csv", csv::table(rows))
}

/// A finding with its words.
struct Found {
    id: String,
    grade: String,
    /// Whether control is lost: shown as such.
    critical: bool,
    says: String,
    at: String,
    by: String,
    seq: Option<u64>,
}

/// A batch to be counted: what the books say of it is not told.
struct Batch {
    code: String,
    item: String,
    compartment: String,
    counted: String,
    href: String,
}

/// What the journal tells of an inspection beyond the state.
#[derive(Default)]
struct Told {
    planned_by: String,
    planned_seq: Option<u64>,
    visit_by: String,
    visit_seq: Option<u64>,
    inspectors: Vec<String>,
    findings: Vec<Found>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part of the page that is shown or not"
)]
#[derive(Template)]
#[template(path = "inspections/one.html")]
struct OnePage {
    f: Frame,
    site: String,
    site_href: String,
    kinds: String,
    kind: String,
    planned: String,
    visited: Option<String>,
    secret: bool,
    told: Told,
    holds: Vec<String>,
    batches: Vec<Batch>,
    more_batches: bool,
    counts: bool,
    acts: Vec<(String, String)>,
    auditor: bool,
    officer: bool,
}

fn one(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let (inspection, site) = {
        let state = ask.state();
        let inspection = state.inspections.get(ask.param("id")).ok_or(Fault::NotFound)?;
        let site = state.holders.site_at(inspection.site);
        if !may_see(visitor, site, inspection) {
            return Err(Fault::NotFound);
        }
        (inspection.clone(), site.clone())
    };
    // Whoever has just recorded something here must see it.
    ask.app.authority().catch_up().map_err(|error| ask.app.fault(&error))?;
    let told = told(ask, &inspection)?;
    ask.looked_at(&inspection.plan.id);
    let (words, id) = (ask.words(), inspection.plan.id.to_string());
    let counts = visitor.is(Role::Inspector) && act::may(visitor, "count") && site.open;
    let state = ask.state();
    let (batches, more_batches) = if counts {
        batches(ask, &state, &inspection, &site)
    } else {
        (Vec::new(), false)
    };
    let here = |hold: &&domain::ledger::Hold| hold.site == Some(inspection.site);
    let holds = state
        .ledger
        .holds()
        .filter(here)
        .map(|hold| hold.id.to_string())
        .collect();
    let name = names::site(&state, &site);
    drop(state);
    html(&OnePage {
        f: Frame::of(ask, words.t1("inspections-one-title", "id", &id)),
        acts: acts(visitor, &inspection, &site),
        site: name,
        site_href: format!("/holders/{}", encoded(&site.holder_id)),
        kinds: names::kinds(words, &site),
        kind: said(words, "kind", kind_word(inspection.plan.kind)),
        planned: words.day(inspection.plan.planned_on),
        visited: inspection.visited.map(|on| words.day(on)),
        secret: inspection.is_secret(),
        told,
        holds,
        batches,
        more_batches,
        counts,
        auditor: visitor.is(Role::Auditor),
        officer: visitor.holder().is_none(),
    })
}

/// What the visitor can do here: the key of the words, and where it leads.
fn acts(visitor: &Visitor, inspection: &Inspection, site: &Site) -> Vec<(String, String)> {
    let id = encoded(&inspection.plan.id);
    let then = encoded(&format!("/inspections/{id}"));
    let site = encoded(&site.id);
    let visited = inspection.visited.is_some();
    let all = [
        ("record_visit", !visited, format!("inspection={id}&keep=inspection")),
        ("record_finding", visited, format!("inspection={id}&keep=inspection")),
        ("place_hold", visited, format!("site={site}&keep=site")),
    ];
    let open = all.into_iter().filter(|(verb, now, _)| *now && act::may(visitor, verb));
    open.map(|(verb, _, query)| (act::act_key(verb), format!("/act/{verb}?{query}&then={then}")))
        .collect()
}

/// What the site holds, batch by batch, for a blind count.
fn batches(ask: &Ask, state: &State, inspection: &Inspection, site: &Site) -> (Vec<Batch>, bool) {
    let words = ask.words();
    let then = encoded(&format!("/inspections/{}", encoded(&inspection.plan.id)));
    let mut out = Vec::new();
    for account in state.ledger.accounts_of(inspection.site) {
        let batch = state.ledger.batch_at(account.batch);
        let item = state.items.at(batch.item);
        for (compartment, word) in Compartment::ALL {
            if account.holds(compartment) == 0 {
                continue;
            }
            if out.len() == BATCHES_MAX {
                return (out, true);
            }
            let (of, code) = (encoded(&item.id), encoded(&batch.code));
            let query = format!("site={}&item={of}&batch={code}&from={word}", encoded(&site.id));
            out.push(Batch {
                code: batch.code.to_string(),
                item: names::item(words, state, item),
                compartment: said(words, "compartment", &word.replace('_', "-")),
                counted: account
                    .counted_on
                    .map_or_else(|| words.t("inspections-never"), |on| words.day(on)),
                href: format!("/act/count?{query}&keep=site,item,batch,from&then={then}"),
            });
        }
    }
    (out, false)
}

/// Reads what the journal tells of an inspection.
fn told(ask: &Ask, inspection: &Inspection) -> Result<Told, Fault> {
    let mut told = Told::default();
    for entry in super::journal::about(ask, &inspection.plan.id, ENTRIES_MAX)? {
        match &entry.event {
            Event::InspectionPlanned(_) => {
                told.planned_by = ask.actor_in_words(&entry.actor);
                told.planned_seq = Some(entry.seq);
            }
            Event::VisitRecorded(visit) => {
                told.visit_by = ask.actor_in_words(&entry.actor);
                told.visit_seq = Some(entry.seq);
                told.inspectors = visit
                    .inspectors
                    .iter()
                    .map(|id| super::journal::person(ask, id))
                    .collect();
            }
            _ => {}
        }
    }
    for (id, grade) in &inspection.findings {
        told.findings.push(found(ask, inspection, id, *grade)?);
    }
    Ok(told)
}

fn found(ask: &Ask, inspection: &Inspection, id: &str, grade: Grade) -> Result<Found, Fault> {
    let word = grade_word(grade);
    let mut found = Found {
        id: id.to_owned(),
        grade: said(ask.words(), "grade", word),
        critical: grade == Grade::Critical,
        says: String::new(),
        at: String::new(),
        by: String::new(),
        seq: None,
    };
    for entry in super::journal::about(ask, id, ENTRIES_MAX)? {
        if let Event::FindingRecorded(data) = &entry.event
            && is_of(data, inspection)
        {
            found.says = data.says.to_string();
            found.at = ask.time(entry.recorded_at);
            found.by = ask.actor_in_words(&entry.actor);
            found.seq = Some(entry.seq);
        }
    }
    Ok(found)
}

/// Findings of two inspections may have the same id.
fn is_of(finding: &Finding, inspection: &Inspection) -> bool {
    finding.inspection == inspection.plan.id
}
