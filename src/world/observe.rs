//! `Observed`: the part of the world that a real operator can query. Detectors get this and nothing else.

/// What the operator's dashboards and queries show at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// `select count(*)` at the source.
    pub source_rows: u64,
    /// How many row changes the source has committed: its newest position.
    pub source_commits: u64,
    /// The app's own counters of its second write, since its metrics were first read.
    pub publish: CallCounters,
    /// By store.
    pub stores: Vec<ObservedStore>,
}

/// Counters of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounters {
    /// Calls that were answered, or timed out.
    pub ended: u64,
    /// Those of them that failed or timed out.
    pub failed: u64,
}

/// What can be seen of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObservedStore {
    /// How many rows it says it has.
    pub rows: u64,
    /// The log's end minus the group's committed offset, over all partitions; 0 where there is no group.
    pub offset_lag: u64,
    /// The newest source position that it has applied.
    pub position: u64,
}
