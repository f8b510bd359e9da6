//! A log that starts anew on a journal whose last entries are lost.

use std::path::Path;

use authority::{Authority, AuthorityError, PutBack, Recalled, fsck, look, request_restart};
use domain::id::Id;
use domain::partner::{Json, KeyFile, Message};
use exchange::ExchangeKey;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::partners::{copy, damage, in_folder, memory, paired, post, state_year};
use crate::{after, envelope, one, seq};

fn kr() -> Id {
    "KR".parse().unwrap()
}

/// What a partner holds of the authority of a folder.
fn recalled(folder: &Path, partner: &Authority, at: Timestamp) -> Recalled {
    let restored = look(folder).unwrap();
    let question = restored.pull(&kr(), at, Uuid::from_u128(1), None).unwrap();
    let answer = partner.answer_pull(at, question.as_bytes()).unwrap().unwrap();
    restored.recalled(&kr(), &serde_json::to_vec(&answer).unwrap()).unwrap()
}

/// The key file of a new log, signed by the root key in a folder.
fn restart(folder: &Path, at: Timestamp, checkpoint: &str) -> Result<KeyFile, AuthorityError> {
    let request = request_restart(folder, at, checkpoint, [77; 32])?;
    let root = std::fs::read_to_string(folder.join("keys/root.key")).unwrap();
    Ok(exchange::sign_key_file(&ExchangeKey::parse(root.trim()).unwrap(), request).unwrap())
}

/// Two administrators install a key file.
fn install(authority: &Authority, at: Timestamp, number: u8, with: &Value, read_back: Option<&str>) {
    let of = seq(&one(
        authority,
        at,
        envelope(at, number, "administrator:a", "install_key_file", with),
    ));
    let with = match read_back {
        Some(read_back) => json!({ "of": of, "read_back": read_back }),
        None => json!({ "of": of }),
    };
    seq(&one(
        authority,
        at,
        envelope(at, number + 1, "administrator:b", "approve", &with),
    ));
}

/// The size and the origin of the newest checkpoint.
fn newest(folder: &Path) -> (u64, String) {
    let note = look(folder).unwrap().checkpoint.unwrap();
    let mut lines = note.lines();
    let origin = lines.next().unwrap().to_owned();
    (lines.next().unwrap().parse().unwrap(), origin)
}

#[test]
fn between_two_logs_nothing_is_signed_and_then_the_new_one_is_told_from_the_old_one() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [ours, backup] = folders.each_ref().map(tempfile::TempDir::path);
    let (cn, other) = (in_folder("CN", 1, ours), memory("KR", 2));
    paired(&cn, &other);
    state_year(&cn, "KR", 2020, after(1));
    cn.send_round(after(1), &mut post(&other, after(1))).unwrap();
    cn.close().unwrap();
    copy(ours, backup);
    let cn = Authority::open(ours).unwrap();
    for year in [2021, 2022] {
        state_year(&cn, "KR", year, after(2));
    }
    cn.send_round(after(2), &mut post(&other, after(2))).unwrap();
    state_year(&other, "CN", 2019, after(2));
    other.send_round(after(2), &mut post(&cn, after(2))).unwrap();
    cn.close().unwrap();

    // What was lost, the partner knows; and what was not lost needs no new log.
    let held = recalled(backup, &other, after(3));
    let checkpoint = held.checkpoint.clone().unwrap();
    assert_eq!((held.lost.len(), held.messages.len(), held.continues), (2, 1, false));
    let continues = request_restart(ours, after(3), &checkpoint, [5; 32]).unwrap_err();
    assert!(continues.to_string().contains("log_continues"), "{continues}");
    let strange = request_restart(backup, after(3), &other.checkpoint().unwrap().unwrap(), [5; 32]).unwrap_err();
    assert!(
        strange.to_string().contains("is not of this authority's log"),
        "{strange}"
    );
    let file = restart(backup, after(3), &checkpoint).unwrap();
    assert_eq!(file.restarted.as_ref().map(|ended| Some(ended.size)), Some(held.seen));

    // Nothing of the old log is signed any more, whatever is recorded.
    let (size, old) = newest(backup);
    let cn = Authority::open_between_logs(backup).unwrap();
    let none = cn.put_back(after(3), &kr(), &held.lost, &[]).unwrap_err();
    assert!(none.to_string().contains("message_not_next"), "{none}");
    state_year(&cn, "KR", 2000, after(3));
    cn.close().unwrap();
    assert_eq!(newest(backup), (size, old.clone()));
    let cn = Authority::open_between_logs(backup).unwrap();
    install(&cn, after(3), 40, &json!({ "file": file }), None);
    let back = cn.put_back(after(3), &kr(), &held.lost, &held.messages).unwrap();
    assert_eq!((back.own, back.holds, back.theirs), (2, 2, 1), "{back:?}");
    assert_eq!(
        cn.put_back(after(3), &kr(), &held.lost, &[]).unwrap(),
        PutBack::default()
    );
    cn.close().unwrap();
    let (grown, new) = newest(backup);
    assert!(
        grown > size && new != old && file.log_key.as_str().starts_with(&new),
        "{new}"
    );
    assert_eq!(fsck(backup).unwrap().differences, []);

    // The partner takes nothing of it before two persons have heard; then the chain goes on.
    let cn = Authority::open(backup).unwrap();
    let round = cn.send_round(after(4), &mut post(&other, after(4))).unwrap();
    assert!(format!("{round:?}").contains("log_unknown"), "{round:?}");
    let heard = file.fingerprint();
    install(
        &other,
        after(4),
        60,
        &json!({ "file": file, "fingerprint": heard }),
        Some(&heard),
    );
    cn.send_round(after(4), &mut post(&other, after(4))).unwrap();
    assert_eq!(cn.state().partners.get("KR").unwrap().unanswered.len(), 0);
    let taken = other.state().partners.get("CN").unwrap().clone();
    assert_eq!(taken.received, cn.state().partners.get("KR").unwrap().sent);
    assert_eq!(taken.ended.len(), 1);
    assert!(taken.received.unwrap().head.size >= grown);
    // What the partner had taken under the old log has its receipt still.
    for message in &held.lost {
        let answer = other.accept(after(5), message.as_bytes()).unwrap();
        assert!(matches!(answer, authority::Answer::Receipt(_)), "{answer:?}");
    }
    // What we have not signed is not ours to put back.
    let mut message: Message = exchange::parse(held.lost[0].as_bytes())
        .unwrap()
        .payload
        .read()
        .unwrap();
    message.seq = 99;
    let stranger = ExchangeKey::from_seed([66; 32]).unwrap();
    let forged = exchange::sign(&stranger, Json::of(&message).unwrap()).compact();
    let refused = cn.put_back(after(5), &kr(), &[forged], &[]).unwrap_err();
    assert!(refused.to_string().contains("key_unknown"), "{refused}");
    cn.close().unwrap();
    assert_eq!(fsck(backup).unwrap().differences, []);
    damage(backup, "MessageRecovered", "\"signature\":\"");
    let found = fsck(backup).unwrap().differences;
    assert!(
        found.iter().any(|found| found.what.contains("did not sign this")),
        "{found:?}"
    );
}
