//! Keys, statements, questions, codes of permits, bundles and files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::partner::Json;
use exchange::{Pull, Pulled};
use permit::{Authorization, Kind, Line, Listed, Listing, Party, Permit, Purpose, Unit, addresses_hash};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Came, Keys, Numbers, World, minutes};
use super::{conversation, is_in, path};

#[test]
fn key_files_and_their_fingerprints() {
    let world = World::new();
    let about = |keys: &Keys, age: bool| {
        let file = exchange::key_file(&keys.root, keys.about(age));
        json!({ "file": exchange::key_file_text(&file), "signed": file.signed_text(), "fingerprint": file.fingerprint() })
    };
    let restarted = world.restarted_key_file();
    let restarted = json!({
        "file": exchange::key_file_text(&restarted), "signed": restarted.signed_text(),
        "fingerprint": restarted.fingerprint(),
    });
    let good = exchange::key_file_text(&world.cn.key_file());
    let line = |key: &str, to: &str| {
        let old = good.lines().find(|line| line.contains(key)).unwrap();
        good.replacen(old, to, 1)
    };
    let wrong = [
        (
            "another address",
            line("\"url\"", "  \"url\": \"https://evil.example\","),
        ),
        ("no recipient of files", line("\"age\"", "")),
        ("a field too many", good.replacen('{', "{\"x\":1,", 1)),
        ("cut short", good[..good.len() / 2].to_owned()),
    ];
    let wrong: Vec<Value> = wrong
        .into_iter()
        .map(|(what, file)| {
            assert_eq!(
                exchange::read_key_file(&file).unwrap_err().code,
                "key_file_bad",
                "{what}"
            );
            json!({ "what": what, "file": file, "code": "key_file_bad" })
        })
        .collect();
    let seeds = |keys: &Keys| {
        let seed = |add: u8| STANDARD.encode([keys.seed + add; 32]);
        json!({
            "id": keys.id, "root": seed(0), "message": seed(1), "next_message": seed(2), "log": seed(3),
            "origin": keys.log.origin(), "files": keys.files.to_text(), "key_file": about(keys, true),
        })
    };
    let document = json!({
        "authorities": [seeds(&world.cn), seeds(&world.kr)],
        "without_recipient": about(&world.cn, false), "next": exchange::key_file_text(&world.next_key_file()),
        "restarted": restarted, "wrong": wrong,
    });
    is_in("keys.json", &document);
}

#[test]
fn a_statement_a_question_and_a_cosignature() {
    let (world, told) = conversation();
    let kid = world.cn.message.kid().clone();
    let statement = exchange::sign_untrusted(&world.cn.root, "CN".parse().unwrap(), kid, minutes(5));
    let pull = Pull {
        v: 1,
        from: "KR".parse().unwrap(),
        to: "CN".parse().unwrap(),
        own_from: 1,
        from_number: 2,
        created: minutes(9),
        nonce: Uuid::from_u128(7),
    };
    let question = exchange::sign(&world.kr.message, Json::of(&pull).unwrap());
    let messages = told[1..3].iter().map(|one| one["bytes"].as_str().unwrap().to_owned());
    let answer = Pulled {
        checkpoint: Some(Numbers(0).note(&world.kr.log, 5)),
        own: Vec::new(),
        messages: messages.collect(),
        more: true,
    };
    let note = Numbers(0).note(&world.cn.log, 13);
    let proof = Numbers(0).consistency(6, 13);
    let log_key = world.cn.log.verifier();
    let cosignature = tlog::cosign(&note, &log_key, None, &[], &world.kr.log, 1_709_280_000).unwrap();
    let older = Numbers(0).note(&world.cn.log, 6);
    let document = json!({
        "untrusted_key": { "file": exchange::untrusted_text(&statement), "signed": statement.signed_text() },
        "pull": { "question": question.compact(), "answer": answer },
        "checkpoint": { "older": older, "newer": note, "consistency": proof, "cosignature": cosignature },
    });
    assert!(exchange::read_untrusted(&exchange::untrusted_text(&statement)).is_ok());
    is_in("others.json", &document);
}

