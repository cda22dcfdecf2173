//! `count-compare`: how much the number of rows differs from the source's.
//!
//! Losses and ghosts cancel in a count, and an update changes none: equal counts prove nothing (DOMAIN 0.10, 3.2).

use super::Look;
use crate::world::observe::{Observed, ObservedStore};

/// One look: the largest difference over the stores.
#[must_use]
pub fn look(observed: &Observed<'_>) -> Look {
    let differs = |store: &ObservedStore<'_>| observed.source_rows.abs_diff(store.rows);
    Look::of(observed.stores.iter().map(differs).max().unwrap_or(0), observed.source_rows)
}
