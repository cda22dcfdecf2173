//! Closed forms of consumers, inboxes and caches, through the public scenario document (DOMAIN 5: O9, O18; and what
//! follows for the stale set).
//!
//! Where a figure is a mean over seeds, four standard errors may be at most 3 % of it, so that a formula that is wrong by
//! 10 % fails. Where chance is taken out (arrivals by the clock, crashes at instants that cover a batch or an interval
//! evenly) the count itself is the claim.

use crate::estimate::{over_seeds, run};
use driftscope::run::report::Report;
use serde_json::{Value, json};

fn report(document: &Value, seed: u64) -> Report {
    let mut document = document.clone();
    document["seed"] = json!(seed);
    run(&document, 0).0
}

/// No time is lost but where the document says so.
fn instant() -> Value {
    let none = json!({ "latency": "0s" });
    json!({
        "strategy": "direct-db-first",
        "workload": { "keys": { "count": 10_000 }, "client": { "timeout": "1h" } },
        "links": { "app-source": none, "app-broker": none, "broker-search-index-consumer": none,
                   "search-index-consumer-search-index": none },
        "source": { "commit_time": "0s", "tx_time": "0s" },
        "direct": { "gap": "0s" },
        "stores": { "search-index": { "service": "10ms", "apply": "increment", "consumer": {} } },
    })
}

/// O9: a crash in a batch of b, by the record that is under way. DOMAIN counts it as not done, so the store dies with the
/// consumer: with the commit after the batch, j - 1 effects are repeated, (b - 1)/2 in the mean; with the commit before it
/// b - j + 1 are lost, (b + 1)/2. If only the consumer dies, the store finishes it, and the halves are the other way round.
#[test]
fn o9_a_crash_in_a_batch() {
    let b = 40_u64;
    let (less, more) = (b * (b - 1) / 2, b * (b + 1) / 2);
    for (store_too, commit, want) in
        [(true, "after", less), (true, "before", more), (false, "after", more), (false, "before", less)]
    {
        let mut sum = 0;
        for j in 1..=b {
            let mut document = instant();
            // The first poll takes one record; behind it 2 b more wait, and the second poll takes b of them.
            document["workload"]["arrivals"] = json!(format!("bursts({},1s)", 2 * b + 1));
            document["workload"]["limit"] = json!(2 * b + 1);
            document["duration"] = json!("10s");
            document["stores"]["search-index"]["consumer"] = json!({ "max_poll": b, "commit": commit });
            let at = 1_000_000 + 10_000 + j * 10_000 - 5_000;
            let crash = |node: &str| json!(format!("crash:{node}@{at}us+1s"));
            document["faults"] = json!([crash("search-index-consumer")]);
            if store_too {
                document["faults"] = json!([crash("search-index-consumer"), crash("search-index")]);
            }
            let report = report(&document, 1);
            let ledger = &report.ledger;
            let (counted, other) = match commit {
                "after" => (ledger.duplicates, ledger.lost),
                _ => (ledger.lost, ledger.duplicates),
            };
            assert_eq!((report.faults[0].fired, other), (1, 0), "{commit}, record {j}, store {store_too}");
            assert_eq!(report.stores[0].duplicate_effects, ledger.duplicates, "each is one effect too many");
            sum += counted;
        }
        assert_eq!(sum, want, "{commit}, store {store_too}: the mean is {}", sum as f64 / b as f64);
    }
}

/// O9, Kafka's auto-commit: what was processed since the last commit is processed again; mean rate * interval / 2.
#[test]
fn o9_auto_commit() {
    let (crashes, interval, rate) = (50_u64, 5_000_000_u64, 20_u64);
    let mut document = instant();
    document["workload"]["arrivals"] = json!("every(50ms)");
    document["stores"]["search-index"]["service"] = json!("0s");
    document["stores"]["search-index"]["consumer"] = json!({ "commit": "auto", "max_poll": 1 });
    // Each comes so long after the second commit of a life that all of them cover an interval evenly.
    let mut at = 0;
    let mut faults: Vec<String> = Vec::new();
    for n in 0..crashes {
        at += 100_000 + 2 * interval + interval * (2 * n + 1) / (2 * crashes);
        faults.push(format!("crash:search-index-consumer@{at}us+100ms"));
    }
    document["duration"] = json!(format!("{}us", at + 2_000_000));
    document["faults"] = json!(faults);
    let report = report(&document, 1);
    assert!(report.faults.iter().all(|fault| fault.fired == 1) && report.ledger.lost == 0, "at least once");
    let mean = report.ledger.duplicates as f64 / crashes as f64;
    let want = rate as f64 * interval as f64 / 2e6;
    assert!((mean - want).abs() <= 0.03 * want, "auto-commit: {mean} a crash, formula {want}");
}

