//! Messages between two nodes.

use crate::Tested;
use crate::node::{Node, Two, done, eventually, partner, post, refused, unsealed};

#[test]
fn a_message_travels_and_its_receipt_comes_back() -> Tested {
    let two = Two::new()?;
    let (cn, kr) = (Node::start(&two.cn, two.cn_port)?, Node::start(&two.kr, two.kr_port)?);
    let told = two.ask(1)?;
    assert_eq!(
        told.lines().count(),
        2,
        "a receipt for each command, through the socket: {told}"
    );
    eventually(|| Ok(partner(&two.cn)?["sent"] == 4 && partner(&two.cn)?["unanswered"] == 0))?;
    assert_eq!(partner(&two.kr)?["received"]["seq"], 4);
    assert!(partner(&two.cn)?["cosigned"].as_u64() > Some(98));
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    for dir in [&two.cn, &two.kr] {
        assert!(!dir.join("socket").exists(), "the socket is gone");
        done(dir, &["fsck"])?;
    }
    Ok(())
}

#[test]
fn a_partner_that_is_away_gets_its_messages_when_it_comes_back() -> Tested {
    let two = Two::new()?;
    let cn = Node::start(&two.cn, two.cn_port)?;
    two.ask(1)?;
    two.ask(2)?;
    eventually(|| Ok(partner(&two.cn)?["unanswered"] == 2))?;
    assert_eq!(partner(&two.cn)?["oldest"]["seq"], 4);
    let kr = Node::start(&two.kr, two.kr_port)?;
    eventually(|| Ok(partner(&two.cn)?["unanswered"] == 0))?;
    assert_eq!(partner(&two.kr)?["received"]["seq"], 5);
    // Ended without a warning, with its socket left over: it starts again and goes on.
    cn.kill()?;
    assert!(two.cn.join("socket").exists());
    let cn = Node::start(&two.cn, two.cn_port)?;
    two.ask(3)?;
    eventually(|| Ok(partner(&two.cn)?["sent"] == 6 && partner(&two.cn)?["unanswered"] == 0))?;
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    done(&two.cn, &["fsck"])?;
    done(&two.kr, &["fsck"])?;
    Ok(())
}

#[test]
fn messages_and_receipts_travel_as_files_too() -> Tested {
    let two = Two::new()?;
    two.ask(1)?;
    let file = two.cn.with_extension("age");
    let out = file.to_str().ok_or("no text")?;
    let answers = format!("{out}.answers");
    done(&two.cn, &["exchange", "export", out])?;
    done(&two.kr, &["exchange", "import", out])?;
    let first = unsealed(&two.cn, answers.as_ref())?;
    done(&two.kr, &["exchange", "import", out])?;
    assert_eq!(
        unsealed(&two.cn, answers.as_ref())?,
        first,
        "the same message gets the same receipt"
    );
    // A running node takes the same files, and over the network the same receipt.
    let cn = Node::start(&two.cn, two.cn_port)?;
    let kr = Node::start(&two.kr, two.kr_port)?;
    let message = unsealed(&two.kr, &file)?;
    let answer = post(kr.port, message.as_bytes())?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, first.as_bytes());
    eventually(|| Ok(partner(&two.cn)?["unanswered"] == 0))?;
    let late = refused(&two.cn, &["exchange", "import", &answers])?;
    assert!(late.contains("receipt_not_awaited"), "{late}");
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    Ok(())
}
