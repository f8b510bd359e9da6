//! Trade across the border: import authorizations, the conversation of each export with its hard gate, shipments, and
//! statements that both sides sign (1961 art. 31).
//!
//! A case is one export. The exporting authority begins it; the importing authority mirrors it from the messages it
//! takes. Both sides keep the same [`Case`], each in its own role.

mod address;
mod amendment;
mod border;
mod case;
mod checks;
mod code;
mod command;
mod diversion;
mod emergency;
mod ending;
mod export;
mod guard;
mod import;
mod judge;
mod notice;
mod overdue;
mod paper;
pub mod passage;
mod posts;
mod question;
mod re_export;
mod recovered;
mod refusal;
mod replacement;
mod returned;
mod review;
mod shipment;
mod statement;
mod totals;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::country::Country;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::ledger::Movement;
use crate::partner::MessageQueued;
use crate::product::Item;
use crate::refusal::{NameRefusal, Refused, unknown};
use crate::table::No;

pub use case::{Case, Side, Stage};
pub use checks::{Check, Compared, Fact, Facts, Standing, alike, compared};
pub use code::{CODES, Code};
pub use command::*;
pub use guard::{FreeStock, checks, longest_validity};
pub use import::{OwnHeadroom, confirmation_checks, own_headroom};
pub use notice::*;
pub use question::{Asked, QUESTIONS_MAX};
pub use refusal::TradeRefusal;
pub use statement::{Signing, StatementCase, own_lines, signed_by, stated_lines};
pub use totals::{Headroom, headroom};

pub(crate) use amendment::{apply_amendment, decide_amendment};
pub(crate) use border::{export_permitted, import_authorized};
pub(crate) use diversion::{apply_diversion, decide_diversion};
pub(crate) use emergency::{apply_agency, apply_emergency, decide_agency, decide_emergency};
pub(crate) use ending::{apply_revocation, apply_withdrawal, decide_revocation, decide_withdrawal};
pub(crate) use export::{
    apply_application, apply_permit, apply_requested, decide_application, decide_permit, decide_request,
};
pub(crate) use import::{
    apply_answer, apply_cancellation, apply_import_application, apply_issued, apply_shared, decide_cancellation,
    decide_confirm, decide_import_application, decide_issue, decide_refuse, shared_with,
};
pub(crate) use judge::{apply_notice, apply_sent, judge};
pub(crate) use overdue::apply_reminder;
pub use overdue::{Overdue, overdue};
pub use paper::*;
pub(crate) use paper::{
    apart, apply_admission, apply_call_back, apply_document, apply_invitation_answer, apply_invited, apply_listing,
    apply_recorded_arrival, apply_registered, apply_transcript, decide_admission, decide_call_back, decide_document,
    decide_invitation, decide_invitation_answer, decide_listing, decide_recorded_arrival, decide_registered,
    decide_transcript,
};
pub use posts::POSTS_MAX;
pub(crate) use question::{apply_question, apply_question_answer, decide_question, decide_question_answer};
pub(crate) use re_export::{apply_re_export_ended, decide_re_export_ended};
pub(crate) use recovered::{can_be_put_back, put_back};
pub(crate) use replacement::{apply_replacement, decide_duplicate, decide_permit_amendment};
pub(crate) use returned::{apply_ordered_back, apply_return, comes_back, decide_order_back, decide_return};
pub(crate) use review::{apply_review, decide_review};
pub use review::{own_to_review, to_review};
pub(crate) use shipment::{
    apply_arrival, apply_departure, apply_held, apply_released, apply_resolution, apply_unused, decide_arrival,
    decide_departure, decide_pass_day, decide_release, decide_resolution, entered, left,
};
pub(crate) use statement::{
    apply_disputed, apply_proposed, apply_signed, decide_dispute, decide_proposal, decide_signature,
};
pub(crate) use totals::{apply_stop, apply_stop_lifted, apply_totals, decide_stop, decide_stop_lifted, decide_totals};

/// The most lines of an authorization: one consignment of a few drugs (1961 art. 31(4)(a)).
pub const LINES_MAX: usize = 20;

/// An import authorization of this authority.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnAuthorization {
    /// The application it answers.
    pub application: Id,
    /// As issued, or as amended.
    pub authorization: ImportAuthorization,
    /// Which text it is: as issued it was the first.
    pub version: u32,
    /// The customs posts at which goods may enter; any if none is named.
    pub posts: Vec<Text>,
    /// The importer's site.
    pub site: Id,
    /// The partner it was shared with.
    pub partner: Option<Id>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Whether what was to be exported again will not be.
    pub re_export_ended: bool,
    /// What has entered under it, by line, in counting units.
    pub imported: Vec<i64>,
    /// When it was looked at again because the schedule of a drug in it had changed.
    pub reviewed_on: Option<Date>,
}

