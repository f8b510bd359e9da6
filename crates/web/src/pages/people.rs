//! People: who holds which role or duty, who can sign in, and what is kept of them on this machine alone.
//!
//! Roles and leave to enrol are decisions of two administrators, through the acts. What one administrator does here
//! alone gives nobody a role, a credential or a session: a name beside an id, a first address for notices, the end of
//! sessions, and the erasure of somebody who holds no role any more.

use std::collections::BTreeMap;

use askama::Template;
use domain::access::{Actor, Capacity, Role};
use domain::table::No;
use domain::{Event, State};
use jiff::Timestamp;
use store::{Enrolment, Local, Person};

use super::lists::{self, Choice, Pager};
use crate::act;
use crate::answer::{Answered, Fault, encoded, html, see};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::routes::{Route, form, page};
use crate::session;
use crate::who::{OFFICERS, Who};
use crate::words::Words;

const READERS: Who = Who::Officers(&[Role::Administrator, Role::Auditor]);
const ADMINISTRATORS: Who = Who::Officers(&[Role::Administrator]);

pub const ROUTES: &[Route] = &[
    page("/people", READERS, list),
    page("/people/{id}", READERS, one),
    form("/people/{id}/name", ADMINISTRATORS, rename),
    form("/people/{id}/sessions", ADMINISTRATORS, end_sessions),
    form("/people/{id}/erase", ADMINISTRATORS, erase),
];

/// What two administrators decide about people.
const VERBS: [&str; 3] = ["grant_role", "revoke_role", "allow_enrolment"];
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 120;
/// Entries of one subject that are looked through.
const ENTRIES_MAX: usize = 200;
/// Companies with a part of their name that is looked for.
const NAMED_MAX: usize = 1_000;
/// The seconds of a step of the second factor.
const STEP_S: u64 = 30;

/// A role or duty in words.
fn capacity(words: Words, actor: &Actor) -> String {
    match actor.capacity() {
        Capacity::Officer(role) => words.value(role.word()),
        Capacity::Responsible(holder) => words.t1("actor-responsible", "holder", holder),
        Capacity::Clerk(holder) => words.t1("actor-clerk", "holder", holder),
    }
}

/// Whether a role or duty is one of those asked for.
fn is_wanted(actor: &Actor, role: &str, like: &str) -> bool {
    let fits = match (role, actor.capacity()) {
        ("", Capacity::Officer(_)) => true,
        (word, Capacity::Officer(role)) => role.word() == word,
        _ => false,
    };
    fits && (like.is_empty() || actor.as_str().to_lowercase().contains(like))
}

/// What this machine knows of somebody's way in.
struct Way {
    credentials: bool,
    /// The last code taken: a sign-in or a signature.
    last: Option<String>,
    invited: Option<&'static str>,
}

fn way(ask: &Ask, local: &Local, person: &str) -> Result<Way, Fault> {
    let kept = local.credential(person)?;
    let last = kept.as_ref().filter(|kept| kept.last_step > 0).map(|kept| {
        let second = i64::try_from(kept.last_step.saturating_mul(STEP_S)).unwrap_or_default();
        ask.time(Timestamp::from_second(second).unwrap_or_default())
    });
    let invited = local.enrolment_of(person)?.as_ref().map(|kept| standing(ask, kept));
    Ok(Way {
        credentials: kept.is_some(),
        last,
        invited,
    })
}

/// How an invitation stands: the key of its words.
fn standing(ask: &Ask, enrolment: &Enrolment) -> &'static str {
    if enrolment.expires_at_us <= ask.app.wall_us() {
        "people-invitation-over"
    } else if enrolment.open {
        "people-invitation-open"
    } else {
        "people-invitation-waits"
    }
}

struct Row {
    person: String,
    name: String,
    href: String,
    roles: Vec<String>,
    way: Way,
}

/// A decision about people that waits for its second administrator.
struct Waits {
    seq: u64,
    act: String,
    about: String,
    by: String,
}

fn waits(ask: &Ask) -> Vec<Waits> {
    let words = ask.words();
    let found: Vec<(u64, String, String, Actor)> = {
        let state = ask.state();
        let about_people = state
            .access
            .waiting()
            .iter()
            .filter(|(_, waiting)| VERBS.contains(&&*waiting.proposal.verb));
        about_people
            .take(lists::ROWS)
            .map(|(seq, waiting)| {
                let verb = waiting.proposal.verb.to_string();
                (*seq, verb, about(&waiting.proposal), waiting.by.clone())
            })
            .collect()
    };
    let said = |(seq, verb, about, by): (u64, String, String, Actor)| Waits {
        seq,
        act: words
            .find(&act::act_key(&verb), &[])
            .unwrap_or_else(|| verb.replace('_', " ")),
        about,
        by: super::journal::person(ask, by.person()),
    };
    found.into_iter().map(said).collect()
}

