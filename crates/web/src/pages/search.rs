//! One box for everything: numbers first, exactly; then names by a part of them. Nobody finds what they may not see.

use askama::Template;
use domain::State;
use domain::access::{Capacity, Role};
use domain::holder::Holder;
use domain::id::Id;
use domain::table::No;
use domain::trade::Case;

use super::holders::{self, one::case_is_of};
use super::{decisions, licences, products};
use crate::answer::{Answered, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::links;
use crate::names;
use crate::pages::decisions::subject;
use crate::routes::{Route, page};
use crate::who::Who;
use crate::words::Words;

pub const ROUTES: &[Route] = &[page("/search", Who::SignedIn, search)];

/// What is found of one kind is listed so far.
const GROUP: usize = 20;
/// The longest question.
const LETTERS_MAX: usize = 100;
/// Items are few; no more than these are looked at by name.
const ITEMS: usize = 5_000;

/// Officers who see trade.
const TRADE: &[Role] = &[
    Role::PermitOfficer,
    Role::Approver,
    Role::PlanningOfficer,
    Role::LicensingOfficer,
    Role::Statistician,
    Role::Auditor,
];
/// Officers who see registers, orders and batches.
const BOOKS: &[Role] = &[
    Role::LicensingOfficer,
    Role::Inspector,
    Role::ChiefInspector,
    Role::Statistician,
    Role::Auditor,
];
/// Officers who see inspections.
const VISITS: &[Role] = &[Role::Inspector, Role::ChiefInspector, Role::Auditor];
/// Officers who see partners.
const PARTNERS: &[Role] = &[
    Role::Administrator,
    Role::PermitOfficer,
    Role::Approver,
    Role::PlanningOfficer,
    Role::LicensingOfficer,
    Role::Statistician,
    Role::Auditor,
];
/// Officers who see people.
const PEOPLE: &[Role] = &[Role::Administrator, Role::Auditor];

/// Something that is found.
struct Found {
    path: String,
    name: String,
    more: String,
}

impl Found {
    fn new(path: String, name: impl std::fmt::Display, more: impl Into<String>) -> Self {
        Self {
            path,
            name: name.to_string(),
            more: more.into(),
        }
    }
}

struct Group {
    title: String,
    found: Vec<Found>,
    more: bool,
}

#[derive(Template)]
#[template(path = "search/search.html")]
struct SearchPage {
    f: Frame,
    q: String,
    groups: Vec<Group>,
    says: Option<String>,
    customs: bool,
}

/// What is asked, made comparable: white space, full-width letters, an address of ours with a number at its end.
fn asked(q: &str) -> String {
    let plain: String = q.chars().map(plain).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let joined = words.join(" ");
    match joined.rsplit_once("/verify/") {
        Some((_, number)) => number.split(['?', '#']).next().unwrap_or_default().to_owned(),
        None => joined,
    }
}

fn plain(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '\u{3000}' => ' ',
        other if other.is_control() => ' ',
        other => other,
    }
}

fn search(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let raw = ask.query.get("q");
    let long = raw.chars().count() > LETTERS_MAX;
    let shown: String = raw.chars().take(LETTERS_MAX).collect();
    let q = asked(&shown);
    let says = if q.is_empty() {
        Some("search-empty")
    } else if long {
        Some("search-long")
    } else {
        None
    };
    let groups = if says.is_some() {
        Vec::new()
    } else {
        find(ask, visitor, &q)
    };
    let says = match says {
        Some(key) => Some(words.t(key)),
        None if groups.is_empty() && short(&q) => Some(words.t1("search-short", "q", &q)),
        None if groups.is_empty() => Some(words.t1("search-none", "q", &q)),
        None => None,
    };
    html(&SearchPage {
        f: Frame::of(ask, words.t("search-title")),
        q: shown,
        groups,
        says,
        customs: visitor.is(Role::CustomsOfficer),
    })
}

/// Too short for a part of a name; one Chinese character is a word.
fn short(q: &str) -> bool {
    q.len() < 2
}

/// The same in the ways in which people type numbers.
fn spellings(q: &str) -> Vec<String> {
    let mut all = vec![q.to_owned(), q.to_uppercase(), q.to_lowercase()];
    all.dedup();
    all.retain(|spelling| !spelling.contains(' '));
    all
}

