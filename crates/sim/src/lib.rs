//! Plays scenarios: executable stories in TOML that a regulator can read. The demo, the acceptance tests and the
//! documentation are the same files.
//!
//! [`Scenario::read`] reads a file with what it includes and finds every mistake in it before anything is played;
//! [`run`] founds the authorities on a [`Host`] and plays the story in virtual time, one [`StepLine`] a step. The same
//! file and seed give the same entries. Nothing is printed here.

pub mod bench;
mod check;
mod dice;
mod error;
pub mod fault;
mod figures;
mod form;
mod ids;
mod line;
mod live;
mod memory;
mod node;
mod player;
mod reader;
mod rows;
mod story;
mod verb;
mod wire;

pub use error::ScenarioError;
pub use form::Person;
pub use line::{LineOutcome, StepLine, Summary};
pub use live::{Last, Live};
pub use memory::{Entries, Memory};
pub use node::{Host, NewAuthority, Node, NodeError, Outcome, Outgoing, Receipt, Round};
pub use player::{Options, run};
pub use story::Scenario;
pub use wire::{Clock, InProcess, Now, Wire};
