//! Randomness that is the same on every machine and in every version: one seed, one run.

/// A stream of numbers (xoshiro256++, seeded by splitmix64).
#[derive(Debug, Clone)]
pub struct Dice([u64; 4]);

impl Dice {
    /// The stream of a seed. `stream` tells streams of one seed apart.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut state = seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        Self(std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        }))
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 {
            return 0;
        }
        // The high half of a product: even enough for dice, and never out of range.
        u64::try_from((u128::from(self.roll()) * u128::from(end)) >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// Yes in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these, or `None` if there is none.
    pub fn pick<'a, T>(&mut self, these: &'a [T]) -> Option<&'a T> {
        let at = self.below(these.len() as u64);
        these.get(usize::try_from(at).unwrap_or(0))
    }

    /// A number from 0 (included) to 1 (not included).
    pub fn fraction(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn one_seed_gives_one_stream() {
        let rolls = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [dice.roll(), dice.roll(), dice.roll()]
        };
        assert_eq!(rolls(1, 0), rolls(1, 0));
        assert_ne!(rolls(1, 0), rolls(2, 0));
        assert_ne!(rolls(1, 0), rolls(1, 1));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut dice = Dice::new(7, 0);
        let mut seen = [false; 6];
        for _ in 0..1000 {
            seen[dice.below(6) as usize] = true;
            assert!((3..=4).contains(&dice.between(3, 4)));
            assert!((0.0..1.0).contains(&dice.fraction()));
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(dice.below(0), 0);
    }
}
