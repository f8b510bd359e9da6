//! Policy switches: what a country may decide for itself. Each has a default and is changed by two administrators.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::refusal::{Refused, refusals};
use crate::trade::Grade;

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

/// Who answers a partner's request for confirmation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationPolicy {
    /// A named officer, always.
    #[default]
    Officer,
    /// An exact match with the own register is confirmed at once; everything else waits for an officer.
    Automatic,
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
    /// Who answers a partner's request for confirmation. Default: `officer`.
    Confirmation {
        /// `officer` or `automatic`.
        value: ConfirmationPolicy,
    },
    /// Whether the answer to a partner's request waits for an approver. Default: no.
    TwoPersonConfirmation {
        /// On or off.
        value: bool,
    },
    /// An export permit runs so many days at most. Default: 180.
    ExportPermitDaysMax {
        /// 1 to 3650.
        value: i64,
    },
    /// A total of estimates that was published longer ago than so many days needs a person. Default: 62.
    TotalsStaleDays {
        /// 1 to 3650.
        value: i64,
    },
    /// An arrival is endorsed within so many days after the departure; each further such time brings a reminder.
    /// Default: 60.
    EndorsementDays {
        /// 1 to 3650.
        value: i64,
    },
    /// From so many overdue endorsements of an importer on it gets no new permit; 0: none is refused for it. Default: 0.
    OverdueEndorsementsBar {
        /// 0 to 1000.
        value: i64,
    },
    /// The weakest grade of confirmation on which a permit may rest: with a country of that one alone, without of all that
    /// have none of their own. Default: c.
    WeakestGrade {
        /// `a`: signed messages alone; `b`: our page too; `b_prime`: signed documents too; `c`: letters too.
        value: Grade,
        /// The importing country; all if none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<Country>,
    },
    /// An address of the directory of authorities is used from so many days after its approval on. Default: 7.
    ContactAgeDays {
        /// 7 to 365.
        value: i64,
    },
    /// The page on which an authority without this software answers is open for so many days. Default: 14.
    InvitationDays {
        /// 1 to 90.
        value: i64,
    },
    /// A confirmation on paper of more than so many grams of base needs a third person. Default: 1000.
    ThirdApprovalG {
        /// 0 to 1000000.
        value: i64,
    },
    /// Whether preparations of Schedule III need import and export authorizations, which the treaty does not ask for (1961
    /// art. 31(16)). Default: no.
    ScheduleIiiPermits {
        /// On or off.
        value: bool,
    },
    /// What arrives may differ from what left by this share without an incident, in millionths. Default: 10000.
    ShipmentTolerancePpm {
        /// 0 to 1000000.
        value: i64,
    },
}

refusals! {
    /// Why a policy is refused.
    pub enum PolicyRefusal {
        OutOfRange { policy: &'static str, value: i64, min: i64, max: i64 } = "policy_out_of_range", None, "{policy} lies between {min} and {max}, not {value}";
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
    /// Who answers a partner's request for confirmation.
    pub confirmation: ConfirmationPolicy,
    /// Whether the answer to a partner's request waits for an approver.
    pub two_person_confirmation: bool,
    /// How long an export permit may run.
    pub export_permit_days_max: i64,
    /// How old a total of estimates may be.
    pub totals_stale_days: i64,
    /// Within how many days after the departure an arrival is endorsed.
    pub endorsement_days: i64,
    /// From how many overdue endorsements on an importer gets no new permit; 0: none is refused for it.
    pub overdue_endorsements_bar: i64,
    /// The weakest grade of confirmation on which a permit may rest.
    pub weakest_grade: Grade,
    /// The same of a country, where it has its own.
    pub weakest_grade_of: BTreeMap<Country, Grade>,
    /// How old an address of the directory must be.
    pub contact_age_days: i64,
    /// For how many days an invitation is open.
    pub invitation_days: i64,
    /// Above how many grams of base a confirmation on paper needs a third person.
    pub third_approval_g: i64,
    /// Whether preparations of Schedule III need import and export authorizations.
    pub schedule_iii_permits: bool,
    /// By what share arrival may differ from departure without an incident, in millionths.
    pub shipment_tolerance_ppm: i64,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            two_person_receipt: false,
            process_loss_tolerance_ppm: 50_000,
            hospital_return: HospitalReturn::NegativeConsumption,
            confirmation: ConfirmationPolicy::Officer,
            two_person_confirmation: false,
            export_permit_days_max: 180,
            totals_stale_days: 62,
            endorsement_days: 60,
            overdue_endorsements_bar: 0,
            weakest_grade: Grade::C,
            weakest_grade_of: BTreeMap::new(),
            contact_age_days: 7,
            invitation_days: 14,
            third_approval_g: 1000,
            schedule_iii_permits: false,
            shipment_tolerance_ppm: 10_000,
        }
    }
}

