//! Smaller scenarios: what the shrinker tries, stage by stage. A candidate need not be valid, nor show anything.

use super::outcome;
use super::trial;
use crate::kernel::time::Us;
use crate::scenario::Document;
use crate::scenario::fault;
use crate::scenario::plan::FaultKind;
use crate::world::ids::OpKind;
use crate::world::record::{Kind, Record};
use serde_json::{Map, Value};

crate::ids! {
    /// What is made smaller, in the order in which it is tried.
    pub enum Stage {
        /// Fewer operations.
        Operations = "operations",
        /// Fewer faults, and faults without a length of their own.
        Faults = "faults",
        /// Crashes at a crash point instead of at a time.
        Points = "crash points",
        /// Operations earlier, and closer together.
        Times = "times",
        /// A shorter run.
        Duration = "duration",
        /// Fewer keys.
        Keys = "keys",
        /// Another fault with an operation less: before the options go that make it possible.
        Search = "another fault",
        /// Options back to their defaults.
        Options = "options",
    }
}

/// Up to so many operations every other fault is tried.
const FEW: usize = 6;

/// Up to so many operations every crash point that a node passes is tried instead of a time.
const SOME: usize = 40;

/// How far the number of a pass or message may move when an operation before it goes.
const SHIFT: u32 = 6;

/// Durations worth trying, in milliseconds.
const LADDER: [u64; 22] = [
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_200_000,
    1_800_000,
    3_600_000,
    7_200_000,
    14_400_000,
    28_800_000,
    43_200_000,
    86_400_000,
    172_800_000,
];

/// What stays: what the scenario is, and what other stages make smaller.
const KEPT: [&str; 5] = ["version", "strategy", "duration", "faults", "workload.arrivals"];

/// The candidates of a stage, the smallest first where that is known.
#[must_use]
pub fn candidates(document: &Document, stage: Stage) -> Vec<Document> {
    match stage {
        Stage::Operations => fewer_operations(document),
        Stage::Faults => fewer_faults(document),
        Stage::Points => at_points(document),
        Stage::Times => earlier(document),
        Stage::Duration => shorter(document),
        Stage::Keys => fewer_keys(document),
        Stage::Options => defaults(document),
        Stage::Search => another_fault(document),
    }
}

