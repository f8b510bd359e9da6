//! Keys with which systems of companies reach the API. A key is shown once, when it is made; its hash alone is kept.

use askama::Template;
use domain::access::{Actor, Capacity, Role};
use store::ApiKey;

use crate::act::signature;
use crate::answer::{Answered, Fault, html, see};
use crate::api::KEY_PREFIX;
use crate::ask::Ask;
use crate::credentials::Proof;
use crate::frame::Frame;
use crate::pages::proof_in_words;
use crate::routes::{Route, form, page};
use crate::session;
use crate::who::Who;

const ADMINISTRATORS: &[Role] = &[Role::Administrator];

pub const ROUTES: &[Route] = &[
    page("/systems", Who::OfficersAndHolders(ADMINISTRATORS), list),
    form("/systems", Who::Holders, create),
    page("/systems/{id}", Who::OfficersAndHolders(ADMINISTRATORS), end_page),
    form("/systems/{id}", Who::OfficersAndHolders(ADMINISTRATORS), end),
];

/// The longest name of a key.
const LABEL_MAX: usize = 80;
/// Keys of one holder that may be in use at once.
const KEYS_MAX: usize = 20;
/// Persons of a holder among whom one is chosen.
const ACTORS_MAX: usize = 200;

struct KeyRow {
    id: String,
    label: String,
    actor: String,
    made: String,
    used: String,
    ended: Option<String>,
}

#[derive(Template)]
#[template(path = "systems/list.html")]
struct ListPage {
    f: Frame,
    keys: Vec<KeyRow>,
    creates: bool,
    actors: Vec<(String, String)>,
    label: String,
    actor: String,
    errors: Vec<(String, String)>,
    ended: bool,
}

#[derive(Template)]
#[template(path = "systems/made.html")]
struct MadePage {
    f: Frame,
    label: String,
    key: String,
}

#[derive(Template)]
#[template(path = "systems/end.html")]
struct EndPage {
    f: Frame,
    key: KeyRow,
    errors: Vec<(String, String)>,
}

/// The holder whose keys the visitor rules, or none for administrators, who rule all. Clerks and systems rule none.
fn ruled(ask: &Ask) -> Result<Option<String>, Fault> {
    match ask.visitor()?.actor.capacity() {
        Capacity::Responsible(holder) => Ok(Some(holder.to_owned())),
        Capacity::Officer(Role::Administrator) => Ok(None),
        _ => Err(Fault::NotEntitled),
    }
}

fn is_ruled(key: &ApiKey, holder: Option<&str>) -> bool {
    let actor = key.actor.parse::<Actor>().ok();
    holder.is_none_or(|holder| actor.as_ref().and_then(Actor::holder) == Some(holder))
}

fn keys(ask: &Ask, holder: Option<&str>) -> Result<Vec<ApiKey>, Fault> {
    let mut all = ask.app.authority().local().api_keys()?;
    all.retain(|key| is_ruled(key, holder));
    Ok(all)
}

fn time(ask: &Ask, at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).map_or_else(|_| String::new(), |at| ask.time(at))
}

fn row(ask: &Ask, key: &ApiKey) -> KeyRow {
    let actor = key.actor.parse::<Actor>();
    KeyRow {
        id: key.id.clone(),
        label: key.label.clone(),
        actor: actor.map_or_else(|_| key.actor.clone(), |actor| ask.actor_in_words(&actor)),
        made: format!("{} ({})", time(ask, key.made_at_us), ask.person(&key.made_by)),
        used: match key.used_at_us {
            Some(used) => time(ask, used),
            None => ask.words().t("systems-never"),
        },
        ended: key.ended_at_us.map(|at| time(ask, at)),
    }
}

fn list(ask: &Ask) -> Answered {
    list_page(ask, Vec::new())
}

