//! Tests: what the presets of `publish-in-transaction` and its like come to, and the figures that decide.

use super::recording::Recording;
use super::report::{Report, Verdict};
use crate::kernel::time::Us;
use crate::scenario::Document;
use crate::scenario::presets;
use crate::strategy::StrategyId;
use crate::world::record::{Kind, Record};

fn run(document: &Document) -> Recording {
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let recording = Recording::run(plan);
    lawful(&recording);
    recording
}

fn lawful(recording: &Recording) {
    for law in &recording.report().invariants {
        assert!(law.holds, "{} under {}: {law:?}", recording.report().scenario, recording.report().strategy);
    }
}

fn preset(id: &str) -> Recording {
    run(&presets::find(id).unwrap().document())
}

/// Missing, stale, ghost and twofold rows, summed over the stores.
fn rows(report: &Report) -> [u64; 4] {
    let sum = |of: fn(&super::report::StoreReport) -> u64| report.stores.iter().map(of).sum();
    [sum(|s| s.missing), sum(|s| s.stale), sum(|s| s.ghost), sum(|s| s.duplicate_effects)]
}

fn records(recording: &Recording, kind: Kind) -> Vec<Record> {
    recording.trace().records.iter().filter(|record| record.kind == kind).copied().collect()
}

fn every_fault_struck(recording: &Recording) {
    for fault in &recording.report().faults {
        assert!(fault.fired > 0, "{} never struck", fault.fault);
    }
    assert!(recording.trace().len() <= 8_000, "{} records", recording.trace().len());
}

/// Every preset runs under every strategy, and no law breaks.
#[test]
fn every_preset_under_every_strategy() {
    for preset in presets::PRESETS {
        for strategy in StrategyId::ALL {
            run(&preset.document().with_strategy(*strategy));
        }
    }
}

#[test]
fn rollback_after_publish() {
    let recording = preset("rollback-after-publish");
    every_fault_struck(&recording);
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Diverged, [0, 0, 1, 0]));
    assert_eq!((report.ledger.ghost, report.ledger.lost, report.client.failed), (1, 0, 1));
}

#[test]
fn early_read() {
    let recording = preset("early-read");
    every_fault_struck(&recording);
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Diverged, [1, 0, 0, 0]));
    assert_eq!((report.ledger.early_reads, report.ledger.lost, report.ledger.ghost), (1, 1, 0));
    let cause = &report.stores[0].witnesses[0].cause;
    assert!(cause.contains("no such row at the source"), "{cause}");
    assert_eq!(records(&recording, Kind::Rejected).len(), 1);
    assert!(records(&recording, Kind::Read).len() > 10, "the others are read after their commit");
}

/// By reference an update that is read too early is not found missing but old: the consumer applies what was before.
#[test]
fn an_early_read_of_an_update_is_stale() {
    let mut document = presets::find("early-read").unwrap().document();
    document.set("faults", r#"["delay:app-source*20+40ms"]"#).unwrap();
    let recording = run(&document);
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Diverged, [0, 1, 0, 0]));
    assert_eq!((report.ledger.early_reads, report.ledger.lost), (1, 1));
}

