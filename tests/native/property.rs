//! The property of DOMAIN 8: a versioned consumer with durable tombstones, fed by `outbox` or `cdc` from a source that fails
//! over to a synchronous standby with no slot ahead of it, through a retained log with `acks` all and two replicas in
//! sync, ends equal to the source after any schedule of crashes and failovers at any node. Without any one of the
//! assumptions there is a counter-example, replayed here by its name.
//!
//! That a relay stops its batch on a failed mark matters to a versioned consumer only where the log is compacted: the
//! consumer refuses the old version that comes behind the newer one, but compaction keeps the last record of a key.
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
        "source": { "commit_time": "exp(3ms)", "tx_time": "mix(0.9:2ms,0.1:200ms)", "timeout": "300ms", "abort": 0.03,
                    "checkpoint": "1s", "replica": { "mode": "sync", "lag": "20ms", "synchronized_standby_slots": true } },
        "broker": { "acks": "all", "min_insync": 2, "replication_lag": "exp(5ms)", "isr_timeout": "300ms" },
        "cdc": { "poll": "50ms", "timeout": "60ms", "offset_flush": "500ms", "restart_wait": "200ms", "backoff": "10ms",
                 "slot": { "failover": true } },
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

/// Up to four crashes of any node, or failovers of source and broker, at any time.
fn schedule(strategy: &str, seed: u64) -> Value {
    let second = second_node(strategy);
    let nodes = ["app", "source", "broker", "broker-2", second, "search-index-consumer", "search-index"];
    let nodes = nodes.map(|node| format!("crash:{node}"));
    let nodes = [&nodes[..], &["failover:source".to_owned(), "failover:broker".to_owned()]].concat();
    let crash = |nth: u64| {
        let (who, when) = (mix(seed * 16 + nth), mix(seed * 16 + nth + 8));
        let fault = &nodes[(who % nodes.len() as u64) as usize];
        json!(format!("{fault}@{}us+{}ms", when % 6_000_000, 20 + who / 64 % 700))
    };
    Value::Array((0..1 + mix(seed) % 4).map(crash).collect())
}

fn differing(report: &Report) -> u64 {
    report.stores.iter().map(|store| store.missing + store.stale + store.ghost + store.duplicate_effects).sum()
}

/// The strategies that the property is about.
const STRATEGIES: [&str; 2] = ["outbox", "cdc"];

