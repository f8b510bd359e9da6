use exchange::{Answer, CODES};
use proptest::prelude::*;

#[test]
fn an_answer_is_read_as_it_was_written() {
    let refused = CODES.map(|code| Answer::Refused {
        code: code.to_owned(),
        says: "a sentence \"with\" quotes\nand lines".to_owned(),
    });
    let receipt = Answer::Receipt("eyJ.e30.AAAA".to_owned());
    let alarm = Answer::Alarm {
        code: "log_forked".to_owned(),
        says: "a sentence".to_owned(),
        checkpoint: "origin\n9\nroot\n\n\u{2014} origin line\n".to_owned(),
    };
    for answer in [receipt, Answer::Parked { expected: u64::MAX }, alarm]
        .iter()
        .chain(&refused)
    {
        assert_eq!(Answer::decode(answer.encode().as_bytes()).unwrap(), *answer);
    }
    assert_eq!(
        Answer::Parked { expected: 7 }.encode(),
        "{\"code\":\"parked\",\"says\":\"message 7 comes next: send it first\",\"expected\":7}"
    );
}

#[test]
fn an_answer_that_is_none_is_told_apart() {
    let long = "A".repeat(33_000);
    let wrong: [&[u8]; 6] = [
        b"{",
        b"{}",
        b"{\"code\":1,\"says\":\"\"}",
        b"\xff",
        long.as_bytes(),
        b"{\"code\":\"a\",\"says\":\"b\",\"x\":1}",
    ];
    for wrong in wrong {
        assert_eq!(Answer::decode(wrong).unwrap_err().code, "answer_unreadable");
    }
}

proptest! {
    #[test]
    fn reading_an_answer_does_not_stop_anybody(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(Answer::decode(&bytes));
    }
}