fn find(ask: &Ask, visitor: &Visitor, q: &str) -> Vec<Group> {
    let words = ask.words();
    let part = q.to_lowercase();
    let reads = visitor.is_any(holders::READERS) && !short(&part);
    let named = if reads {
        ask.app.holders_named(&part, GROUP + 2)
    } else {
        Vec::new()
    };
    let state = ask.state();
    let holder = visitor
        .holder()
        .and_then(|id| state.holders.holder(id))
        .map(|(_, holder)| holder);
    let finder = Finder {
        ask,
        words,
        state: &state,
        visitor,
        holder,
        spellings: spellings(q),
        part,
        named,
    };
    let parts: [(&str, Vec<Found>); 12] = [
        ("search-permits", finder.permits()),
        ("search-cases", finder.cases()),
        ("search-authorizations", finder.authorizations()),
        ("search-licences", finder.licences()),
        ("search-orders", finder.orders()),
        ("search-holders", finder.holders()),
        ("search-batches", finder.batches()),
        ("search-products", finder.products()),
        ("search-inspections", finder.inspections()),
        ("search-partners", finder.partners()),
        ("search-people", finder.people()),
        ("search-entries", finder.entries()),
    ];
    let group = |(key, mut found): (&str, Vec<Found>)| {
        let more = found.len() > GROUP;
        found.truncate(GROUP);
        let title = words.t(key);
        (!found.is_empty()).then_some(Group { title, found, more })
    };
    parts.into_iter().filter_map(group).collect()
}

struct Finder<'a> {
    ask: &'a Ask,
    words: Words,
    state: &'a State,
    visitor: &'a Visitor,
    /// Whose own things alone are found.
    holder: Option<&'a Holder>,
    spellings: Vec<String>,
    /// A part of a name in lower case.
    part: String,
    /// Holders with that part.
    named: Vec<No>,
}

