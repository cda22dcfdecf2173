//! The search: every crash point x every pass of it, every failing outcome at every call, the delay of every message;
//! on request every pair of crashes. Each is a run of its own, from the start: nothing is pruned, nothing is guessed.

use super::job::{Job, Progress};
use super::matrix::{Cell, FaultFree, LeftOut, Matrix, Then, VERSION, ids};
use super::outcome::{self, Outcome};
use super::small::{Small, small};
use super::trial::{self, Trial};
use crate::run::words::span;
use crate::scenario::permalink::{self, Extras};
use crate::scenario::plan::Plan;
use crate::scenario::{Document, Refusal};
use crate::strategy::{CrashPoint, StrategyId};
use crate::world::record::{Kind, Record};
use std::collections::{BTreeMap, BTreeSet};

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Whether every pair of crashes is tried after every single fault.
    pub pairs: bool,
    /// The most runs: a search that would need more is cut, and says so.
    pub most_runs: u64,
}

impl Bounds {
    /// One fault.
    pub const ONE: Bounds = Bounds { pairs: false, most_runs: 1_000_000 };
    /// One fault, and every pair of crashes.
    pub const TWO: Bounds = Bounds { pairs: true, ..Bounds::ONE };
}

/// One strategy's small scenario.
#[derive(Clone, Debug)]
struct Base {
    strategy: StrategyId,
    small: Small,
    plan: Plan,
    fault_free: Outcome,
}

/// One run to do: a strategy, by its place among those asked for, and its faults.
#[derive(Clone, Debug)]
pub struct Work {
    base: usize,
    trials: Vec<Trial>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Found {
    outcome: Outcome,
    scenario: String,
    /// The pairs of crashes that begin with this one.
    next: Vec<Vec<Trial>>,
}

/// What is searched. It does not change during the search, so that threads may share it.
#[derive(Clone, Debug)]
pub struct Space {
    name: String,
    bases: Vec<Base>,
    points: BTreeSet<CrashPoint>,
    bounds: Bounds,
    left_out: Vec<LeftOut>,
}

impl Space {
    /// Does one run.
    #[must_use]
    pub fn probe(&self, work: &Work) -> Found {
        let base = &self.bases[work.base];
        let trials: Vec<&Trial> = work.trials.iter().collect();
        let follow = self.bounds.pairs && work.trials.len() == 1 && work.trials[0].point.is_some();
        let plan = outcome::with_faults(&base.plan, &trials);
        let (report, trace) = outcome::run(&plan, if follow { usize::MAX } else { 0 });
        let next = if follow { self.pairs(base, &work.trials[0], &trace.records) } else { Vec::new() };
        let texts = trials.iter().map(|trial| trial.fault.text.as_str());
        Found { outcome: Outcome::of(&report), scenario: link(&base.small.document, texts), next }
    }

    /// The pairs of crashes that begin with one: whatever two crashes there are, one of them comes first. Most processes
    /// have nothing left to do by the time they are back, so that the same one hardly crashes twice: for that the first
    /// crash is brief.
    fn pairs(&self, base: &Base, first: &Trial, records: &[Record]) -> Vec<Vec<Trial>> {
        let mut pairs: Vec<Vec<Trial>> =
            after(base, records).into_iter().map(|second| vec![first.clone(), second]).collect();
        if let Some(span) = base.small.brief.filter(|brief| *brief < base.small.restart) {
            let brief = first.lasting(span);
            let (_, trace) = outcome::run(&outcome::with_faults(&base.plan, &[&brief]), usize::MAX);
            let again = after(base, &trace.records).into_iter().filter(|two| two.fault.target == brief.fault.target);
            pairs.extend(again.map(|second| vec![brief.clone(), second]));
        }
        pairs
    }
}

/// The crashes that may follow the first one of a run.
fn after(base: &Base, records: &[Record]) -> Vec<Trial> {
    let crashed = records.iter().position(|record| record.kind == Kind::Crashed);
    let rest = crashed.map_or(&[][..], |at| &records[at + 1..]);
    trial::crashes(&base.plan, trial::before_drain(rest), Some(base.small.restart))
}

/// The permalink of a document with faults.
fn link<'a>(document: &Document, faults: impl Iterator<Item = &'a str>) -> String {
    let mut document = document.clone();
    let faults: Vec<&str> = faults.collect();
    if !faults.is_empty() {
        // The explorer writes its faults in the form that documents take.
        drop(document.set_value("faults", faults.into()));
    }
    permalink::encode(&document, &Extras::default())
}

