//! Closed forms of DOMAIN 5 that the broker and its consumers reproduce, through the public document.

use crate::estimate::{Estimate, run};
use driftscope::world::record::{Kind, Record};
use serde_json::{Value, json};

/// The app publishes what it has committed, without delay; one store reads it.
fn base(arrivals: &str, seconds: u32, seed: u64) -> Value {
    json!({
        "strategy": "direct-db-first", "seed": seed, "duration": format!("{seconds}s"),
        "workload": { "arrivals": arrivals, "keys": { "count": 20 } },
        "links": { "app-source": { "latency": "0s" }, "app-broker": { "latency": "0s" },
                   "broker-search-index-consumer": { "latency": "0s" }, "search-index-consumer-search-index": { "latency": "0s" } },
        "source": { "tx_time": "0s", "commit_time": "0s" },
        "direct": { "gap": "0s" },
        "stores": { "search-index": { "apply": "blind", "service": "0s", "consumer": { "max_poll": 1 } } },
    })
}

/// O20: a failover loses what the leader has confirmed and the follower does not have yet: `rate * lag` with acks=1.
#[test]
fn lost_in_a_failover_with_acks_one() {
    let (rate, lag) = (200.0, 0.5);
    let lost = |seed: u64| {
        let mut scenario = base("poisson(200/s)", 4, seed);
        scenario["broker"] = json!({ "acks": 1, "replication_lag": "500ms" });
        scenario["faults"] = json!(["failover:broker@3s+100ms"]);
        // Who calls while no leader serves is told so: those are no losses of the failover.
        scenario["direct"]["retry"] = json!({ "attempts": 0, "backoff": "50ms" });
        run(&scenario, 0).0.ledger.lost as f64
    };
    let lost: Vec<f64> = (0..260).map(lost).collect();
    Estimate::of(&lost).is("O20, acks=1", rate * lag, 0.0);
}

/// O20 with acks=all: whoever was told that it is done has lost nothing, however often the leader is lost.
#[test]
fn lost_in_a_failover_with_acks_all() {
    for seed in 0..20 {
        let mut scenario = base("poisson(200/s)", 12, seed);
        scenario["broker"] = json!({ "acks": "all", "min_insync": 2, "replication_lag": "500ms" });
        scenario["faults"] =
            json!(["failover:broker@3s+100ms", "failover:broker@6s+100ms", "failover:broker@9s+100ms"]);
        scenario["direct"]["retry"] = json!({ "attempts": 0, "timeout": "1s", "backoff": "50ms" });
        let report = run(&scenario, 0).0;
        assert!(report.faults.iter().all(|fault| fault.fired == 1));
        assert_eq!((report.ledger.lost, report.ledger.in_flight), (0, 0), "seed {seed}");
        assert!(report.ledger.duplicates == 0 && report.ledger.committed > 2_000, "{:?}", report.ledger);
    }
}

/// O10, catch-up: down for D, the backlog is `rate * D`, it is worked off in `D * rho / (1 - rho)`, and the events that
/// it concerns, `rate * D / (1 - rho)`, are `D / 2` late on average.
#[test]
fn catching_up_after_a_pause() {
    let (rate, service, down) = (500.0, 0.00125, 6.0);
    let rho: f64 = rate * service;
    let late = rate * down / (1.0 - rho);
    let (mut backlogs, mut drains, mut delays) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..20u64 {
        let mut scenario = base("every(2ms)", 30, seed);
        scenario["stores"]["search-index"]["service"] = json!("1250us");
        let back = 8_000_000 + seed * 53;
        scenario["faults"] = json!([format!("crash:search-index-consumer@{}us+6s", back - 6_000_000)]);
        let (report, trace) = run(&scenario, 1_000_000);
        assert_eq!(report.ledger.lost, 0);
        backlogs.push(report.cost.consumer_lag_peak as f64);
        drains.push(clears_at(&trace.records, back) as f64 / 1e6);
        // Every other event is one service late.
        let all = report.ledger.delivered_distinct as f64;
        let sum = report.lag_us.mean.unwrap() * all / 1e6;
        delays.push((sum - (all - late) * service) / late);
    }
    Estimate::of(&backlogs).is("O10, backlog", rate * down, 3.0);
    Estimate::of(&drains).is("O10, time to drain", down * rho / (1.0 - rho), 0.01);
    Estimate::of(&delays).is("O10, mean lag of those that it concerns", down / 2.0, 0.01);
}

/// How long after an instant the one group is at most one record behind the log's end.
fn clears_at(records: &[Record], since: u64) -> u64 {
    let (mut end, mut committed) = (0, 0);
    for record in records {
        match record.kind {
            Kind::Appended => end = record.value + 1,
            Kind::OffsetCommitted => committed = record.value,
            _ => continue,
        }
        if record.at.0 > since && end - committed <= 1 {
            return record.at.0 - since;
        }
    }
    u64::MAX
}

/// O24, record-level retention: a consumer slower than the load meets the log's start after `R / (1 - mu / lambda)`, and
/// from then on loses `lambda - mu` a second.
#[test]
fn retention_overrun() {
    let (rate, speed, kept) = (200.0, 160.0, 5.0);
    let begins = kept / (1.0 - speed / rate);
    let scenario = |arrivals: &str, seconds: u32, seed: u64| {
        let mut scenario = base(arrivals, seconds, seed);
        scenario["stores"]["search-index"]["service"] = json!("6250us");
        scenario["broker"] = json!({
            "segment": 1, "retention": "5s", "retention_check": "10ms", "reset": "earliest"
        });
        scenario["drain_limit"] = json!("0s");
        run(&scenario, 0).0.ledger
    };
    // Fluid: no chance. Three records are in the consumer's memory already, and the broker looks every 10 ms.
    let first = |seed: u64| scenario("every(5ms)", 40, seed).first_lost_us.unwrap() as f64 / 1e6;
    Estimate::of(&(0..3).map(first).collect::<Vec<f64>>()).is("O24, first loss", begins, 0.3);
    // A run of 130 s begins as the one of 30 s: what it loses more, it loses in the 100 s after.
    let lost = |seconds: u32, seed: u64| scenario("poisson(200/s)", seconds, seed).lost as f64;
    let pace: Vec<f64> = (0..30).map(|seed| (lost(130, seed) - lost(30, seed)) / 100.0).collect();
    Estimate::of(&pace).is("O24, losses a second", rate - speed, 0.0);
}
