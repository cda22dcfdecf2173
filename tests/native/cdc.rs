//! Change data capture: the presets, and the positions between the log and the broker (DOMAIN 2f).

use driftscope::run::recording::Recording;
use driftscope::run::report::{Report, Verdict};
use driftscope::scenario::Document;
use driftscope::scenario::presets::find;
use driftscope::world::record::{Kind, Record};
use serde_json::{Value, json};

fn recording(document: &Document) -> Recording {
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let recording = Recording::run(plan);
    for law in &recording.report().invariants {
        assert!(law.holds, "{}: {:?}", law.id, law.witness);
    }
    recording
}

fn preset(id: &str) -> Recording {
    recording(&find(id).unwrap().document())
}

/// A preset with changes: `(path, value)`.
fn changed(id: &str, changes: &[(&str, Value)]) -> Recording {
    let mut document = find(id).unwrap().document();
    for (path, value) in changes {
        document.set_value(path, value.clone()).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
    }
    recording(&document)
}

fn of_kind(recording: &Recording, kind: Kind) -> Vec<&Record> {
    recording.trace().records.iter().filter(|record| record.kind == kind).collect()
}

fn rows(report: &Report) -> [u64; 3] {
    let sum = |of: fn(&driftscope::run::report::StoreReport) -> u64| report.stores.iter().map(of).sum();
    [sum(|store| store.missing), sum(|store| store.stale), sum(|store| store.ghost)]
}

#[test]
fn the_crash_of_order_created_lost_loses_nothing() {
    let run = preset("cdc");
    let report = run.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Consistent, [0, 0, 0]));
    assert_eq!((report.ledger.lost, report.ledger.duplicates, report.faults[0].fired), (0, 0, 1));
    assert_eq!(report.ledger.delivered_distinct, report.ledger.committed);
    assert!(report.cost.wal_retained_peak_bytes > 0);
    assert!(report.events <= 8_000);
}

/// The store's version of a row falls and rises again, in the order of the log: read off the records.
#[test]
fn a_replay_goes_back_and_comes_to_itself() {
    let run = preset("cdc-replay");
    let report = run.report();
    assert_eq!((report.verdict, rows(report), report.ledger.lost), (Verdict::Consistent, [0, 0, 0], 0));
    assert!(report.ledger.duplicates >= 1 && report.ledger.reordered == 0);
    let shown: Vec<u32> = of_kind(&run, Kind::Applied)
        .iter()
        .filter(|record| run.plan().key_name(record.key) == "product-1")
        .map(|record| record.version)
        .collect();
    assert_eq!(shown, [1, 2, 3, 4, 5, 3, 4, 5]);
    // What comes twice is a suffix of the log, in its order.
    let crash = of_kind(&run, Kind::Crashed)[0].at;
    let sent = |before: bool| -> Vec<u32> {
        let appended = of_kind(&run, Kind::Appended).into_iter().filter(|record| (record.at < crash) == before);
        appended.map(|record| record.event.0).collect()
    };
    let (first, second) = (sent(true), sent(false));
    let again = usize::try_from(report.ledger.duplicates).unwrap();
    assert_eq!(first[first.len() - again..], second[..again]);
    assert!(report.events <= 8_000);
}

/// No duplicates when a person restarts the connector: it stores its offset before it goes.
#[test]
fn a_stop_in_good_order_repeats_nothing() {
    let run = changed("cdc-replay", &[("faults", json!(["restart:connector@17s"]))]);
    let report = run.report();
    assert_eq!((report.faults[0].fired, report.ledger.duplicates, report.ledger.lost), (1, 0, 0));
    assert_eq!(report.verdict, Verdict::Consistent);
}

/// `wal_end >= sent >= queued >= acked >= stored >= confirmed >= restart >= kept`, at every record.
#[test]
fn positions_are_in_order() {
    let faults = json!(["crash:connector@17s+2s", "crash:source@9s+1s", "cut:connector-broker@12s+3s"]);
    let changes = [("faults", faults), ("source.checkpoint", json!("4s")), ("cdc.offset_flush", json!("3s"))];
    let run = changed("cdc-replay", &changes);
    for n in 0..=run.trace().records.len() {
        let view = run.checkpoints().view(run.lens(), &run.trace().records, n);
        let wal = &view.wal;
        let order = [wal.end, wal.sent, wal.queued, wal.acked, wal.stored, wal.confirmed, wal.restart, wal.kept];
        assert!(!wal.slot || order.is_sorted_by(|more, less| more >= less), "{order:?} after {n} records");
    }
    assert_eq!((run.report().verdict, run.report().ledger.lost), (Verdict::Consistent, 0));
}

