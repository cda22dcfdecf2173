//! What differs between two documents: as a merge patch (RFC 7396), and as `--set` pairs.

use super::fault;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The patch that turns one object into another, as far as RFC 7396 can say it: it knows no order, and no `null`.
pub fn between(base: &Map<String, Value>, target: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for name in base.keys().filter(|name| !target.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in target {
        match (base.get(name), value) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => {
                let inner = between(old, new);
                if !inner.is_empty() {
                    patch.insert(name.clone(), Value::Object(inner));
                }
            }
            (_, new) => {
                patch.insert(name.clone(), new.clone());
            }
        }
    }
    patch
}

/// The same as pairs of a path and a value in the form `--set` takes, without `faults`.
pub fn settings(base: &Map<String, Value>, target: &Map<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    collect("", base, target, &mut pairs);
    pairs
}

fn collect(prefix: &str, base: &Map<String, Value>, target: &Map<String, Value>, pairs: &mut Vec<(String, String)>) {
    let path = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    let is_faults = |name: &str| prefix.is_empty() && name == "faults";
    for (name, value) in target.iter().filter(|(name, _)| !is_faults(name)) {
        match (base.get(name), value) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => collect(&path(name), old, new, pairs),
            (None, Value::Object(new)) if !new.is_empty() => collect(&path(name), &Map::new(), new, pairs),
            (_, new) => pairs.push((path(name), text(new))),
        }
    }
    for name in base.keys().filter(|name| !is_faults(name) && !target.contains_key(*name)) {
        pairs.push((path(name), "null".to_owned()));
    }
}

/// A value in the form `--set` takes.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<IgnoredAny>(text).is_err() => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// Whether two documents mean the same: equal but for the order of options and the form of faults. The order of
/// stores and detectors counts.
pub fn same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let ids = |root: &Map<String, Value>, map: &str| {
        root.get(map).and_then(Value::as_object).map(|members| members.keys().cloned().collect::<Vec<_>>())
    };
    let rest = |root: &Map<String, Value>| {
        let mut rest = root.clone();
        rest.shift_remove("faults");
        rest
    };
    rest(one) == rest(other)
        && ["stores", "detectors"].iter().all(|map| ids(one, map) == ids(other, map))
        && faults(one) == faults(other)
}

/// The faults in one form; a list that cannot be read stays as it is.
fn faults(root: &Map<String, Value>) -> Value {
    let whole = |entry: &Value| match entry {
        Value::String(text) => fault::members(text).map_or_else(|| entry.clone(), Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => entry.clone(),
    };
    match root.get("faults") {
        None => Value::Array(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(whole).collect(),
        Some(other) => other.clone(),
    }
}
