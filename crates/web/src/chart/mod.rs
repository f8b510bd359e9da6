//! Charts: from figures to SVG, on the server, as pure functions.
//!
//! A chart knows no language: every word in it, and every figure printed in it, comes from the caller.
//! What is computed here is only where things are drawn, so floating-point numbers are allowed; no text is made of them.
//! Nothing has a `style` attribute or a script, because the pages' security policy forbids both: a chart has the classes
//! of `web/styles/_figures.scss` and presentation attributes.
//!
//! A chart says `role="img"`: assistive software hears its title and its description, so a table of the same figures
//! belongs next to it.

mod bars;
mod columns;
mod file;
mod mark;
mod sankey;
mod stacked;
mod svg;
mod world;

pub use bars::bars;
pub use columns::columns;
pub use file::file;
pub use mark::{Mark, mark};
pub use sankey::{Link, Node, sankey};
pub use stacked::{Part, Stack, stacked};
pub use world::{Place, world};

use domain::quantity::Mass;

/// What every chart needs to be heard and referred to.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Unlike any other id of the page; the ids inside the chart begin with it.
    pub id: &'a str,
    /// What the chart shows, in a few words.
    pub title: &'a str,
    /// What can be seen in it, in a sentence or two.
    pub desc: &'a str,
}

/// A figure that is drawn as a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is a figure of.
    pub label: String,
    /// The figure as people read it, with its unit.
    pub printed: String,
    /// The exact figure; all figures of a chart are in the same unit. Less than nothing is drawn as nothing.
    pub value: i128,
    /// What it must not exceed, such as a quota; drawn as a line.
    pub limit: Option<i128>,
}

impl Figure {
    /// A figure in any unit.
    pub fn new(label: impl Into<String>, value: i128, printed: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            printed: printed.into(),
            value,
            limit: None,
        }
    }

    /// A mass.
    pub fn mass(label: impl Into<String>, mass: Mass, printed: impl Into<String>) -> Self {
        Self::new(label, mass.pg(), printed)
    }

    /// The same figure with its limit.
    #[must_use]
    pub fn of(mut self, limit: i128) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// How many units of the picture one unit of the figures takes, when `largest` takes `space`; nothing where nothing is.
fn scale(largest: i128, space: f64) -> f64 {
    if largest > 0 { space / real(largest) } else { 0.0 }
}

/// A figure for drawing: what a picture shows of it ends long before the precision of a float does.
#[allow(clippy::cast_precision_loss)]
fn real(value: i128) -> f64 {
    value.max(0) as f64
}

/// A number of things in a list, for drawing.
fn count(things: usize) -> f64 {
    u32::try_from(things).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests;
