//! How what differs is mended: one file a machine. They are nodes: they cost, take time, crash, and race with live traffic.

pub mod incremental;
pub mod rebuild;
pub mod reconcile;

use crate::strategy::CrashPoint;
use crate::strategy::machine::{Step, Verb};

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 8] = [
    (
        "recovery: reconcile",
        "modelled",
        "reads source, then store, compares with grace and recheck, repairs row by row, directly or through the pipeline",
    ),
    (
        "recovery: counts and checksums",
        "simplified",
        "a node goes over all its rows for one count, or 64 sums by key, and hands over no row; the rows of the buckets that \
         differ are read in a second snapshot. Equal counts end a pass",
    ),
    (
        "recovery: position-aligned",
        "simplified",
        "the source is asked for its rows as of the place in the log that the store has reached; pt-table-checksum sends the \
         question through the log and waits for it. Exact where the log is in commit order: cdc",
    ),
    (
        "recovery: slices",
        "simplified",
        "a pass reads the whole table in one snapshot, as it stands when the read begins",
    ),
    (
        "recovery: stores with effects",
        "absent",
        "an effect cannot be taken back: only rows that are states are repaired",
    ),
    (
        "recovery: rebuild",
        "simplified",
        "an index is copied beside the old one, fed from the recorded position, and swapped; a cache is emptied and warmed",
    ),
    (
        "recovery: incremental snapshot",
        "simplified",
        "DBLog in the connector: chunks between watermarks, a window that drops what the log has newer, progress in the stored \
         offset. The place of a watermark comes with the answer to its write, not in the stream; the next chunk is read when \
         the last one is published; a second signal meanwhile changes nothing",
    ),
    (
        "recovery: resnapshot",
        "simplified",
        "a job that publishes every row again, for every strategy; no deletes, as there",
    ),
];

crate::ids! {
    /// How a recovery works.
    pub enum RecoveryKind {
        /// Compares source and stores now and then, and repairs what differs.
        Reconcile = "reconcile",
        /// Makes a store anew from the source, beside the old one.
        Rebuild = "rebuild",
        /// Publishes every row of the source again.
        Resnapshot = "resnapshot",
        /// A person compares and repairs by hand, once, at a person's rate.
        Manual = "manual",
    }
}

/// What a machine may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// How it works.
    pub kind: RecoveryKind,
    /// How many stores it covers.
    pub stores: u32,
    /// Whether it looks again before it repairs.
    pub recheck: bool,
    /// Whether a rebuild records the log's position before it copies (`true`), or after.
    pub position_first: bool,
    /// Whether it asks for counts or sums before it reads rows.
    pub sums: bool,
    /// Whether it reads the stores first, and the source as of where they are.
    pub aligned: bool,
    /// Whether a pass is no more than a signal to the connector.
    pub signals: bool,
}

crate::ids! {
    /// What a reconciliation compares first.
    pub enum Compare {
        /// The rows.
        FullDiff = "full-diff",
        /// Numbers of rows.
        Counts = "counts",
        /// A checksum over each bucket of rows.
        Checksum = "checksum",
        /// The rows, both sides at one place of the log.
        Aligned = "aligned",
    }
}

/// Where a pass is. `at` counts stores, or rows to repair, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It waits for its next pass.
    #[default]
    Idle,
    /// It asks for counts or sums.
    Summing {
        /// Whose: 0: the source's; from 1 on: a store's.
        at: u32,
    },
    /// It compares counts or sums: which rows are to be read?
    Narrowing,
    /// It reads the source, perhaps again.
    Source {
        /// For the second time in this pass.
        again: bool,
    },
    /// It reads a store.
    Store {
        /// Which.
        at: u32,
        /// For the second time in this pass.
        again: bool,
    },
    /// It compares.
    Comparing {
        /// For the second time in this pass.
        again: bool,
    },
    /// It waits before it looks again.
    Settling,
    /// It waits before its first repair.
    Delaying {
        /// How many rows are to be repaired.
        n: u32,
    },
    /// A repair is on its way.
    Repairing {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
    },
    /// It waits before its next repair.
    Pausing {
        /// Which is next.
        at: u32,
        /// Of how many.
        n: u32,
    },
    /// The new store is opened, and fed from here on.
    Opening {
        /// Which.
        at: u32,
    },
    /// Rows are copied into the new store.
    Copying {
        /// Which.
        at: u32,
    },
    /// The new store takes the old one's place.
    Swapping {
        /// Which.
        at: u32,
    },
}

