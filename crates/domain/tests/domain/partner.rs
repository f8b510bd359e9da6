//! Key files, messages and receipts as they are written down.

use domain::digest::{Bytes, Digest, PublicKey};
use domain::partner::{EntryRef, Json, Receipt, Signed, Taken, kid};

use crate::two::{LK, Two, file_of, sealed};

#[test]
fn a_key_is_named_by_the_first_half_of_its_hash() {
    let key: PublicKey = Bytes([1; 32]);
    assert_eq!(kid(&key), "72cd6e8422c407fb");
}

#[test]
fn a_fingerprint_is_of_every_field_but_the_signature() {
    let file = file_of(Two::at("paired").state(LK));
    let fingerprint = file.fingerprint();
    let groups: Vec<&str> = fingerprint.split('-').collect();
    assert_eq!(groups.len(), 8, "{fingerprint}");
    for group in groups {
        assert!(
            group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{fingerprint}"
        );
    }
    let mut other = file.clone();
    other.signature = Bytes([7; 64]);
    assert_eq!(other.fingerprint(), fingerprint);
    let text = |text: &str| text.parse().expect("a text");
    let others: [fn(&mut domain::partner::KeyFile); 8] = [
        |file| file.issued = Some(file.key.valid_until),
        |file| file.root = Bytes([9; 32]),
        |file| file.key.public = Bytes([9; 32]),
        |file| file.key.valid_until = file.key.valid_from,
        |file| file.id = "XX".parse().expect("an id"),
        |file| file.country = "PH".parse().expect("a country"),
        |file| file.url = Some("https://elsewhere".parse().expect("a text")),
        |file| file.cosignature_key = file.name.clone(),
    ];
    for change in others {
        let mut another = file.clone();
        change(&mut another);
        assert_ne!(another.fingerprint(), fingerprint, "{another:?}");
    }
    let mut another = file.clone();
    (another.name, another.log_key) = (text("Another"), text("another+0+key"));
    assert_ne!(another.fingerprint(), fingerprint);
}

#[test]
fn a_document_is_one_object_and_kept_letter_by_letter() {
    for text in ["[]", "1", " {}", "{} ", "{}{}", "{", ""] {
        assert!(Json::parse(text).is_err(), "{text:?}");
    }
    let text = r#"{"b":1.50,  "a":"\u0041"}"#;
    let document = Json::parse(text).expect("an object");
    assert_eq!(document.as_str(), text);
    assert_eq!(serde_json::to_string(&document).expect("JSON"), text);
    assert_eq!(serde_json::from_str::<Json>(text).expect("an object"), document);
}

#[test]
fn a_signed_document_travels_as_three_parts() {
    let kid = "72cd6e8422c407fb".parse().expect("an id");
    let payload = Json::parse("{}").expect("an object");
    let signed = Signed {
        kid,
        payload,
        signature: Bytes([0; 64]),
    };
    let compact = signed.compact();
    // The header is {"alg":"EdDSA","kid":"72cd6e8422c407fb"}, the payload {}.
    let header = "eyJhbGciOiJFZERTQSIsImtpZCI6IjcyY2Q2ZTg0MjJjNDA3ZmIifQ";
    assert_eq!(compact, format!("{header}.e30.{}", "A".repeat(86)));
    assert_eq!(
        Signed::signing_input(&signed.kid, &signed.payload),
        format!("{header}.e30")
    );
    assert_eq!(signed.hash(), Digest::of(compact));
}

#[test]
fn a_receipt_says_its_outcome_beside_its_other_fields() {
    for (taken, says) in [
        (Taken::Accepted, r#""seq":3,"outcome":"accepted","entry":"#),
        (
            Taken::Refused {
                code: "case_known".parse().expect("an id"),
            },
            r#""seq":3,"outcome":"refused","code":"case_known","entry":"#,
        ),
    ] {
        let receipt = Receipt {
            v: 1,
            from: "LK".parse().expect("an id"),
            to: "CN".parse().expect("an id"),
            of: Digest::of(b"message"),
            seq: 3,
            taken,
            entry: EntryRef {
                seq: 9,
                leaf: Digest::of(b"leaf"),
            },
            seen_size: 7,
            cosignature: "line".to_owned(),
        };
        let written = sealed("72cd6e8422c407fb", &receipt).payload;
        assert!(written.as_str().contains(says), "{}", written.as_str());
        assert_eq!(written.read::<Receipt>().expect("a receipt"), receipt);
    }
}
