use domain::digest::Bytes;
use domain::partner::KeyFile;
use exchange::{ExchangeKey, check_key_file, check_url, key_file, key_file_text, read_key_file};

use crate::world::{days, two};

/// A file that says something else and is signed all the same.
fn resigned(change: impl FnOnce(&mut exchange::About)) -> KeyFile {
    let kr = two().1;
    let mut about = kr.about();
    change(&mut about);
    key_file(&kr.root, about)
}

#[test]
fn a_key_file_is_read_back_with_its_fingerprint() {
    let file = two().1.key_file();
    let text = key_file_text(&file);
    assert!(text.lines().count() > 10 && text.ends_with("}\n"));
    let read = read_key_file(&text).unwrap();
    assert_eq!(read, file);
    assert_eq!(read.fingerprint(), file.fingerprint());
    let compact = serde_json::to_string(&file).unwrap();
    assert_eq!(read_key_file(&compact).unwrap(), file, "spaces mean nothing in it");
}

#[test]
fn a_key_file_that_was_changed_is_not_read() {
    let file = two().1.key_file();
    let text = key_file_text(&file);
    assert_eq!(read_key_file(&text[..text.len() / 2]).unwrap_err().code, "key_file_bad");
    assert_eq!(read_key_file(&" ".repeat(17 * 1024)).unwrap_err().code, "key_file_bad");
    let changes: [fn(&mut KeyFile); 10] = [
        |file| file.restarted = two().1.restart().restarted,
        |file| file.id = "BR".parse().unwrap(),
        |file| file.name = "Another authority".parse().unwrap(),
        |file| file.country = domain::country::Country::parse("BR").unwrap(),
        |file| file.url = None,
        |file| file.log_key = two().0.log.verifier().parse().unwrap(),
        |file| file.cosignature_key = two().0.log.cosignature_verifier().parse().unwrap(),
        |file| file.root = ExchangeKey::from_seed([1; 32]).unwrap().public(),
        |file| file.key.valid_until = days(9999),
        |file| file.signature.0[9] ^= 4,
    ];
    for change in changes {
        let mut other = file.clone();
        change(&mut other);
        assert_eq!(check_key_file(&other).unwrap_err().code, "key_file_bad", "{other:?}");
        assert!(read_key_file(&key_file_text(&other)).is_err());
    }
    let with_more = text.replacen('{', "{\"more\":1,", 1);
    assert_eq!(read_key_file(&with_more).unwrap_err().code, "key_file_bad");
    let twice = text.replacen('{', "{\"id\":\"KR\",", 1);
    assert_eq!(read_key_file(&twice).unwrap_err().code, "key_file_bad");
}

#[test]
fn a_log_that_starts_anew_has_another_name_than_the_one_that_ended() {
    let mut kr = two().1;
    let file = kr.restart();
    assert_eq!(read_key_file(&key_file_text(&file)), Ok(file.clone()));
    assert!(
        file.signed_text()
            .contains("\"restarted\":{\"log_key\":\"kr.example/log+")
    );
    let code = |change: fn(&mut KeyFile)| {
        let mut other = file.clone();
        change(&mut other);
        exchange::sign_key_file(&kr.root, other).unwrap_err().says
    };
    let same = code(|file| file.restarted.as_mut().unwrap().log_key = file.log_key.clone());
    assert!(same.contains("has the name of the one that ended"), "{same}");
    let none = code(|file| file.restarted.as_mut().unwrap().log_key = file.cosignature_key.clone());
    assert!(none.contains("is not a verifier key"), "{none}");
}

/// Another key for messages, rightly named.
fn rename(about: &mut exchange::About, public: domain::digest::PublicKey) {
    about.key.kid = domain::partner::kid(&public).parse().unwrap();
    about.key.public = public;
}

#[test]
fn what_a_root_key_signs_must_make_sense_too() {
    assert_eq!(check_key_file(&resigned(|_| {})), Ok(()));
    assert_eq!(check_key_file(&resigned(|about| about.url = None)), Ok(()));
    let changes: [fn(&mut exchange::About); 10] = [
        |about| about.key.kid = "0123456789abcdef".parse().unwrap(),
        |about| rename(about, Bytes([0xff; 32])),
        |about| rename(about, Bytes([0; 32])),
        |about| about.key.valid_until = about.key.valid_from,
        |about| about.log_key = about.cosignature_key.clone(),
        |about| about.cosignature_key = about.log_key.clone(),
        |about| about.log_key = "kr.example/log".parse().unwrap(),
        |about| about.cosignature_key = two().0.log.cosignature_verifier().parse().unwrap(),
        |about| about.url = Some("file:///etc/passwd".parse().unwrap()),
        |about| about.log_key = format!("{}A", about.log_key).parse().unwrap(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let refused = check_key_file(&resigned(change)).unwrap_err();
        assert_eq!(refused.code, "key_file_bad", "{number}");
    }
}

#[test]
fn an_address_has_a_host_and_nothing_hidden() {
    for good in [
        "https://a.example",
        "http://127.0.0.1:8080/x/y",
        "https://[::1]:8443/",
        "https://a.example/",
    ] {
        assert_eq!(check_url(good), Ok(()), "{good}");
    }
    let bad = [
        "",
        "a.example",
        "https://",
        "https:///x",
        "https://:80/",
        "HTTPS://a.example",
        "ftp://a.example",
        "https://user@a.example",
        "https://a.example?x=1",
        "https://a.example#x",
        "https://a.example/ x",
        "https://a.example\\x",
        "javascript:alert(1)",
    ];
    for bad in bad {
        assert_eq!(check_url(bad).unwrap_err().code, "key_file_bad", "{bad}");
    }
}
