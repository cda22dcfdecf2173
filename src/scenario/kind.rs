//! The kinds of option: what each allows, how it is read, and how its allowance is put in words.

use super::arrivals::{self, ArrivalsText};
use super::fault::{self, Fault};
use super::plan::Parts;
use super::refusal::{Allowed, Refusal, shown};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::{BadDuration, UNITS, Us, decimal};
use crate::world::broker::Roll;
use serde_json::Value;

/// What may stand in an option's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A duration between two bounds.
    Duration(Us, Us),
    /// A distribution of a duration.
    Distribution,
    /// A duration up to a bound, or `random`: drawn from the seed.
    Phase(Us),
    /// So many a unit of time: `4/d`.
    Rate,
    /// A probability from 0 to 1.
    Probability,
    /// A whole number between two bounds.
    Count(u64, u64),
    /// When a segment is closed: a number of records, or a duration.
    Roll,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// A text of at most that many characters.
    Text(usize),
    /// The id of something that the document declares, of small letters, digits and hyphens.
    Name,
    /// A list of ids, each once, at most that many.
    Names(usize),
    /// How keys are chosen: `uniform` or `zipf(0.99)`.
    KeyChoice,
    /// When operations arrive.
    Arrivals,
    /// The scripted faults.
    Faults,
}

/// What an option was set to, or its default.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Of [`Kind::Duration`].
    Duration(Us),
    /// Of [`Kind::Distribution`].
    Distribution(Distribution),
    /// Of [`Kind::Phase`]; `None`: drawn from the seed.
    Phase(Option<Us>),
    /// Of [`Kind::Rate`]: the mean span from one to the next; `None`: never.
    Rate(Option<Us>),
    /// Of [`Kind::Probability`].
    Probability(Parts),
    /// Of [`Kind::Count`].
    Count(u64),
    /// Of [`Kind::Roll`].
    Roll(Roll),
    /// Of [`Kind::Choice`].
    Choice(&'static str),
    /// Of [`Kind::Switch`].
    Switch(bool),
    /// Of [`Kind::Text`] and [`Kind::Name`].
    Text(String),
    /// Of [`Kind::Names`].
    Names(Vec<String>),
    /// Of [`Kind::KeyChoice`]; `None`: uniform.
    KeyChoice(Option<f64>),
    /// Of [`Kind::Arrivals`].
    Arrivals(ArrivalsText),
    /// Of [`Kind::Faults`].
    Faults(Vec<Fault>),
}

impl Kind {
    /// Reads what stands at `path`, or says all that is wrong with it.
    pub fn read(&self, path: &str, value: &Value) -> Result<Setting, Vec<Refusal>> {
        match self {
            Kind::Arrivals => arrivals::read(path, value).map(Setting::Arrivals),
            Kind::Faults => fault::read_list(path, value).map(Setting::Faults),
            Kind::Duration(..)
            | Kind::Distribution
            | Kind::Phase(_)
            | Kind::Rate
            | Kind::Probability
            | Kind::Count(..)
            | Kind::Roll
            | Kind::Choice(_)
            | Kind::Switch
            | Kind::Text(_)
            | Kind::Name
            | Kind::Names(_)
            | Kind::KeyChoice => self.read_one(path, value).map_err(|refusal| vec![refusal]),
        }
    }

