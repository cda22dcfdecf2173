//! The shrinker: the smallest scenario that still shows an anomaly. Nothing that is left can be taken away alone.
//!
//! Every candidate is run; what still shows the anomaly is kept, and its stage goes on with it: halves of the operations
//! first, then quarters and so on to single ones, so that a long run becomes short in few steps. When all stages have been
//! tried in vain, one after the other, the scenario is minimal, and shrinking it again changes nothing. A scenario that
//! takes too much work is given up as it is by then, and is not called minimal.

use super::edit::{keys, leaves, operations};
use super::job::{Job, Progress};
use super::matrix::Harm;
use super::need::{self, Need};
use super::outcome;
use super::reduce::{self, Queue, Stage};
use crate::kernel::sorted::sort;
use crate::scenario::permalink::{self, Extras};
use crate::scenario::{Allowed, Choices, Document, Refusal};
use crate::truth::anomaly::Anomaly;
use crate::world::ids::Key;
use serde::Serialize;
use serde_json::Value;

/// How much work a shrink may be, in records of all its runs: some minutes of one thread.
const MOST_WORK: u64 = 200_000_000;

/// How large a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Faults.
    pub faults: u64,
    /// Operations of a written workload.
    pub operations: u64,
    /// Keys that they touch.
    pub keys: u64,
    /// How long the run is, in microseconds.
    pub duration_us: u64,
    /// Options that are set.
    pub options: u64,
}

impl Size {
    /// The size of a document.
    #[must_use]
    pub fn of(document: &Document) -> Size {
        let all = operations(document);
        Size {
            faults: document.faults().len() as u64,
            operations: all.len() as u64,
            keys: keys(document).len() as u64,
            duration_us: document.plan().map_or(0, |plan| plan.duration.0),
            options: leaves(document).count() as u64,
        }
    }

    /// The size of a document whose operations may come by chance: those of its run.
    fn at_first(document: &Document) -> Size {
        let mut size = Size::of(document);
        if size.operations == 0
            && let Ok(plan) = document.plan()
        {
            let (_, trace) = outcome::run(&plan, usize::MAX);
            let mut keys: Vec<Key> =
                trace.records.iter().filter(|record| reduce::came(record)).map(|record| record.key).collect();
            size.operations = keys.len() as u64;
            sort(&mut keys);
            keys.dedup();
            size.keys = keys.len() as u64;
        }
        size
    }
}

/// The smallest counter-example that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shrunk {
    /// What it shows.
    pub anomaly: String,
    /// Whether nothing that is left can be taken away alone.
    pub minimal: bool,
    /// How many runs it took.
    pub runs: u64,
    /// How large the scenario was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// For each fault, what happens without it. This and the two lists after it are empty if it is not minimal: it may
    /// have thousands of parts yet, and some of them can go.
    pub faults: Vec<Need>,
    /// For each operation, what happens without it.
    pub operations: Vec<Need>,
    /// For each option, what happens with its default.
    pub options: Vec<Need>,
    /// The permalink.
    pub scenario: String,
    /// The document.
    pub document: Value,
}

/// A shrinker at work.
#[derive(Clone, Debug)]
pub struct Shrink {
    anomaly: Anomaly,
    original: Document,
    current: Document,
    stage: usize,
    /// Stages in a row that found nothing smaller.
    in_vain: usize,
    queue: Queue,
    /// Whether this stage has found something smaller.
    found: bool,
    runs: u64,
    /// Records of all runs, and how many there may be.
    work: (u64, u64),
}

