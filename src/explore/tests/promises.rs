//! What the documentation promises of each strategy (DOMAIN 3.1), in the cells of the search: what it says can happen is
//! reached by some cell, and what it excludes by none whose fault keeps the table's assumptions.

use super::preset;
use crate::explore::crash_search::{Bounds, CrashSearch};
use crate::explore::job::Job;
use crate::explore::matrix::{Cell, Matrix};
use crate::run::report::Verdict;
use crate::scenario::Document;
use crate::strategy::{CrashPoint, StrategyId};
use crate::truth::anomaly::Anomaly;
use std::collections::BTreeSet;

fn with(id: &str, options: &[(&str, &str)]) -> Document {
    let mut document = preset(id);
    for (path, value) in options {
        document.set(path, value).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
    }
    document
}

fn searched(document: &Document, strategies: &[StrategyId]) -> Matrix {
    let mut search = CrashSearch::new(document, strategies, Bounds::ONE).unwrap();
    while search.advance(64) {}
    let matrix = search.matrix();
    assert!(matrix.complete && matrix.broken_laws.is_empty(), "{:?}", matrix.broken_laws);
    matrix
}

/// Consumers and stores do not crash; nothing arrives late; from the consumer on calls succeed.
fn keeps_the_assumptions(cell: &Cell) -> bool {
    let kind = cell.fault.split(':').next().unwrap_or_default();
    let below = |word: &str| ["consumer", "store"].iter().any(|start| word.starts_with(start));
    match &cell.point {
        Some(point) => !below(point),
        None => !["late", "delay"].contains(&kind) && !cell.fault.contains("-consumer"),
    }
}

/// A strategy, what some cell must show, and what no cell under the assumptions may.
type Promise = (StrategyId, &'static [Anomaly], &'static [Anomaly]);

/// What of a table does not hold, a line each; nothing if all of it does.
fn broken(document: &Document, promises: &[Promise]) -> String {
    let matrix = searched(document, StrategyId::ALL);
    let mut errors = String::new();
    for (strategy, must, never) in promises {
        let own = || matrix.cells.iter().filter(|cell| cell.strategy == strategy.id());
        let shows = |cell: &&Cell, anomaly: &Anomaly| cell.anomalies.iter().any(|id| id == anomaly.id());
        for anomaly in must.iter().filter(|anomaly| !own().any(|cell| shows(&cell, anomaly))) {
            errors += &format!("{}: no cell shows {}\n", strategy.id(), anomaly.id());
        }
        for anomaly in *never {
            let bad = own().filter(|cell| keeps_the_assumptions(cell)).find(|cell| shows(cell, anomaly));
            errors += &bad.map_or_else(String::new, |cell| {
                format!("{} shows {} under {}\n{}\n", strategy.id(), anomaly.id(), cell.fault, cell.scenario)
            });
        }
        // A claim of safety is about faults that were tried and struck.
        let judged = own().filter(|cell| keeps_the_assumptions(cell) && cell.reached).count();
        assert!(judged >= 30, "{}: only {judged} cells judged", strategy.id());
    }
    assert_eq!(promises.len(), StrategyId::ALL.len());
    errors
}

/// On an index that takes every version: its state does not hide what arrives.
#[test]
fn each_strategy_on_a_blind_index() {
    use {Anomaly::*, StrategyId as S};
    #[rustfmt::skip]
    let promises: [Promise; 8] = [
        (S::DirectDbFirst,        &[Lost, Missing, Stale, Ghost, Reordered], &[GhostEvent, Duplicate, EarlyRead, Blocked]),
        (S::FireAndForget,        &[Lost, Missing, Stale, Ghost, Reordered], &[GhostEvent, EarlyRead, Blocked]),
        (S::DirectBrokerFirst,    &[GhostEvent, Ghost, Stale, Reordered],    &[Lost, Blocked]),
        (S::PublishInTransaction, &[GhostEvent, Ghost, Blocked],             &[Lost]),
        (S::Outbox,               &[Duplicate],                              &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Blocked]),
        (S::Cdc,                  &[Duplicate],                              &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Blocked]),
        (S::TwoPhaseCommit,       &[Blocked],                                &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Duplicate]),
        (S::ListenToYourself,     &[GhostEvent, Duplicate],                  &[Blocked]),
    ];
    let errors = broken(&with("missing-search-index", &[("stores.search-index.apply", "blind")]), &promises);
    assert!(errors.is_empty(), "{errors}");
}

