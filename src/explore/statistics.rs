//! Statistics that merge exactly: the values themselves are kept, counted; every figure follows from them.
//!
//! A value is an integer. A fractional metric (a mean, row-seconds) is held in millionths, so that sums of pieces are
//! the very digits of the whole; floating point appears in the last division only.

use super::wide::Wide;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::collections::BTreeMap;

/// Millionths.
pub const MICRO: u64 = 1_000_000;

/// 95 % of a normal distribution lie within so many standard deviations of its mean.
const Z95: f64 = 1.959_964;

/// The quantiles that a summary lists, in per cent.
pub const PER_CENT: [u64; 7] = [1, 5, 25, 50, 75, 95, 99];

/// The values of one metric over some runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often each value came.
    counts: BTreeMap<u64, u64>,
    /// How many runs had nothing to measure.
    nulls: u64,
}

impl Tally {
    /// One more run's value; `None`: there was nothing to measure.
    pub fn add(&mut self, value: Option<u64>) {
        self.add_times(value, 1);
    }

    /// The same value of so many runs.
    pub fn add_times(&mut self, value: Option<u64>, times: u64) {
        if times == 0 {
            return;
        }
        match value {
            Some(value) => {
                let counted = self.counts.entry(value).or_default();
                *counted = counted.saturating_add(times);
            }
            None => self.nulls = self.nulls.saturating_add(times),
        }
    }

    /// The values of other runs too.
    pub fn merge(&mut self, other: &Tally) {
        self.nulls += other.nulls;
        for (value, times) in &other.counts {
            self.add_times(Some(*value), *times);
        }
    }

    /// How many runs it has seen.
    #[must_use]
    pub fn runs(&self) -> u64 {
        // Saturating: a piece that was read may say anything.
        self.counts.values().fold(self.nulls, |sum, times| sum.saturating_add(*times))
    }

    /// What follows from the values; `scale` is what a value of 1 is held as: 1, or [`MICRO`].
    #[must_use]
    pub fn summary(&self, scale: u64) -> Summary {
        let n: u64 = self.counts.values().sum();
        let (mut sum, mut sum_sq) = (0u128, 0u128);
        for (value, times) in &self.counts {
            let (value, times) = (u128::from(*value), u128::from(*times));
            sum = sum.saturating_add(value * times);
            sum_sq = sum_sq.saturating_add((value * value).saturating_mul(times));
        }
        let mean = (n > 0).then(|| sum as f64 / n as f64 / scale as f64);
        let ci95 = mean.filter(|_| n > 1).map(|mean| {
            let half = Z95 * (variance(n, sum, sum_sq) / n as f64).sqrt() / scale as f64;
            [mean - half, mean + half]
        });
        Summary {
            n,
            nulls: self.nulls,
            nonzero: n - self.counts.get(&0).copied().unwrap_or(0),
            scale,
            sum,
            sum_sq,
            min: self.counts.keys().next().copied(),
            max: self.counts.keys().next_back().copied(),
            mean,
            ci95,
            quantiles: PER_CENT.map(|per_cent| self.quantile(per_cent)),
            counts: self.to_text(),
        }
    }

    /// The nearest-rank quantile; nulls rank above every value, and a quantile that falls on one is none.
    #[must_use]
    pub fn quantile(&self, per_cent: u64) -> Option<u64> {
        let rank = (u128::from(self.runs()) * u128::from(per_cent)).div_ceil(100).max(1);
        let mut seen = 0u128;
        for (value, times) in &self.counts {
            seen += u128::from(*times);
            if seen >= rank {
                return Some(*value);
            }
        }
        None
    }

    /// Every value and how often it came: `0:996 3:4`. Nulls are counted apart.
    #[must_use]
    pub fn to_text(&self) -> String {
        let pairs: Vec<String> = self.counts.iter().map(|(value, times)| format!("{value}:{times}")).collect();
        pairs.join(" ")
    }

    /// Reads [`Tally::to_text`] back.
    #[must_use]
    pub fn from_text(counts: &str, nulls: u64) -> Option<Tally> {
        let mut tally = Tally::default();
        tally.add_times(None, nulls);
        for pair in counts.split_whitespace() {
            let (value, times) = pair.split_once(':')?;
            let times = times.parse().ok().filter(|times| *times > 0 && *times < 1 << 53)?;
            tally.add_times(Some(value.parse().ok()?), times);
        }
        Some(tally)
    }
}

/// The sample variance of integers, from exact sums.
fn variance(n: u64, sum: u128, sum_sq: u128) -> f64 {
    let spread = Wide::product(u128::from(n), sum_sq).minus(Wide::product(sum, sum));
    spread.as_f64() / (n as f64 * (n - 1) as f64)
}

