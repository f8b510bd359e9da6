//! Days and moments, counted without a library: proleptic Gregorian, UTC.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of a day.
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

/// Today, in UTC.
pub fn today() -> Day {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    Day(seconds / DAY_SECONDS)
}

impl Day {
    /// Reads `2024-06-30`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return None;
        }
        let number = |digits: &str| {
            digits
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| digits.parse().ok())?
        };
        let (year, month, day): (i64, i64, i64) = (number(year)?, number(month)?, number(day)?);
        let found = Self::of(year, month, day);
        // A day that is none, such as 30 February, is written in another way.
        (found.to_string() == text).then_some(found)
    }

    /// Years of 365 days, begun in March so that the leap day is the last.
    fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let month = (month + 9) % 12;
        let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Self(year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads `2024-06-30T12:00:00Z` as seconds since 1970; fractions of a second are left out (RFC 3339).
pub(crate) fn moment(text: &str) -> Option<i64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = whole
        .split(':')
        .map(|part| part.parse::<i64>().ok().filter(|_| part.len() == 2 && is_digits(part)));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = hour < 24 && minute < 60 && second < 60 && parts.next().is_none() && is_digits(fraction);
    fits.then(|| Some(Day::parse(day)?.0 * DAY_SECONDS + hour * 3600 + minute * 60 + second))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_right() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2024-12-31", 20_088),
            ("1969-12-31", -1),
        ] {
            assert_eq!(Day::parse(text), Some(Day(days)));
            assert_eq!(Day(days).to_string(), text);
        }
        for days in -200_000..800_000 {
            assert_eq!(
                Day::parse(&Day(days).to_string()),
                Some(Day(days)).filter(|_| days > -719_529)
            );
        }
        for text in ["2023-02-29", "2024-13-01", "2024-1-01", "2024-01-32", "+024-01-01", ""] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_counted_right() {
        assert_eq!(moment("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(moment("1970-01-02T00:00:01.5Z"), Some(86_401));
        for text in [
            "1970-01-02T00:00:01",
            "1970-01-02 00:00:01Z",
            "1970-01-02T24:00:00Z",
            "1970-01-02T00:00Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
