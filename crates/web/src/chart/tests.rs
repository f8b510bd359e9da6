//! What must hold for every chart.

use domain::country::Country;

use super::*;

const EVIL: &str = "<script>alert(\"1\")</script> & 'so on'";

fn head() -> Head<'static> {
    Head {
        id: "it",
        title: EVIL,
        desc: "What is seen",
    }
}

fn figures(values: &[i128]) -> Vec<Figure> {
    values
        .iter()
        .map(|value| Figure::new(EVIL, *value, format!("{value} g")))
        .collect()
}

fn stack(values: &[i128]) -> Stack {
    Stack {
        label: EVIL.to_owned(),
        printed: EVIL.to_owned(),
        parts: values
            .iter()
            .map(|value| Part {
                value: *value,
                printed: EVIL.to_owned(),
            })
            .collect(),
    }
}

fn place(code: &str, value: i128) -> Place {
    Place {
        country: Country::parse(code).unwrap(),
        value,
        printed: EVIL.to_owned(),
        title: format!("{code} {EVIL}"),
    }
}

/// One of every kind, with words that want to be markup and figures of every size.
fn every(values: &[i128]) -> Vec<String> {
    let limited: Vec<Figure> = figures(values).into_iter().map(|figure| figure.of(40)).collect();
    let nodes: Vec<Node> = (0..=values.len())
        .map(|_| Node {
            name: EVIL.to_owned(),
            printed: EVIL.to_owned(),
            column: None,
        })
        .collect();
    let links: Vec<Link> = values
        .iter()
        .enumerate()
        .map(|(at, value)| Link {
            from: at,
            to: at + 1,
            value: *value,
            title: EVIL.to_owned(),
        })
        .collect();
    let codes = ["KR", "LK", "VN", "SG", "US", "MT"];
    let places: Vec<Place> = codes
        .iter()
        .zip(values)
        .map(|(code, value)| place(code, *value))
        .collect();
    vec![
        bars(&head(), &figures(values)),
        bars(&head(), &limited),
        columns(&head(), &figures(values)),
        columns(&head(), &limited),
        stacked(&head(), &[EVIL.to_owned(), EVIL.to_owned()], &[stack(values)]),
        sankey(&head(), &nodes, &links),
        world(&head(), &places, Some(Country::parse("CN").unwrap())),
    ]
}

const MIXED: [i128; 6] = [70, 0, -20, 1, 33, i128::MAX / 8];

#[test]
fn words_stay_words() {
    for svg in every(&MIXED) {
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{svg}");
        assert!(!svg.contains("style="), "{svg}");
    }
}

