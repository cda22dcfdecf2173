//! The sweep: many seeds, and the product of varied options, into statistics that merge exactly (CONTRACT 4).

use super::job::{Job, Progress};
use super::metrics;
use super::outcome;
use super::statistics::{Summary, Tally};
use super::vary::{Vary, product};
use crate::kernel::hash::TraceHasher;
use crate::kernel::sorted::sort_by_key;
use crate::scenario::kind::MOST_EXACT;
use crate::scenario::plan::Plan;
use crate::scenario::{Allowed, Choices, Document, Refusal, shown};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version of this object.
pub const VERSION: u32 = 1;

/// What to sweep over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The seeds: from the first, below the second.
    pub seeds: (u64, u64),
    /// The options to vary.
    pub varied: Vec<Vary>,
    /// The metrics to keep; all of them if none is named.
    pub metrics: Vec<String>,
}

/// What came of a sweep, or of a piece of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The version of this object.
    pub sweep: u32,
    /// The preset or file.
    pub scenario: String,
    /// The strategy, unless it is varied.
    pub strategy: String,
    /// Which document, varied how: pieces of one sweep agree in it.
    pub document: String,
    /// The seeds: from the first, below the second.
    pub seeds: [u64; 2],
    /// One for each combination of the varied options.
    pub points: Vec<Point>,
}

/// One combination of the varied options, over all seeds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Point {
    /// What is set.
    pub set: Map<String, Value>,
    /// How many runs.
    pub runs: u64,
    /// How they ended.
    pub verdicts: BTreeMap<String, u64>,
    /// How many diverged and no alarm was true.
    pub silent_runs: u64,
    /// By path.
    pub metrics: Metrics,
}

impl Sweep {
    /// Whether each point has a run for each seed, and neither a metric nor the silent runs are more than there are runs.
    fn is_whole(&self) -> bool {
        let [from, to] = self.seeds;
        let runs = to.saturating_sub(from);
        let ends = |point: &Point| point.verdicts.values().fold(0u64, |sum, runs| sum.saturating_add(*runs));
        let point = |point: &Point| {
            let fits =
                |(path, tally): (&String, &Tally)| tally.runs() == runs || (may_lack(path) && tally.runs() <= runs);
            let fit = point.silent_runs <= runs && point.metrics.0.iter().all(fits);
            point.runs == runs && ends(point) == runs && fit
        };
        to <= MOST_EXACT + 1 && runs > 0 && self.points.iter().all(point)
    }
}

/// The values of every metric, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(pub BTreeMap<String, Tally>);

impl Point {
    /// What follows from the values of each metric.
    #[must_use]
    pub fn summaries(&self) -> BTreeMap<&str, Summary> {
        let padded = |(path, tally): (&String, &Tally)| {
            let mut tally = tally.clone();
            // A node that did not crash in a run is not in its report.
            tally.add_times(Some(0), self.runs.saturating_sub(tally.runs()));
            tally.summary(metrics::scale(path))
        };
        self.metrics.0.iter().map(|metric| (metric.0.as_str(), padded(metric))).collect()
    }

    fn merge(&mut self, other: &Point) {
        self.runs += other.runs;
        self.silent_runs += other.silent_runs;
        for (verdict, runs) in &other.verdicts {
            *self.verdicts.entry(verdict.clone()).or_default() += runs;
        }
        for (path, tally) in &other.metrics.0 {
            self.metrics.0.entry(path.clone()).or_default().merge(tally);
        }
    }
}

/// What is swept. It does not change during the sweep, so that threads may share it.
#[derive(Clone, Debug)]
pub struct Space {
    name: String,
    strategy: String,
    document: String,
    question: Question,
    points: Vec<(Map<String, Value>, Plan)>,
}

