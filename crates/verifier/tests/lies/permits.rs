//! Lies about permits.

use ciborium::Value;
use jiff::civil::date;
use permit::{Authorization, Kind, Line, Party, Permit, Purpose, Unit, addresses_hash, sign};
use verifier::{Checked, Day, ListFile, Reason, Report, check_permit};

use crate::corpus;
use crate::forge::{Envelope, at, bytes, of_line, pack, permit, text, unpack};
use crate::world::{key, keys};
use crate::{lie, truth};

pub fn of(number: &str, forms: usize) -> Permit {
    let party = |name: &str, country: &str| Party {
        name: name.into(),
        city: "City".into(),
        country: country.into(),
    };
    let line = |n: usize| Line {
        inn: "fentanyl".into(),
        form: if forms == 1 {
            "citrate".into()
        } else {
            format!("{:?}", addresses_hash(number, &n.to_string()))
        },
        base_ug: 636_500_000,
        amount: 1_000_000_000,
        unit: Unit::SaltMicrograms,
    };
    Permit {
        number: number.into(),
        kind: Kind::ExportPermit,
        duplicate: 0,
        exporting_authority: "CN".into(),
        importing_authority: "KR".into(),
        exporter: party("Jade Spring Pharmaceutical", "CN"),
        importer: party("Hangang Pharmaceutical Industry", "KR"),
        addresses: addresses_hash("one", "two"),
        lines: (0..forms).map(line).collect(),
        authorization: Some(Authorization {
            number: "IA-1".into(),
            issued_on: date(2024, 5, 1),
            issuer: "KR".into(),
        }),
        issued_on: date(2024, 6, 3),
        valid_from: date(2024, 6, 3),
        valid_until: date(2024, 12, 2),
        posts: Vec::new(),
        purpose: Purpose::Medical,
        bonded: false,
        several: false,
        case: Some("CN/EX-1".into()),
        entry: 7,
    }
}

pub fn codes(permit: &Permit, seed: u8) -> Vec<String> {
    sign(permit, &key(seed)).unwrap().texts().to_vec()
}

pub fn on(day: &str, codes: &[impl AsRef<str>], list: Option<&ListFile>) -> Checked<Report> {
    let codes: Vec<&str> = codes.iter().map(AsRef::as_ref).collect();
    corpus::asked(&codes, day);
    check_permit(&codes, &keys(), list, Day::parse(day).unwrap())
}

pub fn told(code: impl AsRef<str>) -> Checked<Report> {
    on("2024-07-01", &[code], None)
}

/// A true code, accepted, and its envelope.
fn true_one() -> (String, Envelope) {
    let code = codes(&of("XP-1", 1), 1).remove(0);
    truth(told(&code));
    (code.clone(), Envelope::of_code(&code))
}

/// Every test here that tells lies, for the corpus.
pub fn all() {
    signatures_and_keys();
    algorithms();
    letters_and_compression();
    forms_of_cbor();
    fields_changed();
    fields_that_a_right_key_signed();
    days();
    several_codes();
}

#[test]
fn what_is_proven_is_what_was_signed() {
    let facts = truth(told(&codes(&of("XP-1", 1), 1)[0])).facts;
    assert_eq!(facts["number"], "XP-1");
    assert_eq!(facts["importer"]["name"], "Hangang Pharmaceutical Industry");
    assert_eq!(facts["lines"][0]["base_ug"], 636_500_000);
    assert_eq!(facts["authorization"]["issuer"], "KR");
    assert_eq!(facts["valid_until"], "2024-12-02");
    assert_eq!(facts["entry"], 7);
}

