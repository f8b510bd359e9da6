//! A chart as a file of its own: no style sheet reaches it there, so that what its classes mean is written into it.

use std::collections::BTreeMap;

/// What the classes of `web/styles/_figures.scss` mean for a chart that is a file. Later classes prevail.
const MEANING: [(&str, &[(&str, &str)]); 12] = [
    (
        "cs-chart",
        &[
            ("font-family", "system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"),
            ("font-size", "16"),
            ("fill", "#0b0c0c"),
        ],
    ),
    ("cs-strong", &[("font-weight", "bold")]),
    ("cs-middle", &[("text-anchor", "middle")]),
    ("cs-end", &[("text-anchor", "end")]),
    (
        "cs-halo",
        &[
            ("stroke", "#fff"),
            ("stroke-width", "4"),
            ("stroke-linejoin", "round"),
            ("paint-order", "stroke"),
        ],
    ),
    (
        "cs-land",
        &[("fill", "#dfe4e4"), ("stroke", "#fff"), ("stroke-width", "0.6")],
    ),
    ("cs-land--1", &[("fill", "#c4dfe0"), ("stroke", "#0b4a53")]),
    ("cs-land--2", &[("fill", "#94c3c7"), ("stroke", "#0b4a53")]),
    ("cs-land--3", &[("fill", "#5fa3aa"), ("stroke", "#0b4a53")]),
    ("cs-land--4", &[("fill", "#2f7f89"), ("stroke", "#0b4a53")]),
    ("cs-land--5", &[("fill", "#0b5a66"), ("stroke", "#0b4a53")]),
    (
        "cs-land--home",
        &[("fill", "#fff"), ("stroke", "#0b0c0c"), ("stroke-width", "1.4")],
    ),
];

const CIRCLE: &[(&str, &str)] = &[
    ("fill", "#e07a1f"),
    ("fill-opacity", "0.55"),
    ("stroke", "#7a3200"),
    ("stroke-width", "1.5"),
];

/// The chart with presentation attributes instead of classes.
pub fn file(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len() + 8_192);
    let mut rest = svg;
    // Texts are escaped, so that a quotation mark after `class=` can only be one of an attribute.
    while let Some((before, after)) = rest.split_once("class=\"") {
        let Some((classes, after)) = after.split_once('"') else {
            break;
        };
        out.push_str(before);
        let written = attributes(classes);
        out.push_str(&written);
        rest = if written.is_empty() {
            after.trim_start_matches(' ')
        } else {
            after
        };
    }
    out.push_str(rest);
    out
}

fn attributes(classes: &str) -> String {
    let mut all: BTreeMap<&str, &str> = BTreeMap::new();
    for class in classes.split(' ') {
        let known = MEANING
            .iter()
            .find(|(name, _)| *name == class)
            .map(|(_, meaning)| *meaning);
        let meaning = match class {
            "cs-circle" => CIRCLE,
            "cs-circle--key" => &[("fill", "none")],
            _ => known.unwrap_or_default(),
        };
        all.extend(meaning.iter().copied());
    }
    let written: Vec<String> = all.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    written.join(" ")
}