impl Space {
    /// Reads the question; refuses a point that is no scenario, and a metric that no run has.
    pub fn new(document: &Document, question: Question) -> Result<Space, Vec<Refusal>> {
        let (from, to) = question.seeds;
        if from >= to || to > MOST_EXACT + 1 {
            let reason = format!("Seeds are A..B, half open, with A below B and B at most {}.", MOST_EXACT + 1);
            return Err(vec![Refusal::new("--seeds", format!("{from}..{to}"), Allowed::Reason(reason))]);
        }
        let mut points = Vec::new();
        for (set, document) in product(document, &question.varied)? {
            points.push((set, document.with_seed(from).plan()?));
        }
        let plan = &points[0].1;
        let space = Space {
            name: plan.scenario.clone(),
            strategy: plan.strategy.id().to_owned(),
            document: fingerprint(document, &question),
            question,
            points,
        };
        space.check_metrics()?;
        Ok(space)
    }

    fn check_metrics(&self) -> Result<(), Vec<Refusal>> {
        if self.question.metrics.is_empty() {
            return Ok(());
        }
        let all = |(_, plan): &(_, Plan)| metrics::of(&outcome::run(plan, 0).0).into_iter().map(|(path, _)| path);
        let known: Vec<String> = self.points.iter().flat_map(all).collect();
        // A node that does not crash in the first run may crash in another.
        let may = |path: &str| path.starts_with("fault_counts.crashes.");
        let unknown = self.question.metrics.iter().filter(|path| !known.contains(path) && !may(path));
        let refusals: Vec<Refusal> = unknown
            .map(|path| {
                let choices = Choices::near(path, &known);
                Refusal::new("--metric", shown(&Value::from(path.as_str())), Allowed::NoSuch("metric", choices))
            })
            .collect();
        if refusals.is_empty() { Ok(()) } else { Err(refusals) }
    }

    /// How many points there are.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// How many runs there are.
    #[must_use]
    pub fn runs(&self) -> u64 {
        (self.question.seeds.1 - self.question.seeds.0).saturating_mul(self.points.len() as u64)
    }

    /// The seeds: from the first, below the second.
    #[must_use]
    pub fn seeds(&self) -> (u64, u64) {
        self.question.seeds
    }

    /// Runs one point under one seed and adds what comes of it.
    pub fn measure(&self, point: usize, seed: u64, into: &mut Point) {
        let mut plan = self.points[point].1.clone();
        plan.seed = seed;
        let (report, _) = outcome::run(&plan, 0);
        into.runs += 1;
        into.silent_runs += u64::from(report.silent);
        *into.verdicts.entry(report.verdict.id().to_owned()).or_default() += 1;
        let wanted = &self.question.metrics;
        for (path, value) in metrics::of(&report) {
            if wanted.is_empty() || wanted.contains(&path) {
                into.metrics.0.entry(path).or_default().add(value);
            }
        }
    }

    /// Nothing measured yet.
    #[must_use]
    pub fn empty(&self) -> Sweep {
        Sweep {
            sweep: VERSION,
            scenario: self.name.clone(),
            strategy: self.strategy.clone(),
            document: self.document.clone(),
            seeds: [self.question.seeds.0, self.question.seeds.1],
            points: self.points.iter().map(|(set, _)| Point { set: set.clone(), ..Point::default() }).collect(),
        }
    }
}

/// Which document, varied how, and which metrics: 16 hex digits.
fn fingerprint(document: &Document, question: &Question) -> String {
    let mut hasher = TraceHasher::new();
    let mut document = document.clone();
    // The seed is what pieces differ in.
    drop(document.set_value("seed", Value::Null));
    hasher.bytes(document.to_json().as_bytes());
    for vary in &question.varied {
        hasher.bytes(format!("\n{}={}", vary.path, Value::from(vary.values.clone())).as_bytes());
    }
    hasher.bytes(format!("\n{}", question.metrics.join("\n")).as_bytes());
    format!("{:016x}", hasher.finish())
}

/// A sweep under way.
#[derive(Clone, Debug)]
pub struct SweepJob {
    space: Space,
    done: u64,
    sweep: Sweep,
}

impl SweepJob {
    /// A sweep of which nothing is done.
    #[must_use]
    pub fn new(space: Space) -> SweepJob {
        let sweep = space.empty();
        SweepJob { space, done: 0, sweep }
    }

    /// What was measured so far; unless all is done, `seeds` says more than there is.
    #[must_use]
    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }
}

