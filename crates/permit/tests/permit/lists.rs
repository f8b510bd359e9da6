//! The signed list of what was revoked and used.

use std::time::Instant;

use jiff::civil::date;
use permit::{Broken, List, Listed, Listing, Reading, open_list, read, sign, sign_list};

use crate::made::{key, keys, keys_of, latin, today};

fn listing<'a>(sequence: i64, permits: &'a [(&'a str, Listed)]) -> Listing<'a> {
    Listing {
        issuer: "CN",
        sequence,
        issued_on: date(2024, 6, 30),
        valid_until: date(2024, 7, 7),
        permits,
    }
}

fn list(permits: &[(&str, Listed)]) -> List {
    let bytes = sign_list(&listing(5, permits), &key(1)).unwrap();
    open_list(&bytes, &keys(), 0).unwrap()
}

#[test]
fn a_list_tells_what_became_of_a_permit() {
    let codes = sign(&latin(), &key(1)).unwrap();
    let reading = |list: &List, day| read(codes.texts(), &keys(), Some(list), day).reading;
    let number = latin().number;
    let nothing = list(&[("XP-1", Listed::Revoked), ("XP-2", Listed::Used)]);
    assert_eq!(reading(&nothing, today()), Reading::Valid);
    assert_eq!(reading(&nothing, date(2024, 7, 8)), Reading::ListTooOld);
    assert_eq!(reading(&list(&[(&number, Listed::Used)]), today()), Reading::Used);
    let revoked = list(&[
        (&number, Listed::Used),
        (&number, Listed::Revoked),
        ("XP-1", Listed::Used),
    ]);
    assert_eq!(reading(&revoked, today()), Reading::Revoked);
    assert_eq!(reading(&revoked, date(2024, 11, 1)), Reading::Revoked);
    assert_eq!(read(codes.texts(), &keys(), Some(&nothing), today()).sequence, Some(5));
}

#[test]
fn a_list_never_goes_back() {
    let bytes = sign_list(&listing(5, &[]), &key(1)).unwrap();
    assert!(open_list(&bytes, &keys(), 5).is_ok());
    assert_eq!(open_list(&bytes, &keys(), 6).unwrap_err(), Broken::ListRolledBack);
    assert!(sign_list(&listing(-1, &[]), &key(1)).is_none());
}

#[test]
fn a_list_of_another_authority_says_nothing() {
    let other = Listing {
        issuer: "KR",
        ..listing(5, &[])
    };
    let bytes = sign_list(&other, &key(2)).unwrap();
    let theirs = open_list(&bytes, &keys_of("KR", 2), 0).unwrap();
    let codes = sign(&latin(), &key(1)).unwrap();
    let reading = read(codes.texts(), &keys(), Some(&theirs), today()).reading;
    assert_eq!(reading, Reading::Broken(Broken::ListOfAnother));
    assert_eq!(
        open_list(&bytes, &keys_of("CN", 2), 0).unwrap_err(),
        Broken::IssuerOther
    );
}

#[test]
fn a_changed_list_is_refused() {
    let bytes = sign_list(&listing(5, &[("XP-1", Listed::Revoked)]), &key(1)).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(open_list(&changed, &keys(), 0).is_err(), "byte {place}");
        assert!(open_list(&bytes[..place], &keys(), 0).is_err(), "cut at {place}");
    }
}

/// Told, not asserted.
#[test]
fn the_time_that_a_hundred_thousand_take() {
    let numbers: Vec<String> = (0..100_000).map(|n| format!("XP-2024-{n:06}")).collect();
    let state = |n: usize| {
        if n.is_multiple_of(10) {
            Listed::Revoked
        } else {
            Listed::Used
        }
    };
    let permits: Vec<(&str, Listed)> = numbers
        .iter()
        .enumerate()
        .map(|(n, number)| (number.as_str(), state(n)))
        .collect();
    let bytes = sign_list(&listing(5, &permits), &key(1)).unwrap();
    let began = Instant::now();
    let list = open_list(&bytes, &keys(), 0).unwrap();
    let opened = began.elapsed();
    let began = Instant::now();
    assert_eq!(list.of("XP-2024-000010"), Some(Listed::Revoked));
    assert_eq!(list.of("XP-2024-099999"), Some(Listed::Used));
    assert_eq!(list.of("XP-2024-100000"), None);
    println!(
        "a list of 100000 has {} bytes, is opened in {opened:?}, and three are found in {:?}",
        bytes.len(),
        began.elapsed()
    );
}
