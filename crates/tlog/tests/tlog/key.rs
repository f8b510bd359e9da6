use proptest::prelude::*;
use tlog::{Checkpoint, Error, LogKey, sign, verify};

/// The key pair in the documentation of Go's `golang.org/x/mod/sumdb/note`.
const GO_SKEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn the_key_texts_are_those_of_go() {
    let key = LogKey::parse(GO_SKEY).unwrap();
    assert_eq!(key.origin(), "PeterNeumann");
    assert_eq!(key.verifier(), GO_VKEY);
    assert_eq!(key.to_text(), GO_SKEY);
    // The crate that ports the Go code reads both.
    assert!(signed_note::StandardSigner::new(&key.to_text()).is_ok());
    assert!(signed_note::StandardVerifier::new(&key.verifier()).is_ok());
}

#[test]
fn the_secret_is_not_shown() {
    let shown = format!("{:?}", LogKey::parse(GO_SKEY).unwrap());
    assert!(shown.contains(GO_VKEY), "{shown}");
    assert!(
        !shown.contains("AYEKFALV") && !shown.contains("PRIVATE") && !shown.contains("129, 10, 20"),
        "{shown}"
    );
}

#[test]
fn a_malformed_private_key_is_refused_by_reason() {
    let form = |reason| Error::KeyForm(reason);
    let check = |skey: &str, expected: Error| assert_eq!(LogKey::parse(skey).unwrap_err(), expected, "{skey}");
    check("", form("it does not begin with PRIVATE+KEY+"));
    check(GO_VKEY, form("it does not begin with PRIVATE+KEY+"));
    check(
        "PRIVATE+KEY+a+c74f20a3",
        form("it does not have a name, a key id and a key"),
    );
    check(&GO_SKEY.replace("PeterNeumann", ""), Error::NameForm);
    check(&GO_SKEY.replace("PeterNeumann", "Peter Neumann"), Error::NameForm);
    check(&GO_SKEY.replace("PeterNeumann", "Peter\u{7f}"), Error::NameForm);
    check(&GO_SKEY.replace("PeterNeumann", "PeterNeuman"), Error::KeyId);
    check(&GO_SKEY.replace("c74f20a3", "c74f20a4"), Error::KeyId);
    check(
        &GO_SKEY.replace("c74f20a3", "C74F20A3"),
        form("the key id is not eight hexadecimal digits"),
    );
    check(
        &GO_SKEY.replace("c74f20a3", "c74f20a"),
        form("the key id is not eight hexadecimal digits"),
    );
    check(&GO_SKEY.replace("AYEK", "AYEL"), Error::KeyId);
    check(&GO_SKEY.replace("AYEK", "AY!K"), form("the key is not base64"));
    check(&GO_SKEY.replace("AYEK", "AoEK"), Error::KeyType(2));
    check(&GO_SKEY.replace("AYEK", "BIEK"), Error::KeyType(4));
    check(&GO_SKEY.replace("KDFz", ""), form("the key does not have 32 bytes"));
    check(&GO_SKEY[..GO_SKEY.len() - 44], form("the key is empty"));
    check(
        &format!("{GO_SKEY}{}", "A".repeat(300)),
        Error::TooLong {
            what: "key text",
            bytes: GO_SKEY.len() + 300,
            bytes_max: 355,
        },
    );
}

#[test]
fn a_malformed_public_key_is_refused_by_reason() {
    let key = LogKey::parse(GO_SKEY).unwrap();
    let checkpoint = Checkpoint {
        origin: "PeterNeumann".into(),
        size: 1,
        root: [1; 32],
    };
    let note = sign(&checkpoint, &key).unwrap();
    assert_eq!(verify(&note, GO_VKEY), Ok(checkpoint));
    let check = |vkey: &str, expected: Error| assert_eq!(verify(&note, vkey).unwrap_err(), expected, "{vkey}");
    check("", Error::KeyForm("it does not have a name, a key id and a key"));
    check(&GO_VKEY.replace("c74f20a3", "c74f20a4"), Error::KeyId);
    check(&GO_VKEY.replace("ARpc", "BRpc"), Error::KeyType(5));
    // The neutral element of the curve, under which a signature fits any text.
    let weak = "PeterNeumann+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    check(weak, Error::KeyForm("it is a weak key"));
    check(
        &"A".repeat(400),
        Error::TooLong {
            what: "key text",
            bytes: 400,
            bytes_max: 355,
        },
    );
}

#[test]
fn a_name_that_breaks_a_signature_line_is_refused() {
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{1}", &"a".repeat(256)] {
        assert_eq!(
            LogKey::generate(name, [1; 32]).unwrap_err(),
            Error::NameForm,
            "{name:?}"
        );
    }
    assert!(LogKey::generate(&"a".repeat(255), [1; 32]).is_ok());
}

proptest! {
    #[test]
    fn keys_come_back_as_they_were(name in "[a-z0-9./ü-]{1,80}", seed: [u8; 32]) {
        let key = LogKey::generate(&name, seed).unwrap();
        let again = LogKey::parse(&key.to_text()).unwrap();
        prop_assert_eq!(again.to_text(), key.to_text());
        prop_assert_eq!(again.verifier(), key.verifier());
    }

    #[test]
    fn no_text_makes_the_key_parsers_panic(text in "(PRIVATE\\+KEY\\+)?[a-z]{0,3}\\+[0-9a-f]{7,9}\\+[A-Za-z0-9+/=]{0,60}") {
        prop_assert!(LogKey::parse(&text).is_err());
        prop_assert!(verify("", &text).is_err());
    }
}