fn permit(chinese: bool, lines: usize) -> Permit {
    let party = |latin: &str, city: &str, other: [&str; 2], country: &str| Party {
        name: if chinese { other[0] } else { latin }.to_owned(),
        city: if chinese { other[1] } else { city }.to_owned(),
        country: country.to_owned(),
    };
    let line = |inn: &str, form: &str, base_ug: i64, amount: i64, unit: Unit| Line {
        inn: inn.to_owned(),
        form: form.to_owned(),
        base_ug,
        amount,
        unit,
    };
    let mut all = vec![
        line(
            "remifentanil",
            "hydrochloride",
            1_367_550_000,
            1_500_000_000,
            Unit::SaltMicrograms,
        ),
        line(
            "fentanyl",
            "injection 0.1 mg",
            636_500_000,
            10_000_000,
            Unit::Dispensing,
        ),
    ];
    all.truncate(lines);
    Permit {
        number: format!("XP-24-{lines}{}", u8::from(chinese)),
        kind: Kind::ExportPermit,
        duplicate: 0,
        exporting_authority: "CN".to_owned(),
        importing_authority: "KR".to_owned(),
        exporter: party(
            "Jade Spring Pharmaceutical",
            "Taizhou",
            ["宜昌人福药业有限责任公司", "宜昌"],
            "CN",
        ),
        importer: party("Hangang Pharmaceutical", "Cheongju", ["首尔国立中央医院", "首尔"], "KR"),
        addresses: addresses_hash("18 Yingbin Road, Taizhou, Zhejiang", "27 Osong 4-ro, Cheongju"),
        lines: all,
        authorization: Some(Authorization {
            number: "KR-IA-24-01".to_owned(),
            issued_on: "2024-02-01".parse().unwrap(),
            issuer: "KR".to_owned(),
        }),
        issued_on: "2024-03-01".parse().unwrap(),
        valid_from: "2024-03-01".parse().unwrap(),
        valid_until: "2024-08-28".parse().unwrap(),
        posts: vec!["CNPVG".to_owned(), "KRICN".to_owned()],
        purpose: Purpose::Medical,
        bonded: false,
        several: false,
        case: Some("CN/E-1".to_owned()),
        entry: 5321,
    }
}

#[test]
fn codes_of_permits_and_their_list() {
    let world = World::new();
    let key = world.cn.message.secret();
    let rows = [(false, 1), (false, 2), (true, 1), (true, 2)];
    let permits: Vec<Value> = rows
        .into_iter()
        .map(|(chinese, lines)| {
            let permit = permit(chinese, lines);
            let codes = permit::sign(&permit, key).unwrap();
            let party = |party: &Party| json!([party.name, party.city, party.country]);
            json!({
                "codes": codes.texts(), "number": permit.number, "exporter": party(&permit.exporter),
                "importer": party(&permit.importer), "lines": lines, "valid_until": permit.valid_until.to_string(),
            })
        })
        .collect();
    let listing = Listing {
        issuer: "CN",
        sequence: 7,
        issued_on: "2024-03-01".parse().unwrap(),
        valid_until: "2024-03-08".parse().unwrap(),
        permits: &[("XP-REVOKED", Listed::Revoked), ("XP-USED", Listed::Used)],
    };
    let list = permit::sign_list(&listing, key).unwrap();
    let list = json!({ "bytes": STANDARD.encode(list), "sequence": 7, "revoked": ["XP-REVOKED"], "used": ["XP-USED"] });
    is_in(
        "permits.json",
        &json!({ "issuer": "CN", "permits": permits, "list": list }),
    );
}

/// The entries of a journal as the leaves of its log.
struct Leaves<'a>(&'a [Vec<u8>]);

