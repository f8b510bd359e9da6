//! Licences and purchase cards: who may do what, where, with which substances, until when.

use std::borrow::Cow;

use askama::Template;
use domain::State;
use domain::access::{Capacity, Role};
use domain::licence::{Activity, Licence, Standing};
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::act;
use crate::answer::{Answered, Fault, file, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::links::{self, Pages};
use crate::names;
use crate::routes::{Route, page};
use crate::shown::{Act, Choice, History};
use crate::who::Who;
use crate::words::Words;

/// Officers whose work needs the register of licences.
pub const READERS: &[Role] = &[
    Role::LicensingOfficer,
    Role::PlanningOfficer,
    Role::PermitOfficer,
    Role::Approver,
    Role::Inspector,
    Role::ChiefInspector,
    Role::Trainer,
    Role::Statistician,
    Role::Auditor,
];

pub const ROUTES: &[Route] = &[
    page("/licences", Who::OfficersAndHolders(READERS), list),
    page("/licences.csv", Who::OfficersAndHolders(READERS), table),
    page("/licences/{id}", Who::OfficersAndHolders(READERS), one),
];

/// The most licences that one list looks at.
const LOOKED_AT: usize = 200_000;
/// The most rows of a table to keep.
const TABLE_ROWS: usize = 50_000;

const ACTIVITIES: [Activity; 7] = [
    Activity::ManufactureSubstance,
    Activity::ManufacturePreparation,
    Activity::Import,
    Activity::Export,
    Activity::WholesaleNational,
    Activity::WholesaleRegional,
    Activity::Purchase,
];

/// A standing in words, with the kind of tag that shows it.
pub struct Mark {
    pub word: String,
    pub tag: &'static str,
}

/// How a licence stands on a day.
pub fn mark(words: Words, licence: &Licence, day: Date) -> Mark {
    let standing = licence.standing_on(day);
    let tag = match standing {
        Standing::InForce => "green",
        Standing::NotYet => "teal",
        Standing::Ended => "grey",
        Standing::Suspended => "orange",
        Standing::Revoked => "red",
    };
    let word = words.t(&format!("licence-standing-{}", standing.word().replace('_', "-")));
    Mark { word, tag }
}

/// A licence in a list.
pub struct Row {
    pub id: String,
    pub path: String,
    pub holder: String,
    pub holder_path: Option<String>,
    pub activity: String,
    pub substances: String,
    pub sites: String,
    pub from: String,
    pub until: String,
    pub mark: Mark,
}

/// A licence as a row of a list.
pub fn row(ask: &Ask, state: &State, licence: &Licence) -> Row {
    let (words, grant) = (ask.words(), &licence.grant);
    let few = |all: Vec<String>| match all.len() {
        0..=4 => all.join(", "),
        more => format!(
            "{} … ({more})",
            all.iter().take(4).cloned().collect::<Vec<_>>().join(", ")
        ),
    };
    let holder = state.holders.holder(&grant.holder);
    let substances = grant.substances.iter();
    Row {
        id: grant.id.to_string(),
        path: links::at("/licences", &grant.id),
        holder: holder.map_or_else(|| grant.holder.to_string(), |(_, holder)| holder.entry.name.to_string()),
        holder_path: ask
            .visitor
            .as_ref()
            .filter(|visitor| visitor.holder().is_none())
            .map(|_| links::at("/holders", &grant.holder)),
        activity: words.value(grant.activity.word()),
        substances: few(substances.map(|id| names::substance_of_id(words, state, id)).collect()),
        sites: few(grant.sites.iter().map(ToString::to_string).collect()),
        from: words.day(grant.valid_from),
        until: words.day(grant.valid_until),
        mark: mark(words, licence, ask.today()),
    }
}

/// What a list is narrowed to.
struct Filter {
    holder: String,
    activity: String,
    standing: String,
    within: Option<i64>,
}

impl Filter {
    fn of(ask: &Ask) -> Self {
        let within = ask
            .query
            .get("within")
            .parse()
            .ok()
            .filter(|days| (0..=3650).contains(days));
        Self {
            holder: ask.query.get("holder").to_owned(),
            activity: ask.query.get("activity").to_owned(),
            standing: ask.query.get("standing").to_owned(),
            within,
        }
    }

    /// Whether purchase cards are not asked for: all others are few.
    fn is_no_card(&self) -> bool {
        !self.activity.is_empty() && self.activity != Activity::Purchase.word()
    }

    fn lets(&self, licence: &Licence, today: Date) -> bool {
        let activity = self.activity.is_empty() || licence.grant.activity.word() == self.activity;
        let standing = self.standing.is_empty() || licence.standing_on(today).word() == self.standing;
        activity && standing
    }
}

/// The licences of a list, in a bounded number of steps: of one holder, those that end soon, or the newest first.
fn wanted<'a>(
    ask: &Ask,
    state: &'a State,
    filter: &Filter,
    visitor: &Visitor,
) -> Box<dyn Iterator<Item = &'a Licence> + 'a> {
    let today = ask.today();
    let until = |days: i64| {
        Span::new()
            .try_days(days)
            .and_then(|span| today.checked_add(span))
            .unwrap_or(today)
    };
    let holder = visitor.holder().unwrap_or(&filter.holder);
    if !holder.is_empty() {
        let last = filter.within.map(until);
        let ends = move |licence: &&Licence| {
            last.is_none_or(|last| today <= licence.grant.valid_until && licence.grant.valid_until <= last)
        };
        return Box::new(of_holder(state, holder).into_iter().rev().filter(ends));
    }
    match filter.within {
        Some(days) => Box::new(state.licences.ending(today, until(days)).take(LOOKED_AT)),
        None if filter.is_no_card() => Box::new(state.licences.no_cards().rev().take(LOOKED_AT)),
        None => Box::new(state.licences.iter().rev().take(LOOKED_AT)),
    }
}

