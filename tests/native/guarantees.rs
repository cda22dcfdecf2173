//! DOMAIN 3.1 as a table that runs: strategy x anomaly under random faults.
//!
//! An `Occurs` cell must find a witness among its runs; an `Excluded` cell must survive all of them, and a run counts for
//! it only if it passed the cell's vulnerable point under a fault (`vulnerable`). Runs are drawn until every excluded cell
//! has counted 500, or 10,000 with `DRIFTSCOPE_SOAK=1`; a cell that too few of them reach fails. Every second run also
//! crashes the consumer or the store, and says nothing about DUP, whose cells DOMAIN 3.1 gives without those crashes. A cell
//! of DOMAIN that has words occurs under the condition that it names. A failing cell prints the scenario to run again.

use driftscope::run::report::Report;
use driftscope::run::simulation::Simulation;
use driftscope::run::trace::Trace;
use driftscope::run::{account, report::Verdict};
use driftscope::scenario::Document;
use driftscope::scenario::plan::NodeRole;
use driftscope::truth::judge::Judgement;
use driftscope::world::ids::{EventId, Key, NodeId};
use driftscope::world::record::{Kind, Parcel, Record};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the table says of an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// It occurs: some run shows it.
    Occurs,
    /// It is excluded under the row's assumptions: no run shows it.
    Excluded,
}

use Cell::{Excluded as N, Occurs as Y};

/// The columns.
pub const COLUMNS: [&str; 6] = ["LOST", "GHOST", "DUP", "REORDER", "STALE-P", "BLOCK"];

/// A row: its name, what it changes of the base scenario, and its cells in the order of `COLUMNS`.
struct Row {
    name: &'static str,
    patch: Value,
    cells: [Cell; 6],
    /// Faults that every run has beside its crashes.
    also: &'static [&'static str],
}

