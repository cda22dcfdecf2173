//! Distributions of a duration, as CONTRACT 1 writes them, and how a value is drawn.

use super::rng::{Draw, round};
use super::time::{Us, decimal_text};
use std::fmt;

/// A distribution of a duration.
///
/// ```
/// use driftscope::kernel::distribution::Distribution;
/// let d: Distribution = "lognormal(2ms,0.6)".parse().unwrap();
/// assert_eq!(d.to_string(), "lognormal(2ms,0.6)");
/// assert!("normal(2ms,1)".parse::<Distribution>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Us),
    /// Any microsecond from the first to the second, both included.
    Uniform(Us, Us),
    /// Exponential, of that mean.
    Exponential(Us),
    /// The sum of that many exponentials, of that mean in all.
    Erlang(u32, Us),
    /// The logarithm is normal: median, standard deviation of the logarithm.
    Lognormal(Us, f64),
    /// One of several constants, each with its probability in parts per 10^9; they sum to 10^9.
    Mix(Vec<(u32, Us)>),
}

/// The longest span a distribution may give: a heavy tail cannot leave the calendar's range.
pub const LONGEST: Us = Us(366 * 86_400_000_000);

impl Distribution {
    /// Draws a value.
    #[inline]
    pub fn draw(&self, draw: &mut Draw<'_>) -> Us {
        let us = match self {
            Distribution::Constant(us) => *us,
            Distribution::Uniform(low, high) => Us(low.0 + draw.below(high.0 - low.0 + 1)),
            Distribution::Exponential(mean) => draw.exponential_us(*mean),
            Distribution::Erlang(k, mean) => {
                let sum: f64 = (0..*k).map(|_| draw.exponential()).sum();
                round(sum * mean.0 as f64 / f64::from(*k))
            }
            Distribution::Lognormal(median, sigma) => round(median.0 as f64 * libm::exp(sigma * draw.normal())),
            Distribution::Mix(parts) => {
                let mut left = draw.below(1_000_000_000);
                let within = |(part, _): &&(u32, Us)| {
                    let hit = left < u64::from(*part);
                    left = left.saturating_sub(u64::from(*part));
                    hit
                };
                parts.iter().find(within).or(parts.last()).map_or(Us::ZERO, |(_, us)| *us)
            }
        };
        us.min(LONGEST)
    }

    /// Whether every draw is this one value.
    #[must_use]
    pub fn constant(&self) -> Option<Us> {
        match self {
            Distribution::Constant(us) => Some(*us),
            _ => None,
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Constant(us) => write!(f, "{us}"),
            Distribution::Uniform(low, high) => write!(f, "uniform({low},{high})"),
            Distribution::Exponential(mean) => write!(f, "exp({mean})"),
            Distribution::Erlang(k, mean) => write!(f, "erlang({k},{mean})"),
            Distribution::Lognormal(median, sigma) => {
                let sigma = decimal_text(libm::rint(sigma * 1e6) as u64, 1_000_000);
                write!(f, "lognormal({median},{sigma})")
            }
            Distribution::Mix(parts) => {
                f.write_str("mix(")?;
                for (i, (part, us)) in parts.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{us}", decimal_text(u64::from(*part), 1_000_000_000))?;
                }
                f.write_str(")")
            }
        }
    }
}

/// A distribution that cannot be read; the text says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDistribution;

impl fmt::Display for BadDistribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a duration such as \"5ms\", uniform(a,b), exp(mean), erlang(k,mean), lognormal(median,sigma) \
             or mix(0.95:5ms,0.05:105ms)",
        )
    }
}

impl std::error::Error for BadDistribution {}

impl std::str::FromStr for Distribution {
    type Err = BadDistribution;

