//! Bytes in letters: base45 (RFC 9285) and base64 (RFC 4648), each read in its one canonical form.

const BASE45: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads base45.
pub(crate) fn from_base45(text: &str) -> Option<Vec<u8>> {
    let value = |letter: &u8| BASE45.iter().position(|known| known == letter);
    let values: Vec<usize> = text.as_bytes().iter().map(value).collect::<Option<_>>()?;
    let mut bytes = Vec::with_capacity(values.len() * 2 / 3 + 1);
    for group in values.chunks(3) {
        match *group {
            [first, second, third] => {
                let number = u16::try_from(first + second * 45 + third * 45 * 45).ok()?;
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            [first, second] => bytes.push(u8::try_from(first + second * 45).ok()?),
            _ => return None,
        }
    }
    Some(bytes)
}

/// Reads standard base64 with its padding.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let body = text
        .strip_suffix("==")
        .or_else(|| text.strip_suffix('='))
        .unwrap_or(text);
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len()), 0_u32, 0_u32);
    for letter in body.bytes() {
        let value = BASE64.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    // Bits that are left over must be zero, and no more than the padding says.
    let padding = text.len() - body.len();
    let fits = padding == (3 - bytes.len() % 3) % 3 && bits & ((1 << count) - 1) == 0;
    fits.then_some(bytes)
}

/// Reads so many bytes in standard base64.
pub(crate) fn exactly<const N: usize>(text: &str) -> Option<[u8; N]> {
    from_base64(text)?.try_into().ok()
}

/// Writes base64url without padding, as the parts of a JWS (RFC 7515 §2).
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 2);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for letter in 0..=group.len() {
            let value = bits >> (18 - 6 * letter) & 63;
            let known = usize::try_from(value).ok().and_then(|value| BASE64.get(value));
            text.push(match known {
                Some(b'+') | None => '-',
                Some(b'/') => '_',
                Some(letter) => char::from(*letter),
            });
        }
    }
    text
}

/// Lower hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
