//! What a person does to a document: an option set, a fault added, a patch merged. Page and command line edit alike.

use super::Allowed;
use super::document::{Document, LARGEST, parse_value};
use super::fault;
use super::options::{Row, row};
use super::refusal::{Refusal, shown};
use super::validate::members_of;
use crate::strategy::StrategyId;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// How deep a path may go.
const DEEPEST: usize = 16;

impl Document {
    /// Sets an option: maps by id, lists by index (an index past the last adds one), `*` for every member.
    ///
    /// The value is JSON if it parses, else a text; `null` takes the option out, so that its default holds.
    /// `*` under `links`, `nodes` and `stores` stands for all that this document's stores allow.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), Vec<Refusal>> {
        let is_json = value.len() > LARGEST || serde_json::from_str::<IgnoredAny>(value).is_ok();
        let value = if is_json { parse_value(path, value)? } else { Value::from(value) };
        self.set_value(path, value)
    }

    /// The same with a JSON value.
    pub fn set_value(&mut self, path: &str, value: Value) -> Result<(), Vec<Refusal>> {
        let names: Vec<&str> = path.split('.').collect();
        if names.iter().any(|name| name.is_empty()) || names.len() > DEEPEST {
            let reason =
                format!("It must be a dotted path of at most {DEEPEST} names, such as links.app-source.latency.");
            return Err(vec![Refusal::reason("path", &Value::from(path), reason)]);
        }
        let paths = self.every_member(&names)?;
        if paths.is_empty() {
            let reason = "No member of this document is meant by it.";
            return Err(vec![Refusal::reason("path", &Value::from(path), reason)]);
        }
        if paths.len().saturating_mul(value.to_string().len()) > 16 * LARGEST {
            let reason = format!("It would be set in {} places, and is too large for that.", paths.len());
            return Err(vec![Refusal::reason(path, &value, reason)]);
        }
        let mut root = Value::Object(self.root.clone());
        let mut refusals = Vec::new();
        for path in paths {
            if let Err(refusal) = put(&mut root, &path, &value) {
                refusals.push(refusal);
            }
        }
        match root {
            Value::Object(root) if refusals.is_empty() => self.root = root,
            _ => return Err(refusals),
        }
        Ok(())
    }

    /// Replaces each `*` by every member it stands for.
    fn every_member(&self, names: &[&str]) -> Result<Vec<Vec<String>>, Vec<Refusal>> {
        let mut paths: Vec<Vec<String>> = vec![Vec::new()];
        for name in names {
            if *name != "*" {
                paths.iter_mut().for_each(|path| path.push((*name).to_owned()));
                continue;
            }
            let members = |path: &Vec<String>| {
                let ids = self.members_at(path);
                ids.into_iter().map(|id| path.iter().cloned().chain([id]).collect()).collect::<Vec<Vec<String>>>()
            };
            paths = paths.iter().flat_map(members).collect();
            if paths.len() > 100_000 {
                let given = Value::from(names.join("."));
                return Err(vec![Refusal::reason("path", &given, "It stands for more than 100000 members.")]);
            }
        }
        Ok(paths)
    }

    fn members_at(&self, path: &[String]) -> Vec<String> {
        if let [map] = path
            && let Some(ids) = members_of(self, map)
        {
            return ids;
        }
        match self.get(&path.join(".")) {
            Some(Value::Object(members)) => members.keys().cloned().collect(),
            Some(Value::Array(items)) => (0..items.len()).map(|index| index.to_string()).collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Vec::new(),
        }
    }

    /// Merges a patch: its members replace the document's, `null` takes a member out (RFC 7396).
    pub fn merge_patch(&mut self, patch: &Map<String, Value>) {
        merge(&mut self.root, patch);
    }

    /// The strategy, as far as it can be read.
    #[must_use]
    pub fn strategy(&self) -> StrategyId {
        let set = self.get("strategy").and_then(Value::as_str).and_then(StrategyId::from_id);
        let default = row("strategy").map_or("", |row: &Row| row.default);
        set.or_else(|| StrategyId::from_id(default)).unwrap_or(StrategyId::DirectDbFirst)
    }

    /// The same scenario under another strategy.
    #[must_use]
    pub fn with_strategy(&self, strategy: StrategyId) -> Document {
        self.with("strategy", strategy.id().into())
    }

    /// The same scenario under another seed.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Document {
        self.with("seed", seed.into())
    }

    fn with(&self, name: &str, value: Value) -> Document {
        let mut document = self.clone();
        document.root.insert(name.to_owned(), value);
        document
    }

    /// The faults in short form, in order.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.fault_list().iter().map(fault::text_of).collect()
    }

    /// Adds a fault in short form: `crash:app@12.5s+2s`. Whether its target exists is seen by [`Document::plan`].
    pub fn add_fault(&mut self, text: &str) -> Result<(), Vec<Refusal>> {
        let mut list = self.fault_list().to_vec();
        fault::read(&format!("faults[{}]", list.len()), &Value::from(text))?;
        list.push(Value::from(text));
        self.root.insert("faults".to_owned(), Value::Array(list));
        Ok(())
    }

    /// Takes a fault out. Nothing happens if there is none of that number.
    pub fn remove_fault(&mut self, index: usize) {
        let mut list = self.fault_list().to_vec();
        if index < list.len() {
            list.remove(index);
            self.root.insert("faults".to_owned(), Value::Array(list));
        }
    }

    fn fault_list(&self) -> &[Value] {
        self.root.get("faults").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// Sets a value at a path, making the objects on the way.
fn put(root: &mut Value, path: &[String], value: &Value) -> Result<(), Refusal> {
    let Some((last, way)) = path.split_last() else { return Ok(()) };
    let mut at = root;
    for (depth, name) in way.iter().enumerate() {
        if value.is_null() && member(at, name).is_none() {
            return Ok(());
        }
        at = step(at, name, &path[..=depth])?;
    }
    if let Value::String(text) = at
        && let Some(members) = fault::members(text)
        && path.first().is_some_and(|first| first == "faults")
    {
        *at = Value::Object(members);
    }
    match at {
        Value::Object(members) if value.is_null() => {
            members.shift_remove(last);
        }
        Value::Object(members) => {
            members.insert(last.clone(), value.clone());
        }
        Value::Array(items) => {
            let length = items.len();
            let index = last.parse::<usize>().ok().filter(|index| *index <= length);
            match index.ok_or_else(|| no_item(path, length))? {
                index if value.is_null() && index < length => {
                    items.remove(index);
                }
                index if index < length => items[index] = value.clone(),
                _ if value.is_null() => {}
                _ => items.push(value.clone()),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(no_members(&path[..path.len() - 1], at));
        }
    }
    Ok(())
}

fn member<'a>(at: &'a Value, name: &str) -> Option<&'a Value> {
    match at {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn step<'a>(at: &'a mut Value, name: &str, path: &[String]) -> Result<&'a mut Value, Refusal> {
    match at {
        Value::Object(members) => Ok(members.entry(name).or_insert_with(|| Value::Object(Map::new()))),
        Value::Array(items) => {
            let length = items.len();
            let index = name.parse::<usize>().ok();
            index.and_then(|index| items.get_mut(index)).ok_or_else(|| no_item(path, length))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(no_members(&path[..path.len() - 1], at))
        }
    }
}

