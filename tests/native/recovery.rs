//! Recoveries: what they mend, what they cannot, and what they break.

use crate::estimate::Estimate;
use crate::lab;
use driftscope::kernel::time::Us;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::scenario::presets::{PRESETS, Preset};
use driftscope::world::ids::StoreKind;
use driftscope::world::observe::BY_REPAIR;
use driftscope::world::record::{Kind, Parcel, Record};

/// The preset goes on for another of its durations, without new operations or faults, with two passes of a recovery.
fn afterwards(preset: &Preset, recovery: &str) -> Recording {
    let document = preset.document();
    let duration = lab::plan(&document).duration;
    let (first, end) = (duration.after(Us(duration.0 / 20)), Us(duration.0 * 11 / 5));
    let settings = [
        ("duration", end.to_string()),
        ("recovery", "{}".to_owned()),
        ("recovery.mend", format!(r#"{{"kind": "{recovery}", "period": "{first}", "grace": "0s"}}"#)),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).collect();
    lab::run(&lab::with(&document, &settings))
}

/// Why a recovery leaves a preset's state as it is.
const NOT_MENDED: &[(&str, &str)] = &[
    ("double-charge", "an effect cannot be taken back"),
    ("retries-duplicate-effects", "an effect cannot be taken back"),
];

/// How many rows each pass of a recovery wrote.
fn repairs_by_pass(records: &[Record]) -> Vec<u64> {
    let mut passes = Vec::new();
    for record in records {
        match (record.kind, passes.last_mut()) {
            (Kind::PassBegan, _) => passes.push(0),
            (Kind::Applied, Some(last)) if record.extra == BY_REPAIR => *last += 1,
            _ => {}
        }
    }
    passes
}

/// From every diverged state that a preset ends in, reconciliation and rebuild end consistent; the second pass changes
/// nothing.
#[test]
fn every_diverged_preset_is_mended() {
    let mut errors = String::new();
    for preset in PRESETS {
        let alone = lab::run(&preset.document());
        if alone.report().verdict.id() != "diverged" {
            continue;
        }
        for kind in ["reconcile", "rebuild"] {
            let recording = afterwards(preset, kind);
            let told = recording.report();
            let excused = NOT_MENDED.iter().any(|(id, _)| *id == preset.id);
            ends_in_time(&recording, preset.id);
            let mended = lab::rows_that_differ(told) == "-";
            if mended && excused {
                errors += &format!("{} is mended by {kind}: it is no exception\n", preset.id);
            }
            if !mended && !excused {
                errors += &format!("{} after {kind}: {}\n", preset.id, lab::rows_that_differ(told));
            }
            let passes: Vec<u64> =
                lab::of_kind(&recording.trace().records, Kind::Compared).map(|record| record.value).collect();
            if kind == "reconcile" && passes.last() != Some(&0) {
                errors += &format!("{}: the last pass still finds {passes:?}\n", preset.id);
            }
            // A cache is emptied by each rebuild, and its rows are put anew.
            let cache = recording.plan().stores.iter().any(|store| store.kind == StoreKind::Cache);
            let repairs = repairs_by_pass(&recording.trace().records);
            if repairs.last() != Some(&0) && !(kind == "rebuild" && cache) {
                errors += &format!("{} after {kind}: rows written by pass {repairs:?}\n", preset.id);
            }
            if told.repair.harmful > 0 || told.repair.runs < 2 {
                errors += &format!("{} after {kind}: {:?}\n", preset.id, told.repair);
            }
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// What a re-snapshot cannot mend, by preset; every other diverged one it mends.
const SNAPSHOT_LEAVES: &[(&str, &str, &str)] = &[
    ("order-created-ghost", "ghost 1", "a snapshot shows only rows that are there"),
    ("cdc-slot-lost", "ghost 1", "a snapshot shows only rows that are there"),
    ("rollback-after-publish", "ghost 1", "a snapshot shows only rows that are there"),
    ("two-phase-commit-unsupported", "ghost 1", "a snapshot shows only rows that are there"),
    ("failover-ghost", "ghost 1", "a snapshot shows only rows that are there"),
    ("listen-to-yourself", "ghost 1", "a snapshot shows only rows that are there"),
    ("tombstone-expired", "ghost 1", "a snapshot shows only rows that are there"),
    (
        "version-reused-after-failover",
        "stale 1",
        "the row comes under the version that the store has, and is not newer",
    ),
    ("poison-message", "missing 1", "the row is as much of a poison as it was, and skipped again"),
    ("double-charge", "duplicate-effect 33", "every row is one effect more, in each pass"),
    (
        "compensation-overtaken",
        "ghost 1 duplicate-effect 30",
        "a ghost has no row to show, and every row is one effect more, in each pass",
    ),
    ("retries-duplicate-effects", "duplicate-effect 17", "every row is one effect more, in each pass"),
];

/// From every diverged state that a preset ends in, a re-snapshot ends consistent, or what it leaves stands in a table with
/// the reason; the second pass changes no row.
#[test]
fn what_a_resnapshot_cannot_mend() {
    let mut errors = String::new();
    for preset in PRESETS.iter().filter(|preset| lab::run(&preset.document()).report().verdict.id() == "diverged") {
        let recording = afterwards(preset, "resnapshot");
        let left = lab::rows_that_differ(recording.report());
        let row = SNAPSHOT_LEAVES.iter().find(|(id, ..)| *id == preset.id);
        if row.map_or("-", |(_, left, _)| left) != left {
            errors += &format!("{} is left with {left}\n", preset.id);
        }
        ends_in_time(&recording, preset.id);
        let again = changed_by_second_pass(&recording);
        if again > 0 && !left.starts_with("duplicate-effect") {
            errors += &format!("{}: the second pass changes {again} rows\n", preset.id);
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// How many rows show another event after the second pass of a recovery than before it.
fn changed_by_second_pass(recording: &Recording) -> usize {
    let records = &recording.trace().records;
    let second = lab::of_kind(records, Kind::PassBegan).nth(1).map_or(Us::ZERO, |record| record.at);
    let before = |at: usize, now: &Record| {
        let same = |old: &&Record| old.kind == Kind::Applied && (old.node, old.key) == (now.node, now.key);
        records[..at].iter().rev().find(same).map(|old| old.event)
    };
    let applied = records.iter().enumerate().filter(|(_, record)| record.kind == Kind::Applied && record.at >= second);
    applied.filter(|(at, record)| record.is_again() && before(*at, record) != Some(record.event)).count()
}

/// The run ends by itself, long before the drain's limit, and nothing is on its way any more.
fn ends_in_time(recording: &Recording, what: &str) {
    let (told, plan) = (recording.report(), recording.plan());
    let in_flight: u64 = told.stores.iter().map(|store| store.in_flight).sum();
    assert!(told.simulated_us < plan.duration.0 + plan.drain_limit.0, "{what}: the drain found no end");
    assert_eq!((in_flight, told.ledger.in_flight), (0, 0), "{what}: something is still on its way");
}

/// A re-snapshot shows only rows that exist: it mends what is missing or stale, and leaves every ghost.
#[test]
fn a_resnapshot_never_mends_a_ghost() {
    let told = |id: &str| {
        let preset = PRESETS.iter().find(|preset| preset.id == id).unwrap();
        lab::rows_that_differ(afterwards(preset, "resnapshot").report())
    };
    assert_eq!(told("order-created-lost"), "-");
    assert_eq!(told("missing-search-index"), "-");
    assert_eq!(told("order-created-ghost"), "ghost 1");
    assert_eq!(told("cdc-slot-lost"), "ghost 1");
}

/// A failover of the broker and crashes of the app lose events; then live writes go on, and a reconciliation has a wide
/// window between its reads and its repairs.
fn live(seed: u64, versioned: bool) -> Recording {
    let strategy = ["direct-db-first", "outbox", "cdc"][(seed % 3) as usize];
    let document = lab::document(
        r#"{"duration": "9s", "workload": {"arrivals": "poisson(10/s)", "keys": {"count": 8}, "mix": {"insert": 0.1, "update": 0.7, "delete": 0.2}},
            "broker": {"acks": 1, "replication_lag": "400ms"}, "direct": {"gap": "exp(50ms)"}, "source": {"tx_time": "exp(5ms)"},
            "links": {"broker-search-index-consumer": {"latency": "exp(30ms)"}},
            "stores": {"search-index": {"apply": "versioned", "tombstone": {"durable": "soft-delete"}}},
            "outbox": {"poll": "100ms"}, "cdc": {"poll": "100ms"},
            "recovery": {"mend": {"period": "2s", "grace": "500ms", "repair_delay": "1s"}},
            "faults": ["crash:app@700ms+50ms", "crash:app@1s+50ms", "failover:broker@1.5s+100ms"]}"#,
    );
    let versioned = if versioned { "true" } else { "false" };
    lab::run(&lab::with(&document.with_seed(seed), &[("strategy", strategy), ("recovery.mend.versioned", versioned)]))
}

/// With versions a repair under live writes harms nothing, without them it does.
#[test]
fn repairs_under_live_writes() {
    let runs = if lab::soak() { 10_000 } else { 500 };
    let (mut repaired, mut harmful) = (0, 0);
    for seed in 0..runs {
        let told = live(seed, true).report().repair;
        assert_eq!(told.harmful, 0, "seed {seed}: {told:?}");
        repaired += told.repaired;
    }
    for seed in 0..runs {
        harmful += live(seed, false).report().repair.harmful;
    }
    println!("{runs} runs: {repaired} repaired, none harmful; without versions {harmful} harmful");
    assert!(repaired > runs / 8 && harmful > 0, "{repaired} repaired, {harmful} harmful without versions");
}

fn story(settings: &[(&str, &str)]) -> Document {
    let document = lab::document(
        r#"{"duration": "30s", "strategy": "outbox", "outbox": {"poll": "200ms", "phase": "0s"},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"},
                {"at": "12s", "key": "a", "op": "update"}, {"at": "13s", "key": "b", "op": "delete"}]},
            "stores": {"search-index": {"apply": "versioned", "tombstone": {"durable": "soft-delete"}}},
            "recovery": {"mend": {"kind": "rebuild", "period": "10s", "read_row": "2s"}}}"#,
    );
    lab::with(&document, settings)
}

/// A rebuild that copies for four seconds while rows change: by where it records its position, and whether it looks at
/// versions.
#[test]
fn rebuild_and_what_happens_meanwhile() {
    let end = |settings: &[(&str, &str)]| {
        let recording = lab::run(&story(settings));
        lab::rows_that_differ(recording.report())
    };
    assert_eq!(end(&[]), "-");
    // What happened while it copied is lost: the new index has the old version, and the deleted row.
    let one = ("recovery.mend.period", "11s");
    assert_eq!(end(&[one, ("recovery.mend.position", "after-copy"), ("duration", "20s")]), "stale 1 ghost 1");
    // A copied row overwrites what is newer.
    assert_eq!(end(&[one, ("recovery.mend.versioned", "false"), ("duration", "20s")]), "stale 1 ghost 1");
}

/// A recovery that dies at one of its points leaves its pass undone; the next one does it.
#[test]
fn recoveries_crash() {
    let base = lab::document(
        r#"{"duration": "30s", "target": "search-index", "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}]},
            "stores": {"search-index": {"apply": "versioned"}}, "recovery": {"mend": {"period": "8s", "grace": "1s"}},
            "nodes": {"mend": {"restart": "1s"}}, "faults": ["fail-before:app-search-index*0"]}"#,
    );
    for (kind, point, compared) in [
        ("reconcile", "reconcile.after-read-before-compare", 2),
        ("reconcile", "reconcile.after-compare-before-repair", 3),
        ("reconcile", "reconcile.after-repair-before-next", 3),
        ("resnapshot", "resnapshot.after-read-before-publish", 2),
        ("resnapshot", "resnapshot.after-publish-before-next", 3),
        ("rebuild", "rebuild.after-position-before-copy", 0),
        ("rebuild", "rebuild.after-copy-before-swap", 0),
        ("rebuild after-copy", "rebuild.after-copy-before-swap", 0),
    ] {
        let (kind, position) = kind.split_once(' ').unwrap_or((kind, "before-copy"));
        let document = lab::with(&base, &[("recovery.mend.kind", kind), ("recovery.mend.position", position)]);
        let recording = lab::run(&lab::and_fault(&document, &format!("crash:mend@{point}*1")));
        let told = recording.report();
        assert_eq!(lab::fired(told, 1), 1, "{point}");
        assert_eq!(lab::rows_that_differ(told), "-", "{point}");
        assert_eq!(lab::of_kind(&recording.trace().records, Kind::Compared).count(), compared, "{point}");
        assert_eq!(told.repair.runs, 3, "{point}");
    }
}

/// A person repairs one row after the other, at a person's rate, and re-emission goes through the log to every store.
#[test]
fn by_hand_and_through_the_log() {
    let base = lab::document(
        r#"{"duration": "2h", "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}, {"at": "3s", "key": "c", "op": "insert"}]},
            "stores": {"one": {}, "two": {}}, "faults": ["fail-before:app-broker*0"]}"#,
    );
    let by_hand =
        lab::run(&lab::with(&base, &[("recovery.mend", r#"{"kind": "manual", "notice_after": "1h", "rate": "6/h"}"#)]));
    let repaired = lab::of_kind(&by_hand.trace().records, Kind::Applied);
    let times: Vec<u64> = repaired.map(|record| record.at.0 / 60_000_000).collect();
    assert_eq!(times, [60, 70, 80, 90, 100, 110], "three rows of two stores, ten minutes apart");
    assert_eq!(by_hand.report().repair.repaired, 6);
    let emitted = lab::run(&lab::with(&base, &[("recovery.mend", r#"{"repair": "re-emit", "period": "1h"}"#)]));
    let sent = lab::of_kind(&emitted.trace().records, Kind::Reemitted).count();
    let told = emitted.report();
    assert_eq!((sent, told.repair.repaired, told.ledger.delivered), (3, 6, 0), "once for both, and no delivery");
    assert_eq!(told.verdict.id(), "consistent");
}

/// O23: a repair without a version check writes `w` after it has read; it harms if a live update of the row came between:
/// with probability 1 - exp(-lambda w). With the check it never does.
#[test]
fn o23_a_repair_races_live_updates() {
    let (rate, window, runs) = (1.0, 2.0, 3_200u32);
    let document = lab::document(
        r#"{"strategy": "direct-db-first", "target": "search-index", "duration": "13s", "stores": {"search-index": {"service": "0s"}},
            "workload": {"arrivals": "poisson(1/s)", "keys": {"count": 1}, "mix": {"insert": 0, "update": 1, "delete": 0}},
            "source": {"commit_time": "0s", "tx_time": "0s"}, "direct": {"gap": "0s"},
            "links": {"app-source": {"latency": "0s"}, "app-search-index": {"latency": "0s"}, "mend-source": {"latency": "0s"}, "mend-search-index": {"latency": "0s"}},
            "recovery": {"mend": {"period": "10s", "grace": "0s", "read_row": "0s", "repair_delay": "2s", "versioned": false}},
            "faults": ["update:1@9.999999s"]}"#,
    );
    let harmful = |document: &Document| -> u64 {
        (0..runs).map(|seed| lab::run(&document.with_seed(seed.into())).report().repair.harmful).sum()
    };
    let (n, p) = (f64::from(runs), 1.0 - libm::exp(-rate * window));
    let (got, error) = (harmful(&document) as f64 / n, (p * (1.0 - p) / n).sqrt());
    Estimate { mean: got, error }.is("O23", p, 0.0);
    assert_eq!(harmful(&lab::with(&document, &[("recovery.mend.versioned", "true")])), 0);
}

/// Two rebuilds of one index at a time: each makes its own new index, and swaps that. `one` copies slowly, `two` opens its
/// own while `one` is at work; with and without versions (then nothing may change meanwhile).
#[test]
fn two_rebuilds_of_one_index() {
    let base = lab::document(
        r#"{"duration": "40s", "strategy": "outbox", "outbox": {"poll": "100ms", "phase": "0s"},
            "stores": {"index": {"apply": "versioned"}}, "links": {"one-index": {"latency": "500ms"}},
            "recovery": {"one": {"kind": "rebuild", "period": "20s"}, "two": {"kind": "rebuild", "period": "20s"}},
            "detectors": {"diff": {"kind": "full-diff", "period": "100ms", "grace": "1s"}}}"#,
    );
    // When the other one begins and how long it reads, whether it looks at versions, what becomes of it.
    let table = [
        ("20s", "0s", "true", ""),
        ("21.8s", "0s", "true", ""),
        ("21.8s", "0s", "true", "off:two@21.803s"),
        ("20.4s", "1s", "false", ""),
        ("20.4s", "1s", "false", "off:two@21.9s"),
        ("21.2s", "200ms", "true", "crash:two@rebuild.after-copy-before-swap*1+100ms"),
    ];
    let insert = r#"{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}"#;
    let arrivals = [format!("[{insert}]"), format!(r#"[{insert}, {{"at": "21s", "key": "a"}}]"#)];
    for (begins, reads, versioned, fault) in table {
        let settings = [
            ("workload.arrivals", arrivals[usize::from(versioned == "true")].as_str()),
            ("recovery.two.period", begins),
            ("recovery.two.read_row", reads),
            ("recovery.two.versioned", versioned),
        ];
        let document = lab::with(&base, &settings);
        let recording = lab::run(&if fault.is_empty() { document } else { lab::and_fault(&document, fault) });
        let told = recording.report();
        assert_eq!(lab::rows_that_differ(told), "-", "{begins} {fault}");
        assert_eq!((told.detectors[0].flagged_rows, told.repair.harmful), (0, 0), "{begins} {fault}: no row ever went");
        let swaps = lab::of_kind(&recording.trace().records, Kind::Swapped).count();
        assert_eq!(swaps, if fault.is_empty() { 2 } else { 1 }, "{begins} {fault}");
    }
}

/// What a pass that died had copied is thrown away: the next one's copy does not come on top of it.
#[test]
fn a_dead_pass_leaves_nothing_behind() {
    let base = lab::document(
        r#"{"duration": "40s", "strategy": "outbox", "outbox": {"poll": "100ms"}, "nodes": {"mend": {"restart": "1s"}},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}]},
            "stores": {"index": {"apply": "versioned", "tombstone": {"durable": "soft-delete"}}},
            "recovery": {"mend": {"kind": "rebuild", "period": "15s"}},
            "faults": ["delete:b@20s"]}"#,
    );
    let give_up = "fail-before:mend-index*3";
    for position in ["before-copy", "after-copy"] {
        let document = lab::with(&base, &[("recovery.mend.position", position)]);
        assert_eq!(lab::rows_that_differ(lab::run(&document).report()), "-", "{position}");
        for fault in ["crash:mend@rebuild.after-copy-before-swap*1", give_up] {
            let recording = lab::run(&lab::and_fault(&document, fault));
            let told = recording.report();
            assert_eq!((lab::fired(told, 0), lab::fired(told, 1)), (1, 1), "{position} {fault}");
            assert_eq!(lab::rows_that_differ(told), "-", "{position} {fault}");
            assert_eq!(lab::of_kind(&recording.trace().records, Kind::Swapped).count(), 1, "{position} {fault}");
        }
    }
}

/// A rebuild's requests come twice, the second time after the swap: nothing is opened, copied or swapped again.
#[test]
fn a_rebuild_that_comes_twice() {
    let document = lab::document(
        r#"{"duration": "30s", "strategy": "outbox", "outbox": {"poll": "100ms"},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}]},
            "stores": {"index": {"apply": "versioned"}},
            "links": {"mend-index": {"duplicate": {"p": 1, "delay": "3s"}}},
            "recovery": {"mend": {"kind": "rebuild", "period": "20s"}}}"#,
    );
    for position in ["before-copy", "after-copy"] {
        let recording = lab::run(&lab::with(&document, &[("recovery.mend.position", position)]));
        assert_eq!(lab::of_kind(&recording.trace().records, Kind::Swapped).count(), 1, "{position}");
        assert_eq!(lab::rows_that_differ(recording.report()), "-", "{position}");
    }
}

/// A cache whose reader fills it while a pass has compared and not yet repaired: the repair is of another entry than the
/// pass has read, and is refused (versioned) or takes the new one back (not).
#[test]
fn a_repair_of_an_entry_that_a_reader_has_put_since() {
    let document = lab::document(
        r#"{"duration": "16s", "target": "cache",
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "1.5s", "key": "a", "op": "read"}, {"at": "5s", "key": "a", "op": "update"},
                {"at": "12s", "key": "a", "op": "update"}, {"at": "12.5s", "key": "a", "op": "read"}], "keys": {"count": 1}},
            "stores": {"cache": {"kind": "cache", "ttl": "10s", "on_write": "delete"}},
            "recovery": {"mend": {"period": "10.5s", "grace": "1s", "repair_delay": "3s"}},
            "faults": ["fail-before:app-cache*4", "fail-before:app-cache*5"]}"#,
    );
    for (versioned, want) in [("true", ("-".to_owned(), 0)), ("false", ("stale 1".to_owned(), 1))] {
        let recording = lab::run(&lab::with(&document, &[("recovery.mend.versioned", versioned)]));
        let told = recording.report();
        assert_eq!((lab::rows_that_differ(told), told.repair.harmful), want, "versioned: {versioned}");
    }
}

/// A repair, and a rebuild's copy, of a cache's entry give it a life of its own: the old entry's time does not end it, and
/// it has an end.
#[test]
fn a_repaired_entry_lives_its_own_time() {
    let evicted = |text: &str| -> Vec<u64> {
        let recording = lab::run(&lab::document(text));
        lab::of_kind(&recording.trace().records, Kind::Evicted).map(|record| record.at.0 / 1_000_000).collect()
    };
    let repaired = r#"{"duration": "40s", "target": "cache", "stores": {"cache": {"kind": "cache", "on_write": "set", "ttl": "15s", "apply": "blind"}},
        "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "a", "op": "update"}]},
        "recovery": {"mend": {"period": "10s", "grace": "5s"}}, "faults": ["fail-before:app-cache*2"]}"#;
    assert_eq!(evicted(repaired), [25], "mended at 10 s, and not the time of the entry of 1 s");
    let warmed = r#"{"duration": "40s", "strategy": "cdc", "stores": {"cache": {"kind": "cache", "on_write": "set", "ttl": "15s"}},
        "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}]}, "recovery": {"mend": {"kind": "rebuild", "period": "20s"}}}"#;
    assert_eq!(evicted(warmed), [16, 35], "the entry, and the one that the rebuild put at 20 s");
}

/// A cache that is warmed after the copy: the copy mends what is older there, and leaves alone what is newer.
#[test]
fn a_warm_up_looks_at_versions() {
    let document = lab::document(
        r#"{"duration": "13s", "target": "cache", "stores": {"cache": {"kind": "cache", "on_write": "set"}},
            "recovery": {"mend": {"kind": "rebuild", "period": "10s", "position": "after-copy", "read_row": "1s"}}}"#,
    );
    let insert = r#"{"at": "1s", "key": "a", "op": "insert"}"#;
    let (stale, newer) = (r#"{"at": "5s", "key": "a"}"#, r#"{"at": "10.5s", "key": "a"}"#);
    // The update of a row whose call is lost, or that comes while the rebuild reads; versions looked at; what differs.
    let table = [
        (stale, "fail-before:app-cache*2", "true", "-"),
        (stale, "fail-before:app-cache*2", "false", "-"),
        (newer, "", "true", "-"),
        (newer, "", "false", "stale 1"),
    ];
    for (update, fault, versioned, want) in table {
        let arrivals = format!("[{insert}, {update}]");
        let settings = [("workload.arrivals", arrivals.as_str()), ("recovery.mend.versioned", versioned)];
        let document = lab::with(&document, &settings);
        let recording = lab::run(&if fault.is_empty() { document } else { lab::and_fault(&document, fault) });
        assert_eq!(lab::rows_that_differ(recording.report()), want, "{update} {versioned}");
    }
}

/// The two reads of one pass are two calls: each has a latency of its own.
#[test]
fn a_second_read_draws_anew() {
    let document = lab::document(
        r#"{"duration": "60s", "target": "search-index", "stores": {"search-index": {}},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}]}, "faults": ["fail-before:app-search-index*0"],
            "links": {"mend-source": {"latency": "exp(50ms)"}, "mend-search-index": {"latency": "exp(50ms)"}},
            "recovery": {"mend": {"period": "10s", "grace": "0s", "recheck": "500ms", "sample": 1, "repair": "re-emit"}}}"#,
    );
    let recording = lab::run(&document);
    let (plan, records) = (recording.plan(), &recording.trace().records);
    for name in ["mend-source", "mend-search-index"] {
        let mut reads = Vec::new();
        for arrived in lab::of_kind(records, Kind::Arrived).filter(|record| record.detail == Parcel::Scan as u8) {
            let sent = &records[arrived.cause.index()];
            if plan.link_name(arrived.link) == name {
                reads.push(arrived.at.since(sent.at));
            }
        }
        assert!(reads.len() >= 2, "{name}: {reads:?}");
        assert_ne!(reads[0], reads[1], "{name}: the second read of the first pass");
    }
}
