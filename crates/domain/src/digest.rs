//! Hashes, public keys and signatures, written in standard base64 as in a checkpoint.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

/// So many bytes, written in standard base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A SHA-256 hash.
pub type Digest = Bytes<32>;
/// An Ed25519 public key (RFC 8032).
pub type PublicKey = Bytes<32>;
/// An Ed25519 signature (RFC 8032).
pub type Signature = Bytes<64>;

impl Digest {
    /// The SHA-256 hash of some bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(<Sha256 as sha2::Digest>::digest(bytes.as_ref()).into())
    }
}

impl<const N: usize> FromStr for Bytes<N> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A signature has 64 bytes; room for one more tells a text that is too long.
        let mut bytes = [0; 65];
        let read = STANDARD.decode_slice(text, &mut bytes).ok();
        let exact = read.filter(|read| *read == N).and_then(|_| bytes.first_chunk::<N>());
        exact.map(|bytes| Self(*bytes)).ok_or_else(|| {
            format!(
                "{:?} is not {N} bytes in base64",
                text.chars().take(100).collect::<String>()
            )
        })
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The Merkle root over some names in the order given (RFC 6962 §2.1); the empty root over none.
pub fn merkle_root<'a>(names: impl IntoIterator<Item = &'a str>) -> Digest {
    let hash = |parts: [&[u8]; 3]| {
        let mut hasher = <Sha256 as sha2::Digest>::new();
        for part in parts {
            sha2::Digest::update(&mut hasher, part);
        }
        Bytes::<32>(sha2::Digest::finalize(hasher).into())
    };
    // A frontier of full subtrees, largest first, each with the number of its leaves.
    let mut frontier: Vec<(usize, Digest)> = Vec::new();
    for name in names {
        let mut top = (1, hash([&[0], name.as_bytes(), &[]]));
        while let Some((size, left)) = frontier.pop_if(|(size, _)| *size == top.0) {
            top = (size * 2, hash([&[1], &left.0, &top.1.0]));
        }
        frontier.push(top);
    }
    let join = |right: Digest, left: Digest| hash([&[1], &left.0, &right.0]);
    let roots = frontier.into_iter().rev().map(|(_, root)| root);
    roots.reduce(join).unwrap_or_else(|| Digest::of(b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962 §2.1, as it stands there.
    fn plain(names: &[&str]) -> Digest {
        match names {
            [] => Digest::of(b""),
            [name] => Digest::of([&[0], name.as_bytes()].concat()),
            names => {
                let split = names.len().next_power_of_two() / 2;
                let (left, right) = names.split_at(split);
                Digest::of([&[1][..], &plain(left).0, &plain(right).0].concat())
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition() {
        let names: Vec<String> = (0..70).map(|n| format!("CN/EXP-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for size in 0..names.len() {
            let some: Vec<&str> = names.iter().copied().take(size).collect();
            assert_eq!(merkle_root(some.iter().copied()), plain(&some), "of {size}");
        }
    }

    #[test]
    fn only_the_right_number_of_bytes_is_read() {
        let text = Digest::of(b"x").to_string();
        assert_eq!(text.parse::<Digest>(), Ok(Digest::of(b"x")));
        assert!(text.parse::<Signature>().is_err());
        assert!("AAAA".parse::<Digest>().is_err());
        assert!(format!("{text}AAAA").parse::<Digest>().is_err());
    }
}