/// Whom a proposal is about.
fn about(proposal: &domain::access::Proposal) -> String {
    match proposal.command() {
        Ok(domain::Command::GrantRole(grant) | domain::Command::RevokeRole(grant)) => grant.actor.to_string(),
        Ok(domain::Command::AllowEnrolment(grant)) => grant.person.to_string(),
        _ => String::new(),
    }
}

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    like: String,
    waits: Vec<Waits>,
    administrator: bool,
    erased: bool,
    pager: Pager,
}

/// A person with their roles in words.
type Listed = (String, Vec<String>);

/// The duties of companies' persons on the page that is asked for, and whether there are more: by the beginning of the
/// person's id, and by a part of the company's id or name. Hardly anyone acts for two companies: a line for each duty,
/// so that a million need no sorting.
fn of_companies(ask: &Ask, like: &str, page: usize) -> (Vec<Listed>, bool) {
    let named = ask.app.holders_named(like, NAMED_MAX);
    let (words, state) = (ask.words(), ask.state());
    let of_company = |actor: &&Actor| actor.holder().is_some();
    let access = &state.access;
    let all: Box<dyn Iterator<Item = &Actor>> = if like.is_empty() {
        Box::new(access.grants().filter(of_company))
    } else {
        let by_person = access.persons_from(like).flat_map(|person| access.actors_of(person));
        let holders = named.into_iter().map(|no: No| &state.holders.holder_at(no).entry.id);
        let by_holder = holders.flat_map(|holder| access.actors_for(holder));
        let others = by_holder.filter(|actor| !actor.person().starts_with(like));
        Box::new(by_person.filter(of_company).chain(others))
    };
    let mut rows: Vec<&Actor> = all.skip((page - 1) * lists::ROWS).take(lists::ROWS + 1).collect();
    let more = rows.len() > lists::ROWS;
    rows.truncate(lists::ROWS);
    let of_one = |actor: &Actor| (actor.person().to_owned(), vec![capacity(words, actor)]);
    (rows.into_iter().map(of_one).collect(), more)
}

/// Officers of the page that is asked for with their roles, and how many there are of all.
fn persons(state: &State, words: Words, role: &str, like: &str, page: usize) -> (Vec<Listed>, usize) {
    let wanted = || state.access.officers().filter(|actor| is_wanted(actor, role, like));
    let mut grouped: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for actor in wanted() {
        grouped.entry(actor.person()).or_default().push(capacity(words, actor));
    }
    let count = grouped.len();
    let owned = |(person, roles): (&str, Vec<String>)| (person.to_owned(), roles);
    (lists::rows_of(page, grouped.into_iter().map(owned)), count)
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let (role, like, page) = (
        ask.query.get("role"),
        ask.query.get("q").to_lowercase(),
        lists::page_of(ask),
    );
    let (found, pager) = if role == "companies" {
        let (found, more) = of_companies(ask, ask.query.get("q"), page);
        let next = || lists::again(ask, &[("page", &(page + 1).to_string())]);
        (found, Pager::onwards(more.then(next)))
    } else {
        let (found, count) = persons(&ask.state(), words, role, &like, page);
        (found, Pager::of(ask, page, count))
    };
    let local = ask.app.authority().local();
    let mut rows = Vec::new();
    for (person, roles) in found {
        rows.push(Row {
            name: local.person_name(&person)?.unwrap_or_default(),
            href: format!("/people/{}", encoded(&person)),
            way: way(ask, &local, &person)?,
            person,
            roles,
        });
    }
    drop(local);
    let all = OFFICERS
        .iter()
        .map(|role| (role.word().to_owned(), words.value(role.word())));
    let companies = std::iter::once(("companies".to_owned(), words.t("people-companies")));
    html(&ListPage {
        f: Frame::of(ask, words.t("people-title")),
        rows,
        roles: lists::choices(words.t("people-officers"), all.chain(companies), role),
        like: ask.query.get("q").to_owned(),
        waits: waits(ask),
        administrator: visitor.is(Role::Administrator),
        erased: ask.query.has("erased"),
        pager,
    })
}

struct Duty {
    actor: String,
    says: String,
    held: bool,
    revoke: String,
}

struct Told {
    seq: u64,
    at: String,
    says: String,
    who: String,
}