/// The licences and cards of a holder, in order of grant of each site.
pub fn of_holder<'a>(state: &'a State, holder: &str) -> Vec<&'a Licence> {
    let Some((_, holder)) = state.holders.holder(holder) else {
        return Vec::new();
    };
    let mut all: Vec<&Licence> = Vec::new();
    for site in &holder.sites {
        for licence in state.licences.of_site(*site) {
            if !all.iter().any(|known| known.grant.id == licence.grant.id) {
                all.push(licence);
            }
        }
    }
    all
}

#[derive(Template)]
#[template(path = "licences/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    pages: Pages,
    own: bool,
    holder: String,
    within: String,
    activities: Vec<Choice>,
    standings: Vec<Choice>,
    acts: Vec<Act>,
    csv: String,
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor, filter) = (ask.words(), ask.visitor()?, Filter::of(ask));
    let today = ask.today();
    let (rows, pages) = {
        let state = ask.state();
        let found = wanted(ask, &state, &filter, visitor).filter(|licence| filter.lets(licence, today));
        let (found, pages) = links::cut(ask, found);
        (
            found.into_iter().map(|licence| row(ask, &state, licence)).collect(),
            pages,
        )
    };
    let mut acts = Vec::new();
    for verb in ["grant_licence", "issue_purchase_card"] {
        if act::may(visitor, verb) {
            acts.push(Act::new(words, verb, &[("holder", &filter.holder)], "/licences"));
        }
    }
    let activities = ACTIVITIES.map(Activity::word);
    let standings = Standing::ALL.map(|(_, word)| word);
    html(&ListPage {
        f: Frame::of(ask, words.t("licences-title")),
        rows,
        pages,
        own: visitor.holder().is_some(),
        within: filter.within.map(|days| days.to_string()).unwrap_or_default(),
        activities: Choice::all(&activities, &filter.activity, |word| words.value(word)),
        standings: Choice::all(&standings, &filter.standing, |word| {
            words.t(&format!("licence-standing-{}", word.replace('_', "-")))
        }),
        holder: filter.holder,
        acts,
        csv: links::with(ask, "page", "").replacen("/licences?", "/licences.csv?", 1),
    })
}

