//! Provinces: authorities of one country, whose holders supply each other without any permit of import or export.
//!
//! What one has sent and the other has received is posted in both ledgers with the same figure, so it cancels in the sum
//! over all of them; what is on the way stands in the sender's ledger alone.

mod message;
mod movement;
mod resolve;
mod share;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::digest::Digest;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::partner::{MessageQueued, Partner};
use crate::refusal::{Refused, refusals};
use crate::trade::{Cause, Notice, Resolution};

pub use message::{DifferenceWord, DomesticDispatch, DomesticEnd, DomesticReceipt, SharedSite, SiteNamed};

pub(crate) use message::{apply as apply_notice, is_domestic, judge};
pub(crate) use movement::{
    Incoming, apply_arrived, apply_back, apply_dispatch, away_licence, back, dispatched, incoming, next_number,
    received, shared_site,
};
pub(crate) use resolve::{apply_resolved, decide_resolution};
pub(crate) use share::{apply_shared, apply_withdrawn, decide_share, decide_withdrawal, no_longer_shared};

/// Lets a site be supplied from another province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareSite {
    /// The site.
    pub site: Id,
    /// The authority of the other province.
    pub partner: Id,
    /// The licence or card under which it takes the goods; its last day is the last day of the sharing.
    pub licence: Id,
}

/// A site may be supplied from another province no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawSite {
    /// The site.
    pub site: Id,
    /// The authority of the other province.
    pub partner: Id,
    /// Why.
    pub reason: Text,
}

/// This province's word on a difference between what was sent to another and what was received there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDifference {
    /// The entry of this journal that holds the dispatch: the line, or the message that told it.
    pub dispatch: u64,
    /// The cause.
    pub cause: Cause,
    /// What was found.
    pub explanation: Text,
    /// The number of the incident's case; demanded beyond tolerance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Id>,
}

refusals! {
    /// Why what crosses a province's border is refused.
    pub enum ProvinceRefusal {
        NoNeighbour { partner: String } = "partner_not_of_country", None, "{partner} is the authority of another country: goods go there under a permit";
        SiteUnknown { partner: String, site: String } = "shared_site_unknown", None, "{partner} has shared no site {site}";
        SiteWithdrawn { partner: String, site: String } = "shared_site_withdrawn", Some("1961 art. 30(1)"), "{partner} has withdrawn {site}: it may not be supplied from elsewhere";
        NotYetValid { partner: String, site: String, licence: String, from: Date, on: Date } = "shared_licence_not_yet_valid", Some("1961 art. 30(1)"),
            "licence {licence} of {site} in {partner} begins on {from}, after {on}";
        Expired { partner: String, site: String, licence: String, until: Date, on: Date } = "shared_licence_expired", Some("1961 art. 30(1)"),
            "licence {licence} of {site} in {partner} ended on {until}, before {on}";
        NotCovered { partner: String, site: String, licence: String, substance: String } = "shared_licence_missing", Some("1961 art. 30(1)"),
            "licence {licence} of {site} in {partner} does not cover {substance}";
        Plain { site: String } = "dispatch_to_province_plain", None, "the dispatch from {site} to another province is no emergency supply and answers no order: leave both out, and name the site there";
        GoodsUnknown { dispatch: u64, substance: String, form: String } = "goods_not_registered", None,
            "dispatch {dispatch} is of {form} of {substance}, and no item of this register has these goods: register it first";
        LicenceUnfit { site: String, licence: String, on: Date } = "licence_unfit_to_share", None, "{licence} is no licence of {site} that is in force on {on}";
        AlreadyShared { site: String, partner: String } = "site_shared_already", None, "{site} is shared with {partner} under this licence already";
        NotShared { site: String, partner: String } = "site_not_shared", None, "{site} is not shared with {partner}";
        NoDifference { dispatch: u64 } = "no_difference", None, "what was sent and what was received under {dispatch} do not differ";
        AlreadyResolved { dispatch: u64 } = "difference_resolved", None, "this side has given its word on {dispatch} already";
        IncidentMissing { dispatch: u64, tolerance_ppm: i64 } = "difference_cause_missing", None,
            "the figures of {dispatch} differ by more than {tolerance_ppm} millionths: give a cause other than measurement, and the number of the incident's case";
    }
}