/// A broker that is down pauses the connector: the log waits, nothing is lost, and the slot holds what was written.
#[test]
fn a_broker_that_is_down_makes_the_log_grow() {
    let peak = |faults: Value| {
        let run = changed("cdc-replay", &[("faults", faults), ("cdc.offset_flush", json!("1s"))]);
        assert_eq!((run.report().verdict, run.report().ledger.lost), (Verdict::Consistent, 0));
        run.report().cost.wal_retained_peak_bytes
    };
    assert!(peak(json!(["crash:broker@2s+20s"])) >= 2 * peak(json!([])));
}

/// A connector sends a batch as one message: without an answer all its events are gone with it.
#[test]
fn a_batch_that_nobody_waits_for_is_lost_whole() {
    let changes = [
        ("broker.acks", json!("0")),
        ("workload.arrivals", json!("every(100ms)")),
        ("cdc.poll", json!("1s")),
        ("faults", json!(["drop:connector-broker*2"])),
    ];
    let run = changed("cdc", &changes);
    let report = run.report();
    assert!(report.invariants.iter().all(|law| law.holds), "{:?}", report.invariants);
    assert!(report.ledger.lost > 1, "{:?}", report.ledger);
}

/// What a person changes past the app is in the log too.
#[test]
fn a_persons_change_is_captured() {
    let faults = json!(["update:product-2@9s", "delete:product-4@10s", "update:product-8@11s"]);
    let run = changed("cdc-replay", &[("faults", faults)]);
    assert_eq!((run.report().verdict, run.report().ledger.lost), (Verdict::Consistent, 0));
    assert_eq!(run.report().faults.iter().map(|fault| fault.fired).sum::<u64>(), 3);
}

/// DOMAIN 0.7: a snapshot repairs missing and stale rows, never ghosts; what fell into the gap is lost.
#[test]
fn a_lost_slot_leaves_a_ghost() {
    let run = preset("cdc-slot-lost");
    let report = run.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Diverged, [0, 0, 1]));
    assert!(report.silent && report.events <= 8_000);
    // The four changes of the gap are passed: three of them are of rows that the snapshot shows, or shows later states of.
    assert_eq!((report.ledger.lost, report.ledger.ghost, report.ledger.duplicates), (4, 0, 0));
    assert_eq!(of_kind(&run, Kind::CursorPassed).len(), 4);
    let shown_again = of_kind(&run, Kind::Applied).into_iter().filter(|record| record.is_again());
    let keys: Vec<String> = shown_again.map(|record| run.plan().key_name(record.key)).collect();
    assert_eq!(keys, ["product-1", "product-7"], "the versioned index takes what it lacks");
    let ghost = &report.stores[0].witnesses[0];
    assert_eq!((ghost.key.as_str(), ghost.anomaly.as_str()), ("product-3", "ghost"));
    assert!(ghost.cause.contains("its snapshot"), "{}", ghost.cause);
}

/// DOMAIN 2f, by snapshot mode and mismatch strategy: missing, stale, ghost; whether the connector stops; lost.
#[test]
#[rustfmt::skip]
fn modes_and_strategies() {
    let table = [
        // snapshot mode   mismatch             missing, stale, ghost  stops  lost
        ("when_needed",    "no_validation",     [0, 0, 1],             false, 4),
        ("when_needed",    "trust_offset",      [0, 0, 1],             false, 4),
        ("always",         "no_validation",     [0, 0, 1],             false, 4),
        // A new slot is past the stored offset: what lies between is skipped in silence ...
        ("initial",        "no_validation",     [1, 1, 1],             false, 4),
        ("no_data",        "no_validation",     [1, 1, 1],             false, 4),
        ("never",          "no_validation",     [1, 1, 1],             false, 4),
        ("initial",        "trust_slot",        [1, 1, 1],             false, 4),
        ("initial",        "trust_greater_lsn", [1, 1, 1],             false, 4),
        // ... or the connector fails, and tells nobody of anything any more.
        ("initial",        "trust_offset",      [2, 2, 2],             true,  7),
    ];
    for (mode, mismatch, want, stops, lost) in table {
        let changes = [("cdc.snapshot_mode", json!(mode)), ("cdc.offset_mismatch_strategy", json!(mismatch))];
        let run = changed("cdc-slot-lost", &changes);
        let got = (rows(run.report()), of_kind(&run, Kind::Stopped).iter().any(|stop| stop.detail == 1), run.report().ledger.lost);
        assert_eq!(got, (want, stops, lost), "{mode} {mismatch}");
    }
}

