//! What stores and consumers do about each story of a preset: the option that cures it, or makes it worse.

use crate::lab;
use driftscope::run::report::Report;
use driftscope::scenario::presets::find;
use driftscope::world::observe::BY_REPAIR;
use driftscope::world::record::{Kind, Record};

/// Preset, options; verdict, rows that differ, events that differ.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str, &'static str);

#[rustfmt::skip]
const CURES: &[Row] = &[
    ("double-charge", &[],                                                         "diverged",   "duplicate-effect 1", "duplicates 1"),
    ("double-charge", &[("workload.client.idempotency_key", "true")],              "consistent", "-",       "duplicates 1"),
    // The key is remembered for less time than the app takes to try again.
    ("double-charge", &[("workload.client.idempotency_key", "true"), ("stores.payment.key_ttl", "500ms")], "diverged", "duplicate-effect 1", "duplicates 1"),
    ("double-charge", &[("stores.payment.apply", "insert")],                       "consistent", "-",       "duplicates 1"),
    ("double-charge", &[("stores.payment.inbox.window", "30m")],                   "consistent", "-",       "duplicates 1"),
    ("retries-duplicate-effects", &[("stores.stock.inbox.window", "7d")],          "consistent", "-",       "duplicates 1"),
    ("retries-duplicate-effects", &[("stores.stock.inbox.window", "400ms")],       "diverged",   "duplicate-effect 1", "duplicates 1"),
    ("retries-duplicate-effects", &[("stores.stock.apply", "versioned")],          "consistent", "-",       "duplicates 1"),
    ("poison-message", &[("stores.search-index.consumer.poison_policy", "dead-letter")], "diverged", "missing 1", "lost 1"),
    ("poison-message", &[("stores.search-index.consumer.poison_policy", "dead-letter"), ("stores.search-index.consumer.redrive", "2s")], "consistent", "-", "-"),
    // Nothing is lost: it and all behind it wait, for as long as somebody looks.
    ("poison-message", &[("stores.search-index.consumer.poison_policy", "block")], "diverged",   "missing 5 stale 3", "in-flight 9"),
    ("stale-cache", &[("stores.cache.ttl", "5s")],                                 "consistent", "-",       "lost 1"),
    ("stale-cache", &[("strategy", "cdc")],                                        "consistent", "-",       "-"),
    ("stale-set-race", &[("stores.cache.lease", "true")],                          "consistent", "-",       "-"),
    ("stale-set-race", &[("stores.cache.apply", "versioned")],                     "consistent", "-",       "-"),
    ("stale-set-race", &[("stores.cache.delete_delay", "50ms")],                   "consistent", "-",       "-"),
    // Deleted again too soon: before the reader has set.
    ("stale-set-race", &[("stores.cache.delete_delay", "10ms")],                   "diverged",   "stale 1", "-"),
    ("stale-set-race", &[("stores.cache.ttl", "4s")],                              "consistent", "-",       "-"),
    ("two-writers-reordered", &[("stores.cache.apply", "versioned")],              "consistent", "-",       "reordered 1"),
    ("tombstone-expired", &[("stores.search-index.tombstone.ttl", "2m")],          "consistent", "-",       "reordered 1"),
    ("tombstone-expired", &[("stores.search-index.tombstone.durable", "soft-delete")], "consistent", "-",   "reordered 1"),
    ("cascade", &[("strategy", "outbox")],                                         "consistent", "-",       "-"),
    ("cascade", &[("target", "search-index")],                                     "diverged",   "missing 2", "lost 1"),
];

fn told(preset: &str, options: &[(&str, &str)]) -> Report {
    let recording = lab::run(&lab::with(&find(preset).unwrap().document(), options));
    let report = recording.report();
    assert!(report.invariants.iter().all(|law| law.holds), "{preset} {options:?}: {:?}", report.invariants);
    report.clone()
}

