//! The operational checklist and the anti-patterns, answered from runs: what a configuration does, not what it says.
//!
//! Each answer is read from a run, some of them with a fault put in, and cites a record of it. The link that stands
//! beside the answer makes the run again.

mod checklist;
mod patterns;
mod tried;
mod watch;

use super::inject::faultless;
use crate::run::recording::Recording;
use crate::scenario::{Document, Refusal};
use serde::Serialize;
use tried::Tried;
use watch::Watch;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The question of the checklist, or the name of the anti-pattern.
    pub subject: &'static str,
    /// `yes` or `no`; of an anti-pattern: whether it is present.
    pub yes: bool,
    /// Whether that is as it should be.
    pub good: bool,
    /// What shows it, in a sentence.
    pub evidence: String,
    /// The record that it is read from.
    pub record: u32,
    /// The faults of the run that it is read from.
    pub faults: Vec<String>,
    /// The permalink of that run.
    pub replay: String,
}

/// All answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The scenario.
    pub scenario: String,
    /// Its strategy.
    pub strategy: String,
    /// The five questions of the checklist.
    pub checklist: Vec<Answer>,
    /// The five anti-patterns.
    pub anti_patterns: Vec<Answer>,
}

/// The questions of the operational checklist.
pub const CHECKLIST: [&str; 5] = [
    "Are any operations writing to multiple systems separately?",
    "Is atomicity guaranteed at least for primary state and event log?",
    "Are reconciliation jobs implemented?",
    "Are event publishing failures monitored?",
    "Is idempotency enforced downstream?",
];

/// The anti-patterns.
pub const ANTI_PATTERNS: [&str; 5] = [
    "Assuming that the publish call will always succeed",
    "No retry mechanism for the second write",
    "No monitoring for divergence",
    "No reconciliation job",
    "Mixing business logic with side-effect publishing in the same request thread",
];

/// How a document is run: a test may put other behaviour behind the same configuration.
pub type Runner<'a> = &'a dyn Fn(&Document) -> Result<Recording, Vec<Refusal>>;

/// Audits a document by runs of it.
pub fn audit(document: &Document) -> Result<Audit, Vec<Refusal>> {
    audit_by(document, &|document| Ok(Recording::run(document.plan()?)))
}

/// Audits what a runner makes of a document.
pub fn audit_by(document: &Document, run: Runner<'_>) -> Result<Audit, Vec<Refusal>> {
    let mut auditor = Auditor { base: faultless(document), run, watch: Watch::default() };
    let calm = auditor.with(&[])?;
    let plan = calm.recording.plan();
    let (scenario, strategy) = (plan.scenario.clone(), plan.strategy.id().to_owned());
    for fault in watch::faults(&calm) {
        auditor.with(&[fault])?;
    }
    auditor.watch.told_all();
    let failing = auditor.with(&calm.second_links().map(|link| format!("fail-before:{link}*0")).collect::<Vec<_>>())?;
    let checklist = vec![
        checklist::separate(&calm),
        checklist::atomic(&mut auditor, &calm)?,
        checklist::reconciled(&calm),
        checklist::monitored(&calm, &failing),
        checklist::idempotent(&mut auditor, &calm)?,
    ];
    let anti_patterns = vec![
        patterns::assumes(&calm, &failing),
        patterns::retries(&mut auditor, &calm)?,
        auditor.watch.answer(&calm),
        Answer { subject: ANTI_PATTERNS[3], yes: !checklist[2].yes, ..checklist[2].clone() },
        patterns::same_thread(&calm),
    ];
    Ok(Audit { scenario, strategy, checklist, anti_patterns })
}

/// Runs the document with faults put in. Who notices what differs is read off every run.
struct Auditor<'a> {
    base: Document,
    run: Runner<'a>,
    watch: Watch,
}

impl Auditor<'_> {
    fn with(&mut self, faults: &[String]) -> Result<Tried, Vec<Refusal>> {
        let mut document = self.base.clone();
        for fault in faults {
            document.add_fault(fault)?;
        }
        let recording = (self.run)(&document)?;
        let tried = Tried { faults: faults.to_vec(), document, recording };
        self.watch.take(&tried);
        Ok(tried)
    }
}