impl Finder<'_> {
    /// Whether the visitor is of a holder, or an officer in one of these roles.
    fn is(&self, roles: &[Role]) -> bool {
        match self.visitor.actor.capacity() {
            Capacity::Officer(role) => roles.contains(&role),
            _ => true,
        }
    }

    fn sees(&self, case: &Case) -> bool {
        match self.visitor.holder() {
            Some(_) => self.holder.is_some_and(|holder| case_is_of(self.state, case, holder)),
            None => self.is(TRADE),
        }
    }

    fn owns_site(&self, site: &str) -> bool {
        match self.visitor.holder() {
            Some(holder) => self
                .state
                .holders
                .site(site)
                .is_ok_and(|(_, site)| site.holder_id.as_str() == holder),
            None => true,
        }
    }

    fn case(&self, id: &str) -> Option<&Case> {
        let trade = &self.state.trade;
        trade
            .case(id)
            .or_else(|| trade.case(&format!("{}/{id}", self.state.founding.id)))
    }

    fn said(&self, case: &Case) -> String {
        let about = subject::of_case(self.words, self.state, case);
        let stage = self.words.value(case.stage.word());
        format!("{} · {} · {stage}", about.company, about.goods)
    }

    /// Permits by their exact number: ours, and those of partners whose goods are still to arrive. At the border the number
    /// of the permit or of its case is all that anybody needs.
    fn permits(&self) -> Vec<Found> {
        let customs = self.visitor.is(Role::CustomsOfficer);
        let trade = &self.state.trade;
        let copy = |number: &str| trade.cases_of_copy(number).find(|case| !case.stage.is_over());
        self.first(|number| {
            let case = trade.permitted(number).or_else(|| copy(number));
            let case = case.or_else(|| customs.then(|| self.case(number)).flatten())?;
            let permit = &case.permit.as_ref()?.number;
            if customs {
                return Some(Found::new(links::at("/customs", permit), permit, self.said(case)));
            }
            self.sees(case)
                .then(|| Found::new(links::at("/permits", permit), permit, self.said(case)))
        })
    }

    /// The first spelling under which something is found.
    fn first(&self, of: impl Fn(&String) -> Option<Found>) -> Vec<Found> {
        self.spellings.iter().find_map(of).into_iter().collect()
    }

    fn cases(&self) -> Vec<Found> {
        if !self.is(TRADE) {
            return Vec::new();
        }
        self.first(|id| {
            let case = self.case(id).or_else(|| self.state.trade.permitted(id))?;
            self.sees(case)
                .then(|| Found::new(links::case(&case.id), &case.id, self.said(case)))
        })
    }

    fn authorizations(&self) -> Vec<Found> {
        if !self.is(TRADE) {
            return Vec::new();
        }
        let trade = &self.state.trade;
        let own = self.first(|number| {
            let own = trade.own(number)?;
            self.owns_site(&own.site).then(|| {
                Found::new(
                    links::at("/authorizations", number),
                    number,
                    own.authorization.importer.name.as_str(),
                )
            })
        });
        if !own.is_empty() || self.holder.is_some() {
            return own;
        }
        let partners = || self.state.partners.iter().map(|partner| &partner.file);
        let foreign = self.first(|number| {
            let id: Id = number.parse().ok()?;
            let file = partners().find(|file| trade.foreign(&file.id, &id).is_some())?;
            let path = format!(
                "{}/{}",
                links::at("/authorizations/from", &file.id),
                crate::answer::encoded(number)
            );
            Some(Found::new(path, number, file.name.as_str()))
        });
        if !foreign.is_empty() {
            return foreign;
        }
        self.first(|id| {
            let applied = trade.application(id)?;
            let more = format!("{} · {}", self.words.t("search-application"), applied.importer.name);
            Some(Found::new("/authorizations".to_owned(), id, more))
        })
    }

    fn licences(&self) -> Vec<Found> {
        if !self.is(holders::READERS) {
            return Vec::new();
        }
        self.first(|id| {
            let licence = self.state.licences.get(id)?;
            let own = self
                .visitor
                .holder()
                .is_none_or(|own| own == licence.grant.holder.as_str());
            let mark = licences::mark(self.words, licence, self.ask.today());
            let activity = self.words.value(licence.grant.activity.word());
            let more = format!("{} · {activity} · {}", licence.grant.holder, mark.word);
            own.then(|| Found::new(links::at("/licences", id), id, more))
        })
    }

    fn orders(&self) -> Vec<Found> {
        if !self.is(BOOKS) {
            return Vec::new();
        }
        self.first(|id| {
            let order = self.state.orders.get(id)?;
            let own = self.owns_site(&order.site_id) || self.owns_site(&order.supplier_id);
            let more = format!("{} → {}", order.supplier_id, order.site_id);
            own.then(|| Found::new(links::at("/orders", id), id, more))
        })
    }

    /// Holders by id, by a site's id, and by a part of id or name; a company finds itself alone.
    fn holders(&self) -> Vec<Found> {
        let found = |holder: &Holder| {
            Found::new(
                links::at("/holders", &holder.entry.id),
                &holder.entry.name,
                holder.entry.id.as_str(),
            )
        };
        let mut all: Vec<&Holder> = Vec::new();
        for spelling in &self.spellings {
            let by_id = self.state.holders.holder(spelling).map(|(_, holder)| holder);
            let by_site = || {
                let (_, site) = self.state.holders.site(spelling).ok()?;
                Some(self.state.holders.holder_at(site.holder))
            };
            all.extend(by_id.or_else(by_site));
        }
        match self.visitor.holder() {
            Some(own) => all.retain(|holder| holder.entry.id.as_str() == own),
            None if !self.is(holders::READERS) => all.clear(),
            None => all.extend(self.named.iter().map(|no| self.state.holders.holder_at(*no))),
        }
        let own = self.holder.filter(|holder| {
            let name = holder.entry.name.as_str().to_lowercase();
            !short(&self.part) && name.contains(&self.part)
        });
        all.extend(own);
        let mut seen: Vec<&str> = Vec::new();
        all.retain(|holder| {
            let new = !seen.contains(&holder.entry.id.as_str());
            seen.push(&holder.entry.id);
            new
        });
        all.into_iter().take(GROUP + 1).map(found).collect()
    }

    /// Batches by their exact code, whatever the item. A company finds those that its sites hold or have made.
    fn batches(&self) -> Vec<Found> {
        if !self.is(BOOKS) {
            return Vec::new();
        }
        let (state, words) = (self.state, self.words);
        let mut found = Vec::new();
        for (no, item) in (0..).zip(state.items.iter().take(ITEMS)) {
            let by_code = self.spellings.iter().find_map(|code| state.ledger.batch(no, code));
            let Some((batch_no, batch)) = by_code else { continue };
            let own = self.visitor.holder().is_none()
                || self.holder.is_some_and(|holder| {
                    let holds = |site: &u32| state.ledger.account(*site, batch_no).is_some();
                    holder.sites.iter().any(holds)
                });
            if own {
                let path = format!(
                    "{}/{}",
                    links::at("/batches", &item.id),
                    crate::answer::encoded(&batch.code)
                );
                found.push(Found::new(path, &batch.code, names::item(words, state, item)));
            }
            if found.len() > GROUP {
                break;
            }
        }
        found
    }

    /// Items and substances by code or a part of their name, in either language.
    fn products(&self) -> Vec<Found> {
        if !self.is(products::READERS) || self.visitor.is(Role::CustomsOfficer) {
            return Vec::new();
        }
        let (state, words) = (self.state, self.words);
        let named = |name: &str| !short(&self.part) && name.to_lowercase().contains(&self.part);
        let coded = |id: &str| self.spellings.iter().any(|spelling| spelling == id);
        let mut found = Vec::new();
        for item in state.items.iter().take(ITEMS) {
            let name = names::item(words, state, item);
            if coded(&item.id) || named(&item.id) || named(&name) {
                found.push(Found::new(products::item_path(&item.id), &name, item.id.as_str()));
            }
        }
        for (substance, no) in state.substances.iter().zip(0..) {
            let (entry, name) = (&substance.entry, names::substance(words, state, no));
            let by_cas = entry.cas.as_ref().is_some_and(|cas| coded(cas));
            if by_cas || coded(&entry.id) || named(&entry.id) || named(&name) || named(entry.name.as_str()) {
                found.push(Found::new(
                    products::substance_path(&entry.id),
                    &name,
                    entry.id.as_str(),
                ));
            }
        }
        found.truncate(GROUP + 1);
        found
    }

    fn inspections(&self) -> Vec<Found> {
        let officer = self.visitor.holder().is_none();
        if !officer || !self.is(VISITS) {
            return Vec::new();
        }
        self.first(|id| {
            let inspection = self.state.inspections.get(id)?;
            Some(Found::new(
                links::at("/inspections", id),
                id,
                inspection.plan.site.as_str(),
            ))
        })
    }

    fn partners(&self) -> Vec<Found> {
        if self.visitor.holder().is_some() || !self.is(PARTNERS) {
            return Vec::new();
        }
        let matches = |file: &domain::partner::KeyFile| {
            let country = names::country(self.words, file.country).to_lowercase();
            let named = !short(&self.part)
                && (file.name.as_str().to_lowercase().contains(&self.part) || country.contains(&self.part));
            named || self.spellings.iter().any(|spelling| spelling == file.id.as_str())
        };
        let files = self
            .state
            .partners
            .iter()
            .map(|partner| &partner.file)
            .filter(|file| matches(file));
        let found = |file: &domain::partner::KeyFile| {
            Found::new(links::at("/partners", &file.id), &file.name, file.id.as_str())
        };
        files.take(GROUP + 1).map(found).collect()
    }

    /// Persons by their exact user name.
    fn people(&self) -> Vec<Found> {
        if self.visitor.holder().is_some() || !self.is(PEOPLE) {
            return Vec::new();
        }
        self.first(|person| {
            let actors: Vec<&str> = self
                .state
                .access
                .actors_of(person)
                .map(domain::access::Actor::as_str)
                .take(10)
                .collect();
            (!actors.is_empty())
                .then(|| Found::new(links::at("/people", person), self.ask.person(person), actors.join(", ")))
        })
    }

    /// Entries by number: decisions for those who decide, every one for the auditor.
    fn entries(&self) -> Vec<Found> {
        let Ok(seq) = self.part.replace(',', "").parse::<u64>() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if let Some(waiting) = self.state.access.waiting().get(&seq)
            && decisions::may_see(self.state, self.visitor, &waiting.proposal.verb, &waiting.by)
        {
            let act = self.words.t(&crate::act::act_key(&waiting.proposal.verb));
            found.push(Found::new(format!("/decisions/{seq}"), seq, act));
        }
        if self.visitor.is(Role::Auditor) && seq < self.state.size {
            found.push(Found::new(format!("/journal/{seq}"), seq, self.words.t("search-entry")));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{asked, spellings};

    #[test]
    fn questions_are_made_comparable() {
        assert_eq!(asked("  XP-24-07\t"), "XP-24-07");
        assert_eq!(asked("ＸＰ－２４　a"), "XP-24 a");
        assert_eq!(asked("https://a.example/verify/XP-24-07?c=1"), "XP-24-07");
        assert_eq!(asked("\u{0}\n "), "");
    }

    #[test]
    fn numbers_are_tried_in_both_cases_and_never_with_spaces() {
        assert_eq!(spellings("xp-1"), ["xp-1", "XP-1", "xp-1"]);
        assert_eq!(spellings("12"), ["12"]);
        assert!(spellings("a b").is_empty());
    }
}
