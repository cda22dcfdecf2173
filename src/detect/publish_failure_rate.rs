//! `publish-failure-rate`: how many calls of the second write failed since the last look.
//!
//! Blind to a crash between the two writes (nothing was called, so nothing failed), to a ghost and to anything after the
//! call (DOMAIN 3.2).

use super::{Look, Memory};
use crate::world::observe::Observed;

/// One look: failed calls since the last one, of how many.
#[must_use]
pub fn look(observed: &Observed<'_>, memory: &mut Memory) -> Look {
    let failed = observed.publish.failed.saturating_sub(memory.failed);
    let ended = observed.publish.ended.saturating_sub(memory.ended);
    (memory.failed, memory.ended) = (observed.publish.failed, observed.publish.ended);
    Look::of(failed, ended)
}
