//! Closed forms of DOMAIN 5 that change data capture reproduces, through the public document.

use crate::estimate::{Estimate, run};
use driftscope::world::record::Kind;
use serde_json::{Value, json};

fn base(rate: u32, flush: &str, kind: &str, seconds: u32, seed: u64) -> Value {
    json!({
        "strategy": "cdc", "seed": seed, "duration": format!("{seconds}s"),
        "workload": { "arrivals": format!("poisson({rate}/s)"), "keys": { "count": 20 } },
        "stores": {},
        "nodes": { "connector": { "restart": "1ms" } },
        // What is published and not yet acknowledged comes twice too: here that is nothing.
        "links": { "connector-source": { "latency": "0s" }, "connector-broker": { "latency": "0s" } },
        "cdc": { "poll": "1ms", "offset_flush": flush, "flush": kind },
        "source": { "tx_time": "0s", "commit_time": "0s" },
    })
}

/// O9, fixed F: the crash comes at any instant of the flush interval, evenly; mean `rate * F / 2`.
#[test]
fn duplicates_per_crash_with_a_fixed_flush() {
    // Each value is the mean over ten instants that lie evenly in the interval from 4 to 6 s.
    let (rate, groups) = (40, 110u32);
    let crash = |nth: u32| {
        let mut scenario = base(rate, "2s", "fixed", 7, u64::from(nth));
        let at = 4_000_000 + u64::from(nth % 10) * 200_000 + u64::from(nth / 10) * 200_000 / u64::from(groups);
        scenario["faults"] = json!([format!("crash:connector@{at}us")]);
        run(&scenario, 0).0.ledger.duplicates as f64
    };
    let group = |nth: u32| (nth * 10..nth * 10 + 10).map(crash).sum::<f64>() / 10.0;
    let duplicates: Vec<f64> = (0..groups).map(group).collect();
    Estimate::of(&duplicates).is("O9, fixed", f64::from(rate) * 2.0 / 2.0, 0.0);
}

/// O9, exponential F: mean `rate * F`, since a crash meets a Poisson process of flushes at no special place.
#[test]
fn duplicates_per_crash_with_an_exponential_flush() {
    let (rate, crashes, every) = (10, 200u32, 1_200u32);
    // F = 200 ms: after six of them the memory of the last crash is a quarter of a percent.
    let duplicates: Vec<f64> = (0..150u64)
        .map(|seed| {
            let mut scenario = base(rate, "200ms", "exp", crashes * every / 1_000 + 1, seed);
            let at = |nth: u32| format!("crash:connector@{}ms", (nth + 1) * every);
            scenario["faults"] = (0..crashes).map(at).collect();
            run(&scenario, 0).0.ledger.duplicates as f64 / f64::from(crashes)
        })
        .collect();
    Estimate::of(&duplicates).is("O9, exponential", f64::from(rate) * 0.2 * (1.0 - libm::exp(-6.0)), 0.0);
}

/// O24, the log's disk: with nobody reading it is full after `disk / rate`.
#[test]
fn time_to_a_full_disk() {
    let rate = 200.0;
    let times: Vec<f64> = (0..40u64)
        .map(|seed| {
            let mut scenario = base(200, "1s", "fixed", 12, seed);
            scenario["source"]["wal"] = json!({ "disk": 1024 * 2_000, "row_bytes": 1024 });
            scenario["faults"] = json!(["off:connector@100ms"]);
            scenario["drain_limit"] = json!("10m");
            let (report, trace) = run(&scenario, 400_000);
            assert_eq!(report.ledger.lost, 0);
            let full = trace.records.iter().find(|record| record.kind == Kind::Waits && record.extra == u32::MAX);
            full.unwrap().at.0 as f64 / 1e6
        })
        .collect();
    Estimate::of(&times).is("O24, disk", 2_000.0 / rate, 0.0);
}
