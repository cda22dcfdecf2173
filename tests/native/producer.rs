//! Idempotent producers, publishes in flight, and a log that is compacted (DOMAIN 2f, 2g): scripted, exact.

use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::world::record::Kind;
use serde_json::{Value, json};

/// A finished run on which every law holds.
fn run(scenario: &Value) -> Recording {
    let recording = lab::run(&lab::document(&scenario.to_string()));
    let broken: Vec<_> = recording.report().invariants.iter().filter(|law| !law.holds).collect();
    assert!(broken.is_empty(), "{broken:?}\n{scenario}");
    recording
}

/// How often the broker had a numbered publish already, and how often it refused one that came too early.
fn out_of_sequence(recording: &Recording) -> (usize, usize) {
    let count = |detail| {
        lab::of_kind(&recording.trace().records, Kind::OutOfSequence).filter(|record| record.detail == detail).count()
    };
    (count(1), count(0))
}

fn with(mut base: Value, patch: &Value) -> Value {
    crate::guarantees::merge(&mut base, patch);
    base
}

/// The app publishes what it has committed, with retries; the first two rows of one key.
fn retrying() -> Value {
    json!({
        "strategy": "direct-db-first", "duration": "5s",
        "workload": { "arrivals": [{ "at": "1s", "key": "order-1", "op": "insert" }, { "at": "2s", "key": "order-1", "op": "update" }] },
        "direct": { "retry": { "attempts": 3, "timeout": "100ms", "backoff": "50ms" } },
    })
}

/// The relay sends three rows of one key at once, and its client library tries for as long as it takes.
fn pipelining() -> Value {
    let at = |at: &str| json!({ "at": at, "key": "order-1", "op": "update" });
    json!({
        "strategy": "outbox", "duration": "5s",
        "workload": { "arrivals": [at("1000ms"), at("1010ms"), at("1020ms")] },
        "outbox": { "poll": "1s", "phase": "500ms", "schedule": "fixed-rate", "publish": "pipelined", "timeout": "100ms",
                    "retry": { "attempts": 0, "backoff": "50ms" } },
        "stores": { "search-index": { "apply": "blind" } },
    })
}

/// A lost acknowledgement: the retry is a duplicate, unless the producer numbers what it sends.
#[test]
fn a_retry_is_taken_once() {
    for (fault, plain, numbered) in [
        ("ack-lost:app-broker*1", 1, (1, 0)),
        ("late:app-broker*1+50ms", 1, (1, 0)),
        // It never came: the retry is the first.
        ("drop:app-broker*1", 0, (0, 0)),
    ] {
        for (idempotent, duplicates, refused) in [(false, plain, (0, 0)), (true, 0, numbered)] {
            let scenario = with(retrying(), &json!({ "broker": { "idempotence": idempotent }, "faults": [fault] }));
            let recording = run(&scenario);
            let ledger = &recording.report().ledger;
            let got = (ledger.duplicates, ledger.lost, out_of_sequence(&recording));
            assert_eq!(got, (duplicates, 0, refused), "{fault}, idempotent {idempotent}");
        }
    }
}

/// Several in flight, the first is lost: its retry comes behind what was sent after it, unless the producer numbers, or
/// sends one at a time.
#[test]
fn retries_with_several_in_flight() {
    for (patch, reordered, early) in [
        (json!({}), 1, 0),
        (json!({ "idempotence": true }), 0, 6),
        (json!({ "idempotence": true, "in_flight": 2 }), 0, 4),
        (json!({ "in_flight": 1 }), 0, 0),
    ] {
        let scenario = with(pipelining(), &json!({ "broker": patch, "faults": ["drop:relay-broker*1"] }));
        let recording = run(&scenario);
        let report = recording.report();
        let got = (report.ledger.reordered > 0, report.ledger.duplicates, report.ledger.lost);
        assert_eq!(got, (reordered > 0, 0, 0), "{patch}");
        assert_eq!(out_of_sequence(&recording), (0, early), "{patch}");
        assert_eq!(report.stores[0].stale, reordered, "a blind upsert keeps what came last: {patch}");
    }
}

/// DOMAIN 0.9: it is not the deduplication of a restarted relay, nor of what a relay reads and sends again.
#[test]
fn another_session_is_another_producer() {
    for (patch, duplicates) in [
        (json!({ "faults": ["crash:relay@relay.after-ack-before-mark*1+500ms"] }), 3),
        (json!({ "faults": ["ack-lost:relay-broker*3"], "outbox": { "retry": { "attempts": 1 } } }), 1),
        (json!({ "faults": ["ack-lost:relay-broker*3"], "outbox": { "retry": { "attempts": 2 } } }), 0),
        (json!({ "faults": ["drop:relay-source*3"] }), 3),
    ] {
        let scenario = with(with(pipelining(), &json!({ "broker": { "idempotence": true } })), &patch);
        let report = run(&scenario).report().clone();
        assert_eq!((report.ledger.duplicates, report.ledger.lost), (duplicates, 0), "{patch}");
    }
}