#[test]
fn signatures_and_keys() {
    let (code, envelope) = true_one();
    let mut forged = envelope.clone();
    forged.signature[5] ^= 1;
    lie("a forged signature", told(forged.code()), Reason::SignatureBad);
    forged.signature = vec![0; 64];
    lie("a signature of zeros", told(forged.code()), Reason::SignatureBad);
    forged.signature = envelope.signature[..63].to_vec();
    lie("a signature cut short", told(forged.code()), Reason::SignatureBad);
    lie(
        "signed by another key under the right name",
        told(envelope.clone().signed(9).code()),
        Reason::SignatureBad,
    );
    lie(
        "signed by a key that is not known",
        told(&codes(&of("XP-1", 1), 9)[0]),
        Reason::KeyUnknown,
    );
    lie(
        "signed by the importer's key",
        told(&codes(&of("XP-1", 1), 10)[0]),
        Reason::IssuerOther,
    );
    let mut other = envelope.clone();
    other.payload = Envelope::of_code(&codes(&of("XP-2", 1), 1)[0]).payload;
    lie(
        "the signature of another permit",
        told(other.code()),
        Reason::SignatureBad,
    );
    let mut late = of("XP-1", 1);
    (late.issued_on, late.valid_from, late.valid_until) = (date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1));
    lie(
        "signed with an old key",
        on("2026-01-02", &codes(&late, 1), None),
        Reason::KeyOutOfDate,
    );
    truth(told(code));
}

#[test]
fn algorithms() {
    let (_, envelope) = true_one();
    let kid = envelope.header[envelope.header.len() - 8..].to_vec();
    let header = |fields: Vec<(i64, Value)>| {
        let map = fields
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect();
        let header = bytes(&Value::Map(map));
        Envelope {
            header,
            ..envelope.clone()
        }
        .signed(1)
    };
    let kid = Value::from(kid.as_slice());
    truth(told(header(vec![(1, Value::from(-8)), (4, kid.clone())]).code()));
    for (name, algorithm) in [
        ("HS256", Value::from(5)),
        ("ES256", Value::from(-7)),
        ("none", Value::from("none")),
    ] {
        lie(
            name,
            told(header(vec![(1, algorithm), (4, kid.clone())]).code()),
            Reason::AlgorithmOther,
        );
    }
    lie(
        "no algorithm",
        told(header(vec![(4, kid.clone())]).code()),
        Reason::HeaderBad,
    );
    let more = header(vec![(1, Value::from(-8)), (4, kid.clone()), (5, Value::from(1))]);
    lie("a header with more", told(more.code()), Reason::HeaderBad);
    let mut aside = header(vec![(1, Value::from(-8)), (4, kid.clone())]);
    aside.other = Value::Map(vec![(Value::from(1), Value::from(5))]);
    lie(
        "another algorithm beside what is signed",
        told(aside.code()),
        Reason::HeaderBad,
    );
    let mut empty = envelope.clone();
    (empty.header, empty.signature) = (Vec::new(), Vec::new());
    lie("no header and no signature", told(empty.code()), Reason::CborBad);
    let mac = Envelope {
        tag: 17,
        ..envelope.clone()
    };
    lie("a MAC", told(mac.code()), Reason::CborBad);
    lie("no tag", told(pack(&envelope.sealed()[1..])), Reason::NotSigned);
    let many = bytes(&Value::Tag(18, Box::new(Value::Array(vec![Value::from(1); 4]))));
    lie("other parts", told(pack(&many)), Reason::NotSigned);
}

#[test]
fn letters_and_compression() {
    let (code, _) = true_one();
    let sealed = unpack(&code);
    let packed = base45::decode(&code[4..]).unwrap();
    lie(
        "another prefix",
        told(code.replace("CS1:", "HC1:")),
        Reason::PrefixMissing,
    );
    lie(
        "a small letter",
        told(code.replacen(char::is_alphabetic, "cS1:", 0) + "a"),
        Reason::Base45Bad,
    );
    lie("letters that overflow", told("CS1::::"), Reason::Base45Bad);
    lie("cut short", told(text(&packed[..packed.len() / 2])), Reason::ZlibBad);
    lie(
        "cut at the end",
        told(text(&packed[..packed.len() - 2])),
        Reason::ZlibBad,
    );
    lie("too long", told(code.clone() + &"0".repeat(1041)), Reason::TooLong);
    lie("a bomb", told(pack(&vec![0; 200_000])), Reason::InflatesTooFar);
    lie(
        "something after the stream",
        told(text(&[packed.as_slice(), b"more"].concat())),
        Reason::BytesLeft,
    );
    lie(
        "something after the envelope",
        told(pack(&[sealed.as_slice(), &[0]].concat())),
        Reason::BytesLeft,
    );
    lie(
        "too many codes",
        on("2024-07-01", &vec![code; 17], None),
        Reason::TooLong,
    );
}

