//! Lies about lists and key files.

use ciborium::Value;
use jiff::civil::date;
use permit::{Listed, Listing, Permit, Purpose, copy_name, sign_list};
use verifier::{KeyFile, ListFile, Reason};

use crate::corpus;
use crate::forge::{Envelope, at, pack, unpack};
use crate::permits::{codes, of, on, told};
use crate::world::{key, key_file_text, keys};
use crate::{lie, truth};

fn list_of(issuer: &str, sequence: i64, seed: u8, permits: &[(&str, Listed)]) -> Vec<u8> {
    let (issued_on, valid_until) = (date(2024, 6, 30), date(2024, 7, 7));
    sign_list(
        &Listing {
            issuer,
            sequence,
            issued_on,
            valid_until,
            permits,
        },
        &key(seed),
    )
    .unwrap()
}

fn list(sequence: i64, permits: &[(&str, Listed)]) -> Vec<u8> {
    list_of("CN", sequence, 1, permits)
}

#[test]
pub fn lists() {
    let code = codes(&of("XP-1", 1), 1);
    let read = |bytes: &[u8], last| {
        corpus::listed(bytes, last);
        ListFile::read(bytes, &keys(), last)
    };
    let with = |bytes: &[u8], day| on(day, &code, Some(&read(bytes, 0).unwrap()));
    let good = list(
        5,
        &[
            ("XP-7", Listed::Revoked),
            ("XP-8", Listed::Used),
            ("XP-9", Listed::Used),
        ],
    );
    truth(with(&good, "2024-07-07"));
    truth(read(&good, 5));
    lie(
        "revoked",
        with(&list(6, &[("XP-1", Listed::Revoked)]), "2024-07-01"),
        Reason::Revoked,
    );
    lie(
        "used, and shown again",
        with(&list(6, &[("XP-1", Listed::Used)]), "2024-07-01"),
        Reason::Used,
    );
    // Every copy of a permit is listed by itself.
    let duplicate = |duplicate| {
        codes(
            &Permit {
                duplicate,
                ..of("XP-1", 1)
            },
            1,
        )
    };
    let replaced = list(
        6,
        &[("XP-1", Listed::Revoked), (&copy_name("XP-1", 1), Listed::Revoked)],
    );
    let shown = |codes: &[String]| on("2024-07-01", codes, Some(&read(&replaced, 0).unwrap()));
    lie("a lost original that was found", shown(&code), Reason::Revoked);
    lie("a duplicate that was lost too", shown(&duplicate(1)), Reason::Revoked);
    truth(shown(&duplicate(2)));
    let again = Permit {
        purpose: Purpose::ReExport,
        ..of("XP-1", 1)
    };
    truth(on("2024-07-01", &codes(&again, 1), None));
    lie("a list that ended", with(&good, "2024-07-08"), Reason::ListTooOld);
    lie("an older list", read(&good, 6), Reason::ListRolledBack);
    lie(
        "the list of another",
        with(&list_of("KR", 5, 10, &[]), "2024-07-01"),
        Reason::ListOfAnother,
    );
    lie(
        "a list for another",
        read(&list_of("CN", 5, 10, &[]), 0),
        Reason::IssuerOther,
    );
    lie(
        "a list by nobody",
        read(&list_of("CN", 5, 9, &[]), 0),
        Reason::KeyUnknown,
    );
    let mut taken_out = Envelope::of(&list(5, &[("XP-1", Listed::Revoked)]));
    taken_out = taken_out.with(|claims| at(claims, -65_539).as_array_mut().unwrap()[1] = Value::Bytes(Vec::new()));
    lie(
        "a permit taken out of the list",
        read(&taken_out.sealed(), 0),
        Reason::SignatureBad,
    );
    lie("a list cut short", read(&good[..good.len() - 1], 0), Reason::CborBad);
    lie(
        "a list that is too long",
        read(&vec![0; 17 * 1024 * 1024], 0),
        Reason::TooLong,
    );
    let unsorted = Envelope::of(&good).with(|claims| {
        at(claims, -65_539).as_array_mut().unwrap()[2]
            .as_bytes_mut()
            .unwrap()
            .rotate_left(12);
    });
    lie(
        "a list in another order",
        read(&unsorted.signed(1).sealed(), 0),
        Reason::ListUnsorted,
    );
    lie("a permit for a list", read(&unpack(&code[0]), 0), Reason::ClaimsBad);
    lie("a list for a permit", told(pack(&good)), Reason::ClaimsBad);
}

#[test]
fn key_files() {
    let good = key_file_text("CN", "CN", 1);
    truth(KeyFile::read(&good));
    let later = good.replace("2025-12-31", "2035-12-31");
    lie(
        "a key that is valid for longer",
        KeyFile::read(&later),
        Reason::KeyFileForged,
    );
    lie(
        "a key of another",
        KeyFile::read(&good.replace("\"CN\"", "\"KR\"")),
        Reason::KeyFileForged,
    );
    lie("cut short", KeyFile::read(&good[..good.len() / 2]), Reason::KeyFileBad);
    let more = good.replacen("{\"id\"", "{\"more\":1,\"id\"", 1);
    lie("a field more", KeyFile::read(&more), Reason::KeyFileBad);
    lie("too long", KeyFile::read(&" ".repeat(17 * 1024)), Reason::TooLong);
}
