//! Closed forms of the outbox and of queues, through the public scenario document (DOMAIN 5: O6, O8, O11, O21).
//!
//! Each figure comes from several seeds; their spread gives the standard error. Four of them may be at most 3 % of the
//! value, so that a formula that is wrong by 10 % fails.

use crate::estimate::{over_seeds, run};
use serde_json::{Value, json};

/// No time is lost but where the document says so.
fn instant(seconds: u64) -> Value {
    let links: Vec<&str> = vec![
        "app-source",
        "app-search-index",
        "relay-source",
        "relay-broker",
        "broker-search-index-consumer",
        "search-index-consumer-search-index",
    ];
    let links: serde_json::Map<String, Value> =
        links.into_iter().map(|link| (link.to_owned(), json!({ "latency": "0s" }))).collect();
    json!({
        "duration": format!("{seconds}s"),
        "strategy": "outbox",
        "workload": { "arrivals": "poisson(50/s)", "keys": { "count": 100_000 }, "client": { "timeout": "1h" } },
        "links": links,
        "source": { "commit_time": "0s", "tx_time": "0s", "timeout": "1h" },
        "stores": { "search-index": { "service": "0s", "consumer": { "timeout": "1h" } } },
        "outbox": { "poll": "1s", "schedule": "fixed-rate", "batch": 0, "timeout": "1h" },
        "direct": { "gap": "0s", "retry": { "timeout": "1h" } },
    })
}

fn with(mut document: Value, path: &str, value: Value) -> Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[name] = value;
    document
}

/// O6: a relay that polls every D delays an event by D/2.
#[test]
fn o6_lag_of_a_polling_relay() {
    for (poll, want) in [("1s", 500_000.0), ("200ms", 100_000.0)] {
        let document = with(instant(200), "outbox.poll", json!(poll));
        over_seeds(&format!("O6, poll {poll}"), want, &document, 8, |report| report.lag_us.mean.unwrap());
    }
}

/// O8: a crash after the publish and before the mark publishes the batch again: b duplicates if the batch is full, never more.
#[test]
fn o8_duplicates_per_crash() {
    for (batch, mark, want) in [(10, "batch", 10), (25, "batch", 25), (10, "row", 1)] {
        let mut document = with(instant(60), "outbox.batch", json!(batch));
        document["outbox"]["mark"] = json!(mark);
        document["faults"] = json!(["crash:relay@relay.after-ack-before-mark*3+2s"]);
        for seed in 0..4 {
            document["seed"] = json!(seed);
            let report = run(&document, 0).0;
            assert_eq!((report.ledger.duplicates, report.faults[0].fired), (want, 1), "{batch} {mark} {seed}");
        }
    }
    // Whenever it crashes, and however often: at most a batch for each crash, and nothing is lost.
    for seed in 0..20 {
        let mut document = with(instant(60), "links.relay-broker.latency", json!("exp(3ms)"));
        document["outbox"] = json!({ "poll": "100ms", "batch": 8 });
        document["nodes"] = json!({ "relay": { "crash_rate": "30/m", "restart": "200ms" } });
        document["seed"] = json!(seed);
        let report = run(&document, 0).0;
        let crashes = report.fault_counts.crashes.get("relay").copied().unwrap_or(0);
        assert!(crashes > 5 && report.ledger.lost == 0, "{seed}: {crashes} crashes");
        assert!(report.ledger.duplicates <= 8 * crashes, "{seed}: {} > 8 * {crashes}", report.ledger.duplicates);
    }
}

/// O11, the id gap, for transactions that stay open for Exp(k) after they took their number, Poisson(l) arrivals, and a
/// poll every D: the last poll before the commit is at p, with density (e^(-kp) - e^(-k(p+D)))/D, and one of the later
/// numbers is committed by then with probability 1 - exp(-l (p - (1 - e^(-kp))/k)).
fn id_gap(l: f64, k: f64, d: f64) -> f64 {
    let h = 1e-5;
    let f = |p: f64| {
        let last = (libm::exp(-k * p) - libm::exp(-k * (p + d))) / d;
        last * (1.0 - libm::exp(-l * (p - (1.0 - libm::exp(-k * p)) / k)))
    };
    (0..300_000).map(|n| f((f64::from(n) + 0.5) * h) * h).sum()
}