impl tlog::Hashes for Leaves<'_> {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let place = |number: u64| usize::try_from(number).unwrap();
        Ok(self.0[place(from)..place(to).min(self.0.len())]
            .iter()
            .map(|entry| tlog::leaf_hash(entry))
            .collect())
    }

    fn tile(&self, _: u8, _: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        Ok(None)
    }
}

#[test]
fn a_bundle_of_entries() {
    let (world, _) = conversation();
    let leaves = Leaves(&world.entries);
    let size = u64::try_from(world.entries.len()).unwrap();
    let mut tree = tlog::Tree::new();
    world
        .entries
        .iter()
        .for_each(|entry| tree.append(&tlog::leaf_hash(entry)));
    let (origin, root) = (world.kr.log.origin().to_owned(), tree.root());
    let checkpoint = tlog::sign(&tlog::Checkpoint { origin, size, root }, &world.kr.log).unwrap();
    let entry = |index: u64| {
        let proof = tlog::inclusion_proof(&leaves, index, size).unwrap();
        let proof: Vec<String> = proof.iter().map(|hash| STANDARD.encode(hash)).collect();
        let bytes = &world.entries[usize::try_from(index).unwrap()];
        json!({ "index": index, "entry": STANDARD.encode(bytes), "proof": proof })
    };
    let entries: Vec<Value> = [2, 3, size - 1].into_iter().map(entry).collect();
    let bundle = json!({ "format": "countersign-bundle/v1", "checkpoint": checkpoint, "entries": entries });
    is_in(
        "bundle.json",
        &json!({ "log_key": world.kr.log.verifier(), "bundle": bundle }),
    );
}

/// Encrypting is never the same twice: the file stays as long as it says what it should.
#[test]
fn an_encrypted_file_is_read() {
    let mut world = World::new();
    let mut lines = Vec::new();
    for kind in ["confirmation_requested", "withdrawn"] {
        let message = world.message(kind, Some("CN/E-1"), &super::body_of(&world, kind));
        let text = world.signed(&message).compact();
        assert!(matches!(world.show(text.as_bytes()), Came::Receipt(_)));
        lines.push(text);
    }
    let found = std::fs::read_to_string(path("sealed.json")).unwrap_or_default();
    let found: Value = serde_json::from_str(&found).unwrap_or_default();
    let found = STANDARD
        .decode(found["file"].as_str().unwrap_or_default())
        .unwrap_or_default();
    let keys = std::slice::from_ref(&world.kr.files);
    let says = |file: &[u8]| exchange::unseal(keys, file).map(|text| text.trim_end() == lines.join("\n"));
    let file = if says(&found) == Ok(true) {
        found
    } else {
        exchange::seal(world.kr.files.recipient(), &lines).unwrap()
    };
    let mut turned = file.clone();
    *turned.last_mut().unwrap() ^= 1;
    let wrong = [
        (
            "its last byte is missing",
            file[..file.len() - 1].to_vec(),
            "file_cut_short",
        ),
        ("a bit of its last byte is turned", turned, "file_changed"),
        ("its first byte is missing", file[1..].to_vec(), "file_unreadable"),
    ];
    for (what, bytes, code) in &wrong {
        assert_eq!(exchange::unseal(keys, bytes).unwrap_err().code, *code, "{what}");
    }
    let other = exchange::unseal(std::slice::from_ref(&world.cn.files), &file).unwrap_err();
    assert_eq!(other.code, "file_for_another");
    let wrong: Vec<Value> = wrong
        .iter()
        .map(|(what, _, code)| json!({ "what": what, "code": code }))
        .collect();
    let document = json!({
        "to": "KR", "identity": world.kr.files.to_text(), "recipient": world.kr.files.recipient(),
        "lines": lines, "file": STANDARD.encode(&file), "wrong": wrong,
    });
    is_in("sealed.json", &document);
}
