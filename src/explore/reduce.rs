//! Smaller scenarios: what the shrinker tries, stage by stage. A candidate need not be valid, nor show anything.

use super::edit::{Edit, STEP, at_of, keys, operations, options, with, with_faults, with_operations};
use super::outcome;
use super::trial;
use crate::kernel::sorted::sort_by_key;
use crate::kernel::time::Us;
use crate::run::trace::KEEP;
use crate::scenario::Document;
use crate::scenario::arrivals::MOST_WRITTEN;
use crate::scenario::fault;
use crate::scenario::plan::{FaultKind, Plan};
use crate::world::ids::OpKind;
use crate::world::record::{Kind, Record};
use serde_json::Value;

/// What is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Chances written down: the operations that came, and the crashes that struck.
    Chances,
    /// Fewer faults, and faults without a length of their own.
    Faults,
    /// Crashes at a crash point instead of at a time: what happens at a time changes when an operation before it goes.
    Points,
    /// Fewer operations.
    Operations,
    /// Operations earlier, and closer together.
    Times,
    /// A shorter run.
    Duration,
    /// Fewer keys.
    Keys,
    /// Another fault or another time with an operation less: before the options go that make it possible.
    Search,
    /// Options back to their defaults.
    Options,
}

impl Stage {
    /// Every stage, in the order in which it is tried.
    pub const ALL: [Stage; 9] = [
        Stage::Chances,
        Stage::Faults,
        Stage::Points,
        Stage::Operations,
        Stage::Times,
        Stage::Duration,
        Stage::Keys,
        Stage::Search,
        Stage::Options,
    ];
}

/// Up to so many operations every other fault is tried.
const FEW: usize = 6;

/// So many passes of crash points are tried instead of the time of a crash, if there are no more faults than that.
const SOME: usize = 40;

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

/// What is left to try of a stage, the smallest first where that is known. A candidate is a whole document: each is
/// made when its turn comes, and none is kept.
#[derive(Clone, Debug)]
pub struct Queue {
    stage: Stage,
    /// The last is the next.
    edits: Vec<Edit>,
    /// The edit whose turn it is, and the next way to make it.
    turn: Option<(Edit, usize)>,
    /// Runs that it took to find out what to try, and their records.
    pub spent: (u64, u64),
}

impl Queue {
    /// What there is to try of a stage.
    #[must_use]
    pub fn new(document: &Document, stage: Stage) -> Queue {
        let all = operations(document).len();
        let faults = document.faults().len();
        let mut edits: Vec<Edit> = match stage {
            Stage::Chances => vec![Edit::Written],
            Stage::Operations => halves(all, all.div_ceil(2)).map(|(from, to)| Edit::Operations(from, to)).collect(),
            Stage::Faults => {
                let fewer = halves(faults, faults).map(|(from, to)| Edit::Faults(from, to));
                fewer.chain((0..faults).map(Edit::Short)).collect()
            }
            Stage::Points => (0..faults).filter(|_| faults <= SOME).map(Edit::Timed).collect(),
            Stage::Times => vec![Edit::Close, Edit::Earlier],
            Stage::Duration => LADDER.iter().map(|ms| Edit::Duration(Us::millis(*ms))).collect(),
            Stage::Keys => (0..keys(document).len()).map(Edit::Key).chain([Edit::Numbered]).collect(),
            Stage::Options => options(document).into_iter().map(Edit::Default).collect(),
            Stage::Search => searched(all, faults),
        };
        edits.reverse();
        Queue { stage, edits, turn: None, spent: (0, 0) }
    }

    /// The next candidate made of a document; none when the stage is over.
    pub fn candidate(&mut self, document: &Document) -> Option<Document> {
        loop {
            let Some((edit, way)) = &mut self.turn else {
                let edit = self.edits.pop()?;
                match edit {
                    Edit::Written => {
                        let written = self.written_down(document).filter(|written| written != document);
                        if written.is_some() {
                            return written;
                        }
                    }
                    Edit::Timed(at) => self.at_points(document, at),
                    Edit::Another(gone) => self.another_fault(document, gone),
                    _ => self.turn = Some((edit, 0)),
                }
                continue;
            };
            if *way == edit.ways(document) {
                self.turn = None;
                continue;
            }
            let candidate = edit.made(document, *way);
            *way += 1;
            if let Some(candidate) = candidate.filter(|candidate| candidate != document) {
                return Some(candidate);
            }
        }
    }

    /// The last candidate is the document from now on. What is left is tried on it, not all anew: what was tried in vain
    /// is in vain most likely, and the next round of all stages sees to the rest. Only the crash points of one crash are
    /// done with when it has one; and another fault instead of all is another question.
    pub fn took(&mut self, document: &Document) {
        if let Some((Edit::Fault(done, _), _)) = self.turn.take() {
            self.edits.retain(|edit| !matches!(edit, Edit::Fault(at, _) if *at == done));
        }
        if self.stage == Stage::Search {
            self.edits = Queue::new(document, self.stage).edits;
        }
    }

