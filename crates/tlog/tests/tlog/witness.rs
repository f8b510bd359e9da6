//! `add-checkpoint`, with requests, notes and keys put together by hand from the specifications: nothing that is checked is
//! made by the crate.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tlog::{AddCheckpoint, Checkpoint, Hash, LogKey, WITNESS_PROOF_LINES_MAX, WitnessRefusal, cosign};

use crate::oracle::Oracle;

const ORIGIN: &str = "foreign.example/log";

fn secret() -> SigningKey {
    SigningKey::from_bytes(&[41; 32])
}

/// The first four bytes of SHA-256(name, newline, type, key) (C2SP signed-note).
fn key_id(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([b'\n', kind]);
    hash.update(public);
    hash.finalize()[..4].try_into().unwrap()
}

fn vkey() -> String {
    let public = secret().verifying_key().to_bytes();
    let id = u32::from_be_bytes(key_id(ORIGIN, 1, &public));
    let key = BASE64_STANDARD.encode([&[1][..], &public].concat());
    format!("{ORIGIN}+{id:08x}+{key}")
}

fn text(size: u64, root: &Hash) -> String {
    format!("{ORIGIN}\n{size}\n{}\n", BASE64_STANDARD.encode(root))
}

fn note_by(key: &SigningKey, size: u64, root: &Hash) -> String {
    let text = text(size, root);
    let signature = key.sign(text.as_bytes()).to_bytes();
    let id = key_id(ORIGIN, 1, &key.verifying_key().to_bytes());
    let line = BASE64_STANDARD.encode([&id[..], &signature].concat());
    format!("{text}\n\u{2014} {ORIGIN} {line}\n")
}

fn request(old: u64, proof: &[Hash], note: &str) -> String {
    let lines: String = proof.iter().map(|hash| BASE64_STANDARD.encode(hash) + "\n").collect();
    format!("old {old}\n{lines}\n{note}")
}

fn at(size: u64) -> Checkpoint {
    let root = Oracle::of_size(size).root(size);
    let origin = ORIGIN.to_owned();
    Checkpoint { origin, size, root }
}

fn grown(old: u64, new: u64) -> String {
    let log = Oracle::of_size(new);
    let proof = if old == 0 { Vec::new() } else { log.proof(old, new) };
    request(old, &proof, &note_by(&secret(), new, &log.root(new)))
}

fn checked(body: &str, last: Option<&Checkpoint>) -> Result<Checkpoint, WitnessRefusal> {
    let request = AddCheckpoint::parse(body)?;
    assert_eq!(request.to_text(), body, "a request has one form");
    assert_eq!(request.origin(), ORIGIN);
    request.check(&vkey(), last)
}

#[test]
fn what_continues_is_cosigned_and_the_cosignature_is_that_of_the_specification() {
    for (old, new) in [(0, 0), (0, 1), (0, 7), (1, 2), (3, 7), (4, 4), (7, 8), (100, 300)] {
        let last = (old > 0).then(|| at(old));
        assert_eq!(checked(&grown(old, new), last.as_ref()), Ok(at(new)), "{old} to {new}");
    }
    let witness = LogKey::generate("witness.example", [43; 32]).unwrap();
    let request = AddCheckpoint::parse(&grown(3, 7)).unwrap();
    let line = cosign(
        &request.note,
        &vkey(),
        Some(&at(3)),
        &request.proof,
        &witness,
        1_700_000_000,
    )
    .unwrap();
    let encoded = line.strip_prefix("\u{2014} witness.example ").unwrap().trim_end();
    let bytes = BASE64_STANDARD.decode(encoded).unwrap();
    let key = SigningKey::from_bytes(&[43; 32]).verifying_key();
    assert_eq!(bytes[..4], key_id("witness.example", 4, &key.to_bytes()));
    assert_eq!(bytes[4..12], 1_700_000_000_u64.to_be_bytes());
    let said = format!("cosignature/v1\ntime 1700000000\n{}", text(7, &at(7).root));
    let signature = ed25519_dalek::Signature::from_slice(&bytes[12..]).unwrap();
    assert!(key.verify(said.as_bytes(), &signature).is_ok());
}

