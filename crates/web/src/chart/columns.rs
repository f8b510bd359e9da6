//! Columns over months or years.

use super::svg::{LETTER, Svg, fit, middle, width_of};
use super::{Figure, Head, count, real, scale};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 200.0;
const ABOVE: f64 = 24.0;
const BELOW: f64 = 26.0;

/// Columns from left to right, one a figure, in the given order.
///
/// Figures and labels are printed where there is room for all of them; otherwise the largest and the last figure, and as
/// many labels as fit at equal distances. Every column has both in its title.
pub fn columns(head: &Head<'_>, figures: &[Figure]) -> String {
    if figures.is_empty() {
        return Svg::empty(head, "columns");
    }
    let largest = figures
        .iter()
        .map(|f| f.value.max(f.limit.unwrap_or(0)))
        .max()
        .unwrap_or(0);
    let unit = scale(largest, HEIGHT);
    let pitch = WIDTH / count(figures.len());
    let floor = ABOVE + HEIGHT;
    let printed = Printed::of(figures, pitch);
    let mut svg = Svg::open(head, "columns", WIDTH, floor + BELOW);
    svg.patterns(head.id, 2);
    for (at, figure) in figures.iter().enumerate() {
        let x = middle(at, figures.len(), WIDTH);
        svg.group(&format!("{}: {}", figure.label, figure.printed));
        column(&mut svg, head.id, figure, x, (pitch, unit));
        if printed.figure(at) {
            let half = width_of(&figure.printed) / 2.0;
            let y = floor - real(figure.value.max(figure.limit.unwrap_or(0))) * unit - 8.0;
            let x = x.min(WIDTH - half).max(half);
            svg.text("cs-strong cs-middle cs-digits cs-halo", x, y, &figure.printed);
        }
        if at % printed.every == 0 {
            let room = pitch * count(printed.every);
            svg.text("cs-middle", x, floor + 20.0, &fit(&figure.label, room.max(LETTER)));
        }
        svg.end();
    }
    svg.line("cs-axis", (0.0, floor), (WIDTH, floor));
    svg.close()
}

fn column(svg: &mut Svg, id: &str, figure: &Figure, x: f64, (pitch, unit): (f64, f64)) {
    let floor = ABOVE + HEIGHT;
    let wide = (pitch * 0.64).min(56.0);
    let left = x - wide / 2.0;
    let within = figure.limit.map_or(figure.value, |limit| figure.value.min(limit));
    let (inside, whole) = (real(within) * unit, real(figure.value) * unit);
    if let Some(limit) = figure.limit {
        let high = real(limit) * unit;
        svg.rect("cs-track", left, floor - high, wide, high);
    }
    svg.series(id, 0, (left, floor - inside), (wide, inside));
    svg.series(id, 1, (left, floor - whole), (wide, whole - inside));
    if let Some(limit) = figure.limit {
        let y = floor - real(limit) * unit;
        svg.line("cs-limit", (left - 3.0, y), (left + wide + 3.0, y));
    }
}

/// Which figures and labels are printed.
struct Printed {
    all: bool,
    largest: usize,
    last: usize,
    /// Every how many columns a label stands.
    every: usize,
}

impl Printed {
    fn of(figures: &[Figure], pitch: f64) -> Self {
        let widest = |text: fn(&Figure) -> &str| figures.iter().map(|f| width_of(text(f))).fold(0.0, f64::max);
        let last = figures.len() - 1;
        // The first of equal ones, so that the choice does not depend on what comes later.
        let largest = figures
            .iter()
            .enumerate()
            .rev()
            .max_by_key(|(_, f)| f.value)
            .map_or(0, |(at, _)| at);
        let label = widest(|f| &f.label) + 6.0;
        let every = (1..figures.len())
            .find(|every| count(*every) * pitch >= label)
            .unwrap_or(1);
        Self {
            all: widest(|f| &f.printed) + 6.0 <= pitch,
            largest,
            last,
            // A single label that is too long for its column is cut rather than left out.
            every: if every > 1 && label > WIDTH / 3.0 { 1 } else { every },
        }
    }

    fn figure(&self, at: usize) -> bool {
        // Two neighbours would print over each other.
        self.all || at == self.largest || (at == self.last && self.last - self.largest > self.last / 3)
    }
}