impl Shrink {
    /// Shrinks a document that shows an anomaly; without one named, the worst that it shows.
    pub fn new(document: &Document, anomaly: Option<Anomaly>) -> Result<Shrink, Vec<Refusal>> {
        let (report, _) = outcome::run(&document.plan()?, 0);
        let shown = outcome::anomalies(&report);
        let worst = match Harm::of(report.verdict, &shown) {
            Harm::None => None,
            Harm::Blocked => Some(Anomaly::Blocked),
            Harm::Harmless(anomaly) | Harm::Diverged(anomaly) => Some(anomaly),
        };
        let found = anomaly.or(worst).filter(|anomaly| shown.contains(anomaly));
        let Some(found) = found else {
            let ids: Vec<&str> = shown.iter().map(|anomaly| anomaly.id()).collect();
            let refusal = match anomaly {
                Some(asked) if !shown.is_empty() => Refusal::new(
                    "--anomaly",
                    format!("\"{}\"", asked.id()),
                    Allowed::NoSuch("anomaly in this run", Choices::near(asked.id(), ids)),
                ),
                Some(_) | None => {
                    let reason = "Nothing is wrong in this run: there is nothing to shrink.";
                    Refusal::new("scenario", report.verdict.id(), Allowed::Reason(reason.to_owned()))
                }
            };
            return Err(vec![refusal]);
        };
        let name = document.name().map_or_else(|| "shrunk".to_owned(), |name| format!("{name}, shrunk"));
        Ok(Shrink {
            anomaly: found,
            original: document.clone(),
            current: document.clone().named(&name),
            stage: 0,
            in_vain: 0,
            queue: Queue::new(document, Stage::ALL[0]),
            found: false,
            runs: 1,
            work: (0, MOST_WORK),
        })
    }

    /// The same, given up after so many records of all its runs.
    #[must_use]
    pub fn within(self, records: u64) -> Shrink {
        Shrink { work: (self.work.0, records), ..self }
    }

    fn shows(&mut self, candidate: &Document) -> bool {
        let Ok(plan) = candidate.plan() else { return false };
        self.runs += 1;
        let (report, trace) = outcome::run(&plan, 0);
        self.work.0 += u64::from(trace.len());
        outcome::count(&report, self.anomaly) > 0
    }

    /// Whether it is to go on.
    fn goes_on(&self) -> bool {
        !self.is_minimal() && self.work.0 < self.work.1
    }

    /// Whether nothing that is left can be taken away alone.
    #[must_use]
    pub fn is_minimal(&self) -> bool {
        self.in_vain == Stage::ALL.len()
    }

    /// The smallest scenario so far.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.current
    }

    /// The smallest scenario so far, with what happens without each of its parts.
    #[must_use]
    pub fn shrunk(&self) -> Shrunk {
        let (document, anomaly, minimal) = (&self.current, self.anomaly, self.is_minimal());
        Shrunk {
            anomaly: anomaly.id().to_owned(),
            minimal,
            runs: self.runs,
            before: Size::at_first(&self.original),
            after: Size::of(document),
            faults: if minimal { need::faults(document, anomaly) } else { Vec::new() },
            operations: if minimal { need::of_operations(document, anomaly) } else { Vec::new() },
            options: if minimal { need::of_options(document, anomaly) } else { Vec::new() },
            scenario: permalink::encode(document, &Extras::default()),
            document: Value::Object(document.root().clone()),
        }
    }
}

impl Job for Shrink {
    fn advance(&mut self, max_runs: u64) -> bool {
        let until = self.runs.saturating_add(max_runs);
        while self.runs < until && self.goes_on() {
            let candidate = self.queue.candidate(&self.current);
            let (runs, records) = std::mem::take(&mut self.queue.spent);
            self.runs += runs;
            self.work.0 += records;
            match candidate {
                None => {
                    // One that has found something is tried on what it has found once more.
                    self.in_vain += usize::from(!std::mem::take(&mut self.found));
                    self.stage = (self.stage + 1) % Stage::ALL.len();
                    self.queue = Queue::new(&self.current, Stage::ALL[self.stage]);
                }
                Some(candidate) => {
                    if self.shows(&candidate) {
                        self.current = candidate;
                        (self.in_vain, self.found) = (0, true);
                        self.queue.took(&self.current);
                    }
                }
            }
        }
        self.goes_on()
    }

    fn progress(&self) -> Progress {
        Progress { done: self.runs, total: self.runs + self.queue.left() }
    }
}
