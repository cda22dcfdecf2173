//! The options of the outbox and its relay.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::scenario::kind::{Kind, LONGEST_RUN};
use crate::scenario::plan::Cursor;
use crate::world::outbox::Claim;
use crate::world::record::PoisonPolicy;

/// The outbox and its relay.
pub const OUTBOX: &[Row] = &[
    row_of("outbox.poll", FROM_1MS, "1s", "S22", "How often the relay looks.\n\nA reference implementation; MassTransit looks every 5 s (S25), beside a notification in the process.").only(Scope::Outbox),
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
    row_of("outbox.batch", Kind::Count(0, 100_000), "100", "S25", "How many rows the relay takes at a time; 0: all.\n\nMassTransit's delivery limit.")
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
    row_of("outbox.gap_timeout", ANY, "5s", "S58", "How long a gap in the numbers is waited for (`gap-timeout`): Eventuous.")
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
        ILLUSTRATIVE,
        "Whether the transaction deletes its outbox row again, as Debezium's Quarkus extension does (S5).\n\n\
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
    row_of("outbox.timeout", FROM_1MS, "30s", "S8", "How long the relay waits for an answer: Kafka's request.timeout.ms.").only(Scope::Outbox),
    row_of(
        "outbox.retry.attempts",
        Kind::Count(0, 1_000_000),
        "1",
        ILLUSTRATIVE,
        "How often the relay's client library sends a row before the relay hears that it failed; 0: without end.\n\n\
         Kafka's producer tries for delivery.timeout.ms, 120 s (S8).",
    )
    .only(Scope::Outbox),
    row_of("outbox.retry.backoff", FROM_1MS, "100ms", "S8", "The pause between two of these tries: Kafka's retry.backoff.ms.\n\nKafka's doubles with each try, up to 1 s.")
        .only(Scope::Outbox),
];