impl Policies {
    /// Whether a permit may rest on a confirmation of this grade by the authority of a country.
    pub fn accepts(&self, grade: Grade, country: Country) -> bool {
        let weakest = self.weakest_grade_of.get(&country).unwrap_or(&self.weakest_grade);
        grade <= *weakest
    }
}

pub(crate) fn decide(change: &PolicyChange) -> Refused<()> {
    let (policy, value, range) = match change {
        PolicyChange::ProcessLossTolerancePpm { value } => ("process_loss_tolerance_ppm", *value, 0..=1_000_000),
        PolicyChange::ShipmentTolerancePpm { value } => ("shipment_tolerance_ppm", *value, 0..=1_000_000),
        PolicyChange::ExportPermitDaysMax { value } => ("export_permit_days_max", *value, 1..=3650),
        PolicyChange::TotalsStaleDays { value } => ("totals_stale_days", *value, 1..=3650),
        PolicyChange::EndorsementDays { value } => ("endorsement_days", *value, 1..=3650),
        PolicyChange::OverdueEndorsementsBar { value } => ("overdue_endorsements_bar", *value, 0..=1000),
        PolicyChange::ContactAgeDays { value } => ("contact_age_days", *value, 7..=365),
        PolicyChange::InvitationDays { value } => ("invitation_days", *value, 1..=90),
        PolicyChange::ThirdApprovalG { value } => ("third_approval_g", *value, 0..=1_000_000),
        PolicyChange::WeakestGrade { .. }
        | PolicyChange::TwoPersonReceipt { .. }
        | PolicyChange::TwoPersonConfirmation { .. }
        | PolicyChange::ScheduleIiiPermits { .. }
        | PolicyChange::HospitalReturn { .. }
        | PolicyChange::Confirmation { .. } => {
            return Ok(());
        }
    };
    if range.contains(&value) {
        return Ok(());
    }
    let (min, max) = (*range.start(), *range.end());
    Err(PolicyRefusal::OutOfRange {
        policy,
        value,
        min,
        max,
    }
    .into())
}

pub(crate) fn apply(policies: &mut Policies, change: &PolicyChange) {
    match change {
        PolicyChange::TwoPersonReceipt { value } => policies.two_person_receipt = *value,
        PolicyChange::ProcessLossTolerancePpm { value } => policies.process_loss_tolerance_ppm = *value,
        PolicyChange::HospitalReturn { value } => policies.hospital_return = *value,
        PolicyChange::Confirmation { value } => policies.confirmation = *value,
        PolicyChange::TwoPersonConfirmation { value } => policies.two_person_confirmation = *value,
        PolicyChange::ExportPermitDaysMax { value } => policies.export_permit_days_max = *value,
        PolicyChange::TotalsStaleDays { value } => policies.totals_stale_days = *value,
        PolicyChange::EndorsementDays { value } => policies.endorsement_days = *value,
        PolicyChange::OverdueEndorsementsBar { value } => policies.overdue_endorsements_bar = *value,
        PolicyChange::WeakestGrade { value, country: None } => policies.weakest_grade = *value,
        PolicyChange::WeakestGrade {
            value,
            country: Some(country),
        } => drop(policies.weakest_grade_of.insert(*country, *value)),
        PolicyChange::ContactAgeDays { value } => policies.contact_age_days = *value,
        PolicyChange::InvitationDays { value } => policies.invitation_days = *value,
        PolicyChange::ThirdApprovalG { value } => policies.third_approval_g = *value,
        PolicyChange::ScheduleIiiPermits { value } => policies.schedule_iii_permits = *value,
        PolicyChange::ShipmentTolerancePpm { value } => policies.shipment_tolerance_ppm = *value,
    }
}
