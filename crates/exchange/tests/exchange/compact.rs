use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use domain::partner::{Json, MESSAGE_BYTES_MAX, Signed};
use exchange::{ExchangeKey, parse, sign};
use proptest::prelude::*;

fn signed(payload: &str) -> Signed {
    sign(&ExchangeKey::from_seed([7; 32]).unwrap(), Json::parse(payload).unwrap())
}

fn with_header(header: &str) -> String {
    let compact = signed("{}").compact();
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        compact.split_once('.').unwrap().1
    )
}

fn code(compact: impl AsRef<[u8]>) -> &'static str {
    parse(compact.as_ref()).unwrap_err().code
}

#[test]
fn what_is_read_has_the_bytes_that_were_read() {
    for payload in ["{}", "{ \"a\" : [1, 2.50, \"\\u00e9é\"] }", "{\"a\":1,\"a\":2}"] {
        let signed = signed(payload);
        let read = parse(signed.compact().as_bytes()).unwrap();
        assert_eq!(read, signed);
        assert_eq!(read.payload.as_str(), payload, "letter by letter");
    }
}

#[test]
fn a_header_has_one_form() {
    let kid = signed("{}").kid.to_string();
    assert!(parse(with_header(&format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}")).as_bytes()).is_ok());
    let wrong = [
        String::new(),
        "{}".to_owned(),
        format!("{{\"alg\":\"none\",\"kid\":\"{kid}\"}}"),
        format!("{{\"alg\":\"HS256\",\"kid\":\"{kid}\"}}"),
        format!("{{\"alg\":\"eddsa\",\"kid\":\"{kid}\"}}"),
        format!("{{\"alg\":\"Ed25519\",\"kid\":\"{kid}\"}}"),
        format!("{{\"kid\":\"{kid}\",\"alg\":\"EdDSA\"}}"),
        format!("{{\"alg\": \"EdDSA\",\"kid\":\"{kid}\"}}"),
        format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}} "),
        format!(" {{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}"),
        format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}\n"),
        format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"jwk\":{{}}}}"),
        format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"crit\":[\"b64\"],\"b64\":false}}"),
        format!("{{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}"),
        format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"kid\":\"{kid}\"}}"),
        "{\"alg\":\"EdDSA\",\"kid\":\"\"}".to_owned(),
        "{\"alg\":\"EdDSA\",\"kid\":\"a b\"}".to_owned(),
        "{\"alg\":\"EdDSA\",\"kid\":\"a\\u0062\"}".to_owned(),
        "{\"alg\":\"EdDSA\",\"kid\":null}".to_owned(),
        "{\"alg\":\"EdDSA\"}".to_owned(),
        format!("{{\"alg\":\"EdDSA\",\"kid\":\"{}\"}}", "k".repeat(65)),
        format!("\u{feff}{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}"),
    ];
    for header in wrong {
        assert_eq!(code(with_header(&header)), "message_unreadable", "{header}");
    }
}

#[test]
fn three_parts_have_one_form() {
    let compact = signed("{\"a\":1}").compact();
    let parts: Vec<&str> = compact.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("{compact}")
    };
    let padded = |part: &str| URL_SAFE.encode(URL_SAFE_NO_PAD.decode(part).unwrap());
    // The last letter of a signature's 86 holds four bits that mean nothing.
    let (most, _) = signature.split_at(85);
    let loose = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        .chars()
        .map(|last| format!("{header}.{payload}.{most}{last}"))
        .filter(|other| *other != compact);
    let mut wrong: Vec<String> = loose.collect();
    assert_eq!(wrong.len(), 63);
    // Of these, three have other bits that do mean something: they are read, and are other signatures.
    wrong.retain(|other| parse(other.as_bytes()).is_err());
    assert_eq!(wrong.len(), 60);
    wrong.extend([
        String::new(),
        "..".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!(".{compact}"),
        format!("{compact}\n"),
        format!(" {compact}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!("{}.{payload}.{signature}", padded(header)),
        format!("{header}.{}.{signature}", padded(payload)),
        format!("{header}.{payload}.{}", padded(signature)),
        format!("{header}.{payload}.{}", &signature[..82]),
        format!("{header}.{payload}.{signature}AAAA"),
        format!("{header}.{payload}.{}", signature.replace(['-', '_'], "+")),
        format!("{{\"payload\":\"{payload}\",\"protected\":\"{header}\",\"signature\":\"{signature}\"}}"),
    ]);
    for wrong in wrong.iter().filter(|wrong| **wrong != compact) {
        assert_eq!(code(wrong), "message_unreadable", "{wrong}");
    }
}

#[test]
fn a_payload_is_one_object() {
    let compact = signed("{}").compact();
    let parts: Vec<&str> = compact.split('.').collect();
    let payloads: [&[u8]; 12] = [
        b"",
        b"null",
        b"[]",
        b"\"{}\"",
        b"{}{}",
        b" {}",
        b"{} ",
        b"{\"a\":}",
        b"{\"a\":01}",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\n\"}",
    ];
    for payload in payloads {
        let wrong = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(payload), parts[2]);
        assert_eq!(code(&wrong), "message_unreadable", "{payload:?}");
    }
}

#[test]
fn a_payload_is_not_nested_deep() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(signed(&nested(31)).compact().as_bytes()).is_ok());
    for depth in [32, 10_000] {
        assert_eq!(code(signed(&nested(depth)).compact()), "message_unreadable");
    }
    let brackets = format!("{{\"a\":\"\\\"{}\\\\\"}}", "[{".repeat(100));
    assert!(
        parse(signed(&brackets).compact().as_bytes()).is_ok(),
        "in a text they nest nothing"
    );
    let after_text = format!("{{\"a\\\\\":{}{}}}", "[".repeat(40), "]".repeat(40));
    assert_eq!(code(signed(&after_text).compact()), "message_unreadable");
}

#[test]
fn a_message_has_a_largest_size() {
    let empty = signed("{\"a\":\"\"}").compact().len();
    let room = (MESSAGE_BYTES_MAX - empty) / 4 * 3;
    let largest = signed(&format!("{{\"a\":\"{}\"}}", "x".repeat(room))).compact();
    assert!(largest.len() <= MESSAGE_BYTES_MAX && parse(largest.as_bytes()).is_ok());
    let larger = signed(&format!("{{\"a\":\"{}\"}}", "x".repeat(room + 3))).compact();
    assert_eq!(code(larger), "message_too_large");
    assert_eq!(code(vec![0; 1 << 20]), "message_too_large");
}

proptest! {
    #[test]
    fn nothing_that_is_read_has_another_form(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(signed) = parse(&bytes) {
            prop_assert_eq!(signed.compact().into_bytes(), bytes);
        }
    }

    #[test]
    fn what_is_damaged_is_another_document_or_none(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = signed("{\"a\":1}").compact().into_bytes();
        let mut bytes = whole.clone();
        for (at, byte) in damages {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(read) = parse(&bytes) {
            prop_assert_eq!(read.compact().into_bytes(), bytes);
        }
        prop_assert!(parse(&whole[..cut.index(whole.len())]).is_err());
    }
}
