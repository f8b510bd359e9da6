//! Where nodes and ribbons stand: columns by the longest path, order by what they are connected to.
//!
//! Nodes are moved in the way of d3-sankey, which readers of such charts are used to; a test compares the two.

use std::cmp::Ordering;

use super::super::{count, real, scale};
use super::{Link, Node};

/// Passes over all columns, as many as d3-sankey makes: more would move little.
const PASSES: usize = 6;

/// Places of nodes and ribbons, in whole units from the top.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// Number of columns.
    pub columns: usize,
    /// The nodes in the order they were given; one without flows has no place.
    pub nodes: Vec<Option<Placed>>,
    /// The flows that are drawn.
    pub ribbons: Vec<Ribbon>,
}

/// A stretch of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Placed {
    pub column: usize,
    pub top: f64,
    pub height: f64,
}

/// A flow between two stretches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ribbon {
    /// Its position in the list of links.
    pub link: usize,
    pub from: Placed,
    pub to: Placed,
}

/// A flow that is drawn.
#[derive(Clone, Copy)]
struct Flow {
    link: usize,
    from: usize,
    to: usize,
    value: i128,
}

impl Flow {
    /// The node that it flows into, or the one that it flows out of.
    fn end(&self, into: bool) -> usize {
        if into { self.to } else { self.from }
    }
}

/// The flows that are drawn: something, between two nodes that exist.
fn flows(nodes: &[Node], links: &[Link]) -> Vec<Flow> {
    let drawn = |link: &Link| link.value > 0 && link.from != link.to && link.from.max(link.to) < nodes.len();
    links
        .iter()
        .enumerate()
        .filter(|(_, link)| drawn(link))
        .map(|(at, link)| Flow {
            link: at,
            from: link.from,
            to: link.to,
            value: link.value,
        })
        .collect()
}

/// The column of every node that has flows.
///
/// A node is taken when everything that flows into it was. In a circle there is no such node: then the first one left is
/// taken, and what still flows into it runs back.
fn columns(nodes: &[Node], flows: &[Flow]) -> Vec<Option<usize>> {
    let mut column = vec![None; nodes.len()];
    let connected = |at: usize| flows.iter().any(|flow| flow.from == at || flow.to == at);
    let mut left: Vec<usize> = (0..nodes.len()).filter(|at| connected(*at)).collect();
    while !left.is_empty() {
        let free = |at: &usize| !flows.iter().any(|flow| flow.to == *at && left.contains(&flow.from));
        let taken = left.remove(left.iter().position(free).unwrap_or(0));
        let after = flows
            .iter()
            .filter(|flow| flow.to == taken)
            .filter_map(|flow| column.get(flow.from).copied().flatten())
            .map(|before: usize| before + 1)
            .max();
        let told = nodes.get(taken).and_then(|node| node.column);
        if let Some(place) = column.get_mut(taken) {
            *place = Some(told.or(after).unwrap_or(0));
        }
    }
    // A column that nobody stands in takes no room.
    let mut used: Vec<usize> = column.iter().flatten().copied().collect();
    used.sort_unstable();
    used.dedup();
    column
        .into_iter()
        .map(|place| place.and_then(|place| used.binary_search(&place).ok()))
        .collect()
}

/// A node while places are being looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Draft {
    column: usize,
    top: f64,
    height: f64,
}

/// Everything while places are being looked for.
struct Drafts<'a> {
    nodes: Vec<Draft>,
    columns: Vec<Vec<usize>>,
    flows: &'a [Flow],
    unit: f64,
    high: f64,
    gap: f64,
}

impl Layout {
    /// The number of nodes in the fullest column.
    pub(super) fn crowd(nodes: &[Node], links: &[Link]) -> usize {
        let column = columns(nodes, &flows(nodes, links));
        let in_column = |wanted: usize| column.iter().flatten().filter(|place| **place == wanted).count();
        column
            .iter()
            .flatten()
            .map(|place| in_column(*place))
            .max()
            .unwrap_or(0)
    }

