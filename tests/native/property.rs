//! The property of DOMAIN 8: a versioned consumer with durable tombstones, fed by `outbox` or `cdc` through a broker that
//! loses nothing, ends equal to the source after any crash schedule at any node. And without any one of the
//! assumptions there is a counter-example, replayed here by its name.
//!
//! `make test` draws 5,000 schedules, `DRIFTSCOPE_SOAK=1` 100,000. A failure prints the scenario to run again.

use crate::guarantees::{merge, mix, replay, run};
use driftscope::run::report::{Report, Verdict};
use serde_json::{Value, json};

/// All assumptions hold.
fn assumed(strategy: &str) -> Value {
    let lossy = json!({ "latency": "exp(2ms)",
        "outcomes": { "fail_before": 0.02, "ack_lost": 0.02, "timeout_no_effect": 0.02, "late_effect": 0.02 }, "late_delay": "exp(150ms)" });
    let second = second_node(strategy);
    let mut value = json!({
        "strategy": strategy, "duration": "6s", "drain_limit": "30m",
        "workload": { "arrivals": "poisson(6/s)", "keys": { "count": 3 }, "mix": { "insert": 0.2, "update": 0.5, "delete": 0.3 } },
        "source": { "commit_time": "exp(3ms)", "tx_time": "mix(0.9:2ms,0.1:200ms)", "timeout": "300ms", "abort": 0.03 },
        "links": { "app-source": lossy, "broker-search-index-consumer": { "latency": "exp(2ms)" },
                   "search-index-consumer-search-index": lossy },
        "stores": { "search-index": { "kind": "search-index", "apply": "versioned", "tombstone": { "durable": "soft-delete" },
                                      "consumer": { "timeout": "60ms", "retry": "10ms", "max_poll": 3 } } },
        "outbox": { "poll": "100ms", "timeout": "60ms", "batch": 4 },
        "detectors": { "publish-failure-rate": { "kind": "publish-failure-rate" } },
    });
    for far in ["source", "broker"] {
        value["links"][format!("{second}-{far}")] = lossy.clone();
    }
    value
}

/// The node that carries events from the source to the broker.
fn second_node(strategy: &str) -> &'static str {
    if strategy == "cdc" { "connector" } else { "relay" }
}

/// Up to four crashes of any node at any time.
fn schedule(strategy: &str, seed: u64) -> Value {
    let nodes = ["app", "source", "broker", second_node(strategy), "search-index-consumer", "search-index"];
    let crash = |nth: u64| {
        let (who, when) = (mix(seed * 16 + nth), mix(seed * 16 + nth + 8));
        let node = nodes[(who % nodes.len() as u64) as usize];
        json!(format!("crash:{node}@{}us+{}ms", when % 6_000_000, 20 + who / 64 % 700))
    };
    Value::Array((0..1 + mix(seed) % 4).map(crash).collect())
}

fn differing(report: &Report) -> u64 {
    report.stores.iter().map(|store| store.missing + store.stale + store.ghost + store.duplicate_effects).sum()
}

/// The strategies that the property is about, as far as they exist.
fn strategies() -> Vec<&'static str> {
    ["outbox", "cdc"].into_iter().filter(|id| driftscope::strategy::StrategyId::from_id(id).is_some()).collect()
}

#[test]
fn no_schedule_of_crashes_makes_it_diverge() {
    let schedules = if std::env::var_os("DRIFTSCOPE_SOAK").is_some() { 100_000 } else { 5_000 };
    let (mut struck, mut again) = (0u64, 0u64);
    let all = strategies();
    for seed in 0..schedules {
        let strategy = all[(seed % all.len() as u64) as usize];
        let mut value = assumed(strategy);
        (value["seed"], value["faults"]) = (json!(seed), schedule(strategy, seed));
        let done = run(&value);
        assert_eq!(differing(&done.report), 0, "it diverges\n{}", replay(&value));
        assert_eq!(done.report.ledger.in_flight, 0, "something is left over\n{}", replay(&value));
        let broken: Vec<_> = done.report.invariants.iter().filter(|law| !law.holds).collect();
        assert!(broken.is_empty(), "{broken:?}\n{}", replay(&value));
        struck += u64::from(done.struck);
        again += u64::from(done.report.ledger.duplicates > 0);
    }
    println!(
        "{schedules} schedules, {struck} struck something that carried an event, {again} delivered something again"
    );
    assert!(struck * 10 > schedules * 9 && again * 4 > schedules, "vacuous: {struck} struck, {again} again");
}

/// One assumption dropped: its name, what it changes, and the end that follows.
fn dropped() -> Vec<(&'static str, Value, fn(&Report) -> bool)> {
    let two_updates =
        json!([{ "at": "1s", "key": "key-1", "op": "insert" }, { "at": "1100ms", "key": "key-1", "op": "update" }]);
    let update_delete = json!([{ "at": "1s", "key": "key-1", "op": "insert" }, { "at": "1100ms", "key": "key-1", "op": "update" },
                               { "at": "1200ms", "key": "key-1", "op": "delete" }]);
    let quiet = json!({ "fail_before": 0, "ack_lost": 0, "timeout_no_effect": 0, "late_effect": 0 });
    let calm = |patch: Value| {
        let mut value = json!({ "source": { "abort": 0, "tx_time": "2ms", "commit_time": "3ms" }, "links": {} });
        for link in [
            "app-source",
            "relay-source",
            "relay-broker",
            "broker-search-index-consumer",
            "search-index-consumer-search-index",
        ] {
            value["links"][link] = json!({ "outcomes": quiet, "latency": "1ms" });
        }
        merge(&mut value, &patch);
        value
    };
    let lost = |report: &Report| report.ledger.lost > 0 && report.verdict == Verdict::Diverged;
    let stale = |report: &Report| report.stores[0].stale > 0;
    let ghost = |report: &Report| report.stores[0].ghost > 0;
    vec![
        (
            "the event is in the same transaction",
            calm(
                json!({ "strategy": "direct-db-first", "workload": { "arrivals": two_updates }, "faults": ["crash:app@app.after-commit-before-publish*2"] }),
            ),
            lost,
        ),
        (
            "the consumer is versioned",
            calm(json!({ "workload": { "arrivals": two_updates }, "stores": { "search-index": { "apply": "blind" } },
                      "faults": ["late:search-index-consumer-search-index*1+500ms"] })),
            stale,
        ),
        (
            "the tombstones are durable",
            calm(
                json!({ "workload": { "arrivals": update_delete }, "stores": { "search-index": { "tombstone": { "durable": "none", "ttl": "300ms" } } },
                      "faults": ["late:search-index-consumer-search-index*2+1s"] }),
            ),
            ghost,
        ),
    ]
}

/// Each assumption is needed: without it, this very scenario diverges, and with it, it does not.
#[test]
fn every_assumption_is_needed() {
    for (name, patch, shows) in dropped() {
        let mut without = assumed("outbox");
        merge(&mut without, &patch);
        assert!(shows(&run(&without).report), "without «{name}» nothing happens\n{}", replay(&without));
        let mut with = assumed("outbox");
        let faults = patch["faults"].clone();
        merge(
            &mut with,
            &json!({ "workload": patch["workload"].clone(), "links": patch["links"].clone(), "source": patch["source"].clone(), "faults": faults }),
        );
        assert_eq!(differing(&run(&with).report), 0, "with «{name}» it diverges too\n{}", replay(&with));
    }
}
