//! The pages, a file a noun. Each file has its routes, its handlers, and reads the state; a rule is in none of them.

mod account;
mod assets;
mod company;
mod first_run;
mod help;
mod home;
mod hospital;
mod inspections;
mod journal;
mod lists;
mod orders;
mod partners;
mod people;
mod public;
mod register;
mod systems;
mod trade;
mod trainings;

use crate::routes::Route;

pub use account::{proof_in_words, prove};
pub use public::Figures;

/// The routes of every page.
pub static ROUTES: &[&[Route]] = &[
    account::ROUTES,
    assets::ROUTES,
    company::ROUTES,
    crate::act::ROUTES,
    first_run::ROUTES,
    help::ROUTES,
    home::ROUTES,
    hospital::ROUTES,
    inspections::ROUTES,
    journal::ROUTES,
    orders::ROUTES,
    partners::ROUTES,
    people::ROUTES,
    public::ROUTES,
    register::ROUTES,
    systems::ROUTES,
    trade::ROUTES,
    trainings::ROUTES,
];
