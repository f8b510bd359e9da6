//! The test vectors in docs/vectors: made of the code, compared with the files, and read again as a receiver reads them.

mod bodies;
mod others;
mod world;
mod wrong;

use std::path::PathBuf;

use domain::partner::Json;
use domain::trade::{NOTICES, Notice};
use serde_json::{Value, json};

use world::{Came, World};

fn path(name: &str) -> PathBuf {
    crate::root().join("docs/vectors").join(name)
}

/// A document as it stands in its file. It is written anew where that is asked for, and must be what the code makes.
fn is_in(name: &str, made: &Value) {
    let text = format!("{made:#}\n");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::create_dir_all(path("")).unwrap();
        std::fs::write(path(name), &text).unwrap();
    }
    let found = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        found == text,
        "docs/vectors/{name} is not what the code makes now. What was released must be read for ever: look at what has \
         changed, and if it is an addition, run UPDATE_VECTORS=1 cargo test -p docs"
    );
}

/// The body of a kind as the code writes it.
fn body_of(world: &World, kind: &str) -> Json {
    let row = bodies::body(world, kind).unwrap_or_else(|| {
        panic!("the kind of message {kind} has no test vector: add a row for it in crates/docs/tests/docs/vectors/bodies.rs")
    });
    let text = Json::parse(&row.to_string()).unwrap();
    let notice = Notice::read(kind, &text).unwrap_or_else(|why| panic!("the body of {kind} in bodies.rs: {why}"));
    notice.unwrap().body().unwrap()
}

/// Every kind in one chain, then one that nobody knows and one that comes too late; each with its receipt.
fn conversation() -> (World, Vec<Value>) {
    let mut world = World::new();
    let mut told = Vec::new();
    let mut tell = |world: &mut World, message: domain::partner::Message| {
        let signed = world.signed(&message);
        let at = world.now();
        let Came::Receipt(receipt) = world.show(signed.compact().as_bytes()) else {
            panic!("{} is not taken", message.kind);
        };
        let said: Value = receipt.payload.read().unwrap();
        told.push(json!({
            "type": message.kind, "at": at, "bytes": signed.compact(), "hash": signed.hash(),
            "body": message.body, "outcome": said["outcome"], "code": said["code"],
            "receipt": receipt.compact(),
        }));
    };
    // The key comes last: it would be the key of everything after it.
    let (keys, others): (Vec<&str>, Vec<&str>) = NOTICES.iter().partition(|kind| **kind == "key_update");
    for kind in others {
        let body = body_of(&world, kind);
        let message = world.message(kind, bodies::case(kind), &body);
        tell(&mut world, message);
    }
    let unknown = world.message("kind_of_tomorrow", None, &Json::parse("{\"anything\":1}").unwrap());
    tell(&mut world, unknown);
    let mut late = world.message("withdrawn", Some("CN/E-1"), &body_of(&world, "withdrawn"));
    late.not_after = late.created;
    late.created = world::minutes(1);
    late.not_after = world::minutes(2);
    tell(&mut world, late);
    for kind in keys {
        let body = body_of(&world, kind);
        let message = world.message(kind, None, &body);
        tell(&mut world, message);
    }
    (world, told)
}

#[test]
fn every_kind_of_message_has_a_vector() {
    let (_, told) = conversation();
    let outcomes: Vec<&str> = told.iter().filter_map(|one| one["outcome"].as_str()).collect();
    assert!(outcomes.contains(&"accepted") && outcomes.contains(&"refused"));
    let code = |kind: &str| {
        told.iter()
            .rfind(|one| one["type"] == kind)
            .map(|one| one["code"].clone())
    };
    assert_eq!(code("kind_of_tomorrow"), Some(json!("unknown_kind")));
    assert_eq!(code("withdrawn"), Some(json!("message_expired")));
    is_in("messages.json", &json!({ "from": "CN", "to": "KR", "messages": told }));
}

/// What stands in the files is read by a receiver that has nothing but them.
#[test]
fn the_messages_in_the_file_are_taken() {
    let text = std::fs::read_to_string(path("messages.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut world = World::new();
    for one in file["messages"].as_array().unwrap() {
        let bytes = one["bytes"].as_str().unwrap().as_bytes();
        let Came::Receipt(receipt) = world.show(bytes) else {
            panic!("{} is not taken", one["type"]);
        };
        assert_eq!(one["receipt"], receipt.compact(), "{}", one["type"]);
    }
}
