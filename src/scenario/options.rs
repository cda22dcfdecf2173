//! Every option, declared once: path, kind with its bounds, default, source, what it means. Validation, its messages,
//! the JSON Schema, `--set`, `driftscope list options` and the page's form read these rows.

use super::kind::{Kind, LONGEST_RUN, MOST_EXACT, Setting};
use super::plan::{Cursor, Heuristic, LinkOrder};
use crate::detect::DetectorKind;
use crate::kernel::time::Us;
use crate::recovery::RecoveryKind;
use crate::strategy::StrategyId;
use crate::strategy::cdc::{LsnFlushMode, Mismatch, SnapshotMode};
use crate::world::ids::{Acks, Apply, CommitMode, Durable, Reset, StoreKind};
use crate::world::outbox::Claim;
use crate::world::record::PoisonPolicy;
use crate::world::replica::ReplicaMode;
use serde_json::Value;

/// An option of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its dotted path; `*` stands for an id that the document chooses.
    pub path: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What holds if nothing does, as `--set` would write it.
    pub default: &'static str,
    /// Defaults that differ: by role of the link, kind of store or detector, or id.
    pub except: &'static [(&'static str, &'static str)],
    /// Where the default comes from: a source of DOMAIN, or `illustrative`.
    pub source: &'static str,
    /// Which scenarios it has an effect in.
    pub scope: Scope,
    /// What it means. The first line alone makes sense in a tooltip.
    pub doc: &'static str,
}

/// Which scenarios an option has an effect in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    Always,
    /// Those in which the app makes the second write itself.
    Direct,
    /// Those with an outbox.
    Outbox,
    /// Those in which events go through the broker.
    Broker,
    /// Those of one strategy.
    Of(StrategyId),
    /// Those in which a connector reads the log.
    Cdc,
    /// The search for what breaks a scenario: no effect on a run of it.
    Explore,
}

impl Row {
    /// The default, read; `variant` is the role of the link, or the kind or id of the store or detector.
    #[must_use]
    pub fn default_setting(&self, variant: &str) -> Setting {
        match self.kind.read(self.path, &literal(self.default_text(variant))) {
            Ok(setting) => setting,
            Err(refusals) => unreachable!("default of an option: {}", refusals[0]),
        }
    }

    /// The default as `--set` would write it.
    #[must_use]
    pub fn default_text(&self, variant: &str) -> &'static str {
        self.except.iter().find(|(name, _)| *name == variant).map_or(self.default, |(_, default)| default)
    }

    const fn only(self, scope: Scope) -> Row {
        Row { scope, ..self }
    }

    const fn except(self, except: &'static [(&'static str, &'static str)]) -> Row {
        Row { except, ..self }
    }
}

/// A value as `--set` takes it: JSON if it is that, else the text itself.
#[must_use]
pub fn literal(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// The row at a path in which `*` stands for ids: `links.*.latency`.
#[must_use]
pub fn row(path: &str) -> Option<&'static Row> {
    OPTIONS.iter().find(|row| row.path == path)
}

