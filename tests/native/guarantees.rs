//! DOMAIN 3.1 as a table that runs: strategy x anomaly under random faults.
//!
//! An `Occurs` cell must find a witness among its runs; an `Excluded` cell must survive all of them, and a run counts for
//! it only if a fault struck something that carried an event (its vulnerable point). `make test` runs 500 a cell,
//! `DRIFTSCOPE_SOAK=1` 10,000. A failing cell prints the scenario to run again.

use driftscope::run::report::Report;
use driftscope::run::simulation::Simulation;
use driftscope::run::trace::Trace;
use driftscope::run::{account, report::Verdict};
use driftscope::scenario::Document;
use driftscope::truth::judge::Judgement;
use driftscope::world::ids::EventId;
use driftscope::world::record::{Kind, Record};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What the table says of an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// It occurs: some run shows it.
    Occurs,
    /// It is excluded under the row's assumptions: no run shows it.
    Excluded,
    /// The table makes no claim here.
    Open,
}

use Cell::{Excluded as N, Occurs as Y, Open as O};

/// The columns.
const COLUMNS: [&str; 6] = ["LOST", "GHOST", "DUP", "REORDER", "STALE-P", "BLOCK"];

/// A row: its name, what it changes of the base scenario, and its cells in the order of `COLUMNS`.
struct Row {
    name: &'static str,
    patch: Value,
    cells: [Cell; 6],
    /// Faults that every run has beside its crashes.
    also: &'static [&'static str],
}

/// The assumptions of the table: a blind upsert, at least once; consumers and stores do not crash; consumer to store is
/// FIFO; no late effects; durable tombstones; short timeouts, so that a run of 12 s meets many of them.
fn base() -> Value {
    let lossy = lossy();
    json!({
        "duration": "12s", "drain_limit": "30m", "block_after": "1s",
        "workload": {
            "arrivals": "poisson(6/s)",
            "keys": { "count": 3 },
            "mix": { "insert": 0.2, "update": 0.6, "delete": 0.2 },
        },
        "source": { "commit_time": "exp(3ms)", "tx_time": "mix(0.9:2ms,0.1:200ms)", "timeout": "300ms", "abort": 0.03 },
        "links": { "app-source": lossy, "app-broker": lossy, "relay-source": lossy, "relay-broker": lossy,
                   "search-index-consumer-search-index": { "order": "fifo" } },
        "nodes": { "app": { "restart": "500ms" }, "relay": { "restart": "500ms" }, "source": { "restart": "500ms" },
                   "broker": { "restart": "500ms" } },
        "stores": { "search-index": { "kind": "search-index", "apply": "blind", "tombstone": { "durable": "soft-delete" } } },
        "direct": { "gap": "exp(4ms)", "retry": { "attempts": 1, "timeout": "40ms", "backoff": "20ms" } },
        "outbox": { "poll": "100ms", "timeout": "40ms", "batch": 5 },
        "detectors": { "publish-failure-rate": { "kind": "publish-failure-rate" } },
    })
}

fn row(name: &'static str, patch: Value, cells: [Cell; 6]) -> Row {
    Row { name, patch, cells, also: &[] }
}

