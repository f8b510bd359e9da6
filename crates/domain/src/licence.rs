//! Licences: activity × substance × site, with validity, conditions, suspension and revocation; purchase cards.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::holder::Site;
use crate::id::{Id, Text};
use crate::refusal::{NameRefusal, Refused, refusals, taken, unknown};
use crate::schema::Day;
use crate::table::{Keyed, No, Table};

/// What a licence allows (1961 art. 29, 30, 31(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Make bulk substance.
    ManufactureSubstance,
    /// Make finished forms.
    ManufacturePreparation,
    /// Import.
    Import,
    /// Export.
    Export,
    /// Trade in the whole country.
    WholesaleNational,
    /// Trade in one province.
    WholesaleRegional,
    /// Buy for patients or research: the purchase card of an institution.
    Purchase,
}

impl Activity {
    /// The word of the activity.
    pub fn word(self) -> &'static str {
        match self {
            Self::ManufactureSubstance => "manufacture_substance",
            Self::ManufacturePreparation => "manufacture_preparation",
            Self::Import => "import",
            Self::Export => "export",
            Self::WholesaleNational => "wholesale_national",
            Self::WholesaleRegional => "wholesale_regional",
            Self::Purchase => "purchase",
        }
    }
}

/// Where a licence stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It carries acts.
    InForce,
    /// Its first day is still to come.
    NotYet,
    /// Its last day is past.
    Ended,
    /// Suspended.
    Suspended,
    /// Revoked.
    Revoked,
}

impl Standing {
    /// All with their words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::InForce, "in_force"),
        (Self::NotYet, "not_yet_valid"),
        (Self::Ended, "ended"),
        (Self::Suspended, "suspended"),
        (Self::Revoked, "revoked"),
    ];

    /// The word of the standing.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(standing, _)| *standing == self)
            .map_or("", |(_, word)| word)
    }
}

/// A set of activities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activities(u16);

impl Activities {
    /// The set of these activities.
    pub fn of(activities: &[Activity]) -> Self {
        activities
            .iter()
            .fold(Self::default(), |set, activity| set.with(*activity))
    }

    /// The set with one more.
    #[must_use]
    pub fn with(self, activity: Activity) -> Self {
        Self(self.0 | 1 << (activity as u16))
    }

    /// Whether an activity is in it.
    pub fn contains(self, activity: Activity) -> bool {
        self.0 & (1 << (activity as u16)) != 0
    }

    /// The words of the activities in it.
    fn words(self) -> String {
        let all = [
            Activity::ManufactureSubstance,
            Activity::ManufacturePreparation,
            Activity::Import,
            Activity::Export,
            Activity::WholesaleNational,
            Activity::WholesaleRegional,
            Activity::Purchase,
        ];
        let words: Vec<&str> = all
            .into_iter()
            .filter(|one| self.contains(*one))
            .map(Activity::word)
            .collect();
        words.join(" or ")
    }
}

/// Grant of a licence to a holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceGrant {
    /// Licence number.
    pub id: Id,
    /// The holder.
    pub holder: Id,
    /// What it allows.
    pub activity: Activity,
    /// The substances it covers.
    pub substances: Vec<Id>,
    /// The holder's sites it covers.
    pub sites: Vec<Id>,
    /// First day.
    #[schemars(with = "Day")]
    pub valid_from: Date,
    /// Last day.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// Conditions, one a line.
    #[serde(default)]
    pub conditions: Vec<Text>,
}

/// A purchase card of one institution's site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseCard {
    /// Card number.
    pub id: Id,
    /// The site.
    pub site: Id,
    /// The substances it covers.
    pub substances: Vec<Id>,
    /// First day.
    #[schemars(with = "Day")]
    pub valid_from: Date,
    /// Last day.
    #[schemars(with = "Day")]
    pub valid_until: Date,
}

/// A change in the standing of a licence or card from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingChange {
    /// The licence or card.
    pub licence: Id,
    /// The first day on which it holds.
    #[schemars(with = "Day")]
    pub from: Date,
    /// Why.
    pub reason: Text,
}

