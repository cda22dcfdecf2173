//! Simulated time: integer microseconds, in and out of text.

use std::fmt;

/// A point or a span of simulated time, in microseconds.
///
/// ```
/// use driftscope::kernel::time::Us;
/// assert_eq!("12.5s".parse::<Us>().unwrap(), Us(12_500_000));
/// assert_eq!(Us::secs(90).to_string(), "90s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Us(pub u64);

/// The units a duration may be written in, with their length in microseconds, longest first.
pub const UNITS: [(&str, u64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

impl Us {
    /// The start of every run.
    pub const ZERO: Us = Us(0);
    /// "Never": later than anything a plan can reach.
    pub const NEVER: Us = Us(u64::MAX);

    /// `n` milliseconds.
    pub const fn millis(n: u64) -> Us {
        Us(n * 1_000)
    }

    /// `n` seconds.
    pub const fn secs(n: u64) -> Us {
        Us(n * 1_000_000)
    }

    /// The later point, or [`Us::NEVER`] if it does not fit.
    #[must_use]
    pub const fn after(self, span: Us) -> Us {
        Us(self.0.saturating_add(span.0))
    }

    /// The span since an earlier point, zero if that point is later.
    #[must_use]
    pub const fn since(self, earlier: Us) -> Us {
        Us(self.0.saturating_sub(earlier.0))
    }

    /// Seconds, for display and charts only.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl fmt::Display for Us {
    /// The longest unit that needs no fraction: `90s`, `2m`, `1500us`; `never` for [`Us::NEVER`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Us::NEVER {
            return f.write_str("never");
        }
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let fits =
            |&&(_, length): &&(&str, u64)| self.0.is_multiple_of(length) && (self.0 / length >= 2 || self.0 == length);
        let (unit, length) = UNITS.iter().find(fits).copied().unwrap_or(("us", 1));
        write!(f, "{}{unit}", self.0 / length)
    }
}

/// A duration that cannot be read; the text says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDuration;

impl fmt::Display for BadDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number with a unit of us, ms, s, m, h or d, such as \"250ms\"")
    }
}

impl std::error::Error for BadDuration {}

impl std::str::FromStr for Us {
    type Err = BadDuration;

    /// A decimal and a unit, rounded to a microsecond, half to even.
    fn from_str(text: &str) -> Result<Us, BadDuration> {
        let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(BadDuration)?;
        let (number, unit) = text.split_at(split);
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(BadDuration)?;
        decimal(number, *length).map(Us).ok_or(BadDuration)
    }
}

/// A plain decimal (`12`, `0.5`) times `scale`, rounded half to even; `None` if malformed or too large.
///
/// Integer arithmetic only, so that the same text gives the same number on every target.
#[must_use]
pub fn decimal(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) || fraction.len() > 15 {
        return None;
    }
    if number.contains('.') && fraction.is_empty() {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let power = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let parts: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let exact = whole.checked_mul(power)?.checked_add(parts)?.checked_mul(u128::from(scale))?;
    let (quotient, rest) = (exact / power, exact % power);
    let up = rest * 2 > power || (rest * 2 == power && quotient % 2 == 1);
    u64::try_from(quotient + u128::from(up)).ok().filter(|&n| n < u64::MAX / 4)
}

/// So many parts of `scale`, a power of ten, as [`decimal`] reads it: as few digits as it takes, and none of the code
/// that prints floats.
#[must_use]
pub fn decimal_text(parts: u64, scale: u64) -> String {
    let (whole, rest) = (parts / scale, parts % scale);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = (scale + rest).to_string();
    format!("{whole}.{}", digits[1..].trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_in_text() {
        for (text, scale) in [("0", 1), ("12", 1_000), ("0.5", 10), ("1.000001", 1_000_000), ("0.95", 1_000_000_000)] {
            assert_eq!(decimal(text, scale).map(|parts| decimal_text(parts, scale)).as_deref(), Some(text));
        }
    }

    #[test]
    #[rustfmt::skip]
    fn durations_in_text() {
        let table = [
            ("250ms", Some(250_000), "250ms"),
            ("0s",    Some(0),       "0s"),
            ("12.5s", Some(12_500_000), "12500ms"),
            ("1h",    Some(3_600_000_000), "1h"),
            ("0.5us", Some(0),       "0s"),
            ("1.5us", Some(2),       "2us"),
            ("2.5us", Some(2),       "2us"),
            ("60s",   Some(60_000_000), "1m"),
            ("90s",   Some(90_000_000), "90s"),
            ("12",    None, ""), ("s", None, ""), ("-1s", None, ""), ("1e3s", None, ""), ("1 s", None, ""),
            ("1w",    None, ""), ("1.s", None, ""), ("99999999999999999999d", None, ""),
        ];
        for (text, want, shown) in table {
            let got = text.parse::<Us>().ok();
            assert_eq!(got, want.map(Us), "{text}");
            if let Some(us) = got {
                assert_eq!(us.to_string(), shown, "{text}");
                assert_eq!(us.to_string().parse::<Us>(), Ok(us), "{text} reads back");
            }
        }
    }
}
