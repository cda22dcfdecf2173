//! `offset-lag`: how far the consumers are behind.
//!
//! Against the log's end it measures delay only: what never entered the log is not behind in it. Against the source's
//! version it sees a lost last event, until a later one overtakes it (DOMAIN 3.2).

use super::Look;
use crate::world::observe::Observed;

/// One look: the largest lag over the stores.
#[must_use]
pub fn look(observed: &Observed, source_version: bool) -> Look {
    let behind = |store: &crate::world::observe::ObservedStore| {
        if source_version { observed.source_commits.saturating_sub(store.position) } else { store.offset_lag }
    };
    Look { value: observed.stores.iter().map(behind).max().unwrap_or(0), of: 0 }
}
