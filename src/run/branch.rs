//! What one document has and another has not, in words: the name of a branch.

use super::narrate::point_words;
use super::words::instant;
use crate::kernel::time::Us;
use crate::scenario::Document;
use crate::scenario::fault::{self, Fault};
use crate::scenario::plan::FaultWhen;
use serde_json::{Map, Value};

/// So many differences are named; the others are counted.
const NAMED: usize = 2;

/// What `after` has that `before` has not: `no crash`, `cut app-broker, seed 9`; empty if nothing.
#[must_use]
pub fn difference(before: &Document, after: &Document) -> String {
    let (old, new) = (before.faults(), after.faults());
    let mut words: Vec<String> = without(&new, &old).iter().map(|text| fault_words(text)).collect();
    words.extend(without(&old, &new).iter().map(|text| no_more(text, &new)));
    compare(&mut words, "", before.root(), after.root());
    if words.len() > NAMED + 1 {
        let more = words.len() - NAMED;
        words.truncate(NAMED);
        words.push(format!("{more} more changes"));
    }
    words.join(", ")
}

/// The name of a branch: `no crash, from 12.480 s`, and of which it is a branch if not of the first.
#[must_use]
pub fn name(before: &Document, after: &Document, from: Option<(Us, u32)>) -> String {
    let words = difference(before, after);
    let words = if words.is_empty() { "as written".to_owned() } else { words };
    match from {
        None => words,
        Some((at, 1)) => format!("{words}, from {}", instant(at)),
        Some((at, parent)) => format!("{words}, from {} of {parent}", instant(at)),
    }
}

/// The entries of a list that another lacks, as often as it lacks them.
fn without<'a>(list: &'a [String], other: &[String]) -> Vec<&'a String> {
    let mut left: Vec<&String> = other.iter().collect();
    let mut rest = Vec::new();
    for entry in list {
        match left.iter().position(|known| *known == entry) {
            Some(at) => drop(left.swap_remove(at)),
            None => rest.push(entry),
        }
    }
    rest
}

fn read(text: &str) -> Option<Fault> {
    fault::read("faults", &Value::from(text)).ok()
}

/// `crash app`, `crash app after commit, before publish`
fn fault_words(text: &str) -> String {
    let Some(fault) = read(text) else { return text.to_owned() };
    let point = match fault.when {
        FaultWhen::Pass(Some(point), _) => format!(" {}", point_words(point)),
        FaultWhen::At(_) | FaultWhen::Pass(None, _) => String::new(),
    };
    format!("{} {}{point}", fault.kind.id(), fault.target)
}

/// `no crash`; if others of the kind are left, `no crash of app`.
fn no_more(text: &str, left: &[String]) -> String {
    let Some(fault) = read(text) else { return format!("no {text}") };
    let alike = left.iter().filter_map(|text| read(text)).any(|other| other.kind == fault.kind);
    let whose = if alike { format!(" of {}", fault.target) } else { String::new() };
    format!("no {}{whose}", fault.kind.id())
}

/// Names what differs besides the faults, by its path.
fn compare(words: &mut Vec<String>, path: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
    let join = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
    let own = |name: &&String| !path.is_empty() || *name != "faults";
    for name in after.keys().filter(own) {
        match (before.get(name), &after[name]) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => compare(words, &join(name), old, new),
            (_, Value::String(new)) => words.push(format!("{} {new}", join(name))),
            (_, new @ (Value::Bool(_) | Value::Number(_))) => words.push(format!("{} {new}", join(name))),
            (_, Value::Null | Value::Array(_) | Value::Object(_)) => words.push(format!("other {}", join(name))),
        }
    }
    let gone = before.keys().filter(own).filter(|name| !after.contains_key(*name));
    words.extend(gone.map(|name| format!("no {}", join(name))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    #[rustfmt::skip]
    fn words() {
        let document = |value: Value| Document::parse(&value.to_string()).unwrap();
        let start = json!({"seed": 7, "faults": ["crash:app@12.5s+2s"], "direct": {"gap": "3ms"}});
        let table = [
            (json!({"seed": 7, "faults": ["crash:app@12.5s+2s"], "direct": {"gap": "3ms"}}), ""),
            (json!({"seed": 7, "faults": [], "direct": {"gap": "3ms"}}), "no crash"),
            (json!({"seed": 7, "faults": ["crash:source@1s"], "direct": {"gap": "3ms"}}), "crash source, no crash of app"),
            (json!({"seed": 7, "faults": ["crash:app@12.5s+2s", "crash:app@12.5s+2s"], "direct": {"gap": "3ms"}}), "crash app"),
            (json!({"seed": 7, "faults": ["crash:app@12.5s+2s", "crash:app@app.after-commit-before-publish*2"], "direct": {"gap": "3ms"}}), "crash app after commit, before publish"),
            (json!({"seed": 9, "faults": ["crash:app@12.5s+2s"], "direct": {"gap": "5ms"}}), "seed 9, direct.gap 5ms"),
            (json!({"faults": ["crash:app@12.5s+2s", "drop:app-source*3"]}), "drop app-source, no seed, no direct"),
            (json!({"strategy": "outbox", "seed": 7, "faults": ["drop:app-source*3"], "direct": {"gap": "3ms"}}), "drop app-source, no crash, strategy outbox"),
            (json!({"strategy": "outbox", "seed": 8, "faults": ["drop:app-source*3"], "direct": {"gap": "3ms"}}), "drop app-source, no crash, 2 more changes"),
        ];
        let start = document(start);
        for (after, want) in table {
            assert_eq!(difference(&start, &document(after)), want);
        }
        let calm = document(json!({"seed": 7, "direct": {"gap": "3ms"}}));
        assert_eq!(name(&start, &calm, Some((Us(12_480_000), 1))), "no crash, from 12.480 s");
        assert_eq!(name(&start, &calm, Some((Us(12_480_000), 3))), "no crash, from 12.480 s of 3");
        assert_eq!(name(&start, &start, None), "as written");
    }
}
