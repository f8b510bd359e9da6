//! Persons from the shell: who holds which role, and links of a folder that may be thrown away.

use std::collections::BTreeMap;

use authority::{Authority, AuthorityError, MadeBy};
use domain::access::Actor;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::output::{Done, Failure, Global, random};

/// How long an enrolment link is good.
const ENROLMENT: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// `user list | invite PERSON`
#[derive(Clone, Debug, clap::Args)]
pub struct UserArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Everybody who holds a role or a duty, and whether they can sign in
    List,
    /// A one-time link to set up a password and second factor; only in folders made by demo, run or bench: in a real
    /// authority two administrators decide, on the pages
    Invite {
        /// The person's id, or the actor's, such as `permit_officer:li`
        person: String,
        /// The address under which people reach the pages
        #[arg(long, default_value = "http://localhost:8080", value_name = "URL")]
        public_url: String,
    },
}

/// A person of the list.
#[derive(Serialize)]
struct Listed {
    name: Option<String>,
    actors: Vec<String>,
    can_sign_in: bool,
}

/// Runs the verb. The node must not run.
pub fn user(global: &Global, args: &UserArgs) -> Done {
    let authority = Authority::open(&global.folder())?;
    let done = match &args.what {
        What::List => list(global, &authority),
        What::Invite { person, public_url } => invite(global, &authority, person, public_url),
    };
    authority.close()?;
    done
}

fn list(global: &Global, authority: &Authority) -> Done {
    let mut persons: BTreeMap<String, Listed> = BTreeMap::new();
    let actors: Vec<Actor> = authority.state().access.grants().cloned().collect();
    let local = authority.local();
    for actor in actors {
        let person = actor.person().to_owned();
        let listed = match persons.entry(person.clone()) {
            std::collections::btree_map::Entry::Occupied(found) => found.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => place.insert(Listed {
                name: local.person_name(&person)?,
                actors: Vec::new(),
                can_sign_in: local.credential(&person)?.is_some(),
            }),
        };
        listed.actors.push(actor.to_string());
    }
    drop(local);
    global.print(&persons, || {
        let line = |(person, listed): (&String, &Listed)| {
            let can = if listed.can_sign_in {
                "can sign in"
            } else {
                "no credentials"
            };
            let name = listed.name.as_deref().unwrap_or("");
            format!("{person:<16} {can:<16} {name:<24} {}", listed.actors.join(", "))
        };
        persons.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

fn invite(global: &Global, authority: &Authority, wanted: &str, url: &str) -> Done {
    if authority.place().made_by() == MadeBy::Init {
        let what = "in a real authority two administrators let a person enrol, on the pages";
        return Err(Failure::Refused(format!("not_entitled: {what}")));
    }
    let person = wanted.rsplit_once(':').map_or(wanted, |(_, person)| person);
    if authority.state().access.actors_of(person).next().is_none() {
        return Err(Failure::Refused(format!(
            "person_without_role: {person} holds no role here"
        )));
    }
    let link = link(authority, person, url)?;
    let document = serde_json::json!({ "person": person, "url": link });
    global.print(&document, || link.clone())
}

/// A one-time link for a person, of whom nobody else must be asked: at the founding, and where nothing is real.
pub fn link(authority: &Authority, person: &str, url: &str) -> Result<String, Failure> {
    let token: [u8; 32] = random()?;
    let text: String = token
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    let now = clock::real();
    let expires = now.checked_add(ENROLMENT).unwrap_or(now);
    let kept = authority.local().put_enrolment(&store::Enrolment {
        person: person.to_owned(),
        token_hash: Sha256::digest(text.as_bytes()).into(),
        code_hash: None,
        renews_all: true,
        proposal: None,
        open: true,
        failures: 0,
        expires_at_us: expires.as_microsecond(),
    });
    kept.map_err(AuthorityError::from)?;
    Ok(format!("{}/enrol/{text}", url.trim_end_matches('/')))
}
