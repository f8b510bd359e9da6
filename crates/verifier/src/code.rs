//! The text of a code, and several codes of one permit: `CS1:` and base45 of zlib of an envelope.

use fdeflate::Decompressor;

use crate::cbor::Item;
use crate::crypto::{Hash, sha256};
use crate::envelope::{Claims, PART, open};
use crate::key_file::KeyFile;
use crate::letters::from_base45;
use crate::{Checked, Reason};

/// The longest code, in characters: version 25 of a QR code at level Q.
const CODE_CHARS_MAX: usize = 1041;
/// So far a code may be decompressed.
const INFLATED_BYTES_MAX: usize = 32 * 1024;
/// The most codes of one permit.
const PARTS_MAX: usize = 16;

/// The claims of the permit in one code, or in the parts of a set in any order.
pub(crate) fn whole(codes: &[&str], keys: &[KeyFile]) -> Checked<Claims> {
    if codes.len() > PARTS_MAX {
        return Err(Reason::TooLong);
    }
    let opened = codes.iter().map(|code| open(&unpack(code)?, keys));
    let mut opened: Vec<Claims> = opened.collect::<Checked<_>>()?;
    if let [only] = opened.as_slice()
        && only.own.0 != PART
    {
        return opened.pop().ok_or(Reason::PartMissing);
    }
    let parts = opened.into_iter().map(Part::of).collect::<Checked<Vec<_>>>()?;
    open(&inflate(&join(parts)?)?, keys)
}

struct Part {
    issuer: String,
    number: i64,
    count: i64,
    whole: Hash,
    bytes: Vec<u8>,
}

impl Part {
    fn of(claims: Claims) -> Checked<Self> {
        let (PART, Item::Array(fields)) = claims.own else {
            return Err(Reason::PartOfAnother);
        };
        let Ok(
            [
                Item::Integer(number),
                Item::Integer(count),
                Item::Bytes(whole),
                Item::Bytes(bytes),
            ],
        ) = <[Item; 4]>::try_from(fields)
        else {
            return Err(Reason::ClaimsBad);
        };
        let whole = whole.try_into().map_err(|_| Reason::ClaimsBad)?;
        let fits = usize::try_from(count).is_ok_and(|count| (2..=PARTS_MAX).contains(&count));
        if !fits || number < 1 || number > count {
            return Err(Reason::ClaimsBad);
        }
        Ok(Self {
            issuer: claims.issuer,
            number,
            count,
            whole,
            bytes,
        })
    }
}

fn join(mut parts: Vec<Part>) -> Checked<Vec<u8>> {
    parts.sort_by_key(|part| part.number);
    let first = parts.first().ok_or(Reason::PartMissing)?;
    let same = |part: &Part| part.whole == first.whole && part.count == first.count && part.issuer == first.issuer;
    if !parts.iter().all(same) {
        return Err(Reason::PartOfAnother);
    }
    if parts
        .windows(2)
        .any(|pair| matches!(pair, [one, next] if one.number == next.number))
    {
        return Err(Reason::PartTwice);
    }
    if usize::try_from(first.count) != Ok(parts.len()) {
        return Err(Reason::PartMissing);
    }
    let whole: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
    if sha256(&whole) == first.whole {
        Ok(whole)
    } else {
        Err(Reason::PartsDiffer)
    }
}

fn unpack(code: &str) -> Checked<Vec<u8>> {
    if code.len() > CODE_CHARS_MAX {
        return Err(Reason::TooLong);
    }
    let letters = code.strip_prefix("CS1:").ok_or(Reason::PrefixMissing)?;
    inflate(&from_base45(letters).ok_or(Reason::Base45Bad)?)
}

fn inflate(bytes: &[u8]) -> Checked<Vec<u8>> {
    let mut inflated = vec![0; INFLATED_BYTES_MAX];
    let mut stream = Decompressor::new();
    let (mut read, mut written) = (0, 0);
    while !stream.is_done() {
        let rest = bytes.get(read..).unwrap_or_default();
        let step = stream
            .read(rest, &mut inflated, written, true)
            .map_err(|_| Reason::ZlibBad)?;
        read += step.0;
        written += step.1;
        if !stream.is_done() {
            let full = written == inflated.len();
            let stuck = step == (0, 0);
            match (full, stuck) {
                (true, _) => return Err(Reason::InflatesTooFar),
                (false, true) => return Err(Reason::ZlibBad),
                (false, false) => {}
            }
        }
    }
    inflated.truncate(written);
    // The stream ends with this sum; what it has read ahead it does not give back.
    if bytes.last_chunk::<4>() == Some(&adler32(&inflated)) {
        Ok(inflated)
    } else {
        Err(Reason::BytesLeft)
    }
}

/// The sum at the end of a stream (RFC 1950 §8.2).
fn adler32(bytes: &[u8]) -> [u8; 4] {
    let step = |(one, two): (u32, u32), byte: &u8| {
        let one = (one + u32::from(*byte)) % 65_521;
        (one, (two + one) % 65_521)
    };
    let (one, two) = bytes.iter().fold((1, 0), step);
    (two << 16 | one).to_be_bytes()
}
