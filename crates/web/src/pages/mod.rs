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
mod partners;
mod people;
mod planning;
mod products;
mod public;
mod queue;
mod register;
mod search;
mod systems;
mod trade;
mod trainings;

use crate::routes::Route;

pub use account::{proof_in_words, prove};
pub use public::Figures;
pub use queue::Counts;
pub use trade::{fact, quantity};

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
    public::ROUTES,
    queue::ROUTES,
    register::ROUTES,
    search::ROUTES,
    systems::ROUTES,
    trade::ROUTES,
    trainings::ROUTES,
];
