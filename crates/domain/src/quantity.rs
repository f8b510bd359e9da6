//! Exact quantities: integers only, and masses as decimal strings in grams.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Picograms in a gram.
pub const PG_PER_G: i128 = 1_000_000_000_000;
/// Picograms in a microgram.
pub const PG_PER_UG: i128 = 1_000_000;
/// Masses beyond this are refused on input: ten thousand tonnes, in picograms.
pub(crate) const MASS_PG_MAX: i128 = 10_000_000_000 * PG_PER_G;

/// A mass of anhydrous base in picograms. JSON form: a decimal string in grams, exact, without trailing zeros.
/// On input a unit may follow: `"42 kg"`, `"0.5 mg"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mass(i128);

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuantity {
    /// Not digits with at most one point.
    #[error("{0:?} is not a number: write digits with at most one point, such as 12.5")]
    NotANumber(String),
    /// The unit is not known here.
    #[error("{0:?} is not a unit of mass: use kg, g, mg or ug")]
    UnknownUnit(String),
    /// Finer than the smallest thing that is counted.
    #[error("{0:?} is finer than one {1}")]
    TooFine(String, &'static str),
    /// Larger than any quantity that exists.
    #[error("{0:?} is larger than any quantity this ledger counts")]
    TooLarge(String),
}

impl Mass {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From picograms.
    pub const fn from_pg(pg: i128) -> Self {
        Self(pg)
    }

    /// From whole grams.
    pub fn from_g(g: i64) -> Self {
        Self(i128::from(g) * PG_PER_G)
    }

    /// In picograms.
    pub const fn pg(self) -> i128 {
        self.0
    }

    /// Whether it is less than nothing.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The larger of it and nothing.
    #[must_use]
    pub fn or_zero(self) -> Self {
        Self(self.0.max(0))
    }
}

impl FromStr for Mass {
    type Err = BadQuantity;

    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let (number, unit_pg) = split_unit(text)?;
        Ok(Self(scaled(text, number, unit_pg.unwrap_or(PG_PER_G), 1, "picogram")?))
    }
}

/// Splits `"42 kg"` into `"42"` and the unit's picograms.
fn split_unit(text: &str) -> Result<(&str, Option<i128>), BadQuantity> {
    let text = text.trim();
    let Some(at) = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+')) else {
        return Ok((text, None));
    };
    let (number, unit) = text.split_at(at);
    let pg = match unit.trim() {
        "kg" => 1000 * PG_PER_G,
        "g" => PG_PER_G,
        "mg" => 1000 * PG_PER_UG,
        "ug" | "µg" | "μg" | "mcg" => PG_PER_UG,
        other if number.is_empty() => return Err(BadQuantity::NotANumber(shorten(other))),
        other => return Err(BadQuantity::UnknownUnit(shorten(other))),
    };
    Ok((number, Some(pg)))
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

/// `number` × `unit_pg`, in counts of `count_pg` picograms; exact or refused.
fn scaled(text: &str, number: &str, unit_pg: i128, count_pg: i128, count: &'static str) -> Result<i128, BadQuantity> {
    let not_a_number = || BadQuantity::NotANumber(shorten(text));
    let too_large = || BadQuantity::TooLarge(shorten(text));
    let (negative, digits) = match number.as_bytes().first() {
        Some(b'-') => (true, number.get(1..).unwrap_or_default()),
        _ => (false, number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
        return Err(not_a_number());
    }
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    if whole.len() > 22 {
        return Err(too_large());
    }
    if fraction.len() > 15 {
        return Err(BadQuantity::TooFine(shorten(text), count));
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().map_err(|_| not_a_number())?
    };
    let mut pg = whole.checked_mul(unit_pg).ok_or_else(too_large)?;
    if !fraction.is_empty() {
        let places = u32::try_from(fraction.len()).map_err(|_| not_a_number())?;
        let scale = 10_i128.pow(places);
        let parts: i128 = fraction.parse().map_err(|_| not_a_number())?;
        let fine = parts.checked_mul(unit_pg).ok_or_else(too_large)?;
        if fine % scale != 0 {
            return Err(BadQuantity::TooFine(shorten(text), count));
        }
        pg = pg.checked_add(fine / scale).ok_or_else(too_large)?;
    }
    if pg > MASS_PG_MAX {
        return Err(too_large());
    }
    if pg % count_pg != 0 {
        return Err(BadQuantity::TooFine(shorten(text), count));
    }
    let counts = pg / count_pg;
    Ok(if negative { -counts } else { counts })
}

impl fmt::Display for Mass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let pg = self.0.unsigned_abs();
        let (whole, rest) = (pg / PG_PER_G.unsigned_abs(), pg % PG_PER_G.unsigned_abs());
        if rest == 0 {
            return f.pad(&format!("{sign}{whole}"));
        }
        let digits = format!("{rest:012}");
        f.pad(&format!("{sign}{whole}.{}", digits.trim_end_matches('0')))
    }
}

