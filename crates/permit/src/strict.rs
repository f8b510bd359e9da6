//! The limits on CBOR: what is not in the deterministic form of RFC 8949 §4.2.1, or is larger than any permit, is
//! refused before anything is made of it.

use ciborium::Value;

use crate::broken::Broken;

/// The deepest nesting: claims, permit, lines, a line.
const DEPTH_MAX: usize = 8;

/// The most items of any kind: twenty lines with their fields, and room.
const ITEMS_MAX: usize = 512;

/// The tag of a `COSE_Sign1` (RFC 9052 §2).
pub(crate) const TAG_SIGN1: u64 = 18;

/// Reads one item that fills the bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Broken> {
    check(bytes)?;
    ciborium::de::from_reader_with_recursion_limit(bytes, 2 * DEPTH_MAX).map_err(|_| Broken::CborBad)
}

/// Checks form and limits of one item that fills the bytes.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Broken> {
    let mut walk = Walk { bytes, items: 0 };
    walk.item(0)?;
    if walk.bytes.is_empty() {
        Ok(())
    } else {
        Err(Broken::BytesLeft)
    }
}

/// What is left of the bytes, and how many items were met.
struct Walk<'a> {
    bytes: &'a [u8],
    items: usize,
}

impl<'a> Walk<'a> {
    fn item(&mut self, depth: usize) -> Result<(), Broken> {
        if depth > DEPTH_MAX {
            return Err(Broken::CborTooDeep);
        }
        self.items += 1;
        if self.items > ITEMS_MAX {
            return Err(Broken::CborTooMany);
        }
        let (major, argument) = self.head()?;
        match major {
            // Unsigned and negative integers; both must fit into 64 bits with sign.
            0 | 1 => i64::try_from(argument).map(drop).map_err(|_| Broken::IntegerTooLarge),
            2 => self.take(argument).map(drop),
            3 => str::from_utf8(self.take(argument)?)
                .map(drop)
                .map_err(|_| Broken::CborBad),
            4 => (0..argument).try_for_each(|_| self.item(depth + 1)),
            5 => self.map(argument, depth),
            6 if argument == TAG_SIGN1 && depth == 0 => self.item(depth + 1),
            // False, true and null; no other simple value and no floating-point number.
            7 if (20..=22).contains(&argument) => Ok(()),
            _ => Err(Broken::CborBad),
        }
    }

    /// Keys must ascend in the order of their bytes.
    fn map(&mut self, pairs: u64, depth: usize) -> Result<(), Broken> {
        let mut last: Option<&[u8]> = None;
        for _ in 0..pairs {
            let before = self.bytes;
            self.item(depth + 1)?;
            let length = before.len() - self.bytes.len();
            let key = before.get(..length).ok_or(Broken::CborBad)?;
            match last {
                Some(last) if last == key => return Err(Broken::CborKeyTwice),
                Some(last) if last > key => return Err(Broken::CborNotCanonical),
                _ => last = Some(key),
            }
            self.item(depth + 1)?;
        }
        Ok(())
    }

    /// Major type and argument, the argument in its shortest form.
    fn head(&mut self) -> Result<(u8, u64), Broken> {
        let first = *self.take(1)?.first().ok_or(Broken::CborBad)?;
        let (major, short) = (first >> 5, first & 31);
        let (argument, least) = match short {
            0..=23 => (u64::from(short), 0),
            24 => (self.number(1)?, 24),
            25 => (self.number(2)?, 1 << 8),
            26 => (self.number(4)?, 1 << 16),
            27 => (self.number(8)?, 1 << 32),
            31 => return Err(Broken::CborIndefinite),
            _ => return Err(Broken::CborBad),
        };
        // A longer simple value or a floating-point number is no number of another length.
        if major == 7 && short > 23 {
            return Err(Broken::CborBad);
        }
        if argument < least {
            return Err(Broken::CborNotCanonical);
        }
        Ok((major, argument))
    }

    fn number(&mut self, bytes: u64) -> Result<u64, Broken> {
        let taken = self.take(bytes)?;
        Ok(taken.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Broken> {
        let count = usize::try_from(count).map_err(|_| Broken::CborBad)?;
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Broken::CborBad)?;
        self.bytes = rest;
        Ok(taken)
    }
}