fn list_page(ask: &Ask, errors: Vec<(String, String)>) -> Answered {
    let words = ask.words();
    let holder = ruled(ask)?;
    let keys = keys(ask, holder.as_deref())?;
    let actors = holder.as_deref().map(|holder| actors(ask, holder)).unwrap_or_default();
    let title = words.t("systems-title");
    html(&ListPage {
        f: Frame::of(
            ask,
            if errors.is_empty() {
                title
            } else {
                format!("{} {title}", words.t("errors-error"))
            },
        ),
        keys: keys.iter().map(|key| row(ask, key)).collect(),
        creates: holder.is_some(),
        actors: actors
            .iter()
            .map(|actor| (actor.to_string(), ask.actor_in_words(actor)))
            .collect(),
        label: ask.form.get("label").to_owned(),
        actor: ask.form.get("actor").to_owned(),
        errors,
        ended: ask.query.has("ended"),
    })
}

/// As whom a system of the holder may act: those who hold a duty there now.
fn actors(ask: &Ask, holder: &str) -> Vec<Actor> {
    ask.state()
        .access
        .actors_for(holder)
        .take(ACTORS_MAX)
        .cloned()
        .collect()
}

fn create(ask: &Ask) -> Answered {
    let words = ask.words();
    let holder = ruled(ask)?.ok_or(Fault::NotEntitled)?;
    let (label, actor) = (ask.form.get("label"), ask.form.get("actor"));
    let mut errors = Vec::new();
    let mut wrong = |field: &str, key: &str| errors.push((field.to_owned(), words.t(key)));
    if label.is_empty() || label.chars().count() > LABEL_MAX || label.chars().any(char::is_control) {
        wrong("label", "systems-label-bad");
    }
    let chosen = actors(ask, &holder).into_iter().find(|one| one.as_str() == actor);
    if chosen.is_none() {
        wrong("actor", "systems-actor-bad");
    }
    if keys(ask, Some(&holder))?
        .iter()
        .filter(|key| key.ended_at_us.is_none())
        .count()
        >= KEYS_MAX
    {
        wrong("label", "systems-too-many");
    }
    let (Some(chosen), true) = (chosen, errors.is_empty()) else {
        return list_page(ask, errors);
    };
    if let Some(error) = unsigned(ask)? {
        return list_page(ask, vec![error]);
    }
    let key = format!("{KEY_PREFIX}{}", session::new_token()?);
    let id = u64::from_be_bytes(crate::random().map_err(Fault::Failed)?);
    ask.app.authority().local().put_api_key(&ApiKey {
        id: format!("{id:016x}"),
        key_hash: session::hash(&key),
        actor: chosen.to_string(),
        label: label.to_owned(),
        made_by: ask.visitor()?.person().to_owned(),
        made_at_us: ask.app.wall_us(),
        used_at_us: None,
        ended_at_us: None,
    })?;
    html(&MadePage {
        f: Frame::of(ask, words.t("systems-made")),
        label: label.to_owned(),
        key,
    })
}

/// What is wrong with the code of the second factor, if anything.
fn unsigned(ask: &Ask) -> Result<Option<(String, String)>, Fault> {
    let proof = signature(ask, ask.form.get("code"))?;
    let says = match proof {
        Proof::Bad => Some(ask.words().t("proof-code-bad")),
        other => proof_in_words(ask, other),
    };
    Ok(says.map(|says| ("code".to_owned(), says)))
}

/// The key of the path, if the visitor rules it and it is in use.
fn key_of(ask: &Ask) -> Result<ApiKey, Fault> {
    let holder = ruled(ask)?;
    let found = keys(ask, holder.as_deref())?
        .into_iter()
        .find(|key| key.id == ask.param("id"));
    found.filter(|key| key.ended_at_us.is_none()).ok_or(Fault::NotFound)
}

fn end_page(ask: &Ask) -> Answered {
    end_form(ask, Vec::new())
}

fn end_form(ask: &Ask, errors: Vec<(String, String)>) -> Answered {
    let key = key_of(ask)?;
    html(&EndPage {
        f: Frame::of(ask, ask.words().t1("systems-end-title", "label", &key.label)),
        key: row(ask, &key),
        errors,
    })
}

fn end(ask: &Ask) -> Answered {
    let key = key_of(ask)?;
    if let Some(error) = unsigned(ask)? {
        return end_form(ask, vec![error]);
    }
    ask.app.authority().local().end_api_key(&key.id, ask.app.wall_us())?;
    Ok(see("/systems?ended=yes"))
}