impl Serialize for Mass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Mass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            i128::deserialize(deserializer).map(Self)
        }
    }
}

impl Add for Mass {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Mass {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Mass {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Mass {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Mass {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Mul<i128> for Mass {
    type Output = Self;
    fn mul(self, count: i128) -> Self {
        Self(self.0 * count)
    }
}

impl Sum for Mass {
    fn sum<I: Iterator<Item = Self>>(masses: I) -> Self {
        masses.fold(Self::ZERO, Add::add)
    }
}

/// An amount as it was entered: counting units of the item, or a text with a unit of mass for bulk (`"42 kg"`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Counting units: micrograms of the salt for bulk; ampoules, patches, tablets, millilitres for a preparation.
    Units(i64),
    /// As entered, kept in the entry.
    Entered(Box<str>),
}

impl Amount {
    /// In counting units; `bulk` items count micrograms of their salt.
    pub fn units(&self, bulk: bool) -> Result<i64, BadQuantity> {
        let text = match self {
            Self::Units(units) => return Ok(*units),
            Self::Entered(text) => text,
        };
        let (number, unit_pg) = split_unit(text)?;
        let counts = match unit_pg {
            Some(unit_pg) if bulk => scaled(text, number, unit_pg, PG_PER_UG, "microgram")?,
            Some(_) => return Err(BadQuantity::UnknownUnit(format!("{} for a preparation", shorten(text)))),
            None => scaled(text, number, PG_PER_UG, PG_PER_UG, "counting unit")?,
        };
        i64::try_from(counts).map_err(|_| BadQuantity::TooLarge(shorten(text)))
    }

    /// The text as entered, if it was one.
    pub fn entered(&self) -> Option<&str> {
        match self {
            Self::Units(_) => None,
            Self::Entered(text) => Some(text),
        }
    }
}

impl From<i64> for Amount {
    fn from(units: i64) -> Self {
        Self::Units(units)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Units(units) => write!(f, "{units}"),
            Self::Entered(text) => f.write_str(text),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Units(units) => serializer.serialize_i64(*units),
            Self::Entered(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of counting units, or a text with a unit such as \"42 kg\"")
            }

            fn visit_i64<E: serde::de::Error>(self, units: i64) -> Result<Amount, E> {
                Ok(Amount::Units(units))
            }

            fn visit_u64<E: serde::de::Error>(self, units: u64) -> Result<Amount, E> {
                i64::try_from(units)
                    .map(Amount::Units)
                    .map_err(|_| E::custom(BadQuantity::TooLarge(units.to_string())))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
                if text.len() > 80 {
                    return Err(E::custom(BadQuantity::TooLarge(shorten(text))));
                }
                Ok(Amount::Entered(text.into()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let said = match text.parse::<Mass>() {
            Ok(mass) => mass.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn masses_are_exact() {
        check("42 kg", "42000");
        check("0.5 mg", "0.0005");
        check("26.733", "26.733");
        check("-3 g", "-3");
        check("0.000000000001", "0.000000000001");
        check("1 ug", "0.000001");
        check("0.0000000000001 g", "\"0.0000000000001 g\" is finer than one picogram");
        check("12 lb", "\"lb\" is not a unit of mass: use kg, g, mg or ug");
        check(
            "1.2.3",
            "\"1.2.3\" is not a number: write digits with at most one point, such as 12.5",
        );
        check(
            "",
            "\"\" is not a number: write digits with at most one point, such as 12.5",
        );
        check(
            "9999999999999999999999999999999999999999",
            "\"9999999999999999999999999999999999999999\" is larger than any quantity this ledger counts",
        );
    }

    #[test]
    fn amounts_count_micrograms_of_bulk() {
        let entered = |text: &str| Amount::Entered(text.into());
        assert_eq!(entered("42 kg").units(true), Ok(42_000_000_000));
        assert_eq!(
            entered("0.5 ug").units(true).map_err(|e| e.to_string()),
            Err("\"0.5 ug\" is finer than one microgram".into())
        );
        assert_eq!(entered("12").units(false), Ok(12));
        assert!(entered("12 g").units(false).is_err());
        assert!(entered("99999999999999999999 kg").units(true).is_err());
    }
}
