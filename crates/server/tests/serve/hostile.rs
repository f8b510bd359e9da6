//! Whoever comes over the network without a key.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Tested;
use crate::node::{Node, Two, answer, get, partner, post, raw, size};

#[test]
fn what_nobody_signed_gets_a_fitting_status_and_leaves_no_entry() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    let before = size(&two.cn)?;
    let port = node.port;
    let header = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ";
    for (body, status, code) in [
        (b"".to_vec(), 400, "message_unreadable"),
        (b"nonsense".to_vec(), 400, "message_unreadable"),
        (vec![0xff; 32 * 1024], 400, "message_unreadable"),
        (vec![b'a'; 32 * 1024 + 1], 413, "message_too_large"),
        (vec![b'a'; 4 << 20], 413, "message_too_large"),
        (format!("{header}.e30.AAAA").into_bytes(), 400, "message_unreadable"),
        (b"..".to_vec(), 400, "message_unreadable"),
    ] {
        let answer = post(port, &body)?;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{} bytes",
            body.len()
        );
        assert!(
            answer.head.contains("content-type: application/problem+json"),
            "{}",
            answer.head
        );
    }
    assert_eq!(get(port, "/exchange/v1/messages")?.status, 405);
    let plain = b"POST /exchange/v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\na";
    assert_eq!(raw(port, plain)?.status, 415);
    let chunked = [
        b"POST /exchange/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n".to_vec(),
        vec![b'a'; 0x10000],
        b"\r\n0\r\n\r\n".to_vec(),
    ];
    assert_eq!(raw(port, &chunked.concat())?.status, 413);
    assert_eq!(size(&two.cn)?, before, "nothing is journaled");
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn a_message_changed_on_its_way_is_not_taken() -> Tested {
    let two = Two::new()?;
    two.ask(1)?;
    let out = two.cn.with_extension("age");
    crate::node::done(&two.cn, &["exchange", "export", out.to_str().ok_or("no text")?])?;
    let message = crate::node::unsealed(&two.kr, &out)?;
    let (cn, kr) = (Node::start(&two.cn, two.cn_port)?, Node::start(&two.kr, two.kr_port)?);
    // The node at the other end has sent it meanwhile, or will: the chain does not notice.
    let (rest, signature) = message.rsplit_once('.').ok_or("no signature")?;
    let forged = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{rest}.{forged}{}", signature.get(1..).ok_or("no signature")?);
    let answer = post(kr.port, forged.as_bytes())?;
    assert_eq!((answer.status, answer.code().as_str()), (403, "signature_bad"));
    let answer = post(cn.port, message.as_bytes())?;
    assert_eq!((answer.status, answer.code().as_str()), (403, "sender_unknown"));
    assert_eq!(partner(&two.kr)?["equivocations"].as_array().map(Vec::len), Some(0));
    assert_eq!((cn.stop()?, kr.stop()?), (Some(0), Some(0)));
    Ok(())
}

#[test]
fn paths_lead_nowhere_but_to_what_is_served() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    for path in [
        "/x",
        "/log",
        "/log/",
        "/log/tile",
        "/log/tile/0",
        "/log/tile/0/",
        "/log/tile/0/000",
        "/log/tile/0/0",
        "/log/tile/0/000.p/0",
        "/log/tile/0/000.p/256",
        "/log/tile/0/000.p/200",
        "/log/tile/00/000.p/5",
        "/log/tile/64/000.p/1",
        "/log/tile/0/001.p/1",
        "/log/tile/0/x001/000",
        "/log/tile/entries/000.p/5",
        "/log/tile/-1/000.p/1",
        "/log/tile/0/%30%30%30.p/5",
        "/log/tile%2f0/000.p/5",
        "/log/../log/tile/0/000.p/5",
        "/log/tile/0/../0/000.p/5",
        "/log/tile/0/000.p/5/",
        "//log/checkpoint",
        "/log/checkpoint/",
        "/log/tile/0/x999/x999/x999/x999/x999/x999/999",
        "/exchange/v1/messages/",
        "/../../etc/passwd",
        "/log/%00",
        "/journal.db",
        "/log/tile/0/000.p/5%00",
    ] {
        assert_eq!(get(node.port, path)?.status, 404, "{path}");
    }
    for path in [
        "/log/checkpoint",
        "/log/tile/0/000.p/5",
        "/health/live",
        "/health/ready",
    ] {
        assert_eq!(get(node.port, path)?.status, 200, "{path}");
        let post = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(raw(node.port, post.as_bytes())?.status, 405, "{path}");
    }
    let long = format!("/log/{}", "a".repeat(20_000));
    assert!(matches!(get(node.port, &long)?.status, 414 | 431));
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn whoever_is_slow_is_let_go_and_delays_nobody() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    let started = Instant::now();
    let mut head = TcpStream::connect(("127.0.0.1", node.port))?;
    head.write_all(b"POST /exchange/v1/messages HTTP/1.1\r\nHost:")?;
    let mut body = TcpStream::connect(("127.0.0.1", node.port))?;
    body.write_all(b"POST /exchange/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\nContent-Length: 9\r\n\r\na")?;
    let mut form = TcpStream::connect(("127.0.0.1", node.port))?;
    form.write_all(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na")?;
    for path in ["/health/live", "/sign-in"] {
        assert_eq!(get(node.port, path)?.status, 200, "{path}");
    }
    for stream in [&head, &body, &form] {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    }
    assert_eq!(answer(&mut body)?.status, 408);
    assert_eq!(answer(&mut form)?.status, 408, "so does a page's form");
    // Whether the slow head gets an answer or none, its connection is closed.
    drop(answer(&mut head));
    let took = started.elapsed();
    assert!((9..25).contains(&took.as_secs()), "{took:?}");
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn too_many_at_once_are_asked_to_come_again() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    let wait = || -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", node.port))?;
        stream.write_all(b"POST /exchange/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\nContent-Length: 9\r\n\r\na")?;
        Ok(stream)
    };
    let mut waiting = (0..256).map(|_| wait()).collect::<Result<Vec<_>, _>>()?;
    let mut busy = get(node.port, "/log/checkpoint")?;
    let until = Instant::now() + Duration::from_secs(5);
    while busy.status != 503 && Instant::now() < until {
        // Whoever came while another was being answered was sent away.
        waiting.push(wait()?);
        busy = get(node.port, "/log/checkpoint")?;
    }
    assert_eq!((busy.status, busy.code().as_str()), (503, "busy"));
    assert!(busy.head.contains("retry-after: "), "{}", busy.head);
    assert_eq!(get(node.port, "/health/live")?.status, 200);
    drop(waiting);
    crate::node::eventually(|| Ok(get(node.port, "/log/checkpoint")?.status == 200))?;
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn a_node_that_cannot_write_any_more_ends_with_the_reason() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    node.write_no_more()?;
    // Nothing is acknowledged.
    assert!(two.ask(1).is_err());
    assert_eq!(node.ended()?, Some(3));
    Ok(())
}