#[test]
fn what_cures_and_what_does_not() {
    let mut wrong = String::new();
    for (preset, options, verdict, rows, events) in CURES {
        let report = told(preset, options);
        let has = (report.verdict.id(), lab::rows_that_differ(&report), lab::events_that_differ(&report.ledger));
        if has != (*verdict, (*rows).to_owned(), (*events).to_owned()) {
            wrong += &format!("{preset} {options:?}: {has:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A client asks again because it heard nothing: two events of one intention, unless the request carries a key.
#[test]
fn a_client_that_asks_again() {
    let document = lab::document(
        r#"{"duration": "20s", "target": "payment", "stores": {"payment": {"kind": "service"}},
            "workload": {"arrivals": [{"at": "1s", "key": "order-1", "op": "insert"}], "client": {"timeout": "1s", "retries": 2}},
            "links": {"app-payment": {"latency": "700ms"}}}"#,
    );
    for (key, effects, events) in [("false", 2, 3), ("true", 0, 1)] {
        let recording = lab::run(&lab::with(&document, &[("workload.client.idempotency_key", key)]));
        let report = recording.report();
        assert_eq!((report.stores[0].duplicate_effects, report.ledger.committed), (effects, events), "key {key}");
        assert_eq!(lab::of_kind(&recording.trace().records, Kind::Applied).count() as u64, events, "key {key}");
        assert_eq!(report.ledger.duplicates, 0, "the events are not the same: only the intention is");
    }
}

/// A row may have more than one effect too many: the verdict counts effects.
#[test]
fn the_verdict_counts_effects() {
    let document = lab::document(
        r#"{"strategy": "outbox", "duration": "20s", "stores": {"a": {"apply": "increment"}},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}]},
            "faults": ["crash:a-consumer@consumer.after-apply-before-commit*1+100ms", "crash:a-consumer@consumer.after-apply-before-commit*2+100ms"]}"#,
    );
    let recording = lab::run(&document);
    assert_eq!(lab::rows_that_differ(recording.report()), "duplicate-effect 2");
    assert_eq!(recording.story().verdict.lines[0], "2 effects too many.");
}

/// The app dies while its commit is on its way, and the client asks again before that is there: the key is unique in the
/// database too, so that the second transaction is refused.
#[test]
fn a_key_is_unique_in_the_database() {
    let document = lab::document(
        r#"{"duration": "30s", "target": "payment", "stores": {"payment": {"kind": "service"}}, "source": {"timeout": "5s"},
            "workload": {"arrivals": [{"at": "1s", "key": "order-1", "op": "insert"}], "client": {"timeout": "1.5s", "retries": 6}},
            "links": {"app-source": {"latency": "600ms"}}, "faults": ["crash:app@2.3s+100ms"]}"#,
    );
    let two_phase = [
        ("strategy", "two-phase-commit"),
        ("target", "broker"),
        ("source.max_prepared_transactions", "10"),
        ("broker.xa", "true"),
        ("links.coordinator-source.latency", "600ms"),
    ];
    for options in [&[][..], &two_phase[..]] {
        let run =
            |key| lab::run(&lab::with(&document, &[options, &[("workload.client.idempotency_key", key)]].concat()));
        let (without, with) = (run("false"), run("true"));
        assert!(without.report().ledger.committed > 1, "{options:?}: {:?}", without.report().ledger);
        assert_eq!((with.report().ledger.committed, with.report().client.ok), (1, 1), "{options:?}");
    }
}

/// Short ids collide, whether the inbox is written with the effect or by a call of its own: the store takes another event
/// for one that it has had.
#[test]
fn short_ids_collide_however_they_are_written() {
    for same_tx in ["true", "false"] {
        let recording = lab::run(&lab::document(&format!(
            r#"{{"strategy": "outbox", "duration": "10s", "workload": {{"arrivals": "every(20ms)", "limit": 40, "keys": {{"count": 50}}}},
                "stores": {{"a": {{"apply": "increment", "inbox": {{"window": "1h", "id_bits": 4, "same_tx": {same_tx}}}}}}}}}"#
        )));
        let taken = lab::of_kind(&recording.trace().records, Kind::Applied).count();
        assert!((10..=16).contains(&taken), "{taken} events have 4 bits of their own, same transaction: {same_tx}");
    }
}

/// DOMAIN 2g: what was put aside comes back behind later versions of its row: an overwrite takes it, a version refuses it.
#[test]
fn a_redrive_brings_an_old_version() {
    let document = lab::document(
        r#"{"duration": "30s", "stores": {"search-index": {"consumer": {"poison_policy": "dead-letter", "attempts": 2, "redrive": "5s"}}},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "a"}, {"at": "3s", "key": "a"}]},
            "faults": ["poison:search-index-consumer-search-index*2"]}"#,
    );
    for (apply, rows) in [("blind", "stale 1"), ("versioned", "-")] {
        let recording = lab::run(&lab::with(&document, &[("stores.search-index.apply", apply)]));
        let report = recording.report();
        let has = (lab::rows_that_differ(report), lab::events_that_differ(&report.ledger));
        assert_eq!(has, (rows.to_owned(), "reordered 1".to_owned()), "{apply}");
    }
}