#[test]
fn nothing_has_a_negative_or_unreal_size() {
    for svg in every(&MIXED).into_iter().chain(every(&[0, 0])).chain(every(&[-5])) {
        for name in ["width", "height", "r"] {
            assert!(!svg.contains(&format!(" {name}=\"-")), "{svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn every_chart_says_what_it_is() {
    for svg in every(&MIXED).into_iter().chain(every(&[])) {
        assert!(svg.starts_with("<svg class=\"cs-chart "), "{svg}");
        for part in [
            "role=\"img\" aria-labelledby=\"it-title it-desc\" viewBox=\"0 0 ",
            "<title id=\"it-title\">",
            "<desc id=\"it-desc\">What is seen</desc>",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert!(svg.ends_with("</svg>"));
        let open = svg.split_once('>').unwrap().0;
        assert!(!open.contains(" width=") && !open.contains(" height="), "{open}");
    }
}

#[test]
fn nothing_to_draw_draws_nothing_but_the_title() {
    let drawn = [
        bars(&head(), &[]),
        columns(&head(), &[]),
        stacked(&head(), &[], &[]),
        sankey(&head(), &[], &[]),
    ];
    for svg in drawn {
        assert_eq!(svg.matches('<').count(), 6, "{svg}");
    }
}

#[test]
fn the_same_figures_give_the_same_picture() {
    assert_eq!(every(&MIXED), every(&MIXED));
}

#[test]
fn what_is_beyond_a_limit_has_a_pattern() {
    let within = bars(&head(), &[Figure::new("Quota", 40, "40 g").of(40)]);
    assert!(within.contains("cs-limit") && !within.contains("url(#it-p2)"));
    let beyond = bars(&head(), &[Figure::new("Quota", 41, "41 g").of(40)]);
    assert!(beyond.contains("url(#it-p2)"));
}

#[test]
fn bars_are_as_long_as_their_figures() {
    let svg = bars(&head(), &figures(&[100, 50, 25]));
    for width in ["477", "238.5", "119.2"] {
        assert!(svg.contains(&format!("width=\"{width}\"")), "{width} is not in {svg}");
    }
}

#[test]
fn many_columns_print_the_largest_and_the_last() {
    let figures: Vec<Figure> = (1..=36)
        .map(|month| Figure::new(format!("M{month:02}"), 100 - month, format!("{month:02} kg")))
        .collect();
    let svg = columns(&head(), &figures);
    let printed = |text: &str| svg.contains(&format!(">{text}</text>"));
    assert!(printed("01 kg") && printed("36 kg") && !printed("18 kg"));
    assert!(printed("M01") && !printed("M02"));
}

#[test]
fn a_chart_of_columns_names_few_columns_all() {
    let svg = columns(&head(), &figures(&[3, 2, 1]));
    for text in ["3 g", "2 g", "1 g"] {
        assert!(svg.contains(&format!(">{text}</text>")), "{svg}");
    }
}

#[test]
fn the_map_has_every_country_but_antarctica() {
    for country in Country::all().unwrap().filter(|country| country.code() != "AQ") {
        let svg = world(&head(), &[place(country.code(), 5)], None);
        assert!(svg.contains("cs-land--5"), "{} is not on the map", country.code());
        assert_eq!(svg.matches("\"cs-circle\"").count(), 1, "{}", country.code());
    }
}

#[test]
fn circles_have_the_area_of_their_figures() {
    let svg = world(&head(), &[place("KR", 400), place("VN", 100)], None);
    assert!(svg.contains("r=\"34\"") && svg.contains("r=\"17\""), "{svg}");
    assert!(svg.contains(">KR</text>") && svg.contains(">VN</text>"));
}

#[test]
fn classes_are_fifths_by_rank_and_equals_are_equal() {
    let svg = world(
        &head(),
        &[place("KR", 9), place("VN", 9), place("LK", 1), place("SG", 0)],
        None,
    );
    assert_eq!(svg.matches("cs-land--5").count(), 2);
    assert_eq!(svg.matches("cs-land--").count(), 3);
}

#[test]
fn a_mass_is_drawn_by_its_picograms() {
    let mass = Figure::mass("fentanyl", Mass::from_g(2), "2 g");
    assert_eq!(mass.value, 2_000_000_000_000);
}

#[test]
fn marks_are_hidden_from_those_who_hear_the_word() {
    let all = [
        Mark::Pass,
        Mark::Fail,
        Mark::Person,
        Mark::Used,
        Mark::Expired,
        Mark::Suspended,
        Mark::Unknown,
    ];
    for shape in all {
        assert!(mark(shape).starts_with("<svg class=\"cs-mark\"") && mark(shape).contains("aria-hidden=\"true\""));
    }
}

#[test]
fn a_file_needs_no_style_sheet() {
    let places = [place("KR", 400), place("VN", 100)];
    let svg = file(&world(&head(), &places, Some(Country::parse("CN").unwrap())));
    assert!(!svg.contains("class=") && !svg.contains("style="), "{svg}");
    for part in [
        "fill=\"#0b5a66\"",
        "fill=\"#e07a1f\"",
        "stroke-width=\"1.4\"",
        "text-anchor=\"middle\"",
    ] {
        assert!(svg.contains(part), "{part} is not in {svg}");
    }
    // No attribute comes twice: that would not be XML.
    for element in svg
        .split('<')
        .filter(|element| element.starts_with("path") || element.starts_with("circle"))
    {
        assert_eq!(element.matches(" fill=").count(), 1, "{element}");
    }
}
