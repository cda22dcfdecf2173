//! What an operator could have known: one file a detector, one row here. Each sees `Observed` only.

use crate::world::observe::Observed;

pub mod count_compare;
pub mod offset_lag;
pub mod publish_failure_rate;

crate::ids! {
    /// A detector.
    pub enum DetectorKind {
        /// How many calls of the second write failed since the last look.
        PublishFailureRate = "publish-failure-rate",
        /// How far the consumers are behind: the log's end, or the source's version.
        OffsetLag = "offset-lag",
        /// How much the number of rows differs.
        CountCompare = "count-compare",
    }
}

/// What a detector keeps from look to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Failed calls at the last look.
    pub failed: u64,
    /// Ended calls at the last look.
    pub ended: u64,
}

/// What one look saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The number that is held against the threshold.
    pub value: u64,
    /// Out of how many, where that means something.
    pub of: u64,
}

impl DetectorKind {
    /// One look.
    #[must_use]
    pub fn look(self, observed: &Observed, source_version: bool, memory: &mut Memory) -> Look {
        match self {
            DetectorKind::PublishFailureRate => publish_failure_rate::look(observed, memory),
            DetectorKind::OffsetLag => offset_lag::look(observed, source_version),
            DetectorKind::CountCompare => count_compare::look(observed),
        }
    }

    /// Whether it reads the stores; one that reads none stands for all of them.
    #[must_use]
    pub const fn reads_stores(self) -> bool {
        match self {
            DetectorKind::PublishFailureRate => false,
            DetectorKind::OffsetLag | DetectorKind::CountCompare => true,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::observe::{CallCounters, ObservedStore};

    #[test]
    fn what_each_sees_and_misses() {
        let store = |rows, offset_lag, position| ObservedStore { rows, offset_lag, position };
        let mut seen = Observed {
            source_rows: 33,
            source_commits: 40,
            publish: CallCounters { ended: 32, failed: 0 },
            stores: vec![store(32, 0, 39), store(33, 2, 40)],
        };
        let mut memory = Memory::default();
        let look =
            |kind: DetectorKind, seen: &Observed, version, memory: &mut Memory| kind.look(seen, version, memory).value;
        assert_eq!(look(DetectorKind::PublishFailureRate, &seen, false, &mut memory), 0, "a crash is no failed call");
        assert_eq!(look(DetectorKind::OffsetLag, &seen, false, &mut memory), 2);
        assert_eq!(look(DetectorKind::OffsetLag, &seen, true, &mut memory), 1, "the last event is missing");
        assert_eq!(look(DetectorKind::CountCompare, &seen, false, &mut memory), 1);
        seen.publish = CallCounters { ended: 40, failed: 3 };
        assert_eq!(DetectorKind::PublishFailureRate.look(&seen, false, &mut memory), Look { value: 3, of: 8 });
        assert_eq!(look(DetectorKind::PublishFailureRate, &seen, false, &mut memory), 0, "since the last look");
    }
}