/// Ids of a cell.
fn joined(ids: &[domain::id::Id]) -> Cow<'_, str> {
    match ids {
        [id] => Cow::from(id.as_str()),
        ids => Cow::from(ids.iter().map(domain::id::Id::as_str).collect::<Vec<_>>().join(" ")),
    }
}

fn table(ask: &Ask) -> Answered {
    let (visitor, filter, today) = (ask.visitor()?, Filter::of(ask), ask.today());
    let state = ask.state();
    let found = wanted(ask, &state, &filter, visitor).filter(|licence| filter.lets(licence, today));
    let head = [
        "licence",
        "holder",
        "activity",
        "substances",
        "sites",
        "valid_from",
        "valid_until",
        "standing",
    ];
    let rows = found.take(TABLE_ROWS).map(|licence| {
        let grant = &licence.grant;
        [
            Cow::from(grant.id.as_str()),
            Cow::from(grant.holder.as_str()),
            Cow::from(grant.activity.word()),
            joined(&grant.substances),
            joined(&grant.sites),
            Cow::from(grant.valid_from.to_string()),
            Cow::from(grant.valid_until.to_string()),
            Cow::from(licence.standing_on(today).word()),
        ]
    });
    // Row by row: as lists of lists, the cards of a million institutions would fill the memory.
    let written = crate::csv::table(std::iter::once(head.map(Cow::from)).chain(rows));
    drop(state);
    file("text/csv; charset=utf-8", "licences.csv", written)
}

#[derive(Template)]
#[template(path = "licences/one.html")]
struct OnePage {
    f: Frame,
    row: Row,
    substances: Vec<String>,
    sites: Vec<String>,
    conditions: Vec<String>,
    /// From, until.
    suspended: Vec<(String, String)>,
    revoked: Option<String>,
    /// Who holds its holder's other licences of the same kind after it.
    later: Option<(String, String)>,
    history: Vec<History>,
    acts: Vec<Act>,
}

fn one(ask: &Ask) -> Answered {
    let (words, visitor, id) = (ask.words(), ask.visitor()?, ask.param("id"));
    let mut page = {
        let state = ask.state();
        let licence = state.licences.get(id).ok_or(Fault::NotFound)?;
        let grant = &licence.grant;
        let own = match visitor.actor.capacity() {
            Capacity::Officer(_) => true,
            Capacity::Responsible(holder) | Capacity::Clerk(holder) => grant.holder.as_str() == holder,
        };
        if !own {
            return Err(Fault::NotFound);
        }
        let site = |id: &domain::id::Id| match state.holders.site(id) {
            Ok((_, site)) => format!("{id} ({}, {})", names::kinds(words, site), site.province),
            Err(_) => id.to_string(),
        };
        let title = match grant.activity {
            Activity::Purchase => "licence-title-card",
            _ => "licence-title",
        };
        let day = |until: &Option<Date>| until.map_or_else(|| words.t("licence-until-further"), |day| words.day(day));
        OnePage {
            f: Frame::of(ask, words.t1(title, "id", id)),
            row: row(ask, &state, licence),
            substances: grant
                .substances
                .iter()
                .map(|id| names::substance_of_id(words, &state, id))
                .collect(),
            sites: grant.sites.iter().map(site).collect(),
            conditions: grant.conditions.iter().map(ToString::to_string).collect(),
            suspended: licence
                .suspended
                .iter()
                .map(|(from, until)| (words.day(*from), day(until)))
                .collect(),
            revoked: licence.revoked.map(|day| words.day(day)),
            later: later(&state, licence).map(|id| (links::at("/licences", &id), id)),
            history: Vec::new(),
            acts: acts(ask, visitor, licence),
        }
    };
    ask.looked_at(format_args!("licence:{id}"));
    page.history = History::of(ask, id)?;
    html(&page)
}

