//! No option is parsed and ignored: for each row of the table of options, a scenario in which two values of it make two
//! different runs. An option without a row here fails the test by its name.

use crate::lab;
use driftscope::run::report::Report;
use driftscope::scenario::Document;
use driftscope::scenario::options::all;

/// What an option changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The trace: as a rule.
    Trace,
    /// How the same trace is counted.
    Report,
    /// What things are called.
    Names,
    /// Whether there is a plan: the second value is refused.
    Refusal,
    /// Nothing, since there is one value only; any other is refused.
    OneValue,
}
use Shows::{Names, OneValue, Refusal, Report as Counts, Trace};

/// The option; the strategy and the settings of the scenario; the path that is set; two values; what they change.
pub type Row = (&'static str, &'static str, &'static [&'static str], &'static str, &'static str, &'static str, Shows);

const D: &str = "direct-db-first";
const O: &str = "outbox";
const F: &str = "fire-and-forget";
const C: &str = "cdc";
const L: &str = "listen-to-yourself";
const T: &str = "two-phase-commit";

const MIX: &str = "workload.mix";
const FAILS: &str = "links.app-broker.outcomes.fail_before=0.5";
const UNHEARD: &str = "links.app-broker.outcomes.ack_lost=0.3";
const THRICE: &str = "direct.retry.attempts=3";
const BUSY: &str = "workload.arrivals=poisson(100/s)";
const BURSTS: &str = "workload.arrivals=bursts(5,500ms)";
const DELETES: &str = r#"workload.mix={"insert":0,"update":0.5,"delete":0.5}"#;
const CRASH_APP: &str = r#"faults=["crash:app@1s"]"#;
const CRASH_STORE: &str = r#"faults=["crash:search-index@2s+1ms"]"#;
const CRASH_CONNECTOR: &str = r#"faults=["crash:connector@3s+300ms"]"#;
const DRIVER: &str = "cdc.lsn_flush_mode=connector_and_driver";
const QUIET: &str = "workload.limit=5";
const OTHERS: &str = "source.wal.other=1000";
const SLOW: &str = "source.tx_time=exp(100ms)";
const TWO_RELAYS: &str = "outbox.relays=2";
const REFUSED: &str = "links.relay-broker.outcomes.fail_before=0.5";
const FAR_BROKER: &str = "links.relay-broker.latency=200ms";
const XA: &str = "broker.xa=true";
const PREPARED: &str = "source.max_prepared_transactions=100";
const LAST_STORE: &str = "two-phase-commit.last_resource=search-index";
const OFF: &str = r#"faults=["off:coordinator@coordinator.after-prepare-before-decision*2"]"#;
const CUT: &str = r#"faults=["cut:connector-broker@1s+2s"]"#;
const FOLLOWER_OFF: &str = r#"faults=["off:broker-2@1s"]"#;
const FOLLOWER_LOST: &str = r#"faults=["crash:broker-2@1s+2s", "failover:broker@3100ms+500ms"]"#;
const READER_DOWN: &str = r#"faults=["crash:search-index-consumer@500ms+3s"]"#;
const KEPT: &str = "broker.retention=1s";
const LOOKS: &str = "broker.retention_check=200ms";
const BY_RECORD: &str = "broker.segment=1";
const DIFF: &str = "detectors.watch.kind=full-diff";
const NO_GRACE: &str = "detectors.watch.grace=0s";
const OFTEN: &str = "recovery.mend.period=1s";
const NO_WAIT: &str = r#"recovery.mend={"period":"1s","grace":"0s"}"#;
const TWO_STORES: &str = r#"stores={"search-index":{},"cache":{}}"#;
const CACHE: &str = "stores.search-index.kind=cache";
const READS: &str = "workload.reads_per_key=4/s";
const SLOW_SET: &str = "stores.search-index.set_delay=300ms";
const POISON: &str = "stores.search-index.consumer.poison=0.3";
const SKIPS: &str = "stores.search-index.consumer.poison_policy=skip";
const TWO_MEMBERS: &str = "stores.search-index.consumer.members=2";
const SHORT_SESSION: &str = "stores.search-index.consumer.session_timeout=1s";
const COPIES: &str = "links.search-index-consumer-search-index.duplicate.p=0.5";
const REFRESH: &str = "stores.search-index.refresh=3s";
const CALLS: &str = "target=search-index";
const LATE: &str = "links.app-search-index.outcomes.late_effect=0.3";
const LATE_START: &str = "cdc.start=2s";

