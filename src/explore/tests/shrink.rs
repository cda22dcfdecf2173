//! The shrinker: minimal, idempotent, the same anomaly; and brute force finds nothing smaller.

use super::preset;
use crate::explore::job::Job;
use crate::explore::outcome;
use crate::explore::reduce::operations;
use crate::explore::shrink::Shrink;
use crate::explore::small::small;
use crate::explore::trial;
use crate::scenario::{Document, permalink};
use crate::strategy::StrategyId;
use crate::truth::anomaly::Anomaly;
use std::collections::BTreeMap;

fn shrunk(document: &Document, anomaly: Anomaly) -> Shrink {
    let mut shrink = Shrink::new(document, Some(anomaly)).unwrap();
    while shrink.advance(100) {}
    shrink
}

fn shows(document: &Document, anomaly: Anomaly) -> bool {
    document.plan().is_ok_and(|plan| outcome::count(&outcome::run(&plan, 0).0, anomaly) > 0)
}

#[test]
fn the_first_preset_shrinks_to_one_operation_and_one_crash() {
    let shrink = shrunk(&preset("missing-search-index"), Anomaly::Missing);
    let found = shrink.shrunk();
    assert!(found.minimal);
    assert_eq!(
        (found.after.faults, found.after.operations, found.after.keys),
        (1, 1, 1),
        "{}",
        shrink.document().to_json()
    );
    assert!(found.before.operations > 30 && found.after.duration_us <= 1_000_000, "{found:?}");
    for need in found.faults.iter().chain(&found.operations).chain(&found.options) {
        assert!(need.needed, "{} is not needed: {}", need.part, need.without);
    }
    assert_eq!(found.faults.len(), 1);
    let why = &found.faults[0].without;
    assert!(
        why.starts_with("Without crash:app@app.")
            && why.ends_with("no row is missing, and every store ends as the source."),
        "{why}"
    );
    // It replays from its link, and shrinking it again changes nothing.
    let opened = permalink::decode(&found.scenario);
    assert!(shows(&opened.document.unwrap(), Anomaly::Missing));
    let again = shrunk(shrink.document(), Anomaly::Missing);
    assert_eq!(again.document().root(), shrink.document().root());
}

/// Random arrivals and crashes are written down first.
#[test]
fn chance_is_written_down() {
    let text = r#"{"duration": "20s", "workload": {"arrivals": "poisson(10/s)"}, "nodes": {"app": {"crash_rate": "30/m", "restart": "500ms"}},
                   "direct": {"gap": "exp(20ms)"}}"#;
    let document = Document::parse(text).unwrap();
    assert!(shows(&document, Anomaly::Lost));
    let shrink = shrunk(&document, Anomaly::Lost);
    let found = shrink.shrunk();
    assert_eq!((found.after.faults, found.after.operations), (1, 1), "{}", shrink.document().to_json());
}

#[test]
fn nothing_to_shrink() {
    let says = |document: &Document, anomaly| Shrink::new(document, anomaly).unwrap_err()[0].to_string();
    let outbox = preset("missing-search-index").with_strategy(StrategyId::Outbox);
    assert_eq!(
        says(&outbox, None),
        "scenario is consistent. Nothing is wrong in this run: there is nothing to shrink."
    );
    let ghost = says(&preset("missing-search-index"), Some(Anomaly::Ghost));
    assert!(
        ghost.starts_with("--anomaly is \"ghost\". There is no such anomaly in this run; there are missing, lost"),
        "{ghost}"
    );
}

/// Subsequences of the small workload of at most three operations, each with at most one fault of any kind: none that
/// shows the anomaly has fewer faults, or as many and fewer operations, than the shrunk one.
#[test]
fn brute_force_finds_nothing_smaller() {
    let mut document = preset("missing-search-index");
    document.set("stores.search-index.apply", "blind").unwrap();
    let strategies =
        [StrategyId::DirectDbFirst, StrategyId::DirectBrokerFirst, StrategyId::Outbox, StrategyId::TwoPhaseCommit];
    // By strategy and anomaly: the least faults and operations, and the last scenario that shows it.
    let mut least: BTreeMap<(StrategyId, Anomaly), ((usize, usize), Document)> = BTreeMap::new();
    for strategy in strategies {
        let small = small(&document, strategy).unwrap();
        let all = operations(&small.document);
        for mask in 1..1u32 << all.len() {
            let kept: Vec<_> = (0..all.len()).filter(|at| mask >> at & 1 == 1).map(|at| all[at].clone()).collect();
            let count = kept.len();
            if count > 3 {
                continue;
            }
            let mut base = small.document.clone();
            base.set_value("workload.arrivals", kept.into()).unwrap();
            let plan = base.plan().unwrap();
            let mut note = |report: &crate::run::report::Report, faults: &[&str]| {
                let mut document = base.clone();
                faults.iter().for_each(|fault| document.add_fault(fault).unwrap());
                for anomaly in outcome::anomalies(report) {
                    let size = (faults.len(), count);
                    let known = least.entry((strategy, anomaly)).or_insert_with(|| (size, document.clone()));
                    *known = (known.0.min(size), document.clone());
                }
            };
            let (report, trace) = outcome::run(&plan, usize::MAX);
            note(&report, &[]);
            let records = trial::before_drain(&trace.records);
            let crashes = trial::crashes(&plan, records, Some(small.restart));
            for trial in crashes.iter().chain(&trial::messages(&plan, records, small.delay)) {
                note(&outcome::run(&outcome::with_faults(&plan, &[trial]), 0).0, &[&trial.fault.text]);
            }
        }
    }
    let mut kinds = std::collections::BTreeSet::new();
    for ((strategy, anomaly), (least, document)) in least {
        let shrink = shrunk(&document, anomaly);
        let after = shrink.shrunk().after;
        let size = (after.faults as usize, after.operations as usize);
        assert!(
            size <= least,
            "{}, {}: {size:?}, but there is {least:?}\n{}",
            strategy.id(),
            anomaly.id(),
            shrink.document().to_json()
        );
        kinds.insert(anomaly);
    }
    for anomaly in [
        Anomaly::Missing,
        Anomaly::Stale,
        Anomaly::Ghost,
        Anomaly::Lost,
        Anomaly::GhostEvent,
        Anomaly::Duplicate,
        Anomaly::Reordered,
        Anomaly::Blocked,
    ] {
        assert!(kinds.contains(&anomaly), "{} was not met: {kinds:?}", anomaly.id());
    }
}
