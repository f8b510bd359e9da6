//! Storage URLs.

use store::Engine;

#[test]
fn urls_name_engines() {
    let sqlite = |path: &str| Ok(Engine::Sqlite { path: path.into() });
    let cases = [
        ("memory:", Ok(Engine::Memory)),
        ("sqlite:", sqlite("")),
        ("sqlite:data", sqlite("data")),
        ("sqlite:/var/lib/authority", sqlite("/var/lib/authority")),
        ("memory:x", Err("write `memory:` with nothing after it")),
        ("sqlite://host/x", Err("without `//`")),
        ("postgres://user:secret@host/db", Err("storage of the kind `postgres:`")),
        ("data", Err("without `:`")),
        ("", Err("without `:`")),
    ];
    for (url, wanted) in cases {
        match (url.parse::<Engine>(), wanted) {
            (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
            (Err(error), Err(wanted)) => {
                assert!(error.to_string().contains(wanted), "{error}");
                assert!(!error.to_string().contains("secret"), "a password is never repeated");
            }
            (found, wanted) => panic!("{url}: {found:?} instead of {wanted:?}"),
        }
    }
}
