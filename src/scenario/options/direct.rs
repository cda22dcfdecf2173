//! The options of an app that makes the second write itself, or writes only the log.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::scenario::kind::Kind;
use crate::strategy::StrategyId;

/// The direct strategies.
pub const DIRECT: &[Row] = &[
    row_of(
        "direct.publish",
        Kind::Choice(&["request-thread", "background"]),
        "request-thread",
        "CONTRACT",
        "Whether the client is answered after the second write (`request-thread`) or before it (`background`).",
    )
    .only(Scope::Answered),
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
        "How often the second write is tried; 0: without end.\n\nKafka's producer tries for delivery.timeout.ms, 120 s (S8).",
    )
    .only(Scope::Direct),
    row_of("direct.retry.timeout", FROM_1MS, "30s", "S8", "How long one try may take: Kafka's request.timeout.ms.").only(Scope::Direct),
    row_of("direct.retry.backoff", FROM_1MS, "100ms", "S8", "The pause between two tries: Kafka's retry.backoff.ms.\n\nKafka's doubles with each try, up to 1 s.").only(Scope::Direct),
    row_of(
        "direct.retry.blocking",
        Kind::Switch,
        "false",
        ILLUSTRATIVE,
        "Whether later second writes wait behind one that is being tried again.",
    )
    .only(Scope::Tried),
    row_of(
        "direct.on_give_up",
        Kind::Choice(&["leave", "compensate"]),
        "leave",
        "DOMAIN 2d",
        "What the app does when it gives its second write up.\n\n\
         `leave`: nothing. `compensate` (a saga): it takes its change back in a transaction of its own, tells the second \
         system so, and answers that it failed. The cancel can overtake the very call that it cancels.",
    )
    .only(Scope::Of(StrategyId::DirectDbFirst)),
];

/// The client library's buffer.
pub const BUFFER: &[Row] = &[
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
];

/// An app that writes only the log.
pub const LISTEN: &[Row] = &[
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
];