/// DOMAIN 7.6: polling faster makes the id gap worse.
#[test]
fn o11_loss_by_the_id_gap() {
    let mut last = 0.0;
    for (poll, d) in [("400ms", 0.4), ("100ms", 0.1), ("50ms", 0.05)] {
        let want = id_gap(50.0, 10.0, d);
        let mut document = with(instant(400), "outbox.poll", json!(poll));
        document["outbox"]["cursor"] = json!("last-id");
        document["source"]["tx_time"] = json!("exp(100ms)");
        over_seeds(&format!("O11, poll {poll}"), want, &document, 10, |report| {
            report.ledger.lost as f64 / report.ledger.committed as f64
        });
        assert!(want > last, "the faster the poll, the greater the loss");
        last = want;
    }
}

/// A crash of PostgreSQL skips numbers of a sequence that it has logged ahead. They are gaps for ever: a relay that waits
/// for gaps waits its whole time once more, and one that goes by flags does not notice.
#[test]
fn a_crash_of_the_source_leaves_a_gap_that_is_waited_for() {
    for (cursor, least, most) in [("gap-timeout", 4_500_000, 5_300_000), ("flag", 0, 200_000)] {
        let mut document = instant(30);
        document["workload"]["arrivals"] = json!("every(1s)");
        document["outbox"] = json!({ "poll": "100ms", "cursor": cursor, "gap_timeout": "5s" });
        document["faults"] = json!(["crash:source@10500ms+100ms"]);
        let (report, _) = run(&document, 0);
        let worst = report.lag_us.max.unwrap();
        assert!((least..=most).contains(&worst), "{cursor}: {worst} us");
        assert_eq!((report.ledger.lost, report.ledger.in_flight), (0, 0), "{cursor}");
    }
}

/// O21: an index with one worker is a queue. Time in the system = waiting + service.
#[test]
fn o21_queues() {
    let table = [
        // name, service, formula in milliseconds, seeds: as many as its variance asks for
        ("M/M/1", "exp(10ms)", 10.0 + 10.0, 6),
        ("M/D/1", "10ms", 10.0 + 5.0, 6),
        ("M/G/1, two values", "mix(0.95:5ms,0.05:105ms)", 10.0 + 28.75, 16),
    ];
    for (name, service, want, seeds) in table {
        let mut document = instant(1_000);
        document["workload"]["keys"]["count"] = json!(1_000);
        document["strategy"] = json!("direct-db-first");
        document["target"] = json!("search-index");
        document["nodes"] = json!({ "search-index": { "workers": 1 } });
        document["stores"]["search-index"]["service"] = json!(service);
        over_seeds(name, want, &document, seeds, |report| report.lag_us.mean.unwrap() / 1e3);
    }
}

/// O21: the time in an M/M/1 queue is Exp(mu - lambda): its 95th percentile, and its median.
#[test]
fn o21_quantiles_of_the_time_in_the_system() {
    let mut document = instant(1_000);
    document["workload"]["keys"]["count"] = json!(1_000);
    document["strategy"] = json!("direct-db-first");
    document["target"] = json!("search-index");
    document["nodes"] = json!({ "search-index": { "workers": 1 } });
    document["stores"]["search-index"]["service"] = json!("exp(10ms)");
    let quantile = |share: f64| -libm::log(1.0 - share) / (100.0 - 50.0) * 1e3;
    over_seeds("M/M/1, p95", quantile(0.95), &document, 14, |report| report.lag_us.p95.unwrap() as f64 / 1e3);
    over_seeds("M/M/1, p50", quantile(0.5), &document, 8, |report| report.lag_us.p50.unwrap() as f64 / 1e3);
}

/// The same queue in front of a single consumer, whose polls of one record it waits for.
#[test]
fn o21_one_consumer() {
    let mut document = instant(1_000);
    document["workload"]["keys"]["count"] = json!(1_000);
    document["stores"]["search-index"] = json!({ "service": "10ms", "consumer": { "max_poll": 1, "timeout": "1h" } });
    document["strategy"] = json!("direct-db-first");
    document["links"]["app-broker"] = json!({ "latency": "0s" });
    over_seeds("M/D/1 behind the broker", 15.0, &document, 6, |report| report.lag_us.mean.unwrap() / 1e3);
}
