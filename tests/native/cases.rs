//! Random scenario documents: a small base, then options and faults from tables, so that shrinking takes them out one
//! by one. A case that fails prints its document and the command that replays it.

use crate::lab;
use driftscope::scenario::Document;
use driftscope::scenario::permalink::{self, Extras};
use driftscope::strategy::{CrashPoint, StrategyId};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::fmt;

/// A random scenario.
#[derive(Clone)]
pub struct Case {
    /// Its document.
    pub document: Document,
    /// Picks an instant, or a record, of its run.
    pub at: Index,
    /// Picks another.
    pub other: Index,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = permalink::encode(&self.document, &Extras::default());
        write!(f, "{}\nreplay:  driftscope run '{link}'", self.document.to_json())
    }
}

/// The ids that stores are given, in this order.
const STORES: [&str; 3] = ["search-index", "cache", "copy"];

const SPANS: &[&str] =
    &["0s", "1ms", "20ms", "exp(5ms)", "uniform(1ms,30ms)", "lognormal(2ms,0.6)", "mix(0.9:1ms,0.1:400ms)"];
const TIMEOUTS: &[&str] = &["120ms", "300ms", "1s", "30s"];
const PROBABILITIES: &[&str] = &["0", "0.02", "0.1", "0.2"];

/// Options and what they may be set to. `$store`, `$link`, `$node`, `$detector`: any that the scenario has.
#[rustfmt::skip]
const SETTINGS: &[(&str, &[&str])] = &[
    ("drain_limit",                           &["0s", "1ms", "50ms", "1s", "3m"]),
    ("block_after",                           &["1us", "5ms", "1s", "10s"]),
    ("workload.arrivals",                     &["every(37ms)", "every(100ms)", "poisson(50/s)", "poisson(200/s)", "bursts(5,200ms)"]),
    ("workload.keys",                         &[r#"{"count":1}"#, r#"{"count":3}"#, r#"{"count":9,"dist":"zipf(0.99)"}"#]),
    ("workload.mix",                          &[r#"{"insert":0.3,"update":0.4,"delete":0.3}"#, r#"{"insert":0,"update":0.5,"delete":0.5}"#]),
    ("workload.rows_per_tx",                  &["1", "2"]),
    ("workload.client.timeout",               &["1ms", "8ms", "100ms", "1s"]),
    ("workload.client.retries",               &["0", "1", "3"]),
    ("nodes.$node.crash_rate",                &["6/m", "60/m", "2/s"]),
    ("nodes.$node.restart",                   &["1ms", "30ms", "500ms", "5s"]),
    ("nodes.$node.workers",                   &["0", "1", "2"]),
    ("links.$link.latency",                   SPANS),
    ("links.$link.order",                     &["fifo", "independent"]),
    ("links.$link.outcomes.fail_before",      PROBABILITIES),
    ("links.$link.outcomes.ack_lost",         PROBABILITIES),
    ("links.$link.outcomes.timeout_no_effect", PROBABILITIES),
    ("links.$link.outcomes.late_effect",      PROBABILITIES),
    ("links.$link.late_delay",                SPANS),
    ("links.$link.duplicate.p",               PROBABILITIES),
    ("links.$link.duplicate.delay",           SPANS),
    ("source.commit_time",                    SPANS),
    ("source.tx_time",                        SPANS),
    ("source.abort",                          PROBABILITIES),
    ("source.timeout",                        TIMEOUTS),
    ("broker.partitions",                     &["1", "2", "3"]),
    ("stores.$store.kind",                    &["cache", "search-index", "service"]),
    ("stores.$store.apply",                   &["blind", "versioned", "insert", "increment"]),
    ("stores.$store.inbox.window",            &["20ms", "1h"]),
    ("stores.$store.inbox.same_tx",           &["true", "false"]),
    ("stores.$store.inbox.id_bits",           &["4", "128"]),
    ("stores.$store.on_write",                &["set", "delete"]),
    ("stores.$store.ttl",                     &["0s", "30ms", "400ms"]),
    ("stores.$store.negative_ttl",            &["0s", "20ms", "1h"]),
    ("stores.$store.refresh",                 &["0s", "40ms", "1s"]),
    ("detectors.full-diff",                   &[r#"{"period":"150ms","grace":"0s","read_by":"search"}"#, r#"{"period":"1s","read_by":"get"}"#]),
    ("stores.$store.set_delay",               SPANS),
    ("stores.$store.delete_delay",            &["0s", "30ms", "1s"]),
    ("stores.$store.lease",                   &["true", "false"]),
    ("stores.$store.lease_ttl",               &["5ms", "10s"]),
    ("stores.$store.key_ttl",                 &["5ms", "24h"]),
    ("stores.$store.cancel",                  &["forget", "remember"]),
    ("direct.on_give_up",                     &["leave", "compensate"]),
    ("workload.reads_per_key",                &["1/s", "8/s"]),
    ("workload.client.idempotency_key",       &["true", "false"]),
    ("stores.$store.consumer.commit",         &["before", "after", "auto"]),
    ("stores.$store.consumer.auto_interval",  &["20ms", "500ms"]),
    ("stores.$store.consumer.poison",         PROBABILITIES),
    ("stores.$store.consumer.poison_policy",  &["skip", "dead-letter"]),
    ("stores.$store.consumer.attempts",       &["1", "3"]),
    ("stores.$store.consumer.redrive",        &["0s", "50ms", "1s"]),
    ("stores.$store.service",                 SPANS),
    ("stores.$store.consumer.max_poll",       &["1", "2", "500"]),
    ("stores.$store.consumer.members",        &["2", "3"]),
    ("stores.$store.consumer.session_timeout", &["30ms", "300ms", "45s"]),
    ("stores.$store.consumer.heartbeat",      &["20ms", "3s"]),
    ("stores.$store.consumer.max_poll_interval", &["30ms", "300ms", "5m"]),
    ("stores.$store.consumer.process",        SPANS),
    ("stores.$store.consumer.retry",          &["50ms", "200ms", "1s"]),
    ("stores.$store.consumer.timeout",        TIMEOUTS),
    ("stores.$store.tombstone.ttl",           &["0s", "5ms", "100ms", "60s"]),
    ("stores.$store.tombstone.durable",       &["none", "since-last-flush", "soft-delete"]),
    ("stores.$store.tombstone.flush",         &["10ms", "1s"]),
    ("direct.publish",                        &["request-thread", "background"]),
    ("direct.gap",                            SPANS),
    ("direct.retry.attempts",                 &["0", "1", "2", "5"]),
    ("direct.retry.timeout",                  TIMEOUTS),
    ("direct.retry.backoff",                  &["20ms", "100ms", "1s"]),
    ("direct.retry.blocking",                 &["true", "false"]),
    ("outbox.poll",                           &["30ms", "200ms", "1s"]),
    ("outbox.schedule",                       &["fixed-rate", "fixed-delay"]),
    ("outbox.phase",                          &["0s", "15ms", "random"]),
    ("outbox.batch",                          &["0", "1", "2", "100"]),
    ("outbox.cursor",                         &["flag", "delete"]),
    ("outbox.mark",                           &["row", "batch"]),
    ("outbox.on_failed_mark",                 &["stop", "continue"]),
    ("outbox.timeout",                        TIMEOUTS),
    ("detectors.count-compare.period",        &["200ms", "1s"]),
    ("detectors.offset-lag",                  &[r#"{"threshold":1,"period":"300ms"}"#, r#"{"threshold":2,"against":"source-version"}"#]),
    ("detectors.publish-failure-rate.period", &["500ms"]),
    ("cdc.start",                             &["0s", "250ms"]),
    ("cdc.poll",                              &["10ms", "500ms"]),
    ("cdc.offset_flush",                      &["100ms", "60s"]),
    ("cdc.snapshot_mode",                     &["initial", "no_data", "when_needed"]),
    ("workload.fanout",                       &["2"]),
    ("source.lock_order",                     &["outbox-first"]),
    ("source.replica.mode",                   &["async", "sync"]),
    ("source.replica.lag",                    &["0s", "20ms", "300ms"]),
    ("source.replica.synchronized_standby_slots", &["true"]),
    ("source.checkpoint",                     &["50ms", "700ms"]),
    ("source.wal.cap",                        &["256", "4096"]),
    ("source.wal.disk",                       &["512", "8192"]),
    ("source.wal.other",                      &["1000", "100000"]),
    ("broker.acks",                           &["0", "1", "all"]),
    ("broker.replication_lag",                SPANS),
    ("broker.min_insync",                     &["1", "2"]),
    ("broker.isr_timeout",                    &["50ms", "500ms"]),
    ("broker.unclean_election",               &["true"]),
    ("broker.retention",                      &["50ms", "500ms"]),
    ("broker.retention_check",                &["40ms", "1s"]),
    ("broker.segment",                        &["1", "3", "100ms"]),
    ("broker.reset",                          &["latest", "earliest"]),
    ("broker.cleanup",                        &["compact"]),
    ("broker.delete_retention",               &["0s", "100ms"]),
    ("broker.idempotence",                    &["true"]),
    ("broker.in_flight",                      &["1", "2", "5"]),
    ("stores.$store.payload",                 &["reference"]),
    ("outbox.cursor",                         &["last-id", "last-id-grace", "gap-timeout", "xmin"]),
    ("outbox.eligible",                       &["committed", "grace", "gap-timeout", "xmin"]),
    ("outbox.read_order",                     &["id", "xid-id"]),
    ("outbox.progress",                       &["flag", "delete", "position"]),
    ("outbox.grace",                          &["0s", "30ms", "400ms"]),
    ("outbox.gap_timeout",                    &["0s", "30ms", "400ms"]),
    ("outbox.relays",                         &["2", "3"]),
    ("outbox.claim",                          &["skip-locked", "key-lease"]),
    ("outbox.lease",                          &["20ms", "1s"]),
    ("outbox.publish",                        &["pipelined"]),
    ("outbox.order",                          &["mark-then-publish"]),
    ("outbox.poison",                         &["skip", "dead-letter"]),
    ("outbox.delete_after_insert",            &["true"]),
    ("outbox.retry.attempts",                 &["0", "3"]),
    ("outbox.retry.backoff",                  &["20ms", "1s"]),
    ("fire-and-forget.linger",                &["0s", "50ms", "1s"]),
    ("fire-and-forget.batch",                 &["1", "3"]),
    ("cdc.snapshot_fetch",                    &["1", "3"]),
    ("cdc.snapshot_row",                      &["0s", "30ms"]),
    ("cdc.flush",                             &["exp"]),
    ("cdc.lsn_flush_mode",                    &["connector_and_driver", "manual"]),
    ("cdc.offset_mismatch_strategy",          &["trust_offset", "trust_slot", "trust_greater_lsn"]),
    ("cdc.max_batch",                         &["1", "3"]),
    ("cdc.max_queue",                         &["1", "4"]),
    ("cdc.heartbeat",                         &["50ms", "1s"]),
    ("cdc.slot.failover",                     &["true"]),
    ("cdc.status",                            &["50ms", "1s"]),
    ("cdc.restart_wait",                      &["10ms", "1s"]),
    ("cdc.backoff",                           &["10ms", "1s"]),
    ("cdc.timeout",                           TIMEOUTS),
    ("listen-to-yourself.validate",           &["false"]),
    ("listen-to-yourself.on_conflict",        &["apply"]),
    ("two-phase-commit.vote_time",            SPANS),
    ("two-phase-commit.log_time",             SPANS),
    ("two-phase-commit.timeout",              TIMEOUTS),
    ("two-phase-commit.recovery",             &["50ms", "1s"]),
    ("two-phase-commit.heuristic",            &["commit", "abort"]),
    ("two-phase-commit.heuristic_after",      &["20ms", "400ms"]),
    ("two-phase-commit.last_resource",        &["broker"]),
    ("recovery.mend",                         &[
        r#"{"kind":"reconcile","period":"200ms","grace":"50ms"}"#,
        r#"{"kind":"reconcile","period":"300ms","grace":"0s","versioned":false,"repair_delay":"40ms"}"#,
        r#"{"kind":"reconcile","period":"300ms","repair":"re-emit","compare":"checksum","recheck":"50ms"}"#,
        r#"{"kind":"reconcile","period":"500ms","compare":"aligned","direction":"source-to-target","throttle":"50/s"}"#,
        r#"{"kind":"reconcile","period":"250ms","compare":"counts","sample":0.5}"#,
        r#"{"kind":"rebuild","period":"400ms"}"#,
        r#"{"kind":"manual","notice_after":"300ms","rate":"20/s"}"#,
    ]),
    ("recovery.mend",                         &[r#"{"kind":"resnapshot","incremental":true,"chunk":2,"period":"300ms"}"#, r#"{"kind":"resnapshot","period":"400ms"}"#]),
];

/// Faults. `$at`: a time; `$n`: a number, 0 is every one; `$for`: a span; `$point`: a crash point and a node that passes it.
const FAULTS: &[&str] = &[
    "crash:$node@$at+$for",
    "crash:$node@$at",
    "crash:$point*$n+$for",
    "crash:$point*$n+$for",
    "crash:$point*$n+$for",
    "off:$node@$at",
    "off:$point*$n",
    "restart:$node@$at",
    "cut:$link@$at+$for",
    "cut:$link@$at",
    "delay:$link*$n+$for",
    "delay:$link@$at+$for",
    "drop:$link*$n",
    "fail-before:$link*$n",
    "ack-lost:$link*$n",
    "timeout:$link*$n",
    "timeout:$link@$at",
    "late:$link*$n+$for",
    "duplicate:$link*$n+$for",
    "duplicate:$link*$n",
    "abort:source*$n",
    "slot-lost:source@$at",
    "failover:source@$at+$for",
    "failover:broker@$at+$for",
    "poison:$link*$n",
    "update:key-1@$at",
    "delete:key-1@$at",
];

/// A row of a table, and what fills its blanks.
#[derive(Clone, Debug)]
struct Pick {
    row: Index,
    value: Index,
    place: Index,
    number: u32,
    span: Index,
}

fn pick() -> impl Strategy<Value = Pick> {
    let blanks =
        (any::<Index>(), any::<Index>(), any::<Index>(), prop_oneof![9 => 1u32..12, 1 => Just(0)], any::<Index>());
    blanks.prop_map(|(row, value, place, number, span)| Pick { row, value, place, number, span })
}

/// Scenarios of at most about that many operations.
pub fn case(operations: u64) -> impl Strategy<Value = Case> {
    let base = (select(StrategyId::ALL), 0usize..=3, any::<bool>(), 0u64..1_000_000, 1u64..=operations);
    let settings = prop::collection::vec(pick(), 0..14);
    let faults = prop::collection::vec(pick(), 0..5);
    (base, settings, faults, any::<Index>(), any::<Index>()).prop_map(|(base, settings, faults, at, other)| {
        let (strategy, stores, direct, seed, limit) = base;
        let stores: Vec<&str> = STORES[..stores].to_vec();
        let target = if direct { stores.first().copied().unwrap_or("broker") } else { "broker" };
        let blocks: serde_json::Map<String, Value> = stores.iter().map(|id| ((*id).to_owned(), json!({}))).collect();
        let duration = format!("{}ms", 50 * limit.max(20));
        let document = lab::document(
            &json!({
                "strategy": strategy.id(), "target": target, "seed": seed, "duration": duration, "drain_limit": "2m",
                "workload": {"arrivals": "poisson(25/s)", "limit": limit, "keys": {"count": 4}}, "stores": blocks,
                // What a two-phase commit asks for; nobody else minds.
                "source": {"max_prepared_transactions": 100}, "broker": {"xa": true},
            })
            .to_string(),
        );
        Case { document: furnish(document, &stores, &settings, &faults), at, other }
    })
}

/// Sets the options and adds the faults that this scenario can have.
fn furnish(mut document: Document, stores: &[&str], settings: &[Pick], faults: &[Pick]) -> Document {
    let base = document.clone();
    let plan = lab::plan(&document);
    let nodes: Vec<&str> = plan.nodes.iter().map(|node| node.id.as_str()).collect();
    let links: Vec<&str> = plan.links.iter().map(|link| link.id.as_str()).collect();
    let any = |list: &[&str], at: Index| list.get(at.index(list.len().max(1))).map(|id| (*id).to_owned());
    for chosen in settings {
        let (path, values) = SETTINGS[chosen.row.index(SETTINGS.len())];
        let names = [
            ("$store", any(stores, chosen.place)),
            ("$link", any(&links, chosen.place)),
            ("$node", any(&nodes, chosen.place)),
        ];
        if let Some(path) = filled(path, &names) {
            let value = values[chosen.value.index(values.len())];
            let mut with = document.clone();
            with.set(&path, value).unwrap_or_else(|refusals| panic!("{path}={value}: {}", lab::lines(&refusals)));
            // Each value is allowed alone, and not every pair of them: one key has no two rows. A cache has no effects.
            match with.plan() {
                Ok(_) => document = with,
                Err(refusals) => {
                    let mut alone = base.clone();
                    let fits = alone.set(&path, value).is_ok() && alone.plan().is_ok();
                    let apply = refusals.iter().all(|refusal| refusal.path.ends_with(".apply"));
                    assert!(fits || apply, "{path}={value}: {}", lab::lines(&refusals));
                }
            }
        }
    }
    let rows = if document.get("workload.keys.count") == Some(&json!(1)) { "1" } else { "2" };
    if document.get("workload.rows_per_tx").is_some() {
        document = lab::with(&document, &[("workload.rows_per_tx", rows)]);
    }
    // The members that were set are crashed and cut too.
    let plan = lab::plan(&document);
    let nodes: Vec<&str> = plan.nodes.iter().map(|node| node.id.as_str()).collect();
    let links: Vec<&str> = plan.links.iter().map(|link| link.id.as_str()).collect();
    let duration = plan.duration.0;
    for chosen in faults {
        let time = format!("{}us", chosen.value.index(duration as usize));
        let span = any(&["1ms", "7ms", "60ms", "900ms", "40s"], chosen.span);
        let names = [
            ("$node", any(&nodes, chosen.place)),
            ("$link", any(&links, chosen.place)),
            ("$point", point(&nodes, stores, chosen)),
            ("$at", Some(time)),
            ("$n", Some(chosen.number.to_string())),
            ("$for", span),
        ];
        if let Some(fault) = filled(FAULTS[chosen.row.index(FAULTS.len())], &names) {
            document = lab::and_fault(&document, &fault);
        }
    }
    document
}

/// The text with its blanks filled; `None` if the scenario has nothing to fill one with.
fn filled(text: &str, names: &[(&str, Option<String>)]) -> Option<String> {
    let mut text = text.to_owned();
    for (blank, name) in names {
        if text.contains(blank) {
            text = text.replace(blank, name.as_ref()?);
        }
    }
    Some(text)
}

/// `NODE@POINT`, for a node that the scenario has.
fn point(nodes: &[&str], stores: &[&str], chosen: &Pick) -> Option<String> {
    let point = CrashPoint::ALL[chosen.value.index(CrashPoint::ALL.len())].id();
    let role = point.split('.').next().unwrap_or("");
    let store = stores.get(chosen.place.index(stores.len().max(1)));
    let node = match role {
        "consumer" => format!("{}-consumer", store?),
        "store" => (*store?).to_owned(),
        role => role.to_owned(),
    };
    nodes.contains(&node.as_str()).then(|| format!("{node}@{point}"))
}
