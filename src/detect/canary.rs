//! `canary`: every period the app is asked to change a row that only the detector uses; does each store show it in time?
//!
//! It sees a pipeline that is dead, and not the loss of one event of others (DOMAIN 3.2).

use super::{Look, Settings};
use crate::world::observe::{Observed, ObservedStore};

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 1] = [(
    "detector: canary",
    "modelled",
    "a change of a row of its own through the app, counted like any other event, but in no figure of the clients",
)];

/// One look: by how many canaries the store that is furthest behind is behind, of those that were due.
#[must_use]
pub fn look(observed: &Observed<'_>, settings: &Settings) -> Look {
    let due = observed.canaries.partition_point(|sent| observed.now.since(*sent) >= settings.grace) as u32;
    let behind = |store: &ObservedStore<'_>| due.saturating_sub(store.canary);
    Look::of(observed.stores.iter().map(behind).max().unwrap_or(0).into(), due.into())
}