/// A broker outage inside the transaction holds the row locks: the writer of the same row waits too (DOMAIN 2a, A3).
#[test]
fn a_broker_outage_blocks_the_writers() {
    let mut document = presets::find("rollback-after-publish").unwrap().document();
    document.set("faults", r#"["cut:app-broker@5.5s"]"#).unwrap();
    document.set("direct.retry.attempts", "0").unwrap();
    document.set("direct.retry.timeout", "1s").unwrap();
    document.set("block_after", "4s").unwrap();
    let recording = run(&document);
    let report = recording.report();
    assert_eq!(report.verdict, Verdict::Blocked);
    assert!(report.blocked.operations >= 8, "{:?}", report.blocked);
    assert!(report.blocked.max_us > 10_000_000, "{:?}", report.blocked);
    // The same outage after the commit blocks nobody.
    let recording = run(&document.with_strategy(StrategyId::DirectDbFirst));
    assert_eq!(recording.report().blocked.operations, 0);
}

fn fire_and_forget(settings: &[(&str, &str)]) -> Recording {
    let mut document = presets::find("order-created-lost").unwrap().document().with_strategy(StrategyId::FireAndForget);
    document.set("workload.arrivals", "every(100ms)").unwrap();
    document.set("source.tx_time", "0s").unwrap();
    document.set("direct.gap", "0s").unwrap();
    for (path, value) in settings {
        document.set(path, value).unwrap();
    }
    run(&document)
}

/// What lingers in the buffer dies with the app, although its client was told that all went well (DOMAIN 2a, A4).
#[test]
fn a_crash_loses_the_buffer() {
    let crash = r#"["crash:app@8.95s+1s"]"#;
    // linger, batch, lost: the buffer holds what came since the last batch.
    for (linger, batch, lost) in
        [("5ms", "16", 0), ("1h", "16", 9), ("1h", "1000", 89), ("250ms", "16", 2), ("0s", "1", 0)]
    {
        let settings = [("fire-and-forget.linger", linger), ("fire-and-forget.batch", batch), ("faults", crash)];
        let recording = fire_and_forget(&settings);
        let report = recording.report();
        assert_eq!(report.ledger.lost, lost, "linger {linger}, batch {batch}");
        assert_eq!(report.client.ok_but_lost, 0, "they are in the source: {linger}, {batch}");
        assert_eq!(report.client.failed + report.client.unknown, 10, "those who found the app down: {linger}, {batch}");
        let killed = records(&recording, Kind::Killed).iter().filter(|record| record.event.some().is_some()).count();
        assert_eq!(killed as u64, lost);
    }
}

/// The crash point between the buffer and the network loses the whole batch.
#[test]
fn a_batch_dies_before_it_leaves() {
    let crash = r#"["crash:app@app.after-buffer-before-send*3+1s"]"#;
    let recording =
        fire_and_forget(&[("fire-and-forget.linger", "1h"), ("fire-and-forget.batch", "8"), ("faults", crash)]);
    every_fault_struck(&recording);
    assert_eq!(recording.report().ledger.lost, 8);
}

/// Nobody waits for the broker: its failures reach no client, and a retry is the client library's own affair.
#[test]
fn failures_reach_no_client() {
    let cut = r#"["cut:app-broker@5s+1s"]"#;
    let once = fire_and_forget(&[("faults", cut), ("direct.retry.timeout", "300ms")]);
    let report = once.report();
    assert_eq!((report.client.failed, report.client.unknown), (0, 0));
    assert_eq!(report.ledger.lost, 10);
    let again = fire_and_forget(&[("faults", cut), ("direct.retry.timeout", "300ms"), ("direct.retry.attempts", "0")]);
    assert_eq!((again.report().ledger.lost, again.report().verdict), (0, Verdict::Consistent));
}

/// The coordinator dies between the votes and its decision, and stays down: the row is locked, its next writer waits.
#[test]
fn two_phase_commit_blocked() {
    let recording = preset("two-phase-commit-blocked");
    every_fault_struck(&recording);
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Blocked, [0; 4]));
    assert_eq!(report.blocked.operations, 2, "the one in doubt, and the writer of the same row");
    assert_eq!((report.blocked.in_doubt_peak, report.ledger.lost, report.ledger.ghost), (1, 0, 0));
    assert!(report.blocked.max_us >= 20_000_000, "{:?}", report.blocked);
    // Presumed abort: what had no decision is rolled back when the coordinator is up again.
    let decided = records(&recording, Kind::Decided);
    let aborted = decided.iter().filter(|record| record.value == 0).count();
    assert_eq!(aborted, 2, "at the source and at the broker");
}

