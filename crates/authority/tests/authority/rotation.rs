//! Message keys that change, and that are given up.

use authority::{Authority, Outcome, Settled, fsck};
use domain::digest::Bytes;
use domain::partner::{Json, KeyFile, OVERLAP, Taken, UntrustedKey};
use exchange::ExchangeKey;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::partners::{code, damage, differences, in_folder, memory, pair, paired, post, receipt, state_year};
use crate::peer::{Peer, size};
use crate::{after, envelope, one, seq, start};

/// Two administrators give and approve a command; the commands' ids come of `number`.
fn both(authority: &Authority, at: Timestamp, number: u8, verb: &str, with: &Value) -> Outcome {
    let proposed = one(authority, at, envelope(at, number, "administrator:a", verb, with));
    if matches!(proposed.outcome, Outcome::Refused { .. }) {
        return proposed.outcome;
    }
    let of = seq(&proposed);
    let yes = envelope(at, number + 1, "administrator:b", "approve", &json!({ "of": of }));
    one(authority, at, yes).outcome
}

fn refusal(outcome: &Outcome) -> &str {
    outcome.code().unwrap_or("ok")
}

fn install(authority: &Authority, at: Timestamp, number: u8, file: &KeyFile) -> Outcome {
    both(authority, at, number, "install_key_file", &json!({ "file": file }))
}

fn distrust(authority: &Authority, at: Timestamp, number: u8, statement: &UntrustedKey) -> Outcome {
    both(
        authority,
        at,
        number,
        "distrust_key",
        &json!({ "statement": statement }),
    )
}

/// A new key of an authority, signed by a root key that lies elsewhere.
fn rotated(authority: &Authority, root: &ExchangeKey, at: Timestamp, seed: u8) -> KeyFile {
    let request = authority.request_key(at, [[seed; 32]; 2], 365).unwrap();
    assert!(exchange::check_key_file(&request).is_err(), "nobody has signed it yet");
    exchange::sign_key_file(root, request).unwrap()
}

/// Takes the root key out of a folder.
fn root_of(folder: &std::path::Path) -> ExchangeKey {
    let path = folder.join("keys").join("root.key");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    ExchangeKey::parse(text.trim()).unwrap()
}

/// The name of the key that signed each message that waits for a receipt.
fn kids(authority: &Authority) -> Vec<String> {
    let outgoing = authority.outgoing().unwrap();
    let kid = |bytes: &str| exchange::parse(bytes.as_bytes()).unwrap().kid.to_string();
    outgoing.iter().map(|message| kid(&message.bytes)).collect()
}

#[test]
fn a_key_changes_while_messages_flow_and_its_root_stays_away() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (cn, kr) = (in_folder("CN", 1, ours.path()), in_folder("KR", 2, theirs.path()));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    state_year(&kr, "CN", 2020, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    kr.sign_queued(after(1)).unwrap();
    let before = kr.outgoing().unwrap();
    let (old_receipt, _) = receipt(cn.accept(after(1), before[0].bytes.as_bytes()).unwrap());
    cn.close().unwrap();
    let root = root_of(ours.path());

    let cn = Authority::open(ours.path()).unwrap();
    let old = cn.state().founding.key.kid.to_string();
    let file = rotated(&cn, &root, after(2), 9);
    let new = file.key.kid.to_string();
    assert_eq!(refusal(&install(&cn, after(2), 60, &file)), "ok");
    assert_eq!(cn.key_file().unwrap(), file, "the file that is handed over from now on");
    cn.sign_queued(after(2)).unwrap();
    assert_eq!(kids(&cn), std::slice::from_ref(&old), "the old key tells the new one");
    state_year(&cn, "KR", 2021, after(2));
    cn.sign_queued(after(2)).unwrap();
    assert_eq!(kids(&cn), [old.clone(), old.clone()], "until it is known there");
    let round = cn.send_round(after(2), &mut post(&kr, after(2))).unwrap();
    assert_eq!((round.settled, round.failed.len()), (2, 0), "{round:?}");
    state_year(&cn, "KR", 2022, after(3));
    cn.sign_queued(after(3)).unwrap();
    assert_eq!(kids(&cn), std::slice::from_ref(&new));
    assert_eq!(cn.send_round(after(3), &mut post(&kr, after(3))).unwrap().settled, 1);

    // A receipt of before is the same for ever; one of now is signed with the new key.
    assert_eq!(
        receipt(cn.accept(after(3), before[0].bytes.as_bytes()).unwrap()).0,
        old_receipt
    );
    let settled = kr
        .settle(after(3), &"CN".parse().unwrap(), old_receipt.as_bytes())
        .unwrap();
    assert!(matches!(settled, Settled::Recorded { .. }), "{settled:?}");
    state_year(&kr, "CN", 2021, after(3));
    let round = kr.send_round(after(3), &mut post(&cn, after(3))).unwrap();
    assert_eq!((round.settled, round.failed.len()), (1, 0), "{round:?}");

    // After the overlap the old key signs nothing more, and everything is still verified.
    let held = kr.state().partners.get("CN").unwrap().keys.clone();
    let until = held.get(&old).unwrap().until;
    assert!(after(2) + OVERLAP <= until && until < after(3) + OVERLAP, "{until}");
    assert!(held.get(&new).unwrap().is_good_at(after(300)));
    let cn = cn.close().unwrap().open().unwrap();
    state_year(&cn, "KR", 2023, after(100));
    assert_eq!(
        cn.send_round(after(100), &mut post(&kr, after(100))).unwrap().settled,
        1
    );
    cn.close().unwrap();
    kr.close().unwrap();
    for folder in [ours.path(), theirs.path()] {
        assert_eq!(fsck(folder).unwrap().differences, []);
    }
}

