//! `checksum`: a checksum over each bucket of rows, at both sides; where two differ, it looks at the bucket's rows.
//!
//! It sees what a full diff sees and moves far fewer bytes; rows in flight make it drill down in vain, so that its grace
//! counts there (DOMAIN 2i).

use super::{Look, Settings, full_diff};
use crate::kernel::hash;
use crate::world::ids::Key;
use crate::world::observe::{Observed, ObservedRow};

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 3] = [
    (
        "detector: checksum",
        "simplified",
        "64 buckets by key, all read at one instant; pt-table-checksum aligns both sides by their place in the log",
    ),
    (
        "detector: a repeated effect",
        "simplified",
        "checksum and full-diff compare the newest change of a row, not how often it took effect: one that came twice in a row \
         is seen by sequence-audit only; a real comparison of balances sees it",
    ),
    (
        "detector: count-compare",
        "simplified",
        "counts the rows of a store, not its effects, and has no grace: what is in flight differs too",
    ),
];

/// How many buckets there are.
const BUCKETS: usize = 64;

/// One look: how many buckets have rows that differ, of how many.
#[must_use]
pub fn look(observed: &Observed<'_>, settings: &Settings) -> Look {
    let (mut rows, mut bad) = (Vec::new(), 0);
    for (store, at) in observed.stores.iter().enumerate() {
        // A cache is asked for what it has: what it does not have is a miss.
        let has = |key: Key| !at.misses || at.table.get(key.index()).is_some_and(|row| row.present);
        let sums = |table: &[ObservedRow]| {
            let mut sums = [0u64; BUCKETS];
            for key in observed.keys.iter().filter(|key| has(**key)) {
                sums[key.index() % BUCKETS] ^= table.get(key.index()).map_or(0, |row| mix(*key, row));
            }
            sums
        };
        let (ours, theirs) = (sums(&observed.source), sums(&at.table));
        for bucket in (0..BUCKETS).filter(|bucket| ours[*bucket] != theirs[*bucket]) {
            let inside = observed.keys.iter().filter(|key| key.index() % BUCKETS == bucket);
            let differs = |key: &&Key| full_diff::differs(observed, at, **key, settings);
            let before = rows.len();
            rows.extend(inside.filter(differs).map(|key| (store as u16, *key)));
            bad += u64::from(rows.len() > before);
        }
    }
    Look { value: bad, of: (BUCKETS * observed.stores.len()) as u64, rows }
}

/// What a row adds to its bucket's sum; 0 for none.
fn mix(key: Key, row: &ObservedRow) -> u64 {
    if !row.present {
        return 0;
    }
    hash::of(&(u64::from(key.0) << 32 | u64::from(row.content)).to_le_bytes())
}