    /// How many edits are left: most of them are one candidate.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.edits.len() as u64
    }
}

impl Queue {
    /// What a document does: its records before the drain, and its plan's names; none if there are more than are kept.
    fn traced(&mut self, document: &Document) -> Option<(Plan, Vec<Record>)> {
        let plan = document.plan().ok()?;
        let (_, mut trace) = outcome::run(&plan, KEEP);
        self.spent = (self.spent.0 + 1, self.spent.1 + u64::from(trace.len()));
        let whole = !trace.is_cut();
        trace.records.truncate(trial::before_drain(&trace.records).len());
        whole.then_some((plan, trace.records))
    }

    /// The same scenario with its chances written down: the operations that came, and the crashes that struck. None if that
    /// would be longer than a document may be: a shorter run may be written down.
    fn written_down(&mut self, document: &Document) -> Option<Document> {
        let (plan, records) = self.traced(document)?;
        let mut written = document.clone();
        if operations(document).is_empty() {
            let operation = |record: &Record| {
                let op = OpKind::ALL.get(usize::from(record.detail)).map_or("update", |op| op.id());
                serde_json::json!({ "at": record.at.to_string(), "key": plan.key_name(record.key), "op": op })
            };
            let came = || records.iter().filter(|record| came(record));
            if came().count() > MOST_WRITTEN {
                return None;
            }
            written = with_operations(&written, came().map(operation).collect());
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

    /// A crash at a time, at the crash points that its node passes without it, the nearest in time.
    fn at_points(&mut self, document: &Document, at: usize) {
        let mut rest = document.faults();
        let Some((node, when, span)) = rest.get(at).and_then(|text| timed(text)) else { return };
        rest.remove(at);
        let Some((plan, mut near)) = self.traced(&with_faults(document, &rest)) else { return };
        near.retain(|record| record.kind == Kind::Passed && plan.node_name(record.node) == node);
        sort_by_key(&mut near, |record| record.at.0.abs_diff(when.0));
        near.truncate(SOME);
        let points = trial::crashes(&plan, &near, span);
        self.edits.extend(points.into_iter().rev().map(|trial| Edit::Fault(at, trial.fault.text)));
    }

    /// Any one fault with an operation less, or any one fault instead of several: where little is left, all is tried.
    fn another_fault(&mut self, document: &Document, gone: Option<usize>) {
        let mut rest = operations(document);
        let delay = rest.iter().map(at_of).max().unwrap_or_default().after(STEP);
        if let Some(gone) = gone {
            rest.remove(gone);
        }
        let base = with_operations(&with_faults(document, &[]), rest);
        let Some((plan, records)) = self.traced(&base) else { return };
        let trials = trial::crashes(&plan, &records, None).into_iter().chain(trial::messages(&plan, &records, delay));
        let edits: Vec<Edit> = trials.map(|trial| Edit::Instead(gone, trial.fault.text)).collect();
        self.edits.extend(edits.into_iter().rev());
    }
}

/// What is searched with so many operations and faults: one fault instead of all, then an operation less with another
/// fault, or with another time.
fn searched(operations: usize, faults: usize) -> Vec<Edit> {
    if operations > FEW {
        return Vec::new();
    }
    let each = || (0..operations).map(Some);
    let another = (faults > 1).then_some(None).into_iter().chain(each().filter(|_| faults > 0)).map(Edit::Another);
    let moved = |gone| (0..operations).filter(move |at| *at != gone).map(move |at| Edit::Moved(gone, at));
    another.chain((0..operations).flat_map(moved)).collect()
}

/// Whether an operation comes here for the first time: a client asks, and is heard or not.
pub fn came(record: &Record) -> bool {
    matches!(record.kind, Kind::Requested | Kind::Refused) && record.extra == 1
}

/// The node of a crash at a time, the time, and its length if it has one of its own.
fn timed(text: &str) -> Option<(String, Us, Option<Us>)> {
    let members = fault::members(text)?;
    let of = |name: &str| members.get(name).and_then(Value::as_str);
    let at = of("at")?.parse().ok()?;
    (of("kind")? == FaultKind::Crash.id()).then_some((
        of("target")?.to_owned(),
        at,
        of("for").and_then(|span| span.parse().ok()),
    ))
}

/// All of so many things in pieces of a size, of half that size and so on to single ones, each time from the end: what
/// happens last is needed least.
fn halves(all: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    let half = |size: &usize| (*size > 1).then(|| size.div_ceil(2));
    let sizes = std::iter::successors((size > 0).then_some(size), half);
    sizes.flat_map(move |size| (0..all).step_by(size).rev().map(move |from| (from, (from + size).min(all))))
}
