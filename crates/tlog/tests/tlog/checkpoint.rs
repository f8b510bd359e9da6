use proptest::prelude::*;
use signed_note::Note;
use tlog::{Checkpoint, EMPTY_ROOT, Error, LogKey, NOTE_BYTES_MAX, SIZE_MAX, add_signature, sign, verify, verify_all};

const ORIGIN: &str = "authority.example/log";

fn key() -> LogKey {
    LogKey::generate(ORIGIN, [1; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.into(),
        size: 109_482,
        root: [0xa5; 32],
    }
}

/// A text signed as it is by the key of the log, whatever it says.
fn signed(text: &str) -> String {
    let mut note = Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&key()]).unwrap();
    String::from_utf8(note.to_bytes()).unwrap()
}

fn refusal(note: &str) -> Error {
    verify(note, &key().verifier()).unwrap_err()
}

#[test]
fn a_checkpoint_is_three_lines_and_a_signature_that_foreign_code_verifies() {
    let note = sign(&checkpoint(), &key()).unwrap();
    let root = "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=";
    assert!(
        note.starts_with(&format!("{ORIGIN}\n109482\n{root}\n\n— {ORIGIN} ")),
        "{note}"
    );
    assert_eq!(verify(&note, &key().verifier()), Ok(checkpoint()));
    let verifier = signed_note::StandardVerifier::new(&key().verifier()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    assert_eq!(
        Note::from_bytes(note.as_bytes())
            .unwrap()
            .verify(&known)
            .unwrap()
            .0
            .len(),
        1
    );
}

#[test]
fn only_the_checkpoint_of_its_own_log_is_signed() {
    let other = Checkpoint {
        origin: "other.example".into(),
        ..checkpoint()
    };
    let refused = Error::OriginOther {
        expected: ORIGIN.into(),
        found: "other.example".into(),
    };
    assert_eq!(sign(&other, &key()), Err(refused));
    assert_eq!(
        sign(
            &Checkpoint {
                size: 0,
                ..checkpoint()
            },
            &key()
        ),
        Err(Error::CheckpointEmptyRoot)
    );
    let too_large = Checkpoint {
        size: SIZE_MAX + 1,
        ..checkpoint()
    };
    assert_eq!(
        sign(&too_large, &key()),
        Err(Error::SizeTooLarge { size: SIZE_MAX + 1 })
    );
    let empty = Checkpoint {
        size: 0,
        root: EMPTY_ROOT,
        ..checkpoint()
    };
    assert_eq!(verify(&sign(&empty, &key()).unwrap(), &key().verifier()), Ok(empty));
}

#[test]
fn a_note_by_another_key_is_unsigned() {
    let note = sign(&checkpoint(), &key()).unwrap();
    let same_name = LogKey::generate(ORIGIN, [2; 32]).unwrap();
    let other_name = LogKey::generate("other.example", [1; 32]).unwrap();
    for key in [same_name, other_name] {
        assert_eq!(verify(&note, &key.verifier()), Err(Error::NoteUnsigned));
    }
    assert_eq!(verify(&note, &key().cosignature_verifier()), Err(Error::NoteUnsigned));
}

#[test]
fn a_forged_text_or_signature_is_refused() {
    let note = sign(&checkpoint(), &key()).unwrap();
    let id = u32::from_str_radix(key().verifier().split('+').nth(1).unwrap(), 16).unwrap();
    let forged = Error::SignatureForged {
        name: ORIGIN.into(),
        id,
    };
    assert_eq!(refusal(&note.replace("109482", "109483")), forged);
    assert_eq!(refusal(&note.replace("paWl", "pbWl")), forged);
    let longer = sign(
        &Checkpoint {
            size: 109_483,
            ..checkpoint()
        },
        &key(),
    )
    .unwrap();
    let (text, _) = note.split_once("\n\n").unwrap();
    let (_, line) = longer.split_once("\n\n").unwrap();
    assert_eq!(refusal(&format!("{text}\n\n{line}")), forged);
}

#[test]
fn a_truncated_or_oversized_note_is_refused() {
    let note = sign(&checkpoint(), &key()).unwrap();
    for end in (0..note.len()).filter(|end| note.is_char_boundary(*end)) {
        assert_eq!(refusal(&note[..end]), Error::NoteForm, "cut at {end}");
    }
    let long = format!("{}{note}", "a\n".repeat(NOTE_BYTES_MAX / 2));
    let too_long = Error::TooLong {
        what: "signed note",
        bytes: long.len(),
        bytes_max: NOTE_BYTES_MAX,
    };
    assert_eq!(refusal(&long), too_long);
    assert_eq!(refusal(&note.replace("109482", "109482\t")), Error::NoteForm);
    assert_eq!(refusal(&format!("{note}\n")), Error::NoteForm);
}

#[test]
fn a_signed_text_that_is_no_checkpoint_is_refused() {
    let root = "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=";
    let malformed = [
        format!("{ORIGIN}\n"),
        format!("{ORIGIN}\n5\n"),
        format!("\n5\n{root}\n"),
        format!("{ORIGIN}\n05\n{root}\n"),
        format!("{ORIGIN}\n+5\n{root}\n"),
        format!("{ORIGIN}\n-5\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n5\n{}\n", &root[4..]),
        format!("{ORIGIN}\n5\n{}\n", root.replace("U=", "V=")),
        format!("{ORIGIN}\n5\n{root}\n\nmore\n"),
    ];
    for text in malformed {
        assert_eq!(refusal(&signed(&text)), Error::CheckpointForm, "{text}");
    }
    assert_eq!(
        refusal(&signed(&format!("{ORIGIN}\n5\n{root}\nmore\n"))),
        Error::CheckpointExtended
    );
    assert_eq!(
        refusal(&signed(&format!("{ORIGIN}\n0\n{root}\n"))),
        Error::CheckpointEmptyRoot
    );
    let too_large = format!("{ORIGIN}\n{}\n{root}\n", u64::MAX);
    assert_eq!(refusal(&signed(&too_large)), Error::SizeTooLarge { size: u64::MAX });
    assert_eq!(refusal(&signed(&format!("a b\n5\n{root}\n"))), Error::NameForm);
    let other = Error::OriginUnsigned {
        origin: "other.example".into(),
    };
    assert_eq!(refusal(&signed(&format!("other.example\n5\n{root}\n"))), other);
}

#[test]
fn every_signature_line_must_be_accounted_for() {
    let note = sign(&checkpoint(), &key()).unwrap();
    let (_, line) = note.split_once("\n\n").unwrap();
    let stranger = LogKey::generate("stranger.example", [3; 32]).unwrap();
    let mut two = Note::from_bytes(note.as_bytes()).unwrap();
    two.add_sigs(&[&stranger]).unwrap();
    let two = String::from_utf8(two.to_bytes()).unwrap();

    // C2SP demands that lines by unknown keys are ignored, and the strict form does not.
    assert_eq!(verify(&two, &key().verifier()), Ok(checkpoint()));
    assert!(matches!(
        verify_all(&two, &[key().verifier()]),
        Err(Error::SignatureUnknown { name, .. }) if name == "stranger.example"
    ));
    assert_eq!(
        verify_all(&two, &[key().verifier(), stranger.verifier()])
            .unwrap()
            .checkpoint,
        checkpoint()
    );
    assert!(
        matches!(verify_all(&two, &[stranger.verifier()]), Err(Error::SignatureUnknown { name, .. }) if name == ORIGIN)
    );
    assert_eq!(verify_all::<&str>(&note, &[]), Err(Error::NoteUnsigned));

    // A second line by the same key is refused even if it is the same line, or is forged.
    let forged_line = line.replace(&line[line.len() - 20..line.len() - 10], "AAAAAAAAAA");
    for second in [line, &forged_line] {
        let twice = add_signature(&note, second).unwrap();
        assert!(matches!(
            verify(&twice, &key().verifier()),
            Err(Error::SignatureRepeated { .. })
        ));
        assert!(matches!(
            verify_all(&twice, &[key().verifier()]),
            Err(Error::SignatureRepeated { .. })
        ));
    }
    // The same key given twice is one key.
    assert!(verify_all(&note, &[key().verifier(), key().verifier()]).is_ok());
}

#[test]
fn a_stranger_alone_cannot_speak_for_a_log() {
    let stranger = LogKey::generate("stranger.example", [3; 32]).unwrap();
    let note = sign(&checkpoint(), &key()).unwrap();
    let mut only_stranger = Note::new(format!("{}\n", note.split_once("\n\n").unwrap().0).as_bytes(), &[]).unwrap();
    only_stranger.add_sigs(&[&stranger]).unwrap();
    let only_stranger = String::from_utf8(only_stranger.to_bytes()).unwrap();
    let refused = Error::OriginUnsigned { origin: ORIGIN.into() };
    assert_eq!(verify(&only_stranger, &stranger.verifier()), Err(refused.clone()));
    assert_eq!(
        verify_all(&only_stranger, &[stranger.verifier(), key().verifier()]),
        Err(refused)
    );
}

proptest! {
    #[test]
    fn checkpoints_come_back_as_they_were(size in 1..=SIZE_MAX, root: [u8; 32]) {
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root };
        let note = sign(&checkpoint, &key()).unwrap();
        prop_assert_eq!(verify(&note, &key().verifier()), Ok(checkpoint));
    }

    #[test]
    fn a_changed_byte_never_passes_as_another_checkpoint(place: prop::sample::Index, byte in 0_u8..128) {
        let note = sign(&checkpoint(), &key()).unwrap();
        let mut bytes = note.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed, &key().verifier()).is_err());
        }
    }

    #[test]
    fn no_text_makes_the_note_parser_panic(text in "[ -~\n—]{0,200}\n\n(— [a-z]{0,3} [A-Za-z0-9+/=]{0,100}\n){0,4}") {
        prop_assert!(verify(&text, &key().verifier()).is_err());
        prop_assert!(verify_all(&text, &[key().verifier()]).is_err());
    }
}