#[test]
fn a_key_file_needs_its_root_and_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let cn = in_folder("CN", 1, folder.path());
    let root = root_of(folder.path());
    let request = cn.request_key(after(1), [[9; 32]; 2], 365).unwrap();
    let entries = size(&cn);
    assert_eq!(
        refusal(&install(&cn, after(1), 60, &request)),
        "key_file_bad",
        "not signed"
    );
    let other = ExchangeKey::from_seed([77; 32]).unwrap();
    assert!(
        exchange::sign_key_file(&other, request.clone()).is_err(),
        "another root signs nothing"
    );
    let mut elsewhere = request.clone();
    let key = ExchangeKey::from_seed([78; 32]).unwrap();
    (elsewhere.key.kid, elsewhere.key.public) = (key.kid().clone(), key.public());
    let elsewhere = exchange::sign_key_file(&root, elsewhere).unwrap();
    let outcome = install(&cn, after(1), 62, &elsewhere);
    assert_eq!(refusal(&outcome), "key_secret_missing", "its secret is elsewhere");
    let mut unread = request.clone();
    unread.age = Some(exchange::FileKey::from_seed(&[79; 32]).unwrap().recipient().clone());
    let unread = exchange::sign_key_file(&root, unread).unwrap();
    let outcome = install(&cn, after(1), 63, &unread);
    assert_eq!(
        refusal(&outcome),
        "key_secret_missing",
        "files for it could not be read here"
    );
    assert!(cn.request_key(after(1), [[10; 32]; 2], 0).is_err());
    assert!(
        cn.request_key(after(1), [[10; 32]; 2], authority::KEY_DAYS_MAX + 1)
            .is_err()
    );
    assert_eq!(size(&cn), entries, "nothing of it is in the journal");

    let file = exchange::sign_key_file(&root, request).unwrap();
    assert_eq!(refusal(&install(&cn, after(1), 64, &file)), "ok");
    assert_eq!(refusal(&install(&cn, after(1), 66, &file)), "trust_file_known");
    cn.close().unwrap();
    let secret = folder
        .path()
        .join("keys")
        .join(format!("exchange-{}.key", file.key.kid));
    let kept = std::fs::read(&secret).unwrap();
    std::fs::remove_file(&secret).unwrap();
    assert!(
        Authority::open(folder.path()).is_err(),
        "without the newest secret nobody speaks"
    );
    std::fs::write(&secret, kept).unwrap();
    Authority::open(folder.path()).unwrap().close().unwrap();
}

