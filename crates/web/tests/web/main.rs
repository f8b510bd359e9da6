//! The pages and the API as a browser or a system meets them, on the story's authority.

mod api;
mod company;
mod desk;
mod doors;
mod notices;
mod oversight;
mod signing;
mod world;
