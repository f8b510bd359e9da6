use crate::oracle::Oracle;
use tlog::{Checkpoint, Cosignature, Error, LogKey, NOTE_BYTES_MAX, add_signature, cosign, sign, verify_all};

const AT: u64 = 1_679_315_147;

fn log_key() -> LogKey {
    LogKey::generate("exporter.example/log", [1; 32]).unwrap()
}

fn witness_key() -> LogKey {
    LogKey::generate("importer.example/log", [2; 32]).unwrap()
}

fn checkpoint(oracle: &Oracle, size: u64) -> Checkpoint {
    Checkpoint {
        origin: log_key().origin().into(),
        size,
        root: oracle.root(size),
    }
}

fn note(oracle: &Oracle, size: u64) -> String {
    sign(&checkpoint(oracle, size), &log_key()).unwrap()
}

#[test]
fn a_cosigned_checkpoint_accounts_for_both_lines() {
    let oracle = Oracle::of_size(9);
    let last = checkpoint(&oracle, 4);
    let line = cosign(
        &note(&oracle, 9),
        &log_key().verifier(),
        Some(&last),
        &oracle.proof(4, 9),
        &witness_key(),
        AT,
    )
    .unwrap();
    let cosigned = add_signature(&note(&oracle, 9), &line).unwrap();
    let keys = [log_key().verifier(), witness_key().cosignature_verifier()];
    let verified = verify_all(&cosigned, &keys).unwrap();
    assert_eq!(verified.checkpoint, checkpoint(&oracle, 9));
    let expected = Cosignature {
        name: "importer.example/log".into(),
        at_unix_seconds: AT,
    };
    assert_eq!(verified.cosignatures, [expected]);
    // The witness's key as a log is another key: it does not account for a cosignature.
    let as_log = [log_key().verifier(), witness_key().verifier()];
    assert!(matches!(
        verify_all(&cosigned, &as_log),
        Err(Error::SignatureUnknown { .. })
    ));
    let without_log = [witness_key().cosignature_verifier()];
    assert!(matches!(
        verify_all(&cosigned, &without_log),
        Err(Error::SignatureUnknown { .. })
    ));
    // The line belongs to this checkpoint alone.
    let moved = add_signature(&note(&oracle, 8), &line).unwrap();
    assert!(
        matches!(verify_all(&moved, &keys), Err(Error::SignatureForged { name, .. }) if name == "importer.example/log")
    );
}

#[test]
fn a_cosignature_signs_the_message_of_the_specification() {
    let oracle = Oracle::of_size(9);
    let line = cosign(&note(&oracle, 9), &log_key().verifier(), None, &[], &witness_key(), AT).unwrap();
    let parsed = signed_note::Signature::from_bytes(line.trim_end().as_bytes()).unwrap();
    let (time, signature) = parsed.signature().split_at(8);
    assert_eq!(time, AT.to_be_bytes());
    let text = note(&oracle, 9).split_once("\n\n").unwrap().0.to_owned();
    let message = format!("cosignature/v1\ntime {AT}\n{text}\n");
    let plain = signed_note::StandardVerifier::new(&witness_key().verifier()).unwrap();
    assert!(signed_note::Verifier::verify(&plain, message.as_bytes(), signature));
}

#[test]
fn a_witness_refuses_a_log_that_was_rewritten_or_rolled_back() {
    let oracle = Oracle::of_size(9);
    let ask = |note: &str, last: Option<&Checkpoint>, proof: &[_]| {
        cosign(note, &log_key().verifier(), last, proof, &witness_key(), AT)
    };
    let last = checkpoint(&oracle, 4);
    assert!(ask(&note(&oracle, 4), Some(&last), &[]).is_ok());
    let shrinks = Error::SizeShrinks {
        old_size: 4,
        new_size: 3,
    };
    assert_eq!(ask(&note(&oracle, 3), Some(&last), &[]), Err(shrinks));
    let split_view = Checkpoint {
        root: [1; 32],
        ..last.clone()
    };
    let same_size = Error::NotConsistent {
        old_size: 4,
        new_size: 4,
    };
    assert_eq!(ask(&note(&oracle, 4), Some(&split_view), &[]), Err(same_size));
    let not_consistent = Err(Error::NotConsistent {
        old_size: 4,
        new_size: 9,
    });
    assert_eq!(
        ask(&note(&oracle, 9), Some(&split_view), &oracle.proof(4, 9)),
        not_consistent
    );
    assert_eq!(ask(&note(&oracle, 9), Some(&last), &[]), not_consistent);
    let at_first = Error::NotConsistent {
        old_size: 0,
        new_size: 9,
    };
    assert_eq!(ask(&note(&oracle, 9), None, &oracle.proof(4, 9)), Err(at_first));
    let other = Checkpoint {
        origin: "other.example".into(),
        ..last
    };
    assert!(matches!(
        ask(&note(&oracle, 9), Some(&other), &oracle.proof(4, 9)),
        Err(Error::OriginOther { .. })
    ));
}

#[test]
fn a_witness_refuses_what_the_log_did_not_sign_and_an_impossible_time() {
    let oracle = Oracle::of_size(9);
    let stranger = witness_key().verifier();
    assert_eq!(
        cosign(&note(&oracle, 9), &stranger, None, &[], &witness_key(), AT),
        Err(Error::NoteUnsigned)
    );
    let never = u64::MAX;
    let refused = cosign(
        &note(&oracle, 9),
        &log_key().verifier(),
        None,
        &[],
        &witness_key(),
        never,
    );
    assert_eq!(refused, Err(Error::TimeTooLarge(never)));
}

#[test]
fn only_one_whole_line_is_added() {
    let oracle = Oracle::of_size(9);
    let note = note(&oracle, 9);
    let line = cosign(&note, &log_key().verifier(), None, &[], &witness_key(), AT).unwrap();
    for malformed in [
        "",
        "\n",
        line.trim_end(),
        &format!("{line}{line}"),
        &format!("\n{line}"),
        &line[4..],
    ] {
        assert_eq!(add_signature(&note, malformed), Err(Error::NoteForm), "{malformed:?}");
    }
    assert_eq!(add_signature("no note", &line), Err(Error::NoteForm));
    let long = "a".repeat(NOTE_BYTES_MAX);
    assert!(matches!(
        add_signature(&note, &long),
        Err(Error::TooLong {
            what: "signed note",
            ..
        })
    ));
}
