//! Every crash point, under every strategy that passes it: a run in which the node was killed there, with what was lost
//! and what was kept. Two clients insert a row each; the node dies with the first one's change in hand.

use crate::lab;
use driftscope::scenario::Document;
use driftscope::scenario::plan::FaultTarget;
use driftscope::strategy::{CrashPoint, StrategyId};
use driftscope::world::record::Kind;
use std::collections::BTreeSet;

/// Nobody gives up early, the relay looks every 100 ms, a node is down for 500 ms.
fn base(strategy: StrategyId) -> Document {
    let document = lab::document(
        r#"{"duration": "20s", "target": "broker",
            "workload": {"arrivals": [{"at": "1s", "key": "first", "op": "insert"}, {"at": "5s", "key": "second", "op": "insert"}],
                         "client": {"timeout": "4s"}},
            "nodes": {"app": {"restart": "500ms"}, "source": {"restart": "500ms"}, "broker": {"restart": "500ms"},
                      "relay": {"restart": "500ms"}, "connector": {"restart": "500ms"}, "coordinator": {"restart": "500ms"},
                      "search-index": {"restart": "500ms"},
                      "search-index-consumer": {"restart": "500ms"}},
            "source": {"timeout": "300ms", "max_prepared_transactions": 100}, "broker": {"xa": true}, "direct": {"retry": {"timeout": "300ms"}},
            "stores": {"search-index": {"consumer": {"timeout": "300ms"}}},
            "outbox": {"poll": "100ms", "phase": "0s", "timeout": "300ms"}}"#,
    );
    document.with_strategy(strategy)
}

/// The node that passes the point, and the fault that kills it there at its first pass.
fn killed(strategy: StrategyId, point: CrashPoint) -> Document {
    let node = match point.id().split('.').next() {
        Some("consumer") => "search-index-consumer",
        Some("store") => "search-index",
        Some(node) => node,
        None => "",
    };
    let needs = NEEDS.iter().filter(|(at, ..)| *at == point).map(|&(_, path, value)| (path, value));
    let document = lab::with(&base(strategy), &needs.collect::<Vec<_>>());
    lab::and_fault(&document, &format!("crash:{node}@{}*1", point.id()))
}

/// Whether a run without a crash passes the point; what a strategy has no machine for, or no use, it does not pass.
fn passes(strategy: StrategyId, point: CrashPoint) -> bool {
    let plan = lab::plan(&killed(strategy, point));
    let mut document = killed(strategy, point);
    document.remove_fault(0);
    let recording = lab::run(&document);
    let passed = lab::of_kind(&recording.trace().records, Kind::Passed).any(|record| record.detail == point as u8);
    passed && plan.faults[0].target != FaultTarget::Absent
}

