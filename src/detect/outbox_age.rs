//! `outbox-age`: how much has waited for longer than the grace to be published: outbox rows, or changes of the log after
//! the newest position that the connector's topics show (not the slot's, which follows once an offset flush).
//!
//! It sees a relay that is stuck and a connector that is down, and nothing that a relay has read past (DOMAIN 3.2).

use super::{Look, Settings};
use crate::world::observe::Observed;

/// One look: how much waits for too long, of how much waits.
#[must_use]
pub fn look(observed: &Observed<'_>, settings: &Settings) -> Look {
    let old = observed.waiting.iter().filter(|since| observed.now.since(**since) >= settings.grace).count();
    Look::of(old as u64, observed.waiting.len() as u64)
}