    fn read_one(&self, path: &str, value: &Value) -> Result<Setting, Refusal> {
        let wrong = || Refusal::form(path, value, self.allows());
        let text = value.as_str();
        let read = match self {
            Kind::Duration(min, max) => return duration(path, value, *min, *max).map(Setting::Duration),
            Kind::Phase(_) if text == Some("random") => Some(Setting::Phase(None)),
            Kind::Phase(max) => {
                return duration(path, value, Us::ZERO, *max).map(|us| Setting::Phase(Some(us)));
            }
            Kind::Distribution => {
                no_unit(path, value)?;
                text.and_then(|text| text.parse().ok()).map(Setting::Distribution)
            }
            Kind::Rate => text.and_then(rate).map(Setting::Rate),
            Kind::Probability => probability(value).map(Setting::Probability),
            Kind::Count(min, max) => whole(value).filter(|n| (min..=max).contains(&n)).map(Setting::Count),
            Kind::Roll if value.is_number() => {
                whole(value).filter(|n| (1..=MOST_RECORDS).contains(n)).map(|n| Setting::Roll(Roll::Records(n)))
            }
            Kind::Roll => {
                let us = text.and_then(|text| text.parse().ok()).filter(|us| (Us(1)..=LONGEST_RUN).contains(us));
                us.map(|us| Setting::Roll(Roll::After(us)))
            }
            Kind::Choice(ids) => {
                // A word may be a number: `acks` is 0, 1 or all.
                let number = whole(value).map(|number| number.to_string());
                let Some(text) = text.or(number.as_deref()) else { return Err(wrong()) };
                let known = ids.iter().find(|id| **id == text);
                return known.map(|id| Setting::Choice(id)).ok_or_else(|| Refusal::one_of(path, text, *ids));
            }
            Kind::Switch => value.as_bool().map(Setting::Switch),
            Kind::Text(most) => text
                .filter(|text| text.chars().count() <= *most && !text.chars().any(char::is_control))
                .map(|text| Setting::Text(text.to_owned())),
            Kind::Name => text.filter(|text| is_name(text)).map(|text| Setting::Text(text.to_owned())),
            Kind::Names(most) => names(value).filter(|names| names.len() <= *most).map(Setting::Names),
            Kind::KeyChoice => text.and_then(key_choice).map(Setting::KeyChoice),
            Kind::Arrivals | Kind::Faults => None,
        };
        read.ok_or_else(wrong)
    }

    /// What it allows, in words that follow "It must be": "a whole number from 1 to 64".
    #[must_use]
    pub fn allows(&self) -> String {
        match self {
            Kind::Duration(min, max) => format!("a time from {min} to {max}, such as \"250ms\""),
            Kind::Distribution => crate::kernel::distribution::BadDistribution.to_string(),
            Kind::Phase(max) => format!("\"random\" or a time from 0s to {max}, such as \"250ms\""),
            Kind::Rate => "so many a us, ms, s, m, h or d, such as \"4/d\"".to_owned(),
            Kind::Probability => "a number from 0 to 1".to_owned(),
            Kind::Count(min, max) if min == max => min.to_string(),
            Kind::Count(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Roll => format!("a whole number of records from 1 to {MOST_RECORDS}, or a time such as \"7d\""),
            Kind::Choice(ids) => format!("one of {}", ids.join(", ")),
            Kind::Switch => "true or false".to_owned(),
            Kind::Text(most) => format!("a text of at most {most} characters"),
            Kind::Name => "1 to 32 small letters, digits and hyphens, a letter first".to_owned(),
            Kind::Names(most) => format!("a list of at most {most} ids, each once, such as [\"source\", \"broker\"]"),
            Kind::KeyChoice => "\"uniform\" or \"zipf(0.99)\", with any exponent above 0 up to 10".to_owned(),
            Kind::Arrivals => arrivals::ALLOWED.to_owned(),
            Kind::Faults => "a list of faults, such as [\"crash:app@12s+10s\"]".to_owned(),
        }
    }
}

/// Reads a duration within bounds.
pub fn duration(path: &str, value: &Value, min: Us, max: Us) -> Result<Us, Refusal> {
    no_unit(path, value)?;
    let us: Us = value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Refusal::form(path, value, BadDuration.to_string()))?;
    if (min..=max).contains(&us) {
        return Ok(us);
    }
    Err(Refusal::new(path, shown(value), Allowed::Range(min.to_string(), max.to_string())))
}