/// An import authorization that a partner has sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForeignAuthorization {
    /// As issued, or as amended.
    pub authorization: ImportAuthorization,
    /// Which text it is: as issued it was the first.
    pub version: u32,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Whether what was to be exported again will not be.
    pub re_export_ended: bool,
}

/// How much of some goods is in a list of lines.
fn amount_of(lines: &[Line], goods: &Goods) -> i64 {
    lines
        .iter()
        .find(|line| line.goods == *goods)
        .map_or(0, |line| line.amount)
}

/// Everything about trade across the border.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trade {
    applications: BTreeMap<Id, ImportApplied>,
    own: BTreeMap<Id, OwnAuthorization>,
    foreign: BTreeMap<(Id, Id), ForeignAuthorization>,
    /// Import authorizations of authorities without this software, as their papers have them, with the ports of entry.
    on_paper: BTreeMap<(Id, Id), (ForeignAuthorization, Vec<Text>)>,
    /// Authorities without this software.
    pub directory: Directory,
    cases: BTreeMap<Id, Case>,
    /// Our export permits: the case of each.
    permits: BTreeMap<Id, Id>,
    totals: BTreeMap<(Country, i16, Id), totals::Total>,
    stops: BTreeMap<(Country, i16, Id), (Id, Date)>,
    /// Agencies that may ask for emergency supplies.
    agencies: BTreeMap<Id, Agency>,
    /// Emergency exports to this country, by the authority that told of them and its case.
    emergencies: BTreeMap<(Id, Id), EmergencyExport>,
    /// Goods of other countries that pass through this one.
    passages: BTreeMap<Id, passage::Passage>,
    statements: BTreeMap<(Id, Id, i16), StatementCase>,
    /// Imports that belong to no case, in base and by number, by country of origin, year and substance.
    pub(crate) outside: BTreeMap<(Country, i16, Id), (crate::quantity::Mass, i64)>,
    /// Cases that somebody still has to do something about.
    #[serde(skip)]
    open: BTreeSet<Id>,
    /// Applications for import authorizations that are not answered.
    #[serde(skip)]
    unanswered: BTreeSet<Id>,
    /// Cases by the number of their import authorization.
    #[serde(skip)]
    under: BTreeMap<Id, BTreeSet<Id>>,
    /// Exports by their site.
    #[serde(skip)]
    of_site: BTreeMap<Id, BTreeSet<Id>>,
    /// Cases of goods that come to this country, by the number of the permit whose copy the partner has sent.
    #[serde(skip)]
    copies: BTreeMap<Id, BTreeSet<Id>>,
}

