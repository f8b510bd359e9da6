//! Charts of a year.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::quantity::Mass;
use domain::reporting::Identity;

use super::figures::Year;
use super::{flows, say};
use crate::chart::{self, Figure, Head, Link, Node, Place};
use crate::names;
use crate::words::Words;

/// Bars of a chart; what is smaller is summed up in the last.
const BARS: usize = 8;
/// Substances in the chart of flows; the smaller ones flow together.
const SUBSTANCES: usize = 6;

/// A chart with its name, or the words that there is nothing to draw.
pub struct Drawn {
    /// What it shows.
    pub caption: String,
    /// The chart; empty if there is nothing to draw.
    pub svg: String,
}

/// A measure: its word, and how much.
type Measure = (&'static str, fn(&Identity) -> Mass);

/// The measures that stand side by side, a chart each.
const MEASURES: [Measure; 5] = [
    ("made", |row| row.manufactured),
    ("used", |row| row.consumed),
    ("exported", |row| row.exported),
    ("imported", |row| row.imported),
    ("stock", |row| row.closing),
];

/// The headline figures: word, number, unit, exact grams.
pub fn headlines(words: Words, year: &Year) -> Vec<Headline> {
    let headline = |(key, figure): &Measure| {
        let sum = year.sum(figure);
        let (unit, number) = say::weighed(words, sum);
        Headline {
            name: words.t(&format!("public-headline-{key}")),
            number,
            unit: words.t(&format!("{unit}-unit")),
            note: words.t(&format!(
                "public-headline-{key}-note{}",
                if *key == "stock" && !year.over { "-now" } else { "" }
            )),
        }
    };
    MEASURES.iter().map(headline).collect()
}

/// A headline figure.
pub struct Headline {
    /// What it is.
    pub name: String,
    /// How much.
    pub number: String,
    /// Of what unit.
    pub unit: String,
    /// What is meant.
    pub note: String,
}

/// One chart a measure, a bar a substance.
pub fn measures(words: Words, year: &Year) -> Vec<Drawn> {
    let chart = |(key, figure): &Measure| {
        let rows = year.statement.identity.iter();
        let masses = rows.map(|row| (say::substance(words, year, &row.substance), figure(row)));
        let masses: Vec<(String, Mass)> = masses.filter(|(_, mass)| *mass != Mass::ZERO).collect();
        let caption = words.t(&format!("public-headline-{key}"));
        let id = format!("chart-{key}");
        Drawn {
            svg: bars(words, &id, &caption, masses),
            caption,
        }
    };
    MEASURES.iter().map(chart).collect()
}

/// Exports by destination.
pub fn destinations(words: Words, year: &Year) -> String {
    let all = year.destinations().into_iter();
    let masses = all.map(|to| (names::country(words, to.country), to.mass)).collect();
    bars(words, "chart-to", &words.t("public-chart-destinations"), masses)
}

/// Bars, the largest first; small ones together in the last.
fn bars(words: Words, id: &str, title: &str, mut masses: Vec<(String, Mass)>) -> String {
    if masses.is_empty() {
        return String::new();
    }
    masses.sort_by_key(|(_, mass)| Reverse(*mass));
    if masses.len() > BARS {
        let rest = masses.split_off(BARS - 1);
        let name = words.count("public-others", u64::try_from(rest.len()).unwrap_or_default());
        masses.push((name, rest.iter().map(|(_, mass)| *mass).sum()));
    }
    let told: Vec<String> = masses
        .iter()
        .map(|(name, mass)| words.t2("public-told", "name", name, "mass", say::weight(words, *mass)))
        .collect();
    let desc = told.join(&words.t("public-told-comma"));
    let figures: Vec<Figure> = masses
        .into_iter()
        .map(|(name, mass)| Figure::mass(name, mass, say::weight(words, mass)))
        .collect();
    let head = Head { id, title, desc: &desc };
    chart::bars(&head, &figures)
}

/// The balance as flows: from where, through which substance, to what.
pub fn sankey(words: Words, year: &Year) -> String {
    let all = flows::flows(&year.statement.identity);
    if all.is_empty() {
        return String::new();
    }
    let places = Places::of(&year.statement.identity, &all);
    let names = places.names(words, year);
    let mut sums: BTreeMap<(usize, usize), Mass> = BTreeMap::new();
    let mut through = vec![Mass::ZERO; names.len()];
    for flow in &all {
        let (from, to) = places.ends(flow);
        *sums.entry((from, to)).or_default() += flow.mass;
        // What passes through a substance is what comes in: what goes out of it is not counted again.
        let counted = [flow.into.then_some(from), Some(to)];
        for node in counted.into_iter().flatten() {
            if let Some(sum) = through.get_mut(node) {
                *sum += flow.mass;
            }
        }
    }
    let node = |(at, (name, mass)): (usize, (&String, &Mass))| Node {
        name: name.clone(),
        printed: say::weight(words, *mass),
        column: Some(places.column(at)),
    };
    let nodes: Vec<Node> = names.iter().zip(&through).enumerate().map(node).collect();
    let name = |at: usize| names.get(at).map_or("", String::as_str);
    let link = |((from, to), mass): (&(usize, usize), &Mass)| Link {
        from: *from,
        to: *to,
        value: mass.pg(),
        title: words.with(
            "public-link",
            &[
                ("from", &name(*from)),
                ("to", &name(*to)),
                ("mass", &say::weight(words, *mass)),
            ],
        ),
    };
    let links: Vec<Link> = sums.iter().map(link).collect();
    let total: Mass = all.iter().filter(|flow| flow.into).map(|flow| flow.mass).sum();
    let head = Head {
        id: "chart-flows",
        title: &words.t1("public-chart-flows", "year", year.statement.year),
        desc: &words.t1("public-chart-flows-desc", "mass", say::weight(words, total)),
    };
    chart::sankey(&head, &nodes, &links)
}

/// The nodes of the flows: sources, then groups of substances, then uses.
struct Places {
    sources: Vec<&'static str>,
    uses: Vec<&'static str>,
    /// The group of each substance.
    groups: Vec<usize>,
    group_count: usize,
}

impl Places {
    fn of(rows: &[Identity], all: &[flows::Flow]) -> Self {
        let groups = groups(rows, all);
        Self {
            sources: flows::places(all, true),
            uses: flows::places(all, false),
            group_count: groups.iter().max().map_or(0, |last| last + 1),
            groups,
        }
    }

    fn names(&self, words: Words, year: &Year) -> Vec<String> {
        let group = |group: usize| {
            let rows = year.statement.identity.iter().zip(&self.groups);
            let mut members = rows.filter(|(_, of)| **of == group).map(|(row, _)| row);
            match (members.next(), members.count()) {
                (Some(one), 0) => say::substance(words, year, &one.substance),
                (_, more) => words.count("public-others", u64::try_from(more + 1).unwrap_or_default()),
            }
        };
        let sources = self.sources.iter().map(|of| words.t(&flows::key(of, true)));
        let uses = self.uses.iter().map(|of| words.t(&flows::key(of, false)));
        sources.chain((0..self.group_count).map(group)).chain(uses).collect()
    }

    /// The nodes that a flow runs from and to.
    fn ends(&self, flow: &flows::Flow) -> (usize, usize) {
        let group = self.sources.len() + self.groups.get(flow.substance).copied().unwrap_or_default();
        let at = |places: &[&str]| places.iter().position(|of| *of == flow.of).unwrap_or_default();
        if flow.into {
            (at(&self.sources), group)
        } else {
            (group, self.sources.len() + self.group_count + at(&self.uses))
        }
    }

    fn column(&self, node: usize) -> usize {
        let (first, second) = (self.sources.len(), self.sources.len() + self.group_count);
        usize::from(node >= first) + usize::from(node >= second)
    }
}

/// The group of each substance: the largest have one of their own, the others one together.
fn groups(rows: &[Identity], all: &[flows::Flow]) -> Vec<usize> {
    let through = |substance: usize| -> Mass {
        let into = all.iter().filter(|flow| flow.into && flow.substance == substance);
        into.map(|flow| flow.mass).sum()
    };
    let mut order: Vec<usize> = (0..rows.len()).filter(|at| through(*at) != Mass::ZERO).collect();
    order.sort_by(|a, b| through(*b).cmp(&through(*a)).then(a.cmp(b)));
    if order.len() > SUBSTANCES {
        order.truncate(SUBSTANCES - 1);
    }
    // Alone in the order of the table, so that charts and tables read alike.
    order.sort_unstable();
    let alone = |at: usize| order.iter().position(|of| *of == at);
    (0..rows.len()).map(|at| alone(at).unwrap_or(order.len())).collect()
}

/// The map of destinations as a file.
pub fn map(words: Words, year: &Year) -> String {
    let place = |to: super::figures::To| {
        let mass = say::weight(words, to.mass);
        Place {
            country: to.country,
            value: to.mass.pg(),
            title: words.t2("public-told", "name", names::country(words, to.country), "mass", &mass),
            printed: mass,
        }
    };
    let places: Vec<Place> = year.destinations().into_iter().map(place).collect();
    let title = words.t1("public-chart-map", "year", year.statement.year);
    let head = Head {
        id: "map",
        title: &title,
        desc: &words.t("public-map-note"),
    };
    chart::file(&chart::world(&head, &places, Some(year.country)))
}