#[test]
fn a_key_that_is_given_up_ends_at_once_and_the_conversation_goes_on() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (cn, kr) = (in_folder("CN", 1, ours.path()), in_folder("KR", 2, theirs.path()));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    // One message is taken, and its receipt lost; another is not taken.
    state_year(&cn, "KR", 2021, after(3));
    state_year(&cn, "KR", 2022, after(3));
    cn.sign_queued(after(3)).unwrap();
    let waiting = cn.outgoing().unwrap();
    receipt(kr.accept(after(3), waiting[0].bytes.as_bytes()).unwrap());
    cn.close().unwrap();
    let root = root_of(ours.path());
    let cn = Authority::open(ours.path()).unwrap();
    let old = cn.state().founding.key.kid.clone();
    let statement = exchange::sign_untrusted(&root, "CN".parse().unwrap(), old.clone(), after(2));
    let mut forged = statement.clone();
    forged.since = after(1);
    assert_eq!(refusal(&distrust(&kr, after(4), 60, &forged)), "key_file_bad");
    assert_eq!(refusal(&distrust(&kr, after(4), 62, &statement)), "ok");
    assert_eq!(refusal(&distrust(&kr, after(4), 64, &statement)), "distrust_known");

    // Nor is a receipt with that key believed any more: the question is answered again with another one.
    state_year(&kr, "CN", 2019, after(3));
    kr.sign_queued(after(4)).unwrap();
    let asked = kr.outgoing().unwrap();
    let (with_old, _) = receipt(cn.accept(after(4), asked[0].bytes.as_bytes()).unwrap());
    let settled = kr
        .settle(after(4), &"CN".parse().unwrap(), with_old.as_bytes())
        .unwrap();
    assert!(
        matches!(&settled, Settled::Refused { code, .. } if code == "key_untrusted"),
        "{settled:?}"
    );

    let answer = kr.accept(after(4), waiting[1].bytes.as_bytes()).unwrap();
    assert_eq!(code(&answer), "key_untrusted");
    let round = cn.send_round(after(4), &mut post(&kr, after(4))).unwrap();
    assert_eq!(
        (round.settled, round.failed.len()),
        (1, 1),
        "what was taken has its receipt: {round:?}"
    );
    assert_eq!(
        cn.outgoing().unwrap(),
        waiting[1..],
        "the key is good here: it is sent as it is"
    );

    // The authority gives the key up too, and a new one is brought to the partner as a file.
    assert_eq!(refusal(&distrust(&cn, after(5), 60, &statement)), "ok");
    let round = cn.send_round(after(5), &mut post(&kr, after(5))).unwrap();
    assert!(
        round.failed[0].1.contains("key_untrusted"),
        "there is no other key yet: {round:?}"
    );
    let file = rotated(&cn, &root, after(5), 9);
    assert_eq!(refusal(&install(&cn, after(5), 62, &file)), "ok");
    let round = cn.send_round(after(6), &mut post(&kr, after(6))).unwrap();
    assert!(round.failed[0].1.contains("signed again"), "{round:?}");
    let round = cn.send_round(after(6), &mut post(&kr, after(6))).unwrap();
    assert!(round.failed[0].1.contains("key_unknown"), "{round:?}");
    assert_eq!(refusal(&install(&kr, after(6), 66, &file)), "ok");
    let round = cn.send_round(after(6), &mut post(&kr, after(6))).unwrap();
    assert_eq!((round.settled, round.failed.len()), (2, 0), "{round:?}");
    let refused = &cn.state().partners.get("KR").unwrap().refused.clone();
    assert_eq!(
        refused.len(),
        0,
        "the same file in a message changes nothing: {refused:?}"
    );
    assert_eq!(kr.state().trade.statements().count(), 4);

    // What the partner says is answered with the new key.
    state_year(&kr, "CN", 2023, after(7));
    let round = kr.send_round(after(7), &mut post(&cn, after(7))).unwrap();
    assert_eq!((round.settled, round.failed.len()), (2, 0), "{round:?}");
    cn.close().unwrap();
    kr.close().unwrap();
    for folder in [ours.path(), theirs.path()] {
        assert_eq!(fsck(folder).unwrap().differences, []);
    }
}