struct Open {
    since: String,
    seen: String,
    bearer: bool,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part of the page that is shown or not"
)]
#[derive(Template)]
#[template(path = "people/one.html")]
struct OnePage {
    f: Frame,
    person: String,
    href: String,
    called: String,
    email: String,
    duties: Vec<Duty>,
    way: Way,
    proposal: Option<u64>,
    expires: String,
    sessions: Vec<Open>,
    told: Vec<Told>,
    allow: Option<String>,
    administrator: bool,
    auditor: bool,
    erasable: bool,
    saved: bool,
    errors: Vec<(&'static str, String)>,
}

/// Whether a person is known here at all: by a role, now or before, or by what is kept on this machine.
fn is_known(ask: &Ask, person: &str) -> Result<bool, Fault> {
    if ask.state().access.grants_of(person).next().is_some() {
        return Ok(true);
    }
    let local = ask.app.authority().local();
    Ok(local.person(person)?.is_some() || local.enrolment_of(person)?.is_some() || local.credential(person)?.is_some())
}

fn one(ask: &Ask) -> Answered {
    shown(ask, Vec::new())
}

fn shown(ask: &Ask, errors: Vec<(&'static str, String)>) -> Answered {
    let (visitor, person) = (ask.visitor()?, ask.param("id").to_owned());
    if !is_known(ask, &person)? {
        return Err(Fault::NotFound);
    }
    ask.app.authority().catch_up().map_err(|error| ask.app.fault(&error))?;
    ask.looked_at(&person);
    let href = format!("/people/{}", encoded(&person));
    let duties = duties(ask, &person, &href);
    let told = told(ask, &person)?;
    let local = ask.app.authority().local();
    let kept = local.person(&person)?.unwrap_or_default();
    let way = way(ask, &local, &person)?;
    let invitation = local.enrolment_of(&person)?;
    let sessions = sessions(ask, &local, &person)?;
    drop(local);
    let administrator = visitor.is(Role::Administrator);
    let may_allow = administrator && duties.iter().any(|duty| duty.held) && visitor.person() != person;
    let allow = || {
        let (id, then) = (encoded(&person), encoded(&href));
        format!("/act/allow_enrolment?person={id}&keep=person&then={then}")
    };
    let typed = !errors.is_empty();
    let title = match kept.name.as_str() {
        "" => person.clone(),
        name => format!("{name} ({person})"),
    };
    let mut f = Frame::of(ask, title);
    // The forms here have paths of their own, which cannot be looked at.
    f.path.clone_from(&href);
    html(&OnePage {
        f,
        called: if typed {
            ask.form.get("name").to_owned()
        } else {
            kept.name
        },
        email: if typed {
            ask.form.get("email").to_owned()
        } else {
            kept.email.unwrap_or_default()
        },
        erasable: administrator && is_erasable(ask, &person),
        duties,
        way,
        proposal: invitation.as_ref().and_then(|invitation| invitation.proposal),
        expires: invitation.map_or_else(String::new, |invitation| {
            ask.time(Timestamp::from_microsecond(invitation.expires_at_us).unwrap_or_default())
        }),
        sessions,
        told,
        allow: may_allow.then(allow),
        administrator,
        auditor: visitor.is(Role::Auditor),
        saved: ask.query.has("saved"),
        errors,
        href,
        person,
    })
}

fn duties(ask: &Ask, person: &str, href: &str) -> Vec<Duty> {
    let (words, then) = (ask.words(), encoded(href));
    let duty = |(actor, held): (&Actor, bool)| Duty {
        says: capacity(words, actor),
        held,
        revoke: format!(
            "/act/revoke_role?actor={}&keep=actor&then={then}",
            encoded(actor.as_str())
        ),
        actor: actor.to_string(),
    };
    ask.state().access.grants_of(person).map(duty).collect()
}

/// Sessions that are good now.
fn sessions(ask: &Ask, local: &Local, person: &str) -> Result<Vec<Open>, Fault> {
    let now = ask.app.wall_us();
    let time = |us: i64| ask.time(Timestamp::from_microsecond(us).unwrap_or_default());
    let good =
        |kept: &store::Session| now - kept.seen_at_us < session::IDLE_US && now - kept.made_at_us < session::WHOLE_US;
    let kept = local.sessions_of(person)?;
    let open = kept.into_iter().filter(good).map(|kept| Open {
        since: time(kept.made_at_us),
        seen: time(kept.seen_at_us),
        bearer: kept.bearer,
    });
    Ok(open.collect())
}

/// What the journal has about a person: roles given and taken, leave to enrol.
fn told(ask: &Ask, person: &str) -> Result<Vec<Told>, Fault> {
    let actors: Vec<String> = {
        let state = ask.state();
        state
            .access
            .grants_of(person)
            .map(|(actor, _)| actor.to_string())
            .collect()
    };
    let mut told = BTreeMap::new();
    for subject in actors.iter().map(String::as_str).chain([person]) {
        for entry in super::journal::about(ask, subject, ENTRIES_MAX)? {
            let about = match &entry.event {
                Event::RoleGranted(grant) | Event::RoleRevoked(grant) => capacity(ask.words(), &grant.actor),
                Event::EnrolmentAllowed(_) => String::new(),
                _ => continue,
            };
            let kind = super::journal::kind_in_words(ask.words(), entry.event.kind());
            let says = if about.is_empty() {
                kind
            } else {
                format!("{kind}: {about}")
            };
            told.insert(
                entry.seq,
                Told {
                    seq: entry.seq,
                    at: ask.time(entry.recorded_at),
                    says,
                    who: super::journal::person(ask, entry.actor.person()),
                },
            );
        }
    }
    Ok(told.into_values().rev().collect())
}

/// Whoever may still act keeps their way in until two administrators have taken the roles away: else one administrator
/// could lock the other out.
fn is_erasable(ask: &Ask, person: &str) -> bool {
    ask.state().access.actors_of(person).next().is_none()
}

fn known(ask: &Ask) -> Result<String, Fault> {
    let person = ask.param("id").to_owned();
    if is_known(ask, &person)? {
        Ok(person)
    } else {
        Err(Fault::NotFound)
    }
}

fn rename(ask: &Ask) -> Answered {
    let (words, person) = (ask.words(), known(ask)?);
    let (name, email) = (ask.form.get("name"), ask.form.get("email"));
    let mut errors = Vec::new();
    if !is_name(name) {
        errors.push(("name", words.t("people-name-bad")));
    }
    if !email.is_empty() && !is_address(email) {
        errors.push(("email", words.t("account-email-bad")));
    }
    let local = ask.app.authority().local();
    let kept = local.person(&person)?.unwrap_or_default();
    let signs_in = local.credential(&person)?.is_some();
    drop(local);
    // There the person hears that their credentials have changed: one administrator alone sends that nowhere else.
    if signs_in && kept.email.as_deref().is_some_and(|known| known != email) {
        errors.push(("email", words.t("people-email-theirs")));
    }
    if !errors.is_empty() {
        return shown(ask, errors);
    }
    let mut local = ask.app.authority().local();
    local.put_whole_person(&Person {
        id: person.clone(),
        name: name.to_owned(),
        email: (!email.is_empty()).then(|| email.to_owned()),
        ..kept
    })?;
    drop(local);
    Ok(see(&format!("/people/{}?saved=yes", encoded(&person))))
}

/// A name of a person: letters, not the look of an id in brackets, which pages put behind names themselves.
fn is_name(name: &str) -> bool {
    let plain = |letter: char| !letter.is_control() && !"()（）<>".contains(letter);
    name.chars().count() <= NAME_CHARS_MAX && name.chars().all(plain)
}

fn is_address(text: &str) -> bool {
    let (name, host) = text.split_once('@').unwrap_or_default();
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,;\"".contains(letter);
    text.len() <= 254 && !text.chars().any(odd) && !name.is_empty() && host.contains('.') && !host.contains('@')
}

fn end_sessions(ask: &Ask) -> Answered {
    let person = known(ask)?;
    ask.app.authority().local().end_sessions(&person)?;
    if ask.visitor()?.person() == person {
        return Ok(see("/sign-in"));
    }
    Ok(see(&format!("/people/{}?saved=yes", encoded(&person))))
}

fn erase(ask: &Ask) -> Answered {
    let person = known(ask)?;
    if !is_erasable(ask, &person) {
        return Err(Fault::NotEntitled);
    }
    if ask.form.get("sure") != "yes" {
        return shown(ask, vec![("sure", ask.words().t("people-erase-unsure"))]);
    }
    ask.app.authority().local().erase_person(&person)?;
    Ok(see("/people?erased=yes"))
}

#[cfg(test)]
mod tests {
    use super::{is_address, is_name, is_wanted};

    #[test]
    fn names_cannot_pass_for_ids() {
        assert!(is_name("李娜") && is_name("Anna-Lena O'Neill") && is_name(""));
        assert!(!is_name("Wang (li)") && !is_name("王（li）") && !is_name("a\nb"));
        assert!(!is_name(&"x".repeat(121)));
    }

    #[test]
    fn addresses_are_plausible() {
        assert!(is_address("li@health.example"));
        for bad in ["li", "@a.b", "li@localhost", "li@a.b, wang@a.b", "a@b@c.d", "a b@c.d"] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn officers_are_wanted_by_role_and_by_a_part_of_their_name() {
        let actor = |text: &str| text.parse().unwrap();
        assert!(is_wanted(&actor("approver:li"), "", "") && is_wanted(&actor("approver:li"), "approver", "li"));
        assert!(!is_wanted(&actor("approver:li"), "inspector", "") && !is_wanted(&actor("H-1:li"), "", ""));
    }
}
