//! Horizontal bars, each with its words above it, so that long names fit in any language.

use super::svg::{Svg, fit, width_of};
use super::{Figure, Head, real, scale};

const WIDTH: f64 = 480.0;
const ROW: f64 = 54.0;
const THICK: f64 = 18.0;

/// Horizontal bars, one a figure, in the given order.
///
/// A limit is a frame around the room that it allows and a line at its end; what is beyond it has a pattern.
pub fn bars(head: &Head<'_>, figures: &[Figure]) -> String {
    if figures.is_empty() {
        return Svg::empty(head, "bars");
    }
    let largest = figures
        .iter()
        .map(|f| f.value.max(f.limit.unwrap_or(0)))
        .max()
        .unwrap_or(0);
    let unit = scale(largest, WIDTH - 3.0);
    let mut svg = Svg::open(head, "bars", WIDTH, super::count(figures.len()) * ROW);
    svg.patterns(head.id, 2);
    let mut y = 0.0;
    for figure in figures {
        bar(&mut svg, head.id, figure, unit, y);
        y += ROW;
    }
    svg.close()
}

fn bar(svg: &mut Svg, id: &str, figure: &Figure, unit: f64, y: f64) {
    let top = y + 25.0;
    let room = WIDTH - width_of(&figure.printed) - 12.0;
    svg.group(&format!("{}: {}", figure.label, figure.printed));
    svg.text("", 0.0, y + 16.0, &fit(&figure.label, room));
    svg.text("cs-strong cs-end cs-digits", WIDTH, y + 16.0, &figure.printed);
    let within = figure.limit.map_or(figure.value, |limit| figure.value.min(limit));
    let (inside, whole) = (real(within) * unit, real(figure.value) * unit);
    if let Some(limit) = figure.limit {
        svg.rect("cs-track", 1.0, top, real(limit) * unit, THICK);
    }
    svg.series(id, 0, (1.0, top), (inside, THICK));
    svg.series(id, 1, (1.0 + inside, top), (whole - inside, THICK));
    if let Some(limit) = figure.limit {
        let x = 1.0 + real(limit) * unit;
        svg.line("cs-limit", (x, top - 3.0), (x, top + THICK + 3.0));
    }
    svg.line("cs-axis", (1.0, top - 3.0), (1.0, top + THICK + 3.0));
    svg.end();
}