refusals! {
    /// Why a licence does not carry an act.
    pub enum LicenceRefusal {
        Missing { party: &'static str, site: String, substance: String, activity: String } = "licence_missing", Some("1961 art. 29(1), 30(1)"),
            "{party} {site} has no licence for {activity} of {substance}";
        NotYetValid { party: &'static str, site: String, licence: String, from: Date, on: Date } = "licence_not_yet_valid", Some("1961 art. 29(1), 30(1)"),
            "licence {licence} of {party} {site} begins on {from}, after {on}";
        Expired { party: &'static str, site: String, licence: String, until: Date, on: Date } = "licence_expired", Some("1961 art. 29(1), 30(1)"),
            "licence {licence} of {party} {site} ended on {until}, before {on}";
        Suspended { party: &'static str, site: String, licence: String, from: Date, on: Date } = "licence_suspended", Some("1961 art. 29(1), 30(1)"),
            "licence {licence} of {party} {site} is suspended since {from}, so not in force on {on}";
        Revoked { party: &'static str, site: String, licence: String, from: Date, on: Date } = "licence_revoked", Some("1961 art. 29(1), 30(1)"),
            "licence {licence} of {party} {site} was revoked as of {from}, so not in force on {on}";
        ForeignSite { site: String, holder: String } = "site_of_another_holder", None,
            "site {site} does not belong to holder {holder}";
        WrongKind { site: String, activity: &'static str } = "activity_unfit_for_site", None,
            "site {site} is of no kind that exercises {activity}";
        AlreadyStands { licence: String, standing: &'static str } = "licence_stands_so", None,
            "licence {licence} is {standing} already";
    }
}

/// A licence or purchase card and what happened to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Licence {
    /// As granted; a card has activity `purchase`.
    pub grant: LicenceGrant,
    /// Suspensions: first day, and the first day it was in force again.
    pub suspended: Vec<(Date, Option<Date>)>,
    /// Revoked from this day on.
    pub revoked: Option<Date>,
}

impl Licence {
    /// The suspension in force on a day.
    fn suspension_on(&self, day: Date) -> Option<Date> {
        let covers = |(from, until): &&(Date, Option<Date>)| *from <= day && until.is_none_or(|until| day < until);
        self.suspended.iter().find(covers).map(|(from, _)| *from)
    }

    /// Whether it is in force on any day of a year.
    pub fn in_force_in(&self, year: i16) -> bool {
        let (from, until) = (self.grant.valid_from, self.grant.valid_until);
        let first = Date::new(year, 1, 1).map_or(from, |new_year| new_year.max(from));
        from.year() <= year && year <= until.year() && self.revoked.is_none_or(|day| day > first)
    }

    /// Where it stands on a day.
    pub fn standing_on(&self, day: Date) -> Standing {
        if self.revoked.is_some_and(|from| from <= day) {
            Standing::Revoked
        } else if self.suspension_on(day).is_some() {
            Standing::Suspended
        } else if day > self.grant.valid_until {
            Standing::Ended
        } else if day < self.grant.valid_from {
            Standing::NotYet
        } else {
            Standing::InForce
        }
    }

    /// Whether it is in force on a day.
    fn in_force_on(&self, day: Date) -> bool {
        let within = self.grant.valid_from <= day && day <= self.grant.valid_until;
        within && self.revoked.is_none_or(|from| day < from) && self.suspension_on(day).is_none()
    }

    /// Why it is not in force on a day.
    fn why_not(&self, party: &'static str, site: &Site, on: Date) -> LicenceRefusal {
        let grant = &self.grant;
        let (licence, site) = (grant.id.to_string(), site.id.to_string());
        if let Some(from) = self.revoked.filter(|from| *from <= on) {
            return LicenceRefusal::Revoked {
                party,
                site,
                licence,
                from,
                on,
            };
        }
        if let Some(from) = self.suspension_on(on) {
            return LicenceRefusal::Suspended {
                party,
                site,
                licence,
                from,
                on,
            };
        }
        if on > grant.valid_until {
            return LicenceRefusal::Expired {
                party,
                site,
                licence,
                until: grant.valid_until,
                on,
            };
        }
        LicenceRefusal::NotYetValid {
            party,
            site,
            licence,
            from: grant.valid_from,
            on,
        }
    }
}

impl Keyed for Licence {
    type Key = Id;
    fn key(&self) -> Id {
        self.grant.id.clone()
    }
}

/// One cell of a site's coverage.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cover {
    activity: Activity,
    substance: No,
    licence: No,
    valid_from: Date,
    valid_until: Date,
    /// Never suspended or revoked, so the dates alone tell whether it is in force.
    undisturbed: bool,
}

/// All licences and cards.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(clippy::struct_field_names)] // the table is named as what is in it
pub struct Licences {
    licences: Table<Licence>,
    /// By site number.
    covers: Vec<Vec<Cover>>,
    /// By last day: for whoever wants to know what ends soon.
    #[serde(skip)]
    by_end: BTreeSet<(Date, No)>,
    /// Those that are no purchase cards: few among the cards of a million institutions.
    #[serde(skip)]
    no_cards: Vec<No>,
}

impl Licences {
    /// All licences and cards, in order of grant.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Licence> + ExactSizeIterator {
        self.licences.iter()
    }

    /// All licences that are no purchase cards, in order of grant.
    pub fn no_cards(&self) -> impl DoubleEndedIterator<Item = &Licence> {
        self.no_cards.iter().map(|no| &self.licences[*no])
    }

    /// A licence or card by its number.
    pub fn get(&self, id: &str) -> Option<&Licence> {
        self.licences.find(id).map(|(_, licence)| licence)
    }

    /// Licences and cards that cover a site, in order of grant.
    pub fn of_site(&self, site: No) -> impl Iterator<Item = &Licence> {
        let covers = self.covers.get(site as usize).into_iter().flatten();
        let numbers: BTreeSet<No> = covers.map(|cover| cover.licence).collect();
        numbers.into_iter().map(|no| &self.licences[no])
    }

    /// Licences and cards whose last day lies between two days, both included; the earliest first.
    pub fn ending(&self, from: Date, until: Date) -> impl Iterator<Item = &Licence> {
        let ends = (from <= until).then(|| self.by_end.range((from, 0)..=(until, No::MAX)));
        ends.into_iter().flatten().map(|(_, no)| &self.licences[*no])
    }

    /// Whether a site is licensed for what its kinds do with a substance on a day; else why it is not.
    pub fn covers(&self, state: &State, site: No, substance: No, on: Date) -> Refused<()> {
        let wanted = state.holders.site_at(site).activities;
        self.check(state, "site", site, substance, wanted, on)
    }

    /// Whether a site is licensed for one of some activities with a substance on a day.
    /// Several licences may cover it: any one in force is enough, else the last one's reason is told.
    pub(crate) fn check(
        &self,
        state: &State,
        party: &'static str,
        site_no: No,
        substance: No,
        wanted: Activities,
        on: Date,
    ) -> Refused<()> {
        let site = state.holders.site_at(site_no);
        let covers = self.covers.get(site_no as usize).map_or(&[][..], Vec::as_slice);
        let mut last = None;
        for cover in covers {
            if cover.substance == substance && wanted.contains(cover.activity) {
                let dated = cover.valid_from <= on && on <= cover.valid_until;
                if dated && (cover.undisturbed || self.licences[cover.licence].in_force_on(on)) {
                    return Ok(());
                }
                last = Some(cover.licence);
            }
        }
        let missing = || LicenceRefusal::Missing {
            party,
            site: site.id.to_string(),
            substance: state.substances.at(substance).entry.id.to_string(),
            activity: wanted.words(),
        };
        let why = last.map_or_else(missing, |licence| self.licences[licence].why_not(party, site, on));
        Err(why.into())
    }

    /// A licence in force on a day that lets a site exercise an activity with a substance, if there is one.
    pub fn in_force(&self, site: No, substance: No, activity: Activity, on: Date) -> Option<&Licence> {
        let covers = self.covers.get(site as usize).map_or(&[][..], Vec::as_slice);
        let of_it = covers
            .iter()
            .filter(|cover| cover.substance == substance && cover.activity == activity);
        of_it
            .map(|cover| &self.licences[cover.licence])
            .find(|licence| licence.in_force_on(on))
    }

    fn find(&self, id: &str) -> Refused<&Licence> {
        self.licences
            .find(id)
            .map(|(_, licence)| licence)
            .ok_or_else(|| unknown("licence", id))
    }

    /// From now on the licence itself must be asked on which days it is in force.
    fn disturb(&mut self, id: &str) {
        let licence = self.licences.no(id);
        let covers = self.covers.iter_mut().flatten();
        covers
            .filter(|cover| Some(cover.licence) == licence)
            .for_each(|cover| cover.undisturbed = false);
    }

    pub(crate) fn reindex(&mut self) {
        self.licences.reindex();
        self.by_end.clear();
        self.no_cards.clear();
        (0..).zip(0..self.licences.len()).for_each(|(no, _)| self.note(no));
    }

    /// Notes where a new licence is found.
    fn note(&mut self, no: No) {
        let grant = &self.licences[no].grant;
        self.by_end.insert((grant.valid_until, no));
        if grant.activity != Activity::Purchase {
            self.no_cards.push(no);
        }
    }
}

/// The most substances or sites that one licence names.
const LIST_MAX: usize = 200;

fn check_list<T>(field: &'static str, list: &[T]) -> Refused<()> {
    match list.len() {
        0 => Err(NameRefusal::Empty { field }.into()),
        count if count > LIST_MAX => Err(NameRefusal::TooMany {
            field,
            count,
            max: LIST_MAX,
        }
        .into()),
        _ => Ok(()),
    }
}

pub(crate) fn decide_grant(state: &State, grant: &LicenceGrant) -> Refused<()> {
    let (holder_no, _) = state
        .holders
        .holder(&grant.holder)
        .ok_or_else(|| unknown("holder", &grant.holder))?;
    if state.licences.licences.no(&grant.id).is_some() {
        return Err(taken("licence", &grant.id));
    }
    check_list("substances", &grant.substances)?;
    check_list("sites", &grant.sites)?;
    if grant.valid_until < grant.valid_from {
        let (from, until) = (grant.valid_from.to_string(), grant.valid_until.to_string());
        return Err(NameRefusal::BadPeriod { from, until }.into());
    }
    for substance in &grant.substances {
        state.substances.find(substance)?;
    }
    for id in &grant.sites {
        let (_, site) = state.holders.open_site(id)?;
        if site.holder != holder_no {
            let (site, holder) = (id.to_string(), grant.holder.to_string());
            return Err(LicenceRefusal::ForeignSite { site, holder }.into());
        }
        if !site.activities.contains(grant.activity) {
            return Err(LicenceRefusal::WrongKind {
                site: id.to_string(),
                activity: grant.activity.word(),
            }
            .into());
        }
    }
    Ok(())
}

/// A card is a licence with activity `purchase` for one site.
pub(crate) fn card_as_grant(state: &State, card: &PurchaseCard) -> Refused<LicenceGrant> {
    let (_, site) = state.holders.site(&card.site)?;
    Ok(LicenceGrant {
        id: card.id.clone(),
        holder: state.holders.holder_at(site.holder).entry.id.clone(),
        activity: Activity::Purchase,
        substances: card.substances.clone(),
        sites: vec![card.site.clone()],
        valid_from: card.valid_from,
        valid_until: card.valid_until,
        conditions: Vec::new(),
    })
}

pub(crate) fn decide_suspension(state: &State, change: &StandingChange) -> Refused<()> {
    let licence = state.licences.find(&change.licence)?;
    if licence.revoked.is_some() {
        return Err(LicenceRefusal::AlreadyStands {
            licence: change.licence.to_string(),
            standing: "revoked",
        }
        .into());
    }
    if licence.suspended.last().is_some_and(|(_, until)| until.is_none()) {
        return Err(LicenceRefusal::AlreadyStands {
            licence: change.licence.to_string(),
            standing: "suspended",
        }
        .into());
    }
    Ok(())
}

pub(crate) fn decide_resumption(state: &State, change: &StandingChange) -> Refused<()> {
    let licence = state.licences.find(&change.licence)?;
    match licence.suspended.last() {
        Some((from, None)) if *from <= change.from => Ok(()),
        Some((from, None)) => Err(NameRefusal::BadPeriod {
            from: from.to_string(),
            until: change.from.to_string(),
        }
        .into()),
        _ => Err(LicenceRefusal::AlreadyStands {
            licence: change.licence.to_string(),
            standing: "in force",
        }
        .into()),
    }
}

pub(crate) fn decide_revocation(state: &State, change: &StandingChange) -> Refused<()> {
    let licence = state.licences.find(&change.licence)?;
    if licence.revoked.is_some() {
        return Err(LicenceRefusal::AlreadyStands {
            licence: change.licence.to_string(),
            standing: "revoked",
        }
        .into());
    }
    Ok(())
}

pub(crate) fn apply_grant(state: &mut State, grant: &LicenceGrant) {
    let licence = Licence {
        grant: grant.clone(),
        suspended: Vec::new(),
        revoked: None,
    };
    let licence = state.licences.licences.add(licence);
    state.licences.note(licence);
    for site in grant.sites.iter().filter_map(|site| state.holders.sites.no(site)) {
        let place = site as usize;
        if state.licences.covers.len() <= place {
            state.licences.covers.resize(place + 1, Vec::new());
        }
        let Some(covers) = state.licences.covers.get_mut(place) else {
            continue;
        };
        for substance in grant.substances.iter().filter_map(|id| state.substances.0.no(id)) {
            covers.push(Cover {
                activity: grant.activity,
                substance,
                licence,
                valid_from: grant.valid_from,
                valid_until: grant.valid_until,
                undisturbed: true,
            });
        }
    }
}

pub(crate) fn apply_suspension(state: &mut State, change: &StandingChange) {
    if let Some(licence) = state.licences.licences.find_mut(&change.licence) {
        licence.suspended.push((change.from, None));
    }
    state.licences.disturb(&change.licence);
}

pub(crate) fn apply_resumption(state: &mut State, change: &StandingChange) {
    if let Some(licence) = state.licences.licences.find_mut(&change.licence)
        && let Some((_, until)) = licence.suspended.last_mut()
    {
        *until = Some(change.from);
    }
}

pub(crate) fn apply_revocation(state: &mut State, change: &StandingChange) {
    if let Some(licence) = state.licences.licences.find_mut(&change.licence) {
        licence.revoked = Some(change.from);
    }
    state.licences.disturb(&change.licence);
}
