//! A run with faults, and what it shows.

use super::trial::Trial;
use crate::run::account;
use crate::run::report::{Report, Verdict};
use crate::run::simulation::Simulation;
use crate::run::trace::Trace;
use crate::scenario::plan::Plan;
use crate::truth::anomaly::Anomaly;
use crate::truth::judge::Judgement;

/// What a run shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// Whether it diverged and no alarm was true.
    pub silent: bool,
    /// What it shows, in the order of [`Anomaly::ALL`].
    pub anomalies: Vec<Anomaly>,
    /// Whether every fault of it struck: if not, it proves nothing.
    pub reached: bool,
    /// The laws that it broke: an error of the simulator, not of a strategy.
    pub broken: Vec<String>,
}

impl Outcome {
    /// What a report says.
    #[must_use]
    pub fn of(report: &Report) -> Outcome {
        let broken = report.invariants.iter().filter(|law| !law.holds).map(|law| law.id.clone());
        Outcome {
            verdict: report.verdict,
            silent: report.silent,
            anomalies: anomalies(report),
            reached: report.faults.iter().all(|fault| fault.fired > 0),
            broken: broken.collect(),
        }
    }
}

/// The anomalies that a report counts.
#[must_use]
pub fn anomalies(report: &Report) -> Vec<Anomaly> {
    Anomaly::ALL.iter().copied().filter(|anomaly| count(report, *anomaly) > 0).collect()
}

/// How often a report counts an anomaly.
#[must_use]
pub fn count(report: &Report, anomaly: Anomaly) -> u64 {
    let rows = |of: fn(&crate::run::report::StoreReport) -> u64| report.stores.iter().map(of).sum();
    match anomaly {
        Anomaly::Missing => rows(|store| store.missing),
        Anomaly::Stale => rows(|store| store.stale),
        Anomaly::Ghost => rows(|store| store.ghost),
        Anomaly::DuplicateEffect => rows(|store| store.duplicate_effects),
        Anomaly::Lost => report.ledger.lost,
        Anomaly::GhostEvent => report.ledger.ghost,
        Anomaly::Duplicate => report.ledger.duplicates,
        Anomaly::Reordered => report.ledger.reordered,
        Anomaly::EarlyRead => report.ledger.early_reads,
        Anomaly::Blocked => report.blocked.operations,
    }
}

/// Runs a plan to its end; keeps at most so many records.
#[must_use]
pub fn run(plan: &Plan, keep: usize) -> (Report, Trace) {
    let trace = Simulation::new(plan, keep).finish();
    let judgement = Judgement::new(&trace.ledger, &account::misses(plan));
    (account::report(plan, &trace, &judgement), trace)
}

/// A plan with faults to try.
#[must_use]
pub fn with_faults(plan: &Plan, trials: &[&Trial]) -> Plan {
    let mut plan = plan.clone();
    plan.faults.extend(trials.iter().map(|trial| trial.fault.clone()));
    plan
}
