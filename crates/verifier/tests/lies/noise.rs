//! Noise: whatever is read, nothing panics, and nothing is believed.

use proptest::prelude::*;
use verifier::{
    Day, KeyFile, ListFile, LogKey, check_bundle, check_checkpoint, check_permit, check_proof, check_statement,
};

use crate::forge::{pack, text};
use crate::world::keys;

/// Tries a text as everything that is read.
fn is_believed(text: &str) -> bool {
    let keys = keys();
    let log = keys[0].log_key();
    check_permit(&[text], &keys, None, Day(19_900)).is_ok()
        || check_proof(text, log, &keys).is_ok()
        || check_checkpoint(text, log, &keys, Some(text), Some(text)).is_ok()
        || check_bundle(text, log, &keys).is_ok()
        || check_statement(text, &keys, &[text]).is_ok()
        || KeyFile::read(text).is_ok()
        || LogKey::parse(text).is_ok()
}

/// A real file with some bytes in other places.
fn changed(file: &str, place: usize, byte: u8) -> String {
    let mut bytes = file.as_bytes().to_vec();
    let place = place % bytes.len();
    bytes[place] = byte;
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #[test]
    fn any_text(text in "\\PC{0,200}") {
        prop_assert!(!is_believed(&text));
    }

    #[test]
    fn any_code(letters in "CS1:[0-9A-Z $%*+./:-]{0,200}") {
        prop_assert!(!is_believed(&letters));
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!is_believed(&pack(&bytes)));
        prop_assert!(!is_believed(&text(&bytes)));
        prop_assert!(ListFile::read(&bytes, &keys(), 0).is_err());
    }

    #[test]
    fn any_stream(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // The head of a stream, so that decompression begins.
        prop_assert!(!is_believed(&text(&[&[0x78, 0xda], bytes.as_slice()].concat())));
    }

    #[test]
    fn real_files_changed(place in any::<usize>(), byte in any::<u8>()) {
        let files = [
            include_str!("../real/statement.json"),
            include_str!("../real/19247.tlog-proof"),
            include_str!("../real/checkpoint-19233"),
            include_str!("../real/CN.json"),
        ];
        // Only that nothing panics: a change may be none, or in what is not looked at.
        for file in files {
            is_believed(&changed(file, place, byte));
        }
    }
}
