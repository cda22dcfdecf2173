//! Counter-based random numbers: a draw is a function of (seed, purpose, identity), never of what was drawn before.
//!
//! So two strategies under one seed meet the same arrivals, keys, latencies and crash instants, and one more retry
//! moves no other draw. The generator is ChaCha8: the purpose and the lesser identity are its stream number, the greater
//! identity its position. Only this file names `rand`.

use super::time::Us;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a draw is for. Each purpose is a family of streams of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// An operation's arrival, key, kind, transaction time and abort; by operation.
    Operation = 1,
    /// A call's latency and outcome; by operation, link and attempt.
    Call = 2,
    /// A stochastic crash; by its number, and node.
    Crash = 3,
    /// The time a node takes to serve a request; by operation, node and attempt.
    Service = 4,
    /// Where a detector or a relay starts its first period.
    Phase = 5,
    /// Benchmarks and tests.
    Bench = 6,
    /// A call of a kind that has no room among those of `Call`; by operation, link and attempt.
    CallToo = 16,
    /// How long a record takes to reach the broker's follower; by operation and attempt.
    Replication = 7,
    /// An event's id, where it is short; by event.
    EventId = 8,
    /// Whether a store can never apply an event; by request, store and row.
    Poison = 9,
    /// A reader's arrival at a key, and how long it takes; by its number and key.
    Reader = 10,
}

/// The draws of one seed.
#[derive(Clone, Debug)]
pub struct Draws {
    rng: ChaCha8Rng,
}

/// Words that one identity may draw before it would meet the next one's.
const WORDS: u128 = 64;

impl Draws {
    /// The draws of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..18].copy_from_slice(b"driftscope");
        Draws { rng: ChaCha8Rng::from_seed(key) }
    }

    /// The draws for `purpose` that belong to (`major`, `minor`, `attempt`): at most 32 of them.
    ///
    /// `minor` is below 2^24 (a node or a link), `attempt` below 2^32.
    #[inline]
    pub fn of(&mut self, purpose: Purpose, major: u64, minor: u32, attempt: u32) -> Draw<'_> {
        debug_assert!(minor < 1 << 24);
        self.rng.set_word_pos(u128::from(major) * WORDS);
        self.rng.set_stream((purpose as u64) << 56 | u64::from(minor) << 32 | u64::from(attempt));
        Draw { rng: &mut self.rng }
    }
}

/// A short run of draws for one identity.
#[derive(Debug)]
pub struct Draw<'a> {
    rng: &'a mut ChaCha8Rng,
}

impl Draw<'_> {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A whole number from 0 to `bound - 1`; 0 if `bound` is 0. The bias is below `bound / 2^64`.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Whether something of probability `parts` per 10^9 happens.
    #[inline]
    pub fn chance(&mut self, parts: u32) -> bool {
        self.below(1_000_000_000) < u64::from(parts)
    }

    /// A fraction in (0, 1]: 53 bits, never 0, so that its logarithm is finite.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A standard exponential, by inversion.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.unit())
    }

    /// A standard normal, by the Box-Muller transform's cosine half.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// An exponential span of that mean, rounded to a microsecond, half to even.
    #[inline]
    pub fn exponential_us(&mut self, mean: Us) -> Us {
        round(self.exponential() * mean.0 as f64)
    }
}

/// Rounds a span to a microsecond, half to even; what is negative or not a number is zero.
#[inline]
#[must_use]
pub fn round(us: f64) -> Us {
    Us(libm::rint(us) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first draws of seed 7, so that a new version of the generator cannot pass unseen.
    #[test]
    fn draws_are_fixed() {
        let mut draws = Draws::new(7);
        let first = draws.of(Purpose::Operation, 0, 0, 0).bits();
        assert_eq!(first, draws.of(Purpose::Operation, 0, 0, 0).bits(), "a draw depends on its identity only");
        let others = [(Purpose::Call, 0, 0, 0), (Purpose::Operation, 1, 0, 0), (Purpose::Operation, 0, 1, 0)];
        for (purpose, major, minor, attempt) in others {
            assert_ne!(first, draws.of(purpose, major, minor, attempt).bits());
        }
    }

    #[test]
    fn means_are_right() {
        let (mut draws, n) = (Draws::new(1), 200_000u64);
        let (mut exponential, mut normal, mut square) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let mut draw = draws.of(Purpose::Bench, i, 0, 0);
            exponential += draw.exponential();
            let z = draw.normal();
            normal += z;
            square += z * z;
        }
        let n = n as f64;
        // Four standard errors: 1/sqrt(n) for both means, sqrt(2/n) for the mean square.
        assert!((exponential / n - 1.0).abs() < 4.0 / n.sqrt());
        assert!((normal / n).abs() < 4.0 / n.sqrt());
        assert!((square / n - 1.0).abs() < 4.0 * (2.0 / n).sqrt());
    }
}
