//! Chance from a seed: the same seed gives the same numbers, on every machine.

/// A seeded generator of numbers (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound.max(1)
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk
                .iter_mut()
                .zip(self.roll().to_le_bytes())
                .for_each(|(to, from)| *to = from);
        }
        bytes
    }

    /// Whether one chance in so many comes true.
    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// A whole number from 1 up to a bound.
    pub fn up_to(&mut self, bound: i64) -> i64 {
        let bound = u64::try_from(bound).unwrap_or(1);
        i64::try_from(1 + self.below(bound)).unwrap_or(1)
    }

    /// One of some things; none of none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).unwrap_or_default();
        from.get(usize::try_from(self.below(count)).unwrap_or_default())
    }
}
