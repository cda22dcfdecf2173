//! The outbox's variants on documents: which cursor loses, which claim reorders, what a mark before the publish costs.

use crate::run::recording::Recording;
use crate::run::report::{Report, Verdict};
use crate::scenario::Document;
use crate::scenario::presets;
use crate::world::record::Kind;
use serde_json::{Value, json};

/// Runs a preset with some options changed. Every law must hold.
fn preset(id: &str, set: &[(&str, Value)]) -> Recording {
    let mut document = presets::find(id).unwrap().document();
    for (path, value) in set {
        document.set_value(path, value.clone()).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
    }
    run(&document)
}

fn run(document: &Document) -> Recording {
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let recording = Recording::run(plan);
    for law in &recording.report().invariants {
        assert!(law.holds, "{}: {:?}", law.id, law.witness);
    }
    recording
}

/// Lost, ghost events, duplicates, reordered; missing, stale, ghost rows.
fn figures(report: &Report) -> [u64; 7] {
    let rows = |count: fn(&crate::run::report::StoreReport) -> u64| report.stores.iter().map(count).sum();
    let ledger = &report.ledger;
    [
        ledger.lost,
        ledger.ghost,
        ledger.duplicates,
        ledger.reordered,
        rows(|store| store.missing),
        rows(|store| store.stale),
        rows(|store| store.ghost),
    ]
}

#[test]
#[rustfmt::skip]
fn presets_of_the_outbox() {
    let table = [
        // preset,              verdict,            lost, ghost, dup, reordered, missing, stale, ghost rows
        ("outbox-id-gap",      Verdict::Diverged,   [1, 0, 0, 0, 1, 0, 0]),
        ("outbox-skip-locked", Verdict::Diverged,   [0, 0, 0, 1, 0, 1, 0]),
        ("outbox",             Verdict::Consistent, [0, 0, 0, 0, 0, 0, 0]),
    ];
    for (id, verdict, want) in table {
        let recording = preset(id, &[]);
        assert_eq!((recording.report().verdict, figures(recording.report())), (verdict, want), "{id}");
        assert!(recording.trace().len() < 8_000, "{id}");
    }
}

/// DOMAIN 2e: the id gap exists for whoever keeps one number; every other way of reading sees the late committer.
#[test]
fn the_gap_by_cursor() {
    let us = |ms: u64| json!(format!("{ms}ms"));
    let table: [(&str, &[(&str, Value)], u64); 12] = [
        ("flag", &[], 0),
        ("delete", &[], 0),
        ("last-id", &[], 1),
        ("last-id-grace", &[("outbox.grace", us(2_000))], 0),
        ("last-id-grace", &[("outbox.grace", us(100))], 1),
        ("gap-timeout", &[("outbox.gap_timeout", us(2_000))], 0),
        ("gap-timeout", &[("outbox.gap_timeout", us(0))], 1),
        ("xmin", &[], 0),
        // The three switches by themselves: xmin with a position in the id alone, and the safe recipe.
        ("xmin", &[("outbox.read_order", json!("id"))], 0),
        ("last-id", &[("outbox.progress", json!("flag"))], 0),
        ("last-id", &[("outbox.eligible", json!("xmin")), ("outbox.progress", json!("delete"))], 0),
        ("last-id", &[("outbox.read_order", json!("xid-id"))], 1),
    ];
    for (cursor, more, lost) in table {
        let mut set = vec![("outbox.cursor", json!(cursor))];
        set.extend(more.iter().cloned());
        let recording = preset("outbox-id-gap", &set);
        assert_eq!(recording.report().ledger.lost, lost, "{cursor} {more:?}");
        let want = if lost > 0 { Verdict::Diverged } else { Verdict::Consistent };
        assert_eq!(recording.report().verdict, want, "{cursor} {more:?}");
    }
}

