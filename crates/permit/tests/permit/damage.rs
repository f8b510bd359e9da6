//! Whatever is read, nothing panics, and nothing that was changed is accepted.

use permit::{Broken, CODE_CHARS_MAX, INFLATED_BYTES_MAX, PREFIX, open, open_list, sign};
use proptest::prelude::*;

use crate::made::{key, keys, latin};

fn code_of(bytes: &[u8]) -> String {
    format!(
        "{PREFIX}{}",
        base45::encode(miniz_oxide::deflate::compress_to_vec_zlib(bytes, 10))
    )
}

/// A code with this payload, signed by the right key.
fn forged(payload: &[u8]) -> String {
    use ed25519_dalek::Signer;
    let header = coset::HeaderBuilder::new()
        .algorithm(coset::iana::Algorithm::EdDSA)
        .key_id(permit::kid(&key(1).verifying_key().to_bytes()).to_vec())
        .build();
    let envelope = coset::CoseSign1Builder::new()
        .protected(header)
        .payload(payload.to_vec())
        .create_signature(b"", |bytes| key(1).sign(bytes).to_bytes().to_vec())
        .build();
    code_of(&coset::TaggedCborSerializable::to_tagged_vec(envelope).unwrap())
}

fn refused(code: &str) -> Broken {
    open(&[code], &keys()).unwrap_err()
}

#[test]
fn every_letter_counts() {
    let code = sign(&latin(), &key(1)).unwrap().texts()[0].clone();
    for place in 0..code.len() {
        let mut letters = code.clone().into_bytes();
        letters[place] = if letters[place] == b'7' { b'8' } else { b'7' };
        let changed = String::from_utf8(letters).unwrap();
        // A letter may fall into what decompression ignores; then the signed bytes are the same.
        if let Ok(read) = open(&[&changed], &keys()) {
            assert_eq!(read, latin(), "letter {place}");
        }
        assert!(open(&[&code[..place]], &keys()).is_err(), "cut at {place}");
    }
}

#[test]
fn limits_hold() {
    assert_eq!(
        refused(&format!("{PREFIX}{}", "0".repeat(CODE_CHARS_MAX))),
        Broken::TooLong
    );
    assert_eq!(refused("HC1:ABC"), Broken::PrefixMissing);
    assert_eq!(refused("CS1:abc"), Broken::Base45Bad);
    assert_eq!(refused("CS1::::"), Broken::Base45Bad);
    assert_eq!(refused("CS1:::"), Broken::Base45Bad);
    assert_eq!(
        refused(&code_of(&vec![0; INFLATED_BYTES_MAX + 1])),
        Broken::InflatesTooFar
    );
    assert_eq!(refused(&code_of(&[0x81; 20])), Broken::CborTooDeep);
    assert_eq!(
        refused(&code_of(&[&[0x99, 0x03, 0xe8][..], &[0; 1000]].concat())),
        Broken::CborTooMany
    );
    assert_eq!(refused(&code_of(&[0x9f, 0xff])), Broken::CborIndefinite);
    assert_eq!(refused(&code_of(&[0x18, 0x01])), Broken::CborNotCanonical);
    assert_eq!(
        refused(&code_of(&[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0])),
        Broken::IntegerTooLarge
    );
    assert_eq!(refused(&code_of(&[0xa2, 1, 1, 1, 1])), Broken::CborKeyTwice);
    assert_eq!(refused(&code_of(&[0xa2, 2, 1, 1, 1])), Broken::CborNotCanonical);
    assert_eq!(refused(&code_of(&[1, 1])), Broken::BytesLeft);
    assert_eq!(
        refused(&code_of(&[0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255])),
        Broken::CborBad
    );
    assert_eq!(refused(&code_of(&[0x80])), Broken::NotSigned);
}

#[test]
fn what_a_right_key_signs_is_still_checked() {
    assert_eq!(refused(&forged(&[0xa0])), Broken::ClaimsBad);
    assert_eq!(refused(&forged(&[0xa2, 1, 1, 1, 1])), Broken::CborKeyTwice);
    assert_eq!(refused(&forged(&[0xbf, 0xff])), Broken::CborIndefinite);
}

proptest! {
    #[test]
    fn random_text_is_refused(text in "CS1:[0-9A-Z $%*+./:-]{0,300}") {
        prop_assert!(open(&[text], &keys()).is_err());
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&[code_of(&bytes)], &keys()).is_err());
        prop_assert!(open_list(&bytes, &keys(), 0).is_err());
        prop_assert!(open(&[forged(&bytes)], &keys()).is_err());
    }

    #[test]
    fn a_changed_envelope_is_refused(place in 0_usize..500, bit in 0_u8..8) {
        let code = sign(&latin(), &key(1)).unwrap().texts()[0].clone();
        let packed = base45::decode(&code[PREFIX.len()..]).unwrap();
        let mut bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        prop_assert!(open(&[code_of(&bytes)], &keys()).is_err());
    }

    #[test]
    fn a_changed_payload_never_panics(place in 0_usize..400, byte in any::<u8>()) {
        let code = sign(&latin(), &key(1)).unwrap().texts()[0].clone();
        let packed = base45::decode(&code[PREFIX.len()..]).unwrap();
        let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
        let envelope = <coset::CoseSign1 as coset::TaggedCborSerializable>::from_tagged_slice(&bytes).unwrap();
        let mut payload = envelope.payload.unwrap();
        let place = place % payload.len();
        payload[place] = byte;
        if let Ok(read) = open(&[forged(&payload)], &keys()) {
            prop_assert!(read.check().is_ok());
        }
    }
}
