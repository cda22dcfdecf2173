//! The search: how many cells there are, counted anew from a fault-free trace; what is cut says so; every cell replays.

use super::preset;
use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::job::Job;
use crate::explore::matrix::Matrix;
use crate::explore::outcome;
use crate::explore::small::small;
use crate::run::report::Verdict;
use crate::scenario::permalink;
use crate::strategy::StrategyId;
use crate::world::record::{Kind, Parcel};
use std::collections::{BTreeMap, BTreeSet};

fn searched(id: &str, strategies: &[StrategyId], bounds: Bounds) -> Matrix {
    let mut search = CrashSearch::new(&preset(id), strategies, bounds).unwrap();
    while search.advance(64) {}
    search.matrix()
}

/// The numbers of the issue, from the trace and from nothing that the search uses.
#[test]
fn cells_are_passes_and_calls_times_outcomes_and_messages() {
    let matrix = searched("missing-search-index", StrategyId::ALL, Bounds::ONE);
    assert!(matrix.complete);
    assert_eq!((matrix.runs, matrix.total), (matrix.cells.len() as u64, matrix.cells.len() as u64));
    for strategy in StrategyId::ALL {
        let small = small(&preset("missing-search-index"), *strategy).unwrap();
        let (_, trace) = outcome::run(&small.document.plan().unwrap(), usize::MAX);
        let until = trace.records.iter().position(|record| record.kind == Kind::DrainBegan).unwrap();
        let records = &trace.records[..until];
        let passes = records.iter().filter(|record| record.kind == Kind::Passed).count();
        let sent = |record: &&crate::world::record::Record| record.kind == Kind::Sent && record.detail >= 2;
        let parcels = records.iter().filter(sent).map(|record| Parcel::ALL[usize::from(record.detail)]);
        let messages: Vec<Parcel> = parcels.filter(|parcel| *parcel != Parcel::CommitOffset).collect();
        let calls = messages.iter().filter(|parcel| !matches!(parcel, Parcel::Deliver | Parcel::Wal)).count();
        let cells = || matrix.cells.iter().filter(|cell| cell.strategy == strategy.id());
        let crashes = cells().filter(|cell| cell.point.is_some()).count();
        assert_eq!(crashes, passes, "{}: crashes", strategy.id());
        assert_eq!(cells().count() - crashes, calls * 4 + messages.len(), "{}: others", strategy.id());
        assert!(passes >= 16, "{}: {passes} passes", strategy.id());
        let different: BTreeSet<&str> = cells().map(|cell| cell.fault.as_str()).collect();
        assert_eq!(different.len(), cells().count(), "{}: no fault twice", strategy.id());
    }
}

/// No cell claims anything about a fault that did not strike; no run breaks a law.
#[test]
fn every_fault_strikes() {
    for id in ["missing-search-index", "order-created-lost", "early-read"] {
        let matrix = searched(id, StrategyId::ALL, Bounds::ONE);
        for cell in &matrix.cells {
            assert!(cell.reached, "{id}: {} under {} never struck\n{}", cell.fault, cell.strategy, cell.scenario);
        }
        assert_eq!(matrix.broken_laws, Vec::<String>::new());
        // Every crash point that a strategy passes has its cells; points that none passes are not listed.
        for point in &matrix.points {
            assert!(matrix.cells.iter().any(|cell| cell.point.as_ref() == Some(point)), "{point}");
        }
        for free in &matrix.fault_free {
            assert_eq!(free.verdict, Verdict::Consistent, "{id}: {} without a fault\n{}", free.strategy, free.scenario);
        }
    }
}

/// A process that has crashed crashes again at each pass that it has left: a second time where it did what it did, which
/// the pauses of the scenario do not allow, unless the first crash is brief.
#[test]
fn one_process_crashes_twice() {
    let document = preset("missing-search-index");
    for strategy in [StrategyId::DirectBrokerFirst, StrategyId::Outbox, StrategyId::TwoPhaseCommit] {
        let small = small(&document, strategy).unwrap();
        let base = small.document.plan().unwrap();
        let matrix = searched("missing-search-index", &[strategy], Bounds::TWO);
        assert!(matrix.complete && matrix.broken_laws.is_empty(), "{}", strategy.id());
        let node = |fault: &str| fault.split('@').next().unwrap().to_owned();
        for first in matrix.cells.iter().filter(|cell| cell.point.is_some() && cell.then.is_none()) {
            let brief = first.fault.replace("+2s", "+25ms");
            let mut crashed = small.document.clone();
            crashed.add_fault(&brief).unwrap();
            let trace = outcome::run(&crashed.plan().unwrap(), usize::MAX).1;
            let begins = |kind| trace.records.iter().position(|record| record.kind == kind).unwrap();
            let rest = &trace.records[begins(Kind::Crashed)..begins(Kind::DrainBegan)];
            let own = |record: &&crate::world::record::Record| {
                record.kind == Kind::Passed && format!("crash:{}", base.node_name(record.node)) == node(&first.fault)
            };
            let pairs = matrix.cells.iter().filter(|cell| cell.fault == brief);
            let again = pairs.filter(|cell| node(&cell.then.as_ref().unwrap().fault) == node(&brief));
            assert_eq!(again.count(), rest.iter().filter(own).count(), "{} {brief}", strategy.id());
        }
        let twice = |id: &str| {
            let own = |cell: &&crate::explore::matrix::Cell| node(&cell.fault) == format!("crash:{id}");
            matrix.cells.iter().filter(own).any(|cell| cell.then.as_ref().is_some_and(|then| then.pass > 1))
        };
        assert!(twice("app") && twice("source"), "{}", strategy.id());
    }
}