fn no_item(path: &[String], length: usize) -> Refusal {
    let reason = match length {
        0 => "The list is empty: there is only 0, to add one.".to_owned(),
        _ => format!("The list has items 0 to {}; {length} adds one.", length - 1),
    };
    Refusal::new("path", shown(&Value::from(path.join("."))), Allowed::Reason(reason))
}

fn no_members(path: &[String], at: &Value) -> Refusal {
    Refusal::reason(path.join("."), at, "It has no members that could be set.")
}

/// RFC 7396, on objects.
fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(name);
            }
            Value::Object(patch) => {
                let old = target.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if !old.is_object() {
                    *old = Value::Object(Map::new());
                }
                if let Value::Object(old) = old {
                    merge(old, patch);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(value: Value) -> Document {
        Document::parse(&value.to_string()).unwrap()
    }

    #[test]
    #[rustfmt::skip]
    fn settings() {
        let start = json!({"seed": 1, "stores": {"cache": {}, "a": {}}, "faults": ["crash:app@1s", {"kind": "crash", "target": "app", "at": "2s"}]});
        let table = [
            ("seed", "9",                         json!({"seed": 9}), "seed"),
            ("title", "plain words",              json!("plain words"), "title"),
            ("title", "[draft]",                  json!("[draft]"), "title"),
            ("title", "\"9\"",                    json!("9"), "title"),
            ("direct.retry.attempts", "3",        json!({"retry": {"attempts": 3}}), "direct"),
            ("stores.*.apply", "blind",           json!({"cache": {"apply": "blind"}, "a": {"apply": "blind"}}), "stores"),
            ("faults.1.at", "3s",                 json!({"kind": "crash", "target": "app", "at": "3s"}), "faults.1"),
            ("faults.0.at", "3s",                 json!({"kind": "crash", "target": "app", "at": "3s"}), "faults.0"),
            ("faults.0.for", "3s",                json!({"kind": "crash", "target": "app", "at": "1s", "for": "3s"}), "faults.0"),
            ("faults.2", "off:app@3s",            json!("off:app@3s"), "faults.2"),
            ("faults.0", "null",                  json!({"kind": "crash", "target": "app", "at": "2s"}), "faults.0"),
            ("faults", "[]",                      json!([]), "faults"),
            ("stores.cache", "null",              json!({"a": {}}), "stores"),
        ];
        for (path, value, want, at) in table {
            let mut document = document(start.clone());
            document.set(path, value).unwrap();
            let want = if path == "seed" { &want["seed"] } else { &want };
            assert_eq!(document.get(at), Some(want), "{path}={value}");
        }
        let mut every_link = document(json!({}));
        every_link.set("links.*.latency", "0s").unwrap();
        let links: Vec<&String> = every_link.get("links").unwrap().as_object().unwrap().keys().collect();
        let known = members_of(&document(json!({})), "links").unwrap();
        assert_eq!(links.len(), known.len(), "{links:?}");
        assert!(links.len() > 6, "{links:?}");
    }

    #[test]
    #[rustfmt::skip]
    fn refused() {
        let table = [
            ("seed.x", "9",        "seed is 1. It has no members that could be set."),
            ("seed.x.y", "9",      "seed is 1. It has no members that could be set."),
            ("faults.4", "9",      "path is \"faults.4\". The list has items 0 to 0; 1 adds one."),
            ("faults.x", "9",      "path is \"faults.x\". The list has items 0 to 0; 1 adds one."),
            ("a..b", "9",          "path is \"a..b\". It must be a dotted path of at most 16 names, such as links.app-source.latency."),
            ("", "9",              "path is \"\". It must be a dotted path of at most 16 names, such as links.app-source.latency."),
            ("detectors.*.period", "9s", "path is \"detectors.*.period\". No member of this document is meant by it."),
            ("stores", "{\"a\": {}, \"a\": 1}", "a is 1. It stands twice in one object; it must stand once."),
        ];
        for (path, value, want) in table {
            let mut document = document(json!({"seed": 1, "faults": [3]}));
            let before = document.clone();
            let refusals: Vec<String> = document.set(path, value).unwrap_err().iter().map(ToString::to_string).collect();
            assert_eq!(refusals, [want], "{path}");
            assert_eq!(document, before);
        }
    }

    /// The examples of RFC 7396, appendix A, that have an object on both sides.
    #[test]
    #[rustfmt::skip]
    fn merge_patches() {
        let table = [
            (json!({"a": "b"}),             json!({"a": "c"}),            json!({"a": "c"})),
            (json!({"a": "b"}),             json!({"b": "c"}),            json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}),             json!({"a": null}),           json!({})),
            (json!({"a": "b", "b": "c"}),   json!({"a": null}),           json!({"b": "c"})),
            (json!({"a": ["b"]}),           json!({"a": "c"}),            json!({"a": "c"})),
            (json!({"a": "c"}),             json!({"a": ["b"]}),          json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}),      json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}),    json!({"a": [1]}),            json!({"a": [1]})),
            (json!({"e": null}),            json!({"a": 1}),              json!({"e": null, "a": 1})),
            (json!({}),                     json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (target, patch, want) in table {
            let mut got = document(target.clone());
            got.merge_patch(patch.as_object().unwrap());
            assert_eq!(Value::Object(got.root().clone()), want, "{target} + {patch}");
        }
    }

    #[test]
    fn faults_and_strategies() {
        let mut document = document(json!({}));
        document.add_fault("crash:app@1s").unwrap();
        document.add_fault("cut:app-broker@2s+1s").unwrap();
        assert!(document.add_fault("crash:app@1").is_err());
        document.remove_fault(7);
        document.remove_fault(0);
        assert_eq!(document.faults(), ["cut:app-broker@2s+1s"]);
        assert_eq!(document.strategy(), StrategyId::DirectDbFirst);
        assert_eq!(document.with_strategy(StrategyId::Outbox).strategy(), StrategyId::Outbox);
        assert_eq!(document.with_seed(3).get("seed"), Some(&json!(3)));
    }
}