/// What follows from the values of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many runs had a value.
    pub n: u64,
    /// How many had nothing to measure.
    pub nulls: u64,
    /// How many values were not zero.
    pub nonzero: u64,
    /// What a value of 1 is in `sum`, `sum_sq`, `min`, `max`, `quantiles` and `counts` here.
    pub scale: u64,
    /// The sum, exactly.
    pub sum: u128,
    /// The sum of squares, exactly.
    pub sum_sq: u128,
    /// The least value.
    pub min: Option<u64>,
    /// The greatest value.
    pub max: Option<u64>,
    /// Their mean.
    pub mean: Option<f64>,
    /// The interval that covers the true mean 95 times in 100.
    pub ci95: Option<[f64; 2]>,
    /// By [`PER_CENT`].
    pub quantiles: [Option<u64>; PER_CENT.len()],
    /// See [`Tally::to_text`].
    pub counts: String,
}

impl Summary {
    /// A held value as people read it.
    #[must_use]
    pub fn shown(&self, value: u64) -> serde_json::Number {
        if self.scale == 1 {
            return value.into();
        }
        let number = serde_json::Number::from_f64(value as f64 / self.scale as f64);
        number.unwrap_or_else(|| value.into())
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = |value: Option<u64>| value.map(|value| self.shown(value));
        let quantiles: serde_json::Map<String, serde_json::Value> = PER_CENT
            .iter()
            .zip(self.quantiles)
            .map(|(per_cent, value)| (format!("p{per_cent}"), shown(value).into()))
            .collect();
        let mut object = serializer.serialize_struct("Summary", 12)?;
        object.serialize_field("n", &self.n)?;
        object.serialize_field("nulls", &self.nulls)?;
        object.serialize_field("nonzero", &self.nonzero)?;
        object.serialize_field("scale", &self.scale)?;
        object.serialize_field("sum", &self.sum)?;
        object.serialize_field("sum_sq", &self.sum_sq)?;
        object.serialize_field("min", &shown(self.min))?;
        object.serialize_field("max", &shown(self.max))?;
        object.serialize_field("mean", &self.mean)?;
        object.serialize_field("ci95", &self.ci95)?;
        object.serialize_field("quantiles", &quantiles)?;
        object.serialize_field("counts", &self.counts)?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(values: &[Option<u64>]) -> Tally {
        let mut tally = Tally::default();
        values.iter().for_each(|value| tally.add(*value));
        tally
    }

    #[test]
    fn figures() {
        let summary =
            tally(&[Some(2), Some(4), Some(4), Some(4), Some(5), Some(5), Some(7), Some(9), Some(0), None]).summary(1);
        assert_eq!((summary.n, summary.nulls, summary.nonzero), (9, 1, 8));
        assert_eq!((summary.sum, summary.sum_sq), (40, 232));
        assert_eq!((summary.min, summary.max), (Some(0), Some(9)));
        // By hand: variance (232 - 1600 / 9) / 8 = 6.7778, so that the half width is 1.959964 * sqrt(0.75309) = 1.70089.
        let ([low, high], mean) = (summary.ci95.unwrap(), summary.mean.unwrap());
        assert!(
            (mean - 40.0 / 9.0).abs() < 1e-12
                && (high - mean - 1.700_89).abs() < 1e-4
                && (mean - low - 1.700_89).abs() < 1e-4
        );
        // Ten runs, the null ranks last: rank 5 is 4, ranks 1, 3 and 8 are 0, 4 and 7, rank 10 is the null.
        assert_eq!(summary.quantiles, [Some(0), Some(0), Some(4), Some(4), Some(7), None, None]);
    }

    #[test]
    fn few_and_none() {
        let none = tally(&[None, None]).summary(1);
        assert_eq!((none.n, none.mean, none.ci95, none.min), (0, None, None, None));
        let one = tally(&[Some(1_500_000)]).summary(MICRO);
        assert_eq!((one.mean, one.ci95, one.sum), (Some(1.5), None, 1_500_000));
        let json = serde_json::to_string(&one).unwrap();
        assert!(json.contains(r#""min":1.5"#) && json.contains(r#""p50":1.5"#), "{json}");
    }

    /// No sum of values as large as a report can hold overflows, and none loses a digit.
    #[test]
    fn large() {
        let mut large = Tally::default();
        large.add_times(Some(u64::MAX - 1), 1);
        large.add_times(Some(u64::MAX), 1);
        let summary = large.summary(1);
        assert_eq!(summary.sum, 2 * u128::from(u64::MAX) - 1);
        // The two differ by one: variance 1/2, half width 1.959964 / 2.
        let spread = variance(2, summary.sum, u128::MAX);
        assert!(spread.is_finite());
        let near = tally(&[Some(1 << 60), Some((1 << 60) + 1)]);
        let summary = near.summary(1);
        assert!((variance(2, summary.sum, summary.sum_sq) - 0.5).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn pieces_are_the_whole(values in prop::collection::vec(prop::option::of(prop_oneof![0u64..5, any::<u64>()]), 0..60), at in 0usize..60) {
            let at = at.min(values.len());
            let (whole, mut merged) = (tally(&values), tally(&values[at..]));
            merged.merge(&tally(&values[..at]));
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(serde_json::to_string(&merged.summary(1)).unwrap(), serde_json::to_string(&whole.summary(1)).unwrap());
            prop_assert_eq!(Tally::from_text(&whole.to_text(), whole.nulls), Some(whole));
        }
    }
}