/// A row that the broker will never take is skipped or put aside: its number will not come either, and what is behind it
/// goes on in another session.
#[test]
fn a_poisoned_row_leaves_no_number_behind() {
    for (policy, missing) in [("skip", 1), ("dead-letter", 1), ("stop", 58)] {
        let scenario = json!({
            "strategy": "outbox", "duration": "20s", "broker": { "idempotence": true },
            "outbox": { "poison": policy, "poll": "100ms", "retry": { "attempts": 0, "backoff": "50ms" } },
            "workload": { "arrivals": "every(100ms)", "limit": 60, "keys": { "count": 100 } },
            "faults": ["poison:relay-broker*3"],
        });
        let report = run(&scenario).report().clone();
        assert_eq!((report.ledger.lost + report.ledger.in_flight, report.faults[0].fired), (missing, 1), "{policy}");
    }
}

/// Kafka's ConfigException: `max.in.flight.requests.per.connection` is 1 to 5 for an idempotent producer.
#[test]
fn an_idempotent_producer_has_at_most_five_in_flight() {
    for (in_flight, allowed) in [(0, false), (1, true), (5, true), (6, false)] {
        let text = format!(r#"{{"broker": {{"idempotence": true, "in_flight": {in_flight}}}}}"#);
        let told = lab::document(&text).plan().map(|_| ()).map_err(|refusals| lab::lines(&refusals));
        let reason = "An idempotent producer may have 1 to 5 in flight.";
        let want = if allowed { Ok(()) } else { Err(format!("broker.in_flight is {in_flight}. {reason}\n")) };
        assert_eq!(told, want);
    }
}

/// As in Kafka: numbers without every replica's acknowledgement are refused, with the reason.
#[test]
fn an_idempotent_producer_needs_all_acknowledgements() {
    let document = lab::document(r#"{"broker": {"idempotence": true, "acks": "1"}}"#);
    let refusals = document.plan().expect_err("refused");
    assert_eq!(lab::lines(&refusals), "broker.idempotence is true. An idempotent producer needs broker.acks all.\n");
}

/// A reader of a compacted log that was down from 3 s on. Row 1 is deleted meanwhile, row 2 changed twice, row 3 comes;
/// a segment is one record, cleaned every second.
fn behind(delete_retention: &str, back: &str) -> Value {
    let at = |at: &str, key: &str, op: &str| json!({ "at": at, "key": key, "op": op });
    json!({
        "strategy": "outbox", "duration": "30s",
        "workload": { "arrivals": [
            at("1s", "order-1", "insert"), at("1s", "order-2", "insert"), at("4s", "order-1", "delete"), at("5s", "order-2", "update"),
            at("6s", "order-2", "update"), at("7s", "order-3", "insert"),
        ] },
        "broker": { "cleanup": "compact", "delete_retention": delete_retention, "retention_check": "1s", "segment": 1 },
        "outbox": { "poll": "100ms", "phase": "0s" },
        "stores": { "search-index": { "apply": "versioned", "tombstone": { "durable": "soft-delete" } } },
        "faults": [format!("crash:search-index-consumer@3s+{back}")],
    })
}

/// DOMAIN 2f: a reader that lags more than `delete_retention` may miss a delete, and its row stays: a ghost. It sees only
/// the latest version of the others, which is enough for their rows.
#[test]
fn a_reader_of_a_compacted_log_that_lags() {
    // How long the log keeps tombstones, for how long the reader is down; ghost rows, events lost, of them superseded.
    for (kept, down, ghosts, lost, superseded) in
        [("24h", "500ms", 0, 0, 0), ("24h", "12s", 0, 1, 1), ("10s", "6s", 0, 1, 1), ("10s", "20s", 1, 2, 1)]
    {
        let recording = run(&behind(kept, down));
        let report = recording.report();
        let store = &report.stores[0];
        assert_eq!((store.ghost, store.missing, store.stale), (ghosts, 0, 0), "{kept} {down}");
        assert_eq!((report.ledger.lost, report.ledger.superseded), (lost, superseded), "{kept} {down}");
        let compacted = lab::of_kind(&recording.trace().records, Kind::Compacted);
        assert_eq!(compacted.filter(|record| record.detail == 1).count() as u64, lost, "{kept} {down}");
        if ghosts > 0 {
            let cause = &store.witnesses[0].cause;
            assert!(cause.contains("compaction removed it"), "{cause}");
        }
    }
}
