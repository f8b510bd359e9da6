//! Who may use a route. What somebody may see of what is there, each page decides for each thing.

use domain::access::{Actor, Capacity, Role};

/// Every role that persons hold.
pub const OFFICERS: &[Role] = &[
    Role::LicensingOfficer,
    Role::PlanningOfficer,
    Role::PermitOfficer,
    Role::Approver,
    Role::Inspector,
    Role::ChiefInspector,
    Role::Trainer,
    Role::Statistician,
    Role::Auditor,
    Role::Administrator,
    Role::CustomsOfficer,
];

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anyone, signed in or not.
    Public,
    /// Anyone who is signed in.
    SignedIn,
    /// Officers in one of these roles.
    Officers(&'static [Role]),
    /// Persons who act for a holder.
    Holders,
    /// Officers in one of these roles, and persons who act for a holder.
    OfficersAndHolders(&'static [Role]),
}

impl Who {
    /// Whether this includes somebody who has signed in as this actor.
    pub fn includes(self, actor: &Actor) -> bool {
        match (self, actor.capacity()) {
            (Self::Public | Self::SignedIn, _)
            | (Self::Holders | Self::OfficersAndHolders(_), Capacity::Responsible(_) | Capacity::Clerk(_)) => true,
            (Self::Officers(roles) | Self::OfficersAndHolders(roles), Capacity::Officer(role)) => roles.contains(&role),
            (Self::Holders, Capacity::Officer(_)) | (Self::Officers(_), _) => false,
        }
    }
}