/// The outbox, with changes.
fn outbox(changes: Value) -> Value {
    let mut value = json!({ "strategy": "outbox" });
    merge(&mut value, &changes);
    value
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let retry = json!({ "strategy": "direct-db-first", "direct": { "retry": { "attempts": 5 } } });
    let broker_first = json!({ "strategy": "direct-broker-first", "direct": { "retry": { "attempts": 5 } } });
    let in_transaction = json!({ "strategy": "publish-in-transaction", "direct": { "retry": { "attempts": 0, "timeout": "900ms" } } });
    let forget = json!({ "strategy": "fire-and-forget", "fire-and-forget": { "linger": "20ms" } });
    let votes = json!({ "strategy": "two-phase-commit", "source": { "max_prepared_transactions": 100 }, "broker": { "xa": true },
                        "links": { "app-coordinator": lossy(), "coordinator-source": lossy(), "coordinator-broker": lossy() } });
    let listen = json!({ "strategy": "listen-to-yourself", "direct": { "retry": { "attempts": 5 } } });
    vec![
        //                                                                                LOST GHOST DUP REORDER STALE BLOCK
        row("DB to broker, no retry",             json!({ "strategy": "direct-db-first" }),    [Y, N, N, Y, Y, N]),
        row("DB to broker, retry in the process", retry,                                       [Y, N, Y, Y, Y, N]),
        row("fire and forget",                    forget,                                      [Y, N, O, Y, Y, N]),
        row("broker to DB",                       broker_first,                                [N, Y, Y, Y, Y, N]),
        row("publish in the transaction",         in_transaction,                              [N, Y, Y, O, O, Y]),
        row("outbox, flag, one relay",            outbox(json!({})),                           [N, N, Y, N, N, N]),
        row("outbox, delete, one relay", outbox(json!({ "outbox": { "cursor": "delete", "mark": "row" } })), [N, N, Y, N, N, N]),
        row("outbox, id > last",         outbox(json!({ "outbox": { "cursor": "last-id" } })), [Y, N, Y, N, Y, N]),
        row("outbox, xmin horizon",      outbox(json!({ "outbox": { "cursor": "xmin" }, "stores": { "search-index": { "apply": "versioned" } } })), [N, N, Y, O, N, N]),
        row("outbox, three relays, skip locked", outbox(json!({ "outbox": { "relays": 3, "claim": "skip-locked", "batch": 2 } })), [N, N, Y, Y, Y, N]),
        row("CDC",                                cdc(json!({})),                              [N, N, Y, N, N, N]),
        row("listen to yourself",                 listen,                                      [N, Y, Y, O, O, N]),
        row("two-phase commit",                   votes,                                       [N, N, N, N, N, Y]),
        Row { also: &["failover:source@7s+200ms"],
              ..row("outbox, asynchronous failover", outbox(json!({ "source": { "replica": { "mode": "async", "lag": "400ms" } } })), [N, Y, Y, O, O, O]) },
    ]
}

/// A link that fails, loses answers and loses requests, each 3 times in 100.
fn lossy() -> Value {
    json!({ "outcomes": { "fail_before": 0.03, "ack_lost": 0.03, "timeout_no_effect": 0.03 }, "latency": "exp(2ms)" })
}

/// The connector of `base`, with changes.
fn cdc(changes: Value) -> Value {
    let lossy = lossy();
    let mut value = json!({
        "strategy": "cdc",
        "cdc": { "poll": "50ms", "timeout": "40ms", "offset_flush": "500ms", "restart_wait": "200ms", "backoff": "10ms" },
        "source": { "checkpoint": "2s" },
        "links": { "connector-source": lossy, "connector-broker": lossy },
        "nodes": { "connector": { "restart": "500ms" } },
    });
    merge(&mut value, &changes);
    value
}