/// A licence of the same sites and activity that runs longer.
fn later(state: &State, licence: &Licence) -> Option<String> {
    let (site, _) = state.holders.site(licence.grant.sites.first()?).ok()?;
    let alike = state.licences.of_site(site).filter(|other| {
        other.grant.activity == licence.grant.activity && other.grant.valid_until > licence.grant.valid_until
    });
    alike
        .max_by_key(|other| other.grant.valid_until)
        .map(|other| other.grant.id.to_string())
}

fn acts(ask: &Ask, visitor: &Visitor, licence: &Licence) -> Vec<Act> {
    let (words, grant, today) = (ask.words(), &licence.grant, ask.today());
    let mut acts = Vec::new();
    let then = links::at("/licences", &grant.id);
    let day = today.to_string();
    let suspended = licence.suspended.last().is_some_and(|(_, until)| until.is_none());
    let mut standing = |verb: &str| {
        if act::may(visitor, verb) && licence.revoked.is_none() {
            acts.push(Act::new(words, verb, &[("!licence", &grant.id), ("from", &day)], &then));
        }
    };
    standing(if suspended { "resume_licence" } else { "suspend_licence" });
    standing("revoke_licence");
    if act::may(visitor, "grant_licence") {
        acts.push(renewal(words, licence));
    }
    acts
}

/// The grant of the same for the next period of the same length. A card is renewed as a card.
fn renewal(words: Words, licence: &Licence) -> Act {
    let grant = &licence.grant;
    let from = grant.valid_until.tomorrow().unwrap_or(grant.valid_until);
    let until = next_end(grant.valid_from, grant.valid_until);
    let (from, until) = (from.to_string(), until.to_string());
    let card = grant.activity == Activity::Purchase;
    let mut fields: Vec<(&str, &str)> = Vec::new();
    if card {
        fields.extend(grant.sites.first().map(|site| ("!site", site.as_str())));
    } else {
        fields.extend([("!holder", grant.holder.as_str()), ("!activity", grant.activity.word())]);
        fields.extend(grant.sites.iter().map(|site| ("sites", site.as_str())));
        fields.extend(
            grant
                .conditions
                .iter()
                .map(|condition| ("conditions", condition.as_str())),
        );
    }
    fields.extend(
        grant
            .substances
            .iter()
            .map(|substance| ("substances", substance.as_str())),
    );
    fields.extend([("valid_from", from.as_str()), ("valid_until", until.as_str())]);
    let verb = if card { "issue_purchase_card" } else { "grant_licence" };
    let mut act = Act::new(words, verb, &fields, "/licences");
    act.name = words.t("licence-renew");
    act
}

/// The last day of a period as long as this one that follows it: whole years stay whole years.
fn next_end(from: Date, until: Date) -> Date {
    let Ok(next) = until.tomorrow() else { return until };
    let years = next.year() - from.year();
    let whole = years > 0 && (next.month(), next.day()) == (from.month(), from.day());
    let end = if whole {
        next.checked_add(i64::from(years).years())
    } else {
        from.until(next).and_then(|span| next.checked_add(span))
    };
    end.and_then(Date::yesterday).unwrap_or(until)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::next_end;

    #[test]
    fn a_renewal_runs_as_long_as_what_it_renews() {
        assert_eq!(next_end(date(2024, 1, 1), date(2024, 12, 31)), date(2025, 12, 31));
        assert_eq!(next_end(date(2020, 7, 1), date(2025, 6, 30)), date(2030, 6, 30));
        assert_eq!(next_end(date(2025, 1, 1), date(2025, 1, 30)), date(2025, 3, 1));
    }
}