/// `max_slot_wal_keep_size`: the next checkpoint gives up a slot that holds too much; the mode decides what follows.
#[test]
fn a_cap_loses_the_slot() {
    let run = |cap: u64, mode: &str| {
        changed(
            "cdc-slot-lost",
            &[
                ("faults", json!(["crash:connector@10s+10s"])),
                ("source.wal.cap", json!(cap)),
                ("source.checkpoint", json!("17s")),
                ("cdc.snapshot_mode", json!(mode)),
            ],
        )
    };
    let held = of_kind(&run(1, "initial"), Kind::SlotLost)[0].value;
    assert!(held >= 4 * 64, "the four changes of the gap, and what was not stored");
    for (cap, mode, lost, verdict) in [
        (0, "initial", 0, Verdict::Consistent),
        (held, "initial", 0, Verdict::Consistent),
        (held - 1, "when_needed", 4, Verdict::Diverged),
        (held - 1, "initial", 7, Verdict::Diverged),
    ] {
        let run = run(cap, mode);
        assert_eq!((run.report().ledger.lost, run.report().verdict), (lost, verdict), "{cap} {mode}");
        assert_eq!(of_kind(&run, Kind::SlotLost).len(), usize::from(cap == held - 1), "{cap} {mode}");
    }
}

/// A full disk: commits wait for space, and get it when the connector is back.
#[test]
fn a_full_disk_blocks_the_writers() {
    let changes = [
        ("faults", json!(["crash:connector@1500ms+20s"])),
        ("source.wal.disk", json!(64 * 4)),
        ("cdc.offset_flush", json!("1s")),
        ("cdc.snapshot_mode", json!("initial")),
        ("workload.client.timeout", json!("60s")),
        ("source.timeout", json!("60s")),
        ("drain_limit", json!("10m")),
    ];
    let run = changed("cdc-slot-lost", &changes);
    let (report, waits) = (run.report(), of_kind(&run, Kind::Waits));
    let first = waits.iter().find(|wait| wait.extra == u32::MAX).unwrap();
    assert_eq!(first.at.0 / 1_000_000, 5, "four rows fit: the first waits at its checkpoint, the fifth for space");
    assert_eq!((report.verdict, report.ledger.lost, rows(report)), (Verdict::Blocked, 0, [0, 0, 0]));
    assert!(report.blocked.operations >= 1 && report.blocked.max_us > 10_000_000);
    let without = changed(
        "cdc-slot-lost",
        &[("source.wal.disk", json!(64 * 4)), ("faults", json!([])), ("cdc.offset_flush", json!("1s"))],
    );
    assert_eq!(without.report().verdict, Verdict::Consistent, "a slot that moves frees what it held");
}

/// A connector that starts late: the rows of before come by the snapshot, what is written meanwhile by the stream.
#[test]
fn hand_over_from_snapshot_to_stream() {
    let late = |faults: Value| {
        let changes = [
            ("faults", faults),
            ("cdc.start", json!("5500ms")),
            ("cdc.snapshot_mode", json!("initial")),
            ("cdc.snapshot_fetch", json!(2)),
            ("cdc.snapshot_row", json!("400ms")),
        ];
        changed("cdc-slot-lost", &changes)
    };
    let run = late(json!([]));
    let snapshot = of_kind(&run, Kind::Snapshotted)[0];
    assert_eq!((snapshot.extra, run.report().verdict), (5, Verdict::Consistent));
    let again = |run: &Recording| of_kind(run, Kind::Appended).iter().filter(|record| record.is_again()).count();
    assert_eq!(again(&run), 5);
    // The update of 6 s fell into the reading of the snapshot: the stream has it.
    assert_eq!((run.report().ledger.lost, run.report().ledger.duplicates), (5, 0));
    // Interrupted, it starts from zero; nothing is missed.
    let run = late(json!(["crash:connector@6700ms+1s"]));
    assert_eq!((run.report().verdict, of_kind(&run, Kind::Snapshotted).len()), (Verdict::Consistent, 2));
    assert!(again(&run) > 5);
    let run = changed(
        "cdc-slot-lost",
        &[("faults", json!([])), ("cdc.start", json!("5500ms")), ("cdc.snapshot_mode", json!("no_data"))],
    );
    assert_eq!(rows(run.report())[0], 1, "without a snapshot product-4 is missing until it changes");
}