/// With a broker between, and an app that tries again soon: what was only late then comes twice, and after what is newer.
#[test]
fn each_strategy_that_tries_again() {
    use {Anomaly::*, StrategyId as S};
    #[rustfmt::skip]
    let promises: [Promise; 8] = [
        (S::DirectDbFirst,        &[Lost, Missing, Duplicate, Reordered, Stale], &[GhostEvent, Blocked]),
        (S::FireAndForget,        &[Lost, Missing, Reordered, Stale],            &[GhostEvent, Blocked]),
        (S::DirectBrokerFirst,    &[GhostEvent, Duplicate, Reordered, Stale],    &[Lost, Blocked]),
        // The row's lock keeps its order: that the database forgets the lock while a publish is late takes two faults.
        (S::PublishInTransaction, &[GhostEvent, Duplicate],                       &[Lost]),
        (S::Outbox,               &[Duplicate],                                  &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Blocked]),
        (S::Cdc,                  &[Duplicate],                                  &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Blocked]),
        (S::TwoPhaseCommit,       &[Blocked],                                    &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Duplicate]),
        (S::ListenToYourself,     &[GhostEvent, Duplicate],                      &[Lost, Reordered, Blocked]),
    ];
    let options = [
        ("stores.search-index.apply", "blind"),
        ("target", "broker"),
        ("direct.retry.attempts", "3"),
        ("direct.retry.timeout", "50ms"),
    ];
    let errors = broken(&with("missing-search-index", &options), &promises);
    assert!(errors.is_empty(), "{errors}");
}

/// On a service that counts: it has every effect as often as it is told.
#[test]
fn each_strategy_on_an_incrementing_service() {
    use {Anomaly::*, StrategyId as S};
    #[rustfmt::skip]
    let promises: [Promise; 8] = [
        (S::DirectDbFirst,        &[Lost, Missing, Stale],        &[GhostEvent, DuplicateEffect, Ghost, EarlyRead, Blocked]),
        (S::FireAndForget,        &[Lost, Missing, Stale],        &[GhostEvent, DuplicateEffect, Ghost, EarlyRead, Blocked]),
        (S::DirectBrokerFirst,    &[GhostEvent, Ghost],           &[Lost, Missing, Blocked]),
        (S::PublishInTransaction, &[GhostEvent, Ghost, Blocked],  &[Lost, Missing]),
        (S::Outbox,               &[Duplicate, DuplicateEffect],  &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Blocked]),
        (S::Cdc,                  &[Duplicate, DuplicateEffect],  &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, Blocked]),
        (S::TwoPhaseCommit,       &[Blocked],                     &[Lost, GhostEvent, Missing, Stale, Ghost, Reordered, EarlyRead, DuplicateEffect]),
        (S::ListenToYourself,     &[GhostEvent, DuplicateEffect], &[Lost, Missing, Blocked]),
    ];
    let options = [("stores.search-index.kind", "service"), ("stores.search-index.apply", "increment")];
    let errors = broken(&with("missing-search-index", &options), &promises);
    assert!(errors.is_empty(), "{errors}");
}

