//! What somebody asks about: a country or a region, by its code or by its name in any of the languages.

use domain::country::{Country, Region};
use domain::reporting::{Asked, Destination};
use jiff::civil::Date;

use super::figures::Year;
use super::say;
use crate::names;
use crate::words::{Lang, Words};

/// Countries without a signature that are named one by one.
const NAMED: usize = 5;

/// Reads what was asked for: codes of ISO 3166 and UN M49, or names.
pub fn parse(text: &str) -> Option<Destination> {
    let text = text.trim();
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let capital = text.to_uppercase();
    if let Ok(country) = Country::parse(&capital) {
        return Some(Destination::Country(country));
    }
    if let Ok(region) = Region::parse(text) {
        return Some(Destination::Region(region));
    }
    let small = text.to_lowercase();
    let is = |name: &str| name.to_lowercase() == small;
    let named_country = |country: &Country| {
        let codes = [country.alpha3(), country.m49(), country.name()];
        codes.into_iter().any(is) || Lang::ALL.iter().any(|lang| is(&names::country(Words(*lang), *country)))
    };
    let named_region =
        |region: &Region| is(region.name()) || Lang::ALL.iter().any(|lang| is(&names::region(Words(*lang), *region)));
    let country = Country::all().ok()?.find(named_country).map(Destination::Country);
    let region = || Region::all().ok()?.find(named_region).map(Destination::Region);
    country.or_else(region)
}

/// The code by which it is asked for.
pub fn code(asked: Destination) -> &'static str {
    match asked {
        Destination::Country(country) => country.code(),
        Destination::Region(region) => region.code(),
    }
}

/// Its name in a sentence.
pub fn name(words: Words, asked: Destination) -> String {
    match asked {
        Destination::Country(country) => say::country(words, country),
        Destination::Region(region) => words.t2(
            "public-asked-region",
            "region",
            names::region(words, region),
            "count",
            region.countries().len(),
        ),
    }
}

/// Something to choose.
pub struct Choice {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: String,
    /// Whether it was asked for.
    pub chosen: bool,
}

/// All regions, and all countries in the order of their names.
pub fn choices(words: Words, asked: Option<Destination>) -> (Vec<Choice>, Vec<Choice>) {
    let chosen = asked.map(code);
    let choice = |code: &'static str, name: String| Choice {
        code,
        name,
        chosen: chosen == Some(code),
    };
    let regions = Region::all().into_iter().flatten();
    let regions = regions.map(|region| choice(region.code(), names::region(words, region)));
    let countries = Country::all().into_iter().flatten();
    let countries = countries.map(|country| choice(country.code(), names::country(words, country)));
    let mut countries: Vec<Choice> = countries.collect();
    if words.0 == Lang::En {
        countries.sort_by(|a, b| a.name.cmp(&b.name));
    }
    (regions.collect(), countries)
}

/// The answer in words.
pub fn answer(words: Words, asked: Destination, answer: &Asked, of: &Year, since: Date) -> Vec<String> {
    let year = of.statement.year;
    let place = name(words, asked);
    let day = words.day(since);
    let nothing = answer.exported_ever_g == domain::quantity::Mass::ZERO && answer.permits_ever == 0;
    let mut says = vec![if nothing {
        words.t2("public-answer-never", "place", &place, "day", &day)
    } else {
        let permits = words.count(
            "public-permits-ever",
            u64::try_from(answer.permits_ever).unwrap_or_default(),
        );
        words.with(
            "public-answer-some",
            &[
                ("place", &place),
                ("year", &year),
                ("mass", &say::weight(words, answer.exported_g)),
                ("ever", &say::weight(words, answer.exported_ever_g)),
                ("permits", &permits),
                ("day", &day),
            ],
        )
    }];
    if !answer.zeros_signed_by.is_empty() {
        let zeros = say::authorities(words, &answer.zeros_signed_by);
        says.push(words.t2("public-answer-zeros", "who", zeros, "year", year));
    }
    let silent = |country: &Country| {
        *country == of.country || answer.unsigned.contains(country) || answer.zeros_signed_by.contains(country)
    };
    let signed: Vec<Country> = answer
        .countries
        .iter()
        .filter(|country| !silent(country))
        .copied()
        .collect();
    if !signed.is_empty() {
        says.push(words.t1("public-said-same", "who", say::authorities(words, &signed)));
    }
    match answer.unsigned.as_slice() {
        [] => {}
        few if few.len() <= NAMED => says.push(words.t2(
            "public-answer-unsigned",
            "countries",
            say::countries(words, few),
            "year",
            year,
        )),
        many => says.push(words.t2("public-answer-unsigned-many", "count", many.len(), "year", year)),
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_code_and_by_name_in_any_language() {
        for (text, found) in [
            ("US", Some("US")),
            ("us", Some("US")),
            ("USA", Some("US")),
            ("840", Some("US")),
            (" United states of America ", Some("US")),
            ("美国", Some("US")),
            ("003", Some("003")),
            ("North America", Some("003")),
            ("北美洲", Some("003")),
            ("Atlantis", None),
            ("", None),
            ("<script>", None),
        ] {
            assert_eq!(parse(text).map(code), found, "{text}");
        }
    }

    #[test]
    fn every_place_can_be_chosen_and_is_read_back() {
        for lang in Lang::ALL {
            let (regions, countries) = choices(Words(lang), parse("003"));
            assert_eq!((regions.len(), countries.len()), (31, 249));
            assert_eq!(regions.iter().filter(|choice| choice.chosen).count(), 1);
            for choice in regions.iter().chain(&countries) {
                assert_eq!(parse(choice.code).map(code), Some(choice.code));
            }
        }
    }
}
