//! What stores and consumers do about each story of a preset: the option that cures it, or makes it worse.

use crate::lab;
use driftscope::run::report::Report;
use driftscope::scenario::presets::find;
use driftscope::world::record::Kind;

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