#[test]
fn forms_of_cbor() {
    let (_, envelope) = true_one();
    let signed = |payload: &[u8]| {
        Envelope {
            payload: payload.to_vec(),
            ..envelope.clone()
        }
        .signed(1)
        .code()
    };
    truth(told(signed(&envelope.payload)));
    lie(
        "nested deeper and deeper",
        told(pack(&[0x81; 5000])),
        Reason::CborTooDeep,
    );
    lie(
        "nested in what is signed",
        told(signed(&[0x81; 20])),
        Reason::CborTooDeep,
    );
    lie(
        "a million items",
        told(pack(&[&[0x9a, 0, 0x0f, 0x42, 0x40][..], &vec![0; 20_000]].concat())),
        Reason::CborTooMany,
    );
    lie(
        "a field twice",
        told(signed(&[0xa2, 1, 0x62, b'C', b'N', 1, 0x62, b'K', b'R'])),
        Reason::CborKeyTwice,
    );
    lie(
        "indefinite length",
        told(signed(&[&[0xbf], &envelope.payload[1..], &[0xff]].concat())),
        Reason::CborIndefinite,
    );
    let mut swapped = envelope.clone().with(|claims| claims.swap(0, 1)).signed(1);
    lie(
        "fields in another order",
        told(swapped.code()),
        Reason::CborNotCanonical,
    );
    swapped.payload = [&[0xb8, 4], &envelope.payload[1..]].concat();
    lie(
        "a longer head",
        told(swapped.signed(1).code()),
        Reason::CborNotCanonical,
    );
    lie(
        "a floating-point number",
        told(signed(&[0xa1, 1, 0xf9, 0, 0])),
        Reason::CborBad,
    );
    let huge = envelope
        .with(|claims| *of_line(claims, 0, 2) = Value::from(u64::MAX))
        .signed(1);
    lie("a quantity beyond 64 bits", told(huge.code()), Reason::IntegerTooLarge);
}

#[test]
fn fields_changed() {
    let (_, envelope) = true_one();
    let unsigned = |change: fn(&mut Vec<(Value, Value)>)| told(envelope.clone().with(change).code());
    lie(
        "another destination",
        unsigned(|claims| *at(permit(claims), 4) = Value::from("VN")),
        Reason::SignatureBad,
    );
    lie(
        "another quantity",
        unsigned(|claims| *of_line(claims, 0, 2) = Value::from(636_500_001)),
        Reason::SignatureBad,
    );
    lie(
        "another number",
        unsigned(|claims| *at(permit(claims), 1) = Value::from("XP-2")),
        Reason::SignatureBad,
    );
    lie(
        "a later end",
        unsigned(|claims| *at(claims, 4) = Value::from(1_767_225_600)),
        Reason::SignatureBad,
    );
}

