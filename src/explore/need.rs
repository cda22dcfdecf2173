//! Take one thing away: what happens without each part of a counter-example.

use super::edit::{leaves, operations};
use super::outcome;
use crate::run::report::{Report, Verdict};
use crate::scenario::Document;
use crate::truth::anomaly::Anomaly;
use serde::Serialize;
use serde_json::Value;

/// A part of a scenario, and what happens without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The part: a fault in short form, an operation, an option.
    pub part: String,
    /// One sentence.
    pub without: String,
    /// Whether the anomaly is gone without it.
    pub needed: bool,
}

/// What happens without each fault.
#[must_use]
pub fn faults(document: &Document, anomaly: Anomaly) -> Vec<Need> {
    let texts = document.faults();
    let need = |(at, text): (usize, &String)| {
        let mut smaller = document.clone();
        smaller.remove_fault(at);
        take_away(&smaller, anomaly, text.clone(), &format!("Without {text}"))
    };
    texts.iter().enumerate().map(need).collect()
}

/// What happens without each operation.
#[must_use]
pub fn of_operations(document: &Document, anomaly: Anomaly) -> Vec<Need> {
    let all = operations(document);
    let need = |(at, operation): (usize, &Value)| {
        let mut smaller = document.clone();
        let mut rest = all.clone();
        rest.remove(at);
        drop(smaller.set_value("workload.arrivals", rest.into()));
        let part = in_words(operation);
        take_away(&smaller, anomaly, part.clone(), &format!("Without the {part}"))
    };
    all.iter().enumerate().map(need).collect()
}

/// What happens with the default of each option that is set.
#[must_use]
pub fn of_options(document: &Document, anomaly: Anomaly) -> Vec<Need> {
    let need = |path: String| {
        let mut smaller = document.clone();
        drop(smaller.set_value(&path, Value::Null));
        take_away(&smaller, anomaly, path.clone(), &format!("With the default of {path}"))
    };
    leaves(document).map(need).collect()
}

/// An operation in words: `update of product-1 at 150ms`.
fn in_words(operation: &Value) -> String {
    let word = |name: &str| match operation.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let op = if operation.get("op").is_some() { word("op") } else { "update".to_owned() };
    let key =
        if operation.get("key").is_some_and(Value::is_number) { format!("key {}", word("key")) } else { word("key") };
    format!("{op} of {key} at {}", word("at"))
}

fn take_away(smaller: &Document, anomaly: Anomaly, part: String, how: &str) -> Need {
    match smaller.plan() {
        Err(refusals) => Need { part, without: format!("{how} it is no scenario: {}", refusals[0]), needed: true },
        Ok(plan) => {
            let (report, _) = outcome::run(&plan, 0);
            let left = outcome::count(&report, anomaly);
            let needed = left == 0;
            let without = if needed { gone(anomaly, &report, how) } else { format!("{how} it is the same.") };
            Need { part, without, needed }
        }
    }
}

/// `Without X no row is missing, and every store ends as the source.`
fn gone(anomaly: Anomaly, report: &Report, how: &str) -> String {
    let what = match anomaly {
        Anomaly::Missing => "no row is missing",
        Anomaly::Stale => "no row is stale",
        Anomaly::Ghost => "no row is a ghost",
        Anomaly::DuplicateEffect => "no effect happens twice",
        Anomaly::Lost => "no event is lost",
        Anomaly::GhostEvent => "no event is a ghost",
        Anomaly::Duplicate => "no event comes twice",
        Anomaly::Reordered => "no event comes out of order",
        Anomaly::EarlyRead => "nobody reads before the commit",
        Anomaly::Blocked => "nobody waits too long",
    };
    let rest = match report.verdict {
        Verdict::Consistent => "and every store ends as the source".to_owned(),
        Verdict::Blocked => "but somebody waits too long".to_owned(),
        Verdict::Diverged => {
            let ids: Vec<&str> = outcome::anomalies(report).iter().map(|anomaly| anomaly.id()).collect();
            format!("but something else is wrong: {}", ids.join(", "))
        }
    };
    format!("{how} {what}, {rest}.")
}
