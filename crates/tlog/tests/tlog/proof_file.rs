use crate::oracle::Oracle;
use proptest::prelude::*;
use tlog::{Checkpoint, EXTRA_BYTES_MAX, Error, LogKey, NOTE_BYTES_MAX, PROOF_FILE_BYTES_MAX, ProofFile, sign};

fn key() -> LogKey {
    LogKey::generate("authority.example/log", [1; 32]).unwrap()
}

/// The proof of entry 5, whose bytes are `5`, in a log of 9.
fn proof_file() -> ProofFile {
    let oracle = Oracle::of_size(9);
    let checkpoint = Checkpoint {
        origin: key().origin().into(),
        size: 9,
        root: oracle.root(9),
    };
    let note = sign(&checkpoint, &key()).unwrap();
    ProofFile {
        index: 5,
        proof: oracle.path(5, 9),
        note,
        extra: None,
    }
}

#[test]
fn a_proof_file_has_the_lines_of_the_specification() {
    let file = ProofFile {
        proof: vec![[0; 32], [0xa5; 32]],
        extra: Some(b"extra information".into()),
        ..proof_file()
    };
    let expected = format!(
        "c2sp.org/tlog-proof@v1\n\
         extra ZXh0cmEgaW5mb3JtYXRpb24=\n\
         index 5\n\
         AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
         paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n\
         \n\
         {}",
        file.note
    );
    assert_eq!(file.to_text().unwrap(), expected);
    assert_eq!(ProofFile::parse(&expected), Ok(file));
    let bare = ProofFile {
        index: 0,
        proof: Vec::new(),
        note: "note\n".into(),
        extra: None,
    };
    assert_eq!(bare.to_text().unwrap(), "c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n");
    assert_eq!(ProofFile::parse("c2sp.org/tlog-proof@v1\nindex 0\n\nnote\n"), Ok(bare));
}

#[test]
fn a_proof_file_holds_for_its_entry_and_key_alone() {
    let file = ProofFile::parse(&proof_file().to_text().unwrap()).unwrap();
    assert_eq!(file.verify(b"5", &key().verifier()).unwrap().size, 9);
    let not_included = Err(Error::NotIncluded { index: 5, size: 9 });
    assert_eq!(file.verify(b"6", &key().verifier()), not_included);
    let moved = ProofFile {
        index: 4,
        ..file.clone()
    };
    assert_eq!(
        moved.verify(b"5", &key().verifier()),
        Err(Error::NotIncluded { index: 4, size: 9 })
    );
    let outside = ProofFile {
        index: 9,
        ..file.clone()
    };
    assert_eq!(
        outside.verify(b"5", &key().verifier()),
        Err(Error::EntryOutside { index: 9, size: 9 })
    );
    let stranger = LogKey::generate("authority.example/log", [2; 32]).unwrap();
    assert_eq!(file.verify(b"5", &stranger.verifier()), Err(Error::NoteUnsigned));
}

#[test]
fn a_malformed_proof_file_is_refused_by_reason() {
    let text = proof_file().to_text().unwrap();
    let check = |text: &str, reason| assert_eq!(ProofFile::parse(text), Err(Error::ProofFileForm(reason)), "{text}");
    check("", "the first line is not of this version");
    check(&text.replace("@v1", "@v2"), "the first line is not of this version");
    check(&text.replace("index 5\n", ""), "the index line is missing");
    check(
        &text.replace("index 5\n", "index 5\nextra AAAA\n"),
        "a hash is not 32 bytes in base64",
    );
    check(
        &text.replace("index 5\n", "extra \nindex 5\n"),
        "the extra line is empty",
    );
    check(
        &text.replace("index 5\n", "extra A\nindex 5\n"),
        "the extra data is not base64",
    );
    for index in ["05", "+5", "-5", "5 ", "", "18446744073709551616"] {
        check(
            &text.replace("index 5", &format!("index {index}")),
            "the index is not a plain decimal number",
        );
    }
    check(
        &text.replace("index 5\n", "index 5\nAAAA\n"),
        "a hash is not 32 bytes in base64",
    );
    check("c2sp.org/tlog-proof@v1\nextra AAAA", "the extra line does not end");
    check("c2sp.org/tlog-proof@v1\nindex 5", "the index line does not end");
    check("c2sp.org/tlog-proof@v1\nindex 5\n", "no empty line ends the hashes");
    check("c2sp.org/tlog-proof@v1\nindex 5\n\n", "the checkpoint is missing");
}

#[test]
fn an_oversized_proof_file_is_refused() {
    let too_long = |what, bytes, bytes_max| Err(Error::TooLong { what, bytes, bytes_max });
    let text = "c".repeat(PROOF_FILE_BYTES_MAX + 1);
    let expected = too_long("proof file", PROOF_FILE_BYTES_MAX + 1, PROOF_FILE_BYTES_MAX);
    assert_eq!(ProofFile::parse(&text).map(drop), expected);
    let note = "n".repeat(NOTE_BYTES_MAX + 1);
    let expected = too_long("signed note", NOTE_BYTES_MAX + 1, NOTE_BYTES_MAX);
    let parsed = ProofFile::parse(&format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{note}"));
    assert_eq!(parsed.map(drop), expected);
    assert_eq!(ProofFile { note, ..proof_file() }.to_text().map(drop), expected);
    let extra = Some(vec![0; EXTRA_BYTES_MAX + 1]);
    let expected = too_long("extra data", EXTRA_BYTES_MAX + 1, EXTRA_BYTES_MAX);
    assert_eq!(ProofFile { extra, ..proof_file() }.to_text().map(drop), expected);
    let many = ProofFile {
        proof: vec![[0; 32]; 65],
        ..proof_file()
    };
    let expected = Err(Error::ProofTooLong {
        hashes: 65,
        hashes_max: 64,
    });
    assert_eq!(many.to_text().map(drop), expected);
    let hashes = format!("{}=\n", "A".repeat(43)).repeat(65);
    assert_eq!(
        ProofFile::parse(&format!("c2sp.org/tlog-proof@v1\nindex 0\n{hashes}\nn")).map(drop),
        expected
    );
    // The largest file that can be written can be read.
    let largest = ProofFile {
        index: u64::MAX,
        proof: vec![[7; 32]; 64],
        note: "n".repeat(NOTE_BYTES_MAX),
        extra: Some(vec![7; EXTRA_BYTES_MAX]),
    };
    assert_eq!(ProofFile::parse(&largest.to_text().unwrap()), Ok(largest));
}

proptest! {
    #[test]
    fn proof_files_come_back_as_they_were(
        index: u64,
        proof in prop::collection::vec(any::<[u8; 32]>(), 0..65),
        note in "[ -~\n]{1,300}",
        extra in prop::option::of(prop::collection::vec(any::<u8>(), 1..300)),
    ) {
        let file = ProofFile { index, proof, note, extra };
        prop_assert_eq!(ProofFile::parse(&file.to_text().unwrap()), Ok(file));
    }

    #[test]
    fn what_parses_is_written_as_it_was_read(place: prop::sample::Index, byte in 0_u8..128) {
        let mut bytes = ProofFile { extra: Some(vec![1, 2, 3, 4]), ..proof_file() }.to_text().unwrap().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Some(text) = String::from_utf8(bytes).ok()
            && let Ok(file) = ProofFile::parse(&text)
        {
            prop_assert_eq!(file.to_text().unwrap(), text);
        }
    }
}