impl Trade {
    /// A case by its id.
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.get(id)
    }

    /// All cases by id.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// Cases by id, those after one of them.
    pub fn cases_after(&self, id: &str) -> impl Iterator<Item = &Case> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.cases
            .range::<str, _>((Excluded(id), Unbounded))
            .map(|(_, case)| case)
    }

    /// Cases that are neither closed nor refused nor expired, by id: few among all.
    pub fn open_cases(&self) -> impl Iterator<Item = &Case> {
        self.open.iter().filter_map(|id| self.cases.get(id))
    }

    /// An application for an import authorization.
    pub fn application(&self, id: &str) -> Option<&ImportApplied> {
        self.applications.get(id)
    }

    /// All applications for import authorizations by id.
    pub fn applications(&self) -> impl Iterator<Item = &ImportApplied> {
        self.applications.values()
    }

    /// Import authorizations that partners have sent, with the authority that sent each.
    pub fn foreigns(&self) -> impl Iterator<Item = (&Id, &ForeignAuthorization)> {
        self.foreign.iter().map(|((issuer, _), foreign)| (issuer, foreign))
    }

    /// Import authorizations that partners have sent, those after this one, with the authority that sent each.
    pub fn foreigns_after(&self, issuer: &Id, number: &Id) -> impl Iterator<Item = (&Id, &ForeignAuthorization)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = (issuer.clone(), number.clone());
        let rest = self.foreign.range((Excluded(after), Unbounded));
        rest.map(|((issuer, _), foreign)| (issuer, foreign))
    }

    /// Applications for import authorizations that no authorization answers, by id.
    pub fn open_applications(&self) -> impl Iterator<Item = &ImportApplied> {
        self.unanswered.iter().filter_map(|id| self.applications.get(id))
    }

    /// Stop notices of the Board: country, year, substance, number.
    pub fn stops(&self) -> impl Iterator<Item = (Country, i16, &Id, &Id)> {
        self.stops
            .iter()
            .map(|((country, year, substance), (notice, _))| (*country, *year, substance, notice))
    }

    /// Agencies that may ask for emergency supplies, by id.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> {
        self.agencies.values()
    }

    /// Emergency exports to this country: the authority that told of each, its case, and what it told.
    pub fn emergencies(&self) -> impl Iterator<Item = (&Id, &Id, &EmergencyExport)> {
        self.emergencies.iter().map(|((from, case), told)| (from, case, told))
    }

    /// Cases under an import authorization with this number, whoever issued it, by id.
    pub fn cases_under(&self, number: &str) -> impl Iterator<Item = &Case> {
        self.listed(self.under.get(number))
    }

    /// Exports of a site, by id.
    pub fn exports_of(&self, site: &str) -> impl Iterator<Item = &Case> {
        self.listed(self.of_site.get(site))
    }

    /// Cases of goods that come to this country under a partner's permit with this number, by id.
    pub fn cases_of_copy(&self, permit: &str) -> impl Iterator<Item = &Case> {
        self.listed(self.copies.get(permit))
    }

    fn listed<'a>(&'a self, ids: Option<&'a BTreeSet<Id>>) -> impl Iterator<Item = &'a Case> {
        ids.into_iter().flatten().filter_map(|id| self.cases.get(id))
    }

    /// Notes where a case is found, and whether it is still open, after something has happened to it.
    pub(crate) fn note(&mut self, id: &str) {
        let Some((id, case)) = self.cases.get_key_value(id) else {
            return;
        };
        if case.stage.is_over() {
            self.open.remove(id);
        } else if !self.open.contains(id) {
            self.open.insert(id.clone());
        }
        let number = case.consignment.authorization.as_ref();
        put(&mut self.under, number, id);
        put(&mut self.of_site, case.site.as_ref(), id);
        let copy = case.permit.as_ref().filter(|_| case.side == Side::Importing);
        put(&mut self.copies, copy.map(|permit| &permit.number), id);
    }

    pub(crate) fn reindex(&mut self) {
        for index in [&mut self.under, &mut self.of_site, &mut self.copies] {
            index.clear();
        }
        self.open.clear();
        let ids: Vec<Id> = self.cases.keys().cloned().collect();
        ids.iter().for_each(|id| self.note(id));
        let answered: BTreeSet<&Id> = self.own.values().map(|own| &own.application).collect();
        let waiting = self.applications.keys().filter(|id| !answered.contains(id));
        self.unanswered = waiting.cloned().collect();
    }

    /// The case of an export permit of ours.
    pub fn permitted(&self, permit: &str) -> Option<&Case> {
        self.cases.get(self.permits.get(permit)?)
    }

    /// An import authorization of ours.
    pub fn own(&self, number: &str) -> Option<&OwnAuthorization> {
        self.own.get(number)
    }

    /// Our import authorizations by number.
    pub fn owns(&self) -> impl Iterator<Item = &OwnAuthorization> {
        self.own.values()
    }

    /// Our import authorizations by number, those after this one.
    pub fn owns_after(&self, number: &str) -> impl Iterator<Item = &OwnAuthorization> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.own
            .range::<str, _>((Excluded(number), Unbounded))
            .map(|(_, own)| own)
    }

    /// An import authorization that a partner has sent.
    pub fn foreign(&self, issuer: &Id, number: &Id) -> Option<&ForeignAuthorization> {
        self.foreign.get(&(issuer.clone(), number.clone()))
    }

    /// An import authorization that an authority without this software has issued on paper.
    pub fn on_paper(&self, authority: &Id, number: &Id) -> Option<&ForeignAuthorization> {
        let found = self.on_paper.get(&(authority.clone(), number.clone()));
        found.map(|(foreign, _)| foreign)
    }

    /// The ports of entry of an import authorization on paper; any if none is named.
    pub fn ports_of(&self, authority: &Id, number: &Id) -> &[Text] {
        let found = self.on_paper.get(&(authority.clone(), number.clone()));
        found.map_or(&[], |(_, ports)| ports)
    }

    /// Import authorizations on paper, with the authority of each.
    pub fn papers(&self) -> impl Iterator<Item = (&Id, &ForeignAuthorization)> {
        self.on_paper
            .iter()
            .map(|((issuer, _), (foreign, _))| (issuer, foreign))
    }

    /// All statements: exporting authority, importing authority, year.
    pub fn statements(&self) -> impl Iterator<Item = &StatementCase> {
        self.statements.values()
    }

    /// The statement of a pair and year.
    pub fn statement(&self, exporter: &Id, importer: &Id, year: i16) -> Option<&StatementCase> {
        self.statements.get(&(exporter.clone(), importer.clone(), year))
    }

    /// Whether customs has endorsed the arrival, or the return, that an import is of.
    pub(crate) fn is_endorsed(&self, import: &Movement) -> bool {
        let case = import.details.as_ref().and_then(|details| details.case.as_ref());
        case.and_then(|case| self.cases.get(case))
            .is_some_and(|case| match case.side {
                Side::Importing => case.arrival.is_some(),
                Side::Exporting => case.returned.is_some(),
            })
    }

    /// A case of goods that come to this country, or come back to it. No line may name one that is not known: the line
    /// would be outside every case when it is posted, and in one when it is reversed.
    pub(crate) fn incoming(&self, id: &Id) -> Refused<&Case> {
        let has_left = |case: &&Case| case.side == Side::Importing || case.departure.is_some();
        self.cases.get(id).filter(has_left).ok_or_else(|| {
            let case = id.to_string();
            TradeRefusal::ConsignmentUnknown { case }.into()
        })
    }

    fn find(&self, id: &str) -> Refused<&Case> {
        self.cases.get(id).ok_or_else(|| unknown("case", id))
    }

    fn on_side(&self, id: &str, side: Side) -> Refused<&Case> {
        match self.cases.get(id) {
            Some(case) if case.side == side => Ok(case),
            _ => Err(unknown("case", id)),
        }
    }

    fn of_permit(&self, permit: &str) -> Refused<&Case> {
        self.permitted(permit).ok_or_else(|| unknown("export permit", permit))
    }
}