/// Beside a busy database a quiet table holds the log, unless heartbeats or the driver move the slot.
#[test]
fn a_quiet_table_holds_the_log() {
    let held = |changes: &[(&str, Value)]| {
        let quiet = [
            ("faults", json!([])),
            ("source.wal.other", json!(1_000_000)),
            ("workload.arrivals", json!([{"at": "1s", "key": "product-1"}])),
            ("source.checkpoint", json!("1s")),
        ];
        let run = changed("cdc-slot-lost", &[&quiet[..], changes].concat());
        run.report().cost.wal_retained_peak_bytes
    };
    assert!(held(&[]) > 30_000_000, "the last position is of 1 s");
    assert!(held(&[("cdc.heartbeat", json!("1s"))]) < 10_000_000);
    assert!(held(&[("cdc.lsn_flush_mode", json!("connector_and_driver")), ("cdc.status", json!("1s"))]) < 10_000_000);
    assert!(held(&[("cdc.lsn_flush_mode", json!("manual")), ("cdc.heartbeat", json!("1s"))]) > 30_000_000);
}

/// Every crash point of the connector fires; whatever it loses, the log still has.
#[test]
fn crash_points() {
    use driftscope::strategy::cdc::CRASH_POINTS;
    // Without rows that are read in chunks two of the points are never passed.
    let chunks = json!({"mend": {"kind": "resnapshot", "incremental": true, "chunk": 2, "period": "10s"}});
    for point in CRASH_POINTS.iter().map(|point| point.id()).filter(|id| id.starts_with("connector.")) {
        for pass in 1..=3 {
            let faults = json!([format!("crash:connector@{point}*{pass}+2s")]);
            let mut changes = vec![("faults", faults), ("cdc.offset_flush", json!("4s"))];
            if ["connector.after-select-before-watermark", "connector.after-window-before-emit"].contains(&point) {
                changes.push(("recovery", chunks.clone()));
            }
            let run = changed("cdc-replay", &changes);
            let report = run.report();
            assert_eq!(
                (report.faults[0].fired, report.ledger.lost, report.verdict),
                (1, 0, Verdict::Consistent),
                "{point} {pass}"
            );
            // What is acknowledged and not stored comes twice.
            let repeats = ["connector.after-publish-before-ack", "connector.after-ack-before-store"].contains(&point);
            assert!(!repeats || report.ledger.duplicates > 0, "{point} {pass}");
        }
    }
}

