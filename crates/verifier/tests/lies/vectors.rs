//! The test vectors of the protocol, as far as they are files that this program reads.

use serde_json::Value;
use verifier::{Day, KeyFile, LogKey, Reason, check_bundle, check_permit};

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn keys() -> Value {
    vectors(include_str!("../../../../docs/vectors/keys.json"))
}

/// A key file with a recipient of files, one without, one of a new key, and one of a log that starts anew.
#[test]
fn key_files_have_their_fingerprints() {
    let file = keys();
    let mut told: Vec<&Value> = file["authorities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["key_file"])
        .collect();
    told.extend([&file["without_recipient"], &file["restarted"]]);
    for one in told {
        let read = KeyFile::read(one["file"].as_str().unwrap()).unwrap();
        assert_eq!(one["fingerprint"], read.fingerprint());
    }
    assert!(KeyFile::read(file["next"].as_str().unwrap()).is_ok());
    for wrong in file["wrong"].as_array().unwrap() {
        let told = KeyFile::read(wrong["file"].as_str().unwrap());
        assert!(
            matches!(told, Err(Reason::KeyFileBad | Reason::KeyFileForged)),
            "{}",
            wrong["what"]
        );
    }
}

#[test]
fn permits_and_a_bundle_hold() {
    let own = keys();
    let cn = KeyFile::read(own["authorities"][0]["key_file"]["file"].as_str().unwrap()).unwrap();
    let permits = vectors(include_str!("../../../../docs/vectors/permits.json"));
    for permit in permits["permits"].as_array().unwrap() {
        let codes: Vec<&str> = permit["codes"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let day = Day::parse("2024-03-05").unwrap();
        let report = check_permit(&codes, std::slice::from_ref(&cn), None, day).unwrap();
        assert!(report.facts.to_string().contains(permit["number"].as_str().unwrap()));
    }
    let file = vectors(include_str!("../../../../docs/vectors/bundle.json"));
    let key = LogKey::parse(file["log_key"].as_str().unwrap()).unwrap();
    check_bundle(&file["bundle"].to_string(), &key, &[]).unwrap();
    let mut less = file["bundle"].clone();
    less["entries"][1]["proof"].as_array_mut().unwrap().pop();
    assert!(check_bundle(&less.to_string(), &key, &[]).is_err());
}
