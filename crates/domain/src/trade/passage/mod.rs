//! Goods of other countries that pass through this one (1961 art. 31(10)–(14)). None pass without a copy of the export
//! authorization; none go elsewhere than that says, unless this authority lets them, and that is a new export from here;
//! nothing changes their nature, and nobody their packing without permission. What passes is in no ledger: it was neither
//! imported nor made here.

mod command;
mod control;
mod diversion;
mod packing;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::id::{Id, Text};
use crate::refusal::{Refused, refusals, unknown};
use crate::schema::Day;
use crate::trade::{Line, Party, Trade};

pub use command::*;
pub(crate) use control::{
    apply_closed, apply_detained, apply_ended, apply_opened, apply_overflight, apply_released, decide_close,
    decide_detention, decide_end, decide_opening, decide_overflight, decide_release,
};
pub use diversion::PassageDiverted;
pub(crate) use diversion::{apply_applied, apply_told, decide_application, judge, may_go_on, under};
pub(crate) use packing::{apply_permitted, apply_repacked, decide_permission, decide_repacking};

/// A copy of an export authorization as it was produced to customs (1961 art. 31(6), 31(11)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportCopy {
    /// The number of the export authorization.
    pub number: Id,
    /// Its last day.
    #[schemars(with = "Day")]
    pub valid_until: Date,
}

/// Why goods that pass through are detained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detention {
    /// No copy of an export authorization was produced (1961 art. 31(10)–(11)).
    NoCopy,
    /// The authorization whose copy was produced had ended before the goods came.
    CopyEnded(Date),
    /// More is there than had come: the item, and its amounts in counting units.
    More {
        /// The item.
        item: Id,
        /// What customs counted.
        counted: i64,
        /// What had come in.
        opened: i64,
    },
    /// What an officer saw.
    Seen(Text),
}

/// What became of goods that differ, or that were detained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The difference has an explanation: a scale, a count, a document.
    Explained,
    /// Something is missing.
    Missing,
    /// The goods went back to the country that they came from.
    SentBack,
    /// They were seized.
    Seized,
}

impl Outcome {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Missing => "missing",
            Self::SentBack => "sent_back",
            Self::Seized => "seized",
        }
    }
}

/// How far a passage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passing {
    /// Over this country, without landing.
    Overflight,
    /// In this country, on the way.
    Open,
    /// Detained.
    Detained,
    /// Gone on.
    Ended,
    /// Gone on, and not the same as what had come.
    Different,
    /// Explained, sent back or seized.
    Closed,
}

impl Passing {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overflight => "overflight",
            Self::Open => "open",
            Self::Detained => "detained",
            Self::Ended => "ended",
            Self::Different => "different",
            Self::Closed => "closed",
        }
    }

    /// Whether somebody still has to do something about it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Detained | Self::Different)
    }
}

/// Packages, and their weight together in grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packing {
    /// How many.
    pub packages: u32,
    /// In grams.
    pub gross_g: u32,
}

/// A change of the packing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Repacked {
    /// When.
    pub on: Date,
    /// As it was before.
    pub before: Packing,
    /// As it is since.
    pub after: Packing,
}

/// How goods came in that pass through.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CameIn {
    /// Who exports.
    pub exporter: Party,
    /// Who imports.
    pub importer: Party,
    /// This register's items of the lines.
    pub items: Vec<Id>,
    /// Vessel, flight or vehicle.
    pub conveyance: Text,
    /// The customs post.
    pub post: Text,
}

/// How they went on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GoneOn {
    /// When.
    pub on: Date,
    /// The customs post.
    pub post: Text,
    /// Where to.
    pub destination: Country,
    /// What went on, in the order of the lines.
    pub lines: Vec<Line>,
    /// The packing.
    pub packing: Packing,
}

/// What became of goods that differ, or that were detained.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub on: Date,
    /// What.
    pub outcome: Outcome,
    /// What was found.
    pub explanation: Text,
    /// The number of the incident's case.
    pub incident: Option<Id>,
}