/// Which end of a dispatch this ledger keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The goods have left here.
    Sending,
    /// They come here.
    Receiving,
}

/// A dispatch from one province to another, as both sides know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domestic {
    /// Which end this is.
    pub end: End,
    /// The authority at the other end.
    pub partner: Id,
    /// The item in this register; none until it is known at the receiving end.
    pub item: Option<Id>,
    /// What was sent.
    pub told: DomesticDispatch,
    /// Received, of what was sent.
    pub received: i64,
    /// Arrived beyond what was sent.
    pub excess: i64,
    /// Back in the consignor's stock.
    pub returned: i64,
    /// Lost on the way, as the consignor says.
    pub lost: i64,
    /// Whether the consignee has said that no more will come.
    pub complete: bool,
    /// This side's word on a difference.
    pub our_word: Option<Resolution>,
    /// The other side's.
    pub their_word: Option<Resolution>,
}

impl Domestic {
    fn new(end: End, partner: Id, item: Option<Id>, told: DomesticDispatch) -> Self {
        Self {
            end,
            partner,
            item,
            told,
            received: 0,
            excess: 0,
            returned: 0,
            lost: 0,
            complete: false,
            our_word: None,
            their_word: None,
        }
    }

    /// What may still arrive.
    pub fn outstanding(&self) -> i64 {
        let settled = [self.returned, self.lost]
            .into_iter()
            .fold(self.received, i64::saturating_add);
        if self.complete {
            0
        } else {
            self.told.amount.saturating_sub(settled).max(0)
        }
    }

    /// What arrived or came back, less what was sent.
    pub fn difference(&self) -> i64 {
        let found = [self.excess, self.returned]
            .into_iter()
            .fold(self.received, i64::saturating_add);
        found.saturating_sub(self.told.amount)
    }

    /// Whether the figures contradict each other: it depends on what was told, not on its order.
    pub fn differs(&self) -> bool {
        self.difference().saturating_add(self.lost) > 0 || (self.complete && self.difference() != 0)
    }

    /// Whether both sides have given their word on the difference.
    pub fn is_resolved(&self) -> bool {
        self.our_word.is_some() && self.their_word.is_some()
    }

    /// Whether nothing more is to be done about it.
    pub fn is_over(&self) -> bool {
        if self.differs() {
            self.is_resolved()
        } else {
            self.complete || self.outstanding() == 0
        }
    }
}

/// A site of another province that may be supplied from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// As its authority has told it.
    pub site: SharedSite,
    /// Since when it may be supplied no more, and why, if so.
    pub withdrawn: Option<(Date, Text)>,
}

impl Offered {
    /// Whether its authority lets it be supplied on a day.
    pub fn is_open(&self, on: Date) -> bool {
        let site = &self.site;
        self.withdrawn.is_none() && site.valid_from <= on && on <= site.valid_until
    }
}

/// What crosses the province's border.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Provinces {
    /// Sites of ours by the partner that they are shared with: under which licence.
    pub(crate) shared: BTreeMap<(Id, Id), Id>,
    /// Sites of partners.
    pub(crate) offered: BTreeMap<(Id, Id), Offered>,
    /// Dispatches in both directions, by entry of this journal.
    pub(crate) dispatches: BTreeMap<u64, Domestic>,
    /// Those of them about which something is still to be done.
    pub(crate) open: BTreeSet<u64>,
    /// The same by partner, end and number.
    pub(crate) numbered: BTreeMap<(Id, bool, u64), u64>,
    /// How many were sent to each partner.
    pub(crate) sent: BTreeMap<Id, u64>,
}

impl Provinces {
    /// Sites of ours that may be supplied from elsewhere: site, partner, licence.
    pub fn shared(&self) -> impl Iterator<Item = (&Id, &Id, &Id)> {
        self.shared
            .iter()
            .map(|((site, partner), licence)| (site, partner, licence))
    }

