//! Whatever is read, nothing panics, and nothing that was changed is accepted.

use ciborium::Value;
use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use ed25519_dalek::Signer;
use jiff::civil::date;
use permit::{Broken, CODE_CHARS_MAX, INFLATED_BYTES_MAX, Listed, Listing, PREFIX, open, open_list, sign, sign_list};
use proptest::prelude::*;

use crate::made::{key, keys, latin, long};

fn code_of(bytes: &[u8]) -> String {
    format!(
        "{PREFIX}{}",
        base45::encode(miniz_oxide::deflate::compress_to_vec_zlib(bytes, 10))
    )
}

/// An envelope with this payload and algorithm, signed by the right key.
fn sealed(payload: &[u8], algorithm: iana::Algorithm) -> Vec<u8> {
    let header = HeaderBuilder::new()
        .algorithm(algorithm)
        .key_id(permit::kid(&key(1).verifying_key().to_bytes()).to_vec())
        .build();
    let envelope = CoseSign1Builder::new()
        .protected(header)
        .payload(payload.to_vec())
        .create_signature(b"", |bytes| key(1).sign(bytes).to_bytes().to_vec());
    envelope.build().to_tagged_vec().unwrap()
}

/// A code with this payload, signed by the right key.
fn forged(payload: &[u8]) -> String {
    code_of(&sealed(payload, iana::Algorithm::EdDSA))
}

fn inflated(code: &str) -> Vec<u8> {
    let packed = base45::decode(&code[PREFIX.len()..]).unwrap();
    miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap()
}

/// The payload of an envelope.
fn payload(bytes: &[u8]) -> Vec<u8> {
    CoseSign1::from_tagged_slice(bytes).unwrap().payload.unwrap()
}

/// The payload with its own claim, an array, changed.
fn changed(payload: &[u8], change: impl FnOnce(&mut Vec<Value>)) -> Vec<u8> {
    let mut claims: Value = ciborium::from_reader(payload).unwrap();
    let (_, own) = claims.as_map_mut().unwrap().last_mut().unwrap();
    change(own.as_array_mut().unwrap());
    let mut bytes = Vec::new();
    ciborium::into_writer(&claims, &mut bytes).unwrap();
    bytes
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

#[test]
fn no_other_algorithm_is_read() {
    let payload = payload(&inflated(&sign(&latin(), &key(1)).unwrap().texts()[0]));
    assert_eq!(open(&[forged(&payload)], &keys()), Ok(latin()));
    for algorithm in [iana::Algorithm::HMAC_256_256, iana::Algorithm::ES256] {
        assert_eq!(refused(&code_of(&sealed(&payload, algorithm))), Broken::AlgorithmOther);
    }
}

#[test]
fn nothing_follows_the_stream() {
    let code = sign(&latin(), &key(1)).unwrap().texts()[0].clone();
    let packed = base45::decode(&code[PREFIX.len()..]).unwrap();
    let longer = [packed.as_slice(), b"x"].concat();
    assert_eq!(
        refused(&format!("{PREFIX}{}", base45::encode(&longer))),
        Broken::BytesLeft
    );
}

#[test]
fn parts_are_what_they_promise() {
    let mut codes = sign(&long(), &key(1)).unwrap().texts().to_vec();
    let other = changed(&payload(&inflated(&codes[0])), |part| {
        part[3].as_bytes_mut().unwrap()[7] ^= 1;
    });
    codes[0] = forged(&other);
    assert_eq!(open(&codes, &keys()), Err(Broken::PartsDiffer));
}

#[test]
fn a_list_is_sorted() {
    let permits = [("XP-1", Listed::Used), ("XP-2", Listed::Used)];
    let (issued_on, valid_until) = (date(2024, 6, 30), date(2024, 7, 7));
    let listing = Listing {
        issuer: "CN",
        sequence: 5,
        issued_on,
        valid_until,
        permits: &permits,
    };
    let good = payload(&sign_list(&listing, &key(1)).unwrap());
    let again =
        |payload: &[u8]| open_list(&sealed(payload, iana::Algorithm::EdDSA), &keys(), 0).map(|list| list.sequence());
    assert_eq!(again(&good), Ok(5));
    let swapped = changed(&good, |list| list[2].as_bytes_mut().unwrap().rotate_left(12));
    assert_eq!(again(&swapped), Err(Broken::ListUnsorted));
    let cut = changed(&good, |list| list[2].as_bytes_mut().unwrap().truncate(13));
    assert_eq!(again(&cut), Err(Broken::ListUnsorted));
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
        let mut bytes = inflated(&code);
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        prop_assert!(open(&[code_of(&bytes)], &keys()).is_err());
    }

    #[test]
    fn a_changed_payload_never_panics(place in 0_usize..400, byte in any::<u8>()) {
        let code = sign(&latin(), &key(1)).unwrap().texts()[0].clone();
        let mut payload = payload(&inflated(&code));
        let place = place % payload.len();
        payload[place] = byte;
        if let Ok(read) = open(&[forged(&payload)], &keys()) {
            prop_assert!(read.check().is_ok());
        }
    }
}