/// The assumptions of the table: a blind upsert, at least once; consumer to store is FIFO; no late effects; durable tombstones; short timeouts, so that a run of 12 s meets many of them.
pub fn base() -> Value {
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
pub fn outbox(changes: Value) -> Value {
    let mut value = json!({ "strategy": "outbox" });
    merge(&mut value, &changes);
    value
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let retry = json!({ "strategy": "direct-db-first", "direct": { "retry": { "attempts": 5 } } });
    let broker_first = json!({ "strategy": "direct-broker-first", "direct": { "retry": { "attempts": 5 } } });
    // A publish that waits longer than the database is down goes on when its transaction is gone, and its row's lock with it.
    let in_transaction = json!({ "strategy": "publish-in-transaction", "direct": { "retry": { "attempts": 0, "timeout": "2s" } } });
    let forget = json!({ "strategy": "fire-and-forget", "fire-and-forget": { "linger": "20ms" }, "direct": { "retry": { "attempts": 3 } } });
    let votes = json!({ "strategy": "two-phase-commit", "source": { "max_prepared_transactions": 100 }, "broker": { "xa": true },
                        "links": { "app-coordinator": lossy(), "coordinator-source": lossy(), "coordinator-broker": lossy() } });
    // DOMAIN has DUP `Y` and STALE-P `-`: no order of the log is stale, if the producer keeps it. Where retries come twice
    // they come late too (see the modifier).
    let mut listen = listen();
    merge(&mut listen, &idempotent());
    // With one row each, transaction numbers are in the order of the locks. With two, the one that waits for its first
    // row is overtaken at its second.
    let xmin = json!({ "outbox": { "cursor": "xmin" }, "workload": { "rows_per_tx": 2, "keys": { "count": 5 } },
                       "stores": { "search-index": { "apply": "versioned" } } });
    let asynchronous = json!({ "source": { "replica": { "mode": "async", "lag": "400ms" } } });
    let mut kept_slot = asynchronous.clone();
    merge(&mut kept_slot, &json!({ "cdc": { "slot": { "failover": true } } }));
    let failover: &[&str] = &["failover:source@7s+200ms"];
    vec![
        //                                                                                LOST GHOST DUP REORDER STALE BLOCK
        row("DB to broker, no retry",             json!({ "strategy": "direct-db-first" }),    [Y, N, N, Y, Y, N]),
        row("DB to broker, retry in the process", retry,                                       [Y, N, Y, Y, Y, N]),
        row("fire and forget",                    forget,                                      [Y, N, Y, Y, Y, N]),
        row("broker to DB",                       broker_first,                                [N, Y, Y, Y, Y, N]),
        row("publish in the transaction",         in_transaction,                              [N, Y, Y, Y, Y, Y]),
        row("outbox, flag, one relay",            outbox(json!({})),                           [N, N, Y, N, N, N]),
        row("outbox, delete, one relay", outbox(json!({ "outbox": { "cursor": "delete", "mark": "row" } })), [N, N, Y, N, N, N]),
        row("outbox, id > last",         outbox(json!({ "outbox": { "cursor": "last-id" } })), [Y, N, Y, N, Y, N]),
        row("outbox, xmin horizon",               outbox(xmin),                                [N, N, Y, Y, N, N]),
        row("outbox, three relays, skip locked", outbox(json!({ "outbox": { "relays": 3, "claim": "skip-locked", "batch": 2 } })), [N, N, Y, Y, Y, N]),
        // It takes once what its client library repeats, and not what a restarted relay reads and sends again.
        row("outbox, idempotent producer",        outbox(idempotent()),                        [N, N, Y, N, N, N]),
        row("CDC",                                cdc(json!({})),                              [N, N, Y, N, N, N]),
        row("listen to yourself",                 listen,                                      [N, Y, N, N, N, N]),
        row("two-phase commit",                   votes,                                       [N, N, N, N, N, Y]),
        Row { also: failover, ..row("outbox, asynchronous failover", outbox(asynchronous),     [N, Y, Y, N, N, N]) },
        Row { also: failover, ..row("CDC, asynchronous failover",    cdc(kept_slot),           [N, Y, Y, N, N, N]) },
    ]
}

/// Listen to yourself, with so much load that faults meet two events of a key: there are no transactions to hold them apart.
fn listen() -> Value {
    json!({ "strategy": "listen-to-yourself", "direct": { "retry": { "attempts": 5 } }, "workload": { "arrivals": "poisson(30/s)" } })
}

/// An idempotent producer, whose client library tries for as long as it takes.
fn idempotent() -> Value {
    let tries = json!({ "retry": { "attempts": 0, "backoff": "20ms" } });
    json!({ "broker": { "idempotence": true, "in_flight": 5 }, "outbox": tries, "direct": tries })
}

/// A link that fails, loses answers and loses requests, each 3 times in 100.
fn lossy() -> Value {
    json!({ "outcomes": { "fail_before": 0.03, "ack_lost": 0.03, "timeout_no_effect": 0.03 }, "latency": "exp(2ms)" })
}

/// The connector of `base`, with changes.
pub fn cdc(changes: Value) -> Value {
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
fn modifiers() -> Vec<(&'static str, Row, usize)> {
    relaxed().into_iter().chain(of_the_producer()).chain(of_the_log()).collect()
}

#[rustfmt::skip]
fn relaxed() -> Vec<(&'static str, Row, usize)> {
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
    let leases = json!({ "outbox": { "relays": 3, "claim": "key-lease", "batch": 2 } });
    let lost_leader: &[&str] = &["failover:broker@5s+100ms", "failover:broker@9s+100ms"];
    let repairs = |versioned: bool| outbox(json!({ "recovery": { "mend": { "period": "2s", "grace": "100ms", "repair_delay": "700ms", "versioned": versioned } } }));
    let rebuilds = |position: &str| outbox(json!({ "recovery": { "mend": { "kind": "rebuild", "period": "3s", "read_row": "200ms", "position": position } } }));
    vec![
        (ob,   row("outbox with late effects",                  outbox(late),           [N, N, Y, N, Y, N]), 4),
        ("outbox with late effects", row("... and a versioned upsert", outbox(late_versioned), [N, N, Y, N, N, N]), 4),
        (ob,   row("outbox that goes on after a failed mark",   outbox(goes_on),        [N, N, Y, N, Y, N]), 4),
        (ob,   row("outbox that marks before it publishes",     outbox(marks_first),    [Y, N, N, N, Y, N]), 0),
        (ob,   row("outbox row inserted before the row is locked", outbox(outbox_first), [N, N, Y, Y, Y, N]), 3),
        ("outbox, three relays, skip locked", row("outbox, three relays, a lease for each key", outbox(leases), [N, N, Y, N, N, N]), 3),
        (once, row("a consumer that crashes",                   consumer,               [Y, N, Y, Y, Y, N]), 2),
        (ob,   Row { also: lost_leader, ..row("acks 1 and a lost leader", outbox(one_ack), [Y, N, Y, N, Y, N]) }, 0),
        (ob,   row("a reconciler that checks no version",       repairs(false),         [N, N, Y, N, Y, N]), 4),
        ("a reconciler that checks no version", row("a reconciler that checks versions", repairs(true), [N, N, Y, N, N, N]), 4),
        (ob,   row("a rebuild that records its position too late", rebuilds("after-copy"), [N, N, Y, N, Y, N]), 4),
        ("a rebuild that records its position too late", row("a rebuild that records its position first", rebuilds("before-copy"), [N, N, Y, N, N, N]), 4),
        ("acks 1 and a lost leader", Row { also: lost_leader, ..row("acks all, two in sync, and a lost leader", outbox(all_acks), [N, N, Y, N, N, N]) }, 0),
    ]
}

/// DOMAIN 2a A5, 2g: retries with several in flight, and the idempotent producer.
#[rustfmt::skip]
fn of_the_producer() -> Vec<(&'static str, Row, usize)> {
    let ob = "outbox, flag, one relay";
    let pipelined = json!({ "outbox": { "publish": "pipelined", "retry": { "attempts": 0, "backoff": "20ms" } } });
    let (mut numbered, mut one) = (pipelined.clone(), pipelined.clone());
    merge(&mut numbered, &idempotent());
    merge(&mut one, &json!({ "broker": { "in_flight": 1 } }));
    let mut direct = idempotent();
    merge(&mut direct, &json!({ "strategy": "direct-db-first" }));
    vec![
        (ob, row("outbox, a whole batch in flight",           outbox(pipelined), [N, N, Y, Y, Y, N]), 3),
        ("outbox, a whole batch in flight", row("... and an idempotent producer", outbox(numbered), [N, N, Y, N, N, N]), 3),
        ("outbox, a whole batch in flight", row("... but one at a time", outbox(one), [N, N, Y, N, N, N]), 3),
        ("listen to yourself", row("listen to yourself, retries without numbers", listen(), [N, Y, Y, N, Y, N]), 2),
        ("DB to broker, retry in the process", row("DB to broker, idempotent producer", direct, [Y, N, N, Y, Y, N]), 2),
    ]
}

/// What becomes of the logs of source and broker, and of a decision that nobody waits for.
#[rustfmt::skip]
fn of_the_log() -> Vec<(&'static str, Row, usize)> {
    let ob = "outbox, flag, one relay";
    let sync = json!({ "source": { "replica": { "mode": "sync", "lag": "150ms" } }, "cdc": { "slot": { "failover": true } } });
    let mut held = sync.clone();
    merge(&mut held, &json!({ "source": { "replica": { "synchronized_standby_slots": true } } }));
    let disk = json!({ "source": { "wal": { "disk": 1_000 }, "checkpoint": "500ms" } });
    let compacted = json!({ "broker": { "cleanup": "compact", "delete_retention": "500ms", "retention_check": "500ms", "segment": 1 } });
    let by_hand = json!({ "strategy": "two-phase-commit", "source": { "max_prepared_transactions": 100 }, "broker": { "xa": true },
                          "links": { "app-coordinator": lossy(), "coordinator-source": lossy(), "coordinator-broker": lossy() },
                          "two-phase-commit": { "heuristic": "abort", "heuristic_after": "300ms", "recovery": "1s" } });
    let failover: &[&str] = &["failover:source@4s+200ms", "failover:source@7s+200ms", "failover:source@10s+200ms"];
    vec![
        ("CDC", Row { also: failover, ..row("CDC, failover to a synchronous standby", cdc(sync), [N, Y, Y, N, N, N]) }, 1),
        ("CDC, failover to a synchronous standby", Row { also: failover, ..row("... and synchronized_standby_slots", cdc(held), [N, N, Y, N, N, N]) }, 1),
        ("CDC", Row { also: &["crash:connector@10s+1500ms", "slot-lost:source@11s"], ..row("CDC, the slot is lost", cdc(json!({})), [Y, N, Y, N, Y, N]) }, 0),
        ("CDC", Row { also: &["crash:connector@4s+5s"], ..row("CDC, the disk of the log is full", cdc(disk), [N, N, Y, N, N, Y]) }, 5),
        // REORDER: v1 is compacted away behind v2, and the relay's repetition of both brings it for the first time.
        (ob,    Row { also: &["crash:search-index-consumer@4s+5s"], ..row("a reader that lags behind compaction", outbox(compacted), [Y, N, Y, Y, N, N]) }, 0),
        ("two-phase commit", row("two-phase commit, decided by hand", by_hand, [Y, Y, N, N, Y, Y]), 1),
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
pub fn faults(strategy: &str, seed: u64) -> Vec<Value> {
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

/// Whether a run also crashes the consumer or the store.
const fn crashes_downstream(seed: u64) -> bool {
    seed % 2 == 1
}

/// A crash of the consumer or of the store, before, while or after it applies an event, or at any instant.
fn downstream(strategy: &str, seed: u64) -> Value {
    const POINTS: [&str; 4] = [
        "search-index-consumer@consumer.after-poll-before-apply",
        "search-index-consumer@consumer.after-apply-before-commit",
        "search-index-consumer@consumer.after-commit-before-poll",
        "search-index@store.after-apply-before-ack",
    ];
    let (who, when) = (mix(seed * 8 + 2), mix(seed * 8 + 6));
    let restart = 50 + who / 64 % 900;
    if let Some(point) = POINTS.get((who % 6) as usize) {
        return json!(format!("crash:{point}*{}+{restart}ms", 1 + when % 8));
    }
    let own = if strategy == "listen-to-yourself" { "source-consumer" } else { "search-index-consumer" };
    let node = [own, "search-index-consumer", "search-index", "search-index"][(who / 8 % 4) as usize];
    json!(format!("crash:{node}@{}us+{restart}ms", when % 12_000_000))
}

fn document(row: &Row, seed: u64) -> Value {
    let mut value = base();
    merge(&mut value, &row.patch);
    let strategy = value["strategy"].as_str().unwrap_or("direct-db-first").to_owned();
    value["seed"] = json!(seed);
    let more = crashes_downstream(seed).then(|| downstream(&strategy, seed));
    let drawn = faults(&strategy, seed).into_iter().chain(more);
    value["faults"] = row.also.iter().map(|fault| json!(fault)).chain(drawn).collect();
    value
}

/// A finished run.
pub struct Run {
    /// What came of it.
    pub report: Report,
    /// Whether a fault struck something that carried an event.
    pub struck: bool,
    /// Whether it struck the consumer or the store.
    downstream: bool,
    /// Of each column, whether it passed the vulnerable point under a fault.
    vulnerable: [bool; 6],
}

pub fn run(value: &Value) -> Run {
    let document = Document::parse(&value.to_string()).unwrap_or_else(|refusals| panic!("{refusals:?}\n{value}"));
    let plan = document.plan().unwrap_or_else(|refusals| {
        panic!("{}", refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    let trace: Trace = Simulation::new(&plan, usize::MAX).finish();
    let judgement = Judgement::new(&trace.ledger, &account::misses(&plan));
    let report = account::report(&plan, &trace, &judgement);
    let struck = trace.records.iter().any(strikes);
    let consumes = |node: NodeId| matches!(plan.nodes[node.index()].role, NodeRole::Consumer(_) | NodeRole::Store(_));
    let downstream = trace.records.iter().any(|record| strikes(record) && consumes(record.node));
    Run { report, struck, downstream, vulnerable: vulnerable(&trace.records) }
}

/// Whether a fault, or a refusal, met something that carried an event.
fn strikes(record: &Record) -> bool {
    record.kind == Kind::Aborted
        || (record.event != EventId::NONE
            && matches!(record.kind, Kind::Killed | Kind::Dropped | Kind::TimedOut | Kind::Retracted))
}

/// What a run did with one event: its key; its first and its last record; when its transaction ended; when it was first
/// sent on, or prepared to be; whether it was committed.
#[derive(Clone, Copy)]
struct Life {
    key: Key,
    first: usize,
    last: usize,
    ended: usize,
    sent: usize,
    committed: bool,
}

fn lives(records: &[Record]) -> BTreeMap<EventId, Life> {
    let mut lives: BTreeMap<EventId, Life> = BTreeMap::new();
    let never = usize::MAX;
    for (at, record) in records.iter().enumerate().filter(|(_, record)| record.event != EventId::NONE) {
        let new = Life { key: record.key, first: at, last: at, ended: never, sent: never, committed: false };
        let life = lives.entry(record.event).or_insert(new);
        life.last = at;
        let onward = [Parcel::Publish, Parcel::Prepare, Parcel::Decide].iter().any(|on| record.detail == *on as u8);
        match record.kind {
            Kind::Committed => (life.committed, life.ended) = (true, life.ended.min(at)),
            Kind::Aborted => life.ended = life.ended.min(at),
            Kind::Sent if onward => life.sent = life.sent.min(at),
            _ => {}
        }
    }
    lives
}

/// Where each column can go wrong. LOST: a fault meets an event that is, or will be, committed. GHOST: a transaction with
/// an event is rolled back, or taken back. DUP: a fault meets an event that has been sent. REORDER and STALE: it meets one
/// while another of the same key is on its way. BLOCK: it comes while a change is under way.
fn vulnerable(records: &[Record]) -> [bool; 6] {
    let lives = lives(records);
    let mut passed = [false; 6];
    for (at, record) in records.iter().enumerate().filter(|(_, record)| strikes(record)) {
        passed[5] = passed[5] || lives.values().any(|life| life.first < at && at < life.ended);
        let undone = matches!(record.kind, Kind::Aborted | Kind::Retracted) && record.event != EventId::NONE;
        passed[1] |= undone;
        let Some(life) = lives.get(&record.event) else { continue };
        passed[0] |= life.committed;
        passed[2] |= life.sent < at && !undone;
        let meets = |(event, other): (&EventId, &Life)| {
            *event != record.event && other.key == life.key && other.first < at && at < other.last
        };
        if !passed[3] && lives.iter().any(meets) {
            (passed[3], passed[4]) = (true, true);
        }
    }
    passed
}

/// Which columns a run shows.
pub fn shows(report: &Report) -> [bool; 6] {
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

/// The column whose cells DOMAIN 3.1 gives for consumers that do not crash.
const DUP: usize = 2;

/// How many runs are drawn, at most, for each that an excluded cell needs: for DUP it is every second.
const DRAWS: u64 = 3;

/// What the runs of a row came to.
#[derive(Default)]
struct Outcome {
    /// Of each column, how many runs passed its vulnerable point under a fault and count for it.
    counted: [u64; 6],
    /// Of each column, the seed of the first run that shows it.
    witness: [Option<u64>; 6],
    /// How many were drawn.
    drawn: u64,
    /// How many of them crashed the consumer or the store while it had an event.
    downstream: u64,
    /// What contradicts the row.
    errors: String,
}

impl Outcome {
    /// Draws one more run.
    fn draw(&mut self, row: &Row) {
        let seed = self.drawn;
        self.drawn += 1;
        let value = document(row, seed);
        let Run { report, vulnerable, downstream, .. } = run(&value);
        self.downstream += u64::from(downstream);
        for law in report.invariants.iter().filter(|law| !law.holds) {
            let _ = writeln!(self.errors, "{}: the law {} is broken\n{}", row.name, law.id, replay(&value));
        }
        for (column, shown) in shows(&report).into_iter().enumerate() {
            if column == DUP && crashes_downstream(seed) {
                continue;
            }
            self.counted[column] += u64::from(vulnerable[column]);
            if shown && self.witness[column].is_none() {
                self.witness[column] = Some(seed);
                if row.cells[column] == Cell::Excluded {
                    let _ = writeln!(self.errors, "{}: {} occurs\n{}", row.name, COLUMNS[column], replay(&value));
                }
            }
        }
    }

    /// The fewest runs that count for one of the row's excluded cells.
    fn fewest(&self, row: &Row) -> u64 {
        let excluded = (0..6).filter(|column| row.cells[*column] == Cell::Excluded);
        excluded.map(|column| self.counted[column]).min().unwrap_or(u64::MAX)
    }
}

/// Draws runs of a row until `runs` of them count for each excluded cell, and says which cells they contradict.
fn contradictions(row: &Row, runs: u64, table: &mut String) -> String {
    let mut outcome = Outcome::default();
    while outcome.drawn < runs || outcome.fewest(row) < runs && outcome.drawn < runs * DRAWS {
        outcome.draw(row);
    }
    let mut cells = String::new();
    for (column, cell) in row.cells.iter().enumerate() {
        let (counted, witness) = (outcome.counted[column], outcome.witness[column]);
        let wrong = match cell {
            Cell::Occurs if witness.is_none() => format!("{} never occurs", COLUMNS[column]),
            Cell::Excluded if counted < runs => {
                format!("only {counted} runs passed the vulnerable point of {} under a fault", COLUMNS[column])
            }
            Cell::Occurs | Cell::Excluded => String::new(),
        };
        if !wrong.is_empty() {
            let _ = writeln!(outcome.errors, "{}: {wrong} in {} runs", row.name, outcome.drawn);
        }
        let says = witness.map_or_else(|| format!("0 of {counted}"), |seed| format!("seed {seed}"));
        let _ = write!(cells, "{says:>12}");
    }
    if outcome.downstream * 10 < outcome.drawn {
        let (few, drawn) = (outcome.downstream, outcome.drawn);
        let _ = writeln!(outcome.errors, "{}: only {few} of {drawn} runs struck consumer or store", row.name);
    }
    let _ = writeln!(table, "{:<44}{cells}{:>12}{:>12}", row.name, outcome.drawn, outcome.downstream);
    outcome.errors
}

pub fn runs() -> u64 {
    if std::env::var_os("DRIFTSCOPE_SOAK").is_some() { 10_000 } else { 500 }
}

/// The first line of a table: a cell says which run shows it first, or how many passed its vulnerable point and did not;
/// then how many were drawn, and how many of them struck the consumer or the store while it had an event.
fn head() -> String {
    let columns: Vec<String> = COLUMNS.iter().chain(&["DRAWN", "CONSUMER"]).map(|name| format!("{name:>12}")).collect();
    format!("{:<44}{}\n", "", columns.concat())
}

/// Every cell of the table.
#[test]
fn strategy_by_anomaly() {
    let (mut table, mut errors) = (head(), String::new());
    for row in rows() {
        errors += &contradictions(&row, runs(), &mut table);
    }
    println!("{table}");
    assert!(errors.is_empty(), "{table}\n{errors}");
}

/// Every modifier row changes what it should: what it drops, or brings, is the other way in the row that it changes.
#[test]
fn modifiers_change_what_they_should() {
    let (mut table, mut errors, all) = (head(), String::new(), rows());
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
