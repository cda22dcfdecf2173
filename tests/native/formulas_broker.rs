//! Closed forms of DOMAIN 5 that the broker and its consumers reproduce, through the public document.

use driftscope::run::account;
use driftscope::run::report::Report;
use driftscope::run::simulation::Simulation;
use driftscope::scenario::Document;
use driftscope::truth::judge::Judgement;
use driftscope::world::record::{Kind, Record};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Report {
    recorded(scenario, 0).0
}

/// The report, and the first records.
fn recorded(scenario: &Value, keep: usize) -> (Report, Vec<Record>) {
    let document = Document::parse(&scenario.to_string()).unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let trace = Simulation::new(&plan, keep).finish();
    let judgement = Judgement::new(&trace.ledger, &account::misses(&plan));
    let report = account::report(&plan, &trace, &judgement);
    for law in &report.invariants {
        assert!(law.holds, "{}: {:?}", law.id, law.witness);
    }
    (report, trace.records)
}

/// Mean and standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let var = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    (mean, (var / n).sqrt())
}

/// A formula holds if the estimate is within four standard errors of it, and those are at most 3 % of it. `grain`: what
/// the world rounds to (a record, a look of the broker), which no number of runs averages out.
#[track_caller]
fn agrees(name: &str, predicted: f64, grain: f64, values: &[f64]) {
    let (mean, error) = mean(values);
    let within = (4.0 * error).max(grain);
    println!("{name}: predicted {predicted:.3}, found {mean:.3}, standard error {error:.4}, n {}", values.len());
    assert!(within <= 0.03 * predicted, "{name}: {within} is over 3 % of {predicted}");
    assert!((mean - predicted).abs() <= within, "{name}: predicted {predicted}, found {mean} with error {error}");
    for wrong in [0.9 * predicted, 1.1 * predicted] {
        assert!((mean - wrong).abs() > within, "{name}: {wrong}, a formula changed by 10 %, would pass too");
    }
}

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
        run(&scenario).ledger.lost as f64
    };
    let lost: Vec<f64> = (0..260).map(lost).collect();
    agrees("O20, acks=1", rate * lag, 0.0, &lost);
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
        let report = run(&scenario);
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
        let (report, records) = recorded(&scenario, 1_000_000);
        assert_eq!(report.ledger.lost, 0);
        backlogs.push(report.cost.consumer_lag_peak as f64);
        drains.push(clears_at(&records, back) as f64 / 1e6);
        // Every other event is one service late.
        let all = report.ledger.delivered_distinct as f64;
        let sum = report.lag_us.mean.unwrap() * all / 1e6;
        delays.push((sum - (all - late) * service) / late);
    }
    agrees("O10, backlog", rate * down, 3.0, &backlogs);
    agrees("O10, time to drain", down * rho / (1.0 - rho), 0.01, &drains);
    agrees("O10, mean lag of those that it concerns", down / 2.0, 0.01, &delays);
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
        run(&scenario).ledger
    };
    // Fluid: no chance. Three records are in the consumer's memory already, and the broker looks every 10 ms.
    let first = |seed: u64| scenario("every(5ms)", 40, seed).first_lost_us.unwrap() as f64 / 1e6;
    agrees("O24, first loss", begins, 0.3, &(0..3).map(first).collect::<Vec<f64>>());
    // A run of 160 s begins as the one of 60 s: what it loses more, it loses in the 100 s after.
    let lost = |seconds: u32, seed: u64| scenario("poisson(200/s)", seconds, seed).lost as f64;
    let pace: Vec<f64> = (0..60).map(|seed| (lost(160, seed) - lost(60, seed)) / 100.0).collect();
    agrees("O24, losses a second", rate - speed, 0.0, &pace);
}
