//! Masses: decimal numbers of grams in a text, counted in picograms.

use std::fmt;

use crate::{Checked, Reason};

const PG_PER_G: i128 = 1_000_000_000_000;

/// Beyond this no sum of a million masses overflows, and it is far more than the world's stock.
const PG_MAX: i128 = PG_PER_G * PG_PER_G;

/// A mass in picograms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mass(pub(crate) i128);

impl Mass {
    /// Reads a mass that cannot be negative.
    pub(crate) fn parse(text: &str) -> Checked<Self> {
        let mass = Self::parse_signed(text)?;
        if mass.0 < 0 {
            Err(Reason::MassNegative)
        } else {
            Ok(mass)
        }
    }

    /// Reads a difference of masses.
    pub(crate) fn parse_signed(text: &str) -> Checked<Self> {
        let (digits, is_negative) = text.strip_prefix('-').map_or((text, false), |rest| (rest, true));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let plain = !whole.is_empty()
            && is_digits(whole)
            && is_digits(fraction)
            && fraction.len() <= 12
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_empty() != digits.contains('.')
            && !fraction.ends_with('0');
        if !plain {
            return Err(Reason::MassBad);
        }
        if whole.len() > 12 {
            return Err(Reason::MassTooLarge);
        }
        let number: i128 = format!("{whole}{fraction:0<12}").parse().map_err(|_| Reason::MassBad)?;
        if number > PG_MAX || (is_negative && number == 0) {
            return Err(Reason::MassTooLarge);
        }
        Ok(Self(if is_negative { -number } else { number }))
    }
}

impl std::iter::Sum for Mass {
    fn sum<I: Iterator<Item = Self>>(masses: I) -> Self {
        Self(masses.map(|mass| mass.0).sum())
    }
}

impl fmt::Display for Mass {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / PG_PER_G, self.0.abs() % PG_PER_G);
        let text = format!("{sign}{whole}.{fraction:012}");
        out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