/// The decision is made and the source is cut off: the broker has committed, the source is in doubt until the cut heals.
#[test]
fn two_phase_commit_partition() {
    let recording = preset("two-phase-commit-partition");
    every_fault_struck(&recording);
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Blocked, [0; 4]));
    assert_eq!((report.blocked.in_doubt_peak, report.ledger.lost, report.ledger.ghost), (1, 0, 0));
    let order = |kind: Kind| records(&recording, kind).iter().find(|record| record.key.0 == 5).map(|record| record.at);
    let (appended, committed) = (order(Kind::Appended).unwrap(), order(Kind::Committed).unwrap());
    assert!(committed.since(appended).0 > 20_000_000, "seen at {appended}, committed at {committed}");
}

/// A last resource that has committed cannot be taken back.
#[test]
fn two_phase_commit_unsupported() {
    let recording = preset("two-phase-commit-unsupported");
    every_fault_struck(&recording);
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Diverged, [0, 0, 1, 0]));
    assert_eq!((report.ledger.ghost, report.ledger.lost), (1, 0));
}

fn two_phase(settings: &[(&str, &str)]) -> Recording {
    let mut document = presets::find("two-phase-commit-blocked").unwrap().document();
    document.set("faults", "[]").unwrap();
    for (path, value) in settings {
        document.set(path, value).unwrap();
    }
    run(&document)
}

