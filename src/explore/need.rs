//! Take one thing away: what happens without each part of a counter-example.

use super::edit::{leaves, operations, with, with_operations};
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
    /// The end of the sentence: `no row is missing, and every store ends as the source`.
    #[serde(skip)]
    pub then: String,
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
        let mut rest = all.clone();
        rest.remove(at);
        let smaller = with_operations(document, rest);
        let part = in_words(operation);
        take_away(&smaller, anomaly, part.clone(), &format!("Without the {part}"))
    };
    all.iter().enumerate().map(need).collect()
}

/// What happens with the default of each option that is set.
#[must_use]
pub fn of_options(document: &Document, anomaly: Anomaly) -> Vec<Need> {
    let need = |path: String| {
        let smaller = with(document, &path, Value::Null);
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
        Err(refusals) => told(part, how, format!("it is no scenario: {}", refusals[0]), true),
        Ok(plan) => {
            let (report, _) = outcome::run(&plan, 0);
            let left = outcome::count(&report, anomaly);
            let needed = left == 0;
            told(part, how, if needed { gone(anomaly, &report) } else { "it is the same".to_owned() }, needed)
        }
    }
}

fn told(part: String, how: &str, then: String, needed: bool) -> Need {
    let end = if then.ends_with('.') { "" } else { "." };
    Need { part, without: format!("{how} {then}{end}"), needed, then }
}

/// `no row is missing, and every store ends as the source`
fn gone(anomaly: Anomaly, report: &Report) -> String {
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
    format!("{what}, {rest}")
}