#[test]
fn a_key_file_in_a_message_is_taken_only_from_its_root() {
    let cn = memory("CN", 1);
    let mut peer = Peer::new(40);
    pair(&cn, &peer.key_file());
    peer.grow(5);
    let newer = |seed: u8| {
        let mut file = peer.key_file();
        let key = ExchangeKey::from_seed([seed; 32]).unwrap();
        (file.key.kid, file.key.public) = (key.kid().clone(), key.public());
        (file.issued, file.key.valid_from) = (Some(after(1)), after(1));
        (file, key)
    };
    let told = |seq, prev, from, file: &KeyFile| {
        let mut letter = peer.letter(seq, prev, from, after(2));
        letter.message.kind = "key_update".parse().unwrap();
        letter.message.body = Json::of(file).unwrap();
        letter
    };
    let (unsigned, _) = newer(50);
    let forged = told(1, None, 0, &unsigned);
    let (_, taken) = receipt(cn.accept(after(2), &forged.bytes()).unwrap());
    let bad = Taken::Refused {
        code: "key_file_bad".parse().unwrap(),
    };
    assert_eq!(taken.taken, bad, "the message is kept, and its file is not believed");
    let (file, key) = newer(50);
    let signed = exchange::sign_key_file(&peer.root, file).unwrap();
    let good = told(2, Some(&forged), 5, &signed);
    assert_eq!(
        receipt(cn.accept(after(2), &good.bytes()).unwrap()).1.taken,
        Taken::Accepted
    );
    let mut older = peer.key_file();
    older.issued = Some(start());
    older.name = "Another name".parse().unwrap();
    let older = exchange::sign_key_file(&peer.root, older).unwrap();
    let back = told(3, Some(&good), 5, &older);
    let (_, taken) = receipt(cn.accept(after(2), &back.bytes()).unwrap());
    let refused = Taken::Refused {
        code: "trust_file_older".parse().unwrap(),
    };
    assert_eq!(taken.taken, refused);
    let mut with_new = peer.letter(4, Some(&back), 5, after(3));
    with_new.key = key;
    receipt(cn.accept(after(3), &with_new.bytes()).unwrap());
    assert_eq!(differences(cn), []);
}

#[test]
fn fsck_verifies_what_root_keys_have_signed() {
    for kind in ["KeyFileInstalled", "KeyDistrusted"] {
        let folder = tempfile::tempdir().unwrap();
        let cn = in_folder("CN", 1, folder.path());
        let root = root_of(folder.path());
        let file = rotated(&cn, &root, after(1), 9);
        assert_eq!(refusal(&install(&cn, after(1), 60, &file)), "ok");
        let old = cn.state().founding.key.kid.clone();
        let statement = exchange::sign_untrusted(&root, "CN".parse().unwrap(), old, after(1));
        assert_eq!(refusal(&distrust(&cn, after(1), 62, &statement)), "ok");
        cn.close().unwrap();
        assert_eq!(fsck(folder.path()).unwrap().differences, []);
        damage(folder.path(), kind, "\"signature\":\"");
        let found = fsck(folder.path()).unwrap().differences;
        assert!(
            found.iter().any(|found| found.what.contains("root key did not sign")),
            "{kind}: {found:?}"
        );
    }
}

#[test]
fn a_statement_is_of_every_field() {
    let root = ExchangeKey::from_seed([1; 32]).unwrap();
    let statement = exchange::sign_untrusted(
        &root,
        "CN".parse().unwrap(),
        "0011223344556677".parse().unwrap(),
        after(1),
    );
    let text = exchange::untrusted_text(&statement);
    assert_eq!(exchange::read_untrusted(&text).unwrap(), statement);
    let changes: [fn(&mut UntrustedKey); 5] = [
        |statement| statement.id = "KR".parse().unwrap(),
        |statement| statement.kid = "0011223344556678".parse().unwrap(),
        |statement| statement.since = after(2),
        |statement| statement.root = Bytes([9; 32]),
        |statement| statement.signature = Bytes([9; 64]),
    ];
    for change in changes {
        let mut other = statement.clone();
        change(&mut other);
        assert!(exchange::check_untrusted(&other).is_err(), "{other:?}");
    }
    assert!(exchange::read_untrusted(&text[..text.len() / 2]).is_err());
    assert!(exchange::read_untrusted(&" ".repeat(17 * 1024)).is_err());
}
