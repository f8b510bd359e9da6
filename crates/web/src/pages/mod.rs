//! The pages, a file a noun. Each file has its routes, its handlers, and reads the state; a rule is in none of them.

mod account;
mod assets;
mod first_run;
mod help;
mod home;
mod inspections;
mod journal;
mod lists;
mod partners;
mod people;
mod public;
mod trade;
mod trainings;
mod company;
mod home;
mod hospital;
mod orders;
mod register;
mod systems;

use crate::routes::Route;

pub use account::{proof_in_words, prove};
pub use public::Figures;

/// The routes of every page.
pub static ROUTES: &[&[Route]] = &[
    account::ROUTES,
    assets::ROUTES,
    crate::act::ROUTES,
    first_run::ROUTES,
    help::ROUTES,
    home::ROUTES,
    inspections::ROUTES,
    journal::ROUTES,
    partners::ROUTES,
    people::ROUTES,
    public::ROUTES,
    trade::ROUTES,
    trainings::ROUTES,
    company::ROUTES,
    home::ROUTES,
    hospital::ROUTES,
    orders::ROUTES,
    register::ROUTES,
    systems::ROUTES,
    crate::act::ROUTES,
];
