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
mod trainings;

use crate::routes::Route;

pub use account::{proof_in_words, prove};

/// The routes of every page.
pub static ROUTES: &[&[Route]] = &[
    account::ROUTES,
    assets::ROUTES,
    home::ROUTES,
    crate::act::ROUTES,
    first_run::ROUTES,
    help::ROUTES,
    inspections::ROUTES,
    journal::ROUTES,
    partners::ROUTES,
    people::ROUTES,
    trainings::ROUTES,
];
