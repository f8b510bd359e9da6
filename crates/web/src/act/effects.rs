//! What a command would change, in figures, for whoever decides: before and after.

use domain::Command;

use crate::ask::Ask;

/// A figure before and after.
pub struct Effect {
    /// What it is, in words.
    pub name: String,
    /// As it is now.
    pub before: String,
    /// As it would be.
    pub after: String,
}

/// The figures that a command would change.
pub fn of(ask: &Ask, command: &Command) -> Vec<Effect> {
    let _ = (ask, command);
    Vec::new()
}
