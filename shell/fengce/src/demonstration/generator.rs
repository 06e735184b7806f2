//! Seeded chance: the same seed makes the same city. Own and small, so that no library's update changes a city.

use kernel::{Date, Digest};

/// xoshiro256** seeded by splitmix64 (both by Blackman and Vigna, public domain algorithms).
#[derive(Clone, Debug)]
pub struct Generator {
    state: [u64; 4],
}

impl Generator {
    /// The stream of one part of the city: parts do not disturb each other.
    pub fn of_part(seed: u64, part: &str) -> Self {
        let digest = Digest::of_parts([&seed.to_be_bytes()[..], part.as_bytes()]);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest.as_bytes()[..8]);
        let mut mixed = u64::from_be_bytes(bytes);
        Self { state: std::array::from_fn(|_| split_mix(&mut mixed)) }
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        let result = self.state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = self.state[1] << 17;
        self.state[2] ^= self.state[0];
        self.state[3] ^= self.state[1];
        self.state[1] ^= self.state[2];
        self.state[0] ^= self.state[3];
        self.state[2] ^= shifted;
        self.state[3] = self.state[3].rotate_left(45);
        result
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform from `low` to `high`, both included. The bias of the multiplication is below 2⁻³² here.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low) + 1;
        let drawn = (u128::from(self.bits()) * u128::from(span)) >> 64;
        low + i64::try_from(drawn).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One of these; the slice must not be empty.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        let last = i64::try_from(among.len()).unwrap_or(1) - 1;
        &among[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }

    /// An index by weights.
    pub fn weighted(&mut self, weights: &[i64]) -> usize {
        let mut left = self.between(1, weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left <= 0 {
                return index;
            }
        }
        0
    }

    /// A version 7 UUID of a day.
    pub fn uuid(&mut self, day: Date) -> uuid::Uuid {
        let instant = super::agenda::instant(day, 8);
        let millis = u64::try_from(instant.as_millisecond()).unwrap_or(0);
        let (high, low) = (self.bits().to_be_bytes(), self.bits().to_be_bytes());
        let mut random = [0; 10];
        random[..8].copy_from_slice(&high);
        random[8..].copy_from_slice(&low[..2]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_stream_and_parts_differ() {
        let draw = |part| Generator::of_part(7, part).bits();
        assert_eq!(draw("firms"), draw("firms"));
        assert_ne!(draw("firms"), draw("filings"));
        assert_ne!(draw("firms"), Generator::of_part(8, "firms").bits());
    }

    #[test]
    fn numbers_stay_in_their_bounds_and_reach_both_ends() {
        let mut generator = Generator::of_part(1, "test");
        let drawn: Vec<i64> = (0..1000).map(|_| generator.between(-2, 3)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&3)));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&generator.unit())));
        let mean = (0..10_000).map(|_| generator.normal()).sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.05, "{mean}");
    }

    #[test]
    fn splitmix_gives_its_published_first_value() {
        // Seed 1234567, as the reference implementation prints it.
        assert_eq!(split_mix(&mut 1_234_567), 6_457_827_717_110_365_317);
    }
}
