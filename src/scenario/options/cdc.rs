//! The options of the connector.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::kernel::time::Us;
use crate::scenario::kind::{Kind, LONGEST_RUN};
use crate::strategy::cdc::{LsnFlushMode, Mismatch, SnapshotMode};

/// The connector.
pub const CDC: &[Row] = &[
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
        "S1",
        "How many rows of a snapshot it reads at a time: Debezium `snapshot.fetch.size`.",
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
        "How long the connector waits before it starts again after a lost connection.\n\n\
         Debezium `retriable.restart.connector.wait.ms`.",
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
    row_of(
        "cdc.timeout",
        FROM_1MS,
        "30s",
        "S8",
        "How long the connector waits for an answer: Kafka's request.timeout.ms.",
    )
    .only(Scope::Cdc),
];
