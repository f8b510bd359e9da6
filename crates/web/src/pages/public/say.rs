//! Names, weights and lists as sentences need them.

use domain::country::{Country, Region};
use domain::id::Id;
use domain::quantity::{Mass, PG_PER_G};

use super::figures::Year;
use crate::names;
use crate::words::{Lang, Words};

/// Countries whose English names have an article in a sentence.
const ARTICLE: [&str; 28] = [
    "AE", "BS", "CD", "CF", "CG", "CK", "DO", "FK", "FO", "GB", "GM", "KM", "KP", "KR", "KY", "LA", "MD", "MH", "MV",
    "PH", "PS", "RU", "SB", "SD", "SY", "TZ", "US", "VA",
];

/// A weight for reading: kilograms to the gram, or below one kilogram grams to the milligram. Tables have it exactly.
pub fn weight(words: Words, mass: Mass) -> String {
    let (key, shown) = weighed(words, mass);
    words.t1(key, "amount", shown)
}

/// The key of the unit, and the number.
pub fn weighed(words: Words, mass: Mass) -> (&'static str, String) {
    let (key, thousandth) = if mass.pg().abs() >= 1_000 * PG_PER_G {
        ("public-kilograms", PG_PER_G)
    } else {
        ("public-grams", PG_PER_G / 1_000)
    };
    (key, words.decimal(thousandths(mass.pg(), thousandth)))
}

/// A number of thousandths as a decimal, rounded half away from nothing.
fn thousandths(pg: i128, thousandth: i128) -> String {
    let all = (pg.abs() + thousandth / 2) / thousandth;
    let sign = if pg < 0 && all > 0 { "-" } else { "" };
    let part = format!("{:03}", all % 1_000);
    match part.trim_end_matches('0') {
        "" => format!("{sign}{}", all / 1_000),
        part => format!("{sign}{}.{part}", all / 1_000),
    }
}

/// A list in a sentence.
pub fn list<T: AsRef<str>>(words: Words, things: &[T]) -> String {
    match things {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [before @ .., last] => {
            let comma = words.t("public-list-comma");
            let before: Vec<&str> = before.iter().map(AsRef::as_ref).collect();
            words.t2("public-list-and", "before", before.join(&comma), "last", last.as_ref())
        }
    }
}

/// A country in a sentence: some have an article.
pub fn country(words: Words, country: Country) -> String {
    let name = names::country(words, country);
    if ARTICLE.contains(&country.code()) {
        words.t1("public-country-article", "country", name)
    } else {
        name
    }
}

/// Countries in a sentence.
pub fn countries(words: Words, all: &[Country]) -> String {
    let all: Vec<String> = all.iter().map(|one| country(words, *one)).collect();
    list(words, &all)
}

/// The authorities of countries in a sentence.
pub fn authorities(words: Words, all: &[Country]) -> String {
    let form = if all.len() == 1 { "one" } else { "other" };
    words.t1(
        &format!("public-authorities-{form}"),
        "countries",
        countries(words, all),
    )
}

/// Regions in a sentence.
pub fn regions(words: Words, all: &[Region]) -> String {
    let all: Vec<String> = all.iter().map(|one| names::region(words, *one)).collect();
    list(words, &all)
}

/// A substance by its word, or its name as registered.
pub fn substance(words: Words, year: &Year, id: &Id) -> String {
    let registered = || year.names.get(id).cloned().unwrap_or_else(|| id.to_string());
    words.find(&format!("substance-{id}"), &[]).unwrap_or_else(registered)
}

/// Substances in a sentence: in English their names begin with a small letter there.
pub fn substances(words: Words, year: &Year, all: &[Id]) -> String {
    let small = |name: String| match (words.0, name.chars().next()) {
        (Lang::En, Some(first)) => format!("{}{}", first.to_lowercase(), name.get(first.len_utf8()..).unwrap_or("")),
        _ => name,
    };
    let all: Vec<String> = all.iter().map(|id| small(substance(words, year, id))).collect();
    list(words, &all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Words = Words(Lang::En);
    const ZH: Words = Words(Lang::Zh);

    #[test]
    fn weights_are_rounded_to_the_gram_or_milligram() {
        for (grams, shown) in [
            ("0", "0 g"),
            ("999.9994", "999.999 g"),
            ("1000", "1 kg"),
            ("12300", "12.3 kg"),
            ("75517.335", "75.517 kg"),
            ("1234567.5", "1,234.568 kg"),
            ("-0.01", "−0.01 g"),
            ("0.0000004", "0 g"),
            ("-0.0000004", "0 g"),
        ] {
            assert_eq!(weight(EN, grams.parse().unwrap()), shown, "{grams}");
        }
        assert_eq!(weight(ZH, Mass::from_g(100_000)), "100 千克");
    }

    #[test]
    fn lists_read_as_the_language_has_them() {
        assert_eq!(list::<&str>(EN, &[]), "");
        assert_eq!(list(EN, &["a"]), "a");
        assert_eq!(list(EN, &["a", "b", "c"]), "a, b and c");
        assert_eq!(list(ZH, &["甲", "乙", "丙"]), "甲、乙和丙");
    }

    #[test]
    fn countries_have_their_article_in_english() {
        let of = |code| Country::parse(code).unwrap();
        assert_eq!(
            countries(EN, &[of("KR"), of("VN"), of("PH")]),
            "the Republic of Korea, Viet Nam and the Philippines"
        );
        assert_eq!(authorities(EN, &[of("CN")]), "the authority of China");
        assert_eq!(countries(ZH, &[of("KR"), of("VN")]), "大韩民国和越南");
    }

    #[test]
    fn every_country_and_region_has_a_chinese_name() {
        for country in Country::all().unwrap() {
            assert!(
                ZH.find(&format!("country-{}", country.code()), &[]).is_some(),
                "{country}"
            );
        }
        for region in Region::all().unwrap() {
            assert!(ZH.find(&format!("region-{}", region.code()), &[]).is_some(), "{region}");
        }
    }
}
