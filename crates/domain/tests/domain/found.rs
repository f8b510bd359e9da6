//! What is found quickly is what a look at everything finds, while entries are applied and after a snapshot was read.

use std::collections::BTreeSet;

use domain::State;
use domain::table::No;
use jiff::civil::Date;

/// Looks at everything, in the state and in the same state as read from its bytes.
pub fn agrees(state: &State, read: &State) {
    one(state);
    one(read);
    let applications = |state: &State| {
        let open = state.trade.open_applications();
        open.map(|applied| applied.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(applications(state), applications(read));
    for year in 2020..2030 {
        let demand = |state: &State| state.demand.of_year(year).collect::<Vec<_>>();
        assert_eq!(demand(state), demand(read), "{year}");
    }
}

fn one(state: &State) {
    licences(state);
    holders(state);
    let open: Vec<&str> = state.trade.open_cases().map(|case| case.id.as_str()).collect();
    let all = state.trade.cases().filter(|case| !case.stage.is_over());
    assert_eq!(open, all.map(|case| case.id.as_str()).collect::<Vec<_>>());
    let answered: Vec<&str> = state.trade.owns().map(|own| own.application.as_str()).collect();
    let mut waiting = state.trade.open_applications();
    assert!(waiting.all(|applied| !answered.contains(&applied.id.as_str())));
}

fn licences(state: &State) {
    let mut ends: Vec<(Date, usize)> = (0..)
        .zip(state.licences.iter())
        .map(|(place, licence)| (licence.grant.valid_until, place))
        .collect();
    ends.sort_unstable();
    let ids: Vec<&str> = state.licences.iter().map(|licence| licence.grant.id.as_str()).collect();
    let sorted: Vec<&str> = ends.iter().map(|(_, place)| ids[*place]).collect();
    let found = state.licences.ending(Date::MIN, Date::MAX);
    assert_eq!(
        found.map(|licence| licence.grant.id.as_str()).collect::<Vec<_>>(),
        sorted
    );
    for (no, site) in (0..).zip(state.holders.sites()) {
        let covering = state
            .licences
            .iter()
            .filter(|licence| licence.grant.sites.contains(&site.id));
        let found = state.licences.of_site(no).map(|licence| &licence.grant.id);
        assert_eq!(
            found.collect::<Vec<_>>(),
            covering.map(|licence| &licence.grant.id).collect::<Vec<_>>()
        );
    }
}

fn holders(state: &State) {
    let supplies = |site: &No| !state.holders.site_at(*site).retail;
    let all = state.holders.iter().filter(|holder| holder.sites.iter().any(supplies));
    let all: Vec<&str> = all.map(|holder| holder.entry.id.as_str()).collect();
    let found = state.holders.suppliers().map(|holder| holder.entry.id.as_str());
    assert_eq!(found.collect::<Vec<_>>(), all);
    for holder in state.holders.iter() {
        let id = holder.entry.id.as_str();
        let all: BTreeSet<_> = state
            .access
            .grants()
            .filter(|actor| actor.holder() == Some(id))
            .collect();
        assert_eq!(state.access.actors_for(id).collect::<BTreeSet<_>>(), all);
    }
    for (no, _) in (0..).zip(state.holders.sites()) {
        let of_site = |account: &&domain::ledger::Account| account.site == no;
        let all = state.ledger.accounts().filter(of_site).map(|account| account.batch);
        let found = state.ledger.accounts_of(no).map(|account| account.batch);
        assert_eq!(found.collect::<Vec<_>>(), all.collect::<Vec<_>>());
    }
}
