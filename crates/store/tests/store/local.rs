//! Local data.

use store::{Enrolment, Stores};

use crate::material::{created, on, sqlite};

#[test]
fn persons_enrolments_and_settings_are_kept() {
    on("memory:", keep_and_erase);
    on("sqlite:", keep_and_erase);
}

fn keep_and_erase(mut stores: Stores) {
    let local = &mut stores.local;
    assert_eq!(local.person_name("li"), Ok(None));
    local.put_person("li", "Li Na").unwrap();
    local.put_person("li", "李娜").unwrap();
    assert_eq!(local.person_name("li"), Ok(Some("李娜".into())));

    let enrolment = |byte| Enrolment {
        person: "li".into(),
        token_hash: [byte; 32],
        code_hash: None,
        renews_all: true,
        proposal: Some(7),
        open: false,
        failures: 0,
        expires_at_us: 17,
    };
    local.put_enrolment(&enrolment(1)).unwrap();
    local.put_enrolment(&enrolment(2)).unwrap();
    assert_eq!(local.enrolment(&[1; 32]), Ok(None), "a second one replaces the first");
    assert_eq!(local.enrolment(&[2; 32]), Ok(Some(enrolment(2))));
    local.remove_enrolment("li").unwrap();
    assert_eq!(local.enrolment(&[2; 32]), Ok(None));

    local.put_enrolment(&enrolment(3)).unwrap();
    local.erase_person("li").unwrap();
    assert_eq!(
        (local.person_name("li"), local.enrolment(&[3; 32])),
        (Ok(None), Ok(None))
    );

    assert_eq!(local.meta("zone"), Ok(None));
    local.put_meta("zone", "Asia/Shanghai").unwrap();
    local.put_meta("zone", "Europe/Vienna").unwrap();
    assert_eq!(local.meta("zone"), Ok(Some("Europe/Vienna".into())));
}

#[test]
fn the_file_is_its_owners_only_and_survives() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    assert!(stores.local.is_new());
    stores.local.put_person("li", "Li Na").unwrap();
    drop(stores);
    #[cfg(unix)]
    {
        let metadata = folder.path().join("local.db").metadata().unwrap();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777,
            0o600
        );
    }
    let stores = store::open(folder.path(), &sqlite()).unwrap();
    assert!(!stores.local.is_new());
    assert_eq!(stores.local.person_name("li"), Ok(Some("Li Na".into())));
}

#[test]
fn what_is_erased_is_in_no_file_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = created(folder.path());
    stores.local.put_person("li", "a name to be forgotten").unwrap();
    let is_in_file = || {
        let bytes = std::fs::read(folder.path().join("local.db")).unwrap();
        bytes.windows(22).any(|window| window == b"a name to be forgotten")
    };
    assert!(is_in_file());
    stores.local.erase_person("li").unwrap();
    assert!(!is_in_file());
}

#[test]
fn missing_local_data_is_made_anew_and_told() {
    let folder = tempfile::tempdir().unwrap();
    drop(created(folder.path()));
    std::fs::remove_file(folder.path().join("local.db")).unwrap();
    assert!(store::open(folder.path(), &sqlite()).unwrap().local.is_new());
}
