//! The rows of DOMAIN 3.1 that are about stores and their consumers: cache-aside, leases and versions, a consumer that commits
//! before it processes, the inbox.
//!
//! As in `guarantees`: an occurring cell must find a witness, an excluded one must survive every run. DOMAIN leaves cells of
//! these rows blank, or says a condition in words: such a cell is `.` here, and nothing is asserted of it.

use crate::guarantees::{COLUMNS, base, cdc, faults, merge, outbox, replay, run, runs, shows};
use driftscope::run::report::Report;
use serde_json::{Value, json};

/// Its name; what it changes of the base scenario; its cells in the order of `COLUMNS`, then DUP-E.
struct Row {
    name: &'static str,
    patch: Value,
    cells: &'static str,
}

fn changed(mut value: Value, by: Value) -> Value {
    merge(&mut value, &by);
    value
}

/// A cache that its readers fill, which takes them a while.
fn aside(by: Value) -> Value {
    let cache = json!({
        "workload": { "reads_per_key": "6/s" },
        "links": { "app-search-index": { "latency": "exp(2ms)" } },
        "stores": { "search-index": { "kind": "cache", "set_delay": "exp(60ms)" } },
    });
    changed(by, cache)
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let store = |options: Value| json!({ "stores": { "search-index": options } });
    let dies = json!({ "nodes": { "search-index-consumer": { "crash_rate": "20/m", "restart": "200ms" } } });
    let adds = outbox(store(json!({ "apply": "increment" })));
    let inbox = changed(adds.clone(), store(json!({ "inbox": { "window": "1h" } })));
    let apart = changed(changed(inbox.clone(), dies.clone()), store(json!({ "inbox": { "same_tx": false } })));
    let direct = json!({ "strategy": "direct-db-first", "target": "search-index" });
    let before = changed(outbox(store(json!({ "consumer": { "commit": "before" } }))), dies);
    let by_log = aside(cdc(json!({})));
    let lease = changed(by_log.clone(), store(json!({ "lease": true })));
    let versions = changed(by_log.clone(), store(json!({ "apply": "versioned", "tombstone": { "ttl": "1h" } })));
    vec![
        //                                                                            LOST GHOST DUP REORDER STALE BLOCK DUP-E
        // Invalidations may overtake each other: they only delete, so that no order of theirs does harm.
        Row { name: "cache-aside",                              patch: aside(direct), cells: "YNN.YNN" },
        Row { name: "cache-aside, invalidated by CDC",          patch: by_log,        cells: "NNYNYNN" },
        Row { name: "... with a lease",                         patch: lease,         cells: "NNYNNNN" },
        Row { name: "... with versions",                        patch: versions,      cells: "NNYNNNN" },
        Row { name: "outbox, the consumer commits before it applies", patch: before,  cells: "YN...NN" },
        Row { name: "outbox, a consumer that adds",             patch: adds,          cells: "NNYN.NY" },
        Row { name: "... with an inbox",                        patch: inbox,         cells: "NNYN.NN" },
        Row { name: "... that is written apart, by a consumer that crashes", patch: apart, cells: "NNYN.NY" },
    ]
}

fn document(row: &Row, seed: u64) -> Value {
    let mut value = changed(base(), row.patch.clone());
    let strategy = value["strategy"].as_str().unwrap_or("direct-db-first").to_owned();
    (value["seed"], value["faults"]) = (json!(seed), Value::Array(faults(&strategy, seed)));
    value
}

fn effects(report: &Report) -> bool {
    report.stores.iter().any(|store| store.duplicate_effects > 0)
}

/// Every cell of every row, and how many of a row's runs a fault struck at something that carried an event.
#[test]
fn stores_and_consumers_by_anomaly() {
    let (mut errors, mut table) = (String::new(), String::new());
    for row in rows() {
        let (mut witness, mut struck) = ([None; 7], 0);
        for seed in 0..runs() {
            let value = document(&row, seed);
            let ran = run(&value);
            struck += u64::from(ran.struck);
            for law in ran.report.invariants.iter().filter(|law| !law.holds) {
                errors += &format!("{}: the law {} is broken\n{}\n", row.name, law.id, replay(&value));
            }
            let shown = shows(&ran.report).into_iter().chain([effects(&ran.report)]);
            for (column, _) in shown.enumerate().filter(|(_, shown)| *shown) {
                witness[column].get_or_insert(seed);
            }
        }
        for (column, cell) in row.cells.chars().enumerate() {
            let what = COLUMNS.get(column).copied().unwrap_or("DUP-E");
            match (cell, witness[column]) {
                ('N', Some(seed)) => {
                    errors += &format!("{}: {what} occurs\n{}\n", row.name, replay(&document(&row, seed)))
                }
                ('Y', None) => errors += &format!("{}: {what} never occurs\n", row.name),
                _ => {}
            }
        }
        if struck * 10 < runs() * 9 {
            errors += &format!("{}: a fault struck only {struck} of {} runs\n", row.name, runs());
        }
        let cells: String = witness
            .iter()
            .map(|seed| format!("{:>10}", seed.map_or("-".to_owned(), |seed| format!("seed {seed}"))))
            .collect();
        table += &format!("{:<56}{struck:>6} struck{cells}\n", row.name);
    }
    println!("{table}");
    assert!(errors.is_empty(), "{table}\n{errors}");
}

/// The cell of cache-aside that says `negative cache`, in random runs: rows that are said not to be there occur with negative
/// entries, and not without; by CDC, with leases, they end with the entry's invalidation, so that none is left.
#[test]
fn cache_aside_and_a_negative_cache() {
    let negative = |by: Value| changed(aside(by), json!({ "stores": { "search-index": { "negative_ttl": "1h" } } }));
    let direct = json!({ "strategy": "direct-db-first", "target": "search-index" });
    let lease = changed(cdc(json!({})), json!({ "stores": { "search-index": { "lease": true } } }));
    let rows = [
        ("cache-aside", aside(direct.clone()), false),
        ("cache-aside, negative", negative(direct), true),
        ("by CDC, negative", negative(cdc(json!({}))), true),
        ("by CDC, negative, with a lease", negative(lease), false),
    ];
    for (name, patch, occurs) in rows {
        let row = Row { name, patch, cells: "" };
        let missing = |seed: &u64| {
            let ran = run(&document(&row, *seed));
            assert!(ran.report.invariants.iter().all(|law| law.holds), "{name} {seed}: {:?}", ran.report.invariants);
            ran.report.stores.iter().any(|store| store.missing > 0)
        };
        let witness = (0..runs()).find(missing);
        assert_eq!(witness.is_some(), occurs, "{name}: {witness:?}");
    }
}
