//! Where nodes and ribbons stand: columns by the longest path, order by what they are connected to.

use std::cmp::Ordering;

use super::super::{count, real, scale};
use super::{Link, Node};

/// Passes over all columns; the order is settled long before.
const PASSES: usize = 60;

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
#[derive(Clone, Copy)]
struct Draft {
    node: usize,
    top: f64,
    height: f64,
    value: i128,
}

impl Draft {
    fn middle(&self) -> f64 {
        self.top + self.height / 2.0
    }
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
        let mut drafts: Vec<Vec<Draft>> = vec![Vec::new(); column.iter().flatten().max().map_or(0, |last| last + 1)];
        for (node, place) in column.iter().enumerate() {
            if let Some(there) = place.and_then(|place| drafts.get_mut(place)) {
                there.push(Draft {
                    node,
                    top: 0.0,
                    height: 0.0,
                    value: value(node),
                });
            }
        }
        let unit = drafts
            .iter()
            .map(|there| {
                let room = high - gap * (count(there.len()) - 1.0);
                scale(there.iter().map(|draft| draft.value).sum(), room)
            })
            .fold(f64::INFINITY, f64::min);
        for there in &mut drafts {
            for draft in there.iter_mut() {
                draft.height = (real(draft.value) * unit).round().max(1.0);
            }
            spread(there, high, gap);
        }
        settle(&mut drafts, &flows, high, gap);

        let mut placed = vec![None; nodes.len()];
        for (at, there) in drafts.iter().enumerate() {
            for draft in there {
                if let Some(place) = placed.get_mut(draft.node) {
                    *place = Some(Placed {
                        column: at,
                        top: draft.top.round(),
                        height: draft.height,
                    });
                }
            }
        }
        let ribbons = ribbons(&placed, &flows, value);
        Self {
            columns: drafts.len(),
            nodes: placed,
            ribbons,
        }
    }
}

/// Puts the nodes of a column one below the other, with the same room around each.
fn spread(there: &mut [Draft], high: f64, gap: f64) {
    let taken: f64 = there.iter().map(|draft| draft.height).sum::<f64>() + gap * (count(there.len()) - 1.0);
    let room = (high - taken).max(0.0) / (count(there.len()) + 1.0);
    let mut y = room;
    for draft in there {
        draft.top = y;
        y += draft.height + gap + room;
    }
}

/// Moves every node towards those it is connected to, first from left to right and then back, again and again.
fn settle(drafts: &mut [Vec<Draft>], flows: &[Flow], high: f64, gap: f64) {
    let mut pull = 1.0;
    for pass in 0..PASSES {
        pull *= 0.97;
        for step in 0..drafts.len() {
            let forward = pass % 2 == 1;
            let at = if forward { step } else { drafts.len() - 1 - step };
            let middles: Vec<Option<f64>> = drafts
                .get(at)
                .map(|there| {
                    there
                        .iter()
                        .map(|draft| wanted(drafts, flows, draft, forward))
                        .collect()
                })
                .unwrap_or_default();
            let Some(there) = drafts.get_mut(at) else { continue };
            for (draft, middle) in there.iter_mut().zip(middles) {
                if let Some(middle) = middle {
                    draft.top += (middle - draft.middle()) * pull;
                }
            }
            there.sort_by(|a, b| ascending(a.middle(), b.middle()));
            apart(there, high, gap);
        }
    }
}

/// The middle of what flows into a node, or out of it, by weight.
fn wanted(drafts: &[Vec<Draft>], flows: &[Flow], draft: &Draft, forward: bool) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for flow in flows {
        let (own, other) = if forward {
            (flow.to, flow.from)
        } else {
            (flow.from, flow.to)
        };
        if own != draft.node {
            continue;
        }
        if let Some(other) = drafts.iter().flatten().find(|draft| draft.node == other) {
            sum += other.middle() * real(flow.value);
            weight += real(flow.value);
        }
    }
    (weight > 0.0).then(|| sum / weight)
}

/// Pushes the nodes of a column apart: downwards first, and back up where the last would stand out.
fn apart(there: &mut [Draft], high: f64, gap: f64) {
    let mut free = 0.0;
    for draft in there.iter_mut() {
        draft.top = draft.top.max(free);
        free = draft.top + draft.height + gap;
    }
    let mut end = high;
    for draft in there.iter_mut().rev() {
        draft.top = draft.top.min(end - draft.height);
        end = draft.top - gap;
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
