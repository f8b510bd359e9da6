//! The world, with a circle for every country that has a figure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::country::Country;

use super::svg::{Svg, fit};
use super::{Head, real};

/// The map as `web/world.mjs` makes it.
const MAP: &str = include_str!("../../assets/world.txt");
/// Radius of the largest circle.
const LARGEST: f64 = 34.0;
/// A circle smaller than this could not be pointed at.
const SMALLEST: f64 = 4.0;
/// A circle from this size on holds the two letters of its country.
const LETTERED: f64 = 13.0;
/// Classes that the countries with figures are divided into.
const CLASSES: usize = 5;

/// A country's figure on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The country.
    pub country: Country,
    /// The exact figure; all figures of a map are in the same unit.
    pub value: i128,
    /// The figure as people read it, with its unit; of the largest figure it stands beside the key.
    pub printed: String,
    /// What a pointer shows, such as the country's name and the figure as people read it.
    pub title: String,
}

/// A country on the map.
struct Land {
    centre: (f64, f64),
    /// Empty for a country too small for an outline.
    outline: &'static str,
}

/// The map, read once.
struct Map {
    width: f64,
    height: f64,
    lands: BTreeMap<&'static str, Land>,
}

static WORLD: LazyLock<Map> = LazyLock::new(|| read(MAP));

fn read(text: &'static str) -> Map {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let numbers = |text: &str| -> Vec<f64> { text.split(' ').filter_map(|part| part.parse().ok()).collect() };
    let size = numbers(lines.next().unwrap_or_default());
    let lands = lines
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let (code, centre, outline) = (parts.next()?, numbers(parts.next()?), parts.next()?);
            let centre = (*centre.first()?, *centre.get(1)?);
            Some((code, Land { centre, outline }))
        })
        .collect();
    Map {
        width: size.get(2).copied().unwrap_or(1.0),
        height: size.get(3).copied().unwrap_or(1.0),
        lands,
    }
}

/// The map of the world: countries with a figure are filled by class, and have a circle whose area is the figure.
///
/// Classes are fifths of the countries by rank; the darkest has the largest figures. `home` is drawn with an outline of its
/// own. There is one figure a country: of several, the last counts. Antarctica is not on the map. The map is drawn whenever
/// it is asked for, since an empty world says something too.
pub fn world(head: &Head<'_>, places: &[Place], home: Option<Country>) -> String {
    let map = &*WORLD;
    let figures: BTreeMap<&str, &Place> = places
        .iter()
        .filter(|place| place.value > 0)
        .map(|place| (place.country.code(), place))
        .collect();
    let mut ranked: Vec<&Place> = figures.values().copied().collect();
    ranked.sort_by(|a, b| b.value.cmp(&a.value).then(a.country.cmp(&b.country)));
    let class_of = |value: i128| {
        let rank = ranked.iter().take_while(|place| place.value > value).count();
        CLASSES - rank * CLASSES / ranked.len().max(1)
    };
    let home = home.map(Country::code);

    let mut svg = Svg::open(head, "world", map.width, map.height);
    let (ours, others): (Vec<_>, Vec<_>) = map.lands.iter().partition(|(code, _)| home == Some(code));
    // The own country last, so that no neighbour covers its outline.
    for (code, land) in others.into_iter().chain(ours) {
        let figure = figures.get(code);
        let mut class = figure.map_or("cs-land".to_owned(), |place| {
            format!("cs-land cs-land--{}", class_of(place.value))
        });
        if home == Some(code) {
            class.push_str(" cs-land--home");
        }
        let title = figure.map(|place| place.title.as_str());
        if land.outline.is_empty() {
            let radius = if home == Some(code) { 3.0 } else { 1.2 };
            svg.circle(&class, land.centre, radius, title);
        } else {
            svg.path(&class, land.outline, title);
        }
    }
    circles(&mut svg, map, &ranked);
    svg.close()
}

/// The circles, the largest first, so that smaller ones lie on top; and the key to their size.
fn circles(svg: &mut Svg, map: &Map, ranked: &[&Place]) {
    let Some(first) = ranked.first() else { return };
    let largest = real(first.value);
    let mut lettered = Vec::new();
    for place in ranked {
        let code = place.country.code();
        let Some(land) = map.lands.get(code) else { continue };
        let radius = (LARGEST * (real(place.value) / largest).sqrt()).max(SMALLEST);
        svg.circle("cs-circle", land.centre, radius, Some(&place.title));
        if radius >= LETTERED {
            lettered.push((land.centre, code));
        }
    }
    for ((x, y), code) in lettered {
        svg.text("cs-strong cs-middle cs-halo", x, y + 5.5, code);
    }
    let (x, y) = (LARGEST + 4.0, map.height - LARGEST - 4.0);
    svg.circle("cs-circle cs-circle--key", (x, y), LARGEST, None);
    svg.text("", x + LARGEST + 8.0, y + 5.5, &fit(&first.printed, map.width / 4.0));
}
