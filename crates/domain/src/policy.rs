//! Policy switches: what a country may decide for itself. Each has a default and is changed by two administrators.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::{Refused, refusals};

/// How an institution's return to its supplier counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HospitalReturn {
    /// It lowers consumption of the period in which it happens.
    #[default]
    NegativeConsumption,
    /// It re-enters the books as found; consumption stays.
    Found,
}

/// One switch, set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "policy", rename_all = "snake_case", deny_unknown_fields)]
pub enum PolicyChange {
    /// Whether a receipt waits for a second person of the same holder. Default: no.
    TwoPersonReceipt {
        /// On or off.
        value: bool,
    },
    /// Process loss beyond this share of the base fed needs a reason, in millionths. Default: 50000.
    ProcessLossTolerancePpm {
        /// 0 to 1000000.
        value: i64,
    },
    /// How an institution's return counts. Default: `negative_consumption`.
    HospitalReturn {
        /// `negative_consumption` or `found`.
        value: HospitalReturn,
    },
}

refusals! {
    /// Why a policy is refused.
    pub enum PolicyRefusal {
        OutOfRange { policy: &'static str, value: i64, max: i64 } = "policy_out_of_range", None, "{policy} lies between 0 and {max}, not {value}";
    }
}

/// The switches in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// Whether a receipt waits for a second person of the same holder.
    pub two_person_receipt: bool,
    /// Process loss beyond this share of the base fed needs a reason, in millionths.
    pub process_loss_tolerance_ppm: i64,
    /// How an institution's return counts.
    pub hospital_return: HospitalReturn,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            two_person_receipt: false,
            process_loss_tolerance_ppm: 50_000,
            hospital_return: HospitalReturn::NegativeConsumption,
        }
    }
}

pub(crate) fn decide(change: &PolicyChange) -> Refused<()> {
    match change {
        PolicyChange::ProcessLossTolerancePpm { value } if !(0..=1_000_000).contains(value) => {
            let policy = "process_loss_tolerance_ppm";
            Err(PolicyRefusal::OutOfRange {
                policy,
                value: *value,
                max: 1_000_000,
            }
            .into())
        }
        _ => Ok(()),
    }
}

pub(crate) fn apply(policies: &mut Policies, change: &PolicyChange) {
    match change {
        PolicyChange::TwoPersonReceipt { value } => policies.two_person_receipt = *value,
        PolicyChange::ProcessLossTolerancePpm { value } => policies.process_loss_tolerance_ppm = *value,
        PolicyChange::HospitalReturn { value } => policies.hospital_return = *value,
    }
}
