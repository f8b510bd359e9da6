//! Items: what the ledger counts. Bulk substance in one salt form, or a preparation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::id::{Id, Text};
use crate::partner::as_text;
use crate::quantity::Mass;
use crate::refusal::{NameRefusal, Refused, refusals, taken, unknown};
use crate::schedule_iii::{self, ScheduleIii};
use crate::table::{Keyed, No, Table};

/// Registration of a bulk substance in one salt form; counted in micrograms of that salt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkEntry {
    /// Its name in the ledger, such as `fentanyl-citrate`.
    pub id: Id,
    /// The substance.
    pub substance: Id,
    /// The salt form, one of the substance's.
    pub form: Id,
}

/// Registration of a preparation; counted in dispensing units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreparationEntry {
    /// Its name in the ledger, such as `fentanyl-0.1mg-amp`.
    pub id: Id,
    /// The name as printed.
    pub name: Text,
    /// The substance.
    pub substance: Id,
    /// Content of one dispensing unit as labelled, with its unit: `"0.1 mg"`.
    pub strength: Text,
    /// What the label's strength counts: `base`, or the salt form.
    pub strength_as: Id,
    /// Dosage form, such as `injection` or `transdermal patch`.
    pub dosage_form: Text,
    /// The dispensing unit, such as `ampoule`.
    pub unit: Text,
    /// Dispensing units in a pack.
    pub units_per_pack: u32,
    /// The formula of Schedule III that it follows; left out by all that are under the rules of their drug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_iii: Option<ScheduleIii>,
}

/// A bulk item with the content that was fixed at its registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkRegistered {
    /// As asked.
    pub item: BulkEntry,
    /// Picograms of anhydrous base per microgram.
    pub content_pg: i64,
    /// Where the factor comes from.
    pub source: Text,
}

/// A preparation with the content that was fixed at its registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparationRegistered {
    /// As asked.
    pub item: PreparationEntry,
    /// Picograms of anhydrous base per dispensing unit.
    pub content_pg: i64,
    /// Where the factor comes from.
    pub source: Text,
}

refusals! {
    /// Why the register of items refuses.
    pub enum ProductRefusal {
        StrengthNotExact { strength: String, content_ppm: i64 } = "strength_not_exact", None,
            "{strength} at {content_ppm} micrograms of base per gram is no whole number of picograms: give the strength as base";
        StrengthTooLarge { strength: String } = "strength_too_large", None,
            "{strength} in one dispensing unit is larger than the ledger counts";
    }
}

/// What the ledger counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Its name.
    pub id: Id,
    /// The substance.
    pub substance: No,
    /// Whether it is bulk substance (else a preparation).
    pub bulk: bool,
    /// Picograms of anhydrous base per counting unit.
    pub content_pg: i64,
    /// The salt form of bulk, or the dosage form of a preparation.
    pub form: Text,
    /// The preparation as registered; `None` for bulk.
    #[serde(with = "as_text")]
    pub preparation: Option<PreparationEntry>,
}

impl Item {
    /// The formula of Schedule III that it follows, if it is exempt.
    pub fn schedule_iii(&self) -> Option<&ScheduleIii> {
        self.preparation.as_ref()?.schedule_iii.as_ref()
    }

    /// Mass of base in so many counting units.
    pub fn mass(&self, amount: i64) -> Mass {
        Mass::from_pg(i128::from(amount) * i128::from(self.content_pg))
    }
}

impl Keyed for Item {
    type Key = Id;
    fn key(&self) -> Id {
        self.id.clone()
    }
}

/// All items.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Items(pub(crate) Table<Item>);

impl Items {
    /// An item with its number.
    pub fn find(&self, id: &str) -> Refused<(No, &Item)> {
        self.0.find(id).ok_or_else(|| unknown("item", id))
    }

    /// By number.
    pub fn at(&self, no: No) -> &Item {
        &self.0[no]
    }

    /// All, in order of registration.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }
}

pub(crate) fn decide_bulk(state: &State, entry: &BulkEntry) -> Refused<BulkRegistered> {
    let (_, substance) = state.substances.find(&entry.substance)?;
    let salt = substance
        .salt(&entry.form)
        .ok_or_else(|| unknown("salt form", &entry.form))?;
    if state.items.0.no(&entry.id).is_some() {
        return Err(taken("item", &entry.id));
    }
    Ok(BulkRegistered {
        item: entry.clone(),
        content_pg: salt.content_ppm,
        source: salt.source.clone(),
    })
}

pub(crate) fn decide_preparation(state: &State, entry: &PreparationEntry) -> Refused<PreparationRegistered> {
    let (_, substance) = state.substances.find(&entry.substance)?;
    let salt = substance
        .salt(&entry.strength_as)
        .ok_or_else(|| unknown("salt form", &entry.strength_as))?;
    if state.items.0.no(&entry.id).is_some() {
        return Err(taken("item", &entry.id));
    }
    let strength: Mass = entry
        .strength
        .as_str()
        .parse()
        .map_err(|why: crate::quantity::BadQuantity| NameRefusal::BadQuantity {
            field: "strength",
            why: why.to_string(),
        })?;
    if !strength.is_positive() {
        return Err(NameRefusal::NotPositive {
            field: "strength",
            amount: entry.strength.to_string(),
        }
        .into());
    }
    let scaled = strength.pg() * i128::from(salt.content_ppm);
    if scaled % 1_000_000 != 0 {
        let strength = entry.strength.to_string();
        return Err(ProductRefusal::StrengthNotExact {
            strength,
            content_ppm: salt.content_ppm,
        }
        .into());
    }
    let content_pg = i64::try_from(scaled / 1_000_000).map_err(|_| ProductRefusal::StrengthTooLarge {
        strength: entry.strength.to_string(),
    })?;
    if let Some(claim) = &entry.schedule_iii {
        schedule_iii::check(&entry.substance, content_pg, claim)?;
    }
    Ok(PreparationRegistered {
        item: entry.clone(),
        content_pg,
        source: salt.source.clone(),
    })
}

pub(crate) fn apply_bulk(state: &mut State, registered: &BulkRegistered) {
    let substance = state.substances.0.no(&registered.item.substance).unwrap_or_default();
    let id = registered.item.id.clone();
    let content_pg = registered.content_pg;
    let form = Text::from(&registered.item.form);
    state.items.0.add(Item {
        id,
        substance,
        bulk: true,
        content_pg,
        form,
        preparation: None,
    });
}

pub(crate) fn apply_preparation(state: &mut State, registered: &PreparationRegistered) {
    let substance = state.substances.0.no(&registered.item.substance).unwrap_or_default();
    let id = registered.item.id.clone();
    let content_pg = registered.content_pg;
    let form = registered.item.dosage_form.clone();
    let preparation = Some(registered.item.clone());
    state.items.0.add(Item {
        id,
        substance,
        bulk: false,
        content_pg,
        form,
        preparation,
    });
}
