//! The layout against d3-sankey's, and what must hold for any flows.

use serde::Deserialize;

use super::layout::{Layout, Placed};
use super::*;

/// The same flows, laid out by d3-sankey: `npm run oracle` in `web/` makes it.
#[derive(Deserialize)]
struct Golden {
    height: f64,
    gap: f64,
    nodes: Vec<String>,
    links: Vec<(usize, usize, i128)>,
    columns: Vec<Vec<usize>>,
    heights: Vec<f64>,
}

fn golden() -> (Golden, Vec<Node>, Vec<Link>) {
    let golden: Golden = serde_json::from_str(include_str!("golden.json")).unwrap();
    let nodes = golden.nodes.iter().map(|name| node(name)).collect();
    let links = golden
        .links
        .iter()
        .map(|(from, to, value)| link(*from, *to, *value))
        .collect();
    (golden, nodes, links)
}

fn node(name: &str) -> Node {
    Node {
        name: name.to_owned(),
        printed: "1 g".to_owned(),
        column: None,
    }
}

fn link(from: usize, to: usize, value: i128) -> Link {
    Link {
        from,
        to,
        value,
        title: format!("{from} to {to}"),
    }
}

fn head() -> Head<'static> {
    Head {
        id: "flow",
        title: "Flows",
        desc: "Where it goes",
    }
}

#[test]
fn the_layout_is_that_of_d3_sankey() {
    let (golden, nodes, links) = golden();
    let layout = Layout::of(&nodes, &links, golden.height, golden.gap);
    let placed: Vec<Placed> = layout.nodes.iter().map(|place| place.unwrap()).collect();
    let columns: Vec<Vec<usize>> = (0..layout.columns)
        .map(|column| {
            let mut there: Vec<usize> = (0..nodes.len()).filter(|at| placed[*at].column == column).collect();
            there.sort_by(|a, b| placed[*a].top.total_cmp(&placed[*b].top));
            there
        })
        .collect();
    assert_eq!(columns, golden.columns);
    for (place, height) in placed.iter().zip(golden.heights) {
        assert!((place.height - height).abs() <= 1.0, "{place:?} is not {height} high");
    }
}

#[test]
fn flows_cover_their_nodes_exactly() {
    let (golden, nodes, links) = golden();
    let layout = Layout::of(&nodes, &links, golden.height, golden.gap);
    for (at, place) in layout.nodes.iter().enumerate() {
        let place = place.unwrap();
        let side = |leaving: bool| {
            let own = layout.ribbons.iter().filter(|ribbon| {
                let link = &links[ribbon.link];
                if leaving { link.from == at } else { link.to == at }
            });
            own.map(|ribbon| if leaving { ribbon.from.height } else { ribbon.to.height })
                .sum::<f64>()
        };
        let sides = (side(true), side(false));
        assert!(
            sides.0.max(sides.1).to_bits() == place.height.to_bits(),
            "{at}: {sides:?} in {place:?}"
        );
    }
}

#[test]
fn nothing_overlaps_or_stands_out() {
    let (golden, nodes, links) = golden();
    let layout = Layout::of(&nodes, &links, golden.height, golden.gap);
    let placed: Vec<Placed> = layout.nodes.iter().flatten().copied().collect();
    for (at, a) in placed.iter().enumerate() {
        assert!(a.top >= -1.0 && a.top + a.height <= golden.height + 1.0, "{a:?}");
        for b in placed.iter().skip(at + 1).filter(|b| b.column == a.column) {
            let (above, below) = if a.top < b.top { (a, b) } else { (b, a) };
            assert!(
                above.top + above.height + golden.gap <= below.top + 2.0,
                "{above:?} {below:?}"
            );
        }
    }
}

#[test]
fn a_flow_of_nothing_to_itself_or_to_nowhere_is_left_out() {
    let nodes = [node("a"), node("b"), node("alone")];
    let links = [
        link(0, 1, 5),
        link(0, 1, 0),
        link(0, 1, -3),
        link(1, 1, 7),
        link(1, 9, 7),
    ];
    let layout = Layout::of(&nodes, &links, 100.0, 10.0);
    assert_eq!(layout.ribbons.len(), 1);
    assert_eq!(layout.nodes[2], None);
    let svg = sankey(&head(), &nodes, &links);
    assert!(!svg.contains("alone"));
    assert_eq!(svg.matches("cs-link").count(), 1);
}

#[test]
fn a_circle_has_an_end() {
    let nodes = [node("a"), node("b"), node("c")];
    let links = [link(0, 1, 5), link(1, 2, 5), link(2, 0, 2)];
    let layout = Layout::of(&nodes, &links, 100.0, 10.0);
    let columns: Vec<usize> = layout.nodes.iter().flatten().map(|place| place.column).collect();
    assert_eq!(columns, [0, 1, 2]);
    assert_eq!(layout.ribbons.len(), 3);
}

#[test]
fn a_column_can_be_told() {
    let mut nodes = [node("a"), node("b"), node("c"), node("d")];
    nodes[3].column = Some(7);
    let links = [link(0, 1, 5), link(1, 2, 4), link(0, 3, 1)];
    let layout = Layout::of(&nodes, &links, 100.0, 10.0);
    let columns: Vec<usize> = layout.nodes.iter().flatten().map(|place| place.column).collect();
    assert_eq!(columns, [0, 1, 2, 3], "columns that nobody stands in take no room");
}

#[test]
fn without_flows_there_is_only_the_title() {
    let svg = sankey(&head(), &[node("a")], &[]);
    assert!(svg.contains("Flows") && !svg.contains("<path") && !svg.contains("<text"));
}
