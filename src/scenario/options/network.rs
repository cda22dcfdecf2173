//! The options of nodes and links.

use super::{FROM_1MS, ILLUSTRATIVE, Row, row_of};
use crate::scenario::kind::Kind;
use crate::scenario::plan::LinkOrder;

/// Anything that can crash.
pub const NODES: &[Row] = &[
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
];

/// Network paths.
pub const LINKS: &[Row] = &[
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
];
