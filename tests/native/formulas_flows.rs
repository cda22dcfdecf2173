//! O5 and O22 of DOMAIN 5, through the public document: read before commit, and what two-phase commit costs.
//!
//! Each figure is compared at four standard errors of its own estimate, which are at most 3 % of it; and a formula that is
//! 10 % off must fail.

use crate::estimate::{Estimate, over_seeds, run};
use serde_json::{Value, json};

/// O5: the commit has yet to take Exp(c), the delivery takes Exp(l): the consumer reads first with probability c/(c+l).
#[test]
fn o5_read_before_commit() {
    for (commit, delivery) in [(5, 10), (10, 5)] {
        let (report, _) = run(
            &json!({
                "strategy": "publish-in-transaction", "duration": "20000s", "seed": 11,
                "workload": { "arrivals": "every(500ms)", "keys": { "count": 100_000 }, "mix": { "insert": 1, "update": 0, "delete": 0 } },
                "source": { "tx_time": format!("exp({commit}ms)"), "commit_time": "0s" },
                "direct": { "gap": "0s" },
                "links": {
                    "app-source": { "latency": "0s" }, "app-broker": { "latency": "0s" },
                    "broker-search-index-consumer": { "latency": format!("exp({delivery}ms)") },
                    "search-index-consumer-source": { "latency": "0s" },
                },
                "stores": { "search-index": { "kind": "search-index", "payload": "reference" } },
            }),
            0,
        );
        let (n, early) = (report.ledger.committed as f64, report.ledger.early_reads as f64);
        let p = f64::from(commit) / f64::from(commit + delivery);
        let share = Estimate { mean: early / n, error: (p * (1.0 - p) / n).sqrt() };
        share.is(&format!("O5, {commit} ms and {delivery} ms"), p, 0.0);
    }
}

fn two_phase(settings: Value) -> Value {
    let zero = json!({ "latency": "0s" });
    let mut document = json!({
        "strategy": "two-phase-commit",
        "source": { "max_prepared_transactions": 100_000, "tx_time": "0s", "commit_time": "0s" },
        "broker": { "xa": true },
        "links": { "app-source": zero, "app-coordinator": zero, "coordinator-source": zero, "coordinator-broker": zero },
        "workload": { "keys": { "count": 100_000 } },
        "stores": { "search-index": { "kind": "search-index", "service": "0s" } },
    });
    for (name, value) in settings.as_object().unwrap() {
        match (document.get_mut(name).and_then(Value::as_object_mut), value.as_object()) {
            (Some(block), Some(more)) => block.extend(more.clone()),
            (_, _) => document[name] = value.clone(),
        }
    }
    document
}

/// O22: a phase over n participants that each take Exp(m) takes m * H_n on average: the slowest decides.
#[test]
fn o22_phase_latency() {
    let fast = json!({ "latency": "0s" });
    // Votes of one participant and of two; then both phases of two.
    for (what, harmonic, two_phase_commit, commit_time, links) in [
        (
            "one vote",
            1.0,
            json!({ "participants": ["source", "search-index"], "last_resource": "search-index" }),
            "0s",
            json!({ "coordinator-search-index": fast, "app-source": fast, "app-coordinator": fast, "coordinator-source": fast }),
        ),
        ("two votes", 1.5, json!({}), "0s", json!({})),
        ("two votes, then the commit of the source", 2.5, json!({}), "exp(10ms)", json!({})),
    ] {
        let mut two = json!({ "vote_time": "exp(10ms)", "log_time": "0s" });
        two.as_object_mut().unwrap().extend(two_phase_commit.as_object().unwrap().clone());
        let (report, trace) = run(
            &two_phase(json!({
                "duration": "25000s", "seed": 5, "workload": { "arrivals": "every(1s)" },
                "source": { "commit_time": commit_time }, "two-phase-commit": two, "links": links,
            })),
            0,
        );
        let latencies: Vec<f64> = trace.tally.latencies.iter().map(|us| *us as f64).collect();
        assert_eq!(latencies.len() as u64, report.client.ok, "every client is answered");
        Estimate::of(&latencies).is(&format!("O22, {what}"), harmonic * 10_000.0, 0.0);
    }
}

/// O22: a crash of the coordinator leaves lambda * E[prepare -> decision] transactions in doubt: from the request for
/// votes, all of which will be yes, to the durable decision.
#[test]
fn o22_in_doubt_per_crash() {
    // The later of two votes of Exp(10 ms), and 15 ms for the log.
    let (rate, span) = (4_000.0, 0.010 * 1.5 + 0.015);
    let counts: Vec<f64> = (0..170).map(|seed| in_doubt(seed, "off:coordinator@200ms")).collect();
    Estimate::of(&counts).is("O22, in doubt per crash", rate * span, 0.0);
    assert_eq!(in_doubt(0, "off:app@200ms") as u64, 0, "a crash of the app leaves nobody in doubt");
}

fn in_doubt(seed: u32, fault: &str) -> f64 {
    let (report, _) = run(
        &two_phase(json!({
            "duration": "300ms", "seed": seed, "faults": [fault], "workload": { "arrivals": "poisson(4000/s)" },
            "two-phase-commit": { "vote_time": "exp(10ms)", "log_time": "15ms" },
        })),
        0,
    );
    assert_eq!(report.faults[0].fired, 1);
    report.blocked.in_doubt_peak as f64
}

/// O22: while a transaction that holds a hot row is in doubt for D, rate * D others wait for it.
#[test]
fn o22_waiting_on_a_hot_row() {
    let document = two_phase(json!({
        "duration": "65s", "workload": { "arrivals": "poisson(5/s)", "keys": { "count": 1 }, "client": { "timeout": "1h" } },
        "source": { "timeout": "1h" },
        "faults": ["crash:coordinator@coordinator.after-prepare-before-decision*1+60s"],
        "two-phase-commit": { "vote_time": "0s", "log_time": "0s" },
    }));
    over_seeds("O22, waiting on a hot row", 5.0 * 60.0, &document, 80, |report| report.blocked.waiting_peak as f64);
}

/// O22: a commit needs the coordinator, the source and the broker, each up for 1 / (1 + rate * down) of the time: the product.
/// An outbox's needs the source alone.
#[test]
fn o22_availability_is_a_product() {
    let flaky = json!({ "crash_rate": "0.1/s", "restart": "1s" });
    let mut document = two_phase(json!({
        "duration": "1200s", "workload": { "arrivals": "every(200ms)" }, "block_after": "1h",
        "nodes": { "source": flaky, "broker": flaky, "coordinator": flaky },
        "two-phase-commit": { "vote_time": "0s", "log_time": "0s" },
    }));
    let up = 1.0 / (1.0 + 0.1 * 1.0);
    let served = |report: &driftscope::run::report::Report| report.client.ok as f64 / report.client.requests as f64;
    over_seeds("O22, availability of three", up * up * up, &document, 40, served);
    document["strategy"] = json!("outbox");
    over_seeds("O22, availability of the source", up, &document, 20, served);
}