    fn from_str(text: &str) -> Result<Distribution, BadDistribution> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('(') else {
            return text
                .parse()
                .map(Distribution::Constant)
                .map_err(|_| BadDistribution)
                .and_then(Distribution::bounded);
        };
        let inner = rest.strip_suffix(')').ok_or(BadDistribution)?;
        let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
        let us = |text: &str| text.parse::<Us>().map_err(|_| BadDistribution);
        let read = match (name.trim(), parts.as_slice()) {
            ("uniform", [low, high]) if us(low)? <= us(high)? => Distribution::Uniform(us(low)?, us(high)?),
            ("exp", [mean]) => Distribution::Exponential(us(mean)?),
            ("erlang", [k, mean]) => {
                let k = k.parse().ok().filter(|k| (1..=30).contains(k)).ok_or(BadDistribution)?;
                Distribution::Erlang(k, us(mean)?)
            }
            ("lognormal", [median, sigma]) => {
                let sigma =
                    super::time::decimal(sigma, 1_000_000).filter(|&s| s <= 5_000_000).ok_or(BadDistribution)?;
                Distribution::Lognormal(us(median)?, sigma as f64 / 1e6)
            }
            ("mix", parts) => Distribution::mix(parts)?,
            _ => return Err(BadDistribution),
        };
        read.bounded()
    }
}

impl Distribution {
    fn mix(parts: &[&str]) -> Result<Distribution, BadDistribution> {
        let mut mix = Vec::new();
        for part in parts {
            let (weight, us) = part.split_once(':').ok_or(BadDistribution)?;
            let weight = super::time::decimal(weight.trim(), 1_000_000_000).ok_or(BadDistribution)?;
            let weight = u32::try_from(weight).map_err(|_| BadDistribution)?;
            mix.push((weight, us.trim().parse().map_err(|_| BadDistribution)?));
        }
        let sum: u64 = mix.iter().map(|(weight, _)| u64::from(*weight)).sum();
        if sum == 1_000_000_000 { Ok(Distribution::Mix(mix)) } else { Err(BadDistribution) }
    }

    /// Refuses spans longer than [`LONGEST`].
    fn bounded(self) -> Result<Distribution, BadDistribution> {
        let most = match &self {
            Distribution::Constant(us) | Distribution::Exponential(us) | Distribution::Uniform(_, us) => *us,
            Distribution::Erlang(_, us) | Distribution::Lognormal(us, _) => *us,
            Distribution::Mix(parts) => parts.iter().map(|(_, us)| *us).max().unwrap_or_default(),
        };
        if most <= LONGEST { Ok(self) } else { Err(BadDistribution) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::{Draws, Purpose};

    #[test]
    #[rustfmt::skip]
    fn means_and_text() {
        // text, mean in us, standard deviation in us
        let table = [
            ("5ms",                         5_000.0,  0.0),
            ("0s",                          0.0,      0.0),
            ("uniform(2ms,4ms)",            3_000.0,  577.4),
            ("exp(10ms)",                   10_000.0, 10_000.0),
            ("erlang(4,8ms)",               8_000.0,  4_000.0),
            ("lognormal(2ms,0.6)",          2_394.4,  1_574.7), // median exp(s^2/2), mean sqrt(exp(s^2) - 1)
            ("mix(0.95:5ms,0.05:105ms)",    10_000.0, 21_794.5),
        ];
        let (mut draws, n) = (Draws::new(3), 100_000u64);
        for (at, (text, mean, deviation)) in table.into_iter().enumerate() {
            let d: Distribution = text.parse().unwrap();
            assert_eq!(d.to_string(), text);
            let sum: f64 = (0..n).map(|i| d.draw(&mut draws.of(Purpose::Bench, i, at as u32, 0)).0 as f64).sum();
            // Four standard errors, and half a microsecond for rounding.
            let tolerance = 4.0 * deviation / (n as f64).sqrt() + 0.5;
            assert!((sum / n as f64 - mean).abs() <= tolerance, "{text}: {} is not {mean}", sum / n as f64);
        }
        for bad in ["", "exp", "exp()", "exp(5)", "uniform(4ms,2ms)", "erlang(0,1s)", "mix(0.5:1ms)", "exp(1ms", "9999d", "lognormal(1s,-1)"] {
            assert!(bad.parse::<Distribution>().is_err(), "{bad}");
        }
    }
}
