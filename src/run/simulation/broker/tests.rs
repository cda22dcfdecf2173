//! Leader, follower and failover, through scenario documents.

use crate::run::recording::Recording;
use crate::run::report::{Report, Verdict};
use crate::scenario::{Document, presets};
use crate::world::record::Kind;

fn run(document: &Document) -> Recording {
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}\n{}", document.to_json(), refusals[0]));
    let recording = Recording::run(plan);
    for invariant in &recording.report().invariants {
        assert!(invariant.holds, "{invariant:?}\n{}", document.to_json());
    }
    recording
}

fn report(base: &str, settings: &[(&str, &str)], faults: &[&str]) -> Report {
    let mut document = Document::parse(base).unwrap();
    for (path, value) in settings {
        document.set(path, value).unwrap();
    }
    for fault in faults {
        document.add_fault(fault).unwrap();
    }
    run(&document).report().clone()
}

/// One order at 1 s; its record is in the leader's log at about 1.007 s and at the follower 100 ms later.
const ORDER: &str = r#"{
    "strategy": "direct-db-first", "duration": "60s",
    "workload": { "arrivals": [{ "at": "1s", "key": 1, "op": "insert" }, { "at": "40s", "key": 2, "op": "insert" }],
                  "client": { "timeout": "5s" } },
    "broker": { "replication_lag": "100ms", "isr_timeout": "1s" },
    "direct": { "retry": { "timeout": "2s", "backoff": "500ms" } }
}"#;

/// What a failover in that moment costs, by what the producer waits for (DOMAIN 2g).
#[test]
#[rustfmt::skip]
fn acks_min_insync_failover() {
    let lost_then = "failover:broker@1.05s+3s";
    let out = "off:broker-2@0s";
    let table: [(&[(&str, &str)], &[&str], (u64, u64, u64)); 15] = [
        // options                                       faults                               lost, duplicates, clients told ok
        (&[("broker.acks", "0")],                        &[lost_then],                        (1, 0, 2)),
        (&[("broker.acks", "1")],                        &[lost_then],                        (1, 0, 2)),
        (&[("broker.acks", "1"), ("direct.retry.attempts", "0")], &[lost_then],               (1, 0, 2)), // nobody knows
        (&[("broker.acks", "all")],                      &[lost_then],                        (1, 0, 1)), // and the client knows
        (&[("broker.acks", "all"), ("direct.retry.attempts", "0")], &[lost_then],             (0, 0, 2)),
        (&[("broker.acks", "1")],                        &["failover:broker@1.2s+3s"],        (0, 0, 2)), // the follower has it
        (&[("broker.acks", "1")],                        &["crash:broker@1.05s+3s"],          (0, 0, 2)), // a restart keeps the log
        // The follower is out: with one replica, all is worth as much as 1.
        (&[("broker.acks", "all")],                      &[out, "failover:broker@3s+3s"],     (0, 0, 2)), // nobody is elected
        (&[("broker.acks", "all"), ("broker.unclean_election", "true")],
                                                         &["crash:broker-2@0s+30s", "failover:broker@35s+1s"], (0, 0, 2)), // it has caught up
        (&[("broker.acks", "all"), ("broker.min_insync", "2")], &[out],                       (1, 0, 0)), // 40 s: refused
        (&[("broker.acks", "all"), ("broker.min_insync", "2"), ("direct.retry.attempts", "0")], &[out], (0, 1, 0)),
        (&[("broker.acks", "1"), ("broker.min_insync", "2")],   &[out],                       (0, 0, 2)), // min_insync is for `all`
        // The follower is out, and the consumer has not read yet: an election in spite of that loses what was confirmed.
        (&[("broker.acks", "all"), ("broker.replication_lag", "5s"), ("broker.unclean_election", "true")],
                                       &["crash:search-index-consumer@0s+9s", "failover:broker@4s+1s"], (1, 0, 2)),
        (&[("broker.acks", "all"), ("broker.replication_lag", "5s")],
                                       &["crash:search-index-consumer@0s+9s", "failover:broker@4s+1s"], (0, 0, 2)),
        (&[("broker.acks", "all"), ("broker.replication_lag", "5s"), ("broker.unclean_election", "true"), ("broker.min_insync", "2")],
                                       &["crash:search-index-consumer@0s+9s", "failover:broker@4s+1s"], (1, 0, 0)), // and nobody was told ok
    ];
    for (settings, faults, want) in table {
        let got = report(ORDER, settings, faults);
        assert_eq!((got.ledger.lost, got.ledger.duplicates, got.client.ok), want, "{settings:?} {faults:?}");
        assert!(got.faults.iter().all(|fault| fault.fired > 0), "{settings:?} {faults:?}");
    }
}

/// Without an answer to wait for a client is answered sooner, and a broker that is down is not noticed.
#[test]
fn acks_0_learns_of_no_failure() {
    let settings = [("broker.acks", "0"), ("detectors.publish-failure-rate.period", "10s")];
    let blind = report(ORDER, &settings, &["crash:broker@0.5s+10s"]);
    assert_eq!((blind.ledger.lost, blind.client.ok, blind.silent), (1, 2, true));
    let seen = report(ORDER, &[("broker.acks", "1"), settings[1]], &["crash:broker@0.5s+10s"]);
    assert_eq!((seen.ledger.lost, seen.client.ok, seen.silent), (1, 1, false));
    assert!(blind.client.latency_us.p50 < seen.client.latency_us.p50);
}

/// Consumers see a record when the follower has it, or is out of the in-sync set.
#[test]
#[rustfmt::skip]
fn what_consumers_may_read() {
    let table: [(&[(&str, &str)], &[&str], u64); 4] = [
        // options                             faults                  the lag of the first event, about
        (&[("broker.replication_lag", "0s")],  &[],                       14_500),
        (&[("broker.replication_lag", "2s")],  &[],                      1_015_000), // out after isr_timeout
        (&[("broker.replication_lag", "100ms")], &[],                     114_500),
        (&[("broker.replication_lag", "0s")],  &["off:broker-2@0s"],     1_014_500),
    ];
    for (settings, faults, want) in table {
        let got = report(ORDER, settings, faults).lag_us.max.unwrap();
        assert!(got.abs_diff(want) < 3_000, "{settings:?} {faults:?}: {got}");
    }
}

#[test]
fn acks_one_failover() {
    let recording = run(&presets::find("acks-one-failover").unwrap().document());
    let report = recording.report();
    assert_eq!((report.verdict, report.silent, report.ledger.lost), (Verdict::Diverged, true, 1));
    assert_eq!((report.stores[0].missing, report.ledger.duplicates, report.ledger.ghost), (1, 0, 0));
    let witness = &report.stores[0].witnesses[0];
    assert_eq!(
        (witness.key.as_str(), witness.cause.as_str()),
        (
            "order-6",
            "the search index was never told of order-6 version 1: it was in the leader's log only, and at 8.350 s, \
             344.5 ms after the commit, another replica became leader without it."
        ),
    );
    let records = &recording.trace().records;
    let gone = &records[witness.record as usize];
    assert_eq!(gone.kind, Kind::Truncated);
    let marked = records.iter().find(|record| record.kind == Kind::Marked && record.event == gone.event).unwrap();
    assert!(marked.at < gone.at, "the outbox row was marked before");
    // The same with acks=all: the relay has no answer yet, and sends it again.
    let mut all = presets::find("acks-one-failover").unwrap().document();
    all.set("broker.acks", "all").unwrap();
    assert_eq!(run(&all).report().verdict, Verdict::Consistent);
}
