//! The options of the message broker.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::scenario::kind::Kind;
use crate::strategy::StrategyId;
use crate::world::ids::{Acks, Reset};

/// What `broker.in_flight` calls a broker whose producers number what they send: its default is another.
pub const NUMBERED: &str = "idempotence";

/// How many publishes an idempotent producer may have unanswered at once (Kafka, S8).
pub const MOST_NUMBERED: u64 = 5;

/// The message broker.
pub const BROKER: &[Row] = &[
    row_of("broker.partitions", Kind::Count(1, 256), "1", "S10", "How many partitions the topic has.\n\nKafka's num.partitions.")
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
    .only(Scope::Producer),
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
    .only(Scope::Producer),
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
         Kafka's enable.idempotence is true by default (S8): here it is off, so that retries show what it is for. It covers the retries of one session of a client library \
         (`direct.retry`, `outbox.retry`), not what a relay reads and sends again.",
    )
    .only(Scope::Producer),
    row_of(
        "broker.in_flight",
        Kind::Count(0, 1_000),
        "0",
        ILLUSTRATIVE,
        "How many publishes of a pipelined relay, or of the app's buffer, may be unanswered at once; 0: any number.\n\n\
         Kafka's max.in.flight.requests.per.connection is 5 (S8), of whole batches; here each event is a request. More \
         than one and no idempotence: a retry comes behind what was sent after it. With `idempotence` at most 5, as in \
         Kafka: the broker remembers no more numbers than that.",
    )
    .except(&[(NUMBERED, "5")])
    .only(Scope::Pipeline),
];
