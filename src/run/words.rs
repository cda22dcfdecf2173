//! Small words: instants, spans and counts as people read them.

use crate::kernel::time::Us;

/// An instant: `12.503 s`, with as many digits as it needs, three at least.
///
/// ```
/// use driftscope::{kernel::time::Us, run::words::instant};
/// assert_eq!(instant(Us(12_503_000)), "12.503 s");
/// assert_eq!(instant(Us(12_497_500)), "12.4975 s");
/// ```
#[must_use]
pub fn instant(at: Us) -> String {
    if at == Us::NEVER {
        return "never".to_owned();
    }
    let (whole, micros) = (at.0 / 1_000_000, at.0 % 1_000_000);
    let digits = format!("{micros:06}");
    let kept = digits.trim_end_matches('0').len().max(3);
    format!("{whole}.{} s", &digits[..kept])
}

/// An instant without needless digits: `60 s`, `12.5 s`.
#[must_use]
pub fn short_instant(at: Us) -> String {
    let long = instant(at);
    match long.strip_suffix(" s") {
        Some(number) => format!("{} s", number.trim_end_matches('0').trim_end_matches('.')),
        None => long,
    }
}

/// The unit in which a span is told, and its length in us.
fn unit(us: Us) -> (&'static str, u64) {
    match us.0 {
        0 => ("s", 1_000_000),
        1..1_000 => ("us", 1),
        1_000..1_000_000 => ("ms", 1_000),
        1_000_000..120_000_000 => ("s", 1_000_000),
        120_000_000..7_200_000_000 => ("min", 60_000_000),
        _ => ("h", 3_600_000_000),
    }
}

/// A span: `3 ms`, `2.5 s`, `1 h`; as many digits as it needs.
#[must_use]
pub fn span(us: Us) -> String {
    if us == Us::NEVER {
        return "for ever".to_owned();
    }
    let (unit, length) = unit(us);
    // The longest span is of 2^64 us, which in h and thousandths fits again.
    let length = u128::from(us.0) * 1_000 / u128::from(length);
    format!("{} {unit}", thousandths(length as u64))
}

/// Thousandths as a number without needless digits: `2.5`, `12`.
///
/// ```
/// use driftscope::run::words::thousandths;
/// assert_eq!([2_500, 12_000, 7, 0].map(thousandths), ["2.5", "12", "0.007", "0"]);
/// ```
#[must_use]
pub fn thousandths(n: u64) -> String {
    format!("{}.{:03}", n / 1_000, n % 1_000).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A span to three digits, for a table: `131 ms`, `4.12 s`.
///
/// ```
/// use driftscope::{kernel::time::Us, run::words::about};
/// assert_eq!([131_204, 4_118_000, 7].map(|us| about(Us(us))), ["131 ms", "4.12 s", "7 us"]);
/// ```
#[must_use]
pub fn about(us: Us) -> String {
    let (_, length) = unit(us);
    let step = match us.0 / length {
        0..10 => length.div_ceil(100),
        10..100 => length.div_ceil(10),
        _ => length,
    };
    span(if us == Us::NEVER { us } else { Us((us.0 + step / 2) / step * step) })
}

/// `1 row`, `3 rows`.
#[must_use]
pub fn count(n: u64, one: &str) -> String {
    let hisses = ["s", "sh", "ch"].iter().any(|end| one.ends_with(end));
    let many = if hisses { "es" } else { "s" };
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}{many}") }
}

/// `1 row differs`, `3 rows differ`.
#[must_use]
pub fn differ(n: u64) -> String {
    format!("{} {}", count(n, "row"), if n == 1 { "differs" } else { "differ" })
}

/// Joins with commas and a last `and`.
#[must_use]
pub fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The first letter as a capital, if it is one from a to z.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn words() {
        let spans = [(3_000, "3 ms"), (2_500_000, "2.5 s"), (0, "0 s"), (7, "7 us"), (60_000_000, "60 s"), (3_600_000_000, "60 min"), (7_200_000_000, "2 h")];
        for (us, want) in spans {
            assert_eq!(span(Us(us)), want);
        }
        assert_eq!(short_instant(Us::secs(60)), "60 s");
        assert_eq!(short_instant(Us(12_500_000)), "12.5 s");
        assert_eq!(count(1, "row"), "1 row");
        assert_eq!(count(0, "row"), "0 rows");
        assert_eq!([0, 1, 2].map(differ), ["0 rows differ", "1 row differs", "2 rows differ"]);
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(capital("product-17"), "Product-17");
    }
}
