//! Two authorities of our own: their keys, and a small log.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use verifier::KeyFile;

pub type Hash = [u8; 32];

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

pub fn kid(seed: u8) -> String {
    hex(&Sha256::digest(key(seed).verifying_key().as_bytes())[..8])
}

/// A verifier key of a signed note.
pub fn vkey(name: &str, kind: u8, seed: u8) -> String {
    let key = [&[kind], key(seed).verifying_key().as_bytes().as_slice()].concat();
    let id = Sha256::digest([name.as_bytes(), b"\n", &key].concat());
    format!("{name}+{}+{}", hex(&id[..4]), b64(key))
}

/// The key file of an authority; its message key has this seed and is valid in 2024 and 2025, its log key the next.
pub fn key_file_text(id: &str, country: &str, seed: u8) -> String {
    let log = format!("test/{id}");
    let fields = format!(
        r#"{{"id":"{id}","name":"Authority","country":"{country}","url":null,"log_key":"{}","cosignature_key":"{}","root":"{}","key":{{"kid":"{}","public":"{}","valid_from":"2024-01-01T00:00:00Z","valid_until":"2025-12-31T00:00:00Z"}}}}"#,
        vkey(&log, 1, seed + 1),
        vkey(&log, 4, seed + 1),
        b64(key(seed + 2).verifying_key().as_bytes()),
        kid(seed),
        b64(key(seed).verifying_key().as_bytes()),
    );
    let signature = key(seed + 2).sign(format!("countersign-key-file/v1\n{fields}\n").as_bytes());
    format!(
        r#"{},"signature":"{}"}}"#,
        fields.strip_suffix('}').unwrap(),
        b64(signature.to_bytes())
    )
}

pub fn key_file(id: &str, country: &str, seed: u8) -> KeyFile {
    KeyFile::read(&key_file_text(id, country, seed)).unwrap()
}

/// CN with seed 1, KR with seed 10.
pub fn keys() -> Vec<KeyFile> {
    vec![key_file("CN", "CN", 1), key_file("KR", "KR", 10)]
}

/// A message as a journal keeps it, signed by this seed's key, in an entry of this number.
pub fn entry(number: usize, message: &Message<'_>) -> Vec<u8> {
    let Message {
        kind,
        from,
        to,
        created,
        body,
        seed,
    } = message;
    let payload = format!(
        r#"{{"v":1,"type":"{kind}","id":"x","case":null,"from":"{from}","to":"{to}","created":"{created}","body":{body}}}"#
    );
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, kid(*seed));
    let input = [header.as_bytes(), payload.as_bytes()]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let signature = b64(key(*seed).sign(input.as_bytes()).to_bytes());
    let sent = if *from == "CN" {
        "MessageSigned"
    } else {
        "MessageReceived"
    };
    format!(
        r#"{{"seq":{number},"recorded_at":"{created}","actor":"exchange:node","kind":"{sent}","data":{{"message":{{"kid":"{}","payload":{payload},"signature":"{signature}"}}}}}}"#,
        kid(*seed)
    )
    .into_bytes()
}

#[derive(Clone)]
pub struct Message<'a> {
    pub kind: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub created: &'a str,
    pub body: String,
    pub seed: u8,
}

pub fn leaf(entry: &[u8]) -> Hash {
    Sha256::digest([&[0], entry].concat()).into()
}

/// The root over leaves (RFC 6962 §2.1).
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest(b"").into(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::digest([&[1][..], &root(left), &root(right)].concat()).into()
        }
    }
}

/// The path of a leaf (RFC 6962 §2.1.1).
pub fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    let (mut path, other) = if index < middle {
        (self::path(left, index), root(right))
    } else {
        (self::path(right, index - middle), root(left))
    };
    path.push(other);
    path
}

/// A checkpoint of CN's log with these words, signed by the key of this seed.
pub fn note(text: &str, name: &str, seed: u8) -> String {
    let verifier = vkey(name, 1, seed);
    let id = verifier.split('+').nth(1).unwrap();
    let id: Vec<u8> = (0..4)
        .map(|n| u8::from_str_radix(&id[2 * n..2 * n + 2], 16).unwrap())
        .collect();
    let signature = key(seed).sign(text.as_bytes()).to_bytes();
    format!("{text}\n— {name} {}\n", b64([&id, signature.as_slice()].concat()))
}

pub fn checkpoint(size: usize, root: &Hash) -> String {
    note(&format!("test/CN\n{size}\n{}\n", b64(root)), "test/CN", 2)
}

/// A bundle of all these entries.
pub fn bundle(entries: &[Vec<u8>]) -> serde_json::Value {
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf(entry)).collect();
    let row = |(index, entry): (usize, &Vec<u8>)| {
        let proof: Vec<String> = path(&leaves, index).iter().map(b64).collect();
        serde_json::json!({ "index": index, "entry": b64(entry), "proof": proof })
    };
    let rows: Vec<serde_json::Value> = entries.iter().enumerate().map(row).collect();
    serde_json::json!({
        "format": "countersign-bundle/v1",
        "checkpoint": checkpoint(entries.len(), &root(&leaves)),
        "entries": rows,
    })
}