/// The names that may follow a path in which `*` stands for ids, in the order of the table, each once. `["*"]` if the
/// document chooses them; empty if nothing may follow.
#[must_use]
pub fn names_after(prefix: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    let after = |row: &'static Row| match prefix {
        "" => Some(row.path),
        _ => row.path.strip_prefix(prefix)?.strip_prefix('.'),
    };
    for rest in OPTIONS.iter().filter_map(after) {
        let name = rest.split('.').next().unwrap_or(rest);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

const fn row_of(path: &'static str, kind: Kind, default: &'static str, source: &'static str, doc: &'static str) -> Row {
    // The page serves the schema as a file: in wasm the words would only weigh.
    let (source, doc) = if cfg!(target_arch = "wasm32") { ("", "") } else { (source, doc) };
    Row { path, kind, default, except: &[], source, scope: Scope::Always, doc }
}

const ILLUSTRATIVE: &str = "illustrative";
const MS: Us = Us::millis(1);
const ANY: Kind = Kind::Duration(Us::ZERO, LONGEST_RUN);
const FROM_1MS: Kind = Kind::Duration(MS, LONGEST_RUN);

/// How many keys there may be.
pub const MOST_KEYS: u64 = 100_000;

/// How many stores there may be, all copies counted.
pub const MOST_STORES: u64 = 64;

/// Every option, in the order of the document.
pub const OPTIONS: &[Row] = &[
    row_of("version", Kind::Count(1, 1), "1", "CONTRACT", "The version of the document."),
    row_of("title", Kind::Text(120), "", "CONTRACT", "What the page calls the scenario."),
    row_of(
        "strategy",
        Kind::Choice(StrategyId::IDS),
        "direct-db-first",
        "CONTRACT",
        "How a change reaches the second system.",
    ),
    row_of(
        "target",
        Kind::Name,
        "broker",
        "CONTRACT",
        "The second system of a direct strategy: `broker`, or a store.\n\n\
         With a store the app writes to every declared store itself, and there are no consumers.",
    )
    .only(Scope::Direct),
    row_of("seed", Kind::Count(0, MOST_EXACT), "7", "CONTRACT", "Chooses the random draws."),
    row_of(
        "duration",
        Kind::Duration(Us(1), LONGEST_RUN),
        "60s",
        ILLUSTRATIVE,
        "When arrivals stop and the drain begins.",
    ),
    row_of("drain_limit", Kind::Duration(Us::ZERO, DRAIN), "1h", "CONTRACT", "How long the drain may take."),
    row_of(
        "block_after",
        Kind::Duration(Us(1), LONGEST_RUN),
        "10s",
        "CONTRACT",
        "An operation that waits this long counts as blocked.",
    ),
    // What the clients do.
    row_of(
        "workload.arrivals",
        Kind::Arrivals,
        "poisson(10/s)",
        ILLUSTRATIVE,
        "When operations arrive: a process, or a written list.\n\n\
         In a written list a key is its number from 1, its name, or any other name; `op` is an update if left out.",
    ),
    row_of("workload.limit", Kind::Count(0, 10_000_000), "0", "CONTRACT", "At most this many operations; 0: no limit."),
    row_of("workload.keys.count", Kind::Count(1, MOST_KEYS), "40", ILLUSTRATIVE, "How many keys there are."),
    row_of(
        "workload.keys.name",
        Kind::Name,
        "key",
        ILLUSTRATIVE,
        "The stem of their names: `product` for `product-17`.",
    ),
    row_of(
        "workload.keys.dist",
        Kind::KeyChoice,
        "uniform",
        ILLUSTRATIVE,
        "How a key is chosen.\n\nYCSB uses zipf(0.99) (DOMAIN S70).",
    ),
    row_of("workload.mix.insert", Kind::Probability, "0.05", "DOMAIN 4", "Share of inserts."),
    row_of("workload.mix.update", Kind::Probability, "0.9", "DOMAIN 4", "Share of updates."),
    row_of("workload.mix.delete", Kind::Probability, "0.05", "DOMAIN 4", "Share of deletes."),
    row_of("workload.rows_per_tx", Kind::Count(1, 16), "1", ILLUSTRATIVE, "How many rows a transaction changes."),
    row_of(
        "workload.reads_per_key",
        Kind::Rate,
        "0/s",
        ILLUSTRATIVE,
        "How often each key is read through a cache (a Poisson process).\n\n\
         A reader that finds nothing reads the database and fills the cache. A written list may have reads too: `op` read.",
    ),
    row_of(
        "workload.fanout",
        Kind::Count(1, MOST_STORES),
        "1",
        "CONTRACT",
        "Copies every declared store to ID-1 ... ID-n.",
    ),
    row_of("workload.client.timeout", FROM_1MS, "1s", "DOMAIN 4", "How long a client waits for an answer."),
    row_of("workload.client.retries", Kind::Count(0, 100), "0", ILLUSTRATIVE, "How often a client asks again."),
    row_of(
        "workload.client.idempotency_key",
        Kind::Switch,
        "false",
        "S37",
        "Whether a client's request carries a key that stays the same when it asks again.\n\n\
         The app makes the change once: its database refuses a second commit under one key, except that of \
         `listen-to-yourself`, which commits what is public already. A service has one effect for all calls of one key.",
    ),
    // Anything that can crash.
    row_of(
        "nodes.*.crash_rate",
        Kind::Rate,
        "0/d",
        ILLUSTRATIVE,
        "How often the node crashes, at random times (a Poisson process over all time).\n\n\
         A crash that finds the node down does nothing.",
    ),
    row_of("nodes.*.restart", FROM_1MS, "10s", ILLUSTRATIVE, "How long the node stays down after a crash."),
    row_of(
        "nodes.*.workers",
        Kind::Count(0, 100_000),
        "0",
        ILLUSTRATIVE,
        "How many requests the node serves at once; 0: any number.",
    ),
    // Network paths.
    row_of("links.*.latency", Kind::Distribution, "1ms", ILLUSTRATIVE, "How long a message is on its way, one way.")
        .except(&[
            ("app-source", "500us"),
            ("relay-source", "500us"),
            ("STORE-consumer-source", "500us"),
            ("connector-source", "500us"),
            ("coordinator-source", "500us"),
            ("source-consumer-source", "500us"),
            ("RECOVERY-source", "500us"),
        ]),
    row_of(
        "links.*.order",
        Kind::Choice(LinkOrder::IDS),
        "independent",
        "CONTRACT",
        "Whether messages may overtake each other: `fifo` never, `independent` as their latencies say.",
    )
    .except(&[
        ("app-broker", "fifo"),
        ("relay-broker", "fifo"),
        ("broker-STORE-consumer", "fifo"),
        ("connector-source", "fifo"),
        ("connector-broker", "fifo"),
    ]),
    row_of(
        "links.*.outcomes.fail_before",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that a request has no effect and an error comes back.",
    ),
    row_of(
        "links.*.outcomes.ack_lost",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that the effect happens and the answer is lost.",
    ),
    row_of(
        "links.*.outcomes.timeout_no_effect",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that the request is lost, and the caller waits for its timeout.",
    ),
    row_of(
        "links.*.outcomes.late_effect",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that the request arrives `late_delay` after its caller gave up.",
    ),
    row_of(
        "links.*.late_delay",
        Kind::Distribution,
        "1s",
        ILLUSTRATIVE,
        "How long after its caller gave up a late request arrives.",
    ),
    row_of(
        "links.*.duplicate.p",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that a second copy of a request arrives too.",
    ),
    row_of("links.*.duplicate.delay", Kind::Distribution, "10ms", ILLUSTRATIVE, "How long after the first copy."),
    // The database.
    row_of("source.commit_time", Kind::Distribution, "2ms", "DOMAIN 4", "How long a commit takes to become durable."),
    row_of(
        "source.tx_time",
        Kind::Distribution,
        "1ms",
        ILLUSTRATIVE,
        "How long the app keeps a transaction open between its write and its commit.",
    ),
    row_of(
        "source.abort",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that a transaction aborts at its commit.\n\n\
         DOMAIN 4 suggests 0.005: constraints, deadlocks, serialization failures.",
    ),
    row_of(
        "source.max_prepared_transactions",
        Kind::Count(0, 262_143),
        "0",
        "S15",
        "How many transactions may be prepared at once (two-phase commit); 0: none can.\n\n\
         PostgreSQL's default is 0: prepared transactions are switched off.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "source.lock_order",
        Kind::Choice(&["row-first", "outbox-first"]),
        "row-first",
        "DOMAIN 2e",
        "Whether a transaction locks its row before it inserts the outbox row, or after.\n\n\
         `row-first`: two writers of a row take their outbox numbers in the order of their commits; `outbox-first`: they \
         may not, and a relay that reads by number reorders them.",
    )
    .only(Scope::Outbox),
    row_of(
        "source.replica.mode",
        Kind::Choice(ReplicaMode::IDS),
        "none",
        "PostgreSQL synchronous_standby_names",
        "Whether the database has a replica, and what a commit waits for.\n\n\
         `async`: a failover (fault `failover:source`) loses the commits of the last `lag`; `sync`: a commit takes `lag` \
         longer, and a failover loses none that was answered.",
    ),
    row_of("source.replica.lag", ANY, "1ms", "DOMAIN 4", "How far the replica is behind.\n\nDOMAIN 4: 1 ms where a commit waits for it."),
    row_of(
        "source.replica.synchronized_standby_slots",
        Kind::Switch,
        "false",
        "S7",
        "Whether the log goes to a connector only once the replica has it.\n\n\
         PostgreSQL 17 synchronized_standby_slots, empty by default: a connector may know more than the replica, even one \
         that commits wait for.",
    )
    .only(Scope::Cdc),
    row_of("source.timeout", FROM_1MS, "30s", ILLUSTRATIVE, "How long the app waits for an answer of the database."),
    row_of(
        "source.checkpoint",
        FROM_1MS,
        "5m",
        "PostgreSQL checkpoint_timeout",
        "How often the replication slot becomes durable and log that it does not hold is removed.\n\n\
         A crash of the database brings the slot back to its last checkpoint.",
    )
    .only(Scope::Cdc),
    row_of(
        "source.wal.row_bytes",
        Kind::Count(1, 1 << 30),
        "64",
        ILLUSTRATIVE,
        "How many bytes of log a changed row takes.",
    ),
    row_of(
        "source.wal.cap",
        Kind::Count(0, MOST_EXACT),
        "0",
        "S14",
        "How many bytes of log a slot may hold before a checkpoint gives it up; 0: any number.\n\n\
         PostgreSQL max_slot_wal_keep_size, -1 by default.",
    )
    .only(Scope::Cdc),
    row_of(
        "source.wal.disk",
        Kind::Count(0, MOST_EXACT),
        "0",
        "DOMAIN 2f",
        "How many bytes of log the disk takes: when it is full, commits wait; 0: any number.",
    )
    .only(Scope::Cdc),
    row_of(
        "source.wal.other",
        Kind::Count(0, 1 << 40),
        "0",
        ILLUSTRATIVE,
        "How many bytes of log per second other tables and databases write, which nobody captures.",
    )
    .only(Scope::Cdc),
    // The message broker.
    row_of("broker.partitions", Kind::Count(1, 256), "1", ILLUSTRATIVE, "How many partitions the topic has.")
        .only(Scope::Broker),
    row_of(
        "broker.xa",
        Kind::Switch,
        "false",
        "S45",
        "Whether the broker can take part in a two-phase commit.\n\n\
         Kafka cannot (KIP-939 is not released); ActiveMQ and IBM MQ can. A transaction's records become visible when those \
         that were prepared before them in the partition are decided.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "broker.acks",
        Kind::Choice(Acks::IDS),
        "all",
        "S8",
        "When a publish is confirmed: 0 at once, 1 by the leader, `all` by every replica in sync.\n\n\
         With 0 the producer learns of no failure; with 1 a failover loses what the follower does not have yet.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.replication_lag",
        Kind::Distribution,
        "0s",
        ILLUSTRATIVE,
        "How long a record takes to reach the broker's follower.\n\n\
         In the order of the partition. Consumers see a record when every replica in sync has it.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.min_insync",
        Kind::Count(1, 2),
        "1",
        "S10",
        "With `acks` all: how many replicas must be in sync for a publish to be taken.\n\n\
         With 1, `acks` all is worth no more than `acks` 1 while the follower is out.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.isr_timeout",
        FROM_1MS,
        "30s",
        "S10",
        "How long the follower may lack a record before it leaves the in-sync set (replica.lag.time.max.ms).\n\n\
         Until then what it lacks is not readable, and `acks` all waits.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.unclean_election",
        Kind::Switch,
        "false",
        "S10",
        "Whether a follower that is not in sync may become leader.\n\n\
         If not, a failover with no replica in sync waits for the old leader, and loses nothing.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.retention",
        FROM_1MS,
        "7d",
        "S10",
        "How old a record may become before its segment is deleted, read or not.\n\n\
         Only whole closed segments are deleted, when their newest record is too old.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.retention_check",
        FROM_1MS,
        "5m",
        "S10",
        "How often the broker looks for segments to delete (log.retention.check.interval.ms).",
    )
    .only(Scope::Broker),
    row_of(
        "broker.segment",
        Kind::Roll,
        "7d",
        "S10",
        "When a segment of the log is closed: after so many records, or when its first record is so old.\n\n\
         Kafka closes one after 7 d or 1 GiB, whichever comes first. With 1 every record is deleted by itself.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.reset",
        Kind::Choice(Reset::IDS),
        "latest",
        "S9",
        "Where a consumer goes on whose offset is no longer in the log (auto.offset.reset).\n\n\
         `latest` jumps to the log's end, past what is still retained; `earliest` to the oldest record that is left.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.cleanup",
        Kind::Choice(&["delete", "compact"]),
        "delete",
        "S10",
        "What the broker does with old segments (cleanup.policy): deletes them, or keeps the newest record of each key.\n\n\
         Compaction never deletes by age, except tombstones: see `delete_retention`.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.delete_retention",
        ANY,
        "24h",
        "S10",
        "How long a compacted log keeps the tombstone of a deleted key (delete.retention.ms).\n\n\
         A reader that is further behind never learns of the delete: its row stays, a ghost.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.idempotence",
        Kind::Switch,
        "false",
        ILLUSTRATIVE,
        "Whether producers number what they send, so that the broker takes it once and in order; needs `acks` all.\n\n\
         Kafka's enable.idempotence, true by default (S8). It covers the retries of one session of a client library \
         (`direct.retry`, `outbox.retry`), not what a relay reads and sends again.",
    )
    .only(Scope::Broker),
    row_of(
        "broker.in_flight",
        Kind::Count(0, 1_000),
        "0",
        ILLUSTRATIVE,
        "How many publishes of a pipelined relay, or of the app's buffer, may be unanswered at once; 0: any number.\n\n\
         Kafka's max.in.flight.requests.per.connection is 5 (S8), of whole batches; here each event is a request. More \
         than one and no idempotence: a retry comes behind what was sent after it.",
    )
    .only(Scope::Broker),
    // The derived stores and their consumers.
    row_of(
        "stores.*.kind",
        Kind::Choice(StoreKind::IDS),
        "search-index",
        "CONTRACT",
        "What the store is.\n\nLeft out, it is what its id says, else a search index.",
    )
    .except(&[("cache", "cache")]),
    row_of(
        "stores.*.apply",
        Kind::Choice(Apply::IDS),
        "versioned",
        "DOMAIN 2c",
        "How the store applies an event.\n\n\
         `blind` overwrites, and at a service is a call; `versioned` takes only what is newer; `insert` makes a row for each \
         event, by its id; `increment` adds. A call, an insert and an increment are effects: twice is once too often. A cache \
         holds copies: `blind` or `versioned`.",
    )
    .except(&[("cache", "blind"), ("service", "blind")]),
    row_of(
        "stores.*.payload",
        Kind::Choice(&["state", "reference"]),
        "state",
        "CONTRACT",
        "Whether an event carries the row (`state`) or only names it (`reference`), so that the consumer reads it.\n\n\
         The consumer reads at the source when it applies, and drops what it cannot find (DOMAIN S27). A delete is \
         applied without a read.",
    )
    .only(Scope::Broker),
    row_of("stores.*.service", Kind::Distribution, "10ms", "DOMAIN 4", "How long applying an event takes.")
        .except(&[("cache", "500us"), ("service", "20ms")]),
    row_of(
        "stores.*.on_write",
        Kind::Choice(&["auto", "set", "delete"]),
        "auto",
        "DOMAIN 2b",
        "What an event does to the entry of a cache.\n\n\
         `set` writes the row into it (write-through); `delete` drops it, and the next reader fills it (cache-aside); \
         `auto`: `delete` if there are readers, else `set`.",
    ),
    row_of(
        "stores.*.ttl",
        ANY,
        "0s",
        ILLUSTRATIVE,
        "How long an entry of a cache is kept; 0s: until it is dropped.\n\nIn the drain no entry's time is over.",
    ),
    row_of(
        "stores.*.set_delay",
        Kind::Distribution,
        "0s",
        "DOMAIN 2b",
        "How long a reader takes from its read of the database until it puts the row into the cache.\n\n\
         A write in between leaves the old row there: the stale set.",
    ),
    row_of(
        "stores.*.delete_delay",
        ANY,
        "0s",
        "S32",
        "How long after the commit an entry is dropped once more (the delayed double delete); 0s: it is not.",
    ),
    row_of(
        "stores.*.lease",
        Kind::Switch,
        "false",
        "S31",
        "Whether a reader that finds nothing gets a lease, which a write makes void.\n\n\
         What a reader puts without a lease that holds is refused (Scaling Memcache).",
    ),
    row_of("stores.*.lease_ttl", FROM_1MS, "10s", "S31", "How long a lease holds, and keeps other readers from one."),
    row_of(
        "stores.*.key_ttl",
        ANY,
        "24h",
        "S38",
        "How long a service remembers a client's key (`workload.client.idempotency_key`).\n\n\
         After that the same key has its effect again.",
    ),
    row_of(
        "stores.*.consumer.max_poll",
        Kind::Count(1, 100_000),
        "500",
        "S9",
        "How many events a consumer takes per poll, and applies before it commits its offset.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.retry",
        FROM_1MS,
        "100ms",
        "S8",
        "How long the consumer waits before it tries a failed apply again.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.timeout",
        FROM_1MS,
        "30s",
        ILLUSTRATIVE,
        "How long the consumer waits for an answer of the store.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.emits_to",
        Kind::Name,
        "none",
        "CONTRACT",
        "The store to which this one's consumer hands on what it has applied; `none`: to nobody.\n\n\
         That store is fed by nothing else. Where the app writes to the stores itself, the store hands on, without a retry.",
    ),
    row_of(
        "stores.*.consumer.commit",
        Kind::Choice(CommitMode::IDS),
        "after",
        "S12",
        "When the consumer commits its offset.\n\n\
         `before` it applies what it polled: a crash loses it; `after`: a crash repeats it; `auto`: in a later poll, every \
         `auto_interval`, for what earlier polls returned, as Kafka's Java client does.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.auto_interval",
        FROM_1MS,
        "5s",
        "S9",
        "How often a poll commits the offset (`consumer.commit` auto).",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.poison",
        Kind::Probability,
        "0",
        ILLUSTRATIVE,
        "Probability that an event can never be applied.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.poison_policy",
        Kind::Choice(&["block", "skip", "dead-letter"]),
        "block",
        "DOMAIN 2g",
        "What the consumer does with an event that it cannot apply.\n\n\
         `block` tries without end, and all behind it wait; after `attempts` tries `skip` goes on without it, and \
         `dead-letter` puts it aside for a `redrive`.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.attempts",
        Kind::Count(1, 1_000_000),
        "10",
        "DOMAIN 8",
        "How often the consumer tries before it skips an event or puts it aside.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.redrive",
        ANY,
        "0s",
        ILLUSTRATIVE,
        "How long after it was put aside an event is handed to the consumer again, repaired; 0s: never.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.inbox.window",
        ANY,
        "0s",
        "S29",
        "How long the store remembers which events it has had; 0s: it has no inbox.\n\nNServiceBus: 7d, MassTransit: 30m.",
    ),
    row_of(
        "stores.*.inbox.same_tx",
        Kind::Switch,
        "true",
        "DOMAIN 2h",
        "Whether the inbox row is written in the transaction of the effect.\n\n\
         If not, the consumer writes it by a call of its own, afterwards: a crash between the two repeats the effect.",
    ),
    row_of(
        "stores.*.inbox.id_bits",
        Kind::Count(1, 128),
        "128",
        "DOMAIN 5 O25",
        "How many random bits an event's id has.\n\nTwo events with one id are one to the inbox: the second is dropped.",
    ),
    row_of("stores.*.tombstone.ttl", ANY, "60s", "S35", "How long a deleted key's version is remembered."),
    row_of(
        "stores.*.tombstone.durable",
        Kind::Choice(Durable::IDS),
        "since-last-flush",
        "S52",
        "What survives of the tombstones when the store crashes.",
    ),
    row_of("stores.*.tombstone.flush", FROM_1MS, "30s", ILLUSTRATIVE, "How often the store flushes."),
    // The direct strategies.
    row_of(
        "direct.publish",
        Kind::Choice(&["request-thread", "background"]),
        "request-thread",
        "CONTRACT",
        "Whether the client is answered after the second write (`request-thread`) or before it (`background`).",
    )
    .only(Scope::Direct),
    row_of(
        "direct.gap",
        Kind::Distribution,
        "1ms",
        ILLUSTRATIVE,
        "How long the app does something else between its two writes.\n\n\
         With the way back of the first answer it is the window in which a crash tears the two apart.",
    )
    .only(Scope::Direct),
    row_of(
        "direct.retry.attempts",
        Kind::Count(0, 1_000_000),
        "1",
        ILLUSTRATIVE,
        "How often the second write is tried; 0: without end.",
    )
    .only(Scope::Direct),
    row_of("direct.retry.timeout", FROM_1MS, "30s", "S8", "How long one try may take.").only(Scope::Direct),
    row_of("direct.retry.backoff", FROM_1MS, "100ms", "S8", "The pause between two tries.").only(Scope::Direct),
    row_of(
        "direct.retry.blocking",
        Kind::Switch,
        "false",
        ILLUSTRATIVE,
        "Whether later second writes wait behind one that is being tried again.",
    )
    .only(Scope::Direct),
    // The outbox and its relay.
    row_of("outbox.poll", FROM_1MS, "1s", "S22", "How often the relay looks.").only(Scope::Outbox),
    row_of(
        "outbox.schedule",
        Kind::Choice(&["fixed-rate", "fixed-delay"]),
        "fixed-delay",
        ILLUSTRATIVE,
        "Whether `poll` is from start to start (`fixed-rate`) or from end to start (`fixed-delay`).",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.phase",
        Kind::Phase(LONGEST_RUN),
        "random",
        ILLUSTRATIVE,
        "When the relay looks first; `random`: drawn from the seed, within one `poll`.",
    )
    .only(Scope::Outbox),
    row_of("outbox.batch", Kind::Count(0, 100_000), "100", "S25", "How many rows the relay takes at a time; 0: all.")
        .only(Scope::Outbox),
    row_of(
        "outbox.cursor",
        Kind::Choice(Cursor::IDS),
        "flag",
        "DOMAIN 2e",
        "How the relay knows what it has published; a name for three switches.\n\n\
         `flag` and `delete` mark the row; `last-id` stores the last number and loses late committers; `last-id-grace` \
         leaves young rows alone; `gap-timeout` waits for gaps; `xmin` reads what is older than every open transaction. \
         `eligible`, `read_order` and `progress` set each switch by itself.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.eligible",
        Kind::Choice(&["auto", "committed", "grace", "gap-timeout", "xmin"]),
        "auto",
        "DOMAIN 2e",
        "Which committed rows may be read; `auto`: as `cursor` says.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.read_order",
        Kind::Choice(&["auto", "id", "xid-id"]),
        "auto",
        "DOMAIN 2e",
        "In which order rows are read; `auto`: as `cursor` says.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.progress",
        Kind::Choice(&["auto", "flag", "delete", "position"]),
        "auto",
        "DOMAIN 2e",
        "How the table knows what is published; `auto`: as `cursor` says.",
    )
    .only(Scope::Outbox),
    row_of("outbox.grace", ANY, "5s", ILLUSTRATIVE, "How old a row must be before it is read (`last-id-grace`).")
        .only(Scope::Outbox),
    row_of("outbox.gap_timeout", ANY, "5s", "S58", "How long a gap in the numbers is waited for (`gap-timeout`).")
        .only(Scope::Outbox),
    row_of("outbox.relays", Kind::Count(1, 16), "1", "CONTRACT", "How many relays read the outbox: `relay`, `relay-2` ...")
        .only(Scope::Outbox),
    row_of(
        "outbox.claim",
        Kind::Choice(Claim::IDS),
        "single",
        "CONTRACT",
        "How several relays share the rows.\n\n\
         `single`: each reads all; `skip-locked`: each locks what it reads and skips what is locked; `key-lease`: each \
         leases the keys of what it reads.",
    )
    .only(Scope::Outbox),
    row_of("outbox.lease", FROM_1MS, "30s", ILLUSTRATIVE, "How long a relay's lease of a key holds (`key-lease`).")
        .only(Scope::Outbox),
    row_of(
        "outbox.publish",
        Kind::Choice(&["sequential", "pipelined"]),
        "sequential",
        "CONTRACT",
        "Whether each row waits for the answer for the one before, or a whole batch is sent at once.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.order",
        Kind::Choice(&["publish-then-mark", "mark-then-publish"]),
        "publish-then-mark",
        "DOMAIN 2e",
        "Which comes first: `mark-then-publish` turns the duplicates of a crash into losses.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.poison",
        Kind::Choice(PoisonPolicy::IDS),
        "stop",
        "CONTRACT",
        "What the relay does with a row that the broker will never take.\n\n\
         `stop`: it and all behind it wait; `skip`: it is marked as if published; `dead-letter`: it is put aside.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.delete_after_insert",
        Kind::Switch,
        "false",
        "S5",
        "Whether the transaction deletes its outbox row again, as Debezium's Quarkus extension does.\n\n\
         A reader of the log still sees the insert; a relay that polls never does.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.mark",
        Kind::Choice(&["row", "batch"]),
        "batch",
        ILLUSTRATIVE,
        "One mark for each row, or one for the whole batch.",
    )
    .only(Scope::Outbox),
    row_of(
        "outbox.on_failed_mark",
        Kind::Choice(&["stop", "continue"]),
        "stop",
        ILLUSTRATIVE,
        "Whether the rest of the batch goes on when a mark fails.",
    )
    .only(Scope::Outbox),
    row_of("outbox.timeout", FROM_1MS, "30s", "S8", "How long the relay waits for an answer.").only(Scope::Outbox),
    row_of(
        "outbox.retry.attempts",
        Kind::Count(0, 1_000_000),
        "1",
        ILLUSTRATIVE,
        "How often the relay's client library sends a row before the relay hears that it failed; 0: without end.\n\n\
         Kafka's producer tries for delivery.timeout.ms, 120 s (S8).",
    )
    .only(Scope::Outbox),
    row_of("outbox.retry.backoff", FROM_1MS, "100ms", "S8", "The pause between two of these tries.")
        .only(Scope::Outbox),
    // The client library's buffer.
    row_of(
        "fire-and-forget.linger",
        ANY,
        "5ms",
        "S8b",
        "How long the first event in the buffer waits for others, before all leave together.\n\n\
         Kafka's `linger.ms`: 5 from version 4.0, 0 before. A crash of the app loses what lingers.",
    )
    .only(Scope::Of(StrategyId::FireAndForget)),
    row_of(
        "fire-and-forget.batch",
        Kind::Count(1, 100_000),
        "16",
        ILLUSTRATIVE,
        "How many events fill a batch, which then leaves at once.\n\n\
         Kafka's `batch.size` is 16 KiB (S8): sixteen events of 1 KiB.",
    )
    .only(Scope::Of(StrategyId::FireAndForget)),
    // The connector.
    row_of(
        "cdc.start",
        Kind::Duration(Us::ZERO, LONGEST_RUN),
        "0s",
        ILLUSTRATIVE,
        "When the connector is first started: rows of before come by its snapshot.\n\n\
         At 0 it was there before the run: its slot and its offset stand at the start of the log.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.snapshot_mode",
        Kind::Choice(SnapshotMode::IDS),
        "initial",
        "S1",
        "When the connector reads whole tables: Debezium `snapshot.mode`.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.snapshot_fetch",
        Kind::Count(1, 1_000_000),
        "10240",
        "Debezium snapshot.fetch.size",
        "How many rows of a snapshot it reads at a time.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.snapshot_row",
        Kind::Duration(Us::ZERO, Us::secs(60)),
        "20us",
        ILLUSTRATIVE,
        "How long the database takes to read one row of a snapshot.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.offset_flush",
        FROM_1MS,
        "60s",
        "S11",
        "How often the connector stores its offset.\n\n\
         After a crash it publishes again what it published since: Kafka Connect offset.flush.interval.ms.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.flush",
        Kind::Choice(&["fixed", "exp"]),
        "fixed",
        "DOMAIN O9",
        "Whether the span from one stored offset to the next is fixed, or exponential with that mean.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.lsn_flush_mode",
        Kind::Choice(LsnFlushMode::IDS),
        "connector",
        "S1",
        "Who moves the replication slot: Debezium `lsn.flush.mode`.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.offset_mismatch_strategy",
        Kind::Choice(Mismatch::IDS),
        "no_validation",
        "S1",
        "What holds when stored offset and slot differ: Debezium `offset.mismatch.strategy`.",
    )
    .only(Scope::Cdc),
    row_of("cdc.poll", FROM_1MS, "500ms", "S1", "How long a poll waits for a full batch: Debezium `poll.interval.ms`.")
        .only(Scope::Cdc),
    row_of("cdc.max_batch", Kind::Count(1, 100_000), "2048", "S1", "The most changes that a poll takes.")
        .only(Scope::Cdc),
    row_of(
        "cdc.max_queue",
        Kind::Count(1, 1_000_000),
        "8192",
        "S1",
        "The most changes between the log and the next poll: a full queue holds the stream.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.heartbeat",
        ANY,
        "0s",
        "S1",
        "How often the connector tells the broker that it is alive, and so where it is; 0: never.\n\n\
         Without it a quiet captured table beside busy others holds their log.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.slot.failover",
        Kind::Switch,
        "false",
        "S1",
        "Whether the replica has the replication slot too: Debezium `slot.failover`.\n\n\
         Without it a failover leaves no slot, and what is written before a new one exists is not streamed.",
    )
    .only(Scope::Cdc),
    row_of("cdc.status", FROM_1MS, "10s", "S1", "How often the driver answers the database's keepalives.")
        .only(Scope::Cdc),
    row_of(
        "cdc.restart_wait",
        FROM_1MS,
        "10s",
        "S1",
        "How long the connector waits before it starts again after a lost connection.",
    )
    .only(Scope::Cdc),
    row_of(
        "cdc.backoff",
        FROM_1MS,
        "100ms",
        "S8",
        "The pause before a failed publish is tried again; it doubles up to ten times this.",
    )
    .only(Scope::Cdc),
    row_of("cdc.timeout", FROM_1MS, "30s", "S8", "How long the connector waits for an answer.").only(Scope::Cdc),
    // An app that writes only the log.
    row_of(
        "listen-to-yourself.validate",
        Kind::Switch,
        "true",
        "S17",
        "Whether the app reads the row before it publishes, to see whether the change may be.\n\n\
         What is still on its way to the database is not seen: the validation may be out of date.",
    )
    .only(Scope::Of(StrategyId::ListenToYourself)),
    row_of(
        "listen-to-yourself.on_conflict",
        Kind::Choice(&["reject", "apply"]),
        "reject",
        "S18",
        "What the own consumer does with a change whose row has changed since it was validated.\n\n\
         Rejected, it is public all the same: other consumers have applied it, and its client was told that all went well.",
    )
    .only(Scope::Of(StrategyId::ListenToYourself)),
    // The two-phase commit.
    row_of(
        "two-phase-commit.participants",
        Kind::Names(MOST_STORES as usize + 2),
        r#"["source", "broker"]"#,
        "CONTRACT",
        "Who commits together. Stores that are not named are fed by consumers.\n\n\
         A node that cannot prepare may only be named if it is the last resource.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.last_resource",
        Kind::Name,
        "none",
        "CONTRACT",
        "The one participant that commits without a vote, after all votes and before the decision; or `none`.\n\n\
         If the coordinator dies before it has written its decision down, the others abort what this one has committed.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.vote_time",
        Kind::Distribution,
        "2ms",
        ILLUSTRATIVE,
        "How long a participant takes to write its vote down.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.log_time",
        Kind::Distribution,
        "2ms",
        ILLUSTRATIVE,
        "How long the coordinator takes to write its decision down.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.timeout",
        FROM_1MS,
        "30s",
        ILLUSTRATIVE,
        "How long the coordinator waits for a vote, which then counts as no, or for a confirmation.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.recovery",
        FROM_1MS,
        "10s",
        ILLUSTRATIVE,
        "How often the coordinator repeats what is not confirmed, and asks what is prepared.\n\n\
         What a participant has prepared and the log does not know is aborted (presumed abort). A restart asks at once.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.heuristic",
        Kind::Choice(Heuristic::IDS),
        "none",
        "S44",
        "What an operator does at a participant with a transaction that is in doubt for too long.\n\n\
         MySQL's `--tc-heuristic-recover`. A decision by hand that is not the coordinator's breaks atomicity.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.heuristic_after",
        FROM_1MS,
        "1m",
        ILLUSTRATIVE,
        "How long an operator lets a transaction be in doubt.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    // What mends what differs.
    row_of(
        "recovery.*.kind",
        Kind::Choice(RecoveryKind::IDS),
        "reconcile",
        "CONTRACT",
        "How it works.\n\nLeft out, it is what its id says, else reconcile.",
    )
    .except(&[("rebuild", "rebuild"), ("resnapshot", "resnapshot"), ("manual", "manual")]),
    row_of("recovery.*.store", Kind::Name, "all", ILLUSTRATIVE, "Which store it covers; `all`: every one."),
    row_of("recovery.*.period", FROM_1MS, "30s", ILLUSTRATIVE, "From one pass to the next; the first begins after one."),
    row_of(
        "recovery.*.grace",
        ANY,
        "5s",
        ILLUSTRATIVE,
        "Rows that changed within this span before the pass are left alone: their events may be on their way.",
    ),
    row_of(
        "recovery.*.recheck",
        ANY,
        "0s",
        "DOMAIN 2i",
        "It reads again after this span and repairs only what still differs and stands still; 0: it repairs at once.",
    ),
    row_of(
        "recovery.*.repair",
        Kind::Choice(&["direct", "re-emit"]),
        "direct",
        "DOMAIN 2i",
        "How it repairs a row.\n\n\
         `direct` writes the store, past its own rule; `re-emit` publishes the row's event again, which cannot delete what \
         the source never had.",
    ),
    row_of(
        "recovery.*.repair_delay",
        ANY,
        "0s",
        ILLUSTRATIVE,
        "How long it takes from comparing to the first repair: the window in which a live event can come between.",
    ),
    row_of(
        "recovery.*.versioned",
        Kind::Switch,
        "true",
        "DOMAIN 2i",
        "Whether a repair is written only if the store's row is still as the pass read it.\n\n\
         For a rebuild: whether a copied row gives way to a newer one. Without it, repairs write old rows over new ones.",
    ),
    row_of(
        "recovery.*.throttle",
        Kind::Rate,
        "0/s",
        ILLUSTRATIVE,
        "At most so many repairs; 0: as fast as they are answered.",
    ),
    row_of(
        "recovery.*.sample",
        Kind::Probability,
        "1",
        "DOMAIN O15",
        "The share of the rows that a pass reads, drawn anew each time.",
    ),
    row_of(
        "recovery.*.direction",
        Kind::Choice(&["both", "source-to-target"]),
        "both",
        "DOMAIN 2i",
        "Whether it also looks for what the source does not have, to delete it.",
    ),
    row_of(
        "recovery.*.read_row",
        Kind::Duration(Us::ZERO, Us::secs(60)),
        "20us",
        ILLUSTRATIVE,
        "How long the source, or a store, takes to read one row.",
    ),
    row_of("recovery.*.timeout", FROM_1MS, "30s", ILLUSTRATIVE, "How long it waits for an answer."),
    row_of(
        "recovery.*.position",
        Kind::Choice(&["before-copy", "after-copy"]),
        "before-copy",
        "DOMAIN 2l",
        "`rebuild` only: when it records the log's position, from which the new store is fed.\n\n\
         After the copy, what happened meanwhile is lost.",
    ),
    row_of(
        "recovery.*.notice_after",
        ANY,
        "1h",
        ILLUSTRATIVE,
        "`manual` only: when a person notices, from the start, and begins the one pass.",
    ),
    row_of("recovery.*.rate", Kind::Rate, "1/m", ILLUSTRATIVE, "`manual` only: how many rows a person repairs."),
    // What an operator watches.
    row_of(
        "detectors.*.kind",
        Kind::Choice(DetectorKind::IDS),
        "count-compare",
        "CONTRACT",
        "What it measures.\n\nLeft out, it is what its id says, else count-compare.",
    )
    .except(&[
        ("publish-failure-rate", "publish-failure-rate"),
        ("offset-lag", "offset-lag"),
        ("sequence-audit", "sequence-audit"),
        ("outbox-age", "outbox-age"),
        ("checksum", "checksum"),
        ("full-diff", "full-diff"),
        ("canary", "canary"),
    ]),
    row_of("detectors.*.period", FROM_1MS, "10s", ILLUSTRATIVE, "How often it looks."),
    row_of("detectors.*.threshold", Kind::Count(1, MOST_EXACT), "1", ILLUSTRATIVE, "From what value on it fires.")
        .except(&[("offset-lag", "100")]),
    row_of(
        "detectors.*.against",
        Kind::Choice(&["log-end", "source-version"]),
        "log-end",
        "CONTRACT",
        "`offset-lag` only: what the consumers are measured against.",
    ),
    row_of(
        "detectors.*.by",
        Kind::Choice(&["version", "event-id"]),
        "version",
        "CONTRACT",
        "`sequence-audit` only: what it counts.\n\n\
         `version`: gaps in the versions of a row, seen when its next event comes; `event-id`: the outbox's ids against \
         the inbox's, which sees a lost last event and ghosts too.",
    ),
    row_of(
        "detectors.*.direction",
        Kind::Choice(&["both", "source-to-target"]),
        "both",
        "CONTRACT",
        "`full-diff` only: whether it also looks for what the source does not have.\n\n\
         A scan from source to target sees neither ghosts nor lost deletes.",
    ),
    row_of(
        "detectors.*.grace",
        ANY,
        "5s",
        ILLUSTRATIVE,
        "What changed within this span is not looked at: it may be on its way.\n\n\
         For `outbox-age`: how long something may wait to be published; for `canary`: how long one may take.",
    )
    .except(&[("offset-lag", "0s"), ("outbox-age", "30s")]),
    row_of(
        "detectors.*.recheck",
        ANY,
        "0s",
        "DOMAIN 2i",
        "`checksum` and `full-diff`: it looks again at what it found after this span; 0: it says so at once.\n\n\
         Only rows that still differ, and that the store has not changed meanwhile, are flagged.",
    ),
    row_of(
        "detectors.*.sample",
        Kind::Probability,
        "1",
        "DOMAIN O15",
        "`checksum` and `full-diff`: the share of the rows that a look reads, drawn anew each time.",
    ),
    // What the explorer searches.
    row_of(
        "explore.workload",
        Kind::Arrivals,
        SMALL_WORKLOAD,
        "CONTRACT",
        "The written list of operations under which every fault is tried.",
    )
    .only(Scope::Explore),
    row_of("explore.poll", FROM_1MS, "100ms", "CONTRACT", "The poll of relay and connector while faults are tried.")
        .only(Scope::Explore),
    row_of("explore.flush", FROM_1MS, "1s", "CONTRACT", "How often the connector stores its offset meanwhile.")
        .only(Scope::Explore),
    row_of("explore.restart", FROM_1MS, "2s", "CONTRACT", "How long a node stays down after a crash that is tried.")
        .only(Scope::Explore),
    row_of("explore.block_after", FROM_1MS, "1s", "CONTRACT", "What counts as blocked while faults are tried.")
        .only(Scope::Explore),
    row_of("faults", Kind::Faults, "[]", "CONTRACT", "What goes wrong, and when."),
];

/// Insert A, update A, insert B, delete A within a second: so close that two rows meet in one batch of the relay, and
/// that a delay below every timeout reorders any two of them.
const SMALL_WORKLOAD: &str = r#"[{"at": "100ms", "key": 1, "op": "insert"}, {"at": "150ms", "key": 1, "op": "update"}, {"at": "200ms", "key": 2, "op": "insert"}, {"at": "250ms", "key": 1, "op": "delete"}]"#;

/// The longest drain.
const DRAIN: Us = Us::secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_read() {
        for row in OPTIONS {
            let _ = row.default_setting("");
            for (variant, _) in row.except {
                let _ = row.default_setting(variant);
            }
            let first = row.doc.lines().next().unwrap_or("");
            assert!(first.ends_with('.') && first.len() <= 120, "{}: {first}", row.path);
        }
    }

    #[test]
    fn no_path_twice() {
        for (at, row) in OPTIONS.iter().enumerate() {
            assert!(OPTIONS[at + 1..].iter().all(|other| other.path != row.path), "{}", row.path);
        }
    }

    #[test]
    fn names() {
        assert_eq!(names_after("workload.mix"), ["insert", "update", "delete"]);
        assert_eq!(names_after("links"), ["*"]);
        assert_eq!(names_after("links.*.duplicate"), ["p", "delay"]);
        assert!(names_after("seed").is_empty());
        assert!(names_after("").starts_with(&["version", "title", "strategy"]));
    }
}
