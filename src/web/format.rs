//! Numbers as text. Formatting only: what a number means is said by the recording.

pub use crate::charts::shape::px;
use crate::kernel::time::Us;

/// `12.503 s`: as many digits as the instant needs, three at least and six at most.
#[must_use]
pub fn seconds(at: Us) -> String {
    format!("{} s", digits(at, 3))
}

/// `12.503 s`: three digits always, cut and not rounded, for a clock that runs.
#[must_use]
pub fn clock(at: Us) -> String {
    seconds(Us(at.0 / 1_000 * 1_000))
}

/// `12.503s`, as a document writes it.
#[must_use]
pub fn duration(at: Us) -> String {
    format!("{}s", digits(at, 0))
}

/// Seconds with at least that many decimals.
fn digits(at: Us, least: usize) -> String {
    let (whole, fraction) = (at.0 / 1_000_000, format!("{:06}", at.0 % 1_000_000));
    let keep = fraction.trim_end_matches('0').len().max(least);
    if keep == 0 { whole.to_string() } else { format!("{whole}.{}", &fraction[..keep]) }
}

/// `1,234`
#[must_use]
pub fn count(n: u32) -> String {
    let plain = n.to_string();
    let mut text = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The marks of a time axis and their labels, at most seven of them after the first.
#[must_use]
pub fn ticks(ends: Us) -> Vec<(Us, String)> {
    const STEPS: [u64; 13] = [1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400, 864_000];
    let (whole, mut step) = (ends.0, 1);
    let micro = [1, 10, 100, 1_000, 10_000, 100_000, 200_000, 500_000].into_iter();
    for candidate in micro.chain(STEPS.into_iter().map(|s| s * 1_000_000)) {
        step = candidate;
        if whole / step <= 7 {
            break;
        }
    }
    (0..=whole / step).map(|n| Us(n * step)).map(|at| (at, tick(at, step))).collect()
}

fn tick(at: Us, step: u64) -> String {
    let (unit, length) = match step {
        step if step >= 86_400_000_000 => ("d", 86_400_000_000),
        step if step >= 3_600_000_000 => ("h", 3_600_000_000),
        step if step >= 60_000_000 => ("min", 60_000_000),
        step if step >= 100_000 => return format!("{} s", digits(at, 0)),
        step if step >= 1_000 => ("ms", 1_000),
        _ => ("us", 1),
    };
    format!("{} {unit}", at.0 / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(seconds(Us(12_503_000)), "12.503 s");
        assert_eq!(seconds(Us(12_503_210)), "12.50321 s");
        assert_eq!(clock(Us(12_503_999)), "12.503 s");
        assert_eq!(duration(Us(12_500_000)), "12.5s");
        assert_eq!(duration(Us::secs(12)), "12s");
        assert_eq!([count(7), count(1_234), count(1_000_000)], ["7", "1,234", "1,000,000"]);
        let labels = |ends| ticks(ends).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(Us::secs(60)), ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]);
        assert_eq!(labels(Us::secs(2)), ["0 s", "0.5 s", "1 s", "1.5 s", "2 s"]);
        assert_eq!(labels(Us::secs(86_400)).last().unwrap(), "24 h");
        assert_eq!(labels(Us::ZERO), ["0 us"]);
    }
}
