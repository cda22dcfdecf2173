//! The options of recoveries, of detectors and of the search; and the faults.

use super::{ANY, FROM_1MS, ILLUSTRATIVE, Row, Scope, row_of};
use crate::detect::DetectorKind;
use crate::kernel::time::Us;
use crate::recovery::{Compare, RecoveryKind};
use crate::scenario::kind::{Kind, MOST_EXACT};

/// What mends what differs.
pub const RECOVERY: &[Row] = &[
    row_of(
        "recovery.*.kind",
        Kind::Choice(RecoveryKind::IDS),
        "reconcile",
        "CONTRACT",
        "How it works.\n\nLeft out, it is what its id says, else reconcile.",
    )
    .except(&[("rebuild", "rebuild"), ("resnapshot", "resnapshot"), ("manual", "manual")]),
    row_of("recovery.*.store", Kind::Name, "all", ILLUSTRATIVE, "Which store it covers; `all`: every one."),
    row_of(
        "recovery.*.period",
        FROM_1MS,
        "30s",
        ILLUSTRATIVE,
        "From one pass to the next; the first begins after one.",
    ),
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
        ILLUSTRATIVE,
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
         An event that is lost meanwhile changes no row of the store: then an old row is written all the same, until another \
         pass. For a rebuild: whether a copied row gives way to a newer one. Without it, repairs write old rows over new ones.",
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
        ILLUSTRATIVE,
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
        "recovery.*.compare",
        Kind::Choice(Compare::IDS),
        "full-diff",
        "DOMAIN 2i",
        "What it compares first.\n\n\
         `counts`: one number a side. Equal numbers end the pass: a stale row, and a lost one beside a ghost, stay. \
         `checksum`: 64 sums a side. Where numbers or sums differ the rows behind them are read, and each is compared as \
         `full-diff` compares all of them. \
         `aligned`: all rows, both sides at one place of the source's log, so that nothing in flight differs and no grace is \
         needed; only outbox and cdc have such a log, and outbox not in commit order.",
    ),
    row_of(
        "recovery.*.incremental",
        Kind::Switch,
        "false",
        "DOMAIN 2f",
        "`resnapshot` under cdc only: whether the connector reads the rows in chunks while it follows the log (DBLog).\n\n\
         A pass is then a signal to it; a connector that restarts goes on at the chunk that its stored offset names.",
    ),
    row_of(
        "recovery.*.chunk",
        Kind::Count(1, super::MOST_KEYS),
        "1024",
        "S1",
        "`incremental` only: how many rows a chunk has (Debezium `incremental.snapshot.chunk.size`).",
    ).only(Scope::Cdc),
    row_of(
        "recovery.*.window",
        Kind::Switch,
        "true",
        "S19",
        "`incremental` only: whether a change that the log has between a chunk's watermarks drops the chunk's row of that \
         key.\n\nWithout it, a stale row of the chunk comes after the newer change.",
    ).only(Scope::Cdc),
    row_of(
        "recovery.*.read_from",
        Kind::Choice(&["leader", "replica"]),
        "leader",
        "DOMAIN 2i",
        "Where it reads the source's rows.\n\n\
         An asynchronous replica is behind by its lag: what is newer at a store looks wrong. With `versioned` a store's row \
         of a higher version is left alone, and so is a ghost of one.",
    ),
    row_of(
        "recovery.*.read_by",
        Kind::Choice(&["get", "search"]),
        "get",
        "DOMAIN 2c",
        "How it reads the rows of a search index.\n\n\
         `get` sees what is applied. `search` sees the last refresh (`stores.ID.refresh`): a row that is there already is \
         repaired, unless `grace` is longer than the refresh.",
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
];

/// What an operator watches.
pub const DETECTORS: &[Row] = &[
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
        ILLUSTRATIVE,
        "`checksum` and `full-diff`: it looks again at what it found after this span; 0: it says so at once.\n\n\
         Only rows that still differ, and that the store has not changed meanwhile, are flagged.",
    ),
    row_of(
        "detectors.*.sample",
        Kind::Probability,
        "1",
        ILLUSTRATIVE,
        "`checksum` and `full-diff`: the share of the rows that a look reads, drawn anew each time.",
    ),
    row_of(
        "detectors.*.read_by",
        Kind::Choice(&["get", "search"]),
        "get",
        "DOMAIN 2c",
        "`checksum` and `full-diff`: how it reads the rows of a search index.\n\n\
         `search` sees the last refresh (`stores.ID.refresh`): with a `grace` below it what is applied looks lost.",
    ),
];

/// What the explorer searches.
pub const EXPLORE: &[Row] = &[
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