#[test]
fn each_lie_has_its_status() {
    let (last, log) = (at(3), Oracle::of_size(7));
    let (root, proof) = (log.root(7), log.proof(3, 7));
    let stranger = SigningKey::from_bytes(&[42; 32]);
    let good = note_by(&secret(), 7, &root);
    let mut relabelled = note_by(&stranger, 7, &root);
    let own = BASE64_STANDARD.encode(key_id(ORIGIN, 1, &secret().verifying_key().to_bytes()));
    let line = relabelled.rfind(' ').unwrap() + 1;
    relabelled.replace_range(line..line + 5, &own[..5]);
    let lies = [
        ("another old size", request(2, &log.proof(2, 7), &good), 409),
        ("no old size", request(0, &[], &good), 409),
        (
            "a larger old size than the checkpoint's",
            request(9, &proof, &good),
            400,
        ),
        (
            "a smaller checkpoint",
            request(3, &[], &note_by(&secret(), 2, &log.root(2))),
            400,
        ),
        (
            "another root of the same size",
            request(3, &[], &note_by(&secret(), 3, &[7; 32])),
            409,
        ),
        ("no proof", request(3, &[], &good), 422),
        ("a proof of another past", request(3, &log.proof(4, 7), &good), 422),
        (
            "a hash too many",
            request(3, &[&proof[..], &[[0; 32]]].concat(), &good),
            422,
        ),
        ("a fork", request(3, &proof, &note_by(&secret(), 7, &[9; 32])), 422),
        (
            "a proof where nothing has grown",
            request(3, &proof, &note_by(&secret(), 3, &last.root)),
            422,
        ),
        ("another key", request(3, &proof, &note_by(&stranger, 7, &root)), 403),
        (
            "another key under this one's name",
            request(3, &proof, &relabelled),
            403,
        ),
    ];
    for (lie, body, status) in lies {
        let refused = checked(&body, Some(&last)).unwrap_err();
        assert_eq!(refused.status(), status, "{lie}: {refused:?}");
    }
    assert_eq!(
        checked(&request(2, &log.proof(2, 7), &good), Some(&last)),
        Err(WitnessRefusal::OldSize(3)),
        "the answer tells the size"
    );
    assert_eq!(WitnessRefusal::LogUnknown.status(), 404);
}

#[test]
fn a_request_in_another_form_is_not_read() {
    let good = grown(3, 7);
    AddCheckpoint::parse(&good).unwrap();
    let many = request(3, &[[1; 32]; WITNESS_PROOF_LINES_MAX + 1], "note");
    let long = format!("{good}{}", "x".repeat(30_000));
    for body in [
        "",
        "old 3",
        "old 3\n",
        &good.replacen("old 3", "old 03", 1),
        &good.replacen("old 3", "old +3", 1),
        &good.replacen("old 3", "old -3", 1),
        &good.replacen("old 3", "old  3", 1),
        &good.replacen("old 3", "Old 3", 1),
        &good.replacen("old 3\n", "old 3\r\n", 1),
        &good.replacen("old 3\n", "old 3\nAAAA\n", 1),
        &good.replacen('=', "", 1),
        &good.replacen("\n\n", "\n \n", 1),
        &many,
        &long,
    ] {
        let refused = AddCheckpoint::parse(body).and_then(|request| request.check(&vkey(), Some(&at(3))));
        assert_eq!(refused.unwrap_err().status(), 400, "{body:?}");
    }
}

proptest! {
    #[test]
    fn reading_a_request_does_not_stop_anybody(body in "(old [0-9]{0,3}\n)?([A-Za-z0-9+/=]{0,44}\n){0,3}\n?[ -~\n]{0,80}") {
        if let Ok(request) = AddCheckpoint::parse(&body) {
            prop_assert!(request.check(&vkey(), None).is_err());
            prop_assert_eq!(request.to_text(), body);
        }
    }
}