/// A long transaction anywhere holds an xmin reader up; a rollback's permanent gap holds a patient gap reader up.
#[test]
fn stalls() {
    let lag = |set: &[(&str, Value)]| preset("outbox-id-gap", set).report().lag_us.max.unwrap();
    let long = (
        "workload.arrivals",
        json!([
            { "at": "1s", "key": 1, "op": "insert", "tx_time": "9s" },
            { "at": "2s", "key": 2, "op": "insert" },
        ]),
    );
    assert!(lag(&[long.clone(), ("outbox.cursor", json!("flag"))]) < 2_000_000);
    let xmin = lag(&[long, ("outbox.cursor", json!("xmin"))]);
    assert!((8_000_000..9_000_000).contains(&xmin), "{xmin}");

    let gap = (
        "workload.arrivals",
        json!([
            { "at": "1s", "key": 1, "op": "insert" },
            { "at": "2s", "key": 2, "op": "insert" },
            { "at": "3s", "key": 3, "op": "insert" },
        ]),
    );
    let abort = ("faults", json!(["abort:source*2"]));
    let patient = ("outbox.gap_timeout", json!("10s"));
    let cursor = ("outbox.cursor", json!("gap-timeout"));
    assert!(lag(&[gap.clone(), cursor.clone(), patient.clone()]) < 2_000_000, "no gap, no stall");
    let stalled = lag(&[gap, abort, cursor, patient]);
    assert!((10_000_000..12_000_000).contains(&stalled), "{stalled}");
}

/// Publish then mark duplicates, mark then publish loses: at most a batch for each crash, either way.
#[test]
fn a_crash_by_order() {
    let crash = |point: &str| ("faults", json!([format!("crash:relay@{point}*3+2s")]));
    let recording = preset("outbox-relay-crash", &[crash("relay.after-ack-before-mark")]);
    let want = figures(recording.report());
    assert!(want[0] == 0 && want[2] >= 1, "{want:?}");
    for (mark, lost) in [("batch", 4), ("row", 1)] {
        let set = [
            ("outbox.order", json!("mark-then-publish")),
            ("outbox.mark", json!(mark)),
            ("outbox.batch", json!(4)),
            (
                "workload.arrivals",
                json!((1..=4).map(|n| json!({ "at": "1s", "key": n, "op": "insert" })).collect::<Vec<_>>()),
            ),
            ("faults", json!(["crash:relay@relay.after-mark-before-publish+2s"])),
        ];
        let recording = preset("outbox-relay-crash", &set);
        assert_eq!(figures(recording.report()), [lost, 0, 0, 0, lost, 0, 0], "{mark}");
    }
}

/// A lost answer to the mark, or a publish that fails after the mark, is a loss where the mark comes first.
#[test]
fn marked_first_and_then_nothing() {
    let order = ("outbox.order", json!("mark-then-publish"));
    for (fault, lost) in [
        ("ack-lost:relay-source*2", 1),
        ("late:relay-source*2+500ms", 1),
        ("late:relay-source*2+1s", 0), // By then the row was claimed, marked and published anew.
        ("fail-before:relay-broker*1", 1),
        ("drop:relay-broker*1", 1),
        ("fail-before:relay-source*2", 0),
    ] {
        let arrivals = ("workload.arrivals", json!([{ "at": "200ms", "key": 1, "op": "insert" }]));
        let timeout = ("outbox.timeout", json!("100ms"));
        let recording = preset("outbox", &[order.clone(), timeout, arrivals, ("faults", json!([fault]))]);
        assert_eq!(recording.report().ledger.lost, lost, "{fault}");
        assert!(recording.report().faults[0].fired > 0, "{fault}");
    }
}

