//! How a node ends while somebody still asks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Tested;
use crate::node::{Node, Two, answer, done, eventually};

#[test]
fn requests_under_way_are_answered_and_idle_connections_are_closed() -> Tested {
    let two = Two::new()?;
    let node = Node::start(&two.cn, two.cn_port)?;
    let mut idle = TcpStream::connect(("127.0.0.1", node.port))?;
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let mut first = [0; 15];
    idle.read_exact(&mut first)?;
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let mut under_way = TcpStream::connect(("127.0.0.1", node.port))?;
    under_way.set_read_timeout(Some(Duration::from_secs(30)))?;
    under_way.write_all(b"POST /exchange/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\nContent-Length: 8\r\n\r\nnons")?;
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    node.signal("-TERM")?;
    // No new connection is taken.
    eventually(|| Ok(TcpStream::connect(("127.0.0.1", node.port)).is_err()))?;
    under_way.write_all(b"ense")?;
    let answered = answer(&mut under_way)?;
    assert_eq!((answered.status, answered.code().as_str()), (400, "message_unreadable"));
    assert!(answered.head.contains("connection: close"), "{}", answered.head);
    assert_eq!(node.ended()?, Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    done(&two.cn, &["fsck"])?;
    Ok(())
}

#[test]
fn a_node_whose_port_is_taken_says_so() -> Tested {
    let two = Two::new()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let output = crate::node::countersign(&two.cn, &["serve", "--listen", &address])?;
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains(&address), "{said}");
    // Nothing was opened.
    done(&two.cn, &["fsck"])?;
    Ok(())
}
