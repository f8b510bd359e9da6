//! The pages, a file a noun. Each file has its routes, its handlers, and reads the state; a rule is in none of them.

mod account;
mod assets;
mod company;
mod decisions;
mod first_run;
mod help;
mod holders;
mod home;
mod hospital;
mod inspections;
mod journal;
mod licences;
mod lists;
mod orders;
pub mod partners;
mod people;
mod planning;
mod products;
pub mod provinces;
mod public;
mod queue;
mod register;
mod search;
mod systems;
mod trade;
mod trainings;

use crate::routes::Route;

pub use account::{proof_in_words, prove};
pub use decisions::{decides, may_see as may_see_decision};
pub use inspections::may_see as may_see_inspection;
pub use public::Figures;
pub use queue::{Counts, Lane, Task, gather as tasks};
pub use trade::{Worth, case_of_permit, fact, passage_path, permit_codes, quantity, sees as may_see_case};

/// Officers who see what: on the pages, and through the API.
pub mod readers {
    pub use super::holders::READERS as HOLDERS;
    pub use super::inspections::READERS as INSPECTIONS;
    pub use super::licences::READERS as LICENCES;
    pub use super::partners::READERS as PARTNERS;
    pub use super::planning::READERS as PLANNING;
    pub use super::products::READERS as PRODUCTS;
    pub use super::register::READERS as REGISTER;
    pub use super::trade::{SHEETS, TRADE};
    pub use super::trainings::READERS as TRAININGS;
}

/// The routes of every page.
pub static ROUTES: &[&[Route]] = &[
    account::ROUTES,
    assets::ROUTES,
    company::ROUTES,
    crate::act::ROUTES,
    decisions::ROUTES,
    first_run::ROUTES,
    help::ROUTES,
    holders::ROUTES,
    home::ROUTES,
    hospital::ROUTES,
    inspections::ROUTES,
    journal::ROUTES,
    licences::ROUTES,
    orders::ROUTES,
    partners::ROUTES,
    people::ROUTES,
    planning::ROUTES,
    products::ROUTES,
    provinces::ROUTES,
    public::ROUTES,
    queue::ROUTES,
    register::ROUTES,
    search::ROUTES,
    systems::ROUTES,
    trade::ROUTES,
    trainings::ROUTES,
];