/// Puts a case into an index, once.
fn put(index: &mut BTreeMap<Id, BTreeSet<Id>>, key: Option<&Id>, case: &Id) {
    let Some(key) = key else { return };
    if let Some(cases) = index.get_mut(key) {
        if !cases.contains(case) {
            cases.insert(case.clone());
        }
    } else {
        index.insert(key.clone(), BTreeSet::from([case.clone()]));
    }
}

/// An item of this register in the words that both authorities know.
pub fn goods(state: &State, item: &Item) -> Goods {
    let substance = state.substances.at(item.substance).entry.id.clone();
    let form = item.form.clone();
    Goods {
        substance,
        form,
        bulk: item.bulk,
        content_pg: item.content_pg,
    }
}

/// The lines of an application: items of this register, each once, in counting units.
fn lines(state: &State, lines: &[ItemLine]) -> Refused<(Vec<Id>, Vec<Line>)> {
    let counted = lines.iter().map(|line| (&line.item, &line.amount));
    counted_lines(state, counted, 1)
}

/// Items with amounts as lines; each item once, each amount at least `least`.
fn counted_lines<'a>(
    state: &State,
    counted: impl Iterator<Item = (&'a Id, &'a crate::quantity::Amount)>,
    least: i64,
) -> Refused<(Vec<Id>, Vec<Line>)> {
    let (mut items, mut lines): (Vec<Id>, Vec<Line>) = (Vec::new(), Vec::new());
    for (id, amount) in counted {
        let (_, item) = state.items.find(id)?;
        let amount = amount.units(item.bulk).map_err(|why| NameRefusal::BadQuantity {
            field: "amount",
            why: why.to_string(),
        })?;
        crate::ledger::not_too_large(item, amount)?;
        if amount < least {
            let amount = amount.to_string();
            return Err(NameRefusal::NotPositive {
                field: "amount",
                amount,
            }
            .into());
        }
        let goods = goods(state, item);
        if lines.iter().any(|line| line.goods == goods) {
            let what = "line of";
            return Err(NameRefusal::Taken {
                what,
                id: id.to_string(),
            }
            .into());
        }
        items.push(id.clone());
        lines.push(Line { goods, amount });
    }
    match lines.len() {
        0 => Err(NameRefusal::Empty { field: "lines" }.into()),
        count if count > LINES_MAX => Err(NameRefusal::TooMany {
            field: "lines",
            count,
            max: LINES_MAX,
        }
        .into()),
        _ => Ok((items, lines)),
    }
}

/// What a message to a partner says, as an entry.
fn queue(to: &Id, case: Option<&Id>, notice: Notice) -> Event {
    Event::MessageQueued(Box::new(MessageQueued {
        to: to.clone(),
        case: case.cloned(),
        notice,
    }))
}

/// The import authorization that an export of ours rests on: sent by the authority that issued it, or registered from its
/// paper where that authority does not run this software.
pub fn foreign_of<'a>(state: &'a State, case: &Case) -> Option<&'a ForeignAuthorization> {
    let number = case.consignment.authorization.as_ref()?;
    if let Some(listed) = listed_of(state, case) {
        return state.trade.on_paper(&listed.listing.id, number);
    }
    let issuer = match &case.partner {
        Some(partner) => state.partners.get(partner)?,
        None => state.partners.of_country(case.consignment.importer.country)?,
    };
    state.trade.foreign(&issuer.file.id, number)
}

/// The item of this register with these goods.
pub fn item_of<'a>(state: &'a State, wanted: &Goods) -> Option<&'a Item> {
    state.items.iter().find(|item| goods(state, item) == *wanted)
}

/// The substance of goods in this register.
fn substance_no(state: &State, goods: &Goods) -> Refused<No> {
    state.substances.find(&goods.substance).map(|(no, _)| no)
}
