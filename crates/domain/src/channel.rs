//! Fixed distribution channels: which kind of site may supply which, since when, and under what condition.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::access::Actor;
use crate::holder::{Site, SiteKind, SiteKinds};
use crate::id::{Id, Text};
use crate::province::SharedSite;
use crate::refusal::{NameRefusal, Refused, refusals, taken, unknown};
use crate::schema::Day;
use crate::table::{Keyed, No, Table};

/// An allowed edge of the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeEntry {
    /// Its id.
    pub id: Id,
    /// The kind of the consignor.
    pub from: SiteKind,
    /// The kind of the consignee.
    pub to: SiteKind,
    /// Only within one province.
    #[serde(default)]
    pub same_province: bool,
    /// Only with a named, dated approval for the two sites.
    #[serde(default)]
    pub approval: bool,
    /// Only in an emergency, with notice to the authority within so many days.
    pub notice_days_max: Option<u8>,
    /// Since when.
    #[schemars(with = "Day")]
    pub effective_from: Date,
}

/// The end of an edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeClosing {
    /// The edge.
    pub edge: Id,
    /// The last day on which it is open.
    #[schemars(with = "Day")]
    pub until: Date,
}

/// Approval of one consignor for one consignee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeApproval {
    /// Its id.
    pub id: Id,
    /// The consignor's site.
    pub from: Id,
    /// The consignee's site.
    pub to: Id,
    /// First day.
    #[schemars(with = "Day")]
    pub valid_from: Date,
    /// Last day.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// Why.
    pub reason: Text,
}

/// Notice of an emergency supply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyNotice {
    /// The dispatch it is about.
    pub dispatch: u64,
    /// Why it was urgent.
    pub reason: Text,
}

/// A notice as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyNoticed {
    /// As given.
    pub notice: EmergencyNotice,
    /// Until when it was due.
    pub due_on: Date,
    /// Whether it came after that day.
    pub late: bool,
}

refusals! {
    /// Why the channel refuses.
    pub enum ChannelRefusal {
        Closed { from: String, from_kinds: String, to: String, to_kinds: String, on: Date } = "channel_closed", Some("1961 art. 30(1)"),
            "no channel leads from {from} ({from_kinds}) to {to} ({to_kinds}) on {on}";
        OtherProvince { edge: String, from: String, from_province: String, to: String, to_province: String } = "channel_other_province", Some("1961 art. 30(1)"),
            "channel {edge} stays within one province: {from} lies in {from_province}, {to} in {to_province}";
        ApprovalMissing { edge: String, from: String, to: String, on: Date } = "channel_approval_missing", Some("1961 art. 30(1)"),
            "channel {edge} asks for an approval for {from} and {to}, and none is in force on {on}";
        NotAnEmergency { edge: String, days: u8 } = "channel_emergency_only", None,
            "channel {edge} is open in an emergency only: mark the dispatch so and give notice within {days} days";
        NoticeNotDue { dispatch: u64 } = "notice_not_due", None, "dispatch {dispatch} waits for no notice";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Edge {
    entry: EdgeEntry,
    until: Option<Date>,
}

/// Two sites between which goods have moved.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Supply {
    from: No,
    to: No,
}

impl Keyed for Supply {
    type Key = (No, No);
    fn key(&self) -> (No, No) {
        (self.from, self.to)
    }
}

/// How goods may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    /// Days for notice, where the edge is an emergency's.
    pub notice_days_max: Option<u8>,
    /// Back to a supplier.
    pub back: bool,
}

/// A consignee, as far as the graph of channels looks at it.
struct Taker<'a> {
    id: String,
    kinds: SiteKinds,
    province: &'a Id,
    /// Whether it lies in the consignor's province.
    is_near: bool,
    /// Whether an approval of this pair is in force.
    approved: bool,
}

/// All edges, approvals, supplies made, notices due.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Channels {
    edges: Vec<Edge>,
    approvals: BTreeMap<(No, No), Vec<(Date, Date)>>,
    approval_ids: BTreeSet<Id>,
    /// Pairs (consignor, consignee) between which goods have moved: the reverse flow is open.
    supplied: Table<Supply>,
    notices: BTreeMap<u64, (No, Date)>,
}

