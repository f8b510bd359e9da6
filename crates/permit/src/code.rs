//! The text of a code, and several codes for what does not fit into one.

use ciborium::Value;
use ed25519_dalek::SigningKey;
use miniz_oxide::inflate::TINFLStatus;
use sha2::{Digest, Sha256};

use crate::broken::Broken;
use crate::claims::{self, Claims, PART};
use crate::document::{Field, Permit};
use crate::envelope::{Keys, seal, unseal};

/// What every code begins with.
pub const PREFIX: &str = "CS1:";

/// The longest code: what version 25 of a QR code holds at level Q in its alphanumeric mode (ISO/IEC 18004).
pub const CODE_CHARS_MAX: usize = 1041;

/// So far a code, or several together, may be decompressed.
pub const INFLATED_BYTES_MAX: usize = 32 * 1024;

/// The most codes of one permit.
pub const PARTS_MAX: usize = 16;

/// So many bytes of the whole go into a part; its envelope takes less than 190 of the 691 bytes that a code holds.
const CHUNK_BYTES: usize = 500;

/// The codes of one permit, in their order: one, or the parts of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes(Vec<String>);

impl Codes {
    /// The texts.
    pub fn texts(&self) -> &[String] {
        &self.0
    }
}

/// Signs a permit with the issuing authority's message key. Nothing is cut: what does not fit into one code takes
/// several. Refuses a field that is not of its form, and `lines` if all of it is too much for [`PARTS_MAX`] codes.
pub fn sign(permit: &Permit, key: &SigningKey) -> Result<Codes, Field> {
    permit.check()?;
    let claims = claims::of_permit(permit);
    let sealed = seal(&claims, key).ok_or(Field("validity"))?;
    let whole = compress(&sealed);
    let code = text(&whole);
    if code.len() <= CODE_CHARS_MAX {
        return Ok(Codes(vec![code]));
    }
    let count = whole.len().div_ceil(CHUNK_BYTES);
    if count > PARTS_MAX || sealed.len() > INFLATED_BYTES_MAX {
        return Err(Field("lines"));
    }
    let parts = whole.chunks(whole.len().div_ceil(count)).zip(1..);
    let part = |(chunk, number)| seal_part(&claims, [number, count], &whole, chunk, key);
    parts.map(part).collect::<Option<_>>().map(Codes).ok_or(Field("lines"))
}

fn seal_part(
    claims: &Claims,
    [number, count]: [usize; 2],
    whole: &[u8],
    chunk: &[u8],
    key: &SigningKey,
) -> Option<String> {
    let own = Value::Array(vec![
        Value::from(number as u64),
        Value::from(count as u64),
        Value::from(Sha256::digest(whole).as_slice()),
        Value::from(chunk),
    ]);
    let part = Claims {
        own: (PART, own),
        ..claims.clone()
    };
    let code = text(&compress(&seal(&part, key)?));
    Some(code).filter(|code| code.len() <= CODE_CHARS_MAX)
}

/// The permit in its code or codes, in any order, if known keys signed them. Whether it is valid today is for
/// [`read`](crate::read) to say.
pub fn open<T: AsRef<str>>(codes: &[T], keys: &Keys) -> Result<Permit, Broken> {
    let [code] = codes else {
        return join(codes, keys);
    };
    let claims = unseal(&unpack(code.as_ref())?, keys)?;
    if claims.own.0 == PART {
        join(codes, keys)
    } else {
        claims::to_permit(claims)
    }
}

/// A part of a set.
struct Part {
    claims: Claims,
    number: i64,
    count: i64,
    whole: [u8; 32],
    chunk: Vec<u8>,
}

impl Part {
    fn open(code: &str, keys: &Keys) -> Result<Self, Broken> {
        let claims = unseal(&unpack(code)?, keys)?;
        if claims.own.0 != PART {
            return Err(Broken::PartOfAnother);
        }
        let [number, count, whole, chunk] = claims::exactly(claims.clone().own(PART)?)?;
        let part = Self {
            claims,
            number: claims::integer(number)?,
            count: claims::integer(count)?,
            whole: claims::hash(whole)?,
            chunk: claims::bytes(chunk)?,
        };
        let known = usize::try_from(part.count).is_ok_and(|count| (2..=PARTS_MAX).contains(&count));
        let in_range = known && (1..=part.count).contains(&part.number);
        if in_range { Ok(part) } else { Err(Broken::ClaimsBad) }
    }

    fn is_of_set(&self, other: &Self) -> bool {
        self.count == other.count && self.whole == other.whole && self.claims.issuer == other.claims.issuer
    }
}

/// Puts the parts of a set together.
fn join<T: AsRef<str>>(codes: &[T], keys: &Keys) -> Result<Permit, Broken> {
    if codes.len() > PARTS_MAX {
        return Err(Broken::TooLong);
    }
    let open = |code: &T| Part::open(code.as_ref(), keys);
    let mut parts: Vec<Part> = codes.iter().map(open).collect::<Result<_, _>>()?;
    parts.sort_by_key(|part| part.number);
    let first = parts.first().ok_or(Broken::PartMissing)?;
    if !parts.iter().all(|part| part.is_of_set(first)) {
        return Err(Broken::PartOfAnother);
    }
    if parts
        .windows(2)
        .any(|pair| matches!(pair, [one, next] if one.number == next.number))
    {
        return Err(Broken::PartTwice);
    }
    if usize::try_from(first.count) != Ok(parts.len()) {
        return Err(Broken::PartMissing);
    }
    let whole: Vec<u8> = parts.iter().flat_map(|part| part.chunk.iter().copied()).collect();
    if Sha256::digest(&whole).as_slice() != first.whole {
        return Err(Broken::PartsDiffer);
    }
    claims::to_permit(unseal(&inflate(&whole)?, keys)?)
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, 10)
}

fn text(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(bytes))
}

/// The envelope's bytes in a code.
fn unpack(code: &str) -> Result<Vec<u8>, Broken> {
    if code.len() > CODE_CHARS_MAX {
        return Err(Broken::TooLong);
    }
    let letters = code.strip_prefix(PREFIX).ok_or(Broken::PrefixMissing)?;
    let bytes = base45::decode(letters).map_err(|_| Broken::Base45Bad)?;
    // The decoder lets the last pair of letters overflow its byte.
    if base45::encode(&bytes) != letters {
        return Err(Broken::Base45Bad);
    }
    inflate(&bytes)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut inflated = vec![0; INFLATED_BYTES_MAX];
    let (status, read, written) = decompress(&mut DecompressorOxide::new(), bytes, &mut inflated, 0, flags);
    match status {
        TINFLStatus::Done if read == bytes.len() => {
            inflated.truncate(written);
            Ok(inflated)
        }
        TINFLStatus::Done => Err(Broken::BytesLeft),
        TINFLStatus::HasMoreOutput => Err(Broken::InflatesTooFar),
        _ => Err(Broken::ZlibBad),
    }
}