/// Points that a machine passes only under an option.
const NEEDS: &[(CrashPoint, &str, &str)] = &[
    (CrashPoint::AppBeginEnqueue, "source.lock_order", "outbox-first"),
    (CrashPoint::AppEnqueueWrite, "source.lock_order", "outbox-first"),
    (CrashPoint::RelayClaimMark, "outbox.order", "mark-then-publish"),
    (CrashPoint::RelayMarkPublish, "outbox.order", "mark-then-publish"),
    (CrashPoint::ConnectorStoreConfirm, "cdc.offset_flush", "1s"),
    (CrashPoint::CoordinatorLastDecision, "two-phase-commit.last_resource", "broker"),
    (CrashPoint::ConsumerApplyEmit, "stores.next", "{}"),
    (CrashPoint::ConsumerApplyEmit, "stores.search-index.emits_to", "next"),
    (CrashPoint::ConsumerCommitApply, "stores.search-index.consumer.commit", "before"),
    (CrashPoint::ConsumerApplyPoll, "stores.search-index.consumer.commit", "before"),
    (CrashPoint::ConsumerApplyMark, "stores.search-index.inbox", r#"{"window":"1h","same_tx":false}"#),
    (CrashPoint::ConnectorSelectWatermark, "recovery.mend", SNAPSHOT),
    (CrashPoint::ConnectorWindowEmit, "recovery.mend", SNAPSHOT),
];

const SNAPSHOT: &str = r#"{"kind": "resnapshot", "incremental": true, "period": "10s"}"#;

/// Crash point, strategy; rows that the source and the store keep; what became of the two events; what differs for good;
/// what the two clients were told.
type Row = (&'static str, &'static str, (u64, u64), &'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("app.after-begin-before-write",                   "direct-db-first",        (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-begin-before-write",                   "direct-broker-first",    (1, 2), "ghost 1",        "ghost 1",    "ok 1 unknown 1"),
    ("app.after-begin-before-write",                   "outbox",                 (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-begin-before-write",                   "publish-in-transaction", (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-begin-before-write",                   "fire-and-forget",        (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-begin-before-write",                   "cdc",                    (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-begin-before-write",                   "two-phase-commit",       (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-write-before-commit",                  "direct-db-first",        (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-write-before-commit",                  "direct-broker-first",    (1, 2), "ghost 1",        "ghost 1",    "ok 1 unknown 1"),
    ("app.after-write-before-commit",                  "fire-and-forget",        (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-write-before-commit",                  "cdc",                    (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-write-before-commit",                  "two-phase-commit",       (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-write-before-enqueue",                 "outbox",                 (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-enqueue-before-commit",                "outbox",                 (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "direct-db-first",        (2, 1), "lost 1",         "missing 1",  "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "direct-broker-first",    (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "outbox",                 (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "publish-in-transaction", (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "fire-and-forget",        (2, 1), "lost 1",         "missing 1",  "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "cdc",                    (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-ack",                    "two-phase-commit",       (1, 1), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-publish",                "direct-db-first",        (2, 1), "lost 1",         "missing 1",  "ok 1 unknown 1"),
    ("app.after-commit-before-publish",                "fire-and-forget",        (2, 1), "lost 1",         "missing 1",  "ok 1 unknown 1"),
    ("app.after-commit-before-reply",                  "direct-broker-first",    (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-reply",                  "outbox",                 (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-reply",                  "publish-in-transaction", (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-reply",                  "cdc",                    (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-commit-before-reply",                  "two-phase-commit",       (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-publish-before-ack",                   "direct-db-first",        (2, 2), "-",              "-",          "ok 1 unknown 1"),
    ("app.after-publish-before-ack",                   "direct-broker-first",    (1, 2), "ghost 1",        "ghost 1",    "ok 1 unknown 1"),
    ("app.after-publish-before-ack",                   "publish-in-transaction", (1, 2), "ghost 1",        "ghost 1",    "ok 1 unknown 1"),
    ("app.after-publish-before-ack", "listen-to-yourself", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("app.after-publish-before-begin", "direct-broker-first", (1, 2), "ghost 1", "ghost 1", "ok 1 unknown 1"),
    ("app.after-publish-before-reply", "direct-db-first", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("app.after-publish-before-reply", "fire-and-forget", (2, 1), "lost 1", "missing 1", "ok 1 unknown 1"),
    ("app.after-publish-before-reply", "listen-to-yourself", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "direct-db-first", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "direct-broker-first", (1, 2), "ghost 1", "ghost 1", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "outbox", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "publish-in-transaction", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "fire-and-forget", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "cdc", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("source.after-write-before-ack", "two-phase-commit", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "direct-db-first", (2, 1), "lost 1", "missing 1", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "direct-broker-first", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "outbox", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "publish-in-transaction", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "fire-and-forget", (2, 1), "lost 1", "missing 1", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "cdc", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "two-phase-commit", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-commit-before-ack", "listen-to-yourself", (2, 2), "-", "-", "ok 2"),
    ("broker.after-append-before-ack", "direct-db-first", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("broker.after-append-before-ack", "direct-broker-first", (1, 2), "ghost 1", "ghost 1", "ok 1 unknown 1"),
    ("broker.after-append-before-ack", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("broker.after-append-before-ack", "publish-in-transaction", (1, 2), "ghost 1", "ghost 1", "ok 1 failed 1"),
    ("broker.after-append-before-ack", "fire-and-forget", (2, 2), "-", "-", "ok 2"),
    ("broker.after-append-before-ack", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("broker.after-append-before-ack", "listen-to-yourself", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("relay.after-claim-before-publish", "outbox", (2, 2), "-", "-", "ok 2"),
    ("relay.after-publish-before-ack", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("relay.after-ack-before-mark", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("relay.after-mark-before-poll", "outbox", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "direct-db-first", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "direct-broker-first", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "outbox", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "publish-in-transaction", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "fire-and-forget", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "cdc", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "two-phase-commit", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-poll-before-apply", "listen-to-yourself", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "direct-db-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "direct-broker-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "publish-in-transaction", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "fire-and-forget", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "two-phase-commit", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-commit", "listen-to-yourself", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "direct-db-first", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "direct-broker-first", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "outbox", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "publish-in-transaction", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "fire-and-forget", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "cdc", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "two-phase-commit", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-commit-before-poll", "listen-to-yourself", (2, 2), "-", "-", "ok 2"),
    ("store.after-apply-before-ack", "direct-db-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "direct-broker-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "publish-in-transaction", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "fire-and-forget", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "two-phase-commit", (2, 2), "duplicates 1", "-", "ok 2"),
    ("store.after-apply-before-ack", "listen-to-yourself", (2, 2), "duplicates 1", "-", "ok 2"),
    ("app.after-write-before-publish", "publish-in-transaction", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("app.after-publish-before-commit", "publish-in-transaction", (1, 2), "ghost 1", "ghost 1", "ok 1 unknown 1"),
    ("app.after-buffer-before-send", "fire-and-forget", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("connector.after-decode-before-poll", "cdc", (2, 2), "-", "-", "ok 2"),
    ("connector.after-poll-before-publish", "cdc", (2, 2), "-", "-", "ok 2"),
    ("connector.after-publish-before-ack", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("connector.after-ack-before-store", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("connector.after-store-before-confirm", "cdc", (2, 2), "-", "-", "ok 2"),
    ("relay.after-claim-before-mark", "outbox", (2, 2), "-", "-", "ok 2"),
    ("relay.after-mark-before-publish", "outbox", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("coordinator.after-prepare-before-decision", "two-phase-commit", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("coordinator.after-last-resource-before-decision", "two-phase-commit", (1, 2), "ghost 1", "ghost 1", "ok 1 unknown 1"),
    ("coordinator.after-decision-before-commit", "two-phase-commit", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("coordinator.after-commit-before-forget", "two-phase-commit", (2, 2), "-", "-", "ok 1 unknown 1"),
    ("source.after-prepare-before-ack", "two-phase-commit", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("broker.after-prepare-before-ack", "two-phase-commit", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("app.after-validate-before-publish", "listen-to-yourself", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("app.after-begin-before-enqueue", "outbox", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("app.after-enqueue-before-write", "outbox", (1, 1), "-", "-", "ok 1 unknown 1"),
    ("consumer.after-commit-before-apply", "direct-db-first", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "direct-broker-first", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "outbox", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "publish-in-transaction", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "fire-and-forget", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "cdc", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "two-phase-commit", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-commit-before-apply", "listen-to-yourself", (2, 1), "lost 1", "missing 1", "ok 2"),
    ("consumer.after-apply-before-poll", "direct-db-first", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "direct-broker-first", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "outbox", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "publish-in-transaction", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "fire-and-forget", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "cdc", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "two-phase-commit", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-poll", "listen-to-yourself", (2, 2), "-", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "direct-db-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "direct-broker-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "publish-in-transaction", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "fire-and-forget", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "two-phase-commit", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-mark", "listen-to-yourself", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "direct-db-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "direct-broker-first", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "outbox", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "publish-in-transaction", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "fire-and-forget", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "cdc", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "two-phase-commit", (2, 2), "duplicates 1", "-", "ok 2"),
    ("consumer.after-apply-before-emit", "listen-to-yourself", (2, 2), "duplicates 1", "-", "ok 2"),
    // No offset was stored before the crash: the log is read again from its start, and both events come twice.
    ("connector.after-select-before-watermark", "cdc", (2, 2), "duplicates 2", "-", "ok 2"),
    ("connector.after-window-before-emit", "cdc", (2, 2), "duplicates 2", "-", "ok 2"),
];

/// Before the dot of the points that belong to recoveries.
const RECOVERIES: [&str; 3] = ["reconcile.", "resnapshot.", "rebuild."];

#[test]
fn every_crash_point_has_a_run_in_which_it_fired() {
    let (mut report, mut fired, mut rows) = (String::new(), BTreeSet::new(), TABLE.iter());
    println!("{:<36} {:<23} {:<8} {:<26} {:<10} clients", "crash point", "strategy", "rows", "events", "for good");
    for point in CrashPoint::ALL {
        for strategy in StrategyId::ALL {
            if RECOVERIES.iter().any(|prefix| point.id().starts_with(prefix)) || !passes(*strategy, *point) {
                continue;
            }
            let document = killed(*strategy, *point);
            let recording = lab::run(&document);
            let told = recording.report();
            let (place, trace) = (format!("{} under {}", point.id(), strategy.id()), recording.trace());
            assert_eq!(lab::fired(told, 0), 1, "{place} never fired");
            let crash = lab::of_kind(&trace.records, Kind::Crashed).next().unwrap();
            assert_eq!(crash.detail, 1 + *point as u8, "{place}: the crash names its point");
            assert!(told.invariants.iter().all(|law| law.holds), "{place}: {:?}", told.invariants);
            assert!(told.simulated_us < 60_000_000, "{place}: nothing hangs, the run ends at {} us", told.simulated_us);
            fired.insert(*point);
            let source = recording.view(trace.ended).source.iter().filter(|row| row.present).count() as u64;
            let kept = (source, told.stores[0].rows);
            let (events, rows_bad, clients) =
                (lab::events_that_differ(&told.ledger), lab::rows_that_differ(told), lab::clients(told));
            println!(
                "{:<36} {:<23} {:<8} {events:<26} {rows_bad:<10} {clients}",
                point.id(),
                strategy.id(),
                format!("{kept:?}")
            );
            let now =
                format!("({:?}, {:?}, {kept:?}, {events:?}, {rows_bad:?}, {clients:?})", point.id(), strategy.id());
            let want = rows.next().map(|row| format!("{row:?}"));
            if want.as_ref() != Some(&now) {
                report += &format!("  was {}\n  now {now},\n", want.unwrap_or_default());
            }
        }
    }
    // The points of recoveries are no strategy's: `recovery::recoveries_crash` has a run for each.
    let own = |point: &&CrashPoint| !RECOVERIES.iter().any(|prefix| point.id().starts_with(prefix));
    let silent: Vec<&str> =
        CrashPoint::ALL.iter().filter(own).filter(|point| !fired.contains(point)).map(|point| point.id()).collect();
    assert!(silent.is_empty(), "never fired under any strategy: {silent:?}");
    assert!(report.is_empty() && rows.next().is_none(), "{report}");
}

/// The same run without the fault passes the same points: what is lost above is the crash's doing.
#[test]
fn without_a_crash_nothing_is_lost() {
    for strategy in StrategyId::ALL {
        let recording = lab::run(&base(*strategy));
        let told = recording.report();
        assert_eq!(lab::events_that_differ(&told.ledger), "-", "{}", strategy.id());
        assert_eq!((told.stores[0].rows, lab::clients(told)), (2, "ok 2".to_owned()), "{}", strategy.id());
    }
}

/// A fault of every pass strikes at every pass, and one of the second only there.
#[test]
fn passes_are_counted() {
    for (pass, want) in [("*1", 1), ("*2", 1), ("*3", 0), ("*0", 2)] {
        let fault = format!("crash:app@app.after-commit-before-publish{pass}");
        let recording = lab::run(&lab::and_fault(&base(StrategyId::DirectDbFirst), &fault));
        assert_eq!(lab::fired(recording.report(), 0), want, "{fault}");
        assert_eq!(recording.report().ledger.lost, want, "{fault}");
    }
}