#[test]
fn fields_that_a_right_key_signed() {
    let (_, envelope) = true_one();
    let signed = |change: fn(&mut Vec<(Value, Value)>)| told(envelope.clone().with(change).signed(1).code());
    truth(signed(|_| {}));
    lie(
        "a negative quantity",
        signed(|claims| *of_line(claims, 0, 2) = Value::from(-1)),
        Reason::QuantityBad,
    );
    lie(
        "a negative amount",
        signed(|claims| *of_line(claims, 0, 3) = Value::from(-5)),
        Reason::QuantityBad,
    );
    lie(
        "a quantity of nothing",
        signed(|claims| *of_line(claims, 0, 3) = Value::from(0)),
        Reason::QuantityBad,
    );
    lie(
        "a quantity in words",
        signed(|claims| *of_line(claims, 0, 2) = Value::from("much")),
        Reason::ClaimsBad,
    );
    lie(
        "no lines",
        signed(|claims| *at(permit(claims), 7) = Value::Array(Vec::new())),
        Reason::ClaimsBad,
    );
    lie(
        "no authorization",
        signed(|claims| permit(claims).retain(|(key, _)| *key != Value::from(8))),
        Reason::ClaimsBad,
    );
    lie(
        "an emergency with an authorization",
        signed(|claims| *at(permit(claims), 2) = Value::from(2)),
        Reason::ClaimsBad,
    );
    lie(
        "a kind that is none",
        signed(|claims| *at(permit(claims), 2) = Value::from(3)),
        Reason::ClaimsBad,
    );
    truth(signed(|claims| {
        let permit = permit(claims);
        *at(permit, 2) = Value::from(2);
        permit.retain(|(key, _)| *key != Value::from(8));
    }));
    lie(
        "a field more",
        signed(|claims| permit(claims).push((Value::from(20), Value::from(1)))),
        Reason::ClaimsBad,
    );
    lie(
        "a number with a newline",
        signed(|claims| *at(permit(claims), 1) = Value::from("X\n")),
        Reason::ClaimsBad,
    );
    lie(
        "another authority",
        signed(|claims| *at(claims, 1) = Value::from("KR")),
        Reason::IssuerOther,
    );
    lie(
        "a part of a day",
        signed(|claims| *at(claims, 6) = Value::from(1_717_372_801)),
        Reason::ClaimsBad,
    );
    lie(
        "an end before its beginning",
        signed(|claims| *at(claims, 4) = Value::from(1_717_372_800)),
        Reason::ValidityBad,
    );
}

#[test]
fn days() {
    let code = codes(&of("XP-1", 1), 1);
    truth(on("2024-12-02", &code, None));
    truth(on("2024-06-03", &code, None));
    lie("after its last day", on("2024-12-03", &code, None), Reason::Expired);
    lie(
        "before its first day",
        on("2024-06-02", &code, None),
        Reason::NotYetValid,
    );
}

#[test]
fn several_codes() {
    let day = "2024-07-01";
    let (parts, others) = (codes(&of("XP-1", 20), 1), codes(&of("XP-2", 20), 1));
    assert!(parts.len() > 2);
    truth(on(day, &parts, None));
    truth(on(day, &parts.iter().rev().collect::<Vec<_>>(), None));
    lie("one of several", on(day, &parts[..1], None), Reason::PartMissing);
    lie("all but one", on(day, &parts[1..], None), Reason::PartMissing);
    lie("none", on(day, &[] as &[&str], None), Reason::PartMissing);
    let twice: Vec<&String> = parts.iter().chain(&parts[..1]).collect();
    lie("one twice", on(day, &twice, None), Reason::PartTwice);
    let mixed: Vec<&String> = others[..1].iter().chain(&parts[1..]).collect();
    lie("one of another permit", on(day, &mixed, None), Reason::PartOfAnother);
    let with_whole: Vec<String> = codes(&of("XP-3", 1), 1)
        .into_iter()
        .chain(parts[1..].to_vec())
        .collect();
    lie("one that is no part", on(day, &with_whole, None), Reason::PartOfAnother);
    let changed = Envelope::of_code(&parts[0]).with(|claims| {
        at(claims, -65_538).as_array_mut().unwrap()[3].as_bytes_mut().unwrap()[100] ^= 1;
    });
    let signed: Vec<String> = [changed.signed(1).code()]
        .into_iter()
        .chain(parts[1..].to_vec())
        .collect();
    lie(
        "one whose bytes were changed",
        on(day, &signed, None),
        Reason::PartsDiffer,
    );
}
