//! `sequence-audit`: what came to a store's consumer, counted.
//!
//! By version: a gap in the versions of a row is a lost event, seen when the next one of that row comes; the last event of
//! a row leaves no gap. By event id: the outbox's ids against the inbox's, which sees the last one too, and ghosts. Where
//! an event that comes twice has its effect twice, it counts repeats (DOMAIN 3.2). A stale set of a cache is no event.

use super::{Look, Memory, Settings};
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::world::ids::Key;
use crate::world::observe::{Observed, ObservedStore};

/// One look: how many rows have a gap, a repeat or an id that is at one side only.
#[must_use]
pub fn look(observed: &Observed<'_>, settings: &Settings, memory: &mut Memory) -> Look {
    let mut rows: Vec<(u16, Key)> = Vec::new();
    memory.open.resize(observed.stores.len(), (0, Vec::new()));
    for (store, at) in observed.stores.iter().enumerate() {
        let mut keys =
            if settings.by_event { by_event(observed, at, settings, &mut memory.open[store]) } else { by_version(at) };
        sort(&mut keys);
        keys.dedup();
        rows.extend(keys.into_iter().map(|key| (store as u16, key)));
    }
    Look { value: rows.len() as u64, of: 0, rows }
}

fn by_version(store: &ObservedStore<'_>) -> Vec<Key> {
    let bad = |key: &u32| {
        let sequence = &store.sequences[*key as usize];
        !sequence.gaps.is_empty() || (store.effects && sequence.repeats > 0)
    };
    (0..store.sequences.len() as u32).filter(bad).map(Key).collect()
}

/// The rows whose ids do not match; `open`: up to which id all was looked at, and which of them were open.
fn by_event(
    observed: &Observed<'_>,
    store: &ObservedStore<'_>,
    settings: &Settings,
    (from, open): &mut (usize, Vec<u32>),
) -> Vec<Key> {
    open.extend(*from as u32..observed.events.len() as u32);
    *from = observed.events.len();
    let old = |at: Us| at != Us::NEVER && observed.now.since(at) >= settings.grace;
    let mut keys = Vec::new();
    open.retain(|&event| {
        let known = observed.events[event as usize];
        let (times, last) = store.inbox.get(event as usize).copied().unwrap_or((0, Us::NEVER));
        let bad = match (known.committed != Us::NEVER, times) {
            (true, 0) => old(known.committed),
            (true, 1) => false,
            (true, _) => store.effects,
            (false, 0) => false,
            (false, _) => old(last),
        };
        if bad {
            keys.push(known.key);
        }
        // Where a repeat does no harm, what came once and is committed is done.
        bad || store.effects || known.committed == Us::NEVER || times == 0
    });
    keys
}
