use domain::partner::{Equivocation, Json, Message, ReceiveMessage, Signed};
use domain::trade::Notice;
use exchange::{
    Draft, ExchangeKey, Opened, Reject, check_equivocated, check_received, check_signed, compose, open, sign,
};
use proptest::prelude::*;

use crate::world::{Side, days, notice, now, two};

fn next(opened: Result<Opened, Reject>) -> ReceiveMessage {
    match opened {
        Ok(Opened::Next(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn open_now(side: &Side, signed: &Signed) -> Result<Opened, Reject> {
    open(&side.state, signed.compact().as_bytes(), now())
}

/// The message with something else in it, signed by its sender.
fn changed(key: &ExchangeKey, signed: &Signed, change: impl FnOnce(&mut Message)) -> Signed {
    let mut message: Message = signed.payload.read().unwrap();
    change(&mut message);
    sign(key, Json::of(&message).unwrap())
}

#[test]
fn a_chain_of_messages_is_taken_in_order() {
    let (mut cn, mut kr) = two();
    let first = kr.send(3, now());
    let second = kr.send(3, now());
    let third = kr.send(7, now());
    for (seq, sent) in [(2, &second), (3, &third)] {
        let from = "KR".parse().unwrap();
        let early = open_now(&cn, &sent.message).unwrap();
        assert_eq!(early, Opened::Early { from, seq, expected: 1 });
    }
    for sent in [first, second, third] {
        let message = next(open_now(&cn, &sent.message));
        assert_eq!((&message.message, message.head), (&sent.message, sent.head));
        let before = cn.state.clone();
        let (entry, received) = cn.take(message);
        assert_eq!(open_now(&cn, &sent.message), Ok(Opened::Repeat { entry }));
        assert_eq!(check_received(&before, &received, now()), Ok(()));
        assert!(
            check_received(&cn.state, &received, now()).is_err(),
            "it is not the next any more"
        );
        let mut other = received.clone();
        other.head.root = crate::world::leaf(1);
        assert_eq!(
            check_received(&before, &other, now()).unwrap_err().code,
            "checkpoint_bad"
        );
        let from = "BR".parse().unwrap();
        let renamed = domain::partner::MessageReceived { from, ..received };
        assert_eq!(
            check_received(&before, &renamed, now()).unwrap_err().code,
            "sender_unknown"
        );
    }
}

#[test]
fn the_first_message_proves_nothing_of_an_older_log() {
    let (cn, mut kr) = two();
    let sent = kr.send(5, now());
    let code = |signed: &Signed| open_now(&cn, signed).unwrap_err().code;
    let from_somewhere = changed(&kr.key, &sent.message, |message| message.consistency.from_size = 3);
    assert_eq!(code(&from_somewhere), "consistency_missing");
    let with_proof = changed(&kr.key, &sent.message, |message| {
        message.consistency.hashes.push(domain::digest::Digest::of("x"));
    });
    assert_eq!(code(&with_proof), "consistency_missing");
}

/// A code, and what is changed to get it.
type Lie = (&'static str, fn(&mut Message, &Side));

/// What a partner may change in its second message, and the code that it gets. Its first had a checkpoint of 5 entries.
const LIES: [Lie; 14] = [
    ("sender_unknown", |message, _| message.from = "BR".parse().unwrap()),
    ("message_for_another", |message, _| message.to = "BR".parse().unwrap()),
    ("message_out_of_order", |message, _| message.seq = 0),
    ("chain_broken", |message, _| message.prev = None),
    ("chain_broken", |message, _| message.prev = Some(crate::world::leaf(1))),
    ("checkpoint_bad", |message, _| message.checkpoint.clear()),
    ("log_unknown", |message, _| message.checkpoint = two().0.note(7)),
    ("checkpoint_bad", |message, kr| {
        message.checkpoint = kr.note(7).replacen('7', "8", 1);
    }),
    ("log_rolled_back", |message, kr| message.checkpoint = kr.note(4)),
    ("log_forked", |message, kr| message.checkpoint = forked(kr, 5)),
    ("log_forked", |message, kr| message.checkpoint = forked(kr, 7)),
    ("log_forked", |message, _| {
        message.consistency.hashes[0] = crate::world::leaf(1);
    }),
    ("consistency_missing", |message, _| message.consistency.hashes.clear()),
    ("consistency_missing", |message, _| message.consistency.from_size = 4),
];

/// A checkpoint of a log with other entries, by the same key.
fn forked(kr: &Side, entries: u64) -> String {
    let mut tree = tlog::Tree::new();
    (0..entries).for_each(|_| tree.append(&[9; 32]));
    let (origin, size, root) = (kr.log.origin().to_owned(), tree.size(), tree.root());
    tlog::sign(&tlog::Checkpoint { origin, size, root }, &kr.log).unwrap()
}

#[test]
fn a_log_that_starts_anew_is_shown_from_its_beginning() {
    let (mut cn, mut kr) = two();
    let first = kr.send(5, now());
    let (seq, received) = cn.take(next(open_now(&cn, &first.message)));
    let made = |cn: &Side| {
        let (leaf, recorded_at) = (crate::world::leaf(seq), now());
        let journaled = exchange::Journaled {
            seq,
            leaf,
            recorded_at,
            received: &received,
        };
        exchange::receipt(&cn.state, &cn.key, &cn.log, journaled).unwrap()
    };
    let receipt = made(&cn);
    let waiting = kr.compose(7, now());
    let file = kr.restart();
    assert_eq!(exchange::check_key_file(&file), Ok(()));
    kr.install(&file);
    let second = kr.compose(4, now());
    assert_eq!(open_now(&cn, &second.message).unwrap_err().code, "log_unknown");
    cn.install(&file);
    // The chain goes on; the log does not, and may be shorter.
    let message = next(open_now(&cn, &second.message));
    assert_eq!(message.head.size, 4);
    assert_eq!(open_now(&cn, &waiting.message).unwrap_err().code, "log_ended");
    let proven = changed(&kr.key, &second.message, |message| message.consistency.from_size = 5);
    assert_eq!(open_now(&cn, &proven).unwrap_err().code, "consistency_missing");
    // What was taken before has the same receipt as ever.
    assert_eq!(open_now(&cn, &first.message), Ok(Opened::Repeat { entry: seq }));
    assert_eq!(made(&cn), receipt);
    cn.take(message);
    kr.record(domain::Event::MessageSigned(Box::new(second)));
    let third = kr.compose(9, now());
    assert_eq!(next(open_now(&cn, &third.message)).head.size, 9);
}

#[test]
fn a_message_that_is_put_back_is_one_that_we_signed_for_whoever_holds_it() {
    let (mut cn, mut kr) = two();
    let sent = kr.send(5, now()).message;
    let to: domain::id::Id = "CN".parse().unwrap();
    assert_eq!(exchange::check_recovered(&kr.state, &to, &sent), Ok(()));
    let code =
        |to: &domain::id::Id, signed: &Signed| exchange::check_recovered(&kr.state, to, signed).unwrap_err().code;
    assert_eq!(code(&"BR".parse().unwrap(), &sent), "message_for_another");
    let from = changed(&kr.key, &sent, |message| message.from = "BR".parse().unwrap());
    assert_eq!(code(&to, &from), "message_for_another");
    let by_another = sign(&cn.key, sent.payload.clone());
    assert_eq!(code(&to, &by_another), "key_unknown");
    let relabelled = Signed {
        kid: sent.kid.clone(),
        ..by_another
    };
    assert_eq!(code(&to, &relabelled), "signature_bad");
    let theirs = cn.send(3, now()).message;
    assert_eq!(code(&to, &theirs), "key_unknown");
}

#[test]
fn each_lie_has_its_code() {
    let (mut cn, mut kr) = two();
    let first = kr.send(5, now());
    cn.take(next(open_now(&cn, &first.message)));
    let second = kr.compose(7, now());
    next(open_now(&cn, &second.message));
    for (number, (code, lie)) in LIES.iter().enumerate() {
        let told = changed(&kr.key, &second.message, |message| lie(message, &kr));
        let refused = match open_now(&cn, &told) {
            Ok(Opened::Alarm(shown)) => shown.says,
            opened => opened.unwrap_err(),
        };
        assert_eq!(refused.code, *code, "{number}");
    }
    let by_another = sign(&cn.key, second.message.payload.clone());
    assert_eq!(open_now(&cn, &by_another).unwrap_err().code, "key_unknown");
    let kid = second.message.kid.clone();
    let relabelled = Signed { kid, ..by_another };
    assert_eq!(open_now(&cn, &relabelled).unwrap_err().code, "signature_bad");
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    let (mut one, mut other) = (two().1, two().1);
    assert_eq!(
        one.compose(3, now()).message.compact(),
        other.compose(3, now()).message.compact()
    );
    let message: Message = one.compose(3, now()).message.payload.read().unwrap();
    assert_eq!(message.not_after, days(exchange::MESSAGE_DAYS));
}

#[test]
fn a_message_is_signed_by_the_key_of_the_founding_while_that_is_valid() {
    let mut kr = two().1;
    kr.compose(3, now());
    let partner = kr.state.partners.get("CN").unwrap();
    let (checkpoint, says) = (kr.note(3), notice(1));
    let draft = |checkpoint, at| Draft {
        to: partner,
        queued: partner.queue.front().unwrap(),
        notice: &says,
        checkpoint,
        proof: Vec::new(),
        id: uuid::Uuid::nil(),
        now: at,
    };
    let code = |key, checkpoint, at| compose(&kr.state, key, draft(checkpoint, at)).unwrap_err().code;
    assert_eq!(code(&kr.key, &checkpoint, days(301)), "key_unknown");
    assert_eq!(code(&kr.root, &checkpoint, now()), "key_unknown");
    assert_eq!(code(&kr.key, "", now()), "checkpoint_bad");
    assert_eq!(code(&kr.key, &two().0.note(3), now()), "checkpoint_bad");
}

#[test]
fn a_message_that_is_too_large_is_not_signed() {
    let mut kr = two().1;
    kr.compose(3, now());
    let line = |number: u32| domain::trade::StatementLine {
        substance: format!("substance-{number}").parse().unwrap(),
        total_g: domain::quantity::Mass::ZERO,
        count: 0,
        cases_root: domain::digest::Digest::of(""),
    };
    let dispute = |lines: u32| {
        Notice::StatementDisputed(Box::new(domain::trade::StatementDispute {
            year: 2023,
            digest: domain::digest::Digest::of(""),
            lines: (0..lines).map(line).collect(),
        }))
    };
    let partner = kr.state.partners.get("CN").unwrap();
    let signed = |notice: &Notice| {
        let draft = Draft {
            to: partner,
            queued: partner.queue.front().unwrap(),
            notice,
            checkpoint: &kr.note(3),
            proof: Vec::new(),
            id: uuid::Uuid::nil(),
            now: now(),
        };
        compose(&kr.state, &kr.key, draft)
    };
    assert!(signed(&dispute(150)).is_ok());
    assert_eq!(signed(&dispute(300)).unwrap_err().code, "message_too_large");
}

#[test]
fn a_message_at_another_time_keeps_its_place() {
    let (cn, mut kr) = two();
    let sent = kr.send(3, now());
    // Whether it is still good is judged when it is taken.
    next(open(&cn.state, sent.message.compact().as_bytes(), days(200)));
    let late = open(&cn.state, sent.message.compact().as_bytes(), days(301)).unwrap_err();
    assert_eq!(late.code, "key_unknown");
    let soon = open(&cn.state, sent.message.compact().as_bytes(), days(-51)).unwrap_err();
    assert_eq!(soon.code, "key_unknown");
}

#[test]
fn a_receipt_that_was_lost_can_be_had_when_the_key_has_ended() {
    let (mut cn, mut kr) = two();
    let sent = kr.send(3, now());
    let (entry, _) = cn.take(next(open_now(&cn, &sent.message)));
    let again = open(&cn.state, sent.message.compact().as_bytes(), days(301));
    assert_eq!(again, Ok(Opened::Repeat { entry }));
}

#[test]
fn a_message_that_contradicts_another_is_evidence() {
    let (mut cn, mut kr) = two();
    let sent = kr.send(3, now());
    let (taken, _) = cn.take(next(open_now(&cn, &sent.message)));
    let same_number = changed(&kr.key, &sent.message, |message| message.id = uuid::Uuid::from_u128(99));
    let same_id = changed(&kr.key, &sent.message, |message| message.seq = 2);
    let no_checkpoint = changed(&kr.key, &sent.message, |message| message.checkpoint = "none".to_owned());
    for (message, size) in [(same_number, 3), (same_id, 3), (no_checkpoint, 0)] {
        let opened = next(open_now(&cn, &message));
        assert_eq!(opened.head.size, size);
        let from = opened.from;
        let mut evidence = Equivocation {
            from,
            taken,
            message: message.clone(),
        };
        assert_eq!(check_equivocated(&cn.state, &evidence, now()), Ok(()));
        evidence.taken += 1;
        assert_eq!(
            check_equivocated(&cn.state, &evidence, now()).unwrap_err().code,
            "chain_broken"
        );
        evidence.taken -= 1;
        evidence.message = sent.message.clone();
        assert_eq!(
            check_equivocated(&cn.state, &evidence, now()).unwrap_err().code,
            "chain_broken"
        );
        evidence.message = message.clone();
        let from = "BR".parse().unwrap();
        let renamed = Equivocation {
            from,
            ..evidence.clone()
        };
        assert_eq!(
            check_equivocated(&cn.state, &renamed, now()).unwrap_err().code,
            "chain_broken"
        );
        let entry = cn.record(domain::Event::MessageEquivocated(Box::new(evidence)));
        assert_eq!(open_now(&cn, &message), Ok(Opened::Repeat { entry }), "it is kept once");
    }
}

#[test]
fn our_own_message_says_what_was_queued() {
    let mut kr = two().1;
    let signed = kr.compose(3, now());
    let queued = |number: u64| domain::partner::MessageQueued {
        to: "CN".parse().unwrap(),
        case: None,
        notice: notice(u8::try_from(number % 200).unwrap()),
    };
    let right = queued(signed.queued);
    assert_eq!(check_signed(&kr.state, &signed, Some(&right)), Ok(()));
    let other = queued(signed.queued + 1);
    assert_eq!(
        check_signed(&kr.state, &signed, Some(&other)).unwrap_err().code,
        "queued_differs"
    );
    assert_eq!(
        check_signed(&kr.state, &signed, None).unwrap_err().code,
        "queued_differs"
    );
    let mut wrong = signed.clone();
    wrong.head.size += 1;
    assert_eq!(
        check_signed(&kr.state, &wrong, Some(&right)).unwrap_err().code,
        "checkpoint_bad"
    );
    let mut wrong = signed.clone();
    wrong.message.signature.0[0] ^= 1;
    assert_eq!(
        check_signed(&kr.state, &wrong, Some(&right)).unwrap_err().code,
        "signature_bad"
    );
    let mut wrong = signed.clone();
    wrong.message = sign(&kr.root, signed.message.payload.clone());
    assert_eq!(
        check_signed(&kr.state, &wrong, Some(&right)).unwrap_err().code,
        "key_unknown"
    );
}

/// Every letter of a message, changed in a few ways: nothing of it is taken.
#[test]
fn no_letter_of_a_message_is_free() {
    let (mut cn, mut kr) = two();
    let first = kr.send(3, now());
    cn.take(next(open_now(&cn, &first.message)));
    let whole = kr.send(7, now()).message.compact().into_bytes();
    next(open(&cn.state, &whole, now()));
    for at in 0..whole.len() {
        let bit = [1, 2, 32][at % 3];
        let mut bytes = whole.clone();
        bytes[at] ^= bit;
        let refused = open(&cn.state, &bytes, now()).unwrap_err();
        assert!(!refused.says.is_empty(), "{at}");
    }
    for cut in 0..whole.len() {
        assert!(open(&cn.state, &whole[..cut], now()).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_refusal_quotes_little_of_what_it_refuses() {
    let (cn, kr) = two();
    let payload = format!("{{\"{}\":1}}", "\\u001b".repeat(2000));
    let signed = sign(&kr.key, Json::parse(&payload).unwrap());
    let refused = open_now(&cn, &signed).unwrap_err();
    assert_eq!(refused.code, "message_unreadable");
    assert!(
        refused.says.chars().count() <= 400 && !refused.says.contains('\u{1b}'),
        "{refused}"
    );
}

#[test]
fn parts_of_two_messages_do_not_make_a_third() {
    let (cn, mut kr) = two();
    let [one, other] = [3, 4].map(|size| kr.compose(size, now()).message.compact());
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split('.').collect(), other.split('.').collect());
    for which in 0..8_usize {
        let part = |place: usize| {
            if which >> place & 1 == 0 {
                one[place]
            } else {
                other[place]
            }
        };
        let mixed = [part(0), part(1), part(2)].join(".");
        let same = which >> 1 & 1 == which >> 2 & 1;
        assert_eq!(open(&cn.state, mixed.as_bytes(), now()).is_ok(), same, "{which}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_taken_that_was_not_signed(
        damages in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..5),
    ) {
        let (cn, mut kr) = two();
        let whole = kr.compose(3, now()).message.compact().into_bytes();
        let mut bytes = whole.clone();
        for (at, change) in damages {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        if bytes != whole {
            prop_assert!(open(&cn.state, &bytes, now()).is_err());
        }
    }
}