/// O18: what comes again after the inbox forgot it has its effect again: P(age > T); the inbox has rate * T rows.
#[test]
fn o18_the_window_of_an_inbox() {
    for (window, seconds) in [("30s", 30.0), ("15s", 15.0)] {
        let mut document = instant();
        document["workload"]["arrivals"] = json!("every(20ms)");
        document["duration"] = json!("150s");
        document["stores"]["search-index"]["service"] = json!("0s");
        document["stores"]["search-index"]["inbox"] = json!({ "window": window });
        document["links"]["search-index-consumer-search-index"]["duplicate"] = json!({ "p": 1, "delay": "exp(30s)" });
        let want = libm::exp(-seconds / 30.0);
        over_seeds(&format!("O18, {window}"), want, &document, 6, |report| {
            assert_eq!(report.ledger.duplicates, report.ledger.committed, "every event comes twice");
            let rows = report.cost.inbox_peak_rows as f64;
            // What leaks is written down again: rate * T for first copies, and as much as leaks for the others.
            assert!(rows >= seconds * 50.0 && rows <= seconds * 50.0 * (1.08 + want), "{rows} rows");
            report.stores[0].duplicate_effects as f64 / report.ledger.committed as f64
        });
    }
}

/// O25: with ids of k bits, n events have a collision with probability 1 - exp(-n(n - 1)/2^(k + 1)); what collides is
/// taken for what came before it, and dropped.
#[test]
fn o25_short_ids_collide() {
    let (n, bits, runs) = (40_u64, 10, 400);
    let mut document = instant();
    document["workload"]["arrivals"] = json!("every(20ms)");
    document["workload"]["limit"] = json!(n);
    document["duration"] = json!("1s");
    document["stores"]["search-index"]["inbox"] = json!({ "window": "1h", "id_bits": bits });
    let want = 1.0 - libm::exp(-((n * (n - 1)) as f64) / f64::from(1 << (bits + 1)));
    let hit = (0..runs).filter(|seed| report(&document, *seed).ledger.lost > 0).count() as f64;
    // Binomial: four standard deviations.
    let band = 4.0 * (runs as f64 * want * (1.0 - want)).sqrt();
    let mean = runs as f64 * want;
    assert!((hit - mean).abs() <= band, "{hit} of {runs} runs collide, formula {mean} within {band}");
    document["stores"]["search-index"]["inbox"]["id_bits"] = json!(128);
    assert_eq!((0..20).filter(|seed| report(&document, *seed).ledger.lost > 0).count(), 0, "128 bits do not collide");
}

/// The stale set: a reader that takes D from its read to its set puts an old row if a write of the key commits meanwhile:
/// 1 - exp(-w D). A lease refuses every one of them, where the delete is not late.
#[test]
fn o14_the_stale_set() {
    let mut document = instant();
    document["target"] = json!("cache");
    // Long, so that the reads before a key has a row are few.
    document["duration"] = json!("800s");
    document["workload"] = json!({ "arrivals": "poisson(20/s)", "keys": { "count": 20 }, "reads_per_key": "2/s",
        "mix": { "insert": 0, "update": 1, "delete": 0 } });
    document["links"] = json!({ "app-source": { "latency": "0s" }, "app-cache": { "latency": "0s" } });
    for (delay, seconds) in [("500ms", 0.5), ("1s", 1.0)] {
        document["stores"] = json!({ "cache": { "kind": "cache", "service": "0s", "set_delay": delay } });
        let want = 1.0 - libm::exp(-seconds);
        over_seeds(&format!("O14, {delay}"), want, &document, 6, |report| {
            let reads = report.stores[0].reads;
            reads.stale_sets as f64 / (reads.misses as f64)
        });
        document["stores"]["cache"]["lease"] = json!(true);
        let leased = report(&document, 1);
        assert_eq!((leased.stores[0].reads.stale_sets, leased.stores[0].stale), (0, 0), "with a lease, {delay}");
        // The second delete comes after the set: nothing old is left behind.
        document["stores"] =
            json!({ "cache": { "kind": "cache", "service": "0s", "set_delay": delay, "delete_delay": "1100ms" } });
        let twice = report(&document, 1);
        assert!(twice.stores[0].reads.stale_sets > 0 && twice.stores[0].stale == 0, "deleted twice, {delay}");
    }
}
