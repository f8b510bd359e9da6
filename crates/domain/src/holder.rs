//! Holders of narcotic drugs, companies and institutions, and their sites.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::id::{Id, Text};
use crate::licence::{Activities, Activity};
use crate::refusal::{NameRefusal, Refused, refusals, taken, unknown};
use crate::table::{Keyed, No, Table};

/// What a site is in the fixed channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// Makes bulk substance.
    SubstanceMaker,
    /// Makes finished forms.
    FinishedMaker,
    /// Imports.
    Importer,
    /// Exports.
    Exporter,
    /// Wholesaler for the whole country.
    NationalWholesaler,
    /// Wholesaler of one province.
    RegionalWholesaler,
    /// Hospital or other medical institution.
    Institution,
    /// Retail pharmacy.
    Pharmacy,
    /// Research body.
    Research,
}

impl SiteKind {
    /// All kinds with their words.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::SubstanceMaker, "substance_maker"),
        (Self::FinishedMaker, "finished_maker"),
        (Self::Importer, "importer"),
        (Self::Exporter, "exporter"),
        (Self::NationalWholesaler, "national_wholesaler"),
        (Self::RegionalWholesaler, "regional_wholesaler"),
        (Self::Institution, "institution"),
        (Self::Pharmacy, "pharmacy"),
        (Self::Research, "research"),
    ];

    /// The word of the kind.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }

    /// Beyond the treaty's boundary: what is supplied to such a site counts as consumed (1961 art. 1(2)).
    pub fn is_retail(self) -> bool {
        matches!(self, Self::Institution | Self::Pharmacy | Self::Research)
    }

    /// The licensed activity that such a site exercises.
    pub fn activity(self) -> Activity {
        match self {
            Self::SubstanceMaker => Activity::ManufactureSubstance,
            Self::FinishedMaker => Activity::ManufacturePreparation,
            Self::Importer => Activity::Import,
            Self::Exporter => Activity::Export,
            Self::NationalWholesaler => Activity::WholesaleNational,
            Self::RegionalWholesaler => Activity::WholesaleRegional,
            Self::Institution | Self::Pharmacy | Self::Research => Activity::Purchase,
        }
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteKinds(u16);

impl SiteKinds {
    /// The set of these kinds.
    pub fn of(kinds: &[SiteKind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | 1 << (*kind as u16)))
    }

    /// Whether a kind is in it.
    pub fn contains(self, kind: SiteKind) -> bool {
        self.0 & (1 << (kind as u16)) != 0
    }

    /// The kinds in it.
    pub fn iter(self) -> impl Iterator<Item = SiteKind> {
        SiteKind::ALL
            .into_iter()
            .map(|(kind, _)| kind)
            .filter(move |kind| self.contains(*kind))
    }

    /// The licensed activities that a site of these kinds exercises.
    pub fn activities(self) -> Activities {
        self.iter()
            .fold(Activities::default(), |set, kind| set.with(kind.activity()))
    }
}

/// Registration of a holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HolderEntry {
    /// Its id.
    pub id: Id,
    /// The name of the company or institution.
    pub name: Text,
}

/// Registration of a site of a holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteEntry {
    /// Its id.
    pub id: Id,
    /// The holder it belongs to.
    pub holder: Id,
    /// What it is in the channel; supply and retail kinds do not mix.
    pub kinds: Vec<SiteKind>,
    /// The province it lies in.
    pub province: Id,
}

/// Closing of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteClosing {
    /// The site.
    pub site: Id,
    /// Why.
    pub reason: Text,
}

/// The most of one item that a site may hold, goods on their way included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockCeiling {
    /// The site.
    pub site: Id,
    /// The item.
    pub item: Id,
    /// In counting units.
    pub amount: i64,
}

refusals! {
    /// Why the register of holders refuses.
    pub enum HolderRefusal {
        MixedKinds { site: String } = "site_kinds_mixed", Some("1961 art. 1(2)"),
            "site {site} cannot be both a supplier and an institution: what it holds is either stock or consumed";
        SiteClosed { site: String } = "site_closed", Some("1961 art. 29(2)(b)"), "site {site} is closed";
        StockLeft { site: String, accounts: usize } = "site_holds_stock", Some("1961 art. 34(b)"),
            "site {site} still holds stock in {accounts} accounts: move or destroy it first";
    }
}

/// A company or institution.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// As registered.
    pub entry: HolderEntry,
    /// Its sites.
    pub sites: Vec<No>,
}

impl Keyed for Holder {
    type Key = Id;
    fn key(&self) -> Id {
        self.entry.id.clone()
    }
}

/// A place where narcotic drugs are held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: Id,
    /// The holder.
    pub holder: No,
    /// The holder's id.
    pub holder_id: Id,
    /// What it is in the channel.
    pub kinds: SiteKinds,
    /// The activities that its kinds exercise.
    pub activities: Activities,
    /// The province.
    pub province: Id,
    /// Beyond the treaty's boundary.
    pub retail: bool,
    /// Whether it is open.
    pub open: bool,
    /// Since when it is registered.
    pub since: Date,
}

