//! What is signed is read again, and what is wrong is told apart.

use ed25519_dalek::Signer;
use jiff::civil::date;
use permit::{Broken, Kind, Permit, Reading, draw, open, read, sign};

use crate::made::{chinese, key, keys, keys_of, latin, long, party, today};

fn signed(permit: &Permit) -> Vec<String> {
    sign(permit, &key(1)).unwrap().texts().to_vec()
}

#[test]
fn what_is_signed_is_read() {
    let mut bonded = chinese();
    bonded.bonded = true;
    bonded.duplicate = 2;
    bonded.valid_from = date(2024, 6, 10);
    bonded.posts.clear();
    for permit in [latin(), chinese(), bonded, long()] {
        assert_eq!(open(&signed(&permit), &keys()), Ok(permit));
    }
}

#[test]
fn an_import_authorization_is_signed_by_the_importing_authority() {
    let mut permit = latin();
    permit.kind = Kind::ImportAuthorization;
    permit.authorization = None;
    permit.case = None;
    permit.several = true;
    let codes = sign(&permit, &key(2)).unwrap();
    assert_eq!(open(codes.texts(), &keys_of("KR", 2)), Ok(permit));
    assert_eq!(open(codes.texts(), &keys_of("CN", 2)), Err(Broken::IssuerOther));
}

#[test]
fn an_emergency_has_no_import_authorization() {
    let mut permit = latin();
    permit.kind = Kind::EmergencyExport;
    assert_eq!(sign(&permit, &key(1)).unwrap_err().0, "authorization");
    permit.authorization = None;
    assert_eq!(open(&signed(&permit), &keys()), Ok(permit));
}

#[test]
fn the_same_permit_gives_the_same_code() {
    assert_eq!(signed(&latin()), signed(&latin()));
}

#[test]
fn a_long_name_is_never_cut() {
    let mut permit = chinese();
    permit.exporter = party(&"药品进出口贸易".repeat(40), "宜昌", "CN");
    permit.importer.name = (0..900_u32)
        .map(|n| char::from_u32(0x4e00 + n * 7).unwrap())
        .take(300)
        .collect();
    let codes = signed(&permit);
    assert!(codes.len() > 1);
    assert_eq!(open(&codes, &keys()), Ok(permit));
}

#[test]
fn codes_of_a_set_are_read_in_any_order_and_only_together() {
    let mut codes = signed(&long());
    assert!(codes.len() > 2);
    codes.reverse();
    assert_eq!(open(&codes, &keys()), Ok(long()));
    assert_eq!(open(&codes[1..], &keys()), Err(Broken::PartMissing));
    assert_eq!(open(&codes[..1], &keys()), Err(Broken::PartMissing));
    assert_eq!(open::<String>(&[], &keys()), Err(Broken::PartMissing));
    let twice = [&codes[..1], &codes[..codes.len() - 1]].concat();
    assert_eq!(open(&twice, &keys()), Err(Broken::PartTwice));
    let mut other = long();
    other.number = "XP-OTHER".to_owned();
    codes[0] = signed(&other).pop().unwrap();
    assert_eq!(open(&codes, &keys()), Err(Broken::PartOfAnother));
    codes[0] = signed(&latin()).pop().unwrap();
    assert_eq!(open(&codes, &keys()), Err(Broken::PartOfAnother));
}

#[test]
fn readings_are_told_apart() {
    let codes = signed(&latin());
    let on = |day| read(&codes, &keys(), None, day).reading;
    assert_eq!(on(today()), Reading::Valid);
    assert_eq!(on(date(2024, 6, 2)), Reading::NotYetValid);
    assert_eq!(on(date(2024, 6, 3)), Reading::Valid);
    assert_eq!(on(date(2024, 12, 2)), Reading::Valid);
    assert_eq!(on(date(2024, 12, 3)), Reading::Expired);
    assert_eq!(
        read(&codes, &keys_of("CN", 9), None, today()).reading,
        Reading::UnknownKey
    );
    let broken = read(&["CS1:"], &keys(), None, today());
    assert_eq!(broken.reading, Reading::Broken(Broken::ZlibBad));
    assert_eq!(broken.permit, None);
}

#[test]
fn a_key_signs_only_while_it_is_valid() {
    let mut permit = latin();
    permit.issued_on = date(2026, 1, 1);
    permit.valid_from = permit.issued_on;
    permit.valid_until = date(2026, 2, 1);
    assert_eq!(open(&signed(&permit), &keys()), Err(Broken::KeyOutOfDate));
}

#[test]
fn what_is_not_of_its_form_is_not_signed() {
    type Break = fn(&mut Permit);
    let broken: [(&str, Break); 9] = [
        ("number", |permit| permit.number = "a b".to_owned()),
        ("lines", |permit| permit.lines.clear()),
        ("lines", |permit| permit.lines[0].base_ug = -1),
        ("lines", |permit| permit.lines[1].amount = 0),
        ("exporter", |permit| permit.exporter.name = "x".repeat(1001)),
        ("importer", |permit| permit.importer.country = "kr".to_owned()),
        ("authorization", |permit| permit.authorization = None),
        ("validity", |permit| permit.valid_until = date(2024, 1, 1)),
        ("entry", |permit| permit.entry = -1),
    ];
    for (field, break_it) in broken {
        let mut permit = latin();
        break_it(&mut permit);
        assert_eq!(sign(&permit, &key(1)).unwrap_err().0, field);
    }
}

#[test]
fn a_code_is_drawn_in_the_letters_of_its_mode() {
    let code = signed(&chinese()).pop().unwrap();
    let picture = draw(&code).unwrap();
    assert!(picture.svg.contains("<svg"));
    assert!(
        code.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" $%*+-./:".contains(&byte))
    );
}

#[test]
fn the_key_is_named_as_in_a_key_file() {
    let public = key(1).verifying_key().to_bytes();
    let hash = permit::kid(&public);
    assert_eq!(hash.len(), 8);
    assert!(key(1).verifying_key().verify_strict(b"x", &key(1).sign(b"x")).is_ok());
}
