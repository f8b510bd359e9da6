//! CBOR, in the deterministic form of RFC 8949 §4.2.1 and within limits; everything else is refused.

use crate::{Checked, Reason};

/// The deepest nesting, and the most items of any kind.
const DEPTH_MAX: usize = 8;
const ITEMS_MAX: usize = 512;

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Integer(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Map(Vec<(Item, Item)>),
    Sign1(Box<Item>),
    True,
    Other,
}

/// Reads one item that fills the bytes.
pub(crate) fn read(bytes: &[u8]) -> Checked<Item> {
    let mut reader = Reader { rest: bytes, items: 0 };
    let item = reader.item(0)?;
    if reader.rest.is_empty() {
        Ok(item)
    } else {
        Err(Reason::BytesLeft)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    items: usize,
}

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Checked<Item> {
        if depth > DEPTH_MAX {
            return Err(Reason::CborTooDeep);
        }
        self.items += 1;
        if self.items > ITEMS_MAX {
            return Err(Reason::CborTooMany);
        }
        let first = self.byte()?;
        // Longer simple values and floating-point numbers.
        if (0xf8..=0xfb).contains(&first) {
            return Err(Reason::CborBad);
        }
        let value = self.value(first & 31)?;
        let number = || i64::try_from(value).map_err(|_| Reason::IntegerTooLarge);
        match first >> 5 {
            0 => number().map(Item::Integer),
            1 => number().map(|number| Item::Integer(-1 - number)),
            2 => Ok(Item::Bytes(self.take(value)?.to_vec())),
            3 => {
                let text = String::from_utf8(self.take(value)?.to_vec());
                text.map(Item::Text).map_err(|_| Reason::CborBad)
            }
            4 => (0..value)
                .map(|_| self.item(depth + 1))
                .collect::<Checked<_>>()
                .map(Item::Array),
            5 => self.map(value, depth + 1),
            6 if depth == 0 && value == 18 => Ok(Item::Sign1(Box::new(self.item(1)?))),
            7 if first & 31 == 21 => Ok(Item::True),
            7 if matches!(first & 31, 20 | 22) => Ok(Item::Other),
            _ => Err(Reason::CborBad),
        }
    }

    fn map(&mut self, pairs: u64, depth: usize) -> Checked<Item> {
        let mut map = Vec::new();
        let mut last: &[u8] = &[];
        for _ in 0..pairs {
            let start = self.rest;
            let key = self.item(depth)?;
            let raw = start.get(..start.len() - self.rest.len()).unwrap_or_default();
            if raw == last {
                return Err(Reason::CborKeyTwice);
            }
            if raw < last {
                return Err(Reason::CborNotCanonical);
            }
            last = raw;
            map.push((key, self.item(depth)?));
        }
        Ok(Item::Map(map))
    }

    /// The value after the first byte, in its shortest form.
    fn value(&mut self, short: u8) -> Checked<u64> {
        let length = match short {
            0..=23 => return Ok(u64::from(short)),
            24..=27 => 1_u64 << (short - 24),
            31 => return Err(Reason::CborIndefinite),
            _ => return Err(Reason::CborBad),
        };
        let number = self
            .take(length)?
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let shorter = match length {
            1 => number < 24,
            2 => number <= 0xff,
            4 => number <= 0xffff,
            _ => number <= 0xffff_ffff,
        };
        if shorter {
            Err(Reason::CborNotCanonical)
        } else {
            Ok(number)
        }
    }

    fn byte(&mut self) -> Checked<u8> {
        self.take(1)?.first().copied().ok_or(Reason::CborBad)
    }

    fn take(&mut self, count: u64) -> Checked<&'a [u8]> {
        let count = usize::try_from(count).map_err(|_| Reason::CborBad)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Reason::CborBad)?;
        self.rest = rest;
        Ok(taken)
    }
}