/// Refuses a bare number where a time must stand, and says what was probably meant.
fn no_unit(path: &str, value: &Value) -> Result<(), Refusal> {
    let number = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Ok(()),
    };
    match decimal(&number, 1) {
        Some(_) => Err(Refusal::new(path, shown(value), Allowed::Unit(format!("{number}s")))),
        None => Ok(()),
    }
}

/// A whole number, however JSON writes it.
#[must_use]
pub fn whole(value: &Value) -> Option<u64> {
    let exact = |n: f64| (n >= 0.0 && n <= MOST_EXACT as f64 && libm::trunc(n) == n).then_some(n as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(exact))
}

/// The longest run, and the longest time an option may hold: a leap year.
pub const LONGEST_RUN: Us = crate::kernel::distribution::LONGEST;

/// The most records that a segment may hold.
pub const MOST_RECORDS: u64 = 10_000_000;

/// The largest whole number that JavaScript holds exactly: 2^53 - 1.
pub const MOST_EXACT: u64 = (1 << 53) - 1;

fn probability(value: &Value) -> Option<Parts> {
    let number = value.as_f64().filter(|p| (0.0..=1.0).contains(p))?;
    Some(libm::rint(number * 1e9) as Parts)
}

/// The mean span from one to the next at a rate such as `4/d`: `Some(None)` for a rate of zero.
#[must_use]
pub fn rate(text: &str) -> Option<Option<Us>> {
    let (number, unit) = text.split_once('/')?;
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let billionths = u128::from(decimal(number.trim(), 1_000_000_000)?);
    if billionths == 0 {
        return Some(None);
    }
    let (whole, rest) =
        (u128::from(*length) * 1_000_000_000 / billionths, u128::from(*length) * 1_000_000_000 % billionths);
    let up = rest * 2 > billionths || (rest * 2 == billionths && whole % 2 == 1);
    let span = u64::try_from(whole + u128::from(up)).unwrap_or(u64::MAX).min(u64::MAX / 4);
    (span > 0).then_some(Some(Us(span)))
}

fn names(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?.iter().map(|name| name.as_str().filter(|name| is_name(name)).map(str::to_owned));
    let names: Vec<String> = list.collect::<Option<_>>()?;
    let twice = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    (!twice).then_some(names)
}

fn key_choice(text: &str) -> Option<Option<f64>> {
    if text.trim() == "uniform" {
        return Some(None);
    }
    let exponent = text.trim().strip_prefix("zipf(")?.strip_suffix(')')?;
    let millionths = decimal(exponent.trim(), 1_000_000).filter(|&s| s > 0 && s <= 10_000_000)?;
    Some(Some(millionths as f64 / 1e6))
}