    /// Sites of partners, with the partner, in their order; those withdrawn too.
    pub fn offered(&self) -> impl Iterator<Item = (&Id, &Offered)> {
        self.offered.iter().map(|((partner, _), offered)| (partner, offered))
    }

    /// A site of a partner.
    pub fn offer(&self, partner: &Id, site: &Id) -> Option<&Offered> {
        self.offered.get(&(partner.clone(), site.clone()))
    }

    /// Dispatches about which something is still to be done: goods that are on the way, and differences, the oldest first.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = (u64, &Domestic)> {
        let open = self.open.iter();
        open.filter_map(|entry| Some((*entry, self.dispatches.get(entry)?)))
    }

    /// Dispatches in both directions, by entry of this journal.
    pub fn dispatches(&self) -> &BTreeMap<u64, Domestic> {
        &self.dispatches
    }

    fn numbered(&self, partner: &Id, end: End, number: u64) -> Option<u64> {
        self.numbered
            .get(&(partner.clone(), end == End::Sending, number))
            .copied()
    }

    /// Changes what is known of a dispatch, if it is known at all.
    fn change(&mut self, entry: Option<u64>, how: impl FnOnce(&mut Domestic)) {
        let Some(entry) = entry else { return };
        let Some(domestic) = self.dispatches.get_mut(&entry) else {
            return;
        };
        how(domestic);
        if domestic.is_over() {
            self.open.remove(&entry);
        } else {
            self.open.insert(entry);
        }
    }

    fn begin(&mut self, entry: u64, domestic: Domestic) {
        let key = (
            domestic.partner.clone(),
            domestic.end == End::Sending,
            domestic.told.number,
        );
        self.numbered.insert(key, entry);
        self.open.insert(entry);
        self.dispatches.insert(entry, domestic);
    }
}

/// Whether a partner is the authority of another province of this country.
pub fn is_neighbour(state: &State, partner: &Partner) -> bool {
    partner.file.country == state.founding.country
}

/// The authority of another province of this country.
fn neighbour<'a>(state: &'a State, id: &Id) -> Refused<&'a Partner> {
    let partner = state.partners.find(id)?;
    if is_neighbour(state, partner) {
        return Ok(partner);
    }
    Err(ProvinceRefusal::NoNeighbour {
        partner: id.to_string(),
    }
    .into())
}

/// What a message to a partner says, as an entry.
fn queue(to: &Id, notice: Notice) -> Event {
    Event::MessageQueued(Box::new(MessageQueued {
        to: to.clone(),
        case: None,
        notice,
    }))
}

/// A dispatch that has not arrived though it should have.
pub struct Late<'a> {
    /// Its entry in this journal.
    pub entry: u64,
    /// The dispatch.
    pub domestic: &'a Domestic,
    /// By which day it should have arrived.
    pub due_on: Date,
}

/// By which day a dispatch should have arrived: within the days that policy gives an arrival at the border.
pub fn due_on(state: &State, domestic: &Domestic) -> Date {
    let days = jiff::Span::new().try_days(state.policies.endorsement_days);
    let due = days.and_then(|days| domestic.told.on.checked_add(days));
    due.unwrap_or(Date::MAX)
}

/// Dispatches in both directions of which something is still on the way, and late, the oldest first.
pub fn overdue(state: &State, today: Date) -> impl Iterator<Item = Late<'_>> {
    state.provinces.open().filter_map(move |(entry, domestic)| {
        let due_on = due_on(state, domestic);
        let late = domestic.outstanding() > 0 && due_on < today;
        late.then_some(Late {
            entry,
            domestic,
            due_on,
        })
    })
}

/// The hash of everything that both ends of a dispatch must agree on.
pub fn agreed(domestic: &Domestic) -> Digest {
    let Domestic {
        told,
        received,
        excess,
        returned,
        lost,
        complete,
        ..
    } = domestic;
    let told = serde_json::to_string(told).unwrap_or_default();
    Digest::of(format!("{told} {received} {excess} {returned} {lost} {complete}"))
}
