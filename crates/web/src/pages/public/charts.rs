//! Charts of a year.

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

/// The measures that stand side by side, a chart each.
const MEASURES: [(&str, fn(&Identity) -> Mass); 5] = [
    ("made", |row| row.manufactured),
    ("used", |row| row.consumed),
    ("exported", |row| row.exported),
    ("imported", |row| row.imported),
    ("stock", |row| row.closing),
];

/// The headline figures: word, number, unit, exact grams.
pub fn headlines(words: Words, year: &Year) -> Vec<Headline> {
    let headline = |(key, figure): &(&str, fn(&Identity) -> Mass)| {
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
    let chart = |(key, figure): &(&str, fn(&Identity) -> Mass)| {
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
    masses.sort_by(|a, b| b.1.cmp(&a.1));
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
    let rows = &year.statement.identity;
    let all = flows::flows(rows);
    if all.is_empty() {
        return String::new();
    }
    let groups = groups(rows, &all);
    let (sources, uses) = (flows::places(&all, true), flows::places(&all, false));
    let group_count = groups.iter().max().map_or(0, |last| last + 1);
    let mut names: Vec<String> = sources.iter().map(|of| words.t(&flows::key(of, true))).collect();
    for group in 0..group_count {
        let mut members = rows
            .iter()
            .zip(&groups)
            .filter(|(_, of)| **of == group)
            .map(|(row, _)| row);
        names.push(match (members.next(), members.count()) {
            (Some(one), 0) => say::substance(words, year, &one.substance),
            (_, more) => words.count("public-others", u64::try_from(more + 1).unwrap_or_default()),
        });
    }
    names.extend(uses.iter().map(|of| words.t(&flows::key(of, false))));
    let node_of = |flow: &flows::Flow| {
        let places = if flow.into { &sources } else { &uses };
        let place = places.iter().position(|of| *of == flow.of).unwrap_or_default();
        let group = sources.len() + groups.get(flow.substance).copied().unwrap_or_default();
        if flow.into {
            (place, group)
        } else {
            (group, sources.len() + group_count + place)
        }
    };
    let mut sums: std::collections::BTreeMap<(usize, usize), Mass> = std::collections::BTreeMap::new();
    let mut through = vec![Mass::ZERO; names.len()];
    for flow in &all {
        let (from, to) = node_of(flow);
        *sums.entry((from, to)).or_default() += flow.mass;
        // What passes through a substance is what comes in.
        let counted = if flow.into { [from, to].to_vec() } else { [to].to_vec() };
        for node in counted {
            if let Some(sum) = through.get_mut(node) {
                *sum += flow.mass;
            }
        }
    }
    let column = |at: usize| match at {
        at if at < sources.len() => 0,
        at if at < sources.len() + group_count => 1,
        _ => 2,
    };
    let node = |(at, (name, mass)): (usize, (&String, &Mass))| Node {
        name: name.clone(),
        printed: say::weight(words, *mass),
        column: Some(column(at)),
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