/// Atomic means atomic only as long as nobody decides by hand, and everybody votes.
#[test]
fn two_phase_commit_diverges_by_hand_or_by_a_last_resource() {
    let two = [StrategyId::TwoPhaseCommit];
    let hand = |how: &str| {
        let options = [("two-phase-commit.heuristic", how), ("two-phase-commit.heuristic_after", "500ms")];
        with("missing-search-index", &options)
    };
    for document in [hand("commit"), hand("abort"), preset("two-phase-commit-unsupported")] {
        let matrix = searched(&document, &two);
        let diverged = matrix.cells.iter().filter(|cell| cell.verdict == Verdict::Diverged).count();
        assert!(diverged > 0 && matrix.fault_free[0].verdict == Verdict::Consistent, "{}", document.to_json());
    }
}

/// What the documentation advertises happens somewhere: every anomaly has a cell that shows it.
#[test]
fn every_anomaly_has_a_witness() {
    let mut documents = vec![
        (preset("missing-search-index"), StrategyId::DirectDbFirst),
        (preset("missing-search-index"), StrategyId::DirectBrokerFirst),
        (preset("missing-search-index"), StrategyId::Outbox),
        (preset("missing-search-index"), StrategyId::TwoPhaseCommit),
        (preset("early-read"), StrategyId::PublishInTransaction),
    ];
    // Effects can only be repeated by a store that has some.
    let options = [("stores.search-index.kind", "service"), ("stores.search-index.apply", "increment")];
    documents.push((with("missing-search-index", &options), StrategyId::Outbox));
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for (document, strategy) in &documents {
        shown.extend(searched(document, &[*strategy]).witnesses.into_keys());
    }
    for anomaly in Anomaly::ALL {
        assert!(shown.contains(anomaly.id()), "{} has no witness: {shown:?}", anomaly.id());
    }
}

/// No crash point is safe because nobody gets there: each is passed, and tried, in some scenario.
#[test]
fn every_crash_point_is_tried() {
    let documents = [
        (preset("missing-search-index"), StrategyId::ALL.to_vec()),
        (with("outbox", &[("outbox.order", "mark-then-publish")]), vec![StrategyId::Outbox]),
        (with("outbox", &[("source.lock_order", "outbox-first")]), vec![StrategyId::Outbox]),
        (preset("two-phase-commit-unsupported"), vec![StrategyId::TwoPhaseCommit]),
        (with("outbox", &[("stores.search-index.consumer.commit", "before")]), vec![StrategyId::Outbox]),
        (
            with("outbox", &[("stores.search-index.inbox", r#"{"window": "7d", "same_tx": false}"#)]),
            vec![StrategyId::Outbox],
        ),
        (preset("cascade"), vec![StrategyId::Outbox]),
        // A pass that begins while an update is on its way finds a row to repair.
        (
            with(
                "missing-search-index",
                &[
                    ("recovery.mend", r#"{"period": "200ms", "grace": "0s"}"#),
                    ("links.app-search-index.latency", "100ms"),
                ],
            ),
            vec![StrategyId::DirectDbFirst],
        ),
        (
            with("missing-search-index", &[("recovery.mend", r#"{"kind": "resnapshot", "period": "2s"}"#)]),
            vec![StrategyId::DirectDbFirst],
        ),
        (
            with(
                "missing-search-index",
                &[("recovery.mend", r#"{"kind": "resnapshot", "incremental": true, "period": "2s"}"#)],
            ),
            vec![StrategyId::Cdc],
        ),
        (
            with("missing-search-index", &[("recovery.mend", r#"{"kind": "rebuild", "period": "2s"}"#)]),
            vec![StrategyId::DirectDbFirst],
        ),
    ];
    let mut tried: BTreeSet<String> = BTreeSet::new();
    for (document, strategies) in documents {
        let matrix = searched(&document, &strategies);
        tried.extend(matrix.cells.iter().filter(|cell| cell.reached).filter_map(|cell| cell.point.clone()));
    }
    let never: Vec<&str> = CrashPoint::IDS.iter().copied().filter(|id| !tried.contains(*id)).collect();
    assert!(never.is_empty(), "no cell crashes at {never:?}: a scenario above is to pass them");
}
