//! What is asked about goods that pass through, and what is recorded of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Detention, ExportCopy, Outcome};
use crate::country::Country;
use crate::id::{Id, Text};
use crate::trade::{Consignment, CountedLine, ItemLine, Line, Party, Purpose};

/// An aircraft passes over without landing: it is not controlled (1961 art. 31(14)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overflight {
    /// Its number.
    pub id: Id,
    /// The flight.
    pub flight: Text,
    /// Where the goods come from.
    pub origin: Country,
    /// Where they go.
    pub destination: Country,
}

/// Goods of other countries have come in, and are to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenPassage {
    /// Its number.
    pub id: Id,
    /// The overflight that had to land, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflight: Option<Id>,
    /// The copy of the export authorization that was produced; without one the goods are detained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ExportCopy>,
    /// Who exports, as the copy or the waybill has it.
    pub exporter: Party,
    /// Who imports, as the copy or the waybill has it.
    pub importer: Party,
    /// What, and how much, in items of this register.
    pub lines: Vec<ItemLine>,
    /// Vessel, flight or vehicle, with the number of the waybill.
    pub conveyance: Text,
    /// How many packages.
    pub packages: u32,
    /// Their weight together, in grams.
    pub gross_g: u32,
    /// The seals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seals: Option<Text>,
    /// The customs post.
    pub post: Text,
}

/// Goods that pass through have come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassageOpened {
    /// As it was written down.
    pub entry: OpenPassage,
    /// The lines in words that other authorities know.
    pub lines: Vec<Line>,
    /// Why they are detained, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detained: Option<Detention>,
}

/// Detention of goods that pass through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetainPassage {
    /// The passage.
    pub passage: Id,
    /// Why.
    pub reason: Text,
}

/// Goods that pass through are detained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassageDetained {
    /// The passage.
    pub passage: Id,
    /// Why.
    pub detention: Detention,
}

/// End of a detention: the goods may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasePassage {
    /// The passage.
    pub passage: Id,
    /// The copy of the export authorization, if none that is good was produced before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ExportCopy>,
    /// Why.
    pub reason: Text,
}

/// Permission to alter the packing of goods that pass through (1961 art. 31(13)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermitRepacking {
    /// The passage.
    pub passage: Id,
    /// Why it is needed, and who does it.
    pub reason: Text,
}

/// The packing of goods that pass through was altered; the goods were not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordRepacking {
    /// The passage.
    pub passage: Id,
    /// How many packages there are now.
    pub packages: u32,
    /// Their weight together, in grams.
    pub gross_g: u32,
    /// The new seals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seals: Option<Text>,
    /// The customs post that watched it.
    pub post: Text,
}

/// Goods that pass through go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndPassage {
    /// The passage.
    pub passage: Id,
    /// The customs post.
    pub post: Text,
    /// Where they go.
    pub destination: Country,
    /// What customs counted of each line.
    pub lines: Vec<CountedLine>,
    /// How many packages.
    pub packages: u32,
    /// Their weight together, in grams.
    pub gross_g: u32,
}

/// Goods that pass through have gone on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassageEnded {
    /// As customs wrote it down.
    pub entry: EndPassage,
    /// What customs counted, in the passage's order.
    pub lines: Vec<Line>,
    /// Less has left than had come, or it weighs something else beyond tolerance.
    pub differs: bool,
}

/// End of what is left open: goods that differ are explained, or detained ones do not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosePassage {
    /// The passage.
    pub passage: Id,
    /// What became of it.
    pub outcome: Outcome,
    /// What was found.
    pub explanation: Text,
    /// The number of the incident's case; demanded for goods that are missing or seized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Id>,
}

/// Application to let goods that pass through go to another country: a new export from this one (1961 art. 31(12)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DivertPassage {
    /// The number of the application; its case is an export of this country.
    pub id: Id,
    /// The passage.
    pub passage: Id,
    /// Who sends them on from here.
    pub exporter: Text,
    /// Its full postal address in this country.
    pub address: Text,
    /// Who imports them now.
    pub importer: Party,
    /// The number of the import authorization of that country.
    pub authorization: Id,
    /// What for.
    pub purpose: Purpose,
    /// Whether they go to a bonded warehouse.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bonded: bool,
    /// Why they do not go on to where they were going.
    pub reason: Text,
}

/// An application to divert goods that pass through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiversionApplied {
    /// The number of the application.
    pub id: Id,
    /// The case.
    pub case: Id,
    /// The passage.
    pub passage: Id,
    /// The new export, field by field.
    pub consignment: Consignment,
    /// Why.
    pub reason: Text,
}
