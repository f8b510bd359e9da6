//! Who is at the other end of a connection, behind a proxy too.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::HeaderMap;

/// The header in which a proxy names whom it asks for.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies that are believed when they say for whom they ask.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Whether there are any.
    behind: bool,
    /// Where they are, beside this machine itself.
    from: Arc<[IpAddr]>,
}

impl Proxies {
    /// The proxies of this machine, and those at some addresses.
    pub fn at(from: &[IpAddr]) -> Self {
        Self {
            behind: true,
            from: from.iter().map(IpAddr::to_canonical).collect(),
        }
    }

    /// Who asks. Of what a proxy passes on, only what it added itself is believed: the last address.
    pub fn peer(&self, from: IpAddr, headers: &HeaderMap) -> IpAddr {
        let from = from.to_canonical();
        if !self.behind || !(from.is_loopback() || self.from.contains(&from)) {
            return from;
        }
        let last = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last = last.and_then(|last| last.to_str().ok());
        let last = last.and_then(|last| last.rsplit(',').next());
        last.and_then(address).unwrap_or(from)
    }
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let found = bare.parse::<IpAddr>().or_else(|_| with_port()).ok();
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ip(text: &str) -> IpAddr {
        address(text).unwrap_or(IpAddr::from([0, 0, 0, 0]))
    }

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn only_the_last_hop_of_a_known_proxy_is_believed() {
        let none = Proxies::default();
        let here = Proxies::at(&[]);
        let there = Proxies::at(&[ip("10.0.0.9")]);
        let said = headers(&["6.6.6.6", "7.7.7.7, 1.2.3.4"]);
        assert_eq!(none.peer(ip("127.0.0.1"), &said), ip("127.0.0.1"));
        assert_eq!(here.peer(ip("127.0.0.1"), &said), ip("1.2.3.4"));
        assert_eq!(here.peer(ip("::ffff:127.0.0.1"), &said), ip("1.2.3.4"));
        assert_eq!(here.peer(ip("10.0.0.9"), &said), ip("10.0.0.9"));
        assert_eq!(there.peer(ip("10.0.0.9"), &said), ip("1.2.3.4"));
        assert_eq!(there.peer(ip("10.0.0.8"), &said), ip("10.0.0.8"));
        for (says, means) in [
            ("1.2.3.4:5", "1.2.3.4"),
            ("[2001:db8::1]:5", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("unknown", "127.0.0.1"),
            ("1.2.3.4,", "127.0.0.1"),
        ] {
            assert_eq!(here.peer(ip("127.0.0.1"), &headers(&[says])), ip(means), "{says}");
        }
        assert_eq!(here.peer(ip("127.0.0.1"), &headers(&[])), ip("127.0.0.1"));
    }
}