impl Site {
    /// Whether it is of this kind.
    pub fn is(&self, kind: SiteKind) -> bool {
        self.kinds.contains(kind)
    }
}

impl Keyed for Site {
    type Key = Id;
    fn key(&self) -> Id {
        self.id.clone()
    }
}

/// All holders and sites.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(clippy::struct_field_names)] // the table is named as what is in it
pub struct Holders {
    pub(crate) holders: Table<Holder>,
    pub(crate) sites: Table<Site>,
    /// Holders with a site of the supply side: few among many institutions.
    #[serde(skip)]
    suppliers: BTreeSet<No>,
}

impl Holders {
    /// A holder with its number.
    pub fn holder(&self, id: &str) -> Option<(No, &Holder)> {
        self.holders.find(id)
    }

    /// A site with its number.
    pub fn site(&self, id: &str) -> Refused<(No, &Site)> {
        self.sites.find(id).ok_or_else(|| unknown("site", id))
    }

    /// A site that is open, with its number.
    pub fn open_site(&self, id: &str) -> Refused<(No, &Site)> {
        let (no, site) = self.site(id)?;
        if site.open {
            Ok((no, site))
        } else {
            Err(HolderRefusal::SiteClosed { site: id.to_owned() }.into())
        }
    }

    /// A site by number.
    pub fn site_at(&self, no: No) -> &Site {
        &self.sites[no]
    }

    /// A holder by number.
    pub fn holder_at(&self, no: No) -> &Holder {
        &self.holders[no]
    }

    /// All holders, in order of registration.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Holder> + ExactSizeIterator {
        self.holders.iter()
    }

    /// Holders with a site of the supply side, in order of registration.
    pub fn suppliers(&self) -> impl Iterator<Item = &Holder> {
        self.suppliers.iter().map(|no| &self.holders[*no])
    }

    /// All sites.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.iter()
    }

    pub(crate) fn reindex(&mut self) {
        self.holders.reindex();
        self.sites.reindex();
        let supply = self.sites.iter().filter(|site| !site.retail);
        self.suppliers = supply.map(|site| site.holder).collect();
    }
}

pub(crate) fn decide_holder(state: &State, entry: &HolderEntry) -> Refused<()> {
    if state.holders.holder(&entry.id).is_some() || crate::access::is_reserved(&entry.id) {
        return Err(taken("holder", &entry.id));
    }
    Ok(())
}

pub(crate) fn decide_site(state: &State, entry: &SiteEntry) -> Refused<()> {
    if state.holders.holder(&entry.holder).is_none() {
        return Err(unknown("holder", &entry.holder));
    }
    if state.holders.sites.no(&entry.id).is_some() {
        return Err(taken("site", &entry.id));
    }
    if entry.kinds.is_empty() {
        return Err(NameRefusal::Empty { field: "kinds" }.into());
    }
    let retail = entry.kinds.iter().filter(|kind| kind.is_retail()).count();
    if retail != 0 && retail != entry.kinds.len() {
        return Err(HolderRefusal::MixedKinds {
            site: entry.id.to_string(),
        }
        .into());
    }
    Ok(())
}

pub(crate) fn decide_closing(state: &State, closing: &SiteClosing) -> Refused<()> {
    let (no, _) = state.holders.open_site(&closing.site)?;
    let accounts = state.ledger.accounts_in_use(no);
    if accounts > 0 {
        return Err(HolderRefusal::StockLeft {
            site: closing.site.to_string(),
            accounts,
        }
        .into());
    }
    Ok(())
}

pub(crate) fn apply_holder(state: &mut State, entry: &HolderEntry) {
    state.holders.holders.add(Holder {
        entry: entry.clone(),
        sites: Vec::new(),
    });
}

pub(crate) fn apply_site(state: &mut State, entry: &SiteEntry, since: Date) {
    let holder = state.holders.holders.no(&entry.holder).unwrap_or_default();
    let retail = entry.kinds.iter().any(|kind| kind.is_retail());
    let (id, holder_id, province) = (entry.id.clone(), entry.holder.clone(), entry.province.clone());
    let kinds = SiteKinds::of(&entry.kinds);
    let no = state.holders.sites.add(Site {
        id,
        holder,
        holder_id,
        kinds,
        activities: kinds.activities(),
        province,
        retail,
        open: true,
        since,
    });
    state.holders.holders[holder].sites.push(no);
    if !retail {
        state.holders.suppliers.insert(holder);
    }
}

pub(crate) fn apply_closing(state: &mut State, closing: &SiteClosing) {
    if let Some(site) = state.holders.sites.find_mut(&closing.site) {
        site.open = false;
    }
}