/// What comes back from aside goes the way of every record: it is applied, marked and handed on. A consumer that is down
/// when it comes, or dies with it, gets it later.
#[test]
fn what_comes_back_goes_the_whole_way() {
    let document = lab::document(
        r#"{"duration": "30s", "workload": {"arrivals": "every(500ms)", "limit": 10, "keys": {"count": 50}},
            "stores": {"b": {}, "a": {"emits_to": "b", "apply": "increment", "inbox": {"window": "1h", "same_tx": false},
                "consumer": {"poison_policy": "dead-letter", "attempts": 2, "retry": "100ms", "redrive": "3s"}}}}"#,
    );
    // A record is two calls, to apply and to mark it. The fifth, of 2.5 s, is put aside at 2.6 s.
    for (faults, comes) in [
        (r#"["poison:a-consumer-a*9"]"#, 5..6),
        (r#"["poison:a-consumer-a*9", "crash:a-consumer@5s+2s"]"#, 8..9),
        // The polls after 5.5 s are its own: there is nothing else left.
        (r#"["poison:a-consumer-a*9", "crash:a-consumer@consumer.after-poll-before-apply*11+100ms"]"#, 8..9),
    ] {
        let recording = lab::run(&lab::with(&document, &[("faults", faults)]));
        let (report, records) = (recording.report(), &recording.trace().records);
        let fired: Vec<u64> = report.faults.iter().map(|fault| fault.fired).collect();
        assert!(fired.iter().all(|fired| *fired == 1), "{faults}: {fired:?}");
        assert_eq!((lab::rows_that_differ(report).as_str(), report.ledger.lost), ("-", 0), "{faults}");
        let aside = lab::of_kind(records, Kind::Poisoned).next().expect("one is put aside").event;
        for (kind, node) in [(Kind::Applied, "a"), (Kind::Remembered, "a"), (Kind::Applied, "b")] {
            let of = |record: &&Record| record.event == aside && recording.plan().nodes[record.node.index()].id == node;
            let at: Vec<u64> = lab::of_kind(records, kind).filter(of).map(|record| record.at.0 / 1_000_000).collect();
            assert!(at.len() == 1 && comes.contains(&at[0]), "{faults}: {} at {node}, {at:?}", kind.id());
        }
    }
}

/// A store that is emitted to counts only what was emitted to it, and is fed by nothing else, in a chain too.
#[test]
fn a_chain_of_stores() {
    let document = lab::document(
        r#"{"duration": "20s", "stores": {"a": {"emits_to": "b"}, "b": {"emits_to": "c"}, "c": {}},
            "workload": {"arrivals": "poisson(20/s)", "limit": 100, "keys": {"count": 10}},
            "nodes": {"a-consumer": {"crash_rate": "20/m", "restart": "100ms"}}}"#,
    );
    for target in ["broker", "a"] {
        let recording = lab::run(&lab::with(&document, &[("target", target)]));
        let report = recording.report();
        assert_eq!(lab::rows_that_differ(report), "-", "{target}");
        let committed: Vec<u64> = report.stores.iter().map(|store| store.ledger.committed).collect();
        assert_eq!(committed, [100, 100, 100], "{target}");
        let links: Vec<&str> = recording.plan().links.iter().map(|link| link.id.as_str()).collect();
        let own = if target == "a" { "a-b" } else { "a-consumer-b" };
        assert!(links.contains(&own) && links.contains(&"b-c") && !links.contains(&"app-b"), "{links:?}");
    }
}

/// What a consumer committed before it applied is in nothing but its memory: at the drain's limit it is in flight, the
/// record that blocks it too, although it failed often.
#[test]
fn what_waits_in_a_consumer_is_in_flight() {
    // One that polled all at once and is blocked by the first; one that is at work when the drain ends.
    let blocked = r#"{"strategy": "outbox", "target": "broker", "seed": 47328, "duration": "1s", "drain_limit": "2m",
        "workload": {"arrivals": "poisson(25/s)", "limit": 10, "keys": {"count": 4}},
        "stores": {"search-index": {"consumer": {"poison": 0.2, "commit": "before"}}}}"#;
    let at_work = r#"{"strategy": "outbox", "target": "broker", "seed": 206649, "duration": "1s", "drain_limit": "0s",
        "workload": {"arrivals": "poisson(25/s)", "limit": 8, "keys": {"count": 4}},
        "stores": {"search-index": {"consumer": {"commit": "before"}}},
        "links": {"search-index-consumer-search-index": {"latency": "20ms"}}}"#;
    // One whose next store takes nothing, so that it never comes to its own offset.
    let handing_on = r#"{"strategy": "outbox", "duration": "5s", "drain_limit": "1m",
        "workload": {"arrivals": "every(500ms)", "limit": 4, "keys": {"count": 4}},
        "stores": {"a": {"emits_to": "b"}, "b": {}}, "faults": ["poison:a-consumer-b*2"]}"#;
    for (text, events) in [(blocked, "in-flight 2"), (at_work, "in-flight 2"), (handing_on, "in-flight 3")] {
        let recording = lab::run(&lab::document(text));
        let report = recording.report();
        assert!(report.invariants.iter().all(|law| law.holds), "{text}: {:?}", report.invariants);
        assert_eq!(lab::events_that_differ(&report.ledger), events, "{text}");
    }
}

