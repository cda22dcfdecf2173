//! What the operator believes, beside what is so; and the laws, as far as an instant.

use super::recording::Recording;
use super::words::{count, differ, instant, span};
use crate::detect::DetectorKind;
use crate::kernel::time::Us;
use crate::scenario::plan::DetectorPlan;
use crate::truth::checks::Law;
use crate::world::ids::RecordId;
use crate::world::record::Kind;

/// A detector at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectorLine {
    /// Its id; of one that is off, that of its kind.
    pub id: String,
    /// Whether the scenario has it.
    pub on: bool,
    /// Whether it fires.
    pub firing: bool,
    /// `fires from 1 on, looks every 10 s`
    pub rule: String,
    /// `looked at 10.000 s, next at 20.000 s`
    pub looks: String,
    /// `0 of 32 calls failed`
    pub saw: String,
    /// `0 rows differed then, 1 row differs now`
    pub truth: String,
}

/// Every detector of the scenario in its order, then the kinds that are off.
#[must_use]
pub fn detectors(run: &Recording, at: Us) -> Vec<DetectorLine> {
    let plans = &run.plan().detectors;
    let frames = run.detectors(&run.view(at));
    let mut lines: Vec<DetectorLine> = plans
        .iter()
        .zip(frames)
        .enumerate()
        .map(|(index, (plan, frame))| DetectorLine {
            id: frame.id,
            on: true,
            firing: frame.firing,
            rule: rule(plan),
            looks: looks(run, index, frame.looked, at),
            saw: frame.saw,
            truth: truth(run, frame.looked, at),
        })
        .collect();
    let off = DetectorKind::ALL.iter().filter(|kind| plans.iter().all(|plan| plan.kind != **kind));
    lines.extend(off.map(|kind| DetectorLine {
        id: kind.id().to_owned(),
        on: false,
        firing: false,
        rule: String::new(),
        looks: String::new(),
        saw: String::new(),
        truth: String::new(),
    }));
    lines
}

/// `fires from 1 on, looks every 10 s`
pub(super) fn rule(plan: &DetectorPlan) -> String {
    format!("fires from {} on, looks every {}", plan.threshold, span(plan.period))
}

fn looks(run: &Recording, index: usize, looked: Option<Us>, at: Us) -> String {
    let later = &run.trace().records[run.records_until(at)..];
    let next = later.iter().find(|record| record.kind == Kind::Looked && record.extra as usize == index);
    let last = looked.map_or_else(|| "has not looked yet".to_owned(), |at| format!("looked at {}", instant(at)));
    match next {
        Some(next) => format!("{last}, next at {}", instant(next.at)),
        None => format!("{last}, and will not look again"),
    }
}

fn truth(run: &Recording, looked: Option<Us>, at: Us) -> String {
    let rows = |at: Us| u64::from(run.judgement().counts(at).0);
    let now = rows(at);
    match looked.map(rows) {
        Some(then) if then != now => format!("{} differed then, {} now", count(then, "row"), differ(now)),
        Some(_) | None => differ(now),
    }
}

/// A law at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawLine {
    /// Its id.
    pub id: &'static str,
    /// What it says.
    pub says: &'static str,
    /// The record that broke it, and when.
    pub broken: Option<(RecordId, Us)>,
}

/// Every law, with its witness if it is broken by then.
#[must_use]
pub fn laws(run: &Recording, at: Us) -> Vec<LawLine> {
    let line = |law: &Law| {
        let broken = run.trace().checks.broken(*law).map(|record| (record, run.time_of(record)));
        LawLine { id: law.id(), says: says(*law), broken: broken.filter(|(_, when)| *when <= at) }
    };
    Law::ALL.iter().map(line).collect()
}

const fn says(law: Law) -> &'static str {
    match law {
        Law::Conservation => "committed = delivered + on the way + lost, at every store",
        Law::Little => "waiting events over time = the sum of their lags",
        Law::LogOrder => "the log is in the order of commits",
        Law::OffsetOrder => "the offsets of a partition have no gap and never go back",
        Law::VersionOrder => "a versioned store never goes back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn what_is_believed_and_what_is_so() {
        let run = Recording::run(presets::find(presets::FIRST).unwrap().document().plan().unwrap());
        let lines = detectors(&run, Us(12_503_000));
        assert_eq!(lines.len(), DetectorKind::ALL.len());
        let on: Vec<&DetectorLine> = lines.iter().filter(|line| line.on).collect();
        assert_eq!(on.len(), run.plan().detectors.len());
        for line in &on {
            assert!(line.rule.starts_with("fires from ") && line.looks.contains(", next at "), "{line:?}");
            assert!(line.truth.ends_with("1 row differs now") || line.truth == "1 row differs", "{line:?}");
            assert!(!line.firing);
        }
        let end = detectors(&run, Us::NEVER);
        assert!(end.iter().filter(|line| line.on).all(|line| line.looks.ends_with("will not look again")), "{end:?}");
        let first = detectors(&run, Us::ZERO);
        assert!(first.iter().any(|line| line.looks.starts_with("has not looked yet, next at ")), "{first:?}");
    }

    #[test]
    fn laws_hold_at_every_instant() {
        let run = Recording::run(presets::find(presets::FIRST).unwrap().document().plan().unwrap());
        let lines = laws(&run, Us::NEVER);
        assert_eq!(lines.len(), Law::ALL.len());
        assert!(lines.iter().all(|law| law.broken.is_none() && !law.says.is_empty()));
    }
}