#[test]
fn no_schedule_of_crashes_makes_it_diverge() {
    let schedules = if std::env::var_os("DRIFTSCOPE_SOAK").is_some() { 100_000 } else { 5_000 };
    let (mut struck, mut again) = (0u64, 0u64);
    for seed in 0..schedules {
        let strategy = STRATEGIES[(seed % 2) as usize];
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

/// One assumption dropped.
struct Dropped {
    name: &'static str,
    strategy: &'static str,
    /// What happens: the same with the assumption and without it.
    scene: Value,
    /// What is there without it.
    without: Value,
    /// The end that follows.
    shows: fn(&Report) -> bool,
}

/// Every link takes a millisecond and loses nothing, every step its time.
fn calm(strategy: &str) -> Value {
    let quiet = json!({ "latency": "1ms",
        "outcomes": { "fail_before": 0, "ack_lost": 0, "timeout_no_effect": 0, "late_effect": 0 } });
    let mut value = json!({
        "source": { "abort": 0, "tx_time": "2ms", "commit_time": "3ms", "replica": { "lag": "1ms" } },
        "broker": { "replication_lag": "0s" }, "outbox": { "phase": "0s", "schedule": "fixed-rate" },
        "links": { "app-source": quiet, "broker-search-index-consumer": quiet, "search-index-consumer-search-index": quiet },
    });
    for far in ["source", "broker"] {
        value["links"][format!("{}-{far}", second_node(strategy))] = quiet.clone();
    }
    value
}

fn arrivals(list: &[(&str, &str, &str)]) -> Value {
    let one = |(at, key, op): &(&str, &str, &str)| json!({ "at": at, "key": key, "op": op });
    json!({ "workload": { "arrivals": list.iter().map(one).collect::<Vec<_>>() } })
}

/// Two versions of one row, the second at some time, and faults.
fn scene(second: &str, faults: &[&str], options: Value) -> Value {
    let mut value = arrivals(&[("1s", "key-1", "insert"), (second, "key-1", "update")]);
    value["faults"] = json!(faults);
    merge(&mut value, &options);
    value
}

#[rustfmt::skip]
fn dropped() -> Vec<Dropped> {
    let lost: fn(&Report) -> bool = |report| report.ledger.lost > 0 && report.verdict == Verdict::Diverged;
    let stale: fn(&Report) -> bool = |report| report.stores[0].stale > 0;
    let ghost: fn(&Report) -> bool = |report| report.stores[0].ghost > 0;
    let left: fn(&Report) -> bool = |report| report.ledger.in_flight > 0 && report.stores[0].missing > 0;
    let standby = json!({ "source": { "replica": { "lag": "500ms" } } });
    let replicas = json!({ "broker": { "replication_lag": "150ms", "isr_timeout": "200ms", "unclean_election": true }, "outbox": { "timeout": "1s" } });
    let segments = json!({ "broker": { "segment": 1, "retention_check": "200ms", "reset": "latest" } });
    let mut late_committer = scene("1100ms", &[], json!({}));
    late_committer["workload"]["arrivals"] = json!([{ "at": "1s", "key": "key-1", "op": "insert", "tx_time": "500ms" }, { "at": "1100ms", "key": "key-2", "op": "insert" }]);
    let mut deleted = arrivals(&[("1s", "key-1", "insert"), ("1100ms", "key-1", "update"), ("1200ms", "key-1", "delete")]);
    deleted["faults"] = json!(["late:search-index-consumer-search-index*2+1s"]);
    // The third record closes the segment of the second version: the one that is written to is never compacted.
    let mut behind = arrivals(&[("1s", "key-1", "insert"), ("1010ms", "key-1", "update"), ("1500ms", "key-2", "insert")]);
    behind["faults"] = json!(["crash:search-index-consumer@500ms+4s", "fail-before:relay-source*13"]);
    merge(&mut behind, &compacted());
    let mut last = arrivals(&[("5950ms", "key-1", "insert")]);
    last["faults"] = json!([]);
    vec![
        Dropped { name: "the event is in the same transaction", strategy: "outbox", shows: lost,
            scene: scene("1100ms", &["crash:app@1208ms+200ms"], json!({ "source": { "tx_time": "99ms" } })),
            without: json!({ "strategy": "direct-db-first", "direct": { "gap": "10ms" } }) },
        Dropped { name: "the outbox row stays until it is published", strategy: "outbox", shows: lost,
            scene: scene("1100ms", &[], json!({})),
            without: json!({ "outbox": { "delete_after_insert": true } }) },
        Dropped { name: "the relay finds late committers", strategy: "outbox", shows: lost,
            scene: late_committer,
            without: json!({ "outbox": { "cursor": "last-id" } }) },
        Dropped { name: "the relay marks what it has published", strategy: "outbox", shows: lost,
            scene: scene("1020ms", &["crash:relay@1103500us+200ms"], json!({})),
            without: json!({ "outbox": { "order": "mark-then-publish" } }) },
        Dropped { name: "the relay stops its batch on a failed mark", strategy: "outbox", shows: stale,
            scene: behind,
            without: json!({ "outbox": { "on_failed_mark": "continue" } }) },
        Dropped { name: "a failover goes to a synchronous standby", strategy: "outbox", shows: ghost,
            scene: scene("1700ms", &["failover:source@2s+100ms"], standby.clone()),
            without: json!({ "source": { "replica": { "mode": "async" } } }) },
        Dropped { name: "no slot is ahead of the standby", strategy: "cdc", shows: ghost,
            scene: scene("1700ms", &["failover:source@2s+100ms"], standby),
            without: json!({ "source": { "replica": { "synchronized_standby_slots": false } } }) },
        Dropped { name: "the standby has the slot", strategy: "cdc", shows: stale,
            scene: scene("2100ms", &["failover:source@2s+50ms"], json!({})),
            without: json!({ "cdc": { "slot": { "failover": false } } }) },
        Dropped { name: "the source keeps the log that the slot needs", strategy: "cdc", shows: stale,
            scene: scene("2s", &["crash:connector@1500ms+2s"], json!({ "source": { "checkpoint": "200ms" } })),
            without: json!({ "source": { "wal": { "cap": 1 } } }) },
        Dropped { name: "every replica in sync confirms", strategy: "outbox", shows: lost,
            scene: scene("1s", &["failover:broker@1200ms+100ms"], replicas.clone()),
            without: json!({ "broker": { "acks": "1" } }) },
        Dropped { name: "two replicas are in sync", strategy: "outbox", shows: lost,
            scene: scene("1s", &["crash:broker-2@900ms+800ms", "crash:search-index-consumer@900ms+2s", "failover:broker@1800ms+100ms"], replicas),
            without: json!({ "broker": { "min_insync": 1 } }) },
        Dropped { name: "the broker's log is retained", strategy: "outbox", shows: lost,
            scene: scene("1100ms", &["crash:search-index-consumer@500ms+4s"], segments),
            without: json!({ "broker": { "retention": "1s" } }) },
        Dropped { name: "the consumer is versioned", strategy: "outbox", shows: stale,
            scene: scene("1100ms", &["late:search-index-consumer-search-index*1+500ms"], json!({})),
            without: json!({ "stores": { "search-index": { "apply": "blind" } } }) },
        Dropped { name: "the tombstones are durable", strategy: "outbox", shows: ghost,
            scene: deleted,
            without: json!({ "stores": { "search-index": { "tombstone": { "durable": "none", "ttl": "300ms" } } } }) },
        Dropped { name: "the queues may drain", strategy: "outbox", shows: left,
            scene: last,
            without: json!({ "drain_limit": "0s" }) },
    ]
}

/// Each assumption is needed: without it, this very scenario diverges, and with it, it does not, although the same happens.
#[test]
fn every_assumption_is_needed() {
    let mut errors = String::new();
    for Dropped { name, strategy, scene, without, shows } in dropped() {
        let mut value = assumed(strategy);
        for part in [&calm(strategy), &scene] {
            merge(&mut value, part);
        }
        let with = run(&value).report;
        if differing(&with) > 0 || with.ledger.committed == 0 || with.faults.iter().any(|fault| fault.fired == 0) {
            errors += &format!("with «{name}» it diverges too, or nothing happens\n{}\n", replay(&value));
        }
        merge(&mut value, &without);
        if !shows(&run(&value).report) {
            errors += &format!("without «{name}» nothing happens\n{}\n", replay(&value));
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// A log that keeps the newest record of each key, read by whoever marks row by row.
fn compacted() -> Value {
    json!({ "broker": { "cleanup": "compact", "segment": 1, "retention_check": "200ms" }, "outbox": { "mark": "row" } })
}

/// A relay that goes on after a failed mark sends an old version behind a newer one, and compaction then takes the newer
/// one away from a consumer that has not read it. With a relay that stops, no schedule does. The relay's connection to the
/// broker keeps its order here, as a TCP connection does: what it brings late would come behind a newer version too.
#[test]
fn a_compacted_log_needs_a_relay_that_stops() {
    let (mut compactions, mut goes_on, mut differs) = (0, 0, 0);
    for seed in 0..1_000 {
        let mut value = assumed("outbox");
        (value["seed"], value["faults"]) = (json!(seed), schedule("outbox", seed));
        let away = json!(format!("crash:search-index-consumer@{}ms+4s", mix(seed) % 3_000));
        value["faults"].as_array_mut().unwrap().push(away);
        merge(&mut value, &compacted());
        merge(&mut value, &json!({ "links": { "relay-broker": { "outcomes": { "late_effect": 0 } } } }));
        let stops = run(&value).report;
        assert_eq!(differing(&stops), 0, "it diverges\n{}", replay(&value));
        compactions += u64::from(stops.ledger.superseded > 0);
        merge(&mut value, &json!({ "outbox": { "on_failed_mark": "continue" } }));
        let on = run(&value).report;
        goes_on += u64::from(on.trace_hash != stops.trace_hash);
        differs += u64::from(differing(&on) > 0);
    }
    println!("compaction took something unread in {compactions}, {goes_on} relays went on, {differs} of these differ");
    assert!(compactions > 500 && goes_on > 100 && differs > 0, "{compactions} {goes_on} {differs}");
}
