//! The options of the database.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::scenario::kind::{Kind, MOST_EXACT};
use crate::strategy::StrategyId;
use crate::world::replica::ReplicaMode;

/// The database.
pub const SOURCE: &[Row] = &[
    row_of("source.commit_time", Kind::Distribution, "2ms", ILLUSTRATIVE, "How long a commit takes to become durable.\n\nDOMAIN 4 suggests a median of 2 ms."),
    row_of(
        "source.tx_time",
        Kind::Distribution,
        "1ms",
        ILLUSTRATIVE,
        "How long the app keeps a transaction open between its write and its commit.",
    ).only(Scope::Transaction),
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
        ILLUSTRATIVE,
        "Whether the database has a replica, and what a commit waits for.\n\n\
         PostgreSQL's synchronous_standby_names is empty by default: replicas are asynchronous. `async`: a failover (fault `failover:source`) loses the commits of the last `lag`; `sync`: a commit takes `lag` \
         longer, and a failover loses none that was answered.",
    ),
    row_of("source.replica.lag", ANY, "1ms", ILLUSTRATIVE, "How far the replica is behind.\n\nDOMAIN 4 suggests 1 ms where a commit waits for it."),
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
        ILLUSTRATIVE,
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
];
