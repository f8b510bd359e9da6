//! What a partner holds of an authority that was restored from an old backup.

use authority::{Authority, look};
use domain::partner::Json;
use exchange::{ExchangeKey, Pulled};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::after;
use crate::partners::{copy, in_folder, memory, paired, post, receipt, state_year};
use crate::peer::size;

fn nonce(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn answer(of: &Authority, at: Timestamp, question: &str) -> Result<Pulled, &'static str> {
    of.answer_pull(at, question.as_bytes())
        .unwrap()
        .map_err(|reject| reject.code)
}

#[test]
fn a_restored_journal_is_compared_with_what_partners_hold_before_it_goes_on() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [ours, backup] = folders.each_ref().map(tempfile::TempDir::path);
    let (cn, kr) = (in_folder("CN", 1, ours), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    state_year(&kr, "CN", 2020, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    kr.send_round(after(1), &mut post(&cn, after(1))).unwrap();
    cn.close().unwrap();
    copy(ours, backup);

    // Nothing was lost yet: the journal is whole, whoever is asked.
    let kr_id = "KR".parse().unwrap();
    let restored = look(backup).unwrap();
    let question = restored.pull(&kr_id, after(2), nonce(1), None).unwrap();
    let body = serde_json::to_vec(&answer(&kr, after(2), &question).unwrap()).unwrap();
    let recalled = restored.recalled(&kr_id, &body).unwrap();
    assert!(recalled.is_whole() && recalled.messages.is_empty(), "{recalled:?}");
    drop(restored);

    let cn = Authority::open(ours).unwrap();
    for year in 1991..=2019 {
        state_year(&cn, "KR", year, after(2));
    }
    cn.send_round(after(2), &mut post(&kr, after(2))).unwrap();
    let lost: Vec<String> = {
        let sent = kr.state().partners.get("CN").unwrap().received.unwrap().seq;
        (2..=sent).map(|seq| seq.to_string()).collect()
    };
    state_year(&kr, "CN", 2021, after(3));
    state_year(&kr, "CN", 2022, after(3));
    let mut sent = kr.outgoing().unwrap();
    kr.sign_queued(after(3)).unwrap();
    sent.extend(kr.outgoing().unwrap());
    kr.send_round(after(3), &mut post(&cn, after(3))).unwrap();
    cn.close().unwrap();

    let restored = look(backup).unwrap();
    let entries = size(&kr);
    let mut all: Option<authority::Recalled> = None;
    let mut questions = 0;
    loop {
        questions += 1;
        let question = restored
            .pull(&kr_id, after(4), nonce(10 + questions), all.as_ref())
            .unwrap();
        let body = serde_json::to_vec(&answer(&kr, after(4), &question).unwrap()).unwrap();
        assert!(body.len() <= 1 << 20);
        let next = restored.recalled(&kr_id, &body).unwrap();
        let more = next.more;
        match &mut all {
            Some(all) => all.add(next),
            None => all = Some(next),
        }
        if !more {
            break;
        }
    }
    let recalled = all.unwrap();
    assert!(questions > 1, "more than one answer holds");
    assert!(!recalled.is_whole() && !recalled.continues, "{recalled:?}");
    let number = |text: &String| {
        let signed = exchange::parse(text.as_bytes()).unwrap();
        let message: domain::partner::Message = signed.payload.read().unwrap();
        message.seq.to_string()
    };
    assert_eq!(
        recalled.lost.iter().map(number).collect::<Vec<_>>(),
        lost,
        "each of them, once, in order"
    );
    assert_eq!(
        recalled.seen,
        kr.state()
            .partners
            .get("CN")
            .unwrap()
            .received
            .map(|last| last.head.size)
    );
    let theirs: Vec<String> = sent.iter().map(|message| message.bytes.clone()).collect();
    assert_eq!(recalled.messages, theirs, "the bytes that were sent before");
    assert_eq!(size(&kr), entries, "asking changes nothing there");
    drop(restored);

    // What the partner had said is taken again, in the same words.
    let cn = Authority::open(backup).unwrap();
    for message in &recalled.messages {
        receipt(cn.accept(after(5), message.as_bytes()).unwrap());
    }
    assert_eq!(
        cn.state().partners.get("KR").unwrap().received,
        kr.state().partners.get("CN").unwrap().sent
    );
    cn.close().unwrap();
}

#[test]
fn only_a_partner_learns_what_is_held_of_it_and_each_question_is_answered_once() {
    let folder = tempfile::tempdir().unwrap();
    let (cn, kr, jp) = (in_folder("CN", 1, folder.path()), memory("KR", 2), memory("JP", 3));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    cn.close().unwrap();
    let asking = look(folder.path()).unwrap();
    let kr_id = "KR".parse().unwrap();
    let question = asking.pull(&kr_id, after(1), nonce(1), None).unwrap();
    assert_eq!(answer(&kr, after(1), &question).unwrap().own.len(), 1);
    assert_eq!(answer(&kr, after(1), &question), Err("pull_repeated"));
    assert_eq!(
        answer(&jp, after(1), &question),
        Err("sender_unknown"),
        "who asks is no partner there"
    );
    let question = asking.pull(&kr_id, after(1), nonce(2), None).unwrap();
    let minutes = |minutes| after(1).checked_add(SignedDuration::from_mins(minutes)).unwrap();
    assert_eq!(answer(&kr, minutes(6), &question), Err("pull_out_of_date"));
    assert!(answer(&kr, minutes(4), &question).is_ok());

    // Another key, another addressee, another form: nothing is said.
    let signed = exchange::parse(question.as_bytes()).unwrap();
    let pull: exchange::Pull = signed.payload.read().unwrap();
    let stranger = ExchangeKey::from_seed([99; 32]).unwrap();
    let by_stranger = exchange::sign(&stranger, signed.payload.clone());
    assert_eq!(answer(&kr, after(1), &by_stranger.compact()), Err("key_unknown"));
    let relabelled = domain::partner::Signed {
        kid: signed.kid.clone(),
        ..by_stranger
    };
    assert_eq!(answer(&kr, after(1), &relabelled.compact()), Err("signature_bad"));
    let other = exchange::Pull {
        to: "JP".parse().unwrap(),
        ..pull
    };
    let other = exchange::sign(&stranger, Json::of(&other).unwrap());
    assert_eq!(answer(&kr, after(1), &other.compact()), Err("message_for_another"));
    assert_eq!(answer(&kr, after(1), "e30.e30.e30"), Err("message_unreadable"));

    // What the partner says is believed where this authority has signed it, and nowhere else.
    let forged = Pulled {
        own: vec![by_another_key()],
        ..Pulled::default()
    };
    let body = serde_json::to_vec(&forged).unwrap();
    assert!(asking.recalled(&kr_id, &body).is_err());
    // In our name, and with somebody else's signature.
    let ours = asking.state.founding.key.kid.clone();
    let in_our_name = domain::partner::Signed {
        kid: ours,
        ..exchange::parse(by_another_key().as_bytes()).unwrap()
    };
    let forged = Pulled {
        own: vec![in_our_name.compact()],
        ..Pulled::default()
    };
    let why = asking
        .recalled(&kr_id, &serde_json::to_vec(&forged).unwrap())
        .unwrap_err();
    assert!(why.to_string().contains("not signed by this authority"), "{why}");
    assert!(asking.recalled(&kr_id, b"nonsense").is_err());
}

fn by_another_key() -> String {
    let stranger = ExchangeKey::from_seed([99; 32]).unwrap();
    exchange::sign(&stranger, Json::parse("{}").unwrap()).compact()
}