impl Channels {
    /// Notices of emergency supplies that are due: dispatch and day.
    pub fn notices_due(&self) -> impl Iterator<Item = (u64, Date)> {
        self.notices.iter().map(|(dispatch, (_, due))| (*dispatch, *due))
    }

    /// The same with the number of the site that owes the notice.
    pub fn notices(&self) -> impl Iterator<Item = (u64, No, Date)> {
        self.notices
            .iter()
            .map(|(dispatch, (site, due))| (*dispatch, *site, *due))
    }

    /// Whether goods may go from one site to another on a day, be it back to a supplier or in an emergency.
    pub fn lets(&self, state: &State, from: No, to: No, on: Date) -> bool {
        self.check(state, from, to, true, on).is_ok()
    }

    /// Whether a channel leads from one site to another on a day, so that the one may order from the other.
    pub fn supplies(&self, state: &State, from: No, to: No, on: Date) -> bool {
        self.leads(state, from, to, false, on).is_ok()
    }

    /// Whether a channel leads on a day from a site to one that another province has shared, of these kinds.
    pub fn lets_away(&self, state: &State, from: No, partner: &Id, shared: &SharedSite, on: Date) -> bool {
        let kinds = SiteKinds::of(&shared.kinds);
        self.leads_away(state, from, (partner, &shared.site, kinds), on).is_ok()
    }

    /// Whether goods may move between two sites on a day, and how.
    pub(crate) fn check(&self, state: &State, from: No, to: No, emergency: bool, on: Date) -> Refused<Passage> {
        let forward = self.leads(state, from, to, emergency, on);
        if forward.is_err() && self.supplied.no(&(to, from)).is_some() {
            return Ok(Passage {
                notice_days_max: None,
                back: true,
            });
        }
        forward
    }

    /// Whether a channel leads from one site to another on a day; back to a supplier none does.
    pub(crate) fn leads(&self, state: &State, from: No, to: No, emergency: bool, on: Date) -> Refused<Passage> {
        let (consignor, consignee) = (state.holders.site_at(from), state.holders.site_at(to));
        if consignor.holder == consignee.holder {
            return Ok(Passage {
                notice_days_max: None,
                back: false,
            });
        }
        let taker = Taker {
            id: consignee.id.to_string(),
            kinds: consignee.kinds,
            province: &consignee.province,
            is_near: consignor.province == consignee.province,
            approved: self.approved(from, to, on),
        };
        self.passage(consignor, &taker, emergency, on)
    }

    /// Whether a channel leads to a site of these kinds in another province. No approval of a pair of sites speaks of it.
    pub(crate) fn leads_away(&self, state: &State, from: No, to: (&Id, &Id, SiteKinds), on: Date) -> Refused<()> {
        let (partner, site, kinds) = to;
        let taker = Taker {
            id: site.to_string(),
            kinds,
            province: partner,
            is_near: false,
            approved: false,
        };
        self.passage(state.holders.site_at(from), &taker, false, on).map(|_| ())
    }

    fn passage(&self, consignor: &Site, consignee: &Taker<'_>, emergency: bool, on: Date) -> Refused<Passage> {
        let mut reason = None;
        for edge in &self.edges {
            let entry = &edge.entry;
            if !consignor.is(entry.from) || !consignee.kinds.contains(entry.to) || on < entry.effective_from {
                continue;
            }
            if edge.until.is_some_and(|until| on > until) {
                continue;
            }
            let name = entry.id.to_string();
            if entry.same_province && !consignee.is_near {
                reason = Some(ChannelRefusal::OtherProvince {
                    edge: name,
                    from: consignor.id.to_string(),
                    from_province: consignor.province.to_string(),
                    to: consignee.id.clone(),
                    to_province: consignee.province.to_string(),
                });
            } else if entry.approval && !consignee.approved {
                let (from, to) = (consignor.id.to_string(), consignee.id.clone());
                reason = Some(ChannelRefusal::ApprovalMissing {
                    edge: name,
                    from,
                    to,
                    on,
                });
            } else if let Some(days) = entry.notice_days_max.filter(|_| !emergency) {
                reason = Some(ChannelRefusal::NotAnEmergency { edge: name, days });
            } else {
                return Ok(Passage {
                    notice_days_max: entry.notice_days_max,
                    back: false,
                });
            }
        }
        let kinds = |kinds: SiteKinds| kinds.iter().map(SiteKind::word).collect::<Vec<_>>().join(", ");
        let closed = || ChannelRefusal::Closed {
            from: consignor.id.to_string(),
            from_kinds: kinds(consignor.kinds),
            to: consignee.id.clone(),
            to_kinds: kinds(consignee.kinds),
            on,
        };
        Err(reason.unwrap_or_else(closed).into())
    }