/// A failed mark: the batch stops, or goes on and sends version 1 again after version 2.
#[test]
fn a_failed_mark() {
    let arrivals = (
        "workload.arrivals",
        json!([
            { "at": "100ms", "key": 1, "op": "insert" },
            { "at": "110ms", "key": 1, "op": "update" },
        ]),
    );
    for (policy, duplicates) in [("stop", 1), ("continue", 1)] {
        let set = [
            arrivals.clone(),
            ("outbox.mark", json!("row")),
            ("outbox.on_failed_mark", json!(policy)),
            ("stores.search-index.apply", json!("blind")),
            ("faults", json!(["fail-before:relay-source*2"])),
        ];
        let recording = preset("outbox", &set);
        let report = recording.report();
        assert_eq!((report.ledger.duplicates, report.ledger.lost), (duplicates, 0), "{policy}");
        // What was sent again came after version 2 only where the batch went on.
        let stale = u64::from(policy == "continue");
        assert_eq!(report.stores[0].stale, stale, "{policy}");
    }
}

/// Rows behind a row that the broker never takes wait, or the row is lost.
#[test]
fn poison() {
    for (policy, lost, in_flight) in [("stop", 0, 13), ("skip", 1, 0), ("dead-letter", 1, 0)] {
        let set = [
            ("outbox.poison", json!(policy)),
            ("drain_limit", json!("1m")),
            (
                "workload.arrivals",
                json!((1..=14).map(|n| json!({ "at": format!("{n}s"), "key": 1, "op": "update" })).collect::<Vec<_>>()),
            ),
            ("faults", json!(["poison:relay-broker*2"])),
        ];
        let recording = preset("outbox", &set);
        let ledger = &recording.report().ledger;
        assert_eq!((ledger.lost, ledger.in_flight), (lost, in_flight), "{policy}");
    }
}

/// A write that the source cannot handle fails; it is about no event yet, and nothing else is refused for it.
#[test]
fn poison_of_no_event() {
    let recording = preset("outbox", &[("faults", json!(["poison:app-source*4"]))]);
    let report = recording.report();
    let refused = recording.trace().records.iter().filter(|record| record.kind == Kind::Dropped).count();
    assert_eq!((refused, report.client.failed, report.ledger.in_flight), (1, 1, 0));
}

/// What is marked before it is published is still on its way where the run ends in between.
#[test]
fn marked_and_not_yet_published() {
    let set = [
        ("outbox.order", json!("mark-then-publish")),
        ("outbox.poll", json!("10s")),
        ("drain_limit", json!("0s")),
        ("duration", json!("20.3s")),
        ("faults", json!(["cut:relay-broker@1s"])),
    ];
    let recording = preset("outbox", &set);
    let report = recording.report();
    assert!(report.invariants.iter().all(|law| law.holds), "{:?}", report.invariants);
    assert!(report.ledger.in_flight > 1, "{:?}", report.ledger);
}

/// A poller never sees what is deleted in its own transaction.
#[test]
fn delete_after_insert() {
    let recording = preset("outbox", &[("outbox.delete_after_insert", json!(true))]);
    let report = recording.report();
    assert_eq!((report.ledger.lost, report.ledger.delivered), (report.ledger.committed, 0));
}

/// Several relays: all read the same rows, or share them; a lease per key keeps the order of keys.
#[test]
fn claims() {
    let table = [("single", true, false), ("skip-locked", false, true), ("key-lease", false, false)];
    for (claim, duplicates, reordered) in table {
        let set = [
            ("duration", json!("60s")),
            ("workload.arrivals", json!("poisson(40/s)")),
            ("workload.keys.count", json!(5)),
            ("outbox", json!({ "relays": 3, "claim": claim, "poll": "100ms", "batch": 3 })),
            ("links.relay-broker.latency", json!("exp(20ms)")),
            ("faults", json!([])),
        ];
        let recording = preset("outbox-skip-locked", &set);
        let ledger = &recording.report().ledger;
        assert_eq!(ledger.lost, 0, "{claim}");
        assert_eq!((ledger.duplicates > 0, ledger.reordered > 0), (duplicates, reordered), "{claim}: {ledger:?}");
    }
}

