//! One change of a document that makes it smaller, and how each is made.

use crate::kernel::time::Us;
use crate::scenario::Document;
use crate::scenario::fault;
use serde_json::{Map, Value};

/// The most ways in which the numbers of the faults that stay are moved when some operations go.
const MOST_WAYS: usize = 400;

/// How far the number of a pass or message may move when an operation before it goes.
const SHIFT: u64 = 6;

/// What stays: what the scenario is, and what other stages make smaller.
const KEPT: [&str; 5] = ["version", "strategy", "duration", "faults", "workload.arrivals"];

/// One change of a document. It is small, and has a meaning for whatever the document is by the time of its turn.
#[derive(Clone, Debug)]
pub enum Edit {
    /// The chances are written down.
    Written,
    /// These operations go, from the first, below the second; the numbers of the faults that stay may move with them.
    Operations(usize, usize),
    /// These faults go.
    Faults(usize, usize),
    /// A fault loses its length.
    Short(usize),
    /// A crash at a time, to be tried at each crash point that its node passes without it.
    Timed(usize),
    /// A fault becomes another one.
    Fault(usize, String),
    /// All operations 100 ms apart, from 100 ms on.
    Close,
    /// All operations, and every timed fault, earlier by the same span.
    Earlier,
    /// A shorter run.
    Duration(Us),
    /// A key becomes one of those before it, by its place in the order in which they come.
    Key(usize),
    /// The keys renamed to the first numbers, in the order in which they come.
    Numbered,
    /// Perhaps an operation less, and each single fault that there is then, instead of all.
    Another(Option<usize>),
    /// The same with one of these faults.
    Instead(Option<usize>, String),
    /// The first of these operations goes, and the second comes at another time.
    Moved(usize, usize),
    /// An option back to its default.
    Default(String),
}

impl Edit {
    /// In how many ways it can be made.
    pub fn ways(&self, document: &Document) -> usize {
        match self {
            Edit::Moved(gone, at) => times(document, *gone, *at).len(),
            Edit::Operations(from, to) => {
                let choices = document.faults().into_iter().map(|text| shifts(&text, *from, *to).len() + 1);
                choices.fold(1usize, usize::saturating_mul).min(MOST_WAYS)
            }
            Edit::Key(gone) => *gone,
            _ => 1,
        }
    }

    /// The document with the edit made in one of its ways; none if it does not apply to it.
    pub fn made(&self, document: &Document, way: usize) -> Option<Document> {
        let faults = document.faults();
        match self {
            Edit::Operations(from, to) => {
                let smaller = with_operations(document, without(operations(document), *from, *to)?);
                Some(with_faults(&smaller, &renumbered(&faults, *from, *to, way)?))
            }
            Edit::Faults(from, to) => Some(with_faults(document, &without(faults, *from, *to)?)),
            Edit::Short(at) => {
                let (short, _) = faults.get(*at)?.split_once('+')?;
                Some(with_fault(document, *at, short))
            }
            Edit::Fault(at, text) => Some(with_fault(document, *at, text)),
            Edit::Close => closer(document),
            Edit::Earlier => earlier(document),
            Edit::Duration(us) => {
                let shorter = *us < document.plan().ok()?.duration;
                shorter.then(|| with(document, "duration", us.to_string().into()))
            }
            Edit::Key(gone) => {
                let keys = keys(document);
                let (gone, kept) = (keys.get(*gone)?, keys.get(way)?);
                Some(renamed(document, |key| if key == gone { kept.clone() } else { key.clone() }))
            }
            Edit::Numbered => {
                let keys = keys(document);
                let number = |key: &Value| keys.iter().position(|known| known == key);
                Some(renamed(document, |key| number(key).map_or(Value::Null, |at| (at + 1).into())))
            }
            Edit::Instead(gone, text) => {
                let mut rest = operations(document);
                if let Some(gone) = gone.filter(|gone| *gone < rest.len()) {
                    rest.remove(gone);
                }
                Some(with_faults(&with_operations(document, rest), std::slice::from_ref(text)))
            }
            Edit::Moved(gone, at) => {
                let mut rest = operations(document);
                let to = *times(document, *gone, *at).get(way)?;
                rest[*at] = placed(&rest[*at], to);
                rest.remove(*gone);
                Some(with_operations(document, rest))
            }
            Edit::Default(path) => Some(with(document, path, Value::Null)),
            // What these are takes a run to find out: see `candidate`.
            Edit::Written | Edit::Timed(_) | Edit::Another(_) => None,
        }
    }
}