    fn approved(&self, from: No, to: No, on: Date) -> bool {
        let covers = |(first, last): &(Date, Date)| *first <= on && on <= *last;
        self.approvals
            .get(&(from, to))
            .is_some_and(|periods| periods.iter().any(covers))
    }

    pub(crate) fn reindex(&mut self) {
        self.supplied.reindex();
    }

    /// Goods have moved from one site to another.
    pub(crate) fn supply(&mut self, from: No, to: No) {
        self.supplied.add(Supply { from, to });
    }

    /// A dispatch that was reversed waits for no notice: it never was.
    pub(crate) fn forget_notice(&mut self, dispatch: u64) {
        self.notices.remove(&dispatch);
    }

    /// An emergency supply waits for its notice.
    pub(crate) fn await_notice(&mut self, dispatch: u64, site: No, due: Date) {
        self.notices.insert(dispatch, (site, due));
    }
}

pub(crate) fn decide_edge(state: &State, entry: &EdgeEntry) -> Refused<()> {
    if state.channels.edges.iter().any(|edge| edge.entry.id == entry.id) {
        return Err(taken("channel", &entry.id));
    }
    Ok(())
}

pub(crate) fn decide_edge_closing(state: &State, closing: &EdgeClosing) -> Refused<()> {
    let edge = state.channels.edges.iter().find(|edge| edge.entry.id == closing.edge);
    edge.map(|_| ()).ok_or_else(|| unknown("channel", &closing.edge))
}

pub(crate) fn decide_approval(state: &State, approval: &EdgeApproval) -> Refused<()> {
    if state.channels.approval_ids.contains(&approval.id) {
        return Err(taken("channel approval", &approval.id));
    }
    state.holders.open_site(&approval.from)?;
    state.holders.open_site(&approval.to)?;
    if approval.valid_until < approval.valid_from {
        let (from, until) = (approval.valid_from.to_string(), approval.valid_until.to_string());
        return Err(NameRefusal::BadPeriod { from, until }.into());
    }
    Ok(())
}

pub(crate) fn decide_notice(
    state: &State,
    by: &Actor,
    notice: &EmergencyNotice,
    today: Date,
) -> Refused<EmergencyNoticed> {
    let dispatch = notice.dispatch;
    let (site, due_on) = state
        .channels
        .notices
        .get(&dispatch)
        .copied()
        .ok_or(ChannelRefusal::NoticeNotDue { dispatch })?;
    crate::ledger::owns(by, state.holders.site_at(site))?;
    Ok(EmergencyNoticed {
        notice: notice.clone(),
        due_on,
        late: today > due_on,
    })
}

pub(crate) fn apply_edge(state: &mut State, entry: &EdgeEntry) {
    state.channels.edges.push(Edge {
        entry: entry.clone(),
        until: None,
    });
}

pub(crate) fn apply_edge_closing(state: &mut State, closing: &EdgeClosing) {
    if let Some(edge) = state
        .channels
        .edges
        .iter_mut()
        .find(|edge| edge.entry.id == closing.edge)
    {
        edge.until = Some(closing.until);
    }
}

pub(crate) fn apply_approval(state: &mut State, approval: &EdgeApproval) {
    let (from, to) = (
        state.holders.sites.no(&approval.from),
        state.holders.sites.no(&approval.to),
    );
    if let (Some(from), Some(to)) = (from, to) {
        let period = (approval.valid_from, approval.valid_until);
        state.channels.approvals.entry((from, to)).or_default().push(period);
        state.channels.approval_ids.insert(approval.id.clone());
    }
}

pub(crate) fn apply_notice(state: &mut State, noticed: &EmergencyNoticed) {
    state.channels.notices.remove(&noticed.notice.dispatch);
}
