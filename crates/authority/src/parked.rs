//! Messages of partners that came before their turn. They are kept in memory only: their senders send them again.

use std::collections::BTreeMap;

use domain::digest::Digest;
use domain::id::Id;

/// So many are kept of one partner.
const PARKED_MAX: usize = 64;

/// The parked messages by partner, number and hash. Only messages whose signature verifies come here.
#[derive(Debug, Default)]
pub(crate) struct Parked(BTreeMap<Id, BTreeMap<(u64, Digest), Vec<u8>>>);

impl Parked {
    /// Keeps a message; of too many, those that come last in the chain are let go.
    pub fn put(&mut self, from: Id, seq: u64, bytes: &[u8]) {
        let of_partner = self.0.entry(from).or_default();
        of_partner.insert((seq, Digest::of(bytes)), bytes.to_owned());
        while of_partner.len() > PARKED_MAX {
            of_partner.pop_last();
        }
    }

    /// Takes a message of a partner with this number or a lower one.
    pub fn take(&mut self, from: &Id, seq: u64) -> Option<Vec<u8>> {
        let of_partner = self.0.get_mut(from)?;
        let first = of_partner.first_entry().filter(|first| first.key().0 <= seq)?;
        let bytes = first.remove();
        if of_partner.is_empty() {
            self.0.remove(from);
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_cannot_fill_the_memory() -> Result<(), domain::id::BadId> {
        let mut parked = Parked::default();
        let (cn, br): (Id, Id) = ("CN".parse()?, "BR".parse()?);
        for seq in (2..=200).rev() {
            parked.put(cn.clone(), seq, &[1]);
        }
        parked.put(br.clone(), 5, &[2]);
        assert_eq!(parked.take(&cn, 1), None, "it is not its turn");
        let kept: Vec<_> = std::iter::from_fn(|| parked.take(&cn, u64::MAX)).collect();
        assert_eq!(kept.len(), PARKED_MAX);
        assert_eq!(parked.take(&br, 5), Some(vec![2]));
        Ok(())
    }
}
