use domain::digest::Bytes;
use domain::partner::{Json, kid};
use exchange::{CODES, ExchangeKey, sign, verify};

fn key() -> ExchangeKey {
    ExchangeKey::from_seed([7; 32]).unwrap()
}

#[test]
fn a_key_is_read_back_from_its_text_and_never_shown() {
    let text = key().to_text();
    let read = ExchangeKey::parse(&text).unwrap();
    assert_eq!(read.public(), key().public());
    assert_eq!(read.kid().as_str(), kid(&key().public()));
    let secret = text.rsplit('+').next().unwrap();
    assert!(!format!("{:?}", key()).contains(secret));
}

#[test]
fn only_the_text_of_a_key_is_read() {
    let text = key().to_text();
    let other = ExchangeKey::from_seed([8; 32]).unwrap().to_text();
    let (name, seed) = (text.rsplit_once('+').unwrap().0, other.rsplit_once('+').unwrap().1);
    let wrong = [
        String::new(),
        text[1..].to_owned(),
        format!("{text}A"),
        text[..text.len() - 4].to_owned(),
        format!("{name}+{seed}"),
        format!("{text}\n"),
        "A".repeat(100_000),
    ];
    for wrong in wrong {
        assert_eq!(
            ExchangeKey::parse(&wrong).unwrap_err().code,
            "key_text_bad",
            "{wrong:.60}"
        );
    }
}

#[test]
fn a_signature_is_of_one_document_by_one_key() {
    let signed = sign(&key(), Json::parse("{\"a\":1}").unwrap());
    assert!(verify(&signed, &key().public()));
    let other = ExchangeKey::from_seed([8; 32]).unwrap();
    assert!(!verify(&signed, &other.public()));
    let mut changed = signed.clone();
    changed.payload = Json::parse("{\"a\":2}").unwrap();
    assert!(!verify(&changed, &key().public()));
    let mut renamed = signed.clone();
    renamed.kid = other.kid().clone();
    assert!(!verify(&renamed, &key().public()), "the name of the key is signed too");
}

#[test]
fn a_weak_key_has_signed_nothing() {
    // The neutral point: under it, S = 0 and R = the neutral point sign every text.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signed = sign(&key(), Json::parse("{}").unwrap());
    signed.signature = Bytes([0; 64]);
    signed.signature.0[0] = 1;
    assert!(!verify(&signed, &Bytes(neutral)));
    assert!(
        !verify(&signed, &Bytes([0xff; 32])),
        "nor is every text of 32 bytes a key"
    );
}

#[test]
fn a_signature_has_one_form() {
    // S + L is the same number modulo the order of the group: RFC 8032 §5.1.7 has it refused.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut signed = sign(&key(), Json::parse("{}").unwrap());
    let mut carry = 0;
    for (byte, add) in signed.signature.0[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (u8::try_from(sum & 0xff).unwrap(), sum >> 8);
    }
    assert!(!verify(&signed, &key().public()));
}

#[test]
fn derived_bytes_tell_purposes_apart() {
    assert_eq!(key().derive("a", b"b"), key().derive("a", b"b"));
    assert_ne!(key().derive("a", b"b"), key().derive("ab", b""));
    assert_ne!(
        key().derive("a", b"b"),
        ExchangeKey::from_seed([8; 32]).unwrap().derive("a", b"b")
    );
}

#[test]
fn every_code_stands_in_the_table() {
    let page = include_str!("../../src/lib.rs");
    for code in CODES {
        assert_eq!(page.matches(&format!("| `{code}` |")).count(), 1, "{code}");
    }
    assert_eq!(page.matches("//! | `").count(), CODES.len() + 10, "codes and modules");
}