/// Rows that relax, or add, one assumption of a row above: that row, and the column in which it must show.
#[rustfmt::skip]
fn modifiers() -> Vec<(&'static str, Row, usize)> {
    let (once, ob) = ("DB to broker, no retry", "outbox, flag, one relay");
    let late = json!({ "links": { "relay-broker": { "outcomes": { "late_effect": 0.05 }, "late_delay": "200ms" } } });
    let mut late_versioned = late.clone();
    merge(&mut late_versioned, &json!({ "stores": { "search-index": { "apply": "versioned" } } }));
    let goes_on = json!({ "outbox": { "mark": "row", "on_failed_mark": "continue" } });
    let consumer = json!({ "strategy": "direct-db-first", "nodes": { "search-index-consumer": { "crash_rate": "20/m", "restart": "200ms" } } });
    let one_ack = json!({ "broker": { "acks": "1", "replication_lag": "exp(300ms)" } });
    let all_acks = json!({ "broker": { "acks": "all", "replication_lag": "exp(20ms)", "min_insync": 2 } });
    let marks_first = json!({ "outbox": { "order": "mark-then-publish" } });
    let outbox_first = json!({ "source": { "lock_order": "outbox-first" }, "workload": { "arrivals": "poisson(30/s)" } });
    let lost_leader: &[&str] = &["failover:broker@5s+100ms", "failover:broker@9s+100ms"];
    vec![
        (ob,   row("outbox with late effects",                  outbox(late),           [N, N, Y, O, Y, N]), 4),
        ("outbox with late effects", row("... and a versioned upsert", outbox(late_versioned), [N, N, Y, O, N, N]), 4),
        (ob,   row("outbox that goes on after a failed mark",   outbox(goes_on),        [N, N, Y, O, Y, N]), 4),
        (ob,   row("outbox that marks before it publishes",     outbox(marks_first),    [Y, N, O, O, Y, N]), 0),
        (ob,   row("outbox row inserted before the row is locked", outbox(outbox_first), [N, N, Y, Y, Y, N]), 3),
        (once, row("a consumer that crashes",                   consumer,               [Y, N, Y, Y, Y, N]), 2),
        (ob,   Row { also: lost_leader, ..row("acks 1 and a lost leader", outbox(one_ack), [Y, N, Y, O, O, N]) }, 0),
        ("acks 1 and a lost leader", Row { also: lost_leader, ..row("acks all, two in sync, and a lost leader", outbox(all_acks), [N, N, Y, N, N, N]) }, 0),
    ]
}

/// RFC 7396.
pub fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

/// A number from a seed: SplitMix64. It chooses faults; it is no part of a run.
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Two crashes of nodes up to the broker, at instants that the seed chooses.
fn faults(strategy: &str, seed: u64) -> Vec<Value> {
    let nodes: &[&str] = match strategy {
        "outbox" => &["app", "relay", "source", "broker"],
        "cdc" => &["app", "connector", "source", "broker"],
        "two-phase-commit" => &["app", "coordinator", "source", "broker"],
        _ => &["app", "source", "broker"],
    };
    let crash = |nth: u64| {
        let (who, when) = (mix(seed * 8 + nth), mix(seed * 8 + nth + 4));
        let node = nodes[(who % nodes.len() as u64) as usize];
        json!(format!("crash:{node}@{}us+{}ms", when % 12_000_000, 50 + who / 64 % 900))
    };
    vec![crash(0), crash(1)]
}

fn document(row: &Row, seed: u64) -> Value {
    let mut value = base();
    merge(&mut value, &row.patch);
    let strategy = value["strategy"].as_str().unwrap_or("direct-db-first").to_owned();
    value["seed"] = json!(seed);
    value["faults"] = row.also.iter().map(|fault| json!(fault)).chain(faults(&strategy, seed)).collect();
    value
}

/// A finished run.
pub struct Run {
    /// What came of it.
    pub report: Report,
    /// Whether a fault struck something that carried an event.
    pub struck: bool,
}