/// Two crashes of the app that publishes first do what none does alone with these operations: the second event of a change
/// that failed tells the index a row of its own. With others one fault may do it.
#[test]
fn two_crashes_do_what_one_does_not() {
    let matrix = searched("missing-search-index", &[StrategyId::DirectBrokerFirst], Bounds::TWO);
    let stale = &matrix.witnesses["stale"];
    assert!(stale.then.is_some(), "{}", stale.faults());
}

/// What cannot run is left out, and is no part of what was tried; if nothing can run, the search is refused.
#[test]
fn a_strategy_that_cannot_run_is_left_out() {
    let document = crate::scenario::Document::parse("{}").unwrap();
    let all = CrashSearch::new(&document, StrategyId::ALL, Bounds::ONE).unwrap().matrix();
    let left: Vec<&str> = all.left_out.iter().map(|out| out.strategy.as_str()).collect();
    assert_eq!(left, ["two-phase-commit"]);
    assert_eq!(all.strategies.len() + 1, StrategyId::ALL.len());
    assert!(all.left_out[0].why.starts_with("source.max_prepared_transactions is 0. "), "{}", all.left_out[0].why);
    assert!(all.left_out[0].why.contains("broker.xa is false. "), "every reason: {}", all.left_out[0].why);
    let refused = CrashSearch::new(&document, &[StrategyId::TwoPhaseCommit], Bounds::ONE).unwrap_err();
    assert_eq!(refused.len(), 2);
}

#[test]
fn a_lower_bound_is_not_complete() {
    let all = searched("missing-search-index", &[StrategyId::DirectDbFirst], Bounds::ONE);
    let cut = searched(
        "missing-search-index",
        &[StrategyId::DirectDbFirst],
        Bounds { most_runs: all.runs - 1, ..Bounds::ONE },
    );
    assert!(all.complete && !cut.complete);
    assert_eq!((cut.runs, cut.total), (all.runs - 1, all.total));
    assert_eq!(cut.cells[..], all.cells[..all.cells.len() - 1]);
    let mut given_up = CrashSearch::new(&preset("missing-search-index"), StrategyId::ALL, Bounds::ONE).unwrap();
    assert!(given_up.advance(10));
    assert_eq!(given_up.progress().done, 10);
    assert!(!given_up.matrix().complete);
}

/// In slices or in batches on threads: the same matrix.
#[test]
fn slices_and_batches_agree() {
    let bounds = Bounds { most_runs: 700, ..Bounds::TWO };
    let strategies = [StrategyId::DirectDbFirst, StrategyId::Outbox];
    let one = searched("missing-search-index", &strategies, bounds);
    let mut search = CrashSearch::new(&preset("missing-search-index"), &strategies, bounds).unwrap();
    loop {
        let found: Vec<_> = search.batch(33).iter().map(|work| search.space().probe(work)).collect();
        if found.is_empty() {
            break;
        }
        search.accept(found);
    }
    assert!(one.cells == search.matrix().cells);
}

/// A cell's link is a scenario document that shows what the cell says.
#[test]
fn every_cell_replays() {
    let matrix = searched("missing-search-index", &[StrategyId::DirectDbFirst, StrategyId::Outbox], Bounds::ONE);
    for cell in matrix.cells.iter().step_by(7) {
        let opened = permalink::decode(&cell.scenario);
        assert_eq!(opened.refusals, []);
        let document = opened.document.unwrap();
        assert_eq!(document.faults(), std::slice::from_ref(&cell.fault));
        let (report, _) = outcome::run(&document.plan().unwrap(), 0);
        assert_eq!(report.verdict, cell.verdict, "{}", cell.scenario);
        let anomalies: Vec<&str> = outcome::anomalies(&report).iter().map(|anomaly| anomaly.id()).collect();
        assert_eq!(anomalies, cell.anomalies, "{}", cell.scenario);
        assert_eq!(report.faults[0].fired, 1);
    }
}

/// What the strategies show on the versioned index with durable tombstones: the assumptions of DOMAIN 8.
#[test]
fn a_versioned_index_behind_an_outbox_never_diverges() {
    let matrix = searched("missing-search-index", StrategyId::ALL, Bounds::ONE);
    let mut harm: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for cell in &matrix.cells {
        if cell.verdict == Verdict::Diverged {
            harm.entry(&cell.strategy).or_default().insert(cell.harm().word());
        }
    }
    for safe in [StrategyId::Outbox, StrategyId::Cdc] {
        let bad: Vec<&str> = matrix
            .cells
            .iter()
            .filter(|cell| cell.strategy == safe.id() && cell.verdict != Verdict::Consistent)
            .map(|cell| cell.scenario.as_str())
            .collect();
        assert!(bad.is_empty(), "{} diverges or blocks:\n{}", safe.id(), bad.join("\n"));
    }
    assert!(harm["direct-db-first"].contains("missing"), "{harm:?}");
    assert!(harm["direct-broker-first"].contains("ghost"), "{harm:?}");
    for anomaly in ["missing", "ghost", "lost", "ghost-event", "duplicate"] {
        assert!(matrix.witnesses.contains_key(anomaly), "{anomaly}: {:?}", matrix.witnesses.keys());
    }
}