/// Between a vote and its decision the coordinator is not "cut off" because the link of somebody else is.
#[test]
fn who_is_cut_off() {
    for (cut, said) in [("coordinator-broker", true), ("broker-search-index-consumer", false)] {
        let faults = format!(r#"["cut:{cut}@8s"]"#);
        let recording = two_phase(&[("faults", faults.as_str())]);
        every_fault_struck(&recording);
        let (mut doubtful, mut says) = (0, false);
        for at in (8_000..8_400).map(Us::millis) {
            doubtful += recording.view(at).prepared.len();
            says |= recording.headline(at).source.contains("cut off");
        }
        assert!(doubtful > 0, "{cut}: nothing is prepared between 8 s and 8.4 s");
        assert_eq!(says, said, "{cut}");
    }
}

/// Wherever coordinator or participants die, all commit or none (DOMAIN 2j): the crash points by pass.
#[test]
fn atomic_at_every_crash_point() {
    use crate::strategy::CrashPoint as C;
    let roles = [("app", "app."), ("coordinator", "coordinator."), ("source", "source."), ("broker", "broker.")];
    let mut struck = 0;
    for point in StrategyId::TwoPhaseCommit.own_crash_points().iter().chain(&[C::SourceWriteAck, C::SourceCommitAck]) {
        let Some((node, _)) = roles.iter().find(|(_, prefix)| point.id().starts_with(prefix)) else { continue };
        for pass in [1, 8, 9] {
            let faults = format!(r#"["crash:{node}@{}*{pass}+3s"]"#, point.id());
            let recording = two_phase(&[("faults", faults.as_str()), ("two-phase-commit.timeout", "1s")]);
            let report = recording.report();
            struck += report.faults[0].fired;
            assert_eq!(rows(report), [0; 4], "{faults}");
            assert_eq!((report.ledger.lost, report.ledger.ghost), (0, 0), "{faults}");
        }
    }
    assert!(struck >= 30, "{struck} crashes struck");
}

/// An operator who decides by hand may decide otherwise than the coordinator: atomicity is gone.
#[test]
fn heuristics_break_atomicity() {
    let cut = r#"["cut:coordinator-broker@8.008s"]"#;
    let settings = |heuristic| {
        [
            ("faults", cut),
            ("two-phase-commit.heuristic", heuristic),
            ("two-phase-commit.heuristic_after", "5s"),
            ("two-phase-commit.timeout", "1s"),
        ]
    };
    let aborted = two_phase(&settings("abort"));
    assert_eq!((aborted.report().verdict, aborted.report().ledger.lost), (Verdict::Diverged, 1));
    let cause = &aborted.report().stores[0].witnesses[0].cause;
    assert!(cause.contains("by hand"), "{cause}");
    for guess in ["commit", "none"] {
        let same = two_phase(&settings(guess));
        assert_eq!((rows(same.report()), same.report().ledger.lost), ([0; 4], 0), "{guess}");
    }
    // Before the decision it is the commit by hand that breaks it.
    let off = r#"["off:coordinator@coordinator.after-prepare-before-decision*8"]"#;
    let both = [("faults", off), ("two-phase-commit.heuristic", "commit"), ("two-phase-commit.heuristic_after", "5s")];
    let committed = two_phase(&both);
    assert_eq!((rows(committed.report()), committed.report().client.ok_but_lost), ([0; 4], 0));
}

/// A transaction too many to prepare is a no vote; an abort is one too.
#[test]
fn a_no_vote_aborts_all() {
    let burst = r#"[{"at": "1s", "key": "order-1"}, {"at": "1s", "key": "order-2"}, {"at": "1s", "key": "order-3"}]"#;
    let recording = two_phase(&[("workload.arrivals", burst), ("source.max_prepared_transactions", "2")]);
    let report = recording.report();
    assert_eq!((report.client.ok, report.client.failed, rows(report)), (2, 1, [0; 4]));
    let refused = two_phase(&[("faults", r#"["abort:source*3"]"#)]);
    assert_eq!((refused.report().client.failed, refused.report().ledger.ghost, rows(refused.report())), (1, 0, [0; 4]));
}

/// Both changes were allowed on the same state, both are public, and the database takes only the first.
#[test]
fn listen_to_yourself() {
    let recording = preset("listen-to-yourself");
    let report = recording.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Diverged, [0, 0, 1, 0]));
    assert_eq!((report.ledger.ghost, report.ledger.lost, report.client.ok_but_lost), (1, 0, 1));
    let cause = &report.stores[0].witnesses[0].cause;
    assert!(cause.contains("validated on a state that was out of date"), "{cause}");
    // Applied whatever the row has become, the log alone decides, and all agree.
    for (path, value) in [("listen-to-yourself.on_conflict", "apply"), ("listen-to-yourself.validate", "false")] {
        let mut document = presets::find("listen-to-yourself").unwrap().document();
        document.set(path, value).unwrap();
        let recording = run(&document);
        assert_eq!((recording.report().verdict, rows(recording.report())), (Verdict::Consistent, [0; 4]), "{path}");
        assert_eq!((recording.report().ledger.ghost, recording.report().client.ok_but_lost), (0, 0), "{path}");
    }
}

/// The own consumer delivers at least once and writes once, wherever it or the source dies.
#[test]
fn the_own_consumer_is_idempotent() {
    let crash = |point: &str, node: &str, pass: u32| format!(r#"["crash:{node}@{point}*{pass}+2s"]"#);
    let mut again = 0;
    for (point, node) in [
        ("consumer.after-poll-before-apply", "source-consumer"),
        ("consumer.after-apply-before-commit", "source-consumer"),
        ("consumer.after-commit-before-poll", "source-consumer"),
        ("source.after-commit-before-ack", "source"),
        ("app.after-publish-before-ack", "app"),
        ("broker.after-append-before-ack", "broker"),
    ] {
        for pass in [2, 5] {
            let mut document = presets::find("listen-to-yourself").unwrap().document();
            document.set("listen-to-yourself.on_conflict", "apply").unwrap();
            document.set("faults", &crash(point, node, pass)).unwrap();
            let recording = run(&document);
            every_fault_struck(&recording);
            assert_eq!(rows(recording.report()), [0; 4], "{point} {pass}");
            assert_eq!(recording.report().ledger.lost, 0, "{point} {pass}");
            let source = recording.plan().roles.source;
            again += records(&recording, Kind::NotNewer).iter().filter(|record| record.node == source).count();
        }
    }
    assert!(again > 0, "something was written before it was delivered again");
}