    /// Places for everything within this height, with at least this gap between two nodes.
    pub(super) fn of(nodes: &[Node], links: &[Link], high: f64, gap: f64) -> Self {
        let flows = flows(nodes, links);
        let column = columns(nodes, &flows);
        let value = |at: usize| {
            let sum = |end: fn(&Flow) -> usize| flows.iter().filter(|f| end(f) == at).map(|f| f.value).sum::<i128>();
            sum(|f| f.from).max(sum(|f| f.to))
        };
        let mut drafts = Drafts::of(&column, &flows, value, (high, gap));
        drafts.settle();
        let placed: Vec<Option<Placed>> = column
            .iter()
            .zip(&drafts.nodes)
            .map(|(place, draft)| {
                place.map(|column| Placed {
                    column,
                    top: draft.top.round(),
                    height: draft.height,
                })
            })
            .collect();
        let ribbons = ribbons(&placed, &flows, value);
        Self {
            columns: drafts.columns.len(),
            nodes: placed,
            ribbons,
        }
    }
}

impl<'a> Drafts<'a> {
    /// Every node in its column, in the order they were given, with the same room around each.
    fn of(column: &[Option<usize>], flows: &'a [Flow], value: impl Fn(usize) -> i128, (high, gap): (f64, f64)) -> Self {
        let mut columns = vec![Vec::new(); column.iter().flatten().max().map_or(0, |last| last + 1)];
        for (node, place) in column.iter().enumerate() {
            if let Some(there) = place.and_then(|place| columns.get_mut(place)) {
                there.push(node);
            }
        }
        let unit = columns
            .iter()
            .map(|there: &Vec<usize>| {
                let room = high - gap * (count(there.len()) - 1.0);
                scale(there.iter().map(|node| value(*node)).sum(), room)
            })
            .fold(f64::INFINITY, f64::min);
        let nodes = column
            .iter()
            .enumerate()
            .map(|(node, place)| Draft {
                column: place.unwrap_or(0),
                top: 0.0,
                height: (real(value(node)) * unit).round().max(1.0),
            })
            .collect();
        let mut drafts = Self {
            nodes,
            columns,
            flows,
            unit,
            high,
            gap,
        };
        for there in drafts.columns.clone() {
            let taken: f64 = there.iter().map(|node| drafts.node(*node).height + gap).sum::<f64>() - gap;
            let room = (high - taken).max(0.0) / (count(there.len()) + 1.0);
            let mut y = room;
            for node in there {
                drafts.move_to(node, y);
                y += drafts.node(node).height + gap + room;
            }
        }
        drafts
    }

    fn node(&self, node: usize) -> Draft {
        self.nodes.get(node).copied().unwrap_or_default()
    }

    fn move_to(&mut self, node: usize, top: f64) {
        if let Some(draft) = self.nodes.get_mut(node) {
            draft.top = top;
        }
    }

    /// Moves every node towards those it is connected to, from right to left and back, again and again.
    fn settle(&mut self) {
        let mut pull = 1.0;
        for pass in 1..=PASSES {
            let push = f64::max(1.0 - pull, count(pass) / count(PASSES));
            for at in (0..self.columns.len()).rev().skip(1) {
                self.relax(at, false, pull, push);
            }
            for at in 1..self.columns.len() {
                self.relax(at, true, pull, push);
            }
            pull *= 0.99;
        }
        for at in 0..self.columns.len() {
            self.clear(at);
        }
    }

    /// Moves the nodes of one column towards what flows into them, or out of them, and apart from each other.
    fn relax(&mut self, at: usize, into: bool, pull: f64, push: f64) {
        let mut there = self.columns.get(at).cloned().unwrap_or_default();
        for node in &there {
            let (mut sum, mut weight) = (0.0, 0.0);
            for flow in self.side(*node, into) {
                let other = flow.end(!into);
                let span = self.node(*node).column.abs_diff(self.node(other).column);
                let heavy = real(flow.value) * count(span.max(1));
                sum += self.straight(*node, other, into) * heavy;
                weight += heavy;
            }
            if weight > 0.0 {
                let top = self.node(*node).top;
                self.move_to(*node, top + (sum / weight - top) * pull);
            }
        }
        there.sort_by(|a, b| ascending(self.node(*a).top, self.node(*b).top));
        self.apart(&there, push);
        if let Some(column) = self.columns.get_mut(at) {
            *column = there;
        }
    }

