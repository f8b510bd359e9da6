//! What surrounds every page: the title, who is signed in, where one can go.

use std::fmt::Display;

use domain::access::{Capacity, Role};

use crate::ask::{Ask, Visitor};
use crate::pages::{partners, provinces};
use crate::words::{Lang, Words};

/// A place in the navigation.
pub struct Place {
    /// Where it leads.
    pub path: &'static str,
    /// Its name.
    pub name: String,
    /// Whether the page is there.
    pub here: bool,
}

/// A link to the page in another language.
pub struct Tongue {
    /// The short name.
    pub code: &'static str,
    /// For the page.
    pub tag: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// Whether the page is in it.
    pub here: bool,
}

/// As whom a visitor may act.
pub struct Hat {
    /// The actor.
    pub actor: String,
    /// In words.
    pub name: String,
    /// Whether they act so now.
    pub worn: bool,
}

/// The frame of a page.
pub struct Frame {
    /// The words of its language.
    pub w: Words,
    /// What the page is called.
    pub title: String,
    /// The authority's name.
    pub authority: String,
    /// The visitor in words, if anyone is signed in.
    pub visitor: Option<String>,
    /// All as whom the visitor may act, where there is a choice.
    pub hats: Vec<Hat>,
    /// Where the visitor can go.
    pub places: Vec<Place>,
    /// The page in other languages.
    pub tongues: Vec<Tongue>,
    /// What forms carry.
    pub csrf: String,
    /// The page's own path.
    pub path: String,
    /// When the session ends, in seconds since 1970; 0 if there is none.
    pub ends_at: i64,
    /// Whether the authority is a demonstration: the page says so.
    pub demo: bool,
    /// The business day, shown where it is not today's.
    pub today: String,
}

impl Frame {
    /// The frame of the answer to a request.
    pub fn of(ask: &Ask, title: impl Into<String>) -> Self {
        let words = ask.words();
        let authority = ask.app.authority();
        let demo = authority.place().made_by() != authority::MadeBy::Init;
        Self {
            w: words,
            title: title.into(),
            authority: ask.state().founding.name.to_string(),
            visitor: ask.visitor.as_ref().map(|visitor| ask.actor_in_words(&visitor.actor)),
            hats: ask
                .visitor
                .as_ref()
                .map(|visitor| hats(words, visitor))
                .unwrap_or_default(),
            places: places(ask),
            tongues: Lang::ALL.into_iter().map(|lang| tongue(lang, ask.lang)).collect(),
            csrf: ask.csrf.clone(),
            // What a form gave cannot be asked for again: its own page can.
            path: if ask.form.has("csrf") {
                ask.path.trim_end_matches("/sign").to_owned()
            } else {
                ask.url.clone()
            },
            ends_at: ask.visitor.as_ref().map_or(0, |visitor| visitor.ends_at),
            demo,
            today: words.day(ask.today()),
        }
    }

    /// The words under a key.
    pub fn t(&self, key: &str) -> String {
        self.w.t(key)
    }

    /// The words under a key with one thing put in.
    pub fn t1(&self, key: &str, name: &str, value: impl Display) -> String {
        self.w.t1(key, name, value)
    }

    /// The words under a key with two things put in.
    pub fn t2(&self, key: &str, name: &str, value: impl Display, other: &str, second: impl Display) -> String {
        self.w.t2(key, name, value, other, second)
    }

    /// The words for a count.
    pub fn count(&self, key: &str, count: impl TryInto<u64>) -> String {
        self.w.count(key, count.try_into().unwrap_or_default())
    }

    /// A whole number with its thousands apart.
    pub fn number(&self, number: impl Display) -> String {
        self.w.number(number)
    }

    /// A civil day in words.
    pub fn day(&self, day: &jiff::civil::Date) -> String {
        self.w.day(*day)
    }

    /// The page's title as the browser shows it.
    pub fn full_title(&self) -> String {
        format!("{} – {}", self.title, self.authority)
    }
}

fn tongue(lang: Lang, now: Lang) -> Tongue {
    Tongue {
        code: lang.code(),
        tag: lang.tag(),
        name: lang.name(),
        here: lang == now,
    }
}

fn hats(words: Words, visitor: &Visitor) -> Vec<Hat> {
    if visitor.actors.len() < 2 {
        return Vec::new();
    }
    let hat = |actor: &domain::access::Actor| Hat {
        actor: actor.to_string(),
        name: match actor.capacity() {
            Capacity::Officer(role) => words.value(role.word()),
            Capacity::Responsible(holder) => words.t1("actor-responsible", "holder", holder),
            Capacity::Clerk(holder) => words.t1("actor-clerk", "holder", holder),
        },
        worn: *actor == visitor.actor,
    };
    visitor.actors.iter().map(hat).collect()
}

/// Where somebody can go: what their work needs, in the order of their day.
fn places(ask: &Ask) -> Vec<Place> {
    let Some(visitor) = &ask.visitor else {
        return place_all(
            ask,
            &[
                ("/", "nav-public"),
                ("/verify", "nav-verify"),
                ("/sign-in", "nav-sign-in"),
            ],
        );
    };
    let mut all: Vec<(&'static str, &'static str)> = vec![("/queue", "nav-queue")];
    match visitor.actor.capacity() {
        Capacity::Responsible(_) | Capacity::Clerk(_) => {
            all.extend([
                ("/company", "nav-company"),
                ("/register", "nav-register"),
                ("/orders", "nav-orders"),
            ]);
            all.extend([("/cases", "nav-cases"), ("/licences", "nav-licences")]);
        }
        Capacity::Officer(Role::CustomsOfficer) => all.push(("/customs", "nav-customs")),
        Capacity::Officer(Role::Administrator) => {
            all.extend([("/people", "nav-people"), ("/partners", "nav-partners")]);
        }
        Capacity::Officer(Role::Trainer) => all.extend([("/trainings", "nav-trainings"), ("/holders", "nav-holders")]),
        Capacity::Officer(Role::Inspector | Role::ChiefInspector) => {
            all.extend([("/inspections", "nav-inspections"), ("/holders", "nav-holders")]);
        }
        Capacity::Officer(role) => {
            all.extend([("/cases", "nav-cases"), ("/authorizations", "nav-authorizations")]);
            all.extend([
                ("/licences", "nav-licences"),
                ("/holders", "nav-holders"),
                ("/planning", "nav-planning"),
            ]);
            if role == Role::Auditor {
                all.extend([("/inspections", "nav-inspections"), ("/trainings", "nav-trainings")]);
                all.extend([("/people", "nav-people")]);
            }
            if provinces::READERS.contains(&role) && provinces::are_there(&ask.state()) {
                all.push((provinces::HERE, "nav-provinces"));
            }
            if partners::READERS.includes(&visitor.actor) {
                all.push(("/partners", "nav-partners"));
            }
        }
    }
    if visitor.is_any(&[Role::Auditor]) {
        all.push(("/journal", "nav-journal"));
    }
    place_all(ask, &all)
}

fn place_all(ask: &Ask, all: &[(&'static str, &'static str)]) -> Vec<Place> {
    let here = |path: &str| ask.path == path || (path != "/" && ask.path.starts_with(&format!("{path}/")));
    let place = |(path, key): &(&'static str, &'static str)| Place {
        path,
        name: ask.words().t(key),
        here: here(path),
    };
    all.iter().map(place).collect()
}
