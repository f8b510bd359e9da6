//! The one form of a signed document on the wire: a JWS compact string (RFC 7515 §7.1) of which no letter is free.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::digest::{Bytes, Signature};
use domain::id::Id;
use domain::partner::{Json, MESSAGE_BYTES_MAX, Signed};

use crate::reject::{Reject, TOO_LARGE, UNREADABLE};

/// What stands in every header before the key's name, and after it.
const HEADER: (&str, &str) = ("{\"alg\":\"EdDSA\",\"kid\":\"", "\"}");

/// So deep may a payload be nested: whoever reads an entry later need not be prepared for more.
const DEPTH_MAX: usize = 32;

/// Reads the bytes that travel. [`Signed::compact`] gives the same bytes back, whatever was accepted here.
///
/// The header says `EdDSA` and names a key, in exactly these letters: no other algorithm, no other field, no space.
/// The three parts are unpadded base64url in its one canonical form, and the payload is one JSON object in UTF-8.
pub fn parse(compact: &[u8]) -> Result<Signed, Reject> {
    if compact.len() > MESSAGE_BYTES_MAX {
        let bytes = compact.len();
        let says = format!("it has {bytes} bytes, and at most {MESSAGE_BYTES_MAX} are accepted");
        return Err(Reject::new(TOO_LARGE, says));
    }
    let bad = |why: &str| Reject::new(UNREADABLE, why);
    let text = str::from_utf8(compact).map_err(|_| bad("it is not text"))?;
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(bad("it does not have three parts with dots between them"));
    };
    let header = decode(header).ok_or_else(|| bad("its header is not base64url"))?;
    let kid = key_name(&header).ok_or_else(|| bad("its header does not say EdDSA and a key, and nothing else"))?;
    let payload = decode(payload).ok_or_else(|| bad("its payload is not base64url"))?;
    let payload = Json::parse(&payload).map_err(Reject::because(UNREADABLE))?;
    if depth(payload.as_str()) > DEPTH_MAX {
        return Err(bad("its payload is nested too deep"));
    }
    let signature = signature_of(signature).ok_or_else(|| bad("its signature is not 64 bytes in base64url"))?;
    let signed = Signed {
        kid,
        payload,
        signature,
    };
    if signed.compact() == text {
        Ok(signed)
    } else {
        Err(bad("it is not in the one form that these parts have"))
    }
}

fn decode(part: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// How deep a JSON text is nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn key_name(header: &str) -> Option<Id> {
    header.strip_prefix(HEADER.0)?.strip_suffix(HEADER.1)?.parse().ok()
}

fn signature_of(part: &str) -> Option<Signature> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    bytes.try_into().ok().map(Bytes)
}
