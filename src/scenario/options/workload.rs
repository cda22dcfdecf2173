//! The options of what the clients do.

use super::{FROM_1MS, ILLUSTRATIVE, MOST_KEYS, MOST_STORES, Row, row_of};
use crate::scenario::kind::Kind;

/// What the clients do.
pub const WORKLOAD: &[Row] = &[
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
    row_of(
        "workload.mix.insert",
        Kind::Probability,
        "0.05",
        ILLUSTRATIVE,
        "Share of inserts.\n\nAs DOMAIN 4 suggests.",
    ),
    row_of("workload.mix.update", Kind::Probability, "0.9", ILLUSTRATIVE, "Share of updates.\n\nAs DOMAIN 4 suggests."),
    row_of(
        "workload.mix.delete",
        Kind::Probability,
        "0.05",
        ILLUSTRATIVE,
        "Share of deletes.\n\nAs DOMAIN 4 suggests.",
    ),
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
    row_of(
        "workload.client.timeout",
        FROM_1MS,
        "1s",
        ILLUSTRATIVE,
        "How long a client waits for an answer.\n\nAs DOMAIN 4 suggests for HTTP.",
    ),
    row_of("workload.client.retries", Kind::Count(0, 100), "0", ILLUSTRATIVE, "How often a client asks again."),
    row_of(
        "workload.client.idempotency_key",
        Kind::Switch,
        "false",
        ILLUSTRATIVE,
        "Whether a client's request carries a key that stays the same when it asks again (S37).\n\n\
         The app makes the change once: its database refuses a second commit under one key, except that of \
         `listen-to-yourself`, which commits what is public already. A service has one effect for all calls of one key.",
    ),
];