pub fn run(value: &Value) -> Run {
    let document = Document::parse(&value.to_string()).unwrap_or_else(|refusals| panic!("{refusals:?}\n{value}"));
    let plan = document.plan().unwrap_or_else(|refusals| {
        panic!("{}", refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    let trace: Trace = Simulation::new(&plan, usize::MAX).finish();
    let judgement = Judgement::new(&trace.ledger, &account::misses(&plan));
    let report = account::report(&plan, &trace, &judgement);
    let carried = |record: &Record| record.event != EventId::NONE || matches!(record.kind, Kind::Aborted);
    let strikes = |record: &&Record| {
        matches!(record.kind, Kind::Killed | Kind::Dropped | Kind::Aborted | Kind::TimedOut) && carried(record)
    };
    let struck = trace.records.iter().any(|record| strikes(&record));
    Run { report, struck }
}

/// Which columns a run shows.
fn shows(report: &Report) -> [bool; 6] {
    let stale: u64 = report.stores.iter().map(|store| store.stale).sum();
    let ledger = &report.ledger;
    [
        ledger.lost > 0,
        ledger.ghost > 0,
        ledger.duplicates > 0,
        ledger.reordered > 0,
        stale > 0,
        report.verdict == Verdict::Blocked || report.blocked.operations > 0,
    ]
}

pub fn replay(value: &Value) -> String {
    format!("driftscope run - <<'END'\n{value}\nEND")
}

/// Runs a row and says which cells the runs contradict.
fn contradictions(row: &Row, runs: u64, table: &mut String) -> String {
    let (mut errors, mut counted, mut witness) = (String::new(), 0u64, [None; 6]);
    for seed in 0..runs {
        let value = document(row, seed);
        let Run { report, struck } = run(&value);
        counted += u64::from(struck);
        for law in report.invariants.iter().filter(|law| !law.holds) {
            let _ = writeln!(errors, "{}: the law {} is broken\n{}", row.name, law.id, replay(&value));
        }
        for (column, shown) in shows(&report).into_iter().enumerate() {
            if shown && witness[column].is_none() {
                witness[column] = Some(seed);
                if row.cells[column] == Cell::Excluded {
                    let _ = writeln!(errors, "{}: {} occurs\n{}", row.name, COLUMNS[column], replay(&value));
                }
            }
        }
    }
    for (column, cell) in row.cells.iter().enumerate() {
        if *cell == Cell::Occurs && witness[column].is_none() {
            let _ = writeln!(errors, "{}: {} never occurs in {runs} runs", row.name, COLUMNS[column]);
        }
    }
    if counted * 2 < runs {
        let _ = writeln!(errors, "{}: only {counted} of {runs} runs passed a vulnerable point under a fault", row.name);
    }
    let shown: Vec<String> =
        witness.iter().map(|seed| seed.map_or("-".to_owned(), |seed| format!("seed {seed}"))).collect();
    let _ = writeln!(table, "{:<42} {counted:>6} of {runs:>6} | {}", row.name, shown.join(" | "));
    errors
}

fn runs() -> u64 {
    if std::env::var_os("DRIFTSCOPE_SOAK").is_some() { 10_000 } else { 500 }
}

/// Every cell of the table.
#[test]
fn strategy_by_anomaly() {
    let (mut table, mut errors) = (format!("{:<42} runs counted | {}\n", "", COLUMNS.join(" | ")), String::new());
    for row in rows() {
        errors += &contradictions(&row, runs(), &mut table);
    }
    println!("{table}");
    assert!(errors.is_empty(), "{table}\n{errors}");
}

/// Every modifier row changes what it should: what it drops, or brings, is the other way in the row that it changes.
#[test]
fn modifiers_change_what_they_should() {
    let (mut table, mut errors, all) = (String::new(), String::new(), rows());
    let changed = modifiers();
    for (before, row, column) in &changed {
        let known = all.iter().chain(changed.iter().map(|(_, row, _)| row)).find(|other| other.name == *before);
        let cell = known.unwrap_or_else(|| panic!("no row {before}")).cells[*column];
        let turned = matches!((cell, row.cells[*column]), (Y, N) | (N, Y));
        assert!(turned, "{} leaves {} of {before} as it is", row.name, COLUMNS[*column]);
        errors += &contradictions(row, runs(), &mut table);
    }
    println!("{table}");
    assert!(errors.is_empty(), "{table}\n{errors}");
}

/// The base scenario alone is a valid document: a typo in the table cannot hide behind an ignored field.
#[test]
fn every_row_is_a_document() {
    for row in rows().into_iter().chain(modifiers().into_iter().map(|(_, row, _)| row)) {
        let value = document(&row, 0);
        let known: &Map<String, Value> = value.as_object().unwrap_or_else(|| panic!("{} is no object", row.name));
        assert!(known.contains_key("workload"));
        let document = Document::parse(&value.to_string()).and_then(|document| document.plan());
        assert!(document.is_ok(), "{}: {:?}", row.name, document.err());
    }
}
