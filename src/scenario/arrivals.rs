//! `workload.arrivals`: a process in short form, or a written list of operations.

use super::kind::{self, rate, whole};
use super::plan::Arrivals;
use super::refusal::{Refusal, short_name};
use crate::kernel::time::Us;
use crate::world::ids::OpKind;
use serde_json::Value;

/// What may stand there, in words that follow "It must be".
pub const ALLOWED: &str = "\"poisson(200/s)\", \"every(5ms)\", \"bursts(20,1s)\" or a list of \
                           {\"at\": \"12ms\", \"key\": \"product-17\", \"op\": \"insert\"}";

/// The most operations a written list may hold.
pub const MOST_WRITTEN: usize = 100_000;

/// The largest burst.
pub const LARGEST_BURST: u64 = 100_000;

/// Arrivals as typed: the keys are still names.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalsText {
    /// A process that needs no keys.
    Process(Arrivals),
    /// A written list.
    Written(Vec<Written>),
}

/// One operation of a written list.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Its place in the list.
    pub index: usize,
    /// When the client sends it.
    pub at: Us,
    /// Which key, as typed.
    pub key: KeyText,
    /// What it does.
    pub op: OpKind,
    /// How long its transaction stays open, if it says so itself.
    pub tx_time: Option<Us>,
    /// Whether it only reads, through the caches.
    pub read: bool,
}

/// A key as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyText {
    /// By its number, from 1.
    Number(u64),
    /// By its name.
    Name(String),
}

/// Reads what stands at `workload.arrivals`.
pub fn read(path: &str, value: &Value) -> Result<ArrivalsText, Vec<Refusal>> {
    let wrong = || vec![Refusal::form(path, value, ALLOWED)];
    match value {
        Value::String(text) => process(text).map(ArrivalsText::Process).ok_or_else(wrong),
        Value::Array(list) if list.len() <= MOST_WRITTEN => written_list(path, list),
        Value::Array(_) => {
            let reason = format!("A written list may hold at most {MOST_WRITTEN} operations.");
            Err(vec![Refusal::reason(path, value, reason)])
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(wrong()),
    }
}

fn process(text: &str) -> Option<Arrivals> {
    let (name, rest) = text.trim().split_once('(')?;
    let inner: Vec<&str> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
    let span = |text: &str| text.parse::<Us>().ok().filter(|us| (1..=kind::LONGEST_RUN.0).contains(&us.0));
    match (name.trim(), inner.as_slice()) {
        ("poisson", [per]) => rate(per)?.map(Arrivals::Poisson),
        ("every", [every]) => span(every).map(Arrivals::Every),
        ("bursts", [size, every]) => {
            let size = size.parse().ok().filter(|n| (1..=LARGEST_BURST).contains(n))?;
            Some(Arrivals::Bursts { size: u32::try_from(size).ok()?, every: span(every)? })
        }
        _ => None,
    }
}

fn written_list(path: &str, list: &[Value]) -> Result<ArrivalsText, Vec<Refusal>> {
    let (written, refusals) = read_entries(path, list);
    if refusals.is_empty() { Ok(ArrivalsText::Written(written)) } else { Err(refusals) }
}

/// Reads a written list: the entries that can be read, and all that is wrong with the others.
#[must_use]
pub fn read_entries(path: &str, list: &[Value]) -> (Vec<Written>, Vec<Refusal>) {
    let (mut written, mut refusals) = (Vec::with_capacity(list.len()), Vec::new());
    for (index, entry) in list.iter().enumerate() {
        match written_one(&format!("{path}[{index}]"), entry) {
            Ok(one) => written.push(Written { index, ..one }),
            Err(found) => refusals.extend(found),
        }
    }
    (written, refusals)
}

const FIELDS: [&str; 4] = ["at", "key", "op", "tx_time"];

fn written_one(path: &str, value: &Value) -> Result<Written, Vec<Refusal>> {
    let Value::Object(members) = value else {
        let form = "an operation, such as {\"at\": \"12ms\", \"key\": \"product-17\", \"op\": \"insert\"}";
        return Err(vec![Refusal::form(path, value, form)]);
    };
    let mut refusals = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())) {
        refusals.push(Refusal::no_such(format!("{path}.{}", short_name(name)), value, "option", name, FIELDS));
    }
    let member = |name| members.get(name).unwrap_or(&Value::Null);
    let at = kind::duration(&format!("{path}.at"), member("at"), Us::ZERO, kind::LONGEST_RUN);
    let key = key(&format!("{path}.key"), member("key"));
    let read = members.get("op").and_then(Value::as_str) == Some(READ);
    let op = match members.get("op") {
        _ if read => Ok(OpKind::Update),
        None => Ok(OpKind::Update),
        Some(op) => op_kind(&format!("{path}.op"), op),
    };
    let tx_time = members
        .get("tx_time")
        .map(|value| kind::duration(&format!("{path}.tx_time"), value, Us::ZERO, kind::LONGEST_RUN).map(Some));
    match (at, key, op, tx_time.unwrap_or(Ok(None))) {
        (Ok(at), Ok(key), Ok(op), Ok(tx_time)) if refusals.is_empty() => {
            return Ok(Written { index: 0, at, key, op, tx_time, read });
        }
        (at, key, op, tx_time) => {
            refusals.extend([at.err(), key.err(), op.err(), tx_time.err()].into_iter().flatten());
        }
    }
    Err(refusals)
}

