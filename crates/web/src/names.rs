//! Names and quantities of the register in the words of a language.

use domain::State;
use domain::country::{Country, Region};
use domain::holder::Site;
use domain::product::Item;
use domain::quantity::Mass;
use domain::table::No;

use crate::words::Words;

/// The site in another province to which goods are on their way.
pub fn away(away: &domain::ledger::Away) -> String {
    near(&away.partner, &away.site)
}

/// A site in the register of another province.
pub fn near(partner: &domain::id::Id, site: &domain::id::Id) -> String {
    format!("{site} ({partner})")
}

/// A country: its word, or where there is none its English name.
pub fn country(words: Words, country: Country) -> String {
    words
        .find(&format!("country-{}", country.code()), &[])
        .unwrap_or_else(|| country.name().to_owned())
}

/// A region: its word, or where there is none its English name.
pub fn region(words: Words, region: Region) -> String {
    words
        .find(&format!("region-{}", region.code()), &[])
        .unwrap_or_else(|| region.name().to_owned())
}

/// A substance by number: its word, or its name as registered.
pub fn substance(words: Words, state: &State, no: No) -> String {
    let entry = &state.substances.at(no).entry;
    words
        .find(&format!("substance-{}", entry.id), &[])
        .unwrap_or_else(|| entry.name.to_string())
}

/// A substance by id; the id itself if it is not known.
pub fn substance_of_id(words: Words, state: &State, id: &str) -> String {
    state
        .substances
        .find(id)
        .map_or_else(|_| id.to_owned(), |(no, _)| substance(words, state, no))
}

/// An item: a preparation's printed name, or bulk as the substance and its form.
pub fn item(words: Words, state: &State, item: &Item) -> String {
    if let Some(preparation) = &item.preparation {
        preparation.name.to_string()
    } else {
        let form = term(words, "form", item.form.as_str());
        words.t2(
            "item-bulk",
            "substance",
            substance(words, state, item.substance),
            "form",
            form,
        )
    }
}

/// A term of the register, such as a form, a dosage form or a unit: its word, or as registered.
pub fn term(words: Words, kind: &str, registered: &str) -> String {
    words
        .find(&format!("{kind}-{}", registered.replace(' ', "-")), &[])
        .unwrap_or_else(|| registered.to_owned())
}

/// So many counting units of an item: dispensing units by their name, bulk by weight of its salt in grams.
pub fn amount(words: Words, item: &Item, amount: i64) -> String {
    match &item.preparation {
        Some(preparation) => {
            let unit = term(words, "unit", preparation.unit.as_str());
            words.t2("amount-units", "amount", words.number(amount), "unit", unit)
        }
        None => words.t1("amount-grams", "amount", words.decimal(grams(amount))),
    }
}

/// Micrograms as a decimal of grams, exact.
fn grams(micrograms: i64) -> String {
    let (sign, all) = (if micrograms < 0 { "-" } else { "" }, micrograms.unsigned_abs());
    let (whole, part) = (all / 1_000_000, all % 1_000_000);
    let part = format!("{part:06}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// A mass of base in grams.
pub fn mass(words: Words, mass: Mass) -> String {
    words.t1("amount-grams", "amount", words.decimal(mass))
}

/// A site with its holder's name.
pub fn site(state: &State, site: &Site) -> String {
    format!("{} ({})", state.holders.holder_at(site.holder).entry.name, site.id)
}

/// The kinds of a site.
pub fn kinds(words: Words, site: &Site) -> String {
    site.kinds
        .iter()
        .map(|kind| words.value(kind.word()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::grams;

    #[test]
    fn grams_are_exact() {
        for (micrograms, shown) in [(0, "0"), (1, "0.000001"), (1_500_000_000, "1500"), (-2_500_000, "-2.5")] {
            assert_eq!(grams(micrograms), shown);
        }
    }
}