/// A mark in the inbox, or a call of the next store, that fails is tried again with draws of its own: once in a while, and
/// not for ever.
#[test]
fn each_try_of_a_consumer_has_its_own_draws() {
    for (link, stores) in [
        ("a-consumer-b", r#"{"a": {"emits_to": "b"}, "b": {}}"#),
        ("a-consumer-a", r#"{"a": {"apply": "increment", "inbox": {"window": "1h", "same_tx": false}}}"#),
    ] {
        let recording = lab::run(&lab::document(&format!(
            r#"{{"duration": "60s", "workload": {{"arrivals": "every(100ms)", "limit": 300, "keys": {{"count": 10}}}},
                "stores": {stores}, "links": {{"{link}": {{"outcomes": {{"fail_before": 0.02}}}}}}}}"#
        )));
        let report = recording.report();
        let retried = lab::of_kind(&recording.trace().records, Kind::Retried).count();
        assert!((1..40).contains(&retried), "{link}: {retried} retries of 300 records");
        assert!(report.lag_us.max.is_some_and(|longest| longest < 3_000_000), "{link}: {:?}", report.lag_us.max);
    }
}

/// A consumer that reads the row which an event names, and finds none, hands nothing on, and marks nothing.
#[test]
fn what_is_dropped_goes_no_further() {
    let document = lab::document(
        r#"{"duration": "20s", "workload": {"arrivals": [{"at": "1s", "key": "x", "op": "insert"}, {"at": "1010ms", "key": "x", "op": "delete"}]},
            "stores": {"a": {"payload": "reference", "inbox": {"window": "1h", "same_tx": false}, "emits_to": "b"}, "b": {}},
            "links": {"broker-a-consumer": {"latency": "200ms"}}}"#,
    );
    let recording = lab::run(&document);
    let records = &recording.trace().records;
    let (a, b) = (recording.plan().roles.stores[0], recording.plan().roles.stores[1]);
    let versions = |kind: Kind, node| {
        lab::of_kind(records, kind)
            .filter(|record| record.node == node)
            .map(|record| record.version)
            .collect::<Vec<_>>()
    };
    assert_eq!(lab::of_kind(records, Kind::Rejected).count(), 1, "the insert finds no row");
    assert_eq!(
        (versions(Kind::Applied, a), versions(Kind::Remembered, a), versions(Kind::Applied, b)),
        (vec![2], vec![2], vec![2])
    );
}

