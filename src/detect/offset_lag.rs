//! `offset-lag`: how far the consumers are behind.
//!
//! Against the log's end it measures delay only: what never entered the log is not behind in it. Against the source's
//! version it sees a lost last event, until a later one overtakes it (DOMAIN 3.2).

use super::{Look, Settings};
use crate::world::observe::{Observed, ObservedStore};

/// One look: the largest lag over the stores. Against the source's version, commits younger than the grace do not count.
#[must_use]
pub fn look(observed: &Observed<'_>, settings: &Settings) -> Look {
    let old = observed.commits.partition_point(|at| observed.now.since(*at) >= settings.grace) as u64;
    let behind = |store: &ObservedStore<'_>| {
        if settings.source_version { old.saturating_sub(store.position) } else { store.offset_lag }
    };
    Look::of(observed.stores.iter().map(behind).max().unwrap_or(0), 0)
}
