//! How often somebody may try: a bucket an address and a purpose, that fills again with time. And how many bodies may be
//! on their way at once, of an address and of all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The most buckets kept; full ones are forgotten first.
const BUCKETS_MAX: usize = 50_000;
/// Bodies of one address that may be on their way at once: whoever lets them dribble keeps nobody else from sending.
const BODIES_MAX: usize = 32;
/// Bodies of all addresses together: each takes memory while it comes.
const BODIES_OF_ALL_MAX: usize = 512;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Attempts to sign in or to enrol.
    Prove,
    /// Questions of the public that cost something: a permit, a search.
    Ask,
}

impl Purpose {
    /// Attempts at once, and seconds until one more.
    fn rate(self) -> (f64, f64) {
        match self {
            // A whole office may come to work at nine behind one address; guessing is stopped person by person.
            Self::Prove => (120.0, 1.0),
            Self::Ask => (60.0, 1.0),
        }
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// All buckets.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<(Purpose, Block), Bucket>>);

/// An address as far as it tells one household from another: an IPv6 subscriber has a whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Block {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl Block {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let mut network = [0; 8];
                network
                    .iter_mut()
                    .zip(address.octets())
                    .for_each(|(to, from)| *to = from);
                Self::V6(network)
            }
        }
    }
}

impl Limits {
    /// Takes one attempt of an address; else in how many seconds there is one again.
    pub fn take(&self, purpose: Purpose, address: IpAddr) -> Result<(), u64> {
        self.take_at(purpose, address, Instant::now())
    }

    fn take_at(&self, purpose: Purpose, address: IpAddr, now: Instant) -> Result<(), u64> {
        let (most, seconds) = purpose.rate();
        let filled = |bucket: &Bucket, most: f64, seconds: f64| {
            (bucket.left + now.saturating_duration_since(bucket.at).as_secs_f64() / seconds).min(most)
        };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|(purpose, _), bucket| {
                let (most, seconds) = purpose.rate();
                filled(bucket, most, seconds) < most
            });
        }
        let bucket = buckets
            .entry((purpose, Block::of(address)))
            .or_insert(Bucket { left: most, at: now });
        let left = filled(bucket, most, seconds);
        let taken = if left >= 1.0 { left - 1.0 } else { left };
        *bucket = Bucket { left: taken, at: now };
        if left >= 1.0 {
            return Ok(());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few seconds
        Err(((1.0 - left) * seconds).ceil() as u64)
    }
}

/// Bodies on their way, by address.
#[derive(Default)]
pub struct Bodies(Mutex<HashMap<Block, usize>>);

/// A body on its way.
pub struct Coming {
    among: Arc<Bodies>,
    block: Block,
}

impl Bodies {
    /// Takes one more of an address, if there is room.
    pub fn begin(self: &Arc<Self>, address: IpAddr) -> Option<Coming> {
        let block = Block::of(address);
        let mut coming = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if coming.values().sum::<usize>() >= BODIES_OF_ALL_MAX {
            return None;
        }
        let of_it = coming.entry(block).or_default();
        if *of_it >= BODIES_MAX {
            return None;
        }
        *of_it += 1;
        drop(coming);
        let among = Arc::clone(self);
        Some(Coming { among, block })
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        let mut coming = self.among.0.lock().unwrap_or_else(PoisonError::into_inner);
        match coming.get_mut(&self.block) {
            Some(several) if *several > 1 => *several -= 1,
            _ => drop(coming.remove(&self.block)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again_and_another_address_has_its_own() {
        let limits = Limits::default();
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let start = Instant::now();
        for _ in 0..120 {
            assert_eq!(limits.take_at(Purpose::Prove, here, start), Ok(()));
        }
        assert_eq!(limits.take_at(Purpose::Prove, here, start), Err(1));
        assert_eq!(limits.take_at(Purpose::Prove, there, start), Ok(()));
        assert_eq!(limits.take_at(Purpose::Ask, here, start), Ok(()));
        let later = start + Duration::from_millis(1500);
        assert_eq!(limits.take_at(Purpose::Prove, here, later), Ok(()));
        assert!(limits.take_at(Purpose::Prove, here, later).is_err());
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_bucket() {
        let address = |last| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        assert_eq!(Block::of(address(1)), Block::of(address(2)));
        assert_eq!(
            Block::of("::ffff:192.0.2.1".parse().unwrap()),
            Block::of(IpAddr::from([192, 0, 2, 1]))
        );
    }
}