/// Whether a text can name a store, a detector or a stem of keys.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.len() <= 32
        && text.bytes().all(letters)
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    #[rustfmt::skip]
    fn rates() {
        let table = [
            ("200/s",   Some(Some(Us(5_000)))),
            ("4/d",     Some(Some(Us(21_600_000_000)))),
            ("0.5/s",   Some(Some(Us(2_000_000)))),
            ("3/s",     Some(Some(Us(333_333)))),
            ("0/s",     Some(None)),
            ("2/us",    None), // half a microsecond rounds to none at all: half to even
            ("-1/s",    None), ("1", None), ("1/w", None), ("/s", None), ("1/", None), ("1e3/s", None),
        ];
        for (text, want) in table {
            assert_eq!(rate(text), want, "{text}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn readings() {
        let ms = Kind::Duration(Us::millis(1), Us::secs(60));
        let table = [
            (ms,                json!("250ms"),     Ok(Setting::Duration(Us(250_000)))),
            (ms,                json!("12.5"),      Err(r#"p is "12.5". A time needs a unit: "12.5s"."#)),
            (ms,                json!(60),          Err(r#"p is 60. A time needs a unit: "60s"."#)),
            (ms,                json!("61s"),       Err(r#"p is "61s". It must be 1ms to 1m."#)),
            (ms,                json!(null),        Err(r#"p is null. It must be a decimal number with a unit of us, ms, s, m, h or d, such as "250ms"."#)),
            (ms,                json!("-1s"),       Err(r#"p is "-1s". It must be a decimal number with a unit of us, ms, s, m, h or d, such as "250ms"."#)),
            (Kind::Distribution, json!("exp(5)"),   Err(r#"p is "exp(5)". It must be a duration such as "5ms", uniform(a,b), exp(mean), erlang(k,mean), lognormal(median,sigma) or mix(0.95:5ms,0.05:105ms)."#)),
            (Kind::Distribution, json!(5),          Err(r#"p is 5. A time needs a unit: "5s"."#)),
            (Kind::Phase(Us::secs(1)), json!("random"), Ok(Setting::Phase(None))),
            (Kind::Phase(Us::secs(1)), json!("0s"), Ok(Setting::Phase(Some(Us::ZERO)))),
            (Kind::Probability, json!(0.05),        Ok(Setting::Probability(50_000_000))),
            (Kind::Probability, json!(1),           Ok(Setting::Probability(1_000_000_000))),
            (Kind::Probability, json!(1.5),         Err("p is 1.5. It must be a number from 0 to 1.")),
            (Kind::Probability, json!(-0.1),        Err("p is -0.1. It must be a number from 0 to 1.")),
            (Kind::Count(1, 64), json!(64.0),       Ok(Setting::Count(64))),
            (Kind::Count(1, 64), json!(0),          Err("p is 0. It must be a whole number from 1 to 64.")),
            (Kind::Count(1, 64), json!("7"),        Err(r#"p is "7". It must be a whole number from 1 to 64."#)),
            (Kind::Count(0, MOST_EXACT), json!(1e300), Err("p is 1e+300. It must be a whole number from 0 to 9007199254740991.")),
            (Kind::Choice(&["row", "batch"]), json!("batsh"), Err(r#"p is "batsh". It must be one of row, batch. Did you mean batch?"#)),
            (Kind::Choice(&["row", "batch"]), json!("row"), Ok(Setting::Choice("row"))),
            (Kind::Choice(&["0", "all"]), json!(0),   Ok(Setting::Choice("0"))),
            (Kind::Choice(&["0", "all"]), json!("0"), Ok(Setting::Choice("0"))),
            (Kind::Choice(&["0", "all"]), json!(2),   Err(r#"p is "2". It must be one of 0, all."#)),
            (Kind::Roll,        json!(1),           Ok(Setting::Roll(Roll::Records(1)))),
            (Kind::Roll,        json!("7d"),        Ok(Setting::Roll(Roll::After(Us::secs(7 * 86_400))))),
            (Kind::Roll,        json!(0),           Err(r#"p is 0. It must be a whole number of records from 1 to 10000000, or a time such as "7d"."#)),
            (Kind::Roll,        json!("0s"),        Err(r#"p is "0s". It must be a whole number of records from 1 to 10000000, or a time such as "7d"."#)),
            (Kind::Switch,      json!("yes"),       Err(r#"p is "yes". It must be true or false."#)),
            (Kind::KeyChoice,   json!("zipf(0.99)"), Ok(Setting::KeyChoice(Some(0.99)))),
            (Kind::KeyChoice,   json!("zipf(0)"),   Err(r#"p is "zipf(0)". It must be "uniform" or "zipf(0.99)", with any exponent above 0 up to 10."#)),
            (Kind::Name,        json!("a-1"),       Ok(Setting::Text("a-1".into()))),
            (Kind::Name,        json!("A"),         Err(r#"p is "A". It must be 1 to 32 small letters, digits and hyphens, a letter first."#)),
        ];
        for (kind, value, want) in table {
            let got = kind.read("p", &value).map_err(|refusals| refusals[0].to_string());
            assert_eq!(got, want.map_err(str::to_owned), "{value}");
        }
    }
}
