//! The register of substances: schedules with effective dates, and salt forms with their content of anhydrous base.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{Id, Text};
use crate::refusal::{Refused, refusals, taken, unknown};
use crate::schema::Day;
use crate::table::{Keyed, No, Table};

/// The schedules of the Single Convention on Narcotic Drugs, 1961.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Schedule {
    /// Full control.
    I,
    /// As I, with lighter rules for retail.
    II,
    /// I, and in IV: a Party may prohibit it.
    #[serde(rename = "I+IV")]
    IAndIV,
}

/// A salt form of a substance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Salt {
    /// The form, such as `citrate`; `base` for the base itself.
    pub form: Id,
    /// CAS number, if known.
    pub cas: Option<Id>,
    /// Micrograms of anhydrous base in a gram of this form, which is also picograms of base in a microgram of it.
    pub content_ppm: i64,
    /// Where the factor comes from.
    pub source: Text,
}

/// Registration of a substance with its salt forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstanceEntry {
    /// The international non-proprietary name in lower case, such as `fentanyl`.
    pub id: Id,
    /// The name as printed.
    pub name: Text,
    /// CAS number of the base.
    pub cas: Option<Id>,
    /// Schedule of the 1961 Convention.
    pub schedule: Schedule,
    /// Since when it is controlled.
    #[schemars(with = "Day")]
    pub effective_on: Date,
    /// Whether it is a synthetic drug in the sense of 1961 art. 19(1)(g): its total of estimates follows art. 19(2)(c).
    pub synthetic: bool,
    /// Where the facts come from.
    pub source: Text,
    /// Version of that source.
    pub version: Text,
    /// Its forms, `base` among them.
    pub salts: Vec<Salt>,
}

/// A change of schedule: the older line stays, so what was controlled on a date can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleChange {
    /// The substance.
    pub substance: Id,
    /// Its new schedule.
    pub schedule: Schedule,
    /// The day on which the decision was received (1961 art. 3(7)).
    #[schemars(with = "Day")]
    pub effective_on: Date,
    /// The decision.
    pub source: Text,
}

refusals! {
    /// Why the register of substances refuses.
    pub enum SubstanceRefusal {
        BadContent { form: String, content_ppm: i64 } = "content_out_of_range", None,
            "a gram of {form} holds between 1 and 1000000 micrograms of base, not {content_ppm}";
        BaseMissing { substance: String } = "base_form_missing", None,
            "the forms of {substance} must name base itself with a content of 1000000";
    }
}

/// A registered substance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Substance {
    /// As registered.
    pub entry: SubstanceEntry,
    /// Schedules by effective date, oldest first.
    pub schedules: Vec<(Date, Schedule)>,
}

impl Substance {
    /// The form of that name.
    pub fn salt(&self, form: &str) -> Option<&Salt> {
        self.entry.salts.iter().find(|salt| salt.form.as_str() == form)
    }

    /// The schedule in force on a day, if it was controlled then.
    pub fn schedule_on(&self, day: Date) -> Option<Schedule> {
        self.schedules
            .iter()
            .rev()
            .find(|(from, _)| *from <= day)
            .map(|(_, schedule)| *schedule)
    }
}

impl Keyed for Substance {
    type Key = Id;
    fn key(&self) -> Id {
        self.entry.id.clone()
    }
}

/// All substances.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Substances(pub(crate) Table<Substance>);

impl Substances {
    /// A substance with its number.
    pub fn find(&self, id: &str) -> Refused<(No, &Substance)> {
        self.0.find(id).ok_or_else(|| unknown("substance", id))
    }

    /// By number.
    pub fn at(&self, no: No) -> &Substance {
        &self.0[no]
    }

    /// All, in order of registration.
    pub fn iter(&self) -> impl Iterator<Item = &Substance> {
        self.0.iter()
    }

    pub(crate) fn may_register(&self, entry: &SubstanceEntry) -> Refused<()> {
        if self.0.no(&entry.id).is_some() {
            return Err(taken("substance", &entry.id));
        }
        for salt in &entry.salts {
            if !(1..=1_000_000).contains(&salt.content_ppm) {
                let form = salt.form.to_string();
                return Err(SubstanceRefusal::BadContent {
                    form,
                    content_ppm: salt.content_ppm,
                }
                .into());
            }
        }
        if !entry
            .salts
            .iter()
            .any(|salt| salt.form.as_str() == "base" && salt.content_ppm == 1_000_000)
        {
            return Err(SubstanceRefusal::BaseMissing {
                substance: entry.id.to_string(),
            }
            .into());
        }
        Ok(())
    }

    pub(crate) fn register(&mut self, entry: &SubstanceEntry) {
        self.0.add(Substance {
            entry: entry.clone(),
            schedules: vec![(entry.effective_on, entry.schedule)],
        });
    }

    pub(crate) fn change_schedule(&mut self, change: &ScheduleChange) {
        if let Some(substance) = self.0.find_mut(&change.substance) {
            substance.schedules.push((change.effective_on, change.schedule));
            substance.schedules.sort_by_key(|(from, _)| *from);
        }
    }
}
