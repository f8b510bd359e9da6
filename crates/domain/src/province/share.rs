//! Which of our sites may be supplied from another province.

use jiff::civil::Date;

use super::message::{SharedSite, SiteNamed};
use super::{ProvinceRefusal, ShareSite, WithdrawSite, neighbour, queue};
use crate::State;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::licence::Standing;
use crate::refusal::Refused;
use crate::trade::Notice;

/// Shares a site under a licence that is in force; the neighbour is told in the same step.
pub(crate) fn decide_share(state: &State, share: &ShareSite, today: Date) -> Refused<Vec<Event>> {
    let (_, site) = state.holders.open_site(&share.site)?;
    neighbour(state, &share.partner)?;
    let covers = |licence: &&crate::licence::Licence| {
        licence.grant.sites.contains(&share.site)
            && site.activities.contains(licence.grant.activity)
            && licence.standing_on(today) == Standing::InForce
    };
    let licence = state.licences.get(&share.licence).filter(covers);
    let grant = &licence
        .ok_or_else(|| ProvinceRefusal::LicenceUnfit {
            site: share.site.to_string(),
            licence: share.licence.to_string(),
            on: today,
        })?
        .grant;
    let key = (share.site.clone(), share.partner.clone());
    if state.provinces.shared.get(&key) == Some(&share.licence) {
        let (site, partner) = (share.site.to_string(), share.partner.to_string());
        return Err(ProvinceRefusal::AlreadyShared { site, partner }.into());
    }
    let told = SharedSite {
        site: share.site.clone(),
        holder: state.holders.holder_at(site.holder).entry.name.clone(),
        kinds: site.kinds.iter().collect(),
        licence: grant.id.clone(),
        substances: grant.substances.clone(),
        valid_from: grant.valid_from,
        valid_until: grant.valid_until,
    };
    Ok(vec![
        Event::SiteShared(Box::new(share.clone())),
        queue(&share.partner, Notice::SiteShared(Box::new(told))),
    ])
}

/// Withdraws a site that is shared.
pub(crate) fn decide_withdrawal(state: &State, withdraw: &WithdrawSite) -> Refused<Vec<Event>> {
    let key = (withdraw.site.clone(), withdraw.partner.clone());
    if state.provinces.shared.contains_key(&key) {
        return Ok(withdrawn(withdraw.clone()).to_vec());
    }
    let (site, partner) = (withdraw.site.to_string(), withdraw.partner.to_string());
    Err(ProvinceRefusal::NotShared { site, partner }.into())
}

fn withdrawn(withdraw: WithdrawSite) -> [Event; 2] {
    let (site, reason) = (withdraw.site.clone(), withdraw.reason.clone());
    let told = queue(
        &withdraw.partner,
        Notice::SiteWithdrawn(Box::new(SiteNamed { site, reason })),
    );
    [Event::SiteWithdrawn(Box::new(withdraw)), told]
}

/// What is withdrawn because of an entry: its licence is suspended or revoked, or the site is closed.
pub(crate) fn no_longer_shared(state: &State, event: &Event) -> Vec<Event> {
    let (licence, site, reason): (Option<&Id>, Option<&Id>, &Text) = match event {
        Event::LicenceSuspended(change) | Event::LicenceRevoked(change) => {
            (Some(&change.licence), None, &change.reason)
        }
        Event::SiteClosed(closing) => (None, Some(&closing.site), &closing.reason),
        _ => return Vec::new(),
    };
    let hit = state
        .provinces
        .shared()
        .filter(|(of, _, under)| licence == Some(*under) || site == Some(*of));
    let ended = hit.map(|(site, partner, _)| WithdrawSite {
        site: site.clone(),
        partner: partner.clone(),
        reason: reason.clone(),
    });
    ended.flat_map(withdrawn).collect()
}

pub(crate) fn apply_shared(state: &mut State, share: &ShareSite) {
    let key = (share.site.clone(), share.partner.clone());
    state.provinces.shared.insert(key, share.licence.clone());
}

pub(crate) fn apply_withdrawn(state: &mut State, withdraw: &WithdrawSite) {
    state
        .provinces
        .shared
        .remove(&(withdraw.site.clone(), withdraw.partner.clone()));
}