/// Goods of other countries on their way through this one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Passage {
    /// Its number.
    pub id: Id,
    /// How far it is.
    pub passing: Passing,
    /// The overflight without landing, if it is one, or was.
    pub overflight: Option<Overflight>,
    /// How it came in; none of an overflight.
    pub entry: Option<CameIn>,
    /// The day on which it was recorded.
    pub since: Date,
    /// What came in, in words that other authorities know.
    pub lines: Vec<Line>,
    /// The copy that is relied on.
    pub copy: Option<ExportCopy>,
    /// Why it is or was detained.
    pub detention: Option<Detention>,
    /// The packing as it is now.
    pub packing: Packing,
    /// The seals as they are now.
    pub seals: Option<Text>,
    /// The permission to alter the packing that is not used yet.
    pub repacking: Option<Text>,
    /// How the packing was altered.
    pub repacked: Vec<Repacked>,
    /// The case of the new export, if it is diverted: the last that was applied for.
    pub diversion: Option<Id>,
    /// How it went on.
    pub ended: Option<GoneOn>,
    /// What became of it.
    pub closed: Option<Closed>,
}

refusals! {
    /// Why the control of passages refuses.
    pub enum PassageRefusal {
        NotThrough { passage: String, country: String } = "passage_not_through", Some("1961 art. 31(11)"), "{passage} begins or ends in {country}: only what comes from one other country and goes to a second passes through";
        NotIn { passage: String, stage: &'static str, needed: &'static str } = "passage_not_in_stage", None, "the passage {passage} is {stage}; this needs one that is {needed}";
        CopyMissing { passage: String, why: String } = "passage_copy_missing", Some("1961 art. 31(11)"), "the passage {passage} has no copy of an export authorization that is good: {why}";
        RepackingNotPermitted { passage: String } = "repacking_not_permitted", Some("1961 art. 31(13)"), "nobody has permitted to alter the packing of {passage}: if it is altered all the same, detain the goods";
        Elsewhere { passage: String, named: String, found: String } = "passage_elsewhere", Some("1961 art. 31(12)"), "{passage} goes to {named}, as its export authorization says, and not to {found}: to let it go there is a new export";
        DiversionOpen { passage: String, case: String } = "passage_diversion_open", Some("1961 art. 31(12)"), "the new export {case} of the passage {passage} is not at its end: let it end, or withdraw it";
        Leaves { case: String, passage: String } = "leaves_with_passage", Some("1961 art. 31(12)"), "the goods of {case} are the passage {passage}: their departure is recorded there";
        IncidentMissing { passage: String } = "passage_incident_missing", Some("1961 art. 31(10), 34(b)"), "what is missing or seized of the passage {passage} is an incident: name its number";
    }
}

impl Passage {
    fn new(id: &Id, on: Date) -> Self {
        let packing = Packing {
            packages: 0,
            gross_g: 0,
        };
        Self {
            id: id.clone(),
            passing: Passing::Overflight,
            overflight: None,
            entry: None,
            since: on,
            lines: Vec::new(),
            copy: None,
            detention: None,
            packing,
            seals: None,
            repacking: None,
            repacked: Vec::new(),
            diversion: None,
            ended: None,
            closed: None,
        }
    }

    fn is(&self, passing: Passing) -> Refused<()> {
        self.is_one_of(&[passing], passing.word())
    }

    fn is_one_of(&self, passing: &[Passing], needed: &'static str) -> Refused<()> {
        if passing.contains(&self.passing) {
            return Ok(());
        }
        Err(PassageRefusal::NotIn {
            passage: self.id.to_string(),
            stage: self.passing.word(),
            needed,
        }
        .into())
    }
}

impl Trade {
    /// A passage by its number.
    pub fn passage(&self, id: &str) -> Option<&Passage> {
        self.passages.get(id)
    }

    /// All passages by number.
    pub fn passages(&self) -> impl DoubleEndedIterator<Item = &Passage> {
        self.passages.values()
    }

    fn find_passage(&self, id: &str) -> Refused<&Passage> {
        self.passages.get(id).ok_or_else(|| unknown("passage", id))
    }
}