/// A pipelined batch whose middle row fails: the rest is there before it, and a position goes no further than the gap.
#[test]
fn pipelined() {
    let arrivals = (
        "workload.arrivals",
        json!((1..=3).map(|n| json!({ "at": format!("{}ms", 100 + n), "key": 1, "op": "update" })).collect::<Vec<_>>()),
    );
    for (cursor, duplicates) in [("flag", 0), ("last-id", 1)] {
        let set = [
            arrivals.clone(),
            ("outbox.publish", json!("pipelined")),
            ("outbox.cursor", json!(cursor)),
            ("faults", json!(["fail-before:relay-broker*2"])),
        ];
        let recording = preset("outbox", &set);
        let ledger = &recording.report().ledger;
        assert_eq!((ledger.lost, ledger.duplicates, ledger.reordered), (0, duplicates, 1), "{cursor}");
    }
}

/// A failover to a replica that is behind: what was published and lost is a ghost, and the version is used again.
#[test]
#[rustfmt::skip]
fn failovers() {
    let table = [
        // preset,                         replica, verdict,             lost, ghost, dup, reordered, missing, stale, ghost rows, ok but lost
        ("failover-ghost",                "async", Verdict::Diverged,   [0, 1, 0, 0, 0, 0, 1], 1),
        ("version-reused-after-failover", "async", Verdict::Diverged,   [0, 1, 0, 0, 0, 1, 0], 1),
        ("failover-ghost",                "sync",  Verdict::Consistent, [0, 0, 0, 0, 0, 0, 0], 0),
        ("version-reused-after-failover", "sync",  Verdict::Consistent, [0, 0, 0, 0, 0, 0, 0], 0),
        ("failover-ghost",                "none",  Verdict::Consistent, [0, 0, 0, 0, 0, 0, 0], 0),
    ];
    for (id, mode, verdict, want, ok_but_lost) in table {
        let lag = if mode == "sync" { "1ms" } else { "600ms" };
        let recording = preset(id, &[("source.replica.mode", json!(mode)), ("source.replica.lag", json!(lag))]);
        let report = recording.report();
        assert_eq!((report.verdict, figures(report)), (verdict, want), "{id} {mode}");
        assert_eq!(report.client.ok_but_lost, ok_but_lost, "{id} {mode}");
        assert_eq!(report.faults[0].fired, u64::from(mode != "none"), "{id} {mode}");
        assert_eq!(report.ledger.committed, 13 - u64::from(mode == "async"), "{id} {mode}");
        assert!(report.client.failed == 0, "no client met the failover itself");
    }
}

/// The marks of the lag are lost with the commits: what was published before them is published again.
#[test]
fn a_failover_takes_marks_back() {
    let set = [("workload.arrivals", json!([{ "at": "7.5s", "key": 1, "op": "insert" }]))];
    let recording = preset("failover-ghost", &set);
    assert_eq!(figures(recording.report()), [0, 0, 1, 0, 0, 0, 0]);
}

/// At time t the source is what it showed at t: the same before the failover, a ghost after it.
#[test]
fn a_retracted_row_in_time() {
    use crate::kernel::time::Us;
    use crate::truth::anomaly::RowState;
    use crate::world::ids::Key;
    let recording = preset("failover-ghost", &[]);
    let state = |ms: u64| recording.judgement().state(0, Key(5), Us::millis(ms));
    assert_eq!(
        [8_150, 8_450, 8_600, 23_000].map(state),
        [RowState::InFlight, RowState::Same, RowState::Ghost, RowState::Ghost]
    );
    let recording = preset("version-reused-after-failover", &[]);
    let state = |ms: u64| recording.judgement().state(0, Key(2), Us::millis(ms));
    assert_eq!(
        [8_150, 8_450, 8_600, 14_100, 14_500].map(state),
        [RowState::InFlight, RowState::Same, RowState::Ghost, RowState::InFlight, RowState::Stale]
    );
    let witness = &recording.report().stores[0].witnesses[0];
    assert!(witness.cause.contains("not newer"), "{}", witness.cause);
}