impl Job for SweepJob {
    fn advance(&mut self, max_runs: u64) -> bool {
        let points = self.space.points() as u64;
        for _ in 0..max_runs {
            if self.done == self.space.runs() {
                return false;
            }
            let (point, seed) = ((self.done % points) as usize, self.space.seeds().0 + self.done / points);
            self.space.measure(point, seed, &mut self.sweep.points[point]);
            self.done += 1;
        }
        self.done < self.space.runs()
    }

    fn progress(&self) -> Progress {
        Progress { done: self.done, total: self.space.runs() }
    }
}

/// One sweep of pieces over disjoint seeds that leave no gap.
pub fn merge(mut pieces: Vec<Sweep>) -> Result<Sweep, Vec<Refusal>> {
    sort_by_key(&mut pieces, |piece| piece.seeds);
    let wrong =
        |value: String, reason: &str| Err(vec![Refusal::new("merge", value, Allowed::Reason(reason.to_owned()))]);
    if let Some(piece) = pieces.iter().find(|piece| !piece.is_whole()) {
        let [from, to] = piece.seeds;
        return wrong(format!("{from}..{to}"), "This piece is damaged: it does not have a run for each of its seeds.");
    }
    let mut pieces = pieces.into_iter();
    let Some(mut whole) = pieces.next() else { return wrong("empty".to_owned(), "There must be a sweep to merge.") };
    for piece in pieces {
        if piece.sweep != whole.sweep || piece.document != whole.document || !alike(&piece.points, &whole.points) {
            let value = format!("{} {} and {} {}", whole.scenario, whole.document, piece.scenario, piece.document);
            return wrong(value, "These are sweeps of different scenarios, options or metrics.");
        }
        let ([from, to], [next, end]) = (whole.seeds, piece.seeds);
        if next != to {
            let value = format!("{from}..{to} and {next}..{end}");
            let reason =
                if next < to { "These pieces share seeds." } else { "The seeds between these pieces are missing." };
            return wrong(value, reason);
        }
        whole.seeds[1] = end;
        whole.points.iter_mut().zip(&piece.points).for_each(|(point, other)| point.merge(other));
    }
    Ok(whole)
}

/// Whether a run may say nothing of a metric: a node that did not crash in it is not in its report.
fn may_lack(path: &str) -> bool {
    path.starts_with("fault_counts.")
}

/// Whether points are the same ones, of the same metrics.
fn alike(these: &[Point], those: &[Point]) -> bool {
    fn metrics(point: &Point) -> impl Iterator<Item = &String> {
        point.metrics.0.keys().filter(|path| !may_lack(path))
    }
    let same = |(this, that): (&Point, &Point)| this.set == that.set && metrics(this).eq(metrics(that));
    these.len() == those.len() && these.iter().zip(those).all(same)
}

/// A piece that was measured elsewhere, added to one sweep: for threads, whose pieces come in any order.
pub fn add(whole: &mut Sweep, point: usize, piece: &Point) {
    whole.points[point].merge(piece);
}

/// How a metric stands in a piece: what follows from its values, and the values.
#[derive(Deserialize)]
struct Kept {
    nulls: u64,
    counts: String,
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Metrics, D::Error> {
        let kept: BTreeMap<String, Kept> = BTreeMap::deserialize(deserializer)?;
        let read = |(path, Kept { nulls, counts }): (String, Kept)| {
            let tally = Tally::from_text(&counts, nulls);
            let wrong = || serde::de::Error::custom(format!("counts of {path} must be VALUE:TIMES VALUE:TIMES ..."));
            tally.ok_or_else(wrong).map(|tally| (path, tally))
        };
        kept.into_iter().map(read).collect::<Result<_, _>>().map(Metrics)
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Point", 5)?;
        object.serialize_field("set", &self.set)?;
        object.serialize_field("runs", &self.runs)?;
        object.serialize_field("verdicts", &self.verdicts)?;
        object.serialize_field("silent_runs", &self.silent_runs)?;
        object.serialize_field("metrics", &self.summaries())?;
        object.end()
    }
}
