use domain::Event;
use domain::partner::{Json, Message, Receipt, Signed, Taken};
use exchange::{Journaled, Opened, check_cosignature, check_receipted, open, open_receipt, receipt, sign};

use crate::world::{Side, leaf, now, two};

/// KR has sent CN a message; CN has taken it and made its receipt.
struct Exchanged {
    cn: Side,
    kr: Side,
    receipt: Signed,
    checkpoint: String,
}

fn exchanged() -> Exchanged {
    let (mut cn, mut kr) = two();
    let sent = kr.send(5, now());
    let Ok(Opened::Next(message)) = open(&cn.state, sent.message.compact().as_bytes(), now()) else {
        panic!("it is the next")
    };
    let (seq, received) = cn.take(message);
    let journaled = Journaled {
        seq,
        leaf: leaf(seq),
        recorded_at: now(),
        received: &received,
    };
    let made = receipt(&cn.state, &cn.key, &cn.log, journaled).unwrap();
    assert_eq!(
        receipt(&cn.state, &cn.key, &cn.log, journaled).unwrap(),
        made,
        "the same bytes, always"
    );
    let message: Message = sent.message.payload.read().unwrap();
    Exchanged {
        cn,
        kr,
        receipt: made,
        checkpoint: message.checkpoint,
    }
}

impl Exchanged {
    fn open(&self, signed: &Signed) -> Result<domain::partner::RecordReceipt, exchange::Reject> {
        let by = "CN".parse().unwrap();
        let bytes = signed.compact();
        open_receipt(
            &self.kr.state,
            &by,
            bytes.as_bytes(),
            &self.kr.log.verifier(),
            &self.checkpoint,
        )
    }

    /// The receipt with something else in it, signed by its giver.
    fn changed(&self, change: impl FnOnce(&mut Receipt)) -> Signed {
        let mut receipt: Receipt = self.receipt.payload.read().unwrap();
        change(&mut receipt);
        sign(&self.cn.key, Json::of(&receipt).unwrap())
    }
}

#[test]
fn a_receipt_says_how_a_message_was_taken_and_cosigns_its_checkpoint() {
    let exchanged = exchanged();
    let recorded = exchanged.open(&exchanged.receipt).unwrap();
    assert_eq!(recorded.receipt, exchanged.receipt);
    let receipt: Receipt = recorded.receipt.payload.read().unwrap();
    let code = "unknown_kind".parse().unwrap();
    assert_eq!(
        (receipt.seq, receipt.seen_size, &receipt.taken),
        (1, 5, &Taken::Refused { code })
    );
    let (ours, theirs) = (exchanged.kr.log.verifier(), exchanged.cn.log.cosignature_verifier());
    let size = check_cosignature(&exchanged.checkpoint, &ours, &theirs, &receipt.cosignature);
    assert_eq!(size, Ok(5));
    assert_eq!(
        check_receipted(&exchanged.kr.state, &recorded, &exchanged.checkpoint),
        Ok(())
    );
}

#[test]
fn a_receipt_is_for_a_message_that_waits_for_one() {
    let mut exchanged = exchanged();
    let code = |exchanged: &Exchanged, signed: &Signed| exchanged.open(signed).unwrap_err().code;
    let of_another = exchanged.changed(|receipt| receipt.of = leaf(77));
    assert_eq!(code(&exchanged, &of_another), "receipt_not_awaited");
    let of_another = exchanged.changed(|receipt| receipt.seq = 2);
    assert_eq!(code(&exchanged, &of_another), "receipt_not_awaited");
    let to_another = exchanged.changed(|receipt| receipt.to = "BR".parse().unwrap());
    assert_eq!(code(&exchanged, &to_another), "receipt_not_awaited");
    let by_another = exchanged.changed(|receipt| receipt.from = "BR".parse().unwrap());
    assert_eq!(code(&exchanged, &by_another), "receipt_not_awaited");
    let recorded = exchanged.open(&exchanged.receipt).unwrap();
    exchanged.kr.record(Event::MessageReceipted(Box::new(recorded)));
    let again = exchanged.receipt.clone();
    assert_eq!(code(&exchanged, &again), "receipt_not_awaited", "it has its receipt");
}

#[test]
fn a_receipt_is_signed_by_the_partner() {
    let exchanged = exchanged();
    let mut forged = exchanged.receipt.clone();
    forged.signature.0[1] ^= 1;
    assert_eq!(exchanged.open(&forged).unwrap_err().code, "signature_bad");
    let by_us = sign(&exchanged.kr.key, exchanged.receipt.payload.clone());
    assert_eq!(exchanged.open(&by_us).unwrap_err().code, "key_unknown");
    let whole = exchanged.receipt.compact();
    let open = |bytes: &[u8], by: &str| {
        let by = by.parse().unwrap();
        open_receipt(
            &exchanged.kr.state,
            &by,
            bytes,
            &exchanged.kr.log.verifier(),
            &exchanged.checkpoint,
        )
    };
    assert_eq!(open(whole.as_bytes(), "BR").unwrap_err().code, "sender_unknown");
    for cut in 0..whole.len() {
        assert!(open(&whole.as_bytes()[..cut], "CN").is_err());
    }
    let version = exchanged.changed(|receipt| receipt.v = 2);
    assert_eq!(exchanged.open(&version).unwrap_err().code, "message_unreadable");
    let message = exchanged.kr.state.partners.get("CN").unwrap().unanswered.len();
    assert_eq!(message, 1);
}

#[test]
fn a_cosignature_is_of_our_checkpoint_by_the_partner() {
    let exchanged = exchanged();
    let seconds = u64::try_from(now().as_second()).unwrap();
    let (kr, cn) = (&exchanged.kr, &exchanged.cn);
    let line = |size: u8, key: &tlog::LogKey| {
        tlog::cosign(&kr.note(size), &kr.log.verifier(), None, &[], key, seconds).unwrap()
    };
    let right = line(5, &cn.log);
    let own_line = kr.note(5).lines().last().unwrap().to_owned() + "\n";
    let stranger = tlog::LogKey::generate("cn.example/log", [99; 32]).unwrap();
    let wrong = [
        String::new(),
        "\n".to_owned(),
        right.trim_end().to_owned(),
        format!("{right}{right}"),
        line(4, &cn.log),
        line(5, &kr.log),
        line(5, &stranger),
        own_line,
        right.replacen("cn.example", "kr.example", 1),
    ];
    for wrong in wrong {
        let signed = exchanged.changed(|receipt| receipt.cosignature.clone_from(&wrong));
        assert_eq!(
            exchanged.open(&signed).unwrap_err().code,
            "cosignature_bad",
            "{wrong:?}"
        );
    }
    let other_size = exchanged.changed(|receipt| receipt.seen_size = 4);
    assert_eq!(exchanged.open(&other_size).unwrap_err().code, "cosignature_bad");
}
