//! `full-diff`: row by row, version and content of source and store.
//!
//! In both directions it sees every difference of rows, once they are older than its grace. From source to target only,
//! it never asks for what the source does not have: lost deletes and ghosts stay (DOMAIN 3.2).

use super::{Look, Settings};
use crate::world::ids::Key;
use crate::world::observe::{NO_ROW, Observed, ObservedRow, ObservedStore};

/// One look: how many rows differ, of how many read.
#[must_use]
pub fn look(observed: &Observed<'_>, settings: &Settings) -> Look {
    let mut rows = Vec::new();
    for (store, at) in observed.stores.iter().enumerate() {
        let differs = |key: &&Key| differs(observed, at, **key, settings);
        rows.extend(observed.keys.iter().filter(differs).map(|key| (store as u16, *key)));
    }
    Look { value: rows.len() as u64, of: (observed.keys.len() * observed.stores.len()) as u64, rows }
}

/// Whether a row of a store differs from the source's, and neither was changed within the grace.
pub(super) fn differs(observed: &Observed<'_>, store: &ObservedStore<'_>, key: Key, settings: &Settings) -> bool {
    let (Some(ours), Some(theirs)) = (observed.source.get(key.index()), store.table.get(key.index())) else {
        return false;
    };
    let settled = |changed| observed.now.since(changed) >= settings.grace;
    !same(ours, theirs, store.misses, settings.one_way) && settled(ours.changed) && settled(theirs.changed)
}

/// Whether a store's row is as the source's. `misses`: one that it does not have is a miss; `one_way`: nobody asks for what
/// the source does not have.
#[must_use]
pub fn same(ours: &ObservedRow, theirs: &ObservedRow, misses: bool, one_way: bool) -> bool {
    match (ours.present, theirs.present) {
        (true, true) => ours.content == theirs.content,
        (true, false) => misses && theirs.content != NO_ROW,
        (false, shown) => !shown || one_way,
    }
}