/// Failovers at any time, under every strategy: the laws hold, and the run ends.
#[test]
fn failovers_under_every_strategy() {
    for strategy in crate::strategy::StrategyId::ALL {
        for seed in 0..12 {
            let mut document =
                presets::find("failover-ghost").unwrap().document().with_strategy(*strategy).with_seed(seed);
            for (path, value) in [
                ("workload.arrivals", json!("poisson(20/s)")),
                ("workload.keys.count", json!(4)),
                ("source.replica.lag", json!("700ms")),
                (
                    "faults",
                    json!([
                        "failover:source@3s+1s",
                        "crash:source@9s+5s",
                        "failover:source@10s+1s",
                        "failover:source@15s+100ms"
                    ]),
                ),
                ("outbox.cursor", json!(["flag", "last-id", "gap-timeout", "xmin"][seed as usize % 4])),
                ("drain_limit", json!("10m")),
            ] {
                document.set_value(path, value).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
            }
            let report = run(&document).report().clone();
            assert_eq!(report.ledger.in_flight, 0, "{} {seed}", strategy.id());
            assert!(report.ledger.committed > 100);
        }
    }
}

/// DOMAIN 2e, order of locks: with the row lock first, outbox numbers of a key are in the order of its commits, so that a
/// relay that reads by number is right although numbers are not in the order of all commits; with the outbox row first not.
#[test]
fn the_order_of_locks() {
    for (order, sorted) in [("row-first", true), ("outbox-first", false)] {
        let mut reordered = 0;
        for seed in 0..8 {
            let mut document = presets::find("outbox").unwrap().document().with_seed(seed);
            for (path, value) in [
                ("workload.arrivals", json!("poisson(40/s)")),
                ("workload.keys.count", json!(2)),
                ("links.app-source.latency", json!("exp(5ms)")),
                ("source.lock_order", json!(order)),
                ("source.abort", json!(0.1)),
                ("outbox.poll", json!("50ms")),
                ("faults", json!(["crash:app@5s+1s", "crash:source@10s+1s"])),
            ] {
                document.set_value(path, value).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
            }
            let recording = run(&document);
            let ledger = &recording.report().ledger;
            assert_eq!((ledger.lost, ledger.ghost, ledger.in_flight), (0, 0, 0), "{order} {seed}");
            reordered += ledger.reordered;
        }
        assert_eq!(reordered == 0, sorted, "{order}: {reordered}");
    }
}

/// An xid is taken at the first write: a transaction that wrote another row first can commit a key late and sort before.
///
/// The horizon alone does it too: an old xid may be read while a younger one, committed on the same key before it, still
/// stands behind a third transaction that is open. So with several rows a transaction, order by id and progress by flag
/// are right for a key only if nothing committed is held back.
#[test]
fn xid_order_is_not_commit_order_of_a_key() {
    let reordered = |rows: u32, eligible: &str, order: &str| {
        let mut reordered = 0;
        for seed in 0..8 {
            let mut document = presets::find("outbox").unwrap().document().with_seed(seed);
            for (path, value) in [
                ("workload.arrivals", json!("poisson(40/s)")),
                ("workload.keys.count", json!(4)),
                ("workload.rows_per_tx", json!(rows)),
                ("source.tx_time", json!("exp(20ms)")),
                ("outbox.poll", json!("50ms")),
                ("outbox.eligible", json!(eligible)),
                ("outbox.read_order", json!(order)),
                ("outbox.progress", json!("flag")),
                ("faults", json!([])),
            ] {
                document.set_value(path, value).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
            }
            reordered += run(&document).report().ledger.reordered;
        }
        reordered
    };
    let table = [
        (1, "committed", "id", true),
        (1, "xmin", "id", true),
        (2, "committed", "id", true),
        (2, "xmin", "xid-id", false),
        (2, "xmin", "id", false),
    ];
    for (rows, eligible, order, sorted) in table {
        assert_eq!(reordered(rows, eligible, order) == 0, sorted, "{rows} {eligible} {order}");
    }
}
