//! Preparations of Schedule III of the 1961 Convention: which formulas are exempt, by paragraph.
//!
//! An exempt preparation needs neither import nor export authorization by treaty (art. 31(16)) and no statistics of its own
//! (art. 2(4)): the drug in it counts as utilized when it is made. National law may ask for more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{Id, Text};
use crate::quantity::Mass;
use crate::refusal::{NameRefusal, Refused, refusals};

/// The most other ingredients of a formula.
const INGREDIENTS_MAX: usize = 20;

/// The drugs of paragraph 1.
const CODEINE_GROUP: [&str; 8] = [
    "acetyldihydrocodeine",
    "codeine",
    "dihydrocodeine",
    "ethylmorphine",
    "nicocodine",
    "nicodicodine",
    "norcodeine",
    "pholcodine",
];

/// Another ingredient of a preparation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ingredient {
    /// Its name in lower case, such as `paracetamol` or `atropine-sulfate`.
    pub name: Id,
    /// How much of it is in one dispensing unit, with its unit: `"0.025 mg"`. Where the formula names an amount it is demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Text>,
}

/// The formula of Schedule III that a preparation follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleIii {
    /// The paragraph: 1 codeine and its like, 2 propiram, 3 dextropropoxyphene, 4 cocaine, opium and morphine, 5 difenoxin,
    /// 6 diphenoxylate, 7 ipecacuanha and opium. A mixture with what is no drug (8) is named by the formula in it.
    pub paragraph: u8,
    /// With what the drug is compounded.
    pub compounded_with: Vec<Ingredient>,
    /// Of an undivided preparation, such as a syrup: micrograms of the drug, as base, in a gram of it. Tablets have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undivided_ppm: Option<i64>,
    /// Paragraph 4: why the drug cannot be recovered by readily applicable means, or in a yield that is a risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrecoverable: Option<Text>,
}

refusals! {
    /// Why a preparation is not exempt: the rules of the drug's own schedule apply to it.
    pub enum ScheduleIiiRefusal {
        OtherDrug { paragraph: u8, substance: String } = "schedule_iii_other_drug", Some("1961 art. 2(4)"),
            "paragraph {paragraph} of Schedule III is not about {substance}: register the preparation without it, under the rules of the drug's schedule";
        TooMuch { paragraph: u8, limit: String, found: String } = "schedule_iii_too_much", Some("1961 art. 2(4)"),
            "paragraph {paragraph} of Schedule III ends at {limit} of the drug in a dosage unit, and this one has {found}: the rules of the drug's schedule apply";
        TooConcentrated { paragraph: u8, limit: String, found: String } = "schedule_iii_too_concentrated", Some("1961 art. 2(4)"),
            "paragraph {paragraph} of Schedule III ends at {limit} in an undivided preparation, and this one has {found}: the rules of the drug's schedule apply";
        Ingredient { paragraph: u8, wanted: &'static str } = "schedule_iii_ingredient", Some("1961 art. 2(4)"),
            "paragraph {paragraph} of Schedule III asks for {wanted}";
        Recoverable { substance: String } = "schedule_iii_recoverable", Some("1961 art. 2(4)"),
            "paragraph 4 of Schedule III asks that {substance} cannot be recovered: say why (unrecoverable)";
    }
}

/// A paragraph's limits.
struct Formula {
    drugs: &'static [&'static str],
    /// In a dosage unit, in micrograms of base; none where it speaks of undivided preparations alone.
    unit_ug: Option<i64>,
    /// In an undivided preparation, in millionths; none where it speaks of dosage units alone.
    undivided_ppm: Option<i64>,
}

fn formula(paragraph: u8, substance: &str) -> Option<Formula> {
    let of = |drugs, unit_ug, undivided_ppm| {
        Some(Formula {
            drugs,
            unit_ug,
            undivided_ppm,
        })
    };
    match paragraph {
        1 => of(&CODEINE_GROUP, Some(100_000), Some(25_000)),
        2 => of(&["propiram"], Some(100_000), None),
        3 => of(&["dextropropoxyphene"], Some(135_000), Some(25_000)),
        4 if substance == "cocaine" => of(&["cocaine"], None, Some(1_000)),
        4 => of(&["opium", "morphine"], None, Some(2_000)),
        5 => of(&["difenoxin"], Some(500), None),
        6 => of(&["diphenoxylate"], Some(2_500), None),
        7 => of(&["opium"], None, Some(100_000)),
        _ => None,
    }
}

