//! A stream of numbers for tests, the same for the same seed.

/// `SplitMix64`: a case is named by its seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let bound = u64::try_from(from.len()).unwrap();
        &from[usize::try_from(self.below(bound)).unwrap()]
    }

    /// Up to `most` of `from`, one after the other.
    pub(crate) fn text(&mut self, from: &[&str], most: u64) -> String {
        (0..self.below(most + 1)).map(|_| *self.pick(from)).collect()
    }
}
