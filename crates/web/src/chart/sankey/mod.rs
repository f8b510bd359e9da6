//! Flows between nodes in columns.

mod layout;

use std::fmt::Write;

use super::svg::{Svg, fit};
use super::{Head, count};
use layout::{Layout, Ribbon};

const WIDTH: f64 = 960.0;
/// Width of a node.
const NODE: f64 = 14.0;
/// Room for the labels of the last column; every label stands to the right of its node.
const LABELS: f64 = 190.0;
/// Room between two nodes: two lines of letters fit there, even where the nodes are thin.
const GAP: f64 = 44.0;
/// Height that is shared by flows, however many nodes there are.
const FLOWS: f64 = 260.0;
/// Half a label stands out above the first node and below the last.
const EDGE: f64 = 22.0;

/// A place where flows meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What passes through it as people read it, with its unit; may be empty.
    pub printed: String,
    /// Its column, counted from 0; without one it comes after everything that flows into it.
    pub column: Option<usize>,
}

/// A flow from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it comes from: a position in the list of nodes.
    pub from: usize,
    /// Where it goes to: a position in the list of nodes.
    pub to: usize,
    /// The exact figure; all flows of a chart are in the same unit.
    pub value: i128,
    /// What a pointer shows, such as names and the figure as people read it.
    pub title: String,
}

/// Flows as ribbons between nodes; the height of each is in proportion to its figure.
///
/// A flow of nothing, one to itself, and one to a node that does not exist are left out, and so is a node without flows.
/// Flows in a circle are allowed: one of them then runs back.
pub fn sankey(head: &Head<'_>, nodes: &[Node], links: &[Link]) -> String {
    let crowd = Layout::crowd(nodes, links);
    if crowd == 0 {
        return Svg::empty(head, "sankey");
    }
    let high = FLOWS + GAP * count(crowd);
    let layout = Layout::of(nodes, links, high, GAP);
    let pitch = if layout.columns > 1 {
        (WIDTH - LABELS - NODE) / count(layout.columns - 1)
    } else {
        WIDTH
    };
    let left = |column: usize| (count(column) * pitch).round();
    let mut svg = Svg::open(head, "sankey", WIDTH, high + 2.0 * EDGE);
    for ribbon in &layout.ribbons {
        let Some(link) = links.get(ribbon.link) else { continue };
        let ends = (left(ribbon.from.column) + NODE, left(ribbon.to.column));
        svg.path("cs-link", &outline(ribbon, ends), Some(&link.title));
    }
    for (node, placed) in nodes.iter().zip(&layout.nodes) {
        let Some(placed) = placed else { continue };
        let (x, y) = (left(placed.column), EDGE + placed.top);
        svg.rect("cs-node", x, y, NODE, placed.height);
        let room = if placed.column + 1 == layout.columns {
            LABELS
        } else {
            pitch - NODE
        } - 14.0;
        let middle = y + placed.height / 2.0;
        let baseline = if node.printed.is_empty() { 5.0 } else { -4.0 };
        svg.group(&node.name);
        svg.text("cs-halo", x + NODE + 6.0, middle + baseline, &fit(&node.name, room));
        if !node.printed.is_empty() {
            let class = "cs-strong cs-digits cs-halo";
            svg.text(class, x + NODE + 6.0, middle + 15.0, &fit(&node.printed, room));
        }
        svg.end();
    }
    svg.close()
}

/// The outline of a ribbon: two curves, and the edges of its nodes between them.
fn outline(ribbon: &Ribbon, (x0, x1): (f64, f64)) -> String {
    let middle = f64::midpoint(x0, x1).round();
    let (a0, a1) = (EDGE + ribbon.from.top, EDGE + ribbon.from.top + ribbon.from.height);
    let (b0, b1) = (EDGE + ribbon.to.top, EDGE + ribbon.to.top + ribbon.to.height);
    let mut d = String::new();
    let _ = write!(
        d,
        "M{x0} {a0}C{middle} {a0} {middle} {b0} {x1} {b0}V{b1}C{middle} {b1} {middle} {a1} {x0} {a1}Z"
    );
    d
}

#[cfg(test)]
mod tests;