/// Whether a preparation follows the formula that it names. `content_pg` is picograms of base in one dispensing unit.
///
/// Refused with the limit that it exceeds or the ingredient that is missing (1961 Schedule III).
pub fn check(substance: &str, content_pg: i64, claim: &ScheduleIii) -> Refused<()> {
    let paragraph = claim.paragraph;
    let other = || ScheduleIiiRefusal::OtherDrug {
        paragraph,
        substance: substance.to_owned(),
    };
    let formula = formula(paragraph, substance).ok_or_else(other)?;
    if !formula.drugs.contains(&substance) {
        return Err(other().into());
    }
    if claim.compounded_with.len() > INGREDIENTS_MAX {
        return Err(NameRefusal::TooMany {
            field: "compounded_with",
            count: claim.compounded_with.len(),
            max: INGREDIENTS_MAX,
        }
        .into());
    }
    within(&formula, content_pg, claim)?;
    compounded(substance, content_pg, claim)
}

fn within(formula: &Formula, content_pg: i64, claim: &ScheduleIii) -> Refused<()> {
    let paragraph = claim.paragraph;
    let percent = |ppm: i64| format!("{}.{:04} per cent", ppm / 10_000, ppm % 10_000);
    match (claim.undivided_ppm, formula.undivided_ppm) {
        (Some(found), Some(limit)) if (1..=limit).contains(&found) => {}
        (Some(found), limit) => {
            return Err(ScheduleIiiRefusal::TooConcentrated {
                paragraph,
                limit: limit.map_or_else(|| "nothing".to_owned(), percent),
                found: percent(found),
            }
            .into());
        }
        (None, _) if formula.unit_ug.is_some() => {}
        (None, _) => {
            let wanted = "the concentration of the undivided preparation (undivided_ppm)";
            return Err(ScheduleIiiRefusal::Ingredient { paragraph, wanted }.into());
        }
    }
    // Whoever calls a tablet undivided gains nothing: what is counted stays within the dosage unit all the same.
    let pg = |ug: i64| i128::from(ug) * 1_000_000;
    match formula.unit_ug.filter(|limit| i128::from(content_pg) > pg(*limit)) {
        None => Ok(()),
        Some(limit) => Err(ScheduleIiiRefusal::TooMuch {
            paragraph,
            limit: format!("{} g", Mass::from_pg(pg(limit))),
            found: format!("{} g", Mass::from_pg(content_pg.into())),
        }
        .into()),
    }
}

fn compounded(substance: &str, content_pg: i64, claim: &ScheduleIii) -> Refused<()> {
    let paragraph = claim.paragraph;
    let wanted = |wanted| Err(ScheduleIiiRefusal::Ingredient { paragraph, wanted }.into());
    if claim
        .compounded_with
        .iter()
        .any(|other| other.name.as_str() == substance)
    {
        return wanted("other ingredients than the drug itself");
    }
    // The share of the drug's dose, in hundredths, that an ingredient must have.
    let has = |name: &str, hundredths: i128| -> Refused<bool> {
        let Some(found) = claim.compounded_with.iter().find(|other| other.name.as_str() == name) else {
            return Ok(false);
        };
        let Some(amount) = &found.amount else { return Ok(false) };
        let mass: Mass =
            amount
                .as_str()
                .parse()
                .map_err(|why: crate::quantity::BadQuantity| NameRefusal::BadQuantity {
                    field: "amount",
                    why: why.to_string(),
                })?;
        Ok(mass.pg() * 100 >= i128::from(content_pg) * hundredths)
    };
    let named = |name: &str| claim.compounded_with.iter().any(|other| other.name.as_str() == name);
    match paragraph {
        1 if claim.compounded_with.is_empty() => wanted("one or more other ingredients (compounded_with)"),
        2 if !has("methylcellulose", 100)? => wanted("as much methylcellulose as propiram, with its amount"),
        4 if claim.unrecoverable.is_none() => Err(ScheduleIiiRefusal::Recoverable {
            substance: substance.to_owned(),
        }
        .into()),
        5 if !has("atropine-sulfate", 5)? => {
            wanted("atropine-sulfate of at least 5 per cent of the dose of difenoxin, with its amount")
        }
        6 if !has("atropine-sulfate", 1)? => {
            wanted("atropine-sulfate of at least 1 per cent of the dose of diphenoxylate, with its amount")
        }
        7 if !named("ipecacuanha") => wanted("ipecacuanha root beside the opium"),
        _ => Ok(()),
    }
}
