//! Messages that are not taken, each with the code that it must get.

use domain::partner::{Json, Message, Signed};
use exchange::ExchangeKey;
use serde_json::{Value, json};

use super::world::{Came, Numbers, World};
use super::{body_of, is_in};

/// So many messages are taken before.
const BEFORE: u64 = 2;

fn world() -> World {
    let mut world = World::new();
    for kind in ["import_authorization_issued", "import_authorization_cancelled"] {
        let message = world.message(kind, None, &body_of(&world, kind));
        let came = world.show(world.signed(&message).compact().as_bytes());
        assert!(matches!(came, Came::Receipt(_)));
    }
    world
}

/// The third message, changed before it is signed.
fn changed(world: &World, change: impl FnOnce(&mut Message)) -> Signed {
    let mut message = world.message("withdrawn", Some("CN/E-1"), &body_of(world, "withdrawn"));
    change(&mut message);
    world.signed(&message)
}

fn id(text: &str) -> domain::id::Id {
    text.parse().unwrap()
}

/// Bytes that are no message, whoever may have signed them.
fn forms(world: &World) -> Vec<(&'static str, String, &'static str)> {
    let good = changed(world, |_| {});
    let (kid, payload, text) = (&good.kid, good.payload.as_str(), good.compact());
    let resigned = |payload: &str| exchange::sign(&world.cn.message, Json::parse(payload).unwrap()).compact();
    let input = Signed::signing_input(kid, &good.payload);
    let header = |header: &str| {
        use base64::Engine;
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
        let rest = text.split_once('.').map(|(_, rest)| rest).unwrap_or_default();
        format!("{header}.{rest}")
    };
    let none = header(&format!("{{\"alg\":\"none\",\"kid\":\"{kid}\"}}"));
    let more = header(&format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"typ\":\"JWT\"}}"));
    vec![
        ("nothing", String::new(), "message_unreadable"),
        ("a payload alone", payload.to_owned(), "message_unreadable"),
        ("no signature", input, "message_unreadable"),
        ("padded base64", format!("{text}=="), "message_unreadable"),
        ("a space after it", format!("{text} "), "message_unreadable"),
        ("another algorithm", none, "message_unreadable"),
        ("a header with more in it", more, "message_unreadable"),
        (
            "a field too many",
            resigned(&payload.replacen('{', "{\"x\":1,", 1)),
            "message_unreadable",
        ),
        (
            "a field twice",
            resigned(&payload.replacen('{', "{\"v\":1,", 1)),
            "message_unreadable",
        ),
        (
            "a field missing",
            resigned(&payload.replacen("\"seen\":null,", "\"sean\":null,", 1)),
            "message_unreadable",
        ),
        (
            "too large",
            "a".repeat(domain::partner::MESSAGE_BYTES_MAX + 1),
            "message_too_large",
        ),
    ]
}

/// Messages of a wrong sender or key.
fn senders(world: &World) -> Vec<(&'static str, String, &'static str)> {
    let good = changed(world, |_| {});
    let mut turned = good.clone();
    turned.signature.0[0] ^= 1;
    let mut other_text = good.clone();
    other_text.payload = Json::parse(&good.payload.as_str().replacen("the importer", "the exporter", 1)).unwrap();
    let stranger = ExchangeKey::from_seed([77; 32]).unwrap();
    let unknown = exchange::sign(&stranger, good.payload.clone());
    let mut borrowed = unknown.clone();
    borrowed.kid = good.kid.clone();
    vec![
        ("a bit of the signature turned", turned.compact(), "signature_bad"),
        (
            "another text under the signature",
            other_text.compact(),
            "signature_bad",
        ),
        ("the name of another key", borrowed.compact(), "signature_bad"),
        ("a key that nobody knows", unknown.compact(), "key_unknown"),
        (
            "for somebody else",
            changed(world, |message| message.to = id("BR")).compact(),
            "message_for_another",
        ),
        (
            "from nobody that is known",
            changed(world, |message| message.from = id("BR")).compact(),
            "sender_unknown",
        ),
    ]
}

/// Messages in a wrong place, or with a log that is not the one seen before.
fn chains(world: &World) -> Vec<(&'static str, String, &'static str)> {
    let (_, _, seen) = world.last.unwrap();
    let (cn, log, other) = (&world.cn.log, Numbers(0), Numbers(9));
    let of_kr = log.note(&world.kr.log, seen + 3);
    let rolled = |message: &mut Message| {
        message.checkpoint = log.note(cn, seen - 1);
        message.consistency = log.consistency(seen - 1, seen - 1);
    };
    let forked = |message: &mut Message| {
        message.checkpoint = other.note(cn, seen + 3);
        message.consistency = other.consistency(seen, seen + 3);
    };
    let same_size = |message: &mut Message| {
        message.checkpoint = other.note(cn, seen);
        message.consistency = other.consistency(seen, seen);
    };
    let zero = |message: &mut Message| message.consistency = log.consistency(0, seen + 3);
    let empty = |message: &mut Message| message.consistency.hashes.clear();
    let rows: [(&str, Signed, &str); 10] = [
        (
            "a number too far",
            changed(world, |message| message.seq = BEFORE + 3),
            "parked",
        ),
        (
            "the number of one that was taken",
            changed(world, |message| message.seq = BEFORE),
            "equivocation",
        ),
        (
            "number 0",
            changed(world, |message| message.seq = 0),
            "message_out_of_order",
        ),
        (
            "nothing before it",
            changed(world, |message| message.prev = None),
            "chain_broken",
        ),
        (
            "the checkpoint of another log",
            changed(world, |message| message.checkpoint = of_kr),
            "log_unknown",
        ),
        ("a smaller log", changed(world, rolled), "log_rolled_back"),
        ("another log of that size", changed(world, forked), "log_forked"),
        (
            "another log of the size seen before",
            changed(world, same_size),
            "log_forked",
        ),
        (
            "a proof from the beginning",
            changed(world, zero),
            "consistency_missing",
        ),
        ("no proof", changed(world, empty), "consistency_missing"),
    ];
    rows.into_iter()
        .map(|(name, signed, code)| (name, signed.compact(), code))
        .collect()
}

#[test]
fn what_is_not_taken_gets_its_code() {
    let made = world();
    let rows = [forms(&made), senders(&made), chains(&made)].concat();
    let told: Vec<Value> = rows
        .iter()
        .map(|(name, bytes, code)| json!({ "what": name, "bytes": bytes, "code": code }))
        .collect();
    for (name, bytes, code) in &rows {
        match world().show(bytes.as_bytes()) {
            Came::Code(came) => assert_eq!(came, *code, "{name}"),
            Came::Receipt(_) => panic!("{name}: it is taken"),
        }
    }
    let taken = made.entries.len();
    let document = json!({
        "from": "CN", "to": "KR", "at": made.now(), "taken_before": before(), "entries": taken, "messages": told,
    });
    is_in("wrong.json", &document);
}

/// The messages that are taken before each of them.
fn before() -> Vec<String> {
    let mut world = World::new();
    let mut bytes = Vec::new();
    for kind in ["import_authorization_issued", "import_authorization_cancelled"] {
        let message = world.message(kind, None, &body_of(&world, kind));
        let text = world.signed(&message).compact();
        assert!(matches!(world.show(text.as_bytes()), Came::Receipt(_)));
        bytes.push(text);
    }
    bytes
}