    /// The flows at one side of a node, in the order of their other ends.
    fn side(&self, node: usize, into: bool) -> Vec<Flow> {
        let mut own: Vec<Flow> = self
            .flows
            .iter()
            .filter(|flow| flow.end(into) == node)
            .copied()
            .collect();
        own.sort_by(|a, b| {
            ascending(self.node(a.end(!into)).top, self.node(b.end(!into)).top).then(a.link.cmp(&b.link))
        });
        own
    }

    /// Where the top of a node would be if its flow from or to the other one ran straight.
    fn straight(&self, node: usize, other: usize, into: bool) -> f64 {
        let theirs = self.side(other, !into);
        let mut y = self.node(other).top - (count(theirs.len()) - 1.0) * self.gap / 2.0;
        for flow in theirs.iter().take_while(|flow| flow.end(into) != node) {
            y += real(flow.value) * self.unit + self.gap;
        }
        for flow in self.side(node, into).iter().take_while(|flow| flow.end(!into) != other) {
            y -= real(flow.value) * self.unit;
        }
        y
    }

    /// Pushes nodes away from the middle one, and then back in where they stand out.
    fn apart(&mut self, there: &[usize], push: f64) {
        let (above, below) = there.split_at(there.len() / 2);
        let Some((middle, below)) = below.split_first() else {
            return;
        };
        let centre = self.node(*middle);
        self.lift(above, centre.top - self.gap, push);
        self.lower(below, centre.top + centre.height + self.gap, push);
        self.lift(there, self.high, push);
        self.lower(there, 0.0, push);
    }

    /// What is above `free` goes down, and so on down the list.
    fn lower(&mut self, there: &[usize], mut free: f64, push: f64) {
        for node in there {
            let draft = self.node(*node);
            let top = draft.top + ((free - draft.top) * push).max(0.0);
            self.move_to(*node, top);
            free = top + draft.height + self.gap;
        }
    }

    /// What ends below `free` goes up, and so on up the list.
    fn lift(&mut self, there: &[usize], mut free: f64, push: f64) {
        for node in there.iter().rev() {
            let draft = self.node(*node);
            let top = draft.top - ((draft.top + draft.height - free) * push).max(0.0);
            self.move_to(*node, top);
            free = top - self.gap;
        }
    }

    /// Leaves no overlap in a column, whatever the passes have left.
    fn clear(&mut self, at: usize) {
        let there = self.columns.get(at).cloned().unwrap_or_default();
        self.lower(&there, 0.0, 1.0);
        self.lift(&there, self.high, 1.0);
    }
}

fn ascending(a: f64, b: f64) -> Ordering {
    a.total_cmp(&b)
}

/// Shares each side of each node among its flows, in the order of their other ends, so that no two ribbons cross at it.
fn ribbons(placed: &[Option<Placed>], flows: &[Flow], value: impl Fn(usize) -> i128) -> Vec<Ribbon> {
    let mut ribbons: Vec<Ribbon> = flows
        .iter()
        .map(|flow| Ribbon {
            link: flow.link,
            from: Placed::default(),
            to: Placed::default(),
        })
        .collect();
    let top = |node: usize| placed.get(node).copied().flatten().map_or(0.0, |place| place.top);
    for (node, place) in placed.iter().enumerate() {
        let Some(place) = place else { continue };
        for leaving in [true, false] {
            let ends = |flow: &Flow| {
                if leaving {
                    (flow.from, flow.to)
                } else {
                    (flow.to, flow.from)
                }
            };
            let mut own: Vec<usize> = (0..flows.len())
                .filter(|at| flows.get(*at).is_some_and(|flow| ends(flow).0 == node))
                .collect();
            own.sort_by(|a, b| {
                let other = |at: &usize| flows.get(*at).map_or(0.0, |flow| top(ends(flow).1));
                ascending(other(a), other(b)).then(a.cmp(b))
            });
            let unit = scale(value(node), place.height);
            let mut sum = 0;
            for at in own {
                let (Some(flow), Some(ribbon)) = (flows.get(at), ribbons.get_mut(at)) else {
                    continue;
                };
                let above = (real(sum) * unit).round();
                sum += flow.value;
                // Rounding the sum and not the parts keeps the whole side covered, exactly.
                let stretch = Placed {
                    column: place.column,
                    top: place.top + above,
                    height: (real(sum) * unit).round() - above,
                };
                if leaving {
                    ribbon.from = stretch;
                } else {
                    ribbon.to = stretch;
                }
            }
        }
    }
    ribbons
}
