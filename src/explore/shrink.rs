//! The shrinker: the smallest scenario that still shows an anomaly. Nothing that is left can be taken away alone.
//!
//! Every candidate is run; what still shows the anomaly is kept, and its stage begins anew. When all stages have been
//! tried in vain, one after the other, the scenario is minimal, and shrinking it again changes nothing.

use super::job::{Job, Progress};
use super::matrix::Harm;
use super::need::{self, Need};
use super::outcome;
use super::reduce::{self, Stage, candidates, operations};
use crate::scenario::permalink::{self, Extras};
use crate::scenario::{Allowed, Choices, Document, Refusal};
use crate::truth::anomaly::Anomaly;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// How large a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let keys: BTreeSet<String> =
            all.iter().filter_map(|operation| operation.get("key")).map(ToString::to_string).collect();
        let set = reduce::options(document);
        let leaves = set.iter().filter(|path| !document.get(path).is_some_and(Value::is_object)).count();
        Size {
            faults: document.faults().len() as u64,
            operations: all.len() as u64,
            keys: keys.len() as u64,
            duration_us: document.plan().map_or(0, |plan| plan.duration.0),
            options: leaves as u64,
        }
    }
}

/// The smallest counter-example that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// For each fault, what happens without it.
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
    queue: std::vec::IntoIter<Document>,
    runs: u64,
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
        let mut shrink = Shrink {
            anomaly: found,
            original: document.clone(),
            current: document.clone().named(&name),
            stage: 0,
            in_vain: 0,
            queue: Vec::new().into_iter(),
            runs: 1,
        };
        if let Some(written) = reduce::written_down(&shrink.current)
            && shrink.shows(&written)
        {
            shrink.current = written;
        }
        shrink.refill();
        Ok(shrink)
    }

    fn shows(&mut self, candidate: &Document) -> bool {
        let Ok(plan) = candidate.plan() else { return false };
        self.runs += 1;
        let (report, _) = outcome::run(&plan, 0);
        outcome::count(&report, self.anomaly) > 0
    }

    fn refill(&mut self) {
        self.queue = candidates(&self.current, Stage::ALL[self.stage]).into_iter();
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
        let (document, anomaly) = (&self.current, self.anomaly);
        Shrunk {
            anomaly: anomaly.id().to_owned(),
            minimal: self.is_minimal(),
            runs: self.runs,
            before: Size::of(&self.original),
            after: Size::of(document),
            faults: need::faults(document, anomaly),
            operations: need::of_operations(document, anomaly),
            options: need::of_options(document, anomaly),
            scenario: permalink::encode(document, &Extras::default()),
            document: Value::Object(document.root().clone()),
        }
    }
}

impl Job for Shrink {
    fn advance(&mut self, max_runs: u64) -> bool {
        let until = self.runs.saturating_add(max_runs);
        while self.runs < until && !self.is_minimal() {
            match self.queue.next() {
                None => {
                    self.in_vain += 1;
                    self.stage = (self.stage + 1) % Stage::ALL.len();
                    self.refill();
                }
                Some(candidate) => {
                    if candidate != self.current && self.shows(&candidate) {
                        self.current = candidate;
                        self.in_vain = 0;
                        self.refill();
                    }
                }
            }
        }
        !self.is_minimal()
    }

    fn progress(&self) -> Progress {
        Progress { done: self.runs, total: self.runs + self.queue.len() as u64 }
    }
}
