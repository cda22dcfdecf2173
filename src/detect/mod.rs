//! What an operator could have known: one file a detector, one row here. Each sees `Observed` only.
//!
//! What it sees has no way to the truth: [`Observed`] has no ledger, no judgement, no strategy.
//!
//! ```
//! use driftscope::world::observe::Observed;
//! fn look(observed: &Observed<'_>) -> u64 { observed.source_rows }
//! ```
//! ```compile_fail
//! use driftscope::world::observe::Observed;
//! fn look(observed: &Observed<'_>) -> u64 { observed.ledger.committed }
//! ```
//! ```compile_fail
//! use driftscope::{detect::{DetectorKind, Memory, Settings}, truth::judge::Judgement};
//! fn look(truth: &Judgement) { DetectorKind::FullDiff.look(truth, &Settings::default(), &mut Memory::default()); }
//! ```

use crate::kernel::time::Us;
use crate::world::ids::Key;
use crate::world::observe::Observed;

pub mod canary;
pub mod checksum;
pub mod count_compare;
pub mod full_diff;
pub mod offset_lag;
pub mod outbox_age;
pub mod publish_failure_rate;
pub mod sequence_audit;

crate::ids! {
    /// A detector.
    pub enum DetectorKind {
        /// How many calls of the second write failed since the last look.
        PublishFailureRate = "publish-failure-rate",
        /// How far the consumers are behind: the log's end, or the source's version.
        OffsetLag = "offset-lag",
        /// How much the number of rows differs.
        CountCompare = "count-compare",
        /// Which versions, or event ids, did not come, or came twice.
        SequenceAudit = "sequence-audit",
        /// How much waits too long to be published.
        OutboxAge = "outbox-age",
        /// How many buckets of rows have another checksum.
        Checksum = "checksum",
        /// How many rows differ.
        FullDiff = "full-diff",
        /// How many changes of a row of its own have not come in time.
        Canary = "canary",
    }
}

/// What a detector is told to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What is younger is not looked at.
    pub grace: Us,
    /// `offset-lag` only: measure against the source's version instead of the log's end.
    pub source_version: bool,
    /// `sequence-audit` only: event ids instead of versions.
    pub by_event: bool,
    /// `full-diff` only: only what the source has is looked for.
    pub one_way: bool,
}

/// What a detector keeps from look to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Failed calls at the last look.
    pub failed: u64,
    /// Ended calls at the last look.
    pub ended: u64,
    /// By store: up to which event id it has looked, and which of those are not yet done with.
    pub open: Vec<(usize, Vec<u32>)>,
}

/// What one look saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The number that is held against the threshold.
    pub value: u64,
    /// Out of how many, where that means something.
    pub of: u64,
    /// The rows that it flags: store and key.
    pub rows: Vec<(u16, Key)>,
}

impl Look {
    /// A look that flags no row.
    #[must_use]
    pub const fn of(value: u64, of: u64) -> Look {
        Look { value, of, rows: Vec::new() }
    }
}

impl DetectorKind {
    /// One look.
    #[must_use]
    pub fn look(self, observed: &Observed<'_>, settings: &Settings, memory: &mut Memory) -> Look {
        match self {
            DetectorKind::PublishFailureRate => publish_failure_rate::look(observed, memory),
            DetectorKind::OffsetLag => offset_lag::look(observed, settings),
            DetectorKind::CountCompare => count_compare::look(observed),
            DetectorKind::SequenceAudit => sequence_audit::look(observed, settings, memory),
            DetectorKind::OutboxAge => outbox_age::look(observed, settings),
            DetectorKind::Checksum => checksum::look(observed, settings),
            DetectorKind::FullDiff => full_diff::look(observed, settings),
            DetectorKind::Canary => canary::look(observed, settings),
        }
    }

    /// Whether it reads the stores; one that reads none stands for all of them.
    #[must_use]
    pub const fn reads_stores(self) -> bool {
        !matches!(self, DetectorKind::PublishFailureRate | DetectorKind::OutboxAge)
    }

    /// Whether it reads rows.
    #[must_use]
    pub const fn reads_rows(self) -> bool {
        matches!(self, DetectorKind::Checksum | DetectorKind::FullDiff)
    }

    /// The options that mean something to it, besides `kind`, `period` and `threshold`.
    #[must_use]
    pub const fn options(self) -> &'static [&'static str] {
        match self {
            DetectorKind::PublishFailureRate | DetectorKind::CountCompare => &[],
            DetectorKind::OffsetLag => &["against", "grace"],
            DetectorKind::SequenceAudit => &["by", "grace"],
            DetectorKind::OutboxAge | DetectorKind::Canary => &["grace"],
            DetectorKind::Checksum => &["grace", "recheck", "sample", "read_by"],
            DetectorKind::FullDiff => &["grace", "recheck", "sample", "direction", "read_by"],
        }
    }

    /// What it saw, in words: `0 of 32 calls failed`.
    #[must_use]
    pub fn words(self, value: u64, of: u64) -> String {
        match self {
            DetectorKind::PublishFailureRate => format!("{value} of {of} calls failed"),
            DetectorKind::OffsetLag if value == 0 => "0 behind".to_owned(),
            DetectorKind::OffsetLag => format!("{value} behind"),
            DetectorKind::CountCompare if value == 0 => format!("counts are equal, {of} rows"),
            DetectorKind::CountCompare => format!("counts differ by {value}"),
            DetectorKind::SequenceAudit => format!("{value} rows with a gap or a repeat"),
            DetectorKind::OutboxAge => format!("{value} of {of} that wait are too old"),
            DetectorKind::Checksum => format!("{value} of {of} checksums differ"),
            DetectorKind::FullDiff => format!("{value} of {of} rows differ"),
            DetectorKind::Canary => format!("{value} of {of} canaries overdue"),
        }
    }
}

#[cfg(test)]
mod tests;
