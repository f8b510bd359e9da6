//! The signed envelope: a tagged `COSE_Sign1` by Ed25519 over CBOR claims (RFC 9052, RFC 8392).

use crate::cbor::{self, Item};
use crate::crypto::is_signed;
use crate::day::{DAY_SECONDS, Day};
use crate::fields::{Fields, integer, text};
use crate::key_file::KeyFile;
use crate::letters::hex;
use crate::{Checked, Reason};

/// The own claims: a permit, a part of one, a list.
pub(crate) const PERMIT: i64 = -65_537;
pub(crate) const PART: i64 = -65_538;
pub(crate) const LIST: i64 = -65_539;

/// What an envelope says, once its signature held.
pub(crate) struct Claims {
    pub(crate) issuer: String,
    pub(crate) issued_on: Day,
    pub(crate) valid_from: Day,
    pub(crate) valid_until: Day,
    pub(crate) own: (i64, Item),
}

/// The claims in an envelope that a known key has signed while it was valid.
pub(crate) fn open(bytes: &[u8], keys: &[KeyFile]) -> Checked<Claims> {
    let Item::Sign1(envelope) = cbor::read(bytes)? else {
        return Err(Reason::NotSigned);
    };
    let Item::Array(parts) = *envelope else {
        return Err(Reason::NotSigned);
    };
    let Ok(
        [
            Item::Bytes(header),
            Item::Map(rest),
            Item::Bytes(payload),
            Item::Bytes(signature),
        ],
    ) = <[Item; 4]>::try_from(parts)
    else {
        return Err(Reason::NotSigned);
    };
    let kid = key_name(&header)?;
    if !rest.is_empty() {
        return Err(Reason::HeaderBad);
    }
    let key = keys.iter().find(|key| key.kid == kid).ok_or(Reason::KeyUnknown)?;
    if !is_signed(&key.public, &signed_bytes(&header, &payload), &signature) {
        return Err(Reason::SignatureBad);
    }
    let claims = claims(&payload)?;
    if claims.issuer != key.id {
        return Err(Reason::IssuerOther);
    }
    if key.signs_on(claims.issued_on) {
        Ok(claims)
    } else {
        Err(Reason::KeyOutOfDate)
    }
}

/// The name of the key in a header that has algorithm −8 and a name of eight bytes, and nothing else.
fn key_name(header: &[u8]) -> Checked<String> {
    let Item::Map(header) = cbor::read(header)? else {
        return Err(Reason::HeaderBad);
    };
    match header.as_slice() {
        [
            (Item::Integer(1), Item::Integer(-8)),
            (Item::Integer(4), Item::Bytes(kid)),
        ] if kid.len() == 8 => Ok(hex(kid)),
        [(Item::Integer(1), algorithm), ..] if *algorithm != Item::Integer(-8) => Err(Reason::AlgorithmOther),
        _ => Err(Reason::HeaderBad),
    }
}

/// What is signed: `["Signature1", header, '', payload]` (RFC 9052 §4.4).
fn signed_bytes(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x84, 0x6a];
    bytes.extend_from_slice(b"Signature1");
    for part in [header, &[], payload] {
        let length = part.len();
        let short = u8::try_from(length).unwrap_or(u8::MAX);
        let wide = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        match length {
            0..=23 => bytes.push(0x40 | short),
            24..=0xff => bytes.extend([0x58, short]),
            0x100..=0xffff => bytes.extend([0x59, wide[2], wide[3]]),
            _ => bytes.extend([0x5a, wide[0], wide[1], wide[2], wide[3]]),
        }
        bytes.extend_from_slice(part);
    }
    bytes
}

fn claims(payload: &[u8]) -> Checked<Claims> {
    let mut fields = Fields::of(cbor::read(payload)?)?;
    let issuer = text(fields.take(1)?)?;
    let valid_until = Day(day(&fields.take(4)?)?.0 - 1);
    let from = fields.maybe(5).map(|item| day(&item)).transpose()?;
    let issued_on = day(&fields.take(6)?)?;
    let valid_from = from.unwrap_or(issued_on);
    if from == Some(issued_on) {
        return Err(Reason::CborNotCanonical);
    }
    if valid_from > valid_until || issued_on > valid_from {
        return Err(Reason::ValidityBad);
    }
    let Ok([(Item::Integer(key), own)]) = <[(Item, Item); 1]>::try_from(fields.0) else {
        return Err(Reason::ClaimsBad);
    };
    Ok(Claims {
        issuer,
        issued_on,
        valid_from,
        valid_until,
        own: (key, own),
    })
}

/// A day from the seconds of its beginning, within the years that are written with four digits.
fn day(item: &Item) -> Checked<Day> {
    let seconds = integer(item)?;
    let is_day = seconds.rem_euclid(DAY_SECONDS) == 0 && (0..250_000_000_000).contains(&seconds);
    if is_day {
        Ok(Day(seconds / DAY_SECONDS))
    } else {
        Err(Reason::ClaimsBad)
    }
}