/// The operations of a document: empty unless they are written.
#[must_use]
pub fn operations(document: &Document) -> Vec<Value> {
    document.get("workload.arrivals").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The document with a member set, or as it is if that cannot be.
pub fn with(document: &Document, path: &str, value: Value) -> Document {
    let mut document = document.clone();
    // A candidate that could not be made is one that changes nothing, and is not tried.
    drop(document.set_value(path, value));
    document
}

pub fn with_operations(document: &Document, operations: Vec<Value>) -> Document {
    with(document, "workload.arrivals", operations.into())
}

pub fn with_faults(document: &Document, faults: &[String]) -> Document {
    let faults: Vec<Value> = faults.iter().map(|fault| Value::from(fault.as_str())).collect();
    with(document, "faults", if faults.is_empty() { Value::Null } else { faults.into() })
}

fn with_fault(document: &Document, at: usize, text: &str) -> Document {
    let mut faults = document.faults();
    if let Some(fault) = faults.get_mut(at) {
        text.clone_into(fault);
    }
    with_faults(document, &faults)
}

/// A list without a piece of it; none if there is no such piece any more.
fn without<T>(mut all: Vec<T>, from: usize, to: usize) -> Option<Vec<T>> {
    let to = to.min(all.len());
    (from < to).then(|| {
        all.drain(from..to);
        all
    })
}

/// The numbers that a fault's pass or message may have when some operations go: few steps back, each by itself, if it
/// is one that goes; else as many as go, or two or three times as many.
fn shifts(text: &str, from: usize, to: usize) -> Vec<u64> {
    let pass = fault::members(text).and_then(|members| members.get("pass").and_then(Value::as_u64));
    let gone = (to - from) as u64;
    let steps = if gone == 1 { 1..=SHIFT } else { 1..=3 };
    let moved = |step: u64| pass.and_then(|pass| pass.checked_sub(step * gone)).filter(|pass| *pass > 0);
    steps.filter_map(moved).collect()
}

/// The faults with the numbers of their passes and messages moved back in one of the ways there are; in the first one
/// none is.
fn renumbered(faults: &[String], from: usize, to: usize, mut way: usize) -> Option<Vec<String>> {
    let moved = |text: &String| {
        let shifts = shifts(text, from, to);
        let choice = way % (shifts.len() + 1);
        way /= shifts.len() + 1;
        let Some(pass) = choice.checked_sub(1).and_then(|choice| shifts.get(choice)) else { return Some(text.clone()) };
        let mut members = fault::members(text)?;
        members.insert("pass".to_owned(), (*pass).into());
        Some(fault::short_form(&members))
    };
    faults.iter().map(moved).collect()
}

pub fn at_of(operation: &Value) -> Us {
    operation.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok()).unwrap_or_default()
}

/// How far an operation is moved from a moment that matters: far enough to be before or after what happens then.
const AWAY: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// Other times for an operation when another one goes: about when it came, when each of the others comes, and when each
/// fault at a time strikes.
fn times(document: &Document, gone: usize, at: usize) -> Vec<Us> {
    let all = operations(document);
    if gone == at || gone.max(at) >= all.len() {
        return Vec::new();
    }
    let duration = document.plan().map_or(Us::ZERO, |plan| plan.duration);
    let faults = document.faults();
    let struck = faults.iter().filter_map(|text| fault::members(text)?.get("at")?.as_str()?.parse::<Us>().ok());
    let others = (0..all.len()).filter(|other| *other != gone && *other != at).map(|other| at_of(&all[other]));
    let mut times = Vec::new();
    for moment in [at_of(&all[at])].into_iter().chain(others).chain(struck) {
        let around = AWAY.iter().flat_map(|ms| [moment.after(Us::millis(*ms)), moment.since(Us::millis(*ms))]);
        for time in [moment].into_iter().chain(around) {
            if time > Us::ZERO && time < duration && !times.contains(&time) {
                times.push(time);
            }
        }
    }
    times
}

/// The span between two operations, and before the first.
pub const STEP: Us = Us::millis(100);

fn placed(operation: &Value, at: Us) -> Value {
    let mut operation = operation.clone();
    operation["at"] = at.to_string().into();
    operation
}

fn closer(document: &Document) -> Option<Document> {
    let all = operations(document);
    let last = |operations: &[Value]| operations.iter().map(at_of).max().unwrap_or_default();
    let close: Vec<Value> = all.iter().zip(1u64..).map(|(operation, n)| placed(operation, Us(STEP.0 * n))).collect();
    (last(&close) < last(&all)).then(|| with_operations(document, close))
}

fn earlier(document: &Document) -> Option<Document> {
    let all = operations(document);
    let by = all.iter().map(at_of).min().unwrap_or_default().since(STEP);
    let moved_fault = |text: &String| {
        let mut members = fault::members(text)?;
        let at = members.get("at")?.as_str()?.parse::<Us>().ok()?;
        members.insert("at".to_owned(), at.since(by).to_string().into());
        Some(fault::short_form(&members))
    };
    (by > Us::ZERO).then(|| {
        let moved = all.iter().map(|operation| placed(operation, at_of(operation).since(by))).collect();
        let faults = document.faults().into_iter().map(|text| moved_fault(&text).unwrap_or(text));
        with_faults(&with_operations(document, moved), &faults.collect::<Vec<_>>())
    })
}

/// The keys of the operations, in the order in which they come.
pub fn keys(document: &Document) -> Vec<Value> {
    let mut keys: Vec<Value> = Vec::new();
    for operation in operations(document) {
        if let Some(key) = operation.get("key").filter(|key| !keys.contains(key)) {
            keys.push(key.clone());
        }
    }
    keys
}

fn renamed(document: &Document, name: impl Fn(&Value) -> Value) -> Document {
    let mut all = operations(document);
    all.iter_mut().for_each(|operation| operation["key"] = name(&operation["key"]));
    with_operations(document, all)
}

/// The paths of what a document sets, blocks before their members.
#[must_use]
pub fn options(document: &Document) -> Vec<String> {
    let mut by_depth: Vec<Vec<String>> = Vec::new();
    collect("", document.root(), 0, &mut by_depth);
    by_depth.concat()
}

/// The options that a document sets: blocks, but not what is in them, left out.
pub fn leaves(document: &Document) -> impl Iterator<Item = String> + '_ {
    options(document).into_iter().filter(|path| !document.get(path).is_some_and(Value::is_object))
}

fn collect(path: &str, members: &Map<String, Value>, depth: usize, by_depth: &mut Vec<Vec<String>>) {
    for (name, value) in members {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let holds_kept = KEPT.iter().any(|kept| kept.starts_with(&format!("{here}.")));
        if KEPT.contains(&here.as_str()) {
            continue;
        }
        by_depth.resize(by_depth.len().max(depth + 1), Vec::new());
        if !holds_kept {
            by_depth[depth].push(here.clone());
        }
        if let Value::Object(inner) = value {
            collect(&here, inner, depth + 1, by_depth);
        }
    }
}