/// The operations of a document: empty unless they are written.
#[must_use]
pub fn operations(document: &Document) -> Vec<Value> {
    document.get("workload.arrivals").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The document with a member set, or as it is if that cannot be.
fn with(document: &Document, path: &str, value: Value) -> Document {
    let mut document = document.clone();
    // A candidate that could not be made is one that changes nothing, and is not tried.
    drop(document.set_value(path, value));
    document
}

fn with_operations(document: &Document, operations: Vec<Value>) -> Document {
    with(document, "workload.arrivals", operations.into())
}

fn with_faults(document: &Document, faults: &[String]) -> Document {
    let faults: Vec<Value> = faults.iter().map(|fault| Value::from(fault.as_str())).collect();
    with(document, "faults", if faults.is_empty() { Value::Null } else { faults.into() })
}

/// Halves, quarters and so on to single operations left out; the numbers of faults move with what goes.
fn fewer_operations(document: &Document) -> Vec<Document> {
    let all = operations(document);
    let mut list = Vec::new();
    let mut size = all.len().div_ceil(2);
    while size > 0 {
        // From the end: what happens last is needed least.
        for start in (0..all.len()).step_by(size).rev() {
            let end = (start + size).min(all.len());
            let rest: Vec<Value> = all[..start].iter().chain(&all[end..]).cloned().collect();
            let smaller = with_operations(document, rest);
            let by = u32::try_from(end - start).unwrap_or(u32::MAX);
            list.extend(renumbered(document, by, size == 1).iter().map(|faults| with_faults(&smaller, faults)));
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    list
}

/// The faults with the numbers of their passes and messages moved back, each by itself if few go.
fn renumbered(document: &Document, gone: u32, single: bool) -> Vec<Vec<String>> {
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for text in document.faults() {
        let pass = fault::members(&text).and_then(|members| members.get("pass").and_then(Value::as_u64));
        let moved = |by: u32| {
            let pass = pass.and_then(|pass| pass.checked_sub(u64::from(by))).filter(|pass| *pass > 0)?;
            let mut members = fault::members(&text)?;
            members.insert("pass".to_owned(), pass.into());
            Some(fault::short_form(&members))
        };
        let steps: Vec<u32> = match (pass, single) {
            (None, _) => Vec::new(),
            (Some(_), true) => (1..=SHIFT).collect(),
            (Some(_), false) => (1..=3).map(|times| gone.saturating_mul(times)).collect(),
        };
        let texts: Vec<String> = std::iter::once(text.clone()).chain(steps.into_iter().filter_map(moved)).collect();
        let longer = |way: &Vec<String>| {
            texts.iter().map(|text| [way.as_slice(), std::slice::from_ref(text)].concat()).collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(longer).take(400).collect();
    }
    ways
}

fn fewer_faults(document: &Document) -> Vec<Document> {
    let faults = document.faults();
    let mut list = Vec::new();
    if faults.len() > 1 {
        list.push(with_faults(document, &[]));
    }
    for at in 0..faults.len() {
        let mut rest = faults.clone();
        rest.remove(at);
        list.push(with_faults(document, &rest));
    }
    for (at, text) in faults.iter().enumerate() {
        if let Some((short, _)) = text.split_once('+') {
            let mut shorter = faults.clone();
            short.clone_into(&mut shorter[at]);
            list.push(with_faults(document, &shorter));
        }
    }
    list
}

/// What a document does: its records before the drain, and its plan's names.
fn traced(document: &Document) -> Option<(crate::scenario::plan::Plan, Vec<Record>)> {
    let plan = document.plan().ok()?;
    let (_, trace) = outcome::run(&plan, usize::MAX);
    Some((plan, trial::before_drain(&trace.records).to_vec()))
}

/// Crashes at a time, at each crash point that their node passes without them.
fn at_points(document: &Document) -> Vec<Document> {
    let faults = document.faults();
    let timed = |text: &String| {
        let members = fault::members(text)?;
        let of = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        (of("kind")? == FaultKind::Crash.id() && of("at").is_some()).then_some((of("target")?, of("for")))
    };
    let mut list = Vec::new();
    for (at, text) in faults.iter().enumerate() {
        let Some((node, span)) = timed(text).filter(|_| operations(document).len() <= SOME) else { continue };
        let mut rest = faults.clone();
        rest.remove(at);
        let Some((plan, records)) = traced(&with_faults(document, &rest)) else { continue };
        let span = span.and_then(|span| span.parse::<Us>().ok());
        let points = trial::crashes(&plan, &records, span);
        for trial in points.iter().filter(|trial| trial.fault.text.starts_with(&format!("crash:{node}@"))) {
            let mut faults = faults.clone();
            faults[at].clone_from(&trial.fault.text);
            list.push(with_faults(document, &faults));
        }
    }
    list
}

fn at_of(operation: &Value) -> Us {
    operation.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok()).unwrap_or_default()
}

/// All 100 ms apart from 100 ms on; or all of them, and every timed fault, earlier by the same span.
fn earlier(document: &Document) -> Vec<Document> {
    const STEP: Us = Us::millis(100);
    let all = operations(document);
    let last = |operations: &[Value]| operations.iter().map(at_of).max().unwrap_or_default();
    let mut list = Vec::new();
    let place = |operation: &Value, at: Us| {
        let mut operation = operation.clone();
        operation["at"] = at.to_string().into();
        operation
    };
    let close: Vec<Value> = all.iter().zip(1u64..).map(|(operation, nth)| place(operation, Us(STEP.0 * nth))).collect();
    if last(&close) < last(&all) {
        list.push(with_operations(document, close));
    }
    let first = all.iter().map(at_of).min().unwrap_or_default();
    let by = first.since(STEP);
    if by > Us::ZERO {
        let moved: Vec<Value> = all.iter().map(|operation| place(operation, at_of(operation).since(by))).collect();
        let moved_fault = |text: &String| {
            let mut members = fault::members(text)?;
            let at = members.get("at")?.as_str()?.parse::<Us>().ok()?;
            members.insert("at".to_owned(), at.since(by).to_string().into());
            Some(fault::short_form(&members))
        };
        let faults: Vec<String> =
            document.faults().iter().map(|text| moved_fault(text).unwrap_or_else(|| text.clone())).collect();
        list.push(with_faults(&with_operations(document, moved), &faults));
    }
    list
}

fn shorter(document: &Document) -> Vec<Document> {
    let Ok(plan) = document.plan() else { return Vec::new() };
    let shorter = LADDER.iter().map(|ms| Us::millis(*ms)).filter(|us| *us < plan.duration);
    shorter.map(|us| with(document, "duration", us.to_string().into())).collect()
}

/// Two keys made one; then the keys renamed to the first numbers, in the order in which they come.
fn fewer_keys(document: &Document) -> Vec<Document> {
    let all = operations(document);
    let mut keys: Vec<Value> = Vec::new();
    for operation in &all {
        if let Some(key) = operation.get("key").filter(|key| !keys.contains(key)) {
            keys.push(key.clone());
        }
    }
    let renamed = |name: &dyn Fn(&Value) -> Value| {
        let rename = |operation: &Value| {
            let mut operation = operation.clone();
            operation["key"] = name(&operation["key"]);
            operation
        };
        with_operations(document, all.iter().map(rename).collect())
    };
    let mut list = Vec::new();
    for (at, gone) in keys.iter().enumerate() {
        for kept in &keys[..at] {
            list.push(renamed(&|key| if key == gone { kept.clone() } else { key.clone() }));
        }
    }
    let number = |key: &Value| keys.iter().position(|known| known == key).map_or(Value::Null, |at| (at + 1).into());
    if keys.iter().zip(1u64..).any(|(key, nth)| key.as_u64() != Some(nth)) {
        list.push(renamed(&number));
    }
    list
}

/// Whole blocks first, then single options.
fn defaults(document: &Document) -> Vec<Document> {
    options(document).iter().map(|path| with(document, path, Value::Null)).collect()
}

/// The paths of what a document sets, blocks before their members.
#[must_use]
pub fn options(document: &Document) -> Vec<String> {
    let mut by_depth: Vec<Vec<String>> = Vec::new();
    collect("", document.root(), 0, &mut by_depth);
    by_depth.concat()
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

/// Any one fault with an operation less, or any one fault instead of several: where little is left, all is tried.
fn another_fault(document: &Document) -> Vec<Document> {
    let (all, faults) = (operations(document), document.faults());
    if all.len() > FEW || faults.is_empty() {
        return Vec::new();
    }
    let bare = with_faults(document, &[]);
    let less = (0..all.len()).map(|gone| {
        let rest = all.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, operation)| operation.clone());
        with_operations(&bare, rest.collect())
    });
    let same = (faults.len() > 1).then(|| bare.clone());
    let mut list = Vec::new();
    for base in same.into_iter().chain(less) {
        let Some((plan, records)) = traced(&base) else { continue };
        let delay = all.iter().map(at_of).max().unwrap_or_default().after(Us::millis(100));
        let trials = trial::crashes(&plan, &records, None).into_iter().chain(trial::messages(&plan, &records, delay));
        list.extend(trials.map(|trial| with_faults(&base, &[trial.fault.text])));
    }
    list
}

/// The same scenario with its chances written down: the operations that came, and the crashes that struck.
#[must_use]
pub fn written_down(document: &Document) -> Option<Document> {
    let (plan, records) = traced(document)?;
    let mut written = document.clone();
    if operations(document).is_empty() {
        let came = |record: &&Record| matches!(record.kind, Kind::Requested | Kind::Refused) && record.extra == 1;
        let operation = |record: &Record| {
            let op = OpKind::ALL.get(usize::from(record.detail)).map_or("update", |op| op.id());
            serde_json::json!({ "at": record.at.to_string(), "key": plan.key_name(record.key), "op": op })
        };
        written = with_operations(&written, records.iter().filter(came).map(operation).collect());
        written = with(&written, "workload.limit", Value::Null);
    }
    let random = |record: &&Record| record.kind == Kind::Crashed && record.extra == u32::MAX;
    let mut faults = document.faults();
    faults.extend(records.iter().filter(random).map(|record| {
        let span = Us(record.value).since(record.at);
        format!("crash:{}@{}+{span}", plan.node_name(record.node), record.at)
    }));
    let nodes = document.get("nodes").and_then(Value::as_object).cloned().unwrap_or_default();
    for id in nodes.keys() {
        written = with(&written, &format!("nodes.{id}.crash_rate"), Value::Null);
    }
    Some(with_faults(&written, &faults))
}
