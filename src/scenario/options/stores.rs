//! The options of the derived stores and their consumers.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::scenario::kind::Kind;
use crate::strategy::StrategyId;
use crate::world::ids::{Apply, CommitMode, Durable, StoreKind};

/// The derived stores and their consumers.
pub const STORES: &[Row] = &[
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
    row_of("stores.*.service", Kind::Distribution, "10ms", ILLUSTRATIVE, "How long applying an event takes.\n\nAs DOMAIN 4 suggests.")
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
        "stores.*.negative_ttl",
        ANY,
        "0s",
        ILLUSTRATIVE,
        "How long a cache keeps that there is no row (a negative entry); 0s: a reader that finds none puts nothing.\n\n\
         It is dropped like any entry by the event that makes the row. Where that never comes, readers are told that there is \
         no row. In the drain no entry's time is over.",
    ),
    row_of(
        "stores.*.set_delay",
        Kind::Distribution,
        "0s",
        ILLUSTRATIVE,
        "How long a reader takes from its read of the database until it puts the row into the cache.\n\n\
         A write in between leaves the old row there: the stale set.",
    ),
    row_of(
        "stores.*.delete_delay",
        ANY,
        "0s",
        ILLUSTRATIVE,
        "How long after the commit an entry is dropped once more (the delayed double delete, S32); 0s: it is not.",
    ),
    row_of(
        "stores.*.lease",
        Kind::Switch,
        "false",
        ILLUSTRATIVE,
        "Whether a reader that finds nothing gets a lease, which a write makes void.\n\n\
         What a reader puts without a lease that holds is refused (Scaling Memcache, S31).",
    ),
    row_of("stores.*.lease_ttl", FROM_1MS, "10s", "S31", "How long a lease holds, and keeps other readers from one."),
    row_of(
        "stores.*.key_ttl",
        ANY,
        "24h",
        "S38",
        "How long a service remembers a client's key (`workload.client.idempotency_key`), or a cancel.\n\n\
         After that the same key has its effect again.",
    ),
    row_of(
        "stores.*.cancel",
        Kind::Choice(&["forget", "remember"]),
        "forget",
        "DOMAIN 2d",
        "What a store with effects does when it is told to take back what it has not had (`direct.on_give_up`).\n\n\
         `forget`: nothing, and the call has its effect when it comes late. `remember`: it keeps the id of the call for \
         `key_ttl`, as a tombstone, and refuses the call.",
    )
    .only(Scope::Of(StrategyId::DirectDbFirst)),
    row_of(
        "stores.*.consumer.max_poll",
        Kind::Count(1, 100_000),
        "500",
        "S9",
        "How many events a consumer takes per poll, and applies before it commits its offset.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.members",
        Kind::Count(1, 16),
        "1",
        ILLUSTRATIVE,
        "How many members the consumer group has: `ID-consumer`, `ID-consumer-2` ...\n\n\
         Each partition belongs to one of them (Kafka's range assignor); who is one too many has none.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.session_timeout",
        FROM_1MS,
        "45s",
        "S9",
        "How long nothing may be heard of a member before the broker gives its partitions to others.\n\n\
         A member that is back before that goes on in its own place (`group.instance.id`).",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.heartbeat",
        FROM_1MS,
        "3s",
        "S9",
        "How often a member tells the broker that it lives.\n\n\
         The session runs from the last heartbeat before a crash, not from the crash.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.max_poll_interval",
        FROM_1MS,
        "5m",
        "S9",
        "How long a member may work on what one poll returned before it is out of the group.\n\n\
         It does not know, and works on as a zombie: the store takes what it sends, its commit is refused, and whoever \
         has its partitions now reads them from the committed offset. At its next poll it joins again. A retry counts as a \
         poll, as where the consumer pauses its partitions and polls on.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.process",
        Kind::Distribution,
        "0s",
        ILLUSTRATIVE,
        "How long the consumer itself works on an event before it calls the store.",
    )
    .only(Scope::Broker),
    row_of(
        "stores.*.consumer.retry",
        FROM_1MS,
        "100ms",
        ILLUSTRATIVE,
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
        ILLUSTRATIVE,
        "When the consumer commits its offset.\n\n\
         Kafka's default is `auto` (S9); its design page tells `before` from `after` (S12). `before` it applies what it polled: a crash loses it; `after`: a crash repeats it; `auto`: in a later poll, every \
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
        ILLUSTRATIVE,
        "How often the consumer tries before it skips an event or puts it aside.\n\nSpring Kafka tries ten times, as far as we know (DOMAIN 8).",
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
        ILLUSTRATIVE,
        "How long the store remembers which events it has had; 0s: it has no inbox.\n\nNServiceBus keeps 7d (S29), MassTransit 30m (S25).",
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
        ILLUSTRATIVE,
        "How many random bits an event's id has.\n\nA UUIDv4 has 122. Two events with one id are one to the inbox: the second is dropped.",
    ),
    row_of(
        "stores.*.refresh",
        ANY,
        "1s",
        "S36",
        "How often a search index makes what it has applied visible to a search; 0s: at once.\n\n\
         Elasticsearch's `refresh_interval`. A get sees a document at once, and rows are judged by get: only a detector or a \
         recovery that reads by search (`read_by`) sees the index as its last refresh has left it.",
    ),
    row_of("stores.*.tombstone.ttl", ANY, "60s", "S35", "How long a deleted key's version is remembered."),
    row_of(
        "stores.*.tombstone.durable",
        Kind::Choice(Durable::IDS),
        "since-last-flush",
        "DOMAIN 2c",
        "What survives of the tombstones when the store crashes.",
    ),
    row_of("stores.*.tombstone.flush", FROM_1MS, "30s", ILLUSTRATIVE, "How often the store flushes."),
];
