//! Whom the demonstration invites: of every kind of person one, so that each page can be seen by whoever it is for.

use std::collections::BTreeMap;

use domain::State;
use domain::access::{Actor, Capacity, Role};
use domain::holder::SiteKind;
use serde::Serialize;

use crate::output::Failure;
use crate::running::Running;

/// A link with which a person signs in once.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// The authority's id.
    pub authority: String,
    /// As whom the person may act.
    pub actor: String,
    /// The person's id.
    pub person: String,
    /// The link. A person with several roles has one link for all of them.
    pub url: String,
}

/// Officers of the authority whose story is told, one of each role; of administrators there are two.
const FIRST: [(Role, usize); 11] = [
    (Role::LicensingOfficer, 1),
    (Role::PlanningOfficer, 1),
    (Role::PermitOfficer, 1),
    (Role::Approver, 1),
    (Role::Inspector, 1),
    (Role::ChiefInspector, 1),
    (Role::Trainer, 1),
    (Role::Statistician, 1),
    (Role::Auditor, 1),
    (Role::Administrator, 2),
    (Role::CustomsOfficer, 1),
];
/// Officers of its partners.
const PARTNER: [(Role, usize); 6] = [
    (Role::PermitOfficer, 1),
    (Role::Approver, 1),
    (Role::CustomsOfficer, 1),
    // Those who got nothing have nobody else who speaks to the partner: a statistician signs that.
    (Role::Statistician, 1),
    (Role::Auditor, 1),
    (Role::Administrator, 2),
];

/// Links for the persons of an authority.
pub fn of(running: &Running, is_first: bool) -> Result<Vec<Link>, Failure> {
    let actors = chosen(&running.authority().state(), is_first);
    let mut urls = BTreeMap::new();
    let mut links = Vec::new();
    for actor in actors {
        let person = actor.person().to_owned();
        // A second invitation would end the first.
        if !urls.contains_key(&person) {
            let url = web::invite(running.app(), &person);
            urls.insert(person.clone(), url.map_err(Failure::Unavailable)?);
        }
        links.push(Link {
            authority: running.id().to_owned(),
            actor: actor.to_string(),
            url: urls.get(&person).cloned().unwrap_or_default(),
            person,
        });
    }
    Ok(links)
}

fn chosen(state: &State, is_first: bool) -> Vec<Actor> {
    let officers: &[(Role, usize)] = if is_first { &FIRST } else { &PARTNER };
    let companies: &[SiteKind] = if is_first {
        &[SiteKind::Exporter, SiteKind::Institution]
    } else {
        &[SiteKind::Importer]
    };
    let mut chosen = Vec::new();
    for (role, many) in officers {
        let of_role = |actor: &&Actor| actor.capacity() == Capacity::Officer(*role);
        chosen.extend(state.access.grants().filter(of_role).take(*many).cloned());
    }
    for kind in companies {
        let of_kind =
            |actor: &&Actor| matches!(actor.capacity(), Capacity::Responsible(holder) if has(state, holder, *kind));
        chosen.extend(state.access.grants().find(of_kind).cloned());
    }
    chosen
}

/// Whether a holder has an open site of a kind.
fn has(state: &State, holder: &str, kind: SiteKind) -> bool {
    let mut sites = state.holders.sites();
    sites.any(|site| site.holder_id.as_str() == holder && site.open && site.is(kind))
}