/// DOMAIN 3.1, cache-aside, the cell `negative cache`: a reader found no row and put that; the row comes, the invalidation does
/// not, or was there before the reader put. From then on readers are told that there is no row: `missing`, and no miss.
#[test]
#[rustfmt::skip]
fn a_negative_entry_outlives_its_row() {
    let document = lab::document(
        r#"{"duration": "20s", "target": "cache", "stores": {"cache": {"set_delay": "30ms"}}, "detectors": {"full-diff": {"grace": "0s", "period": "1s"}},
            "workload": {"arrivals": [{"at": "1s", "key": "order-1", "op": "read"}, {"at": "2s", "key": "order-1", "op": "insert"},
                                      {"at": "9s", "key": "order-1", "op": "read"}]}}"#,
    );
    // The reader has read, and takes longer to put than the writer to insert and to invalidate.
    let race = ("stores.cache.set_delay", "1100ms");
    let on = ("stores.cache.negative_ttl", "1h");
    let dead = ("faults", r#"["crash:app@app.after-commit-before-publish*1+1s"]"#);
    // options; rows that differ, entries that were out of date when they were put, hits, what the cause says
    let table: [(&[(&str, &str)], &str, u64, u64, &str); 9] = [
        (&[],                                              "-",         0, 0, ""),
        (&[on],                                            "-",         0, 0, ""),
        (&[dead],                                          "-",         0, 0, ""),
        (&[on, dead],                                      "missing 1", 0, 1, "before it called the cache"),
        (&[("stores.cache.negative_ttl", "5s"), dead],     "-",         0, 0, ""),
        (&[on, race],                                      "missing 1", 1, 1, "a reader put that there is no such row"),
        (&[on, race, ("stores.cache.lease", "true")],      "-",         0, 0, ""),
        (&[on, race, ("stores.cache.apply", "versioned")], "-",         0, 0, ""),
        (&[on, race, ("stores.cache.delete_delay", "2s")], "-",         1, 0, ""),
    ];
    for (options, rows, stale, hits, cause) in table {
        let recording = lab::run(&lab::with(&document, options));
        let report = recording.report();
        assert!(report.invariants.iter().all(|law| law.holds), "{options:?}: {:?}", report.invariants);
        let reads = &report.stores[0].reads;
        assert_eq!((lab::rows_that_differ(report).as_str(), reads.stale_sets, reads.hits), (rows, stale, hits), "{options:?}");
        let row = report.stores[0].witnesses.iter().find(|witness| witness.anomaly == "missing");
        let said = row.map_or("", |witness| witness.cause.as_str());
        assert!(said.contains(cause) && said.is_empty() == cause.is_empty(), "{options:?}: {said}");
        // Who compares the rows sees it.
        assert_eq!(report.detectors[0].detect_us.is_some(), report.divergence.first_us.is_some(), "{options:?}");
        assert_eq!(report.detectors[0].false_alarms, 0, "{options:?}");
    }
}

/// DOMAIN 2c: reconcile by get, not by search, or add the refresh to the grace. One row, applied long before anybody looks.
#[test]
#[rustfmt::skip]
fn a_search_sees_the_last_refresh() {
    let document = lab::document(
        r#"{"duration": "20s", "target": "search-index", "stores": {"search-index": {}},
            "workload": {"arrivals": [{"at": "1310ms", "key": "order-1", "op": "insert"}]},
            "detectors": {"full-diff": {"period": "700ms"}}, "recovery": {"reconcile": {"period": "1500ms"}}}"#,
    );
    // refresh, read by, grace, versioned; looks that flag the row, repairs begun, written, refused
    let table = [
        ("1s",    "get",    "50ms", "true",  0, 0, 0, 0),
        // Visible at 2 s: seen as missing at 1.4 s, and repaired at 1.5 s; the row is not as it was read.
        ("1s",    "search", "50ms", "true",  1, 1, 0, 1),
        ("1s",    "search", "50ms", "false", 1, 1, 1, 0),
        ("1s",    "search", "1s",   "true",  0, 0, 0, 0),
        ("0s",    "search", "50ms", "true",  0, 0, 0, 0),
        ("5s",    "search", "50ms", "true",  6, 3, 0, 3),
        ("5s",    "search", "1s",   "true",  4, 2, 0, 2),
        ("5s",    "search", "5s",   "true",  0, 0, 0, 0),
    ];
    for (refresh, by, grace, versioned, flagged, begun, written, refused) in table {
        let name = format!("{refresh} {by} {grace} {versioned}");
        let recording = lab::run(&lab::with(&document, &[
            ("stores.search-index.refresh", refresh), ("detectors.full-diff.read_by", by), ("detectors.full-diff.grace", grace),
            ("recovery.reconcile.read_by", by), ("recovery.reconcile.grace", grace), ("recovery.reconcile.versioned", versioned),
        ]));
        let (report, records) = (recording.report(), &recording.trace().records);
        let told = &report.detectors[0];
        // Rows are judged by get: nothing ever differs, and every flag is false.
        assert_eq!((lab::rows_that_differ(report), report.divergence.peak), ("-".to_owned(), 0), "{name}");
        assert_eq!((told.flagged_rows, told.false_rows, told.false_alarms), (flagged, flagged, flagged.min(1)), "{name}");
        let compared: u64 = lab::of_kind(records, Kind::Compared).map(|record| record.value).sum();
        let repairs = |kind| lab::of_kind(records, kind).filter(|record| record.extra == BY_REPAIR).count() as u64;
        assert_eq!((compared, repairs(Kind::Applied), repairs(Kind::NotNewer)), (begun, written, refused), "{name}");
        assert_eq!((report.repair.repaired, report.repair.harmful), (0, 0), "{name}");
        assert!(report.notes.is_empty(), "{name}: {:?}", report.notes);
    }
}