/// A search under way.
#[derive(Clone, Debug)]
pub struct CrashSearch {
    space: Space,
    queue: Vec<Work>,
    cells: Vec<Cell>,
    broken: Vec<String>,
}

impl CrashSearch {
    /// Runs each strategy once without a fault, and reads off what there is to try. Of several strategies those that
    /// cannot run the scenario are left out; if none can, or the document itself is wrong, the search is refused.
    pub fn new(document: &Document, strategies: &[StrategyId], bounds: Bounds) -> Result<CrashSearch, Vec<Refusal>> {
        let (points, left_out) = (BTreeSet::new(), Vec::new());
        let mut space = Space { name: String::new(), bases: Vec::new(), points, bounds, left_out };
        let (mut queue, mut broken, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for &strategy in strategies {
            let small = match small(document, strategy) {
                Ok(small) => small,
                Err(refusals) => {
                    space.left_out.push(LeftOut::new(strategy, &refusals));
                    refused = if refused.is_empty() { refusals } else { refused };
                    continue;
                }
            };
            let plan = small.document.plan()?;
            let (report, trace) = outcome::run(&plan, usize::MAX);
            let fault_free = Outcome::of(&report);
            broken.extend(laws(&fault_free, &small.document, &[]));
            let records = trial::before_drain(&trace.records);
            let crashes = trial::crashes(&plan, records, Some(small.restart));
            space.points.extend(crashes.iter().filter_map(|crash| crash.point));
            let messages = trial::messages(&plan, records, small.delay);
            let base = space.bases.len();
            queue.extend(crashes.into_iter().chain(messages).map(|trial| Work { base, trials: vec![trial] }));
            space.name.clone_from(&plan.scenario);
            space.bases.push(Base { strategy, small, plan, fault_free });
        }
        if space.bases.is_empty() && !refused.is_empty() {
            return Err(refused);
        }
        Ok(CrashSearch { space, queue, cells: Vec::new(), broken })
    }

    /// What is searched, for threads to share.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The next runs to do, at most so many; none when the search is over.
    #[must_use]
    pub fn batch(&self, most: usize) -> &[Work] {
        let done = self.cells.len();
        let bound = usize::try_from(self.space.bounds.most_runs).unwrap_or(usize::MAX);
        let end = done.saturating_add(most).min(self.queue.len()).min(bound).max(done);
        &self.queue[done..end]
    }

    /// Each run that is known to be needed, in their order: its first fault.
    pub fn needed(&self) -> impl Iterator<Item = &Trial> {
        self.queue.iter().filter_map(|work| work.trials.first())
    }

    /// What was found so far, a cell for each run.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Laws of the simulator that a run broke.
    #[must_use]
    pub fn broken_laws(&self) -> &[String] {
        &self.broken
    }

    /// What a reader must know about the small scenario of the first strategy.
    #[must_use]
    pub fn legend(&self) -> Vec<String> {
        let pairs = self.space.bounds.pairs;
        self.space.bases.first().map(|base| legend(base, pairs)).unwrap_or_default()
    }

    /// Takes what came of the next runs, in their order.
    pub fn accept(&mut self, found: impl IntoIterator<Item = Found>) {
        for found in found {
            let Some(work) = self.queue.get(self.cells.len()) else { return };
            let base = work.base;
            let cell = cell(&self.space.bases[base], work, &found);
            self.broken.extend(found.outcome.broken.iter().map(|law| format!("{law}: {}", cell.scenario)));
            self.cells.push(cell);
            self.queue.extend(found.next.into_iter().map(|trials| Work { base, trials }));
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn matrix(&self) -> Matrix {
        let mut witnesses: BTreeMap<String, Cell> = BTreeMap::new();
        for cell in &self.cells {
            for anomaly in &cell.anomalies {
                witnesses.entry(anomaly.clone()).or_insert_with(|| cell.clone());
            }
        }
        let done = self.cells.len() == self.queue.len();
        Matrix {
            explore: VERSION,
            scenario: self.space.name.clone(),
            strategies: self.space.bases.iter().map(|base| base.strategy.id().to_owned()).collect(),
            points: self.space.points.iter().map(|point| point.id().to_owned()).collect(),
            left_out: self.space.left_out.clone(),
            fault_free: self.space.bases.iter().map(fault_free).collect(),
            complete: done && self.cells.iter().all(|cell| cell.reached),
            cells: self.cells.clone(),
            witnesses,
            runs: self.cells.len() as u64,
            total: self.queue.len() as u64,
            broken_laws: self.broken.clone(),
            legend: self.legend(),
        }
    }
}

impl Job for CrashSearch {
    fn advance(&mut self, max_runs: u64) -> bool {
        for _ in 0..max_runs {
            let Some(work) = self.batch(1).first() else { return false };
            let found = self.space.probe(work);
            self.accept([found]);
        }
        !self.batch(1).is_empty()
    }

    fn progress(&self) -> Progress {
        Progress { done: self.cells.len() as u64, total: self.queue.len() as u64 }
    }
}

fn laws(outcome: &Outcome, document: &Document, faults: &[&str]) -> Vec<String> {
    outcome.broken.iter().map(|law| format!("{law}: {}", link(document, faults.iter().copied()))).collect()
}

fn cell(base: &Base, work: &Work, found: &Found) -> Cell {
    let first = &work.trials[0];
    let id = |trial: &Trial| trial.point.map(|point| point.id().to_owned());
    let then = work.trials.get(1).map(|second| Then {
        fault: second.fault.text.clone(),
        point: id(second).unwrap_or_default(),
        pass: second.pass,
    });
    Cell {
        strategy: base.strategy.id().to_owned(),
        fault: first.fault.text.clone(),
        point: id(first),
        pass: first.pass,
        then,
        verdict: found.outcome.verdict,
        silent: found.outcome.silent,
        anomalies: ids(&found.outcome),
        reached: found.outcome.reached,
        scenario: found.scenario.clone(),
    }
}

fn fault_free(base: &Base) -> FaultFree {
    FaultFree {
        strategy: base.strategy.id().to_owned(),
        verdict: base.fault_free.verdict,
        anomalies: ids(&base.fault_free),
        scenario: link(&base.small.document, std::iter::empty()),
    }
}

/// What a reader must know about the small scenario, and what is not tried in it.
fn legend(base: &Base, pairs: bool) -> Vec<String> {
    let (plan, small) = (&base.plan, &base.small);
    let mut lines = vec![
        format!("Ratios matter here, not values: the timers are short, and a run takes {}.", span(plan.duration)),
        format!(
            "A crashed node is down for {}; who waits {} or longer is blocked.",
            span(small.restart),
            span(plan.block_after)
        ),
        format!(
            "The relay polls every {}, the connector stores its offset every {}.",
            span(plan.outbox.poll),
            span(plan.cdc.offset_flush)
        ),
        format!(
            "A delayed message arrives {} later, a late one {} after its caller gave up.",
            span(small.delay),
            span(trial::LATE)
        ),
        "The scenario's own faults and rates are left out.".to_owned(),
    ];
    lines.extend(NOT_TRIED.map(str::to_owned));
    match small.brief.filter(|_| pairs) {
        Some(brief) => lines.push(format!(
            "Two faults are two crashes; of two in one process the first also takes {}, so that there is work after it. \
             Not tried: a crash with a message that fails, and two messages that fail.",
            span(brief)
        )),
        None if pairs => lines.push("Two faults are two crashes. Not tried: messages that fail, in pairs.".to_owned()),
        None => {}
    }
    lines
}

/// What a search leaves out, so that nobody takes it for tried.
const NOT_TRIED: [&str; 3] = [
    "Not tried: offset commits that fail, other failures of a push than its delay, and answers that are late; an answer \
     is lost, or it comes in time.",
    "Not tried: links that are cut, nodes that stay down, failovers, lost slots, poison, copies of a message, aborts, and \
     changes by hand.",
    "Not tried: other operations and times than these, other seeds, other lengths of a crash or delay, and faults after \
     the load has stopped.",
];
