//! Every scenario of the folder `scenarios/` is played, and what the runner says of a faulty file.

mod faults;
mod play;