/// Every option of the connector changes the trace.
#[test]
fn every_option_counts() {
    let slot_lost = ("faults", json!(["crash:connector@10s+10s", "slot-lost:source@12s"]));
    let late = ("cdc.start", json!("5500ms"));
    let driver = ("cdc.lsn_flush_mode", json!("connector_and_driver"));
    let other = ("source.wal.other", json!(1000));
    let cut = ("faults", json!(["cut:connector-broker@5s+3s", "crash:source@12s+1s"]));
    let table: Vec<(Vec<(&str, Value)>, &str, Value, Value)> = vec![
        (vec![], "cdc.start", json!("0s"), json!("3s")),
        (vec![slot_lost.clone()], "cdc.snapshot_mode", json!("initial"), json!("when_needed")),
        (vec![late.clone()], "cdc.snapshot_fetch", json!(10), json!(1)),
        (vec![late], "cdc.snapshot_row", json!("20us"), json!("1ms")),
        (vec![], "cdc.offset_flush", json!("60s"), json!("4s")),
        (vec![], "cdc.flush", json!("fixed"), json!("exp")),
        (vec![other.clone()], "cdc.lsn_flush_mode", json!("connector"), json!("manual")),
        (
            vec![other.clone(), ("cdc.status", json!("1s"))],
            "cdc.lsn_flush_mode",
            json!("connector"),
            json!("connector_and_driver"),
        ),
        (vec![driver, other], "cdc.status", json!("10s"), json!("3s")),
        (
            vec![slot_lost, ("cdc.snapshot_mode", json!("initial"))],
            "cdc.offset_mismatch_strategy",
            json!("no_validation"),
            json!("trust_offset"),
        ),
        (vec![], "cdc.poll", json!("500ms"), json!("100ms")),
        (vec![("workload.rows_per_tx", json!(2))], "cdc.max_batch", json!(2048), json!(1)),
        (vec![("workload.rows_per_tx", json!(2))], "cdc.max_queue", json!(8192), json!(1)),
        (vec![], "cdc.heartbeat", json!("0s"), json!("3s")),
        (vec![cut.clone()], "cdc.restart_wait", json!("10s"), json!("1s")),
        (vec![cut.clone(), ("cdc.timeout", json!("1s"))], "cdc.backoff", json!("100ms"), json!("1s")),
        (vec![cut], "cdc.timeout", json!("30s"), json!("2s")),
        (vec![], "source.checkpoint", json!("5m"), json!("10s")),
        (vec![], "source.wal.row_bytes", json!(64), json!(128)),
        (vec![("source.checkpoint", json!("15s"))], "source.wal.cap", json!(0), json!(1)),
        (vec![], "source.wal.disk", json!(0), json!(128)),
        (vec![], "source.wal.other", json!(0), json!(1000)),
    ];
    for (base, path, one, other) in table {
        let hash = |value: &Value| {
            let changes: Vec<_> = base.iter().cloned().chain([(path, value.clone())]).collect();
            changed("cdc-slot-lost", &changes).trace().hash()
        };
        assert_ne!(hash(&one), hash(&other), "{path}: {one} and {other}");
    }
    let failover = [
        ("faults", json!(["failover:source@14500ms+1s"])),
        ("source.replica", json!({ "mode": "async", "lag": "200ms" })),
    ];
    for path in ["cdc.slot.failover", "source.replica.synchronized_standby_slots"] {
        let hash = |on: bool| changed("cdc-replay", &[&failover[..], &[(path, json!(on))]].concat()).trace().hash();
        assert_ne!(hash(false), hash(true), "{path}");
    }
    let paths = driftscope::scenario::options::all().map(|row| row.path);
    assert_eq!(
        paths.filter(|path| path.starts_with("cdc.")).count(),
        17,
        "a new option of the connector needs a line here"
    );
}

/// DOMAIN 0.6, 2f: after a failover the slot is missing unless it is a failover slot; one that ran ahead of the replica
/// makes ghosts, unless the log waits for the replica.
#[test]
#[rustfmt::skip]
fn failovers() {
    let table = [
        // mode          failover, synchronized, lost > 0, ghost events, missing, stale, ghost rows
        ("initial",      false,    false,        true,     1,            [2, 2, 1]),
        ("when_needed",  false,    false,        true,     1,            [0, 0, 1]),
        ("when_needed",  false,    true,         true,     0,            [0, 0, 0]),
        ("initial",      true,     false,        false,    1,            [0, 0, 1]),
        ("initial",      true,     true,         false,    0,            [0, 0, 0]),
    ];
    for (mode, failover, synchronized, lost, ghosts, want) in table {
        let mut document = find("failover-ghost").unwrap().document();
        for (path, value) in [
            ("strategy", json!("cdc")),
            ("cdc.poll", json!("100ms")),
            ("cdc.offset_flush", json!("1s")),
            ("source.checkpoint", json!("2s")),
            ("cdc.snapshot_mode", json!(mode)),
            ("cdc.slot.failover", json!(failover)),
            ("source.replica.synchronized_standby_slots", json!(synchronized)),
        ] {
            document.set_value(path, value).unwrap();
        }
        let run = recording(&document);
        let report = run.report();
        let got = (report.ledger.lost > 0, report.ledger.ghost, rows(report));
        assert_eq!(got, (lost, ghosts, want), "{mode}, failover {failover}, synchronized {synchronized}");
    }
}