#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("version",                    D, &[],                                   "version", "1", "2", OneValue),
    ("title",                      D, &[],                                   "title", "one", "two", Names),
    ("strategy",                   D, &[],                                   "strategy", "direct-db-first", "outbox", Trace),
    ("target",                     D, &[],                                   "target", "broker", "search-index", Trace),
    ("seed",                       D, &[],                                   "seed", "1", "2", Trace),
    ("duration",                   D, &[],                                   "duration", "5s", "4s", Trace),
    ("drain_limit",                D, &["links.app-broker.latency=2s", "workload.limit=200"], "drain_limit", "1h", "0s", Trace),
    ("block_after",                D, &["workload.keys.count=1", "source.tx_time=90ms"], "block_after", "1us", "10s", Counts),
    ("workload.arrivals",          D, &[],                                   "workload.arrivals", "every(100ms)", "every(99ms)", Trace),
    ("workload.limit",             D, &[],                                   "workload.limit", "5", "6", Trace),
    ("workload.keys.count",        D, &[],                                   "workload.keys.count", "5", "6", Trace),
    ("workload.keys.name",         D, &[],                                   "workload.keys.name", "order", "product", Names),
    ("workload.keys.dist",         D, &[],                                   "workload.keys.dist", "uniform", "zipf(0.99)", Trace),
    ("workload.mix.insert",        D, &[], MIX, r#"{"insert":0.5,"update":0.5,"delete":0}"#, r#"{"insert":0,"update":1,"delete":0}"#, Trace),
    ("workload.mix.update",        D, &[], MIX, r#"{"insert":0.5,"update":0.5,"delete":0}"#, r#"{"insert":1,"update":0,"delete":0}"#, Trace),
    ("workload.mix.delete",        D, &[], MIX, r#"{"insert":0.5,"update":0.5,"delete":0}"#, r#"{"insert":0.5,"update":0,"delete":0.5}"#, Trace),
    ("workload.rows_per_tx",       D, &[],                                   "workload.rows_per_tx", "1", "2", Trace),
    ("workload.fanout",            D, &[],                                   "workload.fanout", "1", "2", Trace),
    ("workload.client.timeout",    D, &["source.commit_time=100ms"],         "workload.client.timeout", "1s", "20ms", Trace),
    ("workload.client.retries",    D, &["source.abort=0.5"],                 "workload.client.retries", "0", "1", Trace),
    ("nodes.*.crash_rate",         D, &[],                                   "nodes.app.crash_rate", "0/d", "60/m", Trace),
    ("nodes.*.restart",            D, &[CRASH_APP],                          "nodes.app.restart", "1s", "2s", Trace),
    ("nodes.*.workers",            D, &[BUSY],                               "nodes.app.workers", "0", "1", Trace),
    ("links.*.latency",            D, &[],                                   "links.app-source.latency", "1ms", "2ms", Trace),
    ("links.*.order",              D, &[BUSY, "links.app-source.latency=exp(20ms)"], "links.app-source.order", "independent", "fifo", Trace),
    ("links.*.outcomes.fail_before",       D, &[], "links.app-broker.outcomes.fail_before", "0", "0.3", Trace),
    ("links.*.outcomes.ack_lost",          D, &[], "links.app-broker.outcomes.ack_lost", "0", "0.3", Trace),
    ("links.*.outcomes.timeout_no_effect", D, &[], "links.app-broker.outcomes.timeout_no_effect", "0", "0.3", Trace),
    ("links.*.outcomes.late_effect",       D, &[], "links.app-broker.outcomes.late_effect", "0", "0.3", Trace),
    ("links.*.late_delay",         D, &["links.app-broker.outcomes.late_effect=0.3"], "links.app-broker.late_delay", "1s", "2s", Trace),
    ("links.*.duplicate.p",        D, &[],                                   "links.app-broker.duplicate.p", "0", "0.3", Trace),
    ("links.*.duplicate.delay",    D, &["links.app-broker.duplicate.p=0.3"], "links.app-broker.duplicate.delay", "10ms", "20ms", Trace),
    ("source.commit_time",         D, &[],                                   "source.commit_time", "2ms", "3ms", Trace),
    ("source.tx_time",             D, &[],                                   "source.tx_time", "1ms", "2ms", Trace),
    ("source.abort",               D, &[],                                   "source.abort", "0", "0.3", Trace),
    ("source.timeout",             D, &["links.app-source.outcomes.ack_lost=0.3"], "source.timeout", "30s", "50ms", Trace),
    ("source.checkpoint",          C, &["cdc.offset_flush=200ms", r#"faults=["crash:source@3s+100ms"]"#], "source.checkpoint", "5m", "1s", Trace),
    ("source.wal.row_bytes",       C, &["source.wal.disk=2000", "cdc.start=4s"], "source.wal.row_bytes", "64", "128", Trace),
    ("source.wal.cap",             C, &["source.checkpoint=500ms", "cdc.snapshot_mode=when_needed"], "source.wal.cap", "0", "200", Trace),
    ("source.wal.disk",            C, &[],                                   "source.wal.disk", "0", "1000", Trace),
    ("source.wal.other",           C, &["source.wal.disk=4000"],             "source.wal.other", "0", "1000", Trace),
    ("source.lock_order",          O, &[],                                   "source.lock_order", "row-first", "outbox-first", Trace),
    ("source.replica.mode",        O, &[],                                   "source.replica.mode", "none", "sync", Trace),
    ("source.replica.synchronized_standby_slots", C, &["source.replica.mode=async", "source.replica.lag=100ms"], "source.replica.synchronized_standby_slots", "false", "true", Trace),
    ("source.replica.lag",         O, &["source.replica.mode=sync"],        "source.replica.lag", "10ms", "20ms", Trace),
    ("broker.acks",                O, &["broker.replication_lag=5ms"],       "broker.acks", "1", "all", Trace),
    ("broker.replication_lag",     O, &[],                                   "broker.replication_lag", "0s", "5ms", Trace),
    ("broker.min_insync",          O, &[FOLLOWER_OFF, "broker.isr_timeout=1s"], "broker.min_insync", "1", "2", Trace),
    ("broker.isr_timeout",         O, &[FOLLOWER_OFF],                       "broker.isr_timeout", "500ms", "2s", Trace),
    ("broker.unclean_election",    O, &[FOLLOWER_LOST, "broker.isr_timeout=700ms", "broker.replication_lag=600ms"], "broker.unclean_election", "true", "false", Trace),
    ("broker.retention",           O, &[BY_RECORD, LOOKS, READER_DOWN],      "broker.retention", "1s", "2s", Trace),
    ("broker.retention_check",     O, &[BY_RECORD, KEPT, READER_DOWN],       "broker.retention_check", "200ms", "700ms", Trace),
    ("broker.segment",             O, &[KEPT, LOOKS, READER_DOWN],           "broker.segment", "1", "500ms", Trace),
    ("broker.reset",               O, &[BY_RECORD, KEPT, LOOKS, READER_DOWN], "broker.reset", "latest", "earliest", Trace),
    ("broker.cleanup",             O, &[BY_RECORD, LOOKS, READER_DOWN],      "broker.cleanup", "delete", "compact", Trace),
    ("broker.delete_retention",    O, &[BY_RECORD, LOOKS, READER_DOWN, DELETES, "broker.cleanup=compact"], "broker.delete_retention", "24h", "500ms", Trace),
    ("broker.idempotence",         D, &[UNHEARD, THRICE],                    "broker.idempotence", "false", "true", Trace),
    ("broker.in_flight",           O, &["outbox.publish=pipelined"],         "broker.in_flight", "0", "1", Trace),
    ("listen-to-yourself.validate", L, &[],                                  "listen-to-yourself.validate", "true", "false", Trace),
    ("listen-to-yourself.on_conflict", L, &[BUSY, "workload.keys.count=1", "links.broker-source-consumer.latency=50ms"], "listen-to-yourself.on_conflict", "reject", "apply", Trace),
    ("broker.partitions",          D, &[],                                   "broker.partitions", "1", "2", Trace),
    ("stores.*.kind",              D, &[CRASH_STORE],                        "stores.search-index.kind", "search-index", "cache", Trace),
    ("stores.*.apply",             D, &[THRICE, UNHEARD, "direct.retry.timeout=50ms"], "stores.search-index.apply", "versioned", "blind", Trace),
    ("stores.*.payload",           D, &[],                                   "stores.search-index.payload", "state", "reference", Trace),
    ("workload.reads_per_key",     D, &[CACHE],                              "workload.reads_per_key", "0/s", "2/s", Trace),
    ("workload.client.idempotency_key", D, &["source.commit_time=100ms", "workload.client.timeout=20ms", "workload.client.retries=2"], "workload.client.idempotency_key", "false", "true", Trace),
    ("stores.*.on_write",          D, &[CACHE],                              "stores.search-index.on_write", "set", "delete", Trace),
    ("stores.*.ttl",               D, &[CACHE],                              "stores.search-index.ttl", "0s", "300ms", Trace),
    ("stores.*.refresh",           D, &[DIFF, NO_GRACE, "detectors.watch.period=300ms", "detectors.watch.read_by=search"], "stores.search-index.refresh", "3s", "0s", Trace),
    ("detectors.*.read_by",        D, &[DIFF, NO_GRACE, "detectors.watch.period=300ms", REFRESH], "detectors.watch.read_by", "get", "search", Trace),
    ("recovery.*.read_by",         D, &[NO_WAIT, REFRESH],                   "recovery.mend.read_by", "get", "search", Trace),
    ("stores.*.negative_ttl",      D, &[CACHE, READS],                       "stores.search-index.negative_ttl", "0s", "300ms", Trace),
    ("stores.*.set_delay",         D, &[CACHE, READS],                       "stores.search-index.set_delay", "0s", "10ms", Trace),
    ("stores.*.delete_delay",      D, &[CACHE, READS],                       "stores.search-index.delete_delay", "0s", "50ms", Trace),
    ("stores.*.lease",             D, &[CACHE, READS, SLOW_SET],             "stores.search-index.lease", "false", "true", Trace),
    ("stores.*.lease_ttl",         D, &[CACHE, READS, SLOW_SET, "stores.search-index.lease=true"], "stores.search-index.lease_ttl", "10s", "1ms", Trace),
    ("direct.on_give_up",          D, &[CALLS, LATE, "direct.retry.timeout=50ms"], "direct.on_give_up", "leave", "compensate", Trace),
    ("stores.*.cancel",            D, &[CALLS, LATE, "stores.search-index.kind=service", "direct.retry.timeout=50ms", "direct.on_give_up=compensate"], "stores.search-index.cancel", "forget", "remember", Trace),
    ("stores.*.key_ttl",           D, &["target=search-index", "stores.search-index.kind=service", "workload.client.idempotency_key=true", THRICE, "links.app-search-index.outcomes.ack_lost=0.5", "direct.retry.timeout=50ms"], "stores.search-index.key_ttl", "24h", "1ms", Trace),
    ("stores.*.consumer.commit",   D, &[],                                   "stores.search-index.consumer.commit", "after", "before", Trace),
    ("stores.*.consumer.auto_interval", D, &["stores.search-index.consumer.commit=auto"], "stores.search-index.consumer.auto_interval", "5s", "500ms", Trace),
    ("stores.*.consumer.poison",   D, &[SKIPS],                              "stores.search-index.consumer.poison", "0", "0.3", Trace),
    ("stores.*.consumer.poison_policy", D, &[POISON, "stores.search-index.consumer.attempts=2"], "stores.search-index.consumer.poison_policy", "skip", "dead-letter", Trace),
    ("stores.*.consumer.attempts", D, &[POISON, SKIPS],                      "stores.search-index.consumer.attempts", "2", "3", Trace),
    ("stores.*.consumer.redrive",  D, &[POISON, "stores.search-index.consumer.attempts=2", "stores.search-index.consumer.poison_policy=dead-letter"], "stores.search-index.consumer.redrive", "0s", "200ms", Trace),
    ("stores.*.emits_to",          D, &["stores.next={}"],                   "stores.search-index.emits_to", "none", "next", Trace),
    ("stores.*.inbox.window",      D, &[COPIES],                             "stores.search-index.inbox.window", "0s", "1h", Trace),
    ("stores.*.inbox.same_tx",     D, &[COPIES, "stores.search-index.inbox.window=1h"], "stores.search-index.inbox.same_tx", "true", "false", Trace),
    ("stores.*.inbox.id_bits",     D, &["stores.search-index.inbox.window=1h"], "stores.search-index.inbox.id_bits", "128", "3", Trace),
    ("stores.*.service",           D, &[],                                   "stores.search-index.service", "10ms", "20ms", Trace),
    ("stores.*.consumer.max_poll", D, &[BURSTS],                             "stores.search-index.consumer.max_poll", "500", "1", Trace),
    ("stores.*.consumer.members",  D, &["broker.partitions=2"],              "stores.search-index.consumer.members", "1", "2", Trace),
    ("stores.*.consumer.session_timeout", D, &[TWO_MEMBERS, "broker.partitions=2", READER_DOWN], "stores.search-index.consumer.session_timeout", "45s", "1s", Trace),
    ("stores.*.consumer.heartbeat", D, &[TWO_MEMBERS, "broker.partitions=2", SHORT_SESSION, READER_DOWN], "stores.search-index.consumer.heartbeat", "3s", "200ms", Trace),
    ("stores.*.consumer.max_poll_interval", D, &["stores.search-index.consumer.process=100ms"], "stores.search-index.consumer.max_poll_interval", "5m", "50ms", Trace),
    ("stores.*.consumer.process",  D, &[],                                   "stores.search-index.consumer.process", "0s", "20ms", Trace),
    ("stores.*.consumer.retry",    D, &["links.search-index-consumer-search-index.outcomes.fail_before=0.3"], "stores.search-index.consumer.retry", "100ms", "200ms", Trace),
    ("stores.*.consumer.timeout",  D, &["links.search-index-consumer-search-index.outcomes.ack_lost=0.3"], "stores.search-index.consumer.timeout", "1s", "100ms", Trace),
    ("stores.*.tombstone.ttl",     D, &[DELETES],                            "stores.search-index.tombstone.ttl", "60s", "1ms", Trace),
    ("stores.*.tombstone.durable", D, &[DELETES, CRASH_STORE, "stores.search-index.tombstone.ttl=100ms", "stores.search-index.tombstone.flush=1h"], "stores.search-index.tombstone.durable", "none", "since-last-flush", Trace),
    ("stores.*.tombstone.flush",   D, &[DELETES, CRASH_STORE, "stores.search-index.tombstone.ttl=100ms"], "stores.search-index.tombstone.flush", "1ms", "1h", Trace),
    ("direct.publish",             D, &[],                                   "direct.publish", "request-thread", "background", Trace),
    ("direct.gap",                 D, &[],                                   "direct.gap", "1ms", "2ms", Trace),
    ("direct.retry.attempts",      D, &[FAILS],                              "direct.retry.attempts", "1", "3", Trace),
    ("direct.retry.timeout",       D, &[UNHEARD],                            "direct.retry.timeout", "30s", "50ms", Trace),
    ("direct.retry.backoff",       D, &[FAILS, THRICE],                      "direct.retry.backoff", "100ms", "50ms", Trace),
    ("direct.retry.blocking",      D, &[FAILS, THRICE, BUSY],                "direct.retry.blocking", "false", "true", Trace),
    ("outbox.poll",                O, &[],                                   "outbox.poll", "300ms", "200ms", Trace),
    ("outbox.schedule",            O, &[],                                   "outbox.schedule", "fixed-rate", "fixed-delay", Trace),
    ("outbox.phase",               O, &[],                                   "outbox.phase", "0s", "100ms", Trace),
    ("outbox.batch",               O, &[BUSY],                               "outbox.batch", "1", "100", Trace),
    ("outbox.cursor",              O, &[],                                   "outbox.cursor", "flag", "delete", Trace),
    ("outbox.eligible",            O, &[BUSY, SLOW],                         "outbox.eligible", "committed", "xmin", Trace),
    ("outbox.read_order",          O, &[BUSY, SLOW],                         "outbox.read_order", "id", "xid-id", Trace),
    ("outbox.progress",            O, &[],                                   "outbox.progress", "flag", "position", Trace),
    ("outbox.grace",               O, &["outbox.cursor=last-id-grace"],      "outbox.grace", "1s", "100ms", Trace),
    ("outbox.gap_timeout",         O, &["outbox.cursor=gap-timeout", "source.abort=0.3"], "outbox.gap_timeout", "1s", "100ms", Trace),
    ("outbox.relays",              O, &[],                                   "outbox.relays", "1", "2", Trace),
    ("outbox.claim",               O, &[BUSY, TWO_RELAYS, FAR_BROKER],           "outbox.claim", "single", "skip-locked", Trace),
    ("outbox.lease",               O, &[BUSY, TWO_RELAYS, FAR_BROKER, "outbox.claim=key-lease"], "outbox.lease", "30s", "100ms", Trace),
    ("outbox.publish",             O, &[BURSTS],                             "outbox.publish", "sequential", "pipelined", Trace),
    ("outbox.order",               O, &[],                                   "outbox.order", "publish-then-mark", "mark-then-publish", Trace),
    ("outbox.poison",              O, &[r#"faults=["poison:relay-broker*2"]"#],    "outbox.poison", "stop", "skip", Trace),
    ("outbox.delete_after_insert", O, &[],                                   "outbox.delete_after_insert", "false", "true", Trace),
    ("outbox.mark",                O, &[BURSTS],                             "outbox.mark", "row", "batch", Trace),
    ("outbox.on_failed_mark",      O, &[BURSTS, "outbox.mark=row", "links.relay-source.outcomes.fail_before=0.3"], "outbox.on_failed_mark", "stop", "continue", Trace),
    ("outbox.timeout",             O, &["links.relay-broker.outcomes.ack_lost=0.3"], "outbox.timeout", "1s", "100ms", Trace),
    ("outbox.retry.attempts",      O, &[REFUSED],                            "outbox.retry.attempts", "1", "3", Trace),
    ("outbox.retry.backoff",       O, &[REFUSED, "outbox.retry.attempts=3"], "outbox.retry.backoff", "100ms", "200ms", Trace),
    ("fire-and-forget.linger",     F, &[],                                   "fire-and-forget.linger", "5ms", "50ms", Trace),
    ("fire-and-forget.batch",      F, &[BURSTS],                             "fire-and-forget.batch", "16", "1", Trace),
    ("cdc.start",                  C, &[],                                   "cdc.start", "0s", "2s", Trace),
    ("cdc.snapshot_mode",          C, &[LATE_START],                         "cdc.snapshot_mode", "initial", "no_data", Trace),
    ("cdc.snapshot_fetch",         C, &[LATE_START],                         "cdc.snapshot_fetch", "1", "10240", Trace),
    ("cdc.snapshot_row",           C, &[LATE_START],                         "cdc.snapshot_row", "20us", "1ms", Trace),
    ("cdc.offset_flush",           C, &[],                                   "cdc.offset_flush", "60s", "500ms", Trace),
    ("cdc.flush",                  C, &["cdc.offset_flush=500ms"],           "cdc.flush", "fixed", "exp", Trace),
    ("cdc.lsn_flush_mode",         C, &["cdc.offset_flush=500ms"],           "cdc.lsn_flush_mode", "connector", "manual", Trace),
    ("cdc.offset_mismatch_strategy", C, &[DRIVER, QUIET, OTHERS, "cdc.offset_flush=300ms", "cdc.status=200ms", CRASH_CONNECTOR], "cdc.offset_mismatch_strategy", "no_validation", "trust_offset", Trace),
    ("cdc.poll",                   C, &[],                                   "cdc.poll", "500ms", "400ms", Trace),
    ("cdc.max_batch",              C, &[BUSY],                               "cdc.max_batch", "1", "2048", Trace),
    ("cdc.max_queue",              C, &[BUSY],                               "cdc.max_queue", "1", "8192", Trace),
    ("cdc.heartbeat",              C, &[QUIET, OTHERS],                      "cdc.heartbeat", "0s", "300ms", Trace),
    ("cdc.slot.failover",          C, &["source.replica.mode=async", r#"faults=["failover:source@3s+200ms"]"#], "cdc.slot.failover", "false", "true", Trace),
    ("cdc.status",                 C, &[DRIVER, QUIET, OTHERS, "duration=20s", "cdc.offset_flush=1s"], "cdc.status", "10s", "3s", Trace),
    ("cdc.restart_wait",           C, &["links.connector-source.outcomes.fail_before=0.5"], "cdc.restart_wait", "10s", "1s", Trace),
    ("cdc.backoff",                C, &["links.connector-broker.outcomes.fail_before=0.5"], "cdc.backoff", "100ms", "200ms", Trace),
    ("cdc.timeout",                C, &[CUT],                                "cdc.timeout", "1s", "100ms", Trace),
    ("source.max_prepared_transactions", T, &[BUSY, XA],                     "source.max_prepared_transactions", "100", "1", Trace),
    ("broker.xa",                  T, &[PREPARED],                           "broker.xa", "true", "false", Refusal),
    ("two-phase-commit.participants", T, &[XA, PREPARED, LAST_STORE],        "two-phase-commit.participants", r#"["source","search-index"]"#, r#"["source","broker","search-index"]"#, Trace),
    ("two-phase-commit.last_resource", T, &[XA, PREPARED],                   "two-phase-commit.last_resource", "none", "broker", Trace),
    ("two-phase-commit.vote_time", T, &[XA, PREPARED],                       "two-phase-commit.vote_time", "2ms", "3ms", Trace),
    ("two-phase-commit.log_time",  T, &[XA, PREPARED],                       "two-phase-commit.log_time", "2ms", "3ms", Trace),
    ("two-phase-commit.timeout",   T, &[XA, PREPARED, "links.coordinator-broker.outcomes.ack_lost=0.3"], "two-phase-commit.timeout", "1s", "100ms", Trace),
    ("two-phase-commit.recovery",  T, &[XA, PREPARED, "links.coordinator-broker.outcomes.fail_before=0.3"], "two-phase-commit.recovery", "1s", "100ms", Trace),
    ("two-phase-commit.heuristic", T, &[XA, PREPARED, "two-phase-commit.heuristic_after=100ms", OFF], "two-phase-commit.heuristic", "none", "commit", Trace),
    ("two-phase-commit.heuristic_after", T, &[XA, PREPARED, "two-phase-commit.heuristic=commit", OFF], "two-phase-commit.heuristic_after", "100ms", "200ms", Trace),
    ("recovery.*.kind",            D, &[FAILS, DELETES, NO_WAIT],            "recovery.mend.kind", "reconcile", "rebuild", Trace),
    ("recovery.*.store",           D, &[FAILS, NO_WAIT, TWO_STORES],         "recovery.mend.store", "all", "cache", Trace),
    ("recovery.*.period",          D, &[FAILS, NO_WAIT],                     "recovery.mend.period", "1s", "900ms", Trace),
    ("recovery.*.grace",           D, &[FAILS, OFTEN],                       "recovery.mend.grace", "0s", "2s", Trace),
    ("recovery.*.recheck",         D, &[FAILS, NO_WAIT],                     "recovery.mend.recheck", "0s", "300ms", Trace),
    ("recovery.*.repair",          D, &[FAILS, NO_WAIT],                     "recovery.mend.repair", "direct", "re-emit", Trace),
    ("recovery.*.repair_delay",    D, &[FAILS, NO_WAIT],                     "recovery.mend.repair_delay", "0s", "100ms", Trace),
    ("recovery.*.versioned",       D, &[FAILS, NO_WAIT, "recovery.mend.repair_delay=900ms"], "recovery.mend.versioned", "true", "false", Trace),
    ("recovery.*.throttle",        D, &[FAILS, NO_WAIT],                     "recovery.mend.throttle", "0/s", "2/s", Trace),
    ("recovery.*.sample",          D, &[FAILS, NO_WAIT],                     "recovery.mend.sample", "1", "0.5", Trace),
    ("recovery.*.direction",       D, &[FAILS, DELETES, NO_WAIT],            "recovery.mend.direction", "both", "source-to-target", Trace),
    ("recovery.*.compare",         D, &[FAILS, NO_WAIT],                     "recovery.mend.compare", "full-diff", "counts", Trace),
    ("recovery.*.incremental",     C, &[OFTEN, "recovery.mend.kind=resnapshot"], "recovery.mend.incremental", "false", "true", Trace),
    ("recovery.*.chunk",           C, &[OFTEN, "recovery.mend.kind=resnapshot", "recovery.mend.incremental=true"], "recovery.mend.chunk", "1024", "2", Trace),
    ("recovery.*.window",          C, &[OFTEN, "recovery.mend.kind=resnapshot", "recovery.mend.incremental=true", "recovery.mend.read_row=100ms"], "recovery.mend.window", "true", "false", Trace),
    ("recovery.*.read_from",       D, &[NO_WAIT, "source.replica.mode=async", "source.replica.lag=500ms"], "recovery.mend.read_from", "leader", "replica", Trace),
    ("recovery.*.read_row",        D, &[FAILS, NO_WAIT],                     "recovery.mend.read_row", "20us", "1ms", Trace),
    ("recovery.*.timeout",         D, &[FAILS, NO_WAIT, "links.mend-source.outcomes.ack_lost=0.5"], "recovery.mend.timeout", "100ms", "200ms", Trace),
    ("recovery.*.position",        D, &[NO_WAIT, "recovery.mend.kind=rebuild"], "recovery.mend.position", "before-copy", "after-copy", Trace),
    ("recovery.*.notice_after",    D, &[FAILS, NO_WAIT, "recovery.mend.kind=manual"], "recovery.mend.notice_after", "2s", "3s", Trace),
    ("recovery.*.rate",            D, &[FAILS, NO_WAIT, "recovery.mend.kind=manual", "recovery.mend.notice_after=3s"], "recovery.mend.rate", "1/s", "2/s", Trace),
    ("detectors.*.kind",           D, &[FAILS],                              "detectors.watch.kind", "count-compare", "publish-failure-rate", Trace),
    ("detectors.*.period",         D, &[],                                   "detectors.watch.period", "1s", "900ms", Trace),
    ("detectors.*.threshold",      D, &[FAILS],                              "detectors.watch.threshold", "1", "1000", Trace),
    ("detectors.*.against",        D, &[FAILS, "detectors.watch.kind=offset-lag"], "detectors.watch.against", "log-end", "source-version", Trace),
    ("detectors.*.by",             D, &[FAILS, "detectors.watch.kind=sequence-audit"], "detectors.watch.by", "version", "event-id", Trace),
    ("detectors.*.direction",      "direct-broker-first", &["source.abort=0.5", DIFF, NO_GRACE], "detectors.watch.direction", "both", "source-to-target", Trace),
    ("detectors.*.grace",          D, &[FAILS, DIFF],                        "detectors.watch.grace", "0s", "2s", Trace),
    ("detectors.*.recheck",        D, &[FAILS, DIFF, NO_GRACE],              "detectors.watch.recheck", "0s", "300ms", Trace),
    ("detectors.*.sample",         D, &[FAILS, DIFF, NO_GRACE],              "detectors.watch.sample", "1", "0.5", Trace),
    ("faults",                     D, &[],                                   "faults", "[]", r#"["crash:app@1s"]"#, Trace),
];

pub fn base(strategy: &str, settings: &[&str]) -> Document {
    let document = lab::document(
        r#"{"duration": "5s", "workload": {"arrivals": "poisson(12/s)", "limit": 60, "keys": {"count": 5}},
            "outbox": {"poll": "300ms"}, "stores": {"search-index": {}}, "detectors": {"watch": {"period": "1s"}}}"#,
    );
    let pairs: Vec<(&str, &str)> = settings.iter().filter_map(|setting| setting.split_once('=')).collect();
    assert_eq!(pairs.len(), settings.len(), "{settings:?}");
    lab::with(&lab::with(&document, &[("strategy", strategy)]), &pairs)
}

/// The report without what names the trace.
fn counted(document: &Document) -> Report {
    let recording = lab::run(document);
    Report { notes: Vec::new(), ..recording.report().clone() }
}

fn words(document: &Document) -> String {
    let recording = lab::run(document);
    let records = 0..recording.trace().len();
    let lines = records.map(|n| recording.event_line(driftscope::world::ids::RecordId(n)).text);
    lines.chain([recording.plan().title.clone()]).collect()
}

/// Says what is wrong with a row, if anything is.
fn judge(&(option, strategy, settings, path, one, other, shows): &Row) -> Option<String> {
    if path != option.replace('*', "X") && !fits(option, path) {
        return Some(format!("{path} is not {option}"));
    }
    let base = base(strategy, settings);
    let (one, other) = (lab::with(&base, &[(path, one)]), lab::with(&base, &[(path, other)]));
    if shows == OneValue || shows == Refusal {
        return (one.plan().is_err() || other.plan().is_ok()).then(|| format!("{shows:?} does not hold"));
    }
    let same_trace = lab::hash(&one) == lab::hash(&other);
    let differs = match shows {
        Trace => !same_trace,
        Counts => same_trace && counted(&one) != counted(&other),
        Names => same_trace && words(&one) != words(&other),
        OneValue | Refusal => false,
    };
    (!differs).then(|| format!("{shows:?} does not differ"))
}

/// Whether a path is one of an option, `*` standing for any one name; or, for a share of a whole, the whole.
fn fits(option: &str, path: &str) -> bool {
    let (option, path): (Vec<&str>, Vec<&str>) = (option.split('.').collect(), path.split('.').collect());
    let same = option.iter().zip(&path).all(|(option, name)| *option == "*" || option == name);
    same && (option.len() == path.len() || path.join(".") == MIX)
}

#[test]
fn every_option_has_an_effect() {
    let mut report = String::new();
    for row in TABLE {
        report += &judge(row).map_or_else(String::new, |what| format!("{}: {what}\n", row.0));
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn every_option_has_a_row() {
    // The options of the search for crashes belong to no run: tests of `explore` show what they do.
    let of_runs = all().map(|option| option.path).filter(|path| !path.starts_with("explore."));
    let missing: Vec<&str> = of_runs.filter(|path| TABLE.iter().all(|row| row.0 != *path)).collect();
    assert!(missing.is_empty(), "show what these options do, in tests/native/options.rs: {missing:?}");
    let gone: Vec<&str> =
        TABLE.iter().map(|row| row.0).filter(|path| all().all(|option| option.path != *path)).collect();
    assert!(gone.is_empty(), "these are no options: {gone:?}");
}

/// The exceptions from the rule are few, and known.
#[test]
fn few_options_leave_the_trace_alone() {
    let quiet: Vec<&str> = TABLE.iter().filter(|row| row.6 != Trace).map(|row| row.0).collect();
    assert_eq!(quiet, ["version", "title", "block_after", "workload.keys.name", "broker.xa"]);
}
