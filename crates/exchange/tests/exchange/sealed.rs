use exchange::{
    FILE_BYTES_MAX, FileKey, LINES_BYTES_MAX, check_key_file, is_recipient, is_sealed, key_file, key_file_text,
    read_key_file, seal, unseal,
};

use crate::world::two;

fn key(seed: u8) -> FileKey {
    FileKey::from_seed(&[seed; 32]).unwrap()
}

fn lines() -> Vec<String> {
    vec!["a.b.c".to_owned(), "{\"code\":\"x\"}".to_owned()]
}

#[test]
fn a_file_is_read_by_its_recipient_and_by_nobody_else() {
    let file = seal(key(1).recipient(), &lines()).unwrap();
    assert!(is_sealed(&file) && !file.windows(5).any(|part| part == b"a.b.c"));
    let text = unseal(&[key(2), key(1)], &file).unwrap();
    assert_eq!(text.trim_end(), lines().join("\n"));
    assert_eq!(unseal(&[key(2)], &file).unwrap_err().code, "file_for_another");
    assert_eq!(unseal(&[], &file).unwrap_err().code, "file_for_another");
    assert_ne!(
        seal(key(1).recipient(), &lines()).unwrap(),
        file,
        "never the same bytes"
    );
    let empty = seal(key(1).recipient(), &[]).unwrap();
    assert!(unseal(&[key(1)], &empty).unwrap().trim().is_empty());
}

#[test]
fn the_size_tells_next_to_nothing_and_that_the_end_is_there() {
    let size = |count: usize| seal(key(1).recipient(), &vec!["x".repeat(99); count]).unwrap().len();
    // A line that means nothing is added to the header, to keep readers from relying on its length.
    assert!(size(1).abs_diff(size(600)) < 1000 && size(700) > 2 * 65_536);
    let file = seal(key(1).recipient(), &vec!["x".repeat(99); 1400]).unwrap();
    let chunk = 65_536 + 16;
    assert!(file.len() > 3 * chunk);
    for cut in [
        1,
        17,
        chunk - 1,
        chunk,
        chunk + 1,
        2 * chunk,
        3 * chunk,
        file.len() - 23,
    ] {
        let why = unseal(&[key(1)], &file[..file.len() - cut]).unwrap_err();
        assert_eq!(why.code, "file_cut_short", "{cut}");
    }
    assert_eq!(unseal(&[key(1)], &file[..20]).unwrap_err().code, "file_unreadable");
    assert_eq!(unseal(&[key(1)], b"a.b.c\n").unwrap_err().code, "file_unreadable");
    let larger = vec![b'x'; FILE_BYTES_MAX + 1];
    assert_eq!(unseal(&[key(1)], &larger).unwrap_err().code, "file_too_large");
    let full = vec!["x".repeat(LINES_BYTES_MAX)];
    assert_eq!(seal(key(1).recipient(), &full).unwrap_err().code, "file_too_large");
}

#[test]
fn a_file_in_which_any_bit_was_turned_gives_nothing() {
    let file = seal(key(1).recipient(), &lines()).unwrap();
    let places = (0..file.len()).filter(|place| *place < 400 || place % 977 == 0 || *place > file.len() - 20);
    for place in places {
        let mut turned = file.clone();
        turned[place] ^= 1;
        assert!(unseal(&[key(1)], &turned).is_err(), "{place}");
    }
    let mut turned = file;
    *turned.last_mut().unwrap() ^= 0x80;
    assert_eq!(unseal(&[key(1)], &turned).unwrap_err().code, "file_changed");
}

#[test]
fn the_secret_is_read_back_and_not_shown() {
    let key = key(7);
    let text = key.to_text();
    assert!(text.starts_with("AGE-SECRET-KEY-1") && !format!("{key:?}").contains("SECRET"));
    assert_eq!(FileKey::parse(&text).unwrap().recipient(), key.recipient());
    for wrong in [
        "",
        "AGE-SECRET-KEY-1",
        &text.to_lowercase()[..60],
        key.recipient().as_str(),
    ] {
        assert_eq!(FileKey::parse(wrong).unwrap_err().code, "key_text_bad", "{wrong}");
    }
    assert_eq!(FileKey::parse(&text.repeat(9)).unwrap_err().code, "key_text_bad");
}

#[test]
fn a_key_file_tells_the_recipient_and_one_without_is_as_it_was() {
    let kr = two().1;
    let plain = kr.key_file();
    assert!(!key_file_text(&plain).contains("age") || plain.age.is_none());
    assert!(!plain.signed_text().contains("\"age\""), "the same bytes as ever");
    let mut about = kr.about();
    about.age = Some(key(1).recipient().clone());
    let file = key_file(&kr.root, about);
    assert_eq!(read_key_file(&key_file_text(&file)).unwrap(), file);
    assert_ne!(
        file.fingerprint(),
        plain.fingerprint(),
        "it is covered by the root's signature"
    );
    for age in [None, Some(key(2).recipient().clone())] {
        let mut other = file.clone();
        other.age = age;
        assert_eq!(check_key_file(&other).unwrap_err().code, "key_file_bad");
    }
    let upper = key(1).recipient().to_uppercase();
    for wrong in ["age1", "ssh-ed25519", &key(1).to_text()[..60], &upper] {
        assert!(!is_recipient(wrong), "{wrong}");
        let mut about = kr.about();
        about.age = Some(wrong.parse().unwrap());
        let signed = key_file(&kr.root, about);
        assert_eq!(check_key_file(&signed).unwrap_err().code, "key_file_bad", "{wrong}");
    }
}
