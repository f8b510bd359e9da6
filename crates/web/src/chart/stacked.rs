//! Horizontal bars that are made of parts.

use super::svg::{Svg, fit, legend, width_of};
use super::{Head, count, real, scale};

const WIDTH: f64 = 480.0;
const ROW: f64 = 52.0;
const THICK: f64 = 20.0;
const KEY: f64 = 24.0;
const LINE: f64 = 24.0;

/// A bar of parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// What it is a bar of.
    pub label: String,
    /// The sum of its parts as people read it, with its unit.
    pub printed: String,
    /// Its parts, in the order of the legend.
    pub parts: Vec<Part>,
}

/// A part of a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The exact figure; all parts of a chart are in the same unit. Less than nothing is drawn as nothing.
    pub value: i128,
    /// The figure as people read it, with its unit.
    pub printed: String,
}

/// Horizontal bars of parts on one scale, with the legend above them.
///
/// The legend has the name of each part in the order of the parts. Parts differ by colour, pattern and outline.
pub fn stacked(head: &Head<'_>, names: &[String], stacks: &[Stack]) -> String {
    if stacks.is_empty() {
        return Svg::empty(head, "stacked");
    }
    let whole = |stack: &Stack| stack.parts.iter().map(|part| part.value.max(0)).sum::<i128>();
    let unit = scale(stacks.iter().map(whole).max().unwrap_or(0), WIDTH - 4.0);
    let (places, rows) = legend(names, KEY, WIDTH);
    let above = rows * LINE + if names.is_empty() { 0.0 } else { 8.0 };
    let mut svg = Svg::open(head, "stacked", WIDTH, above + count(stacks.len()) * ROW);
    svg.patterns(head.id, names.len());
    for (at, (name, (x, row))) in names.iter().zip(places).enumerate() {
        svg.series(head.id, at, (x + 1.0, row * LINE + 2.0), (16.0, 16.0));
        svg.text("", x + KEY, row * LINE + 16.0, &fit(name, WIDTH - KEY));
    }
    let mut y = above;
    for stack in stacks {
        let room = WIDTH - width_of(&stack.printed) - 12.0;
        svg.text("", 0.0, y + 16.0, &fit(&stack.label, room));
        svg.text("cs-strong cs-end cs-digits", WIDTH, y + 16.0, &stack.printed);
        let mut x = 2.0;
        for (at, part) in stack.parts.iter().enumerate() {
            let wide = real(part.value) * unit;
            let name = names.get(at).map_or("", String::as_str);
            svg.group(&format!("{}, {name}: {}", stack.label, part.printed));
            svg.series(head.id, at, (x, y + 23.0), (wide, THICK));
            svg.end();
            x += wide;
        }
        svg.line("cs-axis", (1.0, y + 20.0), (1.0, y + 26.0 + THICK));
        y += ROW;
    }
    svg.close()
}
