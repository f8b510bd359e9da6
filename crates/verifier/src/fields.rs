//! Values of CBOR that must be of a form.

use crate::cbor::Item;
use crate::crypto::Hash;
use crate::{Checked, Reason};

/// The fields of a map with integers as keys.
pub(crate) struct Fields(pub(crate) Vec<(Item, Item)>);

impl Fields {
    pub(crate) fn of(item: Item) -> Checked<Self> {
        match item {
            Item::Map(fields) => Ok(Self(fields)),
            _ => Err(Reason::ClaimsBad),
        }
    }

    pub(crate) fn maybe(&mut self, key: i64) -> Option<Item> {
        let place = self.0.iter().position(|(known, _)| *known == Item::Integer(key))?;
        Some(self.0.remove(place).1)
    }

    pub(crate) fn take(&mut self, key: i64) -> Checked<Item> {
        self.maybe(key).ok_or(Reason::ClaimsBad)
    }
}

pub(crate) fn integer(item: &Item) -> Checked<i64> {
    match item {
        Item::Integer(number) => Ok(*number),
        _ => Err(Reason::ClaimsBad),
    }
}

/// A number from 0 that is less than a bound.
pub(crate) fn choice(item: &Item, bound: usize) -> Checked<usize> {
    let number = usize::try_from(integer(item)?).ok();
    number.filter(|number| *number < bound).ok_or(Reason::ClaimsBad)
}

pub(crate) fn text(item: Item) -> Checked<String> {
    let Item::Text(text) = item else {
        return Err(Reason::ClaimsBad);
    };
    let good = !text.trim().is_empty() && text.len() <= 1000 && !text.chars().any(char::is_control);
    if good { Ok(text) } else { Err(Reason::ClaimsBad) }
}

pub(crate) fn id(item: Item) -> Checked<String> {
    let id = text(item)?;
    let good = id.len() <= 64
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'\\:".contains(&byte));
    if good { Ok(id) } else { Err(Reason::ClaimsBad) }
}

pub(crate) fn hash(item: Item) -> Checked<Hash> {
    match item {
        Item::Bytes(bytes) => bytes.try_into().map_err(|_| Reason::ClaimsBad),
        _ => Err(Reason::ClaimsBad),
    }
}

pub(crate) fn array(item: Item) -> Checked<Vec<Item>> {
    match item {
        Item::Array(items) => Ok(items),
        _ => Err(Reason::ClaimsBad),
    }
}

pub(crate) fn exactly<const N: usize>(item: Item) -> Checked<[Item; N]> {
    array(item)?.try_into().map_err(|_| Reason::ClaimsBad)
}
