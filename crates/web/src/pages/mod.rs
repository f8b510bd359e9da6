//! The pages, a file a noun. Each file has its routes, its handlers, and reads the state; a rule is in none of them.

mod account;
mod assets;
mod home;
mod inspections;
mod journal;
mod lists;
mod trainings;

use crate::routes::Route;

pub use account::{proof_in_words, prove};

/// The routes of every page.
pub static ROUTES: &[&[Route]] = &[
    account::ROUTES,
    assets::ROUTES,
    home::ROUTES,
    crate::act::ROUTES,
    inspections::ROUTES,
    journal::ROUTES,
    trainings::ROUTES,
];
