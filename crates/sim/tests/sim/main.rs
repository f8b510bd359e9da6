//! Every scenario of the folder `scenarios/` is played, and what the runner says of a faulty file. Authorities trade in
//! stories of their own.

mod book;
mod fault;
mod faults;
mod host;
mod play;
mod trade;
