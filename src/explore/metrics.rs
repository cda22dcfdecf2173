//! The metrics of a run: every numeric leaf of its report, by dotted path; members of lists by their id.

use super::statistics::MICRO;
use crate::run::report::Report;
use serde_json::Value;

/// A metric's path, and what a run has there: `None` if there was nothing to measure.
pub type Metric = (String, Option<u64>);

/// Leaves that say which run it was, or whose numbers name something instead of measuring it.
const LEFT_OUT: [&str; 7] = ["report", "seed", "scenario", "strategy", "trace_hash", "invariants", "notes"];

/// What a value of 1 of this metric is held as: fractions in millionths.
#[must_use]
pub fn scale(path: &str) -> u64 {
    let fractional = path.ends_with("row_seconds") || path.ends_with(".mean");
    if fractional { MICRO } else { 1 }
}

/// Every numeric leaf of a report.
#[must_use]
pub fn of(report: &Report) -> Vec<Metric> {
    let mut metrics = Vec::new();
    // A report is plain data: it always serializes.
    let value = serde_json::to_value(report).unwrap_or_default();
    if let Value::Object(members) = &value {
        for (name, value) in members.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())) {
            leaves(name, value, &mut metrics);
        }
    }
    metrics
}

fn leaves(path: &str, value: &Value, metrics: &mut Vec<Metric>) {
    match value {
        Value::Null => metrics.push((path.to_owned(), None)),
        Value::Number(number) => metrics.push((path.to_owned(), Some(held(path, number)))),
        Value::Object(members) => {
            for (name, value) in members {
                leaves(&format!("{path}.{name}"), value, metrics);
            }
        }
        // A member without an id (a witness) is a story, not a measure.
        Value::Array(items) => {
            for item in items {
                let Some(id) = item.get("id").or_else(|| item.get("fault")).and_then(Value::as_str) else { continue };
                leaves(&format!("{path}.{id}"), item, metrics);
            }
        }
        Value::Bool(_) | Value::String(_) => {}
    }
}

fn held(path: &str, number: &serde_json::Number) -> u64 {
    match (number.as_u64(), number.as_f64()) {
        (Some(whole), _) => whole.saturating_mul(scale(path)),
        // Rounded half to even; saturates, which no run reaches.
        (None, Some(fraction)) => libm::rint(fraction * scale(path) as f64) as u64,
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::outcome;
    use crate::scenario::presets;

    fn report() -> Report {
        outcome::run(&presets::find("missing-search-index").unwrap().document().plan().unwrap(), 0).0
    }

    #[test]
    fn every_numeric_leaf() {
        let report = report();
        let metrics = of(&report);
        let get = |path: &str| metrics.iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("{path}")).1;
        assert_eq!(get("ledger.lost"), Some(report.ledger.lost));
        assert_eq!(get("stores.search-index.missing"), Some(1));
        assert_eq!(get("stores.search-index.ledger.committed"), Some(report.ledger.committed));
        assert_eq!(get("fault_counts.crashes.app"), Some(1));
        assert_eq!(get("faults.crash:app@12.5s+2s.fired"), Some(1));
        assert_eq!(get("detectors.offset-lag.detect_us"), None);
        assert_eq!(get("events"), Some(report.events));
        let row_seconds = get("divergence.row_seconds").unwrap();
        assert!(row_seconds > 0 && row_seconds as f64 / 1e6 == report.divergence.row_seconds);
        assert!(metrics.iter().all(|(name, _)| !name.contains("witnesses") && !name.starts_with("invariants")));
    }

    /// A new fractional member of the report would lose its fraction in silence.
    #[test]
    fn fractions_are_known() {
        fn check(path: &str, value: &Value) {
            match value {
                Value::Number(number) => assert!(!number.is_f64() || scale(path) == MICRO, "{path} is fractional"),
                Value::Object(members) => {
                    members.iter().for_each(|(name, value)| check(&format!("{path}.{name}"), value))
                }
                Value::Array(items) => items.iter().for_each(|item| check(path, item)),
                Value::Null | Value::Bool(_) | Value::String(_) => {}
            }
        }
        check("", &serde_json::to_value(report()).unwrap());
    }
}
