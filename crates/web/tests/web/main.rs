//! The pages and the API as a browser or a system meets them, on the story's authority.

// A reply is large, and a test that fails shows it; what is small is clear.
#![allow(clippy::result_large_err, clippy::format_collect, clippy::assigning_clones)]

mod alarms;
mod api;
mod attacks;
mod code;
mod company;
mod desk;
mod document;
mod doors;
mod evidence;
mod invited;
mod notices;
mod oversight;
mod passages;
mod products;
mod provinces;
mod signing;
mod world;