/// The word of an operation that only reads.
pub const READ: &str = "read";

fn op_kind(path: &str, value: &Value) -> Result<OpKind, Refusal> {
    let allowed = OpKind::IDS.iter().copied().chain([READ]);
    let Some(text) = value.as_str() else {
        return Err(Refusal::form(path, value, format!("one of {}, {READ}", OpKind::IDS.join(", "))));
    };
    OpKind::from_id(text).ok_or_else(|| Refusal::one_of(path, text, allowed))
}

/// The longest name of a key.
pub const LONGEST_KEY: usize = 64;

/// Reads a key: its number from 1, or its name.
pub fn key(path: &str, value: &Value) -> Result<KeyText, Refusal> {
    let wrong = || Refusal::form(path, value, "a key: its number from 1, or its name, such as \"product-17\"");
    if let Some(number) = whole(value) {
        return Ok(KeyText::Number(number));
    }
    let text = value.as_str().ok_or_else(wrong)?;
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(KeyText::Number).map_err(|_| wrong());
    }
    let fits = !text.is_empty() && text.chars().count() <= LONGEST_KEY && !text.chars().any(char::is_control);
    if fits { Ok(KeyText::Name(text.to_owned())) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    #[rustfmt::skip]
    fn processes() {
        let table = [
            ("poisson(200/s)",   Some(Arrivals::Poisson(Us(5_000)))),
            ("every(5ms)",       Some(Arrivals::Every(Us(5_000)))),
            ("bursts(20, 1s)",   Some(Arrivals::Bursts { size: 20, every: Us::secs(1) })),
            ("poisson(0/s)",     None), // nothing would ever arrive: say so with an empty list
            ("every(0s)",        None), ("bursts(0,1s)", None), ("bursts(1000000,1s)", None), ("poisson(5)", None),
            ("every", None), ("every(1s", None), ("gamma(1/s)", None), ("", None),
        ];
        for (text, want) in table {
            assert_eq!(process(text), want, "{text}");
        }
    }

    #[test]
    fn lists() {
        let good =
            json!([{"at": "1s", "key": 3, "op": "delete", "tx_time": "3s"}, {"at": "0s", "key": "x", "op": "read"}]);
        let want = vec![
            Written {
                index: 0,
                at: Us::secs(1),
                key: KeyText::Number(3),
                op: OpKind::Delete,
                tx_time: Some(Us::secs(3)),
                read: false,
            },
            Written {
                index: 1,
                at: Us::ZERO,
                key: KeyText::Name("x".into()),
                op: OpKind::Update,
                tx_time: None,
                read: true,
            },
        ];
        assert_eq!(read("w", &good), Ok(ArrivalsText::Written(want)));
        let bad = json!([{"at": 3, "key": "", "op": "updat", "kye": 1}, 7]);
        let refusals: Vec<String> = read("w", &bad).unwrap_err().iter().map(ToString::to_string).collect();
        let want = [
            "w[0].kye is 1. There is no such option; there are at, key, op, tx_time. Did you mean key?",
            "w[0].at is 3. A time needs a unit: \"3s\".",
            "w[0].key is \"\". It must be a key: its number from 1, or its name, such as \"product-17\".",
            "w[0].op is \"updat\". It must be one of insert, update, delete, read. Did you mean update?",
            "w[1] is 7. It must be an operation, such as {\"at\": \"12ms\", \"key\": \"product-17\", \"op\": \"insert\"}.",
        ];
        assert_eq!(refusals, want);
    }
}
