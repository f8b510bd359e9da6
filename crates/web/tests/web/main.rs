//! The pages and the API as a browser or a system meets them, on the story's authority.

mod company;
mod doors;
mod oversight;
mod api;
mod doors;
mod notices;
mod signing;
mod world;