/// What a machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A pass is due.
    Due,
    /// What it asked for is done.
    Done,
    /// It failed, or nobody answered in time.
    Failed,
    /// The time that it waited is over.
    Elapsed,
    /// So many rows are to be repaired.
    Found(u32),
}

/// What a machine asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask the connector, through the source, for an incremental snapshot.
    Signal,
    /// Ask the source for its counts or sums.
    SumSource,
    /// Ask a store for them.
    SumStore(u32),
    /// Compare counts or sums.
    Narrow,
    /// Read the source's rows.
    ReadSource,
    /// Read a store's rows.
    ReadStore(u32),
    /// Compare what was read.
    Compare,
    /// Wait before looking again.
    Settle,
    /// Wait before the first repair.
    Delay,
    /// Repair a row.
    Repair(u32),
    /// Wait before the next repair.
    Pause,
    /// Open the new store, and feed it.
    Open(u32),
    /// Copy what was read into the new store.
    Copy(u32),
    /// Put the new store in the old one's place.
    Swap(u32),
    /// The pass is over.
    Finish,
    /// The pass is given up.
    GiveUp,
}

/// One arrow: the next state, the crash point that is passed before it asks, and what it asks for.
pub type Arrow = (State, Option<CrashPoint>, Option<Command>);

/// One arrow of a kind's machine.
#[must_use]
pub fn step(knobs: &Knobs, state: State, event: Event) -> Arrow {
    match knobs.kind {
        RecoveryKind::Rebuild => rebuild::step(knobs, state, event),
        RecoveryKind::Reconcile | RecoveryKind::Resnapshot | RecoveryKind::Manual => {
            reconcile::step(knobs, state, event)
        }
    }
}

impl RecoveryKind {
    /// The steps of a pass as the stage lists them.
    #[must_use]
    pub const fn steps(self) -> &'static [Step] {
        match self {
            RecoveryKind::Reconcile | RecoveryKind::Manual => &[
                Step { verb: Verb::Scan, gap: Some(CrashPoint::ReconcileReadCompare) },
                Step { verb: Verb::Compare, gap: Some(CrashPoint::ReconcileCompareRepair) },
                Step { verb: Verb::Repair, gap: Some(CrashPoint::ReconcileRepairNext) },
            ],
            RecoveryKind::Resnapshot => &[
                Step { verb: Verb::Scan, gap: Some(CrashPoint::ResnapshotReadPublish) },
                Step { verb: Verb::Publish, gap: Some(CrashPoint::ResnapshotPublishNext) },
            ],
            RecoveryKind::Rebuild => &[
                Step { verb: Verb::Position, gap: Some(CrashPoint::RebuildPositionCopy) },
                Step { verb: Verb::Scan, gap: None },
                Step { verb: Verb::Copy, gap: Some(CrashPoint::RebuildCopySwap) },
                Step { verb: Verb::Swap, gap: None },
            ],
        }
    }

    /// The options that mean something to it, besides `kind`, `store`, `read_row` and `timeout`.
    #[must_use]
    pub const fn options(self) -> &'static [&'static str] {
        match self {
            RecoveryKind::Reconcile => &[
                "period",
                "grace",
                "recheck",
                "repair",
                "repair_delay",
                "versioned",
                "throttle",
                "sample",
                "direction",
                "compare",
                "read_from",
                "read_by",
            ],
            RecoveryKind::Rebuild => &["period", "versioned", "position", "read_from"],
            RecoveryKind::Resnapshot => {
                &["period", "repair_delay", "throttle", "sample", "read_from", "incremental", "chunk", "window"]
            }
            RecoveryKind::Manual => &[
                "notice_after",
                "rate",
                "grace",
                "recheck",
                "repair",
                "repair_delay",
                "versioned",
                "sample",
                "direction",
                "compare",
                "read_from",
                "read_by",
            ],
        }
    }

    /// Before the dot in the ids of its crash points.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            RecoveryKind::Reconcile | RecoveryKind::Manual => "reconcile.",
            RecoveryKind::Resnapshot => "resnapshot.",
            RecoveryKind::Rebuild => "rebuild.",
        }
    }
}
