//! A partner's log that was rolled back, and a key that is given up: who sees it, and where.

use authority::Answer;
use domain::partner::{Consistency, Json, KeyFile, Message, Restarted};
use exchange::ExchangeKey;
use tlog::{Checkpoint, LogKey};
use web::words::{Lang, Words};

use crate::world::World;

fn en(key: &str) -> String {
    Words(Lang::En).t(key)
}

/// A secret of an authority, as it lies in its folder.
fn secret(world: &World, name: &str) -> String {
    let folder = world.app.authority().place().folder().unwrap().join("keys");
    std::fs::read_to_string(folder.join(name)).unwrap().trim().to_owned()
}

/// The next message of the Philippines, from a log that has one entry again.
fn rolled_back(cn: &World, ph: &World) -> String {
    let (key, log) = (
        ExchangeKey::parse(&secret(ph, "exchange.key")).unwrap(),
        LogKey::parse(&secret(ph, "log.key")).unwrap(),
    );
    let state = cn.app.authority().state();
    let last = state.partners.get("PH").unwrap().received.unwrap();
    let (origin, size, root) = (log.origin().to_owned(), 1, [7; 32]);
    let message = Message {
        v: 1,
        kind: "greeting".parse().unwrap(),
        id: uuid::Uuid::from_u128(7),
        case: None,
        from: "PH".parse().unwrap(),
        to: "CN".parse().unwrap(),
        seq: last.seq + 1,
        prev: Some(last.hash),
        seen: None,
        created: state.recorded_at,
        not_after: "2030-01-01T00:00:00Z".parse().unwrap(),
        body: Json::parse("{}").unwrap(),
        checkpoint: tlog::sign(&Checkpoint { origin, size, root }, &log).unwrap(),
        consistency: Consistency {
            from_size: last.head.size,
            hashes: Vec::new(),
        },
    };
    exchange::sign(&key, Json::of(&message).unwrap()).compact()
}

#[test]
fn an_alarm_stands_on_the_partners_page_and_in_the_queue_of_those_concerned() {
    let (cn, ph) = (World::cn(), World::of("PH"));
    let officer = cn.visitor("permit_officer:lu");
    let page = |path: &str| officer.get(path).body;
    assert!(!page("/partners/PH").contains(&en("partners-alarm-theirs")));
    let message = rolled_back(&cn, &ph);
    let at = cn.app.authority().state().recorded_at;
    let answer = cn.app.authority().accept(at, message.as_bytes()).unwrap();
    assert!(
        matches!(&answer, Answer::Alarm { code, .. } if code == "log_rolled_back"),
        "{answer:?}"
    );
    let partner = page("/partners/PH");
    for words in ["partners-alarm-theirs", "partners-alarm-rolled-back"] {
        assert!(partner.contains(&en(words)), "{words}: {partner}");
    }
    assert!(!partner.contains(&en("partners-alarm-ours")), "{partner}");
    assert!(page("/partners").contains(&en("partners-alarms")));
    for concerned in ["permit_officer:lu", "administrator:a"] {
        let queue = cn.visitor(concerned).get("/queue").body;
        assert!(
            queue.contains(&en("queue-what-alarm")) && queue.contains(&en("queue-why-alarm-theirs")),
            "{concerned}: {queue}"
        );
    }
}

/// The key file of another log of the Philippines, signed by their root key.
fn restarted(ph: &World) -> KeyFile {
    let root = ExchangeKey::parse(&secret(ph, "root.key")).unwrap();
    let log = LogKey::generate("countersign/PH/again", [9; 32]).unwrap();
    let mut file = ph.app.authority().key_file().unwrap();
    file.restarted = Some(Restarted {
        log_key: file.log_key,
        size: 4_321,
        root: domain::digest::Digest::of("lost"),
    });
    file.log_key = log.verifier().parse().unwrap();
    file.cosignature_key = log.cosignature_verifier().parse().unwrap();
    file.issued = Some("2025-01-01T00:00:00Z".parse().unwrap());
    exchange::sign_key_file(&root, file).unwrap()
}

#[test]
fn a_log_that_starts_anew_is_heard_by_two_persons_and_shown_for_ever() {
    let (cn, ph) = (World::cn(), World::of("PH"));
    let at = cn.app.authority().state().recorded_at;
    cn.app.authority().accept(at, rolled_back(&cn, &ph).as_bytes()).unwrap();
    let file = restarted(&ph);
    let (text, heard) = (serde_json::to_string(&file).unwrap(), file.fingerprint());
    let (first, second) = (cn.visitor("administrator:a"), cn.visitor("administrator:b"));
    assert!(
        first.act("install_key_file", &[("file", &text)]).is_err(),
        "nobody has heard its fingerprint"
    );
    let of = first
        .act("install_key_file", &[("file", &text), ("fingerprint", &heard)])
        .unwrap()
        .to_string();
    let page = second.get(&format!("/decisions/{of}")).body;
    assert!(
        !page.contains("read_back="),
        "the second person types what was heard: {page}"
    );
    assert!(
        second.act("approve", &[("of", &of)]).is_err(),
        "nor did the second person"
    );
    second.act("approve", &[("of", &of), ("read_back", &heard)]).unwrap();
    let officer = cn.visitor("permit_officer:lu");
    let partner = officer.get("/partners/PH").body;
    assert!(partner.contains("ended with 4,321 entries"), "{partner}");
    assert!(
        !partner.contains(&en("partners-alarm-theirs")),
        "the alarm is over: {partner}"
    );
    assert!(
        partner.contains(&en("partners-alarm-rolled-back")),
        "and stays on record"
    );
    assert!(!officer.get("/queue").body.contains(&en("queue-why-alarm-theirs")));
}

#[test]
fn what_a_key_has_signed_since_it_was_given_up_is_marked() {
    let (cn, ph) = (World::cn(), World::of("PH"));
    let root = ExchangeKey::parse(&secret(&ph, "root.key")).unwrap();
    let kid = ph.app.authority().state().founding.key.kid.clone();
    let since = "2024-06-01T00:00:00Z".parse().unwrap();
    let statement = exchange::sign_untrusted(&root, "PH".parse().unwrap(), kid, since);
    let text = serde_json::to_string(&statement).unwrap();
    let of = cn
        .visitor("administrator:a")
        .act("distrust_key", &[("statement", &text)])
        .unwrap();
    assert!(
        !cn.visitor("permit_officer:lu")
            .get("/partners/PH")
            .body
            .contains("Not trusted since")
    );
    cn.visitor("administrator:b")
        .act("approve", &[("of", &of.to_string())])
        .unwrap();
    let page = cn.visitor("permit_officer:lu").get("/partners/PH").body;
    assert!(page.contains("Not trusted since"), "{page}");
    assert!(page.contains(&en("partners-taken-untrusted")), "{page}");
    let forged = text.replace("2024-06-01", "2024-05-01");
    let refused = cn
        .visitor("administrator:a")
        .act("distrust_key", &[("statement", &forged)]);
    assert!(refused.is_err(), "its root key has not signed that");
}
